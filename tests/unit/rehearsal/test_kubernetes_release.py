"""Unit proof: the model of Helm releases checks what stands before a chart is rendered, and keeps what it was given."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from registry_components.core.versions import HARBOR, HARBOR_CHART
from registry_components.rehearsal import read_checks
from registry_components.rehearsal.emulator import NETWORK, UNKNOWN, Refusal
from registry_components.rehearsal.emulators.kubernetes_memory import Objects, connect
from registry_components.rehearsal.emulators.kubernetes_real import RealCluster
from registry_components.rehearsal.emulators.kubernetes_release import TOKEN, Release, about_chart, local
from registry_components.rehearsal.report import behind
from registry_components.rehearsal.schema_check import check_inputs
from registry_components.testing._wire import decode_mapping, encode_mapping

pytestmark = pytest.mark.unit

RELEASE = Release()
HARBOR_SAID: Mapping[str, Any] = {
    "name": "harbor",
    "namespace": "default",
    "chart": "harbor",
    "version": HARBOR_CHART,
    "repositoryOpts": {"repo": "https://helm.goharbor.io"},
}


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return connect({"REGC_REHEARSAL_FOLDER": str(tmp_path / "clouds")})


def made(folder: Path, **about: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "Chart.yaml").write_text(json.dumps({"apiVersion": "v2", "name": "shop", "version": "2.0.1", **about}))
    return folder


def packed(folder: Path) -> Path:
    path = folder / "shop.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in (
            ("shop/charts/other/Chart.yaml", b"name: other"),
            ("shop/Chart.yaml", b"name: shop\nversion: 3.0.0"),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def refused(objects: Objects, **changes: Any) -> list[tuple[str, str]]:
    inputs = {**HARBOR_SAID, **changes}
    found = [*check_inputs(RELEASE.properties, inputs), *RELEASE.check(objects, inputs)]
    return [(refusal.path, refusal.reason) for refusal in found]


def secret(objects: Objects, name: str, *keys: str) -> None:
    with objects.change() as state:
        state[f"v1:Secret|default|{name}"] = {"metadata": {"name": name}, "data": dict.fromkeys(keys, "eA==")}


LACKING = "check the chart name and repository configuration."
ELSEWHERE: Mapping[str, Any] = {"repositoryOpts": None}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"chart": "oci://registry.example.com/charts/harbor", **ELSEWHERE},
        {"chart": "goharbor/harbor", **ELSEWHERE},
        {"chart": UNKNOWN},
        {"values": UNKNOWN},
        {"values": {"core": {"replicas": 2, "podAnnotations": UNKNOWN}}},
        {"version": "^1.18 || >=2"},
        {"version": "1.18.0", "values": {"whatever": 1}},
        {"chart": "nginx", "values": {"whatever": 1}},
    ],
)
def test_what_passes(objects: Objects, changes: dict[str, Any]) -> None:
    assert refused(objects, **changes) == []


@pytest.mark.parametrize(
    ("changes", "path", "reason"),
    [
        (
            {"name": "Harbor"},
            "name",
            "invalid release name: 'Harbor' is not a release's name; use 1 to 53 lower-case letters, digits and - "
            "inside",
        ),
        ({"version": "newest!"}, "version", "'newest!' is neither a version nor a constraint of versions"),
        (
            {"repositoryOpts": {"repo": "goharbor"}},
            "repositoryOpts.repo",
            "'goharbor' is not the URL of a chart repository",
        ),
        (
            {"repositoryOpts": {"repo": "https://x", "url": "https://x"}},
            "repositoryOpts.url",
            "'url' is not a property here; it has caFile, certFile, keyFile, password, repo, username",
        ),
        ({"chart": "../harbor"}, "chart", "'../harbor' is not the name of a chart in https://helm.goharbor.io"),
        ({"chart": "oci://", **ELSEWHERE}, "chart", "'oci://' is not a chart in a registry, as oci://HOST/CHART"),
        ({"chart": "./nothing", **ELSEWHERE}, "chart", f'path "./nothing" not found; {LACKING}'),
        ({"chart": "harbor", **ELSEWHERE}, "chart", f'chart "harbor" not found; {LACKING}'),
        ({"chart": "", **ELSEWHERE}, "chart", f"names no chart; {LACKING}"),
        (
            {"values": {"core": {"replica": 2}}},
            "values.core.replica",
            f"Harbor's chart {HARBOR_CHART} has no value 'core.replica'; did you mean 'core.replicas'?",
        ),
        ({"timeout": "10m"}, "timeout", "must be a whole number, not a string"),
        ({"status": {}}, "status", "'status' is an output of this resource; it cannot be given"),
    ],
)
def test_what_is_refused_before_anything_is_made(
    objects: Objects, changes: dict[str, Any], path: str, reason: str
) -> None:
    assert refused(objects, **changes) == [(path, reason)]


def test_names_of_namespaces_are_labels(objects: Objects) -> None:
    [(path, reason)] = refused(objects, namespace="Shop")
    assert path == "namespace"
    assert "a lowercase RFC 1123 label" in reason


def test_what_the_provider_fills_in(objects: Objects, tmp_path: Path) -> None:
    inputs = {"chart": "harbor", "repositoryOpts": {"repo": "https://helm.goharbor.io"}}
    first = RELEASE.complete(objects, "images", b"", {}, inputs)
    assert first == {"name": first["name"], "namespace": "default", "timeout": 300}
    assert first["name"].startswith("images-")
    assert RELEASE.complete(objects, "images", b"", first, inputs)["name"] == first["name"]
    said = {**inputs, "name": "a", "namespace": "b", "skipAwait": True}
    assert RELEASE.complete(objects, "images", b"", {}, said) == {}
    here = {"chart": str(made(tmp_path / "shop")), "name": "a", "namespace": "b", "timeout": 5, "version": "^2"}
    assert RELEASE.complete(objects, "images", b"", {}, here) == {"version": "2.0.1"}


def test_charts_on_this_machine(objects: Objects, tmp_path: Path) -> None:
    folder, archive, empty = made(tmp_path / "shop"), packed(tmp_path), tmp_path / "empty"
    empty.mkdir()
    assert local(str(folder)) == folder
    assert local(str(empty)) is None
    assert about_chart(str(archive)) == {"name": "shop", "version": "3.0.0"}
    given: dict[str, Any] = {"repositoryOpts": None, "version": None}
    assert refused(objects, chart=str(folder), **given) == []
    library = made(tmp_path / "library", type="library")
    assert refused(objects, chart=str(library), **given) == [("chart", "library charts are not installable")]
    text = tmp_path / "notes.txt"
    text.write_text("no archive")
    assert refused(objects, chart=str(text), **given) == [
        ("chart", f"{str(text)!r} has no Chart.yaml with a name and a version")
    ]


def test_a_whole_life(objects: Objects, tmp_path: Path) -> None:
    inputs = {**HARBOR_SAID, "values": {"core": {"replicas": 1}}}
    id_, outputs = RELEASE.create(objects, inputs)
    assert id_ == "default/harbor"
    assert outputs["status"] == {
        "name": "harbor",
        "namespace": "default",
        "chart": "harbor",
        "version": HARBOR_CHART,
        "revision": 1,
        "status": "deployed",
        "appVersion": HARBOR,
    }
    with pytest.raises(Refusal, match="cannot re-use a name that is still in use"):
        RELEASE.create(objects, inputs)
    assert RELEASE.read(objects, id_, {}) == outputs
    changed = RELEASE.update(objects, id_, outputs, {**inputs, "values": {"core": {"replicas": 2}}})
    assert changed["status"]["revision"] == 2
    assert RELEASE.read(objects, id_, {}) == changed
    RELEASE.delete(objects, id_, changed)
    RELEASE.delete(objects, id_, changed)
    assert RELEASE.read(objects, id_, {}) is None
    with pytest.raises(Refusal, match='"harbor" has no deployed releases'):
        RELEASE.update(objects, id_, changed, inputs)
    told = [line["what"] for line in read_checks(tmp_path / "clouds") if line["operation"] == "unrendered"]
    assert (
        told
        == [
            f"what the chart harbor {HARBOR_CHART} of https://helm.goharbor.io makes: it was not rendered; its values' "
            "keys and the Secrets that they name were checked"
        ]
        * 2
    )


def test_the_namespace_has_to_be_there_or_is_made(objects: Objects) -> None:
    with pytest.raises(Refusal, match='namespaces "shop" not found'):
        RELEASE.create(objects, {**HARBOR_SAID, "namespace": "shop"})
    assert not objects.has_namespace("shop")
    RELEASE.create(objects, {**HARBOR_SAID, "namespace": "shop", "createNamespace": True})
    assert objects.has_namespace("shop")


def test_secrets_that_values_name_have_to_be_there_with_their_keys(objects: Objects) -> None:
    inputs = {
        **HARBOR_SAID,
        "values": {"existingSecretSecretKey": "key", "core": {"existingSecret": "core", "secretName": "token"}},
    }
    secret(objects, "core", "CSRF_KEY")
    with objects.change() as state:
        state["cert-manager.io/v1:Certificate|default|token"] = {"spec": {"secretName": "token"}}
    with pytest.raises(Refusal) as told:
        RELEASE.create(objects, inputs)
    assert str(told.value) == (
        "values: core.existingSecret: the Secret default/core has no secret; "
        "existingSecretSecretKey: the Secret default/key is not there"
    )
    assert RELEASE.read(objects, "default/harbor", {}) is None, "nothing was kept"
    secret(objects, "core", "CSRF_KEY", "secret")
    secret(objects, "key", "secretKey")
    _, outputs = RELEASE.create(objects, inputs)
    with objects.change() as state:
        del state["v1:Secret|default|key"]
    with pytest.raises(Refusal, match="the Secret default/key is not there"):
        RELEASE.update(objects, "default/harbor", outputs, inputs)


def test_a_report_tells_releases_that_a_model_kept() -> None:
    assert behind("kubernetes", ["real", "emulated"]).endswith(
        "; a model keeps the Helm releases whose charts are not on this machine"
    )


def test_which_releases_are_the_real_providers(tmp_path: Path) -> None:
    def modelled(settings: Mapping[str, str] = {}, **inputs: Any) -> bool:
        return RealCluster(settings, tmp_path).beside(TOKEN, inputs)

    here = str(made(tmp_path / "shop"))
    repository = {"repo": "https://helm.goharbor.io"}
    assert modelled(chart="harbor", repositoryOpts=repository)
    assert modelled(chart="oci://registry.example.com/charts/harbor")
    assert modelled(chart="goharbor/harbor")
    assert not modelled(chart=here)
    assert modelled(chart=here, repositoryOpts=repository), "then it is a name, whatever lies here"
    assert not modelled(chart="./nothing"), "the provider says so itself"
    assert not modelled(), "the provider says so itself"
    assert not modelled({NETWORK: "1"}, chart="harbor", repositoryOpts=repository)
    assert not RealCluster({}, tmp_path).beside("kubernetes:core/v1:Secret", {"chart": "harbor"})


def test_nothing_of_the_real_provider_waits_for_pods(tmp_path: Path) -> None:
    inputs = encode_mapping({"chart": "./shop", "atomic": True, "waitForJobs": True, "timeout": 600})
    RealCluster({}, tmp_path).adapt(TOKEN, inputs)
    assert decode_mapping(inputs) == {"chart": "./shop", "skipAwait": True, "timeout": 600}
    [line] = read_checks(tmp_path)
    assert line["what"] == "the pods of Helm releases: none runs here, so that no release waits for them"
    service = encode_mapping({"metadata": {"name": "x"}})
    RealCluster({}, tmp_path).adapt("kubernetes:core/v1:Service", service)
    assert decode_mapping(service) == {"metadata": {"name": "x", "annotations": {"pulumi.com/skipAwait": "true"}}}
    assert read_checks(tmp_path)[1]["what"] == "what each Service waits for: no pod and no load balancer runs here"
    secret = encode_mapping({"metadata": {"name": "x"}})
    RealCluster({}, tmp_path).adapt("kubernetes:core/v1:Secret", secret)
    assert decode_mapping(secret) == {"metadata": {"name": "x"}}

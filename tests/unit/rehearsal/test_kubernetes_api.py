"""Unit proof: in a rehearsal without an API server, our own client meets what the emulated provider keeps."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry_components.kubernetes import bulk_accounts as accounts
from registry_components.kubernetes.api import ApiError, KubernetesApi
from registry_components.kubernetes.bulk_accounts import Accounts, Attached
from registry_components.kubernetes.bulk_secrets import Bulk, Written, clear, look, put
from registry_components.kubernetes.kubeconfig import from_kubeconfig
from registry_components.kubernetes.namespaces import wanted
from registry_components.rehearsal import read_checks
from registry_components.rehearsal.emulator import FOLDER
from registry_components.rehearsal.emulators.kubernetes import CHOICE
from registry_components.rehearsal.emulators.kubernetes_memory import FILE
from registry_components.rehearsal.folder import Folder

pytestmark = pytest.mark.unit

DATA = {".dockerconfigjson": base64.b64encode(b'{"auths":{}}').decode()}
BULK = Bulk("apps", DATA, {"team": "shop"}, {}, "mark-of-ours", "tests/ours", 2)
GONE = "there is no such namespace; make it, or take it out of namespaces"


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KubernetesApi]:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    monkeypatch.setenv(CHOICE, "memory")
    with Folder(tmp_path).cloud(FILE).change() as state:
        for name in ("a", "b"):
            about = {"name": name, "labels": {"pulls": "apps"}}
            state[f"v1:Namespace||{name}"] = {"apiVersion": "v1", "kind": "Namespace", "metadata": about}
    # Whatever cluster a program names, a rehearsal does not ask it, nor read its file.
    found = from_kubeconfig("/nowhere/kubeconfig", "prod")
    yield found
    found.close()


def test_secrets_live_as_on_an_api_server(api: KubernetesApi, tmp_path: Path) -> None:
    assert wanted(api, (), {"pulls": "apps"}) == ["a", "b"]
    assert put(api, BULK, ["a", "b", "c"]) == Written(["a", "b"], {"c": GONE}, {})
    assert look(api, BULK, ["a"]) == Written(["a"], {}, {"b": "is not wanted any more"})
    other = BULK._replace(labels={})
    assert look(api, other, ["a", "b"]).unwritten == dict.fromkeys("ab", "is not as it was written")
    assert put(api, other, ["a"]) == Written(["a"], {}, {"b": "is not wanted any more"})
    assert clear(api, other, ["a"]) == {}
    assert look(api, other, ["a", "b"]) == Written(["a"], {"b": "is not there"}, {})
    assert clear(api, other) == {}
    assert look(api, other, ["a"]) == Written([], {"a": "is not there"}, {})
    noted = {(line["package"], line["token"], line["proof"]) for line in read_checks(tmp_path)}
    assert noted == {("kubernetes", "kubernetes:api", "emulated")}


def test_what_another_resource_made_is_told(api: KubernetesApi, tmp_path: Path) -> None:
    with Folder(tmp_path).cloud(FILE).change() as state:
        about = {"name": "apps", "namespace": "a", "uid": "1", "resourceVersion": "1"}
        state["v1:Secret|a|apps"] = {"apiVersion": "v1", "kind": "Secret", "metadata": about, "data": DATA}
    told = "has one of this name that somebody made; delete that, or take another secret_name"
    assert put(api, BULK, ["a", "b"]) == Written(["b"], {"a": told}, {})
    other = BULK._replace(data={".dockerconfigjson": "e30="}).manifest("a")
    with pytest.raises(ApiError, match='conflict with "another"'):
        api.apply("/api/v1/namespaces/a/secrets/apps", other, "tests/ours", force=False)


def test_what_an_api_server_would_refuse_is_refused(api: KubernetesApi) -> None:
    found = put(api, BULK._replace(data={".dockerconfigjson": "bm8gSlNPTg=="}), ["a"])
    assert list(found.unwritten) == ["a"]
    assert "bm8gSlNPTg" not in found.unwritten["a"]
    assert ".dockerconfigjson" in found.unwritten["a"]


def test_service_accounts_get_a_list_of_our_own(api: KubernetesApi, tmp_path: Path) -> None:
    ours = Accounts("apps", ("default",), True, "tests/ours", "tests/single", 2)
    with Folder(tmp_path).cloud(FILE).change() as state:
        about = {"name": "default", "namespace": "b", "uid": "1", "resourceVersion": "1"}
        kept = {"kind": "ServiceAccount", "metadata": about, "imagePullSecrets": [{"name": "somebody-elses"}]}
        state["v1:ServiceAccount|b|default"] = kept
    found = accounts.put(api, ours, ["a/default", "b/default"])
    assert found.attached == ["a/default"]
    assert found.unattached["b/default"].startswith('Apply failed with 1 conflict: conflict with "another"')
    assert accounts.look(api, ours, ["a/default"]) == Attached(["a/default"], {}, {})
    assert accounts.clear(api, ours) == {}
    assert accounts.look(api, ours, ["a/default"]).unattached == {"a/default": "does not pull with it"}


def test_what_it_does_not_know_is_said(api: KubernetesApi) -> None:
    added = Accounts("apps", ("default",), False, "tests/ours", "tests/single", 2)
    told = accounts.put(api, added, ["a/default"]).unattached["a/default"]
    assert told == (
        "a rehearsal without an API server does not know this; run tools/provision --cluster, or leave out an "
        "attachment of kind 'add'"
    )

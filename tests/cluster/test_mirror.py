"""Cluster proof: a `MirrorSchedule` against a real API server: its objects are taken, its whole life on the real
engine, and what its pod's command line copies between two real registries."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from registry_components import existing_endpoint
from registry_components.mirror import MirrorSchedule
from registry_components.oci.client import RegistryClient
from registry_components.testing import Engine, inventory, record
from tests.registry.filled import Filler, holds, registry
from tests.support.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

PASSWORD = "a-password-of-the-registry"
PLURALS = {
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
}


def replication(**changes: Any) -> dict[str, Any]:
    return {
        "source": existing_endpoint("source.example.com", username="reader", password="a-password-to-read"),
        "destination": existing_endpoint("copies.example.com", prefix="copies", username="ci", password=PASSWORD),
        "repositories": ["team/api", "base/**"],
        "tags": ["v*"],
        # It is started by hand here.
        "schedule": "0 3 29 2 *",
        **changes,
    }


def namespace(cluster: Cluster, name: str) -> str:
    cluster.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    cluster.wait(lambda: cluster.get(account) is not None, f"{name} has no default account")
    return name


def applied(cluster: Cluster, where: str, **changes: Any) -> dict[str, dict[str, Any]]:
    """Apply what the component registers; the API server refuses fields that it does not know. Return it by kind."""
    settings = {"replication": replication(), "namespace": where, **changes}
    found = record(lambda: MirrorSchedule("copies", settings))
    made: dict[str, dict[str, Any]] = {}
    for key in inventory(found):
        if not key.startswith("kubernetes:"):
            continue
        manifest = json.loads(json.dumps(found[key].inputs, default=lambda secret: secret.value))
        collection = PLURALS[manifest["kind"]].format(where)
        made[manifest["kind"]] = cluster.apply(f"{collection}/{manifest['metadata']['name']}", manifest)
    return made


VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "identity": {
        "replication": replication(
            source={"server": "europe-west1-docker.pkg.dev", "prefix": "shop/apps"},
            destination={"server": "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "prefix": "shop/apps"},
        ),
        "service_account_annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/mirror"},
        "pod_labels": {"azure.workload.identity/use": "true"},
    },
    "everything": {
        "replication": replication(
            source={"server": "source.ops.svc:5000", "plain_http": True}, schedule="@hourly", time_zone="Europe/Berlin",
            destination={"server": "copies.ops.svc:5000", "ca_certificate": "PEM"}, exclude_tags=["*-rc*"],
            exclude_repositories=["base/tmp-*"], platforms=["linux/amd64"], referrers=False, overwrite=False,
        ),
        "image": f"registry.example.com/regsync@sha256:{'a' * 64}",
        "verify_image": "registry.example.com/ops/regc:1.4.0",
        "credentials_secret": "refreshed",
        "suspend": True,
        "image_pull_secrets": ["registry"],
        "node_selector": {"kubernetes.io/arch": "amd64"},
        "labels": {"team": "platform"},
        "annotations": {"example.com/owner": "the platform team"},
    },
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_api_server_takes_every_object(cluster: Cluster, variant: str) -> None:
    where = namespace(cluster, f"mirror-{variant}")
    made = applied(cluster, where, **VARIANTS[variant])
    pod = made["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == made["ServiceAccount"]["metadata"]["name"] == "copies"
    containers = [*pod.get("initContainers", []), *pod["containers"]]
    assert len(containers) == (2 if variant == "everything" else 1)
    for container in containers:
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert "privileged" not in container["securityContext"]
    # A dry run on the server of a pod as the job makes it: admission and the restricted profile take it.
    cluster.merge(
        f"/api/v1/namespaces/{where}", {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    )
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "by-hand"}, "spec": pod}
    cluster.create(f"/api/v1/namespaces/{where}/pods?dryRun=All&fieldValidation=Strict", body)


def test_the_pods_command_lines_copy_and_check(
    cluster: Cluster, registry_binary: Path, regsync_binary: Path, tmp_path: Path
) -> None:
    """The part of a node is played here: each container's command runs with its files where its mounts have them."""
    where = namespace(cluster, "mirror-really")
    with (
        registry(registry_binary, tmp_path / "one") as one,
        registry(registry_binary, tmp_path / "other") as other,
        RegistryClient(one) as source,
        RegistryClient(other) as destination,
    ):
        filler = Filler(source)
        image = filler.image("team/api", "v1", "pr-7")
        signature = filler.signature("team/api", image, by_tag=False)
        # What the component says of hosts is said of names that the cluster reaches; here they are these two.
        plain = {"plain_http": True, "credentials": {"username": "ci", "password": PASSWORD}}
        made = applied(
            cluster, where, verify_image="registry.example.com/ops/regc:1.4.0",
            replication=replication(
                source={"server": "source.example.com", **plain}, repositories=["team/*"],
                destination={"server": "copies.example.com", "prefix": "copies", **plain},
            ),
        )  # fmt: skip
        template = made["CronJob"]["spec"]["jobTemplate"]
        job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "by-hand"}, "spec": template["spec"]}
        cluster.create(f"/apis/batch/v1/namespaces/{where}/jobs", job)
        pods = f"/api/v1/namespaces/{where}/pods"
        cluster.wait(lambda: len(cluster.list(pods, "job-name=by-hand")) == 1, "there is no pod")
        (pod,) = cluster.list(pods, "job-name=by-hand")
        volumes = {name: tmp_path / name for name in ("files", "login", "tmp")}
        for folder in volumes.values():
            folder.mkdir()
        for name, text in made["ConfigMap"]["data"].items():
            assert PASSWORD not in text
            here = text.replace("source.example.com", one).replace("copies.example.com", other)
            (volumes["files"] / name).write_text(here)
        logins = json.loads(base64.b64decode(made["Secret"]["data"][".dockerconfigjson"]))
        assert sorted(logins["auths"]) == ["copies.example.com", "source.example.com"]
        (volumes["login"] / "config.json").write_text(json.dumps(logins))
        programs = {"regsync": str(regsync_binary), "regc": str(Path(sys.executable).with_name("regc"))}
        for container in (*pod["spec"]["initContainers"], *pod["spec"]["containers"]):
            done = run(container, volumes, programs)
            assert done.returncode == 0, done.stdout + done.stderr
        assert "equal: 1 tags and 1 signatures and the like are the same in 1 repositories" in done.stdout
        assert holds(destination, "copies/team/api")["v1"] == image
        assert [found.digest for found in destination.referrers("copies/team/api", image)] == [signature]


def run(
    container: dict[str, Any], volumes: dict[str, Path], programs: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    mounts = {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}

    def here(word: str) -> str:
        option, equals, path = word.rpartition("=")
        inside = next((mount for mount in mounts if path == mount or path.startswith(f"{mount}/")), None)
        return word if inside is None else f"{option}{equals}{mounts[inside]}{path.removeprefix(inside)}"

    said = {entry["name"]: here(entry["value"]) for entry in container["env"]}
    (command,) = container["command"]
    return subprocess.run(
        [programs[command], *map(here, container["args"])], capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], **said}, timeout=120,
    )  # fmt: skip


def program_for(where: str, **changes: Any) -> Callable[[], None]:
    def program() -> None:
        made = MirrorSchedule("copies", {"replication": replication(), "namespace": where, **changes})
        pulumi.export("job", made.cron_job)
        pulumi.export("account", made.service_account)

    return program


def test_a_whole_life(cluster: Cluster, tmp_path: Path) -> None:
    name = namespace(cluster, "mirror-life")
    engine = Engine(tmp_path, program=program_for(name), environment=cluster.environment)
    engine.up()
    engine.up_again()
    engine.refresh()
    assert engine.outputs() == {"job": "copies", "account": "copies"}
    assert engine.scan({"password": PASSWORD, "other": "a-password-to-read"}) == []
    files = cluster.get(f"/api/v1/namespaces/{name}/configmaps/copies-files")
    assert files is not None
    assert yaml.safe_load(files["data"]["regsync.yaml"])["sync"][0]["source"] == "source.example.com/team/api"

    engine.program = program_for(name, replication=replication(tags=["v*", "latest"]), parallel=4)
    update = engine.up()
    assert {step.urn.rpartition("::")[2] for step in update.steps if "replace" in step.op} == {"copies-files"}
    assert [step.urn.rpartition("::")[2] for step in update.steps if step.op == "update"] == ["copies"]

    engine.destroy()
    for gone in (
        f"/apis/batch/v1/namespaces/{name}/cronjobs/copies",
        f"/api/v1/namespaces/{name}/configmaps/copies-files",
        f"/api/v1/namespaces/{name}/secrets/copies-credentials",
        f"/api/v1/namespaces/{name}/serviceaccounts/copies",
    ):
        assert cluster.get(gone) is None

"""Cluster proof: a `PruneSchedule` against a real API server and its controllers, and what its pods
do with the account and the command line that they get."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from registry_components.core.errors import StackError
from registry_components.kubernetes import PruneSchedule
from registry_components.lifecycle import in_use_cluster
from registry_components.oci.client import RegistryClient
from registry_components.testing import inventory, record
from tests.registry.filled import Filler, holds, registry
from tests.support.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

POLICY: dict[str, Any] = {"repositories": ["**"], "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}}}
SHARED = {"kind": "claim", "access_mode": "ReadWriteMany"}


SETTINGS: dict[str, Any] = {
    "endpoint": {"server": "registry.example.com", "credentials": {"username": "ci", "password": "a-password"}},
    "policy": POLICY,
    "image": "registry.example.com/ops/regc:1.4.0",
    "assume_created": True,
    "in_use_from_cluster": True,
    # It is started by hand here.
    "schedule": "0 3 29 2 *",
}


def namespace(cluster: Cluster, name: str) -> str:
    cluster.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    cluster.wait(lambda: cluster.get(account) is not None, f"{name} has no default account")
    return name


PLURALS = {
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
}


def applied(cluster: Cluster, where: str, **changes: Any) -> dict[str, dict[str, Any]]:
    """Apply what the component registers; the API server refuses fields that it does not know. Return it by kind."""
    found = record(lambda: PruneSchedule("nightly", {**SETTINGS, "namespace": where, **changes}))
    made: dict[str, dict[str, Any]] = {}
    for key, entry in inventory(found).items():
        if not key.startswith("kubernetes:"):
            continue
        manifest = json.loads(json.dumps(found[key].inputs, default=lambda secret: secret.value))
        collection = PLURALS[manifest["kind"]].format(where)
        made[manifest["kind"]] = cluster.apply(f"{collection}/{manifest['metadata']['name']}", manifest)
        assert entry.parent
    return made


def job_of(cluster: Cluster, name: str) -> dict[str, Any]:
    """Start a run, as `kubectl create job --from` does."""
    cron = cluster.get(f"/apis/batch/v1/namespaces/{name}/cronjobs/nightly")
    assert cron is not None
    template = cron["spec"]["jobTemplate"]
    body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "by-hand"}, "spec": template["spec"]}
    return cluster.create(f"/apis/batch/v1/namespaces/{name}/jobs", body)


def pods_of(cluster: Cluster, name: str) -> dict[int, dict[str, Any]]:
    found = cluster.list(f"/api/v1/namespaces/{name}/pods", "job-name=by-hand")
    alive = [pod for pod in found if pod["status"]["phase"] not in {"Failed", "Succeeded"}]
    return {int(pod["metadata"]["labels"].get("batch.kubernetes.io/job-completion-index", 0)): pod for pod in alive}


def ended(cluster: Cluster, pod: dict[str, Any], code: int) -> None:
    """Say how a pod ended, as its node does."""
    name, where = pod["metadata"]["name"], pod["metadata"]["namespace"]
    state = {"terminated": {"exitCode": code, "finishedAt": "2026-11-24T00:00:00Z"}}
    status = {
        "phase": "Failed" if code else "Succeeded",
        "containerStatuses": [
            {"name": "regc", "image": "x", "imageID": "", "ready": False, "restartCount": 0, "state": state}
        ],
    }
    answer = cluster.client.patch(
        f"/api/v1/namespaces/{where}/pods/{name}/status",
        content=json.dumps({"status": status}),
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert answer.is_success, answer.text


VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {"in_use_from_cluster": False},
    "shards": {"shards": 16, "journal": {"kind": "existing", "claim_name": "runs"}, "parallelism": 4},
    "everything": {
        "apply": True,
        "suspend": True,
        "schedule": "@hourly",
        "time_zone": "Europe/Berlin",
        "max_deletes": 100,
        "shards": 3,
        "parallelism": 1,
        "journal": {"kind": "claim", "storage_class": "fast", "size_mebibytes": 64},
        "endpoint": {"server": "registry.ops.svc:5000", "plain_http": True, "ca_certificate": "PEM"},
        "credentials_secret": "refreshed",
        "image_pull_secrets": ["registry"],
        "node_selector": {"kubernetes.io/arch": "amd64"},
        "labels": {"team": "platform"},
        "annotations": {"example.com/owner": "the platform team"},
    },
    "ephemeral": {"journal": {"kind": "ephemeral"}, "endpoint": {"server": "registry.example.com"}},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_api_server_takes_every_object_and_adds_nothing_that_matters(cluster: Cluster, variant: str) -> None:
    where = namespace(cluster, f"prune-{variant}")
    made = applied(cluster, where, **VARIANTS[variant])
    job = made["CronJob"]["spec"]["jobTemplate"]["spec"]
    pod = job["template"]["spec"]
    # Defaults that the server fills in for what is said keep the pod as confined as it was said.
    assert pod["restartPolicy"] == "Never"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert "privileged" not in pod["containers"][0]["securityContext"]
    # A dry run on the server of a pod as the job makes it: admission and the restricted profile take it.
    cluster.merge(
        f"/api/v1/namespaces/{where}", {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    )
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "by-hand"}, "spec": pod}
    cluster.create(f"/api/v1/namespaces/{where}/pods?dryRun=All&fieldValidation=Strict", body)


def test_shards_fail_alone_and_what_the_limits_refuse_is_not_tried_again(cluster: Cluster) -> None:
    where = namespace(cluster, "prune-shards")
    applied(cluster, where, shards=4, parallelism=4, retries=1, journal=SHARED)
    job_of(cluster, where)
    cluster.wait(lambda: len(pods_of(cluster, where)) == 4, "there are not four pods")
    pods = pods_of(cluster, where)
    for index, pod in pods.items():
        (container,) = pod["spec"]["containers"]
        assert "JOB_COMPLETION_INDEX" in {entry["name"] for entry in container["env"]}
        assert pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"] == str(index)
        assert "--shard=auto/4" in container["args"]
    ended(cluster, pods[0], 3)  # beyond the limits
    ended(cluster, pods[1], 1)  # the registry was out of reach
    ended(cluster, pods[2], 0)
    ended(cluster, pods[3], 0)
    cluster.wait(lambda: set(pods_of(cluster, where)) == {1}, "shard 1 is not tried again, or another is", 60)
    ended(cluster, pods_of(cluster, where)[1], 0)
    path = f"/apis/batch/v1/namespaces/{where}/jobs/by-hand"

    def over() -> bool:
        job = cluster.get(path)
        return job is not None and any(
            condition["type"] == "Failed" for condition in job["status"].get("conditions", [])
        )

    cluster.wait(over, "the job does not end", 60)
    job = cluster.get(path)
    assert job is not None
    assert (job["status"]["completedIndexes"], job["status"]["failedIndexes"]) == ("1-3", "0")


def test_the_account_may_list_what_runs_and_nothing_else(cluster: Cluster, tmp_path: Path) -> None:
    where = namespace(cluster, "prune-rights")
    applied(cluster, where)
    other = namespace(cluster, "prune-shop")
    for kind, group in (("deployments", "apps"), ("statefulsets", "apps")):
        template = {
            "metadata": {"labels": {"app": kind}},
            "spec": {"containers": [{"name": "app", "image": f"registry.example.com/shop/{kind}:v1"}]},
        }
        spec = {"selector": {"matchLabels": {"app": kind}}, "template": template, "replicas": 0}
        body = {"metadata": {"name": kind}, "apiVersion": f"{group}/v1", "spec": spec,
                "kind": {"deployments": "Deployment", "statefulsets": "StatefulSet"}[kind]}  # fmt: skip
        cluster.create(f"/apis/{group}/v1/namespaces/{other}/{kind}", body)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = f"/api/v1/namespaces/{where}/serviceaccounts/nightly/token"
    token = cluster.create(path, request)["status"]["token"]
    config = yaml.safe_load(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
    (tmp_path / "token").write_text(token)
    if "certificate-authority-data" in config:
        (tmp_path / "ca.crt").write_bytes(base64.b64decode(config["certificate-authority-data"]))
    else:
        (tmp_path / "ca.crt").write_bytes(Path(config["certificate-authority"]).read_bytes())
    address = urlsplit(cluster.server)
    here = {"KUBERNETES_SERVICE_HOST": str(address.hostname), "KUBERNETES_SERVICE_PORT": str(address.port)}
    found = in_use_cluster.read(here, account=tmp_path)
    assert {"registry.example.com/shop/deployments:v1", "registry.example.com/shop/statefulsets:v1"} <= set(found)
    # What the schedule itself runs is in use as well.
    assert "registry.example.com/ops/regc:1.4.0" in found
    login = {"Authorization": f"Bearer {token}"}
    for denied in ("/api/v1/secrets", "/api/v1/configmaps", "/api/v1/nodes", f"/api/v1/namespaces/{where}/pods/x"):
        assert cluster.client.get(denied, headers=login).status_code == 403
    deployment = f"/apis/apps/v1/namespaces/{other}/deployments/deployments"
    assert cluster.client.delete(deployment, headers=login).status_code == 403
    # Without the right nothing is taken for not running.
    cluster.delete(f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/regc:{where}:nightly")

    def refused() -> bool:
        try:
            in_use_cluster.read(here, account=tmp_path)
        except StackError as error:
            return "may not list pods in all namespaces; grant it by a ClusterRole" in str(error)
        return False

    cluster.wait(refused, "the right is not gone")


def test_the_pods_command_lines_prune_a_registry(cluster: Cluster, registry_binary: Path, tmp_path: Path) -> None:
    """The part of a node is played here: each pod's command runs with its files where its mounts have them."""
    where = namespace(cluster, "prune-really")
    made = applied(
        cluster, where, shards=3, apply=True, max_fraction=1.0, in_use_from_cluster=False, journal=SHARED,
        policy={**POLICY, "protect": {"in_use": ["registry.example.com/shop/app1:pr-7"]}},
    )  # fmt: skip
    job_of(cluster, where)
    cluster.wait(lambda: len(pods_of(cluster, where)) == 3, "there are not three pods")
    volumes = {name: tmp_path / name for name in ("files", "runs", "login", "tmp")}
    for folder in volumes.values():
        folder.mkdir()
    (volumes["files"] / "policy.yaml").write_text(made["ConfigMap"]["data"]["policy.yaml"])
    login = base64.b64decode(made["Secret"]["data"][".dockerconfigjson"]).decode()
    with registry(registry_binary, tmp_path / "registry") as address, RegistryClient(address) as client:
        filler = Filler(client)
        for number in range(6):
            filler.images(f"shop/app{number}", [((f"pr-{count}",), 50) for count in range(10)])
            filler.image(f"shop/app{number}", "v1")
        (volumes["login"] / "config.json").write_text(login.replace("registry.example.com", address))
        for index, pod in pods_of(cluster, where).items():
            (container,) = pod["spec"]["containers"]
            mounts = {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}

            def here(word: str, mounts: dict[str, Path] = mounts) -> str:
                option, equals, path = word.rpartition("=")
                inside = next((mount for mount in mounts if path == mount or path.startswith(f"{mount}/")), None)
                if inside is not None:
                    return f"{option}{equals}{mounts[inside]}{path.removeprefix(inside)}"
                return address if word == "registry.example.com" else word

            said = {entry["name"]: here(entry["value"]) for entry in container["env"] if "value" in entry}
            command = [*container["command"], *map(here, container["args"])]
            done = subprocess.run(
                [str(Path(sys.executable).with_name(command[0])), *command[1:]], capture_output=True, text=True,
                check=False, env={"PATH": os.environ["PATH"], **said, "JOB_COMPLETION_INDEX": str(index)},
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
            ended(cluster, pod, done.returncode)
        left = {name: set(holds(client, name)) for name in client.catalog()}
    assert left == {f"shop/app{number}": {"v1"} | ({"pr-7"} if number == 1 else set()) for number in range(6)}
    assert {path.name for path in volumes["runs"].iterdir()} == {f"shard-{index}-of-3" for index in range(3)}

    def complete() -> bool:
        job = cluster.get(f"/apis/batch/v1/namespaces/{where}/jobs/by-hand")
        return job is not None and any(
            condition["type"] == "Complete" for condition in job["status"].get("conditions", [])
        )

    cluster.wait(complete, "the job is not complete")

"""Cluster proof: the refresher with its own rights alone, and pulls with what it wrote, against a real API server."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import bcrypt
import httpx
import pytest
import yaml

from registry_components.core.endpoint import existing_endpoint
from registry_components.core.errors import StackError
from registry_components.kubernetes import PullSecretsArgs, docker_config, refresher_render
from registry_components.kubernetes import pull_secrets_render as render
from registry_components.kubernetes.kubeconfig import from_kubeconfig
from registry_components.kubernetes.pull_access import RefresherAccess
from registry_components.kubernetes.refresh import refresh
from registry_components.kubernetes.refresh_config import RefreshConfig
from registry_components.kubernetes.tokens import Asker
from registry_components.oci.image import build_image
from registry_components.oci.layout import ImageLayout
from tests.support.clients import client
from tests.support.cluster import Cluster
from tests.support.servers import free_port, serving
from tests.unit.kubernetes.fake_pull_apis import Clouds, clouds

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

GAR = "europe-docker.pkg.dev"
MARKS = render.Marks({"managed-by": "registry-components"}, {})
PLURALS = {"ServiceAccount": "serviceaccounts", "ConfigMap": "configmaps", "CronJob": "cronjobs", "Job": "jobs"}


def path_of(manifest: Mapping[str, Any]) -> str:
    kind, version, where = manifest["kind"], manifest["apiVersion"], manifest["metadata"]
    plural = PLURALS.get(kind, f"{kind.lower()}s")
    group = f"/api/{version}" if "/" not in version else f"/apis/{version}"
    namespace = f"/namespaces/{where['namespace']}" if "namespace" in where else ""
    return f"{group}{namespace}/{plural}/{where['name']}"


def namespace(cluster: Cluster, name: str, labels: dict[str, str] | None = None) -> str:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels or {}}}
    cluster.apply(f"/api/v1/namespaces/{name}", body)
    account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    cluster.wait(lambda: cluster.get(account) is not None, f"{name} has no default account")
    return name


class Installed:
    """A refresher's objects in the cluster, and the connection that its pod would have."""

    def __init__(self, cluster: Cluster, prefix: str, **said: Any) -> None:
        self.cluster = cluster
        self.name = f"{prefix}-apps"
        home = namespace(cluster, f"{prefix}-ops")
        access = {"kind": "refresher", "namespace": home, "image": "registry.example.com/regc:1"}
        args = PullSecretsArgs.parse({"endpoint": {"server": GAR}, "pull_access": access, **said})
        assert isinstance(args.pull_access, RefresherAccess)
        text = refresher_render.config(
            args,
            args.pull_access,
            name=self.name,
            secret_name="apps",
            servers={"endpoint": str(said.get("endpoint", {"server": GAR})["server"])},
            marks=MARKS,
        )
        self.config = RefreshConfig.parse(json.loads(text))
        self.manifests = refresher_render.objects(
            args,
            args.pull_access,
            name=self.name,
            secret_name="apps",
            text=text,
            digest="a-digest",
            has_logins=False,
            marks=MARKS,
        )
        for manifest in self.manifests.values():
            cluster.apply(path_of(manifest), manifest)
        account = f"/api/v1/namespaces/{home}/serviceaccounts/{self.name}/token"
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        self.token = cluster.create(account, request)["status"]["token"]
        kubeconfig = yaml.safe_load(cluster.kubeconfig.read_text())
        kubeconfig["users"] = [{"name": "rehearsal", "user": {"token": self.token}}]
        self.kubeconfig = json.dumps(kubeconfig)
        self.home = home

    def run(self, cloud: Clouds) -> Any:
        asker = Asker({"GCE_METADATA_HOST": cloud.address})
        api = from_kubeconfig(self.kubeconfig)
        try:
            return refresh(self.config, api, asker, once=True)
        finally:
            asker.close()
            api.close()

    def status(self, method: str, path: str, **how: Any) -> int:
        """Return how the API server answers the pod."""
        headers = {"Authorization": f"Bearer {self.token}", **how.pop("headers", {})}
        return self.cluster.client.request(method, path, headers=headers, **how).status_code


@pytest.fixture
def cloud() -> Iterator[Clouds]:
    with clouds() as made:
        made.google = [(200, {"access_token": "ya29.the-first-token", "expires_in": 3599})]
        yield made


def logins(cluster: Cluster, path: str) -> dict[str, Any]:
    found = cluster.get(path)
    assert found is not None
    assert found["type"] == "kubernetes.io/dockerconfigjson"
    auths: dict[str, Any] = json.loads(base64.b64decode(found["data"][".dockerconfigjson"]))["auths"]
    return auths


def test_it_writes_the_secret_with_its_own_rights_and_nothing_more(cluster: Cluster, cloud: Clouds) -> None:
    shop, other = namespace(cluster, "rf-shop"), namespace(cluster, "rf-other")
    made = Installed(cluster, "rf", namespaces=[shop])
    secret = f"/api/v1/namespaces/{shop}/secrets/apps"
    assert made.run(cloud).namespaces == (shop,)
    assert logins(cluster, secret)[GAR]["password"] == "ya29.the-first-token"
    cloud.google = [(200, {"access_token": "ya29.the-second-token", "expires_in": 3599})]
    made.run(cloud)
    assert logins(cluster, secret)[GAR]["password"] == "ya29.the-second-token"

    apply = {"headers": {"Content-Type": "application/apply-patch+yaml"}, "params": {"fieldManager": "x"}}
    body = json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "else"}})
    assert made.status("GET", secret) == 403
    assert made.status("GET", f"/api/v1/namespaces/{shop}/secrets") == 403
    assert made.status("DELETE", secret) == 403
    assert made.status("PATCH", f"/api/v1/namespaces/{shop}/secrets/else", content=body, **apply) == 403
    assert made.status("POST", f"/api/v1/namespaces/{shop}/secrets", content=body) == 403
    assert made.status("PATCH", f"/api/v1/namespaces/{other}/secrets/apps", content=body, **apply) == 403
    assert made.status("GET", f"/api/v1/namespaces/{shop}/serviceaccounts/default") == 403


def test_the_secret_goes_with_its_binding(cluster: Cluster, cloud: Clouds) -> None:
    shop = namespace(cluster, "rg-shop")
    made = Installed(cluster, "rg", namespaces=[shop])
    made.run(cloud)
    cluster.delete(path_of(made.manifests[f"-{shop}:binding"]))
    cluster.wait(lambda: cluster.get(f"/api/v1/namespaces/{shop}/secrets/apps") is None, "the secret is still there")


def test_it_finds_labelled_namespaces_and_leaves_others_entries(cluster: Cluster, cloud: Clouds) -> None:
    first, plain = namespace(cluster, "rs-first", {"team": "rs"}), namespace(cluster, "rs-plain")
    account = f"/api/v1/namespaces/{first}/serviceaccounts/default"
    cluster.merge(account, {"imagePullSecrets": [{"name": "somebody-elses"}]})
    made = Installed(cluster, "rs", namespace_selector={"team": "rs"}, service_accounts=["default"])
    assert made.run(cloud).namespaces == (first,)
    later = namespace(cluster, "rs-later", {"team": "rs"})
    assert made.run(cloud).namespaces == (first, later)
    assert (cluster.get(account) or {})["imagePullSecrets"] == [{"name": "somebody-elses"}, {"name": "apps"}]
    assert cluster.get(f"/api/v1/namespaces/{plain}/secrets/apps") is None
    # A pod that names no account gets both.
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "app"},
        "spec": {"containers": [{"name": "app", "image": f"{GAR}/shop/images/app:1"}]},
    }
    answer = cluster.create(f"/api/v1/namespaces/{first}/pods", pod)
    assert answer["spec"]["imagePullSecrets"] == [{"name": "somebody-elses"}, {"name": "apps"}]
    cluster.delete("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/rs-apps")
    cluster.wait(lambda: cluster.get(f"/api/v1/namespaces/{later}/secrets/apps") is None, "the secret is still there")


def test_a_failure_is_an_event_of_the_cron_job(cluster: Cluster, cloud: Clouds) -> None:
    shop = namespace(cluster, "re-shop")
    made = Installed(cluster, "re", namespaces=[shop])
    cloud.google = [(403, {"error": "access_denied"})]
    with pytest.raises(StackError, match="answered 403"):
        made.run(cloud)
    (event,) = [
        item
        for item in cluster.list(f"/api/v1/namespaces/{made.home}/events")
        if item["reason"] == "PullSecretRefreshFailed"
    ]
    assert event["message"] == "cannot ask Google for a token: 127.0.0.1 answered 403 (access_denied)"
    assert event["involvedObject"]["kind"] == "CronJob"
    assert event["involvedObject"]["name"] == made.name


def test_a_service_accounts_list_has_one_owner(cluster: Cluster) -> None:
    """Platform fact that `attachment` rests on: server-side apply does not merge this list."""
    shop = namespace(cluster, "ra-shop")
    account = f"/api/v1/namespaces/{shop}/serviceaccounts/default"
    cluster.merge(account, {"imagePullSecrets": [{"name": "somebody-elses"}]})
    patch = render.service_account_patch("apps", shop, "default", "me")
    headers = {"Content-Type": "application/apply-patch+yaml"}
    answer = cluster.client.patch(account, params={"fieldManager": "me"}, content=json.dumps(patch), headers=headers)
    assert answer.status_code == 409
    assert ".imagePullSecrets" in answer.text
    assert (cluster.get(account) or {})["imagePullSecrets"] == [{"name": "somebody-elses"}]
    # By force, what somebody else had written is lost.
    cluster.apply(account, patch, "me")
    assert (cluster.get(account) or {})["imagePullSecrets"] == [{"name": "apps"}]


@pytest.fixture
def registry(registry_binary: Path, tmp_path: Path) -> Iterator[str]:
    """A Distribution registry with a login and one image; yields its address."""
    port = free_port()
    hashed = bcrypt.hashpw(b"right-password", bcrypt.gensalt(4)).decode()
    (tmp_path / "htpasswd").write_text(f"puller:{hashed}\n")
    config = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(tmp_path / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
        "auth": {"htpasswd": {"realm": "test", "path": str(tmp_path / "htpasswd")}},
    }
    (tmp_path / "config.yml").write_text(json.dumps(config))
    command = [str(registry_binary), "serve", str(tmp_path / "config.yml")]
    with serving(command, port, tmp_path / "registry.log"), client("skopeo") as skopeo:
        with build_image({"etc/hello": b"hello"}) as image:
            ImageLayout(tmp_path / "layout").write(image, tag="v1")
        server = f"127.0.0.1:{port}"
        assert skopeo.login(server, "puller", "right-password").returncode == 0
        layout = f"oci:{tmp_path / 'layout'}:v1"
        pushed = skopeo.run("copy", "--dest-tls-verify=false", layout, f"docker://{server}/app:v1")
        assert pushed.returncode == 0, pushed.stderr
        yield server


def pulled(cluster: Cluster, path: str, server: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Pull as a kubelet would: with the secret that the API server holds, and nothing else."""
    found = cluster.get(path)
    assert found is not None
    folder.mkdir()
    (folder / "auth.json").write_bytes(base64.b64decode(found["data"][".dockerconfigjson"]))
    with client("skopeo") as skopeo:
        arguments = ["--src-tls-verify=false", f"--src-authfile={folder / 'auth.json'}"]
        return skopeo.run("copy", *arguments, f"docker://{server}/app:v1", f"oci:{folder / 'pulled'}:v1")


@pytest.mark.parametrize(("password", "works"), [("right-password", True), ("wrong-password", False)])
def test_pulls_for_real(cluster: Cluster, registry: str, tmp_path: Path, password: str, works: bool) -> None:
    shop = namespace(cluster, f"rp-{'right' if works else 'wrong'}")
    text = docker_config.checked_config(
        [("distribution", registry, "puller", password), ("docker_hub", "docker.io", "ci", "dckr-pat-of-nobody")]
    )
    manifest = render.secret("apps", shop, MARKS, docker_config.secret_data(text))
    cluster.apply(path_of(manifest), manifest)
    done = pulled(cluster, path_of(manifest), registry, tmp_path / "kubelet")
    assert (done.returncode == 0) is works, done.stderr
    if works:
        # The password changes: the secret is changed in place, and pulls go on.
        changed = render.secret("apps", shop, MARKS, docker_config.secret_data(text.replace("right", "other")))
        before = (cluster.get(path_of(manifest)) or {})["metadata"]["uid"]
        cluster.apply(path_of(manifest), changed)
        assert (cluster.get(path_of(manifest)) or {})["metadata"]["uid"] == before
    else:
        assert "unauthorized" in done.stderr or "authentication required" in done.stderr


def test_a_token_that_is_over_does_not_pull_and_the_next_one_does(
    cluster: Cluster, cloud: Clouds, registry: str, tmp_path: Path
) -> None:
    """The registry takes one token at a time, as a cloud's does once the one before is over."""

    def takes(token: str) -> None:
        hashed = bcrypt.hashpw(token.encode(), bcrypt.gensalt(4)).decode()
        (tmp_path / "htpasswd").write_text(f"oauth2accesstoken:{hashed}\n")

    def pulls(name: str) -> list[bool]:
        done = [pulled(cluster, secret, registry, tmp_path / f"{name}-{number}") for number, secret in enumerate(paths)]
        assert all("unauthorized" in each.stderr or "authentication" in each.stderr for each in done if each.returncode)
        return [each.returncode == 0 for each in done]

    shops = [namespace(cluster, "rx-shop"), namespace(cluster, "rx-billing")]
    paths = [f"/api/v1/namespaces/{shop}/secrets/apps" for shop in shops]
    made = Installed(cluster, "rx", endpoint={"server": registry}, registry="artifact_registry", namespaces=shops)
    cloud.google = [(200, {"access_token": "ya29.the-first-token", "expires_in": 3599})]
    takes("ya29.the-first-token")
    made.run(cloud)
    assert pulls("fresh") == [True, True]
    takes("ya29.the-second-token")
    assert pulls("over") == [False, False]
    cloud.google = [(200, {"access_token": "ya29.the-second-token", "expires_in": 3599})]
    made.run(cloud)
    assert pulls("renewed") == [True, True]


def test_the_api_server_takes_no_broken_config(cluster: Cluster) -> None:
    shop = namespace(cluster, "rb-shop")
    manifest = render.secret("apps", shop, MARKS, docker_config.secret_data("{not json"))
    answer: httpx.Response = cluster.client.post(f"/api/v1/namespaces/{shop}/secrets", json=manifest)
    assert answer.status_code == 422
    assert "not json" not in answer.text


def test_an_endpoint_without_login_never_gets_there() -> None:
    with pytest.raises(StackError, match="an anonymous endpoint needs no secret"):
        PullSecretsArgs(endpoint=existing_endpoint("127.0.0.1:5000"), namespaces=["shop"])

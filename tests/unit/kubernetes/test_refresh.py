"""Unit proof: the refresher against an API server and token servers on loopback, and as the program it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from registry_components.core.endpoint import DOCKER_HUB_AUTH_KEY
from registry_components.core.errors import StackError
from registry_components.kubernetes.docker_config import config_text, login
from registry_components.kubernetes.kubeconfig import from_kubeconfig
from registry_components.kubernetes.refresh import Clock, refresh
from registry_components.kubernetes.refresh_config import RefreshConfig
from registry_components.kubernetes.service_account_entry import detach
from registry_components.kubernetes.tokens import Asker
from registry_components.testing import find_plaintext
from tests.unit.kubernetes.fake_pull_apis import TOKEN, Clouds, Cluster, clouds, cluster, jwt

pytestmark = pytest.mark.unit

ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
GAR = "europe-docker.pkg.dev"
GOOGLE_TOKEN = "ya29.a-google-access-token"
AWS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "an-aws-secret-access-key"}
START = datetime(2026, 11, 28, 12, tzinfo=UTC)


class Time:
    """A clock that moves by sleeping."""

    def __init__(self) -> None:
        self.at, self.slept = START, list[float]()

    @classmethod
    def real(cls) -> Time:
        made = cls()
        made.at = datetime.now(UTC)
        return made

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.at, self.sleep)


@pytest.fixture
def kube() -> Iterator[Cluster]:
    with cluster() as made:
        for name in ("shop", "billing"):
            made.namespace(name, {"team": "shop"})
            made.add(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{name}/rolebindings/apps")
        made.add("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/apps")
        yield made


@pytest.fixture
def cloud() -> Iterator[Clouds]:
    with clouds() as made:
        made.google = [(200, {"access_token": GOOGLE_TOKEN, "expires_in": 3599, "token_type": "Bearer"})]
        yield made


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patched:
        # moto's tokens end in 2015; AWS's live 12 hours.
        patched.setattr("moto.ecr.responses.datetime", lambda *_, **__: datetime.now(UTC) + timedelta(hours=12))
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


def said(**more: Any) -> RefreshConfig:
    config = {
        "secret": "apps",
        "registries": [{"kind": "artifact_registry", "server": GAR}],
        "namespaces": ["shop", "billing"],
        "owner": {"kind": "RoleBinding", "name": "apps"},
        "cron_job": {"name": "apps", "namespace": "ops"},
        "must_live_seconds": 1500,
        **more,
    }
    return RefreshConfig.parse({key: value for key, value in config.items() if value is not None})


def run(
    kube: Cluster, config: RefreshConfig, environment: dict[str, str], time: Time | None = None, **more: Any
) -> Any:
    time = time or Time()
    api, asker = from_kubeconfig(kube.kubeconfig()), Asker(environment, lambda: time.at)
    try:
        return refresh(config, api, asker, clock=time.clock, **more)
    finally:
        asker.close()
        api.close()


def test_a_google_token_is_written_in_all_namespaces(kube: Cluster, cloud: Clouds) -> None:
    lines: list[str] = []
    done = run(kube, said(labels={"team": "a"}), {"GCE_METADATA_HOST": cloud.address}, tell=lines.append)
    assert done.namespaces == ("billing", "shop")
    assert done.rounds == 1
    for namespace in done.namespaces:
        assert kube.secret(namespace) == {GAR: login("oauth2accesstoken", GOOGLE_TOKEN)}
    written = kube.objects["/api/v1/namespaces/shop/secrets/apps"]
    assert written["type"] == "kubernetes.io/dockerconfigjson"
    assert written["metadata"] == {
        "name": "apps",
        "namespace": "shop",
        "labels": {"team": "a"},
        # When the binding goes with the stack, Kubernetes removes the secret.
        "ownerReferences": [
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "name": "apps",
                "uid": "uid-of-apps",
            }
        ],
    }
    assert lines == ["wrote apps in 2 namespaces (billing, shop); it lives until 2026-11-28T12:59:59Z"]
    assert kube.events == []


def test_no_more_is_asked_of_the_cluster_than_it_needs(kube: Cluster, cloud: Clouds) -> None:
    run(kube, said(), {"GCE_METADATA_HOST": cloud.address})
    assert kube.requests == [
        f"{verb} {path}"
        for namespace in ("billing", "shop")
        for verb, path in (
            ("GET", f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings/apps"),
            ("PATCH", f"/api/v1/namespaces/{namespace}/secrets/apps"),
        )
    ]


def test_an_old_token_is_written_and_renewed_before_its_end(kube: Cluster, cloud: Clouds) -> None:
    # Google's metadata server gives the same token until five minutes before its end.
    fresh = {"access_token": "ya29.the-next-one", "expires_in": 3599}
    cloud.google = [
        (200, {"access_token": GOOGLE_TOKEN, "expires_in": 700}),
        (200, {"access_token": GOOGLE_TOKEN, "expires_in": 240}),
        (200, fresh),
    ]
    time = Time()
    done = run(kube, said(), {"GCE_METADATA_HOST": cloud.address}, time)
    assert time.slept == [460.0, 15.0]
    assert done.rounds == 3
    assert kube.secret("shop")[GAR]["password"] == "ya29.the-next-one"
    assert (done.expires - time.at).total_seconds() >= 1500


def test_once_does_not_wait(kube: Cluster, cloud: Clouds) -> None:
    cloud.google = [(200, {"access_token": GOOGLE_TOKEN, "expires_in": 400})]
    time = Time()
    assert run(kube, said(), {"GCE_METADATA_HOST": cloud.address}, time, once=True).rounds == 1
    assert time.slept == []


def test_tokens_that_always_end_too_soon_fail_in_the_end(kube: Cluster, cloud: Clouds) -> None:
    cloud.google = [(200, {"access_token": GOOGLE_TOKEN, "expires_in": 900})]
    with pytest.raises(StackError, match="let it run more often"):
        run(kube, said(must_live_seconds=1500), {"GCE_METADATA_HOST": cloud.address})
    assert kube.events[0]["reason"] == "PullSecretRefreshFailed"


def test_an_ecr_token_comes_from_ecr(kube: Cluster, moto: str) -> None:
    config = said(registries=[{"kind": "ecr", "server": ECR}], must_live_seconds=14700)
    done = run(kube, config, {**AWS, "AWS_ENDPOINT_URL": moto}, Time.real())
    found = kube.secret("shop")[ECR]
    assert found["username"] == "AWS"
    assert found["password"] == "123456789012-auth-token"
    assert timedelta(hours=11) < done.expires - datetime.now(UTC) <= timedelta(hours=12)


def test_a_role_is_assumed_with_the_pods_token(kube: Cluster, moto: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-web-identity-token")
    environment = {
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pull",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_ENDPOINT_URL": moto,
    }
    run(kube, said(registries=[{"kind": "ecr", "server": ECR}]), environment, Time.real())
    assert kube.secret("billing")[ECR]["username"] == "AWS"


def test_acrs_token_is_exchanged_twice(kube: Cluster, cloud: Clouds, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-federated-token")
    token = jwt((START + timedelta(hours=3)).timestamp())
    cloud.exchange = (200, {"refresh_token": token})
    environment = {
        "AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token"),
        "AZURE_CLIENT_ID": "a-client",
        "AZURE_TENANT_ID": "a-tenant",
        "AZURE_AUTHORITY_HOST": f"http://{cloud.address}/",
    }
    done = run(kube, said(registries=[{"kind": "acr", "server": cloud.address}]), environment)
    assert done.expires == START + timedelta(hours=3)
    assert kube.secret("shop")[cloud.address] == login("00000000-0000-0000-0000-000000000000", token)
    assert cloud.forms[0]["client_assertion"] == "a-federated-token"
    assert cloud.forms[1] == {
        "grant_type": "access_token",
        "service": cloud.address,
        "tenant": "a-tenant",
        "access_token": "an-access-token-of-entra",
    }


def test_logins_that_live_stand_beside_tokens(kube: Cluster, cloud: Clouds, tmp_path: Path) -> None:
    (tmp_path / "logins").write_text(config_text({"docker.io": login("ci", "a-docker-hub-token")}))
    run(kube, said(logins=str(tmp_path / "logins")), {"GCE_METADATA_HOST": cloud.address})
    assert sorted(kube.secret("shop")) == sorted([DOCKER_HUB_AUTH_KEY, GAR])


def test_namespaces_are_selected_at_each_run(kube: Cluster, cloud: Clouds) -> None:
    kube.namespace("other")
    kube.namespace("going", {"team": "shop"}, phase="Terminating")
    selected: dict[str, Any] = {
        "namespaces": None,
        "namespace_selector": {"team": "shop"},
        "owner": {"kind": "ClusterRoleBinding", "name": "apps"},
        "service_accounts": ["default"],
    }
    account = "/api/v1/namespaces/shop/serviceaccounts/default"
    kube.objects[account]["imagePullSecrets"] = [{"name": "somebody-elses"}]
    environment = {"GCE_METADATA_HOST": cloud.address}
    assert run(kube, said(**selected), environment).namespaces == ("billing", "shop")
    assert kube.objects[account]["imagePullSecrets"] == [{"name": "somebody-elses"}, {"name": "apps"}]
    kube.namespace("new", {"team": "shop"})
    assert run(kube, said(**selected), environment).namespaces == ("billing", "new", "shop")
    # Attached once.
    assert kube.objects[account]["imagePullSecrets"] == [{"name": "somebody-elses"}, {"name": "apps"}]
    assert kube.objects["/api/v1/namespaces/new/serviceaccounts/default"]["imagePullSecrets"] == [{"name": "apps"}]


def test_an_entry_survives_a_race_and_goes_alone(kube: Cluster, cloud: Clouds) -> None:
    account = "/api/v1/namespaces/shop/serviceaccounts/default"

    def somebody() -> None:
        found = kube.objects[account]
        found["imagePullSecrets"] = [{"name": "somebody-elses"}]
        found["metadata"]["resourceVersion"] = "9"

    kube.before_patch = somebody
    run(kube, said(namespaces=["shop"], service_accounts=["default"]), {"GCE_METADATA_HOST": cloud.address})
    assert kube.objects[account]["imagePullSecrets"] == [{"name": "somebody-elses"}, {"name": "apps"}]
    api = from_kubeconfig(kube.kubeconfig())
    assert detach(api, "shop", "default", "apps")
    assert not detach(api, "shop", "default", "apps")
    assert not detach(api, "gone", "default", "apps")
    api.close()
    assert kube.objects[account]["imagePullSecrets"] == [{"name": "somebody-elses"}]


FAILURES: list[tuple[str, dict[str, Any], dict[str, str], str]] = [
    (
        "no AWS identity",
        {"registries": [{"kind": "ecr", "server": ECR}]},
        {},
        "this pod has no AWS identity; annotate its service account with eks.amazonaws.com/role-arn, or associate it "
        "by EKS Pod Identity",
    ),
    (
        "no Azure identity",
        {"registries": [{"kind": "acr", "server": "acme.azurecr.io"}]},
        {},
        "this pod has no Azure identity (AZURE_FEDERATED_TOKEN_FILE is not set); label it azure.workload.identity/use: "
        "'true', and annotate its service account with azure.workload.identity/client-id",
    ),
    (
        "a token file that is not there",
        {"registries": [{"kind": "ecr", "server": ECR}]},
        {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pull", "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token"},
        "AWS_WEB_IDENTITY_TOKEN_FILE: /nowhere/token cannot be read: No such file or directory",
    ),
    (
        "no namespace of these labels",
        {"namespaces": None, "namespace_selector": {"team": "nobody"}, "owner": None},
        {},
        "no namespace has the labels team=nobody; label one, or correct namespace_selector",
    ),
    (
        "logins that are gone",
        {"logins": "/nowhere/logins"},
        {},
        "logins: /nowhere/logins cannot be read: No such file or directory",
    ),
    (
        "a token server that is gone",
        {},
        {"GCE_METADATA_HOST": "127.0.0.1:9"},
        "cannot ask Google for a token: 127.0.0.1 did not answer (ConnectError)",
    ),
]


@pytest.mark.parametrize(
    ("config", "environment", "message"), [row[1:] for row in FAILURES], ids=[r[0] for r in FAILURES]
)
def test_a_failure_is_told_as_an_event(
    kube: Cluster, cloud: Clouds, config: dict[str, Any], environment: dict[str, str], message: str
) -> None:
    with pytest.raises(StackError) as caught:
        run(kube, said(**config), {"GCE_METADATA_HOST": cloud.address, **environment})
    assert str(caught.value) == message
    (event,) = kube.events
    assert (event["type"], event["reason"], event["message"]) == ("Warning", "PullSecretRefreshFailed", message)
    assert event["involvedObject"] == {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": "apps",
        "namespace": "ops",
    }
    assert event["metadata"]["namespace"] == "ops"


def test_what_a_token_server_echoes_is_not_told(kube: Cluster, cloud: Clouds) -> None:
    cloud.google = [(403, {"error": "access_denied", "error_description": f"{GOOGLE_TOKEN} is not allowed"})]
    with pytest.raises(StackError) as caught:
        run(kube, said(), {"GCE_METADATA_HOST": cloud.address})
    assert str(caught.value) == "cannot ask Google for a token: 127.0.0.1 answered 403 (access_denied)"


def test_one_namespace_that_fails_does_not_stop_the_others(kube: Cluster, cloud: Clouds) -> None:
    path = "/api/v1/namespaces/billing/secrets/apps"
    kube.refuse[path] = 403
    with pytest.raises(StackError) as caught:
        run(kube, said(), {"GCE_METADATA_HOST": cloud.address})
    assert str(caught.value) == (f"1 of 2 namespaces got no new secret:\n  billing: PATCH {path}: {path} is forbidden")
    assert kube.secret("shop")[GAR]["password"] == GOOGLE_TOKEN
    assert len(kube.events) == 1


def regc(kube: Cluster, folder: Path, config: dict[str, Any], **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "refresh.json").write_text(json.dumps(config))
    (folder / "kubeconfig").write_text(kube.kubeconfig())
    command = [sys.executable, "-m", "registry_components.cli.main", "pull-secrets", "refresh"]
    files = ["--config", str(folder / "refresh.json"), "--kubeconfig", str(folder / "kubeconfig")]
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "GCE_", "AZURE_"))}
    return subprocess.run(
        [*command, *files], env={**plain, **environment}, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_program_refreshes_two_clouds_and_tells_no_token(
    kube: Cluster, cloud: Clouds, moto: str, tmp_path: Path
) -> None:
    config = said(registries=[{"kind": "ecr", "server": ECR}, {"kind": "artifact_registry", "server": GAR}]).model_dump(
        mode="json", exclude_none=True
    )
    done = regc(kube, tmp_path, config, GCE_METADATA_HOST=cloud.address, AWS_ENDPOINT_URL=moto, **AWS)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("wrote apps in 2 namespaces (billing, shop); it lives until ")
    assert sorted(kube.secret("shop")) == [ECR, GAR]
    secrets = [GOOGLE_TOKEN, AWS["AWS_SECRET_ACCESS_KEY"], kube.secret("shop")[ECR]["password"], TOKEN]
    assert find_plaintext(secrets, done.stdout) == []


def test_the_program_fails_with_a_code_and_an_event(kube: Cluster, tmp_path: Path) -> None:
    config = said(registries=[{"kind": "ecr", "server": ECR}]).model_dump(mode="json", exclude_none=True)
    done = regc(kube, tmp_path, config)
    assert done.returncode == 1
    assert done.stderr.startswith("error: this pod has no AWS identity;")
    assert len(kube.events) == 1

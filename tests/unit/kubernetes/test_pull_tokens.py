"""Unit proof: the signature is AWS's own, kubeconfig files are read whole, and nothing shows a token."""

from __future__ import annotations

import base64
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth  # type: ignore[import-untyped]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.kubernetes.in_cluster import in_cluster
from registry_components.kubernetes.kubeconfig import from_kubeconfig
from registry_components.kubernetes.signature import AwsLogin, signed_headers
from registry_components.kubernetes.tokens import Token
from tests.unit.kubernetes.fake_pull_apis import TOKEN, cluster

pytestmark = pytest.mark.unit

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@given(
    key=TEXT,
    secret=TEXT,
    session=st.none() | TEXT,
    region=st.sampled_from(["eu-central-1", "us-gov-west-1", "cn-north-1"]),
    body=st.binary(max_size=200),
    now=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1)),  # noqa: DTZ001 - made UTC below
)
def test_the_signature_is_botocores(  # noqa: PLR0917
    key: str, secret: str, session: str | None, region: str, body: bytes, now: datetime
) -> None:
    url = f"https://api.ecr.{region}.amazonaws.com/"
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "Some.Target"}
    moment = now.replace(microsecond=0, tzinfo=UTC)
    ours = signed_headers(url, headers, body, login=AwsLogin(key, secret, session), where=(region, "ecr"), now=moment)
    request = AWSRequest(method="POST", url=url, data=body, headers=headers)
    request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    if session is not None:
        request.headers["X-Amz-Security-Token"] = session
    signer = SigV4Auth(Credentials(key, secret, session), "ecr", region)
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    assert ours["authorization"].endswith(f"Signature={signature}")


def test_nothing_shows_a_token() -> None:
    token = Token("AWS", "a-token-nobody-may-see", datetime(2026, 1, 1, tzinfo=UTC))
    assert repr(token) == "Token('AWS', …, 2026-01-01T00:00:00+00:00)"
    assert repr(AwsLogin("key", "secret-nobody-may-see")) == "AwsLogin(…)"


def test_a_pod_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="this is no pod with a service account's token"):
        in_cluster({}, tmp_path)


def test_a_pod_knows_its_cluster(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    api = in_cluster({"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}, tmp_path)
    assert repr(api) == "KubernetesApi('fd00::1')"
    api.close()


def _kubeconfig(user: dict[str, Any], server: str, **more: Any) -> str:
    return json.dumps(
        {
            "current-context": "one",
            "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": server, **more}}],
            "users": [{"name": "u", "user": user}],
        }
    )


def test_a_plugin_gives_the_token(tmp_path: Path) -> None:
    answer = json.dumps({"kind": "ExecCredential", "status": {"token": TOKEN}})
    plugin = tmp_path / "plugin"
    plugin.write_text(f"#!/bin/sh\ntest \"$MARK\" = yes && echo '{answer}'\n")
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    said = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(plugin),
            "env": [{"name": "MARK", "value": "yes"}],
        }
    }
    with cluster() as kube:
        kube.namespace("shop")
        api = from_kubeconfig(_kubeconfig(said, kube.url))
        assert api.get("/api/v1/namespaces/shop")["metadata"]["name"] == "shop"
        api.close()


def test_a_token_file_and_a_path_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    with cluster() as kube:
        kube.namespace("shop")
        (tmp_path / "config").write_text(_kubeconfig({"tokenFile": "token"}, kube.url))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
        for said in (None, str(tmp_path / "config")):
            api = from_kubeconfig(said)
            assert api.get("/api/v1/namespaces/shop")
            api.close()


BAD: list[tuple[str, str, str | None, str]] = [
    ("no YAML", "a: [\n", None, "the kubeconfig is not YAML; give the text of one, or its path"),
    ("no file", "/nowhere/config", None, "the kubeconfig /nowhere/config cannot be read: No such file or directory"),
    (
        "base64 of one, which is not told",
        base64.b64encode(_kubeconfig({"token": TOKEN}, "https://k").encode()).decode(),
        None,
        "the kubeconfig is neither the text of one nor a path; decode it where it is base64",
    ),
    (
        "no base64",
        _kubeconfig({}, "https://k", **{"certificate-authority-data": "no certificate!"}),
        None,
        "the kubeconfig's certificate-authority-data is not base64; correct it",
    ),
    (
        "no token file",
        _kubeconfig({"tokenFile": "/nowhere/token"}, "https://k"),
        None,
        "the kubeconfig's tokenFile cannot be read: No such file or directory",
    ),
    (
        "a proxy",
        _kubeconfig({}, "https://k", **{"proxy-url": "http://proxy:3128"}),
        None,
        "the kubeconfig's cluster has proxy-url, which this does not know; use another context",
    ),
    (
        "somebody else's rights",
        _kubeconfig({"token": TOKEN, "as": "viewer"}, "https://k"),
        None,
        "the kubeconfig's user has as, which this does not know; use another context",
    ),
    (
        "no such context",
        _kubeconfig({}, "https://k"),
        "two",
        "the kubeconfig has no 'two' in contexts; name a context that is there",
    ),
    (
        "no certificate",
        _kubeconfig({}, "https://k", **{"certificate-authority-data": base64.b64encode(b"nonsense").decode()}),
        None,
        "the kubeconfig's certificate-authority is no certificate; correct it",
    ),
    (
        "a plug-in that is not there",
        _kubeconfig({"exec": {"command": "no-such-plugin-anywhere"}}, "https://k"),
        None,
        "the kubeconfig's plug-in no-such-plugin-anywhere gave no credential; run it by hand",
    ),
]


@pytest.mark.parametrize(("text", "context", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_wrong_kubeconfig_is_told(text: str, context: str | None, message: str) -> None:
    with pytest.raises(StackError) as caught:
        from_kubeconfig(text, context)
    assert str(caught.value) == message

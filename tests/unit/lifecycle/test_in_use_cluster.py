"""Unit proof: what a cluster runs, as its API lists it to a pod."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry_components.core.errors import StackError
from registry_components.lifecycle.in_use_cluster import LISTED, read

pytestmark = pytest.mark.unit

HERE = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}
DIGEST = "sha256:" + "a" * 64
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def account(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("a-token\n")
    return tmp_path


def listing(*images: str, after: str = "") -> httpx.Response:
    pods = [{"spec": {"containers": [{"image": image}]}} for image in images]
    return httpx.Response(200, json={"metadata": {"continue": after}, "items": pods})


def test_every_kind_is_listed_page_by_page(account: Path) -> None:
    asked: list[tuple[str, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer a-token"
        assert (request.url.scheme, request.url.host, request.url.port) == ("https", "10.0.0.1", 6443)
        assert request.url.params["limit"] == "500"
        after = request.url.params.get("continue")
        asked.append((request.url.path, after))
        if request.url.path == "/api/v1/pods":
            return listing("r.example.com/a:1", after="more") if after is None else listing("r.example.com/b:2")
        return listing(f"r.example.com{request.url.path}:1")

    found = read(HERE, account=account, transport=httpx.MockTransport(answer))
    assert {"r.example.com/a:1", "r.example.com/b:2", "r.example.com/apis/batch/v1/cronjobs:1"} <= set(found)
    assert found == sorted(found)
    kinds = [f"/apis/{group}/v1/{kind}" if group else f"/api/v1/{kind}" for group, of in LISTED.items() for kind in of]
    assert [path for path, after in asked if after is None] == kinds
    assert ("/api/v1/pods", "more") in asked


def test_digests_that_really_run_count_and_those_of_rollbacks(account: Path) -> None:
    status = {"containerStatuses": [{"image": "x", "imageID": f"docker-pullable://r.example.com/a@{DIGEST}"}]}
    template = {"spec": {"template": {"spec": {"initContainers": [{"image": "r.example.com/old:7"}]}}}}

    def answer(request: httpx.Request) -> httpx.Response:
        items: list[Any] = []
        if request.url.path.endswith("/pods"):
            items = [{"spec": {}, "status": status}]
        if request.url.path.endswith("/replicasets"):
            items = [template]
        return httpx.Response(200, json={"items": items, "metadata": {}})

    found = read(HERE, account=account, transport=httpx.MockTransport(answer))
    assert found == ["r.example.com/old:7", DIGEST, "x"]


BAD: list[tuple[str, Handler, str]] = [
    ("not allowed", lambda _: httpx.Response(403),
     "--in-use-cluster: the pod's service account may not list pods in all namespaces; grant it by a ClusterRole"),
    ("no login", lambda _: httpx.Response(401),
     "--in-use-cluster: the pod's service account may not list pods in all namespaces; grant it by a ClusterRole"),
    ("a failure", lambda _: httpx.Response(500), "--in-use-cluster: the Kubernetes API answered 500 to /api/v1/pods"),
    ("an expired list", lambda _: httpx.Response(410),
     "--in-use-cluster: the Kubernetes API answered 410 to /api/v1/pods"),
    ("a page", lambda _: httpx.Response(200, text="<html>"),
     "--in-use-cluster: what the Kubernetes API answered to /api/v1/pods is no list"),
    ("a list of another kind", lambda _: httpx.Response(200, text="[]"),
     "--in-use-cluster: what the Kubernetes API answered to /api/v1/pods is no list"),
    ("nothing", lambda _: listing(),
     "--in-use-cluster: the cluster names no image, not even this pod's; look at what the service account may list, or "
     "say that nothing runs with --allow-empty-in-use"),
]  # fmt: skip


@pytest.mark.parametrize(("handler", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_listing_that_fails_protects_nothing_and_is_refused(account: Path, handler: Handler, message: str) -> None:
    with pytest.raises(StackError) as caught:
        read(HERE, account=account, transport=httpx.MockTransport(handler))
    assert str(caught.value) == message


def test_no_connection(account: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(StackError, match=r"^--in-use-cluster: the Kubernetes API cannot be reached: ConnectError$"):
        read(HERE, account=account, transport=httpx.MockTransport(answer))


def test_outside_of_a_pod_or_without_a_token(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="is for a pod of Kubernetes"):
        read({})
    with pytest.raises(StackError, match=r"ca\.crt cannot be read; the pod needs automountServiceAccountToken$"):
        read(HERE, account=tmp_path)
    with pytest.raises(StackError, match=r"token cannot be read; the pod needs automountServiceAccountToken$"):
        read(HERE, account=tmp_path, transport=httpx.MockTransport(lambda _: httpx.Response(200)))


def test_nothing_may_run_where_that_is_said(account: Path) -> None:
    empty = httpx.MockTransport(lambda _: httpx.Response(200, text=json.dumps({"items": None, "metadata": None})))
    assert read(HERE, account=account, allow_empty=True, transport=empty) == []

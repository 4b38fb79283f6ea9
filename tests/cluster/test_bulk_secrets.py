"""Cluster proof: what is written, left and removed in bulk, against a real API server, also one that fails at times."""

from __future__ import annotations

import base64
import json
import re
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import yaml

from registry_components.core.errors import StackError
from registry_components.kubernetes import api as apis
from registry_components.kubernetes import bulk_accounts as accounts
from registry_components.kubernetes.api import ApiError, KubernetesApi, connected
from registry_components.kubernetes.bulk_accounts import Accounts, Attached
from registry_components.kubernetes.bulk_secrets import Bulk, Written, clear, look, put
from registry_components.kubernetes.namespaces import wanted
from registry_components.kubernetes.pull_secrets_bulk import BulkProvider
from registry_components.kubernetes.words import MARK
from tests.cluster.test_pull_secrets_bulk import namespaces, path, versions
from tests.support.cluster import Cluster
from tests.unit.kubernetes.fake_pull_apis import served

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

DATA = {".dockerconfigjson": base64.b64encode(b'{"auths":{"harbor.example.com":{"auth":"YTpi"}}}').decode()}
BULK = Bulk("pulls", DATA, {"team": "shop"}, {"example.com/note": "ours"}, "mark-of-ours", "tests/ours", 4)


@contextmanager
def reached(cluster: Cluster, server: str = "", token: str = "") -> Iterator[KubernetesApi]:
    """Yield a connection of ours, with all rights or a token's."""
    certificates = ssl.create_default_context(cafile=str(cluster.folder / "kubernetes/certificates/apiserver.crt"))
    bearer = f"Bearer {token}" if token else str(cluster.client.headers["Authorization"])
    api = connected(server or cluster.server, verify=certificates, headers={"Authorization": bearer})
    try:
        yield api
    finally:
        api.close()


def secret(namespace: str, **metadata: Any) -> dict[str, Any]:
    about = {"name": "pulls", "namespace": namespace, **metadata}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": about,
        "type": "kubernetes.io/dockerconfigjson",
        "data": DATA,
    }


def test_nobody_elses_secret_is_touched(cluster: Cluster) -> None:
    names = namespaces(cluster, "own-a", "own-b", "own-copied")[:2]
    # The same login, made by somebody else: applying would work, and the secret would go with the stack.
    cluster.create("/api/v1/namespaces/own-a/secrets", secret("own-a"))
    before = cluster.get(path("own-a", "pulls"))
    with reached(cluster) as api:
        why = "has one of this name that python-httpx made; delete that, or take another secret_name"
        assert put(api, BULK, names) == Written(["own-b"], {"own-a": why}, {})
        # What copies secrets between namespaces takes the labels along.
        labels = (cluster.get(path("own-b", "pulls")) or {})["metadata"]["labels"]
        assert labels == {"team": "shop", MARK: "mark-of-ours"}
        cluster.create("/api/v1/namespaces/own-copied/secrets", secret("own-copied", labels=labels))
        assert look(api, BULK, names) == Written(["own-b"], {"own-a": why}, {})
        assert clear(api, BULK) == {}
    assert cluster.get(path("own-a", "pulls")) == before
    assert cluster.get(path("own-b", "pulls")) is None
    assert cluster.get(path("own-copied", "pulls")) is not None


def test_only_what_changes_is_written(cluster: Cluster) -> None:
    names = namespaces(cluster, "write-a", "write-b", "write-c")
    with reached(cluster) as api:
        assert put(api, BULK, names) == Written(names, {}, {})
        before = versions(cluster, names, "pulls")
        assert put(api, BULK, names) == Written(names, {}, {})
        assert versions(cluster, names, "pulls") == before
        # Whoever takes off the mark does not make it his own.
        cluster.merge(path("write-c", "pulls"), {"metadata": {"labels": {MARK: None}}})
        assert look(api, BULK, names) == Written(names[:2], {"write-c": "is not as it was written"}, {})
        assert put(api, BULK, names) == Written(names, {}, {})
        # A label that is not said any more goes, and one that somebody added stays.
        cluster.merge(path("write-b", "pulls"), {"metadata": {"labels": {"theirs": "yes"}}})
        fewer = BULK._replace(labels={}, annotations={"example.com/note": "other"})
        assert look(api, fewer, names).unwritten == dict.fromkeys(names, "is not as it was written")
        assert put(api, fewer, names) == Written(names, {}, {})
        found = (cluster.get(path("write-b", "pulls")) or {})["metadata"]
        assert found["labels"] == {"theirs": "yes", MARK: "mark-of-ours"}
        assert found["annotations"] == {"example.com/note": "other"}
        assert clear(api, fewer, names[1:]) == {}
        assert [cluster.get(path(name, "pulls")) is None for name in names] == [True, False, False]
        assert clear(api, fewer) == {}


def test_a_secret_of_another_type_or_a_namespace_that_ends_is_told(cluster: Cluster) -> None:
    names = namespaces(cluster, "told-a", "told-b")
    finalized = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "holds", "finalizers": ["example.com/x"]},
    }
    cluster.create("/api/v1/namespaces/told-b/configmaps", finalized)
    cluster.client.delete("/api/v1/namespaces/told-b")
    with reached(cluster) as api:
        found = put(api, BULK, names)
        assert found.written == ["told-a"]
        assert (
            "unable to create new content in namespace told-b because it is being terminated"
            in found.unwritten["told-b"]
        )
        assert clear(api, BULK) == {}
    cluster.merge("/api/v1/namespaces/told-b/configmaps/holds", {"metadata": {"finalizers": None}})


def test_a_role_for_the_one_name_is_enough(cluster: Cluster) -> None:
    names = namespaces(cluster, "least-a", "least-b", labels={"least": "yes"})
    account = "/api/v1/namespaces/least-a/serviceaccounts"
    cluster.create(account, {"metadata": {"name": "writer"}})
    rules = [
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": ["pulls"],
            "verbs": ["list", "create", "patch", "delete"],
        },
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["serviceaccounts"], "resourceNames": ["writer"], "verbs": ["list", "patch"]},
    ]
    rbac, about = "/apis/rbac.authorization.k8s.io/v1", {"name": "least-pulls"}
    cluster.create(f"{rbac}/clusterroles", {"metadata": about, "rules": rules})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "least-pulls"}
    subjects = [{"kind": "ServiceAccount", "name": "writer", "namespace": "least-a"}]
    cluster.create(f"{rbac}/clusterrolebindings", {"metadata": about, "roleRef": role, "subjects": subjects})
    token = cluster.create(f"{account}/writer/token", {"spec": {}})["status"]["token"]
    with reached(cluster, token=token) as api:
        assert wanted(api, (), {"least": "yes"}) == names
        assert put(api, BULK, names) == Written(names, {}, {})
        assert look(api, BULK, names) == Written(names, {}, {})
        assert put(api, BULK, names[:1]) == Written(names[:1], {}, {"least-b": "is not wanted any more"})
        assert clear(api, BULK, names[:1]) == {}
        writers = Accounts("pulls", ("writer",), True, BULK.manager, "tests/single", 2)
        assert accounts.put(api, writers, ["least-a/writer"]) == Attached(["least-a/writer"], {}, {})
        assert accounts.clear(api, writers) == {}
        with pytest.raises(ApiError, match="is forbidden") as caught:
            look(api, BULK._replace(name="another"), names)
        assert caught.value.status == 403
        with pytest.raises(ApiError, match="is forbidden"):
            api.pages("/api/v1/secrets")
        assert token not in str(caught.value)
        assert clear(api, BULK) == {}
    assert [cluster.get(path(name, "pulls")) for name in names] == [None, None]


def test_a_selector_leaves_out_what_ends_and_never_means_nothing(cluster: Cluster) -> None:
    with reached(cluster) as api, pytest.raises(StackError) as caught:
        wanted(api, (), {"nobody": "has-this", "a": "b"})
    assert str(caught.value) == (
        "no namespace has the labels a=b,nobody=has-this; label one, or correct namespace_selector"
    )


class _Failing(BaseHTTPRequestHandler):
    """Stands before the API server; turns requests away by namespace, the first time that they come."""

    protocol_version = "HTTP/1.1"
    cluster: Cluster
    seen: Counter[str]
    dead_after = 1000

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        key = f"{self.command} {self.path.partition('?')[0]}"
        self.seen[key] += 1
        first = self.seen[key] == 1
        if sum(self.seen.values()) > self.dead_after:
            self.close_connection = True
            return
        for part, status in (("flaky-a", 429), ("flaky-b", 503)):
            if part in key and first:
                self.answered(status, b'{"message": "not now"}')
                return
        headers = {name: value for name, value in self.headers.items() if name in ("Authorization", "Content-Type")}
        answer = self.cluster.client.request(self.command, self.path, content=body, headers=headers)
        if "flaky-c" in key and first:
            # It was done, and nobody is told.
            self.close_connection = True
            return
        self.answered(answer.status_code, answer.content)

    def answered(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.handle_any()

    def do_PATCH(self) -> None:
        self.handle_any()

    def do_DELETE(self) -> None:
        self.handle_any()


def test_requests_that_fail_in_passing_are_made_again(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apis, "_pause", lambda *_: None)
    names = namespaces(cluster, "flaky-a", "flaky-b", "flaky-c", "flaky-d")
    seen: Counter[str] = Counter()
    with (
        served(type("Handler", (_Failing,), {"cluster": cluster, "seen": seen})) as address,
        reached(cluster, f"http://{address}") as api,
    ):
        assert put(api, BULK, names) == Written(names, {}, {})
        assert [seen[f"PATCH {path(name, 'pulls')}"] for name in names] == [2, 2, 2, 1]
        # A removal whose answer was lost finds nothing the next time, which is as good.
        assert clear(api, BULK) == {}
        assert [seen[f"DELETE {path(name, 'pulls')}"] for name in names] == [2, 2, 2, 1]
    assert [cluster.get(path(name, "pulls")) for name in names] == [None] * 4


def test_a_server_that_is_gone_is_not_asked_hundreds_of_times(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apis, "_pause", lambda *_: None)
    names = namespaces(cluster, *(f"gone-{number}" for number in range(8)))
    seen: Counter[str] = Counter()
    dying = type("Handler", (_Failing,), {"cluster": cluster, "seen": seen, "dead_after": 3})
    with served(dying) as address, reached(cluster, f"http://{address}") as api:
        found = put(api, BULK._replace(at_once=1), names)
        assert found.written == names[:2]
        assert "the API server did not answer (RemoteProtocolError)" in found.unwritten["gone-2"]
        lost = "was not tried, as the API server stopped answering"
        assert [found.unwritten[name] for name in names[3:]] == [lost] * 5
        assert sum(seen.values()) == 3 + 5
    with reached(cluster) as api:
        # The next run writes the rest alone.
        before = versions(cluster, names[:2], "pulls")
        assert put(api, BULK, names) == Written(names, {}, {})
        assert versions(cluster, names[:2], "pulls") == before
        assert clear(api, BULK) == {}


OTHER = {"name": "somebody-elses"}


def account(namespace: str, name: str = "default") -> str:
    return f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}"


def entries(cluster: Cluster, namespace: str, name: str = "default") -> list[dict[str, str]]:
    return list((cluster.get(account(namespace, name)) or {}).get("imagePullSecrets") or [])


def resource(cluster: Cluster, names: list[str], **changes: Any) -> dict[str, Any]:
    """Return the properties of a resource as a program gives them."""
    return {
        "secret_name": "pulls",
        "namespaces": names,
        "selector": {},
        "service_accounts": ["default"],
        "attachment": "own",
        "data": DATA,
        "labels": {},
        "annotations": {},
        "mark": "mark-of-ours",
        "manager": "tests/ours",
        "single_manager": "tests/single",
        "kubeconfig": str(cluster.kubeconfig),
        "requests_at_once": 4.0,
        **changes,
    }


def test_service_accounts_get_a_list_of_our_own_or_are_told(cluster: Cluster) -> None:
    names = namespaces(cluster, "whole-a", "whole-b", "whole-c")
    for name in names:
        cluster.wait(lambda name=name: cluster.get(account(name)) is not None, "no account")  # type: ignore[misc]
    cluster.merge(account("whole-b"), {"imagePullSecrets": [OTHER]})
    ours = Accounts("pulls", ("default", "api"), True, "tests/ours", "tests/single", 4)
    cluster.create("/api/v1/namespaces/whole-a/serviceaccounts", {"metadata": {"name": "api"}})
    with reached(cluster) as api:
        found = accounts.put(api, ours, ours.places(names))
        assert found.attached == ["whole-a/default", "whole-a/api", "whole-c/default"]
        missing = "there is no such service account; make it, or take it out of service_accounts"
        assert found.unattached["whole-b/api"] == found.unattached["whole-c/api"] == missing
        assert re.fullmatch(
            'Apply failed with 1 conflict: conflict with ".+" using v1: .imagePullSecrets; take those entries out, or '
            "let attachment be of kind 'add'",
            found.unattached["whole-b/default"],
        )
        assert cluster.get(account("whole-b", "api")) is None
        assert [entries(cluster, name) for name in names] == [[{"name": "pulls"}], [OTHER], [{"name": "pulls"}]]
        # Others' fields stay as they are, also when ours is taken back; no state is needed to find it.
        cluster.merge(account("whole-a"), {"metadata": {"annotations": {"example.com/role": "theirs"}}})
        seen = accounts.look(api, ours, ["whole-a/default"])
        gone = "is not wanted any more"
        assert seen == Attached(["whole-a/default"], {}, {"whole-a/api": gone, "whole-c/default": gone})
        assert accounts.clear(api, ours, ["whole-a/default"]) == {}
        assert [entries(cluster, name) for name in names] == [[{"name": "pulls"}], [OTHER], []]
        assert accounts.clear(api, ours) == {}
    assert [entries(cluster, name) for name in names] == [[], [OTHER], []]
    kept = (cluster.get(account("whole-a")) or {})["metadata"]["annotations"]
    assert kept == {"example.com/role": "theirs"}


def test_a_resource_goes_from_one_way_and_name_to_another(cluster: Cluster) -> None:
    names = namespaces(cluster, "moved-a", "moved-b", "moved-c")
    for name in names:
        cluster.wait(lambda name=name: cluster.get(account(name)) is not None, "no account")  # type: ignore[misc]
    provider = BulkProvider()
    state = provider.create(resource(cluster, names)).outs
    assert state is not None
    places = [f"{name}/default" for name in names]
    assert (state["written"], state["attached"]) == (names, places)
    # To entries beside others', and a namespace leaves.
    added = resource(cluster, names[1:], attachment="add")
    state = provider.update("", state, added).outs
    assert state is not None
    assert (state["attached"], state["left_attached"], state["left"]) == (places[1:], {}, {})
    cluster.merge(account("moved-b"), {"imagePullSecrets": [OTHER, {"name": "pulls"}]})
    assert [entries(cluster, name) for name in names] == [[], [OTHER, {"name": "pulls"}], [{"name": "pulls"}]]
    # Where somebody has taken the secret it stays attached, and that is remembered.
    cluster.merge(path("moved-b", "pulls"), {"data": {".dockerconfigjson": "e30="}})
    again = provider.update("", state, {**added, "labels": {"c": "d"}}).outs
    assert again is not None
    assert (list(again["unwritten"]), again["attached"]) == (["moved-b"], places[1:])
    cluster.delete(path("moved-b", "pulls"))
    # Another name: where the new secret cannot be, pods go on with the old one.
    cluster.create("/api/v1/namespaces/moved-c/secrets", {"metadata": {"name": "other"}})
    state = provider.update("", state, {**added, "secret_name": "other"}).outs
    assert state is not None
    assert (state["written"], list(state["unwritten"])) == (["moved-b"], ["moved-c"])
    assert [cluster.get(path(name, "pulls")) is None for name in names[1:]] == [True, False]
    assert [entries(cluster, name) for name in names[1:]] == [[OTHER, {"name": "other"}], [{"name": "pulls"}]]
    assert (state["former_names"], list(state["left_attached"])) == (["pulls"], ["moved-c/default"])
    # A label is changed meanwhile: what is left of the old name is not forgotten.
    state = provider.update("", state, {**added, "secret_name": "other", "labels": {"a": "b"}}).outs
    assert state is not None
    cluster.delete(path("moved-c", "other"))
    state = provider.update("", state, {**added, "secret_name": "other"}).outs
    assert state is not None
    assert (state["unwritten"], state["unattached"], state["left_attached"]) == ({}, {}, {})
    assert [cluster.get(path(name, "pulls")) for name in names] == [None] * 3
    assert state["former_names"] == []
    assert [entries(cluster, name) for name in names[1:]] == [[OTHER, {"name": "other"}], [{"name": "other"}]]
    assert provider.read("x", state).outs == state
    # And back to a list of our own, where nobody else has entries.
    state = provider.update("", state, resource(cluster, names[2:])).outs
    assert state is not None
    assert [entries(cluster, name) for name in names] == [[], [OTHER], [{"name": "pulls"}]]
    provider.delete("", state)
    assert [entries(cluster, name) for name in names] == [[], [OTHER], []]
    assert [cluster.get(path(name, "pulls")) for name in names] == [None] * 3


def test_a_component_may_go_over_to_bulk_and_back(cluster: Cluster) -> None:
    (name,) = namespaces(cluster, "over-a")
    cluster.wait(lambda: cluster.get(account(name)) is not None, "no account")
    about = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
    ours = Accounts("pulls", ("default",), True, BULK.manager, "tests/single", 4)
    with reached(cluster) as api:
        # As a resource of its own attached it, and takes it back after the one in bulk was made.
        cluster.apply(account(name), {**about, "imagePullSecrets": [{"name": "before"}]}, "tests/single")
        assert accounts.put(api, ours, ours.places([name])) == Attached([f"{name}/default"], {}, {})
        cluster.apply(account(name), about, "tests/single")
        assert entries(cluster, name) == [{"name": "pulls"}]
        # And back: the resources of their own come before the one in bulk goes.
        assert put(api, BULK, [name]).written == [name]
        cluster.apply(path(name, "pulls"), {**secret(name), "immutable": False}, "pulumi-kubernetes-1")
        cluster.apply(account(name), {**about, "imagePullSecrets": [{"name": "pulls"}]}, "tests/single")
        assert accounts.clear(api, ours) == clear(api, BULK) == {}
        assert entries(cluster, name) == [{"name": "pulls"}]
        found = cluster.get(path(name, "pulls"))
        assert found is not None
        assert found["data"] == DATA
        assert "labels" not in found["metadata"]
        assert clear(api, BULK) == {}
        assert cluster.get(path(name, "pulls")) is not None


def test_secrets_are_known_of_though_service_accounts_may_not_be_asked_for(cluster: Cluster) -> None:
    (name,) = namespaces(cluster, "rights-a")
    bearer = "/api/v1/namespaces/rights-a/serviceaccounts"
    cluster.create(bearer, {"metadata": {"name": "writer"}})
    every = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "create", "patch", "delete"]}]
    rbac, about = "/apis/rbac.authorization.k8s.io/v1", {"name": "secrets-alone"}
    cluster.create(f"{rbac}/clusterroles", {"metadata": about, "rules": every})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "secrets-alone"}
    subjects = [{"kind": "ServiceAccount", "name": "writer", "namespace": name}]
    cluster.create(f"{rbac}/clusterrolebindings", {"metadata": about, "roleRef": role, "subjects": subjects})
    kubeconfig = yaml.safe_load(cluster.kubeconfig.read_text())
    kubeconfig["users"][0]["user"] = {
        "token": cluster.create(f"{bearer}/writer/token", {"spec": {}})["status"]["token"]
    }
    said = resource(cluster, [name], kubeconfig=json.dumps(kubeconfig))
    state = BulkProvider().create(said).outs
    assert state is not None
    assert (state["written"], state["attached"]) == ([name], [])
    assert 'cannot list resource "serviceaccounts"' in state["unattached"][f"{name}/default"]
    BulkProvider().delete("", {**state, "service_accounts": []})
    assert cluster.get(path(name, "pulls")) is None

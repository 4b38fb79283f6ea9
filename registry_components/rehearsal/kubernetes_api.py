"""The Kubernetes API as this library's own client meets it in a rehearsal, whichever cluster a program names.

It is the rehearsal's cluster, where the vendor's provider works too; where none was provisioned, the objects in the
file that the emulated provider keeps, which answers for Secrets, ServiceAccounts and Namespaces alone. Each Namespace
has the service account `default` there, as its controller would make it.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx

from ..kubernetes.api import KubernetesApi
from . import cluster
from .emulator import Proof, Refusal
from .emulators import kubernetes
from .emulators.kubernetes_facts import label_mistakes, live, name_mistakes, secret_mistakes
from .emulators.kubernetes_memory import Objects, connect
from .folder import Folder, folder_of

NOTED: Final = "kubernetes:api"
"""What requests are noted as."""
_OBJECT: Final = re.compile(r"/api/v1/namespaces/([^/]+)/(secrets|serviceaccounts)/([^/]+)")
_LIST: Final = re.compile(r"/api/v1/(secrets|serviceaccounts)")
_KINDS: Final = {"secrets": "v1:Secret", "serviceaccounts": "v1:ServiceAccount"}
_APPLY: Final = "application/apply-patch+yaml"
_INSTEAD: Final = "run tools/provision --cluster, or leave out an attachment of kind 'add'"
_SECONDS: Final = 30.0


def rehearsed() -> KubernetesApi:
    """Return the connection. Raises `StackError` outside of a rehearsal, and where its cluster does not start."""
    folder = Folder(folder_of(os.environ))
    if kubernetes.real_provider(os.environ) is None:
        model = httpx.Client(
            base_url="http://kubernetes", transport=_Noted(_Model(connect(os.environ)), folder, "emulated")
        )
        return KubernetesApi(model)
    made = cluster.ensure(os.environ, folder.path)
    inner = httpx.HTTPTransport(verify=ssl.create_default_context(cafile=str(made.certificate)))
    headers = {"Authorization": f"Bearer {made.token}"}
    transport = _Noted(inner, folder, "real")
    return KubernetesApi(
        httpx.Client(base_url=made.server, transport=transport, headers=headers, timeout=_SECONDS, trust_env=False)
    )


class _Noted(httpx.BaseTransport):
    """Notes each request."""

    def __init__(self, inner: httpx.BaseTransport, folder: Folder, proof: Proof) -> None:
        self._inner, self._folder, self._proof = inner, folder, proof

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Have it answered, and note it."""
        started = time.perf_counter()
        answer = self._inner.handle_request(request)
        refused = {"refused": True} if answer.status_code >= 400 and answer.status_code != 404 else {}
        self._folder.note(
            package=cluster.NAME,
            token=NOTED,
            urn="",
            operation=request.method.lower(),
            proof=self._proof,
            seconds=round(time.perf_counter() - started, 6),
            **refused,
        )
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class _Model(httpx.BaseTransport):
    """Answers from the objects in the file."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path, query = request.url.path, request.url.params
        place, listed = _OBJECT.fullmatch(path), _LIST.fullmatch(path)
        try:
            if request.method == "GET" and listed is not None and "fieldSelector" in query:
                name = query["fieldSelector"].removeprefix("metadata.name=")
                return self._listed(_KINDS[listed[1]], lambda one: one["metadata"]["name"] == name)
            if request.method == "GET" and path == "/api/v1/namespaces":
                labels = dict(part.split("=") for part in query["labelSelector"].split(","))
                return self._listed("v1:Namespace", lambda one: _has(one, labels))
            if place is not None:
                key = f"{_KINDS[place[2]]}|{place[1]}|{place[3]}"
                if request.method == "PATCH" and request.headers["Content-Type"] == _APPLY:
                    return self._applied(key, json.loads(request.read()), query["fieldManager"])
                if request.method == "DELETE":
                    return self._deleted(key)
        except Refusal as refusal:
            return _answer(422, {"message": f"{refusal.path}: {refusal.reason}"})
        return _answer(501, {"message": f"a rehearsal without an API server does not know this; {_INSTEAD}"})

    def _listed(self, kind: str, wanted: Callable[[dict[str, Any]], bool]) -> httpx.Response:
        with self._change() as state:
            found = [one for key, one in sorted(state.items()) if key.startswith(f"{kind}|") and "+" not in key]
            return _answer(200, {"items": [one for one in found if wanted(one)]})

    @contextmanager
    def _change(self) -> Iterator[dict[str, Any]]:
        with self._objects.change() as state:
            for namespace in [key.rpartition("|")[2] for key in state if key.startswith("v1:Namespace|")]:
                about = {"name": "default", "namespace": namespace, "uid": str(uuid.uuid4()), "resourceVersion": "1"}
                made = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about}
                state.setdefault(f"v1:ServiceAccount|{namespace}|default", made)
            yield state

    def _applied(self, key: str, said: Mapping[str, Any], manager: str) -> httpx.Response:
        kind, namespace, name = key.split("|")
        secret = kind == "v1:Secret"
        for mistakes in (name_mistakes(kind[3:], name), label_mistakes(said["metadata"]), secret_mistakes(said)):
            for mistake in mistakes if secret else ():
                raise mistake
        with self._change() as state:
            if f"v1:Namespace||{namespace}" not in state:
                return _answer(404, {"message": f'namespaces "{namespace}" not found'})
            there = state.get(key)
            owned = "data" if secret else "imagePullSecrets"
            who = _other(there, owned, manager)
            if there and owned in said and who is not None and there.get(owned) != said[owned]:
                return _answer(409, {"message": f'Apply failed with 1 conflict: conflict with "{who}": .{owned}'})
            state[key] = made = _merged(there, said, owned, manager)
            return _answer(200, made)

    def _deleted(self, key: str) -> httpx.Response:
        with self._change() as state:
            found = state.pop(key, None)
        return _answer(404, {"message": f"{key} not found"}) if found is None else _answer(200, found)


def _merged(there: Mapping[str, Any] | None, said: Mapping[str, Any], owned: str, manager: str) -> dict[str, Any]:
    """Return an object after a server-side apply: what its manager does not say any more is gone."""
    fields: dict[str, Any] = {f"f:{owned}": {f"f:{key}": {} for key in said[owned]}} if owned == "data" else {}
    if owned in said and owned != "data":
        fields = {f"f:{owned}": {}}
    fields["f:metadata"] = {
        f"f:{part}": {f"f:{key}": {} for key in said["metadata"].get(part) or {}} for part in ("labels", "annotations")
    }
    before = dict(there["metadata"]) if there else {"uid": str(uuid.uuid4()), "resourceVersion": "0"}
    rest = dict(there or {})
    if any(one["manager"] == manager and f"f:{owned}" in one["fieldsV1"] for one in _managed(there)):
        rest.pop(owned, None)
    made = {**rest, **live(f"v1:{said['kind']}", said)}
    others = [one for one in _managed(there) if one["manager"] != manager]
    made["metadata"] = {
        **before,
        **{key: value for key, value in said["metadata"].items() if key != "uid"},
        "resourceVersion": str(int(before["resourceVersion"]) + 1),
        "managedFields": [*others, {"manager": manager, "operation": "Apply", "fieldsV1": fields}],
    }
    return made


def _other(there: Mapping[str, Any] | None, owned: str, manager: str) -> str | None:
    """Return who else has a field of an object that is there; what the emulated provider made tells no name."""
    if there is None or there.get(owned) is None:
        return None
    owners = [one["manager"] for one in _managed(there) if f"f:{owned}" in one["fieldsV1"]]
    return None if manager in owners else ", ".join(owners) or "another"


def _managed(found: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    return list(found["metadata"].get("managedFields") or []) if found else []


def _has(found: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return labels.items() <= (found["metadata"].get("labels") or {}).items()


def _answer(status: int, body: Mapping[str, Any]) -> httpx.Response:
    return httpx.Response(status, json=body)


__all__ = ["NOTED", "rehearsed"]

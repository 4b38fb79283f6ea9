"""The Kubernetes API as this library's own client meets it in a rehearsal, whichever cluster a program names.

It is the rehearsal's cluster, where the vendor's provider works too; where none was provisioned, the objects in the
file that the emulated provider keeps, which answers for Secrets and Namespaces alone.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import time
import uuid
from collections.abc import Mapping
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
_SECRET: Final = re.compile(r"/api/v1/namespaces/([^/]+)/secrets/([^/]+)")
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
        place = _SECRET.fullmatch(path)
        try:
            if request.method == "GET" and path == "/api/v1/secrets":
                name = query["fieldSelector"].removeprefix("metadata.name=")
                return _answer(200, {"items": self._listed("v1:Secret", lambda one: one["metadata"]["name"] == name)})
            if request.method == "GET" and path == "/api/v1/namespaces":
                labels = dict(part.split("=") for part in query["labelSelector"].split(","))
                return _answer(200, {"items": self._listed("v1:Namespace", lambda one: _has(one, labels))})
            if request.method == "PATCH" and place is not None:
                return self._applied(place[1], place[2], json.loads(request.read()), query["fieldManager"])
            if request.method == "DELETE" and place is not None:
                return self._deleted(place[1], place[2])
        except Refusal as refusal:
            return _answer(422, {"message": f"{refusal.path}: {refusal.reason}"})
        told = (
            "a rehearsal without an API server knows Secrets and Namespaces alone here; run tools/provision --cluster"
        )
        return _answer(501, {"message": f"{request.method} {path}: {told}"})

    def _listed(self, kind: str, wanted: Any) -> list[dict[str, Any]]:
        with self._objects.change() as state:
            found = [one for key, one in sorted(state.items()) if key.startswith(f"{kind}|") and "+" not in key]
            return json.loads(json.dumps([one for one in found if wanted(one)]))  # type: ignore[no-any-return]

    def _applied(self, namespace: str, name: str, said: Mapping[str, Any], manager: str) -> httpx.Response:
        for mistakes in (name_mistakes("Secret", name), label_mistakes(said["metadata"]), secret_mistakes(said)):
            for mistake in mistakes:
                raise mistake
        with self._objects.change() as state:
            if f"v1:Namespace||{namespace}" not in state:
                return _answer(404, {"message": f'namespaces "{namespace}" not found'})
            key = f"v1:Secret|{namespace}|{name}"
            there = state.get(key)
            others = {one["manager"] for one in _managed(there)} - {manager} if there else set()
            if there and (others or not _managed(there)):
                who = ", ".join(sorted(others)) or "another"
                return _answer(409, {"message": f'Apply failed with 1 conflict: conflict with "{who}": .data'})
            made = live("v1:Secret", said)
            fields = {
                "f:data": {f"f:{field}": {} for field in said["data"]},
                "f:metadata": {
                    f"f:{part}": {f"f:{field}": {} for field in said["metadata"].get(part) or {}}
                    for part in ("labels", "annotations")
                },
            }
            made["metadata"] = {
                **made["metadata"],
                "uid": there["metadata"]["uid"] if there else str(uuid.uuid4()),
                "resourceVersion": str(int(there["metadata"]["resourceVersion"]) + 1 if there else 1),
                "managedFields": [{"manager": manager, "operation": "Apply", "fieldsV1": fields}],
            }
            state[key] = made
            return _answer(200, made)

    def _deleted(self, namespace: str, name: str) -> httpx.Response:
        with self._objects.change() as state:
            found = state.pop(f"v1:Secret|{namespace}|{name}", None)
        return _answer(200 if found else 404, {"message": f'secrets "{name}" not found'} if found is None else found)


def _managed(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(found["metadata"].get("managedFields") or [])


def _has(found: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return labels.items() <= (found["metadata"].get("labels") or {}).items()


def _answer(status: int, body: Mapping[str, Any]) -> httpx.Response:
    return httpx.Response(status, json=body)


__all__ = ["NOTED", "rehearsed"]

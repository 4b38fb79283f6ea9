"""A real Kubernetes API server and its controllers for tests, and a small client that looks at what it holds."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from registry_components.rehearsal import cluster as clusters
from registry_components.rehearsal import rehearsal

FIELD_MANAGER = "tests"


@dataclass(frozen=True)
class Cluster:
    """A running cluster, and the rehearsal that it belongs to."""

    environment: Mapping[str, str]
    """What an engine needs so that the package `kubernetes` reaches this cluster."""
    folder: Path
    """The rehearsal's folder; `checks.jsonl` is in it."""
    server: str
    kubeconfig: Path
    client: httpx.Client
    """Asks the API server with all rights."""

    def get(self, path: str) -> dict[str, Any] | None:
        """Return the object at a path such as `/api/v1/namespaces/default`, or None where there is none."""
        answer = self.client.get(path)
        if answer.status_code == 404:
            return None
        return _taken(answer)

    def list(self, path: str, selector: str = "") -> list[dict[str, Any]]:
        """Return the objects of a collection."""
        answer = self.client.get(path, params={"labelSelector": selector} if selector else {})
        return list(_taken(answer)["items"])

    def apply(self, path: str, body: Mapping[str, Any], manager: str = FIELD_MANAGER) -> dict[str, Any]:
        """Apply an object by server-side apply, taking fields from whoever owns them."""
        answer = self.client.patch(
            path,
            params={"fieldManager": manager, "force": "true", "fieldValidation": "Strict"},
            content=json.dumps(body),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )
        return _taken(answer)

    def merge(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change an object by a merge patch, as somebody does who goes behind the program's back."""
        answer = self.client.patch(
            path, content=json.dumps(body), headers={"Content-Type": "application/merge-patch+json"}
        )
        return _taken(answer)

    def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create an object in a collection."""
        return _taken(self.client.post(path, json=dict(body)))

    def delete(self, path: str) -> None:
        """Delete an object, and wait until it is gone."""
        answer = self.client.delete(path)
        if answer.status_code != 404:
            _taken(answer)
        self.wait(lambda: self.get(path) is None, f"{path} is not gone")

    @staticmethod
    def wait(holds: Callable[[], bool], otherwise: str, seconds: float = 30) -> None:
        """Wait until something holds."""
        until = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < until, otherwise
            time.sleep(0.05)


def _taken(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, f"{answer.request.method} {answer.request.url.path}: {answer.text}"
    found: dict[str, Any] = answer.json()
    return found


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """Yield a cluster of its own in `folder`; its programs end with the block, or with this process."""
    with rehearsal(folder) as environment:
        made = clusters.ensure(environment, folder)
        context = ssl.create_default_context(cafile=str(made.certificate))
        with httpx.Client(
            base_url=made.server,
            verify=context,
            trust_env=False,
            headers={"Authorization": f"Bearer {made.token}"},
            timeout=30,
        ) as client:
            yield Cluster(environment, folder, made.server, made.kubeconfig, client)


__all__ = ["Cluster", "running"]

"""A stand-in for a node of a cluster: it runs the registry of each pod of a namespace as a real process.

Pods are the real controllers' own, with the real API server's rules for their end: a pod that goes is told to, and is
there until its process is gone. What a kubelet does beside (images, volumes, probes, users) is not here: the storage is
a folder, and a pod is ready once its registry answers.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.support.cluster import Cluster
from tests.support.servers import free_port

_NODE = "stand-in"


@dataclass
class Node:
    """The node, and the registries that it runs."""

    cluster: Cluster
    namespace: str
    folder: Path
    binary: Path
    running: dict[str, tuple[subprocess.Popen[bytes], int]] = field(default_factory=dict)
    """Process and port by the pod's uid."""
    ready: dict[str, int] = field(default_factory=dict)
    """Ports of the pods that are ready and are not to go, as a Service knows them."""
    seen: set[str] = field(default_factory=set)
    """Values of REGISTRY_STORAGE_MAINTENANCE that pods were started with."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def ports(self) -> list[int]:
        """Return where pods answer now."""
        return list(self.ready.values())

    def round(self) -> None:
        """Do what there is to do."""
        there = {pod["metadata"]["uid"]: pod for pod in self.cluster.list(f"/api/v1/namespaces/{self.namespace}/pods")}
        for uid, pod in there.items():
            self._pod(uid, pod)
        for uid in set(self.running) - set(there):
            self._end(uid, grace=0)

    def _pod(self, uid: str, pod: Mapping[str, Any]) -> None:
        where = f"/api/v1/namespaces/{self.namespace}/pods/{pod['metadata']['name']}"
        if pod["metadata"].get("deletionTimestamp"):
            self.ready.pop(uid, None)
            self._end(uid, grace=float(pod["metadata"].get("deletionGracePeriodSeconds") or 0))
            with suppress(AssertionError):
                self.cluster.client.request("DELETE", where, json={"gracePeriodSeconds": 0})
        elif not pod["spec"].get("nodeName"):
            target = {"apiVersion": "v1", "kind": "Node", "name": _NODE}
            body = {
                "apiVersion": "v1",
                "kind": "Binding",
                "metadata": {"name": pod["metadata"]["name"]},
                "target": target,
            }
            self.cluster.client.post(f"{where}/binding", json=body)
        elif uid not in self.running:
            self._start(uid, pod)
        elif uid not in self.ready and self._answers(self.running[uid][1]):
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            conditions = [
                {"type": kind, "status": "True", "lastTransitionTime": now}
                for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
            ]
            status = {"phase": "Running", "conditions": conditions, "podIP": "127.0.0.1", "startTime": now}
            answer = self.cluster.client.patch(
                f"{where}/status",
                json={"status": status},
                headers={"Content-Type": "application/strategic-merge-patch+json"},
            )
            if answer.is_success:
                self.ready[uid] = self.running[uid][1]

    def _start(self, uid: str, pod: Mapping[str, Any]) -> None:
        container = pod["spec"]["containers"][0]
        said = self.environment(container)
        self.seen.add(said.get("REGISTRY_STORAGE_MAINTENANCE", ""))
        port = free_port()
        own = {
            "REGISTRY_HTTP_ADDR": f"127.0.0.1:{port}",
            "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(self.data),
        }
        with (self.folder / "registry.log").open("ab") as log:
            process = subprocess.Popen(
                [str(self.binary), "serve", str(self.config())],
                env={"PATH": os.environ["PATH"], **said, **own},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.running[uid] = (process, port)

    def environment(self, container: Mapping[str, Any]) -> dict[str, str]:
        """Return a container's variables, those of Secrets among them."""
        found = {}
        for item in container.get("env") or []:
            if "value" in item:
                found[item["name"]] = item["value"]
            else:
                key = item["valueFrom"]["secretKeyRef"]
                secret = self.cluster.get(f"/api/v1/namespaces/{self.namespace}/secrets/{key['name']}")
                assert secret is not None
                found[item["name"]] = base64.b64decode(secret["data"][key["key"]]).decode()
        return found

    def config(self) -> Path:
        """Return config.yml as pods have it."""
        path = self.folder / "config.yml"
        if not path.exists():
            (found,) = [
                item
                for item in self.cluster.list(f"/api/v1/namespaces/{self.namespace}/configmaps")
                if "config.yml" in item["data"]
            ]
            path.write_text(found["data"]["config.yml"])
        return path

    @staticmethod
    def _answers(port: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1):
                return True
        except (OSError, urllib.error.URLError):
            return False

    def _end(self, uid: str, *, grace: float) -> None:
        self.ready.pop(uid, None)
        process, _ = self.running.get(uid, (None, 0))
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        del self.running[uid]


@contextmanager
def running(cluster: Cluster, namespace: str, folder: Path, binary: Path) -> Iterator[Node]:
    """Yield a node that runs the pods of a namespace; they end with the block."""
    folder.mkdir(parents=True)
    cluster.apply(f"/api/v1/nodes/{_NODE}", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": _NODE}})
    node = Node(cluster, namespace, folder, binary)
    node.data.mkdir()
    over = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        while not over.is_set():
            try:
                node.round()
            except httpx.HTTPError as error:
                failed.append(error)
            time.sleep(0.1)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield node
    finally:
        over.set()
        thread.join(timeout=30)
        for uid in list(node.running):
            node._end(uid, grace=5)
        cluster.delete(f"/api/v1/nodes/{_NODE}")
    assert not failed, failed


__all__ = ["Node", "running"]

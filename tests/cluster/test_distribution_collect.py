"""Cluster proof: `regc distribution collect`, as the CronJob says it and with that one's rights alone, on a real API
server with its controllers, and real registries on one folder.

A stand-in for a node runs the registries of the pods (see `tests.support.node`).
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry_components.distribution import cluster_render as render
from registry_components.distribution.args import DistributionRegistryArgs
from registry_components.distribution.cluster_args import KubernetesRuntime
from registry_components.distribution.collection import LOCK, READ_ONLY, VARIABLE
from registry_components.distribution.render import render as configuration
from registry_components.distribution.render import to_yaml
from registry_components.kubernetes.objects import Named
from registry_components.kubernetes.serving import render_objects as objects
from registry_components.oci.model import digest_of
from tests.support import node
from tests.support.cluster import Cluster
from tests.support.node import Node

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

SECRET = "what-signs-the-state-of-uploads"
INDEX = "application/vnd.oci.image.index.v1+json"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
PLURALS = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies"}


def namespace(cluster: Cluster, name: str) -> str:
    cluster.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


def path_of(manifest: Mapping[str, Any]) -> str:
    kind, version, where = manifest["kind"], manifest["apiVersion"], manifest["metadata"]
    group = f"/api/{version}" if "/" not in version else f"/apis/{version}"
    plural = PLURALS.get(kind, f"{kind.lower()}s")
    return f"{group}/namespaces/{where['namespace']}/{plural}/{where['name']}"


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Installed:
    """A registry in the cluster, its pods on the stand-in, and the command of its CronJob."""

    cluster: Cluster
    space: str
    node: Node
    workload: str
    command: list[str]
    environment: dict[str, str]
    deployed: dict[str, Any]
    """What was deployed."""
    turn: int = field(default=0)

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "application/octet-stream") -> Answer:
        """Ask one of the pods, as a Service leads to them. Raises `OSError` where it does not answer."""
        ports = self.node.ports()
        if not ports:
            raise ConnectionError
        self.turn += 1
        connection = http.client.HTTPConnection("127.0.0.1", ports[self.turn % len(ports)], timeout=10)
        try:
            connection.request(method, path, body, {"Content-Type": kind, "Accept": f"{IMAGE}, {INDEX}"})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def image(self, repository: str, tag: str | None, layer: bytes) -> dict[str, Any]:
        """Push an image as a client does; return its descriptor. Raises `RefusedError` at the first refusal."""
        config = self.blob(repository, json.dumps({"architecture": "amd64", "layer": digest_of(layer)}).encode())
        body = {"schemaVersion": 2, "mediaType": IMAGE, "config": config, "layers": [self.blob(repository, layer)]}
        return self.manifest(repository, tag, body)

    def blob(self, repository: str, data: bytes) -> dict[str, Any]:
        digest = digest_of(data)
        there = self.ask("HEAD", f"/v2/{repository}/blobs/{digest}")
        if there.status != 200:
            begun = self.ask("POST", f"/v2/{repository}/blobs/uploads/")
            taken(begun)
            place = begun.headers["Location"].split("/v2/", 1)[1]
            taken(self.ask("PUT", f"/v2/{place}&digest={digest}", data))
        return {"mediaType": "application/octet-stream", "digest": digest, "size": len(data)}

    def manifest(self, repository: str, tag: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        data = json.dumps(body).encode()
        digest = digest_of(data)
        taken(self.ask("PUT", f"/v2/{repository}/manifests/{tag or digest}", data, body["mediaType"]))
        return {"mediaType": body["mediaType"], "digest": digest, "size": len(data)}

    def pull(self, repository: str, digest: str) -> None:
        """Pull a manifest and all that it names."""
        answer = self.ask("GET", f"/v2/{repository}/manifests/{digest}")
        assert answer.status == 200, (repository, digest, answer.body)
        found = json.loads(answer.body)
        for child in found.get("manifests", []):
            self.pull(repository, child["digest"])
        for blob in [*found.get("layers", []), *([found["config"]] if "config" in found else [])]:
            got = self.ask("GET", f"/v2/{repository}/blobs/{blob['digest']}")
            assert got.status == 200, (repository, digest, blob)
            assert digest_of(got.body) == blob["digest"]

    @contextmanager
    def collecting(self, *more: str, program: Path | None = None) -> Iterator[subprocess.Popen[str]]:
        """Run the command in a process group of its own, as a container is."""
        command = [*self.command, *more]
        if program is not None:
            command.append(f"--registry={program}")
        process = subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    def collect(self, *more: str, program: Path | None = None) -> tuple[int, str]:
        with self.collecting(*more, program=program) as process:
            told, _ = process.communicate(timeout=120)
        return process.returncode, told

    def object(self) -> dict[str, Any]:
        found = self.cluster.get(f"/apis/apps/v1/namespaces/{self.space}/{self.workload}")
        assert found is not None
        return found

    def is_claimed(self) -> bool:
        text = json.dumps({key: self.object()[key] for key in ("metadata", "spec")})
        # What managers own is named in the metadata, too.
        found = json.loads(text)
        found["metadata"].pop("managedFields")
        return any(word in json.dumps(found) for word in (LOCK, READ_ONLY, VARIABLE))

    def writes(self) -> bool:
        """Return whether every pod takes a push."""
        try:
            return {self.ask("POST", "/v2/probe/blobs/uploads/").status for _ in range(4)} == {202}
        except OSError:
            return False

    def blobs(self) -> set[str]:
        found = (self.node.data / "docker/registry/v2/blobs").glob("sha256/*/*/data")
        return {f"sha256:{path.parent.name}" for path in found}


class RefusedError(Exception):
    """A push was refused, or not answered."""


def taken(answer: Answer) -> None:
    if not 200 <= answer.status < 300:
        raise RefusedError(answer.status)


@contextmanager
def installed(
    cluster: Cluster, space: str, folder: Path, binary: Path, *, access_mode: str = "ReadWriteMany", replicas: int = 1
) -> Iterator[Installed]:
    """Yield a registry that answers."""
    settings = {
        "storage": {"kind": "filesystem"},
        "auth": {"kind": "none", "allow_anonymous_network": True},
        "delete": True,
        "http_secret": SECRET,
        "runtime": {
            "kind": "kubernetes",
            "namespace": space,
            "claim": {"kind": "new", "size": "10Gi", "access_mode": access_mode},
            "replicas": replicas,
            "garbage_collection": {"schedule": "0 3 29 2 *", "image": "registry.example.com/ops/regc:1.4.0"},
        },
    }
    args = DistributionRegistryArgs.parse(settings)
    runtime = args.runtime
    assert isinstance(runtime, KubernetesRuntime)
    named = Named("images", {"managed-by": "registry-components"}, {})
    placed = render.place(configuration(render.in_pod(args, runtime), render.layout(args)))
    given = render.Given(args, runtime, named, (), ("config.yml",), tuple(placed.variables), "digest")
    data = {key: render.variable(value.get_secret_value()) for key, value in placed.variables.items()}
    manifests = render.manifests(given)
    namespace(cluster, space)
    for manifest in (
        render.files(placed, named, space, to_yaml(placed.config)),
        objects.secret(named, "-credentials", space, data),
        *manifests.values(),
    ):
        cluster.apply(path_of(manifest), manifest)
    pod = manifests["-collect"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    token = cluster.create(
        f"/api/v1/namespaces/{space}/serviceaccounts/{pod['serviceAccountName']}/token",
        {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}},
    )["status"]["token"]
    login = yaml.safe_load(cluster.kubeconfig.read_text())
    login["users"] = [{"name": "rehearsal", "user": {"token": token}}]
    with node.running(cluster, space, folder, binary) as running:
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(json.dumps(login))
        (container,) = pod["containers"]
        said = {
            f"--config={render.FILES_DIRECTORY}/config.yml": f"--config={running.config()}",
            "--registry=/opt/distribution/registry": f"--registry={binary}",
        }
        words = [said.pop(word, word) for word in container["args"]]
        assert not said
        kind = manifests[""]["kind"].lower()
        made = Installed(
            cluster,
            space,
            running,
            f"{kind}s/images",
            # The first word is the library's own program.
            [
                str(Path(sys.executable).with_name("regc")),
                *container["command"][1:],
                *words,
                f"--kubeconfig={kubeconfig}",
                "--lock-seconds=1",
            ],
            {
                "PATH": os.environ["PATH"],
                "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(running.data),
                **running.environment(container),
            },
            manifests[""],
        )
        wanted = manifests[""]["spec"]["replicas"]
        cluster.wait(lambda: len(running.ports()) == wanted, "the registry does not answer")
        yield made
        cluster.delete(path_of(manifests[""]))
        cluster.wait(lambda: not running.running, "a pod does not end")


class Pusher:
    """A client that pushes one image after another, and each until it is taken."""

    def __init__(self, registry: Installed) -> None:
        self.registry = registry
        self.done: list[str] = []
        self.refused: list[int] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._push, daemon=True)

    def _push(self) -> None:
        number = 0
        while not self._over.is_set():
            try:
                made = self.registry.image("pushed", f"v{number}", f"layer {number}".encode())
            except RefusedError as error:
                self.refused.append(int(error.args[0]))
                time.sleep(0.05)
            except OSError:
                time.sleep(0.05)
            else:
                self.done.append(made["digest"])
                number += 1
                time.sleep(0.02)

    def __enter__(self) -> Pusher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=60)
        assert not self._thread.is_alive()


def test_space_is_freed_and_no_push_is_lost(cluster: Cluster, tmp_path: Path, registry_binary: Path) -> None:
    with installed(cluster, "collect-all", tmp_path / "node", registry_binary, replicas=2) as registry:
        children = [registry.image("app", None, name) for name in (b"amd64", b"arm64")]
        index = registry.manifest("app", "v1", {"schemaVersion": 2, "mediaType": INDEX, "manifests": children})
        gone = registry.image("app", "old", b"x" * 100_000)
        taken(registry.ask("DELETE", f"/v2/app/manifests/{gone['digest']}"))
        assert digest_of(b"x" * 100_000) in registry.blobs()
        moved = registry.image("app", "latest", b"before the tag moved")
        registry.image("app", "latest", b"after the tag moved")
        with Pusher(registry) as pusher:
            code, told = registry.collect("--delete-untagged")
            taken_before = len(pusher.done)
            cluster.wait(lambda: len(pusher.done) > taken_before, "nothing is pushed any more")
        assert code == 0, told
        assert "no pod takes pushes any more\n" in told
        assert told.endswith("the registry takes pushes again\n")
        assert digest_of(b"x" * 100_000) not in registry.blobs()
        assert not {gone["digest"], moved["digest"]} & registry.blobs()
        # Read-only is 405; a manifest whose blobs went meanwhile is 400, and the client begins again.
        assert 405 in pusher.refused
        assert set(pusher.refused) <= {400, 404, 405}
        assert pusher.done
        registry.pull("app", index["digest"])
        for digest in pusher.done:
            registry.pull("pushed", digest)
        assert not registry.is_claimed()
        assert registry.writes()
        assert len(registry.node.seen) == 2


@pytest.fixture
def slow(tmp_path: Path, registry_binary: Path) -> Slow:
    """The registry's program, which takes its time to collect and leaves a note of when."""
    return Slow(tmp_path, registry_binary)


class Slow:
    """A program that does what it is told to do around the registry's own collection."""

    def __init__(self, folder: Path, binary: Path) -> None:
        self.notes, self.program = folder / "notes", folder / "program"
        self._binary = binary
        self.does("sleep 1")

    def does(self, before: str) -> Path:
        self.notes.write_text("")
        self.program.write_text(
            f'#!/bin/sh\necho begin >> {self.notes}\n{before}\n{self._binary} "$@"\ncode=$?\n'
            f"echo end >> {self.notes}\nexit $code\n"
        )
        self.program.chmod(0o755)
        return self.program

    @property
    def begun(self) -> bool:
        return "begin" in self.notes.read_text()


def test_a_run_that_is_killed_is_ended_by_the_next(
    cluster: Cluster, tmp_path: Path, registry_binary: Path, slow: Slow
) -> None:
    def claimed(registry: Installed, *words: str) -> bool:
        found = registry.object()
        has = {LOCK} & set(found["metadata"].get("annotations") or {})
        has |= {READ_ONLY} & set(found["spec"]["template"]["metadata"]["annotations"])
        return has == set(words)

    with installed(cluster, "collect-killed", tmp_path / "node", registry_binary) as registry:
        steps: dict[str, Callable[[], bool]] = {
            "locked": lambda: claimed(registry, LOCK),
            "switching": lambda: claimed(registry, LOCK, READ_ONLY),
            "collecting": lambda: slow.begun,
            "collected": lambda: "end" in slow.notes.read_text(),
            "switching back": lambda: "end" in slow.notes.read_text() and claimed(registry, LOCK),
        }
        for number, (step, reached) in enumerate(steps.items()):
            kept = registry.image("app", f"kept-{number}", f"kept {number}".encode())
            gone = registry.image("app", f"gone-{number}", f"gone {number}".encode())
            taken(registry.ask("DELETE", f"/v2/app/manifests/{gone['digest']}"))
            with registry.collecting(program=slow.does("sleep 0.5")):
                until = time.monotonic() + 60
                while not reached():
                    assert time.monotonic() < until, step
                    time.sleep(0.005)
            # Killed, with what it had claimed.
            assert registry.is_claimed(), step
            code, told = registry.collect()
            assert code == 0, told
            assert told.startswith("a run before this one was ended; what it began is ended now\n")
            assert not registry.is_claimed(), step
            assert registry.writes(), step
            assert gone["digest"] not in registry.blobs(), step
            registry.pull("app", kept["digest"])


def test_it_is_writable_again_after_whatever_goes_wrong(
    cluster: Cluster, tmp_path: Path, registry_binary: Path, slow: Slow
) -> None:
    def is_as_before(registry: Installed) -> None:
        assert not registry.is_claimed()
        cluster.wait(registry.writes, "a pod takes no push")

    with installed(
        cluster, "collect-wrong", tmp_path / "node", registry_binary, access_mode="ReadWriteOnce"
    ) as registry:
        assert registry.object()["kind"] == "StatefulSet"
        registry.image("app", "v1", b"one")
        code, told = registry.collect(program=slow.does("echo the disk is full; exit 3"))
        assert (code, told.partition("error: ")[2]) == (
            1,
            "`registry garbage-collect` ended with exit code 3:\nthe disk is full\n",
        )
        is_as_before(registry)

        with registry.collecting(program=slow.does("exec sleep 60")) as process:
            cluster.wait(lambda: slow.begun, "it does not begin")
            process.send_signal(signal.SIGTERM)
            told, _ = process.communicate(timeout=30)
        assert process.returncode == 1
        assert told.endswith(
            "error: it was told to end; the registry is made writable again, and the next run collects\n"
        )
        is_as_before(registry)

        # Somebody writes into the lock what no run says.
        cluster.merge(
            f"/apis/apps/v1/namespaces/{registry.space}/{registry.workload}",
            {"metadata": {"annotations": {LOCK: "mine"}}},
        )
        code, told = registry.collect()
        assert code == 0, told

        # Somebody starts a pod beside those of the controller.
        labels = registry.object()["spec"]["selector"]["matchLabels"]
        with registry.collecting(program=slow.does("exec sleep 60")) as process:
            cluster.wait(lambda: slow.begun, "it does not begin")
            rogue = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "rogue", "labels": labels},
                "spec": {"containers": [{"name": "registry", "image": "x"}]},
            }
            cluster.create(f"/api/v1/namespaces/{registry.space}/pods", rogue)
            told, _ = process.communicate(timeout=30)
        assert process.returncode == 1
        assert told.endswith("error: pod rogue appeared, which can write; the collection was ended\n")
        cluster.client.delete(f"/api/v1/namespaces/{registry.space}/pods/rogue")
        is_as_before(registry)

        # A pod that does not become ready: nothing is collected.
        cluster.merge(
            f"/apis/apps/v1/namespaces/{registry.space}/{registry.workload}",
            {"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}},
        )
        code, told = registry.collect("--switch-seconds=1", program=slow.does("true"))
        assert code == 1
        assert told == (
            "error: 0 of 1 pods are as they should be after 1 seconds, so that not every pod is read-only; nothing was "
            "collected; look at `kubectl rollout status statefulsets/images`\n"
        )
        assert not slow.begun
        is_as_before(registry)


def test_two_runs_take_turns_and_have_few_rights(
    cluster: Cluster, tmp_path: Path, registry_binary: Path, slow: Slow
) -> None:
    with installed(cluster, "collect-two", tmp_path / "node", registry_binary) as registry:
        registry.image("app", "v1", b"one")
        program = slow.does("sleep 1")
        with registry.collecting(program=program) as first, registry.collecting(program=program) as second:
            cluster.wait(lambda: slow.begun, "none begins")
            # Somebody deploys meanwhile: what a run claims is not the deployment's to take back.
            cluster.apply(path_of(registry.deployed), registry.deployed)
            assert registry.is_claimed()
            for process in (first, second):
                told, _ = process.communicate(timeout=90)
                assert process.returncode == 0, told
        assert slow.notes.read_text().split() == ["begin", "end"] * 2
        assert not registry.is_claimed()
        assert registry.writes()

        login = yaml.safe_load((registry.node.folder / "kubeconfig").read_text())
        headers = {"Authorization": f"Bearer {login['users'][0]['user']['token']}"}
        patch = {**headers, "Content-Type": "application/merge-patch+json"}
        home = f"/namespaces/{registry.space}"
        for method, path in (
            ("GET", f"/api/v1{home}/secrets"),
            ("GET", f"/api/v1{home}/configmaps"),
            ("DELETE", f"/api/v1{home}/pods/x"),
            ("GET", "/api/v1/pods"),
            ("PATCH", f"/apis/apps/v1{home}/deployments/other"),
            ("PATCH", f"/apis/apps/v1{home}/statefulsets/images"),
            ("DELETE", f"/apis/apps/v1{home}/deployments/images"),
        ):
            answer = cluster.client.request(
                method, path, headers=patch if method == "PATCH" else headers, json={} if method == "PATCH" else None
            )
            assert answer.status_code == 403, (method, path)

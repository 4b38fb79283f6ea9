"""Docker-compatible engines of the tests' own: `dockerd`, or podman's API socket, with all they keep in one folder."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

# The default limits are above what a container may set on some machines. crun, podman's first choice, refuses cgroups
# of versions 1 and 2 together.
_CONF = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "{runtime}"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "cni"
network_config_dir = "{folder}/net"
"""
_POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}'
# The folders of upstream's image that something is mounted on.
_FOLDERS = ("bin", "dev", "etc", "etc/distribution", "proc", "sys", "tmp", "var", "var/lib", "var/lib/registry")


@dataclass
class ContainerEngine:
    """A running engine."""

    name: str
    folder: Path
    made: list[tuple[str, str]] = field(default_factory=list)
    """What the tests made: kind and name."""

    def __post_init__(self) -> None:
        self.socket = self.folder / "api.sock"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
        }
        self._service: subprocess.Popen[bytes] | None = None
        self.api = httpx.Client()

    def call(self, method: str, path: str, *expected: int, **options: Any) -> Any:
        """Call the API; any status but the expected ones fails. Returns the answer's JSON, or its bytes."""
        answer = self.api.request(method, path, **options)
        assert answer.status_code in (expected or (200, 201, 204)), (
            f"{method} {path}: {answer.status_code} {answer.text}"
        )
        return answer.json() if "json" in answer.headers.get("content-type", "") and answer.content else answer.content

    def make_image(self, repository: str, program: Path) -> None:
        """Make an image from nothing but one static program, its entrypoint."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for folder in _FOLDERS:
                entry = tarfile.TarInfo(folder)
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(entry)
            tar.add(program.resolve(), f"bin/{program.name}")
        self.import_image(repository, archive.getvalue(), [f'ENTRYPOINT ["/bin/{program.name}"]'])

    def import_image(self, repository: str, archive: bytes, changes: Sequence[str]) -> None:
        """Make an image of one layer, with the instructions of a Dockerfile that say how it runs."""
        self.call(
            "POST",
            "/images/create",
            params={"fromSrc": "-", "repo": repository, "changes": list(changes)},
            content=archive,
            headers={"content-type": "application/x-tar"},
        )
        self.made.append(("images", repository))

    def upload(self, container: str, upload: Mapping[str, Any], content: str, *, in_volume: bool = True) -> None:
        """Put one file into a container that is not started, as the Docker provider does: unpacked at `/`.

        Podman looks for volumes at the path to unpack at, not below it: it is given the volume's.
        """
        path = Path(upload["file"])
        target = path.parent if in_volume and self.name == "podman" else Path("/")
        data = content.encode()
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            entry = tarfile.TarInfo(str(path.relative_to(target)))
            entry.size, entry.mode = len(data), int(upload["permissions"], 8)
            entry.uid, entry.gid = int(upload["owner"]), int(upload["group"])
            tar.addfile(entry, io.BytesIO(data))
        self.call(
            "PUT",
            f"/containers/{container}/archive",
            200,
            params={"path": str(target)},
            content=archive.getvalue(),
            headers={"content-type": "application/x-tar"},
        )

    def process(self, container: str) -> int:
        """Return the id, on this machine, of a container's first process."""
        return int(self.call("GET", f"/containers/{container}/json")["State"]["Pid"])

    def healthy(self, container: str) -> bool:
        """Return whether the container's own check says so. Podman runs checks on request, or by systemd."""
        if self.name == "podman":
            answer = self.api.get(f"http://engine/v4.0.0/libpod/containers/{container}/healthcheck")
            return answer.status_code == 200 and answer.json()["Status"] == "healthy"
        return bool(self.call("GET", f"/containers/{container}/json")["State"]["Health"]["Status"] == "healthy")

    def logs(self, container: str) -> str:
        answer = self.api.get(f"/containers/{container}/logs", params={"stdout": True, "stderr": True})
        return answer.content.decode(errors="replace")

    def restart(self) -> None:
        """End the engine and start it again, as the machine's own restart does: with what is to be running."""
        if self.name == "podman":
            # Its containers have no parent in the service: they end with the machine, and by no restart of it.
            for container in self.call("GET", "/containers/json"):
                self.call("POST", f"/containers/{container['Id']}/kill", 204)
        self.end()
        self.begin()
        if self.name == "podman":
            # What podman-restart.service runs after a restart.
            command = [*_storage(self.folder), "start", "--all", "--filter", "restart-policy=always"]
            subprocess.run(command, env=self.environment, check=True, capture_output=True, timeout=60)

    def begin(self) -> None:
        """Start the engine, and wait until it answers."""
        self.api = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(self.socket)), base_url="http://engine/v1.40", timeout=60
        )
        with (self.folder / "service.log").open("ab") as log:
            self._service = subprocess.Popen(
                _docker(self.folder) if self.name == "docker" else _podman(self.folder),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        _wait(self, self._service)

    def end(self) -> None:
        """End the engine."""
        self.api.close()
        if self._service is None:
            return
        self._service.terminate()
        try:
            self._service.wait(30)
        except subprocess.TimeoutExpired:
            self._service.kill()
            self._service.wait()
        self.socket.unlink(missing_ok=True)

    def clean(self) -> None:
        """Remove what the tests made, in the reverse order."""
        for kind, name in reversed(self.made):
            self.api.delete(f"/{kind}/{name}", params={"force": True})
        self.made.clear()


def _docker(folder: Path) -> Sequence[str]:
    # Without a default bridge and rules of its own it changes nothing of the machine's network but for its networks.
    return [
        "dockerd",
        f"--host=unix://{folder}/api.sock",
        f"--data-root={folder}/data",
        f"--exec-root={folder}/exec",
        f"--pidfile={folder}/pid",
        "--storage-driver=vfs",
        "--bridge=none",
        "--iptables=false",
        "--exec-opt=native.cgroupdriver=cgroupfs",
    ]


def _storage(folder: Path) -> Sequence[str]:
    return ["podman", f"--root={folder}/root", f"--runroot={folder}/run", "--storage-driver=vfs"]


def _podman(folder: Path) -> Sequence[str]:
    return [*_storage(folder), "system", "service", "--time=0", f"unix://{folder}/api.sock"]


@contextmanager
def container_engine(name: str) -> Iterator[ContainerEngine]:
    """Yield an engine, `docker` or `podman`, that keeps everything in a folder of its own."""
    if name == "docker" and shutil.which("dockerd") is None:
        pytest.skip("dockerd is not installed; podman stands in for it")
    if os.geteuid() != 0:
        pytest.skip(f"{name} is started with storage and networks of its own, which only root can do")
    if name == "podman" and shutil.which("podman") is None:
        pytest.fail("podman is not installed; run `tools/provision --tests`, then the tests again")
    # Not pytest's folder: podman refuses a run root of more than 50 characters.
    folder = Path(tempfile.mkdtemp(prefix=name[:2]))
    (folder / ".config" / "containers").mkdir(parents=True)
    (folder / ".config" / "containers" / "policy.json").write_text(_POLICY)
    conf = folder / "containers.conf"
    conf.write_text(_CONF.format(folder=folder, runtime="runc" if shutil.which("runc") else "crun"))
    engine = ContainerEngine(name, folder)
    try:
        engine.begin()
        yield engine
    finally:
        with contextlib.suppress(httpx.HTTPError):
            engine.clean()
        engine.end()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(engine: ContainerEngine, service: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        # A connection that is refused is left open by httpx until it is collected.
        if engine.socket.exists() and engine.api.get("/_ping").status_code == 200:
            return
        told = (engine.folder / "service.log").read_text(errors="replace")[-2000:]
        assert service.poll() is None, f"{engine.name} ended at its start: {told}"
        assert time.monotonic() < deadline, f"{engine.name} did not start: {told}"
        time.sleep(0.1)

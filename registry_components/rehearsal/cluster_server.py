"""Runs the cluster of one rehearsal: etcd, the API server and the controllers. Usage: FOLDER NAME."""

from __future__ import annotations

import os
import random
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn

import yaml

from .. import provision
from ..provision.tool import ETCD, KUBE_APISERVER, KUBE_CONTROLLER_MANAGER
from .background import announce, end_with_rehearsal
from .cluster import certificate_file, kubeconfig

_START_SECONDS: Final = 50.0
_LOOK_SECONDS: Final = 0.05
_ATTEMPTS: Final = 3
# Systems give outgoing connections ports of 32768 (Linux) or 49152 (macOS) and up: one from there may be taken by any
# of them between the look and the server's own bind.
_PORTS: Final = range(10_000, 32_000)
# Those that have nothing to do without nodes or a cloud.
_IDLE_CONTROLLERS: Final = (
    "node-ipam-controller",
    "node-lifecycle-controller",
    "node-route-controller",
    "cloud-node-lifecycle-controller",
    "service-lb-controller",
    "bootstrap-signer-controller",
    "token-cleaner-controller",
    "persistentvolume-attach-detach-controller",
    "ttl-controller",
)


class ClusterEndedError(Exception):
    """One of the programs ended, or did not start in time."""


class _Programs:
    """The programs that were started, which end together."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *arguments: str) -> None:
        tool = provision.find(name)
        if tool is None:
            raise ClusterEndedError(f"{name} is not provisioned; run tools/provision --cluster")
        with (self._home / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [str(tool.path), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._home,
                env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self._home)},
            )

    def look(self) -> None:
        """Raise `ClusterEndedError` where one of them ended."""
        for name, process in self._running.items():
            if process.poll() is not None:
                told = (self._home / f"{name}.log").read_text(errors="replace")[-2000:]
                raise ClusterEndedError(f"{name} ended with exit code {process.returncode}: {told}")

    def wait(self, what: str, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + _START_SECONDS
        while not ready():
            self.look()
            if time.monotonic() > until:
                raise ClusterEndedError(f"{what} was not ready after {_START_SECONDS:.0f} s")
            time.sleep(_LOOK_SECONDS)

    def end(self) -> None:
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait()
        self._running.clear()


def main(folder: Path, name: str) -> NoReturn:
    """Serve until the rehearsal ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    end_with_rehearsal(folder)
    home = folder / name
    for attempt in range(_ATTEMPTS):
        programs = _Programs(home)
        try:
            port = _start(programs, home)
            announce(folder, name, port)
            while True:
                programs.look()
                time.sleep(1)
        except ClusterEndedError as error:
            # A port may be taken after all between the look and the bind.
            print(f"attempt {attempt + 1}: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the server's log
        finally:
            programs.end()
    sys.exit(1)


def _start(programs: _Programs, home: Path) -> int:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700, parents=True)
    port, store, peers = _free_ports(3)
    programs.start(
        ETCD,
        f"--data-dir={home / 'etcd'}",
        f"--listen-client-urls=http://127.0.0.1:{store}",
        f"--advertise-client-urls=http://127.0.0.1:{store}",
        f"--listen-peer-urls=http://127.0.0.1:{peers}",
        f"--initial-advertise-peer-urls=http://127.0.0.1:{peers}",
        f"--initial-cluster=default=http://127.0.0.1:{peers}",
        # What a rehearsal holds need not outlive a power cut.
        "--unsafe-no-fsync=true",
        "--log-level=warn",
    )
    token = secrets.token_urlsafe(24)
    _write(home / "token", token)
    _write(home / "tokens.csv", f'{token},rehearsal,rehearsal,"system:masters"\n')
    _write(home / "service-accounts.pem", _key())
    certificate, server = certificate_file(home), f"https://127.0.0.1:{port}"
    programs.start(
        KUBE_APISERVER,
        f"--etcd-servers=http://127.0.0.1:{store}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={certificate.parent}",
        f"--token-auth-file={home / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        f"--service-account-key-file={home / 'service-accounts.pem'}",
        f"--service-account-signing-key-file={home / 'service-accounts.pem'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--allow-privileged=true",
        "--profiling=false",
    )
    programs.wait("the API server's certificate", certificate.is_file)
    programs.wait("the API server", lambda: _answers(f"{server}/readyz", certificate, token))
    _write(home / "kubeconfig", yaml.safe_dump(kubeconfig(server, certificate.read_bytes(), token)))
    idle = ",".join(f"-{controller}" for controller in _IDLE_CONTROLLERS)
    programs.start(
        KUBE_CONTROLLER_MANAGER,
        f"--kubeconfig={home / 'kubeconfig'}",
        "--leader-elect=false",
        "--secure-port=0",
        f"--controllers=*,{idle}",
        f"--service-account-private-key-file={home / 'service-accounts.pem'}",
        f"--root-ca-file={certificate}",
        "--concurrent-namespace-syncs=10",
        "--profiling=false",
    )
    # The first thing that its controllers make, which pods and programs find in every cluster.
    account = f"{server}/api/v1/namespaces/default/serviceaccounts/default"
    programs.wait("the controllers", lambda: _answers(account, certificate, token))
    return port


def _free_ports(count: int) -> Sequence[int]:
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise ClusterEndedError("no port of 127.0.0.1 is free")


def _answers(url: str, certificate: Path, token: str) -> bool:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - our own server
    try:
        context = ssl.create_default_context(cafile=str(certificate))
        # The machine's proxy is not for this machine.
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with opener.open(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, ssl.SSLError):
        return False


def _key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    made = ec.generate_private_key(ec.SECP256R1())
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

"""Container clients of the machine, each with its own files, so that nothing of the user's is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Client:
    """`skopeo` or `podman`, with authentication and storage below `folder`."""

    name: str
    folder: Path

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the client and return what it said; a failure is the caller's to judge."""
        storage = [f"--root={self.folder}/root", f"--runroot={self.folder}/run", "--storage-driver=vfs"]
        command = [self.name, *(storage if self.name == "podman" else []), *arguments]
        return subprocess.run(
            command,
            input=stdin,
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
            env={**os.environ, "REGISTRY_AUTH_FILE": str(self.folder / "auth.json"), "TMPDIR": str(self.folder)},
        )

    def login(self, server: str, username: str, password: str) -> subprocess.CompletedProcess[str]:
        """Log in over plain HTTP, the password on standard input."""
        return self.run(
            "login", "--tls-verify=false", "--username", username, "--password-stdin", server, stdin=password
        )


@contextmanager
def client(name: str) -> Iterator[Client]:
    """Yield a client with a folder of its own; the tests cannot be run without it."""
    if shutil.which(name) is None:
        pytest.fail(f"{name} is not installed; run `tools/provision --tests`, then the tests again")
    # Not pytest's folder: podman refuses a run root of more than 50 characters.
    folder = Path(tempfile.mkdtemp(prefix=name))
    # podman refuses a REGISTRY_AUTH_FILE that is not there.
    (folder / "auth.json").write_text("{}")
    try:
        yield Client(name, folder)
    finally:
        # Layers may hold files without permissions, which only podman itself removes in every case.
        if name == "podman":
            subprocess.run(
                ["podman", f"--root={folder}/root", f"--runroot={folder}/run", "--storage-driver=vfs", "rmi", "-af"],
                capture_output=True,
                timeout=120,
                check=False,
            )
        shutil.rmtree(folder, ignore_errors=True)

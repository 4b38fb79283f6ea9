"""A machine of its own: a PATH of tiny scripts, an empty cache, a closed network."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_SHELL_TOOLS = ("sh", "sleep", "mkdir", "cat", "cp", "chmod", "dirname", "env")

# Answers what provisioning asks of Go. `build` writes a script that tells the right version, after $FAKE_GO_SECONDS.
_GO = """#!/bin/sh
case "$1" in
env) echo "${FAKE_GO_VERSION:-go1.99.0}"; echo local ;;
mod) printf '{"Dir": "%s"}\\n' "$FAKE_SDK" ;;
build)
    echo "$PWD" >> "$FAKE_GO_BUILDS"
    if [ -n "$FAKE_GO_FAILS" ]; then echo "no space left on device" >&2; exit 2; fi
    while [ "$1" != -o ]; do shift; done
    echo half > "$2"
    sleep "${FAKE_GO_SECONDS:-0}"
    case "$2" in
    */registry) told="registry github.com/distribution/distribution/v3 v${FAKE_GO_TELLS:-3.1.0}" ;;
    *) told=v3.259.0 ;;
    esac
    printf '#!/bin/sh\\necho "%s"\\n' "$told" > "$2"
    chmod +x "$2"
    ;;
esac
"""


@dataclass
class Machine:
    """The machine that provisioning sees."""

    folder: Path
    reports: list[str] = field(default_factory=list)

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def script(self, name: str, text: str) -> Path:
        """Put an executable on PATH."""
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def tells(self, name: str, text: str) -> Path:
        """Put an executable on PATH that prints a text."""
        return self.script(name, f'#!/bin/sh\necho "{text}"\n')

    def bundle(self, version: str = "3.999.0") -> None:
        """Put the official bundle on PATH."""
        self.tells("pulumi", f"v{version}")
        self.tells("pulumi-language-python", "never asked")
        self.tells("pulumi-resource-pulumi-python", "never asked")

    def go(self) -> None:
        """Put Go on PATH."""
        self.script("go", _GO)

    def builds(self) -> list[str]:
        """Return the modules that Go built, in order."""
        log = self.folder / "builds"
        return [Path(line).name for line in log.read_text().split()] if log.exists() else []

    def cached(self) -> list[str]:
        """Return the entries of the tool folders, temporary ones too."""
        return sorted(str(p.relative_to(self.cache / "tools")) for p in self.cache.glob("tools/*/*") if p.is_dir())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    made.bin.mkdir()
    system = tmp_path / "system"
    system.mkdir()
    for name in _SHELL_TOOLS:
        found = shutil.which(name)
        assert found is not None
        (system / name).symlink_to(found)
    sdk = tmp_path / "sdk" / "python" / "cmd"
    sdk.mkdir(parents=True)
    (sdk / "pulumi-language-python-exec").write_text("print('a program runner')\n")
    monkeypatch.setenv("PATH", f"{made.bin}{os.pathsep}{system}")
    monkeypatch.setenv("REGC_CACHE", str(made.cache))
    monkeypatch.setenv("FAKE_SDK", str(tmp_path / "sdk"))
    monkeypatch.setenv("FAKE_GO_BUILDS", str(tmp_path / "builds"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    # Nothing listens on port 1: the network is closed, and answers so at once.
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy", "FAKE_GO_SECONDS", "FAKE_GO_FAILS", "FAKE_GO_VERSION", "FAKE_GO_TELLS"):
        monkeypatch.delenv(name, raising=False)
    return made


@dataclass
class Doorman:
    """A proxy that turns everyone away and counts them."""

    port: int
    visitors: int = 0


@pytest.fixture
def doorman(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> Iterator[Doorman]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = Doorman(server.getsockname()[1])
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{made.port}")
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{made.port}")

        def turn_away() -> None:
            while True:
                try:
                    visitor, _ = server.accept()
                except OSError:
                    return
                made.visitors += 1
                visitor.close()

        thread = threading.Thread(target=turn_away)
        thread.start()
        yield made
        server.shutdown(socket.SHUT_RDWR)
        thread.join()

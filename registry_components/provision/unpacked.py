"""Programs of Debian that the tests run or make container images of: unpacked into the cache, and never installed.

Installed, each would be started with the machine.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from ..core.errors import stack_error
from . import cache, running
from .tool import Report

PACKAGES = ("docker-registry", "libjemalloc2", "liblzf1", "nginx", "prometheus", "redis-tools")
"""Distribution 2.8, which Harbor's registry is, nginx and Redis, with the libraries that few machines have; Prometheus
for its promtool."""


def folder() -> Path:
    """Return the folder that holds their files, below `usr` and so on; it may not be there."""
    return cache.root() / "debian" / cache.digest_of(*(name.encode() for name in PACKAGES))


def ensure_unpacked(report: Report) -> None:
    """Make sure of them. Raises `StackError` where that is not possible here."""
    wanted = folder()
    if wanted.exists():
        return
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise stack_error(
            f"the tests need Debian's packages {', '.join(PACKAGES)}; run them on Debian, or in a container"
        )
    report(f"downloading {', '.join(PACKAGES)} with apt-get")
    log = cache.log_file("apt-get-download")
    wanted.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=wanted.parent) as made:
        files = Path(made) / "files"
        files.mkdir()
        commands = [["apt-get", "download", *PACKAGES]]
        if os.geteuid() == 0:
            commands.insert(0, ["apt-get", "update"])
        for command in commands:
            _run(command, Path(made), log, report)
        for package in sorted(Path(made).glob("*.deb")):
            _run(["dpkg-deb", "-x", str(package), str(files)], Path(made), log, report)
        files.rename(wanted)


def _run(command: list[str], cwd: Path, log: Path, report: Report) -> None:
    code = running.run(command, what=" ".join(command[:2]), log=log, report=report, cwd=cwd)
    if code != 0:
        raise stack_error(
            f"`{' '.join(command[:2])}` ended with exit code {code}:\n{running.tail(log)}\n"
            f"The whole output is in {log}. Run `apt-get update`, then run this again."
        )


__all__ = ["PACKAGES", "ensure_unpacked", "folder"]

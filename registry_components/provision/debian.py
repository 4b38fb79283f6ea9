"""Programs of others that the tests drive: image clients, what podman runs containers with, Redis; from Debian where
that can be done."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ..core.errors import stack_error
from . import running
from .cache import log_file
from .tool import Report

CLIENTS = ("skopeo", "podman", "buildah", "runc", "iptables", "containernetworking-plugins", "redis-server")
# Where programs are that podman finds by itself and that need not be on PATH.
_HELPERS = (Path("/usr/lib/cni"), Path("/usr/sbin"), Path("/sbin"))
_PROGRAM = {"containernetworking-plugins": "bridge"}


def _is_there(name: str) -> bool:
    program = _PROGRAM.get(name, name)
    return shutil.which(program) is not None or any((folder / program).exists() for folder in _HELPERS)


def ensure_clients(report: Report) -> None:
    """Make sure of these programs. Raises `StackError` saying what to install where that is not possible here."""
    lacking = [name for name in CLIENTS if not _is_there(name)]
    if not lacking:
        return
    by_hand = f"Install {', '.join(lacking)} by hand, then run this again."
    if not Path("/etc/debian_version").exists() or shutil.which("apt-get") is None:
        raise stack_error(f"the tests need {', '.join(lacking)}. {by_hand}")
    if os.geteuid() != 0:
        raise stack_error(
            f"the tests need {', '.join(lacking)}, and only root can install them. "
            f"Run `sudo apt-get install --no-install-recommends {' '.join(lacking)}`, then run this again."
        )
    report(f"installing {', '.join(lacking)} with apt-get; about 1 min")
    log = log_file("apt-get")
    for command in (["update"], ["install", "-y", "--no-install-recommends", *lacking]):
        code = running.run(
            ["apt-get", *command],
            what=f"apt-get {command[0]}",
            log=log,
            report=report,
            # In run level 1 no package starts its daemon; the tests start what they need.
            environ={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"},
        )
        if code != 0:
            raise stack_error(
                f"`apt-get {command[0]}` ended with exit code {code}:\n{running.tail(log)}\n"
                f"The whole output is in {log}.\n{by_hand}"
            )

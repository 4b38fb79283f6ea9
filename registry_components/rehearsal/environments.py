"""The environment in which the engine finds emulated providers instead of real ones."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import packages_distributions
from pathlib import Path

from .. import provision
from . import background
from .docker_engine import ENGINE, DockerApi
from .emulator import ALLOW_UNKNOWN, FOLDER, OWNER
from .emulators import PACKAGES


def environment(folder: Path, *, others: Iterable[str] = (), docker: str | None = None) -> dict[str, str]:
    """Return what to add to an engine's environment so that it runs against emulated clouds kept in `folder`.

    PATH starts with the emulated providers' launchers and goes on as `provision.environment` has it. Environments of
    the same folder share their clouds, so that a preview, an `up` and a `destroy` meet the same resources. The clouds'
    servers end with the calling process at the latest; `stop(folder)` ends them earlier. `others` are packages that
    nobody emulates: their resources are taken as they are, and noted as skipped. `docker` is the address of an engine
    that containers are really made on.
    """
    launchers = folder / "bin"
    launchers.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        _launcher(launchers / f"pulumi-resource-{package}", "serve", package)
    for package in others:
        _launcher(launchers / f"pulumi-resource-{package}", "unknown", package)
    tools = provision.environment({key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")})
    return {
        "PATH": os.pathsep.join([str(launchers), str(Path(sys.executable).parent), tools["PATH"]]),
        FOLDER: str(folder),
        OWNER: background.identity(os.getpid()) or "",
        **({ALLOW_UNKNOWN: "1"} if others else {}),
        **({ENGINE: docker} if docker is not None else {}),
    }


@contextmanager
def rehearsal(folder: Path, *, others: Iterable[str] = (), docker: str | None = None) -> Iterator[dict[str, str]]:
    """Yield `environment(...)`; afterwards the clouds' servers end, and what is left on a Docker engine is removed."""
    try:
        yield environment(folder, others=others, docker=docker)
    finally:
        stop(folder)
        if docker is not None:
            api = DockerApi(docker, folder)
            try:
                api.clean()
            finally:
                api.close()


def stop(folder: Path) -> None:
    """End the servers behind the emulated clouds of `folder`; what they held is gone."""
    background.stop(folder)


def _launcher(path: Path, module: str, package: str) -> None:
    # -P: the engine starts providers in the program's folder, whose files must not stand in for modules.
    command = [sys.executable, "-P", "-m", f"registry_components.rehearsal.{module}", package]
    text = f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.chmod(0o755)
    beside.replace(path)


def unknown_packages() -> list[str]:
    """Return the providers whose SDKs are installed here and that nobody emulates."""
    found = {str(name).lower().replace("_", "-") for name in packages_distributions() if name.startswith("pulumi_")}
    return sorted({name.removeprefix("pulumi-") for name in found} - {*PACKAGES, "policy"})


__all__ = ["environment", "rehearsal", "stop", "unknown_packages"]

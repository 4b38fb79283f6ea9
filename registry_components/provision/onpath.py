"""Looks for tools on PATH and asks them for their version."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core import versions
from . import cache
from .tool import (
    BENCH_TOOLS,
    CRANE,
    DOCKER_COMPOSE,
    DYNAMIC_PROVIDER,
    HELM,
    KUBECTL,
    LANGUAGE_HOST,
    PULUMI,
    REGISTRY,
    REGSYNC,
    TEST_TOOLS,
    Tool,
    parse_version,
)

_ASK = {
    PULUMI: ("version",),
    REGISTRY: ("--version",),
    CRANE: ("version",),
    REGSYNC: ("version",),
    HELM: ("version", "--short"),
    DOCKER_COMPOSE: ("version",),
    KUBECTL: ("version", "--client"),
}
_MINIMUM = {PULUMI: versions.PULUMI_CLI_MINIMUM, REGISTRY: versions.DISTRIBUTION_MINIMUM}
_SECONDS = 20.0


@dataclass(frozen=True)
class Sighting:
    """What PATH has for a name: a usable tool, or the reason (`why`) why there is none."""

    tool: Tool | None
    why: str


def search_path(environ: Mapping[str, str] | None = None) -> str:
    """Return PATH without the folders of our own cache, which `regc env --export` may have put there."""
    own = cache.tools_root()
    parts = (os.environ if environ is None else environ).get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(part for part in parts if part and not Path(part).is_relative_to(own))


def look(name: str) -> Sighting:
    """Return what PATH has for a tool; only the first hit counts, as it does for a shell."""
    if name in (LANGUAGE_HOST, DYNAMIC_PROVIDER):
        return _beside_pulumi(name)
    if name in (*TEST_TOOLS, *BENCH_TOOLS):
        return Sighting(None, "never taken from PATH")
    hit = shutil.which(name, path=search_path())
    if hit is None:
        return Sighting(None, "none on PATH")
    path = Path(hit)
    version = ask_version(name, path)
    minimum = _MINIMUM[name]
    if version is None:
        return Sighting(None, f"{path} on PATH does not tell its version")
    if (parse_version(version) or ()) < (parse_version(minimum) or ()):
        return Sighting(None, f"{path} on PATH is {version}, older than {minimum}")
    return Sighting(Tool(name, path, version, "path"), f"on PATH and not older than {minimum}")


def _beside_pulumi(name: str) -> Sighting:
    # The three belong together: parts of an old bundle are not mixed with a newer engine.
    pulumi = look(PULUMI).tool
    if pulumi is None:
        return Sighting(None, "the Pulumi CLI is not taken from PATH")
    folders = [str(pulumi.path.parent), str(pulumi.path.resolve().parent), search_path()]
    hit = shutil.which(name, path=os.pathsep.join(folders))
    if hit is None:
        return Sighting(None, f"{pulumi.path} on PATH comes without it")
    return Sighting(Tool(name, Path(hit), pulumi.version, "path"), f"goes with {pulumi.path}")


def ask_version(name: str, path: Path) -> str | None:
    """Return the version that an executable tells, or None where it tells none or does not run."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return _asked(name, str(path), stat.st_mtime_ns, stat.st_size)


@functools.cache
def _asked(name: str, path: str, _modified: int, _size: int) -> str | None:
    try:
        done = subprocess.run(
            [path, *_ASK.get(name, ("--version",))],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    # The registry prints its own path first, and a path may hold a version too.
    numbers = parse_version(done.stdout.replace(path, ""))
    return ".".join(str(n) for n in numbers) if done.returncode == 0 and numbers else None

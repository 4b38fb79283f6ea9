"""Takes the Pulumi bundle from its official installer, where that can be reached within seconds."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from ..core import versions
from . import onpath, running
from .cache import Slot, digest_of, log_file, tools_root
from .tool import BUNDLE, PULUMI, Report

REACHED_AT = "https://get.pulumi.com/install.sh"
"""What has to answer before the installer is started."""

FORGET_AFTER_SECONDS = 24 * 3600.0
"""How long a failed attempt is remembered."""

_REACH_SECONDS = 6.0
_INSTALL_SECONDS = 600.0

_REACH = "import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=float(sys.argv[2])).read(1)"
_INSTALL = """
import sys
import semver
from pulumi.automation import PulumiCommand
PulumiCommand.install(root=sys.argv[1], version=semver.VersionInfo.parse(sys.argv[2]))
"""


class _UnavailableError(Exception):
    """The installer cannot be used here; its text says why."""


def slot() -> Slot:
    """Return the place of the official bundle in the cache."""
    return Slot("pulumi-official", versions.PULUMI_CLI, digest_of(_INSTALL.encode()))


def failure() -> str | None:
    """Return why the installer failed within the last day, or None."""
    try:
        told = json.loads(_memory().read_text())
        recent = 0 <= time.time() - float(told["at"]) < FORGET_AFTER_SECONDS
        return str(told["why"]) if recent and told["version"] == versions.PULUMI_CLI else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _memory() -> Path:
    return tools_root() / slot().name / "unreachable.json"


def install(why: str, report: Report) -> str | None:
    """Install the bundle into the cache; return None, or why it is not to be had here.

    A failure is remembered for a day, so that each run on a closed network does not wait for it again.
    """
    place = slot()
    if place.finished():
        return None
    remembered = failure()
    if remembered is not None:
        return f"{remembered}, tried within the last day"

    def fill(folder: Path) -> None:
        report(f"trying Pulumi's official installer ({why}); seconds to find out, about 1 min to install")
        log = log_file(place.name)
        reach = [sys.executable, "-c", _REACH, REACHED_AT, str(_REACH_SECONDS - 1)]
        if running.run(reach, what="connecting", log=log, report=report, seconds=_REACH_SECONDS) != 0:
            raise _UnavailableError("the official installer is out of reach")
        command = [sys.executable, "-c", _INSTALL, str(folder), versions.PULUMI_CLI]
        code = running.run(command, what="installing", log=log, report=report, seconds=_INSTALL_SECONDS)
        lacking = [name for name in BUNDLE if not (folder / "bin" / name).is_file()]
        if code != 0 or lacking or onpath.ask_version(PULUMI, folder / "bin" / PULUMI) is None:
            raise _UnavailableError(f"the official installer failed (its output is in {log})")
        report(f"Pulumi {versions.PULUMI_CLI} is installed from its official bundle")

    try:
        place.make(fill, report)
    except _UnavailableError as error:
        _memory().write_text(json.dumps({"at": time.time(), "why": str(error), "version": place.version}))
        report(f"  {error}")
        return str(error)
    return None

"""How much memory there is: what would not fit is refused before it is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..core.errors import StackError

_GIB: Final = 1024**3
_MEMINFO: Final = Path("/proc/meminfo")
_GROUPS: Final = Path("/sys/fs/cgroup")
_UNLIMITED: Final = 1 << 60


def available() -> int | None:
    """Return the bytes that can be had without swapping, by the machine and the container; None where it is not told.

    Linux alone tells it: `MemAvailable`, and what is left below the limit of the control group, version 2 or 1.
    """
    found = list(_told())
    return min(found) if found else None


def _told() -> Iterator[int]:
    try:
        for line in _MEMINFO.read_text(encoding="ascii").splitlines():
            name, _, rest = line.partition(":")
            if name == "MemAvailable":
                yield int(rest.split()[0]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            most = int((_GROUPS / limit).read_text(encoding="ascii"))
            if most < _UNLIMITED:
                yield max(most - int((_GROUPS / used).read_text(encoding="ascii")), 0)
        except (OSError, ValueError):
            continue


def check(needed: int, instead: str) -> None:
    """Raise `StackError` where an inventory needs more memory than there is; `instead` says what to do."""
    left = available()
    if left is not None and needed > left:
        raise StackError(f"needs about {_told_as(needed)} of memory, and {_told_as(left)} are free; {instead}")


def _told_as(size: int) -> str:
    return f"{size / _GIB:.1f} GiB"


__all__ = ["available", "check"]

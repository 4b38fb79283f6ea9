"""What repositories are called at the two ends, and patterns as the regular expressions that regsync takes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..core.globs import doublestar

ALL_TAGS: Final = ["*"]
# cosign's sha256-….sig, .att and .sbom, and the OCI specification's fall-back index of referrers.
DIGEST_TAG: Final = re.compile(r"(?P<algorithm>sha256|sha512)-(?P<hex>[0-9a-f]{128}|[0-9a-f]{64})(?P<suffix>.*)")


def full(prefix: str, name: str) -> str:
    """Return a repository's whole name or pattern at one end."""
    return f"{prefix}/{name}" if prefix else name


def known(value: object) -> str:
    """Return a prefix as far as it is known; nothing where it is an output, which must not be turned into text."""
    return value if isinstance(value, str) else ""


def renamed(prefix: str, target: str) -> str | None:
    """Return what stands before whole names at the destination that keep the source's prefix, or None.

    regsync appends the name that the source's catalog has; it cannot leave out its beginning.
    """
    if prefix == target:
        return ""
    if not prefix:
        return target
    return target.removesuffix(f"/{prefix}") if target.endswith(f"/{prefix}") else None


def expression(pattern: str) -> str:
    """Return a pattern as regsync takes it, which writes ^ before and $ after it."""
    return doublestar(pattern)[1:-1]


def matcher(patterns: Sequence[str]) -> re.Pattern[str]:
    """Return what matches the whole of what one of the patterns matches."""
    return re.compile("|".join(f"(?:{expression(pattern)})" for pattern in patterns) or r"(?!)")


def chosen(name: str, wanted: Sequence[str], left_out: Sequence[str]) -> bool:
    """Return whether one of the first patterns matches and none of the others."""
    return matcher(wanted).fullmatch(name) is not None and matcher(left_out).fullmatch(name) is None


__all__ = ["ALL_TAGS", "DIGEST_TAG", "chosen", "expression", "full", "known", "matcher", "renamed"]

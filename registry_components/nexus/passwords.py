"""Which first passwords Nexus is not given."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from ..core.args import Secret
from ..core.passwords import KNOWN_TEXT, is_known
from ..core.validated import validated

# What Nexus had before 3.17, and what guides set.
_OWN = frozenset({"admin123", "nexus123", "nexus", "sonatype"})


def check_admin_password(text: str) -> str | None:
    """Check the first password of `admin`; it is not shown."""
    if is_known(text, _OWN):
        return KNOWN_TEXT
    if not 12 <= len(text) <= 128 or not text.isprintable():
        return f"has {len(text)} characters; give 12 to 128 on one line, or leave it out to have one generated"
    return None


AdminPassword: TypeAlias = Annotated[Secret, validated(check_admin_password)]

__all__ = ["AdminPassword", "check_admin_password"]

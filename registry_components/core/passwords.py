"""Passwords that everybody knows."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

# rule 24: what Harbor's chart and offline installer set by default, and what installation guides show.
_KNOWN: Final = frozenset(
    {
        "harbor12345",
        "harbor@12345",
        "harbor12345!",
        "harboradmin123",
        "harbor_registry_password",
        "not-a-secure-key",
        "changeit",
        "changeme",
        "changeme123",
        "root123",
        "password",
        "password1",
        "password123",
        "passw0rd",
        "p@ssw0rd",
        "admin123",
        "admin12345",
        "administrator",
        "12345678",
        "123456789",
        "1234567890",
        "qwertyuiop",
        "postgres",
        "postgres123",
        "redis123",
        "minioadmin",
        "letmein123",
    }
)
KNOWN_TEXT: Final = "is a password that everybody knows; give another, or leave it out to have one generated"
"""What is wrong with one that can be made instead."""


def is_known(text: str, more: AbstractSet[str] = frozenset()) -> bool:
    """Return whether a password is one that everybody knows, or hardly one; `more` are known too, in small letters."""
    return text.lower() in _KNOWN | more or len(set(text)) < 4


__all__ = ["KNOWN_TEXT", "is_known"]

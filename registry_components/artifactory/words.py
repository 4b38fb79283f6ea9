"""Keys, passwords and licences as Artifactory takes them. Each check returns what is wrong, or None, and shows no
secret."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import SecretStr

from ..core.args import MaybeOutput
from ..core.names import check_key
from ..core.validated import validated

# What Artifactory has until somebody changes it, and what its guides show.
_KNOWN = frozenset(
    {"password", "password1", "password123", "password123**", "passw0rd", "changeme", "admin123", "jfrog123"}
)


def check_admin_password(text: str) -> str | None:
    """Check the first password of the account `admin`."""
    if text.lower() in _KNOWN or len(set(text)) < 4:
        return "is a password that everybody knows; give another, or leave it out to have one generated"
    if not 12 <= len(text) <= 128:
        return f"has {len(text)} characters; give 12 to 128, or leave it out to have one generated"
    # The chart's bootstrap.creds is one line, and Artifactory's own rule wants the three.
    missing = [
        word
        for word, pattern in (("capital", "[A-Z]"), ("small letter", "[a-z]"), ("digit", "[0-9]"))
        if not re.search(pattern, text)
    ]
    if missing:
        return f"has no {' and no '.join(missing)}, which Artifactory asks for; add it"
    return None if re.fullmatch(r"[!-~]+", text) else "has a blank or a character beyond ASCII; take it out"


def _hexadecimal(text: str, lengths: tuple[int, ...], how: str) -> str | None:
    if len(text) not in lengths or not re.fullmatch(r"[0-9A-Fa-f]+", text):
        allowed = " or ".join(str(length) for length in lengths)
        return f"is not {allowed} hexadecimal characters; make one with `{how}`, or leave it out to have one generated"
    # The chart's values show one letter repeated, and warn of it.
    return "is the example of a guide; make another" if len(set(text)) < 4 else None


def check_master_key(text: str) -> str | None:
    """Check what encrypts the secrets in Artifactory's database: 128 or 256 bits."""
    return _hexadecimal(text, (32, 64), "openssl rand -hex 32")


def check_join_key(text: str) -> str | None:
    """Check what other services of JFrog join by."""
    return _hexadecimal(text, (32, 64), "openssl rand -hex 16")


def check_license(text: str) -> str | None:
    """Check the text of a licence: one block of base64 for each node."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        return "is empty; give the whole text of the licence"
    if all(re.fullmatch(r"[A-Za-z0-9+/=]+", line) for line in lines) and len("".join(lines)) >= 100:
        return None
    return "is not a licence's text; give all lines of it as JFrog sent it"


def check_repository_key(key: str) -> str | None:
    """Check a repository's key, which is part of the names of its images."""
    # Artifactory takes 64 and capitals; the last character is left to `-cache`'s database column, and clients take
    # neither capitals nor two signs in a row.
    if len(key) > 63:
        return f"{key!r} has {len(key)} characters, and a key has at most 63; shorten it"
    if re.fullmatch(r"[a-z0-9]+(?:(?:[._]|-+)[a-z0-9]+)*", key):
        return None
    return f"{key!r} is not a repository's key; use lower-case letters, digits and single . _ - between them"


Key: TypeAlias = Annotated[str, validated(check_key)]
RepositoryKey: TypeAlias = Annotated[str, validated(check_repository_key)]
AdminPassword: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_admin_password)]]
MasterKey: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_master_key)]]
JoinKey: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_join_key)]]
LicenseText: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_license)]]

"""Which passwords Harbor is not given: those that everybody knows, and those that it or its connections do not take."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import SecretStr

from ..core.args import MaybeOutput
from ..core.passwords import KNOWN_TEXT, is_known
from ..core.validated import validated


def check_admin_password(text: str) -> str | None:
    """Check the first password of the account `admin`."""
    if is_known(text):
        return KNOWN_TEXT
    # Harbor's own rule: 8 to 128 characters with a capital, a small letter and a digit. Twelve is what we ask.
    if not 12 <= len(text) <= 128:
        return f"has {len(text)} characters; give 12 to 128, or leave it out to have one generated"
    missing = [
        word
        for word, pattern in (("a capital", "[A-Z]"), ("a small letter", "[a-z]"), ("a digit", "[0-9]"))
        if not re.search(pattern, text)
    ]
    if missing:
        return f"has no {' and no '.join(part.split(' ', 1)[1] for part in missing)}, which Harbor asks for; add it"
    return None if text.isprintable() else "has a line break or control character; take it out"


def check_database_password(text: str) -> str | None:
    """Check the password of a database that exists."""
    if is_known(text):
        return "is a password that everybody knows; give the database another"
    if len(text) < 8:
        return f"has {len(text)} characters; give the database one of at least 8"
    return None if text.isprintable() else "has a line break or control character; take it out"


def check_redis_password(text: str) -> str | None:
    """Check the password of a Redis that exists."""
    mistake = check_database_password(text)
    if mistake:
        return mistake.replace("the database", "Redis")
    # The chart reads it from the Secret and writes it into URLs as it is (harbor.redis.cred of its _helpers.tpl).
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", text):
        return "has a character that means something in a URL, where the chart puts it; use letters, digits and - . _ ~"
    return None


AdminPassword: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_admin_password)]]
DatabasePassword: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_database_password)]]
RedisPassword: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_redis_password)]]

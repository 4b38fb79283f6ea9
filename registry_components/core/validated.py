"""Single values that are checked: what a check says is what the setting is refused with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import AfterValidator, BeforeValidator, SecretStr


def validated(check: Callable[[Any], str | None]) -> AfterValidator:
    """Return a validator that refuses a text, secret or not, or a number with what `check` says; it shows no secret.

    What is neither yet (an output of another resource) is left to the provider.
    """

    def validate(value: Any) -> Any:
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        mistake = check(plain) if isinstance(plain, str | int | float) else None
        if mistake:
            raise ValueError(mistake)
        return value

    return AfterValidator(validate)


def _unique(values: Any) -> Any:
    if isinstance(values, list | tuple):
        seen: set[str] = set()
        for value in values:
            if isinstance(value, str) and value in seen:
                raise ValueError(f"names {value!r} twice; name it once")
            seen.add(str(value))
    return values


Unique = BeforeValidator(_unique)
"""Marks a list that may not say one thing twice."""

__all__ = ["Unique", "validated"]

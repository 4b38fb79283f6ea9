"""Single values that are checked: what a check says is what the setting is refused with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import AfterValidator, SecretStr


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


__all__ = ["validated"]

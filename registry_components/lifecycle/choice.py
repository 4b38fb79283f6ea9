"""A lifecycle policy where a component takes one: the registry's own, or the unified one that is translated to it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Discriminator

from ..blocks.lifecycle import LifecyclePolicy
from ..core.errors import StackError

_UNIFIED = frozenset({"repositories", "exclude_repositories", "expire", "archive", "keep", "protect"})


def chosen_by(own: type[BaseModel]) -> Discriminator:
    """Return what tells pydantic whether a value is meant to be the registry's own policy, the unified one or `none`.

    The members of the union are tagged with the names of their classes, and `none`.
    """

    def which(value: Any) -> str:
        if value == "none":
            return "none"
        unified = isinstance(value, LifecyclePolicy) or (isinstance(value, Mapping) and bool(_UNIFIED & set(value)))
        return LifecyclePolicy.__name__ if unified else own.__name__

    return Discriminator(which)


def translated(kind: str, policy: LifecyclePolicy, repository: str | None = None) -> Any:
    """Return a unified policy in the registry's JSON.

    Raises `LifecycleNotExpressible` where the registry cannot carry it out as it is meant, and `StackError` where the
    extra `lifecycle` is not installed.
    """
    return _translated(kind, policy.model_dump_json(exclude_defaults=True), repository)


def meant_for(policy: LifecyclePolicy, repository: str) -> LifecyclePolicy | None:
    """Return what a unified policy means for one repository; None where nothing of it would ever go."""
    try:
        from .compile.translation import of_repository
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    return of_repository(policy, repository)


def meant_below(policy: LifecyclePolicy, prefix: str) -> LifecyclePolicy | None:
    """Return what a unified policy means for every repository below a prefix; None where nothing would ever go.

    Raises `StackError` where it does not mean the same for all of them.
    """
    try:
        from .compile.translation import of_prefix
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    return of_prefix(policy, prefix)


@functools.lru_cache(maxsize=512)
def _translated(kind: str, written: str, repository: str | None) -> Any:
    # A program asks for the same policy many times: when its arguments are checked, and when they are rendered.
    policy = LifecyclePolicy.model_validate_json(written)
    try:
        from .compile.translation import compile_policy
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    return compile_policy(kind, policy, repository=repository).document


def why(error: StackError) -> str:
    """Return an error as the message of a mistake: its further lines stand below the first."""
    return str(error).replace("\n", "\n  ")


def _missing(error: ModuleNotFoundError) -> StackError:
    from ..core.errors import stack_error

    return stack_error(
        f"a unified policy needs {error.name}, which is not installed; install registry-components[lifecycle]"
    )


__all__ = ["chosen_by", "meant_below", "meant_for", "translated", "why"]

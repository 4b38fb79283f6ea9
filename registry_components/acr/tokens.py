"""Tokens and scope maps: logins of the registry's own, narrowed to repositories."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.errors import Mistake
from ..core.names import check_repository
from ..core.validated import validated
from .words import ScopedName

SYSTEM_SCOPE_MAPS = (
    "_repositories_pull",
    "_repositories_push",
    "_repositories_admin",
    "_repositories_pull_metadata_read",
    "_repositories_push_metadata_write",
)
Action: TypeAlias = Literal[
    "content/read", "content/write", "content/delete", "metadata/read", "metadata/write"
]  # fmt: skip
LIMITS = {"Basic": 100, "Standard": 500, "Premium": 50000}


def check_scope(repository: str) -> str | None:
    """Check what a scope map names: a repository, or all below a prefix (`team/*`)."""
    if repository == "*" or (repository.endswith("*") and re.fullmatch(r"[a-z0-9._/-]+\*", repository)):
        return None
    return check_repository(repository)


Scope = Annotated[str, validated(check_scope)]


class AcrScopeMap(Args):
    """What a token may do, by repository."""

    repositories: dict[Scope, list[Action]] = Field(min_length=1)
    """Actions by repository or prefix (`team/*`)."""
    description: str | None = Field(default=None, max_length=256)
    """Why there is one. Default: nothing."""


class AcrToken(Args):
    """A login of the registry's own. It is made without a password: `az acr token credential generate` makes one and
    shows it once, so it never stands in a stack's state."""

    scope_map: str
    """One of `scope_maps`, or one that every registry has: `_repositories_pull`, `_repositories_push`,
    `_repositories_admin`, `_repositories_pull_metadata_read`, `_repositories_push_metadata_write`."""
    enabled: bool = True
    """Whether it can log in. Default: true."""


ScopeMaps = dict[ScopedName, AcrScopeMap]
Tokens = dict[ScopedName, AcrToken]


def actions_of(scope_map: AcrScopeMap) -> list[str]:
    """Return a scope map's actions as Azure writes them, sorted."""
    return sorted(
        f"repositories/{name}/{action}" for name, actions in scope_map.repositories.items() for action in set(actions)
    )


def check_tokens(tokens: Mapping[str, AcrToken], maps: Mapping[str, AcrScopeMap], sku: str) -> Iterable[Mistake]:
    """Check that each token's scope map exists, and that the SKU takes as many."""
    for key, token in sorted(tokens.items()):
        if token.scope_map not in maps and token.scope_map not in SYSTEM_SCOPE_MAPS:
            choices = ", ".join([*sorted(maps), *SYSTEM_SCOPE_MAPS])
            yield Mistake(
                f"tokens.{key}.scope_map",
                f"{token.scope_map!r} is not a scope map of this registry; there are: {choices}",
            )
    for key, scope_map in sorted(maps.items()):
        if key in SYSTEM_SCOPE_MAPS:
            yield Mistake(f"scope_maps.{key}", "is one that every registry has; take another name, or leave it out")
        for name, actions in sorted(scope_map.repositories.items()):
            if not actions:
                yield Mistake(f"scope_maps.{key}.repositories[{name!r}]", "allows nothing; add an action, or remove it")
        if len(actions_of(scope_map)) > 500:
            yield Mistake(f"scope_maps.{key}", "has more than 500 actions, which is what ACR takes; split it")
    for what, count in (("tokens", len(tokens)), ("scope_maps", len(maps))):
        if count > LIMITS[sku]:
            yield Mistake(what, f"has {count} entries; SKU {sku} takes {LIMITS[sku]}: remove some, or set another sku")

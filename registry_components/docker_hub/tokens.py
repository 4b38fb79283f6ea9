"""What you say of an access token, and what of it cannot be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from .facts import ORGANIZATION_SCOPES, REPOSITORY_SCOPES, TOKEN_REPOSITORIES
from .words import Expiry, Scope, check_namespace, check_repository_name

# Docker takes 100 characters; the rest marks whose the token is.
_LABEL = 80


class PersonalToken(Args):
    """A personal access token of the account that logs in; it reaches whatever the account reaches."""

    kind: Literal["personal"] = "personal"
    scope: Scope
    """`repo:public_read`, `repo:read`, `repo:write` or `repo:admin`, each including those before it. Another one makes
    another token."""
    expires_at: Expiry | None
    """When it ends: `2027-12-31T23:59:59Z`; null for never, which has to be said. Another time makes another token."""
    label: str = Field(default="", max_length=_LABEL)
    """What Docker Hub lists it as, before a mark of ours. Default: its key."""
    active: bool = True
    """False turns it off for a while. Default: true."""
    rotation: str = ""
    """Any text, such as `2026-12`: another text makes another token, and removes the old one afterwards. Default:
    none."""


def _scopes(resource: TokenResource) -> Iterable[Mistake]:
    own, other, word = (
        (REPOSITORY_SCOPES, ORGANIZATION_SCOPES, "TYPE_ORG")
        if resource.type == "TYPE_REPO"
        else (ORGANIZATION_SCOPES, REPOSITORY_SCOPES, "TYPE_REPO")
    )
    for i, scope in enumerate(resource.scopes):
        if scope in own:
            continue
        path = f"scopes[{i}]"
        if scope in other:
            yield Mistake(path, f"{scope!r} is a scope of {word}; say it in a resource of that type")
            continue
        close = difflib.get_close_matches(scope, own, n=1)
        hint = f"did you mean {close[0]}?" if close else f"allowed: {', '.join(own)}"
        yield Mistake(path, f"{scope!r} is not a scope of {resource.type}; {hint}")
    yield from _twice("scopes", resource.scopes)


def _path(resource: TokenResource) -> Iterable[Mistake]:
    path = resource.path
    if resource.type == "TYPE_ORG":
        mistake = check_namespace(path)
        if mistake:
            yield Mistake("path", mistake)
        return
    if path == "*/*/public":
        for i, scope in enumerate(resource.scopes):
            if scope != "scope-image-pull":
                yield Mistake(f"scopes[{i}]", f"{scope!r} is too much for every public repository; only pulling is")
        return
    namespace, slash, name = path.partition("/")
    if not slash or check_namespace(namespace) or (name != "*" and check_repository_name(name)):
        yield Mistake(
            "path", f"{path!r} is not a repository; write 'acme/api', 'acme/*', or '*/*/public' for all public ones"
        )


class TokenResource(CheckedArgs):
    """What a token may do where."""

    checks = (_scopes, _path)
    stand_ins = {"type": "TYPE_REPO", "path": "*/*/public", "scopes": ["scope-image-pull"]}

    type: Literal["TYPE_REPO", "TYPE_ORG"] = "TYPE_REPO"
    """`TYPE_REPO` for repositories, `TYPE_ORG` for the organization itself. Default: repositories."""
    path: str
    """`acme/api` (which must exist), `acme/*`, `*/*/public`; for `TYPE_ORG` the organization."""
    scopes: list[str] = Field(min_length=1)
    """Such as `scope-image-pull`; the list is in `facts`."""


def _repositories(token: OrganizationToken) -> Iterable[Mistake]:
    count = sum(1 for resource in token.resources if resource.type == "TYPE_REPO")
    if count > TOKEN_REPOSITORIES:
        yield Mistake(
            "resources", f"names {count} repositories; a token takes {TOKEN_REPOSITORIES}, or 'acme/*' for all"
        )
    yield from _twice("resources", [(resource.type, resource.path) for resource in token.resources], "path")


def _twice(path: str, items: Sequence[Any], member: str = "") -> Iterable[Mistake]:
    seen: set[Any] = set()
    for i, item in enumerate(items):
        if item in seen:
            shown = item[-1] if isinstance(item, tuple) else item
            yield Mistake(f"{path}[{i}]" + (f".{member}" if member else ""), f"{shown!r} is there already; say it once")
        seen.add(item)


class OrganizationToken(CheckedArgs):
    """An access token of the organization, for automation: it belongs to nobody, and has limits of its own."""

    checks = (_repositories,)
    stand_ins = {"resources": [], "expires_at": None}

    kind: Literal["organization"]
    resources: list[TokenResource] = Field(min_length=1)
    """What it may do where."""
    expires_at: Expiry | None
    """When it ends: `2027-12-31T23:59:59Z`; null for never, which has to be said. Another time makes another token."""
    label: str = Field(default="", max_length=_LABEL)
    """What Docker Hub lists it as, before a mark of ours. Default: its key."""
    description: str = Field(default="", max_length=255)
    """What it is for. Default: nothing."""
    active: bool = True
    """False turns it off for a while. Default: true."""
    rotation: str = ""
    """Any text, such as `2026-12`: another text makes another token, and removes the old one afterwards. Default:
    none."""


Token: TypeAlias = Annotated[PersonalToken | OrganizationToken, Field(discriminator="kind")]

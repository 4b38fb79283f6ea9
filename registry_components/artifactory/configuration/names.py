"""What things are called in Artifactory, and what a reference leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from .args import ArtifactoryConfigurationArgs

CLASSES: Final = ("local", "remote", "federated", "virtual")
"""The kinds of repositories, each after those that it can refer to."""


class Found(NamedTuple):
    """A repository that something refers to."""

    key: str
    """Its key in Artifactory."""
    kind: str
    """One of `CLASSES`."""
    package: str | None
    """What is in it; None where it is somebody else's."""
    own: bool


def repository_key(key: str, said: Any) -> str:
    """Return a repository's key in Artifactory: what was said, or its key here."""
    return key if said.key is None else str(said.key)


def named(key: str, said: Any) -> str:
    """Return a thing's name: what was said, or its key here."""
    return key if said.name is None else str(said.name)


def repositories(args: ArtifactoryConfigurationArgs) -> Iterator[tuple[str, str, Any]]:
    """Yield kind, key and repository of all that are made here."""
    for kind in CLASSES:
        for key, said in sorted(getattr(args, kind).items()):
            yield kind, key, said


def known(args: ArtifactoryConfigurationArgs) -> Mapping[str, Found]:
    """Return all repositories that can be referred to, by the word that refers to them."""
    found = {key: Found(key, kind, None, own=False) for key, kind in sorted(args.existing_repositories.items())}
    for kind, key, said in repositories(args):
        found[key] = Found(repository_key(key, said), kind, said.package, own=True)
    return found


def groups(args: ArtifactoryConfigurationArgs) -> Mapping[str, str]:
    """Return the names of all groups that can be referred to."""
    return {name: name for name in args.existing_groups} | {key: named(key, said) for key, said in args.groups.items()}


def users(args: ArtifactoryConfigurationArgs) -> Mapping[str, str]:
    """Return the names of all users that can be referred to."""
    return {name: name for name in args.existing_users} | {key: named(key, said) for key, said in args.users.items()}


def virtual_order(args: ArtifactoryConfigurationArgs) -> list[str]:
    """Return the virtual repositories, each after those of them that it holds.

    Raises `ValueError`, with a repository that holds itself, where there is one.
    """
    done: list[str] = []
    open_to: list[str] = []

    def visit(key: str) -> None:
        if key in done:
            return
        if key in open_to:
            raise ValueError(key)
        open_to.append(key)
        for other in args.virtual[key].repositories:
            if other in args.virtual:
                visit(other)
        open_to.pop()
        done.append(key)

    for key in sorted(args.virtual):
        visit(key)
    return done


__all__ = [
    "CLASSES",
    "Found",
    "groups",
    "known",
    "named",
    "repositories",
    "repository_key",
    "users",
    "virtual_order",
]

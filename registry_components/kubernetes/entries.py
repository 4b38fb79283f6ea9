"""The endpoints of some pull secrets, each with its key, where it is said and what kind of registry it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..core.endpoint import RegistryEndpoint
from ..core.errors import dotted
from .registry_kind import RegistryKind, kind_of

if TYPE_CHECKING:
    from .pull_secrets_args import PullSecretsArgs


class Entry(NamedTuple):
    """One endpoint."""

    key: str
    """Its key; `endpoint` where there is one."""
    path: str
    """Where it is said."""
    kind_path: str
    """Where its kind can be said."""
    endpoint: RegistryEndpoint
    said: RegistryKind | None
    """The kind that is said."""

    @property
    def kind(self) -> RegistryKind | None:
        """The kind of its registry; None where only the running program can know."""
        if self.said is not None:
            return self.said
        server = self.endpoint.server
        return kind_of(server) if isinstance(server, str) else None


def entries(args: PullSecretsArgs) -> list[Entry]:
    """Return the endpoints, by key."""
    one, several, kind, kinds = args.endpoint, args.endpoints, args.registry, args.registries
    if one is not None and not several:
        return [Entry("endpoint", "endpoint", "registry", one, kind)]
    return [
        Entry(key, dotted(("endpoints", key)), dotted(("registries", key)), several[key], kinds.get(key))
        for key in sorted(several)
    ]

"""Docker Hub: repositories, team permissions and access tokens through the Hub API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .args import DockerHubApi as DockerHubApi
    from .args import DockerHubLogin as DockerHubLogin
    from .args import DockerHubReferenceArgs as DockerHubReferenceArgs
    from .args import DockerHubRegistryArgs as DockerHubRegistryArgs
    from .args import DockerHubRepositoryArgs as DockerHubRepositoryArgs
    from .component import DockerHubReference as DockerHubReference
    from .component import DockerHubRegistry as DockerHubRegistry
    from .facts import PULL_LIMITS as PULL_LIMITS
    from .headroom import Headroom as Headroom
    from .tokens import OrganizationToken as OrganizationToken
    from .tokens import PersonalToken as PersonalToken
    from .tokens import TokenResource as TokenResource

# The arguments can be validated without Pulumi, which takes half a second to import; the components cannot.
_HOMES = {
    "DockerHubApi": "args",
    "DockerHubLogin": "args",
    "DockerHubReference": "component",
    "DockerHubReferenceArgs": "args",
    "DockerHubRegistry": "component",
    "DockerHubRegistryArgs": "args",
    "DockerHubRepositoryArgs": "args",
    "Headroom": "headroom",
    "OrganizationToken": "tokens",
    "PULL_LIMITS": "facts",
    "PersonalToken": "tokens",
    "TokenResource": "tokens",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)

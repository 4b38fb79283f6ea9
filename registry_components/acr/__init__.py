"""Azure Container Registry: one registry and what belongs to it, or a reference to another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .args import AcrRegistryArgs as AcrRegistryArgs
    from .args import AcrRegistryReferenceArgs as AcrRegistryReferenceArgs
    from .args import AcrRepositoryAccess as AcrRepositoryAccess
    from .args import AcrRole as AcrRole
    from .caching import AcrCacheRule as AcrCacheRule
    from .caching import AcrCredentialSet as AcrCredentialSet
    from .component import AcrRegistry as AcrRegistry
    from .component import AcrRegistryReference as AcrRegistryReference
    from .features import AcrConnectedRegistry as AcrConnectedRegistry
    from .features import AcrDiagnostics as AcrDiagnostics
    from .features import AcrEncryption as AcrEncryption
    from .features import AcrReplica as AcrReplica
    from .features import AcrWebhook as AcrWebhook
    from .lifecycle import AcrLifecycle as AcrLifecycle
    from .lifecycle import AgentPool as AgentPool
    from .lifecycle import PurgeStep as PurgeStep
    from .lifecycle import PurgeTask as PurgeTask
    from .tokens import AcrScopeMap as AcrScopeMap
    from .tokens import AcrToken as AcrToken

# The arguments can be validated without Pulumi, which takes half a second to import; the components cannot.
_HOMES = {
    "AcrCacheRule": "caching",
    "AcrConnectedRegistry": "features",
    "AcrCredentialSet": "caching",
    "AcrDiagnostics": "features",
    "AcrEncryption": "features",
    "AcrLifecycle": "lifecycle",
    "AcrRegistry": "component",
    "AcrRegistryArgs": "args",
    "AcrRegistryReference": "component",
    "AcrRegistryReferenceArgs": "args",
    "AcrReplica": "features",
    "AcrRepositoryAccess": "args",
    "AcrRole": "args",
    "AcrScopeMap": "tokens",
    "AcrToken": "tokens",
    "AcrWebhook": "features",
    "AgentPool": "lifecycle",
    "PurgeStep": "lifecycle",
    "PurgeTask": "lifecycle",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)

"""Elastic Container Registry: repositories, the account's settings, caches, the public gallery, network and events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .account import EcrBasicScanning as EcrBasicScanning
    from .account import EcrCachePermission as EcrCachePermission
    from .account import EcrCreationTemplateArgs as EcrCreationTemplateArgs
    from .account import EcrCreationTemplatesArgs as EcrCreationTemplatesArgs
    from .account import EcrEnhancedScanning as EcrEnhancedScanning
    from .account import EcrFindingSuppression as EcrFindingSuppression
    from .account import EcrRegistrySettingsArgs as EcrRegistrySettingsArgs
    from .account import EcrSigning as EcrSigning
    from .args import EcrRegistryArgs as EcrRegistryArgs
    from .args import EcrRegistryReferenceArgs as EcrRegistryReferenceArgs
    from .args import EcrRepositoryArgs as EcrRepositoryArgs
    from .cache import EcrPullThroughCacheArgs as EcrPullThroughCacheArgs
    from .component import EcrRegistry as EcrRegistry
    from .component import EcrRegistryReference as EcrRegistryReference
    from .events import EcrEventRule as EcrEventRule
    from .events import EcrEventsArgs as EcrEventsArgs
    from .events import EcrEventTarget as EcrEventTarget
    from .lifecycle import EcrLifecyclePolicy as EcrLifecyclePolicy
    from .lifecycle import EcrLifecycleRule as EcrLifecycleRule
    from .lifecycle import expire_untagged as expire_untagged
    from .lifecycle import keep_latest as keep_latest
    from .network import EcrVpcEndpointsArgs as EcrVpcEndpointsArgs
    from .public import EcrCatalog as EcrCatalog
    from .public import EcrPublicRepositoryArgs as EcrPublicRepositoryArgs
    from .settings import EcrAesEncryption as EcrAesEncryption
    from .settings import EcrEncryption as EcrEncryption
    from .settings import EcrKmsEncryption as EcrKmsEncryption
    from .settings import EcrTagMutability as EcrTagMutability
    from .settings import EcrTemplateSettings as EcrTemplateSettings
    from .surroundings import EcrCreationTemplates as EcrCreationTemplates
    from .surroundings import EcrEvents as EcrEvents
    from .surroundings import EcrPublicRepository as EcrPublicRepository
    from .surroundings import EcrPullThroughCache as EcrPullThroughCache
    from .surroundings import EcrRegistrySettings as EcrRegistrySettings
    from .surroundings import EcrVpcEndpoints as EcrVpcEndpoints

# The arguments can be validated without Pulumi, which takes half a second to import; the components cannot.
_HOMES = {
    "EcrAesEncryption": "settings",
    "EcrBasicScanning": "account",
    "EcrCachePermission": "account",
    "EcrCatalog": "public",
    "EcrCreationTemplateArgs": "account",
    "EcrCreationTemplates": "surroundings",
    "EcrCreationTemplatesArgs": "account",
    "EcrEncryption": "settings",
    "EcrEnhancedScanning": "account",
    "EcrEventRule": "events",
    "EcrEventTarget": "events",
    "EcrEvents": "surroundings",
    "EcrEventsArgs": "events",
    "EcrFindingSuppression": "account",
    "EcrKmsEncryption": "settings",
    "EcrLifecyclePolicy": "lifecycle",
    "EcrLifecycleRule": "lifecycle",
    "EcrPublicRepository": "surroundings",
    "EcrPublicRepositoryArgs": "public",
    "EcrPullThroughCache": "surroundings",
    "EcrPullThroughCacheArgs": "cache",
    "EcrRegistry": "component",
    "EcrRegistryArgs": "args",
    "EcrRegistryReference": "component",
    "EcrRegistryReferenceArgs": "args",
    "EcrRegistrySettings": "surroundings",
    "EcrRegistrySettingsArgs": "account",
    "EcrRepositoryArgs": "args",
    "EcrSigning": "account",
    "EcrTagMutability": "settings",
    "EcrTemplateSettings": "settings",
    "EcrVpcEndpoints": "surroundings",
    "EcrVpcEndpointsArgs": "network",
    "expire_untagged": "lifecycle",
    "keep_latest": "lifecycle",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)

"""Artifact Registry: a repository of any format and mode, a reference to another's, and a project's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .args import GarCondition as GarCondition
    from .args import GarEncryption as GarEncryption
    from .args import GarPlatformLogs as GarPlatformLogs
    from .args import GarProjectSettingsArgs as GarProjectSettingsArgs
    from .args import GarRepositoryArgs as GarRepositoryArgs
    from .args import GarRepositoryReferenceArgs as GarRepositoryReferenceArgs
    from .args import GarRole as GarRole
    from .component import GarProjectSettings as GarProjectSettings
    from .component import GarRepository as GarRepository
    from .component import GarRepositoryReference as GarRepositoryReference
    from .formats import AptPublicUpstream as AptPublicUpstream
    from .formats import AptRemote as AptRemote
    from .formats import AptStandard as AptStandard
    from .formats import AptVirtual as AptVirtual
    from .formats import CustomUpstream as CustomUpstream
    from .formats import DockerHubUpstream as DockerHubUpstream
    from .formats import DockerRemote as DockerRemote
    from .formats import DockerStandard as DockerStandard
    from .formats import DockerVirtual as DockerVirtual
    from .formats import GarMember as GarMember
    from .formats import GarUpstreamCredentials as GarUpstreamCredentials
    from .formats import GenericStandard as GenericStandard
    from .formats import GoProxyUpstream as GoProxyUpstream
    from .formats import GoRemote as GoRemote
    from .formats import GoStandard as GoStandard
    from .formats import GoVirtual as GoVirtual
    from .formats import KfpStandard as KfpStandard
    from .formats import MavenCentralUpstream as MavenCentralUpstream
    from .formats import MavenRemote as MavenRemote
    from .formats import MavenStandard as MavenStandard
    from .formats import MavenVirtual as MavenVirtual
    from .formats import NpmjsUpstream as NpmjsUpstream
    from .formats import NpmRemote as NpmRemote
    from .formats import NpmStandard as NpmStandard
    from .formats import NpmVirtual as NpmVirtual
    from .formats import PypiUpstream as PypiUpstream
    from .formats import PythonRemote as PythonRemote
    from .formats import PythonStandard as PythonStandard
    from .formats import PythonVirtual as PythonVirtual
    from .formats import RepositoryUpstream as RepositoryUpstream
    from .formats import YumPublicUpstream as YumPublicUpstream
    from .formats import YumRemote as YumRemote
    from .formats import YumStandard as YumStandard
    from .formats import YumVirtual as YumVirtual
    from .lifecycle import GarCleanupPolicy as GarCleanupPolicy
    from .lifecycle import GarLifecycle as GarLifecycle
    from .rules import GarDownloadRule as GarDownloadRule

# The arguments can be validated without Pulumi, which takes half a second to import; the components cannot.
_HOMES = {
    "AptPublicUpstream": "formats",
    "AptRemote": "formats",
    "AptStandard": "formats",
    "AptVirtual": "formats",
    "CustomUpstream": "formats",
    "DockerHubUpstream": "formats",
    "DockerRemote": "formats",
    "DockerStandard": "formats",
    "DockerVirtual": "formats",
    "GarCleanupPolicy": "lifecycle",
    "GarCondition": "args",
    "GarDownloadRule": "rules",
    "GarEncryption": "args",
    "GarLifecycle": "lifecycle",
    "GarMember": "formats",
    "GarPlatformLogs": "args",
    "GarProjectSettings": "component",
    "GarProjectSettingsArgs": "args",
    "GarRepository": "component",
    "GarRepositoryArgs": "args",
    "GarRepositoryReference": "component",
    "GarRepositoryReferenceArgs": "args",
    "GarRole": "args",
    "GarUpstreamCredentials": "formats",
    "GenericStandard": "formats",
    "GoProxyUpstream": "formats",
    "GoRemote": "formats",
    "GoStandard": "formats",
    "GoVirtual": "formats",
    "KfpStandard": "formats",
    "MavenCentralUpstream": "formats",
    "MavenRemote": "formats",
    "MavenStandard": "formats",
    "MavenVirtual": "formats",
    "NpmRemote": "formats",
    "NpmStandard": "formats",
    "NpmVirtual": "formats",
    "NpmjsUpstream": "formats",
    "PypiUpstream": "formats",
    "PythonRemote": "formats",
    "PythonStandard": "formats",
    "PythonVirtual": "formats",
    "RepositoryUpstream": "formats",
    "YumPublicUpstream": "formats",
    "YumRemote": "formats",
    "YumStandard": "formats",
    "YumVirtual": "formats",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)

"""Artifactory: `ArtifactoryRegistry` on Kubernetes, and `ArtifactoryConfiguration` of one that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from .args import ArtifactoryRegistryArgs as ArtifactoryRegistryArgs
    from .component import ArtifactoryRegistry as ArtifactoryRegistry
    from .configuration.args import ArtifactoryConfigurationArgs as ArtifactoryConfigurationArgs
    from .configuration.component import ArtifactoryConfiguration as ArtifactoryConfiguration

# The arguments can be validated without Pulumi, which takes half a second to import; the components cannot.
_HOMES = {
    "ArtifactoryConfiguration": "configuration.component",
    "ArtifactoryConfigurationArgs": "configuration.args",
    "ArtifactoryRegistry": "component",
    "ArtifactoryRegistryArgs": "args",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)

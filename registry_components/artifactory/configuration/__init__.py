"""`ArtifactoryConfiguration`: repositories of images, access, retention and what belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy

if TYPE_CHECKING:
    from .args import ArtifactoryConfigurationArgs as ArtifactoryConfigurationArgs
    from .component import ArtifactoryConfiguration as ArtifactoryConfiguration

_HOMES = {"ArtifactoryConfiguration": "component", "ArtifactoryConfigurationArgs": "args"}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)

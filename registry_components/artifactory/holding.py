"""What holds once sizes and defaults are added to what is said.

Functions, not methods: the checks call them with the valid part of arguments that are not all valid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..kubernetes.serving.expose import ServedByIngress
from . import sizing

if TYPE_CHECKING:
    from .args import ArtifactoryRegistryArgs


def replicas(args: ArtifactoryRegistryArgs) -> int:
    """Return how many pods there are at most."""
    if args.autoscaling is not None:
        return args.autoscaling.max_replicas
    if args.replicas is not None:
        return args.replicas
    return sizing.SIZES[args.sizing].replicas if args.sizing is not None else 1


def host(args: ArtifactoryRegistryArgs) -> str:
    """Return the name that clients use."""
    return args.expose.host if isinstance(args.expose, ServedByIngress) else str(args.host)


def kept(args: ArtifactoryRegistryArgs) -> bool:
    """Return whether it outlives the stack."""
    return not (args.deletion == "destroy" and args.empty_on_delete)


def licensed(args: ArtifactoryRegistryArgs) -> bool:
    """Return whether the edition runs by a licence."""
    return args.edition not in ("oss", "jcr")

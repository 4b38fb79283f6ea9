"""The volume of a service that keeps files."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from ...core.args import Args, MaybeOutput
from .words import Annotations, Line, ObjectName, StorageSize

AccessMode: TypeAlias = Literal["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]


class NewClaim(Args):
    """A claim that the component makes; it outlives the component unless its deletion has two consents."""

    kind: Literal["new"] = "new"
    size: StorageSize
    """How much it holds, such as `100Gi`; it can grow, if the class lets it, and never shrink."""
    access_mode: AccessMode = "ReadWriteOnce"
    """How it may be mounted: for more than one replica `ReadWriteMany`. Default: ReadWriteOnce, by one node."""
    storage_class: ObjectName | None = None
    """Its StorageClass. Default: the cluster's default class."""
    annotations: Annotations = {}
    """Its annotations. Default: none."""


class ExistingClaim(Args):
    """A claim that is there, such as a `Volume`'s; it is never removed."""

    kind: Literal["existing"] = "existing"
    claim_name: MaybeOutput[ObjectName]
    """Its name, in the same namespace."""
    access_mode: AccessMode = "ReadWriteOnce"
    """How it may be mounted. Default: ReadWriteOnce, by one node."""
    sub_path: Line | None = None
    """A folder in the volume, where others use it too. Default: all of it."""


Claim: TypeAlias = Annotated[NewClaim | ExistingClaim, Field(discriminator="kind")]


def is_shared(claim: NewClaim | ExistingClaim) -> bool:
    """Return whether pods of several nodes can have it at once."""
    return claim.access_mode == "ReadWriteMany"

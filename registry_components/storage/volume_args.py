"""What can be said of a volume of Kubernetes for a registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from pydantic import Field

from ..blocks.storage import AccessMode, check_sub_path
from ..core.args import Args, MaybeOutput
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from ..distribution.checks import Path
from ..kubernetes.serving.words import check_storage_size
from ..kubernetes.words import Name, check_label_key, check_label_value
from .consents import Deletion, consent_mistakes, is_kept
from .s3_args import Namespace

Label = Annotated[str, validated(check_label_key)]
LabelText = Annotated[str, validated(check_label_value)]

# Drivers whose volumes one node mounts; their documentation, 2026-11.
_BLOCK = {
    "ebs.csi.aws.com": "'efs.csi.aws.com'",
    "pd.csi.storage.gke.io": "'filestore.csi.storage.gke.io'",
    "disk.csi.azure.com": "'file.csi.azure.com'",
}


class NewStorageClass(Args):
    """A storage class of its own. It is the cluster's: its name is taken once."""

    name: Name
    """Its name."""
    provisioner: str = Field(pattern=r"^[a-z0-9.-]+(?:/[a-z0-9.-]+)?$")
    """The driver that makes volumes, such as `ebs.csi.aws.com`."""
    parameters: dict[str, str] = {}
    """What the driver is told, such as `{"type": "gp3", "encrypted": "true"}`. Default: nothing."""
    mount_options: list[str] = []
    """How volumes are mounted. Default: the driver's own."""


def _class(args: VolumeArgs) -> Iterable[Mistake]:
    new = args.new_storage_class
    if new is not None and args.storage_class is not None:
        yield Mistake(
            "storage_class", "names a class that is there, and new_storage_class makes one; remove one of them"
        )
    if new is None:
        return
    shared = _BLOCK.get(new.provisioner)
    if shared and args.access_mode == "ReadWriteMany":
        yield Mistake(
            "access_mode",
            f"'ReadWriteMany' is not possible with {new.provisioner!r}, whose volumes one node mounts; use "
            f"{shared}, or a bucket",
        )
    if new.provisioner == "ebs.csi.aws.com" and new.parameters.get("encrypted") != "true":
        yield Mistake(
            "new_storage_class.parameters",
            "do not encrypt: a volume of EBS is plain unless asked; add encrypted: 'true'",
        )


class VolumeArgs(CheckedArgs):
    """A persistent volume claim for one registry: what is on it outlives the claim, and the claim the stack."""

    checks: ClassVar[Any] = (_class, consent_mistakes)
    stand_ins: ClassVar[Any] = {"namespace": "default", "size": "1Gi"}

    namespace: MaybeOutput[Namespace]
    """Namespace of the registry's pods."""
    size: Annotated[str, validated(check_storage_size)]
    """How much it holds, such as `100Gi`; it can grow, if the class lets it, and never shrink."""
    claim: Name | None = None
    """Name of the claim. Default: the component's name."""
    access_mode: AccessMode = "ReadWriteOnce"
    """How it may be mounted: for more than one replica `ReadWriteMany`. Default: ReadWriteOnce, by one node."""
    storage_class: Name | None = None
    """A class that is there. Default: the cluster's default one."""
    new_storage_class: NewStorageClass | None = None
    """A class that is made: its volumes stay when a claim goes, can grow, and are made where the pod runs. Default:
    none."""
    mount_path: Path = "/storage"
    """Where pods mount it. Default: /storage."""
    sub_path: Annotated[str, validated(check_sub_path)] | None = None
    """Directory in the volume. Default: all of it."""
    labels: dict[Label, LabelText] = {}
    """Labels beside those that say who made it. Default: none."""
    deletion: Deletion = "retain"
    """Whether the claim is removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all blobs go. Default: false."""

    @property
    def kept(self) -> bool:
        """Whether it outlives the stack."""
        return is_kept(self)


__all__ = ["NewStorageClass", "VolumeArgs"]

"""`Volume`: a persistent volume claim for one registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..blocks.storage import VolumeStorage
from ..core.component import RegistryComponent
from ..core.errors import Mistake, mistakes_error
from ..kubernetes.objects import create, marks, require_sdk
from ..kubernetes.words import check_name
from . import volume_render as render
from .consents import protection, staying
from .volume_args import VolumeArgs


class Volume(RegistryComponent):
    """A persistent volume claim for one registry, and the storage class of its volume.

    Children: the claim, named as the component, and `<name>-class`.

    The claim is protected and retained unless both `deletion="destroy"` and `empty_on_delete=True` are given; the class
    stays with it. Raises `StackError`, before anything is registered, where the arguments are not valid or the SDK is
    missing.
    """

    storage: VolumeStorage
    """What a registry takes."""
    claim: pulumi.Output[str]
    """The claim's name."""

    def __init__(
        self,
        name: str,
        args: VolumeArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, VolumeArgs) else VolumeArgs.parse(args)
        claim = wanted.claim or name
        mistake = check_name(claim)
        if mistake:
            raise mistakes_error("VolumeArgs", [Mistake("claim", f"is the component's name by default: {mistake}")])
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        found = marks(pulumi.get_project(), pulumi.get_stack(), type(self).__name__)
        class_name: Any = wanted.storage_class
        if wanted.new_storage_class is not None:
            class_name = self._class(wanted, found)
        manifest = render.claim(wanted, claim, class_name, found)
        made = create(name, manifest, self.child(**protection(wanted)))
        claimed = made.metadata.apply(lambda metadata: str(metadata["name"]))
        self.publish(claim=claimed)
        self.storage = VolumeStorage(
            claim=claimed,
            access_mode=wanted.access_mode,
            mount_path=wanted.mount_path,
            sub_path=wanted.sub_path,
        )

    def _class(self, said: VolumeArgs, found: render.Marks) -> Any:
        from pulumi_kubernetes import storage

        assert said.new_storage_class is not None  # noqa: S101 - the caller has seen it
        manifest = render.storage_class(said.new_storage_class, found)
        inputs = {
            "metadata": manifest["metadata"],
            "provisioner": manifest["provisioner"],
            "reclaim_policy": manifest["reclaimPolicy"],
            "allow_volume_expansion": manifest["allowVolumeExpansion"],
            "volume_binding_mode": manifest["volumeBindingMode"],
            "parameters": manifest.get("parameters"),
            "mount_options": manifest.get("mountOptions"),
        }
        made = storage.v1.StorageClass(f"{self._name}-class", **inputs, opts=self.child(**staying(said)))
        return made.metadata.apply(lambda metadata: str(metadata["name"]))


__all__ = ["Volume"]

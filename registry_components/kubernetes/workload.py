"""`Workload`: a Deployment whose image is pinned and whose pods can pull it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..core.component import RegistryComponent
from ..core.errors import Mistake, mistakes_error
from . import objects
from .words import check_name
from .workload_args import WorkloadArgs, check_pinned, deployment


class Workload(RegistryComponent):
    """A Deployment of one container.

    Children: `<name>`, the Deployment. Raises `StackError`, before anything is registered, where the arguments are not
    valid or the SDK is missing.
    """

    image: pulumi.Output[str]
    """The image that runs, once its pods do."""
    deployment_name: pulumi.Output[str]
    """Name of the Deployment."""

    def __init__(
        self,
        name: str,
        args: WorkloadArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, WorkloadArgs) else WorkloadArgs.parse(args)
        called = wanted.name if wanted.name is not None else name
        # A container's name and a label's value are a DNS label, which is shorter than an object's name.
        if check_name(called) or len(called) > 63 or "." in called:
            told = (
                f"{called!r} cannot be a Deployment's and its container's; give one of lower-case letters, digits and -"
            )
            raise mistakes_error(f"Workload {name!r}", [Mistake("name", told)])
        objects.require_sdk(type(self).__name__)
        super().__init__(name, opts)
        labels, annotations = objects.marks(pulumi.get_project(), pulumi.get_stack(), type(self).__name__)
        image: Any = wanted.image
        if not isinstance(image, str):
            image = pulumi.Output.from_input(image).apply(lambda known: _checked(name, known, wanted.pin))
        manifest = deployment(wanted, called, image, {**labels, **wanted.labels}, annotations)
        self.deployment = objects.create(name, manifest, self.child())
        """The Deployment, as a resource of `pulumi_kubernetes`."""
        there = pulumi.Output.all(image, self.deployment.id)
        self.publish(image=there.apply(lambda known: known[0]), deployment_name=pulumi.Output.from_input(called))


def _checked(name: str, image: str, pin: str) -> str:
    mistake = check_pinned(image, pin)
    if mistake:
        raise mistakes_error(f"Workload {name!r}", [Mistake("image", mistake)])
    return image

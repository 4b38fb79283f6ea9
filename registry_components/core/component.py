"""The base of every component: its type token, its children's options, its outputs."""

from __future__ import annotations

from typing import Any, ClassVar

import pulumi

from .errors import stack_error
from .names import check_resource_name

PACKAGE = "registry-components"


class RegistryComponent(pulumi.ComponentResource):
    """A Pulumi component of this library.

    Its type token is `registry-components:index:<Class>`; children are parented to it, so the engine hands provider,
    protect, retain_on_delete and deleted_with down to them. Outputs are registered last, by `publish`.

    `opts` reaches the component once; children get only `parent`.
    """

    component_type: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.component_type = f"{PACKAGE}:index:{cls.__name__}"

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        mistake = check_resource_name(name)
        if mistake:
            raise stack_error(f"{type(self).__name__} {name!r}: {mistake}")
        super().__init__(self.component_type, name, None, opts)

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Return options for a child: `parent` is this component, the rest as given."""
        return pulumi.ResourceOptions(parent=self, **options)

    def publish(self, **outputs: Any) -> None:
        """Set each output as an attribute and register them all; the last thing a component does."""
        for key, value in outputs.items():
            setattr(self, key, value)
        self.register_outputs(outputs)

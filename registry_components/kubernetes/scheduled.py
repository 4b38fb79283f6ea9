"""What the components of a CronJob of ours have in common: its name, its marks, and how its objects are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..core.component import RegistryComponent
from ..core.errors import stack_error
from .objects import create, marks, require_sdk
from .scheduled_args import ScheduledArgs, check_job_name
from .scheduled_render import Named


class ScheduledComponent(RegistryComponent):
    """A component whose primary child is a CronJob.

    Raises `StackError`, before anything is registered, where its name cannot be a CronJob's or `pulumi_kubernetes` is
    not installed.
    """

    cron_job: pulumi.Output[str]
    """The CronJob's name; known once all that it needs is there."""
    namespace: pulumi.Output[str]
    """Its namespace."""

    def __init__(self, name: str, args: ScheduledArgs, opts: pulumi.ResourceOptions | None) -> None:
        object_name = args.object_name or name
        mistake = check_job_name(object_name)
        if mistake:
            raise stack_error(f"{type(self).__name__} {name!r}: {mistake}; give it an object_name")
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        labels, annotations = marks(pulumi.get_project(), pulumi.get_stack(), name)
        self._named = Named(object_name, {**args.labels, **labels}, {**args.annotations, **annotations})

    def _make(self, suffix: str, manifest: Mapping[str, Any], **options: Any) -> Any:
        return create(f"{self._name}{suffix}", manifest, self.child(**options))


def applied(value: Any, function: Any) -> Any:
    """Return what a function makes of a value, at once where the value is known."""
    return value.apply(function) if isinstance(value, pulumi.Output) else function(value)


__all__ = ["ScheduledComponent", "applied"]

"""Resource types of the Google provider: inputs as the SDK has them, requests as the services have them."""

from __future__ import annotations

import functools
import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from ..emulator import Property, Refusal, ResourceType, has_unknown
from .bridged_sdk import sdk_type
from .gcp_cloud import GcpCloud, Resources
from .gcp_discovery import Request, violations

Values = Mapping[str, Any]

LABELS: Final = ("pulumiLabels", "effectiveLabels")
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class GcpType(ResourceType):
    """A resource type of the Google provider."""

    proof = "emulated"
    module: ClassVar[str]
    file: ClassVar[str]
    """The SDK's file that has it."""
    kind: ClassVar[str]
    """Under which word the cloud keeps it."""
    replacing: ClassVar[tuple[str, ...]] = ("project", "location")
    """Properties, dotted, whose change replaces the resource."""
    computing: ClassVar[tuple[str, ...]] = ("project", "location")
    """Properties, dotted, that the service or the provider fills in."""
    changed: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Further corrections of properties, dotted, where the SDK does not tell."""

    @functools.cached_property
    def properties(self) -> Mapping[str, Property]:  # type: ignore[override]
        """The inputs and outputs."""
        found = dict(sdk_type("pulumi_gcp", self.module, self.file))
        for path in self.replacing:
            _amend(found, path, replaces=True)
        for path in self.computing:
            _amend(found, path, computed=True)
        for path, more in self.changed.items():
            _amend(found, path, **more)
        if "deletionPolicy" in found and found["deletionPolicy"].default is None:
            found["deletionPolicy"] = replace(
                found["deletionPolicy"], default="DELETE", enum=("DELETE", "PREVENT", "ABANDON")
            )
        return found

    def check(self, cloud: GcpCloud, inputs: Values) -> Iterable[Refusal]:
        """Yield what the service's rules on a single request refuse, and the published document."""
        found = list(self.rules(inputs))
        try:
            request = self.request(cloud, {**inputs, **self._placed(cloud, inputs)})
        except Refusal as refusal:
            return [*found, refusal]
        told = {refusal.path for refusal in found}
        return [*found, *(refusal for refusal in violations(request) if not refusal.path or refusal.path not in told)]

    def rules(self, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider and the service refuse that no schema says. Values may be unknown."""
        return ()

    @abstractmethod
    def request(self, cloud: GcpCloud, inputs: Values) -> Request:
        """Return the request that makes it. Values may be unknown."""

    def _placed(self, cloud: GcpCloud, inputs: Values) -> dict[str, Any]:
        placed: dict[str, Any] = {}
        if "project" in self.properties and not has_unknown(inputs.get("project")):
            placed["project"] = cloud.project_of(inputs)
        if "location" in self.properties and not has_unknown(inputs.get("location")):
            placed["location"] = cloud.location_of(inputs)
        return placed

    def delete(self, cloud: GcpCloud, id: str, outputs: Values) -> None:  # noqa: A002
        """Remove it, unless its deletion policy says otherwise."""
        match outputs.get("deletionPolicy"):
            case "PREVENT":
                raise Refusal("", f"cannot destroy {id} without setting deletion_policy to a value other than PREVENT")
            case "ABANDON":
                return
        with cloud.change() as resources:
            self.remove(resources, id, outputs)

    def remove(self, resources: Resources, name: str, outputs: Values) -> None:  # noqa: ARG002
        """Remove it from the cloud."""
        resources.remove(self.kind, name)


def _amend(properties: dict[str, Property], path: str, **more: Any) -> None:
    """Change one property, dotted; a list's items are gone through."""
    head, _, rest = path.partition(".")
    found = properties.get(head)
    if found is None:
        return
    if not rest:
        properties[head] = replace(found, **more)
        return
    owner = found.items if found.type == "array" and found.items is not None else found
    members = dict(owner.properties or {})
    _amend(members, rest, **more)
    owner = replace(owner, properties=members)
    properties[head] = replace(found, items=owner) if found.type == "array" else owner


def refuse_first(refusals: Iterable[Refusal]) -> None:
    """Raise the first refusal, if there is one."""
    for refusal in refusals:
        raise refusal


def given(**members: Any) -> dict[str, Any]:
    """Return the members that have a value."""
    return {key: value for key, value in members.items() if value is not None}


def all_labels(cloud: GcpCloud, inputs: Values) -> dict[str, str]:
    """Return a resource's labels with those that the provider adds."""
    return {**cloud.default_labels, **(inputs.get("labels") or {})}


def label_outputs(cloud: GcpCloud, found: Values, known: Values) -> dict[str, Any]:
    """Return a resource's labels as outputs: the program's own, those with the provider's, and all that there are."""
    there = dict(found.get("labels") or {})
    ours = known.get("labels")
    if ours is None:
        ours = {key: value for key, value in there.items() if key not in cloud.default_labels} if not known else {}
    own = {key: there[key] for key in ours if key in there}
    managed = {key: value for key, value in there.items() if key in own or key in cloud.default_labels}
    return {**({"labels": own} if own or ours else {}), "pulumiLabels": managed, "effectiveLabels": there}


def label_rules(inputs: Values) -> Iterable[Refusal]:
    """Yield labels that no service takes."""
    labels = inputs.get("labels")
    if not isinstance(labels, Mapping):
        return
    if len(labels) > 64:
        yield Refusal("labels", f"Error 400: {len(labels)} labels; a resource takes 64")
    for key, value in labels.items():
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", key):
            yield Refusal(
                "labels",
                f"Error 400: label key {key!r} has to begin with a lower-case letter and hold at "
                "most 63 lower-case letters, digits, _ and -",
            )
        if isinstance(value, str) and not re.fullmatch(r"[a-z0-9_-]{0,63}", value):
            yield Refusal(
                "labels",
                f"Error 400: label value {value!r} of {key!r} holds at most 63 lower-case letters, digits, _ and -",
            )


def seconds(text: Any) -> Any:
    """Return a duration in seconds, as the provider sends it: `7d` is `604800s`. Anything else stays as it is."""
    found = re.fullmatch(r"(\d+)([smhd])", text) if isinstance(text, str) else None
    return text if found is None else f"{int(found[1]) * _UNITS[found[2]]}s"

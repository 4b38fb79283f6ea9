"""Resource types of Azure Native: inputs as the SDK has them, ids and life as Azure Resource Manager has them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..emulator import AutoName, Property, Refusal, ResourceType, Unknown, has_unknown
from . import azure_arm
from .azure_cloud import MADE_AT, AzureCloud, Resources, guid
from .azure_sdk import sdk_type

Check = Callable[[Mapping[str, Any]], Iterable[Refusal]]
Rule = Callable[[Resources, str, Mapping[str, Any], Mapping[str, Any] | None], Iterable[Refusal]]
"""Yields what the service refuses, given what is there, the resource's id, its inputs, and its outputs before."""
Made = Callable[[AzureCloud, str, Mapping[str, Any]], dict[str, Any]]

GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/{{registryName}}"


def nothing(*_: Any) -> Iterable[Refusal]:
    """Refuse nothing."""
    return ()


@dataclass(frozen=True)
class Spec:
    """One resource type; what is not said here is in the SDK or in the published model."""

    module: str
    name: str
    path: str
    """Its id, with inputs in braces."""
    arm_type: str
    body: str | None = None
    """The published model of its body."""
    updates: tuple[str, ...] = ()
    """The published models of a change: what stands in `body` and in none of these replaces the resource."""
    replaces: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    write_only: tuple[str, ...] = ()
    pattern: str | None = None
    """What its name has to match."""
    random_name: int = 0
    """Random characters that the provider adds to a name of its own: 8 at the top, 0 below a parent."""
    guid_name: bool = False
    check: Check = nothing
    rule: Rule = nothing
    made: Made = field(default=lambda *_: {})
    """Outputs that the service adds."""
    keeps: bool = False
    """Its id holds no resource group, and its parent may be something that this cloud does not model."""


class ArmType(ResourceType):
    """A resource type of Azure Resource Manager."""

    proof = "emulated"
    name_property: str

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.token = f"azure-native:{spec.module}:{spec.name}"
        self.parameters = tuple(re.findall(r"{(\w+)}", spec.path))
        self.name_property = self.parameters[-1]
        if (not spec.guid_name and spec.module != "resources") or spec.name == "ResourceGroup":
            self.auto_name = AutoName(
                property=self.name_property,
                separator="",
                random=spec.random_name,
                pattern_free=" ._-" if spec.pattern == r"[A-Za-z0-9]{5,50}" else "",
            )

    @functools.cached_property
    def properties(self) -> Mapping[str, Property]:  # type: ignore[override]
        """The inputs and outputs."""
        spec, found = self.spec, dict(sdk_type(self.spec.module, self.spec.name).properties)
        fixed = {*self.parameters, *spec.replaces, *self._not_updated()}
        for name in fixed & set(found):
            found[name] = replace(found[name], replaces=True)
        if "location" in found:
            found["location"] = replace(found["location"], replaces=True, computed=True)
        for name in spec.computed:
            found[name] = _at(found[name], name, computed=True)
        for path in spec.write_only:
            found[path] = replace(found[path], write_only=True)
        return found

    def _not_updated(self) -> set[str]:
        if self.spec.body is None or not self.spec.updates:
            return set()
        kept = frozenset[str]().union(*(azure_arm.names(name) for name in self.spec.updates))
        written = azure_arm.names(f"{self.spec.body.removesuffix('CreateParameters')}Properties")
        return set(written - kept)

    @property
    def api_version(self) -> str:
        """The API version that the SDK speaks."""
        return sdk_type(self.spec.module, self.spec.name).api_version

    def check(self, cloud: AzureCloud, inputs: Mapping[str, Any]) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the published model and the service's rules on a single body refuse."""
        name = inputs.get(self.name_property)
        if self.spec.pattern is not None and isinstance(name, str) and not re.fullmatch(self.spec.pattern, name):
            yield Refusal(self.name_property, f"{name!r} does not match {self.spec.pattern}")
        if self.spec.body is not None:
            body = azure_arm.body(inputs, frozenset(self.parameters))
            yield from azure_arm.violations(self.spec.body, body)
        yield from self.spec.check(inputs)

    def defaults(self, cloud: AzureCloud, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Fill in where it stands: as the provider is told, else where its resource group stands."""
        if "location" not in self.properties or inputs.get("location") is not None or self.name_property == "scope":
            return {}
        if cloud.location is not None:
            return {"location": cloud.location}
        group = inputs.get("resourceGroupName")
        if not isinstance(group, str) or self.spec.name == "ResourceGroup":
            return {}
        with cloud.look() as resources:
            found = resources.get(f"/subscriptions/{cloud.subscription}/resourceGroups/{group}")
        return {} if found is None else {"location": found["location"]}

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Compare as ARM does: regions without spaces, ids and names without case."""
        if not isinstance(old, str) or not isinstance(new, str):
            return False
        if name == "location":
            return _region(old) == _region(new)
        return (old.startswith("/subscriptions/") or name in self.parameters) and old.lower() == new.lower()

    def arm_id(self, cloud: AzureCloud, inputs: Mapping[str, Any]) -> str:
        """Return the id that the inputs stand for."""
        return self.spec.path.format(**{"subscriptionId": cloud.subscription, **inputs})

    def create(self, cloud: AzureCloud, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make it, if its parent is there and the service's rules let it."""
        named = dict(inputs)
        if self.spec.guid_name and named.get(self.name_property) is None:
            named[self.name_property] = guid(*(str(named.get(name)) for name in sorted(named)))
        self._require_location(named)
        arm_id = self.arm_id(cloud, named)
        with cloud.change() as resources:
            self._require_parent(cloud, resources, arm_id)
            if resources.get(arm_id) is not None:
                raise Refusal("", f"cannot create already existing resource {arm_id!r}; adopt it with import")
            _raise_first(self.spec.rule(resources, arm_id, named, None))
            outputs = self._outputs(cloud, arm_id, named)
            resources.put(arm_id, outputs)
        return arm_id, outputs

    def read(self, cloud: AzureCloud, id: str, outputs: Mapping[str, Any]) -> dict[str, Any] | None:  # noqa: A002, ARG002
        """Return what is there."""
        with cloud.look() as resources:
            return resources.get(id)

    def update(
        self,
        cloud: AzureCloud,
        id: str,  # noqa: A002
        old_outputs: Mapping[str, Any],
        inputs: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Change it in place."""
        named = dict(inputs)
        if named.get(self.name_property) is None:
            named[self.name_property] = old_outputs.get(self.name_property)
        with cloud.change() as resources:
            before = resources.get(id)
            if before is None:
                raise Refusal("", f"ResourceNotFound: {id!r} is not there any more; refresh the stack")
            _raise_first(self.spec.rule(resources, id, named, before))
            outputs = self._outputs(cloud, id, named)
            resources.put(id, outputs)
        return outputs

    def delete(self, cloud: AzureCloud, id: str, outputs: Mapping[str, Any]) -> None:  # noqa: A002, ARG002
        """Remove it with all below it."""
        with cloud.change() as resources:
            resources.remove(id)

    def _require_parent(self, cloud: AzureCloud, resources: Resources, arm_id: str) -> None:
        if self.spec.name == "ResourceGroup":
            return
        head, _, tail = arm_id.rpartition("/providers/")
        parts = tail.split("/")
        parent = f"{head}/providers/{'/'.join(parts[:-2])}" if len(parts) > 3 else head
        # What holds for all containers of a storage account is there with the account.
        parent = parent.removesuffix("/blobServices/default")
        if resources.get(parent) is not None:
            return
        if self.spec.keeps and not (resources.knows_group_of(parent) and _modelled(parent)):
            return
        if "/providers/" not in parent and cloud.assume_group(resources, arm_id):
            return
        raise Refusal(
            "", f"ParentResourceNotFound: {parent!r} is not there; make it before {arm_id.rsplit('/', 1)[-1]!r}"
        )

    def _require_location(self, inputs: Mapping[str, Any]) -> None:
        if "location" in self.properties and inputs.get("location") is None and self.spec.name != "TaskRun":
            raise Refusal(
                "location",
                "LocationRequired: the location property is required for this definition; the provider takes it from "
                "a resource group only where this stack makes the group",
            )

    def _outputs(self, cloud: AzureCloud, arm_id: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        outputs: dict[str, Any] = dict(inputs)
        common = {
            "azureApiVersion": self.api_version,
            "name": arm_id.rsplit("/", 1)[-1],
            "type": self.spec.arm_type,
            "provisioningState": "Succeeded",
            "creationDate": MADE_AT,
            "createdOn": MADE_AT,
            "etag": guid("etag", arm_id),
        }
        known = self.properties
        outputs |= {name: value for name, value in common.items() if name in known and known[name].output}
        return {**outputs, **self.spec.made(cloud, arm_id, inputs)}


class GenericResource(ArmType):
    """`azure-native:resources:Resource`: any resource by its type and API version; registries alone are modelled."""

    def check(self, cloud: AzureCloud, inputs: Mapping[str, Any]) -> Iterable[Refusal]:  # noqa: ARG002
        """Check the body of a registry; other types are refused by name."""
        type_ = f"{inputs.get('resourceProviderNamespace')}/{inputs.get('resourceType')}"
        if has_unknown([inputs.get("resourceProviderNamespace"), inputs.get("resourceType")]):
            return
        if type_.lower() != "microsoft.containerregistry/registries":
            yield Refusal("resourceType", f"no emulator knows the generic resource {type_}")
            return
        name = inputs.get("resourceName")
        if isinstance(name, str) and not re.fullmatch(r"[A-Za-z0-9]{5,50}", name):
            yield Refusal("resourceName", f"{name!r} does not match [A-Za-z0-9]{{5,50}}")
        body = {key: inputs[key] for key in ("location", "sku", "tags", "properties") if inputs.get(key) is not None}
        identity = inputs.get("identity")
        if isinstance(identity, Mapping):
            users = identity.get("userAssignedIdentities")
            keyed = {user: {} for user in users if isinstance(user, str)} if isinstance(users, list) else users
            body["identity"] = {**identity, **({} if users is None else {"userAssignedIdentities": keyed})}
        if "properties" in body and not isinstance(body["properties"], Unknown):
            for found in azure_arm.violations("Registry", body):
                yield Refusal(f"properties.{found.path}" if found.path not in body else found.path, found.reason)
        yield from self.spec.check(inputs)
        if inputs.get("apiVersion") != "2025-11-01":
            yield Refusal("apiVersion", f"the published model is of 2025-11-01, not {inputs.get('apiVersion')!r}")

    def _outputs(self, cloud: AzureCloud, arm_id: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        outputs = super()._outputs(cloud, arm_id, inputs)
        outputs["type"] = "Microsoft.ContainerRegistry/registries"
        return outputs


def registry_view(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a registry's settings flat, however it was made."""
    nested = outputs.get("properties")
    return {**outputs, **nested} if isinstance(nested, Mapping) else dict(outputs)


def _raise_first(refused: Iterable[Refusal]) -> None:
    for refusal in refused:
        raise refusal


def _region(text: str) -> str:
    return text.replace(" ", "").lower()


def _modelled(arm_id: str) -> bool:
    lower = arm_id.lower()
    return "/providers/" not in lower or any(
        f"/providers/{name}/" in lower
        for name in ("microsoft.containerregistry", "microsoft.managedidentity", "microsoft.storage")
    )


def _at(property_: Property, name: str, *, computed: bool) -> Property:  # noqa: ARG001
    """Return a property whose members the service may fill in."""
    members = property_.properties
    if members is None:
        return replace(property_, computed=computed)
    return replace(
        property_,
        computed=computed,
        properties={key: replace(member, computed=computed) for key, member in members.items()},
    )

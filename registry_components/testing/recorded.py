"""What a program registered: each resource with its options, and the tree they form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

STACK_TYPE = "pulumi:pulumi:Stack"


def urn_of(project: str, stack: str, parent: str, type_: str, name: str) -> str:
    """Return the URN that the engine gives a resource; a parent that is the stack leaves no mark in it."""
    kind = qualified_type(parent) if parent else STACK_TYPE
    qualified = type_ if kind == STACK_TYPE else f"{kind}${type_}"
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def qualified_type(urn: str) -> str:
    """Return the types of a URN, ancestors first, joined by `$`."""
    return urn.split("::", 3)[2]


def key_of(urn: str) -> str:
    """Return `type::name` of a URN, or an empty text for the stack itself."""
    _, _, types, name = urn.split("::", 3)
    type_ = types.rsplit("$", 1)[-1]
    return "" if type_ == STACK_TYPE else f"{type_}::{name}"


def is_default_provider(type_: str, name: str) -> bool:
    """Return whether this is a provider that the engine adds on its own."""
    return type_.startswith("pulumi:providers:") and (name == "default" or name.startswith("default_"))


@dataclass(frozen=True, kw_only=True)
class Invoked:
    """One function call to a provider: its token and its arguments."""

    token: str
    arguments: Mapping[str, Any]
    provider: str


@dataclass(kw_only=True)
class Recorded:
    """One registration, as the program sent it; an option that was not given is None or empty.

    `protect`, `provider` and `providers` come with what the SDK itself took from the parent; `retain_on_delete` and
    `deleted_with` are handed down by the engine: ask `Recording.inherited`.
    """

    type: str
    name: str
    urn: str
    parent: str
    """The parent's URN; the stack's for a resource without parent."""
    custom: bool
    """False for a component."""
    inputs: Mapping[str, Any]
    """Secret values are `Secret`, at the place where the program marked them."""
    id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What the recorder answered, standing in for the provider."""
    registered_outputs: Mapping[str, Any] | None = None
    """A component's outputs; None where it never registered any."""
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    aliases: Sequence[str] = ()
    """Former URNs, completed as the engine completes them."""
    provider: str = ""
    providers: Mapping[str, str] = field(default_factory=dict)
    dependencies: Sequence[str] = ()
    property_dependencies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    additional_secret_outputs: Sequence[str] = ()
    ignore_changes: Sequence[str] = ()
    replace_on_changes: Sequence[str] = ()
    import_id: str = ""
    deleted_with: str = ""
    version: str = ""
    remote: bool = False
    read: bool = False
    """True for a resource that the program only reads (`.get`)."""
    order: int = 0
    """When the registration arrived, counted over the whole run. It need not be the order of construction."""
    outputs_order: int | None = None

    @property
    def key(self) -> str:
        """`type::name`."""
        return f"{self.type}::{self.name}"

    @property
    def parent_key(self) -> str:
        """The parent's `type::name`; empty for a resource without parent."""
        return key_of(self.parent)


class Recording:
    """What one run of a program registered."""

    def __init__(
        self,
        *,
        project: str,
        stack: str,
        resources: Sequence[Recorded],
        exports: Mapping[str, Any],
        invokes: Sequence[Invoked],
        messages: Sequence[str],
    ) -> None:
        self.project = project
        self.stack = stack
        self.stack_urn = urn_of(project, stack, "", STACK_TYPE, f"{project}-{stack}")
        self.exports = exports
        """The stack's outputs; secret ones are `Secret`."""
        self.invokes = invokes
        self.messages = messages
        """What the program logged."""
        self.resources: Mapping[str, Recorded] = _keyed(resources)
        """By `type::name`. Resources that share both, under different parents, have all their types: `a$b::name`."""

    def __getitem__(self, key: str) -> Recorded:
        """Return the resource with this `type::name`, URN, or name where only one resource has it."""
        if key in self.resources:
            return self.resources[key]
        found = [r for r in self.resources.values() if key in (r.urn, r.name)]
        if len(found) == 1:
            return found[0]
        what = "is not one resource but several" if found else "is not a resource of this program"
        listed = "\n  ".join(sorted(r.key for r in found) or sorted(self.resources))
        raise KeyError(f"{key!r} {what}; there are:\n  {listed}")

    def children(self, parent: str | Recorded) -> list[Recorded]:
        """Return the children of a resource (or of `stack_urn`), by type and name."""
        urn = parent.urn if isinstance(parent, Recorded) else parent
        urn = urn if urn.startswith("urn:pulumi:") else self[urn].urn
        return sorted((r for r in self.resources.values() if r.parent == urn), key=lambda r: r.key)

    def of_type(self, type_: str) -> list[Recorded]:
        """Return the resources of a type token, by name."""
        return sorted((r for r in self.resources.values() if r.type == type_), key=lambda r: r.urn)

    def unpublished(self) -> list[Recorded]:
        """Return the components that never registered their outputs: the engine shows them as unfinished."""
        return [
            r
            for _, r in sorted(self.resources.items())
            if not r.custom and not r.remote and r.registered_outputs is None
        ]

    def inherited(
        self, resource: str | Recorded, option: Literal["protect", "retain_on_delete", "deleted_with"]
    ) -> bool | str | None:
        """Return the option as the engine will apply it: the resource's own, else its nearest ancestor's."""
        here: Recorded | None = resource if isinstance(resource, Recorded) else self[resource]
        by_urn = {r.urn: r for r in self.resources.values()}
        while here is not None:
            value: bool | str | None = getattr(here, option)
            if value is not None and value != "":
                return value
            here = by_urn.get(here.parent)
        return None

    def tree(self) -> str:
        """Return the URN tree as text: one `type::name` a line, children indented below their parent."""
        lines: list[str] = []

        def add(parent: str, depth: int) -> None:
            for child in self.children(parent):
                lines.append("  " * depth + child.key)
                add(child.urn, depth + 1)

        add(self.stack_urn, 0)
        return "\n".join(lines)


def _keyed(resources: Sequence[Recorded]) -> dict[str, Recorded]:
    counts: dict[str, int] = {}
    for resource in resources:
        counts[resource.key] = counts.get(resource.key, 0) + 1
    return {
        (r.key if counts[r.key] == 1 else f"{qualified_type(r.urn)}::{r.name}"): r
        for r in sorted(resources, key=lambda r: r.urn)
    }

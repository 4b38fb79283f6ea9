"""What an emulated provider is made of: resource types with typed properties, functions, and a fake cloud behind them.

An emulator only says what its cloud has and does; the wire, secrets, unknown values, the schema check and the diff are
the framework's (`servicer`). Values that reach an emulator are plain: no secret wrappers, whole numbers as `int`.
During a preview a value may be `UNKNOWN`, in `check` alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final, Literal

from ..testing._wire import UNKNOWN, Unknown

PropertyType = Literal["string", "integer", "number", "boolean", "array", "object", "map", "any"]
Proof = Literal["real", "emulated", "skipped"]
Settings = Mapping[str, str]
"""What an emulator connects with: this process's environment (`FOLDER` names where state lives) and the provider's
configuration under its own names (`region`, `project`); nested configuration stays JSON text."""

FOLDER: Final = "REGC_REHEARSAL_FOLDER"
ALLOW_UNKNOWN: Final = "REGC_REHEARSAL_ALLOW_UNKNOWN"
NETWORK: Final = "REGC_REHEARSAL_NETWORK"
"""Is set where a rehearsal may reach other machines."""
OWNER: Final = "REGC_REHEARSAL_OWNER"
DEFAULTS: Final = "__defaults"
"""The key under which a bridged provider lists the inputs that it filled in itself."""


@dataclass(frozen=True)
class Property:
    """One property of a resource type, as the real provider has it (names are the wire's: camelCase)."""

    type: PropertyType
    required: bool = False
    replaces: bool = False
    """A change replaces the resource. Also on members: a change below `encryptionConfigurations[0].kmsKey`."""
    secret: bool = False
    """The output is secret even where the input was not marked."""
    computed: bool = False
    """The provider fills it in where the program is silent; then what it filled in is no difference."""
    shared: bool = False
    """Others may give it where the program is silent: what the program never asked for is no difference."""
    output: bool = False
    """Output only: refused as an input."""
    items: Property | None = None
    """The items of an array, the values of a map."""
    properties: Mapping[str, Property] | None = None
    """The members of an object; closed."""
    enum: tuple[str, ...] = ()
    default: Any = None
    """Filled in at check where the program is silent."""
    json: bool = False
    """A text that holds JSON: compared by meaning. An object is taken too and becomes text."""
    unordered: bool = False
    """An array whose order means nothing."""
    max_items: int | None = None
    write_only: bool = False
    """The service never gives it back, so that `read` cannot see it drift."""


class Refusal(Exception):  # noqa: N818 - named after what it is
    """What the real provider or its service would say.

    At check time it becomes a failure of that property, later an error of the operation. `path` is the property's
    (`rules[0].pattern`), empty where the resource as a whole is meant.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


@dataclass(frozen=True)
class AutoName:
    """How the real provider names what the program did not name: the resource's name and random characters."""

    property: str = "name"
    separator: str = "-"
    random: int = 7
    max_length: int = 0
    """0: no limit."""
    charset: str = "0123456789abcdef"
    lower: bool = False
    pattern_free: str = ""
    """Characters of the resource's name that the service does not take; they are left out."""
    prefix: str = ""
    """What the service wants every name to begin with."""
    unless: tuple[str, ...] = ()
    """Other properties that name the resource: where one is given, nothing is made up."""


class ResourceType(ABC):
    """One resource type. Instances are shared by all threads and hold no state; the cloud does."""

    token: str
    properties: Mapping[str, Property]
    proof: Proof = "emulated"
    """What stands behind `create`: a real server's validation, or a model of ours."""
    auto_name: AutoName | None = None
    name_property: str | None = None
    """The property that must be unique: a replacement that keeps it deletes the old resource first."""
    delete_before_replace: bool = False
    """The old one is always deleted first, as there can be only one."""

    def check(self, cloud: Any, inputs: Mapping[str, Any]) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what is wrong beyond the schema. Values may be `UNKNOWN`. Must not change the cloud."""
        return ()

    def defaults(self, cloud: Any, inputs: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002
        """Return inputs that the provider fills in at check and that depend on other inputs or on the cloud."""
        return {}

    def complete(
        self,
        cloud: Any,  # noqa: ARG002
        name: str,  # noqa: ARG002
        seed: bytes,  # noqa: ARG002
        old: Mapping[str, Any],  # noqa: ARG002
        inputs: Mapping[str, Any],  # noqa: ARG002
    ) -> Mapping[str, Any]:
        """Return the inputs that the provider changes at check although the program gave them.

        `name` is the resource's, `seed` is for what is made up, `old` are the inputs of before. Values may be
        `UNKNOWN`.
        """
        return {}

    def keeps_name(self, old: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Return whether a replacement has the name of the old resource, which then has to go first.

        For names that `name_property` cannot say.
        """
        return False

    def same(self, name: str, old: Any, new: Any) -> bool:  # noqa: ARG002
        """Return whether two values of the property `name` mean the same although they differ. Neither is unknown."""
        return False

    @abstractmethod
    def create(self, cloud: Any, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make it; return its id and outputs (the inputs among them). Raises `Refusal`."""

    @abstractmethod
    def read(self, cloud: Any, id: str, outputs: Mapping[str, Any]) -> dict[str, Any] | None:  # noqa: A002
        """Return its outputs as they are now, or None where it is gone. `outputs` is empty for an import."""

    @abstractmethod
    def update(
        self,
        cloud: Any,
        id: str,  # noqa: A002
        old_outputs: Mapping[str, Any],
        inputs: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Change it in place; return its outputs. Raises `Refusal`."""

    @abstractmethod
    def delete(self, cloud: Any, id: str, outputs: Mapping[str, Any]) -> None:  # noqa: A002
        """Remove it; no error where it is gone already. Raises `Refusal`."""


@dataclass(frozen=True)
class Function:
    """One function that programs invoke. `inputs` is its schema; None takes anything. Results are never secret by
    themselves unless named in `secret`."""

    token: str
    call: Callable[[Any, dict[str, Any]], dict[str, Any]]
    inputs: Mapping[str, Property] | None = None
    secret: frozenset[str] = frozenset()
    proof: Proof = "emulated"


@dataclass
class Emulator:
    """One provider: `pulumi-resource-{package}` of that version."""

    package: str
    version: str
    types: Mapping[str, ResourceType]
    functions: Mapping[str, Function]
    connect: Callable[[Settings], Any]
    """Called once, at the provider's configuration. Raises `Refusal` where the real provider would not start."""
    bridged: bool = False
    """Made from a Terraform provider: inputs carry `__defaults`."""


def by_token(types: Iterable[ResourceType]) -> dict[str, ResourceType]:
    """Return the types by their tokens. Raises `ValueError` where two have the same."""
    found: dict[str, ResourceType] = {}
    for item in types:
        if item.token in found:
            raise ValueError(f"two resource types have the token {item.token}")
        found[item.token] = item
    return found


def sdk_version(distribution: str, default: str) -> str:
    """Return the version of an installed SDK, which its provider has to have too, or `default` where it is missing."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return default


def has_unknown(value: Any) -> bool:
    """Return whether a value is or holds something that is not known yet."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    return isinstance(value, list | tuple) and any(has_unknown(item) for item in value)


def known_items(values: Mapping[str, Any], name: str) -> list[Any]:
    """Return the items of a list property; none where it is not given or not known yet."""
    value = values.get(name)
    return value if isinstance(value, list) else []


def known_members(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the members of an object property; none where it is not given or not known yet."""
    value = values.get(name)
    return value if isinstance(value, Mapping) else {}


__all__ = [
    "ALLOW_UNKNOWN",
    "DEFAULTS",
    "FOLDER",
    "NETWORK",
    "OWNER",
    "UNKNOWN",
    "AutoName",
    "Emulator",
    "Function",
    "Proof",
    "Property",
    "PropertyType",
    "Refusal",
    "ResourceType",
    "Settings",
    "Unknown",
    "by_token",
    "has_unknown",
    "known_items",
    "known_members",
    "sdk_version",
]

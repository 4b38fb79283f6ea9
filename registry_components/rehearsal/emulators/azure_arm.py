"""Bodies of `Microsoft.ContainerRegistry`, checked against the published ARM models (azure-mgmt-containerregistry)."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from ..emulator import Refusal, Unknown
from ..schema_check import below

_TRACKED = frozenset({"location", "tags", "sku", "identity"})
# Parts of the preview API versions that Azure Native speaks, and the published models have not: checked by rules alone.
PREVIEW_ONLY = frozenset({"softDeletePolicy"})
_RENAMED = {"iPAddressOrRange": "value"}


@functools.cache
def _fields(model: type) -> Mapping[str, tuple[Any, bool, bool]]:
    """Return for each wire name of a model its annotation, whether it is read-only, and whether it is required."""
    from azure.mgmt.containerregistry import models

    hints = typing.get_type_hints(model, {**vars(typing), "_models": models, "datetime": __import__("datetime")})
    found: dict[str, tuple[Any, bool, bool]] = {}
    for base in reversed(model.__mro__):
        for name, field in vars(base).items():
            if type(field).__name__ != "_RestField":
                continue
            annotation = hints[name]
            wire = field._rest_name_input or name
            found[wire] = annotation, field._visibility == ["read"], type(None) not in typing.get_args(annotation)
    return found


def model(name: str) -> type:
    """Return a model by its name."""
    from azure.mgmt.containerregistry import models

    found: type = getattr(models, name)
    return found


def names(model_name: str) -> frozenset[str]:
    """Return the wire names of a model that can be written."""
    return frozenset(wire for wire, (_, read_only, _) in _fields(model(model_name)).items() if not read_only)


def body(inputs: Mapping[str, Any], path_parameters: frozenset[str]) -> dict[str, Any]:
    """Return the ARM body of flat inputs: what the path says left out, what ARM nests put below `properties`."""
    top: dict[str, Any] = {}
    inner: dict[str, Any] = {}
    for name, value in inputs.items():
        if name in path_parameters or name.startswith("__") or value is None:
            continue
        (top if name in _TRACKED else inner)[name] = _wire(value)
    return {**top, "properties": inner}


def _wire(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_RENAMED.get(key, key): _wire(item) for key, item in value.items()}
    return [_wire(item) for item in value] if isinstance(value, list) else value


def violations(model_name: str, value: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield where a body is not what the published model takes."""
    for found in _object(model(model_name), value, ""):
        yield Refusal(found.path.removeprefix("properties.").replace("ipRules", "ipRules"), found.reason)


def _object(kind: type, value: Mapping[str, Any], path: str) -> Iterator[Refusal]:
    fields = _fields(kind)
    for name, item in value.items():
        here = below(path, name)
        if name in PREVIEW_ONLY:
            continue
        if name not in fields:
            yield Refusal(here, f"the service's {kind.__name__} has no {name!r}")
            continue
        annotation, read_only, _ = fields[name]
        if read_only:
            yield Refusal(here, f"the service sets {name!r} itself; it cannot be given")
        elif item is not None:
            yield from _value(annotation, item, here)
    for name, (_, read_only, required) in fields.items():
        if required and not read_only and value.get(name) is None:
            yield Refusal(below(path, name), f"the service's {kind.__name__} needs {name!r}")


def _value(annotation: Any, value: Any, path: str) -> Iterator[Refusal]:
    if isinstance(value, Unknown):
        return
    members = [member for member in _members(annotation) if member is not type(None)]
    enums = [member for member in members if isinstance(member, type) and issubclass(member, Enum)]
    if enums:
        allowed = [str(member.value) for enum in enums for member in enum]
        if value not in allowed:
            yield Refusal(path, f"the service takes {', '.join(allowed)}, not {value!r}")
        return
    kind = members[0]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        if not isinstance(value, list):
            yield Refusal(path, f"the service takes a list, not {type(value).__name__}")
            return
        for i, item in enumerate(value):
            yield from _value(arguments[0], item, f"{path}[{i}]")
    elif origin is dict:
        if not isinstance(value, Mapping):
            yield Refusal(path, f"the service takes a map, not {type(value).__name__}")
            return
        for key, item in value.items():
            yield from _value(arguments[1], item, below(path, key))
    elif isinstance(kind, type) and kind.__module__.startswith("azure.mgmt."):
        if not isinstance(value, Mapping):
            yield Refusal(path, f"the service takes an object, not {type(value).__name__}")
            return
        yield from _object(kind, value, path)
    elif kind in (str, int, bool, float) and not (
        isinstance(value, kind) and (kind is not int or not isinstance(value, bool))
    ):
        yield Refusal(path, f"the service takes {kind.__name__}, not {type(value).__name__}")


def _members(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(member for item in typing.get_args(annotation) for member in _members(item))
    return (annotation,)

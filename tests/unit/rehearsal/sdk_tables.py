"""Reads a Pulumi SDK's own classes: which properties a resource takes and gives, of which type, under which name."""

from __future__ import annotations

import importlib
import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

import pulumi

from registry_components.rehearsal.emulator import Property

_KINDS = {str: "string", bool: "boolean", int: "integer", float: "number"}


@dataclass(frozen=True)
class Difference:
    path: str
    reason: str


def compare(token: str, properties: Mapping[str, Property]) -> Iterator[Difference]:
    """Yield where a table says something else than the SDK's classes."""
    args, resource = _classes(token)
    inputs = _members(args)
    outputs = {_wire(getattr(resource, name)) for name in _getters(resource)}
    yield from _inputs(inputs, {key: item for key, item in properties.items() if not item.output}, "")
    known = {key for key, item in properties.items()}
    for key in outputs - known:
        yield Difference(key, "the SDK has this output")
    for key in known - outputs:
        yield Difference(key, "the SDK has no such output")


def _classes(token: str) -> tuple[type, type]:
    package, module, name = re.fullmatch(r"([a-z]+):([a-z0-9]+)/\w+:(\w+)", token).groups()  # type: ignore[union-attr]
    home = importlib.import_module(f"pulumi_{package}" + ("" if module == "index" else f".{module}"))
    # Where a part of another resource is called `NameArgs`, the SDK calls the arguments `NameInitArgs`.
    return getattr(home, f"{name}InitArgs", None) or getattr(home, f"{name}Args"), getattr(home, name)


def _getters(resource: type) -> list[str]:
    return [
        name
        for name, member in vars(resource).items()
        if isinstance(member, property) and name not in {"id", "urn", "pulumi_resource_type"}
    ]


def _wire(getter: Any) -> str:
    return getattr(getter.fget, "_pulumi_name", None) or str(getter.fget.__name__)


def _members(args: type) -> dict[str, tuple[Any, bool]]:
    """Return each input's annotation and whether it is required, by its name on the wire."""
    signature = inspect.signature(args)
    names = {**vars(importlib.import_module("pulumi.output")), **vars(importlib.import_module(args.__module__))}
    hints = typing.get_type_hints(args.__init__, names)  # type: ignore[misc]
    found = {}
    for name, member in vars(args).items():
        if isinstance(member, property) and name in signature.parameters:
            required = signature.parameters[name].default is inspect.Parameter.empty
            found[_wire(member)] = hints[name], required
    return found


def _inputs(
    inputs: Mapping[str, tuple[Any, bool]], properties: Mapping[str, Property], path: str
) -> Iterator[Difference]:
    for key in inputs.keys() - properties.keys():
        yield Difference(f"{path}{key}", "the SDK takes this input")
    for key in properties.keys() - inputs.keys():
        yield Difference(f"{path}{key}", "the SDK takes no such input")
    for key in inputs.keys() & properties.keys():
        annotation, required = inputs[key]
        if required and not properties[key].required:
            yield Difference(f"{path}{key}", "the SDK requires it")
        if properties[key].required and not required:
            yield Difference(f"{path}{key}", "the SDK does not require it")
        yield from _type(annotation, properties[key], f"{path}{key}")


def _type(annotation: Any, property_: Property, path: str) -> Iterator[Difference]:
    plain = _plain(annotation)
    if property_.type == "any":
        return
    if plain in _KINDS:
        if _KINDS[plain] != property_.type:
            yield Difference(path, f"the SDK says {_KINDS[plain]}")
    elif get_origin(plain) is not None and "Sequence" in str(get_origin(plain)):
        if property_.type != "array" or property_.items is None:
            yield Difference(path, "the SDK says array")
        else:
            yield from _type(get_args(plain)[0], property_.items, f"{path}[]")
    elif get_origin(plain) is not None:
        if property_.type != "map" or property_.items is None:
            yield Difference(path, "the SDK says map")
        else:
            yield from _type(get_args(plain)[1], property_.items, f"{path}[]")
    elif isinstance(plain, type) and plain.__name__.endswith("Args"):
        if property_.type != "object" or property_.properties is None:
            yield Difference(path, "the SDK says object")
        else:
            yield from _inputs(
                _members(plain), {k: p for k, p in property_.properties.items() if not p.output}, f"{path}."
            )


def _plain(annotation: Any) -> Any:
    """Return what an annotation says without Input, Optional, outputs and dict spellings."""
    options = [item for item in _options(annotation) if item is not type(None)]
    texts = [item for item in options if item in _KINDS]
    if texts:
        return texts[0]
    for item in options:
        if isinstance(item, type) and item.__name__.endswith("Args"):
            return item
    return options[0] if options else annotation


def _options(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Union or str(origin) == "<class 'types.UnionType'>":
        for item in get_args(annotation):
            yield from _options(item)
        return
    waits = origin is pulumi.Output or (origin is not None and "Awaitable" in str(origin))
    if not waits and not getattr(annotation, "__name__", "").endswith("ArgsDict"):
        yield annotation

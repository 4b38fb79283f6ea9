"""What a resource type of Azure Native takes, read from the SDK that is installed.

The SDK is generated from the provider's own schema, so names, types, what is required and which values are allowed are
the provider's. Its source text is read rather than imported: importing one large module takes longer than a rehearsal.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...core.errors import stack_error
from ..emulator import Property

PACKAGE = "pulumi_azure_native"
_PARAMETER = re.compile(r"^ {17}(?P<name>\w+): (?P<type>.*?)(?P<optional> = None)?(?:,|\):)$", re.MULTILINE)
_GETTER = re.compile(r'@pulumi\.getter(?:\(name="(?P<wire>\w+)"\))?\n {4}def (?P<name>\w+)\(self\)')
_OUTPUT = re.compile(r'__props__\.__dict__\["(?P<name>\w+)"\] = None')
_API = re.compile(r"Uses Azure REST API version (?P<version>[0-9a-z-]+)\.")
_PLAIN = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
# What the generator adds to hold Python's own words apart.
_ALWAYS_OUTPUT = {"azureApiVersion", "type", "systemData", "provisioningState"}


@dataclass(frozen=True)
class SdkType:
    """One resource type: its inputs and outputs, and the API version that it speaks."""

    properties: Mapping[str, Property]
    api_version: str


def sdk_folder() -> Path:
    """Return where the Azure Native SDK stands. Raises `StackError` where it is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise stack_error("the Azure Native SDK is not installed; install registry-components[azure,rehearsal]")
    return Path(next(iter(found.submodule_search_locations)))


@functools.cache
def sdk_type(module: str, name: str) -> SdkType:
    """Return the type `Name` of an SDK module, such as `containerregistry` and `Registry`."""
    text = _text(module, f"{_file(name)}.py")
    properties = _members(module, text, f"{name}Args", frozenset())
    for found in _OUTPUT.finditer(_slice(text, name)):
        wire = _camel(found["name"])
        known = properties.get(wire)
        if known is None:
            properties[wire] = Property("any", output=True)
        elif wire in _ALWAYS_OUTPUT:
            properties[wire] = replace(known, output=True)
    api = _API.search(text)
    return SdkType(properties, api["version"] if api else "")


def _file(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


@functools.cache
def _text(module: str, file: str) -> str:
    return (sdk_folder() / module / file).read_text(encoding="utf-8")


def _slice(text: str, name: str) -> str:
    start = re.search(rf"^class {name}[:(]", text, re.MULTILINE)
    if start is None:
        raise KeyError(name)
    end = re.search(r"^(?:class |@pulumi\.input_type|@pulumi\.type_token)", text[start.end() :], re.MULTILINE)
    return text[start.start() : start.end() + end.start() if end else len(text)]


def _members(module: str, text: str, name: str, seen: frozenset[str]) -> dict[str, Property]:
    body = _slice(text, name)
    wire = {found["name"]: found["wire"] or found["name"] for found in _GETTER.finditer(body)}
    head = body[: body.index('"""')] if '"""' in body else body
    found_properties: dict[str, Property] = {}
    for found in _PARAMETER.finditer(head):
        parsed = ast.parse(found["type"], mode="eval").body
        property_ = _property(module, parsed, seen | {name})
        found_properties[wire.get(found["name"], found["name"])] = replace(
            property_, required=found["optional"] is None
        )
    return found_properties


@functools.cache
def _named(module: str, name: str, seen: frozenset[str]) -> Property:
    if name in seen:
        return Property("object")
    if name.endswith("Args"):
        text = _text(module, "_inputs.py")
        return Property("object", properties=_members(module, text, name, seen))
    enum = tuple(re.findall(r'^ {4}\w+ = "([^"]*)"$', _slice(_text(module, "_enums.py"), name), re.MULTILINE))
    return Property("string", enum=enum)


def _property(module: str, node: ast.expr, seen: frozenset[str]) -> Property:
    match node:
        case ast.Constant(value=str(name)):
            return _named(module, name, seen)
        case ast.Attribute(attr=attr) if attr in _PLAIN:
            return Property(_PLAIN[attr])  # type: ignore[arg-type]
        case ast.Name(id="Any"):
            return Property("any")
        case ast.Subscript(value=ast.Attribute(attr="Input"), slice=inner):
            return _property(module, inner, seen)
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _property(module, inner, seen)
        case ast.Subscript(value=ast.Name(id="Sequence"), slice=inner):
            return Property("array", items=_property(module, inner, seen))
        case ast.Subscript(value=ast.Name(id="Mapping"), slice=ast.Tuple(elts=[_, inner])):
            return Property("map", items=_property(module, inner, seen))
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=members)):
            return _union([_property(module, member, seen) for member in members])
    return Property("any")


def _union(members: list[Property]) -> Property:
    enums = [member for member in members if member.enum]
    if enums:
        return enums[0]
    objects = [member.properties for member in members if member.properties is not None]
    if len(objects) != len(members):
        return members[0]
    merged: dict[str, Property] = {}
    for properties in objects:
        for name, property_ in properties.items():
            everywhere = all(name in other for other in objects)
            merged[name] = replace(property_, required=property_.required and everywhere)
    return Property("object", properties=merged)

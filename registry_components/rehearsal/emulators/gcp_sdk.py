"""What a resource type of the Google provider takes, read from the SDK that is installed.

The SDK is generated from the provider's own schema, so names, types, what is required and what is an output are the
provider's. Its source text is parsed rather than imported, which is faster.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from ...core.errors import stack_error
from ..emulator import Property

PACKAGE: Final = "pulumi_gcp"
_PLAIN: Final = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_PARAMETER: Final = re.compile(
    r"^ {8}:param .*?\] (?P<name>\w+):(?P<text>.*?)(?=^ {8}:param |\Z)", re.MULTILINE | re.DOTALL
)
_VALUES: Final = re.compile(r"Possible values are: (?P<values>`[^`]+`(?:, `[^`]+`)*)")


def sdk_folder() -> Path:
    """Return where the Google SDK stands. Raises `StackError` where it is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise stack_error("the Google SDK is not installed; install registry-components[gcp,rehearsal]")
    return Path(next(iter(found.submodule_search_locations)))


@functools.cache
def sdk_type(module: str, file: str) -> Mapping[str, Property]:
    """Return the properties of the resource type in an SDK file, such as `artifactregistry` and `repository`."""
    tree = _classes(module, f"{file}.py")
    name = next(key for key in tree if not key.endswith(("Args", "State")) and not key.startswith("_"))
    properties = _members(module, tree[f"{name}Args"])
    outputs = _outputs(tree[name])
    for wire in outputs:
        properties.setdefault(wire, Property("any", output=True))
    for wire in _secret_outputs(module, file):
        properties[wire] = replace(properties[wire], secret=True)
    return properties


@functools.cache
def _source(module: str, file: str) -> str:
    return (sdk_folder() / module / file).read_text(encoding="utf-8")


@functools.cache
def _classes(module: str, file: str) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.parse(_source(module, file)).body if isinstance(node, ast.ClassDef)}


def camel(name: str) -> str:
    """Return `repositoryId` for `repository_id`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _wires(node: ast.ClassDef) -> dict[str, str]:
    """Return the wire name of each property."""
    found: dict[str, str] = {}
    for function in node.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pulumi.getter":
                found[function.name] = str(ast.literal_eval(decorator.keywords[0].value))
    return found


def _members(module: str, node: ast.ClassDef) -> dict[str, Property]:
    wires = _wires(node)
    made = next(item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__")
    texts = {found["name"]: found["text"] for found in _PARAMETER.finditer(ast.get_docstring(made, clean=False) or "")}
    found: dict[str, Property] = {}
    for argument, default in zip(made.args.kwonlyargs, made.args.kw_defaults, strict=True):
        if argument.annotation is None:
            continue
        property_ = replace(_property(module, argument.annotation), required=default is None)
        text = texts.get(argument.arg, "")
        values = _VALUES.search(text)
        if values is not None and property_.type == "string":
            property_ = replace(property_, enum=tuple(re.findall(r"`([^`]+)`", values["values"])))
        if text.strip().startswith("(Output)"):
            property_ = replace(property_, output=True)
        found[wires.get(argument.arg, argument.arg)] = property_
    return found


@functools.cache
def _nested(module: str, name: str) -> Property:
    return Property("object", properties=_members(module, _classes(module, "_inputs.py")[name]))


def _property(module: str, node: ast.expr) -> Property:
    match node:
        case ast.Constant(value=str(name)):
            return _nested(module, name)
        case ast.Attribute(attr=attr) if attr in _PLAIN:
            return Property(_PLAIN[attr])  # type: ignore[arg-type]
        case ast.Subscript(value=ast.Attribute(attr="Input"), slice=inner):
            return _property(module, inner)
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _property(module, inner)
        case ast.Subscript(value=ast.Name(id="Sequence"), slice=inner):
            return Property("array", items=_property(module, inner))
        case ast.Subscript(value=ast.Name(id="Mapping"), slice=ast.Tuple(elts=[_, inner])):
            return Property("map", items=_property(module, inner))
    return Property("any")


def _outputs(node: ast.ClassDef) -> list[str]:
    wires = _wires(node)
    names = re.findall(r"__props__\.__dict__\['(\w+)'\] = None", ast.unparse(node))
    return [wires.get(name, name) for name in names]


def _secret_outputs(module: str, file: str) -> list[str]:
    found = re.search(r"additional_secret_outputs=\[([^\]]*)\]", _source(module, f"{file}.py"))
    return [] if found is None else re.findall(r'"(\w+)"', found[1])

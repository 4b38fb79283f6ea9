"""What a resource type of a provider made from Terraform takes, read from the SDK that is installed.

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

_PLAIN: Final = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_PARAMETER: Final = re.compile(
    r"^ {8}:param .*?\] (?P<name>\w+):(?P<text>.*?)(?=^ {8}:param |\Z)", re.MULTILINE | re.DOTALL
)
_VALUES: Final = re.compile(r"Possible values are: (?P<values>`[^`]+`(?:, `[^`]+`)*)")


@functools.cache
def sdk_folder(package: str) -> Path:
    """Return where an SDK's Python package (`pulumi_gcp`) stands. Raises `StackError` where it is not installed."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        extra = package.removeprefix("pulumi_").removeprefix("pulumiverse_")
        raise stack_error(f"{package} is not installed; install registry-components[{extra},rehearsal]")
    return Path(next(iter(found.submodule_search_locations)))


@functools.cache
def sdk_type(package: str, module: str, file: str) -> Mapping[str, Property]:
    """Return the properties of the resource type in an SDK file, such as `artifactregistry` and `repository`.

    `module` is empty for what stands at the top of the SDK.
    """
    home = Path(package) / module
    tree = _classes(home, f"{file}.py")
    name = next(key for key in tree if not key.endswith(("Args", "State")) and not key.startswith("_"))
    properties = _members(home, tree[f"{name}Args"])
    outputs = _outputs(tree[name])
    for wire in outputs:
        properties.setdefault(wire, Property("any", output=True))
    for wire in _secret_outputs(home, file):
        properties[wire] = replace(properties[wire], secret=True)
    return properties


@functools.cache
def _source(home: Path, file: str) -> str:
    package, *module = home.parts
    return sdk_folder(package).joinpath(*module, file).read_text(encoding="utf-8")


@functools.cache
def _classes(home: Path, file: str) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.parse(_source(home, file)).body if isinstance(node, ast.ClassDef)}


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


def _members(home: Path, node: ast.ClassDef) -> dict[str, Property]:
    wires = _wires(node)
    made = next(item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__")
    texts = {found["name"]: found["text"] for found in _PARAMETER.finditer(ast.get_docstring(made, clean=False) or "")}
    found: dict[str, Property] = {}
    for argument, default in zip(made.args.kwonlyargs, made.args.kw_defaults, strict=True):
        if argument.annotation is None:
            continue
        property_ = replace(_property(home, argument.annotation), required=default is None)
        text = texts.get(argument.arg, "")
        values = _VALUES.search(text)
        if values is not None and property_.type == "string":
            property_ = replace(property_, enum=tuple(re.findall(r"`([^`]+)`", values["values"])))
        if text.strip().startswith("(Output)"):
            property_ = replace(property_, output=True)
        found[wires.get(argument.arg, argument.arg)] = property_
    return found


@functools.cache
def _nested(home: Path, name: str) -> Property:
    found = _classes(home, "_inputs.py").get(name)
    # What is not among the objects is an enumeration.
    return Property("any") if found is None else Property("object", properties=_members(home, found))


def _property(home: Path, node: ast.expr) -> Property:
    match node:
        case ast.Constant(value=str(name)):
            return _nested(home, name)
        case ast.Attribute(attr=attr) if attr in _PLAIN:
            return Property(_PLAIN[attr])  # type: ignore[arg-type]
        case ast.Subscript(value=ast.Attribute(attr="Input"), slice=inner):
            return _property(home, inner)
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _property(home, inner)
        case ast.Subscript(value=ast.Name(id="Sequence"), slice=inner):
            return Property("array", items=_property(home, inner))
        case ast.Subscript(value=ast.Name(id="Mapping"), slice=ast.Tuple(elts=[_, inner])):
            return Property("map", items=_property(home, inner))
    return Property("any")


def _outputs(node: ast.ClassDef) -> list[str]:
    wires = _wires(node)
    names = re.findall(r"__props__\.__dict__\['(\w+)'\] = None", ast.unparse(node))
    return [wires.get(name, name) for name in names]


def _secret_outputs(home: Path, file: str) -> list[str]:
    found = re.search(r"additional_secret_outputs=\[([^\]]*)\]", _source(home, f"{file}.py"))
    return [] if found is None else re.findall(r'"(\w+)"', found[1])

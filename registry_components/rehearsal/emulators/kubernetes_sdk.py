"""What each Kubernetes object takes, read from the SDK that is installed.

The SDK is generated from Kubernetes' own OpenAPI document. Its files are megabytes: each class is found by its text and
parsed alone, when it is looked at.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from ..emulator import Property
from .bridged_sdk import camel, sdk_folder

_SDK: Final = "pulumi_kubernetes"
_PLAIN: Final = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_CLASS: Final = re.compile(r"^class (\w+)\b", re.MULTILINE)
_GETTER: Final = re.compile(r'@pulumi\.getter\(name="([^"]+)"\)\s+def (\w+)')
_SIGNATURE: Final = re.compile(r" {4}def __init__\(__self__.*?\):\n", re.DOTALL)
_TOKEN: Final = re.compile(r"'(kubernetes:[^']+)',\n\s+resource_name")
_SECRET_OUTPUTS: Final = re.compile(r"additional_secret_outputs=\[([^\]]*)\]")


def module_of(token: str) -> tuple[Path, str] | None:
    """Return the SDK's module and the class of a token, or None where the SDK has no such resource."""
    _, version, kind = token.split(":")
    group, _, number = version.partition("/")
    module = Path(group.partition(".")[0]) / number
    file = sdk_folder(_SDK) / module / f"{kind}.py"
    # The groups of an SDK and of a custom definition may begin alike.
    return (module, kind) if number and file.is_file() and f"'{token}'," in _text(file) else None


@functools.cache
def sdk_object(token: str) -> Mapping[str, Property] | None:
    """Return the properties of an object's kind, or None where the SDK has no such resource."""
    found = module_of(token)
    if found is None:
        return None
    module, kind = found
    file = sdk_folder(_SDK) / module / f"{kind}.py"
    name = next(name for name in _index(file) if name.endswith("Args"))
    properties = dict(_members(module, _class(file, name) or ""))
    secret = _SECRET_OUTPUTS.search(_text(file))
    for key in re.findall(r'"(\w+)"', secret[1]) if secret else []:
        properties[key] = replace(properties[key], secret=True)
    return properties


class Members(Mapping[str, Property]):
    """The members of an object, read when they are looked at: some objects hold themselves."""

    def __init__(self, module: Path, name: str) -> None:
        self._where = (module, name)

    @functools.cached_property
    def _found(self) -> Mapping[str, Property]:
        module, name = self._where
        text = _class(sdk_folder(_SDK) / module / "_inputs.py", name)
        return {} if text is None else _members(module, text)

    def __getitem__(self, key: str) -> Property:
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


@functools.cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


@functools.cache
def _index(file: Path) -> dict[str, tuple[int, int]]:
    found = list(_CLASS.finditer(_text(file)))
    ends = [*(item.start() for item in found[1:]), len(_text(file))]
    return {item[1]: (item.start(), end) for item, end in zip(found, ends, strict=True)}


def _class(file: Path, name: str) -> str | None:
    place = _index(file).get(name)
    return None if place is None else _text(file)[slice(*place)]


def _members(module: Path, text: str) -> dict[str, Property]:
    signature = _SIGNATURE.search(text)
    if signature is None:
        return {}
    wires = {python: wire for wire, python in _GETTER.findall(text)}
    made = ast.parse(f"{signature[0].lstrip()}    pass").body[0]
    assert isinstance(made, ast.FunctionDef)  # noqa: S101 - for the type checker
    found: dict[str, Property] = {}
    for argument, default in zip(made.args.kwonlyargs, made.args.kw_defaults, strict=True):
        if argument.annotation is None:
            continue
        name = wires.get(argument.arg, camel(argument.arg))
        # Whatever the program does not give, an API server or a controller may fill in.
        found[name] = replace(_property(module, argument.annotation), required=default is None, shared=True)
    return found


def _property(module: Path, node: ast.expr) -> Property:
    match node:
        case ast.Constant(value=str(name)):
            return _nested(module, name)
        case ast.Attribute(attr=attr) if attr in _PLAIN:
            return Property(_PLAIN[attr])  # type: ignore[arg-type]
        case ast.Subscript(value=ast.Attribute(attr="Input") | ast.Name(id="Optional"), slice=inner):
            return _property(module, inner)
        case ast.Subscript(value=ast.Name(id="Sequence"), slice=inner):
            return Property("array", items=replace(_property(module, inner), shared=True))
        case ast.Subscript(value=ast.Name(id="Mapping"), slice=ast.Tuple(elts=[_, inner])):
            return Property("map", items=replace(_property(module, inner), shared=True))
        case ast.Subscript(value=ast.Name(id="Literal")):
            return Property("string")
    return Property("any")


def _nested(module: Path, name: str) -> Property:
    *way, last = name.split(".")
    # `_meta.v1.ObjectMetaArgs` of another module, `KeyToPathArgs` of this one.
    home = Path(*(part.lstrip("_") for part in way)) if way else module
    if last not in _index(sdk_folder(_SDK) / home / "_inputs.py"):
        return Property("any")  # an enumeration
    return Property("object", properties=Members(home, last))


def every_token() -> Iterator[str]:
    """Yield the tokens of all resources that the SDK has."""
    for file in sorted(sdk_folder(_SDK).glob("*/*/*.py")):
        found = _TOKEN.search(_text(file))
        if found is not None:
            yield found[1]


__all__ = ["Members", "every_token", "module_of", "sdk_object"]

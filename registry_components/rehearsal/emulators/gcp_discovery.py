"""Requests to Google's services, checked against the discovery documents that Google publishes.

The documents are those that google-api-python-client ships.
"""

from __future__ import annotations

import base64
import binascii
import functools
import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ...core.errors import stack_error
from ..emulator import Refusal, Unknown
from ..schema_check import below

_DURATION: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,9})?s")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_WIDTHS: Final = {"int32": 31, "int64": 63, "uint32": 32, "uint64": 64}


@dataclass(frozen=True)
class Request:
    """One request: a method of a service by its id, its parameters by name, and its body."""

    method: str
    """Such as `artifactregistry.projects.locations.repositories.create`."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


@functools.cache
def document(service: str, version: str = "v1") -> Mapping[str, Any]:
    """Return a service's discovery document. Raises `StackError` where it is not installed."""
    found = importlib.util.find_spec("googleapiclient")
    if found is None or not found.submodule_search_locations:
        raise stack_error("google-api-python-client is not installed; install registry-components[rehearsal]")
    folder = Path(next(iter(found.submodule_search_locations))) / "discovery_cache" / "documents"
    loaded: Mapping[str, Any] = json.loads((folder / f"{service}.{version}.json").read_text(encoding="utf-8"))
    return loaded


@functools.cache
def method(id_: str) -> Mapping[str, Any]:
    """Return a method by its id. Raises `KeyError` where the service has none of that name."""
    service, *path, name = id_.split(".")
    here = document(service)
    for part in path:
        here = here["resources"][part]
    found: Mapping[str, Any] = here["methods"][name]
    return found


def violations(request: Request) -> Iterator[Refusal]:
    """Yield where a request is not what the published document takes. What is not known yet is left out."""
    service = request.method.split(".", 1)[0]
    found = method(request.method)
    known = {**document(service).get("parameters", {}), **found.get("parameters", {})}
    for name, value in request.parameters.items():
        if name not in known:
            yield Refusal("", f"the method {request.method} has no parameter {name!r}")
        elif isinstance(value, str):
            pattern = known[name].get("pattern")
            if pattern and not re.search(pattern, value):
                yield Refusal("", f"Error 400: {value!r} does not match {pattern} ({name} of {request.method})")
    for name, parameter in known.items():
        if parameter.get("required") and request.parameters.get(name) is None:
            yield Refusal("", f"the method {request.method} needs {name!r}")
    if "request" not in found:
        if request.body is not None:
            yield Refusal("", f"the method {request.method} takes no body")
    elif request.body is not None:
        yield from body_violations(service, found["request"]["$ref"], request.body)


def body_violations(service: str, schema: str, body: Mapping[str, Any], path: str = "") -> Iterator[Refusal]:
    """Yield where a body is not what the schema takes."""
    yield from _value(service, {"$ref": schema}, body, path)


def _value(service: str, schema: Mapping[str, Any], value: Any, path: str) -> Iterator[Refusal]:
    if isinstance(value, Unknown) or value is None:
        return
    name = schema.get("$ref")
    if name is not None:
        schema = document(service)["schemas"][name]
    kind = schema.get("type", "any")
    if not _fits(kind, value):
        shown = "" if isinstance(value, Mapping | list) else f", {json.dumps(value)}"
        yield Refusal(path, f"Error 400: Invalid value at {path!r}: the service takes {kind}{shown}")
        return
    match kind:
        case "object":
            yield from _object(service, name, schema, value, path)
        case "array":
            for index, item in enumerate(value):
                yield from _value(service, schema["items"], item, f"{path}[{index}]")
        case "string":
            yield from _text(schema, value, path)
        case "integer":
            yield from _range(schema.get("format", ""), value, path)


def _object(
    service: str, name: str | None, schema: Mapping[str, Any], value: Mapping[str, Any], path: str
) -> Iterator[Refusal]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    for key, item in value.items():
        here = below(path, key)
        if key in properties:
            if properties[key].get("readOnly"):
                yield Refusal(here, f"Error 400: {key!r} of {name} is output only; it cannot be given")
            else:
                yield from _value(service, properties[key], item, here)
        elif others is not None:
            yield from _value(service, others, item, here)
        else:
            yield Refusal(
                here, f'Error 400: Invalid JSON payload received. Unknown name "{key}" at {name}: Cannot find field.'
            )


def _fits(kind: str, value: Any) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, Mapping)
    return True


def _text(schema: Mapping[str, Any], value: str, path: str) -> Iterator[Refusal]:
    allowed = schema.get("enum")
    if allowed is not None and value not in allowed:
        yield Refusal(path, f'Error 400: Invalid value at {path!r}, "{value}"; it takes {", ".join(allowed)}')
    pattern = schema.get("pattern")
    if pattern and not re.search(pattern, value):
        yield Refusal(path, f"Error 400: Invalid value at {path!r}: it does not match {pattern}")
    reason = None
    match schema.get("format"):
        case "google-duration" if not _DURATION.fullmatch(value):
            reason = f'"{value}" is not a duration in seconds, such as 3600s'
        case "google-datetime" if not _TIME.fullmatch(value):
            reason = f'"{value}" is not a time, such as 2027-01-01T00:00:00Z'
        case "byte" if not _is_base64(value):
            reason = "it is not base64"
        case "int64" | "uint64" if not re.fullmatch(r"-?\d+", value):
            reason = f'"{value}" is not a whole number'
    if reason is not None:
        yield Refusal(path, f"Error 400: Invalid value at {path!r}: {reason}")


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _range(format_: str, value: int, path: str) -> Iterator[Refusal]:
    bits = _WIDTHS.get(format_)
    lowest = 0 if format_.startswith("u") else -(1 << (bits or 0))
    if bits is not None and not lowest <= value < 1 << bits:
        yield Refusal(path, f"Error 400: Invalid value at {path!r}: {value} does not fit {format_}")

"""Checks inputs against a resource type's properties, as a provider does before it asks its service anything."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from .emulator import Property, Refusal, Unknown

# Keys that the engine and bridged providers add to inputs.
INTERNAL = frozenset({"__defaults", "__internal", "__name", "__pulumi_raw_state_delta"})
_WORDS = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "map": "a map",
    "any": "any value",
}
_NOUNS = {
    "string": "a string",
    "integer": "a number",
    "number": "a number",
    "boolean": "a boolean",
    "array": "a list",
    "object": "an object",
}


def check_inputs(properties: Mapping[str, Property], inputs: Mapping[str, Any], path: str = "") -> Iterator[Refusal]:
    """Yield every property that is unknown, missing, of the wrong type, not allowed or given though an output."""
    for name, value in inputs.items():
        if name in INTERNAL or value is None:
            continue
        here = below(path, name)
        property_ = properties.get(name)
        if property_ is None:
            yield Refusal(here, _unknown(name, properties))
        elif property_.output:
            yield Refusal(here, f"{name!r} is an output of this resource; it cannot be given")
        else:
            yield from _check(property_, value, here)
    for name, property_ in properties.items():
        if property_.required and inputs.get(name) is None:
            yield Refusal(below(path, name), f"the required property {name!r} is missing")


def _check(property_: Property, value: Any, path: str) -> Iterator[Refusal]:
    if isinstance(value, Unknown) or value is None:
        return
    if not _fits(property_, value):
        yield Refusal(path, f"must be {_WORDS[property_.type]}, not {_noun(value)}")
        return
    if property_.enum and value not in property_.enum:
        yield Refusal(path, f"must be one of {', '.join(property_.enum)}{_not(property_, value)}")
    if property_.max_items is not None and isinstance(value, list) and len(value) > property_.max_items:
        yield Refusal(path, f"takes at most {property_.max_items} item(s), not {len(value)}")
    if property_.type == "object" and property_.properties is not None:
        yield from check_inputs(property_.properties, value, path)
    elif property_.type == "array" and property_.items is not None:
        for index, item in enumerate(value):
            yield from _check(property_.items, item, f"{path}[{index}]")
    elif property_.type == "map" and property_.items is not None:
        for key, item in value.items():
            if key not in INTERNAL:
                yield from _check(property_.items, item, below(path, key))


def _fits(property_: Property, value: Any) -> bool:
    match property_.type:
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
        case "object" | "map":
            return isinstance(value, Mapping)
    return True


def _noun(value: Any) -> str:
    if isinstance(value, bool):
        return _NOUNS["boolean"]
    if isinstance(value, int | float):
        return _NOUNS["number"]
    if isinstance(value, str):
        return _NOUNS["string"]
    return _NOUNS["array" if isinstance(value, list) else "object"]


def _not(property_: Property, value: Any) -> str:
    return "" if property_.secret else f", not {value!r}"


def _unknown(name: str, properties: Mapping[str, Property]) -> str:
    allowed = sorted(key for key, property_ in properties.items() if not property_.output)
    close = difflib.get_close_matches(name, allowed, n=1)
    told = f"; did you mean {close[0]!r}?" if close else f"; it has {', '.join(allowed)}"
    return f"{name!r} is not a property here{told}"


def below(path: str, name: str) -> str:
    """Return the path of a member, in the engine's notation."""
    if not name.replace("_", "a").replace("-", "a").isalnum():
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name


__all__ = ["INTERNAL", "below", "check_inputs"]

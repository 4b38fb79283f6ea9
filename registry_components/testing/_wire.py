"""Pulumi's wire format for property values, with secrets as a marker of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import struct_pb2  # type: ignore[import-untyped]

# Signatures of the engine's property protocol: a mapping that holds one of them is not a plain mapping.
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a protocol constant
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Secret:
    """A value that the program marked secret; `value` has it, and neither `repr` nor a failed assertion shows it."""

    __slots__ = ("value",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and bool(self.value == other.value)

    def __repr__(self) -> str:
        return "Secret(…)"


class Unknown:
    """A value that is not known during preview."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def decode_mapping(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Return the properties as plain values: integral numbers as `int`, secret ones as `Secret`."""
    return {key: decode(value) for key, value in struct.fields.items()}


def decode(value: struct_pb2.Value) -> Any:
    """Return one property value; see `decode_mapping`."""
    match value.WhichOneof("kind"):
        case "struct_value":
            return _decode_struct(value.struct_value)
        case "list_value":
            return [decode(item) for item in value.list_value.values]
        case "number_value":
            # Protobuf has one number type; a port arrives as 5000.0.
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value == UNKNOWN_TEXT else value.string_value
        case "bool_value":
            return value.bool_value
    return None


def _decode_struct(struct: struct_pb2.Struct) -> Any:
    found = decode_mapping(struct)
    match found.get(SIGNATURE):
        case None:
            return found
        case signature if signature == SECRET:
            return Secret(found.get("value"))
        case signature if signature == OUTPUT:
            value = found.get("value", UNKNOWN)
            return Secret(value) if found.get("secret") else value
        case signature if signature == RESOURCE:
            return found.get("urn")
    # An asset or an archive: its content, path or address.
    return {key: item for key, item in found.items() if key != SIGNATURE}


def encode_mapping(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return properties in wire form. Raises `TypeError` for a value that no property can hold."""
    return struct_pb2.Struct(fields={key: encode(value) for key, value in values.items()})


def encode(value: Any) -> struct_pb2.Value:
    """Return one property value in wire form; see `encode_mapping`."""
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case Secret():
            return encode({SIGNATURE: SECRET, "value": value.value})
        case Unknown():
            return struct_pb2.Value(string_value=UNKNOWN_TEXT)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case Mapping():
            return struct_pb2.Value(struct_value=encode_mapping(value))
        case list() | tuple():
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[encode(item) for item in value]))
    raise TypeError(f"a resource's outputs cannot hold a {type(value).__name__}; give plain values or Secret(...)")

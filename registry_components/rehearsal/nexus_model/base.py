"""What all parts of the model share: its state, refusals, and how bodies are looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

ROOT: Final = "/service/rest"
NAME: Final = r"[a-zA-Z0-9-][a-zA-Z0-9_.-]*"
EULA: Final = "Use of Sonatype Nexus Repository - Community Edition is governed by the End User License Agreement."


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True)
class Of:
    """A value of a type, perhaps one of some texts, or in a range."""

    type: type[Any]
    among: tuple[str, ...] = ()
    pattern: str = ""
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Shape:
    """An object of Nexus' OpenAPI document: its members, and which of them it has to have."""

    members: Mapping[str, Any]
    required: tuple[str, ...] = ()
    read_only: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class ListOf:
    """A list of texts, or of others."""

    item: Any = field(default_factory=lambda: Of(str))
    unique: bool = False


@dataclass(frozen=True)
class TextMap:
    """An object of texts."""


def shaped(value: Any, shape: Any, path: str = "") -> Any:
    """Return the value if it has the documented shape. Raises `RefusedError` (400) otherwise."""
    where = path or "the body"
    match shape:
        case Shape():
            return _object(value, shape, path)
        case ListOf():
            if not isinstance(value, list):
                raise RefusedError(400, f"{where} is no list")
            found = [shaped(item, shape.item, f"{where}[{number}]") for number, item in enumerate(value)]
            if shape.unique and len(set(map(str, found))) != len(found):
                raise RefusedError(400, f"{where} has one item twice")
            return found
        case TextMap():
            if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
                raise RefusedError(400, f"{where} is no object of texts")
            return dict(value)
        case Of():
            return _scalar(value, shape, where)
    raise AssertionError(shape)


def _object(value: Any, shape: Shape, path: str) -> Json:
    if not isinstance(value, dict):
        raise RefusedError(400, f"{path or 'the body'} is no object")
    prefix = f"{path}." if path else ""
    for key in value:
        if key not in shape.members:
            raise RefusedError(400, f'Unrecognized field "{prefix}{key}"')
    missing = next((key for key in shape.required if value.get(key) is None), None)
    if missing is not None:
        raise RefusedError(400, f"PARAMETER {prefix}{missing} may not be null")
    return {
        key: shaped(item, shape.members[key], f"{prefix}{key}")
        for key, item in value.items()
        if item is not None and key not in shape.read_only
    }


def _scalar(value: Any, shape: Of, where: str) -> Any:
    if not isinstance(value, shape.type) or (shape.type is int and isinstance(value, bool)):
        raise RefusedError(400, f"{where} is no {shape.type.__name__}")
    if shape.among and str(value).lower() not in {word.lower() for word in shape.among}:
        raise RefusedError(400, f"{where} is none of {', '.join(shape.among)}")
    if shape.pattern and not re.fullmatch(shape.pattern, str(value)):
        raise RefusedError(400, f"{where} does not match {shape.pattern}")
    number: Any = value
    if (shape.least is not None and number < shape.least) or (shape.most is not None and number > shape.most):
        raise RefusedError(400, f"{where} is out of range")
    return value


def fresh() -> Json:
    """Return a Nexus with nothing in it but what an installation brings."""
    return {
        "edition": "any",
        "eula": {"accepted": False, "disclaimer": EULA},
        "logins": {},
        "last": 0,
        "blobs": {"default": {"type": "file", "path": "default"}},
        "repositories": {},
        "cleanup": {},
        "rules": {},
        "selectors": {},
        "privileges": {},
        "roles": {"nx-admin": _role("nx-admin", ["nx-all"]), "nx-anonymous": _role("nx-anonymous", [])},
        "users": {
            "admin": _user("admin", "Administrator", ["nx-admin"]),
            "anonymous": _user("anonymous", "Anonymous", ["nx-anonymous"]),
        },
        "passwords": {},
        "tasks": {"cleanup": {"id": "cleanup", "name": "Cleanup service", "type": "repository.cleanup"}},
        "realms": ["NexusAuthenticatingRealm"],
        "anonymous": {"enabled": False, "userId": "anonymous", "realmName": "NexusAuthorizingRealm"},
    }


def _role(name: str, privileges: list[str]) -> Json:
    return {"id": name, "name": name, "description": "", "privileges": privileges, "roles": []}


def _user(name: str, first: str, roles: list[str]) -> Json:
    return {
        "userId": name,
        "firstName": first,
        "lastName": "User",
        "emailAddress": f"{name}@example.org",
        "status": "active",
        "roles": roles,
    }


class Part:
    """A part of one Nexus over a state of plain values; whoever keeps that gives it anew."""

    def __init__(self, state: Json) -> None:
        for key, value in fresh().items():
            state.setdefault(key, value)
        self.state = state

    def _there(self, kind: str, name: str, word: str) -> Json:
        found = self.state[kind].get(name)
        if found is None:
            raise RefusedError(404, f"{word} '{name}' not found")
        result: Json = found
        return result

    def _new(self, kind: str, name: str, word: str, status: int = 400) -> None:
        if any(there.lower() == name.lower() for there in self.state[kind]):
            raise RefusedError(status, f"{word} '{name}' is already used, must be unique (ignoring case)")

    def _pro(self, what: str, status: int = 403) -> None:
        if self.state["edition"] == "community":
            raise RefusedError(status, f"{what} is not available in the Community Edition")


__all__ = [
    "EULA",
    "NAME",
    "ROOT",
    "Json",
    "ListOf",
    "Of",
    "Part",
    "RefusedError",
    "Shape",
    "TextMap",
    "fresh",
    "shaped",
]

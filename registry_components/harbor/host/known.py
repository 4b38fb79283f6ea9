"""What a Harbor on one machine needs beside its arguments: secrets made once, and texts that secrets are parts of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

REGISTRY_USER = "harbor_registry_user"
"""The account that Harbor's own services have in its registry."""


@dataclass(frozen=True)
class Joined:
    """A text of parts, some of which may be secrets or known only while the engine runs."""

    parts: tuple[Any, ...]


def joined(*parts: Any) -> Any:
    """Return the parts as one text; put together later where one of them is a secret or not known yet."""
    flat: list[Any] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Joined) else (part,))
    if all(isinstance(part, str | int) for part in flat):
        return "".join(str(part) for part in flat)
    return Joined(tuple(flat))


def listed(values: Sequence[Any]) -> Any:
    """Return texts as one, with commas between."""
    return joined(*(part for number, value in enumerate(values) for part in ((",", value) if number else (value,))))


@dataclass(frozen=True)
class Yaml:
    """A file that is a tree, written as YAML once its leaves are known."""

    tree: Mapping[str, Any]


def text_of(content: Any) -> Any:
    """Return a file's text, for Pulumi."""
    if not isinstance(content, Yaml):
        return resolved(content)
    import pulumi

    from ...distribution.render import to_yaml

    return pulumi.Output.from_input(resolved(dict(content.tree))).apply(to_yaml)


def resolved(value: Any) -> Any:
    """Return a structure with its secrets as secret outputs and its joined texts as outputs, for Pulumi."""
    import pulumi

    match value:
        case SecretStr():
            return pulumi.Output.secret(value.get_secret_value())
        case Joined():
            return pulumi.Output.all(*(resolved(part) for part in value.parts)).apply(
                lambda parts: "".join(shown(part) for part in parts)
            )
        case dict():
            return {key: resolved(item) for key, item in value.items()}
        case list() | tuple():
            return [resolved(item) for item in value]
    return value


def shown(value: Any) -> str:
    """Return a value as programs read it from a text; Pulumi hands whole numbers over as floats."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@dataclass(frozen=True)
class Made:
    """What is made once and kept; each value a text, a secret or an output."""

    admin_password: Any
    database_password: Any
    secret_key: Any = ""
    """16 characters that encrypt passwords in the database."""
    core_secret: Any = ""
    jobservice_secret: Any = ""
    csrf_key: Any = ""
    """32 characters."""
    http_secret: Any = ""
    registry_password: Any = ""
    registry_htpasswd: Any = ""
    token_key: Any = ""
    token_certificate: Any = ""
    certificate: Any = None
    """PEM text of what clients see, where it is a text."""
    private_key: Any = None
    authority: Any = None
    """PEM text of the authority that signed it, where it is our own."""
    internal: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Service to tls.crt, tls.key and ca.crt of internal TLS, where they are made here."""

"""Which Secrets the values of a chart name, and what has to be in them: a rehearsal looks before it installs one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Read:
    """A Secret that the chart's objects read."""

    path: str
    """The value that names it."""
    name: str
    keys: tuple[str, ...]
    """What has to be in it."""


def secrets_read(
    values: Mapping[str, Any], wanted: Mapping[str, tuple[str, ...]], default_keys: Mapping[str, str]
) -> Iterator[Read]:
    """Yield the Secrets that values name. A name that is not known yet is passed over.

    `wanted` has, by the value that names a Secret, its keys; `=path` is a key that another value names, or
    `default_keys`.
    """
    for path, keys in wanted.items():
        name = _at(values, path)
        if isinstance(name, str) and name:
            found = (_at(values, key[1:]) or default_keys.get(key[1:]) if key[0] == "=" else key for key in keys)
            yield Read(path, name, tuple(key for key in found if isinstance(key, str)))


def pull_secrets(values: Mapping[str, Any]) -> Iterator[Read]:
    """Yield the Secrets of `imagePullSecrets`, which charts list by name, or as Kubernetes does."""
    pulls = values.get("imagePullSecrets")
    for number, item in enumerate(pulls if isinstance(pulls, list) else ()):
        if isinstance(item, str):
            yield Read(f"imagePullSecrets[{number}]", item, (".dockerconfigjson",))
        elif isinstance(item, Mapping) and isinstance(item.get("name"), str):
            yield Read(f"imagePullSecrets[{number}].name", item["name"], (".dockerconfigjson",))


def _at(values: Any, path: str) -> Any:
    for name in path.split("."):
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


__all__ = ["Read", "pull_secrets", "secrets_read"]

"""Reads a stack's configuration into a typed model; every mistake is told at once, and no key is ignored."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, TypeVar

import pulumi
from pydantic import ConfigDict, SecretStr, ValidationError
from pydantic.alias_generators import to_camel

from ._annotations import holds
from .args import Args
from .errors import from_validation


class StackConfig(Args):
    """Base of a stack's typed configuration; its keys are the field names in camelCase, as Pulumi writes them."""

    model_config = ConfigDict(alias_generator=to_camel)


M = TypeVar("M", bound=StackConfig)


def stack_config(model: type[M], *, namespace: str | None = None) -> M:
    """Return `model` filled from the stack's config (`Pulumi.<stack>.yaml`, defaults from `Pulumi.yaml`).

    Keys stand under `namespace` (default: the project's name). A field of type
    `Secret` is read as a secret output, so its value stays encrypted in state; one that is required and not set gets a
    stand-in in a rehearsal, which lists it as skipped. Raises `StackError` with every mistake, unknown keys among them.
    """
    config = pulumi.Config(namespace)
    settings: dict[str, Any] = {}
    known = {info.alias or name: info for name, info in model.model_fields.items()}
    for key in sorted(_keys(config.name) | set(known)):
        info = known.get(key)
        if info is not None and holds(info, SecretStr):
            value: Any = config.get_secret(key)
            if value is None and info.is_required():
                value = _stand_in(f"{config.name}:{key}")
        else:
            text = config.get(key)
            value = _structure(text) if info is None or not holds(info, str) else text
        if value is not None:
            settings[key] = value
    try:
        return model.model_validate(settings)
    except ValidationError as error:
        raise from_validation(error, model) from None


def _stand_in(key: str) -> Any:
    """Return a secret to rehearse with where nobody has the real one at hand; None outside of a rehearsal."""
    folder = os.environ.get("REGC_REHEARSAL_FOLDER")
    if not folder:
        return None
    from ..rehearsal.folder import Folder

    Folder(Path(folder)).note(package="config", token=key, urn="", operation="stand-in", proof="skipped", seconds=0.0)
    return pulumi.Output.secret(f"rehearsed-{key.split(':', 1)[1]}")


def _keys(namespace: str) -> set[str]:
    from pulumi.runtime.config import CONFIG

    return {key.split(":", 1)[1] for key in CONFIG.get() if key.startswith(f"{namespace}:")}


def _structure(text: str | None) -> Any:
    """Return the value that a config text stands for: lists, mappings, numbers and booleans arrive as JSON."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text

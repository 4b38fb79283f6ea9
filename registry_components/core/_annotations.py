"""Looks through type annotations for the models in them, so that an error can name what a person wrote."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def _bare(annotation: Any) -> Any:
    while True:
        if isinstance(annotation, FieldInfo):
            annotation = annotation.annotation
        elif get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        else:
            return annotation


def _members(annotation: Any) -> list[Any]:
    annotation = _bare(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return [member for arg in get_args(annotation) for member in _members(arg)]
    return [annotation]


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the pydantic models that a value of this annotation may be."""
    return [m for m in _members(annotation) if isinstance(m, type) and issubclass(m, BaseModel)]


def item_of(annotation: Any) -> Any:
    """Return the annotation of a list's or mapping's items, or None."""
    for member in _members(annotation):
        arguments = get_args(member)
        if get_origin(member) is not None and arguments:
            return arguments[1] if len(arguments) == 2 and arguments[1] is not Ellipsis else arguments[0]
    return None


def _kinds(model: type[BaseModel]) -> list[str]:
    """Return the values that tell a model apart in a discriminated union.

    They are of its field with one choice, or of `kind` where one model is for several.
    """
    choices = {name: get_args(_bare(info.annotation)) for name, info in model.model_fields.items()
               if get_origin(_bare(info.annotation)) is Literal}  # fmt: skip
    single = next((values for values in choices.values() if len(values) == 1), choices.get("kind", ()))
    return [str(value) for value in single]


def tags_of(annotation: Any) -> list[str]:
    """Return the kinds that a discriminated union allows."""
    return [kind for model in models_in(annotation) for kind in _kinds(model)]


def tagged(annotation: Any, part: str | int) -> type[BaseModel] | None:
    """Return the union member that pydantic's location part `part` stands for, if it stands for one."""
    found = models_in(annotation)
    if len(found) < 2:
        return None
    return next((m for m in found if part in _kinds(m) or part == m.__name__), None)


def holds(annotation: Any, wanted: type) -> bool:
    """Return whether `wanted` is one of the types that a value of this annotation may be."""
    return any(member is wanted for member in _members(annotation))

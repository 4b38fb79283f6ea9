"""Errors for the person who edits a stack file.

Every mistake is one line, `path: what is wrong; what to do`, and all mistakes of one object are told together.
Values appear only where they cannot be a secret.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_SECRET_WORD = re.compile(r"pass|secret|token|credential|key|auth", re.IGNORECASE)
_MAX_SHOWN = 60


class StackError(Exception):
    """A mistake that the person who edits the stack can correct; its text is the whole message.

    Inside a Pulumi program the raised object is also a `pulumi.RunError`, which the engine prints without a
    traceback.
    """


class Mistake(NamedTuple):
    """One mistake: where it is (`path`, dotted) and what to do about it (`message`)."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class Mistakes(ValueError):  # noqa: N818 - named after what it carries
    """Several mistakes of one model, for a validator to raise; each is told as a line of its own.

    The paths stand below the model that the validator belongs to.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(str(mistake) for mistake in self.mistakes))


_Kind = TypeVar("_Kind", bound=StackError)


def stack_error(message: str) -> StackError:
    """Return the error to raise: a `StackError`, and a `pulumi.RunError` too where Pulumi is in use.

    Pulumi takes half a second to import, so a program that does not use it is not made to.
    """
    return error_class(StackError)(message)


def error_class(kind: type[_Kind]) -> type[_Kind]:
    """Return the class to raise for a kind of `StackError`, a `pulumi.RunError` too where Pulumi is in use."""
    if "pulumi" not in sys.modules:
        return kind
    from ._run_error import of

    return of(kind)


def mistakes_error(subject: str, mistakes: Sequence[Mistake]) -> StackError:
    """Return one error that tells every mistake in `subject`, sorted by path."""
    lines = [f"  {m}" for m in sorted(set(mistakes))]
    count = f"{len(lines)} mistake" + ("s" if len(lines) > 1 else "")
    return stack_error("\n".join([f"{subject} is not valid ({count}):", *lines]))


def from_validation(error: ValidationError, model: type[BaseModel]) -> StackError:
    """Render a pydantic error as a `StackError` that never shows a secret."""
    details = error.errors(include_url=False, include_context=True, include_input=True)
    return mistakes_error(model.__name__, [mistake for item in details for mistake in _mistakes(item, model)])


def _mistakes(item: ErrorDetails, model: type[BaseModel]) -> list[Mistake]:
    told = _mistake(item, model)
    error = item.get("ctx", {}).get("error")
    if not isinstance(error, Mistakes):
        return [told]
    return [Mistake(_below(told.path, mistake.path), mistake.message) for mistake in error.mistakes]


def _below(outer: str, inner: str) -> str:
    return f"{outer}{inner}" if not outer or not inner or inner.startswith("[") else f"{outer}.{inner}"


def _mistake(item: ErrorDetails, model: type[BaseModel]) -> Mistake:
    loc = _visible(item["loc"], model)
    kind, context = item["type"], item.get("ctx", {})
    path = dotted(loc)
    match kind:
        case "extra_forbidden":
            return Mistake(path, _unknown(item["loc"], model))
        case "missing":
            return Mistake(path, "is required but not given; add it")
        case "union_tag_not_found":
            tag = str(context["discriminator"]).strip("'")
            choices = _tags(item["loc"], model)
            listed = f"; allowed: {', '.join(choices)}" if choices else ""
            return Mistake(path, f"needs `{tag}` to say which kind it is{listed}")
        case "union_tag_invalid":
            return Mistake(
                path,
                f"{str(context['discriminator']).strip(chr(39))} {context['tag']!r} is not known; "
                f"allowed: {context['expected_tags'].replace(chr(39), '')}",
            )
    message = _plain(kind, item["msg"], context)
    shown = "" if _is_secret(item["loc"], model) else _shown(item["input"], loc)
    # A validator of ours already names the value it means; pydantic's messages do not.
    if shown and kind not in {"value_error", "assertion_error", "too_short", "too_long"}:
        message = f"{message}, not {shown}"
    return Mistake(path, message)


def _plain(kind: str, message: str, context: dict[str, Any]) -> str:
    match kind:
        case "value_error" | "assertion_error":
            return str(context.get("error", message))
        case "greater_than_equal" | "less_than_equal" | "greater_than" | "less_than":
            word = {"ge": "at least", "le": "at most", "gt": "more than", "lt": "less than"}
            key = next(k for k in word if k in context)
            return f"must be {word[key]} {context[key]}"
        case "literal_error" | "enum":
            return f"must be one of {str(context['expected']).replace(' or ', ', ').replace(chr(39), '')}"
        case "string_pattern_mismatch":
            return f"must match {context['pattern']}"
        case "string_too_short":
            return f"must have at least {context['min_length']} characters"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters"
        case "too_short":
            return f"needs at least {_entries(context['min_length'])} (it has {context['actual_length']})"
        case "too_long":
            return f"takes at most {_entries(context['max_length'])} (it has {context['actual_length']})"
        case "int_type" | "int_parsing" | "int_from_float":
            return "must be a whole number"
        case "float_type" | "float_parsing":
            return "must be a number"
        case "bool_type" | "bool_parsing":
            return "must be true or false"
        case "string_type":
            return "must be text"
        case "list_type" | "tuple_type" | "set_type" | "frozen_set_type":
            return "must be a list"
        case "dict_type" | "mapping_type" | "model_type" | "model_attributes_type":
            return "must be a mapping of settings"
    text = message[:1].lower() + message[1:]
    return (
        text.removeprefix("input should be").strip()
        if "input should be" not in text
        else text.replace("input should be", "must be", 1)
    )


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _shown(value: Any, loc: Sequence[str | int]) -> str:
    """Return the value as text where it is a short scalar at a path that names no secret, else nothing."""
    if any(isinstance(part, str) and _SECRET_WORD.search(part) for part in loc):
        return ""
    if value is not None and not isinstance(value, str | int | float | bool):
        return f"a {type(value).__name__}" if isinstance(value, list | dict | tuple) else ""
    if isinstance(value, str) and re.search(r"://[^/]*@", value):
        return ""
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def _is_secret(loc: tuple[str | int, ...], model: type[BaseModel]) -> bool:
    from pydantic import SecretStr

    from ._annotations import holds

    return holds(_walk(loc, model)[1], SecretStr)


def dotted(loc: Iterable[str | int]) -> str:
    """Return `storage.bucket` or `rules[2].path` for a location."""
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_][\w-]*", part):
            text += f".{part}" if text else part
        else:
            text += f"[{part!r}]"
    return text


def _unknown(loc: tuple[str | int, ...], model: type[BaseModel]) -> str:
    for found in _models_at(loc[:-1], model):
        instead = getattr(found, "elsewhere", {}).get(loc[-1])
        if instead is not None:
            return f"is not a setting here: {instead}"
    fields = _fields_at(loc[:-1], model)
    close = difflib.get_close_matches(str(loc[-1]), fields, n=1)
    if close:
        return f"is not a setting; did you mean {close[0]}?"
    if not fields:
        return "is not a setting; remove it"
    return f"is not a setting; allowed: {', '.join(fields)}"


def _walk(loc: Sequence[str | int], model: type[BaseModel]) -> tuple[list[str | int], Any]:
    """Follow `loc` through `model`: the parts a person wrote (union tags left out) and the annotation reached."""
    from ._annotations import item_of, models_in, tagged

    seen: list[str | int] = []
    here: Any = model
    for part in loc:
        candidates = models_in(here)
        choice = tagged(here, part)
        if choice is not None:
            here = choice
            continue
        owner = next((m for m in candidates if _field(m, part) is not None), None)
        seen.append(part)
        here = _field(owner, part) if owner is not None else item_of(here)
    return seen, here


def _field(model: type[BaseModel], part: str | int) -> Any:
    for name, info in model.model_fields.items():
        if part in (name, info.alias):
            return info
    return None


def _visible(loc: tuple[str | int, ...], model: type[BaseModel]) -> list[str | int]:
    return [part for part in _walk(loc, model)[0] if part != "[key]" and not str(part).startswith("function-")]


def _fields_at(loc: tuple[str | int, ...], model: type[BaseModel]) -> list[str]:
    return sorted({info.alias or name for m in _models_at(loc, model) for name, info in m.model_fields.items()})


def _models_at(loc: tuple[str | int, ...], model: type[BaseModel]) -> list[type[BaseModel]]:
    from ._annotations import models_in

    return models_in(_walk(loc, model)[1])


def _tags(loc: tuple[str | int, ...], model: type[BaseModel]) -> list[str]:
    from ._annotations import tags_of

    return tags_of(_walk(loc, model)[1])

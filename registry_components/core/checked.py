"""Models whose fields are checked against each other, each check on its own, so that no mistake hides another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Self, TypeAlias

from pydantic import ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from .args import Args
from .errors import Mistake, Mistakes

Check: TypeAlias = Callable[[Any], Iterable[Mistake]]


class _InvalidFieldError(Exception):
    """A check asked for a field that is itself not valid."""


class _ValidPart:
    """The fields of a model that are valid."""

    def __init__(self, model: Args, invalid: set[str]) -> None:
        self._model, self._invalid = model, invalid

    def __getattr__(self, name: str) -> Any:
        if name in self._invalid:
            raise _InvalidFieldError
        return getattr(self._model, name)


class CheckedArgs(Args):
    """Args with checks across fields.

    Pydantic runs a model's own validators only where all fields are valid. These checks run on the valid fields in
    any case: a check that needs another one is left out, every other one is told together with the fields' mistakes.
    """

    checks: ClassVar[tuple[Check, ...]] = ()
    stand_ins: ClassVar[Mapping[str, Any]] = {}
    """A valid value for each required field, so that the other fields can be looked at without it."""

    @model_validator(mode="wrap")
    @classmethod
    def _check(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            model = handler(data)
        except ValidationError as error:
            found = cls._found_in_valid_part(data, handler, error)
            if not found:
                raise
            own = InitErrorDetails(type="value_error", loc=(), input=None, ctx={"error": Mistakes(found)})
            lines = [_again(item) for item in error.errors(include_url=False)]
            raise ValidationError.from_exception_data(cls.__name__, [*lines, own], hide_input=True) from None
        found = cls._found(model)
        if found:
            raise Mistakes(found)
        return model

    @classmethod
    def _found(cls, model: Any) -> list[Mistake]:
        found: list[Mistake] = []
        for check in cls.checks:
            try:
                found.extend(check(model))
            except _InvalidFieldError:
                continue
        return found

    @classmethod
    def _found_in_valid_part(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self], error: ValidationError
    ) -> list[Mistake]:
        if not isinstance(data, Mapping):
            return []
        invalid = {str(item["loc"][0]) for item in error.errors(include_url=False) if item["loc"]}
        known = {name: value for name, value in data.items() if name in cls.model_fields and name not in invalid}
        try:
            required = {name: value for name, value in cls.stand_ins.items() if name in cls.model_fields}
            partial = handler({**required, **known})
        except ValidationError:
            return []
        return cls._found(_ValidPart(partial, invalid))


def _again(item: Any) -> InitErrorDetails:
    details = InitErrorDetails(type=item["type"], loc=item["loc"], input=item["input"])
    if "ctx" in item:
        details["ctx"] = item["ctx"]
    return details

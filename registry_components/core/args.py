"""The base of every component's arguments: frozen, closed, and honest about mistakes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, TypeAlias, TypeVar, Union

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, WrapValidator
from pydantic._internal._model_construction import ModelMetaclass

from .errors import from_validation

T = TypeVar("T")

if TYPE_CHECKING:
    from pulumi import Output

    MaybeOutput: TypeAlias = Union[T, Output[T]]  # noqa: UP007 - a generic alias that mypy takes
else:

    def _let_outputs_through(value: Any, validate: Any) -> Any:
        # A value that only exists while the engine runs cannot be validated now. Where Pulumi was never
        # imported there can be no such value, and importing it to ask would cost half a second.
        output = sys.modules.get("pulumi.output")
        if output is not None and isinstance(value, output.Output):
            return value
        return validate(value)

    MaybeOutput = Annotated[T, WrapValidator(_let_outputs_through)]

Secret: TypeAlias = MaybeOutput[SecretStr]
"""A secret value: plain text (kept out of messages and marked secret in state) or a secret output."""


class _ArgsMeta(ModelMetaclass):
    """Turns pydantic's error into a `StackError` where a person constructs the model.

    Nested validation does not come through here, so all mistakes of one object are told at once.
    """

    if not TYPE_CHECKING:

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - a metaclass
            try:
                return super().__call__(*args, **kwargs)
            except ValidationError as error:
                raise from_validation(error, cls) from None


class Args(BaseModel, metaclass=_ArgsMeta):
    """Base of all argument models and blocks.

    Instances are frozen, unknown settings are refused, and a mistake raises `StackError` listing every mistake at
    once as `path: message`. Validation is pure: no network, clock, environment or provider call.
    """

    elsewhere: ClassVar[Mapping[str, str]] = {}
    """What other registries say that this one does not, by name: why not, and what to do instead."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        ser_json_inf_nan="strings",
    )

    @classmethod
    def parse(cls, settings: object) -> Self:
        """Return the model for a plain structure (from stack config or a YAML file).

        Raises `StackError` with every mistake.
        """
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            raise from_validation(error, cls) from None


def reveal(value: Any) -> Any:
    """Return what a provider needs: every `SecretStr` in `value` as a secret output, all else as it is."""
    if isinstance(value, SecretStr):
        import pulumi

        return pulumi.Output.secret(value.get_secret_value())
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [reveal(item) for item in value]
    return value

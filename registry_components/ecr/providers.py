"""The AWS SDK, where it is installed, and its way of naming things."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from functools import cache
from typing import Any

from ..core.errors import stack_error


def require_sdk(component: str) -> None:
    """Raise `StackError` where the AWS SDK is not installed."""
    if importlib.util.find_spec("pulumi_aws") is None:
        raise stack_error(f"{component} needs the package pulumi_aws; install registry-components[aws]")


@cache
def _snake(name: str) -> str:
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name)


def snake(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs by the SDK's argument names; what is inside them keeps its names, which the SDK takes too."""
    return {_snake(name): value for name, value in inputs.items()}

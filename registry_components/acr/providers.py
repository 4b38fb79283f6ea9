"""The Azure Native SDK, where it is installed, and its way of naming things."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from typing import Any

from ..core.errors import stack_error

_OTHERWISE = {"resourceName": "resource_name_"}


def require_sdk() -> None:
    """Raise `StackError` where the Azure Native SDK is not installed."""
    if importlib.util.find_spec("pulumi_azure_native") is None:
        raise stack_error(
            "AcrRegistry needs the Azure Native SDK, which is not installed; install registry-components[azure]"
        )


def snake(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs by the SDK's argument names; what is inside them keeps its names, which the SDK takes too."""
    return {
        _OTHERWISE.get(name, re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()): value for name, value in inputs.items()
    }

"""The Google SDK, where it is installed, and its way of naming things."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from typing import Any

from ..core.errors import stack_error


def require_sdk(component: str) -> None:
    """Raise `StackError` where the Google SDK is not installed."""
    if importlib.util.find_spec("pulumi_gcp") is None:
        raise stack_error(f"{component} needs the package pulumi_gcp; install registry-components[gcp]")


def snake(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs by the SDK's argument names; what is inside them keeps its names, which the SDK takes too."""
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): value for name, value in inputs.items()}

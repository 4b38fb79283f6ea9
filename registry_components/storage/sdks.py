"""The providers' SDKs, where they are installed."""

from __future__ import annotations

import importlib.util

from ..core.errors import stack_error


def require_sdk(component: str, package: str, extra: str) -> None:
    """Raise `StackError` where an SDK is not installed."""
    if importlib.util.find_spec(package) is None:
        raise stack_error(f"{component} needs the package {package}; install registry-components[{extra}]")

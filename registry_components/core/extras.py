"""Says which extra to install where an optional package is missing."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import stack_error


@contextmanager
def needs_extra(what: str, extra: str, *packages: str) -> Iterator[None]:
    """Turn the failed import of one of `packages` into a `StackError` that names the extra; other failures pass."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in packages:
            raise
        raise stack_error(f"{what} needs the package {error.name}; install registry-components[{extra}]") from None


def require(what: str, extra: str, *packages: str) -> None:
    """Raise a `StackError` that names the extra where one of `packages` is not installed; none is imported."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise stack_error(f"{what} needs the package {package}; install registry-components[{extra}]")

"""A pytest fixture: `pytest_plugins = ["registry_components.testing.pytest_plugin"]` in a conftest.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .engine import Engine


@pytest.fixture
def engine(tmp_path: Path) -> Callable[..., Engine]:
    """Return what makes an `Engine` (same arguments, without the folder); each call has folders of its own."""
    count = 0

    def make(**settings: Any) -> Engine:
        nonlocal count
        count += 1
        return Engine(tmp_path / f"engine-{count}", **settings)

    return make

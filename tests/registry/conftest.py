"""Where the real registry binary is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def registry_binary() -> Path:
    """Return the `registry` binary that REGC_REGISTRY names, else the one that is provisioned."""
    named = os.environ.get("REGC_REGISTRY")
    if named:
        return Path(named)
    from registry_components.provision import find

    tool = find("registry")
    if tool is None:
        pytest.skip("no registry binary: run `make tools`, or set REGC_REGISTRY")
    return tool.path

"""The `local` stack as `regc up local` makes it, shared by the registry proofs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.local_stack import LocalStack
from tests.support.servers import free_port


@pytest.fixture(scope="session")
def local_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A running `local` stack with folders and a port of its own."""
    stack = LocalStack(tmp_path_factory.mktemp("local-stack"), free_port())
    stack.regc("up", "local")
    yield stack
    stack.regc("down", "local")

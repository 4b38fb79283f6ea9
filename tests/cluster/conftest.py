"""One cluster for all tests of a process; each test has namespaces of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from registry_components.provision import CLUSTER_TOOLS, find
from tests.support.cluster import Cluster, running


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A real API server with its controllers and without nodes."""
    missing = [name for name in CLUSTER_TOOLS if find(name) is None]
    if missing:
        pytest.fail(f"{', '.join(missing)}: not provisioned; run `tools/provision --tests`, then the tests again")
    with running(tmp_path_factory.mktemp("cluster") / "clouds") as made:
        yield made

"""A Nexus on loopback for a test, and clients that wait no time between attempts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from registry_components.core.clients import Clients
from registry_components.nexus.configuration import client as client_module
from registry_components.nexus.configuration.client import NexusClient
from tests.support.fake_nexus import FakeNexus, fake_nexus
from tests.unit.nexus.material import PASSWORD


@pytest.fixture
def nexus(tmp_path: Path) -> Iterator[FakeNexus]:
    def quick(self: NexusClient, attempt: int) -> None:
        """Pause no time."""

    with (
        mock.patch.object(client_module, "_clients", Clients()),
        mock.patch.object(NexusClient, "_pause", quick),
        fake_nexus(tmp_path, password=PASSWORD) as service,
    ):
        yield service
        for made in client_module._clients.made.values():
            made.close()

"""Nexus' REST API on a real HTTP server of this machine: the model of the rehearsal, served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from registry_components.rehearsal.folder import CloudFile
from registry_components.rehearsal.nexus import FILE, SERVED, NexusCloud
from registry_components.rehearsal.nexus_model import ROOT

from .fake_harbor import FakeHarbor, serving


class FakeNexus(FakeHarbor):
    """The service; `url` is its root. Its model refuses what Nexus' OpenAPI document does not have."""

    root = ROOT
    served = SERVED
    users = "logins"

    def __post_init__(self) -> None:
        """Leave Harbor's document out."""

    @property
    def cloud(self) -> NexusCloud:
        """What it keeps."""
        return NexusCloud(self.file, self.url)

    @staticmethod
    def refusal() -> Any:
        """Return what a fault is told as."""
        return [{"id": "*", "message": "a fault"}]


@contextmanager
def fake_nexus(folder: Path, *, password: str | None = None, edition: str = "pro") -> Iterator[FakeNexus]:
    """Serve a Nexus on loopback until the block ends, over the state of a rehearsal's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with serving(FakeNexus(CloudFile(folder / f"{FILE}.json")), folder, password) as nexus:
        with nexus.change() as state:
            state["edition"] = edition
        yield nexus


__all__ = ["FakeNexus", "fake_nexus"]

"""Holds each blob to one size, which is what inventories are read by.

Registries compare neither what manifests say of a blob's size with each other nor with the blob. The first that is said
counts: a manifest that says another size must not make a whole inventory one that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

MOST_BYTES: Final = 1024**5
"""What an inventory takes for a size at most (`records.MOST_BYTES`, which asks for more to be installed)."""


class Blobs:
    """The sizes of blobs, as they were said first."""

    def __init__(self) -> None:
        self._size: dict[bytes, int] = {}

    def agree(self, records: Iterable[dict[str, Any]]) -> None:
        """Give each layer of records the size that its blob has, and the records what that makes of theirs."""
        for record in records:
            for layer in record.get("layers", ()):
                name = bytes.fromhex(layer["digest"].partition(":")[2])  # half the memory of its text
                size = self._size.setdefault(name, layer["size"])
                if size != layer["size"]:
                    record["size"] = min(record["size"] - layer["size"] + size, MOST_BYTES)
                    layer["size"] = size


__all__ = ["MOST_BYTES", "Blobs"]

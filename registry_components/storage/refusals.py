"""What registries refuse of a storage block alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..blocks.storage import FilesystemStorage, Storage, VolumeStorage
from ..core.errors import Mistake, mistakes_error


def replica_mistakes(storage: Storage, replicas: int) -> Iterator[Mistake]:
    """Yield why more than one replica cannot share this storage."""
    if replicas < 2:
        return
    match storage:
        case FilesystemStorage():
            yield Mistake(
                "kind",
                f"'filesystem' is a directory of one machine, and there are {replicas} replicas; use a bucket, or kind "
                "'volume' with access_mode 'ReadWriteMany'",
            )
        case VolumeStorage(access_mode=mode) if mode != "ReadWriteMany":
            # rule 25: the second pod would wait for a volume that the first one holds.
            yield Mistake(
                "access_mode",
                f"{mode!r} lets one node mount the volume, and there are {replicas} replicas; use a claim with "
                "'ReadWriteMany', or a bucket",
            )


def raise_for(subject: str, mistakes: Iterable[Mistake]) -> None:
    """Raise `StackError` with every mistake, if there is one."""
    found = list(mistakes)
    if found:
        raise mistakes_error(subject, found)


def kept(**settings: Any) -> dict[str, Any]:
    """Return the settings that say something: not None, not false. An output is never looked at."""
    return {name: value for name, value in settings.items() if value is not None and value is not False}

"""The journal of a prune: one line for each artifact, on disk before anything is deleted.

Each manifest is kept in it before it goes, so that `restore` can put back what should not have gone, as long as the
registry has not collected its layers. One run at a time may write a journal; a killed one is taken up again.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...core.errors import stack_error


@dataclass(frozen=True)
class Kept:
    """A manifest as it was before it was deleted."""

    repository: str
    digest: str
    media_type: str
    tags: list[str]
    data: bytes


class Journal:
    """Writes one journal; a context manager that holds it for itself."""

    def __init__(self, path: Path, plan_digest: str) -> None:
        self.path = path
        self.settled: set[tuple[str, str]] = set()
        """What an earlier run has done with, so that it need not be looked at again."""
        try:
            self._file = path.open("a+b")
        except OSError as error:
            raise stack_error(f"--journal {path}: cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise stack_error(f"--journal {path}: another run writes it; wait for it, or name another") from None
        self._take_up(plan_digest)

    def _take_up(self, plan_digest: str) -> None:
        self._file.seek(0)
        data = self._file.read()
        lines = list(_lines(data))
        if lines and lines[0].get("plan") != plan_digest:
            self._file.close()
            raise stack_error(f"--journal {self.path}: is of another plan; name another, or remove it")
        self.settled = {
            (line["repository"], line["digest"]) for line in lines if line.get("done") in {"deleted", "gone"}
        }
        if data and not data.endswith(b"\n"):
            # The line that a killed run was writing is not to run into the next one.
            self._file.write(b"\n")
        if not lines:
            self._append([{"plan": plan_digest, "at": _now()}])

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def keep(self, manifests: Iterable[Kept]) -> None:
        """Put manifests on disk before they are deleted."""
        self._append(
            {
                "repository": one.repository,
                "digest": one.digest,
                "keep": base64.b64encode(one.data).decode(),
                "media_type": one.media_type,
                "tags": one.tags,
            }
            for one in manifests
        )

    def note(self, entries: Iterable[dict[str, Any]]) -> None:
        """Write what was done."""
        self._append({"at": _now(), **entry} for entry in entries)

    def _append(self, entries: Iterable[dict[str, Any]]) -> None:
        text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
        if not text:
            return
        try:
            self._file.write(text.encode())
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise stack_error(
                f"--journal {self.path}: cannot be written: {error.strerror}; nothing more is deleted"
            ) from None


def kept(path: Path) -> Iterator[Kept]:
    """Yield the manifests that a journal keeps of what was deleted. Raises `StackError`."""
    try:
        lines = list(_lines(path.read_bytes()))
    except OSError as error:
        raise stack_error(f"{path}: cannot be read: {error.strerror}") from None
    if not lines or "plan" not in lines[0]:
        raise stack_error(f"{path}: is not the journal of a prune")
    deleted = {(line["repository"], line["digest"]) for line in lines if line.get("done") in {"deleted", "gone"}}
    seen: set[tuple[str, str]] = set()
    for line in lines:
        key = (line.get("repository", ""), line.get("digest", ""))
        if "keep" not in line or key in seen or key not in deleted:
            continue
        seen.add(key)
        yield Kept(*key, line["media_type"], line["tags"], base64.b64decode(line["keep"]))


def _lines(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.split(b"\n"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # torn by a kill
        if isinstance(entry, dict):
            yield entry


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


__all__ = ["Journal", "Kept", "kept"]

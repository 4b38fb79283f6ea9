"""Inventories as files: written as they are collected, taken up again where a run was interrupted.

Records go to `FILE.part`; `FILE.part.done` says after each repository how long that file is. A run that goes on cuts
off what follows the last complete repository. The finished file appears at once, by renaming.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...core.errors import stack_error
from .blobs import Blobs

SUFFIXES = (".jsonl", ".ndjson", ".parquet")
_TIMES = ("pushed_at", "last_pulled_at", "archived_at", "activated_at")


class Writer:
    """Writes one inventory; a context manager that keeps what there is where it is left by an error."""

    def __init__(self, out: Path, *, resume: bool = False, force: bool = False) -> None:
        if out.suffix.lower() not in SUFFIXES:
            raise stack_error(f"--out {out}: its suffix has to be one of {', '.join(SUFFIXES)}")
        if out.exists() and not force:
            raise stack_error(f"--out {out}: is there already; remove it, name another, or give --force")
        self._out = out
        self._part = out.with_name(f"{out.name}.part")
        self._done = out.with_name(f"{out.name}.part.done")
        self.finished: set[str] = set()
        self._before: Blobs | None = None
        try:
            self._begin(resume=resume)
        except OSError as error:
            raise stack_error(f"--out {out}: cannot be written: {error.strerror}") from None

    def _begin(self, *, resume: bool) -> None:
        length = 0
        if self._done.exists():
            if not resume:
                raise stack_error(
                    f"{self._part}: is what an interrupted run left; go on with --resume, or remove it and {self._done}"
                )
            for name, end in _complete(self._done):
                self.finished.add(name)
                length = end
        if length:
            self._before = self._told(length)
        self._records = self._part.open("r+b" if length else "wb")
        self._records.truncate(length)
        self._records.seek(length)
        self._marks = self._done.open("a" if length else "w", encoding="utf-8")
        if length:
            # A last line that was cut off must not run into the next one.
            self._marks.write("\n")

    def _told(self, length: int) -> Blobs:
        """Return the sizes of blobs in what an earlier run wrote: one blob has one size in the whole file."""
        found = Blobs()
        try:
            with self._part.open("rb") as file:
                lines = iter(file.readline, b"")
                found.agree(json.loads(line) for line in lines if file.tell() <= length)
                if file.tell() < length:
                    raise ValueError
        except (ValueError, LookupError, TypeError, AttributeError):
            raise stack_error(
                f"{self._part}: is not what an interrupted run left; remove it and {self._done}, and begin anew"
            ) from None
        return found

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._records.close()
        self._marks.close()
        if kind is None:
            self._finish()

    def repository(self, name: str, records: Sequence[dict[str, Any]]) -> None:
        """Write one repository, whole or not at all."""
        if self._before is not None:
            self._before.agree(records)
        for record in records:
            self._records.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self._records.flush()
        os.fsync(self._records.fileno())
        self._marks.write(json.dumps([name, self._records.tell()]) + "\n")
        self._marks.flush()

    def _finish(self) -> None:
        if self._out.suffix.lower() == ".parquet":
            made = self._out.with_name(f"{self._out.name}.made")
            _to_parquet(self._part, made)
            made.replace(self._out)
            self._part.unlink()
        else:
            if not self._part.stat().st_size:
                # An empty file is mostly what failed to be written: nothing is said in words.
                self._part.write_bytes(b"[]\n")
            self._part.replace(self._out)
        self._done.unlink()


def _complete(marks: Path) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for line in marks.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            name, end = json.loads(line)
        except (ValueError, TypeError):
            continue  # the line that a killed run was writing
        found.append((str(name), int(end)))
    return found


def _to_parquet(records: Path, out: Path) -> None:
    import polars as pl

    # All that collectors tell has to be here: what is not would be left out without a word.
    texts = pl.List(pl.String)
    schema: dict[str, Any] = {
        "repository": pl.String, "digest": pl.String, "tags": texts, "media_type": pl.String, "size": pl.Int64,
        "children": texts, "subject": pl.String, "storage_class": pl.String, **dict.fromkeys(_TIMES, pl.String),
        "layers": pl.List(pl.Struct({"digest": pl.String, "size": pl.Int64})),
        "locked": pl.Boolean, "tag_pushed_at": texts,
    }  # fmt: skip
    # Times are read many times faster than texts that stand for them.
    moment: dict[str, Any] = {"format": "%+", "time_unit": "us", "time_zone": "UTC"}
    times = [pl.col(name).str.to_datetime(**moment) for name in _TIMES]
    times.append(pl.col("tag_pushed_at").list.eval(pl.element().str.to_datetime(**moment)))
    if records.stat().st_size == 0:
        pl.DataFrame(schema=schema).with_columns(times).write_parquet(out)
        return
    pl.scan_ndjson(records, schema=schema).with_columns(times).sink_parquet(out)


__all__ = ["SUFFIXES", "Writer"]

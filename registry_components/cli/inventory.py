"""`regc lifecycle inventory`: what a live registry holds, as a file that the other commands read."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..core.errors import StackError
from .registry import Access, opened


def inventory(
    source: str,
    *,
    out: Path,
    repositories: Sequence[str],
    access: Access,
    concurrency: int,
    assume_created: bool,
    resume: bool,
    force: bool,
) -> bool:
    """Collect an inventory; return whether everything could be read."""
    from ..lifecycle.collect.writing import Writer

    ecr = source.startswith("ecr://")
    problems: list[str] = []
    artifacts = 0
    with (
        _collector(source, access, concurrency=concurrency, assume_created=assume_created) as collector,
        Writer(out, resume=resume, force=force) as writer,
    ):
        names = [name for name in collector.names(repositories) if name not in writer.finished]
        told = time.monotonic()
        for number, found in enumerate(collector.collect(names), 1):
            if found.problems:
                problems += found.problems
            writer.repository(found.repository, found.records)
            artifacts += len(found.records)
            if time.monotonic() - told > 2:
                told = time.monotonic()
                sys.stderr.write(f"{number} of {len(names)} repositories, {artifacts} artifacts\n")
    for problem in problems[:20]:
        sys.stderr.write(f"not read: {problem}\n")
    if len(problems) > 20:
        sys.stderr.write(f"… and {len(problems) - 20} more that could not be read\n")
    before = f" ({len(writer.finished)} more were there already)" if writer.finished else ""
    print(f"{out}: {artifacts} artifacts in {len(names)} repositories{before}")
    if not assume_created and not ecr:
        sys.stderr.write(
            "the OCI API tells no time of push, and rules by age let be what has none; --assume-created takes the time "
            "at which an image says to be built\n"
        )
    return not problems


@contextmanager
def _collector(source: str, access: Access, *, concurrency: int, assume_created: bool) -> Iterator[Any]:
    if source.startswith("ecr://"):
        from ..lifecycle.collect.ecr import EcrCollector

        if assume_created or access.username is not None:
            raise StackError("--assume-created and --username are for the OCI API; ECR tells times, and AWS logs in")
        yield EcrCollector(source.removeprefix("ecr://").rstrip("/"))
        return
    from ..lifecycle.collect.oci import Collector

    with (
        opened(source, access) as client,
        Collector(client, concurrency=concurrency, assume_created=assume_created) as collector,
    ):
        yield collector


def check_globs(globs: Sequence[str]) -> None:
    """Raise `StackError` where a pattern of repositories is none."""
    from ..lifecycle.patterns import doublestar

    for glob in globs:
        try:
            doublestar(glob)
        except ValueError as error:
            raise StackError(f"--repository {glob}: {error}") from None


__all__ = ["check_globs", "inventory"]

"""What collectors share: repositories are read a few at the same time and told in the order of their names."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, Self

from ...core.globs import doublestar
from .blobs import Blobs

Record = dict[str, Any]


class Found(NamedTuple):
    """One repository's artifacts, and what of it could not be read."""

    repository: str
    records: list[Record]
    problems: list[str]


class ParallelCollector(ABC):
    """Reads the repositories of one registry, a few at the same time; safe to share between threads."""

    def __init__(self, concurrency: int) -> None:
        self._window = concurrency
        # What waits for manifests and what fetches them are apart: one would starve the other.
        self._repositories = ThreadPoolExecutor(concurrency, thread_name_prefix="repository")
        self._manifests = ThreadPoolExecutor(concurrency, thread_name_prefix="manifest")
        self._blobs = Blobs()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the threads; what has not begun is left."""
        self._repositories.shutdown(wait=True, cancel_futures=True)
        self._manifests.shutdown(wait=True, cancel_futures=True)

    @abstractmethod
    def all_names(self) -> Iterable[str]:
        """Return the names of all repositories."""

    @abstractmethod
    def repository(self, name: str) -> Found:
        """Read one repository."""

    def names(self, wanted: Sequence[str] = ()) -> list[str]:
        """Return the repositories, sorted, that match one of the globs; those without a glob are not looked up."""
        plain = [glob for glob in wanted if not re.search(r"[*?\[{]", glob)]
        if wanted and len(plain) == len(wanted):
            return sorted(set(plain))
        patterns = [re.compile(doublestar(glob)) for glob in wanted]
        found = {name for name in self.all_names() if not patterns or any(p.match(name) for p in patterns)}
        return sorted(found | set(plain))

    def collect(self, names: Iterable[str]) -> Iterator[Found]:
        """Yield the repositories in the order of their names, reading a few ahead."""
        waiting: deque[Future[Found]] = deque()
        try:
            for name in names:
                waiting.append(self._repositories.submit(self.repository, name))
                if len(waiting) >= 2 * self._window:
                    yield self._agreed(waiting.popleft().result())
            while waiting:
                yield self._agreed(waiting.popleft().result())
        finally:
            for left in waiting:
                left.cancel()

    def _agreed(self, found: Found) -> Found:
        self._blobs.agree(found.records)
        return found


__all__ = ["Found", "ParallelCollector", "Record"]

"""Shards of an estate: each repository belongs to one, wherever and whenever that is asked.

An indexed Kubernetes Job runs one pod for each shard; each knows its number by `JOB_COMPLETION_INDEX`.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from ...core.errors import stack_error

_VARIABLE = "JOB_COMPLETION_INDEX"


@dataclass(frozen=True)
class Shard:
    """One of `count` shards, numbered from 0."""

    index: int
    count: int

    def has(self, repository: str) -> bool:
        """Return whether a repository belongs to it."""
        return zlib.crc32(repository.encode()) % self.count == self.index


def parse(text: str, environment: Mapping[str, str] = os.environ) -> Shard:
    """Return the shard that `2/8` or `auto/8` names. Raises `StackError`."""
    found = re.fullmatch(r"(auto|\d{1,6})/(\d{1,6})", text)
    if found is None or not int(found[2]):
        raise stack_error(f"--shard {text}: write a number and how many there are, such as 0/8, or auto/8 in a Job")
    number = found[1]
    if number == "auto":
        number = environment.get(_VARIABLE, "")
        if not number.isdecimal():
            raise stack_error(f"--shard {text}: {_VARIABLE} is not set; this is for the pods of an indexed Job")
    if int(number) >= int(found[2]):
        raise stack_error(f"--shard {text}: {number} is not one of {found[2]} shards, which are numbered from 0")
    return Shard(int(number), int(found[2]))


__all__ = ["Shard", "parse"]

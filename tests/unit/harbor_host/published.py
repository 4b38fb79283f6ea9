"""The keys of the `harbor.yml` that Harbor publishes, those that it has in comments too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

PUBLISHED = Path(__file__).parents[3].parent / "shared" / "data" / "harbor-2.15-harbor.yml"
# A comment that looks like a key, and is a sentence.
_SENTENCES = ("note", "notice")


def keys() -> frozenset[str]:
    """Return the dotted paths of all keys; skips the test where the file is not there."""
    if not PUBLISHED.exists():
        pytest.skip(f"{PUBLISHED.name} of Harbor is not beside the project")
    found: set[str] = set()
    above: list[tuple[int, str]] = []
    for line in PUBLISHED.read_text().splitlines():
        # Each # of a commented key is followed by one space; what is left of the key is its depth.
        bare = re.sub(r"#+ ?", "", line, count=0) if re.match(r"[\s#]*[A-Za-z_0-9]+:(?:\s|$)", line) else ""
        match = re.match(r"(\s*)([A-Za-z_0-9]+):(?:\s|$)", bare)
        if match is None or match[2].lower() in _SENTENCES:
            continue
        depth = len(match[1])
        while above and above[-1][0] >= depth:
            above.pop()
        above.append((depth, match[2]))
        found.add(".".join(name for _, name in above))
    return frozenset(found)


def said(tree: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """Yield the dotted paths of all keys of a rendered file."""
    for key, value in tree.items():
        yield f"{before}{key}"
        if isinstance(value, Mapping) and f"{before}{key}" != "trace.attributes":
            yield from said(value, f"{before}{key}.")

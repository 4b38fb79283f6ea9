"""HTTP headers by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..core.errors import Mistake

# What the registry itself says in its responses; a second value would contradict it.
OWN = frozenset(
    [
        "connection",
        "content-length",
        "content-range",
        "content-type",
        "docker-content-digest",
        "docker-distribution-api-version",
        "docker-upload-uuid",
        "etag",
        "location",
        "range",
        "transfer-encoding",
        "www-authenticate",
    ]
)


def repeated_names(names: Iterable[str], at: str = "headers") -> Iterator[Mistake]:
    """Yield a mistake for each header that is named twice in different cases."""
    seen: dict[str, str] = {}
    for name in names:
        if name.lower() in seen:
            yield Mistake(at, f"names {seen[name.lower()]!r} and {name!r}, which are one header; keep one of them")
        seen.setdefault(name.lower(), name)


def own_names(names: Iterable[str], at: str = "headers") -> Iterator[Mistake]:
    """Yield a mistake for each response header that the registry sets itself."""
    for name in names:
        if name.lower() in OWN:
            yield Mistake(at, f"sets {name!r}, which the registry sets itself; remove it")

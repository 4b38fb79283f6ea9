"""The order in which artifacts are deleted: whenever it stops, nothing that is left refers to what is gone.

An index goes before its manifests. What refers to a subject goes after it, so that a signature never goes while its
image stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .plan import Doomed


def waves(doomed: Sequence[Doomed]) -> list[list[Doomed]]:
    """Return the artifacts of one repository in waves: all of a wave may go at once, each wave after the one before."""
    of = {item.digest: item for item in doomed}
    after = _edges(of, subjects=True)
    found, left = _peel(of, after)
    if left:
        # An index may be about a signature of one of its own manifests. Manifests count more than signatures.
        more, _ = _peel(left, _edges(left, subjects=False))
        found += more
    return found


def _edges(of: Mapping[str, Doomed], *, subjects: bool) -> dict[str, set[str]]:
    """Return for each artifact what has to go before it."""
    before: dict[str, set[str]] = {digest: set() for digest in of}
    for item in of.values():
        for child in item.children:
            if child in before:
                before[child].add(item.digest)
        if subjects and item.subject in before:
            before[item.digest].add(item.subject)
    return before


def _peel(of: Mapping[str, Doomed], before: Mapping[str, set[str]]) -> tuple[list[list[Doomed]], dict[str, Doomed]]:
    waiting = {digest: len(others) for digest, others in before.items()}
    following: dict[str, list[str]] = {}
    for digest, others in before.items():
        for other in others:
            following.setdefault(other, []).append(digest)
    ready = sorted(digest for digest, number in waiting.items() if not number)
    found: list[list[Doomed]] = []
    left = dict(of)
    while ready:
        found.append([left.pop(digest) for digest in ready])
        new = []
        for digest in ready:
            for other in following.get(digest, ()):
                waiting[other] -= 1
                if not waiting[other]:
                    new.append(other)
        ready = sorted(new)
    return found, left


__all__ = ["waves"]

"""GitHub's container registry: it has no policy of its own; modelled is the action `delete-package-versions` 5.

Source: the action's documentation. A version is a digest with all its tags. The action knows nothing of indexes: their
manifests are versions without a tag, and go as such, which breaks the image.
"""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from ..inventory import UNKNOWN, Inventory
from ..native import Reader
from ..verdicts import DELETE, KEEP, Verdicts
from . import by_tag

_KEYS: Final = (
    "package-name", "package-type", "owner", "token", "num-old-versions-to-delete", "min-versions-to-keep",
    "ignore-versions", "delete-only-pre-release-versions", "delete-only-untagged-versions",
)  # fmt: skip
_MOST: Final = 100


def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:  # noqa: ARG001 - age plays no part
    """Return what a run of the action deletes, with its inputs as the policy. Raises `StackError`."""
    reader = Reader()
    body = {str(key).replace("_", "-"): item for key, item in reader.mapping(policy, "").items()}
    reader.only(body, "", _KEYS)
    keep = _number(reader, body.get("min-versions-to-keep", -1), "min-versions-to-keep", -1, 2**31 - 1)
    most = _number(reader, body.get("num-old-versions-to-delete", 1), "num-old-versions-to-delete", 1, _MOST)
    untagged = _flag(reader, body.get("delete-only-untagged-versions", False), "delete-only-untagged-versions")
    pre = _flag(reader, body.get("delete-only-pre-release-versions", False), "delete-only-pre-release-versions")
    ignored = body.get("ignore-versions")
    pattern = None if ignored in (None, "") else by_tag.linear(reader, ignored, "ignore-versions")
    if pre and untagged:
        reader.wrong("delete-only-pre-release-versions", "is for other package types, and excludes the untagged ones")
    if keep >= 0 and "num-old-versions-to-delete" in body:
        reader.wrong("num-old-versions-to-delete", "is not used beside min-versions-to-keep; remove one of them")
    reader.finish("the inputs of delete-package-versions")
    verdicts = Verdicts.keeping(inventory, ["action"], "it is among the versions to keep, or left out")
    if not len(inventory):
        return verdicts.finish()
    chosen = ~inventory.tagged if untagged else np.ones(len(inventory), dtype=bool)
    if pattern is not None:
        chosen &= ~inventory.of_tags(by_tag.matches(inventory, pattern, whole=False))
        chosen &= ~inventory.digest.str.contains(pattern).fill_null(value=False).to_numpy()
    if pre:
        chosen &= inventory.of_tags(by_tag.matches(inventory, r"-(?:alpha|beta|rc|pre)", whole=False))
    chosen &= inventory.pushed != UNKNOWN
    ranks = inventory.ranks(chosen, inventory.newest_first(inventory.pushed, "pushed"))
    counts = np.bincount(inventory.repository[chosen], minlength=len(inventory.repositories))[inventory.repository]
    going = chosen & ((ranks > keep) if keep >= 0 else (ranks > counts - most))
    verdicts.set(going, DELETE, "it is one of the oldest versions, number {n} of the newest", rule=0, number=ranks)
    verdicts.set(chosen & ~going, KEEP, "it is number {n} of the newest versions", rule=0, number=ranks)
    alive = ~verdicts.deleted()
    broken = np.zeros(len(inventory), dtype=bool)
    broken[inventory.child[alive[inventory.parent]]] = True
    lost = int((broken & ~alive).sum())
    if lost:
        verdicts.warnings.append(f"{lost} manifests of indexes that stay are deleted: those images break")
    return verdicts.finish()


def _number(reader: Reader, value: Any, path: str, least: int, most: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,10}", value):
        value = int(value)
    return reader.whole(value, path, least, most)


def _flag(reader: Reader, value: Any, path: str) -> bool:
    if value in ("true", "false"):
        value = value == "true"
    return reader.flag(value, path)


__all__ = ["simulate"]

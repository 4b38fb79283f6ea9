"""CNCF Distribution: `registry garbage-collect`, which sweeps what no tag leads to if it is told so.

Source: distribution's documentation on garbage collection and its code. Without `--delete-untagged` every manifest
stays, and blobs that no manifest names go.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..inventory import Inventory
from ..native import Reader
from ..verdicts import DELETE, KEEP, Verdicts


def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:  # noqa: ARG001 - age plays no part
    """Return what the sweep deletes. The policy is `{"delete_untagged": true, "dry_run": false}`."""
    reader = Reader()
    body = {str(key).replace("-", "_"): value for key, value in reader.mapping(policy, "").items()}
    reader.only(body, "", ("delete_untagged", "dry_run"))
    untagged = reader.flag(body.get("delete_untagged", False), "delete_untagged")
    dry_run = reader.flag(body.get("dry_run", False), "dry_run")
    reader.finish("the garbage collection")
    verdicts = Verdicts.keeping(inventory, ["delete-untagged"], "a tag leads to it")
    if not untagged:
        verdicts.set(np.ones(len(inventory), dtype=bool), KEEP, "without --delete-untagged every manifest stays")
        return verdicts.finish()
    held = inventory.held_by(inventory.tagged)
    verdicts.set(held & ~inventory.tagged, KEEP, "an index that a tag leads to refers to it")
    going = ~inventory.tagged & ~held
    verdicts.set(going & ~inventory.referrer, DELETE, "no tag leads to it", rule=0)
    # The referrers API is not implemented: a referrer without a tag is like any manifest without one.
    verdicts.set(going & inventory.referrer, DELETE, "no tag leads to it, and its subject {other} does not hold it",
                 rule=0, other=inventory.subject)  # fmt: skip
    if (going & inventory.referrer).any():
        verdicts.warnings.append("referrers without a tag (signatures, SBOMs) go with --delete-untagged")
    if dry_run:
        verdicts.set(verdicts.deleted(), KEEP, "a dry run deletes nothing; the collection would")
        verdicts.warnings.append("it is a dry run: nothing is deleted")
    return verdicts.finish()


__all__ = ["simulate"]

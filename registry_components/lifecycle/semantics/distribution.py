"""CNCF Distribution: `registry garbage-collect`, which sweeps what no tag leads to if it is told so.

Source: distribution's documentation on garbage collection and its code; proven on the real registry's files. Without
`--delete-untagged` every manifest stays, and blobs that no manifest names go.

What is marked is marked by its digest, for all repositories: a manifest without a tag stays as long as any repository
holds the same one, or names it in an index. A repository that never had a tag keeps the links to its manifests, whose
content goes all the same. Of what an index names and nobody has, an inventory says nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from ..inventory import Bools, Inventory, Rows
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
    visited = held | inventory.tagged
    named, lost = _named(inventory, visited)
    same = (_some(inventory, visited | named) >= 0) & ~visited
    verdicts.set(same, KEEP, "another repository holds the same digest, and marks are by digest")
    if lost.any():
        verdicts.warnings.append(
            f"{int(lost.sum())} manifests may lose their layers, such as {inventory.name(int(lost.argmax()))}: "
            "an index in another repository names them and does not have them; delete that index first"
        )
    going = ~visited & ~same
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


def _some(inventory: Inventory, marked: Bools) -> Rows:
    """Return for each row one that is marked and has the same digest, be it itself, or -1."""
    frame = pl.DataFrame({"digest": inventory.digest, "row": np.arange(len(inventory), dtype=np.int32)})
    some = frame.filter(pl.Series(marked)).unique("digest", keep="first", maintain_order=True)
    found = frame.join(some, on="digest", how="left", maintain_order="left")["row_right"]
    return found.fill_null(-1).to_numpy()


def _named(inventory: Inventory, visited: Bools) -> tuple[Bools, Bools]:
    """Return which rows an index that is visited anywhere names, and which of them it names where they are not.

    A manifest that is named where it is not is marked and never looked into: its layers go.
    """
    none = np.zeros(len(inventory), dtype=bool)
    if not len(inventory.child):
        return none, none
    some = _some(inventory, visited)
    copies = np.bincount(some[visited], minlength=len(inventory))
    index = some[inventory.parent]
    known = index >= 0
    parent, child, index = inventory.parent[known], inventory.child[known], index[known]
    named = none.copy()
    named[child] = True
    edges = pl.DataFrame(
        {"index": index, "digest": inventory.digest.gather(child), "here": visited[parent], "copies": copies[index]}
    )
    there = edges.select((pl.col("here").sum().over("index", "digest") < pl.col("copies")).alias("away"))["away"]
    lost = none.copy()
    lost[child[there.to_numpy()]] = True
    return named, lost & ~inventory.tagged


__all__ = ["simulate"]

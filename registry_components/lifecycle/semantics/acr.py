"""Azure Container Registry's retention policy: manifests that have had no tag for some days go.

Source: Microsoft Learn, "Set a retention policy for untagged manifests". The clock starts when the last tag goes; only
what loses its tag after the policy was enabled is subject. An inventory that does not say when that was
(`untagged_at`) is judged by the manifest's push.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ..inventory import DAY, UNKNOWN, Inventory, microseconds
from ..native import Reader, below
from ..parts import in_parts
from ..verdicts import DELETE, KEEP, Verdicts
from .guards import by_manifest, settle

_DEFAULT_DAYS = 7


def parse(policy: Any) -> tuple[bool, int, int, int | None]:
    """Return whether it is enabled, its days, since when (or `UNKNOWN`), and soft delete's days. Raises `StackError`.

    Taken is `policies` of a registry's body, or `retentionPolicy` or what stands in it.
    """
    reader = Reader()
    body: Mapping[str, Any] = reader.mapping(policy, "")
    path, soft = "", None
    if isinstance(body.get("policies"), Mapping):
        body, path = body["policies"], "policies"
    deleted = body.get("softDeletePolicy")
    if isinstance(deleted, Mapping) and deleted.get("status") == "enabled":
        here = below(path, "softDeletePolicy.retentionDays")
        soft = reader.whole(deleted.get("retentionDays", _DEFAULT_DAYS), here, 1, 90)
    if "retentionPolicy" in body or deleted is not None:
        path = below(path, "retentionPolicy")
        body = reader.mapping(body.get("retentionPolicy") or {"status": "disabled"}, path)
    reader.only(body, path, ("days", "status", "lastUpdatedTime", "softDeletePolicy"))
    enabled = reader.text(body.get("status", "enabled"), below(path, "status"), ("enabled", "disabled")) == "enabled"
    days = reader.whole(body.get("days", _DEFAULT_DAYS), below(path, "days"), 0, 365)
    if enabled and soft is not None:
        reader.wrong(below(path, "status"), "retention and soft delete exclude each other; keep one of them")
    since = UNKNOWN
    if body.get("lastUpdatedTime") is not None:
        text = reader.text(body["lastUpdatedTime"], below(path, "lastUpdatedTime"))
        try:
            found = datetime.fromisoformat(text)
            since = microseconds(found if found.tzinfo else found.replace(tzinfo=UTC))
        except ValueError:
            reader.wrong(below(path, "lastUpdatedTime"), f"{text[:40]!r} is not a time")
    reader.finish("the retention policy")
    return enabled, days, since, soft


@in_parts
def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    """Return what the retention policy deletes. Raises `StackError` where ACR would not take it."""
    enabled, days, since, _ = parse(policy)
    verdicts = Verdicts.keeping(
        inventory, ["retention"], "the retention policy is disabled" if not enabled else "it is tagged"
    )
    if not enabled:
        return verdicts.finish()
    untagged = ~inventory.tagged
    known = inventory.untagged_at != UNKNOWN
    times = np.where(known, inventory.untagged_at, inventory.pushed)
    timed = times != UNKNOWN
    age = np.where(timed, now - np.where(timed, times, now), 0)
    number = (age // DAY).astype(np.int32)
    told = f"untagged for {{n}} days, and the policy is for more than {days}"
    verdicts.set(untagged, KEEP, told, rule=0, number=number)
    old = untagged & timed & (age > days * DAY)
    verdicts.set(old, DELETE, told, rule=0, number=number)
    verdicts.set(old & (times < since), KEEP, "it lost its tag before the policy was enabled")
    verdicts.set(untagged & inventory.locked, KEEP, "it is locked")
    settle(verdicts, follows=by_manifest(inventory), stays=inventory.locked)
    return verdicts.finish()


__all__ = ["parse", "simulate"]

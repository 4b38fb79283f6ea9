"""What can be said of blob stores, of what goes, and of what frees space."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...blocks.storage import Storage
from ...core.args import Args
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from ...storage.for_nexus import nexus_mistakes
from .named import Named
from .words import Cron, Email, time_of_day

# Cleanup policies are applied by a task that Nexus itself has, `Cleanup service`, at 0 0 1 * * ?.
_CLEANUP_MINUTE = 60


class SoftQuota(Args):
    """A limit at which Nexus warns; it goes on all the same."""

    kind: Literal["space_used", "space_remaining"]
    """Whether it is about what is used, or what is left."""
    limit_mb: int = Field(ge=1)
    """Megabytes."""


def _storage(store: BlobStore) -> Iterable[Mistake]:
    for mistake in nexus_mistakes(store.storage, name=store.name or "name"):
        yield Mistake(f"storage.{mistake.path}", mistake.message)


class BlobStore(Named):
    """Where repositories keep their blobs."""

    checks: ClassVar[Any] = (_storage,)
    stand_ins: ClassVar = {"storage": {"kind": "filesystem", "directory": "/nexus-data/blobs"}}

    storage: Storage
    """A bucket of S3, Azure (Pro alone) or Google (Pro alone), or a directory of Nexus' machine, below which it makes
    one of its own."""
    soft_quota: SoftQuota | None = None
    """When Nexus warns. Default: never."""


def _criteria(policy: CleanupPolicy) -> Iterable[Mistake]:
    names = ("last_updated_days", "last_downloaded_days", "asset_regex")
    if all(getattr(policy, name) is None for name in names):
        yield Mistake("", f"would remove everything; give one of {', '.join(names)}")
    regex = policy.asset_regex
    if regex is not None and not (regex.startswith(("^", ".*")) and regex.endswith(("$", ".*"))):
        # Nexus matches the whole path on one database and a part of it on another.
        yield Mistake("asset_regex", f"{regex!r} has to begin with ^ or .* and end with $ or .*; databases differ")


class CleanupPolicy(Named):
    """What goes, in Nexus' terms: a tag for which all of it holds."""

    checks: ClassVar[Any] = (_criteria,)

    notes: str = Field("", max_length=400)
    """What it is for. Default: nothing."""
    last_updated_days: int | None = Field(None, ge=1, le=24_855)
    """Pushed more than that many days ago."""
    last_downloaded_days: int | None = Field(None, ge=1, le=24_855)
    """Pulled, or pushed if never pulled, more than that many days ago."""
    asset_regex: str | None = None
    """A regular expression that the path of its manifest has to match, `^/?v2/shop/api/manifests/dev-.*$`."""


def _order(tasks: SpaceTasks) -> Iterable[Mistake]:
    before = ("cleanup (Nexus' own, at 0 0 1 * * ?)", _CLEANUP_MINUTE)
    for name in ("gc_schedule", "upload_purge_schedule", "compact_schedule"):
        minute = time_of_day(getattr(tasks, name))
        if minute is None:
            return
        if minute <= before[1]:
            yield Mistake(name, f"is not after {before[0]}: it would find nothing to free; move it behind that")
            return
        before = (name, minute)


class SpaceTasks(CheckedArgs):
    """The tasks without which nothing that is removed frees any space (rule 23), one after another."""

    checks: ClassVar[Any] = (_order,)

    kind: Literal["scheduled"] = "scheduled"
    gc_schedule: Cron = "0 0 2 * * ?"
    """When manifests and layers that no tag needs are marked: cron expression of Quartz, in Nexus' time zone.
    Default: at 2, an hour after cleanup policies are applied."""
    upload_purge_schedule: Cron = "0 0 3 * * ?"
    """When uploads that were broken off go. Default: at 3."""
    compact_schedule: Cron = "0 0 4 * * ?"
    """When blob stores give back what is marked. Default: at 4."""
    deploy_offset_hours: int = Field(24, ge=1, le=8760)
    """What was pushed in that time is left alone. Default: 24."""
    upload_age_hours: int = Field(24, ge=1, le=8760)
    """Uploads younger than that are left alone. Default: 24."""
    blobs_older_than_days: int | None = Field(None, ge=0, le=36_500)
    """Blobs that were marked later stay, and can be restored. Default: none stays."""
    alert_email: Email | None = None
    """Who is told when a task fails. Default: nobody."""


class ElsewhereTasks(Args):
    """Somebody else has made these tasks."""

    kind: Literal["elsewhere"]


Tasks: TypeAlias = Annotated[SpaceTasks | ElsewhereTasks, Field(discriminator="kind")]

__all__ = ["BlobStore", "CleanupPolicy", "ElsewhereTasks", "SoftQuota", "SpaceTasks", "Tasks"]

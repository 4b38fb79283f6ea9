"""What Velero is told by the pods' annotations, so that a backup of the namespace holds what a Harbor is made of again.

Velero 1.9 and later: https://velero.io/docs/latest/backup-hooks/ and .../file-system-backup/; which volumes Harbor
itself wants saved: https://goharbor.io/docs/2.13.0/administration/backup-restore/.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ..blocks.storage import VolumeStorage
from ..core.args import Args
from ..core.errors import Mistake, dotted
from .database import InternalDatabase
from .holding import logs_to_files, part
from .redis import InternalRedis
from .volumes import Claims

if TYPE_CHECKING:
    from .args import HarborRegistryArgs

VOLUMES = "backup.velero.io/backup-volumes"
EXCLUDED = "backup.velero.io/backup-volumes-excludes"
BEFORE = "pre.hook.backup.velero.io"
DUMP = "backup/registry.dump"
"""Where the dump of the internal database is, below PGDATA: in the volume, beside the database's own files."""

# Files of a database that runs are no backup of it: they are read one after another while it writes. The name changes
# once the dump is whole, so that a backup never holds half of one. The image (make/photon/db of goharbor/harbor) has
# the programs there, and the chart gives it the password.
_DUMP = f"""set -eu
umask 077
mkdir -p "$PGDATA/backup"
PATH="$PATH:/usr/pgsql/15/bin" PGPASSWORD="${{POSTGRES_PASSWORD:-}}" pg_dump --no-password --host 127.0.0.1 \\
  --username postgres --format custom --file "$PGDATA/{DUMP}.new" registry
mv "$PGDATA/{DUMP}.new" "$PGDATA/{DUMP}"
"""


class VeleroBackup(Args):
    """Backups by Velero: a dump of the internal database before each, and the volumes that are saved."""

    volumes: Literal["file_system", "snapshot"] = "file_system"
    """How volumes are saved: their files, by Velero's agent on the nodes, or `snapshot`s of the storage driver, which
    Velero makes of all. Default: file_system."""
    dump_timeout_seconds: int = Field(600, ge=10, le=86_400)
    """How long the dump may take; Velero's own default of 30 seconds is short for it. Default: 600."""
    on_error: Literal["fail", "continue"] = "fail"
    """What becomes of a backup whose dump fails. Default: it fails."""


def dump_command() -> list[str]:
    """Return the command that dumps the internal database; it runs in the database's container."""
    return ["/bin/sh", "-c", _DUMP]


def saved(args: HarborRegistryArgs) -> dict[str, str]:
    """Return what a backup has to hold: the volumes' names in the chart's pods, by part."""
    if not isinstance(args.volumes, Claims):
        return {}
    found = {}
    if isinstance(args.database, InternalDatabase):
        found["database"] = "database-data"
    if args.storage is None or isinstance(args.storage, VolumeStorage):
        found["registry"] = "registry-data"
    if logs_to_files(args):
        found["jobservice"] = "job-logs"
    return found


def pod_annotations(args: HarborRegistryArgs) -> dict[str, dict[str, str]]:
    """Return the annotations of pods, by part."""
    backup = args.backup
    if backup is None:
        return {}
    found: dict[str, dict[str, str]] = {name: {} for name in saved(args)}
    if backup.volumes == "file_system":
        for name, volume in saved(args).items():
            found[name][VOLUMES] = volume
        # Sessions and queues that are older than the database would be worse than none; Trivy downloads its own again.
        if isinstance(args.redis, InternalRedis):
            found["redis"] = {EXCLUDED: "data"}
        if part(args, "trivy") is not None:
            found["trivy"] = {EXCLUDED: "data"}
    if "database" in found:
        found["database"] |= {
            f"{BEFORE}/container": "database",
            f"{BEFORE}/command": json.dumps(dump_command()),
            f"{BEFORE}/on-error": backup.on_error.capitalize(),
            f"{BEFORE}/timeout": f"{backup.dump_timeout_seconds}s",
        }
    return {name: each for name, each in found.items() if each}


def backup_mistakes(args: HarborRegistryArgs) -> Iterable[Mistake]:
    """Yield what is wrong with backups."""
    backup = args.backup
    if backup is None:
        return
    held = saved(args)
    if not held.keys() & {"database", "registry"}:
        yield Mistake(
            "backup",
            "finds nothing to save: database and images are outside of the cluster; back them up there, and remove it",
        )
        return
    if "database" not in held:
        for name in ("dump_timeout_seconds", "on_error"):
            if name in backup.model_fields_set:
                yield Mistake(
                    dotted(("backup", name)), "is of the dump of an internal database, and it is external; remove it"
                )
    for name, set_here in pod_annotations(args).items():
        path = {"database": "database.pod", "redis": "redis.pod"}.get(name, name)
        pod = getattr(args, name).pod if name in ("database", "redis") else part(args, name)
        for key in sorted(pod.pod_annotations.keys() & set_here.keys()):
            yield Mistake(dotted((*path.split("."), "pod_annotations", key)), "is what backup sets; remove one of them")


__all__ = ["VeleroBackup", "backup_mistakes", "dump_command", "pod_annotations", "saved"]

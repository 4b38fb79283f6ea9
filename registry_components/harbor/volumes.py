"""The volumes of Harbor's parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..kubernetes.serving.words import Annotations, Line, ObjectName, StorageSize


def _existing(args: Claim) -> Iterable[Mistake]:
    if args.existing_claim is not None:
        for name in ("storage_class", "size", "annotations"):
            if getattr(args, name):
                yield Mistake(name, "is for a new volume, and existing_claim names one that exists; remove one")
    if args.sub_path is not None and (args.sub_path.startswith("/") or ".." in args.sub_path.split("/")):
        yield Mistake("sub_path", f"{args.sub_path!r} is not a path in the volume; write it as 'harbor/registry'")


class Claim(CheckedArgs):
    """One volume; it outlives the release."""

    checks: ClassVar[tuple[Check, ...]] = (_existing,)

    existing_claim: ObjectName | None = None
    """A claim that exists. Default: a new one."""
    storage_class: ObjectName | Literal["-"] | None = None
    """The StorageClass; `-` for a volume that somebody else has made ready. Default: the cluster's default class."""
    sub_path: Line | None = None
    """A folder in the volume, where others use it too. Default: all of it."""
    access_mode: Literal["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"] = "ReadWriteOnce"
    """From how many nodes or pods it is written. Default: ReadWriteOnce."""
    size: StorageSize | None = None
    """Its size. Default: 5Gi for images and for Trivy's databases, 1Gi for the others, as the chart has it."""
    annotations: Annotations = {}
    """Annotations of the claim. Default: none."""

    @property
    def shared(self) -> bool:
        """Whether pods of several nodes can have it at once."""
        return self.access_mode == "ReadWriteMany"


class Claims(Args):
    """A volume for each part that needs one."""

    kind: Literal["claims"] = "claims"
    registry: Claim = Claim()
    """Images, where `storage` says nothing else. Default: a new claim of 5Gi."""
    job_logs: Claim = Claim()
    """Logs of jobs, with the logger `file`. Default: a new claim of 1Gi."""
    database: Claim = Claim()
    """The internal database. Default: a new claim of 1Gi."""
    redis: Claim = Claim()
    """The internal Redis. Default: a new claim of 1Gi."""
    trivy: Claim = Claim()
    """Trivy's databases of vulnerabilities. Default: a new claim of 5Gi."""


class NoVolumes(Args):
    """No volume at all: images, database, Redis and logs of jobs are elsewhere."""

    kind: Literal["none"] = "none"


Volumes: TypeAlias = Annotated[Claims | NoVolumes, Field(discriminator="kind")]

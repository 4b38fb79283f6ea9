"""What schedules of this library have in common: a CronJob whose pods ask registries, and what of it cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from ..core import tags
from ..core.args import MaybeOutput
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake, dotted
from ..core.names import ImageReference
from ..core.validated import validated
from .words import Name, Namespace, label_mistakes

_NAME: Final = r"[a-z0-9](?:[-a-z0-9]{0,50}[a-z0-9])?"
_OWN: Final = frozenset({tags.MANAGED_BY, tags.PROJECT, tags.STACK, tags.COMPONENT})
_LOOPBACK: Final = re.compile(r"(?:localhost|127(?:\.[0-9]+){3}|\[::1\])(?::[0-9]+)?")


def check_image(text: str) -> str | None:
    """Check the image that runs: it says which, and not whichever is newest."""
    try:
        image = ImageReference.parse(text)
    except ValueError as error:
        return str(error)
    if image.digest is None and image.tag is None:
        return f"{text!r} has neither tag nor digest, so it would be whatever is newest; add one"
    if image.digest is None and image.tag == "latest":
        return f"{text!r} is whatever is newest; name a version or a digest"
    return None


def check_job_name(name: str) -> str | None:
    """Check a CronJob's name: its Jobs' names are 11 characters longer, and have 63 (batch/v1)."""
    if re.fullmatch(_NAME, name):
        return None
    return f"{name!r} is not a CronJob's name; it has 1 to 52 lower-case letters, digits and - inside"


def own_pod(server: Any, path: str) -> Iterable[Mistake]:
    """Yield the mistake of a server that a pod would look for in itself."""
    if isinstance(server, str) and _LOOPBACK.fullmatch(server):
        yield Mistake(path, f"{server!r} is the pod itself; give the name that the cluster reaches it by")


def times(args: Runs) -> Iterable[Mistake]:
    """Yield what is wrong between the times."""
    if args.deadline_minutes * 60 <= args.stop_seconds:
        yield Mistake("stop_seconds", "is as long as a run may take; lower it, or raise deadline_minutes")


def marks(args: ScheduledArgs) -> Iterable[Mistake]:
    """Yield what is wrong with labels and annotations."""
    yield from label_mistakes(args.labels, "labels")
    yield from label_mistakes(args.annotations, "annotations", values=False)
    yield from label_mistakes(args.node_selector, "node_selector")
    for key in sorted(_OWN & set(args.labels)):
        yield Mistake(dotted(("labels", key)), "says who made it, which the component does itself; remove it")


class Runs(CheckedArgs):
    """How a CronJob runs, and what its Jobs may take."""

    checks: ClassVar[tuple[Check, ...]] = (times,)

    suspend: bool = False
    """Start no further runs. Default: false."""
    retries: int = Field(default=3, ge=0, le=100)
    """How often a run that failed is tried again. Default: 3."""
    deadline_minutes: int = Field(default=360, ge=1, le=10_080)
    """How long a run may take with its retries; the next one goes on with what is left. Default: 6 hours."""
    start_within_minutes: int = Field(default=60, ge=1, le=1440)
    """How late a run may start where the cluster was down at its time. Default: 60."""
    stop_seconds: int = Field(default=60, ge=5, le=3600)
    """How long a pod that is ended may take for what is under way. Default: 60."""
    keep_finished_hours: int = Field(default=168, ge=1, le=8760)
    """How long a finished Job is kept with its pods and logs. Default: a week."""
    keep_succeeded: int = Field(default=3, ge=0, le=100)
    """How many Jobs that succeeded are kept. Default: 3."""
    keep_failed: int = Field(default=3, ge=0, le=100)
    """How many Jobs that failed are kept. Default: 3."""
    memory_mebibytes: int = Field(default=512, ge=128, le=1_048_576)
    """Memory of each container, requested and at most. Default: 512."""
    cpu_millicores: int = Field(default=250, ge=10, le=128_000)
    """CPU that each container requests, in thousandths of a core; it may use more. Default: 250."""


class ScheduledArgs(Runs):
    """A CronJob, its Jobs and their pods."""

    checks: ClassVar[tuple[Check, ...]] = (times, marks)

    namespace: MaybeOutput[Namespace]
    """The namespace; it has to be there."""
    object_name: Annotated[str, validated(check_job_name)] | None = None
    """Name of the CronJob, with which the other objects' names begin. Default: the component's name."""
    credentials_secret: MaybeOutput[Name] | None = None
    """A secret of type kubernetes.io/dockerconfigjson that is there, in the same namespace, such as one that is
    refreshed; no other login is then used. Default: one with the login that is said, if there is one."""
    user_id: int = Field(default=65532, ge=1, le=2_147_483_647)
    """The number of the user and group that the processes run as, and that volumes belong to. Default: 65532."""
    image_pull_secrets: list[Name] = []
    """Secrets to pull the images with. Default: those of the service account."""
    node_selector: dict[str, MaybeOutput[str]] = {}
    """Labels that a node has to have. Default: any node."""
    labels: dict[str, MaybeOutput[str]] = {}
    """Labels of all objects beside those that say who made them. Default: none."""
    annotations: dict[str, MaybeOutput[str]] = {}
    """Annotations of all objects. Default: none."""

"""Other registries that Harbor knows, and what it copies from and to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...core.args import Args, MaybeOutput, Secret
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from ...core.validated import Unique
from .words import Address, Cron, Key, Line, ObjectName, Pattern

RegistryKind: TypeAlias = Literal[
    "alibaba", "artifact-hub", "aws", "azure", "docker-hub", "docker-registry", "gitlab", "github", "google", "harbor",
    "huawei", "jfrog", "quay",
]  # fmt: skip
"""Kinds of registries, in the provider's words."""
PROXIED = frozenset({"aws", "azure", "docker-hub", "docker-registry", "github", "google", "harbor", "jfrog", "quay"})
"""Those that a proxy-cache project may have (Harbor's documentation, "Configure Proxy Cache", 2.15)."""
_FIXED = {"docker-hub": "https://hub.docker.com", "github": "https://ghcr.io", "artifact-hub": "https://artifacthub.io"}


def _registry(registry: ExternalRegistry) -> Iterable[Mistake]:
    fixed = _FIXED.get(registry.kind)
    if fixed is None and registry.url is None:
        yield Mistake("url", f"is required for a registry of kind {registry.kind!r}; add it")
    if fixed is not None and registry.url is not None:
        yield Mistake("url", f"is {fixed} for every registry of kind {registry.kind!r}; remove it")
    if (registry.access_id is None) != (registry.access_secret is None):
        lacking = "access_secret" if registry.access_secret is None else "access_id"
        yield Mistake(lacking, "is required together with the other; give both, or neither")
    if isinstance(registry.url, str) and registry.url.startswith("http://") and registry.access_secret is not None:
        yield Mistake("url", f"{registry.url!r} would send access_secret in the clear; write https://")


class ExternalRegistry(CheckedArgs):
    """A registry that Harbor replicates with or caches."""

    checks: ClassVar[Any] = (_registry,)
    stand_ins: ClassVar = {"kind": "docker-registry"}

    kind: RegistryKind
    """What it is."""
    url: Address | None = None
    """Where it is; not for those of one address (Docker Hub, GitHub, Artifact Hub)."""
    name: ObjectName | None = None
    """Its name in Harbor. Default: its key."""
    description: str = Field("", max_length=1024)
    """What it is. Default: none."""
    access_id: MaybeOutput[str] | None = None
    """User name, access key id, or `_json_key` for Google. Default: none, with access_secret."""
    access_secret: Secret | None = None
    """Password, token or secret key. Default: none, with access_id."""
    insecure: bool = False
    """Take any certificate. Default: false."""

    @property
    def address(self) -> Any:
        """The URL that is registered."""
        return _FIXED.get(self.kind, self.url)


class Manual(Args):
    """Somebody starts it."""

    kind: Literal["manual"]


class OnEvent(CheckedArgs):
    """Whatever is pushed, retagged or (with `deletion`) deleted is copied at once; for push alone."""

    kind: Literal["event"]


class Scheduled(Args):
    """At times."""

    kind: Literal["cron"]
    schedule: Cron
    """Cron expression of six fields, seconds (0) first, in UTC."""


Trigger: TypeAlias = Annotated[Manual | OnEvent | Scheduled, Field(discriminator="kind")]


class Filter(Args):
    """What is copied: everything that is said has to hold."""

    name: Pattern | None = None
    """Doublestar pattern of repositories, with their project. Default: all."""
    tag: Pattern | None = None
    """Doublestar pattern of tags. Default: all."""
    tag_excluded: bool = False
    """Copy all but those tags. Default: false."""
    labels: Annotated[list[Line], Unique] = []
    """Labels, all of which it has. Default: whatever it has."""
    labels_excluded: bool = False
    """Copy all but what has those labels. Default: false."""
    resource: Literal["artifact", "image"] | None = None
    """`image` leaves out charts and everything else that is no image. Default: all."""


def _rule(rule: ReplicationRule) -> Iterable[Mistake]:
    if rule.direction == "pull" and rule.trigger.kind == "event":
        yield Mistake("trigger.kind", "'event' is for push: Harbor sees no event elsewhere; use cron or manual")
    if rule.deletion and rule.trigger.kind != "event":
        yield Mistake("deletion", f"means nothing with trigger {rule.trigger.kind!r}: it follows events; remove it")
    if rule.filter.tag_excluded and rule.filter.tag is None:
        yield Mistake("filter.tag_excluded", "needs tag, which says what is left out")
    if rule.filter.labels_excluded and not rule.filter.labels:
        yield Mistake("filter.labels_excluded", "needs labels, which say what is left out")
    if rule.direction == "pull" and rule.filter.name is None:
        yield Mistake("filter.name", "is required to pull: it says which repositories; write ** for all that it lists")
    if rule.bandwidth_kbps == 0:
        yield Mistake("bandwidth_kbps", "must be at least 1, or -1 for no limit, not 0")


class ReplicationRule(CheckedArgs):
    """What is copied to or from one registry. Signatures and other referrers are not carried (2.15,
    goharbor/harbor#23210), and repositories that it makes in ECR have mutable tags (goharbor/harbor#20994)."""

    checks: ClassVar[Any] = (_rule,)
    stand_ins: ClassVar = {"registry": "other", "direction": "push", "trigger": {"kind": "manual"}}

    registry: Key
    """The other registry, by its key in `registries`."""
    direction: Literal["push", "pull"]
    """From here to there, or from there to here."""
    trigger: Trigger
    """What starts it."""
    name: ObjectName | None = None
    """Its name. Default: its key."""
    description: str = Field("", max_length=1024)
    """What it is for. Default: none."""
    filter: Filter = Filter()
    """What is copied. Default: everything."""
    destination: Line | None = None
    """Project or namespace of the copies. Default: as at the source."""
    flatten_levels: int = Field(0, ge=-1, le=3)
    """How many parts of a repository's name `destination` takes the place of; -1 for all but the last, 0 for none.
    Default: 0."""
    bandwidth_kbps: int = Field(-1, ge=-1, le=10_000_000)
    """Kilobits in a second for each copy; -1 for no limit. Default: -1."""
    override: bool = True
    """Move a tag that is there already. Default: true."""
    deletion: bool = False
    """Delete there what is deleted here; for trigger `event`. Default: false."""
    copy_by_chunk: bool = False
    """Copy large layers in chunks. Default: false."""
    enabled: bool = True
    """Whether it runs. Default: true."""


__all__ = ["PROXIED", "ExternalRegistry", "Filter", "ReplicationRule"]

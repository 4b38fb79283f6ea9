"""What you say of a repository of Artifact Registry, and what of it cannot be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..blocks.access import Access
from ..blocks.caching import CacheUpstream
from ..blocks.lifecycle import LifecyclePolicy
from ..blocks.network import Network
from ..blocks.replication import ReplicateTo
from ..blocks.scanning import Scanning
from ..core.args import Args
from ..core.checked import CheckedArgs
from ..core.endpoint import DOCKER_HUB_SERVERS
from ..core.errors import Mistake, StackError
from ..core.validated import validated
from ..lifecycle import choice
from .formats import (
    AnyFormat,
    CustomUpstream,
    DockerHubUpstream,
    DockerRemote,
    DockerStandard,
    GarFormat,
    GarUpstreamCredentials,
    Remote,
    RepositoryUpstream,
    Virtual,
    empty,
)
from .lifecycle import AnyGarLifecycle, GarCleanupPolicy, GarLifecycle, from_unified
from .rules import GarDownloadRule, RuleId, check_rules
from .words import (
    KMS_KEY,
    MULTI_REGIONS,
    REPOSITORY_NAME,
    ROLES,
    Key,
    KmsKey,
    LabelKey,
    LabelValue,
    Location,
    Member,
    ProjectId,
    RepositoryId,
    RepositoryName,
    Role,
    check_member,
    check_repository_name,
    check_upstream_host,
    folded,
)

MOST_LABELS = 64
OWN_LABELS = 4
"""How many labels the component adds: those that say who made it."""
SCANNED = ("docker", "maven", "npm", "python", "go")
"""Formats whose artifacts Artifact Analysis looks into."""


class GarEncryption(Args):
    """Encryption by a key of yours; it is chosen when the repository is made."""

    key: KmsKey
    """Its name: `projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY`, in the repository's location."""
    grant_access: bool = True
    """Let Artifact Registry's service agent use the key. Default: true."""


class GarCondition(Args):
    """When a role holds, in Common Expression Language."""

    title: str = Field(min_length=1, max_length=100)
    """What it says, in a few words."""
    expression: str = Field(min_length=1)
    """The expression: `request.time < timestamp("2027-01-01T00:00:00Z")`."""
    description: str | None = None
    """More on it. Default: nothing."""


class GarRole(Args):
    """A role of your choice for a principal, beside what `access` says."""

    role: Role
    """Its name: `roles/artifactregistry.reader`."""
    principal: Member
    """Who gets it, in IAM's words."""
    condition: GarCondition | None = None
    """When it holds. Default: always."""


def _deletion(args: GarRepositoryArgs) -> Iterable[Mistake]:
    if args.deletion == "destroy" and not args.empty_on_delete:
        yield Mistake(
            "empty_on_delete", "is required too to remove artifacts on destroy; set it to true, or remove deletion"
        )
    if args.empty_on_delete and args.deletion != "destroy":
        yield Mistake(
            "deletion", "must be 'destroy' too to remove artifacts on destroy; set it, or remove empty_on_delete"
        )
    if args.import_ is not None and args.deletion == "destroy":
        yield Mistake(
            "deletion", "'destroy' is refused while the repository is adopted; remove import_ once it is adopted"
        )


def _adoption(args: GarRepositoryArgs) -> Iterable[Mistake]:
    found = REPOSITORY_NAME.fullmatch(args.import_) if isinstance(args.import_, str) else None
    if found is None:
        return
    given = {"repository": ("repository_id", args.repository_id), "location": ("location", args.location)}
    if isinstance(args.project, str):
        given["project"] = ("project", args.project)
    for part, (path, value) in given.items():
        if found[part] != value:
            yield Mistake(
                "import_",
                f"names {part} {found[part]!r}, and {path} is {value!r}; set {path} to {found[part]!r}, or name the "
                "repository that is meant",
            )


def _labels(args: GarRepositoryArgs) -> Iterable[Mistake]:
    most = MOST_LABELS - OWN_LABELS
    extra = len(args.labels) - most
    if extra > 0:
        yield Mistake(
            "labels", f"has {most + extra} entries, and a repository takes {most} beside its own; remove {extra}"
        )


def _caching(args: GarRepositoryArgs) -> Iterable[Mistake]:
    cache = args.caching
    if cache is None:
        return
    if args.format != DockerStandard():
        yield Mistake(
            "caching",
            f"makes a repository of kind 'docker-remote', and format says {args.format.kind!r}; remove one of them",
        )
    mistake = check_upstream_host(cache.upstream)
    if mistake:
        yield Mistake("caching.upstream", mistake)
    if cache.credentials is not None and empty(cache.credentials.password):
        yield Mistake(
            "caching.credentials.password",
            "is empty; give the password or token, or remove credentials for anonymous pulls",
        )
    if cache.upstream_prefix is not None:
        yield Mistake(
            "caching.upstream_prefix",
            "cannot be narrowed: Artifact Registry caches what is asked for of the whole upstream; remove it",
        )


def _access(args: GarRepositoryArgs) -> Iterable[Mistake]:
    mode = "remote" if args.caching is not None else args.format.mode
    for level in ("pull", "push", "admin"):
        seen: set[str] = set()
        for i, principal in enumerate(getattr(args.access, level)):
            if not isinstance(principal, str):
                continue
            mistake = check_member(principal)
            if mistake:
                yield Mistake(f"access.{level}[{i}]", mistake)
            elif folded(principal) in seen:
                yield Mistake(f"access.{level}[{i}]", f"{principal!r} is there already; name it once")
            seen.add(folded(principal))
    if args.access.push and mode == "remote":
        yield Mistake("access.push", "nobody pushes to a remote repository; grant pull, and remove it")
    if args.access.push and mode == "virtual":
        yield Mistake("access.push", "nobody pushes to a virtual repository; grant it on the repositories behind it")


def _roles(args: GarRepositoryArgs) -> Iterable[Mistake]:
    # Two resources for one grant: whichever goes first takes it away from the other.
    given: dict[tuple[str, str, str | None], str] = {}
    for level, role in ROLES.items():
        for i, principal in enumerate(getattr(args.access, level)):
            if isinstance(principal, str):
                given.setdefault((role, folded(principal), None), f"access.{level}[{i}]")
    for key, said in sorted(args.roles.items()):
        if not isinstance(said.principal, str):
            continue
        condition = None if said.condition is None else said.condition.model_dump_json()
        grant = (said.role, folded(said.principal), condition)
        if grant in given:
            yield Mistake(
                f"roles.{key}", f"gives {said.principal!r} what {given[grant]} gives already; remove one of them"
            )
        given.setdefault(grant, f"roles.{key}")


def _replication(args: GarRepositoryArgs) -> Iterable[Mistake]:
    if not args.replication:
        return
    if args.location in MULTI_REGIONS:
        yield Mistake("replication", f"is not needed: {args.location!r} holds copies in several regions; remove it")
        return
    near = {"europe": "europe", "us": "us", "asia": "asia"}.get(args.location.split("-")[0])
    hint = f"location {near!r}" if near else f"a location of {', '.join(map(repr, MULTI_REGIONS))}"
    yield Mistake(
        "replication",
        f"is not what Artifact Registry does; for copies in several regions of a continent choose {hint}, for one "
        "elsewhere a 'docker-remote' repository there whose upstream is this one",
    )


def _scanning(args: GarRepositoryArgs) -> Iterable[Mistake]:
    scanning = args.scanning
    if scanning is None:
        return
    if scanning.repositories:
        yield Mistake("scanning.repositories", "has no meaning here: it is one repository; remove it")
    if scanning.mode == "off":
        return
    format_ = "docker" if args.caching is not None else args.format.format
    if scanning.mode == "continuous":
        yield Mistake(
            "scanning.mode",
            "'continuous' is not to be had by itself: an image is analysed anew for 30 days after a pull; "
            "use 'on_push', which includes that",
        )
    elif args.caching is None and args.format.mode == "virtual":
        yield Mistake("scanning.mode", f"{scanning.mode!r} is for the repositories behind a virtual one; say it there")
    elif format_ not in SCANNED:
        yield Mistake(
            "scanning.mode",
            f"{scanning.mode!r} is not for format {format_!r}, only for {', '.join(SCANNED)}; remove scanning",
        )


def _network(args: GarRepositoryArgs) -> Iterable[Mistake]:
    network = args.network
    if network is None:
        return
    perimeter = (
        "a repository has no network of its own; put the project into a VPC Service Controls perimeter, and remove it"
    )
    if network.public is False:
        yield Mistake("network.public", perimeter)
    if network.allowed_ranges:
        yield Mistake("network.allowed_ranges", perimeter)
    if network.private_endpoints:
        yield Mistake(
            "network.private_endpoints",
            "are a network's in Google Cloud, for all its services (Private Google Access or Private Service Connect); "
            "make one there, and remove it",
        )


def _encryption(args: GarRepositoryArgs) -> Iterable[Mistake]:
    if args.encryption is None or not isinstance(args.encryption.key, str):
        return
    found = KMS_KEY.fullmatch(args.encryption.key)
    if found is not None and found["location"] != args.location:
        yield Mistake(
            "encryption.key",
            f"is in {found['location']!r}, and the repository in {args.location!r}; use a key of the same location",
        )


def _lifecycle(args: GarRepositoryArgs) -> Iterable[Mistake]:
    unified = args.unified_lifecycle
    whole = "lifecycle" if isinstance(args.lifecycle, LifecyclePolicy) else "lifecycle.policy"
    try:
        policies = args.cleanup_policies
    except StackError as error:
        yield Mistake(whole, choice.why(error))
        return
    if args.caching is None and args.format.mode == "virtual" and policies:
        yield Mistake(
            "lifecycle.policies" if unified is None else whole,
            "are for repositories that hold artifacts; say them on those behind this virtual one",
        )
    # rule 10
    if args.caching is None and isinstance(args.format, DockerStandard) and args.format.immutable_tags:
        for key, policy in sorted(policies.items()):
            if policy.action != "delete":
                continue
            path, state, prefixes = f"lifecycle.policies.{key}", "tag_state", "tag_prefixes"
            if unified is not None:
                path, prefixes = f"{whole}.expire.{key}", "tags"
            ways = "set tag_state to 'untagged', or format.immutable_tags to false"
            if policy.tag_state == "tagged" and (unified is None or not policy.tag_prefixes):
                yield Mistake(f"{path}.{state}", f"'tagged' versions are never deleted under immutable_tags; {ways}")
            elif policy.tag_prefixes:
                yield Mistake(f"{path}.{prefixes}", f"tagged versions are never deleted under immutable_tags; {ways}")
            elif policy.tag_state == "any":
                yield Mistake(
                    f"{path}.{state}", f"'any' means tagged versions too, which immutable_tags keeps forever; {ways}"
                )


def _members(args: GarRepositoryArgs) -> Iterable[Mistake]:
    if not isinstance(args.format, Virtual):
        return
    for key, member in sorted(args.format.members.items()):
        found = REPOSITORY_NAME.fullmatch(member.repository) if isinstance(member.repository, str) else None
        if found is None:
            continue
        path = f"format.members.{key}.repository"
        if found["location"] != args.location:
            yield Mistake(
                path,
                f"is in {found['location']!r}, and the virtual repository in {args.location!r}; name one in the same "
                "location",
            )
        elif found["repository"] == args.repository_id and found["project"] == args.project:
            yield Mistake(path, "is the virtual repository itself; remove it")


def _upstream(args: GarRepositoryArgs) -> Iterable[Mistake]:
    upstream = getattr(args.format, "upstream", None)
    if not isinstance(upstream, RepositoryUpstream) or not isinstance(args.project, str):
        return
    if upstream.repository == f"projects/{args.project}/locations/{args.location}/repositories/{args.repository_id}":
        yield Mistake("format.upstream.repository", "is the remote repository itself; name another one")


def _rules(args: GarRepositoryArgs) -> Iterable[Mistake]:
    if args.rules and args.caching is None and args.format.mode == "virtual":
        yield Mistake("rules", "are for repositories that hold artifacts; say them on those behind this virtual one")
    yield from check_rules(args.rules)


class GarRepositoryArgs(CheckedArgs):
    """One repository of Artifact Registry. Tags of images do not move, nobody reads it without a grant, and its
    artifacts outlive the stack."""

    checks = (
        _deletion,
        _adoption,
        _labels,
        _caching,
        _access,
        _roles,
        _replication,
        _scanning,
        _network,
        _encryption,
        _lifecycle,
        _members,
        _upstream,
        _rules,
    )
    stand_ins: ClassVar = {"repository_id": "repository", "location": "europe-west1"}

    repository_id: RepositoryId
    """Its name in project and location, and part of every image's."""
    location: Location
    """A region (`europe-west1`), or a continent that it is spread over: `europe`, `us`, `asia`."""
    project: ProjectId | None = None
    """Id of the project. Default: the provider's."""
    format: AnyFormat = DockerStandard()
    """What it holds, and whether that is pushed (`docker`), cached (`docker-remote`) or gathered (`docker-virtual`).
    Default: container images that are pushed, with immutable tags."""
    caching: CacheUpstream | None = None
    """The short way to a pull-through cache of container images: `format` is then `docker-remote`. Default: none."""
    description: str | None = None
    """What it is for. Default: nothing."""
    labels: dict[LabelKey, LabelValue] = {}
    """Labels, beside those that say who made it. Default: none."""
    access: Access = Access()
    """Who may pull (reader), push (writer) and delete (repoAdmin), in IAM's words: `group:dev@example.com`. Default:
    nobody beyond those who have a role in the project."""
    roles: dict[Key, GarRole] = {}
    """Further roles. Default: none."""
    lifecycle: AnyGarLifecycle = GarLifecycle()
    """Cleanup policies, or a unified policy. Default: none, so that everything stays."""
    scanning: Scanning | None = None
    """`on_push` and `inherited` leave it to the project, where `GarProjectSettings` turns scanning on; `off` turns it
    off here. Default: on push for container images, Artifact Registry's own for other formats."""
    encryption: GarEncryption | None = None
    """Encryption by a key of yours. Default: by Google's key; it is always encrypted."""
    rules: dict[RuleId, GarDownloadRule] = {}
    """Which downloads are allowed or denied, by id. Default: none, so that all are allowed."""
    replication: dict[Key, ReplicateTo] = {}
    """Always refused: choose a continent as location."""
    network: Network | None = None
    """Only `public=True`, which it always is: a perimeter around the project closes it. Default: public."""
    import_: Annotated[str, validated(check_repository_name)] | None = None
    """Name of a repository that exists and is adopted; it is protected. Default: a new one."""
    deletion: Literal["retain", "destroy"] = "retain"
    """Whether the repository is removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all artifacts go. Default: false."""

    @property
    def kept(self) -> bool:
        """Whether the repository outlives the stack."""
        return not (self.deletion == "destroy" and self.empty_on_delete)

    @property
    def unified_lifecycle(self) -> LifecyclePolicy | None:
        """The unified policy, where one is given."""
        return self.lifecycle if isinstance(self.lifecycle, LifecyclePolicy) else self.lifecycle.policy

    @property
    def cleanup_policies(self) -> dict[str, GarCleanupPolicy]:
        """Artifact Registry's own policies.

        Raises `LifecycleNotExpressible` where it cannot carry out the unified one as it is meant.
        """
        if self.unified_lifecycle is not None:
            return from_unified(self.unified_lifecycle)
        return self.lifecycle.policies if isinstance(self.lifecycle, GarLifecycle) else {}

    @property
    def content(self) -> GarFormat:
        """What it holds: `format`, or what `caching` stands for."""
        if self.caching is None:
            return self.format
        host = self.caching.upstream
        login = self.caching.credentials
        return DockerRemote(
            upstream=DockerHubUpstream() if host in DOCKER_HUB_SERVERS else CustomUpstream(uri=f"https://{host}"),
            credentials=None
            if login is None
            else GarUpstreamCredentials(username=login.username, password=login.password),
        )

    @property
    def credentials(self) -> GarUpstreamCredentials | None:
        """The login at the upstream."""
        content = self.content
        return content.credentials if isinstance(content, Remote) else None


class GarRepositoryReferenceArgs(Args):
    """A repository that another stack or person owns."""

    repository: RepositoryName
    """Its name, `projects/PROJECT/locations/LOCATION/repositories/ID`, as text or from a StackReference."""
    format: Literal["docker", "maven", "npm", "python", "apt", "yum", "go", "kfp", "generic"] = "docker"
    """What it holds. Default: container images."""


class GarPlatformLogs(Args):
    """Logs of requests, in Cloud Logging."""

    enabled: bool = True
    """Whether there are any. Default: true."""
    severity: Literal["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] | None = None
    """From which severity on. Default: all that there are."""


def _settings(args: GarProjectSettingsArgs) -> Iterable[Mistake]:
    if args.platform_logs is None and args.remote_upstreams is None and args.scanning is None:
        yield Mistake("", "says nothing; add platform_logs, remote_upstreams or scanning")
    logs = args.platform_logs
    if logs is not None and not logs.enabled and logs.severity is not None:
        yield Mistake("platform_logs.severity", "has no meaning where enabled is false; remove it")
    if args.scanning is None:
        return
    if args.scanning.mode not in ("on_push", "inherited"):
        yield Mistake(
            "scanning.mode",
            f"{args.scanning.mode!r} is not the project's to say; use 'on_push' here, 'off' on a repository",
        )
    if args.scanning.repositories:
        yield Mistake("scanning.repositories", "cannot be narrowed here; set scanning 'off' on the other repositories")


class GarProjectSettingsArgs(CheckedArgs):
    """What holds for all repositories of a project in one location. Exactly one stack may own it: two would overwrite
    one another."""

    # rule 8
    checks = (_settings,)
    stand_ins: ClassVar = {"location": "europe-west1"}

    location: Location
    """Which location it is for."""
    project: ProjectId | None = None
    """Id of the project. Default: the provider's."""
    platform_logs: GarPlatformLogs | None = None
    """Logs of requests. Default: left as they are."""
    remote_upstreams: Literal["allow", "deny"] | None = None
    """Whether remote repositories inside a VPC Service Controls perimeter reach upstreams outside of it. Default: left
    as it is, which is deny."""
    scanning: Scanning | None = None
    """`on_push` turns Artifact Analysis on for the project, which costs for each image. Default: left as it is."""


__all__ = [
    "GarCondition",
    "GarEncryption",
    "GarPlatformLogs",
    "GarProjectSettingsArgs",
    "GarRepositoryArgs",
    "GarRepositoryReferenceArgs",
    "GarRole",
]

"""Repositories of images: local, remote, virtual and federated ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...core.args import Args, MaybeOutput, Secret
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from .words import Key, Line, PathPattern, ProjectKey, RemoteUrl, RepositoryKey, TargetUrl, Unique

Package: TypeAlias = Literal["docker", "oci", "helm_oci"]
Paths: TypeAlias = Annotated[list[PathPattern], Unique]


def _environments(args: Repository) -> Iterable[Mistake]:
    if args.environments and args.project is None:
        # Artifactory drops them, and each run would tell them anew (JFrog's provider).
        yield Mistake("environments", "are of a project; give project, or remove them")


class Repository(CheckedArgs):
    """What every repository has."""

    key: RepositoryKey | None = None
    """What stands before the names of its images; at most 63 characters. It cannot be changed. Default: its key
    here."""
    package: Package = "docker"
    """What is in it: images (`docker`), any OCI artifacts, or Helm charts. It cannot be changed. Default: docker."""
    description: str = Field("", max_length=2000)
    """What everybody sees. Default: none."""
    notes: str = Field("", max_length=2000)
    """What administrators see. Default: none."""
    include: Paths = []
    """Patterns of the only paths that it serves, such as `shop/**`. Default: all."""
    exclude: Paths = []
    """Patterns of paths that it does not serve. Default: none."""
    project: ProjectKey | None = None
    """The project that it belongs to, whose key its own begins with. Default: none."""
    environments: Annotated[list[Line], Unique] = []
    """The project's environments that it belongs to. Default: Artifactory's."""


class Held(Repository):
    """What every repository with artifacts of its own has."""

    property_sets: Annotated[list[Line], Unique] = []
    """Sets of properties. Default: none."""
    xray_index: bool = False
    """Let JFrog Xray scan it. Default: false."""
    blacked_out: bool = False
    """Serve nothing and take nothing. Default: false."""
    priority_resolution: bool = False
    """Ask it before others in a virtual repository. Default: false."""
    download_direct: bool = False
    """Send clients to the bucket for blobs; Enterprise+. Default: false."""
    cdn_redirect: bool = False
    """Send clients to CloudFront for blobs; Enterprise+. Default: false."""


def _schema1(args: Stored | RemoteRepository) -> Iterable[Mistake]:
    if args.package != "docker" and "block_schema1" in args.model_fields_set:
        yield Mistake("block_schema1", f"is for package 'docker', not {args.package!r}; remove it")


class Stored(Held):
    """What a local and a federated repository have."""

    max_unique_tags: int = Field(0, ge=0, le=1_000_000)
    """How many tags of one image stay; an older one goes when one is pushed. Default: 0, all."""
    tag_retention: int = Field(1, ge=1, le=1000)
    """How many overwritten images of one tag stay, by their digest. Default: 1, the newest."""
    block_schema1: bool = True
    """Refuse images of manifest version 2, schema 1; of Docker repositories. Default: true."""


class LocalRepository(Stored):
    """A repository that is pushed to."""

    checks: ClassVar[Any] = (_environments, _schema1)


def _login(args: RemoteRepository) -> Iterable[Mistake]:
    # With a token the name may be empty.
    if args.password is None and args.username is not None:
        yield Mistake("password", "is required with username; give both, or neither")
    if args.password is not None and args.username is None and not args.token_authentication:
        yield Mistake("username", "is required with password, unless it is a token (token_authentication)")
    if args.password is not None and isinstance(args.url, str) and args.url.startswith("http://"):
        yield Mistake("url", f"{args.url!r} would send the password in the clear; write https://")
    if args.proxy is not None and args.disable_proxy:
        yield Mistake("proxy", "and disable_proxy exclude each other; remove one of them")
    if args.allow_any_host_auth and args.password is None:
        yield Mistake("allow_any_host_auth", "is for a login, and none is given; remove it")
    if args.curated and args.package != "docker":
        yield Mistake("curated", f"is for package 'docker', not {args.package!r}; remove it")
    if args.foreign_layers and args.package == "helm_oci":
        yield Mistake("foreign_layers", "are of images, and this is for charts; remove them")


class RemoteRepository(Held):
    """A cache of another registry."""

    checks: ClassVar[Any] = (_environments, _schema1, _login)
    stand_ins: ClassVar = {"url": "https://registry.example.com/"}

    url: RemoteUrl
    """The registry, such as `https://registry-1.docker.io/`."""
    username: MaybeOutput[Line] | None = None
    """Who logs in there. Default: nobody."""
    password: Secret | None = None
    """The password or token. It is kept in the state as a secret."""
    token_authentication: bool = True
    """Log in by a bearer token, as Docker Hub wants it. Default: true."""
    allow_any_host_auth: bool = False
    """Send the login to whatever host it is sent on to, too. Default: false."""
    project_id: Line | None = None
    """The only project of Google's registry. Default: all."""
    proxy: Line | None = None
    """The key of one of Artifactory's proxies. Default: its default proxy."""
    disable_proxy: bool = False
    """Go without a proxy, also where there is a default one. Default: false."""
    client_certificate: Line | None = None
    """The name of one of Artifactory's certificates to show. Default: none."""
    offline: bool = False
    """Serve what is in the cache alone. Default: false."""
    hard_fail: bool = False
    """Let clients fail where the registry cannot be reached. Default: false."""
    store_locally: bool = True
    """Keep what was fetched. Default: true."""
    bypass_head_requests: bool = False
    """Ask by GET alone, for registries that refuse HEAD. Default: false."""
    retrieval_cache_seconds: int = Field(7200, ge=0)
    """How long a tag is taken for what it was. Default: 7200."""
    missed_cache_seconds: int = Field(1800, ge=0)
    """How long what was not there is taken for missing. Default: 1800."""
    metadata_timeout_seconds: int = Field(60, ge=1)
    """How long to wait before the cache's answer is taken. Default: 60."""
    assumed_offline_seconds: int = Field(300, ge=0)
    """How long nothing is asked after an error. Default: 300."""
    socket_timeout_milliseconds: int = Field(15_000, ge=0)
    """How long an answer may take. Default: 15000."""
    unused_cleanup_hours: int = Field(0, ge=0)
    """How long what nobody fetches stays in the cache; it is Artifactory's only rule for a cache below Enterprise+.
    Default: 0, for ever."""
    foreign_layers: Paths = []
    """Patterns of other hosts that layers may be fetched from. Default: none."""
    curated: bool = False
    """Let JFrog Curation decide what comes in; of Docker repositories. Default: false."""
    block_schema1: bool = True
    """Refuse images of manifest version 2, schema 1; of Docker repositories. Default: true."""


def _members(args: VirtualRepository) -> Iterable[Mistake]:
    if args.default_deployment is not None and args.default_deployment not in args.repositories:
        yield Mistake("default_deployment", f"{args.default_deployment!r} is not among repositories; add it there")


class VirtualRepository(Repository):
    """Several repositories under one name, asked in this order."""

    checks: ClassVar[Any] = (_environments, _members)
    stand_ins: ClassVar = {"repositories": ["stand-in"]}

    repositories: Annotated[list[Key], Unique, Field(min_length=1)]
    """Keys here of the others, or keys of `existing_repositories`."""
    default_deployment: Key | None = None
    """Where what is pushed to it goes: one of `repositories`, local or federated. Default: it takes no push."""
    resolve_by_timestamp: bool = False
    """Of a tag that several have, serve the newest. Default: false, the first."""
    hide_unauthorized: bool = False
    """Answer 404 instead of 401 or 403. Default: false."""
    remote_for_artifactory: bool = False
    """Let other Artifactories, too, fetch through its remote repositories. Default: false."""


class Member(Args):
    """The same repository on another platform."""

    url: TargetUrl
    """Its URL, `https://HOST/artifactory/REPOSITORY`."""
    enabled: bool = True
    """Whether it takes part. Default: true."""
    access_token: Secret | None = None
    """An administrator's token there, where the platforms do not trust each other. Default: none."""


class FederatedRepository(Stored):
    """A repository that several platforms have; what is pushed to one goes to all."""

    checks: ClassVar[Any] = (_environments, _schema1)
    stand_ins: ClassVar = {"members": {}}

    members: dict[Key, Member] = Field(min_length=1)
    """The others; this one is a member by itself."""
    proxy: Line | None = None
    """The key of one of Artifactory's proxies. Default: its default proxy."""
    cleanup_on_delete: bool = False
    """Remove it on all platforms when it is removed here; only with both consents. Default: false."""


__all__ = [
    "FederatedRepository",
    "Held",
    "LocalRepository",
    "Member",
    "Package",
    "RemoteRepository",
    "Repository",
    "Stored",
    "VirtualRepository",
]

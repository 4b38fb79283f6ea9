"""What you say of repositories on Docker Hub, and what of it cannot be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr

from ..blocks.access import Access
from ..blocks.caching import CacheUpstream
from ..blocks.network import Network
from ..blocks.replication import ReplicateTo
from ..blocks.scanning import Scanning
from ..core.args import Args, MaybeOutput, Secret
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from .facts import IMMUTABLE_TAG_RULES, ORGANIZATION_TOKENS, PRIVATE_REPOSITORIES, Plan
from .tokens import OrganizationToken, Token
from .words import ApiUrl, Key, Namespace, RepositoryName, Rule, check_team

API_URL = "https://hub.docker.com"
LEVELS: tuple[Literal["pull", "push", "admin"], ...] = ("pull", "push", "admin")


class DockerHubLogin(Args):
    """Who speaks to the Hub API. It is kept in the state as a secret; what it is exchanged for stays in memory."""

    username: MaybeOutput[str] = Field(min_length=1)
    """User name; with an organization access token the organization's name."""
    token: Secret
    """Personal access token with permission "Read, Write, Delete" of an owner or editor, or an organization access
    token. To make access tokens, Docker asks for the password of an owner's account instead."""


class DockerHubApi(Args):
    """How the Hub API is spoken to."""

    url: ApiUrl = API_URL
    """Where it is. Default: https://hub.docker.com."""
    timeout_seconds: float = Field(default=30, gt=0, le=600)
    """For one request. Default: 30."""
    attempts: int = Field(default=5, ge=1, le=10)
    """How often a request is sent that failed in passing, with growing pauses. Default: 5."""
    longest_wait_seconds: float = Field(default=60, ge=0, le=3600)
    """The longest that a rate limit is waited for; a longer one is an error that says until when. Default: 60."""


def _privacy(repository: DockerHubRepositoryArgs) -> Iterable[Mistake]:
    access = repository.access
    if access is None or repository.private is None or "anonymous_pull" not in access.model_fields_set:
        return
    if repository.private == access.anonymous_pull:
        told = "true" if repository.private else "false"
        yield Mistake("private", f"is {told}, and access.anonymous_pull is too; remove one of them")


def _rules(repository: DockerHubRepositoryArgs) -> Iterable[Mistake]:
    count = len(repository.immutable_tags)
    if count > IMMUTABLE_TAG_RULES:
        yield Mistake("immutable_tags", f"has {count} rules; Docker Hub takes {IMMUTABLE_TAG_RULES}")


class DockerHubRepositoryArgs(CheckedArgs):
    """One repository: private, with immutable tags, and outliving the stack, if nothing else is said."""

    checks = (_privacy, _rules)

    name: RepositoryName | None = None
    """Name in the namespace. Default: its key."""
    description: str = Field(default="", max_length=100)
    """Short description, one line. Default: none."""
    full_description: str = Field(default="", max_length=25_000)
    """The overview page, in Markdown. Default: none."""
    private: bool | None = None
    """Whether pulling takes a login, in Docker's words. Default: the contrary of access.anonymous_pull."""
    immutable_tags: list[Rule] = [".*"]
    """Expressions (Go's `regexp`) of the tags that cannot be moved or removed, up to 5; empty for none. A beta of
    Docker Hub. Default: every tag."""
    access: Access | None = None
    """Teams of this repository, in place of the registry's. Default: the registry's."""
    import_: str | None = None
    """`namespace/name` of a repository that exists and is adopted: it gets these settings, and is protected. Default:
    a new one."""


def _deletion(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    if args.deletion == "destroy" and not args.empty_on_delete:
        yield Mistake(
            "empty_on_delete", "is required too to remove images on destroy; set it to true, or remove deletion"
        )
    if args.empty_on_delete and args.deletion != "destroy":
        yield Mistake(
            "deletion", "must be 'destroy' too to remove images on destroy; set it, or remove empty_on_delete"
        )
    adopted = sorted(key for key, repository in args.repositories.items() if repository.import_ is not None)
    if args.deletion == "destroy" and adopted:
        yield Mistake(
            "deletion", f"'destroy' is refused while {adopted[0]!r} is adopted; remove import_ once it is adopted"
        )


def _names(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    seen: dict[str, str] = {}
    for key, repository in sorted(args.repositories.items()):
        path = f"repositories.{key}"
        name = repository.name if repository.name is not None else key
        mistake = _own_name(key) if repository.name is None else None
        if mistake:
            yield Mistake(path, mistake)
        if name in seen:
            yield Mistake(f"{path}.name", f"{name!r} is that of {seen[name]!r} too")
        seen.setdefault(name, key)
        if repository.import_ is not None and repository.import_ != f"{args.namespace}/{name}":
            yield Mistake(f"{path}.import_", f"must be '{args.namespace}/{name}', or correct the name")


def _own_name(key: str) -> str | None:
    from .words import check_repository_name

    return f"{key!r} cannot be a repository's name; give it a name" if check_repository_name(key) else None


def _accesses(args: DockerHubRegistryArgs) -> Iterable[tuple[str, Access]]:
    yield "access", args.access
    for key, repository in sorted(args.repositories.items()):
        if repository.access is not None:
            yield f"repositories.{key}.access", repository.access


def _teams(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    for path, access in _accesses(args):
        seen: dict[str, str] = {}
        for level in LEVELS:
            for i, team in enumerate(getattr(access, level)):
                here = f"{path}.{level}[{i}]"
                if args.account == "personal":
                    yield Mistake(
                        here,
                        "a personal account has no teams; move to an organization, or add collaborators by hand (the "
                        "API has none)",
                    )
                    continue
                if not isinstance(team, str):
                    continue
                mistake = check_team(team)
                if mistake:
                    yield Mistake(here, mistake)
                elif team in seen:
                    yield Mistake(here, f"{team!r} is in {seen[team]} already; name it once, where it may do the most")
                seen.setdefault(team, level)


def _grant_names(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    # Two grants would share a resource's name: repository a-b with team c, and repository a with team b-c.
    seen: dict[str, str] = {}
    for key, repository in sorted(args.repositories.items()):
        access = args.access if repository.access is None else repository.access
        for team in sorted({t for level in LEVELS for t in getattr(access, level) if isinstance(t, str)}):
            name = f"{key}-{team}"
            if seen.setdefault(name, key) != key:
                yield Mistake(
                    f"repositories.{key}",
                    f"with team {team!r} is named as {seen[name]!r} with another; take another key",
                )


def _account(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    if args.plan is None:
        return
    if args.account == "organization" and args.plan in ("personal", "pro"):
        yield Mistake("plan", f"{args.plan!r} is one of personal accounts; an organization has team or business")
    if args.account == "personal" and args.plan in ("team", "business"):
        yield Mistake("plan", f"{args.plan!r} is one of organizations; a personal account has personal or pro")


def _quotas(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    if args.plan is None:
        return
    private = sum(1 for repository in args.repositories.values() if is_private(args, repository))
    allowed = PRIVATE_REPOSITORIES.get(args.plan)
    if allowed is not None and private > allowed:
        yield Mistake(
            "repositories",
            f"has {private} private ones; plan {args.plan!r} has {allowed}. Set access.anonymous_pull, or another plan",
        )
    tokens = sum(1 for token in args.tokens.values() if isinstance(token, OrganizationToken))
    most = ORGANIZATION_TOKENS.get(args.plan)
    if most is not None and tokens > most:
        yield Mistake(
            "tokens", f"has {tokens} of the organization; plan {args.plan!r} has {most}, expired ones counted"
        )


def _tokens(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    for key, token in sorted(args.tokens.items()):
        if not isinstance(token, OrganizationToken):
            continue
        path = f"tokens.{key}"
        if args.account == "personal":
            yield Mistake(f"{path}.kind", "'organization' needs an organization; use 'personal'")
        for i, resource in enumerate(token.resources):
            owner = resource.path.partition("/")[0]
            if owner not in (args.namespace, "*"):
                yield Mistake(f"{path}.resources[{i}].path", f"is not in {args.namespace!r}, whose token it is")


def _login(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    login = args.login
    if not isinstance(login.token, SecretStr) or not login.token.get_secret_value().startswith("dckr_oat_"):
        return
    if isinstance(login.username, str) and login.username != args.namespace:
        yield Mistake(
            "login.username", f"must be {args.namespace!r}: the login is an organization access token of its own"
        )
    if args.tokens:
        yield Mistake(
            "tokens",
            "cannot be made by an organization access token; log in with the password of an owner's account, or make "
            "them by hand",
        )


def _endpoint(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    if args.endpoint_login is not None and args.endpoint_login not in args.tokens:
        listed = ", ".join(sorted(args.tokens)) or "none is there"
        yield Mistake("endpoint_login", f"{args.endpoint_login!r} is not one of tokens ({listed})")


def _lifecycle(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    # rule 35: "untagged" and "not v*" would take the sha256-... tags, which are signatures here
    if args.lifecycle is not None:
        yield Mistake(
            "lifecycle",
            "Docker Hub removes no images by rule; remove it, and let the prune job remove tags on a schedule: it "
            "spares the sha256-… tags, which hold signatures, since Docker Hub has no referrers",
        )


def _replication(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    if args.replication:
        yield Mistake(
            "replication",
            "Docker Hub copies nothing elsewhere; remove it, and let the other registry fetch: caching in EcrRegistry, "
            "AcrRegistry, GarRepository or DistributionRegistry",
        )


def _caching(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    if args.caching:
        yield Mistake(
            "caching",
            "Docker Hub is no cache of other registries; remove it, and cache in EcrPullThroughCache, AcrRegistry, "
            "GarRepository (remote) or DistributionRegistry (proxy), which can cache Docker Hub too",
        )


def _scanning(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    if args.scanning is None:
        return
    if args.scanning.mode != "off":
        yield Mistake(
            "scanning",
            f"mode {args.scanning.mode!r} cannot be set: Docker Scout has no API for it. Turn it on by hand "
            "(`docker scout repo enable`), or scan in your CI; remove it",
        )
    elif args.scanning.repositories:
        yield Mistake("scanning.repositories", "has no meaning with mode 'off'; remove it")


def _network(args: DockerHubRegistryArgs) -> Iterable[Mistake]:
    network = args.network
    if network is not None and (network.public is not True or network.allowed_ranges or network.private_endpoints):
        yield Mistake(
            "network",
            "Docker Hub is on the internet and nowhere else; remove it, and cache it in a registry inside your network",
        )


class DockerHubRegistryArgs(CheckedArgs):
    """Repositories in one namespace of Docker Hub, the teams that may use them, and access tokens."""

    checks = (
        _deletion,
        _names,
        _teams,
        _grant_names,
        _account,
        _quotas,
        _tokens,
        _login,
        _endpoint,
        _lifecycle,
        _replication,
        _caching,
        _scanning,
        _network,
    )
    stand_ins: ClassVar = {"namespace": "acme", "login": {"username": "nobody", "token": "unknown"}}

    namespace: Namespace
    """Organization or user that the repositories belong to; it must exist."""
    login: DockerHubLogin
    """Who speaks to the Hub API."""
    account: Literal["organization", "personal"] = "organization"
    """What the namespace is; teams and organization access tokens are an organization's. Default: organization."""
    plan: Plan | None = None
    """The account's plan, so that its quotas are checked before anything runs. Default: not checked."""
    repositories: dict[Key, DockerHubRepositoryArgs] = {}
    """Repositories by name, or by a key of yours. Default: none."""
    access: Access = Access()
    """Teams that may pull (Docker: read), push (write) and administer (admin) every repository;
    `anonymous_pull` makes them public. Default: nobody beyond the owners, private."""
    tokens: dict[Key, Token] = {}
    """Access tokens by name. Default: none."""
    endpoint_login: Key | None = None
    """The one of `tokens` that the endpoint logs in with. Default: the endpoint is anonymous."""
    api: DockerHubApi = DockerHubApi()
    """How the Hub API is spoken to. Default: https://hub.docker.com, 30 seconds, 5 attempts."""
    deletion: Literal["retain", "destroy"] = "retain"
    """Whether repositories are removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all images go. Default: false."""
    lifecycle: dict[str, Any] | None = None
    """Refused: Docker Hub has no retention. Default: none."""
    replication: dict[Key, ReplicateTo] = {}
    """Refused: Docker Hub copies nothing. Default: none."""
    caching: dict[Key, CacheUpstream] = {}
    """Refused: Docker Hub caches nothing. Default: none."""
    scanning: Scanning | None = None
    """Only mode `off`: Docker Scout has no API. Default: not the registry's."""
    network: Network | None = None
    """Only `public`: Docker Hub is on the internet. Default: there."""

    @property
    def kept(self) -> bool:
        """Whether repositories outlive the stack."""
        return not (self.deletion == "destroy" and self.empty_on_delete)


def is_private(args: DockerHubRegistryArgs, repository: DockerHubRepositoryArgs) -> bool:
    """Return whether pulling from a repository takes a login."""
    if repository.private is not None:
        return repository.private
    access = args.access if repository.access is None else repository.access
    return not access.anonymous_pull


class DockerHubReferenceArgs(Args):
    """A repository that another stack or person owns."""

    namespace: MaybeOutput[Namespace]
    """Organization that it belongs to, as text or from a StackReference."""
    repository: MaybeOutput[RepositoryName]
    """Its name in the namespace."""
    login: DockerHubLogin
    """Who speaks to the Hub API."""
    api: DockerHubApi = DockerHubApi()
    """How the Hub API is spoken to. Default: https://hub.docker.com, 30 seconds, 5 attempts."""

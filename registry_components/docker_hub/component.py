"""`DockerHubRegistry`: repositories on Docker Hub, the teams that may use them, and access tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import pulumi

from ..core.args import MaybeOutput, reveal
from ..core.component import RegistryComponent
from ..core.endpoint import Credentials, RegistryEndpoint
from ..core.errors import stack_error
from ..core.extras import needs_extra
from . import render
from .access_token import HubOrganizationToken, HubPersonalToken
from .args import DockerHubApi, DockerHubLogin, DockerHubReferenceArgs, DockerHubRegistryArgs
from .permission import HubTeamPermission
from .repository import HubRepository
from .tokens import OrganizationToken
from .words import check_team

T = TypeVar("T")

SERVER = "docker.io"


def _require(what: str) -> None:
    with needs_extra(what, "hub", "httpx", "psutil"):
        import httpx  # noqa: F401 - the provider needs it, in a process of its own
        import psutil  # noqa: F401


class _Granting(RegistryComponent):
    """A component that grants teams access to repositories."""

    _connection: dict[str, Any]

    def _connect(self, login: DockerHubLogin, api: DockerHubApi) -> None:
        self._connection = {key: reveal(value) for key, value in render.connection(login, api).items()}

    def _grant(
        self, suffix: str, namespace: Any, repository: Any, team: Any, level: str, *needed: pulumi.Resource
    ) -> HubTeamPermission:
        properties = {**render.permission(namespace, repository, team, level), **self._connection}
        return HubTeamPermission(f"{self._name}-{suffix}", properties, self.child(depends_on=list(needed)))


class DockerHubRegistry(_Granting):
    """Repositories in one namespace of Docker Hub, team permissions, and access tokens.

    Children: `<name>-<key>` for each repository and each token, `<name>-<key>-<team>` for each permission (by level and
    position where the team is an output). Repositories are protected and retained unless both `deletion="destroy"` and
    `empty_on_delete=True` are given; an adopted one always is. Raises `StackError`, before anything is registered,
    where the arguments are not valid or a package is missing.
    """

    endpoint: RegistryEndpoint
    """`docker.io` with the namespace as prefix, and the login of `endpoint_login`."""
    server: pulumi.Output[str]
    """`docker.io`; known once repositories and permissions are there."""
    namespace: pulumi.Output[str]
    """The namespace."""
    images: pulumi.Output[dict[str, str]]
    """Repository names as clients write them, `docker.io/acme/api`, by key."""

    def __init__(
        self,
        name: str,
        args: DockerHubRegistryArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, DockerHubRegistryArgs) else DockerHubRegistryArgs.parse(args)
        _require(type(self).__name__)
        super().__init__(name, opts)
        self._args = wanted
        self._connect(wanted.login, wanted.api)
        self._repositories = {key: self._repository(key) for key in sorted(wanted.repositories)}
        granted = [grant for key in sorted(wanted.repositories) for grant in self._access(key)]
        self._tokens = {key: self._token(key) for key in sorted(wanted.tokens)}

        behind = pulumi.Output.all(*(made.id for made in [*self._repositories.values(), *granted]))
        server = behind.apply(lambda _: SERVER)
        self.endpoint = RegistryEndpoint(server=server, prefix=wanted.namespace, credentials=self._credentials())
        ids = {key: made.id for key, made in self._repositories.items()}
        self.publish(
            server=server,
            namespace=pulumi.Output.from_input(wanted.namespace),
            images=pulumi.Output.all(**ids).apply(lambda known: {k: f"{SERVER}/{v}" for k, v in dict(known).items()}),
        )

    def repository(self, key: str) -> HubRepository:
        """Return one of the repositories. Raises `StackError` where there is none of that key."""
        return _one(self._repositories, key, "repositories")

    def token(self, key: str) -> pulumi.Output[str]:
        """Return an access token's value, as a secret. Raises `StackError` where there is none of that key."""
        return pulumi.Output.secret(_one(self._tokens, key, "tokens").value)

    def grant_pull(self, repository: str, team: MaybeOutput[str]) -> HubTeamPermission:
        """Let a team pull from a repository (by key)."""
        return self._grant_to(repository, team, "pull")

    def grant_push(self, repository: str, team: MaybeOutput[str]) -> HubTeamPermission:
        """Let a team push to a repository (by key)."""
        return self._grant_to(repository, team, "push")

    def grant_admin(self, repository: str, team: MaybeOutput[str]) -> HubTeamPermission:
        """Let a team administer a repository (by key)."""
        return self._grant_to(repository, team, "admin")

    def _repository(self, key: str) -> HubRepository:
        properties = render.repository(self._args, key)
        lasting = {"protect": True, "retain_on_delete": True} if properties["keep"] else {}
        return HubRepository(f"{self._name}-{key}", {**properties, **self._connection}, self.child(**lasting))

    def _access(self, key: str) -> list[HubTeamPermission]:
        said = self._args.repositories[key]
        access = self._args.access if said.access is None else said.access
        name = render.repository_name(key, said)
        return [
            self._grant(f"{key}-{suffix}", self._args.namespace, name, team, level, self._repositories[key])
            for suffix, team, level in render.grants(access)
        ]

    def _grant_to(self, key: str, team: MaybeOutput[str], level: Literal["pull", "push", "admin"]) -> HubTeamPermission:
        made = _one(self._repositories, key, "repositories")
        said = self._args.repositories[key]
        access = self._args.access if said.access is None else said.access
        granted = [t for listed in (access.pull, access.push, access.admin) for t in listed if isinstance(t, str)]
        suffix = _suffix(type(self).__name__, self._args.account, team, level, granted)
        name = render.repository_name(key, said)
        return self._grant(f"{key}-{suffix}", self._args.namespace, name, team, render.PERMISSIONS[level], made)

    def _token(self, key: str) -> HubPersonalToken | HubOrganizationToken:
        owner = f"{pulumi.get_project()}/{pulumi.get_stack()}/{self._name}"
        properties = {**render.token(self._args, key, owner), **self._connection}
        # A token that names a repository can be made once that exists.
        options = self.child(depends_on=list(self._repositories.values()))
        if isinstance(self._args.tokens[key], OrganizationToken):
            return HubOrganizationToken(f"{self._name}-{key}", properties, options)
        return HubPersonalToken(f"{self._name}-{key}", properties, options)

    def _credentials(self) -> Credentials | None:
        key = self._args.endpoint_login
        if key is None:
            return None
        # Docker Hub takes an organization's token with the organization's name.
        organization = isinstance(self._args.tokens[key], OrganizationToken)
        username = self._args.namespace if organization else self._args.login.username
        return Credentials(username=username, password=self.token(key))


class DockerHubReference(_Granting):
    """A repository that another stack or person owns: its endpoint, and permissions for teams.

    Children: `<name>-<team>` for each permission that is granted on it.
    """

    endpoint: RegistryEndpoint
    """`docker.io` with the namespace as prefix, without login."""
    server: pulumi.Output[str]
    """`docker.io`."""
    image: pulumi.Output[str]
    """The repository as clients write it: `docker.io/acme/api`."""

    def __init__(
        self,
        name: str,
        args: DockerHubReferenceArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, DockerHubReferenceArgs) else DockerHubReferenceArgs.parse(args)
        _require(type(self).__name__)
        super().__init__(name, opts)
        self._args = wanted
        self._connect(wanted.login, wanted.api)
        self.endpoint = RegistryEndpoint(server=SERVER, prefix=wanted.namespace)
        self.publish(
            server=pulumi.Output.from_input(SERVER),
            image=pulumi.Output.concat(SERVER, "/", wanted.namespace, "/", wanted.repository),
        )

    def grant_pull(self, team: MaybeOutput[str]) -> HubTeamPermission:
        """Let a team pull."""
        return self._grant_to(team, "pull")

    def grant_push(self, team: MaybeOutput[str]) -> HubTeamPermission:
        """Let a team push."""
        return self._grant_to(team, "push")

    def grant_admin(self, team: MaybeOutput[str]) -> HubTeamPermission:
        """Let a team administer."""
        return self._grant_to(team, "admin")

    def _grant_to(self, team: MaybeOutput[str], level: Literal["pull", "push", "admin"]) -> HubTeamPermission:
        suffix = _suffix(type(self).__name__, "organization", team, level, [])
        return self._grant(suffix, self._args.namespace, self._args.repository, team, render.PERMISSIONS[level])


def _suffix(what: str, account: str, team: MaybeOutput[str], level: str, granted: list[str]) -> str:
    if account == "personal":
        raise stack_error(f"{what}: a personal account has no teams to grant to; move to an organization")
    if not isinstance(team, str):
        return f"{level}-granted"
    mistake = check_team(team)
    if mistake:
        raise stack_error(f"{what}: {mistake}")
    if team in granted:
        raise stack_error(f"{what}: {team!r} is in access already; grant it in one place")
    return team


def _one(made: Mapping[str, T], key: str, what: str) -> T:
    if key not in made:
        raise stack_error(f"{what}: there is no {key!r}; there are: {', '.join(sorted(made)) or 'none'}")
    return made[key]

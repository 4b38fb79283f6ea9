"""`NexusConfiguration`: what is in a running Nexus, and how it behaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pulumi

from ...core.args import reveal
from ...core.component import RegistryComponent
from ...core.endpoint import Credentials, RegistryEndpoint
from ...core.errors import stack_error
from ...core.extras import require
from ...core.keyed import one
from .args import NexusConfigurationArgs
from .named import named
from .objects import OWN
from .plan import Child, children
from .repositories import Served

_PASSWORD_LENGTH = 32


class NexusConfiguration(RegistryComponent):
    """What is in one Nexus 3.83 or newer, ours or somebody else's.

    Children: a repository `<name>-<key>`, and `<key>-cleanup-<rule>` for what a unified lifecycle policy becomes;
    `<name>-` with `blob-store-<key>`, `cleanup-<key>`, `routing-rule-<key>`, `task-<what>`, `selector-<key>`,
    `privilege-<key>`, `role-<key>`, `user-<key>`, `user-<key>-password` where one is made, `anonymous`, `realms`,
    `eula`.

    Repositories and blob stores are protected and retained unless both `deletion="destroy"` and
    `empty_on_delete=True` are given. Raises `StackError`, before anything is registered, where the arguments are not
    valid or a package is missing.
    """

    url: pulumi.Output[str]
    """Nexus' URL; known once everything is there."""
    server: pulumi.Output[str]
    """What stands before an image's name, where its repository is reachable by path."""
    repositories: pulumi.Output[dict[str, str]]
    """Names of the repositories, by key."""

    def __init__(
        self,
        name: str,
        args: NexusConfigurationArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, NexusConfigurationArgs) else NexusConfigurationArgs.parse(args)
        # The dynamic provider needs the first two, in a process of its own; importing them here would take long.
        require(type(self).__name__, "nexus", "httpx", "psutil", "pulumi_random")
        planned = list(children(wanted))
        super().__init__(name, opts)
        self._args = wanted
        self._reached = {
            "nexus": {"url": wanted.url, "insecure": wanted.insecure},
            "login": {"username": wanted.username, "password": reveal(wanted.password)},
        }
        self._passwords: dict[str, Any] = {key: self._password(key) for key in sorted(wanted.users)}
        self._made: dict[tuple[str, str], Any] = {}
        for child in planned:
            self._made[child.id] = self._make(child)

        ready: pulumi.Output[Any] = pulumi.Output.all(*(made.id for made in self._made.values()))
        url = pulumi.Output.all(pulumi.Output.from_input(wanted.url), ready).apply(lambda known: str(known[0]))
        names = {key: named(key, said) for key, said in sorted(wanted.repositories.items())}
        self.publish(url=url, server=url.apply(_server), repositories=ready.apply(lambda _: names))

    def endpoint(self, repository: str, user: str | None = None) -> RegistryEndpoint:
        """Return where a repository is (by key), logged in as one of the users (by key).

        Raises `StackError` where there is none of that key, or no client can reach it by itself.
        """
        said: Served = one(self._args.repositories, repository, "repositories")
        login = None if user is None else self.login(user)
        made = self._made["Repository", repository].id
        plain = isinstance(self._args.url, str) and self._args.url.startswith("http://")
        if said.host is not None:
            server = made.apply(lambda _: said.host)
        elif said.path_enabled:
            name = named(repository, said)
            return RegistryEndpoint(server=self.server, prefix=name, credentials=login, plain_http=plain)
        elif said.subdomain is not None:
            server = self.server.apply(lambda known: f"{said.subdomain}.{known}")
        elif said.reachable:
            server = self.server.apply(lambda known: f"{known.partition(':')[0]}:{said.https_port or said.http_port}")
            plain = said.https_port is None
        else:
            raise stack_error(
                f"repositories.{repository}: no client can reach it by itself; set path_enabled, or take a group that "
                "it is a member of"
            )
        return RegistryEndpoint(server=server, credentials=login, plain_http=plain)

    def login(self, user: str) -> Credentials:
        """Return the login of one of the users, by key. Raises `StackError` where there is none of that key."""
        said = one(self._args.users, user, "users")
        known = self._made["User", f"user-{user}"].id
        return Credentials(username=known.apply(lambda _: named(user, said)), password=self._passwords[user])

    def _password(self, key: str) -> Any:
        import pulumi_random as random

        given = self._args.users[key].password
        if given is not None:
            return reveal(given)
        made = random.RandomPassword(
            f"{self._name}-user-{key}-password", length=_PASSWORD_LENGTH, special=False, opts=self.child()
        )
        return pulumi.Output.secret(made.result)

    def _make(self, child: Child) -> Any:
        secrets = {key: pulumi.Output.secret(reveal(value)) for key, value in child.secrets.items()}
        if child.kind == "User":
            secrets["password"] = self._passwords[child.suffix.removeprefix("user-")]
        inputs = {**child.inputs, "secrets": secrets, **self._reached}
        options: dict[str, Any] = {"protect": True, "retain_on_delete": True} if child.lasting else {}
        if child.after:
            options["depends_on"] = [self._made[id_] for id_ in child.after]
        return OWN[child.kind](f"{self._name}-{child.suffix}", inputs, self.child(**options))


def _server(url: str) -> str:
    return urlsplit(url).netloc


__all__ = ["NexusConfiguration"]

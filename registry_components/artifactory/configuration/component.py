"""`ArtifactoryConfiguration`: what is in a running Artifactory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pulumi
from pydantic import SecretStr

from ...core.args import reveal
from ...core.component import RegistryComponent
from ...core.endpoint import Credentials, RegistryEndpoint
from ...core.errors import stack_error
from ...core.extras import needs_extra
from .args import ArtifactoryConfigurationArgs
from .names import known
from .plan import Below, Child, children


class ArtifactoryConfiguration(RegistryComponent):
    """What is in one Artifactory 7, ours or somebody else's.

    Children: the provider, named as the component; a repository `<name>-<key>`; `<name>-` with `group-<key>`,
    `user-<key>`, `permission-<key>`, `token-<key>`, `cleanup-<key>`, `archive-<key>`, `replication-<key>`,
    `backup-<key>`, `key-<key>`, `webhook-<key>`, `trashcan`, `security`.

    Local and federated repositories are protected and retained unless both `deletion="destroy"` and
    `empty_on_delete=True` are given; remote and virtual ones hold nothing that cannot be had again. Raises
    `StackError`, before anything is registered, where the arguments are not valid or a package is missing.
    """

    url: pulumi.Output[str]
    """Artifactory's URL; known once everything is there."""
    server: pulumi.Output[str]
    """What stands before a repository's key in an image's name."""
    repositories: pulumi.Output[dict[str, str]]
    """What stands before an image's own name, `server/key`, by the repositories' keys here."""

    def __init__(
        self,
        name: str,
        args: ArtifactoryConfigurationArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, ArtifactoryConfigurationArgs) else ArtifactoryConfigurationArgs.parse(args)
        with needs_extra(type(self).__name__, "artifactory", "pulumi_artifactory"):
            import pulumi_artifactory as sdk
        planned = list(children(wanted))
        super().__init__(name, opts)
        self._args = wanted
        self._known = known(wanted)
        self._provider = sdk.Provider(name, url=wanted.url, access_token=reveal(wanted.access_token), opts=self.child())
        self._made: dict[tuple[str, str], Any] = {}
        for child in planned:
            self._made[child.id] = self._make(sdk, child)

        ready: pulumi.Output[Any] = pulumi.Output.all(*(made.id for made in self._made.values()))
        url = pulumi.Output.all(pulumi.Output.from_input(wanted.url), ready).apply(lambda both: str(both[0]))
        keys = {word: found.key for word, found in self._known.items() if found.own}
        self.publish(
            url=url,
            server=url.apply(_server),
            repositories=url.apply(lambda root: {word: f"{_server(root)}/{key}" for word, key in keys.items()}),
        )

    def endpoint(self, repository: str, token: str | None = None) -> RegistryEndpoint:
        """Return where a repository is, by its key here or in `existing_repositories`, logged in by one of the tokens.

        Raises `StackError` where there is none of that key.
        """
        if repository not in self._known:
            raise _missing("repositories", repository, self._known)
        login = None if token is None else self.token(token)
        plain = isinstance(self._args.url, str) and self._args.url.startswith("http://")
        return RegistryEndpoint(
            server=self.server, prefix=self._known[repository].key, credentials=login, plain_http=plain
        )

    def token(self, key: str) -> Credentials:
        """Return one of the tokens as a login. Raises `StackError` where there is none of that key."""
        if key not in self._args.tokens:
            raise _missing("tokens", key, self._args.tokens)
        made = self._made["ScopedToken", f"token-{key}"]
        return Credentials(username=made.username, password=pulumi.Output.secret(made.access_token))

    def _make(self, sdk: Any, child: Child) -> Any:
        options: dict[str, Any] = {"provider": self._provider}
        if child.lasting:
            options |= {"protect": True, "retain_on_delete": True}
        if child.after:
            options["depends_on"] = [self._made[id_] for id_ in child.after]
        if child.secret:
            options["additional_secret_outputs"] = list(child.secret)
        if child.alone:
            options["delete_before_replace"] = True
        inputs = {key: _revealed(value) for key, value in child.inputs.items()}
        return getattr(sdk, child.kind)(f"{self._name}-{child.suffix}", opts=self.child(**options), **inputs)


def _revealed(value: Any) -> Any:
    if isinstance(value, Below):
        path = value.path
        return pulumi.Output.from_input(value.url).apply(lambda url: f"{url.rstrip('/')}{path}")
    if isinstance(value, dict):
        return {key: _revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_revealed(item) for item in value]
    return reveal(value) if isinstance(value, SecretStr) else value


def _server(url: str) -> str:
    return urlsplit(url).netloc


def _missing(what: str, key: str, there: Mapping[str, Any]) -> Exception:
    return stack_error(f"{what}: there is no {key!r}; there are: {', '.join(sorted(there)) or 'none'}")


__all__ = ["ArtifactoryConfiguration"]

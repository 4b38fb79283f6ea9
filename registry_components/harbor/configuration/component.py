"""`HarborConfiguration`: what is in a running Harbor, and how it behaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pulumi

from ...core.args import reveal
from ...core.component import RegistryComponent
from ...core.endpoint import Credentials, RegistryEndpoint
from ...core.extras import needs_extra
from ...core.keyed import one
from .args import HarborConfigurationArgs
from .names import named
from .own_settings import HarborProjectSettings, HarborSystemSettings
from .plan import OWN, Child, Ref, children
from .preheat import HarborPreheatPolicy
from .scanner import HarborProjectScanner, HarborScanner

_OWN: Mapping[str, type[Any]] = {
    "Scanner": HarborScanner,
    "ProjectScanner": HarborProjectScanner,
    "PreheatPolicy": HarborPreheatPolicy,
    "ProjectSettings": HarborProjectSettings,
    "SystemSettings": HarborSystemSettings,
}


class HarborConfiguration(RegistryComponent):
    """What is in one Harbor 2.15, ours or somebody else's.

    Children: the provider, named as the component; a project `<name>-<key>`, and below it `<name>-<key>-member-<user>`,
    `-group-<key>`, `-robot-<key>`, `-retention`, `-immutable-<key>`, `-webhook-<key>`, `-label-<key>`, `-scanner`,
    `-settings`, `-preheat-<key>`; `<name>-` with `robot-<key>`, `registry-<key>`, `replication-<key>`,
    `scanner-<key>`, `preheat-<key>`, `group-<key>`, `label-<key>`, `auth`, `system`, `system-settings`,
    `cve-allowlist`, `garbage-collection`, `purge-audit`, `scan-all`.

    Projects are protected and retained unless both `deletion="destroy"` and `empty_on_delete=True` are given. Raises
    `StackError`, before anything is registered, where the arguments are not valid or a package is missing.
    """

    url: pulumi.Output[str]
    """Harbor's URL; known once everything is there."""
    server: pulumi.Output[str]
    """What stands before an image's name."""
    projects: pulumi.Output[dict[str, str]]
    """Names of the projects, by key."""

    def __init__(
        self,
        name: str,
        args: HarborConfigurationArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, HarborConfigurationArgs) else HarborConfigurationArgs.parse(args)
        with needs_extra(type(self).__name__, "harbor", "pulumiverse_harbor", "httpx", "psutil"):
            import httpx  # noqa: F401 - the dynamic provider needs it, in a process of its own
            import psutil  # noqa: F401
            import pulumiverse_harbor as sdk
        planned = list(children(wanted))
        super().__init__(name, opts)
        self._args = wanted
        self._provider = sdk.Provider(
            name,
            url=wanted.url,
            username=wanted.username,
            password=reveal(wanted.password),
            insecure=wanted.insecure,
            opts=self.child(),
        )
        self._reached = {
            "harbor": {"url": wanted.url, "insecure": wanted.insecure},
            "login": {"username": wanted.username, "password": reveal(wanted.password)},
        }
        self._made: dict[tuple[str, str], Any] = {}
        for child in planned:
            self._made[child.id] = self._make(sdk, child)

        ready: pulumi.Output[Any] = pulumi.Output.all(*(made.id for made in self._made.values()))
        url = pulumi.Output.all(pulumi.Output.from_input(wanted.url), ready).apply(lambda known: str(known[0]))
        names = {key: self._made["Project", key].name for key in sorted(wanted.projects)}
        self.publish(
            url=url,
            server=url.apply(_server),
            projects=pulumi.Output.all(**names).apply(dict),
        )

    def endpoint(self, project: str, robot: str | None = None) -> RegistryEndpoint:
        """Return where a project is (by key), logged in as one of its robot accounts (by key).

        Raises `StackError` where there is none of that key.
        """
        said = one(self._args.projects, project, "projects")
        login = None if robot is None else self.robot(robot, project)
        plain = isinstance(self._args.url, str) and self._args.url.startswith("http://")
        return RegistryEndpoint(server=self.server, prefix=named(project, said), credentials=login, plain_http=plain)

    def robot(self, key: str, project: str | None = None) -> Credentials:
        """Return a robot account's login: of a project, by its key, or of the whole Harbor.

        Raises `StackError` where there is none of that key.
        """
        if project is None:
            one(self._args.robots, key, "robots")
            made = self._made["RobotAccount", f"robot-{key}"]
        else:
            one(one(self._args.projects, project, "projects").robots, key, f"projects.{project}.robots")
            made = self._made["RobotAccount", f"{project}-robot-{key}"]
        return Credentials(username=made.full_name, password=pulumi.Output.secret(made.secret))

    def _make(self, sdk: Any, child: Child) -> Any:
        inputs = {key: self._resolved(value) for key, value in child.inputs.items()}
        for key in child.secret:
            if key in inputs:
                inputs[key] = pulumi.Output.secret(inputs[key])
        lasting: dict[str, Any] = {"protect": True, "retain_on_delete": True} if child.lasting else {}
        if child.stands_on is not None:
            # The old one first: what it takes back has the same name in the new project.
            lasting |= {"replace_with": [self._made[child.stands_on]], "delete_before_replace": True}
        after = [self._made[id_] for id_ in child.after if id_ in self._made]
        if child.kind in OWN:
            options = self.child(depends_on=after, **lasting)
            return _OWN[child.kind](f"{self._name}-{child.suffix}", {**inputs, **self._reached}, options)
        options = self.child(depends_on=after, provider=self._provider, import_=child.adopted, **lasting)
        return getattr(sdk, child.kind)(f"{self._name}-{child.suffix}", opts=options, **inputs)

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return getattr(self._made[value.kind, value.suffix], value.output)
        if isinstance(value, dict):
            return {key: self._resolved(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        return reveal(value)


def _server(url: str) -> str:
    return urlsplit(url).netloc


__all__ = ["HarborConfiguration"]

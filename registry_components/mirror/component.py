"""`MirrorSchedule`: copies images from one registry to another, from inside of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..core.args import reveal
from ..kubernetes import docker_config
from ..kubernetes import scheduled_render as scheduled
from ..kubernetes.scheduled import ScheduledComponent, applied
from . import manifests
from .args import MirrorScheduleArgs, sides
from .routes import route


class MirrorSchedule(ScheduledComponent):
    """A CronJob that runs regclient's regsync by a `Replication`; with `verify_image` each run ends with a check.

    Children: `<name>` (the CronJob), `<name>-files` (regsync's configuration), `<name>-account`, and
    `<name>-credentials` where an endpoint has a login.

    It deletes nothing, neither in the registries while it runs nor when it is deleted itself. Raises `StackError`,
    before anything is registered, where the arguments are not valid or `pulumi_kubernetes` is not installed.
    """

    service_account: pulumi.Output[str]
    """The service account of its pods, which a cloud's role can be given to."""
    notes: pulumi.Output[list[str]]
    """What has to be there at the two registries, in sentences."""

    def __init__(
        self,
        name: str,
        args: MirrorScheduleArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, MirrorScheduleArgs) else MirrorScheduleArgs.parse(args)
        super().__init__(name, wanted, opts)
        named = self._named
        content = _content(wanted)
        given = manifests.Given(
            checksum=applied(content, scheduled.checksum),
            namespace=wanted.namespace,
            secret=wanted.credentials_secret,
        )
        needed = [
            self._make("-files", scheduled.config_map(named, wanted.namespace, content)),
            self._make("-account", manifests.account(wanted, named, wanted.namespace)),
        ]
        logins = _logins(wanted)
        if logins is not None:
            needed.append(self._make("-credentials", scheduled.secret(named, wanted.namespace, logins)))
            given = given._replace(secret=f"{named.name}-credentials")
        job = self._make("", manifests.cron_job(wanted, named, given), depends_on=needed)
        self.publish(
            cron_job=job.id.apply(lambda _: named.name),
            namespace=pulumi.Output.from_input(wanted.namespace),
            service_account=needed[1].id.apply(lambda _: named.name),
            notes=pulumi.Output.from_input(list(route(wanted.replication).notes)),
        )


def _content(args: MirrorScheduleArgs) -> Any:
    """Return the files, at once where all in them is known."""
    unknown = manifests.unknown(args)
    if not any(isinstance(value, pulumi.Output) for value in unknown.values()):
        return manifests.files(args, unknown)

    def files(known: Mapping[str, Any]) -> dict[str, str]:
        manifests.check(args, known)
        return manifests.files(args, known)

    return pulumi.Output.from_input(unknown).apply(files)


def _logins(args: MirrorScheduleArgs) -> pulumi.Output[dict[str, Any]] | None:
    """Return the data of the secret with the endpoints' logins; None where there are none."""
    said = [
        [side.endpoint.server, side.endpoint.credentials.username, reveal(side.endpoint.credentials.password)]
        for side in sides(args)
        if side.endpoint.credentials is not None
    ]
    if not said:
        return None

    def data(known: list[list[str]]) -> dict[str, Any]:
        logins = {server: docker_config.login(username, password) for server, username, password in known}
        return docker_config.secret_data(docker_config.config_text(logins))

    return pulumi.Output.secret(pulumi.Output.from_input(said).apply(data))


__all__ = ["MirrorSchedule"]

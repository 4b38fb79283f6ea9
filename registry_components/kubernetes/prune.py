"""`PruneSchedule`: deletes from a registry, from inside of a cluster, what a unified lifecycle policy lets go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from . import prune_render as render
from . import scheduled_render as scheduled
from .docker_config import secret_data
from .prune_args import ClaimedJournal, PruneScheduleArgs
from .scheduled import ScheduledComponent, applied


class PruneSchedule(ScheduledComponent):
    """A CronJob that runs `regc prune` by a unified policy; until `apply` is set it only tells what would go.

    Children: `<name>` (the CronJob), `<name>-files` (policy and authority), `<name>-credentials` where the endpoint has
    a login and no `credentials_secret` is given, `<name>-journal` where the component makes the claim, and with
    `in_use_from_cluster` also `<name>-account`, `<name>-list` and `<name>-list-binding`.

    The claim outlives the schedule unless its `deletion` is `destroy`. Raises `StackError`, before anything is
    registered, where the arguments are not valid or `pulumi_kubernetes` is not installed.
    """

    journal_claim: pulumi.Output[str]
    """The claim with the runs, their journals and logs; empty where it has none."""

    def __init__(
        self,
        name: str,
        args: PruneScheduleArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, PruneScheduleArgs) else PruneScheduleArgs.parse(args)
        super().__init__(name, wanted, opts)
        named = self._named
        needed = [self._make("-files", scheduled.config_map(named, wanted.namespace, render.files(wanted)))]
        secret = self._credentials(wanted, named, needed)
        if isinstance(wanted.journal, ClaimedJournal):
            kept = {"retain_on_delete": True} if wanted.journal.deletion == "retain" else {}
            needed.append(self._make("-journal", render.claim(wanted.journal, named, wanted.namespace), **kept))
        if wanted.in_use_from_cluster:
            needed += self._rights(wanted, named)
        job = self._make("", render.cron_job(wanted, named, _given(wanted, secret)), depends_on=needed)
        self.publish(
            cron_job=job.id.apply(lambda _: named.name),
            namespace=pulumi.Output.from_input(wanted.namespace),
            journal_claim=pulumi.Output.from_input(render.claim_name(wanted, named) or ""),
        )

    def _credentials(self, args: PruneScheduleArgs, named: scheduled.Named, needed: list[Any]) -> Any:
        """Return the name of the secret with the login, made where it is not there; None for an anonymous endpoint."""
        if args.credentials_secret is not None:
            return args.credentials_secret
        if args.endpoint.credentials is None:
            return None
        data: pulumi.Output[dict[str, Any]] = args.endpoint.docker_config_json().apply(secret_data)
        needed.append(self._make("-credentials", scheduled.secret(named, args.namespace, data)))
        return f"{named.name}-credentials"

    def _rights(self, args: PruneScheduleArgs, named: scheduled.Named) -> list[Any]:
        name = applied(args.namespace, lambda namespace: render.cluster_name(named.name, namespace))
        return [
            self._make("-account", scheduled.account(named, args.namespace)),
            self._make("-list", render.cluster_role(named, name)),
            self._make("-list-binding", render.cluster_role_binding(named, name, args.namespace)),
        ]


def _given(args: PruneScheduleArgs, secret: Any) -> render.Given:
    content = render.files(args)
    unknown = any(isinstance(text, pulumi.Output) for text in content.values())
    return render.Given(
        server=args.endpoint.server,
        repositories=[f"--repository={glob}" for glob in sorted(args.repositories)]
        or [applied(args.endpoint.prefix, render.repository_option)],
        namespace=args.namespace,
        checksum=pulumi.Output.all(**content).apply(scheduled.checksum) if unknown else scheduled.checksum(content),
        secret=secret,
    )

"""`DistributionRegistry`: one CNCF Distribution registry, as a process, a container or pods of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from ..core.component import RegistryComponent
from ..core.endpoint import Credentials, RegistryEndpoint
from ..core.extras import needs_extra
from .args import DistributionRegistryArgs
from .auth import HtpasswdAuth
from .cluster_args import KubernetesRuntime
from .generated import GeneratedSecret, HtpasswdUsers
from .lifecycle import CronJobExecutor, ScheduleExecutor
from .running import Running
from .runtimes import DockerRuntime, ProcessRuntime


class DistributionRegistry(RegistryComponent):
    """One registry of CNCF Distribution 3.1.

    Children: the registry itself, named as the component (a process or a container), `<name>-users` where passwords
    are generated or given, `<name>-http-secret` where none is given, `<name>-pruner` with a lifecycle policy; with
    runtime `docker` also `<name>-image`, `<name>-network`, `<name>-data`, `<name>-files`, and `<name>-configuration`,
    through which the files get there. With runtime `kubernetes` the registry itself is a Deployment or StatefulSet, and
    there are `<name>-config`, `<name>-credentials`, `<name>-account`, `<name>-network` and `<name>-service`, and, as
    they are asked for, `<name>-data`, `<name>-ingress` or `<name>-route`, `<name>-autoscaler`, `<name>-budget`,
    `<name>-metrics`, `<name>-monitor`, `<name>-alerts`, `<name>-collect` with `-collect-role` and `-collect-binding`,
    and `<name>-prune`, a `PruneSchedule`.

    Its images outlive it: destroying the component keeps them unless both `deletion="destroy"` and
    `empty_on_delete=True` have been deployed before.

    Raises `StackError`, before anything is registered, where the arguments are not valid or the `registry` program of
    runtime `process` is not there.
    """

    endpoint: RegistryEndpoint
    """Where the registry is and how to log in, as its first account."""
    server: pulumi.Output[str]
    """host:port that clients use; it is known once the registry answers."""
    config_path: pulumi.Output[str]
    """Path of config.yml, on this machine, in the container or in the pods."""
    directory: pulumi.Output[str]
    """Runtime `process`: the directory with configuration, images and log. Else: empty."""
    prune_status: pulumi.Output[str]
    """Path of the file that tells when the last run of the lifecycle policy was, what came of it and when the next one
    is; empty without a policy."""

    def __init__(
        self,
        name: str,
        args: DistributionRegistryArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, DistributionRegistryArgs) else DistributionRegistryArgs.parse(args)
        # What runtime is used decides what is imported: the container needs a provider SDK, the process does not.
        if isinstance(wanted.lifecycle_executor, ScheduleExecutor):
            _require_pruning()
        match wanted.runtime:
            case ProcessRuntime() as runtime:
                with needs_extra("runtime process", "distribution", "psutil"):
                    from .process import Process

                started: Process | Any = Process(name, wanted, runtime)
            case DockerRuntime() as container:
                with needs_extra("runtime docker", "docker", "pulumi_docker"):
                    from .container import Container

                started = Container(name, wanted, container)
            case KubernetesRuntime() as cluster:
                from .cluster import ClusterPods

                started = ClusterPods(name, wanted, cluster)
        super().__init__(name, opts)

        users = self._users(name, wanted)
        secret: Any = wanted.http_secret
        in_cluster = isinstance(wanted.runtime, KubernetesRuntime)
        # In a cluster it is the salt of the pods' checksum as well, which a pull-through cache has, too.
        if secret is None and (wanted.proxy is None or in_cluster):
            secret = GeneratedSecret(f"{name}-http-secret", self.child()).value
        running = started.make(self, http_secret=secret, htpasswd=None if users is None else users.htpasswd)

        pruning = self._prune(name, wanted, users, started, running)
        self.prune_status = pulumi.Output.from_input("") if pruning is None else pruning
        host = wanted.hostname or (f"[{wanted.host}]" if ":" in wanted.host else wanted.host)
        server = (
            running.server if running.server is not None else running.ready.apply(lambda _: f"{host}:{wanted.port}")
        )
        self.publish(
            server=server,
            config_path=running.config_path,
            directory=running.directory,
            **({} if pruning is None else {"prune_status": pruning}),
        )
        # Not an output of the component: it holds credentials, and outputs are shown.
        self.endpoint = RegistryEndpoint(
            server=server,
            credentials=_first_account(wanted, users),
            plain_http=wanted.tls is None if running.plain_http is None else running.plain_http,
        )
        self._users_resource = users
        if isinstance(wanted.lifecycle_executor, CronJobExecutor):
            from .cluster import prune_schedule

            prune_schedule(self, name, wanted, self.endpoint)

    def _prune(
        self, name: str, args: DistributionRegistryArgs, users: HtpasswdUsers | None, started: Any, running: Running
    ) -> pulumi.Output[str] | None:
        """Register what carries the lifecycle policy out; return the path of its status, or None without a policy."""
        policy, executor, runtime = args.lifecycle, args.lifecycle_executor, args.runtime
        if policy is None or not isinstance(executor, ScheduleExecutor):
            return None
        if not isinstance(runtime, ProcessRuntime) or running.resource is None:
            return None
        from . import prune_process
        from .pruner import status_file

        made = prune_process.make(
            self,
            name,
            args,
            policy,
            executor,
            runtime=runtime,
            registry=running.resource,
            registry_directory=started.directory,
            owner=started.owner,
            credentials=_first_account(args, users),
        )
        path: pulumi.Output[str] = made.directory.apply(lambda folder: str(status_file(Path(folder))))
        return path

    def password(self, username: str) -> pulumi.Output[str]:
        """Return the password of one account, as a secret; raises `StackError` where it is not known here."""
        from ..core.errors import stack_error

        if self._users_resource is None:
            raise stack_error("this registry has no accounts whose passwords are known here")
        return self._users_resource.password(username)

    def _users(self, name: str, args: DistributionRegistryArgs) -> HtpasswdUsers | None:
        if not isinstance(args.auth, HtpasswdAuth) or args.auth.htpasswd is not None:
            return None
        return HtpasswdUsers(
            f"{name}-users", generate=args.auth.users, given=dict(args.auth.passwords), opts=self.child()
        )


def _require_pruning() -> None:
    with needs_extra("lifecycle", "lifecycle", "numpy", "polars"):
        import numpy  # noqa: F401 - the process that prunes needs them
        import polars  # noqa: F401
    with needs_extra("lifecycle", "ops", "httpx"):
        import httpx  # noqa: F401


def _first_account(args: DistributionRegistryArgs, users: HtpasswdUsers | None) -> Credentials | None:
    if users is None or not isinstance(args.auth, HtpasswdAuth):
        return None
    username = [*args.auth.users, *args.auth.passwords][0]
    return Credentials(username=username, password=users.password(username))

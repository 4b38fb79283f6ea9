"""Runtime `kubernetes`: one registry as pods of a cluster, with all that stands around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..core.args import reveal
from ..core.component import RegistryComponent
from ..core.endpoint import Credentials, RegistryEndpoint
from ..core.errors import stack_error
from ..kubernetes.objects import Named, marks, require_sdk
from ..kubernetes.prune import PruneSchedule
from ..kubernetes.prune_args import PruneScheduleArgs
from ..kubernetes.serving import render_objects as objects
from ..kubernetes.serving import render_pods as pods
from ..kubernetes.serving.register import Maker, register
from ..kubernetes.serving.volumes import NewClaim
from ..kubernetes.serving.words import check_base_name
from . import cluster_render as render
from .args import DistributionRegistryArgs
from .cluster_args import KubernetesRuntime
from .lifecycle import CronJobExecutor
from .render import render as configuration
from .render import to_yaml
from .running import Running


class ClusterPods:
    """Runtime `kubernetes`.

    Raises `StackError`, before anything is registered, where the component's name cannot be the objects' and none is
    given, or `pulumi_kubernetes` is not installed.
    """

    def __init__(self, name: str, args: DistributionRegistryArgs, runtime: KubernetesRuntime) -> None:
        self._name, self._args, self._runtime = name, args, runtime
        object_name = runtime.object_name or name
        mistake = check_base_name(object_name)
        if mistake:
            raise stack_error(f"DistributionRegistry {name!r}: {mistake}; give it a runtime.object_name")
        require_sdk("DistributionRegistry")
        labels, annotations = marks(pulumi.get_project(), pulumi.get_stack(), name)
        self._named = Named(object_name, labels, annotations)

    def make(self, component: RegistryComponent, *, http_secret: Any, htpasswd: Any) -> Running:
        """Register the pods and what is around them as children of `component`."""
        args, runtime, named = self._args, self._runtime, self._named
        rendered = configuration(
            render.in_pod(args, runtime), render.layout(args), http_secret=http_secret, htpasswd=htpasswd
        )
        placed = render.place(rendered)
        config = _text(placed.config)
        secret = {key: _revealed(value) for key, value in placed.secret_files.items()} | {
            key: pulumi.Output.from_input(reveal(value)).apply(render.variable)
            for key, value in placed.variables.items()
        }
        given = render.Given(
            args=args,
            runtime=runtime,
            named=named,
            secret_keys=tuple(sorted(placed.secret_files)),
            public_keys=("config.yml", *sorted(placed.files)),
            variables=tuple(sorted(placed.variables)),
            digest=_digest(_revealed(http_secret), {"config.yml": config, **placed.files, **secret}),
        )
        made = Maker(component, self._name)
        before = [made("-config", render.files(placed, named, runtime.namespace, config))]
        if secret:
            before.append(
                made("-credentials", objects.secret(named, "-credentials", runtime.namespace, _hidden(secret)))
            )
        if isinstance(runtime.claim, NewClaim):
            gone = args.deletion == "destroy" and args.empty_on_delete
            before.append(made("-data", pods.claim(runtime.claim, named, runtime.namespace), retain_on_delete=not gone))
        workload, service = register(made, render.manifests(given), before)
        # Known once the pods are ready.
        ready = pulumi.Output.all(runtime.namespace, workload.id, service.id)
        return Running(
            ready=ready,
            config_path=pulumi.Output.from_input(f"{render.FILES_DIRECTORY}/config.yml"),
            directory=pulumi.Output.from_input(""),
            resource=workload,
            server=ready.apply(lambda known: render.server(args, runtime, named.name, str(known[0]))),
            plain_http=render.plain_http(args, runtime),
        )


def prune_schedule(
    component: RegistryComponent, name: str, args: DistributionRegistryArgs, endpoint: RegistryEndpoint
) -> PruneSchedule | None:
    """Register what carries the lifecycle policy out, where there is one."""
    executor, runtime = args.lifecycle_executor, args.runtime
    if (
        args.lifecycle is None
        or not isinstance(executor, CronJobExecutor)
        or not isinstance(runtime, KubernetesRuntime)
    ):
        return None
    login = executor.login
    credentials = endpoint.credentials
    if login is not None:
        credentials = Credentials(username=login.username, password=login.password)
    same = (
        "schedule",
        "time_zone",
        "image",
        "apply",
        "assume_created",
        "repositories",
        "in_use_from_cluster",
        "max_fraction",
        "max_deletes",
        "max_age_hours",
        "concurrency",
        "journal",
    )
    kept = {} if executor.journal.kind == "ephemeral" else {"keep_runs": executor.keep_runs}
    object_name = render.pruning(runtime.object_name or name)
    return PruneSchedule(
        f"{name}-prune",
        PruneScheduleArgs(
            endpoint=RegistryEndpoint(
                server=endpoint.server,
                credentials=credentials,
                plain_http=endpoint.plain_http,
                ca_certificate=executor.ca_certificate,
            ),
            policy=args.lifecycle,
            namespace=runtime.namespace,
            object_name=object_name,
            labels={render.INSTANCE: object_name},
            user_id=runtime.user_id,
            image_pull_secrets=runtime.image_pull_secrets,
            node_selector=runtime.node_selector,
            **{field: getattr(executor, field) for field in same},
            **kept,
        ),
        opts=component.child(),
    )


def _text(config: dict[str, Any]) -> Any:
    """Return config.yml, at once where nothing in it has to be waited for."""
    if _waits(config):
        return pulumi.Output.from_input(reveal(config)).apply(to_yaml)
    return to_yaml(config)


def _waits(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(_waits(item) for item in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, pulumi.Output)


def _revealed(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(reveal(value))


def _hidden(data: Mapping[str, Any]) -> pulumi.Output[dict[str, Any]]:
    known: pulumi.Output[dict[str, Any]] = pulumi.Output.secret(dict(data))
    return known


def _digest(salt: pulumi.Output[Any], content: Mapping[str, Any]) -> pulumi.Output[str]:
    names = sorted(content)
    known = pulumi.Output.all(salt, *(content[name] for name in names))
    # With the salt in it, it is no way back to what it is made of.
    return pulumi.Output.unsecret(
        known.apply(lambda values: render.checksum(str(values[0]), dict(zip(names, values[1:], strict=True))))
    )

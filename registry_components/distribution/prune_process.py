"""The dynamic resource of the process that prunes a registry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..blocks.lifecycle import LifecyclePolicy
from ..core.args import reveal
from ..core.component import PACKAGE, RegistryComponent
from ..core.dynamic import Provider, is_known, tell, without_provider
from ..core.endpoint import Credentials, RegistryEndpoint
from . import prune_render, pruner
from .args import DistributionRegistryArgs
from .lifecycle import ScheduleExecutor
from .owned import Owner
from .runtimes import ProcessRuntime

_OBSERVED = ("status", "detail")


def spec_of(properties: Mapping[str, Any]) -> pruner.Spec:
    """Return the schedule that the resource's properties describe."""
    return pruner.Spec(
        directory=Path(properties["directory"]),
        files={str(name): str(text) for name, text in properties["files"].items()},
        owner=Owner(**properties["owner"]),
        stop_timeout=float(properties["stop_timeout_seconds"]),
        log_max_bytes=int(properties["log_max_megabytes"]) * 1024 * 1024,
        log_files=int(properties["log_files"]),
    )


class _PrunerProvider(Provider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        pruner.ensure(spec_of(props))
        return CreateResult(str(props["directory"]), _running(props))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        news, olds = without_provider(_news), without_provider(_olds)
        if not is_known(news):
            return DiffResult(changes=True)
        if news["directory"] != olds["directory"]:
            return DiffResult(changes=True, replaces=["directory"], delete_before_replace=True)
        changed = any(news[key] != olds.get(key) for key in news if key not in _OBSERVED)
        if changed:
            return DiffResult(changes=True)
        # The world is looked at here too, so that a plain `up` restores a process that died.
        seen = pruner.observe(spec_of(news))
        if seen.status != "running":
            tell(f"pruner of {news['owner']['component']} is {seen.status}: {seen.detail}; `up` restores it")
        return DiffResult(changes=seen.status != "running")

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        pruner.ensure(spec_of(_news))
        return UpdateResult(_running(_news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        seen = pruner.observe(spec_of(props))
        return ReadResult(id_, {**without_provider(props), "status": seen.status, "detail": seen.detail})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        pruner.remove(spec_of(_props), keep_runs=bool(_props["keep_runs"]))


def _running(properties: dict[str, Any]) -> dict[str, Any]:
    return {**without_provider(properties), "status": "running", "detail": ""}


class RegistryPruner(Resource, module=PACKAGE, name="RegistryPruner"):
    """A process that prunes one registry from time to time, with its files, runs and log below `directory`.

    `status` is `running`, `dead` or `outdated`, and `detail` says more; both are what the last `up` or `refresh` saw.
    """

    status: pulumi.Output[str]
    detail: pulumi.Output[str]
    directory: pulumi.Output[str]

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        observed: dict[str, Any] = dict.fromkeys(_OBSERVED)
        super().__init__(_PrunerProvider(), name, {**properties, **observed}, opts)


def make(
    component: RegistryComponent,
    name: str,
    args: DistributionRegistryArgs,
    policy: LifecyclePolicy,
    executor: ScheduleExecutor,
    *,
    runtime: ProcessRuntime,
    registry: pulumi.Resource,
    registry_directory: Path,
    owner: Mapping[str, str],
    credentials: Credentials | None,
) -> RegistryPruner:
    """Register the schedule as a child of `component`; it starts after the registry and ends before it."""
    if executor.login is not None:
        credentials = Credentials(username=executor.login.username, password=executor.login.password)
    # Without a login the file is there as well: the user's own is never taken.
    login = RegistryEndpoint(server=prune_render.server(args), credentials=credentials).docker_config_json()
    directory = pruner.directory_of(registry_directory)
    files = prune_render.files(
        args,
        policy,
        executor,
        directory=pruner.files_directory(directory),
        runs=pruner.runs_directory(directory),
        login=login,
    )
    return RegistryPruner(
        f"{name}-pruner",
        {
            "directory": str(directory),
            "files": reveal(files),
            "owner": dict(owner),
            "stop_timeout_seconds": runtime.stop_timeout_seconds,
            "log_max_megabytes": runtime.log_max_megabytes,
            "log_files": runtime.log_files,
            "keep_runs": not (args.deletion == "destroy" and args.empty_on_delete),
        },
        component.child(depends_on=[registry]),
    )

"""The dynamic resource of the process that prunes a registry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from ..blocks.lifecycle import LifecyclePolicy
from ..core.args import reveal
from ..core.component import PACKAGE, RegistryComponent
from ..core.endpoint import Credentials, RegistryEndpoint
from . import prune_render, pruner
from .args import DistributionRegistryArgs
from .lifecycle import ScheduleExecutor
from .owned import Owner
from .owned_provider import OBSERVED, OwnedProvider
from .runtimes import ProcessRuntime


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


class _PrunerProvider(OwnedProvider):
    def ensure(self, props: dict[str, Any]) -> None:
        pruner.ensure(spec_of(props))

    def observe(self, props: dict[str, Any]) -> pruner.Observation:
        return pruner.observe(spec_of(props))

    def title(self, props: dict[str, Any]) -> str:
        return f"pruner of {props['owner']['component']}"

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        pruner.remove(spec_of(_props), keep_runs=bool(_props["keep_runs"]))


class RegistryPruner(Resource, module=PACKAGE, name="RegistryPruner"):
    """A process that prunes one registry from time to time, with its files, runs and log below `directory`.

    `status` is `running`, `dead` or `outdated`, and `detail` says more; both are what the last `up` or `refresh` saw.
    """

    status: pulumi.Output[str]
    detail: pulumi.Output[str]
    directory: pulumi.Output[str]

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        observed: dict[str, Any] = dict.fromkeys(OBSERVED)
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

"""The dynamic resource behind runtime `process`: one registry daemon on the machine that runs the program."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, Resource
from pulumi.metadata import get_root_directory

from ..core.args import reveal
from ..core.component import PACKAGE, RegistryComponent
from ..core.dynamic import is_known, without_provider
from ..core.errors import stack_error
from ..core.versions import DISTRIBUTION_MINIMUM
from . import daemon
from .args import DistributionRegistryArgs
from .owned import Owner
from .owned_provider import OBSERVED, OwnedProvider
from .render import Layout, join_host_port, render, to_yaml
from .running import Running
from .runtimes import ProcessRuntime

# What a cloud's default credential chain reads. It reaches the daemon only where the storage is of that cloud.
_CLOUD_ENVIRONMENT = {
    "s3": (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CA_BUNDLE",
    ),
    "gcs": ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG"),
    "azure": ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"),
}

_SECRET_KEYS = ("secret", "password", "key", "token", "header")


def spec_of(properties: Mapping[str, Any]) -> daemon.Spec:
    """Return the instance that the resource's properties describe."""
    config: dict[str, Any] = properties["config"]
    files = {str(name): str(text) for name, text in (properties.get("files") or {}).items()}
    return daemon.Spec(
        directory=Path(properties["directory"]),
        binary=Path(properties["binary"]),
        files={**files, "config.yml": to_yaml(config)},
        host=str(properties["host"]),
        port=int(properties["port"]),
        owner=Owner(**properties["owner"]),
        tls=bool(properties["tls"]),
        probe_path=str(properties["probe_path"]),
        start_timeout=float(properties["start_timeout_seconds"]),
        stop_timeout=float(properties["stop_timeout_seconds"]),
        log_max_bytes=int(properties["log_max_megabytes"]) * 1024 * 1024,
        log_files=int(properties["log_files"]),
        secrets=frozenset(_secrets(config))
        | {line for text in files.values() for line in text.split() if len(line) > 7},
        environment=tuple(properties["environment"] or ()),
    )


def _secrets(tree: Any, secret: bool = False) -> list[str]:
    """Return the texts of a config tree that stand under a name of a secret."""
    if isinstance(tree, Mapping):
        return [
            text
            for key, value in tree.items()
            for text in _secrets(value, secret or any(word in str(key).lower() for word in _SECRET_KEYS))
        ]
    if isinstance(tree, list):
        return [text for item in tree for text in _secrets(item, secret)]
    return [tree] if secret and isinstance(tree, str) and len(tree) > 7 else []


class _ProcessProvider(OwnedProvider):
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        # Passwords are not known in the first preview. Where the registry is to run is: what stands in its way is
        # told before anything is made.
        place = without_provider({**news, "config": {}, "files": {}})
        failures = [CheckFailure(*found) for found in daemon.check(spec_of(place))] if is_known(place) else []
        return CheckResult(news, failures)

    def ensure(self, props: dict[str, Any]) -> None:
        daemon.ensure(spec_of(props))

    def observe(self, props: dict[str, Any]) -> daemon.Observation:
        return daemon.observe(spec_of(props))

    def title(self, props: dict[str, Any]) -> str:
        return f"registry {props['owner']['component']}"

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        daemon.remove(spec_of(_props), keep_data=bool(_props["keep_data"]))


class RegistryProcess(Resource, module=PACKAGE, name="RegistryProcess"):
    """One registry daemon with its files, log and data below `directory`.

    `status` is `running`, `dead`, `outdated`, `unresponsive` or `foreign` (somebody else holds the port), and
    `detail` says more; both are what the last `up` or `refresh` saw.
    """

    status: pulumi.Output[str]
    detail: pulumi.Output[str]
    directory: pulumi.Output[str]

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        observed: dict[str, Any] = dict.fromkeys(OBSERVED)
        super().__init__(_ProcessProvider(), name, {**properties, **observed}, opts)


class Process:
    """Runtime `process`: finds the program first, so that a missing one is told before anything is registered."""

    def __init__(self, name: str, args: DistributionRegistryArgs, runtime: ProcessRuntime) -> None:
        self._name, self._args, self._runtime = name, args, runtime
        self._binary = _binary(runtime)
        self.owner = owner(name)
        own = self.owner
        self.directory = Path(runtime.directory or daemon.default_directory(own["project"], own["stack"], name))

    def make(self, component: RegistryComponent, *, http_secret: Any, htpasswd: Any) -> Running:
        """Register the daemon as a child of `component`."""
        name, args, runtime = self._name, self._args, self._runtime
        own, directory = self.owner, self.directory
        layout = Layout(
            address=join_host_port(args.host, args.port),
            data_directory=str(daemon.data_directory(directory)),
            files_directory=str(daemon.files_directory(directory)),
        )
        rendered = render(args, layout, http_secret=http_secret, htpasswd=htpasswd)
        process = RegistryProcess(
            name,
            {
                "directory": str(directory),
                "binary": str(self._binary),
                "config": reveal(rendered.config),
                "files": reveal(rendered.files),
                "host": "127.0.0.1" if args.host == "localhost" else args.host,
                "port": args.port,
                "tls": args.serves_tls,
                "probe_path": args.api_path,
                "owner": own,
                "start_timeout_seconds": runtime.start_timeout_seconds,
                "stop_timeout_seconds": runtime.stop_timeout_seconds,
                "log_max_megabytes": runtime.log_max_megabytes,
                "log_files": runtime.log_files,
                "environment": list(_CLOUD_ENVIRONMENT.get(args.storage.kind, ())),
                "keep_data": not (args.deletion == "destroy" and args.empty_on_delete),
            },
            component.child(),
        )
        folder = process.directory
        return Running(
            ready=process.status,
            config_path=folder.apply(lambda path: str(daemon.files_directory(Path(path)) / "config.yml")),
            directory=folder,
            resource=process,
        )


def _binary(runtime: ProcessRuntime) -> Path:
    """Return the registry program. Raises `StackError` where there is none."""
    import shutil

    from ..provision import find

    if runtime.binary is not None:
        found = shutil.which(runtime.binary)
        if found is None:
            raise stack_error(
                f"runtime.binary: {runtime.binary!r} is not a program that can be run; install it, or correct the path"
            )
        return Path(found)
    tool = find("registry")
    if tool is None:
        raise stack_error(
            f"runtime: no `registry` program {DISTRIBUTION_MINIMUM} or newer is here; run `regc up` or "
            "`tools/provision`, which build it, or name one with runtime.binary"
        )
    return tool.path


def owner(name: str) -> dict[str, str]:
    """Return who this program is, for the instance's record.

    A program without a project folder (Automation API) works in a new folder each time: it is left out.
    """
    root = get_root_directory()
    inline = not root or Path(root).name.startswith("automation-")
    return {
        "project": pulumi.get_project(),
        "stack": pulumi.get_stack(),
        "root": "" if inline else os.path.realpath(root),
        "component": name,
    }

"""The dynamic resource behind runtime `process`: one registry daemon on the machine that runs the program."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)

from ..core.component import PACKAGE
from ..core.dynamic import Provider, is_known, without_provider
from . import daemon
from .render import to_yaml

_OBSERVED = ("status", "detail")
_SECRET_KEYS = ("secret", "password", "key", "token", "authorization")


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
        owner=daemon.Owner(**properties["owner"]),
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


class _ProcessProvider(Provider):
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        failures = []
        if is_known(without_provider(news)):
            failures = [CheckFailure(setting, reason) for setting, reason in daemon.check(spec_of(news))]
        return CheckResult(news, failures)

    def create(self, props: dict[str, Any]) -> CreateResult:
        daemon.ensure(spec_of(props))
        return CreateResult(str(props["directory"]), _running(props))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        news, olds = without_provider(_news), without_provider(_olds)
        if not is_known(news):
            return DiffResult(changes=True)
        if news["directory"] != olds["directory"]:
            return DiffResult(changes=True, replaces=["directory"], delete_before_replace=True)
        changed = any(news[key] != olds.get(key) for key in news if key not in _OBSERVED)
        # The world is looked at here too, so that a plain `up` restores a daemon that died.
        return DiffResult(changes=changed or daemon.observe(spec_of(news)).status != "running")

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        daemon.ensure(spec_of(_news))
        return UpdateResult(_running(_news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        seen = daemon.observe(spec_of(props))
        return ReadResult(id_, {**without_provider(props), "status": seen.status, "detail": seen.detail})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        daemon.remove(spec_of(_props), keep_data=bool(_props["keep_data"]))


def _running(properties: dict[str, Any]) -> dict[str, Any]:
    return {**without_provider(properties), "status": "running", "detail": ""}


class RegistryProcess(Resource, module=PACKAGE, name="RegistryProcess"):
    """One registry daemon with its files, log and data below `directory`.

    `status` is `running`, `dead`, `outdated`, `unresponsive` or `foreign` (somebody else holds the port), and
    `detail` says more; both are what the last `up` or `refresh` saw.
    """

    status: pulumi.Output[str]
    detail: pulumi.Output[str]
    directory: pulumi.Output[str]

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        observed: dict[str, Any] = dict.fromkeys(_OBSERVED)
        super().__init__(_ProcessProvider(), name, {**properties, **observed}, opts)


def owner() -> dict[str, str]:
    """Return who this program is, for the instance's record.

    A program without a project folder (Automation API) works in a new folder each time: it is left out.
    """
    root = str(pulumi.get_root_directory()) if hasattr(pulumi, "get_root_directory") else ""
    inline = not root or Path(root).name.startswith("automation-")
    return {
        "project": pulumi.get_project(),
        "stack": pulumi.get_stack(),
        "root": "" if inline else os.path.realpath(root),
    }

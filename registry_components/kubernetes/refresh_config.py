"""What a refresh is told to do, as the component writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import Field

from ..core.args import Args
from ..core.errors import stack_error
from .words import Name, Namespace


class RefreshedRegistry(Args):
    """A registry whose token is asked for."""

    kind: Literal["ecr", "artifact_registry", "acr"]
    server: str


class Owner(Args):
    """The binding whose end is the end of the secrets: Kubernetes removes what it owns."""

    kind: Literal["RoleBinding", "ClusterRoleBinding"]
    name: Name


class CronJob(Args):
    """Who tells of a failure: the object that its event is about."""

    name: Name
    namespace: Namespace


class RefreshConfig(Args):
    """What a refresh is told to do."""

    secret: Name
    registries: list[RefreshedRegistry] = Field(min_length=1)
    namespaces: list[Namespace] = []
    namespace_selector: dict[str, str] = {}
    service_accounts: list[Name] = []
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    logins: str | None = None
    """A Docker config file with logins that live; they go into the same secret."""
    must_live_seconds: int = Field(default=900, ge=60)
    """How long a token must live when a run ends; the run waits for another one otherwise."""
    owner: Owner | None = None
    cron_job: CronJob | None = None


def read_refresh_config(path: Path) -> RefreshConfig:
    """Return the configuration in a file. Raises `StackError`."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise stack_error(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise stack_error(f"{path} is not JSON; give what the component has written") from None
    config = RefreshConfig.parse(tree)
    if bool(config.namespaces) == bool(config.namespace_selector):
        raise stack_error(f"{path}: says both or none of namespaces and namespace_selector; say one")
    return config

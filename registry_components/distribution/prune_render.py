"""What the schedule beside a registry is told: a command line, a policy and a login. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..blocks.lifecycle import LifecyclePolicy
from .args import DistributionRegistryArgs
from .lifecycle import ScheduleExecutor
from .render import join_host_port

_RETRY_SECONDS = 15 * 60
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}  # noqa: S104 - what to ask, not to listen on


def server(args: DistributionRegistryArgs) -> str:
    """Return where the schedule reaches the registry: on this machine, by the name that its certificate has."""
    host = args.hostname if args.serves_tls and args.hostname is not None else _ANY.get(args.host, args.host)
    return join_host_port(host, args.port)


def command(args: DistributionRegistryArgs, executor: ScheduleExecutor, files: Path, runs: Path) -> list[str]:
    """Return the arguments of regc."""
    said = ["prune", server(args), f"--policy={files / 'policy.yaml'}", f"--unattended={runs}"]
    if not executor.apply:
        said.append("--dry-run")
    said += [f"--repository={glob}" for glob in sorted(executor.repositories)]
    said.append("--tls" if args.serves_tls else "--plain-http")
    if executor.ca_certificate is not None:
        said.append(f"--ca-certificate={files / 'ca.pem'}")
    if executor.assume_created:
        said.append("--assume-created")
    said.append(f"--max-fraction={executor.max_fraction}")
    if executor.max_deletes is not None:
        said.append(f"--max-deletes={executor.max_deletes}")
    return [
        *said,
        f"--max-age={executor.max_age_hours}",
        f"--keep-runs={executor.keep_runs}",
        f"--concurrency={executor.concurrency}",
    ]


def files(
    args: DistributionRegistryArgs,
    policy: LifecyclePolicy,
    executor: ScheduleExecutor,
    *,
    directory: Path,
    runs: Path,
    login: Any,
) -> dict[str, Any]:
    """Return the files by name; they stand in `directory`. `login` is the text of a Docker config file."""
    settings = {
        "arguments": command(args, executor, directory, runs),
        "every_seconds": executor.every_hours * 3600,
        "retry_seconds": _RETRY_SECONDS,
    }
    written: Mapping[str, Any] = policy.model_dump(mode="json", exclude_defaults=True)
    found: dict[str, Any] = {
        "config.json": login,
        "policy.yaml": yaml.safe_dump(dict(written), sort_keys=True, default_flow_style=False),
        "prune.json": json.dumps(settings, indent=1) + "\n",
    }
    if executor.ca_certificate is not None:
        found["ca.pem"] = executor.ca_certificate
    return dict(sorted(found.items()))

"""Unit proof: what the schedule beside a registry is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from registry_components.blocks.lifecycle import LifecyclePolicy
from registry_components.distribution import prune_render as render
from registry_components.distribution.args import DistributionRegistryArgs
from registry_components.distribution.lifecycle import ScheduleExecutor
from tests.unit.distribution.material import material

pytestmark = pytest.mark.unit

CERT, KEY = material().pairs[0]
TLS = {"kind": "certificate", "certificate": CERT, "key": KEY}
H = {"kind": "htpasswd", "users": ["ci"]}
POLICY: dict[str, Any] = {"repositories": ["**"], "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}}}
SCHEDULE: dict[str, Any] = {"kind": "schedule", "assume_created": True}
GOOD: dict[str, Any] = {
    "storage": {"kind": "filesystem"},
    "auth": H,
    "delete": True,
    "lifecycle": POLICY,
    "lifecycle_executor": SCHEDULE,
}
FILES, RUNS = Path("/r/prune/files"), Path("/r/prune/runs")


def args_for(**changes: Any) -> DistributionRegistryArgs:
    return DistributionRegistryArgs.parse({**GOOD, **changes})


def command(**changes: Any) -> list[str]:
    args = args_for(**changes)
    assert isinstance(args.lifecycle_executor, ScheduleExecutor)
    return render.command(args, args.lifecycle_executor, FILES, RUNS)


REACHED: list[tuple[dict[str, Any], str]] = [
    ({}, "127.0.0.1:5000"),
    ({"host": "localhost", "port": 5001}, "127.0.0.1:5001"),
    ({"host": "0.0.0.0", "tls": {"kind": "terminated"}, "hostname": "r.example.com"}, "127.0.0.1:5000"),
    ({"host": "::", "tls": {"kind": "terminated"}}, "[::1]:5000"),
    ({"host": "10.0.0.5", "tls": TLS}, "10.0.0.5:5000"),
    ({"host": "0.0.0.0", "tls": TLS, "hostname": "r.example.com"}, "r.example.com:5000"),
]


@pytest.mark.parametrize(("changes", "server"), REACHED)
def test_where_it_reaches_the_registry(changes: dict[str, Any], server: str) -> None:
    words = command(**changes)
    assert words[:2] == ["prune", server]
    # A terminated registry speaks plain HTTP on its own port.
    assert ("--tls" in words, "--plain-http" in words) == (changes.get("tls") == TLS, changes.get("tls") != TLS)


def test_the_whole_command_line() -> None:
    executor = {
        **SCHEDULE,
        "apply": True,
        "repositories": ["shop/*", "base"],
        "max_fraction": 0.5,
        "max_deletes": 100,
        "max_age_hours": 12,
        "keep_runs": 5,
        "concurrency": 2,
        "ca_certificate": CERT,
    }
    assert command(tls=TLS, lifecycle_executor=executor) == [
        "prune",
        "127.0.0.1:5000",
        "--policy=/r/prune/files/policy.yaml",
        "--unattended=/r/prune/runs",
        "--repository=base",
        "--repository=shop/*",
        "--tls",
        "--ca-certificate=/r/prune/files/ca.pem",
        "--assume-created",
        "--max-fraction=0.5",
        "--max-deletes=100",
        "--max-age=12",
        "--keep-runs=5",
        "--concurrency=2",
    ]
    assert "--dry-run" in command()


def test_regc_takes_it() -> None:
    from registry_components.cli.main import app

    done = CliRunner().invoke(app, command())
    assert done.exit_code == 1
    assert "/r/prune/files/policy.yaml: cannot be read" in done.output


def test_the_files() -> None:
    args = args_for(tls=TLS, lifecycle_executor={**SCHEDULE, "ca_certificate": CERT, "every_hours": 6})
    assert args.lifecycle is not None
    assert isinstance(args.lifecycle_executor, ScheduleExecutor)
    found = render.files(args, args.lifecycle, args.lifecycle_executor, directory=FILES, runs=RUNS, login="{}")
    assert list(found) == ["ca.pem", "config.json", "policy.yaml", "prune.json"]
    assert LifecyclePolicy.load(yaml.safe_load(found["policy.yaml"])) == args.lifecycle
    settings = json.loads(found["prune.json"])
    assert (settings["every_seconds"], settings["retry_seconds"]) == (21_600, 900)
    assert found["ca.pem"] == CERT

"""Unit proof: what a prune schedule becomes: always the same, only what Kubernetes knows, and never unsafe."""

from __future__ import annotations

import collections.abc
import functools
import json
import shlex
import sys
import typing
from typing import Any

import pulumi_kubernetes
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pulumi import _types
from typer.testing import CliRunner

from registry_components.blocks.lifecycle import LifecyclePolicy
from registry_components.kubernetes import prune_render as render
from registry_components.kubernetes import scheduled_render as scheduled
from registry_components.kubernetes.cron import check_cron
from registry_components.kubernetes.prune_args import PruneScheduleArgs

pytestmark = pytest.mark.unit

GOOD: dict[str, Any] = {
    "endpoint": {"server": "registry.example.com"},
    "policy": {"repositories": ["**"], "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}}},
    "namespace": "ops",
    "image": "registry.example.com/regc:1.4.0",
    "assume_created": True,
}
NAMED = scheduled.Named("nightly", {"managed-by": "us"}, {})

names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
journals = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("claim"), "access_mode": st.just("ReadWriteMany")},
        optional={"size_mebibytes": st.integers(16, 10_000), "storage_class": names},
    ),
    st.fixed_dictionaries({"kind": st.just("existing"), "claim_name": names}),
    st.just({"kind": "ephemeral"}),
)
settings = st.fixed_dictionaries(
    {"journal": journals, "endpoint": st.fixed_dictionaries(
        {"server": st.sampled_from(["registry.example.com", "r.ops.svc:5000"])},
        optional={
            "prefix": st.sampled_from(["", "team/apps"]),
            "plain_http": st.booleans(),
            "ca_certificate": st.just("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        },
    )},
    optional={
        "apply": st.booleans(),
        "suspend": st.booleans(),
        "in_use_from_cluster": st.booleans(),
        "shards": st.integers(1, 50),
        "max_fraction": st.floats(0, 1),
        "max_deletes": st.integers(0, 10**9),
        "max_age_hours": st.integers(1, 720),
        "concurrency": st.integers(1, 64),
        "repositories": st.lists(st.sampled_from(["shop/*", "base/**", "a"]), unique=True),
        "credentials_secret": names,
        "retries": st.integers(0, 100),
        "image_pull_secrets": st.lists(names, unique=True, max_size=2),
        "node_selector": st.dictionaries(names, names, max_size=2),
        "labels": st.dictionaries(names.filter(lambda name: name != "managed-by"), names, max_size=2),
        "schedule": st.sampled_from(["@daily", "0 3 * * *", "*/5 1-4 * jan mon-fri"]),
    },
)  # fmt: skip


def given_for(args: PruneScheduleArgs, secret: str | None = None) -> render.Given:
    repositories = [f"--repository={glob}" for glob in args.repositories]
    return render.Given(
        server=args.endpoint.server,
        repositories=repositories or [render.repository_option(str(args.endpoint.prefix))],
        namespace=args.namespace,
        checksum=scheduled.checksum(render.files(args)),
        secret=secret,
    )


def objects(args: PruneScheduleArgs) -> list[dict[str, Any]]:
    secret = str(args.credentials_secret) if args.credentials_secret is not None else None
    found = [
        scheduled.config_map(NAMED, args.namespace, render.files(args)),
        render.cron_job(args, NAMED, given_for(args, secret)),
    ]
    if args.journal.kind == "claim":
        found.append(render.claim(args.journal, NAMED, args.namespace))
    return found


@given(settings)
def test_the_same_arguments_become_the_same_bytes(changes: dict[str, Any]) -> None:
    one = PruneScheduleArgs.parse({**GOOD, **changes})
    backwards = {key: dict(reversed(value.items())) if key in {"labels", "node_selector"} else value
                 for key, value in reversed({**GOOD, **changes}.items())}  # fmt: skip
    two = PruneScheduleArgs.parse(backwards)
    assert json.dumps(objects(one)) == json.dumps(objects(two))


@given(settings)
def test_only_keys_that_kubernetes_knows_with_values_of_their_types(changes: dict[str, Any]) -> None:
    """The SDK's types are made from Kubernetes' own schema."""
    types = {
        "CronJob": pulumi_kubernetes.batch.v1.CronJobSpecArgs,
        "PersistentVolumeClaim": pulumi_kubernetes.core.v1.PersistentVolumeClaimSpecArgs,
    }
    for found in objects(PruneScheduleArgs.parse({**GOOD, **changes})):
        if found["kind"] in types:
            _check(found["spec"], types[found["kind"]], found["kind"])


def _check(value: Any, kind: Any, path: str) -> None:
    """Compare a tree with the properties of an SDK's input type, by the names that are on the wire."""
    if isinstance(kind, type) and kind.__name__.endswith("Args"):
        assert isinstance(value, dict), path
        known = _properties(kind)
        for key, item in value.items():
            assert key in known, f"{path}.{key}"
            _check(item, known[key], f"{path}.{key}")
    elif typing.get_origin(kind) is collections.abc.Sequence:
        assert isinstance(value, list), path
        for number, item in enumerate(value):
            _check(item, _said(typing.get_args(kind)[0], {}), f"{path}[{number}]")
    elif typing.get_origin(kind) is collections.abc.Mapping:
        assert isinstance(value, dict), path
        assert all(type(item) is str for item in (*value, *value.values())), path
    else:
        assert kind in (str, int, bool), f"{path}: {kind}"
        assert type(value) is kind, f"{path}: {value!r} is not {kind}"


@functools.cache
def _properties(kind: type) -> dict[str, Any]:
    names = vars(sys.modules[kind.__module__])
    return {wire: _said(prop.fget.__annotations__["return"], names) for _, wire, prop in _types._py_properties(kind)}


def _said(annotation: Any, names: dict[str, Any]) -> Any:
    """Return the type that stands first in `Union[type, None, Awaitable, Output]`, with what its items are."""
    if typing.get_origin(annotation) is typing.Union:
        return _said(typing.get_args(annotation)[0], names)
    if isinstance(annotation, typing.ForwardRef):
        return eval(annotation.__forward_arg__, names)
    if typing.get_origin(annotation) is collections.abc.Sequence:
        return collections.abc.Sequence[_said(typing.get_args(annotation)[0], names)]  # type: ignore[misc]
    return annotation


@given(settings)
def test_no_setting_makes_a_pod_that_is_not_confined(changes: dict[str, Any]) -> None:
    args = PruneScheduleArgs.parse({**GOOD, **changes})
    job = render.cron_job(args, NAMED, given_for(args))["spec"]
    assert job["concurrencyPolicy"] == "Forbid"
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is args.in_use_from_cluster
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert {volume["name"] for volume in pod["volumes"]} == {mount["name"] for mount in container["volumeMounts"]}
    assert not [volume for volume in pod["volumes"] if "hostPath" in volume]
    assert ("--dry-run" in container["args"]) is not args.apply


@given(settings)
def test_regc_takes_the_command_line(changes: dict[str, Any]) -> None:
    """Every option is one that the command has: it comes as far as to look for the policy."""
    from registry_components.cli.main import app

    args = PruneScheduleArgs.parse({**GOOD, **changes})
    line = [str(word) for word in render.command(args, given_for(args))]
    done = CliRunner().invoke(app, line, env={"JOB_COMPLETION_INDEX": "0"})
    assert done.exit_code == 1, shlex.join(line) + done.output
    assert "policy.yaml: cannot be read" in done.output


@given(settings)
def test_the_policy_that_the_pod_reads_is_the_one_that_was_said(changes: dict[str, Any]) -> None:
    args = PruneScheduleArgs.parse({**GOOD, **changes})
    assert LifecyclePolicy.load(yaml.safe_load(render.files(args)["policy.yaml"])) == args.policy


def test_shards_are_an_indexed_job_and_one_fails_alone() -> None:
    args = PruneScheduleArgs.parse({**GOOD, "shards": 8, "parallelism": 1, "retries": 2})
    job = render.cron_job(args, NAMED, given_for(args))["spec"]["jobTemplate"]["spec"]
    assert (job["completionMode"], job["completions"], job["parallelism"]) == ("Indexed", 8, 1)
    assert job["backoffLimitPerIndex"] == 2
    assert "backoffLimit" not in job
    assert job["podFailurePolicy"]["rules"][1] == {
        "action": "FailIndex",
        "onExitCodes": {"containerName": "regc", "operator": "In", "values": [3]},
    }
    assert "--shard=auto/8" in job["template"]["spec"]["containers"][0]["args"]


def test_one_shard_is_a_plain_job() -> None:
    args = PruneScheduleArgs.parse(GOOD)
    job = render.cron_job(args, NAMED, given_for(args))["spec"]["jobTemplate"]["spec"]
    assert not {"completionMode", "completions", "parallelism", "backoffLimitPerIndex"} & set(job)
    assert job["backoffLimit"] == 3
    assert job["podFailurePolicy"]["rules"][1]["action"] == "FailJob"


def test_the_rights_are_to_list_and_nothing_else() -> None:
    rules = render.cluster_role(NAMED, "regc:ops:nightly")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"list"}
    listed = {resource for rule in rules for resource in rule["resources"]}
    assert "secrets" not in listed
    assert {"pods", "deployments", "cronjobs"} <= listed


@given(st.text(max_size=30))
def test_any_text_for_a_schedule_is_taken_or_refused(text: str) -> None:
    told = check_cron(text)
    assert told is None or told.startswith(repr(text))

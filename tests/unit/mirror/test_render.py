"""Unit proof: what a replication becomes for regsync: always the same, without a login, and what was meant."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from registry_components.blocks.mirroring import Replication, is_pattern
from registry_components.core.globs import doublestar
from registry_components.core.regexes import check_regex
from registry_components.kubernetes import scheduled_render as scheduled
from registry_components.mirror import manifests
from registry_components.mirror.args import MirrorScheduleArgs
from registry_components.mirror.names import chosen, expression, full, renamed

pytestmark = pytest.mark.unit

SECRETS = ("hunter2-to-read", "hunter2-to-write")
NAMED = scheduled.Named("copies", {"managed-by": "us"}, {})
# regclient 0.11.7: config/host.go and cmd/regsync/config.go.
HOST = {"registry", "tls", "regcert", "credHelper", "credExpire", "reqConcurrent"}
STEP = {"type", "source", "target", "tags", "repos", "platform", "platforms"}
DEFAULTS = {"parallel", "referrers", "digestTags", "forceRecursive", "ratelimit"}

parts = st.from_regex(r"[a-z0-9](-[a-z0-9]{1,5})?", fullmatch=True)
names = st.lists(parts, min_size=1, max_size=3).map("/".join)
patterns = st.sampled_from(["**", "team/*", "team/**", "a?c", "{api,web}/*", "shop/[a-c]*", "x[!0-9]"])
tags = st.sampled_from(["*", "v*", "v[0-9].*", "{latest,stable}", "3", "release-?", "[!a-z]*"])
logins = st.sampled_from([None, 0, 1])
settings = st.fixed_dictionaries(
    {
        "repositories": st.lists(st.one_of(names, patterns), min_size=1, max_size=5, unique=True),
        "tags": st.lists(tags, min_size=1, max_size=3, unique=True),
        "exclude_tags": st.lists(tags, max_size=2, unique=True),
        "referrers": st.booleans(),
        "platforms": st.lists(st.sampled_from(["linux/amd64", "linux/arm/v7"]), max_size=2, unique=True),
    },
    optional={"schedule": st.sampled_from(["@daily", "0 3 * * *"]), "time_zone": st.just("Europe/Berlin")},
)
prefixes = st.one_of(st.just(""), names)


@st.composite
def schedules(draw: st.DrawFn) -> dict[str, Any]:
    """A schedule's settings that are right."""
    block: dict[str, Any] = dict(draw(settings))
    plain = [name for name in block["repositories"] if not is_pattern(name)]
    left_out = draw(st.lists(st.sampled_from(["shop/*", "a?c", "abc", "{web,api}/x"]), max_size=2, unique=True))
    block["exclude_repositories"] = [one for one in left_out if not any(chosen(name, [one], []) for name in plain)]
    if any(map(is_pattern, block["repositories"])):
        source = draw(prefixes)
        above = draw(prefixes)
        destination = "/".join(part for part in (above, source) if part)
    else:
        source, destination = draw(prefixes), draw(prefixes)
    ends = []
    for server, prefix in (("source.example.com", source), ("copies.example.com:5000", destination)):
        end: dict[str, Any] = {"server": server, "prefix": prefix, "plain_http": draw(st.booleans())}
        secret = draw(logins)
        if secret is not None:
            end["credentials"] = {"username": "ci", "password": SECRETS[secret]}
        if draw(st.booleans()):
            end["ca_certificate"] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        ends.append(end)
    found: dict[str, Any] = {
        "replication": {"source": ends[0], "destination": ends[1], "destination_kind": "distribution", **block},
        "namespace": "ops",
    }
    if draw(st.booleans()):
        found["verify_image"] = "registry.example.com/regc:1"
    return found


def files(args: MirrorScheduleArgs) -> dict[str, str]:
    return manifests.files(args, manifests.unknown(args))


def given_for(args: MirrorScheduleArgs) -> manifests.Given:
    content = files(args)
    return manifests.Given(scheduled.checksum(content), args.namespace, args.credentials_secret)


def config(args: MirrorScheduleArgs) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files(args)["regsync.yaml"])
    return found


@examples(max_examples=50)
@given(schedules())
def test_the_same_settings_become_the_same_bytes(said: dict[str, Any]) -> None:
    one = MirrorScheduleArgs.parse(said)
    block = {
        key: list(reversed(value)) if isinstance(value, list) else value
        for key, value in reversed(said["replication"].items())
    }
    two = MirrorScheduleArgs.parse({**said, "replication": block})
    rendered = [
        json.dumps(
            [files(args)["regsync.yaml"], manifests.cron_job(args, NAMED, given_for(args)._replace(checksum="x"))]
        )
        for args in (one, two)
    ]
    assert rendered[0] == rendered[1]


@given(schedules())
def test_no_file_and_no_object_but_the_secret_holds_a_login(said: dict[str, Any]) -> None:
    args = MirrorScheduleArgs.parse(said)
    made = given_for(args)
    objects = [
        scheduled.config_map(NAMED, "ops", files(args)),
        manifests.account(args, NAMED, "ops"),
        manifests.cron_job(args, NAMED, made),
    ]
    text = json.dumps([files(args), objects])
    assert "hunter2" not in text
    assert "credentials" not in text


@examples(max_examples=50)
@given(schedules())
def test_only_words_that_regsync_knows_and_expressions_that_go_takes(said: dict[str, Any]) -> None:
    found = config(MirrorScheduleArgs.parse(said))
    assert set(found) == {"version", "creds", "defaults", "sync"}
    assert found["version"] == 1
    assert set(found["defaults"]) <= DEFAULTS
    for host in found["creds"]:
        assert set(host) <= HOST
    for step in found["sync"]:
        assert set(step) <= STEP
        assert step["type"] in {"registry", "repository"}
        for rules in (step["tags"], step.get("repos", {})):
            assert set(rules) <= {"allow", "deny"}
            for text in (*rules.get("allow", ()), *rules.get("deny", ())):
                assert check_regex(f"^{text}$") is None, text
    # Templates would be expanded with what the pod's environment and files hold.
    assert "{{" not in json.dumps(found)


@examples(max_examples=50)
@given(schedules(), st.lists(names, max_size=8), st.lists(tags.map(lambda tag: re.sub(r"\W", "1", tag)), max_size=8))
def test_regsync_is_told_what_was_said(said: dict[str, Any], others: list[str], some: list[str]) -> None:
    """Play regsync's part, as cmd/regsync/root.go has it: which repositories and tags it copies, and where to."""
    args = MirrorScheduleArgs.parse(said)
    block = args.replication
    source, destination = str(block.source.prefix), str(block.destination.prefix)
    plain = {name for name in block.repositories if not is_pattern(name)}
    held = sorted({full(source, name) for name in (*others, *plain, "team/api", "abc", "web/x", "shop/b1")})
    listed = [*some, "v1", "latest", "3", f"sha256-{'a' * 64}", f"sha256-{'a' * 64}.sig", f"sha512-{'b' * 128}"]
    copied: list[tuple[str, str]] = []
    for step in config(args)["sync"]:
        if step["type"] == "repository":
            copied.append((step["source"], step["target"]))
        else:
            found = _filtered(held, step["repos"])
            copied += [(f"{step['source']}/{name}", f"{step['target']}/{name}") for name in found]
        wanted = [tag for tag in listed if not tag.startswith("sha") and chosen(tag, block.tags, block.exclude_tags)]
        assert _filtered(listed, step["tags"]) == wanted
    meant = {name for name in held if name.startswith(full(source, ""))}
    meant = {name.removeprefix(full(source, "")) for name in meant}
    expected = sorted(
        name for name in meant if name in plain or chosen(name, block.repositories, block.exclude_repositories)
    )
    assert sorted(copied) == [
        (f"source.example.com/{full(source, name)}", f"copies.example.com:5000/{full(destination, name)}")
        for name in expected
    ]


def _filtered(names: list[str], rules: dict[str, list[str]]) -> list[str]:
    def matches(name: str, key: str) -> bool:
        return any(re.search(f"^{text}$", name) for text in rules.get(key, ()))

    return [name for name in names if ("allow" not in rules or matches(name, "allow")) and not matches(name, "deny")]


@given(schedules())
def test_no_setting_makes_a_pod_that_is_not_confined(said: dict[str, Any]) -> None:
    args = MirrorScheduleArgs.parse(said)
    job = manifests.cron_job(args, NAMED, given_for(args))["spec"]
    assert job["concurrencyPolicy"] == "Forbid"
    assert (job["schedule"], job["timeZone"]) == (args.replication.schedule or "0 3 * * *", args.replication.time_zone)
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert not [volume for volume in pod["volumes"] if "hostPath" in volume]
    # The check comes after the copy.
    assert [one["name"] for one in pod.get("initContainers", ())] == (["regsync"] if args.verify_image else [])


@given(schedules())
def test_what_the_check_reads_is_what_was_said(said: dict[str, Any]) -> None:
    args = MirrorScheduleArgs.parse({**said, "verify_image": "registry.example.com/regc:1"})
    block = args.replication
    read = Replication.parse(yaml.safe_load(files(args)["mirror.yaml"]))
    without = {"source_kind": "other", "source": block.source.model_copy(update={"credentials": None}),
               "destination": block.destination.model_copy(update={"credentials": None})}  # fmt: skip
    assert read == block.model_copy(update=without)


@given(st.one_of(names, patterns, tags), st.text("abcdefv0123456789./-_", max_size=12))
def test_an_expression_between_anchors_is_the_pattern(pattern: str, text: str) -> None:
    assert bool(re.search(f"^{expression(pattern)}$", text)) == bool(re.match(doublestar(pattern), text))


@pytest.mark.parametrize(
    ("source", "destination", "before"),
    [
        ("", "", ""),
        ("", "copies", "copies"),
        ("team", "team", ""),
        ("team", "copies/team", "copies"),
        ("team", "copies", None),
        ("team", "", None),
        ("team", "steam", None),
    ],
)
def test_where_names_that_regsync_finds_can_go(source: str, destination: str, before: str | None) -> None:
    assert renamed(source, destination) == before


def schedule(**changes: Any) -> MirrorScheduleArgs:
    ends = {"source": {"server": "source.example.com"}, "destination": {"server": "copies.example.com"}}
    return MirrorScheduleArgs.parse(
        {"replication": {**ends, "repositories": ["team/api"], **changes}, "namespace": "ops"}
    )


def test_tokens_are_asked_for_again_before_they_end() -> None:
    args = schedule(
        source={"server": "europe-west1-docker.pkg.dev", "prefix": "shop/apps"},
        destination={"server": "123456789012.dkr.ecr.eu-west-1.amazonaws.com"},
    )
    assert [(host["credHelper"], host["credExpire"]) for host in config(args)["creds"]] == [
        ("docker-credential-ecr-login", 240 * 60 * 10**9),
        ("docker-credential-gcr", 20 * 60 * 10**9),
    ]


def test_docker_hub_by_any_of_its_names_and_its_limit() -> None:
    found = config(schedule(source={"server": "registry-1.docker.io", "prefix": "library"}, repositories=["alpine"]))
    assert found["creds"][1]["registry"] == "docker.io"
    assert found["sync"][0]["source"] == "docker.io/library/alpine"
    assert found["defaults"]["ratelimit"] == {"min": 10, "retry": "15m"}


def test_signatures_of_one_platforms_image_that_come_later_are_copied() -> None:
    """regsync passes such an image over once it is there, but for forceRecursive."""
    assert config(schedule(platforms=["linux/amd64"]))["defaults"]["forceRecursive"] is True
    assert "forceRecursive" not in config(schedule())["defaults"]


def test_tags_that_are_there_are_left_alone_by_the_command_line() -> None:
    args = schedule(overwrite=False, referrers=False)
    pod = manifests.cron_job(args, NAMED, given_for(args))["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["args"] == ["once", "--config=/etc/regc/files/regsync.yaml", "--missing"]

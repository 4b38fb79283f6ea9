"""Recorded proof: the whole inventory of a `MirrorSchedule`, with what is known and what is not."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from registry_components import existing_endpoint
from registry_components.core.errors import StackError
from registry_components.mirror import MirrorSchedule
from registry_components.testing import Recording, check_urns, find_plaintext, inventory, record, write_urns

pytestmark = pytest.mark.recorded

PARENT = "registry-components:index:MirrorSchedule::copies"
SECRETS = {"source": "a-password-to-read", "destination": "a-password-to-write"}
ENDS: dict[str, Any] = {
    "source": {
        "server": "docker.io", "prefix": "library",
        "credentials": {"username": "reader", "password": SECRETS["source"]},
    },
    "destination": {
        "server": "copies.example.com", "prefix": "hub",
        "credentials": {"username": "ci", "password": SECRETS["destination"]},
    },
}  # fmt: skip
BLOCK: dict[str, Any] = {**ENDS, "repositories": ["alpine", "debian"], "tags": ["3.*", "12*"]}
LABELS = {
    "managed-by": "registry-components",
    "pulumi-project": "shop",
    "pulumi-stack": "dev",
    "registry-component": "copies",
}


def recording(make: Callable[[], MirrorSchedule], *, preview: bool = False) -> Recording:
    def program() -> None:
        made = make()
        pulumi.export("job", made.cron_job)
        pulumi.export("account", made.service_account)
        pulumi.export("notes", made.notes)

    return record(program, project="shop", stack="dev", preview=preview)


def simple(**changes: Any) -> Recording:
    return recording(lambda: MirrorSchedule("copies", {"replication": BLOCK, "namespace": "ops", **changes}))


def test_whole_inventory() -> None:
    found = simple()
    kinds = {key: entry.parent for key, entry in inventory(found).items()}
    assert kinds == {
        PARENT: "",
        "kubernetes:batch/v1:CronJob::copies": PARENT,
        "kubernetes:core/v1:ConfigMap::copies-files": PARENT,
        "kubernetes:core/v1:Secret::copies-credentials": PARENT,
        "kubernetes:core/v1:ServiceAccount::copies-account": PARENT,
    }
    assert found.exports["job"] == found.exports["account"] == "copies"
    assert [note.partition(":")[0] for note in found.exports["notes"]] == ["Docker Hub counts pulls of manifests"]
    inputs = {key.rpartition("::")[2]: found[key].inputs for key in kinds if key != PARENT}
    for name, called in (("copies", "copies"), ("copies-files", "copies-files"), ("copies-account", "copies")):
        assert inputs[name]["metadata"] == {"name": called, "namespace": "ops", "labels": LABELS}
    assert yaml.safe_load(inputs["copies-files"]["data"]["regsync.yaml"])["sync"][1] == {
        "type": "repository",
        "source": "docker.io/library/debian",
        "target": "copies.example.com/hub/debian",
        "tags": {
            "allow": [r"12[^/]*", r"3\.[^/]*"],
            "deny": ["sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{128}).*"],
        },
    }
    job = inputs["copies"]["spec"]
    assert (job["schedule"], job["timeZone"], job["concurrencyPolicy"]) == ("0 3 * * *", "Etc/UTC", "Forbid")
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == "ghcr.io/regclient/regsync:v0.11.7-alpine"
    assert [*container["command"], *container["args"]] == ["regsync", "once", "--config=/etc/regc/files/regsync.yaml"]
    assert pod["volumes"] == [
        {"name": "files", "configMap": {"name": "copies-files"}},
        {"name": "tmp", "emptyDir": {}},
        {
            "name": "login",
            "secret": {
                "secretName": "copies-credentials",
                "items": [{"key": ".dockerconfigjson", "path": "config.json"}],
                "defaultMode": 0o440,
            },
        },
    ]


def test_the_logins_are_secret_everywhere_and_are_what_regsync_reads() -> None:
    found = simple()
    entries = [json.dumps(entry.inputs) for entry in inventory(found).values()]
    assert find_plaintext(SECRETS, *entries) == []
    data = found["kubernetes:core/v1:Secret::copies-credentials"].inputs["data"]
    auths = json.loads(base64.b64decode(_plain(data)[".dockerconfigjson"]))["auths"]
    # Docker's clients look Docker Hub up under this key and no other.
    assert {key: entry["password"] for key, entry in auths.items()} == {
        "https://index.docker.io/v1/": SECRETS["source"],
        "copies.example.com": SECRETS["destination"],
    }


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=lambda secret: secret.value))


@pytest.mark.parametrize("preview", [False, True])
def test_servers_that_are_known_only_while_running(preview: bool) -> None:
    def make() -> MirrorSchedule:
        unknown = pulumi.Output.from_input("123456789012.dkr.ecr.eu-west-1.amazonaws.com")
        block = {
            "source": existing_endpoint("source.example.com"),
            "destination": existing_endpoint(unknown),
            "destination_kind": "ecr",
            "repositories": ["team/api"],
        }
        return MirrorSchedule("copies", {"replication": block, "namespace": "ops"})

    found = recording(make, preview=preview)
    data = found["kubernetes:core/v1:ConfigMap::copies-files"].inputs["data"]
    config = yaml.safe_load(data["regsync.yaml"])
    assert config["sync"][0]["target"] == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api"
    assert config["creds"][0]["credHelper"] == "docker-credential-ecr-login"
    assert "kubernetes:core/v1:Secret::copies-credentials" not in inventory(found)


def test_a_server_of_an_unknown_kind_is_refused_before_anything_is_made() -> None:
    def make() -> MirrorSchedule:
        ends = {
            "source": existing_endpoint("source.example.com"),
            "destination": existing_endpoint(pulumi.Output.from_input("x")),
        }
        return MirrorSchedule("copies", {"replication": {**ends, "repositories": ["api"]}, "namespace": "ops"})

    with pytest.raises(StackError) as caught:
        recording(make)
    assert str(caught.value) == (
        "MirrorScheduleArgs is not valid (1 mistake):\n"
        "  replication.destination_kind: is required, since the server is known only while running; say which kind of "
        "registry it is"
    )


def test_prefixes_that_turn_out_not_to_go_together_are_refused_by_the_running_program() -> None:
    def make() -> MirrorSchedule:
        block = {
            "source": existing_endpoint("source.example.com", prefix=pulumi.Output.from_input("team")),
            "destination": existing_endpoint("copies.example.com", prefix="copies"),
            "repositories": ["**"],
        }
        return MirrorSchedule("copies", {"replication": block, "namespace": "ops"})

    with pytest.raises(StackError) as caught:
        recording(make)
    assert str(caught.value) == (
        "Replication is not valid (1 mistake):\n"
        "  repositories[0]: '**' is a pattern, and regsync cannot leave out 'team' of what it finds; name each, or let "
        "destination.prefix end in 'team'"
    )


def test_a_name_that_is_no_cron_jobs_is_refused() -> None:
    with pytest.raises(
        StackError, match=r"^MirrorSchedule 'Copies': 'Copies' is not a CronJob's name; .*; give it an obj"
    ):
        recording(lambda: MirrorSchedule("Copies", {"replication": BLOCK, "namespace": "ops"}))


def test_the_program_of_the_documentation_runs_as_printed() -> None:
    page = (Path(__file__).parents[2] / "docs" / "mirroring.md").read_text()
    (program,) = re.findall(r"<!-- program: mirror-schedule -->\n```python\n(.*?)```", page, re.DOTALL)
    secrets = {"harbor": SECRETS["source"]}
    found = record(lambda: exec(program, {}), project="shop", stack="dev", secret_config=secrets)
    (tree,) = [text for text in re.findall(r"```text\n(.*?)```", page, re.DOTALL) if "CronJob" in text]
    named = dict(re.findall(r"^[├└]─ (\w+) +(\S+)", tree, re.MULTILINE))
    made = {key.partition("::")[0].rpartition(":")[2]: key.partition("::")[2] for key in inventory(found)}
    assert named == {kind: name for kind, name in made.items() if kind != "MirrorSchedule"}
    assert found.exports["cronJob"] == "copies"
    pod = found["kubernetes:batch/v1:CronJob::copies"].inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (check,) = pod["containers"]
    assert check["args"] == ["mirror", "verify", "--config=/etc/regc/files/mirror.yaml", "--pod-identity=destination"]


TREES: dict[str, dict[str, Any]] = {"logins": {}, "given-secret": {"credentials_secret": "there"}}


@pytest.mark.parametrize("name", TREES)
def test_the_tree_is_the_one_that_users_have(name: str) -> None:
    changes = dict(TREES[name])
    if "credentials_secret" in changes:
        ends = {side: {key: value for key, value in end.items() if key != "credentials"} for side, end in ENDS.items()}
        changes["replication"] = {**BLOCK, **ends}
    found = inventory(simple(**changes))
    path, section = Path(__file__).parents[1] / "urns.txt", f"mirror-schedule/{name}"
    if os.environ.get("REGC_RECORD"):
        write_urns(path, found, section=section)
    check_urns(path, found, section=section)

"""Recorded proof: the whole inventory of a `PruneSchedule`, with what is known and what is not."""

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
from registry_components.kubernetes import PruneSchedule, PruneScheduleArgs
from registry_components.testing import Recording, check_urns, find_plaintext, inventory, record, write_urns

pytestmark = pytest.mark.recorded

PARENT = "registry-components:index:PruneSchedule::nightly"
PASSWORD = "a-password-of-the-registry"
CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
POLICY: dict[str, Any] = {"repositories": ["**"], "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}}}
SETTINGS: dict[str, Any] = {
    "endpoint": {"server": "registry.example.com", "credentials": {"username": "ci", "password": PASSWORD}},
    "policy": POLICY,
    "namespace": "ops",
    "image": "registry.example.com/ops/regc:1.4.0",
    "assume_created": True,
}
LABELS = {
    "managed-by": "registry-components",
    "pulumi-project": "shop",
    "pulumi-stack": "dev",
    "registry-component": "nightly",
}


def recorded(make: Callable[[], PruneSchedule], *, preview: bool = False) -> Recording:
    def program() -> None:
        made = make()
        pulumi.export("job", made.cron_job)
        pulumi.export("namespace", made.namespace)
        pulumi.export("claim", made.journal_claim)

    return record(program, project="shop", stack="dev", preview=preview)


def recording(preview: bool = False, **changes: Any) -> Recording:
    return recorded(lambda: PruneSchedule("nightly", {**SETTINGS, **changes}), preview=preview)


def pod(found: Recording) -> dict[str, Any]:
    job: dict[str, Any] = found["kubernetes:batch/v1:CronJob::nightly"].inputs["spec"]["jobTemplate"]["spec"]
    spec: dict[str, Any] = job["template"]["spec"]
    return spec


def arguments(found: Recording) -> list[str]:
    words: list[str] = pod(found)["containers"][0]["args"]
    return words


def test_whole_inventory() -> None:
    found = recording()
    kinds = {key: entry.parent for key, entry in inventory(found).items()}
    assert kinds == {
        PARENT: "",
        "kubernetes:batch/v1:CronJob::nightly": PARENT,
        "kubernetes:core/v1:ConfigMap::nightly-files": PARENT,
        "kubernetes:core/v1:PersistentVolumeClaim::nightly-journal": PARENT,
        "kubernetes:core/v1:Secret::nightly-credentials": PARENT,
    }
    assert found.exports == {"job": "nightly", "namespace": "ops", "claim": "nightly-journal"}
    inputs = {key.rpartition("::")[2]: found[key].inputs for key in kinds if key != PARENT}
    for name, called in (("nightly", "nightly"), ("nightly-files", "nightly-files")):
        assert inputs[name]["metadata"] == {"name": called, "namespace": "ops", "labels": LABELS}
    assert yaml.safe_load(inputs["nightly-files"]["data"]["policy.yaml"]) == POLICY
    assert inputs["nightly-journal"]["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1024Mi"}},
    }
    job = inputs["nightly"]["spec"]
    assert (job["schedule"], job["timeZone"], job["concurrencyPolicy"]) == ("0 3 * * *", "Etc/UTC", "Forbid")
    assert arguments(found) == [
        "prune",
        "registry.example.com",
        "--policy=/etc/regc/files/policy.yaml",
        "--unattended=/var/lib/regc",
        "--dry-run",
        "--repository=**",
        "--assume-created",
        "--max-fraction=0.2",
        "--max-age=24",
        "--keep-runs=30",
        "--concurrency=8",
    ]
    assert pod(found)["volumes"] == [
        {"name": "files", "configMap": {"name": "nightly-files"}},
        {"name": "runs", "persistentVolumeClaim": {"claimName": "nightly-journal"}},
        {"name": "tmp", "emptyDir": {}},
        {
            "name": "login",
            "secret": {
                "secretName": "nightly-credentials",
                "items": [{"key": ".dockerconfigjson", "path": "config.json"}],
                "defaultMode": 0o440,
            },
        },
    ]


def test_the_login_is_secret_everywhere_and_is_what_regc_reads() -> None:
    found = recording()
    assert find_plaintext({"password": PASSWORD}, *(json.dumps(e.inputs) for e in inventory(found).values())) == []
    data = found["kubernetes:core/v1:Secret::nightly-credentials"].inputs["data"]
    text = base64.b64decode(data.value[".dockerconfigjson"]).decode()
    assert json.loads(text)["auths"]["registry.example.com"]["password"] == PASSWORD


def test_the_claim_outlives_the_schedule_unless_that_is_said() -> None:
    key = "kubernetes:core/v1:PersistentVolumeClaim::nightly-journal"
    assert recording()[key].retain_on_delete is True
    assert not recording(journal={"kind": "claim", "deletion": "destroy"})[key].retain_on_delete


def test_apply_is_what_makes_it_delete() -> None:
    assert "--dry-run" in arguments(recording())
    assert "--dry-run" not in arguments(recording(apply=True))


def test_the_rights_to_see_what_runs() -> None:
    found = recording(in_use_from_cluster=True)
    account = found["kubernetes:core/v1:ServiceAccount::nightly-account"].inputs
    role = found["kubernetes:rbac.authorization.k8s.io/v1:ClusterRole::nightly-list"].inputs
    binding = found["kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding::nightly-list-binding"].inputs
    assert account["automountServiceAccountToken"] is False
    assert (pod(found)["serviceAccountName"], pod(found)["automountServiceAccountToken"]) == ("nightly", True)
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list"}
    assert role["metadata"]["name"] == binding["roleRef"]["name"] == "regc:ops:nightly"
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "nightly", "namespace": "ops"}]
    assert "--in-use-cluster" in arguments(found)
    # Without it no pod has a token.
    assert "serviceAccountName" not in pod(recording())
    assert pod(recording())["automountServiceAccountToken"] is False


def test_what_another_resource_makes_is_taken() -> None:
    def make() -> PruneSchedule:
        endpoint = existing_endpoint(
            pulumi.Output.from_input("registry.example.com"),
            prefix=pulumi.Output.from_input("team/apps"),
            username="ci",
            password=pulumi.Output.secret(PASSWORD),
            ca_certificate=pulumi.Output.from_input(CA),
        )
        settings: dict[str, Any] = {
            **SETTINGS,
            "endpoint": endpoint,
            "namespace": pulumi.Output.from_input("ops"),
            "image": pulumi.Output.from_input("registry.example.com/ops/regc:1.4.0"),
            "in_use_from_cluster": True,
        }
        return PruneSchedule("nightly", PruneScheduleArgs(**settings))

    found = recorded(make)
    assert {"registry.example.com", "--repository=team/apps/**", "--ca-certificate=/etc/regc/files/ca.pem"} <= set(
        arguments(found)
    )
    assert found["kubernetes:core/v1:ConfigMap::nightly-files"].inputs["data"]["ca.pem"] == CA
    role = found["kubernetes:rbac.authorization.k8s.io/v1:ClusterRole::nightly-list"].inputs
    assert role["metadata"]["name"] == "regc:ops:nightly"
    assert find_plaintext({"password": PASSWORD}, *(json.dumps(e.inputs) for e in inventory(found).values())) == []
    # The checksum is the same however the files came to be known.
    template = found["kubernetes:batch/v1:CronJob::nightly"].inputs["spec"]["jobTemplate"]["spec"]["template"]
    plain = recording(endpoint={**SETTINGS["endpoint"], "ca_certificate": CA})
    other = plain["kubernetes:batch/v1:CronJob::nightly"].inputs["spec"]["jobTemplate"]["spec"]["template"]
    assert template["metadata"]["annotations"] == other["metadata"]["annotations"]


def test_another_policy_is_another_checksum() -> None:
    def checksum(found: Recording) -> str:
        template = found["kubernetes:batch/v1:CronJob::nightly"].inputs["spec"]["jobTemplate"]["spec"]["template"]
        return str(template["metadata"]["annotations"]["files-sha256"])

    changed = {**POLICY, "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 15}}}
    assert checksum(recording()) == checksum(recording(apply=True)) != checksum(recording(policy=changed))


def test_a_secret_that_is_there_and_no_login_at_all() -> None:
    there = recording(credentials_secret="refreshed")
    assert not there.of_type("kubernetes:core/v1:Secret")
    assert pod(there)["volumes"][-1]["secret"]["secretName"] == "refreshed"
    anonymous = recording(endpoint={"server": "registry.ops.svc:5000", "plain_http": True})
    assert not anonymous.of_type("kubernetes:core/v1:Secret")
    assert [volume["name"] for volume in pod(anonymous)["volumes"]] == ["files", "runs", "tmp"]
    assert [entry["name"] for entry in pod(anonymous)["containers"][0]["env"]] == ["HOME"]
    assert "--plain-http" in arguments(anonymous)


def test_shards_share_a_claim_by_an_indexed_job() -> None:
    found = recording(shards=8, journal={"kind": "existing", "claim_name": "runs"})
    job = found["kubernetes:batch/v1:CronJob::nightly"].inputs["spec"]["jobTemplate"]["spec"]
    assert (job["completionMode"], job["completions"], job["parallelism"]) == ("Indexed", 8, 8)
    assert "--shard=auto/8" in arguments(found)
    assert found.exports["claim"] == "runs"
    assert recording(journal={"kind": "ephemeral"}).exports["claim"] == ""
    assert not found.of_type("kubernetes:core/v1:PersistentVolumeClaim")


def test_the_objects_may_be_named_otherwise_than_the_resource() -> None:
    found = recorded(lambda: PruneSchedule("Nightly.Prune", {**SETTINGS, "object_name": "nightly"}))
    assert found["kubernetes:batch/v1:CronJob::Nightly.Prune"].inputs["metadata"]["name"] == "nightly"
    with pytest.raises(StackError) as caught:
        recorded(lambda: PruneSchedule("Nightly.Prune", SETTINGS))
    assert str(caught.value) == (
        "PruneSchedule 'Nightly.Prune': 'Nightly.Prune' is not a CronJob's name; it has 1 to 52 lower-case letters, "
        "digits and - inside; give it an object_name"
    )


def test_a_preview_registers_the_same() -> None:
    assert set(inventory(recording(preview=True))) == set(inventory(recording()))


def test_a_mistake_registers_nothing() -> None:
    with pytest.raises(StackError, match=r"^PruneScheduleArgs is not valid \(1 mistake\)"):
        recording(image="regc:latest")


def test_the_program_of_the_documentation_runs_as_printed() -> None:
    page = (Path(__file__).parents[2] / "docs" / "prune.md").read_text()
    (program,) = re.findall(r"<!-- program: prune-schedule -->\n```python\n(.*?)```", page, re.DOTALL)
    found = record(lambda: exec(program, {}), project="shop", stack="dev", secret_config={"cleaner": PASSWORD})
    (tree,) = [text for text in re.findall(r"```text\n(.*?)```", page, re.DOTALL) if "CronJob" in text]
    named = dict(re.findall(r"^[├└]─ (\w+) +(\S+)", tree, re.MULTILINE))
    made = {key.partition("::")[0].rpartition(":")[2]: key.partition("::")[2] for key in inventory(found)}
    assert named == {kind: name for kind, name in made.items() if kind != "PruneSchedule"}
    assert found.exports == {"cronJob": "nightly-prune"}


TREES: dict[str, dict[str, Any]] = {
    "login": {},
    "anonymous": {"endpoint": {"server": "registry.ops.svc:5000"}, "journal": {"kind": "ephemeral"}},
    "in-use": {"in_use_from_cluster": True, "shards": 4, "parallelism": 1},
}


@pytest.mark.parametrize("name", TREES)
def test_names_and_parents_are_public(name: str) -> None:
    found = inventory(recording(**TREES[name]))
    path, section = Path(__file__).parents[1] / "urns.txt", f"prune-schedule/{name}"
    if os.environ.get("REGC_RECORD"):
        write_urns(path, found, section=section)
    check_urns(path, found, section=section)

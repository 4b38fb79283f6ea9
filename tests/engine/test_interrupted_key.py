"""Engine proof: an access key that a killed run was making goes with its user, whom the next run replaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from registry_components.operations.interrupted import settled
from registry_components.rehearsal import rehearsal
from registry_components.rehearsal.emulators.aws_cloud import readback
from registry_components.storage import S3Bucket
from registry_components.testing import Engine

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(300),
    # The SDK warns of its own deprecated classes when a module of it is imported.
    pytest.mark.filterwarnings(r"ignore:[\w./]+ has been deprecated in favor of:DeprecationWarning"),
]

REGION = "eu-central-1"
KEY = "aws:iam/accessKey:AccessKey"


def program() -> None:
    bucket = S3Bucket("blobs", {"bucket": "shop-blobs", "identity": {"kind": "keys"}})
    pulumi.export("bucket", bucket.bucket)


def interrupted(state: dict[str, Any]) -> dict[str, Any]:
    """Return the state of a run that was killed while it made the key, which is there."""
    deployment: dict[str, Any] = json.loads(json.dumps(state["deployment"]))
    [key] = [each for each in deployment["resources"] if each["type"] == KEY]
    deployment["resources"].remove(key)
    left = {name: value for name, value in key.items() if name not in ("id", "outputs")}
    deployment["pending_operations"] = [{"type": "creating", "resource": left}]
    return deployment


def test_a_key_that_nobody_has_learned_goes_with_its_user(tmp_path: Path) -> None:
    with rehearsal(tmp_path / "clouds") as environment:
        engine = Engine(tmp_path / "engine", program=program, environment={**environment, "AWS_REGION": REGION})
        engine.up()
        iam = readback(environment, "iam", REGION)
        [before] = iam.list_users()["Users"]
        state = engine.export_state()
        found = settled(interrupted(state))
        assert found is not None
        assert found.look_for == ()
        engine.query("stack", "import", "--force", stdin=json.dumps({**state, "deployment": found.deployment}))

        engine.up()
        [after] = iam.list_users()["Users"]
        assert after["UserName"] != before["UserName"]
        [key] = iam.list_access_keys(UserName=after["UserName"])["AccessKeyMetadata"]
        [known] = [each["id"] for name, each in engine.resources().items() if name.startswith(KEY)]
        assert key["AccessKeyId"] == known
        assert len(iam.list_user_policies(UserName=after["UserName"])["PolicyNames"]) == 1
        engine.up_again()
        engine.refresh()

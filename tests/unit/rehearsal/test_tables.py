"""The emulators' tables against the SDKs' own classes, property by property."""

from __future__ import annotations

import pytest

from registry_components.rehearsal.emulator import Property
from registry_components.rehearsal.emulators import load

from .sdk_tables import Difference, compare

pytestmark = [
    pytest.mark.unit,
    # The SDK warns of its own deprecated classes when a module of it is imported.
    pytest.mark.filterwarnings(r"ignore:[\w./]+ has been deprecated in favor of:DeprecationWarning"),
]

# The SDK takes these as inputs; the provider only ever gives them, and refuses them as inputs.
GIVEN = {f"replicas[].{name}" for name in ("lastAccessedDate", "status", "statusMessage")}
TOKENS = [(package, token) for package in ("aws", "random", "tls") for token in load(package).types]


@pytest.mark.parametrize(("package", "token"), TOKENS, ids=[token for _, token in TOKENS])
def test_a_type_has_the_properties_that_the_sdk_has(package: str, token: str) -> None:
    found = [item for item in compare(token, load(package).types[token].properties) if item.path not in GIVEN]
    assert found == []


def test_every_type_that_components_need_is_there() -> None:
    short = sorted({token.split(":")[1].split("/")[0] for _, token in TOKENS})
    assert short == [
        "cloudwatch",
        "ec2",
        "ecr",
        "ecrpublic",
        "eks",
        "iam",
        "index",
        "inspector2",
        "kms",
        "s3",
        "secretsmanager",
    ]
    assert len(TOKENS) == 48


def test_the_comparison_sees_what_is_wrong() -> None:
    right = dict(load("aws").types["aws:ecr/repository:Repository"].properties)
    wrong = {key: item for key, item in right.items() if key not in {"forceDelete", "arn"}}
    wrong["colour"] = Property("string")
    wrong["name"] = Property("integer", required=True)
    wrong["imageScanningConfiguration"] = Property(
        "object", properties={"scanOnPush": Property("string", required=True)}
    )
    assert sorted(compare("aws:ecr/repository:Repository", wrong), key=lambda item: (item.path, item.reason)) == [
        Difference("arn", "the SDK has this output"),
        Difference("colour", "the SDK has no such output"),
        Difference("colour", "the SDK takes no such input"),
        Difference("forceDelete", "the SDK has this output"),
        Difference("forceDelete", "the SDK takes this input"),
        Difference("imageScanningConfiguration.scanOnPush", "the SDK says boolean"),
        Difference("name", "the SDK does not require it"),
        Difference("name", "the SDK says string"),
    ]

"""Unit proof: renders of any block are the same each time, and no secret stands in what is not secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from registry_components.core.errors import StackError
from registry_components.storage import s3_policies, to_harbor_chart
from registry_components.storage.consents import Registry

from .blocks import AZURE_CLIENT, AZURE_KEY, CERTIFICATE, GCS_KEY, KEY, ROLE, S3_KEYS, SECRETS, THERE
from .rendering import RENDERERS, parsed

pytestmark = pytest.mark.unit

_NAMES = st.from_regex(r"[a-z0-9]{4,20}", fullmatch=True)
_PREFIXES = st.none() | st.from_regex(r"[a-z0-9]{1,8}(?:/[a-z0-9]{1,8})?", fullmatch=True)


def _block(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {key: value if isinstance(value, st.SearchStrategy) else st.just(value) for key, value in fields.items()}
    )


def _without_nothing(block: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if value is not None}


BLOCKS = st.one_of(
    _block(
        kind="s3",
        bucket=_NAMES,
        region=st.sampled_from(["eu-west-1", "us-east-1"]),
        credentials=st.sampled_from(
            [S3_KEYS, THERE, {"kind": "pod_identity"}, {"kind": "instance"}, {"kind": "irsa", "role_arn": ROLE}]
        ),
        prefix=_PREFIXES,
        encryption=st.sampled_from([{"kind": "bucket"}, {"kind": "aes256"}, {"kind": "kms", "key": KEY}]),
        storage_class=st.sampled_from([None, "STANDARD", "STANDARD_IA"]),
    ),
    _block(
        kind="s3",
        bucket=_NAMES,
        region="us-east-1",
        endpoint="https://minio.example.com",
        path_style=st.booleans(),
        credentials=st.sampled_from([S3_KEYS, THERE]),
        ca_certificate=st.sampled_from([None, CERTIFICATE]),
    ),
    _block(
        kind="gcs", bucket=_NAMES, credentials=st.sampled_from([GCS_KEY, THERE, {"kind": "instance"}]), prefix=_PREFIXES
    ),
    _block(
        kind="azure",
        account=_NAMES,
        container=_NAMES,
        credentials=st.sampled_from([AZURE_KEY, AZURE_CLIENT, THERE, {"kind": "instance"}]),
        prefix=_PREFIXES,
    ),
    _block(kind="filesystem", directory=_NAMES.map(lambda name: f"/var/{name}")),
    _block(kind="volume", claim=_NAMES, access_mode=st.sampled_from(["ReadWriteOnce", "ReadWriteMany"])),
).map(_without_nothing)


def _plain(value: Any) -> Any:
    """Return a tree as JSON would have it, each secret as a mark."""
    if isinstance(value, SecretStr):
        return "[secret]"
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _plain(vars(value)) if hasattr(value, "__dataclass_fields__") else value


def _rendered(renderer: str, block: dict[str, Any]) -> str:
    try:
        return json.dumps(_plain(RENDERERS[renderer](parsed(block))))
    except StackError as error:
        return str(error)


@given(block=BLOCKS, renderer=st.sampled_from(sorted(RENDERERS)))
def test_a_render_or_refusal_is_the_same_each_time_and_tells_no_secret(block: dict[str, Any], renderer: str) -> None:
    found = _rendered(renderer, block)
    assert found == _rendered(renderer, dict(reversed(block.items())))
    for secret in SECRETS.values():
        assert secret not in found


@given(block=BLOCKS)
def test_no_value_of_the_chart_is_a_secret(block: dict[str, Any]) -> None:
    try:
        found = to_harbor_chart(parsed(block), secret_name="storage")
    except StackError:
        return
    # Values are read by whoever may read the release: they hold neither a secret nor anything that waits to be one.
    text = json.dumps(found.values)
    assert not [secret for secret in SECRETS.values() if secret in text]


@given(
    registry=st.sampled_from(["distribution", "harbor", "nexus", "artifactory"]),
    prefix=_PREFIXES,
    key=st.sampled_from([None, KEY]),
)
def test_a_registry_may_do_nothing_beyond_its_bucket(registry: Registry, prefix: str | None, key: str | None) -> None:
    arn = "arn:aws:s3:::shop"
    for statement in s3_policies.access(arn, registry=registry, prefix=prefix, key=key)["Statement"]:
        assert statement["Effect"] == "Allow"
        assert not [
            action for action in statement["Action"] if "*" in action or ("Put" in action and "Bucket" in action)
        ]
        assert statement["Resource"] in (arn, f"{arn}/*", f"{arn}/{prefix}/*", key)
        if prefix:
            assert statement["Resource"] != f"{arn}/*"

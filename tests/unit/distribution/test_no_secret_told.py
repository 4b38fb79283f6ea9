"""Unit proof: no secret that stands in wrong arguments reaches a message."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.distribution.args import DistributionRegistryArgs
from tests.unit.distribution.strategies import Settings, registries

pytestmark = pytest.mark.unit

SECRET_FIELDS = {
    "access_key",
    "secret_key",
    "keyfile",
    "account_key",
    "secret",
    "private_key",
    "htpasswd",
    "key",
    "password",
    "sentinel_password",
    "smtp_password",
    "http_secret",
}
SECRET_MAPS = {"passwords", "headers"}
MARKER = "ax7MARKERq9"

# What a mistake makes of a secret: text of its own, a text cut off or continued, a value of another type.
SPOILT: list[Any] = [
    MARKER,
    f"{MARKER}\n",
    f"{MARKER}: {MARKER}",
    f"https://{MARKER}@example.com",
    f"-----BEGIN {MARKER}-----",
    f"-----BEGIN PRIVATE KEY-----\n{MARKER}\n-----END PRIVATE KEY-----",
    f'{{"type": "{MARKER}"}}',
    MARKER * 50,
    [MARKER],
    {MARKER: MARKER},
    {"value": MARKER},
    718281828459045,
]


def spoil(tree: Any, value: Any, top: bool = True) -> int:
    """Put `value` into every secret of the settings; return how many there are."""
    found = 0
    if isinstance(tree, list):
        return sum(spoil(item, value, False) for item in tree)
    if isinstance(tree, dict):
        for name, item in tree.items():
            if name in SECRET_FIELDS:
                tree[name] = value
                found += 1
            # The headers of responses are no secret.
            elif name in SECRET_MAPS and item and not (top and name == "headers"):
                tree[name] = dict.fromkeys(item, value)
                found += len(item)
            else:
                found += spoil(item, value, False)
    return found


@pytest.mark.parametrize("value", SPOILT, ids=range(len(SPOILT)))
@hypothesis_settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(
    settings=registries(),
    more=st.sampled_from([{}, {"port": 0}, {"redirect": "no?"}, {"deletion": "destroy", "colour": 1}]),
)
def test_no_message_tells_a_secret(settings: Settings, value: Any, more: Settings) -> None:
    wrong = copy.deepcopy(settings) | more
    if isinstance(wrong.get("storage"), dict):
        wrong["storage"].pop("account_name", None)
    spoil(wrong, value)
    try:
        args = DistributionRegistryArgs.parse(wrong)
    except StackError as error:
        told = str(error) + repr(error) + repr(error.__cause__)
        assert MARKER not in told
        assert "718281828459045" not in told
    else:
        # A text is a valid password: the model itself must not show it either.
        assert MARKER not in repr(args) + str(args)


def test_secrets_are_spoilt() -> None:
    settings: Settings = {"auth": {"passwords": {"ci": "x"}}, "storage": {"secret_key": "y"}, "headers": {"A": ["b"]}}
    assert spoil(settings, MARKER) == 2
    assert settings == {
        "auth": {"passwords": {"ci": MARKER}},
        "storage": {"secret_key": MARKER},
        "headers": {"A": ["b"]},
    }

"""Unit proof: what a rehearsed program sees of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry_components.rehearsal.emulator import NETWORK
from registry_components.rehearsal.surroundings import shielded, without_credentials

pytestmark = pytest.mark.unit

GONE = [
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "ARM_CLIENT_SECRET",
    "AZURE_CLIENT_ID",
    "KUBECONFIG",
    "DOCKER_AUTH_CONFIG",
    "GITHUB_TOKEN",
    "MY_API_KEY",
    "DB_PASSWORD",
    "VAULT_ADDR",
]
KEPT = ["PATH", "HOME", "LANG", "AWS_REGION", "GOOGLE_PROJECT", "ARM_SUBSCRIPTION_ID", "CI", "TMPDIR"]


def test_credentials_do_not_reach_a_rehearsal_and_are_named() -> None:
    environment = dict.fromkeys([*GONE, *KEPT, "PULUMI_ACCESS_TOKEN"], "x")
    kept, removed = without_credentials(environment)
    assert sorted(kept) == sorted(KEPT)
    assert removed == sorted(GONE)


def test_no_other_machine_answers_unless_the_network_is_wanted(tmp_path: Path) -> None:
    alone = shielded(tmp_path, network=False)
    assert alone["HTTPS_PROXY"] == alone["https_proxy"] == "http://127.0.0.1:9"
    assert "127.0.0.1" in alone["NO_PROXY"]
    assert not Path(alone["KUBECONFIG"]).exists()
    assert NETWORK not in alone
    wanted = shielded(tmp_path, network=True)
    assert "HTTPS_PROXY" not in wanted
    assert wanted[NETWORK] == "1"

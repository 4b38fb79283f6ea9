"""A planned child as the properties that its provider gets from the engine."""

from __future__ import annotations

import copy
from typing import Any

from pydantic import SecretStr

from registry_components.nexus.configuration.plan import Child
from tests.support.fake_nexus import FakeNexus
from tests.unit.nexus.material import PASSWORD


def props(nexus: FakeNexus, child: Child, password: str = PASSWORD) -> dict[str, Any]:
    """Return what its provider gets, for a login at `nexus`."""
    secrets = {
        key: value.get_secret_value() if isinstance(value, SecretStr) else value for key, value in child.secrets.items()
    }
    if child.kind == "User":
        secrets.setdefault("password", "Generated-password-1")
    return {
        **copy.deepcopy(child.inputs),
        "secrets": secrets,
        "nexus": {"url": nexus.url, "insecure": False},
        "login": {"username": "admin", "password": password},
    }

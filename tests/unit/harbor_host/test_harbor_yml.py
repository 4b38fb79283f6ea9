"""Unit proof: `harbor.yml` has every key of the file that Harbor publishes, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.harbor.host import HarborHostArgs
from registry_components.harbor.host.known import Made
from registry_components.harbor.host.yml import harbor_yml
from tests.unit.harbor_host.everything import EVERYTHING
from tests.unit.harbor_host.published import keys, said

pytestmark = pytest.mark.unit

# The bucket's driver has settings of Distribution's, which the file only refers to.
DRIVERS = ("storage_service.s3", "storage_service.gcs", "storage_service.azure")


def rendered(title: str) -> dict[str, Any]:
    args = HarborHostArgs.parse(EVERYTHING[title])
    internal = None if args.internal_tls is None else "/opt/harbor/internal-tls"
    return harbor_yml(args, Made("admin", "database"), directory="/opt/harbor", internal_directory=internal)


def test_every_published_key_can_be_said() -> None:
    found = {path for title in EVERYTHING for path in said(rendered(title))}
    assert sorted(keys() - found - {"trace.attributes.application"}) == []


def test_every_key_that_is_said_is_published() -> None:
    found = {path for title in EVERYTHING for path in said(rendered(title))}
    assert sorted(path for path in found - keys() if not path.startswith(DRIVERS)) == []


@pytest.mark.parametrize("title", list(EVERYTHING))
def test_one_database_and_one_redis_is_said(title: str) -> None:
    tree = rendered(title)
    assert len({"database", "external_database"} & tree.keys()) == 1
    assert len({"redis", "external_redis"} & tree.keys()) == 1
    assert tree["_version"] == "2.15.0"


def test_what_the_secure_defaults_are() -> None:
    tree = rendered("nothing more")
    assert tree["https"] == {
        "port": 443,
        "certificate": "/opt/harbor/tls.crt",
        "private_key": "/opt/harbor/tls.key",
        "strong_ssl_ciphers": True,
    }
    assert tree["harbor_admin_password"] == "admin"
    assert tree["log"]["local"] == {"rotate_count": 10, "rotate_size": "100M", "location": "/var/log/harbor"}
    assert "storage_service" not in tree

"""Unit proof: which upgrades of a Harbor on one machine are planned, with a backup first, and which are refused."""

from __future__ import annotations

import itertools

import pytest

from registry_components.core.errors import StackError
from registry_components.core.versions import HARBOR
from registry_components.harbor.host.upgrade import plan, refusal, stops

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("start", "end"),
    [
        # What Harbor's guides say: goharbor.io/docs/<version>/administration/upgrade/.
        ("2.10.0", "2.12.0"),
        ("2.9.0", "2.11.0"),
        ("2.8.0", "2.10.0"),
        ("2.6.0", "2.8.0"),
        ("2.4.0", "2.6.0"),
        ("2.13.2", HARBOR),
        ("2.14.0", HARBOR),
        ("v2.15.0", HARBOR),
    ],
)
def test_a_supported_step(start: str, end: str) -> None:
    assert refusal(start, end) is None
    text = plan(start, end).text()
    order = [text.index(part) for part in ("read-only", "pg_dumpall", "systemctl stop", "cp -a", "./prepare.sh")]
    assert order == sorted(order), "the backup comes before anything is changed"
    minor = start.removeprefix("v").rsplit(".", 1)[0] == end.rsplit(".", 1)[0]
    assert ("migrate -i" in text) is not minor, "harbor.yml is migrated where its form may be another"


@pytest.mark.parametrize(
    ("start", "end", "between"),
    [
        ("2.9.9", "2.12.0", ["2.11"]),
        ("2.12.4", HARBOR, ["2.14"]),
        ("2.8.0", HARBOR, ["2.10", "2.12", "2.14"]),
        ("2.5.0", HARBOR, ["2.7", "2.9", "2.11", "2.13"]),
    ],
)
def test_a_step_that_skips_releases(start: str, end: str, between: list[str]) -> None:
    assert stops(start, end) == between
    with pytest.raises(StackError) as caught:
        plan(start, end)
    assert f"upgrade to {', then to '.join(between)} first" in str(caught.value)
    # What is named is a way: each step of it is supported.
    way = [start, *(f"{minor}.0" for minor in between), end]
    assert all(refusal(here, there) is None for here, there in itertools.pairwise(way))


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2.15.1", "2.14.0", "from: 2.15.1 is newer than 2.14.0, and Harbor's database does not go back"),
        ("2.14", HARBOR, "from: '2.14' is not a version of Harbor; write all three numbers, such as '2.13.2'"),
        ("latest", HARBOR, "from: 'latest' is not a version of Harbor"),
        ("1.10.3", HARBOR, "from: '1.10.3' is older than 2.4; upgrade it to 2.4 first"),
        ("2.14.0", "two", "to: 'two' is not a version of Harbor"),
        ("2.14.0", "3.0.0", "from: Harbor 2.14.0 has no way to 3.0.0"),
        (HARBOR, HARBOR, f"from: Harbor is {HARBOR} already; there is nothing to upgrade"),
    ],
)
def test_what_is_refused(start: str, end: str, told: str) -> None:
    with pytest.raises(StackError) as caught:
        plan(start, end)
    assert told in str(caught.value)


def test_an_external_database_is_dumped_by_its_own_tools() -> None:
    text = plan("2.14.0", external_database=True, data_volume="/srv/harbor", directory="/srv/files").text()
    assert "pg_dumpall" not in text
    assert "/srv/harbor/secret" in text
    assert "/srv/harbor/database" not in text
    assert "pg_dump" in text
    assert "cd /srv/files" in text


def test_containers_are_upgraded_by_the_stack() -> None:
    text = plan("2.14.0", containers="shop-dev-harbor").text()
    order = [
        text.index(part) for part in ("read-only", "docker exec shop-dev-harbor-postgresql pg_dumpall", "docker cp")
    ]
    assert [*order, text.index("pulumi up")] == sorted([*order, text.index("pulumi up")])
    assert "prepare" not in text
    assert "shop-dev-harbor-redis:/var/lib/redis" in text


def test_the_command() -> None:
    from typer.testing import CliRunner

    from registry_components.cli.main import app

    done = CliRunner().invoke(app, ["harbor", "upgrade-plan", "--from", "2.13.2"])
    assert (done.exit_code, done.output) == (0, plan("2.13.2").text())
    done = CliRunner().invoke(app, ["harbor", "upgrade-plan", "--from", "2.9.0", "--containers", "shop-dev-harbor"])
    assert done.exit_code != 0
    assert "upgrade to 2.11, then to 2.13 first" in done.output
    assert "Traceback" not in done.output

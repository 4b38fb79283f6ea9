"""Unit proof: the Docker Hub of a rehearsal."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from registry_components.docker_hub.client import HubClient, Settings
from registry_components.docker_hub.errors import HubError
from registry_components.rehearsal.docker_hub import RehearsedHub, transport
from registry_components.rehearsal.folder import read_checks

pytestmark = pytest.mark.unit

SECRET = "dckr_pat_never-to-be-seen"
PATH = "/v2/namespaces/acme/repositories"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clouds").mkdir()
    return tmp_path / "clouds"


def client(folder: Path, secret: str = SECRET) -> HubClient:
    return HubClient(Settings("https://hub.docker.com"), "owner", secret, transport=RehearsedHub(folder))


def make(hub: HubClient, name: str) -> dict[str, object]:
    return hub.post(PATH, {"namespace": "acme", "name": name}, task="make", need="x")


def test_what_one_client_makes_another_finds(folder: Path) -> None:
    make(client(folder), "api")
    found = client(folder).get(f"{PATH}/api", task="read", need="x")
    assert found is not None
    assert found["name"] == "api"
    client(folder).delete("/v2/repositories/acme/api/", task="delete", need="x")
    assert client(folder).get(f"{PATH}/api", task="read", need="x") is None


def test_a_second_repository_of_the_name_is_refused(folder: Path) -> None:
    hub = client(folder)
    make(hub, "api")
    with pytest.raises(HubError, match="already exists"):
        make(hub, "api")
    assert read_checks(folder)[-1]["refused"] is True


def test_a_name_that_the_hub_does_not_take_is_refused(folder: Path) -> None:
    with pytest.raises(HubError, match="not a repository name"):
        make(client(folder), "Not A Name")


def test_a_team_that_is_named_is_there_and_stays_the_same(folder: Path) -> None:
    first = client(folder).get("/v2/orgs/acme/groups/developers", task="read", need="x")
    second = client(folder).get("/v2/orgs/acme/groups/developers", task="read", need="x")
    assert first is not None
    assert second is not None
    assert first["id"] == second["id"]


def test_an_access_token_cannot_make_access_tokens_and_a_password_can(folder: Path) -> None:
    body = {"token_label": "ci", "scopes": ["repo:read"]}
    with pytest.raises(HubError, match="scope"):
        client(folder).post("/v2/access-tokens", body, task="make", need="x")
    made = client(folder, "a-password").post("/v2/access-tokens", body, task="make", need="x")
    assert str(made["token"]).startswith("dckr_pat_")


def test_the_login_is_nowhere_in_the_folder(folder: Path) -> None:
    make(client(folder), "api")
    text = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert SECRET.encode() not in text
    assert {line["token"] for line in read_checks(folder)} == {"docker-hub:Login", "docker-hub:Repository"}


def test_it_answers_in_a_rehearsal_and_for_the_public_address_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REGC_REHEARSAL_FOLDER", raising=False)
    assert transport("https://hub.docker.com") is None
    monkeypatch.setenv("REGC_REHEARSAL_FOLDER", str(folder))
    assert transport("http://127.0.0.1:8080") is None
    assert isinstance(transport("https://hub.docker.com"), httpx.BaseTransport)

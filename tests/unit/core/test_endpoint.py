"""Unit proof: one endpoint shape for registries made here and elsewhere."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from registry_components import RegistryEndpoint, StackError, existing_endpoint
from registry_components.core.endpoint import auth_key, docker_config

pytestmark = pytest.mark.unit


def value(make: Callable[[], pulumi.Output[Any]]) -> tuple[Any, bool]:
    """Return an output's value and whether it is secret."""

    async def both() -> tuple[Any, bool]:
        output = make()
        return await output.future(), await output.is_secret()

    return asyncio.run(both())


@pytest.mark.parametrize(
    ("server", "key"),
    [
        ("docker.io", "https://index.docker.io/v1/"),
        ("index.docker.io", "https://index.docker.io/v1/"),
        ("registry-1.docker.io", "https://index.docker.io/v1/"),
        ("127.0.0.1:5000", "127.0.0.1:5000"),
        ("europe-docker.pkg.dev", "europe-docker.pkg.dev"),
    ],
)
def test_auth_key_is_the_host_and_docker_hub_is_special(server: str, key: str) -> None:
    assert auth_key(server) == key


def test_docker_config_holds_one_login() -> None:
    config = json.loads(docker_config("r.example.com", "user", "pass:word"))
    entry = config["auths"]["r.example.com"]
    assert base64.b64decode(entry["auth"]).decode() == "user:pass:word"
    assert (entry["username"], entry["password"]) == ("user", "pass:word")


BAD: list[tuple[dict[str, Any], str]] = [
    (
        {"server": "https://r.example.com"},
        "RegistryEndpoint is not valid (1 mistake):\n"
        "  server: 'https://r.example.com' has a scheme; give the host alone, such as 'r.example.com'",
    ),
    (
        {"server": "r.example.com", "prefix": "Team"},
        "RegistryEndpoint is not valid (1 mistake):\n"
        "  prefix: 'Team' is not a repository name; use lower-case letters, digits and single . _ - between them, "
        "in parts separated by /",
    ),
    (
        {"server": "r.example.com", "username": "u"},
        "existing_endpoint is not valid (1 mistake):\n"
        "  password: is required together with the other; give both, or neither",
    ),
    (
        {"server": "r.example.com", "password": "secret-secret"},
        "existing_endpoint is not valid (1 mistake):\n"
        "  username: is required together with the other; give both, or neither",
    ),
    (
        {"server": "r.example.com", "username": "", "password": "secret-secret"},
        "Credentials is not valid (1 mistake):\n  username: must have at least 1 characters, not ''",
    ),
    (
        {"server": 5000},
        "RegistryEndpoint is not valid (1 mistake):\n  server: must be text, not 5000",
    ),
]


@pytest.mark.parametrize(("settings", "message"), BAD)
def test_bad_endpoints(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError) as caught:
        existing_endpoint(**settings)
    assert str(caught.value) == message


def test_a_bad_image_is_refused_at_once() -> None:
    with pytest.raises(StackError, match="image: 'API' is not a repository name"):
        RegistryEndpoint(server="r.example.com").image("API")


def test_image_login_and_config() -> None:
    endpoint = existing_endpoint("r.example.com", prefix="team", username="u", password="secret-secret")
    assert value(lambda: endpoint.image("api", tag="1")) == ("r.example.com/team/api:1", False)
    digest = f"sha256:{'0' * 64}"
    assert value(lambda: endpoint.image("api", digest=digest)) == (f"r.example.com/team/api@{digest}", False)
    assert value(endpoint.login_command) == (
        "docker login r.example.com --username u --password-stdin",
        False,
    )
    text, secret = value(endpoint.docker_config_json)
    assert secret
    assert json.loads(text)["auths"]["r.example.com"]["password"] == "secret-secret"
    assert "secret-secret" not in repr(endpoint)


def test_plain_http_login_for_clients_that_ask() -> None:
    endpoint = existing_endpoint("127.0.0.1:5000", username="u", password="secret-secret", plain_http=True)
    assert value(lambda: endpoint.login_command("podman")) == (
        "podman login --tls-verify=false 127.0.0.1:5000 --username u --password-stdin",
        False,
    )


def test_outputs_are_taken_for_every_part() -> None:
    def endpoint() -> RegistryEndpoint:
        return existing_endpoint(
            pulumi.Output.from_input("r.example.com"),
            username=pulumi.Output.from_input("u"),
            password=pulumi.Output.secret("secret-secret"),
        )

    assert value(lambda: endpoint().auth_key()) == ("r.example.com", False)
    assert value(lambda: endpoint().docker_config_json())[1]


def test_anonymous() -> None:
    endpoint = existing_endpoint("r.example.com")
    assert value(endpoint.docker_config_json) == ('{"auths": {}}', False)
    assert value(lambda: endpoint.image("api")) == ("r.example.com/api", False)

"""Unit proof: a secret of any logins reads back as the same logins, and renders the same each time."""

from __future__ import annotations

import base64
import json
import random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from registry_components.core.endpoint import DOCKER_HUB_AUTH_KEY, DOCKER_HUB_SERVERS, auth_key, docker_config
from registry_components.core.errors import StackError
from registry_components.kubernetes.docker_config import checked_config, config_text, login, read_config, secret_data
from registry_components.kubernetes.kubelet import match_images
from registry_components.kubernetes.pull_secrets_render import field_manager
from registry_components.kubernetes.refresher_render import schedule
from registry_components.kubernetes.registry_kind import KINDS, NAMES, ecr_region, ephemeral, kind_of
from registry_components.oci.docker_config import login_for

pytestmark = pytest.mark.unit

HOST = st.from_regex(r"[a-z][a-z0-9-]{0,20}\.example\.(com|org)(:[1-9][0-9]{0,3})?", fullmatch=True)
# A user name ends at its first colon (RFC 7617); a password may have what it likes.
USER = st.text(st.characters(exclude_characters=":\x00", exclude_categories=["Cs"]), min_size=1, max_size=30)
PASSWORD = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=60)
LOGINS = st.dictionaries(HOST | st.just("docker.io"), st.tuples(USER, PASSWORD), min_size=1, max_size=8)


@given(logins=LOGINS)
def test_logins_read_back(logins: dict[str, tuple[str, str]]) -> None:
    text = checked_config((None, server, *pair) for server, pair in logins.items())
    data = secret_data(text)[".dockerconfigjson"]
    auths = read_config(base64.b64decode(data).decode())
    assert len(auths) == len(logins)
    for server, (username, password) in logins.items():
        entry = auths[auth_key(server)]
        assert (entry["username"], entry["password"]) == (username, password)
        assert base64.b64decode(entry["auth"]).decode() == f"{username}:{password}"


@given(logins=LOGINS, seed=st.integers())
def test_the_order_makes_no_difference(logins: dict[str, tuple[str, str]], seed: int) -> None:
    items = list(logins.items())
    shuffled = random.Random(seed).sample(items, len(items))
    one, other = ({server: login(*pair) for server, pair in order} for order in (items, shuffled))
    assert config_text(one) == config_text(other)


@given(server=HOST | st.sampled_from(sorted(DOCKER_HUB_SERVERS)), username=USER, password=PASSWORD)
def test_one_login_is_what_the_endpoint_itself_says(server: str, username: str, password: str) -> None:
    assert json.loads(config_text({server: login(username, password)})) == json.loads(
        docker_config(server, username, password)
    )


@given(logins=LOGINS)
def test_a_client_finds_each_login(
    logins: dict[str, tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("docker")
    (folder / "config.json").write_text(checked_config((None, server, *pair) for server, pair in logins.items()))
    for server, pair in logins.items():
        found = login_for(server, folder / "config.json")
        assert found is not None
        assert (found.username, found.password) == pair


@pytest.mark.parametrize("server", sorted(DOCKER_HUB_SERVERS))
def test_docker_hub_has_one_key_whatever_it_is_called(server: str) -> None:
    assert list(read_config(checked_config([(None, server, "u", "p")]))) == [DOCKER_HUB_AUTH_KEY]
    assert match_images(server, "acme") == "docker.io/acme"


def test_two_logins_of_one_host_are_told() -> None:
    with pytest.raises(StackError) as caught:
        checked_config([(None, "docker.io", "a", "hunter22"), (None, "index.docker.io", "b", "hunter22")])
    assert str(caught.value) == (
        "PullSecrets: index.docker.io has two logins, and a secret has one for each host; put one into a PullSecrets "
        "of its own"
    )


@pytest.mark.parametrize("text", ["[]", "{}", '{"auths": []}', '{"auths": {"a": "b"}}'])
def test_what_is_no_config_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="it has no auths"):
        read_config(text)


KNOWN = [
    ("123456789012.dkr.ecr.eu-central-1.amazonaws.com", "ecr", "eu-central-1"),
    ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "ecr", "us-east-1"),
    ("123456789012.dkr-ecr.eu-west-1.on.aws", "ecr", "eu-west-1"),
    ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "ecr", "cn-north-1"),
    ("public.ecr.aws", "ecr_public", None),
    ("europe-west3-docker.pkg.dev", "artifact_registry", None),
    ("gcr.io", "artifact_registry", None),
    ("eu.gcr.io", "artifact_registry", None),
    ("acme.azurecr.io", "acr", None),
    ("acme.germanywestcentral.azurecr.io", "acr", None),
    ("docker.io", "docker_hub", None),
    ("ghcr.io", "ghcr", None),
    ("quay.io", "quay", None),
    ("registry.gitlab.com", "gitlab", None),
    ("harbor.example.com", "other", None),
    ("evil-123456789012.dkr.ecr.eu-central-1.amazonaws.com.example.com", "other", None),
    ("acme.azurecr.io.example.com", "other", None),
]


@pytest.mark.parametrize(("server", "kind", "region"), KNOWN)
def test_hosts_tell_their_kind(server: str, kind: str, region: str | None) -> None:
    assert kind_of(server) == kind
    assert ecr_region(server) == region


def test_each_kind_has_a_name() -> None:
    assert set(NAMES) == set(KINDS)


def test_logins_that_live_are_not_refused() -> None:
    for kind, user in (("artifact_registry", "_json_key"), ("acr", "token1"), ("gitlab", "deploy"), ("ghcr", "me")):
        assert ephemeral(kind, user, "a-password-that-lives") is None  # type: ignore[arg-type]


@given(name=st.from_regex(r"[a-z]{1,30}", fullmatch=True), minutes=st.sampled_from([1, 5, 20, 30, 60, 240, 360, 1440]))
def test_schedules_are_cron_lines(name: str, minutes: int) -> None:
    line = schedule(name, minutes)
    minute, hour, *rest = line.split(" ")
    assert rest == ["*", "*", "*"]
    assert line == schedule(name, minutes)
    if minutes < 60:
        start, end = minute.split("/")[0].split("-")
        assert 0 <= int(start) < minutes
        assert (end, hour) == ("59", "*")
    else:
        assert 0 <= int(minute) < 60
        assert hour == ("0" if minutes == 1440 else f"*/{minutes // 60}")
    assert yaml.safe_load(yaml.safe_dump(line)) == line


def test_a_field_manager_is_one_components_and_short_enough() -> None:
    assert field_manager("shop", "dev", "apps") != field_manager("shop", "dev", "hub")
    assert len(field_manager("p" * 100, "s" * 100, "n" * 63)) <= 128

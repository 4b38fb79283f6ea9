"""Unit proof: names follow the registries' own grammar, and references survive a round trip."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from registry_components.core.names import (
    SERVER,
    ImageReference,
    check_repository,
    check_resource_name,
    check_server,
)
from registry_components.core.tags import merged, ownership

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("name", ["api", "team/api", "a/b/c", "a.b_c-d", "a__b", "a---b", "0/1", "x" * 255])
def test_good_repositories(name: str) -> None:
    assert check_repository(name) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "a repository name cannot be empty"),
        ("x" * 256, "a repository name has at most 255 characters (this one has 256)"),
        *(
            (
                name,
                f"{name!r} is not a repository name; use lower-case letters, digits and single . _ - between them, "
                "in parts separated by /",
            )
            for name in ("API", "a//b", "/a", "a/", "-a", "a-", "a..b", "a___b", "ä", "a b", "a:b", "a\n")
        ),
    ],
)
def test_bad_repositories(name: str, message: str) -> None:
    assert check_repository(name) == message


@pytest.mark.parametrize(
    "server", ["localhost", "127.0.0.1:5000", "[::1]:5000", "registry.example.com", "a-b.example:65535"]
)
def test_good_servers(server: str) -> None:
    assert check_server(server) is None


@pytest.mark.parametrize(
    ("server", "message"),
    [
        (
            "https://r.example.com/v2/",
            "'https://r.example.com/v2/' has a scheme; give the host alone, such as 'r.example.com'",
        ),
        (
            "r.example.com/team",
            "'r.example.com/team' has a path; give it as prefix, and the host alone as server",
        ),
        ("r.example.com:0", "port 0 is not between 1 and 65535"),
        ("r.example.com:70000", "port 70000 is not between 1 and 65535"),
        ("", "'' is not host or host:port"),
        ("a b", "'a b' is not host or host:port"),
        ("r.example.com:http", "'r.example.com:http' is not host or host:port"),
    ],
)
def test_bad_servers(server: str, message: str) -> None:
    assert check_server(server) == message


@pytest.mark.parametrize("name", ["a", "local", "docker-hub-mirror", "a.b", "x" * 63])
def test_good_resource_names(name: str) -> None:
    assert check_resource_name(name) is None


@pytest.mark.parametrize("name", ["", "-a", "a-", "a/b", "a b", "x" * 64, "a::b", "ä"])
def test_bad_resource_names(name: str) -> None:
    assert check_resource_name(name) == "a component's name has 1 to 63 letters, digits and . _ - inside"


REPOSITORIES = st.from_regex(r"[a-z0-9]{1,8}([._-][a-z0-9]{1,5}){0,2}(/[a-z0-9]{1,8}){0,2}", fullmatch=True)
SERVERS = st.sampled_from([None, "localhost", "r.example.com", "127.0.0.1:5000", "localhost:80", "[::1]:5000"])
TAGS = st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)
DIGESTS = st.none() | st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)


@given(SERVERS, REPOSITORIES, TAGS, DIGESTS)
def test_references_survive_a_round_trip(
    server: str | None, repository: str, tag: str | None, digest: str | None
) -> None:
    first = repository.split("/", maxsplit=1)[0]
    if server is None and "/" in repository and ("." in first or first == "localhost"):
        assume(SERVER.fullmatch(first))
        server = first  # that part *is* a server by Docker's rules
        repository = repository.split("/", 1)[1]
    reference = ImageReference(server, repository, tag, digest)
    assert ImageReference.parse(str(reference)) == reference


@pytest.mark.parametrize("text", ["", "a:", "a@", "A", "a@sha256:1", "a:b:c", "r.example.com:x/y", "a:-x"])
def test_no_reference(text: str) -> None:
    with pytest.raises(ValueError, match=re.compile(r"not a repository name|has no valid|cannot be empty")):
        ImageReference.parse(text)


def test_later_tags_win_and_keys_are_sorted() -> None:
    tags = merged({"team": "a", "z": "1"}, None, ownership("p", "s", "c"), {"team": "b"})
    assert tags["team"] == "b"
    assert list(tags) == sorted(tags)

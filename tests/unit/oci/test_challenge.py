"""The WWW-Authenticate header, as registries send it and as nobody should."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_components.oci.challenge import Challenge, parse_challenges

pytestmark = pytest.mark.unit

TOKEN = st.text(alphabet=string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~", min_size=1, max_size=12)
VALUE = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30)
PARAMETERS = st.dictionaries(TOKEN.map(str.lower), VALUE, min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", []),
        ('Basic realm="basic-realm"', [Challenge("basic", {"realm": "basic-realm"})]),
        (
            'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
            [
                Challenge(
                    "bearer",
                    {
                        "realm": "https://auth.docker.io/token",
                        "service": "registry.docker.io",
                        "scope": "repository:a/b:pull,push",
                    },
                )
            ],
        ),
        (
            'BEARER Realm="https://h/t" , Service=s, error = "invalid_token", Basic realm="x"',
            [
                Challenge("bearer", {"realm": "https://h/t", "service": "s", "error": "invalid_token"}),
                Challenge("basic", {"realm": "x"}),
            ],
        ),
        ("Negotiate, Basic realm=x", [Challenge("negotiate"), Challenge("basic", {"realm": "x"})]),
        ("Negotiate YWJj==, Basic realm=x", [Challenge("negotiate"), Challenge("basic", {"realm": "x"})]),
        (
            r'Basic realm="a \"quoted\" \\ name, with=commas"',
            [Challenge("basic", {"realm": r'a "quoted" \ name, with=commas'})],
        ),
        ('Basic realm="one", realm="two"', [Challenge("basic", {"realm": "one"})]),
        ('Basic realm="never closed', [Challenge("basic")]),
        (',, Basic realm="x",,', [Challenge("basic", {"realm": "x"})]),
        ("Basic", [Challenge("basic")]),
        ('="x"', []),
    ],
)
def test_headers(header: str, expected: list[Challenge]) -> None:
    assert parse_challenges(header) == expected


@given(st.lists(st.tuples(TOKEN, PARAMETERS), max_size=3), st.booleans())
def test_what_is_written_is_read(challenges: list[tuple[str, dict[str, str]]], spaced: bool) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    comma, equals = (" , ", " = ") if spaced else (",", "=")
    header = comma.join(
        f"{scheme} " + comma.join(f"{name}{equals}{quoted(value)}" for name, value in parameters.items())
        for scheme, parameters in challenges
    )
    assert parse_challenges(header) == [Challenge(scheme.lower(), parameters) for scheme, parameters in challenges]


@given(st.text(alphabet='aB1 ,="\\\t/+:ü', max_size=60))
def test_nothing_breaks_it(header: str) -> None:
    for challenge in parse_challenges(header):
        assert challenge.scheme
        assert challenge.scheme.lower() in header.lower()

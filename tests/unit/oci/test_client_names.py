"""What the client refuses before it asks anybody, and what it says of failures."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.oci.auth import Authorizer
from registry_components.oci.challenge import Challenge
from registry_components.oci.client import RegistryClient, fallback_tag
from registry_components.oci.connection import is_loopback
from registry_components.oci.errors import Login, RegistryError, Said, connection_failure, one_line, read_said, refusal

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: RegistryClient("https://r.example"),
            "server: 'https://r.example' has a scheme; give the host alone, such as 'r.example'",
        ),
        (
            lambda: RegistryClient("r.example", username="alice"),
            "a user name and a password go together: give both, or neither",
        ),
        (
            lambda: RegistryClient("r.example", ca_certificate="no certificate"),
            "ca_certificate: must be the PEM text of a certificate",
        ),
    ],
)
def test_a_client_that_cannot_be(call: Callable[[], object], message: str) -> None:
    with pytest.raises(StackError) as refused:
        call()
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda c: list(c.tags("Apps")),
            "repository: 'Apps' is not a repository name; use lower-case letters, digits and single . _ - between "
            "them, in parts separated by /",
        ),
        (
            lambda c: c.manifest("apps", "-x"),
            "tag: '-x' is not a tag; use 1 to 128 letters, digits and . _ -, not starting with . or -",
        ),
        (
            lambda c: c.manifest("apps", "sha256:00"),
            "digest: 'sha256:00' is not sha256: with 64 or sha512: with 128 hexadecimal digits",
        ),
        (
            lambda c: c.blob_exists("apps", "latest"),
            "digest: 'latest' is not sha256: with 64 or sha512: with 128 hexadecimal digits",
        ),
        (
            lambda c: c.manifest("apps/../etc", "v1"),
            "repository: 'apps/../etc' is not a repository name; use lower-case letters, digits and single . _ - "
            "between them, in parts separated by /",
        ),
    ],
)
def test_names_are_checked_before_anything_is_sent(call: Callable[[RegistryClient], object], message: str) -> None:
    # Nothing listens on port 1: a request would end in another error.
    with RegistryClient("127.0.0.1:1") as client, pytest.raises(StackError) as refused:
        call(client)
    assert str(refused.value) == message
    assert not isinstance(refused.value, RegistryError)


@pytest.mark.parametrize(
    ("server", "loopback"),
    [
        ("localhost", True),
        ("localhost:5000", True),
        ("registry.localhost:5000", True),
        ("127.0.0.1:5000", True),
        ("127.9.9.9", True),
        ("[::1]:5000", True),
        ("10.0.0.1:5000", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("registry.example.com", False),
    ],
)
def test_loopback(server: str, loopback: bool) -> None:
    assert is_loopback(server) is loopback


def test_the_fall_back_tag() -> None:
    assert fallback_tag("sha256:" + "a" * 64) == "sha256-" + "a" * 64
    assert fallback_tag("sha512:" + "b" * 128) == "sha512-" + "b" * 64


@pytest.mark.parametrize(
    ("said", "login", "method", "expected"),
    [
        (
            Said(403, "DENIED", "no"),
            Login(True, "bearer"),
            "PUT",
            "it answered 403 DENIED (no); this login does not allow it: ask for the permission, or use another account",
        ),
        (Said(403), Login(False), "GET", "it wants a login (403); give a user name and a password"),
        (
            Said(401),
            Login(True, None),
            "GET",
            "it wants a login of an unknown kind (401); check that the server is a registry",
        ),
        (
            Said(403),
            Login(True, "bearer", token_server=True),
            "GET",
            "the user name or the password is wrong (403); correct them and try again",
        ),
        (
            Said(405),
            Login(False),
            "DELETE",
            "it answered 405; the registry does not do this: where it is about deleting, turn `delete` on in its "
            "settings",
        ),
        (
            Said(429),
            Login(True, "basic"),
            "GET",
            "it answered 429; it limits how often it may be asked: try again later",
        ),
        (
            Said(418, "TEAPOT"),
            Login(False),
            "GET",
            "it answered 418 TEAPOT; check the name, and what the registry allows",
        ),
    ],
)
def test_refusals(said: Said, login: Login, method: str, expected: str) -> None:
    assert "; ".join(refusal(said, login, method=method)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"errors":[{"code":"DENIED","message":"a\\nb","detail":{"password":"x"}}]}', Said(400, "DENIED", "a b")),
        (b'{"errors":[]}', Said(400, None, '{"errors":[]}')),
        (b'{"errors":[7]}', Said(400, None, '{"errors":[7]}')),
        (b'{"errors":[{"code":7,"message":null}]}', Said(400)),
        (b"<html>\n</html>", Said(400)),
        (b"", Said(400)),
        (b"\xff\x00text", Said(400, None, "\ufffd text")),
    ],
)
def test_answers(body: bytes, expected: Said) -> None:
    assert read_said(400, body) == expected


@given(st.text(max_size=2000))
def test_a_line_is_short_and_printable(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 200
    assert line.isprintable()


def _caused(cause: BaseException) -> Exception:
    try:
        try:
            raise cause
        except BaseException as below:
            raise RuntimeError("the library's own words") from below
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    ("cause", "happened", "transient"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name not known"), "its name cannot be resolved", False),
        (socket.gaierror(socket.EAI_AGAIN, "Try again"), "its name cannot be resolved", True),
        (ConnectionRefusedError(), "nothing listens there", True),
        (ConnectionResetError(), "the connection broke off", True),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "it speaks plain HTTP", False),
        (ssl.SSLError(1, "[SSL: SSLV3_ALERT_BAD_CERTIFICATE]"), "the TLS connection failed", False),
    ],
)
def test_connections_that_fail(cause: BaseException, happened: str, transient: bool) -> None:
    failure = connection_failure(_caused(cause), timed_out=False, timeout_seconds=30)
    assert failure.happened.startswith(happened)
    assert failure.transient is transient


class TestLogin:
    BEARER = Challenge("bearer", {"realm": "https://auth.example/token", "service": "s"})

    @staticmethod
    def _never(*_: object) -> bytes:
        raise AssertionError("nobody was to be asked")

    def test_nothing_is_sent_before_the_registry_asks(self) -> None:
        login = Authorizer("r.example", "alice", "p4ssw0rd", plain_http=False)
        assert login.header("scope", self._never) is None
        assert "p4ssw0rd" not in repr(login)

    def test_basic_is_not_sent_twice(self) -> None:
        login = Authorizer("r.example", "alice", "p4ssw0rd", plain_http=False)
        sent = login.answer([Challenge("basic", {"realm": "r"})], "", None, self._never)
        assert sent == "Basic YWxpY2U6cDRzc3cwcmQ="
        assert login.header("any", self._never) == sent
        assert login.answer([Challenge("basic", {"realm": "r"})], "", sent, self._never) is None

    @pytest.mark.parametrize(
        ("realm", "message"),
        [
            (
                "http://auth.example/token",
                "registry r.example: cannot log in: its token server auth.example would be given the login in plain "
                "HTTP; let the realm in its token settings start with https",
            ),
            (
                "file:///etc/passwd",
                "registry r.example: cannot log in: it names no valid address for its token server; correct the realm "
                "in its token settings",
            ),
            (
                "https://[::1/token",
                "registry r.example: cannot log in: it names no valid address for its token server; correct the realm "
                "in its token settings",
            ),
        ],
    )
    def test_a_token_server_that_must_not_be_asked(self, realm: str, message: str) -> None:
        login = Authorizer("r.example", "alice", "p4ssw0rd", plain_http=False)
        with pytest.raises(RegistryError) as refused:
            login.answer([Challenge("bearer", {"realm": realm})], "", None, self._never)
        assert str(refused.value) == message

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"token":7}', b'{"token":"a\\nb"}', b'{"token":""}'])
    def test_an_answer_without_a_token(self, body: bytes) -> None:
        login = Authorizer("r.example", None, None, plain_http=False)
        with pytest.raises(RegistryError) as refused:
            login.answer([self.BEARER], "", None, lambda *_: body)
        assert str(refused.value) == (
            "registry r.example: cannot log in: its token server auth.example sent no token; correct the realm in its "
            "token settings"
        )

    def test_tokens_are_kept_by_scope_and_their_number_is_bounded(self) -> None:
        asked: list[str] = []

        def fetch(realm: str, query: object, authorization: str | None) -> bytes:
            assert authorization is None
            asked.append(realm)
            return b'{"access_token":"t%d"}' % len(asked)

        login = Authorizer("r.example", None, None, plain_http=False)
        assert login.answer([self.BEARER], "first", None, fetch) == "Bearer t1"
        assert login.header("first", fetch) == "Bearer t1"
        for number in range(1030):
            login.header(f"scope {number}", fetch)
        count = len(asked)
        assert login.header("scope 1029", fetch) == f"Bearer t{count}"
        assert len(asked) == count
        assert login.header("first", fetch) == f"Bearer t{count + 1}"
        assert login.without_secrets(f"it was t{count}!") == "it was ***!"

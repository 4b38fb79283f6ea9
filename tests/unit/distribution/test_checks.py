"""Unit proof: single values, at the edges of what the registry takes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from registry_components.core.regexes import check_regex
from registry_components.distribution import checks
from tests.unit.distribution.material import BCRYPT, material

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert checks.is_loopback(host) is loopback


def test_real_material_is_taken() -> None:
    made = material()
    assert checks.check_jwks(made.jwks) is None
    assert checks.check_service_account(made.service_account) is None
    assert checks.check_rsa_key(made.rsa_key) is None
    assert checks.check_certificates(made.authority) is None
    for certificate, key in made.pairs:
        assert checks.check_certificates(certificate) is None
        assert checks.check_private_key(key) is None
        assert checks.check_certificates(key) == "holds a private key; give certificates only"
        assert checks.check_private_key(certificate) == "holds a certificate; give the private key only"


@pytest.mark.parametrize("drop", [1, 5, 40])
def test_a_cut_certificate_is_refused(drop: int) -> None:
    lines = material().pairs[0][0].splitlines()
    cut = "\n".join([*lines[:3], lines[3][: -drop * 4 % 64 or 60], *lines[4:]])
    assert str(checks.check_certificates(cut)).startswith("holds a block that is not a whole certificate")


def test_an_encrypted_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text(material().rsa_key)
    arguments = ["openssl", "pkcs8", "-topk8", "-in", str(tmp_path / "plain"), "-passout", "pass:x"]
    encrypted = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    assert str(checks.check_private_key(encrypted)).startswith("is encrypted")


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_bcrypt_spellings(prefix: str) -> None:
    assert checks.check_htpasswd(f"ci:{prefix}{BCRYPT[4:]}") is None


@pytest.mark.parametrize(
    "url", ["https://a", "http://a:80/b?c=d", "https://[::1]:1/", "https://a/%20", "https://xn--bcher-kva.example"]
)
def test_urls(url: str) -> None:
    assert checks.check_http_url(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a",
        "ftp://a",
        "https://",
        "https:///b",
        "https://a b",
        "https://a/%2",
        "https://a:0",
        "https://a:x",
        "https://a:",
        "https://[::1",
        "https://a_b",
        "https://a\n",
        "https://é",
        "https://a:70000",
        "HTTPS://a",
    ],
)
def test_no_urls(url: str) -> None:
    assert checks.check_http_url(url)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^https://([^/]+\.)?example\.com(:\d+)?/",
        r"(?i)a|b",
        r"[[:alnum:]_.-]{1,64}",
        r"(?P<a>x)(?P<b>y)",
        r"[]\d-]",
        "a{,3}",
    ],
)
def test_patterns(pattern: str) -> None:
    assert check_regex(pattern) is None


# Each of these stops the registry at its start.
@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        ")",
        "[",
        "[b-a]",
        "*",
        "a**",
        "a{2}{3}",
        "a{3,2}",
        "a{1001}",
        "(a{100}){100}",
        r"(a)\1",
        "(?=a)",
        "(?<!a)",
        r"\Z",
        r"\u0041",
        "(?P<a>x)(?P<a>y)",
        "[[:wrong:]]",
        "\\",
        "{2}",
        "(?i)*",
        "(?#c)",
        "(?>a)",
        "a++",
        r"[\b]",
    ],
)
def test_patterns_that_go_refuses(pattern: str) -> None:
    assert re.search(r"is not a regular expression of Go: it ", str(check_regex(pattern)))

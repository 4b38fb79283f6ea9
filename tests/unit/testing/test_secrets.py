"""The scan finds a secret in every form it claims, says where, and never says what."""

from __future__ import annotations

import base64
import gzip
import json
import urllib.parse
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_components.core.errors import StackError
from registry_components.testing import find_plaintext

pytestmark = pytest.mark.unit

SECRET = 'p4ss/w+rd"<é>&'


def found(text: str | bytes, secret: str = SECRET) -> list[tuple[str, str]]:
    leaks = find_plaintext([secret], text)
    assert all(secret not in str(leak) + repr(leak) for leak in leaks)
    return [(leak.where, leak.form) for leak in leaks]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (f"x {SECRET} y", "plain"),
        ("x " + json.dumps(SECRET) + " y", "JSON-escaped"),
        ("x " + json.dumps(SECRET, ensure_ascii=False) + " y", "JSON-escaped"),
        ("x " + json.dumps(json.dumps(SECRET)) + " y", "JSON-escaped"),
        ('x p4ss/w+rd\\"\\u003cé\\u003e\\u0026 y', "JSON-escaped"),
        ("x=" + urllib.parse.quote(SECRET, safe=""), "URL-encoded"),
        ("x=" + urllib.parse.quote(SECRET), "URL-encoded"),
        ("x=" + urllib.parse.quote_plus(SECRET), "URL-encoded"),
        ("x=" + urllib.parse.quote(SECRET, safe="").replace("%2F", "%2f").replace("%2B", "%2b").lower(), "URL-encoded"),
        ("x " + SECRET.encode().hex(), "hexadecimal"),
        ("x " + SECRET.encode().hex().upper(), "hexadecimal"),
        ("x " + base64.b64encode(base64.b64encode(b"user:" + SECRET.encode())).decode(), "base64 twice"),
        ("x " + base64.b64encode(json.dumps({"password": SECRET}).encode()).decode(), "base64"),
    ],
)
def test_forms(text: str, form: str) -> None:
    # Lower-casing above is right only because the secret has no capital letter.
    assert [f for _, f in found(text)] == [form]


@pytest.mark.parametrize("lead", range(6))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_at_every_alignment(lead: int, encode: object) -> None:
    assert callable(encode)
    for trail in range(4):
        text = encode(b"u" * lead + SECRET.encode() + b"!" * trail).decode()
        assert [f for _, f in found(f"auth: {text}\n")] == ["base64"]


@given(st.text(min_size=8, max_size=40).filter(lambda s: s.isprintable()), st.binary(max_size=9), st.binary(max_size=9))
def test_any_secret_is_found_plain_in_json_in_urls_and_in_base64(secret: str, before: bytes, after: bytes) -> None:
    for text in (
        b" ".join([before, secret.encode(), after]),
        json.dumps({"a": {"b": [1, secret]}}).encode(),
        b"x=" + urllib.parse.quote(secret, safe="").encode(),
        base64.b64encode(before + secret.encode() + after),
        secret.encode().hex().encode(),
    ):
        assert find_plaintext([secret], text)


@given(st.binary(max_size=400))
def test_nothing_is_found_where_nothing_is(data: bytes) -> None:
    assert find_plaintext(["a secret that is not in random bytes"], data) == []


def test_places_are_named(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "state.json").write_text(json.dumps({"a": [{"b-c": SECRET}], SECRET: 1}))
    (tmp_path / "events").write_text('{"n": 1}\n' + json.dumps({"m": {"text": f"is {SECRET}"}}) + "\n")
    (tmp_path / "log.txt").write_text(f"one\ntwo {SECRET}\n")
    (tmp_path / "old.json.gz").write_bytes(gzip.compress(json.dumps({"x": SECRET}).encode()))
    (tmp_path / "clean").write_text("nothing here")
    (tmp_path / "name-hunter2hunter2").write_text("")

    leaks = find_plaintext({"password": SECRET, "other": "hunter2hunter2"}, tmp_path)
    shown = "\n".join(str(leak).replace(str(tmp_path), "~") for leak in leaks)
    assert shown == "\n".join(
        [
            "secret password in ~/deep/state.json $.a[0]['b-c'] (plain)",
            "secret password in ~/deep/state.json $ (a key) (plain)",
            "secret password in ~/events line 2 $.m.text (plain)",
            "secret password in ~/log.txt line 2 offset 8 (plain)",
            "secret other in the name of a file (plain)",
            "secret password in ~/old.json.gz $.x (plain)",
        ]
    )


def test_a_secret_key_is_not_shown_in_the_path_of_what_is_below_it() -> None:
    (below,) = [
        leak for leak in find_plaintext([SECRET], {SECRET: {"x": SECRET}}) if not leak.where.endswith("(a key)")
    ]
    assert below.where == "place 1 $['(the secret itself)'].x"


def test_texts_bytes_and_mappings_are_numbered() -> None:
    leaks = find_plaintext([SECRET, "another-secret"], "clean", f"{SECRET} {SECRET}", {"a": ("x", "another-secret")})
    assert [str(leak) for leak in leaks] == [
        "secret #1 in place 2 line 1 offset 0 (plain)",
        f"secret #1 in place 2 line 1 offset {len(SECRET.encode()) + 1} (plain)",
        "secret #2 in place 3 $.a[1] (plain)",
    ]


def test_fully_escaped_json_is_decoded_before_it_is_searched() -> None:
    escaped = "".join(f"\\u{ord(c):04x}" for c in "hunter2hunter2")
    assert find_plaintext(["hunter2hunter2"], f'{{"a": "{escaped}"}}')


@pytest.mark.parametrize(
    ("secrets", "message"),
    [
        (["long enough", "short"], "secret #2: shorter than 8 characters"),
        ({"pin": "1234567"}, "secret pin: shorter than 8 characters"),
        ([], "there is no secret to look for"),
    ],
)
def test_secrets_that_cannot_be_looked_for_are_refused(secrets: list[str], message: str) -> None:
    with pytest.raises(StackError, match=message) as caught:
        find_plaintext(secrets, "text")
    assert "1234567" not in str(caught.value)
    assert "short" not in str(caught.value).replace("shorter", "")


def test_one_text_instead_of_a_list_is_refused() -> None:
    with pytest.raises(TypeError, match="not one text"):
        find_plaintext("a long secret", "text")

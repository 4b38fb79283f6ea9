"""Unit proof: no secret reaches a rehearsal's report."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_components.rehearsal.redaction import Redactor, secret_texts

pytestmark = pytest.mark.unit

SIGNATURE = "4dabf18193072939515e22adb298388d"
MARK = "1b47061264138c4ac30d75fd1eb44270"
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=30).filter(
    lambda text: not text.isdigit() and "secret" not in text and "-----" not in text
)


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: MARK, "plaintext": json.dumps(value)}


def test_what_the_state_marks_is_hidden_wherever_it_stands() -> None:
    inputs = {"name": "api", "password": secret("opensesame"), "list": [secret({"a": "b"})], "__defaults": []}
    assert Redactor().value(inputs) == {"name": "api", "password": "[secret]", "list": ["[secret]"]}


@given(SECRETS)
def test_a_known_secret_is_hidden_in_its_usual_forms(text: str) -> None:
    redactor = Redactor([text])
    for form in (text, json.dumps(text)[1:-1], base64.b64encode(text.encode()).decode(), text.encode().hex()):
        assert form not in redactor.text(f"before {form} after")
        assert redactor.text(form) != form


@given(SECRETS)
def test_text_without_a_secret_stays_as_it_is(text: str) -> None:
    assert Redactor([text]).text("a repository named api") == "a repository named api"


def test_a_short_secret_is_hidden_where_it_is_the_whole_value() -> None:
    redactor = Redactor(["abcd", "true", "12345"])
    assert redactor.value({"a": "abcd", "b": "xabcdx", "c": True, "d": "true", "e": 12345}) == {
        "a": "[secret]",
        "b": "xabcdx",
        "c": True,
        "d": "true",
        "e": "[secret]",
    }


def test_each_line_of_a_secret_text_is_secret_but_not_its_frame() -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END PRIVATE KEY-----"
    redactor = Redactor([pem])
    assert "MIIEvQIBADANBgkqhkiG9w0" not in redactor.text("the line MIIEvQIBADANBgkqhkiG9w0 of a file")
    assert redactor.text("-----BEGIN PRIVATE KEY-----x") == "-----BEGIN PRIVATE KEY-----x"


def test_the_secrets_of_a_state_are_found_inside_documents_too() -> None:
    state = {"outputs": {"plain": "api", "document": secret(json.dumps({"user": {"token": "t-1234"}})), "n": secret(7)}}
    assert {"t-1234", "7"} <= set(secret_texts(state))
    assert "api" not in set(secret_texts(state))

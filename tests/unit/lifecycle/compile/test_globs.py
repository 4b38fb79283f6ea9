"""Unit proof: the automata find a text for every combination of patterns that some text matches, and no other."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_components.lifecycle.compile.globs import Dialect, TooManyError, alternatives, classes, twins
from registry_components.lifecycle.patterns import doublestar, wildcard

pytestmark = pytest.mark.unit

TAG = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
PIECES = st.sampled_from(["a", "b", "1", "-", "*", "?", "[ab]", "[!a]", "{a,1}", "**", "a*", "*-a"])
GLOBS = st.lists(PIECES, min_size=1, max_size=4).map("".join)
PATTERNS = st.tuples(GLOBS, st.just("doublestar")) | st.tuples(
    st.text("ab1-*", min_size=1, max_size=4), st.just("wildcard")
)


def matches(pattern: str, dialect: Dialect, text: str) -> bool:
    if dialect == "prefix":
        return text.startswith(pattern)
    return re.match(wildcard(pattern) if dialect == "wildcard" else doublestar(pattern), text) is not None


SHORT = ["".join(text) for size in (1, 2, 3, 4) for text in itertools.product("ab1-c", repeat=size)]


@settings(max_examples=150, deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=3, unique=True))
def test_every_combination_of_tags_has_a_text(patterns: list[tuple[str, Dialect]]) -> None:
    found = classes(patterns, "tag")
    for text, signature in found:
        assert re.fullmatch(TAG, text)
        assert signature == tuple(matches(*pattern, text) for pattern in patterns)
    signatures = [signature for _, signature in found]
    assert len(signatures) == len(set(signatures))
    there = {tuple(matches(*pattern, text) for pattern in patterns) for text in SHORT if re.fullmatch(TAG, text)}
    assert there <= set(signatures)


@settings(max_examples=150, deadline=None)
@given(st.lists(PATTERNS, min_size=0, max_size=3, unique=True))
def test_a_second_tag_is_matched_alike(patterns: list[tuple[str, Dialect]]) -> None:
    found = classes(patterns, "tag")
    others = dict(twins([text for text, _ in found], patterns))
    for text, signature in found:
        other = others.get(text)
        longer = [f"{text[:place]}{char}{text[place:]}" for place in range(len(text) + 1) for char in "ab1c"]
        alike = [each for each in longer if signature == tuple(matches(*pattern, each) for pattern in patterns)]
        if other is None:
            assert alike == []
        else:
            assert re.fullmatch(TAG, other)
            assert other != text
            assert signature == tuple(matches(*pattern, other) for pattern in patterns)


REPOSITORY = r"[a-z0-9]+(?:[._-][a-z0-9]+)*(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*)*"
PATHS = st.sampled_from(["a", "b/", "a/b", "*", "**", "**/", "/**", "/", "a*", "?"])
NAMES = ["".join(text) for size in (1, 2, 3, 4, 5) for text in itertools.product("ab/", repeat=size)]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(PATHS, min_size=1, max_size=4).map("".join), min_size=1, max_size=3, unique=True))
def test_every_combination_of_repositories_has_a_name(globs: list[str]) -> None:
    patterns: list[tuple[str, Dialect]] = [(glob, "doublestar") for glob in globs]
    found = classes(patterns, "repository")
    for text, signature in found:
        assert re.fullmatch(REPOSITORY, text)
        assert signature == tuple(matches(*pattern, text) for pattern in patterns)
    there = {tuple(matches(*pattern, text) for pattern in patterns) for text in NAMES if re.fullmatch(REPOSITORY, text)}
    assert there <= {signature for _, signature in found}


def test_prefixes_begin_a_text() -> None:
    found = {signature: text for text, signature in classes([("v1", "prefix"), ("v1", "doublestar")], "tag")}
    assert found == {(False, False): "1", (True, True): "v1", (True, False): "v11"}


@pytest.mark.parametrize(
    ("glob", "plain"),
    [
        ("a", ("a",)),
        ("{a,b}", ("a", "b")),
        ("x{a,b}{1,2}", ("xa1", "xa2", "xb1", "xb2")),
        ("{a,b{1,2}}-*", ("a-*", "b1-*", "b2-*")),
        ("{a,a}", ("a",)),
    ],
)
def test_braces_are_written_out(glob: str, plain: tuple[str, ...]) -> None:
    assert alternatives(glob) == plain


def test_too_many_combinations_are_refused_soon() -> None:
    patterns: list[tuple[str, Dialect]] = [(f"*{char}*{char}*", "doublestar") for char in "abcdefghijklmnop"]
    with pytest.raises(TooManyError, match="16 patterns have more than"):
        classes(patterns, "tag")
    with pytest.raises(TooManyError, match="stands for more than 256 patterns"):
        alternatives("{a,b,c,d}" * 5)

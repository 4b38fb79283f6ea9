"""Unit proof: mistakes are told all at once, by path, without secrets and without a traceback."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Annotated, Any, Literal, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from registry_components.core.args import Args, MaybeOutput, Secret
from registry_components.core.errors import StackError

pytestmark = pytest.mark.unit


class Disk(Args):
    kind: Literal["disk"] = "disk"
    path: str
    size: int = Field(10, ge=1, le=100)


class Bucket(Args):
    kind: Literal["bucket"] = "bucket"
    bucket: str = Field(min_length=3)


class Account(Args):
    username: str
    password: Secret


class Example(Args):
    store: Annotated[Disk | Bucket, Field(discriminator="kind")]
    port: MaybeOutput[int] = 80
    ratio: float = 1.0
    enabled: bool = True
    level: Literal["debug", "info"] = "info"
    account: Account | None = None
    disks: list[Disk] = Field([], max_length=2)
    named: dict[str, Disk] = {}


GOOD: dict[str, Any] = {"store": {"kind": "disk", "path": "/data"}}

TABLE: list[tuple[dict[str, Any], list[str]]] = [
    ({"store": None}, ["store: must be a mapping of settings, not None"]),
    ({"store": {}}, ["store: needs `kind` to say which kind it is; allowed: disk, bucket"]),
    ({"store": {"kind": "tape"}}, ["store: kind 'tape' is not known; allowed: disk, bucket"]),
    ({"store": {"kind": "disk"}}, ["store.path: is required but not given; add it"]),
    (
        {"store": {"kind": "disk", "path": "/", "sise": 3}},
        ["store.sise: is not a setting; did you mean size?"],
    ),
    (
        {"store": {"kind": "bucket", "bucket": "ab"}},
        ["store.bucket: must have at least 3 characters, not 'ab'"],
    ),
    ({"port": "http"}, ["port: must be a whole number, not 'http'"]),
    ({"ratio": "much"}, ["ratio: must be a number, not 'much'"]),
    ({"enabled": "maybe"}, ["enabled: must be true or false, not 'maybe'"]),
    ({"level": "loud"}, ["level: must be one of debug, info, not 'loud'"]),
    ({"prot": 1}, ["prot: is not a setting; did you mean port?"]),
    (
        {"xyzzy": 1},
        ["xyzzy: is not a setting; allowed: account, disks, enabled, level, named, port, ratio, store"],
    ),
    ({"account": {"username": "a"}}, ["account.password: is required but not given; add it"]),
    ({"account": {"username": "a", "password": 12345678}}, ["account.password: must be text"]),
    ({"disks": {}}, ["disks: must be a list, not a dict"]),
    (
        {"disks": [{"path": "/a"}, {"path": "/b", "size": 0}]},
        ["disks[1].size: must be at least 1, not 0"],
    ),
    (
        {"disks": [{"path": "/a"}] * 3},
        ["disks: takes at most 2 entries (it has 3)"],
    ),
    ({"named": {"a b": {"path": "/a", "size": 101}}}, ["named['a b'].size: must be at most 100, not 101"]),
    (
        {"port": "x", "level": 3, "store": {"kind": "disk", "size": "y"}},
        [
            "level: must be one of debug, info, not 3",
            "port: must be a whole number, not 'x'",
            "store.path: is required but not given; add it",
            "store.size: must be a whole number, not 'y'",
        ],
    ),
]


@pytest.mark.parametrize(("settings", "lines"), TABLE, ids=lambda value: str(value)[:60])
def test_whole_message(settings: dict[str, Any], lines: list[str]) -> None:
    with pytest.raises(StackError) as caught:
        Example.parse({**GOOD, **settings})
    count = f"{len(lines)} mistake" + ("s" if len(lines) > 1 else "")
    assert str(caught.value) == "\n".join([f"Example is not valid ({count}):", *(f"  {line}" for line in lines)])


def test_constructor_and_parse_tell_the_same() -> None:
    with pytest.raises(StackError) as constructed:
        Example(**GOOD, port="x")
    with pytest.raises(StackError) as parsed:
        Example.parse({**GOOD, "port": "x"})
    assert str(constructed.value) == str(parsed.value)


WRONG = st.one_of(st.none(), st.integers(), st.floats(), st.booleans(), st.lists(st.integers(), max_size=2))


@given(
    secret=st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=12, max_size=40),
    username=WRONG,
    key=st.sampled_from(["password", "pasword", "Password", "passwords", "token"]),
    wrap=st.sampled_from(["text", "list", "dict"]),
)
def test_no_message_shows_a_secret(secret: str, username: Any, key: str, wrap: str) -> None:
    value: Any = {"text": secret, "list": [secret], "dict": {"value": secret}}[wrap]
    account = {"username": username, key: value}
    with pytest.raises(StackError) as caught:
        Example.parse({**GOOD, "account": account, "port": "wrong"})
    assert secret not in str(caught.value)
    assert secret not in repr(caught.value)


def test_a_url_with_a_login_is_not_shown() -> None:
    with pytest.raises(StackError) as caught:
        Example.parse({**GOOD, "level": "https://user:hunter2hunter2@example.com"})
    assert "hunter2" not in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
    )
)
def test_anything_is_accepted_or_refused_with_a_message(settings: Any) -> None:
    try:
        Example.parse(settings)
    except StackError as error:
        assert str(error).startswith("Example is not valid (")
        assert "Traceback" not in str(error)
        assert "pydantic" not in str(error)


def test_args_are_frozen() -> None:
    example = Example.parse(GOOD)
    with pytest.raises(ValidationError, match="frozen"):
        cast(Any, example).port = 81


def test_outputs_pass_where_a_value_may_be_an_output() -> None:
    import pulumi

    async def program() -> None:
        output = pulumi.Output.from_input(81)
        assert Example(store=Disk(path="/"), port=output).port is output
        with pytest.raises(StackError, match="ratio: must be a number"):
            Example.parse({**GOOD, "ratio": output})

    asyncio.run(program())


def test_secret_is_not_in_repr() -> None:
    account = Account.parse({"username": "a", "password": "hunter2hunter2"})
    assert "hunter2" not in repr(account)
    assert "hunter2" not in str(account.model_dump_json())


def test_json_schema_is_clean() -> None:
    text = json.dumps(Example.model_json_schema())
    assert "Output" not in text
    assert Example.model_json_schema()["properties"]["port"]["type"] == "integer"


PROGRAM = """
import sys
from registry_components.core.args import Args
from registry_components.core.errors import StackError
class A(Args):
    x: int
try:
    A(x="q")
except StackError as error:
    assert "pulumi" not in sys.modules, "validation imported Pulumi"
import pulumi
try:
    A(x="q")
except StackError as error:
    assert isinstance(error, pulumi.RunError)
"""


def test_validation_needs_no_pulumi_and_serves_it_where_it_is() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=60)

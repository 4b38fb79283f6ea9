"""What the framework does for every emulator: names, defaults, secrets, unknown values, replacement, errors."""

# The emulators' interface names an argument `id`.
# ruff: noqa: A002

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from registry_components.rehearsal.emulator import (
    AutoName,
    Emulator,
    Function,
    Property,
    Refusal,
    ResourceType,
    by_token,
)
from registry_components.rehearsal.folder import read_checks
from registry_components.testing._wire import UNKNOWN, Secret, decode_mapping, encode_mapping

from .checking import Aborted, Provider, urn

pytestmark = pytest.mark.unit

BOX = "shop:index/box:Box"
NEST = Property("object", properties={"a": Property("string")})


class Box(ResourceType):
    token = BOX
    auto_name = AutoName(max_length=20, lower=True, pattern_free="_")
    name_property = "name"
    properties = {
        "name": Property("string", replaces=True, computed=True),
        "colour": Property("string", default="brown", enum=("brown", "red")),
        "size": Property("integer", required=True),
        "key": Property("string", output=True, secret=True),
        "label": Property("string"),
        "policy": Property("string", json=True),
        "nest": NEST,
        "kind": Property("string", replaces=True),
    }

    def check(self, cloud: Any, inputs: Mapping[str, Any]) -> Iterable[Refusal]:
        if inputs["size"] == 13:
            yield Refusal("size", "13 is no size")

    def create(self, cloud: Any, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        if inputs["size"] == 99:
            raise Refusal("size", "too big for the shop")
        if inputs["size"] == 0:
            raise ZeroDivisionError("a fault")
        cloud[inputs["name"]] = dict(inputs)
        return inputs["name"], {**inputs, "key": "open sesame"}

    def read(self, cloud: Any, id: str, outputs: Mapping[str, Any]) -> dict[str, Any] | None:
        found = cloud.get(id)
        return None if found is None else {**found, "key": "open sesame"}

    def update(self, cloud: Any, id: str, old_outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        cloud[id] = dict(inputs)
        return {**inputs, "key": old_outputs["key"]}

    def delete(self, cloud: Any, id: str, outputs: Mapping[str, Any]) -> None:
        cloud.pop(id, None)


def shop(*, bridged: bool = True) -> Emulator:
    price = Function(
        "shop:index/price:price",
        lambda _cloud, arguments: {"price": arguments["size"] * 2, "code": "hidden"},
        {"size": Property("integer", required=True)},
        secret=frozenset({"code"}),
    )
    return Emulator(
        package="shop",
        version="1.2.3",
        types=by_token([Box()]),
        functions={price.token: price},
        connect=lambda settings: {"settings": dict(settings)},
        bridged=bridged,
    )


@pytest.fixture
def provider(tmp_path: Path) -> Provider:
    return Provider(shop(), tmp_path)


def test_a_name_is_made_up_once_and_kept(provider: Provider) -> None:
    inputs, failures = provider.check(BOX, {"size": 1})
    assert failures == []
    assert inputs["name"].startswith("it-")
    assert len(inputs["name"]) == len("it-") + 7
    assert inputs["__defaults"] == ["colour", "name"]
    assert inputs["colour"] == "brown"
    assert provider.check(BOX, {"size": 1}, seed=b"seed")[0]["name"] == inputs["name"], "the engine's seed decides"
    assert provider.check(BOX, {"size": 1}, seed=b"other")[0]["name"] != inputs["name"]
    assert provider.check(BOX, {"size": 2}, olds=inputs, seed=b"other")[0]["name"] == inputs["name"]
    named = provider.check(BOX, {"size": 2, "name": "mine"})[0]
    assert (named["name"], named["__defaults"]) == ("mine", ["colour"])
    assert provider.check(BOX, {"size": 2}, olds=named)[0]["name"].startswith("it-"), "a given name is not kept"


def test_a_given_name_is_freed_before_a_replacement_takes_it(provider: Provider) -> None:
    old = {"name": "mine", "size": 1, "kind": "a", "__defaults": []}
    diff = provider.diff(BOX, old, old, {**old, "kind": "b"})
    assert (list(diff.replaces), diff.deleteBeforeReplace) == (["kind"], True)
    made_up = {**old, "__defaults": ["name"]}
    diff = provider.diff(BOX, made_up, made_up, {**made_up, "kind": "b"})
    assert (list(diff.replaces), diff.deleteBeforeReplace) == (["kind"], False)


def test_an_emulator_that_is_not_bridged_has_no_defaults_key(tmp_path: Path) -> None:
    provider = Provider(shop(bridged=False), tmp_path)
    inputs, _ = provider.check(BOX, {"size": 1, "nest": {"a": "b"}})
    assert "__defaults" not in inputs
    assert inputs["nest"] == {"a": "b"}
    assert provider.check(BOX, {"size": 2}, olds=inputs, seed=b"other")[0]["name"] == inputs["name"]


def test_secrets_stay_secret(provider: Provider) -> None:
    inputs, failures = provider.check(BOX, {"size": 1, "label": Secret("l"), "nest": {"a": Secret("n")}, "name": "b"})
    assert failures == []
    assert inputs["label"] == Secret("l")
    assert inputs["nest"] == {"__defaults": [], "a": Secret("n")}
    id_, outputs = provider.create(BOX, inputs)
    assert id_ == "b"
    assert outputs["label"] == Secret("l")
    assert outputs["nest"] == Secret({"a": "n"})
    assert outputs["key"] == Secret("open sesame"), "secret by itself"
    assert outputs["size"] == 1

    read = provider.servicer.Read(
        provider_pb2.ReadRequest(
            id="b", urn=urn(BOX), properties=encode_mapping(outputs), inputs=encode_mapping(inputs)
        ),
        provider.context,
    )
    assert decode_mapping(read.properties)["label"] == Secret("l")
    assert decode_mapping(read.properties)["key"] == Secret("open sesame")
    text = (provider.folder / "checks.jsonl").read_text()
    assert "open sesame" not in text


def test_a_secret_enum_is_not_told(provider: Provider) -> None:
    _, failures = provider.check(BOX, {"size": Secret("hunter2")})
    assert failures == ["size: must be a whole number, not a string"]


def test_a_document_becomes_text(provider: Provider) -> None:
    assert provider.check(BOX, {"size": 1, "policy": {"a": [1]}})[0]["policy"] == '{"a":[1]}'
    assert provider.check(BOX, {"size": 1, "policy": {"a": UNKNOWN}})[0]["policy"] is UNKNOWN
    assert provider.check(BOX, {"size": 1, "policy": Secret({"a": 1})})[0]["policy"] == Secret('{"a":1}')


def test_a_preview_makes_nothing_and_says_what_is_not_known(provider: Provider) -> None:
    id_, outputs = provider.create(BOX, {"size": 1, "name": "b"}, preview=True)
    assert id_ == ""
    assert outputs == {"size": 1, "name": "b", "key": Secret(UNKNOWN)}
    assert provider.servicer._cloud.keys() == {"settings"}


def test_what_is_gone_is_an_empty_answer(provider: Provider) -> None:
    read = provider.servicer.Read(provider_pb2.ReadRequest(id="nobody", urn=urn(BOX)), provider.context)
    assert read.id == ""


def test_an_import_has_the_inputs_that_are_there(provider: Provider) -> None:
    provider.create(BOX, {"size": 1, "name": "b", "label": ""})
    read = provider.servicer.Read(provider_pb2.ReadRequest(id="b", urn=urn(BOX)), provider.context)
    assert decode_mapping(read.inputs) == {"size": 1, "name": "b", "__defaults": []}


def test_drift_moves_into_the_inputs(provider: Provider) -> None:
    inputs = {"size": 1, "name": "b", "policy": '{"a": 1}'}
    _, outputs = provider.create(BOX, inputs)
    provider.servicer._cloud["b"] = {"size": 2, "name": "b", "policy": '{"a":1}', "label": "by hand"}
    request = provider_pb2.ReadRequest(
        id="b", urn=urn(BOX), properties=encode_mapping(outputs), inputs=encode_mapping(inputs)
    )
    read = provider.servicer.Read(request, provider.context)
    assert decode_mapping(read.inputs) == {"size": 2, "name": "b", "policy": '{"a": 1}', "label": "by hand"}


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (99, "size: too big for the shop"),
        (0, "the emulator of shop failed: ZeroDivisionError: a fault (in create, line 61)"),
    ],
)
def test_errors(provider: Provider, size: int, told: str) -> None:
    with pytest.raises(Aborted) as caught:
        provider.create(BOX, {"size": size, "name": "b"})
    assert str(caught.value).partition(", line")[0] == told.partition(", line")[0]
    (line,) = read_checks(provider.folder)
    assert (line["operation"], line["refused"]) == ("create", True)


def test_a_check_of_the_types_own(provider: Provider) -> None:
    assert provider.check(BOX, {"size": 13})[1] == ["size: 13 is no size"]


def test_functions(provider: Provider) -> None:
    def invoke(token: str, arguments: dict[str, Any]) -> Any:
        request = provider_pb2.InvokeRequest(tok=token, args=encode_mapping(arguments))
        return provider.servicer.Invoke(request, provider.context)

    answer = invoke("shop:index/price:price", {"size": 4})
    assert decode_mapping(getattr(answer, "return")) == {"price": 8, "code": Secret("hidden")}
    (failure,) = invoke("shop:index/price:price", {"sise": 4, "size": 1}).failures
    assert failure.reason == "'sise' is not a property here; did you mean 'size'?"
    with pytest.raises(Aborted, match=r"^no emulator knows the function shop:index/sale:sale$"):
        invoke("shop:index/sale:sale", {})


def test_what_the_provider_says_of_itself(provider: Provider) -> None:
    servicer, context = provider.servicer, provider.context
    assert servicer.GetPluginInfo(None, context).version == "1.2.3"
    schema = json.loads(servicer.GetSchema(provider_pb2.GetSchemaRequest(), context).schema)
    assert schema == {
        "name": "shop",
        "version": "1.2.3",
        "resources": {BOX: {}},
        "functions": {"shop:index/price:price": {}},
    }
    assert servicer.Handshake(provider_pb2.ProviderHandshakeRequest(), context).accept_secrets
    old, new = encode_mapping({"region": "a", "version": "1"}), encode_mapping({"region": "b", "version": "2"})
    diff = servicer.DiffConfig(provider_pb2.DiffRequest(old_inputs=old, news=new), context)
    assert (list(diff.diffs), list(diff.replaces)) == (["region"], [])


def test_the_configuration_reaches_the_cloud(tmp_path: Path) -> None:
    provider = Provider(shop(), tmp_path, region="here", tags={"a": "b"}, key=Secret("k"))
    settings = provider.servicer._cloud["settings"]
    assert (settings["region"], settings["tags"], settings["key"]) == ("here", '{"a": "b"}', "k")

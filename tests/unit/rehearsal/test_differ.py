"""What counts as a difference, and what of it replaces a resource."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_components.rehearsal.differ import Difference, differences, same_json
from registry_components.rehearsal.emulator import Property
from registry_components.testing._wire import UNKNOWN

pytestmark = pytest.mark.unit

TEXT = Property("string")
PROPERTIES = {
    "name": Property("string", replaces=True),
    "size": Property("integer"),
    "on": Property("boolean"),
    "filled": Property("string", computed=True),
    "url": Property("string", output=True),
    "tags": Property("map", items=TEXT),
    "hidden": Property("string", write_only=True),
    "policy": Property("string", json=True),
    "list": Property("array", items=TEXT),
    "set": Property("array", items=TEXT, unordered=True),
    "box": Property(
        "object", properties={"key": Property("string", replaces=True), "made": Property("string", computed=True)}
    ),
    "boxes": Property(
        "array", items=Property("object", properties={"a": TEXT, "made": Property("string", computed=True)})
    ),
}


def diff(old_inputs: dict[str, Any], old: dict[str, Any], new: dict[str, Any]) -> list[Difference]:
    return differences(PROPERTIES, old_inputs, old, new)


@pytest.mark.parametrize(
    ("inputs", "outputs", "new", "expected"),
    [
        ({"size": 1}, {"size": 1}, {"size": 1}, []),
        ({"size": 1}, {"size": 1}, {"size": 2}, [Difference("size", "update")]),
        ({"size": 1}, {"size": 3}, {"size": 1}, [Difference("size", "update")]),
        ({"name": "a"}, {"name": "a"}, {"name": "b"}, [Difference("name", "update", replaces=True)]),
        ({}, {}, {"size": 1}, [Difference("size", "add")]),
        ({"size": 1}, {"size": 1}, {}, [Difference("size", "delete")]),
        ({}, {"on": False, "size": 0, "tags": {}}, {}, []),
        ({}, {}, {"on": False, "tags": {}}, []),
        ({}, {"on": True}, {"on": False}, [Difference("on", "update")]),
        ({}, {"filled": "by the service"}, {}, []),
        ({"filled": "x"}, {"filled": "x"}, {}, []),
        ({}, {"filled": "x"}, {"filled": "y"}, [Difference("filled", "update")]),
        ({}, {"url": "https://a"}, {}, []),
        ({}, {"tags": {"by": "hand"}}, {}, [Difference("tags", "delete")]),
        ({"tags": {"a": "1"}}, {"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "1"}}, [Difference("tags.b", "delete")]),
        ({"tags": {"a.b": "1"}}, {"tags": {"a.b": "1"}}, {"tags": {"a.b": "2"}}, [Difference('tags["a.b"]', "update")]),
        ({"hidden": "a"}, {}, {"hidden": "a"}, []),
        ({"hidden": "a"}, {"hidden": "a"}, {"hidden": "b"}, [Difference("hidden", "update")]),
        ({"policy": '{"a": 1}'}, {"policy": '{"a":1}'}, {"policy": '{ "a": 1 }'}, []),
        ({"policy": '{"a": 1}'}, {"policy": '{"a":2}'}, {"policy": '{"a": 1}'}, [Difference("policy", "update")]),
        ({"list": ["a"]}, {"list": ["a"]}, {"list": ["a", "b"]}, [Difference("list[1]", "add")]),
        (
            {"list": ["a", "b"]},
            {"list": ["a", "b"]},
            {"list": ["b", "a"]},
            [Difference("list[0]", "update"), Difference("list[1]", "update")],
        ),
        ({"set": ["a", "b"]}, {"set": ["b", "a"]}, {"set": ["a", "b"]}, []),
        ({"set": ["a"]}, {"set": ["a", "b"]}, {"set": ["a"]}, [Difference("set[1]", "delete")]),
        ({"set": ["a"]}, {"set": ["a"]}, {"set": ["b", "a"]}, [Difference("set[0]", "add")]),
        ({"set": ["a"]}, {"set": ["a"]}, {"set": ["b"]}, [Difference("set[0]", "update")]),
        ({"box": {"key": "k"}}, {"box": {"key": "k", "made": "m"}}, {"box": {"key": "k"}}, []),
        (
            {"box": {"key": "k"}},
            {"box": {"key": "k", "made": "m"}},
            {"box": {"key": "l"}},
            [Difference("box.key", "update", replaces=True)],
        ),
        ({"boxes": [{"a": "1"}]}, {"boxes": [{"a": "1", "made": "m"}]}, {"boxes": [{"a": "1"}]}, []),
        ({"size": 1}, {"size": 1}, {"size": UNKNOWN}, [Difference("size", "update")]),
        ({"name": "a"}, {"name": "a"}, {"name": UNKNOWN}, [Difference("name", "update", replaces=True)]),
        ({"on": True}, {"on": True}, {"on": 1}, [Difference("on", "update")]),
    ],
)
def test_differences(
    inputs: dict[str, Any], outputs: dict[str, Any], new: dict[str, Any], expected: list[Difference]
) -> None:
    assert diff(inputs, outputs, new) == expected


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=3),
        "size": st.integers(0, 3),
        "on": st.booleans(),
        "tags": st.dictionaries(st.text(max_size=2), st.text(max_size=2), max_size=3),
        "list": st.lists(st.text(max_size=2), max_size=3),
        "set": st.lists(st.text(max_size=2), max_size=4),
        "box": st.fixed_dictionaries({}, optional={"key": st.text(max_size=2)}),
        "boxes": st.lists(st.fixed_dictionaries({"a": st.text(max_size=2)}), max_size=3),
    },
)


@given(VALUES)
def test_what_was_made_as_asked_is_no_difference(values: dict[str, Any]) -> None:
    filled = {**values, "url": "u", "filled": "f", "set": list(reversed(values.get("set", [])))}
    assert diff(values, filled, values) == []


@given(VALUES, VALUES)
def test_a_difference_names_a_property_that_changed(old: dict[str, Any], new: dict[str, Any]) -> None:
    for item in diff(old, old, new):
        top = item.path.split(".")[0].split("[")[0]
        assert old.get(top) != new.get(top)
        assert item.replaces == (top == "name" or item.path == "box.key")


@pytest.mark.parametrize(
    ("old", "new", "same"), [("{}", "{ }", True), ("{}", "[]", False), ("x", "x", False), (None, "{}", False)]
)
def test_json_is_compared_by_meaning(old: Any, new: Any, same: bool) -> None:
    assert same_json(old, new) is same

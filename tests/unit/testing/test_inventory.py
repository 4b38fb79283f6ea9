"""Inventories of states compare exactly, and lists of URNs fail with a diff."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from registry_components.testing import check_urns, compare, inventory, read_urns, write_urns
from registry_components.testing._wire import SECRET, SIGNATURE

pytestmark = pytest.mark.unit

STACK = "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s"
PARENT = "urn:pulumi:s::p::x:index:Shelf::apps"


def resource(type_: str, name: str, parent: str = STACK, **settings: Any) -> dict[str, Any]:
    above = parent.split("::")[2]
    qualified = type_ if above == "pulumi:pulumi:Stack" else f"{above}${type_}"
    return {"urn": f"urn:pulumi:s::p::{qualified}::{name}", "type": type_, "parent": parent, **settings}


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    stack = {"urn": STACK, "type": "pulumi:pulumi:Stack"}
    return {"version": 3, "deployment": {"resources": [stack, *resources]}}


def secret(ciphertext: str) -> dict[str, str]:
    return {SIGNATURE: SECRET, "ciphertext": ciphertext}


BASE = state(
    resource("x:index:Shelf", "apps", protect=True),
    resource("aws:s3:Bucket", "apps", PARENT, inputs={"size": 1, "tags": {"a": "b"}, "rules": [1, 2], "__p": "x"}),
    resource("pulumi:providers:aws", "default_7_0_0"),
    resource("pulumi:providers:aws", "mine"),
    resource("aws:s3:Bucket", "replaced", PARENT, delete=True),
)


def changed(**settings: Any) -> dict[str, Any]:
    return state(
        resource("x:index:Shelf", "apps", protect=True),
        resource("aws:s3:Bucket", "apps", settings.pop("parent", PARENT), **settings),
        resource("pulumi:providers:aws", "mine"),
    )


def test_what_is_in_an_inventory() -> None:
    found = inventory(BASE)
    assert list(found) == ["aws:s3:Bucket::apps", "pulumi:providers:aws::mine", "x:index:Shelf::apps"]
    bucket = found["aws:s3:Bucket::apps"]
    assert (bucket.parent, bucket.protect, bucket.aliases) == ("x:index:Shelf::apps", False, None)
    assert bucket.inputs == {"size": 1, "tags": {"a": "b"}, "rules": [1, 2]}
    assert found["x:index:Shelf::apps"].protect is True
    assert found["x:index:Shelf::apps"].parent == ""
    assert inventory({"version": 3, "deployment": {}}) == {}


@pytest.mark.parametrize(
    ("settings", "report"),
    [
        ({"inputs": {"size": 1, "tags": {"a": "b"}, "rules": [1, 2], "__p": "y"}}, "no differences"),
        (
            {"inputs": {"size": 1.0, "tags": {"a": "c"}, "rules": [1, 2]}},
            '~ aws:s3:Bucket::apps: inputs.tags.a: "b" -> "c"',
        ),
        ({"inputs": {"size": 1, "tags": {"a": "b"}, "rules": [1]}}, "inputs.rules: [1, 2] -> [1]"),
        ({"inputs": {"size": 1, "tags": {"a": "b"}, "rules": [1, 3]}}, "inputs.rules[1]: 2 -> 3"),
        ({"inputs": {"size": True, "tags": {"a": "b"}, "rules": [1, 2]}}, "inputs.size: 1 -> true"),
        ({"inputs": {"tags": {"a": "b"}, "rules": [1, 2]}}, "inputs.size: 1 -> (none)"),
        ({"inputs": {"size": None, "tags": {"a": "b"}, "rules": [1, 2]}}, "inputs.size: 1 -> null"),
        (
            {"inputs": {"size": 1, "tags": {"a": "b"}, "rules": [1, 2]}, "protect": True},
            "~ aws:s3:Bucket::apps: protect: false -> true",
        ),
        (
            {"inputs": {"size": 1, "tags": {"a": "b"}, "rules": [1, 2]}, "parent": STACK},
            '~ aws:s3:Bucket::apps: parent: "x:index:Shelf::apps" -> ""',
        ),
    ],
)
def test_changes_are_reported(settings: dict[str, Any], report: str) -> None:
    differences = compare(inventory(BASE), inventory(changed(**settings)))
    assert report in str(differences)
    assert len(str(differences).splitlines()) == 1
    assert bool(differences) == (report != "no differences")


def test_added_removed_and_renamed() -> None:
    before = state(resource("t:a:A", "gone", inputs={"x": 1}), resource("t:a:A", "old", inputs={"x": 2}))
    after = state(resource("t:a:A", "new", inputs={"x": 2}), resource("t:b:B", "fresh", inputs={"y": 1}))
    differences = compare(inventory(before), inventory(after))
    assert str(differences) == "+ t:b:B::fresh\n- t:a:A::gone\n> t:a:A::old is now t:a:A::new"
    moved = compare(inventory(before), inventory(state(resource("t:c:C", "gone", inputs={"x": 1}))))
    assert moved.renamed == (("t:a:A::gone", "t:c:C::gone"),)


def test_aliases_are_compared_where_both_sides_know_them() -> None:
    aliased: list[dict[str, Any]] = [{}, {"aliases": ["urn:old"]}, {"aliases": ["urn:older"]}]
    unknown, old, older = (inventory(state(resource("t:a:A", "a", **aliases))) for aliases in aliased)
    assert str(compare(old, older)) == '~ t:a:A::a: aliases: ["urn:old"] -> ["urn:older"]'
    assert not compare(unknown, old)
    assert not compare(old, unknown)


def test_a_secret_is_its_place_and_not_its_value() -> None:
    one, other = (state(resource("t:a:A", "a", inputs={"p": [secret(text)]})) for text in ("c1", "c2"))
    assert compare(inventory(one), inventory(other)) == compare(inventory(one), inventory(one))
    open_ = state(resource("t:a:A", "a", inputs={"p": ["c1"]}))
    assert str(compare(inventory(one), inventory(open_))) == '~ t:a:A::a: inputs.p[0]: "[secret]" -> "c1"'


def test_urn_lists(tmp_path: Path) -> None:
    path = tmp_path / "urns.txt"
    write_urns(path, inventory(BASE))
    assert path.read_text() == (
        "aws:s3:Bucket::apps < x:index:Shelf::apps\npulumi:providers:aws::mine\nx:index:Shelf::apps\n"
    )
    check_urns(path, inventory(BASE))
    path.write_text("# what the program makes\n\n" + path.read_text())
    assert len(read_urns(path)) == 3
    check_urns(path, inventory(BASE))

    with pytest.raises(AssertionError) as caught:
        check_urns(path, inventory(changed(parent=STACK)))
    assert "-aws:s3:Bucket::apps < x:index:Shelf::apps\n+aws:s3:Bucket::apps\n" in str(caught.value)
    assert "give it an alias" in str(caught.value)
    with pytest.raises(AssertionError, match=r"\+x:index:Shelf::apps"):
        check_urns(tmp_path / "absent.txt", inventory(BASE))

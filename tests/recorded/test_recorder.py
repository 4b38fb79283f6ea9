"""The recorder sees what a program registers, whole, and one run leaves nothing for the next."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from registry_components.core.component import RegistryComponent
from registry_components.core.errors import StackError, stack_error
from registry_components.testing import UNKNOWN, Recorded, RecordingMonitor, Secret, compare, inventory, record

pytestmark = pytest.mark.recorded

SECRET = "correct horse battery"


class Bucket(pulumi.CustomResource):
    arn: pulumi.Output[str]
    password: pulumi.Output[str]

    def __init__(
        self, name: str, props: dict[str, Any] | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("aws:s3/bucket:Bucket", name, {"arn": None, **(props or {})}, opts)


class Shelf(RegistryComponent):
    """A component with a child named like itself, one beside it, and two outputs."""

    url: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        main = Bucket(name, {"port": 5000, "password": pulumi.Output.secret(SECRET)}, self.child())
        side = Bucket(f"{name}-side", {"of": main.arn}, self.child())
        self.publish(url=side.id, password=pulumi.Output.secret(SECRET))


class Careless(RegistryComponent):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        Bucket(name, opts=self.child())


BUCKET = "aws:s3/bucket:Bucket"
SHELF = "registry-components:index:Shelf"


def shelf(**options: Any) -> Callable[[], None]:
    return lambda: pulumi.export("url", Shelf("apps", pulumi.ResourceOptions(**options)).url)


def options_of(**options: Any) -> Recorded:
    return record(lambda: Bucket("b", opts=pulumi.ResourceOptions(**options)))["b"]


def test_tree_parents_and_children() -> None:
    recording = record(shelf())

    assert recording.tree() == f"{SHELF}::apps\n  {BUCKET}::apps\n  {BUCKET}::apps-side"
    top = recording[f"{SHELF}::apps"]
    assert (top.parent, top.parent_key, top.custom, top.id) == (recording.stack_urn, "", False, "")
    assert [child.name for child in recording.children(top)] == ["apps", "apps-side"]
    assert recording.children(top) == recording.of_type(BUCKET)
    child = recording["apps-side"]
    assert (child.parent, child.parent_key, child.custom) == (top.urn, top.key, True)
    assert child.urn == f"urn:pulumi:stack::project::{SHELF}${BUCKET}::apps-side"
    assert top.urn == f"urn:pulumi:stack::project::{SHELF}::apps"


def test_a_name_that_is_no_resource_or_several_is_an_error_that_lists_them() -> None:
    recording = record(shelf())
    with pytest.raises(KeyError, match=rf"'apps' is not one resource but several.*{BUCKET}::apps"):
        recording["apps"]
    with pytest.raises(KeyError, match="'nothing' is not a resource of this program"):
        recording["nothing"]


def test_inputs_mark_each_secret_leaf_and_numbers_are_whole() -> None:
    def program() -> None:
        Bucket(
            "b",
            {
                "port": 5000,
                "ratio": 0.5,
                "flag": True,
                "nested": {"list": ["open", pulumi.Output.secret(SECRET)]},
                "whole": pulumi.Output.secret({"a": [SECRET]}),
            },
        )

    inputs = record(program)["b"].inputs
    assert inputs == {
        "port": 5000,
        "ratio": 0.5,
        "flag": True,
        "nested": {"list": ["open", Secret(SECRET)]},
        "whole": Secret({"a": [SECRET]}),
    }
    assert isinstance(inputs["port"], int)
    assert inputs["nested"]["list"][1].value == SECRET
    assert SECRET not in repr(record(program)["b"])
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_options_arrive_as_given() -> None:
    given = options_of(
        protect=True,
        retain_on_delete=True,
        delete_before_replace=True,
        additional_secret_outputs=["arn"],
        ignore_changes=["tags"],
        replace_on_changes=["name"],
        import_="bucket-1",
        version="1.2.3",
    )
    assert given.protect is True
    assert given.retain_on_delete is True
    assert given.delete_before_replace is True
    assert given.additional_secret_outputs == ("arn",)
    assert given.ignore_changes == ("tags",)
    assert given.replace_on_changes == ("name",)
    assert (given.import_id, given.id, given.version) == ("bucket-1", "bucket-1", "1.2.3")

    bare = options_of()
    assert (bare.protect, bare.retain_on_delete, bare.delete_before_replace) == (None, None, None)
    assert (bare.aliases, bare.provider, bare.import_id, bare.deleted_with) == ((), "", "", "")
    assert options_of(protect=False).protect is False
    assert options_of(delete_before_replace=False).delete_before_replace is False


def test_aliases_are_completed_to_urns() -> None:
    urn = "urn:pulumi:old::proj::a:b:C::d"
    given = options_of(
        aliases=[
            pulumi.Alias(name="was"),
            pulumi.Alias(type_="aws:s3:Bucket"),
            pulumi.Alias(stack="dev", project="other"),
            urn,
        ]
    )
    assert given.aliases == (
        f"urn:pulumi:stack::project::{BUCKET}::was",
        "urn:pulumi:stack::project::aws:s3:Bucket::b",
        f"urn:pulumi:dev::other::{BUCKET}::b",
        urn,
    )

    def moved() -> None:
        parent = pulumi.ComponentResource("x:index:P", "p")
        old = pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)
        Bucket("b", opts=pulumi.ResourceOptions(parent=parent, aliases=[old]))

    assert record(moved)["b"].aliases == (f"urn:pulumi:stack::project::{BUCKET}::b",)


def test_protect_and_retention_reach_the_children() -> None:
    recording = record(shelf(protect=True, retain_on_delete=True))
    child = recording["apps-side"]
    assert child.protect is True, "the SDK hands protect down"
    assert child.retain_on_delete is None, "the engine hands this down, so the program does not send it"
    assert recording.inherited(child, "retain_on_delete") is True
    assert recording.inherited("apps-side", "protect") is True
    assert record(shelf()).inherited("apps-side", "retain_on_delete") is None


def test_dependencies_provider_and_deleted_with() -> None:
    class Cloud(pulumi.ProviderResource):
        def __init__(self, name: str) -> None:
            super().__init__("aws", name, {"region": "eu-west-1"})

    def program() -> None:
        cloud = Cloud("eu")
        first = Bucket("first", opts=pulumi.ResourceOptions(provider=cloud))
        second = Bucket("second", opts=pulumi.ResourceOptions(depends_on=[first], deleted_with=first))
        Bucket("third", {"of": second.arn})

    recording = record(program, outputs={BUCKET: lambda resource: {"arn": f"arn:{resource.name}"}})
    cloud, first = recording["pulumi:providers:aws::eu"], recording["first"]
    assert first.provider == f"{cloud.urn}::eu"
    second, third = recording["second"], recording["third"]
    assert (second.dependencies, second.deleted_with) == ((first.urn,), first.urn)
    assert third.property_dependencies == {"of": (second.urn,)}
    assert third.inputs == {"of": "arn:second"}


def test_outputs_are_the_inputs_unless_answered() -> None:
    seen: list[tuple[str, Any]] = []

    def program() -> None:
        bucket = Bucket("b", {"password": SECRET}, pulumi.ResourceOptions(additional_secret_outputs=["password"]))
        pulumi.export("id", bucket.id)
        pulumi.export("password", bucket.password)
        bucket.arn.apply(lambda arn: seen.append(("arn", arn)))

    recording = record(program)
    assert recording.exports == {"id": "b", "password": Secret(SECRET)}
    assert seen == [("arn", None)]

    answered = record(program, outputs=lambda resource: {"id": "b-1", "arn": Secret(f"arn:{resource.name}")})
    assert answered.exports["id"] == "b-1"
    assert seen[1:] == [("arn", "arn:b")]
    with pytest.raises(TypeError, match="outputs cannot hold a object"):
        record(program, outputs={BUCKET: {"arn": object()}})


def test_components_register_their_outputs_after_their_children() -> None:
    recording = record(shelf())
    top = recording[f"{SHELF}::apps"]
    assert top.registered_outputs == {"url": "apps-side", "password": Secret(SECRET)}
    assert top.outputs_order is not None
    assert top.outputs_order > max(child.order for child in recording.children(top))
    assert recording.exports == {"url": "apps-side"}
    assert recording.unpublished() == []


def test_a_component_that_publishes_nothing_is_found() -> None:
    recording = record(lambda: Careless("apps"))
    assert [r.key for r in recording.unpublished()] == ["registry-components:index:Careless::apps"]


def test_two_resources_with_one_type_and_name_are_told_apart_and_one_urn_twice_is_refused() -> None:
    def program() -> None:
        for type_ in ("x:index:P", "x:index:Q"):
            Bucket("b", opts=pulumi.ResourceOptions(parent=pulumi.ComponentResource(type_, "p")))

    assert sorted(record(program).resources) == [
        "x:index:P$aws:s3/bucket:Bucket::b",
        "x:index:P::p",
        "x:index:Q$aws:s3/bucket:Bucket::b",
        "x:index:Q::p",
    ]
    with pytest.raises(StackError, match=r"Bucket::b is registered twice under the stack"):
        record(lambda: [Bucket("b"), Bucket("b")])


def test_invokes_are_answered_and_kept_and_an_unknown_one_is_refused() -> None:
    def program() -> None:
        result = pulumi.runtime.invoke("aws:index:region", {"name": "eu", "n": 2})
        pulumi.export("region", result.value["region"])

    recording = record(program, invokes={"aws:index:region": lambda given: {"region": f"{given['name']}-{given['n']}"}})
    assert recording.exports == {"region": "eu-2"}
    assert [(i.token, i.arguments) for i in recording.invokes] == [("aws:index:region", {"name": "eu", "n": 2})]
    with pytest.raises(StackError, match=r"the program calls aws:index:region, .* invokes="):
        record(program)


def test_a_read_resource_is_marked() -> None:
    def program() -> None:
        pulumi.export("id", Bucket("known", opts=pulumi.ResourceOptions(id="b-7")).id)

    recording = record(program)
    assert recording["known"].read is True
    assert recording.exports == {"id": "b-7"}


def test_preview_knows_no_ids() -> None:
    def program() -> None:
        Bucket("second", {"of": Bucket("first").id})

    recording = record(program, preview=True)
    assert recording["second"].inputs == {"of": UNKNOWN}
    assert record(program)["second"].inputs == {"of": "first"}


def test_configuration_names_and_logs() -> None:
    def program() -> None:
        config = pulumi.Config()
        Bucket("b", {"size": config.require_int("size"), "password": config.require_secret("password")})
        pulumi.export("region", pulumi.Config("aws").require("region"))
        pulumi.export("where", f"{pulumi.get_project()}/{pulumi.get_stack()}")
        pulumi.log.warn("a word")

    recording = record(
        program,
        config={"size": "3", "aws:region": "eu"},
        secret_config={"password": SECRET},
        project="shop",
        stack="prod",
    )
    assert recording["b"].inputs == {"size": 3, "password": Secret(SECRET)}
    assert recording.exports == {"region": "eu", "where": "shop/prod"}
    assert recording.messages == ["warning: a word"]
    assert recording["b"].urn.startswith("urn:pulumi:prod::shop::")


def test_runs_do_not_influence_one_another_or_the_caller() -> None:
    def settings() -> tuple[object, ...]:
        return pulumi.get_project(), pulumi.get_stack(), pulumi.runtime.get_root_resource(), pulumi.runtime.is_dry_run()

    caller = (settings(), contextvars.Context().run(settings))
    record(shelf(), project="shop", stack="prod", preview=True)
    assert (settings(), contextvars.Context().run(settings)) == caller

    def configured() -> None:
        pulumi.export("size", pulumi.Config().require("size"))

    assert record(configured, config={"size": "3"}).exports == {"size": "3"}
    with pytest.raises(pulumi.ConfigMissingError):
        record(configured)
    first, second = record(shelf(protect=True)), record(shelf())
    assert second["apps-side"].protect is None
    assert first.resources.keys() == second.resources.keys()
    assert (settings(), contextvars.Context().run(settings)) == caller
    assert not [thread for thread in threading.enumerate() if thread.name == "recorded-program"]


def test_recordings_are_the_same_every_time() -> None:
    shown = {repr(list(record(shelf(protect=True)).resources.values())) for _ in range(5)}
    assert len(shown) == 1


def test_errors_of_the_program_pass_through() -> None:
    def mistaken() -> None:
        raise stack_error("storage.bucket: is required but not given; add it")

    with pytest.raises(StackError, match=r"^storage\.bucket: is required but not given; add it$"):
        record(mistaken)
    with pytest.raises(StackError, match="a component's name has 1 to 63"):
        record(lambda: Shelf("-no-"))

    def late() -> None:
        Bucket("b").id.apply(lambda _: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        record(late)

    def unanswerable(resource: Recorded) -> dict[str, Any]:
        raise LookupError(resource.name)

    with pytest.raises(LookupError, match="apps"):
        record(shelf(), outputs=unanswerable)


def test_a_program_that_waits_for_ever_is_ended() -> None:
    release = threading.Event()

    def program() -> None:
        Bucket("b").id.apply(lambda _: release.wait(20))

    started = time.monotonic()
    try:
        with pytest.raises(TimeoutError, match=r"did not end within 0\.5 s.*Registered until then: .*Bucket::b"):
            record(program, timeout=0.5)
        assert time.monotonic() - started < 10
    finally:
        release.set()


def test_the_monitor_works_under_pulumis_own_test_decorator() -> None:
    monitor = RecordingMonitor(outputs={BUCKET: {"arn": "a:1"}})
    found: list[str] = []

    def run() -> None:
        pulumi.runtime.set_mocks(monitor.mocks, monitor=monitor)

        @pulumi.runtime.test  # type: ignore[untyped-decorator]
        def program() -> pulumi.Output[None]:
            return Bucket("b", {"password": pulumi.Output.secret(SECRET)}).arn.apply(found.append)

        program()

    thread = threading.Thread(target=_with_loop, args=(run,))
    thread.start()
    thread.join(30)
    assert found == ["a:1"]
    assert monitor.recording()["b"].inputs == {"password": Secret(SECRET)}


def _with_loop(run: Callable[[], None]) -> None:
    import asyncio

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        run()
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        asyncio.set_event_loop(None)


def test_inventories_of_recordings_compare_aliases_and_secrets() -> None:
    plain = inventory(record(shelf()))
    assert not compare(plain, inventory(record(shelf())))
    protected = inventory(record(shelf(protect=True, aliases=[pulumi.Alias(name="old")])))
    assert str(compare(plain, protected)).splitlines() == [
        f"~ {BUCKET}::apps: protect: false -> true",
        f"~ {BUCKET}::apps-side: protect: false -> true",
        f"~ {SHELF}::apps: protect: false -> true",
        f'~ {SHELF}::apps: aliases: [] -> ["urn:pulumi:stack::project::{SHELF}::old"]',
    ]
    assert plain[f"{BUCKET}::apps"].inputs == {"password": "[secret]", "port": 5000}


def test_the_documentation_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "docs" / "testing.md").read_text()
    blocks = [block.split("```")[0] for block in text.split("```python\n")[1:]]
    recorded = [block for block in blocks if "Engine(" not in block and "engine(" not in block]
    assert len(recorded) >= 4
    monkeypatch.chdir(tmp_path)
    module = types.ModuleType("documentation")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in recorded:
        exec(compile(block, "docs/testing.md", "exec"), vars(module))

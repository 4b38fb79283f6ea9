"""The engine harness on the real engine: it reports what happened, and notices what should not have."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

from registry_components.core.component import RegistryComponent
from registry_components.core.errors import StackError, stack_error
from registry_components.testing import (
    Engine,
    EngineFailed,
    Secret,
    Unexpected,
    compare,
    find_plaintext,
    inventory,
    record,
)

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

SECRET = "correct horse <battery>"


class FileProvider(ResourceProvider):
    """A file on this machine: it really exists, can be changed behind the engine's back, and is really deleted."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        if props["text"] == "refuse me":
            raise ValueError("the file cannot be written")
        Path(props["path"]).write_text(props["text"])
        return CreateResult(props["path"], {"path": props["path"], "text": props["text"]})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        path = Path(id_)
        if not path.exists():
            return ReadResult("", {})
        return ReadResult(id_, {**props, "text": path.read_text()})

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=olds["text"] != news["text"])

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        Path(news["path"]).write_text(news["text"])
        return UpdateResult({"path": news["path"], "text": news["text"]})

    def delete(self, id_: str, _props: dict[str, Any]) -> None:
        Path(id_).unlink(missing_ok=True)


class File(Resource, module="test", name="File"):
    text: pulumi.Output[str]

    def __init__(
        self, name: str, path: Path, text: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(FileProvider(), name, {"path": str(path), "text": text}, opts)


FILE = "pulumi-python:dynamic/test:File"
DRAWER = "registry-components:index:Drawer"


class Drawer(RegistryComponent):
    text: pulumi.Output[str]

    def __init__(
        self, name: str, folder: Path, text: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        file = File(name, folder / f"{name}.txt", text, self.child())
        self.publish(text=file.text)


def drawer(folder: Path, text: Callable[[], pulumi.Input[str]], **options: Any) -> Callable[[], None]:
    def program() -> None:
        made = Drawer("notes", folder, text(), pulumi.ResourceOptions(**options))
        pulumi.export("text", made.text)

    return program


def test_the_whole_life_of_a_component_with_a_secret(tmp_path: Path) -> None:
    engine = Engine(tmp_path, program=drawer(tmp_path, lambda: pulumi.Output.secret(SECRET)))
    file = tmp_path / "notes.txt"

    preview = engine.preview()
    assert preview.changed == [f"create {DRAWER}::notes", f"create {FILE}::notes"]
    assert not file.exists()

    up = engine.up()
    assert up.changes == {"create": 3}
    assert up.changed == preview.changed
    assert (up.failed, up.message) == (False, "")
    assert up.seconds > 0
    assert file.read_text() == SECRET
    assert engine.outputs() == {"text": Secret(SECRET)}
    assert list(engine.resources()) == [f"{FILE}::notes", f"{DRAWER}::notes"]

    assert engine.up_again().changes == {"same": 3}
    assert engine.refresh().changed == []
    assert engine.scan([SECRET]) == []

    assert engine.destroy().changes == {"delete": 3}
    assert not file.exists()
    assert engine.resources() == {}
    assert engine.scan({"text": SECRET}) == []


def test_the_scan_finds_a_secret_that_was_not_marked(tmp_path: Path) -> None:
    engine = Engine(tmp_path, program=drawer(tmp_path / "files", lambda: SECRET))
    (tmp_path / "files").mkdir()
    engine.up()
    leaks = engine.scan([SECRET])
    where = "\n".join(leak.where for leak in leaks)
    assert f"{engine.backend}/.pulumi/stacks/test/test.json $.checkpoint.latest.resources" in where
    assert "/.pulumi/history/" in where
    assert ".events line" in where
    assert ".stdout line" in where
    assert SECRET not in repr(leaks)

    engine.program = drawer(tmp_path / "files", lambda: pulumi.Output.secret(SECRET))
    engine.up()
    assert any("history" in leak.where for leak in engine.scan([SECRET])), "a marked secret is still in the history"


def test_the_export_shows_secrets_only_when_asked(tmp_path: Path) -> None:
    engine = Engine(tmp_path, program=drawer(tmp_path, lambda: pulumi.Output.secret(SECRET)))
    engine.up()
    assert find_plaintext([SECRET], engine.export_state(show_secrets=True))
    assert find_plaintext([SECRET], engine.export_state()) == []


def test_the_recorder_and_the_engine_agree(tmp_path: Path) -> None:
    program = drawer(tmp_path, lambda: pulumi.Output.secret(SECRET), protect=True, aliases=[pulumi.Alias(name="old")])
    engine = Engine(tmp_path, program=program)
    engine.up()
    recorded = record(program, project="test", stack="test")

    assert str(compare(inventory(recorded), engine.inventory())) == "no differences"
    assert {r.urn for r in recorded.resources.values()} == {r["urn"] for r in engine.resources().values()}
    with pytest.raises(EngineFailed, match="protected"):
        engine.destroy()
    engine.query("state", "unprotect", "--all", "--yes")
    engine.destroy()


def test_a_second_up_that_changes_something_names_it(tmp_path: Path) -> None:
    engine = Engine(tmp_path, program=drawer(tmp_path, lambda: f"now {time.monotonic_ns()}"))
    engine.up()
    with pytest.raises(Unexpected, match="a second up changed what the first had made") as caught:
        engine.up_again()
    assert caught.value.run.changed == [
        f"update {FILE}::notes",
        f"outputs {DRAWER}::notes (text)",
        "outputs the stack (text)",
    ]
    assert all(line in str(caught.value) for line in caught.value.run.changed)
    assert caught.value.run.changes["update"] >= 1
    with pytest.raises(Unexpected):
        engine.lifecycle()


def test_an_output_that_changes_is_a_change_too(tmp_path: Path) -> None:
    engine = Engine(tmp_path, program=lambda: pulumi.export("now", time.monotonic_ns()))
    engine.up()
    with pytest.raises(Unexpected, match=r"outputs the stack \(now\)"):
        engine.up_again()


def test_refresh_tells_drift(tmp_path: Path) -> None:
    engine = Engine(tmp_path, program=drawer(tmp_path, lambda: "as declared"))
    file = tmp_path / "notes.txt"
    engine.up()

    file.write_text("changed by hand")
    with pytest.raises(Unexpected, match=rf"not what the state says:\n  update {FILE}::notes"):
        engine.refresh()
    engine.refresh(allow_drift=True)
    assert f"update {FILE}::notes" in engine.up().changed
    assert file.read_text() == "as declared"

    file.unlink()
    assert engine.refresh(allow_drift=True).changed == [f"delete {FILE}::notes"]
    assert f"{FILE}::notes" not in engine.resources()
    engine.up()
    assert file.read_text() == "as declared"
    engine.destroy()


def test_destroy_notices_what_it_left_unless_told_to_keep_it(tmp_path: Path) -> None:
    def program() -> None:
        File("keep", tmp_path / "keep.txt", "kept")
        File("drop", tmp_path / "drop.txt", "dropped")
        File("stay", tmp_path / "stay.txt", "retained", pulumi.ResourceOptions(retain_on_delete=True))

    engine = Engine(tmp_path, program=program)
    engine.up()
    engine.destroy(exclude=["**keep"])
    assert list(engine.resources()) == [f"{FILE}::keep"]
    engine.destroy()
    assert engine.resources() == {}
    assert sorted(path.name for path in tmp_path.glob("*.txt")) == ["stay.txt"]


def test_failures_are_the_engines_own_words(tmp_path: Path) -> None:
    engine = Engine(tmp_path, program=drawer(tmp_path, lambda: "refuse me"))
    with pytest.raises(EngineFailed, match=r"(?s)^pulumi up failed: .*the file cannot be written") as caught:
        engine.up()
    assert caught.value.run.failed
    assert isinstance(caught.value, StackError)
    assert caught.value.__suppress_context__
    failed = engine.up(check=False)
    assert (failed.failed, [step.failed for step in failed.steps if step.op == "create"]) == (True, [True])

    def mistaken() -> None:
        raise stack_error("storage.bucket: is required but not given; add it")

    engine.program = mistaken
    for operation in (engine.preview, engine.up):
        with pytest.raises(EngineFailed) as caught:
            operation()
        assert str(caught.value) == (
            f"pulumi {caught.value.run.kind} failed: storage.bucket: is required but not given; add it"
        )
        assert "Traceback" not in caught.value.run.stdout + caught.value.run.stderr


def test_configuration_is_encrypted_where_it_is_secret(tmp_path: Path) -> None:
    def program() -> None:
        config = pulumi.Config()
        pulumi.export("size", config.require_int("size"))
        pulumi.export("password", config.require_secret("password"))

    engine = Engine(tmp_path, program=program, config={"size": "3"}, secret_config={"password": SECRET})
    engine.up()
    assert engine.outputs() == {"size": 3, "password": Secret(SECRET)}
    assert engine.scan([SECRET]) == []


def test_two_engines_do_not_touch_each_other_or_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}/not-there")
    monkeypatch.setenv("PULUMI_STACK", "other")
    before = dict(os.environ)
    one, two = (Engine(tmp_path / name, program=drawer(tmp_path / name, lambda: "x")) for name in ("one", "two"))
    one.up()
    assert two.preview().changes == {"create": 3}
    two.up()
    one.destroy()
    assert (tmp_path / "two" / "notes.txt").exists()
    assert not (tmp_path / "one" / "notes.txt").exists()
    assert two.up_again().changes == {"same": 3}
    assert os.environ == before
    assert one.environment["PULUMI_CONFIG_PASSPHRASE"] != two.environment["PULUMI_CONFIG_PASSPHRASE"]


def test_without_checkpoints_the_life_is_the_same(tmp_path: Path) -> None:
    engine = Engine(tmp_path, program=drawer(tmp_path, lambda: "x"), checkpoints=False)
    life = engine.lifecycle()
    assert (life.up.changes, life.again.changes) == ({"create": 3}, {"same": 3})
    assert (life.refresh.changes, life.destroy.changes) == ({"same": 3}, {"delete": 3})


PROJECT = """\
name: shop
main: stacks
stackConfigDir: stacks
runtime:
  name: python
  options:
    virtualenv: .venv
"""

PROGRAM = """\
import os, time
import pulumi
pulumi.ComponentResource("x:index:Shelf", "shelf")
pulumi.export("size", pulumi.Config().require_int("size"))
pulumi.export("seen", os.environ.get("SEEN"))
if pulumi.Config().get_bool("slow") and not pulumi.runtime.is_dry_run():
    open(os.environ["READY"], "w").close()
    time.sleep(60)
"""


@pytest.fixture
def project_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "stacks").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "stacks" / "__main__.py").write_text(PROGRAM)
    return folder


def test_a_project_folder_is_run_as_the_cli_runs_it_and_left_alone(tmp_path: Path, project_dir: Path) -> None:
    engine = Engine(
        tmp_path / "engine",
        project_dir=project_dir,
        stack="local",
        config={"size": "4"},
        environment={"SEEN": "by the program"},
    )
    life = engine.lifecycle()
    assert life.up.changed == ["create x:index:Shelf::shelf"]
    engine.up()
    assert engine.outputs() == {"size": 4, "seen": "by the program"}
    assert engine.export_state()["deployment"]["resources"][0]["urn"].startswith("urn:pulumi:local::shop::")
    assert sorted(path.name for path in project_dir.rglob("*") if path.suffix) == ["Pulumi.yaml", "__main__.py"]
    assert (engine.work_dir / "stacks" / "Pulumi.local.yaml").exists()


def test_a_killed_run_leaves_a_lock_that_cancel_removes(tmp_path: Path, project_dir: Path) -> None:
    ready = tmp_path / "ready"
    engine = Engine(
        tmp_path / "engine",
        project_dir=project_dir,
        config={"size": "4", "slow": "true"},
        environment={"READY": str(ready)},
    )
    process = engine.command("up", "--yes", "--skip-preview")
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None, (engine.logs / "01-up.stderr").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    with pytest.raises(EngineFailed, match="currently locked by"):
        engine.refresh()
    engine.cancel()
    engine.query("config", "rm", "slow")
    engine.up()
    engine.destroy()


def test_a_run_that_hangs_is_ended(tmp_path: Path, project_dir: Path) -> None:
    engine = Engine(
        tmp_path / "engine",
        project_dir=project_dir,
        config={"size": "4", "slow": "true"},
        environment={"READY": str(tmp_path / "ready")},
        timeout=6,
    )
    with pytest.raises(TimeoutError, match="pulumi up did not end within 6 s"):
        engine.up()
    pids = [
        entry.name
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and f"{tmp_path}/engine/home" in _environ(entry)
    ]
    assert pids == []


def _environ(process: Path) -> str:
    try:
        return (process / "environ").read_text(errors="replace")
    except OSError:
        return ""


def test_wrong_use_is_told(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="either program or project_dir"):
        Engine(tmp_path)
    with pytest.raises(StackError, match=r"has no Pulumi\.yaml"):
        Engine(tmp_path / "engine", project_dir=tmp_path)
    engine = Engine(tmp_path, program=lambda: None)
    with pytest.raises(StackError, match="the CLI runs projects"):
        engine.command("up")
    with pytest.raises(StackError, match=r"pulumi config get failed: .*'absent' not found"):
        engine.query("config", "get", "absent")


def test_the_interpreter_is_this_one(tmp_path: Path) -> None:
    engine = Engine(tmp_path, program=lambda: None)
    assert engine.environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


def test_the_documentation_runs(tmp_path: Path, project_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "docs" / "testing.md").read_text()
    blocks = [block.split("```")[0] for block in text.split("```python\n")[1:]]
    on_engine = [block for block in blocks if "Engine(" in block]
    assert len(on_engine) == 2
    monkeypatch.chdir(project_dir.parent)
    scope: dict[str, Any] = {"tmp_path": tmp_path / "documented", "pulumi": pulumi, "Path": Path}
    for block in on_engine:
        exec(compile(block, "docs/testing.md", "exec"), scope)
    assert scope["process"].wait(60) == 0
    assert list(scope["engine"].resources()) == ["x:index:Shelf::shelf"]


def test_the_pytest_fixture_makes_engines_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "test_stack.py").write_text(
        "import pulumi\n"
        "def test_life(engine):\n"
        "    one, two = (engine(program=lambda: pulumi.export('a', 1)) for _ in range(2))\n"
        "    assert one.folder != two.folder\n"
        "    assert one.up().changes == {'create': 1}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "registry_components.testing.pytest_plugin", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout + done.stderr

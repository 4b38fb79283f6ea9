"""A fake cloud's file, the lines of operations, and the environment."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from registry_components.core.errors import StackError
from registry_components.rehearsal import background, environment, read_checks, stop
from registry_components.rehearsal.emulators import PACKAGES, load
from registry_components.rehearsal.folder import CloudFile, Folder, folder_of

pytestmark = pytest.mark.unit


def _count(path: Path, times: int) -> None:
    cloud = CloudFile(path)
    for _ in range(times):
        with cloud.change() as state:
            state["count"] = state.get("count", 0) + 1


def test_processes_change_a_cloud_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "cloud.json"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_count, args=(path, 40)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert CloudFile(path).read() == {"count": 120}


def test_an_error_leaves_the_state_as_it_was(tmp_path: Path) -> None:
    cloud = Folder(tmp_path).cloud("shop")
    with cloud.change() as state:
        state["a"] = [1]
    with pytest.raises(KeyError), cloud.change() as state:
        state["a"].append(state["a"].append(2) or state["b"])
    assert cloud.read() == {"a": [1]}
    assert json.loads(cloud.path.read_text()) == {"a": [1]}


def test_a_change_by_hand_is_seen(tmp_path: Path) -> None:
    cloud = CloudFile(tmp_path / "shop.json")
    with cloud.change() as state:
        state["a"] = 1
    cloud.path.write_text('{"a": "changed by hand"}')
    with cloud.look() as state:
        assert state["a"] == "changed by hand"
    cloud.path.unlink()
    assert cloud.read() == {}


def test_a_copy_is_a_copy(tmp_path: Path) -> None:
    cloud = CloudFile(tmp_path / "shop.json")
    with cloud.change() as state:
        state["a"] = [1]
    cloud.read()["a"].append(2)
    assert cloud.read() == {"a": [1]}


def test_lines(tmp_path: Path) -> None:
    assert read_checks(tmp_path) == []
    one, two = Folder(tmp_path), Folder(tmp_path)
    one.note(operation="create", seconds=1.5)
    two.note(operation="read")
    assert read_checks(tmp_path) == [{"operation": "create", "seconds": 1.5}, {"operation": "read"}]


def test_outside_of_a_rehearsal_there_is_no_folder() -> None:
    with pytest.raises(
        StackError, match="REGC_REHEARSAL_FOLDER is not set: emulated providers run in a rehearsal alone"
    ):
        folder_of({})


def test_the_environment_finds_the_emulated_providers(tmp_path: Path) -> None:
    folder = tmp_path / "clouds"
    found = environment(folder)
    assert sorted(found) == ["PATH", "REGC_REHEARSAL_FOLDER", "REGC_REHEARSAL_OWNER"]
    for package in PACKAGES:
        launcher = shutil.which(f"pulumi-resource-{package}", path=found["PATH"])
        assert launcher == str(folder / "bin" / f"pulumi-resource-{package}")
    assert shutil.which("pulumi", path=found["PATH"])
    assert background.alive(found["REGC_REHEARSAL_OWNER"])
    assert found == environment(folder), "it can be asked again"


def test_a_launcher_outside_of_a_rehearsal_says_so(tmp_path: Path) -> None:
    environment(tmp_path)
    bare = {key: value for key, value in os.environ.items() if not key.startswith("REGC_")}
    done = subprocess.run(
        [tmp_path / "bin" / "pulumi-resource-random"], env=bare, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("REGC_REHEARSAL_FOLDER is not set")
    assert "Traceback" not in done.stderr


def test_a_process_is_known_by_its_start_too() -> None:
    process = subprocess.Popen(["sleep", "60"])
    told = background.identity(process.pid)
    assert told is not None
    assert background.alive(told)
    assert not background.alive(f"{process.pid}:1")
    process.kill()
    process.wait()
    assert not background.alive(told)
    assert not background.alive("")


def test_stopping_where_nothing_runs(tmp_path: Path) -> None:
    (tmp_path / "aws.server.json").write_text('{"process": "1:1", "port": 1}')
    stop(tmp_path)
    assert list(tmp_path.glob("*.server.json")) == []


def test_a_package_that_nobody_emulates() -> None:
    with pytest.raises(StackError, match="the provider datadog cannot be emulated; emulated are artifactory, aws"):
        load("datadog")

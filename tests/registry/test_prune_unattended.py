"""Registry proof: `regc prune --unattended` against a real registry: one command plans and deletes, goes on where a
killed one stopped, and shards together do what one run does."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry_components.oci.client import RegistryClient
from tests.registry.filled import Filler, holds, registry, whole

pytestmark = pytest.mark.registry

POLICY: dict[str, Any] = {
    "repositories": ["**"],
    "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}},
    "keep": {"releases": {"tags": ["v*"], "always": True}},
}
NOW = "2026-11-24T00:00:00Z"
REGC = str(Path(sys.executable).parent / "regc")


class Live:
    """A registry, what it holds, and a folder for runs."""

    def __init__(self, address: str, client: RegistryClient, folder: Path) -> None:
        self.address, self.client, self.folder = address, client, folder
        self.filler = Filler(client)
        self.policy(POLICY)

    def policy(self, policy: Mapping[str, Any]) -> None:
        (self.folder / "policy.yaml").write_text(yaml.safe_dump(dict(policy)))

    def command(self, *more: str) -> list[str]:
        return [
            *(REGC, "prune", self.address, "--policy", "policy.yaml", "--unattended", "runs", "--assume-created"),
            *("--now", NOW, "--max-age", "1e9", "--max-fraction", "1", *more),
        ]

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "DOCKER_CONFIG": str(self.folder), **more}

    def start(self, *more: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder,
            env=self.environment(**environment),
        )  # fmt: skip

    def run(self, *more: str, code: int = 0, **environment: str) -> list[dict[str, Any]]:
        """Run to the end; return the events."""
        done = subprocess.run(
            self.command(*more), capture_output=True, text=True, cwd=self.folder, timeout=300, check=False,
            env=self.environment(**environment),
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return events(done.stdout)

    @property
    def folders(self) -> list[Path]:
        return sorted((self.folder / "runs" / "runs").iterdir())


def events(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def live(registry_binary: Path, tmp_path: Path) -> Iterator[Live]:
    with registry(registry_binary, tmp_path / "registry") as address, RegistryClient(address) as client:
        yield Live(address, client, tmp_path)


def test_one_command_plans_and_deletes(live: Live) -> None:
    doomed = live.filler.images("shop/api", [((f"pr-{number}",), 50) for number in range(30)])
    live.filler.images("shop/api", [((f"v{number}",), 50) for number in range(10)])
    first, *told, last = live.run()
    assert first["event"] == "plan"
    assert (first["server"], first["artifacts"], first["doomed"]) == (live.address, 40, 30)
    assert (first["resumed"], first["dry_run"], first["shard"]) == (False, False, None)
    assert {line["digest"] for line in told} == set(doomed)
    assert {(line["event"], line["done"], line["rule"]) for line in told} == {("artifact", "deleted", "stale")}
    assert (last["event"], last["outcome"], last["deleted"], last["earlier"], last["code"]) == ("end", "done", 30, 0, 0)
    assert set(holds(live.client, "shop/api")) == {f"v{number}" for number in range(10)}
    # What was told is on disk: the log, the journal that undoes, and the result.
    (folder,) = live.folders
    assert str(folder.relative_to(live.folder)) == first["folder"]
    assert [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()] == [
        {key: value for key, value in line.items() if key != "event"} for line in told
    ]
    assert {**json.loads((folder / "result.json").read_text()), "event": "end"} == last
    undone = subprocess.run(
        [REGC, "prune", live.address, "--undo", str(folder / "plan.json.journal")], capture_output=True, text=True,
        check=False, env=live.environment(),
    )  # fmt: skip
    assert "30 restored, 0 failed" in undone.stdout
    # The next run makes a plan of its own.
    again = live.run()
    assert (again[0]["resumed"], again[-1]["deleted"]) == (False, 30)
    assert live.run()[-1]["deleted"] == 0


def test_a_dry_run_deletes_nothing_and_is_never_carried_out(live: Live) -> None:
    digest = live.filler.image("shop/api", "pr-1")
    live.filler.image("shop/api", "v1")
    first, told, last = live.run("--dry-run")
    assert first["dry_run"] is True
    assert (told["done"], told["digest"], told["why"]) == (
        "would-delete", digest, "stale: pushed more than 14 days ago (100)",
    )  # fmt: skip
    assert (last["outcome"], last["would_delete"], last["deleted"]) == ("dry-run", 1, 0)
    assert set(holds(live.client, "shop/api")) == {"pr-1", "v1"}
    # One that was killed at its very end is no plan to go on with either.
    (folder,) = live.folders
    (folder / "result.json").unlink()
    assert live.run()[0]["resumed"] is False
    assert set(holds(live.client, "shop/api")) == {"v1"}


@pytest.mark.parametrize("dry_run", [["--dry-run"], []], ids=["dry run", "run"])
def test_beyond_the_limits_nothing_goes_and_a_person_is_called(live: Live, dry_run: list[str]) -> None:
    live.filler.images("shop/api", [((f"pr-{number}",), 50) for number in range(3)])
    last = live.run("--max-deletes", "2", *dry_run, code=3)[-1]
    assert last["why"] == "the plan deletes 3 artifacts, and --max-deletes is 2; look at it, and raise that"
    assert last["outcome"] == "refused"
    last = live.run("--max-fraction", "0.5", *dry_run, code=3)[-1]
    assert last["why"].startswith("the plan deletes 3 of 3 artifacts (100 %), and --max-fraction 0.5 allows 1;")
    assert len(holds(live.client, "shop/api")) == 3
    # What was refused is not taken up: a new plan is made.
    assert live.run()[0]["resumed"] is False
    assert holds(live.client, "shop/api") == {}


def test_kills_are_taken_up_by_the_same_command(live: Live) -> None:
    doomed = live.filler.images("shop/api", [((f"pr-{number}",), 50) for number in range(300)])
    live.filler.images("shop/api", [((f"v{number}",), 50) for number in range(20)])
    plans = set()
    for number in range(25):
        journals = list((live.folder / "runs").rglob("*.journal"))
        size = journals[0].stat().st_size if journals else 0
        process = live.start("--concurrency", "2")
        # Points all over a batch: as soon as the journal has grown by so many bytes.
        while process.poll() is None:
            journals = list((live.folder / "runs").rglob("*.journal"))
            if journals and journals[0].stat().st_size > size + (number * 977) % 3000:
                break
            time.sleep(0.001)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate()
        first = json.loads(out.splitlines()[0])
        assert first["resumed"] is (number > 0)
        plans.add(first["plan"])
    assert len(plans) == len(live.folders) == 1
    *_, last = live.run()
    # Of what a kill left without a note, it is told that it was gone.
    assert last["earlier"] + last["deleted"] + last["gone"] == 300
    assert (last["spared"], last["failed"]) == (0, 0)
    assert set(holds(live.client, "shop/api")) == {f"v{number}" for number in range(20)}
    assert live.run()[0]["resumed"] is False
    # All that the killed runs deleted can be put back by the one journal.
    undone = subprocess.run(
        [REGC, "prune", live.address, "--undo", str(live.folders[0] / "plan.json.journal")], capture_output=True,
        text=True, check=False, env=live.environment(),
    )  # fmt: skip
    assert "300 restored, 0 failed" in undone.stdout
    assert all(whole(live.client, "shop/api", digest) for digest in doomed)


def test_kills_while_it_plans_leave_nothing_behind(live: Live) -> None:
    for repository in range(10):
        live.filler.images(f"shop/app{repository}", [((f"pr-{number}",), 50) for number in range(20)])
    for delay in (0.3, 0.6, 0.9, 1.2, 1.5):
        process = live.start("--concurrency", "1")
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    *_, last = live.run()
    assert last["outcome"] == "done"
    assert all(holds(live.client, f"shop/app{repository}") == {} for repository in range(10))
    assert all((folder / "result.json").exists() for folder in live.folders)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_and_the_next_goes_on(live: Live, number: signal.Signals) -> None:
    live.filler.images("shop/api", [((f"pr-{count}",), 50) for count in range(300)])
    process = live.start("--concurrency", "1")
    while not list((live.folder / "runs").rglob("*.journal")):
        time.sleep(0.002)
    time.sleep(0.1)
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    *_, last = events(out)
    assert (last["outcome"], last["code"]) == ("stopped", 128 + number)
    left = 300 - last["deleted"]
    assert left == len(holds(live.client, "shop/api")) > 0
    first, *_, last = live.run()
    assert (first["resumed"], last["deleted"], last["earlier"]) == (True, left, 300 - left)


def test_a_signal_while_it_plans_ends_it_at_once(live: Live) -> None:
    live.filler.images("shop/api", [((f"pr-{count}",), 50) for count in range(600)])
    process = live.start("--concurrency", "1")
    while not (live.folder / "runs" / "lock").exists():
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out, error) == (143, "", "")
    assert not list((live.folder / "runs").rglob("plan.json"))


CHANGES: list[tuple[str, list[str], str]] = [
    ("the policy", [], "the policy has changed, or what it protects as running"),
    ("what runs", ["--in-use", "running.txt"], "the policy has changed, or what it protects as running"),
    ("the repositories", ["--repository", "shop/*"], "it was made by other options"),
    ("its age", ["--max-age", "1"], "it was made "),
    ("the plan", [], "was changed after it was made"),
    ("its folder", [], "is not a plan"),
]


@pytest.mark.parametrize(("title", "options", "why"), CHANGES, ids=[row[0] for row in CHANGES])
def test_an_unfinished_run_is_given_up_where_it_no_longer_fits(
    live: Live, title: str, options: list[str], why: str
) -> None:
    live.filler.images("shop/api", [((f"pr-{count}",), 50) for count in range(40)])
    process = live.start("--concurrency", "1")
    while not list((live.folder / "runs").rglob("*.journal")):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (old,) = live.folders
    (live.folder / "running.txt").write_text(f"{live.address}/shop/other:v1\n")
    if title == "the policy":
        live.policy({**POLICY, "expire": {"stale": {"tags": ["pr-1*"], "older_than_days": 14}}})
    if title == "the plan":
        (old / "plan.json").write_text((old / "plan.json").read_text().replace("pr-1", "pr-2"))
    if title == "its folder":
        (old / "plan.json").write_text("{}")
    first, *_, last = live.run(*options)
    assert (first["resumed"], last["outcome"]) == (False, "done")
    result = json.loads((old / "result.json").read_text())
    assert result["outcome"] == "given up"
    assert why in result["why"]
    left = holds(live.client, "shop/api")
    assert not [tag for tag in left if tag.startswith("pr-1")]
    assert bool(left) is (title == "the policy")


def test_another_number_of_shards_is_another_run(live: Live) -> None:
    live.filler.images("shop/api", [((f"pr-{count}",), 50) for count in range(10)])
    assert live.run("--shard", "0/1")[-1]["deleted"] == 10
    assert sorted(path.name for path in (live.folder / "runs").iterdir()) == ["shard-0-of-1"]
    assert live.run("--shard", "1/2")[0]["resumed"] is False


def test_two_runs_at_once_do_not_mix(live: Live) -> None:
    (live.folder / "runs").mkdir()
    with (live.folder / "runs" / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = subprocess.run(
            live.command(), capture_output=True, text=True, cwd=live.folder, check=False, env=live.environment()
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: runs: another run is at work here; wait for it, or name another\n"


def test_a_registry_that_takes_no_deletes_is_a_failure_and_not_taken_up(registry_binary: Path, tmp_path: Path) -> None:
    with registry(registry_binary, tmp_path / "r", delete=False) as address, RegistryClient(address) as client:
        live = Live(address, client, tmp_path)
        live.filler.image("shop/api", "pr-1")
        *_, last = live.run(code=2)
        assert last["outcome"] == "failed"
        assert "it answered 405 UNSUPPORTED" in last["why"]
        assert live.run(code=2)[0]["resumed"] is False


def test_what_was_spared_is_no_failure(live: Live) -> None:
    live.filler.images("shop/api", [((f"pr-{count}",), 50) for count in range(200)])
    process = live.start("--concurrency", "1")
    while not list((live.folder / "runs").rglob("*.journal")):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    rescued = sorted(holds(live.client, "shop/api").items())[-1][1]
    live.client.put_manifest("shop/api", "v1", live.client.manifest("shop/api", rescued))
    first, *told, last = live.run()
    assert first["resumed"] is True
    assert (last["outcome"], last["spared"], last["code"]) == ("done", 1, 0)
    assert [(line["digest"], line["why"]) for line in told if line["done"] == "spared"] == [
        (rescued, "the tag v1 leads to it")
    ]
    assert whole(live.client, "shop/api", rescued)


def test_only_so_many_runs_are_kept(live: Live) -> None:
    live.filler.image("shop/api", "v1")
    for _ in range(5):
        live.run("--keep-runs", "3")
    assert len(live.folders) == 3


def test_shards_together_do_what_one_run_does(registry_binary: Path, tmp_path: Path) -> None:
    """Four pods of an indexed Job at the same time, two of them killed and started again, as Kubernetes does it."""
    repositories = [f"shop/app{number}" for number in range(12)]
    for name in ("one", "four"):
        (tmp_path / name).mkdir()
    with (
        registry(registry_binary, tmp_path / "one" / "r") as first, RegistryClient(first) as one_client,
        registry(registry_binary, tmp_path / "four" / "r") as second, RegistryClient(second) as four_client,
    ):  # fmt: skip
        one, four = Live(first, one_client, tmp_path / "one"), Live(second, four_client, tmp_path / "four")
        for live in (one, four):
            for repository in repositories:
                tags = [((f"pr-{number}",), 5 + number) for number in range(40)]
                live.filler.images(repository, [*tags, *(((f"v{number}",), 90) for number in range(5))])
        alone = one.run()
        pods = [four.start("--shard", "auto/4", "--concurrency", "1", JOB_COMPLETION_INDEX=str(n)) for n in range(4)]
        for number in (1, 2):
            while not list((four.folder / "runs" / f"shard-{number}-of-4").rglob("*.journal")):
                time.sleep(0.002)
            pods[number].send_signal(signal.SIGKILL)
        ends = []
        for number, pod in enumerate(pods):
            out, error = pod.communicate(timeout=300)
            if number in (1, 2):
                assert pod.returncode == -signal.SIGKILL
                again = four.run("--shard", "auto/4", JOB_COMPLETION_INDEX=str(number))
                assert again[0]["resumed"] is True
                ends.append(again[-1])
            else:
                assert pod.returncode == 0, error
                ends.append(events(out)[-1])
        assert sum(end["deleted"] + end["earlier"] + end["gone"] for end in ends) == alone[-1]["deleted"] > 0
        for repository in repositories:
            assert holds(four_client, repository) == holds(one_client, repository)
        # Every shard had something to do, or the comparison would say little.
        assert all(end["deleted"] + end["earlier"] for end in ends)


BAD: list[tuple[str, list[str], str]] = [
    ("no policy", ["--apply", "plan.json", "--unattended", "runs"], "--unattended goes with --policy, not --apply"),
    ("a plan", ["--policy", "p.yaml", "--unattended", "runs", "--plan", "x"],
     "--unattended goes with --policy, not --plan"),
    ("a journal", ["--policy", "p.yaml", "--unattended", "runs", "--journal", "x"],
     "--unattended goes with --policy, not --journal"),
    ("an inventory", ["--policy", "p.yaml", "--unattended", "runs", "--inventory", "x"],
     "--unattended goes with --policy, not --inventory"),
    ("dry run alone", ["--policy", "p.yaml", "--dry-run"],
     "--dry-run is for --unattended; without it, --policy alone deletes nothing"),
    ("no time", ["--policy", "p.yaml", "--unattended", "runs"],
     "p.yaml: expire.stale: goes by the time of push, which the registry's API does not tell, so it deletes nothing; "
     "take the time of an image's build for it (assume_created), or rank by: version"),
    ("pulls", ["--policy", "pulls.yaml", "--unattended", "runs", "--assume-created"],
     "pulls.yaml: expire.idle.unpulled_for_days: goes by pulls, which the registry's API does not tell: everything "
     "would count as never pulled; write older_than_days"),
    ("pulls, by hand", ["--policy", "pulls.yaml", "--assume-created"],
     "pulls.yaml: expire.idle.unpulled_for_days: goes by pulls, which the registry's API does not tell: everything "
     "would count as never pulled; write older_than_days, or give an inventory that tells pulls (--inventory FILE)"),
    ("kept by pulls, by hand", ["--policy", "kept.yaml", "--assume-created"],
     "kept.yaml: keep.used.pulled_within_days: goes by pulls, which the registry's API does not tell: nothing would "
     "be kept; write newer_than_days, or protect what runs, or give an inventory that tells pulls (--inventory FILE)"),
    ("no folder", ["--policy", "p.yaml", "--unattended", "p.yaml/runs", "--assume-created"],
     "--unattended p.yaml/runs: cannot be used: Not a directory"),
    ("no cluster", ["--policy", "p.yaml", "--unattended", "runs", "--assume-created", "--in-use-cluster"],
     "--in-use-cluster: is for a pod of Kubernetes; elsewhere, give kubectl's listing as --in-use"),
    ("no shard", ["--policy", "p.yaml", "--unattended", "runs", "--assume-created", "--shard", "auto/4"],
     "--shard auto/4: JOB_COMPLETION_INDEX is not set; this is for the pods of an indexed Job"),
    ("no authority", ["--policy", "p.yaml", "--unattended", "runs", "--assume-created", "--ca-certificate", "ca.pem"],
     "--ca-certificate ca.pem: cannot be read: No such file or directory"),
    ("no PEM", ["--policy", "p.yaml", "--unattended", "runs", "--assume-created", "--ca-certificate", "p.yaml"],
     "ca_certificate: must be the PEM text of a certificate"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_wrong_is_said(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(POLICY))
    idle = {"repositories": ["**"], "expire": {"idle": {"tags": ["*"], "unpulled_for_days": 90}}}
    (tmp_path / "pulls.yaml").write_text(yaml.safe_dump(idle))
    used = {**POLICY, "keep": {"used": {"tags": ["*"], "pulled_within_days": 9}}}
    (tmp_path / "kept.yaml").write_text(yaml.safe_dump(used))
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("KUBERNETES", "JOB_"))}
    done = subprocess.run([REGC, "prune", "127.0.0.1:1", *arguments], capture_output=True, text=True, cwd=tmp_path,
                          check=False, env={**environment, "DOCKER_CONFIG": str(tmp_path)})  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"error: {message}\n")

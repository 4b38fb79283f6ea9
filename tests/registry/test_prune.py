"""Registry proof: `regc prune` and `regc lifecycle inventory` against a real registry: what goes is what was simulated,
and nothing that changed since, however the run is disturbed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry_components.lifecycle import read_inventory, simulate
from registry_components.oci.client import RegistryClient
from tests.registry.filled import Filler, holds, registry, whole
from tests.registry.oci_servers import Answer, Request, forward, server

pytestmark = pytest.mark.registry

POLICY = """
repositories: ["**"]
expire:
  stale: {tags: ["pr-*"], older_than_days: 14}
  leftovers: {tag_state: untagged, older_than_days: 7}
keep:
  releases: {tags: ["v*"], always: true}
"""
NOW = "2026-11-24T00:00:00Z"
REPOSITORIES = ("base", *(f"shop/app{number}" for number in range(9)))
REGC = [str(Path(sys.executable).parent / "regc")]


def regc(*arguments: object, code: int = 0, folder: Path) -> str:
    done = subprocess.run(
        [*REGC, *map(str, arguments)], capture_output=True, text=True, cwd=folder, timeout=300, check=False,
        env={**os.environ, "DOCKER_CONFIG": str(folder), "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def live(registry_binary: Path, tmp_path: Path) -> Iterator[tuple[str, RegistryClient, Filler, Path]]:
    with registry(registry_binary, tmp_path / "registry") as address, RegistryClient(address) as client:
        (tmp_path / "policy.yaml").write_text(POLICY)
        yield address, client, Filler(client), tmp_path


Live = tuple[str, RegistryClient, Filler, Path]


def planned(address: str, folder: Path, *more: str) -> dict[str, Any]:
    """Make a plan; return it."""
    regc("prune", address, "--policy", "policy.yaml", "--assume-created", "--now", NOW, "--plan", "plan.json",
         "--max-age", "1e9", *more, folder=folder)  # fmt: skip
    found: dict[str, Any] = json.loads((folder / "plan.json").read_text())
    return found


def applied(address: str, folder: Path, *more: str, code: int = 0) -> str:
    options = ("--max-fraction", "1", "--max-age", "1000000")
    return regc("prune", address, "--apply", "plan.json", *options, *more, code=code, folder=folder)


def simulated(folder: Path) -> dict[str, list[str]]:
    """Return what the simulation deletes and keeps, from the file that `inventory` wrote."""
    out = regc("lifecycle", "simulate", "--kind", "unified", "--policy", "policy.yaml", "--inventory",
               "inventory.jsonl", "--now", NOW, "--json", folder=folder)  # fmt: skip
    found: dict[str, list[str]] = {"delete": [], "keep": []}
    for record in json.loads(out[: out.rindex("]") + 1]):
        found[record["action"]].append(f"{record['repository']}@{record['digest']}")
    return found


def fill(filler: Filler, tags: int) -> None:
    """Fill repositories: images of pull requests, releases, several platforms, signatures, leftovers."""
    share = len(REPOSITORIES)
    # Distribution looks at every tag of a repository for each delete: many small ones are quicker than a large one.
    for repository in REPOSITORIES:
        wanted = [((f"pr-{number}",), 5 + number % 40) for number in range(tags // share)]
        wanted += [((f"v1.{number}.0",), 200) for number in range(tags // share // 10)]
        digests = filler.images(repository, wanted)
        for number, digest in enumerate(digests[: tags // share // 10]):
            filler.signature(repository, digest, by_tag=number % 2 == 0)
        for number in range(max(tags // share // 40, 2)):
            platforms = filler.images(repository, [((), 90), ((), 90)])
            filler.index(repository, platforms, f"pr-multi-{number}" if number % 2 else f"v2.{number}.0", days=90)
        filler.images(repository, [((), 3), ((), 30), (("v9.0.0", "pr-9000"), 60)])


def test_two_thousand_tags_go_as_simulated(live: Live) -> None:
    address, client, filler, folder = live
    fill(filler, 2000)
    regc("lifecycle", "inventory", address, "--out", "inventory.jsonl", "--assume-created", folder=folder)
    wanted = simulated(folder)
    before = {name: holds(client, name) for name in client.catalog()}
    assert sum(map(len, before.values())) >= 2000
    plan = planned(address, folder)
    doomed = {f"{name}@{item['digest']}" for name, one in plan["repositories"].items() for item in one["doomed"]}
    # Leftovers that nothing leads to are not to be found over the OCI API, neither by the inventory nor by the plan.
    assert doomed == set(wanted["delete"])
    assert len(doomed) > 1000
    out = applied(address, folder, "--audit", "audit.jsonl")
    assert f"{len(doomed)} deleted, 0 gone already, 0 spared, 0 failed" in out
    for image in wanted["delete"]:
        name, _, digest = image.partition("@")
        assert client.manifest_descriptor(name, digest) is None
    gone = {image.partition("@")[2] for image in wanted["delete"]}
    for name, tags in before.items():
        assert holds(client, name) == {tag: digest for tag, digest in tags.items() if digest not in gone}
    for image in wanted["keep"]:
        name, _, digest = image.partition("@")
        assert whole(client, name, digest), image
    logged = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    assert {f"{entry['repository']}@{entry['digest']}" for entry in logged if entry["done"] == "deleted"} == doomed
    # A second run has nothing to do, and a new plan nothing to delete.
    assert f"0 deleted, {len(doomed)} by an earlier run" in applied(address, folder)
    assert planned(address, folder)["repositories"] == {}


def test_a_dry_run_deletes_nothing(live: Live) -> None:
    address, client, filler, folder = live
    digest = filler.image("shop/api", "pr-1")
    filler.image("shop/api", "v1")
    out = regc("prune", address, "--policy", "policy.yaml", "--assume-created", "--now", NOW, folder=folder)
    assert f"shop/api@{digest[:19]} (pr-1): stale: pushed more than 14 days ago (100)" in out
    assert f"1 of 2 artifacts would go from {address}; nothing was deleted" in out
    assert "--max-fraction 0.2 allows 0" in out
    idle = "warning: expire.{}: {}, which the registry's API does not {}, so it deletes nothing"
    assert idle.format("leftovers", "selects what no tag leads to", "list") in out
    assert "expire.stale:" not in out
    assert set(holds(client, "shop/api")) == {"pr-1", "v1"}
    # Without a time nothing goes by age.
    out = regc("prune", address, "--policy", "policy.yaml", "--now", NOW, folder=folder)
    assert "of 2 artifacts nobody knows when they were pushed; rules by age let them be" in out
    assert idle.format("stale", "goes by the time of push", "tell") in out
    assert "0 of 2 artifacts would go" in out


def test_the_bytes_that_get_free_are_those_that_a_collection_frees(live: Live, registry_binary: Path) -> None:
    address, client, filler, folder = live
    base, tool = b"b" * 70_000, b"t" * 5_000
    for number in range(6):
        filler.layered("shop/api", f"pr-{number}", base, b"%d" % number * 10_000)
    filler.layered("shop/api", "v1", base, b"v" * 3_000)  # it holds on to the base
    filler.layered("shop/web", "pr-1", tool, b"w" * 900)
    filler.layered("base", "pr-7", tool)  # the last that has it, in whichever repository
    filler.index("shop/web", [filler.layered("shop/web", None, tool, b"%d" % n * 2_000) for n in range(2)], "pr-2")
    filler.signature("shop/web", holds(client, "shop/web")["pr-1"], by_tag=True)
    filler.signature("shop/api", holds(client, "shop/api")["pr-3"], by_tag=False)
    regc("lifecycle", "inventory", address, "--out", "all.parquet", "--assume-created", folder=folder)
    verdicts = simulate(
        "unified", yaml.safe_load(POLICY), read_inventory(folder / "all.parquet"), now=datetime.fromisoformat(NOW)
    )
    planned(address, folder)
    applied(address, folder)
    data = folder / "registry" / "data"
    before = stored(data)
    command = [str(registry_binary), "garbage-collect", str(folder / "registry" / "config.yml")]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "OTEL_TRACES_EXPORTER": "none"})
    assert verdicts.freed() == before - stored(data) > 60_000
    assert verdicts.caveat() == ""


def stored(data: Path) -> int:
    """Return the bytes of all blobs on disk."""
    return sum(path.stat().st_size for path in (data / "docker/registry/v2/blobs").glob("sha256/*/*/data"))


def test_what_changed_since_the_plan_is_spared(live: Live) -> None:
    address, client, filler, folder = live
    names = ("moved", "onto", "new-tag", "kept-tag", "signed", "in-index", "quiet", "gone", "retagged-sig")
    digests = {name: filler.image("shop/api", f"pr-{name}") for name in names}
    kept = filler.image("shop/api", "v1")
    signature = filler.signature("shop/api", digests["onto"], by_tag=True)
    planned(address, folder)
    # A tag of the plan leads elsewhere now.
    client.put_manifest("shop/api", "pr-moved", client.manifest("shop/api", kept))
    # New tags lead to what is to go; a tag that stays was moved onto it.
    client.put_manifest("shop/api", "hotfix", client.manifest("shop/api", digests["new-tag"]))
    client.put_manifest("shop/api", "stable", client.manifest("shop/api", digests["onto"]))
    client.put_manifest("shop/api", "v1", client.manifest("shop/api", digests["kept-tag"]))
    filler.signature("shop/api", digests["signed"], by_tag=True)
    filler.signature("shop/api", digests["retagged-sig"], by_tag=False)
    filler.index("shop/api", [digests["in-index"]], "bundle")
    client.delete_manifest("shop/api", digests["gone"])
    out = applied(address, folder, code=2)
    assert "1 deleted, 1 gone already, 8 spared, 0 failed" in out
    assert client.manifest_descriptor("shop/api", digests["quiet"]) is None
    for name in set(names) - {"quiet", "gone"}:
        assert whole(client, "shop/api", digests[name]), name
    # The signature of what stays stays with it.
    assert whole(client, "shop/api", signature)
    told = dict(re.findall(r"spared: shop/api@(sha256:\w{12}): (.*)", out))
    said = {name: told[digests[name][:19]] for name in names if digests[name][:19] in told}
    assert said["moved"] == f"its tag pr-moved leads to {kept} now"
    assert said["new-tag"] == "the tag hotfix leads to it"
    assert said["kept-tag"] == "the tag v1 leads to it"
    assert said["in-index"] == "the tag bundle leads to an index of it"
    assert said["signed"].endswith(".sig refers to it since the plan was made")
    assert said["retagged-sig"].endswith("refers to it since the plan was made")


def test_a_digest_with_a_tag_that_stays_never_goes(live: Live) -> None:
    address, client, filler, folder = live
    both = filler.image("shop/api", "pr-1", "v1")
    alone = filler.image("shop/api", "pr-2")
    plan = planned(address, folder)
    assert [item["digest"] for item in plan["repositories"]["shop/api"]["doomed"]] == [alone]
    applied(address, folder)
    assert holds(client, "shop/api") == {"pr-1": both, "v1": both}


def test_pushes_and_tags_during_the_run_lose_nothing(live: Live) -> None:
    address, client, filler, folder = live
    filler.images("shop/api", [((f"pr-{number}",), 50) for number in range(300)])
    doomed = sorted(item["digest"] for item in planned(address, folder)["repositories"]["shop/api"]["doomed"])
    moved, pushed = [], []
    # Before each look at the tags somebody tags what is to go, and pushes something new.
    lock, looks = threading.Lock(), 0

    def disturb(request: Request) -> Answer:
        nonlocal looks
        if request.method == "GET" and "/tags/list" in request.path:
            with lock:
                looks += 1
                digest = doomed[(looks * 37) % len(doomed)]
                if client.manifest_descriptor("shop/api", digest) is not None:
                    client.put_manifest("shop/api", f"rescue-{looks}", client.manifest("shop/api", digest))
                    moved.append(digest)
                pushed.append(filler.image("shop/api", f"feature-{looks}", days=1))
        return forward(address, request)

    with server(disturb) as proxy:
        plan = json.loads((folder / "plan.json").read_text())
        assert plan["server"] == address
        out = through(proxy.address, address, folder, "--concurrency", "2")
    assert moved
    for digest in {*moved, *pushed}:
        assert whole(client, "shop/api", digest)
    assert f"{len(doomed) - len(set(moved))} deleted, 0 gone already, {len(set(moved))} spared, 0 failed" in out


def through(proxy: str, address: str, folder: Path, *more: str, code: int | None = None) -> str:
    """Carry the plan out through a proxy, for whose address it is made out anew."""
    del address
    from registry_components.lifecycle.execute import plan as plans

    made = plans.read(folder / "plan.json")
    import dataclasses

    plans.write(dataclasses.replace(made, server=proxy), folder / "plan.json")
    done = subprocess.run(
        [*REGC, "prune", proxy, "--apply", "plan.json", "--max-fraction", "1", "--max-age", "1000000", *more],
        capture_output=True, text=True, cwd=folder, timeout=300, check=False,
        env={**os.environ, "DOCKER_CONFIG": str(folder), "COLUMNS": "200"},
    )  # fmt: skip
    if code is not None:
        assert done.returncode == code, done.stdout + done.stderr
    assert done.returncode in {0, 2}, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_faults_of_the_registry_lose_nothing(live: Live) -> None:
    address, client, filler, folder = live
    filler.images("shop/api", [((f"pr-{number}",), 50) for number in range(120)])
    filler.images("shop/api", [((f"v{number}",), 50) for number in range(20)])
    doomed = {item["digest"] for item in planned(address, folder)["repositories"]["shop/api"]["doomed"]}
    count, lock = 0, threading.Lock()

    def faulty(request: Request) -> Answer:
        nonlocal count
        with lock:
            count += 1
            number = count
        match number % 13:
            case 3:
                return Answer(429, {"Retry-After": "0"}, b"")
            case 5:
                return Answer(503)
            case 7:
                return Answer(drop=True)
            case 11 if request.method == "DELETE":
                # The registry did it, and its answer was lost.
                forward(address, request)
                return Answer(drop=True)
        return forward(address, request)

    with server(faulty) as proxy:
        through(proxy.address, address, folder)
    left = holds(client, "shop/api")
    assert {tag for tag in left if tag.startswith("v")} == {f"v{number}" for number in range(20)}
    assert all(whole(client, "shop/api", digest) for digest in left.values())
    # What faults spared goes in the next run.
    planned(address, folder)
    applied(address, folder, "--journal", "second.journal")
    assert not doomed & set(holds(client, "shop/api").values())


def test_kills_at_any_point_are_taken_up_again(live: Live) -> None:
    address, client, filler, folder = live
    filler.images("shop/api", [((f"pr-{number}",), 50) for number in range(400)])
    platforms = filler.images("shop/api", [((), 50)] * 40)
    for number in range(20):
        filler.index("shop/api", platforms[2 * number : 2 * number + 2], f"pr-multi-{number}", days=50)
    filler.images("shop/api", [((f"v{number}",), 50) for number in range(20)])
    plan = planned(address, folder)["repositories"]["shop/api"]
    journal = folder / "plan.json.journal"
    indexes = {item["digest"]: item["children"] for item in plan["doomed"] if item["children"]}
    kills = 0
    for number in range(50):
        size = journal.stat().st_size if journal.exists() else 0
        process = subprocess.Popen(
            [*REGC, "prune", address, "--apply", "plan.json", "--max-fraction", "1", "--max-age", "1000000",
             "--concurrency", "2"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "DOCKER_CONFIG": str(folder)},
        )  # fmt: skip
        # Points all over a batch: as soon as the journal has grown by so many bytes.
        while process.poll() is None:
            if journal.exists() and journal.stat().st_size > size + (number * 977) % 3000:
                break
            time.sleep(0.001)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        if kills % 10 == 0:
            # No index is left without its manifests, whenever it stops.
            for digest, children in indexes.items():
                if client.manifest_descriptor("shop/api", digest) is not None:
                    assert all(client.manifest_descriptor("shop/api", child) is not None for child in children)
    assert kills == 50
    applied(address, folder)
    left = holds(client, "shop/api")
    assert set(left) == {f"v{number}" for number in range(20)}
    assert all(whole(client, "shop/api", digest) for digest in left.values())
    for item in plan["doomed"]:
        assert client.manifest_descriptor("shop/api", item["digest"]) is None
    # All that went can be put back from the journal, torn lines or not.
    out = regc("prune", address, "--undo", journal.name, folder=folder)
    assert f"{len(plan['doomed'])} restored, 0 failed" in out
    assert len(holds(client, "shop/api")) == 440
    for digest in indexes:
        assert whole(client, "shop/api", digest)


def test_an_interrupt_finishes_what_is_under_way(live: Live) -> None:
    address, client, filler, folder = live
    filler.images("shop/api", [((f"pr-{number}",), 50) for number in range(300)])
    planned(address, folder)
    journal = folder / "plan.json.journal"
    process = subprocess.Popen(
        [*REGC, "prune", address, "--apply", "plan.json", "--max-fraction", "1", "--max-age", "1000000",
         "--concurrency", "1"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "DOCKER_CONFIG": str(folder)},
    )  # fmt: skip
    while not journal.exists() or journal.stat().st_size < 3000:
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    found = re.match(r"(\d+) deleted, 0 gone already, 0 spared, 0 failed", out)
    assert found is not None
    assert 300 - int(found[1]) == len(holds(client, "shop/api")) > 0
    assert "by an earlier run" in applied(address, folder)
    assert holds(client, "shop/api") == {}


def test_a_registry_that_takes_no_deletes_says_so(registry_binary: Path, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    with registry(registry_binary, tmp_path / "r", delete=False) as address, RegistryClient(address) as client:
        Filler(client).image("shop/api", "pr-1")
        planned(address, tmp_path)
        out = applied(address, tmp_path, code=2)
        assert "it answered 405 UNSUPPORTED" in out
        assert "turn `delete` on in its settings" in out
        assert set(holds(client, "shop/api")) == {"pr-1"}


def test_the_inventory_says_what_there_is(live: Live) -> None:
    address, client, filler, folder = live
    first = filler.image("shop/api", "v1", "latest")
    children = filler.images("shop/api", [((), 5), ((), 5)])
    index = filler.index("shop/api", children, "v2", days=5)
    by_tag = filler.signature("shop/api", first, by_tag=True)
    by_reference = filler.signature("shop/api", index, by_tag=False)
    filler.image("base/alpine", "3")
    regc("lifecycle", "inventory", address, "--out", "all.jsonl", "--assume-created", folder=folder)
    found = [json.loads(line) for line in (folder / "all.jsonl").read_text().splitlines()]
    of = {record["digest"]: record for record in found if record["repository"] == "shop/api"}
    assert sorted({record["repository"] for record in found}) == ["base/alpine", "shop/api"]
    assert of[first]["tags"] == ["latest", "v1"]
    assert of[first]["pushed_at"] == "2026-08-16T00:00:00+00:00"
    size = client.manifest_descriptor("shop/api", first)
    assert size is not None
    assert of[first]["size"] == size.size + 37 + 1000 + 1001
    assert of[index]["children"] == children
    assert all(child in of and of[child]["tags"] == [] for child in children)
    assert of[by_tag]["tags"] == [first.replace(":", "-") + ".sig"]
    assert of[by_reference]["subject"] == index
    assert of[by_reference]["media_type"] == "application/x-signature"
    regc("lifecycle", "inventory", address, "--out", "some.parquet", "--repository", "base/*", folder=folder)
    table = regc("lifecycle", "explain", "base/alpine:3", "--kind", "unified", "--policy", "policy.yaml",
                 "--inventory", "some.parquet", folder=folder)  # fmt: skip
    assert "reason  no rule is for it" in table


def test_an_inventory_that_was_interrupted_goes_on(live: Live) -> None:
    address, _, filler, folder = live
    for number in range(30):
        filler.images(f"shop/r{number:02}", [((f"v{place}",), 5) for place in range(4)])
    regc("lifecycle", "inventory", address, "--out", "whole.jsonl", folder=folder)
    asked = 0
    lock = threading.Lock()

    def slow(request: Request) -> Answer:
        nonlocal asked
        with lock:
            asked += 1
        time.sleep(0.01)
        return forward(address, request)

    with server(slow) as proxy:
        command = [*REGC, "lifecycle", "inventory", proxy.address, "--out", "part.jsonl", "--concurrency", "1"]
        environment = {**os.environ, "DOCKER_CONFIG": str(folder)}
        for kill in (40, 40, 40):
            start = asked
            more = ["--resume"] if kill != start and (folder / "part.jsonl.part").exists() else []
            process = subprocess.Popen([*command, *more], cwd=folder, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=environment)  # fmt: skip
            while asked < start + kill and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.wait()
        refused = regc(*command[1:], code=1, folder=folder)
        assert "is what an interrupted run left; go on with --resume, or remove it" in refused
        done = regc(*command[1:], "--resume", folder=folder)
        assert "more were there already" in done
    assert (folder / "part.jsonl").read_text() == (folder / "whole.jsonl").read_text()
    assert not list(folder.glob("part.jsonl.*"))


BAD = [
    ("no mode", ["127.0.0.1:1"], "give one of --policy, --apply and --undo, not none of them"),
    ("two modes", ["127.0.0.1:1", "--policy", "p", "--apply", "q"],
     "give one of --policy, --apply and --undo, not --policy and --apply"),
    ("a page", ["https://127.0.0.1:1", "--policy", "policy.yaml"],
     "https://127.0.0.1:1: write the registry as host or host:port, or oci://host"),
    ("a repository", ["127.0.0.1:1/shop", "--policy", "policy.yaml"],
     "127.0.0.1:1/shop: is not a registry's address; write host or host:port, and repositories with --repository"),
    ("nothing", ["", "--policy", "policy.yaml"],
     ": is not a registry's address; write host or host:port, and repositories with --repository"),
    ("no policy there", ["127.0.0.1:1", "--policy", "none.yaml"],
     "none.yaml: cannot be read: No such file or directory"),
    ("archive", ["127.0.0.1:1", "--policy", "archive.yaml"],
     "archive.yaml: archive: regc prune deletes, and archives nothing; expire, or remove it"),
    ("a policy that is none", ["127.0.0.1:1", "--policy", "empty.yaml"],
     "empty.yaml: the lifecycle policy has to be an object with repositories and expire"),
    ("a glob", ["127.0.0.1:1", "--policy", "policy.yaml", "--repository", "a{b"],
     "--repository a{b: the brace in 'a{b' is not closed"),
    ("a time", ["127.0.0.1:1", "--policy", "policy.yaml", "--now", "today"],
     "--now today: is not a time such as 2026-11-24T00:00:00Z"),
    ("no plan there", ["127.0.0.1:1", "--apply", "none.json"], "none.json: cannot be read: No such file or directory"),
    ("no plan", ["127.0.0.1:1", "--apply", "policy.yaml"],
     "policy.yaml: is not a plan; make one with `regc prune ENDPOINT --policy FILE --plan FILE`"),
    ("other JSON", ["127.0.0.1:1", "--apply", "other.json"],
     "other.json: is not a plan; make one with `regc prune ENDPOINT --policy FILE --plan FILE`"),
    ("another version", ["127.0.0.1:1", "--apply", "later.json"],
     "later.json: is a plan of version 2, and this is for 1; make it anew"),
    ("an edited plan", ["127.0.0.1:1", "--apply", "edited.json"],
     "edited.json: was changed after it was made; make it anew, and change the policy instead"),
    ("another registry", ["127.0.0.2:1", "--apply", "plan.json"],
     "plan.json: is for 127.0.0.1:1, not 127.0.0.2:1; make one for 127.0.0.2:1"),
    ("an old plan", ["127.0.0.1:1", "--apply", "plan.json", "--max-age", "1"],
     "plan.json: was made HOURS hours ago, and --max-age is 1; make it anew"),
    ("too much of all", ["127.0.0.1:1", "--apply", "plan.json", "--max-age", "1e9"],
     "the plan deletes 2 of 4 artifacts (50 %), and --max-fraction 0.2 allows 0; look at it, and raise that"),
    ("too many", ["127.0.0.1:1", "--apply", "plan.json", "--max-age", "1e9", "--max-deletes", "1"],
     "the plan deletes 2 artifacts, and --max-deletes is 1; look at it, and raise that"),
    ("a journal of another plan", ["127.0.0.1:1", "--apply", "plan.json", "--max-age", "1e9", "--max-fraction", "1",
                                   "--journal", "other.journal"],
     "--journal other.journal: is of another plan; name another, or remove it"),
    ("no place for the journal", ["127.0.0.1:1", "--apply", "plan.json", "--max-age", "1e9", "--max-fraction", "1",
                                  "--journal", "nowhere/journal"],
     "--journal nowhere/journal: cannot be written: No such file or directory"),
    ("no place for the log", ["127.0.0.1:1", "--apply", "plan.json", "--max-age", "1e9", "--max-fraction", "1",
                              "--audit", "nowhere/audit"],
     "--audit nowhere/audit: cannot be written: No such file or directory"),
    ("no journal there", ["127.0.0.1:1", "--undo", "none"], "none: cannot be read: No such file or directory"),
    ("no journal", ["127.0.0.1:1", "--undo", "policy.yaml"], "policy.yaml: is not the journal of a prune"),
    ("Docker's configuration", ["127.0.0.1:1", "--undo", "other.journal"],
     "FOLDER/config.json: is not JSON; log in again with `docker login`"),
    ("no password", ["127.0.0.1:1", "--undo", "other.journal", "--username", "ci"],
     "--username: standard input has no password"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_wrong_is_said(tmp_path: Path, arguments: list[str], message: str) -> None:
    from datetime import UTC, datetime

    from registry_components.lifecycle.execute import plan as plans
    from registry_components.lifecycle.execute.journal import Journal

    doomed = [plans.Doomed(f"sha256:{n}", [f"pr-{n}"], [], None, [], "stale", "old", 5) for n in range(2)]
    made = plans.Plan("127.0.0.1:1", "2026-01-01T00:00:00+00:00", "p", 4, {"shop": plans.Repository(4, [], doomed)})
    plans.write(made, tmp_path / "plan.json")
    text = (tmp_path / "plan.json").read_text()
    (tmp_path / "edited.json").write_text(text.replace("sha256:1", "sha256:2"))
    (tmp_path / "later.json").write_text(text.replace('"version": 1', '"version": 2'))
    (tmp_path / "other.json").write_text("[]")
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "empty.yaml").write_text("")
    archive = yaml.safe_load(POLICY) | {"archive": {"idle": {"tags": ["x"], "older_than_days": 1}}}
    (tmp_path / "archive.yaml").write_text(yaml.safe_dump(archive))
    Journal(tmp_path / "other.journal", "another").__exit__(None)
    if "config.json" in message:
        (tmp_path / "config.json").write_text("{")
    hours = (datetime.now(UTC) - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds() / 3600
    wanted = message.replace("HOURS", f"{hours:.0f}").replace("FOLDER", str(tmp_path))
    done = subprocess.run([*REGC, "prune", *arguments], capture_output=True, text=True, cwd=tmp_path, check=False,
                          stdin=subprocess.DEVNULL, env={**os.environ, "DOCKER_CONFIG": str(tmp_path)})  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"error: {wanted}\n")

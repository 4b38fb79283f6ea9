"""A million artifacts in 10,000 repositories, and ten million, through lifecycle policies of ten rules.

Everything runs on one core. The data is made in a process of its own; each kind is loaded and simulated in another,
whose peak memory is that of nothing else. A straightforward loop over the same artifacts stands beside. Seconds of the
processor stand beside those of the clock, which are more where something else runs.
"""

from __future__ import annotations

import fnmatch
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

NOW = 1_795_478_400_000_000
DAY = 86_400_000_000
PER_REPOSITORY = 100
ROUNDS = 5
MILLION = 1_000_000
LARGE = 10 * MILLION
LAYERS = 8
FEW = "few.parquet"
NEEDED = 12 * 1024**3
"""Bytes that have to be free for ten million artifacts."""


# --- the data, made in a process of its own ---


def _frame(first: int, artifacts: int) -> Any:
    """Return artifacts: four fifths tagged, a tenth indexes of one manifest each, one in fifty a referrer.

    Digests are random, as they are: the inventory has to be sorted.
    """
    import numpy as np
    import polars as pl

    random = np.random.default_rng([7, first])
    numbers = np.arange(first, first + artifacts)
    digits = random.bytes(32 * artifacts).hex()
    digests = pl.Series([f"sha256:{digits[64 * n : 64 * n + 64]}" for n in range(artifacts)])
    kinds = pl.Series(["pr", "v1.2", "main", "feature", "nightly"]).gather(random.integers(0, 5, artifacts))
    pushed = NOW - random.integers(0, 400, artifacts) * DAY
    pulled = np.minimum(pushed + random.integers(0, 100, artifacts) * DAY, NOW)
    second = np.arange(artifacts) // PER_REPOSITORY * PER_REPOSITORY + 1
    number, repository = pl.col("number"), pl.col("number") // PER_REPOSITORY
    nothing = pl.lit([], dtype=pl.List(pl.String))
    frame = pl.DataFrame(
        {
            "number": numbers,
            "digest": digests,
            "kind": kinds,
            "before": digests.shift(1),
            "second": digests.gather(second),
            "pushed_at": pushed,
            "last_pulled_at": pulled,
            "size": random.integers(10**6, 10**9, artifacts),
        }
    )
    return frame.select(
        pl.format("team-{}/service-{}", repository % 100, repository).alias("repository"),
        "digest",
        pl.when(number % 5 > 0)
        .then(pl.concat_list(pl.format("{}-{}", "kind", "number")))
        .otherwise(nothing)
        .alias("tags"),
        *(pl.col(name).cast(pl.Datetime("us", "UTC")) for name in ("pushed_at", "last_pulled_at")),
        "size",
        pl.when(number % 10 == 1).then(pl.concat_list("before")).otherwise(nothing).alias("children"),
        pl.when(number % 50 == 20).then("second").alias("subject"),
    )


def _layered(frame: Any) -> Any:
    """Return the same artifacts with their layers: a few shared by a repository, the others their own."""
    import numpy as np
    import polars as pl

    random = np.random.default_rng(8)
    edges = np.arange(len(frame) * LAYERS)
    row = edges // LAYERS
    shared = edges % LAYERS < LAYERS // 2
    blob = np.where(shared, row // PER_REPOSITORY * LAYERS + edges % LAYERS, len(frame) + edges)
    _, number = np.unique(blob, return_inverse=True)
    count = int(number.max()) + 1
    digits = random.bytes(32 * count).hex()
    digests = pl.Series([f"sha256:{digits[64 * n : 64 * n + 64]}" for n in range(count)])
    sizes = random.integers(10**3, 10**7, count)
    layers = pl.DataFrame({"row": row, "digest": digests.gather(number), "size": sizes[number]})
    lists = layers.group_by("row", maintain_order=True).agg(pl.struct("digest", "size").alias("layers"))
    return frame.with_columns(lists["layers"])


def _make(artifacts: int, folder: Path, *, more: bool) -> None:
    """Write the inventory, a million at a time; with `more`, the same with layers and as JSON Lines."""
    import polars as pl

    parts = []
    for first in range(0, artifacts, MILLION):
        part = folder / f"part-{first}.parquet"
        _frame(first, min(MILLION, artifacts - first)).write_parquet(part)
        parts.append(part)
    pl.scan_parquet(parts).sink_parquet(folder / "inventory.parquet")
    pl.read_parquet(parts[0]).head(10 * PER_REPOSITORY).write_parquet(folder / FEW)
    if more:
        frame = pl.read_parquet(parts[0])
        _layered(frame).write_parquet(folder / "layers.parquet")
        text = [pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%SZ") for name in ("pushed_at", "last_pulled_at")]
        frame.with_columns(*text).write_ndjson(folder / "inventory.jsonl")
    for part in parts:
        part.unlink()


# --- the policies ---


def _ecr() -> dict[str, Any]:
    def rule(priority: int, **selection: Any) -> dict[str, Any]:
        return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}

    age = {"countType": "sinceImagePushed", "countUnit": "days"}
    rules = [rule(1, tagStatus="untagged", countNumber=7, **age)]
    for number, pattern in enumerate(["pr-*", "feature-*", "nightly-*", "main-*", "v1.2-1*", "v1.2-2*", "*-9", "*-77"]):
        if number % 2:
            rules.append(rule(number + 2, tagStatus="tagged", tagPatternList=[pattern], countNumber=30, **age))
        else:
            count = {"countType": "imageCountMoreThan", "countNumber": 10}
            rules.append(rule(number + 2, tagStatus="tagged", tagPatternList=[pattern], **count))
    rules.append(rule(20, tagStatus="any", countNumber=365, **age))
    return {"rules": rules}


def _harbor() -> dict[str, Any]:
    rules = []
    for number, pattern in enumerate(
        ["pr-*", "feature-*", "nightly-*", "main-*", "v1.2-*", "**", "*-9", "*-7*", "x*", "y*"]
    ):
        template = ("latestPushedK", "nDaysSinceLastPush", "nDaysSinceLastPull", "latestPulledN")[number % 4]
        selector = {"kind": "doublestar", "decoration": "matches", "pattern": pattern, "extras": '{"untagged": false}'}
        rules.append({"template": template, "params": {template: 10}, "tag_selectors": [selector]})
    return {"algorithm": "or", "rules": rules}


def _unified() -> dict[str, Any]:
    return {
        "repositories": ["**"],
        "expire": {
            "pr": {"tags": ["pr-*"], "older_than_days": 14},
            "feature": {"tags": ["feature-*"], "older_than_days": 30},
            "nightly": {"tags": ["nightly-*"], "beyond_most_recent": 7},
            "unused": {"tag_state": "tagged", "unpulled_for_days": 200},
            "untagged": {"tag_state": "untagged", "older_than_days": 7},
            "many": {"tag_state": "any", "beyond_most_recent": 80},
        },
        "keep": {
            "main": {"tags": ["main-*"], "most_recent": 10},
            "releases": {"tags": ["v1.2-*"], "always": True},
            "fresh": {"tag_state": "any", "newer_than_days": 3},
            "used": {"tag_state": "any", "pulled_within_days": 10},
        },
        "protect": {"immutable_tags": ["v1.2-*"]},
    }


_POLICIES: dict[str, Callable[[], dict[str, Any]]] = {"ecr": _ecr, "harbor": _harbor, "unified": _unified}


# --- what is measured, each in a process of its own ---


class Spent(NamedTuple):
    """How long something took."""

    clock: float
    processor: float


def _timed(act: Callable[[], Any]) -> Spent:
    clock, processor = time.perf_counter(), time.process_time()
    act()
    return Spent(time.perf_counter() - clock, time.process_time() - processor)


def _best(times: list[Spent]) -> dict[str, float]:
    """Return the best, and the first: that one has had all its memory from the system, as a command has."""
    best = {"seconds": min(one.clock for one in times), "processor": min(one.processor for one in times)}
    return {**best, "first": times[0].processor}


def _peak() -> int:
    """Return the most memory that this process had, in MiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _load(file: Path, rounds: int) -> dict[str, Any]:
    from registry_components.lifecycle.reading import read_inventory

    if file.with_name(FEW).exists():
        read_inventory(file.with_name(FEW))  # what is imported by the first reading is not measured
    times = [_timed(lambda: read_inventory(file)) for _ in range(rounds)]
    return {**_best(times), "peak": _peak()}


def _simulate(kind: str, file: Path, rounds: int) -> dict[str, Any]:
    from registry_components.lifecycle.reading import read_inventory
    from registry_components.lifecycle.semantics import native
    from registry_components.lifecycle.unified import simulate as unified

    model: Any = unified if kind == "unified" else native(kind)
    model(read_inventory(file.with_name(FEW)), _POLICIES[kind](), NOW)
    inventory = read_inventory(file)
    times, peak = [], 0
    for _ in range(rounds):
        # What an inventory keeps for the next who asks is not kept from one round to the next.
        fresh = replace(inventory, _cache={})
        times.append(_timed(lambda: model(fresh, _POLICIES[kind](), NOW)))  # noqa: B023 - called at once
        peak = peak or _peak()
    return {**_best(times), "peak": peak}


def _freed(file: Path, rounds: int) -> dict[str, Any]:
    from registry_components.lifecycle.reading import read_inventory
    from registry_components.lifecycle.unified import simulate

    loaded: list[Any] = []
    load = _timed(lambda: loaded.append(read_inventory(file))).processor
    verdicts = simulate(loaded[0], _unified(), NOW)
    times = []
    for _ in range(rounds):
        verdicts.inventory = replace(loaded[0], _cache={})
        times.append(_timed(verdicts.freed))
    return {"load": load, **_best(times), "edges": len(loaded[0].layers.row), "peak": _peak()}


def _loop(file: Path) -> dict[str, Any]:
    """Measure a plain loop over artifacts with ECR's rules, without ties, indexes and referrers."""
    import polars as pl

    rows = pl.read_parquet(file, columns=["repository", "tags", "pushed_at"]).rows()
    rules = _ecr()["rules"]
    started = time.process_time()
    by_repository: dict[str, list[Any]] = {}
    for row in rows:
        by_repository.setdefault(row[0], []).append(row)
    for images in by_repository.values():
        images.sort(key=lambda row: row[2], reverse=True)
        claimed: set[int] = set()
        for rule in rules:
            selection, matched = rule["selection"], 0
            for index, (_, tags, pushed) in enumerate(images):
                if selection["tagStatus"] == "untagged":
                    selected = not tags
                elif selection["tagStatus"] == "any":
                    selected = True
                else:
                    selected = any(fnmatch.fnmatchcase(tag, selection["tagPatternList"][0]) for tag in tags)
                if selected:
                    matched += 1
                    claimed.add(index)
                    _ = matched > selection["countNumber"] or pushed is None
    return {"processor": time.process_time() - started, "peak": _peak()}


def _alone(*arguments: str) -> dict[str, Any]:
    """Return what this module, as a process of its own on one core, measures."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.lifecycle", *arguments],
        env={**os.environ, "POLARS_MAX_THREADS": "1"},
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _main(arguments: list[str]) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    what, file, number = arguments[0], Path(arguments[1]), int(arguments[2])
    found: dict[str, Any] = {}
    if what == "make":
        _make(number, file, more=number <= MILLION)
    elif what == "load":
        found = _load(file, number)
    elif what == "loop":
        found = _loop(file)
    elif what == "freed":
        found = _freed(file, number)
    else:
        found = _simulate(what, file, number)
    print(json.dumps(found))


def _of(artifacts: int, folder: Path, rounds: int) -> dict[str, Any]:
    _alone("make", str(folder), str(artifacts))
    file = str(folder / "inventory.parquet")
    return {name: _alone(name, file, str(rounds)) for name in ("load", *_POLICIES)}


def _told(found: dict[str, Any]) -> dict[str, Any]:
    """Return figures as they are recorded."""
    told: dict[str, Any] = {
        what: {name: round(found[name][key], 3) for name in ("load", *_POLICIES)}
        for what, key in (
            ("seconds of the processor", "processor"),
            ("seconds of the clock", "seconds"),
            ("seconds of the processor, the first run", "first"),
        )
    }
    told["load and simulate, peak MiB"] = {kind: found[kind]["peak"] for kind in _POLICIES}
    return told


def measure() -> dict[str, Any]:
    """Return the best of some rounds on one core."""
    with tempfile.TemporaryDirectory(prefix="regc-bench-") as name:
        folder = Path(name)
        small = _of(MILLION, folder, ROUNDS)
        loop = _alone("loop", str(folder / "inventory.parquet"), "1")
        text = _alone("load", str(folder / "inventory.jsonl"), "1")
        layers = _alone("freed", str(folder / "layers.parquet"), str(ROUNDS))
    found: dict[str, Any] = {"rounds": ROUNDS, "cores": 1, f"{MILLION} artifacts": _told(small)}
    found[f"{MILLION} artifacts"] |= {
        "a plain loop of ECR's rules, seconds of the processor": round(loop["processor"], 2),
        "ecr against the loop": round(small["ecr"]["processor"] / loop["processor"], 3),
        "load from JSON Lines, seconds of the processor, once": round(text["processor"], 2),
        "load from JSON Lines, peak MiB": text["peak"],
        f"with {layers['edges']} layers: load, seconds of the processor, once": round(layers["load"], 2),
        "with layers: bytes that get free, seconds of the processor": round(layers["processor"], 3),
        "with layers: peak MiB": layers["peak"],
    }
    from registry_components.lifecycle.memory import available

    free = available()
    if free is not None and free < NEEDED:
        found["10000000 artifacts"] = f"not measured: {free} bytes of memory are free, and it takes {NEEDED}"
    else:
        with tempfile.TemporaryDirectory(prefix="regc-bench-") as name:
            large = _of(LARGE, Path(name), 2)
        found[f"{LARGE} artifacts, the best of 2"] = _told(large)
        for what, key in (("first runs", "first"), ("best runs, of which only the smaller find memory", "processor")):
            found[f"ratio to a tenth of it, by the processor: {what}"] = {
                name: round(large[name][key] / small[name][key], 1) for name in ("load", *_POLICIES)
            }
    found["machine's load over the last 15 minutes"] = round(os.getloadavg()[2], 1)
    found["goal"] = (
        "of a million: load at most 1.0 s, ecr and harbor at most 1.0 s, unified at most 2.0 s; at most 1536 MiB; "
        "ratio of the simulations' first runs at most 11"
    )
    return found


if __name__ == "__main__":
    _main(sys.argv[1:])

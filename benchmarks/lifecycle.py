"""A million artifacts in 10,000 repositories through lifecycle policies of ten rules, beside a plain loop."""

from __future__ import annotations

import fnmatch
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

ROUNDS = 5
NOW = 1_795_478_400_000_000
DAY = 86_400_000_000
PER_REPOSITORY = 100


def _frame(artifacts: int) -> pl.DataFrame:
    """Return artifacts: four fifths tagged, a tenth of the untagged in indexes, one in fifty a referrer."""
    random = np.random.default_rng(7)
    numbers = np.arange(artifacts)
    repositories = [f"team-{n % 100}/service-{n}" for n in numbers // PER_REPOSITORY]
    digests = [f"sha256:{n:064x}" for n in numbers]
    kinds = np.array(["pr", "v1.2", "main", "feature", "nightly"])[random.integers(0, 5, artifacts)]
    tags = [[f"{kind}-{n}"] if n % 5 else [] for n, kind in zip(numbers, kinds, strict=True)]
    first = numbers // PER_REPOSITORY * PER_REPOSITORY
    children = [[digests[n - 1]] if n % 10 == 1 and n > first[n] else [] for n in numbers]
    subjects = [digests[first[n] + 1] if n % 50 == 20 else None for n in numbers]
    pushed = NOW - random.integers(0, 400, artifacts) * DAY
    pulled = np.minimum(pushed + random.integers(0, 100, artifacts) * DAY, NOW)
    frame = pl.DataFrame(
        {
            "repository": repositories,
            "digest": digests,
            "tags": tags,
            "pushed_at": pushed,
            "last_pulled_at": pulled,
            "size": random.integers(10**6, 10**9, artifacts),
            "children": children,
            "subject": subjects,
        },
        schema_overrides={"tags": pl.List(pl.String), "children": pl.List(pl.String)},
    )
    times = [pl.col(name).cast(pl.Datetime("us", "UTC")) for name in ("pushed_at", "last_pulled_at")]
    return frame.with_columns(*times)


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


def _loop(frame: pl.DataFrame) -> float:
    """Return the seconds of a plain loop over artifacts with ECR's rules, without ties, indexes and referrers."""
    rows = frame.select("repository", "tags", "pushed_at").rows()
    rules = _ecr()["rules"]
    started = time.perf_counter()
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
    return time.perf_counter() - started


def _best(act: Callable[[], Any]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        times.append(time.perf_counter() - started)
    return round(min(times), 3)


def measure() -> dict[str, Any]:
    """Return the best of some rounds, one process, the inventory loaded already except where loading is measured."""
    from registry_components.lifecycle.reading import read_inventory
    from registry_components.lifecycle.semantics import native
    from registry_components.lifecycle.unified import simulate as unified

    found: dict[str, Any] = {"rounds": ROUNDS}
    for count in (1_000_000,):
        frame = _frame(count)
        with tempfile.TemporaryDirectory(prefix="regc-bench-") as folder:
            file = Path(folder) / "inventory.parquet"
            frame.write_parquet(file)
            loading = _best(lambda: read_inventory(file))  # noqa: B023 - called at once
            read_inventory(file)

            def timed(act: Callable[[Any], Any]) -> float:
                times = []
                for _ in range(ROUNDS):
                    inventory = read_inventory(file)  # noqa: B023
                    started = time.perf_counter()
                    act(inventory)
                    times.append(time.perf_counter() - started)
                return round(min(times), 3)

            loop = round(_loop(frame), 2)
            ecr = timed(lambda inventory: native("ecr")(inventory, _ecr(), NOW))
            harbor = timed(lambda inventory: native("harbor")(inventory, _harbor(), NOW))
            one = timed(lambda inventory: unified(inventory, _unified(), NOW))
        found[f"{count} artifacts"] = {
            "load from Parquet, seconds": loading,
            "ecr, seconds": ecr,
            "harbor, seconds": harbor,
            "unified, seconds": one,
            "a plain loop of ECR's rules, seconds": loop,
            "ecr against the loop": round(ecr / loop, 3),
        }
    found["process, peak MiB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    found["goal"] = "ecr and harbor at most 1.0 s, unified at most 2.0 s, loading at most 1.0 s, 1536 MiB"
    return found

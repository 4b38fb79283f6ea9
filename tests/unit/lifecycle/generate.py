"""Random inventories and policies that keep to the boundaries.

Ages exactly at limits, equal and unknown times, artifacts with several tags, manifests of several indexes, indexes of
indexes, referrers of referrers, subjects that are not there.

Everything is drawn from a `random.Random`, be it a seeded one or one that hypothesis drives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from registry_components.lifecycle.inventory import Inventory, build
from registry_components.lifecycle.verdicts import ACTIONS, Verdicts

from .reference.common import DAY, Artifact, Fates

NOW: Final = 1_795_478_400_300_000
"""Not on a full second."""
LIMITS: Final = (1, 2, 7, 30, 90)
"""Days that policies speak of."""
_SHIFTS: Final = (0, 0, 0, 1, -1, 300_000, -300_000, 400_000, 1_000_000, -1_000_000, 18_000_000_000)
_NAMES: Final = ("api", "team/api", "team/base", "shop/web", "web")
_TAGS: Final = (
    "latest",
    "pr-1",
    "pr-2",
    "pr-30",
    "v1.0.0",
    "1.0.0",
    "v1.0.1",
    "v1x0.1",
    "v1.10.0",
    "v2.0.0-rc.1",
    "v2.0.0-rc.10",
    "v2.0.0-alpha",
    "main",
    "dev-main",
    "V1.0",
)
_GLOBS: Final = (
    "*", "**", "pr-*", "pr-?", "v*", "*-rc*", "latest", "{main,v2.*}", "v1.0.*", "[0-9]*", "[!v]*", "*main", "x",
    "sha256-*",
)  # fmt: skip
_REPOSITORY_GLOBS: Final = ("**", "team/**", "*", "{api,web}*", "team/*", "**/web*", "nothing")
_MEDIA: Final = (
    None,
    None,
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.dev.cosign.artifact.sig.v1+json",
    "application/vnd.dev.cyclonedx+json",
)
UNRELATED: Final = "unrelated-zz"


def _time(dice: Random) -> int:
    return NOW - dice.choice(LIMITS) * DAY + dice.choice(_SHIFTS)


def repository(dice: Random, number: int) -> list[Artifact]:
    """Return one repository's artifacts; `number` makes its name and digests its own."""
    name = f"{dice.choice(_NAMES)}-{number}"
    size = dice.choice((1, 1, 2, 2, 3, 4, 5, 7))
    # Digests are not in the order in which things were pushed.
    digests = [f"sha256:{number:032x}{place:032x}" for place in dice.sample(range(16), size)]
    times = [_time(dice) for _ in range(3)]
    free = list(_TAGS)
    dice.shuffle(free)
    found: list[Artifact] = []
    for digest in digests:
        made = Artifact(name, digest)
        roll = dice.random()
        made.tags = [free.pop() for _ in range(0 if roll < 0.4 else 1 if roll < 0.75 else 2) if free]
        if dice.random() < 0.9:
            made.pushed_at = dice.choice(times)
        if dice.random() < 0.4:
            made.last_pulled_at = dice.choice(times) if dice.random() < 0.5 else _time(dice)
        if made.tags and dice.random() < 0.4:
            made.tag_pushed_at = [None if dice.random() < 0.3 else dice.choice(times) for _ in made.tags]
        if dice.random() < 0.7:
            made.size = dice.choice((0, 1, 10, 10, 1_000))
        made.media_type = dice.choice(_MEDIA)
        _edges(dice, made, found)
        if dice.random() < 0.15:
            made.locked = True
        if dice.random() < 0.15:
            made.storage_class = "archive"
        if dice.random() < 0.15:
            made.archived_at = _time(dice)
        if dice.random() < 0.15:
            made.activated_at = dice.choice(times)
        if not made.tags and dice.random() < 0.5:
            made.untagged_at = _time(dice)
        found.append(made)
    dice.shuffle(found)
    return found


def _edges(dice: Random, made: Artifact, before: Sequence[Artifact]) -> None:
    """Let an artifact refer to some of those before it, as an index, a referrer, or by its tag."""
    if not before:
        return
    roll = dice.random()
    if roll < 0.3:
        made.children = [dice.choice(before).digest for _ in range(dice.choice((1, 1, 2, 3)))]
        made.children = list(dict.fromkeys(made.children))
        if dice.random() < 0.1:
            made.children.append(f"sha256:{'e' * 64}")
    if 0.25 < roll < 0.5:
        made.subject = dice.choice(before).digest if dice.random() < 0.9 else f"sha256:{'f' * 64}"
    elif 0.5 < roll < 0.6:
        name = dice.choice(before).digest.replace(":", "-") + dice.choice((".sig", ".att", ""))
        made.tags = [name] if dice.random() < 0.8 else [name, *made.tags[:1]]
        made.tag_pushed_at = None


def estate(dice: Random, repositories: int, first: int = 0) -> list[list[Artifact]]:
    """Return many repositories, each a case of its own."""
    return [repository(dice, first + number) for number in range(repositories)]


def siblings(dice: Random, repositories: int, first: int = 0) -> list[list[Artifact]]:
    """Return repositories of which some hold the same artifacts as the one before them, under other tags."""
    found: list[list[Artifact]] = []
    for number in range(first, first + repositories):
        made = repository(dice, number)
        if found and dice.random() < 0.5:
            copied = [a for a in found[-1] if dice.random() < 0.7]
            tags = [f"copy-{place}" if dice.random() < 0.3 else "" for place in range(len(copied))]
            made += [
                replace(a, repository=made[0].repository, tags=[tag] if tag else [], tag_pushed_at=None)
                for a, tag in zip(copied, tags, strict=True)
            ]
        found.append(made)
    return found


_FIELDS: Final = tuple(field.name for field in fields(Artifact))


def inventory(artifacts: Sequence[Artifact]) -> Inventory:
    """Return the columns of artifacts."""
    columns = {name: [getattr(artifact, name) for artifact in artifacts] for name in _FIELDS}
    columns["tag_pushed_at"] = [artifact.tag_pushed_at or [None] * len(artifact.tags) for artifact in artifacts]
    return build(columns)


def fates(verdicts: Verdicts) -> Fates:
    """Return what a model says, in the words of the references."""
    found = verdicts.inventory
    gone: dict[int, list[str]] = {}
    rows = found.tag_row
    for at in verdicts.gone_tags.nonzero()[0]:
        gone.setdefault(int(rows[at]), []).append(str(found.tag[int(at)]))
    repositories, digests = found.repositories, found.digest.to_list()
    none: frozenset[str] = frozenset()
    return {
        (repositories[place], digests[row]): (ACTIONS[action], frozenset(gone[row]) if row in gone else none)
        for row, (place, action) in enumerate(zip(found.repository.tolist(), verdicts.action.tolist(), strict=True))
    }


# --- policies ---


def policy(kind: str, dice: Random) -> Any:
    """Return a policy that the registry would take."""
    return _POLICIES[kind](dice)


def _days(dice: Random) -> int:
    return dice.choice(LIMITS)


def _few(dice: Random, pool: Sequence[str], most: int = 2) -> list[str]:
    return dice.sample(list(pool), dice.randint(1, most))


def _ecr(dice: Random) -> Any:
    patterns = ["*", "pr-*", "v*", "v1.0.*", "*-rc*", "*main", "latest", "v*.*", "*1*0*", "x", "sha256-*"]
    dice.shuffle(patterns)
    rules = []
    for _ in range(dice.randint(1, 4)):
        tagged = {"tagStatus": "tagged"}
        if dice.random() < 0.7:
            tagged["tagPatternList"] = [patterns.pop() for _ in range(dice.choice((1, 1, 2)))]  # type: ignore[assignment]
        else:
            tagged["tagPrefixList"] = [patterns.pop().replace("*", "") or "p"]  # type: ignore[assignment]
        rules.append(_ecr_rule(dice, tagged, archive=False))
    prefixes = [rule["selection"].get("tagPrefixList") for rule in rules]
    rules = [rule for at, rule in enumerate(rules) if prefixes[at] is None or prefixes.index(prefixes[at]) == at]
    if dice.random() < 0.5:
        rules.insert(dice.randint(0, len(rules)), _ecr_rule(dice, {"tagStatus": "untagged"}, archive=False))
    if dice.random() < 0.5:
        rules.append(_ecr_rule(dice, {"tagStatus": "any"}, archive=False))
    if dice.random() < 0.4:
        rules.append(_ecr_rule(dice, {"tagStatus": dice.choice(("any", "untagged"))}, archive=True))
    listed = [{"rulePriority": 10 * place + 1, **rule} for place, rule in enumerate(rules)]
    dice.shuffle(listed)
    return {"rules": listed}


def _ecr_rule(dice: Random, selection: Mapping[str, Any], *, archive: bool) -> dict[str, Any]:
    if archive:
        count = {"storageClass": "archive", "countType": "sinceImageTransitioned", "countUnit": "days",
                 "countNumber": dice.choice((90, 91))}  # fmt: skip
        return {"selection": {**selection, **count}, "action": {"type": "expire"}}
    transition = dice.random() < 0.3
    kinds = ["imageCountMoreThan", "sinceImagePushed", *(["sinceImagePulled"] if transition else [])]
    kind = dice.choice(kinds)
    count = {"countType": kind, "countNumber": dice.choice((1, 2, 3)) if kind == kinds[0] else _days(dice)}
    if kind != kinds[0]:
        count["countUnit"] = "days"
    if dice.random() < 0.2:
        count["storageClass"] = "standard"
    action = {"type": "transition", "targetStorageClass": "archive"} if transition else {"type": "expire"}
    return {"selection": {**selection, **count}, "action": action}


def _gar(dice: Random) -> Any:
    found: dict[str, Any] = {}
    for number in range(dice.randint(1, 5)):
        action = dice.choice(("DELETE", "DELETE", "KEEP"))
        item: dict[str, Any] = {"id": f"p{number}", "action": action}
        found[item["id"]] = item | (_gar_keep(dice) if action == "KEEP" else {"condition": _gar_condition(dice)})
    return found


def gar_keep(dice: Random, name: str) -> dict[str, Any]:
    """Return a cleanup policy of Artifact Registry that keeps."""
    return {"id": name, "action": "KEEP", **_gar_keep(dice)}


def _gar_keep(dice: Random) -> dict[str, Any]:
    if dice.random() < 0.6:
        return {"condition": _gar_condition(dice)}
    newest: dict[str, Any] = {"keepCount": dice.choice((1, 2, 3))}
    if dice.random() < 0.4:
        newest["packageNamePrefixes"] = _few(dice, ("api", "team/", "web-1"))
    return {"mostRecentVersions": newest}


def _gar_condition(dice: Random) -> dict[str, Any]:
    condition: dict[str, Any] = {}
    if dice.random() < 0.7:
        condition["tagState"] = dice.choice(("ANY", "TAGGED", "UNTAGGED"))
    if condition.get("tagState") != "UNTAGGED" and dice.random() < 0.4:
        condition["tagPrefixes"] = _few(dice, ("v", "pr-", "latest", "v1.0.0", "x"))
    if dice.random() < 0.1:
        condition["versionNamePrefixes"] = _few(dice, ("sha256:0", "sha256:1"))
    if dice.random() < 0.3:
        condition["packageNamePrefixes"] = _few(dice, ("api", "team/", "web-1"))
    for name in ("olderThan", "newerThan"):
        if dice.random() < 0.4:
            condition[name] = dice.choice(("86400s", "604800s", "2592000s", "604799.7s", "172800s"))
    return condition


def _acr(dice: Random) -> Any:
    found: dict[str, Any] = {"days": dice.choice((0, *LIMITS)), "status": "enabled"}
    if dice.random() < 0.3:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=_time(dice))
        found["lastUpdatedTime"] = moment.isoformat()
    if dice.random() < 0.05:
        found["status"] = "disabled"
    return found


_PURGE_TAGS: Final = (".*", "^v", "main", "^pr-.*$", "v1(?!x)", "\\d", "^(?!latest$).*", "[13]", "sig$", "1\\.0")


def _acr_purge(dice: Random) -> Any:
    return [_purge(dice) for _ in range(dice.choice((1, 1, 2, 3)))]


def _purge(dice: Random) -> dict[str, Any]:
    repositories = (".*", "team/.*", "api.*", "pi", "shop/web-\\d+")
    found: dict[str, Any] = {
        "filter": [f"{dice.choice(repositories)}:{dice.choice(_PURGE_TAGS)}" for _ in range(dice.choice((1, 1, 2)))],
        "ago": f"{dice.choice((0, *LIMITS))}d" if dice.random() < 0.9 else "48h",
    }
    if dice.random() < 0.5:
        found["keep"] = dice.choice((1, 2, 3))
    for name, chance in (("untagged", 0.5), ("untagged_only", 0.2), ("include_locked", 0.3), ("dry_run", 0.05)):
        if dice.random() < chance:
            found[name] = True
    if found.get("untagged_only"):
        found.pop("untagged", None)
        if dice.random() < 0.3:
            del found["ago"]
    return found


def _harbor(dice: Random) -> Any:
    rules: list[dict[str, Any]] = []
    for _ in range(dice.randint(1, 4)):
        template = dice.choice(("latestPushedK", "latestPulledN", "nDaysSinceLastPush", "nDaysSinceLastPull", "always"))
        rule: dict[str, Any] = {"action": "retain", "template": template, "tag_selectors": []}
        if template.startswith("latest"):
            rule["params"] = {template: dice.choice((0, 1, 2, 3))}
        elif template != "always":
            rule["params"] = {template: dice.choice((0, *LIMITS))}
        for _ in range(dice.choice((0, 1, 1, 1, 1, 2))):
            selector = {"kind": "doublestar", "decoration": dice.choice(("matches", "excludes"))}
            selector["pattern"] = dice.choice(_GLOBS)
            if dice.random() < 0.6:
                selector["extras"] = json.dumps({"untagged": dice.random() < 0.5})
            rule["tag_selectors"].append(selector)
        if dice.random() < 0.7:
            selector = {"kind": "doublestar", "decoration": dice.choice(("repoMatches", "repoExcludes"))}
            selector["pattern"] = dice.choice(_REPOSITORY_GLOBS)
            rule["scope_selectors"] = {"repository": [selector]}
        if dice.random() < 0.1:
            rule["disabled"] = True
        if rule not in rules:
            rules.append(rule)
    return {"algorithm": "or", "rules": rules}


def _nexus(dice: Random) -> Any:
    found = []
    for number in range(dice.choice((1, 1, 2))):
        item: dict[str, Any] = {"name": f"c{number}", "format": "docker"}
        while len(item) == 2:
            if dice.random() < 0.5:
                item["criteriaLastBlobUpdated"] = _days(dice)
            if dice.random() < 0.5:
                item["criteriaLastDownloaded"] = _days(dice)
            if dice.random() < 0.4:
                item["criteriaAssetRegex"] = dice.choice(
                    (".*/pr-.*", "v2/team/.*", "/v2/.*/v1.*", ".*/(?!latest)[^/]*", "pr", ".*main")
                )
        if dice.random() < 0.4:
            item["retain"] = dice.choice((1, 2, 3))
        found.append(item)
    return found


def _artifactory(dice: Random) -> Any:
    criteria: dict[str, Any] = {"packageTypes": ["docker"], "repos": ["**"]}
    if dice.random() < 0.4:
        criteria["keepLastNVersions"] = dice.choice((1, 2, 3))
    else:
        while len(criteria) == 2:
            for name in ("createdBefore", "lastDownloadedBefore"):
                if dice.random() < 0.5:
                    unit = dice.choice(("Days", "Days", "Months"))
                    criteria[f"{name}In{unit}"] = 1 if unit == "Months" else _days(dice)
    if dice.random() < 0.7:
        criteria["includedPackages"] = [dice.choice(_REPOSITORY_GLOBS)]
    if dice.random() < 0.3:
        criteria["excludedPackages"] = _few(dice, ("api-1", "team/base-2", "web-3", "api-4"))
    found: dict[str, Any] = {"key": "clean", "searchCriteria": criteria}
    if dice.random() < 0.05:
        found["enabled"] = False
    return found


def _distribution(dice: Random) -> Any:
    return {"delete_untagged": dice.random() < 0.9, "dry_run": dice.random() < 0.05}


def _selection(dice: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if dice.random() < 0.6:
        found["tags"] = _few(dice, _GLOBS)
    else:
        found["tag_state"] = dice.choice(("tagged", "untagged", "any"))
    if found.get("tag_state") != "untagged" and dice.random() < 0.4:
        found["exclude_tags"] = _few(dice, _GLOBS)
    if "tags" in found and dice.random() < 0.1:
        found["tag_state"] = dice.choice(("tagged", "any"))
    if dice.random() < 0.2:
        found["repositories"] = _few(dice, _REPOSITORY_GLOBS)
    return found


def _limits(dice: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while not found:
        if dice.random() < 0.5:
            found["older_than_days"] = dice.choice((0, *LIMITS))
        if dice.random() < 0.25:
            found["unpulled_for_days"] = _days(dice)
        if dice.random() < 0.4:
            found["beyond_most_recent"] = dice.choice((1, 2, 3))
        if dice.random() < 0.2:
            found["beyond_bytes"] = dice.choice((1, 10, 20, 1_000))
    if {"beyond_most_recent", "beyond_bytes"} & set(found) and dice.random() < 0.4:
        found["by"] = "version"
    return _selection(dice) | found


def keep_rule(dice: Random) -> dict[str, Any]:
    """Return a rule that keeps."""
    name = dice.choice(("newer_than_days", "pulled_within_days", "most_recent", "always"))
    found = _selection(dice)
    found[name] = True if name == "always" else dice.choice((1, 2, 3)) if name == "most_recent" else _days(dice)
    if name == "most_recent" and dice.random() < 0.4:
        found["by"] = "version"
    return found


def _unified(dice: Random) -> Any:
    found: dict[str, Any] = {"repositories": ["**"] if dice.random() < 0.8 else _few(dice, _REPOSITORY_GLOBS)}
    if dice.random() < 0.2:
        found["exclude_repositories"] = _few(dice, _REPOSITORY_GLOBS[1:])
    found["expire"] = {f"e{number}": _limits(dice) for number in range(dice.choice((0, 1, 1, 2)))}
    found["archive"] = {f"a{number}": _limits(dice) for number in range(0 if found["expire"] else 1)}
    if dice.random() < 0.3:
        found["archive"]["more"] = _limits(dice)
    for rule in found["archive"].values():
        if dice.random() < 0.5:
            rule["then_expire_after_days"] = _days(dice)
    found["keep"] = {f"k{number}": keep_rule(dice) for number in range(dice.choice((0, 0, 1, 2)))}
    if dice.random() < 0.5:
        found["protect"] = _protect(dice)
    return found


def _protect(dice: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if dice.random() < 0.4:
        found["signed"] = True
    if dice.random() < 0.4:
        found["immutable_tags"] = _few(dice, _GLOBS[2:])
    if dice.random() < 0.3:
        found["digests"] = [f"sha256:{dice.randrange(40):032x}{dice.randrange(16):032x}" for _ in range(3)]
    if dice.random() < 0.3:
        number = dice.randrange(40)
        found["in_use"] = [
            f"registry.example.com:5000/{dice.choice(_NAMES)}-{number}:{dice.choice(_TAGS)}",
            f"{dice.choice(_NAMES)}-{number}",
            f"x/y@sha256:{number:032x}{dice.randrange(16):032x}",
        ]
    return found


_POLICIES: Final[Mapping[str, Callable[[Random], Any]]] = {
    "acr": _acr,
    "acr-purge": _acr_purge,
    "artifactory": _artifactory,
    "distribution": _distribution,
    "ecr": _ecr,
    "gar": _gar,
    "harbor": _harbor,
    "nexus": _nexus,
    "unified": _unified,
}
KINDS: Final = tuple(_POLICIES)

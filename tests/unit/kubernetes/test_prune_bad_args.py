# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong arguments of a prune schedule."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.kubernetes.prune_args import PruneScheduleArgs

pytestmark = pytest.mark.unit

MISSING = object()
STALE = {"tags": ["pr-*"], "older_than_days": 14}
POLICY: dict[str, Any] = {"repositories": ["**"], "expire": {"stale": STALE}}
GOOD: dict[str, Any] = {
    "endpoint": {"server": "registry.example.com", "credentials": {"username": "ci", "password": "hunter2"}},
    "policy": POLICY,
    "namespace": "ops",
    "image": "registry.example.com/regc:1.4.0",
    "assume_created": True,
}
FIVE = "is not a cron expression of five fields; every day at 3 in the morning is '0 3 * * *'"
MACROS = "@yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly"
PUSHES = "goes by the time of push, which the registry's API does not tell, so it"
BUILD = "take the time of an image's build for it (assume_created), or rank by: version"
PULLS = "goes by pulls, which the registry's API does not tell"
UNLISTED = "selects what no tag leads to, which the registry's API does not list, so it deletes nothing; remove it, and let the registry collect that by itself"
TAGGED = "deletes no manifest that a tag leads to; give it a cleanup policy instead: lifecycle of GarRepository"
NO_MODE = "and the pods of 4 shards may be on several nodes; set it to ReadWriteMany, or parallelism to 1"

# A title, what is changed in GOOD, and every mistake that is told.
TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    # What has to be said, and words that are not known.
    (
        "nothing said",
        {"endpoint": MISSING, "policy": MISSING, "namespace": MISSING, "image": MISSING},
        [
            "endpoint: is required but not given; add it",
            "image: is required but not given; add it",
            "namespace: is required but not given; add it",
            "policy: is required but not given; add it",
        ],
    ),
    ("misspelt", {"shard": 4}, ["shard: is not a setting; did you mean shards?"]),
    ("misspelt in the endpoint", {"endpoint": {"sever": "r.example.com"}}, ["endpoint.server: is required but not given; add it", "endpoint.sever: is not a setting; did you mean server?"]),
    ("a text for the endpoint", {"endpoint": "r.example.com"}, ["endpoint: must be a mapping of settings, not 'r.example.com'"]),
    # The registry.
    ("a page", {"endpoint": {"server": "https://r.example.com"}}, ["endpoint.server: 'https://r.example.com' has a scheme; give the host alone, such as 'r.example.com'"]),
    ("this machine", {"endpoint": {"server": "127.0.0.1:5000"}}, ["endpoint.server: '127.0.0.1:5000' is the pod itself; give the name that the cluster reaches it by"]),
    ("this machine by name", {"endpoint": {"server": "localhost:5000"}}, ["endpoint.server: 'localhost:5000' is the pod itself; give the name that the cluster reaches it by"]),
    ("Docker Hub", {"endpoint": {"server": "docker.io"}}, ["repositories: is required without patterns: Docker Hub does not list what there is; name each repository"]),
    ("Docker Hub by pattern", {"endpoint": {"server": "docker.io"}, "repositories": ["acme/*"]}, ["repositories: is required without patterns: Docker Hub does not list what there is; name each repository"]),
    ("Artifact Registry", {"endpoint": {"server": "europe-west1-docker.pkg.dev", "prefix": "shop/apps"}}, [f"endpoint.server: 'europe-west1-docker.pkg.dev' {TAGGED}"]),
    ("Container Registry", {"endpoint": {"server": "eu.gcr.io"}}, [f"endpoint.server: 'eu.gcr.io' {TAGGED}"]),
    ("half a login", {"endpoint": {"server": "r.example.com", "credentials": {"username": "ci"}}}, ["endpoint.credentials.password: is required but not given; add it"]),
    ("a number for a password", {"endpoint": {"server": "r.example.com", "credentials": {"username": "ci", "password": 5}}}, ["endpoint.credentials.password: must be text"]),
    ("a secret's name", {"credentials_secret": "Registry_Login"}, ["credentials_secret: 'Registry_Login' is not an object's name; it has up to 253 lower-case letters, digits and - . inside"]),
    # The policy.
    ("no policy", {"policy": "nothing"}, ["policy: must be a mapping of settings, not 'nothing'"]),
    ("no rule", {"policy": {"repositories": ["**"]}}, ["policy.expire: has no rule, and archive neither: nothing would ever go; add a rule"]),
    ("a mistake in a rule", {"policy": {**POLICY, "expire": {"all": {"tags": ["*"]}}}}, ["policy.expire.all: would take everything that it selects; give one of older_than_days, unpulled_for_days, beyond_most_recent, beyond_bytes"]),
    ("archive", {"policy": {**POLICY, "archive": {"cold": STALE}}}, ["policy.archive: regc prune deletes, and archives nothing; expire, or remove it"]),
    ("leftovers", {"policy": {**POLICY, "expire": {"left": {"tag_state": "untagged", "older_than_days": 7}}}}, [f"policy.expire.left: {UNLISTED}"]),
    ("pulls", {"policy": {**POLICY, "expire": {"idle": {"tags": ["*"], "unpulled_for_days": 90}}}}, [f"policy.expire.idle.unpulled_for_days: {PULLS}: everything would count as never pulled; write older_than_days"]),
    ("pulls that keep", {"policy": {**POLICY, "keep": {"used": {"tags": ["*"], "pulled_within_days": 30}}}}, [f"policy.keep.used.pulled_within_days: {PULLS}: nothing would be kept; write newer_than_days, or protect what runs"]),
    ("ages without times", {"assume_created": False}, [f"policy.expire.stale: {PUSHES} deletes nothing; {BUILD}"]),
    ("counts without times", {"assume_created": False, "policy": {**POLICY, "expire": {"old": {"tags": ["*"], "beyond_most_recent": 5}}}}, [f"policy.expire.old: {PUSHES} deletes nothing; {BUILD}"]),
    ("bytes without times", {"assume_created": False, "policy": {**POLICY, "expire": {"big": {"tags": ["*"], "beyond_bytes": 5}}}}, [f"policy.expire.big: {PUSHES} deletes nothing; {BUILD}"]),
    ("keeping without times", {"assume_created": False, "policy": {**POLICY, "expire": {"old": {"tags": ["v*"], "beyond_most_recent": 5, "by": "version"}}, "keep": {"new": {"tag_state": "any", "newer_than_days": 5}}}}, [f"policy.keep.new: {PUSHES} keeps everything; {BUILD}"]),
    ("too much of what runs", {"policy": {**POLICY, "protect": {"in_use": [f"registry.example.com/shop/{'a' * 150}:{number}" for number in range(5400)]}}}, ["policy: has 992594 bytes, and a ConfigMap holds 900000; leave what runs to in_use_from_cluster"]),
    # Names.
    ("a pattern of namespaces", {"namespace": "team-*"}, ["namespace: 'team-*' is a pattern; name each namespace, or select them by label with namespace_selector"]),
    ("a namespace in capitals", {"namespace": "Ops"}, ["namespace: 'Ops' is not a namespace's name; it has 1 to 63 lower-case letters, digits and - inside"]),
    ("a long name", {"object_name": "a" * 53}, [f"object_name: '{'a' * 53}' is not a CronJob's name; it has 1 to 52 lower-case letters, digits and - inside"]),
    ("a name with a dot", {"object_name": "prune.nightly"}, ["object_name: 'prune.nightly' is not a CronJob's name; it has 1 to 52 lower-case letters, digits and - inside"]),
    # The image.
    ("no tag", {"image": "registry.example.com/regc"}, ["image: 'registry.example.com/regc' has neither tag nor digest, so it would be whatever is newest; add one"]),
    ("latest", {"image": "registry.example.com/regc:latest"}, ["image: 'registry.example.com/regc:latest' is whatever is newest; name a version or a digest"]),
    ("no image", {"image": "Regc:1"}, ["image: 'Regc' is not a repository name; use lower-case letters, digits and single . _ - between them, in parts separated by /"]),
    ("a bad digest", {"image": "regc@sha256:12"}, ["image: 'regc@sha256:12' has no valid digest: 'sha256:12'"]),
    # When.
    ("six fields", {"schedule": "0 0 3 * * *"}, [f"schedule: '0 0 3 * * *' {FIVE}"]),
    ("words", {"schedule": "daily"}, [f"schedule: 'daily' {FIVE}"]),
    ("a macro that is none", {"schedule": "@nightly"}, [f"schedule: '@nightly' is not known; allowed: {MACROS}"]),
    ("an hour too many", {"schedule": "0 24 * * *"}, ["schedule: '0 24 * * *' has '24' as hour; it takes 0 to 23, *, and of these a-b, a,b and */n"]),
    ("Sunday as 7", {"schedule": "0 3 * * 7"}, ["schedule: '0 3 * * 7' has '7' as day of the week; it takes 0 to 6, *, and of these a-b, a,b and */n"]),
    ("a step of nothing", {"schedule": "*/0 3 * * *"}, ["schedule: '*/0 3 * * *' has '*/0' as minute; it takes 0 to 59, *, and of these a-b, a,b and */n"]),
    ("a range backwards", {"schedule": "0 9-5 * * *"}, ["schedule: '0 9-5 * * *' has '9-5' as hour; it takes 0 to 23, *, and of these a-b, a,b and */n"]),
    ("a day that never comes", {"schedule": "0 3 31 2,4 *"}, ["schedule: '0 3 31 2,4 *' never comes: no such month has that day; correct the day of the month"]),
    ("a zone in the schedule", {"schedule": "TZ=Europe/Berlin 0 3 * * *"}, ["schedule: 'TZ=Europe/Berlin 0 3 * * *' has a time zone, which a CronJob refuses; say it as time_zone"]),
    ("the machine's zone", {"time_zone": "Local"}, ["time_zone: 'Local' is whatever the control plane's machine has, which a CronJob refuses; name one"]),
    ("an offset", {"time_zone": "+01:00"}, ["time_zone: '+01:00' is not the name of a time zone, such as 'Etc/UTC' or 'Europe/Berlin'"]),
    # How much.
    ("more than all", {"max_fraction": 1.5}, ["max_fraction: must be at most 1.0, not 1.5"]),
    ("less than nothing", {"max_deletes": -1}, ["max_deletes: must be at least 0, not -1"]),
    ("no shard", {"shards": 0}, ["shards: must be at least 1, not 0"]),
    ("half a shard", {"shards": 1.5}, ["shards: must be a whole number, not 1.5"]),
    ("in parallel alone", {"parallelism": 2}, ["parallelism: is how many shards run at the same time, and there is one; add shards"]),
    ("more in parallel than there are", {"shards": 2, "parallelism": 4, "journal": {"kind": "ephemeral"}}, ["parallelism: is 4, and there are 2 shards; lower it"]),
    ("too many requests", {"concurrency": 100}, ["concurrency: must be at most 64, not 100"]),
    ("yes", {"apply": "perhaps"}, ["apply: must be true or false, not 'perhaps'"]),
    # The journal.
    ("a kind of journal", {"journal": {"kind": "s3"}}, ["journal: kind 's3' is not known; allowed: claim, existing, ephemeral"]),
    ("no kind of journal", {"journal": {"size_mebibytes": 100}}, ["journal: needs `kind` to say which kind it is; allowed: claim, existing, ephemeral"]),
    ("a claim that is not named", {"journal": {"kind": "existing"}}, ["journal.claim_name: is required but not given; add it"]),
    ("a small claim", {"journal": {"kind": "claim", "size_mebibytes": 1}}, ["journal.size_mebibytes: must be at least 16, not 1"]),
    ("an access mode", {"journal": {"kind": "claim", "access_mode": "ReadOnlyMany"}}, ["journal.access_mode: must be one of ReadWriteOnce, ReadWriteOncePod, ReadWriteMany, not 'ReadOnlyMany'"]),
    ("shards on one node's volume", {"shards": 4}, [f"journal.access_mode: is ReadWriteOnce, {NO_MODE}"]),
    ("shards on one pod's volume", {"shards": 4, "parallelism": 2, "journal": {"kind": "claim", "access_mode": "ReadWriteOncePod"}}, [f"journal.access_mode: is ReadWriteOncePod, {NO_MODE}"]),
    ("kept nowhere", {"journal": {"kind": "ephemeral"}, "keep_runs": 5}, ["keep_runs: has nothing to keep runs on with journal kind 'ephemeral'; remove it"]),
    # Pods.
    ("root", {"user_id": 0}, ["user_id: must be at least 1, not 0"]),
    ("no memory", {"memory_mebibytes": 64}, ["memory_mebibytes: must be at least 128, not 64"]),
    ("longer to stop than to run", {"deadline_minutes": 1, "stop_seconds": 60}, ["stop_seconds: is as long as a run may take; lower it, or raise deadline_minutes"]),
    ("a label's key", {"labels": {"team/": "shop"}}, ["labels['team/']: 'team/' is not a key of a label or annotation; it looks like 'team' or 'example.com/team'"]),
    ("a label's value", {"labels": {"team": "the shop"}}, ["labels.team: 'the shop' is not a label's value; it has up to 63 letters, digits and . _ - inside"]),
    ("a label of ours", {"labels": {"managed-by": "us"}}, ["labels.managed-by: says who made it, which the component does itself; remove it"]),
    ("a node's label", {"node_selector": {"kubernetes.io/arch": "a m d"}}, ["node_selector['kubernetes.io/arch']: 'a m d' is not a label's value; it has up to 63 letters, digits and . _ - inside"]),
    # Several at once.
    ("several", {"schedule": "@nightly", "shards": 4, "image": "regc"}, ["image: 'regc' has neither tag nor digest, so it would be whatever is newest; add one", f"journal.access_mode: is ReadWriteOnce, {NO_MODE}", f"schedule: '@nightly' is not known; allowed: {MACROS}"]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_every_mistake_is_told_whole(changes: dict[str, Any], told: list[str]) -> None:
    settings = {key: value for key, value in {**GOOD, **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        PruneScheduleArgs.parse(settings)
    count = f"{len(told)} mistake" + ("s" if len(told) > 1 else "")
    assert str(caught.value).splitlines() == [
        f"PruneScheduleArgs is not valid ({count}):",
        *(f"  {line}" for line in told),
    ]


FINE: list[dict[str, Any]] = [
    {"endpoint": {"server": "docker.io"}, "repositories": ["acme/api"]},
    {"shards": 4, "parallelism": 1},
    {"shards": 4, "journal": {"kind": "claim", "access_mode": "ReadWriteMany"}},
    {"shards": 4, "journal": {"kind": "existing", "claim_name": "runs"}},
    {"schedule": "@daily", "time_zone": "America/Argentina/Buenos_Aires"},
    {"schedule": "*/15 0-6,22,23 ? JAN-jun mon-FRI"},
    {"schedule": "0 3 29 2 *"},
    {"schedule": "0 3 31 2 mon"},
    {"schedule": "5/10 3 * * *"},
    {"image": f"regc@sha256:{'a' * 64}"},
    {"image": "registry.example.com:5000/ops/regc:1"},
]


@pytest.mark.parametrize("changes", FINE, ids=str)
def test_what_is_fine_is_taken(changes: dict[str, Any]) -> None:
    PruneScheduleArgs.parse({**GOOD, **changes})


def test_there_are_enough_of_them() -> None:
    assert len(TABLE) >= 40
    assert len({row[0] for row in TABLE}) == len(TABLE)

# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong settings of a replication and its schedule."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.blocks.mirroring import Replication
from registry_components.core.errors import StackError
from registry_components.mirror.args import MirrorScheduleArgs

pytestmark = pytest.mark.unit

MISSING: Any = object()
A: dict[str, Any] = {"server": "source.example.com"}
B: dict[str, Any] = {"server": "copies.example.com"}
HUB: dict[str, Any] = {"server": "docker.io", "prefix": "library"}
ECR: dict[str, Any] = {"server": "123456789012.dkr.ecr.eu-west-1.amazonaws.com"}
ECR2: dict[str, Any] = {"server": "123456789012.dkr.ecr.eu-central-1.amazonaws.com"}
GAR: dict[str, Any] = {"server": "europe-west1-docker.pkg.dev", "prefix": "shop/apps"}
ACR: dict[str, Any] = {"server": "shop.azurecr.io"}
GHCR: dict[str, Any] = {"server": "ghcr.io", "prefix": "acme"}
PUBLIC: dict[str, Any] = {"server": "public.ecr.aws", "prefix": "acme"}
GOOD: dict[str, Any] = {"source": A, "destination": B, "repositories": ["team/api"]}
HARBOR: dict[str, Any] = {"source": {"server": "harbor.example.com", "prefix": "shop"}, "source_kind": "harbor"}
TO_HARBOR: dict[str, Any] = {
    "destination": {"server": "harbor.example.com", "prefix": "shop"},
    "destination_kind": "harbor",
}
P: dict[str, Any] = {"mode": "push", "referrers": False}
SCHEDULE: dict[str, Any] = {"replication": GOOD, "namespace": "ops"}

# A title, what is changed in GOOD, and every mistake that is told.
BLOCK: list[tuple[str, dict[str, Any], list[str]]] = [
    ("nothing said", {"source": MISSING, "destination": MISSING, "repositories": MISSING}, ["destination: is required but not given; add it", "repositories: is required but not given; add it", "source: is required but not given; add it"]),
    ("misspelt", {"repository": ["a"]}, ["repository: is not a setting; did you mean repositories?"]),
    ("a text for the source", {"source": "a.example.com"}, ["source: must be a mapping of settings, not 'a.example.com'"]),
    ("a page", {"source": {"server": "https://a.example.com/x"}}, ["source.server: 'https://a.example.com/x' has a scheme; give the host alone, such as 'a.example.com'"]),
    ("half a login", {"source": {**A, "credentials": {"username": "ci"}}}, ["source.credentials.password: is required but not given; add it"]),
    ("an unknown kind", {"source_kind": "nexus3"}, ["source_kind: must be one of ecr, ecr_public, artifact_registry, acr, docker_hub, ghcr, quay, gitlab, harbor, nexus, artifactory, distribution, other, not 'nexus3'"]),
    ("another kind than the host tells", {"source": GHCR, "source_kind": "harbor"}, ["source_kind: is 'harbor', and 'ghcr.io' is GitHub's registry; remove it"]),
    ("itself", {"destination": A}, ["destination: is the source itself; give another server, or another prefix"]),
    ("itself by another name", {"source": HUB, "destination": {"server": "index.docker.io", "prefix": "library"}, "repositories": ["alpine"]}, ["destination: is the source itself; give another server, or another prefix"]),
    ("two logins of one host", {"source": {**A, "credentials": {"username": "a", "password": "hunter2"}}, "destination": {**A, "prefix": "b", "credentials": {"username": "b", "password": "hunter3"}}}, ["destination.credentials: are not the source's, and a registry's clients have one login for a host; give one login that may do both"]),
    ("no repositories", {"repositories": []}, ["repositories: needs at least 1 entry (it has 0)"]),
    ("an empty name", {"repositories": [""]}, ["repositories[0]: cannot be empty; ** is every repository, * every tag"]),
    ("capitals", {"repositories": ["Team/api"]}, ["repositories[0]: 'Team/api' has 'T', which no repository's name has"]),
    ("a tag in the name", {"repositories": ["team/api:v1"]}, ["repositories[0]: 'team/api:v1' has ':', which no repository's name has"]),
    ("a slash at the end", {"repositories": ["team/"]}, ["repositories[0]: 'team/' begins or ends with /; write team/** for what is below team"]),
    ("an open brace", {"repositories": ["team/{api,web"]}, ["repositories[0]: the brace in 'team/{api,web' is not closed"]),
    ("an open bracket", {"repositories": ["team/[a-z"]}, ["repositories[0]: the bracket in 'team/[a-z' is not closed"]),
    ("a class that is none", {"repositories": ["team/[z-a]"]}, ["repositories[0]: 'team/[z-a]' is not a pattern: its class in [] has a range that runs backwards, or nothing in it"]),
    ("a long pattern", {"repositories": ["a"*257]}, ["repositories[0]: has 257 characters; a pattern has at most 256"]),
    ("said twice", {"repositories": ["team/api", "web", "team/api"]}, ["repositories[2]: 'team/api' is said already; remove it"]),
    ("left out by name", {"repositories": ["team/api", "team/**"], "exclude_repositories": ["team/a*"]}, ["repositories[0]: 'team/api' is left out by 'team/a*' of exclude_repositories; remove one of them"]),
    ("no tags", {"tags": []}, ["tags: needs at least 1 entry (it has 0)"]),
    ("a tag of two words", {"tags": ["v 1"]}, ["tags[0]: 'v 1' has ' ', which no tag has"]),
    ("a slash in a tag", {"tags": ["v/*"]}, ["tags[0]: 'v/*' has '/', which no tag has"]),
    ("a tag left out twice", {"exclude_tags": ["rc*", "rc*"]}, ["exclude_tags[1]: 'rc*' is said already; remove it"]),
    ("a platform", {"platforms": ["amd64"]}, ["platforms[0]: 'amd64' is not a platform; it looks like 'linux/amd64' or 'linux/arm/v7'"]),
    ("a platform in Docker's words", {"platforms": ["linux/amd64", "linux/arm64/8"]}, ["platforms[1]: 'linux/arm64/8' is not a platform; it looks like 'linux/amd64' or 'linux/arm/v7'"]),
    ("several platforms", {"platforms": ["linux/amd64", "linux/arm64"]}, ["platforms: are 2, and the destination refuses an index that lacks some of its images; say one, or none for all"]),
    ("several platforms in ECR", {"destination": ECR, "platforms": ["linux/amd64", "linux/arm64"]}, ["platforms: are 2, and ECR refuses an index that lacks some of its images; say one, or none for all"]),
    ("a mode", {"mode": "sync"}, ["mode: must be one of push, pull, mirror, not 'sync'"]),
    ("six fields", {"schedule": "0 0 3 * * *"}, ["schedule: '0 0 3 * * *' is not a cron expression of five fields; every day at 3 in the morning is '0 3 * * *'"]),
    ("a schedule", {"schedule": "daily"}, ["schedule: 'daily' is not a cron expression of five fields; every day at 3 in the morning is '0 3 * * *'"]),
    ("a zone", {"time_zone": "Local"}, ["time_zone: 'Local' is whatever the control plane's machine has, which a CronJob refuses; name one"]),
    ("a limit of nothing", {"kibibytes_per_second": 0}, ["kibibytes_per_second: must be at least 1, not 0"]),
    ("perhaps", {"referrers": "perhaps"}, ["referrers: must be true or false, not 'perhaps'"]),
    # What regsync cannot do, and what names cannot be.
    ("a limit for regsync", {"kibibytes_per_second": 100}, ["kibibytes_per_second: is said, and regsync knows no limit; remove it"]),
    ("deletes by a mirror", {"deletes": True}, ["deletes: is true, and a mirror deletes nothing; set it to false, and prune the destination"]),
    ("signatures that come later", {"overwrite": False}, ["overwrite: is false, and regsync then passes tags over that are there, with signatures that came later; set it to true, or referrers to false"]),
    ("Docker Hub by pattern", {"source": HUB, "repositories": ["alp*"]}, ["repositories[0]: 'alp*' is a pattern, and Docker Hub does not list what it has; name each"]),
    ("GitHub by pattern", {"source": GHCR, "repositories": ["**"]}, ["repositories[0]: '**' is a pattern, and GitHub's registry does not list what it has; name each"]),
    ("ECR Public by pattern", {"source": PUBLIC, "repositories": ["*"]}, ["repositories[0]: '*' is a pattern, and ECR Public does not list what it has; name each"]),
    ("a pattern under another prefix", {"source": {**A, "prefix": "team"}, "repositories": ["**"]}, ["repositories[0]: '**' is a pattern, and regsync cannot leave out 'team' of what it finds; name each, or let destination.prefix end in 'team'"]),
    ("an official image without library", {"source": {"server": "docker.io"}, "repositories": ["alpine"]}, ["repositories[0]: is 'alpine' at Docker Hub, where a repository is NAMESPACE/NAME (official images: library/NAME); correct it, or source.prefix"]),
    ("three parts at Docker Hub", {"destination": {"server": "docker.io", "prefix": "acme"}}, ["repositories[0]: is 'acme/team/api' at Docker Hub, where a repository is NAMESPACE/NAME (official images: library/NAME); correct it, or destination.prefix"]),
    ("everything below at Docker Hub", {"destination": {"server": "docker.io"}, "repositories": ["acme/**"]}, ["repositories[0]: is 'acme/**' at Docker Hub, where a repository is NAMESPACE/NAME (official images: library/NAME); correct it, or destination.prefix"]),
    ("no project in Harbor", {**TO_HARBOR, "destination": {"server": "harbor.example.com"}, "repositories": ["api"]}, ["repositories[0]: is 'api' at Harbor, where a repository is PROJECT/NAME; correct it, or destination.prefix"]),
    ("no repository in Artifact Registry", {"destination": {"server": "europe-west1-docker.pkg.dev", "prefix": "shop"}, "repositories": ["api"]}, ["repositories[0]: is 'shop/api' at Artifact Registry, where a repository is PROJECT/REPOSITORY/NAME; correct it, or destination.prefix"]),
    ("one part at GitHub", {"destination": {"server": "ghcr.io"}, "repositories": ["api"]}, ["repositories[0]: is 'api' at GitHub's registry, where a repository is OWNER/NAME; correct it, or destination.prefix"]),
    ("one part at Container Registry", {"source": {"server": "eu.gcr.io"}, "repositories": ["api"]}, ["repositories[0]: is 'api' at Artifact Registry, where a repository is PROJECT/NAME; correct it, or source.prefix"]),
    ("its own copies", {"destination": {**A, "prefix": "copies"}, "repositories": ["**"]}, ["repositories[0]: '**' matches its own copies below 'copies', and each run would copy those again; add 'copies/**' to exclude_repositories"]),
    ("its own copies by a pattern of some", {"source": {**A, "prefix": "team"}, "destination": {**A, "prefix": "team/copies"}, "repositories": ["{copies,web}/**"]}, ["repositories[0]: '{copies,web}/**' is a pattern, and regsync cannot leave out 'team' of what it finds; name each, or let destination.prefix end in 'team'", "repositories[0]: '{copies,web}/**' matches its own copies below 'team/copies', and each run would copy those again; add 'copies/**' to exclude_repositories"]),
    # What registries that copy by themselves cannot do.
    ("push from what does not", {"mode": "push"}, ["mode: is 'push', and the source does not push to the destination by itself; let it be 'mirror'"]),
    ("pull into what does not", {"mode": "pull"}, ["mode: is 'pull', and the destination does not pull from the source by itself; let it be 'mirror'"]),
    ("Harbor to ECR Public", {**HARBOR, **P, "destination": PUBLIC}, ["mode: is 'push', and Harbor does not push to ECR Public by itself; let it be 'mirror'"]),
    ("Nexus into Harbor", {**TO_HARBOR, "source_kind": "nexus", "mode": "pull"}, ["mode: is 'pull', and Harbor does not pull from Nexus by itself; let it be 'mirror'"]),
    ("Harbor with signatures", {**HARBOR, "mode": "push"}, ["destination.prefix: is empty, and Harbor cannot leave out 'shop' of the names; let it be another project, or let mode be 'mirror'", "referrers: is true, and Harbor's replication leaves behind what refers to an image (2.15, goharbor/harbor#23210); set it to false, or let mode be 'mirror'"]),
    ("Harbor and platforms", {**HARBOR, **P, "platforms": ["linux/amd64"]}, ["destination.prefix: is empty, and Harbor cannot leave out 'shop' of the names; let it be another project, or let mode be 'mirror'", "platforms: is said, and Harbor copies every platform; remove it, or let mode be 'mirror'"]),
    ("Harbor without some", {**HARBOR, **P, "repositories": ["**"], "exclude_repositories": ["tmp/*"]}, ["destination.prefix: is empty, and Harbor cannot leave out 'shop' of the names; let it be another project, or let mode be 'mirror'", "exclude_repositories: is said, and Harbor's filters leave out no repository; name what goes, or let mode be 'mirror'"]),
    ("Harbor with two filters of tags", {**HARBOR, **P, "tags": ["v*"], "exclude_tags": ["*-rc*"]}, ["destination.prefix: is empty, and Harbor cannot leave out 'shop' of the names; let it be another project, or let mode be 'mirror'", "exclude_tags: is said beside tags, and Harbor has one filter of tags; remove one, or let mode be 'mirror'"]),
    ("Harbor in another zone", {**HARBOR, **P, "schedule": "@daily", "time_zone": "Europe/Berlin"}, ["destination.prefix: is empty, and Harbor cannot leave out 'shop' of the names; let it be another project, or let mode be 'mirror'", "time_zone: is 'Europe/Berlin', and Harbor's schedules are in UTC; remove it, or let mode be 'mirror'"]),
    ("Harbor from several projects", {**HARBOR, **P, "source": {"server": "harbor.example.com"}, "repositories": ["shop/api", "base/os"]}, ["repositories: are in several projects, and Harbor has one filter of names; make a replication of each project, or one of all, or let mode be 'mirror'"]),
    ("Harbor without the project's name", {**HARBOR, **P}, ["destination.prefix: is empty, and Harbor cannot leave out 'shop' of the names; let it be another project, or let mode be 'mirror'"]),
    ("Harbor's deletes on a schedule", {**HARBOR, **P, "destination": {**B, "prefix": "copies"}, "deletes": True, "schedule": "@daily"}, ["schedule: is said, and Harbor passes deletes on only as they happen; remove it, or set deletes to false"]),
    ("Harbor's deletes on a pull", {**TO_HARBOR, "mode": "pull", "referrers": False, "deletes": True}, ["deletes: is true, and only Harbor's pushes pass deletes on; set it to false"]),
    ("Docker Hub into Harbor without some tags", {**TO_HARBOR, "source": HUB, "repositories": ["alpine"], "mode": "pull", "referrers": False, "exclude_tags": ["edge"]}, ["exclude_tags: is said, and Harbor's adapter of Docker Hub takes what a filter excludes for what it wants; say tags, or let mode be 'mirror'"]),
    ("ECR under another name", {"source": ECR, "destination": {**ECR2, "prefix": "copies"}, "repositories": ["team/**"], "mode": "push"}, ["destination.prefix: is not the source's, and ECR's replication keeps names; let it be the same, or let mode be 'mirror'"]),
    ("ECR with filters", {"source": ECR, "destination": ECR2, "repositories": ["team/**", "*/api"], "tags": ["v*"], "exclude_tags": ["rc*"], "platforms": ["linux/amd64"], "exclude_repositories": ["x"], "mode": "push"}, ["exclude_repositories: is said, and ECR's replication has no such filter; remove it, or let mode be 'mirror'", "exclude_tags: is said, and ECR's replication has no such filter; remove it, or let mode be 'mirror'", "platforms: is said, and ECR's replication has no such filter; remove it, or let mode be 'mirror'", "repositories[1]: '*/api' is no prefix, and ECR's replication knows no other filter; write team/** or api**, or let mode be 'mirror'", "tags: is said, and ECR's replication copies every tag; remove it, or let mode be 'mirror'"]),
    ("ECR on a schedule", {"source": ECR, "destination": ECR2, "repositories": ["team/**"], "schedule": "@daily", "mode": "push"}, ["schedule: is said, and ECR's replication follows each push; remove it, or let mode be 'mirror'"]),
    ("ECR otherwise", {"source": ECR, "destination": ECR2, "repositories": ["team/**"], "referrers": False, "overwrite": False, "deletes": True, "kibibytes_per_second": 5, "mode": "push"}, ["deletes: is true, and ECR's replication passes no deletes on; set it to false, or let mode be 'mirror'", "kibibytes_per_second: is said, and ECR's replication knows no limit; remove it", "overwrite: is false, and ECR's replication moves tags; set it to true, or let mode be 'mirror'", "referrers: is false, and ECR's replication takes signatures along; set it to true, or let mode be 'mirror'"]),
    ("several", {"repositories": ["Team"], "mode": "sync", "deletes": True, "platforms": ["x"]}, ["mode: must be one of push, pull, mirror, not 'sync'", "platforms[0]: 'x' is not a platform; it looks like 'linux/amd64' or 'linux/arm/v7'", "repositories[0]: 'Team' has 'T', which no repository's name has"]),
]  # fmt: skip


def replication(**changes: Any) -> dict[str, Any]:
    return {"replication": {**GOOD, **changes}}


# The same of SCHEDULE.
ARGS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("nothing said", {"replication": MISSING, "namespace": MISSING}, ["namespace: is required but not given; add it", "replication: is required but not given; add it"]),
    ("misspelt", {"paralel": 3}, ["paralel: is not a setting; did you mean parallel?"]),
    ("a mistake in the block", replication(repositories=["Team"]), ["replication.repositories[0]: 'Team' has 'T', which no repository's name has"]),
    ("Harbor does it", replication(**HARBOR,referrers=False,destination={"server": "copies.example.com", "prefix": "c"}), ["replication.mode: is not said, and Harbor pushes this by itself; let it be 'mirror', or let it do so"]),
    ("ECR does it", replication(source=ECR,destination=ECR2,repositories=["team/**"]), ["replication.mode: is not said, and ECR replicates this by itself; let it be 'mirror', or let it do so"]),
    ("Harbor pulls", replication(**TO_HARBOR,referrers=False,source={"server": "source.example.com", "credentials": None}), ["replication.destination.credentials: is required: nobody pushes to Harbor without a login; add it", "replication.mode: is not said, and Harbor pulls this by itself; let it be 'mirror', or let it do so"]),
    ("this machine", replication(source={"server": "localhost:5000"}), ["replication.source.server: 'localhost:5000' is the pod itself; give the name that the cluster reaches it by"]),
    ("a push to Docker Hub without a login", replication(destination={"server": "docker.io"}), ["replication.destination.credentials: is required: nobody pushes to Docker Hub without a login; add it"]),
    ("a push to Harbor without a login", replication(**TO_HARBOR), ["replication.destination.credentials: is required: nobody pushes to Harbor without a login; add it"]),
    ("a token of ECR", replication(destination={**ECR, "credentials": {"username": "AWS", "password": "hunter2"}}), ["replication.destination.credentials: ECR's only login is a token of 12 hours, after which nothing is copied; leave credentials out, and regsync asks for tokens as the pod"]),
    ("a token of Google", replication(source={**GAR, "credentials": {"username": "oauth2accesstoken", "password": "hunter2"}},repositories=["api"]), ["replication.source.credentials: a login as 'oauth2accesstoken' is an access token of 1 hour, after which nothing is copied; leave credentials out, and regsync asks for tokens as the pod"]),
    ("a token of ACR", replication(source={**ACR, "credentials": {"username": "00000000-0000-0000-0000-000000000000", "password": "hunter2"}}), ["replication.source.credentials: a login as '00000000-0000-0000-0000-000000000000' is a token of 3 hours, after which nothing is copied; leave credentials out, and regsync asks for tokens as the pod"]),
    ("a token of GitHub", replication(source={**GHCR, "credentials": {"username": "ci", "password": "ghs_hunter2"}},repositories=["api"]), ["replication.source.credentials: a GitHub token of the kind ghs_ ends after 1 hour, or with the job that it was given to, after which nothing is copied; give a personal access token of the kind read:packages"]),
    ("a token of a GitLab job", replication(source={"server": "registry.gitlab.com", "credentials": {"username": "gitlab-ci-token", "password": "hunter2"}}), ["replication.source.credentials: a login as 'gitlab-ci-token' ends with the job that it was given to, after which nothing is copied; give a deploy token"]),
    ("a colon", replication(source={**A, "credentials": {"username": "a:b", "password": "hunter2"}}), ["replication.source.credentials.username: has a colon, which would end it; correct it"]),
    ("an empty password", replication(source={**A, "credentials": {"username": "ci", "password": ""}}), ["replication.source.credentials.password: is empty; give the password or token"]),
    ("two places for logins", {**replication(source={**A, "credentials": {"username": "ci", "password": "hunter2"}}), "credentials_secret": "there"}, ["replication.source.credentials: is not used: credentials_secret has the logins; remove it"]),
    ("a secret's name", {"credentials_secret": "There"}, ["credentials_secret: 'There' is not an object's name; it has up to 253 lower-case letters, digits and - . inside"]),
    ("a token that ends during the run", {**replication(destination=ECR), "credentials_secret": "refreshed"}, ["deadline_minutes: is 360, and a token of ECR in credentials_secret may end after 240; lower it, or leave the secret out, and regsync asks for tokens as the pod"]),
    ("Google's token that ends during the run", {**replication(source=GAR,repositories=["api"]), "credentials_secret": "refreshed", "deadline_minutes": 60}, ["deadline_minutes: is 60, and a token of Artifact Registry in credentials_secret may end after 20; lower it, or leave the secret out, and regsync asks for tokens as the pod"]),
    ("an identity for nothing", {"service_account_annotations": {"eks.amazonaws.com/role-arn": "x"}, "pod_labels": {"azure.workload.identity/use": "true"}}, ["pod_labels: has no meaning where no registry asks for the pod's identity; remove it", "service_account_annotations: has no meaning where no registry asks for the pod's identity; remove it"]),
    ("no helper of ACR", replication(destination=ACR), ["image: is regsync's own, which has no docker-credential-acr-env; give one that has it, or credentials: a repository-scoped token"]),
    ("a namespace", {"namespace": "Ops"}, ["namespace: 'Ops' is not a namespace's name; it has 1 to 63 lower-case letters, digits and - inside"]),
    ("an image without a tag", {"image": "ghcr.io/regclient/regsync"}, ["image: 'ghcr.io/regclient/regsync' has neither tag nor digest, so it would be whatever is newest; add one"]),
    ("latest", {"verify_image": "registry.example.com/regc:latest"}, ["verify_image: 'registry.example.com/regc:latest' is whatever is newest; name a version or a digest"]),
    ("a long name", {"object_name": "a"*53}, ["object_name: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is not a CronJob's name; it has 1 to 52 lower-case letters, digits and - inside"]),
    ("none at a time", {"parallel": 0}, ["parallel: must be at least 1, not 0"]),
    ("root", {"user_id": 0}, ["user_id: must be at least 1, not 0"]),
    ("longer to stop than to run", {"deadline_minutes": 1, "stop_seconds": 60}, ["stop_seconds: is as long as a run may take; lower it, or raise deadline_minutes"]),
    ("a label of ours", {"labels": {"managed-by": "us"}}, ["labels.managed-by: says who made it, which the component does itself; remove it"]),
    ("a label's value", {"labels": {"team": "the shop"}}, ["labels.team: 'the shop' is not a label's value; it has up to 63 letters, digits and . _ - inside"]),
    ("a node's label", {"node_selector": {"a b": "c"}}, ["node_selector['a b']: 'a b' is not a key of a label or annotation; it looks like 'team' or 'example.com/team'"]),
    ("an annotation's key", {**replication(destination=ECR), "service_account_annotations": {"a b": "c"}}, ["service_account_annotations['a b']: 'a b' is not a key of a label or annotation; it looks like 'team' or 'example.com/team'"]),
    ("several", {"namespace": "Ops", "parallel": 0, "image": "regsync"}, ["image: 'regsync' has neither tag nor digest, so it would be whatever is newest; add one", "namespace: 'Ops' is not a namespace's name; it has 1 to 63 lower-case letters, digits and - inside", "parallel: must be at least 1, not 0"]),
]  # fmt: skip


def told(model: type[Replication | MirrorScheduleArgs], settings: dict[str, Any]) -> list[str]:
    given = {key: value for key, value in settings.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        model.parse(given)
    assert "hunter" not in str(caught.value)
    return str(caught.value).splitlines()


def expected(model: type[Replication | MirrorScheduleArgs], lines: list[str]) -> list[str]:
    count = f"{len(lines)} mistake" + ("s" if len(lines) > 1 else "")
    return [f"{model.__name__} is not valid ({count}):", *(f"  {line}" for line in lines)]


@pytest.mark.parametrize(("changes", "lines"), [row[1:] for row in BLOCK], ids=[row[0] for row in BLOCK])
def test_every_mistake_of_a_replication_is_told_whole(changes: dict[str, Any], lines: list[str]) -> None:
    assert told(Replication, {**GOOD, **changes}) == expected(Replication, lines)


@pytest.mark.parametrize(("changes", "lines"), [row[1:] for row in ARGS], ids=[row[0] for row in ARGS])
def test_every_mistake_of_a_schedule_is_told_whole(changes: dict[str, Any], lines: list[str]) -> None:
    assert told(MirrorScheduleArgs, {**SCHEDULE, **changes}) == expected(MirrorScheduleArgs, lines)


LOGIN = {"credentials": {"username": "ci", "password": "hunter2"}}
FINE: list[dict[str, Any]] = [
    {},
    replication(source={**A, **LOGIN}, destination={**A, "prefix": "copies", **LOGIN}),
    replication(source=HUB, repositories=["alpine"], tags=["3.*"], exclude_tags=["*-rc*"]),
    replication(destination={"server": "docker.io", "prefix": "acme", **LOGIN}, repositories=["api", "{web,db}"]),
    replication(source={**A, "prefix": "team"}, destination={**B, "prefix": "copies/team"}, repositories=["**"]),
    replication(destination=ECR, platforms=["linux/arm64"]),
    replication(destination={**ACR, **LOGIN}),
    replication(source={**ACR, **LOGIN}, destination=ECR),
    {**replication(destination=ACR), "image": "registry.example.com/regsync-azure:1"},
    {**replication(destination=ECR), "credentials_secret": "refreshed", "deadline_minutes": 240},
    {**replication(source=GAR, destination=ECR, repositories=["api"]), "pod_labels": {"a": "b"}},
    replication(**HARBOR),
    replication(**{**HARBOR, "referrers": False, "mode": "mirror"}),
    replication(source=ECR, destination=ECR2, repositories=["team/**"], mode="mirror"),
    replication(referrers=False, overwrite=False),
    {**replication(source=PUBLIC, repositories=["api"]), "verify_image": "registry.example.com/regc:1"},
    replication(source={"server": "gcr.io", "prefix": "distroless"}, repositories=["static"]),
    replication(destination={**A, "prefix": "copies"}, repositories=["team/**"]),
    replication(destination={**A, "prefix": "copies"}, repositories=["**"], exclude_repositories=["copies/**"]),
    replication(destination_kind="distribution", platforms=["linux/amd64", "linux/arm/v7"]),
]


@pytest.mark.parametrize("changes", FINE)
def test_what_is_right_is_taken(changes: dict[str, Any]) -> None:
    MirrorScheduleArgs.parse({**SCHEDULE, **changes})

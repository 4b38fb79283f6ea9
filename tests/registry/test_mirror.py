"""Registry proof: what a mirror's configuration copies between two real registries when the real regsync runs with it,
what the plan said before and what the check says after."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import bcrypt
import pytest
import yaml
from typer.testing import CliRunner, Result

from registry_components.blocks.mirroring import Replication
from registry_components.cli.main import app
from registry_components.core.endpoint import docker_config
from registry_components.mirror.render import End, arguments, regsync_config
from registry_components.oci.client import RegistryClient, fallback_tag
from registry_components.oci.model import OCI_INDEX, Descriptor, Index, Manifest, Platform, parse_manifest
from tests.registry.filled import Filler, holds, registry, whole
from tests.registry.oci_servers import Answer, Request, forward, server
from tests.support.servers import free_port, serving
from tests.unit.kubernetes.fake_pull_apis import clouds

pytestmark = pytest.mark.registry

REGC = str(Path(sys.executable).parent / "regc")


class Two:
    """Two registries, and what runs between them."""

    def __init__(self, source: str, destination: str, regsync: Path, folder: Path) -> None:
        self.source, self.destination = RegistryClient(source), RegistryClient(destination)
        self.filler = Filler(self.source)
        self.regsync, self.folder = regsync, folder

    def __enter__(self) -> Two:
        return self

    def __exit__(self, *_: object) -> None:
        self.source.close()
        self.destination.close()

    def config(self, prefixes: tuple[str, str] = ("", ""), **settings: Any) -> None:
        """Write the block that the commands read."""
        ends = [
            {"server": client.server, "prefix": prefix, "plain_http": True}
            for client, prefix in zip((self.source, self.destination), prefixes, strict=True)
        ]
        kinds = {"source_kind": "distribution", "destination_kind": "distribution"}
        tree = {"source": ends[0], "destination": ends[1], **kinds, **settings}
        (self.folder / "mirror.yaml").write_text(yaml.safe_dump(tree))

    def regc(self, command: str, *options: str, code: int = 0, **environment: str) -> str:
        """Run a command in this process; return what it printed."""
        done = self._run(command, *options, code=code, **environment)
        return done.stdout + done.stderr

    def _run(self, command: str, *options: str, code: int = 0, **environment: str) -> Result:
        said = {"HOME": str(self.folder), "DOCKER_CONFIG": str(self.folder), **environment}
        with contextlib.chdir(self.folder):
            done = CliRunner().invoke(app, ["mirror", command, "--config", "mirror.yaml", *options], env=said)
        assert done.exit_code == code, done.stdout + done.stderr
        return done

    def copy(self, code: int = 0) -> None:
        self.regc("run", "--regsync", str(self.regsync), code=code)

    def told(self, command: str, code: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._run(command, "--json", code=code).stdout)
        return found


@pytest.fixture
def two(registry_binary: Path, regsync_binary: Path, tmp_path: Path) -> Iterator[Two]:
    with (
        registry(registry_binary, tmp_path / "one") as source,
        registry(registry_binary, tmp_path / "other") as destination,
        Two(source, destination, regsync_binary, tmp_path) as made,
    ):
        yield made


def signed_index(filler: Filler, repository: str, *tags: str) -> dict[str, str]:
    """Push an index of two images, signatures of it and of one of them, and one that cosign keeps under a tag."""
    children = filler.images(repository, [((), 1), ((), 1)])
    index = filler.index(repository, children, *tags)
    return {
        "index": index,
        "child": children[0],
        "other child": children[1],
        "signature": filler.signature(repository, index, by_tag=False),
        "child's": filler.signature(repository, children[0], by_tag=False),
        "tagged": filler.signature(repository, index, by_tag=True),
    }


def differences(tree: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (one["status"], one["kind"], one["name"])
        for repository in tree["repositories"]
        for one in repository["differences"]
    }


def test_a_plan_a_copy_and_a_check_that_finds_what_is_not_so(two: Two) -> None:
    made = signed_index(two.filler, "team/api", "v1", "latest")
    two.filler.image("team/api", "pr-7")
    image = two.filler.image("base", "v3")
    two.filler.image("other", "v3")
    two.config(("", "copies"), repositories=["team/**", "base"], tags=["v*"])

    # Before: all of it is missing, and nothing is written by looking.
    before = two.told("plan")
    api = {"signature": "referrer", "child's": "referrer", "child": "manifest", "other child": "manifest"}
    assert differences(before) == {
        ("missing", "tag", "v3"),
        ("missing", "tag", "v1"),
        ("missing", "digest tag", made["index"].replace(":", "-") + ".sig"),
        *(("missing", kind, made[name]) for name, kind in api.items()),
    }
    assert list(two.destination.catalog()) == []
    text = two.regc("plan")
    assert "missing: base:v3\n" in text
    assert f"missing: team/api@{made['signature'][:19]} (refers to {made['index'][:19]})\n" in text
    assert "2 tags and 5 signatures and other parts to copy in 2 of 2 repositories, " in text
    two.regc("verify", code=1)

    two.copy()
    assert sorted(two.destination.catalog()) == ["copies/base", "copies/team/api"]
    for digest in made.values():
        assert whole(two.destination, "copies/team/api", digest), digest
    tags = {tag for tag in holds(two.destination, "copies/team/api") if not tag.startswith("sha256-")}
    assert tags == {"v1"}
    for subject, signature in (("index", "signature"), ("child", "child's")):
        there = two.destination.referrers("copies/team/api", made[subject])
        assert [one.digest for one in there] == [made[signature]]

    # The bytes that were told are those that arrived.
    assert before["bytes"] == sum(_stored(two.destination, name) for name in ("copies/base", "copies/team/api"))
    after = two.told("verify")
    assert (after["equal"], after["to_copy"], after["bytes"], after["same_tags"], after["same_referrers"]) == (
        True, 0, 0, 2, 3,
    )  # fmt: skip
    assert "equal: 2 tags and 3 signatures and the like are the same in 2 repositories" in two.regc("verify")
    two.copy()
    assert two.told("verify")["equal"] is True

    # A tag that was moved there, a signature that was deleted there, and what is there alone.
    moved = Filler(two.destination).image("copies/base", "v3", "v9")
    _forget(two.destination, "copies/team/api", made["index"], made["signature"])
    found = two.told("verify", code=1)
    assert differences(found) == {
        ("changed", "tag", "v3"),
        ("missing", "referrer", made["signature"]),
        ("extra", "tag", "v9"),
    }
    told = two.regc("verify", code=1)
    assert f"changed: base:v3 leads to {moved[:19]} in copies/base, not to {image[:19]}\n" in told
    assert "not equal: 1 tags and 2 signatures and the like are the same in 2 repositories; 1 are at" in told
    two.copy()
    assert two.told("verify")["equal"] is True
    assert holds(two.destination, "copies/base")["v3"] == image
    # What the destination alone has stays, and is a difference only where that is asked for.
    assert "extra: base:v9\n" in two.regc("verify", "--exact", code=1)


def _stored(client: RegistryClient, repository: str) -> int:
    """Return how many bytes of manifests and blobs a repository has, but for the registry's indexes of referrers."""
    seen: dict[str, int] = {}

    def add(digest: str) -> None:
        stored = client.manifest(repository, digest)
        seen[stored.digest] = len(stored.data)
        parsed = stored.parse()
        if isinstance(parsed, Index):
            for child in parsed.manifests:
                add(child.digest)
        else:
            seen.update({blob.digest: blob.size for blob in (parsed.config, *parsed.layers)})
        for one in client.referrers(repository, stored.digest):
            add(one.digest)

    for tag, digest in holds(client, repository).items():
        if not tag.startswith("sha256-") or tag.endswith(".sig"):
            add(digest)
    return sum(seen.values())


def _forget(client: RegistryClient, repository: str, subject: str, referrer: str) -> None:
    """Delete what refers to a manifest, and its entry in the index that stands for the referrers API."""
    left = tuple(one for one in client.referrers(repository, subject) if one.digest != referrer)
    client.delete_manifest(repository, referrer)
    client.put_manifest(repository, fallback_tag(subject), Index(left))


class ReferrersApi:
    """A registry that keeps referrers itself, as most but Distribution do: the index that stands for the API in the
    Distribution behind it is answered as that API, is kept by the server, and is no tag."""

    def __init__(self, upstream: str) -> None:
        self._upstream, self._lock = upstream, threading.Lock()
        self.asked = 0

    def handle(self, request: Request) -> Answer:
        path = urlsplit(request.path).path
        asked = re.fullmatch(r"/v2/(.+)/referrers/(sha256):([0-9a-f]{64})", path)
        if asked:
            self.asked += 1
            return self._index(asked[1], f"{asked[2]}-{asked[3]}")
        answer = forward(self._upstream, request)
        if path.endswith("/tags/list") and answer.status == 200:
            tree = json.loads(answer.body)
            kept = [tag for tag in tree["tags"] or () if not re.fullmatch(r"sha256-[0-9a-f]{64}", tag)]
            answer.body = json.dumps({**tree, "tags": kept}).encode()
            answer.headers["Content-Length"] = str(len(answer.body))
        subject = json.loads(request.body).get("subject") if self._stored(request, answer) else None
        if subject:
            self._add(path.partition("/manifests/")[0].removeprefix("/v2/"), request, answer, subject["digest"])
            answer.headers["OCI-Subject"] = subject["digest"]
        return answer

    @staticmethod
    def _stored(request: Request, answer: Answer) -> bool:
        return request.method == "PUT" and "/manifests/" in request.path and answer.status == 201

    def _index(self, repository: str, tag: str) -> Answer:
        path = f"/v2/{repository}/manifests/{tag}"
        found = forward(self._upstream, Request("GET", path, {"accept": OCI_INDEX}, b""))
        body = found.body if found.status == 200 else Index(()).to_bytes()
        return Answer(200, {"Content-Type": OCI_INDEX}, body)

    def _add(self, repository: str, request: Request, answer: Answer, subject: str) -> None:
        tree, tag = json.loads(request.body), subject.replace(":", "-")
        entry = Descriptor(
            request.headers["content-type"], answer.headers["Docker-Content-Digest"], len(request.body),
            tree.get("artifactType") or tree["config"]["mediaType"],
        )  # fmt: skip
        with self._lock:
            known = parse_manifest(self._index(repository, tag).body)
            assert isinstance(known, Index)
            if all(one.digest != entry.digest for one in known.manifests):
                body = Index((*known.manifests, entry)).to_bytes()
                headers = {"content-type": OCI_INDEX, "content-length": str(len(body))}
                done = forward(self._upstream, Request("PUT", f"/v2/{repository}/manifests/{tag}", headers, body))
                assert done.status == 201, done.body


@pytest.mark.parametrize("ends", ["source", "destination", "both"])
def test_signatures_between_registries_with_and_without_the_referrers_api(two: Two, ends: str) -> None:
    plain = two.source.server, two.destination.server
    apis = [ReferrersApi(address) for address in plain]
    with server(apis[0].handle) as one, server(apis[1].handle) as other:
        played = Two(
            one.address if ends != "destination" else plain[0], other.address if ends != "source" else plain[1],
            two.regsync, two.folder,
        )  # fmt: skip
        with played:
            made = signed_index(played.filler, "team/api", "v1")
            played.config(repositories=["team/api"], tags=["v*"])
            assert played.told("plan")["to_copy"] == 6
            played.copy()
            told = played.told("verify")
            assert (told["equal"], told["same_tags"], told["same_referrers"]) == (True, 1, 3)
            for subject, signature in (("index", "signature"), ("child", "child's")):
                there = played.destination.referrers("team/api", made[subject])
                assert [found.digest for found in there] == [made[signature]]
            later = played.filler.signature("team/api", made["other child"], by_tag=False)
            assert differences(played.told("verify", code=1)) == {("missing", "referrer", later)}
            played.copy()
            assert played.told("verify", code=0)["same_referrers"] == 4
    # Each that has the API was asked by it.
    assert [api.asked > 0 for api in apis] == [ends != "destination", ends != "source"]


def test_one_platform_and_a_signature_that_comes_later(two: Two) -> None:
    images = two.filler.images("base", [((), 1), ((), 2)])
    described = [two.source.manifest("base", digest).descriptor for digest in images]
    platforms = (Platform("linux", "amd64"), Platform("linux", "arm64", "v8"))
    children = tuple(replace(one, platform=platform) for one, platform in zip(described, platforms, strict=True))
    two.source.put_manifest("base", "v1", Index(children))
    alone = two.filler.image("base", "plain")
    two.config(repositories=["base"], platforms=["linux/arm64"])
    assert differences(two.told("plan")) == {("missing", "tag", "v1"), ("missing", "tag", "plain")}
    two.copy()
    assert holds(two.destination, "base") == {"v1": images[1], "plain": alone}
    assert two.told("verify")["equal"] is True
    signature = two.filler.signature("base", images[1], by_tag=False)
    assert differences(two.told("verify", code=1)) == {("missing", "referrer", signature)}
    two.copy()
    assert two.told("verify")["equal"] is True
    # regsync takes linux for windows where there is no such image; the check does not.
    two.config(repositories=["base"], platforms=["windows/amd64"])
    assert "base:v1 has no image for windows/amd64; correct platforms, or leave it out" in two.regc("verify", code=1)
    two.copy()
    assert holds(two.destination, "base")["v1"] == images[0]
    two.config(repositories=["base"], platforms=["linux/s390x"])
    two.copy(code=1)


def test_some_platforms_where_the_destination_takes_such_an_index(
    registry_binary: Path, regsync_binary: Path, tmp_path: Path
) -> None:
    rules = {"validation": {"manifests": {"indexes": {"platforms": "none"}}}}
    with (
        registry(registry_binary, tmp_path / "one") as source,
        _registry(registry_binary, tmp_path / "other", rules) as destination,
        Two(source, destination, regsync_binary, tmp_path) as two,
    ):
        images = two.filler.images("base", [((), 1), ((), 2), ((), 3)])
        platforms = [Platform("linux", name) for name in ("amd64", "arm64", "s390x")]
        children = tuple(
            replace(two.source.manifest("base", digest).descriptor, platform=platform)
            for digest, platform in zip(images, platforms, strict=True)
        )
        two.source.put_manifest("base", "v1", Index(children))
        two.config(repositories=["base"], platforms=["linux/amd64", "linux/arm64"])
        plan = two.told("plan")
        assert {name for _, kind, name in differences(plan) if kind == "manifest"} == set(images[:2])
        two.copy()
        assert two.told("verify")["equal"] is True
        assert two.destination.manifest_descriptor("base", images[2]) is None
        assert holds(two.destination, "base") == holds(two.source, "base")


def test_a_registry_that_wants_every_platform_refuses_such_an_index(two: Two) -> None:
    """Why several platforms are refused but for a destination that is said to be Distribution."""
    images = two.filler.images("base", [((), 1), ((), 2), ((), 3)])
    children = tuple(
        replace(two.source.manifest("base", digest).descriptor, platform=Platform("linux", name))
        for digest, name in zip(images, ("amd64", "arm64", "s390x"), strict=True)
    )
    two.source.put_manifest("base", "v1", Index(children))
    two.config(repositories=["base"], platforms=["linux/amd64", "linux/arm64"])
    two.copy(code=1)
    assert {tag for tag, _, _ in differences(two.told("verify", code=1))} == {"missing"}


def test_tags_that_are_there_stay_where_that_is_said(two: Two) -> None:
    two.filler.images("base", [(["v1"], 1), (["v2"], 2)])
    theirs = Filler(two.destination).image("base", "v1")
    two.config(repositories=["base"], overwrite=False, referrers=False)
    assert differences(two.told("plan")) == {("kept", "tag", "v1"), ("missing", "tag", "v2")}
    two.copy()
    assert holds(two.destination, "base")["v1"] == theirs
    told = two.regc("verify")
    assert "kept: base:v1 leads elsewhere in base, and overwrite is false\n" in told
    assert "equal: 1 tags" in told


def test_names_that_are_wrong_are_told(two: Two) -> None:
    two.filler.image("team/api", "v1")
    two.config(repositories=["team/apj", "team/api"], tags=["w*"])
    told = two.regc("plan", code=2)
    assert f"not compared: team/apj is not at {two.source.server}; correct its name\n" in told
    assert "not compared: team/api has no tag that is meant; correct tags or exclude_tags\n" in told
    assert two.told("verify", code=1)["equal"] is False
    # For regsync that no tag matches is no failure.
    two.config(repositories=["team/api"], tags=["w*"])
    two.copy()
    two.regc("verify", code=1)
    two.config(repositories=["team/**", "shop/**"])
    assert two.regc("plan", code=1) == (
        f"error: repositories: 'shop/**' matches nothing that {two.source.server} has; correct or remove it\n"
    )


def test_logins_come_from_a_helper_that_gives_tokens_and_from_dockers_configuration(
    registry_binary: Path, regsync_binary: Path, tmp_path: Path
) -> None:
    """The helper stands for those of the clouds: what regsync is told of them is what it runs."""
    hashed = bcrypt.hashpw(b"token-1", bcrypt.gensalt(4)).decode()
    (tmp_path / "users").write_text(f"AWS:{hashed}\n")
    auth = {"auth": {"htpasswd": {"realm": "copies", "path": str(tmp_path / "users")}}}
    with (
        registry(registry_binary, tmp_path / "one") as source,
        _registry(registry_binary, tmp_path / "other", auth) as destination,
        Two(source, destination, regsync_binary, tmp_path) as two,
    ):
        two.filler.image("team/api", "v1")
        folder = tmp_path / "bin"
        folder.mkdir()
        helper = folder / "docker-credential-ecr-login"
        helper.write_text(
            f'#!/bin/sh\nread -r server\necho "$1 $server" >>{tmp_path}/asked\n'
            'echo "{\\"ServerURL\\": \\"$server\\", \\"Username\\": \\"AWS\\", \\"Secret\\": \\"token-1\\"}"\n'
        )
        helper.chmod(0o755)
        ends = [{"server": server, "plain_http": True} for server in (source, destination)]
        block = Replication.parse({"source": ends[0], "destination": ends[1], "repositories": ["team/api"]})
        config = tmp_path / "regsync.yaml"
        made = regsync_config(
            block,
            End(source, plain_http=True, helper="gcr"),
            End(destination, kind="ecr", plain_http=True, helper="ecr-login"),
        )
        config.write_text(made)
        run = [str(regsync_binary), *arguments(block, str(config))]
        environment = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
        done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "token-1" not in done.stdout + done.stderr + made
        assert set((tmp_path / "asked").read_text().splitlines()) == {f"get {destination}"}
        # regsync reads the time after which it asks again, long before the token ends.
        shown = subprocess.run(
            [str(regsync_binary), "config", "--config", str(config)], capture_output=True, text=True, check=True
        )
        hosts = {host["registry"]: host for host in yaml.safe_load(shown.stdout)["creds"]}
        assert hosts[destination]["credHelper"] == "docker-credential-ecr-login"
        assert hosts[destination]["credExpire"] == 4 * 3600 * 10**9
        # The commands log in with what Docker's configuration says; without it they are refused.
        two.config(repositories=["team/api"])
        assert "401" in two.regc("verify", code=1)
        (tmp_path / "config.json").write_text(docker_config(destination, "AWS", "token-1"))
        assert two.told("verify")["equal"] is True
        two.source.delete_manifest("team/api", holds(two.source, "team/api")["v1"])
        two.filler.image("team/api", "v1", "v2")
        two.copy()
        assert two.told("verify")["same_tags"] == 2


def test_the_check_asks_for_a_token_as_the_pod_that_it_runs_in(
    registry_binary: Path, regsync_binary: Path, tmp_path: Path
) -> None:
    """The metadata server is played here; the registry takes its token and nothing else."""
    hashed = bcrypt.hashpw(b"token-of-the-pod", bcrypt.gensalt(4)).decode()
    (tmp_path / "users").write_text(f"oauth2accesstoken:{hashed}\n")
    auth = {"auth": {"htpasswd": {"realm": "copies", "path": str(tmp_path / "users")}}}
    with (
        registry(registry_binary, tmp_path / "one") as source,
        _registry(registry_binary, tmp_path / "other", auth) as destination,
        Two(source, destination, regsync_binary, tmp_path) as two,
        clouds() as google,
        RegistryClient(destination, username="oauth2accesstoken", password="token-of-the-pod") as pod,
    ):
        google.google = [(200, {"access_token": "token-of-the-pod", "expires_in": 3000})]
        two.filler.image("shop/api", "v1")
        two.config(repositories=["shop/api"], destination_kind="artifact_registry")
        two.regc("verify", code=1, GCE_METADATA_HOST=google.address)
        told = two.regc("verify", "--pod-identity=destination", code=1, GCE_METADATA_HOST=google.address)
        assert told.startswith("missing: shop/api:v1\nnot equal: 0 tags ")
        stored = two.source.manifest("shop/api", "v1")
        parsed = stored.parse()
        assert isinstance(parsed, Manifest)
        for blob in (parsed.config, *parsed.layers):
            pod.push_blob("shop/api", two.source.read_blob("shop/api", blob.digest))
        pod.put_manifest("shop/api", "v1", stored)
        told = two.regc("verify", "--pod-identity=destination", GCE_METADATA_HOST=google.address)
        assert told.startswith("equal: 1 tags")
        # What is public is looked at although there is no token for its reader.
        google.google = [(404, {})]
        (two.folder / "config.json").write_text(docker_config(destination, "oauth2accesstoken", "token-of-the-pod"))
        two.config(repositories=["shop/api"], source_kind="artifact_registry")
        told = two.regc("verify", "--pod-identity=source", GCE_METADATA_HOST=google.address)
        assert told.startswith("equal: 1 tags")
        assert "the source is asked without a login: cannot ask Google for a token: 127.0.0.1 answered 404\n" in told
        assert two.regc("verify", "--pod-identity=target", code=1) == (
            "error: --pod-identity target: allowed: source, destination\n"
        )


@contextmanager
def _registry(binary: Path, folder: Path, more: dict[str, Any]) -> Iterator[str]:
    """Run a registry with further settings; yield its address."""
    folder.mkdir()
    port = free_port()
    config = {
        "version": "0.1",
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}", "secret": "shared"},
        **more,
    }
    (folder / "config.yml").write_text(json.dumps(config))
    env = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
    with serving([str(binary), "serve", str(folder / "config.yml")], port, folder / "log", env=env):
        yield f"127.0.0.1:{port}"


def test_what_is_shown_is_what_is_run(two: Two) -> None:
    two.filler.image("team/api", "v1")
    two.config(repositories=["team/api"])
    shown = two.regc("show")
    (two.folder / "regsync.yaml").write_text(shown[shown.index("creds:") :].partition("who copies")[0])
    subprocess.run([str(two.regsync), "once", "--config", str(two.folder / "regsync.yaml")], check=True,
                   capture_output=True, env={"PATH": os.environ["PATH"], "HOME": str(two.folder)})  # fmt: skip
    assert two.told("verify")["equal"] is True
    tree = two.told("show")
    assert (tree["way"], tree["settings"]["sync"][0]["type"]) == ("mirror", "repository")
    two.config(("shop", "copies"), repositories=["**"], source_kind="harbor", referrers=False)
    tree = two.told("show")
    assert tree["way"] == "harbor_push"
    assert tree["settings"]["POST /replication/policies"]["dest_namespace"] == "copies"
    assert two.regc("run", code=1) == (
        "error: mirror.yaml: the source, which is Harbor, pushes; `regc mirror show` has the settings for it, or let "
        "mode be 'mirror'\n"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("source: [", "is not YAML at line 1; correct it"),
        ("- a\n", "is no mapping; give source, destination and repositories"),
        (
            "source: {server: a.example.com, credentials: {username: a, password: hunter2}}\n",
            "source.credentials: is not read from a file; log in with `docker login`, and remove it",
        ),
        (
            "source: {server: a.example.com}\ndestination: {server: a.example.com}\nrepositories: [x]\n",
            "Replication is not valid (1 mistake):\n"
            "  destination: is the source itself; give another server, or another prefix",
        ),
    ],
)
def test_files_that_are_wrong(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "mirror.yaml").write_text(text)
    done = subprocess.run([REGC, "mirror", "plan", "--config", "mirror.yaml"], capture_output=True, text=True,
                          check=False, cwd=tmp_path)  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"error: mirror.yaml: {told}\n")


READ: list[tuple[dict[str, Any], End, End]] = [
    ({"repositories": ["alpine"], "tags": ["3.*"]}, End("docker.io", "library"), End("copies.example.com")),
    (
        {"repositories": ["**", "team/api"], "exclude_repositories": ["tmp/**"], "exclude_tags": ["{rc,beta}*"]},
        End("source.example.com", ca_certificate="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        End("europe-west1-docker.pkg.dev", "shop/apps", "artifact_registry", helper="gcr"),
    ),
    ({"repositories": ["api"], "platforms": ["linux/amd64"]}, End("a.example.com", plain_http=True), End("b:5000")),
    (
        {"repositories": ["api"], "platforms": ["linux/arm64", "linux/arm/v7"], "destination_kind": "distribution"},
        End("a.example.com", "x"),
        End("b.example.com", "y"),
    ),
]


@pytest.mark.parametrize(("settings", "source", "destination"), READ)
def test_regsync_reads_every_word_as_it_is_written(
    regsync_binary: Path, tmp_path: Path, settings: dict[str, Any], source: End, destination: End
) -> None:
    ends = [{"server": end.server, "prefix": end.prefix} for end in (source, destination)]
    block = Replication.parse({"source": ends[0], "destination": ends[1], **settings})
    config = tmp_path / "regsync.yaml"
    config.write_text(regsync_config(block, source, destination))
    shown = subprocess.run(
        [str(regsync_binary), "config", "--config", str(config)], capture_output=True, text=True, check=True
    )
    _same(yaml.safe_load(config.read_text()), yaml.safe_load(shown.stdout), "")


def _same(written: Any, read: Any, path: str) -> None:
    """Assert that what was written is part of what was read."""
    if isinstance(written, dict):
        for key, value in written.items():
            # What is said for all is found at each step.
            _same(value, read[key], f"{path}.{key}")
    elif isinstance(written, list):
        assert len(written) == len(read), path
        for number, (one, other) in enumerate(zip(written, read, strict=True)):
            _same(one, other, f"{path}[{number}]")
    elif path == ".defaults.ratelimit.retry":
        assert (written, read) == ("15m", "15m0s")
    else:
        assert written == read, path


def test_what_cannot_be_read_is_told_and_the_rest_is_compared(two: Two) -> None:
    hidden = two.filler.image("team/api", "v1")
    two.filler.image("team/api", "v2")
    two.filler.image("base", "v1")

    def handle(request: Request) -> Answer:
        denied = hidden in request.path or request.path.endswith("/team/api/manifests/v1")
        return Answer(403) if denied else forward(two.source.server, request)

    with server(handle) as front, Two(front.address, two.destination.server, two.regsync, two.folder) as played:
        played.config(repositories=["team/api", "base"])
        told = played.told("plan", code=2)
        assert differences(told) == {("missing", "tag", "v1"), ("missing", "tag", "v2")}
        assert len(told["problems"]) == 1
        assert "team/api:v1" in told["problems"][0]
        assert "403" in told["problems"][0]
        # What regsync cannot copy is a failed run, and the rest is there.
        played.copy(code=1)
        assert played.told("verify", code=1)["same_tags"] == 2


@pytest.mark.parametrize("seed", range(3))
def test_anything_that_is_copied_is_equal_and_any_loss_is_found(two: Two, seed: int) -> None:
    dice = random.Random(seed)
    filler = two.filler
    known = filler.images("team/api", [((), number) for number in range(6)])
    for _ in range(4):
        children = dice.sample(known, dice.randint(1, 3))
        known.append(filler.index("team/api", children, days=dice.random()))
    signed: dict[str, set[str]] = {}
    for _ in range(10):
        subject = dice.choice(known + [one for found in signed.values() for one in found])
        signed.setdefault(subject, set()).add(_signature(filler, subject, len(signed) + dice.random()))
    tagged = dict(zip(("v1", "v2", "v3", "pr-1"), dice.sample(known, 4), strict=True))
    for tag, digest in tagged.items():
        two.source.put_manifest("team/api", tag, two.source.manifest("team/api", digest))
    meant: set[str] = set()
    below = [digest for tag, digest in tagged.items() if tag.startswith("v")]
    while below:
        digest = below.pop()
        if digest not in meant:
            meant.add(digest)
            parsed = two.source.manifest("team/api", digest).parse()
            below += [*signed.get(digest, ()), *(one.digest for one in getattr(parsed, "manifests", ()))]
    two.config(("team", "copies"), repositories=["api"], tags=["v*"])
    two.copy()
    assert two.told("verify")["equal"] is True
    for digest in {*known, *(one for found in signed.values() for one in found)}:
        there = two.destination.manifest_descriptor("copies/api", digest) is not None
        assert there == (digest in meant), digest
    referrers = sorted((subject, one) for subject in meant for one in signed.get(subject, ()))
    for subject, one in dice.sample(referrers, min(2, len(referrers))):
        if two.destination.manifest_descriptor("copies/api", one) is None:
            continue  # It went with its subject.
        _forget(two.destination, "copies/api", subject, one)
        assert ("missing", "referrer", one) in differences(two.told("verify", code=1))
    two.copy()
    assert two.told("verify")["equal"] is True


def _signature(filler: Filler, subject: str, number: float) -> str:
    described = filler.client.manifest_descriptor("team/api", subject)
    assert described is not None
    config = filler.client.push_blob("team/api", b"{}")
    made = Manifest(
        replace(config, media_type="application/vnd.oci.empty.v1+json"), (), artifact_type="application/x-signature",
        subject=described, annotations={"number": str(number)},
    )  # fmt: skip
    return filler.client.put_manifest("team/api", None, made).digest

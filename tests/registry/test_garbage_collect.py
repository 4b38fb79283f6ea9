"""Registry proof: what `registry garbage-collect` leaves on disk is what the model of Distribution says.

Repositories are pushed to the real registry, it is stopped, collected, and its files are read: the links of manifests
and the blobs. Beside random repositories stand the cases that cost people their images.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from registry_components.lifecycle import Verdicts, from_records, simulate
from registry_components.oci.model import digest_of
from tests.support.servers import free_port, serving

pytestmark = pytest.mark.registry

OCI_IMAGE = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_IMAGE = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
ROUNDS = 24


@dataclass
class Pushed:
    """A manifest as it was pushed."""

    digest: str
    data: bytes
    media_type: str
    blobs: frozenset[str] = frozenset()
    children: tuple[str, ...] = ()
    subject: str | None = None

    @property
    def descriptor(self) -> dict[str, Any]:
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data)}


@dataclass
class Repository:
    """What a repository holds: its manifests and tags."""

    manifests: dict[str, Pushed] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    ever_tagged: bool = False


class Registry:
    """A real registry with a folder of its own, and what was pushed to it."""

    def __init__(self, binary: Path, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.binary, self.folder, self.port = binary, folder, free_port()
        self.repositories: dict[str, Repository] = {}
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.config(folder / "data").rename(folder / "serve.yml")

    def config(self, data: Path) -> Path:
        """Write a configuration whose storage is a folder."""
        storage = {"filesystem": {"rootdirectory": str(data)}, "delete": {"enabled": True}}
        text = {
            "version": "0.1",
            "log": {"level": "error"},
            "storage": storage,
            "http": {"addr": f"127.0.0.1:{self.port}", "secret": "shared"},
        }
        path = self.folder / f"{data.name}.yml"
        path.write_text(json.dumps(text))
        return path

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve until the block ends."""
        command = [str(self.binary), "serve", str(self.folder / "serve.yml")]
        env = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
        with serving(command, self.port, self.folder / "log", env=env):
            try:
                yield
            finally:
                self._connection.close()

    def ask(self, method: str, path: str, body: bytes = b"", media_type: str = "application/octet-stream") -> str:
        """Send a request that has to succeed; return where its answer points."""
        self._connection.request(method, path, body, {"Content-Type": media_type})
        answer = self._connection.getresponse()
        told = answer.read()
        assert 200 <= answer.status < 300, f"{method} {path}: {answer.status} {told!r}"
        return answer.getheader("Location") or ""

    def blob(self, repository: str, data: bytes) -> dict[str, Any]:
        """Push a blob; return its descriptor."""
        digest = digest_of(data)
        place = self.ask("POST", f"/v2/{repository}/blobs/uploads/").removeprefix(f"http://127.0.0.1:{self.port}")
        self.ask("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", data)
        return {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest, "size": len(data)}

    def image(
        self, repository: str, tag: str | None, *layers: bytes, subject: Pushed | None = None, docker: bool = False
    ) -> Pushed:
        """Push an image with a config of its own."""
        kind = (
            "application/vnd.docker.container.image.v1+json" if docker else "application/vnd.oci.image.config.v1+json"
        )
        made = json.dumps({"architecture": "amd64", "os": "linux", "layers": [digest_of(layer) for layer in layers]})
        config = {**self.blob(repository, made.encode()), "mediaType": kind}
        listed = [self.blob(repository, layer) for layer in layers]
        body: dict[str, Any] = {"schemaVersion": 2, "config": config, "layers": listed}
        if subject is not None:
            body["subject"] = subject.descriptor
        blobs = frozenset(blob["digest"] for blob in [config, *listed])
        media_type = DOCKER_IMAGE if docker else OCI_IMAGE
        about = subject.digest if subject else None
        return self._manifest(repository, tag, body, media_type, blobs=blobs, subject=about)

    def index(
        self, repository: str, tag: str | None, *children: Pushed, subject: Pushed | None = None, docker: bool = False
    ) -> Pushed:
        """Push an index of what is there already."""
        platforms = [{"architecture": name, "os": "linux"} for name in ("amd64", "arm64", "s390x", "ppc64le")]
        manifests = [
            {**child.descriptor, "platform": platform} for child, platform in zip(children, platforms, strict=False)
        ]
        body: dict[str, Any] = {"schemaVersion": 2, "manifests": manifests}
        if subject is not None:
            body["subject"] = subject.descriptor
        about = subject.digest if subject else None
        digests = tuple(child.digest for child in children)
        media_type = DOCKER_LIST if docker else OCI_INDEX
        return self._manifest(repository, tag, body, media_type, children=digests, subject=about)

    def _manifest(
        self,
        repository: str,
        tag: str | None,
        body: Mapping[str, Any],
        media_type: str,
        *,
        blobs: frozenset[str] = frozenset(),
        children: tuple[str, ...] = (),
        subject: str | None = None,
    ) -> Pushed:
        data = json.dumps({**body, "mediaType": media_type}).encode()
        made = Pushed(digest_of(data), data, media_type, blobs, children, subject)
        self.put(repository, tag, made)
        return made

    def put(self, repository: str, tag: str | None, manifest: Pushed) -> None:
        """Put a manifest under a tag or its digest; a tag that points elsewhere moves."""
        path = f"/v2/{repository}/manifests/{tag or manifest.digest}"
        self.ask("PUT", path, manifest.data, manifest.media_type)
        held = self.repositories.setdefault(repository, Repository())
        held.manifests[manifest.digest] = manifest
        if tag is not None:
            held.tags[tag] = manifest.digest
            held.ever_tagged = True

    def untag(self, repository: str, tag: str) -> None:
        """Delete a tag."""
        self.ask("DELETE", f"/v2/{repository}/manifests/{tag}")
        del self.repositories[repository].tags[tag]

    def delete(self, repository: str, manifest: Pushed) -> None:
        """Delete a manifest by its digest, with its tags."""
        self.ask("DELETE", f"/v2/{repository}/manifests/{manifest.digest}")
        held = self.repositories[repository]
        del held.manifests[manifest.digest]
        held.tags = {tag: digest for tag, digest in held.tags.items() if digest != manifest.digest}

    def collect(self, *options: str) -> tuple[Path, str]:
        """Collect a copy of the data; return the copy and what the command wrote."""
        name = f"data{len(list(self.folder.glob('data*.yml')))}"
        copy = self.folder / name
        shutil.copytree(self.folder / "data", copy)
        command = [str(self.binary), "garbage-collect", *options, str(self.config(copy))]
        env = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return copy, done.stdout

    def simulated(self, policy: Mapping[str, bool]) -> Verdicts:
        """Return what the model says."""
        records = [
            {
                "repository": name,
                "digest": digest,
                "tags": [tag for tag, at in held.tags.items() if at == digest],
                "children": list(manifest.children),
                "subject": manifest.subject,
                "media_type": manifest.media_type,
                "pushed_at": "2026-01-01T00:00:00Z",
            }
            for name, held in self.repositories.items()
            for digest, manifest in held.manifests.items()
        ]
        return simulate("distribution", dict(policy), from_records(records))

    def verdicts(self, policy: Mapping[str, bool]) -> set[tuple[str, str]]:
        """Return which manifests the model deletes, by repository and digest."""
        found = self.simulated(policy).records()
        return {(item["repository"], item["digest"]) for item in found if item["action"] == "delete"}

    def all_manifests(self) -> set[tuple[str, str]]:
        return {(name, digest) for name, held in self.repositories.items() for digest in held.manifests}

    def blobs_of(self, manifests: set[tuple[str, str]]) -> set[str]:
        """Return the blobs that manifests name, their own content among them, as far as they were there."""
        found = set[str]()
        for name, digest in manifests:
            manifest = self.repositories[name].manifests[digest]
            # Of a manifest that was deleted from under an index the content stays, without a link to it.
            found |= {digest, *manifest.children} | manifest.blobs
        return found & blobs(self.folder / "data")


def links(data: Path) -> set[tuple[str, str]]:
    """Return the manifests of which the files say that a repository has them."""
    root = data / "docker/registry/v2/repositories"
    found = root.glob("**/_manifests/revisions/sha256/*/link")
    return {(str(path.parents[4].relative_to(root)), f"sha256:{path.parent.name}") for path in found}


def blobs(data: Path) -> set[str]:
    """Return the blobs whose content is on disk."""
    return {f"sha256:{path.parent.name}" for path in (data / "docker/registry/v2/blobs").glob("sha256/*/*/data")}


def files(data: Path) -> dict[str, bytes]:
    return {str(path.relative_to(data)): path.read_bytes() for path in data.rglob("*") if path.is_file()}


def check(registry: Registry) -> None:
    """Assert for each way to collect that the files are what the model says."""
    everything = registry.all_manifests()
    for delete_untagged in (False, True):
        options = ["--delete-untagged"] if delete_untagged else []
        going = registry.verdicts({"delete_untagged": delete_untagged})
        data, told = registry.collect(*options)
        on_disk = blobs(data)
        left = {(name, digest) for name, digest in links(data) if digest in on_disk}
        assert left == everything - going
        assert on_disk == registry.blobs_of(everything - going)
        # A repository without a folder of tags keeps its links, to content that is gone.
        bare = {name for name, held in registry.repositories.items() if not held.ever_tagged}
        assert links(data) - left == {(name, digest) for name, digest in going if name in bare}

        dry, dry_told = registry.collect("--dry-run", *options)
        assert files(dry) == files(registry.folder / "data")
        assert registry.verdicts({"delete_untagged": delete_untagged, "dry_run": True}) == set()
        for said in (told, dry_told):
            assert manifests_told(said) == {(name, digest) for name, digest in going if name not in bare}
            assert blobs_told(said) == blobs(registry.folder / "data") - on_disk


def manifests_told(text: str) -> set[tuple[str, str]]:
    """Return the manifests that a collection says may go."""
    return set(re.findall(r"^manifest eligible for deletion: \{(\S+) (\S+) ", text, re.MULTILINE))


def blobs_told(text: str) -> set[str]:
    return set(re.findall(r"^blob eligible for deletion: (\S+)$", text, re.MULTILINE))


@pytest.fixture
def registry(registry_binary: Path, tmp_path: Path) -> Registry:
    return Registry(registry_binary, tmp_path / "registry")


def push_some(registry: Registry, dice: Random) -> None:
    """Push random repositories: indexes of indexes, referrers, shared layers and manifests, tags that move and go."""
    layers = [f"layer {number} {dice.random()}".encode() for number in range(4)]
    before: list[tuple[str, Pushed]] = []
    for number in range(dice.randint(1, 3)):
        name = dice.choice(["app", "team/app", "team/base/x"]) + f"-{number}"
        here: list[Pushed] = []
        for _ in range(dice.randint(1, 7)):
            tag = dice.choice(["latest", "v1", "v2", "edge", *[None] * 4])
            kind = dice.random()
            docker = dice.random() < 0.3
            if before and kind < 0.15:
                # The same image in two repositories: pushed again, blobs and all.
                source, image = dice.choice(before)
                if image.children or image.subject:
                    continue
                for blob in image.blobs:
                    registry.ask("POST", f"/v2/{name}/blobs/uploads/?mount={blob}&from={source}")
                registry.put(name, tag, image)
                here.append(image)
            elif here and kind < 0.4:
                children = dice.sample(here, min(len(here), dice.randint(1, 3)))
                about = dice.choice(here) if dice.random() < 0.2 and not docker else None
                here.append(registry.index(name, tag, *children, subject=about, docker=docker))
            elif here and kind < 0.6:
                subject = dice.choice(here)
                if dice.random() < 0.4:
                    signature = registry.image(name, f"{subject.digest.replace(':', '-')}.sig", b"signature")
                else:
                    signature = registry.image(name, None, dice.choice(layers), subject=subject)
                    if dice.random() < 0.5:
                        # What clients do where a registry keeps no referrers: an index under the subject's name.
                        here.append(registry.index(name, subject.digest.replace(":", "-"), signature))
                here.append(signature)
            else:
                own = f"own {dice.random()}".encode()
                chosen = dice.sample(layers, dice.randint(0, 2))
                here.append(registry.image(name, tag, own, *chosen, docker=docker))
        before += [(name, manifest) for manifest in here]
        if name in registry.repositories:
            for tag in list(registry.repositories[name].tags):
                if dice.random() < 0.15:
                    registry.untag(name, tag)
    for name, held in registry.repositories.items():
        for manifest in list(held.manifests.values()):
            # Not what two repositories hold: see the last test here.
            only = sum(manifest.digest in other.manifests for other in registry.repositories.values()) == 1
            if only and dice.random() < 0.1:
                registry.delete(name, manifest)


def test_random_repositories(registry_binary: Path, tmp_path: Path) -> None:
    judged, deleted = 0, 0
    for number in range(ROUNDS):
        registry = Registry(registry_binary, tmp_path / str(number))
        with registry.running():
            push_some(registry, Random(number))
        check(registry)
        judged += len(registry.all_manifests())
        deleted += len(registry.verdicts({"delete_untagged": True}))
        shutil.rmtree(tmp_path / str(number))
    # The comparison is about something.
    assert deleted > 50
    assert judged - deleted > 50


def test_an_index_keeps_its_manifests_however_deep(registry: Registry) -> None:
    with registry.running():
        amd, arm = (registry.image("app", None, name.encode(), b"shared") for name in ("amd64", "arm64"))
        inner = registry.index("app", None, amd, arm)
        registry.index("app", "v1", inner)
        loose = registry.image("app", None, b"loose", b"shared")
        orphan = registry.index("app", None, loose)
    check(registry)
    assert registry.verdicts({"delete_untagged": True}) == {("app", loose.digest), ("app", orphan.digest)}


def test_a_tag_that_moved_leaves_its_old_image_behind(registry: Registry) -> None:
    with registry.running():
        old = registry.image("app", "latest", b"old", b"shared")
        registry.image("app", "latest", b"new", b"shared")
        gone = registry.image("app", "once", b"once")
        registry.untag("app", "once")
    check(registry)
    assert registry.verdicts({"delete_untagged": True}) == {("app", old.digest), ("app", gone.digest)}


def test_signatures_without_a_tag_go_and_those_with_one_stay(registry: Registry) -> None:
    with registry.running():
        image = registry.image("app", "v1", b"image")
        referrer = registry.image("app", None, b"oci signature", subject=image)
        registry.image("app", f"{image.digest.replace(':', '-')}.sig", b"cosign signature")
        second = registry.image("app", None, b"sbom", subject=image)
        registry.index("app", image.digest.replace(":", "-"), second)
        # A tagged referrer does not hold its subject.
        subject = registry.image("app", None, b"subject")
        registry.image("app", "sbom", b"tagged", subject=subject)
    check(registry)
    assert registry.verdicts({"delete_untagged": True}) == {("app", referrer.digest), ("app", subject.digest)}


def test_marks_are_by_digest_over_all_repositories(registry: Registry) -> None:
    with registry.running():
        image = registry.image("a", "v1", b"one")
        registry.image("b", "other", b"two")
        for name in ("b", "c"):
            for blob in image.blobs:
                registry.ask("POST", f"/v2/{name}/blobs/uploads/?mount={blob}&from=a")
            registry.put(name, None, image)
        child = registry.image("b", None, b"three")
        registry.index("d", "list", registry.image("d", None, b"three"))
    check(registry)
    # The untagged copies stay: a tag leads to the digest in repository a, and to the child's in d.
    assert child.digest in registry.repositories["d"].manifests
    assert registry.verdicts({"delete_untagged": True}) == set()


def test_a_repository_that_never_had_a_tag_keeps_dead_links(registry: Registry) -> None:
    with registry.running():
        image = registry.image("bare", None, b"bare")
        registry.image("app", "v1", b"app")
    check(registry)
    data, told = registry.collect("--delete-untagged")
    assert "manifest tags path of repository bare does not exist" in told
    assert ("bare", image.digest) in links(data)
    assert image.digest not in blobs(data)


def test_without_the_flag_only_what_no_manifest_names_goes(registry: Registry) -> None:
    with registry.running():
        first = registry.image("app", "v1", b"own", b"shared")
        second = registry.image("app", None, b"other", b"shared")
        registry.delete("app", first)
    check(registry)
    data, _ = registry.collect()
    assert blobs(data) == second.blobs | {second.digest}


def test_an_index_whose_manifest_was_deleted_stays(registry: Registry) -> None:
    with registry.running():
        amd, arm = registry.image("app", None, b"amd64"), registry.image("app", None, b"arm64")
        index = registry.index("app", "v1", amd, arm)
        registry.delete("app", arm)
    check(registry)
    data, _ = registry.collect("--delete-untagged")
    assert links(data) == {("app", amd.digest), ("app", index.digest)}
    assert arm.digest in blobs(data)
    assert not (arm.blobs - amd.blobs) & blobs(data)


def test_a_missing_manifest_costs_another_repository_its_layers(registry: Registry) -> None:
    # The collection marks the digest that the index of `a` names although it is not there, and later takes it for
    # visited: nobody looks for its layers, although a tag of `b` leads there.
    with registry.running():
        one = registry.image("a", None, b"arm64")
        registry.index("a", "v1", one)
        registry.delete("a", one)
        same = registry.image("b", None, b"arm64")
        index = registry.index("b", "v1", same)
    assert same.digest == one.digest
    data, _ = registry.collect("--delete-untagged")
    assert {("b", same.digest), ("b", index.digest)} <= links(data)
    assert same.digest in blobs(data)
    assert not same.blobs & blobs(data)
    assert registry.verdicts({"delete_untagged": True}) == set()
    (told,) = registry.simulated({"delete_untagged": True}).warnings
    assert told.startswith(
        f"1 manifests may lose their layers, such as b@{same.digest}: an index in another repository"
    )


def test_what_an_inventory_does_not_say(registry: Registry) -> None:
    # Only the index of `a` says what it names, and an inventory has no artifact for that.
    with registry.running():
        one = registry.image("a", None, b"arm64")
        registry.index("a", "v1", one)
        registry.delete("a", one)
        registry.image("b", "other", b"other")
        same = registry.image("b", None, b"arm64")
    data, _ = registry.collect("--delete-untagged")
    assert registry.verdicts({"delete_untagged": True}) == {("b", same.digest)}
    # A link without layers is left: what cannot be pulled is gone.
    assert ("b", same.digest) in links(data)
    assert not same.blobs & blobs(data)

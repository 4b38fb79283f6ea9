"""Registry proof: the client against the real Distribution, and against servers that fail in known ways."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import bcrypt
import pytest

from registry_components.core.errors import StackError
from registry_components.oci.client import RegistryClient, fallback_tag
from registry_components.oci.errors import RegistryError
from registry_components.oci.image import build_image
from registry_components.oci.layout import ImageLayout
from registry_components.oci.model import (
    OCI_EMPTY,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    Index,
    Manifest,
    Platform,
    digest_of,
)
from registry_components.operations.prove import prove
from tests.registry.oci_servers import Answer, Request, Server, TokenIssuer, forward, server
from tests.support.servers import free_port, serving

pytestmark = pytest.mark.registry

USER, PASSWORD = "alice", "correct horse 'battery' ü"
StartRegistry = Callable[..., str]


@pytest.fixture
def start(registry_binary: Path, tmp_path: Path) -> Iterator[StartRegistry]:
    """Return a function that starts a registry of its own and returns its address."""
    with ExitStack() as stack:

        def run(tls: dict[str, str] | None = None, **settings: object) -> str:
            port = free_port()
            folder = tmp_path / str(port)
            folder.mkdir()
            config: dict[str, object] = {
                "version": "0.1",
                "log": {"level": "error"},
                "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
                "http": {"addr": f"127.0.0.1:{port}", "secret": "shared", "tls": tls or {}},
                **settings,
            }
            (folder / "config.yml").write_text(json.dumps(config))
            command = [str(registry_binary), "serve", str(folder / "config.yml")]
            # Distribution looks for an OpenTelemetry collector unless told not to.
            env = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
            stack.enter_context(serving(command, port, folder / "log", env=env))
            return f"127.0.0.1:{port}"

        yield run


@pytest.fixture
def htpasswd(tmp_path: Path) -> dict[str, object]:
    """Return the registry settings that let `USER` in."""
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    (tmp_path / "htpasswd").write_text(f"{USER}:{hashed}\n")
    return {"htpasswd": {"realm": "tests", "path": str(tmp_path / "htpasswd")}}


def own(address: str) -> RegistryClient:
    return RegistryClient(address, username=USER, password=PASSWORD)


def empty_manifest(client: RegistryClient, repository: str, **more: str) -> Manifest:
    """Push the empty config and return a manifest of it alone; `more` makes it differ from others."""
    client.push_blob(repository, b"{}")
    config = Descriptor(OCI_EMPTY, digest_of(b"{}"), 2)
    return Manifest(config, (config,), artifact_type="application/x-test", annotations=more)


class TestRealRegistry:
    def test_an_image_goes_and_comes_back(
        self, start: StartRegistry, htpasswd: dict[str, object], tmp_path: Path
    ) -> None:
        (tmp_path / "data.bin").write_bytes(os.urandom(300_000))
        with own(start(auth=htpasswd)) as client, build_image({"srv/data.bin": tmp_path / "data.bin"}) as image:
            for blob in image.blobs:
                assert not client.blob_exists("apps/api", blob.descriptor.digest)
                pushed = client.push_blob("apps/api", blob.read())
                assert (pushed.digest, pushed.size) == (blob.descriptor.digest, blob.descriptor.size)
            assert client.put_manifest("apps/api", "v1", image.manifest) == image.descriptor
            assert client.manifest_descriptor("apps/api", "v1") == image.descriptor
            assert client.manifest_descriptor("apps/api", "v2") is None
            stored = client.manifest("apps/api", image.descriptor.digest)
            assert stored.parse() == image.manifest
            for blob in image.blobs:
                assert client.read_blob("apps/api", blob.descriptor.digest) == blob.read()
            assert list(client.tags("apps/api")) == ["v1"]
            assert list(client.catalog()) == ["apps/api"]

    def test_a_stream_goes_in_chunks(self, start: StartRegistry, htpasswd: dict[str, object]) -> None:
        data = os.urandom(1_000_003)
        upstream = start(auth=htpasswd)
        with server(lambda request: forward(upstream, request)) as proxy, own(proxy.address) as client:
            pushed = client.push_blob("big", io.BytesIO(data), chunk_size=300_000)
            assert pushed.digest == digest_of(data)
            patches = [request for request in proxy.seen if request.method == "PATCH"]
            assert [request.headers["content-range"] for request in patches] == [
                "0-299999",
                "300000-599999",
                "600000-899999",
                "900000-1000002",
            ]
            assert b"".join(client.blob("big", pushed.digest)) == data

    def test_an_empty_blob(self, start: StartRegistry) -> None:
        with RegistryClient(start()) as client:
            assert client.push_blob("none", io.BytesIO(b"")).digest == digest_of(b"")
            assert client.read_blob("none", digest_of(b"")) == b""

    def test_a_stream_with_another_digest_is_given_up(self, start: StartRegistry, htpasswd: dict[str, object]) -> None:
        upstream = start(auth=htpasswd)
        with server(lambda request: forward(upstream, request)) as proxy, own(proxy.address) as client:
            with pytest.raises(RegistryError, match=r"the content has the digest sha256:.*, announced was sha256:0000"):
                client.push_blob("big", io.BytesIO(b"abc"), digest="sha256:" + "0" * 64)
            assert [request.method for request in proxy.seen][-1] == "DELETE"
            assert not client.blob_exists("big", digest_of(b"abc"))

    def test_a_blob_is_taken_from_another_repository(self, start: StartRegistry, htpasswd: dict[str, object]) -> None:
        upstream = start(auth=htpasswd)
        with server(lambda request: forward(upstream, request)) as proxy, own(proxy.address) as client:
            pushed = client.push_blob("from/here", b"shared content")
            before = len(proxy.seen)
            client.push_blob("to/there", b"shared content", mount_from="from/here")
            assert [request.method for request in proxy.seen[before:]] == ["POST"]
            assert client.read_blob("to/there", pushed.digest) == b"shared content"
            assert client.mount_blob("third", pushed.digest, source="from/here")
            assert not client.mount_blob("third", "sha256:" + "1" * 64, source="from/here")
            streamed = client.push_blob("fourth", io.BytesIO(b""), digest=pushed.digest, mount_from="from/here")
            assert streamed == pushed

    def test_an_index_of_several_platforms(self, start: StartRegistry) -> None:
        with RegistryClient(start()) as client:
            entries = []
            for architecture in ("amd64", "arm64"):
                platform = Platform("linux", architecture)
                with build_image({"arch": architecture.encode()}, platform=platform) as image:
                    for blob in image.blobs:
                        client.push_blob("multi", blob.pieces())
                    made = client.put_manifest("multi", None, image.manifest)
                entries.append(Descriptor(made.media_type, made.digest, made.size, platform=platform))
            index = Index(tuple(entries))
            put = client.put_manifest("multi", "latest", index)
            stored = client.manifest("multi", "latest")
            assert put.media_type == OCI_INDEX
            assert stored.media_type == OCI_INDEX
            assert stored.parse() == index

    def test_referrers_without_an_api_use_the_tag(self, start: StartRegistry) -> None:
        with RegistryClient(start()) as client:
            subject = client.put_manifest("app", "v1", empty_manifest(client, "app"))
            assert list(client.referrers("app", subject.digest)) == []
            made = []
            for kind in ("application/x-sbom", "application/x-signature"):
                config = Descriptor(OCI_EMPTY, digest_of(b"{}"), 2)
                manifest = Manifest(config, (config,), artifact_type=kind, subject=subject, annotations={"by": "tests"})
                made.append(client.put_manifest("app", None, manifest).digest)
                client.put_manifest("app", None, manifest)
            found = list(client.referrers("app", subject.digest))
            assert [item.digest for item in found] == made
            assert [item.artifact_type for item in found] == ["application/x-sbom", "application/x-signature"]
            assert found[0].annotations == {"by": "tests"}
            only = client.referrers("app", subject.digest, artifact_type="application/x-signature")
            assert [item.digest for item in only] == made[1:]
            assert fallback_tag(subject.digest) in client.tags("app")

    def test_pages_of_tags_and_repositories(self, start: StartRegistry) -> None:
        upstream = start()
        with server(lambda request: forward(upstream, request)) as proxy, RegistryClient(proxy.address) as client:
            manifest = empty_manifest(client, "many")
            names = sorted(f"v{number}" for number in range(250))
            for name in names:
                client.put_manifest("many", name, manifest)
            before = len(proxy.seen)
            assert list(client.tags("many", page_size=100)) == names
            assert len(proxy.seen) - before == 3
            for name in ("a/one", "b", "c/d/two"):
                client.put_manifest(name, "v1", empty_manifest(client, name))
            assert list(client.catalog(page_size=2)) == ["a/one", "b", "c/d/two", "many"]

    def test_deleting(self, start: StartRegistry) -> None:
        with RegistryClient(start()) as client:
            digest = client.put_manifest("app", "v1", empty_manifest(client, "app")).digest
            with pytest.raises(RegistryError) as refused:
                client.delete_manifest("app", digest)
            assert str(refused.value) == (
                f"registry {client.server}: cannot delete the manifest app@{digest}: it answered 405 UNSUPPORTED (The "
                "operation is unsupported.); the registry does not do this: where it is about deleting, turn `delete` "
                "on in its settings"
            )
        storage = {"inmemory": {}, "delete": {"enabled": True}}
        with RegistryClient(start(storage=storage)) as client:
            digest = client.put_manifest("app", "v1", empty_manifest(client, "app")).digest
            client.delete_manifest("app", digest)
            assert client.manifest_descriptor("app", digest) is None

    @pytest.mark.parametrize(
        ("username", "password", "message"),
        [
            (
                USER,
                "wr0ng-word",
                "cannot use it: the user name or the password is wrong (401 UNAUTHORIZED (authentication required)); "
                "correct them and try again",
            ),
            (
                None,
                None,
                "cannot use it: it wants a login (401 UNAUTHORIZED (authentication required)); "
                "give a user name and a password",
            ),
        ],
    )
    def test_a_wrong_login(
        self,
        start: StartRegistry,
        htpasswd: dict[str, object],
        username: str | None,
        password: str | None,
        message: str,
    ) -> None:
        address = start(auth=htpasswd)
        with RegistryClient(address, username=username, password=password) as client:
            with pytest.raises(RegistryError) as refused:
                client.ping()
            assert str(refused.value) == f"registry {address}: {message}"
            assert (refused.value.status, refused.value.code) == (401, "UNAUTHORIZED")
            assert "wr0ng-word" not in repr(refused.value) + repr(client)

    def test_what_is_not_there(self, start: StartRegistry) -> None:
        with RegistryClient(start()) as client:
            empty_manifest(client, "app")
            missing, at = "sha256:" + "a" * 64, f"registry {client.server}: cannot"
            cases: list[tuple[Callable[[], object], str]] = [
                (
                    lambda: list(client.tags("nowhere")),
                    f"{at} list the tags of nowhere: it answered 404 NAME_UNKNOWN (repository name not known to "
                    "registry); there is no such repository: check the name, or push to it first",
                ),
                (
                    lambda: client.manifest("app", "v9"),
                    f"{at} read the manifest app:v9: it answered 404 MANIFEST_UNKNOWN (manifest unknown); there is no "
                    "such tag or digest: check it, or push it first",
                ),
                (
                    lambda: client.read_blob("app", missing),
                    f"{at} read the blob {missing} of app: it answered 404 BLOB_UNKNOWN (blob unknown to registry); "
                    "there is no such blob in this repository: push it first",
                ),
                (
                    lambda: client.put_manifest("app", "v1", Manifest(Descriptor(OCI_EMPTY, missing, 2), ())),
                    f"{at} write the manifest app:v1: it answered 400 MANIFEST_BLOB_UNKNOWN (blob unknown to registry);"
                    " the manifest names blobs that are not there: push them first",
                ),
            ]
            for call, message in cases:
                with pytest.raises(RegistryError) as refused:
                    call()
                assert str(refused.value) == message
                assert not refused.value.transient

    def test_threads_share_a_client(self, start: StartRegistry, htpasswd: dict[str, object]) -> None:
        with own(start(auth=htpasswd)) as client:
            digests = [client.push_blob("app", os.urandom(1000)).digest for _ in range(20)]
            failures: list[str] = []

            def read() -> None:
                failures.extend(d for d in digests if digest_of(client.read_blob("app", d)) != d)

            threads = [threading.Thread(target=read) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert failures == []


class TestProve:
    def test_twice(self, start: StartRegistry, htpasswd: dict[str, object]) -> None:
        address = start(auth=htpasswd)
        lines: list[str] = []
        first = prove(address, username=USER, password=PASSWORD, report=lines.append)
        again = prove(address, username=USER, password=PASSWORD, prefix="", report=lines.append)
        assert first.pushed == first.bytes > 10_000
        assert again.pushed == 0
        assert (again.digest, again.bytes, again.repository) == (first.digest, first.bytes, "registry-components/proof")
        assert f"pulled {first.bytes} bytes back by digest, all equal: {first.digest}" in lines
        with own(address) as client:
            manifest = client.manifest(first.repository, first.digest).parse()
            assert isinstance(manifest, Manifest)
            assert manifest.media_type == OCI_MANIFEST

    def test_below_a_prefix(self, start: StartRegistry) -> None:
        assert prove(start(), prefix="team/images").repository == "team/images/registry-components/proof"

    def test_a_registry_that_changes_what_it_holds(self, start: StartRegistry) -> None:
        upstream = start()

        def tamper(request: Request) -> Answer:
            answer = forward(upstream, request)
            if request.method == "GET" and "/blobs/" in request.path:
                answer.body = answer.body[:-1] + bytes([answer.body[-1] ^ 1])
            return answer

        with server(tamper) as proxy, pytest.raises(StackError) as failed:
            prove(proxy.address)
        assert re.fullmatch(
            r"the proof failed while pulling it back: the blob sha256:[0-9a-f]{64} of registry-components/proof "
            "came back changed",
            str(failed.value),
        )

    def test_a_wrong_password(self, start: StartRegistry, htpasswd: dict[str, object]) -> None:
        address = start(auth=htpasswd)
        with pytest.raises(StackError) as failed:
            prove(address, username=USER, password="wr0ng-word")
        assert str(failed.value) == (
            f"the proof failed while logging in: registry {address}: cannot use it: the user name or the password is "
            "wrong (401 UNAUTHORIZED (authentication required)); correct them and try again"
        )


class TestFaults:
    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_answers_that_pass(self, start: StartRegistry, status: int) -> None:
        upstream = start()
        failing: dict[str, int] = {}

        def handle(request: Request) -> Answer:
            key = f"{request.method} {request.path.partition('?')[0]}"
            failing[key] = failing.get(key, 0) + 1
            if failing[key] == 1 and "/uploads/" not in request.path:
                return Answer(status, {"Retry-After": "0"}, b"busy")
            return forward(upstream, request)

        with server(handle) as proxy, RegistryClient(proxy.address) as client:
            manifest = empty_manifest(client, "app")
            digest = client.put_manifest("app", "v1", manifest).digest
            assert client.manifest("app", digest).parse() == manifest
            assert client.read_blob("app", digest_of(b"{}")) == b"{}"
            assert list(client.tags("app")) == ["v1"]
            assert failing[f"PUT /v2/app/manifests/{'v1'}"] == 2

    def test_retry_after_is_honoured_and_bounded(self) -> None:
        asked: list[float] = []

        def wait_a_second(_: Request) -> Answer:
            asked.append(time.monotonic())
            return Answer(200, {}, b"{}") if len(asked) > 1 else Answer(429, {"Retry-After": "1"})

        with server(wait_a_second) as busy, RegistryClient(busy.address) as client:
            client.ping()
        assert 1 <= asked[1] - asked[0] < 3

        def wait_an_hour(_: Request) -> Answer:
            return Answer(
                429, {"Retry-After": "3600"}, b'{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}'
            )

        with server(wait_an_hour) as busy, RegistryClient(busy.address) as client:
            with pytest.raises(RegistryError) as refused:
                client.ping()
            assert str(refused.value) == (
                f"registry {busy.address}: cannot use it: it answered 429 TOOMANYREQUESTS (slow down); it limits how "
                "often it may be asked: try again in 3600 seconds, or log in for a higher limit"
            )
            assert refused.value.retry_after == 3600
            assert len(busy.seen) == 1

    def test_a_registry_that_stays_away(self) -> None:
        with server(lambda _: Answer(503, {"Retry-After": "0"})) as busy, RegistryClient(busy.address) as client:
            with pytest.raises(RegistryError, match="it answered 503; the registry itself failed") as refused:
                client.ping()
            assert len(busy.seen) == 5
            assert refused.value.transient

    def test_whole_blobs_are_sent_again_and_streams_are_not(self, start: StartRegistry) -> None:
        upstream = start()
        failed: list[str] = []

        def handle(request: Request) -> Answer:
            if request.method in ("PUT", "PATCH") and "/uploads/" in request.path and request.body and not failed:
                failed.append(request.method)
                return Answer(drop=True)
            return forward(upstream, request)

        with server(handle) as proxy, RegistryClient(proxy.address) as client:
            digest = client.push_blob("app", b"whole").digest
            assert failed == ["PUT"]
            assert client.read_blob("app", digest) == b"whole"
            failed.clear()
            before = len(proxy.seen)
            with pytest.raises(RegistryError, match="cannot push a blob to app: the connection broke off"):
                client.push_blob("app", io.BytesIO(b"a stream"))
            assert [request.method for request in proxy.seen[before:]] == ["POST", "PATCH", "DELETE"]

    def test_a_blob_cut_short(self, start: StartRegistry) -> None:
        upstream = start()
        cuts = [True]

        def handle(request: Request) -> Answer:
            answer = forward(upstream, request)
            if request.method == "GET" and "/blobs/" in request.path and cuts.pop():
                answer.cut = 10
            cuts.append(False)
            return answer

        with server(handle) as proxy, RegistryClient(proxy.address) as client:
            digest = client.push_blob("app", b"x" * 5000).digest
            cuts[:] = [True]
            with pytest.raises(RegistryError, match=f"cannot read the blob {digest} of app: the connection broke off"):
                list(client.blob("app", digest))
            cuts[:] = [True]
            assert client.read_blob("app", digest) == b"x" * 5000

    def test_content_that_was_changed(self, start: StartRegistry) -> None:
        upstream = start()

        def handle(request: Request) -> Answer:
            answer = forward(upstream, request)
            if request.method == "GET":
                answer.body = answer.body.replace(b"true", b"fals")
            return answer

        with server(handle) as proxy, RegistryClient(proxy.address) as client:
            digest = client.push_blob("app", b"it is true").digest
            manifest = empty_manifest(client, "app", note="true")
            put = client.put_manifest("app", "v1", manifest)
            calls: list[tuple[Callable[[], object], str]] = [
                (lambda: client.read_blob("app", digest), f"read the blob {digest} of app"),
                (lambda: list(client.blob("app", digest)), f"read the blob {digest} of app"),
                (lambda: client.manifest("app", put.digest), f"read the manifest app@{put.digest}"),
                (lambda: client.manifest("app", "v1"), "read the manifest app:v1"),
            ]
            for call, task in calls:
                with pytest.raises(RegistryError) as refused:
                    call()
                assert str(refused.value) == (
                    f"registry {proxy.address}: cannot {task}: what arrived does not have the digest that names it; do "
                    "not use it; look for a proxy that changes data, then check the registry's storage"
                )

    def test_no_login_goes_to_another_host(self, start: StartRegistry, htpasswd: dict[str, object]) -> None:
        upstream = start(auth=htpasswd)
        with server(lambda _: Answer(200, {}, b"elsewhere")) as other:
            digest = digest_of(b"elsewhere")

            def handle(request: Request) -> Answer:
                answer = forward(upstream, request)
                if "/blobs/" in request.path and answer.status != 401:
                    address = f"http://{other.address}/bucket/blob?signature=s3cr3t"
                    return Answer(307, {"Location": address})
                return answer

            with server(handle) as proxy, own(proxy.address) as client:
                assert client.read_blob("app", digest) == b"elsewhere"
                assert "authorization" in proxy.seen[-1].headers
            assert [request.path for request in other.seen] == ["/bucket/blob?signature=s3cr3t"]
            assert "authorization" not in other.seen[0].headers

    def test_a_redirect_without_end(self) -> None:
        with (
            server(lambda request: Answer(302, {"Location": request.path})) as loop,
            RegistryClient(loop.address) as client,
            pytest.raises(RegistryError, match="it redirected more than 5 times"),
        ):
            client.ping()

    def test_logs_hold_no_signature(self, caplog: pytest.LogCaptureFixture) -> None:
        def handle(request: Request) -> Answer:
            if request.path.startswith("/v2/"):
                return Answer(307, {"Location": "/bucket?signature=s3cr3t"})
            return Answer(200, {}, b"content")

        caplog.set_level(logging.DEBUG)
        with server(handle) as moved, RegistryClient(moved.address, username="u", password="p4ssw0rd") as client:
            client.read_blob("app", digest_of(b"content"))
        assert "GET 127.0.0.1 /bucket: 200" in caplog.text
        assert "s3cr3t" not in caplog.text
        assert "p4ssw0rd" not in caplog.text

    def test_a_registry_that_echoes_the_password(self) -> None:
        def handle(request: Request) -> Answer:
            if "authorization" not in request.headers:
                return Answer(401, {"WWW-Authenticate": 'Basic realm="r"'})
            words = f"no entry for p4ssw0rd ({request.headers['authorization']})"
            return Answer(403, {}, json.dumps({"errors": [{"code": "DENIED", "message": words}]}).encode())

        with server(handle) as echo, RegistryClient(echo.address, username="u", password="p4ssw0rd") as client:
            with pytest.raises(RegistryError) as refused:
                client.ping()
            assert str(refused.value) == (
                f"registry {echo.address}: cannot use it: it answered 403 DENIED (no entry for *** (Basic ***)); this "
                "login does not allow it: ask for the permission, or use another account"
            )


class TestConnections:
    def test_one_connection_serves_all_requests(self, start: StartRegistry, htpasswd: dict[str, object]) -> None:
        upstream = start(auth=htpasswd)

        def handle(request: Request) -> Answer:
            answer = forward(upstream, request)
            answer.headers["Set-Cookie"] = "sid=1; Path=/"
            return answer

        with server(handle) as proxy, own(proxy.address) as client:
            manifest = empty_manifest(client, "app")
            client.push_blob("app", io.BytesIO(b"streamed content"), chunk_size=4)
            digest = client.put_manifest("app", "v1", manifest).digest
            assert client.manifest_descriptor("app", "v1") is not None
            assert client.manifest_descriptor("app", "v2") is None
            assert client.blob_exists("app", digest_of(b"{}"))
            assert not client.mount_blob("third", "sha256:" + "1" * 64, source="app")
            with pytest.raises(RegistryError):
                client.delete_manifest("app", digest)
            assert b"".join(client.blob("app", digest_of(b"{}"))) == b"{}"
            assert proxy.connections == 1
            assert not [request for request in proxy.seen if "cookie" in request.headers]


class TestReferrersApi:
    def test_pages_and_filter(self) -> None:
        subject = "sha256:" + "1" * 64
        items = [Descriptor(OCI_MANIFEST, f"sha256:{n:064x}", 10, artifact_type=f"t/{n % 2}") for n in range(5)]

        def handle(request: Request) -> Answer:
            assert request.path.startswith(f"/v2/app/referrers/{subject}")
            headers = {"Content-Type": OCI_INDEX}
            if "page=2" in request.path:
                return Answer(200, headers, Index(tuple(items[3:])).to_bytes())
            headers["Link"] = f'</v2/app/referrers/{subject}?page=2>; rel="next"'
            return Answer(200, headers, Index(tuple(items[:3])).to_bytes())

        with server(handle) as registry, RegistryClient(registry.address) as client:
            assert list(client.referrers("app", subject)) == items
            assert list(client.referrers("app", subject, artifact_type="t/1")) == [items[1], items[3]]
            assert registry.seen[-2].path.endswith("?artifactType=t%2F1")


class TestTokens:
    @pytest.fixture
    def issuer(self, tmp_path: Path) -> TokenIssuer:
        return TokenIssuer(tmp_path, username=USER, password=PASSWORD)

    @pytest.fixture
    def tokens(self, issuer: TokenIssuer) -> Iterator[Server]:
        with server(issuer.handle) as running:
            yield running

    @pytest.fixture
    def registry(self, start: StartRegistry, issuer: TokenIssuer, tokens: Server) -> str:
        settings = {
            "realm": f"http://{tokens.address}/token",
            "service": "test registry",
            "issuer": "tests",
            "jwks": str(issuer.jwks),
            "signingalgorithms": ["RS256"],
        }
        storage = {"inmemory": {}, "delete": {"enabled": True}}
        return start(auth={"token": settings}, storage=storage)

    def test_each_scope_is_asked_for_once(self, registry: str, tokens: Server) -> None:
        with own(registry) as client:
            client.ping()
            manifest = empty_manifest(client, "app")
            digest = client.put_manifest("app", "v1", manifest).digest
            for _ in range(5):
                assert client.manifest("app", digest).parse() == manifest
            client.push_blob("other", b"{}", mount_from="app")
            client.delete_manifest("app", digest)
            # Distribution lists a repository once it has a manifest.
            assert list(client.catalog()) == ["app"]
        scopes = [request.path.partition("scope=")[2] for request in tokens.seen]
        assert scopes == [
            "",
            "repository%3Aapp%3Apull%2Cpush",
            "repository%3Aapp%3Apull",
            "repository%3Aother%3Apull%2Cpush+repository%3Aapp%3Apull",
            "repository%3Aapp%3Adelete",
            "registry%3Acatalog%3A%2A",
        ]

    def test_a_token_that_the_registry_refuses_is_renewed_once(self, registry: str, tokens: Server) -> None:
        seen: list[str] = []

        def handle(request: Request) -> Answer:
            token = request.headers.get("authorization", "")
            seen.append(token)
            if len(seen) == 4:
                request.headers["authorization"] = "Bearer stale"
            return forward(registry, request)

        with server(handle) as proxy, own(proxy.address) as client:
            client.push_blob("app", b"content")
            count = len(tokens.seen)
            client.push_blob("app", b"more content")
            assert len(tokens.seen) == count + 1
            assert len(set(seen)) == 3

    def test_a_token_at_its_end_is_renewed_before(self, registry: str, issuer: TokenIssuer, tokens: Server) -> None:
        issuer.lifetime = 1
        with own(registry) as client:
            client.push_blob("app", b"content")
            assert client.blob_exists("app", digest_of(b"content"))
            count = len(tokens.seen)
            time.sleep(1)
            assert client.blob_exists("app", digest_of(b"content"))
            assert len(tokens.seen) == count + 1

    def test_a_wrong_password(self, registry: str, tokens: Server) -> None:
        with RegistryClient(registry, username=USER, password="wr0ng-word") as client:
            with pytest.raises(RegistryError) as refused:
                client.push_blob("app", b"content")
            assert str(refused.value) == (
                f"registry {registry}: cannot log in at its token server 127.0.0.1: the user name or the password is "
                "wrong (401 UNAUTHORIZED); correct them and try again"
            )
            assert len(tokens.seen) == 1

    def test_a_login_that_may_only_pull(self, registry: str, issuer: TokenIssuer) -> None:
        with own(registry) as client:
            client.push_blob("app", b"content")
        issuer.allowed = {"pull"}
        with own(registry) as client:
            assert client.read_blob("app", digest_of(b"content")) == b"content"
            with pytest.raises(RegistryError) as refused:
                client.push_blob("app", b"more")
            assert str(refused.value) == (
                f"registry {registry}: cannot push a blob to app: it answered 401 UNAUTHORIZED (authentication "
                "required); this login does not allow it: ask for the permission, or use another account"
            )
            assert not any(token in str(refused.value) for token in issuer.tokens)


class TestNoRegistryThere:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> tuple[Path, Path]:
        key, certificate = tmp_path / "tls.key", tmp_path / "tls.crt"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
                *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
            ],
            check=True,
            capture_output=True,
        )
        return certificate, key

    def test_tls(self, start: StartRegistry, certificate: tuple[Path, Path]) -> None:
        address = start(tls={"certificate": str(certificate[0]), "key": str(certificate[1])})
        said = {
            None: f"registry {address}: cannot use it: it expects TLS and was asked in plain HTTP; leave "
            "plain_http off for this registry",
            False: f"registry {address}: cannot use it: its certificate is not trusted (self-signed certificate); "
            "give the authority that signed it as ca_certificate, or correct the certificate",
        }
        for plain_http, message in said.items():
            with RegistryClient(address, plain_http=plain_http) as client, pytest.raises(RegistryError) as refused:
                client.ping()
            assert str(refused.value) == message
        with RegistryClient(address, plain_http=False, ca_certificate=certificate[0].read_text()) as client:
            client.ping()
            client.push_blob("app", io.BytesIO(b"content"))
            assert client.read_blob("app", digest_of(b"content")) == b"content"

    def test_plain_http_asked_with_tls(self, start: StartRegistry) -> None:
        address = start()
        with RegistryClient(address, plain_http=False) as client, pytest.raises(RegistryError) as refused:
            client.ping()
        assert str(refused.value) == (
            f"registry {address}: cannot use it: it speaks plain HTTP and was asked with TLS; turn TLS on there; only "
            "for a registry on this machine, set plain_http"
        )

    def test_nothing_listens(self) -> None:
        address = f"127.0.0.1:{free_port()}"
        with RegistryClient(address) as client, pytest.raises(RegistryError) as refused:
            client.ping()
        assert str(refused.value) == (
            f"registry {address}: cannot use it: nothing listens there; check host and port, and that the registry runs"
        )

    def test_no_answer_in_time(self) -> None:
        release = threading.Event()

        def handle(_: Request) -> Answer:
            release.wait(20)
            return Answer(drop=True)

        with server(handle) as slow, RegistryClient(slow.address, timeout_seconds=0.1) as client:
            with pytest.raises(RegistryError) as refused:
                client.ping()
            release.set()
            assert str(refused.value) == (
                f"registry {slow.address}: cannot use it: no answer within 0.1 seconds; check that the server can be "
                "reached from here, or allow more time with timeout_seconds"
            )

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (
                Answer(404, {"Content-Type": "text/html"}, b"<html>no</html>"),
                "it answered 404; check that the server is a registry, and the name",
            ),
            (
                Answer(200, {"Content-Type": "text/html"}, b"<html>hello</html>"),
                "it sent a web page in answer to /v2/; check that the server is a registry",
            ),
            (Answer(204), "it answered 204, which no registry does here; check that the server is a registry"),
            (
                Answer(500, {}, b"broken\x1b[31m\n"),
                "it answered 500 (broken [31m); the registry itself failed: try again, then look in its log",
            ),
        ],
    )
    def test_not_a_registry(self, answer: Answer, said: str) -> None:
        with server(lambda _: answer) as site, RegistryClient(site.address) as client:
            with pytest.raises(RegistryError) as refused:
                client.ping()
            assert str(refused.value) == f"registry {site.address}: cannot use it: {said}"

    @pytest.mark.parametrize(
        ("path", "answer", "said"),
        [
            ("tags", Answer(200, {}, b"[]"), "its answer is not JSON; check that the server is a registry"),
            (
                "tags",
                Answer(200, {}, b'{"tags": [1]}'),
                "its answer has no list of tags; check that the server is a registry",
            ),
            (
                "tags",
                Answer(200, {"Link": '</v2/app/tags/list?n=1000>; rel="next"'}, b'{"tags": []}'),
                "its pages lead in a circle; report it to the registry's makers",
            ),
            (
                "tags",
                Answer(200, {"Link": '<http://elsewhere.example/v2/x>; rel="next"'}, b'{"tags": []}'),
                "its next page is elsewhere; check the address that the registry believes to have",
            ),
            ("push", Answer(202), "it named no address for the upload; check that the server is a registry"),
            (
                "push",
                Answer(202, {"Location": "http://[::1/x"}),
                "it pointed to an address that is none; check the address that it believes to have",
            ),
        ],
    )
    def test_answers_that_make_no_sense(self, path: str, answer: Answer, said: str) -> None:
        with server(lambda _: answer) as odd, RegistryClient(odd.address) as client:
            with pytest.raises(RegistryError) as refused:
                _ = list(client.tags("app")) if path == "tags" else client.push_blob("app", b"x")
            task = "list the tags of app" if path == "tags" else "push a blob to app"
            assert str(refused.value) == f"registry {odd.address}: cannot {task}: {said}"


class TestLayout:
    def test_a_layout_is_pushed_and_pulled(self, start: StartRegistry, tmp_path: Path) -> None:
        layout = ImageLayout(tmp_path / "layout")
        with build_image({"hello.txt": b"hello\n"}) as image:
            layout.write(image, tag="v1")
        with RegistryClient(start()) as client:
            found = layout.index().manifests[0]
            manifest = layout.manifest(found)
            assert isinstance(manifest, Manifest)
            for descriptor in (manifest.config, *manifest.layers):
                client.push_blob("app", layout.blob(descriptor), digest=descriptor.digest)
            assert client.put_manifest("app", "v1", manifest).digest == found.digest

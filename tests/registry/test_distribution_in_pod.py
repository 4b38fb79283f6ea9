"""Registry proof: a configuration that is taken apart for a pod, its secrets in variables, is for Distribution's own
reader the whole one; what alerts ask for is among the registry's metrics; what Redis has cached is forgotten; a push
under way ends before its pod does."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.distribution import cluster_render as render
from registry_components.distribution.cache_purge import purge
from registry_components.distribution.render import to_yaml
from registry_components.oci.model import digest_of
from tests.support.servers import free_port, serving
from tests.unit.distribution.cluster import placed, whole

pytestmark = pytest.mark.registry

REDIS = {
    "cache": {"kind": "redis"},
    "redis": {"kind": "single", "address": "127.0.0.1:6379", "password": "123", "max_retries": 5},
}
OPEN = {"kind": "none"}
TOOL = Path(__file__).parents[2] / "tools" / "registry"
CASES: dict[str, dict[str, Any]] = {
    "keys of S3, a webhook, a mail and a check": {
        "storage": {
            "kind": "s3",
            "bucket": "images",
            "region": "us-east-1",
            "region_endpoint": "http://127.0.0.1:1",
            # Without quotes YAML reads a number.
            "access_key": "12345",
            "secret_key": "1e3",
        },
        "notifications": {
            "endpoints": [{"name": "hook", "url": "http://127.0.0.1:1/", "headers": {"Authorization": "Bearer x: y"}}]
        },
        "log": {
            "mail": [
                {
                    "levels": ["panic"],
                    "smtp_address": "127.0.0.1:25",
                    "smtp_username": "ops",
                    "smtp_password": "null",
                    "sender": "a@example.com",
                    "recipients": ["b@example.com"],
                }
            ]
        },
        "health": {"http": [{"url": "http://127.0.0.1:1/", "headers": {"X-Key": "~"}}]},
        **REDIS,
    },
    "a secret of Azure": {
        "storage": {
            "kind": "azure",
            "account_name": "images",
            "container": "images",
            "service_url": "http://127.0.0.1:1",
            "credentials": {
                "kind": "client_secret",
                "tenant_id": "00000000-0000-0000-0000-000000000000",
                "client_id": "00000000-0000-0000-0000-000000000001",
                "secret": "yes",
            },
        },
        **REDIS,
    },
    "a key of Azure": {
        "storage": {
            "kind": "azure",
            "account_name": "images",
            "container": "images",
            "service_url": "http://127.0.0.1:1",
            "credentials": {"kind": "shared_key", "account_key": "c2VjcmV0"},
        },
        **REDIS,
    },
    "an upstream": {
        "storage": {"kind": "inmemory"},
        "proxy": {
            "remote_url": "https://registry-1.docker.io",
            "credentials": {"kind": "password", "username": "ci", "password": "123"},
        },
    },
    "sentinels": {
        "storage": {"kind": "inmemory"},
        "cache": {"kind": "redis"},
        "redis": {
            "kind": "sentinel",
            "addresses": ["127.0.0.1:1"],
            "master_name": "one",
            "password": "off",
            "sentinel_password": "0x1F",
        },
    },
}


# Distribution's own reading of its configuration, printed.
PROGRAM = """package main

import (
	"fmt"
	"os"

	"github.com/distribution/distribution/v3/configuration"
)

func main() {
	file, _ := os.Open(os.Args[1])
	found, err := configuration.Parse(file)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%#v\\n%+v\\n", found, found.Proxy)
}
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that prints what Distribution understands."""
    if shutil.which("go") is None:
        pytest.skip("Go is not on PATH, which Distribution's own reader is built with")
    folder = tmp_path_factory.mktemp("reader")
    for name in ("go.mod", "go.sum"):
        shutil.copy(TOOL / name, folder)
    (folder / "main.go").write_text(PROGRAM)
    subprocess.run(["go", "build", "-o", "reader", "main.go"], cwd=folder, check=True, timeout=300)
    return folder / "reader"


def read(reader: Path, config: Path, tree: Any, variables: dict[str, str]) -> str:
    config.write_text(to_yaml(tree))
    env = {"PATH": os.environ["PATH"], **variables}
    done = subprocess.run([reader, config], env=env, capture_output=True, text=True, timeout=60, check=True)
    # A variable that it does not know is told.
    assert done.stderr == ""
    # Pointers are printed as addresses.
    return re.sub(r"0x[0-9a-f]{6,}", "0x", done.stdout)


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_taken_apart_it_is_the_same(settings: dict[str, Any], reader: Path, tmp_path: Path) -> None:
    parts = placed({"auth": OPEN, **settings})
    variables = {name: render.variable(value) for name, value in parts.variables.items()}
    apart = read(reader, tmp_path / "apart.yml", parts.config, variables)
    assert apart == read(reader, tmp_path / "whole.yml", whole(parts), {})
    assert apart != read(reader, tmp_path / "less.yml", parts.config, {})


def test_every_secret_setting_is_in_a_case() -> None:
    found = {name for settings in CASES.values() for name in placed({"auth": OPEN, **settings}).variables}
    assert found == set(render.SECRET_SETTINGS)


def test_the_metrics_that_alerts_ask_for_are_there(registry_binary: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    port, debug = free_port(), free_port()
    config.write_text(
        json.dumps(
            {
                "version": "0.1",
                "storage": {"inmemory": {}},
                "http": {
                    "addr": f"127.0.0.1:{port}",
                    "debug": {"addr": f"127.0.0.1:{debug}", "prometheus": {"enabled": True, "path": "/metrics"}},
                },
            }
        )
    )
    env = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
    with serving([str(registry_binary), "serve", str(config)], port, tmp_path / "log", env=env):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/a/tags/list", timeout=10)
        with urllib.request.urlopen(f"http://127.0.0.1:{debug}/metrics", timeout=10) as answer:
            metrics = answer.read().decode()
    assert 'registry_http_requests_total{code="404",handler="tags",method="get"} 1' in metrics


def test_redis_forgets_what_was_deleted(registry_binary: Path, tmp_path: Path) -> None:
    server = shutil.which("redis-server")
    if server is None:
        pytest.fail("redis-server is not installed; run `tools/provision --tests`, then the tests again")
    port, redis = free_port(), free_port()
    base, data = f"http://127.0.0.1:{port}", tmp_path / "data"
    settings = {
        "storage": {"kind": "filesystem", "root_directory": str(data)},
        "auth": OPEN,
        "cache": {"kind": "redis"},
        "redis": {"kind": "single", "address": f"127.0.0.1:{redis}", "password": "123", "db": 3},
    }
    parts = placed(settings)
    config = tmp_path / "config.yml"
    config.write_text(to_yaml(parts.config))
    variables = {name: render.variable(value) for name, value in parts.variables.items()}
    env = {"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none", **variables}
    env["REGISTRY_HTTP_ADDR"] = f"127.0.0.1:{port}"

    def ask(method: str, url: str, body: bytes | None = None) -> tuple[int, Any]:
        request = urllib.request.Request(url, body, {"Content-Type": "application/octet-stream"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.headers

    command = [server, "--port", str(redis), "--requirepass", "123", "--save", "", "--dir", str(tmp_path)]
    with (
        serving(command, redis, tmp_path / "redis.log"),
        serving([str(registry_binary), "serve", str(config)], port, tmp_path / "log", env=env),
    ):
        place = ask("POST", f"{base}/v2/app/blobs/uploads/")[1]["Location"]
        digest = digest_of(b"a layer")
        assert ask("PUT", f"{place}&digest={digest}", b"a layer")[0] == 201
        assert ask("HEAD", f"{base}/v2/app/blobs/{digest}")[0] == 200
        shutil.rmtree(data / "docker/registry/v2/blobs")
        # A client that asks now leaves the layer out of its push.
        assert ask("HEAD", f"{base}/v2/app/blobs/{digest}")[0] == 200
        told = purge(config, variables)
        assert told.endswith(" entries of the cache were removed")
        assert not told.startswith("0 ")
        assert ask("HEAD", f"{base}/v2/app/blobs/{digest}")[0] == 404
        with pytest.raises(StackError, match=r"^Redis refuses: "):
            purge(config, {"REGISTRY_REDIS_PASSWORD": '"wrong"'})
    with pytest.raises(StackError) as caught:
        purge(config, variables)
    assert str(caught.value) == (
        f"Redis at 127.0.0.1:{redis} cannot be asked (ConnectionRefusedError), and may say that blobs are there which "
        "are not; run the collection again once it answers"
    )
    config.write_text(to_yaml({"storage": {"inmemory": {}, "cache": {"blobdescriptor": "inmemory"}}}))
    assert purge(config, {}) == ""


def takes_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_pod_that_ends_lets_a_push_end_first(registry_binary: Path, tmp_path: Path) -> None:
    settings = {
        "storage": {"kind": "filesystem", "root_directory": str(tmp_path / "data")},
        "auth": {"kind": "none", "allow_anonymous_network": True},
        "runtime": {"kind": "kubernetes", "namespace": "registry", "claim": {"kind": "new", "size": "1Gi"}},
    }
    parts = placed(settings)
    assert parts.config["http"]["draintimeout"] == "60s"
    port = free_port()
    config = tmp_path / "config.yml"
    config.write_text(to_yaml(parts.config))
    env = {"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none", "REGISTRY_HTTP_ADDR": f"127.0.0.1:{port}"}
    with serving([str(registry_binary), "serve", str(config)], port, tmp_path / "log", env=env) as process:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("POST", "/v2/app/blobs/uploads/")
        answer = connection.getresponse()
        answer.read()
        place = answer.headers["Location"].partition(f":{port}")[2]
        connection.putrequest("PUT", f"{place}&digest={digest_of(b'first second')}")
        connection.putheader("Content-Length", str(len(b"first second")))
        connection.endheaders()
        connection.send(b"first ")
        # What it has not begun to read is not under way.
        time.sleep(1)
        process.terminate()
        until = time.monotonic() + 10
        while takes_connections(port):
            assert time.monotonic() < until
            time.sleep(0.05)
        connection.send(b"second")
        assert connection.getresponse().status == 201
        connection.close()
        assert process.wait(timeout=20) is not None

"""Registry proof: what `HarborHost` describes runs on a real container engine: every service, hardened, and again after
a restart of each and of the engine.

The recorded inputs of the Docker resources are sent to the engine's API one by one, in the order in which the Docker
provider sends them; an input that has no counterpart in a request fails the test. What stands in for what:

- Podman's API socket for Docker, where `dockerd` itself is not installed.
- Harbor's images, as tests/support/harbor_stand_ins.py says: the registry (Distribution 2.8), Redis, PostgreSQL and
  both nginx are real and read what is rendered; core, job service, registryctl and Trivy's adapter are not Harbor's.
- Podman here has no name server for its networks, and its addresses change with a restart: the test gives every
  container an address, and the others' in its hosts file. Docker's own name server answers its containers.
- Podman starts containers after the machine's own restart by a unit of systemd, whose command the test runs.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import httpx
import psutil
import pytest

from registry_components.harbor import HarborHost, HarborHostArgs
from registry_components.harbor.host import nginx
from registry_components.harbor.host.args import runs
from registry_components.harbor.host.facts import SERVICES
from registry_components.oci.client import RegistryClient
from registry_components.testing import Recorded, Recording, Secret, record
from tests.support.docker_requests import create, volumes_and_networks
from tests.support.engines import ContainerEngine, container_engine
from tests.support.harbor_stand_ins import POSTGRES, make_images, reference
from tests.support.images import PushedImage, push_image
from tests.support.package_images import unpacked_packages
from tests.support.servers import free_port
from tests.unit.harbor_host.everything import EVERYTHING

pytestmark = [
    pytest.mark.registry,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not (POSTGRES / "bin" / "postgres").exists(), reason="PostgreSQL 15 is not installed"),
]

CONTAINER = "docker:index/container:Container"
NAMES = [name for name in SERVICES if name not in ("log", "exporter")]


def made_password(name: str) -> str:
    return f"made-for-{name}-in-this-test"


OUTPUTS: dict[str, Any] = {
    "random:index/randomPassword:RandomPassword": lambda made: {
        "result": Secret(made_password(made.name)),
        "bcryptHash": Secret(bcrypt.hashpw(made_password(made.name).encode(), bcrypt.gensalt(4)).decode()),
    },
    "tls:index/privateKey:PrivateKey": {"privateKeyPem": Secret("a key of the token service")},
    "tls:index/selfSignedCert:SelfSignedCert": {"certPem": "a certificate of the token service"},
    "docker:index/remoteImage:RemoteImage": lambda made: {"imageId": made.inputs["name"]},
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for 127.0.0.1 and its key, PEM texts."""
    folder = tmp_path_factory.mktemp("certificate")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=harbor", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    command += ["-keyout", str(folder / "key"), "-out", str(folder / "crt")]
    subprocess.run(command, check=True, capture_output=True)
    return (folder / "crt").read_text(), (folder / "key").read_text()


# One engine for each run, as the copies of images take most of the time; REGC_ENGINES=podman,docker has both.
ENGINES = os.environ.get("REGC_ENGINES") or ("docker" if shutil.which("dockerd") else "podman")


@pytest.fixture(scope="module", params=ENGINES.split(","))
def engine(request: pytest.FixtureRequest) -> Iterator[ContainerEngine]:
    with container_engine(request.param) as engine:
        make_images(engine)
        yield engine


class Host:
    """One Harbor on one engine."""

    def __init__(self, engine: ContainerEngine, certificate: tuple[str, str]) -> None:
        self.engine, self.certificate = engine, certificate[0]
        self.http, self.https = free_port(), free_port()
        settings = {
            "hostname": "harbor.example.com",
            "apply": {"kind": "docker", "health_interval_seconds": 1},
            "tls": {"kind": "given", "certificate": certificate[0], "private_key": certificate[1]},
            "bind_address": "127.0.0.1",
            "http_port": self.http,
            "https_port": self.https,
            "services": {name: {"image": reference(name)} for name in NAMES},
        }
        self.args = HarborHostArgs.parse(settings)
        self.found: Recording = record(
            lambda: HarborHost("harbor", self.args), outputs=OUTPUTS, project="test", stack=f"s{self.https}"
        )

    def resource(self, service: str) -> Recorded:
        return self.found[f"{CONTAINER}::harbor{'' if service == 'proxy' else f'-{service}'}"]

    def name(self, service: str) -> str:
        return str(self.resource(service).inputs["name"])

    def deploy(self) -> None:
        volumes_and_networks(self.engine, self.found)
        owners = create(self.engine, self.resource("owners"))
        ended = self.engine.call("POST", f"/containers/{owners}/wait")
        assert ended["StatusCode"] == 0, self.engine.logs(owners)
        for service in runs(self.args):
            for other in SERVICES[service].after:
                self.wait(other)
            create(self.engine, self.resource(service), self.addressed)
        self.wait_for_all()

    def addressed(self, body: dict[str, Any]) -> None:
        """Give a container an address, and the others' names, where the engine has no name server."""
        if self.engine.name == "docker":
            return
        network = body["HostConfig"]["NetworkMode"]
        if network == "none":
            return
        there = body["NetworkingConfig"]["EndpointsConfig"][network]
        subnet = ipaddress.ip_network(self.engine.call("GET", f"/networks/{network}")["IPAM"]["Config"][0]["Subnet"])
        addresses = {name: str(subnet[10 + number]) for number, name in enumerate(SERVICES)}
        own = addresses[there["Aliases"][0]]
        there["IPAMConfig"] = {"IPv4Address": own}
        # Of the address, as Docker has it: the others' ARP caches hold the old one for a minute.
        there["MacAddress"] = "02:42:" + ":".join(f"{int(part):02x}" for part in own.split("."))
        body["HostConfig"]["ExtraHosts"] = [f"{name}:{addresses[name]}" for name in runs(self.args)]

    def wait(self, service: str) -> None:
        name, deadline = self.name(service), time.monotonic() + 60
        while not self.engine.healthy(name):
            assert time.monotonic() < deadline, f"{service} is not healthy:\n{self.engine.logs(name)}"
            time.sleep(0.1)

    def wait_for_all(self) -> None:
        for service in runs(self.args):
            self.wait(service)

    def client(self) -> RegistryClient:
        return RegistryClient(f"127.0.0.1:{self.https}", ca_certificate=self.certificate, plain_http=False)

    def push(self) -> PushedImage:
        server = f"127.0.0.1:{self.https}"
        return push_image(server, None, None, ca_certificate=self.certificate, plain_http=False)

    def run(self, service: str, *command: str, **environment: str) -> str:
        """Run a command in a service's container; return what it prints."""
        body = {
            "Cmd": list(command),
            "AttachStdout": True,
            "AttachStderr": True,
            "Tty": True,
            "Env": [f"{name}={value}" for name, value in environment.items()],
        }
        made = self.engine.call("POST", f"/containers/{self.name(service)}/exec", 201, json=body)
        told = self.engine.call("POST", f"/exec/{made['Id']}/start", json={"Detach": False, "Tty": True})
        return str(told.decode(errors="replace").strip())

    def starts(self) -> tuple[str, str]:
        """Return how often the core started, as the database and Redis have it."""
        how = (
            "-h",
            "127.0.0.1",
            "-U",
            "postgres",
            "-d",
            "registry",
            "-At",
            "-P",
            "pager=off",
            "-c",
            "SELECT count(*) FROM starts",
        )
        rows = self.run("postgresql", "psql", *how, PGPASSWORD=made_password("harbor-database"))
        return rows, self.run("redis", "redis-cli", "get", "starts").strip('"')


@pytest.fixture(scope="module")
def host(engine: ContainerEngine, certificate: tuple[str, str]) -> Host:
    made = Host(engine, certificate)
    made.deploy()
    return made


def test_clients_reach_all_of_it(host: Host) -> None:
    image = host.push()
    with host.client() as registry:
        image.check(registry)

    context = ssl.create_default_context(cadata=host.certificate)
    with httpx.Client(verify=context) as client:
        page = client.get(f"https://127.0.0.1:{host.https}/some/page")
        assert (page.status_code, page.text) == (200, "<title>portal</title>\n")
        assert page.headers["strict-transport-security"].startswith("max-age=31536000")
        assert page.headers["x-frame-options"] == "DENY"
        assert client.get(f"https://127.0.0.1:{host.https}/api/v2.0/ping").text == "Pong"
        assert client.get(f"https://127.0.0.1:{host.https}/service/notifications").status_code == 404
        plain = client.get(f"http://127.0.0.1:{host.http}/v2/")
        assert (plain.status_code, plain.headers["location"]) == (
            308,
            f"https://harbor.example.com:{host.https}/v2/",
        )
    # The core's stand-in reached both by what the core is given.
    assert host.starts() == ("1", "1")
    assert host.run("redis", "redis-cli", "-n", "1", "get", "jobs").strip('"') == "1"
    assert host.run("redis", "redis-cli", "-n", "5", "get", "scans").strip('"') == "1"
    # The registry keeps what it knows of blobs in the database of Redis that is its own.
    assert int(host.run("redis", "redis-cli", "-n", "2", "dbsize").split()[-1]) > 0


def test_the_registry_wants_the_account_that_the_core_has(host: Host) -> None:
    ask = ("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://registry:5000/v2/")
    assert host.run("core", *ask) == "401"
    login = f"harbor_registry_user:{made_password('harbor-registry-credentials')}"
    assert host.run("core", *ask, "-u", login) == "200"


def test_hardened_as_described(host: Host) -> None:
    for service in runs(host.args):
        pid = host.engine.process(host.name(service))
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(status[capabilities], 16) == 0, (service, capabilities)
        assert status["NoNewPrivs"] == "1"
        user = SERVICES[service].user
        assert psutil.Process(pid).uids().effective == psutil.Process(pid).gids().effective == user
        assert user != 0

        # A service reads its files and cannot change them; nobody else in it reads them.
        inside = Path(f"/proc/{pid}/root")
        for upload in host.resource(service).inputs.get("uploads", []):
            found = (inside / upload["file"].lstrip("/")).stat()
            assert (found.st_mode & 0o7777, found.st_uid, found.st_gid) == (0o440, 0, user), upload["file"]

        inspected = host.engine.call("GET", f"/containers/{host.name(service)}/json")["HostConfig"]
        assert inspected["Memory"] == inspected["MemorySwap"] == SERVICES[service].memory_megabytes * 1024 * 1024
        assert inspected["RestartPolicy"]["Name"] == "always"
        assert not inspected["Privileged"]
        if service != "proxy":
            assert not inspected["PortBindings"]
        # A host's search domain cannot answer for another service's name.
        assert not [
            line
            for line in (inside / "etc/resolv.conf").read_text().splitlines()
            if line.startswith("search ") and line.split()[1:] != ["."]
        ]

    listening = {tuple(c.laddr) for c in psutil.net_connections("tcp") if c.status == "LISTEN"}
    assert {where for where, port in listening if port in (host.http, host.https)} == {"127.0.0.1"}


def test_services_and_the_engine_restart(host: Host) -> None:
    image = host.push()
    before = int(host.starts()[0])

    for service in ("registry", "core"):
        host.engine.call("POST", f"/containers/{host.name(service)}/restart", 204, params={"t": 2})
    host.wait_for_all()
    with host.client() as registry:
        image.check(registry)
    assert int(host.starts()[0]) > before

    host.engine.restart()
    host.wait_for_all()
    with host.client() as registry:
        image.check(registry)
    rows, count = host.starts()
    assert int(rows) > before + 1
    assert int(count) > before + 1


def test_data_outlives_its_containers(host: Host) -> None:
    image = host.push()
    rows, _ = host.starts()
    for service in ("postgresql", "redis", "registry"):
        create(host.engine, host.resource(service), host.addressed)
    host.wait_for_all()
    with host.client() as registry:
        image.check(registry)
    assert host.starts()[0] == rows


@pytest.mark.parametrize("title", list(EVERYTHING))
def test_nginx_takes_every_configuration(title: str, certificate: tuple[str, str], tmp_path: Path) -> None:
    """Services' names and the files are this machine's own; the rest stands as it is rendered."""
    args = HarborHostArgs.parse(EVERYTHING[title])
    for name, text in (("crt", certificate[0]), ("key", certificate[1]), ("mime.types", "types { text/html html; }")):
        (tmp_path / name).write_text(text)
    for service, rendered in (("proxy", nginx.proxy(args)), ("portal", nginx.portal(args))):
        here = rendered.replace("/tmp/", f"{tmp_path}/")
        here = re.sub(r"(?<= )/(?:etc|harbor)[a-z_/]+/[a-z_]+\.(crt|key)\b", rf"{tmp_path}/\1", here)
        here = here.replace("/etc/nginx/mime.types", str(tmp_path / "mime.types"))
        here = re.sub(r"server (?:core|portal|registry|jobservice|exporter):", "server 127.0.0.1:", here)
        (tmp_path / service).write_text(here)
        command = [str(unpacked_packages() / "usr/sbin/nginx"), "-t", "-e", "stderr", "-c", str(tmp_path / service)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, f"{service}: {done.stderr}"
        assert "[warn]" not in done.stderr, done.stderr

"""Recorded proof: what a `DistributionRegistry` with runtime `docker` describes to the engine."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pulumi
import pytest

from registry_components.core.errors import StackError
from registry_components.distribution import DistributionRegistry, DistributionRegistryArgs
from registry_components.distribution.container import _repository
from registry_components.distribution.docker_words import decimal, go_duration
from registry_components.testing import UNKNOWN, Recorded, Recording, Secret, find_plaintext, inventory, record

pytestmark = pytest.mark.recorded

HTPASSWD = "ci:$2b$05$abcdefghijklmnopqrstuuvx3sJlf4DnRPWW/oNYlJ9rDpS7xyvGW\n"
HTTP_SECRET = "chosen-http-secret-of-mine"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMAowAzABADADMAEAAwEA\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----\n"
TLS: dict[str, Any] = {"kind": "certificate", "certificate": pulumi.Output.from_input(CERTIFICATE), "key": KEY}
PARENT = "registry-components:index:DistributionRegistry::apps"
CONTAINER = "docker:index/container:Container"
USERS = "pulumi-python:dynamic/registry-components:HtpasswdUsers"
SECRET = "pulumi-python:dynamic/registry-components:GeneratedSecret"
IMAGE_ID = "sha256:826a130323165bb0ccb0374ae774f885c067a951b51a6ee133577f4e5dbc4119"
OUTPUTS: dict[str, Any] = {
    USERS: lambda _: {"passwords": Secret({"ci": "generated-password"}), "htpasswd": Secret(HTPASSWD)},
    SECRET: lambda _: {"value": Secret("generated-http-secret")},
    "docker:index/remoteImage:RemoteImage": {"imageId": IMAGE_ID},
    "docker:index/image:Image": {"repoDigest": IMAGE_ID},
    CONTAINER: lambda resource: {"id": f"id-of-{resource.name}"},
}


def recording(preview: bool = False, opts: pulumi.ResourceOptions | None = None, **changes: Any) -> Recording:
    """Record one registry; outputs are made inside the program."""

    def program() -> None:
        settings = {
            "storage": {"kind": "filesystem"},
            "auth": {"kind": "htpasswd", "users": ["ci"]},
            "runtime": {"kind": "docker"},
            **changes,
        }
        DistributionRegistry("apps", DistributionRegistryArgs.parse(settings), opts)

    return record(program, outputs=OUTPUTS, project="shop", stack="dev", preview=preview)


def docker(**runtime: Any) -> dict[str, Any]:
    return {"runtime": {"kind": "docker", **runtime}}


def inputs_of(name: str = "apps", **changes: Any) -> dict[str, Any]:
    return dict(recording(**changes)[f"{CONTAINER}::{name}"].inputs)


def labels(resource: Recorded) -> dict[str, str]:
    return {label["label"]: label["value"] for label in resource.inputs["labels"]}


def uploads(**changes: Any) -> dict[str, str]:
    """Return what is uploaded, by path; all of it has to be secret."""
    found = inputs_of("apps-configuration", **changes)["uploads"]
    assert all(isinstance(upload["content"], Secret) for upload in found)
    return {upload["file"]: upload["content"].value for upload in found}


def test_the_whole_tree() -> None:
    found = recording()
    lines = sorted(f"{entry.type}::{entry.name} < {entry.parent}" for entry in inventory(found).values())
    assert lines == sorted(
        [
            f"{PARENT} < ",
            f"{SECRET}::apps-http-secret < {PARENT}",
            f"{USERS}::apps-users < {PARENT}",
            f"{CONTAINER}::apps < {PARENT}",
            f"{CONTAINER}::apps-configuration < {PARENT}",
            f"docker:index/network:Network::apps-network < {PARENT}",
            f"docker:index/remoteImage:RemoteImage::apps-image < {PARENT}",
            f"docker:index/volume:Volume::apps-data < {PARENT}",
            f"docker:index/volume:Volume::apps-files < {PARENT}",
        ]
    )
    assert found.unpublished() == []
    assert found[PARENT].registered_outputs == {
        "server": "127.0.0.1:5000",
        "config_path": "/etc/distribution/config.yml",
        "directory": "",
    }


def test_the_container_as_described() -> None:
    inputs = inputs_of()
    labelled = inputs.pop("labels")
    assert len(labelled) == 5
    assert inputs == {
        "name": "shop-dev-apps",
        "image": IMAGE_ID,
        "command": ["serve", "/etc/distribution/config.yml"],
        "envs": ["OTEL_TRACES_EXPORTER=none"],
        "workingDir": "/",
        "networkMode": "bridge",
        "networksAdvanced": [{"name": "shop-dev-apps-network"}],
        "ports": [{"internal": 5000, "external": 5000, "ip": "127.0.0.1", "protocol": "tcp"}],
        "volumes": [
            {"volumeName": "shop-dev-apps-data", "containerPath": "/var/lib/registry", "readOnly": False},
            {"volumeName": "shop-dev-apps-files", "containerPath": "/etc/distribution", "readOnly": True},
        ],
        "readOnly": True,
        "tmpfs": {"/tmp": "rw,noexec,nosuid,nodev,size=64m"},
        "capabilities": {"adds": [], "drops": ["ALL"]},
        "securityOpts": ["no-new-privileges:true"],
        "privileged": False,
        "ipcMode": "private",
        "publishAllPorts": False,
        "init": False,
        "rm": False,
        "tty": False,
        "stdinOpen": False,
        "attach": False,
        "logs": False,
        "removeVolumes": True,
        "restart": "unless-stopped",
        "maxRetryCount": 0,
        "logDriver": "json-file",
        "logOpts": {"max-file": "5", "max-size": "10m"},
        "healthcheck": {
            "tests": ["CMD", "wget", "-q", "-T", "5", "-O", "/dev/null", "http://127.0.0.1:5000/"],
            "interval": "10s",
            "timeout": "5s",
            "startPeriod": "10s",
            "retries": 3,
        },
        "wait": True,
        "waitTimeout": 60,
        "mustRun": True,
        "start": True,
        "destroyGraceSeconds": 10,
        "stopTimeout": 10,
    }


@pytest.mark.parametrize("name", ["apps", "apps-configuration"])
def test_hardening(name: str) -> None:
    inputs = inputs_of(name)
    assert inputs["capabilities"] == {"adds": [], "drops": ["ALL"]}
    assert inputs["securityOpts"] == ["no-new-privileges:true"]
    assert inputs["privileged"] is False
    assert inputs["publishAllPorts"] is False


def test_only_the_registry_runs_and_only_the_other_may_write_its_files() -> None:
    inputs = inputs_of("apps-configuration")
    assert (inputs["start"], inputs["mustRun"], inputs["wait"]) == (False, False, False)
    assert inputs["restart"] == "no"
    assert inputs["networkMode"] == "none"
    assert "ports" not in inputs
    assert "networksAdvanced" not in inputs
    assert inputs["volumes"] == [
        {"volumeName": "shop-dev-apps-files", "containerPath": "/etc/distribution", "readOnly": False}
    ]


def test_limits_and_choices_are_rendered() -> None:
    inputs = inputs_of(
        host="127.0.0.2",
        port=5443,
        prefix="/hub/",
        drain_timeout_seconds=20,
        **docker(
            memory_megabytes=256,
            cpus=1.5,
            restart="always",
            cap_drop=["NET_RAW", "CHOWN"],
            cap_add=["NET_BIND_SERVICE"],
            user="65532:65533",
            read_only_root=False,
            log_max_megabytes=1,
            log_files=2,
            healthcheck={
                "interval_seconds": 90,
                "timeout_seconds": 3600,
                "start_period_seconds": 0,
                "retries": 7,
                "command": ["/probe", "-x"],
            },
            start_timeout_seconds=90,
        ),
    )
    assert (inputs["memory"], inputs["memorySwap"], inputs["cpus"]) == (256, 256, "1.5")
    assert inputs["restart"] == "always"
    # As the engine reports them, or the provider would see a change at each run.
    assert inputs["capabilities"] == {"adds": ["CAP_NET_BIND_SERVICE"], "drops": ["CAP_CHOWN", "CAP_NET_RAW"]}
    assert inputs["healthcheck"] == {
        "tests": ["CMD", "/probe", "-x"],
        "interval": "1m30s",
        "timeout": "1h0m0s",
        "startPeriod": "0s",
        "retries": 7,
    }
    assert inputs["user"] == "65532:65533"
    assert inputs["readOnly"] is False
    assert "tmpfs" not in inputs
    assert inputs["logOpts"] == {"max-file": "2", "max-size": "1m"}
    assert inputs["ports"] == [{"internal": 5000, "external": 5443, "ip": "127.0.0.2", "protocol": "tcp"}]
    assert inputs["waitTimeout"] == 90
    assert (inputs["destroyGraceSeconds"], inputs["stopTimeout"]) == (30, 30)


def test_no_limit_is_no_input() -> None:
    assert {"memory", "memorySwap", "cpus", "user"} & set(inputs_of()) == set()


@pytest.mark.parametrize(("user", "owner"), [(None, ("0", "0")), ("7", ("7", "0")), ("7:8", ("7", "8"))])
def test_the_files_belong_to_the_process(user: str | None, owner: tuple[str, str]) -> None:
    for upload in inputs_of("apps-configuration", **docker(user=user))["uploads"]:
        assert (upload["owner"], upload["group"]) == owner
        assert upload["permissions"] == "0400"
        assert upload["executable"] is False


@pytest.mark.parametrize(
    ("host", "published"), [("::1", "::1"), ("localhost", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")]
)
def test_any_loopback_address_reaches_the_listener(host: str, published: str) -> None:
    assert inputs_of(host=host)["ports"][0]["ip"] == published
    # Without an address: IPv4 and IPv6.
    assert 'addr: ":5000"' in uploads(host=host)["/etc/distribution/config.yml"]


def test_the_debug_server_is_published_where_it_is_wanted() -> None:
    changes: dict[str, Any] = {"port": 8000, "debug": {"port": 5000, "host": "127.0.0.3"}}
    assert inputs_of(**changes)["ports"] == [
        {"internal": 5000, "external": 8000, "ip": "127.0.0.1", "protocol": "tcp"},
        {"internal": 5001, "external": 5000, "ip": "127.0.0.3", "protocol": "tcp"},
    ]
    assert 'addr: ":5001"' in uploads(**changes)["/etc/distribution/config.yml"]


@pytest.mark.parametrize(
    ("changes", "tests"),
    [
        ({"prefix": "/hub/"}, ["wget", "-q", "-T", "5", "-O", "/dev/null", "http://127.0.0.1:5000/"]),
        (
            {"tls": TLS, "prefix": "/hub/"},
            ["wget", "-q", "-T", "5", "-O", "/dev/null", "--no-check-certificate", "https://127.0.0.1:5000/"],
        ),
        ({"tls": {"kind": "terminated"}}, ["wget", "-q", "-T", "5", "-O", "/dev/null", "http://127.0.0.1:5000/"]),
        (
            {"tls": {**TLS, "client_cas": [pulumi.Output.from_input(CERTIFICATE)]}},
            ["nc", "-z", "-w", "5", "127.0.0.1", "5000"],
        ),
        (
            {
                "host": "0.0.0.0",
                "tls": {"kind": "letsencrypt", "email": "ops@example.com", "hosts": ["registry.example.com"]},
            },
            ["nc", "-z", "-w", "5", "127.0.0.1", "5000"],
        ),
    ],
)
def test_the_healthcheck_can_be_answered(changes: dict[str, Any], tests: list[str]) -> None:
    assert inputs_of(**changes)["healthcheck"]["tests"] == ["CMD", *tests]


def test_everything_that_is_uploaded_is_secret() -> None:
    found = recording(http_secret=HTTP_SECRET, tls=TLS)
    files = uploads(http_secret=HTTP_SECRET, tls=TLS)
    assert list(files) == [f"/etc/distribution/{name}" for name in ("config.yml", "htpasswd", "tls.key", "tls.pem")]
    config = files["/etc/distribution/config.yml"]
    assert 'path: "/etc/distribution/htpasswd"' in config
    assert 'rootdirectory: "/var/lib/registry"' in config
    assert HTTP_SECRET in config
    assert files["/etc/distribution/htpasswd"] == HTPASSWD
    assert files["/etc/distribution/tls.key"] == KEY
    secrets = {"hash": HTPASSWD.strip(), "http secret": HTTP_SECRET, "key": KEY.splitlines()[1]}
    shown = [json.dumps(resource.inputs, default=repr) for resource in found.resources.values()]
    assert find_plaintext(secrets, *shown, found.tree(), repr(found.exports), *found.messages) == []


def test_generated_secrets_reach_the_configuration() -> None:
    assert "generated-http-secret" in uploads()["/etc/distribution/config.yml"]


def test_a_new_configuration_is_a_new_container() -> None:
    found = recording()
    registry = found[f"{CONTAINER}::apps"]
    assert labels(registry)["registry-components.configuration"] == "id-of-apps-configuration"
    assert list(registry.replace_on_changes) == ["labels"]
    assert registry.delete_before_replace is True
    configuration = found[f"{CONTAINER}::apps-configuration"]
    assert configuration.delete_before_replace is True
    assert "registry-components.configuration" not in labels(configuration)
    # What the registry needs is there before it, and stays until it is gone.
    assert configuration.urn in registry.dependencies
    assert {found[f"apps-{name}"].urn for name in ("data", "files", "image", "network")} <= set(registry.dependencies)


def test_images_outlive_the_registry_unless_both_consents_are_given() -> None:
    found = recording()
    assert found["apps-data"].retain_on_delete is True
    assert not found["apps-files"].retain_on_delete
    assert recording(deletion="destroy", empty_on_delete=True)["apps-data"].retain_on_delete is False


def test_changed_labels_do_not_replace_the_images() -> None:
    found = recording()
    assert list(found["apps-data"].ignore_changes) == ["labels"]
    assert list(found["apps-files"].ignore_changes) == []


def test_volumes_and_network_as_described() -> None:
    found = recording()
    for name in ("data", "files"):
        inputs = dict(found[f"apps-{name}"].inputs)
        inputs.pop("labels")
        assert inputs == {"name": f"shop-dev-apps-{name}", "driver": "local"}
    network = dict(found["apps-network"].inputs)
    network.pop("labels")
    assert network == {
        "name": "shop-dev-apps-network",
        "driver": "bridge",
        "attachable": False,
        "ingress": False,
        "internal": False,
        "ipv6": False,
    }


def test_an_existing_volume_and_network_are_used_not_made() -> None:
    found = recording(**docker(volume=pulumi.Output.from_input("images"), network="backend"))
    assert {"apps-data", "apps-network"} & {resource.name for resource in found.resources.values()} == set()
    inputs = found[f"{CONTAINER}::apps"].inputs
    assert inputs["volumes"][0] == {
        "volumeName": "images",
        "containerPath": "/var/lib/registry",
        "readOnly": False,
    }
    assert inputs["networksAdvanced"] == [{"name": "backend"}]


def test_the_image_is_pulled() -> None:
    assert recording()["apps-image"].inputs == {
        "name": "docker.io/library/registry:3.1.0",
        "keepLocally": True,
        "forceRemove": False,
    }


def test_the_image_is_built() -> None:
    found = recording(**docker(build={"context": "/srv/registry/", "build_args": {"B": "2", "A": "1"}}))
    assert found["apps-image"].type == "docker:index/image:Image"
    assert found["apps-image"].inputs == {
        "imageName": "shop-dev-apps:latest",
        "skipPush": True,
        "buildOnPreview": False,
        "build": {
            "context": "/srv/registry/",
            "dockerfile": "/srv/registry/Dockerfile",
            "args": {"A": "1", "B": "2"},
            "platform": "linux/amd64",
        },
    }
    assert found[f"{CONTAINER}::apps"].inputs["image"] == IMAGE_ID
    other = recording(**docker(build={"context": "/srv", "dockerfile": "a/b", "platform": "linux/arm64"}))
    assert other["apps-image"].inputs["build"]["dockerfile"] == "/srv/a/b"
    assert other["apps-image"].inputs["build"]["platform"] == "linux/arm64"


def test_another_engine_is_reached_through_a_provider_of_its_own() -> None:
    found = recording(**docker(docker_host="ssh://deploy@registry.example.com"))
    provider = found["apps-docker"]
    assert provider.type == "pulumi:providers:docker"
    assert provider.parent_key == PARENT
    assert provider.inputs == {"host": "ssh://deploy@registry.example.com"}
    made = [resource for resource in found.resources.values() if resource.type.startswith("docker:")]
    assert len(made) == 6
    for resource in made:
        assert resource.provider.startswith(provider.urn), resource.name


def test_labels_say_who_made_it() -> None:
    found = recording(**docker(labels={"team": "shop", "managed-by": "me"}))
    expected = {
        "managed-by": "registry-components",
        "pulumi-project": "shop",
        "pulumi-stack": "dev",
        "registry-component": "apps",
        "team": "shop",
    }
    for name in ("apps-configuration", "apps-data", "apps-files", "apps-network"):
        assert labels(found[name]) == expected, name
    registry = labels(found[f"{CONTAINER}::apps"])
    assert {key: registry[key] for key in expected} == expected


def test_two_descriptions_are_equal() -> None:
    one, two = (
        {key: json.dumps(resource.inputs, default=lambda secret: secret.value) for key, resource in items.items()}
        for items in (recording(tls=TLS).resources, recording(tls=TLS).resources)
    )
    assert one == two
    assert len(one) == 9


def test_a_preview_knows_names_and_no_content() -> None:
    found = recording(preview=True)
    assert found[f"{CONTAINER}::apps"].inputs["name"] == "shop-dev-apps"
    registered = found[PARENT].registered_outputs
    assert registered is not None
    assert registered.get("server", UNKNOWN) is UNKNOWN


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {**docker(volume="images"), "deletion": "destroy", "empty_on_delete": True},
            "deletion: 'destroy' never removes a runtime.volume of your own; remove deletion and empty_on_delete, or "
            "runtime.volume",
        ),
        (
            {
                **docker(network="backend"),
                "debug": {"port": 5001},
                "cache": {"kind": "redis"},
                "redis": {"kind": "single", "address": "redis:6379"},
            },
            "debug: with redis the debug server shows the whole configuration, passwords included, to every container "
            "of runtime.network; remove debug, or runtime.network",
        ),
    ],
)
def test_what_a_container_cannot_do_is_refused_before_anything_is_registered(
    changes: dict[str, Any], message: str
) -> None:
    def program() -> None:
        with pytest.raises(StackError) as caught:
            DistributionRegistry("apps", {"storage": {"kind": "filesystem"}, "auth": {"kind": "none"}, **changes})
        told.append(str(caught.value))

    told: list[str] = []
    assert dict(record(program).resources) == {}
    assert told == [message]


def test_a_missing_provider_package_names_the_extra() -> None:
    program = (
        "import sys\n"
        "sys.modules['pulumi_docker'] = None\n"
        "from registry_components.distribution import DistributionRegistry\n"
        "DistributionRegistry('apps', {'storage': {'kind': 'filesystem'}, 'auth': {'kind': 'none'},"
        " 'runtime': {'kind': 'docker'}})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (
        "StackRunError: runtime docker needs the package pulumi_docker; install registry-components[docker]"
        in done.stderr
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59, "59s"), (60, "1m0s"), (90, "1m30s"), (3600, "1h0m0s"), (3661, "1h1m1s"), (86400, "24h0m0s")],
)
def test_durations_are_written_as_the_engine_reports_them(seconds: int, text: str) -> None:
    assert go_duration(seconds) == text


def test_numbers_and_image_names() -> None:
    assert [decimal(number) for number in (0.01, 1.0, 1.5, 4096.0)] == ["0.01", "1", "1.5", "4096"]
    assert _repository("Shop.._Dev-Apps") == "shop-dev-apps"

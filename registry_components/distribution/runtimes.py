"""What runs a registry: a process of this machine, a container, or pods of a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args, MaybeOutput
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from ..core.versions import DISTRIBUTION_IMAGE
from .checks import Path, Seconds, Text, check_path
from .cluster_args import KubernetesRuntime

_CAPABILITY = r"^(?:ALL|[A-Z][A-Z_]{2,39})$"


def _check_binary(text: str) -> str | None:
    if "/" not in text:
        return None if re.fullmatch(r"[A-Za-z0-9._+-]+", text) else f"{text!r} is not a program's name or path"
    return check_path(text)


def check_docker_host(text: str) -> str | None:
    """Check the address of a Docker engine."""
    if re.fullmatch(r"(?:unix:///|tcp://|ssh://|npipe:////)\S+", text):
        return None
    return f"{text!r} is not a Docker address; give one such as 'unix:///var/run/docker.sock'"


def _check_docker_name(text: str) -> str | None:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,127}", text):
        return None
    return f"{text!r} is not a name that Docker takes; use 2 or more letters, digits and . _ -"


def _check_user(text: str) -> str | None:
    if re.fullmatch(r"[0-9]{1,10}(?::[0-9]{1,10})?", text):
        return None
    if re.fullmatch(r"[A-Za-z0-9_.-]+(?::[A-Za-z0-9_.-]+)?", text):
        return f"{text!r} is a name, and the configuration's owner has to be a number; give one such as '65532:65532'"
    return f"{text!r} is not a user; give a name or number, or user:group, such as '65532:65532'"


class ProcessRuntime(Args):
    """A daemon on the machine that runs the program."""

    kind: Literal["process"] = "process"
    binary: Annotated[str, validated(_check_binary)] | None = None
    """Name or absolute path of the `registry` program. Default: the one on PATH, else the one that the tools built."""
    directory: Path | None = None
    """Absolute path of the directory for configuration, images and log. Default: one below the user's state
    directory, named after project, stack and component."""
    start_timeout_seconds: Seconds = 30
    """How long the start may take. Default: 30."""
    stop_timeout_seconds: Seconds = 10
    """How long an orderly stop may take before the process is killed. Default: 10."""
    log_max_megabytes: int = Field(10, ge=1, le=10_000)
    """Size at which a log file is put aside. Default: 10."""
    log_files: int = Field(5, ge=1, le=100)
    """How many log files are kept. Default: 5."""


class DockerBuild(Args):
    """How to build the image where it is not pulled."""

    context: Path
    """Absolute path of the directory with the Dockerfile."""
    dockerfile: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$")] = "Dockerfile"
    """Path of the Dockerfile below `context`. Default: Dockerfile."""
    build_args: dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], str] = {}
    """Build arguments; they are readable in the image. Default: none."""
    platform: Annotated[str, Field(pattern=r"^linux/[a-z0-9]+(/v[0-9]+)?$")] | None = None
    """Platform to build for. Default: linux/amd64."""


class DockerHealthcheck(Args):
    """How Docker finds out whether the registry answers."""

    interval_seconds: Seconds = 10
    """Time between two checks. Default: 10."""
    timeout_seconds: Seconds = 5
    """How long a check may take. Default: 5."""
    retries: int = Field(3, ge=1, le=100)
    """Failures in a row that make the container unhealthy. Default: 3."""
    start_period_seconds: int = Field(10, ge=0, le=3600)
    """How long failures after the start do not count. Default: 10."""
    command: list[Text] | None = Field(None, min_length=1)
    """Program and arguments, without a shell; exit code 0 means healthy. Default: `wget` of upstream's image, or its
    `nc` where the registry answers only to a client's certificate or to its public name."""


def _image_or_build(args: DockerRuntime) -> Iterator[Mistake]:
    if args.build is not None and "image" in args.model_fields_set:
        yield Mistake("image", "is not used where build is given; keep one of them")


def _all_dropped(args: DockerRuntime) -> Iterator[Mistake]:
    for name in sorted(set(args.cap_add) & set(args.cap_drop)):
        yield Mistake("cap_add", f"adds {name}, which cap_drop takes away; name it once")


class DockerRuntime(CheckedArgs):
    """A container of the Docker engine."""

    checks: ClassVar[tuple[Check, ...]] = (_image_or_build, _all_dropped)

    kind: Literal["docker"] = "docker"
    image: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]*$")] = DISTRIBUTION_IMAGE
    """The image, with a tag or digest. Default: upstream's, of the release that this library was made for."""
    build: DockerBuild | None = None
    """Build the image instead of pulling it. Default: pull."""
    docker_host: Annotated[str, validated(check_docker_host)] | None = None
    """Address of the Docker engine, such as `unix:///var/run/docker.sock`. Default: the provider's."""
    restart: Literal["no", "always", "on-failure", "unless-stopped"] = "unless-stopped"
    """When the engine starts the container again. Default: unless-stopped."""
    memory_megabytes: int | None = Field(None, ge=32, le=16_777_216)
    """Memory limit, without further swap. Default: none."""
    cpus: float | None = Field(None, ge=0.01, le=4096)
    """CPU limit in cores. Default: none."""
    read_only_root: bool = True
    """Make everything but the volume read-only. Default: true."""
    cap_drop: list[Annotated[str, Field(pattern=_CAPABILITY)]] = ["ALL"]
    """Linux capabilities taken away. Default: all."""
    cap_add: list[Annotated[str, Field(pattern=_CAPABILITY)]] = []
    """Linux capabilities given back. Default: none."""
    user: Annotated[str, validated(_check_user)] | None = None
    """Number of the user, or user:group, of the process. Default: the image's own, which is root in upstream's image;
    where an image has another one, give it here too, for it owns the configuration.

    A new named volume belongs to root, and a process without capabilities cannot change that: with another user the
    first push would fail. Root without any capability has no more rights inside than the owner of the volume.
    """
    volume: MaybeOutput[Annotated[str, validated(_check_docker_name)]] | None = None
    """Name of an existing volume for the blobs. Default: one that the component makes."""
    network: MaybeOutput[Annotated[str, validated(_check_docker_name)]] | None = None
    """Name of an existing network to join. Default: one that the component makes."""
    labels: dict[Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9./_-]*[a-z0-9])?$")], Text] = {}
    """More labels of all that is made, besides those that say which stack made it. The data volume keeps the labels
    that it was made with. Default: none."""
    healthcheck: DockerHealthcheck = DockerHealthcheck()
    """How the engine checks the registry."""
    start_timeout_seconds: Seconds = 60
    """How long the container may take to become healthy. Default: 60."""
    log_max_megabytes: int = Field(10, ge=1, le=10_000)
    """Size at which a log file is put aside. Default: 10."""
    log_files: int = Field(5, ge=1, le=100)
    """How many log files are kept. Default: 5."""


Runtime: TypeAlias = Annotated[ProcessRuntime | DockerRuntime | KubernetesRuntime, Field(discriminator="kind")]

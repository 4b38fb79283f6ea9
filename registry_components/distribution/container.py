"""Runtime `docker`: one registry in a container, with its network, volumes and image."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_docker as docker

from ..core.args import reveal
from ..core.component import RegistryComponent
from ..core.errors import stack_error
from ..core.tags import merged, ownership
from . import docker_words
from .args import DistributionRegistryArgs
from .render import Layout, Rendered, render, to_yaml
from .running import Running
from .runtimes import DockerHealthcheck, DockerRuntime
from .tls import LetsEncryptTls, ServedTls

DATA_DIRECTORY = "/var/lib/registry"
"""Where blobs are in the container."""
FILES_DIRECTORY = "/etc/distribution"
"""Where config.yml, credentials and certificates are in the container."""
CONFIGURATION_LABEL = "registry-components.configuration"
"""Label of the registry's container: the id of the container that its configuration was written through."""

PORT = 5000
DEBUG_PORT = 5001
_STOP_SECONDS = 10
_TMPFS = "rw,noexec,nosuid,nodev,size=64m"


class Container:
    """Runtime `docker`.

    Raises `StackError`, before anything is registered, where the arguments ask for what a container cannot do.
    """

    def __init__(self, name: str, args: DistributionRegistryArgs, runtime: DockerRuntime) -> None:
        _check(args, runtime)
        self._name, self._args, self._runtime = name, args, runtime
        project, stack = pulumi.get_project(), pulumi.get_stack()
        self._base = f"{project}-{stack}-{name}"
        self._labels = merged(runtime.labels, ownership(project, stack, name))

    def make(self, component: RegistryComponent, *, http_secret: Any, htpasswd: Any) -> Running:
        """Register the container and what it needs as children of `component`."""
        name, runtime = self._name, self._runtime
        provider: dict[str, Any] = {}
        if runtime.docker_host is not None:
            provider["provider"] = docker.Provider(f"{name}-docker", host=runtime.docker_host, opts=component.child())
        layout = Layout(
            # Without an address the registry listens on IPv4 and IPv6: a host such as ::1 is published as well.
            address=f":{PORT}",
            data_directory=DATA_DIRECTORY,
            files_directory=FILES_DIRECTORY,
            debug_address=f":{DEBUG_PORT}",
        )
        rendered = render(self._args, layout, http_secret=http_secret, htpasswd=htpasswd)
        image = self._image(component, provider)
        files = self._files(component, provider)
        configuration = self._configuration(component, provider, image, files, rendered)
        container = docker.Container(
            name,
            name=self._base,
            image=image,
            command=["serve", f"{FILES_DIRECTORY}/config.yml"],
            # Upstream's image says this too; without it the registry looks for a trace collector on localhost.
            envs=["OTEL_TRACES_EXPORTER=none"],
            networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=self._network(component, provider))],
            ports=self._ports(),
            volumes=[
                docker.ContainerVolumeArgs(
                    container_path=DATA_DIRECTORY, volume_name=self._data(component, provider), read_only=False
                ),
                docker.ContainerVolumeArgs(container_path=FILES_DIRECTORY, volume_name=files, read_only=True),
            ],
            read_only=runtime.read_only_root,
            tmpfs={"/tmp": _TMPFS} if runtime.read_only_root else None,  # noqa: S108 - a mount of the container
            memory=runtime.memory_megabytes,
            memory_swap=runtime.memory_megabytes,
            cpus=None if runtime.cpus is None else docker_words.decimal(runtime.cpus),
            restart=runtime.restart,
            healthcheck=_healthcheck(runtime.healthcheck, self._args),
            wait=True,
            wait_timeout=runtime.start_timeout_seconds,
            must_run=True,
            start=True,
            destroy_grace_seconds=self._stop_seconds,
            stop_timeout=self._stop_seconds,
            **self._common({**self._labels, CONFIGURATION_LABEL: configuration.id}),
            # Name and port are the same: the old container goes first. A new configuration is a new label.
            opts=component.child(delete_before_replace=True, replace_on_changes=["labels"], **provider),
        )
        return Running(
            # Known once the engine calls the container healthy.
            ready=container.id,
            config_path=pulumi.Output.from_input(f"{FILES_DIRECTORY}/config.yml"),
            directory=pulumi.Output.from_input(""),
        )

    @property
    def _stop_seconds(self) -> int:
        return _STOP_SECONDS + (self._args.drain_timeout_seconds or 0)

    def _common(self, labels: Mapping[str, Any]) -> dict[str, Any]:
        """Return what both containers have."""
        runtime = self._runtime
        return {
            **docker_words.DEFAULTS,
            "user": runtime.user,
            "working_dir": "/",
            "network_mode": "bridge",
            "capabilities": docker.ContainerCapabilitiesArgs(
                adds=docker_words.capabilities(runtime.cap_add), drops=docker_words.capabilities(runtime.cap_drop)
            ),
            "attach": False,
            "log_driver": "json-file",
            "log_opts": {"max-file": str(runtime.log_files), "max-size": f"{runtime.log_max_megabytes}m"},
            "labels": docker_words.container_labels(labels),
        }

    def _configuration(
        self,
        component: RegistryComponent,
        provider: Mapping[str, Any],
        image: pulumi.Input[str],
        files: pulumi.Input[str],
        rendered: Rendered,
    ) -> docker.Container:
        """Register the container through which the files get into their volume; it is never started.

        The provider unpacks uploads at `/`, and Docker refuses that in a container with a read-only root, whatever is
        mounted below it.
        """
        owner, _, group = (self._runtime.user or "0").partition(":")
        config = pulumi.Output.from_input(reveal(rendered.config)).apply(to_yaml)
        contents = {**{name: reveal(text) for name, text in rendered.files.items()}, "config.yml": config}
        return docker.Container(
            f"{self._name}-configuration",
            name=f"{self._base}-configuration",
            image=image,
            command=["serve", f"{FILES_DIRECTORY}/config.yml"],
            volumes=[
                docker.ContainerVolumeArgs(container_path=FILES_DIRECTORY, volume_name=files, read_only=False),
            ],
            uploads=[
                docker.ContainerUploadArgs(
                    file=f"{FILES_DIRECTORY}/{name}",
                    content=pulumi.Output.secret(contents[name]),
                    permissions="0400",
                    owner=owner,
                    group=group or "0",
                    executable=False,
                )
                for name in sorted(contents)
            ],
            read_only=False,
            restart="no",
            wait=False,
            must_run=False,
            start=False,
            **{**self._common(self._labels), "network_mode": "none"},
            opts=component.child(delete_before_replace=True, **provider),
        )

    def _image(self, component: RegistryComponent, provider: Mapping[str, Any]) -> pulumi.Input[str]:
        """Return the image's id: the engine reports ids, so a name would look like a change at each run."""
        name, build = f"{self._name}-image", self._runtime.build
        if build is None:
            pulled = docker.RemoteImage(
                name, name=self._runtime.image, keep_locally=True, force_remove=False, opts=component.child(**provider)
            )
            return pulled.image_id
        built = docker.Image(
            name,
            image_name=f"{_repository(self._base)}:latest",
            build=docker.DockerBuildArgs(
                context=build.context,
                dockerfile=f"{build.context.rstrip('/')}/{build.dockerfile}",
                args=dict(sorted(build.build_args.items())),
                platform=build.platform or "linux/amd64",
            ),
            skip_push=True,
            build_on_preview=False,
            opts=component.child(**provider),
        )
        # Of an image that is not pushed this is the id.
        return built.repo_digest

    def _network(self, component: RegistryComponent, provider: Mapping[str, Any]) -> Any:
        if self._runtime.network is not None:
            return self._runtime.network
        return docker_words.network(
            f"{self._name}-network",
            f"{self._base}-network",
            self._labels,
            component.child(delete_before_replace=True, **provider),
        )

    def _data(self, component: RegistryComponent, provider: Mapping[str, Any]) -> Any:
        if self._runtime.volume is not None:
            return self._runtime.volume
        args = self._args
        volume = docker.Volume(
            f"{self._name}-data",
            name=f"{self._base}-data",
            driver="local",
            labels=docker_words.volume_labels(self._labels),
            opts=component.child(
                # Docker cannot change a volume's labels: a change would replace the volume, and the images with it.
                ignore_changes=["labels"],
                retain_on_delete=not (args.deletion == "destroy" and args.empty_on_delete),
                **provider,
            ),
        )
        return volume.name

    def _files(self, component: RegistryComponent, provider: Mapping[str, Any]) -> pulumi.Output[str]:
        volume = docker.Volume(
            f"{self._name}-files",
            name=f"{self._base}-files",
            driver="local",
            labels=docker_words.volume_labels(self._labels),
            opts=component.child(delete_before_replace=True, **provider),
        )
        return volume.name

    def _ports(self) -> list[docker.ContainerPortArgs]:
        args = self._args
        published = [(PORT, args.port, args.host)]
        if args.debug is not None:
            published.append((DEBUG_PORT, args.debug.port, args.debug.host))
        return [
            docker.ContainerPortArgs(
                internal=inside, external=outside, ip="127.0.0.1" if host == "localhost" else host, protocol="tcp"
            )
            for inside, outside, host in published
        ]


def _check(args: DistributionRegistryArgs, runtime: DockerRuntime) -> None:
    if runtime.volume is not None and args.deletion == "destroy":
        raise stack_error(
            "deletion: 'destroy' never removes a runtime.volume of your own; remove deletion and empty_on_delete, or "
            "runtime.volume"
        )
    if args.debug is not None and args.redis is not None and runtime.network is not None:
        raise stack_error(
            "debug: with redis the debug server shows the whole configuration, passwords included, to every container "
            "of runtime.network; remove debug, or runtime.network"
        )


def _healthcheck(wanted: DockerHealthcheck, args: DistributionRegistryArgs) -> docker.ContainerHealthcheckArgs:
    return docker.ContainerHealthcheckArgs(
        tests=["CMD", *(wanted.command or _probe(args, wanted.timeout_seconds))],
        interval=docker_words.go_duration(wanted.interval_seconds),
        timeout=docker_words.go_duration(wanted.timeout_seconds),
        start_period=docker_words.go_duration(wanted.start_period_seconds),
        retries=wanted.retries,
    )


def _probe(args: DistributionRegistryArgs, timeout: int) -> list[str]:
    """Return the command of upstream's image that finds out whether the registry answers.

    `/` is answered without a login, below no prefix, and with 503 where one of the registry's own checks fails.
    """
    served = args.tls if isinstance(args.tls, ServedTls) else None
    if served is not None and (served.client_cas or isinstance(served, LetsEncryptTls)):
        # No answer to a client without a certificate of its own, or without the registry's public name.
        return ["nc", "-z", "-w", str(timeout), "127.0.0.1", str(PORT)]
    fetch = ["wget", "-q", "-T", str(timeout), "-O", "/dev/null"]
    if served is None:
        return [*fetch, f"http://127.0.0.1:{PORT}/"]
    # The certificate is for the name that clients use, which 127.0.0.1 is not.
    return [*fetch, "--no-check-certificate", f"https://127.0.0.1:{PORT}/"]


def _repository(text: str) -> str:
    """Return a name for an image: lower case, with single hyphens for what a repository name does not take."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")

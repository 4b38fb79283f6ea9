"""Runtime `docker`: Harbor's services as containers of one engine, with a network and volumes of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_docker as docker

from ...blocks.storage import FilesystemStorage
from ...core.component import RegistryComponent
from ...core.tags import merged, ownership
from ...distribution import docker_words
from . import configs
from .args import DirectoryHostInternalTls, DockerHost, HarborHostArgs, image, kept, runs
from .facts import CA_NAME, CERTIFICATES, SERVICES, TLS_NAMES
from .known import Joined, Made, resolved, text_of
from .settings import ExternalHostRedis, HostFilesTls, InternalHostDatabase, TerminatedHostTls

PRIMARY = "proxy"
"""The service that clients reach; its container is named as the component."""
_OWNERS = "registry"
"""The image whose `chown` gives new volumes to the users that write into them."""
_STOP_SECONDS = 30
_PARENT = "/volumes"


class Containers:
    """The containers of one Harbor."""

    def __init__(self, owner: RegistryComponent, name: str, args: HarborHostArgs, made: Made) -> None:
        assert isinstance(args.apply, DockerHost)  # noqa: S101 - the component chose
        self._owner, self._name, self._args, self._made = owner, name, args, made
        self._apply = args.apply
        project, stack = pulumi.get_project(), pulumi.get_stack()
        self._base = f"{project}-{stack}-{name}"
        self._labels = merged(ownership(project, stack, name))
        self._provider: dict[str, Any] = {}

    def make(self) -> pulumi.Output[Any]:
        """Register all of it; the output is known once every service is healthy."""
        if self._apply.docker_host is not None:
            provider = docker.Provider(f"{self._name}-docker", host=self._apply.docker_host, opts=self._owner.child())
            self._provider = {"provider": provider}
        images = {service: self._image(service) for service in runs(self._args)}
        network = self._network()
        volumes = self._volumes()
        owners = self._owners(images[_OWNERS], volumes)
        started: dict[str, docker.Container] = {}
        for service in runs(self._args):
            before = [owners, *(started[other] for other in SERVICES[service].after if other in started)]
            started[service] = self._service(service, images[service], network, volumes, before)
        return pulumi.Output.all(*(container.id for container in started.values()))

    def _image(self, service: str) -> pulumi.Input[str]:
        """Return the image's id: the engine reports ids, so a name would look like a change at each run."""
        pulled = docker.RemoteImage(
            f"{self._name}-image-{service}",
            name=image(self._args, service),
            keep_locally=True,
            force_remove=False,
            opts=self._owner.child(**self._provider),
        )
        return pulled.image_id

    def _network(self) -> pulumi.Output[str]:
        return docker_words.network(
            f"{self._name}-network",
            f"{self._base}-network",
            self._labels,
            self._owner.child(delete_before_replace=True, **self._provider),
            ipv6=self._args.ip_family.ipv6,
        )

    def _folders(self) -> dict[str, int]:
        """Return the folders of data that are written to, and the user of each."""
        return {
            folder: SERVICES[service].user for service in runs(self._args) for folder in SERVICES[service].data.values()
        }

    def _volumes(self) -> dict[str, dict[str, Any]]:
        """Return where each folder of data is: a volume of the engine's, or a folder of the host."""
        args = self._args
        top = args.storage.directory if isinstance(args.storage, FilesystemStorage) else args.data_volume
        if top is not None:
            return {folder: {"host_path": f"{top.rstrip('/')}/{folder}"} for folder in self._folders()}
        found: dict[str, dict[str, Any]] = {}
        for folder in self._folders():
            role = folder.rpartition("/")[2].replace("_", "-")
            volume = docker.Volume(
                f"{self._name}-data-{role}",
                name=f"{self._base}-{role}",
                driver="local",
                labels=docker_words.volume_labels(self._labels),
                opts=self._owner.child(
                    # Docker cannot change a volume's labels: a change would replace the volume, and what is in it.
                    ignore_changes=["labels"],
                    retain_on_delete=kept(args),
                    protect=kept(args) or None,
                    **self._provider,
                ),
            )
            found[folder] = {"volume_name": volume.name}
        return found

    def _owners(self, image_id: pulumi.Input[str], volumes: Mapping[str, Mapping[str, Any]]) -> docker.Container:
        """Register the container that gives new volumes to their users, as `prepare` does; it ends at once."""
        folders = self._folders()
        commands = [f"chown {user}:{user} '{_PARENT}/{folder}'" for folder, user in folders.items()]
        return docker.Container(
            f"{self._name}-owners",
            name=f"{self._base}-owners",
            image=image_id,
            entrypoints=["/bin/sh", "-c"],
            command=[" && ".join(commands)],
            volumes=[
                docker.ContainerVolumeArgs(container_path=f"{_PARENT}/{folder}", read_only=False, **volumes[folder])
                for folder in folders
            ],
            attach=True,
            must_run=False,
            start=True,
            wait=False,
            restart="no",
            **self._common(user="0:0", capabilities=["CHOWN"], memory=64, cpus=None),
            network_mode="none",
            log_driver="json-file",
            log_opts={"max-file": "1", "max-size": "1m"},
            opts=self._owner.child(delete_before_replace=True, **self._provider),
        )

    def _service(
        self,
        service: str,
        image_id: pulumi.Input[str],
        network: pulumi.Input[str],
        volumes: Mapping[str, Mapping[str, Any]],
        before: list[Any],
    ) -> docker.Container:
        args, facts = self._args, SERVICES[service]
        said = args.services.get(service)  # type: ignore[call-overload]
        mounts = [
            docker.ContainerVolumeArgs(container_path=path, read_only=False, **volumes[folder])
            for path, folder in facts.data.items()
        ]
        mounts += [
            docker.ContainerVolumeArgs(container_path=path, host_path=there, read_only=True)
            for path, there in sorted(self._host_files(service).items())
        ]
        variables = configs.environment(args, self._made, service)
        primary = service == PRIMARY
        return docker.Container(
            self._name if primary else f"{self._name}-{service}",
            name=f"{self._base}-{service}",
            image=image_id,
            envs=[
                pulumi.Output.secret(resolved(Joined((f"{key}=", value)))) for key, value in sorted(variables.items())
            ],
            networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network, aliases=[service])],
            network_mode="bridge",
            # Without it a search domain of the host's could answer for `core`.
            dns_searches=["."],
            ports=self._ports(service),
            volumes=mounts,
            uploads=self._uploads(service),
            shm_size=self._shared_memory(service),
            healthcheck=docker.ContainerHealthcheckArgs(
                tests=["CMD-SHELL", facts.health],
                interval=docker_words.go_duration(self._apply.health_interval_seconds),
                timeout="10s",
                start_period="30s",
                retries=5,
            ),
            wait=True,
            wait_timeout=self._apply.start_timeout_seconds,
            must_run=True,
            start=True,
            attach=False,
            restart="always",
            destroy_grace_seconds=_STOP_SECONDS,
            stop_timeout=_STOP_SECONDS,
            **self._common(
                user=f"{facts.user}:{facts.user}",
                capabilities=[*facts.capabilities, *([] if said is None else said.capabilities)],
                memory=facts.memory_megabytes
                if said is None or said.memory_megabytes is None
                else said.memory_megabytes,
                cpus=None if said is None else said.cpus,
            ),
            **self._logs(service),
            opts=self._owner.child(
                delete_before_replace=True,
                depends_on=before,
                # They hold secrets, whatever the provider reads back.
                additional_secret_outputs=["envs", "uploads"],
                **self._provider,
            ),
        )

    def _common(self, *, user: str, capabilities: list[str], memory: int, cpus: float | None) -> dict[str, Any]:
        """Return what all containers have."""
        return {
            **docker_words.DEFAULTS,
            "user": user,
            "capabilities": docker.ContainerCapabilitiesArgs(
                adds=docker_words.capabilities(capabilities), drops=["ALL"]
            ),
            "read_only": False,
            "memory": memory,
            "memory_swap": memory,
            "cpus": None if cpus is None else docker_words.decimal(cpus),
            "labels": docker_words.container_labels(self._labels),
        }

    def _logs(self, service: str) -> dict[str, Any]:
        log = self._args.log
        if log.syslog is None:
            return {
                "log_driver": "json-file",
                "log_opts": {"max-file": str(log.rotate_count), "max-size": f"{log.rotate_megabytes}m"},
            }
        address = resolved(Joined((f"{log.syslog.protocol}://", log.syslog.host, ":", log.syslog.port)))
        return {"log_driver": "syslog", "log_opts": {"syslog-address": address, "tag": service}}

    def _shared_memory(self, service: str) -> int | None:
        if service == "postgresql" and isinstance(self._args.database, InternalHostDatabase):
            return self._args.database.shared_memory_megabytes
        return None

    def _uploads(self, service: str) -> list[docker.ContainerUploadArgs]:
        """Return a service's files. They are root's, for its own group to read: the service cannot change them."""
        found = []
        for path, content in sorted(configs.files(self._args, self._made, service).items()):
            found.append(
                docker.ContainerUploadArgs(
                    file=path,
                    content=pulumi.Output.secret(text_of(content)),
                    permissions="0440",
                    owner="0",
                    group=str(SERVICES[service].user),
                    executable=False,
                )
            )
        return found

    def _host_files(self, service: str) -> dict[str, str]:
        """Return files of the host that a service reads, by their path in it."""
        args = self._args
        found: dict[str, str] = {}
        if service == PRIMARY and isinstance(args.tls, HostFilesTls):
            found["/etc/cert/server.crt"] = args.tls.certificate
            found["/etc/cert/server.key"] = args.tls.private_key
        if service == "core" and args.uaa_ca_file is not None:
            found["/etc/core/certificates/uaa_ca.pem"] = args.uaa_ca_file
        trusting = ("core", "jobservice", "registry", "registryctl", "trivy-adapter", "exporter")
        if service in trusting and isinstance(args.redis, ExternalHostRedis) and args.redis.ca_file is not None:
            found[f"{CERTIFICATES}/redis_ca.crt"] = args.redis.ca_file
        if isinstance(args.internal_tls, DirectoryHostInternalTls) and service in TLS_NAMES:
            there, here = args.internal_tls.directory.rstrip("/"), SERVICES[service].tls_files
            found[f"{CERTIFICATES}/{CA_NAME}"] = f"{there}/{CA_NAME}"
            for end in ("crt", "key"):
                found[f"{here}.{end}"] = f"{there}/{TLS_NAMES[service]}.{end}"
        return found

    def _ports(self, service: str) -> list[docker.ContainerPortArgs] | None:
        args = self._args
        if service != PRIMARY:
            return None
        published = [(8080, args.http_port)]
        if not isinstance(args.tls, TerminatedHostTls):
            published.append((8443, args.https_port or 443))
        if args.metrics is not None:
            published.append((9090, args.metrics.port))
        return [
            docker.ContainerPortArgs(internal=inside, external=outside, ip=args.bind_address, protocol="tcp")
            for inside, outside in published
        ]

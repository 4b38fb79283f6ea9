"""The `local` stack: a private registry on this machine, for one developer or one CI job."""

from __future__ import annotations

from pathlib import Path

import pulumi
from pydantic import Field

from registry_components import StackConfig, stack_config
from registry_components.distribution import DistributionRegistry, DistributionRegistryArgs


class LocalConfig(StackConfig):
    """What `Pulumi.local.yaml` may say."""

    host: str = "127.0.0.1"
    """Address the registry listens on."""
    port: int = Field(default=5000, ge=1, le=65535)
    """TCP port the registry listens on."""
    directory: str | None = None
    """Absolute path of the folder for images, configuration and logs. Default: one below the user's state directory,
    which one checkout at a time can use."""
    username: str = "developer"
    """The account that a password is generated for."""
    mirror: bool = False
    """Also run a pull-through mirror of Docker Hub."""
    mirror_port: int = Field(default=5001, ge=1, le=65535)
    """TCP port the mirror listens on."""


config = stack_config(LocalConfig)


def runtime(name: str) -> dict[str, str]:
    """Return where the registry of a name runs: in a folder of its own."""
    return {"kind": "process"} | ({"directory": str(Path(config.directory) / name)} if config.directory else {})


registry = DistributionRegistry(
    "local",
    DistributionRegistryArgs(
        host=config.host,
        port=config.port,
        storage={"kind": "filesystem"},
        auth={"kind": "htpasswd", "users": [config.username]},
        runtime=runtime("local"),
        delete=True,
    ),
)

pulumi.export("server", registry.server)
pulumi.export("username", config.username)
pulumi.export("login", registry.endpoint.login_command())
pulumi.export("configPath", registry.config_path)

if config.mirror:
    mirror = DistributionRegistry(
        "docker-hub-mirror",
        DistributionRegistryArgs(
            host=config.host,
            port=config.mirror_port,
            storage={"kind": "filesystem"},
            auth={"kind": "none"},
            runtime=runtime("docker-hub-mirror"),
            proxy={"remote_url": "https://registry-1.docker.io"},
        ),
    )
    pulumi.export("mirror", mirror.server)

"""The `local` stack: a private registry on this machine, for one developer or one CI job."""

from __future__ import annotations

import pulumi
from pydantic import Field

from registry_components import StackConfig, stack_config
from registry_components.distribution import DistributionRegistry, DistributionRegistryArgs


class LocalConfig(StackConfig):
    """What `Pulumi.local.yaml` may say; defaults are in `Pulumi.yaml`."""

    host: str
    port: int = Field(ge=1, le=65535)
    username: str
    mirror: bool
    mirror_port: int = Field(ge=1, le=65535)


config = stack_config(LocalConfig)

registry = DistributionRegistry(
    "local",
    DistributionRegistryArgs(
        host=config.host,
        port=config.port,
        storage={"kind": "filesystem"},
        auth={"kind": "htpasswd", "users": [config.username]},
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
            proxy={"remote_url": "https://registry-1.docker.io"},
        ),
    )
    pulumi.export("mirror", mirror.server)

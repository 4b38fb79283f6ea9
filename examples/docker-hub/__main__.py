"""Two repositories on Docker Hub, their teams, and a token that CI pulls and pushes with."""

from __future__ import annotations

import pulumi

from registry_components import Secret, StackConfig, stack_config
from registry_components.docker_hub import DockerHubRegistry, DockerHubRegistryArgs


class Config(StackConfig):
    """What `Pulumi.<stack>.yaml` says; `hubToken` with `pulumi config set --secret`."""

    namespace: str
    username: str
    hub_token: Secret
    hub_url: str


config = stack_config(Config)

registry = DockerHubRegistry(
    "apps",
    DockerHubRegistryArgs(
        namespace=config.namespace,
        login={"username": config.username, "token": config.hub_token},
        plan="team",
        repositories={
            "api": {"description": "The API", "immutable_tags": ["v[0-9].*"]},
            "website": {"description": "The website", "private": False},
        },
        access={"pull": ["support"], "push": ["developers"]},
        tokens={
            "ci": {
                "kind": "organization",
                "expires_at": "2027-12-31T23:59:59Z",
                "resources": [{"path": f"{config.namespace}/*", "scopes": ["scope-image-push"]}],
            }
        },
        endpoint_login="ci",
        api={"url": config.hub_url},
    ),
)

pulumi.export("images", registry.images)
pulumi.export("login", registry.endpoint.login_command())
pulumi.export("dockerConfig", registry.endpoint.docker_config_json())

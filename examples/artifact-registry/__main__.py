"""A repository for images of your own, a cache of Docker Hub, and one name in front of both."""

from __future__ import annotations

import pulumi

from registry_components import Secret, StackConfig, stack_config
from registry_components.artifact_registry import GarRepository, GarRepositoryArgs


class Config(StackConfig):
    """What `Pulumi.<stack>.yaml` says; `hubToken` with `pulumi config set --secret`."""

    location: str
    developers: str
    hub_username: str
    hub_token: Secret


config = stack_config(Config)

images = GarRepository(
    "images",
    GarRepositoryArgs(
        repository_id="images",
        location=config.location,
        access={"pull": [config.developers]},
        # What would go stands in the audit logs until dry_run is false.
        lifecycle={
            "policies": {
                "untagged": {"action": "delete", "tag_state": "untagged", "older_than_days": 14},
                "recent": {"action": "keep", "keep_count": 10},
            },
            "dry_run": True,
        },
    ),
)

docker_hub = GarRepository(
    "docker-hub",
    GarRepositoryArgs(
        repository_id="docker-hub",
        location=config.location,
        caching={
            "upstream": "docker.io",
            "credentials": {"username": config.hub_username, "password": config.hub_token},
        },
    ),
)

everything = GarRepository(
    "everything",
    GarRepositoryArgs(
        repository_id="everything",
        location=config.location,
        format={
            "kind": "docker-virtual",
            "members": {
                "images": {"repository": images.repository_name, "priority": 20},
                "docker-hub": {"repository": docker_hub.repository_name, "priority": 10},
            },
        },
        access={"pull": [config.developers]},
    ),
)

pulumi.export("push", images.endpoint.image("api", tag="TAG"))
pulumi.export("pull", everything.endpoint.image("api", tag="TAG"))
pulumi.export("login", everything.login_command)

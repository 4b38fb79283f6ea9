"""The `dev` stack: Google Artifact Registry. Images of branches, a cache of Docker Hub, and one name for both."""

from __future__ import annotations

import pulumi

from registry_components import Secret, StackConfig, stack_config
from registry_components.artifact_registry import GarRepository, GarRepositoryArgs


class DevConfig(StackConfig):
    """What `Pulumi.dev.yaml` says; `hubToken` with `pulumi config set --secret`."""

    location: str
    developers: str
    builders: str
    hub_username: str
    hub_token: Secret


config = stack_config(DevConfig)

branches = GarRepository(
    "branches",
    GarRepositoryArgs(
        repository_id="branches",
        location=config.location,
        format={"kind": "docker", "immutable_tags": False},
        access={"pull": [config.developers], "push": [config.builders]},
        lifecycle={
            "policies": {
                "untagged": {"action": "delete", "tag_state": "untagged", "older_than_days": 3},
                "stale": {"action": "delete", "older_than_days": 30},
                "recent": {"action": "keep", "keep_count": 5},
            }
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
        lifecycle={"policies": {"unused": {"action": "delete", "older_than_days": 30}}},
    ),
)

images = GarRepository(
    "images",
    GarRepositoryArgs(
        repository_id="images",
        location=config.location,
        format={
            "kind": "docker-virtual",
            "members": {
                "branches": {"repository": branches.repository_name, "priority": 20},
                "docker-hub": {"repository": docker_hub.repository_name, "priority": 10},
            },
        },
        access={"pull": [config.developers]},
    ),
)

pulumi.export("push", branches.endpoint.image("api", tag="TAG"))
pulumi.export("pull", images.endpoint.image("api", tag="TAG"))

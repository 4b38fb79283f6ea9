"""Harbor on one Docker host, its images in a bucket, and the folder of another for docker compose."""

from __future__ import annotations

import pulumi

from registry_components import Secret, StackConfig, stack_config
from registry_components.harbor import HarborHost, HarborHostArgs


class Config(StackConfig):
    """What `Pulumi.<stack>.yaml` says; defaults are in `Pulumi.yaml`, `secretKey` is a secret."""

    hostname: str
    docker_host: str
    bucket: str
    access_key: str
    secret_key: Secret
    folder: str
    core_megabytes: int


config = stack_config(Config)

harbor = HarborHost(
    "harbor",
    HarborHostArgs(
        hostname=config.hostname,
        apply={"kind": "docker", "docker_host": config.docker_host},
        tls={"kind": "generated"},
        storage={
            "kind": "s3",
            "bucket": config.bucket,
            "region": "eu-central-1",
            "credentials": {"kind": "keys", "access_key": config.access_key, "secret_key": config.secret_key},
        },
        metrics={},
        services={"core": {"memory_megabytes": config.core_megabytes}},
    ),
)
behind = HarborHost(
    "behind-proxy",
    HarborHostArgs(
        hostname=config.hostname,
        apply={"kind": "compose", "directory": config.folder},
        tls={"kind": "terminated"},
        external_url="https://images.example.com",
        bind_address="127.0.0.1",
        trivy=None,
        upgrade_from="2.14.0",
    ),
)

pulumi.export("url", harbor.url)
pulumi.export("adminPassword", harbor.admin_password)
pulumi.export("caCertificate", harbor.endpoint.ca_certificate)
pulumi.export("files", behind.directory)

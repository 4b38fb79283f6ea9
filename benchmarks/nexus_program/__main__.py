"""COUNT repositories in MODE; on its way out the program writes its peak memory and processor time to MEASURED."""

from __future__ import annotations

import atexit
import json
import os
import resource
from pathlib import Path

import pulumi

COUNT = int(os.environ["BENCH_COUNT"])
URL, PASSWORD = "https://nexus.example.com", "planted-benchmark-password"


def _measure() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {"peak_mib": used.ru_maxrss / 1024, "cpu_seconds": used.ru_utime + used.ru_stime}
    Path(os.environ["BENCH_MEASURED"]).write_text(json.dumps(found))


def components() -> None:
    """Make them with this library: one `NexusConfiguration`."""
    from registry_components.nexus import NexusConfiguration, NexusConfigurationArgs

    NexusConfiguration(
        "shop",
        NexusConfigurationArgs(
            url=URL,
            edition="pro",
            password=PASSWORD,
            repositories={f"team-{number}": {"kind": "hosted", "latest_policy": True} for number in range(COUNT)},
        ),
    )


def raw() -> None:
    """Make the same resources with the same inputs, by hand."""
    from registry_components.nexus.configuration.objects import NexusAnonymous, NexusRepository

    parent = pulumi.ComponentResource("registry-components:index:NexusConfiguration", "shop")
    reached = {
        "nexus": {"url": URL, "insecure": False},
        "login": {"username": "admin", "password": pulumi.Output.secret(PASSWORD)},
    }
    anonymous = {"enabled": False, "userId": "anonymous", "realmName": "NexusAuthorizingRealm"}
    NexusAnonymous(
        "shop-anonymous",
        {"name": "anonymous", "body": anonymous, "adopt": False, "secrets": {}, **reached},
        pulumi.ResourceOptions(parent=parent),
    )
    kept = pulumi.ResourceOptions(parent=parent, protect=True, retain_on_delete=True)
    ids = []
    for number in range(COUNT):
        body = {
            "name": f"team-{number}",
            "online": True,
            "storage": {
                "blobStoreName": "default",
                "strictContentTypeValidation": True,
                "writePolicy": "allow_once",
                "latestPolicy": True,
            },
            "docker": {"v1Enabled": False, "forceBasicAuth": True, "pathEnabled": True},
            "component": {"proprietaryComponents": False},
        }
        said = {"name": f"team-{number}", "type": "hosted", "body": body, "adopt": False, "secrets": {}, **reached}
        ids.append(NexusRepository(f"shop-team-{number}", said, kept).id)
    ready = pulumi.Output.all(*ids)
    parent.register_outputs({"url": ready.apply(lambda _: URL)})


atexit.register(_measure)
{"components": components, "raw": raw}[os.environ["BENCH_MODE"]]()

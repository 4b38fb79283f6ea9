"""COUNT repositories in MODE; on its way out the program writes its peak memory and processor time to MEASURED."""

from __future__ import annotations

import atexit
import json
import os
import resource
from pathlib import Path

import pulumi

COUNT = int(os.environ["BENCH_COUNT"])
URL, TOKEN = "https://artifactory.example.com", "planted-benchmark-token"


def _measure() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {"peak_mib": used.ru_maxrss / 1024, "cpu_seconds": used.ru_utime + used.ru_stime}
    Path(os.environ["BENCH_MEASURED"]).write_text(json.dumps(found))


def components() -> None:
    """Make them with this library: one `ArtifactoryConfiguration`."""
    from registry_components.artifactory import ArtifactoryConfiguration, ArtifactoryConfigurationArgs

    ArtifactoryConfiguration(
        "shop",
        ArtifactoryConfigurationArgs(
            url=URL,
            access_token=TOKEN,
            edition="enterprise_plus",
            local={
                f"team-{number}": {"description": f"Team {number}.", "max_unique_tags": 50} for number in range(COUNT)
            },
        ),
    )


def raw() -> None:
    """Make the same resources with the same inputs, by hand."""
    import pulumi_artifactory as artifactory

    parent = pulumi.ComponentResource("registry-components:index:ArtifactoryConfiguration", "shop")
    opts = pulumi.ResourceOptions(parent=parent)
    provider = artifactory.Provider("shop", url=URL, access_token=TOKEN, opts=opts)
    kept = pulumi.ResourceOptions(parent=parent, provider=provider, protect=True, retain_on_delete=True)
    ids = []
    for number in range(COUNT):
        repository = artifactory.DockerV2Repository(
            f"shop-team-{number}",
            key=f"team-{number}",
            description=f"Team {number}.",
            notes="",
            includes_pattern="**/*",
            excludes_pattern="",
            xray_index=False,
            blacked_out=False,
            priority_resolution=False,
            download_direct=False,
            cdn_redirect=False,
            block_pushing_schema1=True,
            max_unique_tags=50,
            tag_retention=1,
            opts=kept,
        )
        ids.append(repository.id)
    ready = pulumi.Output.all(*ids)
    parent.register_outputs({"url": ready.apply(lambda _: URL)})


atexit.register(_measure)
{"components": components, "raw": raw}[os.environ["BENCH_MODE"]]()

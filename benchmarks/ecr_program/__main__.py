"""COUNT repositories in MODE; on its way out the program writes its peak memory and processor time to MEASURED."""

from __future__ import annotations

import atexit
import json
import os
import resource
from pathlib import Path

import pulumi

COUNT = int(os.environ["BENCH_COUNT"])
PULL = "210987654321"
PULLING = ["BatchCheckLayerAvailability", "BatchGetImage", "DescribeImages", "DescribeRepositories"]
PULLING += ["GetDownloadUrlForLayer", "ListImages"]
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Pull", "Effect": "Allow", "Principal": {"AWS": PULL}, "Action": [f"ecr:{word}" for word in PULLING]}
    ],
}
SELECTION = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
LIFECYCLE = {"rules": [{"rulePriority": 1, "selection": SELECTION, "action": {"type": "expire"}}]}


def _measure() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {"peak_mib": used.ru_maxrss / 1024, "cpu_seconds": used.ru_utime + used.ru_stime}
    Path(os.environ["BENCH_MEASURED"]).write_text(json.dumps(found))


def components() -> None:
    """Make them with this library: one `EcrRegistry`."""
    from registry_components.ecr import EcrLifecyclePolicy, EcrRegistry, EcrRegistryArgs, expire_untagged

    EcrRegistry(
        "shop",
        EcrRegistryArgs(
            prefix="shop",
            repositories={f"service-{number}": {"tags": {"team": f"team-{number % 10}"}} for number in range(COUNT)},
            lifecycle=EcrLifecyclePolicy(rules=[expire_untagged(after_days=7)]),
            access={"pull": [PULL]},
        ),
    )


def raw() -> None:
    """Make the same resources with the same inputs, by hand."""
    import pulumi_aws as aws

    lifecycle, policy = (json.dumps(document, separators=(",", ":")) for document in (LIFECYCLE, POLICY))
    parent = pulumi.ComponentResource("registry-components:index:EcrRegistry", "shop")
    opts = pulumi.ResourceOptions(parent=parent)
    kept = pulumi.ResourceOptions(parent=parent, protect=True, retain_on_delete=True)
    urls = []
    for number in range(COUNT):
        name = f"shop-service-{number}"
        repository = aws.ecr.Repository(
            name,
            name=f"shop/service-{number}",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "AES256"}],
            force_delete=False,
            tags={
                "managed-by": "registry-components",
                "pulumi-project": "ecr-benchmark",
                "pulumi-stack": "test",
                "registry-component": "EcrRegistry",
                "team": f"team-{number % 10}",
            },
            opts=kept,
        )
        aws.ecr.LifecyclePolicy(name, repository=repository.name, policy=lifecycle, opts=opts)
        aws.ecr.RepositoryPolicy(name, repository=repository.name, policy=policy, opts=opts)
        urls.append(repository.repository_url)
    parent.register_outputs({"urls": pulumi.Output.all(*urls)})


atexit.register(_measure)
{"components": components, "raw": raw}[os.environ["BENCH_MODE"]]()

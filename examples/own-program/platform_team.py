"""A component of one's own that has a registry in it."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from registry_components.ecr import EcrLifecyclePolicy, EcrRegistry, EcrRegistryArgs, expire_untagged, keep_latest

GITHUB = "token.actions.githubusercontent.com"


class Platform(pulumi.ComponentResource):
    """The registry of a team's services, and a role that one GitHub repository's workflows push with."""

    registry: EcrRegistry
    """The registry."""
    pipeline: aws.iam.Role
    """The role that workflows on the branch `main` take."""

    def __init__(
        self, name: str, services: list[str], repository: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("acme:index:Platform", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.registry = EcrRegistry(
            name,
            EcrRegistryArgs(
                prefix=name,
                repositories={service: {} for service in services},
                lifecycle=EcrLifecyclePolicy(rules=[expire_untagged(after_days=7), keep_latest(20, tags=["pr-*"])]),
            ),
            child,
        )
        github = aws.iam.OpenIdConnectProvider(
            f"{name}-github", url=f"https://{GITHUB}", client_id_lists=["sts.amazonaws.com"], opts=child
        )
        self.pipeline = aws.iam.Role(
            f"{name}-pipeline",
            assume_role_policy=github.arn.apply(lambda arn: _trust(arn, repository)),
            opts=child,
        )
        self.registry.grant_push("pipeline", self.pipeline.name)
        self.register_outputs({"pipeline": self.pipeline.arn})


def _trust(provider: str, repository: str) -> str:
    claims = {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": f"repo:{repository}:ref:refs/heads/main"}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": claims},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

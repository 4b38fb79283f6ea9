"""Registry components inside a program of one's own: below its components, beside its resources, with its names."""

from __future__ import annotations

import pulumi
from platform_team import Platform

config = pulumi.Config()
platform = Platform("shop", ["api", "web"], config.require("repository"))

pulumi.export("images", platform.registry.repository_urls)
pulumi.export("pipelineRole", platform.pipeline.arn)

"""The platform's own tests: what is registered, without an account or an engine."""

from __future__ import annotations

from platform_team import Platform

from registry_components.testing import aws_answers, record


def test_the_pipeline_may_push_and_repositories_are_protected() -> None:
    found = record(lambda: Platform("shop", ["api"], "acme/shop"), **aws_answers())
    assert found["aws:ecr/repository:Repository::shop-api"].protect
    grant = found["aws:iam/rolePolicy:RolePolicy::shop-push-pipeline"]
    assert "ecr:PutImage" in grant.inputs["policy"]
    assert grant.parent_key == "registry-components:index:EcrRegistry::shop"


def test_only_the_main_branch_of_the_repository_is_trusted() -> None:
    found = record(lambda: Platform("shop", ["api"], "acme/shop"), **aws_answers())
    role = found["aws:iam/role:Role::shop-pipeline"]
    assert "repo:acme/shop:ref:refs/heads/main" in role.inputs["assumeRolePolicy"]

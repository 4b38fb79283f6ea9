"""Policy documents: who may do what, as IAM reads it. All principals are texts here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from .words import LAMBDA, ROOT

Document = dict[str, Any]
Level = Literal["pull", "push", "admin"]

VERSION = "2012-10-17"
_PULL = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecr:GetDownloadUrlForLayer",
    "ecr:ListImages",
)
_PUSH = ("ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart")
# Neither the repository itself nor its policy: who could change that could take every right.
_ADMIN = (
    "ecr:BatchDeleteImage",
    "ecr:DeleteLifecyclePolicy",
    "ecr:DescribeImageScanFindings",
    "ecr:GetLifecyclePolicy",
    "ecr:GetLifecyclePolicyPreview",
    "ecr:GetRepositoryPolicy",
    "ecr:ListTagsForResource",
    "ecr:PutImageScanningConfiguration",
    "ecr:PutImageTagMutability",
    "ecr:PutLifecyclePolicy",
    "ecr:StartImageScan",
    "ecr:StartLifecyclePolicyPreview",
    "ecr:TagResource",
    "ecr:UntagResource",
)
ACTIONS: Mapping[Level, tuple[str, ...]] = {
    "pull": _PULL,
    "push": tuple(sorted({*_PULL, *_PUSH})),
    "admin": tuple(sorted({*_PULL, *_PUSH, *_ADMIN})),
}
LAMBDA_ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
IMPORT_ACTIONS = ("ecr:BatchImportUpstreamImage", "ecr:CreateRepository")
REPLICATE_ACTIONS = ("ecr:CreateRepository", "ecr:ReplicateImage")
# A login is to the account's registry: it belongs to whoever logs in, and to no repository.
LOGIN_ACTION = "ecr:GetAuthorizationToken"
PUBLIC_PUSH_ACTIONS = (
    "ecr-public:BatchCheckLayerAvailability",
    "ecr-public:CompleteLayerUpload",
    "ecr-public:DescribeImages",
    "ecr-public:InitiateLayerUpload",
    "ecr-public:PutImage",
    "ecr-public:UploadLayerPart",
)
PUBLIC_ADMIN_ACTIONS = (
    *PUBLIC_PUSH_ACTIONS,
    "ecr-public:BatchDeleteImage",
    "ecr-public:DescribeRepositories",
    "ecr-public:GetRepositoryCatalogData",
    "ecr-public:PutRepositoryCatalogData",
)


def text(document: Document) -> str:
    """Return a document as JSON."""
    return json.dumps(document, separators=(",", ":"))


def _one_or_list(values: Iterable[str]) -> Any:
    ordered = sorted(set(values))
    return ordered[0] if len(ordered) == 1 else ordered


def statements(sid: str, principals: Iterable[str], actions: Sequence[str]) -> list[Document]:
    """Return the statements for accounts, roles and users together, and for organizations together."""
    named = {principal for principal in principals if principal != LAMBDA}
    organizations = {principal for principal in named if principal.startswith("o-")}
    found: list[Document] = []
    if named - organizations:
        found.append(_allow(sid, {"AWS": _one_or_list(named - organizations)}, actions))
    if organizations:
        # "*" here is everybody of the organization: the condition is what names it.
        condition = {"StringEquals": {"aws:PrincipalOrgID": _one_or_list(organizations)}}
        found.append({**_allow(f"{sid}Organization", {"AWS": "*"}, actions), "Condition": condition})
    return found


def _allow(sid: str, principal: Any, actions: Sequence[str]) -> Document:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": list(actions)}


def repository_policy(
    access: Mapping[Level, Sequence[str]], *, lambda_accounts: Sequence[str] = (), own_account: str | None = None
) -> Document | None:
    """Return a repository's policy, or None where nobody is granted anything.

    `own_account` is the registry's, for functions of Lambda in it.
    """
    found: list[Document] = []
    for sid, level in (("Pull", "pull"), ("Push", "push"), ("Admin", "admin")):
        found += statements(sid, access.get(level, ()), ACTIONS[level])  # type: ignore[index, call-overload]
    accounts = set(lambda_accounts)
    if LAMBDA in access.get("pull", ()) and own_account is not None:
        accounts.add(own_account)
    if accounts:
        # Without the condition every account's functions could pull: the service is the same for all.
        sources = _one_or_list(f"arn:*:lambda:*:{account}:function:*" for account in accounts)
        lambdas = _allow("Lambda", {"Service": LAMBDA}, LAMBDA_ACTIONS)
        found.append({**lambdas, "Condition": {"ArnLike": {"aws:SourceArn": sources}}})
    return {"Version": VERSION, "Statement": found} if found else None


def public_repository_policy(push: Sequence[str], admin: Sequence[str]) -> Document | None:
    """Return a public repository's policy; everybody pulls without one."""
    found = [*statements("Push", push, PUBLIC_PUSH_ACTIONS), *statements("Admin", admin, PUBLIC_ADMIN_ACTIONS)]
    return {"Version": VERSION, "Statement": found} if found else None


def identity_policy(level: Level, arns: Sequence[str]) -> Document:
    """Return what a role needs of its own to use repositories, the login included."""
    return {
        "Version": VERSION,
        "Statement": [
            {"Sid": "Login", "Effect": "Allow", "Action": LOGIN_ACTION, "Resource": "*"},
            {"Sid": level.title(), "Effect": "Allow", "Action": list(ACTIONS[level]), "Resource": _one_or_list(arns)},
        ],
    }


def below(arn_base: str, prefix: str) -> str:
    """Return the ARN of all repositories below a prefix; `arn_base` is that of the registry's `repository`."""
    return f"{arn_base}/*" if prefix == ROOT else f"{arn_base}/{prefix}/*"


def node_policy(arn: str) -> Document:
    """Return what a node needs to pull through a cache: also the right to make what it pulls for the first time."""
    document = identity_policy("pull", [arn])
    # rule 4
    cache = {"Sid": "Cache", "Effect": "Allow", "Action": list(IMPORT_ACTIONS), "Resource": arn}
    return {**document, "Statement": [*document["Statement"], cache]}


def registry_policy(
    arn_base: str, *, replicate_from: Sequence[str], replicate_prefixes: Sequence[str], caching: Mapping[str, Any]
) -> Document | None:
    """Return a registry's policy: who replicates into it, and who may make what is cached in it."""
    found: list[Document] = []
    if replicate_from:
        resources = [f"{arn_base}/{prefix}*" for prefix in replicate_prefixes] or [f"{arn_base}/*"]
        found += [
            {**item, "Resource": _one_or_list(resources)}
            for item in statements("Replicate", replicate_from, REPLICATE_ACTIONS)
        ]
    for key, (prefix, principals) in sorted(caching.items()):
        sid = "Cache" + "".join(sign for sign in key.title() if sign.isalnum())
        found += [{**item, "Resource": below(arn_base, prefix)} for item in statements(sid, principals, IMPORT_ACTIONS)]
    return {"Version": VERSION, "Statement": found} if found else None


def template_role_trust() -> Document:
    """Return who may take on the role that makes repositories after a template: ECR."""
    return {
        "Version": VERSION,
        "Statement": [
            {"Sid": "Ecr", "Effect": "Allow", "Principal": {"Service": "ecr.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }


def template_role_policy(keys: Sequence[str], *, own_key: bool) -> Document:
    """Return what that role may do: make repositories with tags, and use their keys."""
    found: list[Document] = [
        {
            "Sid": "Create",
            "Effect": "Allow",
            "Action": ["ecr:CreateRepository", "ecr:ReplicateImage", "ecr:TagResource"],
            "Resource": "*",
        }
    ]
    if keys or own_key:
        actions = ["kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"]
        resource = "*" if own_key else _one_or_list(keys)
        found.append({"Sid": "Key", "Effect": "Allow", "Action": actions, "Resource": resource})
    return {"Version": VERSION, "Statement": found}


def layers_only(partition: str, region: str) -> Document:
    """Return the policy of a way to S3 that leads to ECR's layers alone."""
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "Layers",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:{partition}:s3:::prod-{region}-starport-layer-bucket/*",
            }
        ],
    }

"""Words that AWS takes: names, accounts, regions, ARNs, principals. Each check returns what is wrong, or None."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from ..core.args import MaybeOutput
from ..core.names import check_key
from ..core.validated import validated

LAMBDA = "lambda.amazonaws.com"
"""The one service that pulls with a repository policy of its own name."""
ROOT = "ROOT"
"""A prefix that stands for all repositories that no longer prefix takes."""
SECRET_PREFIX = "ecr-pullthroughcache/"  # noqa: S105 - how a secret's name has to begin

_PART = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]+")
_ARN = r"arn:(?P<partition>aws[a-z-]*)"
_PRINCIPAL = re.compile(
    rf"{_ARN}:iam::[0-9]{{12}}:(?:root|(?:user|role)/\S+)|{_ARN.replace('partition', 'p2')}:sts::[0-9]{{12}}:"
    r"(?:assumed-role|federated-user)/\S+"
)
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_KMS_KEY = re.compile(rf"{_ARN}:kms:(?P<region>[a-z0-9-]+):[0-9]{{12}}:key/[A-Za-z0-9-]+")
_ROLE = re.compile(rf"{_ARN}:iam::[0-9]{{12}}:role/\S+")
_ACTOR = re.compile(rf"{_ARN}:iam::[0-9]{{12}}:(?:role|user)/\S+")
REPOSITORY_ARN = re.compile(
    rf"{_ARN}:ecr:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{{12}}):repository/(?P<name>{_PART}(?:/{_PART})*)"
)
_SECRET_ARN = re.compile(rf"{_ARN}:secretsmanager:(?P<region>[a-z0-9-]+):[0-9]{{12}}:secret:(?P<name>\S+)")


def check_repository(name: str) -> str | None:
    """Check the name of a repository."""
    if not 2 <= len(name) <= 256:
        return f"a repository's name has 2 to 256 characters, and this one {len(name)}"
    if _REPOSITORY.fullmatch(name):
        return None
    return (
        f"{name!r} is not a repository name; use lower-case letters, digits and single . _ - between them, "
        "in parts separated by /"
    )


def check_cache_prefix(prefix: str) -> str | None:
    """Check a prefix below which pulls are cached."""
    if prefix == ROOT or (2 <= len(prefix) <= 30 and _REPOSITORY.fullmatch(prefix)):
        return None
    return f"{prefix!r} is not a prefix; use 2 to 30 characters as in a repository name, or ROOT for everything"


def check_template_prefix(prefix: str) -> str | None:
    """Check a prefix below which repositories are made after a template."""
    if prefix.endswith("/"):
        return f"{prefix!r} ends with /, which ECR adds by itself; remove it"
    if prefix == ROOT or (2 <= len(prefix) <= 256 and _REPOSITORY.fullmatch(prefix)):
        return None
    return f"{prefix!r} is not a prefix; use 2 to 256 characters as in a repository name, or ROOT for everything else"


def check_region(region: str) -> str | None:
    """Check a region's name."""
    if _REGION.fullmatch(region):
        return None
    if _REGION.fullmatch(region[:-1]) and region[-1:].isalpha():
        return f"{region!r} is an availability zone; write its region, {region[:-1]!r}"
    return f"{region!r} is not a region; it looks like 'eu-central-1'"


def check_account(account: str) -> str | None:
    """Check an account's id."""
    if re.fullmatch(r"[0-9]{12}", account):
        return None
    return f"{account!r} is not an account's id; it has 12 digits (in YAML write them in quotes)"


def check_principal(principal: str) -> str | None:
    """Check a principal of an access list: an ARN, an account, an organization, or Lambda."""
    if principal == "*":
        return "'*' is everybody; name accounts, roles or your organization (o-…)"
    if principal == LAMBDA or re.fullmatch(r"[0-9]{12}", principal) or _ORGANIZATION.fullmatch(principal):
        return None
    if principal.startswith("arn:"):
        if _PRINCIPAL.fullmatch(principal):
            return (
                f"{principal!r} has a '*', which AWS takes in no principal; name each one" if "*" in principal else None
            )
        if re.match(r"arn:aws[a-z-]*:iam::[0-9]{12}:group/", principal):
            return f"{principal!r} is a group, which no AWS policy takes as a principal; name its role or users"
        return f"{principal!r} is not the ARN of a role, a user or an account's root"
    if principal.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return f"{principal!r} is a service that pulls as the role it was given; name that role, or {LAMBDA}"
    return (
        f"{principal!r} is not a principal; write an ARN (arn:aws:iam::…), an account's 12 digits, an organization "
        f"(o-…) or {LAMBDA}"
    )


def check_kms_key(arn: str) -> str | None:
    """Check the ARN of a key."""
    if _KMS_KEY.fullmatch(arn):
        return None
    if ":alias/" in arn or arn.startswith("alias/"):
        return f"{arn!r} is an alias; give the key's own ARN, which is what ECR answers with"
    return f"{arn!r} is not a key's ARN; it looks like arn:aws:kms:REGION:ACCOUNT:key/ID"


def key_region(arn: str) -> str | None:
    """Return the region of a key."""
    found = _KMS_KEY.fullmatch(arn)
    return found["region"] if found else None


def check_role_arn(arn: str) -> str | None:
    """Check the ARN of a role."""
    return (
        None if _ROLE.fullmatch(arn) else f"{arn!r} is not a role's ARN; it looks like arn:aws:iam::ACCOUNT:role/NAME"
    )


def check_actor(arn: str) -> str | None:
    """Check the ARN of a role or user."""
    if _ACTOR.fullmatch(arn) and "*" not in arn:
        return None
    return f"{arn!r} is not the ARN of a role or user; it looks like arn:aws:iam::ACCOUNT:role/NAME"


def check_role(role: str) -> str | None:
    """Check a role's name or ARN."""
    if _ROLE.fullmatch(role) or re.fullmatch(r"[A-Za-z0-9+=,.@_-]{1,64}", role):
        return None
    return f"{role!r} is not a role; give its name, or its ARN"


def role_name(role: str) -> str:
    """Return a role's name from its name or ARN."""
    return role.rsplit("/", 1)[-1]


def check_repository_arn(arn: str) -> str | None:
    """Check the ARN of a repository."""
    if REPOSITORY_ARN.fullmatch(arn):
        return None
    return f"{arn!r} is not a repository's ARN; it looks like arn:aws:ecr:REGION:ACCOUNT:repository/NAME"


def check_secret_arn(arn: str) -> str | None:
    """Check the ARN of the secret that a cache logs in with."""
    found = _SECRET_ARN.fullmatch(arn)
    if found is None:
        return "is not a secret's ARN; it looks like arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME"
    # rule 2
    if not found["name"].startswith(SECRET_PREFIX):
        return f"is a secret whose name does not begin with {SECRET_PREFIX!r}; ECR takes no other, so name it like that"
    return None


def check_arn(arn: str) -> str | None:
    """Check that a text is an ARN."""
    if re.fullmatch(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:\S+", arn):
        return None
    return f"{arn!r} is not an ARN; it looks like arn:aws:sns:REGION:ACCOUNT:NAME"


def check_tag_filter(pattern: str) -> str | None:
    """Check a filter of image tags."""
    if not re.fullmatch(r"[A-Za-z0-9._*-]{1,128}", pattern):
        return f"{pattern!r} is not a filter of tags; use 1 to 128 letters, digits and . _ -, and * for anything"
    if pattern.count("*") > 2:
        return f"{pattern!r} has {pattern.count('*')} wildcards; a filter takes 2"
    return None


def check_repository_filter(pattern: str) -> str | None:
    """Check a filter of repositories, as scanning and signing have them."""
    if re.fullmatch(r"[a-z0-9*](?:[a-z0-9*._/-]{0,254}[a-z0-9*])?", pattern):
        return None
    return f"{pattern!r} is not a filter of repositories; use characters of their names, and * for anything"


def check_glob_prefix(pattern: str) -> str | None:
    """Check a glob where AWS knows beginnings of names alone."""
    if pattern in ("*", "**"):
        return f"{pattern!r} is all of them; leave the list empty"
    if not pattern.endswith("*") or any(sign in pattern[:-1] for sign in "*?[]{}!"):
        return f"{pattern!r} is not the beginning of names, all that ECR replicates by; write it as 'prefix*'"
    if not re.fullmatch(r"[a-z0-9][a-z0-9._/-]{1,254}", pattern[:-1]):
        return f"{pattern!r} does not begin as a repository name does, with at least 2 characters before the *"
    return None


def check_resource_tag(key: str) -> str | None:
    """Check the key of a resource's tag."""
    if key.lower().startswith("aws:"):
        return f"{key!r} begins with aws:, which AWS keeps for itself; choose another"
    if 1 <= len(key) <= 128:
        return None
    return f"a tag's key has 1 to 128 characters, not {len(key)}"


RepositoryName: TypeAlias = Annotated[str, validated(check_repository)]
CachePrefix: TypeAlias = Annotated[str, validated(check_cache_prefix)]
TemplatePrefix: TypeAlias = Annotated[str, validated(check_template_prefix)]
Region: TypeAlias = Annotated[str, validated(check_region)]
AccountId: TypeAlias = MaybeOutput[Annotated[str, validated(check_account)]]
KmsKey: TypeAlias = MaybeOutput[Annotated[str, validated(check_kms_key)]]
RoleArn: TypeAlias = MaybeOutput[Annotated[str, validated(check_role_arn)]]
Role: TypeAlias = MaybeOutput[Annotated[str, validated(check_role)]]
Actor: TypeAlias = MaybeOutput[Annotated[str, validated(check_actor)]]
Arn: TypeAlias = MaybeOutput[Annotated[str, validated(check_arn)]]
SecretArn: TypeAlias = MaybeOutput[Annotated[str, validated(check_secret_arn)]]
RepositoryArn: TypeAlias = MaybeOutput[Annotated[str, validated(check_repository_arn)]]
PolicyPrincipal: TypeAlias = MaybeOutput[Annotated[str, validated(check_principal)]]
Key: TypeAlias = Annotated[str, validated(check_key)]
TagFilter: TypeAlias = Annotated[str, validated(check_tag_filter)]
RepositoryFilter: TypeAlias = Annotated[str, validated(check_repository_filter)]
ResourceTagKey: TypeAlias = Annotated[str, validated(check_resource_tag)]

"""What can be said of a repository, whether it is made here or by ECR after a template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from ..blocks.access import Access
from ..core.args import Args
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from .policies import Level, repository_policy, text
from .unified import EcrLifecycle
from .words import LAMBDA, AccountId, KmsKey, ResourceTagKey, RoleArn, TagFilter, check_principal, key_region

LEVELS: tuple[Level, ...] = ("pull", "push", "admin")
OWN_TAGS = 4
"""How many tags say who made a resource."""
MOST_TAGS = 50
_MOST_POLICY = 10_240

Tags: TypeAlias = dict[ResourceTagKey, Annotated[str, Field(max_length=256)]]
Path = tuple[str | int, ...]


def _repeated(mutability: EcrTagMutability) -> Iterable[Mistake]:
    for i, pattern in enumerate(mutability.exceptions):
        if pattern in mutability.exceptions[:i]:
            yield Mistake(f"exceptions[{i}]", f"{pattern!r} is there already; name it once")
        elif pattern == "*":
            other = "mutable" if mutability.mode == "immutable" else "immutable"
            yield Mistake(f"exceptions[{i}]", f"'*' excepts every tag; set mode to {other!r} instead")


class EcrTagMutability(CheckedArgs):
    """Whether a tag may be moved to another image."""

    checks = (_repeated,)

    mode: Literal["immutable", "mutable"] = "immutable"
    """`immutable` refuses a push to a tag that exists. Default: immutable."""
    exceptions: list[TagFilter] = Field(default=[], max_length=5)
    """Filters of tags for which it is the other way round, such as `latest` or `dev-*`; 5 at most. Default: none."""


class EcrAesEncryption(Args):
    """Encryption by a key of S3's own."""

    kind: Literal["aes256"] = "aes256"


class EcrKmsEncryption(Args):
    """Encryption by a key of KMS."""

    kind: Literal["kms"] = "kms"
    key: KmsKey | None = None
    """ARN of your key, in the repository's region. Default: the key `aws/ecr` that AWS manages in the account."""


EcrEncryption: TypeAlias = Annotated[EcrAesEncryption | EcrKmsEncryption, Field(discriminator="kind")]


def access_mistakes(access: Access, lambda_accounts: list[AccountId], path: str = "") -> Iterable[Mistake]:
    """Yield what is wrong with who may use a repository."""
    at = f"{path}." if path else ""
    if access.anonymous_pull:
        yield Mistake(
            f"{at}access.anonymous_pull",
            "is not possible: a private repository always asks for a login; publish with EcrPublicRepository",
        )
    found: dict[Level, list[str]] = {}
    for level in LEVELS:
        said = getattr(access, level)
        found[level] = [principal for principal in said if isinstance(principal, str)]
        for i, principal in enumerate(said):
            if not isinstance(principal, str):
                continue
            mistake = check_principal(principal)
            if mistake:
                yield Mistake(f"{at}access.{level}[{i}]", mistake)
            elif principal in said[:i]:
                yield Mistake(f"{at}access.{level}[{i}]", f"{principal!r} is there already; name it once")
            elif principal == LAMBDA and level != "pull":
                yield Mistake(f"{at}access.{level}[{i}]", f"{LAMBDA!r} only pulls; put it into access.pull")
    accounts = [account for account in lambda_accounts if isinstance(account, str)]
    policy = repository_policy(found, lambda_accounts=accounts, own_account="0" * 12)
    if policy is not None and len(text(policy)) > _MOST_POLICY:
        yield Mistake(
            f"{at}access",
            f"makes a policy of {len(text(policy))} characters, and ECR takes {_MOST_POLICY}; name an account or your "
            "organization (o-…) instead of single roles",
        )


def tag_mistakes(tags: Mapping[str, str], path: str, *, own: int = OWN_TAGS) -> Iterable[Mistake]:
    """Yield what is wrong with a number of tags."""
    if len(tags) > MOST_TAGS - own:
        beside = " beside its own" if own else ""
        yield Mistake(path, f"has {len(tags)} entries; a resource takes {MOST_TAGS - own}{beside}")


def key_mistakes(encryption: Any, region: str | None, path: str) -> Iterable[Mistake]:
    """Yield a mistake where a key is in another region."""
    key = getattr(encryption, "key", None)
    found = key_region(key) if isinstance(key, str) else None
    if found is not None and region is not None and found != region:
        yield Mistake(path, f"is in {found!r}, and the repository in {region!r}; use a key of the same region")


def _template(settings: EcrTemplateSettings) -> Iterable[Mistake]:
    yield from access_mistakes(settings.access, settings.lambda_accounts)
    if LAMBDA in settings.access.pull:
        yield Mistake(
            "access.pull", f"{LAMBDA!r} needs the account for a template; write it into lambda_accounts instead"
        )
    yield from tag_mistakes(settings.tags, "tags", own=0)


class EcrTemplateSettings(CheckedArgs):
    """What a repository gets that ECR makes by itself, for a copy, a cache or a first push.

    A template only works for repositories that are made after it.
    """

    checks = (_template,)

    tag_mutability: EcrTagMutability = EcrTagMutability()
    """Whether tags may be moved. Default: no tag may."""
    encryption: EcrEncryption = EcrAesEncryption()
    """How images are encrypted. Default: by a key of S3's own (AES-256)."""
    lifecycle: EcrLifecycle | None = None
    """What is deleted or archived by itself: ECR's own policy, or a unified one that means the same for all such
    repositories. Default: nothing."""
    access: Access = Access()
    """Who may pull, push and administer, beside those whom IAM lets. Default: nobody."""
    lambda_accounts: list[AccountId] = []
    """Accounts whose functions may pull. Default: none."""
    tags: Tags = {}
    """Tags of the repositories; they need a role. Default: none."""
    role_arn: RoleArn | None = None
    """Role by which ECR sets tags and uses a key. Default: one that is made, where it is needed."""

    @property
    def needs_role(self) -> bool:
        """Whether ECR needs a role to make such a repository."""
        return bool(self.tags) or isinstance(self.encryption, EcrKmsEncryption)


__all__ = ["EcrAesEncryption", "EcrEncryption", "EcrKmsEncryption", "EcrTagMutability", "EcrTemplateSettings"]

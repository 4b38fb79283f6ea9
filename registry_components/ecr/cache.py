"""A pull-through cache of another registry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import Field

from ..blocks.caching import CacheUpstream
from ..core.checked import CheckedArgs
from ..core.endpoint import DOCKER_HUB_SERVERS
from ..core.errors import Mistake
from .lifecycle import EcrLifecyclePolicy, expire_untagged
from .settings import EcrTagMutability, EcrTemplateSettings, Tags, key_mistakes, tag_mistakes
from .unified import template_mistakes
from .words import ROOT, SECRET_PREFIX, CachePrefix, Key, Region, Role, RoleArn, SecretArn

Login = Literal["none", "secret", "role"]
CACHE_SETTINGS = EcrTemplateSettings(
    tag_mutability=EcrTagMutability(mode="mutable"),
    lifecycle=EcrLifecyclePolicy(rules=[expire_untagged(after_days=14)]),
)
"""What cached repositories get by default: tags follow the upstream's, and what they left behind goes."""
_NO_LOGIN = ("public.ecr.aws", "registry.k8s.io", "quay.io")
_SECRET = ("ghcr.io", "registry.gitlab.com", "cgr.dev")
_ECR = re.compile(r"[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?")
_PREFIX = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*)*")


@dataclass(frozen=True)
class Upstream:
    """An upstream as ECR knows it."""

    url: str
    login: Login


def upstream_of(host: str) -> Upstream | None:
    """Return what ECR calls an upstream, or None where it cannot cache it."""
    if host in DOCKER_HUB_SERVERS:
        return Upstream("registry-1.docker.io", "secret")
    if host in _NO_LOGIN:
        return Upstream(host, "none")
    if host in _SECRET or re.fullmatch(r"[a-z0-9]{5,50}\.azurecr\.io", host):
        return Upstream(host, "secret")
    return Upstream(host, "role") if _ECR.fullmatch(host) else None


def _upstream(args: EcrPullThroughCacheArgs) -> Iterable[Mistake]:
    if upstream_of(args.caching.upstream) is None:
        yield Mistake(
            "caching.upstream",
            f"{args.caching.upstream!r} is not an upstream of ECR; it caches docker.io, "
            f"{', '.join((*_NO_LOGIN, *_SECRET))}, NAME.azurecr.io and other ECR registries; for any other host use a "
            "DistributionRegistry with proxy",
        )
    upstream_prefix = args.caching.upstream_prefix
    if upstream_prefix is not None and not (
        upstream_prefix == ROOT or (2 <= len(upstream_prefix) <= 30 and _PREFIX.fullmatch(upstream_prefix))
    ):
        yield Mistake(
            "caching.upstream_prefix", f"{upstream_prefix!r} is not a prefix of repositories with 2 to 30 characters"
        )


def _login(args: EcrPullThroughCacheArgs) -> Iterable[Mistake]:
    host = args.caching.upstream
    upstream = upstream_of(host)
    if upstream is None:
        return
    given = args.caching.credentials is not None
    secret = args.credential_secret_arn is not None
    if given and secret:
        yield Mistake("credential_secret_arn", "cannot stand beside caching.credentials; remove one of them")
    # rule 2
    if upstream.login == "secret" and not given and not secret:
        yield Mistake(
            "caching.credentials",
            f"are required for {host}: ECR makes no cache of it without a login; add them, or credential_secret_arn",
        )
    if upstream.login != "secret" and (given or secret):
        why = (
            f"{host} is read without a login" if upstream.login == "none" else f"{host} is read with a role (role_arn)"
        )
        yield Mistake("caching.credentials" if given else "credential_secret_arn", f"is not used: {why}; remove it")
    if upstream.login != "role" and args.role_arn is not None:
        yield Mistake("role_arn", f"is for upstreams that are ECR registries, and {host} is none; remove it")
    if args.secret_name is not None and not given:
        yield Mistake("secret_name", "names the secret that caching.credentials make; add them, or remove it")


def _secret_name(args: EcrPullThroughCacheArgs) -> Iterable[Mistake]:
    # rule 2
    if args.secret_name is None:
        return
    if not args.secret_name.startswith(SECRET_PREFIX):
        yield Mistake(
            "secret_name",
            f"has to begin with {SECRET_PREFIX!r}, or ECR refuses it; write {SECRET_PREFIX + args.secret_name!r}",
        )
    elif not re.fullmatch(r"[A-Za-z0-9/_+=.@-]{1,500}", args.secret_name) or args.secret_name == SECRET_PREFIX:
        yield Mistake("secret_name", "is not a secret's name; use letters, digits and / _ + = . @ -")


def _template(args: EcrPullThroughCacheArgs) -> Iterable[Mistake]:
    # rule 3
    if args.settings is None:
        yield Mistake(
            "settings",
            "are required: without a template ECR makes cached repositories that nothing is ever deleted from; remove "
            "the null for the default, or say 'elsewhere' where another stack has a template for this prefix",
        )
        return
    if args.settings == "elsewhere":
        return
    if args.settings.tag_mutability.mode == "immutable":
        yield Mistake(
            "settings.tag_mutability",
            "'immutable' stops the cache from following a tag that moves upstream; set mode to 'mutable'",
        )
    if args.settings.lifecycle is None:
        yield Mistake(
            "settings.lifecycle",
            "is required: what is cached stays forever otherwise; add a rule such as expire_untagged(after_days=14)",
        )
    else:
        yield from template_mistakes(args.settings.lifecycle, args.prefix, "settings.lifecycle")
    yield from key_mistakes(args.settings.encryption, args.region, "settings.encryption.key")


def _nodes(args: EcrPullThroughCacheArgs) -> Iterable[Mistake]:
    # rule 4
    if args.nodes == {}:
        yield Mistake(
            "nodes",
            "names no role, so that the first pull of each image fails: nodes need ecr:BatchImportUpstreamImage and "
            "ecr:CreateRepository; add their roles, or say 'elsewhere' where `node_policy` is attached by others",
        )


def _window(args: EcrPullThroughCacheArgs) -> Iterable[Mistake]:
    if 0 < args.recovery_window_days < 7:
        yield Mistake("recovery_window_days", f"must be 0 or 7 to 30, not {args.recovery_window_days}")


def _tags(args: EcrPullThroughCacheArgs) -> Iterable[Mistake]:
    yield from tag_mistakes(args.tags, "tags")


class EcrPullThroughCacheArgs(CheckedArgs):
    """A prefix of the registry below which images of an upstream are cached when they are first pulled."""

    checks = (_upstream, _login, _secret_name, _template, _nodes, _window, _tags)
    stand_ins: ClassVar = {
        "prefix": "cache",
        "caching": CacheUpstream(upstream="public.ecr.aws"),
        "nodes": "elsewhere",
    }

    prefix: CachePrefix
    """What cached images' names begin with: `docker-hub`; `ROOT` for no prefix."""
    caching: CacheUpstream
    """The upstream, its login, and what of it is cached. `docker.io`, `ghcr.io`, `registry.gitlab.com`, `cgr.dev` and
    Azure's need a login, which is kept in Secrets Manager; `public.ecr.aws`, `registry.k8s.io` and `quay.io` take
    none; other ECR registries take a role."""
    nodes: dict[Key, Role] | Literal["elsewhere"]
    """Roles (names or ARNs) that pull through the cache, which then get `node_policy`; `elsewhere` where it is attached
    by others."""
    credential_secret_arn: SecretArn | None = None
    """Secret that exists and has the login as `username` and `accessToken`, in the same account and region. Default:
    one that is made from `caching.credentials`."""
    secret_name: str | None = None
    """Name of the secret that is made; it begins with `ecr-pullthroughcache/`. Default: that and the prefix."""
    recovery_window_days: int = Field(default=0, ge=0, le=30)
    """For how long a deleted secret can be brought back: 0, or 7 to 30; its name is taken for so long. Default: 0."""
    role_arn: RoleArn | None = None
    """Role by which ECR reads another account's ECR registry. Default: none."""
    settings: EcrTemplateSettings | Literal["elsewhere"] | None = CACHE_SETTINGS
    """What cached repositories get. Default: tags that follow the upstream's, AES-256, and untagged images are deleted
    after 14 days."""
    region: Region | None = None
    """Where the cache is. Default: the provider's region."""
    tags: Tags = {}
    """Tags of secret and role. Default: none."""


__all__ = ["CACHE_SETTINGS", "EcrPullThroughCacheArgs", "Upstream", "upstream_of"]

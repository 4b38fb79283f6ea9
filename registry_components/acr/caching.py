"""Pull-through caches: cache rules, and the Key Vault secrets that they log in with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BeforeValidator

from ..blocks.caching import CacheUpstream
from ..core.args import Args, MaybeOutput
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from ..core.names import check_repository, check_server
from ..core.validated import validated
from .words import DashedName, VaultId, check_resource_id, check_vault_uri

UPSTREAMS = (
    "docker.io",
    "mcr.microsoft.com",
    "public.ecr.aws",
    "ghcr.io",
    "quay.io",
    "registry.k8s.io",
    "nvcr.io",
    "gcr.io",
)
_GOOGLE = re.compile(r"[a-z0-9-]+-docker\.pkg\.dev|[a-z0-9-]+\.gcr\.io")
SecretUri = Annotated[str, validated(check_vault_uri("secrets"))]
SetId = Annotated[
    str, validated(check_resource_id("Microsoft.ContainerRegistry/registries/credentialSets", "a credential set"))
]


def _target(text: str) -> str | None:
    return check_repository(text)


def _rule(rule: AcrCacheRule) -> Iterable[Mistake]:
    upstream = rule.upstream.lower()
    if upstream.endswith(".azurecr.io"):
        yield Mistake(
            "upstream",
            f"{rule.upstream!r} is another Azure registry, which this API version caches only by `az acr cache create "
            "--identity`; use replication of that registry, or import its images",
        )
    elif upstream not in UPSTREAMS and not _GOOGLE.fullmatch(upstream):
        yield Mistake(
            "upstream",
            f"ACR does not cache {rule.upstream!r}; it caches {', '.join(UPSTREAMS)} and *-docker.pkg.dev",
        )
    path = rule.upstream_prefix
    if path is not None and path != "*" and check_repository(re.sub(r"/\*?$", "", path)):
        yield Mistake(
            "upstream_prefix",
            f"{path!r} is neither a repository nor a prefix; write one as library/nginx, the other as library/*",
        )
    if rule.credentials is not None:
        yield Mistake(
            "credentials",
            "are read by ACR from Key Vault alone; put them there, name the two secrets in credential_sets, and say "
            "credential_set here",
        )
    # rule 14
    elif upstream == "docker.io" and rule.credential_set is None and rule.credential_set_id is None:
        yield Mistake(
            "credential_set",
            "is required for docker.io, which ACR caches only with a login; name one of credential_sets",
        )
    if rule.credential_set is not None and rule.credential_set_id is not None:
        yield Mistake("credential_set", "and credential_set_id say the same; keep one of them")


class AcrCacheRule(CacheUpstream, CheckedArgs):
    """One upstream repository (`upstream_prefix="library/nginx"`), or all below a prefix (`library/*`), that is pulled
    through this registry."""

    checks = (_rule,)
    stand_ins = {"upstream": "mcr.microsoft.com"}

    credential_set: str | None = None
    """Which of `credential_sets` logs in upstream. Default: anonymous."""
    credential_set_id: MaybeOutput[SetId] | None = None
    """Resource id of a credential set made elsewhere. Default: none."""
    target_prefix: Annotated[str, validated(_target)] | None = None
    """Under which name the images stand here. Default: the rule's own name in lower case, then the upstream's path."""


def _as_cache_rule(value: object) -> object:
    if isinstance(value, CacheUpstream) and not isinstance(value, AcrCacheRule):
        return {name: getattr(value, name) for name in value.model_fields_set}
    return value


CacheRule = Annotated[AcrCacheRule, BeforeValidator(_as_cache_rule)]


class AcrCredentialSet(Args):
    """A login at an upstream registry, kept in Key Vault; the registry reads it with an identity of its own."""

    login_server: Annotated[str, validated(check_server)]
    """Host of the upstream: `docker.io`."""
    username_secret: MaybeOutput[SecretUri]
    """Address of the Key Vault secret with the user name: `https://VAULT.vault.azure.net/secrets/NAME`."""
    password_secret: MaybeOutput[SecretUri]
    """Address of the Key Vault secret with the password or access token."""
    key_vault_id: VaultId | None = None
    """Resource id of the vault: the set's identity is made Key Vault Secrets User there. Default: you grant it."""


CacheRules = dict[DashedName, CacheRule]
CredentialSets = dict[DashedName, AcrCredentialSet]


def source_of(rule: AcrCacheRule) -> str:
    """Return what a rule pulls: `docker.io/library/*`."""
    path = rule.upstream_prefix or "*"
    if path != "*" and not path.endswith("*") and path.endswith("/"):
        path = f"{path}*"
    return f"{rule.upstream.lower()}/{path}"


def target_of(key: str, rule: AcrCacheRule) -> str:
    """Return under which name a rule's images stand; a wildcard stands in both or in neither."""
    prefix = rule.target_prefix or key.lower()
    source = source_of(rule)
    if source.endswith("/*"):
        middle = source.split("/", 1)[1].removesuffix("*").strip("/")
        return "/".join(part for part in (prefix, "" if rule.target_prefix else middle, "*") if part)
    path = source.split("/", 1)[1]
    return prefix if rule.target_prefix else f"{prefix}/{path}"


def check_rules(rules: Mapping[str, AcrCacheRule], sets: Mapping[str, AcrCredentialSet]) -> Iterable[Mistake]:
    """Check rules against each other and against the credential sets."""
    if len(rules) > 1000:
        yield Mistake("caching", f"has {len(rules)} rules; a registry takes 1000: remove some, or write prefixes")
    targets: dict[str, str] = {}
    for key, rule in sorted(rules.items()):
        target = target_of(key, rule)
        if target in targets:
            yield Mistake(
                f"caching.{key}.target_prefix",
                f"{target!r} is also where {targets[target]} puts its images; give one of them another target_prefix",
            )
        targets.setdefault(target, key)
        if rule.credential_set is None:
            continue
        known = sets.get(rule.credential_set)
        if known is None:
            choices = ", ".join(sorted(sets)) or "none"
            yield Mistake(
                f"caching.{key}.credential_set",
                f"{rule.credential_set!r} is not one of credential_sets ({choices}); add it there",
            )
        elif known.login_server.lower() != rule.upstream.lower():
            yield Mistake(
                f"caching.{key}.credential_set",
                f"{rule.credential_set!r} logs in at {known.login_server}, not at {rule.upstream}; name another",
            )
    used = {rule.credential_set for rule in rules.values()}
    for key in sorted(set(sets) - used):
        yield Mistake(f"credential_sets.{key}", "is used by no rule of caching; name it there, or remove it")

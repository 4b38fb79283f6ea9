"""What an account has once in a region; and templates of repositories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..blocks.replication import ReplicateTo
from ..blocks.scanning import Scanning
from ..core.args import Args
from ..core.checked import CheckedArgs
from ..core.errors import Mistake, dotted
from .settings import EcrKmsEncryption, EcrTemplateSettings, Tags, key_mistakes, tag_mistakes
from .unified import template_mistakes
from .words import (
    ROOT,
    AccountId,
    Actor,
    Arn,
    CachePrefix,
    Key,
    PolicyPrincipal,
    Region,
    RepositoryFilter,
    TemplatePrefix,
    check_glob_prefix,
    check_region,
    check_repository_filter,
)

MOST_RULES = 10
MOST_DESTINATIONS = 25
_MOST_FILTERS = 100
_SCAN_MODES: Mapping[str, tuple[str, ...]] = {"basic": ("on_push", "off"), "enhanced": ("on_push", "continuous")}


def _scan_rules(scanning: EcrBasicScanning | EcrEnhancedScanning) -> Iterable[Mistake]:
    allowed = _SCAN_MODES[scanning.kind]
    seen: dict[str, int] = {}
    for i, rule in enumerate(scanning.rules):
        where = f"rules[{i}]"
        if rule.mode not in allowed:
            yield Mistake(f"{where}.mode", _not_scanned(rule.mode, scanning.kind))
        elif rule.mode in seen:
            yield Mistake(
                f"{where}.mode", f"{rule.mode!r} is in rules[{seen[rule.mode]}] already; put all repositories there"
            )
        seen.setdefault(rule.mode, i)
        if len(rule.repositories) > _MOST_FILTERS:
            yield Mistake(
                f"{where}.repositories", f"has {len(rule.repositories)} entries; a rule takes {_MOST_FILTERS}"
            )
        for n, pattern in enumerate(rule.repositories):
            mistake = check_repository_filter(pattern)
            if mistake:
                yield Mistake(f"{where}.repositories[{n}]", mistake)


def _not_scanned(mode: str, kind: str) -> str:
    match mode, kind:
        case "continuous", "basic":
            return "'continuous' needs scanning of kind 'enhanced', which Amazon Inspector does and bills"
        case "off", "enhanced":
            return "'off' is not a rule of kind 'enhanced': what no rule names is not scanned; remove it"
    return "'inherited' has nothing to inherit from here; say 'on_push' or 'continuous'"


class EcrBasicScanning(CheckedArgs):
    """Basic scanning, without further cost."""

    checks = (_scan_rules,)

    kind: Literal["basic"] = "basic"
    rules: list[Scanning] = [Scanning()]
    """`on_push`, and `off` for repositories that are scanned by hand; each mode once. Default: all on push."""


class EcrEnhancedScanning(CheckedArgs):
    """Enhanced scanning by Amazon Inspector, which bills for each image."""

    checks = (_scan_rules,)

    kind: Literal["enhanced"] = "enhanced"
    rules: list[Scanning] = [Scanning(mode="continuous")]
    """`continuous` and `on_push`; each mode once. Default: all continuously."""
    enable_inspector: bool = True
    """Turn Inspector on for ECR in this account; off where an organization's administrator does. Default: true."""


EcrRegistryScanning: TypeAlias = Annotated[EcrBasicScanning | EcrEnhancedScanning, Field(discriminator="kind")]


class EcrFindingSuppression(Args):
    """Findings of Inspector that are not shown."""

    repositories: list[RepositoryFilter] = Field(min_length=1)
    """Repositories by name, or `prefix*`."""
    vulnerability_ids: list[Annotated[str, Field(min_length=1)]] = Field(min_length=1)
    """Vulnerabilities: `CVE-2024-12345`."""
    reason: str = Field(min_length=1, max_length=1024)
    """Why they do not matter."""


class EcrCachePermission(Args):
    """Who may make what is cached below a prefix, instead of by IAM."""

    prefix: CachePrefix
    """The cache's prefix, or ROOT."""
    principals: list[PolicyPrincipal] = Field(min_length=1)
    """ARNs, accounts or organizations."""


def _signing(signing: EcrSigning) -> Iterable[Mistake]:
    # rule 6: a cached image is signed as if it were yours, and ECR then cannot refresh it.
    cached = [prefix for prefix in signing.cached_prefixes if prefix != ROOT]
    for i, pattern in enumerate(signing.repositories):
        stem = pattern.split("*", 1)[0]
        wild = "*" in pattern
        for prefix in cached:
            below = f"{prefix}/"
            if stem.startswith(below) or (wild and below.startswith(stem)):
                yield Mistake(
                    f"repositories[{i}]",
                    f"{pattern!r} covers the cached repositories {below}*, which signing breaks; name your own alone",
                )
    if ROOT in signing.cached_prefixes:
        yield Mistake(
            "cached_prefixes",
            "has ROOT, so that every repository may be a cached one; give the cache a prefix of its own",
        )


class EcrSigning(CheckedArgs):
    """Signatures that ECR itself makes of what is pushed."""

    checks = (_signing,)
    stand_ins: ClassVar = {"profile_arn": "arn:aws:signer:eu-central-1:123456789012:/signing-profiles/images"}

    profile_arn: Arn
    """ARN of AWS Signer's profile, of platform Notation-OCI-SHA384-ECDSA."""
    repositories: list[RepositoryFilter] = Field(min_length=1, max_length=100)
    """Which repositories, with `*`."""
    cached_prefixes: list[CachePrefix]
    """Prefixes of the caches in this registry, which must not be signed; an empty list where there is none."""


def destinations(replication: Mapping[str, ReplicateTo]) -> dict[tuple[str, ...], list[ReplicateTo]]:
    """Return destinations by what is copied to them: one rule each, in a stable order."""
    found: dict[tuple[str, ...], list[ReplicateTo]] = {}
    for _, to in sorted(replication.items()):
        found.setdefault(tuple(sorted(set(to.repositories))), []).append(to)
    return dict(sorted(found.items()))


def template_prefixes(patterns: Iterable[str]) -> list[str]:
    """Return the prefixes of the templates that repositories with such names are made after.

    A template's prefix ends at a `/`, a filter's anywhere: `team/*` is prefix `team`; `api*` also means `api-web`,
    which only the template ROOT catches.
    """
    stems = [pattern.removesuffix("*") for pattern in patterns]
    return sorted({stem[:-1] if stem.endswith("/") else ROOT for stem in stems}) or [ROOT]


def _replication(args: EcrRegistrySettingsArgs) -> Iterable[Mistake]:
    rules = destinations(args.replication)
    if len(rules) > MOST_RULES:
        yield Mistake(
            "replication", f"makes {len(rules)} rules (one for each set of repositories); ECR takes {MOST_RULES}"
        )
    places = [(to.region, to.account) for to in args.replication.values()]
    known = {place for place in places if place[1] is None or isinstance(place[1], str)}
    count = len(known) + sum(1 for place in places if not (place[1] is None or isinstance(place[1], str)))
    if count > MOST_DESTINATIONS:
        yield Mistake("replication", f"has {count} destinations; ECR takes {MOST_DESTINATIONS} over all rules")
    for key, to in sorted(args.replication.items()):
        yield from _destination(args, key, to)


def _destination(args: EcrRegistrySettingsArgs, key: str, to: ReplicateTo) -> Iterable[Mistake]:
    where = dotted(("replication", key))
    mistake = check_region(to.region)
    if mistake:
        yield Mistake(f"{where}.region", mistake)
    if to.account is None and to.region == args.region:
        yield Mistake(f"{where}.region", f"{to.region!r} is where the images are; choose another, or another account")
    if isinstance(to.account, str) and not (to.account.isdigit() and len(to.account) == 12):
        yield Mistake(f"{where}.account", f"{to.account!r} is not an account's id; it has 12 digits")
    if len(to.repositories) > _MOST_FILTERS:
        yield Mistake(f"{where}.repositories", f"has {len(to.repositories)} entries; a rule takes {_MOST_FILTERS}")
    for i, pattern in enumerate(to.repositories):
        mistake = check_glob_prefix(pattern)
        if mistake:
            yield Mistake(f"{where}.repositories[{i}]", mistake)
    if to.zone_redundant is not None:
        yield Mistake(f"{where}.zone_redundant", "is not to be chosen: ECR always spreads over zones; remove it")


def _replicas(args: EcrRegistrySettingsArgs) -> Iterable[Mistake]:
    if args.replica_settings == "elsewhere":
        return
    if not args.replication:
        if args.replica_settings != EcrTemplateSettings():
            yield Mistake("replica_settings", "are for copies, and there are none; add replication, or remove them")
        return
    here = [to for to in args.replication.values() if to.account is None]
    for prefix in sorted({prefix for to in here for prefix in template_prefixes(to.repositories)}):
        yield from template_mistakes(args.replica_settings.lifecycle, prefix, "replica_settings.lifecycle")
    for key, to in sorted(args.replication.items()):
        if to.account is None:
            for mistake in key_mistakes(args.replica_settings.encryption, to.region, "replica_settings.encryption.key"):
                yield Mistake(mistake.path, f"{mistake.message} (destination {key!r})")


def _suppressions(args: EcrRegistrySettingsArgs) -> Iterable[Mistake]:
    if args.suppressions and (args.scanning is None or args.scanning.kind != "enhanced"):
        yield Mistake("suppressions", "are for findings of Inspector; set scanning to kind 'enhanced', or remove them")
    for key, said in sorted(args.suppressions.items()):
        for i, pattern in enumerate(said.repositories):
            if "*" in pattern[:-1] or pattern == "*":
                yield Mistake(
                    dotted(("suppressions", key, "repositories", i)), f"{pattern!r} is not a name, and not 'prefix*'"
                )


def _said(args: EcrRegistrySettingsArgs) -> Iterable[Mistake]:
    names = (
        "replicate_from", "cache_permissions", "scanning", "replication", "registry_policy_scope", "blob_mounting",
        "basic_scan_version", "pull_time_exclusions", "signing",
    )  # fmt: skip
    if not any(getattr(args, name) not in (None, [], {}) for name in names):
        yield Mistake("", f"says nothing; add one of {', '.join(names)}")
    if args.replicate_prefixes and not args.replicate_from:
        yield Mistake("replicate_prefixes", "narrows replicate_from, which is empty; add accounts, or remove it")


class EcrRegistrySettingsArgs(CheckedArgs):
    """What an account has once in a region. Exactly one stack may own it: two would overwrite one another."""

    # rule 8
    checks = (_replication, _replicas, _suppressions, _said)

    region: Region | None = None
    """Which region it is for. Default: the provider's."""
    replicate_from: list[AccountId] = []
    """Accounts whose registries may copy into this one. Default: none."""
    replicate_prefixes: list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._/-]*$")]] = []
    """How the names of what they copy have to begin. Default: anyhow."""
    cache_permissions: dict[Key, EcrCachePermission] = {}
    """Who may make what is cached, where IAM does not say so (EcrPullThroughCache's `nodes` does). Default: nobody."""
    scanning: EcrRegistryScanning | None = None
    """How the registry scans: kind basic, or enhanced. Default: left as it is."""
    suppressions: dict[Key, EcrFindingSuppression] = {}
    """Findings of Inspector that are not shown. Default: none."""
    replication: dict[Key, ReplicateTo] = {}
    """Where images are copied that are pushed from now on; deletes are not copied. Default: nowhere."""
    replica_settings: EcrTemplateSettings | Literal["elsewhere"] = EcrTemplateSettings()
    """What the copies' repositories get in other regions of this account, by templates that are made there;
    `elsewhere` where another stack has them. In other accounts use EcrCreationTemplates. Default: immutable tags,
    AES-256, no lifecycle policy."""
    registry_policy_scope: Literal["v1", "v2"] | None = None
    """What a registry policy is asked for: copies and caches (v1), or every action (v2). Default: left as it is."""
    blob_mounting: bool | None = None
    """Whether repositories share layers. Default: left as it is."""
    basic_scan_version: Literal["aws-native"] | None = None
    """Which scanner basic scanning uses; there is one. Default: left as it is."""
    pull_time_exclusions: dict[Key, Actor] = {}
    """Roles and users whose pulls do not count as the last one: scanners, mirrors. Default: none."""
    signing: EcrSigning | None = None
    """Signatures that ECR makes of what is pushed. Default: none."""
    tags: Tags = {}
    """Tags of what can have them. Default: none."""


class EcrCreationTemplateArgs(Args):
    """One template."""

    applied_for: list[Literal["replication", "pull-through-cache", "create-on-push"]] = Field(min_length=1)
    """For which repositories that ECR makes by itself."""
    settings: EcrTemplateSettings = EcrTemplateSettings()
    """What they get. Default: immutable tags, AES-256, no lifecycle policy."""
    description: str | None = Field(default=None, min_length=1, max_length=255)
    """What it is for. Default: nothing."""


def _templates(args: EcrCreationTemplatesArgs) -> Iterable[Mistake]:
    for prefix, said in sorted(args.templates.items()):
        where = dotted(("templates", prefix))
        if len(set(said.applied_for)) != len(said.applied_for):
            yield Mistake(f"{where}.applied_for", "names one of them twice; name it once")
        if "pull-through-cache" in said.applied_for and said.settings.tag_mutability.mode == "immutable":
            yield Mistake(
                f"{where}.settings.tag_mutability",
                "'immutable' stops a cache from following a tag that moves upstream; set mode to 'mutable'",
            )
        yield from template_mistakes(said.settings.lifecycle, prefix, f"{where}.settings.lifecycle")
        yield from key_mistakes(said.settings.encryption, args.region, f"{where}.settings.encryption.key")
    yield from tag_mistakes(args.tags, "tags")


class EcrCreationTemplatesArgs(CheckedArgs):
    """Templates of repositories that ECR makes by itself, by prefix; the longest prefix counts."""

    checks = (_templates,)
    stand_ins: ClassVar = {"templates": {ROOT: {"applied_for": ["replication"]}}}

    templates: dict[TemplatePrefix, EcrCreationTemplateArgs] = Field(min_length=1)
    """Templates by prefix: `team` is for `team/api`; `ROOT` for what no other is for."""
    region: Region | None = None
    """Where they are. Default: the provider's region."""
    tags: Tags = {}
    """Tags of the role that is made where one is needed. Default: none."""


def keys_of(settings: Iterable[EcrTemplateSettings]) -> list[Any]:
    """Return the keys that a role for templates has to use."""
    found: list[Any] = []
    for item in settings:
        if isinstance(item.encryption, EcrKmsEncryption) and item.encryption.key is not None:
            found.append(item.encryption.key)
    return found


__all__ = [
    "EcrBasicScanning",
    "EcrCachePermission",
    "EcrCreationTemplateArgs",
    "EcrCreationTemplatesArgs",
    "EcrEnhancedScanning",
    "EcrFindingSuppression",
    "EcrRegistrySettingsArgs",
    "EcrSigning",
]

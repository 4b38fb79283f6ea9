"""What in a Harbor does not go together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ...core.checked import Check
from ...core.errors import Mistake
from ...core.keyed import same_names, unknown
from ...core.urls import insecure_mistakes
from .names import named
from .replication import PROXIED
from .system import GarbageCollection, LdapAuth, OidcAuth, auth_mistakes
from .words import check_object, check_project, check_robot

if TYPE_CHECKING:
    from .args import HarborConfigurationArgs


def _project_references(args: HarborConfigurationArgs) -> Iterable[Mistake]:
    registries, scanners, groups, instances = args.registries, args.scanners, args.groups, args.preheat_instances
    for key, project in sorted(args.projects.items()):
        path = f"projects.{key}"
        if project.proxy_cache is not None:
            there = project.proxy_cache.registry
            yield from unknown(f"{path}.proxy_cache.registry", there, registries, "registries")
            if there in registries and registries[there].kind not in PROXIED:
                yield Mistake(
                    f"{path}.proxy_cache.registry",
                    f"{there!r} is of kind {registries[there].kind!r}, which Harbor cannot cache; it can: "
                    f"{', '.join(sorted(PROXIED))}",
                )
        if project.scanner is not None:
            yield from unknown(f"{path}.scanner", project.scanner, scanners, "scanners")
            if project.scanner in scanners and not scanners[project.scanner].enabled:
                yield Mistake(f"{path}.scanner", f"{project.scanner!r} is not enabled; enable it, or take another")
        for group in sorted(project.groups):
            yield from unknown(f"{path}.groups.{group}", group, groups, "groups")
        for name, policy in sorted(project.preheat_policies.items()):
            yield from unknown(
                f"{path}.preheat_policies.{name}.instance", policy.instance, instances, "preheat_instances"
            )


def _replication_references(args: HarborConfigurationArgs) -> Iterable[Mistake]:
    for key, rule in sorted(args.replications.items()):
        yield from unknown(f"replications.{key}.registry", rule.registry, args.registries, "registries")


def _own_names(args: HarborConfigurationArgs) -> Iterable[Mistake]:
    """A key that is used as a name has to be one, and no two things of a kind have the same."""
    kinds: list[tuple[str, Mapping[str, Any], Any]] = [
        ("projects", args.projects, check_project),
        ("robots", args.robots, check_robot),
        ("registries", args.registries, check_object),
        ("replications", args.replications, check_object),
        ("scanners", args.scanners, check_object),
        ("preheat_instances", args.preheat_instances, check_object),
        ("labels", args.labels, None),
        ("groups", args.groups, None),
    ]
    for key, project in sorted(args.projects.items()):
        kinds += [
            (f"projects.{key}.robots", project.robots, check_robot),
            (f"projects.{key}.webhooks", project.webhooks, None),
            (f"projects.{key}.labels", project.labels, None),
            (f"projects.{key}.preheat_policies", project.preheat_policies, check_object),
        ]
    for where, things, check in kinds:
        yield from _names_of(where, things, check)


def _names_of(where: str, things: Mapping[str, Any], check: Any) -> Iterable[Mistake]:
    seen: dict[str, str] = {}
    for key, thing in sorted(things.items()):
        name = named(key, thing)
        if thing.name is None and check is not None and check(key):
            yield Mistake(f"{where}.{key}", f"{key!r} cannot be its name in Harbor; give it a name")
        if name in seen:
            yield Mistake(f"{where}.{key}", f"has the name {name!r}, as {seen[name]!r} has; give it another")
        seen.setdefault(name, key)


def _collections(args: HarborConfigurationArgs) -> Iterable[Mistake]:
    # goharbor/harbor#17230
    cleaned = sorted(key for key, project in args.projects.items() if project.lifecycle is not None)
    if cleaned and args.garbage_collection is None:
        yield Mistake(
            "garbage_collection",
            f"is required with lifecycle of {cleaned[0]!r}: what is deleted frees no space before it; add it, or kind "
            "'elsewhere' where somebody else does it",
        )
    untagged = isinstance(args.garbage_collection, GarbageCollection) and args.garbage_collection.delete_untagged
    if cleaned and untagged:
        yield Mistake(
            "garbage_collection.delete_untagged", "is a second deleter beside lifecycle; say it there, or remove it"
        )


def _auth(args: HarborConfigurationArgs) -> Iterable[Mistake]:
    if args.auth is not None:
        yield from (Mistake(f"auth.{found.path}", found.message) for found in auth_mistakes(args.auth))
    if args.auth is None:
        return
    kinds = {"oidc": OidcAuth, "ldap": LdapAuth}
    for key, group in sorted(args.groups.items()):
        wanted = kinds.get(group.kind)
        if wanted is not None and not isinstance(args.auth, wanted):
            yield Mistake(f"groups.{key}.kind", f"{group.kind!r} needs auth of that kind, not {args.auth.kind!r}")
    if args.system is not None and args.system.self_registration and args.auth.kind != "database":
        yield Mistake("system.self_registration", f"is for auth kind 'database', not {args.auth.kind!r}; remove it")


def _scanners(args: HarborConfigurationArgs) -> Iterable[Mistake]:
    seen: dict[str, str] = {}
    for key, scanner in sorted(args.scanners.items()):
        if isinstance(scanner.url, str) and seen.setdefault(scanner.url, key) != key:
            # Harbor has a unique index on it.
            yield Mistake(f"scanners.{key}.url", f"is that of {seen[scanner.url]!r} too; Harbor takes each once")


def _instances(args: HarborConfigurationArgs) -> Iterable[Mistake]:
    default = [key for key, instance in sorted(args.preheat_instances.items()) if instance.default]
    if len(default) > 1:
        yield Mistake(f"preheat_instances.{default[1]}.default", f"is set for {default[0]!r} already; there is one")


def _resource_names(args: HarborConfigurationArgs) -> Iterable[Mistake]:
    from .plan import children

    yield from same_names(lambda: children(args))


ALL: Final[tuple[Check, ...]] = (
    insecure_mistakes,
    _project_references,
    _replication_references,
    _own_names,
    _collections,
    _auth,
    _scanners,
    _instances,
    _resource_names,
)

__all__ = ["ALL"]

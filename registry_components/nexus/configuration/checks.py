"""What in a Nexus does not go together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from ...blocks.storage import AzureStorage, GcsStorage
from ...core.checked import Check
from ...core.errors import Mistake
from ...core.keyed import same_names, unknown
from ...core.urls import insecure_mistakes
from ..edition import PRO, usage_mistakes
from .named import named
from .repositories import Group, Kept, Proxy
from .words import check_image_part, check_name

if TYPE_CHECKING:
    from .args import NexusConfigurationArgs

_PRO_REALMS = frozenset({"SamlRealm", "User-Token-Realm", "Crowd"})
_OWN_REALM, _TOKEN_REALM = "NexusAuthenticatingRealm", "DockerToken"


def _usage(args: NexusConfigurationArgs) -> Iterable[Mistake]:
    yield from usage_mistakes(args.edition, args.expected_usage)


def _edition(args: NexusConfigurationArgs) -> Iterable[Mistake]:
    if args.edition == "pro":
        if args.accept_eula:
            yield Mistake("accept_eula", "is for edition 'community'; Pro has a licence instead; remove it")
        return
    if args.cleanup_policies:
        yield Mistake(
            "cleanup_policies",
            f"need the API of cleanup policies, {PRO}; make them in the browser, let `regc prune` or a PruneSchedule "
            "remove tags, or purge_unused_after_days empty a proxy",
        )
    for key, store in sorted(args.blob_stores.items()):
        if isinstance(store.storage, AzureStorage | GcsStorage):
            yield Mistake(
                f"blob_stores.{key}.storage", f"is of kind {store.storage.kind!r}, {PRO}; take S3, or a directory"
            )
    for key, repository in sorted(args.repositories.items()):
        path = f"repositories.{key}"
        if repository.subdomain is not None:
            yield Mistake(f"{path}.subdomain", f"is a connector {PRO}; use path_enabled or http_port")
        if isinstance(repository, Group) and repository.writable_member is not None:
            yield Mistake(f"{path}.writable_member", f"is something {PRO}; push to the member itself")
        if isinstance(repository, Kept) and repository.lifecycle is not None:
            yield Mistake(
                f"{path}.lifecycle",
                f"becomes cleanup policies, whose API is something {PRO}; give the policy to `regc prune` or a "
                "PruneSchedule, which removes tags itself",
            )
    for realm in args.realms or ():
        if realm in _PRO_REALMS:
            yield Mistake("realms", f"{realm!r} is a realm {PRO}; remove it")


def _references(args: NexusConfigurationArgs) -> Iterable[Mistake]:
    for key, repository in sorted(args.repositories.items()):
        path = f"repositories.{key}"
        if repository.blob_store is not None:
            yield from unknown(f"{path}.blob_store", repository.blob_store, args.blob_stores, "blob_stores")
        for policy in repository.cleanup if isinstance(repository, Kept) else ():
            yield from unknown(f"{path}.cleanup", policy, args.cleanup_policies, "cleanup_policies")
        if isinstance(repository, Proxy) and repository.routing_rule is not None:
            yield from unknown(f"{path}.routing_rule", repository.routing_rule, args.routing_rules, "routing_rules")
        if isinstance(repository, Group):
            for member in repository.members:
                yield from unknown(f"{path}.members", member, args.repositories, "repositories")
            writable = repository.writable_member
            if writable is not None and writable not in repository.members:
                yield Mistake(f"{path}.writable_member", f"{writable!r} is not among members; add it there")
            elif writable is not None and writable in args.repositories:
                kind = args.repositories[writable].kind
                if kind != "hosted":
                    yield Mistake(f"{path}.writable_member", f"{writable!r} is of kind {kind!r}, which takes no pushes")


def _access_references(args: NexusConfigurationArgs) -> Iterable[Mistake]:
    for key, privilege in sorted(args.privileges.items()):
        path = f"privileges.{key}"
        selectors = args.content_selectors
        yield from unknown(f"{path}.content_selector", privilege.content_selector, selectors, "content_selectors")
        if privilege.repository is not None:
            yield from unknown(f"{path}.repository", privilege.repository, args.repositories, "repositories")
    for key, role in sorted(args.roles.items()):
        for repository in sorted(role.repositories):
            yield from unknown(f"roles.{key}.repositories", repository, args.repositories, "repositories")
        for privilege_key in role.privileges:
            yield from unknown(f"roles.{key}.privileges", privilege_key, args.privileges, "privileges")


def _circles(args: NexusConfigurationArgs) -> Iterable[Mistake]:
    groups = {key: found.members for key, found in args.repositories.items() if isinstance(found, Group)}
    yield from _circle(groups, "repositories", "members")
    yield from _circle({key: role.roles for key, role in args.roles.items()}, "roles", "roles")


def _circle(below: Mapping[str, list[str]], where: str, word: str) -> Iterable[Mistake]:
    for key in sorted(below):
        reached, todo = set[str](), list(below[key])
        while todo:
            there = todo.pop()
            if there not in reached:
                reached.add(there)
                todo += below.get(there, [])
        if key in reached:
            yield Mistake(f"{where}.{key}.{word}", "lead back to itself; take one of them out")
            return


def _own_names(args: NexusConfigurationArgs) -> Iterable[Mistake]:
    """A key that is used as a name has to be one, and no two things of a kind have the same."""
    for where in (
        "blob_stores",
        "repositories",
        "cleanup_policies",
        "routing_rules",
        "content_selectors",
        "privileges",
        "roles",
        "users",
    ):
        seen: dict[str, str] = {}
        for key, thing in sorted(getattr(args, where).items()):
            name = named(key, thing)
            if check_name(name):
                yield Mistake(f"{where}.{key}", f"{key!r} cannot be its name in Nexus; give it a name")
            # Nexus takes names of repositories that differ in case alone for the same.
            if name.lower() in seen:
                yield Mistake(f"{where}.{key}", f"has the name {name!r}, as {seen[name.lower()]!r} has; give another")
            seen.setdefault(name.lower(), key)
    if "default" in {named(key, store) for key, store in args.blob_stores.items() if not store.adopt}:
        yield Mistake("blob_stores", "'default' is Nexus' own; leave it out, or set adopt to change it")
    if args.username in {named(key, user) for key, user in args.users.items()}:
        yield Mistake("users", f"{args.username!r} is who logs in here; change that user in Nexus itself")


def _policy_names(args: NexusConfigurationArgs) -> Iterable[Mistake]:
    own = {named(key, policy).lower(): key for key, policy in args.cleanup_policies.items()}
    for key, repository in sorted(args.repositories.items()):
        if not isinstance(repository, Kept) or repository.lifecycle is None:
            continue
        for rule in sorted(repository.lifecycle.expire):
            name = f"{named(key, repository)}-{rule}"
            if name.lower() in own:
                yield Mistake(
                    f"cleanup_policies.{own[name.lower()]}",
                    f"has the name {name!r}, as rule {rule!r} of the lifecycle of {key!r} becomes; give it another",
                )


def _connectors(args: NexusConfigurationArgs) -> Iterable[Mistake]:
    ports: dict[int, str] = {}
    subdomains: dict[str, str] = {}
    members = {key for found in args.repositories.values() if isinstance(found, Group) for key in found.members}
    for key, repository in sorted(args.repositories.items()):
        path = f"repositories.{key}"
        name = named(key, repository)
        mistake = check_image_part(name) if repository.path_enabled else None
        if mistake:
            yield Mistake(path, mistake)
        for word in ("http_port", "https_port"):
            port = getattr(repository, word)
            if port is not None and ports.setdefault(port, key) != key:
                yield Mistake(f"{path}.{word}", f"{port} is that of {ports[port]!r} too; choose another")
        if repository.subdomain is not None and subdomains.setdefault(repository.subdomain, key) != key:
            taken = subdomains[repository.subdomain]
            yield Mistake(f"{path}.subdomain", f"{repository.subdomain!r} is that of {taken!r} too; choose another")
        if not repository.reachable and (key not in members or repository.kind == "hosted"):
            yield Mistake(
                f"{path}.path_enabled", "is false, and no client can reach it; set it to true, or give http_port"
            )
        if repository.host is not None and not (repository.http_port or repository.https_port):
            yield Mistake(f"{path}.host", "is for what stands in front of a port; give http_port, or remove it")


def _realms(args: NexusConfigurationArgs) -> Iterable[Mistake]:
    if args.realms is not None and _OWN_REALM not in args.realms:
        yield Mistake("realms", f"lack {_OWN_REALM!r}, with which the administrator logs in; add it")
    # rule 27
    tokens = sorted(key for key, repository in args.repositories.items() if not repository.force_basic_auth)
    if tokens and _TOKEN_REALM not in (args.realms or ()):
        yield Mistake(
            "realms",
            f"need {_TOKEN_REALM!r}, as force_basic_auth of {tokens[0]!r} is false: its clients log in with tokens; "
            "add it to all that are active",
        )
    if args.anonymous.enabled and args.repositories and not tokens:
        yield Mistake(
            "anonymous.enabled",
            "means nothing while every repository wants a login; set force_basic_auth of one to false, or remove it",
        )


def _space(args: NexusConfigurationArgs) -> Iterable[Mistake]:
    # sonatype/nexus-public#867
    if args.tasks is not None:
        return
    for key, repository in sorted(args.repositories.items()):
        if not isinstance(repository, Kept):
            continue
        purged = isinstance(repository, Proxy) and repository.purge_unused_after_days is not None
        if repository.cleanup or repository.lifecycle is not None or purged:
            word = (
                "cleanup" if repository.cleanup else "lifecycle" if repository.lifecycle else "purge_unused_after_days"
            )
            yield Mistake(
                "tasks",
                f"are required with {word} of {key!r}: what is removed frees no space before them; add kind "
                "'scheduled', or 'elsewhere' where somebody else has made them",
            )
            return


def _resource_names(args: NexusConfigurationArgs) -> Iterable[Mistake]:
    from .plan import children

    yield from same_names(lambda: children(args))


ALL: Final[tuple[Check, ...]] = (
    insecure_mistakes,
    _usage,
    _edition,
    _references,
    _access_references,
    _circles,
    _own_names,
    _policy_names,
    _connectors,
    _realms,
    _space,
    _resource_names,
)

__all__ = ["ALL"]

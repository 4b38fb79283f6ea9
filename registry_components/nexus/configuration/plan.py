"""What is registered for some arguments: every child with its inputs and what has to be there before. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from . import bodies
from .contents import SpaceTasks
from .named import named
from .repositories import Group, Kept, Proxy

if TYPE_CHECKING:
    from .access import Role, User
    from .args import NexusConfigurationArgs

Id = tuple[str, str]

SETTINGS: Final = frozenset({"Anonymous", "Eula", "Realms"})
"""What Nexus has one of."""


@dataclass(frozen=True)
class Child:
    """One resource to register; `kind` says which of this library's own."""

    kind: str
    suffix: str
    path: str
    """Where in the arguments it was said."""
    inputs: dict[str, Any]
    secrets: dict[str, Any]
    """By their place in the body."""
    after: tuple[Id, ...] = ()
    """What has to be there before."""
    lasting: bool = False
    """Whether it is protected and retained."""

    @property
    def id(self) -> Id:
        """What tells it from the others."""
        return self.kind, self.suffix


def _child(
    kind: str,
    suffix: str,
    path: str,
    body: bodies.Body,
    *,
    adopt: bool = False,
    after: tuple[Id, ...] = (),
    lasting: bool = False,
    **more: Any,
) -> Child:
    clear, hidden = bodies.parted(body)
    # A role's name is how it is shown; settings have none.
    name = suffix if kind in SETTINGS else next(body[key] for key in ("id", "name", "userId") if key in body)
    inputs = {**more, "name": name, "body": clear, "adopt": adopt}
    return Child(kind, suffix, path, inputs, hidden, after, lasting)


def children(args: NexusConfigurationArgs) -> Iterator[Child]:
    """Yield every child, each after what it refers to.

    Raises `LifecycleNotExpressible` where Nexus cannot carry a unified policy out as it is meant.
    """
    first: tuple[Id, ...] = ()
    if args.accept_eula:
        yield _child("Eula", "eula", "accept_eula", {"accepted": True})
        first = (("Eula", "eula"),)
    yield from _security(args, first)
    yield from _contents(args, first)
    yield from _tasks(args)
    yield from _access(args)


def _security(args: NexusConfigurationArgs, first: tuple[Id, ...]) -> Iterator[Child]:
    anonymous = {
        "enabled": args.anonymous.enabled,
        "userId": args.anonymous.user,
        "realmName": "NexusAuthorizingRealm",
    }
    yield _child("Anonymous", "anonymous", "anonymous", anonymous, after=first)
    if args.realms is not None:
        yield _child("Realms", "realms", "realms", {"active": list(args.realms)}, after=first)


def _contents(args: NexusConfigurationArgs, first: tuple[Id, ...]) -> Iterator[Child]:
    for key, store in sorted(args.blob_stores.items()):
        kind, body = bodies.blob_store(key, store)
        path = f"blob_stores.{key}"
        yield _child(
            "BlobStore",
            f"blob-store-{key}",
            path,
            body,
            adopt=store.adopt,
            after=first,
            lasting=args.kept or named(key, store) == "default",
            type=kind,
        )
    for key, policy in sorted(args.cleanup_policies.items()):
        body = bodies.cleanup_policy(key, policy)
        yield _child("CleanupPolicy", f"cleanup-{key}", f"cleanup_policies.{key}", body, adopt=policy.adopt)
    for key, rule in sorted(args.routing_rules.items()):
        body = bodies.routing_rule(key, rule)
        yield _child("RoutingRule", f"routing-rule-{key}", f"routing_rules.{key}", body, adopt=rule.adopt)
    for key in _members_first(args):
        yield from _repository(args, key, first)


def _members_first(args: NexusConfigurationArgs) -> list[str]:
    """Return the keys of all repositories, a group after its members."""
    listed: list[str] = []

    def add(key: str, above: frozenset[str]) -> None:
        found = args.repositories[key]
        for member in found.members if isinstance(found, Group) and key not in above else ():
            add(member, above | {key})
        if key not in listed:
            listed.append(key)

    for key in sorted(args.repositories):
        add(key, frozenset())
    return listed


def _repository(args: NexusConfigurationArgs, key: str, first: tuple[Id, ...]) -> Iterator[Child]:
    said, path = args.repositories[key], f"repositories.{key}"
    after = list(first)
    store = "default"
    if said.blob_store is not None:
        store = named(said.blob_store, args.blob_stores[said.blob_store])
        after.append(("BlobStore", f"blob-store-{said.blob_store}"))
    policies: list[str] = []
    members: dict[str, str] = {}
    if isinstance(said, Kept):
        for policy in said.cleanup:
            policies.append(named(policy, args.cleanup_policies[policy]))
            after.append(("CleanupPolicy", f"cleanup-{policy}"))
        for rule, body in sorted(bodies.lifecycle(named(key, said), said).items()):
            yield _child("CleanupPolicy", f"{key}-cleanup-{rule}", f"{path}.lifecycle", body)
            policies.append(body["name"])
            after.append(("CleanupPolicy", f"{key}-cleanup-{rule}"))
    if isinstance(said, Proxy) and said.routing_rule is not None:
        members[said.routing_rule] = named(said.routing_rule, args.routing_rules[said.routing_rule])
        after.append(("RoutingRule", f"routing-rule-{said.routing_rule}"))
    if isinstance(said, Group):
        members = {member: named(member, args.repositories[member]) for member in said.members}
        after += [("Repository", member) for member in said.members]
    body = bodies.repository(key, said, store, sorted(policies), members)
    yield _child("Repository", key, path, body, adopt=said.adopt, after=tuple(after), lasting=args.kept, type=said.kind)


def _tasks(args: NexusConfigurationArgs) -> Iterator[Child]:
    if not isinstance(args.tasks, SpaceTasks):
        return
    used = {"default" if found.blob_store is None else found.blob_store for found in args.repositories.values()}
    stores = sorted(
        "default" if key == "default" else named(key, args.blob_stores[key])
        for key in used | set(args.blob_stores)
        if key == "default" or key in args.blob_stores
    )
    proxies = {named(key, found): found for key, found in args.repositories.items() if isinstance(found, Proxy)}
    purged = {
        name: proxy.purge_unused_after_days
        for name, proxy in proxies.items()
        if proxy.purge_unused_after_days is not None
    }
    after = tuple(("BlobStore", f"blob-store-{key}") for key in sorted(args.blob_stores))
    after += tuple(("Repository", key) for key in sorted(args.repositories))
    for suffix, body in bodies.space_tasks(args.tasks, sorted(set(stores)), purged).items():
        yield _child("Task", f"task-{suffix}", "tasks", body, adopt=True, after=after)


def _access(args: NexusConfigurationArgs) -> Iterator[Child]:
    for key, selector in sorted(args.content_selectors.items()):
        body = bodies.content_selector(key, selector)
        yield _child("ContentSelector", f"selector-{key}", f"content_selectors.{key}", body, adopt=selector.adopt)
    for key, privilege in sorted(args.privileges.items()):
        selector_name = named(privilege.content_selector, args.content_selectors[privilege.content_selector])
        after: tuple[Id, ...] = (("ContentSelector", f"selector-{privilege.content_selector}"),)
        repository = "*"
        if privilege.repository is not None:
            repository = named(privilege.repository, args.repositories[privilege.repository])
            after += (("Repository", privilege.repository),)
        body = bodies.privilege(key, privilege, selector_name, repository)
        yield _child("Privilege", f"privilege-{key}", f"privileges.{key}", body, adopt=privilege.adopt, after=after)
    for key in _included_first(args):
        yield _role(args, key, args.roles[key])
    for key, user in sorted(args.users.items()):
        yield _user(args, key, user)


def _included_first(args: NexusConfigurationArgs) -> list[str]:
    """Return the keys of all roles, each after those that it includes."""
    listed: list[str] = []

    def add(key: str, above: frozenset[str]) -> None:
        for other in args.roles[key].roles:
            if other in args.roles and other not in above:
                add(other, above | {key})
        if key not in listed:
            listed.append(key)

    for key in sorted(args.roles):
        add(key, frozenset())
    return listed


def _role(args: NexusConfigurationArgs, key: str, role: Role) -> Child:
    names = list(role.named_privileges)
    after: list[Id] = []
    for repository, actions in sorted(role.repositories.items()):
        names += [bodies.made_privilege(named(repository, args.repositories[repository]), action) for action in actions]
        after.append(("Repository", repository))
    for privilege in role.privileges:
        names.append(named(privilege, args.privileges[privilege]))
        after.append(("Privilege", f"privilege-{privilege}"))
    roles, made = _roles(args, role.roles)
    body = {
        "id": named(key, role),
        "name": role.title or named(key, role),
        "description": role.description,
        "privileges": sorted(set(names)),
        "roles": roles,
    }
    return _child("Role", f"role-{key}", f"roles.{key}", body, adopt=role.adopt, after=(*after, *made))


def _roles(args: NexusConfigurationArgs, said: list[str]) -> tuple[list[str], list[Id]]:
    ids = sorted(named(key, args.roles[key]) if key in args.roles else key for key in said)
    return ids, [("Role", f"role-{key}") for key in sorted(said) if key in args.roles]


def _user(args: NexusConfigurationArgs, key: str, user: User) -> Child:
    roles, made = _roles(args, user.roles)
    body: bodies.Body = {
        "userId": named(key, user),
        "firstName": user.first_name,
        "lastName": user.last_name,
        "emailAddress": user.email,
        "status": user.status,
        "roles": roles,
    }
    if user.password is not None:
        body["password"] = user.password
    return _child("User", f"user-{key}", f"users.{key}", body, adopt=user.adopt, after=tuple(made))


__all__ = ["SETTINGS", "Child", "Id", "children"]

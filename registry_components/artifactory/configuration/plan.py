"""What is registered for some arguments: every child with its name, its inputs and what it comes after. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .names import Found, groups, known, named, repositories, repository_key, users, virtual_order
from .retention import ArchivePolicy, CleanupPolicy, document

if TYPE_CHECKING:
    from .access import Permission, Token, User
    from .args import ArtifactoryConfigurationArgs
    from .repositories import FederatedRepository, RemoteRepository, Repository, VirtualRepository
    from .system import Replication, Webhook

Inputs = dict[str, Any]
Id = tuple[str, str]

KINDS: Final[Mapping[tuple[str, str], str]] = {
    ("local", "docker"): "DockerV2Repository",
    ("local", "oci"): "LocalOciRepository",
    ("local", "helm_oci"): "LocalHelmociRepository",
    ("remote", "docker"): "RemoteDockerRepository",
    ("remote", "oci"): "RemoteOciRepository",
    ("remote", "helm_oci"): "RemoteHelmociRepository",
    ("virtual", "docker"): "VirtualDockerRepository",
    ("virtual", "oci"): "VirtualOciRepository",
    ("virtual", "helm_oci"): "VirtualHelmociRepository",
    ("federated", "docker"): "FederatedDockerV2Repository",
    ("federated", "oci"): "FederatedOciRepository",
    ("federated", "helm_oci"): "FederatedHelmociRepository",
}
"""The provider's class of a repository, by what it is and what is in it."""
_ALL: Final = {"any": "ANY", "local": "ANY LOCAL", "remote": "ANY REMOTE"}
_PACKAGES: Final = {"docker": "docker", "oci": "oci", "helm_oci": "helmoci"}


@dataclass(frozen=True)
class Child:
    """One resource to register. `kind` is the provider's class."""

    kind: str
    suffix: str
    path: str
    """Where in the arguments it was said."""
    inputs: Inputs
    after: tuple[Id, ...] = ()
    """What has to be there before."""
    lasting: bool = False
    """Whether it is protected and retained."""
    secret: tuple[str, ...] = ()
    """Outputs that are secret although the provider does not say so."""
    alone: bool = False
    """Whether the old one goes first where it is replaced: there can be only one of its name."""

    @property
    def id(self) -> Id:
        """What tells it from the others."""
        return self.kind, self.suffix


@dataclass(frozen=True)
class _Names:
    """What the words in the arguments lead to, looked up once."""

    repositories: Mapping[str, Found]
    groups: Mapping[str, str]
    users: Mapping[str, str]
    ids: Mapping[str, Id]
    """The resources of repositories that are made here."""

    def keys(self, words: Iterable[str]) -> list[str]:
        return [self.repositories[word].key for word in words]

    def made(self, words: Iterable[str]) -> tuple[Id, ...]:
        return tuple(self.ids[word] for word in words if word in self.ids)


def children(args: ArtifactoryConfigurationArgs) -> Iterator[Child]:
    """Yield every child, each after what it refers to.

    Raises `LifecycleNotExpressible` where Artifactory cannot carry a unified policy out as it is meant.
    """
    ids = {key: (KINDS[kind, said.package], key) for kind, key, said in repositories(args)}
    names = _Names(known(args), groups(args), users(args), ids)
    yield from _system(args)
    yield from _people(args, names)
    yield from _repositories(args, names)
    for key, permission in sorted(args.permissions.items()):
        yield _permission(args, names, key, permission)
    for key, token in sorted(args.tokens.items()):
        yield _token(args, names, key, token)
    for where, kind, role in (
        ("cleanup_policies", "PackageCleanupPolicy", "cleanup"),
        ("archive_policies", "ArchivePolicy", "archive"),
    ):
        for key, policy in sorted(getattr(args, where).items()):
            inputs = _policy(names, key, policy)
            yield Child(kind, f"{role}-{key}", f"{where}.{key}", inputs, names.made(policy.repositories))
    for key, rule in sorted(args.replications.items()):
        yield _replication(args, names, key, rule)
    for key, backup in sorted(args.backups.items()):
        inputs = {
            "key": key if backup.key is None else backup.key,
            "cron_exp": backup.schedule,
            "retention_period_hours": backup.retention_hours,
            "excluded_repositories": sorted(names.keys(backup.exclude_repositories)),
            "exclude_new_repositories": backup.exclude_new_repositories,
            "create_archive": backup.archive,
            "send_mail_on_error": backup.send_mail_on_error,
            "verify_disk_space": backup.verify_disk_space,
            "enabled": backup.enabled,
        }
        after = names.made(backup.exclude_repositories)
        yield Child("Backup", f"backup-{key}", f"backups.{key}", inputs, after)
    for key, hook in sorted(args.webhooks.items()):
        yield _webhook(names, key, hook)


def _system(args: ArtifactoryConfigurationArgs) -> Iterator[Child]:
    if args.anonymous_access is not None:
        inputs: Inputs = {"enable_anonymous_access": args.anonymous_access}
        yield Child("GeneralSecurity", "security", "anonymous_access", inputs)
    if args.trashcan is not None:
        inputs = {"enabled": args.trashcan.enabled, "retention_period_days": args.trashcan.retention_days}
        yield Child("TrashcanConfig", "trashcan", "trashcan", inputs)
    for key, pair in sorted(args.key_pairs.items()):
        name = named(key, pair)
        inputs = {
            "pair_name": name,
            "pair_type": pair.kind,
            "alias": name if pair.alias is None else pair.alias,
            "private_key": pair.private_key,
            "public_key": pair.public_key,
        }
        if pair.passphrase is not None:
            inputs["passphrase"] = pair.passphrase
        yield Child("Keypair", f"key-{key}", f"key_pairs.{key}", inputs, alone=True)


def _people(args: ArtifactoryConfigurationArgs, names: _Names) -> Iterator[Child]:
    for key, group in sorted(args.groups.items()):
        inputs = {
            "name": named(key, group),
            "description": group.description,
            "auto_join": group.auto_join,
            "admin_privileges": group.admin,
        }
        if group.external_id is not None:
            inputs["external_id"] = group.external_id
        yield Child("Group", f"group-{key}", f"groups.{key}", inputs)
    for key, user in sorted(args.users.items()):
        yield Child("ManagedUser", f"user-{key}", f"users.{key}", _user(names, key, user), _groups(args, user.groups))


def _groups(args: ArtifactoryConfigurationArgs, words: Iterable[str]) -> tuple[Id, ...]:
    return tuple(("Group", f"group-{word}") for word in sorted(words) if word in args.groups)


def _users(args: ArtifactoryConfigurationArgs, words: Iterable[str]) -> tuple[Id, ...]:
    return tuple(("ManagedUser", f"user-{word}") for word in sorted(words) if word in args.users)


def _user(names: _Names, key: str, user: User) -> Inputs:
    return {
        "name": named(key, user),
        "email": user.email,
        "password": user.password,
        "groups": sorted(names.groups[word] for word in user.groups),
        "admin": user.admin,
        "disable_ui_access": user.disable_ui_access,
    }


def _repositories(args: ArtifactoryConfigurationArgs, names: _Names) -> Iterator[Child]:
    for key, local in sorted(args.local.items()):
        yield _child(names, "local", key, _stored(key, local), lasting=args.kept)
    for key, remote in sorted(args.remote.items()):
        yield _child(names, "remote", key, _remote(key, remote))
    for key, federated in sorted(args.federated.items()):
        inputs = _federated(args, key, federated)
        yield _child(names, "federated", key, inputs, lasting=args.kept, secret=("members",))
    for key in virtual_order(args):
        virtual = args.virtual[key]
        inputs = _virtual(names, key, virtual)
        yield _child(names, "virtual", key, inputs, after=names.made(virtual.repositories))


def _child(names: _Names, kind: str, key: str, inputs: Inputs, **more: Any) -> Child:
    return Child(names.ids[key][0], key, f"{kind}.{key}", inputs, **more)


def _described(key: str, said: Repository) -> Inputs:
    inputs: Inputs = {
        "key": repository_key(key, said),
        "description": said.description,
        "notes": said.notes,
        "includes_pattern": ",".join(said.include) or "**/*",
        "excludes_pattern": ",".join(said.exclude),
    }
    if said.project is not None:
        inputs["project_key"] = said.project
    if said.environments:
        inputs["project_environments"] = sorted(said.environments)
    return inputs


def _held(key: str, said: Any) -> Inputs:
    inputs = {
        **_described(key, said),
        "xray_index": said.xray_index,
        "blacked_out": said.blacked_out,
        "priority_resolution": said.priority_resolution,
        "download_direct": said.download_direct,
        "cdn_redirect": said.cdn_redirect,
    }
    if said.property_sets:
        inputs["property_sets"] = sorted(said.property_sets)
    if said.package == "docker":
        inputs["block_pushing_schema1"] = said.block_schema1
    return inputs


def _stored(key: str, said: Any) -> Inputs:
    return {**_held(key, said), "max_unique_tags": said.max_unique_tags, "tag_retention": said.tag_retention}


_REMOTE: Final = {
    "allow_any_host_auth": "allow_any_host_auth",
    "assumed_offline_period_secs": "assumed_offline_seconds",
    "bypass_head_requests": "bypass_head_requests",
    "disable_proxy": "disable_proxy",
    "enable_token_authentication": "token_authentication",
    "hard_fail": "hard_fail",
    "metadata_retrieval_timeout_secs": "metadata_timeout_seconds",
    "missed_cache_period_seconds": "missed_cache_seconds",
    "offline": "offline",
    "retrieval_cache_period_seconds": "retrieval_cache_seconds",
    "socket_timeout_millis": "socket_timeout_milliseconds",
    "store_artifacts_locally": "store_locally",
    "unused_artifacts_cleanup_period_hours": "unused_cleanup_hours",
    "url": "url",
}
"""The provider's words for a remote repository, and ours."""
_REMOTE_MAYBE: Final = {
    "username": "username",
    "password": "password",
    "project_id": "project_id",
    "proxy": "proxy",
    "client_tls_certificate": "client_certificate",
}


def _remote(key: str, said: RemoteRepository) -> Inputs:
    inputs = {**_held(key, said), **{word: getattr(said, field) for word, field in _REMOTE.items()}}
    inputs |= {word: getattr(said, field) for word, field in _REMOTE_MAYBE.items() if getattr(said, field) is not None}
    if said.foreign_layers:
        inputs |= {"external_dependencies_enabled": True, "external_dependencies_patterns": list(said.foreign_layers)}
    return {**inputs, "curated": said.curated} if said.package == "docker" else inputs


def _virtual(names: _Names, key: str, said: VirtualRepository) -> Inputs:
    word = "docker" if said.package == "docker" else "oci"
    inputs = {
        **_described(key, said),
        "repositories": names.keys(said.repositories),
        f"resolve_{word}_tags_by_timestamp": said.resolve_by_timestamp,
        "hide_unauthorized_resources": said.hide_unauthorized,
        "artifactory_requests_can_retrieve_remote_artifacts": said.remote_for_artifactory,
    }
    if said.default_deployment is not None:
        inputs["default_deployment_repo"] = names.repositories[said.default_deployment].key
    return inputs


def _federated(args: ArtifactoryConfigurationArgs, key: str, said: FederatedRepository) -> Inputs:
    members: list[Inputs] = [{"url": Below(args.url, f"/artifactory/{repository_key(key, said)}"), "enabled": True}]
    for _, member in sorted(said.members.items()):
        token = {} if member.access_token is None else {"access_token": member.access_token}
        members.append({"url": member.url, "enabled": member.enabled, **token})
    inputs = {**_stored(key, said), "members": members, "cleanup_on_delete": said.cleanup_on_delete}
    return inputs if said.proxy is None else {**inputs, "proxy": said.proxy}


@dataclass(frozen=True)
class Below:
    """A path below a URL that may not be known yet."""

    url: Any
    path: str


def _permission(args: ArtifactoryConfigurationArgs, names: _Names, key: str, said: Permission) -> Child:
    repo = {
        "repositories": [_ALL[said.all_of]] if said.all_of is not None else sorted(names.keys(said.repositories)),
        "includes_patterns": sorted(said.include),
        "excludes_patterns": sorted(said.exclude),
        "actions": {
            "groups": _granted({names.groups[word]: actions for word, actions in said.groups.items()}),
            "users": _granted({names.users[word]: actions for word, actions in said.users.items()}),
        },
    }
    after = (*names.made(said.repositories), *_groups(args, said.groups), *_users(args, said.users))
    inputs = {"name": named(key, said), "repo": repo}
    return Child("PermissionTarget", f"permission-{key}", f"permissions.{key}", inputs, after)


def _granted(grants: Mapping[str, list[Any]]) -> list[Inputs]:
    return [{"name": name, "permissions": sorted(actions)} for name, actions in sorted(grants.items())]


def _token(args: ArtifactoryConfigurationArgs, names: _Names, key: str, said: Token) -> Child:
    scopes = list(said.scopes)
    if said.groups:
        teams = ",".join(sorted(names.groups[word] for word in said.groups))
        scopes.append(f"applied-permissions/groups:{teams}")
    inputs: Inputs = {
        "username": key if said.username is None else said.username,
        "scopes": sorted(scopes),
        "expires_in": said.expires_in_seconds,
        "refreshable": said.refreshable,
        "include_reference_token": said.reference,
        "description": said.description,
    }
    if said.audiences:
        inputs["audiences"] = sorted(said.audiences)
    if said.project is not None:
        inputs["project_key"] = said.project
    after = (*_groups(args, said.groups), *_users(args, [str(inputs["username"])]))
    return Child("ScopedToken", f"token-{key}", f"tokens.{key}", inputs, after)


def _policy(names: _Names, key: str, said: CleanupPolicy | ArchivePolicy) -> Inputs:
    found = [names.repositories[word] for word in said.repositories]
    packages = {_PACKAGES[one.package] for one in found if one.package is not None}
    if any(one.package is None for one in found):
        # Of somebody else's it is not known what they hold.
        packages |= {"docker", "oci"}
    criteria: Inputs = {
        "package_types": sorted(packages),
        "repos": sorted(one.key for one in found),
        "included_projects": [],
        "include_all_projects": True,
        **document(said.policy),
    }
    inputs: Inputs = {
        "key": key if said.key is None else said.key,
        "description": said.description,
        "enabled": said.enabled,
        "skip_trashcan": said.skip_trashcan,
        "search_criteria": criteria,
    }
    if said.project is not None:
        inputs["project_key"] = said.project
        criteria |= {"included_projects": [said.project], "include_all_projects": False}
    if said.schedule is not None:
        inputs["cron_expression"] = said.schedule
    if said.duration_minutes is not None:
        inputs["duration_in_minutes"] = said.duration_minutes
    return inputs


def _replication(args: ArtifactoryConfigurationArgs, names: _Names, key: str, said: Replication) -> Child:
    targets = [_target(target) for _, target in sorted(said.targets.items())]
    inputs: Inputs = {
        "repo_key": names.repositories[said.repository].key,
        "cron_exp": said.schedule,
        "enable_event_replication": said.on_event,
    }
    path, after = f"replications.{key}", names.made([said.repository])
    # One target is told in the words of several where the edition lets it: a repository has one configuration, and
    # what takes the other class away at a second target would take the new one with it.
    if args.edition == "pro":
        return Child("LocalRepositorySingleReplication", f"replication-{key}", path, {**inputs, **targets[0]}, after)
    several = {**inputs, "replications": targets}
    return Child(
        "LocalRepositoryMultiReplication", f"replication-{key}", path, several, after, secret=("replications",)
    )


def _target(said: Any) -> Inputs:
    inputs: Inputs = {
        "url": said.url,
        "username": said.username,
        "password": said.password,
        "enabled": said.enabled,
        "sync_deletes": said.sync_deletes,
        "sync_properties": said.sync_properties,
        "sync_statistics": said.sync_statistics,
        "include_path_prefix_pattern": said.include,
        "check_binary_existence_in_filestore": said.check_filestore,
        "socket_timeout_millis": said.socket_timeout_milliseconds,
    }
    return inputs if said.proxy is None else {**inputs, "proxy": said.proxy}


def _webhook(names: _Names, key: str, said: Webhook) -> Child:
    handler: Inputs = {"url": said.url}
    if said.secret is not None:
        handler |= {"secret": said.secret, "use_secret_for_signing": said.sign}
    if said.headers:
        handler["custom_http_headers"] = dict(sorted(said.headers.items()))
    if said.proxy is not None:
        handler["proxy"] = said.proxy
    criteria: Inputs = {
        "any_local": said.any_local,
        "any_remote": said.any_remote,
        "any_federated": said.any_federated,
        "repo_keys": sorted(names.keys(said.repositories)),
    }
    for word, patterns in (("include_patterns", said.include), ("exclude_patterns", said.exclude)):
        if patterns:
            criteria[word] = sorted(patterns)
    inputs = {
        "key": named(key, said),
        "description": said.description,
        "enabled": said.enabled,
        "event_types": sorted(said.events),
        "criteria": criteria,
        "handlers": [handler],
    }
    kind = "DockerWebhook" if said.kind == "docker" else "ArtifactWebhook"
    path, after = f"webhooks.{key}", names.made(said.repositories)
    return Child(kind, f"webhook-{key}", path, inputs, after, secret=("handlers",))


__all__ = ["KINDS", "Below", "Child", "children"]

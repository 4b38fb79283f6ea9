"""What is registered for some arguments: every child with its name, its inputs and what it refers to. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from . import settings
from .names import named
from .replication import OnEvent, ReplicationRule, Scheduled
from .retention import provider_rules, schedule_of
from .scanning import PreheatPolicy
from .system import GarbageCollection, LdapAuth, OidcAuth, System
from .words import GIB, seconds_of

if TYPE_CHECKING:
    from .access import ProjectRobot, SystemRobot
    from .args import HarborConfigurationArgs
    from .projects import Project

Inputs = dict[str, Any]

OWN: Final = frozenset({"Scanner", "ProjectScanner", "PreheatPolicy", "ProjectSettings", "SystemSettings"})
"""What the provider's package cannot say, and this library's own resources do."""


@dataclass(frozen=True)
class Ref:
    """An output of another child."""

    kind: str
    suffix: str
    output: str = "id"


@dataclass(frozen=True)
class Child:
    """One resource to register. `kind` is the provider's class, or one of `OWN`."""

    kind: str
    suffix: str
    path: str
    """Where in the arguments it was said."""
    inputs: Inputs
    after: tuple[tuple[str, str], ...] = ()
    """What has to be there before, beside what it refers to."""
    lasting: bool = False
    """Whether it is protected and retained."""
    secret: tuple[str, ...] = ()
    """Inputs that are secret although the provider does not say so."""
    adopted: str | None = None
    """The provider's id of what is there already."""
    stands_on: tuple[str, str] | None = None
    """Its project, or registry: another one, made in its place, has nothing of it, or does not let the old one go."""

    @property
    def id(self) -> tuple[str, str]:
        """What tells it from the others."""
        return self.kind, self.suffix


def children(args: HarborConfigurationArgs) -> Iterator[Child]:
    """Yield every child, each after what it refers to.

    Raises `LifecycleNotExpressible` where Harbor cannot carry a unified policy out as it is meant.
    """
    yield from _system(args)
    yield from _registries(args)
    for key, project in sorted(args.projects.items()):
        for child in _project(args, key, project):
            yield child if child.kind == "Project" else replace(child, stands_on=("Project", key))
    for key, robot in sorted(args.robots.items()):
        yield _system_robot(args, key, robot)
    for key, rule in sorted(args.replications.items()):
        yield _replication(args, key, rule)


def _system(args: HarborConfigurationArgs) -> Iterator[Child]:
    if args.auth is not None:
        yield Child("ConfigAuth", "auth", "auth", _auth(args.auth))
    if args.system is not None:
        yield Child("ConfigSystem", "system", "system", _config(args.system))
    own = settings.of_system(args.auth, args.system)
    if own:
        after = (("ConfigAuth", "auth"),) if args.auth is not None else ()
        yield Child("SystemSettings", "system-settings", "system", {"settings": own}, after)
    if args.cve_allowlist is not None:
        allowed: Inputs = {"cve_allowlists": sorted(args.cve_allowlist.ids)}
        if args.cve_allowlist.expires_at is not None:
            allowed["expires_at"] = seconds_of(args.cve_allowlist.expires_at)
        yield Child("ConfigSecurity", "cve-allowlist", "cve_allowlist", allowed)
    if isinstance(args.garbage_collection, GarbageCollection):
        said = args.garbage_collection
        inputs: Inputs = {
            "schedule": said.schedule,
            "delete_untagged": said.delete_untagged,
            "workers": said.workers,
        }
        yield Child("GarbageCollection", "garbage-collection", "garbage_collection", inputs)
    if args.purge_audit is not None:
        purge = args.purge_audit
        inputs = {
            "schedule": purge.schedule,
            "audit_retention_hour": purge.keep_hours,
            "include_operations": ",".join(sorted(purge.operations)),
        }
        yield Child("PurgeAuditLog", "purge-audit", "purge_audit", inputs)
    for key, scanner in sorted(args.scanners.items()):
        yield Child("Scanner", f"scanner-{key}", f"scanners.{key}", settings.of_scanner(key, scanner))
    if args.scan_all is not None:
        inputs = {"vulnerability_scan_policy": args.scan_all.schedule}
        if args.scan_all.default_scanner is not None:
            inputs["default_scanner"] = args.scan_all.default_scanner
        scanners = tuple(("Scanner", f"scanner-{key}") for key in sorted(args.scanners))
        yield Child("InterrogationServices", "scan-all", "scan_all", inputs, scanners)
    kinds = {"ldap": 1, "http": 2, "oidc": 3}
    for key, group in sorted(args.groups.items()):
        inputs = {"group_name": named(key, group), "group_type": kinds[group.kind]}
        if group.ldap_group_dn is not None:
            inputs["ldap_group_dn"] = group.ldap_group_dn
        after = (("ConfigAuth", "auth"),) if args.auth is not None else ()
        yield Child("Group", f"group-{key}", f"groups.{key}", inputs, after)
    for key, label in sorted(args.labels.items()):
        yield Child("Label", f"label-{key}", f"labels.{key}", _label(key, label))


def _registries(args: HarborConfigurationArgs) -> Iterator[Child]:
    for key, registry in sorted(args.registries.items()):
        inputs: Inputs = {
            "provider_name": registry.kind,
            "endpoint_url": registry.address,
            "name": named(key, registry),
            "description": registry.description,
            "insecure": registry.insecure,
        }
        if registry.access_secret is not None:
            inputs |= {"access_id": registry.access_id, "access_secret": registry.access_secret}
        yield Child("Registry", f"registry-{key}", f"registries.{key}", inputs)
    for key, instance in sorted(args.preheat_instances.items()):
        inputs = {
            "name": named(key, instance),
            "vendor": instance.vendor,
            "endpoint": instance.endpoint,
            "description": instance.description,
            "default": instance.default,
            "enabled": instance.enabled,
            "insecure": instance.insecure,
            "auth_mode": "NONE",
        }
        if instance.password is not None:
            inputs |= {"auth_mode": "BASIC", "username": instance.username, "password": instance.password}
        elif instance.token is not None:
            inputs |= {"auth_mode": "OAUTH", "token": instance.token}
        yield Child("PreheatInstance", f"preheat-{key}", f"preheat_instances.{key}", inputs)


def _project(args: HarborConfigurationArgs, key: str, project: Project) -> Iterator[Child]:
    path, id_ = f"projects.{key}", Ref("Project", key)
    inputs = _project_inputs(args, key, project)
    yield Child("Project", key, path, inputs, lasting=args.kept, adopted=project.import_)
    # An update of the project by the provider takes the list's expiry away: what it is told is part of this.
    own = settings.of_project(project)
    if own is not None:
        told = json.dumps({k: v for k, v in inputs.items() if not isinstance(v, Ref)}, sort_keys=True, default=str)
        said = {"project": Ref("Project", key, "name"), "settings": own, "provider": told}
        yield Child("ProjectSettings", f"{key}-settings", path, said)
    if project.scanner is not None:
        scanner: Inputs = {
            "project": Ref("Project", key, "name"),
            "scanner": Ref("Scanner", f"scanner-{project.scanner}"),
        }
        yield Child("ProjectScanner", f"{key}-scanner", f"{path}.scanner", scanner)
    for user, role in sorted(project.members.items()):
        member = {"project_id": id_, "user_name": user, "role": role}
        yield Child("ProjectMemberUser", f"{key}-member-{user}", f"{path}.members.{user}", member)
    for group, role in sorted(project.groups.items()):
        yield _group_member(args, key, group, role)
    for robot, said_robot in sorted(project.robots.items()):
        yield _project_robot(key, robot, said_robot)
    yield from _tags(key, project, id_)
    for hook, webhook in sorted(project.webhooks.items()):
        told_hook: Inputs = {
            "project_id": id_,
            "name": named(hook, webhook),
            "notify_type": webhook.kind,
            "address": webhook.address,
            "events_types": sorted(webhook.events),
            "description": webhook.description,
            "enabled": webhook.enabled,
            "skip_cert_verify": webhook.skip_cert_verify,
        }
        if webhook.auth_header is not None:
            told_hook["auth_header"] = webhook.auth_header
        yield Child(
            "ProjectWebhook", f"{key}-webhook-{hook}", f"{path}.webhooks.{hook}", told_hook, secret=("auth_header",)
        )
    for label, said_label in sorted(project.labels.items()):
        labelled = {**_label(label, said_label), "project_id": id_}
        yield Child("Label", f"{key}-label-{label}", f"{path}.labels.{label}", labelled)
    for name, policy in sorted(project.preheat_policies.items()):
        yield _preheat(key, name, policy)


def _project_inputs(args: HarborConfigurationArgs, key: str, project: Project) -> Inputs:
    inputs: Inputs = {
        "name": named(key, project),
        "public": project.public,
        "vulnerability_scanning": project.scan_on_push,
        "auto_sbom_generation": project.sbom_on_push,
        "enable_content_trust": "notation" in project.content_trust,
        "enable_content_trust_cosign": "cosign" in project.content_trust,
        "force_destroy": args.empty_on_delete and not args.kept,
    }
    if project.quota_bytes is not None:
        inputs["storage_quota"] = -1 if project.quota_bytes == -1 else project.quota_bytes // GIB
    if project.block_severity is not None:
        inputs["deployment_security"] = project.block_severity
    if project.cve_allowlist is not None:
        inputs["cve_allowlists"] = sorted(project.cve_allowlist.ids)
    if project.proxy_cache is not None:
        inputs["registry_id"] = Ref("Registry", f"registry-{project.proxy_cache.registry}", "registry_id")
    return inputs


def _group_member(args: HarborConfigurationArgs, key: str, group: str, role: str) -> Child:
    said = args.groups.get(group)
    inputs: Inputs = {"project_id": Ref("Project", key), "role": role}
    if said is not None:
        kind = {"ldap": "ldap", "http": "internal", "oidc": "oidc"}[said.kind]
        inputs |= {"type": kind, "group_name": named(group, said)}
        if said.ldap_group_dn is not None:
            inputs["ldap_group_dn"] = said.ldap_group_dn
    path = f"projects.{key}.groups.{group}"
    return Child("ProjectMemberGroup", f"{key}-group-{group}", path, inputs, (("Group", f"group-{group}"),))


def _accesses(access: Mapping[str, list[str]]) -> list[Inputs]:
    return [{"resource": r, "action": action} for r, actions in sorted(access.items()) for action in sorted(actions)]


def _robot(key: str, robot: ProjectRobot | SystemRobot) -> Inputs:
    inputs: Inputs = {
        "name": named(key, robot),
        "description": robot.description,
        "duration": robot.duration_days,
        "disable": robot.disabled,
    }
    return inputs if robot.secret is None else {**inputs, "secret": robot.secret}


def _project_robot(project: str, key: str, robot: ProjectRobot) -> Child:
    permission = {
        "kind": "project",
        "namespace": Ref("Project", project, "name"),
        "accesses": _accesses(robot.access),
    }
    inputs = {**_robot(key, robot), "level": "project", "permissions": [permission]}
    return Child("RobotAccount", f"{project}-robot-{key}", f"projects.{project}.robots.{key}", inputs)


def _system_robot(args: HarborConfigurationArgs, key: str, robot: SystemRobot) -> Child:
    permissions: list[Inputs] = []
    if robot.system is not None:
        permissions.append({"kind": "system", "namespace": "/", "accesses": _accesses(robot.system)})
    own = {named(k, project): k for k, project in sorted(args.projects.items())}
    for grant in sorted(robot.projects, key=lambda grant: str(grant.project) if isinstance(grant.project, str) else ""):
        known = isinstance(grant.project, str) and own.get(grant.project)
        namespace = Ref("Project", known, "name") if known else grant.project
        permissions.append({"kind": "project", "namespace": namespace, "accesses": _accesses(grant.access)})
    inputs = {**_robot(key, robot), "level": "system", "permissions": permissions}
    return Child("RobotAccount", f"robot-{key}", f"robots.{key}", inputs)


def _tags(key: str, project: Project, id_: Ref) -> Iterator[Child]:
    path = f"projects.{key}"
    if project.lifecycle is not None:
        inputs: Inputs = {
            "scope": id_,
            "schedule": schedule_of(project.lifecycle),
            "rules": provider_rules(project.lifecycle),
        }
        yield Child("RetentionPolicy", f"{key}-retention", f"{path}.lifecycle", inputs)
    for name, rule in sorted(project.immutable_tags.items()):
        inputs = {"project_id": id_, "disabled": not rule.enabled, **rule.selectors()}
        yield Child("ImmutableTagRule", f"{key}-immutable-{name}", f"{path}.immutable_tags.{name}", inputs)


def _label(key: str, label: Any) -> Inputs:
    return {"name": named(key, label), "description": label.description, "color": label.color}


def _preheat(project: str, key: str, policy: PreheatPolicy) -> Child:
    inputs = {
        "project": Ref("Project", project, "name"),
        "instance": Ref("PreheatInstance", f"preheat-{policy.instance}", "name"),
        **settings.of_preheat(key, policy),
    }
    path = f"projects.{project}.preheat_policies.{key}"
    return Child("PreheatPolicy", f"{project}-preheat-{key}", path, inputs)


def _replication(args: HarborConfigurationArgs, key: str, rule: ReplicationRule) -> Child:
    match rule.trigger:
        case Scheduled(schedule=cron):
            schedule = cron
        case OnEvent():
            schedule = "event_based"
        case _:
            schedule = "manual"
    filters: list[Inputs] = []
    said = rule.filter
    if said.name is not None:
        filters.append({"name": said.name})
    if said.tag is not None:
        filters.append({"tag": said.tag, "decoration": "excludes" if said.tag_excluded else "matches"})
    if said.labels:
        decoration = "excludes" if said.labels_excluded else "matches"
        filters.append({"labels": sorted(said.labels), "decoration": decoration})
    if said.resource is not None:
        filters.append({"resource": said.resource})
    inputs: Inputs = {
        "name": named(key, rule),
        "description": rule.description,
        "action": rule.direction,
        "registry_id": Ref("Registry", f"registry-{rule.registry}", "registry_id"),
        "schedule": schedule,
        "filters": filters,
        "dest_namespace_replace": rule.flatten_levels,
        "speed": rule.bandwidth_kbps,
        "override": rule.override,
        "deletion": rule.deletion,
        "copy_by_chunk": rule.copy_by_chunk,
        "enabled": rule.enabled,
    }
    if rule.destination is not None:
        inputs["dest_namespace"] = rule.destination
    projects = tuple(("Project", key) for key in sorted(args.projects))
    path, registry = f"replications.{key}", ("Registry", f"registry-{rule.registry}")
    return Child("Replication", f"replication-{key}", path, inputs, projects, stands_on=registry)


def _config(system: System) -> Inputs:
    inputs: Inputs = {
        "project_creation_restriction": system.project_creation,
        "read_only": system.read_only,
        "robot_name_prefix": system.robot_name_prefix,
        "robot_token_expiration": system.robot_duration_days,
        "scanner_skip_update_pulltime": system.scanner_skip_update_pulltime,
        "skip_audit_log_database": system.skip_audit_log_database,
    }
    if system.default_quota_bytes is not None:
        quota = system.default_quota_bytes
        inputs["storage_per_project"] = -1 if quota == -1 else quota // GIB
    if system.audit_log_forward_endpoint is not None:
        inputs["audit_log_forward_endpoint"] = system.audit_log_forward_endpoint
    if system.banner is not None:
        inputs["banner_message"] = {k: v for k, v in system.banner.model_dump().items() if v is not None}
    return inputs


_SCOPES: Final = {"base": "base", "one_level": "onelevel", "subtree": "subtree"}


def _auth(auth: Any) -> Inputs:
    if isinstance(auth, OidcAuth):
        inputs: Inputs = {
            "auth_mode": "oidc_auth",
            "primary_auth_mode": auth.primary,
            "oidc_name": auth.name,
            "oidc_endpoint": auth.endpoint,
            "oidc_client_id": auth.client_id,
            "oidc_client_secret": auth.client_secret,
            "oidc_scope": ",".join(auth.scopes),
            "oidc_verify_cert": auth.verify_certificate,
            "oidc_auto_onboard": auth.auto_onboard,
            "oidc_user_claim": auth.user_claim,
            "oidc_groups_claim": auth.groups_claim,
            "oidc_admin_group": auth.admin_group,
            "oidc_group_filter": auth.group_filter,
        }
    elif isinstance(auth, LdapAuth):
        inputs = {
            "auth_mode": "ldap_auth",
            "primary_auth_mode": auth.primary,
            "ldap_url": auth.url,
            "ldap_base_dn": auth.base_dn,
            "ldap_uid": auth.uid,
            "ldap_scope": _SCOPES[auth.scope],
            "ldap_search_dn": auth.search_dn,
            "ldap_search_password": auth.search_password,
            "ldap_filter": auth.filter,
            "ldap_verify_cert": auth.verify_certificate,
            "ldap_group_base_dn": auth.group_base_dn,
            "ldap_group_filter": auth.group_filter,
            "ldap_group_gid": auth.group_name_attribute,
            "ldap_group_admin_dn": auth.group_admin_dn,
            "ldap_group_membership": auth.group_membership_attribute,
        }
        if auth.group_base_dn is not None:
            inputs["ldap_group_scope"] = _SCOPES[auth.group_scope]
    else:
        inputs = {"auth_mode": "db_auth"}
    return {key: value for key, value in inputs.items() if value is not None}


__all__ = ["OWN", "Child", "Ref", "children"]

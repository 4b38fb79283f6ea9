"""Resource types of the Harbor provider: projects and what belongs to them, registries, and the whole Harbor."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from ..emulator import AutoName, Refusal
from ..harbor_model import Json
from .harbor_api import Api, HarborType, Values, number_of
from .harbor_system import SYSTEM_TYPES

_GIB: Final = 1024**3
_ROLES: Final = {"projectadmin": 1, "developer": 2, "guest": 3, "maintainer": 4, "limitedguest": 5}
_SEVERITIES: Final = ("critical", "high", "medium", "low", "none")


def _role(inputs: Values) -> Iterable[Refusal]:
    role = inputs.get("role")
    if isinstance(role, str) and role not in _ROLES:
        yield Refusal("role", f"expected role to be one of {list(_ROLES)}, got {role}")


def _role_of(number: int) -> str:
    return next(name for name, value in _ROLES.items() if value == number)


def _flag(value: Any) -> str:
    return "true" if value else "false"


class Project(HarborType):
    """A project."""

    token = "harbor:index/project:Project"  # noqa: S105 - a resource type
    file = "project"
    name_property = "name"
    auto_name = AutoName()
    replaced = ("name", "registryId")
    unordered = ("cveAllowlists",)
    unread = ("forceDestroy",)
    preset = {"storageQuota": -1, "vulnerabilityScanning": True, "public": False}

    def check(self, cloud: Api, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a severity that Harbor does not know."""
        severity = inputs.get("deploymentSecurity")
        if isinstance(severity, str) and severity not in _SEVERITIES:
            yield Refusal("deploymentSecurity", f"{severity!r} is not one of {', '.join(_SEVERITIES)}")

    def place(self, inputs: Values) -> str:  # noqa: ARG002
        """Return the path of all projects."""
        return "/projects"

    def body(self, inputs: Values) -> Json:
        """Return the request; an update says the allowlist anew, without its expiry."""
        severity, allowed = inputs.get("deploymentSecurity"), inputs.get("cveAllowlists") or []
        quota = int(inputs.get("storageQuota", -1))
        found: Json = {
            "project_name": inputs["name"],
            "storage_limit": quota if quota == -1 else quota * _GIB,
            "metadata": {
                "public": _flag(inputs.get("public")),
                "auto_scan": _flag(inputs.get("vulnerabilityScanning")),
                "auto_sbom_generation": _flag(inputs.get("autoSbomGeneration")),
                "enable_content_trust": _flag(inputs.get("enableContentTrust")),
                "enable_content_trust_cosign": _flag(inputs.get("enableContentTrustCosign")),
                "prevent_vul": _flag(severity),
                "severity": severity or "low",
                "reuse_sys_cve_allowlist": _flag(not allowed),
            },
            "cve_allowlist": {"items": [{"cve_id": cve} for cve in allowed]},
        }
        if inputs.get("registryId"):
            found["registry_id"] = int(inputs["registryId"])
        return found

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:
        """Return the properties."""
        metadata = found["metadata"]
        (quota,) = cloud.find(f"/quotas?reference_id={number_of(id_)}")
        hard = quota["hard"]["storage"]
        own = metadata.get("reuse_sys_cve_allowlist") == "false"
        return {
            "name": found["name"],
            "projectId": found["project_id"],
            "public": metadata.get("public") == "true",
            "vulnerabilityScanning": metadata.get("auto_scan") == "true",
            "autoSbomGeneration": metadata.get("auto_sbom_generation") == "true",
            "enableContentTrust": metadata.get("enable_content_trust") == "true",
            "enableContentTrustCosign": metadata.get("enable_content_trust_cosign") == "true",
            "deploymentSecurity": metadata.get("severity") if metadata.get("prevent_vul") == "true" else "",
            "cveAllowlists": [item["cve_id"] for item in found["cve_allowlist"]["items"]] if own else [],
            "registryId": found.get("registry_id") or 0,
            "storageQuota": hard if hard == -1 else hard // _GIB,
        }

    def update(self, cloud: Api, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002
        """Change it, and its quota where that is another."""
        cloud.send("PUT", id, self.body(inputs))
        if old_outputs.get("storageQuota") != inputs.get("storageQuota"):
            hard = {"storage": self.body(inputs)["storage_limit"]}
            (quota,) = cloud.find(f"/quotas?reference_id={number_of(id)}")
            cloud.send("PUT", f"/quotas/{quota['id']}", {"hard": hard})
        return self.after(cloud, id, inputs)

    def delete(self, cloud: Api, id: str, outputs: Values) -> None:  # noqa: A002
        """Remove it, and with `forceDestroy` its repositories before."""
        if outputs.get("forceDestroy"):
            for repository in cloud.find(f"{id}/repositories?page_size=100") or []:
                name = repository["name"].partition("/")[2].replace("/", "%252F")
                cloud.send("DELETE", f"{id}/repositories/{name}", gone=True)
        super().delete(cloud, id, outputs)


class ProjectMemberUser(HarborType):
    """A user in a project."""

    token = "harbor:index/projectMemberUser:ProjectMemberUser"  # noqa: S105
    file = "project_member_user"
    replaced: ClassVar[tuple[str, ...]] = ("projectId", "userName")

    def check(self, cloud: Api, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a role that Harbor does not know."""
        yield from _role(inputs)

    def place(self, inputs: Values) -> str:
        """Return the path of a project's members."""
        return f"{inputs['projectId']}/members"

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        return {"role_id": _ROLES[inputs["role"]], "member_user": {"username": inputs["userName"]}}

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        return {
            "projectId": id_.partition("/members/")[0],
            "userName": found["entity_name"],
            "role": _role_of(found["role_id"]),
            "memberId": found["id"],
        }

    def update(self, cloud: Api, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002, ARG002
        """Give another role."""
        cloud.send("PUT", id, {"role_id": _ROLES[inputs["role"]]})
        return self.after(cloud, id, inputs)


class ProjectMemberGroup(ProjectMemberUser):
    """A group in a project."""

    token = "harbor:index/projectMemberGroup:ProjectMemberGroup"  # noqa: S105
    file = "project_member_group"
    replaced = ("projectId", "type", "groupName", "ldapGroupDn", "groupId")
    unread = ("type", "ldapGroupDn", "groupId")

    def check(self, cloud: Api, inputs: Values) -> Iterable[Refusal]:
        """Yield a role or a type that Harbor does not know."""
        yield from super().check(cloud, inputs)
        kind = inputs.get("type")
        if isinstance(kind, str) and kind not in ("ldap", "internal", "oidc"):
            yield Refusal("type", f"{kind!r} is not one of ldap, internal, oidc")

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        kind = {"ldap": 1, "internal": 2, "oidc": 3}[inputs["type"]]
        group = {"group_name": inputs.get("groupName"), "ldap_group_dn": inputs.get("ldapGroupDn")}
        said = {key: value for key, value in group.items() if value}
        return {"role_id": _ROLES[inputs["role"]], "member_group": {**said, "group_type": kind}}

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        return {
            "projectId": id_.partition("/members/")[0],
            "groupName": found["entity_name"],
            "role": _role_of(found["role_id"]),
            "memberId": found["id"],
        }


class RobotAccount(HarborType):
    """A robot account."""

    token = "harbor:index/robotAccount:RobotAccount"  # noqa: S105
    file = "robot_account"
    auto_name = AutoName()
    name_property = "name"
    replaced = ("name", "level")
    unread = ("secret",)
    computing = ("secret",)
    unordered = ("permissions",)
    preset = {"duration": -1}

    def place(self, inputs: Values) -> str:  # noqa: ARG002
        """Return the path of all robot accounts."""
        return "/robots"

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        return {
            "name": inputs["name"],
            "description": inputs.get("description") or "",
            "level": inputs["level"],
            "duration": int(inputs["duration"]),
            "disable": bool(inputs.get("disable")),
            "permissions": [
                {
                    "kind": permission["kind"],
                    "namespace": permission["namespace"],
                    "access": [
                        {"resource": access["resource"], "action": access["action"]}
                        for access in permission["accesses"]
                    ],
                }
                for permission in inputs["permissions"]
            ],
        }

    def create(self, cloud: Api, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it, and give it its secret where one is said."""
        made, id_ = cloud.send("POST", "/robots", self.body(inputs))
        secret = inputs.get("secret")
        if secret:
            cloud.send("PATCH", id_, {"secret": secret})
        return id_, {**self.after(cloud, id_, inputs), "secret": secret or made["secret"]}

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        full = found["name"]
        tail = full.partition("+")[2] if found["level"] == "project" else full.partition("$")[2] or full
        return {
            "name": tail,
            "fullName": full,
            "robotId": str(found["id"]),
            "description": found.get("description", ""),
            "level": found["level"],
            "duration": found["duration"],
            "disable": bool(found.get("disable")),
            "permissions": [
                {"kind": item["kind"], "namespace": item["namespace"], "accesses": item["access"]}
                for item in found["permissions"]
            ],
        }

    def update(self, cloud: Api, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002
        """Change it in place, its secret too."""
        cloud.send("PUT", id, {**self.body(inputs), "name": old_outputs["fullName"]})
        secret = inputs.get("secret")
        if secret and secret != old_outputs.get("secret"):
            cloud.send("PATCH", id, {"secret": secret})
        return {**self.after(cloud, id, inputs), "secret": secret or old_outputs.get("secret")}


class RetentionPolicy(HarborType):
    """What stays of a project's artifacts."""

    token = "harbor:index/retentionPolicy:RetentionPolicy"  # noqa: S105
    file = "retention_policy"
    replaced = ("scope",)
    _templates: Final = {
        "nDaysSinceLastPull": "nDaysSinceLastPull",
        "nDaysSinceLastPush": "nDaysSinceLastPush",
        "mostRecentlyPulled": "latestPulledN",
        "mostRecentlyPushed": "latestPushedK",
        "alwaysRetain": "always",
    }

    def check(self, cloud: Api, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a rule that says nothing."""
        rules = inputs.get("rules")
        for index, rule in enumerate(rules if isinstance(rules, list) else []):
            if isinstance(rule, dict) and not any(rule.get(name) for name in self._templates):
                yield Refusal(f"rules[{index}]", f"needs one of {', '.join(self._templates)}")

    def place(self, inputs: Values) -> str:  # noqa: ARG002
        """Return the path of all retention policies."""
        return "/retentions"

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        return {
            "algorithm": "or",
            "scope": {"level": "project", "ref": number_of(inputs["scope"])},
            "trigger": {"kind": "Schedule", "settings": {"cron": inputs.get("schedule") or ""}},
            "rules": [self._rule(rule) for rule in inputs["rules"]],
        }

    def create(self, cloud: Api, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it, or change the one that the project has: the provider tries both."""
        try:
            return super().create(cloud, inputs)
        except Refusal:
            project = cloud.find(f"/projects/{number_of(inputs['scope'])}")
            number = (project or {}).get("metadata", {}).get("retention_id")
            if number is None:
                raise
            id_ = f"/retentions/{number}"
            cloud.send("PUT", id_, self.body(inputs))
            return id_, self.after(cloud, id_, inputs)

    def delete(self, cloud: Api, id: str, outputs: Values) -> None:  # noqa: A002
        """Take its rules away; the policy itself stays with the project."""
        cloud.send("PUT", id, {**self.body({**outputs, "schedule": "", "rules": []}), "id": number_of(id)}, gone=True)

    def _rule(self, rule: Values) -> Json:
        name, template = next((n, t) for n, t in self._templates.items() if rule.get(n))
        untagged = json.dumps({"untagged": bool(rule.get("untaggedArtifacts", True))}, separators=(",", ":"))
        excludes, left_out = rule.get("tagExcluding"), rule.get("repoExcluding")
        tag = {
            "decoration": "excludes" if excludes else "matches",
            "pattern": excludes or rule.get("tagMatching", "**"),
        }
        repository = {
            "decoration": "repoExcludes" if left_out else "repoMatches",
            "pattern": left_out or rule.get("repoMatching", "**"),
        }
        return {
            "disabled": bool(rule.get("disabled")),
            "action": "retain",
            "template": template,
            "params": {} if template == "always" else {template: int(rule[name])},
            "tag_selectors": [{"kind": "doublestar", **tag, "extras": untagged}],
            "scope_selectors": {"repository": [{"kind": "doublestar", **repository}]},
        }

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        return {
            "scope": f"/projects/{found['scope']['ref']}",
            "schedule": found["trigger"]["settings"]["cron"],
            "rules": [self._said(rule) for rule in found["rules"]],
        }

    def _said(self, rule: Json) -> Json:
        name = next(n for n, t in self._templates.items() if t == rule["template"])
        (tag,), (repository,) = rule["tag_selectors"], rule["scope_selectors"]["repository"]
        return {
            name: True if rule["template"] == "always" else rule["params"][rule["template"]],
            "tagExcluding" if tag["decoration"] == "excludes" else "tagMatching": tag["pattern"],
            "repoExcluding" if repository["decoration"] == "repoExcludes" else "repoMatching": repository["pattern"],
            "untaggedArtifacts": json.loads(tag["extras"])["untagged"],
            "disabled": rule["disabled"],
        }


class ImmutableTagRule(HarborType):
    """Tags that cannot move."""

    token = "harbor:index/immutableTagRule:ImmutableTagRule"  # noqa: S105
    file = "immutable_tag_rule"
    replaced = ("projectId",)

    def place(self, inputs: Values) -> str:
        """Return the path of a project's rules."""
        return f"{inputs['projectId']}/immutabletagrules"

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        excludes, left_out = inputs.get("tagExcluding"), inputs.get("repoExcluding")
        tag = {"decoration": "excludes" if excludes else "matches", "pattern": excludes or inputs["tagMatching"]}
        repository = {
            "decoration": "repoExcludes" if left_out else "repoMatches",
            "pattern": left_out or inputs["repoMatching"],
        }
        return {
            "disabled": bool(inputs.get("disabled")),
            "action": "immutable",
            "template": "immutable_template",
            "tag_selectors": [{"kind": "doublestar", **tag}],
            "scope_selectors": {"repository": [{"kind": "doublestar", **repository}]},
        }

    def look(self, cloud: Api, id_: str) -> Any:
        """Return the rule: Harbor lists them, and tells none alone."""
        listed = cloud.find(f"{id_.rpartition('/')[0]}?page_size=100") or []
        return next((rule for rule in listed if rule["id"] == number_of(id_)), None)

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        (tag,), (repository,) = found["tag_selectors"], found["scope_selectors"]["repository"]
        return {
            "projectId": id_.partition("/immutabletagrules/")[0],
            "disabled": found["disabled"],
            "tagExcluding" if tag["decoration"] == "excludes" else "tagMatching": tag["pattern"],
            "repoExcluding" if repository["decoration"] == "repoExcludes" else "repoMatching": repository["pattern"],
        }


class ProjectWebhook(HarborType):
    """Who is told what happens in a project."""

    token = "harbor:index/projectWebhook:ProjectWebhook"  # noqa: S105
    file = "project_webhook"
    auto_name = AutoName()
    name_property = "name"
    replaced = ("projectId", "name")
    unordered = ("eventsTypes",)
    preset = {"enabled": True, "skipCertVerify": True}

    def check(self, cloud: Api, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a form that Harbor does not know."""
        kind = inputs.get("notifyType")
        if isinstance(kind, str) and kind not in ("http", "slack"):
            yield Refusal("notifyType", f"expected notify_type to be one of [http slack], got {kind}")

    def place(self, inputs: Values) -> str:
        """Return the path of a project's webhooks."""
        return f"{inputs['projectId']}/webhook/policies"

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        target = {
            "type": inputs["notifyType"],
            "address": inputs["address"],
            "auth_header": inputs.get("authHeader") or "",
            "skip_cert_verify": bool(inputs.get("skipCertVerify")),
        }
        return {
            "name": inputs["name"],
            "description": inputs.get("description") or "",
            "enabled": bool(inputs.get("enabled")),
            "event_types": list(inputs["eventsTypes"]),
            "targets": [target],
        }

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        (target,) = found["targets"]
        return {
            "projectId": id_.partition("/webhook/")[0],
            "name": found["name"],
            "description": found["description"],
            "enabled": found["enabled"],
            "eventsTypes": found["event_types"],
            "notifyType": target["type"],
            "address": target["address"],
            "authHeader": target["auth_header"] or None,
            "skipCertVerify": target["skip_cert_verify"],
        }


class Label(HarborType):
    """A label of a project or of the whole Harbor."""

    token = "harbor:index/label:Label"  # noqa: S105
    file = "label"
    auto_name = AutoName()
    name_property = "name"
    replaced = ("projectId",)
    computing = ("color",)

    def place(self, inputs: Values) -> str:  # noqa: ARG002
        """Return the path of all labels."""
        return "/labels"

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        project = inputs.get("projectId")
        return {
            "name": inputs["name"],
            "description": inputs.get("description") or "",
            "color": inputs.get("color") or "#FFFFFF",
            "scope": "p" if project else "g",
            **({"project_id": number_of(project)} if project else {}),
        }

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        project = found.get("project_id")
        return {
            "name": found["name"],
            "description": found["description"],
            "color": found["color"],
            "scope": found["scope"],
            **({"projectId": f"/projects/{project}"} if project else {}),
        }


class Group(HarborType):
    """A group of users."""

    token = "harbor:index/group:Group"  # noqa: S105
    file = "group"
    name_property = "groupName"
    replaced = ("groupType", "ldapGroupDn")

    def place(self, inputs: Values) -> str:  # noqa: ARG002
        """Return the path of all groups."""
        return "/usergroups"

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        found: Json = {"group_name": inputs["groupName"], "group_type": int(inputs["groupType"])}
        return {**found, "ldap_group_dn": inputs["ldapGroupDn"]} if inputs.get("ldapGroupDn") else found

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        return {
            "groupName": found["group_name"],
            "groupType": found["group_type"],
            "ldapGroupDn": found.get("ldap_group_dn", ""),
        }


class Registry(HarborType):
    """Another registry."""

    token = "harbor:index/registry:Registry"  # noqa: S105
    file = "registry"
    auto_name = AutoName()
    name_property = "name"
    replaced = ("providerName",)
    unread = ("accessSecret", "providerName")
    kinds: Final = {
        "alibaba": "ali-acr",
        "artifact-hub": "artifact-hub",
        "aws": "aws-ecr",
        "azure": "azure-acr",
        "docker-hub": "docker-hub",
        "docker-registry": "docker-registry",
        "gitlab": "gitlab",
        "github": "github-ghcr",
        "google": "google-gcr",
        "harbor": "harbor",
        "huawei": "huawei-SWR",
        "jfrog": "jfrog-artifactory",
        "quay": "quay",
    }

    def check(self, cloud: Api, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a kind that the provider does not know."""
        kind = inputs.get("providerName")
        if isinstance(kind, str) and kind not in self.kinds:
            yield Refusal("providerName", f"{kind!r} is not one of {', '.join(sorted(self.kinds))}")

    def place(self, inputs: Values) -> str:  # noqa: ARG002
        """Return the path of all registries."""
        return "/registries"

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        found: Json = {
            "name": inputs["name"],
            "type": self.kinds[inputs["providerName"]],
            "url": inputs["endpointUrl"],
            "description": inputs.get("description") or "",
            "insecure": bool(inputs.get("insecure")),
        }
        if inputs.get("accessId"):
            secret = inputs.get("accessSecret") or ""
            found["credential"] = {"type": "basic", "access_key": inputs["accessId"], "access_secret": secret}
        return found

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        return {
            "name": found["name"],
            "endpointUrl": found["url"],
            "description": found["description"],
            "insecure": found["insecure"],
            "accessId": (found.get("credential") or {}).get("access_key", ""),
            "registryId": found["id"],
            "status": found["status"],
        }

    def update(self, cloud: Api, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002
        """Change it in place."""
        body = self.body(inputs)
        credential = body.pop("credential", {})
        body.pop("type")
        told = {key: credential[key] for key in ("access_key", "access_secret") if key in credential}
        cloud.send("PUT", id, {**body, **({"credential_type": "basic", **told} if told else {})})
        kept = {key: old_outputs[key] for key in self.unread if key in old_outputs}
        return {**kept, **self.after(cloud, id, inputs)}


class Replication(HarborType):
    """What is copied from or to another registry."""

    token = "harbor:index/replication:Replication"  # noqa: S105
    file = "replication"
    auto_name = AutoName()
    name_property = "name"
    replaced = ("action",)
    unordered = ("filters",)
    unread = ("executeOnChanged",)
    preset = {
        "schedule": "manual",
        "enabled": True,
        "override": True,
        "deletion": False,
        "copyByChunk": False,
        "destNamespaceReplace": 0,
        "speed": -1,
    }

    def check(self, cloud: Api, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a direction that is none."""
        action = inputs.get("action")
        if isinstance(action, str) and action not in ("push", "pull"):
            yield Refusal("action", f"{action!r} is not one of push, pull")

    def place(self, inputs: Values) -> str:  # noqa: ARG002
        """Return the path of all rules."""
        return "/replication/policies"

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        schedule = inputs["schedule"]
        trigger: Json = {"type": schedule}
        if schedule not in ("manual", "event_based"):
            trigger = {"type": "scheduled", "trigger_settings": {"cron": schedule}}
        side = "dest_registry" if inputs["action"] == "push" else "src_registry"
        return {
            "name": inputs["name"],
            "description": inputs.get("description") or "",
            side: {"id": int(inputs["registryId"])},
            "dest_namespace": inputs.get("destNamespace") or "",
            "dest_namespace_replace_count": int(inputs["destNamespaceReplace"]),
            "trigger": trigger,
            "filters": [self._filter(item) for item in inputs.get("filters") or []],
            "replicate_deletion": bool(inputs["deletion"]),
            "override": bool(inputs["override"]),
            "enabled": bool(inputs["enabled"]),
            "speed": int(inputs["speed"]),
            "copy_by_chunk": bool(inputs["copyByChunk"]),
        }

    @staticmethod
    def _filter(item: Values) -> Json:
        kinds = {"name": "name", "tag": "tag", "labels": "label", "resource": "resource"}
        name = next(key for key in kinds if item.get(key))
        found: Json = {"type": kinds[name], "value": item[name]}
        return {**found, "decoration": item["decoration"]} if item.get("decoration") else found

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        words = {"name": "name", "tag": "tag", "label": "labels", "resource": "resource"}
        trigger = found["trigger"]
        scheduled = trigger["type"] == "scheduled"
        return {
            "name": found["name"],
            "description": found["description"],
            "action": "push" if "dest_registry" in found else "pull",
            "registryId": (found.get("dest_registry") or found["src_registry"])["id"],
            "schedule": trigger["trigger_settings"]["cron"] if scheduled else trigger["type"],
            "destNamespace": found["dest_namespace"],
            "destNamespaceReplace": found["dest_namespace_replace_count"],
            "filters": [
                {words[item["type"]]: item["value"]}
                | ({"decoration": item["decoration"]} if "decoration" in item else {})
                for item in found["filters"]
            ],
            "deletion": found["replicate_deletion"],
            "override": found["override"],
            "enabled": found["enabled"],
            "speed": found["speed"],
            "copyByChunk": found["copy_by_chunk"],
            "replicationPolicyId": found["id"],
        }


class PreheatInstance(HarborType):
    """A peer-to-peer network."""

    token = "harbor:index/preheatInstance:PreheatInstance"  # noqa: S105
    file = "preheat_instance"
    auto_name = AutoName()
    name_property = "name"
    replaced = ("name",)
    unread = ("password", "token")
    preset = {"enabled": True, "authMode": "NONE"}

    def place(self, inputs: Values) -> str:  # noqa: ARG002
        """Return the path of all instances."""
        return "/p2p/preheat/instances"

    def body(self, inputs: Values) -> Json:
        """Return the request."""
        info = {}
        if inputs["authMode"] == "BASIC":
            info = {"username": inputs.get("username", ""), "password": inputs.get("password", "")}
        elif inputs["authMode"] == "OAUTH":
            info = {"token": inputs.get("token", "")}
        return {
            "name": inputs["name"],
            "vendor": inputs["vendor"],
            "endpoint": inputs["endpoint"],
            "description": inputs.get("description") or "",
            "auth_mode": inputs["authMode"],
            "auth_info": info,
            "enabled": bool(inputs.get("enabled")),
            "default": bool(inputs.get("default")),
            "insecure": bool(inputs.get("insecure")),
        }

    def seen(self, cloud: Api, id_: str, found: Json) -> dict[str, Any]:  # noqa: ARG002
        """Return the properties."""
        return {
            "name": found["name"],
            "vendor": found["vendor"],
            "endpoint": found["endpoint"],
            "description": found["description"],
            "authMode": found["auth_mode"],
            "username": found["auth_info"].get("username", ""),
            "enabled": found["enabled"],
            "default": found["default"],
            "insecure": found["insecure"],
        }


TYPES: Final = (
    Project(),
    ProjectMemberUser(),
    ProjectMemberGroup(),
    RobotAccount(),
    RetentionPolicy(),
    ImmutableTagRule(),
    ProjectWebhook(),
    Label(),
    Group(),
    Registry(),
    Replication(),
    PreheatInstance(),
    *SYSTEM_TYPES,
)

__all__ = ["TYPES"]

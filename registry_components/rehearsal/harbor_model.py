"""A model of Harbor's API 2.0 (2.15): what it keeps, what it refuses, with which status.

What is modelled follows Harbor's OpenAPI document. The words of refusals are its own.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

Json = dict[str, Any]

ROOT: Final = "/api/v2.0"
EVENTS: Final = (
    "DELETE_ARTIFACT", "PULL_ARTIFACT", "PUSH_ARTIFACT", "QUOTA_EXCEED", "QUOTA_WARNING", "REPLICATION",
    "SCANNING_COMPLETED", "SCANNING_FAILED", "SCANNING_STOPPED", "TAG_RETENTION",
)  # fmt: skip
DEFAULT_SCANNER: Final = "00000000-0000-4000-8000-000000000001"
_SCHEDULES: Final = {"gc": "gc", "purgeaudit": "purge", "scanAll": "scan"}
_UNTOLD: Final = frozenset({"ldap_search_password", "oidc_client_secret"})
_PASSWORD: Final = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9]).{8,128}")


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def _codes(status: int) -> str:
    return {400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT"}.get(
        status, "PRECONDITION" if status == 412 else "UNKNOWN"
    )


def fresh() -> Json:
    """Return a Harbor with nothing in it but what an installation brings."""
    scanner = {
        "uuid": DEFAULT_SCANNER,
        "name": "Trivy",
        "url": "http://trivy-adapter:8080",
        "description": "The Trivy scanner adapter",
        "is_default": True,
        "disabled": False,
        "auth": "",
        "skip_certVerify": False,
        "use_internal_addr": True,
    }
    return {
        "last": {},
        "users": {},
        "projects": {},
        "quotas": {},
        "repositories": {},
        "members": {},
        "groups": {},
        "robots": {},
        "registries": {},
        "replications": {},
        "retentions": {},
        "immutable": {},
        "webhooks": {},
        "labels": {},
        "scanners": {DEFAULT_SCANNER: scanner},
        "project_scanners": {},
        "instances": {},
        "preheat": {},
        "configurations": {"auth_mode": "db_auth", "robot_name_prefix": "robot$", "quota_per_project_enable": True},
        "schedules": {},
        "cve": {"items": []},
    }


class HarborModel:
    """One Harbor over a state of plain values; whoever keeps that gives it anew."""

    def __init__(self, state: Json) -> None:
        for key, value in fresh().items():
            state.setdefault(key, value)
        self.state = state

    def answer(self, method: str, target: str, username: str | None, password: str | None, body: Any) -> Any:
        """Return status, body and headers for a request; `target` is path and query below the root."""
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        try:
            self._log_in(username, password)
            name, found = _route(method, parts.path)
            status, answered, headers = getattr(self, f"_{name}")(body, query, **found)
        except RefusedError as error:
            return error.status, {"errors": [{"code": _codes(error.status), "message": error.message}]}, {}
        return status, answered, headers

    def _log_in(self, username: str | None, password: str | None) -> None:
        users = self.state["users"]
        # Without named users, whoever logs in is taken for the administrator: what a rehearsal assumes.
        if not username or not password or (users and users.get(username) != password):
            raise RefusedError(401, "unauthorized")

    def _next(self, kind: str) -> int:
        self.state["last"][kind] = number = int(self.state["last"].get(kind, 0)) + 1
        return number

    # Projects

    def _find_project(self, name: str) -> Json:
        name = unquote(name)
        for project in self.state["projects"].values():
            if project["name"] == name or str(project["project_id"]) == name:
                found: Json = project
                return found
        raise RefusedError(404, f"project {name} not found")

    def _create_project(self, body: Any, _: Json) -> Any:
        asked = _shaped(body, _PROJECT, ("project_name",))
        if not re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", asked["project_name"]):
            raise RefusedError(400, "project name is not in lower case or contains illegal characters")
        if any(p["name"] == asked["project_name"] for p in self.state["projects"].values()):
            raise RefusedError(409, f"The project named {asked['project_name']} already exists")
        registry = asked.get("registry_id")
        if registry and str(registry) not in self.state["registries"]:
            raise RefusedError(400, f"registry {registry} not found")
        number = self._next("project")
        metadata = {"public": "false", **(asked.get("metadata") or {})}
        if "public" in asked:
            metadata["public"] = str(asked["public"]).lower()
        project = {
            "project_id": number,
            "name": asked["project_name"],
            "registry_id": registry or 0,
            "metadata": metadata,
            "cve_allowlist": _allowlist(asked.get("cve_allowlist")),
        }
        self.state["projects"][str(number)] = project
        hard = {"storage": asked.get("storage_limit") or -1}
        self.state["quotas"][str(number)] = {"id": number, "ref": {"id": number}, "hard": hard, "used": {"storage": 0}}
        return 201, None, {"location": f"{ROOT}/projects/{number}"}

    def _get_project(self, _: Any, __: Json, project: str) -> Any:
        found = self._find_project(project)
        return 200, {**found, "repo_count": len(self.state["repositories"].get(str(found["project_id"]), []))}, {}

    def _list_projects(self, _: Any, query: Json) -> Any:
        named = query.get("name")
        return _page([p for p in self.state["projects"].values() if named in (None, p["name"])], query)

    def _change_project(self, body: Any, _: Json, project: str) -> Any:
        found, asked = self._find_project(project), _shaped(body, _PROJECT)
        found["metadata"] |= asked.get("metadata") or {}
        if "cve_allowlist" in asked:
            found["cve_allowlist"] = _allowlist(asked["cve_allowlist"])
        return 200, None, {}

    def _delete_project(self, _: Any, __: Json, project: str) -> Any:
        found = self._find_project(project)
        number = str(found["project_id"])
        if self.state["repositories"].get(number):
            raise RefusedError(412, "the project contains repositories, can not be deleted")
        for kind in ("members", "immutable", "webhooks", "preheat"):
            self.state[kind].pop(number, None)
        self.state["project_scanners"].pop(number, None)
        self.state["quotas"].pop(number, None)
        self.state["retentions"] = {
            key: value for key, value in self.state["retentions"].items() if str(value["scope"]["ref"]) != number
        }
        self.state["labels"] = {
            key: value for key, value in self.state["labels"].items() if str(value.get("project_id", 0)) != number
        }
        prefix = f"{found['name']}+"
        self.state["robots"] = {k: v for k, v in self.state["robots"].items() if prefix not in v["name"]}
        del self.state["projects"][number]
        return 200, None, {}

    def _list_repositories(self, _: Any, query: Json, project: str) -> Any:
        found = self._find_project(project)
        return _page(self.state["repositories"].get(str(found["project_id"]), []), query)

    def _delete_repository(self, _: Any, __: Json, project: str, repository: str) -> Any:
        found = self._find_project(project)
        listed = self.state["repositories"].get(str(found["project_id"]), [])
        name = f"{found['name']}/{unquote(unquote(repository))}"
        left = [entry for entry in listed if entry["name"] != name]
        if len(left) == len(listed):
            raise RefusedError(404, f"repository {name} not found")
        self.state["repositories"][str(found["project_id"])] = left
        return 200, None, {}

    def _list_quotas(self, _: Any, query: Json) -> Any:
        wanted = query.get("reference_id")
        return _page([q for q in self.state["quotas"].values() if wanted in (None, str(q["ref"]["id"]))], query)

    def _change_quota(self, body: Any, _: Json, number: str) -> Any:
        quota = _there(self.state["quotas"], number, "quota")
        quota["hard"] = _shaped(body, {"hard": dict}, ("hard",))["hard"]
        return 200, None, {}

    # Members and groups

    def _create_member(self, body: Any, _: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        asked = _shaped(body, {"role_id": int, "member_user": dict, "member_group": dict}, ("role_id",))
        if asked["role_id"] not in range(1, 6):
            raise RefusedError(400, f"role id {asked['role_id']} is not valid")
        group, user = asked.get("member_group") or {}, asked.get("member_user") or {}
        entity = user.get("username") or group.get("group_name") or group.get("ldap_group_dn")
        if not entity:
            raise RefusedError(400, "neither a user nor a group is named")
        members = self.state["members"].setdefault(number, {})
        kind = "g" if group else "u"
        if any(m["entity_name"] == entity and m["entity_type"] == kind for m in members.values()):
            raise RefusedError(409, "member already exists in project")
        made = str(self._next("member"))
        members[made] = {
            "id": int(made),
            "role_id": asked["role_id"],
            "entity_name": entity,
            "entity_type": kind,
            "project_id": int(number),
        }
        return 201, None, {"location": f"{ROOT}/projects/{number}/members/{made}"}

    def _get_member(self, _: Any, __: Json, project: str, member: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        return 200, _there(self.state["members"].get(number, {}), member, "member"), {}

    def _change_member(self, body: Any, _: Json, project: str, member: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        found = _there(self.state["members"].get(number, {}), member, "member")
        found["role_id"] = _shaped(body, {"role_id": int}, ("role_id",))["role_id"]
        return 200, None, {}

    def _delete_member(self, _: Any, __: Json, project: str, member: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        _gone(self.state["members"].get(number, {}), member, "member")
        return 200, None, {}

    def _create_group(self, body: Any, _: Json) -> Any:
        types = {"group_name": str, "group_type": int, "ldap_group_dn": str}
        asked = _shaped(body, types, ("group_type",))
        if asked["group_type"] not in (1, 2, 3) or (asked["group_type"] == 1 and not asked.get("ldap_group_dn")):
            raise RefusedError(400, "the group type is not valid, or the DN is missing")
        if any(g["group_name"] == asked.get("group_name") for g in self.state["groups"].values()):
            raise RefusedError(409, "a user group with this name already exists")
        return self._made("groups", asked, "usergroups")

    # Robot accounts

    def _create_robot(self, body: Any, _: Json) -> Any:
        asked = _shaped(body, _ROBOT, ("name", "level", "duration", "permissions"))
        if asked["level"] not in ("system", "project") or not asked["permissions"]:
            raise RefusedError(400, "bad request: level or permissions")
        if asked["duration"] == 0 or asked["duration"] < -1:
            raise RefusedError(400, "bad request: robot duration")
        name = asked["name"]
        for permission in asked["permissions"]:
            space = permission["namespace"]
            if permission["kind"] == "project" and space != "*":
                self._find_project(space)
        prefix = self.state["configurations"]["robot_name_prefix"]
        if asked["level"] == "project":
            name = f"{asked['permissions'][0]['namespace']}+{name}"
        full = f"{prefix}{name}"
        if any(robot["name"] == full for robot in self.state["robots"].values()):
            raise RefusedError(409, f"robot {full} already exists")
        number = self._next("robots")
        secret = asked.pop("secret", None) or f"Robot{uuid.uuid4().hex}A1"
        self.state["robots"][str(number)] = {**asked, "id": number, "name": full, "editable": True, "kept": secret}
        made = {"id": number, "name": full, "secret": secret}
        return 201, made, {"location": f"{ROOT}/robots/{number}"}

    def _get_robot(self, _: Any, __: Json, number: str) -> Any:
        found = _there(self.state["robots"], number, "robot")
        return 200, {key: value for key, value in found.items() if key != "kept"}, {}

    def _change_robot(self, body: Any, _: Json, number: str) -> Any:
        found = _there(self.state["robots"], number, "robot")
        asked = _shaped(body, {**_ROBOT, "id": int})
        if asked.get("name") not in (None, found["name"]) or asked.get("level") not in (None, found["level"]):
            raise RefusedError(409, "cannot update the level or name of robot")
        found |= asked
        return 200, None, {}

    def _secret_robot(self, body: Any, _: Json, number: str) -> Any:
        found = _there(self.state["robots"], number, "robot")
        secret = _shaped(body, {"secret": str})["secret"]
        if not _PASSWORD.fullmatch(secret):
            raise RefusedError(400, "the secret must be 8-128, inclusively, characters long with at least 1 uppercase")
        found["kept"] = secret
        return 200, {"secret": ""}, {}

    # Registries and replication

    def _create_registry(self, body: Any, _: Json) -> Any:
        asked = _shaped(body, _REGISTRY, ("name", "type", "url"))
        if any(r["name"] == asked["name"] for r in self.state["registries"].values()):
            raise RefusedError(409, f"registry {asked['name']} already exists")
        return self._made("registries", {**asked, "status": "healthy"}, "registries")

    def _get_registry(self, _: Any, __: Json, number: str) -> Any:
        found = dict(_there(self.state["registries"], number, "registry"))
        if found.get("credential"):
            found["credential"] = {**found["credential"], "access_secret": "*****"}
        return 200, found, {}

    def _change_registry(self, body: Any, _: Json, number: str) -> Any:
        found, asked = _there(self.state["registries"], number, "registry"), _shaped(body, _REGISTRY_UPDATE)
        credential = {key: asked.pop(key) for key in ("access_key", "access_secret") if key in asked}
        asked.pop("credential_type", None)
        if credential:
            found["credential"] = {"type": "basic", **(found.get("credential") or {}), **credential}
        found |= asked
        return 200, None, {}

    def _delete_registry(self, _: Any, __: Json, number: str) -> Any:
        _there(self.state["registries"], number, "registry")
        for rule in self.state["replications"].values():
            if number in (str((rule.get(side) or {}).get("id")) for side in ("src_registry", "dest_registry")):
                raise RefusedError(412, f"the registry {number} is referenced by replication policies")
        if any(str(p["registry_id"]) == number for p in self.state["projects"].values()):
            raise RefusedError(412, f"the registry {number} is referenced by proxy cache project")
        del self.state["registries"][number]
        return 200, None, {}

    def _create_replication(self, body: Any, _: Json) -> Any:
        asked = self._checked_replication(body)
        if any(rule["name"] == asked["name"] for rule in self.state["replications"].values()):
            raise RefusedError(409, f"replication policy {asked['name']} already exists")
        return self._made("replications", asked, "replication/policies")

    def _change_replication(self, body: Any, _: Json, number: str) -> Any:
        found = _there(self.state["replications"], number, "replication policy")
        asked = self._checked_replication(body)
        others = [rule for key, rule in self.state["replications"].items() if key != number]
        if any(rule["name"] == asked["name"] for rule in others):
            raise RefusedError(409, f"replication policy {asked['name']} already exists")
        found |= asked
        return 200, None, {}

    def _checked_replication(self, body: Any) -> Json:
        asked = _shaped(body, _REPLICATION, ("name", "trigger"))
        ids = [str((asked.get(side) or {}).get("id")) for side in ("src_registry", "dest_registry") if asked.get(side)]
        if len(ids) != 1 or ids[0] not in self.state["registries"]:
            raise RefusedError(400, "either src_registry or dest_registry has to be a registry that is there")
        trigger = asked["trigger"]
        if trigger.get("type") == "scheduled":
            _cron((trigger.get("trigger_settings") or {}).get("cron"))
        elif trigger.get("type") not in ("manual", "event_based"):
            raise RefusedError(400, f"trigger {trigger.get('type')} is not valid")
        return asked

    # Retention and immutability

    def _create_retention(self, body: Any, _: Json) -> Any:
        asked = _retention(body)
        project = self._find_project(str(asked["scope"]["ref"]))
        if project["metadata"].get("retention_id") in self.state["retentions"]:
            raise RefusedError(400, f"project {project['name']} already has retention policy")
        answer = self._made("retentions", asked, "retentions")
        project["metadata"]["retention_id"] = str(self.state["last"]["retentions"])
        return answer

    def _change_retention(self, body: Any, _: Json, number: str) -> Any:
        _there(self.state["retentions"], number, "retention policy")
        self.state["retentions"][number] = {**_retention(body), "id": int(number)}
        return 200, None, {}

    def _delete_retention(self, _: Any, __: Json, number: str) -> Any:
        found = _there(self.state["retentions"], number, "retention policy")
        project = self.state["projects"].get(str(found["scope"]["ref"]))
        if project is not None:
            project["metadata"].pop("retention_id", None)
        del self.state["retentions"][number]
        return 200, None, {}

    def _create_immutable(self, body: Any, _: Json, project: str) -> Any:
        asked = _shaped(body, _IMMUTABLE, ("tag_selectors", "scope_selectors"))
        number = str(self._find_project(project)["project_id"])
        rules = self.state["immutable"].setdefault(number, {})
        said = {key: asked[key] for key in ("tag_selectors", "scope_selectors")}
        if any({key: rule[key] for key in said} == said for rule in rules.values()):
            raise RefusedError(409, "duplicate immutable tag rule")
        made = str(self._next("immutable"))
        rules[made] = {**asked, "id": int(made)}
        return 201, None, {"location": f"{ROOT}/projects/{number}/immutabletagrules/{made}"}

    def _list_immutable(self, _: Any, query: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        return _page(list(self.state["immutable"].get(number, {}).values()), query)

    def _change_immutable(self, body: Any, _: Json, project: str, rule: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        found = _there(self.state["immutable"].get(number, {}), rule, "immutable tag rule")
        found |= _shaped(body, _IMMUTABLE)
        return 200, None, {}

    def _delete_immutable(self, _: Any, __: Json, project: str, rule: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        _gone(self.state["immutable"].get(number, {}), rule, "immutable tag rule")
        return 200, None, {}

    # Webhooks and labels

    def _checked_webhook(self, body: Any) -> Json:
        asked = _shaped(body, _WEBHOOK, ("name", "targets", "event_types"))
        for event in asked["event_types"]:
            if event not in EVENTS:
                raise RefusedError(400, f"unsupported event type {event}")
        for target in asked["targets"]:
            if target.get("type") not in ("http", "slack"):
                raise RefusedError(400, f"unsupported notify type {target.get('type')}")
        return asked

    def _create_webhook(self, body: Any, _: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        asked = self._checked_webhook(body)
        hooks = self.state["webhooks"].setdefault(number, {})
        if any(hook["name"] == asked["name"] for hook in hooks.values()):
            raise RefusedError(409, f"webhook policy {asked['name']} already exists")
        made = str(self._next("webhook"))
        hooks[made] = {**asked, "id": int(made), "project_id": int(number)}
        return 201, None, {"location": f"{ROOT}/projects/{number}/webhook/policies/{made}"}

    def _list_webhooks(self, _: Any, query: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        return _page(list(self.state["webhooks"].get(number, {}).values()), query)

    def _get_webhook(self, _: Any, __: Json, project: str, hook: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        return 200, _there(self.state["webhooks"].get(number, {}), hook, "webhook policy"), {}

    def _change_webhook(self, body: Any, _: Json, project: str, hook: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        found = _there(self.state["webhooks"].get(number, {}), hook, "webhook policy")
        found |= self._checked_webhook(body)
        return 200, None, {}

    def _delete_webhook(self, _: Any, __: Json, project: str, hook: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        _gone(self.state["webhooks"].get(number, {}), hook, "webhook policy")
        return 200, None, {}

    def _create_label(self, body: Any, _: Json) -> Any:
        asked = _shaped(body, _LABEL, ("name", "scope"))
        if asked["scope"] == "p":
            self._find_project(str(asked.get("project_id")))
        key = (asked["name"], asked["scope"], asked.get("project_id", 0))
        if any((x["name"], x["scope"], x.get("project_id", 0)) == key for x in self.state["labels"].values()):
            raise RefusedError(409, f"label {asked['name']} already exists")
        return self._made("labels", asked, "labels")

    # Scanners and preheating

    def _create_scanner(self, body: Any, _: Json) -> Any:
        asked = _shaped(body, _SCANNER, ("name", "url"))
        for other in self.state["scanners"].values():
            if other["name"] == asked["name"] or other["url"] == asked["url"]:
                raise RefusedError(409, f"scanner registration {asked['name']} or its url already exists")
        made = str(uuid.uuid4())
        self.state["scanners"][made] = {"is_default": False, "disabled": False, **asked, "uuid": made}
        return 201, None, {"location": f"{ROOT}/scanners/{made}"}

    def _list_scanners(self, _: Any, query: Json) -> Any:
        return _page([_untold_credential(s) for s in self.state["scanners"].values()], query)

    def _get_scanner(self, _: Any, __: Json, scanner: str) -> Any:
        return 200, _untold_credential(_there(self.state["scanners"], scanner, "scanner")), {}

    def _change_scanner(self, body: Any, _: Json, scanner: str) -> Any:
        found, asked = _there(self.state["scanners"], scanner, "scanner"), _shaped(body, _SCANNER, ("name", "url"))
        for key, other in self.state["scanners"].items():
            if key != scanner and (other["name"] == asked["name"] or other["url"] == asked["url"]):
                raise RefusedError(409, f"scanner registration {asked['name']} or its url already exists")
        found |= asked
        return 200, None, {}

    def _default_scanner(self, body: Any, _: Json, scanner: str) -> Any:
        _there(self.state["scanners"], scanner, "scanner")
        _shaped(body, {"is_default": bool}, ("is_default",))
        for key, found in self.state["scanners"].items():
            found["is_default"] = key == scanner
        return 200, None, {}

    def _delete_scanner(self, _: Any, __: Json, scanner: str) -> Any:
        found = _there(self.state["scanners"], scanner, "scanner")
        if found.get("is_default"):
            raise RefusedError(403, "cannot delete the default scanner registration")
        del self.state["scanners"][scanner]
        used = self.state["project_scanners"]
        self.state["project_scanners"] = {key: value for key, value in used.items() if value != scanner}
        return 200, found, {}

    def _get_project_scanner(self, _: Any, __: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        default = next((key for key, s in self.state["scanners"].items() if s.get("is_default")), None)
        uuid_ = self.state["project_scanners"].get(number, default)
        return 200, _untold_credential(self.state["scanners"].get(uuid_, {})), {}

    def _set_project_scanner(self, body: Any, _: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        wanted = _shaped(body, {"uuid": str}, ("uuid",))["uuid"]
        _there(self.state["scanners"], wanted, "scanner")
        self.state["project_scanners"][number] = wanted
        return 200, None, {}

    def _create_instance(self, body: Any, _: Json) -> Any:
        asked = _shaped(body, _INSTANCE, ("name", "vendor", "endpoint"))
        if asked["vendor"] not in ("dragonfly", "kraken"):
            raise RefusedError(400, f"provider {asked['vendor']} is not supported")
        if asked["name"] in self.state["instances"]:
            raise RefusedError(409, f"instance {asked['name']} already exists")
        self.state["instances"][asked["name"]] = {**asked, "id": self._next("instance")}
        return 201, None, {"location": f"{ROOT}/p2p/preheat/instances/{asked['name']}"}

    def _get_instance(self, _: Any, __: Json, name: str) -> Any:
        return 200, _there(self.state["instances"], unquote(name), "instance"), {}

    def _change_instance(self, body: Any, _: Json, name: str) -> Any:
        found = _there(self.state["instances"], unquote(name), "instance")
        found |= _shaped(body, _INSTANCE)
        return 200, None, {}

    def _delete_instance(self, _: Any, __: Json, name: str) -> Any:
        found = _there(self.state["instances"], unquote(name), "instance")
        for policies in self.state["preheat"].values():
            if any(policy["provider_id"] == found["id"] for policy in policies.values()):
                raise RefusedError(403, "the instance is used by a preheat policy")
        del self.state["instances"][unquote(name)]
        return 200, None, {}

    def _checked_preheat(self, body: Any) -> Json:
        asked = _shaped(body, _PREHEAT, ("name", "provider_id", "filters", "trigger"))
        for key in ("filters", "trigger"):
            try:
                asked[key] = json.dumps(json.loads(asked[key]), separators=(",", ":"))
            except ValueError:
                raise RefusedError(400, f"{key} is not JSON") from None
        instance = next((i for i in self.state["instances"].values() if i["id"] == asked["provider_id"]), None)
        if instance is None:
            raise RefusedError(400, f"instance {asked['provider_id']} not found")
        trigger = json.loads(asked["trigger"])
        if trigger.get("type") == "scheduled":
            _cron((trigger.get("trigger_setting") or {}).get("cron"))
        return {**asked, "provider_name": instance["name"]}

    def _create_preheat(self, body: Any, _: Json, project: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        asked = self._checked_preheat(body)
        policies = self.state["preheat"].setdefault(number, {})
        if asked["name"] in policies:
            raise RefusedError(409, f"preheat policy {asked['name']} already exists")
        policies[asked["name"]] = {**asked, "id": self._next("preheat"), "project_id": int(number)}
        return 201, None, {"location": f"{ROOT}/projects/{project}/preheat/policies/{asked['name']}"}

    def _get_preheat(self, _: Any, __: Json, project: str, policy: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        return 200, _there(self.state["preheat"].get(number, {}), unquote(policy), "preheat policy"), {}

    def _change_preheat(self, body: Any, _: Json, project: str, policy: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        found = _there(self.state["preheat"].get(number, {}), unquote(policy), "preheat policy")
        asked = self._checked_preheat(body)
        if asked.get("id") != found["id"]:
            raise RefusedError(400, "the id of the policy does not match")
        found |= asked
        return 200, None, {}

    def _delete_preheat(self, _: Any, __: Json, project: str, policy: str) -> Any:
        number = str(self._find_project(project)["project_id"])
        _gone(self.state["preheat"].get(number, {}), unquote(policy), "preheat policy")
        return 200, None, {}

    # The whole Harbor

    def _get_configurations(self, _: Any, __: Json) -> Any:
        kept = self.state["configurations"]
        return 200, {k: {"value": v, "editable": True} for k, v in kept.items() if k not in _UNTOLD}, {}

    def _set_configurations(self, body: Any, _: Json) -> Any:
        asked = _shaped(body, _CONFIGURATIONS)
        mode = asked.get("auth_mode", self.state["configurations"]["auth_mode"])
        if mode not in ("db_auth", "ldap_auth", "oidc_auth", "http_auth", "uaa_auth"):
            raise RefusedError(400, f"invalid auth mode {mode}")
        self.state["configurations"] |= asked
        return 200, None, {}

    def _get_schedule(self, _: Any, __: Json, job: str) -> Any:
        return 200, self.state["schedules"].get(_SCHEDULES[job], {}), {}

    def _create_schedule(self, body: Any, _: Json, job: str) -> Any:
        if _SCHEDULES[job] in self.state["schedules"]:
            raise RefusedError(409, f"fail to set schedule for {job} as it is already set, use PUT to change it")
        self._set_schedule(body, job)
        return 201, None, {}

    def _change_schedule(self, body: Any, _: Json, job: str) -> Any:
        self._set_schedule(body, job)
        return 200, None, {}

    def _set_schedule(self, body: Any, job: str) -> None:
        asked = _shaped(body, {"schedule": dict, "parameters": dict}, ("schedule",))
        kind = asked["schedule"].get("type")
        if kind == "None":
            self.state["schedules"].pop(_SCHEDULES[job], None)
            return
        _cron(asked["schedule"].get("cron"))
        parameters = asked.get("parameters") or {}
        told = {"schedule": asked["schedule"]}
        # Jobs of the system tell their parameters as text, a scan of everything as what they are.
        told |= {"parameters": parameters} if job == "scanAll" else {"job_parameters": json.dumps(parameters)}
        self.state["schedules"][_SCHEDULES[job]] = told

    def _get_cve(self, _: Any, __: Json) -> Any:
        return 200, self.state["cve"], {}

    def _set_cve(self, body: Any, _: Json) -> Any:
        self.state["cve"] = _allowlist(body)
        return 200, None, {}

    # Things that are told apart by a number alone

    def _made(self, kind: str, asked: Json, path: str) -> Any:
        number = self._next(kind)
        self.state[kind][str(number)] = {**asked, "id": number}
        return 201, None, {"location": f"{ROOT}/{path}/{number}"}

    def _get_numbered(self, _: Any, __: Json, kind: str, number: str) -> Any:
        return 200, _there(self.state[_KINDS[kind][0]], number, _KINDS[kind][1]), {}

    def _list_numbered(self, _: Any, query: Json, kind: str) -> Any:
        return _page(list(self.state[_KINDS[kind][0]].values()), query)

    def _change_numbered(self, body: Any, _: Json, kind: str, number: str) -> Any:
        place, word, types = _KINDS[kind]
        found = _there(self.state[place], number, word)
        found |= {key: value for key, value in _shaped(body, types).items() if key != "id"}
        return 200, None, {}

    def _delete_numbered(self, _: Any, __: Json, kind: str, number: str) -> Any:
        _gone(self.state[_KINDS[kind][0]], number, _KINDS[kind][1])
        return 200, None, {}


_PROJECT: Final[Mapping[str, type]] = {
    "project_name": str,
    "public": bool,
    "metadata": dict,
    "cve_allowlist": dict,
    "storage_limit": int,
    "registry_id": int,
}
_ROBOT: Final[Mapping[str, type]] = {
    "name": str,
    "description": str,
    "secret": str,
    "level": str,
    "disable": bool,
    "duration": int,
    "permissions": list,
}
_REGISTRY: Final[Mapping[str, type]] = {
    "name": str,
    "type": str,
    "url": str,
    "credential": dict,
    "insecure": bool,
    "description": str,
}
_REGISTRY_UPDATE: Final[Mapping[str, type]] = {
    "name": str,
    "url": str,
    "description": str,
    "credential_type": str,
    "access_key": str,
    "access_secret": str,
    "insecure": bool,
}
_REPLICATION: Final[Mapping[str, type]] = {
    "id": int,
    "name": str,
    "description": str,
    "src_registry": dict,
    "dest_registry": dict,
    "dest_namespace": str,
    "dest_namespace_replace_count": int,
    "trigger": dict,
    "filters": list,
    "replicate_deletion": bool,
    "override": bool,
    "enabled": bool,
    "speed": int,
    "copy_by_chunk": bool,
}
_IMMUTABLE: Final[Mapping[str, type]] = {
    "id": int,
    "disabled": bool,
    "action": str,
    "template": str,
    "tag_selectors": list,
    "scope_selectors": dict,
}
_WEBHOOK: Final[Mapping[str, type]] = {
    "id": int,
    "name": str,
    "description": str,
    "project_id": int,
    "targets": list,
    "event_types": list,
    "enabled": bool,
}
_LABEL: Final[Mapping[str, type]] = {
    "id": int,
    "name": str,
    "description": str,
    "color": str,
    "scope": str,
    "project_id": int,
}
_SCANNER: Final[Mapping[str, type]] = {
    "name": str,
    "description": str,
    "url": str,
    "auth": str,
    "access_credential": str,
    "skip_certVerify": bool,
    "use_internal_addr": bool,
    "disabled": bool,
}
_INSTANCE: Final[Mapping[str, type]] = {
    "id": int,
    "name": str,
    "description": str,
    "vendor": str,
    "endpoint": str,
    "auth_mode": str,
    "auth_info": dict,
    "enabled": bool,
    "default": bool,
    "insecure": bool,
}
_PREHEAT: Final[Mapping[str, type]] = {
    "id": int,
    "name": str,
    "description": str,
    "project_id": int,
    "provider_id": int,
    "provider_name": str,
    "filters": str,
    "trigger": str,
    "enabled": bool,
    "extra_attrs": str,
}
_GROUP: Final[Mapping[str, type]] = {"id": int, "group_name": str, "group_type": int, "ldap_group_dn": str}
_TEXTS: Final = [
    "auth_mode",
    "ldap_base_dn",
    "ldap_filter",
    "ldap_group_base_dn",
    "ldap_group_admin_dn",
    "ldap_group_attribute_name",
    "ldap_group_search_filter",
    "ldap_search_dn",
    "ldap_search_password",
    "ldap_uid",
    "ldap_url",
    "ldap_group_membership_attribute",
    "project_creation_restriction",
    "oidc_name",
    "oidc_endpoint",
    "oidc_client_id",
    "oidc_client_secret",
    "oidc_groups_claim",
    "oidc_admin_group",
    "oidc_group_filter",
    "oidc_scope",
    "oidc_user_claim",
    "oidc_extra_redirect_parms",
    "robot_name_prefix",
    "audit_log_forward_endpoint",
    "banner_message",
    "disabled_audit_log_event_types",
]
_FLAGS: Final = [
    "primary_auth_mode",
    "ldap_group_attach_parallel",
    "ldap_verify_cert",
    "read_only",
    "self_registration",
    "oidc_verify_cert",
    "oidc_auto_onboard",
    "oidc_logout",
    "notification_enable",
    "quota_per_project_enable",
    "skip_audit_log_database",
    "scanner_skip_update_pulltime",
]
_NUMBERS: Final = [
    "ldap_group_search_scope",
    "ldap_scope",
    "ldap_timeout",
    "token_expiration",
    "robot_token_duration",
    "storage_per_project",
    "session_timeout",
]
_CONFIGURATIONS: Final[Mapping[str, type]] = {
    **dict.fromkeys(_TEXTS, str),
    **dict.fromkeys(_FLAGS, bool),
    **dict.fromkeys(_NUMBERS, int),
}
_KINDS: Final[Mapping[str, tuple[str, str, Mapping[str, type]]]] = {
    "usergroups": ("groups", "user group", _GROUP),
    "labels": ("labels", "label", _LABEL),
    "robots": ("robots", "robot", _ROBOT),
    "replication/policies": ("replications", "replication policy", _REPLICATION),
    "registries": ("registries", "registry", _REGISTRY),
    "retentions": ("retentions", "retention policy", {}),
}

_P = r"/projects/(?P<project>[^/]+)"
_N = r"(?P<number>\d+)"
_ROUTES: Final[tuple[tuple[str, str, str], ...]] = (
    ("POST", "/projects", "create_project"),
    ("GET", "/projects", "list_projects"),
    ("GET", _P, "get_project"),
    ("PUT", _P, "change_project"),
    ("DELETE", _P, "delete_project"),
    ("GET", f"{_P}/repositories", "list_repositories"),
    ("DELETE", rf"{_P}/repositories/(?P<repository>[^/]+)", "delete_repository"),
    ("GET", "/quotas", "list_quotas"),
    ("PUT", f"/quotas/{_N}", "change_quota"),
    ("POST", f"{_P}/members", "create_member"),
    ("GET", rf"{_P}/members/(?P<member>\d+)", "get_member"),
    ("PUT", rf"{_P}/members/(?P<member>\d+)", "change_member"),
    ("DELETE", rf"{_P}/members/(?P<member>\d+)", "delete_member"),
    ("POST", "/usergroups", "create_group"),
    ("POST", "/robots", "create_robot"),
    ("GET", f"/robots/{_N}", "get_robot"),
    ("PUT", f"/robots/{_N}", "change_robot"),
    ("PATCH", f"/robots/{_N}", "secret_robot"),
    ("POST", "/registries", "create_registry"),
    ("GET", f"/registries/{_N}", "get_registry"),
    ("PUT", f"/registries/{_N}", "change_registry"),
    ("DELETE", f"/registries/{_N}", "delete_registry"),
    ("POST", "/replication/policies", "create_replication"),
    ("PUT", f"/replication/policies/{_N}", "change_replication"),
    ("POST", "/retentions", "create_retention"),
    ("PUT", f"/retentions/{_N}", "change_retention"),
    ("DELETE", f"/retentions/{_N}", "delete_retention"),
    ("POST", f"{_P}/immutabletagrules", "create_immutable"),
    ("GET", f"{_P}/immutabletagrules", "list_immutable"),
    ("PUT", rf"{_P}/immutabletagrules/(?P<rule>\d+)", "change_immutable"),
    ("DELETE", rf"{_P}/immutabletagrules/(?P<rule>\d+)", "delete_immutable"),
    ("POST", f"{_P}/webhook/policies", "create_webhook"),
    ("GET", f"{_P}/webhook/policies", "list_webhooks"),
    ("GET", rf"{_P}/webhook/policies/(?P<hook>\d+)", "get_webhook"),
    ("PUT", rf"{_P}/webhook/policies/(?P<hook>\d+)", "change_webhook"),
    ("DELETE", rf"{_P}/webhook/policies/(?P<hook>\d+)", "delete_webhook"),
    ("POST", "/labels", "create_label"),
    ("POST", "/scanners", "create_scanner"),
    ("GET", "/scanners", "list_scanners"),
    ("GET", "/scanners/(?P<scanner>[^/]+)", "get_scanner"),
    ("PUT", "/scanners/(?P<scanner>[^/]+)", "change_scanner"),
    ("PATCH", "/scanners/(?P<scanner>[^/]+)", "default_scanner"),
    ("DELETE", "/scanners/(?P<scanner>[^/]+)", "delete_scanner"),
    ("GET", f"{_P}/scanner", "get_project_scanner"),
    ("PUT", f"{_P}/scanner", "set_project_scanner"),
    ("POST", "/p2p/preheat/instances", "create_instance"),
    ("GET", "/p2p/preheat/instances/(?P<name>[^/]+)", "get_instance"),
    ("PUT", "/p2p/preheat/instances/(?P<name>[^/]+)", "change_instance"),
    ("DELETE", "/p2p/preheat/instances/(?P<name>[^/]+)", "delete_instance"),
    ("POST", f"{_P}/preheat/policies", "create_preheat"),
    ("GET", f"{_P}/preheat/policies/(?P<policy>[^/]+)", "get_preheat"),
    ("PUT", f"{_P}/preheat/policies/(?P<policy>[^/]+)", "change_preheat"),
    ("DELETE", f"{_P}/preheat/policies/(?P<policy>[^/]+)", "delete_preheat"),
    ("GET", "/configurations", "get_configurations"),
    ("PUT", "/configurations", "set_configurations"),
    ("GET", "/system/(?P<job>gc|purgeaudit|scanAll)/schedule", "get_schedule"),
    ("POST", "/system/(?P<job>gc|purgeaudit|scanAll)/schedule", "create_schedule"),
    ("PUT", "/system/(?P<job>gc|purgeaudit|scanAll)/schedule", "change_schedule"),
    ("GET", "/system/CVEAllowlist", "get_cve"),
    ("PUT", "/system/CVEAllowlist", "set_cve"),
    ("GET", "/(?P<kind>usergroups|labels|robots|registries|replication/policies)", "list_numbered"),
    ("GET", f"/(?P<kind>usergroups|labels|retentions|replication/policies)/{_N}", "get_numbered"),
    ("PUT", f"/(?P<kind>usergroups|labels)/{_N}", "change_numbered"),
    ("DELETE", f"/(?P<kind>usergroups|labels|robots|replication/policies)/{_N}", "delete_numbered"),
)


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    for known, pattern, name in _ROUTES:
        match = re.fullmatch(pattern, path) if known == method else None
        if match is not None:
            return name, match.groupdict()
    raise RefusedError(404, f"{method} {path} is no route")


def _shaped(body: Any, types: Mapping[str, type], required: tuple[str, ...] = ()) -> Json:
    """Return the body if it has the documented shape."""
    if not isinstance(body, dict):
        raise RefusedError(400, "bad request: the body is no object")
    for key, value in body.items():
        kind = types.get(key)
        if kind is None:
            raise RefusedError(400, f"bad request: {key} is not documented")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise RefusedError(400, f"bad request: {key} is no {kind.__name__}")
    missing = next((key for key in required if key not in body), None)
    if missing is not None:
        raise RefusedError(400, f"bad request: {missing} is required")
    return dict(body)


def _allowlist(body: Any) -> Json:
    asked = _shaped(body or {}, {"items": list, "expires_at": int})
    return {"items": [{"cve_id": str(item["cve_id"])} for item in asked.get("items") or []]} | (
        {"expires_at": asked["expires_at"]} if asked.get("expires_at") else {}
    )


def _retention(body: Any) -> Json:
    types = {"id": int, "algorithm": str, "rules": list, "trigger": dict, "scope": dict}
    asked = _shaped(body, types, ("algorithm", "rules", "scope"))
    if len(asked["rules"]) > 15:
        raise RefusedError(400, "only 15 retention rules are allowed at most")
    cron = ((asked.get("trigger") or {}).get("settings") or {}).get("cron")
    if cron:
        _cron(cron)
    return asked


def _cron(cron: Any) -> None:
    fields = str(cron or "").split()
    if len(fields) != 6 or fields[0] != "0":
        raise RefusedError(400, f"the cron {cron!r} has no six fields of which the first is 0")


def _there(entries: Mapping[str, Any], key: str, word: str) -> Json:
    if key not in entries:
        raise RefusedError(404, f"{word} {key} not found")
    found: Json = entries[key]
    return found


def _gone(entries: dict[str, Any], key: str, word: str) -> None:
    _there(entries, key, word)
    del entries[key]


def _untold_credential(scanner: Json) -> Json:
    return {key: value for key, value in scanner.items() if key != "access_credential"}


def _page(entries: list[Json], query: Json) -> Any:
    page, size = int(query.get("page", "1")), int(query.get("page_size", "10"))
    return 200, entries[(page - 1) * size : page * size], {"x-total-count": str(len(entries))}


__all__ = ["DEFAULT_SCANNER", "EVENTS", "ROOT", "HarborModel", "Json", "fresh"]

"""A model of Docker Hub's API: documented schema, log-in, scopes, quotas, rate limits.

What is modelled follows the Hub API reference (api version 2-beta, read 2026-11) and Docker's own Terraform provider.
The words of refusals are its own, except those that were seen: "access denied: insufficient scope".
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
Role = Literal["owner", "editor", "member"]

_RANK = {"repo:public_read": 0, "repo:read": 1, "repo:write": 2, "repo:admin": 3}
_ORGANIZATION_TOKENS = {"team": 10, "business": 100}


@dataclass
class Organization:
    """An organization: who is in it, its teams by name, its tokens by id."""

    plan: str = "team"
    roles: dict[str, Role] = field(default_factory=dict)
    teams: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, Json] = field(default_factory=dict)


@dataclass
class User:
    """A user with a password and personal access tokens by id; each holds its `value`."""

    password: str
    plan: str = "personal"
    second_factor: bool = False
    tokens: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Session:
    """Who a JWT speaks for."""

    kind: Literal["password", "pat", "oat"]
    name: str
    scopes: tuple[str, ...] = ()
    resources: tuple[Json, ...] = ()


class _RefusedError(Exception):
    def __init__(self, status: int, body: Json) -> None:
        super().__init__(status)
        self.status, self.body = status, body


def _refused(status: int, message: str, **errinfo: Any) -> _RefusedError:
    return _RefusedError(status, {"message": message, "errinfo": errinfo})


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class HubModel:
    """The service. Change `users`, `organizations` and `repositories` to make drift."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.organizations: dict[str, Organization] = {}
        self.repositories: dict[str, Json] = {}
        self.tags: dict[str, list[str]] = {}
        self.grants: dict[str, dict[int, str]] = {}
        self.rate_limit = 0
        """Requests in a window; 0 for no limit and no headers."""
        self.rate_window = 60.0
        self.jwt_seconds = 600.0
        self.pulls: tuple[int, int, int] | None = (100, 76, 21600)
        """Limit, remaining and window of pulls; None for a login without limit."""
        self._window_started, self._window_used = 0.0, 0
        self._sessions: dict[str, tuple[Session, float]] = {}
        self._lock = threading.RLock()
        self._groups = 1000

    # What is there.

    def organization(self, name: str, *, plan: str = "team", owner: str = "", teams: tuple[str, ...] = ()) -> None:
        """Make an organization with teams."""
        found = Organization(plan=plan, roles={owner: "owner"} if owner else {})
        for team in teams:
            self._groups += 1
            found.teams[team] = self._groups
        self.organizations[name] = found

    def personal_token(self, user: str, scope: str = "repo:admin") -> str:
        """Make a personal access token and return its value."""
        return str(self._new_token(user, {"token_label": "for tests", "scopes": [scope]})["value"])

    def repository(self, namespace: str, name: str, *, tags: tuple[str, ...] = (), **settings: Any) -> Json:
        """Make a repository by hand."""
        body = {"name": name, "namespace": namespace, **settings}
        made = self._new_repository(namespace, body)
        self.tags[f"{namespace}/{name}"] = list(tags)
        return made

    def end_sessions(self) -> None:
        """Let no JWT be valid any more."""
        with self._lock:
            self._sessions.clear()

    # What a request meets.

    def answer(self, method: str, target: str, headers: Any, body: Any) -> tuple[int, Any, dict[str, str]]:
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        path = parts.path
        with self._lock:
            more = self._limits()
            if more.get("X-Retry-After"):
                return 429, {"detail": "Rate limit exceeded", "error": False}, more
            try:
                status, found = self._routed(method, path, query, headers, body)
            except _RefusedError as refused:
                return refused.status, refused.body, more
            return status, found, more

    def _limits(self) -> dict[str, str]:
        if not self.rate_limit:
            return {}
        now = time.time()
        if now - self._window_started >= self.rate_window:
            self._window_started, self._window_used = now, 0
        reset = str(round(self._window_started + self.rate_window, 3))
        told = {"X-RateLimit-Limit": str(self.rate_limit), "X-RateLimit-Reset": reset}
        if self._window_used >= self.rate_limit:
            return {**told, "X-RateLimit-Remaining": "0", "X-Retry-After": reset}
        self._window_used += 1
        return {**told, "X-RateLimit-Remaining": str(self.rate_limit - self._window_used)}

    def _routed(self, method: str, path: str, query: dict[str, str], headers: Any, body: Any) -> tuple[int, Any]:
        if path == "/token" and method == "GET":
            return self._registry_token(headers)
        if path == "/v2/auth/token" and method == "POST":
            return self._log_in(_shaped(body, {"identifier": str, "secret": str}, required=("identifier", "secret")))
        name, groups = _route(method, path)
        session = self._session(headers)
        handler: Callable[..., tuple[int, Any]] = getattr(self, f"_do_{name}")
        return handler(session, query, body, **groups)

    def _session(self, headers: Any) -> Session:
        scheme, _, jwt = str(headers.get("authorization") or "").partition(" ")
        session, until = self._sessions.get(jwt, (None, 0.0))
        if scheme != "Bearer" or session is None or time.time() > until:
            raise _refused(401, "unauthorized")
        return session

    def _log_in(self, body: Json) -> tuple[int, Any]:
        name, secret = body["identifier"], body["secret"]
        session = None
        user = self.users.get(name)
        if user is not None and secrets.compare_digest(secret, user.password):
            if user.second_factor:
                raise _RefusedError(401, {"detail": "Require secondary authentication on MFA enabled account"})
            session = Session("password", name)
        for token in user.tokens.values() if user is not None else ():
            if token["value"] == secret and token["is_active"]:
                token["last_used"] = _now()
                session = Session("pat", name, tuple(token["scopes"]))
        for token in self.organizations[name].tokens.values() if name in self.organizations else ():
            if token["value"] == secret and token["is_active"]:
                token["last_used_at"] = _now()
                session = Session("oat", name, resources=tuple(token["resources"]))
        if session is None:
            raise _RefusedError(401, {"detail": "Incorrect authentication credentials"})
        now = time.time()
        claims = {"sub": name, "iat": int(now), "exp": int(now + self.jwt_seconds)}
        parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, claims)]
        encoded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
        jwt = ".".join([*encoded, secrets.token_urlsafe(32)])
        self._sessions[jwt] = (session, now + self.jwt_seconds)
        return 200, {"access_token": jwt}

    # Repositories

    def _role(self, session: Session, namespace: str) -> Role | None:
        if session.kind != "oat" and session.name == namespace:
            return "owner"
        organization = self.organizations.get(namespace)
        return organization.roles.get(session.name) if organization is not None else None

    def _may(self, session: Session, namespace: str, repository: str, scope: str, pat: str) -> bool:
        """Return whether a session may do what an organization token needs `scope` and a personal one `pat` for."""
        if session.kind == "oat":
            paths = (namespace, f"{namespace}/{repository}", f"{namespace}/*")
            granted = {s for r in session.resources if r["path"] in paths for s in r["scopes"]}
            stem = scope.rsplit("-", 1)[0]
            higher = {"read": ("read", "edit", "admin"), "edit": ("edit", "admin")}.get(scope.rsplit("-", 1)[1])
            return scope in granted or any(f"{stem}-{word}" in granted for word in higher or ())
        role = self._role(session, namespace)
        enough = session.kind == "password" or any(_RANK[s] >= _RANK[pat] for s in session.scopes)
        return enough and (role in ("owner", "editor") or (role == "member" and pat == "repo:read"))

    def _found(self, session: Session, namespace: str, repository: str) -> Json:
        found = self.repositories.get(f"{namespace}/{repository}")
        readable = found is not None and (
            not found["is_private"] or self._may(session, namespace, repository, "scope-repository-read", "repo:read")
        )
        if found is None or not readable:
            raise _refused(404, "object not found")
        return found

    def _edited(self, session: Session, namespace: str, repository: str, scope: str) -> Json:
        found = self._found(session, namespace, repository)
        if not self._may(session, namespace, repository, scope, "repo:admin"):
            raise _refused(403, "access denied: insufficient scope")
        return found

    def _check_private(self, namespace: str) -> None:
        user = self.users.get(namespace)
        if user is None or user.plan != "personal":
            return
        private = sum(1 for i, r in self.repositories.items() if i.startswith(f"{namespace}/") and r["is_private"])
        if private >= 1:
            raise _refused(402, "private repository limit reached, upgrade the plan for more")

    def _new_repository(self, namespace: str, body: Json) -> Json:
        found: Json = {
            "user": namespace,
            "name": body["name"],
            "namespace": namespace,
            "repository_type": "image",
            "status": 1,
            "status_description": "active",
            "description": body.get("description", ""),
            "full_description": body.get("full_description"),
            "is_private": body.get("is_private", False),
            "is_automated": False,
            "star_count": 0,
            "pull_count": 0,
            "last_updated": _now(),
            "date_registered": _now(),
            "collaborator_count": 0,
            "has_starred": False,
            "permissions": {"read": True, "write": True, "admin": True},
            "media_types": [],
            "content_types": [],
            "categories": [],
            "immutable_tags_settings": body.get("immutable_tags_settings", {"enabled": False, "rules": [".*"]}),
            "storage_size": None,
        }
        self.repositories[f"{namespace}/{body['name']}"] = found
        return found

    def _do_create_repository(self, session: Session, _: Any, body: Any, namespace: str) -> tuple[int, Any]:
        asked = _shaped(
            body,
            {
                "name": str,
                "namespace": str,
                "description": str,
                "full_description": str,
                "registry": str,
                "is_private": bool,
            },
            required=("name", "namespace"),
        )
        if namespace not in self.users and namespace not in self.organizations:
            raise _refused(404, "namespace not found")
        if not self._may(session, namespace, "", "scope-repository-create", "repo:admin"):
            raise _refused(403, "access denied: insufficient scope")
        name = asked["name"]
        if not 2 <= len(name) <= 255 or not re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", name):
            raise _refused(400, "invalid request", name=["not a repository name"])
        if asked["namespace"] != namespace:
            raise _refused(400, "invalid request", namespace=["is not that of the path"])
        if len(asked.get("description", "")) > 100 or len(asked.get("full_description", "")) > 25_000:
            raise _refused(400, "invalid request", description=["is too long"])
        if f"{namespace}/{name}" in self.repositories:
            raise _refused(400, "Repository with this Name already exists.")
        if asked.get("is_private"):
            self._check_private(namespace)
        return 201, self._new_repository(namespace, asked)

    def _do_get_repository(self, session: Session, _: Any, __: Any, namespace: str, repository: str) -> tuple[int, Any]:
        return 200, self._found(session, namespace, repository)

    def _do_list_tags(
        self, session: Session, query: dict[str, str], _: Any, namespace: str, repository: str
    ) -> tuple[int, Any]:
        self._found(session, namespace, repository)
        if not self._may(session, namespace, repository, "scope-tag-read", "repo:read"):
            raise _refused(403, "access denied: insufficient scope")
        names = self.tags.get(f"{namespace}/{repository}", [])
        return 200, _page([{"name": name} for name in names], query)

    def _do_immutable_tags(
        self, session: Session, _: Any, body: Any, namespace: str, repository: str
    ) -> tuple[int, Any]:
        found = self._edited(session, namespace, repository, "scope-repository-settings-admin")
        names = ("immutable_tags", "immutable_tags_rules")
        asked = _shaped(body, {"immutable_tags": bool, "immutable_tags_rules": list}, required=names)
        rules = asked["immutable_tags_rules"]
        if len(rules) > 5 or any(not isinstance(rule, str) or "," in rule for rule in rules):
            raise _refused(400, "invalid request", immutable_tags_rules=["takes five expressions"])
        found["immutable_tags_settings"] = {"enabled": asked["immutable_tags"], "rules": list(rules)}
        return 200, found

    def _do_update_repository(
        self, session: Session, _: Any, body: Any, namespace: str, repository: str
    ) -> tuple[int, Any]:
        found = self._edited(session, namespace, repository, "scope-repository-edit")
        asked = _shaped(body, {"description": str, "full_description": str})
        if len(asked.get("description", "")) > 100 or len(asked.get("full_description", "")) > 25_000:
            raise _refused(400, "invalid request", description=["is too long"])
        found.update(asked)
        return 200, found

    def _do_privacy(self, session: Session, _: Any, body: Any, namespace: str, repository: str) -> tuple[int, Any]:
        found = self._edited(session, namespace, repository, "scope-repository-edit")
        asked = _shaped(body, {"is_private": bool}, required=("is_private",))
        if asked["is_private"] and not found["is_private"]:
            self._check_private(namespace)
        found.update(asked)
        return 200, {}

    def _do_delete_repository(
        self, session: Session, _: Any, __: Any, namespace: str, repository: str
    ) -> tuple[int, Any]:
        self._edited(session, namespace, repository, "scope-repository-admin")
        for kept in (self.repositories, self.tags, self.grants):
            kept.pop(f"{namespace}/{repository}", None)
        return 202, {}

    # Teams

    def _do_get_team(self, session: Session, _: Any, __: Any, namespace: str, team: str) -> tuple[int, Any]:
        organization = self.organizations.get(namespace)
        if organization is None or (session.kind != "oat" and self._role(session, namespace) is None):
            raise _refused(404, "organization not found")
        if session.kind == "oat" and not self._may(session, namespace, "", "scope-group-read", "repo:read"):
            raise _refused(403, "access denied: insufficient scope")
        if team not in organization.teams:
            raise _refused(404, "group not found")
        return 200, {"id": organization.teams[team], "uuid": str(uuid.uuid4()), "name": team, "member_count": 1}

    def _team(self, namespace: str, number: int) -> str:
        teams = self.organizations[namespace].teams if namespace in self.organizations else {}
        name = next((name for name, known in teams.items() if known == number), None)
        if name is None:
            raise _refused(404, "group not found")
        return name

    def _do_add_grant(self, session: Session, _: Any, body: Any, namespace: str, repository: str) -> tuple[int, Any]:
        self._edited(session, namespace, repository, "scope-repo-group-edit")
        asked = _shaped(body, {"group_id": int, "permission": str}, required=("group_id", "permission"))
        _permission(asked)
        name = self._team(namespace, asked["group_id"])
        given = self.grants.setdefault(f"{namespace}/{repository}", {})
        if asked["group_id"] in given:
            raise _refused(400, "group has a permission already")
        given[asked["group_id"]] = asked["permission"]
        return 200, {"group_id": asked["group_id"], "group_name": name, "permission": asked["permission"]}

    def _grant(self, session: Session, namespace: str, repository: str, group: str, scope: str) -> dict[int, str]:
        self._edited(session, namespace, repository, scope)
        given = self.grants.get(f"{namespace}/{repository}", {})
        if int(group) not in given:
            raise _refused(404, "group has no permission")
        return given

    def _do_get_grant(
        self, session: Session, _: Any, __: Any, namespace: str, repository: str, group: str
    ) -> tuple[int, Any]:
        given = self._grant(session, namespace, repository, group, "scope-repo-group-read")
        return 200, {"group_id": int(group), "permission": given[int(group)]}

    def _do_change_grant(
        self, session: Session, _: Any, body: Any, namespace: str, repository: str, group: str
    ) -> tuple[int, Any]:
        given = self._grant(session, namespace, repository, group, "scope-repo-group-edit")
        asked = _shaped(body, {"permission": str}, required=("permission",))
        _permission(asked)
        given[int(group)] = asked["permission"]
        return 200, {"group_id": int(group), "permission": asked["permission"]}

    def _do_delete_grant(
        self, session: Session, _: Any, __: Any, namespace: str, repository: str, group: str
    ) -> tuple[int, Any]:
        del self._grant(session, namespace, repository, group, "scope-repo-group-admin")[int(group)]
        return 204, None

    # Access tokens

    def _new_token(self, user: str, asked: Json) -> Json:
        identifier = str(uuid.uuid4())
        made = {
            "uuid": identifier,
            "client_id": "HUB",
            "created_at": _now(),
            "last_used": None,
            "generated_by": "manual",
            "is_active": True,
            "token_label": asked["token_label"],
            "scopes": list(asked["scopes"]),
            "expires_at": _fraction(asked.get("expires_at")),
            "value": f"dckr_pat_{secrets.token_urlsafe(20)}",
        }
        self.users[user].tokens[identifier] = made
        return made

    def _own(self, session: Session) -> dict[str, Json]:
        # Docker's Terraform provider: "only available when authenticated with a username and password".
        if session.kind != "password":
            raise _refused(403, "access denied: insufficient scope")
        return self.users[session.name].tokens

    def _do_create_token(self, session: Session, _: Any, body: Any) -> tuple[int, Any]:
        self._own(session)
        asked = _shaped(
            body, {"token_label": str, "scopes": list, "expires_at": str}, required=("token_label", "scopes")
        )
        if not 1 <= len(asked["token_label"]) <= 100 or not set(asked["scopes"]) <= set(_RANK) or not asked["scopes"]:
            raise _RefusedError(400, {"text": "invalid", "fields": {"scopes": ["not known, or no label"]}})
        made = self._new_token(session.name, asked)
        return 201, {**_without_value(made), "token": made["value"]}

    def _do_list_tokens(self, session: Session, query: dict[str, str], _: Any) -> tuple[int, Any]:
        return 200, _page([{**_without_value(t), "token": ""} for t in self._own(session).values()], query)

    def _do_get_token(self, session: Session, _: Any, __: Any, token: str) -> tuple[int, Any]:
        return 200, {**_without_value(_one(self._own(session), token)), "token": ""}

    def _do_change_token(self, session: Session, _: Any, body: Any, token: str) -> tuple[int, Any]:
        found = _one(self._own(session), token)
        found.update(_shaped(body, {"token_label": str, "is_active": bool}))
        return 200, _without_value(found)

    def _do_delete_token(self, session: Session, _: Any, __: Any, token: str) -> tuple[int, Any]:
        _one(self._own(session), token)
        del self._own(session)[token]
        return 204, None

    def _owned(self, session: Session, namespace: str) -> Organization:
        organization = self.organizations.get(namespace)
        if organization is None:
            raise _refused(404, "organization not found")
        if session.kind != "password" or organization.roles.get(session.name) != "owner":
            raise _refused(403, "access denied: insufficient scope")
        return organization

    def _check_resources(self, asked: Json, namespace: str) -> None:
        resources = asked.get("resources", [])
        if not resources:
            raise _refused(400, "invalid request", resources=["needs one"])
        for resource in resources:
            _shaped(resource, {"type": str, "path": str, "scopes": list}, required=("type", "path", "scopes"))
            if resource["type"] not in ("TYPE_REPO", "TYPE_ORG"):
                raise _refused(400, "invalid request", resources=["type is not known"])
            path = resource["path"]
            known = path in self.repositories or path in (f"{namespace}/*", "*/*/public", namespace)
            if not known or not all(str(scope).startswith("scope-") for scope in resource["scopes"]):
                raise _refused(400, "invalid request", resources=[f"{path} is not there, or a scope is not known"])

    def _do_create_org_token(self, session: Session, _: Any, body: Any, namespace: str) -> tuple[int, Any]:
        organization = self._owned(session, namespace)
        asked = _shaped(
            body,
            {"label": str, "description": str, "resources": list, "expires_at": str},
            required=("label", "resources"),
        )
        self._check_resources(asked, namespace)
        if len(organization.tokens) >= _ORGANIZATION_TOKENS[organization.plan]:
            raise _refused(403, "maximum number of access tokens reached")
        identifier = str(uuid.uuid4())
        made = {
            "id": identifier,
            "label": asked["label"],
            "description": asked.get("description", ""),
            "created_by": session.name,
            "is_active": True,
            "created_at": _now(),
            "expires_at": _fraction(asked.get("expires_at")),
            "last_used_at": None,
            # In the other order, as a set comes back.
            "resources": [{**r, "scopes": sorted(r["scopes"], reverse=True)} for r in reversed(asked["resources"])],
            "value": f"dckr_oat_{secrets.token_urlsafe(20)}",
        }
        organization.tokens[identifier] = made
        return 201, {**_without_value(made), "token": made["value"]}

    def _do_list_org_tokens(self, session: Session, query: dict[str, str], _: Any, namespace: str) -> tuple[int, Any]:
        listed = [
            {key: value for key, value in _without_value(token).items() if key != "resources"}
            for token in self._owned(session, namespace).tokens.values()
        ]
        found = _page(listed, query)
        found["total"] = found.pop("count")
        return 200, found

    def _do_get_org_token(self, session: Session, _: Any, __: Any, namespace: str, token: str) -> tuple[int, Any]:
        return 200, _without_value(_one(self._owned(session, namespace).tokens, token))

    def _do_change_org_token(self, session: Session, _: Any, body: Any, namespace: str, token: str) -> tuple[int, Any]:
        found = _one(self._owned(session, namespace).tokens, token)
        asked = _shaped(body, {"label": str, "description": str, "resources": list, "is_active": bool})
        if "resources" in asked:
            self._check_resources(asked, namespace)
        found.update(asked)
        return 200, _without_value(found)

    def _do_delete_org_token(self, session: Session, _: Any, __: Any, namespace: str, token: str) -> tuple[int, Any]:
        tokens = self._owned(session, namespace).tokens
        _one(tokens, token)
        del tokens[token]
        return 204, None

    # The registry's own token server

    def _registry_token(self, headers: Any) -> tuple[int, Any]:
        scheme, _, pair = str(headers.get("authorization") or "").partition(" ")
        if scheme == "Basic":
            name, _, secret = base64.b64decode(pair).decode().partition(":")
            user = self.users.get(name)
            values = [user.password, *(t["value"] for t in user.tokens.values())] if user is not None else []
            if secret not in values:
                raise _RefusedError(401, {"details": "incorrect username or password"})
        return 200, {"token": "registry-jwt", "expires_in": 300}

    def pull_headers(self, remaining: int | None = None) -> dict[str, str]:
        """Return the headers of a manifest."""
        if self.pulls is None:
            return {}
        limit, left, window = self.pulls
        return {
            "ratelimit-limit": f"{limit};w={window}",
            "ratelimit-remaining": f"{left if remaining is None else remaining};w={window}",
            "docker-ratelimit-source": "192.0.2.1",
        }


_ID = r"[A-Za-z0-9._-]+"
_REPOSITORY = rf"/v2/namespaces/(?P<namespace>{_ID})/repositories/(?P<repository>{_ID})"
_LEGACY = rf"/v2/repositories/(?P<namespace>{_ID})/(?P<repository>{_ID})"
_ROUTES: tuple[tuple[str, str, str], ...] = (
    ("POST", rf"/v2/namespaces/(?P<namespace>{_ID})/repositories", "create_repository"),
    ("GET", _REPOSITORY, "get_repository"),
    ("GET", rf"{_REPOSITORY}/tags", "list_tags"),
    ("PATCH", rf"{_REPOSITORY}/immutabletags", "immutable_tags"),
    ("PATCH", rf"{_LEGACY}/", "update_repository"),
    ("POST", rf"{_LEGACY}/privacy", "privacy"),
    ("DELETE", rf"{_LEGACY}/", "delete_repository"),
    ("POST", rf"{_LEGACY}/groups", "add_grant"),
    ("GET", rf"{_LEGACY}/groups/(?P<group>\d+)/", "get_grant"),
    ("PATCH", rf"{_LEGACY}/groups/(?P<group>\d+)/", "change_grant"),
    ("DELETE", rf"{_LEGACY}/groups/(?P<group>\d+)/", "delete_grant"),
    ("GET", rf"/v2/orgs/(?P<namespace>{_ID})/groups/(?P<team>{_ID})", "get_team"),
    ("POST", r"/v2/access-tokens", "create_token"),
    ("GET", r"/v2/access-tokens", "list_tokens"),
    ("GET", rf"/v2/access-tokens/(?P<token>{_ID})", "get_token"),
    ("PATCH", rf"/v2/access-tokens/(?P<token>{_ID})", "change_token"),
    ("DELETE", rf"/v2/access-tokens/(?P<token>{_ID})", "delete_token"),
    ("POST", rf"/v2/orgs/(?P<namespace>{_ID})/access-tokens", "create_org_token"),
    ("GET", rf"/v2/orgs/(?P<namespace>{_ID})/access-tokens", "list_org_tokens"),
    ("GET", rf"/v2/orgs/(?P<namespace>{_ID})/access-tokens/(?P<token>{_ID})", "get_org_token"),
    ("PATCH", rf"/v2/orgs/(?P<namespace>{_ID})/access-tokens/(?P<token>{_ID})", "change_org_token"),
    ("DELETE", rf"/v2/orgs/(?P<namespace>{_ID})/access-tokens/(?P<token>{_ID})", "delete_org_token"),
)


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    for known, pattern, name in _ROUTES:
        match = re.fullmatch(pattern, path) if known == method else None
        if match is not None:
            return name, match.groupdict()
    raise _refused(404, "no such route")


def _shaped(body: Any, types: dict[str, type], *, required: tuple[str, ...] = ()) -> Json:
    """Return the body if it has the documented shape."""
    if not isinstance(body, dict):
        raise _refused(400, "bad request")
    wrong: dict[str, list[str]] = {key: ["is not documented"] for key in body if key not in types}
    wrong |= {key: ["is required"] for key in required if key not in body}
    for key, kind in types.items():
        value = body.get(key)
        if key in body and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            wrong[key] = [f"is no {kind.__name__}"]
    if wrong:
        raise _refused(400, "bad request", **wrong)
    return dict(body)


def _permission(asked: Json) -> None:
    if asked["permission"] not in ("read", "write", "admin"):
        raise _refused(400, "bad request", permission=["is not known"])


def _one(tokens: dict[str, Json], identifier: str) -> Json:
    if identifier not in tokens:
        raise _refused(404, "access token not found")
    return tokens[identifier]


def _without_value(token: Json) -> Json:
    return {key: value for key, value in token.items() if key != "value"}


def _fraction(text: str | None) -> str | None:
    """Write a time as Docker Hub does, with a fraction of a second."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000519Z")


def _page(entries: list[Json], query: dict[str, str]) -> Json:
    page, size = int(query.get("page", "1")), int(query.get("page_size", "10"))
    start = (page - 1) * size
    more = start + size < len(entries)
    following = f"https://hub.docker.com/v2/next?page={page + 1}&page_size={size}" if more else None
    return {"count": len(entries), "next": following, "previous": None, "results": entries[start : start + size]}


__all__ = ["HubModel", "Json", "Organization", "User"]

"""Docker Hub in a rehearsal: the program's own HTTP client talks to a model, whose state lies in the folder.

What it takes to be there, as an account has to have it: the user that logs in, with whatever token; the organization
that a namespace names, owned by that user; and its teams. A token that Docker made (`dckr_pat_`, `dckr_oat_`) is taken
for what it is, any other for a password, which may do more.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import httpx

from .door import Door, response
from .emulator import FOLDER
from .hub_model import HubModel, Organization, Session, User

FILE: Final = "docker-hub"
PUBLIC: Final = "hub.docker.com"
_NAMESPACE: Final = re.compile(r"/v2/(?:namespaces|repositories|orgs)/([A-Za-z0-9._-]+)")
_TEAM: Final = re.compile(r"/v2/orgs/([A-Za-z0-9._-]+)/groups/([A-Za-z0-9._-]+)")


class _Hub(HubModel):
    """The model, with everything that a rehearsal takes to be there."""

    def log_in(self, name: str, secret: str) -> str:
        """Let anybody in, and return the session's key."""
        self.users.setdefault(name, User(password=secrets.token_urlsafe(16), plan="pro"))
        key = secrets.token_urlsafe(24)
        session = Session("pat", name, ("repo:admin",)) if secret.startswith("dckr_pat_") else Session("password", name)
        self._sessions[key] = (session, time.time() + self.jwt_seconds)
        return key

    def assume(self, path: str) -> None:
        """Make the organization and the team that a path names."""
        found = _NAMESPACE.match(path)
        if found is not None and found[1] not in self.users and found[1] not in self.organizations:
            self.organization(found[1], owner="")
        if found is not None and found[1] in self.organizations:
            for user in self.users:
                self.organizations[found[1]].roles.setdefault(user, "owner")
        team = _TEAM.match(path)
        if team is not None and team[2] not in self.organizations[team[1]].teams:
            self._groups += 1
            self.organizations[team[1]].teams[team[2]] = self._groups

    def dump(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "users": {name: asdict(user) for name, user in self.users.items()},
            "organizations": {name: asdict(found) for name, found in self.organizations.items()},
            "repositories": self.repositories,
            "tags": self.tags,
            "grants": {name: {str(k): v for k, v in given.items()} for name, given in self.grants.items()},
            "groups": self._groups,
            "sessions": {key: [asdict(session), until] for key, (session, until) in self._sessions.items()},
        }

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> _Hub:
        """Return what was dumped."""
        hub = cls()
        hub.users = {name: User(**found) for name, found in state.get("users", {}).items()}
        hub.organizations = {name: Organization(**found) for name, found in state.get("organizations", {}).items()}
        hub.repositories = dict(state.get("repositories", {}))
        hub.tags = dict(state.get("tags", {}))
        hub.grants = {
            name: {int(key): value for key, value in given.items()} for name, given in state.get("grants", {}).items()
        }
        hub._groups = int(state.get("groups", hub._groups))
        for key, (found, until) in state.get("sessions", {}).items():
            session = Session(found["kind"], found["name"], tuple(found["scopes"]), tuple(found["resources"]))
            hub._sessions[key] = (session, until)
        return hub


class RehearsedHub(Door):
    """Answers requests to Docker Hub from the rehearsal's folder."""

    package = "docker-hub"
    kinds = (
        ("access-tokens", "AccessToken"),
        ("/groups", "Permission"),
        ("/auth/", "Login"),
        ("/repositories", "Repository"),
    )

    def answer(self, request: httpx.Request, body: Any) -> httpx.Response:
        """Return the model's answer."""
        with self._folder.cloud(FILE).change() as state:
            hub = _Hub.load(state)
            found = self._answer(hub, request, request.url.path, body)
            state.clear()
            state.update(hub.dump())
        return response(*found)

    @staticmethod
    def _answer(hub: _Hub, request: httpx.Request, path: str, body: Any) -> tuple[int, Any, dict[str, str]]:
        if path == "/v2/auth/token" and isinstance(body, Mapping) and body.get("identifier") and body.get("secret"):
            return 200, {"access_token": hub.log_in(str(body["identifier"]), str(body["secret"]))}, {}
        hub.assume(path)
        return hub.answer(request.method, str(request.url), request.headers, body)


def transport(url: str) -> httpx.BaseTransport | None:
    """Return what answers requests to `url` in a rehearsal; None outside of one, and for any other address."""
    folder = os.environ.get(FOLDER)
    if not folder or httpx.URL(url).host != PUBLIC:
        return None
    return RehearsedHub(Path(folder))


__all__ = ["FILE", "PUBLIC", "RehearsedHub", "transport"]

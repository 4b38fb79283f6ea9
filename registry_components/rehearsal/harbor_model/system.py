"""Settings, schedules, and the list of vulnerabilities that are let be."""

from __future__ import annotations

import json
from typing import Any, Final

from .base import Json, Part, RefusedError, allowlist, check_cron, shaped
from .shapes import (
    CONFIGURATIONS,
)

_SCHEDULES: Final = {"gc": "gc", "purgeaudit": "purge", "scanAll": "scan"}
_UNTOLD: Final = frozenset({"ldap_search_password", "oidc_client_secret"})


class System(Part):
    """Settings, schedules, and the list of vulnerabilities that are let be."""

    def _get_configurations(self, _: Any, __: Json) -> Any:
        kept = self.state["configurations"]
        return 200, {k: {"value": v, "editable": True} for k, v in kept.items() if k not in _UNTOLD}, {}

    def _set_configurations(self, body: Any, _: Json) -> Any:
        asked = shaped(body, CONFIGURATIONS)
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
        asked = shaped(body, {"schedule": dict, "parameters": dict}, ("schedule",))
        kind = asked["schedule"].get("type")
        if kind == "None":
            self.state["schedules"].pop(_SCHEDULES[job], None)
            return
        check_cron(asked["schedule"].get("cron"))
        parameters = asked.get("parameters") or {}
        told = {"schedule": asked["schedule"]}
        # Jobs of the system tell their parameters as text, a scan of everything as what they are.
        told |= {"parameters": parameters} if job == "scanAll" else {"job_parameters": json.dumps(parameters)}
        self.state["schedules"][_SCHEDULES[job]] = told

    def _get_cve(self, _: Any, __: Json) -> Any:
        return 200, self.state["cve"], {}

    def _set_cve(self, body: Any, _: Json) -> Any:
        self.state["cve"] = allowlist(body)
        return 200, None, {}

"""`regc harbor`: what is in a Harbor, and who is told what happens there; secrets never on the command line."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..core.errors import StackError
from ..core.extras import needs_extra
from .registry import _text

if TYPE_CHECKING:
    from ..harbor.configuration.client import HarborClient
    from ..harbor.configuration.webhooks import Webhook

PASSWORD: Final = "HARBOR_PASSWORD"  # noqa: S105 - a variable's name
AUTH_HEADER: Final = "HARBOR_WEBHOOK_AUTH_HEADER"
_SHOWN: Final = ("name", "description", "events", "kind", "address", "auth_header", "skip_cert_verify", "enabled")


@dataclass(frozen=True)
class Login:
    """Which Harbor, and who speaks to it."""

    url: str
    username: str | None = None
    """None asks without a login, for what is public."""
    ca_certificate: Path | None = None


def repositories(login: Login, project: str, *, as_json: bool) -> None:
    """Print a project's repositories, by name. Raises `StackError`."""
    _checked(login.url, project)
    client = _opened(login, "regc harbor repositories")
    try:
        task = f"list the repositories of project {project!r}"
        listed = list(client.listed(f"/projects/{project}/repositories", task=task))
    finally:
        client.close()
    found = sorted(listed, key=lambda entry: str(entry.get("name")))
    if as_json:
        print(json.dumps(found, indent=1, sort_keys=True))
        return
    if not found:
        print(f"project {project} has no repositories")
        return
    rows = [("repository", "artifacts", "pulls", "updated")]
    rows += [tuple(str(entry.get(key) or "-") for key in _COLUMNS) for entry in found]  # type: ignore[misc]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


_COLUMNS: Final = ("name", "artifact_count", "pull_count", "update_time")


def create_webhook(
    login: Login,
    project: str,
    *,
    name: str,
    address: str,
    events: Sequence[str],
    kind: str,
    description: str,
    skip_cert_verify: bool,
    ask_auth_header: bool,
    dry_run: bool,
) -> None:
    """Create a webhook, or say what would be created. Raises `StackError`.

    The header that goes with it comes from `HARBOR_WEBHOOK_AUTH_HEADER`, or is asked for.
    """
    _checked(login.url, project)
    header = os.environ.get(AUTH_HEADER) or (_asked("Authorization header of the webhook: ") if ask_auth_header else "")
    wanted = _webhook(
        header,
        name=name,
        address=address,
        events=list(events),
        kind=kind,
        description=description,
        skip_cert_verify=skip_cert_verify,
    )
    if dry_run:
        print(f"would create in project {project} of {login.url}, and sends nothing:")
        for line in _lines(wanted):
            print(f"  {line}")
        return
    client = _opened(login, "regc harbor webhook create")
    try:
        made = _create(client, project, wanted, header)
    finally:
        client.close()
    print(f"webhook {name} of project {project} {made}")


def _create(client: HarborClient, project: str, wanted: Webhook, header: str) -> str:
    from ..harbor.configuration import calls

    found = client.get(f"/projects/{project}", task=f"look for project {project!r}")
    if not isinstance(found, dict):
        raise StackError(f"{project}: there is no such project, or the login may not see it; correct the name")
    body = calls.WebhookPolicy(
        name=str(wanted.name),
        description=wanted.description,
        project_id=int(found["project_id"]),
        event_types=sorted(wanted.events),
        enabled=wanted.enabled,
        targets=[
            calls.WebhookTargetObject(
                type=wanted.kind,
                address=str(wanted.address),
                auth_header=header or None,
                skip_cert_verify=wanted.skip_cert_verify,
            )
        ],
    ).body()
    path = f"/projects/{project}/webhook/policies"
    there = client.listed(path, task=f"list the webhooks of project {project!r}")
    other = next((entry for entry in there if entry.get("name") == wanted.name), None)
    if other is None:
        number = client.post(path, body, task=f"create webhook {wanted.name!r} in project {project!r}")
        return f"was created, number {number}"
    if not _same(other, body):
        raise StackError(
            f"--name {wanted.name}: project {project} has a webhook of this name with other settings; take another "
            "name, or remove it"
        )
    return f"is there already, number {other.get('id')}"


def _same(there: dict[str, Any], body: dict[str, Any]) -> bool:
    def plain(policy: dict[str, Any]) -> Any:
        targets = [
            (t.get("type"), t.get("address"), t.get("auth_header") or "", bool(t.get("skip_cert_verify")))
            for t in policy.get("targets") or []
        ]
        events = sorted(policy.get("event_types") or [])
        return policy.get("description") or "", bool(policy.get("enabled")), events, targets

    return bool(plain(there) == plain(body))


def _webhook(header: str, **said: Any) -> Webhook:
    from ..harbor.configuration.webhooks import Webhook

    return Webhook.parse({**said, "auth_header": header} if header else said)


def _lines(wanted: Webhook) -> list[str]:
    told = {key: getattr(wanted, key) for key in _SHOWN}
    told["auth_header"] = "[secret]" if wanted.auth_header is not None else "none"
    told["events"] = ", ".join(sorted(wanted.events))
    told["skip_cert_verify"] = "yes" if wanted.skip_cert_verify else "no"
    told["enabled"] = "yes" if wanted.enabled else "no"
    return [f"{key}: {value}" for key, value in told.items() if value != ""]


def _checked(url: str, project: str) -> None:
    from ..harbor.configuration.words import check_project, check_url

    for what, mistake in (("URL", check_url(url)), ("PROJECT", check_project(project))):
        if mistake:
            raise StackError(f"{what}: {mistake}")


def _opened(login: Login, what: str) -> HarborClient:
    with needs_extra(what, "ops", "httpx"):
        from ..harbor.configuration.client import HarborClient
    password = None
    if login.username is not None:
        password = os.environ.get(PASSWORD) or _asked(f"Password of {login.username}: ")
    return HarborClient(login.url, login.username, password, ca_certificate=_text(login.ca_certificate))


def _asked(prompt: str) -> str:
    """Return a secret that a person types, or a pipe gives."""
    found = getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not found:
        told = prompt.rstrip(": ")
        variable = AUTH_HEADER if told.startswith("Authorization") else PASSWORD
        raise StackError(f"{told}: none was given; set {variable}, or pipe it in")
    return found


__all__ = ["Login", "create_webhook", "repositories"]

"""The properties of this library's own resources: what the provider's package has no words for. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .names import named
from .scanning import PreheatOnEvent, PreheatPolicy, PreheatScheduled, Scanner
from .system import OidcAuth, System
from .words import seconds_of

if TYPE_CHECKING:
    from .projects import Project


def of_system(auth: Any, system: System | None) -> dict[str, Any]:
    """Return the members of `/configurations` that the provider cannot set; nothing where none was said."""
    found: dict[str, Any] = {}
    if system is not None:
        found |= {
            "self_registration": system.self_registration,
            "token_expiration": system.token_minutes,
            "session_timeout": system.session_minutes,
            "notification_enable": system.notifications,
        }
        if system.unlogged_events is not None:
            found["disabled_audit_log_event_types"] = ",".join(sorted(system.unlogged_events))
    if isinstance(auth, OidcAuth):
        found["oidc_logout"] = auth.logout
        if auth.extra_redirect_parameters is not None:
            found["oidc_extra_redirect_parms"] = json.dumps(auth.extra_redirect_parameters, sort_keys=True)
    return {key: value for key, value in found.items() if value is not None}


def of_project(project: Project) -> dict[str, Any] | None:
    """Return what the provider cannot say of a project; None where nothing of it was said."""
    found: dict[str, Any] = {}
    allowed, proxy = project.cve_allowlist, project.proxy_cache
    if allowed is not None and allowed.expires_at is not None:
        found["cve_allowlist"] = {"ids": sorted(allowed.ids), "expires_at": seconds_of(allowed.expires_at)}
    if proxy is not None:
        metadata: dict[str, str] = {}
        if proxy.bandwidth_kbps is not None:
            metadata["proxy_speed_kb"] = str(proxy.bandwidth_kbps)
        if proxy.max_connections is not None:
            metadata["max_upstream_conn"] = str(proxy.max_connections)
        if proxy.keep_removed:
            metadata["proxy_cache_local_on_not_found"] = "true"
        if metadata:
            found["metadata"] = metadata
    return found or None


def of_scanner(key: str, scanner: Scanner) -> dict[str, Any]:
    """Return a scanner's properties; the credential is still a `SecretStr` or an output."""
    found: dict[str, Any] = {
        "name": named(key, scanner),
        "url": scanner.url,
        "description": scanner.description,
        "auth": scanner.auth or "",
        "skip_cert_verify": scanner.skip_cert_verify,
        "internal_address": scanner.internal_address,
        "enabled": scanner.enabled,
    }
    return found if scanner.credential is None else {**found, "credential": scanner.credential}


def of_preheat(key: str, policy: PreheatPolicy) -> dict[str, Any]:
    """Return a preheat policy's properties; filters and trigger are JSON texts, as Harbor keeps them."""
    filters: list[dict[str, Any]] = [
        {"type": "repository", "value": policy.repositories},
        {"type": "tag", "value": policy.tags},
    ]
    if policy.labels:
        filters.append({"type": "label", "value": ",".join(sorted(policy.labels))})
    match policy.trigger:
        case PreheatScheduled(schedule=cron):
            trigger: dict[str, Any] = {"type": "scheduled", "trigger_setting": {"cron": cron}}
        case PreheatOnEvent():
            trigger = {"type": "event_based"}
        case _:
            trigger = {"type": "manual"}
    return {
        "name": named(key, policy),
        "description": policy.description,
        "filters": json.dumps(filters, sort_keys=True),
        "trigger": json.dumps(trigger, sort_keys=True),
        "scope": policy.scope,
        "enabled": policy.enabled,
    }


__all__ = ["of_preheat", "of_project", "of_scanner", "of_system"]

"""What Harbor takes in its requests: fields and their types, by its OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PROJECT: Final[Mapping[str, type]] = {
    "project_name": str,
    "public": bool,
    "metadata": dict,
    "cve_allowlist": dict,
    "storage_limit": int,
    "registry_id": int,
}
ROBOT: Final[Mapping[str, type]] = {
    "name": str,
    "description": str,
    "secret": str,
    "level": str,
    "disable": bool,
    "duration": int,
    "permissions": list,
}
REGISTRY: Final[Mapping[str, type]] = {
    "name": str,
    "type": str,
    "url": str,
    "credential": dict,
    "insecure": bool,
    "description": str,
}
REGISTRY_UPDATE: Final[Mapping[str, type]] = {
    "name": str,
    "url": str,
    "description": str,
    "credential_type": str,
    "access_key": str,
    "access_secret": str,
    "insecure": bool,
}
REPLICATION: Final[Mapping[str, type]] = {
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
IMMUTABLE: Final[Mapping[str, type]] = {
    "id": int,
    "disabled": bool,
    "action": str,
    "template": str,
    "tag_selectors": list,
    "scope_selectors": dict,
}
WEBHOOK: Final[Mapping[str, type]] = {
    "id": int,
    "name": str,
    "description": str,
    "project_id": int,
    "targets": list,
    "event_types": list,
    "enabled": bool,
}
LABEL: Final[Mapping[str, type]] = {
    "id": int,
    "name": str,
    "description": str,
    "color": str,
    "scope": str,
    "project_id": int,
}
SCANNER: Final[Mapping[str, type]] = {
    "name": str,
    "description": str,
    "url": str,
    "auth": str,
    "access_credential": str,
    "skip_certVerify": bool,
    "use_internal_addr": bool,
    "disabled": bool,
}
INSTANCE: Final[Mapping[str, type]] = {
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
PREHEAT: Final[Mapping[str, type]] = {
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
GROUP: Final[Mapping[str, type]] = {"id": int, "group_name": str, "group_type": int, "ldap_group_dn": str}
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
CONFIGURATIONS: Final[Mapping[str, type]] = {
    **dict.fromkeys(_TEXTS, str),
    **dict.fromkeys(_FLAGS, bool),
    **dict.fromkeys(_NUMBERS, int),
}

__all__ = [
    "CONFIGURATIONS",
    "GROUP",
    "IMMUTABLE",
    "INSTANCE",
    "LABEL",
    "PREHEAT",
    "PROJECT",
    "REGISTRY",
    "REGISTRY_UPDATE",
    "REPLICATION",
    "ROBOT",
    "SCANNER",
    "WEBHOOK",
]

"""The bodies of the calls that this library makes to Harbor's API 2.0 itself.

Every field is one of Harbor's OpenAPI document of 2.15, by its name; an unknown one is refused here already.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Call(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    def body(self) -> dict[str, Any]:
        """Return it as JSON: what was not set is left out."""
        return self.model_dump(exclude_none=True)


class ScannerRegistrationReq(Call):
    """`POST /scanners`, `PUT /scanners/{uuid}`."""

    name: str
    url: str
    description: str = ""
    auth: str = ""
    access_credential: str | None = None
    skip_certVerify: bool = False  # noqa: N815 - Harbor's name
    use_internal_addr: bool = False
    disabled: bool = False


class IsDefault(Call):
    """`PATCH /scanners/{uuid}`."""

    is_default: bool


class ProjectScanner(Call):
    """`PUT /projects/{name}/scanner`."""

    uuid: str


class PreheatPolicy(Call):
    """`POST` and `PUT` below `/projects/{name}/preheat/policies`."""

    id: int | None = None
    name: str
    description: str = ""
    project_id: int
    provider_id: int
    provider_name: str
    filters: str
    trigger: str
    enabled: bool = True
    extra_attrs: str


class CVEAllowlistItem(Call):
    """One vulnerability."""

    cve_id: str


class CVEAllowlist(Call):
    """Vulnerabilities of a project; without `expires_at` for ever."""

    items: list[CVEAllowlistItem]
    expires_at: int | None = None


class ProjectMetadata(Call):
    """What is kept beside a project: texts, all of them."""

    reuse_sys_cve_allowlist: str | None = None
    proxy_speed_kb: str | None = None
    max_upstream_conn: str | None = None
    proxy_cache_local_on_not_found: str | None = None


class ProjectReq(Call):
    """`PUT /projects/{name}`: what is not said stays."""

    metadata: ProjectMetadata | None = None
    cve_allowlist: CVEAllowlist | None = None


class Configurations(Call):
    """`PUT /configurations`: what is not said stays."""

    self_registration: bool | None = None
    token_expiration: int | None = None
    session_timeout: int | None = None
    notification_enable: bool | None = None
    disabled_audit_log_event_types: str | None = None
    oidc_logout: bool | None = None
    oidc_extra_redirect_parms: str | None = None


class WebhookTargetObject(Call):
    """Where a webhook goes."""

    type: str
    address: str
    auth_header: str | None = None
    skip_cert_verify: bool = False


class WebhookPolicy(Call):
    """`POST /projects/{name}/webhook/policies`."""

    name: str
    description: str = ""
    project_id: int
    targets: list[WebhookTargetObject]
    event_types: list[str]
    enabled: bool = True


ALL = (
    ScannerRegistrationReq,
    IsDefault,
    ProjectScanner,
    PreheatPolicy,
    CVEAllowlistItem,
    CVEAllowlist,
    ProjectMetadata,
    ProjectReq,
    Configurations,
    WebhookTargetObject,
    WebhookPolicy,
)
"""Every model, named as in the document."""

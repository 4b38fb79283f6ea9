"""The emulated `gcp` provider: Artifact Registry, Cloud Storage, and what they need of the rest of Google Cloud."""

from __future__ import annotations

from typing import Any

from ..emulator import Emulator, Function, Property, Refusal, by_token, sdk_version
from . import gcp_artifactregistry, gcp_platform, gcp_storage
from .gcp_cloud import GcpCloud, connect, number_of


def _client_config(cloud: GcpCloud, _arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        "project": cloud.project or "",
        "region": cloud.region or "",
        "zone": "",
        "accessToken": "rehearsed-token",
        "id": cloud.project or "",
        "defaultLabels": dict(cloud.default_labels),
    }


def _project(cloud: GcpCloud, arguments: dict[str, Any]) -> dict[str, Any]:
    project = str(arguments.get("projectId") or cloud.project or "")
    if not project:
        raise Refusal("projectId", "project: required field is not set; set gcp:project in the stack's config")
    return {"projectId": project, "number": number_of(project), "name": project, "id": f"projects/{project}"}


def emulator() -> Emulator:
    """Return the emulated provider, of the version that the installed SDK asks for."""
    text = Property("string")
    functions = (
        Function("gcp:organizations/getClientConfig:getClientConfig", _client_config, {}, frozenset({"accessToken"})),
        Function("gcp:organizations/getProject:getProject", _project, {"projectId": text}),
        Function(
            "gcp:artifactregistry/getRepository:getRepository",
            gcp_artifactregistry.get_repository,
            {"location": text, "project": text, "repositoryId": Property("string", required=True)},
        ),
        Function(
            "gcp:storage/getProjectServiceAccount:getProjectServiceAccount",
            gcp_storage.get_project_service_account,
            {"project": text, "userProject": text},
        ),
    )
    return Emulator(
        package="gcp",
        version=sdk_version("pulumi-gcp", "9.0.0"),
        types=by_token([*gcp_artifactregistry.TYPES, *gcp_platform.TYPES, *gcp_storage.TYPES]),
        functions={function.token: function for function in functions},
        connect=connect,
        bridged=True,
    )


__all__ = ["emulator"]

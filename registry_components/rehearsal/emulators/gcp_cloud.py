"""The fake Google Cloud of a rehearsal: resources as the services have them, by their names, in one file."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ..emulator import Refusal, Settings
from ..folder import CloudFile, Folder, folder_of

FILE: Final = "gcp"
MADE_AT: Final = "2026-01-01T00:00:00.000000Z"
"""When everything was made: a clock would be drift."""
_PROJECT_FROM: Final = ("GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT")
_REGION_FROM: Final = ("GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION")


class Resources:
    """What there is, within one look or change: resources by kind and name, and IAM policies by the same."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self._state = state

    def _kind(self, kind: str) -> dict[str, Any]:
        if kind not in self._state and isinstance(self._state, dict):
            self._state[kind] = {}
        found: dict[str, Any] = self._state.get(kind, {})
        return found

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """Return a copy of a resource, or None."""
        found = self._state.get(kind, {}).get(name)
        return None if found is None else copy.deepcopy(found)

    def put(self, kind: str, name: str, body: Mapping[str, Any]) -> None:
        """Make or replace a resource."""
        self._kind(kind)[name] = dict(body)

    def remove(self, kind: str, name: str) -> None:
        """Remove a resource, and what stands below it."""
        for key in [key for key in self._state.get(kind, {}) if key == name]:
            del self._kind(kind)[key]
        for held in list(self._state):
            for key in [key for key in self._state[held] if key.startswith(f"{name}/")]:
                del self._state[held][key]
        self._state.get(f"iam:{kind}", {}).pop(name, None)

    def names(self, kind: str, below: str = "") -> list[str]:
        """Return the names of a kind that begin with `below`."""
        return sorted(name for name in self._state.get(kind, {}) if name.startswith(below))

    def policy(self, kind: str, name: str) -> list[dict[str, Any]]:
        """Return a copy of the bindings on a resource."""
        return copy.deepcopy(list(self._state.get(f"iam:{kind}", {}).get(name, [])))

    def set_policy(self, kind: str, name: str, bindings: list[dict[str, Any]]) -> None:
        """Replace the bindings on a resource."""
        self._kind(f"iam:{kind}")[name] = [item for item in bindings if item["members"]]

    def has_role(self, kind: str, name: str, project: str, role: str, member: str) -> bool:
        """Return whether somebody has a role on a resource or on its project. Conditions count as met."""
        found = [*self.policy(kind, name), *self.policy("project", f"projects/{project}")]
        return any(item["role"] == role and member in item["members"] for item in found)


class GcpCloud:
    """One rehearsal's Google Cloud, as one provider sees it."""

    def __init__(self, file: CloudFile, settings: Settings) -> None:
        self._file = file
        self.project = settings.get("project") or _first(settings, _PROJECT_FROM)
        """The provider's project."""
        self.region = settings.get("region") or _first(settings, _REGION_FROM)
        """The provider's region."""
        added = settings.get("addPulumiAttributionLabel", "true").lower() != "false"
        self.default_labels: Mapping[str, str] = {
            **_mapping(settings.get("defaultLabels")),
            **({"goog-pulumi-provisioned": "true"} if added else {}),
        }
        """Labels that the provider adds to everything."""

    def project_of(self, inputs: Mapping[str, Any]) -> str:
        """Return a resource's project: its own, or the provider's. Raises `Refusal` where neither is said."""
        found = inputs.get("project") or self.project
        if not found:
            raise Refusal("project", "project: required field is not set; set it, or gcp:project in the stack's config")
        return str(found).removeprefix("projects/")

    def location_of(self, inputs: Mapping[str, Any]) -> str:
        """Return a resource's location: its own, or the provider's region. Raises `Refusal` where neither is said."""
        found = inputs.get("location") or self.region
        if not found:
            raise Refusal(
                "location", "location: required field is not set; set it, or gcp:region in the stack's config"
            )
        return str(found)

    @contextmanager
    def change(self) -> Iterator[Resources]:
        """Yield what there is, to change; nothing is changed where an error is raised."""
        with self._file.change() as state:
            yield Resources(state)

    @contextmanager
    def look(self) -> Iterator[Resources]:
        """Yield what there is, to look at."""
        with self._file.look() as state:
            yield Resources(state)

    def owns(self, project: str, resources: Resources) -> bool:
        """Return whether a project is this rehearsal's: then what is said to be in it has to be there.

        What stands in projects of others is taken to be there.
        """
        if project == self.project:
            return True
        return any(resources.names(kind, f"projects/{project}/") for kind in ("repository", "secret", "key", "account"))


def number_of(project: str) -> str:
    """Return a project's number, the same for the same project."""
    return str(int(hashlib.sha256(project.encode()).hexdigest(), 16) % 900_000_000_000 + 100_000_000_000)


def agent_of(project: str, service: str = "artifactregistry") -> str:
    """Return a service's own account in a project, as IAM has it."""
    return f"serviceAccount:service-{number_of(project)}@gcp-sa-{service}.iam.gserviceaccount.com"


def _first(settings: Settings, names: tuple[str, ...]) -> str | None:
    return next((settings[name] for name in names if settings.get(name)), None)


def _mapping(text: str | None) -> dict[str, str]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def connect(settings: Settings) -> GcpCloud:
    """Return the fake Google Cloud of this rehearsal."""
    return GcpCloud(Folder(folder_of(settings)).cloud(FILE), settings)


def cloud_of(folder: Path, project: str | None = None) -> GcpCloud:
    """Return the fake Google Cloud of a rehearsal's folder, to look into it or to make drift."""
    return GcpCloud(Folder(folder).cloud(FILE), {} if project is None else {"project": project})

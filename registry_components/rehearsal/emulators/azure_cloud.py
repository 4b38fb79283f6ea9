"""The fake Azure: resources by ARM id in one file, with the parents, locks and cascades of Azure Resource Manager."""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..emulator import Refusal, Settings
from ..folder import Folder, folder_of

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
TENANT = "00000000-0000-4000-8000-000000000002"
CLIENT = "00000000-0000-4000-8000-000000000003"
FILE = "azure"
MADE_AT = "2026-01-01T00:00:00Z"
"""When everything in the fake cloud was made: the same at each run."""


def guid(*parts: str) -> str:
    """Return an id that is always the same for the same parts, as principal and client ids are in the fake cloud."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(parts).lower()))


def type_of(arm_id: str) -> str:
    """Return the type of an ARM id, in lower case: `microsoft.containerregistry/registries/replications`."""
    provider = arm_id.lower().rpartition("/providers/")[2]
    parts = provider.split("/")
    return "/".join([parts[0], *parts[1::2]])


def group_of(arm_id: str) -> str | None:
    """Return the resource group's id that an ARM id stands in, in lower case."""
    found = re.match(r"/subscriptions/[^/]+/resourcegroups/[^/]+", arm_id.lower())
    return found.group(0) if found else None


class AzureCloud:
    """One subscription's resources."""

    def __init__(self, folder: Folder, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.file = folder.cloud(FILE)
        self.subscription = settings.get("subscriptionId") or settings.get("ARM_SUBSCRIPTION_ID") or SUBSCRIPTION
        self.tenant = settings.get("tenantId") or settings.get("ARM_TENANT_ID") or TENANT
        self.client = settings.get("clientId") or settings.get("ARM_CLIENT_ID") or CLIENT
        self.location = settings.get("location")
        """Where resources go that name no place, if the provider is told so."""

    def assume_group(self, resources: Resources, arm_id: str) -> bool:
        """Note that the resource group of an id is taken to be there, as the subscription is; nothing is made."""
        group = group_of(arm_id)
        if group is None or group in resources.entries:
            return False
        name = arm_id.split("/")[4]
        self.folder.note(
            package="azure-native",
            token="azure-native:resources:ResourceGroup",  # noqa: S106 - a resource type
            urn="",
            operation="assume",
            proof="skipped",
            seconds=0.0,
            what=f"the resource group {name}",
        )
        return True

    @contextmanager
    def change(self) -> Iterator[Resources]:
        """Yield the resources to change; nothing is kept where an error is raised."""
        with self.file.change() as state:
            yield Resources(state.setdefault("resources", {}))

    @contextmanager
    def look(self) -> Iterator[Resources]:
        """Yield the resources to look at."""
        with self.file.look() as state:
            yield Resources(state.get("resources", {}))


class Resources:
    """Resources by their ids, which ARM compares without regard to case."""

    def __init__(self, entries: dict[str, Any]) -> None:
        self.entries = entries

    def get(self, arm_id: str) -> dict[str, Any] | None:
        """Return the outputs of a resource, or None."""
        entry = self.entries.get(arm_id.lower())
        return None if entry is None else copy.deepcopy(entry["outputs"])

    def id(self, arm_id: str) -> str | None:
        """Return an id as it was written when the resource was made."""
        entry = self.entries.get(arm_id.lower())
        return None if entry is None else str(entry["id"])

    def put(self, arm_id: str, outputs: Mapping[str, Any]) -> None:
        """Make or change a resource. Raises `Refusal` under a read-only lock."""
        self._refuse_locked(arm_id, change=True)
        self.entries[arm_id.lower()] = {"id": arm_id, "outputs": copy.deepcopy(dict(outputs))}

    def remove(self, arm_id: str) -> None:
        """Remove a resource with all below it. Raises `Refusal` under a lock."""
        key = arm_id.lower()
        if key not in self.entries:
            return
        if not type_of(key).endswith("/locks"):
            self._refuse_locked(arm_id, change=False)
        for other in [item for item in self.entries if item == key or item.startswith(f"{key}/")]:
            del self.entries[other]

    def of(self, type_: str, below: str = "") -> dict[str, dict[str, Any]]:
        """Return outputs by id of all resources of a type, below an id."""
        prefix = below.lower()
        return {
            entry["id"]: entry["outputs"]
            for key, entry in self.entries.items()
            if type_of(key) == type_.lower() and key.startswith(prefix)
        }

    def knows_group_of(self, arm_id: str) -> bool:
        """Return whether an id stands in a resource group that was made here: then it has to be there."""
        group = group_of(arm_id)
        return group is not None and group in self.entries

    def has_to_hold(self, arm_id: str) -> bool:
        """Return whether what an id names would be here if it existed: its group or its registry was made here."""
        registry = re.match(r".*/registries/[^/]+(?=/)", arm_id.lower())
        return self.knows_group_of(arm_id) or (registry is not None and registry.group(0) in self.entries)

    def _refuse_locked(self, arm_id: str, *, change: bool) -> None:
        key = arm_id.lower()
        for lock_id, lock in self.entries.items():
            marker = "/providers/microsoft.authorization/locks/"
            if marker not in lock_id or lock_id == key:
                continue
            scope = lock_id.split(marker)[0]
            # Removing what holds a locked resource removes that too.
            held = key == scope or key.startswith(f"{scope}/") or (not change and scope.startswith(f"{key}/"))
            level = lock["outputs"].get("level")
            if held and (level == "ReadOnly" or not change):
                raise Refusal(
                    "", f"ScopeLocked: the scope {scope!r} is locked ({level}); remove the lock {lock['id']!r} first"
                )


def connect(settings: Settings) -> AzureCloud:
    """Return the fake Azure of this rehearsal."""
    plain = {key: _text(value) for key, value in settings.items()}
    return AzureCloud(Folder(folder_of(settings)), plain)


def _text(value: str) -> str:
    try:
        parsed = json.loads(value)
    except ValueError:
        return value
    return parsed if isinstance(parsed, str) else value


def add_resource_group(folder: Path, name: str, location: str) -> str:
    """Put a resource group into a rehearsal's Azure, as if it had been there before; return its id."""
    cloud = AzureCloud(Folder(folder), {})
    arm_id = f"/subscriptions/{cloud.subscription}/resourceGroups/{name}"
    with cloud.change() as resources:
        resources.put(arm_id, {"name": name, "location": location, "resourceGroupName": name})
    return arm_id

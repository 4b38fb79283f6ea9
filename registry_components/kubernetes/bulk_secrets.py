"""One secret in hundreds of namespaces, over the API: what is there, what to write, what to remove.

Nobody else's is touched: a secret is ours where our field manager has applied it and no other mark is on it. A copy
that some other program made has the mark alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from ..core.errors import StackError
from .api import ApiError, KubernetesApi
from .pull_secrets_render import Marks, secret
from .words import MARK

MISSING, CHANGED = "is not there", "is not as it was written"
NOT_WANTED = "is not wanted any more"
_Objects = Mapping[str, Mapping[str, Any]]


class Bulk(NamedTuple):
    """What is said of all the secrets."""

    name: str
    data: Mapping[str, str]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    mark: str
    """Value of the label that makes them this component's."""
    manager: str
    """The field manager."""
    at_once: int
    """Requests at the same time."""

    def manifest(self, namespace: str) -> dict[str, Any]:
        """Return the secret of one namespace."""
        return secret(self.name, namespace, Marks({**self.labels, MARK: self.mark}, self.annotations), self.data)


class Written(NamedTuple):
    """How it is in the cluster."""

    written: list[str]
    """Namespaces that have the secret as it is said."""
    unwritten: dict[str, str]
    """Those that do not have it, and why."""
    left: dict[str, str]
    """Namespaces that have one of ours and are not to have it, and why they still do."""


def look(api: KubernetesApi, bulk: Bulk, namespaces: Collection[str]) -> Written:
    """Return how it is. Raises `ApiError`."""
    found = _found(api, bulk.name)
    unwritten = _unwritten(bulk, found, namespaces)
    left = {name for name, one in found.items() if _is_ours(bulk, one)}.difference(namespaces)
    return Written(
        [name for name in namespaces if name not in unwritten], unwritten, dict.fromkeys(sorted(left), NOT_WANTED)
    )


def put(api: KubernetesApi, bulk: Bulk, namespaces: Collection[str]) -> Written:
    """Write what lacks, one request each. What fails does not stop the rest. Raises `ApiError` from the first look."""
    seen = look(api, bulk, namespaces)
    lacking = [name for name, why in seen.unwritten.items() if why in (MISSING, CHANGED)]
    failed = each(
        bulk.at_once,
        lacking,
        lambda name: api.apply(_path(bulk, name), bulk.manifest(name), bulk.manager, force=False),
        _reason,
    )
    unwritten = {name: why for name, why in seen.unwritten.items() if name not in lacking} | failed
    written = [name for name in namespaces if name not in unwritten]
    return Written(written, dict(sorted(unwritten.items())), seen.left)


def clear(api: KubernetesApi, bulk: Bulk, but: Collection[str] = ()) -> dict[str, str]:
    """Remove ours but in some namespaces; return where that failed, and why.

    What somebody else applies too is only given back: it is his when the component goes over to secrets singly.
    """
    ours = {name: one for name, one in _found(api, bulk.name).items() if _is_ours(bulk, one) and name not in but}

    def remove(namespace: str) -> None:
        found = ours[namespace]
        if managers(found, "f:data", operation="Apply") - {bulk.manager}:
            about = {key: found["metadata"][key] for key in ("name", "namespace", "uid")}
            nothing = {"apiVersion": "v1", "kind": "Secret", "metadata": about}
            api.apply(_path(bulk, namespace), nothing, bulk.manager, force=False)
        else:
            api.delete(_path(bulk, namespace), found)

    return each(bulk.at_once, sorted(ours), remove, _reason)


def _found(api: KubernetesApi, name: str) -> dict[str, dict[str, Any]]:
    items = api.pages("/api/v1/secrets", fieldSelector=f"metadata.name={name}")
    return {str(item["metadata"]["namespace"]): item for item in items}


def _path(bulk: Bulk, namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/secrets/{bulk.name}"


def _unwritten(bulk: Bulk, found: _Objects, namespaces: Iterable[str]) -> dict[str, str]:
    told = {name: _why(bulk, name, found.get(name)) for name in namespaces}
    return {name: why for name, why in told.items() if why is not None}


def _why(bulk: Bulk, namespace: str, found: Mapping[str, Any] | None) -> str | None:
    """Return what is wrong with a namespace's secret."""
    if found is None:
        return MISSING
    if not _is_ours(bulk, found):
        makers = ", ".join(sorted({str(one.get("manager")) for one in _managers(found)})) or "somebody"
        return f"has one of this name that {makers} made; delete that, or take another secret_name"
    return None if _is_same(bulk, bulk.manifest(namespace), found) else CHANGED


def _managers(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(found["metadata"].get("managedFields") or [])


def applied(manager: str, found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the fields of an object that a field manager applied."""
    ours = (one for one in _managers(found) if one.get("manager") == manager and one.get("operation") == "Apply")
    return next((one.get("fieldsV1") or {} for one in ours), None)


def managers(found: Mapping[str, Any], field: str, operation: str = "") -> set[str]:
    """Return who has a field of an object, by whatever operation or by one."""
    return {
        str(one.get("manager"))
        for one in _managers(found)
        if field in (one.get("fieldsV1") or {}) and operation in ("", one.get("operation"))
    }


def _is_ours(bulk: Bulk, found: Mapping[str, Any]) -> bool:
    # A mark that somebody took off is put back. A field manager's name may be cut off, and then be another's too.
    marked = (found["metadata"].get("labels") or {}).get(MARK, bulk.mark) == bulk.mark
    return marked and applied(bulk.manager, found) is not None


def _is_same(bulk: Bulk, said: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    if any(found.get(key) != said[key] for key in ("type", "immutable")):
        return False
    fields = applied(bulk.manager, found) or {}
    about = fields.get("f:metadata") or {}
    parts = (
        (said["data"], found.get("data"), fields.get("f:data")),
        *(
            (said["metadata"].get(key), found["metadata"].get(key), about.get(f"f:{key}"))
            for key in ("labels", "annotations")
        ),
    )
    # Others may have labels beside ours; what we once applied and do not say any more has to go.
    return all(
        (said or {}).items() <= (there or {}).items()
        and {key[2:] for key in ours or {} if key != "."} <= (said or {}).keys()
        for said, there, ours in parts
    )


def each(
    at_once: int, names: Iterable[str], act: Callable[[str], object], reason: Callable[[ApiError], str]
) -> dict[str, str]:
    """Do something for each name, a few at the same time; return where it failed, and why."""
    gone = threading.Event()

    def one(name: str) -> tuple[str, str | None]:
        # Each would wait through all its attempts for nothing.
        if gone.is_set():
            return name, "was not tried, as the API server stopped answering"
        try:
            act(name)
        except ApiError as error:
            if error.status == 0:
                gone.set()
            return name, reason(error)
        except StackError as error:
            return name, str(error)
        return name, None

    with ThreadPoolExecutor(at_once, thread_name_prefix="bulk") as pool:
        return {name: why for name, why in pool.map(one, names) if why is not None}


def _reason(error: ApiError) -> str:
    if error.status == 404:
        return "there is no such namespace; make it, or take it out of namespaces"
    if error.status == 409:
        return f"{error.reason}; give that back, or delete the secret there, and run again"
    return error.reason


__all__ = [
    "CHANGED",
    "MISSING",
    "NOT_WANTED",
    "Bulk",
    "Written",
    "applied",
    "clear",
    "each",
    "look",
    "managers",
    "put",
]

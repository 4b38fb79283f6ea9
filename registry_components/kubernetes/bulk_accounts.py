"""One entry in the `imagePullSecrets` of service accounts of hundreds of namespaces, over the API.

The list is one field to server-side apply (see `attachment`). It is either ours as a whole, and then the object itself
tells so by its field manager; or one entry is added beside others', and then only who added it knows.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from .api import ApiError, KubernetesApi
from .bulk_secrets import NOT_WANTED, applied, each, managers
from .service_account_entry import attach, detach, has_entry, path_of

NOT_THERE = "there is no such service account; make it, or take it out of service_accounts"
NOT_ATTACHED = "does not pull with it"
_DEFAULT = "default"
_WAITS = (0.2, 0.5, 1.0, 2.0)
_Objects = Mapping[str, Mapping[str, Any]]


class Accounts(NamedTuple):
    """What is said of the service accounts."""

    secret: str
    names: tuple[str, ...]
    own: bool
    """Whether the list is ours as a whole; else one entry is added."""
    manager: str
    """The field manager."""
    single_manager: str
    """The field manager of this component's resources where accounts are not attached in bulk; what it has is taken."""
    at_once: int
    """Requests at the same time."""

    def places(self, namespaces: Iterable[str]) -> list[str]:
        """Return `namespace/account` of all of them."""
        return [f"{namespace}/{name}" for namespace in namespaces for name in self.names]


class Attached(NamedTuple):
    """How it is in the cluster."""

    attached: list[str]
    """Places, as `namespace/account`, whose pods pull with the secret."""
    unattached: dict[str, str]
    """Those that do not, and why."""
    left_attached: dict[str, str]
    """Places where it is by us and is not to be, and why it still is."""


def look(api: KubernetesApi, accounts: Accounts, places: Collection[str], former: Collection[str] = ()) -> Attached:
    """Return how it is; `former` are places where it was attached before. Raises `ApiError`."""
    found = _found(api, accounts.names)
    left = set(_mine(accounts, found, former)).difference(places)
    return _told(places, _unattached(accounts, found, places), left)


def put(api: KubernetesApi, accounts: Accounts, places: Collection[str]) -> Attached:
    """Attach the secret where it is not. What fails does not stop the rest. Raises `ApiError` from the first look."""
    found = _found(api, accounts.names)
    for wait in _WAITS:
        # Its controller makes it, a moment after the namespace.
        if all(place in found or not place.endswith(f"/{_DEFAULT}") for place in places):
            break
        time.sleep(wait)
        found |= _found(api, (_DEFAULT,))
    unattached = _unattached(accounts, found, places)
    lacking = [place for place, why in unattached.items() if why != NOT_THERE]
    failed = each(accounts.at_once, lacking, lambda place: _attach(api, accounts, place, found[place]), _reason)
    left = set(_mine(accounts, found, ())).difference(places)
    return _told(places, {place: why for place, why in unattached.items() if why == NOT_THERE} | failed, left)


def clear(
    api: KubernetesApi, accounts: Accounts, but: Collection[str] = (), former: Collection[str] = ()
) -> dict[str, str]:
    """Take the secret back but in some places; return where that failed, and why.

    Where the list is ours its field manager tells; else `former` says where an entry was added.
    """
    found = _found(api, {*accounts.names, *(place.partition("/")[2] for place in former)})
    surplus = sorted(set(_mine(accounts, found, former)).difference(but) & found.keys())
    return each(accounts.at_once, surplus, lambda place: _detach(api, accounts, place, found[place]), _reason)


def _found(api: KubernetesApi, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    return {
        f"{item['metadata']['namespace']}/{name}": item
        for name in sorted(names)
        for item in api.pages("/api/v1/serviceaccounts", fieldSelector=f"metadata.name={name}")
    }


def _mine(accounts: Accounts, found: _Objects, former: Iterable[str]) -> Iterable[str]:
    return [place for place, one in found.items() if _is_ours(accounts, one)] if accounts.own else former


def _told(places: Iterable[str], unattached: Mapping[str, str], left: Iterable[str]) -> Attached:
    attached = [place for place in places if place not in unattached]
    return Attached(attached, dict(sorted(unattached.items())), dict.fromkeys(sorted(left), NOT_WANTED))


def _unattached(accounts: Accounts, found: _Objects, places: Iterable[str]) -> dict[str, str]:
    def why(place: str) -> str | None:
        one = found.get(place)
        if one is None:
            return NOT_THERE
        entries = one.get("imagePullSecrets")
        right = has_entry(dict(one), accounts.secret)
        if accounts.own:
            right = _is_ours(accounts, one) and entries == [{"name": accounts.secret}]
        return None if right else NOT_ATTACHED

    return {place: told for place in places if (told := why(place)) is not None}


def _is_ours(accounts: Accounts, found: Mapping[str, Any]) -> bool:
    return "f:imagePullSecrets" in (applied(accounts.manager, found) or {})


def _attach(api: KubernetesApi, accounts: Accounts, place: str, found: Mapping[str, Any]) -> None:
    namespace, _, name = place.partition("/")
    if accounts.own:
        owners = managers(found, "f:imagePullSecrets")
        force = bool(owners) and owners <= {accounts.manager, accounts.single_manager}
        _apply(api, accounts, found, force=force, imagePullSecrets=[{"name": accounts.secret}])
    else:
        attach(api, namespace, name, accounts.secret)


def _detach(api: KubernetesApi, accounts: Accounts, place: str, found: Mapping[str, Any]) -> None:
    namespace, _, name = place.partition("/")
    if accounts.own:
        _apply(api, accounts, found)
    else:
        detach(api, namespace, name, accounts.secret)


def _apply(
    api: KubernetesApi, accounts: Accounts, found: Mapping[str, Any], *, force: bool = False, **fields: Any
) -> None:
    about = found["metadata"]
    # With its uid an account that is gone by now is not made.
    metadata = {key: about[key] for key in ("name", "namespace", "uid")}
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, **fields}
    api.apply(path_of(about["namespace"], about["name"]), body, accounts.manager, force=force)


def _reason(error: ApiError) -> str:
    if error.status == 409:
        return f"{error.reason}; take those entries out, or let attachment be of kind 'add'"
    return error.reason


__all__ = ["NOT_ATTACHED", "NOT_THERE", "Accounts", "Attached", "clear", "look", "put"]

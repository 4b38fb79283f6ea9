"""Finds workloads whose pods could not pull their images, from what the cluster says of itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from ..core.names import ImageReference
from .keyring import DOCKER_HUB, logins_of, matches
from .possible import ALTERNATIVES
from .registry_kind import NAMES, TOKEN_MINUTES, RegistryKind, ephemeral, kind_of

PUBLIC: tuple[str, ...] = (
    "docker.io",
    "gcr.io",
    "ghcr.io",
    "mcr.microsoft.com",
    "public.ecr.aws",
    "quay.io",
    "registry.k8s.io",
    "registry.gitlab.com",
)
"""Hosts where many images are pulled without login; only they know which."""

_TEMPLATES: dict[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "ReplicaSet": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "Pod": ("spec",),
}


@dataclass(frozen=True, order=True)
class Unpullable:
    """One image that a workload's pods could not pull."""

    namespace: str
    kind: str
    name: str
    container: str
    image: str
    reason: str
    advice: str

    def __str__(self) -> str:
        where = f"{self.kind} {self.namespace}/{self.name}, container {self.container}"
        return f"{where}: {self.image}: {self.reason}; {self.advice}"


def items_of(tree: Any) -> list[dict[str, Any]]:
    """Return the objects in what kubectl printed: one object, a List, or a list of them."""
    if isinstance(tree, list):
        return [item for one in tree for item in items_of(one)]
    if not isinstance(tree, dict):
        raise ValueError("is no object of Kubernetes; give what `kubectl get … -o json` printed")
    if isinstance(tree.get("items"), list):
        return items_of(tree["items"])
    if not isinstance(tree.get("kind"), str) or not isinstance(tree.get("metadata"), dict):
        raise ValueError("is no object of Kubernetes; give what `kubectl get … -o json` printed")
    return [tree]


def find_unpullable(
    deployments: Any,
    secrets: Any,
    service_accounts: Any,
    *,
    anonymous: Sequence[str] = PUBLIC,
    node_identity: Sequence[str] = (),
    now: datetime | None = None,
) -> list[Unpullable]:
    """Return what workloads could not pull, and why, sorted.

    Each argument is what `kubectl get … -o json` printed: workloads of any kind, secrets, service accounts. From hosts
    of `anonymous` images are taken to need no login, to those of `node_identity` (patterns) the nodes log in as
    themselves. With `now`, tokens that are over are found, in secrets that were printed with `--show-managed-fields`.
    """
    found = _Cluster(items_of(secrets), items_of(service_accounts), tuple(anonymous), tuple(node_identity), now)
    return sorted(
        finding for item in items_of(deployments) if item["kind"] in _TEMPLATES for finding in found.workload(item)
    )


class _Cluster:
    def __init__(
        self,
        secrets: Iterable[Mapping[str, Any]],
        accounts: Iterable[Mapping[str, Any]],
        anonymous: tuple[str, ...],
        node_identity: tuple[str, ...],
        now: datetime | None,
    ) -> None:
        self._secrets = {_place(item): item for item in secrets}
        self._accounts = {_place(item): item for item in accounts}
        self._anonymous, self._node_identity, self._now = anonymous, node_identity, now

    def workload(self, item: Mapping[str, Any]) -> Iterator[Unpullable]:
        """Yield what one workload could not pull."""
        spec: Any = item
        for key in _TEMPLATES[item["kind"]]:
            spec = (spec or {}).get(key)
        spec = spec or {}
        namespace, name = _place(item)
        containers = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
        for container in containers:
            image = str(container.get("image") or "")
            told = self._image(namespace, spec, container, image)
            if told is not None:
                container_name = str(container.get("name") or "")
                yield Unpullable(namespace, item["kind"], name, container_name, image, *told)

    def _image(
        self, namespace: str, spec: Mapping[str, Any], container: Mapping[str, Any], image: str
    ) -> tuple[str, str] | None:
        try:
            reference = ImageReference.parse(image)
        except ValueError as error:
            return f"is no image: {error}", "correct it"
        account = str(spec.get("serviceAccountName") or "default")
        known = self._accounts.get((namespace, account))
        if known is None:
            return (
                f"its service account {account!r} is not in the namespace, so no pod is made",
                "make the account, or correct serviceAccountName",
            )
        if container.get("imagePullPolicy") == "Never":
            return None
        host = reference.server or DOCKER_HUB
        if host in self._anonymous or any(fnmatchcase(host, pattern) for pattern in self._node_identity):
            return None
        # The admission controller adds the account's secrets to a pod that names none of its own.
        own = spec.get("imagePullSecrets") or []
        names = [str(entry.get("name")) for entry in own or known.get("imagePullSecrets") or []]
        whose = "the pod" if own else f"service account {account!r}"
        return self._login(namespace, (host, reference.repository), names, whose)

    def _login(
        self, namespace: str, wanted: tuple[str, str], names: Sequence[str], whose: str
    ) -> tuple[str, str] | None:
        host = wanted[0]
        if not names:
            return (
                f"neither the pod nor {whose} names a pull secret, and {host} asks for a login",
                _advice(host),
            )
        troubles: list[tuple[str, str]] = []
        for name in names:
            trouble = self._trouble(namespace, wanted, name)
            if trouble is None:
                return None
            troubles.append(trouble)
        reasons = ", ".join(reason for reason, _ in troubles)
        return f"of what {whose} names, {reasons}", troubles[0][1]

    def _trouble(self, namespace: str, wanted: tuple[str, str], name: str) -> tuple[str, str] | None:
        """Return why a secret does not let this image be pulled, and what to do; None where it does."""
        host, repository = wanted
        secret = self._secrets.get((namespace, name))
        if secret is None:
            return (
                f"secret {name!r} is not in the namespace",
                f"make it there: a secret is of one namespace, so add {namespace!r} to namespaces of its PullSecrets",
            )
        try:
            logins = logins_of(secret)
        except ValueError as error:
            return f"secret {name!r} {error}", "let PullSecrets make it"
        users = [user for key, user in logins.items() if matches(key, host, repository)]
        if not users:
            listed = ", ".join(sorted(logins)) or "nothing"
            return f"secret {name!r} has logins for {listed}, and none for {host}", f"add {host} to its endpoints"
        if not any(users):
            return f"secret {name!r} has an entry for {host} without a login", "give the endpoint its credentials"
        if all(self._over(secret, host, user) for user in users):
            return f"the token in secret {name!r} is over", _advice(host)
        return None

    def _over(self, secret: Mapping[str, Any], host: str, user: str) -> bool:
        kind: RegistryKind = kind_of(host)
        written = _written(secret)
        if self._now is None or written is None or kind not in TOKEN_MINUTES:
            return False
        return ephemeral(kind, user, "") is not None and self._now - written > timedelta(minutes=TOKEN_MINUTES[kind])


def _advice(host: str) -> str:
    kind = kind_of(host)
    if kind in ALTERNATIVES and kind in TOKEN_MINUTES:
        return f"for {NAMES[kind]}, {ALTERNATIVES[kind]} in a PullSecrets"
    return "make a PullSecrets for it, and name its secret in imagePullSecrets or attach it to the account"


def _written(secret: Mapping[str, Any]) -> datetime | None:
    """Return when a secret's data was written last, by whoever wrote it."""
    moments = [
        datetime.fromisoformat(str(entry["time"]))
        for entry in secret["metadata"].get("managedFields") or []
        if "time" in entry and "f:data" in (entry.get("fieldsV1") or {})
    ]
    return max(moments, default=None)


def _place(item: Mapping[str, Any]) -> tuple[str, str]:
    return str(item["metadata"].get("namespace") or "default"), str(item["metadata"]["name"])

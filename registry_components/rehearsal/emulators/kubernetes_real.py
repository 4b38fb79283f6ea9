"""What a rehearsal adds to the real Kubernetes provider: a cluster on this machine, and strict validation at preview.

The vendor's provider leaves out the fields that it does not know, without a word. A rehearsal wants to hear of them,
and of every value that the API server would refuse, before anything is made: each object is applied as a dry run with
strict field validation when its inputs are checked.

No pods run: what the provider would wait for pods with is not waited for. A Helm release whose chart is on this machine
is the vendor's provider's too. Any other chart would have to be downloaded: a model keeps its release.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import httpx
from pulumi.runtime.proto import provider_pb2

from .. import cluster
from ..emulator import NETWORK, Emulator, Refusal, Settings, sdk_version
from ..folder import ASSUMED, CloudFile, Folder
from . import kubernetes_release as release
from .kubernetes_definitions import stand_in

_CONFIG: Final = "kubernetes:config:"
_ELSEWHERE: Final = ("context", "cluster")
_FIELD_MANAGER: Final = "registry-components-rehearsal"
# Charts and manifests are taken apart by the provider; what they hold is checked one by one.
_NOT_OBJECTS: Final = re.compile(r"kubernetes:(?:helm\.sh|kustomize|yaml)[:/]|:\w+(?:Patch|List)$")
_TYPED: Final = re.compile(r"\): (?P<path>\.\S+?): (?P<reason>field not declared in schema|.+)$", re.MULTILINE)
_TYPE: Final = re.compile(r"(?P<expected>expected .+?), got .*")
# What the provider waits for until pods are ready, or until somebody outside of the cluster gives an address.
_WAITING: Final = frozenset(
    {
        "kubernetes:apps/v1:DaemonSet",
        "kubernetes:apps/v1:Deployment",
        "kubernetes:apps/v1:StatefulSet",
        "kubernetes:core/v1:Service",
        "kubernetes:networking.k8s.io/v1:Ingress",
    }
)
_DEFINITION: Final = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
_DEFINED_SECONDS: Final = 10.0
_SKIP: Final = "pulumi.com/skipAwait"
# What holds for a change alone: then the provider replaces the object, or says so itself.
_OF_A_CHANGE: Final = re.compile(r"immutable|updates? to |may not (?:be )?chang|cannot (?:be )?chang")


class RealCluster:
    """The cluster of one rehearsal, as one run of the real provider meets it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._client: httpx.Client | None = None
        self._kinds: dict[str, dict[str, tuple[str, bool]]] = {}
        self._lock = threading.Lock()
        self._defining = threading.Lock()
        self._defined: set[tuple[str, str]] = set()
        """Groups and kinds that the program itself defines."""

    def configure(self, request: provider_pb2.ConfigureRequest) -> None:
        """Lead the provider to the rehearsal's cluster, whichever one the program names."""
        made = cluster.ensure(self._settings, self._folder)
        text = made.kubeconfig.read_text(encoding="utf-8")
        for key in _ELSEWHERE:
            request.variables.pop(f"{_CONFIG}{key}", None)
            request.args.fields.pop(key, None)
        request.variables[f"{_CONFIG}kubeconfig"] = text
        request.args.fields["kubeconfig"].string_value = text
        self._client = httpx.Client(
            base_url=made.server,
            verify=ssl.create_default_context(cafile=str(made.certificate)),
            headers={"Authorization": f"Bearer {made.token}"},
            trust_env=False,
            timeout=30,
            limits=httpx.Limits(max_connections=16),
        )

    def refused(self, token: str, given: Mapping[str, Any], checked: Mapping[str, Any]) -> Iterator[Refusal]:
        """Yield what the API server says against an object."""
        # What the provider checked lacks the fields that it does not know; what was given lacks a made-up name.
        named = {key: value for key, value in (checked.get("metadata") or {}).items() if key in ("name", "namespace")}
        inputs = {**given, "metadata": {**(given.get("metadata") or {}), **named}}
        path = None if _NOT_OBJECTS.search(token) else self._path(inputs)
        if path is None:
            return
        answer = self._dry_run(path, inputs)
        if _lacks_namespace(answer):
            # The program makes it; what is wrong with the object is the same in every namespace.
            there = {**inputs, "metadata": {**inputs["metadata"], "namespace": "default"}}
            other = self._path(there)
            answer = answer if other is None else self._dry_run(other, there)
        yield from refusals(answer.status_code, answer.text)

    def beside(self, token: str, inputs: Mapping[str, Any]) -> bool:
        """Return whether a resource is the model's: a release of a chart that would have to be downloaded."""
        if token != release.TOKEN or self._settings.get(NETWORK):
            return False
        place = inputs.get("repositoryOpts")
        given = isinstance(place, Mapping) and bool(place.get("repo"))
        # A path where no chart is, is for the provider to refuse.
        chart = str(inputs.get("chart") or "")
        return bool(chart) and (given or (release.local(chart) is None and not chart.startswith((".", "/"))))

    def adapt(self, token: str, inputs: Any) -> None:
        """Change checked inputs, a `Struct`, for a cluster in which no pod runs."""
        if token == _DEFINITION:
            spec = inputs.fields["spec"].struct_value
            kind = spec.fields["names"].struct_value.fields["kind"].string_value
            self._defined.add((spec.fields["group"].string_value, kind))
            return
        if token == release.TOKEN:
            inputs.fields["skipAwait"].bool_value = True
            for key in ("atomic", "waitForJobs"):
                inputs.fields.pop(key, None)
            what = "the pods of Helm releases: none runs here, so that no release waits for them"
        elif token in _WAITING:
            metadata = inputs.fields["metadata"].struct_value
            metadata.fields["annotations"].struct_value.fields[_SKIP].string_value = "true"
            what = f"what each {token.rpartition(':')[2]} waits for: no pod and no load balancer runs here"
        else:
            return
        self._assumed(token, what)

    def _assumed(self, token: str, what: str) -> None:
        Folder(self._folder).note(
            package="kubernetes", token=token, urn="", operation=ASSUMED, proof="real", seconds=0.0, what=what
        )

    def prepare(self, token: str, inputs: Mapping[str, Any]) -> None:
        """Define an object's kind where the cluster does not know it, as its controller's installation would."""
        version, kind = inputs.get("apiVersion"), inputs.get("kind")
        if (
            not isinstance(version, str)
            or not isinstance(kind, str)
            or "/" not in version
            or _NOT_OBJECTS.search(token)
        ):
            return
        group, _, name = version.partition("/")
        home = f"/apis/{version}"
        with self._defining:
            # Another object's definition may have come since the group was asked for.
            if kind in self._known(home) or (group, kind) in self._defined or kind in self._known(home, again=True):
                return
            self.make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", stand_in(group, name, kind))
            until = time.monotonic() + _DEFINED_SECONDS
            while kind not in self._known(home, again=True) and time.monotonic() < until:
                time.sleep(0.1)
        self._assumed(
            token, f"the definition of {kind} ({version}), of which nothing was checked but the object's names"
        )

    def read(self, path: str) -> Mapping[str, Any] | None:
        """Return what the API server has at a path, or None."""
        assert self._client is not None  # noqa: S101 - the engine configures first
        answer = self._client.get(path)
        return dict(answer.json()) if answer.status_code == 200 else None

    def make(self, path: str, body: Mapping[str, Any]) -> None:
        """Create an object in a collection. Raises `Refusal` where the API server does."""
        assert self._client is not None  # noqa: S101 - the engine configures first
        answer = self._client.post(path, json=dict(body))
        if answer.status_code >= 400:
            raise Refusal("", str(answer.json().get("message", "")))

    def _dry_run(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        assert self._client is not None  # noqa: S101 - the engine configures first
        return self._client.patch(
            path,
            params={"dryRun": "All", "fieldManager": _FIELD_MANAGER, "force": "true", "fieldValidation": "Strict"},
            content=json.dumps(body),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )

    def _path(self, inputs: Mapping[str, Any]) -> str | None:
        """Return the path of an object, or None where the API server does not know its kind (yet)."""
        version, kind, metadata = inputs.get("apiVersion"), inputs.get("kind"), inputs.get("metadata") or {}
        if not isinstance(version, str) or not isinstance(kind, str) or not isinstance(metadata.get("name"), str):
            return None
        home = f"/apis/{version}" if "/" in version else f"/api/{version}"
        found = self._known(home).get(kind)
        if found is None:
            return None
        plural, namespaced = found
        below = f"namespaces/{metadata.get('namespace') or 'default'}/" if namespaced else ""
        return f"{home}/{below}{plural}/{metadata['name']}"

    def _known(self, home: str, *, again: bool = False) -> Mapping[str, tuple[str, bool]]:
        with self._lock:
            if again:
                self._kinds.pop(home, None)
            if home not in self._kinds:
                assert self._client is not None  # noqa: S101 - the engine configures first
                answer = self._client.get(home)
                if answer.status_code != 200:
                    # The group may come with a definition that the program makes.
                    return {}
                self._kinds[home] = {
                    item["kind"]: (item["name"], item["namespaced"])
                    for item in answer.json()["resources"]
                    if "/" not in item["name"]
                }
            return self._kinds[home]


class Releases:
    """Where releases of charts that are not rendered are kept, beside a real cluster."""

    def __init__(self, cluster: RealCluster, folder: Folder, namespace: str) -> None:
        self._cluster = cluster
        self._folder = folder
        self._file: CloudFile = folder.cloud("kubernetes-releases")
        self.namespace = namespace
        """The namespace of a release that names none."""

    def change(self) -> AbstractContextManager[dict[str, Any]]:
        """Yield what is kept, by key, to change."""
        return self._file.change()

    def read(self, key: str) -> dict[str, Any] | None:
        """Return a copy of one release."""
        found = self._file.read().get(key)
        return None if found is None else dict(found)

    def has_namespace(self, name: str) -> bool:
        """Return whether a namespace is there."""
        return self._cluster.read(f"/api/v1/namespaces/{name}") is not None

    def add_namespace(self, name: str) -> None:
        """Make a namespace."""
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        self._cluster.make("/api/v1/namespaces", body)

    def secret_keys(self, namespace: str, name: str) -> frozenset[str] | None:
        """Return what is in a Secret, or in the one that cert-manager would make of a Certificate; None without."""
        found = self._cluster.read(f"/api/v1/namespaces/{namespace}/secrets/{name}")
        if found is not None:
            return frozenset(found.get("data") or ())
        listed = self._cluster.read(f"/apis/cert-manager.io/v1/namespaces/{namespace}/certificates") or {}
        issued = any((item.get("spec") or {}).get("secretName") == name for item in listed.get("items") or [])
        return release.ISSUED if issued else None

    def not_rendered(self, chart: str) -> None:
        """Note that a chart was not rendered."""
        release.note_unrendered(self._folder, chart)


def releases(cluster: RealCluster, folder: Folder) -> Emulator:
    """Return the model of releases beside a real cluster."""

    def connect(settings: Settings) -> Releases:
        return Releases(cluster, folder, settings.get("namespace") or "default")

    return Emulator(
        package="kubernetes",
        version=sdk_version("pulumi-kubernetes", "4.34.2"),
        types={release.TOKEN: release.Release()},
        functions={},
        connect=connect,
    )


def refusals(status: int, text: str) -> Iterator[Refusal]:
    """Yield what an API server's answer to a dry run holds against the object's fields."""
    if status < 400:
        return
    try:
        told = json.loads(text)
    except ValueError:
        return
    message = str(told.get("message", ""))
    causes = (told.get("details") or {}).get("causes") or []
    if told.get("reason") == "Invalid":
        for cause in causes:
            if not _OF_A_CHANGE.search(cause.get("message", "")):
                yield Refusal(_field(cause.get("field", "")), cause.get("message", ""))
    elif "typed patch object" in message:
        for found in _TYPED.finditer(message):
            # What was given instead may be secret; the API server would show it.
            wrong = _TYPE.sub(r"\g<expected>", found["reason"])
            yield Refusal(_field(found["path"]), wrong)
    elif "error decoding from json: " in message:
        yield Refusal("", message.rpartition("error decoding from json: ")[2])
    elif status == 400:
        yield Refusal("", message)


def _field(path: str) -> str:
    # A resource as a whole is `<nil>` in the API server's words.
    return "" if path == "<nil>" else path.removeprefix(".")


def _lacks_namespace(answer: httpx.Response) -> bool:
    if answer.status_code != 404:
        return False
    return bool((answer.json().get("details") or {}).get("kind") == "namespaces")


__all__ = ["RealCluster", "Releases", "refusals", "releases"]

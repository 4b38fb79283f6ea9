"""Helm releases where the chart is not at hand, or no API server is: a model keeps what the chart was given.

No chart is rendered, so that nothing is said of what it makes. What stands before that is checked as the provider and
Helm do: the release's name, where the chart comes from, its namespace, an installation of the same name. Of Harbor's
chart the values' keys and the Secrets that they name are checked too, of JFrog's charts the Secrets. The report names
each chart that was not rendered.
"""

from __future__ import annotations

import json
import re
import secrets
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import yaml

from ...artifactory import chart as artifactory
from ...core.versions import HARBOR, HARBOR_CHART
from ...harbor import chart as harbor
from ...kubernetes.chart_secrets import Read
from ...kubernetes.charts import check_release_name
from ..emulator import Property, Refusal, ResourceType, Unknown
from ..folder import UNRENDERED, Folder
from .kubernetes_facts import name_mistakes
from .kubernetes_sdk import sdk_object

TOKEN: Final = "kubernetes:helm.sh/v3:Release"  # noqa: S105
CERTIFICATE: Final = "cert-manager.io/v1:Certificate"
ISSUED: Final = frozenset({"ca.crt", "tls.crt", "tls.key"})
"""What is in a Secret that cert-manager makes."""
_TIMEOUT_SECONDS: Final = 300
_VERSION: Final = re.compile(r"[\^~<>=!|, .*+\-0-9A-Za-z]*[0-9xX*][\^~<>=!|, .*+\-0-9A-Za-z]*")
_CHART: Final = re.compile(r"[a-z0-9][-_.a-zA-Z0-9]*")
_SIZE_LIMIT: Final = 1 << 20
Values = Mapping[str, Any]


class Place(Protocol):
    """The cluster that releases are in, and where the model keeps them."""

    namespace: str
    """The namespace of a release that names none."""

    def change(self) -> AbstractContextManager[dict[str, Any]]:
        """Yield what is kept, by key, to change."""

    def read(self, key: str) -> dict[str, Any] | None:
        """Return a copy of one thing that is kept."""

    def has_namespace(self, name: str) -> bool:
        """Return whether a namespace is there."""

    def add_namespace(self, name: str) -> None:
        """Make a namespace."""

    def secret_keys(self, namespace: str, name: str) -> frozenset[str] | None:
        """Return what is in a Secret; None where there is none. One that cert-manager would issue counts."""

    def not_rendered(self, chart: str) -> None:
        """Note that a chart was not rendered."""


class Release(ResourceType):
    """One installation of a chart that is not rendered."""

    token = TOKEN
    proof = "emulated"

    def __init__(self) -> None:
        found = dict(sdk_object(TOKEN) or {})
        for name in ("name", "namespace"):
            found[name] = replace(found[name], replaces=True)
        for name in ("manifest", "resourceNames"):
            found[name] = Property("any", output=True)
        self.properties = {**found, "status": Property("any", output=True)}

    def complete(self, cloud: Place, name: str, seed: bytes, old: Values, inputs: Values) -> dict[str, Any]:  # noqa: ARG002
        """Return what the provider fills in at check (`Check` of its helm_release.go)."""
        found: dict[str, Any] = {}
        if not inputs.get("name"):
            found["name"] = old.get("name") or f"{name}-{secrets.token_hex(4)}"
        if not inputs.get("namespace"):
            found["namespace"] = cloud.namespace
        if not inputs.get("skipAwait") and inputs.get("timeout") is None:
            found["timeout"] = _TIMEOUT_SECONDS
        about = None if inputs.get("repositoryOpts") else about_chart(inputs.get("chart"))
        if about is not None and about.get("version"):
            found["version"] = str(about["version"])
        return found

    def check(self, cloud: Place, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider or Helm would refuse whatever else is there, and keys that nothing reads."""
        name, namespace, version = (inputs.get(key) for key in ("name", "namespace", "version"))
        if isinstance(name, str) and (mistake := check_release_name(name)):
            yield Refusal("name", f"invalid release name: {mistake}")
        if isinstance(namespace, str):
            yield from (Refusal("namespace", mistake.reason) for mistake in name_mistakes("Namespace", namespace))
        if isinstance(version, str) and version and not _VERSION.fullmatch(version):
            yield Refusal("version", f"{version!r} is neither a version nor a constraint of versions")
        yield from _source_mistakes(inputs)
        values = inputs.get("values")
        if isinstance(values, Mapping) and is_harbor(inputs):
            for path, close in harbor.unknown(values):
                hint = f"; did you mean {close!r}?" if close else ""
                yield Refusal(f"values.{path}", f"Harbor's chart {HARBOR_CHART} has no value {path!r}{hint}")

    def keeps_name(self, old: Values, inputs: Values) -> bool:
        """Return whether the release is called the same again: Helm has no two of a name."""
        return all(old.get(key) == inputs.get(key) for key in ("name", "namespace"))

    def create(self, cloud: Place, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Install it."""
        namespace, name = inputs["namespace"], inputs["name"]
        if cloud.read(_key(namespace, name)) is not None:
            raise Refusal("", "cannot re-use a name that is still in use")
        if not cloud.has_namespace(namespace):
            if not inputs.get("createNamespace"):
                raise Refusal("namespace", f'create: failed to create: namespaces "{namespace}" not found')
            cloud.add_namespace(namespace)
        return f"{namespace}/{name}", self._keep(cloud, inputs, 1)

    def read(self, cloud: Place, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002, ARG002
        """Return it as it was given last."""
        namespace, _, name = id.partition("/")
        return cloud.read(_key(namespace, name))

    def update(self, cloud: Place, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002, ARG002
        """Upgrade it."""
        found = cloud.read(_key(inputs["namespace"], inputs["name"]))
        if found is None:
            raise Refusal("", f'"{inputs["name"]}" has no deployed releases')
        return self._keep(cloud, inputs, int(found["status"]["revision"]) + 1)

    def delete(self, cloud: Place, id: str, outputs: Values) -> None:  # noqa: A002, ARG002
        """Uninstall it. A namespace that it made stays, as with Helm."""
        namespace, _, name = id.partition("/")
        with cloud.change() as state:
            state.pop(_key(namespace, name), None)

    def _keep(self, cloud: Place, inputs: Values, revision: int) -> dict[str, Any]:
        namespace, name = inputs["namespace"], inputs["name"]
        missing = list(_missing_secrets(cloud, namespace, inputs))
        if missing:
            raise Refusal("values", "; ".join(missing))
        about = about_chart(inputs["chart"]) or {}
        chart = str(about.get("name") or chart_name(inputs["chart"]))
        version = inputs.get("version")
        status = {
            "name": name,
            "namespace": namespace,
            "chart": chart,
            "version": version,
            "revision": revision,
            "status": "deployed",
            "appVersion": HARBOR if is_harbor(inputs) else about.get("appVersion") or _artifactory(inputs),
        }
        made = {**inputs, "status": {key: value for key, value in status.items() if value is not None}}
        cloud.not_rendered(_described(inputs))
        with cloud.change() as state:
            state[_key(namespace, name)] = made
        return dict(json.loads(json.dumps(made)))


def note_unrendered(folder: Folder, what: str) -> None:
    """Note, for the report, that a chart was not rendered."""
    folder.note(
        package="kubernetes", token=TOKEN, urn="", operation=UNRENDERED, proof="emulated", seconds=0.0, what=what
    )


def is_harbor(inputs: Values) -> bool:
    """Return whether it is the chart whose values are known: Harbor's, in the version that this library is for."""
    return chart_name(inputs.get("chart")) == "harbor" and inputs.get("version") == HARBOR_CHART


def _reads(inputs: Values) -> Iterable[Read]:
    """Return the Secrets that the values of a known chart name."""
    if is_harbor(inputs):
        return harbor.secrets_read(inputs["values"])
    name = chart_name(inputs.get("chart"))
    return artifactory.secrets_read(name, inputs["values"]) if name in artifactory.CHARTS else ()


def _artifactory(inputs: Values) -> str | None:
    """Return the Artifactory of one of JFrog's charts: a chart's version is 100 before its own."""
    found = re.fullmatch(r"1(0[0-9])(\..+)", str(inputs.get("version") or ""))
    known = found is not None and chart_name(inputs.get("chart")) in artifactory.CHARTS
    return f"{int(found[1])}{found[2]}" if known and found is not None else None


def chart_name(chart: Any) -> str:
    """Return the name in a chart's place: the last word of a URL or a path."""
    if not isinstance(chart, str):
        return ""
    about = about_chart(chart)
    return str(about["name"]) if about and about.get("name") else chart.rstrip("/").rpartition("/")[2]


def local(chart: Any) -> Path | None:
    """Return where a chart is on this machine, as the provider looks for it: a folder with a Chart.yaml, or a .tgz."""
    if not isinstance(chart, str) or "://" in chart or not chart:
        return None
    path = Path(chart)
    return path if path.is_file() or (path / "Chart.yaml").is_file() else None


def about_chart(chart: Any) -> dict[str, Any] | None:
    """Return the Chart.yaml of a chart on this machine; None where it is elsewhere or cannot be read."""
    path = local(chart)
    if path is None:
        return None
    try:
        found = yaml.safe_load(_packed(path) if path.is_file() else (path / "Chart.yaml").read_bytes())
    except (OSError, tarfile.TarError, yaml.YAMLError, EOFError):
        return None
    return found if isinstance(found, dict) else None


def _packed(path: Path) -> bytes:
    with tarfile.open(path) as archive:
        for member in archive:
            place = PurePosixPath(member.name)
            if place.name == "Chart.yaml" and len(place.parts) == 2 and member.size < _SIZE_LIMIT:
                content = archive.extractfile(member)
                return b"" if content is None else content.read()
    return b""


def _source_mistakes(inputs: Values) -> Iterator[Refusal]:
    chart, options = inputs.get("chart"), inputs.get("repositoryOpts")
    repository = options.get("repo") if isinstance(options, Mapping) else None
    if isinstance(chart, Unknown) or isinstance(options, Unknown) or isinstance(repository, Unknown):
        return
    if not isinstance(chart, str) or not chart:
        yield Refusal("chart", "names no chart; check the chart name and repository configuration.")
        return
    if repository:
        parts = urlsplit(str(repository))
        if parts.scheme not in ("http", "https") or not parts.netloc:
            yield Refusal("repositoryOpts.repo", f"{repository!r} is not the URL of a chart repository")
        elif not _CHART.fullmatch(chart):
            yield Refusal("chart", f"{chart!r} is not the name of a chart in {repository}")
        return
    if chart.startswith("oci://"):
        if not urlsplit(chart).netloc or not urlsplit(chart).path.strip("/"):
            yield Refusal("chart", f"{chart!r} is not a chart in a registry, as oci://HOST/CHART")
        return
    if local(chart) is None and (chart.startswith((".", "/")) or "/" not in chart):
        told = "path" if chart.startswith((".", "/")) else "chart"
        yield Refusal("chart", f'{told} "{chart}" not found; check the chart name and repository configuration.')
        return
    about = about_chart(chart)
    if local(chart) is not None and (about is None or not about.get("name") or not about.get("version")):
        yield Refusal("chart", f"{chart!r} has no Chart.yaml with a name and a version")
    elif about is not None and about.get("type", "application") not in ("", "application"):
        yield Refusal("chart", f"{about['type']} charts are not installable")


def _missing_secrets(cloud: Place, namespace: str, inputs: Values) -> Iterator[str]:
    values = inputs.get("values")
    for read in _reads(inputs) if isinstance(values, Mapping) else ():
        found = cloud.secret_keys(namespace, read.name)
        if found is None:
            yield f"{read.path}: the Secret {namespace}/{read.name} is not there"
            continue
        lacking = [key for key in read.keys if key not in found]
        if lacking:
            yield f"{read.path}: the Secret {namespace}/{read.name} has no {', '.join(lacking)}"


def _described(inputs: Values) -> str:
    chart, options = str(inputs["chart"]), inputs.get("repositoryOpts")
    repository = options.get("repo") if isinstance(options, Mapping) else None
    version = f" {inputs['version']}" if inputs.get("version") else ""
    from_ = f" of {repository}" if repository else ""
    known = "its values were kept"
    if is_harbor(inputs):
        known = "its values' keys and the Secrets that they name were checked"
    elif chart_name(chart) in artifactory.CHARTS:
        known = "its values were kept, and the Secrets that they name were checked"
    unread = ", and valueYamlFiles were not read" if inputs.get("valueYamlFiles") else ""
    return f"what the chart {chart}{version}{from_} makes: it was not rendered; {known}{unread}"


def _key(namespace: str, name: str) -> str:
    return f"{TOKEN}|{namespace}|{name}"


__all__ = [
    "CERTIFICATE",
    "ISSUED",
    "TOKEN",
    "Place",
    "Release",
    "about_chart",
    "chart_name",
    "is_harbor",
    "local",
    "note_unrendered",
]

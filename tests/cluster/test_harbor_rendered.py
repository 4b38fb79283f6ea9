"""Cluster proof: what the real Helm renders of `HarborRegistry`'s values, by a chart that reads them as Harbor's does.

Harbor's own chart is not at hand: this one stands in. As Harbor's, it makes every secret anew that it is not given, and
puts checksums of what pods read into their annotations, so that they restart when it changes.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry_components.core.versions import HARBOR_CHART
from registry_components.harbor import HarborRegistryArgs, render
from registry_components.harbor.names import names
from tests.unit.harbor.everything import BASE, EVERYTHING

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

SECRET = """
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}-made
stringData:
  {{- if not .Values.core.existingSecret }}
  core: {{ .Values.core.secret | default (randAlphaNum 16) }}
  {{- end }}
  {{- if not .Values.core.existingXsrfSecret }}
  csrf: {{ .Values.core.xsrfKey | default (randAlphaNum 32) }}
  {{- end }}
  {{- if not .Values.core.secretName }}
  token: {{ (genSelfSignedCert "token" nil nil 365).Key | quote }}
  {{- end }}
  {{- if not .Values.jobservice.existingSecret }}
  jobservice: {{ .Values.jobservice.secret | default (randAlphaNum 16) }}
  {{- end }}
  {{- if not .Values.registry.existingSecret }}
  registry: {{ .Values.registry.secret | default (randAlphaNum 16) }}
  {{- end }}
  {{- if not .Values.registry.credentials.existingSecret }}
  htpasswd: {{ htpasswd "harbor_registry_user" "harbor_registry_password" }}
  {{- end }}
  {{- if not .Values.existingSecretSecretKey }}
  secretKey: {{ .Values.secretKey | default "not-a-secure-key" }}
  {{- end }}
  {{- if and .Values.expose.tls.enabled (eq .Values.expose.tls.certSource "auto") }}
  tls: {{ (genSelfSignedCert "harbor" nil nil 365).Key | quote }}
  {{- end }}
  {{- if and .Values.internalTLS.enabled (eq .Values.internalTLS.certSource "auto") }}
  internal: {{ (genSelfSignedCert "core" nil nil 365).Key | quote }}
  {{- end }}
"""
DEPLOYMENTS = """
{{- $all := . }}
{{- range $part := list "core" "exporter" "jobservice" "nginx" "portal" "registry" "trivy" }}
{{- $said := index $all.Values $part }}
{{- if $said.enabled | default true }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $all.Release.Name }}-{{ $part }}
spec:
  replicas: {{ $said.replicas | default 1 }}
  revisionHistoryLimit: {{ $said.revisionHistoryLimit | default 10 }}
  template:
    metadata:
      annotations:
        checksum/part: {{ omit $said "replicas" "revisionHistoryLimit" "podAnnotations" | toJson | sha256sum }}
        {{- if has $part (list "core" "jobservice" "registry") }}
        checksum/secret: {{ include (print $all.Template.BasePath "/secret.yaml") $all | sha256sum }}
        {{- end }}
        {{- if eq $part "core" }}
        checksum/configmap: {{ list $all.Values.externalURL $all.Values.database.external | toJson | sha256sum }}
        {{- end }}
        {{- if eq $part "registry" }}
        checksum/configmap: {{ $all.Values.persistence.imageChartStorage | toJson | sha256sum }}
        {{- end }}
        {{- with $said.podAnnotations }}{{ toYaml . | nindent 8 }}{{ end }}
{{- end }}
{{- end }}
"""
# What Harbor's chart has for what is not said, as far as the templates ask for it.
DEFAULTS: Mapping[str, Any] = {
    "expose": {"tls": {"enabled": True, "certSource": "auto"}},
    "internalTLS": {"enabled": False, "certSource": "auto"},
    "registry": {"credentials": {}},
    "persistence": {"imageChartStorage": {}},
    "database": {"external": {}},
    **{part: {} for part in ("core", "exporter", "jobservice", "nginx", "portal", "trivy")},
}


class Charts:
    """The chart, and the Helm that renders it."""

    def __init__(self, helm: Path, folder: Path) -> None:
        self._helm, self._folder = helm, folder
        (folder / "harbor" / "templates").mkdir(parents=True)
        about = {"apiVersion": "v2", "name": "harbor", "version": HARBOR_CHART}
        (folder / "harbor" / "Chart.yaml").write_text(json.dumps(about))
        (folder / "harbor" / "values.yaml").write_text(json.dumps(DEFAULTS))
        (folder / "harbor" / "templates" / "secret.yaml").write_text(SECRET)
        (folder / "harbor" / "templates" / "deployments.yaml").write_text(DEPLOYMENTS)

    def render(self, values: Mapping[str, Any]) -> str:
        file = self._folder / "said.json"
        file.write_text(json.dumps(values))
        done = subprocess.run(
            [str(self._helm), "template", "harbor", str(self._folder / "harbor"), "--values", str(file)],
            env={"HOME": str(self._folder), "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def pods(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the pods of each part: where they differ, they restart."""
        made = [each for each in yaml.safe_load_all(self.render(values)) if each and each["kind"] == "Deployment"]
        return {each["metadata"]["name"].removeprefix("harbor-"): each["spec"]["template"] for each in made}


@pytest.fixture(scope="module")
def charts(helm_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Charts:
    return Charts(helm_binary, tmp_path_factory.mktemp("helm"))


def said(settings: Mapping[str, Any], revision: str = "1") -> dict[str, Any]:
    args = HarborRegistryArgs.parse(dict(settings))
    return render.values(args, names(args, "harbor"), revision)


@pytest.mark.parametrize("title", list(EVERYTHING))
def test_two_renders_are_byte_equal(charts: Charts, title: str) -> None:
    values = said(EVERYTHING[title])
    first = charts.render(values)
    assert "kind: Deployment" in first
    assert charts.render(values) == first


GIVEN = (
    "core.existingSecret",
    "core.existingXsrfSecret",
    "core.secretName",
    "jobservice.existingSecret",
    "registry.existingSecret",
    "registry.credentials.existingSecret",
)


@pytest.mark.parametrize("path", GIVEN)
def test_without_one_of_the_secrets_each_render_restarts_pods(charts: Charts, path: str) -> None:
    values = said(BASE)
    *above, last = path.split(".")
    here = values
    for name in above:
        here = here[name]
    del here[last]
    before, after = charts.pods(values), charts.pods(values)
    assert {part for part in before if before[part] != after[part]} >= {"core", "jobservice", "registry"}


PASSWORD = {"kind": "external", "host": "pg.example.com", "username": "harbor", "password": "database-correct-horse"}
PARTS = {"core", "exporter", "jobservice", "nginx", "portal", "registry", "trivy"}


@pytest.mark.parametrize(
    ("change", "restarted"),
    [
        ({"portal": {"replicas": 3}}, set()),
        ({"core": {"revision_history": 3}}, set()),
        ({"core": {"resources": {"cpu_request": "1"}}}, {"core"}),
        ({"portal": {"pod_annotations": {"a": "b"}}}, {"portal"}),
        ({"trivy": {"ignore_unfixed": True}}, {"trivy"}),
        ({"jobservice": {"max_workers": 20}}, {"jobservice"}),
        ({"database": {**PASSWORD, "host": "other.example.com"}}, {"core"}),
        ({"registry": {"upload_purging": {"age": "72h"}}}, {"registry"}),
        ({"volumes": {"kind": "claims", "registry": {"size": "50Gi"}}}, set()),
        ({"deletion": "destroy", "empty_on_delete": True}, set()),
    ],
    ids=str,
)
def test_only_what_changed_restarts(charts: Charts, change: dict[str, Any], restarted: set[str]) -> None:
    before = {**BASE, "database": PASSWORD}
    old, new = charts.pods(said(before)), charts.pods(said({**before, **change}))
    assert {part for part in old.keys() | new.keys() if old.get(part) != new.get(part)} == restarted


def test_new_secrets_restart_those_that_read_them(charts: Charts) -> None:
    # Nginx and portal read none: with an Ingress, and without TLS between the parts.
    old, new = charts.pods(said(BASE, "1")), charts.pods(said(BASE, "2"))
    assert set(old) == PARTS
    assert {part for part in old if old[part] != new[part]} == {"core", "jobservice", "registry", "trivy"}

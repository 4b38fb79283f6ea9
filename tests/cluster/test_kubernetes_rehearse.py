"""Cluster proof: `regc rehearse` starts an API server for itself, says so, and leaves nothing running."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

REGC = Path(sys.executable).with_name("regc")
PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s
home = k8s.core.v1.Namespace("home")
k8s.core.v1.Secret("pull", metadata={"namespace": home.metadata.name}, string_data={"password": "planted"})
k8s.core.v1.ConfigMap("words", metadata={"namespace": home.metadata.name}, data={"a": pulumi.Config().require("word")})

custom = k8s.apiextensions.CustomResource
rules = {"api_version": "monitoring.coreos.com/v1", "metadata": {"namespace": home.metadata.name}}
custom("alert", kind="PrometheusRule", spec={"groups": []}, **rules)
custom("monitor", kind="ServiceMonitor", spec={"any": {"field": 1}}, **rules)
custom("everywhere", api_version="external-secrets.io/v1", kind="ClusterExternalSecret", spec={})
# The program's own kind is the program's to define.
schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}
own = k8s.apiextensions.v1.CustomResourceDefinition(
    "own",
    metadata={"name": "shops.example.com"},
    spec={
        "group": "example.com", "scope": "Namespaced", "names": {"kind": "Shop", "plural": "shops"},
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"open_apiv3_schema": schema}}
        ],
    },
)
custom("shop", api_version="example.com/v1", kind="Shop", metadata={"namespace": home.metadata.name}, spec={"size": 1})
"""


def test_a_program_is_rehearsed_on_a_cluster_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  shop:word: one\n")
    (folder / "__main__.py").write_text(PROGRAM)
    kept = tmp_path / "kept"
    done = subprocess.run(
        [str(REGC), "rehearse", "dev", "--json", "--change", "word=two", "--keep", str(kept)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert {step["name"]: step["status"] for step in report["steps"]} == dict.fromkeys(
        ("preview", "up", "up-again", "refresh", "change", "destroy"), "passed"
    )
    assert {item["proof"] for item in report["resources"]} == {"real"}
    (provider,) = report["emulators"]
    assert provider["behind"].startswith("Pulumi's own provider worked on a real API server")
    assert report["held"] == []
    named = "of which nothing was checked but the object's names"
    assert report["assumed"] == [
        f"the definition of ClusterExternalSecret (external-secrets.io/v1), {named}",
        f"the definition of PrometheusRule (monitoring.coreos.com/v1), {named}",
        f"the definition of ServiceMonitor (monitoring.coreos.com/v1), {named}",
    ]
    assert "planted" not in done.stdout
    commands = {process: " ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])}
    left = [command for process, command in commands.items() if str(kept) in command and process.is_running()]
    assert left == []


RELEASES = """
import json, pathlib
import pulumi, pulumi_kubernetes as k8s
from registry_components.harbor import HarborRegistry
k8s.core.v1.Namespace("home", metadata={"name": "harbor"})
said = {
    "namespace": "harbor", "expose": {"kind": "ingress", "host": "harbor.example.com"}, "tls": {"kind": "generated"},
    "database": {"kind": "internal"}, "redis": {"kind": "internal"}, "log_level": pulumi.Config().require("word"),
    "deletion": "destroy", "empty_on_delete": True,
}
HarborRegistry("harbor", said)
k8s.helm.v3.Release("here", chart="./chart", name="here", namespace="default", values={"word": said["log_level"]})
"""
# Its pods never run here: a release that waited for them would not end.
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: here}
spec:
  selector: {matchLabels: {app: here}}
  template:
    metadata: {labels: {app: here}, annotations: {word: "{{ .Values.word }}"}}
    spec: {containers: [{name: here, image: "app:1"}]}
"""


def test_a_chart_that_is_here_is_rendered_and_another_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "chart" / "templates").mkdir(parents=True)
    (folder / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: here\nversion: 1.2.3\n")
    (folder / "chart" / "templates" / "deployment.yaml").write_text(DEPLOYMENT)
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  shop:word: info\n")
    (folder / "__main__.py").write_text(RELEASES)
    done = subprocess.run(
        [str(REGC), "rehearse", "dev", "--json", "--change", "word=debug"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert {step["name"]: step["status"] for step in report["steps"]} == dict.fromkeys(
        ("preview", "up", "up-again", "refresh", "change", "destroy"), "passed"
    )
    releases = {item["name"]: item for item in report["resources"] if item["type"].endswith(":Release")}
    assert {name: item["proof"] for name, item in releases.items()} == {"here": "real", "harbor": "emulated"}
    assert list(releases["here"]["outputs"]["resourceNames"]) == ["Deployment.apps/apps/v1"]
    assert releases["here"]["outputs"]["status"]["revision"] == 2
    assert releases["harbor"]["outputs"]["status"]["revision"] == 2
    [told] = [line for line in report["not_checked"] if "rendered" in line]
    assert told == (
        "what the chart harbor 1.19.1 of https://helm.goharbor.io makes: it was not rendered; its values' keys and the "
        "Secrets that they name were checked"
    )
    assert report["assumed"] == ["the pods of Helm releases: none runs here, so that no release waits for them"]
    [provider] = [item for item in report["emulators"] if item["package"] == "kubernetes"]
    assert provider["behind"].endswith("; a model keeps the Helm releases whose charts are not on this machine")
    assert report["held"] == []

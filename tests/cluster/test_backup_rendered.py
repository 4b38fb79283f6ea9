"""Cluster proof: what Velero finds on the pods of Harbor's database, once the real Helm has rendered it.

Harbor's own chart is not at hand: a template stands in that puts annotations as that one does.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from registry_components.core.versions import HARBOR_CHART
from registry_components.harbor import HarborRegistryArgs, render
from registry_components.harbor.backup import dump_command
from registry_components.harbor.names import names
from tests.unit.harbor.everything import BASE

pytestmark = pytest.mark.cluster

PODS = """
{{- range $part := list "database" "registry" "redis" }}
---
{{- with index $.Values $part }}
apiVersion: v1
kind: Pod
metadata:
  name: {{ $part }}
  annotations:
{{ toYaml .podAnnotations | indent 4 }}
{{- end }}
{{- end }}
"""


def test_the_command_is_whole_after_helm(helm_binary: Path, tmp_path: Path) -> None:
    chart = tmp_path / "harbor"
    (chart / "templates").mkdir(parents=True)
    about = {"apiVersion": "v2", "name": "harbor", "version": HARBOR_CHART}
    (chart / "Chart.yaml").write_text(json.dumps(about))
    (chart / "templates" / "pods.yaml").write_text(PODS)
    args = HarborRegistryArgs.parse({**BASE, "backup": {}})
    (tmp_path / "values.json").write_text(json.dumps(render.values(args, names(args, "harbor"))))
    command = [str(helm_binary), "template", "harbor", str(chart), "--values", str(tmp_path / "values.json")]
    environment = {"HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    pods = {pod["metadata"]["name"]: pod["metadata"]["annotations"] for pod in yaml.safe_load_all(done.stdout) if pod}
    assert json.loads(pods["database"]["pre.hook.backup.velero.io/command"]) == dump_command()
    assert pods["database"]["pre.hook.backup.velero.io/timeout"] == "600s"
    assert pods["registry"]["backup.velero.io/backup-volumes"] == "registry-data"
    assert pods["redis"] == {"backup.velero.io/backup-volumes-excludes": "data"}

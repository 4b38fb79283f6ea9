"""Cluster proof: a Harbor's secrets and release on the real engine, by the real provider, against a real API server.

Harbor's own chart is not at hand: a small one stands in, which reads the same values and Secrets.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from registry_components.core.versions import HARBOR_CHART
from registry_components.harbor import HarborRegistry
from registry_components.testing import Engine
from tests.support.cluster import Cluster
from tests.unit.harbor.everything import BASE

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(500)]

DATABASE, REDIS = "database-correct-horse", "redis-correct-horse"
SAID: Mapping[str, Any] = {
    **BASE,
    "expose": {"kind": "cluster_ip"},
    "external_url": "https://harbor.example.com",
    "database": {"kind": "external", "host": "pg.example.com", "username": "harbor", "password": DATABASE},
    "redis": {"kind": "external", "addresses": ["redis.example.com:6379"], "password": REDIS},
    "internal_tls": {"kind": "generated"},
}
# As the chart does, it reads Redis's Secret while it renders.
TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-seen
{{- $redis := lookup "v1" "Secret" .Release.Namespace .Values.redis.external.existingSecret }}
data:
  values: {{ .Values | toJson | quote }}
  redis: {{ $redis.data.REDIS_PASSWORD | sha256sum }}
"""


def chart(folder: Path) -> str:
    (folder / "harbor" / "templates").mkdir(parents=True, exist_ok=True)
    about = {"apiVersion": "v2", "name": "harbor", "version": HARBOR_CHART}
    (folder / "harbor" / "Chart.yaml").write_text(json.dumps(about))
    (folder / "harbor" / "templates" / "seen.yaml").write_text(TEMPLATE)
    return str(folder / "harbor")


def program(namespace: str, where: str, **changes: Any) -> Callable[[], None]:
    def make() -> None:
        said = {**SAID, "namespace": namespace, "chart": {"kind": "path", "path": where}, **changes}
        made = HarborRegistry("harbor", said)
        pulumi.export("url", made.url)
        pulumi.export("password", made.admin_password)

    return make


def namespace(cluster: Cluster, name: str) -> str:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    cluster.apply(f"/api/v1/namespaces/{name}", body)
    return name


def secret(cluster: Cluster, space: str, role: str) -> dict[str, str]:
    found = cluster.get(f"/api/v1/namespaces/{space}/secrets/harbor-kept-{role}")
    assert found is not None, role
    return {key: base64.b64decode(value).decode() for key, value in found["data"].items()}


def seen(cluster: Cluster, space: str) -> dict[str, Any]:
    found = cluster.get(f"/api/v1/namespaces/{space}/configmaps/harbor-seen")
    assert found is not None
    return {**json.loads(found["data"]["values"]), "read from Redis's Secret": found["data"]["redis"]}


ROLES = ("admin", "secret-key", "core", "jobservice", "registry", "registry-credentials", "token", "database", "redis")


def test_secrets_live_through_upgrades_and_rotation(cluster: Cluster, tmp_path: Path) -> None:
    space, where = namespace(cluster, "harbor-life"), chart(tmp_path / "chart")
    engine = Engine(tmp_path / "engine", program=program(space, where), environment=cluster.environment)
    engine.up()
    first = {role: secret(cluster, space, role) for role in ROLES}
    assert len(first["secret-key"]["secretKey"]) == 16
    assert first["database"] == {"password": DATABASE}
    assert seen(cluster, space)["existingSecretSecretKey"] == "harbor-kept-secret-key"
    engine.up_again()
    engine.refresh()
    texts = [
        DATABASE,
        REDIS,
        *first["admin"].values(),
        *first["core"].values(),
        *first["registry-credentials"].values(),
    ]
    assert engine.scan(texts) == []

    before = seen(cluster, space)
    engine.program = program(space, where, log_level="debug")
    engine.up()
    after = seen(cluster, space)
    assert {key for key in after if after[key] != before[key]} == {"logLevel"}
    assert {role: secret(cluster, space, role) for role in ROLES} == first

    rotated = {**SAID["redis"], "password": "another-correct-horse"}
    engine.program = program(space, where, redis=rotated)
    engine.up()
    assert secret(cluster, space, "redis") == {"REDIS_PASSWORD": "another-correct-horse"}
    read = "read from Redis's Secret"
    assert seen(cluster, space)[read] != after[read], "the chart has read the new password"
    mark = "registry-components/secrets-revision"
    assert seen(cluster, space)["core"]["podAnnotations"][mark] != after["core"]["podAnnotations"][mark]

    engine.program = program(space, where, redis=rotated, secrets_generation=2)
    engine.up()
    found = {role: secret(cluster, space, role) for role in ROLES}
    new = {role for role in ROLES if found[role] != first[role]}
    assert new == {"core", "jobservice", "registry", "registry-credentials", "token", "redis"}
    engine.up_again()

    assert engine.destroy(check=False).failed, "what lasts is protected"
    engine.program = program(
        space, where, redis=rotated, secrets_generation=2, deletion="destroy", empty_on_delete=True
    )
    engine.up()
    engine.destroy()
    assert cluster.get(f"/api/v1/namespaces/{space}/configmaps/harbor-seen") is None
    assert cluster.get(f"/api/v1/namespaces/{space}/secrets/harbor-kept-core") is None

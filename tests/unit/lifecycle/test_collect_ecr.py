"""Unit proof: an inventory from ECR's API, asked of moto through botocore, and simulated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest
from botocore.stub import Stubber  # type: ignore[import-untyped]
from moto import mock_aws
from typer.testing import CliRunner

from registry_components.cli.main import app
from registry_components.core.errors import StackError
from registry_components.lifecycle.collect.ecr import EcrCollector

pytestmark = pytest.mark.unit

HOST = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture
def ecr(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("ecr", region_name="eu-central-1")


def put(ecr: Any, name: str, body: dict[str, Any], tag: str | None = None) -> str:
    options = {"imageTag": tag} if tag else {}
    answer = ecr.put_image(
        repositoryName=name, imageManifest=json.dumps(body), imageManifestMediaType=body["mediaType"], **options
    )
    return str(answer["image"]["imageId"]["imageDigest"])


def manifest(number: int) -> dict[str, Any]:
    blob = {"mediaType": "application/octet-stream", "digest": f"sha256:{number:064x}", "size": number}
    return {"schemaVersion": 2, "mediaType": IMAGE, "config": blob, "layers": [blob]}


def test_what_ecr_says_is_simulated(ecr: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("shop/api", "shop/web", "base"):
        ecr.create_repository(repositoryName=name)
    for number in range(130):
        put(ecr, "shop/api", manifest(number), f"pr-{number}")
    child = put(ecr, "shop/web", manifest(500))
    listed = [{"mediaType": IMAGE, "digest": child, "size": 9}]
    index = put(ecr, "shop/web", {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed}, "v1")
    run = CliRunner()
    done = run.invoke(
        app, ["lifecycle", "inventory", f"ecr://{HOST}", "--out", "inventory.jsonl", "--repository", "shop/*"]
    )
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "inventory.jsonl: 132 artifacts in 2 repositories\n"
    found = {record["digest"]: record for record in map(json.loads, Path("inventory.jsonl").read_text().splitlines())}
    assert {record["repository"] for record in found.values()} == {"shop/api", "shop/web"}
    assert found[index]["children"] == [child]
    assert found[index]["tags"] == ["v1"]
    assert all(record["pushed_at"].endswith("+00:00") for record in found.values())
    policy = {"repositories": ["**"], "expire": {"pr": {"tags": ["pr-*"], "beyond_most_recent": 30}}}
    Path("policy.json").write_text(json.dumps(policy))
    done = run.invoke(app, ["lifecycle", "simulate", "--kind", "unified", "--policy", "policy.json",
                            "--inventory", "inventory.jsonl", "--json"])  # fmt: skip
    assert sum(one["action"] == "delete" for one in json.loads(done.stdout)) == 100


def test_archived_images_and_referrers_are_told(ecr: Any) -> None:
    details = {
        "imageDetails": [
            {"imageDigest": "sha256:a", "imageTags": ["v1"], "imageStatus": "ARCHIVED", "imageManifestMediaType": INDEX,
             "lastArchivedAt": datetime(2026, 1, 2, tzinfo=UTC), "imagePushedAt": datetime(2026, 1, 1, tzinfo=UTC),
             "lastRecordedPullTime": datetime(2026, 1, 1, 12, tzinfo=UTC)},
            {"imageDigest": "sha256:s", "subjectManifestDigest": "sha256:a", "imageManifestMediaType": IMAGE,
             "artifactMediaType": "application/x-signature"},
        ]
    }  # fmt: skip
    failures = {"images": [], "failures": [{"imageId": {"imageDigest": "sha256:a"}, "failureReason": "archived"}]}
    with Stubber(ecr) as stub:
        stub.add_response("describe_images", details)
        stub.add_response("batch_get_image", failures)
        (found,) = EcrCollector(HOST, client=ecr).collect(["shop"])
    archived, signature = found.records
    assert found.problems == []
    assert archived["storage_class"] == "archive"
    assert archived["archived_at"] == "2026-01-02T00:00:00+00:00"
    assert archived["last_pulled_at"] == "2026-01-01T12:00:00+00:00"
    assert (signature["subject"], signature["media_type"]) == ("sha256:a", "application/x-signature")


def test_what_ecr_refuses_is_told(ecr: Any) -> None:
    with Stubber(ecr) as stub:
        stub.add_client_error("describe_repositories", "AccessDeniedException", "not authorized")
        with pytest.raises(StackError) as caught:
            EcrCollector(HOST, client=ecr).names()
    assert str(caught.value) == (
        "ECR: cannot list the repositories: AccessDeniedException: not authorized; look at the credentials, and that "
        "they allow it"
    )


@pytest.mark.parametrize(
    "host", ["ecr.eu-central-1.amazonaws.com", "123.dkr.ecr.eu-central-1.amazonaws.com", "public.ecr.aws"]
)
def test_other_addresses_are_told(host: str) -> None:
    with pytest.raises(StackError) as caught:
        EcrCollector(host)
    assert str(caught.value) == (
        f"{host}: is not the address of an ECR registry; write ecr://ACCOUNT.dkr.ecr.REGION.amazonaws.com"
    )

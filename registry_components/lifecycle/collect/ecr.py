"""An inventory over Amazon ECR's API, which tells what the OCI API does not: when images were pushed and pulled.

Needed are `ecr:DescribeRepositories`, `ecr:DescribeImages` and `ecr:BatchGetImage`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ...core.errors import stack_error
from .oci import Found, Record

HOST: Final = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)"
)
_INDEXES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_BATCH: Final = 100


class EcrCollector:
    """Reads the repositories of one account and region."""

    def __init__(self, host: str, *, client: Any = None) -> None:
        found = HOST.fullmatch(host)
        if found is None:
            raise stack_error(
                f"{host}: is not the address of an ECR registry; write ecr://ACCOUNT.dkr.ecr.REGION.amazonaws.com"
            )
        self._account = found["account"]
        self._client = _client(found["region"]) if client is None else client

    def names(self, wanted: Sequence[str] = ()) -> list[str]:
        """Return the repositories, sorted, that match one of the globs."""
        from ..patterns import doublestar

        patterns = [re.compile(doublestar(glob)) for glob in wanted]
        pages = self._asked("list the repositories", "describe_repositories")
        names = [one["repositoryName"] for page in pages for one in page["repositories"]]
        return sorted(name for name in names if not patterns or any(pattern.match(name) for pattern in patterns))

    def collect(self, names: Sequence[str]) -> Iterator[Found]:
        """Yield the repositories in the order of their names."""
        for name in names:
            records: dict[str, Record] = {}
            for page in self._asked(f"list the images of {name}", "describe_images", repositoryName=name):
                for image in page["imageDetails"]:
                    records[image["imageDigest"]] = _record(name, image)
            problems = self._children(name, records)
            yield Found(name, list(records.values()), problems)

    def _children(self, name: str, records: Mapping[str, Record]) -> list[str]:
        problems = []
        indexes = [digest for digest, record in records.items() if record.get("media_type") in _INDEXES]
        for start in range(0, len(indexes), _BATCH):
            ids = [{"imageDigest": digest} for digest in indexes[start : start + _BATCH]]
            answer = self._once(
                f"read indexes of {name}", "batch_get_image",
                registryId=self._account, repositoryName=name, imageIds=ids, acceptedMediaTypes=list(_INDEXES),
            )  # fmt: skip
            for image in answer["images"]:
                try:
                    listed = json.loads(image["imageManifest"]).get("manifests", [])
                    children = [one["digest"] for one in listed]
                except (ValueError, AttributeError, LookupError, TypeError):
                    problems.append(f"{name}@{image['imageId']['imageDigest']}: its index cannot be read")
                    continue
                records[image["imageId"]["imageDigest"]]["children"] = children
            for failure in answer.get("failures", []):
                digest = failure.get("imageId", {}).get("imageDigest", "")
                # An archived image cannot be read: its manifests are archived with it.
                if records.get(digest, {}).get("storage_class") != "archive":
                    problems.append(f"{name}@{digest}: {failure.get('failureReason', 'cannot be read')}")
        return problems

    def _asked(self, task: str, operation: str, **options: Any) -> Iterator[Any]:
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

        try:
            yield from self._client.get_paginator(operation).paginate(registryId=self._account, **options)
        except (BotoCoreError, ClientError) as error:
            raise stack_error(_told(task, error)) from None

    def _once(self, task: str, operation: str, **options: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, operation)(**options)
        except (BotoCoreError, ClientError) as error:
            raise stack_error(_told(task, error)) from None


def _client(region: str) -> Any:
    try:
        import boto3  # type: ignore[import-untyped]
        from botocore.config import Config  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise stack_error(f"{error.name} is not installed; install boto3 to collect from ECR") from None
    # Retries with back-off and its own send rate, as AWS recommends for many requests.
    return boto3.client("ecr", region_name=region, config=Config(retries={"mode": "adaptive", "max_attempts": 10}))


def _told(task: str, error: Exception) -> str:
    response = getattr(error, "response", None)
    said = response.get("Error", {}) if isinstance(response, dict) else {}
    what = f"{said['Code']}: {said.get('Message', '')}" if said.get("Code") else str(error)
    return f"ECR: cannot {task}: {what}; look at the credentials, and that they allow it"


def _record(name: str, image: Mapping[str, Any]) -> Record:
    record: Record = {
        "repository": name,
        "digest": image["imageDigest"],
        "tags": sorted(image.get("imageTags", [])),
        "media_type": image.get("imageManifestMediaType"),
        "size": image.get("imageSizeInBytes"),
    }
    for field, key in (
        ("pushed_at", "imagePushedAt"),
        ("last_pulled_at", "lastRecordedPullTime"),
        ("archived_at", "lastArchivedAt"),
        ("activated_at", "lastActivatedAt"),
    ):
        value = image.get(key)
        if isinstance(value, datetime):
            record[field] = value.astimezone(UTC).isoformat()
    if image.get("subjectManifestDigest"):
        record["subject"] = image["subjectManifestDigest"]
        record["media_type"] = image.get("artifactMediaType") or record["media_type"]
    if str(image.get("imageStatus", "")).upper() == "ARCHIVED":
        record["storage_class"] = "archive"
    return record


__all__ = ["HOST", "EcrCollector"]

"""Registry proof: the real Distribution keeps its blobs as a storage block says, with no more rights than it is given.

The server behind is moto's S3, which asks IAM's policies at each request; what of them AWS itself would ask beside is
not shown.
"""

from __future__ import annotations

import json
import random
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest

from registry_components.blocks.storage import S3Storage
from registry_components.distribution import DistributionRegistryArgs
from registry_components.distribution.render import Layout, render, to_yaml
from registry_components.oci.image import build_image
from registry_components.oci.layout import ImageLayout
from registry_components.storage import to_distribution
from registry_components.storage.s3_policies import access, text
from tests.support.clients import Client, client
from tests.support.servers import free_port, serving
from tests.unit.distribution.resolved import resolved

pytestmark = [pytest.mark.registry, pytest.mark.timeout(120)]

BUCKET, REGION = "shop-images", "eu-central-1"
ARN = f"arn:aws:s3:::{BUCKET}"


@dataclass
class Aws:
    """moto: everything is allowed until `ask` is called, and what policies allow from then on."""

    url: str

    def boto3(self, service: str, **login: str) -> Any:
        login = login or {"aws_access_key_id": "AKIAROOT", "aws_secret_access_key": "root"}
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **login)

    def ask(self, after: int = 0) -> None:
        request = urllib.request.Request(
            f"{self.url}/moto-api/reset-auth", str(after).encode(), {"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(request, timeout=10).close()

    def user(self, policy: dict[str, Any]) -> dict[str, str]:
        """Make a user with a key and what a registry may do."""
        iam = self.boto3("iam")
        iam.create_user(UserName="registry")
        iam.put_user_policy(UserName="registry", PolicyName="access", PolicyDocument=text(policy))
        key = iam.create_access_key(UserName="registry")["AccessKey"]
        return {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}

    def block(self, keys: dict[str, str]) -> S3Storage:
        return S3Storage.parse(
            {
                "bucket": BUCKET,
                "region": REGION,
                "credentials": {"kind": "keys", **keys},
                "endpoint": self.url,
                "path_style": True,
                "prefix": "/blobs",
            }
        )


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Aws]:
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with serving(command, port, tmp_path / "moto.log"):
        made = Aws(f"http://127.0.0.1:{port}")
        made.boto3("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield made


@contextmanager
def distribution(binary: Path, storage: S3Storage, folder: Path) -> Iterator[str]:
    """Run the registry on a storage block; yield its address."""
    port = free_port()
    settings: dict[str, Any] = {"storage": to_distribution(storage), "auth": {"kind": "none"}, "delete": True}
    # moto takes no signed URL while it asks policies.
    settings["redirect"] = False
    layout = Layout(f"127.0.0.1:{port}", str(folder / "data"), str(folder / "files"), debug_address="127.0.0.1:0")
    rendered = resolved(render(DistributionRegistryArgs(**settings), layout, http_secret="http-secret-of-tests"))
    (folder / "config.yml").write_text(to_yaml(rendered.config))
    with serving([str(binary), "serve", str(folder / "config.yml")], port, folder / "registry.log"):
        yield f"127.0.0.1:{port}"


def pushed(skopeo: Client, server: str, folder: Path, size: int = 12_000_000) -> Any:
    with build_image({"etc/hello": b"hello", "blob": random.Random(7).randbytes(size)}) as image:
        ImageLayout(folder / "layout").write(image, tag="v1")
    arguments = ["--dest-tls-verify=false", f"oci:{folder / 'layout'}:v1", f"docker://{server}/shop/app:v1"]
    return skopeo.run("copy", *arguments)


def test_distribution_needs_no_more_than_its_policy(registry_binary: Path, aws: Aws, tmp_path: Path) -> None:
    policy = access(ARN, registry="distribution", prefix="/blobs", key=None)
    # Where many objects are deleted at once, S3 asks for each of them, and moto (5.2) for the bucket.
    policy["Statement"].append({"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": ARN})
    keys = aws.user(policy)
    aws.boto3("s3").put_object(Bucket=BUCKET, Key="elsewhere/secret", Body=b"1")
    block = aws.block(keys)
    aws.ask()
    with distribution(registry_binary, block, tmp_path) as server, client("skopeo") as skopeo:
        done = pushed(skopeo, server, tmp_path)
        assert done.returncode == 0, done.stderr + (tmp_path / "registry.log").read_text()[-3000:]
        source = ["--src-tls-verify=false", f"docker://{server}/shop/app:v1", f"oci:{tmp_path / 'pulled'}:v1"]
        pulled = skopeo.run("copy", *source)
        assert pulled.returncode == 0, pulled.stderr
        listed = skopeo.run("list-tags", "--tls-verify=false", f"docker://{server}/shop/app")
        assert json.loads(listed.stdout)["Tags"] == ["v1"]
        gone = skopeo.run("delete", "--tls-verify=false", f"docker://{server}/shop/app:v1")
        assert gone.returncode == 0, gone.stderr
    login = {"aws_access_key_id": keys["access_key"], "aws_secret_access_key": keys["secret_key"]}
    s3 = aws.boto3("s3", **login)
    beyond: tuple[Callable[[], Any], ...] = (
        lambda: s3.get_object(Bucket=BUCKET, Key="elsewhere/secret"),
        lambda: s3.put_object(Bucket=BUCKET, Key="elsewhere/other", Body=b"1"),
        lambda: s3.delete_bucket(Bucket=BUCKET),
        lambda: s3.put_bucket_policy(Bucket=BUCKET, Policy="{}"),
        lambda: aws.boto3("iam", **login).list_users(),
    )
    for refused in beyond:
        with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
            refused()
    aws.ask(10_000)
    found = {item["Key"] for item in aws.boto3("s3").list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert {key.split("/")[0] for key in found} == {"blobs", "elsewhere"}


def test_distribution_gets_nowhere_beyond_its_prefix(registry_binary: Path, aws: Aws, tmp_path: Path) -> None:
    keys = aws.user(access(ARN, registry="distribution", prefix="/other", key=None))
    block = aws.block(keys)
    aws.ask()
    with distribution(registry_binary, block, tmp_path) as server, client("skopeo") as skopeo:
        assert pushed(skopeo, server, tmp_path, size=1000).returncode != 0
    assert "AccessDenied" in (tmp_path / "registry.log").read_text()
    aws.ask(10_000)
    assert aws.boto3("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0

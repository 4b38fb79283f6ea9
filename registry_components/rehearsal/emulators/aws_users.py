"""IAM's users and their access keys, on moto."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Any, Final

from ..emulator import AutoName, Property, Refusal, ResourceType
from .aws_cloud import AwsCloud, AwsError
from .aws_iam import IamType, OwnPolicy, name_refused
from .aws_types import (
    OUTPUT,
    STRING,
    Values,
    flag,
    given,
    tag_changes,
    tag_list,
    tag_map,
    tagged,
    text,
)

_STATES: Final = ("Active", "Inactive")


class User(IamType):
    """A user, without a password."""

    token = "aws:iam/user:User"  # noqa: S105
    auto_name = AutoName(max_length=64)
    name_property = "name"
    properties = tagged(
        {
            "arn": OUTPUT,
            "forceDestroy": flag(default=False, write_only=True),
            "name": text(computed=True),
            "path": text(default="/"),
            "permissionsBoundary": STRING,
            "uniqueId": OUTPUT,
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield names that IAM does not take."""
        yield from name_refused(inputs, 64)

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "CreateUser", given(
            UserName=inputs.get("name"),
            Path=inputs.get("path"),
            PermissionsBoundary=inputs.get("permissionsBoundary"),
            Tags=tag_list(inputs.get("tags")) or None,
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create it."""
        operation, parameters = self.request(inputs)
        return str(self.call(cloud, inputs, operation, **parameters)["User"]["UserName"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get it."""
        found = self.call(cloud, known, "GetUser", UserName=id)["User"]
        tags = tag_map(self.call(cloud, known, "ListUserTags", UserName=id).get("Tags"))
        return {
            "arn": found["Arn"],
            "name": found["UserName"],
            "path": found["Path"],
            "permissionsBoundary": (found.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
            "uniqueId": found["UserId"],
            "tags": tags or None,
            "tagsAll": tags,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Put what changed. A name could change in place; the emulated cloud keeps the id, so that it is refused."""
        for name in ("name", "path", "permissionsBoundary"):
            if inputs.get(name) is not None and old.get(name) != inputs.get(name):
                raise Refusal(name, "a change in place is not emulated; make another user")
        gone, put = tag_changes(old.get("tags") or {}, inputs.get("tags"))
        if gone:
            self.call(cloud, old, "UntagUser", UserName=id, TagKeys=gone)
        if put:
            self.call(cloud, old, "TagUser", UserName=id, Tags=tag_list(put))

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it, after keys that were made elsewhere where that was asked for."""
        if known.get("forceDestroy"):
            for key in self.call(cloud, known, "ListAccessKeys", UserName=id)["AccessKeyMetadata"]:
                self.call(cloud, known, "DeleteAccessKey", UserName=id, AccessKeyId=key["AccessKeyId"])
        self.call(cloud, known, "DeleteUser", UserName=id)


class UserPolicy(OwnPolicy):
    """A policy that is part of a user."""

    holder = "User"


class AccessKey(IamType):
    """A user's key. IAM tells its secret once; a user has two at most."""

    token = "aws:iam/accessKey:AccessKey"  # noqa: S105
    properties = {
        "createDate": OUTPUT,
        "encryptedSecret": OUTPUT,
        "encryptedSesSmtpPasswordV4": OUTPUT,
        "keyFingerprint": OUTPUT,
        "pgpKey": text(replaces=True),
        "secret": Property("string", output=True, secret=True),
        "sesSmtpPasswordV4": Property("string", output=True, secret=True),
        "status": text(default="Active", enum=_STATES),
        "user": text(required=True, replaces=True),
    }

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what is not emulated."""
        if inputs.get("pgpKey") is not None:
            yield Refusal("pgpKey", "is not emulated; Pulumi keeps the secret encrypted without it")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "CreateAccessKey", {"UserName": inputs["user"]}

    def create(self, cloud: AwsCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Create it; the answer is the only one with the secret."""
        operation, parameters = self.request(inputs)
        made = self.call(cloud, inputs, operation, **parameters)["AccessKey"]
        secret = str(made["SecretAccessKey"])
        known = {**inputs, "secret": secret, "sesSmtpPasswordV4": _smtp_password(secret, cloud.region)}
        id_ = str(made["AccessKeyId"])
        if inputs.get("status") == "Inactive":
            self._set(cloud, id_, inputs)
        return id_, self._as_read(cloud, id_, known)

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Not used: `create` keeps the secret."""
        raise NotImplementedError

    def _set(self, cloud: AwsCloud, id_: str, inputs: Values) -> None:
        self.call(cloud, inputs, "UpdateAccessKey", UserName=inputs["user"], AccessKeyId=id_, Status=inputs["status"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any] | None:  # noqa: A002
        """Look for it among the user's."""
        listed = self.call(cloud, known, "ListAccessKeys", UserName=known["user"])["AccessKeyMetadata"]
        found = next((item for item in listed if item["AccessKeyId"] == id), None)
        if found is None:
            return None
        return {
            "createDate": found["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "secret": known.get("secret"),
            "sesSmtpPasswordV4": known.get("sesSmtpPasswordV4"),
            "status": found["Status"],
            "user": found["UserName"],
        }

    def update(self, cloud: AwsCloud, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002
        """Switch it on or off."""
        self._set(cloud, id, inputs)
        known = {**inputs, **{key: old_outputs.get(key) for key in ("secret", "sesSmtpPasswordV4")}}
        return self._as_read(cloud, id, known)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it."""
        try:
            self.call(cloud, known, "DeleteAccessKey", UserName=known["user"], AccessKeyId=id)
        except AwsError as error:
            if error.code not in self.gone:
                raise


def _smtp_password(secret: str, region: str) -> str:
    """Return the password of SES that a key stands for ("Obtaining Amazon SES SMTP credentials")."""
    signature = f"AWS4{secret}".encode()
    for part in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        signature = hmac.new(signature, part.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"\x04" + signature).decode()


TYPES: Final[tuple[ResourceType, ...]] = (User(), UserPolicy(), AccessKey())

__all__ = ["TYPES"]

"""Secrets Manager and KMS, on moto."""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets as random
from collections.abc import Iterable
from typing import Any, Final

from ..emulator import AutoName, Property, Refusal, ResourceType, has_unknown
from .aws_cloud import AwsCloud, AwsError
from .aws_types import (
    OUTPUT,
    STRING,
    AwsType,
    Values,
    document,
    flag,
    given,
    objects,
    regional,
    tag_changes,
    tag_list,
    tag_map,
    text,
    whole,
)

_SECRET_NAME: Final = re.compile(r"[0-9A-Za-z/_+=.@-]{1,512}")
_CURRENT: Final = "AWSCURRENT"


def named_once(inputs: Values) -> Iterable[Refusal]:
    """Yield a refusal where a name and the beginning of one are both given."""
    if inputs.get("name") is not None and inputs.get("namePrefix") is not None:
        yield Refusal("namePrefix", "conflicts with name; give one of the two")


def name_of(inputs: Values) -> str:
    """Return the name, made up after its prefix where only that is given."""
    return str(inputs.get("name") or f"{inputs['namePrefix']}{random.token_hex(13)}")


class Secret(AwsType):
    """A secret without its values. Its name stays taken while it waits for its deletion."""

    token = "aws:secretsmanager/secret:Secret"  # noqa: S105
    service = "secretsmanager"
    gone = ("ResourceNotFoundException",)
    policies = ("policy",)
    auto_name = AutoName(max_length=255, unless=("namePrefix",))
    name_property = "name"
    properties = regional(
        {
            "arn": OUTPUT,
            "description": STRING,
            "forceOverwriteReplicaSecret": flag(default=False, write_only=True),
            "kmsKeyId": STRING,
            "name": text(replaces=True, computed=True),
            "namePrefix": text(replaces=True, computed=True),
            "policy": document(computed=True),
            "recoveryWindowInDays": whole(default=30, write_only=True),
            "replicas": objects(
                {
                    "kmsKeyId": text(computed=True),
                    "lastAccessedDate": OUTPUT,
                    "region": text(required=True),
                    "status": OUTPUT,
                    "statusMessage": OUTPUT,
                },
                computed=True,
                unordered=True,
            ),
            "type": text(replaces=True, computed=True),
        },
        tagged=True,
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider's own validation refuses."""
        yield from named_once(inputs)
        name, days = inputs.get("name"), inputs.get("recoveryWindowInDays")
        if isinstance(name, str) and not _SECRET_NAME.fullmatch(name):
            yield Refusal("name", "must be 1 to 512 letters, digits and /_+=.@-")
        if isinstance(days, int) and days != 0 and not 7 <= days <= 30:
            yield Refusal("recoveryWindowInDays", f"must be 0 or 7 to 30, not {days}")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        replicas = [
            given(Region=item["region"], KmsKeyId=item.get("kmsKeyId")) for item in inputs.get("replicas") or ()
        ]
        return "CreateSecret", given(
            Name=inputs.get("name") or inputs.get("namePrefix"),
            Description=inputs.get("description"),
            KmsKeyId=inputs.get("kmsKeyId"),
            Tags=tag_list(inputs.get("tags")) or None,
            AddReplicaRegions=replicas or None,
            ForceOverwriteReplicaSecret=inputs.get("forceOverwriteReplicaSecret"),
            Type=inputs.get("type"),
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create it, then put its policy."""
        operation, parameters = self.request(inputs)
        _check_key(cloud, inputs.get("kmsKeyId"), self.region(cloud, inputs))
        made = self.call(cloud, inputs, operation, **{**parameters, "Name": name_of(inputs)})
        self._put_policy(cloud, inputs, made["ARN"])
        return str(made["ARN"])

    def _put_policy(self, cloud: AwsCloud, inputs: Values, id_: str) -> None:
        policy = inputs.get("policy")
        if policy and json.loads(policy):
            self.call(cloud, inputs, "PutResourcePolicy", SecretId=id_, ResourcePolicy=policy)

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any] | None:  # noqa: A002
        """Describe it and get its policy."""
        found = self.call(cloud, known, "DescribeSecret", SecretId=id)
        if found.get("DeletedDate") is not None:
            return None
        replicas = [
            given(region=item["Region"], kmsKeyId=item.get("KmsKeyId"), status=item.get("Status"))
            for item in found.get("ReplicationStatus") or ()
        ]
        tags = tag_map(found.get("Tags"))
        return {
            "arn": found["ARN"],
            "description": found.get("Description") or None,
            "kmsKeyId": found.get("KmsKeyId"),
            "name": found["Name"],
            "namePrefix": known.get("namePrefix") or "",
            "policy": self.call(cloud, known, "GetResourcePolicy", SecretId=id).get("ResourcePolicy", ""),
            "replicas": replicas,
            "type": found.get("Type"),
            "tags": tags or None,
            "tagsAll": tags,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Put what changed."""
        before = {item["region"]: item for item in old.get("replicas") or ()}
        after = {item["region"]: item for item in inputs.get("replicas") or ()}
        if inputs.get("replicas") is not None and (gone := sorted(before.keys() - after.keys())):
            self.call(cloud, old, "RemoveRegionsFromReplication", SecretId=id, RemoveReplicaRegions=gone)
        if new := sorted(after.keys() - before.keys()):
            added = [given(Region=region, KmsKeyId=after[region].get("kmsKeyId")) for region in new]
            self.call(cloud, old, "ReplicateSecretToRegions", SecretId=id, AddReplicaRegions=added)
        if any((old.get(key) or "") != (inputs.get(key) or "") for key in ("description", "kmsKeyId")):
            _check_key(cloud, inputs.get("kmsKeyId"), self.region(cloud, old))
            parameters = given(KmsKeyId=inputs.get("kmsKeyId"))
            self.call(cloud, old, "UpdateSecret", SecretId=id, Description=inputs.get("description", ""), **parameters)
        if inputs.get("policy") is not None and not self.same("policy", old.get("policy"), inputs["policy"]):
            if json.loads(inputs["policy"]):
                self._put_policy(cloud, inputs, id)
            else:
                self.call(cloud, old, "DeleteResourcePolicy", SecretId=id)
        gone_tags, put_tags = tag_changes(old.get("tags") or {}, inputs.get("tags"))
        if gone_tags:
            self.call(cloud, old, "UntagResource", SecretId=id, TagKeys=gone_tags)
        if put_tags:
            self.call(cloud, old, "TagResource", SecretId=id, Tags=tag_list(put_tags))

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it, at once where its recovery window is 0."""
        days = known.get("recoveryWindowInDays", 30)
        window = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        self.call(cloud, known, "DeleteSecret", SecretId=id, **window)


def _check_key(cloud: AwsCloud, key: str | None, region: str) -> None:
    """Raise `Refusal` where a KMS key does not exist: moto's Secrets Manager does not look."""
    if key and not key.startswith("alias/aws/"):
        cloud.call("kms", "DescribeKey", {"KeyId": key}, region)


class SecretVersion(AwsType):
    """One value of a secret. The current one goes with its secret alone."""

    token = "aws:secretsmanager/secretVersion:SecretVersion"  # noqa: S105
    service = "secretsmanager"
    gone = ("ResourceNotFoundException", "InvalidRequestException")
    properties = regional(
        {
            "arn": OUTPUT,
            "hasSecretStringWo": flag(output=True),
            "secretArn": OUTPUT,
            "secretBinary": text(replaces=True, secret=True),
            "secretId": text(required=True, replaces=True),
            "secretString": text(replaces=True, secret=True),
            "secretStringWo": text(secret=True, write_only=True),
            "secretStringWoVersion": whole(replaces=True, write_only=True),
            "versionId": OUTPUT,
            "versionStages": Property("array", items=STRING, computed=True, unordered=True),
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield values that are given twice, and binary ones that are not base64."""
        values = [name for name in ("secretBinary", "secretString", "secretStringWo") if inputs.get(name) is not None]
        if len(values) > 1:
            yield Refusal(values[1], f"conflicts with {values[0]}; give one of them")
        if ("secretStringWo" in values) != (inputs.get("secretStringWoVersion") is not None):
            yield Refusal("secretStringWoVersion", "goes together with secretStringWo")
        binary = inputs.get("secretBinary")
        if isinstance(binary, str):
            try:
                base64.b64decode(binary, validate=True)
            except binascii.Error:
                yield Refusal("secretBinary", "must be base64")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        binary = inputs.get("secretBinary")
        return "PutSecretValue", given(
            SecretId=inputs["secretId"],
            SecretString=inputs.get("secretString") or inputs.get("secretStringWo"),
            SecretBinary=base64.b64decode(binary) if isinstance(binary, str) else None,
            VersionStages=inputs.get("versionStages") or None,
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Put the value."""
        operation, parameters = self.request(inputs)
        return f"{inputs['secretId']}|{self.call(cloud, inputs, operation, **parameters)['VersionId']}"

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get the value."""
        secret, _, version = id.partition("|")
        found = self.call(cloud, known, "GetSecretValue", SecretId=secret, VersionId=version)
        hidden = known.get("secretStringWoVersion") is not None
        binary = found.get("SecretBinary")
        return {
            "arn": found["ARN"],
            "hasSecretStringWo": hidden or None,
            "secretArn": found["ARN"],
            "secretBinary": base64.b64encode(binary).decode() if binary else None,
            "secretId": secret,
            "secretString": None if hidden else found.get("SecretString"),
            "versionId": found["VersionId"],
            "versionStages": found.get("VersionStages"),
        }

    def _kept(self, cloud: AwsCloud, known: Values, found: Values) -> dict[str, Any]:
        # A write-only value reaches the service and no state.
        return {key: value for key, value in super()._kept(cloud, known, found).items() if key != "secretStringWo"}

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Move its stages; the current one cannot be taken away."""
        secret, _, version = id.partition("|")
        before, after = set(old.get("versionStages") or ()), set(inputs.get("versionStages") or ())
        if inputs.get("versionStages") is None:
            return
        for stage in sorted(after - before):
            more = {"RemoveFromVersionId": self._current(cloud, old, secret)} if stage == _CURRENT else {}
            self._stage(cloud, old, secret, stage, MoveToVersionId=version, **more)
        for stage in sorted(before - after - {_CURRENT}):
            self._stage(cloud, old, secret, stage, RemoveFromVersionId=version)

    def _current(self, cloud: AwsCloud, known: Values, secret: str) -> str:
        versions = self.call(cloud, known, "ListSecretVersionIds", SecretId=secret)["Versions"]
        return str(next(item["VersionId"] for item in versions if _CURRENT in item.get("VersionStages", ())))

    def _stage(self, cloud: AwsCloud, known: Values, secret: str, stage: str, **parameters: str) -> None:
        self.call(cloud, known, "UpdateSecretVersionStage", SecretId=secret, VersionStage=stage, **parameters)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Take its stages away but for the current one."""
        secret, _, version = id.partition("|")
        stages = self.call(cloud, known, "GetSecretValue", SecretId=secret, VersionId=version).get("VersionStages", ())
        for stage in stages:
            if stage != _CURRENT:
                self._stage(cloud, known, secret, stage, RemoveFromVersionId=version)


class Key(AwsType):
    """A KMS key. Deleting it only schedules that: the key is unusable from then on."""

    token = "aws:kms/key:Key"  # noqa: S105
    service = "kms"
    gone = ("NotFoundException",)
    policies = ("policy",)
    properties = regional(
        {
            "arn": OUTPUT,
            "bypassPolicyLockoutSafetyCheck": flag(default=False, write_only=True),
            "customKeyStoreId": text(replaces=True),
            "customerMasterKeySpec": text(default="SYMMETRIC_DEFAULT", replaces=True),
            "deletionWindowInDays": whole(write_only=True),
            "description": text(computed=True),
            "enableKeyRotation": flag(default=False),
            "isEnabled": flag(default=True),
            "keyId": OUTPUT,
            "keyUsage": text(
                enum=("ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"),
                default="ENCRYPT_DECRYPT",
                replaces=True,
            ),
            "multiRegion": flag(computed=True, replaces=True),
            "policy": document(computed=True),
            "rotationPeriodInDays": whole(computed=True),
            "xksKeyId": text(replaces=True),
        },
        tagged=True,
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider's own validation refuses."""
        for name, least, most in (("deletionWindowInDays", 7, 30), ("rotationPeriodInDays", 90, 2560)):
            value = inputs.get(name)
            if isinstance(value, int) and not least <= value <= most:
                yield Refusal(name, f"must be {least} to {most}, not {value}")
        if inputs.get("rotationPeriodInDays") is not None and inputs.get("enableKeyRotation") is False:
            yield Refusal("rotationPeriodInDays", "needs enableKeyRotation")
        for name in ("customKeyStoreId", "xksKeyId"):
            if inputs.get(name) is not None:
                yield Refusal(name, "custom key stores are not emulated")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "CreateKey", given(
            Description=inputs.get("description"),
            KeyUsage=inputs.get("keyUsage"),
            KeySpec=inputs.get("customerMasterKeySpec"),
            MultiRegion=inputs.get("multiRegion"),
            Policy=inputs.get("policy"),
            BypassPolicyLockoutSafetyCheck=inputs.get("bypassPolicyLockoutSafetyCheck"),
            Tags=_key_tags(inputs.get("tags")) or None,
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create it, then turn its rotation on and itself off where that is asked for."""
        operation, parameters = self.request(inputs)
        id_ = str(self.call(cloud, inputs, operation, **parameters)["KeyMetadata"]["KeyId"])
        if inputs.get("enableKeyRotation"):
            self._rotate(cloud, id_, inputs)
        if inputs.get("isEnabled") is False:
            self.call(cloud, inputs, "DisableKey", KeyId=id_)
        return id_

    def _rotate(self, cloud: AwsCloud, id_: str, inputs: Values) -> None:
        period = given(RotationPeriodInDays=inputs.get("rotationPeriodInDays"))
        self.call(cloud, inputs, "EnableKeyRotation", KeyId=id_, **period)

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any] | None:  # noqa: A002
        """Describe it, and get its policy, rotation and tags."""
        found = self.call(cloud, known, "DescribeKey", KeyId=id)["KeyMetadata"]
        if found["KeyState"] == "PendingDeletion":
            return None
        rotation = self._rotation(cloud, id, known)
        tags = tag_map(self.call(cloud, known, "ListResourceTags", KeyId=id)["Tags"], "TagKey", "TagValue")
        return {
            "arn": found["Arn"],
            "customerMasterKeySpec": found["KeySpec"],
            "description": found.get("Description", ""),
            "enableKeyRotation": rotation["KeyRotationEnabled"],
            "isEnabled": found["Enabled"],
            "keyId": found["KeyId"],
            "keyUsage": found["KeyUsage"],
            "multiRegion": bool(found.get("MultiRegion")),
            "policy": self.call(cloud, known, "GetKeyPolicy", KeyId=id, PolicyName="default")["Policy"],
            "rotationPeriodInDays": rotation.get("RotationPeriodInDays", 365),
            "tags": tags or None,
            "tagsAll": tags,
        }

    def _rotation(self, cloud: AwsCloud, id_: str, known: Values) -> dict[str, Any]:
        try:
            return self.call(cloud, known, "GetKeyRotationStatus", KeyId=id_)
        except AwsError as error:
            if error.code in ("UnsupportedOperationException", "DisabledException", "KMSInvalidStateException"):
                return {"KeyRotationEnabled": False}
            raise

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Put what changed; a key is turned on first and off last."""
        enabled, was = inputs.get("isEnabled", True), old.get("isEnabled", True)
        if enabled and not was:
            self.call(cloud, old, "EnableKey", KeyId=id)
        rotates = ("enableKeyRotation", "rotationPeriodInDays")
        if any(inputs.get(key) is not None and inputs[key] != old.get(key) for key in rotates):
            if inputs.get("enableKeyRotation"):
                self._rotate(cloud, id, {**inputs, "region": self.region(cloud, old)})
            else:
                self.call(cloud, old, "DisableKeyRotation", KeyId=id)
        if inputs.get("description") is not None and inputs["description"] != old.get("description"):
            self.call(cloud, old, "UpdateKeyDescription", KeyId=id, Description=inputs["description"])
        if inputs.get("policy") is not None and not self.same("policy", old.get("policy"), inputs["policy"]):
            self.call(cloud, old, "PutKeyPolicy", KeyId=id, PolicyName="default", Policy=inputs["policy"])
        if was and not enabled:
            self.call(cloud, old, "DisableKey", KeyId=id)
        gone, put = tag_changes(old.get("tags") or {}, inputs.get("tags"))
        if gone:
            self.call(cloud, old, "UntagResource", KeyId=id, TagKeys=gone)
        if put:
            self.call(cloud, old, "TagResource", KeyId=id, Tags=_key_tags(put))

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Schedule its deletion."""
        window = given(PendingWindowInDays=known.get("deletionWindowInDays"))
        self.call(cloud, known, "ScheduleKeyDeletion", KeyId=id, **window)


def _key_tags(tags: Values | None) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in sorted((tags or {}).items())]


class Alias(AwsType):
    """A name for a KMS key."""

    token = "aws:kms/alias:Alias"  # noqa: S105
    service = "kms"
    gone = ("NotFoundException",)
    auto_name = AutoName(max_length=255, prefix="alias/", unless=("namePrefix",))
    name_property = "name"
    properties = regional(
        {
            "arn": OUTPUT,
            "name": text(replaces=True, computed=True),
            "namePrefix": text(replaces=True, computed=True),
            "targetKeyArn": OUTPUT,
            "targetKeyId": text(required=True),
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield names that are no aliases."""
        yield from named_once(inputs)
        for name in ("name", "namePrefix"):
            value = inputs.get(name)
            if isinstance(value, str) and not re.fullmatch(r"alias/[a-zA-Z0-9/_-]+", value):
                yield Refusal(name, "must begin with alias/ and be followed by letters, digits and /_-")

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Return whether a key's id and its ARN name the same key."""
        return name == "targetKeyId" and str(old).rpartition("/")[2] == str(new).rpartition("/")[2]

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]] | None:
        """Return the request that makes it."""
        if inputs.get("name") is None or has_unknown(inputs):
            return None
        return "CreateAlias", {"AliasName": inputs["name"], "TargetKeyId": inputs["targetKeyId"]}

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create it."""
        name = name_of(inputs)
        self.call(cloud, inputs, "CreateAlias", AliasName=name, TargetKeyId=inputs["targetKeyId"])
        return name

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any] | None:  # noqa: A002
        """Look for it in the list."""
        aliases = self.call(cloud, known, "ListAliases")["Aliases"]
        found = next((item for item in aliases if item["AliasName"] == id), None)
        if found is None or not found.get("TargetKeyId"):
            return None
        key, asked = found["TargetKeyId"], known.get("targetKeyId")
        return {
            "arn": found["AliasArn"],
            "name": id,
            "namePrefix": known.get("namePrefix") or "",
            "targetKeyArn": re.sub(r"alias/.*$", f"key/{key}", found["AliasArn"]),
            "targetKeyId": asked if asked is not None and self.same("targetKeyId", asked, key) else key,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Point it to another key."""
        self.call(cloud, old, "UpdateAlias", AliasName=id, TargetKeyId=inputs["targetKeyId"])

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it."""
        self.call(cloud, known, "DeleteAlias", AliasName=id)


TYPES: Final[tuple[ResourceType, ...]] = (Secret(), SecretVersion(), Key(), Alias())

__all__ = ["TYPES", "name_of", "named_once"]

"""S3's buckets and what is set up for them, on moto."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..emulator import AutoName, Property, Refusal, ResourceType, known_items, known_members
from .aws_cloud import AwsCloud, AwsError
from .aws_secrets import name_of
from .aws_types import (
    OUTPUT,
    STRING,
    TAGS,
    AwsType,
    Values,
    document,
    flag,
    given,
    objects,
    one,
    regional,
    tag_list,
    tag_map,
    text,
    whole,
)
from .bridged_sdk import sdk_type

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
# What a bucket had of its own until version 4 of the provider; each has a resource type of its own since.
_ELSEWHERE: Final = {
    "accelerationStatus": "BucketAccelerateConfiguration",
    "acl": "BucketAcl",
    "corsRules": "BucketCorsConfiguration",
    "grants": "BucketAcl",
    "lifecycleRules": "BucketLifecycleConfiguration",
    "logging": "BucketLogging",
    "objectLockConfiguration": "BucketObjectLockConfiguration",
    "policy": "BucketPolicy",
    "replicationConfiguration": "BucketReplicationConfig",
    "requestPayer": "BucketRequestPaymentConfiguration",
    "serverSideEncryptionConfiguration": "BucketServerSideEncryptionConfiguration",
    "versioning": "BucketVersioning",
    "website": "BucketWebsiteConfiguration",
}
_ALGORITHMS: Final = ("AES256", "aws:kms", "aws:kms:dsse")
_ZONES: Final = {
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-west-2": "Z3BJ6K6RIION7M",
}
"""Route 53 zones of S3's website endpoints ("Amazon S3 endpoints and quotas"); of other regions none is shown."""


class _S3Type(AwsType):
    service = "s3"
    gone: tuple[str, ...] = ("NoSuchBucket", "404")


class Bucket(_S3Type):
    """A bucket."""

    token = "aws:s3/bucket:Bucket"  # noqa: S105
    auto_name = AutoName(property="bucket", max_length=63, lower=True, unless=("bucketPrefix",))
    name_property = "bucket"

    def __init__(self) -> None:
        found = dict(sdk_type("pulumi_aws", "s3", "bucket"))
        found["forceDestroy"] = flag(default=False, write_only=True)
        for name in ("bucket", "bucketPrefix"):
            found[name] = text(computed=True, replaces=True)
        for name in (*_ELSEWHERE, "bucketNamespace", "objectLockEnabled"):
            found[name] = replace(found[name], computed=True)
        found["objectLockEnabled"] = replace(found["objectLockEnabled"], replaces=True)
        for name, item in found.items():
            if item.output:
                found[name] = OUTPUT
        found["tagsAll"] = Property("map", items=STRING, output=True)
        found["tags"] = TAGS
        self.properties = regional({key: item for key, item in found.items() if key != "region"})

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider's own validation refuses, and what is set up elsewhere."""
        name = inputs.get("bucket")
        if name is not None and inputs.get("bucketPrefix") is not None:
            yield Refusal("bucketPrefix", "conflicts with bucket; give one of the two")
        if isinstance(name, str) and not _NAME.fullmatch(name):
            yield Refusal(
                "bucket", f"{name!r} is not a bucket's name: 3 to 63 lower-case letters, digits, hyphens, single dots"
            )
        for key, kind in _ELSEWHERE.items():
            if inputs.get(key) is not None:
                yield Refusal(key, f"is deprecated and not emulated; make an aws.s3.{kind}")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it, without its region, which is the client's."""
        return "CreateBucket", given(
            Bucket=inputs.get("bucket") or inputs.get("bucketPrefix"),
            ObjectLockEnabledForBucket=inputs.get("objectLockEnabled"),
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create it, with its tags."""
        operation, parameters = self.request(inputs)
        named = {**inputs, "name": inputs.get("bucket"), "namePrefix": inputs.get("bucketPrefix")}
        name, region = name_of(named), self.region(cloud, inputs)
        # us-east-1 is the one region that is not named.
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.call(cloud, inputs, operation, **{**parameters, "Bucket": name, **place})
        self._tag(cloud, name, inputs)
        return name

    def _tag(self, cloud: AwsCloud, name: str, inputs: Values) -> None:
        tags = tag_list(inputs.get("tags"))
        if tags:
            self.call(cloud, inputs, "PutBucketTagging", Bucket=name, Tagging={"TagSet": tags})
        else:
            self.call(cloud, inputs, "DeleteBucketTagging", Bucket=name)

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Ask for it. What other resources set up is left out here: in a refresh after `up` it would show as new."""
        region = self.region(cloud, known)
        self.call(cloud, known, "HeadBucket", Bucket=id)
        try:
            tags = tag_map(self.call(cloud, known, "GetBucketTagging", Bucket=id)["TagSet"])
        except AwsError as error:
            if error.code != "NoSuchTagSet":
                raise
            tags = {}
        partition = cloud.partition(region)
        suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        return {
            "arn": f"arn:{partition}:s3:::{id}",
            "bucket": id,
            "bucketDomainName": f"{id}.s3.{suffix}",
            "bucketPrefix": known.get("bucketPrefix") or "",
            "bucketRegion": region,
            "bucketRegionalDomainName": f"{id}.s3.{region}.{suffix}",
            "hostedZoneId": _ZONES.get(region),
            "objectLockEnabled": bool(known.get("objectLockEnabled")),
            "tags": tags or None,
            "tagsAll": tags,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Put its tags; nothing else of it is the service's."""
        if (old.get("tags") or {}) != (inputs.get("tags") or {}):
            self._tag(cloud, id, inputs)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it, with all that is in it where that was asked for."""
        if known.get("forceDestroy"):
            self._empty(cloud, id, known)
        self.call(cloud, known, "DeleteBucket", Bucket=id)

    def _empty(self, cloud: AwsCloud, name: str, known: Values) -> None:
        listed = self.call(cloud, known, "ListObjectVersions", Bucket=name)
        for item in [*(listed.get("Versions") or ()), *(listed.get("DeleteMarkers") or ())]:
            self.call(cloud, known, "DeleteObject", Bucket=name, Key=item["Key"], VersionId=item["VersionId"])
        for item in self.call(cloud, known, "ListMultipartUploads", Bucket=name).get("Uploads") or ():
            self.call(cloud, known, "AbortMultipartUpload", Bucket=name, Key=item["Key"], UploadId=item["UploadId"])


class _OfBucket(_S3Type):
    """Something that is set up for a bucket, once: its id is the bucket's name."""

    name_property = "bucket"

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Put it."""
        self._put(cloud, inputs)
        return str(inputs["bucket"])

    def _put(self, cloud: AwsCloud, inputs: Values) -> None:
        wanted = self.request(inputs)
        assert wanted is not None  # noqa: S101 - each of these has one
        self.call(cloud, inputs, wanted[0], **wanted[1])

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002, ARG002
        """Put it anew."""
        self._put(cloud, inputs)


_BUCKET: Final = text(required=True, replaces=True)
_OWNER: Final = text(replaces=True)
_ACCESS: Final = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


class BucketPublicAccessBlock(_OfBucket):
    """That nothing makes a bucket public."""

    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"  # noqa: S105
    gone = (*_S3Type.gone, "NoSuchPublicAccessBlockConfiguration")
    properties = regional(
        {
            "bucket": _BUCKET,
            "skipDestroy": flag(write_only=True),
            **{name: flag(default=False) for name in _ACCESS},
        }
    )

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that puts it."""
        wanted = {theirs: bool(inputs.get(name)) for name, theirs in _ACCESS.items()}
        return "PutPublicAccessBlock", {"Bucket": inputs["bucket"], "PublicAccessBlockConfiguration": wanted}

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get it."""
        found = self.call(cloud, known, "GetPublicAccessBlock", Bucket=id)["PublicAccessBlockConfiguration"]
        return {"bucket": id, **{name: bool(found.get(theirs)) for name, theirs in _ACCESS.items()}}

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it, unless it is to stay."""
        if not known.get("skipDestroy"):
            self.call(cloud, known, "DeletePublicAccessBlock", Bucket=id)


class BucketOwnershipControls(_OfBucket):
    """Who owns what others put into a bucket."""

    token = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"  # noqa: S105
    gone = (*_S3Type.gone, "OwnershipControlsNotFoundError")
    properties = regional(
        {
            "bucket": _BUCKET,
            "rule": one(
                {
                    "objectOwnership": text(
                        required=True, enum=("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")
                    )
                },
                required=True,
            ),
        }
    )

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that puts it."""
        rule = {"ObjectOwnership": known_members(inputs, "rule").get("objectOwnership")}
        return "PutBucketOwnershipControls", {"Bucket": inputs["bucket"], "OwnershipControls": {"Rules": [rule]}}

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get it."""
        found = self.call(cloud, known, "GetBucketOwnershipControls", Bucket=id)["OwnershipControls"]["Rules"]
        return {"bucket": id, "rule": {"objectOwnership": found[0]["ObjectOwnership"]}}

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it."""
        self.call(cloud, known, "DeleteBucketOwnershipControls", Bucket=id)


class BucketVersioning(_OfBucket):
    """Whether a bucket keeps versions. Once it did they can only be suspended."""

    token = "aws:s3/bucketVersioning:BucketVersioning"  # noqa: S105
    properties = regional(
        {
            "bucket": _BUCKET,
            "expectedBucketOwner": _OWNER,
            "mfa": text(write_only=True),
            "versioningConfiguration": one(
                {
                    "mfaDelete": text(computed=True, enum=("Enabled", "Disabled")),
                    "status": text(required=True, enum=("Enabled", "Suspended", "Disabled")),
                },
                required=True,
            ),
        }
    )

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that puts it."""
        wanted = known_members(inputs, "versioningConfiguration")
        configuration = given(Status=wanted.get("status"), MFADelete=wanted.get("mfaDelete"))
        more = given(MFA=inputs.get("mfa"), ExpectedBucketOwner=inputs.get("expectedBucketOwner"))
        if wanted.get("status") == "Disabled":
            # The service knows no such state: the provider asks for nothing.
            return "GetBucketVersioning", {"Bucket": inputs["bucket"]}
        return "PutBucketVersioning", {"Bucket": inputs["bucket"], "VersioningConfiguration": configuration, **more}

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get it."""
        found = self.call(cloud, known, "GetBucketVersioning", Bucket=id)
        configuration = given(status=found.get("Status") or "Disabled", mfaDelete=found.get("MFADelete"))
        return {
            "bucket": id,
            "expectedBucketOwner": known.get("expectedBucketOwner"),
            "versioningConfiguration": configuration,
        }

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Suspend it, as the provider does."""
        if known_members(known, "versioningConfiguration").get("status") == "Enabled":
            suspended = {"Status": "Suspended"}
            self.call(cloud, known, "PutBucketVersioning", Bucket=id, VersioningConfiguration=suspended)


class BucketServerSideEncryptionConfiguration(_OfBucket):
    """How a bucket encrypts by default."""

    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"  # noqa: S105
    gone = (*_S3Type.gone, "ServerSideEncryptionConfigurationNotFoundError")
    properties = regional(
        {
            "bucket": _BUCKET,
            "expectedBucketOwner": _OWNER,
            "rules": objects(
                {
                    "applyServerSideEncryptionByDefault": one(
                        {"kmsMasterKeyId": STRING, "sseAlgorithm": text(required=True, enum=_ALGORITHMS)}
                    ),
                    "blockedEncryptionTypes": Property("array", items=STRING, computed=True),
                    "bucketKeyEnabled": flag(),
                },
                required=True,
            ),
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what S3 refuses."""
        for index, rule in enumerate(known_items(inputs, "rules")):
            chosen = known_members(rule, "applyServerSideEncryptionByDefault")
            if chosen.get("kmsMasterKeyId") is not None and chosen.get("sseAlgorithm") == "AES256":
                yield Refusal(
                    f"rules[{index}].applyServerSideEncryptionByDefault.kmsMasterKeyId",
                    "MalformedXML: a key of KMS goes with aws:kms or aws:kms:dsse, not with AES256",
                )

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that puts it."""
        rules = []
        for rule in known_items(inputs, "rules"):
            chosen = known_members(rule, "applyServerSideEncryptionByDefault")
            by_default = given(SSEAlgorithm=chosen.get("sseAlgorithm"), KMSMasterKeyID=chosen.get("kmsMasterKeyId"))
            rules.append(
                given(
                    ApplyServerSideEncryptionByDefault=by_default or None, BucketKeyEnabled=rule.get("bucketKeyEnabled")
                )
            )
        wanted = {"Bucket": inputs["bucket"], "ServerSideEncryptionConfiguration": {"Rules": rules}}
        return "PutBucketEncryption", {**wanted, **given(ExpectedBucketOwner=inputs.get("expectedBucketOwner"))}

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get it."""
        found = self.call(cloud, known, "GetBucketEncryption", Bucket=id)["ServerSideEncryptionConfiguration"]["Rules"]
        rules = []
        for rule in found:
            chosen = rule.get("ApplyServerSideEncryptionByDefault") or {}
            by_default = given(sseAlgorithm=chosen.get("SSEAlgorithm"), kmsMasterKeyId=chosen.get("KMSMasterKeyID"))
            rules.append(
                given(
                    applyServerSideEncryptionByDefault=by_default or None, bucketKeyEnabled=rule.get("BucketKeyEnabled")
                )
            )
        return {"bucket": id, "expectedBucketOwner": known.get("expectedBucketOwner"), "rules": rules}

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Go back to what S3 does by itself."""
        self.call(cloud, known, "DeleteBucketEncryption", Bucket=id)


_FILTER: Final = {
    "objectSizeGreaterThan": whole(),
    "objectSizeLessThan": whole(),
    "prefix": STRING,
}
_MOVE: Final = {"storageClass": text(required=True)}


class BucketLifecycleConfiguration(_OfBucket):
    """What a bucket deletes and moves by itself."""

    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"  # noqa: S105
    gone = (*_S3Type.gone, "NoSuchLifecycleConfiguration")
    properties = regional(
        {
            "bucket": _BUCKET,
            "expectedBucketOwner": _OWNER,
            "rules": objects(
                {
                    "abortIncompleteMultipartUpload": one({"daysAfterInitiation": whole()}),
                    "expiration": one(
                        {"date": STRING, "days": whole(), "expiredObjectDeleteMarker": flag(computed=True)}
                    ),
                    "filter": one(
                        {
                            **_FILTER,
                            "and": one({**_FILTER, "tags": Property("map", items=STRING)}),
                            "tag": one({"key": text(required=True), "value": text(required=True)}),
                        },
                        computed=True,
                    ),
                    "id": text(required=True),
                    "noncurrentVersionExpiration": one(
                        {"newerNoncurrentVersions": whole(), "noncurrentDays": whole(required=True)}
                    ),
                    "noncurrentVersionTransitions": objects(
                        {**_MOVE, "newerNoncurrentVersions": whole(), "noncurrentDays": whole(required=True)},
                        unordered=True,
                    ),
                    "prefix": STRING,
                    "status": text(required=True, enum=("Enabled", "Disabled")),
                    "transitions": objects({**_MOVE, "date": STRING, "days": whole()}, unordered=True),
                },
            ),
            "timeouts": one({"create": STRING, "update": STRING}, write_only=True),
            "transitionDefaultMinimumObjectSize": text(
                computed=True, enum=("all_storage_classes_128K", "varies_by_storage_class")
            ),
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider and S3 refuse."""
        seen: set[str] = set()
        for index, rule in enumerate(known_items(inputs, "rules")):
            id_ = rule.get("id")
            if isinstance(id_, str):
                if id_ in seen:
                    yield Refusal(f"rules[{index}].id", f"InvalidArgument: rule ID must be unique; {id_!r} is there")
                seen.add(id_)
            if not _does(rule):
                yield Refusal(
                    f"rules[{index}]",
                    "InvalidRequest: at least one action needs to be specified in a rule",
                )
            for name, key in (
                ("abortIncompleteMultipartUpload", "daysAfterInitiation"),
                ("noncurrentVersionExpiration", "noncurrentDays"),
                ("expiration", "days"),
            ):
                days = known_members(rule, name).get(key)
                if isinstance(days, int) and days < 1 and not (name == "expiration" and days == 0):
                    yield Refusal(f"rules[{index}].{name}.{key}", f"must be a positive integer, not {days}")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that puts it."""
        rules = [_sent(rule) for rule in known_items(inputs, "rules")]
        more = given(
            ExpectedBucketOwner=inputs.get("expectedBucketOwner"),
            TransitionDefaultMinimumObjectSize=inputs.get("transitionDefaultMinimumObjectSize"),
        )
        wanted = {"Bucket": inputs["bucket"], "LifecycleConfiguration": {"Rules": rules}}
        return "PutBucketLifecycleConfiguration", {**wanted, **more}

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get it."""
        found = self.call(cloud, known, "GetBucketLifecycleConfiguration", Bucket=id)
        return {
            "bucket": id,
            "expectedBucketOwner": known.get("expectedBucketOwner"),
            "rules": [_read(rule) for rule in found["Rules"]],
            "transitionDefaultMinimumObjectSize": found.get(
                "TransitionDefaultMinimumObjectSize",
                known.get("transitionDefaultMinimumObjectSize") or "all_storage_classes_128K",
            ),
        }

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it."""
        self.call(cloud, known, "DeleteBucketLifecycle", Bucket=id)


def _does(rule: Values) -> bool:
    """Return whether a rule does something."""
    names = (
        "abortIncompleteMultipartUpload",
        "expiration",
        "noncurrentVersionExpiration",
        "noncurrentVersionTransitions",
        "transitions",
    )
    return any(rule.get(name) for name in names)


def _sent(value: Any, name: str = "") -> Any:
    """Return part of a rule as S3 has it: names begin with a capital, tags are a list."""
    if name == "tags":
        return tag_list(value)
    if isinstance(value, Mapping):
        return {_theirs(key): _sent(item, key) for key, item in value.items() if item is not None}
    return [_sent(item) for item in value] if isinstance(value, list) else value


def _theirs(name: str) -> str:
    return "ID" if name == "id" else name[:1].upper() + name[1:]


def _read(value: Any, name: str = "") -> Any:
    """Return part of a rule as the provider has it."""
    if name == "Tags":
        return tag_map(value)
    if isinstance(value, Mapping):
        return {_ours(key): _read(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_read(item) for item in value]
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else value


def _ours(name: str) -> str:
    return "id" if name == "ID" else name[:1].lower() + name[1:]


class BucketPolicy(_OfBucket):
    """A bucket's policy."""

    token = "aws:s3/bucketPolicy:BucketPolicy"  # noqa: S105
    gone = (*_S3Type.gone, "NoSuchBucketPolicy")
    policies = ("policy",)
    properties = regional({"bucket": _BUCKET, "policy": document(required=True)})

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what S3 refuses: a policy for something else than the bucket."""
        bucket, policy = inputs.get("bucket"), inputs.get("policy")
        if not isinstance(bucket, str) or not isinstance(policy, str):
            return
        try:
            statements = json.loads(policy).get("Statement", [])
        except (ValueError, AttributeError):
            return
        for statement in statements if isinstance(statements, list) else [statements]:
            resources = statement.get("Resource", [])
            for arn in [resources] if isinstance(resources, str) else resources:
                if not re.fullmatch(rf"arn:[a-z-]+:s3:::{re.escape(bucket)}(?:/.*)?", arn):
                    yield Refusal("policy", f"MalformedPolicy: Policy has invalid resource: {arn}")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that puts it."""
        return "PutBucketPolicy", {"Bucket": inputs["bucket"], "Policy": inputs["policy"]}

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get it."""
        return {"bucket": id, "policy": self.call(cloud, known, "GetBucketPolicy", Bucket=id)["Policy"]}

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it."""
        self.call(cloud, known, "DeleteBucketPolicy", Bucket=id)


TYPES: Final[tuple[ResourceType, ...]] = (
    Bucket(),
    BucketPublicAccessBlock(),
    BucketOwnershipControls(),
    BucketVersioning(),
    BucketServerSideEncryptionConfiguration(),
    BucketLifecycleConfiguration(),
    BucketPolicy(),
)

__all__ = ["TYPES"]

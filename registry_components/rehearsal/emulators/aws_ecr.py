"""Elastic Container Registry: what moto serves, with botocore's and moto's own validation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ...lifecycle import ecr_native
from ..emulator import AutoName, Property, Refusal, ResourceType, has_unknown, known_items, known_members
from .aws_cloud import AwsCloud, AwsError
from .aws_gaps import SETTINGS
from .aws_types import (
    OUTPUT,
    STRING,
    TAGS,
    AwsType,
    Values,
    arn_refused,
    document,
    flag,
    given,
    objects,
    one,
    regional,
    tag_changes,
    tag_list,
    tag_map,
    text,
)

_ENCRYPTIONS: Final = ("AES256", "KMS", "KMS_DSSE")
_MUTABILITIES: Final = ("MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION")
_FILTER: Final = re.compile(r"[a-zA-Z0-9._*-]{1,128}")
_PREFIX: Final = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*/?|ROOT")
_MOST_DESTINATIONS: Final = 25
_MOST_RULES: Final = 10

_EXCLUSIONS: Final = objects(
    {"filter": text(required=True), "filterType": text(required=True, enum=("WILDCARD",))}, max_items=5
)


def _encryption(*, replaces: bool) -> Property:
    return objects(
        {
            "encryptionType": text(enum=_ENCRYPTIONS, computed=True, replaces=replaces),
            "kmsKey": text(computed=True, replaces=replaces),
        },
        computed=True,
        replaces=replaces,
    )


def _encryption_request(inputs: Values) -> dict[str, Any] | None:
    items = inputs.get("encryptionConfigurations")
    if not items:
        return None
    return given(encryptionType=items[0].get("encryptionType") or "AES256", kmsKey=items[0].get("kmsKey") or None)


def _encryption_state(found: Values | None) -> list[dict[str, Any]] | None:
    if not found:
        return None
    return [{"encryptionType": found["encryptionType"], "kmsKey": found.get("kmsKey", "")}]


def _exclusions_refused(inputs: Values) -> Iterator[Refusal]:
    mutability, filters = inputs.get("imageTagMutability"), inputs.get("imageTagMutabilityExclusionFilters")
    if has_unknown(mutability) or has_unknown(filters):
        return
    excluding = isinstance(mutability, str) and mutability.endswith("_WITH_EXCLUSION")
    path = "imageTagMutabilityExclusionFilters"
    if excluding and not filters:
        yield Refusal(path, f"is required where imageTagMutability is {mutability}")
    if filters and not excluding:
        yield Refusal(path, "needs imageTagMutability IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION")
    for index, item in enumerate(filters or ()):
        pattern = item["filter"]
        if not _FILTER.fullmatch(pattern):
            yield Refusal(f"{path}[{index}].filter", "must be 1 to 128 letters, digits and ._*-")
        elif pattern.count("*") > 2:
            yield Refusal(f"{path}[{index}].filter", "has at most two wildcards")


class Repository(AwsType):
    """A repository. Its encryption can never be changed."""

    token = "aws:ecr/repository:Repository"  # noqa: S105
    service = "ecr"
    gone = ("RepositoryNotFoundException",)
    auto_name = AutoName(max_length=256)
    name_property = "name"
    properties = regional(
        {
            "arn": OUTPUT,
            "encryptionConfigurations": _encryption(replaces=True),
            "forceDelete": flag(write_only=True),
            "imageScanningConfiguration": one({"scanOnPush": flag(required=True)}, computed=True),
            "imageTagMutability": text(enum=_MUTABILITIES, default="MUTABLE"),
            "imageTagMutabilityExclusionFilters": _EXCLUSIONS,
            "name": text(replaces=True, computed=True),
            "registryId": OUTPUT,
            "repositoryUrl": OUTPUT,
        },
        tagged=True,
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what does not go together."""
        yield from _exclusions_refused(inputs)
        for index, item in enumerate(known_items(inputs, "encryptionConfigurations")):
            if isinstance(item, Mapping) and item.get("kmsKey") and item.get("encryptionType", "AES256") == "AES256":
                yield Refusal(f"encryptionConfigurations[{index}].kmsKey", "needs encryptionType KMS or KMS_DSSE")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "CreateRepository", given(
            repositoryName=inputs.get("name"),
            imageTagMutability=inputs.get("imageTagMutability"),
            imageTagMutabilityExclusionFilters=inputs.get("imageTagMutabilityExclusionFilters") or None,
            imageScanningConfiguration=inputs.get("imageScanningConfiguration"),
            encryptionConfiguration=_encryption_request(inputs),
            tags=tag_list(inputs.get("tags")) or None,
        )

    def create(self, cloud: AwsCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it; the answer says all that reading it would."""
        operation, parameters = self.request(inputs)
        made = self.call(cloud, inputs, operation, **parameters)["repository"]
        found = {**_repository(made), **_tags(inputs.get("tags") or {})}
        return made["repositoryName"], self._kept(cloud, inputs, found)

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Make it; return its name."""
        return self.create(cloud, inputs)[0]

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Describe it and list its tags."""
        found = self.call(cloud, known, "DescribeRepositories", repositoryNames=[id])["repositories"][0]
        tags = self.call(cloud, known, "ListTagsForResource", resourceArn=found["repositoryArn"])["tags"]
        return {**_repository(found), **_tags(tag_map(tags))}

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Put what changed, each with its own request."""
        exclusions = "imageTagMutabilityExclusionFilters"
        if any((old.get(key) or None) != (inputs.get(key) or None) for key in ("imageTagMutability", exclusions)):
            parameters = given(imageTagMutability=inputs.get("imageTagMutability"))
            parameters |= given(imageTagMutabilityExclusionFilters=inputs.get(exclusions) or None)
            self.call(cloud, old, "PutImageTagMutability", repositoryName=id, **parameters)
        scanning = inputs.get("imageScanningConfiguration")
        if scanning is not None and scanning != old.get("imageScanningConfiguration"):
            put = "PutImageScanningConfiguration"
            self.call(cloud, old, put, repositoryName=id, imageScanningConfiguration=scanning)
        gone, put_tags = tag_changes(old.get("tags") or {}, inputs.get("tags"))
        if gone:
            self.call(cloud, old, "UntagResource", resourceArn=old["arn"], tagKeys=gone)
        if put_tags:
            self.call(cloud, old, "TagResource", resourceArn=old["arn"], tags=tag_list(put_tags))

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it, with its images only where that was asked for."""
        try:
            self.call(cloud, known, "DeleteRepository", repositoryName=id, force=bool(known.get("forceDelete")))
        except AwsError as error:
            if error.code == "RepositoryNotEmptyException":
                reason = f"ECR Repository ({id}) not empty, consider using forceDelete: {error.reason}"
                raise AwsError(error.code, reason) from None
            raise


def _repository(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "arn": found["repositoryArn"],
        "name": found["repositoryName"],
        "registryId": found["registryId"],
        "repositoryUrl": found["repositoryUri"],
        "imageTagMutability": found["imageTagMutability"],
        "imageTagMutabilityExclusionFilters": found.get("imageTagMutabilityExclusionFilters") or None,
        "imageScanningConfiguration": found.get("imageScanningConfiguration"),
        "encryptionConfigurations": _encryption_state(found.get("encryptionConfiguration")),
    }


def _tags(tags: Values) -> dict[str, Any]:
    return {"tags": dict(tags) or None, "tagsAll": dict(tags)}


class RepositoryPolicy(AwsType):
    """The one policy of a repository."""

    token = "aws:ecr/repositoryPolicy:RepositoryPolicy"  # noqa: S105
    service = "ecr"
    gone = ("RepositoryNotFoundException", "RepositoryPolicyNotFoundException")
    policies = ("policy",)
    properties = regional(
        {"policy": document(required=True), "registryId": OUTPUT, "repository": text(required=True, replaces=True)}
    )

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "SetRepositoryPolicy", {"repositoryName": inputs["repository"], "policyText": inputs["policy"]}

    def create(self, cloud: AwsCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Set the policy; the answer says all that reading it would."""
        operation, parameters = self.request(inputs)
        made = self.call(cloud, inputs, operation, **parameters)
        found = {"policy": made["policyText"], "registryId": made["registryId"], "repository": made["repositoryName"]}
        return made["repositoryName"], self._kept(cloud, inputs, found)

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Set the policy; return its repository's name."""
        return self.create(cloud, inputs)[0]

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get the policy."""
        found = self.call(cloud, known, "GetRepositoryPolicy", repositoryName=id)
        return {"policy": found["policyText"], "registryId": found["registryId"], "repository": id}

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002, ARG002
        """Set the policy anew."""
        self.make(cloud, inputs)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete the policy."""
        self.call(cloud, known, "DeleteRepositoryPolicy", repositoryName=id)


class LifecyclePolicy(AwsType):
    """The one lifecycle policy of a repository. A change replaces it: the old one goes first."""

    token = "aws:ecr/lifecyclePolicy:LifecyclePolicy"  # noqa: S105
    service = "ecr"
    gone = ("RepositoryNotFoundException", "LifecyclePolicyNotFoundException")
    policies = ("policy",)
    delete_before_replace = True
    properties = regional(
        {
            "policy": document(required=True, replaces=True),
            "registryId": OUTPUT,
            "repository": text(required=True, replaces=True),
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the service refuses in the policy."""
        yield from lifecycle_refused(inputs, "policy")

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Return whether two policies have the same rules."""
        return name == "policy" and ecr_native.same(old, new)

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "PutLifecyclePolicy", {"repositoryName": inputs["repository"], "lifecyclePolicyText": inputs["policy"]}

    def create(self, cloud: AwsCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Put the policy; the answer says all that reading it would."""
        operation, parameters = self.request(inputs)
        made = self.call(cloud, inputs, operation, **parameters)
        name = made["repositoryName"]
        found = {"policy": made["lifecyclePolicyText"], "registryId": made["registryId"], "repository": name}
        return name, self._kept(cloud, inputs, found)

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Put the policy; return its repository's name."""
        return self.create(cloud, inputs)[0]

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get the policy."""
        found = self.call(cloud, known, "GetLifecyclePolicy", repositoryName=id)
        return {"policy": found["lifecyclePolicyText"], "registryId": found["registryId"], "repository": id}

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete the policy."""
        self.call(cloud, known, "DeleteLifecyclePolicy", repositoryName=id)


def lifecycle_refused(inputs: Values, name: str) -> Iterator[Refusal]:
    """Yield what the service refuses in a lifecycle policy that a property holds."""
    policy = inputs.get(name)
    if isinstance(policy, str):
        for path, reason in ecr_native.mistakes(policy):
            where = f"{path}: " if path else ""
            yield Refusal(name, f"Lifecycle policy validation failure: {where}{reason}")


class RegistryPolicy(AwsType):
    """The one policy of a registry."""

    token = "aws:ecr/registryPolicy:RegistryPolicy"  # noqa: S105
    service = "ecr"
    gone = ("RegistryPolicyNotFoundException",)
    policies = ("policy",)
    properties = regional({"policy": document(required=True), "registryId": OUTPUT})

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "PutRegistryPolicy", {"policyText": inputs["policy"]}

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Put the policy."""
        return str(self.call(cloud, inputs, "PutRegistryPolicy", policyText=inputs["policy"])["registryId"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002, ARG002
        """Get the policy."""
        found = self.call(cloud, known, "GetRegistryPolicy")
        return {"policy": found["policyText"], "registryId": found["registryId"]}

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002, ARG002
        """Put the policy anew."""
        self.make(cloud, inputs)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002, ARG002
        """Delete the policy."""
        self.call(cloud, known, "DeleteRegistryPolicy")


class RegistryScanningConfiguration(AwsType):
    """How a registry scans. Deleting it goes back to basic scanning without rules."""

    token = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"  # noqa: S105
    service = "ecr"
    properties = regional(
        {
            "registryId": OUTPUT,
            "rules": objects(
                {
                    "repositoryFilters": objects(
                        {"filter": text(required=True), "filterType": text(required=True, enum=("WILDCARD",))},
                        required=True,
                        unordered=True,
                    ),
                    "scanFrequency": text(required=True, enum=("SCAN_ON_PUSH", "CONTINUOUS_SCAN", "MANUAL")),
                },
                unordered=True,
                max_items=2,
            ),
            "scanType": text(required=True, enum=("BASIC", "ENHANCED")),
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield the frequencies that the scan type does not have."""
        basic, enhanced = (inputs.get("scanType") == kind for kind in ("BASIC", "ENHANCED"))
        for index, rule in enumerate(known_items(inputs, "rules")):
            frequency = rule.get("scanFrequency") if isinstance(rule, Mapping) else None
            if basic and frequency == "CONTINUOUS_SCAN":
                yield Refusal(f"rules[{index}].scanFrequency", "CONTINUOUS_SCAN needs scanType ENHANCED")
            if enhanced and frequency == "MANUAL":
                yield Refusal(f"rules[{index}].scanFrequency", "MANUAL goes with scanType BASIC alone")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "PutRegistryScanningConfiguration", {"scanType": inputs["scanType"], "rules": inputs.get("rules") or []}

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Put the configuration."""
        operation, parameters = self.request(inputs)
        self.call(cloud, inputs, operation, **parameters)
        return cloud.account

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002, ARG002
        """Get the configuration."""
        found = self.call(cloud, known, "GetRegistryScanningConfiguration")
        configuration = found["scanningConfiguration"]
        return {
            "registryId": found["registryId"],
            "scanType": configuration["scanType"],
            "rules": configuration.get("rules") or None,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002, ARG002
        """Put the configuration anew."""
        self.make(cloud, inputs)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002, ARG002
        """Go back to what a registry has from the start."""
        self.call(cloud, known, "PutRegistryScanningConfiguration", scanType="BASIC", rules=[])


class ReplicationConfiguration(AwsType):
    """Where a registry replicates to. Deleting it leaves no rule."""

    token = "aws:ecr/replicationConfiguration:ReplicationConfiguration"  # noqa: S105
    service = "ecr"
    properties = regional(
        {
            "registryId": OUTPUT,
            "replicationConfiguration": one(
                {
                    "rules": objects(
                        {
                            "destinations": objects(
                                {"region": text(required=True), "registryId": text(required=True)}, required=True
                            ),
                            "repositoryFilters": objects(
                                {
                                    "filter": text(required=True),
                                    "filterType": text(required=True, enum=("PREFIX_MATCH",)),
                                }
                            ),
                        },
                        required=True,
                    )
                }
            ),
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:
        """Yield what is above the service's limits, and destinations that it cannot replicate to."""
        path = "replicationConfiguration.rules"
        rules = known_items(known_members(inputs, "replicationConfiguration"), "rules")
        if has_unknown(rules):
            return
        if len(rules) > _MOST_RULES:
            yield Refusal(path, f"a registry has at most {_MOST_RULES} replication rules, not {len(rules)}")
        places = {(item["region"], item["registryId"]) for rule in rules for item in rule["destinations"]}
        if len(places) > _MOST_DESTINATIONS:
            reason = f"all rules together have at most {_MOST_DESTINATIONS} destinations, not {len(places)}"
            yield Refusal(path, reason)
        for index, rule in enumerate(rules):
            if not rule["destinations"]:
                yield Refusal(f"{path}[{index}].destinations", "needs at least one destination")
            for place, item in enumerate(rule["destinations"]):
                here = f"{path}[{index}].destinations[{place}]"
                if not re.fullmatch(r"\d{12}", item["registryId"]):
                    yield Refusal(f"{here}.registryId", f"must be an account's 12 digits, not {item['registryId']!r}")
                elif not cloud.knows_region(item["region"]):
                    yield Refusal(f"{here}.region", f"{item['region']!r} is not an AWS region")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        rules = (inputs.get("replicationConfiguration") or {}).get("rules") or []
        return "PutReplicationConfiguration", {"replicationConfiguration": {"rules": rules}}

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Put the configuration."""
        operation, parameters = self.request(inputs)
        self.call(cloud, inputs, operation, **parameters)
        return cloud.account

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002, ARG002
        """Describe the registry."""
        found = self.call(cloud, known, "DescribeRegistry")
        rules = found["replicationConfiguration"].get("rules") or []
        return {
            "registryId": found["registryId"],
            "replicationConfiguration": {"rules": [_replication_rule(rule) for rule in rules]} if rules else None,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002, ARG002
        """Put the configuration anew."""
        self.make(cloud, inputs)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002, ARG002
        """Put no rule."""
        self.call(cloud, known, "PutReplicationConfiguration", replicationConfiguration={"rules": []})


def _replication_rule(rule: Values) -> dict[str, Any]:
    return given(destinations=rule["destinations"], repositoryFilters=rule.get("repositoryFilters") or None)


class AccountSetting(AwsType):
    """One setting of the account in a region. Deleting the resource leaves the setting as it is."""

    token = "aws:ecr/accountSetting:AccountSetting"  # noqa: S105
    service = "ecr"
    proof = "emulated"
    auto_name = AutoName()
    properties = regional({"name": text(replaces=True, computed=True), "value": text(required=True)})

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield names and values that the service does not have."""
        name, value = inputs.get("name"), inputs.get("value")
        if not isinstance(name, str) or has_unknown(value):
            return
        if name not in SETTINGS:
            yield Refusal("name", f"must be one of {', '.join(SETTINGS)}, not {name!r}")
        elif value not in SETTINGS[name]:
            yield Refusal("value", f"must be one of {', '.join(SETTINGS[name])} for {name}, not {value!r}")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "PutAccountSetting", given(name=inputs.get("name"), value=inputs["value"])

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Put the setting."""
        return str(self.call(cloud, inputs, "PutAccountSetting", name=inputs["name"], value=inputs["value"])["name"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get the setting."""
        found = self.call(cloud, known, "GetAccountSetting", name=id)
        return {"name": found["name"], "value": found["value"]}

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002, ARG002
        """Put the setting anew."""
        self.make(cloud, inputs)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Do nothing, as the real provider does."""


class PullThroughCacheRule(AwsType):
    """A prefix below which pulls are fetched from an upstream."""

    token = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"  # noqa: S105
    service = "ecr"
    proof = "emulated"
    gone = ("PullThroughCacheRuleNotFoundException",)
    name_property = "ecrRepositoryPrefix"
    properties = regional(
        {
            "credentialArn": STRING,
            "customRoleArn": STRING,
            "ecrRepositoryPrefix": text(required=True, replaces=True),
            "registryId": OUTPUT,
            "upstreamRegistryUrl": text(required=True, replaces=True),
            "upstreamRepositoryPrefix": text(replaces=True, computed=True),
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider's own validation refuses."""
        yield from arn_refused(inputs, "credentialArn", "customRoleArn")
        for name in ("ecrRepositoryPrefix", "upstreamRepositoryPrefix"):
            value = inputs.get(name)
            if isinstance(value, str) and not (2 <= len(value) <= 30 and _PREFIX.fullmatch(value)):
                reason = "must be ROOT or 2 to 30 lower-case letters, digits, underscores, periods, hyphens and slashes"
                yield Refusal(name, reason)

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        names = (
            "credentialArn",
            "customRoleArn",
            "ecrRepositoryPrefix",
            "upstreamRegistryUrl",
            "upstreamRepositoryPrefix",
        )
        return "CreatePullThroughCacheRule", given(**{name: inputs.get(name) for name in names})

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create the rule."""
        operation, parameters = self.request(inputs)
        return str(self.call(cloud, inputs, operation, **parameters)["ecrRepositoryPrefix"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Describe the rule."""
        found = self.call(cloud, known, "DescribePullThroughCacheRules", ecrRepositoryPrefixes=[id])
        rule = found["pullThroughCacheRules"][0]
        return {key: rule.get(key) for key in self.properties if key != "region"}

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Put another credential or role; neither can be taken away in place."""
        parameters = given(credentialArn=inputs.get("credentialArn"), customRoleArn=inputs.get("customRoleArn"))
        self.call(cloud, old, "UpdatePullThroughCacheRule", ecrRepositoryPrefix=id, **parameters)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete the rule."""
        self.call(cloud, known, "DeletePullThroughCacheRule", ecrRepositoryPrefix=id)


class RepositoryCreationTemplate(AwsType):
    """What repositories get that ECR itself creates."""

    token = "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate"  # noqa: S105
    service = "ecr"
    proof = "emulated"
    gone = ("TemplateNotFoundException",)
    policies = ("repositoryPolicy", "lifecyclePolicy")
    name_property = "prefix"
    properties = regional(
        {
            "appliedFors": Property(
                "array",
                items=text(enum=("CREATE_ON_PUSH", "PULL_THROUGH_CACHE", "REPLICATION")),
                required=True,
                unordered=True,
            ),
            "customRoleArn": STRING,
            "description": STRING,
            "encryptionConfigurations": _encryption(replaces=False),
            "imageTagMutability": text(enum=_MUTABILITIES, default="MUTABLE"),
            "imageTagMutabilityExclusionFilters": _EXCLUSIONS,
            "lifecyclePolicy": document(),
            "prefix": text(required=True, replaces=True),
            "registryId": OUTPUT,
            "repositoryPolicy": document(),
            "resourceTags": TAGS,
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider and the service refuse."""
        yield from arn_refused(inputs, "customRoleArn")
        yield from _exclusions_refused(inputs)
        yield from lifecycle_refused(inputs, "lifecyclePolicy")
        if inputs.get("appliedFors") == []:
            yield Refusal("appliedFors", "needs at least one item")
        prefix, description = inputs.get("prefix"), inputs.get("description")
        if isinstance(prefix, str) and not (2 <= len(prefix) <= 256 and _PREFIX.fullmatch(prefix)):
            yield Refusal("prefix", "must be ROOT or lower-case letters, digits, underscores, periods, hyphens and /")
        if isinstance(description, str) and len(description) > 255:
            yield Refusal("description", "has at most 255 characters")

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Return whether two documents mean the same."""
        return ecr_native.same(old, new) if name == "lifecyclePolicy" else super().same(name, old, new)

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "CreateRepositoryCreationTemplate", given(
            prefix=inputs["prefix"],
            appliedFor=inputs["appliedFors"],
            customRoleArn=inputs.get("customRoleArn"),
            description=inputs.get("description"),
            encryptionConfiguration=_encryption_request(inputs),
            imageTagMutability=inputs.get("imageTagMutability"),
            imageTagMutabilityExclusionFilters=inputs.get("imageTagMutabilityExclusionFilters") or None,
            lifecyclePolicy=inputs.get("lifecyclePolicy"),
            repositoryPolicy=inputs.get("repositoryPolicy"),
            resourceTags=tag_list(inputs.get("resourceTags")) or None,
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create the template."""
        operation, parameters = self.request(inputs)
        return str(self.call(cloud, inputs, operation, **parameters)["repositoryCreationTemplate"]["prefix"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any] | None:  # noqa: A002
        """Describe the template."""
        answer = self.call(cloud, known, "DescribeRepositoryCreationTemplates", prefixes=[id])
        if not answer["repositoryCreationTemplates"]:
            return None
        found = answer["repositoryCreationTemplates"][0]
        return {
            "appliedFors": found["appliedFor"],
            "customRoleArn": found.get("customRoleArn"),
            "description": found.get("description"),
            "encryptionConfigurations": _encryption_state(found.get("encryptionConfiguration")),
            "imageTagMutability": found["imageTagMutability"],
            "imageTagMutabilityExclusionFilters": found.get("imageTagMutabilityExclusionFilters"),
            "lifecyclePolicy": found.get("lifecyclePolicy"),
            "prefix": found["prefix"],
            "registryId": answer["registryId"],
            "repositoryPolicy": found.get("repositoryPolicy"),
            "resourceTags": tag_map(found.get("resourceTags")) or None,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Put what changed; what the program is silent on now is emptied."""
        _, parameters = self.request(inputs)
        for name in ("customRoleArn", "description", "lifecyclePolicy", "repositoryPolicy"):
            if old.get(name) and name not in parameters:
                parameters[name] = ""
        if old.get("resourceTags") and "resourceTags" not in parameters:
            parameters["resourceTags"] = []
        if old.get("imageTagMutabilityExclusionFilters") and "imageTagMutabilityExclusionFilters" not in parameters:
            parameters["imageTagMutabilityExclusionFilters"] = []
        self.call(cloud, old, "UpdateRepositoryCreationTemplate", **{**parameters, "prefix": id})

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete the template."""
        self.call(cloud, known, "DeleteRepositoryCreationTemplate", prefix=id)


class PullTimeUpdateExclusion(AwsType):
    """A principal whose pulls do not count as the last pull."""

    token = "aws:ecr/pullTimeUpdateExclusion:PullTimeUpdateExclusion"  # noqa: S105
    service = "ecr"
    proof = "emulated"
    gone = ("ExclusionNotFoundException",)
    name_property = "principalArn"
    properties = regional({"principalArn": text(required=True, replaces=True)})

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what is no ARN."""
        yield from arn_refused(inputs, "principalArn")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "RegisterPullTimeUpdateExclusion", {"principalArn": inputs["principalArn"]}

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Register the exclusion."""
        operation, parameters = self.request(inputs)
        return str(self.call(cloud, inputs, operation, **parameters)["principalArn"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any] | None:  # noqa: A002
        """Look for it in the list."""
        found = self.call(cloud, known, "ListPullTimeUpdateExclusions")["pullTimeUpdateExclusions"]
        return {"principalArn": id} if id in found else None

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Deregister the exclusion."""
        self.call(cloud, known, "DeregisterPullTimeUpdateExclusion", principalArn=id)


class PublicRepository(AwsType):
    """A repository of the public gallery, which is in us-east-1 alone."""

    token = "aws:ecrpublic/repository:Repository"  # noqa: S105
    service = "ecr-public"
    proof = "emulated"
    gone = ("RepositoryNotFoundException",)
    name_property = "repositoryName"
    properties = regional(
        {
            "arn": OUTPUT,
            "catalogData": one(
                {
                    "aboutText": STRING,
                    "architectures": Property("array", items=STRING, unordered=True),
                    "description": STRING,
                    "logoImageBlob": text(write_only=True),
                    "operatingSystems": Property("array", items=STRING, unordered=True),
                    "usageText": STRING,
                },
                computed=True,
            ),
            "forceDestroy": flag(write_only=True),
            "registryId": OUTPUT,
            "repositoryName": text(required=True, replaces=True),
            "repositoryUri": OUTPUT,
        },
        tagged=True,
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:
        """Yield other regions."""
        yield from public_region_refused(self.region(cloud, inputs))

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "CreateRepository", given(
            repositoryName=inputs["repositoryName"],
            catalogData=_public_catalog(inputs),
            tags=tag_list(inputs.get("tags")) or None,
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create the repository."""
        operation, parameters = self.request(inputs)
        return str(self.call(cloud, inputs, operation, **parameters)["repository"]["repositoryName"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Describe it, and get its catalogue data and tags."""
        found = self.call(cloud, known, "DescribeRepositories", repositoryNames=[id])["repositories"][0]
        catalog = self.call(cloud, known, "GetRepositoryCatalogData", repositoryName=id)["catalogData"]
        tags = self.call(cloud, known, "ListTagsForResource", resourceArn=found["repositoryArn"])["tags"]
        names = ("aboutText", "architectures", "description", "operatingSystems", "usageText")
        data = {name: catalog[name] for name in names if catalog.get(name)}
        logo = (known.get("catalogData") or {}).get("logoImageBlob")
        if logo and catalog.get("logoUrl"):
            data["logoImageBlob"] = logo
        return {
            "arn": found["repositoryArn"],
            "catalogData": data or None,
            "registryId": found["registryId"],
            "repositoryName": id,
            "repositoryUri": found["repositoryUri"],
            **_tags(tag_map(tags)),
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Put the catalogue data and the tags."""
        if old.get("catalogData") != inputs.get("catalogData"):
            data = _public_catalog(inputs) or {}
            self.call(cloud, old, "PutRepositoryCatalogData", repositoryName=id, catalogData=data)
        gone, put = tag_changes(old.get("tags") or {}, inputs.get("tags"))
        if gone:
            self.call(cloud, old, "UntagResource", resourceArn=old["arn"], tagKeys=gone)
        if put:
            self.call(cloud, old, "TagResource", resourceArn=old["arn"], tags=tag_list(put))

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete the repository."""
        self.call(cloud, known, "DeleteRepository", repositoryName=id, force=bool(known.get("forceDestroy")))


def _public_catalog(inputs: Values) -> dict[str, Any] | None:
    data = inputs.get("catalogData")
    if data is None:
        return None
    found = {key: value for key, value in data.items() if value is not None}
    if isinstance(found.get("logoImageBlob"), str):
        found["logoImageBlob"] = found["logoImageBlob"].encode()
    return found


def public_region_refused(region: str) -> Iterator[Refusal]:
    """Yield a refusal for every region but the public gallery's own."""
    if region != "us-east-1":
        yield Refusal("region", f"ECR Public has its API in us-east-1 alone, not in {region}")


class PublicRepositoryPolicy(AwsType):
    """The one policy of a public repository."""

    token = "aws:ecrpublic/repositoryPolicy:RepositoryPolicy"  # noqa: S105
    service = "ecr-public"
    proof = "emulated"
    gone = ("RepositoryNotFoundException", "RepositoryPolicyNotFoundException")
    policies = ("policy",)
    properties = regional(
        {"policy": document(required=True), "registryId": OUTPUT, "repositoryName": text(required=True, replaces=True)}
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:
        """Yield other regions."""
        yield from public_region_refused(self.region(cloud, inputs))

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "SetRepositoryPolicy", {"repositoryName": inputs["repositoryName"], "policyText": inputs["policy"]}

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Set the policy."""
        operation, parameters = self.request(inputs)
        return str(self.call(cloud, inputs, operation, **parameters)["repositoryName"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get the policy."""
        found = self.call(cloud, known, "GetRepositoryPolicy", repositoryName=id)
        return {"policy": found["policyText"], "registryId": found["registryId"], "repositoryName": id}

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002, ARG002
        """Set the policy anew."""
        self.make(cloud, inputs)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete the policy."""
        self.call(cloud, known, "DeleteRepositoryPolicy", repositoryName=id)


TYPES: Final[tuple[ResourceType, ...]] = (
    Repository(),
    RepositoryPolicy(),
    LifecyclePolicy(),
    RegistryPolicy(),
    RegistryScanningConfiguration(),
    ReplicationConfiguration(),
    AccountSetting(),
    PullThroughCacheRule(),
    RepositoryCreationTemplate(),
    PullTimeUpdateExclusion(),
    PublicRepository(),
    PublicRepositoryPolicy(),
)

__all__ = ["TYPES"]

"""VPC endpoints, events and Inspector, on moto."""

from __future__ import annotations

import re
import secrets as random
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..emulator import AutoName, Property, Refusal, ResourceType, has_unknown, known_items, known_members
from .aws_cloud import AwsCloud, AwsError
from .aws_secrets import name_of, named_once
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
    whole,
)

_SET: Final = Property("array", items=STRING, computed=True, unordered=True)


class VpcEndpoint(AwsType):
    """A private way to a service of AWS."""

    token = "aws:ec2/vpcEndpoint:VpcEndpoint"  # noqa: S105
    service = "ec2"
    gone = ("InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound")
    policies = ("policy",)
    properties = regional(
        {
            "arn": OUTPUT,
            "autoAccept": flag(write_only=True),
            "cidrBlocks": Property("array", items=STRING, output=True),
            "dnsEntries": objects({"dnsName": STRING, "hostedZoneId": STRING}, output=True),
            "dnsOptions": one(
                {
                    "dnsRecordIpType": text(computed=True),
                    "privateDnsOnlyForInboundResolverEndpoint": flag(computed=True),
                    "privateDnsPreference": text(computed=True),
                    "privateDnsSpecifiedDomains": Property("array", items=STRING, computed=True, unordered=True),
                },
                computed=True,
            ),
            "ipAddressType": text(enum=("ipv4", "dualstack", "ipv6"), computed=True),
            "networkInterfaceIds": Property("array", items=STRING, output=True),
            "ownerId": OUTPUT,
            "policy": document(computed=True),
            "prefixListId": OUTPUT,
            "privateDnsEnabled": flag(computed=True),
            "requesterManaged": flag(output=True),
            "resourceConfigurationArn": text(replaces=True),
            "routeTableIds": _SET,
            "securityGroupIds": _SET,
            "serviceName": text(replaces=True),
            "serviceNetworkArn": text(replaces=True),
            "serviceRegion": text(replaces=True, computed=True),
            "state": OUTPUT,
            "subnetConfigurations": objects(
                {"ipv4": text(computed=True), "ipv6": text(computed=True), "subnetId": text(computed=True)},
                computed=True,
                unordered=True,
            ),
            "subnetIds": _SET,
            "vpcEndpointType": text(
                enum=("Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"),
                default="Gateway",
                replaces=True,
            ),
            "vpcId": text(required=True, replaces=True),
        },
        tagged=True,
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what does not go with the endpoint's type."""
        targets = ("serviceName", "serviceNetworkArn", "resourceConfigurationArn")
        if sum(inputs.get(name) is not None for name in targets) != 1:
            yield Refusal("serviceName", f"exactly one of {', '.join(targets)} is needed")
        for name in ("serviceNetworkArn", "resourceConfigurationArn", "subnetConfigurations", "serviceRegion"):
            if inputs.get(name) is not None:
                yield Refusal(name, "this kind of endpoint is not emulated")
        kind = inputs.get("vpcEndpointType")
        if has_unknown(kind):
            return
        if kind == "Gateway":
            for name in ("subnetIds", "securityGroupIds", "privateDnsEnabled"):
                if inputs.get(name):
                    yield Refusal(name, "needs vpcEndpointType Interface, not Gateway")
        elif inputs.get("routeTableIds"):
            yield Refusal("routeTableIds", f"needs vpcEndpointType Gateway, not {kind}")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        tags = tag_list(inputs.get("tags"))
        return "CreateVpcEndpoint", given(
            VpcId=inputs["vpcId"],
            ServiceName=inputs.get("serviceName"),
            VpcEndpointType=inputs.get("vpcEndpointType"),
            PolicyDocument=inputs.get("policy"),
            PrivateDnsEnabled=inputs.get("privateDnsEnabled"),
            RouteTableIds=inputs.get("routeTableIds"),
            SubnetIds=inputs.get("subnetIds"),
            SecurityGroupIds=inputs.get("securityGroupIds"),
            IpAddressType=inputs.get("ipAddressType"),
            DnsOptions=_dns_request(inputs.get("dnsOptions")),
            TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags}] if tags else None,
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create it, for a service that the region has."""
        self._check_service(cloud, inputs)
        operation, parameters = self.request(inputs)
        return str(self.call(cloud, inputs, operation, **parameters)["VpcEndpoint"]["VpcEndpointId"])

    def _check_service(self, cloud: AwsCloud, inputs: Values) -> None:
        """Raise `Refusal` where AWS has no such service: moto makes an endpoint for any name."""
        name = str(inputs["serviceName"])
        own = re.fullmatch(r"com\.amazonaws\.([a-z0-9-]+)\..+", name)
        if own and own.group(1) != self.region(cloud, inputs):
            raise Refusal("serviceName", f"InvalidServiceName: The Vpc Endpoint Service '{name}' does not exist")
        if own and "vpce" not in name:
            self.call(cloud, inputs, "DescribeVpcEndpointServices", ServiceNames=[name])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any] | None:  # noqa: A002
        """Describe it."""
        answer = self.call(cloud, known, "DescribeVpcEndpoints", VpcEndpointIds=[id])["VpcEndpoints"]
        if not answer or answer[0]["State"] == "deleted":
            return None
        found = answer[0]
        region, account = self.region(cloud, known), found["OwnerId"]
        tags = tag_map(found.get("Tags"))
        groups = [item["GroupId"] for item in found.get("Groups") or ()]
        return {
            "arn": f"arn:{cloud.partition(region)}:ec2:{region}:{account}:vpc-endpoint/{id}",
            "dnsEntries": [
                given(dnsName=item.get("DnsName"), hostedZoneId=item.get("HostedZoneId"))
                for item in found.get("DnsEntries") or ()
            ],
            "dnsOptions": known.get("dnsOptions"),
            "ipAddressType": found.get("IpAddressType") or known.get("ipAddressType") or "ipv4",
            "networkInterfaceIds": found.get("NetworkInterfaceIds") or [],
            "ownerId": account,
            "policy": found.get("PolicyDocument"),
            "privateDnsEnabled": bool(found.get("PrivateDnsEnabled")),
            "requesterManaged": bool(found.get("RequesterManaged")),
            "routeTableIds": found.get("RouteTableIds") or [],
            "securityGroupIds": groups or known.get("securityGroupIds"),
            "serviceName": found["ServiceName"],
            "serviceRegion": region,
            "state": found["State"],
            "subnetIds": found.get("SubnetIds") or [],
            "vpcEndpointType": found.get("VpcEndpointType", "Gateway"),
            "vpcId": found["VpcId"],
            "tags": tags or None,
            "tagsAll": tags,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Modify it."""
        parameters: dict[str, Any] = {}
        if inputs.get("policy") is not None and not self.same("policy", old.get("policy"), inputs["policy"]):
            parameters["PolicyDocument"] = inputs["policy"]
        for name, add, remove in (
            ("subnetIds", "AddSubnetIds", "RemoveSubnetIds"),
            ("routeTableIds", "AddRouteTableIds", "RemoveRouteTableIds"),
            ("securityGroupIds", "AddSecurityGroupIds", "RemoveSecurityGroupIds"),
        ):
            if inputs.get(name) is not None:
                before, after = set(old.get(name) or ()), set(inputs[name])
                parameters |= given(**{add: sorted(after - before) or None, remove: sorted(before - after) or None})
        if inputs.get("privateDnsEnabled") is not None and inputs["privateDnsEnabled"] != old.get("privateDnsEnabled"):
            parameters["PrivateDnsEnabled"] = inputs["privateDnsEnabled"]
        if parameters:
            self.call(cloud, old, "ModifyVpcEndpoint", VpcEndpointId=id, **parameters)
        gone, put = tag_changes(old.get("tags") or {}, inputs.get("tags"))
        if gone:
            self.call(cloud, old, "DeleteTags", Resources=[id], Tags=[{"Key": key} for key in gone])
        if put:
            self.call(cloud, old, "CreateTags", Resources=[id], Tags=tag_list(put))

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it."""
        failed = self.call(cloud, known, "DeleteVpcEndpoints", VpcEndpointIds=[id]).get("Unsuccessful") or ()
        for item in failed:
            error = item.get("Error", {})
            raise AwsError(str(error.get("Code")), str(error.get("Message")))


def _dns_request(options: Values | None) -> dict[str, Any] | None:
    if not options:
        return None
    return given(
        DnsRecordIpType=options.get("dnsRecordIpType"),
        PrivateDnsOnlyForInboundResolverEndpoint=options.get("privateDnsOnlyForInboundResolverEndpoint"),
        PrivateDnsPreference=options.get("privateDnsPreference"),
        PrivateDnsSpecifiedDomains=options.get("privateDnsSpecifiedDomains"),
    )


class EventRule(AwsType):
    """A rule of an event bus."""

    token = "aws:cloudwatch/eventRule:EventRule"  # noqa: S105
    service = "events"
    gone = ("ResourceNotFoundException",)
    policies = ("eventPattern",)
    auto_name = AutoName(max_length=64, unless=("namePrefix",))
    name_property = "name"
    properties = regional(
        {
            "arn": OUTPUT,
            "description": STRING,
            "eventBusName": text(default="default", replaces=True),
            "eventPattern": document(),
            "forceDestroy": flag(default=False, write_only=True),
            "isEnabled": flag(computed=True),
            "name": text(replaces=True, computed=True),
            "namePrefix": text(replaces=True, computed=True),
            "roleArn": STRING,
            "scheduleExpression": STRING,
            "state": text(enum=("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"), computed=True),
        },
        tagged=True,
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider's own validation refuses."""
        yield from named_once(inputs)
        yield from arn_refused(inputs, "roleArn")
        if inputs.get("eventPattern") is None and inputs.get("scheduleExpression") is None:
            yield Refusal("eventPattern", "one of eventPattern, scheduleExpression must be specified")
        if inputs.get("isEnabled") is not None and inputs.get("state") is not None:
            yield Refusal("isEnabled", "conflicts with state; give one of the two")
        name, schedule = inputs.get("name"), inputs.get("scheduleExpression")
        if isinstance(name, str) and not re.fullmatch(r"[0-9A-Za-z_.-]{1,64}", name):
            yield Refusal("name", "must be 1 to 64 letters, digits and _.-")
        if isinstance(schedule, str) and not re.fullmatch(r"(rate|cron|at)\(.+\)", schedule):
            yield Refusal("scheduleExpression", "must be rate(...), cron(...) or at(...)")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        state = inputs.get("state") or ("DISABLED" if inputs.get("isEnabled") is False else "ENABLED")
        return "PutRule", given(
            Name=inputs.get("name") or inputs.get("namePrefix"),
            Description=inputs.get("description"),
            EventBusName=inputs.get("eventBusName"),
            EventPattern=inputs.get("eventPattern"),
            RoleArn=inputs.get("roleArn"),
            ScheduleExpression=inputs.get("scheduleExpression"),
            State=state,
            Tags=tag_list(inputs.get("tags")) or None,
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Put it; as with the real provider, a rule of that name that is there already is taken over."""
        name, bus = name_of(inputs), inputs.get("eventBusName", "default")
        operation, parameters = self.request(inputs)
        self.call(cloud, inputs, operation, **{**parameters, "Name": name})
        return name if bus == "default" else f"{bus}/{name}"

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Describe it and list its tags."""
        bus, _, name = id.rpartition("/")
        found = self.call(cloud, known, "DescribeRule", Name=name, EventBusName=bus or "default")
        tags = tag_map(self.call(cloud, known, "ListTagsForResource", ResourceARN=found["Arn"])["Tags"])
        return {
            "arn": found["Arn"],
            "description": found.get("Description") or None,
            "eventBusName": bus or "default",
            "eventPattern": found.get("EventPattern"),
            "isEnabled": found["State"] != "DISABLED",
            "name": name,
            "namePrefix": known.get("namePrefix") or "",
            "roleArn": found.get("RoleArn"),
            "scheduleExpression": found.get("ScheduleExpression"),
            "state": found["State"],
            "tags": tags or None,
            "tagsAll": tags,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Put it anew, and its tags."""
        name = id.rpartition("/")[2]
        operation, parameters = self.request(inputs)
        parameters.pop("Tags", None)
        self.call(cloud, old, operation, **{**parameters, "Name": name})
        gone, put = tag_changes(old.get("tags") or {}, inputs.get("tags"))
        if gone:
            self.call(cloud, old, "UntagResource", ResourceARN=old["arn"], TagKeys=gone)
        if put:
            self.call(cloud, old, "TagResource", ResourceARN=old["arn"], Tags=tag_list(put))

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it."""
        bus, _, name = id.rpartition("/")
        force = bool(known.get("forceDestroy"))
        self.call(cloud, known, "DeleteRule", Name=name, EventBusName=bus or "default", Force=force)


_NOT_EMULATED: Final = (
    "appsyncTarget",
    "batchTarget",
    "ecsTarget",
    "httpTarget",
    "kinesisTarget",
    "redshiftTarget",
    "runCommandTargets",
    "sagemakerPipelineTarget",
)


class EventTarget(AwsType):
    """Where a rule sends its events."""

    token = "aws:cloudwatch/eventTarget:EventTarget"  # noqa: S105
    service = "events"
    gone = ("ResourceNotFoundException",)
    properties = regional(
        {
            "arn": text(required=True),
            "deadLetterConfig": one({"arn": STRING}),
            "eventBusName": text(default="default", replaces=True),
            "forceDestroy": flag(default=False, write_only=True),
            "input": STRING,
            "inputPath": STRING,
            "inputTransformer": one({"inputPaths": TAGS, "inputTemplate": text(required=True)}),
            "retryPolicy": one({"maximumEventAgeInSeconds": whole(), "maximumRetryAttempts": whole()}),
            "roleArn": STRING,
            "rule": text(required=True, replaces=True),
            "sqsTarget": one({"messageGroupId": STRING}),
            "targetId": text(replaces=True, computed=True),
            **{name: Property("any") for name in _NOT_EMULATED},
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider's own validation refuses."""
        yield from arn_refused(inputs, "arn", "roleArn")
        inputs_given = [name for name in ("input", "inputPath", "inputTransformer") if inputs.get(name) is not None]
        if len(inputs_given) > 1:
            yield Refusal(inputs_given[1], f"conflicts with {inputs_given[0]}; give one of them")
        for name in _NOT_EMULATED:
            if inputs.get(name) is not None:
                yield Refusal(name, "this kind of target is not emulated")
        retry = known_members(inputs, "retryPolicy")
        for name, most in (("maximumEventAgeInSeconds", 86400), ("maximumRetryAttempts", 185)):
            value = retry.get(name)
            if isinstance(value, int) and not 0 <= value <= most:
                yield Refusal(f"retryPolicy.{name}", f"must be 0 to {most}, not {value}")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        transformer, retry = inputs.get("inputTransformer"), inputs.get("retryPolicy")
        sqs, letters = inputs.get("sqsTarget"), inputs.get("deadLetterConfig")
        target = given(
            Id=inputs.get("targetId") or "made-up",
            Arn=inputs["arn"],
            RoleArn=inputs.get("roleArn"),
            Input=inputs.get("input"),
            InputPath=inputs.get("inputPath"),
            InputTransformer=_members(transformer, InputPathsMap="inputPaths", InputTemplate="inputTemplate"),
            RetryPolicy=_members(
                retry,
                MaximumEventAgeInSeconds="maximumEventAgeInSeconds",
                MaximumRetryAttempts="maximumRetryAttempts",
            ),
            SqsParameters=_members(sqs, MessageGroupId="messageGroupId"),
            DeadLetterConfig=_members(letters, Arn="arn"),
        )
        return "PutTargets", given(Rule=inputs["rule"], EventBusName=inputs.get("eventBusName"), Targets=[target])

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Put it."""
        id_ = inputs.get("targetId") or f"terraform-{random.token_hex(13)}"
        operation, parameters = self.request({**inputs, "targetId": id_})
        self._put(cloud, inputs, operation, parameters)
        bus = inputs.get("eventBusName", "default")
        return f"{inputs['rule']}-{id_}" if bus == "default" else f"{bus}-{inputs['rule']}-{id_}"

    def _put(self, cloud: AwsCloud, known: Values, operation: str, parameters: Mapping[str, Any]) -> None:
        for failed in self.call(cloud, known, operation, **parameters).get("FailedEntries") or ():
            raise AwsError(str(failed.get("ErrorCode")), str(failed.get("ErrorMessage")))

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any] | None:  # noqa: A002
        """Look for it among the rule's."""
        bus, rule = known.get("eventBusName", "default"), known["rule"]
        target = known.get("targetId") or id.removeprefix(f"{bus}-").removeprefix(f"{rule}-")
        found = self.call(cloud, known, "ListTargetsByRule", Rule=rule, EventBusName=bus)["Targets"]
        item = next((item for item in found if item["Id"] == target), None)
        if item is None:
            return None
        return {
            "arn": item["Arn"],
            "deadLetterConfig": _members(item.get("DeadLetterConfig"), arn="Arn"),
            "eventBusName": bus,
            "input": item.get("Input"),
            "inputPath": item.get("InputPath"),
            "inputTransformer": _members(
                item.get("InputTransformer"), inputPaths="InputPathsMap", inputTemplate="InputTemplate"
            ),
            "retryPolicy": _members(
                item.get("RetryPolicy"),
                maximumEventAgeInSeconds="MaximumEventAgeInSeconds",
                maximumRetryAttempts="MaximumRetryAttempts",
            ),
            "roleArn": item.get("RoleArn"),
            "rule": rule,
            "sqsTarget": _members(item.get("SqsParameters"), messageGroupId="MessageGroupId"),
            "targetId": target,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002, ARG002
        """Put it anew."""
        operation, parameters = self.request({**inputs, "targetId": old["targetId"]})
        self._put(cloud, old, operation, parameters)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002, ARG002
        """Remove it."""
        bus = known.get("eventBusName", "default")
        target = {"Rule": known["rule"], "EventBusName": bus, "Ids": [known["targetId"]]}
        self._put(cloud, known, "RemoveTargets", {**target, "Force": bool(known.get("forceDestroy"))})


def _members(values: Values | None, **names: str) -> dict[str, Any] | None:
    """Return an object's members under other names; None where there is no object."""
    if values is None:
        return None
    return given(**{new: values.get(old) for new, old in names.items()})


class Enabler(AwsType):
    """Inspector's scans of accounts."""

    token = "aws:inspector2/enabler:Enabler"  # noqa: S105
    service = "inspector2"
    properties = regional(
        {
            "accountIds": Property("array", items=STRING, required=True, unordered=True, replaces=True),
            "resourceTypes": Property(
                "array",
                items=text(enum=("EC2", "ECR", "LAMBDA", "LAMBDA_CODE", "CODE_REPOSITORY")),
                required=True,
                unordered=True,
            ),
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider's own validation refuses."""
        for index, account in enumerate(known_items(inputs, "accountIds")):
            if isinstance(account, str) and not re.fullmatch(r"\d{12}", account):
                yield Refusal(f"accountIds[{index}]", f"must be an account's 12 digits, not {account!r}")
        kinds = inputs.get("resourceTypes")
        if kinds == []:
            yield Refusal("resourceTypes", "needs at least one item")
        if isinstance(kinds, list) and "LAMBDA_CODE" in kinds and "LAMBDA" not in kinds:
            yield Refusal("resourceTypes", "LAMBDA_CODE needs LAMBDA too")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "Enable", {"accountIds": inputs["accountIds"], "resourceTypes": inputs["resourceTypes"]}

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Enable the scans."""
        operation, parameters = self.request(inputs)
        self.call(cloud, inputs, operation, **parameters)
        return f"{':'.join(sorted(inputs['accountIds']))}-{':'.join(sorted(inputs['resourceTypes']))}"

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any] | None:  # noqa: A002
        """Get the accounts' status."""
        accounts, _, kinds = id.partition("-")
        ids = list(known.get("accountIds") or accounts.split(":"))
        found = self.call(cloud, known, "BatchGetAccountStatus", accountIds=ids)["accounts"]
        names = {"ec2": "EC2", "ecr": "ECR", "lambda": "LAMBDA", "lambdaCode": "LAMBDA_CODE"}
        enabled = {
            names[key]
            for account in found
            for key, item in account["resourceState"].items()
            if item.get("status") == "ENABLED" and key in names
        }
        ordered = [kind for kind in known.get("resourceTypes") or kinds.split(":") if kind in enabled]
        more = sorted(enabled - set(ordered))
        return {"accountIds": ids, "resourceTypes": [*ordered, *more]} if enabled else None

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002, ARG002
        """Enable and disable what changed."""
        before, after = set(old["resourceTypes"]), set(inputs["resourceTypes"])
        if new := sorted(after - before):
            self.call(cloud, old, "Enable", accountIds=inputs["accountIds"], resourceTypes=new)
        if gone := sorted(before - after):
            self.call(cloud, old, "Disable", accountIds=inputs["accountIds"], resourceTypes=gone)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002, ARG002
        """Disable the scans."""
        self.call(cloud, known, "Disable", accountIds=known["accountIds"], resourceTypes=sorted(known["resourceTypes"]))


_COMPARED: Final = objects({"comparison": text(required=True), "value": text(required=True)}, unordered=True)
_DATES: Final = objects({"endInclusive": STRING, "startInclusive": STRING}, unordered=True)
_NUMBER: Final = Property("number", required=True)
_NUMBERS: Final = objects({"lowerInclusive": _NUMBER, "upperInclusive": _NUMBER}, unordered=True)
_ONE_COMPARED: Final = one({"comparison": text(required=True), "value": text(required=True)})
# The provider's names are the service's, in the plural.
_PLURALS: Final = {
    "awsAccountIds": "awsAccountId",
    "codeRepositoryProjectNames": "codeRepositoryProjectName",
    "codeRepositoryProviderTypes": "codeRepositoryProviderType",
    "codeVulnerabilityDetectorNames": "codeVulnerabilityDetectorName",
    "codeVulnerabilityDetectorTags": "codeVulnerabilityDetectorTags",
    "codeVulnerabilityFilePaths": "codeVulnerabilityFilePath",
    "componentIds": "componentId",
    "componentTypes": "componentType",
    "ec2InstanceImageIds": "ec2InstanceImageId",
    "ec2InstanceSubnetIds": "ec2InstanceSubnetId",
    "ec2InstanceVpcIds": "ec2InstanceVpcId",
    "ecrImageArchitectures": "ecrImageArchitecture",
    "ecrImageHashes": "ecrImageHash",
    "ecrImageRegistries": "ecrImageRegistry",
    "ecrImageRepositoryNames": "ecrImageRepositoryName",
    "ecrImageTags": "ecrImageTags",
    "exploitAvailables": "exploitAvailable",
    "findingArns": "findingArn",
    "findingStatuses": "findingStatus",
    "findingTypes": "findingType",
    "fixAvailables": "fixAvailable",
    "lambdaFunctionExecutionRoleArns": "lambdaFunctionExecutionRoleArn",
    "lambdaFunctionLayers": "lambdaFunctionLayers",
    "lambdaFunctionNames": "lambdaFunctionName",
    "lambdaFunctionRuntimes": "lambdaFunctionRuntime",
    "networkProtocols": "networkProtocol",
    "relatedVulnerabilities": "relatedVulnerabilities",
    "resourceIds": "resourceId",
    "resourceTypes": "resourceType",
    "severities": "severity",
    "titles": "title",
    "vendorSeverities": "vendorSeverity",
    "vulnerabilityIds": "vulnerabilityId",
    "vulnerabilitySources": "vulnerabilitySource",
}
_DATED: Final = {
    "ecrImageLastInUseAts": "ecrImageLastInUseAt",
    "ecrImagePushedAts": "ecrImagePushedAt",
    "firstObservedAts": "firstObservedAt",
    "lambdaFunctionLastModifiedAts": "lambdaFunctionLastModifiedAt",
    "lastObservedAts": "lastObservedAt",
    "updatedAts": "updatedAt",
}
_NUMBERED: Final = {
    "ecrImageInUseCounts": "ecrImageInUseCount",
    "epssScores": "epssScore",
    "inspectorScores": "inspectorScore",
}
_CRITERIA: Final = {
    **dict.fromkeys(_PLURALS, _COMPARED),
    **dict.fromkeys(_DATED, _DATES),
    **dict.fromkeys(_NUMBERED, _NUMBERS),
    "portRanges": objects(
        {"beginInclusive": whole(required=True), "endInclusive": whole(required=True)}, unordered=True
    ),
    "resourceTags": objects(
        {"comparison": text(required=True), "key": text(required=True), "value": text(required=True)}, unordered=True
    ),
    "vulnerablePackages": objects(
        {
            "architecture": _ONE_COMPARED,
            "epoches": _NUMBERS,
            "filePath": _ONE_COMPARED,
            "name": _ONE_COMPARED,
            "release": _ONE_COMPARED,
            "sourceLambdaLayerArn": _ONE_COMPARED,
            "sourceLayerHash": _ONE_COMPARED,
            "version": _ONE_COMPARED,
        },
        unordered=True,
    ),
}
_SERVICE_NAMES: Final = {**_PLURALS, **_DATED, **_NUMBERED, "portRanges": "portRange", "resourceTags": "resourceTags"}
_SERVICE_NAMES["vulnerablePackages"] = "vulnerablePackages"
_OWN_NAMES: Final = {theirs: ours for ours, theirs in _SERVICE_NAMES.items()}


class Filter(AwsType):
    """Which of Inspector's findings are suppressed."""

    token = "aws:inspector2/filter:Filter"  # noqa: S105
    service = "inspector2"
    gone = ("ResourceNotFoundException",)
    auto_name = AutoName(max_length=128)
    name_property = "name"
    properties = regional(
        {
            "action": text(required=True, enum=("NONE", "SUPPRESS")),
            "arn": OUTPUT,
            "description": STRING,
            "filterCriterias": objects(_CRITERIA, required=True, max_items=1),
            "name": text(computed=True),
            "reason": STRING,
        },
        tagged=True,
    )

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "CreateFilter", given(
            action=inputs["action"],
            filterCriteria=_criteria(inputs),
            name=inputs.get("name"),
            description=inputs.get("description"),
            reason=inputs.get("reason"),
            tags=dict(inputs.get("tags") or {}) or None,
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create it."""
        operation, parameters = self.request(inputs)
        return str(self.call(cloud, inputs, operation, **parameters)["arn"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any] | None:  # noqa: A002
        """Look for it in the list."""
        answer = self.call(cloud, known, "ListFilters", arns=[id])["filters"]
        if not answer:
            return None
        found = answer[0]
        tags = dict(found.get("tags") or {})
        return {
            "action": found["action"],
            "arn": found["arn"],
            "description": found.get("description"),
            "filterCriterias": [_own_criteria(found["criteria"])],
            "name": found["name"],
            "reason": found.get("reason"),
            "tags": tags or None,
            "tagsAll": tags,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Update it, and its tags."""
        _, parameters = self.request(inputs)
        parameters.pop("tags", None)
        self.call(cloud, old, "UpdateFilter", filterArn=id, **parameters)
        gone, put = tag_changes(old.get("tags") or {}, inputs.get("tags"))
        if gone:
            self.call(cloud, old, "UntagResource", resourceArn=id, tagKeys=gone)
        if put:
            self.call(cloud, old, "TagResource", resourceArn=id, tags=put)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it."""
        self.call(cloud, known, "DeleteFilter", arn=id)


def _criteria(inputs: Values) -> dict[str, Any]:
    items = inputs.get("filterCriterias") or [{}]
    return {_SERVICE_NAMES[key]: _packages(value) for key, value in items[0].items() if key in _SERVICE_NAMES and value}


def _packages(items: list[Values]) -> list[dict[str, Any]]:
    """Return criteria as the service has them: a package's epoch is one range."""
    return [
        {"epoch" if key == "epoches" else key: value[0] if key == "epoches" else value for key, value in item.items()}
        for item in items
    ]


def _own_criteria(criteria: Values) -> dict[str, Any]:
    return {
        _OWN_NAMES[key]: [
            {
                "epoches" if name == "epoch" else name: [value] if name == "epoch" else value
                for name, value in item.items()
            }
            for item in items
        ]
        for key, items in criteria.items()
        if items and key in _OWN_NAMES
    }


TYPES: Final[tuple[ResourceType, ...]] = (VpcEndpoint(), EventRule(), EventTarget(), Enabler(), Filter())

__all__ = ["TYPES"]

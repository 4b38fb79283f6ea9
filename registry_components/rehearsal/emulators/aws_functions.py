"""The functions of the AWS provider that components and programs invoke."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from ..emulator import Function, Property, Refusal
from .aws_cloud import AwsCloud, AwsError
from .aws_types import STRING, TAGS, TEXTS, objects, text, whole

Arguments = dict[str, Any]


def _region_of(cloud: AwsCloud, arguments: Arguments) -> str:
    region = str(arguments.get("region") or cloud.region)
    if not cloud.knows_region(region):
        raise Refusal("region", f"{region!r} is not an AWS region")
    return region


def caller_identity(cloud: AwsCloud, _arguments: Arguments) -> dict[str, Any]:
    """Return who calls."""
    found = cloud.call("sts", "GetCallerIdentity", {})
    return {"accountId": found["Account"], "arn": found["Arn"], "userId": found["UserId"], "id": found["Account"]}


_PLACES: Final = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-2": "US West (Oregon)",
    "eu-west-1": "Europe (Ireland)",
    "eu-central-1": "Europe (Frankfurt)",
}


def region(cloud: AwsCloud, arguments: Arguments) -> dict[str, Any]:
    """Return a region."""
    name = str(arguments.get("name") or _region_of(cloud, arguments))
    if not cloud.knows_region(name):
        raise Refusal("name", f"{name!r} is not an AWS region")
    return {
        "description": _PLACES.get(name, name),
        "endpoint": f"ec2.{name}.{_suffix(cloud.partition(name))}",
        "id": name,
        "name": name,
        "region": name,
    }


def _suffix(partition: str) -> str:
    return {"aws-cn": "amazonaws.com.cn"}.get(partition, "amazonaws.com")


def partition(cloud: AwsCloud, _arguments: Arguments) -> dict[str, Any]:
    """Return the partition of the provider's region."""
    name = cloud.partition()
    suffix = _suffix(name)
    return {
        "dnsSuffix": suffix,
        "id": name,
        "partition": name,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }


# --- IAM policy documents

_PRINCIPALS: Final = objects(
    {"identifiers": Property("array", items=STRING, required=True), "type": text(required=True)}
)
_STATEMENT: Final = {
    "actions": TEXTS,
    "conditions": objects(
        {
            "test": text(required=True),
            "values": Property("array", items=STRING, required=True),
            "variable": text(required=True),
        }
    ),
    "effect": text(enum=("Allow", "Deny")),
    "notActions": TEXTS,
    "notPrincipals": _PRINCIPALS,
    "notResources": TEXTS,
    "principals": _PRINCIPALS,
    "resources": TEXTS,
    "sid": STRING,
}
_POLICY_DOCUMENT: Final = {
    "overrideJson": STRING,
    "overridePolicyDocuments": TEXTS,
    "policyId": STRING,
    "sourceJson": STRING,
    "sourcePolicyDocuments": TEXTS,
    "statements": objects(_STATEMENT),
    "version": text(enum=("2008-10-17", "2012-10-17")),
}


def policy_document(_cloud: AwsCloud, arguments: Arguments) -> dict[str, Any]:
    """Return a policy as JSON: source documents first, then the statements, then what overrides by its Sid."""
    version, policy_id = arguments.get("version"), arguments.get("policyId")
    statements: list[dict[str, Any]] = []
    for document in [arguments.get("sourceJson"), *(arguments.get("sourcePolicyDocuments") or ())]:
        if document:
            found = _document(document, "sourcePolicyDocuments")
            version, policy_id = found.get("Version", version), found.get("Id", policy_id)
            _merge(statements, _listed(found.get("Statement")), override=False)
    _merge(statements, [_statement(item) for item in arguments.get("statements") or ()], override=False)
    for document in [*(arguments.get("overridePolicyDocuments") or ()), arguments.get("overrideJson")]:
        if document:
            _merge(statements, _listed(_document(document, "overridePolicyDocuments").get("Statement")), override=True)
    version = arguments.get("version") or version or "2012-10-17"
    made: dict[str, Any] = {"Version": version}
    if policy_id:
        made["Id"] = policy_id
    if statements:
        made["Statement"] = statements
    return {
        **{key: value for key, value in arguments.items() if value is not None},
        "version": version,
        "id": str(int(hashlib.sha256(json.dumps(made).encode()).hexdigest()[:8], 16)),
        "json": json.dumps(made, indent=2),
        "minifiedJson": json.dumps(made, separators=(",", ":")),
    }


def _document(text_: str, path: str) -> dict[str, Any]:
    try:
        found = json.loads(text_)
    except ValueError as error:
        raise Refusal(path, f"is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Refusal(path, "is not a policy document")
    return found


def _listed(statements: Any) -> list[dict[str, Any]]:
    if statements is None:
        return []
    return list(statements) if isinstance(statements, list) else [statements]


def _merge(statements: list[dict[str, Any]], more: list[dict[str, Any]], *, override: bool) -> None:
    for item in more:
        sid = item.get("Sid")
        at = next((index for index, known in enumerate(statements) if sid and known.get("Sid") == sid), None)
        if at is None:
            statements.append(item)
        elif override:
            statements[at] = item
        else:
            raise Refusal("statements", f"duplicate Sid {sid!r}; a Sid is unique in a policy document")


def _statement(item: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if item.get("sid"):
        made["Sid"] = item["sid"]
    made["Effect"] = item.get("effect") or "Allow"
    for key, name in (("actions", "Action"), ("notActions", "NotAction")):
        if item.get(key):
            made[name] = _one_or_sorted(item[key])
    for key, name in (("resources", "Resource"), ("notResources", "NotResource")):
        if item.get(key):
            made[name] = _one_or_sorted(item[key])
    for key, name in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if item.get(key):
            made[name] = _principals(item[key])
    conditions: dict[str, dict[str, Any]] = {}
    for condition in item.get("conditions") or ():
        values = condition["values"]
        conditions.setdefault(condition["test"], {})[condition["variable"]] = values[0] if len(values) == 1 else values
    if conditions:
        made["Condition"] = conditions
    return made


def _principals(items: list[Mapping[str, Any]]) -> Any:
    if len(items) == 1 and items[0]["type"] == "*" and items[0]["identifiers"] == ["*"]:
        return "*"
    found: dict[str, list[str]] = {}
    for item in items:
        found.setdefault(item["type"], []).extend(item["identifiers"])
    return {kind: _one_or_sorted(identifiers) for kind, identifiers in found.items()}


def _one_or_sorted(values: list[str]) -> Any:
    # The provider keeps these as sets, and writes them in descending order.
    ordered = sorted(set(values), reverse=True)
    return ordered[0] if len(ordered) == 1 else ordered


# --- ECR


def authorization_token(cloud: AwsCloud, arguments: Arguments) -> dict[str, Any]:
    """Return a token that lives 12 hours."""
    import base64

    where = _region_of(cloud, arguments)
    found = cloud.call("ecr", "GetAuthorizationToken", {}, where)["authorizationData"][0]
    user, _, password = base64.b64decode(found["authorizationToken"]).decode().partition(":")
    return {
        "authorizationToken": found["authorizationToken"],
        "expiresAt": found["expiresAt"].isoformat(),
        "id": where,
        "password": password,
        "proxyEndpoint": found["proxyEndpoint"],
        "region": where,
        "userName": user,
        **({"registryId": arguments["registryId"]} if arguments.get("registryId") else {}),
    }


def credentials(cloud: AwsCloud, arguments: Arguments) -> dict[str, Any]:
    """Return what `authorization_token` has, under this function's names."""
    found = authorization_token(cloud, arguments)
    return {**found, "registryId": arguments.get("registryId", cloud.account)}


def repository(cloud: AwsCloud, arguments: Arguments) -> dict[str, Any]:
    """Return a repository that exists."""
    where = _region_of(cloud, arguments)
    parameters = {"repositoryNames": [arguments["name"]]}
    if arguments.get("registryId"):
        parameters["registryId"] = arguments["registryId"]
    found = cloud.call("ecr", "DescribeRepositories", parameters, where)["repositories"][0]
    tags = cloud.call("ecr", "ListTagsForResource", {"resourceArn": found["repositoryArn"]}, where)["tags"]
    encryption = found.get("encryptionConfiguration") or {"encryptionType": "AES256"}
    return {
        "arn": found["repositoryArn"],
        "encryptionConfigurations": [
            {"encryptionType": encryption["encryptionType"], "kmsKey": encryption.get("kmsKey", "")}
        ],
        "id": found["repositoryName"],
        "imageScanningConfigurations": [found.get("imageScanningConfiguration") or {"scanOnPush": False}],
        "imageTagMutability": found["imageTagMutability"],
        "imageTagMutabilityExclusionFilters": found.get("imageTagMutabilityExclusionFilters") or [],
        "mostRecentImageTags": _recent_tags(cloud, arguments["name"], where),
        "name": found["repositoryName"],
        "region": where,
        "registryId": found["registryId"],
        "repositoryUrl": found["repositoryUri"],
        "tags": {tag["Key"]: tag.get("Value", "") for tag in tags},
    }


def _recent_tags(cloud: AwsCloud, name: str, where: str) -> list[str]:
    images = cloud.call("ecr", "DescribeImages", {"repositoryName": name}, where)["imageDetails"]
    if not images:
        return []
    return list(max(images, key=lambda image: image["imagePushedAt"]).get("imageTags", ()))


_LIFECYCLE: Final = {
    "rules": objects(
        {
            "action": Property(
                "object",
                properties={"targetStorageClass": STRING, "type": text(required=True, enum=("expire", "transition"))},
            ),
            "description": STRING,
            "priority": whole(required=True),
            "selection": Property(
                "object",
                properties={
                    "countNumber": whole(required=True),
                    "countType": text(required=True),
                    "countUnit": STRING,
                    "storageClass": STRING,
                    "tagPatternLists": TEXTS,
                    "tagPrefixLists": TEXTS,
                    "tagStatus": text(required=True),
                },
            ),
        }
    )
}


def lifecycle_document(_cloud: AwsCloud, arguments: Arguments) -> dict[str, Any]:
    """Return a lifecycle policy as JSON, without members that have no value."""
    names = {"tagPatternLists": "tagPatternList", "tagPrefixLists": "tagPrefixList"}
    rules = []
    for rule in arguments.get("rules") or ():
        selection = rule.get("selection") or {}
        made = {
            "rulePriority": rule["priority"],
            "description": rule.get("description"),
            "selection": {names.get(key, key): value for key, value in selection.items() if value not in (None, [])},
            "action": {key: value for key, value in (rule.get("action") or {"type": "expire"}).items() if value},
        }
        rules.append({key: value for key, value in made.items() if value is not None})
    return {"json": json.dumps({"rules": rules}, separators=(",", ":")), "rules": arguments.get("rules") or []}


# --- the network that an account has from the start


def default_vpc(cloud: AwsCloud, arguments: Arguments) -> dict[str, Any]:
    """Return one VPC, by its id, its tags or as the default one."""
    where = _region_of(cloud, arguments)
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in (arguments.get("tags") or {}).items()]
    if arguments.get("default") is not None:
        filters.append({"Name": "is-default", "Values": [str(arguments["default"]).lower()]})
    parameters: dict[str, Any] = {"Filters": filters} if filters else {}
    if arguments.get("id"):
        parameters["VpcIds"] = [arguments["id"]]
    found = cloud.call("ec2", "DescribeVpcs", parameters, where)["Vpcs"]
    if len(found) != 1:
        raise AwsError("NoSingleVpc", f"{'no' if not found else len(found)} matching EC2 VPC found")
    vpc = found[0]
    return {
        "arn": f"arn:{cloud.partition(where)}:ec2:{where}:{cloud.account}:vpc/{vpc['VpcId']}",
        "cidrBlock": vpc["CidrBlock"],
        "cidrBlockAssociations": [],
        "default": bool(vpc.get("IsDefault")),
        "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "enableNetworkAddressUsageMetrics": False,
        "id": vpc["VpcId"],
        "instanceTenancy": vpc.get("InstanceTenancy", "default"),
        "ipv6AssociationId": "",
        "ipv6CidrBlock": "",
        "mainRouteTableId": _main_route_table(cloud, vpc["VpcId"], where),
        "ownerId": vpc.get("OwnerId", cloud.account),
        "region": where,
        "state": vpc["State"],
        "tags": {tag["Key"]: tag["Value"] for tag in vpc.get("Tags") or ()},
    }


def _main_route_table(cloud: AwsCloud, vpc: str, where: str) -> str:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    found = cloud.call("ec2", "DescribeRouteTables", {"Filters": filters}, where)["RouteTables"]
    return str(found[0]["RouteTableId"]) if found else ""


def subnets(cloud: AwsCloud, arguments: Arguments) -> dict[str, Any]:
    """Return the ids of the subnets that match."""
    where = _region_of(cloud, arguments)
    filters = [{"Name": item["name"], "Values": item["values"]} for item in arguments.get("filters") or ()]
    filters += [{"Name": f"tag:{key}", "Values": [value]} for key, value in (arguments.get("tags") or {}).items()]
    found = cloud.call("ec2", "DescribeSubnets", {"Filters": filters} if filters else {}, where)["Subnets"]
    ids = sorted(subnet["SubnetId"] for subnet in found)
    return {
        "ids": ids,
        "id": where,
        "region": where,
        "filters": arguments.get("filters") or [],
        "tags": arguments.get("tags") or {},
    }


_FILTERS: Final = objects({"name": text(required=True), "values": Property("array", items=STRING, required=True)})
_REGION: Final = {"region": STRING}
_TOKEN: Final = frozenset({"authorizationToken", "password"})

FUNCTIONS: Final = (
    Function("aws:index/getCallerIdentity:getCallerIdentity", caller_identity, {"id": STRING}, proof="real"),
    Function("aws:index/getRegion:getRegion", region, {"endpoint": STRING, "id": STRING, "name": STRING, **_REGION}),
    Function("aws:index/getPartition:getPartition", partition, {"id": STRING}),
    Function("aws:iam/getPolicyDocument:getPolicyDocument", policy_document, _POLICY_DOCUMENT),
    Function(
        "aws:ecr/getAuthorizationToken:getAuthorizationToken",
        authorization_token,
        {"registryId": STRING, **_REGION},
        secret=_TOKEN,
        proof="real",
    ),
    Function(
        "aws:ecr/getCredentials:getCredentials",
        credentials,
        {"registryId": text(required=True), **_REGION},
        secret=_TOKEN,
        proof="real",
    ),
    Function(
        "aws:ecr/getRepository:getRepository",
        repository,
        {"name": text(required=True), "registryId": STRING, "tags": TAGS, **_REGION},
        proof="real",
    ),
    Function("aws:ecr/getLifecyclePolicyDocument:getLifecyclePolicyDocument", lifecycle_document, _LIFECYCLE),
    Function(
        "aws:ec2/getVpc:getVpc",
        default_vpc,
        {"default": Property("boolean"), "id": STRING, "tags": TAGS, **_REGION},
        proof="real",
    ),
    Function("aws:ec2/getSubnets:getSubnets", subnets, {"filters": _FILTERS, "tags": TAGS, **_REGION}, proof="real"),
)

__all__ = ["FUNCTIONS"]

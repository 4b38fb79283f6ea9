"""What repositories and their surroundings become: inputs as the AWS provider has them on the wire.

Nothing here knows Pulumi. Values that only the engine knows are given by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..blocks.scanning import Scanning
from ..core.tags import merged
from . import account as of
from . import events, lifecycle, policies
from .args import EffectiveRepository
from .cache import EcrPullThroughCacheArgs, upstream_of
from .network import EcrVpcEndpointsArgs
from .public import EcrPublicRepositoryArgs
from .settings import LEVELS, EcrEncryption, EcrKmsEncryption, EcrTagMutability, EcrTemplateSettings
from .unified import of_template
from .words import LAMBDA, REPOSITORY_ARN, SECRET_PREFIX

Inputs = dict[str, Any]

_SUFFIXES = {
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
}
_APPLIED = {
    "replication": "REPLICATION",
    "pull-through-cache": "PULL_THROUGH_CACHE",
    "create-on-push": "CREATE_ON_PUSH",
}


def located(region: str | None) -> Inputs:
    """Return the region, where it is said."""
    return {} if region is None else {"region": region}


def mutability(said: EcrTagMutability) -> Inputs:
    """Return whether tags may be moved."""
    rendered: Inputs = {"imageTagMutability": said.mode.upper()}
    if said.exceptions:
        rendered["imageTagMutability"] = f"{said.mode.upper()}_WITH_EXCLUSION"
        filters = [{"filter": pattern, "filterType": "WILDCARD"} for pattern in sorted(said.exceptions)]
        rendered["imageTagMutabilityExclusionFilters"] = filters
    return rendered


def encryption(said: EcrEncryption) -> Inputs:
    """Return how images are encrypted."""
    if not isinstance(said, EcrKmsEncryption):
        return {"encryptionConfigurations": [{"encryptionType": "AES256"}]}
    key = {} if said.key is None else {"kmsKey": said.key}
    return {"encryptionConfigurations": [{"encryptionType": "KMS", **key}]}


def scanning(said: Scanning) -> Inputs:
    """Return whether a repository scans what is pushed; nothing where that is the registry's to say."""
    if said.mode == "inherited":
        return {}
    return {"imageScanningConfiguration": {"scanOnPush": said.mode == "on_push"}}


def repository(said: EffectiveRepository, ownership: Mapping[str, str], region: str | None) -> Inputs:
    """Return one repository."""
    return {
        "name": said.name,
        **mutability(said.tag_mutability),
        **encryption(said.encryption),
        **scanning(said.scanning),
        "forceDelete": not said.kept,
        "tags": merged(ownership, said.tags),
        **located(region),
    }


def access_texts(said: EffectiveRepository | EcrTemplateSettings) -> tuple[dict[policies.Level, list[Any]], list[Any]]:
    """Return who may do what, and the accounts whose functions may pull."""
    return {level: list(getattr(said.access, level)) for level in LEVELS}, list(said.lambda_accounts)


def grants(said: EffectiveRepository | EcrTemplateSettings) -> bool:
    """Return whether anybody is granted anything."""
    return bool(said.access.pull or said.access.push or said.access.admin or said.lambda_accounts)


def needs_account(said: EffectiveRepository) -> bool:
    """Return whether the policy names the registry's own account."""
    return LAMBDA in [principal for principal in said.access.pull if isinstance(principal, str)]


def template(
    prefix: str,
    applied_for: Sequence[str],
    said: EcrTemplateSettings,
    *,
    description: str | None = None,
    region: str | None = None,
    role_arn: Any = None,
    policy: Any = None,
) -> Inputs:
    """Return a template of repositories that ECR makes by itself."""
    rendered: Inputs = {
        "prefix": prefix,
        "appliedFors": sorted(_APPLIED[name] for name in applied_for),
        **mutability(said.tag_mutability),
        **encryption(said.encryption),
        **located(region),
    }
    cleanup = of_template(said.lifecycle, prefix)
    if cleanup is not None:
        rendered["lifecyclePolicy"] = lifecycle.text(cleanup)
    if policy is not None:
        rendered["repositoryPolicy"] = policy
    if said.tags:
        rendered["resourceTags"] = merged(said.tags)
    if role_arn is not None:
        rendered["customRoleArn"] = role_arn
    if description is not None:
        rendered["description"] = description
    return rendered


def registry_scanning(said: of.EcrBasicScanning | of.EcrEnhancedScanning, region: str | None) -> Inputs:
    """Return how a registry scans."""
    frequency = {"on_push": "SCAN_ON_PUSH", "continuous": "CONTINUOUS_SCAN", "off": "MANUAL"}
    rules = [
        {
            "scanFrequency": frequency[rule.mode],
            "repositoryFilters": [
                {"filter": name, "filterType": "WILDCARD"} for name in sorted(set(rule.repositories)) or ["*"]
            ],
        }
        for rule in sorted(said.rules, key=lambda rule: rule.mode)
    ]
    return {"scanType": said.kind.upper(), "rules": rules, **located(region)}


def suppression(
    name: str, key: str, said: of.EcrFindingSuppression, region: str | None, tags: Mapping[str, str]
) -> Inputs:
    """Return which of Inspector's findings are not shown."""
    repositories = [
        {"comparison": "PREFIX", "value": pattern[:-1]}
        if pattern.endswith("*")
        else {"comparison": "EQUALS", "value": pattern}
        for pattern in sorted(set(said.repositories))
    ]
    vulnerabilities = [{"comparison": "EQUALS", "value": found} for found in sorted(set(said.vulnerability_ids))]
    return {
        "name": f"{name}-{key}",
        "action": "SUPPRESS",
        "reason": said.reason,
        "filterCriterias": [{"ecrImageRepositoryNames": repositories, "vulnerabilityIds": vulnerabilities}],
        "tags": dict(tags),
        **located(region),
    }


def replication(said: of.EcrRegistrySettingsArgs, own_account: Any) -> Inputs:
    """Return where images are copied: one rule for each set of repositories."""
    rules = []
    for patterns, places in of.destinations(said.replication).items():
        rule: Inputs = {
            "destinations": [
                {"region": to.region, "registryId": own_account if to.account is None else to.account} for to in places
            ]
        }
        if patterns:
            rule["repositoryFilters"] = [
                {"filter": pattern.removesuffix("*"), "filterType": "PREFIX_MATCH"} for pattern in patterns
            ]
        rules.append(rule)
    return {"replicationConfiguration": {"rules": rules}, **located(said.region)}


def replica_templates(said: of.EcrRegistrySettingsArgs) -> list[tuple[str, str]]:
    """Return region and prefix of each template that copies in this account are made after."""
    if said.replica_settings == "elsewhere":
        return []
    found = {
        (to.region, prefix)
        for to in said.replication.values()
        if to.account is None
        for prefix in of.template_prefixes(to.repositories)
    }
    return sorted(found)


def account_settings(said: of.EcrRegistrySettingsArgs) -> dict[str, Inputs]:
    """Return settings of the account by the last part of their names in the stack."""
    found: dict[str, Inputs] = {}
    if said.basic_scan_version is not None:
        found["basic-scan-version"] = {"name": "BASIC_SCAN_TYPE_VERSION", "value": "AWS_NATIVE"}
    if said.registry_policy_scope is not None:
        found["registry-policy-scope"] = {
            "name": "REGISTRY_POLICY_SCOPE",
            "value": said.registry_policy_scope.upper(),
        }
    if said.blob_mounting is not None:
        value = "ENABLED" if said.blob_mounting else "DISABLED"
        found["blob-mounting"] = {"name": "BLOB_MOUNTING", "value": value}
    return {key: {**inputs, **located(said.region)} for key, inputs in found.items()}


def signing(said: of.EcrSigning, profile_arn: str) -> dict[str, Any]:
    """Return the desired state of `AWS::ECR::SigningConfiguration`."""
    filters = [{"Filter": name, "FilterType": "WILDCARD_MATCH"} for name in sorted(set(said.repositories))]
    return {"Rules": [{"SigningProfileArn": profile_arn, "RepositoryFilters": filters}]}


def secret_name(said: EcrPullThroughCacheArgs) -> str:
    """Return the name of the secret that a cache logs in with."""
    # rule 2
    return said.secret_name or f"{SECRET_PREFIX}{said.prefix}"


def secret(said: EcrPullThroughCacheArgs, tags: Mapping[str, str]) -> Inputs:
    """Return the secret itself, without its value. ECR reads none that is encrypted by a key of yours."""
    return {
        "name": secret_name(said),
        "description": f"Login at {said.caching.upstream} for the pull-through cache {said.prefix}",
        "recoveryWindowInDays": said.recovery_window_days,
        "tags": dict(tags),
        **located(said.region),
    }


def cache_rule(said: EcrPullThroughCacheArgs, credential_arn: Any) -> Inputs:
    """Return a cache's rule."""
    upstream = upstream_of(said.caching.upstream)
    rendered: Inputs = {
        "ecrRepositoryPrefix": said.prefix,
        "upstreamRegistryUrl": said.caching.upstream if upstream is None else upstream.url,
        **located(said.region),
    }
    if said.caching.upstream_prefix is not None:
        rendered["upstreamRepositoryPrefix"] = said.caching.upstream_prefix
    if credential_arn is not None:
        rendered["credentialArn"] = credential_arn
    if said.role_arn is not None:
        rendered["customRoleArn"] = said.role_arn
    return rendered


def public_repository(said: EcrPublicRepositoryArgs, ownership: Mapping[str, str]) -> Inputs:
    """Return a repository of the public gallery."""
    rendered: Inputs = {
        "repositoryName": said.name,
        "forceDestroy": not said.kept,
        "tags": merged(ownership, said.tags),
        "region": said.region,
    }
    catalog: Inputs = {}
    for name, value in (
        ("aboutText", said.catalog.about_text),
        ("description", said.catalog.description),
        ("usageText", said.catalog.usage_text),
        ("logoImageBlob", said.catalog.logo),
    ):
        if value is not None:
            catalog[name] = value
    for name, values in (
        ("architectures", said.catalog.architectures),
        ("operatingSystems", said.catalog.operating_systems),
    ):
        if values:
            catalog[name] = sorted(set(values))
    if catalog:
        rendered["catalogData"] = catalog
    return rendered


def interface_endpoint(said: EcrVpcEndpointsArgs, service: Any, name: str, ownership: Mapping[str, str]) -> Inputs:
    """Return an address of one of ECR's two services in a VPC."""
    rendered: Inputs = {
        "vpcId": said.endpoint.network_id,
        "serviceName": service,
        "vpcEndpointType": "Interface",
        # Without it clients would go on asking for the public addresses.
        "privateDnsEnabled": True,
        "subnetIds": list(said.endpoint.subnet_ids),
        "tags": merged(ownership, {"Name": name}, said.tags),
        **located(said.region),
    }
    if said.endpoint.security_group_ids:
        rendered["securityGroupIds"] = list(said.endpoint.security_group_ids)
    if said.ip_address_type is not None:
        rendered["ipAddressType"] = said.ip_address_type
    return rendered


def gateway_endpoint(
    said: EcrVpcEndpointsArgs, service: Any, name: str, ownership: Mapping[str, str], policy: Any
) -> Inputs:
    """Return the gateway to S3, where layers are."""
    rendered: Inputs = {
        "vpcId": said.endpoint.network_id,
        "serviceName": service,
        "vpcEndpointType": "Gateway",
        "routeTableIds": [] if said.route_table_ids == "elsewhere" else list(said.route_table_ids),
        "tags": merged(ownership, {"Name": name}, said.tags),
        **located(said.region),
    }
    if policy is not None:
        rendered["policy"] = policy
    return rendered


def event_rule(
    name: str, said: events.EcrEventRule, region: str | None, ownership: Mapping[str, str], tags: Mapping[str, str]
) -> Inputs:
    """Return a rule of EventBridge."""
    rendered: Inputs = {
        "name": name,
        "eventPattern": policies.text(events.pattern(said)),
        "state": "ENABLED" if said.enabled else "DISABLED",
        "tags": merged(ownership, tags),
        **located(region),
    }
    if said.description is not None:
        rendered["description"] = said.description
    return rendered


def event_target(key: str, said: events.EcrEventTarget, rule: Any, region: str | None) -> Inputs:
    """Return one target of a rule."""
    rendered: Inputs = {"rule": rule, "targetId": key, "arn": said.arn, **located(region)}
    if said.role_arn is not None:
        rendered["roleArn"] = said.role_arn
    if said.dead_letter_arn is not None:
        rendered["deadLetterConfig"] = {"arn": said.dead_letter_arn}
    return rendered


def server_of(arn: str) -> str:
    """Return the host that a repository's images are pulled from."""
    found = REPOSITORY_ARN.fullmatch(arn)
    if found is None:
        raise ValueError(f"{arn!r} is not the ARN of a repository")
    suffix = _SUFFIXES.get(found["partition"], "amazonaws.com")
    return f"{found['account']}.dkr.ecr.{found['region']}.{suffix}"


def host(account: str, region: str, partition: str) -> str:
    """Return a registry's host."""
    return f"{account}.dkr.ecr.{region}.{_SUFFIXES.get(partition, 'amazonaws.com')}"


def region_of(server: str) -> str | None:
    """Return the region that a registry's host names; None where the host is none of AWS's, as in tests."""
    found = re.fullmatch(r"[0-9]+\.dkr\.ecr\.([a-z0-9-]+)\..+", server)
    return found[1] if found else None


def login_command(server: str) -> str:
    """Return the command that logs Docker in with a fresh token, which lives 12 hours; it holds none."""
    region = region_of(server)
    where = "" if region is None else f" --region {region}"
    return f"aws ecr get-login-password{where} | docker login --username AWS --password-stdin {server}"


def public_login_command() -> str:
    """Return the command that logs Docker in to push to the public gallery."""
    return (
        "aws ecr-public get-login-password --region us-east-1 | "
        "docker login --username AWS --password-stdin public.ecr.aws"
    )

"""Operations of AWS that moto 5.2 lacks: a model of ours, answering in the service's wire format and with its errors.

botocore has checked each request's shape before it gets here. State lives as long as the server, as moto's does.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ...lifecycle import ecr_native
from .aws_moto import key_exists

Body = dict[str, Any]
Operation = Callable[["Account", Body], Body]


class ServiceError(Exception):
    """An error as the service names it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass
class _Store:
    """What one account has in one region."""

    cache_rules: dict[str, Body] = field(default_factory=dict)
    templates: dict[str, Body] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    exclusions: dict[str, Body] = field(default_factory=dict)
    public: dict[str, Body] = field(default_factory=dict)


_stores: Final[dict[tuple[str, str], _Store]] = defaultdict(_Store)


@dataclass(frozen=True)
class Account:
    """Whose request it is, and for which region."""

    id: str
    region: str

    @property
    def store(self) -> _Store:
        """What this account has in this region."""
        return _stores[self.id, self.region]


# --- pull-through cache rules

_UPSTREAMS: Final = (
    (r"public\.ecr\.aws", "ecr-public", False),
    (r"registry\.k8s\.io", "k8s", False),
    (r"quay\.io", "quay", False),
    (r"registry-1\.docker\.io", "docker-hub", True),
    (r"ghcr\.io", "github-container-registry", True),
    (r"registry\.gitlab\.com", "gitlab-container-registry", True),
    (r"[a-z0-9]+\.azurecr\.io", "azure-container-registry", True),
    (r"cgr\.dev", "chainguard", True),
    (r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com", "ecr", False),
)
_PREFIX: Final = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*/?|ROOT")
_SECRET_ARN: Final = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:(.+)-[A-Za-z0-9]{6}")
SECRET_PREFIX: Final = "ecr-pullthroughcache/"  # noqa: S105 - a name


def upstream_of(url: str) -> tuple[str, bool] | None:
    """Return the service's name of an upstream and whether it wants credentials; None where it is not supported."""
    for pattern, name, credentials in _UPSTREAMS:
        if re.fullmatch(pattern, url):
            return name, credentials
    return None


def _create_cache_rule(account: Account, body: Body) -> Body:
    prefix, url = body["ecrRepositoryPrefix"], body["upstreamRegistryUrl"]
    if not _PREFIX.fullmatch(prefix):
        raise ServiceError("InvalidParameterException", f"the repository prefix {prefix!r} is not valid")
    if prefix in account.store.cache_rules:
        raise ServiceError(
            "PullThroughCacheRuleAlreadyExistsException",
            f"Pull through cache rule with the repository prefix '{prefix}' already exists in the registry with id "
            f"'{account.id}'",
        )
    upstream = upstream_of(url)
    if upstream is None:
        raise ServiceError("UnsupportedUpstreamRegistryException", f"The upstream registry {url!r} is not supported")
    name, credentials = upstream
    if credentials and not body.get("credentialArn"):
        raise ServiceError("InvalidParameterException", f"The upstream registry {url!r} needs a credential ARN")
    _check_credential(account, body.get("credentialArn"))
    now = time.time()
    rule = {
        **{key: value for key, value in body.items() if key != "registryId"},
        "upstreamRegistry": name,
        "registryId": account.id,
        "createdAt": now,
        "updatedAt": now,
    }
    rule.setdefault("upstreamRepositoryPrefix", "ROOT")
    account.store.cache_rules[prefix] = rule
    return rule


def _check_credential(account: Account, arn: str | None) -> None:
    if not arn:
        return
    found = _SECRET_ARN.fullmatch(arn)
    if found is None or not found.group(1).startswith(SECRET_PREFIX):
        # rule 2
        raise ServiceError(
            "InvalidParameterException",
            f"The credential {arn} is not a Secrets Manager secret whose name begins with {SECRET_PREFIX}",
        )
    from moto.secretsmanager.models import secretsmanager_backends

    backend = secretsmanager_backends[account.id][arn.split(":")[3]]
    if found.group(1) not in backend.secrets:
        raise ServiceError("SecretNotFoundException", f"The secret {arn} does not exist")


def _cache_rule(account: Account, prefix: str) -> Body:
    try:
        return account.store.cache_rules[prefix]
    except KeyError:
        raise ServiceError(
            "PullThroughCacheRuleNotFoundException",
            f"The pull through cache rule with the repository prefix '{prefix}' does not exist in the registry with "
            f"id '{account.id}'",
        ) from None


def _describe_cache_rules(account: Account, body: Body) -> Body:
    prefixes = body.get("ecrRepositoryPrefixes") or sorted(account.store.cache_rules)
    return {"pullThroughCacheRules": [_cache_rule(account, prefix) for prefix in prefixes]}


def _update_cache_rule(account: Account, body: Body) -> Body:
    rule = _cache_rule(account, body["ecrRepositoryPrefix"])
    _check_credential(account, body.get("credentialArn"))
    rule |= {key: body[key] for key in ("credentialArn", "customRoleArn") if key in body}
    rule["updatedAt"] = time.time()
    return rule


def _delete_cache_rule(account: Account, body: Body) -> Body:
    rule = _cache_rule(account, body["ecrRepositoryPrefix"])
    del account.store.cache_rules[rule["ecrRepositoryPrefix"]]
    return rule


# --- repository creation templates


def _check_template(account: Account, template: Body) -> None:
    role = template.get("customRoleArn")
    encryption = template.get("encryptionConfiguration") or {}
    if not role and (template.get("resourceTags") or encryption.get("encryptionType", "AES256") != "AES256"):
        raise ServiceError("InvalidParameterException", "resource tags and KMS encryption need a custom role ARN")
    if role:
        _check_role(account, role)
    key = encryption.get("kmsKey")
    if key and not key_exists(account.id, account.region, key):
        raise ServiceError("InvalidParameterException", f"the KMS key {key} does not exist or is not enabled")
    if template.get("lifecyclePolicy"):
        for path, reason in ecr_native.mistakes(template["lifecyclePolicy"]):
            raise ServiceError("InvalidParameterException", f"Lifecycle policy validation failure: {path}: {reason}")


def _check_role(account: Account, arn: str) -> None:
    from moto.iam.models import iam_backends

    if arn.split(":")[4] == account.id and arn not in {
        role.arn for role in iam_backends[account.id]["aws"].get_roles()
    }:
        raise ServiceError("InvalidParameterException", f"the role {arn} does not exist")


def _create_template(account: Account, body: Body) -> Body:
    prefix = body["prefix"]
    if prefix in account.store.templates:
        raise ServiceError("TemplateAlreadyExistsException", f"The template with the prefix '{prefix}' already exists")
    if not _PREFIX.fullmatch(prefix):
        raise ServiceError("InvalidParameterException", f"the prefix {prefix!r} is not valid")
    _check_template(account, body)
    now = time.time()
    template = {**body, "createdAt": now, "updatedAt": now}
    template.setdefault("encryptionConfiguration", {"encryptionType": "AES256"})
    template.setdefault("imageTagMutability", "MUTABLE")
    account.store.templates[prefix] = template
    return {"registryId": account.id, "repositoryCreationTemplate": template}


def _template(account: Account, prefix: str) -> Body:
    try:
        return account.store.templates[prefix]
    except KeyError:
        raise ServiceError(
            "TemplateNotFoundException", f"The template with the prefix '{prefix}' is not there"
        ) from None


def _describe_templates(account: Account, body: Body) -> Body:
    prefixes = body.get("prefixes") or sorted(account.store.templates)
    found = [account.store.templates[prefix] for prefix in prefixes if prefix in account.store.templates]
    return {"registryId": account.id, "repositoryCreationTemplates": found}


def _update_template(account: Account, body: Body) -> Body:
    template = _template(account, body["prefix"])
    changed = {**template, **{key: value for key, value in body.items() if value not in ("", [], None)}}
    for key, value in body.items():
        if value in ("", []):
            changed.pop(key, None)
    _check_template(account, changed)
    account.store.templates[body["prefix"]] = {**changed, "updatedAt": time.time()}
    return {"registryId": account.id, "repositoryCreationTemplate": changed}


def _delete_template(account: Account, body: Body) -> Body:
    template = _template(account, body["prefix"])
    del account.store.templates[body["prefix"]]
    return {"registryId": account.id, "repositoryCreationTemplate": template}


# --- account settings and pull-time exclusions

SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    # The first is what an account has from the start.
    "BASIC_SCAN_TYPE_VERSION": ("AWS_NATIVE",),
    "REGISTRY_POLICY_SCOPE": ("V2", "V1"),
    "BLOB_MOUNTING": ("DISABLED", "ENABLED"),
}


def _put_setting(account: Account, body: Body) -> Body:
    name, value = body["name"], body["value"]
    allowed = _setting_values(name)
    if value not in allowed:
        raise ServiceError("InvalidParameterException", f"{name} must be one of {', '.join(allowed)}, not {value!r}")
    account.store.settings[name] = value
    return {"name": name, "value": value}


def _get_setting(account: Account, body: Body) -> Body:
    name = body["name"]
    return {"name": name, "value": account.store.settings.get(name, _setting_values(name)[0])}


def _setting_values(name: str) -> tuple[str, ...]:
    allowed = SETTINGS.get(name)
    if allowed is None:
        raise ServiceError("InvalidParameterException", f"{name!r} is not a setting; there are {', '.join(SETTINGS)}")
    return allowed


_PRINCIPAL: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(?:role|user)/.+")


def _register_exclusion(account: Account, body: Body) -> Body:
    arn = body["principalArn"]
    if not _PRINCIPAL.fullmatch(arn):
        raise ServiceError("InvalidParameterException", f"{arn!r} is not the ARN of a role or a user")
    if arn in account.store.exclusions:
        raise ServiceError("ExclusionAlreadyExistsException", f"The principal {arn} is excluded already")
    if ":role/" in arn:
        _check_role(account, arn)
    exclusion = {"principalArn": arn, "createdAt": time.time()}
    account.store.exclusions[arn] = exclusion
    return exclusion


def _deregister_exclusion(account: Account, body: Body) -> Body:
    arn = body["principalArn"]
    if account.store.exclusions.pop(arn, None) is None:
        raise ServiceError("ExclusionNotFoundException", f"The principal {arn} is not excluded")
    return {"principalArn": arn}


def _list_exclusions(account: Account, _body: Body) -> Body:
    return {"pullTimeUpdateExclusions": sorted(account.store.exclusions)}


# --- ECR Public

_PUBLIC_NAME: Final = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")
_PUBLIC_ALIAS: Final = "a1b2c3d4"


def _create_public(account: Account, body: Body) -> Body:
    name = body["repositoryName"]
    if name in account.store.public:
        raise ServiceError(
            "RepositoryAlreadyExistsException",
            f"The repository with name '{name}' already exists in the registry with id '{account.id}'",
        )
    if not _PUBLIC_NAME.fullmatch(name):
        raise ServiceError("InvalidParameterException", f"the repository name {name!r} is not valid")
    repository = {
        "repositoryArn": f"arn:aws:ecr-public::{account.id}:repository/{name}",
        "registryId": account.id,
        "repositoryName": name,
        "repositoryUri": f"public.ecr.aws/{_PUBLIC_ALIAS}/{name}",
        "createdAt": time.time(),
    }
    account.store.public[name] = {
        "repository": repository,
        "catalog": _catalog(body.get("catalogData") or {}),
        "policy": None,
        "tags": {tag["Key"]: tag.get("Value", "") for tag in body.get("tags") or ()},
    }
    return {"repository": repository, "catalogData": account.store.public[name]["catalog"]}


def _catalog(data: Body) -> Body:
    catalog = dict(data)
    if catalog.pop("logoImageBlob", None):
        catalog["logoUrl"] = f"https://{_PUBLIC_ALIAS}.cloudfront.net/logo"
    return catalog


def _public(account: Account, name: str) -> Body:
    try:
        return account.store.public[name]
    except KeyError:
        raise ServiceError(
            "RepositoryNotFoundException",
            f"The repository with name '{name}' does not exist in the registry with id '{account.id}'",
        ) from None


def _describe_public(account: Account, body: Body) -> Body:
    names = body.get("repositoryNames") or sorted(account.store.public)
    return {"repositories": [_public(account, name)["repository"] for name in names]}


def _delete_public(account: Account, body: Body) -> Body:
    found = _public(account, body["repositoryName"])
    del account.store.public[body["repositoryName"]]
    return {"repository": found["repository"]}


def _get_public_catalog(account: Account, body: Body) -> Body:
    return {"catalogData": _public(account, body["repositoryName"])["catalog"]}


def _put_public_catalog(account: Account, body: Body) -> Body:
    found = _public(account, body["repositoryName"])
    found["catalog"] = _catalog(body["catalogData"])
    return {"catalogData": found["catalog"]}


def _set_public_policy(account: Account, body: Body) -> Body:
    found = _public(account, body["repositoryName"])
    found["policy"] = body["policyText"]
    return _public_policy(account, body)


def _public_policy(account: Account, body: Body) -> Body:
    name = body["repositoryName"]
    policy = _public(account, name)["policy"]
    if policy is None:
        raise ServiceError(
            "RepositoryPolicyNotFoundException", f"Repository policy does not exist for the repository '{name}'"
        )
    return {"registryId": account.id, "repositoryName": name, "policyText": policy}


def _delete_public_policy(account: Account, body: Body) -> Body:
    answer = _public_policy(account, body)
    _public(account, body["repositoryName"])["policy"] = None
    return answer


def _by_arn(account: Account, arn: str) -> Body:
    return _public(account, arn.partition(":repository/")[2])


def _tag_public(account: Account, body: Body) -> Body:
    _by_arn(account, body["resourceArn"])["tags"] |= {tag["Key"]: tag.get("Value", "") for tag in body["tags"]}
    return {}


def _untag_public(account: Account, body: Body) -> Body:
    tags = _by_arn(account, body["resourceArn"])["tags"]
    for key in body["tagKeys"]:
        tags.pop(key, None)
    return {}


def _list_public_tags(account: Account, body: Body) -> Body:
    tags = _by_arn(account, body["resourceArn"])["tags"]
    return {"tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}


# --- Inspector


def _update_filter(account: Account, body: Body) -> Body:
    from moto.inspector2.models import inspector2_backends

    found = inspector2_backends[account.id][account.region].filters.get(body["filterArn"])
    if found is None:
        raise ServiceError("ResourceNotFoundException", f"The filter {body['filterArn']} does not exist")
    found.action = body.get("action", found.action)
    found.description = body.get("description", found.description)
    found.filter_criteria = body.get("filterCriteria", found.filter_criteria)
    found.name = body.get("name", found.name)
    found.reason = body.get("reason", found.reason)
    return {"arn": body["filterArn"]}


_ECR: Final = "AmazonEC2ContainerRegistry_V20150921."
_ECR_PUBLIC: Final = "SpencerFrontendService."
GAPS: Final[Mapping[str, Operation]] = {
    f"{_ECR}CreatePullThroughCacheRule": _create_cache_rule,
    f"{_ECR}DescribePullThroughCacheRules": _describe_cache_rules,
    f"{_ECR}UpdatePullThroughCacheRule": _update_cache_rule,
    f"{_ECR}DeletePullThroughCacheRule": _delete_cache_rule,
    f"{_ECR}CreateRepositoryCreationTemplate": _create_template,
    f"{_ECR}DescribeRepositoryCreationTemplates": _describe_templates,
    f"{_ECR}UpdateRepositoryCreationTemplate": _update_template,
    f"{_ECR}DeleteRepositoryCreationTemplate": _delete_template,
    f"{_ECR}PutAccountSetting": _put_setting,
    f"{_ECR}GetAccountSetting": _get_setting,
    f"{_ECR}RegisterPullTimeUpdateExclusion": _register_exclusion,
    f"{_ECR}DeregisterPullTimeUpdateExclusion": _deregister_exclusion,
    f"{_ECR}ListPullTimeUpdateExclusions": _list_exclusions,
    f"{_ECR_PUBLIC}CreateRepository": _create_public,
    f"{_ECR_PUBLIC}DescribeRepositories": _describe_public,
    f"{_ECR_PUBLIC}DeleteRepository": _delete_public,
    f"{_ECR_PUBLIC}GetRepositoryCatalogData": _get_public_catalog,
    f"{_ECR_PUBLIC}PutRepositoryCatalogData": _put_public_catalog,
    f"{_ECR_PUBLIC}SetRepositoryPolicy": _set_public_policy,
    f"{_ECR_PUBLIC}GetRepositoryPolicy": _public_policy,
    f"{_ECR_PUBLIC}DeleteRepositoryPolicy": _delete_public_policy,
    f"{_ECR_PUBLIC}TagResource": _tag_public,
    f"{_ECR_PUBLIC}UntagResource": _untag_public,
    f"{_ECR_PUBLIC}ListTagsForResource": _list_public_tags,
}
"""By the target that a request names."""
PATHS: Final[Mapping[str, Operation]] = {"/filters/update": _update_filter}
"""By the path of a REST request."""

__all__ = ["GAPS", "PATHS", "SECRET_PREFIX", "SETTINGS", "Account", "ServiceError", "upstream_of"]

"""What an interrupted run was making, and under which id a provider finds it again.

A killed `pulumi up` leaves "pending creates" in the state: the resource may be there or not, and the next `up` would
try to make it once more. Where its id follows from what the program said, it is put into the state under that id, and a
refresh tells: the provider reads what is there, and the engine forgets what is not. (`pulumi refresh
--import-pending-creates`, in 3.259, forgets both.) Where making it twice is making it once, it is forgotten and made
again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_Inputs = Mapping[str, Any]
_OWN_DYNAMIC = "pulumi-python:dynamic/registry-components:"
_PROVIDER = "pulumi:providers:"


def _given(key: str) -> Callable[[_Inputs, _Inputs], str | None]:
    def id_of(inputs: _Inputs, _: _Inputs) -> str | None:
        value = inputs.get(key)
        return value if isinstance(value, str) and value else None

    return id_of


def _google(inputs: _Inputs, provider: _Inputs) -> str | None:
    project = inputs.get("project") or provider.get("project")
    location, name = inputs.get("location"), inputs.get("repositoryId")
    if not all(isinstance(part, str) and part for part in (project, location, name)):
        return None
    return f"projects/{project}/locations/{location}/repositories/{name}"


def _azure(*path: str) -> Callable[[_Inputs, _Inputs], str | None]:
    """Return what makes an id below a registry: pairs of a segment and the input that names it."""

    def id_of(inputs: _Inputs, provider: _Inputs) -> str | None:
        subscription, group = provider.get("subscriptionId"), inputs.get("resourceGroupName")
        names = [inputs.get(key) for key in path[1::2]]
        if not all(isinstance(part, str) and part for part in (subscription, group, *names)):
            return None
        below = "/".join(f"{segment}/{name}" for segment, name in zip(path[::2], names, strict=True))
        return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/{below}"

    return id_of


def _harbor_instance(inputs: _Inputs, _: _Inputs) -> str | None:
    # All else in Harbor has a number, which nobody knows before it is made.
    name = inputs.get("name")
    return f"/p2p/preheat/instances/{name}" if isinstance(name, str) and name else None


_REGISTRY = ("registries", "registryName")

IDS: Mapping[str, Callable[[_Inputs, _Inputs], str | None]] = {
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _given("repository"),
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": _given("ecrRepositoryPrefix"),
    "aws:ecr/repository:Repository": _given("name"),
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": _given("prefix"),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _given("repository"),
    "aws:iam/role:Role": _given("name"),
    "aws:secretsmanager/secret:Secret": _given("name"),
    "azure-native:containerregistry:CacheRule": _azure(*_REGISTRY, "cacheRules", "cacheRuleName"),
    "azure-native:containerregistry:CredentialSet": _azure(*_REGISTRY, "credentialSets", "credentialSetName"),
    "azure-native:containerregistry:Registry": _azure(*_REGISTRY),
    "azure-native:containerregistry:Replication": _azure(*_REGISTRY, "replications", "replicationName"),
    "azure-native:containerregistry:ScopeMap": _azure(*_REGISTRY, "scopeMaps", "scopeMapName"),
    "azure-native:containerregistry:Task": _azure(*_REGISTRY, "tasks", "taskName"),
    "azure-native:containerregistry:Token": _azure(*_REGISTRY, "tokens", "tokenName"),
    "azure-native:containerregistry:Webhook": _azure(*_REGISTRY, "webhooks", "webhookName"),
    "gcp:artifactregistry/repository:Repository": _google,
    "harbor:index/preheatInstance:PreheatInstance": _harbor_instance,
}
"""By type, the id that a provider takes for an import, from the resource's inputs and its provider's."""

REPEATABLE = frozenset(
    {
        "aws:ecr/accountSetting:AccountSetting",
        "aws:ecr/registryPolicy:RegistryPolicy",
        "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
        "aws:ecr/replicationConfiguration:ReplicationConfiguration",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:secretsmanager/secretVersion:SecretVersion",
        "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
        "harbor:index/configAuth:ConfigAuth",
        "harbor:index/configSecurity:ConfigSecurity",
        "harbor:index/configSystem:ConfigSystem",
        "harbor:index/garbageCollection:GarbageCollection",
        "harbor:index/interrogationServices:InterrogationServices",
        "harbor:index/purgeAuditLog:PurgeAuditLog",
    }
)
"""Types whose creation says how something shall be: doing it twice does it once."""


@dataclass(frozen=True)
class Settled:
    """A deployment without pending creates."""

    deployment: Mapping[str, Any]
    """What `pulumi stack import` takes."""
    names: tuple[str, ...]
    """The names of the resources that were being made."""
    look_for: tuple[str, ...]
    """URNs of those that may be there: a refresh of them has to follow."""


def settled(deployment: Mapping[str, Any]) -> Settled | None:
    """Return an exported deployment with its pending creates settled.

    None where there are none, or where one of them cannot be settled and a person has to look. Creates of this
    library's own dynamic resources are repeatable: they find what an interrupted one has made. Components and providers
    are forgotten: the next run makes them anew.
    """
    operations = deployment.get("pending_operations") or []
    creating = [operation["resource"] for operation in operations if operation.get("type") == "creating"]
    if not creating:
        return None
    resources = list(deployment.get("resources") or [])
    known = {str(resource["urn"]) for resource in resources}
    providers = {
        f"{resource['urn']}::{resource.get('id')}": resource.get("inputs") or {}
        for resource in resources
        if str(resource["type"]).startswith(_PROVIDER)
    }
    look_for: list[str] = []
    for resource in creating:
        urn, token = str(resource["urn"]), str(resource["type"])
        # A component and a provider are in the state alone: there is nothing of them in any cloud.
        in_state_alone = not resource.get("custom", True) or token.startswith(_PROVIDER)
        if in_state_alone or token in REPEATABLE or token.startswith(_OWN_DYNAMIC):
            continue
        inputs = resource.get("inputs") or {}
        id_of = IDS.get(token)
        found = id_of and id_of(inputs, providers.get(str(resource.get("provider")), {}))
        if not found or urn in known:  # known: it was being replaced, and which of the two is there is not to be told
            return None
        resources.append({**resource, "id": found, "outputs": inputs})
        look_for.append(urn)
    others = [operation for operation in operations if operation.get("type") != "creating"]
    names = tuple(str(resource["urn"]).rsplit("::", 1)[1] for resource in creating)
    return Settled({**deployment, "resources": resources, "pending_operations": others}, names, tuple(look_for))

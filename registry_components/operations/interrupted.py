"""What an interrupted run was making, and under which id a provider finds it again.

A killed `pulumi up` leaves "pending creates" in the state: the resource may be there or not, and the next `up` would
try to make it once more. Where its id follows from what the program said, it is put into the state under that id, and a
refresh tells: the provider reads what is there, and the engine forgets what is not. (`pulumi refresh
--import-pending-creates`, in 3.259, forgets both.) Where making it twice is making it once, it is forgotten and made
again. What has a name that nobody can know, such as a user's key, goes with the one that it belongs to: that one is
replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
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


def _below(*keys: str) -> Callable[[_Inputs, _Inputs], str | None]:
    """Return what makes an id of inputs, joined by colons."""

    def id_of(inputs: _Inputs, _: _Inputs) -> str | None:
        found = [inputs.get(key) for key in keys]
        return ":".join(str(part) for part in found) if all(isinstance(p, str) and p for p in found) else None

    return id_of


def _release(inputs: _Inputs, _: _Inputs) -> str | None:
    return _in_namespace(inputs)


def _in_namespace(named: Any) -> str | None:
    """Return `namespace/name`, or the name of what is in no namespace."""
    name, namespace = (named.get("name"), named.get("namespace")) if isinstance(named, Mapping) else (None, None)
    if not isinstance(name, str) or not name:
        return None
    return f"{namespace}/{name}" if isinstance(namespace, str) and namespace else name


_REGISTRY = ("registries", "registryName")
_ARTIFACTORY: Mapping[str, str] = {
    "key": "archivePolicy backup dockerV2Repository federatedDockerV2Repository "
    "federatedHelmociRepository federatedOciRepository localHelmociRepository localOciRepository packageCleanupPolicy "
    "remoteDockerRepository remoteHelmociRepository remoteOciRepository virtualDockerRepository "
    "virtualHelmociRepository virtualOciRepository",
    "name": "group managedUser permissionTarget",
    "pairName": "keypair",
    "repoKey": "localRepositoryMultiReplication localRepositorySingleReplication",
}
"""What has the id that it is given, by that input. A token's is known to nobody before, and webhooks have no import."""

IDS: Mapping[str, Callable[[_Inputs, _Inputs], str | None]] = {
    **{
        f"artifactory:index/{word}:{word[0].upper()}{word[1:]}": _given(key)
        for key, words in _ARTIFACTORY.items()
        for word in words.split()
    },
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _given("repository"),
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": _given("ecrRepositoryPrefix"),
    "aws:ecr/repository:Repository": _given("name"),
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": _given("prefix"),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _given("repository"),
    "aws:iam/role:Role": _given("name"),
    "aws:iam/rolePolicy:RolePolicy": _below("role", "name"),
    "aws:iam/user:User": _given("name"),
    "aws:iam/userPolicy:UserPolicy": _below("user", "name"),
    "aws:s3/bucket:Bucket": _given("bucket"),
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
    "kubernetes:helm.sh/v3:Release": _release,
}
"""By type, the id that a provider takes for an import, from the resource's inputs and its provider's. Objects of
Kubernetes, which are many, have theirs by one rule."""

REPEATABLE = frozenset(
    {
        "artifactory:index/generalSecurity:GeneralSecurity",
        "artifactory:index/trashcanConfig:TrashcanConfig",
        "aws:ecr/accountSetting:AccountSetting",
        "aws:ecr/registryPolicy:RegistryPolicy",
        "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
        "aws:ecr/replicationConfiguration:ReplicationConfiguration",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:secretsmanager/secretVersion:SecretVersion",
        "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
        "harbor:index/configAuth:ConfigAuth",
        "harbor:index/configSecurity:ConfigSecurity",
        "harbor:index/configSystem:ConfigSystem",
        "harbor:index/garbageCollection:GarbageCollection",
        "harbor:index/interrogationServices:InterrogationServices",
        "harbor:index/purgeAuditLog:PurgeAuditLog",
        "harbor:index/retentionPolicy:RetentionPolicy",
    }
)
"""Types whose creation says how something shall be: doing it twice does it once."""

OWNERS: Mapping[str, tuple[str, str]] = {"aws:iam/accessKey:AccessKey": ("aws:iam/user:User", "user")}
"""Types whose id the service makes up: the type that each belongs to, and the input with that one's id. The owner is
replaced, and what was made goes with it; nobody has learned its id, so nobody uses it."""

_RELEASE = "kubernetes:helm.sh/v3:Release"
# How a state marks a secret; a plain one is encrypted when it is imported.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
_STATE_ALONE = ("random:index/", "tls:index/")
_KUBERNETES = re.compile(r"kubernetes:(?!helm\.sh/|kustomize|yaml)[^:]+:\w+(?<!List)")
_FIELD_MANAGER = "pulumi.com/patchFieldManager"


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
    replaced: set[str] = set()
    for resource in creating:
        if _repeatable(resource):
            continue
        token, inputs = str(resource["type"]), resource.get("inputs") or {}
        if token in OWNERS:
            owner = _owner(resources, *OWNERS[token], inputs)
            if owner is None:
                return None
            replaced.add(owner)
            continue
        found = _id(token, inputs, providers.get(str(resource.get("provider")), {}))
        urn = str(resource["urn"])
        if not found or urn in known:  # known: it was being replaced, and which of the two is there is not to be told
            return None
        resources.append({**resource, "id": found, "outputs": _outputs(token, inputs)})
        look_for.append(urn)
    resources = [{**each, "taint": True} if str(each["urn"]) in replaced else each for each in resources]
    others = [operation for operation in operations if operation.get("type") != "creating"]
    names = tuple(str(resource["urn"]).rsplit("::", 1)[1] for resource in creating)
    return Settled({**deployment, "resources": resources, "pending_operations": others}, names, tuple(look_for))


def _outputs(token: str, inputs: _Inputs) -> _Inputs:
    """Return the outputs to begin with; a refresh fills in what is there."""
    if token != _RELEASE:
        return inputs
    # Without its own record of the inputs the provider takes the release for an import, and forgets where its chart
    # comes from (`importRelease` in helm_release.go).
    return {**inputs, "__inputs": {_SIGNATURE: _SECRET, "plaintext": json.dumps(inputs)}}


def _repeatable(resource: Mapping[str, Any]) -> bool:
    """Return whether a resource can be forgotten and made again."""
    token = str(resource["type"])
    # A component and a provider are in the state alone: there is nothing of them in any cloud. So are made-up values.
    if not resource.get("custom", True) or token.startswith((_PROVIDER, *_STATE_ALONE)):
        return True
    if token.startswith("kubernetes:") and token.endswith("Patch"):
        # Applied again by the same manager it is the same; a manager that was made up is forgotten with the patch.
        annotations = ((resource.get("inputs") or {}).get("metadata") or {}).get("annotations") or {}
        return bool(annotations.get(_FIELD_MANAGER))
    return token in REPEATABLE or token.startswith(_OWN_DYNAMIC)


def _id(token: str, inputs: _Inputs, provider: _Inputs) -> str | None:
    id_of = IDS.get(token)
    if id_of is not None:
        return id_of(inputs, provider)
    if _KUBERNETES.fullmatch(token) and not token.endswith("Patch"):
        return _in_namespace(inputs.get("metadata"))
    return None


def _owner(resources: Iterable[Mapping[str, Any]], token: str, key: str, inputs: _Inputs) -> str | None:
    """Return the URN of what a resource belongs to; None where it is not in the state, or may not be replaced."""
    for each in resources:
        if each["type"] == token and each.get("id") == inputs.get(key) and not each.get("delete"):
            return None if each.get("protect") else str(each["urn"])
    return None


def in_cluster(urns: Iterable[str]) -> tuple[str, ...]:
    """Return those of `urns` that are Kubernetes': what a refresh found of them needs another look."""
    return tuple(urn for urn in urns if urn.split("::")[2].rpartition("$")[2].startswith("kubernetes:"))


def owned(deployment: Mapping[str, Any], urns: Iterable[str]) -> Mapping[str, Any] | None:
    """Return the deployment in which the objects of `urns` belong to the field manager that made them.

    None where they do. The provider makes a manager up for each object, and the killed run's was lost with it: as
    somebody else the next run could not change a field that it had set.
    """
    wanted, resources = set(urns), list(deployment.get("resources") or [])
    changed = False
    for place, resource in enumerate(resources):
        outputs = resource.get("outputs") or {}
        manager = _manager(outputs) if resource["urn"] in wanted else None
        if manager is not None and outputs.get("__fieldManager") != manager:
            resources[place] = {**resource, "outputs": {**outputs, "__fieldManager": manager}}
            changed = True
    return {**deployment, "resources": resources} if changed else None


def _manager(outputs: _Inputs) -> str | None:
    """Return the manager that the provider had made up for an object; None where that is not to be told."""
    metadata = outputs.get("metadata")
    fields = metadata.get("managedFields") if isinstance(metadata, Mapping) else None
    found = {
        str(entry.get("manager"))
        for entry in (fields if isinstance(fields, list) else [])
        if entry.get("operation") == "Apply" and str(entry.get("manager")).startswith("pulumi-kubernetes-")
    }
    return found.pop() if len(found) == 1 else None


def unfinished(deployment: Mapping[str, Any], urns: Iterable[str]) -> dict[str, str]:
    """Return, for those of `urns` that were found half made and that nothing finishes, what a person has to do.

    Helm does not go on with an installation that was interrupted (helm/helm#4558). Such a release must not stay in the
    state, where it would be taken for one that is there.
    """
    wanted, told = set(urns), {}
    for resource in deployment.get("resources") or []:
        if resource["urn"] not in wanted or resource["type"] != _RELEASE:
            continue
        status = ((resource.get("outputs") or {}).get("status") or {}).get("status")
        if status not in (None, "deployed"):
            namespace, _, name = str(resource["id"]).rpartition("/")
            told[str(resource["urn"])] = (
                f"the Helm release {name} is {status}: its installation was interrupted, and Helm does not go on with "
                f"it; run `helm uninstall {name} --namespace {namespace}`, then this again"
            )
    return told

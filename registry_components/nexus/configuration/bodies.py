"""What is sent to Nexus' REST API for what was said, by the names of its OpenAPI document (3.90). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...lifecycle import choice
from ...storage.for_nexus import to_nexus
from .access import ContentSelector, Privilege, RoutingRule
from .contents import BlobStore, CleanupPolicy, SpaceTasks
from .named import named
from .repositories import Group, Hosted, Kept, Proxy, Served

Body = dict[str, Any]

HUB: Final = "https://registry-1.docker.io"
SECRETS: Final = frozenset({"accessKeyId", "secretAccessKey", "accountKey", "password", "bearerToken"})
"""Members of bodies that are secret; Nexus never answers with them."""


def parted(body: Mapping[str, Any], above: str = "") -> tuple[Body, dict[str, Any]]:
    """Return a body without its secrets, and these by their dotted place in it."""
    clear: Body = {}
    hidden: dict[str, Any] = {}
    for key, value in body.items():
        if key in SECRETS:
            hidden[above + key] = value
        elif isinstance(value, dict):
            clear[key], below = parted(value, f"{above}{key}.")
            hidden |= below
        else:
            clear[key] = value
    return clear, hidden


def blob_store(key: str, store: BlobStore) -> tuple[str, Body]:
    """Return a blob store's type and body."""
    request = to_nexus(store.storage, name=named(key, store))
    body = dict(request.body)
    if store.soft_quota is not None:
        kinds = {"space_used": "spaceUsedQuota", "space_remaining": "spaceRemainingQuota"}
        body["softQuota"] = {"type": kinds[store.soft_quota.kind], "limit": store.soft_quota.limit_mb}
    return request.type, body


def repository(key: str, said: Served, blob_store_name: str, cleanup: list[str], members: Mapping[str, str]) -> Body:
    """Return a repository's body; `members` are names by key, of repositories and routing rules that it refers to."""
    storage: Body = {"blobStoreName": blob_store_name, "strictContentTypeValidation": said.strict_content_type}
    docker: Body = {
        "v1Enabled": said.v1_enabled,
        "forceBasicAuth": said.force_basic_auth,
        "pathEnabled": said.path_enabled,
    }
    for word, value in (
        ("subdomain", said.subdomain),
        ("httpPort", said.http_port),
        ("httpsPort", said.https_port),
    ):
        if value is not None:
            docker[word] = value
    body: Body = {"name": named(key, said), "online": said.online, "storage": storage, "docker": docker}
    if isinstance(said, Kept) and cleanup:
        body["cleanup"] = {"policyNames": cleanup}
    match said:
        case Hosted():
            storage |= {"writePolicy": said.write_policy, "latestPolicy": said.latest_policy}
            body["component"] = {"proprietaryComponents": said.proprietary_components}
        case Proxy():
            body |= _proxy(said)
            if said.routing_rule is not None:
                body["routingRule"] = members[said.routing_rule]
        case Group():
            body["group"] = {"memberNames": [members[member] for member in said.members]}
            if said.writable_member is not None:
                body["group"]["writableMember"] = members[said.writable_member]
    return body


def _proxy(said: Proxy) -> Body:
    hub = isinstance(said.remote_url, str) and said.remote_url.rstrip("/") == HUB
    index: Body = {"indexType": (said.index or ("hub" if hub else "registry")).upper()}
    if said.index_url is not None:
        index["indexUrl"] = said.index_url
    index["cacheForeignLayers"] = said.cache_foreign_layers
    if said.cache_foreign_layers:
        index["foreignLayerUrlWhitelist"] = sorted(said.foreign_layer_urls) or [".*"]
    client: Body = {"blocked": said.blocked, "autoBlock": said.auto_block}
    connection = {"timeout": said.timeout_seconds, "retries": said.retries}
    found: Body = {key: value for key, value in connection.items() if value is not None}
    if said.use_trust_store:
        found["useTrustStore"] = True
    if found:
        client["connection"] = found
    if said.password is not None:
        client["authentication"] = {"type": "username", "username": said.username, "password": said.password}
    elif said.bearer_token is not None:
        client["authentication"] = {"type": "bearerToken", "bearerToken": said.bearer_token}
    return {
        "proxy": {
            "remoteUrl": said.remote_url,
            "contentMaxAge": said.content_max_age_minutes,
            "metadataMaxAge": said.metadata_max_age_minutes,
        },
        "negativeCache": {
            "enabled": said.negative_cache_minutes > 0,
            "timeToLive": said.negative_cache_minutes or 1440,
        },
        "httpClient": client,
        "dockerProxy": index,
    }


def cleanup_policy(key: str, policy: CleanupPolicy) -> Body:
    """Return a cleanup policy's body."""
    body: Body = {"name": named(key, policy), "format": "docker", "notes": policy.notes}
    for word, value in (
        ("criteriaLastBlobUpdated", policy.last_updated_days),
        ("criteriaLastDownloaded", policy.last_downloaded_days),
        ("criteriaAssetRegex", policy.asset_regex),
    ):
        if value is not None:
            body[word] = value
    return body


def lifecycle(name: str, said: Kept) -> dict[str, Body]:
    """Return the cleanup policies, by rule, that a repository's unified policy becomes.

    Raises `LifecycleNotExpressible` where Nexus cannot carry it out as it is meant.
    """
    if said.lifecycle is None:
        return {}
    found = choice.translated("nexus", said.lifecycle)
    return {body["name"]: {**body, "name": f"{name}-{body['name']}", "notes": f"of {name}"} for body in found}


def task(name: str, kind: str, schedule: str, properties: Mapping[str, str], alert_email: str | None) -> Body:
    """Return a task's body."""
    body: Body = {
        "name": name,
        "type": kind,
        "enabled": True,
        "notificationCondition": "FAILURE",
        "frequency": {"schedule": "cron", "cronExpression": schedule},
        "properties": dict(properties),
    }
    return body if alert_email is None else {**body, "alertEmail": alert_email}


def space_tasks(tasks: SpaceTasks, blob_stores: list[str], purged: Mapping[str, int]) -> dict[str, Body]:
    """Return the tasks that free space, by suffix; `purged` are proxies with the days after which they forget."""
    email = tasks.alert_email
    found: dict[str, Body] = {}
    for name, days in sorted(purged.items()):
        properties = {"repositoryName": name, "lastUsed": str(days)}
        # With Nexus' own cleanup, an hour before the next.
        found[f"purge-{name}"] = task(
            f"Delete unused components of {name}", "repository.purge-unused", "0 0 1 * * ?", properties, email
        )
    offset = {"repositoryName": "*", "deployOffset": str(tasks.deploy_offset_hours)}
    found["docker-gc"] = task(
        "Delete unused manifests and images", "repository.docker.gc", tasks.gc_schedule, offset, email
    )
    age = {"age": str(tasks.upload_age_hours)}
    found["docker-upload-purge"] = task(
        "Delete incomplete uploads", "repository.docker.upload-purge", tasks.upload_purge_schedule, age, email
    )
    for store in blob_stores:
        properties = {"blobstoreName": store}
        if tasks.blobs_older_than_days is not None:
            properties["blobsOlderThan"] = str(tasks.blobs_older_than_days)
        found[f"compact-{store}"] = task(
            f"Compact blob store {store}", "blobstore.compact", tasks.compact_schedule, properties, email
        )
    return found


def content_selector(key: str, said: ContentSelector) -> Body:
    """Return a content selector's body."""
    return {"name": named(key, said), "description": said.description, "expression": said.expression}


def privilege(key: str, said: Privilege, selector: str, repository_name: str) -> Body:
    """Return a privilege's body."""
    return {
        "name": named(key, said),
        "description": said.description,
        "actions": sorted(action.upper() for action in said.actions),
        "format": "docker",
        "repository": repository_name,
        "contentSelector": selector,
    }


def routing_rule(key: str, said: RoutingRule) -> Body:
    """Return a routing rule's body."""
    return {
        "name": named(key, said),
        "description": said.description,
        "mode": said.mode.upper(),
        "matchers": list(said.matchers),
    }


def made_privilege(repository_name: str, action: str) -> str:
    """Return the privilege that Nexus makes with every Docker repository."""
    return f"nx-repository-view-docker-{repository_name}-{action}"


__all__ = ["HUB", "SECRETS", "Body", "parted"]

"""Parts of a registry: encryption, webhooks, connected registries, diagnostics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ..blocks.replication import ReplicateTo
from ..core.args import Args, MaybeOutput, Secret
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from .tokens import Scope, check_scope
from .words import (
    Cron,
    PlainName,
    Region,
    VaultId,
    check_guid,
    check_region,
    check_resource_id,
    check_vault_uri,
    region_word,
)

KeyUri = Annotated[str, validated(check_vault_uri("keys"))]
IdentityId = MaybeOutput[
    Annotated[
        str,
        validated(check_resource_id("Microsoft.ManagedIdentity/userAssignedIdentities", "a user-assigned identity")),
    ]
]
WorkspaceId = MaybeOutput[
    Annotated[
        str, validated(check_resource_id("Microsoft.OperationalInsights/workspaces", "a Log Analytics workspace"))
    ]
]
StorageId = MaybeOutput[
    Annotated[str, validated(check_resource_id("Microsoft.Storage/storageAccounts", "a storage account"))]
]
EventHubRule = MaybeOutput[
    Annotated[
        str,
        validated(
            check_resource_id("Microsoft.EventHub/namespaces/authorizationRules", "an event hub's authorization rule")
        ),
    ]
]


def _replica(replica: AcrReplica) -> Iterable[Mistake]:
    if replica.account is not None:
        yield Mistake("account", "has no meaning here: ACR replicates within one registry; remove it")
    if replica.repositories:
        yield Mistake(
            "repositories",
            "cannot be filtered: ACR replicates the whole registry; use a second registry with caching or "
            "`az acr import` for a part of it",
        )
    mistake = check_region(replica.region)
    if mistake:
        yield Mistake("region", mistake)


class AcrReplica(ReplicateTo, CheckedArgs):
    """A copy of the whole registry in another region, under the same host name."""

    checks = (_replica,)
    stand_ins = {"region": "westeurope"}

    region: Annotated[str, BeforeValidator(region_word)] = Field(min_length=1)
    """Azure region of the copy: `westeurope`, `North Europe`."""
    region_endpoint: bool = True
    """Whether clients are routed to this copy. False keeps it in step without traffic. Default: true."""


def _as_replica(value: object) -> object:
    if isinstance(value, ReplicateTo) and not isinstance(value, AcrReplica):
        return {name: getattr(value, name) for name in value.model_fields_set}
    return value


Replica = Annotated[AcrReplica, BeforeValidator(_as_replica)]


def _encryption(encryption: AcrEncryption) -> Iterable[Mistake]:
    if (encryption.identity_id is None) != (encryption.identity_client_id is None):
        lacking, given = (
            ("identity_id", "identity_client_id")
            if encryption.identity_id is None
            else ("identity_client_id", "identity_id")
        )
        yield Mistake(lacking, f"is required together with {given}; give both, or neither to have an identity made")
    elif encryption.identity_id is None and encryption.key_vault_id is None:
        yield Mistake(
            "key_vault_id",
            "is required where the identity is made here: it has to be granted the key before the registry is made; "
            "add it, or give identity_id and identity_client_id",
        )


class AcrEncryption(CheckedArgs):
    """Encryption by a key of yours in Key Vault (Premium). It is chosen when the registry is made, and stays."""

    checks = (_encryption,)
    stand_ins = {"key_id": "https://vault.vault.azure.net/keys/key"}

    key_id: MaybeOutput[KeyUri]
    """Address of the key; without a version it is rotated by itself: `https://VAULT.vault.azure.net/keys/NAME`."""
    key_vault_id: VaultId | None = None
    """Resource id of the vault: the identity is made Key Vault Crypto Service Encryption User there. Default: you
    grant it."""
    identity_id: IdentityId | None = None
    """Resource id of a user-assigned identity that may use the key. Default: one is made."""
    identity_client_id: MaybeOutput[Annotated[str, validated(check_guid)]] | None = None
    """Client id of that identity."""


WebhookAction = Literal["push", "delete", "quarantine", "chart_push", "chart_delete"]


def _check_address(text: str) -> str | None:
    # The address may hold a token, so it is not repeated.
    return None if re.match(r"https?://[^/\s]+", text) else "is not an address; write it with https://"


def _check_webhook_scope(text: str) -> str | None:
    repository, colon, tag = text.partition(":")
    if check_scope(repository) is None and (not colon or re.fullmatch(r"[A-Za-z0-9_*][A-Za-z0-9._*-]{0,127}", tag)):
        return None
    return f"{text!r} is not what a webhook can be about; write a repository, repository:tag, or team/* for a prefix"


def _check_header(name: str) -> str | None:
    if re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
        return None
    return f"{name!r} is not the name of a header; use letters, digits and -"


class AcrWebhook(Args):
    """A request to an address of yours when images change."""

    service_uri: Annotated[Secret, validated(_check_address)]
    """Where the request goes; the address may hold a token, so it is kept secret."""
    actions: list[WebhookAction] = Field(default=["push", "delete"], min_length=1)
    """What it tells. Default: pushes and deletions."""
    scope: Annotated[str, validated(_check_webhook_scope)] | None = None
    """Repository or `repository:tag` that it is about; `team/*` for a prefix. Default: all."""
    custom_headers: dict[Annotated[str, validated(_check_header)], Secret] = {}
    """Headers of the request, kept secret. Default: none."""
    region: Region | None = None
    """Which copy of a replicated registry tells it. Default: the registry's own region."""
    enabled: bool = True
    """Whether requests are sent. Default: true."""


class AcrConnectedRegistry(Args):
    """A registry on premises that keeps in step with this one (Premium). Its own scope map and token are made."""

    mode: Literal["ReadWrite", "ReadOnly"] = "ReadOnly"
    """What clients may do there. Default: pull alone."""
    parent: PlainName | None = None
    """Which other connected registry it syncs with. Default: this registry itself."""
    repositories: list[Scope] = Field(min_length=1)
    """What is kept in step: repositories, or prefixes such as `team/*`."""
    client_tokens: list[str] = []
    """Which of `tokens` may log in there. Default: none."""
    schedule: Cron = "* * * * *"
    """When it syncs, as a cron expression in UTC. Default: always."""
    sync_window_hours: int | None = Field(default=None, ge=3, le=168)
    """How long a sync runs, with a `schedule` of its own. Default: until it is done."""
    message_ttl_days: int = Field(default=2, ge=1, le=90)
    """How long messages wait for it. Default: 2 days."""
    log_level: Literal["Debug", "Information", "Warning", "Error", "None"] = "Information"
    """What it logs. Default: Information."""
    audit_log: bool = False
    """Whether it logs who did what. Default: false."""
    notifications: list[str] = []
    """Patterns of images whose changes it tells: `team/*:*`. Default: none."""
    garbage_collection: bool = True
    """Whether it frees space of removed images. Default: true."""
    garbage_collection_schedule: Cron = "0 5 * * 6"
    """When, in UTC. Default: Saturdays at 5."""


def check_connected(registries: Mapping[str, AcrConnectedRegistry], tokens: Mapping[str, Any]) -> Iterable[Mistake]:
    """Check connected registries against each other and against the tokens."""
    for key, registry in sorted(registries.items()):
        path = f"connected_registries.{key}"
        if len(key) > 45:
            yield Mistake(path, "is too long: its token is <name>-sync, of at most 50 characters; use at most 45")
        if registry.parent is not None and registry.parent not in registries:
            yield Mistake(f"{path}.parent", f"{registry.parent!r} is not one of connected_registries; add it")
        elif registry.parent is not None and _loops(key, registries):
            yield Mistake(f"{path}.parent", f"{registry.parent!r} leads back to {key!r}; one of them has to end here")
        elif (
            registry.parent is not None
            and registry.mode == "ReadWrite"
            and registries[registry.parent].mode == "ReadOnly"
        ):
            yield Mistake(
                f"{path}.mode",
                f"'ReadWrite' needs a parent that takes pushes, and {registry.parent!r} is ReadOnly; change one",
            )
        if registry.sync_window_hours is not None and registry.schedule == "* * * * *":
            yield Mistake(f"{path}.sync_window_hours", "needs a schedule that begins the window; add schedule")
        for i, token in enumerate(registry.client_tokens):
            if token not in tokens:
                yield Mistake(f"{path}.client_tokens[{i}]", f"{token!r} is not one of tokens; add it there")


def _loops(key: str, registries: Mapping[str, AcrConnectedRegistry]) -> bool:
    seen: set[str] = set()
    here: str | None = key
    while here is not None and here in registries:
        if here in seen:
            return True
        seen.add(here)
        here = registries[here].parent
    return False


def _diagnostics(diagnostics: AcrDiagnostics) -> Iterable[Mistake]:
    places = (diagnostics.workspace_id, diagnostics.storage_account_id, diagnostics.event_hub_rule_id)
    if all(place is None for place in places):
        yield Mistake("", "has nowhere to send logs to; add workspace_id, storage_account_id or event_hub_rule_id")
    if diagnostics.event_hub_name is not None and diagnostics.event_hub_rule_id is None:
        yield Mistake("event_hub_name", "needs event_hub_rule_id, which says how to reach it; add it")
    if not diagnostics.logs and not diagnostics.metrics:
        yield Mistake("", "sends neither logs nor metrics; add one of them")


class AcrDiagnostics(CheckedArgs):
    """Where the registry's logs and metrics go."""

    checks = (_diagnostics,)

    workspace_id: WorkspaceId | None = None
    """Resource id of a Log Analytics workspace. Default: none."""
    storage_account_id: StorageId | None = None
    """Resource id of a storage account. Default: none."""
    event_hub_rule_id: EventHubRule | None = None
    """Resource id of an event hub namespace's authorization rule. Default: none."""
    event_hub_name: str | None = None
    """Which event hub. Default: Azure makes one by category."""
    logs: list[Literal["allLogs", "audit"]] = ["allLogs"]
    """Groups of log categories. Default: all."""
    metrics: bool = True
    """Whether metrics go there too. Default: true."""

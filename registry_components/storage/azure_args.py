"""What can be said of a container of Azure Blob Storage for a registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..acr.features import AcrEncryption
from ..acr.words import Region, check_guid, check_resource_group
from ..blocks.storage import BlobContainerName, ObjectName, StorageAccountName
from ..core.args import Args, MaybeOutput
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from ..distribution.checks import BaseUrl, KeyPrefix
from .consents import Deletion, Registry, consent_mistakes, is_kept
from .s3_args import Namespace

Guid: TypeAlias = MaybeOutput[Annotated[str, validated(check_guid)]]
Tags: TypeAlias = dict[Annotated[str, Field(min_length=1, max_length=128)], Annotated[str, Field(max_length=256)]]
_MOST_TAGS = 46


class AzureFederatedIdentity(Args):
    """A managed identity of its own, which the pods' service account stands for (AKS: Workload ID)."""

    kind: Literal["workload_identity"] = "workload_identity"
    issuer: MaybeOutput[BaseUrl]
    """Issuer of the cluster's tokens: `az aks show --query oidcIssuerProfile.issuerUrl`."""
    namespace: Namespace
    """Namespace of the pods."""
    service_account: ObjectName
    """Their service account; it needs the annotation `azure.workload.identity/client-id`."""


class AzureExistingIdentity(Args):
    """An identity that is there, of the machine that the registry runs on."""

    kind: Literal["existing"] = "existing"
    principal_id: Guid
    """Its object id."""


class AzureKeyOfAccount(Args):
    """One of the storage account's two keys, which opens all of it: for a registry that can use no identity."""

    kind: Literal["account_key"] = "account_key"
    key: Literal[1, 2] = 1
    """Which of the two. Azure makes the other one anew without hurting whoever uses this one. Default: 1."""


AzureIdentity: TypeAlias = Annotated[
    AzureFederatedIdentity | AzureExistingIdentity | AzureKeyOfAccount, Field(discriminator="kind")
]


def _identity(args: AzureBlobContainerArgs) -> Iterable[Mistake]:
    kind = args.identity.kind
    if args.registry == "harbor" and kind != "account_key":
        yield Mistake(
            "identity",
            f"of kind {kind!r} is not known to Harbor's registry (Distribution 2.8); give kind 'account_key'",
        )
    if args.registry == "artifactory" and kind == "existing":
        yield Mistake(
            "identity",
            "of kind 'existing' is not known to Artifactory; give kind 'workload_identity' or 'account_key'",
        )


def _prefix(args: AzureBlobContainerArgs) -> Iterable[Mistake]:
    if args.prefix is not None and args.registry in ("harbor", "nexus"):
        yield Mistake("prefix", f"is not a setting of {args.registry} for Azure; give it a container of its own")


def _tags(args: AzureBlobContainerArgs) -> Iterable[Mistake]:
    if len(args.tags) > _MOST_TAGS:
        yield Mistake("tags", f"has {len(args.tags)} entries; an account takes {_MOST_TAGS} beside its own")


class AzureBlobContainerArgs(CheckedArgs):
    """A storage account with one container for one registry, and the identity that the registry uses it with.

    Blobs are encrypted, nobody reads them without a login, requests without TLS 1.2 are refused, what is deleted or
    overwritten can be had back for 30 days, and the account outlives the stack. Azure itself removes the parts of an
    upload that nobody finished after a week.
    """

    checks: ClassVar = (_identity, _prefix, _tags, consent_mistakes)
    stand_ins: ClassVar = {
        "account": "account",
        "resource_group": "group",
        "identity": {"kind": "account_key"},
    }

    account: StorageAccountName
    """The storage account's name, which nobody else in the world may have."""
    resource_group: MaybeOutput[Annotated[str, validated(check_resource_group)]]
    """Name of the resource group that it stands in."""
    identity: AzureIdentity
    """Who the registry is: an identity by `workload_identity`, an `existing` one, or whoever has the `account_key`."""
    container: BlobContainerName = "registry"
    """The container's name. Default: registry."""
    registry: Registry = "distribution"
    """Which registry uses it. Default: distribution."""
    prefix: KeyPrefix | None = None
    """What all blob names begin with. Default: nothing."""
    location: Region | None = None
    """Default: the provider's, else the resource group's where this stack makes it."""
    sku: Literal["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"] = "Standard_ZRS"
    """How often and where each blob is kept. Default: Standard_ZRS, over the zones of a region."""
    encryption: AcrEncryption | None = None
    """A key of yours in Key Vault. Default: keys of Microsoft's own."""
    versioning: bool = True
    """Keep what is overwritten or deleted as an older version. Default: true."""
    version_days: int = Field(30, ge=1, le=3650)
    """Days until older versions are deleted. Azure counts from when a version was written, not from when it became
    old: what was written long ago is kept by `soft_delete_days` alone. Default: 30."""
    soft_delete_days: int = Field(30, ge=1, le=365)
    """Days in which what is deleted can be had back, the container too. Default: 30."""
    tags: Tags = {}
    """Tags beside those that say who made it. Default: none."""
    deletion: Deletion = "retain"
    """Whether the account is removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all blobs go. Default: false."""

    @property
    def kept(self) -> bool:
        """Whether it outlives the stack."""
        return is_kept(self)


__all__ = [
    "AzureBlobContainerArgs",
    "AzureExistingIdentity",
    "AzureFederatedIdentity",
    "AzureIdentity",
    "AzureKeyOfAccount",
]

"""`AzureBlobContainer`: a storage account with a container for one registry, and the identity that uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..acr.grants import role_definition
from ..acr.providers import snake
from ..acr.render import role_assignment
from ..acr.roles import KEY_VAULT_CRYPTO_USER
from ..blocks.storage import AzureAccountKey, AzureInstance, AzureStorage, AzureWorkloadIdentity
from ..core import tags as marks
from ..core.component import RegistryComponent
from . import azure_render as render
from .azure_args import (
    AzureBlobContainerArgs,
    AzureExistingIdentity,
    AzureFederatedIdentity,
    AzureKeyOfAccount,
)
from .consents import protection, staying
from .sdks import require_sdk


class AzureBlobContainer(RegistryComponent):
    """A storage account with one container for one registry.

    Children: the container, named as the component; `<name>-account`, `<name>-blobs` (what holds for all containers),
    `<name>-lifecycle`; for a key of yours `<name>-key-identity` and `<name>-key-access`; and of the identity
    `<name>-identity` and `<name>-federation` (kind `workload_identity`), `<name>-access` and `<name>-signing`, its
    roles.

    Account and container are protected and retained unless both `deletion="destroy"` and `empty_on_delete=True` are
    given. Raises `StackError`, before anything is registered, where the arguments are not valid or the SDK is missing.
    """

    storage: AzureStorage
    """What a registry takes. Its container is known once the roles are there. It may hold a key, so that it is no
    output."""
    account: pulumi.Output[str]
    """The storage account's name; known once the roles are there."""
    container: pulumi.Output[str]
    """The container's name; known once the roles are there."""
    client_id: pulumi.Output[str]
    """Client id of the identity that was made; empty where none was."""

    def __init__(
        self,
        name: str,
        args: AzureBlobContainerArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, AzureBlobContainerArgs) else AzureBlobContainerArgs.parse(args)
        require_sdk(type(self).__name__, "pulumi_azure_native", "azure")
        super().__init__(name, opts)
        self._args = wanted
        self._tags = marks.merged(
            marks.ownership(pulumi.get_project(), pulumi.get_stack(), type(self).__name__), wanted.tags
        )
        self._account = self._make_account()
        self._in_account = {"accountName": self._account.name, "resourceGroupName": wanted.resource_group}
        self._container, settings = self._make_container()
        credentials, client_id, grants = self._identity()

        ready = pulumi.Output.all(*(made.id for made in [*settings, *grants]))  # type: ignore[attr-defined]
        container = pulumi.Output.all(self._container.name, ready).apply(lambda found: str(found[0]))
        account = pulumi.Output.all(self._account.name, ready).apply(lambda found: str(found[0]))
        self.publish(account=account, container=container, client_id=client_id)
        self.storage = AzureStorage(account=account, container=container, credentials=credentials, prefix=wanted.prefix)

    def _make_account(self) -> Any:
        from pulumi_azure_native import storage

        identity, needed = self._key_identity()
        inputs = render.account(self._args, self._tags, key_identity=identity)
        options = self.child(**protection(self._args), depends_on=needed)
        return storage.StorageAccount(f"{self._name}-account", **snake(inputs), opts=options)

    def _key_identity(self) -> tuple[Any, list[pulumi.Resource]]:
        encryption = self._args.encryption
        if encryption is None:
            return None, []
        if encryption.identity_id is not None:
            return encryption.identity_id, []
        made = self._managed_identity("key-identity", f"{self._args.account}-key", staying(self._args))
        if encryption.key_vault_id is None:
            return made.id, []
        vault = encryption.key_vault_id
        access = self._role("key-access", KEY_VAULT_CRYPTO_USER, made.principal_id, vault, staying(self._args))
        return made.id, [access]

    def _managed_identity(self, suffix: str, name: str, options: Mapping[str, Any]) -> Any:
        from pulumi_azure_native import managedidentity

        return managedidentity.UserAssignedIdentity(
            f"{self._name}-{suffix}",
            resource_group_name=self._args.resource_group,
            resource_name_=name,
            tags=dict(self._tags),
            **render.located(self._args),
            opts=self.child(**options),
        )

    def _make_container(self) -> tuple[Any, list[pulumi.Resource]]:
        from pulumi_azure_native import storage

        def options(**more: Any) -> pulumi.ResourceOptions:
            return self.child(**{**staying(self._args), **more})

        blobs = storage.BlobServiceProperties(
            f"{self._name}-blobs", **snake({**self._in_account, **render.blob_service(self._args)}), opts=options()
        )
        # The account takes one change at a time.
        lifecycle = storage.ManagementPolicy(
            f"{self._name}-lifecycle",
            **snake({**self._in_account, **render.lifecycle(self._args)}),
            opts=options(depends_on=[blobs]),
        )
        made = storage.BlobContainer(
            self._name,
            **snake({**self._in_account, **render.container(self._args)}),
            opts=options(**protection(self._args), depends_on=[blobs]),
        )
        return made, [blobs, lifecycle]

    def _identity(self) -> tuple[Any, pulumi.Output[str], list[pulumi.Resource]]:
        """Return the block's credentials, the identity's client id, and what has to be there before they work."""
        nobody = pulumi.Output.from_input("")
        match self._args.identity:
            case AzureExistingIdentity() as existing:
                return AzureInstance(), nobody, self._roles(existing.principal_id)
            case AzureKeyOfAccount() as chosen:
                return AzureAccountKey(key=self._account_key(chosen.key)), nobody, []
            case AzureFederatedIdentity() as pods:
                made = self._managed_identity("identity", f"{self._args.account}-registry", {})
                grants = [*self._roles(made.principal_id), self._federation(made, pods)]
                whose = pulumi.Output.all(made.client_id, *(grant.id for grant in grants))  # type: ignore[attr-defined]
                credentials = AzureWorkloadIdentity(client_id=whose.apply(lambda found: str(found[0])))
                return credentials, made.client_id, grants

    def _federation(self, identity: Any, pods: AzureFederatedIdentity) -> pulumi.Resource:
        from pulumi_azure_native import managedidentity

        return managedidentity.FederatedIdentityCredential(
            f"{self._name}-federation",
            resource_group_name=self._args.resource_group,
            resource_name_=identity.name,
            federated_identity_credential_resource_name=f"{pods.namespace}-{pods.service_account}",
            **render.federation(pods.issuer, pods.namespace, pods.service_account),
            opts=self.child(),
        )

    def _roles(self, principal: Any) -> list[pulumi.Resource]:
        # An address that clients are sent to for a blob is signed with a key that only the account gives.
        return [
            self._role("access", render.BLOB_CONTRIBUTOR, principal, self._container.id),
            self._role("signing", render.BLOB_DELEGATOR, principal, self._account.id),
        ]

    def _role(
        self, suffix: str, role_id: str, principal: Any, scope: Any, options: Mapping[str, Any] | None = None
    ) -> pulumi.Resource:
        from pulumi_azure_native import authorization

        inputs = role_assignment(
            scope=scope,
            role_definition_id=pulumi.Output.from_input(scope).apply(lambda text: role_definition(text, role_id)),
            principal_id=principal,
            principal_type="ServicePrincipal",
        )
        return authorization.RoleAssignment(
            f"{self._name}-{suffix}", **snake(inputs), opts=self.child(**dict(options or {}))
        )

    def _account_key(self, number: int) -> pulumi.Output[str]:
        from pulumi_azure_native import storage

        found = storage.list_storage_account_keys_output(
            account_name=self._account.name,
            resource_group_name=self._args.resource_group,
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        return pulumi.Output.secret(found.apply(lambda answer: str(answer.keys[number - 1].value)))


__all__ = ["AzureBlobContainer"]

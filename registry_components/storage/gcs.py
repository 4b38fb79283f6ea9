"""`GcsBucket`: a bucket of Cloud Storage for one registry, and the identity that the registry uses it with."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pulumi

from ..artifact_registry.providers import require_sdk, snake
from ..blocks.storage import GcsInstance, GcsKey, GcsStorage, GcsWorkloadIdentity
from ..core import tags as marks
from ..core.component import RegistryComponent
from . import gcs_render as render
from .consents import protection, staying
from .gcs_args import (
    GcsBucketArgs,
    GcsExistingAccount,
    GcsKeyAccount,
    GcsKmsEncryption,
    GcsWorkloadIdentityAccount,
)


class GcsBucket(RegistryComponent):
    """A bucket of Cloud Storage for one registry.

    Children: the bucket, named as the component; `<name>-encryption`, Cloud Storage's right on a key of yours; and of
    the identity `<name>-account`, `<name>-workload` and `<name>-signing` (kind `workload_identity`),
    `<name>-key-<generation>` (kind `key`), and `<name>-access`, what it may do, for Nexus and Artifactory
    `<name>-bucket-access` too.

    The bucket is protected and retained unless both `deletion="destroy"` and `empty_on_delete=True` are given. Raises
    `StackError`, before anything is registered, where the arguments are not valid or the SDK is missing.
    """

    storage: GcsStorage
    """What a registry takes. Its bucket is known once the grants are there. It may hold a key, so that it is no
    output."""
    bucket: pulumi.Output[str]
    """The bucket's name; known once the grants are there."""
    service_account: pulumi.Output[str]
    """Address of the Google service account that the registry is."""

    def __init__(
        self,
        name: str,
        args: GcsBucketArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, GcsBucketArgs) else GcsBucketArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        self._args = wanted
        self._in_project: dict[str, Any] = {} if wanted.project is None else {"project": wanted.project}
        self._made = self._bucket()
        credentials, email, grants = self._identity()

        ready = pulumi.Output.all(*(made.id for made in grants))  # type: ignore[attr-defined]
        bucket = pulumi.Output.all(self._made.name, ready).apply(lambda found: str(found[0]))
        self.publish(bucket=bucket, service_account=email)
        self.storage = GcsStorage(bucket=bucket, credentials=credentials, prefix=wanted.prefix)

    def _bucket(self) -> Any:
        from pulumi_gcp import storage

        said = self._args
        kept = protection(said)
        if said.import_ is not None:
            kept["protect"] = True
        ownership = marks.ownership(pulumi.get_project(), pulumi.get_stack(), type(self).__name__)
        options = self.child(**kept, import_=said.import_, depends_on=self._key())
        return storage.Bucket(self._name, **snake(render.bucket(said, ownership)), opts=options)

    def _key(self) -> list[pulumi.Resource]:
        encryption = self._args.encryption
        if not isinstance(encryption, GcsKmsEncryption) or not encryption.grant_access:
            return []
        from pulumi_gcp import kms, storage

        agent = storage.get_project_service_account_output(
            **self._in_project, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return [
            kms.CryptoKeyIAMMember(
                f"{self._name}-encryption",
                crypto_key_id=encryption.key,
                role=render.KEY_USER,
                member=agent.apply(lambda answer: f"serviceAccount:{answer.email_address}"),
                # As long as the bucket is there it needs its key.
                opts=self.child(**staying(self._args)),
            )
        ]

    def _identity(self) -> tuple[Any, pulumi.Output[str], list[pulumi.Resource]]:
        """Return the block's credentials, the account's address, and what has to be there before they work."""
        match self._args.identity:
            case GcsExistingAccount() as existing:
                email: pulumi.Output[str] = pulumi.Output.from_input(existing.service_account)
                return GcsInstance(), email, self._grants(email)
            case GcsKeyAccount() as keyed:
                account = self._account(keyed.account_id)
                grants = self._grants(account.email)
                return GcsKey(key=self._json_key(account, keyed.generation, grants)), account.email, grants
            case GcsWorkloadIdentityAccount() as pods:
                account = self._account(pods.account_id)
                grants = [*self._grants(account.email), *self._workload(account, pods)]
                whose = pulumi.Output.all(account.email, *(made.id for made in grants))  # type: ignore[attr-defined]
                return (
                    GcsWorkloadIdentity(service_account=whose.apply(lambda found: str(found[0]))),
                    account.email,
                    grants,
                )

    def _account(self, account_id: str) -> Any:
        from pulumi_gcp import serviceaccount

        return serviceaccount.Account(
            f"{self._name}-account",
            account_id=account_id,
            display_name=f"Reads and writes the bucket {self._args.bucket}",
            **self._in_project,
            opts=self.child(),
        )

    def _grants(self, email: pulumi.Output[str]) -> list[pulumi.Resource]:
        from pulumi_gcp import storage

        member = email.apply(lambda text: f"serviceAccount:{text}")
        return [
            storage.BucketIAMMember(
                f"{self._name}-{suffix}", bucket=self._made.name, role=role, member=member, opts=self.child()
            )
            for suffix, role in render.roles(self._args.registry).items()
        ]

    def _workload(self, account: Any, pods: GcsWorkloadIdentityAccount) -> list[pulumi.Resource]:
        from pulumi_gcp import serviceaccount

        project = account.project if pods.cluster_project is None else pods.cluster_project
        member = pulumi.Output.from_input(project).apply(
            lambda text: render.workload(text, pods.namespace, pods.service_account)
        )
        return [
            serviceaccount.IAMMember(
                f"{self._name}-workload",
                service_account_id=account.name,
                role=render.WORKLOAD_USER,
                member=member,
                opts=self.child(),
            ),
            # Without a key of its own a registry lets IAM sign the addresses that it sends clients to for blobs.
            serviceaccount.IAMMember(
                f"{self._name}-signing",
                service_account_id=account.name,
                role=render.SIGNER,
                member=account.email.apply(lambda text: f"serviceAccount:{text}"),
                opts=self.child(),
            ),
        ]

    def _json_key(self, account: Any, generation: int, grants: list[pulumi.Resource]) -> pulumi.Output[str]:
        from pulumi_gcp import serviceaccount

        made = serviceaccount.Key(f"{self._name}-key-{generation}", service_account_id=account.name, opts=self.child())
        parts = pulumi.Output.all(made.private_key, *(grant.id for grant in grants))  # type: ignore[attr-defined]
        return pulumi.Output.secret(parts.apply(lambda found: base64.b64decode(found[0]).decode()))


__all__ = ["GcsBucket"]

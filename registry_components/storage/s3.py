"""`S3Bucket`: a bucket of S3 for one registry, and the identity that the registry uses it with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..blocks.storage import S3InstanceRole, S3Irsa, S3Keys, S3PodIdentity, S3Storage
from ..core import tags as marks
from ..core.component import RegistryComponent
from ..ecr.providers import require_sdk, snake
from ..ecr.words import role_name
from . import s3_policies as policies
from . import s3_render as render
from .consents import protection, staying
from .s3_args import (
    S3BucketArgs,
    S3ExistingRole,
    S3GivenKeys,
    S3IrsaRole,
    S3KmsEncryption,
    S3PodIdentityRole,
    S3UserKeys,
)


class S3Bucket(RegistryComponent):
    """A bucket of S3 for one registry.

    Children: the bucket, named as the component; `<name>-versioning`, `<name>-encryption`, `<name>-public-access`,
    `<name>-ownership`, `<name>-lifecycle`, `<name>-policy`; and of the identity `<name>-role` (kinds `irsa`,
    `pod_identity`), `<name>-association` (kind `pod_identity`), `<name>-user` and `<name>-key-<generation>` (kind
    `keys`), and `<name>-access`, what it may do.

    The bucket is protected, and retained with all that guards it, unless both `deletion="destroy"` and
    `empty_on_delete=True` are given. Raises `StackError`, before anything is registered, where the arguments are not
    valid or the SDK is missing.
    """

    storage: S3Storage
    """What a registry takes. Its bucket is known once the policies and grants are there. It may hold a key, so that it
    is no output."""
    bucket: pulumi.Output[str]
    """The bucket's name; known once the policies and grants are there."""
    arn: pulumi.Output[str]
    """Its ARN."""
    region: pulumi.Output[str]
    """Its region."""
    role_arn: pulumi.Output[str]
    """Role of the identity; empty where it is a user."""

    def __init__(
        self,
        name: str,
        args: S3BucketArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, S3BucketArgs) else S3BucketArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        self._args = wanted
        self._tags = marks.merged(
            marks.ownership(pulumi.get_project(), pulumi.get_stack(), type(self).__name__), wanted.tags
        )
        self._made = self._bucket()
        guards = self._guards()
        credentials, role_arn, grants = self._identity()

        ready = pulumi.Output.all(*(made.id for made in [*guards, *grants]))  # type: ignore[attr-defined]
        bucket = pulumi.Output.all(self._made.bucket, ready).apply(lambda found: str(found[0]))
        region = pulumi.Output.from_input(wanted.region or self._made.region).apply(str)
        self.publish(bucket=bucket, arn=self._made.arn, region=region, role_arn=role_arn)
        on_server = wanted.endpoint is not None
        self.storage = S3Storage(
            bucket=bucket,
            region=region,
            endpoint=wanted.endpoint,
            path_style=on_server and wanted.path_style,
            prefix=wanted.prefix,
            credentials=credentials,
        )

    def _bucket(self) -> Any:
        from pulumi_aws import s3

        kept = protection(self._args)
        if self._args.import_ is not None:
            kept["protect"] = True
        options = self.child(**kept, import_=self._args.import_)
        return s3.Bucket(self._name, **snake(render.bucket(self._args, self._tags)), opts=options)

    def _guards(self) -> list[pulumi.Resource]:
        """Make what guards the blobs. S3 takes one change of a bucket at a time, so each waits for the one before."""
        from pulumi_aws import s3

        said, name = self._args, self._name
        document = policies.tls_only if said.endpoint is None else policies.plain_tls_only
        policy = self._made.arn.apply(lambda arn: policies.text(document(arn)))
        wanted: list[tuple[str, Any, dict[str, Any]]] = [
            ("versioning", s3.BucketVersioning, render.versioning(said)),
            ("lifecycle", s3.BucketLifecycleConfiguration, render.lifecycle(said)),
            ("policy", s3.BucketPolicy, {"policy": policy, **render.located(said)}),
        ]
        if said.endpoint is None:
            wanted[0:0] = [
                ("public-access", s3.BucketPublicAccessBlock, render.public_access(said)),
                ("ownership", s3.BucketOwnershipControls, render.object_ownership(said)),
                ("encryption", s3.BucketServerSideEncryptionConfiguration, render.encryption(said)),
            ]
        made: list[pulumi.Resource] = []
        for role, kind, inputs in wanted:
            options = self.child(**staying(said), depends_on=made[-1:])
            made.append(kind(f"{name}-{role}", bucket=self._made.bucket, **snake(inputs), opts=options))
        return made

    def _identity(self) -> tuple[Any, pulumi.Output[str], list[pulumi.Resource]]:
        """Return the block's credentials, the role's ARN, and what has to be there before they work."""
        nobody = pulumi.Output.from_input("")
        match self._args.identity:
            case S3GivenKeys() as given:
                return S3Keys(access_key=given.access_key, secret_key=given.secret_key), nobody, []
            case S3UserKeys() as user:
                return self._user(user)
            case S3ExistingRole() as existing:
                role = pulumi.Output.from_input(existing.role)
                return S3InstanceRole(), role, [self._role_access(role.apply(role_name))]
            case S3IrsaRole() as irsa:
                trust = pulumi.Output.from_input(irsa.oidc_provider_arn).apply(
                    lambda arn: policies.text(policies.irsa_trust(arn, irsa.namespace, irsa.service_account))
                )
                made, grants = self._role(trust, f"{irsa.namespace}/{irsa.service_account}")
                return S3Irsa(role_arn=_once(made.arn, grants)), made.arn, grants
            case S3PodIdentityRole() as pods:
                return self._pod_identity(pods)

    def _role(self, trust: Any, whose: str) -> tuple[Any, list[pulumi.Resource]]:
        from pulumi_aws import iam

        made = iam.Role(
            f"{self._name}-role",
            assume_role_policy=trust,
            description=f"Reads and writes the bucket {self._args.bucket} for the service account {whose}",
            tags=self._tags,
            opts=self.child(),
        )
        return made, [self._role_access(made.name)]

    def _role_access(self, role: Any) -> pulumi.Resource:
        from pulumi_aws import iam

        return iam.RolePolicy(f"{self._name}-access", role=role, policy=self._access(), opts=self.child())

    def _access(self) -> pulumi.Output[str]:
        said = self._args
        key = said.encryption.key if isinstance(said.encryption, S3KmsEncryption) else None

        def document(found: list[Any]) -> str:
            return policies.text(policies.access(found[0], registry=said.registry, prefix=said.prefix, key=found[1]))

        return pulumi.Output.all(self._made.arn, key).apply(document)

    def _pod_identity(self, pods: S3PodIdentityRole) -> tuple[Any, pulumi.Output[str], list[pulumi.Resource]]:
        from pulumi_aws import eks

        trust = policies.text(policies.pod_identity_trust(pods.namespace, pods.service_account))
        made, grants = self._role(trust, f"{pods.namespace}/{pods.service_account}")
        association = eks.PodIdentityAssociation(
            f"{self._name}-association",
            cluster_name=pods.cluster,
            namespace=pods.namespace,
            service_account=pods.service_account,
            role_arn=made.arn,
            tags=self._tags,
            **render.located(self._args),
            opts=self.child(),
        )
        return S3PodIdentity(), made.arn, [*grants, association]

    def _user(self, user: S3UserKeys) -> tuple[S3Keys, pulumi.Output[str], list[pulumi.Resource]]:
        from pulumi_aws import iam

        made = iam.User(f"{self._name}-user", force_destroy=True, tags=self._tags, opts=self.child())
        allowed = iam.UserPolicy(f"{self._name}-access", user=made.name, policy=self._access(), opts=self.child())
        # IAM lets a user have two keys: the new one is there before the old one goes.
        key = iam.AccessKey(f"{self._name}-key-{user.generation}", user=made.name, opts=self.child())
        keys = S3Keys(
            access_key=pulumi.Output.secret(key.id), secret_key=pulumi.Output.secret(_once(key.secret, [allowed]))
        )
        return keys, pulumi.Output.from_input(""), [allowed, key]


def _once(value: Any, made: list[pulumi.Resource]) -> pulumi.Output[str]:
    """Return a value that is known once other resources are there."""
    ids = [resource.id for resource in made]  # type: ignore[attr-defined]
    return pulumi.Output.all(value, *ids).apply(lambda found: str(found[0]))


__all__ = ["S3Bucket"]

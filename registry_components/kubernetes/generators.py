"""Generators of the External Secrets Operator (generators.external-secrets.io/v1alpha1), one for each registry.

Fields stand as in the operator's `apis/generators/v1alpha1` (read 2026-11); a generator's `serviceAccountRef` and
`secretRef` are looked up in the namespace of the ExternalSecret, so what they name has to be in each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args, MaybeOutput
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from .words import Name

_GALLERY = "us-east-1"


def _region(generator: EcrGenerator) -> Iterable[Mistake]:
    if generator.kind == "ecr_public" and generator.region not in (None, _GALLERY):
        yield Mistake(
            "region", f"{generator.region!r} is not where the public gallery gives tokens, {_GALLERY!r}; remove it"
        )


class EcrGenerator(CheckedArgs):
    """`ECRAuthorizationToken`: tokens of 12 hours, private or of the public gallery."""

    crd: ClassVar[str] = "ECRAuthorizationToken"
    checks = (_region,)

    kind: Literal["ecr", "ecr_public"]
    region: str | None = Field(default=None, pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9]+$")
    """Where the registry is. Default: as its host name tells; us-east-1 for the public gallery."""
    service_account: Name | None = None
    """Service account whose IAM role asks. Default: the operator's own identity."""
    role: MaybeOutput[str] | None = None
    """A role that is assumed first. Default: none."""


def _cluster(generator: GarGenerator) -> Iterable[Mistake]:
    given = {"cluster_name": generator.cluster_name, "cluster_location": generator.cluster_location}
    lacking = sorted(name for name, value in given.items() if value is None)
    if generator.service_account is None:
        for name in sorted({name for name in (*given, "cluster_project") if getattr(generator, name) is not None}):
            yield Mistake(name, "is that of service_account; give service_account too, or remove it")
    else:
        for name in lacking:
            yield Mistake(name, "is required with service_account; give the cluster that it is in")


class GarGenerator(CheckedArgs):
    """`GCRAccessToken`: tokens of 1 hour."""

    crd: ClassVar[str] = "GCRAccessToken"
    checks = (_cluster,)

    kind: Literal["artifact_registry"]
    project: MaybeOutput[str]
    """The project that the token is asked in."""
    service_account: Name | None = None
    """Service account that is a Google one by workload identity. Default: the operator's own identity."""
    cluster_name: str | None = None
    """Name of the GKE cluster; with service_account."""
    cluster_location: str | None = None
    """Its region or zone; with service_account."""
    cluster_project: str | None = None
    """Its project. Default: project."""


def _identity(generator: AcrGenerator) -> Iterable[Mistake]:
    if generator.service_account is not None and generator.managed_identity is not None:
        yield Mistake("managed_identity", "is another identity than service_account's; give one of them")


class AcrGenerator(CheckedArgs):
    """`ACRAccessToken`: refresh tokens of 3 hours for all that the identity may pull."""

    crd: ClassVar[str] = "ACRAccessToken"
    checks = (_identity,)

    kind: Literal["acr"]
    tenant: MaybeOutput[str] | None = None
    """The tenant's id. Default: the identity's own."""
    service_account: Name | None = None
    """Service account that is an Azure identity by workload identity. Default: the operator's own."""
    managed_identity: MaybeOutput[str] | None = None
    """Client id of a managed identity of the nodes, in place of workload identity. Default: none."""
    environment: Literal["PublicCloud", "USGovernmentCloud", "ChinaCloud", "GermanCloud"] = "PublicCloud"
    """Which Azure. Default: PublicCloud."""


class QuayGenerator(Args):
    """`QuayAccessToken`: tokens of 1 hour of a robot account that trusts a service account."""

    crd: ClassVar[str] = "QuayAccessToken"

    kind: Literal["quay"]
    robot_account: MaybeOutput[str]
    """The robot, as `organization+name`."""
    service_account: Name
    """Service account that the robot is federated with."""


class GithubGenerator(Args):
    """`GithubAccessToken`: installation tokens of 1 hour of a GitHub App."""

    crd: ClassVar[str] = "GithubAccessToken"

    kind: Literal["ghcr"]
    app_id: MaybeOutput[str]
    """The App's id."""
    installation_id: MaybeOutput[str]
    """The id of its installation in the organization."""
    private_key_secret: Name
    """Secret that holds the App's private key."""
    private_key_key: str = "key"
    """Key in that secret. Default: key."""
    url: str | None = None
    """Where GitHub is. Default: https://github.com/."""


Generator: TypeAlias = Annotated[
    EcrGenerator | GarGenerator | AcrGenerator | QuayGenerator | GithubGenerator, Field(discriminator="kind")
]


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None and value != {}}


def spec(generator: Any, server: Any, region: Any = None) -> dict[str, Any]:
    """Return the `spec` of a generator; `server` is the endpoint's, `region` that of ECR."""
    named = None if getattr(generator, "service_account", None) is None else {"name": generator.service_account}
    match generator:
        case EcrGenerator():
            auth = {} if named is None else {"jwt": {"serviceAccountRef": named}}
            public = generator.kind == "ecr_public"
            # The public gallery gives its tokens in us-east-1 alone.
            where = _GALLERY if public else generator.region or region
            scope = "public" if public else None
            return _without_none({"region": where, "auth": auth, "role": generator.role, "scope": scope})
        case GarGenerator():
            identity = None
            if named is not None:
                identity = {
                    "serviceAccountRef": named,
                    "clusterLocation": generator.cluster_location,
                    "clusterName": generator.cluster_name,
                    "clusterProjectID": generator.cluster_project or generator.project,
                }
            return {"projectID": generator.project, "auth": _without_none({"workloadIdentity": identity})}
        case AcrGenerator():
            by = {"managedIdentity": {"identityId": generator.managed_identity}}
            if generator.managed_identity is None:
                by = {"workloadIdentity": _without_none({"serviceAccountRef": named})}
            fields = {"registry": server, "tenantId": generator.tenant, "environmentType": generator.environment}
            return _without_none({**fields, "auth": by})
        case QuayGenerator():
            return {"url": server, "robotAccount": generator.robot_account, "serviceAccountRef": named}
        case _:
            reference = {"name": generator.private_key_secret, "key": generator.private_key_key}
            fields = {"url": generator.url, "appID": generator.app_id, "installID": generator.installation_id}
            permissions = {"packages": "read"}
            auth = {"privateKey": {"secretRef": reference}}
            return _without_none({**fields, "permissions": permissions, "auth": auth})


def auth_template(generator: Any, prefix: str) -> str:
    """Return the `auth` of a Docker config file as the operator's template says it; keys begin with `prefix`."""
    if generator.kind == "quay":
        # It answers with the pair in base64 already.
        return f"{{{{ .{prefix}auth }}}}"
    if generator.kind == "ghcr":
        # GitHub takes any user name beside a token; this is the one it documents for installation tokens.
        return f'{{{{ printf "x-access-token:%s" .{prefix}token | b64enc }}}}'
    return f'{{{{ printf "%s:%s" .{prefix}username .{prefix}password | b64enc }}}}'

"""What you say of a schedule that mirrors a registry from inside of a cluster, and what of it cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Final, NamedTuple

from pydantic import Field, SecretStr

from ..blocks.mirroring import Replication
from ..core.args import MaybeOutput
from ..core.checked import Check
from ..core.endpoint import RegistryEndpoint
from ..core.errors import Mistake
from ..core.validated import validated
from ..core.versions import REGSYNC_IMAGE
from ..kubernetes.registry_kind import LASTING, NAMES, TOKEN_MINUTES, RegistryKind, ephemeral
from ..kubernetes.scheduled_args import ScheduledArgs, check_image, own_pod
from ..kubernetes.words import Name, label_mistakes
from .routes import HELPERS, route

# Nobody pushes to these without a login. ECR, Artifact Registry and ACR give one to a pod.
_LOGIN_TO_PUSH: Final = frozenset({"docker_hub", "ghcr", "quay", "gitlab", "harbor"})


class Side(NamedTuple):
    """One of the two registries, with where it is said."""

    name: str
    endpoint: RegistryEndpoint
    kind: RegistryKind | None

    @property
    def path(self) -> str:
        """Where it is said."""
        return f"replication.{self.name}"


def sides(args: MirrorScheduleArgs) -> Iterator[Side]:
    """Yield source and destination."""
    block = args.replication
    yield Side("source", block.source, block.kinds[0])
    yield Side("destination", block.destination, block.kinds[1])


def helper(args: MirrorScheduleArgs, side: Side) -> str | None:
    """Return the credential helper that asks for a side's tokens as the pod, or None where its login is another."""
    if side.kind is None or side.endpoint.credentials is not None or args.credentials_secret is not None:
        return None
    return HELPERS.get(side.kind)


def _known(args: MirrorScheduleArgs) -> Iterable[Mistake]:
    for side in sides(args):
        if side.kind is None:
            yield Mistake(
                f"{side.path}_kind",
                "is required, since the server is known only while running; say which kind of registry it is",
            )
        yield from own_pod(side.endpoint.server, f"{side.path}.server")


def _way(args: MirrorScheduleArgs) -> Iterable[Mistake]:
    way = route(args.replication).way
    if way != "mirror":
        who = {"harbor_push": "Harbor pushes", "harbor_pull": "Harbor pulls", "ecr": "ECR replicates"}[way]
        yield Mistake("replication.mode", f"is not said, and {who} this by itself; let it be 'mirror', or let it do so")


def _logins(args: MirrorScheduleArgs) -> Iterable[Mistake]:
    for side in sides(args):
        said, path = side.endpoint.credentials, f"{side.path}.credentials"
        if said is None:
            if side.name == "destination" and side.kind in _LOGIN_TO_PUSH and args.credentials_secret is None:
                yield Mistake(path, f"is required: nobody pushes to {NAMES[side.kind]} without a login; add it")
            continue
        if args.credentials_secret is not None:
            yield Mistake(path, "is not used: credentials_secret has the logins; remove it")
            continue
        if isinstance(said.username, str) and ":" in said.username:
            # RFC 7617: what stands before the first colon is the user name.
            yield Mistake(f"{path}.username", "has a colon, which would end it; correct it")
        password = said.password.get_secret_value() if isinstance(said.password, SecretStr) else None
        if password == "":
            yield Mistake(f"{path}.password", "is empty; give the password or token")
        username = said.username if isinstance(said.username, str) else ""
        dies = ephemeral(side.kind or "other", username, password or "")
        if dies:
            yield Mistake(path, f"{dies}, after which nothing is copied; {_lasting(side)}")


def _lasting(side: Side) -> str:
    """Return which login lives."""
    if side.kind in HELPERS:
        return "leave credentials out, and regsync asks for tokens as the pod"
    if side.kind is None or side.kind not in LASTING:
        return "give one that lives"
    right = "read" if side.name == "source" else "write"
    return f"give {LASTING[side.kind].replace('read:', f'{right}:')}"


def _secret(args: MirrorScheduleArgs) -> Iterable[Mistake]:
    if args.credentials_secret is None:
        return
    for side in sides(args):
        kind = side.kind
        if kind is None or kind not in HELPERS:
            continue
        # What renews a secret does so at a third of a token's life, and regsync reads it once, at its start.
        left = TOKEN_MINUTES[kind] // 3
        if args.deadline_minutes > left:
            yield Mistake(
                "deadline_minutes",
                f"is {args.deadline_minutes}, and a token of {NAMES[kind]} in credentials_secret may end after {left}; "
                "lower it, or leave the secret out, and regsync asks for tokens as the pod",
            )


def _identity(args: MirrorScheduleArgs) -> Iterable[Mistake]:
    helpers = {found for side in sides(args) if (found := helper(args, side)) is not None}
    for field in ("service_account_annotations", "pod_labels"):
        if getattr(args, field) and not helpers:
            yield Mistake(field, "has no meaning where no registry asks for the pod's identity; remove it")
    if "acr-env" in helpers and "image" not in args.model_fields_set:
        yield Mistake(
            "image",
            "is regsync's own, which has no docker-credential-acr-env; give one that has it, or credentials: a "
            "repository-scoped token",
        )


def _marks(args: MirrorScheduleArgs) -> Iterable[Mistake]:
    yield from label_mistakes(args.service_account_annotations, "service_account_annotations", values=False)
    yield from label_mistakes(args.pod_labels, "pod_labels")


class MirrorScheduleArgs(ScheduledArgs):
    """A CronJob that copies from one registry to another by regclient's regsync."""

    checks: ClassVar[tuple[Check, ...]] = (_known, _way, _logins, _secret, _identity, *ScheduledArgs.checks, _marks)
    stand_ins: ClassVar = {
        "replication": {
            "source": {"server": "source.example.com"},
            "destination": {"server": "destination.example.com"},
            "repositories": ["some/thing"],
        },
        "namespace": "default",
    }

    replication: Replication
    """What is copied from where to where, and when."""
    image: MaybeOutput[Annotated[str, validated(check_image)]] = REGSYNC_IMAGE
    """An image that has `regsync` on its PATH, and the credential helpers that are needed, by version or digest.
    Default: regclient's own, with the helpers of ECR and Google."""
    verify_image: MaybeOutput[Annotated[str, validated(check_image)]] | None = None
    """An image that has `regc` with the extra `ops` on its PATH: each run ends with `regc mirror verify`, and fails
    where the destination lacks something. Default: no check."""
    credentials_secret: MaybeOutput[Name] | None = None
    """A secret of type kubernetes.io/dockerconfigjson that is there, in the same namespace, with the logins of both
    ends, such as one that is refreshed. Default: one with the endpoints' logins, if they have some."""
    service_account_annotations: dict[str, MaybeOutput[str]] = {}
    """What gives the pods an identity at a cloud whose registry has no credentials here: `eks.amazonaws.com/role-arn`,
    `iam.gke.io/gcp-service-account`, `azure.workload.identity/client-id`. Default: none."""
    pod_labels: dict[str, MaybeOutput[str]] = {}
    """Labels of the pods beside the others: `azure.workload.identity/use`. Default: none."""
    parallel: int = Field(default=2, ge=1, le=64)
    """How many repositories, named one by one, are copied at the same time. Default: 2."""
    requests: int = Field(default=3, ge=1, le=64)
    """Requests to each registry at the same time. Default: 3."""
    retries: int = Field(default=3, ge=0, le=100)
    """How often a run that failed is tried again; what is copied already is not copied again. Default: 3."""

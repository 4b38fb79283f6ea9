"""How pods get their login: one switch, `pull_access`, with one model for each way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args, MaybeOutput, Secret
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from .generators import Generator
from .words import ImagePattern, Key, Name, Namespace, label_mistakes

Platform = Literal["eks", "gke", "aks"]


class Singly(Args):
    """Each secret is a resource of the stack, made by `pulumi_kubernetes` and its provider.

    A preview names each, and each can be looked up in the state. The engine needs about 20 ms of work for one.
    """

    kind: Literal["singly"] = "singly"


class InBulk(Args):
    """One resource of this library writes all of them by server-side apply, one request each, for hundreds.

    It reaches the cluster by itself and not by the component's provider. What it may need is the one secret by its name
    in all namespaces (`list`, `create`, `patch`, `delete`), and `list` of namespaces with a selector.
    """

    kind: Literal["in_bulk"]
    kubeconfig: Secret | None = None
    """Text of a kubeconfig file, or its path. Default: KUBECONFIG, else ~/.kube/config."""
    context: str | None = None
    """Context in it. Default: the current one."""
    requests_at_once: int = Field(default=8, ge=1, le=64)
    """How many requests run at the same time. Default: 8."""


class StaticAccess(Args):
    """A login that lives, kept in a secret of each namespace. Nothing renews it but `pulumi up`."""

    kind: Literal["static"] = "static"
    written: Annotated[Singly | InBulk, Field(discriminator="kind")] = Singly()
    """Who writes the secrets. Default: the Kubernetes provider, each as a resource."""


class NodeIdentityAccess(Args):
    """The nodes log in as themselves; there is no secret at all. Every pod on them can pull whatever they may."""

    kind: Literal["node_identity"]
    platform: Platform
    """Whose nodes they are: `eks`, `gke` or `aks`; each knows its own cloud's registry alone."""


class KubeletPlugin(Args):
    """A credential provider that is not one of the clouds'."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Name of its program in kubelet's `--image-credential-provider-bin-dir`."""
    args: list[str] = []
    """Its arguments. Default: none."""
    env: dict[str, str] = {}
    """Variables of its environment; they are in plain text on the node. Default: none."""
    cache_minutes: int = Field(default=0, ge=0, le=1440)
    """How long kubelet keeps an answer that says nothing of it. Default: not at all."""


class PodTokens(Args):
    """The pod's own service account token goes to the plug-in (KEP-4412, on by default from Kubernetes 1.34)."""

    audience: str = Field(min_length=1)
    """Who the token is for."""
    cache: Literal["Token", "ServiceAccount"] = "Token"
    """What a login is kept for: one token, or every pod of the service account. Default: one token."""
    require_service_account: bool = True
    """Whether pods without one (static pods) are left to others. Default: true."""
    required_annotations: list[str] = []
    """Annotations that the service account must have; they go to the plug-in. Default: none."""
    optional_annotations: list[str] = []
    """Annotations that go to the plug-in where there are some. Default: none."""


def _tokens(access: KubeletProviderAccess) -> list[Mistake]:
    said = access.pod_tokens
    if said is None:
        return []
    found = [
        Mistake("pod_tokens.optional_annotations", f"{key!r} is required already; name it once")
        for key in sorted(set(said.required_annotations) & set(said.optional_annotations))
    ]
    # kubelet config/v1: a required annotation needs a service account.
    if said.required_annotations and not said.require_service_account:
        found.append(
            Mistake("pod_tokens.require_service_account", "must be true where annotations are required; set it")
        )
    for name, keys in (
        ("required_annotations", said.required_annotations),
        ("optional_annotations", said.optional_annotations),
    ):
        found += [Mistake(f"pod_tokens.{name}", mistake.message) for mistake in label_mistakes(dict.fromkeys(keys), "")]
    return found


class KubeletProviderAccess(CheckedArgs):
    """kubelet asks a program on the node for each pull; the component says its configuration, as text.

    The node gets it from whoever makes the nodes: kubelet reads the file once, at its start.
    """

    checks = (_tokens,)

    kind: Literal["kubelet_provider"]
    mirrors_of: list[ImagePattern] = []
    """Hosts whose images come from this registry through a mirror of containerd: kubelet asks for the host that the
    image is written with, so without them the mirror gets no login. Default: none."""
    plugin: KubeletPlugin | None = None
    """Another plug-in. Default: the cloud's own, of ECR, Artifact Registry or ACR."""
    pod_tokens: PodTokens | None = None
    """Let the pod's identity pull in place of the node's, with a plug-in that knows of it. Default: the node's."""


class ExternalSecretsAccess(Args):
    """The External Secrets Operator, which has to be there, asks for tokens and writes the secret."""

    kind: Literal["external_secrets"]
    generators: dict[Key, Generator] = Field(min_length=1)
    """What asks for each endpoint's token, by the endpoint's key (`endpoint` where there is one)."""
    refresh_minutes: int | None = Field(default=None, ge=5)
    """How often. Default: at a third of the shortest life among the tokens."""


def _alert(access: RefresherAccess) -> list[Mistake]:
    if access.alert_labels and not access.alert:
        return [Mistake("alert_labels", "are those of the alert, which is not made; let alert be true, or remove them")]
    return list(label_mistakes(access.alert_labels, "alert_labels"))


class RefresherAccess(CheckedArgs):
    """A CronJob of this library (`regc pull-secrets refresh`) asks for tokens and writes the secret."""

    checks = (
        lambda access: label_mistakes(access.service_account_annotations, "service_account_annotations", values=False),
        lambda access: label_mistakes(access.pod_labels, "pod_labels"),
        _alert,
    )

    kind: Literal["refresher"]
    namespace: Namespace
    """Where it runs."""
    image: MaybeOutput[str]
    """An image with this library and its extra `ops`. It is pulled before there is a secret, so it must come from
    where the nodes can pull."""
    every_minutes: int | None = None
    """How often: a divisor of 60, or whole hours that divide a day. Default: at a third of the shortest life among
    the tokens."""
    service_account_annotations: dict[str, MaybeOutput[str]] = {}
    """What gives its service account an identity at the cloud: `eks.amazonaws.com/role-arn`,
    `iam.gke.io/gcp-service-account`, `azure.workload.identity/client-id`. Default: none."""
    pod_labels: dict[str, str] = {}
    """Labels of its pods beside the others: `azure.workload.identity/use`. Default: none."""
    run_first: bool = True
    """Whether it runs once while the stack comes up, which waits for it; else the first token comes with the
    schedule. Default: true."""
    alert: bool = False
    """Whether a PrometheusRule is made, whose definition the Prometheus Operator brings. Default: false."""
    alert_labels: dict[str, str] = {}
    """Labels that this Prometheus picks rules by. Default: none."""


PullAccess: TypeAlias = Annotated[
    StaticAccess | NodeIdentityAccess | KubeletProviderAccess | ExternalSecretsAccess | RefresherAccess,
    Field(discriminator="kind"),
]

WRITES_SECRETS = frozenset({"static", "external_secrets", "refresher"})
"""The ways that end in a secret."""
PLATFORM_OF: Mapping[str, Platform] = {"ecr": "eks", "artifact_registry": "gke", "acr": "aks"}
"""Whose nodes can log in to a kind of registry as themselves."""

__all__ = [
    "PLATFORM_OF",
    "WRITES_SECRETS",
    "ExternalSecretsAccess",
    "InBulk",
    "KubeletPlugin",
    "KubeletProviderAccess",
    "Name",
    "NodeIdentityAccess",
    "PodTokens",
    "PullAccess",
    "RefresherAccess",
    "Singly",
    "StaticAccess",
]

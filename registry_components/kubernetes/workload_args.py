"""What you say of a workload: one container, pinned, with what it needs to be pulled and scheduled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args, MaybeOutput
from ..core.checked import CheckedArgs
from ..core.errors import Mistake, dotted
from ..core.names import ImageReference
from ..core.validated import validated
from .words import Name, Namespace, label_mistakes

_SUFFIXES = {
    "": 1,
    "m": Decimal("0.001"),
    **{letter: 1000**power for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", 1)},
}
_QUANTITY = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<suffix>m|k|[MGTPE]i?|Ki)?")


def quantity(text: str) -> Decimal | None:
    """Return how much a quantity of Kubernetes is, or None where it is none."""
    found = _QUANTITY.fullmatch(text)
    return Decimal(found["number"]) * _SUFFIXES[found["suffix"] or ""] if found else None


def check_quantity(text: str) -> str | None:
    """Check an amount of CPU or memory."""
    found = quantity(text)
    if found is None:
        return f"{text!r} is not an amount; it looks like '100m', '0.5', '128Mi' or '1Gi'"
    return None if found > 0 else f"{text!r} is nothing; give some, or leave it out"


def check_memory(text: str) -> str | None:
    """Check an amount of memory."""
    if text.endswith("m"):
        return f"{text!r} is thousandths of a byte; write {text[:-1]}Mi"
    return check_quantity(text)


Cpu: TypeAlias = Annotated[str, validated(check_quantity)]
Memory: TypeAlias = Annotated[str, validated(check_memory)]


class Resources(Args):
    """An amount of CPU and memory."""

    cpu: Cpu | None = None
    """CPUs. Default: none said."""
    memory: Memory | None = None
    """Bytes. Default: none said."""


def check_pinned(image: str, pin: str) -> str | None:
    """Check an image's reference against how it has to be pinned."""
    try:
        reference = ImageReference.parse(image)
    except ValueError as error:
        return str(error)
    if pin == "digest" and reference.digest is None:
        return (
            f"{image!r} has no digest, so what runs can change without a deployment; add @sha256:…, or let pin be 'tag'"
        )
    if pin == "tag" and reference.digest is None and reference.tag in (None, "latest"):
        return f"{image!r} has no version; give a tag that stays, or a digest"
    return None


def _pinned(args: WorkloadArgs) -> Iterable[Mistake]:
    if isinstance(args.image, str):
        mistake = check_pinned(args.image, args.pin)
        if mistake:
            yield Mistake("image", mistake)


def _policy(args: WorkloadArgs) -> Iterable[Mistake]:
    if args.pin == "none" and args.image_pull_policy == "IfNotPresent":
        yield Mistake(
            "image_pull_policy", "'IfNotPresent' keeps what a node once pulled while the tag moves; let it be 'Always'"
        )


def _amounts(args: WorkloadArgs) -> Iterable[Mistake]:
    for name in ("cpu", "memory"):
        asked, limit = getattr(args.requests, name), getattr(args.limits, name)
        least, most = quantity(asked or ""), quantity(limit or "")
        if least is not None and most is not None and least > most:
            yield Mistake(
                f"requests.{name}", f"is {asked}, more than limits.{name}, {limit}; lower it, or raise the limit"
            )


SELECTED_BY = "app.kubernetes.io/name"
"""The label that a Deployment finds its pods by."""


def _labels(args: WorkloadArgs) -> Iterable[Mistake]:
    yield from label_mistakes(args.labels, "labels")
    if SELECTED_BY in args.labels:
        yield Mistake(dotted(("labels", SELECTED_BY)), "is what its pods are found by, and says name; remove it")
    for name, number in sorted(args.ports.items()):
        if not re.fullmatch(r"[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?", name) or not re.search("[a-z]", name):
            yield Mistake(
                "ports", f"{name!r} is not a port's name; it has up to 15 lower-case letters, digits and - inside"
            )
        if not 1 <= number <= 65535:
            yield Mistake("ports", f"{number} is not a port")


class PullSecretReference(Args):
    """A pull secret by its name."""

    name: Name


class WorkloadArgs(CheckedArgs):
    """A Deployment of one container whose image is pinned, and which is asked for as much as it may use."""

    checks = (_pinned, _policy, _amounts, _labels)

    image: MaybeOutput[str]
    """The image: `endpoint.image(repository, digest=…)`, or a reference."""
    pin: Literal["digest", "tag", "none"] = "digest"
    """What holds the image still: its digest, a tag that nobody moves, or nothing. Default: its digest."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """Default: IfNotPresent with a digest or a tag that stays, Always otherwise."""
    namespace: Namespace
    """Where it runs."""
    name: Name | None = None
    """Its name. Default: the component's."""
    replicas: int = Field(default=2, ge=0)
    """How many pods. Default: 2."""
    requests: Resources = Resources(cpu="100m", memory="128Mi")
    """What a node must have left. Default: 100m of CPU, 128Mi of memory."""
    limits: Resources = Resources(memory="256Mi")
    """What it may use. Default: 256Mi of memory, and whatever CPU there is."""
    service_account: Name | None = None
    """Whose rights and pull secrets it has. Default: the namespace's `default`."""
    image_pull_secrets: MaybeOutput[list[PullSecretReference]] | None = None
    """`image_pull_secrets` of a PullSecrets. Default: those of the service account."""
    ports: dict[str, int] = {}
    """Ports by name. Default: none."""
    env: dict[str, MaybeOutput[str]] = {}
    """Variables of its environment. Default: none."""
    args: list[str] = []
    """Arguments. Default: the image's."""
    api_access: bool = False
    """Whether it gets a token for the Kubernetes API. Default: no."""
    run_as_root: bool = False
    """Whether it may run as root. Default: no."""
    labels: dict[str, MaybeOutput[str]] = {}
    """Labels beside those that say who made it. Default: none."""


def pull_policy(args: WorkloadArgs) -> str:
    """Return the pull policy: what was said, or what fits how the image is pinned."""
    return args.image_pull_policy or ("Always" if args.pin == "none" else "IfNotPresent")


def deployment(
    args: WorkloadArgs, name: str, image: Any, labels: dict[str, Any], annotations: dict[str, Any]
) -> dict[str, Any]:
    """Return the Deployment as a manifest; `image` is its reference, known by now or not."""
    selector = {SELECTED_BY: name}
    amounts = {
        kind: {key: value for key, value in (("cpu", said.cpu), ("memory", said.memory)) if value is not None}
        for kind, said in (("requests", args.requests), ("limits", args.limits))
    }
    container: dict[str, Any] = {
        "name": name,
        "image": image,
        "imagePullPolicy": pull_policy(args),
        "resources": {kind: said for kind, said in amounts.items() if said},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    if args.args:
        container["args"] = list(args.args)
    if args.ports:
        container["ports"] = [{"name": key, "containerPort": args.ports[key]} for key in sorted(args.ports)]
    if args.env:
        container["env"] = [{"name": key, "value": args.env[key]} for key in sorted(args.env)]
    pod: dict[str, Any] = {
        "automountServiceAccountToken": args.api_access,
        "containers": [container],
        "securityContext": {"runAsNonRoot": not args.run_as_root, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    if args.service_account is not None:
        pod["serviceAccountName"] = args.service_account
    if args.image_pull_secrets is not None:
        pod["imagePullSecrets"] = _references(args.image_pull_secrets)
    where: dict[str, Any] = {
        "name": name,
        "namespace": args.namespace,
        "labels": dict(sorted({**labels, **selector}.items())),
    }
    if annotations:
        where["annotations"] = dict(sorted(annotations.items()))
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": where,
        "spec": {
            "replicas": args.replicas,
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": dict(sorted({**labels, **selector}.items()))}, "spec": pod},
        },
    }


def _references(said: Any) -> Any:
    return [{"name": entry.name} for entry in said] if isinstance(said, list) else said

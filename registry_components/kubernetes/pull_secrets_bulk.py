"""The resource of all pull secrets of a component, written by this library over the API."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..core.args import reveal
from ..core.component import PACKAGE
from ..core.dynamic import ComparedProvider, hiding, is_known, kept, tell, without_provider
from ..core.errors import stack_error
from .api import KubernetesApi
from .bulk_secrets import Bulk, Written, look, remove, wanted, write
from .kubeconfig import from_kubeconfig
from .pull_access import InBulk

_TOLD = 20


class _BulkProvider(ComparedProvider):
    # The mark is made from the names of project, stack and component: another one finds nothing of this.
    replaced: ClassVar[Sequence[str]] = ("mark", "manager")
    changed: ClassVar[Sequence[str]] = ("secret_name", "data", "labels", "annotations", "namespaces", "selector")
    reached: ClassVar[Sequence[str]] = ("kubeconfig", "context", "requests_at_once")
    # Both are of the same names, and what is there is the old one's.
    delete_before_replace = True

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(str(props["manager"]), _written(props))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        found = super().diff(_id, _olds, _news)
        olds, news = without_provider(_olds), without_provider(_news)
        if not is_known(news) or found.replaces:
            return found
        there, gone = set(olds["written"]), set(olds["left"])
        names = _wanted(news)
        everywhere = any(olds.get(key) != news.get(key) for key in ("secret_name", "data", "labels", "annotations"))
        lacking = names if everywhere else [name for name in names if name not in there]
        surplus = sorted((there | gone).difference(names))
        if lacking or surplus:
            _tell(str(news["secret_name"]), lacking, surplus)
        return DiffResult(changes=bool(found.changes or lacking or surplus))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_written(_news, former=str(_olds["secret_name"])))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        api = _api(props)
        try:
            found = look(api, _bulk(props), wanted(api, props["namespaces"], props["selector"]))
        finally:
            api.close()
        return ReadResult(id_, _with(props, found))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        api = _api(_props)
        try:
            left = remove(api, _bulk(_props))
        finally:
            api.close()
        if left:
            raise stack_error(failure(str(_props["secret_name"]), {}, left))


def _wanted(props: Mapping[str, Any]) -> list[str]:
    """Return the namespaces; those that a selector means are looked up, which a plain `up` sees a new one by."""
    if not props["selector"]:
        return sorted(props["namespaces"])
    api = _api(props)
    try:
        return wanted(api, (), props["selector"])
    finally:
        api.close()


def _written(props: Mapping[str, Any], former: str | None = None) -> dict[str, Any]:
    api = _api(props)
    try:
        return _with(props, write(api, _bulk(props), wanted(api, props["namespaces"], props["selector"]), former))
    finally:
        api.close()


def _with(props: Mapping[str, Any], found: Written) -> dict[str, Any]:
    return kept(props, **found._asdict())


def _bulk(props: Mapping[str, Any]) -> Bulk:
    return Bulk(
        name=str(props["secret_name"]),
        data=props["data"],
        labels=props["labels"],
        annotations=props["annotations"],
        mark=str(props["mark"]),
        manager=str(props["manager"]),
        at_once=int(props["requests_at_once"]),
    )


def _api(props: Mapping[str, Any]) -> KubernetesApi:
    return from_kubeconfig(props.get("kubeconfig"), props.get("context"))


def _tell(secret: str, lacking: Sequence[str], surplus: Sequence[str]) -> None:
    parts = [f"to write in {_some(lacking)}"] if lacking else []
    parts += [f"to remove from {_some(surplus)}"] if surplus else []
    tell(f"secret {secret!r}: {', '.join(parts)}")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return f"{_count(names)} ({', '.join(names[:_TOLD])}{more})"


def _count(names: Sequence[str]) -> str:
    return f"{len(names)} namespace{'s' if len(names) > 1 else ''}"


def failure(secret: str, unwritten: Mapping[str, str], left: Mapping[str, str]) -> str:
    """Return the message for namespaces where something is not as it is said; the others are as they should be."""
    parts = []
    for told, found in (("written in", unwritten), ("removed from", left)):
        if found:
            names = sorted(found)
            lines = [f"  {name}: {found[name]}" for name in names[:_TOLD]]
            lines += [f"  and {len(names) - _TOLD} more"] if len(names) > _TOLD else []
            head = f"PullSecrets: secret {secret!r} could not be {told} {_count(names)}; run again for these alone:"
            parts.append("\n".join([head, *lines]))
    return "\n".join(parts)


def mark_of(project: str, stack: str, name: str) -> str:
    """Return the value of the label that makes secrets one component's."""
    return hashlib.sha256("\0".join((project, stack, name)).encode()).hexdigest()[:32]


class PullSecretsInBulk(Resource, module=PACKAGE, name="PullSecretsInBulk"):
    """The secrets of all namespaces. What they hold is in the state once, as a secret."""

    written: pulumi.Output[list[str]]
    """Namespaces that have the secret as it is said."""
    unwritten: pulumi.Output[dict[str, str]]
    """Those that do not have it, and why."""
    left: pulumi.Output[dict[str, str]]
    """Namespaces that have one of ours and are not to have it, and why they still do."""

    def __init__(
        self,
        name: str,
        said: InBulk,
        properties: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        reached = {
            "kubeconfig": reveal(said.kubeconfig),
            "context": said.context,
            "requests_at_once": said.requests_at_once,
        }
        outputs = {"written": None, "unwritten": None, "left": None}
        options = hiding(opts, "data", "kubeconfig")
        super().__init__(_BulkProvider(), name, {**properties, **reached, **outputs}, options)


def check_provider(what: str, said: InBulk, opts: pulumi.ResourceOptions | None) -> None:
    """Raise `StackError` where the component is given a provider for one cluster and would write to another."""
    if said.kubeconfig is not None or said.context is not None or opts is None:
        return
    given = opts.providers or []
    known = list(given.values() if isinstance(given, Mapping) else given)
    known += [opts.provider] if opts.provider is not None else []
    inherited = opts.parent is not None and opts.parent.get_provider("kubernetes:core/v1:Secret") is not None
    if inherited or any(provider.package == "kubernetes" for provider in known):
        raise stack_error(
            f"{what}: pull_access.written.kubeconfig: is required beside a provider for Kubernetes, which secrets in "
            "bulk are not written by; give the same cluster's kubeconfig, or its context"
        )


def complete(made: PullSecretsInBulk, secret: str) -> pulumi.Output[None]:
    """Return an output that fails where a namespace is not as it is said.

    A resource that fails is in no state when it was to be created, though most of it may be there; so it is made as
    far as it goes, and the program tells what lacks. The next `up` tries that again.
    """

    def check(found: Sequence[Mapping[str, str]]) -> None:
        unwritten, left = found
        if unwritten or left:
            raise stack_error(failure(secret, unwritten, left))

    return pulumi.Output.all(made.unwritten, made.left).apply(check)


__all__ = ["PullSecretsInBulk", "check_provider", "complete", "failure", "mark_of"]

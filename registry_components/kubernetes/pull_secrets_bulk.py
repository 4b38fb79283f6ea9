"""The resource of all pull secrets of a component, written by this library over the API."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..core.args import reveal
from ..core.component import PACKAGE
from ..core.dynamic import ComparedProvider, hiding, is_known, kept, tell, without_provider
from ..core.errors import stack_error
from . import bulk_accounts, bulk_secrets
from .api import ApiError, KubernetesApi
from .bulk_accounts import Accounts, Attached
from .bulk_secrets import Bulk
from .kubeconfig import from_kubeconfig
from .namespaces import wanted
from .pull_access import InBulk

_TOLD = 20
_FAILURES = {
    "unwritten": "written in",
    "left": "removed from",
    "unattached": "attached to",
    "left_attached": "taken from",
}
_DATA = ("secret_name", "data", "labels", "annotations")


class BulkProvider(ComparedProvider):
    """Writes, looks and removes, with one connection for each."""

    # The mark is made from the names of project, stack and component: another one finds nothing of this.
    replaced: ClassVar[Sequence[str]] = ("mark", "manager")
    changed: ClassVar[Sequence[str]] = (*_DATA, "namespaces", "selector", "service_accounts", "attachment")
    reached: ClassVar[Sequence[str]] = ("kubeconfig", "context", "requests_at_once")
    # Both are of the same names, and what is there is the old one's.
    delete_before_replace = True

    def create(self, props: dict[str, Any]) -> CreateResult:
        with _reached(props) as api:
            return CreateResult(str(props["manager"]), _written(api, props, {}))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        found = super().diff(_id, _olds, _news)
        olds, news = without_provider(_olds), without_provider(_news)
        if not is_known(news) or found.replaces:
            return found
        names, there = sorted(news["namespaces"]), set(olds["written"])
        if news["selector"]:
            # So a plain `up` sees a new namespace.
            with _reached(news) as api:
                names = wanted(api, (), news["selector"])
        places, attached = _accounts(news).places(names), set(olds["attached"])
        anew = any(olds.get(key) != news.get(key) for key in _DATA)
        steps = {
            "to write in": [name for name in names if anew or name not in there],
            "to remove from": sorted((there | set(olds["left"])).difference(names)),
            "to attach to": [place for place in places if place not in attached],
            "to take from": sorted((attached | set(olds["left_attached"])).difference(places)),
        }
        told = [f"{step} {_some(found)}" for step, found in steps.items() if found]
        if told:
            tell(f"secret {news['secret_name']!r}: {', '.join(told)}")
        return DiffResult(changes=bool(found.changes or told))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        with _reached(_news) as api:
            return UpdateResult(_written(api, _news, _olds))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        with _reached(props) as api:
            names = wanted(api, props["namespaces"], props["selector"])
            found = bulk_secrets.look(api, _bulk(props), names)
            accounts = _accounts(props)
            attached = bulk_accounts.look(api, accounts, accounts.places(names), _places(props))
        return ReadResult(id_, kept(props, **found._asdict(), **attached._asdict()))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        with _reached(_props) as api:
            attached, left = _detached(api, _props), dict[str, str]()
            for name in _secrets(_props):
                left |= bulk_secrets.clear(api, _bulk(_props)._replace(name=name))
        if left or attached:
            raise stack_error(failure(str(_props["secret_name"]), left=left, left_attached=attached))


def _written(api: KubernetesApi, props: Mapping[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
    """Write, attach, and only then remove: no service account is to name a secret that is gone."""
    bulk, names = _bulk(props), wanted(api, props["namespaces"], props["selector"])
    found = bulk_secrets.put(api, bulk, names)
    attached = _attached(api, props, olds, names, found.written)
    left = bulk_secrets.clear(api, bulk, names) if found.left else {}
    former = [name for name in _secrets(olds) if name != bulk.name]
    for name in former:
        # Where the new one could not be written, pods go on with the old one.
        left |= bulk_secrets.clear(api, bulk._replace(name=name), found.unwritten)
    whole = not (found.unwritten or left or attached.unattached or attached.left_attached)
    outputs = {**found._replace(left=left)._asdict(), **attached._asdict()}
    return kept(props, **outputs, former_names=[] if whole else former)


def _attached(
    api: KubernetesApi, props: Mapping[str, Any], olds: Mapping[str, Any], names: Sequence[str], written: Sequence[str]
) -> Attached:
    accounts, former = _accounts(props), _places(olds)
    places = accounts.places(names)
    try:
        found = _moved(api, accounts, olds, places, accounts.places(written))
    except ApiError as error:
        # The secrets are written, which is to be known: the state would be without them.
        stays = [place for place in former if place in places]
        return Attached(
            stays,
            {place: error.reason for place in places if place not in stays},
            {place: error.reason for place in former if place not in places},
        )
    if olds.get("secret_name") != accounts.secret:
        return found
    # Where the secret could not be written anew it stays attached.
    untried = set(places).intersection(former).difference(accounts.places(written), found.left_attached)
    return found._replace(attached=sorted({*found.attached, *untried}))


def _moved(
    api: KubernetesApi, accounts: Accounts, olds: Mapping[str, Any], places: Sequence[str], ready: Sequence[str]
) -> Attached:
    """Attach where the secret is ready, and take back what is not wanted any more."""
    before, former, left = _accounts(olds), _places(olds), dict[str, str]()
    if before.own != accounts.own:
        # To the one way, what the other has written is somebody else's.
        left = _detached(api, olds)
        before, former = accounts, []
    found = bulk_accounts.put(api, accounts, ready)
    if accounts.own:
        both = accounts._replace(names=tuple(sorted({*accounts.names, *before.names})))
        if both != accounts or found.left_attached:
            left |= bulk_accounts.clear(api, both, places)
        return found._replace(left_attached=left)
    for secret in _secrets(olds):
        # Where the new one could not be attached, pods go on with the old one.
        stays = set(places) if secret == accounts.secret else set(places).difference(found.attached)
        stale = [place for place in former if place not in stays]
        if stale:
            left |= bulk_accounts.clear(api, accounts._replace(secret=secret), former=stale)
        if secret != accounts.secret:
            left |= dict.fromkeys(stays.intersection(former), f"goes on with the secret {secret!r}")
    return found._replace(left_attached=left)


def _detached(api: KubernetesApi, props: Mapping[str, Any]) -> dict[str, str]:
    accounts, left = _accounts(props), dict[str, str]()
    for secret in _secrets(props):
        left |= bulk_accounts.clear(api, accounts._replace(secret=secret), former=_places(props))
    return left


def _secrets(props: Mapping[str, Any]) -> list[str]:
    """Return the names that secrets have or, after a change that did not succeed whole, may still have."""
    return list(dict.fromkeys([*props.get("former_names", ()), *([props["secret_name"]] if props else [])]))


def _places(props: Mapping[str, Any]) -> list[str]:
    """Return the service accounts that a secret is or may still be attached to."""
    return sorted({*props.get("attached", ()), *props.get("left_attached", ())})


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


def _accounts(props: Mapping[str, Any]) -> Accounts:
    return Accounts(
        secret=str(props.get("secret_name", "")),
        names=tuple(sorted(props.get("service_accounts", ()))),
        own=props.get("attachment", "own") == "own",
        manager=str(props.get("manager", "")),
        single_manager=str(props.get("single_manager", "")),
        at_once=int(props.get("requests_at_once", 1)),
    )


@contextmanager
def _reached(props: Mapping[str, Any]) -> Iterator[KubernetesApi]:
    api = from_kubeconfig(props.get("kubeconfig"), props.get("context"))
    try:
        yield api
    finally:
        api.close()


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return f"{_count(names)} ({', '.join(names[:_TOLD])}{more})"


def _count(names: Sequence[str]) -> str:
    what = "service account" if "/" in names[0] else "namespace"
    return f"{len(names)} {what}{'s' if len(names) > 1 else ''}"


def failure(secret: str, **found: Mapping[str, str]) -> str:
    """Return the message for the outputs that tell what is not as it is said; the rest is as it should be."""
    parts = []
    for output, told in _FAILURES.items():
        why = found.get(output)
        if why:
            names = sorted(why)
            lines = [f"  {name}: {why[name]}" for name in names[:_TOLD]]
            lines += [f"  and {len(names) - _TOLD} more"] if len(names) > _TOLD else []
            head = f"PullSecrets: secret {secret!r} could not be {told} {_count(names)}; run again for these alone:"
            parts.append("\n".join([head, *lines]))
    return "\n".join(parts)


def mark_of(project: str, stack: str, name: str) -> str:
    """Return the value of the label that makes secrets one component's."""
    return hashlib.sha256("\0".join((project, stack, name)).encode()).hexdigest()[:32]


class PullSecretsInBulk(Resource, module=PACKAGE, name="PullSecretsInBulk"):
    """The secrets of all namespaces, and service accounts that they are attached to.

    What they hold is in the state once, as a secret.
    """

    written: pulumi.Output[list[str]]
    """Namespaces that have the secret as it is said."""
    unwritten: pulumi.Output[dict[str, str]]
    """Those that do not have it, and why."""
    left: pulumi.Output[dict[str, str]]
    """Namespaces that have one of ours and are not to have it, and why they still do."""
    attached: pulumi.Output[list[str]]
    """Service accounts, as `namespace/name`, whose pods pull with it without naming it."""
    unattached: pulumi.Output[dict[str, str]]
    """Those that are to and do not, and why."""
    left_attached: pulumi.Output[dict[str, str]]
    """Those that are not to and do by us, and why."""
    former_names: pulumi.Output[list[str]]
    """Names that secrets may still have, after a change of the name that did not succeed everywhere."""

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
        outputs = dict.fromkeys(("written", "attached", "former_names", *_FAILURES))
        options = hiding(opts, "data", "kubeconfig")
        super().__init__(BulkProvider(), name, {**properties, **reached, **outputs}, options)


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

    def check(found: Mapping[str, Mapping[str, str]]) -> None:
        if any(found.values()):
            raise stack_error(failure(secret, **found))

    return pulumi.Output.all(**{output: getattr(made, output) for output in _FAILURES}).apply(check)


__all__ = ["BulkProvider", "PullSecretsInBulk", "check_provider", "complete", "failure", "mark_of"]

"""What you say of the logins that pods pull with, and what of it cannot be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pydantic import Field, SecretStr

from ..core.args import MaybeOutput
from ..core.checked import CheckedArgs
from ..core.endpoint import RegistryEndpoint, auth_key
from ..core.errors import Mistake, dotted
from .attachment import AddedEntry, Attachment, OwnList
from .entries import entries
from .possible import combination_mistakes
from .pull_access import WRITES_SECRETS, InBulk, PullAccess, StaticAccess
from .registry_kind import RegistryKind, kind_of
from .words import MARK, Key, Name, Namespace, check_label_key, check_label_value, check_name, label_mistakes


def _endpoints(args: PullSecretsArgs) -> Iterable[Mistake]:
    if args.endpoint is None and not args.endpoints:
        yield Mistake("endpoint", "is required, or endpoints: name the registry that is pulled from")
    if args.endpoint is not None and args.endpoints:
        yield Mistake("endpoint", "and endpoints are both given; move it into endpoints")
    if args.registry is not None and args.endpoint is None:
        yield Mistake("registry", "is that of endpoint; say the kinds of endpoints in registries")
    for key in sorted(set(args.registries) - set(args.endpoints)):
        yield Mistake(dotted(("registries", key)), "is none of endpoints; remove it, or correct its key")


def _kinds(args: PullSecretsArgs) -> Iterable[Mistake]:
    for entry in entries(args):
        server = entry.endpoint.server
        told = kind_of(server) if isinstance(server, str) else "other"
        if entry.said is not None and told not in ("other", entry.said):
            yield Mistake(entry.kind_path, f"is {entry.said!r}, and {server!r} is of kind {told!r}; remove it")


def _hosts(args: PullSecretsArgs) -> Iterable[Mistake]:
    # A Docker config file has one login for each host; the second of two would be lost.
    seen: dict[str, str] = {}
    for entry in entries(args):
        server = entry.endpoint.server
        if not isinstance(server, str):
            continue
        host = auth_key(server)
        if host in seen:
            yield Mistake(
                f"{entry.path}.server",
                f"{server!r} is that of {seen[host]} too, and a secret has one login for each host; put it into a "
                "PullSecrets of its own",
            )
        seen.setdefault(host, entry.path)


def _logins(args: PullSecretsArgs) -> Iterable[Mistake]:
    for entry in entries(args):
        said, path = entry.endpoint.credentials, entry.path
        if said is None:
            continue
        if isinstance(said.username, str) and ":" in said.username:
            # RFC 7617: what stands before the first colon is the user name.
            yield Mistake(f"{path}.credentials.username", "has a colon, which would end it; correct it")
        if isinstance(said.password, SecretStr) and not said.password.get_secret_value():
            yield Mistake(f"{path}.credentials.password", "is empty; give the password or token")


def _in_bulk(args: PullSecretsArgs) -> bool:
    return isinstance(args.pull_access, StaticAccess) and isinstance(args.pull_access.written, InBulk)


def _places(args: PullSecretsArgs) -> Iterable[Mistake]:
    kind = args.pull_access.kind
    given = {
        "namespaces": bool(args.namespaces),
        "namespace_selector": bool(args.namespace_selector),
        "service_accounts": bool(args.service_accounts),
        "secret_name": args.secret_name is not None,
        "labels": bool(args.labels),
        "annotations": bool(args.annotations),
    }
    if kind not in WRITES_SECRETS:
        for name in sorted(name for name, there in given.items() if there):
            yield Mistake(name, f"has no meaning with pull_access {kind!r}, which makes no secret; remove it")
        return
    if not args.namespaces and not args.namespace_selector:
        yield Mistake("namespaces", "is required: name the namespaces that pods pull in")
    if args.namespace_selector and kind == "static" and not _in_bulk(args):
        yield Mistake(
            "namespace_selector",
            "can be looked up only where something runs in the cluster, or all secrets are written at once; name the "
            "namespaces, or let pull_access be 'refresher' or 'external_secrets', or its written 'in_bulk'",
        )
    if args.namespace_selector and args.namespaces:
        yield Mistake(
            "namespace_selector", "and namespaces are both given; label those namespaces, or use two PullSecrets"
        )


def _twice(args: PullSecretsArgs) -> Iterable[Mistake]:
    for name in ("namespaces", "service_accounts"):
        values = getattr(args, name)
        for value in sorted({value for value in values if values.count(value) > 1}):
            yield Mistake(name, f"{value!r} is named twice; remove one")
    if args.pull_access.kind == "refresher" and "events" in args.namespaces:
        yield Mistake("namespaces", "'events' is what the refresher's own role is named after; use a selector for it")
    if _in_bulk(args):
        return
    # `a-b` with `c`, and `a` with `b-c`, would share a resource's name.
    seen: dict[str, str] = {}
    for namespace in sorted(set(args.namespaces)):
        for account in sorted(set(args.service_accounts)):
            name = f"{namespace}-{account}"
            if name in seen and seen[name] != namespace:
                yield Mistake(
                    "service_accounts",
                    f"{account!r} in {namespace!r} is named as another in {seen[name]!r} is; use two PullSecrets",
                )
            seen.setdefault(name, namespace)


def _keys(args: PullSecretsArgs) -> Iterable[Mistake]:
    if args.pull_access.kind != "external_secrets":
        return
    seen: dict[str, tuple[str, str]] = {}
    for entry in entries(args):
        # It becomes part of an object's name.
        if check_name(entry.key):
            yield Mistake(
                entry.path, f"{entry.key!r} names a generator in the cluster; use lower-case letters, digits and -"
            )
        for namespace in sorted(set(args.namespaces)):
            name = f"{namespace}-{entry.key}"
            if seen.setdefault(name, (namespace, entry.key)) != (namespace, entry.key):
                yield Mistake(
                    entry.path,
                    f"in {namespace!r} is named as {seen[name][1]!r} in {seen[name][0]!r} is; take another key",
                )


def _attachment(args: PullSecretsArgs) -> Iterable[Mistake]:
    if args.service_accounts and args.namespace_selector and args.pull_access.kind == "external_secrets":
        yield Mistake(
            "service_accounts",
            "cannot be attached in namespaces that the operator selects; name the namespaces, or let pods name the "
            "secret in their imagePullSecrets",
        )
    if not isinstance(args.attachment, OwnList) and not args.service_accounts:
        yield Mistake("attachment", "has no service account to be for; name some in service_accounts, or remove it")
    if isinstance(args.attachment, AddedEntry) and _in_bulk(args):
        for name in ("kubeconfig", "context"):
            if getattr(args.attachment, name) is not None:
                yield Mistake(f"attachment.{name}", "is that of pull_access.written in bulk; remove it here")
    elif isinstance(args.attachment, AddedEntry) and args.namespace_selector:
        yield Mistake(
            "attachment", "is not said with namespace_selector: the refresher always adds its entry; remove it"
        )


def _labels(args: PullSecretsArgs) -> Iterable[Mistake]:
    yield from label_mistakes(args.labels, "labels")
    yield from label_mistakes(args.annotations, "annotations", values=False)
    if MARK in args.labels and _in_bulk(args):
        yield Mistake(
            dotted(("labels", MARK)), "is what secrets in bulk are known by, and this library's; take another key"
        )
    for key, value in sorted(args.namespace_selector.items()):
        mistake = check_label_key(key) or check_label_value(value)
        if mistake:
            yield Mistake(dotted(("namespace_selector", key)), mistake)


class PullSecretsArgs(CheckedArgs):
    """Logins of one or several registries for the pods of some namespaces.

    All of them stand in one secret of type `kubernetes.io/dockerconfigjson` in each namespace.
    """

    checks = (_endpoints, _kinds, _hosts, _logins, _places, _twice, _keys, _attachment, _labels, combination_mistakes)
    stand_ins: ClassVar = {}

    endpoint: RegistryEndpoint | None = None
    """The registry. Default: those of endpoints."""
    endpoints: dict[Key, RegistryEndpoint] = {}
    """Several registries, by a key of your own; each has another host. Default: that of endpoint."""
    registry: RegistryKind | None = None
    """The kind of endpoint's registry, where its host does not tell. Default: as the host tells."""
    registries: dict[Key, RegistryKind] = {}
    """The kinds of endpoints' registries, by key, where their hosts do not tell. Default: as the hosts tell."""
    pull_access: PullAccess = StaticAccess()
    """How pods get the login. Default: a login that lives, in the secret."""
    namespaces: list[Namespace] = []
    """Namespaces by name; they have to be there."""
    namespace_selector: dict[str, str] = {}
    """Labels of the namespaces, all of which one must have, looked up each time the secret is written; with
    `refresher`, `external_secrets`, and `static` that is written `in_bulk`. Default: none."""
    secret_name: Name | None = None
    """Name of the secret, in every namespace. Default: the component's name."""
    service_accounts: list[Name] = []
    """Service accounts whose pods pull with it without naming it, in every namespace; they have to be there. `default`
    is the one of pods that name none. Default: none; pods name the secret in `imagePullSecrets`."""
    attachment: Attachment = OwnList()
    """How a service account gets the secret. Default: by server-side apply of its whole list, which the API server
    refuses where somebody else has entries."""
    labels: dict[str, MaybeOutput[str]] = {}
    """Labels of the secrets beside those that say who made them. Default: none."""
    annotations: dict[str, MaybeOutput[str]] = Field(default={})
    """Annotations of the secrets. Default: none."""

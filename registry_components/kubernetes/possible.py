"""Which way of getting a login works for which registry; each refusal says why, and what does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from ..core.errors import Mistake, dotted
from .entries import Entry, entries
from .generators import EcrGenerator, QuayGenerator
from .kubelet import PLUGINS
from .pull_access import (
    PLATFORM_OF,
    ExternalSecretsAccess,
    KubeletProviderAccess,
    NodeIdentityAccess,
    RefresherAccess,
    StaticAccess,
)
from .registry_kind import LASTING, NAMES, TOKEN_MINUTES, RegistryKind, ecr_region, ephemeral

if TYPE_CHECKING:
    from ..core.endpoint import RegistryEndpoint
    from .pull_secrets_args import PullSecretsArgs

REFRESHED: tuple[RegistryKind, ...] = ("ecr", "artifact_registry", "acr")
"""The registries whose tokens `regc pull-secrets refresh` can ask for."""
GENERATED: tuple[RegistryKind, ...] = ("ecr", "ecr_public", "artifact_registry", "acr", "quay", "ghcr")
"""The registries that the External Secrets Operator has a generator for."""


def combination_mistakes(args: PullSecretsArgs) -> Iterable[Mistake]:
    """Yield what of the endpoints cannot be pulled from in the way that `pull_access` says."""
    match args.pull_access:
        case StaticAccess():
            check: Any = _static
        case NodeIdentityAccess():
            check = _node
        case KubeletProviderAccess():
            check = _kubelet
        case ExternalSecretsAccess():
            check = _external
        case RefresherAccess():
            check = _refresher
    for entry in entries(args):
        if entry.endpoint.plain_http and not isinstance(args.pull_access, StaticAccess):
            yield Mistake(
                f"{entry.path}.plain_http", "is for a registry on this machine, where only kind 'static' can log in"
            )
        elif entry.kind is None and not isinstance(args.pull_access, StaticAccess):
            yield Mistake(
                entry.kind_path,
                "is required, since the server is known only while running; say which kind of registry it is",
            )
        else:
            yield from check(args.pull_access, entry, entry.kind or "other")
    if isinstance(args.pull_access, ExternalSecretsAccess):
        yield from _generators(args)
    if isinstance(args.pull_access, RefresherAccess):
        yield from _schedule(args)


def _advice(kind: RegistryKind) -> str:
    ways = []
    if kind in REFRESHED:
        ways.append("'refresher'")
    if kind in GENERATED:
        ways.append("'external_secrets'")
    if kind in PLUGINS:
        ways.append("'kubelet_provider'")
    if kind in PLATFORM_OF:
        ways.append(f"'node_identity' on {PLATFORM_OF[kind].upper()}")
    text = ", ".join(ways[:-1]) + (" or " if len(ways) > 1 else "") + ways[-1] if ways else ""
    told = f"let pull_access be {text}" if text else ""
    lasting = f"give {LASTING[kind]}" if kind in LASTING else ""
    return ", or ".join(part for part in (lasting, told) if part)


def static_refusal(kind: RegistryKind, username: Any, password: Any) -> str | None:
    """Return why a login cannot stand in a secret that nothing renews (rule 1), or None."""
    plain = password.get_secret_value() if isinstance(password, SecretStr) else password
    found = ephemeral(kind, username if isinstance(username, str) else "", plain if isinstance(plain, str) else "")
    return f"{found}, after which no pod could pull; {_advice(kind)}" if found else None


def _static(_access: StaticAccess, entry: Entry, kind: RegistryKind) -> Iterable[Mistake]:
    path, endpoint = entry.path, entry.endpoint
    said = endpoint.credentials
    reason = static_refusal(kind, said.username if said else "", said.password if said else "")
    if reason:
        yield Mistake(path, reason)
    elif said is None:
        yield Mistake(
            f"{path}.credentials",
            "is required: an anonymous endpoint needs no secret; give a login, or remove the endpoint",
        )


def _unused(path: str, endpoint: RegistryEndpoint, who: str) -> Iterable[Mistake]:
    if endpoint.credentials is not None:
        yield Mistake(f"{path}.credentials", f"is not used: {who}; remove it")


def _node(access: NodeIdentityAccess, entry: Entry, kind: RegistryKind) -> Iterable[Mistake]:
    path, endpoint = entry.path, entry.endpoint
    wanted = PLATFORM_OF.get(kind)
    if wanted is None:
        yield Mistake(
            path, f"{NAMES[kind]} knows no node's identity; let pull_access be 'static' with a login that lives"
        )
        return
    if wanted != access.platform:
        yield Mistake(
            path,
            f"{NAMES[kind]} knows the nodes of {wanted.upper()}, not those of {access.platform.upper()}; let "
            "pull_access be 'refresher'",
        )
    yield from _unused(path, endpoint, "the nodes log in as themselves")


def _kubelet(access: KubeletProviderAccess, entry: Entry, kind: RegistryKind) -> Iterable[Mistake]:
    path, endpoint = entry.path, entry.endpoint
    if access.plugin is None and kind not in PLUGINS:
        yield Mistake(
            path,
            f"no credential provider is published for {NAMES[kind]}; name yours as pull_access.plugin, or let "
            "pull_access be 'static'",
        )
        return
    yield from _unused(path, endpoint, "the plug-in logs in as the node or the pod")


def _external(access: ExternalSecretsAccess, entry: Entry, kind: RegistryKind) -> Iterable[Mistake]:
    path, endpoint = entry.path, entry.endpoint
    key = entry.key
    if kind not in GENERATED:
        yield Mistake(
            path,
            f"the operator has no generator for {NAMES[kind]}; put it into a PullSecrets of its own, with pull_access "
            "'static'",
        )
        return
    yield from _unused(path, endpoint, "the operator asks for tokens")
    generator = access.generators.get(key)
    where = dotted(("pull_access", "generators", key))
    if generator is None:
        yield Mistake(where, f"is required: what asks for the token of {path}; add one of kind {kind!r}")
    elif generator.kind != kind:
        yield Mistake(
            f"{where}.kind", f"is {generator.kind!r}, and {path} is of kind {kind!r}; they have to be the same"
        )
    elif isinstance(generator, EcrGenerator) and _lacks_region(generator, endpoint):
        yield Mistake(f"{where}.region", f"is required, since {endpoint.server!r} does not tell it; add it")
    elif isinstance(generator, QuayGenerator) and "+" not in str(generator.robot_account):
        yield Mistake(f"{where}.robot_account", "is not a robot; it is written as organization+name")


def _lacks_region(generator: EcrGenerator, endpoint: RegistryEndpoint) -> bool:
    server = endpoint.server
    told = ecr_region(server) if isinstance(server, str) else "while running"
    return generator.kind == "ecr" and generator.region is None and told is None


def _generators(args: PullSecretsArgs) -> Iterable[Mistake]:
    access: Any = args.pull_access
    known = {entry.key for entry in entries(args)}
    for key in sorted(set(access.generators) - known):
        yield Mistake(
            dotted(("pull_access", "generators", key)), "belongs to no endpoint; remove it, or correct its key"
        )
    life = shortest_life(entry.kind for entry in entries(args))
    if access.refresh_minutes is not None and life is not None and access.refresh_minutes > life // 2:
        yield Mistake(
            "pull_access.refresh_minutes",
            f"is {access.refresh_minutes}, and a token lives {life} minutes; refresh at {life // 2} at the latest, so "
            "that one failure is survived",
        )


def _refresher(_access: RefresherAccess, entry: Entry, kind: RegistryKind) -> Iterable[Mistake]:
    path, endpoint = entry.path, entry.endpoint
    if kind in REFRESHED:
        if _is_token(entry):
            yield from _unused(path, endpoint, "the refresher asks for tokens")
        return
    if kind == "ecr_public":
        yield Mistake(
            path,
            "ECR Public's tokens are not asked for by the refresher; remove it, since its images are pulled without "
            "login, or let pull_access be 'external_secrets'",
        )
        return
    # A login that lives is written into the same secret.
    yield from _static(StaticAccess(), entry, kind)


def _is_token(entry: Entry) -> bool:
    """Return whether a registry that has tokens is pulled from with one, given or asked for."""
    said, kind = entry.endpoint.credentials, entry.kind
    return said is None or (kind is not None and static_refusal(kind, said.username, said.password) is not None)


def refreshed(entry: Entry) -> bool:
    """Return whether the refresher asks for an endpoint's token; else its login lives and is taken as it is."""
    return entry.kind in REFRESHED and entry.endpoint.credentials is None


def shortest_life(kinds: Iterable[RegistryKind | None]) -> int | None:
    """Return how many minutes the first of these registries' tokens lives, or None where there are none."""
    return min((TOKEN_MINUTES[kind] for kind in kinds if kind in TOKEN_MINUTES), default=None)


def _schedule(args: PullSecretsArgs) -> Iterable[Mistake]:
    access: Any = args.pull_access
    found = entries(args)
    kinds = [entry.kind for entry in found if refreshed(entry)]
    life = shortest_life(kinds)
    if not any(entry.kind is None or (entry.kind in REFRESHED and _is_token(entry)) for entry in found):
        yield Mistake("pull_access.kind", "'refresher' has no token to ask for; let it be 'static'")
    minutes = access.every_minutes
    if minutes is None:
        return
    fits = (0 < minutes < 60 and 60 % minutes == 0) or (
        minutes % 60 == 0 and 0 < minutes <= 1440 and 1440 % minutes == 0
    )
    if not fits:
        yield Mistake(
            "pull_access.every_minutes",
            f"is {minutes}, which a schedule cannot say evenly; use a divisor of 60, or hours that divide a day",
        )
    elif life is not None and minutes > life // 2:
        yield Mistake(
            "pull_access.every_minutes",
            f"is {minutes}, and a token lives {life} minutes; run every {life // 2} at the latest, so that one failure "
            "is survived",
        )


ALTERNATIVES: Mapping[str, str] = {kind: _advice(kind) for kind in TOKEN_MINUTES}
"""What to say instead of a token in a secret, by kind of registry."""

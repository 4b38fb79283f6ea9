"""`regc pull-secrets refresh`: asks for tokens, and writes them into the secret of every namespace.

A run ends once what it has written lives until well after the next run. Where a cloud gives an old token (Google's
metadata server keeps one until five minutes before its end), it writes that one, waits, and asks again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from ..core.errors import StackError, stack_error
from . import docker_config
from .api import ApiError, KubernetesApi
from .namespaces import wanted
from .refresh_config import RefreshConfig
from .service_account_entry import MANAGER, attach
from .tokens import Asker, Token

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
# A waiting run asks this long before a token's end: Google gives another one five minutes before.
_BEFORE_END = 240.0
_LEAST_WAIT = 15.0
SPARE = 300.0
"""How much longer than a token has to live a run may wait for one."""


class Clock(NamedTuple):
    """Time, which tests set themselves."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep


class Written(NamedTuple):
    """What a refresh has done."""

    namespaces: tuple[str, ...]
    expires: datetime
    rounds: int


def refresh(
    config: RefreshConfig,
    api: KubernetesApi,
    asker: Asker,
    *,
    clock: Clock | None = None,
    tell: Callable[[str], None] = lambda _: None,
    once: bool = False,
) -> Written:
    """Write the secret until it lives long enough. Raises `StackError`, after a Kubernetes event told of it.

    `tell` gets a line for each round, without tokens. With `once` it is written once, however long it lives.
    """
    clock = clock or Clock()
    try:
        return _refresh(config, api, asker, clock=clock, tell=tell, once=once)
    except StackError as error:
        _event(config, api, str(error), clock.now())
        raise


def _refresh(
    config: RefreshConfig,
    api: KubernetesApi,
    asker: Asker,
    *,
    clock: Clock,
    tell: Callable[[str], None],
    once: bool,
) -> Written:
    start, rounds = clock.now().timestamp(), 0
    while True:
        rounds += 1
        tokens = {said.server: asker.token(said.kind, said.server) for said in config.registries}
        first = min(tokens.values(), key=lambda token: token.expires)
        left = (first.expires - clock.now()).total_seconds()
        if left <= 0:
            raise stack_error("the token that was given is over already; see that the clocks agree")
        namespaces = _write(config, api, tokens)
        tell(
            f"wrote {config.secret} in {len(namespaces)} namespaces ({', '.join(namespaces)}); it lives until "
            f"{first.expires:%Y-%m-%dT%H:%M:%SZ}"
        )
        if once or left >= config.must_live_seconds:
            return Written(tuple(namespaces), first.expires, rounds)
        pause = max(left - _BEFORE_END, _LEAST_WAIT)
        if clock.now().timestamp() + pause - start > config.must_live_seconds + SPARE:
            raise stack_error(
                f"only tokens that end at {first.expires:%H:%M:%SZ} are given, before the next run can have renewed "
                "them; let it run more often (every_minutes)"
            )
        tell(f"that is too soon for the next run; asking again in {pause:.0f} s")
        clock.sleep(pause)


def _logins(config: RefreshConfig) -> Mapping[str, Mapping[str, str]]:
    if config.logins is None:
        return {}
    try:
        return docker_config.read_config(Path(config.logins).read_text(encoding="utf-8"))
    except OSError as error:
        raise stack_error(f"logins: {config.logins} cannot be read: {error.strerror}") from None
    except ValueError:
        raise stack_error(f"logins: {config.logins} is no Docker config file") from None


def _write(config: RefreshConfig, api: KubernetesApi, tokens: Mapping[str, Token]) -> list[str]:
    fresh = {server: docker_config.login(token.username, token.password) for server, token in tokens.items()}
    data = docker_config.secret_data(docker_config.config_text({**_logins(config), **fresh}))
    namespaces = wanted(api, config.namespaces, config.namespace_selector)
    owners = _cluster_owner(config, api)
    failed: list[str] = []
    written: list[str] = []
    for namespace in namespaces:
        try:
            _apply(config, api, namespace, data, owners)
        except StackError as error:
            # The others are not to go without a login for one that fails.
            failed.append(f"{namespace}: {error}")
        else:
            written.append(namespace)
    if failed:
        raise stack_error(f"{len(failed)} of {len(namespaces)} namespaces got no new secret:\n  " + "\n  ".join(failed))
    return written


def _cluster_owner(config: RefreshConfig, api: KubernetesApi) -> list[dict[str, Any]] | None:
    owner = config.owner
    if owner is None:
        return []
    if owner.kind == "RoleBinding":
        return None
    return [_reference(owner.kind, api.get(f"{_RBAC}/clusterrolebindings/{owner.name}"))]


def _reference(kind: str, found: Mapping[str, Any]) -> dict[str, Any]:
    identity = found["metadata"]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "name": identity["name"],
        "uid": identity["uid"],
    }


def _apply(
    config: RefreshConfig,
    api: KubernetesApi,
    namespace: str,
    data: Mapping[str, str],
    owners: list[dict[str, Any]] | None,
) -> None:
    if owners is None and config.owner is not None:
        binding = api.get(f"{_RBAC}/namespaces/{namespace}/rolebindings/{config.owner.name}")
        owners = [_reference(config.owner.kind, binding)]
    metadata: dict[str, Any] = {"name": config.secret, "namespace": namespace}
    if config.labels:
        metadata["labels"] = config.labels
    if config.annotations:
        metadata["annotations"] = config.annotations
    if owners:
        metadata["ownerReferences"] = owners
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": docker_config.TYPE,
        "data": dict(data),
    }
    api.apply(f"/api/v1/namespaces/{namespace}/secrets/{config.secret}", body, MANAGER)
    for account in config.service_accounts:
        attach(api, namespace, account, config.secret)


def _event(config: RefreshConfig, api: KubernetesApi, message: str, now: datetime) -> None:
    """Tell the failure as an event of the CronJob; the failing Job tells it in any case."""
    about = config.cron_job
    if about is None:
        return
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{about.name}-", "namespace": about.namespace},
        "involvedObject": {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "name": about.name,
            "namespace": about.namespace,
        },
        "type": "Warning",
        "reason": "PullSecretRefreshFailed",
        # An event's message has 1024 characters at most.
        "message": message[:1024],
        "source": {"component": "regc"},
        "reportingComponent": "registry-components.dev/regc",
        "reportingInstance": about.name,
        "action": "Refresh",
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }
    try:
        api.post(f"/api/v1/namespaces/{about.namespace}/events", body)
    except ApiError:
        return

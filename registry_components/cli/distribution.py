"""`regc distribution`: what a registry of CNCF Distribution in a cluster needs from time to time."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import NamedTuple

from ..core.errors import StackError
from ..core.extras import needs_extra


class Where(NamedTuple):
    """The cluster to ask."""

    kubeconfig: Path | None
    context: str | None


def collect(
    where: Where,
    *,
    namespace: str,
    workload: str,
    container: str,
    config: Path,
    registry: Path,
    delete_untagged: bool,
    switch_seconds: float,
    lock_seconds: float,
) -> None:
    """Collect. Raises `StackError` where that was not possible."""
    with needs_extra("regc distribution collect", "ops", "httpx"):
        import httpx  # noqa: F401 - asked for here, so that the message names the extra
    from ..distribution.cache_purge import purge
    from ..distribution.collection import Asked, Run, StoppedError, told_to_end
    from ..kubernetes.in_cluster import in_cluster
    from ..kubernetes.kubeconfig import from_kubeconfig

    plural, _, name = workload.partition("/")
    if plural not in ("deployments", "statefulsets") or not name:
        raise StackError(f"--workload: {workload!r} is not deployments/NAME or statefulsets/NAME")
    if not config.is_file():
        raise StackError(f"--config: {config} is not there; name the registry's config.yml")
    asked = Asked(
        namespace=namespace,
        plural=plural,
        name=name,
        container=container,
        config=config,
        program=registry,
        # A pod's name would do, but for a run by hand on the same machine.
        holder=f"{os.environ.get('HOSTNAME', 'regc')}-{secrets.token_hex(4)}",
        delete_untagged=delete_untagged,
        switch_seconds=switch_seconds,
        lock_seconds=lock_seconds,
    )

    def tell(line: str) -> None:
        print(line)
        sys.stdout.flush()

    api = in_cluster(os.environ) if where.kubeconfig is None else from_kubeconfig(str(where.kubeconfig), where.context)
    try:
        with told_to_end():
            Run(api, asked, tell).collect(lambda: purge(config, os.environ))
    except StoppedError:
        raise StackError("it was told to end; the registry is made writable again, and the next run collects") from None
    finally:
        api.close()

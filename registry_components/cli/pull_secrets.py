"""`regc pull-secrets`: refreshes logins in a cluster, and finds what could not be pulled."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..core.extras import needs_extra


def refresh(config: Path, *, kubeconfig: Path | None, context: str | None, once: bool) -> None:
    """Refresh. Raises `StackError`."""
    with needs_extra("regc pull-secrets refresh", "ops", "httpx"):
        import httpx  # noqa: F401 - asked for here, so that the message names the extra
    from ..kubernetes.in_cluster import in_cluster
    from ..kubernetes.kubeconfig import from_kubeconfig
    from ..kubernetes.refresh import refresh as run
    from ..kubernetes.refresh_config import read_refresh_config
    from ..kubernetes.tokens import Asker

    said = read_refresh_config(config)
    api = in_cluster(os.environ) if kubeconfig is None else from_kubeconfig(str(kubeconfig), context)
    asker = Asker(os.environ)

    def tell(line: str) -> None:
        print(line)
        sys.stdout.flush()

    try:
        run(said, api, asker, tell=tell, once=once)
    finally:
        asker.close()
        api.close()

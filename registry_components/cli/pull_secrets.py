"""`regc pull-secrets`: refreshes logins in a cluster, and finds what could not be pulled."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core.errors import StackError
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


def check(files: Sequence[Path], *, anonymous: Sequence[str], node_identity: Sequence[str], as_json: bool) -> bool:
    """Print what could not be pulled; return whether all could. Raises `StackError` where a file cannot be read."""
    from ..kubernetes.unpullable import PUBLIC, find_unpullable

    items = [item for file in files for item in _read(file)]
    kinds = {str(item["kind"]) for item in items}
    for kind, word in (("Secret", "secrets"), ("ServiceAccount", "serviceaccounts")):
        if kind not in kinds:
            raise StackError(
                f"there is no {kind} in what was given; add {word}: "
                "kubectl get deployments,secrets,serviceaccounts -A -o json --show-managed-fields"
            )
    found = find_unpullable(
        items,
        [item for item in items if item["kind"] == "Secret"],
        [item for item in items if item["kind"] == "ServiceAccount"],
        anonymous=anonymous or PUBLIC,
        node_identity=node_identity,
        now=datetime.now(UTC),
    )
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=1))
    else:
        for one in found:
            print(one)
        if not found:
            print("everything that was given can be pulled")
    return not found


def _read(file: Path) -> list[dict[str, Any]]:
    from ..kubernetes.unpullable import items_of

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise StackError(f"{file} cannot be read: {error.strerror}") from None
    try:
        return items_of(json.loads(text))
    except json.JSONDecodeError:
        raise StackError(f"{file} is not JSON; give what `kubectl get … -o json` printed") from None
    except ValueError as error:
        raise StackError(f"{file} {error}") from None

"""All renderers of a storage block, called alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from registry_components.blocks.storage import Storage
from registry_components.core.args import Args
from registry_components.distribution import DistributionRegistryArgs
from registry_components.distribution.render import Layout, render
from registry_components.storage import (
    to_artifactory,
    to_distribution,
    to_harbor_chart,
    to_harbor_installer,
    to_nexus,
)


class _Holder(Args):
    storage: Storage


def parsed(block: Mapping[str, Any]) -> Any:
    """Return a block."""
    return _Holder(storage=block).storage


def distribution(storage: Any, **options: Any) -> Any:
    """Return Distribution's whole configuration with this storage."""
    args = DistributionRegistryArgs(storage=to_distribution(storage, **options), auth={"kind": "none"})
    return render(args, Layout(files_directory="/etc/registry", data_directory="/data", address=":5000"))


RENDERERS: Final[dict[str, Callable[..., Any]]] = {
    "distribution": distribution,
    "harbor chart": lambda storage, **options: to_harbor_chart(storage, secret_name="storage", **options),
    "harbor installer": to_harbor_installer,
    "nexus": lambda storage, name="blobs", **options: to_nexus(storage, name=name, **options),
    "artifactory": to_artifactory,
}

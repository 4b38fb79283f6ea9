"""A Secret of a registry on Kubernetes: made once, it outlives the stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from ..core.args import reveal
from ..core.component import PACKAGE


def kept_secret(
    name: str,
    secret: str,
    namespace: Any,
    data: Mapping[str, Any],
    child: Callable[..., pulumi.ResourceOptions],
    *,
    lasting: Mapping[str, Any],
    changes: bool,
    kind: str = "Opaque",
) -> Any:
    """Register the Secret `secret`. `child` makes its options, `lasting` is what protects and retains it.

    `changes` says whether its data may be another one day. The provider replaces a Secret whose data changes, and the
    engine replaces nothing that is protected. What is retained is there still when the new one is made: forced, it
    changes in place. What never changes is not forced, so that a second stack of the same name cannot overwrite the key
    of a registry that was kept.
    """
    from pulumi_kubernetes.core.v1 import Secret
    from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

    return Secret(
        name,
        metadata=ObjectMetaArgs(
            name=secret,
            namespace=namespace,
            labels={"app.kubernetes.io/managed-by": PACKAGE},
            annotations={"pulumi.com/patchForce": "true"} if changes else None,
        ),
        type=kind,
        string_data={key: pulumi.Output.secret(reveal(value)) for key, value in sorted(data.items())},
        opts=child(**{key: value for key, value in lasting.items() if key != "protect" or not changes}),
    )


__all__ = ["kept_secret"]

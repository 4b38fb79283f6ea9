"""What every runtime hands back to the component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi


@dataclass(frozen=True)
class Running:
    """A registry that was started."""

    ready: pulumi.Output[Any]
    """Resolves once the registry answers."""
    config_path: pulumi.Output[str]
    directory: pulumi.Output[str]
    resource: pulumi.Resource | None = None
    """What runs it; None where that is more than one resource."""
    server: pulumi.Output[str] | None = None
    """Host or host:port that clients use; None where it is what the arguments say of this machine."""
    plain_http: bool | None = None
    """Whether clients speak to it without TLS; None where it is what the arguments say of TLS."""

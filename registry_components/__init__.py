"""Container registries as Pulumi components.

Names are resolved when first used, so importing the package imports neither Pulumi nor any provider SDK.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._lazy import lazy
from ._version import __version__

if TYPE_CHECKING:
    from .core.args import MaybeOutput as MaybeOutput
    from .core.args import Secret as Secret
    from .core.component import RegistryComponent as RegistryComponent
    from .core.config import StackConfig as StackConfig
    from .core.config import stack_config as stack_config
    from .core.endpoint import Credentials as Credentials
    from .core.endpoint import RegistryEndpoint as RegistryEndpoint
    from .core.endpoint import existing_endpoint as existing_endpoint
    from .core.errors import StackError as StackError

_HOMES = {
    "Credentials": "core.endpoint",
    "MaybeOutput": "core.args",
    "RegistryComponent": "core.component",
    "RegistryEndpoint": "core.endpoint",
    "Secret": "core.args",
    "StackConfig": "core.config",
    "StackError": "core.errors",
    "existing_endpoint": "core.endpoint",
    "stack_config": "core.config",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 - the names are the keys above

__getattr__, __dir__ = lazy(__name__, _HOMES)

"""What the engine would hand over: a rendering whose secrets are plain text."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from registry_components.distribution.render import Rendered


def plain(tree: Any) -> Any:
    """Return the tree with every secret as text."""
    if isinstance(tree, dict):
        return {name: plain(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [plain(value) for value in tree]
    return tree.get_secret_value() if isinstance(tree, SecretStr) else tree


def resolved(rendered: Rendered) -> Rendered:
    return Rendered(plain(rendered.config), plain(rendered.files))

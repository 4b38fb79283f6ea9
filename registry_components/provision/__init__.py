"""Makes sure of the tools that the library runs: the Pulumi engine, its Python parts, and the `registry` binary.

Each tool is taken from PATH where it is new enough, else from the official installer, else built from a pinned Go
module. What is made lands in a cache outside the checkout, whole or not at all.
"""

from __future__ import annotations

from .resolve import Choice, choose, ensure, environment, find
from .tool import CLUSTER_TOOLS, NAMES, RUN_TOOLS, TEST_TOOLS, Origin, Report, Tool

__all__ = [
    "CLUSTER_TOOLS",
    "NAMES",
    "RUN_TOOLS",
    "TEST_TOOLS",
    "Choice",
    "Origin",
    "Report",
    "Tool",
    "choose",
    "ensure",
    "environment",
    "find",
]

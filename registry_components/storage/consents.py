"""What all that keep something have in common: nothing is lost without two consents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from ..core.errors import Mistake

Deletion: TypeAlias = Literal["retain", "destroy"]
Registry: TypeAlias = Literal["distribution", "harbor", "nexus", "artifactory"]
"""Which registry keeps its blobs here: what it may do follows from that."""


def consent_mistakes(args: Any, what: str = "blobs") -> Iterator[Mistake]:
    """Yield what is wrong with the consents to deletion of `what`."""
    if getattr(args, "import_", None) is not None and args.deletion == "destroy":
        yield Mistake("deletion", "'destroy' is refused while it is adopted; remove import_ once it is adopted")
    elif args.deletion == "destroy" and not args.empty_on_delete:
        yield Mistake(
            "empty_on_delete", f"is required too to remove {what} on destroy; set it to true, or remove deletion"
        )
    elif args.empty_on_delete and args.deletion != "destroy":
        yield Mistake(
            "deletion", f"must be 'destroy' too to remove {what} on destroy; set it, or remove empty_on_delete"
        )


def is_kept(args: Any) -> bool:
    """Return whether it outlives the stack."""
    return not (args.deletion == "destroy" and args.empty_on_delete)


def protection(args: Any) -> dict[str, bool]:
    """Return the resource options of what holds blobs."""
    return {"protect": True, "retain_on_delete": True} if is_kept(args) else {}


def staying(args: Any) -> dict[str, bool]:
    """Return the resource options of what guards blobs that outlive the stack: without it they would be open."""
    return {"retain_on_delete": True} if is_kept(args) else {}

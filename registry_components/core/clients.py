"""One client for each login of a process, which resources share; in a rehearsal it talks to a model."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar

C = TypeVar("C")
D = TypeVar("D")


class Clients(Generic[C]):
    """Clients by login."""

    def __init__(self) -> None:
        self.made: dict[Hashable, C] = {}
        self._lock = threading.Lock()

    def get(self, about: Hashable, username: str, secret: str, make: Callable[[], C]) -> C:
        """Return the client for a login at what `about` tells, made where there is none; no secret is kept here."""
        key = (about, username, hashlib.sha256(secret.encode()).hexdigest())
        with self._lock:
            if key not in self.made:
                self.made[key] = make()
            return self.made[key]


def login_of(properties: Mapping[str, Any], name: str, secret: str) -> tuple[str, str] | None:
    """Return user name and secret of a resource's login; None where either is missing."""
    who, what = properties.get(name), properties.get(secret)
    return (who, what) if isinstance(who, str) and isinstance(what, str) and what else None


def in_rehearsal(find: Callable[[], D | None]) -> D | None:
    """Return what `find` finds where this runs in a rehearsal; None otherwise, without a look."""
    return find() if os.environ.get("REGC_REHEARSAL_FOLDER") else None


__all__ = ["Clients", "in_rehearsal", "login_of"]

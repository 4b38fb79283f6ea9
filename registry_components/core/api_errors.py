"""What goes wrong between here and a service's API, in words; without the HTTP client, which is in an extra."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from .errors import StackError


class ApiError(StackError):
    """A service could not be reached, or refused a request; `status` is the HTTP status where there was an answer."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


_Error = TypeVar("_Error", bound=ApiError)


def refusal(
    kind: type[_Error],
    service: str,
    task: str,
    status: int,
    words: str,
    *,
    who: str,
    also: Mapping[int, tuple[str, str]],
) -> _Error:
    """Return the error for an answer that is no success and will not become one.

    `words` is what the service says about it, `also` what a status means and what to do about it.
    """
    known = {
        401: (f"the login {who!r} is not accepted", "correct username and password"),
        409: ("it exists already", "take another name, or remove the other"),
        **also,
    }
    why, then = known.get(status, (f"{service} does not take it", ""))
    told = f"{status}: {words}" if words else str(status)
    return kind(f"cannot {task}: {why} ({told}){f'; {then}' if then else ''}", status=status)


__all__ = ["ApiError", "refusal"]

"""What went wrong between here and Harbor, in words for the person who has to mend it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ...core.api_client import ApiError
from ...core.said import said as one_line


class HarborError(ApiError):
    """Harbor could not be reached, or refused a request."""


def said(content: bytes, secrets: Iterable[str]) -> str:
    """Return what Harbor says about a refusal, on one line and without any of `secrets`."""
    try:
        body: Any = json.loads(content)
    except ValueError:
        # A page of a proxy on the way: nothing that helps.
        return ""
    errors = body.get("errors") if isinstance(body, dict) else None
    listed = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    return one_line((str(error.get("message", "")) for error in listed), secrets)


def refusal(task: str, status: int, words: str, *, who: str) -> HarborError:
    """Return the error for an answer that is no success and will not become one."""
    told = f"{status}: {words}" if words else str(status)
    if status == 401:
        why = f"the login {who!r} is not accepted ({told}); correct username and password"
    elif status == 403:
        why = f"the login {who!r} may not ({told}); give an administrator's"
    elif status == 404:
        why = f"Harbor knows no such thing ({told}); correct the name"
    elif status == 409:
        why = f"it exists already ({told}); take another name, or remove the other"
    elif status == 412:
        why = f"something still depends on it ({told}); remove that first"
    else:
        why = f"Harbor does not take it ({told})"
    return HarborError(f"cannot {task}: {why}", status=status)


__all__ = ["HarborError", "refusal", "said"]

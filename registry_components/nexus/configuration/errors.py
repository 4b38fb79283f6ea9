"""What went wrong between here and Nexus, in words for the person who has to mend it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ...core.api_client import ApiError
from ...core.said import said as one_line


class NexusError(ApiError):
    """Nexus could not be reached, or refused a request."""


def said(content: bytes, secrets: Iterable[str]) -> str:
    """Return what Nexus says about a refusal, on one line and without any of `secrets`.

    It answers with a list of `{id, message}`, with one such object, or with a page.
    """
    try:
        body: Any = json.loads(content)
    except ValueError:
        return ""
    listed = body if isinstance(body, list) else [body]
    return one_line((str(item.get("message", "")) for item in listed if isinstance(item, dict)), secrets)


def refusal(task: str, status: int, words: str, *, who: str) -> NexusError:
    """Return the error for an answer that is no success and will not become one."""
    told = f"{status}: {words}" if words else str(status)
    if status == 401:
        why = f"the login {who!r} is not accepted ({told}); correct username and password"
    elif status == 403:
        why = f"the login {who!r} may not ({told}); give an administrator's, or accept the licence agreement"
    elif status == 404:
        why = f"Nexus knows no such thing ({told}); correct the name, or the edition"
    elif status == 409:
        why = f"it exists already ({told}); take another name, or remove the other"
    else:
        why = f"Nexus does not take it ({told})"
    return NexusError(f"cannot {task}: {why}", status=status)


__all__ = ["NexusError", "refusal", "said"]

"""What went wrong between here and Nexus, in words for the person who has to mend it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ...core.api_errors import ApiError
from ...core.api_errors import refusal as refused
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
    also = {
        403: (f"the login {who!r} may not", "give an administrator's, or accept the licence agreement"),
        404: ("Nexus knows no such thing", "correct the name, or the edition"),
    }
    return refused(NexusError, "Nexus", task, status, words, who=who, also=also)


__all__ = ["NexusError", "refusal", "said"]

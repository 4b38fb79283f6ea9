"""What went wrong between here and Harbor, in words for the person who has to mend it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ...core.api_errors import ApiError
from ...core.api_errors import refusal as refused
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
    also = {
        403: (f"the login {who!r} may not", "give an administrator's"),
        404: ("Harbor knows no such thing", "correct the name"),
        412: ("something still depends on it", "remove that first"),
    }
    return refused(HarborError, "Harbor", task, status, words, who=who, also=also)


__all__ = ["HarborError", "refusal", "said"]

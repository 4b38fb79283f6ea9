"""What went wrong between here and Docker Hub, in words for the person who has to mend it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ..core.errors import StackError
from ..core.said import said as one_line

_QUOTA = re.compile(r"\b(?:limit|quota|exceed\w*|upgrade|maximum)\b", re.IGNORECASE)


class HubError(StackError):
    """Docker Hub could not be reached, or refused a request.

    `status` is the HTTP status where there was an answer. `unsure` says that the request may have been carried out
    although no good answer came.
    """

    def __init__(self, message: str, *, status: int | None = None, unsure: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.unsure = unsure


def said(content: bytes, secrets: Iterable[str]) -> str:
    """Return what Docker Hub says about a refusal, on one line and without any of `secrets`."""
    try:
        body: Any = json.loads(content)
    except ValueError:
        # A page of a proxy on the way: nothing that helps.
        return ""
    texts = [*_texts(body)]
    tokens = re.findall(r"dckr_[a-z]+_[\w-]+|eyJ[\w-]+\.[\w-]+\.[\w-]*", " ".join(texts))
    return one_line(texts, [*secrets, *tokens])


def _texts(body: Any) -> Iterable[str]:
    if not isinstance(body, dict):
        return
    # The API has three forms: {detail}, {message, errinfo} and {text, fields}.
    for key in ("detail", "message", "text"):
        if isinstance(body.get(key), str):
            yield body[key]
    for key in ("errinfo", "fields"):
        member = body.get(key)
        if isinstance(member, dict):
            for name, value in sorted(member.items()):
                listed = ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
                yield f"{name}: {listed}"


def token_need(namespace: str, scope: str) -> str:
    """Return which tokens may do something in a namespace; the scope is an organization access token's."""
    return (
        f"a personal access token with permission 'Read, Write, Delete' of an owner or editor of {namespace}, or an "
        f"organization access token with {scope}"
    )


def refusal(task: str, status: int, words: str, *, who: str, need: str) -> HubError:
    """Return the error for an answer that is no success and will not become one."""
    told = f"{status}: {words}" if words else str(status)
    if status in (400, 402, 403, 409) and _QUOTA.search(words):
        why = f"the quota of the account's plan is used up ({told}); remove what is not needed, or take a larger plan"
    elif status == 401:
        why = f"the login {who!r} is not accepted ({told}); set login.token to a token that is valid"
    elif status == 403:
        why = f"the login {who!r} may not ({told}); it needs {need}"
    elif status == 404:
        why = f"Docker Hub knows no such thing, or hides it from the login {who!r} ({told}); correct the name"
    elif status == 409:
        why = f"it exists already ({told}); take another name"
    else:
        why = f"Docker Hub does not take it ({told})"
    return HubError(f"cannot {task}: {why}", status=status)

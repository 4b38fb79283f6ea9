"""What a service says about a refusal, as part of a message of ours."""

from __future__ import annotations

from collections.abc import Iterable

_MAX_SAID = 200


def said(texts: Iterable[str], secrets: Iterable[str]) -> str:
    """Return texts of an answer on one short line, each once and without any of `secrets`."""
    text = " ".join("; ".join(dict.fromkeys(text for text in texts if text)).split())
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[secret]")
    return text if len(text) <= _MAX_SAID else text[: _MAX_SAID - 1] + "…"


__all__ = ["said"]

"""Takes secrets out of everything that a rehearsal shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ..testing._wire import SECRET, SIGNATURE
from ..testing.inventories import HIDDEN
from ..testing.secrets import SHORTEST, _needles

_SHORTEST_WHOLE: Final = 4


class Redactor:
    """Replaces known secrets, in the forms they are usually written, by `[secret]`.

    A secret of 8 characters or more is found inside longer text too; one of 4 to 7 is replaced where it is the whole
    value, since inside a text it would be found by chance.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._whole: set[str] = set()
        self._inside: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Know more secrets. Lines of a text with several are secrets too: a key's PEM, for one."""
        for secret in secrets:
            for part in {secret, secret.strip(), *secret.splitlines()}:
                if len(part) >= _SHORTEST_WHOLE and part not in {"true", "false", "null", "none"}:
                    self._whole.add(part)
                if len(part) >= SHORTEST and not part.startswith("-----"):
                    self._inside.update(needle.text.decode("utf-8", "replace") for needle in _needles("", part))
        longest = sorted(self._inside, key=lambda text: (-len(text), text))
        self._pattern = re.compile("|".join(map(re.escape, longest))) if longest else None

    def text(self, text: str) -> str:
        """Return the text without the secrets."""
        if text in self._whole:
            return HIDDEN
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)

    def value(self, value: Any) -> Any:
        """Return a resource's property without the secrets: those that the state marks, and those that are known."""
        match value:
            case Mapping():
                if value.get(SIGNATURE) == SECRET:
                    return HIDDEN
                shown = {key: item for key, item in value.items() if not str(key).startswith("__")}
                return {self.text(str(key)): self.value(item) for key, item in shown.items()}
            case list() | tuple():
                return [self.value(item) for item in value]
            case str():
                return self.text(value)
            case int() | float() if not isinstance(value, bool) and str(value) in self._whole:
                return HIDDEN
        return value


def secret_texts(value: Any, *, inside: bool = False) -> Iterator[str]:
    """Yield every text that an exported state (`--show-secrets`) marks as secret; of JSON documents also the parts."""
    match value:
        case Mapping():
            if value.get(SIGNATURE) == SECRET:
                plain = value.get("plaintext")
                yield from secret_texts(
                    json.loads(plain) if isinstance(plain, str) else value.get("value"), inside=True
                )
                return
            for item in value.values():
                yield from secret_texts(item, inside=inside)
        case list() | tuple():
            for item in value:
                yield from secret_texts(item, inside=inside)
        case str() if inside:
            yield value
            if value[:1] in {"{", "["}:
                try:
                    yield from secret_texts(json.loads(value), inside=True)
                except ValueError:
                    return
        case int() | float() if inside and not isinstance(value, bool):
            yield str(value)


__all__ = ["Redactor", "secret_texts"]

"""Looks for secrets in plain sight: in text, files, folders and JSON, in the forms they are usually written."""

from __future__ import annotations

import base64
import gzip
import json
import re
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from registry_components.core.errors import stack_error

SHORTEST: Final = 8
"""The shortest secret, in characters, that is looked for; a shorter one would be found by chance."""

Secrets = Iterable[str] | Mapping[str, str]
"""The secrets, told apart by number, or by the names that a mapping gives them."""

Place = Path | str | bytes | Mapping[str, Any]
"""A file or folder, a text, bytes, or a JSON document."""


@dataclass(frozen=True, kw_only=True)
class Leak:
    """One finding. It says which secret, where and in what form, and never the secret."""

    secret: str
    """The secret's name, or `#1` for the first."""
    where: str
    """The file or place, then `$.path` inside JSON (after the line, in JSON lines), or line and byte offset."""
    form: str

    def __str__(self) -> str:
        return f"secret {self.secret} in {self.where} ({self.form})"


@dataclass(frozen=True)
class _Needle:
    label: str
    form: str
    text: bytes


class Scanner:
    """Looks for one set of secrets. Raises `StackError` for a secret shorter than `SHORTEST`."""

    def __init__(self, secrets: Secrets) -> None:
        if isinstance(secrets, str):
            raise TypeError("give a list of secrets, not one text")
        named = (
            dict(secrets)
            if isinstance(secrets, Mapping)
            else {f"#{number}": secret for number, secret in enumerate(secrets, 1)}
        )
        if not named:
            raise stack_error("there is no secret to look for; give at least one")
        short = [label for label, secret in named.items() if len(secret) < SHORTEST]
        if short:
            raise stack_error(
                f"secret {', '.join(short)}: shorter than {SHORTEST} characters, so it would be found by chance; "
                "give the test a longer secret"
            )
        self._needles = [needle for label, secret in named.items() for needle in _needles(label, secret)]

    def scan(self, place: Place, name: str) -> list[Leak]:
        """Return the leaks in a place, which is called `name`; a path's files are called by their paths."""
        if isinstance(place, Path):
            if place.is_dir():
                files = sorted(path for path in place.rglob("*") if path.is_file() and not path.is_symlink())
                return [leak for file in files for leak in self.scan(file, str(file))]
            named = [Leak(secret=n.label, where="the name of a file", form=n.form) for n in self._find(name.encode())]
            return [*named, *self._scan_bytes(_unpacked(place.read_bytes()), self._clean(name))]
        if isinstance(place, Mapping):
            return self._scan_document(place, f"{name} $")
        return self._scan_bytes(place.encode() if isinstance(place, str) else place, name)

    def _find(self, data: bytes) -> list[_Needle]:
        """Return the forms in the data, one for each secret: the plainest."""
        found: dict[str, _Needle] = {}
        for needle in self._needles:
            if needle.label not in found and needle.text in data:
                found[needle.label] = needle
        return list(found.values())

    def _scan_bytes(self, data: bytes, name: str) -> list[Leak]:
        leaks: list[Leak] = []
        try:
            document = json.loads(data)
        except ValueError:
            document = None
        if isinstance(document, dict | list):
            leaks = self._scan_document(document, f"{name} $")
        else:
            # JSON lines, as the engine's event log is written.
            for number, line in enumerate(data.splitlines(), 1):
                if line.lstrip().startswith(b"{"):
                    try:
                        leaks += self._scan_document(json.loads(line), f"{name} line {number} $")
                    except ValueError:
                        continue
        told = {leak.secret for leak in leaks}
        for needle in self._find(data):
            if needle.label in told:
                continue
            leaks += [
                Leak(
                    secret=needle.label,
                    where=f"{name} line {data.count(b'%c' % 10, 0, match.start()) + 1} offset {match.start()}",
                    form=needle.form,
                )
                for match in re.finditer(re.escape(needle.text), data)
            ]
        return list(dict.fromkeys(leaks))

    def _scan_document(self, document: Any, path: str) -> list[Leak]:
        # One search through all texts together; the walk that names paths only where that finds something.
        if not self._find("\0".join(_texts(document)).encode("utf-8", "surrogatepass")):
            return []
        return list(dict.fromkeys(self._scan_json(document, path)))

    def _scan_json(self, value: Any, path: str) -> Iterator[Leak]:
        match value:
            case Mapping():
                for key, item in value.items():
                    shown = self._clean(str(key))
                    inner = f"{path}.{shown}" if re.fullmatch(r"[A-Za-z_]\w*", shown) else f"{path}[{shown!r}]"
                    for needle in self._find(str(key).encode()):
                        yield Leak(secret=needle.label, where=f"{path} (a key)", form=needle.form)
                    yield from self._scan_json(item, inner)
            case list() | tuple():
                for index, item in enumerate(value):
                    yield from self._scan_json(item, f"{path}[{index}]")
            case str():
                for needle in self._find(value.encode("utf-8", "surrogatepass")):
                    yield Leak(secret=needle.label, where=path, form=needle.form)

    def _clean(self, text: str) -> str:
        return "(the secret itself)" if self._find(text.encode()) else text


def find_plaintext(secrets: Secrets, *places: Place) -> list[Leak]:
    """Return every place where a secret stands readable.

    Looked for are the secret itself and its forms: base64 (inside longer text too, and base64 of that), URL-encoded,
    escaped for JSON once and twice, hexadecimal. A folder is searched through, gzip files are unpacked, JSON findings
    name their path. Raises `StackError` for a secret shorter than 8 characters.
    """
    scanner = Scanner(secrets)
    leaks: list[Leak] = []
    for number, place in enumerate(places, 1):
        leaks += scanner.scan(place, str(place) if isinstance(place, Path) else f"place {number}")
    return leaks


def _texts(value: Any) -> Iterator[str]:
    match value:
        case Mapping():
            for key, item in value.items():
                yield str(key)
                yield from _texts(item)
        case list() | tuple():
            for item in value:
                yield from _texts(item)
        case str():
            yield value


def _unpacked(data: bytes) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        try:
            return gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return data
    return data


def _needles(label: str, secret: str) -> list[_Needle]:
    plain = secret.encode()
    forms: dict[bytes, str] = {plain: "plain"}

    def add(form: str, *texts: bytes) -> None:
        for text in texts:
            forms.setdefault(text, form)

    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        twice = json.dumps(once, ensure_ascii=ascii_only)[1:-1]
        add("JSON-escaped", once.encode(), twice.encode())
        # Go's encoder writes these three as \u escapes, and the engine is written in Go.
        go = once.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        add("JSON-escaped", go.encode(), json.dumps(go)[1:-1].encode())
    for quoted in (
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote(secret),
        urllib.parse.quote_plus(secret),
        urllib.parse.quote(secret, safe="!$&'()*+,;=:@/"),
    ):
        add("URL-encoded", quoted.encode(), re.sub("%..", lambda m: m[0].lower(), quoted).encode())
    add("hexadecimal", plain.hex().encode(), plain.hex().upper().encode())
    single = [text for part in (plain, *_escaped(forms)) for text in _base64(part)]
    add("base64", *single)
    add("base64 twice", *(text for part in single for text in _base64(part)))
    return [_Needle(label, form, text) for text, form in forms.items()]


def _escaped(forms: Mapping[bytes, str]) -> list[bytes]:
    return [text for text, form in forms.items() if form == "JSON-escaped"]


def _base64(data: bytes) -> list[bytes]:
    """Return what base64 of any text around `data` holds: the characters that `data` alone decides."""
    found = []
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + data).rstrip(b"=")
        first = -(-8 * lead // 6)
        last = 8 * (lead + len(data)) // 6
        found.append(encoded[first:last])
    return [*found, *(text.translate(bytes.maketrans(b"+/", b"-_")) for text in found)]

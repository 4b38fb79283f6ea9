"""Removes from Redis what a registry has cached of its blobs, so that it asks its storage again.

A descriptor of a blob that was deleted says that the blob is there: a client that pushes leaves it out, and the image
is broken. Distribution's own collection does not know of the cache (3.1).
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import yaml

from ..core.errors import StackError

# registry/storage/cache/redis of Distribution 3.1: descriptors by digest, and which repository has which.
_PATTERNS: Final = (b"blobs::*", b"repository::*::blobs", b"repository::*::blobs::*")
_SECONDS: Final = 30.0
_SETTLE_SECONDS: Final = 1.0
_PAGE: Final = b"1000"


def purge(config: Path, environment: Mapping[str, str]) -> str:
    """Remove the descriptors, where config.yml caches them in Redis; return what was done, or nothing.

    Raises `StackError` where Redis cannot be asked.
    """
    said: dict[str, Any] = yaml.safe_load(config.read_text(encoding="utf-8"))
    if (said["storage"].get("cache") or {}).get("blobdescriptor") != "redis":
        return ""
    redis = said["redis"]
    address = redis["addrs"][0]
    password = environment.get("REGISTRY_REDIS_PASSWORD")
    try:
        with _connected(address, redis.get("tls")) as connection, connection.makefile("rwb") as stream:
            asked = cast("BinaryIO", stream)
            if password is not None:
                login = [str(redis["username"])] if "username" in redis else []
                _ask(asked, "AUTH", *login, str(json.loads(password)))
            _ask(asked, "SELECT", str(redis.get("db", 0)))
            # A descriptor that a pod was about to put there is there by then.
            time.sleep(_SETTLE_SECONDS)
            count = sum(_removed(asked, pattern) for pattern in _PATTERNS)
    except OSError as error:
        raise StackError(
            f"Redis at {address} cannot be asked ({type(error).__name__}), and may say that blobs are there which are "
            "not; run the collection again once it answers"
        ) from None
    return f"{count} entries of the cache were removed"


def _connected(address: str, tls: Mapping[str, Any] | None) -> socket.socket:
    host, _, port = address.rpartition(":")
    connection = socket.create_connection((host.strip("[]"), int(port)), timeout=_SECONDS)
    if not tls:
        return connection
    context = ssl.create_default_context()
    for authority in tls.get("rootcas") or []:
        context.load_verify_locations(authority)
    if "certificate" in tls:
        context.load_cert_chain(tls["certificate"], tls["key"])
    return context.wrap_socket(connection, server_hostname=host.strip("[]"))


def _removed(stream: BinaryIO, pattern: bytes) -> int:
    cursor: bytes = b"0"
    count = 0
    while True:
        cursor, keys = _ask(stream, "SCAN", cursor, "MATCH", pattern, "COUNT", _PAGE)
        if keys:
            count += _ask(stream, "DEL", *keys)
        if cursor == b"0":
            return count


def _ask(stream: BinaryIO, *words: str | bytes) -> Any:
    """Send a command, and return its answer. Raises `StackError` where Redis refuses it."""
    parts = [word.encode() if isinstance(word, str) else word for word in words]
    stream.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
    stream.flush()
    return _answer(stream)


def _answer(stream: BinaryIO) -> Any:
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError
    kind, rest = line[:1], line[1:-2]
    match kind:
        case b"-":
            # Redis names the command or the missing right, never a password.
            raise StackError(f"Redis refuses: {rest.decode(errors='replace')}")
        case b":":
            return int(rest)
        case b"$":
            return None if rest == b"-1" else stream.read(int(rest) + 2)[:-2]
        case b"*":
            return list(_items(stream, int(rest)))
    return rest


def _items(stream: BinaryIO, count: int) -> Iterator[Any]:
    for _ in range(count):
        yield _answer(stream)


__all__ = ["purge"]

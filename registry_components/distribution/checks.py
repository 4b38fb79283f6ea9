"""Checks of single values: each returns what is wrong, or None. Pure, and never with a secret in the text."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from ..core.args import MaybeOutput
from ..core.regexes import check_regex
from ..core.urls import is_ip
from ..core.validated import validated

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_URL_TEXT = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\r?\n(.*?)-----END \1-----", re.DOTALL)
_HTPASSWD_LINE = re.compile(r"[^:\s#][^:\s]*:\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a listening address."""
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def check_address(host: str) -> str | None:
    """Check an address to listen on: an IP address or `localhost`."""
    if host == "localhost":
        return None
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return f"{host!r} is not an IP address; give one such as 127.0.0.1, or 0.0.0.0 for every IPv4 address"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.scope_id:
        return f"{host!r} names a network interface; give the address without %{parsed.scope_id}"
    return None


def check_hostname(name: str) -> str | None:
    """Check the name of a host: labels of letters, digits and hyphens, or an IP address."""
    if "://" in name:
        return f"{name!r} has a scheme; give the host name alone"
    if re.fullmatch(r"[^:]+:[0-9]+", name):
        return f"{name!r} has a port; give the host name alone"
    if is_ip(name) or (len(name) <= 253 and _NAME.fullmatch(name) and not re.fullmatch(r"[0-9.]+", name)):
        return None
    return f"{name!r} is not a host name; use letters, digits and hyphens in parts separated by dots"


def check_host_port(text: str) -> str | None:
    """Check `host:port` or `[IPv6]:port`."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+):([0-9]{1,5})", text)
    if not found or check_hostname(found.group(1).strip("[]")):
        return f"{text!r} is not host:port; give both, such as 'redis.example.com:6379'"
    if not 1 <= int(found.group(2)) <= 65535:
        return f"port {found.group(2)} is not between 1 and 65535"
    return None


def check_http_url(text: str) -> str | None:
    """Check an absolute http or https URL without a login in it."""
    shown = "the URL" if "@" in text else repr(text)
    if not re.match(r"https?://", text):
        return f"{shown} is not an http or https URL; begin it with https://"
    if "@" in text:
        return "has a login in the URL; take user name and password out of it"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return f"{shown} is not a URL; write https://host/path"
    if not _URL_TEXT.fullmatch(text) or not parts.hostname or check_hostname(parts.hostname):
        return f"{shown} is not a URL; write https://host/path"
    if port == 0 or parts.netloc.endswith(":"):
        return f"{shown} has no valid port; leave the port out or give 1 to 65535"
    return None


def check_server_url(text: str) -> str | None:
    """Check a URL that names a server and nothing below it."""
    mistake = check_http_url(text)
    if mistake:
        return mistake
    parts = urlsplit(text)
    if parts.path or parts.query or parts.fragment or text.endswith(("?", "#")):
        return f"{text!r} has a path; give scheme and host alone: {f'{parts.scheme}://{parts.netloc}'!r}"
    return None


def check_base_url(text: str) -> str | None:
    """Check a URL that paths are added to."""
    mistake = check_http_url(text)
    if not mistake and ("?" in text or "#" in text):
        return f"{text!r} has a query; give the URL up to its path"
    return mistake


def check_path(text: str) -> str | None:
    """Check an absolute path of a file or directory."""
    if not text.startswith("/"):
        return f"{text!r} is not an absolute path; begin it with /"
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text) or ".." in text.split("/"):
        return f"{text!r} is not a plain path; leave out .. and control characters"
    return None


def check_url_path(text: str) -> str | None:
    """Check a plain path of a URL."""
    if not re.fullmatch(r"(?:/[A-Za-z0-9_~.-]+)+", text) or {".", ".."} & set(text.split("/")):
        return f"{text!r} is not a URL path; write /one or /one/two with letters, digits and . _ ~ -"
    return None


def check_prefix(text: str) -> str | None:
    """Check a URL path that the API is served below."""
    if not text.startswith("/") or not text.endswith("/") or text == "/":
        return f"{text!r} must begin and end with /, such as '/registry/'"
    if check_url_path(text[:-1]):
        return f"{text!r} is not a URL path; write /one/ or /one/two/ with letters, digits and . _ ~ -"
    return None


def check_plain(text: str) -> str | None:
    """Check that a text is one line of printable characters."""
    if not text:
        return "cannot be empty"
    return None if text.isprintable() else "has a line break or control character; give one line of text"


def check_plain_ascii(text: str) -> str | None:
    """Check that a text is one line of ASCII."""
    return check_plain(text) or (None if text.isascii() else "has a character outside ASCII")


def check_header_name(name: str) -> str | None:
    """Check the name of an HTTP header."""
    if _HEADER_NAME.fullmatch(name):
        return None
    return f"{name!r} is not a header name; use letters, digits and hyphens, without a colon"


def check_key_prefix(text: str) -> str | None:
    """Check a prefix of object keys in a bucket."""
    if not re.fullmatch(r"/?[A-Za-z0-9!_.*'()-]+(?:/[A-Za-z0-9!_.*'()-]+)*/?", text):
        return f"{text!r} is not a key prefix; use letters, digits and . _ - in parts separated by /"
    return None


def check_username(name: str) -> str | None:
    """Check a user name of basic authentication."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}", name):
        return None
    return f"{name!r} is not a user name; use 1 to 64 letters, digits and . _ @ + -"


def check_password(text: str) -> str | None:
    """Check a password that is hashed with bcrypt, which reads 72 bytes and no NUL."""
    if len(text) < 8:
        return f"has {len(text)} characters; give at least 8, or name the user in users to have one generated"
    if len(text.encode()) > 72:
        return f"has {len(text.encode())} bytes; bcrypt reads 72 and would ignore the rest: shorten it"
    return None if text.isprintable() else "has a line break or control character; take it out"


def check_htpasswd(text: str) -> str | None:
    """Check the lines of an htpasswd file: bcrypt hashes only. The text shows line numbers, never a line."""
    users: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        if not _HTPASSWD_LINE.fullmatch(entry):
            hashed = entry.partition(":")[2]
            if hashed.startswith(("{SHA}", "$apr1$", "$5$", "$6$")):
                return f"line {number} is hashed with something else than bcrypt; make it with `htpasswd -nB USER`"
            return f"line {number} is not user:hash with a bcrypt hash; make it with `htpasswd -nB USER`"
        user = entry.partition(":")[0]
        if user in users:
            return f"line {number} repeats a user of an earlier line; keep one of them"
        users.add(user)
    return None if users else "names no user; give at least one line made with `htpasswd -nB USER`"


def _der(block: str) -> bytes | None:
    """Return the one ASN.1 SEQUENCE of a PEM block's body, or None where it is not whole."""
    try:
        data = base64.b64decode("".join(block.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    rest = _content(data, 0x30)
    return rest[0] if rest is not None and rest[1] == b"" else None


def _content(data: bytes, tag: int) -> tuple[bytes, bytes] | None:
    """Split DER into the first element's content and what follows it; None where the element is not whole."""
    if len(data) < 2 or data[0] != tag:
        return None
    length, start = data[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        if not 3 <= start <= 6 or len(data) < start:
            return None
        length = int.from_bytes(data[2:start])
    end = start + length
    return (data[start:end], data[end:]) if len(data) >= end else None


def _is_certificate(block: str) -> bool:
    body = _der(block)
    for tag in (0x30, 0x30, 0x03):  # what is signed, how, the signature
        parts = _content(body, tag) if body is not None else None
        if parts is None:
            return False
        body = parts[1]
    return body == b""


def check_certificates(text: str) -> str | None:
    """Check PEM text of one or more whole certificates. Trust, dates and the matching key cannot be seen here."""
    blocks = _PEM.findall(text)
    for kind, body in blocks:
        if kind.endswith("PRIVATE KEY"):
            return "holds a private key; give certificates only"
        if kind != "CERTIFICATE" or not _is_certificate(body):
            return "holds a block that is not a whole certificate; give -----BEGIN CERTIFICATE----- blocks, unaltered"
    if not blocks:
        return "is not a PEM certificate; give the file's content, which begins with -----BEGIN CERTIFICATE-----"
    return None


def _check_key(text: str, kinds: tuple[str, ...]) -> str | None:
    blocks = _PEM.findall(text)
    if not blocks:
        return f"is not a PEM private key; give the file's content, which begins with -----BEGIN {kinds[0]}-----"
    for kind, body in blocks:
        if kind == "ENCRYPTED PRIVATE KEY" or "ENCRYPTED" in body:
            return "is encrypted, and the registry cannot ask for a passphrase; give the key without one"
        if kind in kinds:
            content = _der(body)
            whole = content is not None and _content(content, 0x02) is not None
            return None if whole else "is not a whole private key; give the file's content unaltered"
        if kind == "CERTIFICATE":
            return "holds a certificate; give the private key only"
    return f"holds a {blocks[0][0]}; give a -----BEGIN {kinds[0]}----- block"


def check_private_key(text: str) -> str | None:
    """Check PEM text of one private key without a passphrase."""
    return _check_key(text, ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"))


def check_rsa_key(text: str) -> str | None:
    """Check PEM text of one RSA key in the PKCS#1 form."""
    if "-----BEGIN PRIVATE KEY-----" in text:
        return "is in PKCS#8 form, and CloudFront signing takes PKCS#1; convert it with `openssl rsa -traditional`"
    return _check_key(text, ("RSA PRIVATE KEY",))


_CURVES = {"P-256": 32, "P-384": 48, "P-521": 66}


def _number(key: dict[str, Any], name: str) -> bytes | None:
    value = key.get(name)
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        return None
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error:
        return None


def _check_jwk(key: Any) -> str | None:
    if not isinstance(key, dict):
        return "is not a JSON object"
    if "d" in key or "k" in key:
        return "holds a private or shared key; give the public part"
    if not isinstance(key.get("kid"), str) or not key["kid"]:
        return "has no kid, by which tokens name it; add one"
    match key.get("kty"):
        case "RSA":
            whole = _number(key, "n") is not None and _number(key, "e") is not None
        case "EC":
            sizes = [len(_number(key, name) or b"") for name in ("x", "y")]
            whole = sizes == [_CURVES.get(str(key.get("crv")), 0)] * 2 and sizes[0] > 0
        case "OKP":
            whole = key.get("crv") == "Ed25519" and len(_number(key, "x") or b"") == 32
        case _:
            return "has no kty that is RSA, EC or OKP"
    return None if whole else f"is not a whole {key['kty']} key"


def check_jwks(text: str) -> str | None:
    """Check the JSON text of a set of public keys (RFC 7517)."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return 'is not JSON; give a JSON Web Key Set: {"keys": [...]}'
    keys = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(keys, list) or not keys:
        return 'has no keys; give a JSON Web Key Set: {"keys": [...]}'
    found = ((number, _check_jwk(key)) for number, key in enumerate(keys, 1))
    return next((f"key {number} {mistake}" for number, mistake in found if mistake), None)


def check_service_account(text: str) -> str | None:
    """Check the JSON text of a Google service account key."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return "is not JSON; give the content of a service account's JSON key file"
    if not isinstance(parsed, dict) or parsed.get("type") != "service_account":
        return "is not a service account's key; give a JSON key whose type is service_account"
    wanted = ("client_email", "private_key", "private_key_id", "token_uri")
    missing = [name for name in wanted if not isinstance(parsed.get(name), str) or not parsed[name]]
    if missing:
        return f"has no {', '.join(missing)}; give the whole JSON key file"
    if check_private_key(parsed["private_key"]):
        return "has a private_key that is not a PEM key; give the JSON key file unaltered"
    return None


def check_base64(text: str) -> str | None:
    """Check base64 text."""
    try:
        return None if base64.b64decode(text, validate=True) else "cannot be empty"
    except (binascii.Error, ValueError):
        return "is not base64; copy the whole key, with the = at its end"


Text: TypeAlias = Annotated[str, validated(check_plain)]
AsciiText: TypeAlias = Annotated[str, validated(check_plain_ascii)]
Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
Seconds: TypeAlias = Annotated[int, Field(ge=1, le=86_400)]
Days: TypeAlias = Annotated[int, Field(ge=1, le=3650)]
HostPort: TypeAlias = Annotated[str, validated(check_host_port)]
HttpUrl: TypeAlias = Annotated[str, validated(check_http_url)]
ServerUrl: TypeAlias = Annotated[str, validated(check_server_url)]
BaseUrl: TypeAlias = Annotated[str, validated(check_base_url)]
Path: TypeAlias = Annotated[str, validated(check_path)]
KeyPrefix: TypeAlias = Annotated[str, validated(check_key_prefix)]
HeaderName: TypeAlias = Annotated[str, validated(check_header_name)]
Username: TypeAlias = Annotated[str, validated(check_username)]
GoRegex: TypeAlias = Annotated[str, validated(check_regex)]

Certificates: TypeAlias = MaybeOutput[Annotated[str, validated(check_certificates)]]
"""PEM text of certificates; not secret."""
PrivateKey: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_private_key)]]
"""PEM text of a private key."""
RsaKey: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_rsa_key)]]
Jwks: TypeAlias = MaybeOutput[Annotated[str, validated(check_jwks)]]
Htpasswd: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_htpasswd)]]
Password: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_password)]]
SecretText: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_plain)]]
ServiceAccountKey: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_service_account)]]
Base64Secret: TypeAlias = MaybeOutput[Annotated[SecretStr, validated(check_base64)]]

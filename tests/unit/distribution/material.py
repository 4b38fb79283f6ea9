"""Real certificates, keys and password hashes for tests; made once per run with openssl."""

from __future__ import annotations

import base64
import functools
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Material:
    pairs: tuple[tuple[str, str], ...]
    """Certificates with their keys: RSA in PKCS#8 and PKCS#1 form, and EC in both forms."""
    authority: str
    rsa_key: str
    """An RSA key in PKCS#1 form."""
    jwks: str
    service_account: str


# bcrypt of a password nobody needs, in the spellings that tools write.
BCRYPT = "$2b$05$abcdefghijklmnopqrstuuT0Q2XkqOTXvWbZ1ZQ6xJ1rGd0rO4nHa"


def _openssl(*arguments: str, folder: Path) -> bytes:
    return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True).stdout


def _number(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _text(folder: Path, name: str) -> str:
    return (folder / name).read_text()


@functools.cache
def material() -> Material:
    """Return the material of this run."""
    with tempfile.TemporaryDirectory() as name:
        return _make(Path(name))


def _make(folder: Path) -> Material:
    _openssl("genrsa", "-traditional", "-out", "rsa1.key", "2048", folder=folder)
    _openssl("pkcs8", "-topk8", "-nocrypt", "-in", "rsa1.key", "-out", "rsa8.key", folder=folder)
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ec1.key", folder=folder)
    _openssl("pkcs8", "-topk8", "-nocrypt", "-in", "ec1.key", "-out", "ec8.key", folder=folder)
    for kind in ("rsa1", "ec1"):
        subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        _openssl(
            "req", "-x509", "-new", "-key", f"{kind}.key", "-days", "2", *subject, "-out", f"{kind}.pem", folder=folder
        )
    modulus = bytes.fromhex(
        _openssl("rsa", "-in", "rsa1.key", "-modulus", "-noout", folder=folder).decode().strip()[8:]
    )
    point = _openssl("ec", "-in", "ec1.key", "-pubout", "-outform", "DER", folder=folder)[-64:]
    keys = [
        {"kid": "one", "kty": "RSA", "n": _number(modulus), "e": "AQAB"},
        {"kid": "two", "kty": "EC", "crv": "P-256", "x": _number(point[:32]), "y": _number(point[32:])},
    ]
    account = {
        "type": "service_account",
        "project_id": "project",
        "private_key_id": "1",
        "private_key": _text(folder, "rsa8.key"),
        "client_email": "registry@project.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return Material(
        pairs=tuple(
            (_text(folder, f"{kind}1.pem"), _text(folder, f"{kind}{form}.key"))
            for kind in ("rsa", "ec")
            for form in "18"
        ),
        authority=_text(folder, "rsa1.pem") + _text(folder, "ec1.pem"),
        rsa_key=_text(folder, "rsa1.key"),
        jwks=json.dumps({"keys": keys}),
        service_account=json.dumps(account),
    )

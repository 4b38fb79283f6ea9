"""Finds the login for an image among pull secrets, as kubelet does (k8s.io/kubernetes pkg/credentialprovider)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

DOCKER_HUB = "docker.io"
_HUB_NAMES = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})


def logins_of(secret: Mapping[str, Any]) -> dict[str, str]:
    """Return the user names in a pull secret by the key of each entry, and no password.

    Raises `ValueError` that says why the secret is none that can be used.
    """
    kind, data = secret.get("type"), secret.get("data") or {}
    match kind:
        case "kubernetes.io/dockerconfigjson":
            key = ".dockerconfigjson"
        case "kubernetes.io/dockercfg":
            key = ".dockercfg"
        case _:
            raise ValueError(f"is of type {kind}, which kubelet does not look into")
    try:
        tree = json.loads(base64.b64decode(data[key], validate=True))
        auths = tree["auths"] if key == ".dockerconfigjson" else tree
        return {str(host): _username(entry) for host, entry in auths.items()}
    except (LookupError, TypeError, AttributeError, ValueError):
        raise ValueError("holds no Docker config file") from None


def _username(entry: Mapping[str, Any]) -> str:
    """Return an entry's user name; empty where it has no login."""
    pair = entry.get("auth")
    if pair:
        try:
            name, colon, password = base64.b64decode(pair).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return name if colon and password else ""
    return str(entry.get("username") or "") if entry.get("password") else ""


def matches(key: str, host: str, repository: str) -> bool:
    """Return whether an entry's key is meant for an image: host by its parts, then the beginning of the path."""
    split = urlsplit(key if "://" in key else f"https://{key}")
    wanted, path = split.netloc, split.path.strip("/")
    # Docker's own key has a version for a path; kubelet takes /v1/ and /v2/ for none.
    path = re.sub(r"^v[12](?:/|$)", "", path)
    if wanted in _HUB_NAMES and host in _HUB_NAMES:
        return repository.startswith(path)
    name, _, port = wanted.partition(":")
    here, _, here_port = host.partition(":")
    parts, here_parts = name.split("."), here.split(".")
    same = len(parts) == len(here_parts) and all(map(fnmatchcase, here_parts, parts))
    return same and port == here_port and repository.startswith(path)

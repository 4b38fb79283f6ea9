"""Docker config files with several logins, which is what a secret for pulls holds."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.endpoint import auth_key
from ..core.errors import stack_error
from .possible import static_refusal
from .registry_kind import RegistryKind, kind_of

KEY = ".dockerconfigjson"
TYPE = "kubernetes.io/dockerconfigjson"


def login(username: str, password: str) -> dict[str, str]:
    """Return one entry of `auths`."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"auth": pair, "password": password, "username": username}


def config_text(logins: Mapping[str, Mapping[str, str]]) -> str:
    """Return a Docker config file with these entries of `auths`, by server."""
    auths = {auth_key(server): dict(entry) for server, entry in logins.items()}
    return json.dumps({"auths": auths}, sort_keys=True)


def read_config(text: str) -> dict[str, dict[str, str]]:
    """Return the entries of `auths`. Raises `ValueError` where the text is no Docker config file."""
    tree = json.loads(text)
    auths = tree.get("auths") if isinstance(tree, dict) else None
    if not isinstance(auths, dict) or not all(isinstance(entry, dict) for entry in auths.values()):
        raise ValueError("it has no auths")
    return auths


def checked_config(said: Iterable[tuple[RegistryKind | None, str, str, str]]) -> str:
    """Return the text for kinds, servers, user names and passwords, all of which are known by now.

    Raises `StackError` for what could not be seen before: a token that dies, or two logins of one host.
    """
    logins: dict[str, dict[str, str]] = {}
    for kind, server, username, password in said:
        refusal = static_refusal(kind or kind_of(server), username, password)
        if refusal:
            raise stack_error(f"PullSecrets: {server}: {refusal}")
        if auth_key(server) in map(auth_key, logins):
            raise stack_error(
                f"PullSecrets: {server} has two logins, and a secret has one for each host; put one into a PullSecrets "
                "of its own"
            )
        logins[server] = login(username, password)
    return config_text(logins)


def secret_data(text: str) -> dict[str, Any]:
    """Return `data` of a Kubernetes secret that holds the text."""
    return {KEY: base64.b64encode(text.encode()).decode()}

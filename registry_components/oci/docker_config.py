"""Logins from Docker's client configuration: `config.json`, and the credential helpers that it names.

Source: Docker's documentation of `docker login` and of the credential helpers' protocol.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from ..core.endpoint import DOCKER_HUB_SERVERS
from ..core.errors import stack_error

_HUB_KEY = "https://index.docker.io/v1/"
_HELPER_SECONDS = 30


class Login(NamedTuple):
    """A user name and a password or token."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.username!r})"


def path() -> Path:
    """Return where Docker keeps its client configuration."""
    folder = os.environ.get("DOCKER_CONFIG")
    return (Path(folder) if folder else Path.home() / ".docker") / "config.json"


def login_for(server: str, file: Path | None = None) -> Login | None:
    """Return the login that Docker has for a registry, or None where it has none.

    A helper for the registry comes before the general one, and that before what stands in the file. Raises
    `StackError` where the file cannot be read, or a helper fails.
    """
    where = path() if file is None else file
    config = _read(where)
    if config is None:
        return None
    keys = [_HUB_KEY, *DOCKER_HUB_SERVERS] if server in DOCKER_HUB_SERVERS else [server]
    helpers = _mapping(config, "credHelpers")
    store = config.get("credsStore")
    for key in keys:
        helper = helpers.get(key) or store
        if isinstance(helper, str) and helper:
            found = _ask(helper, key)
            if found is not None:
                return found
    auths = _mapping(config, "auths")
    for key in keys:
        for name in (key, f"https://{key}", f"http://{key}", f"https://{key}/", f"https://{key}/v1/"):
            found = _plain(auths.get(name), where, name)
            if found is not None:
                return found
    return None


def _read(where: Path) -> dict[str, Any] | None:
    try:
        text = where.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise stack_error(f"{where}: cannot be read: {reason}") from None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise stack_error(f"{where}: is not JSON; log in again with `docker login`") from None
    if not isinstance(found, dict):
        raise stack_error(f"{where}: is not an object; log in again with `docker login`")
    return found


def _mapping(config: dict[str, Any], key: str) -> dict[str, Any]:
    found = config.get(key)
    return found if isinstance(found, dict) else {}


def _ask(helper: str, server: str) -> Login | None:
    program = f"docker-credential-{helper}"
    if not re.fullmatch(r"[A-Za-z0-9._-]+", helper) or shutil.which(program) is None:
        raise stack_error(
            f"{program} is named in Docker's configuration and is not on PATH; install it, or log in again"
        )
    try:
        done = subprocess.run(
            [program, "get"], input=server, capture_output=True, text=True, timeout=_HELPER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        raise stack_error(f"{program} did not answer for {server}; try `{program} get` by hand") from None
    if done.returncode:
        # A helper says so where it has none; its words may hold what must not be shown.
        if "credentials not found" in (done.stdout + done.stderr):
            return None
        raise stack_error(f"{program} failed for {server} with exit code {done.returncode}; log in again")
    try:
        said = json.loads(done.stdout)
        username, secret = said["Username"], said["Secret"]
    except (ValueError, LookupError, TypeError):
        raise stack_error(f"{program} gave no login for {server} that can be read; log in again") from None
    return Login(str(username), str(secret)) if secret else None


def _plain(entry: Any, where: Path, name: str) -> Login | None:
    if not isinstance(entry, dict):
        return None
    if isinstance(entry.get("username"), str) and isinstance(entry.get("password"), str):
        return Login(entry["username"], entry["password"])
    encoded = entry.get("auth")
    if not isinstance(encoded, str) or not encoded:
        return None
    try:
        username, colon, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = username = password = ""
    if not colon:
        raise stack_error(f"{where}: the login of {name} cannot be read; log in again with `docker login`")
    return Login(username, password.rstrip("\x00"))


__all__ = ["Login", "login_for", "path"]

"""Generated secrets that need no provider download: passwords with their htpasswd lines, and random keys."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import bcrypt
import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, UpdateResult

from ..core.args import reveal
from ..core.component import PACKAGE
from ..core.dynamic import Provider, hiding

# 30 random bytes as text: 240 bits, which no guessing reaches.
_RANDOM_BYTES = 30
# Distribution checks the bcrypt hash at every request. Stretching protects guessable passwords; a generated one has
# 240 bits, so its cost is near the minimum (about 2 ms). A password that a person chose gets the usual cost (50 ms).
_COST_GENERATED = 5
_COST_GIVEN = 10


def htpasswd_line(username: str, password: str, cost: int) -> str:
    """Return one htpasswd line with a bcrypt hash, the only kind that Distribution takes."""
    return f"{username}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()}"


class _UsersProvider(Provider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("users", _users(props, {}))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        changed = any(_olds.get(key) != _news.get(key) for key in ("generate", "given"))
        return DiffResult(changes=changed)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_users(_news, _olds))


def _users(news: Mapping[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs for the wanted users; who stays keeps password and hash."""
    generate: list[str] = list(news.get("generate") or [])
    given: dict[str, str] = dict(news.get("given") or {})
    passwords: dict[str, str] = {}
    lines: dict[str, str] = {}
    old_passwords: dict[str, str] = dict(olds.get("passwords") or {})
    old_lines = dict(line.split(":", 1) for line in str(olds.get("htpasswd") or "").splitlines())
    for user in sorted({*generate, *given}):
        wanted = given.get(user) or old_passwords.get(user) or secrets.token_urlsafe(_RANDOM_BYTES)
        passwords[user] = wanted
        if old_passwords.get(user) == wanted and user in old_lines:
            lines[user] = f"{user}:{old_lines[user]}"
        else:
            lines[user] = htpasswd_line(user, wanted, _COST_GIVEN if user in given else _COST_GENERATED)
    return {
        "generate": generate,
        "given": given,
        "passwords": passwords,
        "htpasswd": "".join(f"{line}\n" for line in lines.values()),
    }


class HtpasswdUsers(Resource, module=PACKAGE, name="HtpasswdUsers"):
    """Accounts for basic authentication.

    `generate` names the users who get a random password; `given` maps users to passwords chosen elsewhere. A
    user's password and hash stay the same for as long as the user does.
    """

    passwords: pulumi.Output[dict[str, str]]
    """User name to password; secret."""
    htpasswd: pulumi.Output[str]
    """The lines of an htpasswd file (bcrypt); secret."""

    def __init__(
        self,
        name: str,
        *,
        generate: Sequence[str] = (),
        given: Mapping[str, Any] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            _UsersProvider(),
            name,
            {
                "generate": sorted(generate),
                "given": {user: reveal(value) for user, value in sorted((given or {}).items())},
                "passwords": None,
                "htpasswd": None,
            },
            hiding(opts, "passwords", "htpasswd", "given"),
        )

    def password(self, username: str) -> pulumi.Output[str]:
        """Return one user's password, as a secret."""
        return self.passwords.apply(lambda known: known[username])


class _SecretProvider(Provider):
    def create(self, props: dict[str, Any]) -> CreateResult:  # noqa: ARG002 - the signature is Pulumi's
        return CreateResult("secret", {"value": secrets.token_urlsafe(_RANDOM_BYTES)})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=False)


class GeneratedSecret(Resource, module=PACKAGE, name="GeneratedSecret"):
    """A random text of 40 characters (240 bits), made once and kept."""

    value: pulumi.Output[str]
    """The text; secret."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            _SecretProvider(),
            name,
            {"value": None},
            hiding(opts, "value"),
        )

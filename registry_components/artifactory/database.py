"""Where Artifactory keeps what it knows of artifacts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

from ..core.args import MaybeOutput, Secret
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..kubernetes.serving.words import Host, Line, ObjectName, Port

DRIVER = "org.postgresql.Driver"
KEYS = ("db-user", "db-password", "db-url")
"""What is in the Secret: the names that the chart itself gives them."""


def _kind(args: Database) -> Iterable[Mistake]:
    if args.kind == "bundled":
        yield Mistake(
            "kind",
            "'bundled' is not offered: the chart makes its password anew at each rendering, and it is one pod without "
            "a backup; give an external PostgreSQL",
        )


def _password(args: Database) -> Iterable[Mistake]:
    if args.existing_secret is not None:
        for name in ("host", "username", "password"):
            if getattr(args, name) is not None:
                yield Mistake(
                    name, f"and existing_secret, which holds {', '.join(KEYS)}, exclude each other; remove one"
                )
        return
    if args.kind == "external":
        for name in ("host", "username", "password"):
            if getattr(args, name) is None:
                yield Mistake(name, "is required, or existing_secret with all three; give one of them")


class Database(CheckedArgs):
    """A PostgreSQL that exists, with a database for Artifactory that is empty at first."""

    checks: ClassVar[tuple[Check, ...]] = (_kind, _password)

    kind: Literal["external", "bundled"] = "external"
    """`bundled`, the chart's own, is refused."""
    host: Host | None = None
    """Its host."""
    port: MaybeOutput[Port] = 5432
    """Its port. Default: 5432."""
    database: MaybeOutput[Line] = "artifactory"
    """The database's name. Default: artifactory."""
    username: MaybeOutput[Line] | None = None
    """The role that owns the database."""
    password: Secret | None = None
    """The role's password; a Secret is made of it."""
    sslmode: Literal["disable", "require", "verify-ca", "verify-full"] = "verify-full"
    """How the connection is secured: `require` encrypts without looking at the certificate. Default: verify-full; an
    authority of your own goes into `trusted_certificates_secret`."""
    existing_secret: ObjectName | None = None
    """A Secret in the namespace with `db-user`, `db-password` and `db-url` (`jdbc:postgresql://…`), instead."""


def jdbc_url(host: Any, port: Any, database: Any, sslmode: str) -> str:
    """Return the URL that Artifactory connects with."""
    shown = f"[{host}]" if ":" in str(host) else host
    return f"jdbc:postgresql://{shown}:{int(port)}/{database}?sslmode={sslmode}"


__all__ = ["DRIVER", "KEYS", "Database", "jdbc_url"]

"""Where Harbor keeps projects, members and what it knows of artifacts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import MaybeOutput
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..kubernetes.serving.words import Host, Line, ObjectName, Port, Quantity
from .passwords import DatabasePassword
from .pods import Pod


def _pool(args: Pool) -> Iterable[Mistake]:
    if args.max_idle_connections > args.max_open_connections:
        yield Mistake(
            "max_idle_connections",
            f"{args.max_idle_connections} is more than max_open_connections {args.max_open_connections}; lower it",
        )


class Pool(CheckedArgs):
    """Connections to the database."""

    checks: ClassVar[tuple[Check, ...]] = (_pool,)

    max_idle_connections: int = Field(50, ge=1, le=10_000)
    """Connections that each pod (core, exporter) keeps open unused. Default: 50; the chart's is 100."""
    max_open_connections: int = Field(200, ge=1, le=10_000)
    """Connections that each pod (core, exporter) opens at most. Default: 200; the chart's 900 is more than three pods
    may have of PostgreSQL's usual limits."""


def _password(args: ExternalDatabase) -> Iterable[Mistake]:
    if (args.password is None) == (args.existing_secret is None):
        if args.password is None:
            yield Mistake("password", "or existing_secret is required; give one of them")
        else:
            yield Mistake("existing_secret", "and password exclude each other; remove one of them")


class ExternalDatabase(Pool):
    """A PostgreSQL that exists, with a database for Harbor that is empty at first."""

    checks: ClassVar[tuple[Check, ...]] = (_pool, _password)
    stand_ins = {"host": "postgres.example.com", "username": "harbor"}

    kind: Literal["external"] = "external"
    host: Host
    """Its host."""
    port: MaybeOutput[Port] = 5432
    """Its port. Default: 5432."""
    username: MaybeOutput[Line]
    """The role that owns the database."""
    password: DatabasePassword | None = None
    """The role's password; a Secret is made of it."""
    existing_secret: ObjectName | None = None
    """A Secret in the namespace with the password under `password`, instead."""
    database: MaybeOutput[Line] = "registry"
    """The database's name. Default: registry."""
    sslmode: Literal["disable", "require", "verify-ca", "verify-full"] = "verify-full"
    """How the connection is secured: `require` encrypts without looking at the certificate. Default: verify-full; an
    authority of your own goes into `ca_bundle`."""


class InternalDatabase(Pool):
    """The chart's own PostgreSQL: one pod, no backup, no second copy. For trying out."""

    kind: Literal["internal"] = "internal"
    pod: Pod = Pod()
    """Its pod. Default: as the chart has it."""
    shared_memory_limit: Quantity | None = None
    """Shared memory, which PostgreSQL puts its buffers into. Default: the chart's 512Mi."""


Database: TypeAlias = Annotated[ExternalDatabase | InternalDatabase, Field(discriminator="kind")]

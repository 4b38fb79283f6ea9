"""Names of the Secrets that are made beside the chart's own objects; they are known before anything exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import holding

if TYPE_CHECKING:
    from .args import ArtifactoryRegistryArgs

BOOTSTRAP = "bootstrap.creds"
"""The file of an Artifactory's first administrator."""
BINARYSTORE = "binarystore.xml"


@dataclass(frozen=True)
class Names:
    """Names of Secrets, made here or given; None for those that are not needed."""

    release: str
    master_key: str
    join_key: str
    admin: str
    database: str
    license: str | None
    license_key: str
    binarystore: str


def names(args: ArtifactoryRegistryArgs, release: str) -> Names:
    """Return the names of all Secrets of one Artifactory."""

    def own(what: str) -> str:
        # The chart's own objects are <release>-artifactory-…: none of them begins like this.
        return f"{release}-kept-{what}"

    licence = args.license_existing_secret or (own("license") if holding.licensed(args) else None)
    return Names(
        release=release,
        master_key=own("master-key"),
        join_key=own("join-key"),
        admin=args.admin_existing_secret or own("admin"),
        database=args.database.existing_secret or own("database"),
        license=licence,
        license_key=args.license_existing_secret_key,
        binarystore=own("binarystore"),
    )

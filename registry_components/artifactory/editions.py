"""What JFrog's editions can do, as far as a registry of images needs it: each fact with where it is from.

Nothing of it was tried on an Artifactory here. `told` says whether the vendor's own text says so, or it is common
knowledge that was not verified.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias

from ..core.validated import validated

Edition: TypeAlias = Literal["oss", "jcr", "pro", "enterprise_x", "enterprise_plus"]
ORDER: Final[tuple[Edition, ...]] = ("oss", "jcr", "pro", "enterprise_x", "enterprise_plus")
LICENSED: Final[tuple[Edition, ...]] = ("pro", "enterprise_x", "enterprise_plus")


class Fact(NamedTuple):
    """What an edition has to be at least for something."""

    least: Edition
    source: str
    told: bool
    """Whether the vendor's text says so; false: not verified."""
    earlier: tuple[Edition, tuple[int, ...]] | None = None
    """A lower edition that has it since a version."""


_PROVIDER: Final = "JFrog's provider"
FACTS: Final[dict[str, Fact]] = {
    "docker": Fact("jcr", "JFrog's comparison of editions: OSS has Generic, Gradle, Ivy, Maven and SBT", told=False),
    "high_availability": Fact("enterprise_x", "the chart's sizing files: 'Enterprise and above licenses'", told=True),
    "configuration": Fact("pro", "the REST API's own answer; jfrog/terraform-provider-artifactory#35", told=True),
    "several_targets": Fact("enterprise_x", f"{_PROVIDER}, LocalRepositoryMultiReplication", told=True),
    "federated": Fact("enterprise_x", "JFrog's comparison of editions", told=False),
    "cleanup": Fact(
        "enterprise_plus", f"{_PROVIDER}, PackageCleanupPolicy", told=True, earlier=("enterprise_x", (7, 146))
    ),
    "archive": Fact("enterprise_plus", f"{_PROVIDER}, ArchivePolicy", told=True, earlier=("enterprise_x", (7, 146))),
    "direct_download": Fact("enterprise_plus", f"{_PROVIDER}, download_direct and cdn_redirect", told=True),
    "checksum_replication": Fact("enterprise_plus", f"{_PROVIDER}, check_binary_existence_in_filestore", told=True),
}
"""By feature."""


def lacks(feature: str, edition: Edition, version: str | None = None) -> str | None:
    """Return what an edition lacks for a feature, or None."""
    fact = FACTS[feature]
    if ORDER.index(edition) >= ORDER.index(fact.least):
        return None
    able = " or ".join(repr(name) for name in ORDER[ORDER.index(fact.least) :])
    if fact.earlier is None or edition != fact.earlier[0]:
        return f"needs edition {able}, not {edition!r}"
    if version is not None and numbers(version) >= fact.earlier[1]:
        return None
    since = ".".join(str(number) for number in fact.earlier[1])
    return f"needs edition {able}, or {edition!r} from {since} on; say version where it is"


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version."""
    return tuple(int(part) for part in version.split("."))


def check_version(version: str) -> str | None:
    """Check Artifactory's version."""
    if not re.fullmatch(r"[0-9]+(?:\.[0-9]+){1,2}", version):
        return f"{version!r} is not a version of Artifactory; write it as '7.133.17'"
    return None if numbers(version) >= (7,) else f"{version!r} is older than 7, which this library is made for"


Version: TypeAlias = Annotated[str, validated(check_version)]

__all__ = ["FACTS", "LICENSED", "ORDER", "Edition", "Fact", "Version", "lacks", "numbers"]

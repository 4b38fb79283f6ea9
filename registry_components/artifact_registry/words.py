"""Words that Google takes: names, locations, members, resource names. Each check returns what is wrong, or None."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from ..core.args import MaybeOutput
from ..core.names import check_key, check_server
from ..core.validated import validated

MULTI_REGIONS = ("asia", "europe", "us")
"""Locations that hold their images in several regions of a continent."""

REPOSITORY_NAME = re.compile(
    r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/repositories/(?P<repository>[^/]+)"
)
SECRET_VERSION = re.compile(r"projects/(?P<project>[^/]+)/secrets/(?P<secret>[^/]+)/versions/(?P<version>[^/]+)")
KMS_KEY = re.compile(r"projects/[^/]+/locations/(?P<location>[^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+")
_DOCKER_HUB_PAGES = ("docker.io", "hub.docker.com", "www.docker.com")
"""Where people find Docker Hub, and no registry answers."""
_EMAIL = r"[^@\s/]+@[A-Za-z0-9.-]+"
_MEMBER = re.compile(
    rf"(?:user|group):{_EMAIL}"
    rf"|serviceAccount:(?:{_EMAIL}|[A-Za-z0-9.:-]+\.svc\.id\.goog\[[^/\s]+/[^\]\s]+\])"
    r"|domain:[A-Za-z0-9.-]+"
    r"|project(?:Owner|Editor|Viewer):[A-Za-z0-9.:-]+"
    r"|principal(?:Set)?://(?:iam|cloudresourcemanager)\.googleapis\.com/\S+"
)
ROLES = {
    "pull": "roles/artifactregistry.reader",
    "push": "roles/artifactregistry.writer",
    "admin": "roles/artifactregistry.repoAdmin",
}
"""What each level of access is to IAM."""
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_PUBLIC = {
    "allUsers": "is everybody; set access.anonymous_pull if that is meant",
    "allAuthenticatedUsers": "is everybody who has a Google account; set access.anonymous_pull if that is meant",
}


def check_repository_id(name: str) -> str | None:
    """Check the id of a repository: the last part of its name, and part of every image's."""
    if re.fullmatch(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", name):
        return None
    return (
        f"{name!r} is not a repository id; use 1 to 63 lower-case letters, digits and -, a letter first and no - last"
    )


def check_location(location: str) -> str | None:
    """Check a location: a region, or a continent."""
    if location in MULTI_REGIONS or re.fullmatch(r"[a-z]+-[a-z]+[0-9]+", location):
        return None
    if re.fullmatch(r"[a-z]+-[a-z]+[0-9]+-[a-z]", location):
        return f"{location!r} is a zone; write its region, {location.rsplit('-', 1)[0]!r}"
    if location in ("eu", "global"):
        return f"{location!r} is not a location of Artifact Registry; write 'europe', 'us' or 'asia', or a region"
    return (
        f"{location!r} is not a location; write a region such as 'europe-west1', or one of {', '.join(MULTI_REGIONS)}"
    )


def check_project(project: str) -> str | None:
    """Check a project's id (its number will not do: images are named by the id)."""
    if re.fullmatch(r"(?:[a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]", project):
        return None
    if project.isdigit():
        return f"{project!r} is a project's number; write its id, which image names are made of"
    return (
        f"{project!r} is not a project id; use 6 to 30 lower-case letters, digits and -, a letter first and no - last"
    )


def check_member(member: str) -> str | None:
    """Check a principal in IAM's words, leaving out the two that mean everybody."""
    if member in _PUBLIC:
        return f"{member!r} {_PUBLIC[member]}"
    if member.startswith("deleted:"):
        return f"{member!r} is gone; remove it"
    if _MEMBER.fullmatch(member):
        return None
    return (
        f"{member!r} is not a principal; write user:, group: or serviceAccount: with an address, domain: with a "
        "domain, or principal:// and principalSet:// of a workload identity pool"
    )


def folded(member: str) -> str:
    """Return a principal as IAM keeps it: addresses and domains in lower case, so that two spellings are one."""
    kind, colon, rest = member.partition(":")
    return f"{kind}{colon}{rest.lower()}" if kind in ("user", "group", "serviceAccount", "domain") else member


def check_repository_name(name: str) -> str | None:
    """Check the full name of a repository."""
    if REPOSITORY_NAME.fullmatch(name):
        return None
    return f"{name!r} is not a repository's name; it looks like projects/PROJECT/locations/LOCATION/repositories/ID"


def check_secret_version(name: str) -> str | None:
    """Check the name of a version of a secret."""
    if SECRET_VERSION.fullmatch(name):
        return None
    return "is not the name of a secret's version; it looks like projects/PROJECT/secrets/SECRET/versions/VERSION"


def check_kms_key(name: str) -> str | None:
    """Check the name of a key."""
    if KMS_KEY.fullmatch(name):
        return None
    return (
        f"{name!r} is not a key's name; it looks like projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY"
    )


def check_upstream_uri(uri: str) -> str | None:
    """Check the address of an upstream registry."""
    if "@" in uri:
        return "holds a login; take it out, and give it as credentials"
    if "?" in uri or "#" in uri:
        return "has a ? or #, after which often a token stands; write the address alone, without them"
    found = re.fullmatch(rf"https://(?P<host>{_HOST})(?::(?P<port>[0-9]{{1,5}}))?(?P<path>/\S*)?", uri)
    if found is None:
        return _no_address(uri)
    if found["port"] is not None and not 1 <= int(found["port"]) <= 65535:
        return f"port {found['port']} is not between 1 and 65535; correct it, or leave it out for 443"
    host, parts = found["host"].lower(), [part for part in (found["path"] or "").split("/") if part]
    if host in _DOCKER_HUB_PAGES:
        return f"{uri!r} is Docker Hub, which has a kind of its own; use upstream kind 'docker-hub'"
    if host.endswith(".pkg.dev") and len(parts) < 2:
        return (
            f"{uri!r} names no repository of Artifact Registry; add the project and the repository, or use upstream "
            "kind 'repository'"
        )
    return None


def check_upstream_host(host: str) -> str | None:
    """Check the host of an upstream whose images are cached; all of it is cached, so that it has no path."""
    if "@" in host:
        return "holds a login; write the host alone, such as 'ghcr.io', and give the login as credentials"
    if "://" in host:
        return f"{host!r} has a scheme; write the host alone, such as {_first(host.split('://', 1)[1])!r}"
    if "/" in host:
        return f"{host!r} has a path, and the whole upstream is cached; write the host alone, {_first(host)!r}"
    if host.lower().endswith(".pkg.dev"):
        return (
            f"{host!r} is Artifact Registry itself; use format 'docker-remote' with an upstream of kind 'repository' "
            "in place of caching"
        )
    mistake = check_server(host)
    return f"{mistake}; write a host such as 'ghcr.io'" if mistake else None


def _first(path: str) -> str:
    return path.split("/", 1)[0]


def _no_address(uri: str) -> str:
    return f"{uri!r} is not the address of a registry; write it with https://, such as https://registry.example.com"


def check_role(role: str) -> str | None:
    """Check the name of an IAM role."""
    if re.fullmatch(r"roles/[A-Za-z0-9.]+|(?:projects|organizations)/[^/\s]+/roles/[A-Za-z0-9_.]+", role):
        return None
    return f"{role!r} is not a role's name; it looks like roles/artifactregistry.reader"


def check_label_key(key: str) -> str | None:
    """Check the key of a label."""
    if re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", key):
        return None
    return f"{key!r} is not a label's key; use 1 to 63 lower-case letters, digits, _ and -, a letter first"


def check_label_value(value: str) -> str | None:
    """Check the value of a label."""
    if re.fullmatch(r"[a-z0-9_-]{0,63}", value):
        return None
    return f"{value!r} is not a label's value; use up to 63 lower-case letters, digits, _ and -"


def label(text: str) -> str:
    """Return a text as a label can hold it."""
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:63]


RepositoryId: TypeAlias = Annotated[str, validated(check_repository_id)]
Location: TypeAlias = Annotated[str, validated(check_location)]
ProjectId: TypeAlias = MaybeOutput[Annotated[str, validated(check_project)]]
Member: TypeAlias = MaybeOutput[Annotated[str, validated(check_member)]]
RepositoryName: TypeAlias = MaybeOutput[Annotated[str, validated(check_repository_name)]]
SecretVersion: TypeAlias = MaybeOutput[Annotated[str, validated(check_secret_version)]]
KmsKey: TypeAlias = MaybeOutput[Annotated[str, validated(check_kms_key)]]
Key: TypeAlias = Annotated[str, validated(check_key)]
UpstreamUri: TypeAlias = Annotated[str, validated(check_upstream_uri)]
Role: TypeAlias = Annotated[str, validated(check_role)]
LabelKey: TypeAlias = Annotated[str, validated(check_label_key)]
LabelValue: TypeAlias = Annotated[str, validated(check_label_value)]

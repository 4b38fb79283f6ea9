"""Names, times and addresses as Harbor 2.15 takes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from ...core.args import MaybeOutput, Secret
from ...core.names import check_key
from ...core.urls import check_api_root, check_http_url
from ...core.validated import validated

GIB = 1024**3
_SECRET = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[\x21-\x7e]{8,128}")
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


def check_project(name: str) -> str | None:
    """Check a project's name: a part of a repository's name, 255 characters at most (Harbor's project API)."""
    if "/" in name:
        return f"{name!r} has a /; a project's name stands before it"
    if len(name) <= 255 and re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", name):
        return None
    return f"{name!r} is not a project's name; use lower-case letters, digits and single . _ - between them"


def check_adopted(id_: str) -> str | None:
    """Check the provider's id of a project that is there."""
    if re.fullmatch(r"/projects/[1-9][0-9]*", id_):
        return None
    return f"{id_!r} is not the id of a project; write /projects/ and its number, as its page in Harbor has it"


def check_robot(name: str) -> str | None:
    """Check a robot account's name, without the prefix that Harbor puts before it."""
    if "$" in name or "+" in name:
        return f"{name!r} has a $ or +, with which Harbor puts its prefix and project before the name; leave them out"
    if len(name) <= 255 and re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", name):
        return None
    return f"{name!r} is not a robot account's name; use lower-case letters, digits and single . _ - between them"


def check_object(name: str) -> str | None:
    """Check the name of a registry, a rule, a policy, a scanner or an instance."""
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?", name):
        return None
    return f"{name!r} is not a name; use 1 to 128 letters, digits and . _ - inside"


def check_text(text: str) -> str | None:
    """Check one line that is not empty."""
    if text.strip() != text or not text or re.search(r"[\x00-\x1f]", text):
        return f"{text!r} has to be one line, not empty, without blanks around it"
    return None


def check_cron(cron: str) -> str | None:
    """Check a cron expression of six fields, in UTC, as Harbor's schedules take it."""
    fields = cron.split()
    if len(fields) != 6:
        return f"{cron!r} has {len(fields)} fields; Harbor takes six, seconds first, such as '0 0 2 * * *'"
    if fields[0] != "0":
        return f"{cron!r} has {fields[0]!r} for the seconds, which have to be 0"
    if fields[1] == "*":
        return f"{cron!r} is every minute, which Harbor refuses; name the minutes, such as '0 0 2 * * *'"
    wrong = next((field for field in fields if not re.fullmatch(r"[0-9A-Za-z*/,?-]+", field)), None)
    return None if wrong is None else f"{cron!r} has {wrong!r}, which is no field of a cron expression"


def check_moment(text: str) -> str | None:
    """Check a time to which something holds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return f"{text!r} is not a time; write it as 2027-12-31T00:00:00Z"
    return f"{text!r} has no time zone; end it with Z" if moment.tzinfo is None else None


def seconds_of(moment: str) -> int:
    """Return a checked time in seconds since 1970, as Harbor keeps it."""
    return int(datetime.fromisoformat(moment).astimezone(UTC).timestamp())


def check_date(text: str) -> str | None:
    """Check a day of the banner, which Harbor writes as month/day/year."""
    try:
        datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=UTC)
    except ValueError:
        return f"{text!r} is not a day; write it as 12/31/2027"
    return None


def check_cve(cve: str) -> str | None:
    """Check the id of a vulnerability."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9:._-]{2,127}", cve):
        return None
    return f"{cve!r} is not the id of a vulnerability; write it as CVE-2024-12345"


def check_pattern(pattern: str) -> str | None:
    """Check a doublestar pattern of tags or repositories."""
    if not pattern:
        return "cannot be empty; write ** for all"
    if len(pattern) > 256 or re.search(r"[\s\x00-\x1f]", pattern):
        return f"{pattern[:80]!r} has to be at most 256 characters without blanks"
    from ...lifecycle.patterns import doublestar

    try:
        doublestar(pattern)
    except ValueError as error:
        return str(error)
    return None


def check_secret(secret: str) -> str | None:
    """Check a robot account's secret; it is not shown."""
    if _SECRET.fullmatch(secret):
        return None
    return "has to have 8 to 128 characters, among them an upper-case and a lower-case letter and a digit"


def check_color(color: str) -> str | None:
    """Check a label's colour."""
    return None if _COLOR.fullmatch(color) else f"{color!r} is not a colour; write it as #61717D"


def check_address(url: str) -> str | None:
    """Check the URL of a service that Harbor speaks to."""
    return check_http_url(url, example="https://example.com", login_as="credentials")


def check_url(url: str) -> str | None:
    """Check Harbor's own URL."""
    return check_api_root(
        url,
        example="https://harbor.example.com",
        login_as="username and password",
        leaks="the administrator's password",
    )


def check_ldap(url: str) -> str | None:
    """Check a directory's URL."""
    if re.fullmatch(r"ldaps?://[A-Za-z0-9.\[\]:-]+", url):
        return None
    return f"{url!r} is not the URL of a directory; write it as ldaps://ldap.example.com"


Key: TypeAlias = Annotated[str, validated(check_key)]
ProjectName: TypeAlias = Annotated[str, validated(check_project)]
Adopted: TypeAlias = Annotated[str, validated(check_adopted)]
RobotName: TypeAlias = Annotated[str, validated(check_robot)]
ObjectName: TypeAlias = Annotated[str, validated(check_object)]
Line: TypeAlias = Annotated[str, validated(check_text)]
Cron: TypeAlias = Annotated[str, validated(check_cron)]
Moment: TypeAlias = Annotated[str, validated(check_moment)]
Day: TypeAlias = Annotated[str, validated(check_date)]
Cve: TypeAlias = Annotated[str, validated(check_cve)]
Pattern: TypeAlias = Annotated[str, validated(check_pattern)]
Color: TypeAlias = Annotated[str, validated(check_color)]
Address: TypeAlias = MaybeOutput[Annotated[str, validated(check_address)]]
HarborUrl: TypeAlias = MaybeOutput[Annotated[str, validated(check_url)]]
LdapUrl: TypeAlias = MaybeOutput[Annotated[str, validated(check_ldap)]]
RobotSecret: TypeAlias = Annotated[Secret, validated(check_secret)]

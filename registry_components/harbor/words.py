"""Words that Kubernetes, Helm and Harbor take. Each check returns what is wrong, or None, and never shows a secret."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from ..core.args import MaybeOutput
from ..core.validated import validated
from ..kubernetes.charts import check_release_name, check_url
from ..kubernetes.serving.words import check_dns_name as check_served_name
from ..kubernetes.serving.words import check_host


def check_dns_name(name: str) -> str | None:
    """Check a name that clients reach Harbor by: of DNS, not an address."""
    mistake = check_served_name(name, "Harbor")
    if mistake:
        return mistake
    # What the chart's values hold by default.
    if name == "core.harbor.domain":
        return f"{name!r} is the chart's example; give the name that clients use"
    return None


def check_host_port(text: str) -> str | None:
    """Check `host:port`, or `[IPv6]:port`."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]/,\s]+):([0-9]{1,5})", text)
    if not found:
        return f"{text!r} is not host:port; give both, such as 'server.example.com:6379'"
    mistake = check_host(found.group(1).strip("[]"))
    if mistake:
        return mistake
    if not 1 <= int(found.group(2)) <= 65535:
        return f"port {found.group(2)} is not between 1 and 65535"
    return None


def check_external_url(text: str) -> str | None:
    """Check the URL that clients use."""
    mistake = check_url(text)
    if mistake:
        return mistake
    parts = urlsplit(text)
    if parts.path or parts.query or parts.fragment:
        return f"{text!r} has a path, and Harbor is served from the root; give {f'{parts.scheme}://{parts.netloc}'!r}"
    if parts.scheme != "https":
        return (
            f"{text!r} is not https, and logins would cross the network in clear text; give https://, also where a "
            "proxy in front speaks it (tls kind 'terminated')"
        )
    if parts.hostname == "core.harbor.domain":
        return f"{text!r} is the chart's example; give the URL that clients use"
    return None


def check_image_prefix(text: str) -> str | None:
    """Check what stands before the images' names."""
    if "://" in text:
        return f"{text!r} has a scheme; give host and path alone, such as {text.split('://', 1)[1]!r}"
    host, slash, path = text.partition("/")
    part = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
    if slash and re.fullmatch(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?", host) and re.fullmatch(rf"{part}(?:/{part})*", path):
        return None
    return f"{text!r} is not a place of images; write host/path, such as 'mirror.example.com/goharbor'"


def check_no_proxy(text: str) -> str | None:
    """Check one entry of what is reached without a proxy."""
    if re.fullmatch(r"[A-Za-z0-9.:*/\[\]-]+", text):
        return None
    return f"{text!r} is not a host, a domain or a range; give one a list entry, such as '.example.com'"


def check_repository(text: str) -> str | None:
    """Check where an artifact of Trivy's databases is."""
    part = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
    if re.fullmatch(rf"[A-Za-z0-9.-]+(?::[0-9]{{1,5}})?(?:/{part})+(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?", text):
        return None
    return f"{text!r} is not a repository; write host/path, such as 'ghcr.io/aquasecurity/trivy-db'"


ReleaseName: TypeAlias = Annotated[str, validated(check_release_name)]
DnsName: TypeAlias = Annotated[str, validated(check_dns_name)]
HostPort: TypeAlias = MaybeOutput[Annotated[str, validated(check_host_port)]]
Url: TypeAlias = Annotated[str, validated(check_url)]
ExternalUrl: TypeAlias = Annotated[str, validated(check_external_url)]
ImagePrefix: TypeAlias = Annotated[str, validated(check_image_prefix)]
NoProxy: TypeAlias = Annotated[str, validated(check_no_proxy)]
Repository: TypeAlias = Annotated[str, validated(check_repository)]

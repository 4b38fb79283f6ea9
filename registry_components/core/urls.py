"""URLs of management APIs, and hosts."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, urlsplit

from .errors import Mistake

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts, as in a URL, that are this machine itself."""


def is_ip(host: str) -> bool:
    """Return whether a text is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def check_http_url(url: str, *, example: str, login_as: str) -> str | None:
    """Return what is wrong with an http or https URL; `login_as` says where a login is given instead."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"is not a URL; write it as {example}"
    if parts.username is not None or parts.password is not None:
        return f"holds a login; take it out, and give it as {login_as}"
    if parts.scheme not in ("http", "https") or not host:
        return f"{url!r} is not a URL; write it as {example}"
    return None


def check_api_root(url: str, *, example: str, login_as: str, leaks: str) -> str | None:
    """Return what is wrong with the root of an API that a login is sent to: it is scheme and host alone, with TLS.

    `leaks` is what plain HTTP would send in the clear.
    """
    mistake = check_http_url(url, example=example, login_as=login_as)
    if mistake:
        return mistake
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        return f"{url!r} would send {leaks} in the clear; write https://"
    if parts.path.strip("/") or parts.query or parts.fragment:
        return f"{url!r} has a path; give scheme and host alone"
    return None


def is_private(url: str) -> bool:
    """Return whether a URL leads to this machine, a private address or a Service of a cluster."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or host.endswith((".svc", ".svc.cluster.local", ".internal", ".localhost"))


def insecure_mistakes(args: Any) -> Iterator[Mistake]:
    """Yield why any certificate is not taken (`insecure`) for where `args.url` leads."""
    if not args.insecure or not isinstance(args.url, str):
        return
    if args.url.startswith("http://"):
        yield Mistake("insecure", "means nothing for http://, which has no certificate; remove it")
    elif not is_private(args.url):
        yield Mistake(
            "insecure",
            f"would send the administrator's password to whoever answers for {args.url!r}; let this machine trust "
            "its authority (SSL_CERT_FILE), and remove it",
        )


def segment(name: str) -> str:
    """Return a name as one segment of a path."""
    return quote(name, safe="")


__all__ = ["LOOPBACK", "check_api_root", "check_http_url", "insecure_mistakes", "is_ip", "is_private", "segment"]

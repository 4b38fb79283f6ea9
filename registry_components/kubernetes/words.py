"""Names, labels and times as Kubernetes takes them. Each check returns what is wrong, or None."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeAlias

from ..core.errors import Mistake, dotted
from ..core.validated import validated

MARK = "registry-components.dev/pull-secrets"
"""The label that says which component wrote a secret in bulk."""
_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_WORD = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"


def check_namespace(name: str) -> str | None:
    """Check a namespace's name: a DNS label (RFC 1123)."""
    if re.fullmatch(_LABEL, name):
        return None
    if any(sign in name for sign in "*?"):
        return f"{name!r} is a pattern; name each namespace, or select them by label with namespace_selector"
    return f"{name!r} is not a namespace's name; it has 1 to 63 lower-case letters, digits and - inside"


def check_name(name: str) -> str | None:
    """Check an object's name: a DNS subdomain (RFC 1123)."""
    if len(name) <= 253 and re.fullmatch(_SUBDOMAIN, name):
        return None
    return f"{name!r} is not an object's name; it has up to 253 lower-case letters, digits and - . inside"


def check_key(key: str) -> str | None:
    """Check a key that becomes part of a resource's name in the stack."""
    if re.fullmatch(_WORD, key):
        return None
    return f"{key!r} is not a key; use 1 to 63 letters, digits and . _ - inside"


def check_label_key(key: str) -> str | None:
    """Check the key of a label or annotation: `name` or `domain/name`."""
    prefix, slash, name = key.rpartition("/")
    if re.fullmatch(_WORD, name) and (not slash or (len(prefix) <= 253 and re.fullmatch(_SUBDOMAIN, prefix))):
        return None
    return f"{key!r} is not a key of a label or annotation; it looks like 'team' or 'example.com/team'"


def check_label_value(value: str) -> str | None:
    """Check a label's value."""
    if not value or re.fullmatch(_WORD, value):
        return None
    return f"{value!r} is not a label's value; it has up to 63 letters, digits and . _ - inside"


def check_pattern(pattern: str) -> str | None:
    """Check one entry of `matchImages`: host with globs, port and path without (kubelet's config/v1 types)."""
    host, slash, path = pattern.partition("/")
    domain, colon, port = host.partition(":")
    if "://" in pattern:
        return f"{pattern!r} has a scheme; give the host alone"
    if "*" in port + path:
        return f"{pattern!r} has a * in its port or path, where kubelet takes none"
    # kubelet compares whole domains: the host that Docker Hub's images are written with is docker.io.
    if pattern.split("/", 1)[0] in ("index.docker.io", "registry-1.docker.io"):
        return f"{pattern!r} is never what an image is written with; write 'docker.io'"
    right = re.fullmatch(r"[A-Za-z0-9*](?:[A-Za-z0-9*.-]*[A-Za-z0-9*])?", domain) and ".." not in domain
    if not right or (colon and not re.fullmatch(r"[0-9]{1,5}", port)) or (slash and not path):
        return f"{pattern!r} is not host, host:port or host/path"
    return None


def label_mistakes(labels: Mapping[str, Any], path: str, *, values: bool = True) -> Iterable[Mistake]:
    """Yield what is wrong with labels, or with annotations where `values` is false."""
    for key, value in sorted(labels.items()):
        mistake = check_label_key(key)
        if mistake is None and values and isinstance(value, str):
            mistake = check_label_value(value)
        if mistake:
            yield Mistake(dotted((path, key)), mistake)


Namespace: TypeAlias = Annotated[str, validated(check_namespace)]
Name: TypeAlias = Annotated[str, validated(check_name)]
Key: TypeAlias = Annotated[str, validated(check_key)]
ImagePattern: TypeAlias = Annotated[str, validated(check_pattern)]

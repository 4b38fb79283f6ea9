"""Words that Kubernetes takes of objects and of pods. Each check returns what is wrong, or None."""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import Field

from ...core.args import MaybeOutput
from ...core.urls import is_ip
from ...core.validated import validated

# RFC 1123 label and subdomain, as the API server checks them.
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})*")
_QUANTITY = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?")
_UNITS: dict[str | None, Decimal] = {
    None: Decimal(1),
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** (n + 1) for n, unit in enumerate(["k", "M", "G", "T", "P", "E"])},
    **{unit: Decimal(1024) ** (n + 1) for n, unit in enumerate(["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])},
}
_LABEL_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")


def quantity(text: str) -> Decimal:
    """Return the number that a quantity of Kubernetes stands for."""
    found = _QUANTITY.fullmatch(text)
    return Decimal(found["number"]) * _UNITS[found["unit"]] if found else Decimal(0)


def check_quantity(text: str) -> str | None:
    """Check an amount of processor, memory or storage."""
    if _QUANTITY.fullmatch(text):
        return None if quantity(text) > 0 else f"{text!r} is nothing; give more than 0"
    return f"{text!r} is not a quantity; write it as Kubernetes does, such as '500m', '2' or '512Mi'"


def check_storage_size(text: str) -> str | None:
    """Check the size of a volume."""
    mistake = check_quantity(text)
    if mistake:
        return mistake
    if quantity(text) < 1024**2:
        return f"{text!r} is {quantity(text)} bytes; add a unit, such as '50Gi'"
    return None


def check_object_name(name: str) -> str | None:
    """Check the name of a Secret, a claim, a class: a DNS subdomain."""
    if len(name) <= 253 and _SUBDOMAIN.fullmatch(name):
        return None
    return f"{name!r} is not a name of Kubernetes; use lower-case letters, digits, - and . inside"


def check_base_name(name: str) -> str | None:
    """Check the name that all objects of a component begin with: what is appended has to fit, too."""
    if re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", name):
        return None
    return f"{name!r} cannot begin the objects' names; use 1 to 40 lower-case letters, digits and - inside"


def check_service_name(name: str) -> str | None:
    """Check the name of a Service or a namespace: a DNS label."""
    if re.fullmatch(LABEL, name):
        return None
    return f"{name!r} is not a name of Kubernetes; use 1 to 63 lower-case letters, digits and - inside"


def check_label_key(key: str) -> str | None:
    """Check the key of a label or an annotation."""
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        return f"{key!r} is not a key of Kubernetes; before the / stands a DNS name, such as 'example.com/team'"
    if _LABEL_NAME.fullmatch(name):
        return None
    return f"{key!r} is not a key of Kubernetes; use 1 to 63 letters, digits and - _ . inside"


def check_label_value(value: str) -> str | None:
    """Check the value of a label."""
    if not value or _LABEL_NAME.fullmatch(value):
        return None
    return f"{value!r} is not a label's value; use up to 63 letters, digits and - _ . inside"


def check_host(host: str) -> str | None:
    """Check a host's name or address."""
    if "://" in host:
        return f"{host!r} has a scheme; give the host alone, such as {host.split('://', 1)[1].split('/', 1)[0]!r}"
    if "/" in host:
        return f"{host!r} has a path; give the host alone"
    if is_ip(host):
        return None
    if re.fullmatch(r"[^:]+:[0-9]+", host):
        return f"{host!r} has a port; give the host alone"
    if len(host) <= 253 and _SUBDOMAIN.fullmatch(host.lower()) and not re.fullmatch(r"[0-9.]+", host):
        return None
    return f"{host!r} is not a host's name; use letters, digits and hyphens in parts separated by dots"


def check_dns_name(name: str, whom: str = "the registry") -> str | None:
    """Check a name that clients reach a service by: of DNS, not an address."""
    if name.startswith("*"):
        return f"{name!r} is a wildcard, and {whom} has one name; write it"
    mistake = check_host(name)
    if mistake:
        return mistake
    if is_ip(name):
        return f"{name!r} is an address; rules are by name, so give {whom} one"
    if name != name.lower():
        return f"{name!r} has capitals, which Kubernetes takes in no host; write {name.lower()!r}"
    return None


def check_range(text: str) -> str | None:
    """Check a range of addresses."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return f"{text!r} is not a range of addresses; write it as '192.0.2.0/24', with no bit set after the prefix"
    return None


def check_address(text: str) -> str | None:
    """Check an IP address."""
    return None if is_ip(text) else f"{text!r} is not an IP address; give one such as 192.0.2.10"


def check_line(text: str) -> str | None:
    """Check one line of text."""
    if not text:
        return "cannot be empty"
    return None if text.isprintable() else "has a line break or control character; give one line of text"


def check_env_name(name: str) -> str | None:
    """Check the name of an environment variable."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return None
    return f"{name!r} is not a variable's name; use letters, digits and _"


def check_secret_key(key: str) -> str | None:
    """Check the key of an entry of a Secret."""
    if re.fullmatch(r"[A-Za-z0-9._-]{1,253}", key):
        return None
    return f"{key!r} is not a key in a Secret; use letters, digits and . _ -"


Line: TypeAlias = Annotated[str, validated(check_line)]
Quantity: TypeAlias = Annotated[str, validated(check_quantity)]
StorageSize: TypeAlias = Annotated[str, validated(check_storage_size)]
ObjectName: TypeAlias = Annotated[str, validated(check_object_name)]
ServiceName: TypeAlias = Annotated[str, validated(check_service_name)]
Namespace: TypeAlias = MaybeOutput[Annotated[str, validated(check_service_name)]]
LabelKey: TypeAlias = Annotated[str, validated(check_label_key)]
LabelValue: TypeAlias = Annotated[str, validated(check_label_value)]
Labels: TypeAlias = dict[LabelKey, LabelValue]
Annotations: TypeAlias = dict[LabelKey, str]
Host: TypeAlias = MaybeOutput[Annotated[str, validated(check_host)]]
DnsName: TypeAlias = Annotated[str, validated(check_dns_name)]
Range: TypeAlias = Annotated[str, validated(check_range)]
Address: TypeAlias = Annotated[str, validated(check_address)]
EnvName: TypeAlias = Annotated[str, validated(check_env_name)]
SecretKeyName: TypeAlias = Annotated[str, validated(check_secret_key)]
Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
NodePort: TypeAlias = Annotated[int, Field(ge=30000, le=32767)]

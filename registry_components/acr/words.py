"""Words that Azure takes: names, regions, principals, resource ids. Each check returns what is wrong, or None."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from ..core.args import MaybeOutput
from ..core.names import check_key
from ..core.validated import validated

_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
GUID = re.compile(_GUID)
_ZERO = "00000000-0000-0000-0000-000000000000"
PRINCIPAL_TYPES = {"user": "User", "group": "Group", "serviceprincipal": "ServicePrincipal"}


def check_registry_name(name: str) -> str | None:
    """Check a registry's name, which is also its host name: unique in all of Azure."""
    if re.fullmatch(r"[A-Za-z0-9]{5,50}", name):
        return None
    return f"{name!r} is not a registry name; use 5 to 50 letters and digits, and nothing else"


def check_plain_name(name: str) -> str | None:
    """Check the name of a webhook or connected registry."""
    if re.fullmatch(r"[A-Za-z0-9]{5,50}", name):
        return None
    return f"{name!r} is not a name that Azure takes here; use 5 to 50 letters and digits"


def check_dashed_name(name: str) -> str | None:
    """Check the name of a cache rule or credential set."""
    if re.fullmatch(r"[A-Za-z0-9-]{5,50}", name):
        return None
    return f"{name!r} is not a name that Azure takes here; use 5 to 50 letters, digits and -"


def check_scoped_name(name: str) -> str | None:
    """Check the name of a token, scope map or task."""
    if re.fullmatch(r"[A-Za-z0-9_-]{5,50}", name):
        return None
    return f"{name!r} is not a name that Azure takes here; use 5 to 50 letters, digits, - and _"


def check_resource_group(name: str) -> str | None:
    """Check the name of a resource group."""
    if re.fullmatch(r"[\w.()-]{0,89}[\w()-]", name):
        return None
    return (
        f"{name!r} is not the name of a resource group; use 1 to 90 letters, digits and . _ - ( ), and no . at the end"
    )


def check_guid(text: str) -> str | None:
    """Check an id such as Entra gives: 32 hexadecimal digits in five groups."""
    return None if GUID.fullmatch(text) else f"{text!r} is not an id of Entra; it has the form of {_ZERO}"


def same_names(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Return pairs of names that differ in case alone: Azure takes them for one."""
    seen: dict[str, str] = {}
    for name in sorted(names):
        if name.lower() in seen:
            yield name, seen[name.lower()]
        seen.setdefault(name.lower(), name)


def check_region(region: str) -> str | None:
    """Check an Azure region, which is written without spaces: `westeurope`."""
    if re.fullmatch(r"[a-z]+[0-9]?[a-z]*[0-9]?", region):
        return None
    return f"{region!r} is not an Azure region; write it as westeurope or eastus2"


def region_word(text: Any) -> Any:
    """Return `westeurope` for `West Europe`; Azure means the same by both."""
    return text.replace(" ", "").lower() if isinstance(text, str) else text


def check_principal(principal: str) -> str | None:
    """Check a principal: an object id, with its type before it where it is not a service principal."""
    kind, colon, rest = principal.rpartition(":")
    if GUID.fullmatch(rest) and (not colon or kind.lower() in PRINCIPAL_TYPES):
        return None
    return (
        f"{principal!r} is not an Azure principal; give the object id of a service principal or managed identity, "
        "or user:<object id>, group:<object id>"
    )


def split_principal(principal: str) -> tuple[str, str]:
    """Return object id and type of a principal. A bare object id is a service principal or managed identity."""
    kind, _, rest = principal.rpartition(":")
    return rest, PRINCIPAL_TYPES.get(kind.lower(), "ServicePrincipal")


def check_resource_id(type_: str, example: str) -> Callable[[str], str | None]:
    """Return the check of a resource id of one type, such as `Microsoft.KeyVault/vaults` or, inside another resource,
    `Microsoft.Network/virtualNetworks/subnets`."""
    provider, *types = type_.split("/")
    inside = "".join(f"/{re.escape(kind)}/[^/]+" for kind in types)
    pattern = re.compile(
        rf"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{re.escape(provider)}{inside}", re.IGNORECASE
    )
    shape = "/".join([provider, *(f"{kind}/…" for kind in types)])

    def check(text: str) -> str | None:
        if pattern.fullmatch(text):
            return None
        return f"{text!r} is not the resource id of {example}; it looks like /subscriptions/…/providers/{shape}"

    return check


def check_vault_uri(kind: str) -> Callable[[str], str | None]:
    """Return the check of a Key Vault address: `https://VAULT.vault.azure.net/secrets/NAME`, or `/keys/NAME`."""

    def check(text: str) -> str | None:
        if re.fullmatch(rf"https://[A-Za-z0-9-]+\.vault\.[A-Za-z0-9.]+/{kind}/[A-Za-z0-9-]+(?:/[0-9a-f]+)?", text):
            return None
        return f"is not the address of a Key Vault {kind[:-1]}; it looks like https://VAULT.vault.azure.net/{kind}/NAME"

    return check


def check_cron(text: str) -> str | None:
    """Check a cron expression of five fields, in UTC."""
    fields = text.split()
    if len(fields) != 5:
        return f"{text!r} is not a cron expression of five fields; every day at 2 in the morning (UTC) is '0 2 * * *'"
    for field, (name, low, high, words) in zip(fields, _CRON, strict=True):
        if not all(_cron_part(part, low, high, words) for part in field.split(",")):
            return f"{text!r} has {field!r} as {name}; it takes {low} to {high}, *, and of these a-b, a,b and */n"
    return None


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_CRON: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)


def _cron_part(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    found = re.fullmatch(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?", part, re.ASCII)
    if found is None or (found[3] is not None and int(found[3]) == 0):
        return False
    ends = [_cron_number(text, low, words) for text in found.groups()[:2] if text is not None]
    return all(low <= end <= high for end in ends) and ends == sorted(ends)


def _cron_number(text: str, low: int, words: tuple[str, ...]) -> int:
    if text.lower() in words:
        return words.index(text.lower()) + low
    return int(text) if text.isdecimal() else -1


RegistryName: TypeAlias = Annotated[str, validated(check_registry_name)]
Region: TypeAlias = Annotated[str, BeforeValidator(region_word), validated(check_region)]
PlainName: TypeAlias = Annotated[str, validated(check_plain_name)]
DashedName: TypeAlias = Annotated[str, validated(check_dashed_name)]
ScopedName: TypeAlias = Annotated[str, validated(check_scoped_name)]
Key: TypeAlias = Annotated[str, validated(check_key)]
Cron: TypeAlias = Annotated[str, validated(check_cron)]
AzurePrincipal: TypeAlias = MaybeOutput[Annotated[str, validated(check_principal)]]
VaultId: TypeAlias = MaybeOutput[
    Annotated[str, validated(check_resource_id("Microsoft.KeyVault/vaults", "a key vault"))]
]
SubnetId: TypeAlias = MaybeOutput[
    Annotated[str, validated(check_resource_id("Microsoft.Network/virtualNetworks/subnets", "a subnet"))]
]

"""What you say of an Azure container registry, and what of it cannot be."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..blocks.access import Access
from ..blocks.lifecycle import LifecyclePolicy
from ..blocks.network import Network
from ..blocks.scanning import Scanning
from ..core.args import Args, MaybeOutput
from ..core.checked import CheckedArgs
from ..core.errors import Mistake, StackError
from ..core.names import check_key
from ..core.tags import ownership
from ..core.validated import validated
from ..lifecycle import choice
from .caching import CacheRules, CredentialSets, check_rules
from .features import (
    AcrConnectedRegistry,
    AcrDiagnostics,
    AcrEncryption,
    AcrWebhook,
    Replica,
    check_connected,
)
from .lifecycle import AcrLifecycle, AnyAcrLifecycle, PurgeTask, own, tasks
from .roles import COUNTERPARTS, ROLES, Level, Mode, roles_of
from .tokens import Scope, ScopeMaps, Tokens, check_tokens
from .words import (
    GUID,
    AzurePrincipal,
    Key,
    PlainName,
    Region,
    RegistryName,
    check_principal,
    check_resource_group,
    check_resource_id,
    same_names,
    split_principal,
)

TRUST_ENDS = "2028-03-31"
_LEVELS: tuple[Level, ...] = ("pull", "push", "admin")
_WEBHOOKS = {"Basic": 2, "Standard": 10, "Premium": 500}
RegistryId = Annotated[
    str, validated(check_resource_id("Microsoft.ContainerRegistry/registries", "a container registry"))
]


class AcrRepositoryAccess(Args):
    """Who may do what in some repositories; needs `role_assignment_mode="rbac-abac"`."""

    repositories: list[Scope] = Field(min_length=1)
    """Repositories, or prefixes such as `team/*`."""
    pull: list[AzurePrincipal] = []
    """May pull. Default: nobody."""
    push: list[AzurePrincipal] = []
    """May push too. Default: nobody."""
    admin: list[AzurePrincipal] = []
    """May delete too. Default: nobody."""


class AcrRole(Args):
    """A role of your choice for a principal, beside what `access` says."""

    role: str
    """Name of a built-in role for registries, or the id (GUID) of any role."""
    principal: AzurePrincipal
    """Object id, with `user:` or `group:` before it where it is not a service principal or managed identity."""


def _deletion(args: AcrRegistryArgs) -> Iterable[Mistake]:
    if args.deletion == "destroy" and not args.empty_on_delete:
        yield Mistake(
            "empty_on_delete", "is required too to remove images on destroy; set it to true, or remove deletion"
        )
    if args.empty_on_delete and args.deletion != "destroy":
        yield Mistake(
            "deletion", "must be 'destroy' too to remove images on destroy; set it, or remove empty_on_delete"
        )
    if args.import_ is not None and args.deletion == "destroy":
        yield Mistake(
            "deletion", "'destroy' is refused while the registry is adopted; remove import_ once it is adopted"
        )


def _adoption(args: AcrRegistryArgs) -> Iterable[Mistake]:
    if args.import_ is not None and args.import_.rsplit("/", 1)[-1].lower() != args.registry_name.lower():
        yield Mistake(
            "import_", f"is not the id of registry {args.registry_name!r}; its last part is the registry's name"
        )


def _premium(args: AcrRegistryArgs) -> Iterable[Mistake]:
    # rule 15: cache rules, tokens, webhooks and soft delete are for every SKU
    if args.sku == "Premium":
        return
    policy, network = args.cleanup, args.network
    wanted = {
        "replication": bool(args.replication),
        "zone_redundant": bool(args.zone_redundant),
        "lifecycle.untagged_after_days": policy.untagged_after_days is not None,
        "lifecycle.agent_pool": policy.agent_pool is not None,
        "encryption": args.encryption is not None,
        "network.private_endpoints": network is not None and bool(network.private_endpoints),
        "network.allowed_ranges": network is not None and bool(network.allowed_ranges),
        "network.public": network is not None and network.public is False,
        "trusted_services": not args.trusted_services,
        "data_endpoints": args.data_endpoints,
        "connected_registries": bool(args.connected_registries),
        "quarantine": args.quarantine,
        "content_trust": args.content_trust,
        "export": not args.export,
    }
    for path, given in wanted.items():
        if given:
            yield Mistake(path, f"needs SKU Premium (this is {args.sku}); set sku to Premium, or remove it")


def _standard(args: AcrRegistryArgs) -> Iterable[Mistake]:
    # rule 15
    if args.access.anonymous_pull and args.sku == "Basic":
        yield Mistake("access.anonymous_pull", "needs SKU Standard or Premium (this is Basic); set sku, or remove it")


def _quotas(args: AcrRegistryArgs) -> Iterable[Mistake]:
    limit = _WEBHOOKS[args.sku]
    if len(args.webhooks) > limit:
        yield Mistake(
            "webhooks",
            f"has {len(args.webhooks)} entries; SKU {args.sku} takes {limit}: remove some, or set another sku",
        )


def _lifecycle(args: AcrRegistryArgs) -> Iterable[Mistake]:
    try:
        tasks(args.cleanup)
    except StackError as error:
        yield Mistake(args.purges_at or "lifecycle", choice.why(error))


def _soft_delete(args: AcrRegistryArgs) -> Iterable[Mistake]:
    # rule 13: the other half, soft delete with retention, is in the lifecycle
    if args.cleanup.soft_delete_days is None:
        return
    if args.replication:
        yield Mistake(
            "lifecycle.soft_delete_days", "is not possible in a registry with replication; remove one of the two"
        )
    if args.role_assignment_mode == "rbac-abac":
        yield Mistake(
            "lifecycle.soft_delete_days",
            "is a preview that the API version of role_assignment_mode 'rbac-abac' does not have; turn it on with "
            "`az acr config soft-delete update`, and remove it here",
        )


def _abac(args: AcrRegistryArgs) -> Iterable[Mistake]:
    abac = args.role_assignment_mode == "rbac-abac"
    if not abac and args.repository_access:
        yield Mistake(
            "repository_access",
            "needs role_assignment_mode 'rbac-abac': without it a role is for the whole registry; set it, or use "
            "tokens with scope_maps",
        )
    if abac and args.purges_at is not None:
        yield Mistake(
            args.purges_at,
            "cannot log in where role_assignment_mode is 'rbac-abac': the task's identity is not in this API version; "
            "make it with `az acr task create --source-acr-auth-id [caller]`, or run `acr purge` in your CI",
        )
    repository_roles = {new: old for old, new in COUNTERPARTS.items()}
    for key, role in sorted(args.roles.items()):
        # rule 16
        if abac and role.role in COUNTERPARTS:
            yield Mistake(
                f"roles.{key}.role",
                f"{role.role!r} gives nothing where role_assignment_mode is 'rbac-abac'; "
                f"use {COUNTERPARTS[role.role]!r}",
            )
        elif not abac and role.role in repository_roles:
            yield Mistake(
                f"roles.{key}.role",
                f"{role.role!r} gives nothing where role_assignment_mode is 'rbac'; "
                f"use {repository_roles[role.role]!r}",
            )
        elif role.role not in ROLES and not GUID.fullmatch(role.role):
            yield Mistake(
                f"roles.{key}.role", f"{role.role!r} is not known; allowed: {', '.join(ROLES)}, or a role's id"
            )


def _principals(args: AcrRegistryArgs) -> Iterable[Mistake]:
    for level in _LEVELS:
        seen: set[str] = set()
        for i, principal in enumerate(getattr(args.access, level)):
            if not isinstance(principal, str):
                continue
            mistake = check_principal(principal)
            if mistake:
                yield Mistake(f"access.{level}[{i}]", mistake)
            elif split_principal(principal)[0].lower() in seen:
                yield Mistake(f"access.{level}[{i}]", f"{principal!r} is there already; name it once")
            seen.add(split_principal(principal)[0].lower())


def _repository_access(args: AcrRegistryArgs) -> Iterable[Mistake]:
    for key, access in sorted(args.repository_access.items()):
        path = f"repository_access.{key}"
        if not (access.pull or access.push or access.admin):
            yield Mistake(path, "grants nobody anything; add pull, push or admin, or remove it")
        for level in _LEVELS:
            seen: set[str] = set()
            for i, principal in enumerate(getattr(access, level)):
                if not isinstance(principal, str):
                    continue
                if split_principal(principal)[0].lower() in seen:
                    yield Mistake(f"{path}.{level}[{i}]", f"{principal!r} is there already; name it once")
                seen.add(split_principal(principal)[0].lower())


def _same_roles(args: AcrRegistryArgs) -> Iterable[Mistake]:
    # Azure refuses a second assignment of one role to one principal at one place (RoleAssignmentExists).
    given: dict[tuple[str, str], str] = {}
    for level in _LEVELS:
        for i, principal in enumerate(getattr(args.access, level)):
            if not isinstance(principal, str) or check_principal(principal):
                continue
            who = split_principal(principal)[0].lower()
            for name in roles_of(args.role_assignment_mode, level).values():
                before = given.get((who, name))
                if before is not None and not before.startswith(f"access.{level}["):
                    yield Mistake(
                        f"access.{level}[{i}]", f"gives {principal!r} {name!r}, which {before} does already; keep one"
                    )
                given.setdefault((who, name), f"access.{level}[{i}]")
    for key, role in sorted(args.roles.items()):
        if not isinstance(role.principal, str):
            continue
        name = next((name for name, id_ in ROLES.items() if id_ == role.role.lower()), role.role)
        asked = (split_principal(role.principal)[0].lower(), name)
        if asked in given:
            yield Mistake(
                f"roles.{key}", f"gives {role.principal!r} {name!r}, which {given[asked]} does already; keep one"
            )
        given.setdefault(asked, f"roles.{key}")


def _one_name(args: AcrRegistryArgs) -> Iterable[Mistake]:
    for what, names in (
        ("caching", args.caching),
        ("credential_sets", args.credential_sets),
        ("scope_maps", args.scope_maps),
        ("tokens", args.tokens),
        ("webhooks", args.webhooks),
        ("connected_registries", args.connected_registries),
        ("lifecycle.purge", args.cleanup.purge),
    ):
        for name, other in same_names(names):
            yield Mistake(f"{what}.{name}", f"is {other!r} to Azure, which ignores case; take another name")


def _tags(args: AcrRegistryArgs) -> Iterable[Mistake]:
    # Microsoft's page "Use tags to organize your Azure resources": 50 tags, names of 512 and values of 256 characters.
    own = len(ownership("", "", ""))
    if len(args.tags) > 50 - own:
        yield Mistake("tags", f"has {len(args.tags)} entries; Azure takes 50, and {own} say who made it: remove some")
    for name, value in sorted(args.tags.items()):
        if not 1 <= len(name) <= 512 or re.search(r"[<>%&\\?/]", name):
            yield Mistake(
                f"tags[{name[:40]!r}]", "is not a tag's name; use 1 to 512 characters, and none of < > % & \\ ? /"
            )
        if len(value) > 256:
            yield Mistake(f"tags.{name}", f"has {len(value)} characters; a tag's value has at most 256")


def _trust(args: AcrRegistryArgs) -> Iterable[Mistake]:
    if args.content_trust and args.encryption is not None:
        yield Mistake(
            "content_trust", "is not possible in a registry with a key of yours (encryption); remove one of the two"
        )


def _replicas(args: AcrRegistryArgs) -> Iterable[Mistake]:
    seen: dict[str, str] = {}
    for key, replica in sorted(args.replication.items()):
        if args.location is not None and replica.region == args.location:
            yield Mistake(f"replication.{key}.region", f"{replica.region!r} is where the registry itself is; remove it")
        if replica.region in seen:
            yield Mistake(
                f"replication.{key}.region", f"{replica.region!r} is that of {seen[replica.region]!r} too; remove one"
            )
        seen.setdefault(replica.region, key)
    if args.location is None:
        return
    regions = sorted({args.location, *seen})
    for key, webhook in sorted(args.webhooks.items()):
        if webhook.region is not None and webhook.region not in regions:
            yield Mistake(
                f"webhooks.{key}.region",
                f"{webhook.region!r} has no copy of the registry; use one of {', '.join(regions)}",
            )


def _network(args: AcrRegistryArgs) -> Iterable[Mistake]:
    network = args.network
    if network is None:
        return
    if network.public is False and network.allowed_ranges:
        yield Mistake("network.allowed_ranges", "opens what public=False closes; remove one of them")
    if network.public is False and args.access.anonymous_pull and not network.private_endpoints:
        yield Mistake("access.anonymous_pull", "lets nobody in where network.public is false; remove one of them")
    if len(network.allowed_ranges) > 200:
        yield Mistake(
            "network.allowed_ranges", f"has {len(network.allowed_ranges)} entries; a registry takes 200: join some"
        )
    for i, text in enumerate(network.allowed_ranges):
        mistake = _range(text)
        if mistake:
            yield Mistake(f"network.allowed_ranges[{i}]", mistake)
    for key, endpoint in sorted(network.private_endpoints.items()):
        wrong = check_key(key)
        path = f"network.private_endpoints[{key!r}]" if wrong else f"network.private_endpoints.{key}"
        if wrong:
            yield Mistake(path, wrong)
        for i, subnet in enumerate(endpoint.subnet_ids):
            wrong = _check_subnet(subnet) if isinstance(subnet, str) else None
            if wrong:
                yield Mistake(f"{path}.subnet_ids[{i}]", wrong)
        if isinstance(endpoint.dns_zone_id, str) and (wrong := _check_zone(endpoint.dns_zone_id)):
            yield Mistake(f"{path}.dns_zone_id", wrong)
        if len(endpoint.subnet_ids) > 1:
            yield Mistake(f"{path}.subnet_ids", "an Azure private endpoint has one subnet; make one endpoint for each")
        if endpoint.network_id is not None:
            yield Mistake(f"{path}.network_id", "is not asked for: Azure finds the network by the subnet; remove it")
        if endpoint.security_group_ids:
            yield Mistake(
                f"{path}.security_group_ids", "belong to the subnet in Azure; put them there, and remove them here"
            )


def _range(text: str) -> str | None:
    try:
        found = ipaddress.ip_network(text)
    except ValueError as error:
        return f"{error}; write an address range as 203.0.113.0/24"
    return f"{text!r} is IPv6, which ACR's rules do not take; write IPv4 ranges" if found.version == 6 else None


_check_subnet = check_resource_id("Microsoft.Network/virtualNetworks/subnets", "a subnet")
_check_zone = check_resource_id("Microsoft.Network/privateDnsZones", "a private DNS zone")


def _closed(args: AcrRegistryArgs) -> Iterable[Mistake]:
    closed = args.network is not None and (args.network.public is False or bool(args.network.allowed_ranges))
    if closed and args.purges_at is not None and args.cleanup.agent_pool is None:
        yield Mistake(
            "lifecycle.agent_pool",
            "is required: Azure's own machines, where a purge task runs otherwise, do not pass this network; add it, "
            "or run `acr purge` in your CI",
        )
    if not args.export and not (args.network is not None and args.network.public is False):
        yield Mistake("export", "can be forbidden only where network.public is false; set it so, or remove export")
    if args.connected_registries and not args.data_endpoints:
        yield Mistake("data_endpoints", "is required by connected_registries; set it to true")


def _scanning(args: AcrRegistryArgs) -> Iterable[Mistake]:
    if args.scanning is not None and args.scanning.mode != "off":
        yield Mistake(
            "scanning",
            f"mode {args.scanning.mode!r} is not the registry's: ACR does not scan. Microsoft Defender for Containers "
            "does, by subscription (`az security pricing create --name Containers --tier Standard`); remove it",
        )
    elif args.scanning is not None and args.scanning.repositories:
        yield Mistake("scanning.repositories", "has no meaning with mode 'off'; remove it")


def _references(args: AcrRegistryArgs) -> Iterable[Mistake]:
    yield from check_rules(args.caching, args.credential_sets)
    yield from check_tokens(args.tokens, args.scope_maps, args.sku)
    yield from check_connected(args.connected_registries, args.tokens)
    for key in sorted(args.connected_registries):
        for what, known in (("tokens", args.tokens), ("scope_maps", args.scope_maps)):
            if f"{key}-sync" in known:
                yield Mistake(f"{what}.{key}-sync", f"is made for connected registry {key!r}; take another name")


class AcrRegistryArgs(CheckedArgs):
    """One Azure container registry. Its admin user is off, nobody pulls without a login, and its images outlive it."""

    checks = (
        _deletion,
        _adoption,
        _premium,
        _standard,
        _quotas,
        _lifecycle,
        _soft_delete,
        _abac,
        _principals,
        _repository_access,
        _same_roles,
        _one_name,
        _tags,
        _trust,
        _replicas,
        _network,
        _closed,
        _scanning,
        _references,
    )
    stand_ins: ClassVar = {"registry_name": "registry", "resource_group": "group"}

    registry_name: RegistryName
    """Name in all of Azure: 5 to 50 letters and digits. The host is `<name>.azurecr.io`."""
    resource_group: MaybeOutput[Annotated[str, validated(check_resource_group)]]
    """Name of the resource group that it stands in."""
    location: Region | None = None
    """Azure region: `westeurope`. Default: the resource group's."""
    sku: Literal["Basic", "Standard", "Premium"] = "Standard"
    """Pricing plan; much is Premium alone, and each such setting says so. Default: Standard."""
    tags: dict[str, str] = {}
    """Tags, beside those that say who made it. Default: none."""
    zone_redundant: bool = False
    """Spread over availability zones by request (Premium; Azure does so by itself where it can). Default: false."""
    role_assignment_mode: Mode = "rbac"
    """`rbac`: a role is for the whole registry. `rbac-abac`: the repository roles, which conditions can narrow; it is
    chosen when the registry is made, because it needs another API version. Default: rbac."""
    access: Access = Access()
    """Who may pull, push and administer, by object id (`user:` or `group:` before it where it is one). Default: nobody
    beyond the owner."""
    repository_access: dict[Key, AcrRepositoryAccess] = {}
    """Who may do what in some repositories, with mode `rbac-abac`. Default: nobody."""
    roles: dict[Key, AcrRole] = {}
    """Further roles. Default: none."""
    replication: dict[Key, Replica] = {}
    """Copies in other regions, under the same host name (Premium). Default: none."""
    lifecycle: AnyAcrLifecycle = AcrLifecycle()
    """What is removed, in ACR's own terms or by a unified policy. Default: nothing."""
    caching: CacheRules = {}
    """Pull-through cache rules by name. Default: none."""
    credential_sets: CredentialSets = {}
    """Logins at upstream registries by name, for `caching`. Default: none."""
    scope_maps: ScopeMaps = {}
    """What tokens may do, by name. Default: none beside the registry's own."""
    tokens: Tokens = {}
    """Logins of the registry's own, by name. Default: none."""
    webhooks: dict[PlainName, AcrWebhook] = {}
    """Requests when images change, by name. Default: none."""
    connected_registries: dict[PlainName, AcrConnectedRegistry] = {}
    """Registries on premises that keep in step (Premium), by name. Default: none."""
    network: Network | None = None
    """From where it can be reached. Default: from everywhere, with a login."""
    trusted_services: bool = True
    """Whether trusted Azure services pass a closed network. Default: true."""
    data_endpoints: bool = False
    """Own host names for the data, `<name>.<region>.data.azurecr.io`, for firewall rules (Premium). Default: false."""
    encryption: AcrEncryption | None = None
    """Encryption by a key of yours (Premium). Default: by Microsoft's key; it is always encrypted."""
    quarantine: bool = False
    """Whether pushed images wait until a scanner lets them out (Premium). Default: false."""
    content_trust: bool = False
    """Docker Content Trust (Premium). Azure removes it on 2028-03-31; sign with notation or cosign instead. Default:
    false."""
    export: bool = True
    """Whether images may be exported; false needs network.public false (Premium). Default: true."""
    entra_arm_tokens: bool = True
    """Whether tokens made for Azure Resource Manager log in too. Default: true."""
    scanning: Scanning | None = None
    """Only mode `off`: Microsoft Defender for Containers scans, by subscription. Default: not the registry's."""
    diagnostics: AcrDiagnostics | None = None
    """Where logs and metrics go. Default: nowhere."""
    lock: Literal["CanNotDelete", "ReadOnly"] | None = None
    """A management lock on the registry and all in it. Default: none."""
    import_: RegistryId | None = None
    """Resource id of a registry that exists and is adopted; it is protected. Default: a new one."""
    deletion: Literal["retain", "destroy"] = "retain"
    """Whether the registry is removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all images go. Default: false."""

    @property
    def cleanup(self) -> AcrLifecycle:
        """What is removed, in ACR's own terms."""
        return own(self.lifecycle)

    @property
    def purges_at(self) -> str | None:
        """Where it is said that something is purged; None where nothing is."""
        if isinstance(self.lifecycle, LifecyclePolicy):
            return "lifecycle"
        return "lifecycle.policy" if self.lifecycle.policy else "lifecycle.purge" if self.lifecycle.purge else None

    @property
    def purge_tasks(self) -> dict[str, PurgeTask]:
        """The tasks that purge. Raises `LifecycleNotExpressible` where `acr purge` cannot do what the policy means."""
        return tasks(self.cleanup)

    @property
    def kept(self) -> bool:
        """Whether the registry outlives the stack."""
        return not (self.deletion == "destroy" and self.empty_on_delete)

    def warnings(self) -> list[str]:
        """Return what is allowed and yet worth a warning."""
        found = []
        if self.content_trust:  # rule 17
            found.append(
                f"content_trust: Azure removes Docker Content Trust on {TRUST_ENDS}, and since 2026-05-31 takes it "
                "only where it was on before; sign with notation or cosign, and remove it"
            )
        if self.lock == "ReadOnly":
            found.append("lock: ReadOnly stops every later change of this registry, the stack's own too")
        return found


class AcrRegistryReferenceArgs(Args):
    """A registry that another stack or person owns."""

    registry_id: MaybeOutput[RegistryId]
    """Resource id of the registry, as text or from a StackReference."""
    role_assignment_mode: Mode = "rbac"
    """How it reads role assignments. Default: rbac."""

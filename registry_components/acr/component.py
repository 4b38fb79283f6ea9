"""`AcrRegistry`: one Azure container registry and what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..core import tags as marks
from ..core.endpoint import RegistryEndpoint
from . import render
from .args import AcrRegistryArgs, AcrRegistryReferenceArgs
from .features import AcrEncryption
from .grants import GrantingRegistry
from .providers import require_sdk, snake
from .roles import KEY_VAULT_CRYPTO_USER, KEY_VAULT_SECRETS_USER, ROLES, Level
from .words import split_principal

TOKEN_USER = "00000000-0000-0000-0000-000000000000"  # noqa: S105 - the same for everybody
"""The user name that goes with an Entra token, for every registry."""
_LEVELS: tuple[Level, ...] = ("pull", "push", "admin")


class AcrRegistry(GrantingRegistry):
    """One Azure container registry, with its copies, policies, caches, tokens, webhooks, network and roles.

    Children: the registry, named as the component; `<name>-<key>` for each entry of a mapping; `<name>-<level>-<object
    id>` for each role of `access` (by position where the object id is an output); `<name>-identity`,
    `<name>-identity-key` for a key of yours; `<name>-diagnostics` and `<name>-lock`.

    It is protected and retained unless both `deletion="destroy"` and `empty_on_delete=True` are given. Raises
    `StackError`, before anything is registered, where the arguments are not valid or the SDK is missing.
    """

    endpoint: RegistryEndpoint
    """Where the registry is. There is no password in it: whoever pulls has a role, or a token made elsewhere."""
    server: pulumi.Output[str]
    """`<name>.azurecr.io`; known once private endpoints and roles are there."""
    registry_name: pulumi.Output[str]
    """Name of the registry in Azure."""
    login_command: pulumi.Output[str]
    """Logs Docker in as whoever is logged in to `az`."""
    token_login_command: pulumi.Output[str]
    """Logs a client in with a fresh token, which lives three hours and is never stored."""

    def __init__(
        self,
        name: str,
        args: AcrRegistryArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, AcrRegistryArgs) else AcrRegistryArgs.parse(args)
        require_sdk()
        super().__init__(name, opts)
        for text in wanted.warnings():
            pulumi.log.warn(text, self)
        self._args, self._mode, self._granted = wanted, wanted.role_assignment_mode, []
        self._tags = marks.merged(
            marks.ownership(pulumi.get_project(), pulumi.get_stack(), type(self).__name__), wanted.tags
        )
        self._inside: list[pulumi.Resource] = []

        self.registry = self._registry()
        self.registry_id = self.registry.id
        self._location: Any = wanted.location if wanted.location is not None else getattr(self.registry, "location")  # noqa: B009 - two classes have it
        self._in_registry = {
            "registryName": self.registry.id.apply(lambda text: text.rsplit("/", 1)[-1]),
            "resourceGroupName": wanted.resource_group,
        }
        self._copies()
        self._caches()
        self._logins()
        self._hooks()
        self._purges()
        reachable = self._addresses()
        self._roles()
        self._diagnostics()
        self._lock()

        host = f"{wanted.registry_name.lower()}.azurecr.io"
        behind = pulumi.Output.all(self.registry.id, *(made.id for made in [*reachable, *self._granted]))  # type: ignore[attr-defined]
        server = behind.apply(lambda _: host)
        short = wanted.registry_name
        self.publish(
            server=server,
            registry_id=self.registry.id,
            registry_name=self._in_registry["registryName"],
            login_command=server.apply(lambda _: f"az acr login --name {short}"),
            token_login_command=server.apply(lambda text: token_login(short, text)),
        )
        self.endpoint = RegistryEndpoint(server=server)

    def _registry(self) -> pulumi.CustomResource:
        from pulumi_azure_native import containerregistry, resources

        identity: Any = None
        client_id: Any = None
        needed: list[pulumi.Resource] = []
        encryption = self._args.encryption
        if encryption is not None:
            identity_id, client_id, needed = self._key_identity(encryption)
            # The generic resource takes a list of identities, the registry's own type a mapping.
            listed = self._args.role_assignment_mode == "rbac-abac"
            identity = pulumi.Output.from_input(identity_id).apply(
                lambda text: {"type": "UserAssigned", "userAssignedIdentities": [text] if listed else {text: {}}}
            )
        inputs = render.registry(self._args, self._tags, identity=identity, key_client_id=client_id)
        options = self.child(**self._kept(), depends_on=needed, import_=self._args.import_)
        if self._args.role_assignment_mode == "rbac-abac":
            return resources.Resource(self._name, **snake(inputs), opts=options)
        return containerregistry.Registry(self._name, **snake(inputs), opts=options)

    def _kept(self) -> dict[str, bool]:
        return {"protect": True, "retain_on_delete": True} if self._args.kept else {}

    def _key_identity(self, encryption: AcrEncryption) -> tuple[Any, Any, list[pulumi.Resource]]:
        from pulumi_azure_native import managedidentity

        args = self._args
        if encryption.identity_id is not None:
            return encryption.identity_id, encryption.identity_client_id, []
        located = {} if args.location is None else {"location": args.location}
        identity = managedidentity.UserAssignedIdentity(
            f"{self._name}-identity",
            resource_group_name=args.resource_group,
            resource_name_=f"{args.registry_name}-key",
            tags=dict(self._tags),
            **located,
            opts=self.child(**self._kept()),
        )
        role = self._role(
            "identity-key",
            KEY_VAULT_CRYPTO_USER,
            identity.principal_id,
            scope=encryption.key_vault_id,
            options=self._kept(),
        )
        return identity.id, identity.client_id, [role]

    def _copies(self) -> None:
        from pulumi_azure_native import containerregistry

        for key, replica in sorted(self._args.replication.items()):
            inputs = {**self._in_registry, **render.replication(replica, self._tags)}
            self._made(containerregistry.Replication(f"{self._name}-{key}", **snake(inputs), opts=self.child()))

    def _caches(self) -> None:
        from pulumi_azure_native import containerregistry

        sets: dict[str, containerregistry.CredentialSet] = {}
        readable: dict[str, list[pulumi.Resource]] = {}
        for key, credentials in sorted(self._args.credential_sets.items()):
            inputs = {**self._in_registry, **render.credential_set(key, credentials)}
            made = containerregistry.CredentialSet(f"{self._name}-{key}", **snake(inputs), opts=self.child())
            sets[key] = self._made(made)
            if credentials.key_vault_id is not None:
                # The id is unknown until the set is made: before that its identity is there without principal.
                principal = _once_made(made).apply(lambda found: str(found.principal_id))
                readable[key] = [
                    self._role(f"{key}-secrets", KEY_VAULT_SECRETS_USER, principal, scope=credentials.key_vault_id)
                ]
        for key, rule in sorted(self._args.caching.items()):
            chosen: Any = rule.credential_set_id
            if rule.credential_set is not None:
                chosen = sets[rule.credential_set].id
            inputs = {**self._in_registry, **render.cache_rule(key, rule, chosen)}
            options = self.child(depends_on=readable.get(rule.credential_set or "", []))
            self._made(containerregistry.CacheRule(f"{self._name}-{key}", **snake(inputs), opts=options))

    def _logins(self) -> None:
        from pulumi_azure_native import containerregistry

        args = self._args
        maps = {}
        for key, scopes in sorted(args.scope_maps.items()):
            inputs = {**self._in_registry, **render.scope_map(key, scopes)}
            maps[key] = self._made(
                containerregistry.ScopeMap(f"{self._name}-{key}", **snake(inputs), opts=self.child())
            )
        tokens = {}
        for key, said in sorted(args.tokens.items()):
            scope_map_id: Any = pulumi.Output.concat(self.registry.id, "/scopeMaps/", said.scope_map)
            if said.scope_map in maps:
                scope_map_id = maps[said.scope_map].id
            inputs = {**self._in_registry, **render.token(key, said, scope_map_id)}
            tokens[key] = self._made(containerregistry.Token(f"{self._name}-{key}", **snake(inputs), opts=self.child()))
        self._connect({key: token.id for key, token in tokens.items()})

    def _connect(self, tokens: Mapping[str, Any]) -> None:
        from pulumi_azure_native import containerregistry

        said = self._args.connected_registries
        made: dict[str, containerregistry.ConnectedRegistry] = {}
        while len(made) < len(said):  # parents first; the arguments have no loop
            for key, registry in sorted(said.items()):
                if key in made or (registry.parent is not None and registry.parent not in made):
                    continue
                below = sorted(other for other in said if key in _ancestors(other, said))
                scopes = {
                    **self._in_registry,
                    "scopeMapName": f"{key}-sync",
                    "actions": render.sync_actions(key, registry, below),
                }
                scope_map = self._made(
                    containerregistry.ScopeMap(f"{self._name}-{key}-sync", **snake(scopes), opts=self.child())
                )
                login = {
                    **self._in_registry,
                    "tokenName": f"{key}-sync",
                    "scopeMapId": scope_map.id,
                    "status": "enabled",
                }
                sync = self._made(
                    containerregistry.Token(f"{self._name}-{key}-sync", **snake(login), opts=self.child())
                )
                inputs = {
                    **self._in_registry,
                    **render.connected_registry(
                        key,
                        registry,
                        sync_token_id=sync.id,
                        parent_id=None if registry.parent is None else made[registry.parent].id,
                        client_token_ids=[tokens[name] for name in sorted(set(registry.client_tokens))],
                    ),
                }
                made[key] = self._made(
                    containerregistry.ConnectedRegistry(f"{self._name}-{key}", **snake(inputs), opts=self.child())
                )

    def _hooks(self) -> None:
        from pulumi_azure_native import containerregistry

        for key, said in sorted(self._args.webhooks.items()):
            inputs = {**self._in_registry, **render.webhook(key, said, self._tags, self._location)}
            options = self.child(
                depends_on=[made for made in self._inside if isinstance(made, containerregistry.Replication)]
            )
            self._made(containerregistry.Webhook(f"{self._name}-{key}", **snake(inputs), opts=options))

    def _purges(self) -> None:
        from pulumi_azure_native import containerregistry

        pool: Any = None
        if self._args.cleanup.agent_pool is not None:
            inputs = {
                **self._in_registry,
                **render.agent_pool(self._args.cleanup.agent_pool, self._tags, self._location),
            }
            pool = self._made(
                containerregistry.AgentPool(f"{self._name}-agents", **snake(inputs), opts=self.child())
            ).name
        for key, task in sorted(self._args.purge_tasks.items()):
            inputs = {**self._in_registry, **render.purge_task(key, task, self._tags, self._location, pool)}
            self._made(containerregistry.Task(f"{self._name}-{key}", **snake(inputs), opts=self.child()))

    def _addresses(self) -> list[pulumi.Resource]:
        from pulumi_azure_native import network

        args, made = self._args, list[pulumi.Resource]()
        endpoints = args.network.private_endpoints if args.network is not None else {}
        for key, said in sorted(endpoints.items()):
            named = f"{args.registry_name}-{key}"
            inputs = {
                "resourceGroupName": args.resource_group,
                **render.private_endpoint(named, said.subnet_ids[0], self.registry.id, self._tags, self._location),
            }
            endpoint = self._made(network.PrivateEndpoint(f"{self._name}-{key}", **snake(inputs), opts=self.child()))
            made.append(endpoint)
            if said.dns_zone_id is not None:
                group = {
                    "resourceGroupName": args.resource_group,
                    "privateEndpointName": endpoint.name,
                    **render.dns_zone_group(said.dns_zone_id),
                }
                made.append(
                    self._made(network.PrivateDnsZoneGroup(f"{self._name}-{key}", **snake(group), opts=self.child()))
                )
        return made

    def _roles(self) -> None:
        args = self._args
        for level in _LEVELS:
            for i, principal in enumerate(getattr(args.access, level)):
                self._assign(f"{level}-{_named(principal, i)}", level, principal, [])
        for key, access in sorted(args.repository_access.items()):
            for level in _LEVELS:
                for i, principal in enumerate(getattr(access, level)):
                    self._assign(f"{key}-{level}-{_named(principal, i)}", level, principal, access.repositories)
        for key, role in sorted(args.roles.items()):
            self._role(key, ROLES.get(role.role, role.role), role.principal)

    def _diagnostics(self) -> None:
        from pulumi_azure_native import monitor

        if self._args.diagnostics is not None:
            inputs = render.diagnostic_setting(self._args.diagnostics, self.registry.id)
            self._made(monitor.DiagnosticSetting(f"{self._name}-diagnostics", **snake(inputs), opts=self.child()))

    def _lock(self) -> None:
        from pulumi_azure_native import authorization

        if self._args.lock is None:
            return
        # A lock holds for all in the registry: it comes last, and goes first.
        authorization.ManagementLockByScope(
            f"{self._name}-lock",
            scope=self.registry.id,
            lock_name="registry-components",
            level=self._args.lock,
            notes="Made with the registry; remove `lock` from its arguments to change that.",
            opts=self.child(depends_on=[*self._inside, *self._granted]),
        )

    def _made(self, resource: Any) -> Any:
        self._inside.append(resource)
        return resource


class AcrRegistryReference(GrantingRegistry):
    """A registry that another stack or person owns: an endpoint, and grants that this stack owns.

    Children: the role assignments that its grants make.
    """

    endpoint: RegistryEndpoint
    """Where the registry is."""
    server: pulumi.Output[str]
    """`<name>.azurecr.io`."""

    def __init__(
        self,
        name: str,
        args: AcrRegistryReferenceArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, AcrRegistryReferenceArgs) else AcrRegistryReferenceArgs.parse(args)
        require_sdk()
        super().__init__(name, opts)
        self._mode, self._granted = wanted.role_assignment_mode, []
        registry_id = pulumi.Output.from_input(wanted.registry_id)
        server = registry_id.apply(lambda text: f"{text.rsplit('/', 1)[-1].lower()}.azurecr.io")
        self.publish(registry_id=registry_id, server=server)
        self.endpoint = RegistryEndpoint(server=server)


def token_login(registry_name: str, server: str, client: str = "docker") -> str:
    """Return the command that logs a client in with a fresh token."""
    return (
        f"az acr login --name {registry_name} --expose-token --output tsv --query accessToken"
        f" | {client} login {server} --username {TOKEN_USER} --password-stdin"
    )


def _once_made(credentials: Any) -> pulumi.Output[Any]:
    identity: pulumi.Output[Any] = credentials.identity
    return pulumi.Output[Any].from_input(credentials.id).apply(lambda _: identity)


def _named(principal: Any, position: int) -> str:
    return split_principal(principal)[0].lower() if isinstance(principal, str) else str(position)


def _ancestors(key: str, registries: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    here = registries[key].parent
    while here is not None:
        found.append(here)
        here = registries[here].parent
    return found

"""Roles of principals on a registry: the grants that every registry component of Azure has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..core.component import RegistryComponent
from ..core.errors import Mistake, mistakes_error
from ..core.names import check_key
from . import render
from .providers import snake
from .roles import ROLES, Level, Mode, condition, roles_of
from .tokens import check_scope
from .words import check_principal, split_principal


class GrantingRegistry(RegistryComponent):
    """A registry that gives principals roles."""

    registry_id: pulumi.Output[str]
    """Resource id of the registry."""
    _mode: Mode
    _granted: list[pulumi.Resource]

    def grant_pull(
        self, key: str, principal: pulumi.Input[str], *, repositories: Sequence[str] = ()
    ) -> list[pulumi.Resource]:
        """Let a principal pull. `key` names the role assignment in the stack: `<name>-pull-<key>`.

        `principal` is an object id, with `user:` or `group:` before it where it is one. `repositories` narrows it, with
        mode `rbac-abac`. Returns the role assignments. Raises `StackError`.
        """
        return self._grant("pull", key, principal, repositories)

    def grant_push(
        self, key: str, principal: pulumi.Input[str], *, repositories: Sequence[str] = ()
    ) -> list[pulumi.Resource]:
        """Let a principal push and pull; see `grant_pull`."""
        return self._grant("push", key, principal, repositories)

    def grant_admin(
        self, key: str, principal: pulumi.Input[str], *, repositories: Sequence[str] = ()
    ) -> list[pulumi.Resource]:
        """Let a principal push, pull and delete; without `repositories` change settings too. See `grant_pull`."""
        return self._grant("admin", key, principal, repositories)

    def _grant(
        self, level: Level, key: str, principal: pulumi.Input[str], repositories: Sequence[str]
    ) -> list[pulumi.Resource]:
        mistakes = [Mistake("key", text) for text in [check_key(key)] if text]
        if isinstance(principal, str):
            mistakes += [Mistake("principal", text) for text in [check_principal(principal)] if text]
        if repositories and self._mode == "rbac":
            mistakes.append(
                Mistake(
                    "repositories", "need role_assignment_mode 'rbac-abac': without it a role is for the whole registry"
                )
            )
        mistakes += [
            Mistake(f"repositories[{i}]", text)
            for i, name in enumerate(repositories)
            for text in [check_scope(name)]
            if text
        ]
        if mistakes:
            raise mistakes_error(f"grant_{level}", mistakes)
        return self._assign(f"{level}-{key}", level, principal, list(repositories))

    def _assign(
        self, suffix: str, level: Level, principal: pulumi.Input[str], repositories: list[str]
    ) -> list[pulumi.Resource]:
        narrowed = condition(level, repositories) if repositories else None
        return [
            self._role("-".join(filter(None, (suffix, extra))), ROLES[role], principal, narrowed)
            for extra, role in roles_of(self._mode, level, scoped=bool(repositories)).items()
        ]

    def _role(
        self,
        suffix: str,
        role_id: str,
        principal: pulumi.Input[str],
        narrowed: str | None = None,
        *,
        scope: pulumi.Input[str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> pulumi.Resource:
        from pulumi_azure_native import authorization

        principal_id: pulumi.Input[str] = principal
        principal_type = "ServicePrincipal"
        if isinstance(principal, str):
            principal_id, principal_type = split_principal(principal)
        where: pulumi.Input[str] = self.registry_id if scope is None else scope
        inputs = render.role_assignment(
            scope=where,
            role_definition_id=pulumi.Output.from_input(where).apply(lambda text: role_definition(text, role_id)),
            principal_id=principal_id,
            principal_type=principal_type,
            condition=narrowed,
        )
        made = authorization.RoleAssignment(
            f"{self._name}-{suffix}", **snake(inputs), opts=self.child(**dict(options or {}))
        )
        self._granted.append(made)
        return made


def role_definition(scope: str, role_id: str) -> str:
    """Return a role's id as Azure gives it back: in the subscription of `scope`."""
    subscription = re.match(r"/subscriptions/[^/]+", scope)
    prefix = subscription.group(0) if subscription else ""
    return f"{prefix}/providers/Microsoft.Authorization/roleDefinitions/{role_id}"

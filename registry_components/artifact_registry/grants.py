"""Roles of principals on a repository: the grants that owned and referenced repositories have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pulumi

from ..core.component import RegistryComponent
from ..core.endpoint import RegistryEndpoint
from ..core.errors import Mistake, mistakes_error
from ..core.names import check_key
from . import render
from .providers import snake
from .words import ROLES, check_member

Level = Literal["pull", "push", "admin"]


class GrantingRepository(RegistryComponent):
    """A repository that gives principals roles."""

    endpoint: RegistryEndpoint
    """Where it is: `LOCATION-docker.pkg.dev`, with `project/repository` before every image's name. There is no
    password in it: whoever pulls has a role."""
    server: pulumi.Output[str]
    """`LOCATION-docker.pkg.dev`, or the format's own host; known once roles and rules are there."""
    prefix: pulumi.Output[str]
    """`project/repository`."""
    repository_name: pulumi.Output[str]
    """`projects/PROJECT/locations/LOCATION/repositories/ID`: what a virtual repository or a reference takes."""
    login_command: pulumi.Output[str]
    """Logs Docker in as whoever is logged in to `gcloud`, with a fresh token that is never stored; for other formats
    the command that prints a client's settings."""
    _where: Mapping[str, Any]
    _mode: str
    _ready: list[pulumi.Resource]

    def grant_pull(self, key: str, principal: pulumi.Input[str]) -> pulumi.Resource:
        """Let a principal pull. `key` names the grant in the stack: `<name>-pull-<key>`.

        `principal` is in IAM's words: `serviceAccount:ci@project.iam.gserviceaccount.com`. Returns the grant. Raises
        `StackError`.
        """
        return self._grant("pull", key, principal)

    def grant_push(self, key: str, principal: pulumi.Input[str]) -> pulumi.Resource:
        """Let a principal push and pull; see `grant_pull`. Nobody pushes to a remote or virtual repository."""
        return self._grant("push", key, principal)

    def grant_admin(self, key: str, principal: pulumi.Input[str]) -> pulumi.Resource:
        """Let a principal push, pull and delete; see `grant_pull`."""
        return self._grant("admin", key, principal)

    def _grant(self, level: Level, key: str, principal: pulumi.Input[str]) -> pulumi.Resource:
        mistakes = [Mistake("key", text) for text in [check_key(key)] if text]
        if isinstance(principal, str):
            mistakes += [Mistake("principal", text) for text in [check_member(principal)] if text]
        if level == "push" and self._mode != "standard":
            mistakes.append(Mistake("", f"nobody pushes to a {self._mode} repository; grant pull"))
        if mistakes:
            raise mistakes_error(f"grant_{level}", mistakes)
        return self._member(f"{level}-{key}", render.member(self._where, ROLES[level], principal))

    def _member(self, suffix: str, inputs: Mapping[str, Any]) -> pulumi.Resource:
        from pulumi_gcp import artifactregistry

        made = artifactregistry.RepositoryIamMember(f"{self._name}-{suffix}", **snake(inputs), opts=self.child())
        self._ready.append(made)
        return made

"""Resource types of JFrog's provider, as far as images need it, with the rules that the provider and its service have.

The rules are those of the provider's own validators (jfrog/terraform-provider-artifactory) and of the API's documented
answers; what else a real Artifactory would refuse is not known here.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final

from ..emulator import Refusal, known_items, known_members
from .artifactory_cloud import ArtifactoryType, Platform, State, Values, missing

_SPECIAL: Final = re.compile(r"[ !@#$%^&*()+={}\[\]:;<>,/?~`|\\]")
_ACTIONS: Final = ("read", "write", "annotate", "delete", "manage", "managedXrayMeta", "distribute")
_SCOPES: Final = (
    r"applied-permissions/(?:user|admin)",
    r"applied-permissions/groups:.+",
    r"applied-permissions/roles:.+:.+",
    r"artifact:[^:]+:.+",
    r"system:(?:metrics|livelogs|identities|permissions):.+",
)
_PACKAGES: Final = ("docker", "oci", "helmoci")
_ALL: Final = ("ANY", "ANY LOCAL", "ANY REMOTE")


class _Repository(ArtifactoryType):
    kind = "repositories"
    name_property = "key"
    of: ClassVar[str]
    """What it is: local, remote, virtual or federated."""
    package: ClassVar[str]

    def check(self, cloud: Platform, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a key that the provider refuses."""
        key = inputs.get("key")
        if isinstance(key, str):
            if not 0 < len(key) <= 64:
                yield Refusal("key", f"must be 1 - 64 alphanumeric and hyphen characters, got: {len(key)}")
            if _SPECIAL.search(key):
                yield Refusal("key", f"cannot contain spaces or special characters, got: {key}")
            project = inputs.get("projectKey")
            if isinstance(project, str) and not key.startswith(f"{project}-"):
                yield Refusal("key", f"repository key must be prefixed with project key, {project}-, got: {key}")

    def made(self, inputs: Values) -> dict[str, Any]:
        """Return what stands there, with what it is."""
        return {**inputs, "rclass": self.of, "packageType": self.package, "apiVersion": "V2"}

    @staticmethod
    def _told(found: Values) -> dict[str, Any]:
        hidden = {"type", "rclass", "packageType", "apiVersion"}
        return {key: value for key, value in found.items() if key not in hidden}


class _Remote(_Repository):
    of = "remote"
    unread = ("password", "passwordWo")

    def check(self, cloud: Platform, inputs: Values) -> Iterable[Refusal]:
        """Yield a proxy that is given and switched off, and an URL that is none."""
        yield from super().check(cloud, inputs)
        if inputs.get("proxy") and inputs.get("disableProxy") is True:
            yield Refusal("proxy", "if 'disable_proxy' is set to 'true', 'proxy' can't be set")
        url = inputs.get("url")
        if isinstance(url, str) and not re.match(r"https?://[^/\s]+", url):
            yield Refusal("url", f"value must be a valid URL with http or https, got: {url}")


class _Virtual(_Repository):
    of = "virtual"

    def needs(self, state: State, inputs: Values) -> Iterable[Refusal]:
        """Yield repositories that are not there, or hold something else, and one that cannot be pushed to."""
        listed = inputs.get("repositories") or []
        yield from missing(state, self.kind, listed, "repositories")
        there = state.get(self.kind, {})
        for key in listed:
            if there[key]["packageType"] != self.package:
                yield Refusal("repositories", f"400 Bad Request: {key!r} is not of type {self.package}")
        target = inputs.get("defaultDeploymentRepo")
        if target and (target not in listed or there[target]["rclass"] not in ("local", "federated")):
            yield Refusal(
                "defaultDeploymentRepo", f"400 Bad Request: {target!r} is not a local repository of this virtual one"
            )


class _Federated(_Repository):
    of = "federated"

    def check(self, cloud: Platform, inputs: Values) -> Iterable[Refusal]:
        """Yield members that lack this repository itself."""
        yield from super().check(cloud, inputs)
        members, key = known_items(inputs, "members"), inputs.get("key")
        urls = [member.get("url") for member in members if isinstance(member, dict)]
        texts = [url for url in urls if isinstance(url, str)]
        known = len(texts) == len(urls) and isinstance(key, str)
        if members and known and not any(url.endswith(f"/artifactory/{key}") for url in texts):
            yield Refusal("members", "must contain this repository's own URL")


def _repositories() -> Iterator[ArtifactoryType]:
    bases = {"local": _Repository, "remote": _Remote, "virtual": _Virtual, "federated": _Federated}
    for of, base in bases.items():
        for package in _PACKAGES:
            file = f"{of}_{package}_repository"
            if package == "docker" and of in ("local", "federated"):
                file = "docker_v2_repository" if of == "local" else "federated_docker_v2_repository"
            yield type(f"{of}_{package}", (base,), {"file": file, "of": of, "package": package, "__doc__": file})()


class Group(ArtifactoryType):
    """A group of users."""

    file = "group"
    kind = "groups"
    known_by = "name"
    preset = {"realm": "internal"}

    def check(self, cloud: Platform, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a group of administrators that everybody joins."""
        if inputs.get("autoJoin") is True and inputs.get("adminPrivileges") is True:
            yield Refusal("autoJoin", "can not be set to true if admin_privileges is also true")


class ManagedUser(ArtifactoryType):
    """A user."""

    file = "managed_user"
    kind = "users"
    known_by = "name"
    unread = ("password",)

    def needs(self, state: State, inputs: Values) -> Iterable[Refusal]:
        """Yield groups that are not there; `readers` is there from the start."""
        yield from missing(state, "groups", set(inputs.get("groups") or []) - {"readers"}, "groups")


class PermissionTarget(ArtifactoryType):
    """What groups and users may do."""

    file = "permission_target"
    kind = "permissions"
    known_by = "name"

    def check(self, cloud: Platform, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield actions that there are none of."""
        actions = known_members(known_members(inputs, "repo"), "actions")
        for whom in ("groups", "users"):
            for number, grant in enumerate(known_items(actions, whom)):
                for action in known_items(grant, "permissions"):
                    if isinstance(action, str) and action not in _ACTIONS:
                        path = f"repo.actions.{whom}[{number}].permissions"
                        yield Refusal(path, f"value must be one of: {', '.join(_ACTIONS)}, got: {action}")

    def needs(self, state: State, inputs: Values) -> Iterable[Refusal]:
        """Yield repositories, groups and users that are not there."""
        repo = inputs.get("repo") or {}
        listed = [name for name in repo.get("repositories") or [] if name not in _ALL]
        yield from missing(state, "repositories", listed, "repo.repositories")
        actions = repo.get("actions") or {}
        own = {"groups": {"readers"}, "users": {"anonymous", "admin"}}
        for whom, always in own.items():
            named = {grant["name"] for grant in actions.get(whom) or []} - always
            yield from missing(state, whom, sorted(named), f"repo.actions.{whom}")


class ScopedToken(ArtifactoryType):
    """A token; Artifactory tells it once."""

    file = "scoped_token"
    kind = "tokens"
    known_by = "id"
    replaced = ("*",)
    unread = ("accessToken", "refreshToken", "referenceToken")

    def check(self, cloud: Platform, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield scopes and audiences that are none."""
        for scope in known_items(inputs, "scopes"):
            if isinstance(scope, str) and not any(re.fullmatch(known, scope) for known in _SCOPES):
                yield Refusal("scopes", f"must be '<resource-type>:<target>[/<sub-resource>]:<actions>', got: {scope}")
        for audience in known_items(inputs, "audiences"):
            if isinstance(audience, str) and not re.fullmatch(r"(?:jf[a-z]{2,3}|\*)@.+", audience):
                yield Refusal("audiences", f"must either begin with a service's type, or *, got: {audience}")

    def create(self, cloud: Platform, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it, with the number and the texts that nobody knows before."""
        id_, now = secrets.token_hex(16), int(time.time())
        lives = int(inputs.get("expiresIn") or 0)
        text = {"accessToken": f"eyJ2ZXIiOiIyIiw.{secrets.token_urlsafe(48)}"}
        if inputs.get("refreshable"):
            text["refreshToken"] = secrets.token_urlsafe(24)
        if inputs.get("includeReferenceToken"):
            text["referenceToken"] = secrets.token_urlsafe(32)
        found = {
            **inputs,
            "type": self.file,
            "tokenType": "Bearer",
            "subject": f"jfac@emulated/users/{inputs.get('username') or 'admin'}",
            "issuer": "jfac@emulated",
            "issuedAt": now,
            "expiry": now + lives if lives else 0,
        }
        with cloud.change() as state:
            state.setdefault(self.kind, {})[id_] = found
        return id_, {**self._told(found), **text}


class _Policy(ArtifactoryType):
    kind = "policies"
    name_property = "key"

    def check(self, cloud: Platform, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a key that is too short, and criteria that are of none or of several kinds."""
        key = inputs.get("key")
        if isinstance(key, str) and not re.fullmatch(r"[A-Za-z0-9_-]{3,}", key):
            yield Refusal("key", f"only letters, numbers, underscore and hyphen, at least 3 of them, got: {key}")
        said = known_members(inputs, "searchCriteria")
        unit = {name: [word for word in said if word.endswith(f"BeforeIn{name}")] for name in ("Days", "Months")}
        if unit["Days"] and unit["Months"]:
            yield Refusal("searchCriteria", "Cannot use both days-based and months-based conditions together.")
        kinds = [
            bool(unit["Days"] or unit["Months"]),
            "keepLastNVersions" in said,
            bool(said.get("includedProperties")),
        ]
        if said and sum(kinds) != 1:
            yield Refusal(
                "searchCriteria",
                "A policy must use exactly one of: time-based conditions, keep_last_n_versions, included_properties.",
            )
        if len(known_items(said, "includedPackages")) > 1:
            yield Refusal("searchCriteria.includedPackages", "takes one pattern or explicit name")
        projects = known_items(said, "includedProjects")
        if said and not projects and said.get("includeAllProjects") is not True:
            yield Refusal("searchCriteria.includedProjects", "can be empty only when include_all_projects is true")


class PackageCleanupPolicy(_Policy):
    """What is deleted."""

    file = "package_cleanup_policy"
    kind = "cleanup policies"


class ArchivePolicy(_Policy):
    """What is moved to cold storage."""

    file = "archive_policy"
    kind = "archive policies"


class _Replication(ArtifactoryType):
    # One configuration of a repository, whatever class it is told by.
    kind = "replications"
    known_by = "repoKey"

    def needs(self, state: State, inputs: Values) -> Iterable[Refusal]:
        """Yield a repository that is not a local one."""
        found = state.get("repositories", {}).get(inputs["repoKey"])
        if found is None or found["rclass"] != "local":
            yield Refusal(
                "repoKey",
                "source repository rclass is not local, only local repositories are supported by this resource",
            )


class LocalRepositorySingleReplication(_Replication):
    """What is copied to one platform."""

    file = "local_repository_single_replication"
    unread = ("password",)


class LocalRepositoryMultiReplication(_Replication):
    """What is copied to several platforms."""

    file = "local_repository_multi_replication"

    def check(self, cloud: Platform, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield that there is nowhere to copy to."""
        if "replications" in inputs and inputs["replications"] == []:
            yield Refusal("replications", "Too few items: at least 1 is required")


class Backup(ArtifactoryType):
    """Copies on Artifactory's own disk."""

    file = "backup"
    kind = "backups"
    name_property = "key"

    def needs(self, state: State, inputs: Values) -> Iterable[Refusal]:
        """Yield repositories that are not there."""
        yield from missing(state, "repositories", inputs.get("excludedRepositories") or [], "excludedRepositories")


class Keypair(ArtifactoryType):
    """A pair of keys."""

    file = "keypair"
    kind = "key pairs"
    known_by = "pairName"
    name_property = "pairName"
    replaced = ("*",)
    unread = ("privateKey", "passphrase")

    def check(self, cloud: Platform, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield keys that are none."""
        if inputs.get("pairType") not in ("RSA", "GPG") and isinstance(inputs.get("pairType"), str):
            yield Refusal("pairType", f"expected pair_type to be one of [RSA GPG], got {inputs['pairType']}")
        private, public = inputs.get("privateKey"), inputs.get("publicKey")
        if isinstance(private, str) and "PGP PRIVATE KEY BLOCK" not in private and not _is_rsa(private):
            yield Refusal("privateKey", "unable to decode private key pem format")
        if isinstance(public, str) and "PGP PUBLIC KEY BLOCK" not in public and not _is_public(public):
            yield Refusal("publicKey", "rsa public key not in pem format")


def _is_rsa(text: str) -> bool:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if "BEGIN RSA PRIVATE KEY" not in text:
        return False
    try:
        load_pem_private_key(text.encode(), None)
    except TypeError:
        # It is encrypted, which is looked at by the service.
        return True
    except ValueError:
        return False
    return True


def _is_public(text: str) -> bool:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        load_pem_public_key(text.encode())
    except ValueError:
        return False
    return True


class _Webhook(ArtifactoryType):
    kind = "webhooks"
    name_property = "key"
    events: ClassVar[tuple[str, ...]]

    def check(self, cloud: Platform, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield a key or events that there are none of, and criteria that are never met."""
        key = inputs.get("key")
        if isinstance(key, str) and (not 2 <= len(key) <= 200 or " " in key):
            yield Refusal("key", f"must be between 2 and 200 characters without spaces, got: {key}")
        for event in known_items(inputs, "eventTypes"):
            if isinstance(event, str) and event not in self.events:
                yield Refusal("eventTypes", f"event_type {event} not supported, only {', '.join(self.events)}")
        said = known_members(inputs, "criteria")
        if (
            said
            and not said.get("repoKeys")
            and not any(said.get(f"any{of}") for of in ("Local", "Remote", "Federated"))
        ):
            yield Refusal("criteria.repoKeys", "repo_keys cannot be empty when any_local, any_remote, and "
                          "any_federated are false")  # fmt: skip

    def needs(self, state: State, inputs: Values) -> Iterable[Refusal]:
        """Yield repositories that are not there."""
        yield from missing(state, "repositories", inputs["criteria"].get("repoKeys") or [], "criteria.repoKeys")


class DockerWebhook(_Webhook):
    """Who is told of tags."""

    file = "docker_webhook"
    events = ("pushed", "deleted", "promoted")


class ArtifactWebhook(_Webhook):
    """Who is told of files."""

    file = "artifact_webhook"
    events = ("deployed", "deleted", "moved", "copied", "cached")


class _Setting(ArtifactoryType):
    # There is one of each, and it is always there.
    kind = "settings"

    def create(self, cloud: Platform, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Set it."""
        with cloud.change() as state:
            state.setdefault(self.kind, {})[self.file] = {"type": self.file, **inputs}
        return self.file, dict(inputs)


class TrashcanConfig(_Setting):
    """Where what is deleted lies."""

    file = "trashcan_config"


class GeneralSecurity(_Setting):
    """Whether everybody comes in."""

    file = "general_security"


TYPES: Final[tuple[ArtifactoryType, ...]] = (
    *_repositories(),
    Group(),
    ManagedUser(),
    PermissionTarget(),
    ScopedToken(),
    PackageCleanupPolicy(),
    ArchivePolicy(),
    LocalRepositorySingleReplication(),
    LocalRepositoryMultiReplication(),
    Backup(),
    Keypair(),
    DockerWebhook(),
    ArtifactWebhook(),
    TrashcanConfig(),
    GeneralSecurity(),
)

__all__ = ["TYPES"]

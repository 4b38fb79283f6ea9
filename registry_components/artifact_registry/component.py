"""`GarRepository`: one repository of Artifact Registry and what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..core import tags as marks
from ..core.component import RegistryComponent
from ..core.endpoint import RegistryEndpoint
from . import render
from .args import GarProjectSettingsArgs, GarRepositoryArgs, GarRepositoryReferenceArgs
from .grants import GrantingRepository
from .providers import require_sdk, snake
from .words import REPOSITORY_NAME, ROLES, SECRET_VERSION

_AGENT_OF = "artifactregistry.googleapis.com"
_SCANNER = "containerscanning.googleapis.com"


class GarRepository(GrantingRepository):
    """One repository of Artifact Registry: pushed to, cached or gathered, with its roles and download rules.

    Children: the repository, named as the component; `<name>-<level>-<principal>` for each role of `access` (by
    position where the principal is an output), `<name>-role-<key>` for each of `roles`, `<name>-everybody` for
    anonymous pull, `<name>-rule-<key>` for each download rule; `<name>-agent` where Artifact Registry's service agent
    needs a role, `<name>-agent-key` for that on a key, `<name>-agent-secret` for that on a secret; and with a password
    `<name>-upstream` and `<name>-upstream-version`, the secret that holds it.

    It is protected and retained unless both `deletion="destroy"` and `empty_on_delete=True` are given. Raises
    `StackError`, before anything is registered, where the arguments are not valid or the SDK is missing.
    """

    def __init__(
        self,
        name: str,
        args: GarRepositoryArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, GarRepositoryArgs) else GarRepositoryArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        self._args, self._mode, self._ready = wanted, wanted.content.mode, []
        self._ownership = marks.ownership(pulumi.get_project(), pulumi.get_stack(), type(self).__name__)
        self._in_project = {} if wanted.project is None else {"project": wanted.project}
        self._agent_resource: Any = None

        self.repository = self._repository()
        self._where = {
            "repository": self.repository.repository_id,
            "location": self.repository.location,
            "project": self.repository.project,
        }
        self._roles()
        self._rules()

        # Usable once whoever may read it can, and what must not be read cannot.
        ready = pulumi.Output.all(self.repository.id, *(made.id for made in self._ready))  # type: ignore[attr-defined]
        project = pulumi.Output.all(self.repository.project, ready).apply(lambda found: str(found[0]))
        content, location, repository_id = wanted.content, wanted.location, wanted.repository_id
        self.publish(
            server=project.apply(lambda _: render.server(location, content.format)),
            prefix=project.apply(lambda text: render.prefix(text, repository_id)),
            repository_name=project.apply(
                lambda text: f"projects/{text}/locations/{location}/repositories/{repository_id}"
            ),
            login_command=project.apply(
                lambda text: render.login_command(text, location, repository_id, content.format)
            ),
        )
        self.endpoint = RegistryEndpoint(server=self.server, prefix=self.prefix)

    def _repository(self) -> Any:
        from pulumi_gcp import artifactregistry

        version, needed = self._password()
        needed += self._key()
        inputs = render.repository(self._args, self._ownership, password_secret_version=version)
        kept = {"protect": True, "retain_on_delete": True} if self._args.kept else {}
        options = self.child(**kept, depends_on=needed, import_=self._args.import_)
        return artifactregistry.Repository(self._name, **snake(inputs), opts=options)

    def _agent(self) -> Any:
        """Artifact Registry's own account in the project, made by Google when it is first asked for."""
        from pulumi_gcp import projects

        if self._agent_resource is None:
            self._agent_resource = projects.ServiceIdentity(
                f"{self._name}-agent", service=_AGENT_OF, **self._in_project, opts=self.child()
            )
        return self._agent_resource

    def _key(self) -> list[pulumi.Resource]:
        from pulumi_gcp import kms

        encryption = self._args.encryption
        if encryption is None or not encryption.grant_access:
            return []
        return [
            kms.CryptoKeyIAMMember(
                f"{self._name}-agent-key",
                crypto_key_id=encryption.key,
                role=render.KEY_USER,
                member=self._agent().member,
                # As long as the repository is there it needs its key.
                opts=self.child(**({"retain_on_delete": True} if self._args.kept else {})),
            )
        ]

    def _password(self) -> tuple[Any, list[pulumi.Resource]]:
        from pulumi_gcp import secretmanager

        login = self._args.credentials
        if login is None:
            return None, []
        version: Any = login.password_secret_version
        where: dict[str, Any]
        # What a retained repository logs in with stays with it.
        kept = {"retain_on_delete": True} if self._args.kept else {}
        if login.password is not None:
            secret = secretmanager.Secret(
                f"{self._name}-upstream",
                **snake(render.secret(self._args, self._ownership)),
                opts=self.child(**kept),
            )
            version = secretmanager.SecretVersion(
                f"{self._name}-upstream-version",
                **snake(render.secret_version(secret.id, login.password)),
                opts=self.child(**kept),
            ).name
            where = {"secret_id": secret.secret_id, "project": secret.project}
        else:
            parts = pulumi.Output.from_input(version).apply(_secret_of)
            where = {"secret_id": parts.apply(lambda found: found[1]), "project": parts.apply(lambda found: found[0])}
        if not login.grant_access:
            return version, []
        access = secretmanager.SecretIamMember(
            f"{self._name}-agent-secret",
            role=render.SECRET_ACCESSOR,
            member=self._agent().member,
            **where,
            opts=self.child(**kept),
        )
        return version, [access]

    def _roles(self) -> None:
        access = self._args.access
        for level, principals in (("pull", access.pull), ("push", access.push), ("admin", access.admin)):
            for position, principal in enumerate(principals):
                suffix = principal if isinstance(principal, str) else str(position)
                self._member(f"{level}-{suffix}", render.member(self._where, ROLES[level], principal))
        if access.anonymous_pull:
            self._member("everybody", render.member(self._where, ROLES["pull"], render.EVERYBODY))
        for key, said in sorted(self._args.roles.items()):
            self._member(f"role-{key}", render.role(self._where, said))

    def _rules(self) -> None:
        from pulumi_gcp import artifactregistry

        where = {("repositoryId" if key == "repository" else key): value for key, value in self._where.items()}
        for key, said in sorted(self._args.rules.items()):
            inputs = render.rule(where, key, said)
            made = artifactregistry.Rule(f"{self._name}-rule-{key}", **snake(inputs), opts=self.child())
            self._ready.append(made)


class GarRepositoryReference(GrantingRepository):
    """A repository that another stack or person owns: an endpoint, and grants that this stack owns.

    Children: the grants.
    """

    def __init__(
        self,
        name: str,
        args: GarRepositoryReferenceArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, GarRepositoryReferenceArgs) else GarRepositoryReferenceArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        self._mode, self._ready = "standard", []
        format_ = wanted.format
        repository_name = pulumi.Output.from_input(wanted.repository)
        parts = repository_name.apply(_parts_of)
        self._where = {
            "repository": parts.apply(lambda found: found[2]),
            "location": parts.apply(lambda found: found[1]),
            "project": parts.apply(lambda found: found[0]),
        }
        self.publish(
            server=parts.apply(lambda found: render.server(found[1], format_)),
            prefix=parts.apply(lambda found: render.prefix(found[0], found[2])),
            repository_name=repository_name,
            login_command=parts.apply(lambda found: render.login_command(*found, format_)),
        )
        self.endpoint = RegistryEndpoint(server=self.server, prefix=self.prefix)


class GarProjectSettings(RegistryComponent):
    """What holds for all repositories of a project in one location; exactly one stack may own it.

    Children: `<name>` is the logs' configuration, `<name>-vpcsc` that of VPC Service Controls, `<name>-scanning` the
    service that scans. Google keeps all three when the stack goes: there is nothing to delete.
    """

    def __init__(
        self,
        name: str,
        args: GarProjectSettingsArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, GarProjectSettingsArgs) else GarProjectSettingsArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        from pulumi_gcp import artifactregistry, projects

        in_project: dict[str, Any] = {} if wanted.project is None else {"project": wanted.project}
        where = {**in_project, "location": wanted.location}
        if wanted.platform_logs is not None:
            logs: Any = render.platform_logs(wanted.platform_logs)
            artifactregistry.ProjectConfig(name, **where, platform_logs_config=logs, opts=self.child())
        if wanted.remote_upstreams is not None:
            policy = wanted.remote_upstreams.upper()
            artifactregistry.VpcscConfig(f"{name}-vpcsc", **where, vpcsc_policy=policy, opts=self.child())
        if wanted.scanning is not None:
            projects.Service(
                f"{name}-scanning", service=_SCANNER, disable_on_destroy=False, **in_project, opts=self.child()
            )
        self.publish()


def _parts_of(repository_name: str) -> tuple[str, str, str]:
    found = REPOSITORY_NAME.fullmatch(repository_name)
    if found is None:
        from ..core.errors import stack_error
        from .words import check_repository_name

        raise stack_error(f"repository: {check_repository_name(repository_name)}")
    return found["project"], found["location"], found["repository"]


def _secret_of(version: str) -> tuple[str, str]:
    found = SECRET_VERSION.fullmatch(version)
    if found is None:
        from ..core.errors import stack_error
        from .words import check_secret_version

        raise stack_error(f"password_secret_version: {check_secret_version(version)}")
    return found["project"], found["secret"]

"""`EcrRegistry`: repositories of one account and region, and a reference to others'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..core import tags as marks
from ..core.endpoint import RegistryEndpoint
from . import lifecycle, render
from .args import EcrRegistryArgs, EcrRegistryReferenceArgs, EffectiveRepository
from .grants import GrantingRegistry, policy_of
from .providers import require_sdk, snake


class EcrRegistry(GrantingRegistry):
    """Repositories of one account and region, each with its policy and its lifecycle policy.

    Children: `<name>-<key>` for each repository, and of the same name its policy and its lifecycle policy, where it has
    them; `<name>-<level>-<key>` for each grant.

    Repositories are protected and retained unless both `deletion="destroy"` and `empty_on_delete=True` are given.
    Raises `StackError`, before anything is registered, where the arguments are not valid or the SDK is missing.
    """

    registry_id: pulumi.Output[str]
    """The account's id."""

    def __init__(
        self,
        name: str,
        args: EcrRegistryArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, EcrRegistryArgs) else EcrRegistryArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        self._region = wanted.region
        self._ownership = marks.ownership(pulumi.get_project(), pulumi.get_stack(), type(self).__name__)
        self.repositories: dict[str, Any] = {}
        """Repositories by key, as resources of `pulumi_aws`."""
        policies: list[Any] = []
        for key in sorted(wanted.repositories):
            policies += self._repository(wanted.effective(key))
        self._arns = {key: repository.arn for key, repository in self.repositories.items()}

        one = next(iter(self.repositories.values()))
        # Usable once whoever may pull can, and what is to be deleted is.
        keys = list(self.repositories)
        found = pulumi.Output.all(*(made.repository_url for made in self.repositories.values()), *policies)
        repository_urls = found.apply(lambda known: dict(zip(keys, known, strict=False)))
        server = repository_urls.apply(lambda urls: str(next(iter(urls.values()))).split("/", 1)[0])
        self.publish(
            server=server,
            registry_id=one.registry_id,
            repository_urls=repository_urls,
            repository_arns=pulumi.Output.from_input(dict(self._arns)),
            login_command=server.apply(render.login_command),
        )
        self.endpoint = RegistryEndpoint(server=server)

    def _repository(self, said: EffectiveRepository) -> list[Any]:
        from pulumi_aws import ecr

        name, where = f"{self._name}-{said.key}", render.located(self._region)
        kept = {"protect": True, "retain_on_delete": True} if said.kept else {}
        options = self.child(**kept, import_=said.import_)
        repository = ecr.Repository(name, **snake(render.repository(said, self._ownership, self._region)), opts=options)
        self.repositories[said.key] = repository
        made: list[Any] = []
        policy = policy_of(said, repository.registry_id if render.needs_account(said) else None)
        if policy is not None:
            granted = ecr.RepositoryPolicy(name, repository=repository.name, policy=policy, **where, opts=self.child())
            made.append(granted.id)
        cleanup = said.lifecycle
        if cleanup is not None:
            text = lifecycle.text(cleanup)
            cleaned = ecr.LifecyclePolicy(name, repository=repository.name, policy=text, **where, opts=self.child())
            made.append(cleaned.id)
        return made


class EcrRegistryReference(GrantingRegistry):
    """Repositories that another stack or person owns: an endpoint, and grants that this stack owns.

    Children: the grants.
    """

    def __init__(
        self,
        name: str,
        args: EcrRegistryReferenceArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, EcrRegistryReferenceArgs) else EcrRegistryReferenceArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        self._region = wanted.region
        arns: dict[str, pulumi.Output[str]] = {
            key: pulumi.Output.from_input(arn).apply(_checked) for key, arn in sorted(wanted.repositories.items())
        }
        for key, repository in sorted(wanted.look_up.items()):
            arns[key] = self._look_up(repository)
        self._arns = dict(sorted(arns.items()))
        servers = pulumi.Output.all(*self._arns.values()).apply(_one_server)
        self.publish(
            server=servers,
            repository_urls=pulumi.Output.all(**self._arns).apply(
                lambda found: {
                    key: f"{render.server_of(arn)}/{arn.split(':repository/', 1)[1]}" for key, arn in found.items()
                }
            ),
            repository_arns=pulumi.Output.from_input(dict(self._arns)),
            login_command=servers.apply(render.login_command),
        )
        self.endpoint = RegistryEndpoint(server=servers)

    def _look_up(self, repository: str) -> pulumi.Output[str]:
        from pulumi_aws import ecr

        found = ecr.get_repository_output(
            name=repository, **render.located(self._region), opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return found.apply(lambda answer: str(answer.arn))


def _checked(arn: str) -> str:
    from ..core.errors import stack_error
    from .words import check_repository_arn

    mistake = check_repository_arn(arn)
    if mistake:
        raise stack_error(f"repositories: {mistake}")
    return arn


def _one_server(arns: list[str]) -> str:
    from ..core.errors import stack_error

    servers = sorted({render.server_of(arn) for arn in arns})
    if len(servers) > 1:
        raise stack_error(
            f"repositories: are of several registries, {' and '.join(servers)}; make one reference for each"
        )
    return servers[0]

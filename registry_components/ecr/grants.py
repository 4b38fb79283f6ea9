"""Rights of roles on repositories: the grants that owned and referenced repositories have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..core.component import RegistryComponent
from ..core.endpoint import Credentials, RegistryEndpoint
from ..core.errors import Mistake, mistakes_error
from ..core.names import check_key
from . import policies, render
from .words import check_role, role_name


class GrantingRegistry(RegistryComponent):
    """Repositories of one registry that roles are let use."""

    endpoint: RegistryEndpoint
    """Where the registry is. There is no password in it: a token lives 12 hours; see `fresh_endpoint`."""
    server: pulumi.Output[str]
    """`ACCOUNT.dkr.ecr.REGION.amazonaws.com`; known once all policies are there."""
    repository_urls: pulumi.Output[Mapping[str, str]]
    """`server/name` by key; known once all policies are there."""
    repository_arns: pulumi.Output[Mapping[str, str]]
    """ARNs by key: what a reference takes."""
    login_command: pulumi.Output[str]
    """Logs Docker in as whoever the AWS CLI is, with a fresh token that is never stored."""
    _arns: Mapping[str, pulumi.Output[str]]
    _region: str | None

    def fresh_endpoint(self) -> RegistryEndpoint:
        """Return the endpoint with a token that is fetched now, as a secret; it lives 12 hours.

        It is asked of AWS in each run, so whatever keeps it changes with each `up`: use it inside the run alone.
        """
        import pulumi_aws as aws

        where = {} if self._region is None else {"region": self._region}
        # The token is the caller's for every registry, so it can be fetched before this one is known.
        found = aws.ecr.get_authorization_token_output(**where, opts=pulumi.InvokeOutputOptions(parent=self))
        token: pulumi.Output[str] = found.apply(lambda answer: str(answer.password))
        password: pulumi.Output[str] = pulumi.Output.secret(token)
        return RegistryEndpoint(server=self.server, credentials=Credentials(username="AWS", password=password))

    def grant_pull(
        self, key: str, role: pulumi.Input[str], *, repositories: Sequence[str] | None = None
    ) -> pulumi.Resource:
        """Let a role of this account pull. `key` names the grant in the stack: `<name>-pull-<key>`.

        `role` is a name or an ARN, `repositories` keys (default: all of them). The role gets a policy of its own, the
        login included; accounts and organizations go into `access`. Returns the policy. Raises `StackError`.
        """
        return self._grant("pull", key, role, repositories)

    def grant_push(
        self, key: str, role: pulumi.Input[str], *, repositories: Sequence[str] | None = None
    ) -> pulumi.Resource:
        """Let a role push and pull; see `grant_pull`."""
        return self._grant("push", key, role, repositories)

    def grant_admin(
        self, key: str, role: pulumi.Input[str], *, repositories: Sequence[str] | None = None
    ) -> pulumi.Resource:
        """Let a role push, pull, delete images and change settings; see `grant_pull`."""
        return self._grant("admin", key, role, repositories)

    def _grant(
        self, level: policies.Level, key: str, role: pulumi.Input[str], repositories: Sequence[str] | None
    ) -> pulumi.Resource:
        import pulumi_aws as aws

        mistakes = [Mistake("key", text) for text in [check_key(key)] if text]
        if isinstance(role, str):
            mistakes += [Mistake("role", text) for text in [check_role(role)] if text]
        chosen = sorted(self._arns) if repositories is None else sorted(set(repositories))
        if not chosen:
            mistakes.append(Mistake("repositories", "is empty; name keys, or leave it out for all of them"))
        for name in chosen:
            if name not in self._arns:
                listed = ", ".join(sorted(self._arns)[:10])
                mistakes.append(Mistake("repositories", f"{name!r} is not a key here; there are {listed}"))
        if mistakes:
            raise mistakes_error(f"grant_{level}", mistakes)
        arns = pulumi.Output.all(*(self._arns[name] for name in chosen))
        return aws.iam.RolePolicy(
            f"{self._name}-{level}-{key}",
            role=pulumi.Output.from_input(role).apply(role_name),
            policy=arns.apply(lambda found: policies.text(policies.identity_policy(level, found))),
            opts=self.child(),
        )


def resolved(value: Any, render_it: Any) -> Any:
    """Return `render_it(value)`, at once where nothing in `value` is an output."""
    if _has_output(value):
        return pulumi.Output.from_input(value).apply(render_it)
    return render_it(value)


def _has_output(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_output(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_has_output(item) for item in value)
    return isinstance(value, pulumi.Output)


def repository_policy(parts: Mapping[str, Any]) -> str:
    """Return a repository's policy as JSON, from texts alone. Raises `StackError` for what is no principal."""
    from .words import check_account, check_principal

    mistakes = [
        Mistake(f"access.{level}", text)
        for level, principals in sorted(parts["access"].items())
        for text in map(check_principal, principals)
        if text
    ]
    mistakes += [Mistake("lambda_accounts", text) for text in map(check_account, parts["lambda_accounts"]) if text]
    if mistakes:
        raise mistakes_error("a repository's policy", mistakes)
    document = policies.repository_policy(
        parts["access"], lambda_accounts=parts["lambda_accounts"], own_account=parts.get("own_account")
    )
    assert document is not None  # noqa: S101 - the caller has seen a grant
    return policies.text(document)


def policy_of(said: Any, own_account: Any = None) -> Any:
    """Return the text of a policy, an output where a principal is one; None where nobody is granted anything."""
    if not render.grants(said):
        return None
    access, accounts = render.access_texts(said)
    parts: dict[str, Any] = {"access": access, "lambda_accounts": accounts}
    if own_account is not None:
        parts["own_account"] = own_account
    return resolved(parts, repository_policy)

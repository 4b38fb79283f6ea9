"""What stands around repositories: the account's settings, templates, caches, the public gallery, network, events."""

from __future__ import annotations

import json
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..core import tags as marks
from ..core.args import reveal
from ..core.component import RegistryComponent
from ..core.endpoint import RegistryEndpoint
from ..core.errors import stack_error
from . import account as of
from . import policies, render
from .cache import EcrPullThroughCacheArgs
from .events import EcrEventsArgs
from .grants import policy_of, resolved
from .network import EcrVpcEndpointsArgs
from .providers import require_sdk, snake
from .public import SERVER, EcrPublicRepositoryArgs
from .settings import EcrKmsEncryption, EcrTemplateSettings
from .words import ROOT, role_name


class _Surrounding(RegistryComponent):
    """What these components share: who asks AWS, and the role that makes repositories after a template."""

    def _begin(self, region: str | None) -> None:
        self._region_said = region
        self._ownership = marks.ownership(pulumi.get_project(), pulumi.get_stack(), type(self).__name__)
        self._asked: dict[str, pulumi.Output[str]] = {}

    def _ask(self, what: str) -> pulumi.Output[str]:
        """Return the provider's account, region or partition."""
        import pulumi_aws as aws

        if what == "region" and self._region_said is not None:
            return pulumi.Output.from_input(self._region_said)
        if what not in self._asked:
            options = pulumi.InvokeOutputOptions(parent=self)
            match what:
                case "account":
                    found: Any = aws.get_caller_identity_output(opts=options).apply(lambda answer: answer.account_id)
                case "region":
                    found = aws.get_region_output(opts=options).apply(lambda answer: answer.region)
                case _:
                    found = aws.get_partition_output(opts=options).apply(lambda answer: answer.partition)
            self._asked[what] = found
        return self._asked[what]

    def _arn_base(self) -> pulumi.Output[str]:
        """Return the ARN that those of all repositories of this registry begin with."""
        parts = pulumi.Output.all(self._ask("partition"), self._ask("region"), self._ask("account"))
        return parts.apply(lambda found: f"arn:{found[0]}:ecr:{found[1]}:{found[2]}:repository")

    def _server(self) -> pulumi.Output[str]:
        parts = pulumi.Output.all(self._ask("account"), self._ask("region"), self._ask("partition"))
        return parts.apply(lambda found: render.host(*found))

    def _template_role(self, settings: Sequence[EcrTemplateSettings], tags: Mapping[str, str]) -> Any:
        """Return the role's ARN, known once it may do all it has to; None where none of these has to be made."""
        from pulumi_aws import iam

        needing = [item for item in settings if item.needs_role and item.role_arn is None]
        if not needing:
            return None
        name = f"{self._name}-template-role"
        role = iam.Role(
            name,
            assume_role_policy=policies.text(policies.template_role_trust()),
            description="Makes ECR repositories after a template",
            tags=marks.merged(self._ownership, tags),
            opts=self.child(),
        )
        own = any(isinstance(item.encryption, EcrKmsEncryption) and item.encryption.key is None for item in needing)
        text = resolved(
            of.keys_of(needing), lambda keys: policies.text(policies.template_role_policy(keys, own_key=own))
        )
        allowed = iam.RolePolicy(name, role=role.name, policy=text, opts=self.child())
        return pulumi.Output.all(role.arn, allowed.id).apply(lambda found: str(found[0]))

    def _template(
        self,
        suffix: str,
        prefix: str,
        applied_for: Sequence[str],
        settings: EcrTemplateSettings,
        role: Any,
        **more: Any,
    ) -> Any:
        from pulumi_aws import ecr

        inputs = render.template(
            prefix,
            applied_for,
            settings,
            role_arn=settings.role_arn if settings.role_arn is not None or not settings.needs_role else role,
            policy=policy_of(settings),
            **more,
        )
        return ecr.RepositoryCreationTemplate(f"{self._name}-{suffix}", **snake(inputs), opts=self.child())


_owners: weakref.WeakKeyDictionary[Any, dict[tuple[str, str], str]] = weakref.WeakKeyDictionary()


def _claim(component: pulumi.Resource, name: str, region: str | None, opts: pulumi.ResourceOptions | None) -> None:
    # rule 8: within one program; beyond it, the settings' one owner is a matter of agreement.
    from pulumi.runtime.settings import get_root_resource

    root = get_root_resource()
    if root is None:
        return
    provider = getattr(component, "_providers", {}).get("aws") or getattr(opts, "provider", None)
    place = (region or "", "" if provider is None else str(getattr(provider, "_name", id(provider))))
    owners = _owners.setdefault(root, {})
    if place in owners:
        raise stack_error(
            f"EcrRegistrySettings {name!r}: {owners[place]!r} has the settings of this account and region already, and "
            "they would overwrite one another; put all of them into one, or give this one another region or provider"
        )
    owners[place] = name


class EcrRegistrySettings(_Surrounding):
    """What an account has once in a region; exactly one stack may own it.

    Children: `<name>-policy`, `<name>-scanning`, `<name>-inspector`, `<name>-suppression-<key>`, `<name>-replication`,
    `<name>-template-<region>-<prefix>` for what copies become, `<name>-template-role` where those need one,
    `<name>-basic-scan-version`, `<name>-registry-policy-scope`, `<name>-blob-mounting`, `<name>-exclusion-<key>`,
    `<name>-signing`.
    """

    registry_id: pulumi.Output[str]
    """The account's id."""

    def __init__(
        self,
        name: str,
        args: of.EcrRegistrySettingsArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, of.EcrRegistrySettingsArgs) else of.EcrRegistrySettingsArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        _claim(self, name, wanted.region, opts)
        self._begin(wanted.region)
        self._args = wanted
        self._account()
        self._policy()
        self._scanning()
        self._replication()
        self._signing()
        self.publish(registry_id=self._ask("account"))

    def _account(self) -> None:
        from pulumi_aws import ecr

        for key, inputs in render.account_settings(self._args).items():
            ecr.AccountSetting(f"{self._name}-{key}", **snake(inputs), opts=self.child())
        for key, principal in sorted(self._args.pull_time_exclusions.items()):
            ecr.PullTimeUpdateExclusion(
                f"{self._name}-exclusion-{key}",
                principal_arn=principal,
                **render.located(self._args.region),
                opts=self.child(),
            )

    def _policy(self) -> None:
        from pulumi_aws import ecr

        said = self._args
        if not said.replicate_from and not said.cache_permissions:
            return
        parts: Any = {
            "base": self._arn_base(),
            "from": list(said.replicate_from),
            "caching": {key: [item.prefix, item.principals] for key, item in said.cache_permissions.items()},
        }
        text = pulumi.Output.from_input(parts).apply(
            lambda found: policies.text(
                policies.registry_policy(
                    found["base"],
                    replicate_from=found["from"],
                    replicate_prefixes=said.replicate_prefixes,
                    caching=found["caching"],
                )
                or {}
            )
        )
        ecr.RegistryPolicy(f"{self._name}-policy", policy=text, **render.located(said.region), opts=self.child())

    def _scanning(self) -> None:
        from pulumi_aws import ecr, inspector2

        said = self._args
        if said.scanning is None:
            return
        where = render.located(said.region)
        needed: list[pulumi.Resource] = []
        if isinstance(said.scanning, of.EcrEnhancedScanning) and said.scanning.enable_inspector:
            needed.append(
                inspector2.Enabler(
                    f"{self._name}-inspector",
                    account_ids=[self._ask("account")],
                    resource_types=["ECR"],
                    **where,
                    opts=self.child(),
                )
            )
        ecr.RegistryScanningConfiguration(
            f"{self._name}-scanning",
            **snake(render.registry_scanning(said.scanning, said.region)),
            opts=self.child(depends_on=needed),
        )
        tags = marks.merged(self._ownership, said.tags)
        for key, item in sorted(said.suppressions.items()):
            inputs = render.suppression(self._name, key, item, said.region, tags)
            inspector2.Filter(f"{self._name}-suppression-{key}", **snake(inputs), opts=self.child(depends_on=needed))

    def _replication(self) -> None:
        from pulumi_aws import ecr

        said = self._args
        if not said.replication:
            return
        templates: list[pulumi.Resource] = []
        wanted = render.replica_templates(said)
        if wanted and isinstance(said.replica_settings, EcrTemplateSettings):
            role = self._template_role([said.replica_settings], said.tags)
            for region, prefix in wanted:
                suffix = f"template-{region}-{prefix}"
                templates.append(
                    self._template(suffix, prefix, ["replication"], said.replica_settings, role, region=region)
                )
        own = self._ask("account") if any(to.account is None for to in said.replication.values()) else None
        # The templates come first: a copy that is made before its template never gets the settings.
        ecr.ReplicationConfiguration(
            f"{self._name}-replication",
            **snake(render.replication(said, own)),
            opts=self.child(depends_on=templates),
        )

    def _signing(self) -> None:
        from pulumi_aws import cloudcontrol

        signing = self._args.signing
        if signing is None:
            return
        state = resolved([signing.profile_arn], lambda found: json.dumps(render.signing(signing, found[0])))
        # pulumi_aws has no resource of its own for it; Cloud Control has.
        cloudcontrol.Resource(
            f"{self._name}-signing",
            type_name="AWS::ECR::SigningConfiguration",
            desired_state=state,
            **render.located(self._args.region),
            opts=self.child(),
        )


class EcrCreationTemplates(_Surrounding):
    """Templates of repositories that ECR makes by itself: for copies from other accounts, caches, and first pushes.

    Children: `<name>-<prefix>` for each template, `<name>-template-role` where one is needed.
    """

    def __init__(
        self,
        name: str,
        args: of.EcrCreationTemplatesArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, of.EcrCreationTemplatesArgs) else of.EcrCreationTemplatesArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        self._begin(wanted.region)
        role = self._template_role([said.settings for _, said in sorted(wanted.templates.items())], wanted.tags)
        for prefix, said in sorted(wanted.templates.items()):
            self._template(
                prefix,
                prefix,
                said.applied_for,
                said.settings,
                role,
                region=wanted.region,
                description=said.description,
            )
        self.publish()


class EcrPullThroughCache(_Surrounding):
    """A prefix of the registry below which images of an upstream are cached when they are first pulled.

    Children: the rule, named as the component; `<name>-credentials`, the secret and its value; `<name>-template`;
    `<name>-template-role` where the template needs one; `<name>-nodes-<key>`, the policy of each role that pulls.
    """

    endpoint: RegistryEndpoint
    """Where the cache is: the registry, with the cache's prefix before every image's name."""
    server: pulumi.Output[str]
    """The registry's host; known once rule, template and nodes' policies are there."""
    prefix: pulumi.Output[str]
    """What stands before an image's name of the upstream; nothing for ROOT."""
    node_policy: pulumi.Output[str]
    """IAM policy (JSON) of whoever pulls through the cache, the login included."""
    login_command: pulumi.Output[str]
    """Logs Docker in with a fresh token that is never stored."""

    def __init__(
        self,
        name: str,
        args: EcrPullThroughCacheArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, EcrPullThroughCacheArgs) else EcrPullThroughCacheArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        self._begin(wanted.region)
        self._args = wanted
        from pulumi_aws import ecr

        template = self._made_template()
        # The template comes first: what is cached before it never gets the settings.
        rule = ecr.PullThroughCacheRule(
            name,
            **snake(render.cache_rule(wanted, self._credentials())),
            opts=self.child(depends_on=[] if template is None else [template]),
        )
        arn = self._arn_base().apply(lambda base: policies.below(base, wanted.prefix))
        node_policy = arn.apply(lambda found: policies.text(policies.node_policy(found)))
        ready = [rule.id, *self._nodes(node_policy)]
        server = pulumi.Output.all(self._server(), *ready).apply(lambda found: str(found[0]))
        self.publish(
            server=server,
            prefix=rule.ecr_repository_prefix.apply(lambda prefix: "" if prefix == ROOT else prefix),
            node_policy=node_policy,
            login_command=server.apply(render.login_command),
        )
        self.endpoint = RegistryEndpoint(server=server, prefix="" if wanted.prefix == ROOT else wanted.prefix)

    def _credentials(self) -> Any:
        from pulumi_aws import secretsmanager

        said = self._args
        if said.caching.credentials is None:
            return said.credential_secret_arn
        name = f"{self._name}-credentials"
        tags = marks.merged(self._ownership, said.tags)
        secret = secretsmanager.Secret(name, **snake(render.secret(said, tags)), opts=self.child())
        login = pulumi.Output.all(said.caching.credentials.username, reveal(said.caching.credentials.password))
        # The names that ECR looks for.
        text: Any = login.apply(lambda pair: json.dumps({"username": pair[0], "accessToken": pair[1]}))
        value = secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(text),
            **render.located(said.region),
            opts=self.child(),
        )
        # ECR reads the secret when the rule is made: it has to have its value by then.
        return pulumi.Output.all(secret.arn, value.version_id).apply(lambda found: str(found[0]))

    def _made_template(self) -> Any:
        settings = self._args.settings
        if not isinstance(settings, EcrTemplateSettings):
            return None
        role = self._template_role([settings], self._args.tags)
        return self._template(
            "template", self._args.prefix, ["pull-through-cache"], settings, role, region=self._args.region
        )

    def _nodes(self, policy: pulumi.Output[str]) -> list[Any]:
        from pulumi_aws import iam

        if self._args.nodes == "elsewhere":
            return []
        return [
            iam.RolePolicy(
                f"{self._name}-nodes-{key}",
                role=pulumi.Output.from_input(role).apply(role_name),
                policy=policy,
                opts=self.child(),
            ).id
            for key, role in sorted(self._args.nodes.items())
        ]


class EcrPublicRepository(_Surrounding):
    """One repository of the public gallery.

    Children: the repository, named as the component, and of the same name its policy, where somebody else pushes. It is
    protected and retained unless both `deletion="destroy"` and `empty_on_delete=True` are given.
    """

    endpoint: RegistryEndpoint
    """`public.ecr.aws`, with the account's alias before the image's name. Pulling takes no login."""
    server: pulumi.Output[str]
    """`public.ecr.aws`; known once the policy is there."""
    prefix: pulumi.Output[str]
    """The account's alias in the gallery."""
    repository_url: pulumi.Output[str]
    """`public.ecr.aws/ALIAS/NAME`."""
    login_command: pulumi.Output[str]
    """Logs Docker in to push, with a fresh token that is never stored."""

    def __init__(
        self,
        name: str,
        args: EcrPublicRepositoryArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, EcrPublicRepositoryArgs) else EcrPublicRepositoryArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        self._begin(wanted.region)
        from pulumi_aws import ecrpublic

        kept = {"protect": True, "retain_on_delete": True} if wanted.kept else {}
        self.repository = ecrpublic.Repository(
            name,
            **snake(render.public_repository(wanted, self._ownership)),
            opts=self.child(**kept, import_=wanted.import_),
        )
        ready: list[Any] = []
        if wanted.access.push or wanted.access.admin:
            parts = {"push": list(wanted.access.push), "admin": list(wanted.access.admin)}
            text = resolved(parts, lambda found: policies.text(policies.public_repository_policy(**found) or {}))
            policy = ecrpublic.RepositoryPolicy(
                name,
                repository_name=self.repository.repository_name,
                policy=text,
                region=wanted.region,
                opts=self.child(),
            )
            ready.append(policy.id)
        url = pulumi.Output.all(self.repository.repository_uri, *ready).apply(lambda found: str(found[0]))
        self.publish(
            server=url.apply(lambda text: text.split("/", 1)[0]),
            prefix=url.apply(lambda text: text.split("/", 2)[1]),
            repository_url=url,
            login_command=url.apply(lambda _: render.public_login_command()),
        )
        self.endpoint = RegistryEndpoint(server=SERVER, prefix=self.prefix)


class EcrVpcEndpoints(_Surrounding):
    """Ways from a VPC to ECR that do not cross the internet.

    Children: `<name>-api` and `<name>-dkr`, the addresses of ECR's two services, and `<name>-s3`, the gateway to S3.
    """

    endpoint_ids: pulumi.Output[Mapping[str, str]]
    """Ids by `api`, `dkr` and `s3`."""

    def __init__(
        self,
        name: str,
        args: EcrVpcEndpointsArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, EcrVpcEndpointsArgs) else EcrVpcEndpointsArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        self._begin(wanted.region)
        from pulumi_aws import ec2

        made: dict[str, Any] = {}
        for key, service in (("api", "ecr.api"), ("dkr", "ecr.dkr")):
            inputs = render.interface_endpoint(wanted, self._service(service), f"{name}-{key}", self._ownership)
            made[key] = ec2.VpcEndpoint(f"{name}-{key}", **snake(inputs), opts=self.child()).id
        if wanted.route_table_ids != "elsewhere":
            policy: Any = None
            if wanted.layers_only:
                policy = pulumi.Output.all(self._ask("partition"), self._ask("region")).apply(
                    lambda found: policies.text(policies.layers_only(*found))
                )
            inputs = render.gateway_endpoint(wanted, self._service("s3"), f"{name}-s3", self._ownership, policy)
            made["s3"] = ec2.VpcEndpoint(f"{name}-s3", **snake(inputs), opts=self.child()).id
        self.publish(endpoint_ids=pulumi.Output.from_input(made))

    def _service(self, service: str) -> Any:
        if self._region_said is not None:
            return f"com.amazonaws.{self._region_said}.{service}"
        return self._ask("region").apply(lambda region: f"com.amazonaws.{region}.{service}")


class EcrEvents(_Surrounding):
    """Rules of EventBridge for events of ECR, and their targets.

    Children: `<name>-<key>` for each rule, `<name>-<key>-<target>` for each of its targets.
    """

    rule_arns: pulumi.Output[Mapping[str, str]]
    """ARNs of the rules by key, for the targets' own policies."""

    def __init__(
        self,
        name: str,
        args: EcrEventsArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, EcrEventsArgs) else EcrEventsArgs.parse(args)
        require_sdk(type(self).__name__)
        super().__init__(name, opts)
        self._begin(wanted.region)
        from pulumi_aws import cloudwatch

        arns: dict[str, Any] = {}
        for key, said in sorted(wanted.rules.items()):
            named = f"{name}-{key}"
            inputs = render.event_rule(named, said, wanted.region, self._ownership, wanted.tags)
            rule = cloudwatch.EventRule(named, **snake(inputs), opts=self.child())
            arns[key] = rule.arn
            for target, to in sorted(said.targets.items()):
                cloudwatch.EventTarget(
                    f"{named}-{target}",
                    **snake(render.event_target(target, to, rule.name, wanted.region)),
                    opts=self.child(),
                )
        self.publish(rule_arns=pulumi.Output.from_input(arns))

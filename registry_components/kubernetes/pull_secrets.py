"""`PullSecrets`: the logins that the pods of some namespaces pull with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..core.args import reveal
from ..core.component import RegistryComponent
from ..core.errors import stack_error
from ..core.extras import needs_extra
from . import docker_config, objects, refresher_render, render_names
from . import pull_secrets_render as render
from .attachment import AddedEntry
from .entries import Entry, entries
from .kubelet import credential_provider_config
from .possible import refreshed
from .pull_access import (
    WRITES_SECRETS,
    ExternalSecretsAccess,
    InBulk,
    KubeletProviderAccess,
    RefresherAccess,
    StaticAccess,
)
from .pull_secrets_args import PullSecretsArgs
from .registry_kind import ecr_region


class PullSecrets(RegistryComponent):
    """Logins of one or several registries, in one secret of each namespace, or what makes secrets needless.

    Children with `static`: `<name>-<namespace>`, the secret, and `<name>-<namespace>-<service account>` for each that
    it is attached to; in bulk `<name>` is all of these. With `external_secrets` the first is an ExternalSecret
    beside `<name>-<namespace>-<key>`, its generators. With `refresher`: `<name>`, the CronJob, with what it needs. With
    `node_identity` and `kubelet_provider` there are none.

    Deleting it deletes the secrets: what runs goes on, and what starts afterwards cannot pull. Raises `StackError`,
    before anything is registered, where the arguments are not valid or the SDK is missing.
    """

    secret_name: pulumi.Output[str | None]
    """Name of the secret in every namespace, once it is there; None where there is none."""
    image_pull_secrets: pulumi.Output[list[Mapping[str, str]]]
    """What pods say as `imagePullSecrets`."""
    credential_provider_config: pulumi.Output[str | None]
    """kubelet's configuration, with `kubelet_provider`; None otherwise."""

    def __init__(
        self,
        name: str,
        args: PullSecretsArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, PullSecretsArgs) else PullSecretsArgs.parse(args)
        access = wanted.pull_access
        writes = access.kind in WRITES_SECRETS
        bulk = access.written if isinstance(access, StaticAccess) and isinstance(access.written, InBulk) else None
        if writes:
            render_names.check(type(self).__name__, name, wanted)
        if bulk is not None:
            with needs_extra("pull_access.written of kind 'in_bulk'", "ops", "httpx"):
                from .pull_secrets_bulk import check_provider

            check_provider(f"{type(self).__name__} {name!r}", bulk, opts)
        elif writes:
            objects.require_sdk(type(self).__name__)
        super().__init__(name, opts)
        self._args = wanted
        self._secret = wanted.secret_name if wanted.secret_name is not None else name
        labels, annotations = objects.marks(pulumi.get_project(), pulumi.get_stack(), type(self).__name__)
        self._marks = render.Marks({**labels, **wanted.labels}, {**annotations, **wanted.annotations})
        self.secrets: dict[str, Any] = {}
        """What brings the secret, by namespace that is named: resources of `pulumi_kubernetes`, or the one in bulk."""
        made: list[Any] = []
        complete: Any = None
        match access:
            case StaticAccess() if bulk is not None:
                made, complete = self._in_bulk(bulk)
            case StaticAccess():
                made = self._static()
            case ExternalSecretsAccess():
                made = self._external(access)
            case RefresherAccess():
                made = self._refresher(access)
        if bulk is None:
            made += self._attachments(made)
        waited = pulumi.Output.all(complete, *(resource.id for resource in made))
        there: pulumi.Output[str | None] = waited.apply(lambda _: self._secret if writes else None)
        self.publish(
            secret_name=there,
            image_pull_secrets=there.apply(lambda known: [] if known is None else [{"name": known}]),
            credential_provider_config=self._kubelet(access),
        )

    def _static(self) -> list[Any]:
        found = entries(self._args)
        text = self._logins(found)
        for namespace in sorted(self._args.namespaces):
            manifest = render.secret(self._secret, namespace, self._marks, text.apply(_data))
            self.secrets[namespace] = objects.create(f"{self._name}-{namespace}", manifest, self.child())
        return list(self.secrets.values())

    def _in_bulk(self, said: InBulk) -> tuple[list[Any], Any]:
        """Return the resource, and an output that fails where a namespace has not got the secret."""
        from .pull_secrets_bulk import PullSecretsInBulk, complete, mark_of

        of = (pulumi.get_project(), pulumi.get_stack(), self._name)
        properties = {
            "secret_name": self._secret,
            "namespaces": sorted(self._args.namespaces),
            "selector": dict(sorted(self._args.namespace_selector.items())),
            "service_accounts": sorted(self._args.service_accounts),
            "attachment": self._args.attachment.kind,
            "data": self._logins(entries(self._args)).apply(_data),
            "labels": dict(sorted(self._marks.labels.items())),
            "annotations": dict(sorted(self._marks.annotations.items())),
            "mark": mark_of(*of),
            "manager": render.bulk_manager(*of),
            "single_manager": render.field_manager(*of),
        }
        made = PullSecretsInBulk(self._name, said, properties, self.child())
        self.secrets = dict.fromkeys(self._args.namespaces, made)
        return [made], complete(made, self._secret)

    def _logins(self, found: list[Entry]) -> pulumi.Output[str]:
        """Return the Docker config file with the logins that live; a secret."""
        parts: list[Any] = []
        for entry in found:
            said = entry.endpoint.credentials
            if said is None:
                raise stack_error(f"PullSecrets: {entry.path} has no credentials; give a login")
            parts.append([entry.endpoint.server, said.username, reveal(said.password)])
        kinds = [entry.said for entry in found]
        joined = pulumi.Output.from_input(parts).apply(
            lambda known: docker_config.checked_config((kind, *one) for kind, one in zip(kinds, known, strict=True))
        )
        return pulumi.Output.secret(joined)

    def _external(self, access: ExternalSecretsAccess) -> list[Any]:
        servers = self._servers()
        hosts = {key: (server, _region(server)) for key, server in servers.items()}
        template = _applied(servers, lambda known: render.pull_template(self._args, access, known))
        manifests = render.external_secrets(
            self._args, access, secret_name=self._secret, hosts=hosts, template=template, marks=self._marks
        )
        generators = [
            objects.create(f"{self._name}{suffix}", manifest, self.child())
            for suffix, manifest in manifests.items()
            if not manifest["kind"].endswith("ExternalSecret")
        ]
        for suffix, manifest in manifests.items():
            if manifest["kind"].endswith("ExternalSecret"):
                options = self.child(depends_on=generators)
                made = objects.create(f"{self._name}{suffix}", manifest, options)
                self.secrets[suffix.removeprefix("-")] = made
        return list(self.secrets.values())

    def _refresher(self, access: RefresherAccess) -> list[Any]:
        lasting = [entry for entry in entries(self._args) if not refreshed(entry)]
        text = _applied(
            self._servers(),
            lambda known: refresher_render.config(
                self._args, access, name=self._name, secret_name=self._secret, servers=known, marks=self._marks
            ),
        )
        manifests = refresher_render.objects(
            self._args,
            access,
            name=self._name,
            secret_name=self._secret,
            text=text,
            digest=_of(text, refresher_render.digest_of),
            has_logins=bool(lasting),
            marks=self._marks,
        )
        before: list[Any] = []
        if lasting:
            manifest = render.secret(
                f"{self._name}-logins", access.namespace, self._marks, self._logins(lasting).apply(_data)
            )
            before.append(objects.create(f"{self._name}-logins", manifest, self.child()))
        workers = {suffix for suffix, manifest in manifests.items() if manifest["kind"] in ("CronJob", "Job")}
        for suffix, manifest in manifests.items():
            if suffix not in workers:
                name = f"{self._name}{suffix.partition(':')[0]}"
                before.append(objects.create(name, manifest, self.child()))
        options = self.child(depends_on=before)
        made = [objects.create(f"{self._name}{suffix}", manifests[suffix], options) for suffix in sorted(workers)]
        self.secrets = dict.fromkeys(self._args.namespaces, made[-1])
        return made

    def _attachments(self, made: list[Any]) -> list[Any]:
        # In namespaces that are selected the refresher attaches it, since nobody else knows them.
        manager = render.field_manager(pulumi.get_project(), pulumi.get_stack(), self._name)
        attached: list[Any] = []
        for namespace in sorted(self._args.namespaces):
            for account in sorted(self._args.service_accounts):
                name = f"{self._name}-{namespace}-{account}"
                options = self.child(depends_on=[self.secrets.get(namespace, *made[:1])])
                attachment = self._args.attachment
                if isinstance(attachment, AddedEntry):
                    with needs_extra("attachment of kind 'add'", "ops", "httpx"):
                        from .pull_secret_entry import PullSecretEntry

                    attached.append(PullSecretEntry(name, attachment, (namespace, account, self._secret), options))
                    continue
                patch = render.service_account_patch(self._secret, namespace, account, manager)
                attached.append(objects.create(name, patch, options, patch=True))
        return attached

    def _servers(self) -> dict[str, Any]:
        return {entry.key: entry.endpoint.server for entry in entries(self._args)}

    def _kubelet(self, access: Any) -> pulumi.Output[str | None]:
        if not isinstance(access, KubeletProviderAccess):
            return pulumi.Output.from_input(None)
        found = entries(self._args)
        kinds = [entry.kind for entry in found]
        parts = [[entry.endpoint.server, entry.endpoint.prefix] for entry in found]
        return pulumi.Output.from_input(parts).apply(
            lambda known: credential_provider_config(
                access, [(kind or "other", str(one[0]), str(one[1])) for kind, one in zip(kinds, known, strict=True)]
            )
        )


def _data(text: str) -> dict[str, Any]:
    return docker_config.secret_data(text)


def _applied(servers: Mapping[str, Any], render_it: Any) -> Any:
    """Return `render_it(servers)`, at once where all of them are known."""
    if all(isinstance(server, str) for server in servers.values()):
        return render_it(servers)
    return pulumi.Output.all(**servers).apply(render_it)


def _of(value: Any, render_it: Any) -> Any:
    """Return `render_it(value)`, at once where it is known."""
    return render_it(value) if isinstance(value, str) else pulumi.Output.from_input(value).apply(render_it)


def _region(server: Any) -> Any:
    return _of(server, ecr_region)

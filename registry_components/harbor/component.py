"""`HarborRegistry`: Harbor on Kubernetes by its chart, with every secret made once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..core.component import RegistryComponent
from ..core.endpoint import Credentials, RegistryEndpoint
from ..core.errors import stack_error
from ..core.extras import needs_extra
from ..core.versions import HARBOR_CHART
from ..kubernetes import charts
from . import holding, render
from .args import HarborRegistryArgs
from .kept import Kept
from .names import Names, names
from .tls import CertManagerTls


class HarborRegistry(RegistryComponent):
    """One Harbor 2.15 on Kubernetes.

    Children: the Helm release, named as the component; for each role (`admin`, `secret-key`, `core`, `jobservice`,
    `registry`, `registry-credentials`, `token`, and where they are needed `database`, `redis`, `storage`,
    `storage-ca`, `ca-bundle`, `tls`, `internal-<part>`) a Secret `<name>-<role>`, and of the same name what it is made
    of; with tls kind `cert_manager` a Certificate `<name>-tls`.

    The release and what encrypts its database are protected, all Secrets are retained and the chart keeps its volumes,
    unless both `deletion="destroy"` and `empty_on_delete=True` are given. Raises `StackError`, before anything is
    registered, where the arguments are not valid or a package is missing.
    """

    endpoint: RegistryEndpoint
    """Where it is, and how `admin` logs in; without a login where `admin_existing_secret` holds the password."""
    url: pulumi.Output[str]
    """The URL that clients use; it is known once all parts are ready."""
    server: pulumi.Output[str]
    """What stands before an image's name."""
    release_name: pulumi.Output[str]
    """The Helm release's name."""
    namespace: pulumi.Output[str]
    """The namespace."""
    admin_password: pulumi.Output[str] | None
    """The first password of `admin`, secret; None where `admin_existing_secret` holds it."""

    def __init__(
        self,
        name: str,
        args: HarborRegistryArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, HarborRegistryArgs) else HarborRegistryArgs.parse(args)
        release = wanted.release_name or name
        mistake = charts.check_release_name(release)
        if mistake:
            raise stack_error(f"HarborRegistry {name!r}: {mistake}; give release_name")
        with needs_extra(type(self).__name__, "harbor", "pulumi_kubernetes", "pulumi_random", "pulumi_tls"):
            import pulumi_kubernetes  # noqa: F401
            import pulumi_random  # noqa: F401
            import pulumi_tls  # noqa: F401
        super().__init__(name, opts)
        lasting = {"protect": True, "retain_on_delete": True} if holding.kept(wanted) else {}
        called = names(wanted, release)
        kept = Kept(self, name, wanted, called, lasting)
        before = [*kept.secrets, *self._certificate(name, wanted, called)]
        installed = self._release(name, wanted, called, kept, self.child(depends_on=before, **lasting))

        # Usable once the release is: it waits for all parts.
        ready: pulumi.Output[Any] = pulumi.Output.all(installed.id, *(secret.id for secret in kept.secrets))
        server = ready.apply(lambda _: holding.server(wanted))
        self.admin_password = kept.admin_password
        self.publish(
            url=ready.apply(lambda _: holding.url(wanted)),
            server=server,
            release_name=ready.apply(lambda _: release),
            namespace=pulumi.Output.from_input(wanted.namespace),
        )
        # Not an output of the component: it holds credentials, and outputs are shown.
        login = None
        if kept.admin_password is not None:
            login = Credentials(username="admin", password=kept.admin_password)
        self.endpoint = RegistryEndpoint(server=server, credentials=login, ca_certificate=kept.ca_certificate)

    def _certificate(self, name: str, args: HarborRegistryArgs, called: Names) -> list[Any]:
        if not isinstance(args.tls, CertManagerTls):
            return []
        from pulumi_kubernetes.apiextensions import CustomResource

        made = CustomResource(
            f"{name}-tls",
            api_version="cert-manager.io/v1",
            kind="Certificate",
            metadata={"name": called.certificate, "namespace": args.namespace},
            spec=render.certificate(args.tls, called, holding.host(args)),
            opts=self.child(),
        )
        return [made]

    def _release(
        self, name: str, args: HarborRegistryArgs, called: Names, kept: Kept, options: pulumi.ResourceOptions
    ) -> Any:
        values = render.values(args, called, kept.revision)
        if kept.database_password is not None:
            # The one secret that the chart takes as a value alone; it is marked secret, so state holds it encrypted.
            values["database"]["internal"]["password"] = kept.database_password
        return charts.release(
            name,
            args.chart,
            called="harbor",
            version=HARBOR_CHART,
            release_name=called.release,
            namespace=args.namespace,
            values=values,
            timeout_seconds=args.timeout_seconds,
            opts=options,
        )

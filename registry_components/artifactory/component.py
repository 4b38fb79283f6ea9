"""`ArtifactoryRegistry`: JFrog Artifactory, or JFrog Container Registry, on Kubernetes by its chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..core.component import RegistryComponent
from ..core.endpoint import Credentials, RegistryEndpoint
from ..core.errors import stack_error
from ..core.extras import needs_extra
from ..kubernetes.charts import check_release_name, release
from . import holding, render
from .args import ArtifactoryRegistryArgs
from .kept import Kept
from .names import names
from .words import check_repository_key


class ArtifactoryRegistry(RegistryComponent):
    """One Artifactory on Kubernetes.

    Children: the Helm release, named as the component; for each role (`master-key`, `join-key`, `admin`, and where they
    are needed `database`, `license`, `binarystore`) a Secret `<name>-<role>`, and of the same name what it is made of;
    `<name>-revision`, which restarts the pods when a given secret changes.

    The release, the keys and the password are protected and all Secrets are retained, unless both `deletion="destroy"`
    and `empty_on_delete=True` are given; the pods' volumes are of a StatefulSet, which Kubernetes never removes. Raises
    `StackError`, before anything is registered, where the arguments are not valid or a package is missing.
    """

    endpoint: RegistryEndpoint
    """Where it is, and how `admin` logs in; without a login where `admin_existing_secret` holds the password. Images
    are below a repository: see `repository`."""
    url: pulumi.Output[str]
    """The URL that clients use; it is known once all pods are ready."""
    server: pulumi.Output[str]
    """What stands before a repository's key in an image's name."""
    release_name: pulumi.Output[str]
    """The Helm release's name."""
    namespace: pulumi.Output[str]
    """The namespace."""
    admin_password: pulumi.Output[str] | None
    """The first password of `admin`, secret; None where `admin_existing_secret` holds it."""

    def __init__(
        self,
        name: str,
        args: ArtifactoryRegistryArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, ArtifactoryRegistryArgs) else ArtifactoryRegistryArgs.parse(args)
        called = wanted.release_name or name
        mistake = check_release_name(called)
        if mistake:
            raise stack_error(f"ArtifactoryRegistry {name!r}: {mistake}; give release_name")
        with needs_extra(type(self).__name__, "artifactory", "pulumi_kubernetes", "pulumi_random"):
            import pulumi_kubernetes  # noqa: F401
            import pulumi_random  # noqa: F401
        super().__init__(name, opts)
        lasting = {"protect": True, "retain_on_delete": True} if holding.kept(wanted) else {}
        secrets = names(wanted, called)
        kept = Kept(self, name, wanted, secrets, lasting)
        installed = release(
            name,
            wanted.chart,
            called=render.chart_name(wanted),
            version=wanted.chart_version,
            release_name=called,
            namespace=wanted.namespace,
            values=render.values(wanted, secrets, kept.revision),
            timeout_seconds=wanted.timeout_seconds,
            opts=self.child(depends_on=kept.secrets, **lasting),
        )

        # Usable once the release is: it waits for all pods.
        ready: pulumi.Output[Any] = pulumi.Output.all(installed.id, *(secret.id for secret in kept.secrets))
        server = ready.apply(lambda _: holding.host(wanted))
        self.admin_password = kept.admin_password
        self.publish(
            url=server.apply(lambda host: f"https://{host}"),
            server=server,
            release_name=ready.apply(lambda _: called),
            namespace=pulumi.Output.from_input(wanted.namespace),
        )
        # Not an output of the component: it holds credentials, and outputs are shown.
        login = None
        if kept.admin_password is not None:
            login = Credentials(username="admin", password=kept.admin_password)
        self.endpoint = RegistryEndpoint(server=server, credentials=login)

    def repository(self, key: str, credentials: Credentials | None = None) -> RegistryEndpoint:
        """Return where a repository of images is, by its key; logged in as `credentials`, else as `admin`.

        Raises `StackError` where it is no key.
        """
        mistake = check_repository_key(key)
        if mistake:
            raise stack_error(f"repository: {mistake}")
        return self.endpoint.model_copy(update={"prefix": key, "credentials": credentials or self.endpoint.credentials})


__all__ = ["ArtifactoryRegistry"]

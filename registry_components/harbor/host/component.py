"""`HarborHost`: Harbor on one machine, by containers of a Docker engine or by files for `docker compose`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ...core.component import RegistryComponent
from ...core.endpoint import Credentials, RegistryEndpoint
from ...core.extras import needs_extra
from .args import DockerHost, HarborHostArgs, url
from .making import make


class HarborHost(RegistryComponent):
    """One Harbor 2.15 on one machine.

    Children, with apply kind `docker`: a container for each service, `<name>-<service>`, that of the proxy named as
    the component; `<name>-network`, `<name>-data-<folder>`, `<name>-image-<service>`, and `<name>-owners`, which gives
    new volumes to their users and ends. With `compose`: `HarborFiles`, named as the component. With both: of each role
    (`admin`, `database`, `tls`, …) what it is made of.

    Volumes and what encrypts the database are protected and retained, unless both `deletion="destroy"` and
    `empty_on_delete=True` are given. Raises `StackError`, before anything is registered, where the arguments are not
    valid or a package is missing.
    """

    endpoint: RegistryEndpoint
    """Where it is, and how `admin` logs in."""
    url: pulumi.Output[str]
    """The URL that clients use; with apply kind `docker` it is known once all services are healthy."""
    server: pulumi.Output[str]
    """What stands before an image's name."""
    directory: pulumi.Output[str]
    """Apply kind `compose`: the folder with the files; else empty."""
    admin_password: pulumi.Output[str]
    """The first password of `admin`, secret."""

    def __init__(
        self,
        name: str,
        args: HarborHostArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, HarborHostArgs) else HarborHostArgs.parse(args)
        with needs_extra(type(self).__name__, "harbor", "pulumi_random", "pulumi_tls"):
            import pulumi_random  # noqa: F401
            import pulumi_tls  # noqa: F401
        in_docker = isinstance(wanted.apply, DockerHost)
        if in_docker:
            with needs_extra("apply kind docker", "docker", "pulumi_docker"):
                import pulumi_docker  # noqa: F401
        super().__init__(name, opts)

        made = make(self, name, wanted)
        directory: Any = ""
        if in_docker:
            from .containers import Containers

            ready: pulumi.Output[Any] = Containers(self, name, wanted, made).make()
        else:
            from .folder import HarborFiles

            files = HarborFiles.of(self, name, wanted, made)
            ready, directory = files.id, files.directory
        place = url(wanted)
        server = ready.apply(lambda _: place.split("://", 1)[1].removesuffix(":443"))
        self.admin_password = pulumi.Output.secret(made.admin_password)
        self.publish(
            url=ready.apply(lambda _: place),
            server=server,
            directory=pulumi.Output.from_input(directory),
        )
        # Not an output of the component: it holds credentials, and outputs are shown.
        self.endpoint = RegistryEndpoint(
            server=server,
            credentials=Credentials(username="admin", password=self.admin_password),
            ca_certificate=made.authority,
        )

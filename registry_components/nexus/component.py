"""`NexusRegistry`: one Nexus on Kubernetes, by this library's own manifests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pulumi

from ..core.args import reveal
from ..core.component import RegistryComponent
from ..core.endpoint import Credentials, RegistryEndpoint
from ..core.errors import stack_error
from ..core.extras import needs_extra
from ..kubernetes.objects import Named, marks
from ..kubernetes.serving import render_objects as objects
from ..kubernetes.serving import render_pods as pods
from ..kubernetes.serving.register import Maker, register
from ..kubernetes.serving.volumes import NewClaim
from ..kubernetes.serving.words import check_base_name
from . import render
from .args import NexusRegistryArgs, PostgreSql

_PASSWORD_LENGTH, _KEY_LENGTH = 32, 64


class NexusRegistry(RegistryComponent):
    """One Nexus on Kubernetes: a StatefulSet of one pod with a volume.

    Children: the StatefulSet, named as the component; `<name>-` with `service`, `network`, `credentials` (a Secret),
    `key` and `admin` (what it is made of), and where they are needed `account`, `data` (the claim), `ingress`,
    `route`, `route-<port>`, `budget`, `metrics`, `monitor`.

    The claim and the passwords are retained, and the key that encrypts the database is protected, unless both
    `deletion="destroy"` and `empty_on_delete=True` are given. Raises `StackError`, before anything is registered,
    where the arguments are not valid or a package is missing.
    """

    url: pulumi.Output[str]
    """Nexus' URL; it is known once the pod is ready."""
    server: pulumi.Output[str]
    """What stands before an image's name, where its repository is reachable by path."""
    admin_password: pulumi.Output[str]
    """The first password of `admin`, secret."""

    def __init__(
        self,
        name: str,
        args: NexusRegistryArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        wanted = args if isinstance(args, NexusRegistryArgs) else NexusRegistryArgs.parse(args)
        object_name = wanted.object_name or name
        mistake = check_base_name(object_name)
        if mistake:
            raise stack_error(f"NexusRegistry {name!r}: {mistake}; give it an object_name")
        with needs_extra(type(self).__name__, "nexus", "pulumi_kubernetes", "pulumi_random"):
            import pulumi_kubernetes  # noqa: F401
            import pulumi_random as random
        super().__init__(name, opts)
        self._args = wanted
        labels, annotations = marks(pulumi.get_project(), pulumi.get_stack(), name)
        self._named = Named(object_name, labels, annotations)
        lasting: dict[str, Any] = {"protect": True, "retain_on_delete": True} if wanted.kept else {}
        key = random.RandomPassword(f"{name}-key", length=_KEY_LENGTH, special=False, opts=self.child(**lasting))
        secret = {render.KEYS: key.result.apply(render.keys)}
        if wanted.admin_password is None:
            made = random.RandomPassword(
                f"{name}-admin", length=_PASSWORD_LENGTH, special=False, opts=self.child(**lasting)
            )
            password: Any = made.result
        else:
            password = reveal(wanted.admin_password)
        secret[render.ADMIN] = pulumi.Output.from_input(password)
        url: Any = None
        if isinstance(wanted.database, PostgreSql):
            database = wanted.database
            secret[render.DATABASE] = pulumi.Output.from_input(reveal(database.password))
            url = pulumi.Output.from_input(database.host).apply(lambda host: render.jdbc_url(database, str(host)))
        workload, service = self._pods(name, secret, url)

        # Known once the pod is ready.
        ready: pulumi.Output[Any] = pulumi.Output.all(wanted.namespace, workload.id, service.id)
        self._ready = ready
        self.admin_password = pulumi.Output.secret(password)
        scheme = "https" if wanted.secure else "http"
        server = ready.apply(lambda known: render.server(wanted, object_name, str(known[0])))
        self.publish(url=server.apply(lambda known: f"{scheme}://{known}"), server=server)

    def endpoint(self, repository: str) -> RegistryEndpoint:
        """Return where a repository is, by its name, reached by path; logged in as `admin`.

        For anybody else take `NexusConfiguration.endpoint`, with a user of its own.
        """
        return RegistryEndpoint(
            server=self.server, prefix=repository, credentials=self._login(), plain_http=not self._args.secure
        )

    def connector(self, key: str) -> RegistryEndpoint:
        """Return where a connector is, by key; logged in as `admin`. Raises `StackError` where there is none."""
        said = self._args.connectors.get(key)
        if said is None:
            there = ", ".join(sorted(self._args.connectors)) or "none"
            raise stack_error(f"connectors: there is no {key!r}; there are: {there}")
        if said.host is not None:
            return RegistryEndpoint(server=self._ready.apply(lambda _: str(said.host)), credentials=self._login())
        if self._args.secure or self._args.expose.kind == "node_port":
            raise stack_error(
                f"connectors.{key}.host: is required with expose kind {self._args.expose.kind!r} to reach it; give it"
            )
        server = self._ready.apply(lambda known: render.server(self._args, self._named.name, str(known[0]), said.port))
        return RegistryEndpoint(server=server, credentials=self._login(), plain_http=True)

    def _login(self) -> Credentials:
        return Credentials(username="admin", password=self.admin_password)

    def _pods(self, name: str, secret: Mapping[str, Any], url: Any) -> tuple[Any, Any]:
        args, named = self._args, self._named

        made = Maker(self, name)
        hidden: pulumi.Output[dict[str, Any]] = pulumi.Output.secret(dict(secret))
        before = [
            made(
                "-credentials",
                objects.secret(named, "-credentials", args.namespace, hidden),
                retain_on_delete=args.kept,
            )
        ]
        if isinstance(args.claim, NewClaim):
            claim = pods.claim(args.claim, named, args.namespace)
            before.append(made("-data", claim, protect=args.kept, retain_on_delete=args.kept))
        # The first password of `admin` is not in it: Nexus does not look at it again.
        read = [secret[key] for key in (render.KEYS, render.DATABASE) if key in secret]
        given = render.Given(args, named, _digest(read))
        return register(made, render.manifests(given, url), before)


def _digest(values: list[Any]) -> pulumi.Output[str]:
    # The key, which is long and random, is in it: it is no way back to the database's password.
    known = pulumi.Output.all(*values)
    return pulumi.Output.unsecret(
        known.apply(lambda found: hashlib.sha256("\n".join(map(str, found)).encode()).hexdigest())
    )


__all__ = ["NexusRegistry"]

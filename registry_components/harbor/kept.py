"""What the Secrets of one Harbor hold, made once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi

from ..core.args import reveal
from ..kubernetes.kept_secret import kept_secret
from . import holding, render
from .authority import Authority, token_pair
from .database import ExternalDatabase, InternalDatabase
from .names import Names, fullname
from .redis import ExternalRedis
from .tls import GeneratedInternalTls, GeneratedTls

if TYPE_CHECKING:
    from .args import HarborRegistryArgs
    from .component import HarborRegistry


class Kept:
    """Passwords, keys and certificates of one Harbor, and the Secrets that they stand in.

    Each has the role as suffix: `<name>-core` is a RandomPassword and a Secret.
    """

    def __init__(self, owner: HarborRegistry, name: str, args: HarborRegistryArgs, names: Names, lasting: Any) -> None:
        self._owner, self._name, self._args, self._names, self._lasting = owner, name, args, names, lasting
        self._generation = str(args.secrets_generation)
        self._given: dict[str, Any] = {}
        self.secrets: list[Any] = []
        """The Secrets, as resources of `pulumi_kubernetes`."""
        self.admin_password: Any = None
        """The first password of `admin`; None where it stands in a Secret of somebody else."""
        self.ca_certificate: pulumi.Output[str] | None = None
        """PEM text of the authority that signed what clients see, where it is our own."""
        self.database_password: Any = None
        """The internal database's password, which the chart takes as a value alone; else None."""
        self._shared()
        self._admin()
        self._connections()
        self._certificates()
        self.revision: Any = self._revision()
        """What changes when a secret does that pods have read."""

    def _random(self, role: str, length: int, *, kept: bool = False, **kwargs: Any) -> Any:
        import pulumi_random as random

        return random.RandomPassword(
            f"{self._name}-{role}",
            length=length,
            special=False,
            keepers=None if kept else {"generation": self._generation},
            opts=self._owner.child(**(self._lasting if kept else {})),
            **kwargs,
        )

    def _secret(
        self, role: str, secret: str, data: Mapping[str, Any], kind: str = "Opaque", *, changes: bool = True
    ) -> None:
        made = kept_secret(
            f"{self._name}-{role}",
            secret,
            self._args.namespace,
            data,
            self._owner.child,
            lasting=self._lasting,
            changes=changes,
            kind=kind,
        )
        self.secrets.append(made)

    def _shared(self) -> None:
        """Make what Harbor's parts trust each other by. The lengths are the chart's: 16, and 32 for CSRF."""
        names = self._names
        key = self._random("secret-key", 16, kept=True)
        self._secret("secret-key", names.secret_key, {"secretKey": key.result}, changes=False)
        core, csrf = self._random("core", 16), self._random("csrf", 32)
        self._secret("core", names.core, {"secret": core.result, "CSRF_KEY": csrf.result})
        job = self._random("jobservice", 16)
        self._secret("jobservice", names.jobservice, {"JOBSERVICE_SECRET": job.result})
        http = self._random("registry", 16)
        self._secret("registry", names.registry, {"REGISTRY_HTTP_SECRET": http.result})
        login = self._random("registry-credentials", 32)
        user = self._args.registry.username
        # The hash is made with the password and kept: the chart would salt it anew at each render.
        line = login.bcrypt_hash.apply(lambda hashed: f"{user}:{hashed}")
        self._secret(
            "registry-credentials",
            names.registry_credentials,
            {"REGISTRY_PASSWD": login.result, "REGISTRY_HTPASSWD": line},
        )
        pair = token_pair(f"{self._name}-token", self._owner.child, self._generation)
        self._secret("token", names.token, pair, "kubernetes.io/tls")

    def _admin(self) -> None:
        args = self._args
        if args.admin_existing_secret is not None:
            return
        password: Any = args.admin_password
        if password is None:
            password = self._random("admin", 32, kept=True, min_lower=1, min_upper=1, min_numeric=1).result
        self.admin_password = pulumi.Output.secret(reveal(password))
        given = args.admin_password is not None
        self._secret("admin", self._names.admin, {"HARBOR_ADMIN_PASSWORD": password}, changes=given)

    def _connections(self) -> None:
        args, names = self._args, self._names
        database, redis = args.database, args.redis
        if isinstance(database, ExternalDatabase) and database.password is not None:
            self._given["database"] = database.password
            self._secret("database", str(names.database), {"password": database.password})
        if isinstance(database, InternalDatabase):
            made = self._random("database", 32, kept=True)
            self.database_password = pulumi.Output.secret(made.result)
        if isinstance(redis, ExternalRedis) and redis.password is not None:
            self._given["redis"] = redis.password
            user = {} if redis.username is None else {"REDIS_USERNAME": redis.username}
            self._secret("redis", str(names.redis), {"REDIS_PASSWORD": redis.password, **user})
        storage = render.storage(args, names)
        if storage.secret:
            self._given.update({f"storage-{key}": value for key, value in storage.secret.items()})
            self._secret("storage", names.storage, storage.secret)
        if storage.ca_secret:
            self._secret("storage-ca", names.storage_ca, storage.ca_secret)
        if args.ca_bundle is not None:
            self._secret("ca-bundle", str(names.ca_bundle), {"ca.crt": args.ca_bundle})

    def _certificates(self) -> None:
        args, names, name = self._args, self._names, self._name
        if isinstance(args.tls, GeneratedTls):
            authority = Authority(f"{name}-ca", f"{names.release} authority", self._owner.child)
            self.ca_certificate = authority.certificate
            hosts = [holding.host(args), *sorted(args.tls.dns_names)]
            issued = authority.issue(f"{name}-tls", hosts, args.tls.validity_hours)
            self._secret("tls", str(names.certificate), issued, "kubernetes.io/tls")
            if holding.runs_nginx(args):
                self._given["tls"] = issued["tls.crt"]
        if isinstance(args.internal_tls, GeneratedInternalTls):
            inside = Authority(f"{name}-internal-ca", f"{names.release} internal authority", self._owner.child)
            for part, secret in sorted(names.internal_tls.items()):
                # The Services' names, as the chart's own certificates have them (templates/internal/auto-tls.yaml).
                service = f"{fullname(names.release)}-{part}"
                hosts = [service, "localhost", "127.0.0.1"]
                issued = inside.issue(f"{name}-internal-{part}", hosts, args.internal_tls.validity_hours)
                self._secret(f"internal-{part}", secret, issued, "kubernetes.io/tls")
                self._given[f"internal-{part}"] = issued["tls.crt"]

    def _revision(self) -> Any:
        if not self._given:
            return self._generation
        import pulumi_random as random

        # A new random text whenever a given secret changes, or a certificate is renewed that a process reads once: a
        # hash of a secret could be guessed from.
        keepers = {key: pulumi.Output.secret(reveal(value)) for key, value in sorted(self._given.items())}
        made = random.RandomId(f"{self._name}-revision", byte_length=4, keepers=keepers, opts=self._owner.child())
        return made.hex.apply(lambda text: f"{self._generation}-{text}")

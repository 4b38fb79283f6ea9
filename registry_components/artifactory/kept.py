"""What the Secrets of one Artifactory hold, made once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi

from ..core.args import reveal
from ..kubernetes.kept_secret import kept_secret
from ..storage.for_artifactory import Binarystore, to_xml
from . import render
from .database import KEYS, jdbc_url
from .names import BINARYSTORE, BOOTSTRAP, Names

if TYPE_CHECKING:
    from .args import ArtifactoryRegistryArgs
    from .component import ArtifactoryRegistry


class Kept:
    """Keys and passwords of one Artifactory, and the Secrets that they stand in.

    Each has the role as suffix: `<name>-master-key` is random bytes and a Secret.
    """

    def __init__(
        self, owner: ArtifactoryRegistry, name: str, args: ArtifactoryRegistryArgs, names: Names, lasting: Any
    ) -> None:
        self._owner, self._name, self._args, self._names, self._lasting = owner, name, args, names, lasting
        self._given: dict[str, Any] = {}
        self.secrets: list[Any] = []
        """The Secrets, as resources of `pulumi_kubernetes`."""
        self.admin_password: Any = None
        """The first password of `admin`; None where it stands in a Secret of somebody else."""
        self._key("master-key", names.master_key, args.master_key, 32)
        self._key("join-key", names.join_key, args.join_key, 16)
        self._admin()
        self._database()
        if args.license is not None:
            self._told("license", str(names.license), {names.license_key: args.license})
        store = render.binarystore(args)
        if store is not None:
            self._told("binarystore", names.binarystore, {BINARYSTORE: _xml(store)})
        self.revision: Any = self._revision()
        """What changes when a secret does that pods have read; None where none was given."""

    def _secret(self, role: str, secret: str, data: Mapping[str, Any], *, changes: bool) -> None:
        made = kept_secret(
            f"{self._name}-{role}",
            secret,
            self._args.namespace,
            data,
            self._owner.child,
            lasting=self._lasting,
            changes=changes,
        )
        self.secrets.append(made)

    def _told(self, role: str, secret: str, data: Mapping[str, Any]) -> None:
        """Make a Secret of what was given, whose change restarts the pods."""
        self._given.update({f"{role}-{key}": value for key, value in data.items()})
        self._secret(role, secret, data, changes=True)

    def _key(self, role: str, secret: str, given: Any, length: int) -> None:
        import pulumi_random as random

        key = given
        if key is None:
            key = random.RandomBytes(f"{self._name}-{role}", length=length, opts=self._owner.child(**self._lasting)).hex
        # The name of the entry is the role's, as the chart's values have it. Another key, given by mistake, would leave
        # a database that nobody can read: it would replace a protected Secret, which the engine refuses.
        self._secret(role, secret, {role: key}, changes=False)

    def _admin(self) -> None:
        import pulumi_random as random

        args = self._args
        if args.admin_existing_secret is not None:
            return
        password: Any = args.admin_password
        if password is None:
            password = random.RandomPassword(
                f"{self._name}-admin",
                length=32,
                special=False,
                min_lower=1,
                min_upper=1,
                min_numeric=1,
                opts=self._owner.child(**self._lasting),
            ).result
        self.admin_password = pulumi.Output.secret(reveal(password))
        # From every address: 127.0.0.1, which is the chart's default, is nobody outside of the pod.
        line = self.admin_password.apply(lambda text: f"admin@*={text}")
        self._secret("admin", self._names.admin, {BOOTSTRAP: line}, changes=args.admin_password is not None)

    def _database(self) -> None:
        database = self._args.database
        if database.existing_secret is not None:
            return
        place = pulumi.Output.all(database.host, database.port, database.database)
        url = place.apply(lambda known: jdbc_url(known[0], known[1], known[2], database.sslmode))
        self._told(
            "database", self._names.database, dict(zip(KEYS, (database.username, database.password, url), strict=True))
        )

    def _revision(self) -> Any:
        if not self._given:
            return None
        import pulumi_random as random

        # A new random text whenever a given secret changes: a hash of a secret could be guessed from.
        keepers = {key: pulumi.Output.secret(reveal(value)) for key, value in sorted(self._given.items())}
        return random.RandomId(f"{self._name}-revision", byte_length=4, keepers=keepers, opts=self._owner.child()).hex


def _xml(store: Binarystore) -> pulumi.Output[str]:
    """Return `binarystore.xml`, as a secret."""
    names = sorted(store.settings)
    known = pulumi.Output.all(*(reveal(store.settings[name]) for name in names))
    return pulumi.Output.secret(
        known.apply(
            lambda found: to_xml(
                Binarystore(store.template, store.provider, dict(zip(names, map(_whole, found), strict=True)))
            )
        )
    )


def _whole(value: Any) -> Any:
    """Return a whole number as such: an output of the engine gives it as a float."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


__all__ = ["Kept"]

"""The passwords, keys and certificates of one Harbor on one machine, made once and kept."""

from __future__ import annotations

from typing import Any

import pulumi

from ...core.args import reveal
from ...core.component import RegistryComponent
from ..authority import Authority, token_pair
from .args import DockerHost, GeneratedHostInternalTls, HarborHostArgs, kept, runs
from .facts import TLS_NAMES
from .known import REGISTRY_USER, Made
from .settings import GeneratedHostTls, GivenTls, InternalHostDatabase


def make(owner: RegistryComponent, name: str, args: HarborHostArgs) -> Made:
    """Register what is made, each `<name>-<role>`, and return it. What encrypts the database is protected."""
    lasting = {"protect": True, "retain_on_delete": True} if kept(args) else {}

    def random(role: str, length: int, *, lasts: bool = False, **kwargs: Any) -> Any:
        from pulumi_random import RandomPassword

        return RandomPassword(
            f"{name}-{role}",
            length=length,
            special=False,
            keepers=None if lasts else {"generation": str(args.secrets_generation)},
            opts=owner.child(**(lasting if lasts else {})),
            **kwargs,
        )

    admin: Any = args.admin_password
    if admin is None:
        admin = random("admin", 32, lasts=True, min_lower=1, min_upper=1, min_numeric=1).result
    database: Any = args.database.password
    if isinstance(args.database, InternalHostDatabase) and database is None:
        database = random("database", 32, lasts=True).result
    found: dict[str, Any] = {
        "admin_password": pulumi.Output.secret(reveal(admin)),
        "database_password": pulumi.Output.secret(reveal(database)),
    }
    if isinstance(args.apply, DockerHost):
        login = random("registry-credentials", 32)
        pair = token_pair(f"{name}-token", owner.child, str(args.secrets_generation))
        found |= {
            # The lengths are prepare's: 16, and 32 for CSRF.
            "secret_key": random("secret-key", 16, lasts=True).result,
            "core_secret": random("core-secret", 16).result,
            "jobservice_secret": random("jobservice-secret", 16).result,
            "csrf_key": random("csrf", 32).result,
            "http_secret": random("registry-secret", 16).result,
            "registry_password": login.result,
            # The hash is made with the password and kept: another salt at each run would be a change.
            "registry_htpasswd": login.bcrypt_hash.apply(lambda hashed: f"{REGISTRY_USER}:{hashed}\n"),
            "token_key": pair["tls.key"],
            "token_certificate": pair["tls.crt"],
        }
    match args.tls:
        case GivenTls() as given:
            found |= {"certificate": given.certificate, "private_key": given.private_key}
        case GeneratedHostTls() as generated:
            authority = Authority(f"{name}-ca", f"{args.hostname} authority", owner.child)
            issued = authority.issue(f"{name}-tls", [args.hostname], generated.validity_hours)
            found |= {
                "certificate": issued["tls.crt"],
                "private_key": issued["tls.key"],
                "authority": authority.certificate,
            }
    if isinstance(args.internal_tls, GeneratedHostInternalTls):
        inside = Authority(f"{name}-internal-ca", f"{args.hostname} internal authority", owner.child)
        found["internal"] = {
            service: inside.issue(
                f"{name}-internal-{service}", [service, "localhost", "127.0.0.1"], args.internal_tls.validity_hours
            )
            for service in runs(args)
            if service in TLS_NAMES
        }
    return Made(**found)

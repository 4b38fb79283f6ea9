"""Who may use a registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args, MaybeOutput
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from .checks import AsciiText, Certificates, Htpasswd, HttpUrl, Jwks, Password, Username, check_url_path


class NoAuth(Args):
    """Everybody who reaches the registry may pull, push and delete."""

    kind: Literal["none"] = "none"
    allow_anonymous_network: bool = False
    """Consent to that on an address that other machines reach. Default: false, so only on a loopback address."""


def _some_account(args: HtpasswdAuth) -> Iterator[Mistake]:
    if args.htpasswd is None and not args.users and not args.passwords:
        yield Mistake("users", "names nobody; give users (passwords are generated), passwords, or htpasswd")


def _one_source(args: HtpasswdAuth) -> Iterator[Mistake]:
    if args.htpasswd is not None and (args.users or args.passwords):
        yield Mistake("htpasswd", "is the whole list of accounts; remove it, or remove users and passwords")


def _unique_users(args: HtpasswdAuth) -> Iterator[Mistake]:
    for number, user in enumerate(args.users):
        if user in args.users[:number]:
            yield Mistake(f"users[{number}]", f"repeats {user!r}; name each user once")


def _generated_or_chosen(args: HtpasswdAuth) -> Iterator[Mistake]:
    for user in args.passwords:
        if user in args.users:
            yield Mistake("users", f"names {user!r}, who also has an entry in passwords; keep one of them")


class HtpasswdAuth(CheckedArgs):
    """Basic authentication; every account may do everything."""

    checks: ClassVar[tuple[Check, ...]] = (_some_account, _one_source, _unique_users, _generated_or_chosen)

    kind: Literal["htpasswd"] = "htpasswd"
    realm: AsciiText = "registry"
    """What clients show when they ask for the password. Default: registry."""
    users: list[Username] = []
    """Accounts whose passwords are generated. Default: none."""
    passwords: dict[Username, Password] = {}
    """Accounts with passwords chosen by you, 8 characters to 72 bytes long. Default: none."""
    htpasswd: Htpasswd | None = None
    """Ready-made lines `user:hash` (bcrypt only), instead of the two above; their passwords are known to you alone."""


Algorithm: TypeAlias = Literal["EdDSA", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"]


def _trusted_keys(args: TokenAuth) -> Iterator[Mistake]:
    if args.root_cert_bundle is None and args.jwks is None:
        yield Mistake("", "needs root_cert_bundle or jwks to know which tokens to trust; give one of them")


def _redirect_path(args: TokenAuth) -> Iterator[Mistake]:
    if args.auto_redirect_path is not None and not args.auto_redirect:
        yield Mistake("auto_redirect_path", "has no effect without auto_redirect=True; add that, or remove it")


def _unique_algorithms(args: TokenAuth) -> Iterator[Mistake]:
    if len(set(args.signing_algorithms)) < len(args.signing_algorithms):
        yield Mistake("signing_algorithms", "names an algorithm twice; name each once")


class TokenAuth(CheckedArgs):
    """Tokens of an authorization server, which decides who may do what."""

    checks: ClassVar[tuple[Check, ...]] = (_trusted_keys, _redirect_path, _unique_algorithms)
    stand_ins = {"realm": "https://auth.example.com", "service": "registry", "issuer": "issuer"}

    kind: Literal["token"] = "token"
    realm: MaybeOutput[HttpUrl]
    """URL at which clients get their tokens."""
    service: MaybeOutput[AsciiText]
    """What the authorization server calls this registry; the tokens' audience."""
    issuer: MaybeOutput[AsciiText]
    """What the authorization server calls itself; the tokens' issuer."""
    root_cert_bundle: Certificates | None = None
    """PEM certificates that tokens may be signed with. Default: none."""
    jwks: Jwks | None = None
    """JSON Web Key Set of public keys that tokens may be signed with. Default: none."""
    signing_algorithms: list[Algorithm] = []
    """Signature algorithms to accept. Default: all that the vendor knows."""
    auto_redirect: bool = False
    """Send clients to a token server under the registry's own host instead of `realm`. Default: false."""
    auto_redirect_path: Annotated[str, validated(check_url_path)] | None = None
    """Path of that token server. Default: the vendor's /auth/token."""


Auth: TypeAlias = Annotated[NoAuth | HtpasswdAuth | TokenAuth, Field(discriminator="kind")]

"""How a registry speaks TLS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..core.urls import is_ip
from ..core.validated import validated
from .checks import Certificates, HttpUrl, PrivateKey, check_hostname
from .logs import check_email

CipherSuite: TypeAlias = Literal[
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
]

ClientAuth: TypeAlias = Literal[
    "request-client-cert",
    "require-any-client-cert",
    "verify-client-cert-if-given",
    "require-and-verify-client-cert",
]


def _check_acme_host(name: str) -> str | None:
    if name.startswith("*"):
        return f"{name!r} is a wildcard, which this way of proof cannot get; name each host"
    mistake = check_hostname(name)
    if mistake:
        return mistake
    return f"{name!r} is not a public host name" if is_ip(name) or "." not in name else None


def _client_auth(args: ServedTls) -> Iterator[Mistake]:
    if args.client_auth is not None and not args.client_cas:
        yield Mistake("client_auth", "has no effect without client_cas; add them, or remove it")


def _suites(args: ServedTls) -> Iterator[Mistake]:
    if args.cipher_suites and args.minimum_tls == "tls1.3":
        yield Mistake("cipher_suites", "cannot be chosen for TLS 1.3; remove them, or lower minimum_tls to tls1.2")


class ServedTls(CheckedArgs):
    """What both ways to get a certificate share."""

    checks: ClassVar[tuple[Check, ...]] = (_client_auth, _suites)

    minimum_tls: Literal["tls1.2", "tls1.3"] = "tls1.2"
    """The oldest TLS version that clients may use. Default: tls1.2."""
    cipher_suites: list[CipherSuite] = []
    """Cipher suites for TLS 1.2. Default: the vendor's choice of forward-secret suites."""
    client_cas: list[Certificates] = []
    """PEM certificates of authorities whose client certificates are accepted. Default: none are asked for."""
    client_auth: ClientAuth | None = None
    """What is asked of clients, with `client_cas`. Default: require-and-verify-client-cert."""


class CertificateTls(ServedTls):
    """A certificate of your own."""

    kind: Literal["certificate"] = "certificate"
    certificate: Certificates
    """PEM text of the certificate, followed by its intermediates."""
    key: PrivateKey
    """PEM text of the certificate's private key."""


class LetsEncryptTls(ServedTls):
    """A certificate from Let's Encrypt, or from another server that speaks ACME, whose terms you accept.

    The authority proves the host by connecting to it on port 443.
    """

    kind: Literal["letsencrypt"] = "letsencrypt"
    email: Annotated[str, validated(check_email)]
    """Where the authority writes about expiry."""
    hosts: list[Annotated[str, validated(_check_acme_host)]] = Field(min_length=1)
    """Host names to get certificates for."""
    directory_url: HttpUrl | None = None
    """Directory of another ACME server. Default: Let's Encrypt."""


class TerminatedTls(Args):
    """A proxy in front of the registry speaks TLS to clients, and plain HTTP to the registry."""

    kind: Literal["terminated"] = "terminated"


Tls: TypeAlias = Annotated[CertificateTls | LetsEncryptTls | TerminatedTls, Field(discriminator="kind")]

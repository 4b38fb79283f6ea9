"""Where the certificate comes from that clients see, and how Harbor's parts speak with each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..kubernetes.serving.words import ObjectName
from .words import DnsName


def _renewal(args: CertManagerTls) -> Iterable[Mistake]:
    if args.duration_hours is not None and (args.renew_before_hours or 0) >= args.duration_hours:
        yield Mistake("renew_before_hours", f"is not less than duration_hours {args.duration_hours}; lower it")


class CertManagerTls(CheckedArgs):
    """cert-manager gets a certificate and renews it; it has to run in the cluster."""

    checks: ClassVar[tuple[Check, ...]] = (_renewal,)

    kind: Literal["cert_manager"] = "cert_manager"
    issuer: ObjectName
    """The issuer's name."""
    issuer_kind: Literal["ClusterIssuer", "Issuer"] = "ClusterIssuer"
    """Whether it is the cluster's or the namespace's. Default: the cluster's."""
    dns_names: list[DnsName] = []
    """Names in the certificate beside the external URL's. Default: none."""
    duration_hours: int | None = Field(None, ge=1, le=87_600)
    """How long it is valid. Default: cert-manager's 2160."""
    renew_before_hours: int | None = Field(None, ge=1, le=87_600)
    """How long before its end it is renewed. Default: a third of the duration."""


class SecretTls(Args):
    """A Secret in the namespace, with `tls.crt` and `tls.key`, that somebody else keeps up to date."""

    kind: Literal["secret"] = "secret"
    secret: ObjectName
    """The Secret's name."""
    ca_secret: ObjectName | None = None
    """A Secret with `ca.crt`, that the portal then offers for download. Default: none."""


class GeneratedTls(Args):
    """A certificate by an authority of its own, both made once and kept; clients have to be told the authority.

    The endpoint has it as `ca_certificate`, and the portal offers it for download.
    """

    kind: Literal["generated"] = "generated"
    dns_names: list[DnsName] = []
    """Names in the certificate beside the external URL's. Default: none."""
    validity_hours: int = Field(19_800, ge=720, le=87_600)
    """How long it is valid; it is renewed by the first update in its last 720 hours. Default: 19800, 825 days."""


class ControllerTls(Args):
    """The ingress controller's default certificate, or that of the Gateway's listener."""

    kind: Literal["controller"] = "controller"


class TerminatedTls(Args):
    """A proxy in front speaks TLS to clients, and plain HTTP to Harbor: only where nobody listens in between."""

    kind: Literal["terminated"] = "terminated"


Tls: TypeAlias = Annotated[
    CertManagerTls | SecretTls | GeneratedTls | ControllerTls | TerminatedTls, Field(discriminator="kind")
]


class GeneratedInternalTls(Args):
    """Certificates by an authority of their own, made once and kept."""

    kind: Literal["generated"] = "generated"
    strong_ciphers: bool = True
    """Only strong cipher suites. Default: true."""
    validity_hours: int = Field(19_800, ge=720, le=87_600)
    """How long they are valid; they are renewed by the first update in their last 720 hours. Default: 19800, 825
    days."""


class SecretInternalTls(Args):
    """Secrets in the namespace, each with `tls.crt`, `tls.key` and `ca.crt`."""

    kind: Literal["secrets"] = "secrets"
    core: ObjectName
    """Of the core."""
    jobservice: ObjectName
    """Of the job service."""
    registry: ObjectName
    """Of the registry."""
    portal: ObjectName
    """Of the portal."""
    trivy: ObjectName | None = None
    """Of Trivy, where it runs."""
    strong_ciphers: bool = True
    """Only strong cipher suites. Default: true."""


InternalTls: TypeAlias = Annotated[GeneratedInternalTls | SecretInternalTls, Field(discriminator="kind")]

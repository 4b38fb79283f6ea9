"""An authority of one's own and its certificates, made once and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pulumi

# An authority outlives many certificates; both are renewed by the first update in their last weeks.
_AUTHORITY_HOURS = 87_600
_AUTHORITY_RENEWAL_HOURS = 26_280
_RENEWAL_HOURS = 720

Child = Callable[..., pulumi.ResourceOptions]


class Authority:
    """An authority: a key (ECDSA P-256) and its own certificate, `<name>` as resources."""

    def __init__(self, name: str, subject: str, child: Child) -> None:
        import pulumi_tls as tls

        self._child = child
        key = tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=child())
        self._key = key.private_key_pem
        made = tls.SelfSignedCert(
            name,
            private_key_pem=self._key,
            is_ca_certificate=True,
            # The name is no secret, and no client checks it.
            subject={"common_name": subject[:64], "organization": "registry-components"},
            validity_period_hours=_AUTHORITY_HOURS,
            early_renewal_hours=_AUTHORITY_RENEWAL_HOURS,
            allowed_uses=["cert_signing", "crl_signing", "digital_signature"],
            opts=child(),
        )
        self.certificate: pulumi.Output[str] = made.cert_pem
        """PEM text."""

    def issue(self, name: str, hosts: Sequence[str], hours: int) -> dict[str, Any]:
        """Return a server's certificate as the entries of a Secret: tls.crt, tls.key, ca.crt."""
        import pulumi_tls as tls

        from ..core.urls import is_ip

        key = tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=self._child())
        request = tls.CertRequest(
            name,
            private_key_pem=key.private_key_pem,
            subject={"common_name": hosts[0][:64]},
            dns_names=[host for host in hosts if not is_ip(host)],
            ip_addresses=[host for host in hosts if is_ip(host)],
            opts=self._child(),
        )
        signed = tls.LocallySignedCert(
            name,
            cert_request_pem=request.cert_request_pem,
            ca_private_key_pem=self._key,
            ca_cert_pem=self.certificate,
            validity_period_hours=hours,
            early_renewal_hours=_RENEWAL_HOURS,
            allowed_uses=["digital_signature", "key_encipherment", "server_auth", "client_auth"],
            opts=self._child(),
        )
        return {"tls.crt": signed.cert_pem, "tls.key": key.private_key_pem, "ca.crt": self.certificate}


def token_pair(name: str, child: Child, generation: str) -> dict[str, Any]:
    """Return the key that the core signs tokens with, and the certificate that the registry trusts them by."""
    import pulumi_tls as tls

    # Harbor signs tokens by RSA alone (RS256). A key of pulumi-tls has no keepers, so the engine is told.
    key = tls.PrivateKey(name, algorithm="RSA", rsa_bits=4096, opts=child(replacement_trigger=generation))
    certificate = tls.SelfSignedCert(
        name,
        private_key_pem=key.private_key_pem,
        subject={"common_name": "harbor-token-ca"},
        validity_period_hours=_AUTHORITY_HOURS,
        early_renewal_hours=8_760,
        allowed_uses=["digital_signature", "key_encipherment"],
        opts=child(),
    )
    return {"tls.crt": certificate.cert_pem, "tls.key": key.private_key_pem}

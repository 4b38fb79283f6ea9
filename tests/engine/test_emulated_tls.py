"""The emulated `tls` provider on the real engine: its keys and certificates are real."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_tls as tls
import pytest

from registry_components.rehearsal import rehearsal
from registry_components.testing import Engine, Secret

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

LEAF = "tls:index/locallySignedCert:LocallySignedCert"
REQUEST = "tls:index/certRequest:CertRequest"


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[dict[str, str]]:
    with rehearsal(tmp_path / "clouds") as environment:
        yield environment


def program(host: str, early: int = 0) -> Callable[[], None]:
    def make() -> None:
        authority_key = tls.PrivateKey("ca", algorithm="ECDSA", ecdsa_curve="P256")
        authority = tls.SelfSignedCert(
            "ca",
            private_key_pem=authority_key.private_key_pem,
            subject={"common_name": "Test CA", "organization": "Tests"},
            validity_period_hours=24,
            is_ca_certificate=True,
            allowed_uses=["cert_signing", "crl_signing"],
        )
        key = tls.PrivateKey("leaf", algorithm="RSA")
        request = tls.CertRequest(
            "leaf",
            private_key_pem=key.private_key_pem,
            subject={"common_name": host},
            dns_names=[host],
            ip_addresses=["127.0.0.1"],
        )
        leaf = tls.LocallySignedCert(
            "leaf",
            ca_cert_pem=authority.cert_pem,
            ca_private_key_pem=authority_key.private_key_pem,
            cert_request_pem=request.cert_request_pem,
            validity_period_hours=12,
            early_renewal_hours=early,
            allowed_uses=["server_auth", "digital_signature"],
        )
        pulumi.export("ca", authority.cert_pem)
        pulumi.export("leaf", leaf.cert_pem)
        pulumi.export("key", key.private_key_pem)
        pulumi.export("fingerprint", key.public_key_fingerprint_sha256)
        pulumi.export("due", leaf.ready_for_renewal)

    return make


def openssl(*arguments: str) -> str:
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True).stdout


def test_the_whole_life(tmp_path: Path, clouds: dict[str, str]) -> None:
    engine = Engine(tmp_path / "engine", program=program("registry.test"), environment=clouds)
    engine.up()
    outputs: dict[str, Any] = engine.outputs()
    (tmp_path / "ca.pem").write_text(outputs["ca"])
    (tmp_path / "leaf.pem").write_text(outputs["leaf"])
    assert isinstance(outputs["key"], Secret)
    (tmp_path / "key.pem").write_text(outputs["key"].value)

    verified = openssl(
        "verify", "-CAfile", f"{tmp_path}/ca.pem", "-verify_hostname", "registry.test", f"{tmp_path}/leaf.pem"
    )
    assert verified.strip().endswith("OK")
    told = openssl("x509", "-in", f"{tmp_path}/leaf.pem", "-noout", "-text")
    assert "DNS:registry.test, IP Address:127.0.0.1" in told
    assert "TLS Web Server Authentication" in told
    own = openssl("pkey", "-in", f"{tmp_path}/key.pem", "-pubout")
    assert openssl("x509", "-in", f"{tmp_path}/leaf.pem", "-noout", "-pubkey") == own
    assert outputs["fingerprint"].startswith("SHA256:")
    assert outputs["due"] is False
    assert engine.scan({"key": outputs["key"].value.splitlines()[1]}) == []

    assert engine.up_again().changes == {"same": 6}
    assert engine.refresh().changed == []

    engine.program = program("registry.test", early=1)
    assert engine.up().changed == [f"update {LEAF}::leaf (earlyRenewalHours)"]
    assert engine.outputs()["leaf"] == outputs["leaf"], "a renewal window changes no certificate"

    engine.program = program("other.test", early=1)
    replaced = {step.key for step in engine.up().steps if step.op == "replace"}
    assert replaced == {f"{REQUEST}::leaf", f"{LEAF}::leaf"}
    engine.destroy()

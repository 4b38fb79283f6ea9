"""The emulated `tls` provider: real keys and certificates, made with the `cryptography` package."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from ..emulator import Emulator, Function, Property, Refusal, by_token, known_items, known_members, sdk_version
from .local import OUTPUT, SECRET, STRING, LocalType, Values, connect

PrivateKeys = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_CURVES: Final[dict[str, Callable[[], ec.EllipticCurve]]] = {
    "P224": ec.SECP224R1,
    "P256": ec.SECP256R1,
    "P384": ec.SECP384R1,
    "P521": ec.SECP521R1,
}
_TEXT: Final = Property("string", replaces=True)
_TEXTS: Final = Property("array", items=STRING, replaces=True)
_KEY: Final = Property("string", replaces=True, secret=True)
_HIDDEN: Final = Property("string", secret=True, write_only=True)
_FLAG: Final = Property("boolean", replaces=True, computed=True)
_HOURS: Final = Property("integer", required=True, replaces=True)
_SUBJECT_NAMES: Final = {
    "commonName": NameOID.COMMON_NAME,
    "country": NameOID.COUNTRY_NAME,
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "locality": NameOID.LOCALITY_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "postalCode": NameOID.POSTAL_CODE,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
}
_SUBJECT: Final = Property(
    "object",
    properties={**dict.fromkeys(_SUBJECT_NAMES, STRING), "streetAddresses": Property("array", items=STRING)},
    replaces=True,
)
_KEY_USES: Final = {
    "cert_signing": "key_cert_sign",
    "content_commitment": "content_commitment",
    "crl_signing": "crl_sign",
    "data_encipherment": "data_encipherment",
    "decipher_only": "decipher_only",
    "digital_signature": "digital_signature",
    "encipher_only": "encipher_only",
    "key_agreement": "key_agreement",
    "key_encipherment": "key_encipherment",
}
_EXTENDED_USES: Final = {
    "any_extended": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "client_auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code_signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email_protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "ipsec_end_system": ObjectIdentifier("1.3.6.1.5.5.7.3.5"),
    "ipsec_tunnel": ObjectIdentifier("1.3.6.1.5.5.7.3.6"),
    "ipsec_user": ObjectIdentifier("1.3.6.1.5.5.7.3.7"),
    "microsoft_commercial_code_signing": ObjectIdentifier("1.3.6.1.4.1.311.2.1.22"),
    "microsoft_kernel_code_signing": ObjectIdentifier("1.3.6.1.4.1.311.61.1.1"),
    "microsoft_server_gated_crypto": ObjectIdentifier("1.3.6.1.4.1.311.10.3.3"),
    "netscape_server_gated_crypto": ObjectIdentifier("2.16.840.1.113730.4.1"),
    "ocsp_signing": ExtendedKeyUsageOID.OCSP_SIGNING,
    "server_auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
}
_USES: Final = Property(
    "array", items=Property("string", enum=(*_KEY_USES, *_EXTENDED_USES)), required=True, replaces=True, unordered=True
)


class PrivateKey(LocalType):
    """A private key, which the state holds as a secret."""

    token = "tls:index/privateKey:PrivateKey"  # noqa: S105
    filled = {"ecdsaCurve": "P224", "rsaBits": 2048}
    properties = {
        "algorithm": Property("string", required=True, replaces=True, enum=("ECDSA", "ED25519", "RSA")),
        "ecdsaCurve": Property("string", replaces=True, computed=True, enum=tuple(_CURVES)),
        "privateKeyOpenssh": SECRET,
        "privateKeyPem": SECRET,
        "privateKeyPemPkcs8": SECRET,
        "publicKeyFingerprintMd5": OUTPUT,
        "publicKeyFingerprintSha256": OUTPUT,
        "publicKeyOpenssh": OUTPUT,
        "publicKeyPem": OUTPUT,
        "rsaBits": Property("integer", replaces=True, computed=True),
    }

    def refused(self, inputs: Values) -> Iterable[Refusal]:
        """Yield keys that cannot be made."""
        bits = inputs.get("rsaBits")
        if isinstance(bits, int) and not 1024 <= bits <= 16384:
            yield Refusal("rsaBits", f"must be 1024 to 16384, not {bits}")

    def make(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make the key."""
        key: PrivateKeys
        match inputs["algorithm"]:
            case "RSA":
                key = rsa.generate_private_key(65537, inputs["rsaBits"])
            case "ECDSA":
                key = ec.generate_private_key(_CURVES[inputs["ecdsaCurve"]]())
            case _:
                key = ed25519.Ed25519PrivateKey.generate()
        public = key.public_key()
        own = _pem(key, None)
        openssh = _openssh(key)
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        # The service's SHA-1 is an identifier, not a protection.
        return hashlib.sha1(der, usedforsecurity=False).hexdigest(), {
            "privateKeyPem": own,
            "privateKeyPemPkcs8": _pem(key, serialization.PrivateFormat.PKCS8),
            "publicKeyPem": pem.decode(),
            **openssh,
        }


def _pem(key: PrivateKeys, format_: serialization.PrivateFormat | None) -> str:
    usual = (
        serialization.PrivateFormat.PKCS8
        if isinstance(key, ed25519.Ed25519PrivateKey)
        else serialization.PrivateFormat.TraditionalOpenSSL
    )
    return key.private_bytes(serialization.Encoding.PEM, format_ or usual, serialization.NoEncryption()).decode()


def _openssh(key: PrivateKeys) -> dict[str, str]:
    """Return the key's OpenSSH spellings; empty for the one curve that OpenSSH does not have."""
    try:
        line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        private = _pem(key, serialization.PrivateFormat.OpenSSH)
    except (UnsupportedAlgorithm, ValueError):
        line, private = b"", ""
    found = {"privateKeyOpenssh": private, "publicKeyFingerprintMd5": "", "publicKeyFingerprintSha256": ""}
    found["publicKeyOpenssh"] = f"{line.decode()}\n" if line else ""
    if line:
        import base64

        blob = base64.b64decode(line.split()[1])
        md5 = hashlib.md5(blob, usedforsecurity=False).hexdigest()
        found["publicKeyFingerprintMd5"] = ":".join(md5[at : at + 2] for at in range(0, 32, 2))
        digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
        found["publicKeyFingerprintSha256"] = f"SHA256:{digest}"
    return found


_CERTIFICATE: Final = {
    "allowedUses": _USES,
    "certPem": OUTPUT,
    "earlyRenewalHours": Property("integer", computed=True),
    "isCaCertificate": _FLAG,
    "maxPathLength": Property("integer", replaces=True, computed=True),
    "readyForRenewal": Property("boolean", output=True),
    "setSubjectKeyId": _FLAG,
    "validityEndTime": OUTPUT,
    "validityPeriodHours": _HOURS,
    "validityStartTime": OUTPUT,
}
_NAMES: Final = {"dnsNames": _TEXTS, "ipAddresses": _TEXTS, "subject": _SUBJECT, "uris": _TEXTS}
_OWN_KEY: Final = {
    "privateKeyPem": _KEY,
    "privateKeyPemWo": _HIDDEN,
    "privateKeyPemWoVersion": Property("integer", replaces=True),
}


class SelfSignedCert(LocalType):
    """A certificate that its own key signs."""

    token = "tls:index/selfSignedCert:SelfSignedCert"  # noqa: S105
    filled = {
        "earlyRenewalHours": 0,
        "isCaCertificate": False,
        "maxPathLength": -1,
        "setAuthorityKeyId": False,
        "setSubjectKeyId": False,
    }
    properties = {**_CERTIFICATE, **_NAMES, **_OWN_KEY, "keyAlgorithm": OUTPUT, "setAuthorityKeyId": _FLAG}

    def refused(self, inputs: Values) -> Iterable[Refusal]:
        """Yield keys, names and times that cannot be."""
        yield from _key_refused(inputs, "privateKeyPem")
        yield from _names_refused(inputs)
        yield from _times_refused(inputs)

    def make(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Sign it."""
        key = _load(inputs, "privateKeyPem")
        names = _alternatives(inputs)
        name = _name(inputs.get("subject") or {})
        builder = _builder(inputs, name, name, key.public_key(), names)
        if inputs["setAuthorityKeyId"]:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
            builder = builder.add_extension(identifier, critical=False)
        return _signed(inputs, builder, key, {"keyAlgorithm": _algorithm(key)})

    def read(self, cloud: None, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return what the state has, and whether it is time for another one."""
        return _renewed(super().read(cloud, id, outputs))


class CertRequest(LocalType):
    """A request for a certificate."""

    token = "tls:index/certRequest:CertRequest"  # noqa: S105
    properties = {**_NAMES, **_OWN_KEY, "certRequestPem": OUTPUT, "keyAlgorithm": OUTPUT}

    def refused(self, inputs: Values) -> Iterable[Refusal]:
        """Yield keys and names that cannot be."""
        yield from _key_refused(inputs, "privateKeyPem")
        yield from _names_refused(inputs)

    def make(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Sign the request."""
        key = _load(inputs, "privateKeyPem")
        builder = x509.CertificateSigningRequestBuilder().subject_name(_name(inputs.get("subject") or {}))
        if names := _alternatives(inputs):
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        pem = builder.sign(key, _digest(key)).public_bytes(serialization.Encoding.PEM).decode()
        id_ = hashlib.sha256(pem.encode()).hexdigest()
        return id_, {"certRequestPem": pem, "keyAlgorithm": _algorithm(key)}


class LocallySignedCert(LocalType):
    """A certificate that another one's key signs."""

    token = "tls:index/locallySignedCert:LocallySignedCert"  # noqa: S105
    filled = {"earlyRenewalHours": 0, "isCaCertificate": False, "maxPathLength": -1, "setSubjectKeyId": False}
    properties = {
        **_CERTIFICATE,
        "caCertPem": Property("string", required=True, replaces=True),
        "caKeyAlgorithm": OUTPUT,
        "caPrivateKeyPem": _KEY,
        "caPrivateKeyPemWo": _HIDDEN,
        "caPrivateKeyPemWoVersion": Property("integer", replaces=True),
        "certRequestPem": Property("string", required=True, replaces=True),
    }

    def refused(self, inputs: Values) -> Iterable[Refusal]:
        """Yield keys, certificates, requests and times that cannot be."""
        yield from _key_refused(inputs, "caPrivateKeyPem")
        yield from _times_refused(inputs)
        for name, load in (
            ("caCertPem", x509.load_pem_x509_certificate),
            ("certRequestPem", x509.load_pem_x509_csr),
        ):
            value = inputs.get(name)
            if isinstance(value, str):
                try:
                    load(value.encode())
                except ValueError:
                    yield Refusal(name, "is not PEM of what is needed here")

    def make(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Sign it; the authority's key has to be its certificate's."""
        key = _load(inputs, "caPrivateKeyPem")
        authority = x509.load_pem_x509_certificate(inputs["caCertPem"].encode())
        request = x509.load_pem_x509_csr(inputs["certRequestPem"].encode())
        if authority.public_key() != key.public_key():
            raise Refusal("caPrivateKeyPem", "is not the key of caCertPem")
        try:
            names = list(request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
        except x509.ExtensionNotFound:
            names = []
        builder = _builder(inputs, request.subject, authority.subject, request.public_key(), names)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        builder = builder.add_extension(identifier, critical=False)
        return _signed(inputs, builder, key, {"caKeyAlgorithm": _algorithm(key)})

    def read(self, cloud: None, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return what the state has, and whether it is time for another one."""
        return _renewed(super().read(cloud, id, outputs))


def _builder(
    inputs: Values, subject: x509.Name, issuer: x509.Name, public: Any, names: list[x509.GeneralName]
) -> x509.CertificateBuilder:
    start = datetime.now(UTC).replace(microsecond=0)
    uses = inputs["allowedUses"]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(hours=inputs["validityPeriodHours"]))
    )
    flags = {flag: name in uses for name, flag in _KEY_USES.items()}
    if any(flags.values()):
        builder = builder.add_extension(x509.KeyUsage(**flags), critical=True)
    if extended := [_EXTENDED_USES[name] for name in uses if name in _EXTENDED_USES]:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    authority = inputs["isCaCertificate"]
    length = inputs["maxPathLength"] if authority and inputs["maxPathLength"] >= 0 else None
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=length), critical=True)
    if inputs["setSubjectKeyId"] or authority:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder


def _signed(
    inputs: Values, builder: x509.CertificateBuilder, key: PrivateKeys, more: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    made = builder.sign(key, _digest(key))
    outputs: dict[str, Any] = {
        **more,
        "certPem": made.public_bytes(serialization.Encoding.PEM).decode(),
        "validityStartTime": made.not_valid_before_utc.isoformat(),
        "validityEndTime": made.not_valid_after_utc.isoformat(),
    }
    early = {"earlyRenewalHours": inputs["earlyRenewalHours"]}
    return str(made.serial_number), {**outputs, "readyForRenewal": _is_due({**outputs, **early})}


def _is_due(outputs: Values) -> bool:
    end = datetime.fromisoformat(outputs["validityEndTime"])
    return datetime.now(UTC) >= end - timedelta(hours=outputs.get("earlyRenewalHours") or 0)


def _renewed(outputs: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if outputs is None else {**outputs, "readyForRenewal": _is_due(outputs)}


def _digest(key: PrivateKeys) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _algorithm(key: PrivateKeys) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        return "RSA"
    return "ECDSA" if isinstance(key, ec.EllipticCurvePrivateKey) else "ED25519"


def _load(inputs: Values, name: str) -> PrivateKeys:
    pem = inputs.get(name) or inputs[f"{name}Wo"]
    return cast("PrivateKeys", serialization.load_pem_private_key(pem.encode(), None))


def _key_refused(inputs: Values, name: str) -> Iterator[Refusal]:
    hidden = f"{name}Wo"
    if (inputs.get(name) is None) == (inputs.get(hidden) is None):
        yield Refusal(name, f"exactly one of {name} and {hidden} is needed")
        return
    value = inputs.get(name) or inputs.get(hidden)
    if isinstance(value, str):
        try:
            serialization.load_pem_private_key(value.encode(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            yield Refusal(name, "is not the PEM of a private key")


def _names_refused(inputs: Values) -> Iterator[Refusal]:
    for index, address in enumerate(known_items(inputs, "ipAddresses")):
        if isinstance(address, str):
            try:
                ipaddress.ip_address(address)
            except ValueError:
                yield Refusal(f"ipAddresses[{index}]", f"{address!r} is not an IP address")
    country = known_members(inputs, "subject").get("country")
    if isinstance(country, str) and len(country) != 2:
        yield Refusal("subject.country", f"must be a code of two letters, not {country!r}")


def _times_refused(inputs: Values) -> Iterator[Refusal]:
    for name in ("validityPeriodHours", "earlyRenewalHours"):
        value = inputs.get(name)
        if isinstance(value, int) and value < 0:
            yield Refusal(name, f"must be at least 0, not {value}")


def _name(subject: Values) -> x509.Name:
    parts = [
        x509.NameAttribute(identifier, subject[name])
        for name, identifier in _SUBJECT_NAMES.items()
        if subject.get(name)
    ]
    streets = [x509.NameAttribute(NameOID.STREET_ADDRESS, item) for item in subject.get("streetAddresses") or ()]
    return x509.Name([*parts, *streets])


def _alternatives(inputs: Values) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(name) for name in inputs.get("dnsNames") or ()),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in inputs.get("ipAddresses") or ()),
        *(x509.UniformResourceIdentifier(uri) for uri in inputs.get("uris") or ()),
    ]


def _public_key(_cloud: None, arguments: dict[str, Any]) -> dict[str, Any]:
    pem = arguments.get("privateKeyPem") or arguments.get("privateKeyOpenssh")
    if not pem:
        raise Refusal("privateKeyPem", "exactly one of privateKeyPem and privateKeyOpenssh is needed")
    try:
        load = serialization.load_ssh_private_key if "OPENSSH" in pem else serialization.load_pem_private_key
        key = cast("PrivateKeys", load(pem.encode(), None))
    except (ValueError, UnsupportedAlgorithm):
        raise Refusal("privateKeyPem", "is not a private key") from None
    public = key.public_key()
    text = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    found = {name: value for name, value in _openssh(key).items() if name.startswith("public")}
    id_ = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return {**arguments, **found, "algorithm": _algorithm(key), "id": id_, "publicKeyPem": text}


def emulator() -> Emulator:
    """Return the provider."""
    public = Function(
        "tls:index/getPublicKey:getPublicKey",
        _public_key,
        {"privateKeyOpenssh": STRING, "privateKeyPem": STRING},
        secret=frozenset({"privateKeyOpenssh", "privateKeyPem"}),
    )
    return Emulator(
        package="tls",
        version=sdk_version("pulumi-tls", "5.6.2"),
        types=by_token((PrivateKey(), SelfSignedCert(), CertRequest(), LocallySignedCert())),
        functions={public.token: public},
        connect=connect,
        bridged=True,
    )

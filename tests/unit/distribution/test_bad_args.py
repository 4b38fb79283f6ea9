# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong arguments of every kind."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.distribution.args import DistributionRegistryArgs
from tests.unit.distribution.material import BCRYPT, material

pytestmark = pytest.mark.unit

MISSING = object()
S3 = {"kind": "s3", "bucket": "images", "region": "eu-central-1"}
H = {"kind": "htpasswd", "users": ["ci"]}
T = {"kind": "token", "realm": "https://auth.example.com/token", "service": "registry", "issuer": "auth"}
JWKS = material().jwks
RSA = material().rsa_key
PKCS8 = material().pairs[1][1]
GOOD: dict[str, Any] = {"storage": {"kind": "filesystem"}, "auth": {"kind": "none"}}
CERT, KEY = material().pairs[0]
POLICY = {"repositories": ["**"], "expire": {"stale": {"tags": ["pr-*"], "older_than_days": 14}}}
SCHEDULE = {"kind": "schedule", "assume_created": True}
PRUNED: dict[str, Any] = {"delete": True, "lifecycle": POLICY, "lifecycle_executor": SCHEDULE}
NO_EXECUTOR = "lifecycle_executor: is required: Distribution carries out no policy by itself; say {kind: schedule} for a process beside it, or remove lifecycle and run a PruneSchedule in Kubernetes, or `regc prune` by hand"

# A title, what is changed in GOOD, and every mistake that is told.
TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    # What has to be said, and words that are not known.
    (
        "nothing said",
        {"storage": MISSING, "auth": MISSING},
        ["auth: is required but not given; add it", "storage: is required but not given; add it"],
    ),
    ("misspelt setting", {"prot": 5000}, ["prot: is not a setting; did you mean port?"]),
    (
        "misspelt in a block",
        {"storage": {"kind": "s3", "bukket": "images", "region": "eu-central-1"}},
        ["storage.bucket: is required but not given; add it", "storage.bukket: is not a setting; did you mean bucket?"],
    ),
    (
        "kind missing",
        {"storage": {"bucket": "images"}},
        ["storage: needs `kind` to say which kind it is; allowed: filesystem, s3, gcs, azure, inmemory"],
    ),
    ("kind unknown", {"auth": {"kind": "basic"}}, ["auth: kind 'basic' is not known; allowed: none, htpasswd, token"]),
    (
        "storage kind unknown",
        {"storage": {"kind": "swift"}},
        ["storage: kind 'swift' is not known; allowed: filesystem, s3, gcs, azure, inmemory"],
    ),
    ("a text for a block", {"storage": "filesystem"}, ["storage: must be a mapping of settings, not 'filesystem'"]),
    (
        "a setting of another kind",
        {"storage": {"kind": "inmemory", "root_directory": "/data"}},
        ["storage.root_directory: is not a setting; allowed: kind"],
    ),
    (
        "an unfit auth for tests",
        {"auth": {"kind": "silly", "realm": "r", "service": "s"}},
        ["auth: kind 'silly' is not known; allowed: none, htpasswd, token"],
    ),
    # Types and ranges.
    ("port zero", {"port": 0}, ["port: must be at least 1, not 0"]),
    ("port too high", {"port": 70000}, ["port: must be at most 65535, not 70000"]),
    ("port is text", {"port": "http"}, ["port: must be a whole number, not 'http'"]),
    ("delete is a word", {"delete": "perhaps"}, ["delete: must be true or false, not 'perhaps'"]),
    (
        "host is a name",
        {"host": "registry.example.com"},
        [
            "host: 'registry.example.com' is not an IP address; give one such as 127.0.0.1, or 0.0.0.0 for every IPv4 address"
        ],
    ),
    (
        "host with a port",
        {"host": "127.0.0.1:5000"},
        ["host: '127.0.0.1:5000' is not an IP address; give one such as 127.0.0.1, or 0.0.0.0 for every IPv4 address"],
    ),
    (
        "hostname with scheme",
        {"hostname": "https://registry.example.com"},
        ["hostname: 'https://registry.example.com' has a scheme; give the host name alone"],
    ),
    (
        "hostname with port",
        {"hostname": "registry.example.com:5000"},
        ["hostname: 'registry.example.com:5000' has a port; give the host name alone"],
    ),
    (
        "hostname invalid",
        {"hostname": "registry_1.example.com"},
        [
            "hostname: 'registry_1.example.com' is not a host name; use letters, digits and hyphens in parts separated by dots"
        ],
    ),
    (
        "prefix without slash",
        {"prefix": "/registry"},
        ["prefix: '/registry' must begin and end with /, such as '/registry/'"],
    ),
    (
        "prefix climbs",
        {"prefix": "/a/../b/"},
        ["prefix: '/a/../b/' is not a URL path; write /one/ or /one/two/ with letters, digits and . _ ~ -"],
    ),
    (
        "external url with path",
        {"external_url": "https://registry.example.com/v2"},
        [
            "external_url: 'https://registry.example.com/v2' has a path; give scheme and host alone: 'https://registry.example.com'"
        ],
    ),
    (
        "external url without scheme",
        {"external_url": "registry.example.com"},
        ["external_url: 'registry.example.com' is not an http or https URL; begin it with https://"],
    ),
    ("http2 word", {"http2": "always"}, ["http2: must be one of tls, cleartext, off, not 'always'"]),
    ("drain too long", {"drain_timeout_seconds": 100000}, ["drain_timeout_seconds: must be at most 86400, not 100000"]),
    ("catalog page empty", {"max_catalog_entries": 0}, ["max_catalog_entries: must be at least 1, not 0"]),
    (
        "header name",
        {"headers": {"X Frame": ["DENY"]}},
        ["headers['X Frame']: 'X Frame' is not a header name; use letters, digits and hyphens, without a colon"],
    ),
    (
        "header value not a list",
        {"headers": {"X-Frame-Options": "DENY"}},
        ["headers.X-Frame-Options: must be a list, not 'DENY'"],
    ),
    (
        "header value two lines",
        {"headers": {"X-Frame-Options": ["DENY\r\nX-Evil: 1"]}},
        ["headers.X-Frame-Options[0]: has a line break or control character; give one line of text"],
    ),
    (
        "header twice",
        {"headers": {"X-One": ["1"], "x-one": ["2"]}},
        ["headers: names 'X-One' and 'x-one', which are one header; keep one of them"],
    ),
    (
        "header of the registry itself",
        {"headers": {"Content-Length": ["1"]}},
        ["headers: sets 'Content-Length', which the registry sets itself; remove it"],
    ),
    (
        "short http secret",
        {"http_secret": "short"},
        ["http_secret: has 5 characters; give at least 16, or leave it out"],
    ),
    # Storage.
    (
        "s3 without bucket",
        {"storage": {"kind": "s3", "region": "eu-central-1"}},
        ["storage.bucket: is required but not given; add it"],
    ),
    (
        "s3 without anything",
        {"storage": {"kind": "s3"}},
        ["storage.bucket: is required but not given; add it", "storage.region: is required but not given; add it"],
    ),
    (
        "s3 bucket name",
        {"storage": {**S3, "bucket": "My_Images"}},
        [
            "storage.bucket: 'My_Images' is not an S3 bucket name; it has 3 to 63 lower-case letters, digits, hyphens and single dots"
        ],
    ),
    (
        "s3 region unknown",
        {"storage": {**S3, "region": "eu-middle-1"}},
        [
            "storage.region: 'eu-middle-1' is not a region that Distribution knows; correct it, or give region_endpoint for a server other than AWS"
        ],
    ),
    (
        "s3 key without secret",
        {"storage": {**S3, "access_key": "AKIAEXAMPLE"}},
        ["storage.secret_key: is required together with access_key; give both, or neither to use the machine's role"],
    ),
    (
        "s3 secret without key",
        {"storage": {**S3, "secret_key": "hidden-hidden"}},
        ["storage.access_key: is required together with secret_key; give both, or neither to use the machine's role"],
    ),
    (
        "s3 key id without encryption",
        {"storage": {**S3, "key_id": "alias/images"}},
        ["storage.key_id: has no effect without encryption; add encrypt=True, or remove key_id"],
    ),
    (
        "s3 chunk too small",
        {"storage": {**S3, "chunk_size_mebibytes": 1}},
        ["storage.chunk_size_mebibytes: must be at least 5, not 1"],
    ),
    (
        "s3 storage class",
        {"storage": {**S3, "storage_class": "GLACIER"}},
        [
            "storage.storage_class: must be one of NONE, STANDARD, REDUCED_REDUNDANCY, STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, OUTPOSTS, GLACIER_IR, not 'GLACIER'"
        ],
    ),
    (
        "s3 accelerated elsewhere",
        {"storage": {**S3, "region_endpoint": "https://minio.example.com", "accelerate": True}},
        ["storage.accelerate: chooses an endpoint of AWS, and region_endpoint names another; remove one of them"],
    ),
    (
        "s3 accelerated with dots",
        {"storage": {**S3, "bucket": "images.example.com", "accelerate": True}},
        ["storage.accelerate: is not possible for a bucket with a dot in its name ('images.example.com'); remove it"],
    ),
    (
        "s3 path style on AWS",
        {"storage": {**S3, "force_path_style": True}},
        ["storage.force_path_style: is for servers other than AWS; give region_endpoint, or remove it"],
    ),
    (
        "s3 old signature on AWS",
        {"storage": {**S3, "signature": "v2"}},
        ["storage.signature: v2 is not taken by AWS; use v4, or give the region_endpoint of another server"],
    ),
    (
        "s3 endpoint without scheme",
        {"storage": {**S3, "region_endpoint": "minio:9000"}},
        ["storage.region_endpoint: 'minio:9000' is not an http or https URL; begin it with https://"],
    ),
    (
        "s3 unchecked certificate of http",
        {"storage": {**S3, "region_endpoint": "http://minio:9000", "skip_verify": True}},
        ["storage.skip_verify: has no effect on an http:// region_endpoint; remove it, or use https://"],
    ),
    (
        "gcs chunk not a multiple",
        {"storage": {"kind": "gcs", "bucket": "images", "chunk_size_kibibytes": 300}},
        ["storage.chunk_size_kibibytes: must be a multiple of 256, not 300"],
    ),
    (
        "gcs key of another kind",
        {"storage": {"kind": "gcs", "bucket": "images", "keyfile": '{"type": "authorized_user"}'}},
        ["storage.keyfile: is not a service account's key; give a JSON key whose type is service_account"],
    ),
    (
        "gcs key is a path",
        {"storage": {"kind": "gcs", "bucket": "images", "keyfile": "/etc/key.json"}},
        ["storage.keyfile: is not JSON; give the content of a service account's JSON key file"],
    ),
    (
        "azure without credentials",
        {"storage": {"kind": "azure", "account_name": "images", "container": "blobs"}},
        ["storage.credentials: is required but not given; add it"],
    ),
    (
        "azure account name",
        {
            "storage": {
                "kind": "azure",
                "account_name": "My-Images",
                "container": "blobs",
                "credentials": {"kind": "default_credentials"},
            }
        },
        [
            "storage.account_name: 'My-Images' is not a storage account name; it has 3 to 24 lower-case letters and digits"
        ],
    ),
    (
        "azure key not base64",
        {
            "storage": {
                "kind": "azure",
                "account_name": "images",
                "container": "blobs",
                "credentials": {"kind": "shared_key", "account_key": "not base64!"},
            }
        },
        ["storage.credentials.account_key: is not base64; copy the whole key, with the = at its end"],
    ),
    (
        "filesystem relative",
        {"storage": {"kind": "filesystem", "root_directory": "data"}},
        ["storage.root_directory: 'data' is not an absolute path; begin it with /"],
    ),
    (
        "filesystem threads",
        {"storage": {"kind": "filesystem", "max_threads": 5}},
        ["storage.max_threads: must be at least 25, not 5"],
    ),
    (
        "filesystem path of a container",
        {"storage": {"kind": "filesystem", "root_directory": "/data"}, "runtime": {"kind": "docker"}},
        ["storage.root_directory: is a path of this machine, not of the container; use runtime.volume instead"],
    ),
    # Deletion takes two consents.
    (
        "destroy with one consent",
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove images on destroy; set it to true, or remove deletion"],
    ),
    (
        "destroy with the other consent",
        {"empty_on_delete": True},
        ["deletion: must be 'destroy' too to remove images on destroy; set it, or remove empty_on_delete"],
    ),
    (
        "destroy in memory",
        {"storage": {"kind": "inmemory"}, "deletion": "destroy", "empty_on_delete": True},
        ["storage: kind 'inmemory' keeps nothing to remove; remove deletion and empty_on_delete"],
    ),
    (
        "destroy somebody else's bucket",
        {"storage": S3, "deletion": "destroy", "empty_on_delete": True},
        [
            "deletion: 'destroy' cannot empty storage kind 's3', which belongs to its own resource; remove deletion and empty_on_delete here, and say it there"
        ],
    ),
    (
        "destroy a directory of your own",
        {"storage": {"kind": "filesystem", "root_directory": "/data"}, "deletion": "destroy", "empty_on_delete": True},
        [
            "deletion: 'destroy' never removes a root_directory of your own; remove deletion and empty_on_delete, or root_directory"
        ],
    ),
    ("deletion word", {"deletion": "always"}, ["deletion: must be one of retain, destroy, not 'always'"]),
    # Accounts.
    (
        "htpasswd for nobody",
        {"auth": {"kind": "htpasswd"}},
        ["auth.users: names nobody; give users (passwords are generated), passwords, or htpasswd"],
    ),
    (
        "htpasswd user name",
        {"auth": {"kind": "htpasswd", "users": ["ci:admin"]}},
        ["auth.users[0]: 'ci:admin' is not a user name; use 1 to 64 letters, digits and . _ @ + -"],
    ),
    (
        "htpasswd user twice",
        {"auth": {"kind": "htpasswd", "users": ["ci", "ci"]}},
        ["auth.users[1]: repeats 'ci'; name each user once"],
    ),
    (
        "htpasswd generated and chosen",
        {"auth": {"kind": "htpasswd", "users": ["ci"], "passwords": {"ci": "hidden-hidden"}}},
        ["auth.users: names 'ci', who also has an entry in passwords; keep one of them"],
    ),
    (
        "htpasswd short password",
        {"auth": {"kind": "htpasswd", "passwords": {"ci": "hidden"}}},
        ["auth.passwords.ci: has 6 characters; give at least 8, or name the user in users to have one generated"],
    ),
    (
        "htpasswd long password",
        {"auth": {"kind": "htpasswd", "passwords": {"ci": "hidden" * 13}}},
        ["auth.passwords.ci: has 78 bytes; bcrypt reads 72 and would ignore the rest: shorten it"],
    ),
    (
        "htpasswd two sources",
        {"auth": {"kind": "htpasswd", "users": ["ci"], "htpasswd": f"dev:{BCRYPT}"}},
        ["auth.htpasswd: is the whole list of accounts; remove it, or remove users and passwords"],
    ),
    (
        "htpasswd with SHA-1",
        {"auth": {"kind": "htpasswd", "htpasswd": "ci:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="}},
        ["auth.htpasswd: line 1 is hashed with something else than bcrypt; make it with `htpasswd -nB USER`"],
    ),
    (
        "htpasswd with MD5",
        {"auth": {"kind": "htpasswd", "htpasswd": f"dev:{BCRYPT}\nci:$apr1$hidden$hidden"}},
        ["auth.htpasswd: line 2 is hashed with something else than bcrypt; make it with `htpasswd -nB USER`"],
    ),
    (
        "htpasswd with plain text",
        {"auth": {"kind": "htpasswd", "htpasswd": "ci:hidden-hidden"}},
        ["auth.htpasswd: line 1 is not user:hash with a bcrypt hash; make it with `htpasswd -nB USER`"],
    ),
    (
        "htpasswd empty",
        {"auth": {"kind": "htpasswd", "htpasswd": "# nobody\n"}},
        ["auth.htpasswd: names no user; give at least one line made with `htpasswd -nB USER`"],
    ),
    (
        "htpasswd in clear text on the network",
        {"auth": H, "host": "0.0.0.0"},
        [
            "tls: is required on 0.0.0.0, or passwords cross the network in clear text; give a certificate, listen on 127.0.0.1, or say kind 'terminated' where a proxy in front speaks TLS"
        ],
    ),
    (
        "token in clear text on the network",
        {"auth": {**T, "jwks": JWKS}, "host": "::"},
        [
            "tls: is required on ::, or tokens cross the network in clear text; give a certificate, listen on 127.0.0.1, or say kind 'terminated' where a proxy in front speaks TLS"
        ],
    ),
    (
        "anonymous on the network",
        {"host": "192.0.2.10"},
        [
            "auth.allow_anonymous_network: is required on 192.0.2.10, where everybody on the network may push and delete; consent with true, add a login (kind 'htpasswd' or 'token'), or listen on 127.0.0.1"
        ],
    ),
    (
        "token without issuer",
        {"auth": {"kind": "token", "realm": "https://auth.example.com", "service": "registry", "jwks": JWKS}},
        ["auth.issuer: is required but not given; add it"],
    ),
    (
        "token without anything",
        {"auth": {"kind": "token"}},
        [
            "auth: needs root_cert_bundle or jwks to know which tokens to trust; give one of them",
            "auth.issuer: is required but not given; add it",
            "auth.realm: is required but not given; add it",
            "auth.service: is required but not given; add it",
        ],
    ),
    (
        "token without keys",
        {"auth": T},
        ["auth: needs root_cert_bundle or jwks to know which tokens to trust; give one of them"],
    ),
    (
        "token algorithm",
        {"auth": {**T, "jwks": JWKS, "signing_algorithms": ["none"]}},
        [
            "auth.signing_algorithms[0]: must be one of EdDSA, RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512"
        ],
    ),
    (
        "token redirect path alone",
        {"auth": {**T, "jwks": JWKS, "auto_redirect_path": "/auth"}},
        ["auth.auto_redirect_path: has no effect without auto_redirect=True; add that, or remove it"],
    ),
    (
        "token keys not JSON",
        {"auth": {**T, "jwks": "keys"}},
        ['auth.jwks: is not JSON; give a JSON Web Key Set: {"keys": [...]}'],
    ),
    (
        "token keys private",
        {"auth": {**T, "jwks": '{"keys": [{"kid": "1", "kty": "RSA", "n": "AQ", "e": "AQAB", "d": "hidden"}]}'}},
        ["auth.jwks: key 1 holds a private or shared key; give the public part"],
    ),
    (
        "token keys without kid",
        {"auth": {**T, "jwks": '{"keys": [{"kty": "RSA", "n": "AQ", "e": "AQAB"}]}'}},
        ["auth.jwks: key 1 has no kid, by which tokens name it; add one"],
    ),
    (
        "token certificates not PEM",
        {"auth": {**T, "root_cert_bundle": "/etc/ssl/roots.pem"}},
        [
            "auth.root_cert_bundle: is not a PEM certificate; give the file's content, which begins with -----BEGIN CERTIFICATE-----"
        ],
    ),
    # TLS.
    (
        "tls with a path",
        {"tls": {"kind": "certificate", "certificate": "/etc/tls.pem", "key": "/etc/tls.key"}},
        [
            "tls.certificate: is not a PEM certificate; give the file's content, which begins with -----BEGIN CERTIFICATE-----",
            "tls.key: is not a PEM private key; give the file's content, which begins with -----BEGIN PRIVATE KEY-----",
        ],
    ),
    (
        "tls two ways",
        {
            "tls": {"kind": "letsencrypt", "email": "a@example.com", "hosts": ["r.example.com"], "certificate": "x"},
            "auth": H,
            "host": "0.0.0.0",
        },
        [
            "tls.certificate: is not a setting; allowed: cipher_suites, client_auth, client_cas, directory_url, email, hosts, kind, minimum_tls"
        ],
    ),
    (
        "tls kind missing",
        {"tls": {"client_cas": ["x"]}},
        ["tls: needs `kind` to say which kind it is; allowed: certificate, letsencrypt, terminated"],
    ),
    (
        "tls client certificates without TLS",
        {"tls": {"kind": "terminated", "client_cas": ["x"]}},
        ["tls.client_cas: is not a setting; allowed: kind"],
    ),
    (
        "tls client mode without authorities",
        {
            "tls": {
                "kind": "letsencrypt",
                "email": "a@example.com",
                "hosts": ["r.example.com"],
                "client_auth": "request-client-cert",
            },
            "auth": H,
            "host": "0.0.0.0",
        },
        ["tls.client_auth: has no effect without client_cas; add them, or remove it"],
    ),
    (
        "tls suites of 1.3",
        {
            "tls": {
                "kind": "letsencrypt",
                "email": "a@example.com",
                "hosts": ["r.example.com"],
                "minimum_tls": "tls1.3",
                "cipher_suites": ["TLS_AES_128_GCM_SHA256"],
            },
            "auth": H,
            "host": "0.0.0.0",
        },
        ["tls.cipher_suites: cannot be chosen for TLS 1.3; remove them, or lower minimum_tls to tls1.2"],
    ),
    (
        "tls old version",
        {
            "tls": {
                "kind": "letsencrypt",
                "email": "a@example.com",
                "hosts": ["r.example.com"],
                "minimum_tls": "tls1.0",
            },
            "auth": H,
            "host": "0.0.0.0",
        },
        ["tls.minimum_tls: must be one of tls1.2, tls1.3, not 'tls1.0'"],
    ),
    (
        "tls wildcard",
        {"tls": {"kind": "letsencrypt", "email": "me", "hosts": ["*.example.com"]}, "auth": H, "host": "0.0.0.0"},
        [
            "tls.email: 'me' is not an e-mail address",
            "tls.hosts[0]: '*.example.com' is a wildcard, which this way of proof cannot get; name each host",
        ],
    ),
    (
        "tls letsencrypt on loopback",
        {"tls": {"kind": "letsencrypt", "email": "a@example.com", "hosts": ["r.example.com"]}},
        ["tls: kind 'letsencrypt' needs an address that the authority reaches, not host '127.0.0.1'"],
    ),
    (
        "tls certificate cut short",
        {
            "tls": {
                "kind": "certificate",
                "certificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
                "key": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----",
            }
        },
        [
            "tls.certificate: holds a block that is not a whole certificate; give -----BEGIN CERTIFICATE----- blocks, unaltered",
            "tls.key: is encrypted, and the registry cannot ask for a passphrase; give the key without one",
        ],
    ),
    (
        "http2 in clear text over TLS",
        {
            "tls": {"kind": "letsencrypt", "email": "a@example.com", "hosts": ["r.example.com"]},
            "auth": H,
            "host": "0.0.0.0",
            "http2": "cleartext",
        },
        ["http2: 'cleartext' is for a registry without TLS of its own; remove it"],
    ),
    (
        "http2 off without TLS",
        {"http2": "off"},
        ["http2: is only spoken over TLS unless 'cleartext' is said; remove 'off'"],
    ),
    (
        "relative and external urls",
        {"relative_urls": True, "external_url": "https://r.example.com"},
        ["external_url: is not used with relative_urls; remove one of them"],
    ),
    # Pull-through cache.
    (
        "proxy with delete",
        {"proxy": {"remote_url": "https://registry-1.docker.io"}, "delete": True},
        ["delete: is not possible with proxy: a pull-through cache expires content by itself; remove it"],
    ),
    (
        "proxy with read-only and secret",
        {
            "proxy": {"remote_url": "https://registry-1.docker.io"},
            "read_only": True,
            "http_secret": "hidden-hidden-hidden",
        },
        [
            "http_secret: is for uploads, which a pull-through cache does not take; remove it",
            "read_only: is not possible with proxy: a pull-through cache takes no push anyway; remove it",
        ],
    ),
    ("proxy without upstream", {"proxy": {}}, ["proxy.remote_url: is required but not given; add it"]),
    (
        "proxy with a path",
        {"proxy": {"remote_url": "https://registry-1.docker.io/v2/"}},
        [
            "proxy.remote_url: 'https://registry-1.docker.io/v2/' has a path; give scheme and host alone: 'https://registry-1.docker.io'"
        ],
    ),
    (
        "proxy with a login in the URL",
        {"proxy": {"remote_url": "https://ci:hidden@registry.example.com"}},
        ["proxy.remote_url: has a login in the URL; take user name and password out of it"],
    ),
    (
        "proxy user without password",
        {
            "proxy": {
                "remote_url": "https://registry-1.docker.io",
                "credentials": {"kind": "password", "username": "ci"},
            }
        },
        ["proxy.credentials.password: is required but not given; add it"],
    ),
    (
        "proxy helper with arguments",
        {
            "proxy": {
                "remote_url": "https://registry-1.docker.io",
                "credentials": {"kind": "helper", "command": "docker-credential-ecr-login get"},
            }
        },
        [
            "proxy.credentials.command: 'docker-credential-ecr-login get' is not a program; give its absolute path, without arguments"
        ],
    ),
    (
        "proxy ttl negative",
        {"proxy": {"remote_url": "https://registry-1.docker.io", "ttl_hours": -1}},
        ["proxy.ttl_hours: must be at least 0, not -1"],
    ),
    # Caches, webhooks, checks, logs, debug server, manifests.
    (
        "redis cache without redis",
        {"cache": {"kind": "redis"}},
        ["redis: is required for cache kind 'redis'; say where Redis is, or use kind 'inmemory'"],
    ),
    (
        "redis for nothing",
        {"redis": {"kind": "single", "address": "redis:6379"}},
        ["redis: is used for nothing; add cache={'kind': 'redis'}, or remove it"],
    ),
    (
        "redis without port",
        {"cache": {"kind": "redis"}, "redis": {"kind": "single", "address": "redis"}},
        ["redis.address: 'redis' is not host:port; give both, such as 'redis.example.com:6379'"],
    ),
    (
        "redis sentinel without master",
        {"cache": {"kind": "redis"}, "redis": {"kind": "sentinel", "addresses": ["sentinel:26379"]}},
        ["redis.master_name: is required but not given; add it"],
    ),
    (
        "redis cluster of one",
        {"cache": {"kind": "redis"}, "redis": {"kind": "cluster", "addresses": ["redis:6379"]}},
        ["redis.addresses: needs at least 2 entries (it has 1)"],
    ),
    (
        "redis tls with nothing",
        {"cache": {"kind": "redis"}, "redis": {"kind": "single", "address": "redis:6379", "tls": {}}},
        ["redis.tls.root_cas: is required for TLS to Redis; give the authority that signed Redis's certificate"],
    ),
    (
        "redis backoff reversed",
        {
            "cache": {"kind": "redis"},
            "redis": {
                "kind": "single",
                "address": "redis:6379",
                "min_retry_backoff_milliseconds": 9,
                "max_retry_backoff_milliseconds": 8,
            },
        },
        ["redis.max_retry_backoff_milliseconds: 8 is less than min_retry_backoff_milliseconds (9); raise it"],
    ),
    (
        "no webhooks",
        {"notifications": {"endpoints": []}},
        ["notifications.endpoints: needs at least 1 entry (it has 0)"],
    ),
    (
        "webhooks of one name",
        {
            "notifications": {
                "endpoints": [
                    {"name": "ci", "url": "https://a.example.com"},
                    {"name": "ci", "url": "https://b.example.com"},
                ]
            }
        },
        ["notifications.endpoints[1].name: 'ci' is the name of endpoints[0] too; give each its own"],
    ),
    (
        "webhook that hears nothing",
        {
            "notifications": {
                "endpoints": [
                    {
                        "name": "ci",
                        "url": "https://a.example.com",
                        "ignore_actions": ["pull", "push", "mount", "delete"],
                    }
                ]
            }
        },
        ["notifications.endpoints[0].ignore_actions: ignores every event; leave an action out, or remove the endpoint"],
    ),
    (
        "webhook url",
        {"notifications": {"endpoints": [{"name": "ci", "url": "a.example.com", "ignore_actions": ["tag"]}]}},
        [
            "notifications.endpoints[0].ignore_actions[0]: must be one of pull, push, mount, delete, not 'tag'",
            "notifications.endpoints[0].url: 'a.example.com' is not an http or https URL; begin it with https://",
        ],
    ),
    ("health of nothing", {"health": {}}, ["health: checks nothing; give storage, files, http or tcp, or remove it"]),
    (
        "health twice",
        {"health": {"tcp": [{"address": "a:1"}, {"address": "a:1"}]}},
        ["health.tcp[1]: repeats address 'a:1'; the registry takes each once"],
    ),
    (
        "health interval",
        {"health": {"storage": {"interval_seconds": 0}}},
        ["health.storage.interval_seconds: must be at least 1, not 0"],
    ),
    (
        "debug on the same port",
        {"debug": {"port": 5000}},
        ["debug.port: 5000 is the registry's own port; choose another"],
    ),
    (
        "debug for everybody",
        {"debug": {"port": 5001, "host": "0.0.0.0"}},
        [
            "debug.host: '0.0.0.0' shows profiles and the configuration, passwords included, to the network without a login; use 127.0.0.1, or consent with allow_network=True"
        ],
    ),
    (
        "debug shows passwords",
        {
            "debug": {"port": 5001, "host": "0.0.0.0", "allow_network": True},
            "cache": {"kind": "redis"},
            "redis": {"kind": "single", "address": "redis:6379"},
        },
        [
            "debug.allow_network: is not possible with redis: the debug server then shows the whole configuration, passwords included, to everybody; keep it on 127.0.0.1"
        ],
    ),
    (
        "metrics over its own pages",
        {"debug": {"port": 5001, "prometheus": {"path": "/debug/vars"}}},
        [
            "debug.prometheus.path: '/debug/vars' is below /debug, where the debug server has its own pages; choose another path"
        ],
    ),
    ("log level", {"log": {"level": "trace"}}, ["log.level: must be one of error, warn, info, debug, not 'trace'"]),
    (
        "log mail for every request",
        {
            "log": {
                "mail": [
                    {
                        "levels": ["info"],
                        "smtp_address": "mail:25",
                        "smtp_username": "a",
                        "smtp_password": "hidden",
                        "sender": "me",
                        "recipients": [],
                    }
                ]
            }
        },
        [
            "log.mail[0].levels[0]: must be one of panic, fatal, error, warn, not 'info'",
            "log.mail[0].recipients: needs at least 1 entry (it has 0)",
            "log.mail[0].sender: 'me' is not an e-mail address",
        ],
    ),
    (
        "regex with look-ahead",
        {"validation": {"kind": "on", "manifest_urls_allow": ["^https://(?!evil)"]}},
        [
            "validation.manifest_urls_allow[0]: '^https://(?!evil)' is not a regular expression of Go: it has a group that Go does not know at character 10; look-around and back-references are not possible"
        ],
    ),
    (
        "regex unfinished",
        {"validation": {"kind": "on", "manifest_urls_deny": ["[a-"]}},
        [
            "validation.manifest_urls_deny[0]: '[a-' is not a regular expression of Go: it has a range that is not one at character 3"
        ],
    ),
    (
        "platforms without a list",
        {"validation": {"kind": "on", "image_indexes": {"kind": "list", "platforms": []}}},
        ["validation.image_indexes.platforms: needs at least 1 entry (it has 0)"],
    ),
    (
        "purging too often",
        {"upload_purging": {"kind": "on", "interval_hours": 0}},
        ["upload_purging.interval_hours: must be at least 1, not 0"],
    ),
    # Where clients are sent.
    (
        "cloudfront without s3",
        {
            "storage_middleware": [
                {"kind": "cloudfront", "base_url": "https://d.example.com", "private_key": RSA, "key_pair_id": "K1"}
            ]
        },
        ["storage_middleware[0]: kind 'cloudfront' needs storage kind 's3', not 'filesystem'"],
    ),
    (
        "cloudfront key in the other form",
        {
            "storage": S3,
            "storage_middleware": [
                {"kind": "cloudfront", "base_url": "https://d.example.com", "private_key": PKCS8, "key_pair_id": "K1"}
            ],
        },
        [
            "storage_middleware[0].private_key: is in PKCS#8 form, and CloudFront signing takes PKCS#1; convert it with `openssl rsa -traditional`"
        ],
    ),
    (
        "cloudfront not first",
        {
            "storage": S3,
            "storage_middleware": [
                {"kind": "redirect", "base_url": "https://a.example.com"},
                {"kind": "cloudfront", "base_url": "https://d.example.com", "private_key": RSA, "key_pair_id": "K1"},
            ],
        },
        ["storage_middleware[1]: kind 'cloudfront' works on the storage itself; put it first"],
    ),
    (
        "redirect switched off",
        {"redirect": False, "storage_middleware": [{"kind": "redirect", "base_url": "https://a.example.com"}]},
        ["redirect: is off, and storage_middleware says where to redirect to; remove one of them"],
    ),
    (
        "rewrite of nothing",
        {"storage_middleware": [{"kind": "rewrite"}]},
        ["storage_middleware[0]: changes nothing; give scheme, host or trim_path_prefix"],
    ),
    # Runtimes.
    (
        "runtime unknown",
        {"runtime": {"kind": "podman"}},
        ["runtime: kind 'podman' is not known; allowed: process, docker, kubernetes"],
    ),
    (
        "docker image and build",
        {"runtime": {"kind": "docker", "image": "registry:3", "build": {"context": "/src"}}},
        ["runtime.image: is not used where build is given; keep one of them"],
    ),
    (
        "docker restart word",
        {"runtime": {"kind": "docker", "restart": "never"}},
        ["runtime.restart: must be one of no, always, on-failure, unless-stopped, not 'never'"],
    ),
    (
        "docker user",
        {"runtime": {"kind": "docker", "user": "a b"}},
        ["runtime.user: 'a b' is not a user; give a name or number, or user:group, such as '65532:65532'"],
    ),
    (
        "docker capability added and dropped",
        {"runtime": {"kind": "docker", "cap_drop": ["CHOWN"], "cap_add": ["CHOWN"]}},
        ["runtime.cap_add: adds CHOWN, which cap_drop takes away; name it once"],
    ),
    (
        "process binary",
        {"runtime": {"kind": "process", "binary": "bin/registry"}},
        ["runtime.binary: 'bin/registry' is not an absolute path; begin it with /"],
    ),
    # The lifecycle policy and what carries it out.
    ("a policy alone", {"lifecycle": POLICY, "delete": True}, [NO_EXECUTOR]),
    ("a policy alone, and no deletes", {"lifecycle": POLICY}, [NO_EXECUTOR]),
    (
        "an executor alone",
        {"lifecycle_executor": SCHEDULE},
        ["lifecycle: is what lifecycle_executor carries out; give the policy, or remove both"],
    ),
    (
        "an executor of another kind",
        {"lifecycle": POLICY, "delete": True, "lifecycle_executor": {"kind": "cronjob"}},
        ["lifecycle_executor: kind 'cronjob' is not known; allowed: schedule, cron_job"],
    ),
    (
        "a policy where clients cannot delete",
        {"lifecycle": POLICY, "lifecycle_executor": SCHEDULE},
        ["delete: is required with lifecycle, which deletes; set it to true, or remove lifecycle"],
    ),
    (
        "a policy of a cache",
        {**PRUNED, "delete": False, "proxy": {"remote_url": "https://registry-1.docker.io"}},
        ["lifecycle: is not possible with proxy: a pull-through cache expires content by itself; set proxy.ttl_hours"],
    ),
    (
        "a policy in maintenance",
        {**PRUNED, "read_only": True},
        ["read_only: is not possible with lifecycle, which deletes; remove one of them"],
    ),
    (
        "a policy in a container",
        {**PRUNED, "runtime": {"kind": "docker"}},
        [
            "lifecycle_executor: kind 'schedule' is a process of runtime 'process'; with runtime 'docker' let a timer of your own run `regc prune --unattended`"
        ],
    ),
    (
        "a policy below a prefix",
        {**PRUNED, "prefix": "/registry/"},
        ["lifecycle_executor: does not reach a registry below a prefix; remove prefix"],
    ),
    (
        "a policy where clients show certificates",
        {**PRUNED, "auth": H, "tls": {"kind": "certificate", "certificate": CERT, "key": KEY, "client_cas": [CERT]}},
        ["lifecycle_executor: has no certificate to show for tls.client_cas; remove one of them"],
    ),
    (
        "an authority without TLS",
        {**PRUNED, "lifecycle_executor": {**SCHEDULE, "ca_certificate": CERT}},
        ["lifecycle_executor.ca_certificate: is for a registry that speaks TLS itself; remove it"],
    ),
    (
        "no login that is known",
        {**PRUNED, "auth": {"kind": "htpasswd", "htpasswd": f"ci:{BCRYPT}"}},
        [
            "lifecycle_executor.login: is required: no password is known here to delete with; name an account that may delete"
        ],
    ),
    (
        "no login to get a token with",
        {**PRUNED, "auth": {**T, "jwks": JWKS}},
        [
            "lifecycle_executor.login: is required: no password is known here to delete with; name an account that may delete"
        ],
    ),
    (
        "a login for nothing",
        {**PRUNED, "lifecycle_executor": {**SCHEDULE, "login": {"username": "ci", "password": "long enough"}}},
        ["lifecycle_executor.login: is for a registry with a login; remove it"],
    ),
    (
        "half a login to delete with",
        {**PRUNED, "auth": H, "lifecycle_executor": {**SCHEDULE, "login": {"username": "ci"}}},
        ["lifecycle_executor.login.password: is required but not given; add it"],
    ),
    (
        "a policy by ages without times",
        {**PRUNED, "lifecycle_executor": {"kind": "schedule"}},
        [
            "lifecycle.expire.stale: goes by the time of push, which the registry's API does not tell, so it deletes nothing; take the time of an image's build for it (assume_created), or rank by: version"
        ],
    ),
    (
        "a policy by pulls",
        {**PRUNED, "lifecycle": {**POLICY, "expire": {"idle": {"tags": ["*"], "unpulled_for_days": 9}}}},
        [
            "lifecycle.expire.idle.unpulled_for_days: goes by pulls, which the registry's API does not tell: everything would count as never pulled; write older_than_days"
        ],
    ),
    (
        "a policy that archives",
        {**PRUNED, "lifecycle": {**POLICY, "archive": {"cold": {"tags": ["*"], "older_than_days": 9}}}},
        ["lifecycle.archive: regc prune deletes, and archives nothing; expire, or remove it"],
    ),
    (
        "never",
        {**PRUNED, "lifecycle_executor": {**SCHEDULE, "every_hours": 0}},
        ["lifecycle_executor.every_hours: must be at least 1, not 0"],
    ),
    # Several mistakes at once, of fields and of pairs.
    (
        "everything at once",
        {
            "storage": {"kind": "s3", "region": "eu-central-1", "key_id": "alias/images"},
            "auth": {"kind": "token"},
            "port": 0,
            "deletion": "destroy",
            "relative_urls": True,
            "external_url": "https://r.example.com",
            "delet": True,
        },
        [
            "auth: needs root_cert_bundle or jwks to know which tokens to trust; give one of them",
            "auth.issuer: is required but not given; add it",
            "auth.realm: is required but not given; add it",
            "auth.service: is required but not given; add it",
            "delet: is not a setting; did you mean delete?",
            "empty_on_delete: is required too to remove images on destroy; set it to true, or remove deletion",
            "external_url: is not used with relative_urls; remove one of them",
            "port: must be at least 1, not 0",
            "storage.bucket: is required but not given; add it",
            "storage.key_id: has no effect without encryption; add encrypt=True, or remove key_id",
        ],
    ),
]


@pytest.mark.parametrize(("changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_message(changes: dict[str, Any], mistakes: list[str]) -> None:
    settings = {name: value for name, value in {**GOOD, **changes}.items() if value is not MISSING}
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    expected = "\n  ".join([f"DistributionRegistryArgs is not valid ({count}):", *mistakes])
    with pytest.raises(StackError) as caught:
        DistributionRegistryArgs.parse(settings)
    assert str(caught.value) == expected
    with pytest.raises(StackError) as caught:
        DistributionRegistryArgs(**settings)
    assert str(caught.value) == expected


def test_the_table_starts_from_good_arguments() -> None:
    DistributionRegistryArgs.parse(GOOD)

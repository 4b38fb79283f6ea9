"""Unit proof: what each setting becomes in config.yml, and that nothing else does."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr

from registry_components.core.errors import StackError
from registry_components.distribution.args import DistributionRegistryArgs, json_schema
from registry_components.distribution.render import Layout, Rendered, join_host_port, render, to_yaml
from tests.unit.distribution.material import BCRYPT, material
from tests.unit.distribution.resolved import resolved
from tests.unit.distribution.strategies import AWKWARD, Settings, registries

pytestmark = pytest.mark.unit

LAYOUT = Layout("127.0.0.1:5000", "/data", "/files")
GOOD: Settings = {"storage": {"kind": "filesystem"}, "auth": {"kind": "none"}}
BARE: dict[str, Any] = {
    "version": "0.1",
    "log": {"level": "info"},
    "storage": {"filesystem": {"rootdirectory": "/data"}},
    "http": {"addr": "127.0.0.1:5000", "headers": {"X-Content-Type-Options": ["nosniff"]}},
}


def rendering(settings: Settings, **given_texts: str) -> Rendered:
    return resolved(render(DistributionRegistryArgs.parse({**GOOD, **settings}), LAYOUT, **given_texts))


def test_nothing_is_said_that_was_not_given() -> None:
    assert rendering({}) == Rendered(BARE)


# What is set, the section it becomes, and the section.
TABLE: list[tuple[Settings, str, Any]] = [
    (
        {
            "log": {
                "level": "debug",
                "formatter": "json",
                "fields": {"service": "r"},
                "access_log": False,
                "report_caller": True,
            }
        },
        "log",
        {
            "level": "debug",
            "formatter": "json",
            "fields": {"service": "r"},
            "accesslog": {"disabled": True},
            "reportcaller": True,
        },
    ),
    (
        {
            "log": {
                "mail": [
                    {
                        "levels": ["error"],
                        "smtp_address": "mail:587",
                        "smtp_username": "u",
                        "smtp_password": "p",
                        "sender": "r@example.com",
                        "recipients": ["a@example.com"],
                    }
                ]
            }
        },
        "log",
        {
            "level": "info",
            "hooks": [
                {
                    "type": "mail",
                    "levels": ["error"],
                    "options": {
                        "smtp": {"addr": "mail:587", "username": "u", "password": "p"},
                        "from": "r@example.com",
                        "to": ["a@example.com"],
                    },
                }
            ],
        },
    ),
    (
        {
            "storage": {"kind": "filesystem", "root_directory": "/mnt", "max_threads": 50},
            "delete": True,
            "redirect": False,
            "read_only": True,
            "upload_purging": {"kind": "on", "age_hours": 1},
            "tag_concurrency_limit": 4,
            "cache": {"kind": "inmemory", "size": 10},
        },
        "storage",
        {
            "filesystem": {"rootdirectory": "/mnt", "maxthreads": 50},
            "delete": {"enabled": True},
            "redirect": {"disable": True},
            "maintenance": {
                "readonly": {"enabled": True},
                "uploadpurging": {"enabled": True, "age": "1h", "interval": "24h", "dryrun": False},
            },
            "tag": {"concurrencylimit": 4},
            "cache": {"blobdescriptor": "inmemory", "blobdescriptorsize": 10},
        },
    ),
    (
        {"upload_purging": {"kind": "off"}},
        "storage",
        {"filesystem": {"rootdirectory": "/data"}, "maintenance": {"uploadpurging": {"enabled": False}}},
    ),
    ({"storage": {"kind": "inmemory"}}, "storage", {"inmemory": {}}),
    (
        {
            "storage": {
                "kind": "s3",
                "bucket": "images",
                "region": "eu-central-1",
                "access_key": "a",
                "secret_key": "s",
                "encrypt": True,
                "key_id": "k",
                "chunk_size_mebibytes": 5,
                "multipart_copy_threshold_mebibytes": 0,
            }
        },
        "storage",
        {
            "s3": {
                "bucket": "images",
                "region": "eu-central-1",
                "accesskey": "a",
                "secretkey": "s",
                "encrypt": True,
                "keyid": "k",
                "chunksize": 5242880,
                "multipartcopythresholdsize": 0,
            }
        },
    ),
    (
        {
            "storage": {
                "kind": "s3",
                "bucket": "images",
                "region": "here",
                "region_endpoint": "http://minio:9000",
                "force_path_style": True,
                "signature": "v2",
            }
        },
        "storage",
        {
            "s3": {
                "bucket": "images",
                "region": "here",
                "regionendpoint": "http://minio:9000",
                "forcepathstyle": True,
                "v4auth": False,
            }
        },
    ),
    (
        {"storage": {"kind": "gcs", "bucket": "images", "chunk_size_kibibytes": 512, "max_concurrency": 30}},
        "storage",
        {"gcs": {"bucket": "images", "chunksize": 524288, "maxconcurrency": 30}},
    ),
    (
        {
            "storage": {
                "kind": "azure",
                "account_name": "images",
                "container": "blobs",
                "retry_delay_milliseconds": 200,
                "credentials": {"kind": "client_secret", "tenant_id": "t", "client_id": "c", "secret": "s"},
            }
        },
        "storage",
        {
            "azure": {
                "accountname": "images",
                "container": "blobs",
                "retry_delay": "200ms",
                "credentials": {"type": "client_secret", "tenantid": "t", "clientid": "c", "secret": "s"},
            }
        },
    ),
    (
        {
            "storage": {
                "kind": "azure",
                "account_name": "images",
                "container": "blobs",
                "credentials": {"kind": "shared_key", "account_key": "AAAA"},
            }
        },
        "storage",
        {
            "azure": {
                "accountname": "images",
                "container": "blobs",
                "accountkey": "AAAA",
                "credentials": {"type": "shared_key"},
            }
        },
    ),
    (
        {
            "proxy": {
                "remote_url": "https://registry-1.docker.io",
                "credentials": {"kind": "password", "username": "u", "password": "p"},
                "ttl_hours": 24,
                "cache_write_timeout_seconds": 60,
            }
        },
        "proxy",
        {
            "remoteurl": "https://registry-1.docker.io",
            "username": "u",
            "password": "p",
            "ttl": "24h",
            "cachewritetimeout": "60s",
        },
    ),
    # Without deletion in the storage, a cache would never remove what has expired.
    (
        {"proxy": {"remote_url": "https://registry-1.docker.io"}},
        "storage",
        {"filesystem": {"rootdirectory": "/data"}, "delete": {"enabled": True}},
    ),
    (
        {"proxy": {"remote_url": "https://registry-1.docker.io", "ttl_hours": 0}},
        "storage",
        {"filesystem": {"rootdirectory": "/data"}},
    ),
    (
        {
            "proxy": {
                "remote_url": "https://r.example.com",
                "credentials": {"kind": "helper", "command": "/bin/h", "lifetime_seconds": 0},
            }
        },
        "proxy",
        {"remoteurl": "https://r.example.com", "exec": {"command": "/bin/h", "lifetime": "0s"}},
    ),
    (
        {
            "http_secret": "0123456789abcdef",
            "prefix": "/r/",
            "relative_urls": True,
            "drain_timeout_seconds": 60,
            "headers": {},
            "http2": "cleartext",
            "debug": {"port": 5001, "prometheus": {}},
        },
        "http",
        {
            "addr": "127.0.0.1:5000",
            "secret": "0123456789abcdef",
            "prefix": "/r/",
            "relativeurls": True,
            "draintimeout": "60s",
            "h2c": {"enabled": True},
            "debug": {"addr": "127.0.0.1:5001", "prometheus": {"enabled": True, "path": "/metrics"}},
        },
    ),
    (
        {"external_url": "https://r.example.com", "headers": {"B": ["2"], "A": ["1", "2"]}},
        "http",
        {"addr": "127.0.0.1:5000", "host": "https://r.example.com", "headers": {"A": ["1", "2"], "B": ["2"]}},
    ),
    (
        {
            "host": "0.0.0.0",
            "auth": {"kind": "none", "allow_anonymous_network": True},
            "http2": "off",
            "headers": {},
            "tls": {
                "kind": "letsencrypt",
                "email": "a@example.com",
                "hosts": ["r.example.com"],
                "minimum_tls": "tls1.3",
                "directory_url": "https://ca.example.com/acme",
            },
        },
        "http",
        {
            "addr": "127.0.0.1:5000",
            "http2": {"disabled": True},
            "tls": {
                "minimumtls": "tls1.3",
                "letsencrypt": {
                    "cachefile": "/data/letsencrypt",
                    "email": "a@example.com",
                    "hosts": ["r.example.com"],
                    "directoryurl": "https://ca.example.com/acme",
                },
            },
        },
    ),
    (
        {
            "notifications": {
                "include_references": True,
                "endpoints": [
                    {
                        "name": "ci",
                        "url": "https://ci.example.com",
                        "headers": {"Authorization": "Bearer t"},
                        "timeout_seconds": 2,
                        "threshold": 3,
                        "backoff_seconds": 4,
                        "ignore_media_types": ["m"],
                        "ignore_actions": ["pull"],
                    }
                ],
            }
        },
        "notifications",
        {
            "events": {"includereferences": True},
            "endpoints": [
                {
                    "name": "ci",
                    "url": "https://ci.example.com",
                    "headers": {"Authorization": ["Bearer t"]},
                    "timeout": "2s",
                    "threshold": 3,
                    "backoff": "4s",
                    "ignore": {"mediatypes": ["m"], "actions": ["pull"]},
                }
            ],
        },
    ),
    (
        {
            "cache": {"kind": "redis"},
            "redis": {
                "kind": "single",
                "address": "redis:6379",
                "password": "p",
                "db": 2,
                "protocol": 2,
                "max_retry_backoff_milliseconds": 9,
                "pool_timeout_seconds": 5,
            },
        },
        "redis",
        {
            "addrs": ["redis:6379"],
            "password": "p",
            "db": 2,
            "protocol": 2,
            "maxretrybackoff": "9ms",
            "pooltimeout": "5s",
        },
    ),
    (
        {
            "cache": {"kind": "redis"},
            "redis": {"kind": "sentinel", "addresses": ["a:1", "b:1"], "master_name": "m", "sentinel_password": "p"},
        },
        "redis",
        {"addrs": ["a:1", "b:1"], "mastername": "m", "sentinelpassword": "p"},
    ),
    (
        {"cache": {"kind": "redis"}, "redis": {"kind": "cluster", "addresses": ["a:1", "b:1"], "read_from": "nearest"}},
        "redis",
        {"addrs": ["a:1", "b:1"], "routebylatency": True},
    ),
    (
        {
            "health": {
                "storage": {"interval_seconds": 5},
                "files": [{"path": "/off"}],
                "http": [{"url": "https://a.example.com", "status_code": 204}],
                "tcp": [{"address": "a:1", "timeout_seconds": 2}],
            }
        },
        "health",
        {
            "storagedriver": {"enabled": True, "interval": "5s", "threshold": 3},
            "file": [{"file": "/off"}],
            "http": [{"uri": "https://a.example.com", "statuscode": 204, "timeout": "5s", "threshold": 3}],
            "tcp": [{"addr": "a:1", "timeout": "2s", "threshold": 3}],
        },
    ),
    ({"validation": {"kind": "off"}}, "validation", {"disabled": True}),
    (
        {
            "validation": {
                "kind": "on",
                "manifest_urls_allow": ["^https://a/"],
                "image_indexes": {"kind": "list", "platforms": [{"architecture": "arm64", "os": "linux"}]},
            }
        },
        "validation",
        {
            "manifests": {
                "urls": {"allow": ["^https://a/"]},
                "indexes": {"platforms": "list", "platformlist": [{"architecture": "arm64", "os": "linux"}]},
            }
        },
    ),
    ({"max_catalog_entries": 5}, "catalog", {"maxentries": 5}),
    ({"max_tags": 6}, "tags", {"maxtags": 6}),
    ({"repository_classes": ["image"]}, "policy", {"repository": {"classes": ["image"]}}),
    (
        {
            "storage_middleware": [
                {"kind": "redirect", "base_url": "https://a.example.com"},
                {"kind": "rewrite", "host": "b"},
            ]
        },
        "middleware",
        {
            "storage": [
                {"name": "redirect", "options": {"baseurl": "https://a.example.com"}},
                {"name": "rewrite", "options": {"host": "b"}},
            ]
        },
    ),
]


@pytest.mark.parametrize(("settings", "section", "expected"), TABLE)
def test_section(settings: Settings, section: str, expected: Any) -> None:
    assert rendering(settings).config[section] == expected


def test_files_hold_what_the_configuration_names() -> None:
    made = material()
    (certificate, key) = made.pairs[0]
    seen = rendering(
        {
            "auth": {"kind": "htpasswd", "users": ["ci"], "realm": "apps"},
            "tls": {"kind": "certificate", "certificate": certificate, "key": key, "client_cas": [made.authority]},
            "cache": {"kind": "redis"},
            "redis": {
                "kind": "single",
                "address": "r:1",
                "tls": {"root_cas": [certificate], "certificate": certificate, "key": key},
            },
            "storage": {"kind": "gcs", "bucket": "images", "keyfile": made.service_account},
        },
        htpasswd=f"ci:{BCRYPT}\n",
    )
    assert seen.config["auth"] == {"htpasswd": {"realm": "apps", "path": "/files/htpasswd"}}
    assert seen.config["http"]["tls"] == {
        "certificate": "/files/tls.pem",
        "key": "/files/tls.key",
        "clientcas": ["/files/client-ca-1.pem"],
    }
    assert seen.config["redis"]["tls"] == {
        "rootcas": ["/files/redis-ca-1.pem"],
        "certificate": "/files/redis.pem",
        "key": "/files/redis.key",
    }
    assert seen.config["storage"]["gcs"]["keyfile"] == "/files/gcs.json"
    assert seen.files == {
        "client-ca-1.pem": made.authority,
        "gcs.json": made.service_account,
        "htpasswd": f"ci:{BCRYPT}\n",
        "redis-ca-1.pem": certificate,
        "redis.key": key,
        "redis.pem": certificate,
        "tls.key": key,
        "tls.pem": certificate,
    }


def test_files_of_token_and_cloudfront() -> None:
    made = material()
    seen = rendering(
        {
            "auth": {
                "kind": "token",
                "realm": "https://a.example.com",
                "service": "s",
                "issuer": "i",
                "jwks": made.jwks,
                "root_cert_bundle": made.authority,
                "auto_redirect": True,
            },
            "storage": {"kind": "s3", "bucket": "images", "region": "eu-west-1"},
            "storage_middleware": [
                {
                    "kind": "cloudfront",
                    "base_url": "https://d.example.com",
                    "private_key": made.rsa_key,
                    "key_pair_id": "K",
                    "duration_seconds": 60,
                    "ip_filter": {"kind": "awsregion", "regions": ["eu-west-1", "eu-west-2"]},
                }
            ],
        }
    )
    assert seen.config["auth"]["token"] == {
        "realm": "https://a.example.com",
        "service": "s",
        "issuer": "i",
        "jwks": "/files/token-keys.json",
        "rootcertbundle": "/files/token-roots.pem",
        "autoredirect": True,
    }
    assert seen.config["middleware"]["storage"][0]["options"] == {
        "baseurl": "https://d.example.com",
        "privatekey": "/files/cloudfront.pem",
        "keypairid": "K",
        "duration": "60s",
        "ipfilteredby": "awsregion",
        "awsregion": "eu-west-1,eu-west-2",
    }
    assert sorted(seen.files) == ["cloudfront.pem", "token-keys.json", "token-roots.pem"]


def test_http_secret_of_the_arguments_wins_and_a_cache_has_none() -> None:
    assert rendering({}, http_secret="made").config["http"]["secret"] == "made"
    given_too = rendering({"http_secret": "0123456789abcdef"}, http_secret="made")
    assert given_too.config["http"]["secret"] == "0123456789abcdef"
    cache = rendering({"proxy": {"remote_url": "https://a.example.com"}}, http_secret="made")
    assert "secret" not in cache.config["http"]


def test_named_accounts_need_their_lines() -> None:
    with pytest.raises(
        StackError, match=r"^auth\.users: the accounts have no htpasswd lines yet; hand them to render$"
    ):
        rendering({"auth": {"kind": "htpasswd", "users": ["ci"]}})


def test_outputs_and_secrets_stay_leaves() -> None:
    later = pulumi.Output.from_input("images")
    args = DistributionRegistryArgs.parse(
        {
            **GOOD,
            "storage": {
                "kind": "s3",
                "bucket": later,
                "region": "eu-west-1",
                "access_key": "a",
                "secret_key": "hidden",
            },
        }
    )
    driver = render(args, LAYOUT).config["storage"]["s3"]
    assert driver["bucket"] is later
    assert isinstance(driver["secretkey"], SecretStr)
    for unresolved in (
        {"storage": {"s3": {"secretkey": SecretStr("hidden")}}},
        {"storage": {"s3": {"secretkey": later}}},
    ):
        with pytest.raises(TypeError, match=r"^storage\.s3\.secretkey: a (SecretStr|Output) is not resolved yet$"):
            to_yaml(unresolved)


def test_yaml_is_what_the_engine_hands_back() -> None:
    assert to_yaml({"b": 5.0, "a": {"y": "no", "plain": "word", "x": [True, 1.5, "1e3", ""]}}) == (
        'a:\n  plain: word\n  x:\n  - true\n  - 1.5\n  - "1e3"\n  - ""\n  "y": "no"\nb: 5\n'
    )
    for text in AWKWARD:
        assert yaml.safe_load(to_yaml({"a": text})) == {"a": text}


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", "127.0.0.1:1"), ("::1", "[::1]:1"), ("localhost", "localhost:1")]
)
def test_address(host: str, expected: str) -> None:
    assert join_host_port(host, 1) == expected


def test_a_schema_can_be_made() -> None:
    schema = json.loads(json.dumps(json_schema()))
    assert schema["required"] == ["storage", "auth"]
    assert set(schema["properties"]) == set(DistributionRegistryArgs.model_fields)
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("settings", "tls", "path"),
    [
        ({}, False, "/v2/"),
        ({"prefix": "/a/b/"}, False, "/a/b/v2/"),
        ({"tls": {"kind": "terminated"}}, False, "/v2/"),
    ],
)
def test_what_the_component_asks(settings: Settings, tls: bool, path: str) -> None:
    args: DistributionRegistryArgs = DistributionRegistryArgs.parse({**GOOD, **settings})
    assert (args.serves_tls, args.api_path) == (tls, path)


# Every setting of Distribution 3.1 that is modelled, as its source spells it: configuration/configuration.go for the
# sections, the storage drivers, access controllers and middleware for theirs. `[]` is a list's item, `*` a
# name of your own. The registry ignores a key that it does not know, so a misspelt one would be lost silently.
KEYS_TEXT = """
auth.htpasswd.path auth.htpasswd.realm auth.token.autoredirect auth.token.autoredirectpath auth.token.issuer
auth.token.jwks auth.token.realm auth.token.rootcertbundle auth.token.service auth.token.signingalgorithms.[]
catalog.maxentries health.file.[].file health.file.[].interval health.http.[].headers.*.[]
health.http.[].interval health.http.[].statuscode health.http.[].threshold health.http.[].timeout
health.http.[].uri health.storagedriver.enabled health.storagedriver.interval health.storagedriver.threshold
health.tcp.[].addr health.tcp.[].interval health.tcp.[].threshold health.tcp.[].timeout http.addr
http.debug.addr http.debug.prometheus.enabled http.debug.prometheus.path http.draintimeout http.h2c.enabled
http.headers.*.[] http.host http.http2.disabled http.prefix http.relativeurls http.secret http.tls.certificate
http.tls.ciphersuites.[] http.tls.clientauth http.tls.clientcas.[] http.tls.key http.tls.letsencrypt.cachefile
http.tls.letsencrypt.directoryurl http.tls.letsencrypt.email http.tls.letsencrypt.hosts.[] http.tls.minimumtls
log.accesslog.disabled log.fields.* log.formatter log.hooks.[].levels.[] log.hooks.[].options.from
log.hooks.[].options.smtp.addr log.hooks.[].options.smtp.password log.hooks.[].options.smtp.username
log.hooks.[].options.to.[] log.hooks.[].type log.level log.reportcaller middleware.storage.[].name
middleware.storage.[].options.awsregion middleware.storage.[].options.baseurl
middleware.storage.[].options.duration middleware.storage.[].options.host
middleware.storage.[].options.ipfilteredby middleware.storage.[].options.iprangesurl
middleware.storage.[].options.keypairid middleware.storage.[].options.privatekey
middleware.storage.[].options.scheme middleware.storage.[].options.trimpathprefix
middleware.storage.[].options.updatefrequency notifications.endpoints.[].backoff
notifications.endpoints.[].headers.*.[] notifications.endpoints.[].ignore.actions.[]
notifications.endpoints.[].ignore.mediatypes.[] notifications.endpoints.[].name
notifications.endpoints.[].threshold notifications.endpoints.[].timeout notifications.endpoints.[].url
notifications.events.includereferences policy.repository.classes.[] proxy.cachewritetimeout proxy.exec.command
proxy.exec.lifetime proxy.password proxy.remoteurl proxy.ttl proxy.username redis.addrs.[] redis.clientname
redis.connmaxidletime redis.connmaxlifetime redis.contexttimeoutenabled redis.db redis.dialtimeout
redis.disableidentity redis.identitysuffix redis.mastername redis.maxactiveconns redis.maxidleconns
redis.maxredirects redis.maxretries redis.maxretrybackoff redis.minidleconns redis.minretrybackoff
redis.password redis.poolfifo redis.poolsize redis.pooltimeout redis.protocol redis.readonly redis.readtimeout
redis.routebylatency redis.routerandomly redis.sentinelpassword redis.sentinelusername redis.tls.certificate
redis.tls.key redis.tls.rootcas.[] redis.username redis.writetimeout storage.azure.accountkey
storage.azure.accountname storage.azure.container storage.azure.credentials.clientid
storage.azure.credentials.secret storage.azure.credentials.tenantid storage.azure.credentials.type
storage.azure.max_retries storage.azure.realm storage.azure.retry_delay storage.azure.rootdirectory
storage.azure.serviceurl storage.azure.skipverify storage.cache.blobdescriptor storage.cache.blobdescriptorsize
storage.delete.enabled storage.filesystem.maxthreads storage.filesystem.rootdirectory storage.gcs.bucket
storage.gcs.chunksize storage.gcs.keyfile storage.gcs.maxconcurrency storage.gcs.rootdirectory
storage.gcs.useragent storage.inmemory storage.maintenance.readonly.enabled
storage.maintenance.uploadpurging.age storage.maintenance.uploadpurging.dryrun
storage.maintenance.uploadpurging.enabled storage.maintenance.uploadpurging.interval storage.redirect.disable
storage.s3.accelerate storage.s3.accesskey storage.s3.bucket storage.s3.chunksize storage.s3.encrypt
storage.s3.forcepathstyle storage.s3.keyid storage.s3.loglevel storage.s3.multipartcopychunksize
storage.s3.multipartcopymaxconcurrency storage.s3.multipartcopythresholdsize storage.s3.objectacl
storage.s3.region storage.s3.regionendpoint storage.s3.rootdirectory storage.s3.secretkey storage.s3.skipverify
storage.s3.storageclass storage.s3.usedualstack storage.s3.usefipsendpoint storage.s3.useragent
storage.s3.v4auth storage.tag.concurrencylimit tags.maxtags validation.disabled
validation.manifests.indexes.platformlist.[].architecture validation.manifests.indexes.platformlist.[].os
validation.manifests.indexes.platforms validation.manifests.urls.allow.[] validation.manifests.urls.deny.[]
version
"""
KEYS = set(KEYS_TEXT.split())
OWN_NAMES = ("headers", "fields")


def keys_of(tree: Any, at: tuple[str, ...] = ()) -> set[str]:
    """Return the paths of a tree's leaves."""
    if isinstance(tree, dict) and tree:
        free = bool(at) and at[-1] in OWN_NAMES
        return {path for name, item in tree.items() for path in keys_of(item, (*at, "*" if free else name))}
    if isinstance(tree, list):
        return {path for item in tree for path in keys_of(item, (*at, "[]"))}
    return {".".join(at)}


def test_every_rendering() -> None:
    reached: set[str] = set()

    @hypothesis_settings(
        max_examples=1000,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(registries())
    def check(settings: Settings) -> None:
        first, second = (
            resolved(render(DistributionRegistryArgs.parse(settings), LAYOUT, http_secret="s", htpasswd="h"))
            for _ in range(2)
        )
        text = to_yaml(first.config)
        assert text == to_yaml(second.config)
        assert first.files == second.files
        # The text says what the tree says, and every key is one that the registry reads.
        assert yaml.safe_load(text) == first.config
        emitted = keys_of(first.config)
        assert emitted <= KEYS
        reached.update(emitted)
        # A file is there for a path that names it, and for no other reason.
        named = {word for word in json.dumps(first.config).split('"') if word.startswith("/files/")}
        assert named == {f"/files/{name}" for name in first.files}

    check()
    # The strategy leaves out no setting.
    assert reached == KEYS

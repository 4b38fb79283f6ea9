"""Strategies over the whole model: settings that are valid by construction, every kind and option among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from hypothesis import strategies as st

from registry_components.distribution.auth import Algorithm
from registry_components.distribution.storage import S3_REGIONS
from registry_components.distribution.tls import CipherSuite, ClientAuth
from tests.unit.distribution.material import BCRYPT, material

Settings = dict[str, Any]
Strategy = st.SearchStrategy[Any]

# Texts that YAML 1.1 reads as something else, or that end a scalar, where they are not quoted.
AWKWARD = (
    "1e3",
    "y",
    "no",
    "null",
    "~",
    "0o7",
    "0x1F",
    "1_000",
    "12:30:45",
    "2001-01-01",
    "=",
    "<<",
    ".inf",
    "- a",
    "a: b",
    "a #b",
    "'",
    '"',
    "{a}",
    "[a]",
    "%a",
    "@a",
    "`a",
    "!a",
    "&a",
    "*a",
    "\\",
    "$HOME",
    "${X}",
    "123",
    "true",
)
ascii_texts = st.sampled_from(AWKWARD) | st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20
)
texts = ascii_texts | st.sampled_from(["é", "日本", "a b", "👍"])
names = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
seconds = st.sampled_from([1, 5, 90, 3600, 86_400])
urls = st.sampled_from(
    ["https://a.invalid", "http://a.invalid:8080/p", "https://[::1]:8443/a%20b?c=d&e=1", "https://127.0.0.1/"]
)
base_urls = st.sampled_from(["https://a.invalid", "http://a.invalid:8080/p/", "https://a-b.invalid/p/q"])
host_ports = st.sampled_from(["127.0.0.1:1", "a.invalid:6379", "[::1]:1", "localhost:65535"])
emails = st.sampled_from(["a@example.com", "a.b+c@example.co.uk"])
key_prefixes = st.sampled_from(["a", "/a/b", "a/b/", "1e3", "y"])
header_names = st.sampled_from(["Authorization", "X-One", "X-Two", "y", "1e3"])
regexes = st.sampled_from(
    [
        r"^https://([^/]+\.)*example\.com/",
        "a|b",
        r"\d{1,3}?",
        r"[[:alpha:]_-]+",
        r"(?i)abc",
        r"(?P<host>x)*",
        "a{2",
        "{}",
        r"[]a]",
        r"[^\d\-z]",
        r"(?i:x)|",
        r"\.\*\[",
        "é+",
        "a{1000}",
        r"(a{10}){100}",
        "^$",
        r"\bx\B\A\z",
        "x*?y+?z??",
        "[a-]",
    ]
)


def settings(required: Mapping[str, Strategy], optional: Mapping[str, Strategy]) -> Strategy:
    return st.fixed_dictionaries(dict(required), optional=dict(optional))


def some(*values: Any) -> Strategy:
    return st.sampled_from(values)


def several(each: Strategy, least: int = 0, most: int = 3) -> Strategy:
    return st.lists(each, min_size=least, max_size=most, unique_by=str)


def lazily(make: Any) -> Strategy:
    """Draw from the run's material, made when it is first needed."""
    return st.deferred(lambda: st.just(make(material())))


pairs = st.deferred(lambda: st.sampled_from(material().pairs))
authorities = lazily(lambda made: made.authority)
booleans = st.booleans()

filesystem = settings({"kind": st.just("filesystem")}, {"max_threads": some(25, 100)})
inmemory = st.just({"kind": "inmemory"})
_s3_options = {
    "root_directory": key_prefixes,
    "object_acl": some(
        "private",
        "public-read",
        "public-read-write",
        "authenticated-read",
        "aws-exec-read",
        "bucket-owner-read",
        "bucket-owner-full-control",
    ),
    "storage_class": some(
        "NONE",
        "STANDARD",
        "REDUCED_REDUNDANCY",
        "STANDARD_IA",
        "ONEZONE_IA",
        "INTELLIGENT_TIERING",
        "OUTPOSTS",
        "GLACIER_IR",
    ),
    "chunk_size_mebibytes": some(5, 5120),
    "multipart_copy_chunk_size_mebibytes": some(5, 5120),
    "multipart_copy_max_concurrency": some(1, 1000),
    "multipart_copy_threshold_mebibytes": some(0, 5120),
    "user_agent": texts,
    "log_level": some(
        "debug",
        "debugwithsigning",
        "debugwithhttpbody",
        "debugwithrequestretries",
        "debugwithrequesterrors",
        "debugwitheventstreambody",
    ),
}
_aws = settings(
    {"region": st.sampled_from(sorted(S3_REGIONS))},
    {
        **_s3_options,
        "accelerate": booleans,
        "use_dual_stack": booleans,
        "use_fips_endpoint": booleans,
        "skip_verify": booleans,
    },
)
_other_s3 = settings(
    {"region": some("us-east-1", "here", "1e3"), "region_endpoint": base_urls},
    {**_s3_options, "force_path_style": booleans, "signature": some("v2", "v4")},
)


@st.composite
def s3(draw: st.DrawFn) -> Settings:
    drawn: Settings = {"kind": "s3", "bucket": draw(some("bucket", "my-bucket-1", "1e3")), **draw(_aws | _other_s3)}
    if draw(booleans):
        drawn |= {"access_key": draw(ascii_texts), "secret_key": draw(ascii_texts)}
    if draw(booleans):
        drawn |= {"encrypt": True} | draw(settings({}, {"key_id": ascii_texts}))
    if str(drawn.get("region_endpoint", "https")).startswith("https") and draw(booleans):
        drawn["skip_verify"] = True
    return drawn


gcs = settings(
    {"kind": st.just("gcs"), "bucket": some("bucket", "a_b.c-d", "1e3")},
    {
        "keyfile": lazily(lambda made: made.service_account),
        "root_directory": key_prefixes,
        "chunk_size_kibibytes": some(256, 512, 16_384),
        "max_concurrency": some(25, 500),
        "user_agent": texts,
    },
)
azure = settings(
    {
        "kind": st.just("azure"),
        "account_name": some("account", "123", "1e3"),
        "container": some("blobs", "a-b-1", "1e3"),
        "credentials": st.one_of(
            settings({"kind": st.just("shared_key"), "account_key": some("c2VjcmV0", "AAAA")}, {}),
            settings(
                {
                    "kind": st.just("client_secret"),
                    "tenant_id": some("a-b", "1e3"),
                    "client_id": some("c-d"),
                    "secret": texts,
                },
                {},
            ),
            st.just({"kind": "default_credentials"}),
        ),
    },
    {
        "realm": some("core.windows.net", "core.chinacloudapi.cn"),
        "service_url": base_urls,
        "root_directory": key_prefixes,
        "max_retries": some(1, 9),
        "retry_delay_milliseconds": some(1, 1500),
        "skip_verify": booleans,
    },
)
storages = st.one_of(filesystem, inmemory, s3(), gcs, azure)

_lines = some(f"ci:{BCRYPT}\n", f"# accounts\na:{BCRYPT.replace('2b', '2y')}\n\nb:{BCRYPT.replace('2b', '2a')}")
_accounts = st.one_of(
    settings({"htpasswd": _lines}, {}),
    settings({"users": some(["ci"], ["ci", "dev@example.com"])}, {"passwords": some({"bob": "correct horse"})}),
    settings({"passwords": some({"bob": "correct horse", "y": "1e3 is a number"})}, {}),
)
htpasswd = st.builds(
    lambda one, two: {**one, **two}, settings({"kind": st.just("htpasswd")}, {"realm": ascii_texts}), _accounts
)
_trust = st.one_of(
    settings({"root_cert_bundle": authorities}, {"jwks": lazily(lambda made: made.jwks)}),
    settings({"jwks": lazily(lambda made: made.jwks)}, {}),
)
_redirected = some({}, {"auto_redirect": True}, {"auto_redirect": True, "auto_redirect_path": "/auth/token"})
token = st.builds(
    lambda one, two, three: {**one, **two, **three},
    settings(
        {"kind": st.just("token"), "realm": urls, "service": ascii_texts, "issuer": ascii_texts},
        {"signing_algorithms": several(st.sampled_from(get_args(Algorithm)))},
    ),
    _trust,
    _redirected,
)


@st.composite
def served_tls(draw: st.DrawFn) -> Settings:
    drawn: Settings = {}
    if draw(booleans):
        drawn["client_cas"] = draw(several(authorities, 1, 1))
        drawn |= draw(settings({}, {"client_auth": st.sampled_from(get_args(ClientAuth))}))
    if draw(booleans):
        drawn["minimum_tls"] = "tls1.3"
    else:
        drawn |= draw(settings({}, {"cipher_suites": several(st.sampled_from(get_args(CipherSuite)), 1, 4)}))
    return drawn


@st.composite
def certificate_tls(draw: st.DrawFn) -> Settings:
    certificate, key = draw(pairs)
    return {"kind": "certificate", "certificate": certificate, "key": key, **draw(served_tls())}


letsencrypt = st.builds(
    lambda one, two: {**one, **two},
    settings(
        {
            "kind": st.just("letsencrypt"),
            "email": emails,
            "hosts": some(["a.example.com"], ["a.example.com", "b.example.com"]),
        },
        {"directory_url": urls},
    ),
    served_tls(),
)
terminated = st.just({"kind": "terminated"})

proxies = settings(
    {"remote_url": some("https://registry-1.docker.io", "http://upstream.invalid:5000")},
    {
        "credentials": st.one_of(
            settings({"kind": st.just("password"), "username": ascii_texts, "password": texts}, {}),
            settings(
                {"kind": st.just("helper"), "command": some("/bin/docker-credential-x")},
                {"lifetime_seconds": some(0, 60)},
            ),
        ),
        "ttl_hours": some(0, 1, 168, 87_600),
        "cache_write_timeout_seconds": seconds,
    },
)
secret_headers = st.dictionaries(header_names, ascii_texts, max_size=2)
notifications = settings(
    {
        "endpoints": st.lists(
            settings(
                {"name": some("a", "b", "y", "1e3"), "url": urls},
                {
                    "headers": secret_headers,
                    "timeout_seconds": seconds,
                    "threshold": some(1, 1000),
                    "backoff_seconds": seconds,
                    "ignore_media_types": several(texts),
                    "ignore_actions": several(some("pull", "push", "mount", "delete"), 0, 3),
                },
            ),
            min_size=1,
            max_size=2,
            unique_by=lambda one: str(one["name"]),
        )
    },
    {"include_references": booleans},
)


@st.composite
def redis(draw: st.DrawFn) -> Settings:
    milliseconds, count = some(1, 100), some(1, 8)
    place = st.one_of(
        settings({"kind": st.just("single"), "address": host_ports}, {"db": some(0, 3)}),
        settings(
            {"kind": st.just("sentinel"), "addresses": several(host_ports, 1), "master_name": some("main", "1e3")},
            {"sentinel_username": texts, "sentinel_password": texts, "db": some(0, 3)},
        ),
        settings(
            {"kind": st.just("cluster"), "addresses": several(host_ports, 2)},
            {"max_redirects": count, "read_from": some("masters", "replicas", "nearest", "any")},
        ),
    )
    options = settings(
        {},
        {
            "username": texts,
            "password": texts,
            "client_name": names,
            "protocol": some(2, 3),
            "max_retries": count,
            "min_retry_backoff_milliseconds": milliseconds,
            "max_retry_backoff_milliseconds": some(100, 512),
            "dial_timeout_seconds": seconds,
            "read_timeout_seconds": seconds,
            "write_timeout_seconds": seconds,
            "context_timeout_enabled": booleans,
            "pool_fifo": booleans,
            "pool_size": some(8, 64),
            "pool_timeout_seconds": seconds,
            "min_idle_connections": count,
            "max_idle_connections": some(8, 16),
            "max_active_connections": some(8, 64),
            "connection_max_idle_seconds": seconds,
            "connection_max_lifetime_seconds": seconds,
            "disable_identity": booleans,
            "identity_suffix": names,
        },
    )
    drawn: Settings = {**draw(place), **draw(options)}
    certificate, key = draw(pairs)
    client = {"certificate": certificate, "key": key}
    tls = draw(some(None, {"root_cas": [certificate]}, client, {"root_cas": [certificate], **client}))
    return drawn if tls is None else {**drawn, "tls": tls}


_each_second = {"interval_seconds": seconds}
_judged = {"threshold": some(1, 9), "timeout_seconds": seconds, **_each_second}
health = settings(
    {"storage": settings({}, {"threshold": some(1, 9), **_each_second})},
    {
        "files": st.lists(
            settings({"path": some("/nowhere", "/tmp/a b", "/é")}, _each_second),
            max_size=2,
            unique_by=lambda one: str(one["path"]),
        ),
        "http": st.lists(
            settings({"url": urls}, {"status_code": some(200, 404), "headers": secret_headers, **_judged}),
            max_size=2,
            unique_by=lambda one: str(one["url"]),
        ),
        "tcp": st.lists(
            settings({"address": host_ports}, _judged), max_size=2, unique_by=lambda one: str(one["address"])
        ),
    },
)
logs = settings(
    {},
    {
        "level": some("error", "warn", "info", "debug"),
        "formatter": some("text", "json", "logstash"),
        "fields": st.dictionaries(some("service", "y", "a.b"), texts, max_size=2),
        "access_log": booleans,
        "report_caller": booleans,
        "mail": several(
            settings(
                {
                    "levels": several(some("panic", "fatal", "error", "warn"), 1),
                    "smtp_address": some("127.0.0.1:1"),
                    "smtp_username": ascii_texts,
                    "smtp_password": texts,
                    "sender": emails,
                    "recipients": several(emails, 1),
                },
                {},
            ),
            0,
            1,
        ),
    },
)
debug = settings(
    {"port": some(5999)}, {"host": some("127.0.0.1", "::1"), "prometheus": some({}, {"path": "/m/etrics"})}
)
validation = st.one_of(
    st.just({"kind": "off"}),
    settings(
        {"kind": st.just("on")},
        {
            "manifest_urls_allow": several(regexes),
            "manifest_urls_deny": several(regexes),
            "image_indexes": some(
                {"kind": "all"},
                {"kind": "none"},
                {
                    "kind": "list",
                    "platforms": [{"architecture": "amd64", "os": "linux"}, {"architecture": "arm64", "os": "linux"}],
                },
            ),
        },
    ),
)
purging = st.one_of(
    st.just({"kind": "off"}),
    settings({"kind": st.just("on")}, {"age_hours": some(1, 168), "interval_hours": some(1, 24), "dry_run": booleans}),
)


@st.composite
def middleware(draw: st.DrawFn, kind: str) -> list[Settings]:
    drawn: list[Settings] = []
    if kind == "s3" and draw(booleans):
        ip_filter = st.one_of(
            settings({"kind": st.just("aws")}, {"ip_ranges_url": urls, "update_frequency_seconds": seconds}),
            settings(
                {"kind": st.just("awsregion"), "regions": some(["eu-west-1"], ["us-gov-west-1", "eu-west-1"])},
                {"ip_ranges_url": urls, "update_frequency_seconds": seconds},
            ),
        )
        drawn.append(
            draw(
                settings(
                    {
                        "kind": st.just("cloudfront"),
                        "base_url": base_urls,
                        "private_key": lazily(lambda made: made.rsa_key),
                        "key_pair_id": ascii_texts,
                    },
                    {"duration_seconds": seconds, "ip_filter": ip_filter},
                )
            )
        )
    if draw(booleans):
        drawn.append({"kind": "redirect", "base_url": draw(base_urls)})
    if draw(booleans):
        more = settings(
            {"scheme": some("http", "https")},
            {"host": some("a.invalid", "a.invalid:1"), "trim_path_prefix": some("/a")},
        )
        drawn.append({"kind": "rewrite", **draw(more)})
    return drawn


@st.composite
def registries(draw: st.DrawFn) -> Settings:
    """Draw settings that the model accepts."""
    drawn: Settings = {"storage": draw(storages)}
    host = draw(some("127.0.0.1", "127.0.0.1", "localhost", "::1", "0.0.0.0", "::"))
    drawn["host"] = host
    networked = host in ("0.0.0.0", "::")
    tls = draw(
        st.one_of(
            certificate_tls(),
            terminated,
            *([letsencrypt] if networked else [st.none()]),
            *([] if networked else [st.none()]),
        )
    )
    if tls is not None:
        drawn["tls"] = tls
    auth = draw(st.one_of(htpasswd, token, st.just({"kind": "none"})))
    drawn["auth"] = {**auth, "allow_anonymous_network": True} if networked and auth["kind"] == "none" else auth
    served = tls is not None and tls["kind"] != "terminated"
    drawn["http2"] = draw(some("tls", "off") if served else some("tls", "cleartext"))
    if draw(booleans):
        drawn["proxy"] = draw(proxies)
    else:
        drawn |= draw(
            settings({}, {"delete": booleans, "read_only": booleans, "http_secret": some("0123456789abcdef")})
        )
    cache = draw(some(None, "inmemory", "redis"))
    if cache == "redis":
        drawn |= {"cache": {"kind": "redis"}, "redis": draw(redis())}
    elif cache == "inmemory":
        drawn["cache"] = {"kind": "inmemory"} | draw(settings({}, {"size": some(1, 10_000)}))
    drawn["storage_middleware"] = draw(middleware(str(drawn["storage"]["kind"])))
    if not drawn["storage_middleware"]:
        drawn["redirect"] = draw(booleans)
    drawn |= draw(some({}, {"relative_urls": True}, {"external_url": "https://registry.example.com:8443"}))
    if drawn["storage"]["kind"] == "filesystem" and draw(booleans):
        drawn |= {"deletion": "destroy", "empty_on_delete": True}
    more: Settings = draw(
        settings(
            {},
            {
                "port": some(1, 5000, 65_535),
                "hostname": some("registry.example.com", "1e3.example.com"),
                "prefix": some("/a/", "/a/b.c/"),
                "drain_timeout_seconds": seconds,
                "headers": st.dictionaries(header_names, several(texts, 1), max_size=2),
                "upload_purging": purging,
                "tag_concurrency_limit": some(1, 64),
                "max_catalog_entries": some(1, 10_000),
                "max_tags": some(1, 10_000),
                "repository_classes": several(some("image", "plugin")),
                "notifications": notifications,
                "validation": validation,
                "health": health,
                "debug": debug,
                "log": logs,
                "runtime": some({"kind": "process"}, {"kind": "docker"}),
            },
        )
    )
    return {**drawn, **more}

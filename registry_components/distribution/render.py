"""Renders the arguments into Distribution's config.yml and the files it names; pure, and the same every time."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from ..core.errors import stack_error
from .args import DistributionRegistryArgs
from .auth import HtpasswdAuth, NoAuth, TokenAuth
from .cache import ClusterRedis, InMemoryCache, Redis, RedisTls, SentinelRedis, SingleRedis
from .delivery import AwsRegionAddresses, CloudFront, Redirect, StorageMiddleware
from .health import Health
from .logs import Log, MailHook
from .notifications import NotificationEndpoint, Notifications
from .proxy import Proxy, ProxyHelper, ProxyPassword
from .serving import ListedPlatforms, NotValidated, PurgeUploads, Validated
from .storage import (
    AzureClientSecret,
    AzureSharedKey,
    AzureStorage,
    FilesystemStorage,
    GcsStorage,
    S3Storage,
)
from .tls import LetsEncryptTls, TerminatedTls


@dataclass(frozen=True)
class Layout:
    """Where things are inside the runtime."""

    address: str
    """host:port to listen on."""
    data_directory: str
    """Directory for blobs and for certificates that the registry gets by itself."""
    files_directory: str
    """Directory that holds `Rendered.files`."""
    debug_address: str | None = None
    """host:port of the debug server. Default: what the arguments say."""


@dataclass(frozen=True)
class Rendered:
    """What a registry is given. Leaves are plain, `SecretStr` or outputs."""

    config: dict[str, Any]
    """config.yml as a tree."""
    files: dict[str, Any] = field(default_factory=dict)
    """File name to content."""


def render(
    args: DistributionRegistryArgs, layout: Layout, *, http_secret: Any = None, htpasswd: Any = None
) -> Rendered:
    """Return the configuration and files for `args`.

    `http_secret` stands where the arguments have none; `htpasswd` holds the lines of the accounts where the arguments
    have names and passwords only. Raises `StackError` where accounts are named and `htpasswd` is not given.
    """
    files = _Files(layout.files_directory)
    config = {
        "version": "0.1",
        "log": _log(args.log),
        "storage": _storage(args, layout, files),
        "auth": _auth(args, files, htpasswd),
        "middleware": _kept(storage=[_middleware(item, files) for item in args.storage_middleware]),
        "http": _http(args, layout, files, http_secret),
        "notifications": _notifications(args.notifications),
        "redis": _redis(args.redis, files),
        "health": _health(args.health),
        "catalog": _kept(maxentries=args.max_catalog_entries),
        "tags": _kept(maxtags=args.max_tags),
        "proxy": _proxy(args.proxy),
        "validation": _validation(args),
        "policy": _kept(repository=_kept(classes=args.repository_classes)),
    }
    return Rendered(_kept(**config), dict(sorted(files.content.items())))


class _Files:
    """Collects the files that the configuration names."""

    def __init__(self, directory: str) -> None:
        self.directory = directory.rstrip("/")
        self.content: dict[str, Any] = {}

    def add(self, name: str, content: Any) -> str | None:
        """Keep a file and return its path, or None where there is no content."""
        if content is None:
            return None
        self.content[name] = content
        return f"{self.directory}/{name}"

    def add_each(self, name: str, contents: Iterable[Any]) -> list[str]:
        return [f"{self.add(f'{name}-{number}.pem', text)}" for number, text in enumerate(contents, 1)]


def _kept(**settings: Any) -> dict[str, Any]:
    """Return the settings that say something: not None, not false, not empty."""
    return {name: value for name, value in settings.items() if not _silent(value)}


def _silent(value: Any) -> bool:
    # Only plain values are compared: an output has no truth value, and a secret's content is not looked at.
    return value is None or value is False or (isinstance(value, str | list | dict) and len(value) == 0)


def _seconds(value: int | None) -> str | None:
    return None if value is None else f"{value}s"


def _milliseconds(value: int | None) -> str | None:
    return None if value is None else f"{value}ms"


def _mebibytes(value: int | None) -> int | None:
    return None if value is None else value * 1024 * 1024


def join_host_port(host: str, port: int) -> str:
    """Return `host:port`, an IPv6 address in brackets."""
    try:
        bracketed = ipaddress.ip_address(host).version == 6
    except ValueError:
        bracketed = False
    return f"[{host}]:{port}" if bracketed else f"{host}:{port}"


def _log(log: Log) -> dict[str, Any]:
    return _kept(
        level=log.level,
        formatter=None if log.formatter == "text" else log.formatter,
        fields=dict(sorted(log.fields.items())),
        accesslog=_kept(disabled=not log.access_log),
        reportcaller=log.report_caller,
        hooks=[_mail(hook) for hook in log.mail],
    )


def _mail(hook: MailHook) -> dict[str, Any]:
    smtp = _kept(addr=hook.smtp_address, username=hook.smtp_username, password=hook.smtp_password)
    options = {"smtp": smtp, "from": hook.sender, "to": list(hook.recipients)}
    return {"type": "mail", "levels": list(hook.levels), "options": options}


def _storage(args: DistributionRegistryArgs, layout: Layout, files: _Files) -> dict[str, Any]:
    # The driver's section stands even where it is empty: it says which driver.
    driver = {args.storage.kind: _driver(args, layout, files)}
    # A cache removes what it holds only where deletion is on; clients of a cache cannot delete either way.
    expires = args.proxy is not None and args.proxy.ttl_hours > 0
    return driver | _kept(
        delete=_kept(enabled=args.delete or expires),
        redirect=_kept(disable=not args.redirect),
        cache=_cache(args),
        maintenance=_kept(uploadpurging=_purging(args), readonly=_kept(enabled=args.read_only)),
        tag=_kept(concurrencylimit=args.tag_concurrency_limit),
    )


def _cache(args: DistributionRegistryArgs) -> dict[str, Any]:
    if args.cache is None:
        return {}
    size = args.cache.size if isinstance(args.cache, InMemoryCache) else None
    return _kept(blobdescriptor=args.cache.kind, blobdescriptorsize=size)


def _purging(args: DistributionRegistryArgs) -> dict[str, Any]:
    purging = args.upload_purging
    if not isinstance(purging, PurgeUploads):
        return {"enabled": False}
    if purging == PurgeUploads():
        return {}
    # All four or none: the registry ends where one is missing.
    return {
        "enabled": True,
        "age": f"{purging.age_hours}h",
        "interval": f"{purging.interval_hours}h",
        "dryrun": purging.dry_run,
    }


def _driver(args: DistributionRegistryArgs, layout: Layout, files: _Files) -> dict[str, Any]:
    match args.storage:
        case FilesystemStorage() as disk:
            return _kept(rootdirectory=disk.root_directory or layout.data_directory, maxthreads=disk.max_threads)
        case S3Storage() as s3:
            return _s3(s3)
        case GcsStorage() as gcs:
            size = gcs.chunk_size_kibibytes
            return _kept(
                bucket=gcs.bucket,
                keyfile=files.add("gcs.json", gcs.keyfile),
                rootdirectory=gcs.root_directory,
                chunksize=None if size is None else size * 1024,
                maxconcurrency=gcs.max_concurrency,
                useragent=gcs.user_agent,
            )
        case AzureStorage() as azure:
            return _azure(azure)
    return {}


def _s3(s3: S3Storage) -> dict[str, Any]:
    return _kept(
        bucket=s3.bucket,
        region=s3.region,
        regionendpoint=s3.region_endpoint,
        accesskey=s3.access_key,
        secretkey=s3.secret_key,
        rootdirectory=s3.root_directory,
        encrypt=s3.encrypt,
        keyid=s3.key_id,
        objectacl=s3.object_acl,
        storageclass=s3.storage_class,
        chunksize=_mebibytes(s3.chunk_size_mebibytes),
        multipartcopychunksize=_mebibytes(s3.multipart_copy_chunk_size_mebibytes),
        multipartcopymaxconcurrency=s3.multipart_copy_max_concurrency,
        multipartcopythresholdsize=_mebibytes(s3.multipart_copy_threshold_mebibytes),
        accelerate=s3.accelerate,
        usedualstack=s3.use_dual_stack,
        usefipsendpoint=s3.use_fips_endpoint,
        forcepathstyle=s3.force_path_style,
        skipverify=s3.skip_verify,
        useragent=s3.user_agent,
        loglevel=s3.log_level,
    ) | ({"v4auth": False} if s3.signature == "v2" else {})


def _azure(azure: AzureStorage) -> dict[str, Any]:
    credentials: dict[str, Any] = {"type": azure.credentials.kind}
    key: Any = None
    match azure.credentials:
        case AzureSharedKey() as shared:
            key = shared.account_key
        case AzureClientSecret() as client:
            credentials |= {"clientid": client.client_id, "tenantid": client.tenant_id, "secret": client.secret}
    return _kept(
        accountname=azure.account_name,
        accountkey=key,
        container=azure.container,
        credentials=credentials,
        realm=azure.realm,
        serviceurl=azure.service_url,
        rootdirectory=azure.root_directory,
        max_retries=azure.max_retries,
        retry_delay=_milliseconds(azure.retry_delay_milliseconds),
        skipverify=azure.skip_verify,
    )


def _middleware(item: StorageMiddleware, files: _Files) -> dict[str, Any]:
    match item:
        case CloudFront() as front:
            chosen = front.ip_filter
            regions = chosen.regions if isinstance(chosen, AwsRegionAddresses) else []
            options = _kept(
                baseurl=front.base_url,
                privatekey=files.add("cloudfront.pem", front.private_key),
                keypairid=front.key_pair_id,
                duration=_seconds(front.duration_seconds),
                ipfilteredby=None if chosen is None else chosen.kind,
                awsregion=",".join(regions),
                iprangesurl=None if chosen is None else chosen.ip_ranges_url,
                updatefrequency=None if chosen is None else _seconds(chosen.update_frequency_seconds),
            )
        case Redirect() as redirect:
            options = {"baseurl": redirect.base_url}
        case rewrite:
            options = _kept(scheme=rewrite.scheme, host=rewrite.host, trimpathprefix=rewrite.trim_path_prefix)
    return {"name": item.kind, "options": options}


def _auth(args: DistributionRegistryArgs, files: _Files, htpasswd: Any) -> dict[str, Any]:
    match args.auth:
        case NoAuth():
            return {}
        case HtpasswdAuth() as basic:
            lines = htpasswd if basic.htpasswd is None else basic.htpasswd
            if lines is None:
                raise stack_error("auth.users: the accounts have no htpasswd lines yet; hand them to render")
            return {"htpasswd": {"realm": basic.realm, "path": files.add("htpasswd", lines)}}
        case TokenAuth() as token:
            settings = _kept(
                realm=token.realm,
                service=token.service,
                issuer=token.issuer,
                rootcertbundle=files.add("token-roots.pem", token.root_cert_bundle),
                jwks=files.add("token-keys.json", token.jwks),
                signingalgorithms=list(token.signing_algorithms),
                autoredirect=token.auto_redirect,
                autoredirectpath=token.auto_redirect_path,
            )
            return {"token": settings}


def _http(args: DistributionRegistryArgs, layout: Layout, files: _Files, http_secret: Any) -> dict[str, Any]:
    secret = http_secret if args.http_secret is None else args.http_secret
    return _kept(
        addr=layout.address,
        host=args.external_url,
        prefix=args.prefix,
        secret=None if args.proxy is not None else secret,
        relativeurls=args.relative_urls,
        draintimeout=_seconds(args.drain_timeout_seconds),
        tls=_tls(args, layout, files),
        headers={name: list(values) for name, values in sorted(args.headers.items())},
        debug=_debug(args, layout),
        http2=_kept(disabled=args.http2 == "off"),
        h2c=_kept(enabled=args.http2 == "cleartext"),
    )


def _debug(args: DistributionRegistryArgs, layout: Layout) -> dict[str, Any]:
    if args.debug is None:
        return {}
    metrics = args.debug.prometheus
    return _kept(
        addr=layout.debug_address or join_host_port(args.debug.host, args.debug.port),
        prometheus={} if metrics is None else {"enabled": True, "path": metrics.path},
    )


def _tls(args: DistributionRegistryArgs, layout: Layout, files: _Files) -> dict[str, Any]:
    tls = args.tls
    if tls is None or isinstance(tls, TerminatedTls):
        return {}
    settings = _kept(
        minimumtls=None if tls.minimum_tls == "tls1.2" else tls.minimum_tls,
        ciphersuites=list(tls.cipher_suites),
        clientcas=files.add_each("client-ca", tls.client_cas),
        clientauth=tls.client_auth,
    )
    if isinstance(tls, LetsEncryptTls):
        return settings | {
            "letsencrypt": _kept(
                cachefile=f"{layout.data_directory.rstrip('/')}/letsencrypt",
                email=tls.email,
                hosts=list(tls.hosts),
                directoryurl=tls.directory_url,
            )
        }
    return settings | {
        "certificate": files.add("tls.pem", tls.certificate),
        "key": files.add("tls.key", tls.key),
    }


def _notifications(notifications: Notifications | None) -> dict[str, Any]:
    if notifications is None:
        return {}
    return _kept(
        events=_kept(includereferences=notifications.include_references),
        endpoints=[_endpoint(endpoint) for endpoint in notifications.endpoints],
    )


def _endpoint(endpoint: NotificationEndpoint) -> dict[str, Any]:
    return _kept(
        name=endpoint.name,
        url=endpoint.url,
        headers=_secret_headers(endpoint.headers),
        timeout=_seconds(endpoint.timeout_seconds),
        threshold=endpoint.threshold,
        backoff=_seconds(endpoint.backoff_seconds),
        ignore=_kept(mediatypes=list(endpoint.ignore_media_types), actions=list(endpoint.ignore_actions)),
    )


def _secret_headers(headers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: [value] for name, value in sorted(headers.items())}


def _redis(redis: Redis | None, files: _Files) -> dict[str, Any]:
    if redis is None:
        return {}
    match redis:
        case SingleRedis():
            place = {"addrs": [redis.address]} | _kept(db=redis.db or None)
        case SentinelRedis():
            place = {"addrs": list(redis.addresses), "mastername": redis.master_name} | _kept(
                sentinelusername=redis.sentinel_username,
                sentinelpassword=redis.sentinel_password,
                db=redis.db or None,
            )
        case ClusterRedis():
            place = {"addrs": list(redis.addresses)} | _kept(
                maxredirects=redis.max_redirects,
                readonly=redis.read_from == "replicas",
                routebylatency=redis.read_from == "nearest",
                routerandomly=redis.read_from == "any",
            )
    return place | _kept(
        username=redis.username,
        password=redis.password,
        clientname=redis.client_name,
        protocol=redis.protocol,
        maxretries=redis.max_retries,
        minretrybackoff=_milliseconds(redis.min_retry_backoff_milliseconds),
        maxretrybackoff=_milliseconds(redis.max_retry_backoff_milliseconds),
        dialtimeout=_seconds(redis.dial_timeout_seconds),
        readtimeout=_seconds(redis.read_timeout_seconds),
        writetimeout=_seconds(redis.write_timeout_seconds),
        contexttimeoutenabled=redis.context_timeout_enabled,
        poolfifo=redis.pool_fifo,
        poolsize=redis.pool_size,
        pooltimeout=_seconds(redis.pool_timeout_seconds),
        minidleconns=redis.min_idle_connections,
        maxidleconns=redis.max_idle_connections,
        maxactiveconns=redis.max_active_connections,
        connmaxidletime=_seconds(redis.connection_max_idle_seconds),
        connmaxlifetime=_seconds(redis.connection_max_lifetime_seconds),
        disableidentity=redis.disable_identity,
        identitysuffix=redis.identity_suffix,
        tls=_redis_tls(redis.tls, files),
    )


def _redis_tls(tls: RedisTls | None, files: _Files) -> dict[str, Any]:
    if tls is None:
        return {}
    return _kept(
        rootcas=files.add_each("redis-ca", tls.root_cas),
        certificate=files.add("redis.pem", tls.certificate),
        key=files.add("redis.key", tls.key),
    )


def _health(health: Health | None) -> dict[str, Any]:
    if health is None:
        return {}
    storage = health.storage
    return _kept(
        storagedriver={}
        if storage is None
        else _kept(enabled=True, interval=_seconds(storage.interval_seconds), threshold=storage.threshold),
        file=[_kept(file=check.path, interval=_seconds(check.interval_seconds)) for check in health.files],
        http=[
            _kept(
                uri=check.url,
                statuscode=check.status_code,
                headers=_secret_headers(check.headers),
                timeout=_seconds(check.timeout_seconds),
                interval=_seconds(check.interval_seconds),
                threshold=check.threshold,
            )
            for check in health.http
        ],
        tcp=[
            _kept(
                addr=check.address,
                timeout=_seconds(check.timeout_seconds),
                interval=_seconds(check.interval_seconds),
                threshold=check.threshold,
            )
            for check in health.tcp
        ],
    )


def _proxy(proxy: Proxy | None) -> dict[str, Any]:
    if proxy is None:
        return {}
    login: dict[str, Any] = {}
    match proxy.credentials:
        case ProxyPassword() as account:
            login = {"username": account.username, "password": account.password}
        case ProxyHelper() as helper:
            login = {"exec": _kept(command=helper.command, lifetime=_seconds(helper.lifetime_seconds))}
    return _kept(
        remoteurl=proxy.remote_url,
        **login,
        ttl=None if proxy.ttl_hours == 168 else f"{proxy.ttl_hours}h",
        cachewritetimeout=_seconds(proxy.cache_write_timeout_seconds),
    )


def _validation(args: DistributionRegistryArgs) -> dict[str, Any]:
    match args.validation:
        case NotValidated():
            return {"disabled": True}
        case Validated() as wanted:
            indexes = wanted.image_indexes
            listed = indexes.platforms if isinstance(indexes, ListedPlatforms) else []
            platforms = [{"architecture": one.architecture, "os": one.os} for one in listed]
            urls = _kept(allow=list(wanted.manifest_urls_allow), deny=list(wanted.manifest_urls_deny))
            rules = {} if indexes.kind == "all" else _kept(platforms=indexes.kind, platformlist=platforms)
            return _kept(manifests=_kept(urls=urls, indexes=rules))
    return {}


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


# PyYAML leaves plain what the registry's YAML 1.1 parser reads as a number or boolean (1e3, y, 0o7): every text is
# quoted, but for the names of settings.
_NAME = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null|inf|nan)$)[a-z][a-z0-9_]*")


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _NAME.fullmatch(text) else '"')


_Dumper.add_representer(str, _represent_text)


def to_yaml(tree: Mapping[str, Any]) -> str:
    """Return a config tree as YAML, with sorted keys: the same text for equal trees.

    Whole floats become integers, as Pulumi hands numbers over as floats. Raises `TypeError`, naming the path and
    never the value, where a leaf is not plain (a secret or output that is not resolved yet).
    """
    return yaml.dump(
        _plain(tree, ()), Dumper=_Dumper, sort_keys=True, default_flow_style=False, allow_unicode=True, width=10_000
    )


def _plain(value: Any, path: tuple[str, ...]) -> Any:
    match value:
        case Mapping():
            return {str(name): _plain(item, (*path, str(name))) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item, (*path, str(number))) for number, item in enumerate(value)]
        case float() if value.is_integer():
            return int(value)
        case None | str() | bool() | int() | float():
            return value
    raise TypeError(f"{'.'.join(path)}: a {type(value).__name__} is not resolved yet")

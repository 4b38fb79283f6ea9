"""What can be said about a registry of CNCF Distribution 3.1, and what cannot be said together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, SecretStr

from ..blocks.lifecycle import LifecyclePolicy
from ..core.args import MaybeOutput
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from .auth import Auth
from .cache import Cache, Redis
from .checks import HeaderName, Port, Seconds, ServerUrl, Text, check_address, check_hostname, check_prefix, is_loopback
from .cluster_args import mistakes as _in_cluster
from .delivery import StorageMiddleware
from .headers import own_names, repeated_names
from .health import Health
from .lifecycle import LifecycleExecutor
from .lifecycle import mistakes as _lifecycle
from .logs import Log
from .notifications import Notifications
from .proxy import Proxy
from .runtimes import ProcessRuntime, Runtime
from .serving import Debug, PurgeUploads, UploadPurging, Validation
from .storage import Storage
from .tls import Tls


def _check_secret(text: str) -> str | None:
    return None if len(text) >= 16 else f"has {len(text)} characters; give at least 16, or leave it out"


def _proxy(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    if args.proxy is None:
        return
    if args.delete:
        yield Mistake("delete", "is not possible with proxy: a pull-through cache expires content by itself; remove it")
    if args.read_only:
        yield Mistake("read_only", "is not possible with proxy: a pull-through cache takes no push anyway; remove it")
    if args.http_secret is not None:
        yield Mistake("http_secret", "is for uploads, which a pull-through cache does not take; remove it")


def _clear_text(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    if not is_loopback(args.host) and args.tls is None and args.auth.kind != "none":
        what = "passwords" if args.auth.kind == "htpasswd" else "tokens"
        yield Mistake(
            "tls",
            f"is required on {args.host}, or {what} cross the network in clear text; give a certificate, listen on "
            "127.0.0.1, or say kind 'terminated' where a proxy in front speaks TLS",
        )


def _anonymous(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    if args.auth.kind == "none" and not args.auth.allow_anonymous_network and not is_loopback(args.host):
        yield Mistake(
            "auth.allow_anonymous_network",
            f"is required on {args.host}, where everybody on the network may push and delete; consent with true, add "
            "a login (kind 'htpasswd' or 'token'), or listen on 127.0.0.1",
        )


def _cache(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    wants = args.cache is not None and args.cache.kind == "redis"
    if wants and args.redis is None:
        yield Mistake("redis", "is required for cache kind 'redis'; say where Redis is, or use kind 'inmemory'")
    if args.redis is not None and not wants:
        yield Mistake("redis", "is used for nothing; add cache={'kind': 'redis'}, or remove it")


def _debug_port(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    if args.debug is not None and args.debug.port == args.port:
        yield Mistake("debug.port", f"{args.port} is the registry's own port; choose another")


def _debug_secrets(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    if args.debug is not None and args.redis is not None and args.debug.allow_network:
        yield Mistake(
            "debug.allow_network",
            "is not possible with redis: the debug server then shows the whole configuration, passwords included, to "
            "everybody; keep it on 127.0.0.1",
        )


def _consents(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    if args.deletion == "destroy" and not args.empty_on_delete:
        yield Mistake(
            "empty_on_delete", "is required too to remove images on destroy; set it to true, or remove deletion"
        )
    if args.empty_on_delete and args.deletion != "destroy":
        yield Mistake(
            "deletion", "must be 'destroy' too to remove images on destroy; set it, or remove empty_on_delete"
        )


def _in_memory(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    if args.storage.kind == "inmemory" and (args.deletion == "destroy" or args.empty_on_delete):
        yield Mistake("storage", "kind 'inmemory' keeps nothing to remove; remove deletion and empty_on_delete")


def _not_ours(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    if args.deletion != "destroy":
        return
    if args.storage.kind in ("s3", "gcs", "azure"):
        yield Mistake(
            "deletion",
            f"'destroy' cannot empty storage kind {args.storage.kind!r}, which belongs to its own resource; remove "
            "deletion and empty_on_delete here, and say it there",
        )
    if args.storage.kind == "filesystem" and args.storage.root_directory is not None:
        yield Mistake(
            "deletion",
            "'destroy' never removes a root_directory of your own; remove deletion and empty_on_delete, or "
            "root_directory",
        )


def _inside_container(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    if args.runtime.kind == "docker" and args.storage.kind == "filesystem" and args.storage.root_directory is not None:
        yield Mistake(
            "storage.root_directory", "is a path of this machine, not of the container; use runtime.volume instead"
        )


def _middleware(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    kinds = [item.kind for item in args.storage_middleware]
    for number, kind in enumerate(kinds):
        where = f"storage_middleware[{number}]"
        if kind in kinds[:number]:
            yield Mistake(where, f"repeats kind {kind!r}; give each kind once")
        if kind == "cloudfront" and number and kind not in kinds[:number]:
            yield Mistake(where, "kind 'cloudfront' works on the storage itself; put it first")
    if kinds and not args.redirect:
        yield Mistake("redirect", "is off, and storage_middleware says where to redirect to; remove one of them")


def _middleware_storage(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    for number, item in enumerate(args.storage_middleware):
        if item.kind == "cloudfront" and args.storage.kind != "s3":
            yield Mistake(
                f"storage_middleware[{number}]", f"kind 'cloudfront' needs storage kind 's3', not {args.storage.kind!r}"
            )


def _headers(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    yield from repeated_names(args.headers)
    yield from own_names(args.headers)


def _http2(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    served = args.tls is not None and args.tls.kind != "terminated"
    if args.http2 == "cleartext" and served:
        yield Mistake("http2", "'cleartext' is for a registry without TLS of its own; remove it")
    if args.http2 == "off" and not served:
        yield Mistake("http2", "is only spoken over TLS unless 'cleartext' is said; remove 'off'")


def _urls(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    if args.relative_urls and args.external_url is not None:
        yield Mistake("external_url", "is not used with relative_urls; remove one of them")


def _lone_network(args: DistributionRegistryArgs) -> Iterator[Mistake]:
    if args.tls is not None and args.tls.kind == "letsencrypt" and is_loopback(args.host):
        yield Mistake("tls", f"kind 'letsencrypt' needs an address that the authority reaches, not host {args.host!r}")


class DistributionRegistryArgs(CheckedArgs):
    """One registry of CNCF Distribution 3.1.

    Only `storage` and `auth` have to be said. What else is left out is private: the registry listens on 127.0.0.1,
    takes no deletes, and its images outlive it.
    """

    elsewhere: ClassVar = {
        "access": "Distribution knows who logs in, not what each may do; give auth, of kind token where rights differ",
        "caching": "a whole registry is a cache of one upstream; give proxy",
        "network": "runtime kubernetes has a network of its own; elsewhere host and port say who reaches it",
        "replication": "Distribution copies nothing; use MirrorSchedule with a Replication",
        "scanning": "Distribution scans nothing; scan where images are built, or use HarborRegistry",
    }
    checks: ClassVar[tuple[Check, ...]] = (
        _proxy,
        _clear_text,
        _anonymous,
        _cache,
        _debug_port,
        _debug_secrets,
        _consents,
        _in_memory,
        _not_ours,
        _inside_container,
        _middleware,
        _middleware_storage,
        _headers,
        _http2,
        _urls,
        _lone_network,
        _lifecycle,
        _in_cluster,
    )
    stand_ins = {"storage": {"kind": "inmemory"}, "auth": {"kind": "none"}}

    storage: Storage
    """Where blobs are kept: kind filesystem, s3, gcs, azure or inmemory."""
    auth: Auth
    """Who may use the registry: kind none, htpasswd or token."""
    runtime: Runtime = ProcessRuntime()
    """What runs the registry: kind process, docker or kubernetes. Default: a process of this machine."""
    host: Annotated[str, validated(check_address)] = "127.0.0.1"
    """IP address to listen on, or localhost. Default: 127.0.0.1, so this machine alone."""
    port: Port = 5000
    """TCP port to listen on. Default: 5000."""
    hostname: Annotated[str, validated(check_hostname)] | None = None
    """Name that clients use instead of `host`. Default: `host`."""
    external_url: MaybeOutput[ServerUrl] | None = None
    """URL that the registry puts into its answers. Default: what the client asked for."""
    relative_urls: bool = False
    """Put URLs without a host into answers. Default: false."""
    prefix: Annotated[str, validated(check_prefix)] | None = None
    """URL path that the API is served below, such as /registry/; clients other than Docker's take it. Default: none."""
    tls: Tls | None = None
    """TLS: kind certificate, letsencrypt, or terminated (by a proxy in front). Default: plain HTTP."""
    http2: Literal["tls", "cleartext", "off"] = "tls"
    """Where HTTP/2 is spoken: over TLS, in clear text too, or nowhere. Default: over TLS."""
    drain_timeout_seconds: Seconds | None = None
    """How long running requests may take to end when the registry stops. Default: they are cut off."""
    headers: dict[HeaderName, list[Text]] = {"X-Content-Type-Options": ["nosniff"]}
    """Headers of every response. Default: X-Content-Type-Options: nosniff."""
    http_secret: MaybeOutput[Annotated[SecretStr, validated(_check_secret)]] | None = None
    """What signs upload state, 16 characters or more; the same for all registries on one storage. Default: one that
    the component generates."""
    delete: bool = False
    """Let clients delete manifests and blobs. Default: false."""
    read_only: bool = False
    """Refuse pushes and deletes, for maintenance. Default: false."""
    redirect: bool = True
    """Send clients to the storage for blobs, where it can serve them. Default: true."""
    storage_middleware: list[StorageMiddleware] = []
    """Where else clients are sent for blobs: kind cloudfront, redirect or rewrite, in order. Default: nowhere."""
    upload_purging: UploadPurging = PurgeUploads()
    """Removal of unfinished uploads: kind on or off. Default: on, after one week."""
    tag_concurrency_limit: int | None = Field(None, ge=1, le=10_000)
    """How many tags are looked at in parallel when a manifest is deleted. Default: one per CPU."""
    max_catalog_entries: int | None = Field(None, ge=1, le=1_000_000)
    """Repositories per page of the catalog. Default: the vendor's 1000."""
    max_tags: int | None = Field(None, ge=1, le=1_000_000)
    """Tags per page of a repository's tag list. Default: the vendor's 1000."""
    repository_classes: list[Literal["image", "plugin"]] = []
    """What may be pushed. Default: everything."""
    cache: Cache | None = None
    """Cache of blob descriptors: kind inmemory or redis. Default: none."""
    redis: Redis | None = None
    """Where Redis is: kind single, sentinel or cluster. Default: none."""
    proxy: Proxy | None = None
    """Makes the registry a pull-through cache of another. Default: it is a registry of its own."""
    notifications: Notifications | None = None
    """Webhooks. Default: none."""
    validation: Validation | None = None
    """What manifests may say: kind on or off. Default: on, without any URL in a manifest."""
    health: Health | None = None
    """Checks that the registry makes of itself. Default: none."""
    debug: Debug | None = None
    """Debug server and metrics. Default: none."""
    log: Log = Log()
    """What is logged. Default: level info as text, one line per request."""
    lifecycle: LifecyclePolicy | None = None
    """The unified policy of what is removed, carried out by `lifecycle_executor`. Default: nothing is removed."""
    lifecycle_executor: LifecycleExecutor | None = None
    """What carries it out, for Distribution does not: kind schedule, a process beside the registry's, or cron_job in a
    cluster. Default: none."""
    deletion: Literal["retain", "destroy"] = "retain"
    """Whether images are removed with the registry; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to remove images with the registry. Default: false."""

    @property
    def serves_tls(self) -> bool:
        """Whether the registry itself speaks TLS."""
        return self.tls is not None and self.tls.kind != "terminated"

    @property
    def api_path(self) -> str:
        """URL path of the API's root: `/v2/`, below the prefix."""
        return f"{self.prefix or '/'}v2/"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the arguments."""
    return DistributionRegistryArgs.model_json_schema()

"""nginx's configuration of the proxy and of the portal; what Harbor's own templates have is the source."""

from __future__ import annotations

from collections.abc import Sequence

from .args import HarborHostArgs, url
from .facts import CERTIFICATES
from .settings import TerminatedHostTls

STRONG = "ECDHE+AESGCM:DHE+AESGCM:ECDHE+RSA+SHA256:DHE+RSA+SHA256:!AES128"
USUAL = "!aNULL:kECDH+AESGCM:ECDH+AESGCM:RSA+AESGCM:kECDH+AES:ECDH+AES:RSA+AES:"
# Everything below / that is not the portal's is the core's.
CORE_PATHS = ("/c/", "/api/", "/chartrepo/", "/v2/", "/service/")
# Not into files: the engine keeps logs.
_ERRORS = "error_log /dev/stderr warn;"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def _block(head: str, lines: Sequence[str]) -> list[str]:
    return [f"{head} {{", *(f"  {line}" if line else "" for line in lines), "}"]


def _listen(args: HarborHostArgs, port: int, *, ssl: bool) -> list[str]:
    end = " ssl" if ssl else ""
    return [
        *([f"listen {port}{end};"] if args.ip_family.ipv4 else []),
        *([f"listen [::]:{port}{end};"] if args.ip_family.ipv6 else []),
    ]


def _main(http: Sequence[str]) -> str:
    lines = [
        "worker_processes auto;",
        "pid /tmp/nginx.pid;",
        *_block("events", ["worker_connections 3096;", "use epoll;", "multi_accept on;"]),
        *_block("http", [*(f"{name}_temp_path /tmp/{name}_temp;" for name in _TEMPORARY), *http]),
    ]
    return "\n".join(lines) + "\n"


def _ssl(certificate: str, key: str, *, strong: bool) -> list[str]:
    return [
        f"ssl_certificate {certificate};",
        f"ssl_certificate_key {key};",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        f"ssl_ciphers '{STRONG if strong else USUAL}';",
        "ssl_prefer_server_ciphers on;",
        "ssl_session_cache shared:SSL:10m;",
    ]


def _location(path: str, upstream: str, *, inside_tls: bool, secure_cookies: bool) -> list[str]:
    lines = [f"proxy_pass {'https' if inside_tls else 'http'}://{upstream}{path};"]
    if inside_tls:
        lines += [
            "proxy_ssl_certificate /etc/harbor/tls/proxy.crt;",
            "proxy_ssl_certificate_key /etc/harbor/tls/proxy.key;",
            f"proxy_ssl_trusted_certificate {CERTIFICATES}/harbor_internal_ca.crt;",
            "proxy_ssl_verify on;",
            "proxy_ssl_verify_depth 2;",
            "proxy_ssl_session_reuse on;",
        ]
    lines += [
        "proxy_set_header Host $http_host;",
        "proxy_set_header X-Real-IP $remote_addr;",
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "proxy_set_header X-Forwarded-Proto $x_forwarded_proto;",
        # Layers are large: neither way may be put into a file first.
        "proxy_buffering off;",
        "proxy_request_buffering off;",
    ]
    if path == "/v2/":
        lines += ["proxy_send_timeout 900;", "proxy_read_timeout 900;"]
    elif secure_cookies:
        lines.append(
            'proxy_cookie_path / "/; HttpOnly; Secure";' if path == "/" else 'proxy_cookie_path / "/; Secure";'
        )
    return _block(f"location {path}", lines)


def proxy(args: HarborHostArgs) -> str:
    """Return the configuration of the nginx that clients reach."""
    inside = args.internal_tls is not None
    port = 8443 if inside else 8080
    terminated = isinstance(args.tls, TerminatedHostTls)
    server = [
        *_listen(args, 8080 if terminated else 8443, ssl=not terminated),
        "server_tokens off;",
        "client_max_body_size 0;",
        "chunked_transfer_encoding on;",
        "client_body_buffer_size 128k;",
        "add_header X-Frame-Options DENY;",
        "add_header Content-Security-Policy \"frame-ancestors 'none'\";",
    ]
    if not isinstance(args.tls, TerminatedHostTls):
        server += _ssl("/etc/cert/server.crt", "/etc/cert/server.key", strong=args.tls.strong_ciphers)
        server.append('add_header Strict-Transport-Security "max-age=31536000; includeSubdomains; preload";')
    secure = not terminated
    server += _location("/", "portal", inside_tls=inside, secure_cookies=secure)
    for path in CORE_PATHS:
        server += _location(path, "core", inside_tls=inside, secure_cookies=secure)
    server += _block("location /v1/", ["return 404;"])
    server += _block("location /service/notifications", ["return 404;"])
    http = [
        "tcp_nodelay on;",
        "proxy_http_version 1.1;",
        *_block("upstream core", [f"server core:{port};"]),
        *_block("upstream portal", [f"server portal:{port};"]),
        'log_format timed_combined \'$remote_addr - "$request" $status $body_bytes_sent "$http_referer" '
        '"$http_user_agent" $request_time $upstream_response_time $pipe\';',
        "access_log /dev/stdout timed_combined;",
        _ERRORS,
        # What a proxy in front says of the client's scheme, else our own.
        *_block("map $http_x_forwarded_proto $x_forwarded_proto", ["default $http_x_forwarded_proto;", '"" $scheme;']),
        *_block("server", server),
    ]
    if not terminated:
        lines = [*_listen(args, 8080, ssl=False), "server_tokens off;", f"return 308 {url(args)}$request_uri;"]
        http += _block("server", lines)
    if args.metrics is not None:
        http += _metrics(args)
    return _main(http)


def _metrics(args: HarborHostArgs) -> list[str]:
    assert args.metrics is not None  # noqa: S101 - the caller asked
    port = args.metrics.port
    lines: list[str] = []
    for upstream, where in (
        ("core_metrics", f"core:{port}"),
        ("registry_metrics", f"registry:{port}"),
        ("jobservice_metrics", f"jobservice:{port}"),
        ("harbor_exporter", "exporter:8080"),
    ):
        lines += _block(f"upstream {upstream}", [f"server {where};"])
    location = [
        *(
            f"if ($arg_comp = {part}) {{ proxy_pass http://{part}_metrics; }}"
            for part in ("core", "registry", "jobservice")
        ),
        "proxy_pass http://harbor_exporter;",
    ]
    lines += _block("server", ["listen 9090;", *_block(f"location = {args.metrics.path}", location)])
    return lines


def portal(args: HarborHostArgs) -> str:
    """Return the configuration of the nginx that holds the web interface."""
    server = ["server_name localhost;", "root /usr/share/nginx/html;", "index index.html index.htm;"]
    if args.internal_tls is None:
        server += _listen(args, 8080, ssl=False)
    else:
        server += _listen(args, 8443, ssl=True)
        server += _ssl("/etc/harbor/tls/portal.crt", "/etc/harbor/tls/portal.key", strong=True)
    types = "text/plain text/css application/json application/javascript text/xml application/xml text/javascript"
    server += [
        "include /etc/nginx/mime.types;",
        "gzip on;",
        "gzip_min_length 1000;",
        "gzip_proxied expired no-cache no-store private auth;",
        f"gzip_types {types};",
        *_block("location /devcenter-api-2.0", ["try_files $uri $uri/ /swagger-ui-index.html;"]),
        *_block("location /", ["try_files $uri $uri/ /index.html;"]),
        *_block("location = /index.html", ['add_header Cache-Control "no-store, no-cache, must-revalidate";']),
    ]
    return _main(["access_log /dev/stdout;", _ERRORS, *_block("server", server)])

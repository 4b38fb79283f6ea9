"""Images that stand in for Harbor's, which no package registry has: real servers where there are some, with small entry
points of our own.

- The registry is Debian's Distribution 2.8, beside its Redis, its PostgreSQL, and its nginx for proxy and portal: each
  reads what `HarborHost` renders for Harbor's own.
- The core is nginx as well. Its entry point counts its starts in the database and in Redis, by the connections of
  the core's environment, and hands `/v2/` on to the registry with the account of the core's environment.
- The job service writes into Redis by the URL of its configuration and into its log folder; registryctl
  writes into the storage and reads the registry's configuration; Trivy's adapter writes into both its folders,
  and into Redis. Then each answers its healthcheck, by nginx.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.engines import ContainerEngine
from tests.support.package_images import PackageImage, unpacked_packages

PREFIX = "localhost/goharbor"
TAG = "stand-in"
POSTGRES = Path("/usr/lib/postgresql/15")
_SHELL = ("sh", "cat", "sed", "grep", "base64", "tr", "mkdir", "chown", "test", "rm")
_FOLDERS = ("/etc/core", "/etc/registry", "/etc/registryctl", "/etc/jobservice", "/etc/cert", "/volumes")
_PASSWD = "root:x:0:0::/:/bin/sh\nserver:x:999:999::/:/bin/sh\nharbor:x:10000:10000::/:/bin/sh\n"

_NGINX = """
serve() {
  # $1: the port, $2: what else the server has.
  mkdir -p /tmp/nginx
  cat > /tmp/nginx/nginx.conf <<EOF
pid /tmp/nginx/pid;
events {}
http {
  access_log /dev/stdout;
  client_body_temp_path /tmp/nginx/body;
  proxy_temp_path /tmp/nginx/proxy;
  fastcgi_temp_path /tmp/nginx/fastcgi;
  uwsgi_temp_path /tmp/nginx/uwsgi;
  scgi_temp_path /tmp/nginx/scgi;
  client_max_body_size 0;
  server { listen $1; $2 }
}
EOF
  exec nginx -c /tmp/nginx/nginx.conf -g 'daemon off; error_log /dev/stderr;'
}
"""
_CORE = f"""#!/bin/sh
set -eu
test -r "$CONFIG_PATH" -a -r /etc/core/key -a -r /etc/core/private_key.pem -a -w /etc/core/ca
export PGPASSWORD="$POSTGRESQL_PASSWORD" PGHOST="$POSTGRESQL_HOST" PGPORT="$POSTGRESQL_PORT"
psql -q -v ON_ERROR_STOP=1 -U "$POSTGRESQL_USERNAME" -d "$POSTGRESQL_DATABASE" \\
  -c 'CREATE TABLE IF NOT EXISTS starts(at timestamptz default now())' -c 'INSERT INTO starts DEFAULT VALUES'
redis-cli -u "${{_REDIS_URL_CORE%%\\?*}}" incr starts
login=$(printf '%s:%s' "$REGISTRY_CREDENTIAL_USERNAME" "$REGISTRY_CREDENTIAL_PASSWORD" | base64 -w0)
{_NGINX}
serve "$PORT" "
  location = /api/v2.0/ping {{ return 200 Pong; }}
  location /v2/ {{
    proxy_pass $REGISTRY_URL; proxy_http_version 1.1; proxy_request_buffering off;
    proxy_set_header Host \\$http_host; proxy_set_header X-Forwarded-Proto \\$http_x_forwarded_proto;
    proxy_set_header Authorization 'Basic $login';
  }}
"
"""
_JOBSERVICE = f"""#!/bin/sh
set -eu
url=$(sed -n 's/^ *redis_url: *//p' /etc/jobservice/config.yml | tr -d "'\\"")
redis-cli -u "${{url%%\\?*}}" incr jobs
echo started >> /var/log/jobs/started.log
test -n "$CORE_SECRET" -a -n "$JOBSERVICE_SECRET"
{_NGINX}
serve "$(sed -n 's/^port: *//p' /etc/jobservice/config.yml)" 'location = /api/v1/stats {{ return 200; }}'
"""
_REGISTRYCTL = f"""#!/bin/sh
set -eu
test -r /etc/registry/config.yml -a -n "$CORE_SECRET"
echo here > /storage/.registryctl
{_NGINX}
serve "$(sed -n 's/^port: *//p' /etc/registryctl/config.yml)" 'location = /api/health {{ return 200; }}'
"""
_TRIVY = f"""#!/bin/sh
set -eu
echo here > "$SCANNER_TRIVY_CACHE_DIR/here"
echo here > "$SCANNER_TRIVY_REPORTS_DIR/here"
redis-cli -u "${{SCANNER_REDIS_URL%%\\?*}}" incr scans
{_NGINX}
serve 8080 'location = /probe/healthy {{ return 200; }}'
"""
_DATABASE = """#!/bin/sh
set -eu
data="$PGDATA/pg15"
if ! test -s "$data/PG_VERSION"; then
  mkdir -p "$data"
  printf %s "$POSTGRES_PASSWORD" > /tmp/password
  initdb -D "$data" -U postgres --pwfile=/tmp/password --auth=scram-sha-256 --no-locale -E UTF8 --no-sync
  rm /tmp/password
  echo 'CREATE DATABASE registry;' | postgres --single -D "$data" postgres
  echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
fi
exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp
"""
_HEALTHY = "#!/bin/sh\nexec pg_isready -h 127.0.0.1 -U postgres\n"

# One image is all services but these two: by its files it tells which.
_OWN = {"postgresql": "database", "registry": "registry"}
_ANY = """#!/bin/sh
if test -e /etc/registryctl/config.yml; then exec /entry/registryctl; fi
if test -e /etc/jobservice/config.yml; then exec /entry/jobservice; fi
if test -e /etc/core/app.conf; then exec /entry/core; fi
if test -e /etc/nginx/nginx.conf; then exec nginx -g 'daemon off;'; fi
if test -n "${SCANNER_REDIS_URL:-}"; then exec /entry/trivy; fi
exec redis-server --dir /var/lib/redis --bind '* -::*' --protected-mode no --save 1 1
"""


def reference(service: str) -> str:
    """Return the local name of the image that stands in for a service's."""
    return f"{PREFIX}/{_OWN.get(service, 'any')}:{TAG}"


def make_images(engine: ContainerEngine) -> None:
    """Make all of them in an engine."""
    there = unpacked_packages() / "usr"
    shell = {f"/bin/{name}": Path(str(shutil.which(name))) for name in (*_SHELL, "curl")}
    tools = PackageImage(
        programs={
            **shell,
            "/usr/bin/nginx": there / "sbin/nginx",
            # One program: it is the server by this name.
            "/usr/bin/redis-server": there / "bin/redis-check-rdb",
            "/usr/bin/redis-cli": there / "bin/redis-cli",
            "/usr/bin/psql": POSTGRES / "bin/psql",
        },
        scripts={
            "/entry/any": _ANY,
            "/entry/core": _CORE,
            "/entry/jobservice": _JOBSERVICE,
            "/entry/registryctl": _REGISTRYCTL,
            "/entry/trivy": _TRIVY,
        },
        files={
            "/etc/passwd": _PASSWD,
            "/etc/nginx/mime.types": "types { text/html html; }\n",
            "/usr/share/nginx/html/index.html": "<title>portal</title>\n",
        },
        folders=dict.fromkeys(_FOLDERS, (0, 493)),
    ).archive()
    engine.import_image(reference("any"), tools, ['ENTRYPOINT ["/entry/any"]'])
    registry = PackageImage(
        programs={**shell, "/usr/bin/docker-registry": there / "bin/docker-registry"},
        files={"/etc/passwd": _PASSWD},
        folders=dict.fromkeys(("/etc/registry", "/volumes"), (0, 493)),
    ).archive()
    command = 'ENTRYPOINT ["docker-registry", "serve", "/etc/registry/config.yml"]'
    engine.import_image(reference("registry"), registry, [command])
    database = PackageImage(
        programs={
            **{f"/bin/{name}": shell[f"/bin/{name}"] for name in _SHELL},
            **{f"/usr/lib/postgresql/15/bin/{name}": POSTGRES / "bin" / name for name in ("initdb", "postgres")},
            "/usr/bin/pg_isready": POSTGRES / "bin/pg_isready",
            "/usr/bin/psql": POSTGRES / "bin/psql",
            **{f"{POSTGRES}/lib/{name}.so": POSTGRES / "lib" / f"{name}.so" for name in ("plpgsql", "dict_snowball")},
        },
        trees=[Path("/usr/share/postgresql/15")],
        scripts={"/entry/database": _DATABASE, "/docker-healthcheck.sh": _HEALTHY},
        files={"/etc/passwd": _PASSWD},
    ).archive()
    path = f"PATH={POSTGRES}/bin:/usr/bin:/bin"
    instructions = ['ENTRYPOINT ["/entry/database"]', f"ENV {path}", "ENV PGDATA=/var/lib/postgresql/data"]
    engine.import_image(reference("postgresql"), database, instructions)

"""Runtime `compose`: the files for `docker compose` on the host, and the steps that a person or a tool does there.

The services' own configuration is made by the installer's `prepare` on the host, from `harbor.yml`; the paths that are
mounted are those where it puts it (`make/photon/prepare/templates/docker_compose` of goharbor/harbor).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.versions import HARBOR
from .args import ComposeFolder, DirectoryHostInternalTls, HarborHostArgs, image, runs, url
from .facts import CA_NAME, CERTIFICATES, SERVICES, TLS_NAMES
from .known import Made, Yaml
from .settings import HostFilesTls, InternalHostDatabase, TerminatedHostTls
from .upgrade import plan
from .yml import LOGS, data_volume, harbor_yml, installer_storage

INTERNAL = "internal-tls"
_ENVIRONMENTS = {
    "core": "core",
    "exporter": "exporter",
    "jobservice": "jobservice",
    "postgresql": "db",
    "registryctl": "registryctl",
    "trivy-adapter": "trivy-adapter",
}
_CONFIG = "./common/config"
_TRUSTING = ("core", "exporter", "jobservice", "proxy", "registry", "registryctl", "trivy-adapter")


@dataclass(frozen=True)
class File:
    """One file of the folder."""

    content: Any
    """A text, a secret, or a `Yaml`."""
    mode: int = 0o644


def files(args: HarborHostArgs, made: Made) -> dict[str, File]:
    """Return all files by their path in the folder; what may hold a secret has mode 0600."""
    assert isinstance(args.apply, ComposeFolder)  # noqa: S101 - the component chose
    there = args.apply.host_directory.rstrip("/")
    internal = None
    if isinstance(args.internal_tls, DirectoryHostInternalTls):
        internal = args.internal_tls.directory
    elif args.internal_tls is not None:
        internal = f"{there}/{INTERNAL}"
    found = {
        "harbor.yml": File(Yaml(harbor_yml(args, made, directory=there, internal_directory=internal)), 0o600),
        "compose.yaml": File(Yaml(compose(args))),
        "prepare.sh": File(prepare(args), 0o755),
        "harbor.service": File(unit(args)),
        "README.md": File(steps(args)),
    }
    if made.certificate is not None:
        found["tls.crt"] = File(made.certificate)
        found["tls.key"] = File(made.private_key, 0o600)
    if args.ca_bundle is not None:
        found["ca.crt"] = File(args.ca_bundle)
    for name, text in installer_storage(args, there).files.items():
        found[name] = File(text, 0o644 if name == "ca.crt" else 0o600)
    for service, issued in made.internal.items():
        found[f"{INTERNAL}/{TLS_NAMES[service]}.crt"] = File(issued["tls.crt"])
        found[f"{INTERNAL}/{TLS_NAMES[service]}.key"] = File(issued["tls.key"], 0o600)
        found[f"{INTERNAL}/{CA_NAME}"] = File(issued["ca.crt"])
    if args.upgrade_from is not None and args.upgrade_from.removeprefix("v") != HARBOR:
        own = isinstance(args.database, InternalHostDatabase)
        there_plan = plan(args.upgrade_from, directory=there, data_volume=data_volume(args), external_database=not own)
        found["UPGRADE.md"] = File(there_plan.text())
    return dict(sorted(found.items()))


def compose(args: HarborHostArgs) -> dict[str, Any]:
    """Return compose.yaml."""
    return {
        "name": "harbor",
        "services": {service: _service(args, service) for service in runs(args)},
        "networks": {
            "harbor": {"driver": "bridge", **({"enable_ipv6": True} if args.ip_family.ipv6 else {})},
        },
    }


def _service(args: HarborHostArgs, service: str) -> dict[str, Any]:
    facts = SERVICES[service]
    said = args.services.get(service)  # type: ignore[call-overload]
    memory = facts.memory_megabytes if said is None or said.memory_megabytes is None else said.memory_megabytes
    capabilities = sorted({*facts.capabilities, *(() if said is None else said.capabilities)})
    after = [name for name in ("log", *facts.after) if name in runs(args) and name != service]
    found: dict[str, Any] = {
        "image": image(args, service),
        "restart": "always",
        "user": f"{facts.user}:{facts.user}",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "dns_search": ["."],
        "networks": ["harbor"],
        "mem_limit": f"{memory}m",
        "memswap_limit": f"{memory}m",
        "healthcheck": {
            "test": ["CMD-SHELL", facts.health],
            "interval": "10s",
            "timeout": "10s",
            "start_period": "30s",
            "retries": 5,
        },
        "stop_grace_period": "30s",
        "volumes": _mounts(args, service),
        "logging": _logging(service),
    }
    if capabilities:
        found["cap_add"] = capabilities
    if said is not None and said.cpus is not None:
        found["cpus"] = said.cpus
    if after:
        found["depends_on"] = {name: {"condition": "service_healthy"} for name in after}
    if service in _ENVIRONMENTS:
        found["env_file"] = [f"{_CONFIG}/{_ENVIRONMENTS[service]}/env"]
    if service == "postgresql" and isinstance(args.database, InternalHostDatabase):
        found["shm_size"] = f"{args.database.shared_memory_megabytes}m"
    ports = _ports(args, service)
    if ports:
        found["ports"] = ports
    return found


def _mount(source: str, target: str, *, read_only: bool = True) -> dict[str, Any]:
    # SELinux hosts let containers at what is labelled for them alone.
    return {"type": "bind", "source": source, "target": target, "read_only": read_only, "bind": {"selinux": "z"}}


def _mounts(args: HarborHostArgs, service: str) -> list[dict[str, Any]]:
    data = data_volume(args).rstrip("/")
    found = [_mount(f"{data}/{folder}", path, read_only=False) for path, folder in SERVICES[service].data.items()]
    match service:
        case "log":
            found.append(_mount(args.log.directory or LOGS, "/var/log/docker", read_only=False))
            found.append(_mount(f"{_CONFIG}/log/logrotate.conf", "/etc/logrotate.d/logrotate.conf"))
            found.append(_mount(f"{_CONFIG}/log/rsyslog_docker.conf", "/etc/rsyslog.d/rsyslog_docker.conf"))
        case "registry" | "registryctl":
            found.append(_mount(f"{_CONFIG}/registry", "/etc/registry"))
            if service == "registryctl":
                found.append(_mount(f"{_CONFIG}/registryctl/config.yml", "/etc/registryctl/config.yml"))
            else:
                found.append(_mount(f"{data}/secret/registry/root.crt", "/etc/registry/root.crt"))
            key = installer_storage(args, "").settings.get("storage_service", {}).get("gcs", {}).get("keyfile")
            if key is not None and isinstance(args.apply, ComposeFolder):
                there = args.apply.host_directory.rstrip("/")
                found.append(_mount(f"{there}{key}", "/etc/registry/gcs.key"))
        case "core":
            # The core tells how full the disk is by it.
            found.append(_mount(data, "/data"))
            found.append(_mount(f"{_CONFIG}/core/certificates", "/etc/core/certificates"))
            found.append(_mount(f"{_CONFIG}/core/app.conf", "/etc/core/app.conf"))
            found.append(_mount(f"{data}/secret/core/private_key.pem", "/etc/core/private_key.pem"))
            found.append(_mount(f"{data}/secret/keys/secretkey", "/etc/core/key"))
            if args.uaa_ca_file is not None:
                found.append(_mount(args.uaa_ca_file, "/etc/core/certificates/uaa_ca.pem"))
        case "jobservice":
            found.append(_mount(f"{_CONFIG}/jobservice/config.yml", "/etc/jobservice/config.yml"))
        case "portal":
            found.append(_mount(f"{_CONFIG}/portal/nginx.conf", "/etc/nginx/nginx.conf"))
        case "proxy":
            found.append(_mount(f"{_CONFIG}/nginx", "/etc/nginx"))
            if not isinstance(args.tls, TerminatedHostTls):
                found.append(_mount(f"{data}/secret/cert", "/etc/cert"))
    if service in _TRUSTING:
        found.append(_mount(f"{_CONFIG}/shared/trust-certificates", CERTIFICATES))
    if args.internal_tls is not None and service in TLS_NAMES:
        for end in ("crt", "key"):
            source = f"{data}/secret/tls/{TLS_NAMES[service]}.{end}"
            found.append(_mount(source, f"{SERVICES[service].tls_files}.{end}"))
    return found


def _logging(service: str) -> dict[str, Any]:
    if service == "log":
        return {"driver": "json-file", "options": {"max-file": "3", "max-size": "10m"}}
    return {"driver": "syslog", "options": {"syslog-address": "tcp://127.0.0.1:1514", "tag": service}}


def _ports(args: HarborHostArgs, service: str) -> list[str]:
    if service == "log":
        return ["127.0.0.1:1514:10514"]
    if service != "proxy":
        return []
    host = f"[{args.bind_address}]" if ":" in args.bind_address else args.bind_address
    found = [f"{host}:{args.http_port}:8080"]
    if not isinstance(args.tls, TerminatedHostTls):
        found.append(f"{host}:{args.https_port or 443}:8443")
    if args.metrics is not None:
        found.append(f"{host}:{args.metrics.port}:9090")
    return found


def prepare(args: HarborHostArgs) -> str:
    """Return the script that has the installer's image make the services' configuration."""
    data = data_volume(args).rstrip("/")
    logs = args.log.directory or LOGS
    trivy = " --with-trivy" if args.trivy is not None else ""
    return f"""#!/bin/sh
# Makes the services' own configuration from harbor.yml, in common/config and {data}/secret.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$here/common/config" "$here/prepared" {data} {logs}
input=$(mktemp -d)
trap 'rm -rf "$input"' EXIT
cp "$here/harbor.yml" "$input/harbor.yml"
# It reads certificates anywhere on the host. Its own compose file goes to prepared/, and is not used.
docker run --rm --privileged \\
  -v "$input:/input" -v "{data}:/data" -v "$here/prepared:/compose_location" \\
  -v "$here/common/config:/config" -v /:/hostfs \\
  {args.image_prefix}/prepare:v{HARBOR} prepare{trivy}
"""


def unit(args: HarborHostArgs) -> str:
    """Return the systemd unit that starts Harbor with the machine."""
    assert isinstance(args.apply, ComposeFolder)  # noqa: S101 - the component chose
    return f"""[Unit]
Description=Harbor {HARBOR}
Requires=docker.service
After=docker.service network-online.target
Wants=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
WorkingDirectory={args.apply.host_directory}
ExecStart=/usr/bin/docker compose up --detach --wait --remove-orphans
ExecStop=/usr/bin/docker compose down
TimeoutStartSec=1800
TimeoutStopSec=120

[Install]
WantedBy=multi-user.target
"""


def steps(args: HarborHostArgs) -> str:
    """Return the README of the folder."""
    assert isinstance(args.apply, ComposeFolder)  # noqa: S101 - the component chose
    there = args.apply.host_directory
    upgrade = (
        "\nData of another release is there: do what UPGRADE.md says instead.\n"
        if args.upgrade_from is not None and args.upgrade_from.removeprefix("v") != HARBOR
        else ""
    )
    certificate = ""
    if isinstance(args.tls, HostFilesTls):
        certificate = f"The certificate is the host's own: {args.tls.certificate} and {args.tls.private_key}.\n"
    return f"""# Harbor {HARBOR} on {args.hostname}

Clients use {url(args)}. {certificate}harbor.yml and *.key hold secrets: nobody but root should read them.
{upgrade}
On the host, with Docker 20.10 and its compose plugin 2.20, or newer, as root:

1. Put this folder to {there}: `rsync -a --chown=root:root ./ root@{args.hostname}:{there}/`
2. `cd {there} && ./prepare.sh`
3. `cp harbor.service /etc/systemd/system/ && systemctl daemon-reload && systemctl enable --now harbor`
4. `docker compose ps` shows every service as healthy.

After a change: copy the folder again, `./prepare.sh`, `systemctl restart harbor`. Data is in {data_volume(args)}.
"""

"""What a Nexus on Kubernetes becomes: manifests. Pure; what is secret is in one Secret, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..kubernetes.objects import Named
from ..kubernetes.security import container_security
from ..kubernetes.serving import render_objects as objects
from ..kubernetes.serving import render_pods as pods
from ..kubernetes.serving.expose import ServedByIngress, ServedByNodePort, ServedByRoute
from ..kubernetes.serving.pods import DisruptionBudget
from ..kubernetes.serving.reach import Destination
from ..kubernetes.serving.render_observed import service_monitor
from .args import PORT, NexusRegistryArgs, PostgreSql

DATA: Final = "/nexus-data"
CHECKSUM: Final = "registry-components.dev/config"
"""Annotation of the pod: the digest of what it reads at its start."""
METRICS_PATH: Final = "/service/metrics/prometheus"
ADMIN, DATABASE, KEYS = "admin-password", "database-password", "secrets.json"
"""Keys of the Secret."""
_HTTP: Final = "http"
_KEY_FOLDER, _LICENSE_FOLDER = "/etc/nexus/key", "/etc/nexus/license"
_AUTHORITY_FOLDER: Final = "/etc/nexus/database"


@dataclass(frozen=True)
class Given:
    """What a Nexus' manifests are made from."""

    args: NexusRegistryArgs
    named: Named
    digest: Any
    """Of what its pod reads at its start."""

    @property
    def found_by(self) -> dict[str, str]:
        return pods.selector(self.named, "nexus")

    @property
    def secret(self) -> str:
        return f"{self.named.name}-credentials"


def keys(key: str) -> str:
    """Return the file with the key that Nexus encrypts passwords in its database with; its own is known to all."""
    return json.dumps({"active": "first", "keys": [{"id": "first", "key": key}]}, sort_keys=True)


def jdbc_url(database: PostgreSql, host: str) -> str:
    """Return how Nexus reaches PostgreSQL."""
    said = {
        "gssEncMode": "disable",
        "loginTimeout": "5",
        "socketTimeout": "30",
        "sslmode": database.tls,
        "targetServerType": "primary",
        "tcpKeepAlive": "true",
    }
    if database.tls in ("verify-full", "verify-ca"):
        said["sslrootcert"] = f"{_AUTHORITY_FOLDER}/ca.crt"
    address = f"[{host}]" if ":" in host else host
    query = "&".join(f"{key}={value}" for key, value in sorted(said.items()))
    return f"jdbc:postgresql://{address}:{database.port}/{database.database}?{query}"


def options(args: NexusRegistryArgs) -> str:
    """Return the options of the JVM; Xms and Xmx have to be the same (Sonatype, "Configuring the runtime")."""
    said = [
        f"-Xms{args.heap_mb}m",
        f"-Xmx{args.heap_mb}m",
        f"-XX:MaxDirectMemorySize={args.direct_memory_mb}m",
        # What the JVM remembers of a licence; it is to survive the pod.
        f"-Djava.util.prefs.userRoot={DATA}/javaprefs",
    ]
    if args.license_secret is not None:
        said.append(f"-Dnexus.licenseFile={_LICENSE_FOLDER}/license.lic")
    return " ".join([*said, *args.vm_options])


def environment(given: Given, url: Any) -> list[dict[str, Any]]:
    """Return the variables; `url` is the database's, None without one."""
    args = given.args
    found = [
        {"name": "INSTALL4J_ADD_VM_PARAMS", "value": options(args)},
        # The first password is looked at on an empty volume alone.
        {"name": "NEXUS_SECURITY_RANDOMPASSWORD", "value": "false"},
        pods.secret_variable("NEXUS_SECURITY_INITIAL_PASSWORD", given.secret, ADMIN),
        {"name": "NEXUS_SECRETS_KEY_FILE", "value": f"{_KEY_FOLDER}/{KEYS}"},
    ]
    if isinstance(args.database, PostgreSql):
        found += [
            {"name": "NEXUS_DATASTORE_NEXUS_JDBCURL", "value": url},
            {"name": "NEXUS_DATASTORE_NEXUS_USERNAME", "value": args.database.username},
            pods.secret_variable("NEXUS_DATASTORE_NEXUS_PASSWORD", given.secret, DATABASE),
            {"name": "NEXUS_DATASTORE_NEXUS_ADVANCED", "value": f"maximumPoolSize={args.database.max_connections}"},
        ]
    return found


def manifests(given: Given, url: Any) -> dict[str, dict[str, Any]]:
    """Return all but Secret and claim by suffix of the resource's name; the workload's is empty."""
    args, named, namespace = given.args, given.named, given.args.namespace
    found: dict[str, dict[str, Any]] = {}
    if args.service_account.kind == "new":
        found["-account"] = objects.service_account(args.service_account, named, namespace)
    found["-network"] = objects.network_policy(
        named,
        namespace,
        {"matchLabels": given.found_by},
        args.network,
        ports=ports(args).values(),
        metrics_port=PORT if args.monitor is not None else None,
        needed=list(destinations(args)),
    )
    found[""] = _workload(given, url)
    found["-service"] = objects.service(named, namespace, given.found_by, args.expose, ports(args))
    found |= _ways_in(given)
    if args.hold_drains:
        found["-budget"] = objects.budget(named, namespace, given.found_by, DisruptionBudget(min_available=1))
    if args.monitor is not None:
        service = objects.metrics_service(named, namespace, given.found_by, PORT)
        # Metrics are at the port of everything else.
        service["spec"]["ports"][0]["targetPort"] = _HTTP
        monitor = service_monitor(named, namespace, args.monitor, METRICS_PATH)
        login = args.monitor.login_secret
        (endpoint,) = monitor["spec"]["endpoints"]
        endpoint["basicAuth"] = {key: {"name": login, "key": key} for key in ("username", "password")}
        found |= {"-metrics": service, "-monitor": monitor}
    return found


def ports(args: NexusRegistryArgs) -> dict[str, int]:
    """Return the ports by name; the Service has the container's."""
    return {_HTTP: PORT} | {_port_name(said.port): said.port for said in args.connectors.values()}


def _port_name(port: int) -> str:
    return f"port-{port}"


def destinations(args: NexusRegistryArgs) -> Iterator[Destination]:
    """Yield what a Nexus reaches: its database, and what its proxies and buckets are; clouds' addresses change."""
    # 80: identities of machines are handed out at 169.254.169.254.
    needed = {80, 443}
    if isinstance(args.database, PostgreSql):
        needed.add(args.database.port)
    yield Destination(ports=sorted(needed))


def _ways_in(given: Given) -> dict[str, dict[str, Any]]:
    args, named, namespace = given.args, given.named, given.args.namespace
    served = {key: said for key, said in sorted(args.connectors.items()) if said.host is not None}
    match args.expose:
        case ServedByIngress() as ingress:
            hosts = {ingress.host: _HTTP} | {str(said.host): _port_name(said.port) for said in served.values()}
            return {"-ingress": objects.ingress(named, namespace, ingress, hosts)}
        case ServedByRoute() as route:
            found = {"-route": objects.route(named, "", namespace, route, hosts=route.hosts, port=PORT)}
            for said in served.values():
                suffix = f"-{said.port}"
                found[f"-route{suffix}"] = objects.route(
                    named, suffix, namespace, route, hosts=[str(said.host)], port=said.port
                )
            return found
    return {}


def _mounts(given: Given) -> list[pods.Mount]:
    args = given.args
    found = [
        pods.claim_mount(args.claim, given.named, DATA),
        # 0440: Nexus reads it by its group.
        pods.Mount(
            "key",
            _KEY_FOLDER,
            {"secret": {"secretName": given.secret, "items": [{"key": KEYS, "path": KEYS}], "defaultMode": 0o440}},
            read_only=True,
        ),
        pods.Mount("tmp", "/tmp", {"emptyDir": {}}),  # noqa: S108 - the pod's own
    ]
    if args.license_secret is not None:
        items = [{"key": args.license_secret_key, "path": "license.lic"}]
        source = {"secret": {"secretName": args.license_secret, "items": items, "defaultMode": 0o440}}
        found.append(pods.Mount("license", _LICENSE_FOLDER, source, read_only=True))
    if isinstance(args.database, PostgreSql) and args.database.ca_secret is not None:
        items = [{"key": "ca.crt", "path": "ca.crt"}]
        source = {"secret": {"secretName": args.database.ca_secret, "items": items, "defaultMode": 0o440}}
        found.append(pods.Mount("authority", _AUTHORITY_FOLDER, source, read_only=True))
    return found


def _workload(given: Given, url: Any) -> dict[str, Any]:
    args, named, mounts = given.args, given.named, _mounts(given)
    answers: Mapping[str, Any] = {"httpGet": {"path": "/service/rest/v1/status", "port": _HTTP}}
    container = pods.container(
        args,
        "nexus",
        args.image,
        env=environment(given, url),
        ports=ports(args),
        mounts=mounts,
        probes={
            "startupProbe": pods.probe(answers, args.startup),
            "livenessProbe": pods.probe(answers, args.liveness),
            "readinessProbe": pods.probe(answers, args.readiness),
        },
    )
    container["securityContext"] = {**container_security(), "readOnlyRootFilesystem": args.read_only_root}
    template = pods.template(
        args,
        named,
        given.found_by,
        containers=[container],
        mounts=mounts,
        checksums={CHECKSUM: given.digest},
        stop_seconds=args.stop_seconds,
    )
    return pods.workload(named, args.namespace, given.found_by, template, form="stateful", replicas=1)


def server(args: NexusRegistryArgs, name: str, namespace: str, port: int = PORT) -> str:
    """Return the host, with its port where clients have to say it, that they use."""
    match args.expose:
        case ServedByIngress() as ingress:
            return ingress.host
        case ServedByRoute() as route:
            return route.hosts[0]
        case ServedByNodePort() as nodes:
            return f"{args.hostname}:{nodes.node_port}"
    return f"{args.hostname or f'{name}.{namespace}.svc'}:{port}"


__all__ = ["Given", "environment", "jdbc_url", "keys", "manifests", "options", "ports", "server"]

"""What cannot be said together of one Artifactory."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from ..blocks.storage import FilesystemStorage, GcsKey, GcsStorage, VolumeStorage
from ..core.checked import Check
from ..core.errors import Mistake
from ..kubernetes.serving.expose import ServedByIngress, ServedByLoadBalancer
from ..storage.for_artifactory import artifactory_mistakes
from . import holding
from .editions import lacks

if TYPE_CHECKING:
    from .args import ArtifactoryRegistryArgs

_OLDEST: Final = (107, 104)


def check_chart_version(version: str) -> str | None:
    """Check the chart's version."""
    found = re.fullmatch(r"([0-9]+)\.([0-9]+)\.[0-9]+", version)
    if not found:
        return f"{version!r} is not a version of JFrog's chart; write it as '107.133.17', for Artifactory 7.133.17"
    if int(found[1]) == 7:
        return f"{version!r} is Artifactory's own version; the chart's is 10{version}"
    if (int(found[1]), int(found[2])) < _OLDEST:
        return f"{version!r} is older than 107.104, whose values are the oldest that this library knows"
    return None


def _consents(args: ArtifactoryRegistryArgs) -> Iterable[Mistake]:
    if args.deletion == "destroy" and not args.empty_on_delete:
        yield Mistake(
            "empty_on_delete", "is required too to remove Artifactory on destroy; set it to true, or remove deletion"
        )
    elif args.empty_on_delete and args.deletion != "destroy":
        yield Mistake(
            "deletion", "must be 'destroy' too to remove Artifactory on destroy; set it, or remove empty_on_delete"
        )


def _edition(args: ArtifactoryRegistryArgs) -> Iterable[Mistake]:
    if lacks("docker", args.edition):
        yield Mistake("edition", f"{args.edition!r} has no repositories of images; take 'jcr', which is free too")


def _license(args: ArtifactoryRegistryArgs) -> Iterable[Mistake]:
    given = [name for name in ("license", "license_existing_secret") if getattr(args, name) is not None]
    if not holding.licensed(args):
        for name in given:
            yield Mistake(name, f"is for the editions that are sold, and this is {args.edition!r}; remove it")
    elif not given:
        yield Mistake("license", f"or license_existing_secret is required for edition {args.edition!r}; give one")
    if len(given) > 1:
        yield Mistake("license_existing_secret", "and license exclude each other; remove one of them")
    if args.license_existing_secret is None and "license_existing_secret_key" in args.model_fields_set:
        yield Mistake("license_existing_secret_key", "is of license_existing_secret, which is not given; remove it")


def _admin(args: ArtifactoryRegistryArgs) -> Iterable[Mistake]:
    if args.admin_password is not None and args.admin_existing_secret is not None:
        yield Mistake("admin_existing_secret", "and admin_password exclude each other; remove one of them")


def _reached(args: ArtifactoryRegistryArgs) -> Iterable[Mistake]:
    if isinstance(args.expose, ServedByIngress):
        for name, there in (("host", "expose.host"), ("tls_secret", "expose.tls_secret")):
            if getattr(args, name) is not None:
                yield Mistake(name, f"is for expose kinds with nginx; for an Ingress say {there}")
        return
    for name in ("labels", "static_ip"):
        # Of nginx's Service the chart has annotations, and an address for a load balancer.
        if getattr(args.expose, name, None) and (name == "labels" or not isinstance(args.expose, ServedByLoadBalancer)):
            yield Mistake(f"expose.{name}", f"is not a setting of the chart for kind {args.expose.kind!r}; remove it")
    if args.host is None:
        yield Mistake("host", f"is required with expose kind {args.expose.kind!r}; give the name that clients use")
    if args.tls_secret is None:
        yield Mistake(
            "tls_secret",
            f"is required with expose kind {args.expose.kind!r}: without it the chart signs a certificate anew at each "
            "rendering",
        )


def _several(args: ArtifactoryRegistryArgs) -> Iterable[Mistake]:
    pods = holding.replicas(args)
    where = "autoscaling.max_replicas" if args.autoscaling is not None else "replicas"
    if args.replicas is None and args.autoscaling is None and args.sizing is not None:
        where = "sizing"
    if args.autoscaling is not None:
        if args.replicas is not None:
            yield Mistake("replicas", "and autoscaling exclude each other; remove one of them")
        if args.autoscaling.memory_percent is not None:
            yield Mistake("autoscaling.memory_percent", "is not a setting of the chart, which scales by cpu; remove it")
        if "scale_down_seconds" in args.autoscaling.model_fields_set:
            yield Mistake("autoscaling.scale_down_seconds", "is not a setting of the chart; remove it")
    if pods < 2:
        if args.min_available is not None:
            yield Mistake("min_available", "of one pod lets none go, so no node can be drained; remove it")
        return
    lacking = lacks("high_availability", args.edition)
    if lacking:
        instead = "let it be one pod (replicas 1)" if args.autoscaling is None else "remove autoscaling"
        yield Mistake(where, f"means {pods} pods, which {lacking}; {instead}")
    if args.storage is None or isinstance(args.storage, VolumeStorage):
        yield Mistake(
            "storage", f"has to be a bucket for {pods} pods: each has a volume of its own, and would hold other images"
        )
    if args.min_available is not None and args.min_available >= pods:
        yield Mistake(
            "min_available", f"{args.min_available} of {pods} lets no pod go, so no node can be drained; lower it"
        )


def _storage(args: ArtifactoryRegistryArgs) -> Iterable[Mistake]:
    storage = args.storage
    if storage is None:
        return
    if isinstance(storage, FilesystemStorage):
        yield Mistake(
            "storage.kind", "'filesystem' goes with the pod; leave storage out for its volume, or use a bucket"
        )
        return
    # How many pods may share it is told by another check.
    for found in artifactory_mistakes(storage):
        yield Mistake(f"storage.{found.path}", found.message)
    if isinstance(storage, VolumeStorage):
        if storage.sub_path is not None:
            yield Mistake("storage.sub_path", "is not a setting of the chart, which takes a whole claim; remove it")
        if "volume" in args.model_fields_set:
            yield Mistake("volume", "and storage of kind 'volume' are the same volume; remove one of them")
    if isinstance(storage, GcsStorage) and isinstance(storage.credentials, GcsKey):
        yield Mistake(
            "storage.credentials.kind",
            "'key' is a file beside binarystore.xml, for which the chart has no sure place; give 'workload_identity'",
        )


def _network(args: ArtifactoryRegistryArgs) -> Iterable[Mistake]:
    said = args.network
    if said is None:
        return
    if said.metrics_from:
        yield Mistake("network.metrics_from", "is for a port of their own, which metrics lack; name them in clients")
    database = args.database
    if said.destinations is None and (database.existing_secret is not None or not isinstance(database.port, int)):
        yield Mistake(
            "network.destinations",
            "is required where the database's port is not known here; say what the pods may reach, the database too",
        )


def _system_yaml(args: ArtifactoryRegistryArgs) -> Iterable[Mistake]:
    if args.system_yaml_existing_secret is None:
        if "system_yaml_existing_secret_key" in args.model_fields_set:
            yield Mistake(
                "system_yaml_existing_secret_key", "is of system_yaml_existing_secret; give that, or remove it"
            )
        return
    for name in ("sizing", "java_options"):
        if getattr(args, name) is not None:
            yield Mistake(name, "has no effect beside a system.yaml of your own; remove one of them")
    if args.metrics:
        yield Mistake("metrics", "has no effect beside a system.yaml of your own; say it there, and remove it")


ALL: Final[tuple[Check, ...]] = (
    _consents,
    _edition,
    _license,
    _admin,
    _reached,
    _several,
    _storage,
    _network,
    _system_yaml,
)

__all__ = ["ALL", "check_chart_version"]

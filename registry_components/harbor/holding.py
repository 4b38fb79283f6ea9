"""What holds once profile and defaults are added to what is said.

Functions, not methods: the checks call them with the valid part of arguments that are not all valid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from ..blocks.storage import VolumeStorage
from . import profiles
from .expose import IngressExpose, RouteExpose
from .pods import Container, Workload
from .volumes import Claims

if TYPE_CHECKING:
    from .args import HarborRegistryArgs

UpdateStrategy = Literal["rolling_update", "recreate"]
PARTS = ("core", "portal", "jobservice", "registry", "nginx", "trivy", "exporter")


def url(args: HarborRegistryArgs) -> str:
    """Return the URL that clients use."""
    if args.external_url is not None:
        return args.external_url
    expose = args.expose
    if isinstance(expose, RouteExpose):
        return f"https://{expose.hosts[0]}"
    return f"https://{expose.host}" if isinstance(expose, IngressExpose) else ""


def host(args: HarborRegistryArgs) -> str:
    """Return the name in that URL."""
    return urlsplit(url(args)).hostname or ""


def server(args: HarborRegistryArgs) -> str:
    """Return what stands before an image's name: the host, and the port where it is not 443."""
    return urlsplit(url(args)).netloc.removesuffix(":443")


def setting(args: HarborRegistryArgs, name: str) -> Any:
    """Return a setting as it holds: what is said, else the profile's, else the default."""
    said = getattr(args, name)
    if name in args.model_fields_set:
        return said
    return profiles.settings(args.profile).get(name, said)


def part(args: HarborRegistryArgs, name: str) -> Any:
    """Return one part of Harbor as it holds, setting by setting; None where it does not run."""
    said: Workload | None = setting(args, name)
    if said is None:
        return None
    found: dict[str, Any] = {}
    for key, value in profiles.part_settings(args.profile, name).items():
        if key not in said.model_fields_set:
            found[key] = value
        elif type(value) is Container:
            # A second container of the pods: setting by setting too.
            mine = getattr(said, key)
            found[key] = value.model_copy(update={one: getattr(mine, one) for one in mine.model_fields_set})
    # A budget that was made for more pods than there are would stop every drain.
    if said.replicas == 1:
        found.pop("disruption_budget", None)
    for key in ("node_selector", "tolerations", "priority_class"):
        if key not in said.model_fields_set:
            found[key] = getattr(args, key)
    return said.model_copy(update=found)


def replicas(args: HarborRegistryArgs, name: str) -> int:
    """Return how many pods a part has."""
    found = part(args, name)
    return 0 if found is None else found.replicas or 1


def logs_to_files(args: HarborRegistryArgs) -> bool:
    """Return whether jobs log to files."""
    return "file" in (part(args, "jobservice").loggers or ["file"])


def one_node_volumes(args: HarborRegistryArgs) -> list[str]:
    """Return which Deployments have a volume that one node at a time may have."""
    volumes = args.volumes
    if not isinstance(volumes, Claims):
        return []
    found = []
    storage = args.storage
    if storage is None and not volumes.registry.shared:
        found.append("registry")
    if isinstance(storage, VolumeStorage) and storage.access_mode != "ReadWriteMany":
        found.append("registry")
    if logs_to_files(args) and not volumes.job_logs.shared:
        found.append("jobservice")
    return found


def update_strategy(args: HarborRegistryArgs) -> UpdateStrategy:
    """Return how job service and registry are updated."""
    if args.update_strategy is not None:
        return args.update_strategy
    return "recreate" if one_node_volumes(args) else "rolling_update"


def kept(args: HarborRegistryArgs) -> bool:
    """Return whether it outlives the stack."""
    return not (args.deletion == "destroy" and args.empty_on_delete)


def runs_nginx(args: HarborRegistryArgs) -> bool:
    """Return whether Harbor's own nginx stands in front."""
    return not isinstance(args.expose, IngressExpose | RouteExpose)


def secret_readers(args: HarborRegistryArgs) -> list[str]:
    """Return the parts that read Secrets which are made here: a new one has to reach all of them."""
    readers = ["core", "jobservice", "registry"]
    if part(args, "trivy") is not None:
        readers.append("trivy")
    if setting(args, "metrics") is not None:
        readers.append("exporter")
    if args.internal_tls is not None:
        readers.append("portal")
    if runs_nginx(args):
        readers.append("nginx")
    return readers

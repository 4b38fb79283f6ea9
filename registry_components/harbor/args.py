"""What can be said of a Harbor on Kubernetes, chart 1.19.1 (Harbor 2.15.1)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ..blocks.storage import Storage
from ..core.checked import Check, CheckedArgs
from ..distribution.checks import Certificates
from ..kubernetes.serving.pods import Toleration
from ..kubernetes.serving.words import Labels, Namespace, ObjectName, SecretKeyName
from . import checks
from .around import CacheLayer, Chart, IpFamily, Proxy, RepositoryChart, SecurityContext
from .backup import VeleroBackup
from .database import Database
from .expose import Expose
from .holding import UpdateStrategy
from .observed import Metrics, Trace
from .parts import Core, Exporter, JobService, Registry, Trivy
from .passwords import AdminPassword
from .pods import RevisedWorkload, ServedWorkload
from .profiles import Profile
from .redis import Redis
from .tls import InternalTls, Tls
from .volumes import Claims, Volumes
from .words import ExternalUrl, ImagePrefix, ReleaseName


class HarborRegistryArgs(CheckedArgs):
    """One Harbor: how it is reached, where it keeps what, and how its parts run.

    Every password and key is made once and kept, TLS is on, containers run as the standard `restricted` wants it, and
    what it holds outlives the stack.
    """

    elsewhere: ClassVar = {
        "access": "give members, groups and robots of a project to HarborConfiguration",
        "caching": "give proxy_cache of a project to HarborConfiguration",
        "lifecycle": "give lifecycle of a project to HarborConfiguration",
        "network": "Harbor's chart makes no network policy; expose says who reaches it",
        "replication": "give registries and replications to HarborConfiguration, or a Replication to MirrorSchedule",
        "scanning": "say trivy here, and scan_on_push of a project to HarborConfiguration",
    }
    checks: ClassVar[tuple[Check, ...]] = checks.ALL
    stand_ins: ClassVar = {
        "namespace": "harbor",
        "expose": {"kind": "load_balancer"},
        "tls": {"kind": "generated"},
        "database": {"kind": "internal"},
        "redis": {"kind": "internal"},
    }

    namespace: Namespace
    """The namespace; it has to exist."""
    expose: Expose
    """How clients reach it."""
    tls: Tls
    """Where the certificate comes from that clients see."""
    database: Database
    """Where PostgreSQL is."""
    redis: Redis
    """Where Redis is."""
    profile: Profile | None = None
    """What holds where nothing is said: `minimal` or `ha`. Default: what the chart says."""
    release_name: ReleaseName | None = None
    """The Helm release's name, which Services and Secrets begin with. Default: the component's."""
    chart: Chart = RepositoryChart()
    """Where the chart comes from. Default: Harbor's own repository."""
    timeout_seconds: int = Field(1800, ge=60, le=86_400)
    """How long an installation or upgrade may take until everything is ready; a large database takes long to migrate.
    Default: 1800."""
    external_url: ExternalUrl | None = None
    """The URL that clients use. Default: https:// and the Ingress's or the route's host; required for the others."""

    admin_password: AdminPassword | None = None
    """The first password of `admin`; a change here does not change it in a Harbor that runs. Default: a generated
    one."""
    admin_existing_secret: ObjectName | None = None
    """A Secret in the namespace with that password, instead. Default: one is made."""
    admin_existing_secret_key: SecretKeyName = "HARBOR_ADMIN_PASSWORD"  # noqa: S105 - a key, not a password
    """The key in `admin_existing_secret`. Default: HARBOR_ADMIN_PASSWORD."""
    secrets_generation: int = Field(1, ge=1)
    """Count it up to make the secrets anew that Harbor's parts trust each other by; all parts restart, and everybody
    logs in again. What encrypts the database stays. Default: 1."""

    internal_tls: InternalTls | None = None
    """TLS between Harbor's parts. Default: none."""
    ca_bundle: Certificates | None = None
    """PEM certificates of authorities that core, job service, registry and Trivy trust too. Default: none."""
    ca_bundle_existing_secret: ObjectName | None = None
    """A Secret in the namespace with them under `ca.crt`, instead. Default: none."""
    uaa_ca_secret: ObjectName | None = None
    """A Secret in the namespace with the authority of a UAA server under `ca.crt`. Default: none."""

    storage: Storage | None = None
    """Where images are kept: a bucket, or a claim that exists. Default: a claim of the chart's, `volumes.registry`."""
    storage_redirect: bool = True
    """Send clients to the bucket for blobs; switch it off where they cannot reach it, or do not trust it. Default:
    true."""
    volumes: Volumes = Claims()
    """The parts' volumes. Default: a claim for each that needs one, of the chart's size."""
    update_strategy: UpdateStrategy | None = None
    """How job service and registry are updated: `recreate` stops the old pod first, which volumes of one node need.
    Default: recreate where they have such a volume, else rolling_update."""

    backup: VeleroBackup | None = None
    """What Velero saves of the volumes, and the dump of the internal database before it. Default: nothing is said."""

    core: Core = Core()
    """The API and logins. Default: as the chart or the profile has it."""
    portal: ServedWorkload = ServedWorkload()
    """The web interface. Default: as the chart or the profile has it."""
    jobservice: JobService = JobService()
    """Replication, scans, garbage collection. Default: as the chart or the profile has it."""
    registry: Registry = Registry()
    """Images. Default: as the chart or the profile has it."""
    nginx: RevisedWorkload = RevisedWorkload()
    """What stands in front of Services; unused with an Ingress or a route. Default: as the chart or the profile has
    it."""
    trivy: Trivy | None = Trivy()
    """The scanner; nothing for none. Default: as the chart has it; none with profile `minimal`."""
    exporter: Exporter = Exporter()
    """Metrics of projects and jobs, with `metrics`. Default: as the chart or the profile has it."""
    metrics: Metrics | None = None
    """Metrics for Prometheus. Default: none; with profile `ha`, on."""
    trace: Trace | None = None
    """Traces of requests. Default: none."""
    manifest_cache: CacheLayer | None = None
    """Keep manifests in Redis. Default: no; with profile `ha`, for 24 hours."""

    node_selector: Labels = {}
    """Labels that nodes have to have, for all parts that say nothing else. Default: none."""
    tolerations: list[Toleration] = []
    """Taints that all parts put up with that say nothing else. Default: none."""
    priority_class: ObjectName | None = None
    """How important the pods are of all parts that say nothing else. Default: the cluster's."""
    security_context: SecurityContext = SecurityContext()
    """What every container may do. Default: what the standard `restricted` admits."""
    image_prefix: ImagePrefix | None = None
    """Where the images are, such as `mirror.example.com/goharbor`. Default: docker.io/goharbor."""
    image_pull_policy: Literal["IfNotPresent", "Always", "Never"] = "IfNotPresent"
    """When nodes pull them. Default: where they have none of the tag."""
    image_pull_secrets: list[ObjectName] = []
    """Secrets in the namespace that they are pulled with. Default: none."""
    ip_family: IpFamily = IpFamily()
    """Which addresses it listens on. Default: both kinds."""
    proxy: Proxy | None = None
    """The proxy on the way out. Default: none."""
    log_level: Literal["debug", "info", "warning", "error", "fatal"] = "info"
    """What is logged. Default: info."""

    deletion: Literal["retain", "destroy"] = "retain"
    """Whether Harbor is removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all volumes and secrets go. Default: false."""


__all__ = ["HarborRegistryArgs"]

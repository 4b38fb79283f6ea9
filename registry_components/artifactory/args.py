"""What can be said of an Artifactory on Kubernetes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..blocks.storage import Storage
from ..core.args import Args
from ..core.checked import Check, CheckedArgs
from ..core.validated import validated
from ..core.versions import ARTIFACTORY_CHART
from ..kubernetes import charts
from ..kubernetes.charts import PathChart, check_oci, check_release_name
from ..kubernetes.serving.expose import ServedByClusterIp, ServedByIngress, ServedByLoadBalancer, ServedByNodePort
from ..kubernetes.serving.pods import Resources, Toleration
from ..kubernetes.serving.reach import Autoscaling, NetworkRules
from ..kubernetes.serving.words import (
    DnsName,
    Labels,
    Line,
    Namespace,
    ObjectName,
    SecretKeyName,
    StorageSize,
)
from . import checks
from .database import Database
from .editions import Edition
from .sizing import Size
from .words import AdminPassword, JoinKey, LicenseText, MasterKey


class RepositoryChart(charts.RepositoryChart):
    """A Helm repository."""

    url: charts.Url = "https://charts.jfrog.io"
    """The repository's URL. Default: https://charts.jfrog.io, JFrog's own."""


class OciChart(charts.OciChart):
    """A chart in a registry, which is logged in to where `pulumi up` runs (`helm registry login`)."""

    url: Annotated[str, validated(check_oci("artifactory"))]
    """The chart's URL, without a tag: `oci://registry.example.com/charts/artifactory`."""


Chart: TypeAlias = Annotated[RepositoryChart | OciChart | PathChart, Field(discriminator="kind")]
Expose: TypeAlias = Annotated[
    ServedByIngress | ServedByLoadBalancer | ServedByClusterIp | ServedByNodePort, Field(discriminator="kind")
]
ReleaseName: TypeAlias = Annotated[str, validated(check_release_name)]
ChartVersion: TypeAlias = Annotated[str, validated(checks.check_chart_version)]


class WorkVolume(Args):
    """The volume of each pod: configuration, logs, what is on its way, and the cache of a bucket; without a bucket,
    everything."""

    size: StorageSize = "200Gi"
    """How much it holds; it can grow, if the class lets it, and never shrink. Default: 200Gi."""
    storage_class: ObjectName | None = None
    """Its StorageClass. Default: the cluster's default class."""


class ArtifactoryRegistryArgs(CheckedArgs):
    """One Artifactory: which edition, how it is reached, where it keeps what, and how its pods run.

    The master and the join key, the administrator's password and whatever else is secret are made once and kept, and
    reach the chart by the names of Secrets alone. What it holds outlives the stack.
    """

    elsewhere: ClassVar = {
        "access": "give permissions, groups, users and tokens to ArtifactoryConfiguration",
        "caching": "give remote repositories to ArtifactoryConfiguration",
        "lifecycle": "give cleanup_policies to ArtifactoryConfiguration",
        "replication": "give replications to ArtifactoryConfiguration, or use MirrorSchedule with a Replication",
        "scanning": "Xray is a product of its own; give xray_index of a repository to ArtifactoryConfiguration",
    }
    checks: ClassVar[tuple[Check, ...]] = checks.ALL
    stand_ins: ClassVar = {
        "namespace": "artifactory",
        "edition": "jcr",
        "expose": {"kind": "ingress", "host": "artifactory.example.com"},
        "database": {"existing_secret": "stand-in"},
    }

    namespace: Namespace
    """The namespace; it has to exist."""
    edition: Edition
    """Which Artifactory: `jcr` (JFrog Container Registry, free), `pro`, `enterprise_x` or `enterprise_plus`; `oss` has
    no repositories of images and is refused."""
    expose: Expose
    """How clients reach it: an Ingress, or a Service in front of the chart's nginx."""
    database: Database
    """Where PostgreSQL is."""
    host: DnsName | None = None
    """The name that clients use. Default: the Ingress's; required for the others."""
    tls_secret: ObjectName | None = None
    """The Secret with nginx's certificate (`tls.crt`, `tls.key`): required without an Ingress, as the chart would sign
    one anew at each rendering."""
    release_name: ReleaseName | None = None
    """The Helm release's name, which objects begin with. Default: the component's."""
    chart: Chart = RepositoryChart()
    """Where the chart comes from. Default: JFrog's own repository."""
    chart_version: ChartVersion = ARTIFACTORY_CHART
    """The chart's version: 10 before the Artifactory's. Default: 107.133.17, for Artifactory 7.133.17."""
    timeout_seconds: int = Field(3600, ge=60, le=86_400)
    """How long an installation or upgrade may take until everything is ready. Default: 3600."""

    license: LicenseText | None = None
    """The licence's text, one for each pod; required above `jcr`."""
    license_existing_secret: ObjectName | None = None
    """A Secret in the namespace with it, instead. Default: one is made."""
    license_existing_secret_key: SecretKeyName = "artifactory.lic"  # noqa: S105 - a key, not a password
    """The key in `license_existing_secret`. Default: artifactory.lic."""
    admin_password: AdminPassword | None = None
    """The password of `admin` that the chart hands over when a pod starts; whether an Artifactory that runs takes
    another one was not verified. Default: a generated one."""
    admin_existing_secret: ObjectName | None = None
    """A Secret in the namespace with `bootstrap.creds`, one line `admin@*=PASSWORD`, instead. Default: one is made."""
    master_key: MasterKey | None = None
    """What encrypts the secrets in the database, 32 or 64 hexadecimal characters; an Artifactory that exists has one,
    and without it its database cannot be read. It cannot be changed. Default: one that is made once and kept."""
    join_key: JoinKey | None = None
    """What other services of JFrog join by, 32 or 64 hexadecimal characters. Default: one that is made once."""

    storage: Storage | None = None
    """Where images are kept: a bucket, by an identity or keys, or a claim that exists. Default: each pod's volume."""
    volume: WorkVolume = WorkVolume()
    """Each pod's own volume. Default: 200Gi of the cluster's default class."""
    trusted_certificates_secret: ObjectName | None = None
    """A Secret in the namespace with certificates of authorities that Artifactory trusts too. Default: none."""
    system_yaml_existing_secret: ObjectName | None = None
    """A Secret in the namespace with a `system.yaml` of your own, which replaces the chart's. Default: none."""
    system_yaml_existing_secret_key: SecretKeyName = "system.yaml"  # noqa: S105
    """The key in `system_yaml_existing_secret`. Default: system.yaml."""

    sizing: Size | None = None
    """How large: JFrog's own sizes, which say how many pods there are too. Default: as the chart has it."""
    replicas: int | None = Field(None, ge=1, le=20)
    """How many pods. Default: the size's, else 1; more than one needs an Enterprise edition."""
    resources: Resources | None = None
    """What the container of Artifactory asks for and may take. Default: the size's, else nothing is said."""
    java_options: Line | None = None
    """Options of its Java beside the size's. Default: none."""
    min_available: int | None = Field(None, ge=1, le=19)
    """How many pods stay while nodes are drained. Default: all but one, where there are several."""
    anti_affinity: Literal["none", "preferred", "required"] = "preferred"
    """Whether the pods keep away from each other: `preferred` where there is room, `required` always. Default:
    preferred; required with `sizing`, as JFrog's sizes have it."""
    autoscaling: Autoscaling | None = None
    """How many pods there are by their load, instead of `replicas`; there has to be a licence for each. Default: as
    many as are said."""
    network: NetworkRules | None = None
    """Who may connect to the pods, and what they may reach: a NetworkPolicy of the chart. Default: everybody, and
    everything."""
    node_selector: Labels = {}
    """Labels that nodes have to have. Default: none."""
    tolerations: list[Toleration] = []
    """Taints that the pods put up with. Default: none."""
    priority_class: ObjectName | None = None
    """How important the pods are; it has to exist. Default: the cluster's."""
    image_registry: Line | None = None
    """Where all images are pulled from. Default: releases-docker.jfrog.io."""
    image_pull_secrets: list[ObjectName] = []
    """Secrets in the namespace that they are pulled with. Default: none."""
    metrics: bool = False
    """Serve metrics (`/artifactory/api/v1/metrics`). Default: false."""

    deletion: Literal["retain", "destroy"] = "retain"
    """Whether Artifactory is removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: its secrets go. Default: false."""


__all__ = ["ArtifactoryRegistryArgs"]

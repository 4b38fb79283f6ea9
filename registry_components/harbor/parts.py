"""What can be said of each part of Harbor beside its pods."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.checked import Check
from ..core.errors import Mistake, dotted
from ..core.validated import validated
from ..kubernetes.serving.words import Line, ObjectName
from .pods import Container, Probe, RevisedWorkload, ServedWorkload, Workload
from .words import Repository, Url


class Core(ServedWorkload):
    """The API, the logins and the web interface's server."""

    startup: Probe | None = None
    """How long it may take to start, which includes the database's migration. Default: an hour, the chart's."""
    quota_provider: Literal["db", "redis"] = "db"
    """What counts a project's use: `redis` takes load off the database where many push to one project at once, and
    shows the count late. Default: db."""
    pull_time_flush_seconds: int | None = Field(None, ge=1, le=3600)
    """How often times and counts of pulls are written. Default: 10."""
    gdpr_delete_users: bool = False
    """Overwrite the name of a user who is deleted. Default: false."""
    gdpr_audit_logs: bool = False
    """Overwrite it in the audit log too. Default: false."""


def _loggers(args: JobService) -> Iterable[Mistake]:
    for number, logger in enumerate(args.loggers or []):
        if logger in (args.loggers or [])[:number]:
            yield Mistake(dotted(("loggers", number)), f"{logger!r} is in the list already; remove it")
    if args.loggers == ["stdout"] and args.log_retention_days is not None:
        yield Mistake("log_retention_days", "has no effect on the logger 'stdout'; remove it")


class JobService(RevisedWorkload):
    """Replication, scans, retention, garbage collection, webhooks."""

    checks: ClassVar[tuple[Check, ...]] = (_loggers,)

    max_workers: int | None = Field(None, ge=1, le=1000)
    """How many jobs each pod runs at once. Default: the profile's, else the chart's 10."""
    loggers: list[Literal["file", "database", "stdout"]] | None = Field(None, min_length=1)
    """Where jobs log; `file` needs a volume that all pods share, and the web interface shows no log of `stdout`.
    Default: the profile's, else file."""
    log_retention_days: int | None = Field(None, ge=1, le=3650)
    """How long logs are kept. Default: the chart's 14."""
    webhook_max_retries: int | None = Field(None, ge=0, le=100)
    """How often a webhook is tried again. Default: the chart's 3."""
    webhook_timeout_seconds: int | None = Field(None, ge=1, le=600)
    """How long a webhook may take to answer. Default: the chart's 3."""
    task_timeout_hours: int | None = Field(None, ge=1, le=8760)
    """When a task without news counts as failed. Default: the chart's 24."""
    dangling_execution_hours: int | None = Field(None, ge=1, le=8760)
    """When an execution without a new task counts as failed. Default: the chart's 168."""
    registry_timeout_minutes: int | None = Field(None, ge=1, le=1440)
    """How long the registry may take to answer: a garbage collection of a large bucket takes longer than the chart's
    30. Default: 30."""


def _duration(text: str) -> str | None:
    if re.fullmatch(r"(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?", text) and text:
        return None
    return f"{text!r} is not a duration; write it as '168h' or '5m0s'"


Duration: TypeAlias = Annotated[str, validated(_duration)]


class UploadPurging(Args):
    """Leftovers of uploads that never ended."""

    enabled: bool = True
    """Remove them. Default: true."""
    age: Duration = "168h"
    """How old they are by then. Default: 168h, a week."""
    interval: Duration = "24h"
    """How often they are looked for. Default: 24h."""
    dry_run: bool = False
    """Only log what would be removed. Default: false."""


class CloudFront(Args):
    """Clients get blobs of an S3 bucket from CloudFront, by signed URLs."""

    base_url: Url
    """The distribution's URL."""
    key_pair_id: Line
    """The id of the key that signs."""
    private_key_secret: ObjectName
    """A Secret in the namespace with the private key, encoded, under CLOUDFRONT_KEY_DATA."""
    duration: Duration = "3000s"
    """How long a URL is valid. Default: 3000s."""
    ip_filter: Literal["none", "aws", "awsregion"] = "none"
    """Who is sent to S3 instead: nobody, all of AWS, or the bucket's region. Default: none."""


class Registry(RevisedWorkload):
    """Images: Distribution, and beside it in each pod the controller that collects garbage."""

    controller: Container = Container()
    """The controller's container. Default: as the chart has it."""
    relative_urls: bool = False
    """Answer with URLs without a host, for proxies that change it. Default: false."""
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = "harbor_registry_user"
    """The name that Harbor's parts log in with. Default: harbor_registry_user."""
    upload_purging: UploadPurging = UploadPurging()
    """What happens to uploads that never ended. Default: removed after a week."""
    cloudfront: CloudFront | None = None
    """Hand blobs out by CloudFront. Default: no."""


def _offline(args: Trivy) -> Iterable[Mistake]:
    if args.skip_java_update and not args.skip_update:
        yield Mistake("skip_update", "is required with skip_java_update: without databases, there is neither; set it")
    for name, skipped in (("database_repositories", args.skip_update), ("java_repositories", args.skip_java_update)):
        if skipped and getattr(args, name):
            yield Mistake(name, "are not downloaded from, as updates are skipped; remove them")
    for name in ("severities", "vulnerability_types", "checks_for"):
        values = getattr(args, name) or []
        for number, value in enumerate(values):
            if value in values[:number]:
                yield Mistake(dotted((name, number)), f"{value!r} is in the list already; remove it")


class Trivy(Workload):
    """The scanner."""

    checks: ClassVar[tuple[Check, ...]] = (_offline,)

    severities: list[Literal["UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL"]] | None = Field(None, min_length=1)
    """Severities that are reported. Default: all."""
    vulnerability_types: list[Literal["os", "library"]] | None = Field(None, min_length=1)
    """Packages that are looked at: of the operating system, of languages. Default: both."""
    checks_for: list[Literal["vuln", "misconfig", "secret", "license"]] | None = Field(None, min_length=1)
    """What is looked for. Default: vulnerabilities."""
    ignore_unfixed: bool = False
    """Leave out what has no fix yet. Default: false."""
    debug: bool = False
    """Log more. Default: false."""
    insecure: bool = False
    """Do not look at the registry's certificate. Default: false."""
    timeout: Duration | None = None
    """How long a scan may take. Default: the chart's 5m0s."""
    skip_update: bool = False
    """Never download the database of vulnerabilities: somebody puts it into the volume. Default: false."""
    skip_java_update: bool = False
    """Never download the database of Java archives. Default: false."""
    offline_scan: bool = False
    """Ask no one on the internet about dependencies; some findings are missed. Default: false."""
    database_repositories: list[Repository] = []
    """Where the database is downloaded from, the first that answers. Default: mirror.gcr.io, then ghcr.io."""
    java_repositories: list[Repository] = []
    """Where that of Java archives is downloaded from. Default: mirror.gcr.io, then ghcr.io."""
    github_token_secret: ObjectName | None = None
    """A Secret in the namespace with a token of GitHub under `gitHubToken`, for more downloads an hour. Default:
    without."""


class Exporter(RevisedWorkload):
    """Metrics that Harbor's other parts do not have: of projects, quotas, jobs."""

    cache_seconds: int | None = Field(None, ge=1, le=3600)
    """How long answers of the database are kept. Default: the chart's 23."""
    cache_clean_seconds: int | None = Field(None, ge=1, le=86_400)
    """How often old ones are dropped. Default: the chart's 14400."""

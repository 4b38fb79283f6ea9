"""What holds for all parts of Harbor: where the chart and its images come from, proxies, addresses, security."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args
from ..core.checked import Check, CheckedArgs
from ..core.errors import Mistake, dotted
from ..core.validated import validated
from ..kubernetes import charts
from ..kubernetes.serving.words import Line
from .words import NoProxy, Url


class RepositoryChart(charts.RepositoryChart):
    """A Helm repository."""

    url: charts.Url = "https://helm.goharbor.io"
    """The repository's URL. Default: https://helm.goharbor.io, Harbor's own."""


class OciChart(charts.OciChart):
    """A chart in a registry, which is logged in to where `pulumi up` runs (`helm registry login`)."""

    url: Annotated[str, validated(charts.check_oci("harbor"))]
    """The chart's URL, without a tag: `oci://registry.example.com/charts/harbor`."""


Chart: TypeAlias = Annotated[RepositoryChart | OciChart | charts.PathChart, Field(discriminator="kind")]


def _proxy(args: Proxy) -> Iterable[Mistake]:
    if args.http is None and args.https is None:
        yield Mistake("https", "or http is required; give at least one proxy")
    for number, component in enumerate(args.components):
        if component in args.components[:number]:
            yield Mistake(dotted(("components", number)), f"{component!r} is in the list already; remove it")


class Proxy(CheckedArgs):
    """The proxy on the way to other registries and to Trivy's databases."""

    checks: ClassVar[tuple[Check, ...]] = (_proxy,)

    http: Url | None = None
    """The proxy for http URLs, without a login. Default: none."""
    https: Url | None = None
    """The proxy for https URLs, without a login. Default: none."""
    no_proxy: list[NoProxy] = ["127.0.0.1", "localhost", ".local", ".internal"]
    """What is reached without; the chart adds Harbor's own Services. Default: this machine, .local, .internal."""
    components: list[Literal["core", "jobservice", "trivy"]] = Field(["core", "jobservice", "trivy"], min_length=1)
    """Who uses it. Default: all three."""


def _families(args: IpFamily) -> Iterable[Mistake]:
    if not args.ipv4 and not args.ipv6:
        yield Mistake("ipv4", "or ipv6 has to be on: nginx listens on neither; set one of them to true")
    for number, family in enumerate(args.families):
        if family in args.families[:number]:
            yield Mistake(dotted(("families", number)), f"{family!r} is in the list already; remove it")
        if not getattr(args, family.lower()):
            yield Mistake(dotted(("families", number)), f"{family!r} is off ({family.lower()} is false); remove it")
    if args.policy == "RequireDualStack" and (not (args.ipv4 and args.ipv6) or len(args.families) == 1):
        yield Mistake("policy", "'RequireDualStack' needs both families; turn both on, or choose another policy")
    if args.policy == "SingleStack" and len(args.families) > 1:
        yield Mistake("families", "are two, and policy 'SingleStack' takes one; remove one of them")


class IpFamily(CheckedArgs):
    """Which kinds of addresses Harbor listens on."""

    checks: ClassVar[tuple[Check, ...]] = (_families,)

    ipv4: bool = True
    """nginx listens on IPv4. Default: true."""
    ipv6: bool = True
    """nginx listens on IPv6; it does not start on nodes whose kernel has none. Default: true."""
    policy: Literal["SingleStack", "PreferDualStack", "RequireDualStack"] | None = None
    """How many addresses Services get. Default: the cluster's."""
    families: list[Literal["IPv4", "IPv6"]] = []
    """Which, in this order. Default: the cluster's."""


def _seccomp(args: SecurityContext) -> Iterable[Mistake]:
    if (args.seccomp_file is not None) != (args.seccomp == "Localhost"):
        yield Mistake("seccomp_file", "and seccomp 'Localhost' need each other; give both or neither")


class SecurityContext(CheckedArgs):
    """What every container may do; as it is, the Pod Security Standard `restricted` admits it."""

    checks: ClassVar[tuple[Check, ...]] = (_seccomp,)

    run_as_non_root: bool = True
    """Refuse images that run as root. Default: true."""
    allow_privilege_escalation: bool = False
    """Let a process gain more than its parent has. Default: false."""
    drop_capabilities: list[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]] = ["ALL"]
    """Capabilities that are taken away. Default: all."""
    seccomp: Literal["RuntimeDefault", "Localhost", "Unconfined"] = "RuntimeDefault"
    """Which system calls are let through. Default: the runtime's profile."""
    seccomp_file: Line | None = None
    """With `Localhost`: the profile's file on the nodes."""


class CacheLayer(Args):
    """Projects, repositories, artifacts and manifests are kept in Redis, for many pulls at once."""

    expire_hours: int = Field(24, ge=1, le=8760)
    """How long. Default: 24."""

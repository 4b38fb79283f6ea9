"""What can be said of one Docker repository."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from ...blocks.lifecycle import LifecyclePolicy
from ...core.args import MaybeOutput, Secret
from ...core.errors import Mistake, StackError
from ...core.validated import Unique
from ...lifecycle import choice
from .named import Named
from .words import Address, Host, Key, Subdomain

# Nexus' own port, and those that Linux keeps for the administrator, which Nexus is not.
_OWN_PORT, _FIRST_PORT = 8081, 1024


def _ports(said: Served) -> Iterable[Mistake]:
    for name in ("http_port", "https_port"):
        port = getattr(said, name)
        if port == _OWN_PORT:
            yield Mistake(name, f"{port} is Nexus' own; choose another")
    if said.http_port is not None and said.http_port == said.https_port:
        yield Mistake("https_port", f"{said.https_port} is http_port too; choose another")


class Served(Named):
    """What all kinds of repository have in common: where it keeps blobs, and how clients reach it."""

    checks: ClassVar[Any] = (_ports,)

    online: bool = True
    """Whether it answers. Default: true."""
    blob_store: Key | None = None
    """Where it keeps blobs, by key in `blob_stores`; it cannot be changed later. Default: Nexus' own, `default`."""
    strict_content_type: bool = True
    """Refuse what is not what its name says. Default: true."""
    path_enabled: bool = True
    """Reachable at Nexus' own address, its name before its images' (Nexus 3.83 and newer). Default: true."""
    subdomain: Subdomain | None = None
    """Reachable at this subdomain of Nexus' name; Pro alone. Default: not."""
    http_port: int | None = Field(None, ge=_FIRST_PORT, le=65535)
    """Reachable at this port of Nexus by HTTP, behind something that speaks TLS. Default: not."""
    https_port: int | None = Field(None, ge=_FIRST_PORT, le=65535)
    """Reachable at this port of Nexus by HTTPS, where Nexus itself has a certificate. Default: not."""
    host: Host | None = None
    """The name under which clients reach it, where an Ingress or a proxy stands in front of a port. Default: as
    Nexus' own address, port or subdomain says."""
    force_basic_auth: bool = True
    """Nobody gets anything without a login. Without it clients get tokens, for which the realm `DockerToken` has to
    be active. Default: true."""
    v1_enabled: bool = False
    """Answer clients of Docker's API of 2014 too. Default: false."""

    @property
    def reachable(self) -> bool:
        """Whether a client can reach it by itself; a member of a group need not be."""
        return self.path_enabled or any((self.subdomain, self.http_port, self.https_port))


def _lifecycle(said: Kept) -> Iterable[Mistake]:
    if said.lifecycle is None:
        return
    try:
        choice.translated("nexus", said.lifecycle)
    except StackError as error:
        yield Mistake("lifecycle", choice.why(error))


class Kept(Served):
    """What repositories that keep something have in common."""

    checks: ClassVar[Any] = (_ports, _lifecycle)

    cleanup: Annotated[list[Key], Unique] = []
    """Cleanup policies, by key in `cleanup_policies`: each removes on its own; Pro alone. Default: none."""
    lifecycle: LifecyclePolicy | None = None
    """What goes, in the terms of all registries: it becomes a cleanup policy for each of its rules; Pro alone.
    Default: nothing."""


class Hosted(Kept):
    """A repository that images are pushed to."""

    kind: Literal["hosted"] = "hosted"
    write_policy: Literal["allow", "allow_once", "deny"] = "allow_once"
    """`allow_once`: a tag cannot be moved; `allow`: it can; `deny`: nobody pushes. Default: allow_once."""
    latest_policy: bool = False
    """Whether the tag `latest` can be moved all the same. Default: false."""
    proprietary_components: bool = False
    """What is in it is the company's own, for Sonatype's firewall. Default: false."""


def _login(proxy: Proxy) -> Iterable[Mistake]:
    if (proxy.username is None) != (proxy.password is None):
        lacking = "password" if proxy.password is None else "username"
        yield Mistake(lacking, "is required together with the other; give both, or neither")
    if proxy.bearer_token is not None and proxy.username is not None:
        yield Mistake("bearer_token", "is another login than username and password; give one of them")
    secret = proxy.password is not None or proxy.bearer_token is not None
    if secret and isinstance(proxy.remote_url, str) and proxy.remote_url.startswith("http://"):
        yield Mistake("remote_url", f"{proxy.remote_url!r} would send the login in the clear; write https://")


def _index(proxy: Proxy) -> Iterable[Mistake]:
    if proxy.index == "custom" and proxy.index_url is None:
        yield Mistake("index_url", "is required with index 'custom'; add it")
    if proxy.index != "custom" and proxy.index_url is not None:
        yield Mistake("index_url", "means nothing without index 'custom'; set index to that, or remove it")


def _layers(proxy: Proxy) -> Iterable[Mistake]:
    if proxy.foreign_layer_urls and not proxy.cache_foreign_layers:
        yield Mistake("foreign_layer_urls", "mean nothing without cache_foreign_layers; set it to true")


class Proxy(Kept):
    """A repository that holds copies of another registry's images, made when they are pulled."""

    checks: ClassVar[Any] = (_ports, _lifecycle, _login, _index, _layers)
    stand_ins: ClassVar = {"remote_url": "https://registry.example.com"}

    kind: Literal["proxy"] = "proxy"
    remote_url: Address
    """The other registry: `https://registry-1.docker.io`."""
    index: Literal["hub", "registry", "custom"] | None = None
    """Where it searches: on Docker Hub, in the other registry, or at `index_url`. Default: hub for Docker Hub, else
    registry."""
    index_url: Address | None = None
    """Where index `custom` is. Default: none."""
    content_max_age_minutes: int = Field(1440, ge=-1)
    """How long a tag is not asked for again; -1 for ever. Default: 1440."""
    metadata_max_age_minutes: int = Field(1440, ge=-1)
    """How long a list of tags is not asked for again; -1 for ever. Default: 1440."""
    negative_cache_minutes: int = Field(1440, ge=0)
    """How long it remembers that there is no such image; 0 for not at all. Default: 1440."""
    cache_foreign_layers: bool = False
    """Keep layers that stand elsewhere (Windows base images). Default: false."""
    foreign_layer_urls: Annotated[list[str], Unique] = []
    """Regular expressions of the URLs from which such layers are taken. Default: all."""
    auto_block: bool = True
    """Ask the other registry less often while it does not answer. Default: true."""
    blocked: bool = False
    """Ask it nothing. Default: false."""
    username: MaybeOutput[str] | None = None
    """A user there. Default: none."""
    password: Secret | None = None
    """That user's password. Default: none."""
    bearer_token: Secret | None = None
    """A token instead. Default: none."""
    timeout_seconds: int | None = Field(None, ge=1, le=3600)
    """How long it waits for the other registry. Default: Nexus' own, 20."""
    retries: int | None = Field(None, ge=0, le=10)
    """How often it asks again. Default: Nexus' own, 2."""
    use_trust_store: bool = False
    """Trust certificates that are in Nexus' own trust store too. Default: false."""
    routing_rule: Key | None = None
    """What is asked for at all, by key in `routing_rules`. Default: everything."""
    purge_unused_after_days: int | None = Field(None, ge=1, le=24_855)
    """What nobody pulled for so long goes, by a task of its own; in the Community Edition too. Default: it stays."""


class Group(Served):
    """Several repositories as one."""

    kind: Literal["group"] = "group"
    members: Annotated[list[Key], Unique, Field(min_length=1)]
    """Which, by key in `repositories`; the first that has an image answers."""
    writable_member: Key | None = None
    """The member that pushes go to; Pro alone. Default: it takes no pushes."""


Repository: TypeAlias = Annotated[Hosted | Proxy | Group, Field(discriminator="kind")]

__all__ = ["Group", "Hosted", "Kept", "Proxy", "Repository", "Served"]

"""What a repository holds and where it comes from: one model for each pair of format and mode that exists.

A pair that Artifact Registry does not have (a virtual repository of generic files, tags of a Maven repository) has no
model, so that it cannot be written down.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, SecretStr

from ..core.args import Args, MaybeOutput, Secret
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from .words import Key, RepositoryName, SecretVersion, UpstreamUri

Format = Literal["docker", "maven", "npm", "python", "apt", "yum", "go", "kfp", "generic"]
Mode = Literal["standard", "remote", "virtual"]


class GarFormat(CheckedArgs):
    """Base of all pairs of format and mode."""

    format: ClassVar[Format]
    mode: ClassVar[Mode]


# --- where artifacts come from: upstreams of remote repositories


def _check_archive_path(path: str) -> str | None:
    if not path:
        return "is empty; write the path below the archive's address, such as 'debian/dists/bookworm'"
    if "://" in path:
        return "is an address; write the path in the archive alone, or use upstream kind 'custom'"
    if path.startswith("/"):
        return f"{path!r} begins with /; write {path.lstrip('/')!r}"
    return None


ArchivePath: TypeAlias = Annotated[str, validated(_check_archive_path)]


class DockerHubUpstream(Args):
    """Docker Hub."""

    kind: Literal["docker-hub"] = "docker-hub"


class MavenCentralUpstream(Args):
    """Maven Central."""

    kind: Literal["maven-central"] = "maven-central"


class NpmjsUpstream(Args):
    """The public npm registry."""

    kind: Literal["npmjs"] = "npmjs"


class PypiUpstream(Args):
    """The Python Package Index."""

    kind: Literal["pypi"] = "pypi"


class GoProxyUpstream(Args):
    """The public Go module proxy, the only upstream that Go repositories have."""

    kind: Literal["go-proxy"] = "go-proxy"


class AptPublicUpstream(Args):
    """A public archive of Debian packages."""

    kind: Literal["public"] = "public"
    base: Literal["debian", "ubuntu", "debian-snapshot"]
    """Which archive."""
    path: ArchivePath
    """Path in it: `debian/dists/bookworm`."""


class YumPublicUpstream(Args):
    """A public archive of RPM packages."""

    kind: Literal["public"] = "public"
    base: Literal["centos", "centos-debug", "centos-vault", "centos-stream", "rocky", "epel"]
    """Which archive."""
    path: ArchivePath
    """Path in it: `pub/rocky/9/BaseOS/x86_64/os`."""


class CustomUpstream(Args):
    """Any registry of the same format."""

    kind: Literal["custom"] = "custom"
    uri: UpstreamUri
    """Its address: `https://ghcr.io`."""


class RepositoryUpstream(Args):
    """A standard repository of Artifact Registry, in this project or another."""

    kind: Literal["repository"] = "repository"
    repository: RepositoryName
    """Its name: `projects/PROJECT/locations/LOCATION/repositories/ID`."""


def empty(password: object) -> bool:
    """Return whether a password is known, and nothing."""
    return isinstance(password, SecretStr) and not password.get_secret_value()


def _credentials(credentials: GarUpstreamCredentials) -> Iterable[Mistake]:
    given = [name for name in ("password", "password_secret_version") if getattr(credentials, name) is not None]
    if len(given) != 1:
        yield Mistake(
            "password",
            "and password_secret_version exclude each other; give one of them"
            if given
            else "or password_secret_version is required; add one of them",
        )
    if empty(credentials.password):
        yield Mistake("password", "is empty; give the password or token, or remove credentials for anonymous pulls")
    if credentials.password is not None and not credentials.grant_access:
        yield Mistake("grant_access", "false would lock the repository out of the secret made here; remove it")


class GarUpstreamCredentials(CheckedArgs):
    """A login at an upstream. Artifact Registry reads the password from Secret Manager alone."""

    checks = (_credentials,)
    stand_ins: ClassVar = {"username": "user"}

    username: MaybeOutput[str] = Field(min_length=1)
    """User name at the upstream."""
    password: Secret | None = None
    """Password or access token, for which a secret is made. Default: none; give `password_secret_version`."""
    password_secret_version: SecretVersion | None = None
    """A secret's version that holds it already: `projects/PROJECT/secrets/SECRET/versions/1`. Default: none."""
    grant_access: bool = True
    """Let Artifact Registry's service agent read the secret. Default: true."""


# --- standard repositories


class Standard(GarFormat):
    """A repository that is pushed to."""

    mode: ClassVar[Mode] = "standard"


class DockerStandard(Standard):
    """Container images, Helm charts and other OCI artifacts."""

    format: ClassVar[Format] = "docker"

    kind: Literal["docker"] = "docker"
    immutable_tags: bool = True
    """Whether a tag, once pushed, neither moves nor goes. Default: true."""


def _maven(maven: MavenStandard) -> Iterable[Mistake]:
    if maven.allow_snapshot_overwrites and maven.version_policy == "release":
        yield Mistake(
            "allow_snapshot_overwrites", "has no meaning where version_policy 'release' takes no snapshots; remove it"
        )


class MavenStandard(Standard):
    """Java packages. Its settings are chosen when it is made."""

    format: ClassVar[Format] = "maven"
    checks = (_maven,)

    kind: Literal["maven"] = "maven"
    version_policy: Literal["release", "snapshot"] | None = None
    """Which versions it takes. Default: both."""
    allow_snapshot_overwrites: bool = False
    """Whether the same snapshot version may be published again. Default: false."""


class NpmStandard(Standard):
    """Node.js packages."""

    format: ClassVar[Format] = "npm"

    kind: Literal["npm"] = "npm"


class PythonStandard(Standard):
    """Python packages."""

    format: ClassVar[Format] = "python"

    kind: Literal["python"] = "python"


class AptStandard(Standard):
    """Debian packages."""

    format: ClassVar[Format] = "apt"

    kind: Literal["apt"] = "apt"


class YumStandard(Standard):
    """RPM packages."""

    format: ClassVar[Format] = "yum"

    kind: Literal["yum"] = "yum"


class GoStandard(Standard):
    """Go modules."""

    format: ClassVar[Format] = "go"

    kind: Literal["go"] = "go"


class KfpStandard(Standard):
    """Kubeflow pipeline templates."""

    format: ClassVar[Format] = "kfp"

    kind: Literal["kfp"] = "kfp"


class GenericStandard(Standard):
    """Files of any kind, by package and version."""

    format: ClassVar[Format] = "generic"

    kind: Literal["generic"] = "generic"


# --- remote repositories


class AnyRemote(GarFormat):
    """A pull-through cache of one upstream."""

    mode: ClassVar[Mode] = "remote"

    description: str | None = None
    """What the upstream is. Default: nothing."""
    cache: bool = True
    """Whether artifacts are kept; false asks the upstream each time. Default: true."""


def _remote(remote: Remote) -> Iterable[Mistake]:
    if remote.credentials is not None and isinstance(getattr(remote, "upstream", None), RepositoryUpstream):
        yield Mistake(
            "credentials",
            "are not for a repository of Artifact Registry; grant its service agent pull there, and remove them",
        )


class Remote(AnyRemote):
    """A pull-through cache that can log in."""

    checks = (_remote,)
    stand_ins: ClassVar = {"upstream": CustomUpstream(uri="https://registry.example.com")}

    credentials: GarUpstreamCredentials | None = None
    """Login at the upstream. Default: anonymous."""
    validate_upstream: bool = True
    """Whether upstream and login are tried when the repository is made or changed. Default: true."""


class DockerRemote(Remote):
    """A pull-through cache of container images."""

    format: ClassVar[Format] = "docker"

    kind: Literal["docker-remote"] = "docker-remote"
    upstream: Annotated[DockerHubUpstream | CustomUpstream | RepositoryUpstream, Field(discriminator="kind")]
    """Docker Hub, another registry, or a repository of Artifact Registry."""


class MavenRemote(Remote):
    """A pull-through cache of Java packages."""

    format: ClassVar[Format] = "maven"

    kind: Literal["maven-remote"] = "maven-remote"
    upstream: Annotated[MavenCentralUpstream | CustomUpstream | RepositoryUpstream, Field(discriminator="kind")]
    """Maven Central, another registry, or a repository of Artifact Registry."""


class NpmRemote(Remote):
    """A pull-through cache of Node.js packages."""

    format: ClassVar[Format] = "npm"

    kind: Literal["npm-remote"] = "npm-remote"
    upstream: Annotated[NpmjsUpstream | CustomUpstream | RepositoryUpstream, Field(discriminator="kind")]
    """The public npm registry, another one, or a repository of Artifact Registry."""


class PythonRemote(Remote):
    """A pull-through cache of Python packages."""

    format: ClassVar[Format] = "python"

    kind: Literal["python-remote"] = "python-remote"
    upstream: Annotated[PypiUpstream | CustomUpstream | RepositoryUpstream, Field(discriminator="kind")]
    """The Python Package Index, another one, or a repository of Artifact Registry."""


class AptRemote(Remote):
    """A pull-through cache of Debian packages."""

    format: ClassVar[Format] = "apt"

    kind: Literal["apt-remote"] = "apt-remote"
    upstream: Annotated[AptPublicUpstream | CustomUpstream | RepositoryUpstream, Field(discriminator="kind")]
    """A public archive, another one, or a repository of Artifact Registry."""


class YumRemote(Remote):
    """A pull-through cache of RPM packages."""

    format: ClassVar[Format] = "yum"

    kind: Literal["yum-remote"] = "yum-remote"
    upstream: Annotated[YumPublicUpstream | CustomUpstream | RepositoryUpstream, Field(discriminator="kind")]
    """A public archive, another one, or a repository of Artifact Registry."""


class GoRemote(AnyRemote):
    """A pull-through cache of Go modules. Its upstream is public: there is no login."""

    format: ClassVar[Format] = "go"

    kind: Literal["go-remote"] = "go-remote"
    upstream: Annotated[GoProxyUpstream | RepositoryUpstream, Field(discriminator="kind")] = GoProxyUpstream()
    """The public Go module proxy, or a repository of Artifact Registry. Default: the proxy."""


# --- virtual repositories


class GarMember(Args):
    """One repository behind a virtual repository."""

    repository: RepositoryName
    """Its name: `projects/PROJECT/locations/LOCATION/repositories/ID`; same format and location."""
    priority: int = Field(ge=1, le=2**31 - 1)
    """Which goes first where several have an artifact: the greater number."""


def _virtual(virtual: Virtual) -> Iterable[Mistake]:
    seen: dict[str, str] = {}
    for key, member in sorted(virtual.members.items()):
        if not isinstance(member.repository, str):
            continue
        if member.repository in seen:
            yield Mistake(f"members.{key}.repository", f"is that of {seen[member.repository]!r} too; name it once")
        seen.setdefault(member.repository, key)


class Virtual(GarFormat):
    """One address for several repositories of the same format."""

    mode: ClassVar[Mode] = "virtual"
    checks = (_virtual,)
    stand_ins: ClassVar = {"members": {}}

    members: dict[Key, GarMember] = Field(min_length=1)
    """What stands behind it, by name. Private packages want the greatest priority: whoever publishes a package of the
    same name elsewhere is then not asked."""


class DockerVirtual(Virtual):
    """One address for several repositories of container images."""

    format: ClassVar[Format] = "docker"

    kind: Literal["docker-virtual"] = "docker-virtual"


class MavenVirtual(Virtual):
    """One address for several repositories of Java packages."""

    format: ClassVar[Format] = "maven"

    kind: Literal["maven-virtual"] = "maven-virtual"


class NpmVirtual(Virtual):
    """One address for several repositories of Node.js packages."""

    format: ClassVar[Format] = "npm"

    kind: Literal["npm-virtual"] = "npm-virtual"


class PythonVirtual(Virtual):
    """One address for several repositories of Python packages."""

    format: ClassVar[Format] = "python"

    kind: Literal["python-virtual"] = "python-virtual"


class AptVirtual(Virtual):
    """One address for several repositories of Debian packages."""

    format: ClassVar[Format] = "apt"

    kind: Literal["apt-virtual"] = "apt-virtual"


class YumVirtual(Virtual):
    """One address for several repositories of RPM packages."""

    format: ClassVar[Format] = "yum"

    kind: Literal["yum-virtual"] = "yum-virtual"


class GoVirtual(Virtual):
    """One address for several repositories of Go modules."""

    format: ClassVar[Format] = "go"

    kind: Literal["go-virtual"] = "go-virtual"


AnyFormat: TypeAlias = Annotated[
    DockerStandard
    | DockerRemote
    | DockerVirtual
    | MavenStandard
    | MavenRemote
    | MavenVirtual
    | NpmStandard
    | NpmRemote
    | NpmVirtual
    | PythonStandard
    | PythonRemote
    | PythonVirtual
    | AptStandard
    | AptRemote
    | AptVirtual
    | YumStandard
    | YumRemote
    | YumVirtual
    | GoStandard
    | GoRemote
    | GoVirtual
    | KfpStandard
    | GenericStandard,
    Field(discriminator="kind"),
]

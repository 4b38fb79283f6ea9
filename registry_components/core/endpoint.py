"""`RegistryEndpoint`: what every component yields and every consumer takes."""

from __future__ import annotations

import base64
import json
import shlex
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from .args import Args, MaybeOutput, Secret, reveal
from .names import check_repository, check_server

if TYPE_CHECKING:
    import pulumi

DOCKER_HUB_SERVERS = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
# Docker's clients look Docker Hub up under this key and no other.
DOCKER_HUB_AUTH_KEY = "https://index.docker.io/v1/"


class Credentials(Args):
    """A user name and a password (or token) for one registry."""

    username: MaybeOutput[str] = Field(min_length=1)
    password: Secret


class RegistryEndpoint(Args):
    """Where a registry is and how to log in to it; made by every component, or by `existing_endpoint`."""

    server: MaybeOutput[str]
    """Host, or host:port, without scheme and path: `registry.example.com`, `127.0.0.1:5000`."""
    prefix: MaybeOutput[str] = ""
    """What stands before every repository name (an Artifact Registry `project/repository`). Default: nothing."""
    credentials: Credentials | None = None
    """How to log in. Default: anonymous."""
    plain_http: bool = False
    """True where the registry speaks HTTP without TLS; only right on a loopback address. Default: false."""
    ca_certificate: MaybeOutput[str] | None = None
    """PEM text of the authority that signed the server's certificate. Default: the client's own list."""

    @field_validator("server")
    @classmethod
    def _server(cls, value: Any) -> Any:
        if isinstance(value, str):
            mistake = check_server(value)
            if mistake:
                raise ValueError(mistake)
        return value

    @field_validator("prefix")
    @classmethod
    def _prefix(cls, value: Any) -> Any:
        if isinstance(value, str) and value:
            mistake = check_repository(value)
            if mistake:
                raise ValueError(mistake)
        return value

    def image(self, repository: str, *, tag: str | None = None, digest: str | None = None) -> pulumi.Output[str]:
        """Return the full reference of an image in this registry.

        Raises `StackError` where `repository` is not a valid name.
        """
        import pulumi

        from .errors import stack_error

        mistake = check_repository(repository)
        if mistake:
            raise stack_error(f"image: {mistake}")
        suffix = (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")

        def join(parts: list[Any]) -> str:
            return "/".join(part for part in (*parts, repository) if part) + suffix

        return pulumi.Output.all(self.server, self.prefix).apply(join)

    def auth_key(self) -> pulumi.Output[str]:
        """Return the key of this registry in a Docker config file's `auths`: the host, without repository path."""
        import pulumi

        return pulumi.Output.from_input(self.server).apply(auth_key)

    def login_command(self, client: str = "docker") -> pulumi.Output[str]:
        """Return the login command for `docker`, `podman`, `skopeo` or `buildah`; it reads the password from
        standard input and never holds it."""
        import pulumi

        def command(parts: list[Any]) -> str:
            server, username = parts
            words = [client, "login", server, "--username", username or "USERNAME", "--password-stdin"]
            if self.plain_http and client != "docker":
                words.insert(2, "--tls-verify=false")
            return shlex.join(words)

        username = self.credentials.username if self.credentials is not None else ""
        return pulumi.Output.all(self.server, username).apply(command)

    def docker_config_json(self) -> pulumi.Output[str]:
        """Return the text of a Docker config file that logs in here, as a secret."""
        import pulumi

        credentials = self.credentials
        if credentials is None:
            return pulumi.Output.from_input(json.dumps({"auths": {}}))

        def text(parts: list[Any]) -> str:
            return docker_config(*parts)

        joined = pulumi.Output.all(self.server, credentials.username, reveal(credentials.password))
        return pulumi.Output.secret(joined.apply(text))


def auth_key(server: str) -> str:
    """Return the key of `server` in a Docker config file's `auths`."""
    return DOCKER_HUB_AUTH_KEY if server in DOCKER_HUB_SERVERS else server


def docker_config(server: str, username: str, password: str) -> str:
    """Return the text of a Docker config file with one login. The text holds the password."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    entry = {"username": username, "password": password, "auth": pair}
    return json.dumps({"auths": {auth_key(server): entry}}, sort_keys=True)


def existing_endpoint(
    server: MaybeOutput[str],
    *,
    prefix: MaybeOutput[str] = "",
    username: MaybeOutput[str] | None = None,
    password: Any = None,
    plain_http: bool = False,
    ca_certificate: MaybeOutput[str] | None = None,
) -> RegistryEndpoint:
    """Return the endpoint of a registry made elsewhere; consumers cannot tell it from one made here.

    `password` may be plain text or an output; it is kept secret either way. Raises `StackError` where `server` or
    `prefix` is malformed, or where only one of `username` and `password` is given.
    """
    from .errors import Mistake, mistakes_error

    if (username is None) != (password is None):
        lacking = "password" if password is None else "username"
        raise mistakes_error(
            "existing_endpoint",
            [Mistake(lacking, "is required together with the other; give both, or neither")],
        )
    credentials = None
    if username is not None:
        credentials = Credentials(username=username, password=password)
    return RegistryEndpoint(
        server=server,
        prefix=prefix,
        credentials=credentials,
        plain_http=plain_http,
        ca_certificate=ca_certificate,
    )

"""regsync's configuration, version 1, of a block. Pure; holds no login.

Source: regclient 0.11, cmd/regsync/config.go and root.go. Logins come from Docker's configuration, or from a credential
helper that is asked again before a token ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

from ..core.endpoint import DOCKER_HUB_SERVERS
from ..core.errors import stack_error
from ..kubernetes.registry_kind import TOKEN_MINUTES, RegistryKind
from .names import ALL_TAGS, expression, full, renamed

if TYPE_CHECKING:
    from ..blocks.mirroring import Replication

# Digest tags travel with the image whose digest they name, or not at all.
_DIGEST_TAGS: Final = r"sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{128}).*"
_LEAST_PULLS: Final = 10
"""regsync waits where a registry tells that fewer pulls are left."""


class End(NamedTuple):
    """One of the two registries, as it is known by now."""

    server: str
    prefix: str = ""
    kind: RegistryKind | None = None
    plain_http: bool = False
    ca_certificate: str | None = None
    helper: str | None = None
    """What asks for its tokens: NAME of `docker-credential-NAME`. Default: Docker's configuration."""

    @property
    def host(self) -> str:
        """The name that regsync has for it."""
        return "docker.io" if self.server in DOCKER_HUB_SERVERS else self.server


def regsync_config(block: Replication, source: End, destination: End, *, parallel: int = 2, requests: int = 3) -> str:
    """Return the text of regsync's configuration; equal blocks give equal bytes.

    `parallel` repositories are copied at the same time, with `requests` to each registry.
    """
    ends = {end.host: _host(end, requests) for end in (source, destination)}
    tree = {
        "version": 1,
        "creds": [ends[host] for host in sorted(ends)],
        "defaults": _defaults(block, source, parallel),
        "sync": _steps(block, source, destination),
    }
    text: str = yaml.safe_dump(tree, sort_keys=True, default_flow_style=False, allow_unicode=True, width=1000)
    return text


def _host(end: End, requests: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "registry": end.host,
        "tls": "disabled" if end.plain_http else "enabled",
        "reqConcurrent": requests,
    }
    if end.ca_certificate is not None:
        found["regcert"] = end.ca_certificate
    if end.helper is not None:
        found["credHelper"] = f"docker-credential-{end.helper}"
        # A token is asked for anew long before it ends. In YAML this duration is read in nanoseconds, and no other way.
        found["credExpire"] = TOKEN_MINUTES.get(end.kind or "other", 60) // 3 * 60 * 1_000_000_000
    return found


def _defaults(block: Replication, source: End, parallel: int) -> dict[str, Any]:
    found: dict[str, Any] = {"parallel": parallel, "referrers": block.referrers, "digestTags": block.referrers}
    if len(block.platforms) == 1 and block.referrers:
        # regsync passes an image of one platform over once it is there, whatever came to refer to it since.
        found["forceRecursive"] = True
    if source.kind == "docker_hub" or source.host == "docker.io":
        found["ratelimit"] = {"min": _LEAST_PULLS, "retry": "15m"}
    return found


def _steps(block: Replication, source: End, destination: End) -> list[dict[str, Any]]:
    from ..blocks.mirroring import is_pattern

    plain = sorted(name for name in block.repositories if not is_pattern(name))
    patterns = sorted(name for name in block.repositories if is_pattern(name))
    found: list[dict[str, Any]] = [
        {
            "type": "repository",
            "source": f"{source.host}/{full(source.prefix, name)}",
            "target": f"{destination.host}/{full(destination.prefix, name)}",
            **_filters(block),
        }
        for name in plain
    ]
    if patterns:
        above = renamed(source.prefix, destination.prefix)
        if above is None:
            raise stack_error(
                f"regsync cannot leave out {source.prefix!r} of what {patterns[0]!r} finds; name each repository, or "
                "let the destination's prefix end in it"
            )
        repos: dict[str, list[str]] = {"allow": [expression(full(source.prefix, name)) for name in patterns]}
        left_out = [expression(full(source.prefix, name)) for name in sorted({*block.exclude_repositories, *plain})]
        if left_out:
            repos["deny"] = left_out
        target = f"{destination.host}/{above}" if above else destination.host
        found.append({"type": "registry", "source": source.host, "target": target, "repos": repos, **_filters(block)})
    return found


def _filters(block: Replication) -> dict[str, Any]:
    return {"tags": _tags(block), **_platforms(block)}


def _tags(block: Replication) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if block.tags != ALL_TAGS:
        found["allow"] = [expression(pattern) for pattern in sorted(block.tags)]
    found["deny"] = [*(expression(pattern) for pattern in sorted(block.exclude_tags)), _DIGEST_TAGS]
    return found


def _platforms(block: Replication) -> dict[str, Any]:
    if len(block.platforms) == 1:
        return {"platform": block.platforms[0]}
    return {"platforms": sorted(block.platforms)} if block.platforms else {}


def arguments(block: Replication, config: str) -> list[str]:
    """Return regsync's command line but for its name."""
    return ["once", f"--config={config}", *([] if block.overwrite else ["--missing"])]


__all__ = ["End", "arguments", "regsync_config"]

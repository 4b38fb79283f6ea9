"""What a repository and its parts become: inputs as the Google provider has them on the wire.

Nothing here knows Pulumi. Values that only the engine knows (ids of resources made beside) are given by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.args import reveal
from . import formats as of
from .args import GarPlatformLogs, GarRepositoryArgs, GarRole
from .lifecycle import GarCleanupPolicy, GarLifecycle
from .rules import GarDownloadRule
from .words import label

Inputs = dict[str, Any]

DAY_SECONDS = 86_400
EVERYBODY = "allUsers"
SECRET_ACCESSOR = "roles/secretmanager.secretAccessor"  # noqa: S105 - a role
KEY_USER = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
_GO_PROXY = "https://proxy.golang.org"
_SETTINGS_TOOLS = {"maven": "mvn", "npm": "npm", "python": "python", "apt": "apt", "yum": "yum"}
_PUBLIC = {
    of.DockerHubUpstream: ("dockerRepository", "DOCKER_HUB"),
    of.MavenCentralUpstream: ("mavenRepository", "MAVEN_CENTRAL"),
    of.NpmjsUpstream: ("npmRepository", "NPMJS"),
    of.PypiUpstream: ("pythonRepository", "PYPI"),
}
_ARCHIVES = {of.AptPublicUpstream: "aptRepository", of.YumPublicUpstream: "yumRepository"}


def repository(args: GarRepositoryArgs, ownership: Mapping[str, str], *, password_secret_version: Any = None) -> Inputs:
    """Return the repository itself. `password_secret_version` holds the upstream's password."""
    content = args.content
    rendered: Inputs = {
        "repositoryId": args.repository_id,
        "location": args.location,
        "format": content.format.upper(),
        "mode": f"{content.mode.upper()}_REPOSITORY",
        "labels": labels(args.labels, ownership),
    }
    if args.project is not None:
        rendered["project"] = args.project
    if args.description is not None:
        rendered["description"] = args.description
    if args.encryption is not None:
        rendered["kmsKeyName"] = args.encryption.key
    policies = args.cleanup_policies
    if policies:
        rendered["cleanupPolicies"] = [cleanup_policy(key, policy) for key, policy in sorted(policies.items())]
        rendered["cleanupPolicyDryRun"] = isinstance(args.lifecycle, GarLifecycle) and args.lifecycle.dry_run
    scanned = enablement(args)
    if scanned is not None:
        rendered["vulnerabilityScanningConfig"] = {"enablementConfig": scanned}
    match content:
        case of.DockerStandard():
            rendered["dockerConfig"] = {"immutableTags": content.immutable_tags}
        case of.MavenStandard():
            rendered["mavenConfig"] = maven(content)
        case of.AnyRemote():
            rendered["remoteRepositoryConfig"] = remote(content, password_secret_version)
        case of.Virtual():
            rendered["virtualRepositoryConfig"] = {
                "upstreamPolicies": [
                    {"id": key, "repository": member.repository, "priority": member.priority}
                    for key, member in sorted(content.members.items())
                ]
            }
    return rendered


def labels(given: Mapping[str, str], ownership: Mapping[str, str]) -> dict[str, str]:
    """Return labels, those that say who made it among them."""
    own = {label(key): label(value) for key, value in ownership.items()}
    return dict(sorted({**own, **given}.items()))


def enablement(args: GarRepositoryArgs) -> str | None:
    """Return whether it is scanned; None leaves it to the service."""
    content = args.content
    if args.scanning is None:
        return "INHERITED" if content.format == "docker" and content.mode != "virtual" else None
    return "DISABLED" if args.scanning.mode == "off" else "INHERITED"


def cleanup_policy(key: str, policy: GarCleanupPolicy) -> Inputs:
    """Return one cleanup policy. Ages are in seconds, as the service gives them back."""
    rendered: Inputs = {"id": key, "action": policy.action.upper()}
    packages = sorted(set(policy.package_prefixes))
    if policy.keep_count is not None:
        newest: Inputs = {"keepCount": policy.keep_count}
        if packages:
            newest["packageNamePrefixes"] = packages
        return {**rendered, "mostRecentVersions": newest}
    condition: Inputs = {"tagState": policy.tag_state.upper()}
    for name, prefixes in (
        ("tagPrefixes", policy.tag_prefixes),
        ("versionNamePrefixes", policy.version_prefixes),
        ("packageNamePrefixes", packages),
    ):
        if prefixes:
            condition[name] = sorted(set(prefixes))
    for name, days in (("olderThan", policy.older_than_days), ("newerThan", policy.newer_than_days)):
        if days is not None:
            condition[name] = f"{days * DAY_SECONDS}s"
    return {**rendered, "condition": condition}


def maven(content: of.MavenStandard) -> Inputs:
    """Return a Maven repository's settings."""
    return {
        "allowSnapshotOverwrites": content.allow_snapshot_overwrites,
        "versionPolicy": "VERSION_POLICY_UNSPECIFIED"
        if content.version_policy is None
        else content.version_policy.upper(),
    }


def remote(content: of.AnyRemote, password_secret_version: Any) -> Inputs:
    """Return where a remote repository gets its artifacts from."""
    rendered = upstream(getattr(content, "upstream"))  # noqa: B009 - each format has its own
    if content.description is not None:
        rendered["description"] = content.description
    if not content.cache:
        rendered["noCache"] = {}
    if isinstance(content, of.Remote):
        rendered["disableUpstreamValidation"] = not content.validate_upstream
        if content.credentials is not None:
            rendered["upstreamCredentials"] = {
                "usernamePasswordCredentials": {
                    "username": content.credentials.username,
                    "passwordSecretVersion": password_secret_version,
                }
            }
    return rendered


def upstream(where: Any) -> Inputs:
    """Return one upstream."""
    kind = type(where)
    if kind in _PUBLIC:
        key, value = _PUBLIC[kind]
        return {key: {"publicRepository": value}}
    if kind in _ARCHIVES:
        archive = {"repositoryBase": where.base.upper().replace("-", "_"), "repositoryPath": where.path}
        return {_ARCHIVES[kind]: {"publicRepository": archive}}
    match where:
        case of.GoProxyUpstream():
            uri: Any = _GO_PROXY
        case of.CustomUpstream():
            uri = where.uri
        case _:
            uri = where.repository
    return {"commonRepository": {"uri": uri}}


def secret(args: GarRepositoryArgs, ownership: Mapping[str, str]) -> Inputs:
    """Return the secret that holds the upstream's password."""
    rendered: Inputs = {
        "secretId": f"{args.repository_id}-{args.location}-upstream",
        "replication": {"auto": {}},
        "labels": labels(args.labels, ownership),
    }
    if args.project is not None:
        rendered["project"] = args.project
    return rendered


def secret_version(secret_name: Any, password: Any) -> Inputs:
    """Return the version that is the password."""
    return {"secret": secret_name, "secretData": reveal(password)}


def member(where: Mapping[str, Any], role: str, principal: Any) -> Inputs:
    """Return a role of a principal on a repository."""
    return {**where, "role": role, "member": principal}


def role(where: Mapping[str, Any], said: GarRole) -> Inputs:
    """Return a role of your choice."""
    rendered = member(where, said.role, said.principal)
    if said.condition is not None:
        condition: Inputs = {"title": said.condition.title, "expression": said.condition.expression}
        if said.condition.description is not None:
            condition["description"] = said.condition.description
        rendered["condition"] = condition
    return rendered


def rule(where: Mapping[str, Any], key: str, said: GarDownloadRule) -> Inputs:
    """Return one download rule."""
    rendered: Inputs = {**where, "ruleId": key, "action": said.action.upper(), "operation": "DOWNLOAD"}
    if said.package is not None:
        rendered["packageId"] = said.package
    if said.condition is not None:
        condition: Inputs = {"expression": said.condition}
        for name in ("title", "description"):
            if getattr(said, name) is not None:
                condition[name] = getattr(said, name)
        rendered["condition"] = condition
    return rendered


def platform_logs(said: GarPlatformLogs) -> Inputs:
    """Return a project's logs."""
    rendered: Inputs = {"loggingState": "ENABLED" if said.enabled else "DISABLED"}
    if said.severity is not None:
        rendered["severityLevel"] = said.severity.upper()
    return rendered


def server(location: str, format_: str) -> str:
    """Return the host of a repository's format in a location."""
    return f"{location}-{format_}.pkg.dev"


def prefix(project: str, repository_id: str) -> str:
    """Return what stands before every image's name; a project of a domain has a / for its colon there."""
    return f"{project.replace(':', '/')}/{repository_id}"


def login_command(project: str, location: str, repository_id: str, format_: str) -> str:
    """Return the command that logs a client in as whoever is logged in to `gcloud`; it holds no token."""
    if format_ == "docker":
        host = server(location, format_)
        return f"gcloud auth print-access-token | docker login -u oauth2accesstoken --password-stdin https://{host}"
    tool = _SETTINGS_TOOLS.get(format_)
    if tool is None:
        return "gcloud auth application-default login"
    where = f"--project={project} --location={location} --repository={repository_id}"
    return f"gcloud artifacts print-settings {tool} {where}"

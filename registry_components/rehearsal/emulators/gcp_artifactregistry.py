"""Artifact Registry: repositories, download rules, and what holds for a project in a location."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from ..emulator import Refusal, has_unknown
from .gcp_cloud import MADE_AT, GcpCloud, Resources, agent_of
from .gcp_discovery import Request
from .gcp_types import GcpType, Values, all_labels, given, label_outputs, label_rules, refuse_first, seconds

MULTI_REGIONS: Final = ("asia", "europe", "us")
REGIONS: Final = [
    "africa-south1",
    "asia-east1",
    "asia-east2",
    "asia-northeast1",
    "asia-northeast2",
    "asia-northeast3",
    "asia-south1",
    "asia-south2",
    "asia-southeast1",
    "asia-southeast2",
    "asia-southeast3",
    "australia-southeast1",
    "australia-southeast2",
    "europe-central2",
    "europe-north1",
    "europe-north2",
    "europe-southwest1",
    "europe-west1",
    "europe-west10",
    "europe-west12",
    "europe-west2",
    "europe-west3",
    "europe-west4",
    "europe-west6",
    "europe-west8",
    "europe-west9",
    "me-central1",
    "me-central2",
    "me-west1",
    "northamerica-northeast1",
    "northamerica-northeast2",
    "northamerica-south1",
    "southamerica-east1",
    "southamerica-west1",
    "us-central1",
    "us-east1",
    "us-east4",
    "us-east5",
    "us-south1",
    "us-west1",
    "us-west2",
    "us-west3",
    "us-west4",
]
MODES: Final = {
    "DOCKER": ("STANDARD", "REMOTE", "VIRTUAL"),
    "MAVEN": ("STANDARD", "REMOTE", "VIRTUAL"),
    "NPM": ("STANDARD", "REMOTE", "VIRTUAL"),
    "PYTHON": ("STANDARD", "REMOTE", "VIRTUAL"),
    "APT": ("STANDARD", "REMOTE", "VIRTUAL"),
    "YUM": ("STANDARD", "REMOTE", "VIRTUAL"),
    "GO": ("STANDARD", "REMOTE", "VIRTUAL"),
    "KFP": ("STANDARD",),
    "GENERIC": ("STANDARD",),
    "GOOGET": ("STANDARD",),
    "RUBY": ("STANDARD", "REMOTE", "VIRTUAL"),
}
"""Which modes a format has. Conda is in the published document and not yet for everybody."""
_SCANNED: Final = ("DOCKER", "MAVEN", "NPM", "PYTHON", "GO")
_SOURCES: Final = {
    "aptRepository": "APT",
    "dockerRepository": "DOCKER",
    "mavenRepository": "MAVEN",
    "npmRepository": "NPM",
    "pythonRepository": "PYTHON",
    "yumRepository": "YUM",
    "commonRepository": None,
}
_PREDEFINED: Final = [name for name in _SOURCES if name != "commonRepository"]
_NAME: Final = re.compile(r"projects/([^/]+)/locations/([^/]+)/repositories/([^/]+)")
_VERSION: Final = re.compile(r"projects/([^/]+)/secrets/([^/]+)/versions/([^/]+)")
_KEY: Final = re.compile(r"projects/([^/]+)/locations/([^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+")
_PATHS: Final = "artifactregistry.projects.locations"
_INPUT_ONLY: Final = "disableUpstreamValidation"


def location_rules(inputs: Values) -> Iterable[Refusal]:
    """Yield a location that Artifact Registry is not in."""
    location = inputs.get("location")
    if isinstance(location, str) and location not in (*REGIONS, *MULTI_REGIONS):
        yield Refusal("location", f"Error 404: Location {location} is not found or access is unauthorized.")


def name_of(inputs: Values, key: str = "repositoryId") -> str:
    """Return a repository's full name. The provider takes the full name where it wants the id, too."""
    last = str(inputs[key]).rsplit("/", 1)[-1]
    return f"projects/{inputs['project']}/locations/{inputs['location']}/repositories/{last}"


class Repository(GcpType):
    """A repository."""

    token = "gcp:artifactregistry/repository:Repository"  # noqa: S105 - a resource type
    module, file, kind = "artifactregistry", "repository", "repository"
    name_property = "repositoryId"
    replacing: ClassVar = (
        "project",
        "location",
        "repositoryId",
        "format",
        "mode",
        "kmsKeyName",
        "mavenConfig.allowSnapshotOverwrites",
        "mavenConfig.versionPolicy",
        "remoteRepositoryConfig.description",
        "remoteRepositoryConfig.noCache",
        *(f"remoteRepositoryConfig.{name}" for name in _SOURCES),
    )
    computing: ClassVar = (
        "project",
        "location",
        "vulnerabilityScanningConfig",
        "cleanupPolicies.condition.tagState",
        "mavenConfig.versionPolicy",
    )
    changed: ClassVar = {
        "mode": {"default": "STANDARD_REPOSITORY"},
        "cleanupPolicies": {"unordered": True},
        "virtualRepositoryConfig.upstreamPolicies": {"unordered": True},
        f"remoteRepositoryConfig.{_INPUT_ONLY}": {"write_only": True},
        # The SDK's text has the values of YUM here.
        "remoteRepositoryConfig.aptRepository.publicRepository.repositoryBase": {
            "enum": ("DEBIAN", "UBUNTU", "DEBIAN_SNAPSHOT")
        },
    }

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Compare as the provider does: formats without case, durations by their length."""
        if name == "format":
            return str(old).upper() == str(new).upper()
        return name.endswith(("olderThan", "newerThan")) and seconds(old) == seconds(new)

    def rules(self, inputs: Values) -> Iterable[Refusal]:
        """Yield what is wrong with a repository by itself."""
        yield from location_rules(inputs)
        yield from label_rules(inputs)
        name = inputs.get("repositoryId")
        if isinstance(name, str) and not re.fullmatch(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", name):
            yield Refusal("repositoryId", f"Error 400: {name!r} does not match /^[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?$/")
        key = inputs.get("kmsKeyName")
        if isinstance(key, str) and not _KEY.fullmatch(key):
            yield Refusal("kmsKeyName", f"Error 400: {key!r} is not the name of a key")
        yield from _mode_rules(inputs)
        yield from _cleanup_rules(inputs)
        yield from _remote_rules(inputs)
        yield from _virtual_rules(inputs)

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:
        """Return the request that makes it."""
        parent = _parent(inputs)
        parameters = given(parent=parent, repositoryId=_known(inputs.get("repositoryId")))
        return Request(f"{_PATHS}.repositories.create", parameters, _body(cloud, inputs))

    def create(self, cloud: GcpCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it, if what it refers to is there."""
        placed = {**inputs, **self._placed(cloud, inputs)}
        refuse_first(self.check(cloud, placed))
        name = name_of(placed)
        with cloud.change() as resources:
            if resources.get(self.kind, name) is not None:
                raise Refusal(
                    "",
                    "Error creating Repository: googleapi: Error 409: the repository already exists; adopt it with "
                    f"import ({name})",
                )
            body = _body(cloud, placed)
            refuse_first(_references(cloud, resources, placed, body))
            resources.put(self.kind, name, {**_stored(body), "name": name, "createTime": MADE_AT})
            found = resources.get(self.kind, name)
        return name, _outputs(cloud, name, found or {}, placed)

    def read(self, cloud: GcpCloud, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return it as it is."""
        name = _full(cloud, id)
        with cloud.look() as resources:
            found = resources.get(self.kind, name)
        return None if found is None else _outputs(cloud, name, found, outputs)

    def update(self, cloud: GcpCloud, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002
        """Change it in place."""
        placed = {**inputs, **self._placed(cloud, inputs)}
        refuse_first(self.check(cloud, placed))
        with cloud.change() as resources:
            found = resources.get(self.kind, id)
            if found is None:
                raise Refusal("", f"Error updating Repository: googleapi: Error 404: {id} was not found")
            body = _body(cloud, placed)
            kept = {
                key: value for key, value in (found.get("labels") or {}).items() if key not in _managed(old_outputs)
            }
            body["labels"] = {**kept, **body["labels"]}
            refuse_first(_references(cloud, resources, placed, body))
            resources.put(self.kind, id, {**_stored(body), "name": id, "createTime": found.get("createTime", MADE_AT)})
            found = resources.get(self.kind, id)
        return _outputs(cloud, id, found or {}, placed)


def _managed(outputs: Values) -> set[str]:
    return {*(outputs.get("labels") or {}), *(outputs.get("pulumiLabels") or {})}


def _known(value: Any) -> Any:
    return "unknown" if has_unknown(value) else value


def _parent(inputs: Values) -> str:
    project, location = _known(inputs.get("project")), _known(inputs.get("location"))
    return f"projects/{project}/locations/{location}"


def _full(cloud: GcpCloud, id_: str) -> str:
    """Return the full name for what `import` takes: the name itself, or `project/location/id`, or `location/id`."""
    if _NAME.fullmatch(id_):
        return id_
    parts = id_.split("/")
    if len(parts) == 2 and cloud.project:
        parts.insert(0, cloud.project)
    return f"projects/{parts[0]}/locations/{parts[1]}/repositories/{parts[2]}" if len(parts) == 3 else id_


def _body(cloud: GcpCloud, inputs: Values) -> dict[str, Any]:
    """Return the service's body of a repository."""
    body: dict[str, Any] = {}
    for name in (
        "description",
        "kmsKeyName",
        "dockerConfig",
        "mavenConfig",
        "mode",
        "cleanupPolicyDryRun",
        "remoteRepositoryConfig",
        "virtualRepositoryConfig",
    ):
        if inputs.get(name) is not None:
            body[name] = _copied(inputs[name])
    format_ = inputs.get("format")
    body["format"] = format_.upper() if isinstance(format_, str) else format_
    body["labels"] = all_labels(cloud, inputs) if not has_unknown(inputs.get("labels")) else inputs.get("labels")
    scanning = inputs.get("vulnerabilityScanningConfig")
    if isinstance(scanning, Mapping):
        body["vulnerabilityScanningConfig"] = given(enablementConfig=scanning.get("enablementConfig"))
    policies = inputs.get("cleanupPolicies")
    if isinstance(policies, list):
        body["cleanupPolicies"] = {
            str(_known(item.get("id"))): _policy(item) for item in policies if isinstance(item, Mapping)
        }
    return body


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items() if item is not None and key != "__defaults"}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _policy(item: Values) -> dict[str, Any]:
    policy = _copied(item)
    condition = policy.get("condition")
    if isinstance(condition, dict):
        condition.setdefault("tagState", "ANY")
        for name in ("olderThan", "newerThan"):
            if name in condition:
                condition[name] = seconds(condition[name])
    return dict(policy)


def _stored(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the service keeps: without what is input only, with what it fills in."""
    stored = _copied(body)
    remote = stored.get("remoteRepositoryConfig")
    if isinstance(remote, dict):
        remote.pop(_INPUT_ONLY, None)
    scanning = stored.setdefault("vulnerabilityScanningConfig", {})
    scanning.setdefault("enablementConfig", "INHERITED" if stored["format"] == "DOCKER" else "DISABLED")
    maven = stored.get("mavenConfig")
    if isinstance(maven, dict):
        maven.setdefault("versionPolicy", "VERSION_POLICY_UNSPECIFIED")
    return dict(stored)


def _outputs(cloud: GcpCloud, name: str, found: Values, known: Values) -> dict[str, Any]:
    match = _NAME.fullmatch(name)
    project, location, repository = match.groups() if match else ("", "", name)
    outputs: dict[str, Any] = {
        key: value for key, value in _copied(found).items() if key not in ("labels", "cleanupPolicies", "name")
    }
    if found.get("cleanupPolicies"):
        outputs["cleanupPolicies"] = [
            {**_copied(item), "id": key} for key, item in sorted(found["cleanupPolicies"].items())
        ]
    remote, asked = outputs.get("remoteRepositoryConfig"), known.get("remoteRepositoryConfig")
    if isinstance(remote, dict) and isinstance(asked, Mapping) and _INPUT_ONLY in asked:
        remote[_INPUT_ONLY] = asked[_INPUT_ONLY]
    scanning = outputs.setdefault("vulnerabilityScanningConfig", {})
    off = scanning.get("enablementConfig") == "DISABLED"
    supported = found.get("format") in _SCANNED and found.get("mode") != "VIRTUAL_REPOSITORY"
    on = supported and not off
    scanning["enablementState"] = (
        "SCANNING_ACTIVE" if on else "SCANNING_DISABLED" if supported else "SCANNING_UNSUPPORTED"
    )
    scanning["enablementStateReason"] = ""
    format_ = str(found.get("format", "")).lower()
    return {
        **outputs,
        **label_outputs(cloud, found, known),
        "deletionPolicy": known.get("deletionPolicy", "DELETE"),
        "project": project,
        "location": location,
        "repositoryId": repository,
        "name": repository,
        "registryUri": f"{location}-{format_}.pkg.dev/{project.replace(':', '/')}/{repository}",
        "createTime": found.get("createTime", MADE_AT),
        # The service's clock would be drift at each refresh.
        "updateTime": MADE_AT,
    }


def _mode_rules(inputs: Values) -> Iterable[Refusal]:
    format_, mode = inputs.get("format"), str(inputs.get("mode") or "STANDARD_REPOSITORY").removesuffix("_REPOSITORY")
    if not isinstance(format_, str) or has_unknown(inputs.get("mode")):
        return
    format_ = format_.upper()
    if format_ not in MODES:
        yield Refusal("format", f"Error 400: {format_!r} is not a format; it takes {', '.join(MODES)}")
        return
    if mode not in MODES[format_]:
        yield Refusal("mode", f"Error 400: {mode}_REPOSITORY is not supported for format {format_}")
    for name, wanted in (("dockerConfig", "DOCKER"), ("mavenConfig", "MAVEN")):
        if inputs.get(name) and format_ != wanted:
            yield Refusal(name, f"Error 400: {name} cannot be set for a repository of format {format_}")
    docker = inputs.get("dockerConfig")
    if isinstance(docker, Mapping) and docker.get("immutableTags") is True and mode != "STANDARD":
        yield Refusal("dockerConfig", "Error 400: immutable tags are only supported for standard repositories")
    if mode == "REMOTE" and not inputs.get("remoteRepositoryConfig"):
        yield Refusal("remoteRepositoryConfig", "Error 400: a remote repository needs remoteRepositoryConfig")
    if mode != "REMOTE" and inputs.get("remoteRepositoryConfig"):
        yield Refusal("remoteRepositoryConfig", f"Error 400: remoteRepositoryConfig cannot be set in mode {mode}")
    if mode != "VIRTUAL" and inputs.get("virtualRepositoryConfig"):
        yield Refusal("virtualRepositoryConfig", f"Error 400: virtualRepositoryConfig cannot be set in mode {mode}")
    if mode == "VIRTUAL" and inputs.get("cleanupPolicies"):
        yield Refusal("cleanupPolicies", "Error 400: cleanup policies are not supported for virtual repositories")


def _cleanup_rules(inputs: Values) -> Iterable[Refusal]:
    policies = inputs.get("cleanupPolicies")
    if not isinstance(policies, list):
        return
    if len(policies) > 10:
        yield Refusal("cleanupPolicies", f"Error 400: {len(policies)} cleanup policies; a repository takes 10")
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        if not isinstance(policy, Mapping):
            continue
        path, id_ = f"cleanupPolicies[{index}]", policy.get("id")
        if isinstance(id_, str):
            if not 0 < len(id_) < 128:
                yield Refusal(f"{path}.id", "Error 400: the id of a cleanup policy has 1 to 127 characters")
            if id_ in seen:
                yield Refusal(f"{path}.id", f"Error 400: there are two cleanup policies with the id {id_!r}")
            seen.add(id_)
        yield from _one_policy(path, policy)


def _one_policy(path: str, policy: Values) -> Iterable[Refusal]:
    action, condition, newest = (policy.get(name) for name in ("action", "condition", "mostRecentVersions"))
    if action is None:
        yield Refusal(f"{path}.action", "Error 400: a cleanup policy needs an action")
    if condition is not None and newest is not None:
        yield Refusal(path, "Error 400: condition and mostRecentVersions cannot stand in one cleanup policy")
    if condition is None and newest is None:
        yield Refusal(path, "Error 400: a cleanup policy needs condition or mostRecentVersions")
    if newest is not None and action == "DELETE":
        yield Refusal(f"{path}.mostRecentVersions", "Error 400: mostRecentVersions is only for the action KEEP")
    if isinstance(newest, Mapping) and isinstance(newest.get("keepCount"), int) and newest["keepCount"] < 1:
        yield Refusal(f"{path}.mostRecentVersions.keepCount", "Error 400: keepCount has to be at least 1")
    if not isinstance(condition, Mapping):
        return
    if condition.get("tagPrefixes") and condition.get("tagState") == "UNTAGGED":
        yield Refusal(f"{path}.condition.tagPrefixes", "Error 400: tagPrefixes cannot be used with tagState UNTAGGED")
    for name in ("olderThan", "newerThan"):
        value = condition.get(name)
        if isinstance(value, str) and not re.fullmatch(r"\d+s", str(seconds(value))):
            yield Refusal(f"{path}.condition.{name}", f"{value!r} is not a duration; write 30d, 12h or 3600s")


def _remote_rules(inputs: Values) -> Iterable[Refusal]:
    remote = inputs.get("remoteRepositoryConfig")
    if not isinstance(remote, Mapping):
        return
    path = "remoteRepositoryConfig"
    sources = [name for name in _SOURCES if remote.get(name) is not None]
    if len(sources) != 1:
        told = ", ".join(sources) or "none"
        yield Refusal(path, f"exactly one of {', '.join(_SOURCES)} must be specified, not {told}")
    format_ = str(inputs.get("format")).upper()
    for name in sources:
        wanted, source = _SOURCES[name], remote[name]
        if wanted is not None and format_ in MODES and format_ != wanted:
            yield Refusal(f"{path}.{name}", f"Error 400: {name} is not for a repository of format {format_}")
        if isinstance(source, Mapping) and name in _PREDEFINED:
            both = [key for key in ("publicRepository", "customRepository") if source.get(key) is not None]
            if len(both) != 1:
                yield Refusal(f"{path}.{name}", "Error 400: it takes either publicRepository or customRepository")
    common = remote.get("commonRepository")
    uri = common.get("uri") if isinstance(common, Mapping) else None
    if isinstance(uri, str) and not _NAME.fullmatch(uri) and not re.fullmatch(r"https?://[^\s/]+(?:/\S*)?", uri):
        yield Refusal(f"{path}.commonRepository.uri", f"Error 400: {uri!r} is neither a URI nor a repository's name")
    web = isinstance(uri, str) and uri.startswith("http")
    if format_ == "GO" and web and str(uri).rstrip("/") != "https://proxy.golang.org":
        yield Refusal(f"{path}.commonRepository.uri", "Error 400: GO repositories take https://proxy.golang.org alone")
    login = remote.get("upstreamCredentials")
    login = login.get("usernamePasswordCredentials") if isinstance(login, Mapping) else None
    version = login.get("passwordSecretVersion") if isinstance(login, Mapping) else None
    if isinstance(version, str) and not _VERSION.fullmatch(version):
        yield Refusal(
            f"{path}.upstreamCredentials.usernamePasswordCredentials.passwordSecretVersion",
            "Error 400: it has to be projects/{project}/secrets/{secret}/versions/{version}",
        )
    if isinstance(login, Mapping) and (login.get("username") is None or version is None):
        yield Refusal(f"{path}.upstreamCredentials", "Error 400: both username and passwordSecretVersion are needed")


def _virtual_rules(inputs: Values) -> Iterable[Refusal]:
    virtual = inputs.get("virtualRepositoryConfig")
    policies = virtual.get("upstreamPolicies") if isinstance(virtual, Mapping) else None
    if not isinstance(policies, list):
        return
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        if not isinstance(policy, Mapping):
            continue
        path = f"virtualRepositoryConfig.upstreamPolicies[{index}]"
        id_, repository, priority = (policy.get(name) for name in ("id", "repository", "priority"))
        if isinstance(id_, str) and id_ in seen:
            yield Refusal(f"{path}.id", f"Error 400: there are two upstream policies with the id {id_!r}")
        if isinstance(id_, str):
            seen.add(id_)
        if isinstance(repository, str) and not _NAME.fullmatch(repository):
            yield Refusal(f"{path}.repository", f"Error 400: {repository!r} is not the name of a repository")
        if isinstance(priority, int) and priority < 1:
            yield Refusal(f"{path}.priority", "Error 400: a priority has to be at least 1")


def _references(cloud: GcpCloud, resources: Resources, inputs: Values, body: Values) -> Iterable[Refusal]:
    """Yield what a repository refers to that is not there, or that it may not use."""
    project = str(inputs["project"])
    yield from _key_reference(cloud, resources, project, inputs)
    remote = body.get("remoteRepositoryConfig") or {}
    uri = (remote.get("commonRepository") or {}).get("uri", "")
    path = "remoteRepositoryConfig.commonRepository.uri"
    for mode, refusal in _other(cloud, resources, uri, str(body["format"]), path):
        if refusal is not None:
            yield refusal
        elif mode != "STANDARD_REPOSITORY":
            yield Refusal(path, "Error 400: the upstream of a remote repository has to be a standard repository")
    login = (remote.get("upstreamCredentials") or {}).get("usernamePasswordCredentials") or {}
    yield from _secret_reference(cloud, resources, project, login, checked=not remote.get(_INPUT_ONLY))
    members = (body.get("virtualRepositoryConfig") or {}).get("upstreamPolicies") or []
    for index, member in enumerate(members):
        path = f"virtualRepositoryConfig.upstreamPolicies[{index}].repository"
        name = str(member.get("repository", ""))
        found = _NAME.fullmatch(name)
        if found is not None and found[2] != inputs["location"]:
            yield Refusal(path, f"Error 400: {name} is in {found[2]}, the virtual repository in {inputs['location']}")
        for mode, refusal in _other(cloud, resources, name, str(body["format"]), path):
            if refusal is not None:
                yield refusal
            elif mode == "VIRTUAL_REPOSITORY":
                yield Refusal(path, "Error 400: an upstream of a virtual repository cannot be virtual itself")


def _other(
    cloud: GcpCloud, resources: Resources, name: str, format_: str, path: str
) -> Iterable[tuple[str, Refusal | None]]:
    """Yield the mode of another repository, or why it will not do."""
    match = _NAME.fullmatch(name)
    if match is None:
        return
    found = resources.get("repository", name)
    if found is None:
        if cloud.owns(match[1], resources):
            yield "", Refusal(path, f"Error 404: the repository {name} was not found")
        return
    if found["format"] != format_:
        yield "", Refusal(path, f"Error 400: {name} has format {found['format']}, not {format_}")
        return
    yield str(found["mode"]), None


def _key_reference(cloud: GcpCloud, resources: Resources, project: str, inputs: Values) -> Iterable[Refusal]:
    key = inputs.get("kmsKeyName")
    match = _KEY.fullmatch(key) if isinstance(key, str) else None
    if match is None:
        return
    if match[2] != inputs["location"]:
        yield Refusal("kmsKeyName", f"Error 400: the key is in {match[2]}, the repository in {inputs['location']}")
    if resources.get("key", match[0]) is None and cloud.owns(match[1], resources):
        yield Refusal("kmsKeyName", f"Error 404: the key {match[0]} was not found")
        return
    role = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    if not resources.has_role("key", match[0], match[1], role, agent_of(project)) and cloud.owns(match[1], resources):
        yield Refusal("kmsKeyName", f"Error 400: {agent_of(project)} needs {role} on {match[0]}")


def _secret_reference(
    cloud: GcpCloud, resources: Resources, project: str, login: Values, *, checked: bool
) -> Iterable[Refusal]:
    path = "remoteRepositoryConfig.upstreamCredentials.usernamePasswordCredentials.passwordSecretVersion"
    version = login.get("passwordSecretVersion")
    match = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if match is None or not cloud.owns(match[1], resources):
        return
    secret = f"projects/{match[1]}/secrets/{match[2]}"
    if match[3] == "latest":
        numbers = [int(name.rsplit("/", 1)[1]) for name in resources.names("secretVersion", f"{secret}/versions/")]
        found = resources.get("secretVersion", f"{secret}/versions/{max(numbers)}") if numbers else None
    else:
        found = resources.get("secretVersion", match[0])
    if found is None:
        yield Refusal(path, f"Error 404: Secret Version [{match[0]}] not found.")
    elif found.get("state") != "ENABLED":
        yield Refusal(path, f"Error 400: Secret Version [{match[0]}] is in {found.get('state')} state.")
    elif checked and not resources.has_role(
        "secret", secret, match[1], "roles/secretmanager.secretAccessor", agent_of(project)
    ):
        yield Refusal(path, f"Error 400: {agent_of(project)} needs roles/secretmanager.secretAccessor on {secret}")


class Rule(GcpType):
    """A download rule."""

    token = "gcp:artifactregistry/rule:Rule"  # noqa: S105
    module, file, kind = "artifactregistry", "rule", "rule"
    name_property = "ruleId"
    replacing: ClassVar = ("project", "location", "repositoryId", "ruleId")

    def rules(self, inputs: Values) -> Iterable[Refusal]:
        """Yield what is wrong with a rule by itself."""
        yield from location_rules(inputs)
        name = inputs.get("ruleId")
        if isinstance(name, str) and not re.fullmatch(r"(?:[A-Za-z0-9._~:@+^-]|%[0-9A-Fa-f]{2}){1,256}", name):
            yield Refusal("ruleId", f"Error 400: {name!r} is not the id of a rule")
        for field in ("action", "operation"):
            if inputs.get(field) is None or str(inputs.get(field)).endswith("_UNSPECIFIED"):
                yield Refusal(field, f"Error 400: a rule needs {field}")

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:  # noqa: ARG002
        """Return the request that makes it."""
        parent = f"{_parent(inputs)}/repositories/{_known(str(inputs.get('repositoryId')).rsplit('/', 1)[-1])}"
        parameters = given(parent=parent, ruleId=_known(inputs.get("ruleId")))
        return Request(f"{_PATHS}.repositories.rules.create", parameters, _rule_body(inputs))

    def create(self, cloud: GcpCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it."""
        placed = {**inputs, **self._placed(cloud, inputs)}
        refuse_first(self.check(cloud, placed))
        repository = name_of(placed)
        name = f"{repository}/rules/{placed['ruleId']}"
        with cloud.change() as resources:
            if resources.get("repository", repository) is None:
                raise Refusal("", f"Error creating Rule: googleapi: Error 404: {repository} was not found")
            if resources.get(self.kind, name) is not None:
                raise Refusal("", f"Error creating Rule: googleapi: Error 409: the rule {name} already exists")
            self._only_one(resources, repository, name, placed)
            resources.put(self.kind, name, _rule_body(placed))
        return name, _rule_outputs(name, _rule_body(placed), placed)

    def read(self, cloud: GcpCloud, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return it as it is."""
        with cloud.look() as resources:
            found = resources.get(self.kind, id)
        return None if found is None else _rule_outputs(id, found, outputs)

    def update(self, cloud: GcpCloud, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002, ARG002
        """Change it in place."""
        placed = {**inputs, **self._placed(cloud, inputs)}
        with cloud.change() as resources:
            self._only_one(resources, name_of(placed), id, placed)
            resources.put(self.kind, id, _rule_body(placed))
        return _rule_outputs(id, _rule_body(placed), placed)

    def _only_one(self, resources: Resources, repository: str, name: str, inputs: Values) -> None:
        for other in resources.names(self.kind, f"{repository}/rules/"):
            found = resources.get(self.kind, other) or {}
            if other != name and found.get("packageId") == inputs.get("packageId"):
                raise Refusal(
                    "packageId",
                    f"Error 409: {other} is for the same; a repository has one rule for all of it and one for each "
                    "package",
                )


def _rule_body(inputs: Values) -> dict[str, Any]:
    return {
        name: _copied(inputs[name])
        for name in ("action", "operation", "packageId", "condition")
        if inputs.get(name) is not None
    }


def _rule_outputs(name: str, found: Values, known: Values) -> dict[str, Any]:
    parts = name.split("/")
    return {
        **_copied(found),
        "deletionPolicy": known.get("deletionPolicy", "DELETE"),
        "name": name,
        "project": parts[1],
        "location": parts[3],
        "repositoryId": known.get("repositoryId", parts[5]),
        "ruleId": parts[7],
    }


class _Singleton(GcpType):
    """A configuration that every project has in each location: it is taken over, and left as it is in the end."""

    suffix: ClassVar[str]
    method: ClassVar[str]
    parts: ClassVar[tuple[str, ...]]

    def rules(self, inputs: Values) -> Iterable[Refusal]:
        """Yield a location that Artifact Registry is not in."""
        yield from location_rules(inputs)

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:  # noqa: ARG002
        """Return the request that sets it."""
        parameters = {"name": f"{_parent(inputs)}/{self.suffix}"}
        return Request(f"{_PATHS}.{self.method}", parameters, self._body(inputs))

    def _body(self, inputs: Values) -> dict[str, Any]:
        return {name: _copied(inputs[name]) for name in self.parts if inputs.get(name) is not None}

    def create(self, cloud: GcpCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Take it over."""
        placed = {**inputs, **self._placed(cloud, inputs)}
        refuse_first(self.check(cloud, placed))
        name = f"{_parent(placed)}/{self.suffix}"
        with cloud.change() as resources:
            resources.put(self.kind, name, self._body(placed))
        return name, self._outputs(name, self._body(placed))

    def read(self, cloud: GcpCloud, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002, ARG002
        """Return it as it is."""
        with cloud.look() as resources:
            return self._outputs(id, resources.get(self.kind, id) or {})

    def update(self, cloud: GcpCloud, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002, ARG002
        """Change it."""
        with cloud.change() as resources:
            resources.put(self.kind, id, self._body(inputs))
        return self._outputs(id, self._body(inputs))

    def remove(self, resources: Resources, name: str, outputs: Values) -> None:
        """Leave it as it is: there is nothing to delete."""

    def _outputs(self, name: str, found: Values) -> dict[str, Any]:
        parts = name.split("/")
        return {**_copied(found), "name": name, "project": parts[1], "location": parts[3]}


class ProjectConfig(_Singleton):
    """Logs of a project in a location."""

    token = "gcp:artifactregistry/projectConfig:ProjectConfig"  # noqa: S105
    module, file, kind = "artifactregistry", "project_config", "projectConfig"
    suffix, method, parts = "projectConfig", "updateProjectConfig", ("platformLogsConfig",)
    computing: ClassVar = ("project", "location", "platformLogsConfig")


class VpcscConfig(_Singleton):
    """What VPC Service Controls lets remote repositories of a project in a location reach."""

    token = "gcp:artifactregistry/vpcscConfig:VpcscConfig"  # noqa: S105
    module, file, kind = "artifactregistry", "vpcsc_config", "vpcscConfig"
    suffix, method, parts = "vpcscConfig", "updateVpcscConfig", ("vpcscPolicy",)
    computing: ClassVar = ("project", "location", "vpcscPolicy")


def get_repository(cloud: GcpCloud, arguments: dict[str, Any]) -> dict[str, Any]:
    """Look a repository up."""
    placed = {**arguments, "project": cloud.project_of(arguments), "location": cloud.location_of(arguments)}
    name = name_of(placed)
    with cloud.look() as resources:
        found = resources.get("repository", name)
    if found is None:
        raise Refusal("", f"{name} not found")
    result = _outputs(cloud, name, found, {})
    # Blocks are lists in a data source.
    for key, value in result.items():
        if isinstance(value, dict) and not key.endswith(("abels",)):
            result[key] = [value]
    return {"id": name, **result}


TYPES: Final = (Repository(), Rule(), ProjectConfig(), VpcscConfig())

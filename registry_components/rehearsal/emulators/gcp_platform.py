"""What stands around Artifact Registry: secrets, keys, service accounts, services, and roles on all of them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from ..emulator import AutoName, Refusal, has_unknown
from .gcp_artifactregistry import name_of
from .gcp_cloud import MADE_AT, GcpCloud, Resources, agent_of, number_of
from .gcp_discovery import Request
from .gcp_types import GcpType, Values, all_labels, given, label_outputs, label_rules, refuse_first

_MEMBER: Final = re.compile(
    r"allUsers|allAuthenticatedUsers|(?:user|serviceAccount|group|domain|projectOwner|projectEditor|projectViewer"
    r"|deleted:(?:user|serviceAccount|group)):\S+|principal(?:Set)?://\S+"
)
_ROLE: Final = re.compile(r"roles/[A-Za-z0-9_.]+|(?:projects|organizations)/[^/]+/roles/[A-Za-z0-9_.]+")
_SERVICE: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.googleapis\.com")
_HELD: Final = re.compile(r"projects/([^/]+)/.*")


def _text(value: Any) -> str:
    return "unknown" if value is None or has_unknown(value) else str(value)


class KeptType(GcpType):
    """A resource that is kept as the service's body, under a name of its own."""

    words: ClassVar[str]
    """What the service calls it."""

    def full_name(self, inputs: Values) -> str:
        """Return its full name."""
        raise NotImplementedError

    def kept(self, cloud: GcpCloud, inputs: Values) -> dict[str, Any]:  # noqa: ARG002
        """Return what the service keeps."""
        return {}

    def outputs(self, cloud: GcpCloud, name: str, found: Values, known: Values) -> dict[str, Any]:
        """Return what the provider reads."""
        raise NotImplementedError

    def needs(self, cloud: GcpCloud, resources: Resources, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what it refers to that is not there."""
        return ()

    def create(self, cloud: GcpCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it."""
        placed = {**inputs, **self._placed(cloud, inputs)}
        refuse_first(self.check(cloud, placed))
        name = self.full_name(placed)
        with cloud.change() as resources:
            if resources.get(self.kind, name) is not None:
                raise Refusal(
                    "",
                    f"Error creating {self.words}: googleapi: Error 409: {name} already exists; adopt it with import",
                )
            refuse_first(self.needs(cloud, resources, placed))
            resources.put(self.kind, name, self.kept(cloud, placed))
            found = resources.get(self.kind, name) or {}
        return name, self.outputs(cloud, name, found, placed)

    def read(self, cloud: GcpCloud, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return it as it is."""
        with cloud.look() as resources:
            found = resources.get(self.kind, id)
        return None if found is None else self.outputs(cloud, id, found, outputs)

    def update(self, cloud: GcpCloud, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002, ARG002
        """Change it in place."""
        placed = {**inputs, **self._placed(cloud, inputs)}
        refuse_first(self.check(cloud, placed))
        with cloud.change() as resources:
            before = resources.get(self.kind, id)
            if before is None:
                raise Refusal("", f"Error updating {self.words}: googleapi: Error 404: {id} was not found")
            resources.put(self.kind, id, {**before, **self.kept(cloud, placed)})
            found = resources.get(self.kind, id) or {}
        return self.outputs(cloud, id, found, placed)


class Secret(KeptType):
    """A secret of Secret Manager, without a value."""

    token = "gcp:secretmanager/secret:Secret"  # noqa: S105 - a resource type
    module, file, kind, words = "secretmanager", "secret", "secret", "Secret"
    name_property = "secretId"
    replacing: ClassVar = ("project", "secretId", "replication", "tags")
    computing: ClassVar = ("project", "expireTime")
    auto_name = AutoName(property="secretId")
    changed: ClassVar = {"deletionProtection": {"default": False}}

    def rules(self, inputs: Values) -> Iterable[Refusal]:
        """Yield what is wrong with a secret by itself."""
        yield from label_rules(inputs)
        name = inputs.get("secretId")
        if isinstance(name, str) and not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
            yield Refusal(
                "secretId", f"Error 400: {name!r} has to be at most 255 letters, digits, hyphens and underscores"
            )
        if inputs.get("ttl") is not None and inputs.get("expireTime") is not None:
            yield Refusal("ttl", "conflicts with expireTime: give one of them")
        replication = inputs.get("replication")
        if isinstance(replication, Mapping):
            both = [name for name in ("auto", "userManaged") if replication.get(name) is not None]
            if len(both) != 1:
                yield Refusal("replication", "exactly one of auto, userManaged must be specified")

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:
        """Return the request that makes it."""
        parameters = given(parent=f"projects/{_text(inputs.get('project'))}", secretId=_text(inputs.get("secretId")))
        return Request("secretmanager.projects.secrets.create", parameters, self.kept(cloud, inputs))

    def full_name(self, inputs: Values) -> str:
        """Return its full name."""
        return f"projects/{inputs['project']}/secrets/{inputs['secretId']}"

    def kept(self, cloud: GcpCloud, inputs: Values) -> dict[str, Any]:
        """Return the service's body."""
        labels = inputs.get("labels")
        replication = inputs.get("replication")
        if isinstance(replication, Mapping) and replication.get("auto") is not None:
            replication = {"automatic": _kms(replication["auto"])}
        return given(
            replication=replication,
            labels=labels if has_unknown(labels) else all_labels(cloud, inputs),
            annotations=inputs.get("annotations"),
            topics=inputs.get("topics"),
            rotation=inputs.get("rotation"),
            expireTime=inputs.get("expireTime"),
            ttl=inputs.get("ttl"),
            versionDestroyTtl=inputs.get("versionDestroyTtl"),
            versionAliases=inputs.get("versionAliases"),
        )

    def outputs(self, cloud: GcpCloud, name: str, found: Values, known: Values) -> dict[str, Any]:
        """Return what the provider reads."""
        _, project, _, secret = name.split("/")
        replication = dict(found["replication"])
        if "automatic" in replication:
            replication = {"auto": known.get("replication", {}).get("auto", {})}
        return {
            **given(**{key: found.get(key) for key in found if key not in ("labels", "replication", "ttl")}),
            **label_outputs(cloud, found, known),
            **given(ttl=known.get("ttl")),
            "replication": replication,
            "effectiveAnnotations": found.get("annotations", {}),
            "deletionPolicy": known.get("deletionPolicy", "DELETE"),
            "deletionProtection": known.get("deletionProtection", False),
            "secretId": secret,
            "project": project,
            "name": f"projects/{number_of(project)}/secrets/{secret}",
            "createTime": MADE_AT,
        }

    def delete(self, cloud: GcpCloud, id: str, outputs: Values) -> None:  # noqa: A002
        """Remove it with its versions."""
        if outputs.get("deletionProtection"):
            raise Refusal("", f"cannot destroy {id} without setting deletion_protection=false")
        super().delete(cloud, id, outputs)


def _kms(auto: Any) -> dict[str, Any]:
    encryption = auto.get("customerManagedEncryption") if isinstance(auto, Mapping) else None
    return {} if encryption is None else {"customerManagedEncryption": encryption}


class SecretVersion(KeptType):
    """A value of a secret."""

    token = "gcp:secretmanager/secretVersion:SecretVersion"  # noqa: S105
    module, file, kind, words = "secretmanager", "secret_version", "secretVersion", "SecretVersion"
    replacing: ClassVar = ("secret", "secretData", "secretDataWoVersion", "isSecretDataBase64")
    computing: ClassVar = ("project",)
    changed: ClassVar = {
        "enabled": {"default": True},
        "deletionPolicy": {"default": "DELETE", "enum": ("DELETE", "DISABLE", "ABANDON")},
        "secretDataWo": {"write_only": True},
    }

    def rules(self, inputs: Values) -> Iterable[Refusal]:
        """Yield what is wrong with a value by itself. The value is never repeated."""
        data = inputs.get("secretData")
        if data is None and inputs.get("secretDataWo") is None:
            yield Refusal("secretData", "one of secretData, secretDataWo must be specified")
        if isinstance(data, str) and len(data.encode()) > 65_536:
            yield Refusal("secretData", "Error 400: a secret's value is at most 65,536 bytes")
        if inputs.get("isSecretDataBase64") is True and isinstance(data, str):
            try:
                base64.b64decode(data, validate=True)
            except (binascii.Error, ValueError):
                yield Refusal("secretData", "it is not base64, as isSecretDataBase64 says")
        secret = inputs.get("secret")
        if isinstance(secret, str) and not re.fullmatch(r"projects/[^/]+/secrets/[^/]+", secret):
            yield Refusal("secret", f"{secret!r} is not projects/PROJECT/secrets/SECRET")

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:  # noqa: ARG002
        """Return the request that adds it."""
        secret = inputs.get("secret")
        parent = secret if isinstance(secret, str) else "projects/unknown/secrets/unknown"
        data = inputs.get("secretData")
        encoded = base64.b64encode(str(data).encode()).decode() if not has_unknown(data) else data
        return Request("secretmanager.projects.secrets.addVersion", {"parent": parent}, {"payload": {"data": encoded}})

    def create(self, cloud: GcpCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Add it under the next number."""
        secret = str(inputs["secret"])
        placed = {**inputs, "project": secret.split("/")[1]}
        refuse_first(self.check(cloud, placed))
        with cloud.change() as resources:
            found = resources.get("secret", secret)
            if found is None and cloud.owns(placed["project"], resources):
                raise Refusal("secret", f"Error creating SecretVersion: googleapi: Error 404: [{secret}] not found.")
            number = int((found or {}).get("versions", 0)) + 1
            if found is not None:
                resources.put("secret", secret, {**found, "versions": number})
            name = f"{secret}/versions/{number}"
            resources.put(self.kind, name, self.kept(cloud, placed))
        return name, self.outputs(cloud, name, self.kept(cloud, placed), placed)

    def kept(self, cloud: GcpCloud, inputs: Values) -> dict[str, Any]:  # noqa: ARG002
        """Return its state: the emulated cloud keeps no values."""
        return {"state": "DISABLED" if inputs.get("enabled") is False else "ENABLED"}

    def outputs(self, cloud: GcpCloud, name: str, found: Values, known: Values) -> dict[str, Any]:  # noqa: ARG002
        """Return what the provider reads."""
        parts = name.split("/")
        return {
            **given(**{key: known.get(key) for key in ("secretData", "secretDataWoVersion", "isSecretDataBase64")}),
            "secret": "/".join(parts[:4]),
            "project": known.get("project", parts[1]),
            "deletionPolicy": known.get("deletionPolicy", "DELETE"),
            "enabled": found.get("state") == "ENABLED",
            "name": f"projects/{number_of(parts[1])}/{'/'.join(parts[2:])}",
            "version": parts[5],
            "createTime": MADE_AT,
        }


class ServiceAccount(KeptType):
    """A service account."""

    token = "gcp:serviceaccount/account:Account"  # noqa: S105
    module, file, kind, words = "serviceaccount", "account", "account", "service account"
    name_property = "accountId"
    replacing: ClassVar = ("project", "accountId")
    computing: ClassVar = ("project",)
    auto_name = AutoName(property="accountId", max_length=30)

    def rules(self, inputs: Values) -> Iterable[Refusal]:
        """Yield what is wrong with an account by itself."""
        name = inputs.get("accountId")
        if isinstance(name, str) and not re.fullmatch(r"[a-z](?:[-a-z0-9]{4,28}[a-z0-9])", name):
            yield Refusal(
                "accountId", f"{name!r} has to be 6 to 30 lower-case letters, digits and hyphens, a letter first"
            )

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:  # noqa: ARG002
        """Return the request that makes it."""
        body = {
            "accountId": _text(inputs.get("accountId")),
            "serviceAccount": given(displayName=inputs.get("displayName"), description=inputs.get("description")),
        }
        parameters = {"name": f"projects/{_text(inputs.get('project'))}"}
        return Request("iam.projects.serviceAccounts.create", parameters, body)

    def full_name(self, inputs: Values) -> str:
        """Return its full name."""
        project = inputs["project"]
        return f"projects/{project}/serviceAccounts/{inputs['accountId']}@{project}.iam.gserviceaccount.com"

    def kept(self, cloud: GcpCloud, inputs: Values) -> dict[str, Any]:  # noqa: ARG002
        """Return the service's body."""
        names = ("displayName", "description", "disabled")
        return {name: inputs[name] for name in names if inputs.get(name) is not None}

    def outputs(self, cloud: GcpCloud, name: str, found: Values, known: Values) -> dict[str, Any]:  # noqa: ARG002
        """Return what the provider reads."""
        email = name.rsplit("/", 1)[-1]
        return {
            **found,
            "accountId": email.split("@", 1)[0],
            "project": name.split("/")[1],
            "deletionPolicy": known.get("deletionPolicy", "DELETE"),
            "email": email,
            "member": f"serviceAccount:{email}",
            "name": name,
            "uniqueId": number_of(email),
        }


class KeyRing(KeptType):
    """A key ring. Google never deletes one: `delete` leaves it, as the provider does."""

    token = "gcp:kms/keyRing:KeyRing"  # noqa: S105
    module, file, kind, words = "kms", "key_ring", "keyRing", "KeyRing"
    name_property = "name"
    replacing: ClassVar = ("project", "location", "name")
    auto_name = AutoName()

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:  # noqa: ARG002
        """Return the request that makes it."""
        parent = f"projects/{_text(inputs.get('project'))}/locations/{_text(inputs.get('location'))}"
        parameters = {"parent": parent, "keyRingId": _text(inputs.get("name"))}
        return Request("cloudkms.projects.locations.keyRings.create", parameters, {})

    def full_name(self, inputs: Values) -> str:
        """Return its full name."""
        return f"projects/{inputs['project']}/locations/{inputs['location']}/keyRings/{inputs['name']}"

    def outputs(self, cloud: GcpCloud, name: str, found: Values, known: Values) -> dict[str, Any]:  # noqa: ARG002
        """Return what the provider reads."""
        _, project, _, location, _, ring = name.split("/")
        return {"project": project, "location": location, "name": ring}

    def remove(self, resources: Resources, name: str, outputs: Values) -> None:
        """Leave it: a key ring cannot be deleted."""


class CryptoKey(KeptType):
    """A key. Its versions are destroyed when it is deleted, and its name stays taken."""

    token = "gcp:kms/cryptoKey:CryptoKey"  # noqa: S105
    module, file, kind, words = "kms", "crypto_key", "key", "CryptoKey"
    name_property = "name"
    replacing: ClassVar = ("keyRing", "name", "purpose", "importOnly", "cryptoKeyBackend", "destroyScheduledDuration")
    computing: ClassVar = ("destroyScheduledDuration", "versionTemplate")
    auto_name = AutoName()
    changed: ClassVar = {"purpose": {"default": "ENCRYPT_DECRYPT"}}

    def rules(self, inputs: Values) -> Iterable[Refusal]:
        """Yield what is wrong with a key by itself."""
        yield from label_rules(inputs)
        period = inputs.get("rotationPeriod")
        found = re.fullmatch(r"(\d+)(?:\.\d+)?s", period) if isinstance(period, str) else None
        if isinstance(period, str) and (found is None or int(found[1]) < 86_400):
            yield Refusal("rotationPeriod", f"{period!r} has to be seconds, at least 86400s (one day)")

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:
        """Return the request that makes it."""
        ring = inputs.get("keyRing")
        parent = ring if isinstance(ring, str) else "projects/unknown/locations/unknown/keyRings/unknown"
        parameters = {"parent": parent, "cryptoKeyId": _text(inputs.get("name"))}
        labels = inputs.get("labels")
        body = given(
            purpose=inputs.get("purpose"),
            rotationPeriod=inputs.get("rotationPeriod"),
            labels=labels if has_unknown(labels) else all_labels(cloud, inputs),
        )
        return Request("cloudkms.projects.locations.keyRings.cryptoKeys.create", parameters, body)

    def full_name(self, inputs: Values) -> str:
        """Return its full name."""
        return f"{inputs['keyRing']}/cryptoKeys/{inputs['name']}"

    def needs(self, cloud: GcpCloud, resources: Resources, inputs: Values) -> Iterable[Refusal]:
        """A key stands in a ring."""
        ring = str(inputs["keyRing"])
        held = _HELD.fullmatch(ring)
        if resources.get("keyRing", ring) is None and held is not None and cloud.owns(held[1], resources):
            yield Refusal("keyRing", f"Error creating CryptoKey: googleapi: Error 404: {ring} not found")

    def kept(self, cloud: GcpCloud, inputs: Values) -> dict[str, Any]:
        """Return the service's body."""
        return given(
            purpose=inputs.get("purpose"),
            rotationPeriod=inputs.get("rotationPeriod"),
            labels=all_labels(cloud, inputs),
            destroyScheduledDuration=inputs.get("destroyScheduledDuration", "2592000s"),
        )

    def outputs(self, cloud: GcpCloud, name: str, found: Values, known: Values) -> dict[str, Any]:
        """Return what the provider reads."""
        ring, _, key = name.rpartition("/cryptoKeys/")
        return {
            **{key_: value for key_, value in found.items() if key_ != "labels"},
            **label_outputs(cloud, found, known),
            "versionTemplate": {"algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION", "protectionLevel": "SOFTWARE"},
            "deletionPolicy": known.get("deletionPolicy", "DELETE"),
            "keyRing": ring,
            "name": key,
        }


class Service(KeptType):
    """An API that is switched on in a project."""

    token = "gcp:projects/service:Service"  # noqa: S105
    module, file, kind, words = "projects", "service", "service", "service"
    replacing: ClassVar = ("project", "service")
    computing: ClassVar = ("project",)
    changed: ClassVar = {"disableOnDestroy": {"default": True}}

    def rules(self, inputs: Values) -> Iterable[Refusal]:
        """Yield a name that is no API's."""
        service = inputs.get("service")
        if isinstance(service, str) and not _SERVICE.fullmatch(service):
            yield Refusal("service", f"{service!r} is not an API's name, such as artifactregistry.googleapis.com")

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:  # noqa: ARG002
        """Return the request that switches it on."""
        name = f"projects/{_text(inputs.get('project'))}/services/{_text(inputs.get('service'))}"
        return Request("serviceusage.services.enable", {"name": name}, {})

    def full_name(self, inputs: Values) -> str:
        """Return what the provider has for an id."""
        return f"{inputs['project']}/{inputs['service']}"

    def create(self, cloud: GcpCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Switch it on; one that is on already stays so."""
        placed = {**inputs, **self._placed(cloud, inputs)}
        refuse_first(self.check(cloud, placed))
        name = self.full_name(placed)
        with cloud.change() as resources:
            resources.put(self.kind, name, {})
        return name, self.outputs(cloud, name, {}, placed)

    def outputs(self, cloud: GcpCloud, name: str, found: Values, known: Values) -> dict[str, Any]:  # noqa: ARG002
        """Return what the provider reads."""
        project, _, service = name.partition("/")
        names = ("disableOnDestroy", "disableDependentServices", "deletionPolicy", "checkIfServiceHasUsageOnDestroy")
        return {**given(**{key: known.get(key) for key in names}), "project": project, "service": service}

    def delete(self, cloud: GcpCloud, id: str, outputs: Values) -> None:  # noqa: A002
        """Switch it off, unless it is to stay on."""
        if outputs.get("disableOnDestroy") is not False:
            super().delete(cloud, id, outputs)


class ServiceIdentity(KeptType):
    """A service's own account in a project. It stays when it is deleted, as the provider leaves it."""

    token = "gcp:projects/serviceIdentity:ServiceIdentity"  # noqa: S105
    module, file, kind, words = "projects", "service_identity", "serviceIdentity", "service identity"
    replacing: ClassVar = ("project", "service")
    computing: ClassVar = ("project",)

    def rules(self, inputs: Values) -> Iterable[Refusal]:
        """Yield a name that is no API's."""
        service = inputs.get("service")
        if isinstance(service, str) and not _SERVICE.fullmatch(service):
            yield Refusal("service", f"{service!r} is not an API's name, such as artifactregistry.googleapis.com")

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:  # noqa: ARG002
        """Return the request; the method is of v1beta1, whose parameters have no pattern that v1's have not."""
        name = f"projects/{_text(inputs.get('project'))}/services/{_text(inputs.get('service'))}"
        return Request("serviceusage.services.get", {"name": name})

    def full_name(self, inputs: Values) -> str:
        """Return its full name."""
        return f"projects/{inputs['project']}/services/{inputs['service']}"

    def create(self, cloud: GcpCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it, or find the one that is there."""
        placed = {**inputs, **self._placed(cloud, inputs)}
        refuse_first(self.check(cloud, placed))
        name = self.full_name(placed)
        with cloud.change() as resources:
            resources.put(self.kind, name, {})
        return name, self.outputs(cloud, name, {}, placed)

    def outputs(self, cloud: GcpCloud, name: str, found: Values, known: Values) -> dict[str, Any]:  # noqa: ARG002
        """Return what the provider reads."""
        _, project, _, service = name.split("/")
        member = agent_of(project, service.removesuffix(".googleapis.com"))
        return {
            "project": project,
            "service": service,
            "email": member.removeprefix("serviceAccount:"),
            "member": member,
        }

    def remove(self, resources: Resources, name: str, outputs: Values) -> None:
        """Leave it: Google keeps the account."""


class Member(GcpType):
    """One member of one role on something: `...IamMember`."""

    def __init__(self, token: str, file: tuple[str, str], on: str, key: str, method: str) -> None:
        self.token = token
        self.module, self.file = file  # type: ignore[misc]
        self.kind = on  # type: ignore[misc]
        self._key = key
        self._method = method
        self.replacing = ("project", "location", key, "role", "member", "condition")  # type: ignore[misc]

    def rules(self, inputs: Values) -> Iterable[Refusal]:
        """Yield what IAM does not take."""
        member, role = inputs.get("member"), inputs.get("role")
        if isinstance(member, str) and not _MEMBER.fullmatch(member):
            yield Refusal("member", f"Error 400: {member!r} is not a member, such as user:EMAIL or group:EMAIL")
        if isinstance(role, str) and not _ROLE.fullmatch(role):
            yield Refusal("role", f"Error 400: {role!r} is not a role, such as roles/artifactregistry.reader")

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:  # noqa: ARG002
        """Return the request that sets the policy."""
        binding = given(
            role=inputs.get("role"),
            members=None if has_unknown(inputs.get("member")) else [inputs.get("member")],
            condition=inputs.get("condition"),
        )
        if self.kind == "bucket":
            return Request(self._method, {"bucket": _text(inputs.get(self._key))}, {"bindings": [binding]})
        held = any(has_unknown(inputs.get(key)) for key in (self._key, "project", "location"))
        parameters = {"resource": _EXAMPLES[self.kind] if held else self._on(inputs)}
        if self.kind == "project":
            parameters["resource"] = parameters["resource"].removeprefix("projects/")
        return Request(self._method, parameters, {"policy": {"bindings": [binding]}})

    def _on(self, inputs: Values) -> str:
        value = str(inputs[self._key])
        match self.kind:
            case "repository":
                return name_of(inputs, "repository")
            case "secret":
                return f"projects/{inputs['project']}/secrets/{value.rsplit('/', 1)[-1]}"
            case "project":
                return f"projects/{value.removeprefix('projects/')}"
            case "bucket":
                return f"b/{value.removeprefix('b/')}"
        if value.startswith("projects/"):
            return value
        parts = value.split("/")  # the provider's short form: project/location/ring/key
        return f"projects/{parts[0]}/locations/{parts[1]}/keyRings/{parts[2]}/cryptoKeys/{parts[3]}"

    def create(self, cloud: GcpCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Add the member."""
        placed = {**inputs, **self._placed(cloud, inputs)}
        refuse_first(self.check(cloud, placed))
        on = self._on(placed)
        with cloud.change() as resources:
            owner = on.split("/")[1]
            if self.kind != "project" and resources.get(self.kind, on) is None and cloud.owns(owner, resources):
                raise Refusal(
                    "", f"Error retrieving IAM policy for {self.kind} {on!r}: googleapi: Error 404: not found"
                )
            bindings = resources.policy(self.kind, on)
            _binding(bindings, placed)["members"].append(placed["member"])
            resources.set_policy(self.kind, on, bindings)
        return self._id(on, placed), self._outputs(on, placed)

    def read(self, cloud: GcpCloud, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return it where the member still has the role."""
        if not outputs:
            parts = id.split(" ")
            if len(parts) != 3:
                raise Refusal("", f"{id!r}: import takes 'NAME ROLE MEMBER', parted by blanks")
            outputs = {**_named(self.kind, self._key, parts[0]), "role": parts[1], "member": parts[2]}
        placed = {**outputs, **self._placed(cloud, outputs)}
        on = self._on(placed)
        with cloud.look() as resources:
            there = placed["member"] in _binding(resources.policy(self.kind, on), placed)["members"]
        return self._outputs(on, placed) if there else None

    def update(self, cloud: GcpCloud, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002, ARG002
        """Nothing of it can change in place."""
        return dict(old_outputs)

    def delete(self, cloud: GcpCloud, id: str, outputs: Values) -> None:  # noqa: A002, ARG002
        """Take the member out."""
        placed = {**outputs, **self._placed(cloud, outputs)}
        on = self._on(placed)
        with cloud.change() as resources:
            bindings = resources.policy(self.kind, on)
            members = _binding(bindings, placed)["members"]
            if placed["member"] in members:
                members[:] = [member for member in members if member != placed["member"]]
                resources.set_policy(self.kind, on, bindings)

    def _id(self, on: str, inputs: Values) -> str:
        condition = inputs.get("condition")
        title = f"/{condition['title']}" if isinstance(condition, Mapping) else ""
        return f"{on}/{inputs['role']}/{inputs['member']}{title}"

    def _outputs(self, on: str, inputs: Values) -> dict[str, Any]:
        names = ("project", "location", "role", "member", "condition")
        # A policy's etag changes with every member; the provider shows it, and it is no difference.
        found = given(**{name: inputs.get(name) for name in names if name in self.properties})
        return {**found, self._key: on if self.kind != "project" else inputs[self._key], "etag": "BwY="}

    def same(self, name: str, old: Any, new: Any) -> bool:
        """A name and its full name are the same."""
        return name == self._key and str(old).rsplit("/", 1)[-1] == str(new).rsplit("/", 1)[-1]


def _named(kind: str, key: str, name: str) -> dict[str, str]:
    parts = name.split("/")
    found = {key: name if kind != "project" else name.removeprefix("projects/")}
    if kind in {"repository", "secret"} and len(parts) > 1:
        found["project"] = parts[1]
    if kind == "repository" and len(parts) > 3:
        found["location"] = parts[3]
    return found


def _binding(bindings: list[dict[str, Any]], inputs: Values) -> dict[str, Any]:
    """Return the binding of a role and condition; one is added where there is none."""
    condition = inputs.get("condition")
    for found in bindings:
        if found["role"] == inputs["role"] and found.get("condition") == condition:
            return found
    made: dict[str, Any] = {"role": inputs["role"], "members": [], **given(condition=condition)}
    bindings.append(made)
    return made


_EXAMPLES: Final = {
    "repository": "projects/unknown/locations/unknown/repositories/unknown",
    "secret": "projects/unknown/secrets/unknown",
    "key": "projects/unknown/locations/unknown/keyRings/unknown/cryptoKeys/unknown",
    "project": "projects/unknown",
    "account": "projects/unknown/serviceAccounts/unknown",
}
TYPES: Final = (
    Secret(),
    SecretVersion(),
    ServiceAccount(),
    KeyRing(),
    CryptoKey(),
    Service(),
    ServiceIdentity(),
    Member(
        "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
        ("artifactregistry", "repository_iam_member"),
        "repository",
        "repository",
        "artifactregistry.projects.locations.repositories.setIamPolicy",
    ),
    Member(
        "gcp:secretmanager/secretIamMember:SecretIamMember",
        ("secretmanager", "secret_iam_member"),
        "secret",
        "secretId",
        "secretmanager.projects.secrets.setIamPolicy",
    ),
    Member(
        "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        ("kms", "crypto_key_iam_member"),
        "key",
        "cryptoKeyId",
        "cloudkms.projects.locations.keyRings.cryptoKeys.setIamPolicy",
    ),
    Member(
        "gcp:projects/iAMMember:IAMMember",
        ("projects", "iam_member"),
        "project",
        "project",
        "cloudresourcemanager.projects.setIamPolicy",
    ),
    Member(
        "gcp:serviceaccount/iAMMember:IAMMember",
        ("serviceaccount", "iam_member"),
        "account",
        "serviceAccountId",
        "iam.projects.serviceAccounts.setIamPolicy",
    ),
    Member(
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        ("storage", "bucket_iam_member"),
        "bucket",
        "bucket",
        "storage.buckets.setIamPolicy",
    ),
)

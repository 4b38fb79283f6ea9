"""Cloud Storage's buckets, and the keys of the accounts that use them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from ..emulator import AutoName, Refusal, ResourceType, has_unknown, known_items, known_members
from .gcp_cloud import MADE_AT, GcpCloud, Resources, number_of
from .gcp_discovery import Request
from .gcp_platform import KeptType
from .gcp_types import Values, all_labels, given, label_outputs, label_rules, refuse_first

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_LOCATION: Final = re.compile(r"ASIA|EU|US|ASIA1|EUR[4578]|NAM4|[A-Z]+-[A-Z]+[0-9]+")
_ACTIONS: Final = ("Delete", "SetStorageClass", "AbortIncompleteMultipartUpload")
_CLASSES: Final = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "MULTI_REGIONAL", "REGIONAL")
_STATES: Final = {"LIVE": True, "ARCHIVED": False}
_KEY: Final = re.compile(r"projects/([^/]+)/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+")
_KEY_ROLE: Final = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
_DEFAULT_SOFT_DELETE: Final = 604_800
_PLURALS: Final = {"matchesPrefixes": "matchesPrefix", "matchesSuffixes": "matchesSuffix"}


def agent(project: str) -> str:
    """Return the address of Cloud Storage's own account in a project."""
    return f"service-{number_of(project)}@gs-project-accounts.iam.gserviceaccount.com"


def get_project_service_account(cloud: GcpCloud, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer who Cloud Storage is in a project."""
    project = cloud.project_of(arguments)
    email = agent(project)
    return {"emailAddress": email, "member": f"serviceAccount:{email}", "project": project, "id": email}


class Bucket(KeptType):
    """A bucket. The emulated cloud keeps no objects, so that each is empty."""

    token = "gcp:storage/bucket:Bucket"  # noqa: S105 - a resource type
    module, file, kind, words = "storage", "bucket", "bucket", "bucket"
    name_property = "name"
    replacing: ClassVar = ("project", "location", "name", "customPlacementConfig", "enableObjectRetention")
    computing: ClassVar = (
        "project",
        "publicAccessPrevention",
        "rpo",
        "softDeletePolicy",
        "softDeletePolicy.effectiveTime",
        "softDeletePolicy.retentionDurationSeconds",
        "uniformBucketLevelAccess",
        "versioning",
        "lifecycleRules.condition.withState",
    )
    auto_name = AutoName(lower=True, max_length=63)
    changed: ClassVar = {
        "forceDestroy": {"default": False},
        "storageClass": {"default": "STANDARD"},
        "publicAccessPrevention": {"enum": ("inherited", "enforced")},
    }

    def rules(self, inputs: Values) -> Iterable[Refusal]:
        """Yield what is wrong with a bucket by itself."""
        yield from label_rules(inputs)
        name, location, class_ = inputs.get("name"), inputs.get("location"), inputs.get("storageClass")
        if isinstance(name, str) and not _NAME.fullmatch(name):
            yield Refusal("name", f"Error 400: Invalid bucket name: {name!r}")
        if isinstance(location, str) and not _LOCATION.fullmatch(location.upper()):
            yield Refusal("location", f"Error 400: The specified location constraint is not valid: {location!r}")
        if isinstance(class_, str) and class_ not in _CLASSES:
            yield Refusal("storageClass", f"Error 400: {class_!r} is not one of {', '.join(_CLASSES)}")
        seconds = known_members(inputs, "softDeletePolicy").get("retentionDurationSeconds")
        if isinstance(seconds, int) and seconds != 0 and not 604_800 <= seconds <= 7_776_000:
            yield Refusal(
                "softDeletePolicy.retentionDurationSeconds",
                f"Error 400: {seconds} has to be 0, or 604800 to 7776000 (7 to 90 days)",
            )
        for index, rule in enumerate(known_items(inputs, "lifecycleRules")):
            yield from _rule_refused(rule, f"lifecycleRules[{index}]")

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:
        """Return the request that makes it."""
        project = inputs.get("project")
        body = {key: value for key, value in self.kept(cloud, inputs).items() if value is not None}
        return Request("storage.buckets.insert", {"project": "unknown" if has_unknown(project) else project}, body)

    def full_name(self, inputs: Values) -> str:
        """Return its name as its IAM policy's owner."""
        return f"b/{inputs['name']}"

    def kept(self, cloud: GcpCloud, inputs: Values) -> dict[str, Any]:
        """Return the service's body; what is not set up is None, so that a change takes it away."""
        labels, location = inputs.get("labels"), inputs.get("location")
        soft, versioning = inputs.get("softDeletePolicy"), inputs.get("versioning")
        uniform = inputs.get("uniformBucketLevelAccess")
        return {
            "name": inputs.get("name"),
            "location": location.upper() if isinstance(location, str) else location,
            "storageClass": inputs.get("storageClass"),
            "labels": labels if has_unknown(labels) else all_labels(cloud, inputs),
            "versioning": versioning,
            "encryption": inputs.get("encryption"),
            "softDeletePolicy": {
                "retentionDurationSeconds": str(soft.get("retentionDurationSeconds", _DEFAULT_SOFT_DELETE))
            }
            if isinstance(soft, Mapping) and not has_unknown(soft)
            else soft,
            "iamConfiguration": given(
                publicAccessPrevention=inputs.get("publicAccessPrevention"),
                uniformBucketLevelAccess=None if uniform is None else {"enabled": uniform},
            ),
            "lifecycle": None
            if inputs.get("lifecycleRules") is None
            else {"rule": [_sent(rule) for rule in known_items(inputs, "lifecycleRules")]},
            "logging": inputs.get("logging"),
            "rpo": inputs.get("rpo"),
            "defaultEventBasedHold": inputs.get("defaultEventBasedHold"),
        }

    def needs(self, cloud: GcpCloud, resources: Resources, inputs: Values) -> Iterable[Refusal]:
        """Cloud Storage has to be let use a key before the bucket names it."""
        key = str(known_members(inputs, "encryption").get("defaultKmsKeyName") or "")
        found = _KEY.fullmatch(key)
        if found is None or not cloud.owns(found[1], resources):
            return
        member = f"serviceAccount:{agent(str(inputs['project']))}"
        if resources.get("key", key) is None:
            yield Refusal("encryption.defaultKmsKeyName", f"googleapi: Error 404: Cloud KMS key {key} not found")
        elif not resources.has_role("key", key, found[1], _KEY_ROLE, member):
            yield Refusal(
                "encryption.defaultKmsKeyName",
                f"googleapi: Error 403: Permission denied on Cloud KMS key. Please ensure that your Cloud Storage "
                f"service account has been authorized to use this key: {member} needs {_KEY_ROLE}",
            )

    def create(self, cloud: GcpCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it; its id is its name."""
        name, outputs = super().create(cloud, inputs)
        return name.removeprefix("b/"), outputs

    def read(self, cloud: GcpCloud, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return it as it is."""
        return super().read(cloud, f"b/{id.rsplit('/', 1)[-1]}", {**outputs, **self._placed(cloud, outputs)})

    def _placed(self, cloud: GcpCloud, inputs: Values) -> dict[str, Any]:
        # A bucket's location is always said.
        return {} if has_unknown(inputs.get("project")) else {"project": cloud.project_of(inputs)}

    def update(self, cloud: GcpCloud, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002
        """Change it in place."""
        return super().update(cloud, f"b/{id}", old_outputs, inputs)

    def delete(self, cloud: GcpCloud, id: str, outputs: Values) -> None:  # noqa: A002
        """Remove it with its policy."""
        super().delete(cloud, f"b/{id}", outputs)

    def remove(self, resources: Resources, name: str, outputs: Values) -> None:  # noqa: ARG002
        """Remove it from the cloud."""
        resources.remove(self.kind, name)

    def outputs(self, cloud: GcpCloud, name: str, found: Values, known: Values) -> dict[str, Any]:
        """Return what the provider reads."""
        bucket, iam = name.removeprefix("b/"), found.get("iamConfiguration") or {}
        project = str(known.get("project") or cloud.project)
        soft = found.get("softDeletePolicy") or {"retentionDurationSeconds": str(_DEFAULT_SOFT_DELETE)}
        rules = (found.get("lifecycle") or {}).get("rule")
        return {
            **given(**{key: found.get(key) for key in ("storageClass", "encryption", "versioning", "logging", "rpo")}),
            **given(defaultEventBasedHold=found.get("defaultEventBasedHold")),
            **label_outputs(cloud, found, known),
            **given(lifecycleRules=None if rules is None else [_read(rule) for rule in rules]),
            "name": bucket,
            "location": found["location"],
            "project": project,
            "projectNumber": int(number_of(project)),
            "forceDestroy": bool(known.get("forceDestroy")),
            "deletionPolicy": known.get("deletionPolicy", "DELETE"),
            "publicAccessPrevention": iam.get("publicAccessPrevention", "inherited"),
            "uniformBucketLevelAccess": bool((iam.get("uniformBucketLevelAccess") or {}).get("enabled")),
            "softDeletePolicy": {
                "retentionDurationSeconds": int(soft["retentionDurationSeconds"]),
                "effectiveTime": MADE_AT,
            },
            "selfLink": f"https://www.googleapis.com/storage/v1/b/{bucket}",
            "url": f"gs://{bucket}",
            "timeCreated": MADE_AT,
            "updated": MADE_AT,
        }

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Locations are the same in capitals."""
        return name == "location" and str(old).upper() == str(new).upper()


def _rule_refused(rule: Values, path: str) -> Iterable[Refusal]:
    action, condition = known_members(rule, "action"), known_members(rule, "condition")
    kind = action.get("type")
    if isinstance(kind, str) and kind not in _ACTIONS:
        yield Refusal(f"{path}.action.type", f"Error 400: {kind!r} is not one of {', '.join(_ACTIONS)}")
    if kind == "SetStorageClass" and action.get("storageClass") is None:
        yield Refusal(f"{path}.action.storageClass", "Error 400: SetStorageClass needs a storage class")
    if not condition and not has_unknown(rule.get("condition")):
        yield Refusal(f"{path}.condition", "Error 400: a rule needs at least one condition")
    allowed = {"age", "matchesPrefixes", "matchesSuffixes"}
    if kind == "AbortIncompleteMultipartUpload" and set(condition) - allowed:
        others = ", ".join(sorted(set(condition) - allowed))
        yield Refusal(
            f"{path}.condition", f"Error 400: AbortIncompleteMultipartUpload takes no condition beside age: {others}"
        )


def _sent(rule: Values) -> dict[str, Any]:
    """Return a rule as the service has it."""
    condition: dict[str, Any] = {}
    for key, value in known_members(rule, "condition").items():
        if key == "withState":
            if value in _STATES:
                condition["isLive"] = _STATES[value]
        elif not key.startswith("send"):
            condition[_PLURALS.get(key, "matchesStorageClass" if key == "matchesStorageClasses" else key)] = (
                str(value) if key.startswith("size") and isinstance(value, int) else value
            )
    return {"action": dict(known_members(rule, "action")), "condition": condition}


def _read(rule: Values) -> dict[str, Any]:
    """Return a rule as the provider has it."""
    back = {**{theirs: ours for ours, theirs in _PLURALS.items()}, "matchesStorageClass": "matchesStorageClasses"}
    condition: dict[str, Any] = {}
    for key, value in rule["condition"].items():
        if key == "isLive":
            condition["withState"] = "LIVE" if value else "ARCHIVED"
        else:
            condition[back.get(key, key)] = int(value) if key.startswith("size") else value
    return {"action": dict(rule["action"]), "condition": condition}


class ServiceAccountKey(KeptType):
    """A key of a service account. The service tells it once; the emulated cloud keeps none."""

    token = "gcp:serviceaccount/key:Key"  # noqa: S105
    module, file, kind, words = "serviceaccount", "key", "accountKey", "service account key"
    replacing: ClassVar = ("serviceAccountId", "keepers", "keyAlgorithm", "privateKeyType", "publicKeyData")
    computing: ClassVar = ()
    changed: ClassVar = {
        "keyAlgorithm": {"default": "KEY_ALG_RSA_2048"},
        "privateKeyType": {"default": "TYPE_GOOGLE_CREDENTIALS_FILE"},
        "publicKeyType": {"default": "TYPE_X509_PEM_FILE"},
    }

    def rules(self, inputs: Values) -> Iterable[Refusal]:
        """Yield what is not emulated."""
        if inputs.get("publicKeyData") is not None:
            yield Refusal("publicKeyData", "is not emulated; let Google make the key")

    def request(self, cloud: GcpCloud, inputs: Values) -> Request:  # noqa: ARG002
        """Return the request that makes it."""
        account = inputs.get("serviceAccountId")
        name = account if isinstance(account, str) else "projects/unknown/serviceAccounts/unknown"
        body = given(keyAlgorithm=inputs.get("keyAlgorithm"), privateKeyType=inputs.get("privateKeyType"))
        return Request("iam.projects.serviceAccounts.keys.create", {"name": name}, body)

    def create(self, cloud: GcpCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it; an account has ten at most."""
        refuse_first(self.check(cloud, inputs))
        account = str(inputs["serviceAccountId"])
        project, email = account.split("/")[1], account.rsplit("/", 1)[-1]
        with cloud.change() as resources:
            if resources.get("account", account) is None and cloud.owns(project, resources):
                raise Refusal("serviceAccountId", f"googleapi: Error 404: Service account {account} does not exist.")
            there = resources.names(self.kind, f"{account}/keys/")
            if len(there) >= 10:
                raise Refusal("", "googleapi: Error 429: Maximum number of keys on account reached.")
            private, public = _pair()
            id_ = hashlib.sha256(public.encode()).hexdigest()[:40]
            name = f"{account}/keys/{id_}"
            resources.put(self.kind, name, {})
        content = {
            "type": "service_account",
            "project_id": project,
            "private_key_id": id_,
            "private_key": private,
            "client_email": email,
            "client_id": number_of(email),
            "token_uri": "https://oauth2.googleapis.com/token",
        }
        known = {
            **inputs,
            "privateKey": base64.b64encode(json.dumps(content, indent=2).encode()).decode(),
            "publicKey": base64.b64encode(public.encode()).decode(),
        }
        return name, self.outputs(cloud, name, {}, known)

    def outputs(self, cloud: GcpCloud, name: str, found: Values, known: Values) -> dict[str, Any]:  # noqa: ARG002
        """Return what the provider reads; the key itself stays what it was."""
        names = ("keepers", "keyAlgorithm", "privateKeyType", "publicKeyType", "privateKey", "publicKey")
        return {
            **given(**{key: known.get(key) for key in names}),
            "serviceAccountId": name.split("/keys/", 1)[0],
            "deletionPolicy": known.get("deletionPolicy", "DELETE"),
            "name": name,
            "validAfter": MADE_AT,
            "validBefore": "9999-12-31T23:59:59Z",
        }


def _pair() -> tuple[str, str]:
    """Return a new key as PEM, private and public."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


TYPES: Final[tuple[ResourceType, ...]] = (Bucket(), ServiceAccountKey())

__all__ = ["TYPES", "agent", "get_project_service_account"]

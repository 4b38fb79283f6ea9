"""Corrections to moto 5.2 where it refuses what the service takes, or takes what the service refuses."""

from __future__ import annotations

import json
from typing import Any, Final

from moto.core.exceptions import JsonRESTError
from moto.ecr import models, policy_validation
from moto.ecr.exceptions import InvalidParameterException
from moto.iam.exceptions import MalformedPolicyDocument

from ...lifecycle import ecr_native

MOST_REPLICATION_RULES: Final = 10
MOST_REPLICATION_DESTINATIONS: Final = 25


class _KmsError(JsonRESTError):
    code = 400

    def __init__(self, key: str) -> None:
        super().__init__("KmsException", f"The KMS key {key} does not exist, is not enabled, or is not in this region")


def extend() -> None:
    """Apply the corrections to the moto of this process."""
    policy_validation.EcrLifecyclePolicyValidator.validate = _validate_lifecycle  # type: ignore[method-assign]
    models.ECRBackend._validate_registry_policy_action = _validate_registry_actions  # type: ignore[method-assign]
    models.ECRBackend.put_replication_configuration = _put_replication  # type: ignore[method-assign]
    create = models.ECRBackend.create_repository

    def create_with_known_key(self: models.ECRBackend, *arguments: Any, **named: Any) -> Any:
        key = (named.get("encryption_config") or {}).get("kmsKey")
        if key and not key_exists(self.account_id, self.region_name, key):
            raise _KmsError(key)
        return create(self, *arguments, **named)

    models.ECRBackend.create_repository = create_with_known_key  # type: ignore[method-assign]


def key_exists(account: str, region: str, key: str) -> bool:
    """Return whether a KMS key, given by its id, ARN or alias, is there and enabled."""
    from moto.kms.models import kms_backends

    backend = kms_backends[account][region]
    try:
        found = backend.describe_key(backend.any_id_to_key_id(key))
    except Exception:  # noqa: BLE001 - moto has an exception for each way of not finding it
        return False
    return bool(found.enabled)


def _validate_lifecycle(self: policy_validation.EcrLifecyclePolicyValidator) -> None:
    """Moto's own validator knows neither archiving nor pull times."""
    for path, reason in ecr_native.mistakes(self._policy_text):
        raise InvalidParameterException(
            "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: "
            f"'Lifecycle policy validation failure: {path}: {reason}'"
        )


def _validate_registry_actions(self: models.ECRBackend, policy_text: str) -> None:  # noqa: ARG001
    """Take every ECR action: with the policy scope V2 a registry policy grants more than replication."""
    for statement in json.loads(policy_text)["Statement"]:
        actions = statement.get("Action", [])
        if any(not action.startswith("ecr:") for action in ([actions] if isinstance(actions, str) else actions)):
            raise MalformedPolicyDocument()


def _put_replication(self: models.ECRBackend, replication_config: dict[str, Any]) -> dict[str, Any]:
    """Take the service's ten rules and 25 destinations; moto takes one rule."""
    rules = replication_config["rules"]
    places = {(item["region"], item["registryId"]) for rule in rules for item in rule["destinations"]}
    wrong = ""
    if len(rules) > MOST_REPLICATION_RULES:
        wrong = f"'a registry has at most {MOST_REPLICATION_RULES} replication rules'"
    elif len(places) > MOST_REPLICATION_DESTINATIONS:
        wrong = f"'a registry has at most {MOST_REPLICATION_DESTINATIONS} replication destinations'"
    elif (self.region_name, self.account_id) in places:
        wrong = "'Replication destination cannot be the same as the source registry'"
    if wrong:
        raise InvalidParameterException(
            f"Invalid parameter at 'replicationConfiguration' failed to satisfy constraint: {wrong}"
        )
    self.replication_config = replication_config
    return {"replicationConfiguration": replication_config}

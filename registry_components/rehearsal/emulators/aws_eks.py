"""EKS Pod Identity: which pods have which role. moto 5.2 has none of it, so that it is a model of ours.

A cluster is another stack's: each name is taken to be one.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from ..emulator import Refusal, ResourceType
from .aws_cloud import AwsCloud
from .aws_gaps import Account, Body, ServiceError
from .aws_types import (
    OUTPUT,
    STRING,
    AwsType,
    Values,
    arn_refused,
    flag,
    given,
    regional,
    text,
)

Routed = Callable[[Account, str, tuple[str, ...], Body], Body]

_PATH: Final = re.compile(r"/clusters/([^/]+)/pod-identity-associations(?:/([^/]+))?")
_associations: Final[dict[tuple[str, str, str], dict[str, Body]]] = {}


def routed(path: str) -> tuple[str, ...] | None:
    """Return the parts of a path that is answered here: the cluster's name and the association's id, if any."""
    found = _PATH.fullmatch(path)
    return None if found is None else tuple(part for part in found.groups() if part)


def answer(account: Account, method: str, parts: tuple[str, ...], body: Body) -> Body:
    """Answer one request. Raises `ServiceError`."""
    cluster = parts[0]
    there = _associations.setdefault((account.id, account.region, cluster), {})
    if len(parts) == 1:
        return {"associations": list(there.values())} if method == "GET" else _create(account, cluster, there, body)
    found = there.get(parts[1])
    if found is None:
        raise ServiceError("ResourceNotFoundException", f"Association {parts[1]} not found in cluster {cluster}.")
    match method:
        case "DELETE":
            del there[parts[1]]
        case "POST":
            known = ("roleArn", "targetRoleArn", "disableSessionTags", "policy")
            found.update({key: body[key] for key in known if key in body})
            found["modifiedAt"] = time.time()
    return {"association": found}


def _create(account: Account, cluster: str, there: dict[str, Body], body: Body) -> Body:
    key = f"{body['namespace']}/{body['serviceAccount']}"
    if any(f"{item['namespace']}/{item['serviceAccount']}" == key for item in there.values()):
        raise ServiceError(
            "ResourceInUseException",
            f"Association already exists: service account {key} of cluster {cluster} has a role already",
        )
    id_ = f"a-{hashlib.sha256(f'{cluster}/{key}'.encode()).hexdigest()[:17]}"
    made = {
        **{name: value for name, value in body.items() if name != "clientRequestToken"},
        "clusterName": cluster,
        "associationId": id_,
        "associationArn": f"arn:aws:eks:{account.region}:{account.id}:podidentityassociation/{cluster}/{id_}",
        "createdAt": time.time(),
        "modifiedAt": time.time(),
    }
    there[id_] = made
    return {"association": made}


class PodIdentityAssociation(AwsType):
    """The role of one service account of a cluster."""

    token = "aws:eks/podIdentityAssociation:PodIdentityAssociation"  # noqa: S105
    proof = "emulated"
    service = "eks"
    gone = ("ResourceNotFoundException",)
    properties = regional(
        {
            "associationArn": OUTPUT,
            "associationId": OUTPUT,
            "clusterName": text(required=True, replaces=True),
            "disableSessionTags": flag(computed=True),
            "externalId": OUTPUT,
            "namespace": text(required=True, replaces=True),
            "policy": STRING,
            "roleArn": text(required=True),
            "serviceAccount": text(required=True, replaces=True),
            "targetRoleArn": STRING,
        },
        tagged=True,
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what is no ARN."""
        yield from arn_refused(inputs, "roleArn", "targetRoleArn")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        names = ("clusterName", "namespace", "serviceAccount", "roleArn", "disableSessionTags", "policy")
        wanted = {name: inputs.get(name) for name in (*names, "targetRoleArn")}
        return "CreatePodIdentityAssociation", given(**wanted, tags=inputs.get("tags") or None)

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create it."""
        operation, parameters = self.request(inputs)
        return str(self.call(cloud, inputs, operation, **parameters)["association"]["associationId"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Describe it."""
        where = {"clusterName": known["clusterName"], "associationId": id}
        found = self.call(cloud, known, "DescribePodIdentityAssociation", **where)["association"]
        tags = dict(found.get("tags") or {})
        names = ("associationArn", "clusterName", "namespace", "policy", "roleArn", "serviceAccount", "targetRoleArn")
        return {
            **{name: found.get(name) for name in names},
            "associationId": id,
            "disableSessionTags": bool(found.get("disableSessionTags")),
            "tags": tags or None,
            "tagsAll": tags,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Give it another role."""
        if (old.get("tags") or {}) != (inputs.get("tags") or {}):
            raise Refusal("tags", "a change in place is not emulated")
        wanted = {name: inputs.get(name) for name in ("roleArn", "targetRoleArn", "disableSessionTags", "policy")}
        where = {"clusterName": inputs["clusterName"], "associationId": id}
        self.call(cloud, old, "UpdatePodIdentityAssociation", **where, **given(**wanted))

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it."""
        where = {"clusterName": known["clusterName"], "associationId": id}
        self.call(cloud, known, "DeletePodIdentityAssociation", **where)


TYPES: Final[tuple[ResourceType, ...]] = (PodIdentityAssociation(),)

__all__ = ["TYPES", "answer", "routed"]

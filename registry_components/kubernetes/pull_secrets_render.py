"""What pull secrets become: manifests, by the name of their resource in the stack. Pure; holds no login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..core.endpoint import auth_key
from .docker_config import KEY, TYPE
from .entries import entries
from .generators import auth_template, spec
from .objects import metadata
from .possible import shortest_life
from .pull_access import ExternalSecretsAccess
from .pull_secrets_args import PullSecretsArgs

GENERATORS_VERSION = "generators.external-secrets.io/v1alpha1"
SECRETS_VERSION = "external-secrets.io/v1"
# metadata.managedFields, "manager": at most 128 printable characters (k8s.io/apimachinery validation).
_MANAGER_LENGTH = 128


class Marks(NamedTuple):
    """What all objects of a component have."""

    labels: Mapping[str, Any]
    annotations: Mapping[str, Any]


def secret(name: str, namespace: str, marks: Marks, data: Any) -> dict[str, Any]:
    """Return one namespace's secret. It can be changed: a new login takes effect with the next pull."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(name, namespace, marks.labels, marks.annotations),
        "type": TYPE,
        "data": data,
        "immutable": False,
    }


def field_manager(project: str, stack: str, name: str) -> str:
    """Return the field manager of one component: no two share one, so that none undoes what another has applied."""
    return f"registry-components/{project}/{stack}/{name}"[:_MANAGER_LENGTH]


def bulk_manager(project: str, stack: str, name: str) -> str:
    """Return the field manager of what one component writes in bulk.

    It is another one, as what the resources singly have applied is taken back when they are deleted, which is after
    this.
    """
    return f"registry-components-bulk/{project}/{stack}/{name}"[:_MANAGER_LENGTH]


def service_account_patch(secret_name: str, namespace: str, account: str, manager: str) -> dict[str, Any]:
    """Return the patch of a service account: its list of pull secrets, and no other field."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(account, namespace, {}, {"pulumi.com/patchFieldManager": manager}),
        "imagePullSecrets": [{"name": secret_name}],
    }


def refresh_minutes(args: PullSecretsArgs, access: ExternalSecretsAccess) -> int:
    """Return how often the operator asks for new tokens."""
    life = shortest_life(entry.kind for entry in entries(args)) or 60
    return access.refresh_minutes if access.refresh_minutes is not None else life // 3


def external_secrets(
    args: PullSecretsArgs,
    access: ExternalSecretsAccess,
    *,
    secret_name: str,
    hosts: Mapping[str, tuple[Any, Any]],
    template: Any,
    marks: Marks,
) -> dict[str, dict[str, Any]]:
    """Return the operator's objects, by suffix.

    `hosts` are host and region of each endpoint by key, `template` is `pull_template`'s; known by now or not.
    """
    found: dict[str, dict[str, Any]] = {}
    if args.namespace_selector:
        for entry in entries(args):
            generator = access.generators[entry.key]
            body = {
                "kind": generator.crd,
                "generator": {_spec_key(generator.crd): spec(generator, *hosts[entry.key])},
            }
            found[f"-{entry.key}"] = {
                "apiVersion": GENERATORS_VERSION,
                "kind": "ClusterGenerator",
                "metadata": metadata(f"{secret_name}-{entry.key}", None, marks.labels, marks.annotations),
                "spec": body,
            }
        found[""] = {
            "apiVersion": SECRETS_VERSION,
            "kind": "ClusterExternalSecret",
            "metadata": metadata(secret_name, None, marks.labels, marks.annotations),
            "spec": {
                "externalSecretName": secret_name,
                "namespaceSelectors": [{"matchLabels": dict(sorted(args.namespace_selector.items()))}],
                "refreshTime": "5m",
                "externalSecretSpec": _external_spec(args, access, secret_name, template, marks, cluster=True),
            },
        }
        return found
    for namespace in sorted(args.namespaces):
        for entry in entries(args):
            generator = access.generators[entry.key]
            found[f"-{namespace}-{entry.key}"] = {
                "apiVersion": GENERATORS_VERSION,
                "kind": generator.crd,
                "metadata": metadata(f"{secret_name}-{entry.key}", namespace, marks.labels, marks.annotations),
                "spec": spec(generator, *hosts[entry.key]),
            }
        found[f"-{namespace}"] = {
            "apiVersion": SECRETS_VERSION,
            "kind": "ExternalSecret",
            "metadata": metadata(secret_name, namespace, marks.labels, marks.annotations),
            "spec": _external_spec(args, access, secret_name, template, marks, cluster=False),
        }
    return found


def _spec_key(kind: str) -> str:
    # ClusterGenerator's own names for its members, as apis/generators/v1alpha1/types_cluster.go has them.
    return {
        "ECRAuthorizationToken": "ecrAuthorizationTokenSpec",
        "GCRAccessToken": "gcrAccessTokenSpec",
        "ACRAccessToken": "acrAccessTokenSpec",
        "QuayAccessToken": "quayAccessTokenSpec",
        "GithubAccessToken": "githubAccessTokenSpec",
    }[kind]


def _external_spec(
    args: PullSecretsArgs,
    access: ExternalSecretsAccess,
    secret_name: str,
    template: Any,
    marks: Marks,
    *,
    cluster: bool,
) -> dict[str, Any]:
    sources = []
    for number, entry in enumerate(entries(args)):
        generator = access.generators[entry.key]
        kind = "ClusterGenerator" if cluster else generator.crd
        reference = {"apiVersion": GENERATORS_VERSION, "kind": kind, "name": f"{secret_name}-{entry.key}"}
        # Generators answer with the same keys (username, password): each gets a prefix of its own.
        prefix = _prefix(number)
        sources.append(
            {
                "sourceRef": {"generatorRef": reference},
                "rewrite": [{"regexp": {"source": "^(.*)$", "target": f"{prefix}${{1}}"}}],
            }
        )
    return {
        "refreshInterval": f"{refresh_minutes(args, access)}m",
        "dataFrom": sources,
        "target": {
            "name": secret_name,
            # The secret goes with the ExternalSecret.
            "creationPolicy": "Owner",
            "template": {
                "type": TYPE,
                "metadata": {"labels": dict(marks.labels), "annotations": dict(marks.annotations)},
                "data": {KEY: template},
            },
        },
    }


def _prefix(number: int) -> str:
    return f"e{number}_"


def pull_template(args: PullSecretsArgs, access: ExternalSecretsAccess, servers: Mapping[str, str]) -> str:
    """Return the operator's template of a Docker config file; `servers` are the hosts by key."""
    logins = [
        (auth_key(servers[entry.key]), auth_template(access.generators[entry.key], _prefix(number)))
        for number, entry in enumerate(entries(args))
    ]
    # Not by json: a template's quotes stand as they are.
    inner = ", ".join(f'"{host}": {{"auth": "{template}"}}' for host, template in sorted(logins))
    return f'{{"auths": {{{inner}}}}}'

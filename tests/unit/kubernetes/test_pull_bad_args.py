# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong arguments of pull secrets."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from registry_components.core.errors import StackError
from registry_components.kubernetes import PullSecretsArgs

pytestmark = pytest.mark.unit

MISSING = object()
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
GAR, ACR = "europe-docker.pkg.dev", "acme.azurecr.io"
LOGIN = {"username": "ci", "password": "hunter22"}


def at(server: Any, username: str | None = "ci", password: str = "hunter22", **more: Any) -> dict[str, Any]:
    login = {} if username is None else {"credentials": {"username": username, "password": password}}
    return {"server": server, **login, **more}


GOOD: dict[str, Any] = {"endpoint": at("docker.io"), "namespaces": ["shop"]}
NODE = {"kind": "node_identity", "platform": "eks"}
KUBELET = {"kind": "kubelet_provider"}
REFRESHER = {"kind": "refresher", "namespace": "ops", "image": "registry.example.com/regc:1"}
ESO = {"kind": "external_secrets", "generators": {"endpoint": {"kind": "ecr"}}}
BULK = {"kind": "static", "written": {"kind": "in_bulk"}}
NOWHERE = {"namespaces": MISSING}
TOKEN = "after which no pod could pull; let pull_access be 'refresher', 'external_secrets', 'kubelet_provider' or 'node_identity' on EKS"

# A title, what is changed in GOOD, and every mistake that is told.
TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    # What has to be said, and words that are not known.
    (
        "nothing said",
        {"endpoint": MISSING, **NOWHERE},
        [
            "endpoint: is required, or endpoints: name the registry that is pulled from",
            "namespaces: is required: name the namespaces that pods pull in",
        ],
    ),
    ("misspelt", {"namespace": "shop"}, ["namespace: is not a setting; did you mean namespaces?"]),
    (
        "misspelt in an endpoint",
        {"endpoint": {"sever": "docker.io"}},
        [
            "endpoint.server: is required but not given; add it",
            "endpoint.sever: is not a setting; did you mean server?",
        ],
    ),
    (
        "no way of that kind",
        {"pull_access": {"kind": "magic"}},
        [
            "pull_access: kind 'magic' is not known; allowed: static, node_identity, kubelet_provider, external_secrets, refresher"
        ],
    ),
    (
        "a way without its kind",
        {"pull_access": {"platform": "eks"}},
        [
            "pull_access: needs `kind` to say which kind it is; allowed: static, node_identity, kubelet_provider, external_secrets, refresher"
        ],
    ),
    (
        "a setting of another way",
        {"pull_access": {"kind": "static", "image": "x"}},
        ["pull_access.image: is not a setting; allowed: kind, written"],
    ),
    ("both", {"endpoints": {"a": at("quay.io")}}, ["endpoint: and endpoints are both given; move it into endpoints"]),
    (
        "a path in the server",
        {"endpoint": at("quay.io/acme")},
        ["endpoint.server: 'quay.io/acme' has a path; give it as prefix, and the host alone as server"],
    ),
    (
        "a key that is none",
        {"endpoint": MISSING, "endpoints": {"a b": at("quay.io")}},
        ["endpoints['a b']: 'a b' is not a key; use 1 to 63 letters, digits and . _ - inside"],
    ),
    (
        "a kind of nothing",
        {"endpoint": MISSING, "endpoints": {"a": at("quay.io")}, "registry": "quay"},
        ["registry: is that of endpoint; say the kinds of endpoints in registries"],
    ),
    (
        "kinds of nothing",
        {"registries": {"a": "quay"}},
        ["registries.a: is none of endpoints; remove it, or correct its key"],
    ),
    (
        "an unknown kind",
        {"registry": "gcr"},
        [
            "registry: must be one of ecr, ecr_public, artifact_registry, acr, docker_hub, ghcr, quay, gitlab, harbor, nexus, artifactory, distribution, other, not 'gcr'"
        ],
    ),
    (
        "another kind than the host's",
        {"registry": "harbor"},
        ["registry: is 'harbor', and 'docker.io' is of kind 'docker_hub'; remove it"],
    ),
    # Logins.
    (
        "no login",
        {"endpoint": at("docker.io", None)},
        [
            "endpoint.credentials: is required: an anonymous endpoint needs no secret; give a login, or remove the endpoint"
        ],
    ),
    (
        "half a login",
        {"endpoint": {"server": "docker.io", "credentials": {"username": "ci"}}},
        ["endpoint.credentials.password: is required but not given; add it"],
    ),
    (
        "an empty password",
        {"endpoint": at("docker.io", password="")},
        ["endpoint.credentials.password: is empty; give the password or token"],
    ),
    (
        "a number for a password",
        {"endpoint": {"server": "docker.io", "credentials": {"username": "ci", "password": 22}}},
        ["endpoint.credentials.password: must be text"],
    ),
    (
        "a colon in the user",
        {"endpoint": at("docker.io", "ci:x")},
        ["endpoint.credentials.username: has a colon, which would end it; correct it"],
    ),
    (
        "two of one host",
        {"endpoint": MISSING, "endpoints": {"one": at("quay.io"), "two": at("quay.io", "else")}},
        [
            "endpoints.two.server: 'quay.io' is that of endpoints.one too, and a secret has one login for each host; put it into a PullSecrets of its own"
        ],
    ),
    (
        "two names of Docker Hub",
        {"endpoint": MISSING, "endpoints": {"one": at("docker.io"), "two": at("registry-1.docker.io")}},
        [
            "endpoints.two.server: 'registry-1.docker.io' is that of endpoints.one too, and a secret has one login for each host; put it into a PullSecrets of its own"
        ],
    ),
    # Tokens that die (rule 1).
    ("a token of ECR", {"endpoint": at(ECR, "AWS")}, [f"endpoint: ECR's only login is a token of 12 hours, {TOKEN}"]),
    ("ECR without login", {"endpoint": at(ECR, None)}, [f"endpoint: ECR's only login is a token of 12 hours, {TOKEN}"]),
    (
        "a dual-stack host of ECR",
        {"endpoint": at("123456789012.dkr-ecr.eu-central-1.on.aws", "AWS")},
        [f"endpoint: ECR's only login is a token of 12 hours, {TOKEN}"],
    ),
    (
        "a host of ECR in China",
        {"endpoint": at("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "AWS")},
        [f"endpoint: ECR's only login is a token of 12 hours, {TOKEN}"],
    ),
    (
        "the public gallery",
        {"endpoint": at("public.ecr.aws", "AWS")},
        [
            "endpoint: ECR Public's only login is a token of 12 hours, after which no pod could pull; let pull_access be 'external_secrets' or 'kubelet_provider'"
        ],
    ),
    (
        "an access token of Google",
        {"endpoint": at(GAR, "oauth2accesstoken")},
        [
            "endpoint: a login as 'oauth2accesstoken' is an access token of 1 hour, after which no pod could pull; give a service account's key as '_json_key', or let pull_access be 'refresher', 'external_secrets', 'kubelet_provider' or 'node_identity' on GKE"
        ],
    ),
    (
        "a token of ACR",
        {"endpoint": at(ACR, "00000000-0000-0000-0000-000000000000")},
        [
            "endpoint: a login as '00000000-0000-0000-0000-000000000000' is a token of 3 hours, after which no pod could pull; give a repository-scoped token, or let pull_access be 'refresher', 'external_secrets', 'kubelet_provider' or 'node_identity' on AKS"
        ],
    ),
    (
        "a job's token of GitLab",
        {"endpoint": at("registry.gitlab.com", "gitlab-ci-token")},
        [
            "endpoint: a login as 'gitlab-ci-token' ends with the job that it was given to, after which no pod could pull; give a deploy token"
        ],
    ),
    (
        "a job's token of GitHub",
        {"endpoint": at("ghcr.io", "me", "ghs_abcdefghijklmnop")},
        [
            "endpoint: a GitHub token of the kind ghs_ ends after 1 hour, or with the job that it was given to, after which no pod could pull; give a personal access token of the kind read:packages, or let pull_access be 'external_secrets'"
        ],
    ),
    (
        "a token among others",
        {"endpoint": MISSING, "endpoints": {"aws": at(ECR, "AWS"), "hub": at("docker.io")}},
        [f"endpoints.aws: ECR's only login is a token of 12 hours, {TOKEN}"],
    ),
    # Places.
    (
        "a pattern of namespaces",
        {"namespaces": ["shop-*"]},
        ["namespaces[0]: 'shop-*' is a pattern; name each namespace, or select them by label with namespace_selector"],
    ),
    (
        "a namespace in capitals",
        {"namespaces": ["Shop"]},
        ["namespaces[0]: 'Shop' is not a namespace's name; it has 1 to 63 lower-case letters, digits and - inside"],
    ),
    ("a namespace twice", {"namespaces": ["shop", "shop"]}, ["namespaces: 'shop' is named twice; remove one"]),
    (
        "an account twice",
        {"service_accounts": ["default", "default"]},
        ["service_accounts: 'default' is named twice; remove one"],
    ),
    (
        "an account that is none",
        {"service_accounts": ["my account"]},
        [
            "service_accounts[0]: 'my account' is not an object's name; it has up to 253 lower-case letters, digits and - . inside"
        ],
    ),
    (
        "two of one name in the stack",
        {"namespaces": ["a", "a-b"], "service_accounts": ["b-c", "c"]},
        ["service_accounts: 'c' in 'a-b' is named as another in 'a' is; use two PullSecrets"],
    ),
    (
        "a secret's name",
        {"secret_name": "My_Secret"},
        [
            "secret_name: 'My_Secret' is not an object's name; it has up to 253 lower-case letters, digits and - . inside"
        ],
    ),
    (
        "a selector without anything that runs",
        {"namespace_selector": {"team": "shop"}, **NOWHERE},
        [
            "namespace_selector: can be looked up only where something runs in the cluster, or all secrets are written at once; name the namespaces, or let pull_access be 'refresher' or 'external_secrets', or its written 'in_bulk'"
        ],
    ),
    (
        "names and a selector",
        {"endpoint": at(ECR, None), "namespace_selector": {"team": "shop"}, "pull_access": REFRESHER},
        ["namespace_selector: and namespaces are both given; label those namespaces, or use two PullSecrets"],
    ),
    (
        "a selector that is none",
        {"endpoint": at(ECR, None), "namespace_selector": {"team": "a b"}, "pull_access": REFRESHER, **NOWHERE},
        ["namespace_selector.team: 'a b' is not a label's value; it has up to 63 letters, digits and . _ - inside"],
    ),
    (
        "a label's key",
        {"labels": {"a b": "c"}},
        ["labels['a b']: 'a b' is not a key of a label or annotation; it looks like 'team' or 'example.com/team'"],
    ),
    (
        "a label's value",
        {"labels": {"team": "x" * 64}},
        [f"labels.team: {'x' * 64!r} is not a label's value; it has up to 63 letters, digits and . _ - inside"],
    ),
    (
        "an annotation's key",
        {"annotations": {"/x": "c"}},
        ["annotations['/x']: '/x' is not a key of a label or annotation; it looks like 'team' or 'example.com/team'"],
    ),
    (
        "an attachment of nothing",
        {"attachment": {"kind": "add"}},
        ["attachment: has no service account to be for; name some in service_accounts, or remove it"],
    ),
    (
        "an unknown attachment",
        {"service_accounts": ["default"], "attachment": {"kind": "force"}},
        ["attachment: kind 'force' is not known; allowed: own, add"],
    ),
    # Nodes.
    (
        "nodes and Docker Hub",
        {"pull_access": NODE, **NOWHERE},
        ["endpoint: Docker Hub knows no node's identity; let pull_access be 'static' with a login that lives"],
    ),
    (
        "nodes and Harbor",
        {"endpoint": at("harbor.example.com"), "registry": "harbor", "pull_access": NODE, **NOWHERE},
        ["endpoint: Harbor knows no node's identity; let pull_access be 'static' with a login that lives"],
    ),
    (
        "nodes of another cloud",
        {"endpoint": at(GAR, None), "pull_access": NODE, **NOWHERE},
        ["endpoint: Artifact Registry knows the nodes of GKE, not those of EKS; let pull_access be 'refresher'"],
    ),
    (
        "nodes and a login",
        {"endpoint": at(ECR, "AWS"), "pull_access": NODE, **NOWHERE},
        ["endpoint.credentials: is not used: the nodes log in as themselves; remove it"],
    ),
    (
        "nodes and places",
        {
            "endpoint": at(ECR, None),
            "pull_access": NODE,
            "secret_name": "x",
            "labels": {"a": "b"},
            "service_accounts": ["default"],
        },
        [
            "labels: has no meaning with pull_access 'node_identity', which makes no secret; remove it",
            "namespaces: has no meaning with pull_access 'node_identity', which makes no secret; remove it",
            "secret_name: has no meaning with pull_access 'node_identity', which makes no secret; remove it",
            "service_accounts: has no meaning with pull_access 'node_identity', which makes no secret; remove it",
        ],
    ),
    (
        "nodes of nobody",
        {"endpoint": at(ECR, None), "pull_access": {"kind": "node_identity"}, **NOWHERE},
        ["pull_access.platform: is required but not given; add it"],
    ),
    (
        "a server that is not known yet",
        {"endpoint": at(pulumi.Output.from_input(ECR), None), "pull_access": NODE, **NOWHERE},
        ["registry: is required, since the server is known only while running; say which kind of registry it is"],
    ),
    (
        "nodes without TLS",
        {"endpoint": at("127.0.0.1:5000", None, plain_http=True), "pull_access": NODE, **NOWHERE},
        ["endpoint.plain_http: is for a registry on this machine, where only kind 'static' can log in"],
    ),
    # kubelet's plug-ins (rule 34).
    (
        "no plug-in",
        {"endpoint": at("quay.io", None), "pull_access": KUBELET, **NOWHERE},
        [
            "endpoint: no credential provider is published for Quay; name yours as pull_access.plugin, or let pull_access be 'static'"
        ],
    ),
    (
        "a plug-in and a login",
        {"endpoint": at(GAR, "_json_key"), "pull_access": KUBELET, **NOWHERE},
        ["endpoint.credentials: is not used: the plug-in logs in as the node or the pod; remove it"],
    ),
    (
        "a * in a path",
        {"endpoint": at(ECR, None), "pull_access": {**KUBELET, "mirrors_of": ["quay.io/*"]}, **NOWHERE},
        ["pull_access.mirrors_of[0]: 'quay.io/*' has a * in its port or path, where kubelet takes none"],
    ),
    (
        "a mirrored URL",
        {"endpoint": at(ECR, None), "pull_access": {**KUBELET, "mirrors_of": ["https://quay.io"]}, **NOWHERE},
        ["pull_access.mirrors_of[0]: 'https://quay.io' has a scheme; give the host alone"],
    ),
    (
        "Docker Hub's other host",
        {"endpoint": at(ECR, None), "pull_access": {**KUBELET, "mirrors_of": ["registry-1.docker.io"]}, **NOWHERE},
        ["pull_access.mirrors_of[0]: 'registry-1.docker.io' is never what an image is written with; write 'docker.io'"],
    ),
    (
        "annotations without an account",
        {
            "endpoint": at(ECR, None),
            "pull_access": {
                **KUBELET,
                "pod_tokens": {
                    "audience": "sts",
                    "require_service_account": False,
                    "required_annotations": ["a/b"],
                    "optional_annotations": ["a/b"],
                },
            },
            **NOWHERE,
        },
        [
            "pull_access.pod_tokens.optional_annotations: 'a/b' is required already; name it once",
            "pull_access.pod_tokens.require_service_account: must be true where annotations are required; set it",
        ],
    ),
    # The operator.
    (
        "no generator for Docker Hub",
        {"pull_access": {**ESO}},
        [
            "endpoint: the operator has no generator for Docker Hub; put it into a PullSecrets of its own, with pull_access 'static'"
        ],
    ),
    (
        "a generator of another kind",
        {"endpoint": at(GAR, None), "pull_access": ESO},
        [
            "pull_access.generators.endpoint.kind: is 'ecr', and endpoint is of kind 'artifact_registry'; they have to be the same"
        ],
    ),
    (
        "a generator of the gallery elsewhere",
        {
            "endpoint": at("public.ecr.aws", None),
            "pull_access": {**ESO, "generators": {"endpoint": {"kind": "ecr_public", "region": "eu-west-1"}}},
        },
        [
            "pull_access.generators.endpoint.region: 'eu-west-1' is not where the public gallery gives tokens, 'us-east-1'; remove it"
        ],
    ),
    (
        "a cluster's project without its service account",
        {
            "endpoint": at(GAR, None),
            "pull_access": {
                **ESO,
                "generators": {"endpoint": {"kind": "artifact_registry", "project": "p", "cluster_project": "c"}},
            },
        },
        [
            "pull_access.generators.endpoint.cluster_project: is that of service_account; give service_account too, or remove it"
        ],
    ),
    (
        "labels of no alert",
        {"endpoint": at(ECR, None), "pull_access": {**REFRESHER, "alert_labels": {"release": "prometheus"}}},
        ["pull_access.alert_labels: are those of the alert, which is not made; let alert be true, or remove them"],
    ),
    (
        "a label of an alert that is none",
        {"endpoint": at(ECR, None), "pull_access": {**REFRESHER, "alert": True, "alert_labels": {"a b": "c"}}},
        [
            "pull_access.alert_labels['a b']: 'a b' is not a key of a label or annotation; it looks like 'team' or 'example.com/team'"
        ],
    ),
    (
        "a generator of no kind",
        {"endpoint": at(ECR, None), "pull_access": {**ESO, "generators": {"endpoint": {"region": "eu-central-1"}}}},
        [
            "pull_access.generators.endpoint: needs `kind` to say which kind it is; allowed: ecr, ecr_public, artifact_registry, acr, quay, ghcr"
        ],
    ),
    (
        "a generator for another key",
        {"endpoint": at(ECR, None), "pull_access": {**ESO, "generators": {"aws": {"kind": "ecr"}}}},
        [
            "pull_access.generators.aws: belongs to no endpoint; remove it, or correct its key",
            "pull_access.generators.endpoint: is required: what asks for the token of endpoint; add one of kind 'ecr'",
        ],
    ),
    (
        "a generator and a login",
        {"endpoint": at(ECR, "AWS"), "pull_access": ESO},
        ["endpoint.credentials: is not used: the operator asks for tokens; remove it"],
    ),
    (
        "no region",
        {"endpoint": at("ecr.example.com", None), "registry": "ecr", "pull_access": ESO},
        ["pull_access.generators.endpoint.region: is required, since 'ecr.example.com' does not tell it; add it"],
    ),
    (
        "refreshed too late",
        {"endpoint": at(ECR, None), "pull_access": {**ESO, "refresh_minutes": 700}},
        [
            "pull_access.refresh_minutes: is 700, and a token lives 720 minutes; refresh at 360 at the latest, so that one failure is survived"
        ],
    ),
    (
        "a cluster without its account",
        {
            "endpoint": at(GAR, None),
            "pull_access": {
                **ESO,
                "generators": {"endpoint": {"kind": "artifact_registry", "project": "p", "cluster_name": "c"}},
            },
        },
        [
            "pull_access.generators.endpoint.cluster_name: is that of service_account; give service_account too, or remove it"
        ],
    ),
    (
        "two identities",
        {
            "endpoint": at(ACR, None),
            "pull_access": {
                **ESO,
                "generators": {"endpoint": {"kind": "acr", "service_account": "a", "managed_identity": "b"}},
            },
        },
        [
            "pull_access.generators.endpoint.managed_identity: is another identity than service_account's; give one of them"
        ],
    ),
    (
        "no robot",
        {
            "endpoint": at("quay.io", None),
            "pull_access": {
                **ESO,
                "generators": {"endpoint": {"kind": "quay", "robot_account": "ci", "service_account": "a"}},
            },
        },
        ["pull_access.generators.endpoint.robot_account: is not a robot; it is written as organization+name"],
    ),
    (
        "accounts where the operator selects",
        {
            "endpoint": at(ECR, None),
            "namespace_selector": {"team": "shop"},
            "service_accounts": ["default"],
            "pull_access": ESO,
            **NOWHERE,
        },
        [
            "service_accounts: cannot be attached in namespaces that the operator selects; name the namespaces, or let pods name the secret in their imagePullSecrets"
        ],
    ),
    (
        "a key that is no object's name",
        {
            "endpoint": MISSING,
            "endpoints": {"My_ECR": at(ECR, None)},
            "pull_access": {**ESO, "generators": {"My_ECR": {"kind": "ecr"}}},
        },
        ["endpoints.My_ECR: 'My_ECR' names a generator in the cluster; use lower-case letters, digits and -"],
    ),
    # The refresher.
    (
        "nothing to refresh",
        {"pull_access": REFRESHER},
        ["pull_access.kind: 'refresher' has no token to ask for; let it be 'static'"],
    ),
    (
        "a token to refresh that is given",
        {"endpoint": at(ECR, "AWS"), "pull_access": REFRESHER},
        ["endpoint.credentials: is not used: the refresher asks for tokens; remove it"],
    ),
    (
        "the public gallery refreshed",
        {
            "endpoint": MISSING,
            "endpoints": {"a": at(ECR, None), "b": at("public.ecr.aws", None)},
            "pull_access": REFRESHER,
        },
        [
            "endpoints.b: ECR Public's tokens are not asked for by the refresher; remove it, since its images are pulled without login, or let pull_access be 'external_secrets'"
        ],
    ),
    (
        "beside it one without login",
        {"endpoint": MISSING, "endpoints": {"a": at(ECR, None), "b": at("quay.io", None)}, "pull_access": REFRESHER},
        [
            "endpoints.b.credentials: is required: an anonymous endpoint needs no secret; give a login, or remove the endpoint"
        ],
    ),
    (
        "an uneven schedule",
        {"endpoint": at(ECR, None), "pull_access": {**REFRESHER, "every_minutes": 45}},
        [
            "pull_access.every_minutes: is 45, which a schedule cannot say evenly; use a divisor of 60, or hours that divide a day"
        ],
    ),
    (
        "no time at all",
        {"endpoint": at(ECR, None), "pull_access": {**REFRESHER, "every_minutes": 0}},
        [
            "pull_access.every_minutes: is 0, which a schedule cannot say evenly; use a divisor of 60, or hours that divide a day"
        ],
    ),
    (
        "run too late",
        {"endpoint": at(GAR, None), "pull_access": {**REFRESHER, "every_minutes": 60}},
        [
            "pull_access.every_minutes: is 60, and a token lives 60 minutes; run every 30 at the latest, so that one failure is survived"
        ],
    ),
    (
        "no image",
        {"endpoint": at(ECR, None), "pull_access": {"kind": "refresher", "namespace": "ops"}},
        ["pull_access.image: is required but not given; add it"],
    ),
    (
        "a pod's label",
        {"endpoint": at(ECR, None), "pull_access": {**REFRESHER, "pod_labels": {"a": "b c"}}},
        ["pull_access.pod_labels.a: 'b c' is not a label's value; it has up to 63 letters, digits and . _ - inside"],
    ),
    (
        "an attachment where namespaces are selected",
        {
            "endpoint": at(ECR, None),
            "namespace_selector": {"team": "shop"},
            "service_accounts": ["default"],
            "attachment": {"kind": "add"},
            "pull_access": REFRESHER,
            **NOWHERE,
        },
        ["attachment: is not said with namespace_selector: the refresher always adds its entry; remove it"],
    ),
    (
        "a namespace named as the role",
        {"endpoint": at(ECR, None), "namespaces": ["events"], "pull_access": REFRESHER},
        ["namespaces: 'events' is what the refresher's own role is named after; use a selector for it"],
    ),
    # Written in bulk.
    (
        "no way of writing",
        {"pull_access": {"kind": "static", "written": {"kind": "fast"}}},
        ["pull_access.written: kind 'fast' is not known; allowed: singly, in_bulk"],
    ),
    (
        "a way of writing without its name",
        {"pull_access": {"kind": "static", "written": {"kubeconfig": "hunter22"}}},
        ["pull_access.written: needs `kind` to say which kind it is; allowed: singly, in_bulk"],
    ),
    (
        "a cluster for secrets that the provider makes",
        {"pull_access": {"kind": "static", "written": {"kind": "singly", "kubeconfig": "hunter22"}}},
        ["pull_access.written.kubeconfig: is not a setting; allowed: kind"],
    ),
    (
        "tokens that die in bulk",
        {"endpoint": at(ECR), "pull_access": BULK},
        [f"endpoint: ECR's only login is a token of 12 hours, {TOKEN}"],
    ),
    (
        "too many requests",
        {"pull_access": {"kind": "static", "written": {"kind": "in_bulk", "requests_at_once": 100}}},
        ["pull_access.written.requests_at_once: must be at most 64, not 100"],
    ),
    (
        "a cluster of its own for the service accounts in bulk",
        {
            "service_accounts": ["default"],
            "pull_access": BULK,
            "attachment": {"kind": "add", "kubeconfig": "hunter22", "context": "prod"},
        },
        [
            "attachment.context: is that of pull_access.written in bulk; remove it here",
            "attachment.kubeconfig: is that of pull_access.written in bulk; remove it here",
        ],
    ),
    (
        "our own mark",
        {"labels": {"registry-components.dev/pull-secrets": "mine"}, "pull_access": BULK},
        [
            "labels['registry-components.dev/pull-secrets']: is what secrets in bulk are known by, and this library's; take another key"
        ],
    ),
    # Several at once.
    (
        "all mistakes at once",
        {"endpoint": at("docker.io", "a:b", ""), "namespaces": ["A"], "labels": {"a b": "c"}, "anotations": {}},
        [
            "anotations: is not a setting; did you mean annotations?",
            "endpoint.credentials.password: is empty; give the password or token",
            "endpoint.credentials.username: has a colon, which would end it; correct it",
            "labels['a b']: 'a b' is not a key of a label or annotation; it looks like 'team' or 'example.com/team'",
            "namespaces[0]: 'A' is not a namespace's name; it has 1 to 63 lower-case letters, digits and - inside",
        ],
    ),
]


@pytest.mark.parametrize(("changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_mistakes_are_told_whole(changes: dict[str, Any], mistakes: list[str]) -> None:
    said = {key: value for key, value in {**GOOD, **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        PullSecretsArgs.parse(said)
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    assert str(caught.value) == "\n".join(
        [f"PullSecretsArgs is not valid ({count}):", *(f"  {line}" for line in mistakes)]
    )
    assert "hunter22" not in str(caught.value)
    assert "ghs_abc" not in str(caught.value)


def test_the_table_has_no_row_twice_and_enough() -> None:
    assert len({row[0] for row in TABLE}) == len(TABLE) >= 60


def test_what_the_rows_change_is_right_in_itself() -> None:
    PullSecretsArgs.parse(GOOD)


RIGHT: list[dict[str, Any]] = [
    {"pull_access": BULK, "service_accounts": ["default"]},
    {
        "pull_access": BULK,
        "namespace_selector": {"team": "shop"},
        "service_accounts": ["default"],
        "attachment": {"kind": "add"},
        **NOWHERE,
    },
    # Resources of their own would share a name.
    {"pull_access": BULK, "namespaces": ["a-b", "a"], "service_accounts": ["c", "b-c"]},
    {"endpoint": at(GAR, "_json_key")},
    {"endpoint": at(ACR, "my-token")},
    {"endpoint": at("ghcr.io", "me", "ghp_abcdefghijk")},
    {"endpoint": at(pulumi.Output.from_input("x"), "me")},
    {"endpoint": at("127.0.0.1:5000", "me", plain_http=True)},
    {"endpoint": at(ECR, None), "pull_access": NODE, **NOWHERE},
    {"endpoint": at("quay.io", None), "pull_access": {**KUBELET, "plugin": {"name": "mine"}}, **NOWHERE},
    {"endpoint": at(ECR, None), "pull_access": {**KUBELET, "mirrors_of": ["*.example.com:5000/x"]}, **NOWHERE},
    {"endpoint": at(ECR, None), "pull_access": {**REFRESHER, "every_minutes": 360}},
    {"endpoint": at(pulumi.Output.from_input(ECR), None), "registry": "ecr", "pull_access": REFRESHER},
]


@pytest.mark.parametrize("changes", RIGHT)
def test_what_works_is_taken(changes: dict[str, Any]) -> None:
    PullSecretsArgs.parse({key: value for key, value in {**GOOD, **changes}.items() if value is not MISSING})

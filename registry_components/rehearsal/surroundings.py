"""What a rehearsed program sees of the machine: no credentials, no way out, and nothing of its owner's files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .emulator import NETWORK

# Names that carry credentials, or lead to files that do. What only says where things go (regions, projects) stays.
_CLOUDS: Final = re.compile(
    r"(AWS|AMAZON|GOOGLE|GCLOUD|GCP|CLOUDSDK|ARM|AZURE|AZ|MSI|IDENTITY|KUBE|HELM|HCLOUD|DIGITALOCEAN|LINODE|OCI|IBMCLOUD|"
    r"ALICLOUD|CLOUDFLARE|DATADOG|DD|VAULT|CONSUL|NOMAD|GITHUB|GITLAB|CI_JOB|DOCKERHUB|HUB|HARBOR|ARTIFACTORY|JFROG|"
    r"NEXUS|TF_VAR)_.*|KUBECONFIG|KUBERNETES_.*|DOCKER_AUTH_CONFIG|DOCKER_CONFIG|REGISTRY_AUTH_FILE|NETRC",
)
_SECRETS: Final = re.compile(
    r".*(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|ACCESS_KEY|API_?KEY|PRIVATE_KEY).*"
)
_HARMLESS: Final = frozenset(
    {
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "GOOGLE_PROJECT",
        "GOOGLE_CLOUD_PROJECT",
        "GOOGLE_REGION",
        "GOOGLE_ZONE",
        "CLOUDSDK_CORE_PROJECT",
        "CLOUDSDK_COMPUTE_REGION",
        "CLOUDSDK_COMPUTE_ZONE",
        "ARM_SUBSCRIPTION_ID",
        "ARM_TENANT_ID",
        "ARM_LOCATION_NAME",
        "ARM_ENVIRONMENT",
        "AZURE_SUBSCRIPTION_ID",
        "AZURE_TENANT_ID",
        "GITHUB_ACTIONS",
        "GITHUB_REPOSITORY",
        "GITHUB_SHA",
        "GITHUB_REF",
        "GITLAB_CI",
    }
)
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
# The discard port: nothing answers there, so that a request fails at once and says so.
_NOWHERE: Final = "http://127.0.0.1:9"
_HERE: Final = "127.0.0.1,localhost,::1"
# Where clients look for credentials beside the environment. Each names a file or folder that is not there.
_FILES: Final = (
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AZURE_CONFIG_DIR",
    "CLOUDSDK_CONFIG",
    "DOCKER_CONFIG",
    "KUBECONFIG",
    "NETRC",
)


def without_credentials(environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the environment that a rehearsal inherits, and the names of the variables that it does not.

    Names alone decide; values are not looked at. Variables of Pulumi's own are left out silently: each rehearsal has
    its own.
    """
    kept = {
        key: value
        for key, value in environment.items()
        if key.upper() in _HARMLESS
        or not (key.startswith("PULUMI_") or _CLOUDS.fullmatch(key.upper()) or _SECRETS.fullmatch(key.upper()))
    }
    return kept, sorted(key for key in environment if key not in kept and not key.startswith("PULUMI_"))


def shielded(folder: Path, *, network: bool) -> dict[str, str]:
    """Return what to add so that no client finds its owner's credentials, nor another machine unless `network`.

    Clients that honour the proxy variables (nearly all do) then fail at once on any address but this machine's.
    """
    missing = folder / "nothing-here"
    shield = {name: str(missing / name.lower()) for name in _FILES}
    shield["AWS_EC2_METADATA_DISABLED"] = "true"
    if network:
        shield[NETWORK] = "1"
    else:
        shield |= {key: _NOWHERE for name in _PROXIES for key in (name, name.lower())}
        shield |= dict.fromkeys(("NO_PROXY", "no_proxy"), _HERE)
    return shield


__all__ = ["shielded", "without_credentials"]

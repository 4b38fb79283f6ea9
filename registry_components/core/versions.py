"""Every pinned version and image in one place; nothing pins in passing.

The Go modules under `tools/` carry the same versions with their checksums; a test holds the two together.
"""

from __future__ import annotations

PULUMI_CLI = "3.259.0"
"""The Pulumi CLI that is built where none is installed; the newest whose module can be built from source."""

PULUMI_CLI_MINIMUM = "3.259.0"
"""The oldest Pulumi CLI on PATH that is used as it is."""

DISTRIBUTION = "3.1.0"
"""CNCF Distribution: the `registry` binary and the image below."""

DISTRIBUTION_MINIMUM = "3.1.0"
"""The oldest `registry` binary on PATH that is used: the configuration model is 3.1's."""

DISTRIBUTION_IMAGE = f"docker.io/library/registry:{DISTRIBUTION}"
"""The container image of runtime `docker`; give `image` with a digest to pin it further."""

CONFORMANCE = "0.0.0-20260831232431-97274622c111"
"""The OCI distribution conformance suite that the tests run."""

CRANE = "0.22.1"
"""go-containerregistry's `crane`, which the tests run as an independent client."""

REGSYNC = "0.11.7"
"""regclient's `regsync`, which copies images for a `MirrorSchedule`: what the tests run, and the image below."""

REGSYNC_IMAGE = f"ghcr.io/regclient/regsync:v{REGSYNC}-alpine"
"""Its image with the credential helpers of ECR and Google; give `image` with a digest to pin it further."""

DOCKER_COMPOSE = "2.40.3"
"""Docker Compose, which the tests read compose files with."""

HELM = "3.22.0"
"""Helm, which the tests render charts with."""

ETCD = "3.6.16"
"""What the API server below keeps its objects in."""

KUBERNETES = "1.36.3"
"""The API server and the controllers of a cluster without nodes, for rehearsals and tests."""

KUBERNETES_PROVIDER = "4.25.0"
"""Pulumi's Kubernetes provider that rehearsals run against that API server."""

KUBERNETES_PROVIDER_MODULE = "4.0.0-20260115033456-f47bc2d6f199"
"""Its Go module has no releases of its own: this is the commit before 4.25.0, the newest that the Go proxy serves."""

HARBOR_CHART = "1.19.1"
"""Harbor's Helm chart: the values that `HarborRegistry` gives are this version's."""

HARBOR = "2.15.1"
"""The Harbor that the chart installs."""

ARTIFACTORY_CHART = "107.133.17"
"""JFrog's Helm charts `artifactory` and `artifactory-jcr`; the Artifactory that they install is 7.133.17. No registry
that is reachable here has them: the version is known from public material, and was not fetched."""

NEXUS = "3.90.1"
"""Nexus Repository: the API document that `NexusConfiguration` follows is this release's."""

NEXUS_IMAGE = f"docker.io/sonatype/nexus3:{NEXUS}"
"""Its image; give `image` with a digest to pin it further."""

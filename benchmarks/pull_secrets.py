"""The logins of three registries for hundreds of namespaces: `PullSecrets` beside `kubectl apply` of the same.

Each writes to a real API server of its own, into namespaces that are there. Requests are those about secrets, as the
server's own metrics count them, lists of the cluster's own controllers included; the minimum is one write of each.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from registry_components.core.endpoint import existing_endpoint
from registry_components.kubernetes import PullSecrets
from registry_components.provision import ensure
from registry_components.provision import environment as tools
from registry_components.provision.tool import KUBECTL, KUBERNETES_PROVIDER
from registry_components.testing import Engine
from tests.support.cluster import Cluster, running

COUNTS = {250: 3, 500: 5, 1000: 3}
"""Namespaces, and how many rounds of each; what takes long has one."""
_AGAIN = 500
"""Where a second run is measured, which changes nothing."""
BULK, SINGLY = "PullSecrets, in bulk", "PullSecrets"
_ENDPOINTS = {
    "harbor": existing_endpoint("harbor.example.com", username="robot$ci", password="harbor-robot"),
    "hub": existing_endpoint("docker.io", username="ci", password="hub-token"),
    "quay": existing_endpoint("quay.io", username="acme+ci", password="quay-robot"),
}
_WRITTEN = re.compile(
    r'^apiserver_request_total\{(?=[^}]*dry_run="(\w*)")(?=[^}]*resource="secrets")(?=[^}]*verb="(\w+)")[^}]*\} '
    r"([0-9.e+]+)$",
    re.MULTILINE,
)


def _requests(cluster: Cluster) -> dict[str, int]:
    """Return how many requests about secrets the API server has had, by verb."""
    found: dict[str, int] = {}
    for dry, verb, count in _WRITTEN.findall(cluster.client.get("/metrics").raise_for_status().text):
        if verb != "WATCH":  # the controllers' own
            name = f"{verb}, dry run" if dry else verb
            found[name] = found.get(name, 0) + int(float(count))
    return found


def _namespaces(cluster: Cluster, count: int) -> list[str]:
    names = [f"team-{number:04}" for number in range(count)]
    for name in names:
        cluster.apply(
            f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        )
    return names


def _manifests(cluster: Cluster, names: list[str]) -> list[dict[str, Any]]:
    """Return what was made, as a file for kubectl says it."""
    made = []
    for name in names:
        found = cluster.get(f"/api/v1/namespaces/{name}/secrets/apps")
        if found is None:
            raise RuntimeError(f"{name} has no secret")
        about = {key: found["metadata"][key] for key in ("name", "namespace", "labels")}
        made.append(
            {"apiVersion": "v1", "kind": "Secret", "metadata": about, "type": found["type"], "data": found["data"]}
        )
    return made


def _measured(cluster: Cluster, act: Callable[[], object]) -> dict[str, Any]:
    before, started = _requests(cluster), time.perf_counter()
    act()
    seconds = time.perf_counter() - started
    requests = {verb: count - before.get(verb, 0) for verb, count in _requests(cluster).items()}
    return {"seconds": seconds, "requests": {verb: count for verb, count in requests.items() if count}}


def _by_engine(
    count: int, folder: Path, program: Callable[[list[str]], None], *, again: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    with running(folder / "cluster") as cluster:
        names = _namespaces(cluster, count)
        # Pulumi's provider as its users have it: a rehearsal's asks the server of each object beforehand.
        provider = ensure((KUBERNETES_PROVIDER,), print)[KUBERNETES_PROVIDER].path.parent
        environment = {
            "PATH": f"{provider}{os.pathsep}{tools()['PATH']}",
            "KUBECONFIG": str(cluster.kubeconfig),
            "PULUMI_K8S_CLIENT_QPS": "1000",
        }
        engine = Engine(
            folder / "engine", program=lambda: program(names), environment=environment, checkpoints=False, timeout=900
        )
        found = _measured(cluster, engine.up)
        if again:
            found["again"] = _measured(cluster, engine.up_again)
        return found, _manifests(cluster, names)


def _singly(names: list[str]) -> None:
    PullSecrets("apps", {"endpoints": _ENDPOINTS, "namespaces": names})


def _in_bulk(names: list[str]) -> None:
    access = {"kind": "static", "written": {"kind": "in_bulk"}}
    PullSecrets("apps", {"endpoints": _ENDPOINTS, "namespaces": names, "pull_access": access})


def _raw(manifests: list[dict[str, Any]]) -> Callable[[list[str]], None]:
    """Return a program of Pulumi's own classes that makes the same."""

    def program(_: list[str]) -> None:
        import pulumi
        import pulumi_kubernetes as kubernetes

        for one in manifests:
            kubernetes.core.v1.Secret(
                f"apps-{one['metadata']['namespace']}",
                metadata=one["metadata"],
                type=one["type"],
                data={name: pulumi.Output.secret(value) for name, value in one["data"].items()},
            )

    return program


def _kubectl(binary: Path, manifests: list[dict[str, Any]], folder: Path, *more: str, again: bool) -> dict[str, Any]:
    file = folder / "manifests.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))
    with running(folder / "cluster") as cluster:
        _namespaces(cluster, len(manifests))
        command = [str(binary), "--kubeconfig", str(cluster.kubeconfig), "apply", *more, "-f", str(file)]
        run = lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: E731
        found = _measured(cluster, run)
        if again:
            found["again"] = _measured(cluster, run)
        return found


def _round(count: int, binary: Path, *, whole: bool) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="regc-bench-") as name:
        folder, again = Path(name), whole and count == _AGAIN
        for part in ("bulk", "singly", "raw", "client", "server"):
            (folder / part).mkdir()
        bulk, manifests = _by_engine(count, folder / "bulk", _in_bulk, again=again)
        found = {
            BULK: bulk,
            "kubectl apply": _kubectl(binary, manifests, folder / "client", again=again),
            "kubectl apply --server-side": _kubectl(binary, manifests, folder / "server", "--server-side", again=again),
        }
        if whole:
            found[SINGLY], manifests = _by_engine(count, folder / "singly", _singly, again=again)
            found["pulumi_kubernetes"], _ = _by_engine(count, folder / "raw", _raw(manifests), again=again)
        return found


def _told(rounds: list[dict[str, dict[str, Any]]], count: int) -> dict[str, Any]:
    best = {name: min(one[name]["seconds"] for one in rounds if name in one) for name in rounds[0]}
    again = {name: one["again"]["seconds"] for name, one in rounds[0].items() if "again" in one}
    requests = {name: one["requests"] for name, one in rounds[0].items()}
    return {
        "rounds": len(rounds),
        "seconds": {name: round(seconds, 1) for name, seconds in best.items()},
        "seconds of a second run, which changes nothing": {name: round(seconds, 1) for name, seconds in again.items()},
        "against": {
            ours: {name: round(best[ours] / seconds, 2) for name, seconds in best.items() if name != ours}
            for ours in (BULK, SINGLY)
        },
        "requests": requests,
        "requests against the minimum": {name: round(sum(made.values()) / count, 2) for name, made in requests.items()},
    }


def measure() -> dict[str, Any]:
    """Return the best of some rounds, each on clusters of its own."""
    binary = ensure((KUBECTL,), print)[KUBECTL].path
    loads: list[float] = []
    found: dict[int, list[dict[str, dict[str, Any]]]] = {count: [] for count in COUNTS}
    for count, rounds in COUNTS.items():
        for number in range(rounds):
            loads.append(round(os.getloadavg()[0], 1))
            found[count].append(_round(count, binary, whole=number == 0))
    growth = {}
    for name in (BULK, SINGLY):
        seconds = {count: min(one[name]["seconds"] for one in rounds if name in one) for count, rounds in found.items()}
        growth[name] = round(seconds[1000] / seconds[500], 2)
    return {
        "namespaces": {str(count): _told(rounds, count) for count, rounds in found.items()},
        "growth 1000/500": growth,
        "load of the machine at the start of each round": loads,
        "goal": "500 namespaces: not slower than kubectl apply; at most 1.1 times the minimum of requests; linear",
    }

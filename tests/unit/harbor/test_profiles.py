"""Unit proof: what each profile sets, whole, and that what is said wins over it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from registry_components.harbor import HarborRegistryArgs, holding, profiles, render
from registry_components.harbor.names import fullname, names
from registry_components.kubernetes.serving.render_pods import resources
from tests.unit.harbor.everything import BASE, HA

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).parents[3] / "docs" / "harbor.md").read_text()
PARTS = ("core", "portal", "jobservice", "registry", "nginx", "trivy", "exporter")


def parsed(said: dict[str, Any]) -> HarborRegistryArgs:
    return HarborRegistryArgs.parse(said)


def values(said: dict[str, Any]) -> dict[str, Any]:
    args = parsed(said)
    return render.values(args, names(args, "harbor"))


def differences(said: dict[str, Any]) -> dict[str, Any]:
    """Return the values that the profile alone has put there, by dotted path."""
    plain, found = values({**said, "profile": None}), values(said)

    def walk(left: Any, right: Any, path: str) -> dict[str, Any]:
        if left == right:
            return {}
        if isinstance(right, dict) and isinstance(left, dict | None):
            keys = sorted(right.keys() | (left or {}).keys())
            return {
                key: value
                for name in keys
                for key, value in walk((left or {}).get(name), right.get(name), f"{path}.{name}".lstrip(".")).items()
            }
        return {path: right}

    return walk(plain, found, "")


def test_minimal_is_small_and_scans_nothing() -> None:
    changed = differences({**BASE, "profile": "minimal"})
    sizes = {path: value for path, value in changed.items() if ".resources." in path}
    assert sizes == {
        "core.resources.limits.memory": "512Mi",
        "core.resources.requests.cpu": "50m",
        "core.resources.requests.memory": "128Mi",
        "jobservice.resources.limits.memory": "512Mi",
        "jobservice.resources.requests.cpu": "50m",
        "jobservice.resources.requests.memory": "64Mi",
        "portal.resources.limits.memory": "128Mi",
        "portal.resources.requests.cpu": "10m",
        "portal.resources.requests.memory": "32Mi",
        "registry.controller.resources.limits.memory": "256Mi",
        "registry.controller.resources.requests.cpu": "10m",
        "registry.controller.resources.requests.memory": "32Mi",
        "registry.registry.resources.limits.memory": "512Mi",
        "registry.registry.resources.requests.cpu": "50m",
        "registry.registry.resources.requests.memory": "64Mi",
    }
    rest = {path: value for path, value in changed.items() if path not in sizes and not path.startswith("trivy.")}
    assert rest == {"jobservice.maxJobWorkers": 3}
    assert values({**BASE, "profile": "minimal"})["trivy"] == {"enabled": False}


def test_ha_has_two_pods_of_each_part_that_keep_apart() -> None:
    found = values(HA)
    for part in ("core", "portal", "jobservice", "registry", "trivy"):
        assert found[part]["replicas"] == 2
        assert found[part]["podDisruptionBudget"] == {"enabled": True, "minAvailable": 1}
        affinity = found[part]["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
        assert affinity[0]["podAffinityTerm"]["labelSelector"]["matchLabels"]["component"] == part
        assert found[part]["topologySpreadConstraints"] == [
            {"topologyKey": "topology.kubernetes.io/zone", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}
        ]
    assert "replicas" not in found["exporter"]
    assert found["jobservice"]["jobLoggers"] == ["database"]
    assert found["metrics"]["enabled"] is True
    assert found["cache"] == {"enabled": True, "expireHours": 24}
    assert found["updateStrategy"] == {"type": "RollingUpdate"}
    assert found["registry"]["registry"]["resources"] == {
        "requests": {"cpu": "500m", "memory": "512Mi"},
        "limits": {"memory": "2Gi"},
    }


@pytest.mark.parametrize(
    ("said", "path", "wanted"),
    [
        ({"core": {"replicas": 3}}, ("core", "replicas"), 3),
        ({"core": {"replicas": 1}}, ("core", "replicas"), 1),
        ({"core": {"anti_affinity": "none"}}, ("core", "affinity"), None),
        ({"core": {"topology_spread": []}}, ("core", "topologySpreadConstraints"), None),
        ({"core": {"resources": {"cpu_request": "2"}}}, ("core", "resources"), {"requests": {"cpu": "2"}}),
        ({"core": {"disruption_budget": None}}, ("core", "podDisruptionBudget"), None),
        ({"metrics": None}, ("metrics",), None),
        ({"manifest_cache": None}, ("cache",), None),
        ({"manifest_cache": {"expire_hours": 1}}, ("cache", "expireHours"), 1),
        ({"trivy": None}, ("trivy",), {"enabled": False}),
        ({"trivy": {"replicas": 4}}, ("trivy", "replicas"), 4),
        ({"jobservice": {"loggers": ["stdout"]}}, ("jobservice", "jobLoggers"), ["stdout"]),
    ],
)
def test_what_is_said_wins_over_ha(said: dict[str, Any], path: tuple[str, ...], wanted: Any) -> None:
    found: Any = values({**HA, **said})
    for key in path:
        found = None if found is None else found.get(key)
    assert found == wanted


def test_what_is_said_of_a_part_leaves_the_rest_of_it_to_the_profile() -> None:
    found = values({**HA, "core": {"replicas": 3}})["core"]
    assert found["podDisruptionBudget"] == {"enabled": True, "minAvailable": 1}
    assert found["resources"]["requests"] == {"cpu": "500m", "memory": "512Mi"}


@pytest.mark.parametrize("profile", ["minimal", "ha"])
def test_an_autoscaler_can_measure_all_pods(profile: profiles.Profile) -> None:
    """It goes by requests for processor time, and passes over pods with one container that has none."""
    front = {"expose": {"kind": "load_balancer"}, "external_url": "https://harbor.example.com"}
    found = values({**(HA if profile == "ha" else BASE), **front, "profile": profile, "trivy": {}, "metrics": {}})
    containers = {part: [found[part]] for part in PARTS}
    containers["registry"] = [found["registry"]["registry"], found["registry"]["controller"]]
    for part, each in containers.items():
        assert all(one["resources"]["requests"]["cpu"] for one in each), part


def test_what_is_said_of_the_controller_leaves_the_rest_of_it_to_the_profile() -> None:
    said = {"kind": "value", "value": "1"}
    found = values({**HA, "registry": {"controller": {"env": {"A": said}}}})["registry"]["controller"]
    assert found["extraEnvVars"] == [{"name": "A", "value": "1"}]
    assert found["resources"]["requests"]["cpu"] == "100m"
    mine = {"resources": {"cpu_request": "1"}}
    found = values({**HA, "registry": {"controller": mine}})["registry"]["controller"]
    assert found["resources"] == {"requests": {"cpu": "1"}}


def test_one_pod_gets_no_budget_that_would_stop_drains() -> None:
    assert "podDisruptionBudget" not in values({**HA, "portal": {"replicas": 1}})["portal"]


def test_trivy_can_be_said_to_minimal() -> None:
    found = values({**BASE, "profile": "minimal", "trivy": {}})["trivy"]
    assert found["enabled"] is True
    assert found["resources"]["limits"] == {"memory": "1Gi"}


def test_a_trivy_that_is_a_parts_own_object_is_not_taken_for_said() -> None:
    assert holding.part(parsed({**BASE, "profile": "minimal"}), "trivy") is None


@pytest.mark.parametrize(
    ("release", "wanted"),
    [("harbor", "harbor"), ("my-harbor-1", "my-harbor-1"), ("images", "images-harbor")],
)
def test_names_begin_as_the_charts_do(release: str, wanted: str) -> None:
    assert fullname(release) == wanted


def test_the_page_lists_the_sizes_of_both_profiles() -> None:
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (.*) \|$", PAGE, re.MULTILINE))

    def size(profile: profiles.Profile, name: str) -> str:
        part, _, container = name.partition(".")
        settings = profiles.part_settings(profile, part)
        found = resources(settings[container].resources if container else settings["resources"]) or {}
        return f"{found['requests']['cpu']}, {found['requests']['memory']}, {found['limits']['memory']}"

    for part in (*PARTS, "registry.controller"):
        assert rows[part] == f"{size('minimal', part)} | {size('ha', part)}"

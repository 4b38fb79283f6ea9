"""Unit proof: which values Harbor's chart is known to read, which it is told of, and which Secrets they name."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components.harbor import HarborRegistryArgs, chart, render
from registry_components.harbor.left_out import LEFT_OUT
from registry_components.harbor.names import names
from tests.unit.harbor.chart import leaves
from tests.unit.harbor.everything import EVERYTHING

pytestmark = pytest.mark.unit

# The internal database's password is laid over the values as a secret output.
OVERLAID = {"database.internal.password"}


def values(title: str) -> dict[str, Any]:
    args = HarborRegistryArgs.parse(EVERYTHING[title])
    return render.values(args, names(args, "harbor"))


def test_the_known_keys_are_those_that_the_component_gives() -> None:
    given = {path for title in EVERYTHING for path, _ in leaves(values(title))}
    assert sorted(chart.keys()) == sorted(given | OVERLAID)
    assert not [path for path in chart.keys() & LEFT_OUT.keys() if path not in given], "a key is said or left out"


@pytest.mark.parametrize("title", list(EVERYTHING))
def test_nothing_that_the_component_gives_is_unknown(title: str) -> None:
    assert list(chart.unknown(values(title))) == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"externalUrl": "https://x"}, [("externalUrl", "externalURL")]),
        ({"core": {"replica": 2}}, [("core.replica", "core.replicas")]),
        ({"core": {"podAnnotations": {"any": "thing"}}}, []),
        ({"core": {"image": {"tag": "v1"}}}, []),
        ({"core": {}}, []),
        ({"core": 3}, [("core", None)]),
        ({"persistence": {"imageChartStorage": {"swift": {"authurl": "https://x"}}}}, []),
        (
            {"persistence": {"imageChartStorage": {"s4": {"bucket": "b"}}}},
            [("persistence.imageChartStorage.s4.bucket",)],
        ),
        ({"chartmuseum": {"enabled": True}}, [("chartmuseum.enabled", None)]),
    ],
)
def test_what_the_chart_does_not_read(said: dict[str, Any], expected: list[Any]) -> None:
    found = list(chart.unknown(said))
    assert [path for path, _ in found] == [item[0] for item in expected]
    told = [item for item in expected if len(item) == 2]
    assert [pair for pair in found if any(pair[0] == item[0] for item in told)] == told


def test_the_secrets_that_values_name() -> None:
    everything = values("ha")
    found = {read.path: (read.name, read.keys) for read in chart.secrets_read(everything)}
    assert found["existingSecretAdminPassword"] == ("harbor-kept-admin", ("HARBOR_ADMIN_PASSWORD",))
    assert found["existingSecretSecretKey"] == ("harbor-kept-secret-key", ("secretKey",))
    assert found["core.existingXsrfSecret"] == ("harbor-kept-core", ("CSRF_KEY",))
    assert found["registry.credentials.existingSecret"][1] == ("REGISTRY_PASSWD", "REGISTRY_HTPASSWD")

    said = {
        "jobservice": {"existingSecret": "job"},
        "registry": {"existingSecret": "reg", "existingSecretKey": "mine"},
        "imagePullSecrets": [{"name": "pull"}, {}],
        "caBundleSecretName": "",
    }
    assert [(read.path, read.name, read.keys) for read in chart.secrets_read(said)] == [
        ("jobservice.existingSecret", "job", ("JOBSERVICE_SECRET",)),
        ("registry.existingSecret", "reg", ("mine",)),
        ("imagePullSecrets[0].name", "pull", (".dockerconfigjson",)),
    ]


def test_each_value_that_names_a_secret_is_a_key_of_the_chart() -> None:
    named = [read.path for title in EVERYTHING for read in chart.secrets_read(values(title))]
    assert {path for path in named if not path.startswith("imagePullSecrets")} <= chart.keys()
    keys = chart.keys()
    spelled = {path for path in keys if path.rsplit(".", 1)[-1].startswith("existing") and "Claim" not in path}
    # The Secret of CSRF's key is named beside; those that end in Key say which entry.
    assert {
        path for path in spelled if not path.endswith("Key") or path == "existingSecretSecretKey"
    } <= chart._SECRETS.keys()

"""Unit proof: values name keys that the chart has, are equal for equal arguments, and hold no secret."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

import pytest
from hypothesis import example, given

from registry_components.core import versions
from registry_components.harbor import HarborRegistryArgs, render
from registry_components.harbor.left_out import LEFT_OUT
from registry_components.harbor.names import names
from registry_components.testing import find_plaintext
from tests.unit.harbor.chart import FILE, FREE, leaves, paths
from tests.unit.harbor.everything import EVERYTHING
from tests.unit.harbor.strategies import SECRETS, Settings, settings

pytestmark = pytest.mark.unit

needs_chart = pytest.mark.skipif(
    not FILE.exists(), reason=f"the values of Harbor's chart are not at hand ({FILE.name}); they are not part of this"
)
KNOWN = paths(FILE.read_text()) if FILE.exists() else set()
# Keys of the component's: the internal database's password is laid over the values as a secret output.
OVERLAID = {"database.internal.password"}


def values(said: Settings) -> dict[str, Any]:
    args = HarborRegistryArgs.parse(said)
    return render.values(args, names(args, "harbor"))


def unknown(rendered: dict[str, Any]) -> list[str]:
    return sorted(path for path, _ in leaves(rendered) if path not in KNOWN)


@needs_chart
@given(settings())
def test_every_key_is_one_of_the_chart(said: Settings) -> None:
    assert unknown(values(said)) == []


@needs_chart
@pytest.mark.parametrize("title", list(EVERYTHING))
def test_every_key_of_the_samples_is_one_of_the_chart(title: str) -> None:
    assert unknown(values(EVERYTHING[title])) == []


@needs_chart
def test_every_key_of_the_chart_is_said_or_left_out_for_a_reason() -> None:
    emitted = {path for said in EVERYTHING.values() for path, _ in leaves(values(said))} | OVERLAID
    parents = {path.rsplit(".", 1)[0] for path in KNOWN if "." in path}
    free = {path for path in KNOWN if any(part in FREE for part in path.split(".")[:-1])}
    wanted = KNOWN - parents - free | {path for path in KNOWN if path.rsplit(".", 1)[-1] in FREE} - free
    rest = sorted(
        path for path in wanted - emitted if not any(fnmatch.fnmatchcase(path, pattern) for pattern in LEFT_OUT)
    )
    assert rest == []
    idle = [pattern for pattern in LEFT_OUT if not any(fnmatch.fnmatchcase(path, pattern) for path in KNOWN)]
    assert idle == [], "what is left out has to be there"
    said = {path for sample in EVERYTHING.values() for path, value in leaves(values(sample)) if value != ""}
    both = [(path, pattern) for path in said for pattern in LEFT_OUT if fnmatch.fnmatchcase(path, pattern)]
    assert both == [], "a key cannot be both"


@needs_chart
def test_the_pinned_harbor_is_the_one_that_the_chart_installs() -> None:
    assert f"tag: v{versions.HARBOR}\n" in FILE.read_text()
    assert versions.HARBOR_CHART in FILE.name


@given(settings())
def test_two_renders_are_byte_equal(said: Settings) -> None:
    shuffled = dict(reversed(said.items()))
    assert json.dumps(values(said)) == json.dumps(values(json.loads(json.dumps(shuffled))))


@given(settings())
def test_no_secret_is_in_values(said: Settings) -> None:
    assert find_plaintext(SECRETS, json.dumps(values(said))) == []


@given(settings())
def test_whatever_the_chart_would_make_anew_is_given(said: Settings) -> None:
    found = values(said)
    assert found["existingSecretAdminPassword"]
    assert found["existingSecretSecretKey"]
    assert found["core"]["existingSecret"]
    assert found["core"]["existingXsrfSecret"]
    assert found["core"]["secretName"]
    assert found["jobservice"]["existingSecret"]
    assert found["registry"]["existingSecret"]
    assert found["registry"]["credentials"]["existingSecret"]
    assert found["expose"]["tls"]["certSource"] in ("secret", "none")
    assert found.get("internalTLS", {}).get("certSource", "secret") == "secret"
    if found["database"]["type"] == "external":
        assert found["database"]["external"]["existingSecret"]


@given(settings())
def test_a_volume_of_one_node_is_never_rolled(said: Settings) -> None:
    """Rule 25."""
    found = values(said)
    claim = found["persistence"].get("persistentVolumeClaim", {}).get("registry", {})
    one_node = claim.get("accessMode", "ReadWriteOnce") != "ReadWriteMany"
    if found["persistence"]["imageChartStorage"]["type"] == "filesystem" and one_node:
        assert found["updateStrategy"]["type"] == "Recreate"
        assert found["registry"].get("replicas", 1) == 1


@given(settings())
@example({**EVERYTHING["ha"]})
def test_a_budget_lets_a_pod_go(said: Settings) -> None:
    found = values(said)
    for part in ("core", "portal", "jobservice", "registry", "nginx", "trivy", "exporter"):
        budget = found.get(part, {}).get("podDisruptionBudget")
        if budget is not None:
            assert budget["minAvailable"] < found[part].get("replicas", 1) or budget.get("maxUnavailable")

"""What a PrometheusRule tells, found out by Prometheus' own `promtool`.

`series` are values by series, in promtool's notation: `{'up{job="a"}': "1x5 0x60"}` is 1 six times, then 0 sixty-one
times, one value a minute. The clock starts at 0, the epoch: a time among the values is in seconds from the start.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from registry_components.provision import unpacked


def assert_valid(rule: Mapping[str, Any]) -> None:
    """Assert that Prometheus takes the rules: fields, expressions, templates of labels and annotations."""
    with tempfile.TemporaryDirectory() as folder:
        _promtool("check", "rules", "--lint=all", "--lint-fatal", str(_written(rule, Path(folder))))


def assert_firing(rule: Mapping[str, Any], series: Mapping[str, str], firing: Mapping[str, Sequence[str]]) -> None:
    """Assert which alerts fire, by time (`"10m"`): their names, one for each that fires; no others do."""
    # Prometheus keeps what fires as a series of its own.
    query = 'count by (alertname) (ALERTS{alertstate="firing"})'
    expected = [
        {
            "expr": query,
            "eval_time": time,
            "exp_samples": [
                {"labels": f'{{alertname="{name}"}}', "value": list(names).count(name)} for name in sorted(set(names))
            ],
        }
        for time, names in firing.items()
    ]
    _test(rule, series, {"promql_expr_test": expected})


def assert_told(
    rule: Mapping[str, Any],
    series: Mapping[str, str],
    time: str,
    name: str,
    *alerts: tuple[Mapping[str, str], Mapping[str, str]],
) -> None:
    """Assert labels (but `alertname`) and annotations of all alerts of a name that fire at a time."""
    expected = [{"exp_labels": dict(labels), "exp_annotations": dict(annotations)} for labels, annotations in alerts]
    _test(rule, series, {"alert_rule_test": [{"eval_time": time, "alertname": name, "exp_alerts": expected}]})


def _test(rule: Mapping[str, Any], series: Mapping[str, str], expected: Mapping[str, Any]) -> None:
    given = [{"series": name, "values": values} for name, values in series.items()]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tests.json"
        said = {
            "rule_files": [_written(rule, Path(folder)).name],
            "evaluation_interval": "1m",
            "tests": [{"interval": "1m", "input_series": given, **expected}],
        }
        file.write_text(json.dumps(said))
        _promtool("test", "rules", str(file))


def _written(rule: Mapping[str, Any], folder: Path) -> Path:
    # What the Prometheus Operator hands to Prometheus; JSON is YAML.
    file = folder / "rules.json"
    file.write_text(json.dumps({"groups": rule["spec"]["groups"]}))
    return file


def _promtool(*arguments: str) -> None:
    program = shutil.which("promtool") or str(unpacked.folder() / "usr/bin/promtool")
    if not Path(program).is_file():
        pytest.fail("promtool is not there; run `tools/provision --tests`, then the tests again")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"promtool {' '.join(arguments[:2])}:\n{done.stdout}{done.stderr}"


__all__ = ["assert_firing", "assert_told", "assert_valid"]

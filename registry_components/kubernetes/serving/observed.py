"""How a service is watched: what Prometheus fetches, and what it tells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...core.args import Args
from ...core.checked import Check, CheckedArgs
from ...core.errors import Mistake
from ...core.validated import validated
from .words import Labels, Line


def _check_interval(text: str) -> str | None:
    if re.fullmatch(r"[1-9][0-9]*(?:ms|s|m|h)", text):
        return None
    return f"{text!r} is not an interval of Prometheus; write it as '30s'"


def check_metrics_path(text: str) -> str | None:
    if re.fullmatch(r"(?:/[A-Za-z0-9_.~-]+)+", text):
        return None
    return f"{text!r} is not a path; write it as '/metrics'"


def _relabeling(args: Relabeling) -> Iterable[Mistake]:
    if args.action in ("labelmap", "labeldrop", "labelkeep") and args.source_labels:
        yield Mistake("source_labels", f"have no meaning for action {args.action!r}, which looks at names; remove them")
    if args.action in ("replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"):
        if args.target_label is None:
            yield Mistake("target_label", f"is required for action {args.action!r}; give it")
    elif args.target_label is not None:
        yield Mistake("target_label", f"has no meaning for action {args.action!r}; remove it")
    if (args.modulus is not None) != (args.action == "hashmod"):
        yield Mistake("modulus", "and action 'hashmod' need each other; give both or neither")


class Relabeling(CheckedArgs):
    """One step that changes labels, as Prometheus has it."""

    checks: ClassVar[tuple[Check, ...]] = (_relabeling,)

    action: Literal[
        "replace",
        "keep",
        "drop",
        "hashmod",
        "labelmap",
        "labeldrop",
        "labelkeep",
        "lowercase",
        "uppercase",
        "keepequal",
        "dropequal",
    ] = "replace"
    """What it does. Default: replace."""
    source_labels: list[Line] = []
    """Labels whose values are looked at. Default: none."""
    separator: str | None = None
    """What stands between their values. Default: `;`."""
    regex: Line | None = None
    """What they have to match. Default: anything."""
    target_label: Line | None = None
    """The label that is set."""
    replacement: str | None = None
    """What it is set to. Default: the first group of the match."""
    modulus: int | None = Field(None, ge=1)
    """With `hashmod`: of what the rest is taken."""


class ServiceMonitor(Args):
    """A ServiceMonitor for the Prometheus operator, whose definitions have to be in the cluster."""

    labels: Labels = {}
    """Labels by which a Prometheus finds it. Default: none."""
    interval: Annotated[str, validated(_check_interval)] | None = None
    """How often metrics are fetched. Default: Prometheus's own."""
    relabelings: list[Relabeling] = []
    """What is changed before metrics are fetched. Default: nothing."""
    metric_relabelings: list[Relabeling] = []
    """What is changed before metrics are kept. Default: nothing."""


class Alerts(Args):
    """A PrometheusRule for the Prometheus operator, whose definitions have to be in the cluster."""

    labels: Labels = {}
    """Labels by which a Prometheus finds it. Default: none."""
    severity: Line = "critical"
    """The label `severity` of its alerts that wake somebody. Default: critical."""

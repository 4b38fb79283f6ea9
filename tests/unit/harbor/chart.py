"""The chart's own values, where they can be had: which keys there are, those in comments among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[4] / "shared" / "data" / "harbor-helm-1.19.1-values.yaml"

# Mappings and lists whose content is the user's, or Kubernetes' own.
FREE = (
    "annotations",
    "labels",
    "podAnnotations",
    "podLabels",
    "serviceAnnotations",
    "additionalLabels",
    "nodeSelector",
    "tolerations",
    "affinity",
    "topologySpreadConstraints",
    "resources",
    "extraEnvVars",
    "imagePullSecrets",
    "parentRefs",
    "metricRelabelings",
    "relabelings",
    "attributes",
    "containerSecurityContext",
)
_KEY = re.compile(r"^(?P<indent> *)(?P<mark>#(?!#) ?)?(?P<key>[A-Za-z_][\w.]*):(?P<rest>\s.*|$)")


def paths(text: str) -> set[str]:
    """Return the dotted paths of all keys; one in a comment counts where the comment is nothing but the key."""
    found: set[str] = set()
    above: list[tuple[int, str]] = []
    for line in text.splitlines():
        key = _KEY.match(line)
        if key is None or (key["mark"] and not _is_setting(key["key"], key["rest"])):
            continue
        depth = len(key["indent"])
        above = [(level, name) for level, name in above if level < depth]
        path = ".".join([*(name for _, name in above), key["key"]])
        found.add(path)
        if not key["mark"]:
            above.append((depth, key["key"]))
    return found


def _is_setting(key: str, rest: str) -> bool:
    words = rest.split(" #", 1)[0].split()
    return key[0].islower() and len(words) <= 1


def leaves(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted path and value of each leaf; free mappings are leaves."""
    for key, value in values.items():
        path = f"{before}{key}"
        if isinstance(value, Mapping) and key not in FREE:
            yield from leaves(value, f"{path}.")
        else:
            yield path, value

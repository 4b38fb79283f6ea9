"""The report as one self-contained HTML page: no request leaves it."""

from __future__ import annotations

import json
from typing import Any, Final

from .graph import draw
from .report import Report, short_type

_MOST_TEXT: Final = 4000


def html(report: Report) -> str:
    """Return the page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("registry_components.rehearsal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short"] = short_type
    environment.filters["pretty"] = _pretty
    environment.filters["operations"] = _operations
    page = environment.get_template("rehearsal.html.jinja")
    return page.render(report=report, graph=draw(report.resources), proofs=report.proofs())


def _pretty(value: Any) -> str:
    """Return a property as a person reads it; JSON texts are unfolded."""
    if isinstance(value, str):
        if value[:1] in {"{", "["}:
            try:
                return _cut(json.dumps(json.loads(value), indent=2, ensure_ascii=False))
            except ValueError:
                pass
        return _cut(value)
    return _cut(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}\n… {len(text) - _MOST_TEXT} characters more"


def _operations(operations: Any) -> str:
    return ", ".join(f"{number} {name}" for name, number in operations.items())


__all__ = ["html"]

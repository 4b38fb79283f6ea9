"""Download rules: which versions may be downloaded at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from ..core.args import Args
from ..core.errors import Mistake
from ..core.validated import validated


def _check_id(text: str) -> str | None:
    if re.fullmatch(r"[A-Za-z0-9._~:@+^-]{1,256}", text):
        return None
    return f"{text!r} is not a rule's id; use 1 to 256 letters, digits and - . _ ~ : @ + ^"


RuleId = Annotated[str, validated(_check_id)]


class GarDownloadRule(Args):
    """Allows or denies downloads. A repository has one rule for all of it, and one for each package; the package's
    goes first."""

    action: Literal["allow", "deny"]
    """What happens to downloads that match."""
    package: Annotated[str, Field(min_length=1)] | None = None
    """Which package (image) it is for. Default: all that have no rule of their own."""
    condition: Annotated[str, Field(min_length=1)] | None = None
    """Which versions, in Common Expression Language: `pkg.tag.id == "prod"`. Default: all."""
    title: str | None = None
    """What the condition says, in a few words. Default: nothing."""
    description: str | None = None
    """More on the condition. Default: nothing."""


def check_rules(rules: Mapping[str, GarDownloadRule]) -> Iterable[Mistake]:
    """Check rules against each other."""
    seen: dict[str | None, str] = {}
    for key, rule in sorted(rules.items()):
        if rule.package in seen:
            what = "the whole repository" if rule.package is None else f"package {rule.package!r}"
            yield Mistake(
                f"rules.{key}", f"is a second rule for {what}, beside {seen[rule.package]!r}; keep one of them"
            )
        seen.setdefault(rule.package, key)
        for name in ("title", "description"):
            if rule.condition is None and getattr(rule, name) is not None:
                yield Mistake(f"rules.{key}.{name}", "is the condition's, and there is none; remove it")

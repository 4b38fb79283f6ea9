"""The unified lifecycle policy, where ECR's own may stand too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, TypeAlias

from pydantic import Tag

from ..blocks.lifecycle import LifecyclePolicy
from ..core.errors import Mistake, StackError
from ..lifecycle import choice
from .lifecycle import EcrLifecyclePolicy, from_document
from .words import ROOT

_Own: TypeAlias = Annotated[EcrLifecyclePolicy, Tag("EcrLifecyclePolicy")]
_Unified: TypeAlias = Annotated[LifecyclePolicy, Tag("LifecyclePolicy")]
_None: TypeAlias = Annotated[Literal["none"], Tag("none")]

EcrLifecycle: TypeAlias = Annotated[_Own | _Unified, choice.chosen_by(EcrLifecyclePolicy)]
"""ECR's own policy, or the unified one."""
EcrLifecycleOrNone: TypeAlias = Annotated[_Own | _Unified | _None, choice.chosen_by(EcrLifecyclePolicy)]
"""The same, or `none`."""

Policy: TypeAlias = EcrLifecyclePolicy | LifecyclePolicy | None


def of_repository(policy: Policy, name: str) -> EcrLifecyclePolicy | None:
    """Return the policy of one repository; None where nothing of it would ever go.

    Raises `LifecycleNotExpressible` where ECR cannot carry the unified policy out as it is meant.
    """
    if not isinstance(policy, LifecyclePolicy):
        return policy
    meant = choice.meant_for(policy, name)
    return None if meant is None else from_document(choice.translated("ecr", meant))


def of_template(policy: Policy, prefix: str) -> EcrLifecyclePolicy | None:
    """Return the policy of repositories that ECR makes by itself below a prefix.

    Raises `StackError` where the unified policy means different things for some of them.
    """
    if not isinstance(policy, LifecyclePolicy):
        return policy
    meant = choice.meant_below(policy, "" if prefix == ROOT else prefix)
    return None if meant is None else from_document(choice.translated("ecr", meant))


def repository_mistakes(policy: Policy, names: Iterable[str], path: str) -> Iterable[Mistake]:
    """Yield why ECR cannot carry out a policy for repositories."""
    if not isinstance(policy, LifecyclePolicy):
        return
    for name in names:
        try:
            of_repository(policy, name)
        except StackError as error:
            yield Mistake(path, choice.why(error))


def template_mistakes(policy: Policy, prefix: str, path: str) -> Iterable[Mistake]:
    """Yield why ECR cannot carry out a policy for what it makes by itself below a prefix."""
    try:
        if isinstance(policy, LifecyclePolicy) and of_template(policy, prefix) is None:
            yield Mistake(f"{path}.repositories", f"has no rule for what is below {prefix!r}; add one, or remove it")
    except StackError as error:
        yield Mistake(path, choice.why(error))


__all__ = [
    "EcrLifecycle",
    "EcrLifecycleOrNone",
    "of_repository",
    "of_template",
    "repository_mistakes",
    "template_mistakes",
]

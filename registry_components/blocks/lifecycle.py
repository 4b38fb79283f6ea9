"""The lifecycle block: one policy for every registry.

An artifact (a digest with all its tags) goes only if a rule expires it and nothing keeps it. Keep always wins. Any tag
that a rule's `tags` match selects the artifact, and one tag that its `exclude_tags` match takes it out again. What an
index refers to stays with the index; what refers to an artifact (signatures, SBOMs, attestations, `sha256-...` tags)
stays and goes with it. Equal times are ordered by digest. What is not known (a time, a version) never makes an artifact
go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.functional_validators import AfterValidator

from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from .differences import ABOUT, ACCEPTED, DOES, NAMES

TagState = Literal["tagged", "untagged", "any"]
Order = Literal["pushed", "version"]


def _pattern(text: str) -> str:
    if not text:
        raise ValueError("cannot be empty; write * for every tag, ** for every repository")
    if len(text) > 256 or re.search(r"[\s\x00-\x1f]", text):
        raise ValueError("has to be at most 256 characters without blanks")
    from ..lifecycle.patterns import doublestar

    doublestar(text)
    return text


def _digest(text: str) -> str:
    if re.fullmatch(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[A-Za-z0-9=_-]+", text):
        return text
    raise ValueError(f"{text[:80]!r} is not a digest such as sha256: and 64 hexadecimal digits")


def _image(text: str) -> str:
    if text and not re.search(r"\s", text):
        return text
    raise ValueError(f"{text[:80]!r} is not an image, such as registry.example.com/shop/api:v1 or a digest")


def _difference(text: str) -> str:
    if text in NAMES:
        return text
    raise ValueError(
        f"{text[:80]!r} is not the name of a difference; it is one of {', '.join(DOES)}, a colon, and one of "
        f"{', '.join(ABOUT)}"
    )


Glob = Annotated[str, AfterValidator(_pattern)]
"""`*` and `?` do not cross `/`, `**` does; `{a,b}` is either."""
Digest = Annotated[str, AfterValidator(_digest)]
Image = Annotated[str, AfterValidator(_image)]
DifferenceName = Annotated[str, AfterValidator(_difference)]


def _selection(rule: Selection) -> Iterable[Mistake]:
    if rule.tags is None and rule.tag_state is None:
        yield Mistake("tags", "or tag_state has to say which artifacts are meant; write tag_state: any for all")
    if rule.tag_state == "untagged" and (rule.tags or rule.exclude_tags):
        name = "tags" if rule.tags else "exclude_tags"
        yield Mistake(name, "are for tagged artifacts, and tag_state is untagged; remove one of them")


class Selection(CheckedArgs):
    """Which artifacts a rule is for."""

    checks: ClassVar[Any] = (_selection,)

    repositories: Annotated[list[Glob], Field(min_length=1)] | None = None
    """Patterns of repositories. Default: those of the policy."""
    tags: Annotated[list[Glob], Field(min_length=1)] | None = None
    """Patterns of tags, one of which has to match. Default: whatever `tag_state` says."""
    exclude_tags: list[Glob] = []
    """An artifact with a tag that one of these matches is not meant. Default: none."""
    tag_state: TagState | None = None
    """`untagged` leaves out manifests of an index and referrers. Default: `tagged` where `tags` are given."""


def _limits(rule: Limits) -> Iterable[Mistake]:
    conditions = ("older_than_days", "unpulled_for_days", "beyond_most_recent", "beyond_bytes")
    if all(getattr(rule, name) is None for name in conditions):
        yield Mistake("", f"would take everything that it selects; give one of {', '.join(conditions)}")


class Limits(Selection):
    """When an artifact that is selected goes: where everything that is said holds."""

    checks: ClassVar[Any] = (_selection, _limits)

    older_than_days: int | None = Field(default=None, ge=0, le=36_500)
    """Pushed more than that many days ago."""
    unpulled_for_days: int | None = Field(default=None, ge=1, le=36_500)
    """Last pulled (or pushed, if never, or later) more than that many days ago."""
    beyond_most_recent: int | None = Field(default=None, ge=1, le=1_000_000)
    """Not among that many most recent of the selected ones of its repository."""
    by: Order = "pushed"
    """What most recent means: by push time, or by semantic version of a tag. Default: pushed."""
    beyond_bytes: int | None = Field(default=None, ge=1)
    """Beyond that many bytes, counted from the most recent of the selected ones of its repository."""


class Expire(Limits):
    """What is deleted. What lies in archive storage is left to `then_expire_after_days`."""


class Archive(Limits):
    """What moves to archive storage."""

    then_expire_after_days: int | None = Field(default=None, ge=1, le=36_500)
    """What this rule selects is deleted once it has been archived for more than that many days. Default: it stays."""


def _keeps(rule: Keep) -> Iterable[Mistake]:
    given = [name for name in ("newer_than_days", "pulled_within_days", "most_recent", "always") if getattr(rule, name)]
    if len(given) != 1:
        told = " and ".join(given) or "nothing"
        yield Mistake(
            "", f"says {told}; say exactly one of newer_than_days, pulled_within_days, most_recent, always: true"
        )


class Keep(Selection):
    """What stays, whatever expires it."""

    checks: ClassVar[Any] = (_selection, _keeps)

    newer_than_days: int | None = Field(default=None, ge=1, le=36_500)
    """Pushed at most that many days ago."""
    pulled_within_days: int | None = Field(default=None, ge=1, le=36_500)
    """Pulled at most that many days ago."""
    most_recent: int | None = Field(default=None, ge=1, le=1_000_000)
    """Among that many most recent of the selected ones of its repository."""
    by: Order = "pushed"
    """What most recent means: by push time, or by semantic version of a tag. Default: pushed."""
    always: bool = False
    """Everything that is selected. Default: false."""


class Protect(CheckedArgs):
    """What stays beside the rules."""

    in_use: list[Image] = []
    """Images that run: references with tag or digest, or digests alone. Default: none."""
    signed: bool = False
    """Whatever a signature refers to. Default: false."""
    digests: list[Digest] = []
    """Named digests. Default: none."""
    immutable_tags: list[Glob] = []
    """Tags that cannot be deleted. Default: none."""


def _policy(policy: LifecyclePolicy) -> Iterable[Mistake]:
    if not policy.expire and not policy.archive:
        yield Mistake("expire", "has no rule, and archive neither: nothing would ever go; add a rule")
    names: dict[str, str] = {}
    for kind in ("expire", "archive", "keep"):
        for name in getattr(policy, kind):
            if name in names:
                yield Mistake(f"{kind}.{name}", f"is the name of a rule of {names[name]} too; give it another")
            names[name] = kind


RuleName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class LifecyclePolicy(CheckedArgs):
    """What goes, what stays, in one vocabulary for every registry."""

    checks: ClassVar[Any] = (_policy,)
    stand_ins: ClassVar = {"repositories": ["**"]}

    repositories: Annotated[list[Glob], Field(min_length=1)]
    """Patterns of the repositories that the policy is for; `["**"]` is all."""
    exclude_repositories: list[Glob] = []
    """Patterns of repositories that it is not for. Default: none."""
    expire: dict[RuleName, Expire] = {}
    """Rules by name: what is deleted."""
    archive: dict[RuleName, Archive] = {}
    """Rules by name: what moves to archive storage, if nothing deletes it."""
    keep: dict[RuleName, Keep] = {}
    """Rules by name: what stays."""
    protect: Protect = Protect()
    """What stays beside the rules."""
    accept_differences: list[DifferenceName] = list(ACCEPTED)
    """What a registry's own policy may do otherwise than this one, by the names that a refusal tells. Default:
    `keeps-more:signature-tags`; a signature under a tag of its own stays when its image goes."""

    @classmethod
    def load(cls, written: Any) -> LifecyclePolicy:
        """Return the policy that YAML or JSON has said. Raises `StackError` that tells every mistake."""
        from ..core.errors import stack_error

        if isinstance(written, cls):
            return written
        if not isinstance(written, Mapping):
            raise stack_error("the lifecycle policy has to be an object with repositories and expire")
        return cls.parse(written)


__all__ = ["Archive", "Expire", "Keep", "LifecyclePolicy", "Limits", "Protect", "Selection"]

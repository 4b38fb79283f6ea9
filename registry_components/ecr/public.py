"""Repositories of the public gallery."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..blocks.access import Access
from ..core.args import Args
from ..core.checked import CheckedArgs
from ..core.errors import Mistake
from ..core.validated import validated
from .settings import LEVELS, Tags, tag_mistakes
from .words import LAMBDA, RepositoryName, check_principal

REGION = "us-east-1"
"""The one region that the public gallery is managed in; images are served everywhere."""
SERVER = "public.ecr.aws"
_MOST_LOGO = 512_000


def _check_logo(text: str) -> str | None:
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return "is not base64; give a PNG's content so encoded"
    if not 0 < size <= _MOST_LOGO:
        return f"has {size} bytes; a logo has 1 to {_MOST_LOGO}"
    return None


class EcrCatalog(Args):
    """What the gallery shows."""

    description: str | None = Field(default=None, min_length=1, max_length=1024)
    """One line. Default: nothing."""
    about_text: str | None = Field(default=None, min_length=1, max_length=25_600)
    """Markdown of what it is. Default: nothing."""
    usage_text: str | None = Field(default=None, min_length=1, max_length=25_600)
    """Markdown of how it is used. Default: nothing."""
    architectures: list[Literal["ARM", "ARM 64", "x86", "x86-64"]] = []
    """What it runs on. Default: nothing said."""
    operating_systems: list[Literal["Linux", "Windows"]] = []
    """What it runs on. Default: nothing said."""
    logo: Annotated[str, validated(_check_logo)] | None = None
    """A PNG in base64; shown for verified accounts. Default: none."""


def _everybody(args: EcrPublicRepositoryArgs) -> Iterable[Mistake]:
    if not args.access.anonymous_pull:
        yield Mistake(
            "access.anonymous_pull",
            "is required: everybody pulls from the public gallery; set it to true, or use EcrRegistry",
        )
    if args.access.pull:
        yield Mistake("access.pull", "is not needed: everybody pulls from the public gallery; remove it")
    for level in LEVELS[1:]:
        for i, principal in enumerate(getattr(args.access, level)):
            if not isinstance(principal, str):
                continue
            mistake = check_principal(principal)
            if principal == LAMBDA:
                mistake = f"{LAMBDA!r} cannot push; remove it"
            if mistake:
                yield Mistake(f"access.{level}[{i}]", mistake)


def _consents(args: EcrPublicRepositoryArgs) -> Iterable[Mistake]:
    if args.import_ is not None and args.deletion == "destroy":
        yield Mistake(
            "deletion", "'destroy' is refused while the repository is adopted; remove import_ once it is adopted"
        )
    elif args.deletion == "destroy" and not args.empty_on_delete:
        yield Mistake(
            "empty_on_delete", "is required too to remove images on destroy; set it to true, or remove deletion"
        )
    elif args.empty_on_delete and args.deletion != "destroy":
        yield Mistake(
            "deletion", "must be 'destroy' too to remove images on destroy; set it, or remove empty_on_delete"
        )
    if args.import_ is not None and args.import_ != args.name:
        yield Mistake(
            "import_", f"is {args.import_!r}, and the repository is named {args.name!r}; they have to be the same"
        )


def _region(args: EcrPublicRepositoryArgs) -> Iterable[Mistake]:
    if args.region != REGION:
        yield Mistake("region", f"{args.region!r} has no public gallery: it is managed in {REGION} alone; remove it")


def _tags(args: EcrPublicRepositoryArgs) -> Iterable[Mistake]:
    yield from tag_mistakes(args.tags, "tags")


class EcrPublicRepositoryArgs(CheckedArgs):
    """One repository of the public gallery, public.ecr.aws."""

    checks = (_everybody, _consents, _region, _tags)
    stand_ins: ClassVar = {"name": "repository", "access": {"anonymous_pull": True}}

    name: RepositoryName
    """Its name, below the account's alias."""
    access: Access
    """Who may push and administer; `anonymous_pull` has to be true, since everybody pulls."""
    catalog: EcrCatalog = EcrCatalog()
    """What the gallery shows. Default: nothing."""
    region: str = REGION
    """Only us-east-1, whatever the provider's region is. Default: us-east-1."""
    tags: Tags = {}
    """Tags beside those that say who made it. Default: none."""
    import_: RepositoryName | None = None
    """Name of a repository that exists and is adopted; it is protected. Default: a new one."""
    deletion: Literal["retain", "destroy"] = "retain"
    """Whether it is removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all images go. Default: false."""

    @property
    def kept(self) -> bool:
        """Whether it outlives the stack."""
        return not (self.deletion == "destroy" and self.empty_on_delete)


__all__ = ["EcrCatalog", "EcrPublicRepositoryArgs"]

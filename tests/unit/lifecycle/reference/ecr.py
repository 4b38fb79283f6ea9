"""Amazon ECR: rules by priority, each of which claims all that it selects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .common import Artifact, Fates, fates, newest_first, older, parents, subject_by_manifest, until_stable


def wildcard(pattern: str, text: str) -> bool:
    """Return whether a pattern of `*` matches a whole text."""
    head, star, tail = pattern.partition("*")
    if not star:
        return head == text
    return text.startswith(head) and any(wildcard(tail, text[at:]) for at in range(len(head), len(text) + 1))


def pushed(image: Artifact) -> int | None:
    """Return when an image was pushed, or restored from the archive."""
    return image.pushed_at if image.activated_at is None else image.activated_at


def used(image: Artifact) -> int | None:
    """Return when an image was last pulled: restored where that was later, pushed where it never was."""
    if image.last_pulled_at is None:
        return pushed(image)
    if image.activated_at is not None and image.activated_at > image.last_pulled_at:
        return image.activated_at
    return image.last_pulled_at


def evaluate(images: Sequence[Artifact], policy: Any, now: int) -> Fates:
    """Return what the policy does to one repository."""
    here = {image.digest: image for image in images}
    about = {image.digest: subject_by_manifest(image, here) for image in images}
    claimed: set[str] = set()
    deleted: set[str] = set()
    archived: set[str] = set()
    for rule in sorted(policy["rules"], key=lambda rule: rule["rulePriority"]):
        selection = rule["selection"]
        selected = [image for image in images if about[image.digest] is None and _selects(selection, image)]
        number, count = selection["countNumber"], selection["countType"]
        if count == "imageCountMoreThan":
            chosen = newest_first(selected, pushed)[number:]
        elif count == "sinceImagePushed":
            chosen = [image for image in selected if older(pushed(image), number, now)]
        elif count == "sinceImagePulled":
            chosen = [image for image in selected if older(used(image), number, now)]
        else:
            chosen = [image for image in selected if older(image.archived_at, number, now)]
        into = archived if rule["action"]["type"] == "transition" else deleted
        into.update(image.digest for image in chosen if image.digest not in claimed)
        claimed.update(image.digest for image in selected)

    holders = parents(images)

    def goes(digest: str, gone: set[str]) -> bool:
        subject = about[digest]
        wanted = digest in deleted if subject is None else subject in gone
        return wanted and all(index in gone for index in holders[digest])

    gone = until_stable(list(here), goes)

    def moves(digest: str, moved: set[str]) -> bool:
        subject = about[digest]
        wanted = digest in archived if subject is None else subject in moved
        free = digest not in gone and not here[digest].archived
        return free and wanted and all(index in gone for index in holders[digest])

    return fates(images, gone, until_stable(list(here), moves))


def _selects(selection: Any, image: Artifact) -> bool:
    if image.archived != (selection.get("storageClass", "standard") == "archive"):
        return False
    if selection["tagStatus"] == "any":
        return True
    if selection["tagStatus"] == "untagged":
        return not image.tags
    patterns = [*selection.get("tagPatternList", ()), *(f"{prefix}*" for prefix in selection.get("tagPrefixList", ()))]
    return all(any(wildcard(pattern, tag) for tag in image.tags) for pattern in patterns)

"""Images that run, from what the platforms list: `protect.in_use` takes them.

Read are a plain list (one image a line), `kubectl get ... -o json`, `aws ecs describe-tasks` and
`describe-task-definition`, and `gcloud run services|revisions|jobs list --format=json`; the file tells which it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ..core.errors import stack_error

_LARGEST: Final = 512 * 1024**2
_IMAGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,511}")
_DIGEST: Final = re.compile(r"@(sha(?:256|512):[0-9a-f]{32,128})$")
_CONTAINERS: Final = frozenset({"containers", "initContainers", "ephemeralContainers", "containerDefinitions"})
_STATUSES: Final = frozenset({"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"})
_KNOWN: Final = frozenset({"items", "tasks", "taskDefinition", "taskDefinitions", "kind", "spec", "template"})


def read(path: Path, *, allow_empty: bool = False) -> list[str]:
    """Return the images that a listing names, sorted.

    Raises `StackError` where it is none of those that are known, or names no image: that mostly means that the command
    which made it failed, and a policy that protects nothing would delete what runs.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise stack_error(f"{path}: is larger than {_LARGEST} bytes; list fewer namespaces at a time")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise stack_error(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise stack_error(f"{path}: is not UTF-8 text") from None
    found = set(_json(path, text) if text.lstrip()[:1] in {"{", "["} else _lines(path, text))
    if not found and not allow_empty:
        raise stack_error(
            f"{path}: names no image; look whether the command that made it failed, or say that nothing runs with "
            "--allow-empty-in-use"
        )
    return sorted(found)


def _lines(path: Path, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        image = line.partition("#")[0].strip()
        if not image:
            continue
        if _IMAGE.fullmatch(image) is None:
            raise stack_error(f"{path}: line {number}: {image[:80]!r} is not an image; write one on each line")
        yield image


def _json(path: Path, text: str) -> Iterator[str]:
    try:
        body = json.loads(text)
    except ValueError as error:
        where = f"line {error.lineno}: " if isinstance(error, json.JSONDecodeError) else ""
        raise stack_error(f"{path}: {where}is not JSON; was the listing cut off?") from None
    except RecursionError:
        raise stack_error(f"{path}: is nested too deep to be a listing") from None
    entries = body if isinstance(body, list) else [body]
    if all(isinstance(entry, str) for entry in entries):
        yield from _lines(path, "\n".join(entries))
        return
    if not all(isinstance(entry, dict) and _KNOWN & set(entry) for entry in entries):
        raise stack_error(
            f"{path}: is no listing that is known; give kubectl's -o json, aws ecs describe-tasks or "
            "describe-task-definition, gcloud run ... --format=json, or one image a line"
        )
    yield from images(body)


def images(value: Any) -> Iterator[str]:
    """Yield the images of every container in a tree, and the digests that really run."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            for key, item in here.items():
                if key in _CONTAINERS and isinstance(item, list):
                    for container in item:
                        yield from _container(container)
                elif key in _STATUSES and isinstance(item, list):
                    for status in item:
                        yield from _container(status)
                if isinstance(item, (dict, list)):
                    waiting.append(item)


def _container(said: Any) -> Iterator[str]:
    if not isinstance(said, dict):
        return
    image = said.get("image")
    if isinstance(image, str) and _IMAGE.fullmatch(image):
        yield image
    # Kubernetes tells the digest in imageID, with the pull's scheme before it, ECS in imageDigest.
    for key in ("imageID", "imageDigest"):
        told = said.get(key)
        if isinstance(told, str):
            digest = _DIGEST.search(told if "@" in told else f"@{told}")
            if digest is not None:
                yield digest[1]


__all__ = ["images", "read"]

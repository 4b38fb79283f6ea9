"""The base of this library's dynamic resource providers: plain messages, and no life after the engine's."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import ConfigureRequest, DiffResult, ResourceProvider

from .errors import StackError

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What Pulumi's wire format holds in place of a value that is not known during preview."""


class Provider(ResourceProvider):
    """A dynamic resource provider without state of its own.

    It is pickled by reference (module and class name), so it is the same text in every run and holds no secret: a
    newer release of this library takes effect without a change in the stack's state.
    """

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:  # noqa: ARG002 - the signature is Pulumi's
        _tell_mistakes_plainly()
        _end_with_engine()


class ComparedProvider(Provider):
    """A provider whose resources are compared property by property."""

    replaced: ClassVar[Sequence[str]] = ()
    """The properties whose change makes another resource."""
    changed: ClassVar[Sequence[str]] = ()
    """Those that are changed in place."""
    reached: ClassVar[Sequence[str]] = ()
    """Those that say how the service is reached, which are kept in the state and are nothing in the service."""
    delete_before_replace: ClassVar[bool] = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        olds, news = without_provider(_olds), without_provider(_news)
        if not is_known(news):
            return DiffResult(changes=True)
        replaces = [key for key in self.replaced if olds.get(key) != news.get(key)]
        if replaces:
            return DiffResult(changes=True, replaces=replaces, delete_before_replace=self.delete_before_replace)
        return DiffResult(changes=any(olds.get(key) != news.get(key) for key in (*self.changed, *self.reached)))


def kept(properties: Mapping[str, Any], **observed: Any) -> dict[str, Any]:
    """Return a resource's properties with what was observed laid over them."""
    return {**without_provider(dict(properties)), **observed}


def hiding(opts: pulumi.ResourceOptions | None, *outputs: str) -> pulumi.ResourceOptions:
    """Return options with which these outputs of a resource are secrets in the state."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=list(outputs)))


def is_known(value: Any) -> bool:
    """Return whether a value, and all it holds, is known; during preview some are not."""
    if isinstance(value, dict):
        return all(is_known(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(is_known(item) for item in value)
    return not (isinstance(value, str) and value == UNKNOWN) and type(value).__name__ != "Unknown"


def without_provider(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties without Pulumi's own key."""
    return {key: value for key, value in properties.items() if not key.startswith("__")}


def tell(line: str) -> None:
    """Show a line to whoever runs the engine: what a provider prints is told below the run's changes."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _tell_mistakes_plainly() -> None:
    """Make Pulumi's provider host report a `StackError` as its message.

    The host reports every exception of a provider as `traceback.format_exc()`. This process serves dynamic
    resources only, and every other exception keeps its traceback.
    """
    original = traceback.format_exc

    if getattr(original, "tells_plainly", False):
        return

    def format_exc(*args: Any, **kwargs: Any) -> str:
        error = sys.exc_info()[1]
        return str(error) if isinstance(error, StackError) else original(*args, **kwargs)

    format_exc.tells_plainly = True  # type: ignore[attr-defined]
    traceback.format_exc = format_exc


def whole_numbers(value: Any) -> Any:
    """Return a value with whole numbers as such: they reach a provider as floats."""
    if isinstance(value, dict):
        return {key: whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


_watching = threading.Event()


def _end_with_engine() -> None:
    """End this process when the engine that started it is gone.

    The engine stops its providers when it ends, but not when it is killed; without this a killed `pulumi up` leaves
    a provider behind that could still be changing things while the next `up` runs.
    """
    if _watching.is_set():
        return
    _watching.set()
    import psutil

    engine = next((p for p in psutil.Process().parents() if p.name() == "pulumi"), None)
    if engine is None:
        return

    def watch() -> None:
        while engine.is_running() and engine.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, name="engine-watch", daemon=True).start()

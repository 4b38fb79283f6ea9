"""Frees the space of what was deleted from a registry in a cluster, while nobody can write to it.

Distribution's own collection looks at what manifests name and deletes the rest: a blob that is pushed meanwhile is lost
(distribution/distribution#1515, #3178). So the registry is made read-only first and writable again in any case.

All that a run claims is in one object, the registry's own workload, and belongs to one field manager: an annotation
that says who collects and is renewed while that one lives, and a variable of the container that makes the registry
read-only. To let go is to claim nothing: server-side apply then removes both. A run that was killed leaves them, and
the next one, which waits until the annotation is no longer renewed, takes them over and ends what it began.
"""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from ..core.errors import StackError
from ..kubernetes.api import ApiError, KubernetesApi

MANAGER: Final = "registry-components-collection"
LOCK: Final = "registry-components.dev/collected-by"
READ_ONLY: Final = "registry-components.dev/read-only"
"""Annotation of pods whose registry takes no push."""
VARIABLE: Final = "REGISTRY_STORAGE_MAINTENANCE"
# The whole section: Distribution 3.1 ends where a variable names a setting inside of one that is there.
_NO_WRITES: Final = json.dumps({"readonly": {"enabled": True}, "uploadpurging": {"enabled": False}})
_LOOK_SECONDS: Final = 2.0


class StoppedError(Exception):
    """The program was told to end."""


class TakenError(StackError):
    """Another run has taken over, or the registry was replaced: nothing more may be changed."""


@dataclass(frozen=True)
class Asked:
    """What to collect, and how."""

    namespace: str
    plural: str
    """`deployments` or `statefulsets`."""
    name: str
    container: str
    config: Path
    """config.yml, with its other settings in this process's environment, as the registry has them."""
    program: Path
    """The `registry` program."""
    holder: str
    """Who this run is; no other run has the same."""
    delete_untagged: bool = False
    """Delete manifests that no tag leads to as well."""
    switch_seconds: float = 900.0
    """How long it may take until no pod can write."""
    lock_seconds: float = 60.0
    """How long a run that does not renew its annotation counts as alive."""

    @property
    def path(self) -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/{self.plural}/{self.name}"

    @property
    def kind(self) -> str:
        return {"deployments": "Deployment", "statefulsets": "StatefulSet"}[self.plural]


@dataclass
class Run:
    """One run: what it knows, and what it has claimed."""

    api: KubernetesApi
    asked: Asked
    tell: Callable[[str], None]
    read_only: bool = False
    """Whether this run claims that pods are read-only."""
    claimed: float = 0.0
    """When this run last showed that it lives, by its own clock."""
    uid: str = ""
    """The workload that it holds."""

    def collect(self, forget: Callable[[], str]) -> None:
        """Collect; `forget` is called while nobody writes, before blobs go, for it may fail, and after: it removes what
        a cache has of them, and says what it did.

        Raises `StackError` where that was not possible, `StoppedError` where this process was told to end; the
        registry is writable again in both cases, but where the API server no longer takes orders.
        """
        try:
            self._acquire()
            try:
                self._switch()
                forget()
                try:
                    self.tell(self._garbage())
                finally:
                    if said := forget():
                        self.tell(said)
            finally:
                self.read_only = False
                self._renew()
            self._wait(self._not_yet_ready, "writable again")
            self.tell("the registry takes pushes again")
        finally:
            self._release()

    def _acquire(self) -> None:
        """Take the lock: at once where nobody holds it, else once its holder no longer renews it."""
        seen, since = "", time.monotonic()
        while True:
            found = self._object()
            held = _lock(found)
            if held != seen:
                seen, since = held, time.monotonic()
            if not held or time.monotonic() - since >= self.asked.lock_seconds:
                self.uid = str(found["metadata"]["uid"])
                # What the one before claimed stays claimed: pods that are read-only need not be writable in between.
                self.read_only = _is_marked(found["spec"]["template"])
                if self._claim(found):
                    break
            time.sleep(self._pause)
        if held:
            self.tell("a run before this one was ended; what it began is ended now")

    @property
    def _lock_begins(self) -> str:
        return f"{self.asked.holder}, alive"

    @property
    def _pause(self) -> float:
        return min(_LOOK_SECONDS, self.asked.lock_seconds / 4)

    def _claim(self, found: Mapping[str, Any]) -> bool:
        """Claim what this run has, the lock and maybe read-only pods; return False where the object has changed."""
        started = time.monotonic()
        lock = f"{self._lock_begins} at {datetime.now(UTC).isoformat()}"
        spec: dict[str, Any] = {}
        if self.read_only:
            container = {"name": self.asked.container, "env": [{"name": VARIABLE, "value": _NO_WRITES}]}
            pods = {"metadata": {"annotations": {READ_ONLY: "true"}}, "spec": {"containers": [container]}}
            spec = {"spec": {"template": pods}}
        if not self._applied(found, {"annotations": {LOCK: lock}}, spec):
            return False
        self.claimed = started
        return True

    def _applied(self, found: Mapping[str, Any], metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> bool:
        exactly = {key: found["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion")}
        body = {"apiVersion": "apps/v1", "kind": self.asked.kind, "metadata": {**exactly, **metadata}, **spec}
        try:
            self.api.apply(self.asked.path, body, MANAGER)
        except ApiError as error:
            # Controllers write its status all the time, and whoever claims it changes it.
            if error.status == 409:
                return False
            raise
        return True

    def _ours(self) -> dict[str, Any]:
        """Return the workload. Raises `TakenError` where it is not this run's any more."""
        found = self._object()
        # By holder, not by text: an answer may have got lost of a claim that was taken.
        if found["metadata"]["uid"] != self.uid or not _lock(found).startswith(self._lock_begins):
            raise TakenError("another run has taken over, or the registry was replaced; this one ends")
        return found

    def _renew(self) -> None:
        """Show that this run lives, and claim what it has."""
        while not self._claim(self._ours()):
            pass

    def _look(self) -> dict[str, Any]:
        """Return the workload, showing from time to time that this run lives."""
        if time.monotonic() - self.claimed >= self.asked.lock_seconds / 4:
            self._renew()
        return self._ours()

    def _release(self) -> None:
        """Claim nothing any more."""
        if not self.uid:
            return
        try:
            while not self._applied(self._ours(), {}, {}):
                pass
        except TakenError:
            # Whatever is claimed now is another run's.
            return
        except ApiError as error:
            self.tell(f"the registry could not be made writable: {error}; the next run does it")

    def _switch(self) -> None:
        self.read_only = True
        self._renew()
        self._wait(self._still_writable, "read-only; nothing was collected")
        self.tell("no pod takes pushes any more")

    def _wait(self, missing: Callable[[Mapping[str, Any]], str], wanted: str) -> None:
        until = time.monotonic() + self.asked.switch_seconds
        while what := missing(self._look()):
            if time.monotonic() > until:
                raise StackError(
                    f"{what} after {self.asked.switch_seconds:.0f} seconds, so that not every pod is {wanted}; look at "
                    f"`kubectl rollout status {self.asked.plural}/{self.asked.name}`"
                )
            time.sleep(self._pause)

    def _still_writable(self, found: Mapping[str, Any]) -> str:
        if what := _not_rolled_out(found):
            return what
        writers = self.writers(found)
        return f"pod {writers[0]} can still write" if writers else ""

    @staticmethod
    def _not_yet_ready(found: Mapping[str, Any]) -> str:
        if what := _not_rolled_out(found):
            return what
        wanted, ready = int(found["spec"].get("replicas") or 0), int(found["status"].get("readyReplicas") or 0)
        return f"{ready} of {wanted} pods are ready" if ready < wanted else ""

    def writers(self, found: Mapping[str, Any]) -> list[str]:
        """Return the pods of the workload that may write: all that are there, not over, and not read-only."""
        labels = found["spec"]["selector"]["matchLabels"]
        selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        listed = self.api.pages(f"/api/v1/namespaces/{self.asked.namespace}/pods", labelSelector=selector)
        return sorted(
            pod["metadata"]["name"]
            for pod in listed
            if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed") and not _is_marked(pod)
        )

    def _object(self) -> dict[str, Any]:
        return self.api.get(self.asked.path)

    def _garbage(self) -> str:
        """Run the registry's own collection, and end it where somebody may write; return what it did."""
        options = ["--delete-untagged"] if self.asked.delete_untagged else []
        command = [str(self.asked.program), "garbage-collect", *options, str(self.asked.config)]
        try:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        except OSError as error:
            raise StackError(
                f"{self.asked.program} cannot be run: {error.strerror}; name the registry's program"
            ) from None
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        counted = _Counted()
        reader = threading.Thread(target=counted.read, args=(process.stdout,), daemon=True)
        guard = threading.Thread(target=self._guard, args=(process,), daemon=True)
        try:
            for thread in (reader, guard):
                thread.start()
            while process.poll() is None:
                if writers := self.writers(self._look()):
                    raise StackError(f"pod {writers[0]} appeared, which can write; the collection was ended")
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=self._pause)
        finally:
            if process.poll() is None:
                process.kill()
            code = process.wait()
            reader.join(timeout=10)
        if code != 0:
            raise StackError(f"`registry garbage-collect` ended with exit code {code}:\n{counted.tail()}")
        return f"{counted.blobs} blobs and {counted.manifests} manifests were removed"

    def _guard(self, process: subprocess.Popen[str]) -> None:
        """End the collection before another run may take this one for dead, also while no answer comes."""
        while process.poll() is None:
            if time.monotonic() - self.claimed > self.asked.lock_seconds * 0.75:
                process.kill()
            time.sleep(self._pause / 4)


class _Counted:
    """What the registry's collection says, counted: it writes a line for every manifest there is."""

    def __init__(self) -> None:
        self.blobs = self.manifests = 0
        self._last: list[str] = []

    def read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self.blobs += line.startswith("blob eligible for deletion:")
                self.manifests += line.startswith("manifest eligible for deletion:")
                self._last = [*self._last[-9:], line.rstrip()]

    def tail(self) -> str:
        return "\n".join(self._last)


def _lock(found: Mapping[str, Any]) -> str:
    return str((found["metadata"].get("annotations") or {}).get(LOCK, ""))


def _is_marked(pod: Mapping[str, Any]) -> bool:
    return ((pod.get("metadata") or {}).get("annotations") or {}).get(READ_ONLY) == "true"


def _not_rolled_out(found: Mapping[str, Any]) -> str:
    """Return why pods of an older revision may be there, or nothing."""
    status = found.get("status") or {}
    if int(status.get("observedGeneration") or 0) < int(found["metadata"]["generation"]):
        return "the change was not taken up"
    count, updated = int(status.get("replicas") or 0), int(status.get("updatedReplicas") or 0)
    return "" if count == updated else f"{updated} of {count} pods are as they should be"


@contextmanager
def told_to_end() -> Iterator[None]:
    """Let SIGTERM and SIGINT raise `StoppedError` in the block, once."""

    def stop(number: int, frame: Any) -> None:  # noqa: ARG001 - the signature is Python's
        for name in (signal.SIGTERM, signal.SIGINT):
            # The way back is not ended by a second one; a third way, SIGKILL, is what the next run is for.
            signal.signal(name, signal.SIG_IGN)
        raise StoppedError

    before = {name: signal.signal(name, stop) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


__all__ = ["LOCK", "READ_ONLY", "VARIABLE", "Asked", "Run", "StoppedError", "TakenError", "told_to_end"]

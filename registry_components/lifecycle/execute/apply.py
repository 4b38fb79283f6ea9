"""Carries a plan out: looks at each artifact again right before it deletes it, and spares what has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from ...core.errors import StackError, stack_error
from ...oci.client import RegistryClient, fallback_tag
from ...oci.errors import RegistryError
from ...oci.model import Index, StoredManifest
from .journal import Journal, Kept
from .order import waves
from .plan import Doomed, Plan, Repository

_FRESH_SECONDS: Final = 2.0
"""How old a listing of tags may be when something is deleted by it."""
_BATCH: Final = 4
"""Artifacts for each thread that are looked at and written down together, and then deleted."""


@dataclass
class Result:
    """What became of a plan."""

    deleted: int = 0
    gone: int = 0
    """What was not there any more."""
    spared: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    freed: int = 0
    """Bytes of what was deleted, shared layers counted for each; the registry frees them when it collects garbage."""
    stopped: bool = False

    @property
    def whole(self) -> bool:
        """Whether everything went as planned."""
        return not self.spared and not self.failed and not self.stopped


def check_limits(plan: Plan, *, max_deletes: int | None, max_fraction: float) -> None:
    """Raise `StackError` where a plan deletes more than was meant."""
    if max_deletes is not None and plan.count > max_deletes:
        raise stack_error(
            f"the plan deletes {plan.count} artifacts, and --max-deletes is {max_deletes}; look at it, and raise that"
        )
    most = int(plan.artifacts * max_fraction)
    if plan.count > most:
        share = 100 * plan.count / max(plan.artifacts, 1)
        raise stack_error(
            f"the plan deletes {plan.count} of {plan.artifacts} artifacts ({share:.0f} %), and --max-fraction "
            f"{max_fraction:g} allows {most}; look at it, and raise that"
        )


class Pruner:
    """Carries out one plan. `stop` ends it after what is under way."""

    def __init__(
        self,
        client: RegistryClient,
        plan: Plan,
        journal: Journal,
        *,
        concurrency: int = 8,
        told: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        self._client, self._plan, self._journal, self._told = client, plan, journal, told
        self._concurrency = concurrency
        self._stop = threading.Event()
        self._result = Result()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    def run(self) -> Result:
        """Delete what the plan says and still holds; return what became of it."""
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="prune") as pool:
            for name, repository in sorted(self._plan.repositories.items()):
                if self._stop.is_set():
                    break
                left = [item for item in repository.doomed if (name, item.digest) not in self._journal.settled]
                if left:
                    _Repository(self, pool, name, repository, left).run()
        self._result.stopped = self._stop.is_set()
        return self._result

    def settle(self, entries: Sequence[dict[str, Any]]) -> None:
        """Write down what was done, and count it."""
        self._journal.note(entries)
        for entry in entries:
            self._told(entry)
            match entry["done"]:
                case "deleted":
                    self._result.deleted += 1
                    self._result.freed += entry["size"]
                case "gone":
                    self._result.gone += 1
                case "spared":
                    self._result.spared.append(entry)
                case _:
                    self._result.failed.append(entry)


class _Repository:
    """One repository of a plan."""

    def __init__(
        self, pruner: Pruner, pool: ThreadPoolExecutor, name: str, repository: Repository, left: Sequence[Doomed]
    ) -> None:
        self._pruner, self._pool, self._name = pruner, pool, name
        self._client = pruner._client
        self._left = left
        self._doomed = {item.digest: item for item in repository.doomed}
        self._known = {*repository.tags, *(tag for item in repository.doomed for tag in item.tags)}
        self._kept_tags = repository.tags
        self._protected: dict[str, str] = {}
        """Why an artifact is spared, by digest."""
        self._listed = 0.0
        self._referrers_api: bool | None = None

    def run(self) -> None:
        try:
            self._look(self._kept_tags)
            self._list()
        except StackError as error:
            self._give_up(self._left, f"the tags of {self._name} cannot be read: {error}")
            return
        size = _BATCH * self._pruner._concurrency
        for wave in waves(self._left):
            for start in range(0, len(wave), size):
                if self._pruner._stop.is_set():
                    return
                self._batch(wave[start : start + size])

    def _batch(self, items: Sequence[Doomed]) -> None:
        try:
            self._list()
        except StackError as error:
            self._give_up(items, f"the tags of {self._name} cannot be read: {error}")
            return
        looked = list(zip(items, self._pool.map(self._recheck, items), strict=True))
        ready: list[tuple[Doomed, StoredManifest]] = []
        settled: list[dict[str, Any]] = []
        for item, found in looked:
            # What was found out about one of the batch may spare another.
            why = self._protected.get(item.digest)
            if why is not None:
                self._spare_below(item)
                settled.append(self._entry(item, "spared", why))
            elif isinstance(found, StoredManifest):
                ready.append((item, found))
            else:
                settled.append(self._entry(item, "gone", "it is not there any more"))
        self._pruner._journal.keep(
            Kept(self._name, item.digest, stored.media_type, item.tags, stored.data) for item, stored in ready
        )
        settled += self._pool.map(self._delete, [item for item, _ in ready])
        self._pruner.settle(settled)

    def _recheck(self, item: Doomed) -> StoredManifest | None:
        """Return the manifest where it may still go, or None where it is gone; else it is protected."""
        if item.digest in self._protected:
            return None
        try:
            stored = None
            for tag in item.tags:
                # The first tag that is still there gives the manifest too: one request instead of two.
                there = self._by_tag(tag) if stored is None else self._client.manifest_descriptor(self._name, tag)
                if there is not None and there.digest != item.digest:
                    self._protect(item.digest, f"its tag {tag} leads to {there.digest} now")
                    return None
                stored = there if isinstance(there, StoredManifest) else stored
            new = self._new_referrers(item)
            if new:
                self._protect(item.digest, f"{new[0]} refers to it since the plan was made")
                return None
            return stored or self._client.manifest(self._name, item.digest)
        except RegistryError as error:
            if error.status == 404:
                return None
            self._protect(item.digest, f"it could not be looked at again: {error}")
        except StackError as error:
            self._protect(item.digest, f"it could not be looked at again: {error}")
        return None

    def _by_tag(self, tag: str) -> StoredManifest | None:
        try:
            return self._client.manifest(self._name, tag)
        except RegistryError as error:
            if error.status == 404:
                return None
            raise

    def _delete(self, item: Doomed) -> dict[str, Any]:
        try:
            self._client.delete_manifest(self._name, item.digest)
        except RegistryError as error:
            if error.status == 404:
                return self._entry(item, "gone", "it is not there any more")
            self._spare_below(item)
            return self._entry(item, "failed", str(error))
        except StackError as error:
            self._spare_below(item)
            return self._entry(item, "failed", str(error))
        return self._entry(item, "deleted", item.reason)

    def _new_referrers(self, item: Doomed) -> list[str]:
        if self._referrers_api is None:
            self._referrers_api = self._client.has_referrers_api(self._name, item.digest)
        if not self._referrers_api:
            return []  # a registry without the API keeps them under a tag, which is a new one
        known = {*item.referrers, *(other.digest for other in self._doomed.values() if other.subject == item.digest)}
        found = (one.digest for one in self._client.referrers(self._name, item.digest))
        return [digest for digest in found if digest not in known]

    def _list(self) -> None:
        """Look at tags that are new since the plan was made, where the last look is too long ago."""
        if time.monotonic() - self._listed < _FRESH_SECONDS:
            return
        listed = time.monotonic()
        new = [tag for tag in self._client.tags(self._name) if tag not in self._known]
        self._look(new)
        self._known.update(new)
        self._listed = listed

    def _look(self, tags: Sequence[str]) -> None:
        """Protect what tags lead to that are to stay, with all that hangs on it."""
        by_fallback = {fallback_tag(digest): digest for digest in self._doomed}

        def one(tag: str) -> tuple[str, StoredManifest | None]:
            there = self._client.manifest_descriptor(self._name, tag)
            if there is None:
                return tag, None
            # Only a manifest that the plan does not know can hold others that it dooms.
            new = tag not in self._known or there.digest in self._doomed
            return tag, self._client.manifest(self._name, there.digest) if new else None

        for tag, stored in self._pool.map(one, tags):
            subject = by_fallback.get(tag.partition(".")[0])
            if subject is not None and stored is not None and stored.digest not in self._doomed:
                self._protect(subject, f"the tag {tag} refers to it since the plan was made")
            if stored is not None:
                self._protect_held(stored, f"the tag {tag} leads to it")

    def _protect_held(self, stored: StoredManifest, why: str) -> None:
        self._protect(stored.digest, why)
        try:
            parsed = stored.parse()
        except ValueError:
            return
        if isinstance(parsed, Index):
            for child in parsed.manifests:
                self._protect(child.digest, why.replace("leads to it", "leads to an index of it"))
        if parsed.subject is not None:
            self._protect(parsed.subject.digest, why.replace("leads to it", "leads to what refers to it"))

    def _protect(self, digest: str, why: str) -> None:
        if digest not in self._doomed or digest in self._protected:
            return
        self._protected[digest] = why
        self._spare_below(self._doomed[digest])

    def _spare_below(self, item: Doomed) -> None:
        """Spare what hangs on an artifact that stays: its manifests, and what refers to it."""
        for child in item.children:
            self._protect(child, f"the index {item.digest} stays, which refers to it")
        for other in self._doomed.values():
            if other.subject == item.digest:
                self._protect(other.digest, f"{item.digest} stays, to which it refers")

    def _give_up(self, items: Iterable[Doomed], why: str) -> None:
        self._pruner.settle([self._entry(item, "failed", why) for item in items])

    def _entry(self, item: Doomed, done: str, why: str) -> dict[str, Any]:
        return {
            "repository": self._name,
            "digest": item.digest,
            "tags": item.tags,
            "done": done,
            "why": why,
            "rule": item.rule,
            "size": item.size,
        }


def restore(client: RegistryClient, kept: Iterable[Kept]) -> Iterator[Mapping[str, Any]]:
    """Put back what a journal keeps: each manifest, and those of its tags that nothing else has now.

    An index needs its manifests: they come first. Yields what became of each.
    """
    of = list(kept)
    # The journal has indexes before their manifests, which is the wrong way round here.
    for one in reversed(of):
        entry = {"repository": one.repository, "digest": one.digest, "tags": one.tags}
        try:
            client.put_manifest(one.repository, None, StoredManifest(one.media_type, one.digest, one.data))
            taken = [tag for tag in one.tags if client.manifest_descriptor(one.repository, tag) is not None]
            for tag in one.tags:
                if tag not in taken:
                    client.put_manifest(one.repository, tag, StoredManifest(one.media_type, one.digest, one.data))
        except StackError as error:
            yield {**entry, "done": "failed", "why": str(error)}
            continue
        why = f"but its tags {', '.join(taken)} lead elsewhere now" if taken else ""
        yield {**entry, "done": "restored", "why": why}


__all__ = ["Pruner", "Result", "check_limits", "restore"]

"""The life of one thing in Nexus: made, read, changed and removed over its REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from ...core.dynamic import ComparedProvider, kept, whole_numbers
from ...core.urls import segment
from .errors import NexusError

if TYPE_CHECKING:
    from .client import NexusClient

_ORDERED: Final = frozenset({"memberNames", "active", "matchers"})
_ANY_CASE: Final = frozenset({"writePolicy", "actions", "mode", "status"})
# What somebody may have added in the browser, which is drift although nothing is said of it here.
_WATCHED: Final = frozenset(
    {"httpPort", "httpsPort", "subdomain", "cleanup", "routingRule", "softQuota", "authentication", "writableMember"}
)


def whole(body: Mapping[str, Any], hidden: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with its secrets in their places."""
    made: dict[str, Any] = {key: whole(value, {}) if isinstance(value, dict) else value for key, value in body.items()}
    for path, value in hidden.items():
        *above, last = path.split(".")
        here = made
        for key in above:
            here = here.setdefault(key, {})
        here[last] = value
    return made


def like(found: Any, said: Any, key: str = "") -> Any:
    """Return what was found in the shape of what was said: equal where it means the same."""
    if isinstance(said, Mapping):
        there = found if isinstance(found, Mapping) else {}
        seen = {name: like(there.get(name), value, name) for name, value in said.items()}
        added = {name: value for name, value in there.items() if name in _WATCHED - said.keys() and _says(value)}
        return {**seen, **added}
    if found is None and not said:
        return said
    if isinstance(said, list) and isinstance(found, list):
        if key in _ORDERED:
            return found
        one, other = (sorted(_text(item, key) for item in items) for items in (found, said))
        return said if one == other else found
    return said if isinstance(said, str) and isinstance(found, str) and _text(found, key) == _text(said, key) else found


def _says(value: Any) -> bool:
    """Return whether a member says something: `{"policyNames": []}` does not."""
    return any(map(_says, value.values())) if isinstance(value, Mapping) else bool(value)


def _text(value: Any, key: str) -> str:
    return str(value).lower() if key in _ANY_CASE else str(value)


def difference(found: Any, said: Any, path: str = "") -> str:
    """Return the place of the first difference, dotted; empty where there is none."""
    if isinstance(said, Mapping) and isinstance(found, Mapping):
        for key in sorted({*said, *found}):
            told = difference(found.get(key), said.get(key), f"{path}.{key}" if path else key)
            if told:
                return told
        return ""
    return "" if found == said else path or "value"


class NexusProvider(ComparedProvider):
    """A provider of what is in Nexus, told apart by its name."""

    reached: ClassVar[Sequence[str]] = ("nexus", "login")
    replaced: ClassVar[Sequence[str]] = ("name", "type")
    changed: ClassVar[Sequence[str]] = ("body", "secrets")
    delete_before_replace = True
    word: ClassVar[str]
    collection: ClassVar[str]
    """Where new ones are posted to."""
    unseen: ClassVar[bool] = False
    """Whether Nexus does not tell all of it, so that one that is there is always changed to what is said."""
    single: ClassVar[bool] = False
    """Whether Nexus has one of it, which is there anyway."""

    def path(self, props: Mapping[str, Any]) -> str:
        """Return where it stands."""
        return f"{self.collection}/{segment(str(props['name']))}"

    def posted(self, _props: Mapping[str, Any]) -> str:
        """Return where a new one is posted to."""
        return self.collection

    def request(self, props: Mapping[str, Any], *, new: bool) -> dict[str, Any]:  # noqa: ARG002 - for those that override it
        """Return the body that makes it (`new`), or changes it."""
        return whole(props["body"], props.get("secrets") or {})

    def find(self, client: NexusClient, props: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what stands there, in the words of requests; None where there is nothing."""
        found = client.get(self.path(props), task=f"read {self.told(props)}")
        return found if isinstance(found, dict) else None

    def send(self, client: NexusClient, props: Mapping[str, Any], _olds: Mapping[str, Any], task: str) -> None:
        """Change what stands there."""
        client.put(self.path(props), self.request(props, new=False), task=task)

    def make(self, client: NexusClient, props: Mapping[str, Any], task: str) -> Any:
        """Make a new one; return what is answered."""
        return client.post(self.posted(props), self.request(props, new=True), task=task)

    def identity(self, props: Mapping[str, Any], _found: Any) -> str:
        """Return its id: what it is found by again. `_found` is what was read, or what making it was answered with."""
        return str(props["name"])

    def remove(self, client: NexusClient, props: Mapping[str, Any]) -> None:
        """Remove it; that it is gone already is as well."""
        client.delete(self.path(props), task=f"remove {self.told(props)}")

    def told(self, props: Mapping[str, Any]) -> str:
        """Return it for a message."""
        return f"{self.word} {props['name']!r}"

    def create(self, props: dict[str, Any]) -> CreateResult:
        props = whole_numbers(props)
        with masked(props):
            client = nexus(props)
            found = self.find(client, props)
            if found is None:
                made = self.make(client, props, f"make {self.told(props)}")
                return CreateResult(self.identity(props, made), kept(props))
            # An interrupted run has made it, or somebody who meant the same; secrets are never told, so they are sent.
            changed = difference(like(found, props["body"]), props["body"])
            if changed and not (props.get("adopt") or self.single):
                raise NexusError(
                    f"cannot make {self.told(props)}: there is one already, and its {changed} is another; make that "
                    "equal, take another name, or set adopt to change it to what is said here"
                )
            identity = self.identity(props, found)
            if changed or self.unseen or props.get("secrets"):
                self.send(client, {**props, "id": identity}, {}, f"change {self.told(props)}")
        return CreateResult(identity, kept(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        news, olds = whole_numbers(_news), whole_numbers(_olds)
        # A new login alone is nothing to Nexus.
        if any(olds.get(key) != news.get(key) for key in self.changed):
            with masked(news):
                self.send(nexus(news), {**news, "id": _id}, olds, f"change {self.told(news)}")
        return UpdateResult(kept(news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        props = whole_numbers(props)
        with masked(props):
            found = self.find(nexus(props), {**props, "id": id_})
        return ReadResult("", {}) if found is None else ReadResult(id_, kept(props, body=like(found, props["body"])))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        props = whole_numbers(_props)
        with masked(props):
            self.remove(nexus(props), {**props, "id": _id})


@contextmanager
def masked(props: Mapping[str, Any]) -> Iterator[None]:
    """Take secrets out of what Nexus says about a refusal."""
    try:
        yield
    except NexusError as error:
        text = str(error)
        for value in (props.get("secrets") or {}).values():
            if isinstance(value, str) and value:
                text = text.replace(value, "[secret]")
        if text == str(error):
            raise
        raise NexusError(text, status=error.status) from None


def nexus(properties: Mapping[str, Any]) -> NexusClient:
    """Return the client for a resource's login."""
    from .client import client_for

    return client_for(properties["nexus"], properties["login"])


__all__ = ["NexusProvider", "difference", "like", "nexus"]

"""The URN tree as public API: what a program makes, compared between two runs, releases or a recording and a state."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ._wire import SECRET, SIGNATURE, Secret
from .recorded import STACK_TYPE, Recording, is_default_provider, key_of, qualified_type

HIDDEN: Final = "[secret]"
"""What stands in an inventory for every secret: that a value is secret is part of it, the value is not."""

_SHOWN = 120


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One resource of an inventory."""

    type: str
    name: str
    parent: str
    """The parent's `type::name`; empty at the top."""
    protect: bool
    aliases: tuple[str, ...] | None
    """None where they are not known: the engine's state does not keep them."""
    inputs: Mapping[str, Any]


Inventory = Mapping[str, Entry]
"""Entries by `type::name` (by `a$b::name` where two resources share type and name)."""


def inventory(source: Recording | Mapping[str, Any]) -> Inventory:
    """Return the inventory of a recording or of an exported state (`pulumi stack export`, `Engine.export_state`).

    Left out are the stack itself, the providers that the engine adds on its own, and Pulumi's own inputs (`__...`).
    Secret inputs are `HIDDEN`.
    """
    found = _of_recording(source) if isinstance(source, Recording) else _of_state(source)
    counts: dict[str, int] = {}
    for _, entry in found:
        key = f"{entry.type}::{entry.name}"
        counts[key] = counts.get(key, 0) + 1
    result: dict[str, Entry] = {}
    for urn, entry in found:
        key = f"{entry.type}::{entry.name}"
        result[key if counts[key] == 1 else f"{qualified_type(urn)}::{entry.name}"] = entry
    return dict(sorted(result.items()))


def _of_recording(recording: Recording) -> list[tuple[str, Entry]]:
    return [
        (
            r.urn,
            Entry(
                type=r.type,
                name=r.name,
                parent=r.parent_key,
                protect=bool(recording.inherited(r, "protect")),
                aliases=tuple(sorted(r.aliases)),
                inputs=_inputs(r.inputs),
            ),
        )
        for r in recording.resources.values()
    ]


def _of_state(state: Mapping[str, Any]) -> list[tuple[str, Entry]]:
    deployment = state.get("deployment", state)
    found = []
    for resource in deployment.get("resources") or []:
        urn, type_ = str(resource["urn"]), str(resource["type"])
        name = urn.split("::", 3)[3]
        # A resource marked `delete` is a replaced one that is still to be removed.
        if type_ == STACK_TYPE or resource.get("delete") or is_default_provider(type_, name):
            continue
        entry = Entry(
            type=type_,
            name=name,
            parent=key_of(str(resource.get("parent", ""))) if resource.get("parent") else "",
            protect=bool(resource.get("protect")),
            aliases=tuple(sorted(resource["aliases"])) if resource.get("aliases") else None,
            inputs=_inputs(resource.get("inputs") or {}),
        )
        found.append((urn, entry))
    return found


def _inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _hidden(value) for key, value in sorted(inputs.items()) if not key.startswith("__")}


def _hidden(value: Any) -> Any:
    match value:
        case Secret():
            return HIDDEN
        case Mapping():
            if value.get(SIGNATURE) == SECRET:
                return HIDDEN
            return {key: _hidden(item) for key, item in sorted(value.items())}
        case list() | tuple():
            return [_hidden(item) for item in value]
    return value


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One setting of a resource that differs; `path` is `parent`, `protect`, `aliases` or `inputs.…`."""

    key: str
    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.key}: {self.path}: {_short(self.before)} -> {_short(self.after)}"


_ABSENT: Final = object()


def _short(value: Any) -> str:
    if value is _ABSENT:
        return "(none)"
    text = json.dumps(value, sort_keys=True, default=repr)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


@dataclass(frozen=True, kw_only=True)
class Differences:
    """How two inventories differ; empty (and false) where they do not. `str` gives the report."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    """Resources that only changed their type or name, an alias away from being kept."""
    changed: tuple[Changed, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed or self.changed)

    def __str__(self) -> str:
        lines = [f"+ {key}" for key in self.added]
        lines += [f"- {key}" for key in self.removed]
        lines += [f"> {old} is now {new}" for old, new in self.renamed]
        lines += [f"~ {change}" for change in self.changed]
        return "\n".join(lines) or "no differences"


def compare(before: Inventory, after: Inventory) -> Differences:
    """Return what was added, removed, renamed and changed from `before` to `after`."""
    removed = [key for key in before if key not in after]
    added = [key for key in after if key not in before]
    renamed = []
    for old in list(removed):
        candidates = [new for new in added if _same_but_name(before[old], after[new])]
        if len(candidates) == 1:
            renamed.append((old, candidates[0]))
            removed.remove(old)
            added.remove(candidates[0])
    changed = [change for key in before if key in after for change in _changes(key, before[key], after[key])]
    return Differences(
        added=tuple(sorted(added)),
        removed=tuple(sorted(removed)),
        renamed=tuple(sorted(renamed)),
        changed=tuple(changed),
    )


def _same_but_name(old: Entry, new: Entry) -> bool:
    one_changed = (old.type == new.type) != (old.name == new.name)
    return one_changed and old.parent == new.parent and old.inputs == new.inputs and bool(old.inputs)


def _changes(key: str, before: Entry, after: Entry) -> list[Changed]:
    found = [
        Changed(key=key, path=path, before=getattr(before, path), after=getattr(after, path))
        for path in ("parent", "protect", "aliases")
        if getattr(before, path) != getattr(after, path) and None not in (getattr(before, path), getattr(after, path))
    ]
    _walk(key, "inputs", before.inputs, after.inputs, found)
    return found


def _walk(key: str, path: str, before: Any, after: Any, found: list[Changed]) -> None:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            _walk(key, f"{path}.{name}", before.get(name, _ABSENT), after.get(name, _ABSENT), found)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            _walk(key, f"{path}[{index}]", old, new, found)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        found.append(Changed(key=key, path=path, before=before, after=after))


def urn_lines(found: Inventory) -> list[str]:
    """Return one line for each resource, sorted: `type::name`, and ` < type::name` of its parent."""
    return sorted(f"{key} < {entry.parent}" if entry.parent else key for key, entry in found.items())


def write_urns(path: Path, found: Inventory, *, section: str | None = None) -> None:
    """Write the list that `check_urns` compares with; the other sections of the file stay."""
    sections = _sections(path)
    sections[section] = urn_lines(found)
    texts = [
        "\n".join(([] if name is None else [f"[{name}]"]) + sections[name])
        for name in sorted(sections, key=lambda name: name or "")
    ]
    path.write_text("\n\n".join(text for text in texts if text) + "\n", encoding="utf-8")


def read_urns(path: Path, *, section: str | None = None) -> list[str]:
    """Return the lines of a list; empty ones and those that start with # are left out.

    A file may have several lists: `section` is one that starts after the line `[section]`, None what stands before the
    first such line.
    """
    return _sections(path).get(section, [])


def _sections(path: Path) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    section: str | None = None
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            section = text[1:-1]
        elif text and not text.startswith("#"):
            found.setdefault(section, []).append(text)
    return found


def check_urns(path: Path, found: Inventory, *, section: str | None = None) -> None:
    """Raise `AssertionError` with a diff where the inventory's URNs are not those of the list at `path`.

    A URN that moves makes the engine delete the resource and create another: it needs an alias.
    """
    known = read_urns(path, section=section)
    lines = urn_lines(found)
    if sorted(known) != lines:
        diff = "\n".join(difflib.unified_diff(sorted(known), lines, str(path), "this program", lineterm="", n=1))
        where = f"{path} lists" if section is None else f"{path} lists for {section}"
        raise AssertionError(
            f"the URNs are not those that {where}:\n{diff}\n"
            "A moved URN deletes and creates the resource: give it an alias, tell it in the changelog, and write "
            "the list anew with write_urns."
        )

"""The unified policy over an inventory: everything that expires, without everything that is kept."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import polars as pl

from ..blocks.lifecycle import Archive, Keep, LifecyclePolicy, Limits, Selection
from .inventory import DAY, UNKNOWN, Bools, Ints, Inventory, Rows
from .parts import in_parts
from .patterns import matches_any
from .semantics.guards import settle
from .verdicts import ARCHIVE, DELETE, KEEP, Verdicts

_VERSION = r"^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$"
_SIGNATURES = (
    "application/vnd.dev.cosign",
    "application/vnd.cncf.notary",
    "application/vnd.dev.sigstore",
)


@in_parts
def simulate(inventory: Inventory, policy: Any, now: int) -> Verdicts:
    """Return what the policy does. Raises `StackError` where it is not valid."""
    wanted = LifecyclePolicy.load(policy)
    names = [*wanted.expire, *wanted.archive, *wanted.keep, "protect"]
    verdicts = Verdicts.keeping(inventory, names, "no rule is for it")
    if not len(inventory):
        return verdicts.finish()
    scope = _scope(inventory, wanted)
    for action, rules in ((DELETE, wanted.expire), (ARCHIVE, wanted.archive)):
        for name, rule in rules.items():
            selected = scope & _selected(inventory, rule)
            going, told, number = _limits(inventory, rule, selected & ~inventory.archived, now)
            free = (verdicts.action == KEEP) & ~inventory.archived
            position = names.index(name)
            unsaid = verdicts.rule < 0
            verdicts.set(
                selected & ~going & free & unsaid, KEEP, f"{name} selects it, and not all of this holds: {told}",
                rule=position, number=number,
            )  # fmt: skip
            verdicts.set(going & free, action, f"{name}: {told}", rule=position, number=number)
            if isinstance(rule, Archive):
                _archived(verdicts, rule, name, selected, now)
    going = verdicts.action != KEEP
    saved = np.zeros(len(inventory), dtype=bool)
    for name, keep in wanted.keep.items():
        kept, told, number = _keeps(inventory, keep, scope & _selected(inventory, keep), now)
        verdicts.set(kept & going & ~saved, KEEP, f"kept by {name}: {told}", rule=names.index(name), number=number)
        if keep.newer_than_days is not None or (keep.most_recent is not None and keep.by == "pushed"):
            unsure = kept & going & ~saved & (inventory.pushed == UNKNOWN)
            verdicts.set(unsure, KEEP, f"kept by {name}: when it was pushed is not known")
        saved |= kept
    for kept, told in _protected(inventory, wanted):
        verdicts.set(kept & going & ~saved, KEEP, told, rule=names.index("protect"))
        saved |= kept
    holders = _holders(inventory, saved)
    verdicts.set((holders >= 0) & going & ~saved, KEEP, "{other} refers to it, and is kept", other=holders)
    saved |= holders >= 0
    # A referrer never goes by itself, and what an index refers to stays as long as the index.
    manifests = inventory.child_of_some & ~inventory.tagged
    settle(verdicts, follows=inventory.referrer, stays=saved, along=manifests, whole=True)
    return verdicts.finish()


def _holders(inventory: Inventory, saved: Bools) -> Rows:
    """Return for what saved referrers are about, however far, one of them; -1 for everything else."""
    found = np.full(len(inventory), -1, dtype=np.int32)
    held: Rows = np.flatnonzero(saved & inventory.referrer).astype(np.int32)
    while len(held):
        subjects = inventory.subject[held]
        new = found[subjects] < 0
        found[subjects[new]] = held[new]
        held = np.unique(subjects[new])
        held = held[inventory.subject[held] >= 0]
    return found


def _archived(verdicts: Verdicts, rule: Archive, name: str, selected: Bools, now: int) -> None:
    """Let go what has been in the archive for long; only the rule that would have moved it there says so."""
    inventory = verdicts.inventory
    archived = selected & inventory.archived & (verdicts.action == KEEP)
    position = verdicts.rules.index(name)
    if rule.then_expire_after_days is None:
        verdicts.set(archived, KEEP, f"it is archived, and {name} does not say for how long", rule=position)
        return
    number = inventory.days(inventory.archived_at, now)
    told = f"{name}: archived for {{n}} days, and then_expire_after_days is {rule.then_expire_after_days}"
    long = _older(inventory.archived_at, rule.then_expire_after_days, now)
    verdicts.set(archived & ~long, KEEP, told, rule=position, number=number)
    verdicts.set(archived & long, DELETE, told, rule=position, number=number)


def _scope(inventory: Inventory, policy: LifecyclePolicy) -> Bools:
    names = pl.Series(inventory.repositories, dtype=pl.String)
    found = matches_any(names, policy.repositories) & ~matches_any(names, policy.exclude_repositories)
    return np.asarray(found[inventory.repository], dtype=bool)


def _selected(inventory: Inventory, rule: Selection) -> Bools:
    found = np.ones(len(inventory), dtype=bool)
    if rule.repositories is not None:
        names = pl.Series(inventory.repositories, dtype=pl.String)
        found &= matches_any(names, rule.repositories)[inventory.repository]
    state = rule.tag_state or "tagged"
    if state == "tagged":
        found &= inventory.tagged
    else:
        # What an index or a subject answers for is no leftover.
        loose = ~inventory.tagged & ~inventory.child_of_some & ~inventory.referrer
        found &= loose if state == "untagged" else (inventory.tagged | loose)
    found &= ~inventory.referrer
    if rule.tags is not None:
        found &= inventory.of_tags(matches_any(inventory.tag, rule.tags))
    if rule.exclude_tags:
        found &= ~inventory.of_tags(matches_any(inventory.tag, rule.exclude_tags))
    return found


def _older(times: Ints, days: int, now: int) -> Bools:
    """Return which times are known, and more than some days ago."""
    return np.asarray((times < now - days * DAY) & (times != UNKNOWN), dtype=bool)


def _last_use(inventory: Inventory) -> Ints:
    return np.where(inventory.pulled == UNKNOWN, inventory.pushed, np.maximum(inventory.pulled, inventory.pushed))


def _limits(inventory: Inventory, rule: Limits, selected: Bools, now: int) -> tuple[Bools, str, Rows]:
    found, told = selected.copy(), []
    number = np.zeros(len(inventory), dtype=np.int32)
    if rule.older_than_days is not None:
        found &= _older(inventory.pushed, rule.older_than_days, now)
        number = inventory.days(inventory.pushed, now)
        told.append(f"pushed more than {rule.older_than_days} days ago ({{n}})")
    if rule.unpulled_for_days is not None:
        used = _last_use(inventory)
        found &= _older(used, rule.unpulled_for_days, now)
        if not told:
            number = inventory.days(used, now)
        told.append(f"not pulled for more than {rule.unpulled_for_days} days" + ("" if told else " ({n})"))
    if rule.beyond_most_recent is not None or rule.beyond_bytes is not None:
        ranked, order = _order(inventory, rule.by, selected)
        if rule.beyond_most_recent is not None:
            ranks = inventory.ranks(ranked, order)
            found &= ranks > rule.beyond_most_recent
            if not told:
                number = ranks
            told.append(f"beyond the {rule.beyond_most_recent} most recent" + ("" if told else " (number {n})"))
        if rule.beyond_bytes is not None:
            known = inventory.size >= 0
            sums = inventory.sums(ranked, order, np.where(known, inventory.size, 0))
            found &= ranked & known & (sums > rule.beyond_bytes)
            told.append(f"beyond {rule.beyond_bytes} bytes of the most recent")
    return found, " and ".join(told), number


def _keeps(inventory: Inventory, rule: Keep, selected: Bools, now: int) -> tuple[Bools, str, Rows]:
    if rule.always:
        return selected, "always", np.zeros(len(inventory), dtype=np.int32)
    if rule.most_recent is not None:
        ranked, order = _order(inventory, rule.by, selected)
        ranks = inventory.ranks(ranked, order)
        # What has no version is not ranked by it, and not kept by it; what has no time may be the most recent.
        kept = ranked & (ranks <= rule.most_recent)
        if rule.by == "pushed":
            kept |= selected & ~ranked
        return kept, f"number {{n}} of the {rule.most_recent} most recent", ranks
    pulled = rule.pulled_within_days is not None
    times = inventory.pulled if pulled else inventory.pushed
    days = rule.pulled_within_days or rule.newer_than_days or 0
    recent = ~_older(times, days, now)
    if pulled:
        recent &= times != UNKNOWN
    what = "pulled" if pulled else "pushed"
    return selected & recent, f"{what} {{n}} days ago, within {days}", inventory.days(times, now)


def _order(inventory: Inventory, by: str, selected: Bools) -> tuple[Bools, Rows]:
    """Return the rows that can be ranked, and all rows by repository and rank."""
    if by == "pushed":
        return selected & (inventory.pushed != UNKNOWN), inventory.newest_first(inventory.pushed, "pushed")
    keys = _versions(inventory)
    return selected & (keys > 0), inventory.newest_first(keys, "version")


def _versions(inventory: Inventory) -> Ints:
    """Return for each row a number that grows with its highest semantic version; 0 where it has none."""
    kept: Ints | None = inventory._cache.get("versions")
    if kept is not None:
        return kept
    keys = np.zeros(len(inventory), dtype=np.int64)
    right = inventory.tag.str.contains(_VERSION).fill_null(value=False).to_numpy()
    places = np.flatnonzero(right)
    if len(places):
        texts = inventory.tag.gather(places)
        unique = texts.unique().to_list()
        ordered = sorted(unique, key=_precedence)
        # Versions of the same precedence (build metadata, a leading v) have the same key.
        rank, last, table = 0, None, {}
        for text in ordered:
            precedence = _precedence(text)
            rank += precedence != last
            last = precedence
            table[text] = rank
        ranks = np.array([table[text] for text in texts], dtype=np.int64)
        np.maximum.at(keys, inventory.tag_row[places], ranks)
    inventory._cache["versions"] = keys
    return keys


def _precedence(text: str) -> tuple[Any, ...]:
    """Return what Semantic Versioning 2.0 orders by: a release is after its pre-releases."""
    found = re.match(_VERSION, text)
    if found is None:
        return ()
    core = tuple(int(part) for part in found.groups()[:3])
    if found[4] is None:
        return (*core, 1, ())
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in found[4].split("."))
    return (*core, 0, parts)


def _protected(inventory: Inventory, policy: LifecyclePolicy) -> list[tuple[Bools, str]]:
    protect = policy.protect
    found: list[tuple[Bools, str]] = []
    if protect.digests:
        found.append((inventory.digest.is_in(protect.digests).to_numpy(), "its digest is protected"))
    if protect.in_use:
        used = _in_use(inventory, protect.in_use)
        found.append((used, "it is in use"))
        # A node tells the manifest of its platform; what it pulls next time is the index.
        holding = np.zeros(len(inventory), dtype=bool)
        holding[inventory.parent[used[inventory.child]]] = True
        found.append((holding & ~used, "what it refers to is in use"))
    if protect.immutable_tags:
        rows = inventory.of_tags(matches_any(inventory.tag, protect.immutable_tags))
        found.append((rows, "it has an immutable tag"))
    if protect.signed:
        signed = np.zeros(len(inventory), dtype=bool)
        signed[inventory.subject[inventory.referrer & _signature(inventory)]] = True
        found.append((signed, "it is signed"))
    return found


def _signature(inventory: Inventory) -> Bools:
    """Return which rows are signatures: by media type, by cosign's tag, or what nobody says more about."""
    media = inventory.media_type
    found = inventory.of_tags(inventory.tag.str.ends_with(".sig").fill_null(value=False).to_numpy())
    for kind in _SIGNATURES:
        found |= media.str.starts_with(kind).fill_null(value=False).to_numpy()
    # An image manifest's media type does not tell what refers: to be safe it counts as a signature.
    plain = media.is_null() | media.is_in(
        ["application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.artifact.manifest.v1+json"]
    )
    untold = plain.fill_null(value=True).to_numpy() & ~inventory.tagged
    return np.asarray(found | untold, dtype=bool)


def _in_use(inventory: Inventory, images: list[str]) -> Bools:
    """Return which rows are images in use: by digest, or by the end of the repository's name and a tag."""
    digests = {text.rpartition("@")[2] for text in images if "sha256:" in text or "sha512:" in text}
    found = inventory.digest.is_in(sorted(digests)).to_numpy().copy()
    wanted: dict[str, set[str]] = {}
    for text in images:
        if "@" in text or text.startswith(("sha256:", "sha512:")):
            continue
        name, colon, tag = text.rpartition(":")
        if not colon or "/" in tag:
            name, tag = text, "latest"
        wanted.setdefault(name, set()).add(tag)
    if not wanted:
        return np.asarray(found, dtype=bool)
    # The registry's own host and path may stand before a repository's name: each shorter end of it is tried.
    positions = {repository: place for place, repository in enumerate(inventory.repositories)}
    pairs: list[tuple[int, str]] = []
    for name, named in wanted.items():
        parts = name.split("/")
        for start in range(len(parts)):
            place = positions.get("/".join(parts[start:]))
            if place is not None:
                pairs += [(place, tag) for tag in named]
    if pairs:
        asked = pl.DataFrame(pairs, schema={"repository": pl.Int32, "tag": pl.String}, orient="row").unique()
        tags = pl.DataFrame({"repository": inventory.repository[inventory.tag_row], "tag": inventory.tag})
        hit = tags.with_row_index("place").join(asked, on=["repository", "tag"], how="semi")["place"].to_numpy()
        found[inventory.tag_row[hit]] = True
    return np.asarray(found, dtype=bool)


__all__ = ["simulate"]

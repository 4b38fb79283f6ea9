"""`regc mirror`: who copies from one registry to another, what there is to copy, and whether it is there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from ..core.errors import StackError

if TYPE_CHECKING:
    from ..blocks.mirroring import Replication
    from ..core.endpoint import RegistryEndpoint
    from ..kubernetes.registry_kind import RegistryKind
    from ..mirror.compare import Compared, Comparer
    from ..oci.client import RegistryClient

_MOST_SHOWN: Final = 200
_WORDS: Final = {
    "harbor_push": "the source, which is Harbor, pushes",
    "harbor_pull": "the destination, which is Harbor, pulls",
    "ecr": "ECR replicates by itself",
    "mirror": "a mirror beside them: regsync",
}


def read(file: Path) -> Replication:
    """Return the block in a file. Raises `StackError`."""
    from ..blocks.mirroring import Replication

    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise StackError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise StackError(f"{file}: is not UTF-8 text") from None
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise StackError(f"{file}: is not YAML{where}; correct it") from None
    if not isinstance(tree, dict):
        raise StackError(f"{file}: is no mapping; give source, destination and repositories")
    for end in ("source", "destination"):
        if isinstance(tree.get(end), dict) and "credentials" in tree[end]:
            raise StackError(
                f"{file}: {end}.credentials: is not read from a file; log in with `docker login`, and remove it"
            )
    try:
        return Replication.parse(tree)
    except StackError as error:
        raise StackError(f"{file}: {error}") from None


def show(file: Path, *, as_json: bool) -> None:
    """Print who copies and with which settings."""
    from ..mirror.render import End, regsync_config
    from ..mirror.routes import HELPERS, route

    block = read(file)
    chosen = route(block)
    settings: Any
    if chosen.way == "mirror":
        ends = [
            End(
                str(end.server),
                str(end.prefix),
                kind,
                end.plain_http,
                end.ca_certificate if isinstance(end.ca_certificate, str) else None,
                HELPERS.get(kind) if kind is not None else None,
            )
            for end, kind in zip((block.source, block.destination), block.kinds, strict=True)
        ]
        settings = regsync_config(block, *ends)
    else:
        from ..mirror.native import settings as native_settings

        settings = native_settings(block, chosen.way)
    if as_json:
        told = {
            "way": chosen.way,
            "notes": list(chosen.notes),
            "passed_over": {way: [str(one) for one in found] for way, found in chosen.passed_over.items()},
            "settings": yaml.safe_load(settings) if isinstance(settings, str) else settings,
        }
        print(json.dumps(told, indent=1, ensure_ascii=False))
        return
    sys.stderr.write(f"who copies: {_WORDS[chosen.way]}\n")
    for way, found in chosen.passed_over.items():
        for one in found:
            sys.stderr.write(f"not {way}: {one}\n")
    for note in chosen.notes:
        sys.stderr.write(f"note: {note}\n")
    sys.stdout.write(settings if isinstance(settings, str) else json.dumps(settings, indent=1) + "\n")


def plan(file: Path, *, concurrency: int, as_json: bool) -> bool:
    """Print what would be copied; return whether everything could be looked at. Nothing is written."""
    block = read(file)
    found = _compared(block, concurrency)
    if as_json:
        print(json.dumps(_tree(found), indent=1, ensure_ascii=False))
    else:
        shown = 0
        for one in found:
            for difference in one.differences:
                if difference.status in {"missing", "changed", "kept"} and shown < _MOST_SHOWN:
                    print(_line(one, difference))
                shown += difference.status != "extra"
        if shown > _MOST_SHOWN:
            print(f"… and {shown - _MOST_SHOWN} more; --json has all")
        _problems(found)
        if block.kinds[1] == "ecr":
            for one in found:
                if not one.target_there:
                    print(f"{one.target} is not at ECR: make it, or give the account a creation template for pushes")
        tags = sum(one.kind == "tag" for each in found for one in each.to_copy)
        others = sum(one.kind != "tag" for each in found for one in each.to_copy)
        changed = sum(bool(one.to_copy) for one in found)
        print(
            f"{tags} tags and {others} signatures and other parts to copy in {changed} of {len(found)} repositories, "
            f"{_size(sum(one.bytes for one in found))}; {sum(one.tags for one in found)} tags are the same; "
            "nothing was copied"
        )
    return not any(one.problems for one in found)


def verify(file: Path, *, concurrency: int, as_json: bool, exact: bool, pod_identity: Sequence[str] = ()) -> bool:
    """Print what is not the same at the destination; return whether it has everything."""
    for end in pod_identity:
        if end not in ("source", "destination"):
            raise StackError(f"--pod-identity {end}: allowed: source, destination")
    block = read(file)
    found = _compared(block, concurrency, pod_identity)
    extra = [(one, difference) for one in found for difference in one.differences if difference.status == "extra"]
    equal = all(one.equal for one in found) and not (exact and extra)
    if as_json:
        print(json.dumps({"equal": equal, **_tree(found)}, indent=1, ensure_ascii=False))
        return equal
    for one in found:
        for difference in one.differences:
            if difference.status != "extra" or exact:
                print(_line(one, difference))
    _problems(found)
    tags, referrers = sum(one.tags for one in found), sum(one.referrers for one in found)
    told = f"{tags} tags and {referrers} signatures and the like are the same in {len(found)} repositories"
    more = f"; {len(extra)} are at the destination alone" if extra else ""
    print(f"{'equal' if equal else 'not equal'}: {told}{more}")
    return equal


def run(file: Path, *, regsync: Path | None) -> int:
    """Copy by regsync, once; return its exit code."""
    from ..mirror.render import End, arguments, regsync_config
    from ..mirror.routes import HELPERS, route

    block = read(file)
    chosen = route(block)
    if chosen.way != "mirror":
        raise StackError(
            f"{file}: {_WORDS[chosen.way]}; `regc mirror show` has the settings for it, or let mode be 'mirror'"
        )
    program = shutil.which("regsync") if regsync is None else str(regsync)
    if program is None:
        raise StackError("regsync is not on PATH; install regclient's regsync, or name it with --regsync")
    from ..oci.docker_config import login_for

    ends = []
    for end, kind in zip((block.source, block.destination), block.kinds, strict=True):
        known = login_for(str(end.server)) is not None
        helper = HELPERS.get(kind) if kind is not None and not known else None
        authority = end.ca_certificate if isinstance(end.ca_certificate, str) else None
        ends.append(End(str(end.server), str(end.prefix), kind, end.plain_http, authority, helper))
    with tempfile.TemporaryDirectory(prefix="regc-mirror-") as folder:
        config = Path(folder) / "regsync.yaml"
        config.write_text(regsync_config(block, *ends), encoding="utf-8")
        try:
            return subprocess.run([program, *arguments(block, str(config))], check=False).returncode
        except OSError as error:
            raise StackError(f"{program}: cannot be run: {error.strerror}") from None


def _compared(block: Replication, concurrency: int, pod_identity: Sequence[str] = ()) -> list[Compared]:
    found: list[Compared] = []
    with _comparer(block, concurrency, pod_identity) as comparer:
        names = comparer.names()
        told = time.monotonic()
        for number, one in enumerate(comparer.compare(names), 1):
            found.append(one)
            if time.monotonic() - told > 2:
                told = time.monotonic()
                sys.stderr.write(f"{number} of {len(names)} repositories\n")
    return found


@contextmanager
def _comparer(block: Replication, concurrency: int, pod_identity: Sequence[str]) -> Iterator[Comparer]:
    try:
        from ..mirror.compare import Comparer
    except ModuleNotFoundError as error:
        raise StackError(f"{error.name} is not installed; install registry-components[ops]") from None
    with (
        _client("source", block.source, block.kinds[0], asks="source" in pod_identity) as source,
        _client("destination", block.destination, block.kinds[1], asks="destination" in pod_identity) as destination,
        Comparer(block, source, destination, concurrency=concurrency) as comparer,
    ):
        yield comparer


def _client(side: str, end: RegistryEndpoint, kind: RegistryKind | None, *, asks: bool) -> RegistryClient:
    from ..oci.client import RegistryClient

    username, password = _docker(end)
    if asks:
        try:
            username, password = _token(end, kind)
        except StackError as error:
            # As regsync does: what is public is read by nobody in particular.
            if side == "destination":
                raise
            sys.stderr.write(f"the source is asked without a login: {error}\n")
    return RegistryClient(
        str(end.server),
        username=username,
        password=password,
        plain_http=end.plain_http,
        ca_certificate=end.ca_certificate if isinstance(end.ca_certificate, str) else None,
    )


def _docker(end: RegistryEndpoint) -> tuple[str | None, str | None]:
    from ..oci.docker_config import login_for

    found = login_for(str(end.server))
    return (None, None) if found is None else (found.username, found.password)


def _token(end: RegistryEndpoint, kind: RegistryKind | None) -> tuple[str, str]:
    """Return a token for the identity that this pod has."""
    from ..kubernetes.tokens import Asker

    asker = Asker(os.environ)
    try:
        found = asker.token(kind or "other", str(end.server))
    finally:
        asker.close()
    return found.username, found.password


def _tree(found: Sequence[Compared]) -> dict[str, Any]:
    return {
        "repositories": [one.to_json() for one in found],
        "to_copy": sum(len(one.to_copy) for one in found),
        "bytes": sum(one.bytes for one in found),
        "same_tags": sum(one.tags for one in found),
        "same_referrers": sum(one.referrers for one in found),
        "problems": [problem for one in found for problem in one.problems],
    }


def _line(one: Compared, difference: Any) -> str:
    name = difference.name
    what = f"{one.repository}@{name[:19]}" if ":" in name else f"{one.repository}:{name}"
    if difference.kind == "referrer" and difference.subject is not None:
        what += f" (refers to {difference.subject[:19]})"
    leads = {
        "changed": f" leads to {difference.destination and difference.destination[:19]} in {one.target}, not to "
        f"{difference.source and difference.source[:19]}",
        "kept": f" leads elsewhere in {one.target}, and overwrite is false",
    }
    return f"{difference.status}: {what}{leads.get(difference.status, '')}"


def _problems(found: Sequence[Compared]) -> None:
    for one in found:
        for problem in one.problems:
            sys.stderr.write(f"not compared: {problem}\n")


def _size(count: int) -> str:
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


__all__ = ["plan", "read", "run", "show", "verify"]

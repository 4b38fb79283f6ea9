"""A folder of this machine with the files of one Harbor, kept as the stack says."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from ...core.component import PACKAGE, RegistryComponent
from ...core.dynamic import ComparedProvider, hiding, kept
from ...core.errors import stack_error
from ...distribution.owned import make_private, write
from . import compose
from .args import ComposeFolder, HarborHostArgs
from .known import Made, text_of

if TYPE_CHECKING:
    from pulumi import Output

MARK = ".registry-components"
"""A file that names whose the others are, and which: what the folder holds beside them is not touched."""


class _FilesProvider(ComparedProvider):
    replaced = ("directory", "owner")
    changed = ("files", "modes")
    delete_before_replace = True

    def create(self, props: dict[str, Any]) -> CreateResult:
        folder = _place(props["directory"])
        found = _mark(folder)
        if found is None and folder.is_dir() and any(folder.iterdir()):
            raise stack_error(
                f"apply.directory: {folder} holds files of somebody else; give an empty folder, or one of its own"
            )
        if found is not None and found["owner"] != props["owner"]:
            raise stack_error(
                f"apply.directory: {folder} has the files of {found['owner']}; give {props['owner']} another folder"
            )
        _keep(folder, props)
        return CreateResult(props["directory"], kept(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        folder = _place(id_)
        if _mark(folder) is None:
            return ReadResult("", {})
        found: dict[str, str] = {}
        modes: dict[str, int] = {}
        for name in props.get("files") or {}:
            with contextlib.suppress(OSError, UnicodeDecodeError):
                found[name] = (folder / name).read_text()
                modes[name] = (folder / name).stat().st_mode & 0o777
        return ReadResult(id_, kept(props, files=found, modes=modes))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        _keep(_place(_id), _news)
        return UpdateResult(kept(_news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        folder = _place(_id)
        found = _mark(folder)
        if found is None or found["owner"] != _props.get("owner"):
            return
        for name in found["files"]:
            (folder / name).unlink(missing_ok=True)
        (folder / MARK).unlink(missing_ok=True)
        for place in (folder / compose.INTERNAL, folder):
            # What else is there, such as what prepare made, stays.
            with contextlib.suppress(OSError):
                place.rmdir()


def _place(directory: str) -> Path:
    """Return the folder: in a rehearsal one below the rehearsal's own, so that nothing real is touched."""
    rehearsal = os.environ.get("REGC_REHEARSAL_FOLDER")
    return Path(rehearsal) / "files" / directory.strip("/") if rehearsal else Path(directory)


def _mark(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / MARK).read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise stack_error(
            f"apply.directory: {folder / MARK} cannot be read ({type(error).__name__}); remove it where the folder is "
            "this stack's"
        ) from None
    return {"owner": str(found["owner"]), "files": [str(name) for name in found["files"]]}


def _keep(folder: Path, wanted: Mapping[str, Any]) -> None:
    files, modes = wanted["files"], wanted["modes"]
    make_private(folder)
    before = (_mark(folder) or {"files": []})["files"]

    def mark(names: Iterable[str]) -> None:
        write(folder / MARK, json.dumps({"owner": wanted["owner"], "files": sorted(names)}))

    # Named before they are made: what an interrupted run leaves is found by the next one.
    mark({*before, *files})
    for name, text in sorted(files.items()):
        path = folder / name
        make_private(path.parent)
        # Private until it is whole, and only then as open as it may be.
        write(path, text)
        path.chmod(int(modes[name]))
    for name in before:
        if name not in files:
            (folder / name).unlink(missing_ok=True)
    mark(files)


class HarborFiles(Resource, module=PACKAGE, name="HarborFiles"):
    """The files, by path and with their modes; all of them are secret in the state."""

    directory: Output[str]
    """The folder."""

    def __init__(
        self,
        name: str,
        *,
        directory: str,
        owner: str,
        files: Mapping[str, Any],
        modes: Mapping[str, int],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__(
            _FilesProvider(),
            name,
            {"directory": directory, "owner": owner, "files": pulumi.Output.secret(dict(files)), "modes": dict(modes)},
            hiding(opts, "files"),
        )

    @classmethod
    def of(cls, owner: RegistryComponent, name: str, args: HarborHostArgs, made: Made) -> HarborFiles:
        """Register the files of one Harbor."""
        assert isinstance(args.apply, ComposeFolder)  # noqa: S101 - the component chose
        found = compose.files(args, made)
        texts = {path: text_of(file.content) for path, file in found.items()}
        modes = {path: file.mode for path, file in found.items()}
        whose = f"{name} of stack {pulumi.get_stack()} of project {pulumi.get_project()}"
        return cls(name, directory=args.apply.directory, owner=whose, files=texts, modes=modes, opts=owner.child())

"""A folder of this machine with the files of one Harbor, kept as the stack says."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
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
"""A file that names the others: what the folder holds beside them is not touched."""


class _FilesProvider(ComparedProvider):
    replaced = ("directory",)
    changed = ("files", "modes")
    delete_before_replace = True

    def create(self, props: dict[str, Any]) -> CreateResult:
        folder = Path(props["directory"])
        if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
            raise stack_error(
                f"apply.directory: {folder} holds files of somebody else; give an empty folder, or one of its own"
            )
        _keep(folder, props["files"], props["modes"])
        return CreateResult(str(folder), kept(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        folder = Path(id_)
        if not (folder / MARK).exists():
            return ReadResult("", {})
        found: dict[str, str] = {}
        modes: dict[str, int] = {}
        for name in props.get("files") or {}:
            with contextlib.suppress(OSError, UnicodeDecodeError):
                found[name] = (folder / name).read_text()
                modes[name] = (folder / name).stat().st_mode & 0o777
        return ReadResult(id_, kept(props, files=found, modes=modes))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        _keep(Path(_news["directory"]), _news["files"], _news["modes"])
        return UpdateResult(kept(_news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        folder = Path(_id)
        for name in _named(folder):
            (folder / name).unlink(missing_ok=True)
        (folder / MARK).unlink(missing_ok=True)
        for place in (folder / compose.INTERNAL, folder):
            # What else is there, such as what prepare made, stays.
            with contextlib.suppress(OSError):
                place.rmdir()


def _named(folder: Path) -> list[str]:
    with contextlib.suppress(OSError, ValueError):
        return [str(name) for name in json.loads((folder / MARK).read_text())]
    return []


def _keep(folder: Path, files: Mapping[str, str], modes: Mapping[str, Any]) -> None:
    make_private(folder)
    before = _named(folder)
    # Named before they are made: what an interrupted run leaves is found by the next one.
    write(folder / MARK, json.dumps(sorted({*before, *files})))
    for name, text in sorted(files.items()):
        path = folder / name
        make_private(path.parent)
        write(path, text)
        path.chmod(int(modes[name]))
    for name in before:
        if name not in files:
            (folder / name).unlink(missing_ok=True)
    write(folder / MARK, json.dumps(sorted(files)))


class HarborFiles(Resource, module=PACKAGE, name="HarborFiles"):
    """The files, by path and with their modes; all of them are secret in the state."""

    directory: Output[str]
    """The folder."""

    def __init__(
        self,
        name: str,
        directory: str,
        files: Mapping[str, Any],
        modes: Mapping[str, int],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__(
            _FilesProvider(),
            name,
            {"directory": directory, "files": pulumi.Output.secret(dict(files)), "modes": dict(modes)},
            hiding(opts, "files"),
        )

    @classmethod
    def of(cls, owner: RegistryComponent, name: str, args: HarborHostArgs, made: Made) -> HarborFiles:
        """Register the files of one Harbor."""
        assert isinstance(args.apply, ComposeFolder)  # noqa: S101 - the component chose
        found = compose.files(args, made)
        texts = {path: text_of(file.content) for path, file in found.items()}
        modes = {path: file.mode for path, file in found.items()}
        return cls(name, args.apply.directory, texts, modes, owner.child())

"""Container images of programs of Debian's packages, for machines that can pull none: files, libraries, nothing else.

Programs are those that the provisioning has unpacked (`registry_components.provision.unpacked`), or the machine's own.
"""

from __future__ import annotations

import functools
import io
import os
import re
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from registry_components.provision import unpacked
from tests.support.engines import ContainerEngine

_FOLDERS = ("bin", "dev", "etc", "proc", "run", "sys", "tmp", "usr", "usr/bin", "var", "var/log")


def unpacked_packages() -> Path:
    """Return the folder of unpacked packages; fails the test where they are not there."""
    found = unpacked.folder()
    if not found.exists():
        pytest.fail("Debian's packages are not unpacked; run `tools/provision --tests`, then the tests again")
    return found


@functools.cache
def libraries(program: Path) -> tuple[Path, ...]:
    """Return the shared libraries, and the loader, that a program needs."""
    places = sorted({str(path.parent) for path in unpacked.folder().glob("usr/lib/*/*.so*")})
    told = subprocess.run(
        ["ldd", str(program)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": ":".join(places)},
    ).stdout
    lacking = re.findall(r"(\S+) => not found", told)
    assert not lacking, f"{program} needs {', '.join(lacking)}, which this machine does not have"
    return tuple(Path(path) for path in re.findall(r"(/\S+) \(0x", told))


@dataclass
class PackageImage:
    """What goes into one image."""

    programs: Mapping[str, Path] = field(default_factory=dict)
    """Path in the image to the program on this machine; their libraries come along."""
    trees: Iterable[Path] = ()
    """Folders of this machine that stand at the same path in the image."""
    scripts: Mapping[str, str] = field(default_factory=dict)
    """Path in the image to a script's text."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Path in the image to a file's text."""
    folders: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Folders that have to be there, with their owner and mode."""

    def archive(self) -> bytes:
        """Return the layer."""
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as tar:
            seen: set[str] = set()
            for folder in _FOLDERS:
                _folder(tar, seen, folder, 0, 0o1777 if folder == "tmp" else 0o755)
            for path, (owner, mode) in self.folders.items():
                _folder(tar, seen, path.strip("/"), owner, mode)
            for path, program in self.programs.items():
                _add(tar, seen, program, path.strip("/"))
                _libraries(tar, seen, program)
            for tree in self.trees:
                for source in sorted(tree.rglob("*")):
                    if source.is_file():
                        _add(tar, seen, source, str(source).strip("/"))
                        if source.suffix == ".so":
                            _libraries(tar, seen, source)
            for texts, mode in ((self.scripts, 0o755), (self.files, 0o644)):
                for path, text in texts.items():
                    _text(tar, seen, path.strip("/"), text, mode)
        return made.getvalue()

    def make(self, engine: ContainerEngine, repository: str, *instructions: str) -> None:
        """Make the image, with the instructions of a Dockerfile that say how it runs."""
        engine.import_image(repository, self.archive(), instructions)


def _libraries(tar: tarfile.TarFile, seen: set[str], program: Path) -> None:
    for library in libraries(program):
        found = library.is_relative_to(unpacked.folder())
        _add(tar, seen, library, str(library.relative_to(unpacked.folder()) if found else library).strip("/"))


def _folder(tar: tarfile.TarFile, seen: set[str], path: str, owner: int = 0, mode: int = 0o755) -> None:
    for parent in [*reversed(Path(path).parents), Path(path)]:
        name = str(parent)
        if name == "." or name in seen:
            continue
        seen.add(name)
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode = tarfile.DIRTYPE, mode if name == path else 0o755
        entry.uid = entry.gid = owner if name == path else 0
        tar.addfile(entry)


def _add(tar: tarfile.TarFile, seen: set[str], source: Path, path: str) -> None:
    if path not in seen:
        _text(tar, seen, path, source.read_bytes(), 0o755 if os.access(source, os.X_OK) else 0o644)


def _text(tar: tarfile.TarFile, seen: set[str], path: str, content: str | bytes, mode: int) -> None:
    _folder(tar, seen, str(Path(path).parent))
    seen.add(path)
    data = content.encode() if isinstance(content, str) else content
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode = len(data), mode
    tar.addfile(entry, io.BytesIO(data))

"""Makes the stand-ins for the bundle's Python parts: the language host and the dynamic-provider launcher.

They are copied into the cache as they are, so that a checkout that moves or changes does not change a finished one;
the digest of their texts names their folder.
"""

from __future__ import annotations

import functools
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from ..core import versions
from ..core.errors import stack_error
from . import gomodule, onpath
from .cache import Slot, digest_of
from .tool import DYNAMIC_PROVIDER, LANGUAGE_HOST, PULUMI, Report

_HERE = Path(__file__).parent
_COPIED = ("language_host.py", "watch_parent.py")
PROGRAM_RUNNER = "pulumi-language-python-exec"
"""The SDK's own runner of Python programs; it is fetched with the SDK's Go module and only ever cached."""

# -P keeps the project's folder, where the engine starts the host, from shadowing the host's own imports.
_HOST_LAUNCHER = """#!/bin/sh
folder=$(CDPATH= cd -- "$(dirname -- "$0")/../lib" && pwd) || exit 1
python={python}
if [ ! -x "$python" ]; then
    echo "the Python that made this language host is gone: $python; run tools/provision (or make tools) again" >&2
    exit 1
fi
exec "$python" -P -u "$folder/language_host.py" "$PPID" {version} "$@"
"""

# Every branch ends in exec: a shell in between would outlive, or hide, the process that the engine ends.
_DYNAMIC_LAUNCHER = """#!/bin/sh
folder=$(CDPATH= cd -- "$(dirname -- "$0")/../lib" && pwd) || exit 1
engine=$PPID
venv=${PULUMI_RUNTIME_VIRTUALENV:-}
if [ -z "$venv" ]; then
    case ${PULUMI_RUNTIME_TOOLCHAIN:-} in
        uv) venv=.venv ;;
        poetry) venv=$(poetry env info --path) ;;
    esac
fi
if [ -z "$venv" ]; then
    exec "${PULUMI_PYTHON_CMD:-python3}" -u "$folder/watch_parent.py" "$engine" -m pulumi.dynamic "$@"
fi
venv=${venv%/}
case $venv in
    /*) ;;
    *)
        # The option is relative to the project's root, and the engine may start providers below it (option `main`).
        root=$PWD
        while [ "$root" != / ] && [ ! -f "$root/Pulumi.yaml" ] && [ ! -f "$root/Pulumi.yml" ]; do
            root=$(dirname -- "$root")
        done
        if [ -x "$PWD/$venv/bin/python" ] || [ "$root" = / ]; then root=$PWD; fi
        venv=$root/$venv
        ;;
esac
if [ ! -x "$venv/bin/python" ]; then
    echo "the option 'virtualenv' in Pulumi.yaml names $venv, which holds no Python; make it with" >&2
    echo "  python3 -m venv '$venv' && '$venv/bin/python' -m pip install pulumi" >&2
    exit 1
fi
PATH=$venv/bin:$PATH
VIRTUAL_ENV=$venv
export PATH VIRTUAL_ENV
unset PYTHONHOME
exec "$venv/bin/python" -u "$folder/watch_parent.py" "$engine" -m pulumi.dynamic "$@"
"""


def _interpreter() -> str:
    # One name for it: `python`, `python3` and `python3.11` of one environment would each get their own stand-ins.
    plain = Path(sys.prefix) / "bin" / "python"
    return str(plain) if sys.prefix != sys.base_prefix and plain.exists() else sys.executable


def _launchers() -> dict[str, str]:
    host = _HOST_LAUNCHER.format(python=shlex.quote(_interpreter()), version=versions.PULUMI_CLI)
    return {LANGUAGE_HOST: host, DYNAMIC_PROVIDER: _DYNAMIC_LAUNCHER}


def with_engine() -> bool:
    """Return whether the stand-ins go with an engine that is built here, and not with one from PATH."""
    return onpath.look(PULUMI).tool is None


def slot() -> Slot:
    """Return the place of the stand-ins in the cache."""
    return _slot(with_engine())


@functools.cache
def _slot(linked: bool) -> Slot:
    texts = [text.encode() for text in _launchers().values()]
    texts += [(_HERE / file).read_bytes() for file in _COPIED]
    texts.append(gomodule.slot(PULUMI).digest.encode() if linked else b"")
    return Slot("pulumi-python-parts", versions.PULUMI_CLI, digest_of(*texts))


def make(why: str, report: Report) -> None:
    """Make the stand-ins; does nothing where they are there. Raises `StackError` saying what to install.

    An engine that is built here is built first and linked beside them, where the engine looks for its own parts:
    from anywhere else it takes them with a warning at each run.
    """
    linked = with_engine()
    if linked:
        gomodule.build(PULUMI, why, report)

    def fill(folder: Path) -> None:
        report(f"making Pulumi's Python language host and dynamic-provider launcher ({why}); seconds")
        source = gomodule.sdk_sources(report) / "python" / "cmd" / PROGRAM_RUNNER
        lib, binaries = folder / "lib", folder / "bin"
        lib.mkdir()
        binaries.mkdir()
        shutil.copyfile(source, lib / PROGRAM_RUNNER)
        for file in _COPIED:
            shutil.copyfile(_HERE / file, lib / file)
        for name, text in _launchers().items():
            (binaries / name).write_text(text)
            (binaries / name).chmod(0o755)
        if linked:
            (binaries / PULUMI).hardlink_to(gomodule.slot(PULUMI).folder / "bin" / PULUMI)
        _check(binaries)

    _slot(linked).make(fill, report)


def _check(binaries: Path) -> None:
    host = subprocess.run(
        [binaries / LANGUAGE_HOST, "--version"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if host.returncode or host.stdout.strip() != versions.PULUMI_CLI:
        raise stack_error(f"the Python language host does not start:\n{host.stderr.strip()}")
    shell = subprocess.run(["sh", "-n", binaries / DYNAMIC_PROVIDER], capture_output=True, text=True, check=False)
    if shell.returncode:
        raise stack_error(f"the dynamic-provider launcher does not start:\n{shell.stderr.strip()}")

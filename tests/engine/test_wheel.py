"""Engine proof: the built wheel, alone in an empty environment, imports, answers, and deploys a registry."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.local_stack import ROOT, LocalStack
from tests.support.servers import free_port

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (found,) = folder.glob("*.whl")
    return found


def environment(folder: Path, requirement: str) -> Path:
    """Return the bin folder of an environment with nothing but `requirement` and what it asks for."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run(
        [
            *(f"{sys.prefix}/bin/uv", "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")),
            *("--constraint", str(ROOT / "requirements" / "locked.txt"), requirement),
        ],
        check=True,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )
    return folder / "bin"


def test_contents(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "registry_components/py.typed" in names
    assert "registry_components/_tools/registry/go.sum" in names
    assert not [name for name in names if name.startswith(("tests/", "stacks/", "benchmarks/"))]
    assert [name for name in names if name.endswith("LICENSE")]


def test_alone_it_imports_and_answers(wheel: Path, tmp_path: Path) -> None:
    bin_folder = environment(tmp_path / "alone", str(wheel))
    program = (
        "import sys, registry_components as r\n"
        "for name in r.__all__: getattr(r, name)\n"
        "from registry_components.distribution import DistributionRegistryArgs\n"
        "from registry_components.testing import record\n"
        "assert not [m for m in sys.modules if m.startswith(('pulumi_', 'httpx', 'bcrypt'))]\n"
    )
    subprocess.run([str(bin_folder / "python"), "-I", "-c", program], check=True, cwd=tmp_path)
    shown = subprocess.run(
        [str(bin_folder / "regc"), "--help"], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert "Bring a stack up" in shown.stdout
    missing = subprocess.run(
        [str(bin_folder / "python"), "-I", "-c", "from registry_components.distribution import DistributionRegistry"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert missing.returncode == 1
    assert "install registry-components[distribution]" in missing.stderr


def test_it_brings_the_local_stack_up(wheel: Path, tmp_path: Path) -> None:
    bin_folder = environment(tmp_path / "full", f"registry-components[distribution,ops] @ {wheel.as_uri()}")
    stack = LocalStack(tmp_path, free_port(), prefix=str(bin_folder.parent))
    done = stack.regc("up", "local")
    assert "pulled back from" in done.stdout
    stack.regc("down", "local")

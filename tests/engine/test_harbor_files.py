"""Engine proof: the folder for `docker compose` of a `HarborHost` lives its life on the real engine and this disk."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry_components.harbor import HarborHost, HarborHostArgs
from registry_components.rehearsal import rehearsal
from registry_components.testing import Engine
from tests.unit.harbor_host.everything import BASE, OTHERS, OWN, SECRETS

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def program(directory: Path, settings: dict[str, Any], name: str = "harbor") -> Callable[[], None]:
    args = HarborHostArgs.parse({**settings, "apply": {"kind": "compose", "directory": str(directory)}})

    def run() -> None:
        HarborHost(name, args)

    return run


def modes(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_whole_life(tmp_path: Path) -> None:
    given = {**OWN, "log": {"level": "info"}}
    with rehearsal(tmp_path / "clouds") as clouds:
        engine = Engine(tmp_path / "engine", program=program(Path("/srv/harbor"), given), environment=clouds)
        # In a rehearsal nothing is written where the stack says.
        folder = tmp_path / "clouds" / "files" / "srv" / "harbor"
        engine.preview()
        assert not folder.exists()
        engine.up()
        engine.up_again()
        engine.refresh()
        assert not Path("/srv/harbor").exists()
        assert modes(folder) == {
            ".registry-components": 0o600,
            "README.md": 0o644,
            "UPGRADE.md": 0o644,
            "ca.crt": 0o644,
            "compose.yaml": 0o644,
            "harbor.service": 0o644,
            "harbor.yml": 0o600,
            "prepare.sh": 0o755,
            "tls.crt": 0o644,
            "tls.key": 0o600,
        }
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        written = yaml.safe_load((folder / "harbor.yml").read_text())
        assert written["database"]["password"] in SECRETS
        # Secrets are in the files of mode 0600 alone, and in the state encrypted.
        for path in folder.iterdir():
            if stat.S_IMODE(path.stat().st_mode) != 0o600:
                assert not [secret for secret in SECRETS if secret in path.read_text()], path.name
        assert engine.scan({f"secret-{number}": secret for number, secret in enumerate(SECRETS)}) == []

        # What somebody changes on the disk is seen, and put right.
        (folder / "compose.yaml").write_text("services: {}\n")
        (folder / "harbor.yml").chmod(0o644)
        engine.refresh(allow_drift=True)
        engine.up()
        assert "goharbor/harbor-core" in (folder / "compose.yaml").read_text()
        assert modes(folder)["harbor.yml"] == 0o600

        # What is no longer said goes; what somebody put there stays.
        (folder / "common").mkdir()
        (folder / "common" / "env").write_text("made by prepare")
        engine.program = program(
            Path("/srv/harbor"), {key: value for key, value in given.items() if key != "ca_bundle"}
        )
        engine.up()
        assert not (folder / "ca.crt").exists()
        engine.up_again()
        engine.query("state", "unprotect", "--all", "--yes")
        engine.destroy()
        assert [path.name for path in folder.iterdir()] == ["common"]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "harbor.yml").write_text("somebody's own\n")
    engine = Engine(tmp_path / "engine", program=program(folder, _without_emulators()))
    failed = engine.up(check=False)
    assert f"apply.directory: {folder} holds files of somebody else" in failed.message
    assert "Traceback" not in failed.message
    assert (folder / "harbor.yml").read_text() == "somebody's own\n"

    (folder / "harbor.yml").unlink()
    engine.up()
    other = Engine(tmp_path / "other", program=program(folder, _without_emulators(), "other"))
    failed = other.up(check=False)
    assert f"apply.directory: {folder} has the files of harbor of stack" in failed.message
    assert "harbor.yml" in modes(folder)


def _without_emulators() -> dict[str, Any]:
    """Return settings with which nothing has to be generated."""
    return {
        **BASE,
        "tls": {"kind": "terminated"},
        "external_url": "https://registry.example.com",
        "admin_password": OWN["admin_password"],
        "database": OTHERS["database"],
    }

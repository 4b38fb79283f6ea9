"""Registry proof: the dump that a backup of Harbor begins with, as the command it is, of a real PostgreSQL.

It is run on this machine, not in Harbor's own container.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from registry_components.harbor.backup import DUMP, dump_command
from tests.support.servers import free_port, serving

pytestmark = [
    pytest.mark.registry,
    pytest.mark.skipif(shutil.which("initdb") is None, reason="PostgreSQL is not installed"),
]

PASSWORD = "database-correct-horse"
# PostgreSQL does not run as root.
USER: Any = "postgres" if os.geteuid() == 0 else None


@dataclass
class Database:
    """A PostgreSQL that wants a password, as Harbor's does."""

    data: Path
    port: int

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PGPORT": str(self.port), "PGDATA": str(self.data), **more}

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = self.environment(**more)
        return subprocess.run(
            command, env=environment, user=USER, cwd="/", capture_output=True, text=True, timeout=60, check=False
        )

    def sql(self, text: str, name: str = "registry") -> str:
        how = ("-h", "127.0.0.1", "-U", "postgres", "-d", name, "-At", "-v", "ON_ERROR_STOP=1", "-c", text)
        done = self.run("psql", *how, PGPASSWORD=PASSWORD)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def dump(self, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
        """Run the hook with what the chart gives to the container."""
        return self.run(*dump_command(), POSTGRES_PASSWORD=password)


@pytest.fixture
def database() -> Iterator[Database]:
    # Not pytest's folder: the other user may not go there.
    with tempfile.TemporaryDirectory(prefix="harbor-dump") as made:
        folder = Path(made)
        if USER is not None:
            folder.chmod(0o755)
            shutil.chown(folder, USER)
        yield from running(folder)


def running(folder: Path) -> Iterator[Database]:
    made = Database(folder / "pgdata", free_port())
    (folder / "password").write_text(PASSWORD)
    # As in Harbor's image: the database's own files are in a folder below PGDATA.
    own = made.data / "pg15"
    done = made.run("mkdir", "-p", str(own))
    assert done.returncode == 0, done.stderr
    how = ("-U", "postgres", f"--pwfile={folder / 'password'}", "--auth=scram-sha-256", "--no-sync")
    done = made.run("initdb", "-D", str(own), *how)
    assert done.returncode == 0, done.stderr
    # As root, a shell between takes the other user on.
    command = ["postgres", "-D", str(own), "-p", str(made.port), "-k", str(folder), "-c", "fsync=off"]
    if USER is not None:
        command = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", *command]
    with serving(command, made.port, folder / "log", env=made.environment()):
        made.sql("create database registry", "postgres")
        made.sql("create table project (name text); insert into project values ('library'), ('shop')")
        yield made


def test_what_is_dumped_is_there_again_after_a_loss(database: Database) -> None:
    done = database.dump()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    file = database.data / DUMP
    assert file.stat().st_mode & 0o077 == 0, "others could read the passwords of replication endpoints"
    database.sql("drop table project")
    how = ("-h", "127.0.0.1", "-U", "postgres", "-d", "registry", "--clean", "--if-exists", str(file))
    restored = database.run("pg_restore", *how, PGPASSWORD=PASSWORD)
    assert restored.returncode == 0, restored.stderr
    assert database.sql("select name from project order by 1") == "library\nshop"


def test_a_dump_that_fails_leaves_the_last_one(database: Database) -> None:
    assert database.dump().returncode == 0
    before = (database.data / DUMP).read_bytes()
    database.sql("insert into project values ('later')")
    failed = database.dump(password="another")
    assert failed.returncode != 0
    assert "password authentication failed" in failed.stderr
    assert "another" not in failed.stderr
    assert (database.data / DUMP).read_bytes() == before
    # No password at all is an end too, not a question that nobody answers until the hook's time is over.
    assert database.dump(password="").returncode != 0
    assert database.dump().returncode == 0
    assert (database.data / DUMP).read_bytes() != before

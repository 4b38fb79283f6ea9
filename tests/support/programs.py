"""The stacks and examples of this checkout, as projects that the engine can run in folders of their own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from registry_components.testing import Engine

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".venv", "__pycache__", "Pulumi.local.yaml", ".pytest_cache", "test_*.py")


@dataclass(frozen=True)
class Program:
    """One program: a stack of this checkout, or an example."""

    name: str
    """`stacks/prod`, `examples/ecr`."""
    change: Mapping[str, str]
    """Settings that a later run changes, by key without namespace."""
    secrets: tuple[str, ...] = ()
    """Keys of its configuration that are secret."""

    @property
    def stack(self) -> str:
        kind, _, name = self.name.partition("/")
        return name if kind == "stacks" else "dev"

    def secret(self, key: str) -> str:
        """Return the value that the secret setting `key` has in tests."""
        return f"planted-{key}-of-{self.name.replace('/', '-')}"

    def source(self, folder: Path) -> Path:
        """Return the project: an example's own folder, or the part of this checkout that a stack needs, in `folder`."""
        if not self.name.startswith("stacks/"):
            return ROOT / self.name
        shutil.copytree(ROOT / "stacks", folder / "stacks", ignore=LEFT_OUT)
        shutil.copy(ROOT / "Pulumi.yaml", folder)
        return folder

    def engine(self, folder: Path, clouds: Mapping[str, str], *, checkpoints: bool = False) -> Engine:
        """Return the engine of this program in `folder`, against the emulated clouds."""
        return Engine(
            folder / "engine",
            project_dir=self.source(folder / "source"),
            stack=self.stack,
            secret_config={key: self.secret(key) for key in self.secrets},
            environment=clouds,
            checkpoints=checkpoints,
        )


PROGRAMS = (
    Program("stacks/dev", {"developers": "group:everyone@example.com"}, ("hubToken",)),
    Program("stacks/staging", {"pipeline": "00000000-0000-0000-0000-00000000c1c2"}),
    Program(
        "stacks/prod",
        {"services": '["api", "web", "worker", "mail"]', "workloads": '["shop", "billing", "mail"]'},
        ("hubToken", "harborPullerSecret", "databasePassword", "redisPassword"),
    ),
    Program("examples/ecr", {"organization": "o-z9y8x7w6v5"}, ("hubToken",)),
    Program("examples/artifact-registry", {"developers": "group:others@example.com"}, ("hubToken",)),
    Program("examples/acr", {"cluster": "00000000-0000-0000-0000-00000000c106"}),
    Program("examples/docker-hub", {}, ("hubToken",)),
    Program("examples/distribution-kubernetes", {"collectAt": "30 4 * * 0"}, ("secretKey",)),
    Program("examples/harbor", {"logLevel": "debug"}, ("pullerSecret",)),
    Program("examples/artifactory", {"keepTags": "20"}, ("license", "databasePassword", "accessToken")),
    Program("examples/harbor-host", {"coreMegabytes": "4096"}, ("secretKey",)),
    Program("examples/nexus", {"unusedDays": "30"}, ("databasePassword",)),
    Program("examples/own-program", {"repository": "acme/other"}),
    Program("examples/three-clouds", {"googlePull": "group:others@example.com"}),
    Program("examples/storage", {"noncurrentDays": "60"}),
)

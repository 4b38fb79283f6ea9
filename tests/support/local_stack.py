"""The `local` stack of a copied checkout, as `regc up local` makes it, in folders of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


@dataclass
class LocalStack:
    """One checkout's `local` stack; every path and port is its own."""

    folder: Path
    port: int
    settings: Mapping[str, object] = field(default_factory=dict)
    prefix: str = sys.prefix
    """The Python environment that has the library."""

    def __post_init__(self) -> None:
        self.checkout = self.folder / "checkout"
        shutil.copytree(
            ROOT / "stacks",
            self.checkout / "stacks",
            ignore=shutil.ignore_patterns("Pulumi.local.yaml", "__pycache__", ".venv"),
        )
        project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
        project["runtime"]["options"]["virtualenv"] = self.prefix
        (self.checkout / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.configure(port=self.port, **self.settings)

    def configure(self, **settings: object) -> None:
        """Set keys of the stack's configuration; what else the file holds stays."""
        path = self.checkout / "stacks" / "Pulumi.local.yaml"
        document = yaml.safe_load(path.read_text()) if path.exists() else {}
        config = document.setdefault("config", {})
        config.update({f"registry-components:{key}": value for key, value in settings.items()})
        path.write_text(yaml.safe_dump(document))
        port = config["registry-components:port"]
        if isinstance(port, int):
            self.port = port

    @property
    def state_home(self) -> Path:
        return self.folder / "state-home"

    @property
    def environment(self) -> dict[str, str]:
        # Make tells a make that it starts to announce its folders; the tests may run below one.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "MAKE", "MFLAGS"))}
        return {
            **inherited,
            "PATH": f"{self.prefix}/bin:{os.environ['PATH']}",
            "XDG_STATE_HOME": str(self.state_home),
            "PULUMI_HOME": str(self.folder / "pulumi-home"),
            "NO_COLOR": "1",
        }

    def plain_pulumi_environment(self) -> dict[str, str]:
        """Return the environment that `eval "$(regc env --export)"` makes: what a user types `pulumi` in."""
        lines = self.regc("env", "--export").stdout
        shell = subprocess.run(
            ["bash", "-c", f"{lines}\nenv -0"], env=self.environment, capture_output=True, text=True, check=True
        )
        return dict(entry.split("=", 1) for entry in shell.stdout.split("\0") if "=" in entry)

    @property
    def server(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def username(self) -> str:
        return "developer"

    @property
    def password(self) -> str:
        return self.regc("password", "local").stdout.strip()

    def regc(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `regc` in the checkout; its output is in the result and in the assertion that it worked."""
        done = subprocess.run(
            [f"{self.prefix}/bin/regc", *arguments],
            cwd=self.checkout,
            env=self.environment,
            text=True,
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert not check or done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done

    def exported(self) -> dict[str, object]:
        """Return the stack's state as `pulumi stack export` does, secrets encrypted."""
        path = self.checkout / ".pulumi-state" / ".pulumi" / "stacks" / "registry-components" / "local.json"
        checkpoint = json.loads(path.read_text())["checkpoint"]
        return {"version": 3, "deployment": checkpoint["latest"]}

    def registered(self) -> list[str]:
        """Return the URNs of this library's resources in the state."""
        deployment = self.exported()["deployment"]
        assert isinstance(deployment, dict)
        urns = [str(resource["urn"]) for resource in deployment.get("resources") or []]
        return [urn for urn in urns if "registry-components:" in urn.split("::", 2)[2]]

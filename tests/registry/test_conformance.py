"""Registry proof: the OCI distribution conformance suite, case by case against the bare upstream binary."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.local_stack import LocalStack
from tests.support.servers import free_port, serving

pytestmark = pytest.mark.registry

# From worst to best: a case may only move to the right.
RANKS = ("failed", "skipped", "passed")


def suite(
    binary: Path, results: Path, *, server: str, version: str, username: str = "", password: str = ""
) -> dict[str, str]:
    """Run the suite and return each case's outcome by its full name."""
    subprocess.run(
        [str(binary)],
        cwd=results.parent,
        env={
            **os.environ,
            "OCI_REGISTRY": server,
            "OCI_TLS": "disabled",
            "OCI_REPO1": f"conformance/v{version}/one",
            "OCI_REPO2": f"conformance/v{version}/two",
            "OCI_VERSION": version,
            "OCI_RESULTS_DIR": str(results),
            "OCI_USERNAME": username,
            "OCI_PASSWORD": password,
        },
        capture_output=True,
        timeout=300,
        check=False,  # the suite's exit code says that a case failed, which bare upstream does too
    )
    outcomes: dict[str, str] = {}
    for case in ElementTree.parse(results / "junit.xml").iter("testcase"):
        name = f"{case.get('classname', '')}/{case.get('name', '')}"
        failed = case.find("failure") is not None or case.find("error") is not None
        outcome = "failed" if failed else "skipped" if case.find("skipped") is not None else "passed"
        # The suite gives several cases one name: the worst of them counts.
        outcomes[name] = min(outcome, outcomes.get(name, outcome), key=RANKS.index)
    return outcomes


@contextmanager
def bare_upstream(binary: Path, folder: Path) -> Iterator[str]:
    """Serve Distribution without this library: filesystem storage with deletion on, no login."""
    port = free_port()
    folder.mkdir()
    (folder / "config.yml").write_text(
        "version: 0.1\n"
        "log: {accesslog: {disabled: true}, level: error}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
        f"storage: {{delete: {{enabled: true}}, filesystem: {{rootdirectory: '{folder}/data'}}}}\n"
    )
    with serving([str(binary), "serve", str(folder / "config.yml")], port, folder / "log"):
        yield f"127.0.0.1:{port}"


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_no_case_is_worse_than_bare_upstream(
    version: str, conformance_binary: Path, registry_binary: Path, local_stack: LocalStack, tmp_path: Path
) -> None:
    ours = suite(
        conformance_binary,
        tmp_path / "ours",
        server=local_stack.server,
        version=version,
        username=local_stack.username,
        password=local_stack.password,
    )
    with bare_upstream(registry_binary, tmp_path / "bare") as server:
        bare = suite(conformance_binary, tmp_path / "theirs", server=server, version=version)

    assert len(bare) > 100
    assert sum(outcome == "passed" for outcome in bare.values()) > 100
    assert set(ours) == set(bare)
    worse = {
        name: f"{bare[name]} on bare upstream, {ours[name]} here"
        for name in bare
        if RANKS.index(ours[name]) < RANKS.index(bare[name])
    }
    assert worse == {}

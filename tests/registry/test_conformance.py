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
RANKS = ("error", "failure", "skipped", "passed")
KNOWN = Path(__file__).parents[2] / "docs" / "conformance.md"

Outcomes = dict[str, list[str]]
"""Each case's outcomes by its name, worst first: the suite runs some cases more than once under one name."""


def suite(
    binary: Path, results: Path, *, server: str, version: str, username: str = "", password: str = ""
) -> Outcomes:
    """Run the suite and return what it found."""
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
    outcomes: Outcomes = {}
    for case in ElementTree.parse(results / "junit.xml").iter("testcase"):
        outcomes.setdefault(case.attrib["name"], []).append(case.attrib["status"])
    return {name: sorted(found, key=RANKS.index) for name, found in outcomes.items()}


def failed(outcomes: Outcomes) -> set[str]:
    return {name for name, found in outcomes.items() if found[0] in ("error", "failure")}


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

    assert set(ours) == set(bare)
    worse = {
        name: f"{theirs} on bare upstream, {mine} here"
        for name in bare
        for theirs, mine in zip(bare[name], ours[name], strict=True)
        if RANKS.index(mine) < RANKS.index(theirs)
    }
    assert worse == {}
    assert failed(bare) == documented(version), "docs/conformance.md does not list upstream's own failures"


def documented(version: str) -> set[str]:
    """Return the failures of bare upstream that the documentation lists for a version of the specification."""
    section = KNOWN.read_text().split(f"## Specification {version}", 1)[1].split("\n## ", 1)[0]
    return {line.removeprefix("- `").removesuffix("`") for line in section.splitlines() if line.startswith("- `")}

"""Engine proof: the prod stack's `pulumi up`, killed at points spread over its run, is taken over by the next one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from registry_components.rehearsal import rehearsal
from registry_components.rehearsal.emulators.aws_cloud import readback
from tests.support.killing import Runs
from tests.support.programs import PROGRAMS

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

FIRST, LATER = 11, 15
"""Runs that make everything (the first is not disturbed), and runs that add to it: 25 of them are killed."""
(PROD,) = (program for program in PROGRAMS if program.name == "stacks/prod")


class Checkout:
    """A copy of the checkout with stack prod, its state and its clouds."""

    def __init__(self, folder: Path, clouds: dict[str, str]) -> None:
        self.root = PROD.source(folder / "checkout")
        settings = yaml.safe_load((self.root / "Pulumi.yaml").read_text())
        settings["runtime"]["options"]["virtualenv"] = sys.prefix
        (self.root / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "MAKE", "MFLAGS"))}
        self.environment = {**inherited, **clouds, "PULUMI_HOME": str(folder / "pulumi-home"), "NO_COLOR": "1"}
        self.environment["PATH"] = f"{clouds['PATH']}:{inherited['PATH']}"
        self.clouds = clouds
        self.services = 3

    def regc_up(self) -> str:
        done = subprocess.run(
            [f"{sys.prefix}/bin/regc", "up", "prod", "--no-prove"],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def grow(self) -> None:
        """Add services, so that the next run has something to make."""
        self.services += 3
        path = self.root / "stacks" / "Pulumi.prod.yaml"
        settings = yaml.safe_load(path.read_text())
        settings["config"]["registry-components:services"] = self.expected()
        path.write_text(yaml.safe_dump(settings))

    def expected(self) -> list[str]:
        return [*("api", "web", "worker"), *(f"service-{number}" for number in range(self.services - 3))]

    def repositories(self) -> set[str]:
        pages = readback(self.clouds, "ecr", "eu-central-1").get_paginator("describe_repositories").paginate()
        return {found["repositoryName"] for page in pages for found in page["repositories"]}


def settle(checkout: Checkout, runs: Runs) -> None:
    """Run `regc up` after a kill and compare what there is with what there shall be."""
    assert runs.leftovers(but="_server ") == []  # the emulated clouds go on, as real ones do
    told = checkout.regc_up()
    assert "Traceback" not in told, told
    again = checkout.regc_up()
    assert " unchanged" in again, again
    for word in (" created", " updated", " replaced", "pending operations"):
        assert word not in again, again
    # Nothing is lost, and nothing is there that the state does not know.
    assert checkout.repositories() == {f"shop/{service}" for service in checkout.expected()}


def test_every_killed_up_is_taken_over_by_the_next(tmp_path: Path) -> None:
    whole = killed = 0.0
    for number in range(FIRST):
        folder = tmp_path / str(number)
        folder.mkdir()
        with rehearsal(folder / "clouds") as clouds:
            checkout = Checkout(folder, {**clouds, "AWS_REGION": "eu-central-1"})
            runs = Runs(checkout.root, checkout.environment, "prod")
            if number == 0:  # an undisturbed run: how long it takes
                whole = runs.seconds()
            else:
                killed += runs.killed((number - 0.5) / (FIRST - 1) * whole)
            settle(checkout, runs)
            if number < FIRST - 1:
                continue
            whole = _growing(checkout, runs)
            for later in range(LATER):
                checkout.grow()
                killed += runs.killed((later + 0.5) / LATER * whole)
                settle(checkout, runs)
    # The undisturbed run's time is a guess of the others': on a busy machine some end before they are killed.
    assert killed >= (FIRST - 1 + LATER) // 2, "the kills came too late to prove anything"


def _growing(checkout: Checkout, runs: Runs) -> float:
    checkout.grow()
    return runs.seconds()

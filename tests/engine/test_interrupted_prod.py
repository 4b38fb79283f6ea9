"""Engine proof: the prod stack's `pulumi up`, killed at points spread over its run, is taken over by the next one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from registry_components.rehearsal import rehearsal
from registry_components.rehearsal.emulators.aws_cloud import readback
from registry_components.rehearsal.emulators.kubernetes import CHOICE
from registry_components.rehearsal.emulators.kubernetes_facts import NAMESPACES
from registry_components.rehearsal.emulators.kubernetes_memory import connect
from tests.support.killing import Runs
from tests.support.programs import PROGRAMS

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

FOLDERS, LATER = 5, 4
"""Stacks of their own, in each of which a run that makes everything is killed, and then so many that add to it: 25."""
(PROD,) = (program for program in PROGRAMS if program.name == "stacks/prod")


class State(NamedTuple):
    """What the stack's state says is there."""

    objects: set[str]
    """Kinds and ids of Kubernetes objects and Helm releases."""
    users: dict[str, list[str]]
    """IAM users and their keys."""


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
        # Nothing is made in a preview, so that a kill in it would show nothing.
        self.environment["PULUMI_OPTION_SKIP_PREVIEW"] = "true"
        self.clouds = clouds
        self.grown = 0

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
        """Add services and a namespace of workloads, so that the next run has something to make in both clouds."""
        self.grown += 1
        path = self.root / "stacks" / "Pulumi.prod.yaml"
        settings = yaml.safe_load(path.read_text())
        settings["config"]["registry-components:services"] = self.services()
        workloads = ["shop", "billing", *(f"team-{number}" for number in range(self.grown))]
        settings["config"]["registry-components:workloads"] = workloads
        path.write_text(yaml.safe_dump(settings))

    def services(self) -> list[str]:
        return [*("api", "web", "worker"), *(f"service-{number}" for number in range(3 * self.grown))]

    def state(self) -> State:
        (file,) = (self.root / ".pulumi-state").glob(".pulumi/stacks/*/prod.json")
        kept = json.loads(file.read_text())["checkpoint"]["latest"]["resources"]
        found = [each for each in kept if each.get("id")]
        objects = {
            f"{each['type'].rpartition(':')[2]} {each['id']}"
            for each in found
            if each["type"].startswith("kubernetes:")
        }
        keys = {each["id"]: each["outputs"]["user"] for each in found if each["type"].endswith(":AccessKey")}
        return State(objects, {user: [key for key, of in keys.items() if of == user] for user in set(keys.values())})

    def objects(self) -> set[str]:
        """Return the kinds and ids of what is in the cluster beside what every cluster has."""
        with connect(self.clouds).change() as kept:
            keys = [key.split("|") for key in kept]
        found = {(key[0].rpartition(":")[2], "/".join(part for part in key[1:] if part)) for key in keys}
        return {f"{kind} {id_}" for kind, id_ in found if kind != "Namespace" or id_ not in NAMESPACES}

    def users(self) -> dict[str, list[str]]:
        """Return IAM's users and their keys."""
        iam = readback(self.clouds, "iam", "eu-central-1")
        names = [found["UserName"] for found in iam.list_users()["Users"]]
        return {
            name: [key["AccessKeyId"] for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]]
            for name in names
        }

    def repositories(self) -> set[str]:
        pages = readback(self.clouds, "ecr", "eu-central-1").get_paginator("describe_repositories").paginate()
        return {found["repositoryName"] for page in pages for found in page["repositories"]}


def settle(checkout: Checkout, runs: Runs) -> None:
    """Run `regc up` after kills and compare what there is with what there shall be."""
    assert runs.leftovers(but="_server ") == []  # the emulated clouds go on, as real ones do
    told = checkout.regc_up()
    assert "Traceback" not in told, told
    again = checkout.regc_up()
    assert " unchanged" in again, again
    for word in (" created", " updated", " replaced", "pending operations"):
        assert word not in again, again
    # Nothing is lost, and nothing is there that the state does not know.
    state = checkout.state()
    services = {f"shop/{service}" for service in checkout.services()}
    assert checkout.repositories() == {*services, "platform/base", "platform/sidecar"}
    assert checkout.objects() == state.objects
    assert checkout.users() == state.users


def test_every_killed_up_is_taken_over_by_the_next(tmp_path: Path) -> None:
    whole = grown = killed = 0.0
    for number in range(FOLDERS + 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        with rehearsal(folder / "clouds") as clouds:
            checkout = Checkout(folder, {**clouds, "AWS_REGION": "eu-central-1", CHOICE: "memory"})
            runs = Runs(checkout.root, checkout.environment, "prod")
            if number == 0:  # undisturbed runs: how long they take
                whole = runs.seconds()
                checkout.grow()
                grown = runs.seconds()
                continue
            # The first makes everything; each of the others takes over from the one before, and is killed as well.
            killed += runs.killed((number - 0.5) / FOLDERS * whole)
            for later in range(LATER):
                checkout.grow()
                killed += runs.killed((later * FOLDERS + number - 0.5) / (LATER * FOLDERS) * grown)
            settle(checkout, runs)
    # The undisturbed run's time is a guess of the others': on a busy machine some end before they are killed.
    assert killed >= FOLDERS * (LATER + 1) // 2, "the kills came too late to prove anything"

"""Engine proof: `regc rehearse` itself, as a person types it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from registry_components.rehearsal.report import SCHEMA
from tests.support.programs import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

REGC = Path(sys.executable).with_name("regc")


def regc(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(REGC), "rehearse", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def project(folder: Path, program: str, config: str = "") -> Path:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text(config)
    (folder / "__main__.py").write_text(program)
    return folder


def fingerprint(folder: Path) -> dict[str, str]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


REPOSITORY = """
import pulumi
import pulumi_gcp as gcp
config = pulumi.Config()
gcp.artifactregistry.Repository("api", repository_id="api", location="europe", format="DOCKER", project="acme")
"""


def test_prod_with_a_change_and_a_secret_of_its_own(tmp_path: Path) -> None:
    before = fingerprint(ROOT / "stacks")
    done = regc(
        "prod",
        "--change",
        'services=["api", "web", "worker", "mail"]',
        "--secret",
        "hubToken=THE_TOKEN",
        "--html",
        str(tmp_path / "prod.html"),
        "--json",
        folder=ROOT,
        THE_TOKEN="dckr_pat_not-to-be-shown",
        AWS_SECRET_ACCESS_KEY="not-to-be-used-at-all",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["schema"] == SCHEMA
    assert report["passed"] is True
    assert [(step["name"], step["status"]) for step in report["steps"]] == [
        (name, "passed") for name in ("preview", "up", "up-again", "refresh", "change", "destroy")
    ]
    assert report["stand_ins"] == ["databasePassword", "harborPullerSecret", "redisPassword"]
    assert [line for line in report["not_checked"] if "harbor 1.19.1" in line and "it was not rendered" in line]
    assert report["changes"] == ["services"]
    assert "AWS_SECRET_ACCESS_KEY" in report["removed"]
    assert {"api", "mail"} <= {item["name"].removeprefix("releases-") for item in report["resources"]}

    page = (tmp_path / "prod.html").read_text()
    for item in report["resources"]:
        assert item["type"] in page
    for text in (page, done.stdout, done.stderr):
        assert "not-to-be" not in text
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page), "the page asks for something beside itself"
    assert "[secret]" in page
    assert fingerprint(ROOT / "stacks") == before


def test_what_the_service_refuses_fails_the_rehearsal(tmp_path: Path) -> None:
    program = REPOSITORY.replace('"europe"', '"europe-west99"')
    folder = project(tmp_path / "shop", program)
    done = regc(folder=folder)
    assert done.returncode == 1
    assert "Location europe-west99 is not found" in done.stdout
    assert re.search(r"Up +skipped", done.stdout)
    page = (folder / "rehearsal-dev.html").read_text()
    assert "Location europe-west99 is not found" in page
    assert "Traceback" not in done.stdout + done.stderr + page


def test_an_unknown_type_fails_by_name_and_can_be_skipped_by_name(tmp_path: Path) -> None:
    program = REPOSITORY + 'gcp.pubsub.Topic("logs", project="acme")\n'
    folder = project(tmp_path / "shop", program)
    refused = regc(folder=folder)
    assert refused.returncode == 1
    assert "no emulator knows the resource type gcp:pubsub/topic:Topic" in refused.stdout
    allowed = regc("--allow-unknown", "--json", folder=folder)
    assert allowed.returncode == 0, allowed.stdout + allowed.stderr
    report = json.loads(allowed.stdout)
    assert {item["name"]: item["proof"] for item in report["resources"]} == {"api": "emulated", "logs": "skipped"}
    assert any("gcp:pubsub/topic:Topic" in line for line in report["not_checked"])


def test_a_provider_that_nobody_emulates_is_skipped_whole(tmp_path: Path) -> None:
    folder = project(
        tmp_path / "shop",
        'import pulumi_azure as azure\nazure.core.ResourceGroup("old", location="westeurope", name="old")\n',
    )
    done = regc("--allow-unknown", "--json", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = json.loads(done.stdout)["resources"]
    assert (found["type"], found["proof"]) == ("azure:core/resourceGroup:ResourceGroup", "skipped")


IN_MEMORY = """
import pulumi_kubernetes as k8s
from registry_components.kubernetes import PullSecrets
k8s.core.v1.Secret("pull", string_data={"password": "planted"})
login = {"username": "ci", "password": "planted-too"}
# Written by this library's own client, which a rehearsal leads away from whatever cluster is named.
written = {"kind": "in_bulk", "kubeconfig": "/nowhere/kubeconfig"}
PullSecrets("apps", {"endpoint": {"server": "harbor.example.com", "credentials": login}, "namespaces": ["default"],
                     "pull_access": {"kind": "static", "written": written}})
"""


def test_kubernetes_without_an_api_server(tmp_path: Path) -> None:
    folder = project(tmp_path / "shop", IN_MEMORY)
    done = regc("--json", folder=folder, REGC_REHEARSAL_KUBERNETES="memory")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    proofs = {item["type"].rpartition(":")[2]: item["proof"] for item in report["resources"] if not item["component"]}
    assert proofs == {"Secret": "emulated", "PullSecretsInBulk": "emulated"}
    assert [item["behind"].partition(":")[0] for item in report["emulators"]] == ["no API server was provisioned"]
    assert report["held"] == []
    assert "planted" not in done.stdout


def test_encrypted_settings_have_stand_ins_and_the_project_stays_as_it_was(tmp_path: Path) -> None:
    program = REPOSITORY + 'pulumi.export("token", config.require_secret("token"))\n'
    config = (
        "encryptionsalt: v1:bm90LXJlYWw=:v1:bm90LXJlYWw=:bm90LXJlYWw=\nconfig:\n  shop:token:\n    secure: v1:abc\n"
    )
    folder = project(tmp_path / "shop", program, config)
    before = fingerprint(folder)
    done = regc("--html", str(tmp_path / "page.html"), "--json", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["stand_ins"] == ["token"]
    assert "rehearsed-token" not in done.stdout + (tmp_path / "page.html").read_text()
    assert fingerprint(folder) == before


def test_what_the_stack_finds_is_made_by_a_given_project(tmp_path: Path) -> None:
    virtual = """
import pulumi_gcp as gcp
member = "projects/acme/locations/europe/repositories/api"
gcp.artifactregistry.Repository(
    "all", repository_id="all", location="europe", format="DOCKER", project="acme", mode="VIRTUAL_REPOSITORY",
    virtual_repository_config={"upstream_policies": [{"id": "api", "repository": member, "priority": 1}]},
)
"""
    folder = project(tmp_path / "shop", virtual, "config:\n  gcp:project: acme\n")
    given = project(tmp_path / "given", REPOSITORY)
    dangling = regc("--json", folder=folder)
    assert dangling.returncode == 1
    assert "repositories/api was not found" in dangling.stderr
    done = regc("--given", str(given), "--json", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [item["name"] for item in json.loads(done.stdout)["resources"]] == ["all"]


def test_a_kept_folder_has_the_state_and_a_used_one_is_refused(tmp_path: Path) -> None:
    folder = project(tmp_path / "shop", REPOSITORY)
    assert regc("--keep", str(tmp_path / "kept"), folder=folder).returncode == 0
    assert (tmp_path / "kept" / "clouds" / "checks.jsonl").is_file()
    again = regc("--keep", str(tmp_path / "kept"), folder=folder)
    assert again.returncode == 2
    assert again.stderr == f"error: --keep {tmp_path}/kept: is not empty; give a new folder\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--change", "foo"], "--change foo: give KEY=VALUE, as in --change services='[\"api\"]'"),
        (["--secret", "token"], "--secret token: give KEY=VARIABLE, the name of an environment variable that holds it"),
        (["--secret", "token=NO_SUCH"], "--secret token=NO_SUCH: the environment has no variable NO_SUCH"),
        (["--program", "/nowhere"], "--program /nowhere: has no Pulumi.yaml; give the folder of a Pulumi project"),
        (
            ["--given", "/nowhere"],
            "--given /nowhere: has no Pulumi.yaml; give the folder of a project that makes what is there",
        ),
        (["--config-file", "/nowhere.yaml"], "--config-file /nowhere.yaml: there is no such file"),
        (
            ["--docker", "/var/run/docker.sock"],
            "--docker: '/var/run/docker.sock' is not a Docker engine's address; give it as unix:///var/run/docker.sock",
        ),
        (
            ["--docker", "unix:///nowhere.sock"],
            "--docker: the Docker engine at unix:///nowhere.sock does not answer (ConnectError); start it, or correct "
            "its address",
        ),
    ],
)
def test_misuse_runs_nothing(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = regc(*arguments, folder=project(tmp_path / "shop", REPOSITORY))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")

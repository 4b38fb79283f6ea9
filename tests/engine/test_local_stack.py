"""Engine proof: the `local` stack as a newcomer meets it, with right and wrong settings."""

from __future__ import annotations

import json
import re
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from registry_components.testing import check_urns, find_plaintext, inventory
from tests.support.local_stack import ROOT, LocalStack
from tests.support.servers import free_port

pytestmark = pytest.mark.engine


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    stack = LocalStack(tmp_path, free_port())
    yield stack
    stack.configure(port=free_port(), host="127.0.0.1", username="developer", mirror=False, mirrorPort=5001)
    stack.regc("down", "local", check=False)


def test_up_again_down_and_up(stack: LocalStack) -> None:
    first = stack.regc("up", "local")
    assert "+ 5 created" in first.stdout
    digest = re.search(r"image   \S+@(sha256:[0-9a-f]{64})", first.stdout)
    assert digest
    assert f"server  {stack.server}" in first.stdout
    assert (
        f"log in  regc password local | docker login {stack.server} --username developer --password-stdin"
        in first.stdout
    )
    password = stack.password
    assert len(password) == 40

    again = stack.regc("up", "local")
    assert "5 unchanged" in again.stdout
    assert "is there already" in again.stdout
    assert digest.group(1) in again.stdout

    down = stack.regc("down", "local")
    assert "- 1 deleted" in down.stdout
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", stack.port)) != 0

    back = stack.regc("up", "local")
    assert "+ 1 created" in back.stdout
    assert "is there already" in back.stdout, "the images did not survive"
    assert stack.password == password


def test_names_and_parents_are_public(stack: LocalStack) -> None:
    stack.configure(mirror=True, mirrorPort=free_port())
    # The mirror's upstream is out of reach here: it is replaced by this machine's own registry, started first.
    program = stack.checkout / "stacks" / "local.py"
    program.write_text(program.read_text().replace("https://registry-1.docker.io", f"http://{stack.server}"))
    stack.regc("up", "local", "--no-prove", check=False)
    stack.regc("up", "local", "--no-prove")
    check_urns(ROOT / "tests" / "urns.txt", inventory(stack.exported()), section="stacks/local")


def test_exports_and_files_hold_no_secret(stack: LocalStack) -> None:
    done = stack.regc("up", "local")
    password = stack.password
    exports = json.loads(
        subprocess.run(
            ["pulumi", "stack", "output", "--json", "--show-secrets", "--stack", "local"],
            cwd=stack.checkout,
            env=stack.plain_pulumi_environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    assert sorted(exports) == ["configPath", "login", "server", "username"]
    config = Path(exports["configPath"])
    assert config.is_file()
    secrets = {"password": password, "http secret": _http_secret(config.read_text())}
    log = next(stack.state_home.rglob("registry.log"))
    commands = "\n".join(" ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"]))
    assert find_plaintext(secrets, stack.checkout, done.stdout, done.stderr, log, commands, json.dumps(exports)) == []
    passphrase = stack.checkout / ".pulumi-state" / "passphrase"
    assert stat.S_IMODE(passphrase.stat().st_mode) == 0o600


def _http_secret(text: str) -> str:
    found = re.search(r'secret: "?([^"\n]+)', text)
    assert found
    return found.group(1)


def test_plain_pulumi_in_the_checkout(stack: LocalStack) -> None:
    stack.regc("up", "local", "--no-prove")
    done = subprocess.run(
        ["pulumi", "preview", "--stack", "local", "--non-interactive", "--expect-no-changes"],
        cwd=stack.checkout,
        env=stack.plain_pulumi_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


ADDRESS = "is not an IP address; give one such as 127.0.0.1, or 0.0.0.0 for every IPv4 address"
USER = "is not a user name; use 1 to 64 letters, digits and . _ @ + -"
TLS = (
    "or passwords cross the network in clear text; give a certificate, listen on 127.0.0.1, or say kind 'terminated' "
    "where a proxy in front speaks TLS"
)
CONFIGS: list[tuple[dict[str, object], str, str]] = [
    ({"port": "http"}, "LocalConfig", "port: must be a whole number, not 'http'"),
    ({"port": 0}, "LocalConfig", "port: must be at least 1, not 0"),
    ({"port": 65536}, "LocalConfig", "port: must be at most 65535, not 65536"),
    ({"prot": 5000}, "LocalConfig", "prot: is not a setting; did you mean port?"),
    ({"mirror": "perhaps"}, "LocalConfig", "mirror: must be true or false, not 'perhaps'"),
    ({"mirror": True, "mirrorPort": -1}, "LocalConfig", "mirrorPort: must be at least 1, not -1"),
    ({"host": "nowhere"}, "DistributionRegistryArgs", f"host: 'nowhere' {ADDRESS}"),
    ({"host": "0.0.0.0"}, "DistributionRegistryArgs", f"tls: is required on 0.0.0.0, {TLS}"),
    ({"host": "192.0.2.1"}, "DistributionRegistryArgs", f"tls: is required on 192.0.2.1, {TLS}"),
    ({"username": ""}, "DistributionRegistryArgs", f"auth.users[0]: '' {USER}"),
    ({"username": "a:b"}, "DistributionRegistryArgs", f"auth.users[0]: 'a:b' {USER}"),
    (
        {"directory": "images"},
        "DistributionRegistryArgs",
        "runtime.directory: 'images/local' is not an absolute path; begin it with /",
    ),
]


def diagnostics(told: str) -> str:
    """Return what a failed run says beneath its changes, without the engine's indents."""
    section = told.split("Diagnostics:\n", 1)[1].split("\n\n", 1)[0]
    return "\n".join(line.strip() for line in section.splitlines())


def refused(stack: LocalStack) -> str:
    """Bring the stack up in vain, and return what the run says; nothing may be registered."""
    done = stack.regc("up", "local", check=False)
    told = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" not in told
    assert stack.registered() == []
    return diagnostics(done.stdout)


@pytest.mark.parametrize(("settings", "subject", "mistake"), CONFIGS, ids=str)
def test_a_wrong_setting_registers_nothing(
    stack: LocalStack, settings: dict[str, object], subject: str, mistake: str
) -> None:
    stack.configure(**settings)
    assert refused(stack) == (
        f"pulumi:pulumi:Stack (registry-components-local):\nerror: {subject} is not valid (1 mistake):\n{mistake}"
    )


def in_the_way(setting: str, value: object, reason: str) -> str:
    """Return what the engine says where this machine stands in the way of a setting."""
    token = "pulumi-python:dynamic/registry-components:RegistryProcess"
    return (
        f"{token} (local):\n"
        f"error: {token} resource 'local': property {setting} value {{{value}}} has a problem: {reason}"
    )


def test_a_busy_port_is_told_before_anything_is_made(stack: LocalStack) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", stack.port))
        holder.listen()
        told = refused(stack)
    me = psutil.Process()
    who = f"{me.name()} (pid {me.pid}, started as {' '.join(me.cmdline()[:3])})"
    assert told == in_the_way(
        "port",
        stack.port,
        f"port {stack.port} on 127.0.0.1 is held by {who}; stop it, or set port to a free one",
    )
    assert not stack.state_home.exists()


def test_a_state_directory_that_cannot_be_used(stack: LocalStack) -> None:
    stack.state_home.write_text("a file where a directory is needed")
    told = refused(stack)
    directory = stack.state_home / "registry-components" / "registry-components" / "local" / "local"
    reason = f"{stack.state_home} is not a directory, so {directory} cannot be used"
    assert told == in_the_way("directory", directory, f"{reason}; set runtime.directory to another place")
    stack.state_home.unlink()


def test_a_second_checkout_is_told_of_the_first_and_gets_a_directory_of_its_own(
    stack: LocalStack, tmp_path: Path
) -> None:
    stack.regc("up", "local", "--no-prove")
    (tmp_path / "other").mkdir()
    other = LocalStack(tmp_path / "other", free_port())
    other.state_home.symlink_to(stack.state_home)
    directory = other.state_home / "registry-components" / "registry-components" / "local" / "local"
    owner = f"local of stack local of project registry-components in {stack.checkout}"
    assert refused(other) == in_the_way(
        "directory",
        directory,
        f"{directory} is in use by {owner}; stop that one, or set runtime.directory to another place",
    )
    other.configure(directory=str(tmp_path / "own"))
    other.regc("up", "local")
    assert (tmp_path / "own" / "local" / "data" / "docker").is_dir()
    other.regc("down", "local")
    stack.regc("up", "local")


def test_a_lost_registry_is_told_in_words(stack: LocalStack) -> None:
    stack.regc("up", "local", "--no-prove")
    record = json.loads(next(stack.state_home.rglob("daemon.json")).read_text())
    psutil.Process(record["pid"]).kill()
    done = stack.regc("up", "local")
    assert "registry local is dead: the registry process is gone; `up` restores it" in diagnostics(done.stdout)
    assert "~ 1 updated" in done.stdout


def test_a_password_that_is_not_there(stack: LocalStack) -> None:
    def told(*arguments: str) -> str:
        done = stack.regc("password", *arguments, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr

    assert told("local") == "error: stack local has no generated password; bring it up first: `regc up local`\n"
    stack.regc("up", "local", "--no-prove")
    assert told("local", "--username", "nobody") == (
        "error: stack local has no generated password for 'nobody'; its users: developer\n"
    )


@pytest.mark.parametrize("name", ["prdo", "Local", "../local", "__main__"])
def test_an_unknown_stack_is_answered_with_the_known_ones(stack: LocalStack, name: str) -> None:
    done = stack.regc("up", name, check=False)
    assert done.returncode == 1
    assert done.stderr == f"error: stack {name!r} is not known; known stacks: dev, local, prod, staging\n"
    assert not (stack.checkout / ".pulumi-state").exists()


def test_pulumi_itself_names_the_known_stacks(stack: LocalStack) -> None:
    stack.regc("up", "local", "--no-prove")
    environment = stack.plain_pulumi_environment()
    command = ["pulumi", "--non-interactive"]
    subprocess.run([*command, "stack", "init", "other"], cwd=stack.checkout, env=environment, check=True)
    done = subprocess.run(
        [*command, "preview", "--stack", "other"],
        cwd=stack.checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "stack 'other' has no program; known stacks: dev, local, prod, staging." in done.stdout
    assert "unhandled" not in done.stdout
    assert "Traceback" not in done.stdout


def test_outside_a_checkout(tmp_path: Path) -> None:
    done = subprocess.run([f"{sys.prefix}/bin/regc", "up"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr == f"error: no Pulumi.yaml in {tmp_path} or above it; run this inside a checkout of your project\n"
    )


def test_make_up_and_down(stack: LocalStack) -> None:
    shutil.copy(ROOT / "Makefile", stack.checkout)
    for name in ("pyproject.toml", "requirements"):
        (stack.checkout / name).symlink_to(ROOT / name)
    (stack.checkout / ".venv").symlink_to(sys.prefix)
    up = subprocess.run(
        ["make", "--assume-old=.venv/.installed", "up"],
        cwd=stack.checkout,
        env=stack.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert up.returncode == 0, up.stdout + up.stderr
    assert "pulled back from" in up.stdout
    down = subprocess.run(
        ["make", "--assume-old=.venv/.installed", "down"],
        cwd=stack.checkout,
        env=stack.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert down.returncode == 0, down.stdout + down.stderr
    assert down.stdout.endswith("its images and passwords are kept for the next `regc up local`\n")

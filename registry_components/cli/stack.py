"""`regc up` and `regc down`: one stack of a checkout, with everything that an interrupted run leaves put right."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from ..core.errors import StackError, stack_error
from ..operations.interrupted import in_cluster, owned, settled, unfinished
from ..operations.state_files import repair
from ..provision import ensure, environment

_TOOLS = ("pulumi", "pulumi-language-python", "pulumi-resource-pulumi-python")
_OWN_DYNAMIC = "pulumi-python:dynamic/registry-components:"
# What `down` leaves in the stack: without it, the next `up` would make new passwords and every client would have to
# log in anew.
_KEPT = (f"**{_OWN_DYNAMIC}HtpasswdUsers**", f"**{_OWN_DYNAMIC}GeneratedSecret**")


@dataclass(frozen=True)
class Checkout:
    """A project folder and the environment that `pulumi` runs with in it."""

    root: Path
    project: str
    environment: Mapping[str, str]

    def pulumi(self, *arguments: str, capture: bool = False, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the Pulumi CLI here. Raises `StackError` where it fails; it has told why by then."""
        done = subprocess.run(
            ["pulumi", *arguments],
            cwd=self.root,
            env=dict(self.environment),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else None,
            stderr=subprocess.PIPE if capture else None,
            check=False,
        )
        if check and done.returncode:
            detail = f"\n{done.stderr.strip()}" if capture and done.stderr else ""
            raise stack_error(f"`pulumi {' '.join(arguments[:2])}` failed (exit code {done.returncode}){detail}")
        return done


def find_checkout(start: Path | None = None) -> tuple[Path, dict[str, Any]]:
    """Return the folder with `Pulumi.yaml` at or above `start`, and what the file says."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        file = folder / "Pulumi.yaml"
        if file.is_file():
            try:
                return folder, dict(yaml.safe_load(file.read_text()))
            except (yaml.YAMLError, TypeError, ValueError) as error:
                raise stack_error(f"{file}: is not a Pulumi project file ({error})") from None
    raise stack_error(f"no Pulumi.yaml in {here} or above it; run this inside a checkout of your project")


def known_stacks(root: Path, project: Mapping[str, Any]) -> list[str]:
    """Return the stacks that the checkout has a program for."""
    folder = root / str(project.get("main", "."))
    return sorted(path.stem for path in folder.glob("[!_.]*.py"))


def open_checkout(stack: str, *, tools: Sequence[str] = _TOOLS) -> Checkout:
    """Return the checkout around the current folder, its tools made sure of and its passphrase at hand.

    Raises `StackError` where there is no checkout, no such stack, or a tool that cannot be had.
    """
    root, project = find_checkout()
    known = known_stacks(root, project)
    if stack not in known:
        raise stack_error(f"stack {stack!r} is not known; known stacks: {', '.join(known)}")
    ensure(tools, lambda line: print(line, file=sys.stderr, flush=True))
    variables = environment()
    variables["PULUMI_SKIP_UPDATE_CHECK"] = "1"
    _state_folder(root, project, variables)
    if "PULUMI_CONFIG_PASSPHRASE" not in variables and "PULUMI_CONFIG_PASSPHRASE_FILE" not in variables:
        variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase(root / ".pulumi-state"))
    return Checkout(root, str(project["name"]), variables)


def _state_folder(root: Path, project: Mapping[str, Any], variables: Mapping[str, str]) -> Path | None:
    """Return the folder of a file backend, made if it is not there; None for any other backend."""
    url = variables.get("PULUMI_BACKEND_URL") or str((project.get("backend") or {}).get("url", ""))
    if not url.startswith("file://"):
        return None
    folder = (root / url.removeprefix("file://").split("?")[0]).resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _passphrase(folder: Path) -> Path:
    """Return the file with the passphrase that encrypts this checkout's secrets, made once, for this user alone."""
    path = folder / "passphrase"
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        temporary = folder / f".passphrase.{os.getpid()}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
        try:
            os.link(temporary, path)  # fails where the file is there, so two runs agree on one
        finally:
            temporary.unlink()
    return path


# --- what an interrupted run leaves --------------------------------------------------------------------------------


def release_dead_locks(checkout: Checkout, stack: str) -> list[str]:
    """Remove the stack's locks whose holder on this machine is gone; return a line for each.

    A `pulumi up` that is killed cannot take its lock away, and the next one would refuse to start.
    """
    _, project = find_checkout(checkout.root)
    state = _state_folder(checkout.root, project, checkout.environment)
    if state is None:
        return []
    told = []
    for path in sorted((state / ".pulumi" / "locks").glob(f"**/{checkout.project}/{stack}/*.json")):
        try:
            lock = json.loads(path.read_text())
            holder = int(lock["pid"])
        except (OSError, ValueError, KeyError):
            continue
        if lock.get("hostname") != socket.gethostname() or _is_the_pulumi(holder, str(lock.get("timestamp", ""))):
            continue
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.attrs").unlink(missing_ok=True)
        told.append(f"released the lock of an interrupted run (pid {holder}, which is gone)")
    return told


def _is_the_pulumi(pid: int, since: str) -> bool:
    """Return whether `pid` is a Pulumi CLI that already ran at `since`: a reused id is not the lock's holder."""
    import psutil

    try:
        process = psutil.Process(pid)
        if "pulumi" not in process.name() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.create_time() <= datetime.fromisoformat(since).timestamp() + 1
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, ValueError):
        return True  # not to be told from here: the lock stays, and Pulumi says who holds it


def repair_state(checkout: Checkout, stack: str) -> list[str]:
    """Repair the stack's files where a killed engine left them half written; return a line for each."""
    _, project = find_checkout(checkout.root)
    state = _state_folder(checkout.root, project, checkout.environment)
    if state is None or any((state / ".pulumi" / "locks").glob(f"**/{checkout.project}/{stack}/*.json")):
        return []
    return repair(state, checkout.project, stack)


def settle_interrupted(checkout: Checkout, stack: str) -> list[str]:
    """Settle what an interrupted run was making; return a line where there was anything.

    What may be there already is looked for and taken over, what is not is made by the next run. Where one of the
    pending creates cannot be looked for, all are left for a person, as Pulumi asks.
    """
    exported = json.loads(checkout.pulumi("stack", "export", "--stack", stack, capture=True).stdout)
    found = settled(exported.get("deployment") or {})
    if found is None:
        return []
    _import(checkout, stack, {**exported, "deployment": found.deployment})
    if found.look_for:
        targets = [word for urn in found.look_for for word in ("--target", urn)]
        options = ("--yes", "--skip-preview", "--non-interactive", "--stack", stack)
        checkout.pulumi("refresh", *options, *targets, capture=True)
        looked_at = in_cluster(found.look_for)
        if looked_at:
            _finish_objects(checkout, stack, looked_at)
    return [f"an earlier run was interrupted while it made {', '.join(found.names)}; this one takes over from there"]


def _finish_objects(checkout: Checkout, stack: str, urns: Sequence[str]) -> None:
    """Give objects that were found back to the field managers that made them.

    Where one of them will never be finished, take it out of the state, and say what to do. (Its pending create cannot
    be put back: `pulumi stack import` drops those.)
    """
    now = json.loads(checkout.pulumi("stack", "export", "--stack", stack, capture=True).stdout)
    before = now.get("deployment") or {}
    told = unfinished(before, urns)
    after = owned(before, urns) or before
    if told:
        after = {**after, "resources": [each for each in after["resources"] if each["urn"] not in told]}
    if after is not before:
        _import(checkout, stack, {**now, "deployment": after})
    if told:
        raise stack_error("; ".join(told.values()))


def _import(checkout: Checkout, stack: str, exported: Mapping[str, Any]) -> None:
    with tempfile.TemporaryDirectory(prefix="regc-") as folder:
        file = Path(folder) / "state.json"
        file.write_text(json.dumps(exported))
        checkout.pulumi("stack", "import", "--stack", stack, "--file", str(file), capture=True)


# --- the commands --------------------------------------------------------------------------------------------------


def up(stack: str, *, prove: bool = True) -> None:
    """Bring `stack` up and, where it exports a registry, prove it with a push and a pull.

    Raises `StackError` where anything fails; a run that was interrupted is taken up where it ended.
    """
    checkout = open_checkout(stack, tools=(*_TOOLS, "registry"))
    _recover(checkout, stack)
    checkout.pulumi("up", "--yes", "--stack", stack)
    if prove:
        _prove(checkout, stack)


def down(stack: str) -> None:
    """Stop what `stack` runs. Images, passwords and configuration stay for the next `up`."""
    checkout = open_checkout(stack)
    _recover(checkout, stack)
    kept = [word for urn in _KEPT for word in ("--exclude", urn)]
    checkout.pulumi("destroy", "--yes", "--stack", stack, *kept)
    print(f"stack {stack} is down; its images and passwords are kept for the next `regc up {stack}`")


def _recover(checkout: Checkout, stack: str) -> None:
    for line in [*release_dead_locks(checkout, stack), *repair_state(checkout, stack)]:
        print(line, file=sys.stderr)
    checkout.pulumi("stack", "select", "--create", stack, capture=True)
    for line in settle_interrupted(checkout, stack):
        print(line, file=sys.stderr)


def passwords(checkout: Checkout, stack: str) -> dict[str, str]:
    """Return the passwords that the stack generated, by user name; they are read from its encrypted state."""
    try:
        exported = checkout.pulumi("stack", "export", "--show-secrets", "--stack", stack, capture=True)
    except StackError as error:
        if f"no stack named {stack!r}" in str(error):
            return {}
        raise
    found: dict[str, str] = {}
    for resource in (json.loads(exported.stdout).get("deployment") or {}).get("resources") or []:
        if str(resource["type"]) == f"{_OWN_DYNAMIC}HtpasswdUsers":
            known = (resource.get("outputs") or {}).get("passwords") or {}
            found.update(json.loads(known["plaintext"]) if "plaintext" in known else known)
    return found


def password(stack: str, username: str | None) -> str:
    """Return one generated password of `stack`; raises `StackError` where there is none of that name."""
    known = passwords(open_checkout(stack), stack)
    if username is None and len(known) == 1:
        return next(iter(known.values()))
    if username in known:
        return known[username]
    if not known:
        raise stack_error(f"stack {stack} has no generated password; bring it up first: `regc up {stack}`")
    listed = ", ".join(sorted(known))
    if username is None:
        raise stack_error(f"stack {stack} has several passwords; name one of its users with --username: {listed}")
    raise stack_error(f"stack {stack} has no generated password for {username!r}; its users: {listed}")


def _own_name() -> str:
    """Return what a person types for this program: its name, or its path where the name is not on PATH."""
    return "regc" if shutil.which("regc") else os.path.relpath(Path(sys.prefix) / "bin" / "regc")


def _prove(checkout: Checkout, stack: str) -> None:
    from ..operations.prove import prove

    shown = checkout.pulumi("stack", "output", "--json", "--stack", stack, capture=True)
    outputs: dict[str, Any] = json.loads(shown.stdout or "{}")
    server, username = outputs.get("server"), outputs.get("username")
    if not isinstance(server, str):
        return
    proof = prove(
        server,
        username=username,
        password=passwords(checkout, stack).get(username or ""),
        report=lambda line: print(f"  {line}", flush=True),
    )
    print(
        f"\nproved: {proof.bytes} bytes pushed to and pulled back from {proof.server} in {proof.seconds:.1f} s\n"
        f"  server  {proof.server}\n"
        f"  image   {proof.server}/{proof.repository}@{proof.digest}\n"
        f"  log in  {_own_name()} password {stack} | {outputs.get('login', '')}"
    )

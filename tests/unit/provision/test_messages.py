"""What a failed step says: the whole text, with what to install by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from registry_components import provision
from registry_components.core.errors import StackError
from registry_components.provision import debian, unpacked
from registry_components.provision.__main__ import main

from .conftest import Machine

pytestmark = pytest.mark.unit

_PULUMI = "the Pulumi CLI >= 3.259.0 (pulumi.com/docs/install)"
_REGISTRY = "CNCF Distribution >= 3.1.0 (its `registry` binary on PATH)"


def _message(machine: Machine, name: str) -> str:
    with pytest.raises(StackError) as caught:
        provision.ensure([name], machine.reports.append)
    assert machine.cached() == []
    return str(caught.value)


def test_no_go(machine: Machine) -> None:
    assert _message(machine, "pulumi") == (
        "pulumi is not installed, and there is no Go to build it with. "
        f"Install Go >= 1.25.11 or {_PULUMI}, then run this again."
    )
    assert _message(machine, "registry") == (
        "registry is not installed, and there is no Go to build it with. "
        f"Install Go >= 1.25.0 or {_REGISTRY}, then run this again."
    )
    assert _message(machine, "conformance") == (
        "conformance is not installed, and there is no Go to build it with. Install Go >= 1.25.0, then run this again."
    )


def test_no_go_for_the_parts_of_an_installed_pulumi(machine: Machine) -> None:
    machine.tells("pulumi", "v3.300.0")
    assert _message(machine, "pulumi-language-python") == (
        "Pulumi's Python language host is not installed, and there is no Go to fetch its parts with. "
        f"Install Go >= 1.25.11 or the whole bundle of {_PULUMI}, then run this again."
    )


def test_a_go_that_is_too_old(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.go()
    monkeypatch.setenv("FAKE_GO_VERSION", "go1.19.8")
    assert _message(machine, "registry") == (
        f"registry is not installed, and {machine.bin}/go is Go 1.19.8, too old to build it with. "
        f"Install Go >= 1.25.0 or {_REGISTRY}, then run this again."
    )


def test_a_build_that_fails_shows_the_compilers_last_words(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.go()
    monkeypatch.setenv("FAKE_GO_FAILS", "yes")
    log = machine.cache / "logs" / "registry.log"
    assert _message(machine, "registry") == (
        "registry 3.1.0 could not be built: `go build` ended with exit code 2:\n"
        "  | no space left on device\n"
        f"The whole output is in {log}.\n"
        f"Install {_REGISTRY} by hand, then run this again."
    )
    assert log.read_text() == "no space left on device\n"


def test_a_build_of_another_version_is_not_used(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.go()
    monkeypatch.setenv("FAKE_GO_TELLS", "3.0.0")
    assert _message(machine, "registry") == (
        "registry was built but tells version 3.0.0 instead of 3.1.0.\n"
        f"Install {_REGISTRY} by hand, then run this again."
    )


def test_an_sdk_that_cannot_be_fetched(machine: Machine) -> None:
    machine.tells("pulumi", "v3.300.0")
    machine.script("go", '#!/bin/sh\n[ "$1" = env ] && { echo go1.99; exit; }\necho "no route to host" >&2; exit 1\n')
    assert _message(machine, "pulumi-language-python") == (
        "the Pulumi SDK's sources could not be fetched (exit code 1):\n"
        "  | no route to host\n"
        f"The whole output is in {machine.cache}/logs/pulumi-sdk.log.\n"
        f"Install {_PULUMI} by hand, then run this again."
    )


def test_a_cache_that_cannot_be_written(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.bundle()
    machine.go()
    file = machine.folder / "file"
    file.write_text("")
    monkeypatch.setenv("REGC_CACHE", str(file / "cache"))
    assert main([]) == 1
    assert capsys.readouterr().err == (
        f"error: the tool cache {file}/cache/tools/registry cannot be written: Not a directory; "
        "set REGC_CACHE to a folder that can\n"
    )


def test_the_script_ends_with_what_it_has(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.bundle()
    path = machine.script("registry", '#!/bin/sh\necho "registry v3.1.0"\n')
    assert main([]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"registry 3.1.0 (path) {path}"


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="the message is Debian's")
def test_image_clients_that_only_root_can_install(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.tells("apt-get", "never run")
    machine.tells("skopeo", "there")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(debian, "_HELPERS", ())
    with pytest.raises(StackError) as caught:
        debian.ensure_clients(machine.reports.append)
    assert str(caught.value) == (
        "the tests need podman, buildah, runc, iptables, containernetworking-plugins, redis-server, and only root can "
        "install them. Run `sudo apt-get install --no-install-recommends podman buildah runc iptables "
        "containernetworking-plugins redis-server`, then run this again."
    )


def test_image_clients_elsewhere(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "_HELPERS", ())
    with pytest.raises(StackError) as caught:
        debian.ensure_clients(machine.reports.append)
    assert str(caught.value) == (
        "the tests need skopeo, podman, buildah, runc, iptables, containernetworking-plugins, redis-server. "
        "Install skopeo, podman, buildah, runc, iptables, containernetworking-plugins, redis-server by hand, then run "
        "this again."
    )


def test_packages_to_unpack_elsewhere(machine: Machine) -> None:
    with pytest.raises(StackError) as caught:
        unpacked.ensure_unpacked(machine.reports.append)
    assert f"packages {', '.join(unpacked.PACKAGES)}; run them on Debian, or in a container" in str(caught.value)


def test_packages_that_cannot_be_downloaded(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.script("apt-get", "#!/bin/sh\necho 'Unable to locate package'\nexit 100\n")
    machine.script("dpkg-deb", "#!/bin/sh\n")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(StackError) as caught:
        unpacked.ensure_unpacked(machine.reports.append)
    assert "`apt-get download` ended with exit code 100:\n  | Unable to locate package\n" in str(caught.value)
    assert "Run `apt-get update`, then run this again." in str(caught.value)
    assert not unpacked.folder().exists(), "nothing is left half made"


def test_image_clients_that_are_there(machine: Machine) -> None:
    for name in debian.CLIENTS:
        machine.tells({"containernetworking-plugins": "bridge"}.get(name, name), sys.platform)
    debian.ensure_clients(machine.reports.append)
    assert machine.reports == []

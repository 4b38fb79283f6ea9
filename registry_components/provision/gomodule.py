"""Builds tools from the pinned Go modules under `tools/`; go.sum pins every source by its hash."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from ..core import versions
from ..core.errors import StackError, stack_error
from . import onpath, running
from .cache import Slot, digest_of, log_file
from .tool import (
    CONFORMANCE,
    CRANE,
    DOCKER_COMPOSE,
    ETCD,
    HELM,
    KUBE_APISERVER,
    KUBE_CONTROLLER_MANAGER,
    KUBECTL,
    KUBERNETES_PROVIDER,
    PINNED,
    PULUMI,
    REGISTRY,
    REGSYNC,
    Report,
    parse_version,
)

PULUMI_SDK = "github.com/pulumi/pulumi/sdk/v3"


@dataclass(frozen=True)
class Module:
    """How one binary is built: its package, its linker flags, how long it takes on two cores with nothing cached."""

    package: str
    flags: str
    minutes: float
    instead: str = ""
    folder: str = ""
    """Its module's folder below `tools/`, where that is not the binary's name."""
    embeds: tuple[str, ...] = ()
    """Files of the module `package` that a `main.go` of ours embeds, which is what is built then."""


_PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4"
# Built from its module alone, Kubernetes would call itself v0.0.0-master.
_KUBERNETES = "-s -w " + " ".join(
    f"-X k8s.io/component-base/version.git{key}={value}"
    for key, value in {
        "Version": f"v{versions.KUBERNETES}",
        "Major": versions.KUBERNETES.split(".")[0],
        "Minor": versions.KUBERNETES.split(".")[1],
    }.items()
)

MODULES = {
    PULUMI: Module(
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        # Without a version the Automation API refuses the CLI.
        f"-s -w -X {PULUMI_SDK}/go/common/version.Version=v{versions.PULUMI_CLI}",
        4,
        f"the Pulumi CLI >= {versions.PULUMI_CLI_MINIMUM} (pulumi.com/docs/install)",
    ),
    REGISTRY: Module(
        "github.com/distribution/distribution/v3/cmd/registry",
        f"-s -w -X github.com/distribution/distribution/v3/version.version=v{versions.DISTRIBUTION}",
        1,
        f"CNCF Distribution >= {versions.DISTRIBUTION_MINIMUM} (its `registry` binary on PATH)",
    ),
    CONFORMANCE: Module("github.com/opencontainers/distribution-spec/conformance", "-s -w", 0.2),
    CRANE: Module(
        "github.com/google/go-containerregistry/cmd/crane",
        f"-s -w -X github.com/google/go-containerregistry/cmd/crane/cmd.Version=v{versions.CRANE}",
        0.5,
    ),
    REGSYNC: Module(
        "github.com/regclient/regclient/cmd/regsync",
        f"-s -w -X github.com/regclient/regclient/internal/version.vcsTag=v{versions.REGSYNC}",
        0.5,
    ),
    HELM: Module(
        "helm.sh/helm/v3/cmd/helm",
        f"-s -w -X helm.sh/helm/v3/internal/version.version=v{versions.HELM}",
        1,
    ),
    DOCKER_COMPOSE: Module(
        "github.com/docker/compose/v2/cmd",
        f"-s -w -X github.com/docker/compose/v2/internal.Version=v{versions.DOCKER_COMPOSE}",
        2,
    ),
    ETCD: Module("go.etcd.io/etcd/server/v3", "-s -w", 1),
    KUBE_APISERVER: Module("k8s.io/kubernetes/cmd/kube-apiserver", _KUBERNETES, 4, folder="kubernetes"),
    # The same module: with the API server built, this one takes half a minute.
    KUBE_CONTROLLER_MANAGER: Module(
        "k8s.io/kubernetes/cmd/kube-controller-manager", _KUBERNETES, 1, folder="kubernetes"
    ),
    KUBECTL: Module("k8s.io/kubernetes/cmd/kubectl", _KUBERNETES, 3),
    KUBERNETES_PROVIDER: Module(
        _PROVIDER,
        f"-s -w -X {_PROVIDER}/pkg/version.Version={versions.KUBERNETES_PROVIDER}",
        8,
        embeds=tuple(f"cmd/pulumi-resource-kubernetes/{name}.json" for name in ("schema", "terraform-mapping")),
    ),
}


def modules_folder() -> Path:
    """Return the folder of the Go modules: inside an installed package, else `tools/` of the checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_tools", package.parent / "tools"):
        if (folder / PULUMI / "go.mod").is_file():
            return folder
    raise stack_error(
        f"the Go modules that tools are built from are missing beside {package}; install registry-components again"
    )


def module_folder(name: str) -> Path:
    """Return the folder of the Go module that a tool is built from."""
    return modules_folder() / (MODULES[name].folder or name)


@functools.cache
def slot(name: str) -> Slot:
    """Return the place in the cache of a tool built from its module."""
    folder, module = module_folder(name), MODULES[name]
    texts = [(folder / file).read_bytes() for file in ("go.mod", "go.sum", *(["main.go"] if module.embeds else []))]
    return Slot(name, PINNED[name], digest_of(*texts, module.flags.encode()))


def build(name: str, why: str, report: Report) -> None:
    """Build a tool into the cache; does nothing where it is there. Raises `StackError` saying what to install."""
    place = slot(name)
    if place.finished():
        return
    module = MODULES[name]
    go = _go(name)
    about = f"{module.minutes:.0f} min" if module.minutes >= 1 else f"{module.minutes * 60:.0f} s"

    def fill(folder: Path) -> None:
        report(f"building {name} {place.version} from its Go module ({why}); about {about} with nothing cached")
        started = time.monotonic()
        binary, log = folder / "bin" / name, log_file(name)
        binary.parent.mkdir()
        what = ["-overlay", str(_overlay(name, go, folder)), "."] if module.embeds else [module.package]
        code = running.run(
            [go, "build", *_FLAGS, "-ldflags", module.flags, "-o", str(binary), *what],
            what=f"building {name}",
            log=log,
            report=report,
            cwd=module_folder(name),
            environ=_environ(),
        )
        if code != 0:
            raise stack_error(
                f"{name} {place.version} could not be built: `go build` ended with exit code {code}:\n"
                f"{running.tail(log)}\nThe whole output is in {log}.\n{_advice(name)}"
            )
        _check(name, binary)
        report(f"{name} {place.version} is ready after {time.monotonic() - started:.0f} s")

    place.make(fill, report)


def _overlay(name: str, go: str, folder: Path) -> Path:
    """Return a file that lets Go find what `main.go` embeds where the vendor's module has it."""
    done = subprocess.run(
        [go, "mod", "download", "-json", MODULES[name].package],
        cwd=module_folder(name),
        capture_output=True,
        text=True,
        check=False,
        env=_environ(),
    )
    if done.returncode != 0:
        raise stack_error(f"the sources of {name} could not be fetched:\n{done.stderr.strip()}\n{_advice(name)}")
    source = Path(json.loads(done.stdout)["Dir"])
    path = folder / "overlay.json"
    replaced = {str(module_folder(name) / Path(file).name): str(source / file) for file in MODULES[name].embeds}
    path.write_text(json.dumps({"Replace": replaced}))
    return path


_FLAGS = ("-mod=readonly", "-trimpath", "-buildvcs=false")


def _environ() -> dict[str, str]:
    # A workspace file above an installed package would replace the pins.
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""}


def _check(name: str, binary: Path) -> None:
    if name in (CONFORMANCE, KUBERNETES_PROVIDER):
        return  # They have no way to tell their versions: the one starts the suite, the other waits for an engine.
    told = onpath.ask_version(name, binary)
    if told != PINNED[name]:
        raise stack_error(
            f"{name} was built but tells version {told or 'none'} instead of {PINNED[name]}.\n{_advice(name)}"
        )


def _advice(name: str) -> str:
    instead = MODULES[name].instead
    either = f"Install {instead} by hand" if instead else f"Put right what stops Go from building {name}"
    return f"{either}, then run this again."


def required_go(name: str) -> str:
    """Return the Go version that a tool's module needs."""
    text = (module_folder(name) / "go.mod").read_text()
    found = re.search(r"^go (\S+)$", text, re.MULTILINE)
    if found is None:
        raise stack_error(f"{module_folder(name)}/go.mod has no line `go VERSION`")
    return found.group(1)


def _go(name: str) -> str:
    needed = required_go(name)
    instead = MODULES[name].instead
    other = f" or {instead}" if instead else ""
    go = shutil.which("go")
    if go is None:
        raise stack_error(
            f"{name} is not installed, and there is no Go to build it with. "
            f"Install Go >= {needed}{other}, then run this again."
        )
    version, toolchain = _go_version(go)
    # From 1.21 on, Go fetches the newer toolchain that a module asks for, unless that is switched off.
    fetches = version >= (1, 21) and toolchain.startswith(("auto", "path", "go"))
    if version < (parse_version(needed) or ()) and not fetches:
        shown = ".".join(map(str, version)) or "of an unknown version"
        raise stack_error(
            f"{name} is not installed, and {go} is Go {shown}, too old to build it with. "
            f"Install Go >= {needed}{other}, then run this again."
        )
    return go


def _go_version(go: str) -> tuple[tuple[int, ...], str]:
    done = subprocess.run(
        [go, "env", "GOVERSION", "GOTOOLCHAIN"], capture_output=True, text=True, check=False, env=_environ()
    )
    lines = [*done.stdout.splitlines(), "", ""]
    return parse_version(lines[0].removeprefix("go")) or (), lines[1]


def sdk_sources(report: Report) -> Path:
    """Return the folder of the Pulumi SDK's Go module, fetched and checked by hash. Raises `StackError`."""
    go, log = _go_for_sdk(), log_file("pulumi-sdk")
    code = running.run(
        [go, "mod", "download", "-json", PULUMI_SDK],
        what="fetching the Pulumi SDK's sources",
        log=log,
        report=report,
        cwd=modules_folder() / PULUMI,
        environ=_environ(),
    )
    try:
        told = json.loads(log.read_text().partition("{")[1] + log.read_text().partition("{")[2])
    except ValueError:
        told = {}
    if code != 0 or "Dir" not in told:
        raise stack_error(
            f"the Pulumi SDK's sources could not be fetched (exit code {code}):\n{running.tail(log)}\n"
            f"The whole output is in {log}.\n{_advice(PULUMI)}"
        )
    return Path(told["Dir"])


def _go_for_sdk() -> str:
    try:
        return _go(PULUMI)
    except StackError:
        raise stack_error(
            "Pulumi's Python language host is not installed, and there is no Go to fetch its parts with. Install "
            f"Go >= {required_go(PULUMI)} or the whole bundle of {MODULES[PULUMI].instead}, then run this again."
        ) from None

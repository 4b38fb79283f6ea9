"""What a rehearsal found, as data: the terminal, the page and JSON show this alone. Nothing here is secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from .emulator import Proof
from .folder import REMARKS

Status = Literal["passed", "failed", "skipped"]
SCHEMA: Final = 1
"""The version of the JSON; it changes where a field is renamed or goes away."""

_BEHIND: Final = {
    "artifactory": "a model of Artifactory keeps the state; properties are checked as the SDK has them, rules as the "
    "provider's source has them",
    "aws": "requests pass botocore's own validation and meet moto's servers; properties are checked as the provider's",
    "gcp": "request bodies are checked against Google's published discovery documents; a model keeps the state",
    "azure-native": "request bodies are checked against the ARM models of Microsoft's SDK; a model keeps the state",
    "docker": "a model of the Docker provider keeps the state; no container runs",
    "docker-hub": "the program's own HTTP client talks to a model of Docker Hub's API on this machine",
    "kubernetes": "no API server was provisioned: properties are checked as the SDK has them, a model keeps the state",
    "random": "values are generated here as the real provider does; there is no cloud behind it",
    "tls": "keys and certificates are generated here with a real implementation; there is no cloud behind it",
    "pulumi-python": "dynamic resources are the program's own code: it ran as it is, without credentials or network",
}

_BEHIND_REAL: Final = {
    "docker": "containers, networks and volumes were made on a Docker engine of this machine, checked before as the "
    "provider does",
    "kubernetes": "Pulumi's own provider worked on a real API server and controllers on this machine; no pod runs",
}

_BESIDE: Final = {
    "docker": "; nothing is pulled or built, a model keeps the images",
    "kubernetes": "; a model keeps the Helm releases whose charts are not on this machine",
}


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """One step of the life."""

    name: str
    """`preview`, `up`, `up-again`, `refresh`, `change` or `destroy`."""
    title: str
    status: Status
    seconds: float = 0.0
    operations: Mapping[str, int] = field(default_factory=dict)
    """How many resources had which operation; `same` are those that stayed as they were."""
    expects: str = ""
    """What has to hold for the step to pass."""
    notes: Sequence[str] = ()
    message: str = ""
    """Why it failed or was skipped."""


@dataclass(frozen=True, kw_only=True)
class ResourceReport:
    """One resource as the state had it last before `destroy`."""

    urn: str
    type: str
    name: str
    parent: str
    """The parent's URN; empty at the top."""
    component: bool
    operations: Sequence[str]
    """What was done to it by `up` and by the change; `failed` is among them where it was."""
    proof: Proof | None
    """What stood behind it; None for a component, which only groups others."""
    seconds: float
    """How long its provider worked on it, in all steps."""
    protected: bool = False
    retained: bool = False
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """Without those that only repeat an input."""
    dependencies: Sequence[str] = ()
    """The URNs of what it was made after."""


@dataclass(frozen=True, kw_only=True)
class EmulatorReport:
    """What one provider did."""

    package: str
    operations: Mapping[str, int]
    """How many operations of each proof: real, emulated, skipped."""
    refused: int
    types: Mapping[str, str]
    """The proof behind each of its resource types and functions."""
    behind: str
    """In words, what stood in for the cloud."""


@dataclass(frozen=True, kw_only=True)
class HeldReport:
    """Something that an emulated cloud still holds after `destroy`."""

    type: str
    name: str
    expected: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """The whole rehearsal."""

    project: str
    stack: str
    version: str
    """This library's."""
    engine: str
    """The Pulumi CLI's version."""
    started: str
    """ISO 8601, UTC."""
    seconds: float
    passed: bool
    steps: Sequence[StepReport]
    resources: Sequence[ResourceReport]
    emulators: Sequence[EmulatorReport]
    held: Sequence[HeldReport]
    not_checked: Sequence[str]
    """What this run says nothing about."""
    stand_ins: Sequence[str]
    """The secret settings that had generated placeholders."""
    assumed: Sequence[str]
    """What was taken to be there, since the stack does not make it."""
    removed: Sequence[str]
    """Environment variables that the run did not get."""
    notes: Sequence[str]
    changes: Sequence[str]
    """The keys that `--change` set."""

    @property
    def failure(self) -> StepReport | None:
        """The step that failed, or None."""
        return next((step for step in self.steps if step.status == "failed"), None)

    def proofs(self) -> dict[str, int]:
        """Return how many resources each kind of proof stands behind, components left out."""
        counts = {"real": 0, "emulated": 0, "skipped": 0}
        for resource in self.resources:
            if resource.proof is not None:
                counts[resource.proof] += 1
        return counts

    def as_json(self) -> dict[str, Any]:
        """Return plain values; `schema` says how to read them."""
        return {"schema": SCHEMA, **asdict(self), "proofs": self.proofs()}


def emulator_reports(checks: Iterable[Mapping[str, Any]]) -> list[EmulatorReport]:
    """Return what each provider did, from the lines that they left."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for check in checks:
        if check["operation"] not in REMARKS:
            found.setdefault(str(check["package"]), []).append(check)
    return [
        EmulatorReport(
            package=package,
            operations={
                proof: sum(line["proof"] == proof for line in lines) for proof in ("real", "emulated", "skipped")
            },
            refused=sum(bool(line.get("refused")) for line in lines),
            types=dict(sorted({str(line["token"]): str(line["proof"]) for line in lines}.items())),
            behind=behind(package, [str(line["proof"]) for line in lines]),
        )
        for package, lines in sorted(found.items())
    ]


def behind(package: str, proofs: Iterable[str] = ()) -> str:
    """Return in words what stands in for a provider's cloud."""
    proofs = set(proofs)
    if proofs == {"skipped"}:
        return "no emulator knows it: its resources were taken as they are, and nothing about them was checked"
    if "real" in proofs and package in _BEHIND_REAL:
        more = _BESIDE.get(package, "") if "emulated" in proofs else ""
        return _BEHIND_REAL[package] + more
    return _BEHIND.get(package, "a model of this library keeps the state and checks properties and references")


def short_type(type_: str) -> str:
    """Return `ecr.Repository` of `aws:ecr/repository:Repository`, and the class of a component."""
    package, _, rest = type_.partition(":")
    module, _, name = rest.rpartition(":")
    module = module.split("/")[0]
    return name if not name or module in {"index", ""} or package == "pulumi-python" else f"{module}.{name}"


__all__ = [
    "SCHEMA",
    "EmulatorReport",
    "HeldReport",
    "Report",
    "ResourceReport",
    "Status",
    "StepReport",
    "behind",
    "emulator_reports",
    "short_type",
]

"""What can be said of a running Harbor 2.15."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

from pydantic import Field

from ...core.args import MaybeOutput, Secret
from ...core.checked import CheckedArgs
from ...core.errors import Mistake
from . import checks
from .access import Group, SystemRobot
from .labels import Label
from .projects import CveAllowlist, Project
from .replication import ExternalRegistry, ReplicationRule
from .scanning import PreheatInstance, Scanner
from .system import Auth, Collection, PurgeAudit, ScanAll, System
from .words import HarborUrl, Key


def _deletion(args: HarborConfigurationArgs) -> Iterable[Mistake]:
    if args.deletion == "destroy" and not args.empty_on_delete:
        yield Mistake(
            "empty_on_delete", "is required too to remove projects on destroy; set it to true, or remove deletion"
        )
    if args.empty_on_delete and args.deletion != "destroy":
        yield Mistake(
            "deletion", "must be 'destroy' too to remove projects on destroy; set it, or remove empty_on_delete"
        )
    adopted = sorted(key for key, project in args.projects.items() if project.import_ is not None)
    if args.deletion == "destroy" and adopted:
        yield Mistake(
            "deletion", f"'destroy' is refused while {adopted[0]!r} is adopted; remove import_ once it is adopted"
        )


class HarborConfigurationArgs(CheckedArgs):
    """What is in one Harbor and how it behaves. What is not said is left as it is."""

    elsewhere: ClassVar = {
        "access": "a project has members, groups and robots; all of Harbor has groups and robots",
        "caching": "a project is a cache; give it proxy_cache",
        "lifecycle": "each project has a lifecycle",
        "network": "give expose to HarborRegistry",
        "replication": "give registries and replications, or use MirrorSchedule with a Replication",
        "scanning": "a project has scan_on_push and a scanner; scan_all scans what is there",
        "storage": "give storage to HarborRegistry or HarborHost",
    }
    checks: ClassVar[Any] = (_deletion, *checks.ALL)
    stand_ins: ClassVar = {"url": "https://harbor.example.com", "password": "stand-in"}

    url: HarborUrl
    """Where it is, `https://harbor.example.com`; `http://` on this machine's own addresses alone."""
    username: MaybeOutput[str] = Field("admin", min_length=1)
    """An administrator. Default: admin."""
    password: Secret
    """That user's password. It is kept in the state as a secret."""
    insecure: bool = False
    """Take any certificate: refused but for private addresses and Services of a cluster. Default: false."""

    projects: dict[Key, Project] = {}
    """Projects. Default: none."""
    groups: dict[Key, Group] = {}
    """Groups of users. Default: none."""
    robots: dict[Key, SystemRobot] = {}
    """Robot accounts of the whole Harbor. Default: none."""
    registries: dict[Key, ExternalRegistry] = {}
    """Other registries. Default: none."""
    replications: dict[Key, ReplicationRule] = {}
    """What is copied to and from them. Default: nothing."""
    scanners: dict[Key, Scanner] = {}
    """Scanners beside the one that Harbor brings. Default: none."""
    preheat_instances: dict[Key, PreheatInstance] = {}
    """Peer-to-peer networks. Default: none."""
    labels: dict[Key, Label] = {}
    """Labels of the whole Harbor. Default: none."""

    auth: Auth | None = None
    """Whose users log in; it can be changed while Harbor has no users but the administrator. Default: as it is."""
    system: System | None = None
    """Settings. Default: as they are."""
    cve_allowlist: CveAllowlist | None = None
    """Vulnerabilities that count for nothing where a project says nothing else. Default: as it is."""
    garbage_collection: Collection | None = None
    """When what nothing refers to is freed: `scheduled`, or `elsewhere` where somebody else says it. Default: as it
    is."""
    purge_audit: PurgeAudit | None = None
    """When old audit logs go. Default: as it is."""
    scan_all: ScanAll | None = None
    """When everything is scanned. Default: as it is."""

    deletion: Literal["retain", "destroy"] = "retain"
    """Whether projects are removed with the stack; with `empty_on_delete`. Default: retain."""
    empty_on_delete: bool = False
    """The second consent to `deletion="destroy"`: all images go. Default: false."""

    @property
    def kept(self) -> bool:
        """Whether projects outlive the stack."""
        return not (self.deletion == "destroy" and self.empty_on_delete)


__all__ = ["HarborConfigurationArgs"]

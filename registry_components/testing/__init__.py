"""What users test their own stacks with: a recorder, inventories, the real engine, and a scan for plain secrets.

Names are resolved when first used; the scan and the inventories' file functions need no Pulumi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy

if TYPE_CHECKING:
    from ._wire import UNKNOWN as UNKNOWN
    from ._wire import Secret as Secret
    from .aws import aws_answers as aws_answers
    from .engine import Engine as Engine
    from .engine import Lifecycle as Lifecycle
    from .inventories import Differences as Differences
    from .inventories import Entry as Entry
    from .inventories import Inventory as Inventory
    from .inventories import check_urns as check_urns
    from .inventories import compare as compare
    from .inventories import inventory as inventory
    from .inventories import read_urns as read_urns
    from .inventories import write_urns as write_urns
    from .recorded import Invoked as Invoked
    from .recorded import Recorded as Recorded
    from .recorded import Recording as Recording
    from .recorder import RecordingMonitor as RecordingMonitor
    from .recorder import record as record
    from .run import EngineFailed as EngineFailed
    from .run import Run as Run
    from .run import Step as Step
    from .run import Unexpected as Unexpected
    from .secrets import Leak as Leak
    from .secrets import find_plaintext as find_plaintext

_HOMES = {
    "UNKNOWN": "_wire",
    "Differences": "inventories",
    "Engine": "engine",
    "EngineFailed": "run",
    "Entry": "inventories",
    "Inventory": "inventories",
    "Invoked": "recorded",
    "Leak": "secrets",
    "Lifecycle": "engine",
    "Recorded": "recorded",
    "Recording": "recorded",
    "RecordingMonitor": "recorder",
    "Run": "run",
    "Secret": "_wire",
    "Step": "run",
    "Unexpected": "run",
    "aws_answers": "aws",
    "check_urns": "inventories",
    "compare": "inventories",
    "find_plaintext": "secrets",
    "inventory": "inventories",
    "read_urns": "inventories",
    "record": "recorder",
    "write_urns": "inventories",
}

__all__ = list(_HOMES)

__getattr__, __dir__ = lazy(__name__, _HOMES)

"""What the emulators without a cloud share: their resources live in the state alone, as the real ones do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..emulator import Property, Refusal, ResourceType, Settings

Values = Mapping[str, Any]
STRING: Final = Property("string")
OUTPUT: Final = Property("string", output=True)
SECRET: Final = Property("string", output=True, secret=True)
KEEPERS: Final = Property("map", items=STRING, replaces=True)


def connect(_settings: Settings) -> None:
    """Return nothing: there is no cloud."""


class LocalType(ResourceType):
    """A resource that is made once; a change of what it was made from makes another one."""

    filled: Mapping[str, Any] = {}
    """What the provider takes where the program is silent."""

    def check(self, cloud: None, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider's own validation refuses."""
        return self.refused({**self.filled, **inputs})

    def refused(self, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what is wrong with the inputs."""
        return ()

    def create(self, cloud: None, inputs: Values) -> tuple[str, dict[str, Any]]:  # noqa: ARG002
        """Make it."""
        full = {**self.filled, **inputs}
        id_, made = self.make(full)
        return id_, {**full, **made}

    def read(self, cloud: None, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002, ARG002
        """Return what the state has."""
        if not outputs:
            raise Refusal("", f"importing {self.token} is not emulated")
        return dict(outputs)

    def update(self, cloud: None, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002, ARG002
        """Keep it, with the inputs that replace nothing."""
        return {**old_outputs, **inputs}

    def delete(self, cloud: None, id: str, outputs: Values) -> None:  # noqa: A002
        """Forget it."""

    @abstractmethod
    def make(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return its id and what is new beside the inputs."""


__all__ = ["KEEPERS", "OUTPUT", "SECRET", "STRING", "LocalType", "Values", "connect"]

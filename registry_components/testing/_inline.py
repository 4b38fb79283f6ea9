"""A program that runs in this process for the engine, and leaves nothing behind when the engine stops it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_GRACE = 10.0


class Inline:
    """Calls a program and remembers the event loop it ran in.

    When a run fails, the SDK's server (3.272) gives its loop up with tasks in it: they would be told as errors later,
    in the middle of whatever runs then.
    """

    def __init__(self, program: Callable[[], Any]) -> None:
        self._program = program
        self._loop: asyncio.AbstractEventLoop | None = None

    def __call__(self) -> Any:
        self._loop = asyncio.get_running_loop()
        return self._program()

    def finish(self) -> None:
        """Wait for the loop to stop, and end what is left in it."""
        loop = self._loop
        if loop is None:
            return
        deadline = time.monotonic() + _GRACE
        while loop.is_running() and time.monotonic() < deadline:
            time.sleep(0.01)
        if loop.is_closed() or loop.is_running():
            return
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with suppress(BaseException):
                loop.run_until_complete(task)
        loop.close()

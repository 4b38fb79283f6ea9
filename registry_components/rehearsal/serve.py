"""Runs one emulated provider for the engine: `python -m registry_components.rehearsal.serve PACKAGE [ENGINE]`."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time

# The engine interrupts its plugins when it is done, perhaps while they still import: that is no error.
_done: queue.SimpleQueue[None] = queue.SimpleQueue()
if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: _done.put(None))
    signal.signal(signal.SIGTERM, lambda *_: _done.put(None))


def finish() -> None:
    """Let `main` return."""
    _done.put(None)


_LOOK_SECONDS = 0.2
_WORKERS = 32
_MESSAGE_BYTES = 400 * 1024 * 1024


def _end_with_engine() -> None:
    engine = os.getppid()

    def look() -> None:
        while os.getppid() == engine:
            time.sleep(_LOOK_SECONDS)
        from .background import kill

        kill(os.getpid())

    threading.Thread(target=look, name="watch-engine", daemon=True).start()


def main(arguments: list[str]) -> int:
    """Serve until the engine ends it; the port is told on stdout."""
    _end_with_engine()
    from concurrent import futures

    import grpc
    from pulumi.runtime.proto import provider_pb2_grpc

    from ..core.errors import StackError
    from .emulators import load, load_real
    from .folder import Folder, folder_of
    from .servicer import Servicer

    try:
        package, engine = arguments[0], arguments[1] if len(arguments) > 1 else None
        folder = Folder(folder_of(os.environ))
        real = load_real(package, os.environ, folder, engine)
        servicer = real or Servicer(load(package), folder, os.environ)
    except StackError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the engine shows it
        return 1
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=_WORKERS),
        options=[("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", _MESSAGE_BYTES)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    _done.get()
    server.stop(0)
    if real is not None:
        real.end()
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    # Threads of a cloud's client must not keep a provider that is done.
    os._exit(code)

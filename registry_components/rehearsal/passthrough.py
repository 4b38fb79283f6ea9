"""Serves a real provider to the engine: it runs as its vendor built it, and what it does is recorded on the way.

Where the provider connects to is the rehearsal's affair (`Surroundings`): its configuration may name a cluster or an
account far away, and a rehearsal reaches none. A resource that the provider could not make here has a model beside it.
"""

# gRPC gives the methods their names and arguments.
# ruff: noqa: N802

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from ..core.errors import stack_error
from ..testing._wire import decode_mapping
from .emulator import Refusal, has_unknown
from .folder import Folder
from .servicer import Servicer, plain

_MESSAGE_BYTES: Final = 400 * 1024 * 1024
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
)
_START_SECONDS: Final = 60.0
_FORWARDED: Final = (
    "Attach",
    "Call",
    "Cancel",
    "CheckConfig",
    "Construct",
    "DiffConfig",
    "GetMapping",
    "GetMappings",
    "GetPluginInfo",
    "GetSchema",
    "Handshake",
    "Parameterize",
)


class Surroundings(Protocol):
    """What a rehearsal does with a real provider."""

    def configure(self, request: provider_pb2.ConfigureRequest) -> None:
        """Change where the provider connects to. Raises `Refusal` or `StackError` where there is nothing."""

    def refused(self, token: str, given: Mapping[str, Any], checked: Mapping[str, Any]) -> Iterable[Refusal]:
        """Yield what the service itself says against inputs, all of which are known; `checked` is what they became."""

    def beside(self, token: str, inputs: Mapping[str, Any]) -> bool:
        """Return whether the model beside the provider has a resource of these inputs."""

    def prepare(self, token: str, inputs: Mapping[str, Any]) -> None:
        """Make what has to be there before a resource of these inputs is created."""

    def adapt(self, token: str, inputs: Any) -> None:
        """Change checked inputs, a `Struct`, where what they ask for cannot come about here."""


class Passthrough(provider_pb2_grpc.ResourceProviderServicer):
    """One real provider for one run of the engine."""

    def __init__(
        self,
        package: str,
        command: Sequence[str],
        folder: Folder,
        around: Surroundings,
        *,
        beside: Servicer | None = None,
        engine: str | None = None,
    ) -> None:
        self._package = package
        self._folder = folder
        self._around = around
        self._beside = beside
        log = folder.path / f"{package}.provider.log"
        with log.open("ab") as output:
            # It ends with this process's group; the engine starts each plugin as the leader of one.
            self._process = subprocess.Popen(
                [*command, *([engine] if engine else [])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                env=os.environ,
            )
        self._channel = grpc.insecure_channel(f"127.0.0.1:{_port(self._process, package, log)}", options=_OPTIONS)
        self._real = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def end(self) -> None:
        """End the real provider."""
        self._channel.close()
        self._process.kill()
        self._process.wait()

    def Configure(self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext) -> Any:
        """Connect it to where the rehearsal says."""
        try:
            self._around.configure(request)
        except (Refusal, Exception) as error:  # noqa: BLE001 - the engine shows it
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        if self._beside is not None:
            self._beside.Configure(request, context)
        return self._pass("Configure", request, context)

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Let it check the inputs, then the service itself."""
        if (beside := self._model(request.urn, request.news)) is not None:
            return beside.Check(request, context)
        with _Line(self, "check", request.urn) as line:
            answer: provider_pb2.CheckResponse = self._pass("Check", request, context)
            given, checked = plain(decode_mapping(request.news)), plain(decode_mapping(answer.inputs))
            if not answer.failures and not has_unknown(given):
                for refusal in self._around.refused(_token(request.urn), given, checked):
                    answer.failures.append(provider_pb2.CheckFailure(property=refusal.path, reason=refusal.reason))
            line.refused = bool(answer.failures)
            self._around.adapt(_token(request.urn), answer.inputs)
        return answer

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> Any:
        """Let it compare."""
        if (beside := self._model(request.urn, request.news)) is not None:
            if self._model(request.urn, request.olds) is not None:
                return beside.Diff(request, context)
            # What it was is the provider's, what it shall be the model's: they know nothing of each other.
            return _moved()
        if self._model(request.urn, request.olds) is not None:
            return _moved()
        with _Line(self, "diff", request.urn):
            return self._pass("Diff", request, context)

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> Any:
        """Let it make the resource."""
        if (beside := self._model(request.urn, request.properties)) is not None:
            return beside.Create(request, context)
        if not request.preview:
            self._around.prepare(_token(request.urn), plain(decode_mapping(request.properties)))
        with _Line(self, "dry-run" if request.preview else "create", request.urn):
            return self._pass("Create", request, context)

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> Any:
        """Let it read the resource."""
        if (beside := self._model(request.urn, request.properties)) is not None:
            return beside.Read(request, context)
        with _Line(self, "read", request.urn) as line:
            answer = self._pass("Read", request, context)
            line.more["gone"] = not answer.id
        return answer

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> Any:
        """Let it change the resource."""
        if (beside := self._model(request.urn, request.news)) is not None:
            return beside.Update(request, context)
        with _Line(self, "dry-run" if request.preview else "update", request.urn):
            return self._pass("Update", request, context)

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> Any:
        """Let it remove the resource."""
        if (beside := self._model(request.urn, request.properties)) is not None:
            return beside.Delete(request, context)
        with _Line(self, "delete", request.urn):
            return self._pass("Delete", request, context)

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> Any:
        """Let it answer."""
        with _Line(self, "invoke", "", request.tok):
            return self._pass("Invoke", request, context)

    def note(self, **line: Any) -> None:
        """Write what was done."""
        self._folder.note(package=self._package, proof="real", **line)

    def _model(self, urn: str, inputs: Any) -> Servicer | None:
        """Return the model where it has the resource of these inputs, a `Struct`."""
        if self._beside is None:
            return None
        return self._beside if self._around.beside(_token(urn), plain(decode_mapping(inputs))) else None

    def _pass(self, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return getattr(self._real, method)(request)
        except grpc.RpcError as error:
            # An object that was made and did not become ready is told in the details.
            context.set_trailing_metadata(error.trailing_metadata() or ())
            context.abort(error.code(), error.details())
            raise AssertionError("abort returned") from None


def _forwarding(method: str) -> Callable[[Passthrough, Any, grpc.ServicerContext], Any]:
    def forward(self: Passthrough, request: Any, context: grpc.ServicerContext) -> Any:
        return self._pass(method, request, context)

    return forward


for _name in _FORWARDED:
    setattr(Passthrough, _name, _forwarding(_name))


class _Line:
    """Times an operation and writes its line."""

    def __init__(self, passthrough: Passthrough, operation: str, urn: str, token: str = "") -> None:
        self._passthrough = passthrough
        self._what = {"token": token or _token(urn), "urn": urn, "operation": operation}
        self._started = time.perf_counter()
        self.refused = False
        self.more: dict[str, Any] = {}

    def __enter__(self) -> _Line:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        seconds = round(time.perf_counter() - self._started, 6)
        refused = {"refused": True} if self.refused or kind is not None else {}
        self._passthrough.note(**self._what, seconds=seconds, **self.more, **refused)


def _port(process: subprocess.Popen[bytes], package: str, log: Path) -> int:
    """Return the port that a provider tells on its stdout."""
    assert process.stdout is not None  # noqa: S101 - for the type checker
    late = threading.Timer(_START_SECONDS, process.kill)
    late.start()
    told = process.stdout.readline().strip()
    late.cancel()
    if not told.isdigit():
        process.kill()
        process.wait()
        raise stack_error(f"the provider {package} did not start; {log} says why")
    return int(told)


def _moved() -> provider_pb2.DiffResponse:
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME, diffs=["chart"], replaces=["chart"], deleteBeforeReplace=True
    )


def _token(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


__all__ = ["Passthrough", "Surroundings"]

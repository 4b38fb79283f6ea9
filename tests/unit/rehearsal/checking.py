"""Asks an emulated provider's servicer as the engine does, without an engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import grpc
from pulumi.runtime.proto import provider_pb2

from registry_components.rehearsal.emulator import FOLDER, Emulator
from registry_components.rehearsal.folder import Folder
from registry_components.rehearsal.servicer import Servicer
from registry_components.testing._wire import decode_mapping, encode_mapping


class Aborted(Exception):  # noqa: N818
    """What the provider answered instead of a result."""


class Context(grpc.ServicerContext):  # type: ignore[misc]
    """A call's context that raises what it is told to end with."""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise Aborted(details)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


for _name in list(Context.__abstractmethods__):
    if _name != "abort":
        setattr(Context, _name, lambda self, *arguments: None)
Context.__abstractmethods__ = frozenset()


def urn(token: str, name: str = "it") -> str:
    return f"urn:pulumi:test::test::{token}::{name}"


class Provider:
    """One emulated provider, configured."""

    def __init__(self, emulator: Emulator, folder: Path, **configuration: Any) -> None:
        self.folder = folder
        self.servicer = Servicer(emulator, Folder(folder), {FOLDER: str(folder)})
        self.context = Context()
        request = provider_pb2.ConfigureRequest(args=encode_mapping(configuration))
        self.servicer.Configure(request, self.context)

    def check(
        self, token: str, inputs: Mapping[str, Any], olds: Mapping[str, Any] | None = None, seed: bytes = b"seed"
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the checked inputs, and each failure as `path: reason`."""
        request = provider_pb2.CheckRequest(
            urn=urn(token), news=encode_mapping(inputs), olds=encode_mapping(olds or {}), randomSeed=seed
        )
        response = self.servicer.Check(request, self.context)
        failures = [f"{item.property}: {item.reason}" if item.property else item.reason for item in response.failures]
        return decode_mapping(response.inputs), failures

    def diff(self, token: str, old_inputs: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> Any:
        request = provider_pb2.DiffRequest(
            id="id",
            urn=urn(token),
            old_inputs=encode_mapping(old_inputs),
            olds=encode_mapping(old),
            news=encode_mapping(new),
        )
        return self.servicer.Diff(request, self.context)

    def create(self, token: str, inputs: Mapping[str, Any], *, preview: bool = False) -> tuple[str, dict[str, Any]]:
        request = provider_pb2.CreateRequest(urn=urn(token), properties=encode_mapping(inputs), preview=preview)
        response = self.servicer.Create(request, self.context)
        return response.id, decode_mapping(response.properties)

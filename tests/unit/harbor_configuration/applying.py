"""Applies a plan without an engine: the provider's part by its emulator, ours by our own resources' providers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from pydantic import SecretStr

from registry_components.core.clients import Clients
from registry_components.core.errors import StackError
from registry_components.harbor.configuration import client
from registry_components.harbor.configuration.args import HarborConfigurationArgs
from registry_components.harbor.configuration.own_settings import _ProjectProvider, _SystemProvider
from registry_components.harbor.configuration.plan import OWN, Child, Ref, children
from registry_components.harbor.configuration.preheat import _PolicyProvider
from registry_components.harbor.configuration.provider import HarborProvider
from registry_components.harbor.configuration.scanner import _ProjectScannerProvider, _ScannerProvider
from registry_components.rehearsal.differ import differences
from registry_components.rehearsal.emulator import FOLDER, ResourceType
from registry_components.rehearsal.emulators.bridged_sdk import camel
from registry_components.rehearsal.emulators.harbor_api import Api, connect
from registry_components.rehearsal.emulators.harbor_types import TYPES
from registry_components.rehearsal.harbor_model import HarborModel
from registry_components.rehearsal.schema_check import check_inputs
from tests.support.harbor_document import PATH, HarborDocument

PROVIDERS: Mapping[str, HarborProvider] = {
    "Scanner": _ScannerProvider(),
    "ProjectScanner": _ProjectScannerProvider(),
    "PreheatPolicy": _PolicyProvider(),
    "ProjectSettings": _ProjectProvider(),
    "SystemSettings": _SystemProvider(),
}
BY_CLASS: Mapping[str, ResourceType] = {type_.token.rpartition(":")[2]: type_ for type_ in TYPES}
DOCUMENT = HarborDocument() if PATH.is_file() else None


@contextmanager
def documented() -> Iterator[list[str]]:
    """Yield what was not as Harbor's document has it, of every call to the model until the block ends."""
    told: list[str] = []
    original = HarborModel.answer

    def answer(self: HarborModel, method: str, target: str, *rest: Any) -> Any:
        status, found, headers = original(self, method, target, *rest)
        if DOCUMENT is not None:
            told.extend(DOCUMENT.mistakes(method, target, rest[-1], status, found))
        return status, found, headers

    with mock.patch.object(HarborModel, "answer", answer):
        yield told


class Applied:
    """One Harbor in a folder, and what a plan makes of it."""

    def __init__(self, folder: Path, args: HarborConfigurationArgs) -> None:
        self._folder, self._args = folder, args
        password = args.password
        assert isinstance(password, SecretStr)
        assert isinstance(args.url, str)
        self._login = {"username": "admin", "password": password.get_secret_value()}
        self._url = args.url
        self.api: Api = connect({FOLDER: str(folder), "url": self._url, **self._login})
        self.made: dict[tuple[str, str], dict[str, Any]] = {}

    def apply(self) -> list[str]:
        """Make everything; return what the provider would refuse, and what a refresh would find different."""
        told: list[str] = []
        # Clients are kept by URL and login, which another Harbor of a test has as well.
        with mock.patch.dict(os.environ, {FOLDER: str(self._folder)}), mock.patch.object(client, "_clients", Clients()):
            for child in children(self._args):
                told += self._own(child) if child.kind in OWN else self._provided(child)
        return told

    def _provided(self, child: Child) -> list[str]:
        type_, inputs = BY_CLASS[child.kind], self._plain(child.inputs)
        inputs = {camel(key): value for key, value in inputs.items()}
        refused = [str(found) for found in check_inputs(type_.properties, inputs)]
        filled = {k: p.default for k, p in type_.properties.items() if p.default is not None and k not in inputs}
        whole = {**filled, **inputs}
        refused += [str(found) for found in type_.check(self.api, whole)]
        id_, outputs = type_.create(self.api, whole)
        self.made[child.id] = {**outputs, "id": id_}
        there = type_.read(self.api, id_, outputs)
        assert there is not None, child
        drift = differences(type_.properties, whole, there, whole)
        return [f"{child.id}: {text}" for text in [*refused, *map(str, drift)]]

    def _own(self, child: Child) -> list[str]:
        reached = {"harbor": {"url": self._url, "insecure": False}, "login": self._login}
        props = {**self._plain(child.inputs), **reached}
        provider = PROVIDERS[child.kind]
        made = provider.create(props)
        self.made[child.id] = {**(made.outs or {}), "id": made.id}
        there = provider.read(str(made.id), dict(made.outs or {}))
        if there.outs != made.outs:
            return [f"{child.id}: reads {there.outs}, made {made.outs}"]
        return [f"{child.id}: differs"] if provider.diff(str(made.id), made.outs or {}, props).changes else []

    def _plain(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return self.made[value.kind, value.suffix][camel(value.output)]
        if isinstance(value, SecretStr):
            return value.get_secret_value()
        if isinstance(value, dict):
            return {self._key(key): self._plain(item) for key, item in value.items()}
        return [self._nested(item) for item in value] if isinstance(value, list) else value

    def _nested(self, value: Any) -> Any:
        """Return an item of a list: the provider's objects have the wire's names."""
        if isinstance(value, dict):
            return {camel(key): self._plain(item) for key, item in value.items()}
        return self._plain(value)

    @staticmethod
    def _key(key: str) -> str:
        return {"from_date": "fromDate", "to_date": "toDate"}.get(key, key)


__all__ = ["Applied", "StackError", "documented"]

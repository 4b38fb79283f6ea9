"""Serves one emulator to the engine over gRPC, as the real provider would."""

# gRPC gives the methods their names and arguments.
# ruff: noqa: N802, ARG002

from __future__ import annotations

import hashlib
import json
import re
import secrets as random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from ..core.errors import StackError
from ..testing._wire import UNKNOWN, Secret, decode_mapping, encode_mapping
from .differ import Difference, differences
from .emulator import ALLOW_UNKNOWN, DEFAULTS, Emulator, Property, Refusal, ResourceType, Settings, has_unknown
from .folder import Folder
from .schema_check import check_inputs

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]

_KINDS = {
    "add": (provider_pb2.PropertyDiff.ADD, provider_pb2.PropertyDiff.ADD_REPLACE),
    "delete": (provider_pb2.PropertyDiff.DELETE, provider_pb2.PropertyDiff.DELETE_REPLACE),
    "update": (provider_pb2.PropertyDiff.UPDATE, provider_pb2.PropertyDiff.UPDATE_REPLACE),
}


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """One provider for one run of the engine."""

    def __init__(self, emulator: Emulator, folder: Folder, environment: Settings) -> None:
        self._emulator = emulator
        self._folder = folder
        self._environment = environment
        self._allow_unknown = environment.get(ALLOW_UNKNOWN, "") not in {"", "0", "false"}
        self._cloud: Any = None

    # --- the provider itself

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Say what this provider understands."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=False, accept_outputs=False)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Tell the version of the provider this one stands for."""
        return plugin_pb2.PluginInfo(version=self._emulator.version)

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Name the package, its version and its tokens, nothing more: the SDK has the schema."""
        emulator = self._emulator
        schema = {
            "name": emulator.package,
            "version": emulator.version,
            "resources": {token: {} for token in sorted(emulator.types)},
            "functions": {token: {} for token in sorted(emulator.functions)},
        }
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Take the configuration as it is."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Tell which keys of the configuration changed; none replaces what the provider made."""
        old, new = decode_mapping(request.old_inputs or request.olds), decode_mapping(request.news)
        changed = sorted(key for key in {*old, *new} - {"version"} if old.get(key) != new.get(key))
        return _diff_response([Difference(key, "update") for key in changed])

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Connect to the cloud."""
        configuration = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in plain(decode_mapping(request.args)).items()
            if value is not None and not has_unknown(value)
        }
        with self._errors(context):
            self._cloud = self._emulator.connect({**self._environment, **configuration})
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Every operation is short: there is nothing to cancel."""
        return empty_pb2.Empty()

    # --- resources

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Check the inputs and fill in what the provider fills in."""
        token, name = _token(request.urn), _name(request.urn)
        marked = decode_mapping(request.news)
        type_ = self._emulator.types.get(token)
        if type_ is None:
            if self._allow_unknown:
                return provider_pb2.CheckResponse(inputs=request.news)
            return provider_pb2.CheckResponse(
                failures=[provider_pb2.CheckFailure(property="", reason=self._not_emulated("resource type", token))]
            )
        with self._operation(context, "check", request.urn, type_) as line:
            marked = _as_text(type_, marked)
            inputs = plain(marked)
            refused = list(check_inputs(type_.properties, inputs))
            filled = self._filled(type_, name, request, inputs) if not refused else {}
            changed: dict[str, Any] = {}
            if not refused:
                whole = {**inputs, **filled}
                old = plain(decode_mapping(request.olds))
                changed = dict(type_.complete(self._cloud, name, request.randomSeed, old, whole))
                refused = list(type_.check(self._cloud, {**whole, **changed}))
            if refused:
                line["refused"] = True
        failures = [
            provider_pb2.CheckFailure(property=refusal.path, reason=refusal.reason)
            for refusal in sorted(refused, key=lambda refusal: refusal.path)
        ]
        inputs = {key: value for key, value in marked.items() if key != DEFAULTS and value is not None}
        if self._emulator.bridged:
            inputs = {
                **{key: _with_defaults(type_.properties.get(key), value) for key, value in inputs.items()},
                DEFAULTS: sorted(filled),
            }
        changed = {key: Secret(value) if _holds_secret(inputs.get(key)) else value for key, value in changed.items()}
        return provider_pb2.CheckResponse(inputs=encode_mapping({**inputs, **filled, **changed}), failures=failures)

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Tell what differs and whether that replaces the resource."""
        type_ = self._emulator.types.get(_token(request.urn))
        old_inputs, old = plain(decode_mapping(request.old_inputs)), plain(decode_mapping(request.olds))
        new = plain(decode_mapping(request.news))
        if type_ is None:
            changed = [key for key in {*old_inputs, *new} if key != DEFAULTS and old_inputs.get(key) != new.get(key)]
            return _diff_response([Difference(key, "update") for key in sorted(changed)])
        with self._operation(context, "diff", request.urn, type_):
            found = differences(type_.properties, old_inputs, old, new, type_.same)
            found = [item for item in found if not _ignored(item.path, request.ignoreChanges)]
        response = _diff_response(found)
        if response.replaces:
            key = type_.name_property
            kept = key is not None and new.get(key) == old.get(key)
            named = kept and not self._is_auto_named(type_, key or "", _name(request.urn), new)
            response.deleteBeforeReplace = named or type_.delete_before_replace or type_.keeps_name(old, new)
        return response

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Make it; in a preview say what is known already."""
        token, marked = _token(request.urn), decode_mapping(request.properties)
        marked.pop(DEFAULTS, None)
        inputs = plain(marked)
        type_ = self._emulator.types.get(token)
        if type_ is None:
            return self._create_skipped(request, marked, context)
        if request.preview:
            outputs = {**inputs, **{key: UNKNOWN for key in _filled_later(type_) if inputs.get(key) is None}}
            return provider_pb2.CreateResponse(properties=_marked(type_, outputs, marked))
        with self._operation(context, "create", request.urn, type_):
            id_, outputs = type_.create(self._cloud, _without_defaults(inputs))
        return provider_pb2.CreateResponse(id=id_, properties=_marked(type_, outputs, marked))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """Read it as it is now; an empty answer where it is gone."""
        type_ = self._emulator.types.get(_token(request.urn))
        old, marked = decode_mapping(request.properties), decode_mapping(request.inputs)
        if type_ is None:
            self._allowed(context, "resource type", _token(request.urn))
            return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
        with self._operation(context, "read", request.urn, type_) as line:
            before = plain(old)
            outputs = type_.read(self._cloud, request.id, before)
            line["gone"] = outputs is None
        if outputs is None:
            return provider_pb2.ReadResponse()
        for key, property_ in type_.properties.items():
            if property_.write_only and key in before:
                outputs.setdefault(key, before[key])
        inputs = self._read_inputs(type_, plain(marked), before, outputs)
        both = {**old, **marked}
        return provider_pb2.ReadResponse(
            id=request.id, properties=_marked(type_, outputs, both), inputs=_marked(type_, inputs, both)
        )

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Change it in place; in a preview say what is known already."""
        type_ = self._emulator.types.get(_token(request.urn))
        marked = decode_mapping(request.news)
        marked.pop(DEFAULTS, None)
        if type_ is None:
            self._allowed(context, "resource type", _token(request.urn))
            self._skipped("update", request.urn)
            return provider_pb2.UpdateResponse(properties=encode_mapping(marked))
        inputs, old = _without_defaults(plain(marked)), plain(decode_mapping(request.olds))
        if request.preview:
            kept = {key: value for key, value in old.items() if _is_filled(type_.properties.get(key))}
            return provider_pb2.UpdateResponse(properties=_marked(type_, {**kept, **inputs}, marked))
        with self._operation(context, "update", request.urn, type_):
            outputs = type_.update(self._cloud, request.id, old, inputs)
        return provider_pb2.UpdateResponse(properties=_marked(type_, outputs, marked))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> Any:
        """Remove it."""
        type_ = self._emulator.types.get(_token(request.urn))
        if type_ is None:
            self._allowed(context, "resource type", _token(request.urn))
            self._skipped("delete", request.urn)
            return empty_pb2.Empty()
        with self._operation(context, "delete", request.urn, type_):
            type_.delete(self._cloud, request.id, plain(decode_mapping(request.properties)))
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        """Call a function."""
        function = self._emulator.functions.get(request.tok)
        if function is None:
            context.abort(grpc.StatusCode.NOT_FOUND, self._not_emulated("function", request.tok, allowed=False))
            raise AssertionError
        arguments = {key: value for key, value in plain(decode_mapping(request.args)).items() if value is not None}
        refused = [] if function.inputs is None else list(check_inputs(function.inputs, arguments))
        result: dict[str, Any] = {}
        if not refused:
            with self._operation(context, "invoke", "", function):
                result = function.call(self._cloud, arguments)
        marked = {key: Secret(value) if key in function.secret else value for key, value in result.items()}
        failures = [provider_pb2.CheckFailure(property=refusal.path, reason=refusal.reason) for refusal in refused]
        return provider_pb2.InvokeResponse(**{"return": encode_mapping(marked)}, failures=failures)

    # --- details

    def _filled(
        self, type_: ResourceType, name: str, request: provider_pb2.CheckRequest, inputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what the provider adds to the inputs: a name, defaults, and what follows from other inputs."""
        filled = {
            key: property_.default
            for key, property_ in type_.properties.items()
            if property_.default is not None and inputs.get(key) is None
        }
        auto = type_.auto_name
        if auto is not None and all(inputs.get(key) is None for key in (auto.property, *auto.unless)):
            old = plain(decode_mapping(request.olds))
            filled[auto.property] = self._auto_name(type_, name, request.randomSeed, old)
        more = type_.defaults(self._cloud, {**inputs, **filled})
        return {**filled, **{key: value for key, value in more.items() if inputs.get(key) is None}}

    def _auto_name(self, type_: ResourceType, name: str, seed: bytes, old: Mapping[str, Any]) -> str:
        auto = type_.auto_name
        assert auto is not None  # noqa: S101 - for the type checker
        kept = old.get(auto.property)
        if isinstance(kept, str) and self._is_auto_named(type_, auto.property, name, old):
            return kept
        digest = hashlib.shake_256(seed or random.token_bytes(32)).digest(auto.random)
        suffix = "".join(auto.charset[byte % len(auto.charset)] for byte in digest)
        base = "".join(character for character in name if character not in auto.pattern_free)
        base = base.lower() if auto.lower else base
        if auto.max_length:
            base = base[: auto.max_length - auto.random - len(auto.separator)]
        prefix = "" if base.startswith(auto.prefix) else auto.prefix
        return f"{prefix}{base}{auto.separator}{suffix}"

    def _is_auto_named(self, type_: ResourceType, key: str, name: str, inputs: Mapping[str, Any]) -> bool:
        auto = type_.auto_name
        if auto is None or auto.property != key:
            return False
        if self._emulator.bridged:
            return key in (inputs.get(DEFAULTS) or ())
        ending = f"{re.escape(auto.separator)}[{re.escape(auto.charset)}]{{{auto.random}}}"
        return re.search(f"{ending}$", str(inputs.get(key))) is not None and str(inputs[key]).startswith(name[:1])

    def _read_inputs(
        self, type_: ResourceType, inputs: Mapping[str, Any], old: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the inputs that would make what was read: the known ones where they still mean the same."""
        if not inputs and not old:
            # An import: everything that can be given and is there.
            found = {
                key: outputs[key]
                for key, property_ in type_.properties.items()
                if not property_.output and outputs.get(key) not in (None, "", [], {}, False)
            }
            return {**found, DEFAULTS: []} if self._emulator.bridged else found
        drifted = {
            re.split(r"[.\[]", item.path)[0]
            for item in differences(type_.properties, inputs, outputs, inputs, type_.same)
        }
        result = {key: value for key, value in inputs.items() if key not in drifted}
        result |= {key: outputs[key] for key in drifted if outputs.get(key) is not None}
        return result

    def _create_skipped(
        self, request: provider_pb2.CreateRequest, marked: Mapping[str, Any], context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        self._allowed(context, "resource type", _token(request.urn))
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode_mapping(marked))
        self._skipped("create", request.urn)
        return provider_pb2.CreateResponse(id=f"skipped-{_name(request.urn)}", properties=encode_mapping(marked))

    def _not_emulated(self, what: str, token: str, *, allowed: bool = True) -> str:
        way_out = "; --allow-unknown records it as skipped" if allowed else ""
        return f"no emulator knows the {what} {token}{way_out}"

    def _allowed(self, context: grpc.ServicerContext, what: str, token: str) -> None:
        if not self._allow_unknown:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, self._not_emulated(what, token))

    def _skipped(self, operation: str, urn: str) -> None:
        self._note(operation, urn, _token(urn), "skipped", 0.0)

    def _note(self, operation: str, urn: str, token: str, proof: str, seconds: float, **more: Any) -> None:
        self._folder.note(
            package=self._emulator.package,
            token=token,
            urn=urn,
            operation=operation,
            proof=proof,
            seconds=round(seconds, 6),
            **more,
        )

    @contextmanager
    def _operation(
        self, context: grpc.ServicerContext, operation: str, urn: str, what: Any
    ) -> Iterator[dict[str, Any]]:
        """Time an operation, write its line, and turn what it raises into the engine's error."""
        more: dict[str, Any] = {}
        started = time.perf_counter()
        try:
            with self._errors(context):
                yield more
        except BaseException:
            more["refused"] = True
            raise
        finally:
            self._note(operation, urn, what.token, what.proof, time.perf_counter() - started, **more)

    @contextmanager
    def _errors(self, context: grpc.ServicerContext) -> Iterator[None]:
        try:
            yield
        except (Refusal, StackError) as error:
            _abort(context, str(error))
        except Exception as error:  # noqa: BLE001 - a fault of an emulator ends this operation, not the provider
            where = _where(error)
            _abort(context, f"the emulator of {self._emulator.package} failed: {type(error).__name__}: {error}{where}")


def _abort(context: grpc.ServicerContext, reason: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, reason)
    raise AssertionError("abort returned")


def _where(error: Exception) -> str:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return ""
    code = traceback.tb_frame.f_code
    return f" (in {code.co_name}, line {traceback.tb_lineno})"


def _token(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def plain(value: Any) -> Any:
    """Return a value without its secret marks."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _without_defaults(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_defaults(item) for key, item in value.items() if key != DEFAULTS}
    if isinstance(value, list):
        return [_without_defaults(item) for item in value]
    return value


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Secret):
        return True
    if isinstance(value, Mapping):
        return any(_holds_secret(item) for item in value.values())
    return isinstance(value, list) and any(_holds_secret(item) for item in value)


def _marked(type_: ResourceType, values: Mapping[str, Any], known: Mapping[str, Any]) -> Struct:
    """Return values for the wire, secret where their property is or where the property of `known` holds a secret."""
    marked: dict[str, Any] = {}
    for key, value in values.items():
        property_ = type_.properties.get(key)
        secret = (property_ is not None and property_.secret) or _holds_secret(known.get(key))
        marked[key] = Secret(value) if secret and value is not None else value
    return encode_mapping(marked)


def _with_defaults(property_: Property | None, value: Any) -> Any:
    """Return an input as a bridged provider keeps it: each object lists what was filled in (nothing, here)."""
    if property_ is None:
        return value
    if isinstance(value, Secret):
        return Secret(_with_defaults(property_, value.value))
    if property_.type == "object" and property_.properties is not None and isinstance(value, Mapping):
        members = {key: _with_defaults(property_.properties.get(key), item) for key, item in value.items()}
        return {DEFAULTS: [], **members}
    if property_.type == "array" and isinstance(value, list):
        return [_with_defaults(property_.items, item) for item in value]
    return value


def _as_text(type_: ResourceType, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs with each document that was given as an object turned into JSON text."""
    return {
        key: _document(value) if (found := type_.properties.get(key)) is not None and found.json else value
        for key, value in inputs.items()
    }


def _document(value: Any) -> Any:
    if isinstance(value, Secret):
        return Secret(_document(value.value))
    if not isinstance(value, Mapping | list):
        return value
    if has_unknown(value):
        return UNKNOWN
    text = json.dumps(_without_defaults(plain(value)), separators=(",", ":"))
    return Secret(text) if _holds_secret(value) else text


def _is_filled(property_: Property | None) -> bool:
    return property_ is None or property_.output or property_.computed


def _filled_later(type_: ResourceType) -> list[str]:
    return [key for key, property_ in type_.properties.items() if property_.output or property_.computed]


def _ignored(path: str, ignored: Any) -> bool:
    return any(path == item or path.startswith((f"{item}.", f"{item}[")) for item in ignored)


def _diff_response(found: list[Difference]) -> provider_pb2.DiffResponse:
    tops = list(dict.fromkeys(re.split(r"[.\[]", item.path)[0] for item in found))
    replacing = list(dict.fromkeys(re.split(r"[.\[]", item.path)[0] for item in found if item.replaces))
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=tops,
        replaces=replacing,
        hasDetailedDiff=True,
        detailedDiff={item.path: provider_pb2.PropertyDiff(kind=_KINDS[item.kind][item.replaces]) for item in found},
    )


__all__ = ["Servicer", "plain"]

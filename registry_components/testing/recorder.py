"""Runs a program against a recording engine: no provider, no network, every registration seen whole."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

import pulumi
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi._utils import ContextProperty
from pulumi.runtime.mocks import MockCallArgs, MockEngine, MockMonitor, MockResourceArgs, Mocks, MockSettings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import ROOT, SETTINGS, Settings, configure
from pulumi.runtime.stack import run_in_stack

from registry_components.core.errors import stack_error

from ._wire import Secret, decode_mapping, encode_mapping
from .recorded import STACK_TYPE, Invoked, Recorded, Recording, urn_of

P = ParamSpec("P")
T = TypeVar("T")

Answer = Mapping[str, Any] | Callable[[Recorded], Mapping[str, Any]]
"""A resource's outputs, or what computes them from the registration; they are laid over the inputs."""

Outputs = Mapping[str, Answer] | Callable[[Recorded], Mapping[str, Any] | None]
"""Answers by type token, or one function for all resources that returns None for those it leaves alone."""

Invokes = Mapping[str, Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]]
"""Results of provider functions by token, plain or computed from the arguments."""


class _NoMocks(Mocks):
    """Never asked: the monitor answers itself."""

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise NotImplementedError(args.typ)


class RecordingMonitor(MockMonitor):
    """A monitor that keeps every registration; also fit for `pulumi.runtime.set_mocks(mocks, monitor=...)`.

    A resource's outputs are its inputs with `outputs` laid over them; its id is `id` of `outputs`, else its name
    (empty in a preview, where the engine does not know it either).
    """

    def __init__(
        self,
        *,
        outputs: Outputs | None = None,
        invokes: Invokes | None = None,
        project: str = "project",
        stack: str = "stack",
        preview: bool = False,
    ) -> None:
        super().__init__(_NoMocks())
        self.project = project
        self.stack = stack
        self._outputs: Outputs = outputs if outputs is not None else {}
        self._invokes: Invokes = invokes if invokes is not None else {}
        self._preview = preview
        self._recorded: dict[str, Recorded] = {}
        self._exports: Mapping[str, Any] = {}
        self._invoked: list[Invoked] = []
        self._clock = 0
        # `pulumi.runtime.test` calls the monitor from several threads.
        self._lock = threading.RLock()

    def recording(self, messages: list[str] | None = None) -> Recording:
        """Return what was registered until now."""
        with self._lock:
            return Recording(
                project=self.project,
                stack=self.stack,
                resources=list(self._recorded.values()),
                exports=dict(self._exports),
                invokes=list(self._invoked),
                messages=list(messages or []),
            )

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Return the URN as the real engine makes it."""
        return urn_of(self.project, self.stack, parent, type_, name)

    def RegisterResource(  # noqa: N802 - the protocol's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=self.make_urn("", STACK_TYPE, request.name))
        recorded = _registered(request, self.make_urn(request.parent, request.type, request.name))
        recorded.aliases = tuple(self._alias(alias, recorded) for alias in request.aliases) + tuple(request.aliasURNs)
        self._keep(recorded)
        return resource_pb2.RegisterResourceResponse(
            urn=recorded.urn, id=recorded.id, object=encode_mapping(recorded.outputs)
        )

    def ReadResource(  # noqa: N802
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        recorded = Recorded(
            type=request.type,
            name=request.name,
            urn=self.make_urn(request.parent, request.type, request.name),
            parent=request.parent,
            custom=True,
            inputs=decode_mapping(request.properties),
            id=request.id,
            provider=request.provider,
            dependencies=tuple(request.dependencies),
            additional_secret_outputs=tuple(request.additionalSecretOutputs),
            version=request.version,
            read=True,
        )
        self._keep(recorded)
        return resource_pb2.ReadResourceResponse(urn=recorded.urn, properties=encode_mapping(recorded.outputs))

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        outputs = decode_mapping(request.outputs)
        with self._lock:
            if request.urn == self.make_urn("", STACK_TYPE, f"{self.project}-{self.stack}"):
                self._exports = outputs
            else:
                recorded = self._recorded[request.urn]
                if recorded.registered_outputs is not None:
                    raise stack_error(f"{recorded.key} registers its outputs twice; publish them once, at the end")
                recorded.registered_outputs, recorded.outputs_order = outputs, self._tick()
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        arguments = decode_mapping(request.args)
        if request.tok == "pulumi:pulumi:getResource":
            known = self._recorded[str(arguments["urn"])]
            found: Mapping[str, Any] = {"urn": known.urn, "id": known.id, "state": dict(known.outputs)}
        else:
            with self._lock:
                self._invoked.append(Invoked(token=request.tok, arguments=arguments, provider=request.provider))
            if request.tok not in self._invokes:
                raise stack_error(
                    f"the program calls {request.tok}, which the recorder has no answer for; "
                    f"give one: invokes={{{request.tok!r}: {{...}}}}"
                )
            answer = self._invokes[request.tok]
            found = answer(arguments) if callable(answer) else answer
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(encode_mapping(found))
        return response

    def _tick(self) -> int:
        self._clock += 1
        return self._clock

    def _keep(self, recorded: Recorded) -> None:
        with self._lock:
            if recorded.urn in self._recorded:
                raise stack_error(
                    f"{recorded.key} is registered twice under {recorded.parent_key or 'the stack'}; the engine "
                    "refuses a second resource with the same URN, so give one of them another name"
                )
            recorded.order = self._tick()
            self._recorded[recorded.urn] = recorded
        if recorded.custom or recorded.remote:
            self._answer(recorded)
        self.resources[recorded.urn] = MockMonitor.ResourceRegistration(
            recorded.urn, recorded.id, dict(recorded.outputs)
        )

    def _answer(self, recorded: Recorded) -> None:
        outputs = dict(recorded.inputs)
        answer = self._outputs if callable(self._outputs) else self._outputs.get(recorded.type)
        given = answer(recorded) if callable(answer) else answer
        outputs.update(given or {})
        chosen = outputs.pop("id", None) if given and "id" in given else None
        if recorded.custom and not recorded.read and not self._preview:
            recorded.id = recorded.import_id or recorded.name if chosen is None else str(chosen)
        for name in recorded.additional_secret_outputs:
            if name in outputs and not isinstance(outputs[name], Secret):
                outputs[name] = Secret(outputs[name])
        recorded.outputs = outputs

    def _alias(self, alias: Any, recorded: Recorded) -> str:
        if alias.WhichOneof("alias") == "urn":
            return str(alias.urn)
        spec = alias.spec
        parent = "" if spec.noParent else spec.parentUrn or recorded.parent
        return urn_of(
            spec.project or self.project,
            spec.stack or self.stack,
            parent,
            spec.type or recorded.type,
            spec.name or recorded.name,
        )


def _registered(request: resource_pb2.RegisterResourceRequest, urn: str) -> Recorded:
    return Recorded(
        type=request.type,
        name=request.name,
        urn=urn,
        parent=request.parent,
        custom=request.custom,
        inputs=decode_mapping(request.object),
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        provider=request.provider,
        providers=dict(request.providers),
        dependencies=tuple(sorted(request.dependencies)),
        property_dependencies={k: tuple(sorted(v.urns)) for k, v in request.propertyDependencies.items()},
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        import_id=request.importId,
        deleted_with=request.deletedWith,
        version=request.version,
        remote=request.remote,
    )


class _Inline(ThreadPoolExecutor):
    """Does the work at once in the calling thread: the order of a recording does not depend on threads."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the result
            future.set_exception(error)
        return future


class _Messages(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno > logging.DEBUG:
            self.texts.append(f"{record.levelname.lower()}: {record.getMessage()}")


def record(
    program: Callable[[], Any],
    *,
    outputs: Outputs | None = None,
    invokes: Invokes | None = None,
    config: Mapping[str, str] | None = None,
    secret_config: Mapping[str, str] | None = None,
    project: str = "project",
    stack: str = "stack",
    preview: bool = False,
    timeout: float = 60.0,
) -> Recording:
    """Run a Pulumi program to its end and return what it registered.

    Each run has settings, configuration and event loop of its own: what ran before has no influence. `config` keys
    stand under `project` unless they name a namespace (`aws:region`); `secret_config` keys are secrets. Raises what
    the program raises, `StackError` where the recorder has no answer or a URN is used twice, and `TimeoutError`
    after `timeout` seconds.
    """
    monitor = RecordingMonitor(outputs=outputs, invokes=invokes, project=project, stack=stack, preview=preview)
    messages = _Messages()
    logger = logging.Logger(f"{project}.{stack}")
    logger.addHandler(messages)
    secret = {_config_key(project, key): value for key, value in (secret_config or {}).items()}
    plain = {_config_key(project, key): value for key, value in (config or {}).items()}
    loop = asyncio.new_event_loop()
    failure: list[BaseException] = []

    def run() -> None:
        ROOT.set(None)
        # Making the object sets the values in the context at hand, so it is made in the copied one.
        features = monitor.GetDeploymentInfo(empty_pb2.Empty())  # type: ignore[no-untyped-call]
        settings = MockSettings(  # type: ignore[no-untyped-call]
            monitor=monitor,
            monitor_features=set(features.supportedFeatures),
            engine=MockEngine(logger),
            project=project,
            stack=stack,
            dry_run=preview,
            organization="organization",
            callbacks=None,
            outputs=set(),
            lock=threading.Lock(),
            package_refs={},
            base_providers_by_ref={},
        )
        configure(settings)
        pulumi.runtime.set_all_config({**plain, **secret}, list(secret))
        try:
            _run(loop, program)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failure.append(error)

    defaults = contextvars.Context().run(_default_settings)
    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name="recorded-program", daemon=True)
    thread.start()
    thread.join(timeout)
    contextvars.Context().run(_restore_settings, defaults)
    if thread.is_alive():
        loop.call_soon_threadsafe(loop.stop)
        thread.join(1)
        seen = ", ".join(monitor.recording().resources) or "nothing"
        raise TimeoutError(
            f"the program did not end within {timeout:g} s; it waits for something that never comes, such as an "
            f"output that is never resolved. Registered until then: {seen}"
        )
    if failure:
        raise failure[0]
    return monitor.recording(messages.texts)


def _default_settings() -> dict[str, Any]:
    """Return Pulumi's settings for contexts that never set any; to be called in such a context.

    A setting that is made in such a context becomes the default of the whole process (SDK 3.272), so a recording
    would be seen by whatever runs next.
    """
    return {
        name: item.fget()  # type: ignore[no-untyped-call]
        for name, item in vars(Settings).items()
        if isinstance(item, ContextProperty)
    }


def _restore_settings(defaults: Mapping[str, Any]) -> None:
    for name, value in defaults.items():
        setattr(SETTINGS, name, value)


def _config_key(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _run(loop: asyncio.AbstractEventLoop, program: Callable[[], Any]) -> None:
    asyncio.set_event_loop(loop)
    loop.set_default_executor(_Inline(max_workers=1))
    # A task that fails is reported by `run_in_stack`; asyncio would tell it once more on stderr.
    loop.set_exception_handler(lambda *_: None)
    try:
        loop.run_until_complete(run_in_stack(program))
    finally:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        for task in pending:
            with suppress(BaseException):
                loop.run_until_complete(task)
        loop.close()
        asyncio.set_event_loop(None)

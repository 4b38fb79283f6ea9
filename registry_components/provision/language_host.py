"""A Pulumi language host for Python programs, for machines without the official bundle's.

The engine starts it as `pulumi-language-python ENGINE_ADDRESS`, reads a port from its first line of output and calls
it over gRPC. A copy of this file stands in the tool cache beside `watch_parent.py` and the SDK's program runner; it
imports nothing else of this library.

Arguments: the engine's process id, the version it stands for, then what the engine passes.
"""

# gRPC gives the methods their names and arguments.
# ruff: noqa: N802, ARG002

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any

# The engine interrupts its plugins when it is done, perhaps while they still import: that is no error. A SimpleQueue,
# because an Event's lock is held now and then by the very thread that the handler interrupts.
_done: queue.SimpleQueue[None] = queue.SimpleQueue()
if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: _done.put(None))
    signal.signal(signal.SIGTERM, lambda *_: _done.put(None))

import grpc  # noqa: E402
from pulumi.runtime.proto import (  # noqa: E402
    engine_pb2,
    engine_pb2_grpc,
    language_pb2,
    language_pb2_grpc,
    plugin_pb2,
)

if TYPE_CHECKING:
    from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]

_HERE = Path(__file__).resolve().parent
_RUNNER = _HERE / "pulumi-language-python-exec"
_WATCHED = _HERE / "watch_parent.py"
# With this code the runner says that it has told the user what went wrong.
_TOLD = 32
_MESSAGE_BYTES = 400 * 1024 * 1024

_PACKAGES = """
import importlib.metadata as m, json, re, sys
def plain(name): return re.sub("[-_.]+", "-", name).lower()
found = {plain(d.metadata["Name"]): d for d in m.distributions() if d.metadata["Name"]}
needed = {plain(re.match("[A-Za-z0-9._-]+", r).group()) for d in found.values() for r in d.requires or [] if "extra ==" not in r}
print(json.dumps([[n, d.version] for n, d in sorted(found.items()) if len(sys.argv) > 1 or n not in needed]))
"""  # noqa: E501


class UsageError(Exception):
    """Something that the project's owner can put right; its text is the whole message."""


def interpreter(root: Path, program: Path, options: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the project's Python and the environment it runs in.

    `options` are the runtime options of Pulumi.yaml: `virtualenv` is relative to the project's root. Without it the
    toolchain's environment counts, then PULUMI_PYTHON_CMD, then python3 and python on PATH, then this interpreter.
    Raises `UsageError` where the environment that is named is not there.
    """
    environ = dict(os.environ)
    folder = _environment_folder(root, program, options)
    if folder is None:
        command = environ.get("PULUMI_PYTHON_CMD")
        if command and shutil.which(command) is None:
            raise UsageError(f"PULUMI_PYTHON_CMD names {command!r}, which is not on PATH")
        candidates = [command] if command else ["python3", "python"]
        return next((path for name in candidates if (path := shutil.which(name))), sys.executable), environ
    python = folder / "bin" / "python"
    if not python.is_file():
        raise UsageError(
            f"the option 'virtualenv' in Pulumi.yaml names {folder}, which "
            f"{'holds no Python' if folder.is_dir() else 'does not exist'}; make it with\n"
            f"  python3 -m venv '{folder}' && '{python}' -m pip install -r requirements.txt"
        )
    environ["PATH"] = os.pathsep.join([str(folder / "bin"), environ.get("PATH", os.defpath)])
    environ["VIRTUAL_ENV"] = str(folder)
    environ.pop("PYTHONHOME", None)
    return str(python), environ


def _environment_folder(root: Path, program: Path, options: Mapping[str, Any]) -> Path | None:
    named = options.get("virtualenv")
    if named:
        return root / str(named)
    toolchain = options.get("toolchain")
    above = [program, *program.parents]
    if toolchain == "uv" or (not toolchain and any((folder / "uv.lock").is_file() for folder in above)):
        locked = next((folder for folder in above if (folder / "uv.lock").is_file()), root)
        return locked / ".venv"
    if toolchain == "poetry" or (not toolchain and any((folder / "poetry.lock").is_file() for folder in above)):
        told = subprocess.run(
            ["poetry", "env", "info", "--path"], cwd=program, capture_output=True, text=True, check=False
        )
        if told.returncode or not told.stdout.strip():
            raise UsageError("poetry has no environment for this project; run `poetry install`")
        return Path(told.stdout.strip())
    return None


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Serves one engine."""

    def __init__(self, engine: str, version: str) -> None:
        self._engine = engine
        self._version = version
        self._programs: set[subprocess.Popen[bytes]] = set()

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Take the engine's address, which counts more than the one on the command line."""
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Tell the version this host stands for."""
        return plugin_pb2.PluginInfo(version=self._version)

    def GetRequiredPlugins(
        self, request: language_pb2.GetRequiredPluginsRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        """Name none: the engine gets each plugin when the program first uses it."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """Name none: the engine gets each plugin when the program first uses it."""
        return language_pb2.GetRequiredPackagesResponse()

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        """Tell the project's interpreter and its version."""
        told = self._ask(request.info, context, "import sys; print(sys.executable, *sys.version_info[:3], sep='\\n')")
        executable, *version = told.splitlines()
        return language_pb2.AboutResponse(
            executable=executable, version=".".join(version), metadata={"host": "registry-components"}
        )

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """Tell what is installed in the project's environment: all of it, or what nothing else there needs."""
        every = ["all"] if request.transitiveDependencies else []
        found = json.loads(self._ask(request.info, context, _PACKAGES, *every))
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=version) for name, version in found]
        )

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Refuse, and say what to do: a project's packages are installed by its owner, from a lock file."""
        folder = _text(request.info.options.fields, "virtualenv") or ".venv"
        context.abort(
            grpc.StatusCode.FAILED_PRECONDITION,
            "this language host installs no packages; run\n"
            f"  python3 -m venv {folder} && {folder}/bin/python -m pip install -r requirements.txt\n"
            f"in {request.info.root_directory or request.directory}",
        )
        yield language_pb2.InstallDependenciesResponse()

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Refuse: component plugins and policy packs need the official host."""
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            "this language host runs no plugins or policy packs written in Python; install the official Pulumi bundle",
        )
        yield language_pb2.RunPluginResponse()

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        """Run the program to its end; its output goes to the engine through this process's own."""
        try:
            python, environ = self._interpreter(request.info)
        except UsageError as error:
            self._tell(str(error))
            return language_pb2.RunResponse(bail=True)
        environ["PULUMI_CONFIG"] = json.dumps(dict(request.config))
        environ["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(request.configSecretKeys))
        process = subprocess.Popen(
            [python, "-u", str(_WATCHED), str(os.getpid()), str(_RUNNER), *self._arguments(request)],
            cwd=request.pwd or None,
            env=environ,
            stdin=subprocess.DEVNULL,
        )
        self._programs.add(process)
        # The engine drops the call when the user cancels; the program must not go on without it.
        context.add_callback(lambda: _end(process))
        code = process.wait()
        self._programs.discard(process)
        return _response(code)

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        """End what runs."""
        self.stop()
        return type(request)()

    def stop(self) -> None:
        """End the programs that still run."""
        for process in list(self._programs):
            _end(process)

    def _tell(self, error: str) -> None:
        # The engine calls an error in the response unhandled; one that is logged stands by itself.
        with grpc.insecure_channel(self._engine) as channel:
            engine_pb2_grpc.EngineStub(channel).Log(engine_pb2.LogRequest(severity=engine_pb2.ERROR, message=error))

    def _arguments(self, request: language_pb2.RunRequest) -> list[str]:
        settings = {
            "monitor": request.monitor_address,
            "engine": self._engine,
            "project": request.project,
            "root_directory": request.info.root_directory,
            "stack": request.stack,
            "pwd": request.info.program_directory or request.pwd,
            "dry_run": "true" if request.dryRun else "false",
            "parallel": str(request.parallel),
            "organization": request.organization,
        }
        flags = [part for name, value in settings.items() if value for part in (f"--{name}", value)]
        return [*flags, request.info.entry_point or request.program or ".", *request.args]

    @staticmethod
    def _interpreter(info: language_pb2.ProgramInfo) -> tuple[str, dict[str, str]]:
        fields = info.options.fields
        options = {name: _text(fields, name) for name in ("virtualenv", "toolchain")}
        return interpreter(Path(info.root_directory or "."), Path(info.program_directory or "."), options)

    def _ask(self, info: language_pb2.ProgramInfo, context: grpc.ServicerContext, code: str, *arguments: str) -> str:
        try:
            python, environ = self._interpreter(info)
        except UsageError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        told = subprocess.run(
            [python, "-c", code, *arguments], env=environ, capture_output=True, text=True, check=False
        )
        if told.returncode:
            context.abort(grpc.StatusCode.INTERNAL, f"{python} failed: {told.stderr.strip()}")
        return told.stdout


def _text(fields: Mapping[str, Any], name: str) -> str:
    return str(fields[name].string_value) if name in fields else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def _response(code: int) -> language_pb2.RunResponse:
    if code == 0:
        return language_pb2.RunResponse()
    if code == _TOLD:
        return language_pb2.RunResponse(bail=True)
    if code < 0:
        return language_pb2.RunResponse(error=f"the program was ended by signal {signal.Signals(-code).name}")
    return language_pb2.RunResponse(error=f"the program ended with exit code {code}")


def serve(engine_pid: int, version: str, engine: str) -> None:
    """Serve until the engine interrupts or dies."""

    def watch() -> None:
        while os.getppid() == engine_pid:
            time.sleep(0.2)
        host.stop()
        os.kill(os.getpid(), signal.SIGKILL)

    host = LanguageHost(engine, version)
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=8),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
        ],
    )
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    threading.Thread(target=watch, name="watch-engine", daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    _done.get()
    host.stop()
    server.stop(0)
    sys.stdout.flush()
    os._exit(0)


def main() -> None:
    """Take the arguments apart and serve."""
    engine_pid, version, *rest = sys.argv[1:]
    if rest == ["--version"]:
        sys.stdout.write(f"{version}\n")
        return
    # The engine may put flags before its address, which comes last.
    addresses = [argument for argument in rest if not argument.startswith("-")]
    serve(int(engine_pid), version, addresses[-1] if addresses else "")


if __name__ == "__main__":
    main()

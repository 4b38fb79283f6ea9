"""The Pulumi project to rehearse: which one, which of its stacks, and its settings without anybody's secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from ..core.errors import StackError

_DEFAULT_STACK: Final = "dev"


class Misuse(StackError):  # noqa: N818 - named after what it is
    """The command was not free what it needs: nothing ran. The text is the whole message."""


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project folder as it was found. Nothing in it is ever changed."""

    root: Path
    settings: Mapping[str, Any]
    """What `Pulumi.yaml` says."""
    stack: str
    config_file: Path | None
    """The stack's settings; None where there is no such file and the defaults of `Pulumi.yaml` hold."""

    @property
    def name(self) -> str:
        """The project's name."""
        return str(self.settings["name"])

    @property
    def config_folder(self) -> Path:
        """Where the project keeps `Pulumi.<stack>.yaml`, relative to its root."""
        return Path(str(self.settings.get("stackConfigDir") or "."))


def find_project(stack: str | None, program: Path | None, config_file: Path | None) -> Project:
    """Return the project in `program`, or at or above the current folder, and which of its stacks is meant.

    Without `stack`, it is the only one that has a `Pulumi.<stack>.yaml`, or `dev` where there is none. Raises `Misuse`
    where there is no project, no such stack, or one that is not written in Python.
    """
    root, settings = _read(program)
    runtime = settings.get("runtime")
    language = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if language != "python":
        raise Misuse(f"{root / 'Pulumi.yaml'}: runtime is {language!r}; programs in Python can be rehearsed")
    project = Project(root=root, settings=settings, stack=stack or "", config_file=None)
    known = known_stacks(project)
    main = root / str(settings.get("main") or ".")
    # In a checkout of this kind a stack is a module beside `__main__.py`.
    free = config_file is not None or (stack is not None and main != root and (main / f"{stack}.py").is_file())
    chosen = _chosen(stack, known, free=free)
    found = root / project.config_folder / f"Pulumi.{chosen}.yaml"
    if config_file is not None:
        if not config_file.is_file():
            raise Misuse(f"--config-file {config_file}: there is no such file")
        found = config_file
    return Project(root=root, settings=settings, stack=chosen, config_file=found if found.is_file() else None)


def _read(program: Path | None) -> tuple[Path, dict[str, Any]]:
    start = (program or Path.cwd()).resolve()
    candidates = (start,) if program is not None else (start, *start.parents)
    root = next((folder for folder in candidates if (folder / "Pulumi.yaml").is_file()), None)
    if root is None and program is not None:
        raise Misuse(f"--program {program}: has no Pulumi.yaml; give the folder of a Pulumi project")
    if root is None:
        raise Misuse(f"no Pulumi.yaml in {start} or above it; run this inside a project, or name one with --program")
    file = root / "Pulumi.yaml"
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misuse(f"{file}: is not YAML ({_problem(error)})") from None
    if not isinstance(settings, dict) or not settings.get("name") or not settings.get("runtime"):
        raise Misuse(f"{file}: is not a Pulumi project file; it needs name and runtime")
    return root, settings


def _problem(error: yaml.YAMLError | UnicodeDecodeError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return str(error).splitlines()[0]


def known_stacks(project: Project) -> list[str]:
    """Return the stacks that the project has settings for."""
    files = (project.root / project.config_folder).glob("Pulumi.?*.yaml")
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in files)


def _chosen(stack: str | None, known: Sequence[str], *, free: bool) -> str:
    if stack is None:
        if len(known) > 1 and not free:
            raise Misuse(f"which stack? Name one of {', '.join(known)}")
        return known[0] if len(known) == 1 else _DEFAULT_STACK
    if "/" in stack or not stack or stack.startswith("-"):
        raise Misuse(f"stack {stack!r}: give the stack's own name, without organization and project")
    if known and stack not in known and not free:
        raise Misuse(f"stack {stack!r} is not known; known stacks: {', '.join(known)}")
    return stack


def stand_in(text: str) -> str:
    """Return what a secret setting has in a rehearsal, by its key: nobody's own value is read."""
    return f"rehearsed-{text.rpartition(':')[2]}"


def plain_settings(project: Project) -> tuple[dict[str, Any], list[str]]:
    """Return what a stack's file says with each encrypted value replaced, and the keys of those.

    Raises `Misuse` where the file cannot be read.
    """
    if project.config_file is None:
        return {}, []
    try:
        found = yaml.safe_load(project.config_file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misuse(f"{project.config_file}: is not YAML ({_problem(error)})") from None
    config = found.get("config") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(config, dict | None):
        raise Misuse(f"{project.config_file}: is not a stack's settings file; it has `config:` with keys and values")
    replaced: list[str] = []
    plain = {key: _without_secrets(str(key), value, replaced) for key, value in (config or {}).items()}
    return plain, sorted(set(replaced))


def _without_secrets(key: str, value: Any, replaced: list[str]) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            replaced.append(key)
            return stand_in(key)
        return {name: _without_secrets(key, item, replaced) for name, item in value.items()}
    return [_without_secrets(key, item, replaced) for item in value] if isinstance(value, list) else value


__all__ = ["Misuse", "Project", "find_project", "known_stacks", "plain_settings", "stand_in"]

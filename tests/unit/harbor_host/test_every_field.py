"""Unit proof: no field of a Harbor on one machine is ignored: some sample says each, and is another without it."""

from __future__ import annotations

import copy
import functools
from typing import Any

import pytest

from registry_components.core.errors import StackError
from registry_components.harbor.host import HarborHostArgs, compose, configs
from registry_components.harbor.host.args import ComposeFolder, image, runs, url
from registry_components.harbor.host.known import Made, Yaml
from tests.unit.harbor.test_every_field import Field, owner, reachable, said, without
from tests.unit.harbor_host.everything import EVERYTHING, IN_COMPOSE

pytestmark = pytest.mark.unit

# What texts do not show, as it is the containers' own or decides what is made: tests/recorded/test_harbor_host.py.
ELSEWHERE = {
    ("DockerHost", "docker_host"),
    ("DockerHost", "health_interval_seconds"),
    ("DockerHost", "start_timeout_seconds"),
    ("GeneratedHostInternalTls", "validity_hours"),
    ("GeneratedHostTls", "validity_hours"),
    ("HarborHostArgs", "admin_password"),
    ("InternalHostDatabase", "password"),
    ("HarborHostArgs", "deletion"),
    ("HarborHostArgs", "empty_on_delete"),
    ("HarborHostArgs", "secrets_generation"),
}
SAMPLES = [*EVERYTHING.values(), *IN_COMPOSE.values()]
MADE = Made("admin", "database", internal={"core": {"tls.crt": "c", "tls.key": "k", "ca.crt": "a"}})


def outcome(settings: dict[str, Any]) -> str | None:
    """Return all that is rendered for some settings; None where they are not valid."""
    try:
        args = HarborHostArgs.parse(settings)
    except StackError:
        return None
    texts: list[Any] = [url(args), [image(args, service) for service in runs(args)]]
    if isinstance(args.apply, ComposeFolder):
        texts.append(compose.files(args, MADE))
    else:
        texts += [(configs.environment(args, MADE, name), configs.files(args, MADE, name)) for name in runs(args)]
    return shown(texts)


def shown(value: Any) -> str:
    match value:
        case dict():
            return str([(key, shown(item)) for key, item in value.items()])
        case list() | tuple():
            return str([shown(item) for item in value])
        case compose.File() | Yaml():
            return shown(list(vars(value).values()))
    secret = getattr(value, "get_secret_value", None)
    return str(vars(value)) if hasattr(value, "parts") else str(secret() if secret else value)


@functools.cache
def effects() -> dict[Field, bool]:
    """Return the fields that samples say, and whether some sample is another without it."""
    found: dict[Field, bool] = {}
    for settings in SAMPLES:
        whole = outcome(settings)
        assert whole is not None
        for field, path in said(HarborHostArgs.parse(settings)):
            found[field] = found.get(field, False) or outcome(without(settings, path)) != whole
    return found


def test_some_sample_says_each_field() -> None:
    models = reachable(HarborHostArgs, set())
    everything = {(owner(model, name), name) for model in models for name in model.model_fields}
    assert sorted(everything - effects().keys() - ELSEWHERE) == []


def test_each_field_means_something() -> None:
    models = {model.__name__ for model in reachable(HarborHostArgs, set())}
    assert sorted(field for field, means in effects().items() if not means and field[0] in models) == sorted(
        ELSEWHERE & effects().keys()
    )


@pytest.mark.parametrize("number", range(len(SAMPLES)))
def test_two_renders_are_equal(number: int) -> None:
    settings = SAMPLES[number]
    assert outcome(settings) == outcome(dict(reversed(copy.deepcopy(settings).items())))

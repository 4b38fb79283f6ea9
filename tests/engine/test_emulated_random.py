"""The emulated `random` provider on the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_random as random
import pytest

from registry_components.rehearsal import read_checks, rehearsal
from registry_components.testing import Engine, EngineFailed, Secret

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

PASSWORD = "random:index/randomPassword:RandomPassword"


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[dict[str, str]]:
    with rehearsal(tmp_path / "clouds") as environment:
        yield environment


def program(keeper: str, length: int = 24) -> Callable[[], None]:
    def make() -> None:
        password = random.RandomPassword("admin", length=length, min_numeric=3, keepers={"for": keeper})
        text = random.RandomString("text", length=12, special=False, upper=False)
        id_ = random.RandomId("id", byte_length=4, prefix="app-", keepers={"password": password.result})
        bytes_ = random.RandomBytes("bytes", length=16)
        pet = random.RandomPet("pet", prefix="my", length=3)
        number = random.RandomInteger("number", min=1, max=6, seed="fixed")
        uuid = random.RandomUuid("uuid")
        pulumi.export("password", password.result)
        pulumi.export("bcrypt", password.bcrypt_hash)
        pulumi.export("text", text.result)
        pulumi.export("id", id_.hex)
        pulumi.export("bytes", bytes_.base64)
        pulumi.export("pet", pet.id)
        pulumi.export("number", number.result)
        pulumi.export("uuid", uuid.result)

    return make


def test_the_whole_life(tmp_path: Path, clouds: dict[str, str]) -> None:
    engine = Engine(tmp_path / "engine", program=program("first"), environment=clouds)
    engine.up()
    outputs: dict[str, Any] = engine.outputs()

    password = outputs["password"].value
    assert len(password) == 24
    assert sum(character.isdigit() for character in password) >= 3
    assert isinstance(outputs["bytes"], Secret)
    assert isinstance(outputs["bcrypt"], Secret)
    assert outputs["bcrypt"].value.startswith("$2b$10$")
    assert outputs["text"].islower()
    assert len(outputs["text"]) == 12
    assert outputs["id"].startswith("app-")
    assert outputs["pet"].startswith("my-")
    assert outputs["pet"].count("-") == 3
    assert 1 <= outputs["number"] <= 6
    assert engine.scan({"password": password, "bytes": outputs["bytes"].value}) == []

    assert engine.up_again().changes == {"same": 8}
    assert engine.refresh().changed == []

    engine.program = program("second")
    run = engine.up()
    assert {step.op for step in run.steps if step.key == f"{PASSWORD}::admin"} >= {"replace"}
    assert engine.outputs()["password"].value != password
    assert engine.outputs()["id"] != outputs["id"], "its keeper is the password"
    assert engine.outputs()["text"] == outputs["text"]

    engine.destroy()
    assert {line["proof"] for line in read_checks(tmp_path / "clouds")} == {"emulated"}


def test_what_the_provider_refuses(tmp_path: Path, clouds: dict[str, str]) -> None:
    engine = Engine(tmp_path / "engine", program=program("x", length=2), environment=clouds)
    with pytest.raises(EngineFailed, match="must be at least 3, the sum of the minimums, not 2"):
        engine.preview()

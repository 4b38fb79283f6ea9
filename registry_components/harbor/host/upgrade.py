"""From one Harbor to another on one machine: which steps Harbor supports, and what has to be done for each.

Harbor's guides (goharbor.io/docs/<version>/administration/upgrade/) cover migration from two minor releases before on:
2.12 from 2.10, 2.11 from 2.9, 2.10 from 2.8, 2.8 from 2.6, 2.6 from 2.4. The settings are migrated by `prepare`, one
minor release at a time (`make/photon/prepare/migrations`), the database by the core as it starts; neither goes back.
PostgreSQL in harbor-db is upgraded by its entry point, from the one release before alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ...core.errors import stack_error
from ...core.versions import HARBOR
from .facts import SERVICES

MINORS_AT_ONCE: Final = 2
"""How many minor releases one step may take."""
OLDEST: Final = (2, 4)
"""The oldest release that a step of the table begins at."""


def check_version(text: str) -> str | None:
    """Check a version of Harbor."""
    if not re.fullmatch(r"v?[0-9]+\.[0-9]+\.[0-9]+", text):
        return f"{text!r} is not a version of Harbor; write all three numbers, such as '2.13.2'"
    if numbers(text)[:2] < OLDEST:
        return f"{text!r} is older than 2.4; upgrade it to 2.4 first, as its own guides say"
    return None


def numbers(version: str) -> tuple[int, int, int]:
    """Return a version's numbers."""
    first, second, third = (int(part) for part in version.removeprefix("v").split("."))
    return first, second, third


@dataclass(frozen=True)
class Plan:
    """What has to be done, in this order."""

    start: str
    end: str
    steps: tuple[str, ...]
    """The steps, each a sentence with its commands."""

    def text(self) -> str:
        """Return the plan as text."""
        lines = [f"From Harbor {self.start} to {self.end}:", ""]
        for number, step in enumerate(self.steps, 1):
            first, *more = step.splitlines()
            lines.append(f"{number}. {first}")
            lines.extend(f"   {line}" if line else "" for line in more)
        return "\n".join(lines) + "\n"


def refusal(start: str, end: str) -> str | None:
    """Return why Harbor does not support the step from one version to another, or None where it does."""
    here, there = numbers(start), numbers(end)
    if here > there:
        return f"{start} is newer than {end}, and Harbor's database does not go back; restore a backup of {end} instead"
    if here[0] != there[0] or there[1] - here[1] > MINORS_AT_ONCE:
        between = stops(start, end)
        return (
            f"Harbor migrates from {MINORS_AT_ONCE} minor releases before at most, and {start} is older than that for "
            f"{end}; upgrade to {', then to '.join(between)} first"
            if between
            else f"Harbor {start} has no way to {end}"
        )
    return None


def stops(start: str, end: str) -> list[str]:
    """Return the minor releases to stop at between two versions, as `2.12`."""
    here, there = numbers(start), numbers(end)
    if here[0] != there[0]:
        return []
    return [f"{here[0]}.{minor}" for minor in range(here[1] + MINORS_AT_ONCE, there[1], MINORS_AT_ONCE)]


def plan(
    start: str,
    end: str = HARBOR,
    *,
    directory: str = "/opt/harbor",
    data_volume: str = "/data",
    backup: str = "/var/backups/harbor",
    external_database: bool = False,
    containers: str | None = None,
) -> Plan:
    """Return what has to be done on the host. Raises `StackError` where Harbor does not support the step.

    `containers` is what the containers' names begin with (`<project>-<stack>-<name>`) where Harbor runs by apply kind
    `docker`; without it, it runs from the folder `directory` of kind `compose`.
    """
    for name, version in (("from", start), ("to", end)):
        mistake = check_version(version)
        if mistake:
            raise stack_error(f"{name}: {mistake}")
    found = refusal(start, end)
    if found:
        raise stack_error(f"from: {found}")
    start, end = start.removeprefix("v"), end.removeprefix("v")
    if start == end:
        raise stack_error(f"from: Harbor is {end} already; there is nothing to upgrade")
    saved = f"{backup}/{start}"
    steps = ["Switch Harbor to read-only (Administration, Configuration, System Settings), and let running jobs end."]
    if containers is None:
        steps += _composed(start, end, saved=saved, directory=directory, data=data_volume, external=external_database)
    else:
        steps += _contained(saved, containers, external_database)
    steps += [
        "Log in, pull one image and push one; then switch read-only off again.",
        f"To go back, stop Harbor, restore {saved} and start {start}: never start {start} on the new database.",
    ]
    return Plan(start, end, tuple(steps))


def _commands(*lines: str) -> str:
    return "".join(["\n\n", *(f"    {line}\n" for line in lines)])


def _dump(command: str, saved: str, external: bool) -> str:
    if external:
        return f"Back up the external database by its own tools (pg_dump), into {saved}."
    dump = f"{command} pg_dumpall -U postgres > {saved}/database.sql"
    return "Back up the database while it runs:" + _commands(f"install -d -m 0700 {saved}", dump)


def _composed(start: str, end: str, *, saved: str, directory: str, data: str, external: bool) -> list[str]:
    kept = ["secret", "redis"] if external else ["database", "secret", "redis"]
    steps = [
        _dump(f"docker compose --project-directory {directory} exec -T postgresql", saved, external),
        "Stop Harbor:" + _commands("systemctl stop harbor"),
        "Back up what it keeps; without this copy there is no way back, for the new core changes the schema:"
        + _commands(
            f"install -d -m 0700 {saved}",
            f"cp -a {directory} {saved}/files",
            f"cp -a {' '.join(f'{data}/{folder}' for folder in kept)} {saved}/",
        ),
    ]
    if numbers(start)[:2] != numbers(end)[:2]:
        steps.append(
            f"Bring harbor.yml of {start} to the form of {end} and compare it with the new one; its secrets have to "
            "stay the same:"
            + _commands(
                f"docker run --rm -v /:/hostfs goharbor/prepare:v{end} migrate -i {saved}/files/harbor.yml "
                f"-o {saved}/harbor-{end}.yml"
            )
        )
    return [
        *steps,
        f"Put the new files into {directory} (deploy the stack with the library's release for {end}), and make the "
        "services' configuration anew:" + _commands(f"cd {directory} && ./prepare.sh"),
        "Start Harbor; the core migrates the database before it answers, which takes long for a large one:"
        + _commands("systemctl start harbor", "docker compose ps"),
    ]


def _contained(saved: str, containers: str, external: bool) -> list[str]:
    kept = ["redis"] if external else ["postgresql", "redis"]
    return [
        _dump(f"docker exec {containers}-postgresql", saved, external),
        "Stop Harbor, and back up what it keeps; without this copy there is no way back, for the new core changes the "
        "schema:"
        + _commands(
            f"install -d -m 0700 {saved}",
            f"docker stop $(docker ps -q --filter name={containers}-)",
            *(
                f"docker cp -a {containers}-{service}:{path} {saved}/{service}"
                for service in kept
                for path in SERVICES[service].data
            ),
        ),
        "Deploy the stack with the library's release for the new Harbor, and upgrade_from: containers are made anew "
        "over the same volumes, the library renders their configuration, and the core migrates the database before it "
        "answers; a longer apply.start_timeout_seconds gives a large one time:" + _commands("pulumi up"),
    ]

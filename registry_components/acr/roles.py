"""Azure's built-in roles for registries, and which of them an access level stands for."""

from __future__ import annotations

from typing import Literal, TypeAlias

Mode: TypeAlias = Literal["rbac", "rbac-abac"]
Level: TypeAlias = Literal["pull", "push", "admin"]

SETTINGS = "Container Registry Contributor and Data Access Configuration Administrator"
ROLES = {
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "AcrPush": "8311e382-0749-4cb8-b61a-304f252e45ec",
    "AcrDelete": "c2f4ef07-c644-48eb-af81-4b1b4947fb11",
    "AcrImageSigner": "6cef56e8-d556-48e5-a04f-b8e64114680f",
    "AcrQuarantineReader": "cdda3590-29a3-44f6-95f2-9f980659eb04",
    "AcrQuarantineWriter": "c8d4ff99-41c3-41a8-9f60-21dfdad59608",
    "Container Registry Repository Reader": "b93aa761-3e63-49ed-ac28-beffa264f7ac",
    "Container Registry Repository Writer": "2a1e307c-b015-4ebd-883e-5b7698a07328",
    "Container Registry Repository Contributor": "2efddaa5-3f1f-4df3-97df-af3f13818f4c",
    "Container Registry Repository Catalog Lister": "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7",
    SETTINGS: "3bc748fc-213d-45c1-8d91-9da5725539b9",
}
KEY_VAULT_SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
KEY_VAULT_CRYPTO_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"

# In mode rbac-abac the registry does not look at the first of each pair; in mode rbac not at the second.
COUNTERPARTS = {
    "AcrPull": "Container Registry Repository Reader",
    "AcrPush": "Container Registry Repository Writer",
    "AcrDelete": "Container Registry Repository Contributor",
}
_LEVELS: dict[Mode, dict[Level, tuple[str, ...]]] = {
    "rbac": {
        "pull": ("AcrPull",),
        "push": ("AcrPush",),
        "admin": ("AcrPush", "AcrDelete", SETTINGS),
    },
    "rbac-abac": {
        "pull": ("Container Registry Repository Reader",),
        "push": ("Container Registry Repository Writer",),
        "admin": ("Container Registry Repository Contributor", SETTINGS),
    },
}
_SHORT = {SETTINGS: "settings", "AcrDelete": "delete"}
_DATA = "Microsoft.ContainerRegistry/registries/repositories"
_ACTIONS: dict[Level, tuple[str, ...]] = {
    "pull": ("content/read", "metadata/read"),
    "push": ("content/read", "metadata/read", "content/write", "metadata/write"),
    "admin": (
        "content/read", "metadata/read", "content/write", "metadata/write", "content/delete", "metadata/delete",
    ),
}  # fmt: skip


def roles_of(mode: Mode, level: Level, *, scoped: bool = False) -> dict[str, str]:
    """Return a suffix and a role's name for each role that a level stands for; the first suffix is empty.

    `scoped` leaves out the role for settings, which no condition can narrow to repositories.
    """
    names = _LEVELS[mode][level]
    if scoped:
        names = tuple(name for name in names if name != SETTINGS)
    return {("" if i == 0 else _SHORT[name]): name for i, name in enumerate(names)}


def condition(level: Level, repositories: list[str]) -> str:
    """Return the condition (version 2.0) that narrows a role to repositories: names, or prefixes such as `team/*`."""
    actions = " AND ".join(f"!(ActionMatches{{'{_DATA}/{action}'}})" for action in _ACTIONS[level])
    names = " OR ".join(_match(name) for name in sorted(set(repositories)))
    return f"(({actions}) OR ({names}))"


def _match(repository: str) -> str:
    attribute = f"@Request[{_DATA}:name]"
    if repository.endswith("*"):
        return f"{attribute} StringStartsWithIgnoreCase '{repository[:-1]}'"
    return f"{attribute} StringEqualsIgnoreCase '{repository}'"

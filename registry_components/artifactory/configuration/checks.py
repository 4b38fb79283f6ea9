"""What in an Artifactory does not go together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ...blocks.lifecycle import LifecyclePolicy
from ...core.checked import Check
from ...core.errors import Mistake, StackError
from ...lifecycle.choice import why
from ..editions import lacks, numbers
from ..words import check_repository_key
from .names import groups, known, named, repositories, repository_key, users, virtual_order
from .retention import BY_COUNT, counts, document
from .words import check_name, check_policy_key, check_user

if TYPE_CHECKING:
    from .args import ArtifactoryConfigurationArgs


def _edition(args: ArtifactoryConfigurationArgs) -> Iterable[Mistake]:
    lacking = lacks("configuration", args.edition)
    if lacking:
        yield Mistake(
            "edition",
            f"{lacking}: its API says 'available only in Artifactory Pro'; make its repositories in its web interface",
        )
        return
    for feature, where in (
        ("federated", "federated"),
        ("cleanup", "cleanup_policies"),
        ("archive", "archive_policies"),
    ):
        lacking = lacks(feature, args.edition, args.version)
        if lacking and getattr(args, where):
            hint = "" if feature != "cleanup" else "; max_unique_tags of a repository works in every edition"
            yield Mistake(where, f"{lacking}{hint}")
    direct = lacks("direct_download", args.edition)
    for kind, key, said in repositories(args):
        for name in ("download_direct", "cdn_redirect"):
            if direct and getattr(said, name, False):
                yield Mistake(f"{kind}.{key}.{name}", direct)
    several, checksum = lacks("several_targets", args.edition), lacks("checksum_replication", args.edition)
    for key, rule in sorted(args.replications.items()):
        if several and len(rule.targets) > 1:
            yield Mistake(f"replications.{key}.targets", f"are {len(rule.targets)}, and more than one {several}")
        for name, target in sorted(rule.targets.items()):
            if checksum and target.check_filestore:
                yield Mistake(f"replications.{key}.targets.{name}.check_filestore", checksum)


def _one_of(path: str, key: str, there: Mapping[str, Any], existing: str) -> Iterable[Mistake]:
    if key not in there:
        listed = ", ".join(sorted(there)) or "none"
        yield Mistake(path, f"there is no {key!r}; there are: {listed}. What is somebody else's goes into {existing}")


def _repository(path: str, key: str, there: Mapping[str, Any], *kinds: str) -> Iterable[Mistake]:
    """Yield why a reference to a repository leads nowhere, or to one of another kind than `kinds`."""
    yield from _one_of(path, key, there, "existing_repositories")
    if key in there and kinds and there[key].kind not in kinds:
        yield Mistake(path, f"{key!r} is a {there[key].kind} repository, and this takes {' or '.join(kinds)} ones")


def _virtual(args: ArtifactoryConfigurationArgs) -> Iterable[Mistake]:
    there = known(args)
    for key, said in sorted(args.virtual.items()):
        path = f"virtual.{key}"
        for number, other in enumerate(said.repositories):
            yield from _repository(f"{path}.repositories[{number}]", other, there)
            package = there[other].package if other in there else None
            if package not in (None, said.package):
                yield Mistake(
                    f"{path}.repositories[{number}]",
                    f"{other!r} is of package {package!r}, and this is of {said.package!r}; make them the same",
                )
        if said.default_deployment in said.repositories and said.default_deployment in there:
            yield from _repository(f"{path}.default_deployment", said.default_deployment, there, "local", "federated")
    try:
        virtual_order(args)
    except ValueError as error:
        yield Mistake(f"virtual.{error}.repositories", "lead back to it; take one of them out")


def _access(args: ArtifactoryConfigurationArgs) -> Iterable[Mistake]:
    there, teams, people = known(args), groups(args), users(args)
    for key, said in sorted(args.permissions.items()):
        path = f"permissions.{key}"
        for number, other in enumerate(said.repositories):
            yield from _repository(f"{path}.repositories[{number}]", other, there)
        for group in sorted(said.groups):
            yield from _one_of(f"{path}.groups.{group}", group, teams, "existing_groups")
        for user in sorted(said.users):
            yield from _one_of(f"{path}.users[{user!r}]", user, people, "existing_users")
    for where in ("users", "tokens"):
        for key, one in sorted(getattr(args, where).items()):
            for number, group in enumerate(one.groups):
                yield from _one_of(f"{where}.{key}.groups[{number}]", group, teams, "existing_groups")


def _policies(args: ArtifactoryConfigurationArgs) -> Iterable[Mistake]:
    there = known(args)
    old = args.version is None or numbers(args.version) < BY_COUNT
    since = ".".join(str(number) for number in BY_COUNT)
    for where in ("cleanup_policies", "archive_policies"):
        for key, said in sorted(getattr(args, where).items()):
            path = f"{where}.{key}"
            for number, other in enumerate(said.repositories):
                yield from _repository(f"{path}.repositories[{number}]", other, there, "local", "federated", "remote")
            if counts(said.policy) and old:
                # rule 28
                yield Mistake(
                    f"{path}.policy",
                    f"keeps by number, which Artifactory has for images from {since} on; say version where it is, or "
                    "use max_unique_tags of the repository",
                )
            if isinstance(said.policy, LifecyclePolicy):
                try:
                    document(said.policy)
                except StackError as error:
                    yield Mistake(f"{path}.policy", why(error))


def _system(args: ArtifactoryConfigurationArgs) -> Iterable[Mistake]:
    there = known(args)
    seen: dict[str, str] = {}
    for key, rule in sorted(args.replications.items()):
        path = f"replications.{key}.repository"
        yield from _repository(path, rule.repository, there, "local")
        if seen.setdefault(rule.repository, key) != key:
            yield Mistake(
                path, f"{rule.repository!r} is that of {seen[rule.repository]!r} too; put all targets into one"
            )
    for key, backup in sorted(args.backups.items()):
        for number, other in enumerate(backup.exclude_repositories):
            yield from _repository(f"backups.{key}.exclude_repositories[{number}]", other, there)
    for key, hook in sorted(args.webhooks.items()):
        for number, other in enumerate(hook.repositories):
            yield from _repository(f"webhooks.{key}.repositories[{number}]", other, there)


def _federated(args: ArtifactoryConfigurationArgs) -> Iterable[Mistake]:
    for key, said in sorted(args.federated.items()):
        if said.cleanup_on_delete and not args.kept:
            continue
        if said.cleanup_on_delete:
            yield Mistake(
                f"federated.{key}.cleanup_on_delete",
                "would remove it everywhere, and here it is kept; give both consents (deletion, empty_on_delete)",
            )


def _own_names(args: ArtifactoryConfigurationArgs) -> Iterable[Mistake]:
    """Each thing has a name that Artifactory takes, and no two of a kind have the same."""
    words: dict[str, str] = {}
    keys: dict[str, str] = {}
    for kind, key, said in repositories(args):
        path = f"{kind}.{key}"
        name = repository_key(key, said)
        if key in words:
            yield Mistake(path, f"has the key of {words[key]}; all repositories share them, so take another")
        elif key in args.existing_repositories:
            yield Mistake(path, "is in existing_repositories too; remove it from one of them")
        elif name in keys:
            yield Mistake(f"{path}.key", f"{name!r} is that of {keys[name]}; give it another")
        words.setdefault(key, path)
        keys.setdefault(name, path)
        mistake = check_repository_key(name) if said.key is None else None
        if mistake:
            yield Mistake(path, f"{mistake}, or give key")
        if said.project is not None and not name.startswith(f"{said.project}-"):
            yield Mistake(f"{path}.project", f"means that its key begins with {said.project + '-'!r}, not {name!r}")
    for where, check, field in (
        ("groups", check_name, "name"),
        ("users", check_user, "name"),
        ("permissions", check_name, "name"),
        ("key_pairs", check_name, "name"),
        ("webhooks", check_name, "name"),
        ("cleanup_policies", check_policy_key, "key"),
        ("archive_policies", check_policy_key, "key"),
    ):
        yield from _names_of(where, getattr(args, where), check, field)
    for key, token in sorted(args.tokens.items()):
        # Several tokens may be of one user.
        mistake = check_user(key) if token.username is None else None
        if mistake:
            yield Mistake(f"tokens.{key}", f"{mistake}, or give username")
    for key, hook in sorted(args.webhooks.items()):
        if len(named(key, hook)) < 2:
            yield Mistake(f"webhooks.{key}", "has a name of one character, and two are the least; give name")


def _names_of(where: str, things: Mapping[str, Any], check: Any, field: str) -> Iterable[Mistake]:
    seen: dict[str, str] = {}
    for key, said in sorted(things.items()):
        name = key if getattr(said, field) is None else getattr(said, field)
        mistake = check(name) if getattr(said, field) is None else None
        if mistake:
            yield Mistake(f"{where}.{key}", f"{mistake}, or give {field}")
        if seen.setdefault(name, key) != key:
            yield Mistake(f"{where}.{key}", f"has the {field} {name!r}, as {seen[name]!r} has; give it another")


ALL: Final[tuple[Check, ...]] = (
    _edition,
    _virtual,
    _access,
    _policies,
    _system,
    _federated,
    _own_names,
)

__all__ = ["ALL"]

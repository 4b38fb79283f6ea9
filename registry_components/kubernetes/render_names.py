"""Names of objects that come from a component's name, which may have more letters than Kubernetes takes."""

from __future__ import annotations

from ..core.errors import Mistake, mistakes_error
from .pull_access import RefresherAccess
from .pull_secrets_args import PullSecretsArgs
from .words import check_name, check_namespace

# A CronJob's name has 52 characters (k8s.io/kubernetes pkg/apis/batch/validation): its Jobs append a time.
_CRON_JOB_LENGTH = 52


def check(what: str, name: str, args: PullSecretsArgs) -> None:
    """Raise `StackError` where the component's name cannot be that of its objects."""
    mistakes = []
    if args.secret_name is None and check_name(name):
        mistakes.append(Mistake("secret_name", f"is required: {name!r} cannot be a secret's name; give it one"))
    refresher = isinstance(args.pull_access, RefresherAccess)
    if refresher and (len(name) > _CRON_JOB_LENGTH or check_namespace(name)):
        mistakes.append(
            Mistake(
                "pull_access.kind",
                f"'refresher' makes a CronJob named {name!r}; name the component with up to {_CRON_JOB_LENGTH} "
                "lower-case letters, digits and -",
            )
        )
    if mistakes:
        raise mistakes_error(f"{what} {name!r}", mistakes)

"""How a service account gets the secret into its `imagePullSecrets`.

That list is atomic (k8s.io/api core/v1 `ServiceAccount.ImagePullSecrets`, `+listType=atomic`, 1.36): to server-side
apply it is one value with one owner, other than a pod's own list, which is merged by name. Whoever applies it owns the
whole of it; applied by force it would lose what others had written.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from ..core.args import Args, Secret


class OwnList(Args):
    """The list is this component's: applied by `ServiceAccountPatch` without force.

    Where somebody else has written entries, the API server answers with a conflict, and nothing is changed.
    """

    kind: Literal["own"] = "own"


class AddedEntry(Args):
    """One entry is added beside others', and that one alone is removed again.

    It is made by this library over the API, so it needs to know the cluster by itself.
    """

    kind: Literal["add"]
    kubeconfig: Secret | None = None
    """Text of a kubeconfig file, or its path. Default: KUBECONFIG, else ~/.kube/config."""
    context: str | None = None
    """Context in it. Default: the current one."""


Attachment: TypeAlias = Annotated[OwnList | AddedEntry, Field(discriminator="kind")]

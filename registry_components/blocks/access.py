"""Who may pull, push and administer."""

from __future__ import annotations

from typing import TypeAlias

from ..core.args import Args, MaybeOutput

Principal: TypeAlias = MaybeOutput[str]
"""One principal in the platform's own words: an IAM ARN, account id or organization id (AWS), `group:…`,
`serviceAccount:…`, `principalSet:…` (Google), an object id (Azure), a team (Docker Hub)."""


class Access(Args):
    """Principals by what they may do; each level includes the ones before it.

    Nobody is granted anything by default. A component refuses principals that its platform does not know.
    """

    pull: list[Principal] = []
    """May pull images and list tags. Default: nobody beyond the owner."""
    push: list[Principal] = []
    """May push images too. Default: nobody beyond the owner."""
    admin: list[Principal] = []
    """May delete images and change settings too. Default: nobody beyond the owner."""
    anonymous_pull: bool = False
    """Everybody may pull, without a login. Default: false."""

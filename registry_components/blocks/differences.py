"""What a registry's own policy may do otherwise than the unified one, by names under which it can be accepted."""

from __future__ import annotations

from typing import Final

ABOUT: Final = {
    "tags": "artifacts by their tags alone",
    "several-tags": "artifacts with several tags",
    "untagged": "artifacts without a tag",
    "pulls": "when artifacts were last pulled",
    "counts": "how many there are",
    "indexes": "indexes of several platforms",
    "index-children": "manifests that an index refers to",
    "subjects": "artifacts that a signature or SBOM refers to",
    "referrers": "signatures, SBOMs and attestations that refer to an artifact",
    "signature-tags": "signatures under a tag sha256-...",
    "repositories": "what repositories are called",
    "digests": "artifacts that the policy protects by digest",
    "archived": "what is archived already",
}
"""What a difference can be about."""
DOES: Final = ("deletes-more", "keeps-more", "archives-more")
"""What the registry does otherwise."""
NAMES: Final = tuple(f"{does}:{about}" for does in DOES for about in ABOUT)
"""Every name."""
ACCEPTED: Final = ("keeps-more:signature-tags",)
"""What is accepted where nothing else is said: but for Harbor, no registry's own policy knows that a tag
`sha256-....sig` belongs to another artifact; it outlives that, and nothing is lost."""

__all__ = ["ABOUT", "ACCEPTED", "DOES", "NAMES"]

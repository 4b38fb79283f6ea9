"""Unit proof: what every registry's blocks are called is taken by a component, or refused with where to say it."""

from __future__ import annotations

import re

import pytest

from registry_components import StackError, artifactory, harbor, mirror, nexus
from registry_components.artifactory import ArtifactoryConfigurationArgs, ArtifactoryRegistryArgs
from registry_components.core.args import Args
from registry_components.distribution import DistributionRegistryArgs
from registry_components.harbor import HarborConfigurationArgs, HarborHostArgs, HarborRegistryArgs
from registry_components.nexus import NexusConfigurationArgs, NexusRegistryArgs

pytestmark = pytest.mark.unit

BLOCKS = ("access", "caching", "lifecycle", "network", "replication", "scanning", "storage")
MODELS: tuple[type[Args], ...] = (
    ArtifactoryConfigurationArgs,
    ArtifactoryRegistryArgs,
    DistributionRegistryArgs,
    HarborConfigurationArgs,
    HarborHostArgs,
    HarborRegistryArgs,
    NexusConfigurationArgs,
    NexusRegistryArgs,
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_block_is_a_setting_or_is_said_elsewhere(model: type[Args]) -> None:
    assert not model.elsewhere.keys() & model.model_fields.keys()
    for block in BLOCKS:
        assert block in {*model.model_fields, *model.elsewhere}
    for name, instead in model.elsewhere.items():
        with pytest.raises(StackError) as caught:
            model.parse({name: {}})
        assert f"  {name}: is not a setting here: {instead}" in str(caught.value).splitlines()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_where_it_leads_is_there(model: type[Args]) -> None:
    for instead in model.elsewhere.values():
        for named in re.findall(r"\b[A-Z][a-z]+(?:Registry|Configuration|Host|Schedule)\b", instead):
            assert any(named in home.__all__ for home in (artifactory, harbor, mirror, nexus)), named


def test_the_whole_message() -> None:
    with pytest.raises(StackError) as caught:
        NexusConfigurationArgs.parse(
            {"url": "https://nexus.example.com", "edition": "pro", "password": "a-secret-nobody-sees", "lifecycle": {}}
        )
    assert str(caught.value) == (
        "NexusConfigurationArgs is not valid (1 mistake):\n"
        "  lifecycle: is not a setting here: each repository has a lifecycle"
    )

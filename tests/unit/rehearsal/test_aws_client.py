"""The client of the fake AWS sees nothing of the user's own AWS configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry_components.rehearsal import rehearsal
from registry_components.rehearsal.emulators.aws_cloud import AwsCloud, AwsError

pytestmark = [pytest.mark.unit, pytest.mark.timeout(120)]


def test_the_users_own_configuration_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("[default]\nregion = mars\nendpoint_url = http://127.0.0.1:1\n")
    for name, value in {
        "AWS_PROFILE": "nobody",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_ECR": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "the-users-own",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    with rehearsal(tmp_path / "clouds") as environment:
        cloud = AwsCloud(environment, "eu-west-1")
        assert cloud.account == "123456789012"
        made = cloud.call("ecr", "CreateRepository", {"repositoryName": "api"})["repository"]
        assert made["repositoryUri"] == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/api"
        with pytest.raises(AwsError) as caught:
            cloud.call("ecr", "CreateRepository", {"repositoryName": "api"})
        assert caught.value.code == "RepositoryAlreadyExistsException"
        assert caught.value.reason.startswith("ecr: CreateRepository: RepositoryAlreadyExistsException: The repository")
        with pytest.raises(AwsError) as caught:
            cloud.call("ecr", "CreateRepository", {"repositoryNam": "api"})
        assert caught.value.reason == (
            'ecr: CreateRepository: Parameter validation failed: Missing required parameter in input: "repositoryName" '
            'Unknown parameter in input: "repositoryNam", must be one of: registryId, repositoryName, tags, '
            "imageTagMutability, imageTagMutabilityExclusionFilters, imageScanningConfiguration, "
            "encryptionConfiguration"
        )

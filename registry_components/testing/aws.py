"""What AWS would answer, for programs that are recorded: ARNs, URLs and ids made from names, account and region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from .recorded import Recorded


class AwsAnswers(TypedDict):
    """Keyword arguments of `record`."""

    outputs: Callable[[Recorded], Mapping[str, Any] | None]
    invokes: Mapping[str, Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]]


def aws_answers(*, region: str = "eu-central-1", account: str = "123456789012") -> AwsAnswers:
    """Return what `record` lets resources and functions of AWS answer: `record(program, **aws_answers())`.

    Without it a recorded resource has its inputs alone as outputs: an ARN that is passed on would be None. Defaults:
    an account of all digits in Frankfurt.
    """
    server = f"{account}.dkr.ecr.{region}.amazonaws.com"

    def arn(service: str, what: str, *, where: str = region) -> str:
        return f"arn:aws:{service}:{where}:{account}:{what}"

    def outputs(resource: Recorded) -> dict[str, Any] | None:
        match resource.type:
            case "aws:ecr/repository:Repository":
                name = resource.inputs["name"]
                return {
                    "arn": arn("ecr", f"repository/{name}"),
                    "registryId": account,
                    "repositoryUrl": f"{server}/{name}",
                }
            case "aws:ecrpublic/repository:Repository":
                return {"repositoryUri": f"public.ecr.aws/alias/{resource.inputs['repositoryName']}"}
            case "aws:secretsmanager/secret:Secret":
                return {"arn": arn("secretsmanager", f"secret:{resource.inputs['name']}-AbCdEf")}
            case "aws:secretsmanager/secretVersion:SecretVersion":
                return {"versionId": "1"}
            case "aws:iam/role:Role":
                name = resource.inputs.get("name", resource.name)
                return {"arn": arn("iam", f"role/{name}", where=""), "name": name}
            case "aws:iam/openIdConnectProvider:OpenIdConnectProvider":
                host = str(resource.inputs["url"]).removeprefix("https://")
                return {"arn": arn("iam", f"oidc-provider/{host}", where="")}
            case "aws:cloudwatch/eventRule:EventRule":
                return {"arn": arn("events", f"rule/{resource.name}")}
        return None

    def repository(asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"arn": arn("ecr", f"repository/{asked['name']}")}

    return {
        "outputs": outputs,
        "invokes": {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": account},
            "aws:index/getRegion:getRegion": {"region": region},
            "aws:index/getPartition:getPartition": {"partition": "aws"},
            "aws:ecr/getAuthorizationToken:getAuthorizationToken": {"password": "a-recorded-token", "userName": "AWS"},
            "aws:ecr/getRepository:getRepository": repository,
        },
    }


__all__ = ["AwsAnswers", "aws_answers"]

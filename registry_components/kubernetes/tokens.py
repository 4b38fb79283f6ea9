"""Tokens for pulls, each asked of its cloud for the identity that this pod has. No token is in a message."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx

from ..core.errors import stack_error
from ..core.urls import LOOPBACK
from .registry_kind import ecr_region
from .signature import AwsLogin, signed_headers

_SECONDS = 20.0


class Token(NamedTuple):
    """A login that dies, and when."""

    username: str
    password: str
    expires: datetime

    def __repr__(self) -> str:
        return f"Token({self.username!r}, …, {self.expires.isoformat()})"


class Asker:
    """Asks clouds for tokens, with what the environment of the pod says."""

    def __init__(self, environment: Mapping[str, str], now: Any = None) -> None:
        self._environment = environment
        self._now = now or (lambda: datetime.now(UTC))
        # Nothing of the machine's proxies or .netrc: a token goes to where it says, and nowhere else.
        self._client = httpx.Client(timeout=_SECONDS, trust_env=False, follow_redirects=False)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def token(self, kind: str, server: str) -> Token:
        """Return a token for a registry. Raises `StackError` that says what to look at."""
        match kind:
            case "ecr":
                return self._ecr(server)
            case "artifact_registry":
                return self._google()
            case "acr":
                return self._azure(server)
        raise stack_error(f"{server}: there is no token to ask for of kind {kind!r}; correct the configuration")

    # Amazon

    def _ecr(self, server: str) -> Token:
        region = ecr_region(server) or self._environment.get("AWS_REGION")
        if not region:
            raise stack_error(f"{server}: tells no region; set AWS_REGION")
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        url = self._environment.get("AWS_ENDPOINT_URL_ECR") or self._environment.get("AWS_ENDPOINT_URL")
        url = (url or f"https://api.ecr.{region}.{domain}").rstrip("/") + "/"
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
        }
        signed = signed_headers(
            url, headers, b"{}", login=self._aws_login(region, domain), where=(region, "ecr"), now=self._now()
        )
        answer = self._json("POST", url, "ask ECR for a token", content=b"{}", headers=signed)
        try:
            data = answer["authorizationData"][0]
            username, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
            expires = datetime.fromtimestamp(float(data["expiresAt"]), UTC)
        except (LookupError, TypeError, ValueError):
            raise stack_error(f"cannot ask ECR for a token: {_host(url)} answered with none") from None
        return Token(username, password, expires)

    def _aws_login(self, region: str, domain: str) -> AwsLogin:
        found = self._environment
        if found.get("AWS_WEB_IDENTITY_TOKEN_FILE") and found.get("AWS_ROLE_ARN"):
            return self._web_identity(region, domain)
        if found.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
            return self._pod_identity(found["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        if found.get("AWS_ACCESS_KEY_ID") and found.get("AWS_SECRET_ACCESS_KEY"):
            return AwsLogin(found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"], found.get("AWS_SESSION_TOKEN"))
        raise stack_error(
            "this pod has no AWS identity; annotate its service account with eks.amazonaws.com/role-arn, or "
            "associate it by EKS Pod Identity"
        )

    def _web_identity(self, region: str, domain: str) -> AwsLogin:
        """Assume the role of IAM Roles for Service Accounts; that call is not signed."""
        url = self._environment.get("AWS_ENDPOINT_URL_STS") or self._environment.get("AWS_ENDPOINT_URL")
        url = (url or f"https://sts.{region}.{domain}").rstrip("/") + "/"
        body = {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": self._environment["AWS_ROLE_ARN"],
            "RoleSessionName": self._environment.get("AWS_ROLE_SESSION_NAME") or "pull-secret-refresh",
            "WebIdentityToken": _file(self._environment["AWS_WEB_IDENTITY_TOKEN_FILE"], "AWS_WEB_IDENTITY_TOKEN_FILE"),
        }
        headers = {"content-type": "application/x-www-form-urlencoded"}
        task = f"assume {self._environment['AWS_ROLE_ARN']}"
        text = self._send("POST", url, task, content=urlencode(body).encode(), headers=headers).text
        # The answer is XML of a few flat elements.
        found = dict(re.findall(r"<(AccessKeyId|SecretAccessKey|SessionToken)>([^<]+)</", text))
        if len(found) != 3:
            raise stack_error(f"cannot {task}: {_host(url)} answered with no credentials")
        return AwsLogin(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])

    def _pod_identity(self, url: str) -> AwsLogin:
        path = self._environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        token = _file(path, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") if path else ""
        headers = {"Authorization": token} if token else {}
        found = self._json("GET", url, "get the pod's AWS identity", headers=headers)
        try:
            return AwsLogin(found["AccessKeyId"], found["SecretAccessKey"], found["Token"])
        except LookupError:
            raise stack_error(f"cannot get the pod's AWS identity: {_host(url)} answered with none") from None

    # Google

    def _google(self) -> Token:
        """Ask the metadata server. It keeps a token until five minutes before its end, so it may be an old one."""
        host = self._environment.get("GCE_METADATA_HOST") or "metadata.google.internal"
        url = f"http://{host}/computeMetadata/v1/instance/service-accounts/default/token"
        asked = self._now()
        answer = self._json("GET", url, "ask Google for a token", headers={"Metadata-Flavor": "Google"})
        password, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(password, str) or not password or not isinstance(seconds, int | float):
            raise stack_error(f"cannot ask Google for a token: {_host(url)} answered with none")
        return Token("oauth2accesstoken", password, datetime.fromtimestamp(asked.timestamp() + seconds, UTC))

    # Microsoft

    def _azure(self, server: str) -> Token:
        """Exchange the pod's token at Entra, and that at the registry (Azure/acr docs/AAD-OAuth.md)."""
        found = self._environment
        lacking = [
            name for name in ("AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_ID", "AZURE_TENANT_ID") if not found.get(name)
        ]
        if lacking:
            raise stack_error(
                f"this pod has no Azure identity ({lacking[0]} is not set); label it azure.workload.identity/use: "
                "'true', and annotate its service account with azure.workload.identity/client-id"
            )
        tenant = found["AZURE_TENANT_ID"]
        authority = (found.get("AZURE_AUTHORITY_HOST") or "https://login.microsoftonline.com").rstrip("/")
        body = {
            "grant_type": "client_credentials",
            "client_id": found["AZURE_CLIENT_ID"],
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": _file(found["AZURE_FEDERATED_TOKEN_FILE"], "AZURE_FEDERATED_TOKEN_FILE"),
            "scope": "https://containerregistry.azure.net/.default",
        }
        task = "ask Entra for a token"
        access = self._json("POST", f"{authority}/{tenant}/oauth2/v2.0/token", task, data=body).get("access_token")
        scheme = "http" if httpx.URL(f"//{server}").host in LOOPBACK else "https"
        exchange = {"grant_type": "access_token", "service": server, "tenant": tenant, "access_token": access}
        task = f"exchange the token at {server}"
        token = self._json("POST", f"{scheme}://{server}/oauth2/exchange", task, data=exchange).get("refresh_token")
        try:
            part = str(token).split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            expires = datetime.fromtimestamp(float(claims["exp"]), UTC)
        except (LookupError, TypeError, ValueError):
            raise stack_error(f"cannot {task}: it answered with none") from None
        return Token("00000000-0000-0000-0000-000000000000", str(token), expires)

    # What they share

    def _json(self, method: str, url: str, task: str, **how: Any) -> dict[str, Any]:
        answer = self._send(method, url, task, **how)
        try:
            tree = answer.json()
        except ValueError:
            tree = None
        if not isinstance(tree, dict):
            raise stack_error(f"cannot {task}: {_host(url)} answered with no JSON")
        return tree

    def _send(self, method: str, url: str, task: str, **how: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, url, **how)
        except httpx.HTTPError as error:
            raise stack_error(f"cannot {task}: {_host(url)} did not answer ({type(error).__name__})") from None
        if not answer.is_success:
            # What it says may echo what it was sent.
            raise stack_error(f"cannot {task}: {_host(url)} answered {answer.status_code}{_reason(answer)}")
        return answer


def _host(url: str) -> str:
    return httpx.URL(url).host


def _reason(answer: httpx.Response) -> str:
    """Return the error's code alone, which every one of these services has in its answer."""
    try:
        tree = answer.json()
        code = tree.get("__type") or tree.get("error") if isinstance(tree, dict) else None
    except ValueError:
        code = None
    plain = isinstance(code, str) and len(code) <= 80 and code.replace("_", "").replace(".", "").isalnum()
    return f" ({code})" if plain else ""


def _file(path: str, variable: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise stack_error(f"{variable}: {path} cannot be read: {error.strerror}") from None

"""How the emulated AWS provider reaches its fake cloud: boto3's clients, which check each request's shape first."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore.session  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import ClientError, ParamValidationError  # type: ignore[import-untyped]
from botocore.validate import ParamValidator  # type: ignore[import-untyped]

from .. import background
from ..emulator import Refusal, Settings, has_unknown
from ..folder import folder_of
from ..schema_check import below

_SERVER = "registry_components.rehearsal.emulators.aws_server"
_METHOD: dict[str, str] = {}


class AwsError(Refusal):
    """What a service answered; `code` is its own name for the error."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__("", reason)
        self.code = code


class AwsCloud:
    """One provider's connection: account, region, and one client for each service and region."""

    def __init__(self, settings: Settings, region: str) -> None:
        self.region = region
        self._settings = settings
        self._folder = folder_of(settings)
        self._lock = threading.RLock()
        self._endpoint: str | None = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._session = session()
        self._models: dict[str, Any] = {}
        self._validator = ParamValidator()
        self._account: str | None = None

    @property
    def account(self) -> str:
        """The account's number."""
        if self._account is None:
            self._account = str(self.call("sts", "GetCallerIdentity", {})["Account"])
        return self._account

    def partition(self, region: str | None = None) -> str:
        """Return the partition of a region. Raises `Refusal` where there is no such region."""
        region = region or self.region
        found = self._session.get_partition_for_region(region)
        return str(found)

    def knows_region(self, region: str) -> bool:
        """Return whether AWS has the region."""
        try:
            partition = self.partition(region)
        except Exception:  # noqa: BLE001 - botocore has no public name for it
            return False
        return region in self._session.get_available_regions("ec2", partition_name=partition)

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any], region: str | None = None
    ) -> dict[str, Any]:
        """Send one request and return its answer. Raises `AwsError` with the service's words."""
        client = self.client(service, region or self.region)
        method = getattr(client, _METHOD.get(operation) or _METHOD.setdefault(operation, _snake(operation)))
        try:
            answer: dict[str, Any] = method(**parameters)
        except ClientError as error:
            told = error.response["Error"]
            code = told.get("Code", "Unknown")
            raise AwsError(code, f"{service}: {operation}: {code}: {told.get('Message', '')}") from None
        except ParamValidationError as error:
            raise AwsError("ParamValidation", f"{service}: {operation}: {_report(error)}") from None
        answer.pop("ResponseMetadata", None)
        return answer

    def client(self, service: str, region: str) -> Any:
        """Return the client of a service in a region; the same one each time."""
        key = (service, region)
        found = self._clients.get(key)
        if found is None:
            with self._lock:
                found = self._clients.get(key) or self._clients.setdefault(key, self._make(service, region))
        return found

    def shape_mistakes(self, service: str, operation: str, parameters: Mapping[str, Any]) -> list[str]:
        """Return what botocore finds wrong with a request's shape; unknown values are left out of it."""
        with self._lock:
            model = self._models.get(service)
            if model is None:
                model = self._models[service] = self._session.get_service_model(service)
        shape = model.operation_model(operation).input_shape
        if shape is None or has_unknown(parameters):
            return []
        report = self._validator.validate(dict(parameters), shape)
        return report.generate_report().splitlines() if report.has_errors() else []

    def _make(self, service: str, region: str) -> Any:
        if self._endpoint is None:
            self._endpoint = endpoint(self._settings, self._folder)
        return make_client(self._session, service, region, self._endpoint)


def endpoint(settings: Settings, folder: Path) -> str:
    """Return the address of a rehearsal's fake AWS, started where it does not run."""
    return f"http://127.0.0.1:{background.ensure(settings, folder, 'aws', _SERVER)}"


def session() -> Any:
    """Return a botocore session that sees nothing of the user's own configuration and credentials."""
    # Each variable: no name in the configuration file, none in the environment, this value.
    hidden = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    made = botocore.session.Session(session_vars=hidden)
    made.set_credentials("rehearsal", "rehearsal")
    return made


def make_client(session_: Any, service: str, region: str, address: str) -> Any:
    """Return a client that asks the fake AWS alone, once, and validates parameters as boto3 does."""
    return session_.create_client(
        service,
        region_name=region,
        endpoint_url=address,
        config=Config(
            retries={"total_max_attempts": 1},
            max_pool_connections=64,
            parameter_validation=True,
            proxies={},
            tcp_keepalive=True,
        ),
    )


def readback(environment: Mapping[str, str], service: str, region: str = "us-east-1") -> Any:
    """Return a boto3 client of a rehearsal's fake AWS, to look at what a program made or to change it behind its back.

    `environment` is what `rehearsal.environment` returned.
    """
    return make_client(session(), service, region, endpoint(environment, folder_of(environment)))


def _snake(operation: str) -> str:
    from botocore import xform_name

    return str(xform_name(operation))


def _report(error: ParamValidationError) -> str:
    return " ".join(str(error).split())


def regions_refused(cloud: AwsCloud, region: Any, path: str) -> list[Refusal]:
    """Return the refusal of a region that AWS does not have."""
    if isinstance(region, str) and not cloud.knows_region(region):
        return [Refusal(below(path, "region") if path else "region", f"{region!r} is not an AWS region")]
    return []


__all__ = ["AwsCloud", "AwsError", "endpoint", "make_client", "readback", "regions_refused", "session"]

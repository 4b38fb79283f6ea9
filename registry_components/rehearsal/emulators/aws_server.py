"""Runs the fake AWS of one rehearsal: moto's server, with what moto lacks added. Usage: FOLDER NAME."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

# moto reads these when it is imported.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from ..background import announce, end_with_rehearsal
from . import aws_eks, aws_moto
from .aws_gaps import GAPS, PATHS, Account, Body, ServiceError

_SCOPE: Final = re.compile(r"Credential=[^/]+/\d+/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_ACCOUNT: Final = "123456789012"

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class _Handler(MotoRequestHandler):
    """Keeps connections open, and sends small answers at once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Write no access log."""


class Application:
    """Answers what moto lacks, and passes everything else on. One request at a time: moto's state has no locks."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        path = str(environ.get("PATH_INFO", ""))
        operation = GAPS.get(environ.get("HTTP_X_AMZ_TARGET", "")) or PATHS.get(path)
        parts = aws_eks.routed(path)
        if parts is not None:
            method = str(environ.get("REQUEST_METHOD"))
            operation = functools.partial(_of_eks, method, parts)
        with self._lock:
            if operation is None:
                return list(self._moto(environ, start_response))
            scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
            account = Account(_ACCOUNT, scope.group(1) if scope else "us-east-1")
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            try:
                answer, status = operation(account, json.loads(body or b"{}")), "200 OK"
            except ServiceError as error:
                answer, status = {"__type": error.code, "message": error.message}, "400 Bad Request"
        content = json.dumps(answer).encode()
        headers = [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(content)))]
        if status.startswith("4"):
            headers.append(("x-amzn-ErrorType", answer["__type"]))
        start_response(status, headers)
        return [content]


def _of_eks(method: str, parts: tuple[str, ...], account: Account, body: Body) -> Body:
    return aws_eks.answer(account, method, parts, body)


def main(folder: Path, name: str) -> None:
    """Serve until the rehearsal ends."""
    end_with_rehearsal(folder)
    aws_moto.extend()
    server = make_server("127.0.0.1", 0, Application(), threaded=True, request_handler=_Handler)
    announce(folder, name, server.server_port)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

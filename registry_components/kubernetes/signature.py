"""AWS's request signature, version 4, for one POST of JSON: the pod needs no SDK of a hundred megabytes for it."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit


class AwsLogin(NamedTuple):
    """An access key, and the session token of one that passes."""

    key_id: str
    secret: str
    session: str | None = None

    def __repr__(self) -> str:
        return "AwsLogin(…)"


def signed_headers(
    url: str, headers: dict[str, str], body: bytes, *, login: AwsLogin, where: tuple[str, str], now: datetime
) -> dict[str, str]:
    """Return the headers of a POST with its signature; `where` is region and service, `now` is in UTC.

    AWS General Reference, "Create a signed AWS API request"; the path is `/` and there is no query.
    """
    region, service = where
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    sent = {name.lower(): value.strip() for name, value in headers.items()}
    sent |= {"host": urlsplit(url).netloc, "x-amz-date": stamp}
    if login.session is not None:
        sent["x-amz-security-token"] = login.session
    names = ";".join(sorted(sent))
    lines = [f"{name}:{sent[name]}" for name in sorted(sent)]
    request = "\n".join(["POST", "/", "", *lines, "", names, hashlib.sha256(body).hexdigest()])
    scope = f"{day}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{login.secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    sent["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={login.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return sent

"""A Docker-compatible engine of this machine as a rehearsal uses it: what it makes has a mark, and all of it goes."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from ..core.errors import StackError, stack_error

ENGINE: Final = "REGC_REHEARSAL_DOCKER"
"""The environment variable with the engine's address; without it a model keeps what is made."""
_LABEL: Final = "registry-components.rehearsal"
_NOTHING: Final = "registry-components-rehearsal/nothing"
_KINDS: Final = ("containers", "networks", "volumes")
_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.2


class EngineError(StackError):
    """What the engine said no to; `status` is its HTTP status, 0 where it did not answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class DockerApi:
    """One engine, and what one rehearsal made there.

    Names get a mark in front, so that nothing of the engine's own is met; in their network containers are found by
    the name that was said.
    """

    def __init__(self, address: str, folder: Path) -> None:
        self.mark = f"rehearsal-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:10]}"
        parts = urlsplit(address)
        if parts.scheme == "unix" and parts.path.startswith("/"):
            transport, self._root = httpx.HTTPTransport(uds=parts.path), "http://docker"
        elif parts.scheme in ("tcp", "http") and parts.hostname:
            transport, self._root = httpx.HTTPTransport(), f"http://{parts.netloc}"
        else:
            raise stack_error(f"{address!r} is not a Docker engine's address; give it as unix:///var/run/docker.sock")
        self._address = address
        self._http = httpx.Client(
            transport=transport, base_url=f"{self._root}/v1.40", timeout=_SECONDS, trust_env=False
        )

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def name(self, said: str) -> str:
        """Return what something is called on the engine."""
        return f"{self.mark}-{said}"

    def labels(self, said: Mapping[str, str]) -> dict[str, str]:
        """Return labels with the mark of this rehearsal."""
        return {**said, _LABEL: self.mark}

    def call(self, method: str, path: str, *, absent: bool = False, **options: Any) -> Any:
        """Return the answer's JSON, or None; with `absent` also where there is no such thing.

        Raises `EngineError` with the engine's own words.
        """
        try:
            answer = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise EngineError(
                f"the Docker engine at {self._address} does not answer ({type(error).__name__}); start it, or correct "
                "its address"
            ) from None
        if answer.status_code == 404 and absent:
            return None
        # 304: started or stopped already.
        if not answer.is_success and answer.status_code != 304:
            raise EngineError(_said(answer), answer.status_code)
        try:
            return json.loads(answer.content)
        except ValueError:
            return None

    def has_image(self, reference: str) -> bool:
        """Return whether the engine has an image."""
        return self.call("GET", f"/images/{quote(reference, safe='/:@')}/json", absent=True) is not None

    def nothing(self) -> str:
        """Return an image with no file in it, which containers can be made from and not started."""
        if not self.has_image(_NOTHING):
            empty = io.BytesIO()
            with tarfile.open(fileobj=empty, mode="w") as tar:
                for folder in ("dev", "proc", "sys", "tmp", "etc", "var"):
                    entry = tarfile.TarInfo(folder)
                    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                    tar.addfile(entry)
            self.call(
                "POST",
                "/images/create",
                params={"fromSrc": "-", "repo": _NOTHING, "changes": 'CMD ["/nothing"]'},
                content=empty.getvalue(),
                headers={"content-type": "application/x-tar"},
            )
        return _NOTHING

    def upload(self, container: str, upload: Mapping[str, Any], content: bytes, mounts: Iterable[str]) -> None:
        """Put one file into a container that is not started; `mounts` are where its volumes are.

        Podman looks for volumes at the path that it unpacks at, not below it: it is given the volume's.
        """
        path = Path(str(upload["file"]))
        inside = [Path(mount) for mount in mounts if path.is_relative_to(mount)]
        target = max(inside, key=lambda found: len(found.parts), default=Path("/"))
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as tar:
            entry = tarfile.TarInfo(str(path.relative_to(target)))
            entry.size, entry.mode = len(content), int(str(upload.get("permissions") or "644"), 8)
            entry.uid, entry.gid = int(upload.get("owner") or 0), int(upload.get("group") or 0)
            tar.addfile(entry, io.BytesIO(content))
        self.call(
            "PUT",
            f"/containers/{container}/archive",
            params={"path": str(target)},
            content=data.getvalue(),
            headers={"content-type": "application/x-tar"},
        )

    def wait(self, container: str, *, healthy: bool, seconds: float) -> None:
        """Wait until a container has ended, or with `healthy` until its own check says that it is well."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.call("GET", f"/containers/{container}/json")["State"]
            if not healthy and not found["Running"]:
                return
            if healthy and not found["Running"]:
                raise EngineError(f"the container ended with exit code {found.get('ExitCode')}")
            if healthy and self._well(container, found):
                return
            if time.monotonic() > deadline:
                raise EngineError(f"the container was not {'healthy' if healthy else 'done'} in {seconds:g} seconds")
            time.sleep(_LOOK_SECONDS)

    def _well(self, container: str, state: Mapping[str, Any]) -> bool:
        # Podman runs checks by timers of systemd, or when it is asked to.
        answer = self._http.get(f"{self._root}/v4.0.0/libpod/containers/{container}/healthcheck")
        if answer.status_code == 200:
            return bool(answer.json().get("Status") == "healthy")
        return bool((state.get("Health") or {}).get("Status") == "healthy")

    def clean(self) -> None:
        """Remove all that this rehearsal made and that is still there."""
        mine = json.dumps({"label": [f"{_LABEL}={self.mark}"]})
        for kind in _KINDS:
            path = "/containers/json" if kind == "containers" else f"/{kind}"
            found = self.call("GET", path, params={"filters": mine, "all": "true"})
            for one in (found["Volumes"] if kind == "volumes" else found) or []:
                name = one.get("Id") or one.get("Name")
                self.call("DELETE", f"/{kind}/{name}", absent=True, params={"force": "true", "v": "true"})
        with suppress(EngineError):  # where another rehearsal still uses it
            self.call("DELETE", f"/images/{_NOTHING}", absent=True)


def _said(answer: httpx.Response) -> str:
    try:
        found = answer.json()
    except ValueError:
        found = None
    told = found.get("message") if isinstance(found, dict) else None
    return str(told) if told else f"HTTP {answer.status_code}"


__all__ = ["ENGINE", "DockerApi", "EngineError"]

"""The connection that a kubeconfig file describes."""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..core.clients import in_rehearsal
from ..core.errors import stack_error
from .api import KubernetesApi, connected

_HELPER_SECONDS = 60
_PATH_LENGTH = 255
# Without them another machine, or somebody with other rights, would be asked.
_UNKNOWN_OF_CLUSTER = ("proxy-url", "tls-server-name")
_UNKNOWN_OF_USER = ("as", "as-groups", "as-uid", "as-user-extra", "auth-provider")


def from_kubeconfig(said: str | None, context: str | None = None) -> KubernetesApi:
    """Return the connection for the text of a kubeconfig file, or its path; by default as kubectl finds it.

    In a rehearsal it is the rehearsal's cluster. Raises `StackError` where it cannot be read, or says what is not known
    here.
    """
    rehearsed = in_rehearsal(_rehearsed)
    if rehearsed is not None:
        return rehearsed
    text, folder = _text(said)
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError:
        tree = None
    if not isinstance(tree, dict):
        raise stack_error("the kubeconfig is not YAML; give the text of one, or its path")
    name = context or tree.get("current-context")
    chosen = _named(tree, "contexts", name).get("context") or {}
    cluster = _named(tree, "clusters", chosen.get("cluster")).get("cluster") or {}
    user = _named(tree, "users", chosen.get("user")).get("user") or {}
    if not isinstance(cluster.get("server"), str):
        raise stack_error(f"the kubeconfig's cluster {chosen.get('cluster')!r} has no server; add it")
    for where, found, unknown in (("cluster", cluster, _UNKNOWN_OF_CLUSTER), ("user", user, _UNKNOWN_OF_USER)):
        for key in unknown:
            if found.get(key):
                raise stack_error(f"the kubeconfig's {where} has {key}, which this does not know; use another context")
    user = {**user, **_helper(user, folder)}
    return connected(cluster["server"], verify=_trust(cluster, user, folder), headers=_headers(user, folder))


def _rehearsed() -> KubernetesApi:
    from ..rehearsal.kubernetes_api import rehearsed

    return rehearsed()


def _text(said: str | None) -> tuple[str, Path]:
    path = Path(said) if said is not None and "\n" not in said and not said.lstrip().startswith("{") else None
    if said is None:
        path = Path(os.environ.get("KUBECONFIG", "").split(os.pathsep)[0] or Path.home() / ".kube" / "config")
    if path is None:
        return str(said), Path.cwd()
    try:
        return path.expanduser().read_text(encoding="utf-8"), path.expanduser().parent
    except OSError as error:
        # What is that long is rather a kubeconfig in base64, which is not to be told.
        if len(str(path)) > _PATH_LENGTH:
            told = "the kubeconfig is neither the text of one nor a path; decode it where it is base64"
            raise stack_error(told) from None
        raise stack_error(f"the kubeconfig {path} cannot be read: {error.strerror}") from None


def _named(tree: Mapping[str, Any], kind: str, name: Any) -> dict[str, Any]:
    found: list[dict[str, Any]] = [
        one for one in tree.get(kind) or [] if isinstance(one, dict) and one.get("name") == name
    ]
    if not found:
        raise stack_error(f"the kubeconfig has no {name!r} in {kind}; name a context that is there")
    return found[0]


def _bytes(source: Mapping[str, Any], key: str, folder: Path) -> bytes | None:
    if source.get(f"{key}-data"):
        try:
            return base64.b64decode("".join(str(source[f"{key}-data"]).split()), validate=True)
        except ValueError:
            raise stack_error(f"the kubeconfig's {key}-data is not base64; correct it") from None
    if source.get(key):
        try:
            return (folder / str(source[key])).read_bytes()
        except OSError as error:
            raise stack_error(f"the kubeconfig's {key} cannot be read: {error.strerror}") from None
    return None


def _trust(cluster: Mapping[str, Any], user: Mapping[str, Any], folder: Path) -> Any:
    authority = _bytes(cluster, "certificate-authority", folder)
    try:
        context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    except (ssl.SSLError, UnicodeDecodeError):
        raise stack_error("the kubeconfig's certificate-authority is no certificate; correct it") from None
    if cluster.get("insecure-skip-tls-verify") is True:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    certificate, key = _bytes(user, "client-certificate", folder), _bytes(user, "client-key", folder)
    if certificate is not None and key is not None:
        # Python reads a client's key from a file alone; this one is gone before the first request.
        with tempfile.TemporaryDirectory() as where:
            file = Path(where) / "client.pem"
            file.touch(mode=0o600)
            file.write_bytes(certificate + b"\n" + key)
            context.load_cert_chain(file)
    return context


def _headers(user: Mapping[str, Any], folder: Path) -> dict[str, str]:
    token = user.get("token")
    if not token and user.get("tokenFile"):
        try:
            token = (folder / user["tokenFile"]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise stack_error(f"the kubeconfig's tokenFile cannot be read: {error.strerror}") from None
    if token:
        return {"Authorization": f"Bearer {token}"}
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password', '')}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {}


def _helper(user: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return what a credential plug-in (client.authentication.k8s.io) says."""
    said = user.get("exec")
    if not isinstance(said, dict):
        return {}
    command = str(said.get("command"))
    if os.sep in command:
        command = str(folder / command)
    variables = {item["name"]: item["value"] for item in said.get("env") or []}
    asked = {"apiVersion": said.get("apiVersion"), "kind": "ExecCredential", "spec": {"interactive": False}}
    try:
        done = subprocess.run(
            [command, *(said.get("args") or [])],
            env={**os.environ, **variables, "KUBERNETES_EXEC_INFO": json.dumps(asked)},
            capture_output=True,
            text=True,
            timeout=_HELPER_SECONDS,
            check=True,
        )
        status = json.loads(done.stdout)["status"]
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
        raise stack_error(f"the kubeconfig's plug-in {command} gave no credential; run it by hand") from None
    found = {"token": status.get("token")}
    for key, name in (("clientCertificateData", "client-certificate"), ("clientKeyData", "client-key")):
        if status.get(key):
            found[f"{name}-data"] = base64.b64encode(status[key].encode()).decode()
    return {key: value for key, value in found.items() if value}

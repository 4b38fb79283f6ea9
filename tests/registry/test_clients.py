"""Registry proof: skopeo and podman log in, push and pull; with a wrong password they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry_components.oci.image import build_image
from registry_components.oci.layout import ImageLayout
from tests.support.clients import client
from tests.support.local_stack import LocalStack

pytestmark = pytest.mark.registry


@pytest.fixture
def layout(tmp_path: Path) -> str:
    """An OCI layout with one image, as a source that both clients read."""
    with build_image({"etc/hello": b"hello"}) as image:
        ImageLayout(tmp_path / "layout").write(image, tag="v1")
    return f"oci:{tmp_path / 'layout'}:v1"


@pytest.mark.parametrize("name", ["skopeo", "podman"])
def test_login_with_a_wrong_password(name: str, local_stack: LocalStack) -> None:
    with client(name) as tool:
        refused = tool.login(local_stack.server, local_stack.username, "wrong-password")
        assert refused.returncode != 0
        assert "invalid username/password" in refused.stderr


def test_skopeo(local_stack: LocalStack, layout: str, tmp_path: Path) -> None:
    image = f"docker://{local_stack.server}/clients/skopeo:v1"
    with client("skopeo") as skopeo:
        anonymous = skopeo.run("copy", "--dest-tls-verify=false", layout, image)
        assert anonymous.returncode != 0
        assert "authentication required" in anonymous.stderr

        login = skopeo.login(local_stack.server, local_stack.username, local_stack.password)
        assert login.returncode == 0, login.stderr
        pushed = skopeo.run("copy", "--dest-tls-verify=false", "--preserve-digests", layout, image)
        assert pushed.returncode == 0, pushed.stderr
        target = f"oci:{tmp_path / 'back'}:v1"
        pulled = skopeo.run("copy", "--src-tls-verify=false", "--preserve-digests", image, target)
        assert pulled.returncode == 0, pulled.stderr
    assert _blobs(tmp_path / "back") == _blobs(tmp_path / "layout")


def test_podman(local_stack: LocalStack, layout: str) -> None:
    image = f"{local_stack.server}/clients/podman:v1"
    with client("podman") as podman:
        loaded = podman.run("pull", "--quiet", layout)
        assert loaded.returncode == 0, loaded.stderr
        name = loaded.stdout.strip()
        anonymous = podman.run("push", "--tls-verify=false", name, f"docker://{image}")
        assert anonymous.returncode != 0
        assert "authentication required" in anonymous.stderr

        login = podman.login(local_stack.server, local_stack.username, local_stack.password)
        assert login.returncode == 0, login.stderr
        pushed = podman.run("push", "--tls-verify=false", name, f"docker://{image}")
        assert pushed.returncode == 0, pushed.stderr
        removed = podman.run("rmi", "--all", "--force")
        assert removed.returncode == 0, removed.stderr
        pulled = podman.run("pull", "--quiet", "--tls-verify=false", image)
        assert pulled.returncode == 0, pulled.stderr
        assert pulled.stdout.strip() == name


def _blobs(layout: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (layout / "blobs" / "sha256").iterdir()}

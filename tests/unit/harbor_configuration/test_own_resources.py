"""Unit proof: this library's own resources in Harbor, over HTTP, against a server that is held to Harbor's document."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest

from registry_components.core.clients import Clients
from registry_components.core.errors import StackError
from registry_components.harbor.configuration import client as client_module
from registry_components.harbor.configuration.client import HarborClient
from registry_components.harbor.configuration.errors import HarborError
from registry_components.rehearsal.harbor_model import DEFAULT_SCANNER
from tests.support.fake_harbor import FakeHarbor, fake_harbor
from tests.unit.harbor_configuration.applying import PROVIDERS

pytestmark = pytest.mark.unit

PASSWORD = "Admin-pass-word-1234"
LOGIN = "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
CLAIR = {
    "name": "clair",
    "url": "https://clair.example.com",
    "description": "",
    "auth": "Bearer",
    "credential": "scanner-secret-1",
    "skip_cert_verify": False,
    "internal_address": False,
    "enabled": True,
}
POLICY = {
    "project": "shop",
    "instance": "edge",
    "name": "releases",
    "description": "",
    "filters": '[{"type": "repository", "value": "**"}]',
    "trigger": '{"type": "manual"}',
    "scope": "all_peers",
    "enabled": True,
}


@pytest.fixture
def harbor(tmp_path: Path) -> Iterator[FakeHarbor]:
    def quick(self: HarborClient, attempt: int) -> None:
        """Pause no time."""

    with (
        mock.patch.object(client_module, "_clients", Clients()),
        mock.patch.object(HarborClient, "_pause", quick),
        fake_harbor(tmp_path, password=PASSWORD) as service,
    ):
        service.answer("POST", "/projects", LOGIN, {"project_name": "shop"})
        edge = {"name": "edge", "vendor": "kraken", "endpoint": "https://peers.example.com"}
        service.answer("POST", "/p2p/preheat/instances", LOGIN, edge)
        yield service
        for made in client_module._clients.made.values():
            made.close()
        assert service.undocumented == []
        assert service.cookies == []


def props(harbor: FakeHarbor, said: dict[str, Any], password: str = PASSWORD) -> dict[str, Any]:
    return {
        **said,
        "harbor": {"url": harbor.url, "insecure": False},
        "login": {"username": "admin", "password": password},
    }


def failing(harbor: FakeHarbor, kind: str, said: dict[str, Any], password: str = PASSWORD) -> str:
    with pytest.raises(HarborError) as caught:
        PROVIDERS[kind].create(props(harbor, said, password))
    return str(caught.value).replace(harbor.url, "URL")


def test_a_scanner_lives(harbor: FakeHarbor) -> None:
    provider, said = PROVIDERS["Scanner"], props(harbor, CLAIR)
    made = provider.create(said)
    assert made.outs is not None
    assert harbor.kept("scanners")[str(made.id)]["access_credential"] == "scanner-secret-1"
    assert provider.read(str(made.id), made.outs).outs == made.outs
    assert not provider.diff(str(made.id), made.outs, said).changes
    changed = {**said, "description": "Clair 5", "credential": "scanner-secret-2"}
    assert provider.diff(str(made.id), made.outs, changed).changes
    provider.update(str(made.id), made.outs, changed)
    assert harbor.kept("scanners")[str(made.id)]["access_credential"] == "scanner-secret-2"
    with harbor.change() as state:
        state["scanners"][str(made.id)]["disabled"] = True
    assert (provider.read(str(made.id), changed).outs or {})["enabled"] is False
    provider.delete(str(made.id), changed)
    provider.delete(str(made.id), changed)
    assert list(harbor.kept("scanners")) == [DEFAULT_SCANNER]
    assert provider.read(str(made.id), changed).id == ""


def test_a_new_login_alone_asks_nothing(harbor: FakeHarbor) -> None:
    for kind, said in (("Scanner", CLAIR), ("PreheatPolicy", POLICY)):
        made = PROVIDERS[kind].create(props(harbor, said))
        assert made.outs is not None
        harbor.calls.clear()
        other = props(harbor, said, "another-Password-1")
        assert PROVIDERS[kind].diff(str(made.id), made.outs, other).changes
        PROVIDERS[kind].update(str(made.id), made.outs, other)
        assert harbor.calls == []


def test_a_scanner_that_an_interrupted_run_made_is_taken_over(harbor: FakeHarbor) -> None:
    harbor.fail("POST", "/scanners", "drop")
    assert failing(harbor, "Scanner", CLAIR) == (
        "cannot register scanner 'clair': URL cannot be reached (the connection broke off); run it again later"
    )
    first = PROVIDERS["Scanner"].create(props(harbor, CLAIR))
    again = PROVIDERS["Scanner"].create(props(harbor, {**CLAIR, "description": "mine"}))
    assert first.id == again.id
    assert harbor.kept("scanners")[str(again.id)]["description"] == "mine"


def test_a_scanner_of_somebody_else_is_refused(harbor: FakeHarbor) -> None:
    PROVIDERS["Scanner"].create(props(harbor, CLAIR))
    assert failing(harbor, "Scanner", {**CLAIR, "url": "https://other.example.com"}) == (
        "cannot register scanner 'clair': the scanner 'clair' has the same name, of which Harbor takes one; take "
        "another name"
    )
    assert failing(harbor, "Scanner", {**CLAIR, "name": "other"}) == (
        "cannot register scanner 'other': the scanner 'clair' has the same url, of which Harbor takes one; take "
        "another url"
    )


def test_a_default_scanner_hands_over_before_it_goes(harbor: FakeHarbor) -> None:
    made = PROVIDERS["Scanner"].create(props(harbor, CLAIR))
    harbor.answer("PATCH", f"/scanners/{made.id}", LOGIN, {"is_default": True})
    PROVIDERS["Scanner"].delete(str(made.id), props(harbor, CLAIR))
    (left,) = harbor.kept("scanners").values()
    assert left["is_default"]


def test_the_scanner_of_a_project(harbor: FakeHarbor) -> None:
    clair = PROVIDERS["Scanner"].create(props(harbor, CLAIR))
    provider, said = PROVIDERS["ProjectScanner"], props(harbor, {"project": "shop", "scanner": str(clair.id)})
    made = provider.create(said)
    assert (made.id, harbor.kept("project_scanners")) == ("shop", {"1": clair.id})
    assert provider.read("shop", said).outs == made.outs
    provider.delete("shop", said)
    assert harbor.kept("project_scanners") == {"1": DEFAULT_SCANNER}
    missing = props(harbor, {"project": "gone", "scanner": str(clair.id)})
    provider.delete("gone", missing)
    assert provider.read("gone", missing).id == ""


def test_a_preheat_policy_lives(harbor: FakeHarbor) -> None:
    provider, said = PROVIDERS["PreheatPolicy"], props(harbor, POLICY)
    made = provider.create(said)
    assert made.id == "shop/releases"
    kept = harbor.kept("preheat")["1"]["releases"]
    assert (kept["extra_attrs"], kept["provider_name"]) == ('{"scope": "all_peers"}', "edge")
    assert provider.read("shop/releases", said).outs == made.outs
    changed = {**said, "scope": "single_peer"}
    provider.update("shop/releases", said, changed)
    assert provider.read("shop/releases", changed).outs == changed
    assert provider.diff("shop/releases", said, {**said, "name": "other"}).replaces == ["name"]
    provider.delete("shop/releases", said)
    provider.delete("shop/releases", said)
    assert harbor.kept("preheat") == {"1": {}}
    with pytest.raises(HarborError, match="it is gone; run `pulumi refresh`"):
        provider.update("shop/releases", said, changed)


def test_a_preheat_policy_is_taken_over_or_refused(harbor: FakeHarbor) -> None:
    PROVIDERS["PreheatPolicy"].create(props(harbor, POLICY))
    PROVIDERS["PreheatPolicy"].create(props(harbor, POLICY))
    assert failing(harbor, "PreheatPolicy", {**POLICY, "enabled": False}) == (
        "cannot make preheat policy 'shop/releases': there is one, with other settings; take another name, or remove it"
    )
    # Between the look and the request somebody else makes it.
    other = {**POLICY, "name": "raced"}
    PROVIDERS["PreheatPolicy"].create(props(harbor, other))
    harbor.fail("GET", "/projects/shop/preheat/policies/raced", "404")
    assert failing(harbor, "PreheatPolicy", other) == (
        "cannot make preheat policy 'shop/raced': it exists already (409: preheat policy raced already exists); take "
        "another name, or remove the other"
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"instance": "nowhere"}, "there is no preheat instance 'nowhere'; correct the name"),
        ({"project": "nowhere"}, "there is no project 'nowhere'; correct the name"),
        (
            {"trigger": '{"type": "scheduled", "trigger_setting": {"cron": "* * * * *"}}'},
            "Harbor does not take it (400: the cron '* * * * *' has no six fields of which the first is 0)",
        ),
    ],
)
def test_a_preheat_policy_that_cannot_be(harbor: FakeHarbor, changes: dict[str, Any], told: str) -> None:
    said = {**POLICY, **changes}
    message = f"cannot make preheat policy '{said['project']}/releases': {told}"
    assert failing(harbor, "PreheatPolicy", said) == message


def test_settings_of_a_project(harbor: FakeHarbor) -> None:
    provider = PROVIDERS["ProjectSettings"]
    said = props(
        harbor,
        {
            "project": "shop",
            "provider": "{}",
            "settings": {
                "cve_allowlist": {"ids": ["CVE-1"], "expires_at": 1893456000.0},
                "metadata": {"proxy_speed_kb": "100", "max_upstream_conn": "5"},
            },
        },
    )
    provider.create(said)
    (project,) = harbor.kept("projects").values()
    assert project["cve_allowlist"] == {"items": [{"cve_id": "CVE-1"}], "expires_at": 1893456000}
    assert project["metadata"]["reuse_sys_cve_allowlist"] == "false"
    assert provider.read("shop", said).outs == said
    fewer = {**said, "settings": {"metadata": {"proxy_speed_kb": "100"}}}
    provider.update("shop", said, fewer)
    (project,) = harbor.kept("projects").values()
    assert project["metadata"] | {"max_upstream_conn": "-1", "proxy_speed_kb": "100"} == project["metadata"]
    provider.delete("shop", fewer)
    (project,) = harbor.kept("projects").values()
    assert project["metadata"]["proxy_speed_kb"] == "-1"
    provider.delete("gone", {**fewer, "project": "gone"})
    assert provider.read("gone", {**fewer, "project": "gone"}).id == ""


def test_settings_of_the_whole_harbor(harbor: FakeHarbor) -> None:
    provider = PROVIDERS["SystemSettings"]
    said = props(
        harbor, {"settings": {"token_expiration": 30.0, "oidc_extra_redirect_parms": '{"a": "b"}', "oidc_logout": True}}
    )
    made = provider.create(said)
    assert made.id == "configurations"
    with harbor.change() as state:
        assert state["configurations"]["token_expiration"] == 30
        state["configurations"]["oidc_extra_redirect_parms"] = '{"a":"b"}'
    assert not provider.diff("configurations", provider.read("configurations", said).outs or {}, said).changes
    with harbor.change() as state:
        state["configurations"]["token_expiration"] = 5
    assert provider.diff("configurations", provider.read("configurations", said).outs or {}, said).changes
    provider.delete("configurations", said)
    assert harbor.kept("configurations")["token_expiration"] == 5


def test_a_setting_that_is_unknown_is_refused_before_anything_is_sent(harbor: FakeHarbor) -> None:
    with pytest.raises(ValueError, match="uaa_endpoint"):
        PROVIDERS["SystemSettings"].create(props(harbor, {"settings": {"uaa_endpoint": "https://x"}}))
    assert harbor.changes == []


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("400", "Harbor does not take it (400: a fault)"),
        ("401", "the login 'admin' is not accepted (401: a fault); correct username and password"),
        ("403", "the login 'admin' may not (403: a fault); give an administrator's"),
        ("404", "Harbor knows no such thing (404: a fault); correct the name"),
        ("409", "it exists already (409: a fault); take another name, or remove the other"),
        ("412", "something still depends on it (412: a fault); remove that first"),
        ("500", "Harbor does not take it (500: a fault)"),
    ],
)
def test_what_a_refusal_means(harbor: FakeHarbor, status: str, told: str) -> None:
    harbor.fail("POST", "/scanners", status)
    assert failing(harbor, "Scanner", CLAIR) == f"cannot register scanner 'clair': {told}"


def test_a_wrong_password_is_told_and_shown_nowhere(harbor: FakeHarbor) -> None:
    told = failing(harbor, "Scanner", CLAIR, "wrong-Password-1")
    assert told == (
        "cannot look for scanner 'clair': the login 'admin' is not accepted (401: unauthorized); correct username and "
        "password"
    )


def test_what_failed_in_passing_is_sent_again_if_it_may_be(harbor: FakeHarbor) -> None:
    harbor.fail("GET", "/scanners", "503", times=2)
    harbor.fail("GET", "/scanners", "drop")
    made = PROVIDERS["Scanner"].create(props(harbor, CLAIR))
    assert made.outs is not None
    harbor.fail("PUT", f"/scanners/{made.id}", "502")
    PROVIDERS["Scanner"].update(str(made.id), made.outs, {**made.outs, "description": "x"})
    harbor.fail("POST", "/projects/shop/preheat/policies", "503")
    assert failing(harbor, "PreheatPolicy", POLICY) == (
        "cannot make preheat policy 'shop/releases': Harbor does not take it (503: a fault)"
    )
    assert harbor.changes.count("POST /projects/shop/preheat/policies") == 1


def test_a_page_of_a_proxy_is_told(harbor: FakeHarbor) -> None:
    harbor.fail("GET", "/scanners", "page")
    assert failing(harbor, "Scanner", CLAIR) == (
        "cannot look for scanner 'clair': URL answered with something else than JSON; correct url, or the proxy on the "
        "way"
    )


def test_nobody_answers() -> None:
    client = HarborClient("http://127.0.0.1:9", "admin", PASSWORD, sleep=lambda _: None)
    with pytest.raises(HarborError) as caught:
        client.get("/projects", task="look")
    assert str(caught.value) == (
        "cannot look: http://127.0.0.1:9 cannot be reached (nobody answers there); run it again later"
    )
    assert PASSWORD not in repr(client)


def test_a_missing_password_is_told() -> None:
    with pytest.raises(StackError, match="username, password: are missing; set both"):
        client_module.client_for({"url": "https://x"}, {"username": "admin", "password": ""})


def test_an_answer_never_shows_the_password() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"errors": [{"code": "X", "message": f"bad {PASSWORD} here"}]})

    client = HarborClient("https://harbor.example.com", "admin", PASSWORD, transport=httpx.MockTransport(answer))
    with pytest.raises(HarborError) as caught:
        client.get("/projects", task="look")
    assert str(caught.value) == "cannot look: Harbor does not take it (400: bad [secret] here)"


def test_a_certificate_is_checked_unless_said_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    with fake_harbor(tmp_path / "state", password=PASSWORD, certificate=(certificate, key)) as service:

        def projects(**how: Any) -> Any:
            client = HarborClient(service.url, "admin", PASSWORD, sleep=lambda _: None, **how)
            try:
                return client.get("/projects", task="look")
            finally:
                client.close()

        with pytest.raises(HarborError) as caught:
            projects()
        assert str(caught.value) == (
            f"cannot look: the certificate of {service.url} is not trusted; let this machine trust the authority that "
            "signed it (SSL_CERT_FILE), or correct the certificate"
        )
        assert projects(insecure=True) == []
        assert projects(ca_certificate=certificate.read_text()) == []

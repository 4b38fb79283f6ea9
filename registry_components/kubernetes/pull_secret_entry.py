"""The resource of an entry in a service account's `imagePullSecrets`, made by this library over the API."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..core.args import reveal
from ..core.component import PACKAGE
from ..core.dynamic import Provider
from .api import ApiError, KubernetesApi
from .attachment import AddedEntry

_PLACE = ("namespace", "account", "secret")


class _EntryProvider(Provider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        from .service_account_entry import attach

        api = _api(props)
        try:
            attach(api, *_place(props))
        finally:
            api.close()
        return CreateResult("/".join(_place(props)), props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        moved = [key for key in _PLACE if _olds.get(key) != _news.get(key)]
        changes = bool(moved) or any(_olds.get(key) != _news.get(key) for key in ("kubeconfig", "context", "there"))
        return DiffResult(changes=changes, replaces=moved, delete_before_replace=False)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(_news).outs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        from .service_account_entry import has_entry, path_of

        api = _api(props)
        namespace, account, secret = _place(props)
        try:
            found = api.get(path_of(namespace, account))
        except ApiError as error:
            if error.status == 404:
                return ReadResult("", {})
            raise
        finally:
            api.close()
        return ReadResult(id_, props) if has_entry(found, secret) else ReadResult("", {})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        from .service_account_entry import detach

        api = _api(_props)
        try:
            detach(api, *_place(_props))
        finally:
            api.close()


def _place(props: dict[str, Any]) -> tuple[str, str, str]:
    namespace, account, secret = (str(props[key]) for key in _PLACE)
    return namespace, account, secret


def _api(props: dict[str, Any]) -> KubernetesApi:
    from .kubeconfig import from_kubeconfig

    return from_kubeconfig(props.get("kubeconfig"), props.get("context"))


class PullSecretEntry(Resource, module=PACKAGE, name="PullSecretEntry"):
    """One entry, beside others'."""

    def __init__(
        self,
        name: str,
        said: AddedEntry,
        place: tuple[str, str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = dict(zip(_PLACE, place, strict=True))
        connection = {"kubeconfig": reveal(said.kubeconfig), "context": said.context}
        secret = pulumi.ResourceOptions(additional_secret_outputs=["kubeconfig"])
        super().__init__(
            _EntryProvider(), name, {**properties, **connection}, pulumi.ResourceOptions.merge(opts, secret)
        )

"""Identity and Access Management, on moto, which knows Amazon's own managed policies too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, ClassVar, Final, Literal
from urllib.parse import unquote

from ..emulator import AutoName, Property, Refusal, ResourceType, known_items
from .aws_cloud import AwsCloud
from .aws_secrets import name_of, named_once
from .aws_types import (
    OUTPUT,
    STRING,
    AwsType,
    Values,
    arn_refused,
    document,
    flag,
    given,
    objects,
    tag_changes,
    tag_list,
    tag_map,
    tagged,
    text,
    whole,
)

_NAME: Final = re.compile(r"[0-9A-Za-z=,.@_+-]+")
_MOST_VERSIONS: Final = 5


def name_refused(inputs: Values, most: int) -> Iterable[Refusal]:
    """Yield a refusal of a name that IAM does not take."""
    yield from named_once(inputs)
    name = inputs.get("name")
    if isinstance(name, str) and not (_NAME.fullmatch(name) and len(name) <= most):
        yield Refusal("name", f"must be 1 to {most} letters, digits and =,.@-_+")


def document_text(value: Any) -> str:
    """Return a policy document as text: botocore decodes what IAM encodes."""
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict) else unquote(str(value))


class IamType(AwsType):
    """A type of IAM, which has no regions."""

    service = "iam"
    regional = False
    gone = ("NoSuchEntity",)


class Role(IamType):
    """A role."""

    token = "aws:iam/role:Role"  # noqa: S105
    policies = ("assumeRolePolicy",)
    auto_name = AutoName(max_length=64, unless=("namePrefix",))
    name_property = "name"
    properties = tagged(
        {
            "arn": OUTPUT,
            "assumeRolePolicy": document(required=True),
            "createDate": OUTPUT,
            "description": STRING,
            "forceDetachPolicies": flag(default=False, write_only=True),
            "inlinePolicies": objects({"name": STRING, "policy": document()}, computed=True, unordered=True),
            "managedPolicyArns": Property("array", items=STRING, computed=True, unordered=True),
            "maxSessionDuration": whole(default=3600),
            "name": text(replaces=True, computed=True),
            "namePrefix": text(replaces=True, computed=True),
            "path": text(default="/", replaces=True),
            "permissionsBoundary": STRING,
            "uniqueId": OUTPUT,
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider's own validation refuses."""
        yield from name_refused(inputs, 64)
        yield from arn_refused(inputs, "permissionsBoundary")
        seconds = inputs.get("maxSessionDuration")
        if isinstance(seconds, int) and not 3600 <= seconds <= 43200:
            yield Refusal("maxSessionDuration", f"must be 3600 to 43200 seconds, not {seconds}")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "CreateRole", given(
            RoleName=inputs.get("name") or inputs.get("namePrefix"),
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Description=inputs.get("description"),
            MaxSessionDuration=inputs.get("maxSessionDuration"),
            Path=inputs.get("path"),
            PermissionsBoundary=inputs.get("permissionsBoundary"),
            Tags=tag_list(inputs.get("tags")) or None,
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create it, with the policies that are given with it."""
        operation, parameters = self.request(inputs)
        name = name_of(inputs)
        self.call(cloud, inputs, operation, **{**parameters, "RoleName": name})
        self._put_policies(cloud, name, {}, inputs)
        return name

    def _put_policies(self, cloud: AwsCloud, name: str, old: Values, inputs: Values) -> None:
        if inputs.get("inlinePolicies") is not None:
            before = {item["name"]: item for item in old.get("inlinePolicies") or ()}
            after = {item["name"]: item for item in inputs["inlinePolicies"] if item.get("name")}
            for key in sorted(before.keys() - after.keys()):
                self.call(cloud, inputs, "DeleteRolePolicy", RoleName=name, PolicyName=key)
            for key, item in sorted(after.items()):
                put = {"PolicyName": key, "PolicyDocument": item["policy"]}
                self.call(cloud, inputs, "PutRolePolicy", RoleName=name, **put)
        if inputs.get("managedPolicyArns") is not None:
            had, wanted = set(old.get("managedPolicyArns") or ()), set(inputs["managedPolicyArns"])
            for arn in sorted(had - wanted):
                self.call(cloud, inputs, "DetachRolePolicy", RoleName=name, PolicyArn=arn)
            for arn in sorted(wanted - had):
                self.call(cloud, inputs, "AttachRolePolicy", RoleName=name, PolicyArn=arn)

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get it, and its policies."""
        found = self.call(cloud, known, "GetRole", RoleName=id)["Role"]
        tags = tag_map(found.get("Tags"))
        return {
            "arn": found["Arn"],
            "assumeRolePolicy": document_text(found["AssumeRolePolicyDocument"]),
            "createDate": found["CreateDate"].isoformat(),
            "description": found.get("Description") or None,
            "inlinePolicies": [
                {"name": name, "policy": self._inline(cloud, id, name, known)} for name in self._inlines(cloud, id)
            ],
            "managedPolicyArns": self._attached(cloud, id),
            "maxSessionDuration": found.get("MaxSessionDuration", 3600),
            "name": found["RoleName"],
            "namePrefix": known.get("namePrefix") or "",
            "path": found["Path"],
            "permissionsBoundary": (found.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
            "uniqueId": found["RoleId"],
            "tags": tags or None,
            "tagsAll": tags,
        }

    def _inlines(self, cloud: AwsCloud, name: str) -> list[str]:
        return sorted(self.call(cloud, {}, "ListRolePolicies", RoleName=name)["PolicyNames"])

    def _inline(self, cloud: AwsCloud, role: str, name: str, known: Values) -> str:
        found = document_text(self.call(cloud, {}, "GetRolePolicy", RoleName=role, PolicyName=name)["PolicyDocument"])
        asked = {item.get("name"): item.get("policy") for item in known.get("inlinePolicies") or ()}.get(name)
        return asked if asked is not None and AwsType.same(self, "assumeRolePolicy", asked, found) else found

    def _attached(self, cloud: AwsCloud, name: str) -> list[str]:
        answer = self.call(cloud, {}, "ListAttachedRolePolicies", RoleName=name)
        return sorted(item["PolicyArn"] for item in answer["AttachedPolicies"])

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Put what changed."""
        policy = inputs["assumeRolePolicy"]
        if not self.same("assumeRolePolicy", old.get("assumeRolePolicy"), policy):
            self.call(cloud, old, "UpdateAssumeRolePolicy", RoleName=id, PolicyDocument=policy)
        if any(old.get(key) != inputs.get(key) for key in ("description", "maxSessionDuration")):
            duration = given(MaxSessionDuration=inputs.get("maxSessionDuration"))
            self.call(cloud, old, "UpdateRole", RoleName=id, Description=inputs.get("description", ""), **duration)
        boundary = inputs.get("permissionsBoundary")
        if old.get("permissionsBoundary") != boundary:
            if boundary:
                self.call(cloud, old, "PutRolePermissionsBoundary", RoleName=id, PermissionsBoundary=boundary)
            else:
                self.call(cloud, old, "DeleteRolePermissionsBoundary", RoleName=id)
        self._put_policies(cloud, id, old, inputs)
        gone, put = tag_changes(old.get("tags") or {}, inputs.get("tags"))
        if gone:
            self.call(cloud, old, "UntagRole", RoleName=id, TagKeys=gone)
        if put:
            self.call(cloud, old, "TagRole", RoleName=id, Tags=tag_list(put))

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it, after its own policies, and after all others where that was asked for."""
        force = bool(known.get("forceDetachPolicies"))
        for arn in self._attached(cloud, id):
            if force or arn in (known.get("managedPolicyArns") or ()):
                self.call(cloud, known, "DetachRolePolicy", RoleName=id, PolicyArn=arn)
        own = {item.get("name") for item in known.get("inlinePolicies") or ()}
        for name in self._inlines(cloud, id):
            if force or name in own:
                self.call(cloud, known, "DeleteRolePolicy", RoleName=id, PolicyName=name)
        self.call(cloud, known, "DeleteRole", RoleName=id)


class OwnPolicy(IamType):
    """A policy that is part of a role or a user, whichever `holder` says."""

    holder: ClassVar[Literal["Role", "User"]]
    policies = ("policy",)
    auto_name = AutoName(max_length=128, unless=("namePrefix",))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        kind = cls.holder.lower()
        cls.token = f"aws:iam/{kind}Policy:{cls.holder}Policy"
        cls.properties = {
            "name": text(replaces=True, computed=True),
            "namePrefix": text(replaces=True, computed=True),
            "policy": document(required=True),
            kind: text(required=True, replaces=True),
        }

    def _policy(self, cloud: AwsCloud, known: Values, action: str, id: str, **more: Any) -> dict[str, Any]:  # noqa: A002
        holder, _, name = id.partition(":")
        wanted = {f"{self.holder}Name": holder, "PolicyName": name, **more}
        found: dict[str, Any] = self.call(cloud, known, f"{action}{self.holder}Policy", **wanted)
        return found

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield names that IAM does not take."""
        yield from name_refused(inputs, 128)

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Put it."""
        found = f"{inputs[self.holder.lower()]}:{name_of(inputs)}"
        self._policy(cloud, inputs, "Put", found, PolicyDocument=inputs["policy"])
        return found

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get it."""
        found = self._policy(cloud, known, "Get", id)
        holder, _, name = id.partition(":")
        return {
            "name": name,
            "namePrefix": known.get("namePrefix") or "",
            "policy": document_text(found["PolicyDocument"]),
            self.holder.lower(): holder,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Put it anew."""
        self._policy(cloud, old, "Put", id, PolicyDocument=inputs["policy"])

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it."""
        self._policy(cloud, known, "Delete", id)


class RolePolicy(OwnPolicy):
    """A policy that is part of a role."""

    holder = "Role"


class Policy(IamType):
    """A managed policy."""

    token = "aws:iam/policy:Policy"  # noqa: S105
    policies = ("policy",)
    auto_name = AutoName(max_length=128, unless=("namePrefix",))
    name_property = "name"
    properties = tagged(
        {
            "arn": OUTPUT,
            "attachmentCount": whole(output=True),
            "delayAfterPolicyCreationInMs": whole(write_only=True),
            "description": text(replaces=True),
            "name": text(replaces=True, computed=True),
            "namePrefix": text(replaces=True, computed=True),
            "path": text(default="/", replaces=True),
            "policy": document(required=True),
            "policyId": OUTPUT,
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield names that IAM does not take."""
        yield from name_refused(inputs, 128)

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "CreatePolicy", given(
            PolicyName=inputs.get("name") or inputs.get("namePrefix"),
            PolicyDocument=inputs["policy"],
            Description=inputs.get("description"),
            Path=inputs.get("path"),
            Tags=tag_list(inputs.get("tags")) or None,
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create it."""
        operation, parameters = self.request(inputs)
        made = self.call(cloud, inputs, operation, **{**parameters, "PolicyName": name_of(inputs)})
        return str(made["Policy"]["Arn"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get it and its default version."""
        found = self.call(cloud, known, "GetPolicy", PolicyArn=id)["Policy"]
        version = self.call(cloud, known, "GetPolicyVersion", PolicyArn=id, VersionId=found["DefaultVersionId"])
        tags = tag_map(found.get("Tags"))
        return {
            "arn": found["Arn"],
            "attachmentCount": found.get("AttachmentCount", 0),
            "description": found.get("Description") or None,
            "name": found["PolicyName"],
            "namePrefix": known.get("namePrefix") or "",
            "path": found["Path"],
            "policy": document_text(version["PolicyVersion"]["Document"]),
            "policyId": found["PolicyId"],
            "tags": tags or None,
            "tagsAll": tags,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Make a new default version; the oldest goes where there are five."""
        if not self.same("policy", old.get("policy"), inputs["policy"]):
            versions = self._versions(cloud, id)
            if len(versions) >= _MOST_VERSIONS:
                self.call(cloud, old, "DeletePolicyVersion", PolicyArn=id, VersionId=versions[0])
            policy = inputs["policy"]
            self.call(cloud, old, "CreatePolicyVersion", PolicyArn=id, PolicyDocument=policy, SetAsDefault=True)
        gone, put = tag_changes(old.get("tags") or {}, inputs.get("tags"))
        if gone:
            self.call(cloud, old, "UntagPolicy", PolicyArn=id, TagKeys=gone)
        if put:
            self.call(cloud, old, "TagPolicy", PolicyArn=id, Tags=tag_list(put))

    def _versions(self, cloud: AwsCloud, id_: str) -> list[str]:
        """Return the versions that are not the default one, oldest first."""
        versions = self.call(cloud, {}, "ListPolicyVersions", PolicyArn=id_)["Versions"]
        found = [item["VersionId"] for item in versions if not item["IsDefaultVersion"]]
        return sorted(found, key=lambda version: int(version[1:]))

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it with all its versions."""
        for version in self._versions(cloud, id):
            self.call(cloud, known, "DeletePolicyVersion", PolicyArn=id, VersionId=version)
        self.call(cloud, known, "DeletePolicy", PolicyArn=id)


class RolePolicyAttachment(IamType):
    """A managed policy on a role."""

    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"  # noqa: S105
    properties = {"policyArn": text(required=True, replaces=True), "role": text(required=True, replaces=True)}

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what is no ARN."""
        yield from arn_refused(inputs, "policyArn")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "AttachRolePolicy", {"RoleName": inputs["role"], "PolicyArn": inputs["policyArn"]}

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Attach it."""
        operation, parameters = self.request(inputs)
        self.call(cloud, inputs, operation, **parameters)
        return f"{inputs['role']}/{inputs['policyArn']}"

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any] | None:  # noqa: A002
        """Look for it among the role's."""
        role, _, arn = id.partition("/")
        attached = self.call(cloud, known, "ListAttachedRolePolicies", RoleName=role)["AttachedPolicies"]
        return {"role": role, "policyArn": arn} if any(item["PolicyArn"] == arn for item in attached) else None

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Detach it."""
        role, _, arn = id.partition("/")
        self.call(cloud, known, "DetachRolePolicy", RoleName=role, PolicyArn=arn)


class OpenIdConnectProvider(IamType):
    """An identity provider whose tokens roles trust."""

    token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"  # noqa: S105
    name_property = "url"
    properties = tagged(
        {
            "arn": OUTPUT,
            "clientIdLists": Property("array", items=STRING, required=True, unordered=True),
            "thumbprintLists": Property("array", items=STRING, computed=True),
            "url": text(required=True, replaces=True),
        }
    )

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider's own validation refuses."""
        url = inputs.get("url")
        if isinstance(url, str) and not re.fullmatch(r"https://[^?#]+", url):
            yield Refusal("url", "must be an https address without query")
        for index, print_ in enumerate(known_items(inputs, "thumbprintLists")):
            if isinstance(print_, str) and len(print_) != 40:
                yield Refusal(f"thumbprintLists[{index}]", "must have 40 characters")

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Return whether two addresses are the same but for https, which IAM leaves out."""
        return name == "url" and str(old).removeprefix("https://") == str(new).removeprefix("https://")

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Return the request that makes it."""
        return "CreateOpenIDConnectProvider", given(
            Url=inputs["url"],
            ClientIDList=inputs["clientIdLists"],
            ThumbprintList=inputs.get("thumbprintLists"),
            Tags=tag_list(inputs.get("tags")) or None,
        )

    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Create it."""
        operation, parameters = self.request(inputs)
        return str(self.call(cloud, inputs, operation, **parameters)["OpenIDConnectProviderArn"])

    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any]:  # noqa: A002
        """Get it."""
        found = self.call(cloud, known, "GetOpenIDConnectProvider", OpenIDConnectProviderArn=id)
        tags = tag_map(found.get("Tags"))
        return {
            "arn": id,
            "clientIdLists": found["ClientIDList"],
            "thumbprintLists": found.get("ThumbprintList") or [],
            "url": found["Url"],
            "tags": tags or None,
            "tagsAll": tags,
        }

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002
        """Put what changed; thumbprints cannot be taken away."""
        prints = inputs.get("thumbprintLists")
        arn = {"OpenIDConnectProviderArn": id}
        if prints and prints != old.get("thumbprintLists"):
            self.call(cloud, old, "UpdateOpenIDConnectProviderThumbprint", ThumbprintList=prints, **arn)
        before, after = set(old.get("clientIdLists") or ()), set(inputs["clientIdLists"])
        for client in sorted(after - before):
            self.call(cloud, old, "AddClientIDToOpenIDConnectProvider", ClientID=client, **arn)
        for client in sorted(before - after):
            self.call(cloud, old, "RemoveClientIDFromOpenIDConnectProvider", ClientID=client, **arn)
        gone, put = tag_changes(old.get("tags") or {}, inputs.get("tags"))
        if gone:
            self.call(cloud, old, "UntagOpenIDConnectProvider", TagKeys=gone, **arn)
        if put:
            self.call(cloud, old, "TagOpenIDConnectProvider", Tags=tag_list(put), **arn)

    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Delete it."""
        self.call(cloud, known, "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=id)


TYPES: Final[tuple[ResourceType, ...]] = (
    Role(),
    RolePolicy(),
    Policy(),
    RolePolicyAttachment(),
    OpenIdConnectProvider(),
)

__all__ = ["TYPES", "IamType", "document_text", "name_refused"]

"""What the emulated AWS resource types share: property shapes, tags, policy documents, and the order of requests."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..emulator import Proof, Property, Refusal, ResourceType, Unknown, has_unknown
from .aws_cloud import AwsCloud, AwsError, regions_refused

Values = Mapping[str, Any]

STRING: Final = Property("string")
TEXTS: Final = Property("array", items=STRING)
OUTPUT: Final = Property("string", output=True)
TAGS: Final = Property("map", items=STRING)
_REGION: Final = Property("string", computed=True, replaces=True)
_TAGS_ALL: Final = Property("map", items=STRING, output=True)
_ARN: Final = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(?:\d{12}|aws|cloudfront)?:.+")


def text(**options: Any) -> Property:
    """Return a string property."""
    return Property("string", **options)


def flag(**options: Any) -> Property:
    """Return a boolean property."""
    return Property("boolean", **options)


def whole(**options: Any) -> Property:
    """Return an integer property."""
    return Property("integer", **options)


def document(**options: Any) -> Property:
    """Return a property that holds a JSON document."""
    return Property("string", json=True, **options)


def objects(members: Mapping[str, Property], **options: Any) -> Property:
    """Return a property that is a list of objects."""
    return Property("array", items=Property("object", properties=members), **options)


def one(members: Mapping[str, Property], **options: Any) -> Property:
    """Return a property that is one object."""
    return Property("object", properties=members, **options)


def regional(properties: Mapping[str, Property], *, tagged: bool = False) -> dict[str, Property]:
    """Return the properties with the region that every regional resource has, and tags where it takes them."""
    more = {"tags": TAGS, "tagsAll": _TAGS_ALL} if tagged else {}
    return {**properties, "region": _REGION, **more}


def tagged(properties: Mapping[str, Property]) -> dict[str, Property]:
    """Return the properties of a resource without region, with tags."""
    return {**properties, "tags": TAGS, "tagsAll": _TAGS_ALL}


def given(**members: Any) -> dict[str, Any]:
    """Return the members that have a value; the service takes no nulls."""
    return {key: value for key, value in members.items() if value is not None}


def tag_list(tags: Values | None) -> list[dict[str, str]]:
    """Return tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in sorted((tags or {}).items())]


def tag_map(tags: Iterable[Mapping[str, Any]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """Return a service's list of tags as a map, without AWS's own."""
    return {tag[key]: tag.get(value, "") for tag in tags or () if not str(tag[key]).startswith("aws:")}


def tag_changes(old: Values, new: Values | None) -> tuple[list[str], dict[str, str]]:
    """Return which tags go and which are put."""
    new = new or {}
    return sorted(old.keys() - new.keys()), {key: value for key, value in new.items() if old.get(key) != value}


def is_arn(value: Any) -> bool:
    """Return whether a value has the shape of an ARN; an unknown one may."""
    return isinstance(value, Unknown) or (isinstance(value, str) and _ARN.fullmatch(value) is not None)


def arn_refused(inputs: Values, *names: str) -> Iterable[Refusal]:
    """Yield a refusal for each property that has to be an ARN and is not."""
    for name in names:
        value = inputs.get(name)
        if value is not None and not is_arn(value):
            yield Refusal(name, f"{value!r} is not an ARN")


def document_refused(inputs: Values, *names: str) -> Iterable[Refusal]:
    """Yield a refusal for each property that has to be a JSON object and is not."""
    for name in names:
        value = inputs.get(name)
        if not isinstance(value, str):
            continue
        try:
            found = json.loads(value)
        except ValueError as error:
            yield Refusal(name, f"contains an invalid JSON: {error}")
            continue
        if not isinstance(found, dict):
            yield Refusal(name, "contains an invalid JSON policy: it must be an object")


def _canonical(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _canonical(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = [_canonical(item) for item in value]
        if key != "Statement":
            items.sort(key=lambda item: json.dumps(item, sort_keys=True))
        return items[0] if len(items) == 1 else items
    if key == "AWS" and isinstance(value, str) and (found := re.fullmatch(r"arn:aws[a-z-]*:iam::(\d{12}):root", value)):
        return found.group(1)
    return str(value).lower() if isinstance(value, bool) else value


def same_policy(old: Any, new: Any) -> bool:
    """Return whether two policy documents mean the same: order and one-element lists do not count."""
    try:
        return bool(_canonical(json.loads(old)) == _canonical(json.loads(new)))
    except (ValueError, TypeError):
        return bool(old == new)


class AwsType(ResourceType):
    """A resource type whose every step is a request to the service, in the real provider's order: make, then read."""

    proof: Proof = "real"
    service: str
    regional = True
    gone: tuple[str, ...] = ()
    """The service's errors that mean that it is not there."""
    policies: tuple[str, ...] = ()
    """The properties that hold policy documents: compared by meaning."""

    def region(self, cloud: AwsCloud, values: Values) -> str:
        """Return the region that a resource is in."""
        return str(values.get("region") or cloud.region)

    def call(self, cloud: AwsCloud, values: Values, operation: str, **parameters: Any) -> dict[str, Any]:
        """Send a request of this type's service to the resource's region."""
        return cloud.call(self.service, operation, parameters, self.region(cloud, values) if self.regional else None)

    def check(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:
        """Yield what the provider's own validation and botocore's refuse."""
        if self.regional:
            yield from regions_refused(cloud, inputs.get("region"), "")
        yield from document_refused(inputs, *self.policies)
        refused = list(self.refused(cloud, inputs))
        yield from refused
        # A request's shape can be checked with what is known already, but not without what it needs.
        known = {key: value for key, value in inputs.items() if not has_unknown(value)}
        names = (self.auto_name.property, *self.auto_name.unless) if self.auto_name else ()
        needed = {*names, *(key for key, item in self.properties.items() if item.required)}
        complete = not any(has_unknown(inputs.get(key)) for key in needed)
        request = self.request(known) if complete and not refused else None
        if request is not None:
            for mistake in cloud.shape_mistakes(self.service, *request):
                yield Refusal("", f"{self.service}: {request[0]}: {mistake}")

    def refused(self, cloud: AwsCloud, inputs: Values) -> Iterable[Refusal]:  # noqa: ARG002
        """Yield what the provider refuses before it asks the service."""
        return ()

    def request(self, inputs: Values) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG002
        """Return the request that makes it; its shape is checked before anything runs."""
        return None

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Return whether two documents mean the same."""
        return name in self.policies and same_policy(old, new)

    def create(self, cloud: AwsCloud, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it and read it back."""
        id_ = self.make(cloud, inputs)
        return id_, self._as_read(cloud, id_, inputs)

    def read(self, cloud: AwsCloud, id: str, outputs: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return what the service has."""
        try:
            found = self.state(cloud, id, outputs)
        except AwsError as error:
            if error.code in self.gone:
                return None
            raise
        if found is None:
            return None
        return self._kept(cloud, outputs, found)

    def update(self, cloud: AwsCloud, id: str, old_outputs: Values, inputs: Values) -> dict[str, Any]:  # noqa: A002
        """Change it and read it back."""
        self.change(cloud, id, old_outputs, inputs)
        return self._as_read(cloud, id, inputs)

    def delete(self, cloud: AwsCloud, id: str, outputs: Values) -> None:  # noqa: A002
        """Remove it."""
        try:
            self.remove(cloud, id, outputs)
        except AwsError as error:
            if error.code not in self.gone:
                raise

    def _as_read(self, cloud: AwsCloud, id_: str, inputs: Values) -> dict[str, Any]:
        found = self.state(cloud, id_, inputs)
        if found is None:
            raise Refusal("", f"{self.token} {id_} was made but cannot be found")
        return self._kept(cloud, inputs, found)

    def _kept(self, cloud: AwsCloud, known: Values, found: Values) -> dict[str, Any]:
        """Return what was found, with what the service never gives back and texts that mean the same as they were."""
        kept = {key: known[key] for key, item in self.properties.items() if item.write_only and key in known}
        result = {**kept, **{key: value for key, value in found.items() if value is not None}}
        for name in self.policies:
            if known.get(name) is not None and name in result and self.same(name, known[name], result[name]):
                result[name] = known[name]
        if self.regional:
            result["region"] = self.region(cloud, known)
        return result

    @abstractmethod
    def make(self, cloud: AwsCloud, inputs: Values) -> str:
        """Make it; return its id."""

    @abstractmethod
    def state(self, cloud: AwsCloud, id: str, known: Values) -> dict[str, Any] | None:  # noqa: A002
        """Return its outputs as the service has them. `known` are its inputs or its last outputs."""

    def change(self, cloud: AwsCloud, id: str, old: Values, inputs: Values) -> None:  # noqa: A002, ARG002
        """Change it in place."""
        raise Refusal("", f"{self.token} has no property that can be changed in place")

    @abstractmethod
    def remove(self, cloud: AwsCloud, id: str, known: Values) -> None:  # noqa: A002
        """Remove it."""

"""Harbor's own OpenAPI document, where it lies beside the checkout: every request and answer is held to it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

PATH = Path(__file__).parents[3] / "shared" / "data" / "harbor-2.15-swagger.yaml"

without_document = pytest.mark.skipif(not PATH.is_file(), reason="Harbor's OpenAPI document is not here")

# What Harbor answers and its document does not list: its handlers turn such errors into these statuses everywhere.
_EVERYWHERE = {"404", "409"}
_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "number": (int, float),
}


@functools.cache
def _root() -> Any:
    # The loader in C, where there is one: this is half a megabyte.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(PATH.read_text(encoding="utf-8"), Loader=loader)


class HarborDocument:
    """The document, and what is wrong with a call by it."""

    def __init__(self) -> None:
        self.root = _root()

    def definition(self, name: str) -> Mapping[str, Any]:
        """Return the schema of a name."""
        found: Mapping[str, Any] = self.root["definitions"][name]
        return found

    def mistakes(self, method: str, target: str, body: Any, status: int, answered: Any) -> list[str]:
        """Return what of a call is not as documented; `target` is path and query below the root."""
        parts = urlsplit(target)
        found = self._operation(method.lower(), parts.path)
        if found is None:
            return [f"{method} {parts.path} is not documented"]
        operation, parameters = found
        here = f"{method} {parts.path}"
        known = {p["name"] for p in parameters if p["in"] == "query"}
        told = [f"{here}: query {key} is not documented" for key in parse_qs(parts.query) if key not in known]
        schema = next((p["schema"] for p in parameters if p["in"] == "body"), None)
        if schema is None and body is not None:
            told.append(f"{here} has a body")
        elif schema is not None and status < 400:
            told += self._wrong(schema, body, f"{here} body")
        responses = operation["responses"]
        if str(status) not in {*map(str, responses), *_EVERYWHERE}:
            told.append(f"{here}: {status} is not documented")
        answer = self._resolve(responses.get(str(status), {}))
        if status < 300 and answer.get("schema") is not None and answered is not None:
            told += self._wrong(answer["schema"], answered, f"{here} answer")
        return told

    def _resolve(self, value: Any) -> Any:
        while isinstance(value, dict) and "$ref" in value:
            here: Any = self.root
            for part in value["$ref"].removeprefix("#/").split("/"):
                here = here[part]
            value = here
        return value

    def _operation(self, method: str, path: str) -> tuple[Any, list[Any]] | None:
        for template, operations in self.root["paths"].items():
            pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern.rstrip("/") + "/?", path) and method in operations:
                operation = operations[method]
                given = [*operations.get("parameters", []), *operation.get("parameters", [])]
                return operation, [self._resolve(parameter) for parameter in given]
        return None

    def _wrong(self, schema: Any, value: Any, path: str) -> Iterator[str]:
        schema = self._resolve(schema)
        if value is None:
            if not schema.get("x-nullable") and not schema.get("x-isnullable"):
                yield f"{path} is null"
            return
        members: dict[str, Any] = {}
        for part in schema.get("allOf", []):
            members |= self._resolve(part).get("properties", {})
        members |= schema.get("properties", {})
        kind = schema.get("type", "object" if members else None)
        if kind is not None and (
            not isinstance(value, _TYPES[kind]) or (kind in ("integer", "number") and isinstance(value, bool))
        ):
            yield f"{path} is no {kind}"
            return
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                yield from self._wrong(schema["items"], item, f"{path}[{index}]")
        if not isinstance(value, dict):
            return
        yield from (f"{path}.{key} is missing" for key in schema.get("required", []) if key not in value)
        more = schema.get("additionalProperties")
        for key, item in value.items():
            if key in members:
                yield from self._wrong(members[key], item, f"{path}.{key}")
            elif isinstance(more, dict) and more.keys() != {"type"}:
                # `{type: object}` alone stands for any value: it becomes Go's `map[string]interface{}`.
                yield from self._wrong(more, item, f"{path}.{key}")
            elif members:
                yield f"{path}.{key} is not documented"

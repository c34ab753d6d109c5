"""Where a route takes free text, found in the OpenAPI document: strings without a format, a pattern or a closed list."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

BOUND = ("enum", "const", "format", "pattern")
FITTING = {"seat": "human-service-worker", "told_to": "alder", "how": "by phone"}
"""What a part of a body needs so that the rest of it is not refused for its sake."""


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    body: dict[str, Any] | None
    free: tuple[tuple[str, ...], ...]
    """Where free text goes: ("query", "program"), or ("body", "attested", "how"), "[]" for an item of a list."""

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"


def operations(document: dict[str, Any]) -> list[Operation]:
    return [
        _operation(document, method, path, each)
        for path, methods in document["paths"].items()
        for method, each in methods.items()
    ]


def _operation(document, method, path, operation) -> Operation:
    free = [
        (parameter["in"], parameter["name"], *rest)
        for parameter in operation.get("parameters", ())
        for rest in free_text(document, parameter["schema"])
    ]
    content = operation.get("requestBody", {}).get("content", {})
    body = None
    for media in content.values():
        schema = resolved(document, media["schema"])
        body = deepcopy(schema.get("examples", [sample(document, schema)])[0])
        free += [("body", *rest) for rest in free_text(document, schema)]
    return Operation(method, path, body, tuple(free))


def resolved(document, schema):
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def free_text(document, schema):
    """Paths to free text inside; () is the schema itself."""
    schema = resolved(document, schema)
    for key in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(key, ()):
            yield from free_text(document, each)
    if schema.get("type") == "string" and not any(word in schema for word in BOUND):
        yield ()
    if "items" in schema:
        for rest in free_text(document, schema["items"]):
            yield "[]", *rest
    for name, each in schema.get("properties", {}).items():
        for rest in free_text(document, each):
            yield name, *rest
    if schema.get("additionalProperties") not in (None, False):
        yield ("*",)


def sample(document, schema, name=""):
    """The least that fits."""
    schema = resolved(document, schema)
    if chosen := schema.get("anyOf") or schema.get("oneOf"):
        return sample(document, chosen[0], name)
    if schema.get("format") == "date-time":
        return datetime.now(UTC).isoformat()
    match schema.get("type"):
        case "object":
            needed = schema.get("required", ())
            properties = schema.get("properties", {})
            return {each: sample(document, properties[each], each) for each in needed}
        case "array":
            return [sample(document, schema["items"], name)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return (schema.get("enum") or [FITTING.get(name, "x")])[0]


def with_text(document, operation, place, text):
    """The example body with this text in one place."""
    body = deepcopy(operation.body) or {}
    schema = _body_schema(document, operation)
    _put(document, schema, body, place[1:], text)
    return body


def _body_schema(document, operation):
    content = document["paths"][operation.path][operation.method]["requestBody"][
        "content"
    ]
    return resolved(document, next(iter(content.values()))["schema"])


def _put(document, schema, into, place, text):
    name, *rest = place
    if name == "*":
        into[text] = text
        return
    if not rest:
        into[name] = text
        return
    if rest == ["[]"]:
        into[name] = [text]
        return
    inner = _object_in(document, schema["properties"][name])
    if rest[0] == "[]":
        into[name], rest = [sample(document, inner)], rest[1:]
        _put(document, inner, into[name][0], rest, text)
        return
    into.setdefault(name, sample(document, inner))
    _put(document, inner, into[name], rest, text)


def _object_in(document, schema):
    schema = resolved(document, schema)
    for each in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        each = resolved(document, each)
        if "items" in each:
            each = resolved(document, each["items"])
        if each.get("type") == "object":
            return each
    raise AssertionError(f"no object in {schema}")

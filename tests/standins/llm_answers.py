"""The smallest JSON that a JSON schema accepts: what the model says when a test gives it no better answer."""

import json
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_STRING_OF_FORMAT = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "email": "a@example.com",
    "uri": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def answer_minimal(request: dict[str, Any]) -> str:
    """The smallest valid answer: by the request's JSON schema, else by one found in a message, else `{}`.

    This is the default responder; a responder takes the request's JSON and returns the text of the answer.
    """
    schema = find_schema(request)
    return "{}" if schema is None else json.dumps(build_minimal(schema))


def find_schema(request: dict[str, Any]) -> Schema | None:
    """The schema that the answer is to follow, or None."""
    response_format = request.get("response_format") or {}
    if response_format.get("type") == "json_schema":
        schema: Schema = response_format["json_schema"].get("schema", {})
        return schema
    return next(_schemas_in_messages(request), None)


def message_text(message: dict[str, Any]) -> str:
    """The text of a chat message, whether its content is a string, a list of parts or null."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def build_minimal(schema: Schema) -> Any:
    """The smallest value that the schema accepts: required properties only, empty lists, `"text"`."""
    return _build(schema, root=schema)


def _build(schema: Schema | bool, *, root: Schema) -> Any:
    if isinstance(schema, bool):
        return {}
    if "$ref" in schema:
        return _build(_resolve(schema["$ref"], root), root=root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            options = schema[choice]
            # null ends a recursive type, so it is the smallest whenever it is allowed
            return _build(next((o for o in options if o.get("type") == "null"), options[0]), root=root)
    if "allOf" in schema:
        return _build(_merge(schema["allOf"], root), root=root)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return _build_of_type(kind[0] if isinstance(kind, list) else kind, schema, root)


def _build_of_type(kind: str, schema: Schema, root: Schema) -> Any:
    match kind:
        case "object":
            properties = schema.get("properties", {})
            return {name: _build(properties.get(name, {}), root=root) for name in schema.get("required", ())}
        case "array":
            item = schema.get("items", {})
            return [_build(item, root=root) for _ in range(schema.get("minItems", 0))]
        case "integer" | "number":
            return _smallest_number(schema)
        case "boolean":
            return False
        case "null":
            return None
    text = _STRING_OF_FORMAT.get(schema.get("format", ""), "text")
    text = text.ljust(schema.get("minLength", 0), "x")
    return text[: schema.get("maxLength", len(text))]


def _smallest_number(schema: Schema) -> Any:
    low = schema.get("minimum", schema["exclusiveMinimum"] + 1 if "exclusiveMinimum" in schema else None)
    if low is not None:
        return low
    high = schema.get("maximum", schema["exclusiveMaximum"] - 1 if "exclusiveMaximum" in schema else 0)
    return min(0, high)


def _resolve(reference: str, root: Schema) -> Schema:
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")] if step else found
    schema: Schema = found
    return schema


def _merge(schemas: list[Schema], root: Schema) -> Schema:
    merged: Schema = {}
    for schema in schemas:
        part = _resolve(schema["$ref"], root) if "$ref" in schema else schema
        merged["properties"] = {**merged.get("properties", {}), **part.get("properties", {})}
        merged["required"] = [*merged.get("required", []), *part.get("required", [])]
        merged |= {key: value for key, value in part.items() if key not in ("properties", "required")}
    return merged


def _schemas_in_messages(request: dict[str, Any]) -> Iterator[Schema]:
    decoder = json.JSONDecoder()
    for message in request.get("messages", []):
        text = message_text(message)
        start = text.find("{") if '"properties"' in text else -1
        while start >= 0:
            try:
                found, end = decoder.raw_decode(text, start)
            except ValueError:
                found, end = None, start + 1
            if isinstance(found, dict) and (isinstance(found.get("properties"), dict) or "$defs" in found):
                yield found
            start = text.find("{", end)

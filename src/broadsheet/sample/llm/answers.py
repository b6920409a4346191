"""What the double answers where nobody gives it a rule: something that fits the schema, the same for the same question."""

import hashlib
import json
from typing import Any


def rule_answer(body: dict[str, Any]) -> str:
    """Return the answer to the body of a request: JSON for the schema in it, else a sentence."""
    said = body["messages"][-1]["content"]
    dice = int.from_bytes(hashlib.sha256(json.dumps(body["messages"]).encode()).digest()[:8], "big")
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    return f"Heard {len(said.split())} words, number {dice % 1000}." if schema is None else json.dumps(example(schema, dice), ensure_ascii=False)


def example(schema: dict[str, Any], dice: int = 0) -> Any:
    """Return a value that fits a plain schema, chosen by a number.

    >>> example({"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}, "of": {"enum": ["a", "b"]}}}, 1)
    {'n': 5, 'of': 'b'}
    """
    if options := schema.get("enum") or ([schema["const"]] if "const" in schema else []):
        return options[dice % len(options)]
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return example(options[dice % len(options)], dice)
    kind = schema.get("type")
    if kind == "object":
        return {name: example(field, dice) for name, field in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema.get("items", {}), dice + place) for place in range(min(max(1, schema.get("minItems", 1)), schema.get("maxItems", 9)))]
    return _plain(kind, schema, dice)


def _plain(kind: str | None, schema: dict[str, Any], dice: int) -> Any:
    if kind in {"integer", "number"}:
        return _figure(schema, dice, whole=kind == "integer")
    if kind == "string":
        return f"word {dice % 1000}".ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength", 80)]
    return None if kind == "null" else bool(dice % 2)


def _figure(schema: dict[str, Any], dice: int, *, whole: bool) -> float:
    low, high = schema.get("minimum"), schema.get("maximum")
    low = schema["exclusiveMinimum"] + (1 if whole else 0) if low is None and "exclusiveMinimum" in schema else low
    high = schema["exclusiveMaximum"] - (1 if whole else 0) if high is None and "exclusiveMaximum" in schema else high
    if low is None or high is None:
        return 1 + dice % 9 + (low if low is not None else high - 10 if high is not None else 0)
    return low + dice % (int(high - low) + 1) if whole else round(low + (high - low) * (1 + dice % 8) / 10, 6)

"""JSON schemas of pydantic models in the form that endpoints take: no references, no titles, no further properties."""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from broadsheet.core.errors import ConfigError

# What describes and does not constrain. A description stays: models read it.
DROPPED = {"title", "default", "examples"}


@lru_cache(maxsize=256)
def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's schema with references resolved and every object closed. Raises ConfigError for one that holds itself.

    >>> class Dish(BaseModel):
    ...     name: str
    >>> schema_of(Dish)
    {'properties': {'name': {'type': 'string'}}, 'required': ['name'], 'type': 'object', 'additionalProperties': False}
    """
    schema = model.model_json_schema()
    resolved = _resolved(schema, schema.get("$defs", {}), ())
    resolved.pop("description", None)  # the docstring of the class speaks to programmers
    return resolved


def _resolved(node: Any, known: dict[str, Any], above: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_resolved(part, known, above) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name in above:
            raise ConfigError(f"The output {name} holds itself; its JSON has no bound.", "Ask for a flat list, with parents by name.")
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return _resolved({**known[name], **rest}, known, (*above, name))
    made: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            # Here keys are names of fields, which may be `title` or `default` themselves.
            made[key] = {name: _resolved(field, known, above) for name, field in value.items()}
        elif key in {"enum", "const"}:
            made[key] = value
        elif key not in DROPPED and key != "$defs":
            made[key] = _resolved(value, known, above)
    if "properties" in made:
        made.setdefault("additionalProperties", False)
    return made


def is_strict(schema: Any) -> bool:
    """Tell whether every object requires all of its fields, as servers ask that hold a reply strictly to a schema."""
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, dict):
        return True
    if "properties" in schema and set(schema["properties"]) != set(schema.get("required", ())):
        return False
    return schema.get("additionalProperties", False) is False and all(is_strict(part) for key, part in schema.items() if key != "enum")

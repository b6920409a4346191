"""The functions of Cypher that are known: how each is written, and what it gives."""

from typing import Literal

Gives = Literal["number", "integer", "string", "boolean", "list", "map", "node", "relation", "path", "date", "datetime", "time", "duration", "point", "any"]

# Functions over a group of rows.
AGGREGATES: dict[str, Gives] = {
    "count": "integer", "sum": "number", "avg": "number", "min": "any", "max": "any", "collect": "list", "stDev": "number", "stDevP": "number",
    "percentileCont": "number", "percentileDisc": "number",
}  # fmt: skip
SCALARS: dict[str, Gives] = {
    "size": "integer", "length": "integer", "id": "integer", "elementId": "string", "type": "string", "labels": "list", "keys": "list", "properties": "map",
    "nodes": "list", "relationships": "list", "rels": "list", "startNode": "node", "endNode": "node", "head": "any", "last": "any", "tail": "list", "range": "list",
    "reverse": "any", "coalesce": "any", "exists": "boolean", "isEmpty": "boolean", "nullIf": "any", "toInteger": "integer", "toInt": "integer",
    "toFloat": "number", "toString": "string", "toBoolean": "boolean", "toIntegerOrNull": "integer", "toFloatOrNull": "number", "toStringOrNull": "string",
    "toBooleanOrNull": "boolean", "toLower": "string", "toUpper": "string", "lower": "string", "upper": "string", "trim": "string", "lTrim": "string",
    "rTrim": "string", "btrim": "string", "replace": "string", "substring": "string", "left": "string", "right": "string", "split": "list", "abs": "number",
    "ceil": "number", "floor": "number", "round": "number", "sign": "integer", "sqrt": "number", "exp": "number", "log": "number", "log10": "number",
    "rand": "number", "pi": "number", "e": "number", "sin": "number", "cos": "number", "tan": "number", "cot": "number", "asin": "number", "acos": "number",
    "atan": "number", "atan2": "number", "degrees": "number", "radians": "number", "haversin": "number", "isNaN": "boolean", "date": "date", "datetime": "datetime",
    "time": "time", "localtime": "time", "localdatetime": "datetime", "duration": "duration", "timestamp": "integer", "point": "point", "distance": "number",
    "normalize": "string", "toBooleanList": "list", "toFloatList": "list", "toIntegerList": "list", "toStringList": "list",
    "char_length": "integer", "character_length": "integer", "valueType": "string", "shortestPath": "path", "allShortestPaths": "path",
}  # fmt: skip
# How each is written, by its name in small letters.
FUNCTIONS: dict[str, str] = {one.lower(): one for one in (*AGGREGATES, *SCALARS)}
GIVES: dict[str, Gives] = {one.lower(): gives for one, gives in (*AGGREGATES.items(), *SCALARS.items())}

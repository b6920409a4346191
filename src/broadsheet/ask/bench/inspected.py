"""Queries that were looked at one by one, where others' verdicts and ours differ."""

import tomllib
from importlib.resources import files


def _read() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("broadsheet.ask.bench").joinpath("inspected.toml").read_text(encoding="utf-8"))


def valid_syntax() -> frozenset[str]:
    """Return the ids of queries that an engine is said to have refused for their syntax, and with which nothing is wrong that can be seen."""
    return frozenset(_read()["syntax"]["valid"])


def controls() -> dict[str, str]:
    """Return by the ids of queries that others accepted, and in which there are alarms of ours, what was seen in them."""
    said = {"faulty": "a fault", "older": "right in older versions of Neo4j", "false": "a false alarm"}
    return {one: said[kind] for kind, listed in _read()["controls"].items() for one in listed}

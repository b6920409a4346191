"""Queries that were looked at one by one, where others' verdicts and ours differ."""

import tomllib
from importlib.resources import files


def _read() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files(__package__).joinpath("inspected.toml").read_text(encoding="utf-8"))


def valid_syntax() -> frozenset[str]:
    """Return the ids of queries that an engine is said to have refused for their syntax, and with which nothing is wrong that can be seen."""
    return frozenset(_read()["syntax"]["valid"])


def faulty_controls() -> frozenset[str]:
    """Return the ids of queries that others accepted, and in which our alarms are right."""
    return frozenset(one for listed in _read()["controls"].values() for one in listed)

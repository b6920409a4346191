"""Turns about pictures of one's own: made by rules or by a language model, read and written in the published columns."""

from broadsheet.represent.curate.ask import Ask, Scripted
from broadsheet.represent.curate.card import Card, make_card
from broadsheet.represent.curate.entry import Entry
from broadsheet.represent.curate.m3t import read_m3t, read_rows, write_m3t
from broadsheet.represent.curate.rules import Rule, examples_by_rule, turns_by_rule
from broadsheet.represent.curate.run import CurateConfig, curate, read_turns
from broadsheet.represent.curate.sources import Source, entry_of, from_catalogue, read_texts

__all__ = [
    "Ask",
    "Card",
    "CurateConfig",
    "Entry",
    "Rule",
    "Scripted",
    "Source",
    "curate",
    "entry_of",
    "examples_by_rule",
    "from_catalogue",
    "make_card",
    "read_m3t",
    "read_rows",
    "read_texts",
    "read_turns",
    "turns_by_rule",
    "write_m3t",
]

"""Turns about pictures of one's own: made by rules or by a language model, read and written in the published columns."""

from broadsheet.represent.curate.ask import Ask, scripted
from broadsheet.represent.curate.card import Card, make_card
from broadsheet.represent.curate.m3t import read_m3t, write_m3t
from broadsheet.represent.curate.rules import turns_by_rule
from broadsheet.represent.curate.run import CurateConfig, Curated, curate, read_turns

__all__ = ["Ask", "Card", "CurateConfig", "Curated", "curate", "make_card", "read_m3t", "read_turns", "scripted", "turns_by_rule", "write_m3t"]

"""The map of a page: each mark says its name, and picks of a catalogue show it where there is room."""

import re
from datetime import date

from broadsheet.core.schema import Announce, Item
from broadsheet.report.model import Entry, Report
from broadsheet.report.render.drawing import day_map
from broadsheet.stack.record import RunRecord


def report_of(kind, places):
    entries = tuple(
        Entry(item=Item(id=f"i{row}", title=f"Harbour no. {row}"), kind=Announce.NEW, section="new", slot=row + 1 if row < 3 else None, x=x, y=y)
        for row, (x, y) in enumerate(places)
    )
    return Report(
        label=date(2026, 3, 28), reader="ana", source="t", ranked_by="r", counts={"new": len(entries)}, entries=entries, run=RunRecord(recipe="r", kind=kind)
    )


def test_every_mark_says_its_name_and_only_picks_of_a_catalogue_show_it():
    places = [(0.1, 0.1), (0.5, 0.9), (0.9, 0.5), (0.3, 0.3)]
    shown = str(day_map(report_of("shop", places)))
    assert '<circle class="dot new" cx="236" cy="202" r="3" role="img"><title>Harbour no. 3</title></circle>' in shown
    assert "<title>1. Harbour no. 0</title>" in shown
    assert re.findall(r'class="named"[^>]*>([^<]*)<', shown) == ["Harbour no. 0", "Harbour no. 1", "Harbour no. 2"]
    assert 'class="named"' not in str(day_map(report_of("papers", places)))


def test_a_name_that_would_hide_another_is_left_out_and_none_leaves_the_map():
    shown = str(day_map(report_of("shop", [(0.98, 0.5), (0.99, 0.5), (1.0, 0.5)])))
    named = re.findall(r'class="named" x="([\d.]+)" y="[\d.]+" text-anchor="(\w+)"', shown)
    assert 1 <= len(named) < 3
    assert all(anchor == "end" for _, anchor in named)
    long = report_of("shop", [(0.1, 0.1)])
    entry = long.entries[0]
    long = long.model_copy(update={"entries": (entry.model_copy(update={"item": entry.item.model_copy(update={"title": "x" * 80})}),)})
    assert f">{'x' * 25}…</text>" in str(day_map(long))

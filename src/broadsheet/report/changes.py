"""What changed between two versions of a paper, word by word."""

import re
from difflib import SequenceMatcher

from broadsheet.core.schema import Item
from broadsheet.report.model import Change, Edit


def find_changes(item: Item, earlier: Item | None) -> tuple[Change, ...]:
    """Compare title and abstract; without an earlier version, or without a difference, nothing.

    Joining the texts of `same` and `out` gives the earlier text, `same` and `in` the present one.
    """
    if earlier is None:
        return ()
    pairs = (("title", earlier.title, item.title), ("abstract", earlier.text, item.text))
    return tuple(Change(field=field, since_version=earlier.version, edits=edits(before, after)) for field, before, after in pairs if before != after)


def edits(before: str, after: str) -> tuple[Edit, ...]:
    """Return the edits from one text to another, in words with the space behind them.

    >>> [(e.op, e.text) for e in edits("a gain of 1.6 points", "a gain of 1.4 points")]
    [('same', 'a gain of '), ('out', '1.6 '), ('in', '1.4 '), ('same', 'points')]
    """
    old, new = (re.findall(r"\S+\s*|^\s+", text) for text in (before, after))
    found: list[Edit] = []
    for op, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            found.append(Edit(op="same", text="".join(old[a:b])))
            continue
        if b > a:
            found.append(Edit(op="out", text="".join(old[a:b])))
        if d > c:
            found.append(Edit(op="in", text="".join(new[c:d])))
    return tuple(found)

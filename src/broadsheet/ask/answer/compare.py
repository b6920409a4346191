"""Two answers side by side: which rows came, went and stayed, and which values changed."""

from collections import Counter
from typing import Any, NamedTuple

from broadsheet.ask.answer.cited import same
from broadsheet.ask.answer.values import shown, value_as_json
from broadsheet.ask.graph.values import Row, Rows


class Changed(NamedTuple):
    """A row of which the key stayed and other values did not."""

    before: Row
    after: Row


class Difference(NamedTuple):
    """Rows as bags: those that are kept, were added, were removed, or changed, by a key; `moved` says whether rows that stayed stand in another order.

    `key` are the columns that tell rows apart in both answers; none where no columns do, or columns are not the same: then nothing is `changed`.
    `cut` says whether one of the answers was cut, so that rows may seem to have come or gone.
    """

    columns: tuple[tuple[str, ...], tuple[str, ...]]
    kept: tuple[Row, ...]
    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    changed: tuple[Changed, ...]
    key: tuple[str, ...]
    moved: bool
    cut: bool

    def words(self) -> str:
        """Return the difference in words, a line for each row that is not the same."""
        return "\n".join(_lines(self))

    def as_json(self) -> dict[str, Any]:
        """Return the difference as JSON has it."""
        rows = {name: [list(map(value_as_json, row)) for row in getattr(self, name)] for name in ("kept", "added", "removed")}
        changed = [{name: list(map(value_as_json, getattr(one, name))) for name in Changed._fields} for one in self.changed]
        columns = dict(zip(Changed._fields, map(list, self.columns), strict=True))
        return {"columns": columns, **rows, "changed": changed, "key": list(self.key), "moved": self.moved, "cut": self.cut}


def difference(before: Rows, after: Rows) -> Difference:
    """Hold two answers against each other.

    >>> old, new = Rows(("film", "year"), (("Up", 2009), ("Her", 2013))), Rows(("film", "year"), (("Up", 2010), ("Big", 1988)))
    >>> print(difference(old, new).words())
    1 row more, 1 fewer, 1 changed, 0 the same.
    + Big, 1988
    - Her, 2013
    ~ Up: year was 2009, is 2010
    """
    wanted, has = Counter(map(same, before.rows)), Counter(map(same, after.rows))
    kept = _taken(after.rows, wanted & has)
    added, removed = _taken(after.rows, has - wanted), _taken(before.rows, wanted - has)
    key = _key(before, after) if before.columns == after.columns else ()
    changed = _changed(removed, added, [before.columns.index(one) for one in key])
    gone, come = Counter(same(one.before) for one in changed), Counter(same(one.after) for one in changed)
    added = _taken(added, Counter(map(same, added)) - come)
    removed = _taken(removed, Counter(map(same, removed)) - gone)
    moved = list(map(same, _taken(before.rows, wanted & has))) != list(map(same, kept))
    return Difference((before.columns, after.columns), tuple(kept), tuple(added), tuple(removed), tuple(changed), key, moved, before.cut or after.cut)


def _taken(rows: tuple[Row, ...] | list[Row], counts: Counter[str]) -> list[Row]:
    """Return as many of each row as are counted, in their order."""
    left, found = Counter(counts), []
    for row in rows:
        if left[same(row)] > 0:
            left[same(row)] -= 1
            found.append(row)
    return found


def _key(before: Rows, after: Rows) -> tuple[str, ...]:
    """Return the first columns that tell every row from every other in both answers, and are not all of them."""
    for count in range(1, len(before.columns)):
        if all(len({same(row[:count]) for row in one.rows}) == len(one.rows) for one in (before, after)):
            return before.columns[:count]
    return ()


def _changed(removed: list[Row], added: list[Row], places: list[int]) -> list[Changed]:
    if not places:
        return []
    new = {same(tuple(row[place] for place in places)): row for row in added}
    pairs = ((row, new.get(same(tuple(row[place] for place in places)))) for row in removed)
    return [Changed(row, found) for row, found in pairs if found is not None]


def _lines(one: Difference) -> list[str]:
    count = len(one.added)
    said = f"{count} row{'' if count == 1 else 's'} more, {len(one.removed)} fewer, {len(one.changed)} changed, {len(one.kept)} the same."
    if one.columns[0] != one.columns[1]:
        said += f" The columns were {', '.join(one.columns[0])}, and are {', '.join(one.columns[1])}."
    if one.moved:
        said += " The same rows stand in another order."
    if one.cut:
        said += " One of the answers was cut: rows beyond the cut may be in both."
    lines = [said, *(f"+ {_row(row)}" for row in one.added), *(f"- {_row(row)}" for row in one.removed)]
    places = range(len(one.key))
    for changed in one.changed:
        pairs = zip(one.columns[1], changed.before, changed.after, strict=True)
        told = "; ".join(f"{name} was {shown(old)}, is {shown(new)}" for name, old, new in pairs if same((old,)) != same((new,)))
        lines.append(f"~ {', '.join(shown(changed.after[place]) for place in places)}: {told}")
    return lines


def _row(row: Row) -> str:
    return ", ".join(map(shown, row))

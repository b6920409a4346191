"""One plain sentence for each item of a slate: why it is there, made of the events, vectors and scores that a run holds."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from broadsheet.core.artifacts import Artifact
from broadsheet.core.schema import Columns
from broadsheet.stack.holdings import Holdings
from broadsheet.stack.steps import rank
from broadsheet.stack.steps.score import LIKENESS
from broadsheet.stack.steps.vectors import MEANING, WORDS, Seen
from broadsheet.stack.words import Words

SEVERAL = 2
"""Others from whom on it is told what they went on to: of one alone nothing is told."""
MOST = 0.1
"""The share of items that count as those that most had."""
FALLS = 1.5
"""A place that is so many times as far down without an item, and more than one place, rests on it."""
PLACE, BEFORE, SINCE, PEOPLE = "place", "before", "since", "people"


class Others(NamedTuple):
    """What others than the reader had: how many there are, how many had each item, and which item of the reader's led how many of those who had it on to another.

    `led` maps an item to the one of the reader's before it, how many of its others went on to it, and how many had that one.
    """

    count: int
    had: Mapping[str, int]
    led: Mapping[str, tuple[str, int, int]]

    @property
    def many(self) -> int:
        """Return how many others an item needs to be among those that most had."""
        counts = sorted(self.had.values(), reverse=True)
        return max(SEVERAL, counts[max(0, int(MOST * len(counts)) - 1)]) if counts else SEVERAL


def others_of(events: pl.DataFrame, reader: str, history: Sequence[str], items: Collection[str]) -> Others:
    """Count in events (user, item, in the order of time for each user) what others had, and what they had after an item of the reader's.

    Of several items that led to the same one it is the one by which most people more than usual went on to it; one by which no more than usual did leads nowhere.

    >>> rows = [("me", "a"), ("b", "a"), ("b", "c"), ("d", "a"), ("d", "c"), ("e", "f")]
    >>> others_of(pl.DataFrame(rows, schema=["user", "item"], orient="row"), "me", ["a"], ["c"]).led
    {'c': ('a', 2, 2)}
    """
    theirs = events.filter(pl.col(Columns.USER) != reader).with_row_index(PLACE)
    first = theirs.group_by(Columns.USER, Columns.ITEM).agg(pl.col(PLACE).min())
    had: dict[str, int] = dict(first.group_by(Columns.ITEM).len().iter_rows())
    count = first[Columns.USER].n_unique()
    start = first.filter(pl.col(Columns.ITEM).is_in(list(set(history)))).rename({Columns.ITEM: BEFORE, PLACE: SINCE})
    then = first.filter(pl.col(Columns.ITEM).is_in(list(items)))
    after = start.join(then, on=Columns.USER).filter(pl.col(PLACE) > pl.col(SINCE)).group_by(BEFORE, Columns.ITEM).agg(pl.len().alias(PEOPLE))
    best: dict[str, tuple[float, str, int, int]] = {}
    for before, item, people in after.sort(BEFORE, Columns.ITEM).iter_rows():
        more = people - had[before] * had[item] / count
        if people >= SEVERAL and more > best.get(item, (0.0,))[0]:
            best[item] = (more, before, people, had[before])
    return Others(count, had, {item: (before, people, of) for item, (_, before, people, of) in best.items()})


class Grounds(NamedTuple):
    """What a slate's reasons are made of: the catalogue, scores by stage, vectors and ranking where there are any, and items of the history that were only marked on a page."""

    held: Holdings
    scores: pl.DataFrame
    seen: Seen | None = None
    ranking: Artifact | None = None
    marked: Collection[str] = ()


def sentences(grounds: Grounds, picked: Sequence[str], words: Words) -> dict[str, str]:
    """Return for each picked item why it is there, by the stage that adds most to its score.

    Where neither an item that was had before nor the number of people tells why, the sentence says that it is the score, and what the item is most like.
    """
    held, scores, seen, ranking, marked = grounds
    reader = held.asks[0]
    history = list(dict.fromkeys(reader.history))
    others = Others(0, {}, {}) if held.events is None else others_of(held.events, reader.user, history, picked)
    place = {row[Columns.ITEM]: number for number, row in enumerate(scores.sort(Columns.SCORE, descending=True, maintain_order=True).iter_rows(named=True), 1)}
    leads = _leads(scores)
    ranked, rests = ({}, {}) if ranking is None else (_places(ranking, reader.user), rank.rests_on(ranking))
    found = {}
    for item in picked:
        near = _nearest(seen, item, history)
        if leads.get(item) == LIKENESS and near:
            found[item] = f"Like {_named(held, near)}, which you {'marked on the page' if near in marked else words.had}."
        elif item in others.led:
            before, people, of = others.led[item]
            found[item] = f"People who {words.had} {_named(held, before)} went on to this: {people} of {of}."
        elif leads.get(item) == rank.NAME and item in rests and rests[item][1] >= max(FALLS * ranked[item], ranked[item] + 2):
            before, without = rests[item]
            which = "marked on the page" if before in marked else words.had
            found[item] = f"Goes with {_named(held, before)}, which you {which}: without that it would be ranked {without}, not {ranked[item]}."
        elif others.had.get(item, 0) >= others.many:
            found[item] = f"Among the {words.many} that others {words.had} most: {others.had[item]} of {others.count} people."
        else:
            nobody = f"Nobody else {words.had} it yet. " if others.count and not others.had.get(item) else ""
            like = f"; of that it is most like {_named(held, near)}" if near else ""
            found[item] = f"{nobody}By all that you {words.had} together: place {place[item]} of {len(place)} by score{like}."
    return found


def _leads(scores: pl.DataFrame) -> dict[str, str]:
    """Return by item the stage that adds most to its score, of those that add to any."""
    parts = [name for name in scores.columns if name.startswith("adds ") and scores[name].abs().sum() > 0]
    return {row[Columns.ITEM]: max(parts, key=lambda name: row[name]).removeprefix("adds ") for row in scores.iter_rows(named=True)} if parts else {}


def _places(ranking: Artifact, user: str) -> dict[str, int]:
    frame = ranking.frame("scores").filter(pl.col(Columns.USER) == user)
    return dict(frame.select(Columns.ITEM, Columns.RANK).iter_rows())


def _nearest(seen: Seen | None, item: str, history: list[str]) -> str:
    """Return what is nearest to an item of what its reader had; nothing where nothing is near."""
    if seen is None:
        return ""
    near = seen.near(item, history, MEANING if MEANING in seen.spaces else WORDS)
    return near[0][0] if near and near[0][1] > 0 else ""


def _named(held: Holdings, item: str) -> str:
    return f"“{held.items[item].title or item}”"

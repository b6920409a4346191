"""Little posts about money, with the exact place of every need that one speaks of."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from itertools import cycle
from typing import NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.sample.world import settings as s
from broadsheet.sample.world.panels import DESK, PANELS, draw_mentions, draw_posts
from broadsheet.sample.world.readers import Traits, draw_climb
from broadsheet.sample.world.settings import WorldConfig
from broadsheet.sample.world.vocabulary import table
from broadsheet.sample.world.writing import coin

_SPAN = 150 * 86_400
"""Seconds before the first day over which the panels write."""
_EVIDENCE = re.compile(r"\[(.+?)\]")
_DRAWS = 48


class Mention(NamedTuple):
    """A need of a level from 1 to 7 at `[start, end)` of a post, in Unicode characters."""

    level: int
    start: int
    end: int


class Written(NamedTuple):
    """A text and the needs in it."""

    text: str
    mentions: tuple[Mention, ...]


class _Draft(NamedTuple):
    """A post before its words: who, where, when, and the levels it speaks of."""

    author: str
    channel: str
    at: datetime
    levels: Sequence[int]


def write_post(levels: Sequence[int], draws: Sequence[int]) -> Written:
    """Write a post that speaks of `levels`, once each time they are named, among sentences without a need.

    The random integers `draws` decide all words and the order of sentences; 48 are enough for 29
    levels, beyond that they are used again.

    >>> post = write_post([3], [5] * 48)
    >>> [(m.level, post.text[m.start:m.end]) for m in post.mentions]
    [(3, 'I would like to be free of the collectors')]
    """
    words, turn = table("needs"), cycle(draws)
    slots = _slots(words, turn)
    body: list[tuple[int, str]] = [(level, _pick(words["level"][level - 1]["sentence"], next(turn))) for level in levels]
    for key, share in (("distractor", 10), ("distractor", 5), ("curly", 2)):
        if next(turn) % 10 < share:
            body.insert(next(turn) % (len(body) + 1), (0, _pick(words[key], next(turn))))
    if next(turn) % 2:
        body.insert(0, (0, _pick(words["opener"], next(turn))))
    if next(turn) % 10 < 4:
        body.append((0, _pick(words["closer"], next(turn))))
    if next(turn) % 10 < 2:
        body.insert(next(turn) % (len(body) + 1), (0, _pick(words["emoji"], next(turn))))
    return _joined([(level, sentence.format(**slots)) for level, sentence in body])


def _joined(sentences: Sequence[tuple[int, str]]) -> Written:
    """Join sentences with spaces; take brackets away and note where their content now stands."""
    text, mentions = "", []
    for level, marked in sentences:
        text += " " if text else ""
        if level:
            evidence = _EVIDENCE.search(marked)
            assert evidence, marked
            start = len(text) + evidence.start()
            mentions.append(Mention(level, start, start + len(evidence[1])))
        text += _EVIDENCE.sub(r"\1", marked)
    return Written(text, tuple(mentions))


def _slots(words: dict[str, list[str]], turn: Iterator[int]) -> dict[str, str]:
    return {
        "town": coin(np.array([next(turn), next(turn), next(turn)]), "end"),
        "month": _pick(words["month"], next(turn)),
        "relative": _pick(words["relative"], next(turn)),
        "amount": f"${40 * (1 + next(turn) % 90):,}",
        "day": str(12 + next(turn) % 9),
    }


def _pick(choices: Sequence[str], draw: int) -> str:
    return choices[draw % len(choices)]


def write_posts(config: WorldConfig, traits: Traits, users: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the posts, in order of time, and the gold mentions of needs in them."""
    drafts = [draft for channel, law in PANELS.items() for draft in _panel(config, channel, law)]
    drafts += _desk(config, traits, users)
    draws = generator(config.seed, "world", "words").integers(2**31, size=(len(drafts), _DRAWS)).tolist()
    written = [write_post(draft.levels, draw) for draft, draw in zip(drafts, draws, strict=True)]
    order = sorted(range(len(drafts)), key=lambda row: (drafts[row].at, drafts[row].author))
    ids = {row: f"p{rank:06d}" for rank, row in enumerate(order)}
    posts = pl.DataFrame(
        {
            Columns.POST: [ids[row] for row in order],
            Columns.AUTHOR: [drafts[row].author for row in order],
            Columns.AT: [drafts[row].at for row in order],
            Columns.TEXT: [written[row].text for row in order],
            Columns.CHANNEL: [drafts[row].channel for row in order],
        }
    )
    rows = [(ids[row], *mention) for row in order for mention in written[row].mentions]
    return posts, pl.DataFrame(rows, schema=[Columns.POST, Columns.LEVEL, Columns.START, Columns.END], orient="row")


def _panel(config: WorldConfig, channel: str, law: str) -> Iterator[_Draft]:
    """Yield the posts of a panel: mentions fall on an author's posts at random, posts on five months."""
    posts = draw_posts(config.seed, channel, config.posters)
    counts = draw_mentions(config.seed, channel, posts, law if config.plants("posts") else "independent")
    rng = generator(config.seed, "world", "panel", channel, "days")
    for author, (m, needs) in enumerate(zip(posts.tolist(), counts, strict=True)):
        moments = np.sort(rng.integers(_SPAN, size=m)).tolist()
        levels: list[list[int]] = [[] for _ in range(m)]
        spoken = np.repeat(np.arange(1, s.LEVELS + 1), needs)
        for level, post in zip(spoken.tolist(), rng.integers(m, size=len(spoken)).tolist(), strict=True):
            levels[post].append(level)
        for moment, said in zip(moments, levels, strict=True):
            yield _Draft(f"{channel}-{author:04d}", channel, datetime.combine(s.START, time()) - timedelta(seconds=_SPAN - moment), said)


def _desk(config: WorldConfig, traits: Traits, users: list[str]) -> Iterator[_Draft]:
    """Yield the posts of readers at the desk: of the climb they live, or of one that has nothing to do with it."""
    climb = traits.climb if config.plants("finance") else draw_climb(config, "told")
    minute = generator(config.seed, "world", "desk").integers(18 * 60, 23 * 60, size=climb.day.shape)
    for reader in np.flatnonzero(traits.desk).tolist():
        for day, level, at in zip(climb.day[reader].tolist(), climb.level[reader].tolist(), minute[reader].tolist(), strict=True):
            yield _Draft(users[reader], DESK, datetime.combine(s.START + timedelta(days=day), time()) + timedelta(minutes=at), [level])

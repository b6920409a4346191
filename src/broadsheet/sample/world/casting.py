"""Which paper plays which part: theme, motif, day and level of every row of the catalogue."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.seeds import generator
from broadsheet.sample.world import settings as s
from broadsheet.sample.world.settings import WorldConfig
from broadsheet.sample.world.vocabulary import finance, themes

Rows = NDArray[np.int64]


class Cast(NamedTuple):
    """The papers as arrays `[N]`, and the rows that play a part.

    `day` counts from the first day and is negative for papers announced before it; `source` is
    the row that a paper retells, its own where it retells none. `series` `[12, 4]` holds p, q,
    f, b; `clubs` `[6 rounds, 6 clubs]`, round 0 the originals; `quads` and `fresh` one paper of
    each motif, in the order of `MOTIFS`.
    """

    theme: Rows
    motif: Rows
    day: Rows
    level: Rows
    source: Rows
    role: tuple[str, ...]
    feed: Rows
    keys: Rows
    doors: Rows
    series: Rows
    clubs: Rows
    copies: Rows
    quads: Rows
    fresh: Rows
    shelf: Rows


class _Call:
    """Gathers rows part by part, before they are put in the order of announcement."""

    def __init__(self) -> None:
        self.columns: dict[str, list[NDArray[np.int64]]] = {"theme": [], "motif": [], "day": [], "level": []}
        self.role: list[str] = []

    def add(self, role: str, theme: Rows, motif: Rows, day: Rows | int = 0, level: Rows | int = 0) -> Rows:
        rows = np.arange(len(self.role), len(self.role) + theme.size).reshape(theme.shape)
        for name, value in (("theme", theme), ("motif", motif), ("day", day), ("level", level)):
            self.columns[name].append(np.broadcast_to(np.asarray(value, dtype=np.int64), theme.shape).ravel())
        self.role += [role] * theme.size
        return rows


def cast(config: WorldConfig) -> Cast:
    """Draw the parts; none of them depends on the truths a world goes without."""
    rng = generator(config.seed, "world", "cast")
    others = np.array([row for row in range(len(themes())) if row != finance()])
    call, last = _Call(), config.days - 1

    def alike(*shape: int) -> Rows:
        """Draw a different theme for each row of `shape` and give it to all papers of the row."""
        return np.broadcast_to(rng.choice(others, shape[0], replace=False)[:, None], shape)

    def motifs(*shape: int) -> Rows:
        return rng.integers(len(s.MOTIFS), size=shape)

    each_motif = np.arange(len(s.MOTIFS))
    club_theme, club_motif = alike(s.ROUNDS, s.CLUBS), motifs(s.ROUNDS, s.CLUBS)
    parts = {
        "keys": call.add("key", alike(1, s.KEYS)[0], motifs(s.KEYS)),
        "doors": call.add("door", alike(1, s.KEYS)[0], motifs(s.KEYS)),
        "series": call.add("series", alike(s.SERIES, 4), motifs(s.SERIES, 4)),
        "clubs": call.add("club", club_theme, club_motif),
        "quads": call.add("quad", np.concatenate([alike(s.QUADS // 2, 4), alike(s.QUADS // 2, 4)]), np.broadcast_to(each_motif, (s.QUADS, 4))),
        "fresh": call.add("fresh", alike(s.FRESH_QUADS, 4), np.broadcast_to(each_motif, (s.FRESH_QUADS, 4)), day=last),
    }
    parts["copies"] = call.add("copy", club_theme[0], club_motif[0], day=last)
    shelf = (s.LEVELS, s.SHELF_COPIES)
    parts["shelf"] = call.add("shelf", np.full(shelf, finance()), motifs(*shelf), level=np.broadcast_to(np.arange(1, s.LEVELS + 1)[:, None], shelf))
    rest = config.items - len(call.role)
    theme = rng.permutation(np.arange(rest) % len(themes()))
    level = np.where(theme == finance(), rng.integers(1, s.LEVELS + 1, size=rest), 0)
    parts["feed"] = call.add("feed", theme, motifs(rest), day=rng.permutation(np.arange(rest) % (config.days + s.WINDOW - 1)) - s.WINDOW + 1, level=level)
    return _announced(call, parts, rng)


def _announced(call: _Call, parts: dict[str, Rows], rng: np.random.Generator) -> Cast:
    """Put rows in the order of announcement, at random within a day, so that no row tells a part."""
    columns = {name: np.concatenate(values) for name, values in call.columns.items()}
    order = np.lexsort((rng.random(len(call.role)), columns["day"]))
    row = np.empty(len(order), dtype=np.int64)
    row[order] = np.arange(len(order))
    source = np.arange(len(order))
    source[row[parts["copies"]]] = row[parts["clubs"][0]]
    return Cast(
        **{name: values[order] for name, values in columns.items()},
        source=source,
        role=tuple(call.role[i] for i in order),
        **{name: row[rows] for name, rows in parts.items()},
    )

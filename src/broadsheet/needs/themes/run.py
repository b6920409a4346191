"""Posts and mentions to a folder of themes: their words, the people who speak of each, and the levels that their posts speak of."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy.stats import binomtest

from broadsheet.core.artifacts import Artifact, Manifest, check_replaceable, load_artifact, write_artifact
from broadsheet.core.errors import ConfigError
from broadsheet.core.files import file_hash, write_file
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Columns, Record
from broadsheet.needs.cells import Count, count, parts, told
from broadsheet.needs.hierarchy.inputs import read_authors, read_mentions
from broadsheet.needs.posts import written
from broadsheet.needs.taxonomy import Taxonomy
from broadsheet.needs.themes.model import NUMBERS, RESAMPLES, STABLE, Found, choose, find, top_words
from broadsheet.needs.themes.words import Words, words_of

KIND, FILE = ArtifactKind.NEEDS_THEMES, "themes.json"
FEWEST = 2
# A theme is named by so many of its words.
NAMED = 3


class LevelOf(Record):
    """A level that a theme's posts speak of: which of the theme's people do, with a 95 % interval over them."""

    level: str
    people: Count
    share: float | None
    low: float | None
    high: float | None


class Theme(Record):
    """A theme: words that k people or more use, how many people speak of it, how surely others would find it (0 to 1), and levels of its posts.

    One that is not `stable`, or that fewer than k people speak of, is not shown by default.
    """

    name: str
    words: tuple[str, ...]
    people: Count
    stability: float
    stable: bool
    levels: tuple[LevelOf, ...]


class Themes(Record):
    """Themes, those that most people speak of first; `chance` is which share of a theme's words comes again where words are dealt out by lot, `again` where they are not."""

    people: Count
    posts: int
    words: int
    k: int
    chosen: bool
    again: float
    chance: float
    themes: tuple[Theme, ...]

    @property
    def shown(self) -> tuple[Theme, ...]:
        """Themes that are shown by default."""
        return tuple(theme for theme in self.themes if theme.stable and isinstance(theme.people, int))


class Options(NamedTuple):
    """How many themes (0: chosen by how many are stable), the least number of people that is told, the seed, and how often people are drawn anew."""

    number: int = 0
    k: int = 5
    seed: int = 0
    resamples: int = RESAMPLES


def themes(posts: Path, mentions: Path | None, out: Path, taxonomy: Taxonomy, options: Options | None = None, progress: Progress = silent) -> Themes:
    """Find themes of posts and write them. Raises ConfigError for a k or a number that cannot be, a SourceError, TaxonomyError or OutputError."""
    options = options or Options()
    check_replaceable(out, KIND)
    words = words_of(written(posts), options.k)
    if words.most < FEWEST or (options.number and not FEWEST <= options.number <= words.most):
        raise ConfigError(
            f"{options.number or FEWEST} themes of {len(words.posts):,} posts and {len(words.words):,} words cannot be.",
            f"Ask for {FEWEST} to {words.most}, or for 0." if words.most >= FEWEST else "Give more posts, of more people.",
        )
    if options.number:
        found = find(words, options.number, options.seed, options.resamples)
    else:
        found = choose(words, NUMBERS, options.seed, options.resamples, progress, options.k)
    spoken = _spoken(posts, mentions, taxonomy) if mentions else {}
    made = told_of(words, found, spoken, [level.id for level in taxonomy.levels], options)
    files = {"posts": posts, **({"mentions": mentions} if mentions else {})}
    config = {**options._asdict(), "taxonomy": taxonomy.name, "stable": STABLE}
    manifest = Manifest(
        kind=KIND,
        config=config,
        seed=options.seed,
        parents={name: file_hash(path) for name, path in files.items()},
        models={"themes": "NMF of TF-IDF, begun by singular vectors"},
        metrics={"themes": float(len(made.themes)), "stable": float(found.stable.sum()), "again": made.again, "chance": made.chance},
    )
    frame = pl.DataFrame([_row(theme) for theme in made.themes])
    write_artifact(out, manifest, frames={"themes": frame}, fill=lambda stage: write_file(stage / FILE, made.model_dump_json(indent=1) + "\n"))
    return made


def read_themes(path: Path) -> tuple[Themes, Artifact]:
    """Return what was written. Raises ArtifactError."""
    return load_artifact(path, KIND, lambda artifact: (Themes.model_validate_json((path / FILE).read_bytes()), artifact))


def _spoken(posts: Path, mentions: Path, taxonomy: Taxonomy) -> Mapping[str, set[str]]:
    """Return which levels each post speaks of."""
    read = read_mentions(mentions, read_authors(posts), taxonomy).mentions
    found: dict[str, set[str]] = {}
    for post, level in read.select(Columns.POST, Columns.LEVEL).iter_rows():
        found.setdefault(post, set()).add(level)
    return found


def told_of(words: Words, found: Found, spoken: Mapping[str, set[str]], levels: Sequence[str], options: Options) -> Themes:
    """Tell of themes what may be told."""
    made = []
    for number, places in enumerate(top_words(found.terms)):
        rows, speakers = np.flatnonzero(found.of == number), int(found.people[number])
        named = tuple(words.words[place] for place in places)
        stability = told(float(found.stability[number])) or 0.0
        made.append(
            (
                speakers,
                Theme(
                    name=", ".join(named[:NAMED]),
                    words=named,
                    people=count(speakers, options.k),
                    stability=stability,
                    stable=bool(found.stable[number]),
                    levels=_levels(words, rows, spoken, levels, options.k) if spoken and speakers >= options.k else (),
                ),
            )
        )
    made.sort(key=lambda pair: (-pair[0], pair[1].name))
    return Themes(
        people=count(words.people, options.k),
        posts=len(words.posts),
        words=len(words.words),
        k=options.k,
        chosen=not options.number,
        again=told(float(found.again.mean())) or 0.0,
        chance=told(found.chance) or 0.0,
        themes=tuple(theme for _, theme in made),
    )


def _levels(words: Words, rows: np.ndarray, spoken: Mapping[str, set[str]], levels: Sequence[str], k: int) -> tuple[LevelOf, ...]:
    """Return which of the people of a theme's posts `rows` speak of each level in them."""
    people = len(np.unique(words.person[rows]))
    who = [{int(words.person[row]) for row in rows.tolist() if level in spoken.get(words.posts[row], ())} for level in levels]
    told_parts = parts([len(one) for one in who], [people] * len(levels), k)
    found = []
    for level, part in zip(levels, told_parts, strict=True):
        low = high = None
        if part.share is not None and isinstance(part.people, int):
            ends = binomtest(part.people, people).proportion_ci(method="wilson")
            low, high = told(float(ends.low)), told(float(ends.high))
        found.append(LevelOf(level=level, people=part.people, share=part.share, low=low, high=high))
    return tuple(found)


def _row(theme: Theme) -> dict[str, object]:
    withheld = isinstance(theme.people, str)
    return {
        "name": theme.name,
        "words": list(theme.words),
        "people": None if withheld else theme.people,
        "people_withheld": theme.people if withheld else None,
        "stability": theme.stability,
        "stable": theme.stable,
    }

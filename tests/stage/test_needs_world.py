"""The fictional world's posts, end to end: what each panel was drawn by is found out, and needs are found where they were written."""

import polars as pl
import pytest

from broadsheet.core.schema import Columns
from broadsheet.needs.extract.extractor import Extractor
from broadsheet.needs.hierarchy.infer import infer
from broadsheet.needs.hierarchy.inputs import said
from broadsheet.needs.hierarchy.plan import AnalysisPlan
from broadsheet.needs.label.words import CueWords
from broadsheet.needs.taxonomy import open_taxonomy
from broadsheet.sample.world.build import world
from broadsheet.sample.world.panels import PANELS

TAXONOMY = open_taxonomy()
LEVELS = [level.id for level in TAXONOMY.levels]
VERDICTS = {"cumulative": "cumulative", "unfolding": "unfolding", "verbosity": "none", "independent": "none"}


@pytest.fixture(scope="module")
def made():
    return world(readers=50, items=800, days=24, seed=5, posters=250)


@pytest.mark.parametrize("channel", PANELS)
def test_the_law_of_each_panel_is_found_out(made, channel):
    posts = made.posts.filter(pl.col(Columns.CHANNEL) == channel)
    posts = posts.with_columns(pl.col(Columns.AT).dt.epoch("s"), pl.Series(Columns.TEXT_HASH, [said(text) for text in posts[Columns.TEXT].to_list()]))
    mentions = made.mentions.join(posts, on=Columns.POST).select(
        Columns.POST, pl.col(Columns.LEVEL).map_elements(lambda n: LEVELS[n - 1], return_dtype=pl.String)
    )
    assert infer(posts, mentions, LEVELS, AnalysisPlan(draws=199, resamples=200)).verdict == VERDICTS[PANELS[channel]]


def test_needs_are_found_where_they_were_written(made):
    """Cue words are the weakest labeller; of what it finds, most is where something was written, and a good half of it of the level."""
    posts = made.posts.head(400)
    found = Extractor(TAXONOMY, CueWords(TAXONOMY), b"k" * 32)(posts).mentions
    told = made.mentions.join(posts.select(Columns.POST), on=Columns.POST).with_columns(
        pl.col(Columns.LEVEL).map_elements(lambda n: LEVELS[n - 1], return_dtype=pl.String)
    )
    both = found.join(told, on=Columns.POST, suffix="_told").filter(
        (pl.col(Columns.START) < pl.col(f"{Columns.END}_told")) & (pl.col(Columns.END) > pl.col(f"{Columns.START}_told"))
    )
    assert both[Columns.MENTION].n_unique() > 0.7 * len(found)
    assert (both[Columns.LEVEL] == both[f"{Columns.LEVEL}_told"]).mean() > 0.5

"""The fictional world: the same bytes for a seed, parts that do not touch one another, sizes, a folder and back."""

import os
import subprocess
import sys
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from broadsheet.core.errors import ArtifactError, ConfigError, RecordError
from broadsheet.core.schema import Columns as C
from broadsheet.core.schema import Post
from broadsheet.sample.world import NAMES, World, WorldConfig, read_world, world
from broadsheet.sample.world.settings import FINALS, least_items

SMALL = {"readers": 30, "items": 800, "posters": 12}
# What a world without a truth may change: frames, and in the events those of papers with these parts.
CHANGES = {
    "figure": ({"events", "probes"}, {"quad", "fresh"}),
    "order": ({"events", "probes"}, {"series"}),
    "deep": ({"events", "probes"}, {"door"}),
    "cold": ({"events", "probes", "papers", "catalogue", "figures", "relations"}, {"copy"}),
    "fatigue": ({"events", "probes"}, {"feed"}),
    "posts": ({"posts", "mentions"}, set()),
    "finance": ({"posts", "mentions"}, set()),
}


@pytest.fixture(scope="module")
def made() -> World:
    return world(**SMALL)


@pytest.fixture(scope="module")
def default() -> World:
    return world(posters=10)


def shown(w: World) -> pl.DataFrame:
    return w.events.filter(pl.col(C.KIND) == "shown")


def opened(w: World) -> pl.DataFrame:
    return w.events.filter(pl.col(C.KIND) == "opened")


def pixels(w: World) -> np.ndarray:
    """Figures of the last day's papers, copies among them, and of a few others."""
    return np.stack([w.figures[row] for row in (*range(20), *range(len(w.catalogue) - 60, len(w.catalogue)))])


def test_the_same_seed_gives_the_same_bytes_in_another_process(made):
    code = f"from broadsheet.sample.world import world; print(world(**{SMALL!r}).digest())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert done.stdout.strip() == made.digest() == world(**SMALL).digest()


def test_another_seed_gives_another_world(made):
    assert world(**SMALL, seed=1).digest() != made.digest()


@pytest.mark.parametrize("name", NAMES)
def test_a_world_without_a_truth_is_otherwise_the_same(made, name):
    control = world(**SMALL, without={name})
    frames, roles = CHANGES[name]
    for frame in made.frames().keys() - frames:
        assert_frame_equal(control.frames()[frame], made.frames()[frame])
    assert ("catalogue" in frames) != (control.catalogue.content_hash() == made.catalogue.content_hash())
    assert ("figures" in frames) != np.array_equal(pixels(control), pixels(made))
    assert_frame_equal(shown(control), shown(made))
    other = made.papers.filter(~pl.col("role").is_in(list(roles)))[[C.ITEM]]
    assert_frame_equal(control.events.join(other, on=C.ITEM), made.events.join(other, on=C.ITEM))
    assert not all(control.frames()[frame].equals(made.frames()[frame]) for frame in frames & made.frames().keys())


def test_only_copies_change_where_nothing_is_copied(made):
    control = world(**SMALL, without={"cold"})
    copies = set(made.papers.filter(pl.col("role") == "copy")[C.ITEM])
    changed = {a.id for a, b in zip(made.catalogue, control.catalogue, strict=True) if a != b}
    assert changed == copies
    edges = made.relations.join(control.relations, on=made.relations.columns, how="anti")
    assert set(edges[C.HEAD]) <= copies
    assert control.papers["retells"].null_count() == len(control.papers)


def test_the_desk_and_the_panels_do_not_touch_one_another(made):
    desk = pl.col(C.CHANNEL) == "desk"
    assert_frame_equal(world(**SMALL, without={"posts"}).posts.filter(desk), made.posts.filter(desk))
    assert_frame_equal(world(**SMALL, without={"finance"}).posts.filter(~desk), made.posts.filter(~desk))


def test_sizes(default):
    assert len(default.catalogue) == 1500
    assert default.events[C.USER].n_unique() == 120
    assert default.posts.filter(pl.col(C.CHANNEL) != "desk").group_by(C.CHANNEL).agg(pl.col(C.AUTHOR).n_unique())[C.AUTHOR].to_list() == [10] * 4
    desk = default.posts.filter(pl.col(C.CHANNEL) == "desk")[C.AUTHOR]
    assert desk.n_unique() == 48
    assert set(desk) <= set(default.readers[C.USER])


def test_histories_are_long_and_end_with_what_is_asked(default):
    histories = opened(default).group_by(C.USER, maintain_order=True).agg(C.ITEM).sort(C.USER)
    assert histories[C.ITEM].list.len().min() >= 60
    finals = default.probes.filter(C.FINAL).sort(C.USER)
    assert finals[C.ANSWER].to_list() == histories[C.ITEM].list.last().to_list()
    assert finals[C.POSITION].to_list() == (histories[C.ITEM].list.len() - 1).to_list()
    assert finals[C.TRUTH].to_list() == [FINALS[row % 5] for row in range(120)] == default.readers[C.TRUTH].to_list()


def test_a_paper_is_shown_to_a_reader_once_and_answered_in_one_way(default):
    kinds = default.events.pivot(C.KIND, index=[C.USER, C.ITEM], values=C.SLOT, aggregate_function="len").fill_null(0)
    assert kinds["shown"].to_list() == [1] * len(kinds)
    assert (kinds["opened"] + kinds["skipped"]).to_list() == [1] * len(kinds)
    assert kinds.filter((pl.col("saved") > pl.col("opened")) | (pl.col("less") > pl.col("skipped"))).is_empty()
    assert default.events[C.AT].is_sorted()


def test_the_opened_events_of_a_reader_have_moments_of_their_own(default):
    assert opened(default).select(C.USER, C.AT).is_unique().all()


def test_nothing_is_shown_before_it_is_announced(default):
    announced = pl.DataFrame({C.ITEM: default.catalogue.ids, C.ANNOUNCED: [item.announced for item in default.catalogue]})
    late = default.events.join(announced, on=C.ITEM).filter(pl.col(C.AT).dt.date() < pl.col(C.ANNOUNCED))
    assert late.is_empty()


def test_a_key_is_among_the_first_five_and_its_door_forty_later(default):
    keys = set(default.papers.filter(pl.col("role") == "key")[C.ITEM])
    positions = opened(default).with_columns(pl.int_range(pl.len()).over(C.USER).alias(C.POSITION)).filter(pl.col(C.ITEM).is_in(list(keys)))
    assert positions.group_by(C.USER).len()["len"].to_list() == [1] * 120
    assert positions[C.POSITION].max() == 4
    doors = default.probes.filter(pl.col(C.TRUTH) == "deep").join(positions, on=C.USER, suffix="_key")
    assert len(doors) == 120
    assert (doors[C.POSITION] - doors[f"{C.POSITION}_key"]).min() >= 40


def test_cold_papers_have_no_event_before_the_last_day(default):
    cold = default.papers.filter(pl.col("role").is_in(["copy", "fresh"]))[C.ITEM]
    first = default.events.filter(pl.col(C.ITEM).is_in(cold.to_list()))[C.AT].min()
    assert first.date() == default.catalogue.items[-1].announced == default.events[C.AT].max().date()


def test_whoever_is_asked_about_copies_never_met_the_originals(default):
    originals = default.papers["retells"].drop_nulls().to_list()
    asked = default.probes.filter(pl.col(C.TRUTH) == "cold")[C.USER].to_list()
    assert len(asked) == 24
    assert default.events.filter(pl.col(C.ITEM).is_in(originals) & pl.col(C.USER).is_in(asked)).is_empty()


def test_the_candidates_of_a_probe_are_its_slate_from_the_top(default):
    probes = default.probes.with_columns(pl.int_ranges(pl.col(C.CANDIDATES).list.len()).alias(C.SLOT))
    slots = probes.explode(C.CANDIDATES, C.SLOT).join(shown(default), left_on=[C.USER, C.CANDIDATES], right_on=[C.USER, C.ITEM], suffix="_shown")
    assert len(slots) == probes[C.CANDIDATES].list.len().sum()
    assert slots[C.SLOT].to_list() == slots[f"{C.SLOT}_shown"].to_list()
    assert probes.select(pl.col(C.ANSWER).is_in(pl.col(C.CANDIDATES)))[C.ANSWER].all()


def test_the_relations_hold_together(default):
    ids = {item.id: item for item in default.catalogue}
    by_type = {kind: frame for (kind,), frame in default.relations.partition_by(C.TYPE, as_dict=True).items()}
    assert by_type.keys() == {"written_by", "works_at", "located_in", "about", "part_of", "introduces", "cites", "continues"}
    assert {(i.id, person) for i in ids.values() for person in i.creators} == set(by_type["written_by"][[C.HEAD, C.TAIL]].iter_rows())
    assert set(by_type["works_at"][C.HEAD]) == set(by_type["written_by"][C.TAIL])
    assert set(by_type["works_at"][C.TAIL]) <= set(by_type["located_in"][C.HEAD])
    assert all(ids[tail].announced < ids[head].announced for head, tail in by_type["cites"][[C.HEAD, C.TAIL]].iter_rows())
    # Both f and b continue both p and q: the graph does not tell where readers go.
    assert by_type["continues"].group_by(C.HEAD).len()["len"].to_list() == [2] * 24


def test_a_world_comes_back_from_its_folder(made, tmp_path):
    artifact = made.write(tmp_path / "world")
    again = read_world(tmp_path / "world")
    assert again.digest() == made.digest()
    assert again.config == made.config
    assert again.catalogue.items == made.catalogue.items
    assert made.write(tmp_path / "twice").content_hash == artifact.content_hash
    (tmp_path / "world" / "posts.parquet").write_bytes(b"")
    with pytest.raises(ArtifactError):
        read_world(tmp_path / "world")


def test_figures_are_drawn_when_asked_for(made):
    figure = made.figure("w00000")
    assert figure.shape == (64, 64, 3)
    assert figure.dtype == np.uint8
    assert np.array_equal(figure, made.figure("w00000"))
    with pytest.raises(RecordError):
        made.figure("w99999")


def test_posts_as_records(made):
    first = made.post_records()[0]
    assert isinstance(first, Post)
    assert first.model_dump() == {"id": made.posts[C.POST][0], **made.posts.drop(C.POST).row(0, named=True)}


@pytest.mark.parametrize(
    ("dials", "said"),
    [
        ({"readers": 5}, "readers=5"),
        ({"days": 3}, "days=3"),
        ({"items": 700}, "700 papers are too few for 30 days"),
        ({"days": 200}, "Ask for --items 2362"),
        ({"without": {"ordr"}}, "Did you mean 'order'?"),
    ],
)
def test_dials_out_of_range_are_errors(dials, said):
    with pytest.raises(ConfigError, match=said.replace("?", "\\?")):
        world(**dials)


def test_the_least_world_that_is_allowed_can_be_made():
    long = world(readers=10, items=least_items(60), days=60, posters=10)
    assert long.events[C.AT].max() - long.events[C.AT].min() > timedelta(days=59)


def test_a_configuration_makes_the_round_trip():
    config = WorldConfig(without=frozenset({"posts", "cold"}))
    assert WorldConfig.model_validate_json(config.model_dump_json()) == config
    assert config.model_dump()["without"] == ["cold", "posts"]

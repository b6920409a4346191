"""Every planted truth is found from what a model may see, is gone in its control, and hides from rivals."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from broadsheet.core.schema import Columns as C
from broadsheet.sample.world import NAMES, World, world
from broadsheet.sample.world.feed import kernel
from broadsheet.sample.world.settings import MOTIFS
from broadsheet.sample.world.solvers.fatigue import effects, twins_by_words
from broadsheet.sample.world.solvers.finding import Finding, accuracy, hit
from broadsheet.sample.world.solvers.ladders import axis_of_levels, cumulative, fit_ladder, thresholds, unfolding
from broadsheet.sample.world.solvers.posts import EXPECTED, judge, panel, solve_posts, verdicts
from broadsheet.sample.world.solvers.scales import fit_exposure, h_under_exposure, loevinger_h
from broadsheet.sample.world.truths import TRUTHS, Truth, check_truths
from broadsheet.sample.world.vocabulary import themes, twins

SEEDS = (0, 1, 2)
SOLVED = {truth.name: truth for truth in TRUTHS if truth.name != "posts"}
RIVALS = [(truth, by) for truth in SOLVED.values() for by in truth.rivals]


class Worlds(NamedTuple):
    """Worlds of three seeds, and the same without any truth: truths do not touch one another, so one control serves all."""

    planted: list[World]
    controls: list[World]


@pytest.fixture(scope="module")
def worlds() -> Worlds:
    return Worlds([world(seed=seed, posters=10) for seed in SEEDS], [world(seed=seed, posters=10, without=NAMES) for seed in SEEDS])


@cache
def peopled() -> World:
    """A world of few papers whose panels are whole; several tests ask."""
    return world(readers=10, items=800)


@cache
def solved(solver: Callable[[World], Finding], made: World) -> Finding:
    """What a solver finds; several tests ask."""
    return solver(made)


def pooled(solver: Callable[[World], Finding], made: list[World]) -> Finding:
    """The mean over seeds, with the interval of a mean of independent findings."""
    found = [solved(solver, w) for w in made]
    mean = float(np.mean([f.figure for f in found]))
    half = float(np.sqrt(np.sum([((f.high - f.low) / 2) ** 2 for f in found])) / len(found))
    return Finding(mean, found[0].chance, mean - half, mean + half, sum(f.n for f in found))


@pytest.mark.parametrize("truth", SOLVED.values(), ids=SOLVED)
def test_the_solver_finds_the_truth_in_every_world_and_not_in_its_control(worlds, truth):
    for made in worlds.planted:
        found = solved(truth.solver, made)
        assert found.above, found
        assert found.low <= found.figure <= found.high
    control = pooled(truth.solver, worlds.controls)
    assert control.at_chance, control


@pytest.mark.parametrize(("truth", "by"), RIVALS, ids=[f"{truth.name}-{by}" for truth, by in RIVALS])
def test_a_rival_that_lacks_what_it_takes_is_at_chance(worlds, truth: Truth, by):
    found = pooled(truth.rivals[by], worlds.planted)
    assert found.at_chance, found


@pytest.mark.parametrize(("name", "least"), [("figure", 0.95), ("order", 0.95), ("deep", 0.95), ("cold", 0.85), ("finance", 2.0)])
def test_how_well_it_is_found(worlds, name, least):
    assert pooled(SOLVED[name].solver, worlds.planted).figure > least


def test_twins_wear_a_reader_out_nearly_as_much_as_the_category_itself(worlds):
    share = pooled(SOLVED["fatigue"].solver, worlds.planted)
    assert share.low < 0.9 < share.high
    for made in worlds.planted:
        own, twin, placebo = effects(made).slope
        assert own < -0.3
        assert twin < -0.25
        assert abs(placebo) < 0.1


def test_the_kernel_is_one_for_itself_and_nine_tenths_for_a_twin():
    share = kernel(twins_share=True)
    names = [theme.name for theme in themes()]
    assert share[names.index("fog-harvesting"), names.index("mist-gathering")] == 0.9
    assert share.sum() == len(names) + 8 * 0.9
    assert kernel(twins_share=False).tolist() == np.eye(len(names)).tolist()


def test_twins_are_found_by_their_words(worlds):
    names = [theme.name for theme in themes()]
    assert twins_by_words(worlds.planted[0]) == {names[row]: names[twin] for row, twin in enumerate(twins()) if twin != row}


def test_readers_at_the_desk_rise(worlds):
    made = worlds.planted[0]
    said = made.posts.filter(pl.col(C.CHANNEL) == "desk").join(made.mentions, on=C.POST).sort(C.AUTHOR, C.AT)
    rise = said.group_by(C.AUTHOR).agg(rise=pl.col(C.LEVEL).last() - pl.col(C.LEVEL).first(), falls=(pl.col(C.LEVEL).diff() < 0).any())
    assert rise["rise"].mean() > 1.5
    assert not rise["falls"].any()


def test_each_panel_gets_the_right_verdict():
    # Of other seeds: `broadsheet world --check --seed N`.
    found = verdicts(peopled())
    assert {channel: verdict.name for channel, verdict in found.items()} == EXPECTED
    assert found["lantern"].h > 0.2, "verbosity alone must look like a scale, or it tests nothing"


def test_where_all_panels_are_independent_none_is_a_ladder():
    found = solve_posts(world(readers=10, items=800, posters=120, without={"posts"}))
    assert (found.figure, found.low, found.high) == (0.5, 0.5, 0.5)


def test_the_verdict_follows_the_data_and_not_the_numbers_of_the_levels():
    made = world(readers=10, items=800, posters=200)
    said, posts = panel(made, "harbour")
    shuffled = said[:, np.random.default_rng(0).permutation(7)]
    assert judge(shuffled, posts, np.random.default_rng(1)).name == "unfolding"
    axis = axis_of_levels(said)
    assert abs(np.corrcoef(axis, np.arange(7))[0, 1]) > 0.9


def test_the_exponent_of_exposure_is_fitted():
    made = peopled()
    assert fit_exposure(*panel(made, "lantern")).exponent == pytest.approx(1, abs=0.15)
    assert fit_exposure(*panel(made, "orchard")).exponent == pytest.approx(0, abs=0.15)


def test_exposure_alone_gives_the_h_that_it_predicts():
    said, posts = panel(peopled(), "lantern")
    simulated = h_under_exposure(fit_exposure(said, posts), posts, 100, np.random.default_rng(0))
    assert simulated.min() < loevinger_h(said) < simulated.max()


@pytest.mark.parametrize("curve", [cumulative, unfolding])
def test_the_gradient_of_a_ladder_leads_to_a_maximum(curve):
    said, posts = panel(world(readers=10, items=800, posters=80), "kettle" if curve is cumulative else "harbour")
    start = thresholds(said) if curve is cumulative else axis_of_levels(said)
    fitted = fit_ladder(curve, start, said, posts, 1.0)
    best = fitted.log_likelihood(said, posts).sum()
    for unit in np.eye(9):
        for step in (-0.2, 0.2):
            assert fitted._replace(parameters=fitted.parameters + step * unit).log_likelihood(said, posts).sum() < best + 0.6


def test_the_registry_names_every_truth_once():
    assert tuple(truth.name for truth in TRUTHS) == NAMES
    assert all(truth.planted and truth.control and truth.measure for truth in TRUTHS)


def test_all_truths_are_checked_against_their_own_controls():
    # The posts have a test of their own; their solver takes the longest.
    rows = list(check_truths(world(readers=40, items=800, posters=10), truths=list(SOLVED.values())))
    assert [(row.truth, row.by) for row in rows] == [(t.name, by) for t in SOLVED.values() for by in ("solver", *t.rivals)]
    assert all(row.world.figure > row.control.figure for row in rows if row.by == "solver")


def test_accuracy_of_all_right_is_not_certain():
    found = accuracy([1.0] * 10, 1 / len(MOTIFS))
    assert (found.figure, found.high) == (1.0, pytest.approx(1.0))
    assert found.low == pytest.approx(0.722, abs=0.001)
    assert accuracy([1, 0, 0, 0], 0.25).at_chance
    assert hit([1.0, 1.0, 1.0, 1.0], 2) == 0.25


def test_the_page_about_the_world_lists_every_truth():
    page = (Path(__file__).resolve().parents[2] / "docs" / "world.md").read_text()
    listed = re.findall(r"^\| `(\w+)` \| (?!user|head|post|item)", page.split("## What is in it")[0], re.MULTILINE)
    assert tuple(listed) == NAMES
    frames = re.findall(r"^\| `(\w+)`(?: \(gold\))? \| ([\w, ]+) \|", page.split("## What is in it")[1], re.MULTILINE)
    made = world(readers=10, items=800, posters=10)
    assert {name: columns.split(", ") for name, columns in frames} == {name: frame.columns for name, frame in made.frames().items()}

"""The verdict on planted worlds, and what it must not depend on."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest

from broadsheet.core.schema import Columns
from broadsheet.needs.bench.planted import TRUTH, WORLDS, planted
from broadsheet.needs.hierarchy import latent
from broadsheet.needs.hierarchy.infer import Evidence, infer
from broadsheet.needs.hierarchy.inputs import said
from broadsheet.needs.hierarchy.latent import _descent, _Laid
from broadsheet.needs.hierarchy.order import claimed
from broadsheet.needs.hierarchy.people import people_of, rows_of
from broadsheet.needs.hierarchy.plan import AnalysisPlan
from broadsheet.needs.hierarchy.verdict import judge, uniform

PLAN = AnalysisPlan(draws=199, resamples=200)
LEVELS = [f"level {number}" for number in range(7)]


def written(world, people=150, seed=1, *, copies=1, backwards=False):
    """Posts and mentions of a planted world; each post a text of its own, at a time of its own."""
    made = planted(world, people, seed)
    draw = np.random.default_rng(seed)
    posts, mentions = [], []
    for person, count in enumerate(made.posts.astype(int)):
        times = np.sort(draw.integers(1_600_000_000, 1_640_000_000, count))
        places = [draw.integers(count, size=number) for number in made.mentions[person]]
        for copy in range(copies):
            for place in range(count):
                at = int(3_240_000_000 - times[place] if backwards else times[place])
                posts.append((f"{person}-{place}-{copy}", f"author {person}", at, f"Post {place} of {person}"))
            mentions += [(f"{person}-{place}-{copy}", LEVELS[level]) for level, among in enumerate(places) for place in among]
    one = pl.DataFrame(posts, schema=[Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT_HASH], orient="row")
    return one, pl.DataFrame(mentions, schema=[Columns.POST, Columns.LEVEL], orient="row")


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("error", [0.0, 0.2])
@pytest.mark.parametrize("given", [True, False])
def test_each_world_is_found_out_clean_or_with_one_mention_in_five_mistaken(world, error, given):
    made = planted(world, 334, 11, error=error)
    assert judge(made.mentions > 0, made.posts, PLAN, uniform(7, error) if given else None).verdict == TRUTH[world]


def test_few_people_are_too_few_to_tell():
    made = planted("cumulative", 20, 0)
    found = judge(made.mentions > 0, made.posts, PLAN)
    assert found.verdict == "undetermined"
    assert "20 people" in found.reason
    assert found.p is None


@pytest.mark.parametrize("world", ["cumulative", "unfolding"])
def test_the_verdict_does_not_know_the_order_of_levels(world):
    made = planted(world, 200, 3)
    order = [3, 0, 6, 2, 5, 1, 4]
    one, other = judge(made.mentions > 0, made.posts, PLAN), judge(made.mentions[:, order] > 0, made.posts, PLAN)
    assert one.verdict == other.verdict == TRUTH[world]
    assert one.p == other.p


def test_every_post_five_times_shrinks_no_p_and_widens_no_interval():
    one, other = (infer(*written("cumulative", copies=copies), LEVELS, PLAN) for copies in (1, 5))
    assert one == other


def test_arrows_turn_with_time():
    one, other = (infer(*written("cumulative", backwards=backwards), LEVELS, PLAN) for backwards in (False, True))
    assert one.time.agreement == pytest.approx(-other.time.agreement)
    for level, row in one.time.beyond.items():
        for beside, more in row.items():
            assert more == pytest.approx(-other.time.beyond[level][beside])
    assert one.verdict == other.verdict


def test_levels_mentioned_often_are_not_by_that_earlier():
    """One level is mentioned in nine posts of each person and another in one, at times drawn alike."""
    draw = np.random.default_rng(0)
    rows = [(f"{person}-{place}", f"author {person}", int(at)) for person in range(400) for place, at in enumerate(draw.permutation(10))]
    posts = pl.DataFrame([(*row, f"text {row[0]}") for row in rows], schema=[Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT_HASH], orient="row")
    mentions = pl.DataFrame([(name, LEVELS[0] if name.endswith("-0") else LEVELS[1]) for name, *_ in rows], schema=[Columns.POST, Columns.LEVEL], orient="row")
    assert infer(posts, mentions, LEVELS[:2], PLAN).time.p > 0.05


def test_time_that_goes_up_the_levels_is_found():
    posts = [(f"{person}-{place}", f"author {person}", place, f"{person} {place}") for person in range(60) for place in range(4)]
    frame = pl.DataFrame(posts, schema=[Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT_HASH], orient="row")
    mentions = pl.DataFrame([(name, LEVELS[int(name[-1])]) for name, *_ in posts], schema=[Columns.POST, Columns.LEVEL], orient="row")
    found = infer(frame, mentions, LEVELS, PLAN)
    assert found.time.agreement == 1.0
    assert found.time.p <= 0.01
    assert found.time.before[LEVELS[0]][LEVELS[3]] == 1.0
    assert found.time.before[LEVELS[0]][LEVELS[5]] is None
    assert found.taxonomy_agreement["time"] == pytest.approx(1.0)
    assert found.verdict == "undetermined"


def test_claims_of_first_and_then_are_placed_and_kept_apart_from_frequency():
    places = claimed([(0, 1), (1, 2), (0, 2), (1, 2)], 3)
    assert np.argsort(places).tolist() == [0, 1, 2]
    told = infer(
        *written("independent"), LEVELS, PLAN, evidence=Evidence(claims=[(f"author {number}", 0, 6) for number in range(3)], horizons={0: [0.5], 6: [10.0]})
    )
    untold = infer(*written("independent"), LEVELS, PLAN)
    assert told.taxonomy_agreement["horizon"] == 1.0
    assert untold.taxonomy_agreement["claims"] is None
    assert told.finding == untold.finding


def test_the_plan_is_hashed_into_the_result():
    made = written("independent")
    one, other = infer(*made, LEVELS, PLAN), infer(*made, LEVELS, PLAN.model_copy(update={"level": 0.05}))
    assert one.plan_hash != other.plan_hash
    assert one.plan_hash == infer(*made, LEVELS, PLAN).plan_hash


def test_slopes_of_every_model_are_those_of_its_likelihood():
    made = planted("unfolding", 120, 2, error=0.2)
    laid, moved = _Laid.of(rows_of(made.mentions > 0, made.posts)), uniform(7, 0.2)
    draw = np.random.default_rng(0)
    for family in ("cumulative", "unfolding"):
        for link in latent.LINKS:
            at = draw.normal(size=16) / 2
            slope = _descent(at, laid, family, link, moved)[1]
            step = 1e-6 * np.eye(16)
            seen = [(_descent(at + one, laid, family, link, moved)[0] - _descent(at - one, laid, family, link, moved)[0]) / 2e-6 for one in step]
            assert slope == pytest.approx(seen, abs=1e-4)


def test_people_are_those_who_wrote_and_a_text_said_again_is_one():
    posts = pl.DataFrame(
        [("1", "ana", 5, said("Rent is due")), ("2", "ana", 9, said("rent  IS due")), ("3", "ben", 7, said("Nothing")), ("4", "ana", 8, said("Debt"))],
        schema=[Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT_HASH],
        orient="row",
    )
    mentions = pl.DataFrame([("1", "a"), ("2", "a"), ("4", "b"), ("4", "z")], schema=[Columns.POST, Columns.LEVEL], orient="row")
    found = people_of(posts, mentions, ["a", "b"])
    assert found.posts.tolist() == [2, 1]
    assert found.mentions.tolist() == [[1, 1], [0, 0]]
    assert found.late[0].tolist() == [1.0, 2.0]


def test_pairs_in_time_are_counted_in_people_and_held_against_one_another():
    posts, mentions = written("cumulative")
    found = infer(posts, mentions, LEVELS, PLAN)
    raw = {}
    for one, row in found.time.sooner.items():
        for other, forth in row.items():
            back = found.time.sooner[other][one]
            assert found.time.beyond[one][other] == (forth - back) / 2
            assert found.time.p_pairs[one][other] == found.time.p_pairs[other][one]
            if one < other:
                raw[one, other] = binomtest(forth, forth + back).pvalue if forth + back else 1.0
    held, left = 0.0, len(raw)
    for (one, other), p in sorted(raw.items(), key=lambda pair: pair[1]):
        held, left = max(held, min(1.0, p * left)), left - 1
        assert found.time.p_pairs[one][other] == pytest.approx(held)


def test_association_is_by_level_and_months_have_their_authors():
    posts, mentions = written("cumulative")
    found = infer(posts, mentions, LEVELS, PLAN)
    people = people_of(posts, mentions, LEVELS)
    rows = rows_of(people.present, people.posts)
    expected = latent.association(rows, latent.independent(rows)).deviations
    for one, row in found.association.items():
        for other, deviations in row.items():
            assert deviations == pytest.approx(expected[LEVELS.index(one), LEVELS.index(other)], abs=0.01)
    assert max(found.association["level 5"], key=found.association["level 5"].__getitem__) == "level 6"
    assert list(found.month_people) == list(found.months)
    assert max(found.month_people.values()) <= found.people
    # Too few people tell no association.
    few = infer(*written("cumulative", people=10), LEVELS, PLAN)
    assert few.association == {}

"""Two rankings on one page: who picked what, who is preferred, and no alarm where there is nothing."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from broadsheet.core.seeds import generator
from broadsheet.report.feedback.anytime import always_valid
from broadsheet.report.feedback.interleave import Draft, Page, coin, draft, inclusion, judge

DAY = date(2026, 2, 9)
RANKED = st.lists(st.sampled_from([f"p{n}" for n in range(12)]), unique=True, max_size=10)


@settings(max_examples=50)
@given(first=RANKED, second=RANKED, budget=st.integers(1, 8), seed=st.integers(0, 50))
def test_a_draft_has_every_item_once_and_no_team_a_slot_more_than_its_turn(first, second, budget, seed):
    made = draft(first, second, budget, np.random.default_rng(seed))
    assert len(set(made.items)) == len(made.items) == len(made.teams) == min(budget, len({*first, *second}))
    assert abs(made.teams.count("a") - made.teams.count("b")) <= 1
    ours = [item for item, team in zip(made.items, made.teams, strict=True) if team == "a"]
    assert ours == sorted(ours, key=first.index)


@settings(max_examples=40)
@given(first=RANKED, second=RANKED, budget=st.integers(1, 6))
def test_chances_of_a_slot_are_those_that_many_drafts_have(first, second, budget):
    chances = inclusion(first, second, budget)
    assert sum(chances.values()) == pytest.approx(min(budget, len({*first, *second})))
    # Whatever the coin, the first of both is there when there is room for two.
    if budget >= 2 and first and second:
        assert chances[first[0]] == chances[second[0]] == 1.0


def test_inclusion_is_the_share_of_drafts_and_slots_are_shared_alike():
    first, second = list("abcdefgh"), list("hxaybzcd")
    told = inclusion(first, second, 5)
    counted = dict.fromkeys(told, 0)
    top = 0
    for seed in range(1500):
        made = draft(first, second, 5, np.random.default_rng(seed))
        top += made.teams[0] == "a"
        for item in made.items:
            counted[item] += 1
    assert all(abs(counted[item] / 1500 - chance) < 0.06 for item, chance in told.items())
    assert abs(top / 1500 - 0.5) < 0.06


def test_a_page_is_drafted_alike_again_and_otherwise_on_another_day():
    first, second = [f"a{n}" for n in range(20)], [f"b{n}" for n in range(20)]

    def page(seed: int = 0, reader: str = "ada", day: date = DAY) -> Draft:
        return draft(first, second, 20, coin(seed, "words", reader, day))

    assert page() == page()
    assert len({page(), page(seed=1), page(reader="bob"), page(day=date(2026, 2, 10))}) == 4


def test_what_both_agree_on_at_the_top_is_nobodys_gain():
    made = draft(list("xyabc"), list("xydef"), 6, np.random.default_rng(0))
    assert made.items[:2] == ("x", "y")
    assert made.teams[:2] == ("both", "both")
    classic = draft(list("xyabc"), list("xydef"), 6, np.random.default_rng(0), shared_prefix=False)
    assert set(classic.teams) == {"a", "b"}


def test_a_team_that_has_nothing_left_leaves_slots_that_nobody_won():
    made = draft(["a"], list("bcde"), 4, np.random.default_rng(1))
    assert len(made.items) == 4
    assert made.teams.count("a") == made.teams.count("b") == 1
    assert made.teams[2:] == ("nobody", "nobody")


def test_what_stands_too_near_is_passed_over():
    made = draft(["a1", "a2", "a3"], ["b1", "b2"], 4, np.random.default_rng(0), too_near=lambda item, slate: item == "b1" and "a1" in slate)
    assert not {"a1", "b1"} <= set(made.items)


def clicked_pages(lift: float, readers: int, days: int, rng: np.random.Generator) -> list[Page]:
    """Return pages of a reader's luck: `a`'s five papers are clicked with a chance of .2 and the lift, `b`'s with .2, on the whole."""
    teams = {f"{team}{n}": team for team in "ab" for n in range(5)}
    # A reader who clicks much does so on all days, which is why readers are the units.
    eager = rng.beta(2, 6, size=(readers, 1, 1)) * np.repeat([1 + lift, 1.0], 5)
    clicked = rng.random((readers, days, 10)) < eager
    names = np.array(list(teams))
    return [
        Page(f"r{reader}", date.fromordinal(DAY.toordinal() + day), teams, frozenset(names[clicked[reader, day]].tolist()))
        for reader in range(readers)
        for day in range(days)
    ]


def test_a_planted_better_ranking_is_found():
    told = judge("words", clicked_pages(0.5, 60, 8, np.random.default_rng(0)))
    assert told.said == "a"
    assert told.preference.low > 0
    assert told.share.low > 0.5
    assert told.wins_a > told.wins_b
    assert told.anytime.low > 0


def test_nothing_between_two_alike_is_called_no_difference_and_p_values_are_uniform():
    found = [judge("same", clicked_pages(0.0, 30, 4, generator(0, "aa", str(n))), rounds=200) for n in range(150)]
    p = np.array([one.p for one in found])
    # The statistic counts wins, so p has steps: never too small is what is promised.
    for level in (0.05, 0.1, 0.2, 0.5):
        assert (p <= level).mean() <= level + 3 * np.sqrt(level * (1 - level) / len(p))
    assert stats.kstest(p, "uniform").statistic < 0.12
    assert all(one.said == "no difference" for one in found if one.p >= 0.05)
    assert np.mean([one.anytime.p < 0.05 for one in found]) < 0.03


def test_clicks_of_one_eager_reader_prove_nothing():
    many = [Page("eager", date.fromordinal(DAY.toordinal() + n), {"x": "a", "y": "b"}, frozenset({"x"})) for n in range(100)]
    few = [Page(f"r{n}", DAY, {"x": "a", "y": "b"}, frozenset()) for n in range(20)]
    assert judge("one", many).said == "too little"
    assert judge("one", [*many, *few]).said == "no difference"


def test_a_paper_counts_once_and_what_both_would_have_shown_does_not_count():
    told = judge("x", [Page("ada", DAY, {"p": "a", "q": "both", "r": "b"}, frozenset({"p", "q", "elsewhere"}))])
    assert (told.credit_a, told.credit_b, told.uncredited, told.wins_a) == (1, 0, 1, 1)


def test_no_pages_say_nothing():
    assert judge("x", []).said == "too little"


def test_a_thousand_looks_at_nothing_rarely_alarm():
    rng = np.random.default_rng(3)
    alarms = fixed = 0
    for _ in range(200):
        values = rng.normal(size=200)
        means, errors = np.cumsum(values) / np.arange(1, 201), 1 / np.sqrt(np.arange(1, 201))
        alarms += any(always_valid(m, e, 0.3).p < 0.05 for m, e in zip(means[9:], errors[9:], strict=True))
        fixed += bool((np.abs(means[9:] / errors[9:]) > 1.96).any())
    assert alarms / 200 < 0.05
    assert fixed / 200 > 0.2


def test_the_interval_at_any_look_leaves_out_nothing_that_p_does_not():
    for mean in (0.05, 0.2, 0.4, 0.8):
        told = always_valid(mean, 0.1, 0.2)
        assert (told.low > 0) == (told.p < 0.05)

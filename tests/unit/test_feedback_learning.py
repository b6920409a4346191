"""What events come to: weights, clipping, recency, what was passed over, and an interest that is fitted, not counted."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from broadsheet.core.schema import Event, Item
from broadsheet.report.feedback.learning import Feedback, LearningConfig, examples_of, field_effect, fit_interest, learn, passed_over
from broadsheet.report.feedback.record import CATEGORY, LESS, MORE, NOT_MY_FIELD, OPENED, READ, SAVED, SHOWN
from broadsheet.stack.represented import represent

DAY = date(2026, 2, 9)
PLAIN = LearningConfig(saved=2, more=2, opened=1, less=2, not_my_field=2, half_life=10, position=0.5, clip=4, bound=100)


def event(kind: str, item: str = "x", *, days: int = 0, **facts) -> Event:
    return Event(user="ana", item=item, kind=kind, at=datetime(2026, 2, 9, 9, tzinfo=UTC) - timedelta(days=days), **facts)


def weight(*events: Event) -> list[tuple[float, float]]:
    return [(e.side, round(e.weight, 4)) for e in examples_of(events, PLAIN, DAY)]


def test_an_act_weighs_by_its_kind_and_half_as_much_after_a_half_life():
    assert weight(event(MORE)) == [(1, 2)]
    assert weight(event(MORE, days=10)) == [(1, 1)]
    assert weight(event(MORE, days=-300)) == [(1, 2)]
    assert weight(event(LESS)) == [(-1, 2)]
    assert weight(event(MORE), event(SAVED)) == [(1, 4)]
    assert weight(event(READ)) == []


def test_an_act_weighs_one_over_its_chance_clipped():
    assert weight(event(MORE, propensity=0.5)) == [(1, 4)]
    assert weight(event(MORE, propensity=0.01)) == [(1, 8)]
    assert weight(event(OPENED, slot=4)) == [(1, 2)]
    assert weight(event(OPENED, slot=4, propensity=0.5)) == [(1, 4)]
    assert weight(event(MORE, slot=4)) == [(1, 2)]


def test_what_is_unwanted_is_not_wanted_for_having_been_opened():
    assert weight(event(OPENED), event(LESS)) == [(-1, 2)]
    assert weight(event(SAVED), event(LESS)) == [(-1, 2), (1, 2)]


def test_what_was_passed_over_counts_only_above_what_was_taken_up():
    shown = [event(SHOWN, name, slot=slot) for slot, name in enumerate("abcd", 1)]
    assert passed_over(shown, PLAIN, DAY) == []
    found = passed_over([*shown, event(OPENED, "c", slot=3)], PLAIN, DAY)
    assert [(e.item, e.side) for e in found] == [("a", -1), ("b", -1)]
    assert passed_over([*shown, event(OPENED, "c"), event(LESS, "a"), event(READ, "b")], PLAIN, DAY) == []
    assert passed_over([*shown, event(LESS, "d")], PLAIN, DAY) == []


def item(name: str, text: str, category: str = "") -> Item:
    return Item(id=name, title=name, text=text, categories=(category,) if category else ())


CANDIDATES = [item("t", "tea leaf kettle"), item("s", "soup broth ladle"), item("b", "bread dough oven")]


def effect(events: list[Event], items: list[Item], config: LearningConfig = PLAIN) -> np.ndarray:
    vectors = represent(CANDIDATES, [], None, use_dense=False)
    lesson = learn(Feedback(tuple(events), {i.id: i for i in items}), CANDIDATES, vectors, config, DAY)
    return lesson.effect


def test_nothing_is_learnt_from_what_was_passed_over_unless_several_were_alike():
    config = PLAIN.model_copy(update={"passed_over": 1.0})
    opened = [event(SHOWN, "open", slot=9), event(OPENED, "open", slot=9)]
    soups = [item(f"soup{n}", "soup broth ladle") for n in range(3)]
    items = [item("open", "bread dough oven"), *soups]

    def after(count: int) -> np.ndarray:
        return effect([*opened, *(event(SHOWN, soup.id, slot=slot) for slot, soup in enumerate(soups[:count], 1))], items, config)

    assert after(1).tolist() == after(2).tolist() == after(0).tolist()
    assert after(3)[1] < after(0)[1] - 0.1


def test_an_interest_goes_up_and_its_opposite_down():
    told = effect([event(SAVED, "tea"), event(LESS, "soup")], [item("tea", "tea leaf"), item("soup", "soup broth")])
    assert told[0] > 0.1
    assert told[1] < -0.1
    more = effect([event(SAVED, f"tea{n}") for n in range(9)], [item(f"tea{n}", "tea leaf") for n in range(9)])
    assert more[0] > effect([event(SAVED, "tea0")], [item("tea0", "tea leaf")])[0]


def test_the_order_of_events_changes_no_bit():
    events = [event(SAVED, "tea", days=3), event(LESS, "soup", days=1), event(OPENED, "soup2", days=2, slot=4)]
    items = [item("tea", "tea leaf"), item("soup", "soup broth"), item("soup2", "broth ladle")]
    assert effect(events, items).tolist() == effect(events[::-1], items).tolist()


def test_without_an_act_there_is_no_lesson_and_acts_on_unknown_papers_are_counted():
    vectors = represent(CANDIDATES, [], None, use_dense=False)
    assert learn(Feedback((event(SHOWN, slot=1),), {}), CANDIDATES, vectors, PLAIN, DAY) is None
    lesson = learn(Feedback((event(MORE), event(READ, "y")), {}), CANDIDATES, vectors, PLAIN, DAY)
    assert lesson.unknown == 1
    assert lesson.read == {"y"}
    assert not lesson.effect.any()


def test_a_field_falls_with_acts_against_it_and_less_where_others_are_for_it():
    here = {name: item(name, "x", "food") for name in "abcd"}

    def falls(*events: Event) -> float:
        return field_effect(item("new", "x", "food"), events, here, PLAIN)

    assert falls() == falls(event(MORE, "a")) == 0
    assert falls(event(NOT_MY_FIELD, "a")) == pytest.approx(-np.log(2))
    assert falls(event(NOT_MY_FIELD, "a"), event(NOT_MY_FIELD, "b")) < falls(event(NOT_MY_FIELD, "a")) < falls(event(NOT_MY_FIELD, "a"), event(SAVED, "b"))
    assert falls(event(NOT_MY_FIELD, CATEGORY + "food")) < falls(event(NOT_MY_FIELD, "a"))
    assert falls(event(NOT_MY_FIELD, CATEGORY + "other")) == 0
    assert field_effect(item("new", "x"), [event(NOT_MY_FIELD, "a")], here, PLAIN) == 0


@given(st.integers(1, 12), st.integers(0, 10_000), st.floats(0.05, 5))
def test_the_interest_is_the_minimum_of_its_loss(count, seed, penalty):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((count, 4))
    kernel = rows @ rows.T / 4
    sides, weights = rng.choice([-1.0, 1.0], count), rng.uniform(0, 8, count)

    def loss(amounts: np.ndarray) -> float:
        value = kernel @ amounts
        return float(weights @ np.logaddexp(0, -sides * value) + penalty / 2 * amounts @ value)

    found = fit_interest(kernel, sides, weights, penalty)
    oracle = minimize(loss, found * 0, method="BFGS", options={"gtol": 1e-7}).fun
    assert loss(found) <= oracle + 1e-6 * (1 + abs(oracle))

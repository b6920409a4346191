"""Estimates from logs are held against what the target gets when it is really used."""

import itertools
import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.errors import BroadsheetError, ColumnError, RecordError
from broadsheet.core.seeds import generator
from broadsheet.plan.datasets.made import made
from broadsheet.plan.offline import DrawingAgent, SlateLog, estimate, read_log
from broadsheet.plan.offline.estimators import best_first, softly
from broadsheet.plan.offline.plackett import draw, inclusion, ordered_log
from broadsheet.report.exploration import draw as madow


@given(st.lists(st.floats(-12, 12), min_size=4, max_size=6), st.integers(1, 3))
@settings(max_examples=30)
def test_chances_of_items_are_those_of_all_orders_counted(logits, k):
    line = np.array([logits])
    items = np.zeros(len(logits))
    for order in itertools.permutations(range(len(logits)), k):
        chance = float(np.exp(ordered_log(line, np.array([order])))[0])
        items[list(order)] += chance
    assert np.allclose(inclusion(line, k)[0], items, atol=1e-9)


def test_a_draw_has_the_chances_that_are_said_of_it():
    logits = np.array([[2.0, 1.0, 0.0, -1.0, -np.inf]])
    slates = draw(np.repeat(logits, 20_000, axis=0), 2, generator(0, "test"))
    assert not (slates == 4).any()
    assert (slates == -1).sum() == 0
    told = np.bincount(slates.ravel(), minlength=5) / 20_000
    assert np.abs(told - inclusion(logits, 2)[0]).max() < 0.015
    assert inclusion(logits, 4)[0].tolist() == [1, 1, 1, 1, 0]


def _logged(pair, streams, temperature):
    """Return a log of first rounds, every user with so many streams of luck."""
    users = np.tile(np.arange(len(pair.material.users)), streams)
    env = pair.judge(np.unique(users), count=len(users))
    seen, _ = env.reset(seed=1, options={"users": users, "streams": np.repeat(np.arange(streams), len(pair.material.users))})
    agent = DrawingAgent(pair.material, slate=pair.slate, temperature=temperature)
    agent.begin(len(users), 0)
    seen, *_ = env.step(agent.act(seen))
    return agent.log(seen)


def _true_value(pair, propensity):
    """Return what the target gets in truth: each item's chance of being liked alone, by the chance to be shown."""
    chance = 1 / (1 + np.exp(-pair.truth.logits.astype(np.float64)))
    return float((propensity * chance).sum(axis=1).mean() / pair.slate)


def test_estimates_from_an_exploring_log_agree_with_the_truth_and_dr_comes_nearest():
    pair = made(40, 60, error=0.5).with_laws(beside=0.0)
    log = _logged(pair, 12, 2.0)
    best = best_first(log, log.chance, pair.slate)
    truth = _true_value(pair, best_first(log, log.chance, pair.slate).reshape(12, 40, -1)[0])
    found = {one.name: one for one in estimate(log, best, rounds=200).estimates}
    assert set(found) == {"ips", "snips", "direct", "dr"}
    for name in ("ips", "snips", "dr"):
        assert abs(found[name].value - truth) < 0.05
        assert found[name].low - 0.02 <= truth <= found[name].high + 0.02
    assert abs(found["dr"].value - truth) <= abs(found["ips"].value - truth) + 0.005
    assert found["dr"].high - found["dr"].low < found["ips"].high - found["ips"].low


def test_over_many_logs_estimates_are_unbiased_and_dr_errs_no_more_than_ips():
    pair = made(20, 40, error=0.5).with_laws(beside=0.0)
    errors = {"ips": [], "snips": [], "dr": []}
    log = _logged(pair, 25, 1.5)
    target = softly(log, np.log(log.chance / (1 - log.chance)) / 0.5, pair.slate)
    truth = _true_value(pair, target.reshape(25, 20, -1)[0])
    for part in range(25):
        few = slice(part * 20, part * 20 + 20)
        rows = (log.slate >= few.start) & (log.slate < few.stop)
        small = SlateLog(log.user[few], log.slate[rows] - few.start, log.items[rows], log.shown[rows], log.liked[rows], log.propensity[rows], log.chance[rows])
        for one in estimate(small, target[rows], rounds=2).estimates:
            if one.name in errors:
                errors[one.name].append(one.value - truth)
    square = {name: float(np.square(found).mean()) for name, found in errors.items()}
    for found in errors.values():
        assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found)) + 0.004
    assert square["dr"] <= square["ips"]
    assert square["snips"] <= square["ips"]


def test_on_the_logs_own_slates_every_weight_is_one():
    log = _logged(made(20, 40), 2, 1.0)
    told = estimate(log, log.propensity, rounds=50)
    found = {one.name: one.value for one in told.estimates}
    assert found["ips"] == pytest.approx(told.logged.value)
    assert found["snips"] == pytest.approx(told.logged.value)
    assert told.effective == pytest.approx(told.shown)
    assert told.greatest == pytest.approx(1.0)
    assert told.warnings == ()


def test_the_reports_places_by_chance_are_a_log_too():
    rng = generator(0, "readers")
    users, count, places = 150, 30, 4
    chance = rng.random((users, count)) ** 2
    believed = np.clip(chance + rng.normal(0, 0.1, chance.shape), 0.01, 0.99)
    drawn = [madow(line, places, generator(0, str(user))) for user, line in enumerate(believed)]
    shown = np.zeros(chance.shape, dtype=bool)
    for user, one in enumerate(drawn):
        shown[user, list(one.rows)] = True
    liked = (rng.random(chance.shape) < chance) & shown
    slate = np.repeat(np.arange(users), count)
    items = np.array([f"i{row}" for row in range(count)] * users, dtype=object)
    log = SlateLog(
        np.arange(users),
        slate,
        items,
        shown.ravel(),
        liked.ravel().astype(float),
        np.minimum(np.concatenate([one.propensity for one in drawn]), 1),
        believed.ravel(),
    )
    target = best_first(log, believed.ravel(), places)
    truth = float((target * chance.ravel()).sum() / (users * places))
    for one in estimate(log, target, rounds=300).estimates:
        assert one.low - 0.01 <= truth <= one.high + 0.01 or one.name == "direct"


def test_a_log_that_says_little_is_warned_of():
    log = _logged(made(6, 60), 1, 5.0)
    told = estimate(log, best_first(log, log.chance, 6), rounds=50)
    assert told.effective < 100
    assert "intervals are wide" in told.warnings[0]
    never = SlateLog(
        np.array([0, 1]),
        np.array([0, 0, 1, 1]),
        np.array(["a", "b"] * 2, object),
        np.array([1, 0, 1, 0], bool),
        np.ones(4),
        np.array([1.0, 0, 1, 0]),
        np.full(4, np.nan),
    )
    told = estimate(never, np.array([0.0, 1, 0, 1]), rounds=50)
    assert told.unsupported == 1.0
    assert [one.name for one in told.estimates] == ["ips"]
    assert "could never be shown" in told.warnings[1]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_log_is_written_and_read_again(tmp_path, suffix):
    pair = made(6, 20)
    log = _logged(pair, 2, 1.0)
    frame = log.frame(pair.material.users)
    path = tmp_path / f"log.{suffix}"
    {"jsonl": frame.write_ndjson, "csv": frame.write_csv, "parquet": frame.write_parquet}[suffix](path)
    again, _ = read_log(path)
    assert (len(again), int(again.shown.sum())) == (12, 72)
    mine = estimate(log, log.propensity, rounds=20)
    assert estimate(again, again.propensity, rounds=20).logged.value == pytest.approx(mine.logged.value)
    assert again.modelled


@pytest.mark.parametrize(
    ("lines", "error", "said"),
    [
        ([{"user": "a", "step": 0, "item": "i"}], ColumnError, "lacks slot, propensity, liked"),
        ([{"user": "a", "step": 0, "item": "i", "slot": 1, "propensity": 1.5, "liked": 1}], RecordError, "not from 0 to 1"),
        ([{"user": "a", "step": 0, "item": "i", "slot": 1, "propensity": 0.0, "liked": 1}], RecordError, "its propensity is 0"),
        ([{"user": "a", "step": 0, "item": "i", "slot": 1, "propensity": "much", "liked": 1}], RecordError, "another kind"),
        ([{"user": "a", "step": 0, "item": None, "slot": 1, "propensity": 0.5, "liked": 1}], RecordError, "without a user"),
    ],
)
def test_what_is_no_log_is_told(tmp_path, lines, error, said):
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(error, match=said):
        read_log(path)


def test_a_log_that_is_not_there_or_is_empty_is_told(tmp_path):
    for path, text in ((tmp_path / "none.jsonl", None), (tmp_path / "empty.jsonl", ""), (tmp_path / "odd.jsonl", "{")):
        if text is not None:
            path.write_text(text)
        with pytest.raises(BroadsheetError):
            read_log(path)


def test_later_rounds_are_logged_of_those_who_stay_and_nothing_is_shown_twice():
    pair = made(12, 40)
    env = pair.judge(np.arange(12))
    seen, _ = env.reset(seed=0, options={"users": np.arange(12)})
    agent = DrawingAgent(pair.material, slate=6, rounds=4)
    agent.begin(12, 3)
    for _ in range(5):
        seen, *_ = env.step(agent.act(seen))
    log = agent.log(seen)
    frame = log.frame(pair.material.users)
    shown = frame.filter(pl.col("slot").is_not_null())
    assert shown.group_by("user", "item").len()["len"].max() == 1
    assert len(log) == int(np.minimum(seen["step"], 4).sum())
    sums = frame.group_by("user", "step").agg(pl.col("propensity").sum())["propensity"].to_numpy()
    assert np.allclose(sums, 6)


CANDIDATE = {"user": "a", "step": 0, "item": "i", "slot": 1, "propensity": 0.5, "liked": 1, "chance": 0.4}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"liked": None}, "a slot and no liked"),
        ({"slot": None}, "liked and no slot"),
        ({"liked": 7}, "liking of 'i' is not from 0 to 1"),
        ({"chance": 3.0}, "chance of 'i' is not from 0 to 1"),
        ({"item": "j"}, "an item twice"),
    ],
)
def test_what_would_bend_an_estimate_is_told(tmp_path, other, said):
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, [{**CANDIDATE, **other}, {**CANDIDATE, "item": "j", "slot": None, "liked": None}])))
    with pytest.raises(RecordError, match=said):
        read_log(path)


def test_a_draw_that_leaves_nothing_to_chance_has_chances_too():
    assert np.allclose(inclusion(np.array([[800.0, 0.0, -800.0], [800.0, 0.0, -np.inf]]), 2), [[1, 1, 0], [1, 1, 0]], atol=1e-9)
    assert np.allclose(inclusion(np.array([[2000.0, 0.0, 0.0, -2000.0]]), 2), [[1, 0.5, 0.5, 0]], atol=1e-9)
    pair = made(20, 30)
    assert np.isclose(_logged(pair, 1, 0.001).propensity.max(), 1)


def test_a_log_of_nothing_is_told():
    with pytest.raises(RecordError, match="nothing to log"):
        DrawingAgent(made(20, 30).material, slate=6).log({})

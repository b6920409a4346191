"""Coat's planner, beside plain readings of what it does: conditioning, search, rules learnt; and the benches of both games on small files."""

from itertools import product

import numpy as np
import pytest

from broadsheet.core.bench import render
from broadsheet.core.errors import ConfigError, SourceNotFoundError
from broadsheet.core.seeds import generator
from broadsheet.plan.bench.coat import CoatPlan, bench_coat
from broadsheet.plan.bench.coat_arms import ARMS
from broadsheet.plan.bench.games import play
from broadsheet.plan.bench.lerl import LerlPlan, arm_of, bench_lerl
from broadsheet.plan.coat.belief import OWN, SEEN, Belief
from broadsheet.plan.coat.likings import START, Ratings, fit_likings
from broadsheet.plan.coat.loops import Loop, Uniform, train_loop
from broadsheet.plan.coat.planned import Planned, expected_surprise
from broadsheet.plan.coat.rule import Proved, Rule, near_by_likings, near_by_sessions
from broadsheet.plan.coat.search import GONE, Width, next_picks
from broadsheet.plan.datasets.coat import FILES, read_coat
from broadsheet.plan.environment.published import GameVecEnv, Mode, NearItem, Table, coat_game, column_distances, lerl_game
from broadsheet.plan.environment.published.rules import COAT_DISTANCE

USERS, ITEMS = 24, 48


@pytest.fixture(scope="module")
def tables():
    """A small Coat: users of two kinds, items of two kinds that each kind likes, a third of all pairs rated with noise."""
    rng = generator(0, "a small coat")
    users, items = np.eye(2, dtype=np.int8)[rng.integers(2, size=USERS)], np.eye(2, dtype=np.int8)[rng.integers(2, size=ITEMS)]
    users, items = (
        np.hstack([users, np.eye(3, dtype=np.int8)[rng.integers(3, size=USERS)]]),
        np.hstack([items, np.eye(4, dtype=np.int8)[rng.integers(4, size=ITEMS)]]),
    )
    liked = 2.5 + 1.2 * (users[:, :1] == items[:, 0]) + rng.normal(0, 0.5, size=(USERS, 1)) + rng.normal(0, 0.4, size=ITEMS)
    truth = np.clip(np.round(liked), 1, 5).astype(np.int8)
    train = np.where(rng.random(truth.shape) < 0.33, np.clip(np.round(liked + rng.normal(0, 0.7, size=liked.shape)), 1, 5), 0).astype(np.int8)
    test = np.where(rng.random(truth.shape) < 0.2, truth, 0).astype(np.int8)
    return dict(zip(FILES, (train, test, truth, users, items), strict=True))


@pytest.fixture(scope="module")
def folder(tables, tmp_path_factory):
    path = tmp_path_factory.mktemp("coat")
    for name, table in tables.items():
        np.savetxt(path / name, table, fmt="%d")
    return path


@pytest.fixture(scope="module")
def fitted(folder):
    coat = read_coat(folder)
    ratings = Ratings.of(coat.train, coat.user_features, coat.item_features)
    return coat, ratings, fit_likings(ratings)


def test_likings_tell_ratings_held_out_and_choose_their_variances_within_training(fitted):
    coat, ratings, likings = fitted
    asked = coat.test > 0
    error = ((likings.mean[asked] - coat.test[asked]) ** 2).mean()
    assert error < 0.6 * ((ratings.rating.mean() - coat.test[asked]) ** 2).mean()
    assert likings.held_out <= fit_likings(ratings, START).held_out


def test_ridge_by_conjugate_gradients_is_ridge_solved_whole(fitted):
    """The kernel of the parts, written out pair by pair."""
    _, ratings, _ = fitted
    variances = {"user": 0.5, "item": 0.25, "user features": 0.3, "item features": 0.2, "taste": 0.4, "audience": 0.15, "crossed features": 0.1}
    user, item = (part.ravel() for part in np.divmod(np.arange(USERS * ITEMS), ITEMS))

    def alike(users, items):
        same_user, same_item = users[:, None] == ratings.user, items[:, None] == ratings.item
        of_user, of_item = (
            ratings.user_features[users] @ ratings.user_features[ratings.user].T,
            ratings.item_features[items] @ ratings.item_features[ratings.item].T,
        )
        parts = (same_user, same_item, of_user, of_item, same_user * of_item, same_item * of_user, of_user * of_item)
        return sum(variance * part for variance, part in zip(variances.values(), parts, strict=True))

    told = np.linalg.solve(alike(ratings.user, ratings.item) + np.eye(len(ratings.user)), ratings.rating - ratings.rating.mean())
    expected = ratings.rating.mean() + alike(user, item) @ told
    assert np.allclose(fit_likings(ratings, variances).mean.ravel(), expected, atol=1e-3)


def test_seeing_ratings_one_by_one_is_conditioning_on_all_at_once(fitted):
    _, ratings, likings = fitted
    user, seen = np.array([3]), np.array([4, 9, 30])
    values = np.array([5, 1, 4], dtype=np.float32)
    belief, prior = Belief(likings, ratings, user), Belief(likings, ratings, user)
    for item, value in zip(seen, values, strict=True):
        belief.see(np.array([0]), np.array([item]), np.array([value]))
    whole = prior.covariance[0].astype(np.float64)
    gain = whole[:, seen] @ np.linalg.inv(whole[np.ix_(seen, seen)] + SEEN * np.eye(3))
    others = np.setdiff1d(np.arange(ITEMS), seen)
    assert np.allclose(belief.mean[0, others], (prior.mean[0] + gain @ (values - prior.mean[0, seen]))[others], atol=1e-4)
    assert np.allclose(belief.covariance[0][np.ix_(others, others)], (whole - gain @ whole[seen])[np.ix_(others, others)], atol=1e-4)
    assert belief.mean[0, seen].tolist() == values.tolist()
    assert (belief.deviation[0, seen] == 0).all()
    assert (belief.deviation[0, others] ** 2 > 0.99 * OWN * likings.held_out).all()


def test_surprise_is_what_a_draw_adds_to_the_alternative():
    mean, deviation = np.array([[2.0, 3.0, 2.5]]), np.array([[1.0, 0.5, 0.0]])
    drawn = mean + deviation * generator(0, "draws").normal(size=(200_000, 1))
    expected = np.maximum(drawn, 2.5).mean(axis=0) - np.maximum(mean[0], 2.5)
    assert np.allclose(expected_surprise(mean, deviation, 2)[0], expected, atol=0.01)


@pytest.mark.parametrize("repeats", [True, False])
@pytest.mark.parametrize("bug", [True, False])
def test_a_beam_wide_enough_finds_what_trying_all_sequences_finds(repeats, bug):
    items, turns, window = 6, 5, 2
    for draw in range(3):
        rng = generator(draw, "small search")
        near = rng.random((items, items)) < 0.3
        near = near | near.T | np.eye(items, dtype=bool)
        rule = Rule(near, window=window, window_bug=bug, turns=turns, repeats=repeats)
        worth, surprise, shown = rng.normal(3, 1, items), rng.random(items), rng.integers(items, size=1)

        def value(sequence, rule=rule, worth=worth, surprise=surprise, shown=shown, near=near):
            picks, total = shown.tolist(), 0.0
            for item in sequence:
                at = len(picks)
                again = (turns - 1 - at) // (window + 1) if repeats else 0
                looked = [] if at == turns - 1 else picks[at - window : at] if bug else picks[max(0, at - window) : at]
                total += worth[item] + again * surprise[item] * (item not in picks)
                total -= GONE * (sum(near[item, before] for before in looked) + (not repeats and item in picks))
                picks.append(item)
            return total

        best = max(product(range(items), repeat=turns - 1), key=value)
        had = np.isin(np.arange(items), shown)
        pick = next_picks(rule, shown[None], worth[None], surprise[None], had[None], width=Width(2000, items, turns))[0]
        rest = max((best[1:], *product(range(items), repeat=turns - 2)), key=lambda rest, pick=pick: value((pick, *rest)))
        assert value((pick, *rest)) == pytest.approx(value(best))


def test_pairs_that_a_reader_bore_are_doubted_no_more():
    proved = Proved(1, 5, window=2)
    for picks in ([0], [0, 1], [0, 1, 2], [0, 1, 2, 3]):
        proved.see(np.array([0]), np.array([picks]))
    assert np.argwhere(np.triu(proved.pairs[0])).tolist() == [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]
    rule, worth = Rule(np.eye(5, dtype=bool), window=2, turns=9, risk=0.5), np.array([[3.0, 3.0, 3.0, 3.0, 3.1]])
    nothing, shown = np.zeros((1, 5)), np.array([[0, 1, 2]])
    had = np.isin(np.arange(5), shown)[None]
    assert next_picks(rule, shown, worth, nothing, had, proved.pairs)[0] == 0
    assert next_picks(rule._replace(risk=0.0), shown, worth, nothing, had)[0] == 4


def test_a_rule_is_learnt_from_when_readers_left_and_never_from_the_last_pick(fitted):
    rng = generator(0, "kinds of items")
    truth = np.clip(rng.integers(1, 6, size=(30, 25))[:, rng.integers(25, size=50)] + rng.integers(-1, 2, size=(30, 50)), 1, 5)
    near = column_distances(truth) < COAT_DISTANCE
    played = play(coat_game(truth, 1500), Uniform(50), np.tile(np.arange(30), 50))
    found = near_by_sessions(played.shown[:, :, 0], played.length, 50)
    assert near.sum() > 60
    assert (found | ~near).all()
    assert (found != near).mean() < 0.02
    assert near_by_likings(fitted[2].mean).mean() == pytest.approx(0.12, abs=0.02)


def test_planned_sessions_are_the_same_again_and_no_worse_for_seeing_ratings(fitted):
    coat, ratings, likings = fitted
    near = generator(0, "near").random((ITEMS, ITEMS)) < 0.03
    near = near | near.T | np.eye(ITEMS, dtype=bool)
    rule, width, totals = Rule(near, window_bug=True), Width(4, 24, 9), {}
    for sees in (True, False):
        agent = Planned("planned", likings, ratings, rule, sees=sees, width=width)
        games = [GameVecEnv(Table(coat.truth), NearItem(near), num_envs=USERS, horizon=30) for _ in range(2)]
        first, again = (play(game, agent, np.arange(USERS)) for game in games)
        assert (first.shown == again.shown).all()
        assert (first.length == 30).all()
        totals[sees] = first.reward.sum()
    assert totals[True] >= totals[False]


@pytest.mark.data
def test_on_coat_a_narrow_search_stays_beats_the_loops_and_differs_between_users(data):
    coat = read_coat(data / "interactive" / "coat")
    ratings = Ratings.of(coat.train, coat.user_features, coat.item_features)
    likings = fit_likings(ratings, {**START, "item": 0.2, "user features": 0.4, "item features": 0.025, "taste": 0.4, "audience": 0.0})
    assert likings.held_out == pytest.approx(1.147, abs=0.001)
    agent = Planned("planned", likings, ratings, Rule(column_distances(coat.truth) < COAT_DISTANCE, window_bug=True), width=Width(3, 20, 9))
    some = np.arange(0, 290, 8)
    figures = play(coat_game(coat.truth, len(some), Mode.FREE), agent, some).figures(300)
    loop = play(coat_game(coat.truth, len(some)), Loop(train_loop(coat.train, column_distances(coat.item_features.T), 5)), some).figures(300)
    assert figures["length"] == 30
    assert figures["r_cum"] > loop["r_cum"] + 1
    assert figures["overlap"] < 0.5


def test_the_bench_of_coat_has_loops_oracles_planners_and_the_published_in_one_table(folder, tmp_path):
    free = [f"free: {arm}" for arm in ("random", "loop for all, shrinkage 5", "planned, rule learnt from random sessions", "oracle: for each, true ratings")]
    arms = [*free, "no repeats: planned, rule told", *(f"no repeats, no leaving: {arm}" for arm in ARMS[Mode.FORCED])]
    told = ["ratings of items drawn at random: likings"]
    bench = bench_coat(CoatPlan(folder, seeds=1, arms=(*arms, *told)), tmp_path, "broadsheet bench plan --env coat")
    rows = {row["name"]: row for row in bench.rows}
    assert not bench.missing
    assert {*arms, *told} <= set(rows)
    assert rows["free: published, A2C"]["r_cum"] == 81.8
    assert rows["no repeats, no leaving: planned, no rule"]["length"] == 10
    assert rows["no repeats, no leaving: oracle: for each, true ratings"]["over"] >= 0
    assert rows[told[0]]["held_out_mse"] > 0
    assert "It is a game" in render(bench)
    again = bench_coat(CoatPlan(folder, seeds=1, arms=(*arms, *told)), tmp_path, "broadsheet bench plan --env coat")
    assert again.rows == bench.rows
    with pytest.raises(ConfigError, match="no row 'free: randon'"):
        bench_coat(CoatPlan(folder, arms=("free: randon",)), tmp_path, "")
    with pytest.raises(SourceNotFoundError, match="BROADSHEET_DATA"):
        bench_coat(CoatPlan(tmp_path), tmp_path, "")


@pytest.fixture
def videos(tmp_path):
    tags = generator(0, "tags").integers(12, size=80).tolist()
    lines = "\n".join(f"{row},{tag or ''}" for row, tag in enumerate(tags))
    (tmp_path / "video_features_basic_pure.csv").write_text(f"video_id,tag\n{lines}\n")
    (tmp_path / "user_features_pure.csv").write_text("user_id\n0\n")
    return tmp_path


def test_lerls_bench_has_the_baselines_that_the_paper_lacks(videos):
    bench = bench_lerl(LerlPlan(videos, seeds=2, sessions=40), videos / "rows", "broadsheet bench plan --env lerl")
    rows = {row["name"]: row for row in bench.rows}
    lengths = {name: (row["length"], row.get("length, any place")) for name, row in rows.items() if "length" in row}
    assert lengths["the same slate"] == (11, 11)
    assert lengths["the same slate, turned"] == lengths["the same slate, permuted"] == (20, 11)
    assert lengths["last categories masked"] == (20, 20)
    assert 11 < lengths["random"][0] < lengths["random, permuted"][0] <= 20
    assert lengths["random"][1] == lengths["random, permuted"][1]
    assert lengths["published: LERL"] == (17.238, None)


def test_a_permuted_slate_holds_the_same_items(videos):
    category = generator(1, "categories").integers(5, size=40).astype(np.int32)
    game, plain, put = lerl_game(category, 50), arm_of("random", category), arm_of("random, permuted", category)
    observation, _ = game.reset(seed=0)
    plain.begin(50, 0)
    put.begin(50, 0)
    for _ in range(5):
        slates = plain.act(observation), put.act(observation)
        assert (np.sort(slates[0], axis=1) == np.sort(slates[1], axis=1)).all()
        observation, *_ = game.step(slates[1])
    with pytest.raises(ConfigError, match="a slate that is turned needs 6"):
        arm_of("the same slate, turned", category)

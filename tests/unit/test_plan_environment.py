"""The honest environment: the laws told a second time, what no slate can win, and what Gymnasium asks of an environment."""

import sys
import warnings
from dataclasses import replace
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.plan.datasets.made import made
from broadsheet.plan.environment import noise
from broadsheet.plan.environment.single import SlateEnv
from broadsheet.plan.environment.slates import SlateVecEnv
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.laws import LEVELS, SESSION, Laws

sys.path.insert(0, str(Path(__file__).parent))

from plan_reference import Catalogue, PlainEnv

SAME, NEXT, DISABLED = AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED


def a_pair(users=40, items=120, categories=8, seed=0, *, near=False, tides=0, windows=False, **laws):
    """A made pair; `near`: categories that tire each other; `tides`: rounds of them; `windows`: items on offer in some rounds only."""
    pair = made(users, items, categories, seed).with_laws(**laws)
    rng = np.random.default_rng(seed)
    kernel = pair.truth.kernel
    if near:
        kernel = np.where(rng.random(kernel.shape) < 3 / categories, rng.random(kernel.shape), 0).astype(np.float32)
        np.fill_diagonal(kernel, 1)
    waves = rng.normal(0, 0.7, size=(tides, users, categories)).astype(np.float32) if tides else None
    table = pair.material.items
    if windows:
        first = rng.integers(0, 6, items).astype(np.int32)
        table = replace(table, first=first, last=(first + rng.integers(0, 9, items)).astype(np.int32))
    return replace(pair, material=replace(pair.material, items=table), truth=Truth(pair.truth.logits, kernel, waves))


def actions_of(rng, count, items, slate, last):
    """Slates of random rows, some empty, some twice, some as they were in the last round."""
    rows = rng.integers(-1, items, size=(count, slate))
    rows[rng.random(rows.shape) < 0.05] = -1
    twice = rng.random(count) < 0.2
    rows[twice, slate - 1] = rows[twice, 0]
    again = rng.random(count) < 0.4
    return np.where(again[:, None] & (last is not None), rows if last is None else rng.permuted(last, axis=1), rows)


CASES = {
    "as it comes": (300, 100, SAME, 30000, {}),
    "near duplicates, tides, windows": (200, 100, SAME, 20000, {"near": True, "tides": 5, "windows": True, "boredom": 2.0}),
    "no boredom": (200, 100, NEXT, 17000, {"boredom": 0.0, "seed": 3}),
    "high boredom, next step": (260, 100, NEXT, 24000, {"near": True, "boredom": 2.0, "leave": -3.0, "seed": 4}),
    "low boredom, no reset": (60, 250, DISABLED, 3500, {"users": 300, "boredom": 0.5, "leave": -2.0, "tides": 30, "seed": 5}),
    "days": (60, 80, DISABLED, 300, {"users": 100, "windows": True, "tides": 7, "fatigue": 4.0, "repeat": 4.0, "beside": 0.0, "cost": 0.0, "seed": 6}),
    "150 categories": (60, 100, SAME, 6000, {"items": 300, "categories": 150, "near": True, "seed": 7}),
    "one session": (500, 1, SAME, 500, {"near": True, "seed": 8}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_session_told_in_plain_python_is_the_same(name):
    steps, count, mode, least, settings_ = CASES[name]
    pair = a_pair(**settings_)
    slate, items = (4 if name == "days" else 6), len(pair.material.items)
    pair = replace(pair, slate=slate, horizon=12 if name == "days" else 20)
    users = np.arange(len(pair.truth.logits))
    env = pair.judge(users, count, mode)
    plain = PlainEnv(Catalogue(pair.material.items, pair.truth, pair.laws, slate, pair.horizon), users, count, mode, seed=11)
    seen, _ = env.reset(seed=11)
    rng, rows = np.random.default_rng(1), None
    live = 0
    for _ in range(steps):
        assert all((seen[key] == value).all() for key, value in plain.observation().items())
        rows = actions_of(rng, count, items, slate, rows)
        chances = env.chances(rows)
        seen, reward, terminated, truncated, info = env.step(rows)
        live += count if mode is SAME else sum(not over for over in plain.over)
        last = info.get("final_obs", seen)
        step = np.maximum(last["step"] - 1, 0)
        rounds = plain.step(rows.tolist(), (last["liked"][np.arange(count), step], terminated))
        assert np.abs(chances - [told[0] for told in rounds]).max() < 1e-6
        assert (reward == np.array([told[1] for told in rounds], dtype=np.float32)).all()
        assert terminated.tolist() == [told[2] for told in rounds]
        assert truncated.tolist() == [told[3] for told in rounds]
        assert np.abs(env.readers.stock - [session.stock for session in plain.sessions]).max() < 1e-5
        assert np.abs(env.exposure - [session.exposure for session in plain.sessions]).max() < 1e-5
        if mode is DISABLED and all(plain.over):
            break
    assert plain.edges < 10
    # Steps of sessions under way, of all cases together more than 10^5.
    assert live >= least
    assert sum(case[3] for case in CASES.values()) > 100_000


def told_apart(env, actions, seed=0):
    """All that an environment says of a run of actions, as one list of arrays; slots in the order of their rows."""
    env.reset(seed=seed)
    said = []
    for rows in actions:
        seen, reward, terminated, truncated, info = env.step(rows)
        last = info.pop("final_obs", seen)
        order = np.argsort(last["shown"], axis=2, kind="stable")
        said += [np.take_along_axis(last[key], order, axis=2) for key in ("shown", "liked")]
        said += [seen["step"], seen["user"], reward, terminated, truncated, env.exposure, *info.values()]
    return said


def same(one, other):
    return len(one) == len(other) and all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


@settings(max_examples=8)
@given(st.integers(0, 1000), st.sampled_from(sorted(LEVELS)))
def test_the_order_of_a_slate_is_nothing_to_anything(seed, level):
    pair = a_pair(near=True, seed=seed % 3, boredom=LEVELS[level])
    rng = np.random.default_rng(seed)
    actions = [actions_of(rng, 30, 120, 6, None) for _ in range(12)]
    turned = [rng.permuted(rows, axis=1) for rows in actions]
    rolled = [np.roll(rows, 1, axis=1) for rows in actions]
    plain = told_apart(pair.judge(np.arange(40), 30, SAME), actions, seed)
    assert same(plain, told_apart(pair.judge(np.arange(40), 30, SAME), turned, seed))
    assert same(plain, told_apart(pair.judge(np.arange(40), 30, SAME), rolled, seed))


def mean_reward(pair, slates, rounds=12):
    """The expected reward by round, of readers who stay, where round t shows `slates[t % len]` to all."""
    env = replace(pair, horizon=rounds).with_laws(leave=-100.0).judge(np.repeat(np.arange(40), 5))
    env.reset(seed=0, options={"users": np.repeat(np.arange(40), 5), "streams": np.tile(np.arange(5), 40)})
    return np.array([env.step(np.tile(slates[turn % len(slates)], (200, 1)))[4]["expected"].mean() for turn in range(rounds)])


@pytest.mark.parametrize("laws", [{"boredom": 0.5, "repeat": 0.0}, {"boredom": 1.0}, {"boredom": 0.0, "repeat": 1.0}])
def test_a_constant_loop_never_pays_and_turning_it_is_no_help(laws):
    pair = a_pair(items=300, **laws)
    best = np.argsort(-pair.truth.logits.mean(axis=0))
    constant = mean_reward(pair, [best[:6]])
    assert (np.diff(constant) < 0).all()
    assert constant[-1] < 0.75 * constant[0]
    assert (mean_reward(pair, [np.roll(best[:6], turn) for turn in range(6)]) == constant).all()
    loop = mean_reward(pair, [best[:6], best[6:12]])
    assert loop[-1] < 0.85 * loop[0]
    if pair.laws.repeat:
        assert mean_reward(pair, [best[6 * turn : 6 * turn + 6] for turn in range(12)]).sum() > max(constant.sum(), loop.sum())


def test_without_boredom_categories_play_no_part():
    pair = a_pair(near=True, boredom=0.0)
    table = pair.material.items
    member = np.random.default_rng(5).random(table.member.shape) < 0.3
    member[:, 0] |= ~member.any(axis=1)
    other = replace(pair, material=replace(pair.material, items=replace(table, member=member)))
    rng = np.random.default_rng(0)
    actions = [actions_of(rng, 30, 120, 6, None) for _ in range(15)]

    def said(of):
        env = of.judge(np.arange(40), 30, SAME)
        env.reset(seed=2)
        return [part for rows in actions for seen, *rest, info in [env.step(rows)] for part in (*seen.values(), *rest, info["expected"], info["stock"])]

    assert same(said(pair), said(other))
    assert not same(said(pair.with_laws(boredom=1.0)), said(other.with_laws(boredom=1.0)))


def test_same_seed_same_bits_and_another_seed_other_luck():
    pair, rng = a_pair(), np.random.default_rng(0)
    actions = [actions_of(rng, 30, 120, 6, None) for _ in range(15)]
    env = pair.judge(np.arange(40), 30, SAME)
    first = told_apart(env, actions, 4)
    assert same(first, told_apart(env, actions, 4))
    assert same(first, told_apart(pair.judge(np.arange(40), 30, SAME), actions, 4))
    assert not same(first, told_apart(env, actions, 5))
    env.reset(seed=4)
    going_on, _ = env.reset()
    begun, _ = env.reset(seed=4)
    assert going_on["user"].tolist() != begun["user"].tolist()


def test_two_policies_meet_the_same_luck_with_the_same_item():
    pair = a_pair(boredom=0.0, repeat=0.0, leave=-100.0)
    users, rng = np.arange(40), np.random.default_rng(1)
    one, other = (pair.judge(users) for _ in range(2))
    for env in (one, other):
        env.reset(seed=9, options={"users": users})
    for turn in range(20):
        mine, theirs = rng.integers(0, 120, (40, 6)), rng.integers(0, 120, (40, 6))
        theirs[:, 3] = mine[:, 0]
        seen, others = one.step(mine)[0], other.step(theirs)[0]
        both = (seen["liked"][:, turn, 0] >= 0) & (others["liked"][:, turn, 3] >= 0)
        assert both.sum() > 25
        assert (seen["liked"][:, turn, 0] == others["liked"][:, turn, 3])[both].all()


def test_streams_of_a_user_differ_and_a_session_is_alone_what_it_is_in_a_batch():
    pair, rng = a_pair(near=True), np.random.default_rng(1)
    users = np.repeat(np.arange(10), 5)
    streams = np.tile(np.arange(5), 10)
    slates = rng.integers(0, 120, (20, 6))
    many = pair.judge(np.arange(40), 50)
    many.reset(seed=1, options={"users": users, "streams": streams})
    for slate in slates:
        batched = many.step(np.tile(slate, (50, 1)))[0]
    assert len({batched["liked"][place].tobytes() for place in range(5)}) > 1
    for place in (0, 7, 49):
        alone = pair.judge(np.arange(40), 1)
        alone.reset(seed=1, options={"users": users[[place]], "streams": streams[[place]]})
        for slate in slates:
            seen = alone.step(slate[None])[0]
        assert all(value[0].tobytes() == batched[key][place].tobytes() for key, value in seen.items())


def test_users_are_drawn_in_passes_and_no_luck_is_given_twice():
    pair = a_pair()
    users = np.array([3, 5, 8, 13, 21])
    env = pair.judge(users, 2, DISABLED)
    met = [env.reset(seed=0)[0]["user"].tolist()] + [env.reset()[0]["user"].tolist() for _ in range(9)]
    flat = [user for pairs in met for user in pairs]
    assert all(sorted(flat[begin : begin + 5]) == users.tolist() for begin in range(0, 20, 5))
    assert flat[:5] != flat[5:10] or flat[5:10] != flat[10:15]
    # Sessions stated and, as all leave at once, those drawn after them.
    env = pair.with_laws(leave=100.0).judge(users, 5, SAME)
    env.reset(seed=0, options={"users": users})
    keys = set(env.readers._keys.tolist())
    for _ in range(3):
        env.step(np.full((5, 6), -1))
        keys |= set(env.readers._keys.tolist())
    assert len(keys) == 20


@pytest.mark.parametrize("laws", [{"boredom": 50.0, "repeat": 40.0, "fatigue": 30.0}, {}, {"leave": -500.0, "boredom": 0.0}])
def test_chances_are_chances_and_no_end_is_of_two_kinds(laws):
    pair = replace(a_pair(near=True, **laws), horizon=20 if "repeat" in laws else 3)
    rng = np.random.default_rng(0)
    env = pair.judge(np.arange(40), 40, SAME)
    env.reset(seed=0)
    rows, ends = None, np.zeros(2, dtype=int)
    for _ in range(60):
        rows = actions_of(rng, 40, 120, 6, rows)
        chances = env.chances(rows)
        assert ((chances >= 0) & (chances <= 1)).all()
        seen, reward, terminated, truncated, info = env.step(rows)
        assert not (terminated & truncated).any()
        assert ((reward >= 0) & (reward <= 1) & (info["expected"] >= 0) & (info["expected"] <= 1)).all()
        assert env.observation_space.contains(seen)
        assert env.observation_space.contains(info.get("final_obs", seen))
        ends += [terminated.sum(), truncated.sum()]
    assert env.action_space.contains(rows)
    assert (ends > 0).tolist() == [pair.laws.leave > -500, pair.laws.repeat == 1]


def test_after_the_end_there_is_nothing_until_some_begin_anew():
    env = a_pair().with_laws(leave=1.0).judge(np.arange(40), 40, DISABLED)
    env.reset(seed=0)
    rows = np.tile(np.arange(6), (40, 1))
    seen, _, terminated, truncated, _ = env.step(rows)
    over = terminated | truncated
    assert 0 < over.sum() < 40
    later, reward, terminated, truncated, info = env.step(rows)
    assert not np.concatenate([reward[over], terminated[over], truncated[over], info["expected"][over]]).any()
    assert (info["void"][over] == 6).all()
    assert all((later[key][over] == seen[key][over]).all() for key in seen)
    begun, _ = env.reset(options={"reset_mask": over})
    assert (begun["step"][over] == 0).all()
    assert (begun["shown"][over] == -1).all()
    going = ~over & ~(terminated | truncated)
    assert all((begun[key][going] == later[key][going]).all() for key in later)
    assert env.step(rows)[4]["expected"][over].all()


def test_the_next_step_after_the_end_only_begins():
    env = a_pair().with_laws(leave=1.0).judge(np.arange(40), 40, NEXT)
    env.reset(seed=0)
    rows = np.tile(np.arange(6), (40, 1))
    seen, _, terminated, truncated, _ = env.step(rows)
    over = terminated | truncated
    assert (seen["step"][over] == 1).all()
    begun, reward, terminated, truncated, _ = env.step(rows)
    assert (begun["step"][over] == 0).all()
    assert not np.concatenate([reward[over], terminated[over], truncated[over]]).any()
    assert (env.step(rows)[0]["step"][over] == 1).all()


@pytest.mark.parametrize("categories", [8, 64, 150])
def test_masks_say_of_which_categories_something_is_on_offer(categories):
    pair = a_pair(items=60, categories=categories, windows=True, leave=-100.0)
    table = pair.material.items
    env = pair.judge(np.arange(40), 7, SAME)
    info = env.reset(seed=0, options={"action_mask": True})[1]
    rng = np.random.default_rng(0)
    for turn in range(15):
        for place, words in enumerate(info["action_mask"]):
            on = {c for item in range(60) if table.first[item] <= turn <= table.last[item] for c in np.flatnonzero(table.member[item])}
            assert {c for c in range(words.size * 64) if int(words[c // 64]) >> (c % 64) & 1} == on, place
        info = env.step(rng.integers(-1, 60, (7, 6)))[4]
    assert pair.judge(np.arange(40), 7).reset(seed=0)[1] == {}
    always = a_pair(items=60, categories=categories).judge(np.arange(40), 2)
    always.reset(seed=0)
    assert (always.offered_bits() == np.bitwise_or.reduce(table.bits, axis=0)).all()


def test_an_item_shown_a_thousand_times_is_counted_a_thousand_times_and_forgotten_with_the_session():
    pair = replace(a_pair(repeat=0.002, boredom=0.0, leave=-100.0), horizon=1200)
    env = pair.judge(np.arange(40), 1)
    env.reset(seed=0, options={"users": np.array([7])})
    slate = np.array([[3, -1, -1, -1, -1, -1]])
    first = env.chances(slate)[0, 0]
    for _ in range(1000):
        env.step(slate)
    assert env.readers.times()[0, 3] == 1000
    assert env.chances(slate)[0, 0] < 0.5 * first
    env.reset(options={"users": np.array([7])})
    assert env.chances(slate)[0, 0] == first
    # So many sessions that the counts of all of them together have no place in 16 bits.
    env = replace(pair.with_laws(leave=100.0), horizon=1000).judge(np.arange(40), 1, SAME)
    env.reset(seed=0)
    for _ in range(100):
        env.step(slate)
        assert not env.readers.times().any()


def test_luck_is_even_and_nothing_follows_from_its_neighbours():
    keys = noise.round_keys(noise.session_keys(1, np.arange(50), np.zeros(50, dtype=np.int64)), np.zeros(50, dtype=np.int32))
    later = noise.round_keys(noise.session_keys(1, np.arange(50), np.zeros(50, dtype=np.int64)), np.ones(50, dtype=np.int32))
    luck = noise.uniform(keys[:, None], np.arange(4000, dtype=np.uint64))
    assert luck.min() >= 0
    assert luck.max() < 1
    assert np.abs(np.histogram(luck, bins=20)[0] / luck.size * 20 - 1).max() < 0.05
    other = noise.uniform(later[:, None], np.arange(4000, dtype=np.uint64))
    for one, two in ((luck[:, 1:], luck[:, :-1]), (luck[1:], luck[:-1]), (luck, other)):
        assert abs(np.corrcoef(one.ravel(), two.ravel())[0, 1]) < 0.01


def test_one_session_passes_gymnasiums_checks_and_is_the_batch_of_one():
    pair = a_pair(near=True)
    table, truth = pair.material.items, pair.truth
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(SlateEnv(table, truth, range(40)))
    assert not [name for name in gymnasium.registry if "slate" in name.lower()]
    single, batch = SlateEnv(table, truth, range(40)), SlateVecEnv(table, truth, range(40), autoreset=DISABLED)
    rng = np.random.default_rng(0)
    for seed in (3, None, None):
        seen, _ = single.reset(seed=seed)
        expected, _ = batch.reset(seed=seed)
        over = False
        while not over:
            assert all(value.tobytes() == expected[key][0].tobytes() for key, value in seen.items())
            assert single.observation_space.contains(seen)
            rows = rng.integers(-1, 120, 6)
            seen, *rest, info = single.step(rows)
            expected, *told, batched = batch.step(rows[None])
            assert rest == [value[0] for value in told]
            assert info == {key: value[0] for key, value in batched.items()}
            over = rest[1] or rest[2]
    with pytest.raises(ConfigError, match="The session has ended"):
        single.step(rows)
    assert single.reset(options={"user": 4, "stream": 2})[0]["user"] == 4
    with pytest.raises(ConfigError, match=r"no option 'usr'. Did you mean 'user'"):
        single.reset(options={"usr": 4})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"user": [1, 2]}, "Did you mean 'users'"),
        ({"users": [1, 2, 3]}, "stated for"),
        ({"users": [1, 99]}, "not among those"),
        ({"users": [0.5, 1.5]}, "not among those"),
        ({"streams": [1, 2]}, "no users"),
        ({"users": [1, 2], "streams": [1, 2, 3]}, "Streams are"),
        ({"users": [1, 2], "streams": -1}, "Streams are"),
        ({"reset_mask": [True]}, "reset_mask"),
        ({"reset_mask": np.array([True, False])}, "first reset"),
    ],
)
def test_an_option_that_does_not_fit_is_said(options, said):
    env = a_pair().judge(np.arange(40), 2)
    with pytest.raises(ConfigError, match=said):
        env.reset(options=options)
    with pytest.raises(ConfigError, match="No session has begun"):
        env.step(np.zeros((2, 6), dtype=int))


def test_actions_and_parts_that_do_not_belong_together_are_refused():
    pair = a_pair()
    env = pair.judge(np.arange(40), 2)
    env.reset(seed=0)
    for rows in (np.zeros((3, 6), dtype=int), np.zeros((2, 6)), np.full((2, 6), 120), np.full((2, 6), -2), np.zeros((0, 6), dtype=int)):
        with pytest.raises(RecordError):
            env.step(rows)
    with pytest.raises(ConfigError, match="seed"):
        env.reset(seed=-1)
    table, truth = pair.material.items, pair.truth
    for users in ([], [40], [-1], [0.5], [[1, 2]]):
        with pytest.raises(ConfigError):
            SlateVecEnv(table, truth, users)
    for sizes in ({"num_envs": 0}, {"slate": 0}, {"horizon": 0}):
        with pytest.raises(ConfigError, match="at least one"):
            SlateVecEnv(table, truth, [0], **sizes)
    with pytest.raises(RecordError, match="other items"):
        SlateVecEnv(table, Truth(truth.logits[:, 1:], truth.kernel), [0])
    with pytest.raises(RecordError, match="not finite"):
        Truth(np.where(truth.logits == truth.logits[3, 4], np.nan, truth.logits), truth.kernel)
    with pytest.raises(RecordError, match="tides"):
        Truth(truth.logits, truth.kernel, np.zeros((3, 40, 7), dtype=np.float32))
    assert Laws() == SESSION

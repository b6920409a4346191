"""The published games: each rule beside a reading of it in plain Python, and the figures that anybody can check."""

import json
from collections import Counter

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.errors import ColumnError, ConfigError, RecordError, SourceNotFoundError
from broadsheet.core.seeds import generator
from broadsheet.plan.bench.games import play
from broadsheet.plan.bench.turned import MaskLast
from broadsheet.plan.coat.loops import Loop, Uniform, oracle_loop, oracle_loops, train_loop
from broadsheet.plan.datasets.coat import FILES, read_coat
from broadsheet.plan.datasets.kuai import read_kuairand, read_kuairec
from broadsheet.plan.environment import noise
from broadsheet.plan.environment.published import (
    CategoryCount,
    Clicks,
    GameVecEnv,
    Mode,
    NearItem,
    SameCategory,
    Table,
    Temper,
    coat_game,
    column_distances,
    kuai_game,
    kuaisim_game,
    lerl_game,
    window_start,
)

STEPS = 100_000
"""Steps of each game, shared out to its settings."""
SIDE = 500


class Session:
    """One reader, as the published code has one: lists, slices, loops."""

    def __init__(self, leaves):
        self.leaves, self.picks, self.temper = leaves, [], 20.0

    def step(self, pick, reward):
        gone = self.leaves(self, len(self.picks), pick, reward)
        self.picks.append(pick)
        return gone


def window_of(picks, t, size, *, bug):
    return picks[t - size : t] if bug else picks[max(0, t - size) : t]


def near_one(distances, *, bug):
    near = [{other for other, apart in enumerate(row) if apart < 6} for row in distances]

    def leaves(session, t, pick, reward):
        if t == 0:
            return False
        return not near[pick[0]].isdisjoint([past[0] for past in window_of(session.picks, t, 7, bug=bug)])

    return leaves


def counted(categories, size, threshold, *, bug):
    def leaves(session, t, pick, reward):
        if t == 0:
            return False
        held = Counter(c for past in window_of(session.picks, t, size, bug=bug) for c in categories[past[0]])
        return any(held[c] > threshold for c in categories[pick[0]])

    return leaves


def same_category(category, *, overlap):
    def leaves(session, t, pick, reward):
        session.temper -= 1
        if t > 0:
            now, before = [category[i] for i in pick], [category[i] for i in session.picks[-1]]
            if set(now) & set(before) if overlap else any(a == b for a, b in zip(now, before, strict=True)):
                session.temper -= 1
        return session.temper < 1

    return leaves


def low_reward(session, t, pick, reward):
    session.temper += min(0.0, max(-2.0, reward - 2))
    return session.temper < 1


def walk(game, leaves, value, items, ways):
    """Play 10^5 random steps, shared out to so many settings, sessions begun anew as they end, and hold every reward and every end against the reading in plain Python."""
    rng = generator(0, "steps of a published game")
    observation, _ = game.reset(seed=3)
    sessions, ends = [Session(leaves) for _ in range(SIDE)], [0, 0]
    for _ in range(STEPS // SIDE // ways):
        rows = rng.random((SIDE, items)).argpartition(game.slate, axis=1)[:, : game.slate] if game.slate > 1 else rng.integers(items, size=(SIDE, 1))
        users = observation["user"].tolist()
        observation, reward, terminated, truncated, info = game.step(rows)
        picks = rows.tolist()
        expected = reward.tolist() if value is None else [value(user, pick) for user, pick in zip(users, picks, strict=True)]
        gone = [session.step(pick, worth) for session, pick, worth in zip(sessions, picks, expected, strict=True)]
        late = [not left and len(session.picks) == game.horizon for left, session in zip(gone, sessions, strict=True)]
        assert np.abs(reward - expected).max() < 1e-6
        assert terminated.tolist() == gone
        assert truncated.tolist() == late
        for place in np.flatnonzero(terminated | truncated).tolist():
            assert info["final_obs"]["shown"][place, : len(sessions[place].picks)].tolist() == sessions[place].picks
            assert observation["step"][place] == 0
            sessions[place] = Session(leaves)
        ends[0] += sum(gone)
        ends[1] += sum(late)
    return ends


@pytest.fixture(scope="module")
def small():
    """Ratings of 30 users and 300 items, some columns near to others."""
    rng = generator(0, "small coat")
    kinds = rng.integers(1, 6, size=(30, 100))
    return np.clip(kinds[:, rng.integers(100, size=300)] + rng.integers(-1, 2, size=(30, 300)), 1, 5)


@pytest.mark.parametrize("bug", [True, False])
def test_coat_vectorised_equals_plain_python_over_a_hundred_thousand_steps(small, bug):
    distances = np.linalg.norm(small.T[:, None] - small.T[None], axis=2).tolist()
    ratings = small.tolist()
    game = coat_game(small, SIDE, window_bug=bug, autoreset=AutoresetMode.SAME_STEP)
    ends = walk(game, near_one(distances, bug=bug), lambda user, pick: ratings[user][pick[0]], 300, ways=2)
    assert min(ends) > 20


@pytest.mark.parametrize("bug", [True, False])
@pytest.mark.parametrize(("window", "threshold"), [(9, 1), (4, 0)])
def test_category_counts_vectorised_equal_plain_python(small, bug, window, threshold):
    rng = generator(1, "categories")
    categories = [rng.integers(200, size=int(rng.integers(1, 4))).tolist() for _ in range(300)]
    ratings = (small / 3).tolist()
    listed = np.array([row + [-1] * (3 - len(row)) for row in categories], dtype=np.int32)
    game = kuai_game(small / 3, listed, SIDE, window=window, leave_threshold=threshold, window_bug=bug, autoreset=AutoresetMode.SAME_STEP)
    ends = walk(game, counted(categories, window, threshold, bug=bug), lambda user, pick: ratings[user][pick[0]], 300, ways=4)
    assert min(ends) > 20


@pytest.mark.parametrize("quit_", ["position", "overlap"])
def test_lerl_vectorised_equals_plain_python(quit_):
    category = generator(2, "categories").integers(30, size=60).astype(np.int32)
    game = lerl_game(category, SIDE, quit=quit_, slate=3, autoreset=AutoresetMode.SAME_STEP)
    ends = walk(game, same_category(category.tolist(), overlap=quit_ == "overlap"), lambda user, pick: 0.0, 60, ways=2)
    assert ends[0] > 1000


@pytest.mark.parametrize("double", [True, False])
def test_kuaisim_vectorised_equals_plain_python(double):
    logits = generator(3, "logits").normal(size=(30, 50))
    game = kuaisim_game(logits, SIDE, double_sigmoid=double, slate=4, autoreset=AutoresetMode.SAME_STEP)
    ends = walk(game, low_reward, None, 50, ways=2)
    assert ends[0] > 1000


def test_a_sigmoid_too_many_makes_a_useless_policy_look_useful():
    hopeless = np.full((1, 2), -20.0)
    users, rows, luck = np.zeros(10_000, dtype=np.int64), np.tile([0, 1], (10_000, 1)), noise.mixed(np.arange(10_000, dtype=np.uint64))
    assert Clicks(hopeless).of(users, rows, luck).mean() == 0
    assert Clicks(hopeless, double_sigmoid=True).of(users, rows, luck).mean() == pytest.approx(0.5, abs=0.01)
    assert Clicks(-hopeless, double_sigmoid=True).chance.max() == pytest.approx(0.731, abs=0.001)


@given(st.integers(0, 40), st.integers(1, 12))
def test_the_window_is_what_a_slice_of_a_list_gives(step, window):
    picks = list(range(step))
    at = np.array([step], dtype=np.int32)
    assert list(range(window_start(at, window, window_bug=True)[0], step)) == picks[step - window : step]
    assert list(range(window_start(at, window, window_bug=False)[0], step)) == picks[max(0, step - window) : step]


@given(st.permutations(range(6)), st.integers(0, 1000))
@settings(max_examples=25)
def test_the_order_of_a_slate_is_all_to_one_rule_and_nothing_to_the_other(order, draw):
    """The position-wise rule is beaten by turning the slate; the position-free one cannot tell."""
    rng = generator(draw, "slates")
    category = np.arange(12, dtype=np.int32)
    slates = np.stack([rng.permutation(12)[:6] for _ in range(20)])
    lengths = []
    for turned in (slates, np.stack([slate[list(order)] if place % 2 else slate for place, slate in enumerate(slates)])):
        game = lerl_game(category, 1, quit="overlap")
        game.reset(seed=0)
        ends = [bool(game.step(slate[None])[2][0]) for slate in turned]
        lengths.append(ends.index(True))
    assert lengths[0] == lengths[1]


def test_the_reward_of_the_round_in_which_a_reader_leaves_counts():
    game = coat_game(np.full((2, 3), 5), 2)
    game.reset(seed=0, options={"users": [0, 1]})
    game.step(np.zeros((2, 1), dtype=np.int64))
    _, reward, terminated, truncated, _ = game.step(np.zeros((2, 1), dtype=np.int64))
    assert reward.tolist() == [5, 5]
    assert terminated.all()
    assert not truncated.any()
    observation, reward, terminated, truncated, _ = game.step(np.zeros((2, 1), dtype=np.int64))
    assert reward.tolist() == [0, 0]
    assert observation["step"].tolist() == [2, 2]
    assert observation["reward"].sum(axis=1).tolist() == [10, 10]
    assert not (terminated | truncated).any()


def test_without_repeats_an_item_may_be_shown_once_and_forced_sessions_have_ten_rounds(small):
    game = coat_game(small, 2, Mode.NO_REPEATS)
    game.reset(seed=0)
    game.step(np.array([[3], [4]]))
    with pytest.raises(RecordError, match="shown twice"):
        game.step(np.array([[3], [5]]))
    forced = coat_game(small, 1, Mode.FORCED)
    forced.reset(seed=0)
    ends = [forced.step(np.array([[row]]))[2:4] for row in range(10)]
    assert [bool(terminated[0]) for terminated, _ in ends] == [False] * 10
    assert [bool(truncated[0]) for _, truncated in ends] == [False] * 9 + [True]


def test_every_user_comes_once_a_pass_and_the_same_seed_brings_the_same(small):
    drawn = []
    for _ in range(2):
        game = coat_game(small, 10, autoreset=AutoresetMode.SAME_STEP)
        users = [game.reset(seed=5)[0]["user"], *(game.reset()[0]["user"] for _ in range(5))]
        drawn.append(np.concatenate(users).tolist())
    assert drawn[0] == drawn[1]
    assert sorted(drawn[0][:30]) == sorted(drawn[0][30:]) == list(range(30))


def test_wrong_actions_users_and_rules_are_told(small):
    game = coat_game(small, 2)
    game.reset(seed=0)
    with pytest.raises(RecordError, match="2 slates of 1 rows from 0 to 299"):
        game.step(np.array([[0], [300]]))
    with pytest.raises(ConfigError, match="among the 30"):
        game.reset(options={"users": [0, 30]})
    with pytest.raises(ConfigError, match="no rule 'places'"):
        SameCategory(np.zeros(3, dtype=np.int32), "places")
    with pytest.raises(ConfigError, match="window of 0"):
        NearItem(np.eye(3, dtype=bool), 0)
    with pytest.raises(ConfigError, match="same step"):
        GameVecEnv(Table(small), Temper(), num_envs=1, horizon=3, autoreset=AutoresetMode.NEXT_STEP)
    with pytest.raises(ConfigError, match="window"):
        CategoryCount(np.zeros((3, 1), dtype=np.int32), 0)


@pytest.mark.data
def test_coat_gives_the_published_games_figures(data):
    coat = read_coat(data / "interactive" / "coat")
    users, features, distances = np.arange(290), column_distances(coat.item_features.T), column_distances(coat.truth)

    def r_cum(loop):
        return play(coat_game(coat.truth, 290), Loop(loop), users).figures(300)["r_cum"]

    first = train_loop(coat.train, features, 5)
    assert first.tolist() == [193, 62, 252, 0, 120, 267, 80, 199]
    assert r_cum(first) == pytest.approx(80.8552, abs=1e-4)
    assert [round(r_cum(train_loop(coat.train, features, shrinkage)), 1) for shrinkage in (1, 2, 10, 20, 50)] == [81.8, 81.8, 81.2, 78.9, 78.9]
    best = oracle_loop(coat.truth, distances, 6.0)
    assert best.tolist() == [114, 227, 120, 210, 19, 118, 290, 237]
    assert r_cum(best) == pytest.approx(87.8552, abs=1e-4)
    assert r_cum(oracle_loops(coat.truth, distances, 6.0)) == pytest.approx(93.5724, abs=1e-4)
    everyone = np.tile(users, 40)
    for bug, expected in ((True, 27.8), (False, 25.6)):
        assert play(coat_game(coat.truth, 40 * 290, window_bug=bug), Uniform(300), everyone).figures(300)["r_cum"] == pytest.approx(expected, abs=1)


@pytest.mark.data
def test_kuairand_features_give_lerls_random_length(data):
    kuai = read_kuairand(data / "interactive" / "kuairand_pure_meta")
    assert kuai.clicks is None
    assert (len(kuai.users), len(kuai.videos), len(np.unique(kuai.first))) == (27_285, 7_583, 44)
    played = play(lerl_game(kuai.first, 30_000), Uniform(len(kuai.first), 6), np.zeros(30_000, dtype=np.int64))
    assert played.length.mean() == pytest.approx(15.03, abs=0.05)


def written(folder, files):
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_kuairec_is_read_in_its_own_layout(tmp_path):
    matrix = "user_id,video_id,play_duration,video_duration,time,date,timestamp,watch_ratio\n"
    rows = "14,148,1,2,x,20200705,1.0,0.5\n14,9,1,2,x,20200705,1.0,7.0\n19,148,1,2,x,,,2.0\n"
    feats = 'video_id,feat\n148,"[8]"\n9,"[27, 9]"\n3,[1]\n'
    kuai = read_kuairec(written(tmp_path, {"small_matrix.csv": matrix + rows, "item_categories.csv": feats}))
    assert kuai.users.tolist() == [14, 19]
    assert kuai.items.tolist() == [9, 148]
    assert kuai.table.tolist() == [[5.0, 0.5], [0.0, 2.0]]
    assert kuai.listed.tolist() == [[27, 9], [8, -1]]
    assert kuai.filled == 0.25
    (tmp_path / "item_categories.csv").unlink()
    written(tmp_path, {"item_categories.json": json.dumps({"148": [8], "9": [27, 9]})})
    assert read_kuairec(tmp_path).listed.tolist() == kuai.listed.tolist()
    written(tmp_path, {"item_categories.json": json.dumps({"148": [8]})})
    with pytest.raises(RecordError, match="no categories, first 9"):
        read_kuairec(tmp_path)
    written(tmp_path, {"item_categories.json": "[1"})
    with pytest.raises(RecordError, match="whole numbers"):
        read_kuairec(tmp_path)


def test_kuairand_is_read_in_its_own_layout_and_the_newest_click_counts(tmp_path):
    head = "user_id,video_id,date,hourmin,time_ms,is_click,is_like\n"
    files = {
        "video_features_basic_pure.csv": 'video_id,author_id,tag\n0,5,39\n1,6,"20,43"\n2,7,\n',
        "user_features_pure.csv": "user_id,user_active_degree\n0,full_active\n1,UNKNOWN\n",
        "log_standard_4_08_to_4_21_pure.csv": head + "0,0,20220408,0,5,0,0\n1,2,20220408,0,7,1,0\n",
        "log_random_4_22_to_5_08_pure.csv": head + "0,0,20220422,0,9,1,0\n",
    }
    kuai = read_kuairand(written(tmp_path, files))
    assert kuai.listed.tolist() == [[40, -1], [21, 44], [0, -1]]
    assert kuai.clicks.tolist() == [[1, -1, -1], [-1, -1, 1]]
    written(tmp_path, {"log_random_4_22_to_5_08_pure.csv": head + "0,9,20220422,0,9,1,0\n"})
    with pytest.raises(RecordError, match="video_id 9"):
        read_kuairand(tmp_path)
    written(tmp_path, {"log_random_4_22_to_5_08_pure.csv": "user_id,video_id\n0,1\n"})
    with pytest.raises(ColumnError, match="time_ms"):
        read_kuairand(tmp_path)


def test_files_that_are_not_there_or_do_not_belong_together_are_told(tmp_path):
    with pytest.raises(SourceNotFoundError, match=r"train\.ascii"):
        read_coat(tmp_path)
    with pytest.raises(SourceNotFoundError, match=r"small_matrix\.csv"):
        read_kuairec(tmp_path)
    with pytest.raises(SourceNotFoundError, match="video_features"):
        read_kuairand(tmp_path)
    table = dict.fromkeys(FILES, "1 2\n3 4\n")
    assert read_coat(written(tmp_path, table)).train.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(RecordError, match="do not belong"):
        read_coat(written(tmp_path, {"item_features.ascii": "1 0\n"}))
    with pytest.raises(RecordError, match="no table"):
        read_coat(written(tmp_path, {"item_features.ascii": "1 zero\n"}))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("small_matrix.csv", "user_id,video_id,watch_ratio\n1,1,.5\n,1,1\n", "1 rows without a user_id"),
        ("small_matrix.csv", "user_id,video_id,watch_ratio\n1,1,.5\n1,,1\n", "1 rows without a video_id"),
        ("small_matrix.csv", "user_id,video_id,watch_ratio\n", "no rows"),
        ("item_categories.csv", 'video_id,feat\n1,"[]"\n', "no categories, first 1"),
    ],
)
def test_rows_that_lack_a_number_are_no_phantom_users_of_kuairec(tmp_path, name, text, said):
    files = {"small_matrix.csv": "user_id,video_id,watch_ratio\n1,1,.5\n", "item_categories.csv": 'video_id,feat\n1,"[3]"\n'}
    with pytest.raises(RecordError, match=said):
        read_kuairec(written(tmp_path, {**files, name: text}))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("video_features_basic_pure.csv", "video_id,tag\n1,12.0\n", "no list of whole numbers"),
        ("video_features_basic_pure.csv", "video_id,tag\n", "no rows"),
        ("log_standard_pure.csv", "user_id,video_id,time_ms,is_click\n1,1,5,\n", "1 rows without a is_click"),
        ("log_standard_pure.csv", "user_id,video_id,time_ms,is_click\n1,,5,1\n", "1 rows without a video_id"),
    ],
)
def test_what_kuairand_cannot_mean_is_told(tmp_path, name, text, said):
    files = {"video_features_basic_pure.csv": "video_id,tag\n1,4\n", "user_features_pure.csv": "user_id,x\n1,2\n"}
    with pytest.raises(RecordError, match=said):
        read_kuairand(written(tmp_path, {**files, name: text}))


@pytest.mark.parametrize("number", ["200", "9", "-4"])
def test_ratings_that_coat_does_not_have_are_told(tmp_path, number):
    table = dict.fromkeys(FILES, "1 2\n3 4\n")
    with pytest.raises(RecordError):
        read_coat(written(tmp_path, {**table, "train.ascii": f"1 {number}\n3 4\n"}))


def test_slates_that_cannot_be_drawn_are_refused_and_not_tried_for_ever():
    with pytest.raises(ConfigError, match="no slate of 6"):
        Uniform(5, 6)
    with pytest.raises(ConfigError, match="0 items may be left"):
        MaskLast(np.arange(12, dtype=np.int32) % 6, 6)
    MaskLast(np.arange(12, dtype=np.int32), 6)


def test_a_game_that_has_not_begun_and_an_option_that_there_is_not_are_told(small):
    game = coat_game(small, 2)
    with pytest.raises(ConfigError, match="No session has begun"):
        game.step(np.zeros((2, 1), dtype=np.int64))
    with pytest.raises(ConfigError, match="Did you mean 'users'"):
        game.reset(options={"user": np.zeros(2, dtype=np.int64)})

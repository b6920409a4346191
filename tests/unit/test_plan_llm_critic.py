"""The language critic: what it is told, what is kept of it, and whom the pool prefers."""

import numpy as np
import pytest
from tests.unit.plan_llm import MATERIAL, NAMES, PAIR, client_of

from broadsheet.core.errors import RecordError
from broadsheet.plan.datasets.made import made
from broadsheet.plan.material import Split
from broadsheet.plan.planners.critic import Pool, critic_request, ended, standing
from broadsheet.sample.llm import Faults, LLMServer

TRAIN, TEST = MATERIAL.of(Split.TRAIN), MATERIAL.of(Split.TEST)


def session(user=None, steps=3):
    rng = np.random.default_rng(0)
    shown = np.full((PAIR.horizon, PAIR.slate), -1, dtype=np.int32)
    shown[:steps] = np.array([rng.choice(len(MATERIAL.items), PAIR.slate, replace=False) for _ in range(steps)])
    liked = np.where(shown >= 0, 1, -1).astype(np.int8)
    liked[0] = 0
    return ended(MATERIAL.items, int(TRAIN[0]) if user is None else user, shown, liked, steps)


def test_a_session_is_told_by_names_with_its_steps_and_its_reward():
    one = session()
    assert one.reward == pytest.approx(2.0)
    said = critic_request(one, NAMES).messages[-1].content
    assert said.count("Step ") == 3
    assert "Steps: 3. Cumulative reward: 2.0." in said
    assert "fewer than 20 words" in said
    assert any(name in said for name in NAMES)
    first = said.splitlines()[0]
    assert "(0 of " in first
    assert all(f"({count} of {count} liked)" in said for slate in one.slates[1:] for _, count, _ in slate[:3])


def test_the_critic_is_asked_through_a_client_and_what_fails_is_counted(tmp_path):
    pool = Pool(MATERIAL)
    with LLMServer(lambda body: "Let a category rest after two slates.", faults=Faults(first=("refusal",))) as server:
        added = pool.reflect(client_of(server, tmp_path), [session(steps=steps) for steps in (1, 2, 3)], NAMES)
    assert (added, len(pool), sum(pool.failures.values())) == (2, 2, 1)
    assert pool.held[0].text == "Let a category rest after two slates."


def test_only_train_users_get_in_and_nothing_once_it_is_frozen(tmp_path):
    pool = Pool(MATERIAL, most=3)
    with pytest.raises(RecordError, match="not of the split TRAIN"):
        pool.add(int(TEST[0]), "Rest.", 1.0)
    for number in range(5):
        assert pool.add(int(TRAIN[number]), f"Rest {number}.", number)
    assert [one.text for one in pool.held] == ["Rest 2.", "Rest 3.", "Rest 4."]
    assert not pool.add(int(TRAIN[0]), "I'm sorry, I cannot.", 1.0)
    pool.save(tmp_path / "pool.jsonl")
    again = Pool(MATERIAL, most=3)
    again.load(tmp_path / "pool.jsonl")
    assert again.held == pool.held
    with pytest.raises(RecordError, match="frozen"):
        again.add(int(TRAIN[0]), "Rest.", 1.0)
    assert again.draw(4) == again.draw(4) == pool.draw(4)
    assert len(set(again.draw(4, count=9))) == 3
    assert Pool(MATERIAL).draw(0) == ()


def test_a_draw_prefers_what_went_well_as_the_exponential_says():
    pool = Pool(MATERIAL)
    user = int(TRAIN[0])
    for number, reward in enumerate((1.0, 2.0, 3.0)):
        pool.add(user, f"no. {number}", reward)
    firsts = [pool.draw(seed, count=1, alpha=1.0)[0] for seed in range(2000)]
    weights = np.exp(standing([1.0, 2.0, 3.0], [0, 0, 0]))
    shares = [firsts.count(f"no. {number}") / 2000 for number in range(3)]
    np.testing.assert_allclose(shares, weights / weights.sum(), atol=0.04)


def test_what_is_drawn_does_not_follow_activity_though_rewards_do():
    material = made(users=400).material
    train = material.of(Split.TRAIN)
    rng = np.random.default_rng(0)
    pool = Pool(material)
    for user in train:
        pool.add(int(user), f"of {user}", float(5 * material.activity_third[user] + rng.normal()))
    drawn = [int(text.removeprefix("of ")) for seed in range(300) for text in pool.draw(seed, alpha=1.0)]
    by_text = {one.text: one for one in pool.held}
    rewards = np.array([one.reward for one in pool.held])
    thirds = np.array([one.third for one in pool.held])
    assert np.corrcoef(rewards, thirds)[0, 1] > 0.9
    # Of each third as many are drawn as are held, within chance; the better of each all the same.
    shares = np.bincount(material.activity_third[drawn], minlength=3) / len(drawn)
    np.testing.assert_allclose(shares, np.bincount(thirds, minlength=3) / len(thirds), atol=0.06)
    chosen = np.array([standing(rewards, thirds)[list(by_text).index(f"of {user}")] for user in drawn])
    assert chosen.mean() > 0.5

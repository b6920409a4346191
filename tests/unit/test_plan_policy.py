"""A policy trained in the agent's own belief: the same bits, what it obeys, what it learns, what it never sees."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from broadsheet.core.artifacts import Artifact, arrays_hash, read_artifact
from broadsheet.core.errors import ArtifactError, ConfigError
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import ArtifactKind
from broadsheet.plan.datasets.made import made
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.fit import Ground, fit_policy, run_identity, steps_to
from broadsheet.plan.material import Split
from broadsheet.plan.planners.registry import open_planner
from broadsheet.plan.policy.acting import Actor
from broadsheet.plan.policy.agent import PolicyAgent, load_policy
from broadsheet.plan.policy.config import PolicyConfig
from broadsheet.plan.policy.model import Policy
from broadsheet.plan.policy.rollout import collect
from broadsheet.plan.protocols import Agent, Plans, PlanState

PAIR = replace(made(36, 80, 6), horizon=6)
# A world in which a round costs little, for what is asked of bits alone.
BRIEF = replace(PAIR, slate=3, horizon=3)
SHORT = PolicyConfig(size="tiny", iterations=3, sessions_a_rollout=8)


class FirstCategory:
    """A planner that allows one category, always the same."""

    name = "first"

    def begin(self, count: int, seed: int) -> None:
        del count, seed

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        allowed = np.zeros(state.available.shape, dtype=bool)
        allowed[:, 0] = True
        return Plans(allowed, np.ones(len(due), dtype=np.int32), np.zeros(len(due), dtype=np.int8))

    def counts(self) -> dict[str, float]:
        return {}


def weights(artifact: Artifact) -> str:
    return arrays_hash(artifact.tensors("weights"))


def played(pair: Pair, agent: Agent, users: NDArray[np.int64], passes: int = 4) -> tuple[float, list[NDArray[np.int64]]]:
    """Return the mean sum of rewards in the copy of a pair, and the slates."""
    every = np.tile(users, passes)
    readers = pair.copy(users, len(every))
    seen, _ = readers.reset(seed=1, options={"users": every, "streams": np.repeat(np.arange(passes), len(users))})
    agent.begin(len(every), 0)
    total, slates = 0.0, []
    for _ in range(pair.horizon):
        slates.append(agent.act(seen))
        seen, rewards, *_ = readers.step(slates[-1])
        total += float(rewards.sum())
    return total / len(every), slates


class BestFirst:
    """Always the items of the highest scores: the greedy rule."""

    name = "best-first"

    def __init__(self, pair: Pair) -> None:
        self.pair = pair

    def begin(self, count: int, seed: int) -> None:
        del count, seed

    def act(self, observation: dict[str, NDArray[Any]]) -> NDArray[np.int64]:
        return self.pair.material.shortlist[observation["user"], : self.pair.slate].astype(np.int64)

    def facts(self) -> dict[str, Any]:
        return {}


def test_the_same_seed_gives_the_same_bits_and_another_other_ones(tmp_path: Path) -> None:
    first, second, other = (fit_policy(BRIEF, None, SHORT, tmp_path / str(number), seed=seed) for number, seed in enumerate((3, 3, 4)))
    assert weights(first) == weights(second) != weights(other)
    assert first.content_hash == second.content_hash


def test_untrained_weights_are_kept_where_validation_users_prefer_them(tmp_path: Path) -> None:
    config = SHORT.model_copy(update={"start": "scores", "learning_rate": 3.0})
    artifact = fit_policy(PAIR, None, config, tmp_path / "p")
    begun = Policy(config, Ground.of(PAIR).shape, 0).state_dict()
    curve = artifact.frame("curve")["return"]
    assert curve[0] > curve[1:].max()
    assert artifact.manifest.config["chosen_by"] == f"validation users, step 0 of {config.steps * config.iterations}"
    assert artifact.manifest.metrics["validation_return"] == curve[0]
    assert all(np.array_equal(value, begun[name].numpy()) for name, value in artifact.tensors("weights").items())


@pytest.mark.parametrize(("network", "choice"), [("gru", "plackett-luce"), ("transformer", "gaussian")])
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(tmp_path: Path, network: Any, choice: Any) -> None:
    config = SHORT.model_copy(update={"network": network, "choice": choice})
    planner = open_planner("all", BRIEF.material, slate=BRIEF.slate, horizon=BRIEF.horizon)
    whole = fit_policy(BRIEF, planner, config, tmp_path / "whole")

    def stop(step: str, done: int, total: int) -> None:
        if done > config.steps * 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_policy(BRIEF, planner, config, tmp_path / "part", checkpoints=tmp_path / "state", progress=stop)
    done = fit_policy(BRIEF, planner, config, tmp_path / "part", checkpoints=tmp_path / "state")
    assert weights(done) == weights(whole)
    assert done.frame("curve").equals(whole.frame("curve"))


def test_the_last_round_before_the_horizon_has_a_future() -> None:
    laws = PAIR.with_laws(leave=-50.0, loyal=0.0)
    ground = Ground.of(laws)
    model = Policy(SHORT, ground.shape)
    with torch.no_grad():
        model.critic[-1].bias.fill_(4.0)
    users = laws.material.of(Split.TRAIN)[:8]
    rollout = collect(Actor(laws.material, model), laws.copy(users, 8), users, np.random.default_rng(0), SHORT)
    worth = 4.0 * laws.horizon / 4
    last = rollout.target[:, -1] - torch.from_numpy(rollout.rewards[:, -1])
    assert rollout.live.all()
    # Nobody leaves: what is ahead of the last slate is what the critic says of the observation after it.
    assert torch.allclose(last, torch.full((8,), SHORT.discount * worth), atol=0.2)


def test_other_data_or_laws_refuse_the_state_of_a_run(tmp_path: Path) -> None:
    config = SHORT.model_copy(update={"iterations": 1})
    fitted = fit_policy(BRIEF, None, config, tmp_path / "a", checkpoints=tmp_path / "state")
    with pytest.raises(ArtifactError, match="another run"):
        fit_policy(BRIEF.with_laws(boredom=0.0), None, config, tmp_path / "b", checkpoints=tmp_path / "state")
    with pytest.raises(ArtifactError, match="other items"):
        PolicyAgent.load(fitted, made(36, 80, 6, seed=1).material)


def test_test_users_change_no_bit_of_what_is_trained(tmp_path: Path) -> None:
    material = PAIR.material
    order = np.arange(len(material.users))
    held = material.of(Split.TEST)
    order[held] = np.roll(held, 1)
    begins = material.histories.begins
    spans = [slice(int(begins[user]), int(begins[user + 1])) for user in order]
    moved = replace(
        material,
        scores=material.scores[order],
        histories=Ragged.of([material.histories.values[span] for span in spans]),
        liked=np.concatenate([material.liked[span] for span in spans]),
        users=tuple(material.users[user] for user in order),
    )
    assert not np.array_equal(moved.scores, material.scores)
    config = SHORT.model_copy(update={"iterations": 2})
    first, second = fit_policy(BRIEF, None, config, tmp_path / "a"), fit_policy(replace(BRIEF, material=moved), None, config, tmp_path / "b")
    assert first.content_hash == second.content_hash
    ground = Ground.of(PAIR)
    changed = replace(material, scores=material.scores + 1)
    assert run_identity(ground, None, SHORT, "any") != run_identity(ground._replace(material=changed), None, SHORT, "any")


def test_a_policy_learns_to_beat_the_greedy_rule_where_it_was_trained(tmp_path: Path) -> None:
    artifact = fit_policy(PAIR, None, PolicyConfig(size="tiny", start="scores", iterations=8, sessions_a_rollout=48), tmp_path / "p")
    users = PAIR.material.of(Split.TEST)
    agent = PolicyAgent.load(artifact, PAIR.material)
    assert played(PAIR, agent, users)[0] > 1.05 * played(PAIR, BestFirst(PAIR), users)[0]
    curve = artifact.frame("curve")
    assert curve["return"].max() > curve["return"][0]
    assert 0 <= steps_to(curve) <= curve["environment_steps"][-1] == artifact.manifest.metrics["environment_steps"]


def test_slates_keep_to_the_plan_and_what_is_filled_from_outside_is_counted(tmp_path: Path) -> None:
    planner, config = FirstCategory(), SHORT.model_copy(update={"iterations": 1})
    artifact = fit_policy(PAIR, planner, config, tmp_path / "p")
    agent = PolicyAgent.load(artifact, PAIR.material, planner)
    member = PAIR.material.items.member
    _, slates = played(PAIR, agent, PAIR.material.of(Split.TEST), 1)
    shown = np.concatenate([slate[slate[:, 0] >= 0] for slate in slates])
    facts = agent.facts()
    count = int((~member[shown, 0]).sum())
    assert facts["rounds"] == len(shown)
    assert facts["actions"] < len(PAIR.material.items)
    # Outside the category stands only what widened plans, which count as fallback, let in.
    assert (count > 0) == (facts["plans"]["fallbacks"]["short"] + facts["outside"] > 0)
    assert len({tuple(sorted(row)) for row in shown.tolist()}) > 1
    assert all(len(set(row)) == PAIR.slate for row in shown.tolist())
    with pytest.raises(ArtifactError, match="planner"):
        PolicyAgent.load(artifact, PAIR.material)


def test_nothing_is_shown_that_is_not_on_offer(tmp_path: Path) -> None:
    items = PAIR.material.items
    first = (np.arange(len(items)) % 20).astype(np.int32)
    material = replace(PAIR.material, items=replace(items, first=first, last=first + 1))
    pair = replace(PAIR, material=material)
    artifact = fit_policy(pair, None, SHORT.model_copy(update={"iterations": 1}), tmp_path / "p")
    _, slates = played(pair, PolicyAgent.load(artifact, material), material.of(Split.TEST), 1)
    for step, slate in enumerate(slates):
        rows = slate[slate >= 0]
        assert ((first[rows] <= step) & (step <= first[rows] + 1)).all()
    # Of eighty items eight are on offer at a time, of which six fill a slate; in the first round there are four.
    assert (slates[0] < 0).sum(axis=1).tolist() == [2] * len(slates[0])
    assert (slates[1] >= 0).all(axis=1).any()


def test_arms_that_learn_otherwise_train_too_and_a_policy_of_another_shape_is_refused(tmp_path: Path) -> None:
    kept = {
        fit_policy(PAIR, None, SHORT.model_copy(update={"iterations": 1, **change}), tmp_path / str(number)).content_hash
        for number, change in enumerate([{"method": "a2c"}, {"penalty": "exposure"}, {"penalty": "entropy"}, {}])
    }
    assert len(kept) == 4
    model = load_policy(read_artifact(tmp_path / "3", ArtifactKind.PLAN))
    with pytest.raises(ConfigError, match="trained for"):
        PolicyAgent(PAIR.material, model, slate=5, horizon=6)
    drawn = PolicyAgent(PAIR.material, model, slate=6, horizon=6, greedy=False)
    users = PAIR.material.of(Split.TEST)
    assert played(PAIR, drawn, users, 1)[0] == played(PAIR, drawn, users, 1)[0]

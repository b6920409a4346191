"""How fast the environment is alone, with a policy that acts, and in training: three figures that are no one's but their own."""

import tempfile
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from gymnasium.vector import AutoresetMode

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.plan.bench.loop import LoopEnv
from broadsheet.plan.datasets.made import made
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.fit import Ground, fit_policy
from broadsheet.plan.policy.acting import Actor
from broadsheet.plan.policy.config import PolicyConfig
from broadsheet.plan.policy.model import Policy
from broadsheet.plan.policy.ppo import ENVIRONMENT_STEPS

ARMS = ("environment", "loop", "rollout", "training")
BATCHES = (1, 100, 1024)
SIZES: Mapping[str, tuple[int, int, int]] = {"made, of ML-100k's size": (943, 1682, 18), "made, of Books' size": (1049, 13262, 290)}
"""Users, items and categories of made catalogues."""
ACTIONS = 64
"""Slates of random items a session that are drawn before the clock runs; they come round again."""
LONGEST = 100
"""Sessions of the loop: it does them one after the other, so that more are not faster."""
ROLLOUTS = 5
"""Rollouts of the training that is timed: one evaluation before, one after."""


class SpeedPlan(NamedTuple):
    """What is timed: catalogues by name, sessions side by side, seconds a time, how often each is taken, the policy."""

    pairs: Mapping[str, Callable[[], Pair]] = {}
    arms: tuple[str, ...] = ()
    batches: tuple[int, ...] = BATCHES
    seconds: float = 1.0
    repeats: int = 5
    config: PolicyConfig = PolicyConfig()
    budget_minutes: float | None = None


class Spent(NamedTuple):
    """Steps, and the seconds they took by the clock and of the processor."""

    steps: float
    wall: float
    cpu: float


def bench_speed(plan: SpeedPlan, rows: Path, command: str, progress: Progress = silent) -> Bench:
    """Time the environment, a loop of plain Python, acting and training on every catalogue, row by row in `rows`; without catalogues on two made ones."""
    pairs = {name: cache(make) for name, make in (plan.pairs or {name: partial(made, *sizes) for name, sizes in SIZES.items()}).items()}
    tasks = [
        Task(name, f"{arm}, {_said(batch)}", 0, _identity(plan, make()), partial(_measured, plan, make, arm, batch))
        for name, make in pairs.items()
        for arm in wanted_arms(plan.arms, ARMS)
        for batch in ((plan.config.sessions,) if arm == "training" else plan.batches)
        if arm != "loop" or batch <= LONGEST
    ]
    outcome = run_tasks("plan-speed", tasks, rows, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        "A step is one session that is shown one slate. Steps a second by the clock, and of the processor's seconds; the median of the repeats, in brackets the least and the greatest.",
        "environment: slates of random items drawn before, all laws, whoever leaves is followed by the next. loop: the same laws, session after session in plain Python.",
        "rollout: an untrained policy draws the slates, of readers who stay to the end, so that all sessions are under way.",
        "training: whole PPO with its evaluations; steps of training sessions alone are counted.",
    )
    return Bench.of("plan-speed", command, outcome, _summary(outcome), data={name: _sizes(make()) for name, make in pairs.items()}, seeds=1, notes=notes)


def _identity(plan: SpeedPlan, pair: Pair) -> dict[str, Any]:
    return {
        "truth": pair.truth.content_hash(),
        "laws": pair.laws.model_dump(mode="json"),
        "slate": pair.slate,
        "horizon": pair.horizon,
        "seconds": plan.seconds,
        "repeats": plan.repeats,
        "policy": plan.config.model_dump(mode="json"),
    }


def _measured(plan: SpeedPlan, make: Callable[[], Pair], arm: str, batch: int) -> Measured:
    clocks: dict[str, Callable[[SpeedPlan, Pair, int], Callable[[], Spent]]] = {
        "environment": _environment,
        "loop": _loop,
        "rollout": _rollout,
        "training": _training,
    }
    clock = clocks[arm](plan, make(), batch)
    spent = [clock() for _ in range(plan.repeats)]
    wall, cpu = (np.array([one.steps / max(seconds, 1e-9) for one, seconds in zip(spent, times, strict=True)]) for times in _times(spent))
    facts = {"batch": float(batch), "steps_s": float(np.median(wall)), "steps_s_lo": float(wall.min()), "steps_s_hi": float(wall.max())}
    facts |= {"steps_cpu_s": float(np.median(cpu)), "steps_cpu_s_lo": float(cpu.min()), "steps_cpu_s_hi": float(cpu.max())}
    return Measured(facts, pl.DataFrame([one._asdict() for one in spent]))


def _times(spent: list[Spent]) -> tuple[list[float], list[float]]:
    return [one.wall for one in spent], [one.cpu for one in spent]


def _timed(turn: Callable[[int], int], seconds: float) -> Spent:
    """Take turns, which return their steps, for so many seconds."""
    steps, number, wall, cpu = 0, 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < seconds:
        steps += turn(number)
        number += 1
    return Spent(steps, time.perf_counter() - wall, time.process_time() - cpu)


def _actions(pair: Pair, batch: int) -> list[np.ndarray]:
    rng, count = generator(0, "plan", "speed"), len(pair.material.items)
    return [rng.integers(count, size=(batch, pair.slate)) for _ in range(ACTIONS)]


def _environment(plan: SpeedPlan, pair: Pair, batch: int) -> Callable[[], Spent]:
    env, actions = pair.judge(np.arange(len(pair.material.users)), batch, AutoresetMode.SAME_STEP), _actions(pair, batch)
    env.reset(seed=0)

    def turn(number: int) -> int:
        env.step(actions[number % ACTIONS])
        return batch

    # Sessions of all ages, as in the midst of a run.
    for number in range(pair.horizon):
        turn(number)
    return lambda: _timed(turn, plan.seconds)


def _loop(plan: SpeedPlan, pair: Pair, batch: int) -> Callable[[], Spent]:
    env, actions = LoopEnv(pair, batch, generator(0, "plan", "loop")), [rows.tolist() for rows in _actions(pair, batch)]

    def turn(number: int) -> int:
        return len(env.step(actions[number % ACTIONS]))

    return lambda: _timed(turn, plan.seconds)


def _rollout(plan: SpeedPlan, pair: Pair, batch: int) -> Callable[[], Spent]:
    users, draw = np.resize(np.arange(len(pair.material.users)), batch), generator(0, "plan", "rollout")
    env = pair.with_laws(leave=-1000.0).copy(np.arange(len(pair.material.users)), batch)
    actor = Actor(pair.material, Policy(plan.config, Ground.of(pair).shape, 0))

    def turn(number: int) -> int:
        actor.begin(batch, number)
        seen, _ = env.reset(seed=number, options={"users": users})
        for _ in range(pair.horizon):
            seen, *_ = env.step(actor.act(seen, draw).slates)
        return batch * pair.horizon

    turn(0)
    return lambda: _timed(turn, plan.seconds)


def _training(plan: SpeedPlan, pair: Pair, batch: int) -> Callable[[], Spent]:
    config = plan.config.model_copy(update={"iterations": ROLLOUTS, "sessions_a_rollout": batch})

    def train() -> Spent:
        wall, cpu = time.perf_counter(), time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            steps = fit_policy(pair, None, config, Path(folder) / "plan").manifest.metrics[ENVIRONMENT_STEPS]
        return Spent(steps, time.perf_counter() - wall, time.process_time() - cpu)

    return train


def _said(batch: int) -> str:
    return "one session" if batch == 1 else f"{batch:,} sessions"


def _sizes(pair: Pair) -> str:
    return f"{len(pair.material.users)} users, {len(pair.material.items)} items, {len(pair.material.items.categories)} categories"


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    kept = ("steps_s", "steps_s_lo", "steps_s_hi", "steps_cpu_s", "steps_cpu_s_lo", "steps_cpu_s_hi")
    return tuple({"name": f"{data}: {arm}", **{key: rows[0].metrics[key] for key in kept}} for (data, arm), rows in by_arm(outcome).items())

"""The bench of honest environments: every arm beside every other under the same luck, at several levels of boredom, on users that decided nothing."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.artifacts import arrays_hash
from broadsheet.core.bench import Bench, Measured, Outcome, Task, run_tasks, wanted_arms
from broadsheet.core.progress import Progress, silent, within
from broadsheet.plan.bench.arms import Arm, Kind, arms
from broadsheet.plan.bench.notes import chance_ahead, masked_nothing
from broadsheet.plan.bench.players import Fitted, Player, Training, counted
from broadsheet.plan.bench.standing import Chosen, chosen, summary
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.evaluate.compare import scored
from broadsheet.plan.evaluate.metrics import first_rounds, measure
from broadsheet.plan.evaluate.run import STREAMS, NoRepeats, SessionLog, nobody_leaves, run_sessions
from broadsheet.plan.laws import LEVELS
from broadsheet.plan.laws import level as check_level
from broadsheet.plan.material import Split

NAME = "plan"
DEEP = ("zero", "middle")
"""Levels at which the arms that are claimed about have more seeds, and between which training and judging are crossed."""


class HonestPlan(NamedTuple):
    """What is measured: a pair by its name, levels of boredom, arms (all, if none is named), seeds.

    `deep` is how many seeds the best flat policy, the best planner with a policy and mask-recent with one have at the levels zero and middle; `crossed` adds rows of agents trained at
    the one and judged at the other. `settings` are the policy's, `planners` what gives the specs of further planners by
    their names, `filled` what those follow from whose names do not say it (which model, how many codes), `given` what no spec can say; `streams` sessions a user.
    """

    name: str
    pair: Callable[[], Pair]
    fit: Callable[[Training], Fitted]
    levels: tuple[str, ...] = tuple(LEVELS)
    arms: tuple[str, ...] = ()
    seeds: int = 3
    deep: int = 0
    crossed: bool = False
    settings: Mapping[str, Any] = {}
    planners: Mapping[str, Callable[[Pair], str]] = {}
    filled: Mapping[str, Mapping[str, Any]] = {}
    given: Mapping[str, Any] = {}
    streams: int = STREAMS
    budget_minutes: float | None = None


class Condition(NamedTuple):
    """A level of boredom that agents are trained and their settings chosen at, and one at which they are judged."""

    trained: str
    judged: str

    def named(self, name: str) -> str:
        """Return the name of the data."""
        return f"{name}, boredom {self.judged}" if self.trained == self.judged else f"{name}, trained {self.trained}, judged {self.judged}"


class Case(NamedTuple):
    """A pair with what names it: hashes of what the agent believes and of what is true."""

    pair: Pair
    identity: Mapping[str, str]

    @classmethod
    def of(cls, pair: Pair) -> "Case":
        """Name a pair."""
        material = pair.material
        known = {
            "scores": material.scores,
            "split": material.split,
            "histories": material.histories.values,
            "lengths": material.histories.lengths,
            "liked": material.liked,
            "member": material.items.member,
            "vectors": material.items.vectors,
            "slate": np.array([pair.slate, pair.horizon]),
        }
        return cls(pair, {"material": arrays_hash(known)[:16], "truth": pair.truth.content_hash()[:16]})

    def at(self, level: str) -> Pair:
        """Return the pair at a level of boredom."""
        return self.pair.with_laws(boredom=LEVELS[level])


def bench_honest(plan: HonestPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Train, choose on VALIDATION users, judge on TEST users, row by row in `folder`; see `summary` for what stands in a row.

    First all arms at all levels with `seeds`; then, of the arms chosen on validation, the further seeds and the crossed rows. Raises ConfigError for a level or an arm that there is not.
    """
    for name in plan.levels:
        check_level(name)
    known, wanted = arms(plan.planners), wanted_arms(plan.arms, arms(plan.planners))
    case = cache(lambda: Case.of(plan.pair()))
    tasks = _Tasks(plan, known, case, folder, progress)
    work = [(Condition(level, level), name, seed) for level in plan.levels for name in wanted for seed in range(plan.seeds)]
    outcome = tasks.run(work)
    picks = {level: chosen(outcome, Condition(level, level).named(plan.name), known) for level in plan.levels}
    more = list(_more(plan, picks))
    if more:
        outcome = tasks.run([*work, *more])
    conditions = list(dict.fromkeys(condition for condition, _, _ in (*work, *more)))
    rows = [row for condition in conditions for row in summary(outcome, condition.named(plan.name), known, picks[condition.trained])]
    facts = case().pair.material.facts
    found = [*masked_nothing(outcome, known, len(case().pair.material.items.categories)), *chance_ahead(rows)]
    data = {"name": plan.name, **case().identity, "laws": case().pair.laws.model_dump(), "users": len(case().pair.material.of(Split.TEST)), "facts": facts}
    return Bench.of(NAME, command, outcome, rows, data=data, seeds=plan.seeds, notes=[*_notes(picks), *found])


class _Tasks:
    """Tasks of a bench: what each row depends on, and how it is measured."""

    def __init__(self, plan: HonestPlan, known: Mapping[str, Arm], case: Callable[[], Case], folder: Path, progress: Progress) -> None:
        self.plan, self.known, self.case, self.folder, self.progress = plan, known, case, folder, progress
        self.players: dict[tuple[str, str], Player] = {}
        self.began: float | None = None

    def run(self, work: Iterable[tuple[Condition, str, int]]) -> Outcome:
        """Make the rows that are not there yet; all runs have one budget."""
        wanted = list(dict.fromkeys(work))
        seeds = Counter((condition, name) for condition, name, _ in wanted)
        tasks = [self._task(*one, f"row {number} of {len(wanted)}: {one[1]}, seed {one[2] + 1} of {seeds[one[:2]]}") for number, one in enumerate(wanted, 1)]
        self.began = time.monotonic() if self.began is None else self.began
        return run_tasks(NAME, tasks, self.folder, budget_minutes=self.plan.budget_minutes, began=self.began, progress=self.progress)

    def _task(self, condition: Condition, name: str, seed: int, said: str) -> Task:
        arm, case, plan = self.known[name], self.case(), self.plan
        settings = {**plan.settings, **arm.settings} if arm.trained else {}
        identity = {
            **case.identity,
            "laws": case.at(condition.judged).laws.model_dump(),
            "trained": condition.trained,
            "specs": arm.specs,
            "settings": settings,
            "streams": plan.streams,
        }
        planner = name.rpartition(" + ")[0]
        if planner in plan.filled:
            identity["filled"] = dict(plan.filled[planner])
        player = self._player(condition.trained, name, settings)
        progress = within(said, self.progress)
        return Task(condition.named(plan.name), name, seed, identity, lambda: judged(player, case.at(condition.judged), seed, plan.streams, progress))

    def _player(self, level: str, name: str, settings: Mapping[str, Any]) -> Player:
        """Return the one player of an arm at a level, who chooses settings once for all seeds."""
        if (level, name) not in self.players:
            case, plan = self.case(), self.plan
            identity = {"material": case.identity["material"]}
            self.players[level, name] = Player(case.at(level), name, self.known[name], settings, plan.given, plan.fit, self.folder, identity)
        return self.players[level, name]


def judged(player: Player, pair: Pair, seed: int, streams: int, progress: Progress = silent) -> Measured:
    """Train or open an agent, play with VALIDATION users for what is chosen by, and with TEST users for the figures: as it is, without repeats (NX_0), and where nobody leaves (NX_T)."""
    made, spec = player.agent(seed, progress)
    agent = made.agent
    users = pair.material.of(Split.TEST)
    log = run_sessions(agent, pair, users, streams=streams, seed=seed, progress=progress)
    figures = {**measure(log, pair.material), **counted(player.name, log), **made.figures}
    if player.arm.kind is not Kind.ORACLE:
        validation = run_sessions(agent, pair, pair.material.of(Split.VALIDATION), streams=streams, seed=seed)
        once = run_sessions(NoRepeats(agent), pair, users, streams=streams, seed=seed)
        stay = run_sessions(NoRepeats(agent), nobody_leaves(pair), users, streams=streams, seed=seed)
        figures |= {"validation": _mean(validation), "nx_0": _mean(once), "nx_0_length": float(once.length.mean()), "nx_t": first_rounds(stay)}
    return Measured(figures, scored(log), {"model": spec})


def _mean(log: SessionLog) -> float:
    return float(log.reward.sum(axis=1).mean())


def _more(plan: HonestPlan, picks: Mapping[str, Chosen]) -> Iterator[tuple[Condition, str, int]]:
    """Yield the rows of arms that were chosen on validation: further seeds, and levels crossed."""
    for level in DEEP:
        if level in picks:
            for name in picks[level].claimed:
                yield from ((Condition(level, level), name, seed) for seed in range(plan.seeds, plan.deep))
    for trained_at, judged_at in (DEEP, DEEP[::-1]):
        if plan.crossed and trained_at in picks and judged_at in picks:
            for name in picks[trained_at].claimed:
                yield from ((Condition(trained_at, judged_at), name, seed) for seed in range(plan.seeds))


def _notes(picks: Mapping[str, Chosen]) -> Sequence[str]:
    told = [f"{level}: {pick.said()}" for level, pick in picks.items()]
    return (
        "Sums of what was liked over a session of TEST users (r_cum), who decided nothing; a slate that is liked whole is 1. Luck is the same for all arms of a seed.",
        f"Of settings, and of flat policies, planners and rules, the one with most on VALIDATION users is chosen. {'; '.join(told)}.",
        "Brackets: 95 %, seeds and users drawn anew, a seed for all users and a user for all seeds. Detectable: the least gain that would have been found with 80 % power.",
        "p: over users, signs of all of a user's sessions changed together. p seeds: over training seeds, where there are six. Both after Holm over the comparisons at a level.",
        "Agents are trained where likings are their own model's, with TRAIN users; what that copy shares with the environment that judges is the laws.",
        "No repeats (nx_0): an item shown before leaves its place empty. Ten rounds (nx_t): no repeats, and nobody leaves. Regret closed: the way from greedy to the oracle that plans.",
    )

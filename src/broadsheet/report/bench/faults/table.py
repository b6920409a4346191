"""The table of `broadsheet bench fetch`: each morning, what ours and another client kept, and what they lost without a word."""

from pathlib import Path
from typing import NamedTuple

from broadsheet.core.bench import Bench, Measured, Task, by_arm, run_tasks
from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.progress import Progress, silent
from broadsheet.report.bench.faults.rival import tried_by_arxiv
from broadsheet.report.bench.faults.scenarios import SCENARIOS, Scenario
from broadsheet.report.bench.faults.trial import tried

OURS, THEIRS = "broadsheet", "arxiv (PyPI)"


class FetchPlan(NamedTuple):
    """Which mornings are tried, all where none is named."""

    scenarios: tuple[str, ...] = ()
    budget_minutes: float | None = None

    def wanted(self) -> tuple[Scenario, ...]:
        """Return the mornings. Raises ConfigError for one that there is not."""
        known = {one.name: one for one in SCENARIOS}
        for name in self.scenarios:
            if name not in known:
                raise ConfigError(f"There is no scenario {name!r}.{did_you_mean(name, known)}", f"Known are: {'; '.join(known)}.")
        return tuple(one for one in SCENARIOS if not self.scenarios or one.name in self.scenarios)


def bench_fetch(plan: FetchPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Try each morning with our days and with the other client, row by row in `folder`."""
    wanted = plan.wanted()
    tasks = [task for one in wanted for task in (_ours(one), _theirs(one))]
    outcome = run_tasks("fetch", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    metrics = {key: rows[0].metrics for key, rows in by_arm(outcome).items()}
    rows = []
    for one in wanted:
        ours, theirs = metrics.get((one.name, OURS), {}), metrics.get((one.name, THEIRS), {})
        row = {"name": one.name, **{name: int(ours[name]) for name in ("held", "kept", "wrong", "lost", "exit_code") if name in ours}}
        rows.append(row | {f"their_{name}": int(theirs[name]) for name in ("held", "kept", "lost", "error") if name in theirs})
    notes = (
        "Ours counts papers by list, with cross-lists and replacements; theirs is asked for new papers alone, by the hours of submission, since it knows no labels.",
        "lost: missing though the run ended as done. their_error: 1 where it raised an error, 2 where it did not come back.",
        "exit_code: 0 done, 3 not there yet, 4 stale, 5 not whole, 23 cut, 24 no feed, 25 an error of arXiv's, 50 no connection or no time, 52 throttled.",
    )
    return Bench.of("fetch", command, outcome, rows, data={"scenarios": len(wanted), "days": "fictional"}, seeds=1, notes=notes)


def _identity(scenario: Scenario) -> dict[str, object]:
    return {name: value for name, value in scenario._asdict().items() if name != "days"}


def _ours(scenario: Scenario) -> Task:
    def measure() -> Measured:
        one = tried(scenario)
        figures = {"held": one.held, "kept": one.kept, "wrong": one.wrong, "lost": one.lost, "exit_code": one.code, "requests": one.requests}
        return Measured({name: float(figure) for name, figure in figures.items()}, None, {"client": "broadsheet"})

    return Task(scenario.name, OURS, 0, _identity(scenario), measure)


def _theirs(scenario: Scenario) -> Task:
    def measure() -> Measured:
        one = tried_by_arxiv(scenario)
        error = 2 if one.error == "hangs" else int(bool(one.error))
        figures = {"held": one.held, "kept": one.kept, "lost": one.lost, "error": error, "requests": one.requests}
        return Measured({name: float(figure) for name, figure in figures.items()}, None, {"client": "arxiv"})

    return Task(scenario.name, THEIRS, 0, _identity(scenario), measure)

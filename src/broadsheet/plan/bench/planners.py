"""The bench of planners by a language model: what of malformed output becomes a plan, how often a model is called, how long it takes."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from broadsheet.core.bench import Bench, Measured, Task, by_arm, over_seeds, run_tasks, wanted_arms
from broadsheet.core.llm import Client, open_llm
from broadsheet.core.progress import Progress, silent
from broadsheet.core.store import Store
from broadsheet.plan.agents.planned import PlannedGreedy
from broadsheet.plan.bench.tables import met_codes
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.evaluate.run import run_sessions
from broadsheet.plan.material import Split
from broadsheet.plan.planners.asking import LIMITS, LOCAL, Asker, ListAsker
from broadsheet.plan.planners.critic import read_reflection
from broadsheet.plan.planners.keys import Keys, KeysConfig, fit_keys
from broadsheet.plan.planners.llm import LLMPlanner, LLMPlannerConfig, calls_per_thousand
from broadsheet.plan.planners.local import ChoiceAsker
from broadsheet.plan.planners.naming import named
from broadsheet.plan.planners.reading import read_plan
from broadsheet.plan.planners.table import PlanTable
from broadsheet.plan.protocols import Source
from broadsheet.sample.llm import Faults, LLMServer

READ, TRACES, SOUND, FAULTY, TABLE, LOCALLY = (
    "reader, malformed output",
    "reader, recorded traces",
    "endpoint, sound: cache",
    "endpoint, a fault in two of three: cache",
    "endpoint, sound: plan table",
    "local model: cache",
)
RATES: Final = {"429": 0.1, "500": 0.1, "drop": 0.1, "truncated": 0.12, "refusal": 0.12, "invalid": 0.13}
"""Shares of faults, two thirds in all."""
TRACE_FILES: Final = ("reflections_books_gpt-3.5.txt", "reflections_steam_gpt-3.5.txt")
MEMORY_FILES: Final = ("actor_memory_steam_gpt-3.5.json", "critic_memory_steam_gpt-3.5.json")


class PlannersPlan(NamedTuple):
    """What is measured: a pair, whose VALIDATION users have `streams` sessions each; `traces` is a folder of recorded traces, `llm` names a local model that tells chances, `keys` how coarse codes are."""

    pair: Pair
    traces: Path | None = None
    llm: str = ""
    keys: KeysConfig = KeysConfig()
    codes: int = 512
    streams: int = 4
    seeds: int = 1
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None


def bench_planners(plan: PlannersPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Measure the planners by a language model row by row in `folder`."""
    arms: dict[str, Callable[[PlannersPlan, int], Mapping[str, float]]] = {READ: _malformed, SOUND: _sound, FAULTY: _faulty, TABLE: _table}
    arms |= ({TRACES: _traces} if plan.traces else {}) | ({LOCALLY: _local} if plan.llm else {})
    data = plan.pair.material.name
    identity = {"pair": plan.pair.truth.content_hash(), "codes": plan.codes, "streams": plan.streams, "llm": plan.llm, "keys": plan.keys.model_dump()}

    def task(arm: str, seed: int) -> Task:
        return Task(data, arm, seed, identity, lambda: Measured(arms[arm](plan, seed), None, {"llm": plan.llm if arm == LOCALLY else "double-1, a rule"}))

    tasks = [task(arm, seed) for arm in wanted_arms(plan.arms, arms) for seed in range(plan.seeds)]
    outcome = run_tasks("plan-planners", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    rows = [{"name": arm, **over_seeds(of)} for (_, arm), of in by_arm(outcome).items()]
    notes = (
        "The endpoint is the double on loopback: its answers are a rule's, its faults are real ones over HTTP, and its milliseconds no model's.",
        "`usable` is the share of texts that hold a plan, `repaired` of calls that asked again, `fallback` of plans that no answer was there for.",
        "A recorded trace is a reflection in prose: it holds no plan, and is to be read without a fault.",
        *(() if plan.traces else ("There is no folder of recorded traces, so none was read.",)),
    )
    return Bench.of("plan-planners", command, outcome, rows, data={data: plan.pair.truth.content_hash()[:16]}, seeds=plan.seeds, notes=notes)


def corpus(names: Sequence[str]) -> list[tuple[str, bool]]:
    """Return malformed output over names, and whether a plan is in it: halves of JSON, prose around it, other forms, what is out of range, refusals, nothing."""
    good = json.dumps({"categories": list(names[:3])})
    quoted = [f'"{name}"' for name in names[:3]]
    cut = [(good[:end], end > good.index("[") + 1 + len(json.dumps(names[0])) - 1) for end in range(0, len(good), 5)]
    around = [(before + good + after, True) for before in ("Sure! ", "```json\n", "<think>a, b</think>") for after in ("", "\n```", "\nHope this helps: 1, 2.")]
    forms = [f"[{', '.join(quoted)}]", f"[{', '.join(names[:3])}]", f"{{'plan': [{', '.join(quoted)}]}}", good * 2, f"[{quoted[0]}, {quoted[0]}, 7, -1]"]
    empty = ["", " ", "null", "[]", "{}", "[1, 2, 3]", "[999, -1]", '["no such category"]', "I cannot help with that.", f"Avoid {names[0]} by all means."]
    return [*cut, *around, *((text, True) for text in forms), *((text, False) for text in empty)]


def _malformed(plan: PlannersPlan, seed: int) -> Mapping[str, float]:
    del seed
    names = named(plan.pair.material.items.categories)
    held = corpus(names)
    readings = [read_plan(text, names, range(len(names)), 8) for text, _ in held]
    right = sum(bool(reading.rows) == whether for reading, (_, whether) in zip(readings, held, strict=True))
    return {"texts": len(held), "usable": sum(bool(one.rows) for one in readings) / len(held), "as known": right / len(held), **_reasons(readings)}


def _traces(plan: PlannersPlan, seed: int) -> Mapping[str, float]:
    del seed
    names = named(plan.pair.material.items.categories)
    folder = plan.traces or Path()
    texts = [line for name in TRACE_FILES for line in (folder / name).read_text(encoding="utf-8").splitlines() if line.strip()]
    kept = sum(bool(read_reflection(text)) for text in texts) / max(1, len(texts))
    texts += [str(said) for name in MEMORY_FILES for pair in json.loads((folder / name).read_text(encoding="utf-8")).items() for said in pair]
    readings = [read_plan(text, names, range(len(names)), 8) for text in texts]
    return {"texts": len(texts), "usable": sum(bool(one.rows) for one in readings) / len(texts), "reflections kept": kept, **_reasons(readings)}


def _reasons(readings: Sequence[NamedTuple]) -> dict[str, float]:
    counted = Counter(str(getattr(reading, "reason", "")) for reading in readings)
    return {f"why not: {reason}": float(times) for reason, times in sorted(counted.items()) if reason}


def _sound(plan: PlannersPlan, seed: int) -> Mapping[str, float]:
    return _against(plan, seed, Faults())


def _faulty(plan: PlannersPlan, seed: int) -> Mapping[str, float]:
    return _against(plan, seed, Faults(RATES, seed=seed))


def _against(plan: PlannersPlan, seed: int, faults: Faults) -> Mapping[str, float]:
    """Run sessions against the double, each distinct code asked when it is met first."""
    keys, config = fit_keys(plan.pair.material, plan.keys, seed), LLMPlannerConfig()
    with tempfile.TemporaryDirectory() as folder, LLMServer(faults=faults, honours=False) as server:
        store = Store(Path(folder) / "store.sqlite")
        client = Client(open_llm(f"openai:double-1@{server.url}", in_flight=8), store, limits=LIMITS.model_copy(update={"failures": 1000, "backoff": 0.01}))
        asker = ListAsker(client, keys, named(plan.pair.material.items.categories), most=config.most)
        figures = _sessions(plan, seed, LLMPlanner("llm", asker=asker, keys=keys, config=config), client)
        store.close()
    return figures


def _table(plan: PlannersPlan, seed: int) -> Mapping[str, float]:
    """Fill a table from the double, then run sessions on it: what they call is nothing, what the table called stands beside."""
    keys, config = fit_keys(plan.pair.material, plan.keys, seed), LLMPlannerConfig()
    with tempfile.TemporaryDirectory() as folder, LLMServer() as server:
        store = Store(Path(folder) / "store.sqlite")
        client = Client(open_llm(f"openai:double-1@{server.url}", in_flight=8), store, limits=LIMITS)
        asker = ListAsker(client, keys, named(plan.pair.material.items.categories), most=config.most)
        table = PlanTable.fill(met_codes(plan.pair, keys, seed=seed), asker, keys, most=plan.codes)
        filled = client.summary().calls
        store.close()
    figures = _sessions(plan, seed, LLMPlanner("llm table", table=table, config=config), None)
    return {**figures, "calls to fill": filled, "codes": len(table.codes), "covered": float(table.facts["covered"])}


def _local(plan: PlannersPlan, seed: int) -> Mapping[str, float]:
    keys = fit_keys(plan.pair.material, plan.keys, seed)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store.sqlite")
        client = Client(open_llm(plan.llm), store, limits=LOCAL)
        figures = _sessions(plan, seed, _local_planner(client, keys, plan), client)
        store.close()
    return figures


def _local_planner(client: Client, keys: Keys, plan: PlannersPlan) -> LLMPlanner:
    asker: Asker = ChoiceAsker(client, keys, named(plan.pair.material.items.categories))
    return LLMPlanner("llm, local", asker=asker, keys=keys)


def _sessions(plan: PlannersPlan, seed: int, planner: LLMPlanner, client: Client | None) -> dict[str, float]:
    """Run VALIDATION users' sessions and say how plans came about."""
    pair = plan.pair
    agent = PlannedGreedy(pair.material, planner, pair.slate, pair.horizon)
    log = run_sessions(agent, pair, pair.material.of(Split.VALIDATION), streams=plan.streams, seed=seed)
    counts, steps = planner.counts(), int(log.length.sum())
    plans = sum(counts[source.name.lower()] for source in Source) or 1
    calls = counts["calls"]
    took = [row["seconds"] for row in client.ledger.rows(run=client.ledger.run) if row["state"] == "paid"] if client is not None else []
    figures = {
        "steps": float(steps),
        "plans": float(plans),
        "fallback": counts["fallback"] / plans,
        "calls": calls,
        "calls per 1000 steps": calls_per_thousand(calls, steps),
        "repaired": counts.get("repairs", 0.0) / calls if calls else 0.0,
        "retried": counts.get("retries", 0.0) / calls if calls else 0.0,
        "read leniently": counts.get("read leniently", 0.0) / calls if calls else 0.0,
        "exact": counts.get("codes met", 0.0),
        "nearest": counts.get("codes nearest", 0.0),
    }
    return figures | ({"ms a call": 1000 * sum(took) / len(took)} if took else {})

"""The engine of graphs: how long it takes, what is refused before it, and how late it ends."""

import contextlib
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from broadsheet.ask.bench.hostile import hostile
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.graph.database import DATABASE, FORM, build_database, engine_module
from broadsheet.ask.graph.engine import Caps
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.layouts import layout_of
from broadsheet.ask.graph.tables import Graph, Joined
from broadsheet.ask.safety import refused
from broadsheet.core.bench import Bench, Measured, Task, over_seeds, run_tasks, wanted_arms
from broadsheet.core.bench.table import by_arm
from broadsheet.core.errors import QueryTimeoutError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator

NODES, RELATIONS = 10_000, 50_000
# How often each query is asked; the median is told.
TIMES = 7
LIMIT = 0.5
QUERIES = {
    "one_hop_ms": "MATCH (p:Person {number: 17})-[:ACTED_IN]->(f:Film) RETURN f.title",
    "three_hops_ms": "MATCH (p:Person {number: 17})-[:ACTED_IN]->(f:Film)<-[:ACTED_IN]-(q:Person)-[:DIRECTED]->(g:Film) RETURN count(DISTINCT g)",
    "self_join_ms": "MATCH (p:Person)-[:ACTED_IN]->(f:Film)<-[:ACTED_IN]-(q:Person) WHERE p.number < q.number "
    "RETURN p.number, q.number, count(*) AS n ORDER BY n DESC, p.number, q.number LIMIT 10",
}
ENDLESS = "MATCH (p:Person), (q:Person), (f:Film) WHERE p.number + q.number > f.year RETURN sum(p.number - q.number)"
RANGED = {*QUERIES, "load_s", "late_s", "after_s"}
ARMS = ("speed", "safety", "time limit")


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Measure the embedded engine on generated graphs, a row for each arm and seed in `folder`."""
    config = {"nodes": NODES, "relations": RELATIONS, "engine": str(engine_module().__version__), "form": FORM, "limit": LIMIT}
    measures = {"speed": _speed, "safety": _safety, "time limit": _late}
    tasks = [
        Task("generated", arm, seed, config, lambda arm=arm, seed=seed: Measured(measures[arm](seed)))
        for arm in wanted_arms(plan.arms, ARMS)
        for seed in range(1 if arm == "safety" else plan.seeds)
    ]
    outcome = run_tasks("ask-graph", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    rows = [{"name": arm, **over_seeds(same, ranged=RANGED)} for (_, arm), same in by_arm(outcome).items()]
    notes = (
        f"Speed: a graph of {NODES:,} nodes and {RELATIONS:,} relations is written as a database; seconds of the wall for that, milliseconds of the wall for each",
        f"query, from the tree to the rows, the median of {TIMES}; from the least to the greatest over the seeds.",
        "Safety: hostile statements refused before the engine, look-alikes that are answered, and guards that the kernel grants to the engine's process.",
        f"Time limit: seconds by which a query without end outlives its limit of {LIMIT} s, and processor seconds that its process takes in the second after that.",
    )
    return Bench.of("ask", command, outcome, rows, data={"suite": "graph", **config}, seeds=plan.seeds, notes=notes)


def generated(seed: int, nodes: int = NODES, relations: int = RELATIONS) -> Graph:
    """Return a graph of persons and films: four fifths of the nodes are persons, nine tenths of the relations parts in films."""
    rng = generator(seed, "ask", "graph")
    persons = nodes * 4 // 5
    films = nodes - persons
    acted = relations * 9 // 10

    def joined(kind: str, count: int) -> Joined:
        # Some films have many more parts than others.
        ends = (rng.random(count) ** 2 * films).astype(int)
        return Joined(kind, "Person", "Film", pl.DataFrame({Columns.GRAPH_START: rng.integers(persons, size=count), Columns.GRAPH_END: ends}))

    return Graph(
        {
            "Person": pl.DataFrame({"number": range(persons), "born": rng.integers(1920, 2010, size=persons)}),
            "Film": pl.DataFrame({Columns.TITLE: [f"Film {row}" for row in range(films)], "year": rng.integers(1950, 2026, size=films)}),
        },
        (joined("ACTED_IN", acted), joined("DIRECTED", relations - acted)),
    )


def _speed(seed: int) -> dict[str, float]:
    graph = generated(seed)
    with TemporaryDirectory() as scratch:
        began = time.perf_counter()
        build_database(graph, layout_of(graph), Path(scratch) / DATABASE)
        metrics = {"load_s": time.perf_counter() - began}
    with Ladybug(graph) as engine:
        for name, text in QUERIES.items():
            query = parse(text).query
            assert query is not None
            spent = []
            for _ in range(TIMES):
                began = time.perf_counter()
                engine.run(query)
                spent.append(1000 * (time.perf_counter() - began))
            metrics[name] = statistics.median(spent)
    return metrics


def _safety(seed: int) -> dict[str, float]:
    texts = hostile()
    parsed = [parse(text).query for text in texts.refused]
    with Ladybug(generated(seed, 100, 200)) as engine:
        answered = 0
        for text in texts.allowed:
            query = parse(text).query
            if query is not None and refused(query) is None:
                engine.run(query)
                answered += 1
        guards = engine.process.guards()
    stopped = sum(query is None or refused(query) is not None for query in parsed)
    held = sum(not missing for _, missing in guards)
    return {"refused": stopped, "refused_of": len(parsed), "answered": answered, "answered_of": len(texts.allowed), "guards": held, "guards_of": len(guards)}


def _late(seed: int) -> dict[str, float]:
    query = parse(ENDLESS).query
    assert query is not None
    with Ladybug(generated(seed)) as engine:
        engine.process.guards()
        began = time.perf_counter()
        with contextlib.suppress(QueryTimeoutError):
            engine.run(query, caps=Caps(seconds=LIMIT))
        late = time.perf_counter() - began - LIMIT
        before = engine.process.processor_seconds()
        time.sleep(1.0)
        return {"late_s": late, "after_s": engine.process.processor_seconds() - before}

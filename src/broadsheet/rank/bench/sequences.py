"""The bench of sequences: leave-one-out, the whole catalogue ranked, what a user had removed and kept, cheap baselines in the same table."""

import json
import resource
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch

from broadsheet.core.baselines import cooccurrence, ease, interactions, item_neighbours, popularity, recent
from broadsheet.core.bench import Bench, Measured, Outcome, Task, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import by_name, hash_files
from broadsheet.core.bench.rows import VALUES
from broadsheet.core.corpus import Corpus
from broadsheet.core.errors import RecordError
from broadsheet.core.metrics import bootstrap_mean, by_rank, mean_by_rank, own_ranks, paired_permutation
from broadsheet.core.modality import Content
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.core.train.checkpoint import run_hash
from broadsheet.rank.arms import ATTRIBUTED, SASREC, TAKEN, TEXT, WITH, WRITES, arms
from broadsheet.rank.batches import Log
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.fit import Asks, Fitted, fit_model, ranks
from broadsheet.rank.generate import ask_writer, candidates_of, fit_writer
from broadsheet.rank.mrc import IMAGE
from broadsheet.rank.states import UserStates
from broadsheet.rank.text import TextModel
from broadsheet.sources.interactions import Interactions, files_of, read_interactions
from broadsheet.sources.leave_one_out import leave_one_out

CHEAP = ("popularity", "last item", "co-occurrence", "ItemKNN", "EASE")
# Requests of validation by which weights of a stage, and of a mixture, are chosen; users whose requests are timed one by one.
WATCHED, TIMED = 3000, 200
# Weights of the logarithm of co-occurrence, and what is added to it before.
WEIGHTS, FLOOR = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0), 0.01
ROUNDS = 2000
KEPT = "rank_kept"
# Kinds of users and requests, by their columns.
COLUMNS = {"all": "ndcg@10", "history kept": "ndcg@10 kept", "short": "ndcg@10 short", "long": "ndcg@10 long", "rare": "ndcg@10 rare"}
LENGTH, SEEN = "length", "seen"
# Histories are short up to so many items, long from so many on; an item is rare that was had at most so often in training.
SHORT, LONG, RARE = 5, 20, 5

Contents = Callable[[Interactions], Mapping[str, Content]]


class RankPlan(NamedTuple):
    """What is measured: folders of sequences, arms (all that there are, if none is named), seeds, the model.

    `contents` gives vectors of what is said and shown of the items, `texts` says whether it reads texts; `rival` is a folder that
    `benchmarks/recbole_sasrec.py` wrote, `writes` the steps of a generating model; `seconds` bound the training of a seed.
    """

    folders: tuple[Path, ...]
    seeds: int = 3
    arms: tuple[str, ...] = ()
    seconds: float | None = None
    budget_minutes: float | None = None
    config: RankerConfig = RankerConfig()
    contents: Contents = lambda _: {}
    texts: bool = False
    rival: Path | None = None
    writes: int = 1000


class Case(NamedTuple):
    """A data set as it is benched: what is known of the items, what is trained on, chosen by and asked."""

    corpus: Corpus
    log: Log
    validation: Asks
    test: Asks
    near: Any

    @property
    def size(self) -> int:
        """How many items there are."""
        return len(self.corpus.items)


def case_of(read: Interactions, contents: Mapping[str, Content]) -> Case:
    """Split by users' last items."""
    split = leave_one_out(read.sequences)
    parts = _times(read)
    corpus = _named(read)._replace(contents=dict(contents))

    def asks(histories: Ragged, targets: np.ndarray, times: list[np.ndarray] | None) -> Asks:
        rows = list(histories)
        return Asks(rows, targets, times, rows)

    train_times = None if parts is None else np.concatenate([row[:-2] if len(row) >= 3 else row for row in parts])
    long = None if parts is None else [row for row in parts if len(row) >= 3]
    return Case(
        corpus,
        Log(split.train, train_times),
        asks(split.validation.histories, split.validation.targets, None if long is None else [row[:-2] for row in long]),
        asks(split.test.histories, split.test.targets, None if long is None else [row[:-1] for row in long]),
        cooccurrence(split.train, len(read.items)),
    )


def _times(read: Interactions) -> list[np.ndarray] | None:
    if read.times is None:
        return None
    return [read.times[begin:end] for begin, end in pairwise(read.sequences.begins.tolist())]


def bench_rank(plan: RankPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Fit and test every arm on every folder, row by row in `folder`."""
    tasks: list[Task] = []
    named = by_name(plan.folders)
    for name, source in named.items():
        tasks += _tasks(plan, name, source, folder, progress)
    outcome = run_tasks("rank", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    data = {name: hash_files(files_of(source)) for name, source in named.items()}
    notes = (
        "Leave-one-out, all items ranked, ties by the mean; what a user had is removed, and in the columns `kept` it is not.",
        f"Short: at most {SHORT} items before; long: at least {LONG}; rare: the item was had at most {RARE} times in training.",
        "Weights of co-occurrence are chosen on validation. Brackets: 95 % over users; p: paired, over users, against SASRec, against it with attributes",
        "(and co-occurrence, where the row has it too), against RecBole's, or against text_rank.",
        f"{SASREC} has the dropout, the steps an epoch and the epochs that it learns best with. CPU ms a target: of training, all stages, evaluations included.",
    )
    rows = _summary(outcome)
    return Bench.of("rank", command, outcome, rows, data=data, seeds=plan.seeds, notes=(*notes, *_wins(rows)))


def _wins(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield which row has the most nDCG of each kind of user, of those without co-occurrence and of those with it."""
    for data in dict.fromkeys(str(row["name"]).partition(": ")[0] for row in rows):
        for more, kind in (("", "alone"), (WITH, "with co-occurrence")):
            some = [row for row in rows if str(row["name"]).startswith(f"{data}: ") and str(row["name"]).endswith(WITH) == bool(more)]
            best = {key: max((row for row in some if column in row), key=lambda row: row[column], default=None) for key, column in COLUMNS.items()}
            told = [f"{key}: {str(row['name']).partition(': ')[2].removesuffix(WITH)}" for key, row in best.items() if row]
            if len(some) > 1 and told:
                yield f"{data}, most nDCG@10 {kind}: {'; '.join(told)}."


def _rows_of(learnt: Collection[str], texts: Sequence[str]) -> list[str]:
    """Name all rows."""
    known = [*CHEAP, *(arm + more for arm in learnt for more in ("", WITH)), WRITES]
    return known if any(texts) else [arm for arm in known if arm.removesuffix(WITH) not in {TEXT, WRITES}]


def _named(read: Interactions) -> Corpus:
    """Return the items with attributes, as `case_of` names them, and no contents."""
    return Corpus(read.items, {(IMAGE if place == 1 else name): read.attributes[name] for place, name in enumerate(read.attributes)}, {})


def _tasks(plan: RankPlan, name: str, source: Path, folder: Path, progress: Progress) -> list[Task]:
    read = cache(lambda: read_interactions(source))
    case = cache(lambda: case_of(read(), plan.contents(read())))
    identity = {"data": hash_files(files_of(source)), "config": plan.config.model_dump(mode="json"), "seconds": plan.seconds, "texts": plan.texts}
    # Names are checked before anything is embedded; which contents there are is known only then.
    known = _rows_of(arms(plan.config, _named(read())), read().texts)
    wanted_arms([arm for arm in plan.arms if not arm.startswith(TAKEN)], known)
    learnt = arms(plan.config, case().corpus)

    @lru_cache(maxsize=1)
    def trained(arm: str, seed: int) -> tuple[Fitted, float]:
        began = time.process_time()
        held = case()
        some = generator(0, "asks", "watched").permutation(len(held.validation.targets))[:WATCHED]
        facts = {**identity, "arm": arm}
        checkpoints = folder / "checkpoints" / f"rank-{name}-{seed}-{run_hash(facts)[:12]}"
        config, corpus = learnt[arm].config, learnt[arm].corpus(held.corpus)
        fitted = fit_model(
            config,
            corpus,
            held.log,
            held.validation.some(np.sort(some)),
            model=TextModel(config, corpus, read().texts, seed=seed) if arm == TEXT else None,
            seed=seed,
            seconds=plan.seconds,
            folder=checkpoints,
            identity=facts,
            progress=progress,
        )
        return fitted, time.process_time() - began

    known = _rows_of(learnt, read().texts)
    shown = wanted_arms(plan.arms, known) if plan.arms else tuple(arm for arm in known if WITH not in arm or arm.removesuffix(WITH) in MIXED)
    found = []
    for seed in range(plan.seeds):
        for arm in shown:
            if arm in CHEAP:
                if seed == 0:
                    found.append(Task(name, arm, 0, {"data": identity["data"]}, _cheap(arm, case)))
            elif arm == WRITES:
                found.append(
                    Task(
                        name,
                        arm,
                        seed,
                        {**identity, "steps": plan.writes},
                        _writes(plan, {**identity, "steps": plan.writes}, case, read, seed, folder, progress),
                    )
                )
            else:
                found.append(Task(name, arm, seed, identity, _learnt(arm, seed, case, trained)))
    if plan.rival is not None:
        found.append(Task(name, RIVAL, 0, {"data": identity["data"], "ranks": hash_files([plan.rival / "ranks.csv"])}, _rival(plan.rival, case, read)))
    return found


def _rival(folder: Path, case: Callable[[], Case], read: Callable[[], Interactions]) -> Callable[[], Measured]:
    """Return what reads the ranks that another library's model gave to the same users (benchmarks/recbole_sasrec.py)."""

    def measure() -> Measured:
        held, known = case(), read()
        facts = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        told = {row["user"]: row for row in pl.read_csv(folder / "ranks.csv", infer_schema=False).to_dicts()}
        users = [user for user, row in zip(known.users, known.sequences, strict=True) if len(row) >= 3]
        rows = [told.get(user) for user in users]
        wrong = sum(row is None or row[Columns.ITEM] != known.items[target] for row, target in zip(rows, held.test.targets.tolist(), strict=True))
        if wrong:
            raise RecordError(f"{folder} ranks another item for {wrong} of {len(users)} users.", "Make it anew from the same data.")
        found, also = (np.array([float(row[name]) for row in rows if row]) for name in ("rank_removed", KEPT))
        spent = {"train_cpu_s": facts["train_cpu_s"], "cpu_s_an_epoch": facts["cpu_s_an_epoch"], "targets": facts["targets"]}
        told_of = {**spent, "users_a_cpu_s": facts["users_a_cpu_s"], "epochs": facts["epochs"]}
        return _with_ranks(held, held.test, found, also, told_of, facts["model"])

    return measure


def _writes(
    plan: RankPlan, identity: Mapping[str, Any], case: Callable[[], Case], read: Callable[[], Interactions], seed: int, folder: Path, progress: Progress
) -> Callable[[], Measured]:
    """Return what trains a writer and lets it answer for some users."""

    def measure() -> Measured:
        held, titles = case(), [text.split(". ")[0] for text in read().texts]
        checkpoints = folder / "checkpoints" / f"rank-writes-{seed}-{run_hash(identity)[:12]}"
        writer, done = fit_writer(
            plan.config, titles, held.log.histories, steps=plan.writes, seed=seed, folder=checkpoints, identity=identity, progress=progress
        )
        users = np.arange(min(WRITERS, len(held.test.targets)))
        began = time.process_time()
        written = ask_writer(writer, held.test.rows[: len(users)], held.test.targets[users], users)
        spent = time.process_time() - began
        facts = {
            "valid": float(written.valid.mean()),
            ONE: float(written.right.mean()),
            "train_cpu_s": float(done.table["cpu_s"].sum()),
            "users_a_cpu_s": len(users) / max(1e-9, spent),
            "tokens_an_item": float(writer.prompts.titles.lengths.mean()),
            "users": float(len(users)),
        }
        return Measured(facts, None, {"model": f"{writer.reader.name}, {plan.writes} steps, not converged"})

    return measure


MIXED = ("SASRec", "SASRec + attributes", "Speeder")
RIVAL = "RecBole SASRec"
# Users for whom a title is written, and for whom the last item is told from nineteen others; and the column of that.
WRITERS, ONE = 1000, "hit@1 of 20"


def _cheap(arm: str, case: Callable[[], Case]) -> Callable[[], Measured]:
    def measure() -> Measured:
        held = case()
        began = time.process_time()
        score = _scorer(arm, held)
        spent = time.process_time() - began
        return _measured(held, held.test, _blocks(score, held.test), {"train_cpu_s": spent}, arm)

    return measure


def _scorer(arm: str, held: Case) -> Callable[[Ragged], np.ndarray]:
    """Return what scores all items after histories `[B, N]`."""
    train, count = held.log.histories, held.size
    if arm == "popularity":
        known = popularity(train, count)
        return lambda rows: np.tile(known, (len(rows.lengths), 1))
    if arm == "last item":
        return lambda rows: (recent(rows, count, last=1) @ held.near).toarray()
    if arm == "co-occurrence":
        return lambda rows: (recent(rows, count) @ held.near).toarray()
    if arm == "ItemKNN":
        near = item_neighbours(train, count)
        return lambda rows: (interactions(rows, count) @ near).toarray()
    weights = ease(train, count)
    return lambda rows: interactions(rows, count).astype(np.float32) @ weights


def _blocks(score: Callable[[Ragged], np.ndarray], asks: Asks, size: int = 512) -> Any:
    for start in range(0, len(asks.rows), size):
        yield score(Ragged.of(asks.rows[start : start + size]))


def _learnt(arm: str, seed: int, case: Callable[[], Case], trained: Callable[[str, int], tuple[Fitted, float]]) -> Callable[[], Measured]:
    def measure() -> Measured:
        held = case()
        fitted, spent = trained(arm.removesuffix(WITH), seed)
        model, longest = fitted.model, fitted.model.config.longest
        facts = {
            "train_cpu_s": float(fitted.table["cpu_s"].sum()),
            "cpu_s_an_epoch": fitted.seconds_an_epoch,
            "targets": float(fitted.targets),
            "tokens_an_item": model.tokens_an_item,
            **{f"proxy {name}": value for name, value in fitted.proxies.items()},
        }
        if spent > facts["train_cpu_s"] / 2:
            # Of a training that a run before this one did nobody knows the peak.
            facts["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        test = held.test.within(longest)
        mixture = 0.0
        if arm.endswith(WITH):
            some = held.validation.some(np.sort(generator(0, "asks", "mixed").permutation(len(held.validation.targets))[:WATCHED]))
            mixture = _best_weight(held, some, some.within(longest), model.scores)
            facts["weight of co-occurrence"] = mixture
        else:
            facts |= _speeds(model, test)
        blocks = _mixed(model.scores(test.rows, test.times), held, held.test, mixture)
        return _measured(held, held.test, blocks, facts, _named_model(fitted))

    return measure


def _named_model(fitted: Fitted) -> str:
    """Name the backbone, and say where its training was cut short by the clock."""
    name, wanted = fitted.model.reader.name, fitted.model.config.epochs
    return name if fitted.share == 1.0 else f"{name}, {wanted * fitted.share:.2g} of {wanted:g} epochs, not converged"


def _mixed(blocks: Any, held: Case, asks: Asks, weight: float) -> Any:
    """Add the weighted logarithm of co-occurrence to scores; histories are whole there."""
    start = 0
    for scores in blocks:
        rows = Ragged.of(asks.rows[start : start + len(scores)])
        start += len(scores)
        yield scores + weight * np.log(FLOOR + (recent(rows, held.size) @ held.near).toarray()) if weight else scores


def _best_weight(held: Case, asks: Asks, cut: Asks, scores: Callable[..., Any]) -> float:
    """Return the weight with the highest nDCG on validation."""
    found = {weight: float(by_rank(ranks(_mixed(scores(cut.rows, cut.times), held, asks, weight), asks), [10])["ndcg@10"].mean()) for weight in WEIGHTS}
    return max(found, key=lambda weight: found[weight])


def _speeds(model: Any, test: Asks) -> dict[str, float]:
    """Return users a CPU second, all at once, and milliseconds of one that asks for its best hundred, at the median and the 95th of a hundred."""
    began = time.process_time()
    for scores in model.scores(test.rows, test.times):
        torch.from_numpy(scores).topk(min(10, scores.shape[1]))
    users = len(test.rows) / max(1e-9, time.process_time() - began)
    with torch.inference_mode():
        vectors, outputs = model.table()
    states = UserStates(model, vectors, timed=test.times is not None)
    spent = []
    for number, row in enumerate(test.rows[:TIMED]):
        times = None if test.times is None else test.times[number]
        if isinstance(model, TextModel):
            # Words are read anew: no state of them is kept.
            begin = time.perf_counter()
            (model.read([row], None if times is None else [times], vectors) @ outputs.T).topk(min(100, len(outputs)))
            spent.append(1000 * (time.perf_counter() - begin))
            continue
        for place, item in enumerate(row[:-1].tolist()):
            states.append(str(number), item, None if times is None else float(times[place]))
        states.read([str(number)])
        begin = time.perf_counter()
        states.append(str(number), int(row[-1]), None if times is None else float(times[-1]))
        (states.read([str(number)]) @ outputs.T).topk(min(100, len(outputs)))
        spent.append(1000 * (time.perf_counter() - begin))
    low, high = np.quantile(spent, [0.5, 0.95])
    return {"users_a_cpu_s": users, "p50_ms": float(low), "p95_ms": float(high)}


def _measured(held: Case, asks: Asks, blocks: Any, facts: Mapping[str, float], model: str) -> Measured:
    """Rank each user's last item twice, what the user had removed and kept; and for some among twenty items."""
    removed, kept, among, start = [], [], [], 0
    for scores in blocks:
        part = slice(start, start + len(scores))
        for row, (seen, target) in enumerate(zip(asks.rows[part], asks.targets[part].tolist(), strict=True)):
            if start + row < WRITERS:
                among.append(
                    own_ranks(
                        scores[row][None, [target, *(item for item in candidates_of(target, seen, held.size, start + row) if item != target)]],
                        np.zeros(1, dtype=np.int64),
                    )[0]
                )
        kept.append(ranks([scores], Asks(asks.rows[part], asks.targets[part])))
        removed.append(ranks([scores], Asks(asks.rows[part], asks.targets[part], hidden=asks.rows[part])))
        start += len(scores)
    one = {ONE: float((np.array(among) < 0.5).mean())}
    return _with_ranks(held, asks, np.concatenate(removed), np.concatenate(kept), {**facts, **one}, model)


def _with_ranks(held: Case, asks: Asks, found: np.ndarray, also: np.ndarray, facts: Mapping[str, float], model: str) -> Measured:
    counts = np.bincount(held.log.histories.values, minlength=held.size)
    values = pl.DataFrame(
        {Columns.USER: np.arange(len(found)), Columns.RANK: found, KEPT: also, LENGTH: [len(row) for row in asks.rows], SEEN: counts[asks.targets]}
    )
    means = {name: float(column.mean()) for name, column in by_rank(found).items()}
    means |= {f"{name} kept": float(column.mean()) for name, column in by_rank(also, [10]).items()}
    return Measured({**means, **facts, "users": float(len(found))}, values, {"model": model})


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    table: list[dict[str, Any]] = []
    for data in dict.fromkeys(row.data for row in outcome.rows):
        found: dict[str, list[pl.DataFrame]] = {}
        facts: dict[str, list[Mapping[str, float]]] = {}
        models: dict[str, str] = {}
        for row in outcome.rows:
            if row.data == data:
                if VALUES + ".parquet" in row.artifact.manifest.files:
                    found.setdefault(row.arm, []).append(row.values().sort(Columns.USER))
                facts.setdefault(row.arm, []).append(row.metrics)
                models[row.arm] = row.artifact.manifest.models.get("model", row.arm)
        for arm, told in facts.items():
            plain = {
                "name": f"{data}: {arm}",
                "model": models[arm],
                "runs": len(told),
                **{name: float(np.mean([one[name] for one in told])) for name in told[0]},
            }
            table.append(_line(data, arm, found, told, models[arm]) if arm in found else plain)
    return tuple(table)


def _line(data: str, arm: str, found: Mapping[str, list[pl.DataFrame]], facts: Sequence[Mapping[str, float]], model: str) -> dict[str, Any]:
    """Mean over seeds with an interval over users, by buckets too, and the gain over SASRec, over another library's and over full text, paired by user."""
    runs = found[arm]
    line: dict[str, Any] = {"name": f"{data}: {arm}", "model": model, "runs": len(runs)}
    per_user = mean_by_rank([run[Columns.RANK].to_numpy() for run in runs])
    for name, values in per_user.items():
        interval = bootstrap_mean(values, generator(0, "rank", data, arm, name), rounds=ROUNDS)
        line |= {name: interval.mean, f"{name}_lo": interval.low, f"{name}_hi": interval.high}
    line |= {f"{name} kept": float(values.mean()) for name, values in mean_by_rank([run[KEPT].to_numpy() for run in runs]).items() if name.endswith("@10")}
    length, seen = runs[0][LENGTH].to_numpy(), runs[0][SEEN].to_numpy()
    for name, mask in {"short": length <= SHORT, "long": length >= LONG, "rare": seen <= RARE}.items():
        if mask.any():
            line[f"ndcg@10 {name}"] = float(per_user["ndcg@10"][mask].mean())
    # Attributes against attributes, and co-occurrence against co-occurrence.
    like = ATTRIBUTED + (WITH if arm.endswith(WITH) else "")
    for rival, key, chance in (
        (SASREC, "ndcg@10_gain", "p"),
        (like, "ndcg@10_like", "p like"),
        (RIVAL, "ndcg@10_rival", "p rival"),
        (TEXT, "ndcg@10_words", "p words"),
    ):
        if arm != rival and rival in found:
            theirs = mean_by_rank([run[Columns.RANK].to_numpy() for run in found[rival]])["ndcg@10"]
            interval = bootstrap_mean(per_user["ndcg@10"] - theirs, generator(0, "rank", data, arm, "gain"), rounds=ROUNDS)
            test = paired_permutation(per_user["ndcg@10"], theirs, generator(0, "rank", data, arm, "p"))
            line |= {key: interval.mean, f"{key}_lo": interval.low, f"{key}_hi": interval.high, chance: test.p}
    told = [name for name in facts[0] if name not in line and not name.startswith(("recall", "ndcg"))]
    line |= {name: float(np.mean([fact[name] for fact in facts if name in fact])) for name in told}
    return line | ({"cpu_ms_a_target": 1000 * line["cpu_s_an_epoch"] / line["targets"]} if line.get("targets") else {})

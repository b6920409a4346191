"""One token an item beside the same model that reads every word: how long a user takes in training and when asked."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks
from broadsheet.core.bench.provenance import by_name, hash_files
from broadsheet.core.corpus import Corpus
from broadsheet.core.device import choose_dtype
from broadsheet.core.errors import RecordError, SourceNotFoundError
from broadsheet.core.metrics import bootstrap_ratio
from broadsheet.core.modality import Content
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.seeds import generator
from broadsheet.core.train import autocast
from broadsheet.rank.batches import Log, Sampler
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.model import SequenceModel
from broadsheet.rank.objective import objective
from broadsheet.rank.text import TextModel
from broadsheet.sources.interactions import files_of, item_texts, read_interactions

# Users a step that are tried, each until more of them are no faster; how much faster that must be.
USERS, FASTER = (1, 2, 4, 8, 16, 32, 64), 1.05
# Users whose histories are drawn where a folder has none; and so many that are timed at most.
DRAWN, MOST = 256, 256
TIMES = "seconds"
ACTS = ("training", "asking")


class SpeedPlan(NamedTuple):
    """What is timed: folders of items with texts, words an item, backbones, items a history, repeats of each time.

    `contents` gives vectors of texts. A folder without sequences has histories drawn at random, and its rows say so.
    """

    folders: tuple[Path, ...]
    contents: Callable[[Sequence[str], Sequence[str]], Mapping[str, Content]]
    backbones: tuple[str, ...] = ("native",)
    words: tuple[int, ...] = (5, 12, 23)
    history: int = 50
    repeats: int = 5
    seeds: int = 1
    budget_minutes: float | None = None
    config: RankerConfig = RankerConfig()


class _Case(NamedTuple):
    """Items with texts and vectors, full histories of users, and whether these were drawn."""

    corpus: Corpus
    texts: tuple[str, ...]
    histories: Ragged
    drawn: bool


def bench_speed(plan: SpeedPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Time both models on every folder, backbone and number of words, row by row in `folder`."""
    tasks: list[Task] = []
    named = by_name(plan.folders)
    for name, source in named.items():
        case = cache(lambda source=source: _case(source, plan))
        for backbone in plan.backbones:
            for words in plan.words:
                for seed in range(plan.seeds):
                    identity = {
                        "data": hash_files(files_of(source)),
                        "history": plan.history,
                        "repeats": plan.repeats,
                        "config": plan.config.model_dump(mode="json"),
                    }
                    arm = f"{backbone}, at most {words} words an item"
                    tasks.append(Task(name, arm, seed, identity, _measuring(plan, case, backbone, words, seed)))
    outcome = run_tasks("rank-speed", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        f"Histories of {plan.history} items; milliseconds of one thread a user, the median of {plan.repeats}, at the number of users a step that is fastest for each.",
        "Both models have the same backbone, users, losses and head over all items, and no head over words; words are cut before the clock runs.",
        "Warm: items' tokens are made already. Cold: their making is added, spread over the users of the row.",
        f"Number format: {choose_dtype().name}. Brackets: 95 % of the ratio, over repeats.",
    )
    data = {name: hash_files(files_of(source)) for name, source in named.items()}
    return Bench.of("rank-speed", command, outcome, _summary(outcome), data=data, seeds=plan.seeds, notes=notes)


def _case(source: Path, plan: SpeedPlan) -> _Case:
    texts = item_texts(source)
    rng = generator(0, "speed")
    try:
        read = read_interactions(source)
        ids = read.items
        long = [row[-plan.history :] for row in read.sequences if len(row) >= plan.history]
    except (RecordError, SourceNotFoundError):
        ids, long = tuple(texts), []
    said = tuple(texts.get(item, "") for item in ids)
    drawn = len(long) < USERS[-1]
    rows = [rng.integers(len(ids), size=plan.history) for _ in range(DRAWN)] if drawn else [long[row] for row in rng.permutation(len(long))[:MOST]]
    return _Case(Corpus(tuple(ids), {}, plan.contents(ids, said)), said, Ragged.of(rows), drawn)


def _measuring(plan: SpeedPlan, case: Callable[[], _Case], backbone: str, words: int, seed: int) -> Callable[[], Measured]:
    def measure() -> Measured:
        held = case()
        config = plan.config.model_copy(update={"backbone": backbone, "longest": plan.history, "order": "joint"})
        models = {"token": SequenceModel(config, len(held.corpus.items), held.corpus.attributes, held.corpus.contents, seed=seed)}
        models["words"] = TextModel(config, held.corpus, held.texts, most=words, seed=seed)
        facts: dict[str, float] = {"words_an_item": models["words"].tokens_an_item, "drawn": float(held.drawn), "items": float(len(held.corpus.items))}
        rows = []
        for name, model in models.items():
            for act, clock in (("training", _training(model, held)), ("asking", _asking(model, held))):
                users, spent = _fastest(clock, plan.repeats)
                facts |= {f"{act} {name} users": float(users), f"{act} {name} ms": 1000 * float(np.median(spent))}
                rows += [{"act": act, "model": name, TIMES: value} for value in spent]
        facts["making items ms"] = _making(models["token"], plan.repeats) / len(held.histories.lengths) * 1000
        return Measured(facts, pl.DataFrame(rows), {"backbone": models["token"].reader.name})

    return measure


def _training(model: SequenceModel, held: _Case) -> Callable[[int], float]:
    """Return what takes a step with so many users, forwards and back, and returns its seconds a user."""
    sampler = Sampler(Log(held.histories), model.config.longest, 0)
    descend = objective(model.config, np.bincount(held.histories.values, minlength=len(held.corpus.items)))

    def step(users: int) -> float:
        model.train()
        batch = sampler.batch(np.arange(users))
        began = time.process_time()
        descend(model, batch)
        spent = time.process_time() - began
        model.zero_grad(set_to_none=True)
        return spent / users

    return step


def _asking(model: SequenceModel, held: _Case) -> Callable[[int], float]:
    """Return what reads so many histories and scores all items, whose tokens are made, and returns its seconds a user."""
    with torch.inference_mode():
        vectors, outputs = model.eval().table()

    def ask(users: int) -> float:
        model.eval()
        rows = [held.histories.row(number) for number in range(users)]
        began = time.process_time()
        with torch.inference_mode(), autocast():
            (model.read(rows, None, vectors) @ outputs.T).topk(min(10, len(outputs)))
        return (time.process_time() - began) / users

    return ask


def _making(model: SequenceModel, repeats: int) -> float:
    """Return the seconds in which the tokens of all items are made."""
    spent = []
    with torch.inference_mode():
        for _ in range(repeats):
            began = time.process_time()
            model.eval().table()
            spent.append(time.process_time() - began)
    return float(np.median(spent))


def _fastest(clock: Callable[[int], float], repeats: int) -> tuple[int, list[float]]:
    """Return the number of users a step that is fastest, and its times; more users are tried as long as they are faster. The first time warms up."""
    clock(USERS[0])
    best, found = USERS[0], [clock(USERS[0]) for _ in range(repeats)]
    for users in USERS[1:]:
        spent = [clock(users) for _ in range(repeats)]
        if np.median(spent) * FASTER > np.median(found):
            break
        best, found = users, spent
    return best, found


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    table = []
    for (data, arm), rows in by_arm(outcome).items():
        facts = rows[0].metrics
        drawn = " (histories drawn)" if facts["drawn"] else ""
        line: dict[str, Any] = {"name": f"{data}{drawn}: {arm}", "backbone": rows[0].artifact.manifest.models["backbone"], "runs": len(rows)}
        line["words_an_item"] = facts["words_an_item"]
        for act in ACTS:
            times = {name: np.concatenate([_times(row.values(), act, name) for row in rows]) for name in ("token", "words")}
            ratio = bootstrap_ratio(times["words"], times["token"], generator(0, "speed", data, arm, act), rounds=2000)
            line |= {f"{act}_times": ratio.mean, f"{act}_times_lo": ratio.low, f"{act}_times_hi": ratio.high}
            for name in ("token", "words"):
                line |= {f"{act} {name} ms": facts[f"{act} {name} ms"], f"{act} {name} users": facts[f"{act} {name} users"]}
        cold = facts["making items ms"]
        line["asking_times, cold"] = (facts["asking words ms"] + cold) / (facts["asking token ms"] + cold)
        table.append(line)
    return tuple(table)


def _times(values: pl.DataFrame, act: str, name: str) -> np.ndarray:
    return values.filter((pl.col("act") == act) & (pl.col("model") == name))[TIMES].to_numpy()

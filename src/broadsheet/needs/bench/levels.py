"""The bench of labellers on planted sentences: which level a sentence of the fictional world speaks of, by words, by likeness, by a language model, and by both."""

import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.catalogue import text_hash
from broadsheet.core.llm import LLM, Client
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.core.store import Store
from broadsheet.needs.extract.sentences import sentences
from broadsheet.needs.label.asked import UnsureAsked
from broadsheet.needs.label.labels import NeedLabeller
from broadsheet.needs.label.prototypes import NONE
from broadsheet.sample.world.build import world
from broadsheet.sample.world.vocabulary import table

MAJORITY, CUES, LIKENESS, MODEL, BOTH = "the most frequent level", "cue words", "MiniLM, nearest sentence", "{llm} alone", "MiniLM, {llm} where it is unsure"
ROUNDS = 2000
SLOTS = re.compile(r"\\\{\w+\\\}")
# A labeller by its name and, where a language model is asked, its client.
Open = Callable[[str, Client | None], NeedLabeller]


class LevelsPlan(NamedTuple):
    """What is measured: so many sentences of each of so many worlds, and the language model by name."""

    levels: tuple[str, ...]
    open_labeller: Open
    open_llm: Callable[[], LLM]
    llm: str = "smollm2"
    sentences: int = 60
    seeds: int = 3
    below: float = 0.8
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None


class Sentences(NamedTuple):
    """Sentences `[N]` with the level that each was written to speak of, or none, and the pattern that it was written by; `most` is the likeliest label of others."""

    texts: tuple[str, ...]
    truth: tuple[str, ...]
    patterns: tuple[str, ...]
    most: str


def draw_sentences(seed: int, count: int, levels: Sequence[str]) -> Sentences:
    """Draw sentences of a world's posts, no two by one pattern; the most frequent label is that of the world's other sentences."""
    made = world(readers=10, items=800, days=24, seed=seed, posters=60)
    marks: dict[str, list[tuple[int, int, int]]] = {}
    for post, level, start, end in made.mentions.select(Columns.POST, Columns.LEVEL, Columns.START, Columns.END).iter_rows():
        marks.setdefault(post, []).append((start, end, level))
    found: dict[str, str] = {}
    for post, text in made.posts.select(Columns.POST, Columns.TEXT).iter_rows():
        for span in sentences(text):
            spoken = [level for start, end, level in marks.get(post, ()) if start < span.end and end > span.start]
            found.setdefault(span.text, levels[spoken[0] - 1] if spoken else NONE)
    by_pattern: dict[str, list[str]] = {}
    for text in sorted(found):
        by_pattern.setdefault(_pattern(text), []).append(text)
    draw = generator(seed, "needs", "levels")
    patterns = [sorted(by_pattern)[place] for place in draw.permutation(len(by_pattern))[:count].tolist()]
    drawn = [by_pattern[pattern][int(draw.integers(len(by_pattern[pattern])))] for pattern in patterns]
    most = Counter(label for text, label in found.items() if text not in set(drawn)).most_common(1)[0][0]
    return Sentences(tuple(drawn), tuple(found[text] for text in drawn), tuple(patterns), most)


def bench_levels(plan: LevelsPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Label sentences by each arm, row by row in `folder`."""
    drawn = cache(lambda seed: draw_sentences(seed, plan.sentences, plan.levels))
    llm = cache(plan.open_llm)
    arms = {
        MAJORITY: "",
        CUES: "cues",
        LIKENESS: "minilm",
        MODEL.format(llm=plan.llm): "llm",
        BOTH.format(llm=plan.llm): "both",
    }
    digest = text_hash("\n".join(f"{truth} {text}" for seed in range(plan.seeds) for text, truth in zip(*drawn(seed)[:2], strict=True)))[:16]
    identity = {"data": digest, "llm": plan.llm, "below": plan.below}
    tasks = [
        Task("sentences", arm, seed, identity, _measuring(plan, arms[arm], cache(lambda seed=seed: drawn(seed)), llm))
        for arm in wanted_arms(plan.arms, arms)
        for seed in range(plan.seeds)
    ]
    outcome = run_tasks("needs-levels", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        f"{plan.sentences} sentences of each of {plan.seeds} fictional worlds, no two of one by the same pattern and none the taxonomy's, each with the level that it was written to speak of, or none.",
        "Nothing is learnt or chosen by them; the most frequent level is that of the worlds' other sentences. Both come from the same house, so strangers' will be harder.",
        f"Asked: the share of sentences that {plan.llm} is asked about, where MiniLM is less sure than {plan.below:g}. Says most: the share of its commonest answer.",
        "Brackets: 95 % over the patterns that sentences are written by.",
    )
    return Bench.of("needs", command, outcome, _summary(outcome, (*plan.levels, NONE)), data={"sentences": digest}, seeds=plan.seeds, notes=notes)


def _measuring(plan: LevelsPlan, kind: str, drawn: Callable[[], Sentences], llm: Callable[[], LLM]) -> Callable[[], Measured]:
    def measure() -> Measured:
        asked = drawn()
        with tempfile.TemporaryDirectory() as name:
            store = Store(Path(name) / "store.sqlite")
            client = Client(llm(), store) if kind in {"llm", "both"} else None
            labeller = plan.open_labeller("minilm" if kind == "both" else kind, client) if kind else None
            cpu = time.process_time()
            said = labeller(asked.texts).best if labeller else [asked.most] * len(asked.texts)
            spent = time.process_time() - cpu
            store.close()
        share = labeller.sent / len(said) if isinstance(labeller, UnsureAsked) else float(kind == "llm")
        values = pl.DataFrame({Columns.TRUTH: asked.truth, Columns.ANSWER: said, Columns.FAMILY: asked.patterns})
        facts = {"asked": share, "cpu_ms": 1000 * spent / len(said), "says_most": Counter(said).most_common(1)[0][1] / len(said)}
        return Measured(facts, values, {"model": labeller.name if labeller else asked.most})

    return measure


def _summary(outcome: Outcome, names: Sequence[str]) -> tuple[dict[str, Any], ...]:
    rows = []
    for (_, arm), of in by_arm(outcome).items():
        values = pl.concat([row.values() for row in of])
        line: dict[str, Any] = {"name": arm, "runs": len(of), "model": of[0].artifact.manifest.models["model"], **scored(values, names)}
        rows.append({**line, **{name: float(np.mean([row.metrics[name] for row in of])) for name in ("asked", "cpu_ms", "says_most")}})
    return tuple(rows)


def scored(values: pl.DataFrame, names: Sequence[str]) -> Mapping[str, float]:
    """Return accuracy and macro F1, over the labels that occur, of answers, with 95 % intervals over the patterns of sentences.

    `values` has truth, answer and family, a line a sentence; an answer that is none of `names` is wrong.
    """
    place = {name: number for number, name in enumerate(names)}
    families = {family: number for number, family in enumerate(sorted(set(values[Columns.FAMILY])))}
    counts = np.zeros((len(families), len(names), len(names) + 1))
    for truth, answer, family in values.select(Columns.TRUTH, Columns.ANSWER, Columns.FAMILY).iter_rows():
        counts[families[family], place[truth], place.get(answer, len(names))] += 1
    draws = generator(0, "needs", "levels", "rounds").multinomial(len(families), np.full(len(families), 1 / len(families)), size=ROUNDS)
    found: dict[str, float] = {}
    for metric, of in (("accuracy", accuracy), ("macro_f1", macro_f1)):
        whole = float(of(counts.sum(axis=0)[None])[0])
        low, high = np.quantile(of(np.tensordot(draws, counts, axes=1)), [0.025, 0.975])
        found |= {metric: whole, f"{metric}_lo": float(low), f"{metric}_hi": float(high)}
    return found


def accuracy(counts: np.ndarray) -> np.ndarray:
    """Return the share of right answers of confusions `[R, C, C + 1]`, truth by answer."""
    return np.trace(counts, axis1=1, axis2=2) / counts.sum(axis=(1, 2))


def macro_f1(counts: np.ndarray) -> np.ndarray:
    """Return the mean F1 of the labels that occur in the truth, of confusions `[R, C, C + 1]`.

    >>> macro_f1(np.array([[[2.0, 0.0, 0.0], [1.0, 0.0, 1.0]]])).round(2).tolist()
    [0.4]
    """
    right = np.diagonal(counts, axis1=1, axis2=2)
    there, said = counts.sum(axis=2), counts.sum(axis=1)[:, : counts.shape[1]]
    return np.sum(2 * right / np.maximum(there + said, 1), axis=1) / np.maximum((there > 0).sum(axis=1), 1)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return every sentence of the world's vocabulary as a pattern, its slots open."""
    words = table("needs")
    written = [line for level in words["level"] for line in level["sentence"]]
    written += [line for kind in ("opener", "closer", "distractor", "curly", "emoji") for line in words[kind]]
    plain = [line.replace("[", "").replace("]", "") for line in written]
    return tuple((line, re.compile(SLOTS.sub(".+?", re.escape(line)))) for line in plain)


def _pattern(text: str) -> str:
    """Return what a sentence was written by; where it is a part of that, by itself."""
    return next((line for line, pattern in _patterns() if pattern.fullmatch(text) or pattern.match(text)), text)

"""The bench of intents and spans on utterances that have several of each."""

import time
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.errors import ConfigError
from broadsheet.core.progress import Progress, silent
from broadsheet.needs.bench.counts import Counts, frame_of, label_counts, scores, span_counts
from broadsheet.needs.bench.remembered import Remembered
from broadsheet.needs.bench.utterances import Utterance, fold_files, read_folds
from broadsheet.needs.label.gazetteer import Gazetteer, amounts
from broadsheet.needs.label.prototypes import Embed
from broadsheet.needs.label.several import Chosen, Several, both, truth_of, weight_of
from broadsheet.needs.label.tagger import Tagger, TaggerConfig
from broadsheet.needs.label.tokens import Tagged, tokens_of

GROUPS = 5
OWN, WORDS, DENSE, BOTH = (
    "intents: words of the label's own name, no labels",
    "intents: TF-IDF, one against the rest",
    "intents: MiniLM, one against the rest",
    "intents: both together",
)
SEEN, RULES = "spans: values seen in training, the longest first", "spans: the same, amounts of money by a rule"
TAGGERS = {
    "spans: tagger over words": "none",
    "spans: tagger over words and MiniLM, frozen": "frozen",
    "spans: tagger over words and MiniLM, its last layers tuned": "tuned",
}
# What a seed does not change.
ONCE = {OWN, SEEN, RULES}
# The kind of span that the rule of amounts finds.
AMOUNT = "amount_of_money"
MS = "cpu_ms_a_text"


class SlotsPlan(NamedTuple):
    """What is measured: a folder of folds, another to learn from (else the same in five groups of folds), and how many times over."""

    path: Path
    fit: Path | None = None
    seeds: int = 3
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None


class Told(NamedTuple):
    """What was said of each text, intents or spans, processor milliseconds a text, and what read them."""

    said: Sequence[Sequence[Any]]
    ms: float
    model: str


def bench_slots(plan: SlotsPlan, embed: Embed, model: str, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Tell intents and spans by each arm, row by row in `folder`; with `fit` nothing of what is told is learnt from. Raises ConfigError where both are one folder."""
    files, fit_files = fold_files(plan.path), fold_files(plan.fit) if plan.fit else []
    if plan.fit and plan.fit.resolve() == plan.path.resolve():
        raise ConfigError(f"{plan.path} is both learnt from and told.", "Give --fit another folder, or leave it out for five groups of folds.")
    asked, taught = read_folds(files), [one for fold in read_folds(fit_files) for one in fold]
    texts = [one for fold in asked for one in fold]
    reader = Remembered(embed, model)
    identity = {"data": hash_files(files), "fit": hash_files(fit_files) if fit_files else "", "embedder": model}
    known = (OWN, WORDS, DENSE, BOTH, SEEN, RULES, *TAGGERS)
    arms = tuple(arm for arm in wanted_arms(plan.arms, known) if plan.arms or TAGGERS.get(arm) != "tuned")

    @lru_cache(maxsize=1)
    def parts(seed: int) -> Sequence["_Part"]:
        return _parts(asked, taught, reader, seed, progress)

    tasks = [
        Task("nlupp", arm, seed, identity | _settings(arm), _measuring(parts, arm, seed))
        for seed in range(plan.seeds)
        for arm in arms
        if seed == 0 or arm not in ONCE
    ]
    outcome = run_tasks("needs-nlupp", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        _learnt_from(plan, files, fit_files, texts, taught),
        "Intents: an utterance has any number of them. The chance from which on each is said, and how much both classifiers weigh, are chosen by texts that are learnt from,",
        "each told by the others. Spans: kind and both ends must be right; by letters, letters of the right kind count. The tuned tagger is dear, and runs where --arm names it.",
        "The tagger's features and settings were chosen on folds 0 to 14 of NLU++'s banking, so that its figures by groups of these are a little too good.",
        "Micro: over all labels or spans. Macro: the mean over kinds. Brackets: 95 % over utterances.",
    )
    rows = _summary(outcome, arms, len(texts))
    return Bench.of("needs", command, outcome, rows, data={"nlupp": identity["data"], "utterances": len(texts)}, seeds=plan.seeds, notes=notes)


def _settings(arm: str) -> dict[str, Any]:
    """Return the settings of a row's tagger, or nothing."""
    return TaggerConfig(vectors=TAGGERS[arm]).model_dump() if arm in TAGGERS else {}  # pyrefly: ignore


def _learnt_from(plan: SlotsPlan, files: Sequence[Path], fit_files: Sequence[Path], texts: Sequence[Utterance], taught: Sequence[Utterance]) -> str:
    if plan.fit is None:
        return f"The {len(files)} folds in {min(GROUPS, len(files))} groups of neighbours, each told by what was learnt from the others."
    known = {one.text for one in taught}
    same = sum(one.text in known for one in texts)
    return f"Learnt from {len(fit_files)} folds, nothing of the {len(files)} that are told; {same} of {len(texts):,} utterances stand word for word in both."


class _Part:
    """Utterances to learn from, the places `rows` of those that are told by it, and classifiers that are fitted where they are asked for."""

    def __init__(self, learnt: Sequence[Utterance], asked: Sequence[Utterance], rows: range, reader: Remembered, seed: int, progress: Progress) -> None:
        self.learnt, self.asked, self.rows, self.reader, self.seed, self.progress = learnt, asked, rows, reader, seed, progress
        self.texts, self.intents, self.spans = ([getattr(one, name) for one in learnt] for name in Utterance._fields)
        self.told = [one.text for one in asked]

    @cached_property
    def words(self) -> Several:
        """The classifier by words."""
        return Several.fit(self.texts, self.intents, seed=self.seed)

    @cached_property
    def dense(self) -> Several:
        """The classifier by vectors."""
        return Several.fit(self.texts, self.intents, seed=self.seed, embed=self.reader)


def _parts(folds: Sequence[Sequence[Utterance]], taught: Sequence[Utterance], reader: Remembered, seed: int, progress: Progress) -> list[_Part]:
    texts = [one for fold in folds for one in fold]
    if taught:
        return [_Part(taught, texts, range(len(texts)), reader, seed, progress)]
    if len(folds) < 2:
        raise ConfigError("One fold alone cannot be told by others.", "Give a folder with two folds or more, or --fit another.")
    begins = np.cumsum([0, *(len(fold) for fold in folds)])
    made = []
    for group in np.array_split(np.arange(len(folds)), min(GROUPS, len(folds))):
        rows = range(int(begins[group[0]]), int(begins[group[-1] + 1]))
        made.append(_Part([*texts[: rows.start], *texts[rows.stop :]], texts[rows.start : rows.stop], rows, reader, seed, progress))
    return made


def _measuring(parts: Callable[[int], Sequence[_Part]], arm: str, seed: int) -> Callable[[], Measured]:
    def measure() -> Measured:
        counts: dict[int, Counts] = {}
        ms, models = [], set()
        for part in parts(seed):
            told = _intents(part, arm) if arm.startswith("intents") else _spans(part, arm)
            for row, one, said in zip(part.rows, part.asked, told.said, strict=True):
                counts[row] = label_counts(one.intents, said) if arm.startswith("intents") else span_counts(one.spans, said)
            ms.append(told.ms)
            models.add(told.model)
        return Measured({MS: float(np.mean(ms))}, frame_of(counts), {"model": "; ".join(sorted(models))})

    return measure


def _intents(part: _Part, arm: str) -> Told:
    if arm == OWN:
        names = sorted({name for one in part.intents for name in one})
        return _timed(part.told, lambda: [_named(text, names) for text in part.told], "rules: words of names")
    if arm == BOTH:
        words, dense = part.words, part.dense
        truth = truth_of(part.intents, words.names)
        weight = weight_of(words.unseen, dense.unseen, truth)
        chosen = Chosen.fit(both(words.unseen, dense.unseen, weight), truth)
        told = _timed(part.told, lambda: _said(words.names, chosen(both(words(part.told).chances, dense(part.told).chances, weight))), "both")
        return told._replace(ms=told.ms + part.reader.ms, model=f"TF-IDF and {part.reader.model}, one against the rest")
    made = part.words if arm == WORDS else part.dense
    chosen = Chosen.fit(made.unseen, truth_of(part.intents, made.names))
    if arm == DENSE:
        part.reader(part.told)
    told = _timed(part.told, lambda: _said(made.names, chosen(made(part.told).chances)), "TF-IDF, one against the rest")
    return told if arm == WORDS else told._replace(ms=told.ms + part.reader.ms, model=f"{part.reader.model}, one against the rest")


def _named(text: str, names: Sequence[str]) -> list[str]:
    """Return the labels of which a word stands in the text."""
    there = {token.text.lower() for token in tokens_of(text)}
    return [name for name in names if there & set(name.split("_"))]


def _said(names: Sequence[str], said: np.ndarray) -> list[list[str]]:
    return [[name for name, there in zip(names, row, strict=True) if there] for row in said]


def _spans(part: _Part, arm: str) -> Told:
    if arm in TAGGERS:
        tagger = Tagger.fit(part.texts, part.spans, TaggerConfig(**_settings(arm)), seed=part.seed, progress=part.progress)
        return _timed(part.told, lambda: tagger(part.told), tagger.name)
    seen = Gazetteer.fit(part.spans)
    if arm == SEEN or not any(kind == AMOUNT for one in part.spans for kind, _ in one):
        return _timed(part.told, lambda: [seen(text) for text in part.told], "rules: values seen")
    return _timed(part.told, lambda: [_ruled(text, seen) for text in part.told], "rules: values seen, amounts")


def _ruled(text: str, seen: Gazetteer) -> list[Tagged]:
    """Return the amounts in a text by the rule, and values that were seen where they lie beside those."""
    ruled = amounts(text, AMOUNT)
    taken = {place for _, span in ruled for place in range(span.start, span.end)}
    return [*ruled, *(one for one in seen(text) if taken.isdisjoint(range(one.span.start, one.span.end)))]


def _timed(texts: Sequence[str], tell: Callable[[], Sequence[Sequence[Any]]], model: str) -> Told:
    began = time.process_time()
    said = tell()
    return Told(said, 1000 * (time.process_time() - began) / max(1, len(texts)), model)


def _summary(outcome: Outcome, arms: Sequence[str], texts: int) -> tuple[dict[str, Any], ...]:
    table = []
    for (data, arm), rows in sorted(by_arm(outcome).items(), key=lambda pair: arms.index(pair[0][1])):
        line: dict[str, Any] = {"name": f"{data}: {arm}", "runs": len(rows), "model": rows[0].artifact.manifest.models["model"]}
        line |= scores([row.values() for row in rows], texts, arm, spans=arm.startswith("spans"))
        # Classifiers of intents are shared by rows, so only a row of spans says what it cost as a whole.
        shown = (MS, "cpu_s") if arm.startswith("spans") else (MS,)
        table.append(line | {name: float(np.mean([row.metrics[name] for row in rows])) for name in shown})
    return tuple(table)

"""One pass over a pool for all sets that share it: the pool of M-BEIR has millions, and is embedded once."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from broadsheet.core.bench import Measured
from broadsheet.core.component import Content
from broadsheet.core.config import Config
from broadsheet.core.errors import BroadsheetError, EmptySourceError, RecordError
from broadsheet.core.progress import Progress
from broadsheet.core.seeds import generator
from broadsheet.represent.evaluate.mbeir_files import Candidate, Files, Query, read_pool, read_qrels, read_queries, wanted_modality
from broadsheet.represent.evaluate.results import measured, resampling
from broadsheet.represent.evaluate.scoring import DEEPEST, Embeds, all_tied, earned
from broadsheet.represent.evaluate.stream import Stream

LAYOUT = "M-BEIR"
Wordings = Mapping[tuple[str, str, str], list[str]]


class MbeirConfig(Config):
    """How a folder is measured.

    `pool` is a set's own (`local`) or that of all sets (`global`). `instructions` puts one of the wordings before each query, drawn
    by `seed`. The pool is embedded `block` candidates at a time. `sets` are the sets to run, all that are there where it is empty.
    """

    split: str = "test"
    pool: Literal["local", "global"] = "local"
    instructions: bool = True
    block: Annotated[int, Field(ge=1)] = 4096
    sets: tuple[str, ...] = ()
    seed: int = 0


class _Asked(NamedTuple):
    """A set whose queries are embedded: those that can be scored, their relevant candidates, the stream that ranks, faults so far."""

    files: Files
    queries: list[Query]
    golds: list[frozenset[str]]
    stream: Stream
    faults: dict[str, str]


class Passes:
    """Measures sets, all that share a pool in one pass when the first of them is asked for.

    A set that cannot be read raises when it is asked for itself, and spoils no other.
    """

    def __init__(self, sets: Sequence[Files], root: Path, embeds: Embeds, config: MbeirConfig, wordings: Wordings, progress: Progress) -> None:
        self._sets = sets
        self._root = root
        self._embeds = embeds
        self._config = config
        self._wordings = wordings
        self._progress = progress
        self._done: dict[str, Measured | BroadsheetError] = {}

    def measure(self, files: Files) -> Measured:
        """Return the figures of a set."""
        if files.name not in self._done:
            self._pass(files.pool, [each for each in self._sets if each.pool == files.pool and each is not files] + [files])
        found = self._done.pop(files.name)
        if isinstance(found, BroadsheetError):
            raise found
        return found

    def _pass(self, pool: Path, sets: Sequence[Files]) -> None:
        asked = []
        for files in sets:
            try:
                asked.append(self._ask(files))
            except BroadsheetError as error:
                self._done[files.name] = error
        if not asked:
            return
        relevant = frozenset().union(*(gold for each in asked for gold in each.golds))
        faults: dict[str, str] = {}
        seen: set[str] = set()
        size = 0
        for block in _blocks(read_pool(pool, self._root), self._config.block):
            good, bad = _parted(block, relevant, seen)
            faults |= bad
            if good:
                made, wrong = self._embeds([each.content for each in good])
                faults |= {f"candidate {good[row].id}": fault for row, fault in wrong.items()}
                for each in asked:
                    each.stream.add([candidate.id for candidate in good], made)
            size += len(good)
            self._progress(f"pool {pool.stem}", size, size)
        for each in asked:
            self._done[each.files.name] = (
                self._figures(each, faults) if size else EmptySourceError(f"{pool} has no candidate.", "Each line needs did, and txt or img_path.")
            )

    def _ask(self, files: Files) -> _Asked:
        queries, faults = read_queries(files.queries)
        golds = read_qrels(files.qrels) if files.qrels else {query.id: query.golds for query in queries}
        scored = [query for query in queries if golds.get(query.id)]
        # Queries and candidates are numbered alike, so a fault says which it is of.
        faults |= {f"query {q.id}": f"{q.id} has no relevant candidate.\nGive it one in qrels, or in pos_cand_list." for q in queries if not golds.get(q.id)}
        if not scored:
            raise EmptySourceError(f"{files.queries} has no query with a relevant candidate.", "Check that qrels and queries are of the same set.")
        contents = [Content(self._text(query, files.name), self._root / query.image if query.image else None) for query in scored]
        vectors, wrong = self._embeds(contents, self._progress)
        faults |= {f"query {scored[row].id}": fault for row, fault in wrong.items()}
        of = [golds[query.id] for query in scored]
        return _Asked(files, scored, of, Stream(vectors, of, DEEPEST), faults)

    def _text(self, query: Query, name: str) -> str:
        """Return a query's text behind one of the wordings of its instruction. Raises RecordError where there is none."""
        if not self._config.instructions:
            return query.text.strip()
        key = (query.id.partition(":")[0], query.modality, wanted_modality(name))
        texts = self._wordings.get(key)
        if not texts:
            raise RecordError(
                f"There is no instruction for dataset {key[0]}, queries of {key[1] or 'no modality'}, candidates of {key[2] or 'no known task'}.",
                "Add a line to instructions/query_instructions.tsv, or measure without: instructions = false.",
            )
        drawn = texts[int(generator(self._config.seed, "instruction", query.id).integers(len(texts)))]
        return f"{drawn} {query.text}".strip()

    def _figures(self, asked: _Asked, of_pool: Mapping[str, str]) -> Measured:
        stream = asked.stream
        absent = sorted(frozenset().union(*asked.golds) - stream.seen)
        lacking = {
            f"candidate {name}": f"{name} is relevant, but not in {asked.files.pool.name}.\nTake the pool that belongs to the queries." for name in absent
        }
        counts = list(zip(stream.found(), map(len, asked.golds), strict=True))
        # Few pairs of counts differ, and a pool is long.
        tied = {pair: earned([all_tied(stream.size, *pair)]) for pair in set(counts)}
        chance = {metric: np.concatenate([tied[pair][metric] for pair in counts]) for metric in next(iter(tied.values()))}
        names = [query.id for query in asked.queries]
        rng = resampling(self._config.seed, LAYOUT, asked.files.name)
        faults = {**asked.faults, **of_pool, **lacking}
        return measured(names, earned(stream.rankings()), chance, float(stream.size), faults, rng, self._embeds.model)


def _parted(block: Sequence[Candidate], relevant: frozenset[str], seen: set[str]) -> tuple[list[Candidate], dict[str, str]]:
    """Part candidates from faults; relevant ids are added to `seen`.

    A relevant candidate that stands twice would count twice; of the others no list is kept, for a pool may have millions.
    """
    good: list[Candidate] = []
    faults: dict[str, str] = {}
    for each in block:
        if each.fault:
            faults[each.id] = each.fault
        elif each.id in seen:
            faults[f"candidate {each.id}"] = f"{each.id} stands twice in the pool; the first is kept.\nLeave one of the two lines out."
        else:
            good.append(each)
            if each.id in relevant:
                seen.add(each.id)
    return good, faults


def _blocks(candidates: Iterator[Candidate], size: int) -> Iterator[list[Candidate]]:
    while block := list(islice(candidates, size)):
        yield block

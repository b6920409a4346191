"""How far turns can be answered without their picture: from the words of the query, or by a habit."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.component import Embedder, similarity
from broadsheet.core.metrics import evaluate_scores
from broadsheet.core.seeds import generator
from broadsheet.represent.muco.schema import Example, normalised
from broadsheet.represent.tfidf import TfidfEmbedder

POOL = 100
BLOCK = 256
HIT = "hit@1"


class Blind(NamedTuple):
    """How often the target of a turn is named without its picture; shares of `turns`, all over the same pools.

    The pool of a turn is its own target and up to 99 others, drawn from the distinct targets of its kind (as compared by
    `normalised`) without those of the same example, which may be right too. Turns whose pool holds nothing else, or whose target is
    a picture alone, are not counted.

    `from_words`: the target is ranked first by the cosine of TF-IDF vectors, fitted on the kind's texts, between each target and the
    query with whatever text is shown beside it. `from_meaning`: the same by an embedder of texts, where one is given, else None.
    `by_commonest`: the share that always naming the kind's commonest target gets right. `by_chance`: the mean of one over the
    pool's size. Ties count by the mean, so that a query that says nothing gets chance.
    """

    turns: int
    from_words: float
    from_meaning: float | None
    by_commonest: float
    by_chance: float


class _Asked(NamedTuple):
    example: str
    query: str
    target: str


def blind(examples: Sequence[Example], embedder: Embedder | None = None, seed: int = 0) -> dict[str, Blind]:
    """Measure each kind of turn of examples, and all together under `all`."""
    by_kind: dict[str, list[_Asked]] = defaultdict(list)
    for example in examples:
        for turn in example.turns:
            if turn.target.strip():
                by_kind[turn.kind].append(_Asked(example.id, f"{example.text} {turn.query}".strip(), normalised(turn.target)))
    found = {kind: made for kind, of in sorted(by_kind.items()) if (made := _kind(kind, of, embedder, seed)).turns}
    return {**found, "all": _together(found)}


def _kind(kind: str, asked: Sequence[_Asked], embedder: Embedder | None, seed: int) -> Blind:
    targets = sorted({each.target for each in asked})
    own: dict[str, set[str]] = defaultdict(set)
    for each in asked:
        own[each.example].add(each.target)
    rng = generator(seed, "pools", kind)
    pools = [_pool(each, targets, own[each.example], rng) for each in asked]
    counted = [place for place, pool in enumerate(pools) if len(pool) > 1]
    if not counted:
        return Blind(0, 0.0, None, 0.0, 0.0)
    queries, pools = [asked[place].query for place in counted], [pools[place] for place in counted]
    most, _ = Counter(each.target for each in asked).most_common(1)[0]
    return Blind(
        turns=len(counted),
        from_words=_first(TfidfEmbedder().fit_texts([*targets, *sorted(set(queries))]), queries, targets, pools),
        from_meaning=None if embedder is None else _first(embedder, queries, targets, pools),
        by_commonest=float(np.mean([asked[place].target == most for place in counted])),
        by_chance=float(np.mean([1 / len(pool) for pool in pools])),
    )


def _pool(asked: _Asked, targets: Sequence[str], own: set[str], rng: np.random.Generator) -> np.ndarray:
    """Return the rows of a turn's pool among `targets`, its own target first."""
    # A few more than wanted are drawn, for some may be the example's own.
    drawn = rng.choice(len(targets), min(len(targets), POOL - 1 + len(own)), replace=False).tolist()
    others = [row for row in drawn if targets[row] not in own][: POOL - 1]
    return np.array([int(np.searchsorted(targets, asked.target)), *others])


def _first(embedder: Embedder, queries: Sequence[str], targets: Sequence[str], pools: Sequence[np.ndarray]) -> float:
    """Return how often a query's nearest target in its pool is the first of the pool."""
    distinct = sorted(set(queries))
    row = {query: place for place, query in enumerate(distinct)}
    asked: Any = embedder(distinct)
    places = embedder(targets)

    def scores() -> Iterator[np.ndarray]:
        for start in range(0, len(queries), BLOCK):
            block = [row[query] for query in queries[start : start + BLOCK]]
            near = similarity(asked[sorted(set(block))], places)
            at = {place: number for number, place in enumerate(sorted(set(block)))}
            # Sums in another order differ in the last digits, and are ties all the same.
            yield from (near[at[place], pool].round(9) for place, pool in zip(block, pools[start : start + BLOCK], strict=True))

    gold = (np.eye(1, len(pool))[0] for pool in pools)
    return float(evaluate_scores(scores(), gold, [HIT])[HIT].mean())


def _together(kinds: Mapping[str, Blind]) -> Blind:
    if not kinds:
        return Blind(0, 0.0, None, 0.0, 0.0)
    weights = [each.turns for each in kinds.values()]

    def mean(values: Sequence[float]) -> float:
        return float(np.average(values, weights=weights))

    meanings = [each.from_meaning for each in kinds.values() if each.from_meaning is not None]
    return Blind(
        turns=sum(weights),
        from_words=mean([each.from_words for each in kinds.values()]),
        from_meaning=mean(meanings) if len(meanings) == len(weights) else None,
        by_commonest=mean([each.by_commonest for each in kinds.values()]),
        by_chance=mean([each.by_chance for each in kinds.values()]),
    )

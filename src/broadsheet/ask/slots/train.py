"""Weights learnt from pairs of questions and queries: which words go with which relation, label and answer."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.link.english import is_empty
from broadsheet.ask.link.links import Links
from broadsheet.ask.question.words import Token, stem, tokens
from broadsheet.ask.slots.shape import Shape, alike
from broadsheet.ask.slots.weights import Weights, features
from broadsheet.ask.slots.writer import Slots
from broadsheet.core.errors import NotFittedError
from broadsheet.core.progress import Progress, silent

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

# A word must be met so often; it speaks for a relation from so much more than chance on, as a logarithm, and fully from so much on.
OFTEN, LEAST, MOST = 3, 0.7, 2.0
# A word stands for a label if so many of the questions that it is in ask for that label.
SURE = 0.8
# Drafts of each question that are told apart, how strongly weights are held down, and steps of the fit.
DRAFTS, HOLD, STEPS = 20, 0.005, 60
# The words in which what is asked for stands.
FRONT = 8


class Pair(NamedTuple):
    """A question, the query that is right, and its links where they are known."""

    question: str
    query: Query
    links: Links | None = None


def fit(slots: Slots, pairs: Sequence[Pair], name: str, *, ranked: int = 1200, progress: Progress = silent) -> Weights:
    """Return weights learnt from pairs: words of relations and labels from all of them, the weights of features from drafts of the first `ranked`.

    Raises NotFittedError where no draft of any question is right.
    """
    lexicon = Weights(name, 1.0, {}, _relations(pairs), _labels(slots, pairs))
    writer = slots.with_weights(lexicon)
    groups: list[tuple[list[tuple[str, ...]], list[float], list[bool]]] = []
    for number, pair in enumerate(pairs[:ranked]):
        drafts = writer.write(pair.question, DRAFTS, pair.links)
        right = [alike(one.query, pair.query) for one in drafts]
        if any(right) and not all(right):
            facts, found = writer.read(pair.question, pair.links)
            groups.append(([features(one.sketch, facts, found) for one in drafts], [one.score for one in drafts], right))
        progress("learn from questions", number + 1, min(ranked, len(pairs)))
    if not groups:
        raise NotFittedError("No draft of any question is right: nothing can be learnt.", "Give pairs of questions and queries over this graph.")
    plain, learnt = _ranker(groups)
    return lexicon._replace(plain=plain, learnt=learnt)


def _heard(pair: Pair) -> list[str]:
    """Return the stems of a question without its values."""
    values = [] if pair.links is None else [one.place for one in pair.links.values]
    return [
        stem(word.low)
        for word in _words(pair.question)
        if not is_empty(word.low) and not any(one.start < word.place.end and word.place.start < one.end for one in values)
    ]


def _words(question: str) -> Iterator[Token]:
    return (one for one in tokens(question) if one.shape in {"word", "code"})


def _relations(pairs: Sequence[Pair]) -> dict[tuple[str, str], float]:
    """Return how much more often a word stands with a type of relation than by chance, as a logarithm."""
    words, types, both = Counter(), Counter(), Counter()
    for pair in pairs:
        heard = set(_heard(pair))
        held = {one.type for one in Shape(pair.query).joined}
        words.update(heard)
        types.update(held)
        both.update((kind, word) for kind in held for word in heard)
    total = len(pairs)
    found = {}
    for (kind, word), count in both.items():
        if words[word] >= OFTEN:
            score = math.log((count + 0.5) / (words[word] * types[kind] / total + 0.5))
            if score >= LEAST:
                found[kind, word] = round(min(1.0, score / MOST), 3)
    return found


def _labels(slots: Slots, pairs: Sequence[Pair]) -> dict[str, str]:
    """Return words that stand for a label though the schema and general English do not say so."""
    words: Counter[str] = Counter()
    both: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        shape = Shape(pair.query)
        label = shape.labels.get(shape.root, "")
        facts, found = slots.read(pair.question, pair.links)
        if any(option.label == label and option.kind != "property" for one in found for option in one.options):
            continue
        taken = {at for one in found for at in range(one.first, one.last + 1)}
        spoken = {one.place for one in slots.index.names.links(facts.tokens)}
        taken |= {at for at, one in enumerate(facts.tokens) if one.place in spoken}
        loose = {stem(one.low) for at, one in enumerate(facts.tokens[:FRONT]) if at not in taken and one.shape == "word" and not is_empty(one.low)}
        words.update(loose)
        both.update((word, label) for word in loose)
    return {word: label for (word, label), count in both.items() if label and count >= OFTEN and count / words[word] >= SURE}


def _ranker(groups: Sequence[tuple[list[tuple[str, ...]], list[float], list[bool]]]) -> tuple[float, dict[str, float]]:
    """Fit a softmax over the drafts of each question; weights are held near zero, that of the search's own score near one."""
    import numpy as np
    from scipy.optimize import minimize
    from scipy.sparse import csr_matrix

    met = Counter(one for drafts, _, _ in groups for found in drafts for one in set(found))
    names = {one: number + 1 for number, one in enumerate(sorted(one for one, count in met.items() if count >= OFTEN))}
    rows, columns, values, starts, right = [], [], [], [0], []
    row = 0
    for drafts, scores, good in groups:
        for found, score, is_right in zip(drafts, scores, good, strict=True):
            held = [0, *(names[one] for one in found if one in names)]
            rows += [row] * len(held)
            columns += held
            values += [score, *(1.0 for _ in held[1:])]
            right.append(is_right)
            row += 1
        starts.append(row)
    matrix = csr_matrix((values, (rows, columns)), shape=(row, len(names) + 1))
    told = _Softmax(matrix, np.array(starts), np.array(right))
    begin = np.zeros(len(names) + 1)
    begin[0] = 1.0
    fitted = minimize(told.loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    return float(fitted[0]), {one: round(float(fitted[number]), 4) for one, number in names.items() if abs(fitted[number]) > 1e-3}


class _Softmax:
    """The loss of weights: how unlikely the right drafts of each question are."""

    def __init__(self, matrix: "csr_matrix", starts: "np.ndarray", right: "np.ndarray") -> None:
        self._matrix, self._starts, self._right = matrix, starts, right

    def loss(self, weights: "np.ndarray") -> tuple[float, "np.ndarray"]:
        """Return the loss and its slope."""
        import numpy as np

        starts = self._starts[:-1]
        sizes = np.diff(self._starts)
        scores = self._matrix @ weights
        scores -= np.repeat(np.maximum.reduceat(scores, starts), sizes)
        parts = np.exp(scores)
        whole = np.add.reduceat(parts, starts)
        good = np.add.reduceat(parts * self._right, starts)
        loss = float(np.sum(np.log(whole) - np.log(good)))
        slope = parts / np.repeat(whole, sizes) - parts * self._right / np.repeat(good, sizes)
        held = weights.copy()
        held[0] -= 1.0
        penalty = HOLD * len(sizes) ** 0.5
        return loss + penalty * float(held @ held), self._matrix.T @ slope + 2 * penalty * held

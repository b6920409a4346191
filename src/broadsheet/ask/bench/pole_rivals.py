"""Cheap rivals: the query of the nearest question, or the most common one, with the values of the question at hand."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from broadsheet.ask.bench.pole_pairs import Asked, Entity, filled, kinds_of
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.printer import canonical

WORD = r"[\w.]+"


class Nearest:
    """The query of the training question that is nearest by TF-IDF, values set aside, among those whose values are of the same kinds."""

    def __init__(self, train: Sequence[Asked]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._train = list(train)
        self._vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD)
        self._rows: Any = self._vectors.fit_transform([bare(one.question, one.entities) for one in self._train])
        self._kinds: dict[tuple[tuple[str, str], ...], list[int]] = {}
        for number, one in enumerate(self._train):
            self._kinds.setdefault(_kinds(one.entities), []).append(number)

    def write(self, question: str, entities: Sequence[Entity]) -> Query | None:
        """Return a query; None where no training question has values of the same kinds."""
        among = self._kinds.get(_kinds(entities))
        if not among:
            return None
        asked: Any = self._vectors.transform([bare(question, entities)])
        likeness = (self._rows[among] @ asked.T).toarray().ravel()
        return _with(self._train[among[int(likeness.argmax())]], entities)


class Common:
    """The most common form of query in training whose values are of the same kinds."""

    def __init__(self, train: Sequence[Asked]) -> None:
        held: dict[tuple[tuple[str, str], ...], Counter[str]] = {}
        self._by: dict[str, Asked] = {}
        for one in train:
            form = canonical(filled(one.query, dict.fromkeys(((node, key) for node, _, key in kinds_of(one.query)), "?")))
            held.setdefault(_kinds(one.entities), Counter())[form] += 1
            self._by.setdefault(form, one)
        self._common = {kinds: forms.most_common(1)[0][0] for kinds, forms in held.items()}

    def write(self, question: str, entities: Sequence[Entity]) -> Query | None:  # noqa: ARG002 - as the others are asked
        """Return a query; None where no training question has values of the same kinds."""
        form = self._common.get(_kinds(entities))
        return None if form is None else _with(self._by[form], entities)


def bare(question: str, entities: Sequence[Entity]) -> str:
    """Return a question with the kinds of its values in their place.

    >>> from broadsheet.ask.cypher.nodes import Place
    >>> bare("Who knows Ann?", [Entity(Place(10, 13), "Ann", "x1", "Person", "name", "Ann")])
    'Who knows Person.name?'
    """
    for one in sorted(entities, key=lambda held: -held.place.start):
        question = f"{question[: one.place.start]}{one.label}.{one.property}{question[one.place.end :]}"
    return question


def _kinds(entities: Sequence[Entity]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((one.label, one.property) for one in entities))


def _with(other: Asked, entities: Sequence[Entity]) -> Query:
    """Return another question's query with these values, the first of a kind in place of the first."""
    left = sorted(entities, key=lambda one: one.place)
    values = {}
    for slot in sorted(other.entities, key=lambda one: one.place):
        same = next((one for one in left if (one.label, one.property) == (slot.label, slot.property)), None)
        if same is not None:
            left.remove(same)
            values[slot.node, slot.property] = same.value
    return filled(other.query, values)

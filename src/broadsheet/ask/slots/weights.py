"""What is learnt of pairs of questions and queries: how words go with relations, with what is asked, and with order."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from broadsheet.ask.question.facts import Facts
from broadsheet.ask.question.words import stem
from broadsheet.ask.slots.anchors import Anchor
from broadsheet.ask.slots.sketch import Link, Sketch
from broadsheet.core.errors import RecordError, SourceNotFoundError

# How many words of the question are looked at behind a node that is joined.
BEHIND = 4


class Weights(NamedTuple):
    """Weights of features; `relations` are those of a word with a type of relation, by themselves; `labels` are words that stand for a label. Untrained weights have none."""

    name: str
    plain: float = 1.0
    learnt: Mapping[str, float] = {}
    relations: Mapping[tuple[str, str], float] = {}
    labels: Mapping[str, str] = {}

    def score(self, plain: float, found: Sequence[str]) -> float:
        """Return the score of a draft: that of the search, and what was learnt of each feature."""
        return self.plain * plain + sum(self.learnt.get(one, 0.0) for one in found)

    def write(self, path: Path) -> None:
        """Write the weights as JSON."""
        relations: dict[str, dict[str, float]] = {}
        for (kind, word), weight in self.relations.items():
            relations.setdefault(kind, {})[word] = weight
        held = {"name": self.name, "plain": self.plain, "learnt": self.learnt, "relations": relations, "labels": self.labels}
        path.write_text(json.dumps(held, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")


UNTRAINED = Weights("untrained")


def read_weights(path: Path) -> Weights:
    """Read weights that were written. Raises SourceNotFoundError, or RecordError for a file that holds none."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        relations = {(str(kind), str(word)): float(weight) for kind, words in held["relations"].items() for word, weight in words.items()}
        learnt = {str(key): float(weight) for key, weight in held["learnt"].items()}
        return Weights(str(held["name"]), float(held["plain"]), learnt, relations, {str(word): str(label) for word, label in held["labels"].items()})
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of the weights.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RecordError(f"{path.name} holds no weights.", "Learn them anew from pairs of questions and queries.") from None


def features(sketch: Sketch, facts: Facts, found: Sequence[Anchor]) -> tuple[str, ...]:
    """Return the features of a sketch: each pair of a part of the query and a word of the question that stands near."""
    return tuple(dict.fromkeys(_features(sketch, facts, found)))


def _features(sketch: Sketch, facts: Facts, found: Sequence[Anchor]) -> Iterator[str]:
    silent = {at for one in found if one.is_value for at in range(one.first, one.last + 1)}
    stems = ["#" if at in silent else stem(one.low) for at, one in enumerate(facts.tokens)]
    yield from _of_answer(sketch, stems)
    yield f"nodes {len(sketch.spots)}"
    yield from _of_links(sketch, stems)
    for spot in sketch.spots:
        for condition in spot.conditions:
            for word in stems[max(0, spot.at - 3) : spot.at + 3]:
                yield f"value {spot.label}.{condition.property} {word}"


def _of_answer(sketch: Sketch, stems: Sequence[str]) -> Iterator[str]:
    """Yield what goes with what is asked for, and with the order."""
    root, asked = sketch.spots[0], sketch.asked[0]
    kind = f"{asked.function}({root.label}.{asked.property})"
    yield f"asked {kind}"
    for word in _grams(stems[: max(root.at, 0) + 4]):
        yield f"asked {kind} {word}"
    if sketch.ranked is not None:
        by = f"{root.label}.{sketch.ranked.property} {'down' if sketch.ranked.descending else 'up'}"
        yield f"sorted {by}"
        for word in stems:
            yield f"sorted {by} {word}"


def _of_links(sketch: Sketch, stems: Sequence[str]) -> Iterator[str]:
    """Yield what goes with each relation: words between the names of its ends, words behind, words anywhere, the relation before it."""
    ends = {one.end: one for one in sketch.links}
    for one in sketch.links:
        low, high = sorted((_mention(sketch, one.start, ends), _mention(sketch, one.end, ends)))
        name = f"{sketch.spots[one.start].label}-{one.type}-{sketch.spots[one.end].label}"
        yield f"joined {name}"
        if one.start in ends:
            yield f"joined {ends[one.start].type} {name}"
        for word in _grams(stems[low + 1 : high] or ["."]):
            yield f"joined {name} {word}"
        for word in _grams(stems[high + 1 : high + 1 + BEHIND]):
            yield f"joined {name} > {word}"
        for word in stems:
            yield f"any {one.type} {word}"


def _mention(sketch: Sketch, node: int, ends: Mapping[int, Link]) -> int:
    """Return the token at which a node is named; of a node that nothing names, that of the node from which it was reached."""
    while sketch.spots[node].at < 0 and node in ends:
        node = ends[node].start
    return max(sketch.spots[node].at, 0)


def _grams(stems: Sequence[str]) -> Iterator[str]:
    yield from stems
    yield from (f"{one}_{other}" for one, other in pairwise(stems))

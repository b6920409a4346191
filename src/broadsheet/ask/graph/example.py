"""A question that the graph of a table can answer, in words of its own."""

from collections import Counter
from collections.abc import Iterator

import polars as pl

from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.question.words import parts

# A value that is longer than this is a sentence, which nobody asks by.
LONGEST = 40


def table_question(graph: Graph) -> str:
    """Return a question about the rows of a single table; empty for any other graph.

    It counts the rows of a value that several have; where no value can be asked by alone, all rows.
    """
    if not graph.columns:
        return ""
    label, frame = next(iter(graph.nodes.items()))
    asked = next(_values(graph, frame), None)
    return f"How many {as_words(label)} are there?" if asked is None else f'How many {as_words(label)} have the {as_word(asked[0])} "{asked[1]}"?'


def as_word(name: str) -> str:
    """Return a name of the schema as a word of a question.

    >>> as_word("BirthCity"), as_words("Category"), as_words("Paper")
    ('birth city', 'categories', 'papers')
    """
    return " ".join(parts(name)).lower()


def as_words(name: str) -> str:
    """Return a name of the schema as a word of a question, in the plural."""
    said = as_word(name)
    if said.endswith("y") and said[-2:-1] not in set("aeiou"):
        return f"{said[:-1]}ies"
    return f"{said}es" if said.endswith(("s", "x", "ch", "sh")) else f"{said}s"


def _values(graph: Graph, frame: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield the commonest value of each column of texts, first of those that became nodes.

    A value that stands in another column too is left out: a word of two meanings would be asked back.
    """
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    joined = {told["column"] for told in graph.columns if ":HAS_" in told["became"]}
    for name in sorted(texts, key=lambda name: name not in joined):
        others = {value.casefold() for other in texts if other != name for value in frame[other].drop_nulls().to_list()}
        counts = Counter(frame[name].drop_nulls().to_list())
        for value in sorted((value for value, count in counts.items() if count > 1), key=lambda value: (-counts[value], value)):
            if 2 < len(value) <= LONGEST and value.isprintable() and not set(value) & set("\"'“”") and value.casefold() not in others:
                yield name, value
                break

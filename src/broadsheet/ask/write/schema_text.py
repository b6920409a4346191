"""A schema in words for a prompt: what the question touches first, cut to what the model can read, and what was left out told."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from broadsheet.ask.cypher.printer import label_name
from broadsheet.ask.question.words import parts, root
from broadsheet.ask.schema import PropertyFacts, Schema, Triple

# So many values of a property are shown, each of so many characters at most.
VALUES, LONG = 12, 40


Test = Callable[[str], bool]


class SchemaText(NamedTuple):
    """The text, and what it leaves out, in words."""

    text: str
    left_out: str = ""


def schema_text(schema: Schema, question: str, most: int) -> SchemaText:
    """Return a schema in at most so many characters.

    First values of what the question does not touch are left out, then all values, then the properties of what it does not touch, then what it does not touch.

    >>> from broadsheet.ask.schema import Triple
    >>> print(schema_text(Schema.of_triples((Triple("Person", "DIRECTED", "Film"),)), "Who directed Up?", 500).text)
    Nodes:
    Person
    Film
    Relations:
    (:Person)-[:DIRECTED]->(:Film)
    """
    asked = roots(question)
    rank = {name: _touched(name, schema, asked) for name in schema.labels}
    for one in schema.triples:
        if roots(one.type) & asked:
            rank[one.start], rank[one.end] = rank.get(one.start, 0) + 1, rank.get(one.end, 0) + 1
    near = {name for one in schema.triples for name in (one.start, one.end) if rank.get(one.start) or rank.get(one.end)}
    touched, around = (lambda name: bool(rank.get(name))), (lambda name: name in near or bool(rank.get(name)))
    few = sum(not around(name) for name in schema.labels)
    tiers: tuple[tuple[Test, Test, Test, str], ...] = (
        (_all, _all, _all, ""),
        (_all, _all, touched, "values of what the question does not touch"),
        (_all, _all, _none, "values"),
        (_all, around, _none, "values, and properties of what is far from the question"),
        (around, touched, _none, f"values, {few} labels, and properties of what the question does not touch"),
    )
    for kept, properties, values, left_out in tiers:
        text = _text(schema, [name for name in schema.labels if kept(name)], properties, values)
        if len(text) <= most:
            return SchemaText(text, left_out)
    return _by_rank(schema, rank, most)


def _all(name: str) -> bool:
    return bool(name)


def _none(name: str) -> bool:
    return not name


def _by_rank(schema: Schema, rank: dict[str, int], most: int) -> SchemaText:
    """Return what fits, the labels that the question touches most first."""
    ordered = sorted(schema.labels, key=lambda name: -rank.get(name, 0))
    kept: list[str] = []
    text = ""
    for name in ordered:
        longer = _text(schema, [*kept, name], _all, _none)
        if len(longer) > most and kept:
            break
        kept.append(name)
        text = longer
    left = len(ordered) - len(kept)
    return SchemaText(text, f"values, and {left} label{'' if left == 1 else 's'}")


def roots(text: str) -> frozenset[str]:
    """Return the roots of the words of a text or a name.

    >>> sorted(roots("Which films of 2020 has she directed?"))
    ['2020', 'direct', 'film', 'hav', 'of', 'she', 'which']
    """
    return frozenset(root(word) for word in parts(text))


def _touched(name: str, schema: Schema, asked: frozenset[str]) -> int:
    own = schema.labels[name] or {}
    values = (value for facts in own.values() for value in facts.values)
    return 3 * len(roots(name) & asked) + sum(len(roots(key) & asked) for key in own) + sum(bool(held) and held <= asked for held in map(roots, values))


def _text(schema: Schema, labels: list[str], properties: Test, values: Test) -> str:
    shown = set(labels)
    triples = [one for one in schema.triples if one.start in shown and one.end in shown]
    types = dict.fromkeys(one.type for one in triples)
    lines = [
        "Nodes:",
        *(_line(label_name(name), schema.labels[name] if properties(name) else None, values=values(name)) for name in labels if name.isprintable()),
    ]
    lines += ["Relations:", *map(_arrow, triples)]
    told = [_line(label_name(kind), schema.types.get(kind), values=True) for kind in types if schema.types.get(kind)]
    lines += ["Properties of relations:", *told] if told else []
    if schema.loose:
        lines.append(_line("Properties, of whichever nodes", schema.loose, values=True))
    return "\n".join(lines)


def _arrow(one: Triple) -> str:
    return f"(:{label_name(one.start)})-[:{label_name(one.type)}]->(:{label_name(one.end)})"


def _line(name: str, properties: Mapping[str, PropertyFacts] | None, *, values: bool) -> str:
    if not properties:
        return name
    return f"{name}: " + ", ".join(_property(key, facts, values=values) for key, facts in properties.items() if key.isprintable())


def _property(key: str, facts: PropertyFacts, *, values: bool) -> str:
    said = f"{label_name(key)} {facts.type}"
    if not values:
        return said
    if facts.values:
        shown = [f"'{value[:LONG]}'" for value in _whole(facts.values)[:VALUES]]
        more = ", ..." if len(facts.values) > VALUES or not facts.closed else ""
        return f"{said} ({', '.join(shown)}{more})"
    return (
        said if facts.low is None else f"{said} ({facts.low:g} to {facts.high:g})" if isinstance(facts.low, float) else f"{said} ({facts.low} to {facts.high})"
    )


def _whole(values: Iterable[str]) -> list[str]:
    """Return the values that are text of one line."""
    return [value for value in values if value.isprintable()]

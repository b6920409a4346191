"""Writes a query in words: a step for each clause, with every label, literal, comparison, direction and bound in it."""

from collections.abc import Iterator
from typing import NamedTuple

from broadsheet.ask.cypher.nodes import (
    At,
    Binary,
    Case,
    Clause,
    Expression,
    Function,
    HasLabels,
    IsNull,
    Label,
    Labels,
    ListOf,
    Literal_,
    MapOf,
    Match,
    NodePattern,
    Other,
    Parameter,
    Path,
    PatternTest,
    Projection,
    Property,
    Quantified,
    Query,
    RelationPattern,
    SubCall,
    Subquery,
    Unary,
    Unwind,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import BINDS, imported, labels_text, written
from broadsheet.ask.explain import phrases as p

_SAID = {sign: words for table in (p.COMPARED, p.TESTED, p.ADDED, p.MULTIPLIED, p.JOINED) for sign, words in table} | {"^": p.POWER}
# Parts of parts that are told in words.
LONGEST = 4
_NOT, _COMPARED, _TESTED, _SIGNED, _PART = 4, 5, 6, 10, 11


def explain(query: Query) -> str:
    """Return the steps of a query, a line each.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> print(explain(parse("MATCH (p:Person)-[:DIRECTED]->(f:Film) WHERE f.year > 2000 RETURN p.name, count(*) AS films").query))
    1. Find a Person called p, with a relation DIRECTED to a Film called f, where the year of f is greater than 2000.
    2. Give back the name of p, the number of rows as films.
    """
    return "\n".join(one.text for one in _steps(query))


class Sentence(NamedTuple):
    """A step of a query in words, with its number, and the clause that it speaks of; None where it speaks of what stands between parts of a UNION."""

    text: str
    clause: Clause | None


def sentences(query: Query) -> tuple[Sentence, ...]:
    """Return the steps of a query as `explain` has them, each with its clause.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> text = "MATCH (f:Film) RETURN f.title"
    >>> [(one.text, text[slice(*one.clause.place)]) for one in sentences(parse(text).query)]
    [('1. Find a Film called f.', 'MATCH (f:Film)'), ('2. Give back the title of f.', 'RETURN f.title')]
    """
    return tuple(_steps(query))


def in_words(expression: Expression) -> str:
    """Return an expression as it stands in an explanation.

    >>> from broadsheet.ask.cypher.nodes import Binary, Literal_, Variable
    >>> in_words(Binary(">=", Variable("year"), Literal_(2000)))
    'year is at least 2000'
    """
    return _said(expression)


def _steps(query: Query) -> Iterator[Sentence]:
    number = 1
    for place, part in enumerate(query.parts):
        if place:
            yield Sentence(f"{number}. Add what the following steps give, {'all rows' if query.all[place - 1] else 'each row once'}.", None)
            number += 1
        for clause in part.clauses:
            yield Sentence(f"{number}. {_clause(clause)}.", clause)
            number += 1


def _inner(query: Query) -> str:
    return "{ " + " ".join(one.text for one in _steps(query)) + " }"


def _clause(clause: Clause) -> str:
    match clause:
        case Match():
            found = "; and also ".join(map(_path, clause.paths))
            return ("If there is one, find " if clause.optional else "Find ") + found + _where(", where", clause.where)
        case Unwind():
            return f"Take each element of {_said(clause.source)} as {name(clause.name)}"
        case Projection():
            return _projection(clause)
        case SubCall():
            known = "" if clause.imports is None else f" knowing ({imported(clause.imports)})"
            return f"For each row{known} do {_inner(clause.query)}"
        case Other():
            return f"Do {_quoted(clause.words)}"


def _where(words: str, where: Expression | None) -> str:
    return "" if where is None else f"{words} {_said(where)}"


def _projection(clause: Projection) -> str:
    said = "Give back" if clause.which == "RETURN" else "Go on with"
    items = ["everything"] if clause.star else []
    items += [_said(one.expression) + (f" as {name(one.name)}" if one.name else "") for one in clause.items]
    said += (" each row once:" if clause.distinct else "") + f" {', '.join(items)}"
    if clause.order:
        said += "; sorted by " + ", then by ".join(_said(one.expression) + (" from high to low" if one.descending else "") for one in clause.order)
    said += _where("; without the first", clause.skip) + _where("; at most", clause.limit)
    if clause.limit is not None:
        said += " row" if isinstance(clause.limit, Literal_) and clause.limit.value == 1 else " rows"
    return said + _where("; only where", clause.where)


# Patterns.


def _path(path: Path) -> str:
    said = ""
    for element in path.elements:
        said += _node(element) if isinstance(element, NodePattern) else f", {_relation(element)} "
    if path.function:
        said = f"{p.PATHS[path.function]} ({said})"
    return f"the path {name(path.name)}: {said}" if path.name else said


def _node(node: NodePattern) -> str:
    if node.name and node.labels is None and node.properties is None and node.where is None:
        return name(node.name)
    said = "a node" if node.labels is None else _a(_labels(node.labels))
    return said + _told(node)


def _told(element: NodePattern | RelationPattern) -> str:
    """Return the name, the properties and the condition of a part of a pattern."""
    said = f" called {name(element.name)}" if element.name else ""
    match element.properties:
        case MapOf(entries=()):
            said += " with properties {}"
        case MapOf():
            said += " " + " and ".join(f"whose {name(key)} is {_said(value, _COMPARED + 1)}" for key, value in element.properties.entries)
        case Parameter():
            said += f" with properties {_said(element.properties)}"
    return said + (f" such that ({_said(element.where)})" if element.where is not None else "")


def _relations(count: int | None) -> str:
    return f"{count} relation{'' if count == 1 else 's'}"


def _relation(relation: RelationPattern) -> str:
    types = "" if relation.types is None else f" {_labels(relation.types)}"
    match relation.hops:
        case None:
            said = f"with a relation{types}"
        case hops if hops.least is None and hops.most is None:
            said = f"with any relations{types} in a row"
        case hops if hops.least == hops.most:
            said = f"with exactly {_relations(hops.least)}{types} in a row"
        case hops if hops.most is None:
            said = f"with at least {_relations(hops.least)}{types} in a row"
        case hops if hops.least is None:
            said = f"with at most {_relations(hops.most)}{types} in a row"
        case hops:
            said = f"with {hops.least} to {_relations(hops.most)}{types} in a row"
    return f"{said}{_told(relation)} {p.TOWARDS[relation.towards]}"


def _a(said: str) -> str:
    return f"{'an' if said[:1] in 'AEIOU' else 'a'} {said}"


def _labels(labels: Labels) -> str:
    return name(labels.name) if isinstance(labels, Label) else f"({labels_text(labels)})"


# Expressions.


def name(text: str) -> str:
    """Return a name as it stands in an explanation: in backticks where it could be taken for something else.

    >>> name("title"), name("from")
    ('title', '`from`')
    """
    return text if text.isidentifier() and text.isascii() and text.upper() not in p.WORDS else _quoted(text)


def _quoted(text: str) -> str:
    return f"`{text.replace('`', '``')}`"


def _said(node: Expression, around: int = 0) -> str:
    said, binds = _bound(node)
    return f"({said})" if binds < around else said


def _bound(node: Expression) -> tuple[str, int]:
    match node:
        case Binary():
            own = BINDS[node.sign]
            if own == _COMPARED:
                return f"{_side(node.left)} {_SAID[node.sign]} {_side(node.right)}", own
            return f"{_said(node.left, own)} {_SAID[node.sign]} {_said(node.right, own + 1)}", own
        case Unary(sign="NOT"):
            return f"{p.NOT} {_said(node.of, _NOT)}", _NOT
        case Unary():
            return f"{p.NEGATIVE if node.sign == '-' else p.POSITIVE} {_said(node.of, _SIGNED)}", _SIGNED
        case IsNull():
            return f"{_said(node.of, _TESTED)} {p.PRESENT if node.negated else p.MISSING}", _TESTED
        case HasLabels():
            return f"{_said(node.of, _TESTED)} is {_a(_labels(node.labels))}", _TESTED
        case Literal_():
            said = _literal(node)
            return said, _SIGNED if said.startswith("-") else _PART + 1
        case PatternTest() if not node.path.function:
            # In brackets behind a comparison: `is there` says something else.
            return f"there is ({_path(node.path)})", _NOT
        case Quantified():
            return f"{p.QUANTIFIED[node.which]} {name(node.variable)} in {_said(node.source, _PART)}: ({_said(node.where)})", _PART
        case Subquery():
            return f"{p.FOUND[node.which]} {_inner(node.query)}", _NOT if node.which == "EXISTS" else _PART
    return _atom(node), _PART + 1


def _side(node: Expression) -> str:
    """Return a side of a comparison."""
    return p.NULL if isinstance(node, Literal_) and node.value is None else _said(node, _COMPARED + 1)


def _atom(node: Expression) -> str:
    match node:
        case Variable():
            return name(node.name)
        case Parameter():
            return written(node)
        case Property() if not _is_row(node):
            return f"the {name(node.key)} of {_said(node.of, _PART)}"
        case ListOf():
            return f"[{', '.join(map(_said, node.items))}]"
        case At() if not _is_row(node):
            return f"item ({_said(node.index)}) of {_said(node.of, _PART)}"
        case Function():
            return _function(node)
        case Case():
            subject = f"depending on {_said(node.subject)}: " if node.subject is not None else ""
            whens = ", ".join(f"if {_said(test)} then {_said(value)}" for test, value in node.whens)
            return f"({subject}{whens}{_where(', otherwise', node.otherwise)} end)"
        case _:
            # What is rare stays as it is written, whole.
            return f"the expression {_quoted(written(node))}"


def _is_row(node: Property | At) -> bool:
    """Whether parts of parts are asked for, more in a row than anybody says."""
    count, of = 0, node.of
    while isinstance(of, Property | At):
        count, of = count + 1, of.of
    return count >= LONGEST


def _function(node: Function) -> str:
    if node.star:
        return p.ROWS if node.name == "count" else f"the expression {_quoted(written(node))}"
    if node.name in p.FUNCTIONS and len(node.arguments) == 1:
        return f"{p.FUNCTIONS[node.name]} {f'{p.DIFFERENT} ' if node.distinct else ''}{_said(node.arguments[0], _PART)}"
    if node.name == p.MEDIAN_OF and not node.distinct and node.arguments[1:] == (Literal_(p.MIDDLE),):
        return f"{p.MEDIAN} {_said(node.arguments[0], _PART)}"
    called = name(node.name) if "." not in node.name else _quoted(node.name)
    return f"{called}({f'{p.DIFFERENT} ' if node.distinct else ''}{', '.join(map(_said, node.arguments))})"


def _literal(node: Literal_) -> str:
    if node.value is None:
        return p.NOTHING
    return str(node.value).lower() if isinstance(node.value, bool) else written(node)

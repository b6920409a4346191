"""The tree of a query back to text, always in the same form: what two queries say alike is written alike."""

import math
import re
from collections.abc import Iterable

from broadsheet.ask.cypher.functions import FUNCTIONS
from broadsheet.ask.cypher.nodes import (
    AnyLabel,
    At,
    Binary,
    Case,
    Clause,
    Comprehension,
    Expression,
    Function,
    HasLabels,
    IsNull,
    Label,
    Labels,
    Labels_,
    ListOf,
    Literal_,
    MapOf,
    MapProjection,
    Match,
    NodePattern,
    NoLabel,
    Other,
    Parameter,
    Path,
    PatternComprehension,
    PatternTest,
    Projection,
    Property,
    Quantified,
    Query,
    Reduce,
    RelationPattern,
    Slice,
    SubCall,
    Subquery,
    Unary,
    Unwind,
    Variable,
)  # fmt: skip

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z_0-9]*\Z")
# Words that are quoted where they name something, for they begin or end something else.
_KEYWORDS = frozenset(
    "WHERE RETURN MATCH OPTIONAL WITH UNWIND CALL UNION THEN ELSE WHEN END AND OR XOR NOT AS BY ON CONTAINS STARTS ENDS IN IS CASE NULL TRUE FALSE DISTINCT "
    "ORDER SKIP LIMIT OFFSET ASC ASCENDING DESC DESCENDING EXISTS CREATE MERGE DELETE DETACH NODETACH SET REMOVE FOREACH LOAD USE FINISH INSERT LET FILTER SHOW "
    "YIELD USING EXPLAIN PROFILE CYPHER COLLECT SHORTESTPATH ALLSHORTESTPATHS REDUCE ALL ANY NONE SINGLE".split()
)
# How tightly an operator binds; what is looser than its surroundings stands in brackets.
_LOOSE = {"OR": 1, "XOR": 2, "AND": 3}
_NOT, _COMPARED, _TESTED, _SUM, _PRODUCT, _POWER, _SIGNED, _PART = 4, 5, 6, 7, 8, 9, 10, 11
BINDS = {
    **_LOOSE, **dict.fromkeys(("=", "<>", "<", "<=", ">", ">="), _COMPARED), **dict.fromkeys(("IN", "STARTS WITH", "ENDS WITH", "CONTAINS", "=~"), _TESTED),
    **dict.fromkeys(("+", "-", "||"), _SUM), **dict.fromkeys(("*", "/", "%"), _PRODUCT), "^": _POWER,
}  # fmt: skip


def canonical(query: Query) -> str:
    """Return the text of a query on one line; read again it is the same tree.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> canonical(parse('match (n:Film {title:"Up"}) where not(n.year>2000)  return COUNT( n ) // how many').query)
    "MATCH (n:Film {title: 'Up'}) WHERE NOT n.year > 2000 RETURN count(n)"
    """
    return " ".join(_query(query))


def written(node: Expression | Path | NodePattern | RelationPattern | Clause) -> str:
    """Return the text of a part of a query."""
    if isinstance(node, Path):
        return _path(node)
    if isinstance(node, NodePattern):
        return _node(node)
    if isinstance(node, RelationPattern):
        return _relation(node)
    if isinstance(node, Match | Unwind | Projection | SubCall | Other):
        return _clause(node)
    return _expression(node)


def name(text: str) -> str:
    """Return a name as it is written: in backticks where it must be.

    >>> name("title"), name("box office"), name("order")
    ('title', '`box office`', '`order`')
    """
    return text if _PLAIN.match(text) and text.upper() not in _KEYWORDS else f"`{text.replace('`', '``')}`"


def label_name(text: str) -> str:
    """Return the name of a property, label or type, of which any word may be one.

    >>> label_name("ORDER"), label_name("box office")
    ('ORDER', '`box office`')
    """
    return text if _PLAIN.match(text) else f"`{text.replace('`', '``')}`"


def imported(names: tuple[str, ...]) -> str:
    """Return the names that CALL { } knows as they are written."""
    return "*" if names == ("*",) else ", ".join(map(name, names))


def _query(query: Query) -> Iterable[str]:
    for number, part in enumerate(query.parts):
        if number:
            yield "UNION ALL" if query.all[number - 1] else "UNION"
        for clause in part.clauses:
            yield _clause(clause)


def _clause(clause: Clause) -> str:
    match clause:
        case Match():
            said = "OPTIONAL MATCH " if clause.optional else "MATCH "
            return said + ", ".join(map(_path, clause.paths)) + _where(clause.where)
        case Unwind():
            return f"UNWIND {_expression(clause.source)} AS {name(clause.name)}"
        case Projection():
            return _projection(clause)
        case SubCall():
            imports = "" if clause.imports is None else f"({imported(clause.imports)}) "
            return f"CALL {imports}{{ {' '.join(_query(clause.query))} }}"
        case Other():
            return " ".join(clause.words.split())


def _projection(clause: Projection) -> str:
    items = [*(["*"] if clause.star else []), *(f"{_expression(one.expression)}{f' AS {name(one.name)}' if one.name else ''}" for one in clause.items)]
    said = f"{clause.which} {'DISTINCT ' if clause.distinct else ''}{', '.join(items)}"
    if clause.order:
        said += " ORDER BY " + ", ".join(f"{_expression(one.expression)}{' DESC' if one.descending else ''}" for one in clause.order)
    for word, value in (("SKIP", clause.skip), ("LIMIT", clause.limit)):
        if value is not None:
            said += f" {word} {_expression(value)}"
    return said + _where(clause.where)


def _where(where: Expression | None) -> str:
    return "" if where is None else f" WHERE {_expression(where)}"


def _path(path: Path) -> str:
    said = "".join(_node(one) if isinstance(one, NodePattern) else _relation(one) for one in path.elements)
    said = f"{_function_name(path.function)}({said})" if path.function else said
    return f"{name(path.name)} = {said}" if path.name else said


def _node(node: NodePattern) -> str:
    inner = name(node.name) if node.name else ""
    inner += f":{labels_text(node.labels)}" if node.labels is not None else ""
    return f"({_inside(inner, node.properties, node.where)})"


def _relation(relation: RelationPattern) -> str:
    inner = name(relation.name) if relation.name else ""
    inner += f":{labels_text(relation.types)}" if relation.types is not None else ""
    if (hops := relation.hops) is not None:
        least, most = ("" if count is None else str(count) for count in (hops.least, hops.most))
        inner += "*" + (least if least == most else f"{least}..{most}")
    inner = _inside(inner, relation.properties, relation.where)
    inner = f"[{inner}]" if inner else ""
    return {"right": f"-{inner}->", "left": f"<-{inner}-", "either": f"-{inner}-"}[relation.towards]


def _inside(inner: str, properties: MapOf | Parameter | None, where: Expression | None) -> str:
    parts = [inner] if inner else []
    if properties is not None:
        parts.append(_expression(properties))
    return " ".join(parts) + (_where(where) if parts else _where(where).lstrip())


def labels_text(labels: Labels, *, within: bool = False) -> str:
    """Return labels as they are written, in brackets where they stand `within` others."""
    match labels:
        case Label():
            return label_name(labels.name)
        case AnyLabel():
            return "%"
        case NoLabel():
            return f"!{labels_text(labels.of, within=True)}"
        case Labels_():
            said = labels.sign.join(labels_text(part, within=True) for part in labels.parts)
            return f"({said})" if within else said


def _expression(node: Expression, around: int = 0) -> str:
    said, binds = _bound(node)
    return f"({said})" if binds < around else said


def _bound(node: Expression) -> tuple[str, int]:
    """Return the text of an expression, and how tightly what is outermost in it binds."""
    match node:
        case Binary():
            own = BINDS[node.sign]
            # AND, OR and the rest are read from the left; comparisons are not read in a row.
            return f"{_expression(node.left, own + (own == _COMPARED))} {node.sign} {_expression(node.right, own + 1)}", own
        case Unary(sign="NOT"):
            return f"NOT {_expression(node.of, _NOT)}", _NOT
        case Unary():
            of = _expression(node.of, _SIGNED)
            return f"{node.sign}{' ' if of[0] in '-+' else ''}{of}", _SIGNED
        case IsNull():
            return f"{_expression(node.of, _TESTED)} IS {'NOT ' if node.negated else ''}NULL", _TESTED
        case HasLabels():
            return f"{_expression(node.of, _PART)}:{labels_text(node.labels, within=True)}", _PART
        case Literal_():
            said = _literal(node)
            return said, _SIGNED if said.startswith("-") else _PART + 1
    return _atom(node), _PART + 1


def _atom(node: Expression) -> str:
    match node:
        case Parameter():
            return f"${label_name(node.name)}" if not node.name.isdigit() else f"${node.name}"
        case Variable():
            return name(node.name)
        case Property():
            return f"{_expression(node.of, _PART)}.{label_name(node.key)}"
        case ListOf():
            return f"[{', '.join(map(_expression, node.items))}]"
        case MapOf():
            return "{" + ", ".join(f"{label_name(key)}: {_expression(value)}" for key, value in node.entries) + "}"
        case MapProjection():
            return f"{_expression(node.of)} {{{', '.join(map(_picked, node.items))}}}"
        case At():
            return f"{_expression(node.of, _PART)}[{_expression(node.index)}]"
        case Slice():
            low, high = ("" if one is None else _expression(one) for one in (node.low, node.high))
            return f"{_expression(node.of, _PART)}[{low}..{high}]"
        case Function():
            inner = "*" if node.star else ("DISTINCT " if node.distinct else "") + ", ".join(map(_expression, node.arguments))
            return f"{_function_name(node.name)}({inner})"
        case Case():
            return _case(node)
        case PatternTest():
            return _path(node.path)
        case Subquery():
            return f"{node.which} {{ {' '.join(_query(node.query))} }}"
        case _:
            return _loop(node)


def _loop(node: Expression) -> str:
    match node:
        case Comprehension():
            make = "" if node.make is None else f" | {_expression(node.make)}"
            return f"[{name(node.variable)} IN {_expression(node.source)}{_where(node.where)}{make}]"
        case PatternComprehension():
            named = f"{name(node.variable)} = " if node.variable else ""
            return f"[{named}{_path(node.path)}{_where(node.where)} | {_expression(node.make)}]"
        case Quantified():
            return f"{node.which.lower()}({name(node.variable)} IN {_expression(node.source)}{_where(node.where)})"
        case Reduce():
            start, source = _expression(node.start), _expression(node.source)
            return f"reduce({name(node.total)} = {start}, {name(node.variable)} IN {source} | {_expression(node.make)})"
    raise AssertionError(node)


def _picked(item: tuple[str, str, Expression | None]) -> str:
    kind, key, value = item
    if kind == "entry" and value is not None:
        return f"{label_name(key)}: {_expression(value)}"
    return {"all": ".*", "key": f".{label_name(key)}", "variable": name(key)}.get(kind, "")


def _case(node: Case) -> str:
    subject = "" if node.subject is None else f" {_expression(node.subject)}"
    whens = "".join(f" WHEN {_expression(test)} THEN {_expression(value)}" for test, value in node.whens)
    otherwise = "" if node.otherwise is None else f" ELSE {_expression(node.otherwise)}"
    return f"CASE{subject}{whens}{otherwise} END"


def _literal(node: Literal_) -> str:
    value = node.value
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # In marks that it does not hold a text stands as it is.
        mark = '"' if "'" in value and '"' not in value else "'"
        for letter, said in (("\\", "\\\\"), (mark, f"\\{mark}"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
            value = value.replace(letter, said)
        return f"{mark}{value}{mark}"
    return repr(value) if not isinstance(value, float) or math.isfinite(value) else node.written


def _function_name(text: str) -> str:
    parts = text.split(".")
    return FUNCTIONS.get(text.lower(), text) if len(parts) == 1 and text.lower() in FUNCTIONS else ".".join(map(label_name, parts))

"""Expressions in the engine's words, by what the names in them stand for."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.dialects.ladybug.aggregates import AGGREGATED, aggregate
from broadsheet.ask.cypher.dialects.ladybug.calls import call, component
from broadsheet.ask.cypher.dialects.ladybug.constants import NOT_CONSTANT, constant
from broadsheet.ask.cypher.dialects.ladybug.kinds import (
    BOOLEAN,
    FLOAT,
    INTEGER,
    NO_TRUTH,
    NOTHING,
    STRING,
    Kind,
    Said,
    cannot,
    cast,
    common,
    listed,
    literal,
)
from broadsheet.ask.cypher.dialects.ladybug.layout import Layout
from broadsheet.ask.cypher.dialects.ladybug.operators import (
    chosen,
    compare,
    counted,
    element,
    is_null,
    joined,
    list_of,
    part,
    signed,
    tested,
    truth,
    within,
    within_list,
)
from broadsheet.ask.cypher.nodes import (
    AnyLabel,
    At,
    Binary,
    Case,
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
    NoLabel,
    Parameter,
    Path,
    PatternComprehension,
    PatternTest,
    Property,
    Quantified,
    Query,
    Reduce,
    Slice,
    Subquery,
    Unary,
    Variable,
)  # fmt: skip

COMPARED = frozenset({"=", "<>", "<", "<=", ">", ">="})
# A row of more comparisons than this is written as a search in a list.
LONGEST_ROW = 60
VARIABLE = re.compile(r"\bv[0-9]+\b")


class Words(ABC):
    """Says expressions. `scope` has what each name stands for; new names are numbers, so that no name of a query is one of the engine's."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.scope: dict[str, Said] = {}
        self.notes: list[str] = []
        # Of a relation, the names of the nodes at its start and its end, where these are known.
        self.ends: dict[str, tuple[str, str]] = {}
        self._names = 0
        # How many lambdas are around: the engine knows the names of the inmost alone.
        self._lambdas = 0

    @abstractmethod
    def has_match(self, path: Path) -> Said:
        """Say whether a pattern has a match."""

    @abstractmethod
    def subquery(self, which: str, query: Query) -> Said:
        """Say EXISTS or COUNT of a query."""

    @abstractmethod
    def matches_of(self, path: Path, where: Expression | None) -> Said:
        """Say how many matches a pattern has."""

    def new_name(self, mark: str = "v") -> str:
        """Return a name that nothing has yet."""
        self._names += 1
        return f"{mark}{self._names}"

    def said(self, node: Expression) -> Said:
        """Return an expression in the engine's words. Raises QueryError for what cannot be said."""
        match node:
            case Literal_():
                return self._literal(node)
            case Parameter():
                return cannot(f"the parameter ${node.name}, which is not given", "Give its value.")
            case Variable():
                if node.name not in self.scope:
                    cannot(f"{node.name!r}, which nothing before it binds", "Name what a pattern or a WITH gives.")
                return self.scope[node.name]
            case Property():
                return self.property_of(self.said(node.of), node.key)
            case Binary():
                return self._binary(node)
            case Unary():
                return signed(node.sign, self.said(node.of))
            case IsNull():
                return is_null(self.said(node.of), negated=node.negated)
            case HasLabels():
                return self.has_labels(self.said(node.of), node.labels)
            case Case():
                return self._case(node)
            case Function():
                return self._function(node)
        return self._composed(node)

    def _literal(self, node: Literal_) -> Said:
        match node.value:
            case None:
                return NOTHING
            case bool() as value:
                return Said(str(value).lower(), BOOLEAN)
            case str() as value:
                return Said(literal(value), STRING)
            case int() as value:
                return Said(str(value), INTEGER) if -(2**63) <= value < 2**63 else cannot(f"the number {value}", "Whole numbers have 64 bits.")
        text = repr(node.value)
        return Said(text if "e" in text or "." in text else cannot(f"the number {text}"), FLOAT)

    def property_of(self, of: Said, key: str) -> Said:
        """Return a property: null where nothing has it."""
        match of.kind.name:
            case "null":
                return NOTHING
            case "node" | "relation":
                columns = self.layout.columns(of.kind.names, key, relation=of.kind.name == "relation")
                parts = tuple(Said(_if_there(of, f"{of.text}.`{column}`"), kind) for column, kind in columns)
                return NOTHING if not parts else parts[0] if len(parts) == 1 else self._of_several(parts)
            case "map":
                place = next((place for place, (name, _) in enumerate(of.kind.entries) if name == key), None)
                return NOTHING if place is None else Said(f"{of.text}.f{place}", of.kind.entries[place][1])
            case "date" | "datetime":
                return component(of, key)
        return cannot(f"{key} of a {of.kind.name}")

    def _of_several(self, parts: tuple[Said, ...]) -> Said:
        if {one.kind.name for one in parts} <= {"integer", "float"}:
            return Said(f"COALESCE({', '.join(cast(one, FLOAT) for one in parts)})", FLOAT)
        return Said("", Kind("mixed"), parts)

    def _binary(self, node: Binary) -> Said:
        if node.sign == "IN":
            return self._within(node)
        left, right = self.said(node.left), self.said(node.right)
        if node.sign in COMPARED:
            return compare(node.sign, left, right)
        if node.sign in {"AND", "OR", "XOR"}:
            return joined(node.sign, left, right)
        return tested(node.sign, left, right) if node.sign in {"STARTS WITH", "ENDS WITH", "CONTAINS", "=~"} else counted(node.sign, left, right)

    def _within(self, node: Binary) -> Said:
        value = self.said(node.left)
        if isinstance(node.right, ListOf) and (len(node.right.items) <= LONGEST_ROW or value.parts):
            return within(value, [self.said(one) for one in node.right.items])
        return within_list(value, self.said(node.right))

    def _case(self, node: Case) -> Said:
        if node.subject is not None:
            subject = self.said(node.subject)
            branches = [(compare("=", subject, self.said(test)), self.said(value)) for test, value in node.whens]
        else:
            branches = [(self.said(test), self.said(value)) for test, value in node.whens]
        return chosen(branches, NOTHING if node.otherwise is None else self.said(node.otherwise))

    # Labels and types.

    def names_of(self, labels: Labels | None, *, relation: bool = False) -> frozenset[str]:
        """Return the labels, or types, that an expression of them allows: a node has one label."""
        every = frozenset(self.layout.relations if relation else self.layout.nodes)
        match labels:
            case None | AnyLabel():
                return every
            case Label():
                return every & {labels.name}
            case NoLabel():
                return every - self.names_of(labels.of, relation=relation)
            case Labels_():
                sets = [self.names_of(one, relation=relation) for one in labels.parts]
                return frozenset.union(*sets) if labels.sign == "|" else frozenset.intersection(*sets)
        raise AssertionError(labels)

    def has_labels(self, of: Said, labels: Labels) -> Said:
        """Return whether something has labels: null where it is null."""
        if of.kind.name == "null":
            return NO_TRUTH
        if of.kind.name not in {"node", "relation"}:
            cannot(f"the labels of a {of.kind.name}")
        relation = of.kind.name == "relation"
        able = self.names_of(labels, relation=relation) & of.kind.names
        if able == of.kind.names or not able:
            return Said(f"(CASE WHEN {of.text} IS NULL THEN {NO_TRUTH.text} ELSE {'true' if able else 'false'} END)", BOOLEAN)
        tables = ", ".join(literal(self.table(name, relation=relation)) for name in sorted(able))
        return Said(_if_there(of, f"(LABEL({of.text}) IN [{tables}])"), BOOLEAN)

    def table(self, name: str, *, relation: bool = False) -> str:
        """Return the table of a label or type."""
        return (self.layout.relations if relation else self.layout.nodes)[name].name

    def label_of(self, of: Said) -> Said:
        """Return the label of a node, or the type of a relation, as the query knows it."""
        relation = of.kind.name == "relation"
        renamed = [name for name in sorted(of.kind.names) if self.table(name, relation=relation) != name]
        whens = "".join(f" WHEN LABEL({of.text}) = {literal(self.table(name, relation=relation))} THEN {literal(name)}" for name in renamed)
        return Said(f"(CASE WHEN {of.text} IS NULL THEN NULL{whens} ELSE LABEL({of.text}) END)", STRING)

    # Functions.

    def _function(self, node: Function) -> Said:
        if node.name in AGGREGATED:
            return aggregate(node, [self.said(one) for one in node.arguments])
        if node.distinct or node.star:
            cannot(f"{node.name}() of DISTINCT or *")
        if node.name == "size" and len(node.arguments) == 1 and isinstance(node.arguments[0], PatternTest | PatternComprehension):
            inner = node.arguments[0]
            return self.matches_of(inner.path, inner.where if isinstance(inner, PatternComprehension) else None)
        arguments = [self.said(one) for one in node.arguments]
        if node.name == "size" and len(arguments) == 1 and arguments[0].kind.name == "picked":
            cannot("the size of a list with a condition in it", "UNWIND the list, and count.")
        if node.name in _OF_GRAPH and len(arguments) == 1:
            return NOTHING if arguments[0].kind.name == "null" else self._of_graph(node.name, arguments[0])
        constants = [constant(one) for one in node.arguments]
        return call(node.name, arguments, [None if one is NOT_CONSTANT else one for one in constants])

    def _of_graph(self, name: str, of: Said) -> Said:
        kind = of.kind.name
        match name, kind:
            case "type", "relation":
                return self.label_of(of)
            case "labels", "node":
                return Said(f"(CASE WHEN {of.text} IS NULL THEN NULL ELSE [{self.label_of(of).text}] END)", listed(STRING))
            case (("id" | "elementId"), "node"):
                return self._number(of, as_text=name == "elementId")
            case (("id" | "elementId"), "relation"):
                return Said(f"ID({of.text})", Kind("id"))
            case "keys", ("node" | "relation"):
                return self._keys(of)
            case "keys", "map":
                return Said(f"[{', '.join(literal(key) for key, _ in of.kind.entries)}]", listed(STRING))
            case "properties", ("node" | "relation"):
                return Said(of.text, of.kind._replace(entries=(("properties", of.kind),)))
            case "properties", "map":
                return of
            case "nodes", "path":
                return Said(f"NODES({of.text})", listed(Kind("node", names=frozenset(self.layout.nodes), held=True)))
            case (("relationships" | "rels"), "path"):
                return Said(f"RELS({of.text})", listed(Kind("relation", names=frozenset(self.layout.relations), held=True)))
            case (("startNode" | "endNode"), "relation") if of.text in self.ends:
                return self.scope_of(self.ends[of.text][name == "endNode"])
        return cannot(f"{name}() of a {kind}")

    def scope_of(self, text: str) -> Said:
        """Return what the engine's name of a node stands for."""
        found = next((said for said in self.scope.values() if said.text == text), None)
        return found if found is not None else cannot("the end of a relation that is not there any more", "Name the node.")

    def _number(self, of: Said, *, as_text: bool) -> Said:
        """Return a number that no other node has: its row, after the rows of the labels before its own."""
        bases, before = {}, 0
        for name in self.layout.nodes:
            bases[name], before = before, before + self.layout.counts.get(name, 0)
        whens = " ".join(f"WHEN LABEL({of.text}) = {literal(self.table(name))} THEN {bases[name]}" for name in sorted(of.kind.names))
        text = f"(OFFSET(ID({of.text})) + (CASE {whens} END))" if whens else "CAST(NULL AS INT64)"
        return Said(f"CAST({_if_there(of, text)} AS STRING)", STRING) if as_text else Said(_if_there(of, text), INTEGER)

    def _keys(self, of: Said) -> Said:
        relation = of.kind.name == "relation"
        tests = [
            f"(CASE WHEN {is_null(self.property_of(of, key), negated=True).text} THEN {literal(key)} END)"
            for key in self.layout.keys(of.kind.names, relation=relation)
        ]
        if not tests:
            cannot("keys() of what has no properties")
        held = ", ".join(f"{{f0: ({test} IS NOT NULL), f1: {test}}}" for test in tests)
        return Said(f"[{held}]", Kind("picked", STRING))

    # What is made of several.

    def _composed(self, node: Expression) -> Said:
        match node:
            case ListOf():
                return list_of([self.said(one) for one in node.items])
            case MapOf():
                return self._map([(key, self.said(value)) for key, value in node.entries])
            case MapProjection():
                return self._projected(node)
            case At():
                return self._at(node)
            case Slice():
                ends = [None if one is None else constant(one) for one in (node.low, node.high)]
                if any(one is not None and type(one) is not int for one in ends):
                    cannot("a part of a list between places that are computed", "Write the places as numbers.")
                return part(self.listed_of(node.of), *ends)
            case PatternTest():
                return self.has_match(node.path)
            case Subquery():
                return self.subquery(node.which, node.query)
            case Comprehension() | Quantified() | Reduce():
                return self._loop(node)
        return cannot("a list of every match of a pattern", "Match the pattern, and collect().")

    def _map(self, entries: list[tuple[str, Said]]) -> Said:
        if not entries:
            cannot("an empty map")
        if any(said.parts for _, said in entries):
            cannot("a map of values of several types")
        kinds = tuple((key, said.kind._replace(held=True) if said.kind.name in {"node", "relation"} else said.kind) for key, said in entries)
        return Said("{" + ", ".join(f"f{place}: {said.text}" for place, (_, said) in enumerate(entries)) + "}", Kind("map", entries=kinds))

    def _projected(self, node: MapProjection) -> Said:
        of, entries = self.said(node.of), dict[str, Said]()
        for kind, key, value in node.items:
            if kind == "all":
                every = [name for name, _ in of.kind.entries] if of.kind.name == "map" else self.layout.keys(of.kind.names, relation=of.kind.name == "relation")
                entries |= {name: self.property_of(of, name) for name in every}
            elif kind == "key":
                entries[key] = self.property_of(of, key)
            else:
                entries[key] = self.said(Variable(key) if value is None else value)
        made = self._map(list(entries.items()))
        return Said(f"(CASE WHEN {is_null(of).text} THEN NULL ELSE {made.text} END)", made.kind) if of.kind.name in {"node", "relation"} else made

    def _at(self, node: At) -> Said:
        index = constant(node.index)
        of = self.listed_of(node.of)
        if isinstance(index, str):
            return self.property_of(of, index)
        return element(of, self.said(node.index), index if isinstance(index, int) else None)

    def listed_of(self, node: Expression) -> Said:
        """Return an expression that is used as a list: the relations of a pattern of several hops are one."""
        said = self.said(node)
        if said.kind.name != "relations":
            return said
        return Said(f"RELS({said.text})", listed(Kind("relation", names=said.kind.names, held=True)))

    @contextmanager
    def within_lambda(self, name: str, said: Said) -> Iterator[None]:
        """Have a name stand for an element of a list."""
        before = self.scope
        if self._lambdas:
            cannot("a list made within the making of a list", "UNWIND one of them.")
        self.scope = {**before, name: said}
        self._lambdas += 1
        try:
            yield
        finally:
            self.scope = before
            self._lambdas -= 1

    def _loop(self, node: Comprehension | Quantified | Reduce) -> Said:
        source = self.listed_of(node.source)
        if source.kind.name == "null":
            return NOTHING
        if source.kind.name != "list" or source.kind.of is None:
            cannot(f"each element of a {source.kind.name}")
        item = Said(self.new_name("x"), source.kind.of)
        if isinstance(node, Reduce):
            return self._reduced(node, source, item)
        with self.within_lambda(node.variable, item):
            if isinstance(node, Quantified):
                return self._quantified(node.which, source, item, _without_not(node.where), node.variable)
            where = None if node.where is None else _plain(truth(self.said(node.where)))
            make = self.said(node.make) if node.make is not None else item
        if make.parts:
            cannot("a list of values of several types")
        if where is not None:
            picked = f"{{f0: ({where} AND ({where}) IS NOT NULL), f1: {_plain(make.text)}}}"
            return Said(f"LIST_TRANSFORM({source.text}, {item.text} -> {picked})", Kind("picked", make.kind))
        return source if make is item else Said(f"LIST_TRANSFORM({source.text}, {item.text} -> {_plain(make.text)})", listed(make.kind))

    def _quantified(self, which: str, source: Said, of: Said, test: Expression, name: str) -> Said:
        """Return a quantifier; what is null for an element may make it null. Of tests in a row each is asked for by itself: the engine takes them wrongly."""
        if isinstance(test, Binary) and test.sign in {"AND", "OR", "XOR"}:
            if (which, test.sign) not in {("ANY", "OR"), ("ALL", "AND"), ("NONE", "OR")}:
                cannot(f"{which.lower()}() of conditions that are joined by {test.sign}", "UNWIND the list, and match.")
            sides = (self._quantified(which, source, of, side, name) for side in (test.left, test.right))
            return joined("OR" if which == "ANY" else "AND", *sides)
        if which == "SINGLE" and any(isinstance(one, Variable) and one.name != name for one in walk(test)):
            cannot("single() of a condition with other values than the element's", "UNWIND the list, and match.")
        item, where = of.text, _plain(truth(self.said(test)))
        some, every, nothing, one = (f"{word}({item} IN {source.text} WHERE {where})" for word in ("any", "all", "none", "single"))
        null = f"any({item} IN {source.text} WHERE ({where}) IS NULL)"
        # Whether what is null for an element leaves it open. No CASE: within one the engine loses the place in lists.
        open_ = f"({null} AND {NO_TRUTH.text})"
        text = {
            "ANY": f"({some} OR {open_})",
            "ALL": f"({every} OR {open_})",
            "NONE": f"({nothing} AND ((NOT {null}) OR {NO_TRUTH.text}))",
            "SINGLE": f"((NOT ({some} AND NOT {one})) AND ({one} OR {open_}) AND ((NOT {null}) OR {NO_TRUTH.text}))",
        }[which]
        # Of no list at all the engine says no where a row is looked for.
        there = f"({source.text} IS NOT NULL OR {NO_TRUTH.text})"
        return Said(f"(({text} OR {source.text} IS NULL) AND {there})", BOOLEAN)

    def _reduced(self, node: Reduce, source: Said, item: Said) -> Said:
        start = self.said(node.start)
        assert source.kind.of is not None
        kind = common((start.kind, source.kind.of), "reduce()")
        total = Said(self.new_name("x"), kind)
        with self.within_lambda(node.variable, Said(item.text, kind)):
            self.scope[node.total] = total
            make = self.said(node.make)
        if make.kind != kind:
            if {make.kind.name, kind.name} != {"integer", "float"} or not isinstance(node.start, Literal_):
                cannot("reduce() to another type than that of its elements")
            return self._reduced(Reduce(node.total, Literal_(float(node.start.value or 0)), node.variable, node.source, node.make), source, item)
        whole = f"LIST_CONCAT([{cast(start, kind)}], {cast(source, listed(kind))})"
        return Said(f"LIST_REDUCE({whole}, ({total.text}, {item.text}) -> {_plain(make.text)})", kind)


_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "AND": "OR", "OR": "AND"}


def _without_not(node: Expression, *, negated: bool = False) -> Expression:
    """Return a condition in which NOT stands nowhere, for of each element of a list the engine takes it wrongly. Raises QueryError."""
    match node:
        case Unary(sign="NOT"):
            return _without_not(node.of, negated=not negated)
        case Binary(sign="AND" | "OR" as sign):
            sides = (_without_not(one, negated=negated) for one in (node.left, node.right))
            return Binary(_OPPOSITE[sign] if negated else sign, *sides)
        case Binary(sign=sign) if negated and sign in _OPPOSITE:
            return Binary(_OPPOSITE[sign], node.left, node.right)
        case IsNull() if negated:
            return IsNull(node.of, not node.negated)
    return cannot("NOT of such a condition on each element of a list", "UNWIND the list, and match.") if negated else node


def _if_there(of: Said, text: str) -> str:
    """Return what is said of a node or relation that a list or a map held, null where there is none: the engine says something of it even then."""
    return f"(CASE WHEN {of.text} IS NULL THEN NULL ELSE {text} END)" if of.kind.held and VARIABLE.fullmatch(of.text) else text


def _plain(text: str) -> str:
    """Return what is said of each element of a list. Of cases within it the engine loses the place: QueryError."""
    return cannot("a condition of cases on each element of a list", "UNWIND the list, and match.") if "(CASE " in text else text


_OF_GRAPH = frozenset({"type", "labels", "id", "elementId", "keys", "properties", "nodes", "relationships", "rels", "startNode", "endNode"})

"""How rows flow through a query: names that are not there, groups, products of rows, what is cut and in which order."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from broadsheet.ask.check.findings import Code, Finding, Severity, Splice
from broadsheet.ask.check.scope import Matched, Scopes, Thing, aggregates, walk
from broadsheet.ask.cypher.functions import FUNCTIONS
from broadsheet.ask.cypher.nodes import (
    OTHER_WAY,
    Binary,
    Comprehension,
    Function,
    Literal_,
    Match,
    NodePattern,
    Other,
    Parameter,
    PatternTest,
    Place,
    Projected,
    Projection,
    Property,
    Query,
    SubCall,
    Subquery,
    Unwind,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import name as quoted
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.schema import nearest

_NAMED = re.compile(r"\s*(?:`[^`]+`|\w+)")
# Functions that older versions had, and what stands for them now.
GONE = {"toInt": "toInteger", "rels": "relationships"}


class Flow:
    """Checks names, groups and rows; needs no schema."""

    def __init__(self, query: Query, scopes: Scopes, text: str) -> None:
        self._query, self._scopes, self._text = query, scopes, text

    def check(self) -> Iterator[Finding]:
        """Yield what is wrong."""
        yield from self._unbound()
        yield from self._introduced()
        yield from self._conflicts()
        yield from self._functions()
        yield from self._clauses(self._query, outermost=True)
        for matched in self._scopes.matches:
            yield from self._product(matched)
        for projection, _ in self._scopes.projections:
            yield from self._projection(projection)
        yield from self._misplaced()
        yield from self._filtered()
        yield from self._same()
        yield from self._unused()

    def _misplaced(self) -> Iterator[Finding]:
        """Tell of rows that are put together where there is but one."""
        wheres = [("a condition", condition.expression) for condition in self._scopes.conditions]
        wheres += [("a pattern", value) for _, held, _ in self._scopes.maps for _, value in held.entries]
        for node in walk(self._query):
            match node:
                case Unwind():
                    wheres.append(("UNWIND", node.source))
                case Comprehension() if node.make is not None:
                    wheres.append(("a list", node.make))
                case Projection() if not any(aggregates(item.expression) for item in node.items):
                    wheres += [("ORDER BY", one.expression) for one in node.order]
        for what, expression in wheres:
            for one in aggregates(expression):
                said = f"{written(one)} stands in {what}; put it into a WITH before, and use its name."
                yield Finding(Code.AGGREGATE_MISPLACED, Severity.ERROR, one.place, said)

    # Names.

    def _unbound(self) -> Iterator[Finding]:
        for variable, names in self._scopes.unbound:
            near = nearest(variable.name, list(names))
            # What a RETURN calls by that name is the variable itself.
            elsewhere = [thing for thing in self._scopes.things if thing.name == variable.name and thing.place.start < variable.place.start]
            why = f" here: {self._unknown(elsewhere, variable.place)}" if elsewhere else ""
            fix = (Splice(variable.place, quoted(near)),) if near and not elsewhere else ()
            known = f"; there {'is' if len(names) == 1 else 'are'} {', '.join(names[:8])}" if names else ""
            yield Finding(Code.UNBOUND_VARIABLE, Severity.ERROR, variable.place, f"{variable.name!r} is not known{why}{known}.", fix, hopeless=not fix)

    def _unknown(self, things: Sequence[Thing], place: Place) -> str:
        """Return why things are not known by their name at a place further on."""
        begins = min(thing.place.start for thing in things)
        passed = any(one.which == "WITH" and begins < one.place.start < place.start for one, _ in self._scopes.projections)
        return "WITH passes on only what it names" if passed else "it is known only in the part of the query that names it"

    def _introduced(self) -> Iterator[Finding]:
        # A pattern that is the value of a function is told of as such.
        within = [
            one.path.elements
            for node in walk(self._query)
            if isinstance(node, Function) and node.name != "exists"
            for one in node.arguments
            if isinstance(one, PatternTest)
        ]
        for element in self._scopes.introduced:
            if any(element is one for elements in within for one in elements):
                continue
            bracket = "(" if isinstance(element, NodePattern) else "["
            found = _NAMED.match(self._text, self._text.index(bracket, element.place.start) + 1)
            fix = () if found is None or element.where is not None else (Splice(Place(found.start(), found.end()), ""),)
            said = f"{element.name!r} is not known before: a pattern that is a condition names nothing new; EXISTS {{ }} may."
            yield Finding(Code.UNBOUND_VARIABLE, Severity.ERROR, element.place, said, fix)

    def _conflicts(self) -> Iterator[Finding]:
        for thing, kind, place in self._scopes.conflicts:
            again = "can be matched once in a pattern" if kind == thing.kind else f"cannot be a {kind} here"
            said = f"{thing.name!r} is a {thing.kind} already, and {again}."
            yield Finding(Code.KIND_CONFLICT, Severity.ERROR, place, said, hopeless=True)

    def _functions(self) -> Iterator[Finding]:
        for node in walk(self._query):
            if isinstance(node, Function):
                if node.name in GONE:
                    place = Place(node.place.start, node.place.start + len(node.name))
                    yield Finding(
                        Code.UNKNOWN_FUNCTION,
                        Severity.WARNING,
                        place,
                        f"{node.name}() is gone; it is {GONE[node.name]}() now.",
                        (Splice(place, GONE[node.name]),),
                    )
                elif "." not in node.name and node.name.lower() not in FUNCTIONS:
                    near = nearest(node.name, list(FUNCTIONS.values()))
                    place = Place(node.place.start, node.place.start + len(node.name))
                    fix = (Splice(place, near),) if near else ()
                    yield Finding(Code.UNKNOWN_FUNCTION, Severity.ERROR, place, f"There is no function {node.name}().", fix, hopeless=not fix)
                if node.name != "exists":
                    yield from self._as_value(node)

    def _as_value(self, node: Function) -> Iterator[Finding]:
        """Tell of a pattern that stands where a value must: only its existence can be asked for."""
        for argument in node.arguments:
            if isinstance(argument, PatternTest) and not argument.path.function:
                counted = f"COUNT {{ {written(argument.path)} }}"
                fix = (Splice(node.place, counted),) if node.name == "size" else ()
                said = f"A pattern is no value for {node.name}(){'; ' + counted + ' counts its matches' if fix else ''}."
                yield Finding(Code.PATTERN_AS_VALUE, Severity.ERROR, node.place, said, fix, hopeless=not fix)

    # Clauses.

    def _clauses(self, query: Query, *, outermost: bool) -> Iterator[Finding]:
        for part in query.parts:
            last = part.clauses[-1]
            if outermost and not isinstance(last, Other) and not (isinstance(last, Projection) and last.which == "RETURN"):
                yield Finding(Code.NO_RETURN, Severity.ERROR, last.place, "The query returns nothing: it must end with RETURN.", hopeless=True)
            for number, clause in enumerate(part.clauses):
                if isinstance(clause, Projection) and clause.which == "RETURN" and number < len(part.clauses) - 1:
                    yield Finding(Code.NO_RETURN, Severity.ERROR, clause.place, "Nothing can follow RETURN; pass on with WITH.", hopeless=True)
                if isinstance(clause, SubCall):
                    yield from self._clauses(clause.query, outermost=False)
                if isinstance(clause, Match):
                    yield from self._unbounded(clause)

    def _unbounded(self, clause: Match) -> Iterator[Finding]:
        for path in clause.paths:
            for element in path.elements[1::2]:
                hops = getattr(element, "hops", None)
                if hops is not None and hops.most is None and not path.function:
                    yield Finding(
                        Code.UNBOUNDED_PATH, Severity.INFO, hops.place, "A row of relations without an upper bound may take very long; *1..4 bounds it."
                    )

    def _projection(self, clause: Projection) -> Iterator[Finding]:
        grouped = [item for item in clause.items if aggregates(item.expression)]
        if clause.which == "WITH":
            for item in clause.items:
                if not item.name and not isinstance(item.expression, Variable):
                    place = Place(item.place.end, item.place.end)
                    name = _name_for(item)
                    fix = (Splice(place, f" AS {name}"),)
                    yield Finding(Code.MISSING_ALIAS, Severity.ERROR, item.place, f"WITH needs a name for {written(item.expression)}: AS {name}.", fix)
        for item in grouped:
            for one in aggregates(item.expression):
                if any(aggregates(argument) for argument in one.arguments):
                    yield Finding(
                        Code.AGGREGATE_MISPLACED, Severity.ERROR, one.place, f"{written(one)} puts together what is put together already; use a WITH between."
                    )
        if grouped or clause.distinct:
            yield from self._ordered(clause)
        if clause.limit is not None and not clause.order and not (grouped and len(grouped) == len(clause.items)):
            yield Finding(Code.LIMIT_WITHOUT_ORDER, Severity.INFO, clause.limit.place, "LIMIT without ORDER BY keeps any rows: which ones is not said.")
        yield from self._fans_out(grouped)

    def _ordered(self, clause: Projection) -> Iterator[Finding]:
        """Tell of an order by what is not there any more, once rows are put together."""
        passed = {written(item.expression) for item in clause.items} | {item.name for item in clause.items if item.name}
        whole = {item.expression.name for item in clause.items if isinstance(item.expression, Variable)} | {item.name for item in clause.items if item.name}
        for one in clause.order:
            said = written(one.expression)
            if clause.star or said in passed or aggregates(one.expression):
                continue
            names = [node.name for node in walk(one.expression) if isinstance(node, Variable)]
            if names and not all(name in whole for name in names) and not any(said_part in passed for said_part in _parts(one.expression)):
                yield Finding(
                    Code.ORDER_BY_NOT_RETURNED,
                    Severity.ERROR,
                    one.place,
                    f"{said} is not among what {clause.which} passes on, and rows are put together there.",
                )

    def _fans_out(self, grouped: list[Projected]) -> Iterator[Finding]:
        """Tell of a count whose rows another relation multiplies."""
        if not grouped:
            return
        counted = [
            one
            for item in grouped
            for one in aggregates(item.expression)
            if one.name in {"count", "collect", "sum", "avg"} and not one.distinct and not one.star
        ]
        if len({written(one) for one in counted if one.name in {"count", "collect"}}) > 1:
            yield Finding(
                Code.FAN_OUT,
                Severity.INFO,
                counted[0].place,
                "Several things are counted in the same rows, so that each multiplies the others; DISTINCT counts each once.",
            )

    # Rows.

    def _product(self, matched: Matched) -> Iterator[Finding]:
        """Tell of patterns of one MATCH that nothing joins: each row of one stands beside each row of the other."""
        groups: list[set[int]] = []
        for things in matched.paths:
            own = {id(thing) for thing in things}
            joined = [group for group in groups if group & own]
            groups = [group for group in groups if not group & own] + [own.union(*joined)]
        for linked in self._linked(matched):
            joined = [group for group in groups if group & linked]
            groups = [group for group in groups if not group & linked] + ([set().union(*joined)] if joined else [])
        if len([group for group in groups if not group & matched.known]) + any(group & matched.known for group in groups) > 1:
            said = "These patterns have nothing in common: each match of one stands beside each match of the other."
            # A few that are looked up by a value of theirs make few rows.
            looked_up = all(len(things) == 1 and id(things[0]) in self._pinned for things in matched.paths)
            if looked_up and self._told_together(matched):
                return
            yield Finding(Code.CARTESIAN_PRODUCT, Severity.INFO if looked_up else Severity.WARNING, matched.clause.place, said)

    def _linked(self, matched: Matched) -> Iterator[set[int]]:
        """Yield the things that one condition, or one inline map, speaks of together."""
        own = {id(thing) for things in matched.paths for thing in things}
        # Patterns that come later may join them.
        later = self._scopes.matches[self._scopes.matches.index(matched) + 1 :]
        yield from (found & own for other in later for things in other.paths if len((found := set(map(id, things))) & own) > 1)
        for condition in self._scopes.conditions:
            for node in walk(condition.expression):
                if isinstance(node, Subquery) and any(one is matched.clause for one in walk(node)):
                    break
                if isinstance(node, Binary | Function | PatternTest | Subquery) and not (isinstance(node, Binary) and node.sign == "AND"):
                    found = {id(thing) for inner in walk(node) if isinstance(inner, Variable) and (thing := self._scopes.of(inner)) is not None}
                    if isinstance(node, PatternTest | Subquery):
                        names = {getattr(inner, "name", "") for inner in walk(node)}
                        found |= {id(thing) for things in matched.paths for thing in things if thing.name and thing.name in names}
                    if len(found & own) > 1:
                        yield found & own
        for thing, properties, _ in self._scopes.maps:
            found = {id(other) for inner in walk(properties) if isinstance(inner, Variable) and (other := self._scopes.of(inner)) is not None}
            if id(thing) in own and found & own:
                yield (found & own) | {id(thing)}

    def _told_together(self, matched: Matched) -> bool:
        """Whether things that are looked up are reckoned with together: the price of one less than that of another."""
        own = {id(thing) for things in matched.paths for thing in things}
        nodes = (node for expression in self._scopes.expressions for node in walk(expression) if isinstance(node, Binary) and node.sign not in {"AND", "OR"})
        return any(
            own <= {id(thing) for inner in walk(node) if isinstance(inner, Variable) and (thing := self._scopes.of(inner)) is not None} for node in nodes
        )

    @cached_property
    def _pinned(self) -> set[int]:
        """The nodes that a property of theirs must have one value of."""
        found = {id(thing) for thing, _, _ in self._scopes.maps}
        for condition in self._scopes.conditions:
            for node in walk(condition.expression):
                if isinstance(node, Binary) and node.sign == "=":
                    for side, other in ((node.left, node.right), (node.right, node.left)):
                        if isinstance(side, Property) and isinstance(side.of, Variable) and isinstance(other, Literal_ | Parameter):
                            found.add(id(self._scopes.of(side.of)))
        return found

    def _filtered(self) -> Iterator[Finding]:
        """Tell of a condition behind an OPTIONAL MATCH that drops the rows which the OPTIONAL was to keep."""
        for condition in self._scopes.conditions:
            if condition.optional:
                continue
            for node in walk(condition.expression):
                if (
                    isinstance(node, Binary)
                    and node.sign in {"=", "<", "<=", ">", ">=", "CONTAINS", "STARTS WITH", "ENDS WITH"}
                    and isinstance(node.left, Property)
                ):
                    of = node.left.of
                    thing = self._scopes.of(of) if isinstance(of, Variable) else None
                    if thing is not None and thing.optional and thing.kind == "node":
                        said = f"Where {thing.name} was not found {written(node)} is null, so that its row is dropped: the OPTIONAL keeps nothing."
                        yield Finding(Code.OPTIONAL_THEN_FILTER, Severity.INFO, node.place, said)
                        break

    def _same(self) -> Iterator[Finding]:
        """Tell of two nodes of one kind around a third that may be one and the same."""
        seen: dict[tuple[int, str, str], list[Thing]] = {}
        compared = {
            frozenset((self._side(node.left), self._side(node.right)))
            for condition in self._scopes.conditions
            for node in walk(condition.expression)
            if isinstance(node, Binary) and node.sign in {"<>", "<", ">"}
        }
        for one in self._scopes.joined:
            for hub, other in ((one.left, one.right), (one.right, one.left)):
                key = (id(hub), ",".join(sorted(one.thing.possible)), one.relation.towards if hub is one.left else OTHER_WAY[one.relation.towards])
                for before in seen.setdefault(key, []):
                    if before is not other and before.name and other.name and frozenset((id(before), id(other))) not in compared:
                        said = f"{before.name} and {other.name} may be the same one; {before.name} <> {other.name} leaves that out."
                        yield Finding(Code.SELF_MATCH, Severity.INFO, other.place, said)
                seen[key].append(other)

    def _side(self, node: object) -> int:
        if isinstance(node, Function) and node.arguments:
            node = node.arguments[0]
        if isinstance(node, Property):
            node = node.of
        thing = self._scopes.of(node) if isinstance(node, Variable) else None
        return id(thing)

    def _unused(self) -> Iterator[Finding]:
        for thing in self._scopes.things:
            if thing.name and not thing.uses and thing.kind in {"relation", "relations", "path"} and thing.matched:
                yield Finding(Code.UNUSED_VARIABLE, Severity.INFO, thing.place, f"{thing.name!r} is named and never used.")


def _parts(node: object) -> list[str]:
    return [written(one) for one in walk(node) if isinstance(one, Property | Function | Variable)]


def _name_for(item: Projected) -> str:
    match item.expression:
        case Property():
            return quoted(item.expression.key)
        case Function():
            inner = next(
                (one.key if isinstance(one, Property) else one.name for one in walk(item.expression.arguments) if isinstance(one, Property | Variable)), ""
            )
            return quoted(f"{item.expression.name.replace('.', '_')}_{inner}" if inner else item.expression.name)
        case _:
            return "value"

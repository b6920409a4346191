"""Whole queries in the engine's words: clauses in a row, groups, order, and what a row of the answer is made of."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from broadsheet.ask.check.scope import aggregates
from broadsheet.ask.cypher.dialects.ladybug.constants import as_expression, constant
from broadsheet.ask.cypher.dialects.ladybug.kinds import NOTHING, STORED, Kind, Said, cannot, cast, common
from broadsheet.ask.cypher.dialects.ladybug.layout import Layout
from broadsheet.ask.cypher.dialects.ladybug.operators import truth
from broadsheet.ask.cypher.dialects.ladybug.patterns import SUBQUERY, VARIABLE, Matched, PatternNode, Patterns, where_text
from broadsheet.ask.cypher.nodes import Expression, Function, Match, Parameter, Projected, Projection, Query, Single, Sorted, SubCall, Unwind, Variable
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.cypher.rewrite import replaced, rewritten

# More rows than there are: what is sorted and not cut the engine does not sort.
EVERY = 2**62
PASSED = frozenset({"node", "relation", "relations", "path"})


class Column(NamedTuple):
    """A column of an answer: its name, and the types of the engine's columns that hold it, of which one at most is not null."""

    name: str
    kinds: tuple[Kind, ...]


class Printed(NamedTuple):
    """A query as the engine reads it, what its answer's columns are, and what is to be said of it."""

    text: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...]


def ladybug(query: Query, layout: Layout, parameters: Mapping[str, Any] | None = None) -> Printed:
    """Return a query in the words of ladybug, parameters written out. Raises QueryError that names what cannot be said."""
    held = parameters or {}

    def given(node: Any) -> Any:
        return as_expression(held[node.name], node.name) if isinstance(node, Parameter) and node.name in held else node

    query = rewritten(query, given)
    parts = [Clauses(layout).printed(single, None) for single in query.parts]
    if len(parts) > 1:
        kinds = _united([one.columns for one in parts])
        parts = [Clauses(layout).printed(single, kinds) for single in query.parts]
    text = parts[0].text
    for every, part in zip(query.all, parts[1:], strict=True):
        text += f" UNION {'ALL ' if every else ''}{part.text}"
    if len(set(query.all)) > 1:
        cannot("UNION and UNION ALL in one query", "Use one of them.")
    return Printed(text, parts[0].columns, tuple(dict.fromkeys(note for one in parts for note in one.notes)))


def _united(parts: Sequence[tuple[Column, ...]]) -> tuple[Kind, ...]:
    names = [column.name for column in parts[0]]
    if any([column.name for column in one] != names for one in parts):
        cannot("a UNION of parts with different columns", "Name them alike: RETURN n.name AS name.")
    if any(len(column.kinds) > 1 for one in parts for column in one):
        cannot("a UNION of values of several types", "Name a label.")
    if any(column.kinds[0].name == "picked" for one in parts for column in one):
        cannot("a UNION of lists with a condition in them", "UNWIND the lists.")
    united = tuple(common((one[place].kinds[0] for one in parts), "a UNION") for place in range(len(names)))
    for place, kind in enumerate(united):
        others = {one[place].kinds[0].name for one in parts if one[place].kinds[0] != kind}
        if others and (kind.name not in {*STORED, "list", "node"} or (kind.name == "node" and "null" in others)):
            cannot(f"a UNION of {kind.name}s of several labels or types, or of none", "Return their properties.")
    return united


class Clauses(Patterns):
    """Says the clauses of one single query, from the first to the last."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        # Whether no two rows hold the same, and whether anything was matched that need not be there.
        self._is_distinct, self._is_loose, self._is_sorted = True, False, False

    def printed(self, single: Single, kinds: tuple[Kind, ...] | None) -> Printed:
        """Return the text of a single query, its columns of the given types, if any."""
        said: list[str] = []
        columns: tuple[Column, ...] = ()
        for place, clause in enumerate(single.clauses):
            match clause:
                case Match():
                    said += self._match(clause)
                case Unwind():
                    said.append(self._unwind(clause))
                case SubCall():
                    said += self._call(clause, is_first=not place)
                case Projection(which="WITH"):
                    said += self._with(clause)
                case Projection():
                    before, columns = self._return(clause, kinds)
                    said += before
                case _:
                    cannot(f"{clause.which}", "Queries only read.")
        if not columns:
            cannot("a query without RETURN", "End it with RETURN.")
        return Printed(" ".join(said), columns, tuple(self.notes))

    def _match(self, clause: Match) -> list[str]:
        again = [text for path in clause.paths for one in path.elements[::2] for text in self._found_again(one.name)]
        return [*again, *self._matched(clause)]

    def _found_again(self, name: str, names: frozenset[str] = frozenset()) -> list[str]:
        """Have a name stand for a node of a pattern, of any of these labels, if it stands for a value in a list or a map: patterns begin at the former."""
        held = self.scope.get(name)
        if held is None or held.kind.name != "node" or not (held.kind.held or names) or not held.kind.names:
            return []
        node = PatternNode(self.new_name(), names or held.kind.names, is_new=True)
        self.scope[name] = Said(node.text, held.kind._replace(held=False, names=node.names))
        self.alive.append(node.text)
        if not any(VARIABLE.findall(part.text).count(held.text) for one in self.scope.values() for part in one.parts or (one,)):
            self.alive = [one for one in self.alive if one != held.text]
        return [
            f"{'OPTIONAL ' if self._is_loose else ''}MATCH {self.node_text(node, ())} WHERE ID({node.text}) = ID({held.text})",
            f"WITH {', '.join(self.alive)}",
        ]

    def _matched(self, clause: Match) -> list[str]:
        scope, rows = dict(self.scope), list(self.alive)
        self._is_loose, self._is_sorted = self._is_loose or clause.optional, False
        found = self.matched(clause.paths, clause.where, optional=clause.optional)
        if found.is_impossible:
            return self._unmatched(clause, scope, rows)
        if clause.optional:
            self._refuse_apart(found)
        if clause.optional:
            said = f"{'OPTIONAL ' if clause.optional else ''}MATCH {self.whole([found], 'OPTIONAL MATCH')}"
            return [said, f"WITH {', '.join(self.alive)}"]
        alive, said = list(found.known), []
        for step in self.steps(found):
            alive += [name for name in dict.fromkeys(VARIABLE.findall(step.pattern)) if name not in alive and name in self.alive]
            if step.pattern:
                said.append(f"MATCH {step.pattern}{where_text(step.own)}")
            said += self._once(step.twice, alive)
            plain = [one for one in step.after if SUBQUERY not in one]
            said.append(f"WITH {', '.join(alive)}{where_text(plain)}")
            # Of several queries in one WHERE the engine mistakes the one for the other.
            said += [f"WITH {', '.join(alive)}{where_text([one])}" for one in step.after if SUBQUERY in one]
        return said

    def _unmatched(self, clause: Match, scope: dict[str, Said], rows: list[str]) -> list[str]:
        """Say a MATCH that nothing can match: no row, or where it is optional each row with nulls for its names."""
        self.scope = dict.fromkeys(_bound_by(clause), NOTHING) | scope
        self.alive = rows or [self.new_name()]
        columns = rows or [f"0 AS {self.alive[0]}"]
        if clause.optional:
            return [] if rows else [f"WITH {columns[0]}"]
        return [f"WITH {', '.join(columns)} WHERE false"]

    @staticmethod
    def _refuse_apart(found: Matched) -> None:
        """Refuse an OPTIONAL MATCH that no relation joins to what is known, or that has a query among its conditions: the engine loses rows."""
        known = set(found.known)
        is_apart = known and not any(node.text in known for node in found.nodes)
        if is_apart and (found.relations or any(known & set(VARIABLE.findall(one)) for one in found.conditions)):
            cannot("an OPTIONAL MATCH that no relation joins to what is before it", "Match it first, or join them.")
        if any(known & set(VARIABLE.findall(one)) and any(word in one for word in (" OR ", " XOR ", "LIST_")) for one in found.conditions):
            cannot("an OPTIONAL MATCH with alternatives or lists in a condition on what is before it", "Match it first, or ask for one after the other.")
        if any(SUBQUERY in one for one in found.conditions):
            cannot("an OPTIONAL MATCH with EXISTS, COUNT or a pattern among its conditions", "Match it by itself, and pass on by WITH.")

    def _once(self, twice: Sequence[str], alive: Sequence[str]) -> list[str]:
        """Tell each match once: the engine finds a relation of a node with itself once for each of its ends, and holds the two for different."""
        if not twice:
            return []
        if not self._is_distinct:
            cannot("relations either way, of which some join a node to itself, behind rows that are there twice", "Give the relations a direction.")
        others = [name for name in alive if name not in twice]
        held = {name: self.new_name() for name in twice}
        grouped = [*others, *(f"ID({name}) AS {self.new_name()}" for name in twice), *(f"COLLECT({name}) AS {held[name]}" for name in twice)]
        return [f"WITH {', '.join(grouped)}", f"WITH {', '.join([*others, *(f'LIST_EXTRACT({held[name]}, 1) AS {name}' for name in twice)])}"]

    def _unwind(self, clause: Unwind) -> str:
        source = self.listed_of(clause.source)
        name = self.new_name()
        if source.kind.name == "picked" and source.kind.of is not None:
            self._is_distinct = False
            self.alive.append(name)
            self.scope[clause.name] = Said(f"{name}.f1", source.kind.of)
            return f"UNWIND {source.text} AS {name} WITH {', '.join(self.alive)} WHERE {name}.f0"
        self._is_distinct = False
        self.alive.append(name)
        if source.parts or source.kind.name in PASSED:
            cannot(f"UNWIND of a {source.kind.name}")
        kind = source.kind.of if source.kind.name == "list" and source.kind.of is not None else source.kind
        text = source.text if source.kind.name == "list" else "CAST(NULL AS INT64[])" if source.kind.name == "null" else f"[{source.text}]"
        self.scope[clause.name] = Said(name, kind)
        return f"UNWIND {text} AS {name}"

    # Subqueries in a row of clauses.

    def _call(self, clause: SubCall, *, is_first: bool) -> list[str]:
        if len(clause.query.parts) > 1:
            cannot("CALL { } of a UNION", "Ask each part by itself.")
        *inner, last = clause.query.parts[0].clauses
        imports = set(clause.imports or ())
        if clause.imports is None and inner and isinstance(inner[0], Projection) and not is_first:
            imports = {one.expression.name for one in inner[0].items if isinstance(one.expression, Variable) and one.name in {"", one.expression.name}}
            inner = inner[1:] if len(imports) == len(inner[0].items) else cannot("a WITH in CALL { } that does more than import")
        if clause.imports == () and not is_first:
            imports = set(self.scope)
        if not isinstance(last, Projection):
            cannot("CALL { } without RETURN")
        if is_first:
            said = [text for one in inner for text in self._inner(one)]
            return said + self._with(_as_with(last))
        bound = {name for one in inner for name in _bound_by(one)}
        if (bound | {_name_of(one) for one in last.items}) & (set(self.scope) - imports):
            cannot("CALL { } that uses a name from outside for something else", "Choose other names in it.")
        outer = tuple(Projected(Variable(name), name) for name in self.scope)
        if any(aggregates(one.expression) for one in last.items):
            inner, last = self._grouped(inner, last)
        elif last.distinct or last.order or last.skip or last.limit or not all(isinstance(one, Match | Unwind) for one in inner):
            cannot("CALL { } that sorts, limits or groups for each row", "Match in the query itself.")
        said = [text for one in inner for text in self._inner(one)]
        return said + self._with(Projection("WITH", (*outer, *_as_with(last).items)))

    def _inner(self, clause: Any) -> list[str]:
        match clause:
            case Match():
                return self._match(clause)
            case Unwind():
                return [self._unwind(clause)]
            case Projection():
                return self._with(clause)
        return cannot("CALL { } within CALL { }")

    def _grouped(self, inner: list[Any], last: Projection) -> tuple[list[Any], Projection]:
        """Return a MATCH and its aggregates for each row: none where nothing matches."""
        plain = len(inner) == 1 and isinstance(inner[0], Match) and not inner[0].optional and not (last.distinct or last.order or last.skip or last.limit)
        if not plain or not self._is_distinct or not all(isinstance(one.expression, Function) and aggregates(one.expression) for one in last.items):
            cannot("CALL { } that sorts, limits or groups for each row", "Match in the query itself, and group by WITH.")
        match = inner[0]
        mark = self.new_name("match ")
        path = match.paths[0]
        where = next((place for place, one in enumerate(path.elements) if not one.name or one.name not in self.scope), None)
        if where is None:
            cannot("CALL { } that matches nothing new")
        element = path.elements[where]
        mark = element.name or mark
        named = type(element)(**{**vars(element), "name": mark})
        path = type(path)((*path.elements[:where], named, *path.elements[where + 1 :]), path.name, path.function)

        def counted(node: Any) -> Any:
            return Function("count", (Variable(mark),)) if isinstance(node, Function) and node.name == "count" and node.star else node

        return [Match((path, *match.paths[1:]), optional=True, where=match.where)], rewritten(last, counted)

    # Projections.

    def _with(self, clause: Projection) -> list[str]:
        said, clause = self._stage(clause)
        names = [(_name_of(one), one.expression) for one in self._items(clause)]
        columns, after = self._columns(names)
        _check_whole(clause, after)
        if not columns:
            cannot("a WITH of nothing")
        whole = self._is_distinct and not said and set(self.alive) <= set(columns)
        before, columns, order = self._sorted(clause, names, columns, after)
        self.scope, self.alive = after, [_column_of(text) for text in columns]
        self._is_distinct, self._is_sorted = whole or clause.distinct or bool(said), bool(clause.order)
        said += before
        where = "" if clause.where is None else f" WHERE {truth(self.said(clause.where))}"
        return [*said, f"WITH {'DISTINCT ' if clause.distinct else ''}{', '.join(columns)}{order}{where}"]

    def _return(self, clause: Projection, kinds: tuple[Kind, ...] | None) -> tuple[list[str], tuple[Column, ...]]:
        items = self._items(clause)
        heads = [one.name or written(one.expression) for one in items]
        again = [text for one, kind in zip(items, kinds or (), strict=False) for text in self._widened(one.expression, kind)]
        said, clause = self._stage(clause)
        said = [*again, *said]
        names = [(_name_of(one), one.expression) for one in self._items(clause)]
        texts, after = self._columns(names, kinds)
        _check_whole(clause, after)
        before, texts, order = self._sorted(clause, names, texts, after)
        said += before
        if any(one.kind.name == "id" for one in after.values()):
            cannot("the number of a relation", "Return the relation itself.")
        columns = tuple(
            Column(head, tuple(part.kind for part in after[name].parts) or (after[name].kind,)) for head, (name, _) in zip(heads, names, strict=True)
        )
        return [*said, f"RETURN {'DISTINCT ' if clause.distinct else ''}{', '.join(texts)}{order}"], columns

    def _widened(self, expression: Expression, kind: Kind) -> list[str]:
        """Have a name of a UNION stand for a node of all the labels that its column has."""
        if not isinstance(expression, Variable) or kind.name != "node" or self.said(expression).kind == kind:
            return []
        return self._found_again(expression.name, kind.names)

    def _sorted(
        self, clause: Projection, names: Sequence[tuple[str, Expression]], columns: list[str], after: dict[str, Said]
    ) -> tuple[list[str], list[str], str]:
        """Return what stands before a projection that sorts or cuts, its columns, and how it ends.

        Rows of several matches that stand beside each other the engine does not keep whole, and what is matched later it looks for before it cuts:
        columns and what they are sorted by are put into one map, sorted, and taken out again.
        """
        window, said, before = _window(clause), [], self.scope
        columns = self._anchored(columns)
        if not clause.order and not window:
            return [], columns, ""
        if clause.which == "RETURN" and len(self.alive) <= 1:
            return [], columns, _order_text(self._keys_of(clause, names, after)) + window
        held = [text.rpartition(" AS ")[0] or text for text in columns]
        shown = dict(zip(map(_column_of, columns), held, strict=True))
        inner = {name: _as_shown(one, shown) for name, one in after.items()}
        keys = self._keys_of(clause, names, inner)
        self.scope = before
        pack = self.new_name()
        fields = list(dict.fromkeys([*held, *(key for key, _ in keys)]))
        order = _order_text([(f"{pack}.f{fields.index(key)}", down) for key, down in keys]) + (window or f" LIMIT {EVERY}")
        said.append(f"WITH {{{', '.join(f'f{place}: {text}' for place, text in enumerate(fields))}}} AS {pack}{order}")
        if clause.which == "WITH":
            # Rows that are grouped straight away the engine neither sorts nor cuts rightly.
            said.append(f"UNWIND [{pack}] AS {(pack := self.new_name())}")
        for name, one in after.items():
            if one.kind.name in {"node", "relation"}:
                after[name] = one._replace(kind=one.kind._replace(held=True))
        return said, [f"{pack}.f{fields.index(text)} AS {column}" for column, text in shown.items()], ""

    def _items(self, clause: Projection) -> tuple[Projected, ...]:
        every = tuple(Projected(Variable(name), name) for name in sorted(self.scope) if not name.startswith("\x00")) if clause.star else ()
        return every + clause.items

    def _columns(self, names: Sequence[tuple[str, Expression]], kinds: tuple[Kind, ...] | None = None) -> tuple[list[str], dict[str, Said]]:
        """Return the engine's columns of a projection, and the scope behind it."""
        texts: list[str] = []
        after: dict[str, Said] = {}
        for place, (name, expression) in enumerate(names):
            said = self.said(expression)
            if said.kind.name in PASSED and isinstance(expression, Variable) and not said.kind.held and said.text not in texts and kinds is None:
                texts.append(said.text)
                after[name] = said
                continue
            kind = said.kind if kinds is None else kinds[place]
            made = []
            for one in said.parts or (said._replace(kind=kind, text=cast(said, kind)),):
                column = self.new_name()
                texts.append(f"{one.text} AS {column}")
                made.append(Said(column, one.kind))
            if name in after:
                cannot(f"two columns of the name {name!r}", "Give each a name of its own.")
            after[name] = made[0] if not said.parts else Said("", said.kind, tuple(made))
        return texts, after

    def _anchored(self, columns: list[str]) -> list[str]:
        """Return columns of which one is read from the rows: of constants alone the engine forgets how many rows there are."""
        if not self.alive or any(VARIABLE.search(text.rpartition(" AS ")[0] or text) for text in columns):
            return columns
        value, _, name = columns[0].rpartition(" AS ")
        return [f"(CASE WHEN {self.alive[0]} IS NULL THEN {value} ELSE {value} END) AS {name}", *columns[1:]]

    def _keys_of(self, clause: Projection, names: Sequence[tuple[str, Expression]], inner: Mapping[str, Said]) -> list[tuple[str, bool]]:
        """Return what rows are sorted by, and whether the greatest comes first. Columns go by what they are made of."""
        before, places = self.scope, {written(expression): name for name, expression in reversed(names)}
        self.scope = {**({} if clause.distinct else before), **inner}
        keys = []
        for one in clause.order:
            by = self.said(_named(one.expression, places))
            if by.parts or by.kind.name in {"node", "relation", "relations", "path", "map", "picked", "id"}:
                cannot(f"an order by {'values of several types' if by.parts else f'a {by.kind.name}'}", "Sort by a property.")
            if by.kind.name != "null":
                keys.append((by.text, one.descending))
        self.scope = before
        return keys

    def _stage(self, clause: Projection) -> tuple[list[str], Projection]:
        """Return a WITH that groups, and the projection of what it gives, where there are aggregates, or where rows are told once before others are made of them.

        Of rows that DISTINCT has told once the engine takes values for nulls; of those that it has grouped and counted it does not.
        """
        items = self._items(clause)
        sorted_by = [one.expression for one in clause.order]
        every = [one.expression for one in items]
        is_grouped = any(map(aggregates, every))
        again = clause.which == "WITH" or bool(clause.order) or bool(_window(clause)) or any(self._is_relation(one) for one in every)
        apart = clause.distinct and not is_grouped and again
        if not apart and not is_grouped:
            return [], Projection(clause.which, items, False, clause.distinct, clause.order, clause.skip, clause.limit, clause.where)
        found = self._collected(every)
        keys = [one for one in every if not aggregates(one)]
        groups = [one for of in (*every, *sorted_by) for one in aggregates(of)]
        held = {written(expression): expression for expression in (*keys, *groups)}
        names = {text: f"\x00{place}" for place, text in enumerate(held)}
        texts, after = self._columns([(names[text], expression) for text, expression in held.items()])
        if any(one.kind.name == "picked" for one in after.values()):
            cannot("groups by a list with a condition in it", "UNWIND the list.")
        for expression in keys:
            if isinstance(expression, Variable):
                after[expression.name] = after[names[written(expression)]]
        said = [*found, *self._by_number(texts, after, counted=apart)]
        self.scope, self.alive = after, []
        made = tuple(Projected(_named(one.expression, names), _name_of(one)) for one in items)
        order = tuple(Sorted(_named(one.expression, names), one.descending) for one in clause.order)
        return said, Projection(clause.which, made, False, clause.distinct and not apart, order, clause.skip, clause.limit, clause.where)

    def _collected(self, every: Sequence[Expression]) -> list[str]:
        """Find again the nodes that are collected: where a list or a map holds them, collecting them ends the engine."""
        collected = [one for of in every for one in aggregates(of) if isinstance(one, Function) and one.name == "collect"]
        held = [inner.name for one in collected for inner in one.arguments if isinstance(inner, Variable) and self.scope.get(inner.name, NOTHING).kind.held]
        if held and (self._is_sorted or any(self.scope[name].kind.name != "node" for name in held)):
            cannot("collect() of nodes or relations that were sorted, cut or collected before", "Collect a property of them.")
        return [text for name in dict.fromkeys(held) for text in self._found_again(name)]

    def _is_relation(self, expression: Expression) -> bool:
        return isinstance(expression, Variable) and expression.name in self.scope and self.scope[expression.name].kind.name == "relation"

    def _by_number(self, texts: Sequence[str], after: dict[str, Said], *, counted: bool) -> list[str]:
        """Say groups, those by relations by their numbers: of one relation itself the engine makes several groups. `counted` where nothing else is."""
        grouped = [f"COUNT(*) AS {self.new_name()}"] if counted else []
        taken = []
        relations = {one.text for one in after.values() if one.kind.name == "relation"}
        for text in texts:
            column = _column_of(text)
            if column in relations:
                held = self.new_name()
                value = text.rpartition(" AS ")[0] or text
                grouped += [f"ID({value}) AS {self.new_name()}", f"COLLECT({value}) AS {held}"]
                taken.append(f"(CASE WHEN SIZE({held}) > 0 THEN LIST_ANY_VALUE({held}) END) AS {column}")
                for name, one in after.items():
                    if one.text == column:
                        after[name] = one._replace(kind=one.kind._replace(held=True))
            else:
                grouped.append(text)
                taken.append(column)
        return [f"WITH {', '.join(grouped)}", f"WITH {', '.join(taken)}"] if len(grouped) > len(texts) else [f"WITH {', '.join(texts)}"]


def _window(clause: Projection) -> str:
    """Return SKIP and LIMIT. Raises QueryError for what is no number."""
    text = ""
    for word, value in (("SKIP", clause.skip), ("LIMIT", clause.limit)):
        if value is not None:
            count = constant(value)
            if isinstance(count, float) and count.is_integer():
                count = int(count)
            if type(count) is not int or count < 0:
                cannot(f"{word} {written(value)}", "Write a whole number.")
            text += f" {word} {count}"
    return text


def _order_text(keys: Sequence[tuple[str, bool]]) -> str:
    return f" ORDER BY {', '.join(key + (' DESC' if down else '') for key, down in keys)}" if keys else ""


def _column_of(text: str) -> str:
    """Return the name of a column as it is written."""
    return text.rpartition(" AS ")[2]


def _as_shown(said: Said, shown: Mapping[str, str]) -> Said:
    """Return an expression whose columns stand as what they are made of."""
    return said._replace(text=shown.get(said.text, said.text), parts=tuple(_as_shown(one, shown) for one in said.parts))


def _check_whole(clause: Projection, after: Mapping[str, Said]) -> None:
    """Refuse to tell lists apart of which the answer shows a part."""
    if clause.distinct and any(one.kind.name == "picked" for one in after.values()):
        cannot("DISTINCT of a list with a condition in it", "UNWIND the list.")


def _named(expression: Expression, names: Mapping[str, str]) -> Expression:
    """Return an expression in which what has a name, by its text, stands under that name; the outermost first."""
    return replaced(expression, lambda node: Variable(names[written(node)]) if isinstance(node, Expression) and written(node) in names else node)


def _name_of(one: Projected) -> str:
    return one.name or written(one.expression)


def _bound_by(clause: Any) -> list[str]:
    if isinstance(clause, Unwind):
        return [clause.name]
    if isinstance(clause, Match):
        return [name for path in clause.paths for name in (path.name, *(one.name for one in path.elements)) if name]
    return [_name_of(one) for one in clause.items] if isinstance(clause, Projection) else []


def _as_with(last: Projection) -> Projection:
    return Projection("WITH", last.items, last.star, last.distinct, last.order, last.skip, last.limit)

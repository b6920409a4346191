"""Names of a query's things: each has one of its own, so that it can be spoken of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.nodes import (
    Clause,
    Comprehension,
    MapProjection,
    Match,
    Node,
    NodePattern,
    Path,
    PatternComprehension,
    PatternTest,
    Projected,
    Projection,
    Quantified,
    Query,
    Reduce,
    RelationPattern,
    Single,
    Sorted,
    SubCall,
    Subquery,
    Unwind,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.rewrite import rewritten, with_parts

# What begins a name that was made up here for something that had none.
MADE_UP = "__"
Env = dict[str, str]
T = TypeVar("T")


def named(query: Query) -> Query:
    """Return a query in which each thing has a name of its own; what has none is given one that begins with `__`, and what WITH renames keeps its first.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.cypher.printer import canonical
    >>> canonical(named(parse("MATCH (a)-[:KNOWS]->() WITH a AS b RETURN b").query))
    'MATCH (a)-[__1:KNOWS]->(__2) WITH a RETURN a'
    """
    return _Namer().query(query, {})


def unnamed(query: Query) -> Query:
    """Return a query without the made-up names that nothing refers to."""
    used = [one.name for one in walk(query) if isinstance(one, Variable)]
    bound = [one.name for one in walk(query) if isinstance(one, NodePattern | RelationPattern)]
    once = {name for name in bound if name.startswith(MADE_UP) and name not in used and bound.count(name) == 1}
    taken = {*used, *bound}
    plain: Env = {}
    for name in dict.fromkeys(one for one in bound if one.startswith(MADE_UP) and one not in once):
        plain[name] = next(made for number in range(1, len(taken) + 2) if (made := f"n{number}") not in taken)
        taken.add(plain[name])

    def rule(one: Any) -> Any:
        if isinstance(one, NodePattern | RelationPattern | Variable) and one.name.startswith(MADE_UP):
            return replace(one, name="" if one.name in once else plain.get(one.name, one.name))
        return one

    return rewritten(query, rule)


def renamed(query: Query, names: Mapping[str, str]) -> Query:
    """Return a query whose things have a name each (as `named` gives) under other names; what it gives back keeps its names."""

    def rule(one: Any) -> Any:
        if isinstance(one, Projection) and one.which == "WITH":
            return replace(one, items=tuple(replace(item, name=names.get(item.name, item.name)) for item in one.items))
        if isinstance(one, NodePattern | RelationPattern | Variable | Path | Unwind):
            return replace(one, name=names.get(one.name, one.name))
        return one

    return rewritten(query, rule)


class _Namer:
    """Walks over a query with what each name means."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._made = 0

    def _new(self, name: str) -> str:
        made, number = name, 1
        if not name:
            self._made += 1
            made = f"{MADE_UP}{self._made}"
        while made in self._taken:
            number += 1
            made = f"{name}_{number}"
        self._taken.add(made)
        return made

    def query(self, query: Query, env: Env) -> Query:
        return replace(query, parts=tuple(self._single(part, dict(env)) for part in query.parts))

    def _single(self, part: Single, env: Env) -> Single:
        clauses: list[Clause] = []
        for clause in part.clauses:
            match clause:
                case Match():
                    paths = tuple(self._path(path, env) for path in clause.paths)
                    clauses.append(replace(clause, paths=paths, where=inside(clause.where, env)))
                case Unwind():
                    source = inside(clause.source, env)
                    env[clause.name] = self._new(clause.name)
                    clauses.append(replace(clause, source=source, name=env[clause.name]))
                case Projection():
                    made, env = self._projection(clause, env)
                    clauses.append(made)
                case SubCall():
                    clauses.append(clause)
                    env |= {name: name for name in given(clause.query) if name not in env}
                case _:
                    clauses.append(clause)
        return replace(part, clauses=tuple(clauses))

    def _path(self, path: Path, env: Env) -> Path:
        elements = []
        for one in path.elements:
            name = env.get(one.name) if one.name else None
            if name is None:
                name = self._new(one.name)
                if one.name:
                    env[one.name] = name
            elements.append(replace(one, name=name))
        filled = tuple(replace(one, properties=inside(one.properties, env), where=inside(one.where, env)) for one in elements)
        if path.name:
            env[path.name] = self._new(path.name)
        return replace(path, elements=filled, name=env.get(path.name, ""))

    def _projection(self, clause: Projection, env: Env) -> tuple[Projection, Env]:
        passed: Env = dict(env) if clause.star else {}
        items = []
        for item in clause.items:
            made = inside(item.expression, env)
            name = item.name or (item.expression.name if isinstance(item.expression, Variable) else "")
            if isinstance(made, Variable) and clause.which == "WITH":
                passed[name], kept = made.name, ""
            elif clause.which == "WITH" and name:
                passed[name] = kept = self._new(name)
            else:
                kept = item.name
                if name:
                    passed[name] = made.name if isinstance(made, Variable) else name
            items.append(Projected(made, kept, place=item.place))
        seen = {**env, **passed}
        order = tuple(Sorted(inside(one.expression, seen), one.descending, place=one.place) for one in clause.order)
        where = inside(clause.where, seen if clause.star else {**env, **passed})
        made = replace(clause, items=tuple(items), order=order, skip=inside(clause.skip, seen), limit=inside(clause.limit, seen), where=where)
        return made, passed


def given(query: Query) -> list[str]:
    """Return the names of the columns that a query gives back, as far as they have any."""
    last = query.parts[-1].clauses[-1] if query.parts and query.parts[-1].clauses else None
    if not isinstance(last, Projection):
        return []
    return [item.name or (item.expression.name if isinstance(item.expression, Variable) else "") for item in last.items]


def inside(node: Any, env: Mapping[str, str], new: Callable[[str], str] = str) -> Any:
    """Return an expression with its names exchanged; names that are bound within it are exchanged by `new`, and stay what they are without."""

    def go(one: Any) -> Any:
        return inside(one, env, new)

    match node:
        case Variable():
            made = replace(node, name=env.get(node.name, node.name))
        case Comprehension() | Quantified() | Reduce() | PatternComprehension():
            made = _in_loop(node, env, new)
        case PatternTest():
            made = replace(node, path=_in_path(node.path, _bound(dict(env), [node.path], new), new))
        case Subquery():
            made = replace(node, query=_in_query(node.query, env, new))
        case MapProjection():
            made = replace(node, of=go(node.of), items=tuple(_picked(one, env, new) for one in node.items))
        case Node():
            made = with_parts(node, go)
        case _:
            made = node
    return made


def _in_loop(node: Any, env: Mapping[str, str], new: Callable[[str], str]) -> Any:
    """Return what binds names of its own with its names exchanged."""
    if isinstance(node, PatternComprehension):
        inner = _bound(dict(env), [node.path], new)
        name = new(node.variable) if node.variable else ""
        return replace(node, variable=name, path=_in_path(node.path, inner, new), where=inside(node.where, inner, new), make=inside(node.make, inner, new))
    inner = {**env, node.variable: new(node.variable)}
    source = inside(node.source, env, new)
    if isinstance(node, Reduce):
        inner[node.total] = new(node.total)
        make, start = inside(node.make, inner, new), inside(node.start, env, new)
        return replace(node, total=inner[node.total], start=start, variable=inner[node.variable], source=source, make=make)
    made = {"make": inside(node.make, inner, new)} if isinstance(node, Comprehension) else {}
    return replace(node, variable=inner[node.variable], source=source, where=inside(node.where, inner, new), **made)


def _picked(item: tuple[Any, str, Any], env: Mapping[str, str], new: Callable[[str], str]) -> tuple[Any, str, Any]:
    kind, key, value = item
    if kind == "variable" and env.get(key, key) != key:
        return "entry", key, Variable(env[key])
    return kind, key, inside(value, env, new)


def _bound(env: Env, paths: Iterable[Path], new: Callable[[str], str]) -> Env:
    for path in paths:
        for name in (*(one.name for one in path.elements), path.name):
            if name and name not in env:
                env[name] = new(name)
    return env


def _in_path(path: Path, env: Mapping[str, str], new: Callable[[str], str]) -> Path:
    made = []
    for one in path.elements:
        name = env.get(one.name, one.name)
        made.append(replace(one, name=name, properties=inside(one.properties, env, new), where=inside(one.where, env, new)))
    return replace(path, elements=tuple(made), name=env.get(path.name, path.name))


def _in_query(query: Query, env: Mapping[str, str], new: Callable[[str], str]) -> Query:
    parts = []
    for part in query.parts:
        known, clauses = dict(env), []
        for clause in part.clauses:
            if isinstance(clause, Match):
                _bound(known, clause.paths, new)
                paths = tuple(_in_path(path, known, new) for path in clause.paths)
                clauses.append(replace(clause, paths=paths, where=inside(clause.where, known, new)))
            else:
                clauses.append(inside(clause, known, new))
        parts.append(replace(part, clauses=tuple(clauses)))
    return replace(query, parts=tuple(parts))

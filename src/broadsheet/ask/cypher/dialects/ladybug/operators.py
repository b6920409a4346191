"""Operators between expressions whose types are known: what Cypher would give, in the engine's words."""

from collections.abc import Callable, Sequence

from broadsheet.ask.cypher.dialects.ladybug.kinds import (
    BOOLEAN,
    FLOAT,
    INTEGER,
    NO_TRUTH,
    NOTHING,
    NUMBERS,
    STRING,
    Kind,
    Said,
    alike,
    cannot,
    cast,
    common,
    listed,
)

# Types of which one value is less than another.
ORDERED = NUMBERS | {"string", "boolean", "date", "datetime", "id"}
# Beyond the end of every list and text.
ENDLESS = 1000000000
EQUAL = ORDERED | {"node", "relation", "list", "duration"}


def truth(said: Said) -> str:
    """Return the text of a condition. Raises QueryError for what is none."""
    if said.kind.name == "null":
        return NO_TRUTH.text
    return said.text if said.kind.name == "boolean" else cannot(f"the truth of a {said.kind.name}", "Compare it with something.")


def is_null(said: Said, *, negated: bool = False) -> Said:
    """Return whether an expression is null, or not."""
    if said.kind.name == "null":
        return Said("false" if negated else "true", BOOLEAN)
    tests = [f"{part.text} IS {'NOT ' if negated else ''}NULL" for part in said.parts or (said,)]
    return Said("(" + (" OR " if negated else " AND ").join(tests) + ")", BOOLEAN)


def either_null(*said: Said) -> str:
    """Return the condition that one of several is null."""
    return " OR ".join(is_null(one).text for one in said)


def over_parts(said: Said, make: Callable[[Said], Said]) -> Said:
    """Return what is made of each part of an expression of several types: one of them at most is not null."""
    made = [make(part) for part in said.parts]
    kind = common((one.kind for one in made), "values")
    return Said(f"COALESCE({', '.join(cast(one, kind) for one in made)})", kind)


def compare(sign: str, left: Said, right: Said) -> Said:
    """Return a comparison: values of different types are unequal, and none is less than the other."""
    if left.parts:
        return over_parts(left, lambda part: compare(sign, part, right))
    if right.parts:
        return over_parts(right, lambda part: compare(sign, left, part))
    if "null" in {left.kind.name, right.kind.name}:
        return NO_TRUTH
    able = EQUAL if sign in {"=", "<>"} else ORDERED
    if alike(left.kind, right.kind):
        if left.kind.name not in able:
            cannot(f"a comparison of {left.kind.name}s by {sign}")
        sides = (f"ID({one.text})" if one.kind.name in {"node", "relation"} else one.text for one in (left, right))
        text = f"({f' {sign} '.join(sides)})"
        # What a list or a map held has a number of some kind even where it is null; within the making of a list nothing is.
        loose = [f"{one.text} IS NULL" for one in (left, right) if one.kind.held and one.text.startswith("v")]
        return Said(f"(CASE WHEN {' OR '.join(loose)} THEN {NO_TRUTH.text} ELSE {text} END)" if loose else text, BOOLEAN)
    if "id" in {left.kind.name, right.kind.name}:
        cannot("the number of a relation", "Compare relations by a property.")
    if sign not in {"=", "<>"}:
        return NO_TRUTH
    return Said(f"(CASE WHEN {either_null(left, right)} THEN {NO_TRUTH.text} ELSE {'true' if sign == '<>' else 'false'} END)", BOOLEAN)


def joined(sign: str, left: Said, right: Said) -> Said:
    """Return AND, OR or XOR of conditions."""
    return Said(f"({truth(left)} {sign} {truth(right)})", BOOLEAN)


def tested(sign: str, left: Said, right: Said) -> Said:
    """Return STARTS WITH, ENDS WITH, CONTAINS or =~: null of anything but texts."""
    if left.parts:
        return over_parts(left, lambda part: tested(sign, part, right))
    if {left.kind.name, right.kind.name} != {"string"}:
        return NO_TRUTH
    return Said(f"REGEXP_FULL_MATCH({left.text}, {right.text})" if sign == "=~" else f"({left.text} {sign} {right.text})", BOOLEAN)


def within(value: Said, items: Sequence[Said]) -> Said:
    """Return whether a value is one of the items of a list as it is written."""
    if not items:
        return Said("false", BOOLEAN)
    return Said("(" + " OR ".join(compare("=", value, one).text for one in items) + ")", BOOLEAN)


def within_list(value: Said, items: Said) -> Said:
    """Return whether a value is one of a list's."""
    if value.parts:
        return over_parts(value, lambda part: within_list(part, items))
    if items.kind.name == "null" or items.kind.of is None:
        return NO_TRUTH if items.kind.name == "null" else cannot(f"IN of a {items.kind.name}")
    if items.kind.of.name == "null" or value.kind.name == "null":
        return NO_TRUTH
    if not alike(value.kind, items.kind.of):
        return Said(f"(CASE WHEN {either_null(value, items)} THEN {NO_TRUTH.text} ELSE false END)", BOOLEAN)
    if value.kind.name in {"node", "relation"}:
        return Said(f"LIST_CONTAINS(LIST_TRANSFORM({items.text}, e -> ID(e)), ID({value.text}))", BOOLEAN)
    of = common((value.kind, items.kind.of), "values")
    return Said(f"LIST_CONTAINS({cast(items, listed(of))}, {cast(value, of)})", BOOLEAN)


def counted(sign: str, left: Said, right: Said) -> Said:
    """Return + - * / % ^ of two values."""
    names = {left.kind.name, right.kind.name}
    if left.parts or right.parts:
        cannot(f"{sign} of values of several types")
    if sign in {"+", "||"} and "list" in names:
        return _longer(left, right)
    if "null" in names:
        return NOTHING
    if names <= NUMBERS:
        if sign == "^":
            return Said(f"POW({cast(left, FLOAT)}, {cast(right, FLOAT)})", FLOAT)
        return Said(f"({left.text} {sign} {right.text})", INTEGER if names == {"integer"} else FLOAT)
    if sign in {"+", "||"} and "string" in names:
        sides = [_as_text(one) for one in (left, right)]
        # The engine joins null as if it were an empty text.
        return Said(f"(CASE WHEN {either_null(left, right)} THEN NULL ELSE CONCAT({', '.join(sides)}) END)", STRING)
    if "duration" in names and sign in {"+", "-"} and names <= {"date", "datetime", "duration"} and right.kind.name == "duration":
        return (
            Said(f"CAST(({left.text} {sign} {right.text}) AS {'DATE' if left.kind.name == 'date' else 'TIMESTAMP'})", left.kind)
            if (left.kind.name != "duration")
            else Said(f"({left.text} {sign} {right.text})", left.kind)
        )
    return cannot(f"{left.kind.name} {sign} {right.kind.name}")


def _as_text(said: Said) -> str:
    if said.kind.name == "string":
        return said.text
    if said.kind.name == "integer":
        return f"CAST({said.text} AS STRING)"
    return cannot(f"a text and a {said.kind.name} in one", "Give them as two columns.")


def _longer(left: Said, right: Said) -> Said:
    if "null" in {left.kind.name, right.kind.name}:
        return NOTHING
    of = common((one.kind.of or one.kind if one.kind.name == "list" else one.kind for one in (left, right)), "a list")
    lists = [cast(one, listed(of)) if one.kind.name == "list" else f"[{cast(one, of)}]" for one in (left, right)]
    return Said(f"LIST_CONCAT({', '.join(lists)})", listed(of))


def element(of: Said, index: Said, number: int | None) -> Said:
    """Return an element of a list, from 0 at its beginning, or from -1 at its end; null where there is none.

    Of places that differ from row to row the engine loses count: a place is written out.
    """
    if "null" in {of.kind.name, index.kind.name}:
        return NOTHING
    if of.kind.name != "list" or of.kind.of is None or index.kind.name != "integer":
        cannot(f"an element of a {of.kind.name} by a {index.kind.name}")
    if of.kind.of.name == "null":
        return NOTHING
    if number is None:
        cannot("an element of a list at a place that is computed", "Write the place as a number.")
    text, place = (of.text, number + 1) if number >= 0 else (f"LIST_REVERSE({of.text})", -number)
    return Said(f"(CASE WHEN SIZE({of.text}) >= {place} THEN LIST_ANY_VALUE(LIST_SLICE({text}, {place}, {place})) END)", of.kind.of)


def part(of: Said, low: int | None, high: int | None) -> Said:
    """Return the part of a list from one place up to, and without, another; places below 0 count from the end."""
    if of.kind.name == "null":
        return NOTHING
    if of.kind.name != "list":
        cannot(f"a part of a {of.kind.name}")
    if low is not None and low < 0:
        if high is not None and high >= 0:
            cannot("a part of a list from a place near its end to one near its beginning")
        kept = f"LIST_SLICE(LIST_REVERSE({of.text}), {1 - (high or 0)}, {-low})"
        return Said(f"LIST_REVERSE({kept})", of.kind)
    text = of.text
    if high is not None and high < 0:
        text = f"LIST_REVERSE(LIST_SLICE(LIST_REVERSE({text}), {1 - high}, {ENDLESS}))"
    last = high if high is not None and high >= 0 else ENDLESS
    return Said(f"LIST_SLICE({text}, {(low or 0) + 1}, {last})" if (low or 0) < last else f"LIST_SLICE({text}, 2, 1)", of.kind)


def signed(sign: str, of: Said) -> Said:
    """Return a number with a sign, or NOT of a condition."""
    if sign == "NOT":
        return Said(f"(NOT {truth(of)})", BOOLEAN)
    if of.kind.name == "null":
        return NOTHING
    if of.kind.name not in NUMBERS:
        cannot(f"{sign} of a {of.kind.name}")
    return Said(f"(- {of.text})" if sign == "-" else of.text, of.kind)


def chosen(branches: Sequence[tuple[Said, Said]], otherwise: Said) -> Said:
    """Return CASE with conditions."""
    kind = common((*(value.kind for _, value in branches), otherwise.kind), "CASE")
    if kind.name in {"node", "relation", "path", "mixed"}:
        cannot(f"CASE that gives a {kind.name}", "Give a property of it.")
    whens = " ".join(f"WHEN {truth(test)} THEN {cast(value, kind)}" for test, value in branches)
    return Said(f"(CASE {whens} ELSE {cast(otherwise, kind)} END)", kind)


def list_of(items: Sequence[Said]) -> Said:
    """Return a list of expressions."""
    kind = common((one.kind for one in items), "a list")
    if kind.name in {"node", "relation"}:
        kind = Kind(kind.name, names=kind.names, held=True)
    return Said(f"[{', '.join(cast(one, kind) if kind.name != 'null' else one.text for one in items)}]", listed(kind))

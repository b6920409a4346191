"""A draft amended by a simulated user until it is what is meant: which amendment made it right, and what changed unasked."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from broadsheet.ask.amend.changes import Change
from broadsheet.ask.amend.diff import diff
from broadsheet.ask.amend.words import Amended, read_amendment
from broadsheet.ask.bench.drafts import Draft
from broadsheet.ask.bench.user import User, Wish
from broadsheet.ask.check.checker import check
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.schema import Schema

MOST = 2


Judge = Callable[[Query], bool]


class Amender(Protocol):
    """What makes an amendment an edit."""

    def __call__(self, text: str, tree: Query, schema: Schema) -> Amended:
        """Return the query amended."""
        ...


class Turn(NamedTuple):
    """One amendment: what was said and meant, the changes made, those of them that were not asked for; whether a question came back, and whether one of its choices was picked."""

    wish: Wish
    made: tuple[Change, ...]
    unrequested: tuple[Change, ...]
    asked_back: bool
    answered: bool = False


class Played(NamedTuple):
    """Of a draft: whether it was right as it was written, and after the checker's fixes and each amendment; the amendments; the queries on the way."""

    drafted: bool
    right: tuple[bool, ...]
    turns: tuple[Turn, ...]
    trees: tuple[Query, ...]

    @property
    def right_by_turns(self) -> tuple[bool, ...]:
        """Whether it was right after so many things that a person did: an answer to a question is one more."""
        found = [self.right[0]]
        for number, turn in enumerate(self.turns, 1):
            found += [self.right[number - 1]] * turn.asked_back + [self.right[number]]
        return tuple((found + [found[-1]] * len(self.right))[: len(self.right)])

    @property
    def attempts(self) -> int | None:
        """How many queries there were until one was right, None if none was."""
        return next((number + 1 for number, right in enumerate(self.right) if right), None)


def play(draft: Draft, user: User, amender: Amender = read_amendment, right_one: Judge | None = None, most: int = MOST) -> Played:
    """Let a user amend a draft, after the checker has mended what it can; a question that comes back is answered at once.

    A query is right if it means the same as the one that is meant, or if `right_one` says so.
    """

    def is_right(query: Query) -> bool:
        return not diff(query, draft.meant) or (right_one is not None and right_one(query))

    tree = mended(draft.draft, draft.schema)
    trees, right, turns = [tree], [is_right(tree)], []
    for _ in range(most):
        if right[-1]:
            trees.append(tree)
            right.append(True)
            continue
        wish = user.wish(tree, draft.meant)
        assert wish is not None
        made, answered = amender(wish.text, tree, draft.schema), False
        if asked_back := bool(made.choices):
            picked = user.pick([_is_meant(tree, one, draft.meant, wish) for one in made.choices])
            answered = picked is not None
            made = Amended(tree, ()) if picked is None else Amended(made.choices[picked], diff(tree, made.choices[picked]))
        unrequested = tuple(one for one in made.changes if not asked_for(one, wish.change))
        turns.append(Turn(wish, made.changes, unrequested, asked_back, answered))
        tree = made.tree
        trees.append(tree)
        right.append(is_right(tree))
    return Played(is_right(draft.draft), tuple(right), tuple(turns), tuple(trees))


def mended(query: Query, schema: Schema) -> Query:
    """Return a query with every fix that the checker has for it."""
    fixed = check(canonical(query), schema).fixed
    made = parse(fixed).query if fixed is not None else None
    return query if made is None else made


def _is_meant(tree: Query, choice: Query, meant: Query, wish: Wish) -> bool:
    """Whether a choice changes nothing but what a wish is about, and is nearer to what is meant."""
    return all(asked_for(one, wish.change) for one in diff(tree, choice)) and len(diff(choice, meant)) < len(diff(tree, meant))


def asked_for(made: Change, wished: Change) -> bool:
    """Whether a change that was made is of the part that a wish is about."""
    if made[:4] == wished[:4]:
        return True
    if made.kind != wished.kind:
        return False
    if made.kind == "returned" and made.key[2:] and wished.key[2:]:
        # To give back a thing, or what it is known by, is about one part.
        mine, theirs = ({one.partition(".")[0] if one.isidentifier() or one.count(".") == 1 else one for one in key} for key in (made.key[2:], wished.key[2:]))
        if bool(made.after) == bool(wished.after) and bool(made.before) == bool(wished.before) and ({*made.key[2:]} & mine or {*wished.key[2:]} & theirs):
            return bool(mine & theirs - {""})
    if made.kind in {"filter", "returned", "distinct"}:
        return bool({*made.key[-2:]} & {*wished.key[-2:]} - {""})
    return made.kind in {"limit", "skip", "order", "union"} or bool({*made.key} & {*wished.key}) or (made.kind == "pattern" and made.part == wished.part)

"""The clauses of a query, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from broadsheet.ask.decode.conditions import More, Test, can_test
from broadsheet.ask.decode.patterns import Begin, can_begin
from broadsheet.ask.decode.projections import Passed
from broadsheet.ask.decode.scope import Move, Scope
from broadsheet.ask.decode.world import World

# Clauses of a query, and paths of one MATCH.
MOST_MATCHES, MOST_WITHS, MOST_PATHS = 4, 2, 3


@dataclass(frozen=True, slots=True)
class Start:
    """The beginning of a query."""

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield a MATCH, for nothing else makes rows."""
        del world
        yield Move("MATCH (", scope._replace(matches=1), (Begin(), Paths(), Clauses()))


@dataclass(frozen=True, slots=True)
class Paths:
    """What follows a path: another that is joined to it, a condition, or the end of the clause."""

    optional: bool = False
    count: int = 1

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield the end first."""
        yield Move("", scope)
        if self.count < MOST_PATHS and can_begin(world, scope, optional=self.optional):
            yield Move(", (", scope, (Begin(self.optional), replace(self, count=self.count + 1)))
        if can_test(world, scope, optional=self.optional):
            yield Move(" WHERE ", scope, (Test(More(optional=self.optional)),))


@dataclass(frozen=True, slots=True)
class Clauses:
    """The rest of a query."""

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield RETURN, and clauses before it. A MATCH behind an OPTIONAL one would drop the rows that this one keeps."""
        yield Move(" RETURN ", scope, (Passed("RETURN"),))
        if scope.names:
            yield Move(" RETURN DISTINCT ", scope, (Passed("RETURN", distinct=True),))
        more = scope._replace(matches=scope.matches + 1)
        if scope.matches < MOST_MATCHES:
            if not scope.optional and can_begin(world, scope):
                yield Move(" MATCH (", more, (Begin(), Paths(), Clauses()))
            if can_begin(world, scope, optional=True):
                yield Move(" OPTIONAL MATCH (", more._replace(optional=True), (Begin(optional=True), Paths(optional=True), Clauses()))
        if scope.withs < MOST_WITHS:
            passed = scope._replace(withs=scope.withs + 1, optional=False)
            yield Move(" WITH ", passed, (Passed("WITH"), Clauses()))
            if scope.names:
                yield Move(" WITH DISTINCT ", passed, (Passed("WITH", distinct=True), Clauses()))

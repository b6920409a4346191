"""What is denied, and what must be true or false: a question held against a query."""

import re
from collections.abc import Iterator

from broadsheet.ask.check.findings import Code
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.nodes import Binary, Function, IsNull, Literal_, Property, Unary
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.question.doubts import Doubt
from broadsheet.ask.question.facts import Facts, Mark
from broadsheet.ask.question.held import Filter, Held
from broadsheet.ask.question.words import parts, root

_GONE = {"null", "empty", "missing", "none", "zero", "blank", "unspecified"}
_SOFT_NEGATIONS = {
    "false",
    "free",
    "aside",
    "empty",
    "null",
    "zero",
    "fail",
    "fails",
    "failed",
    "refused",
    "unable",
    "un",
    "missing",
    "unknown",
    "absent",
    "unless",
    "untouched",
}
_DENYING = re.compile(r"\b(?:no|not|non|without|never|none|un[a-z]{4,}|in[a-z]{4,})\b", re.IGNORECASE)


# A word so long that begins with un and ends as what is done denies that it is: unvisited.
UNDONE = 6


class DeniedHeld:
    """Compares what a question and a query deny."""

    def __init__(self, facts: Facts, held: Held) -> None:
        self._facts, self._held = facts, held

    def doubts(self) -> Iterator[Doubt]:
        """Yield what does not agree."""
        yield from self._negations()
        yield from self._truths()

    def _negations(self) -> Iterator[Doubt]:
        marks = [one for one in self._facts.marked("negation") if not self._is_name(one) and not self._is_less(one)]
        denied = [one for one in self._facts.comparisons if one.denied or one.sign == "<>"]
        held = self._held.negations or any("NOT" in one.sign or one.sign == "<>" or one.turned for one in self._held.filters)
        held = held or any(one.value is not None and one.sign == "=" and one.value.value == 0 for one in self._held.filters)
        # A value may deny by itself: "no suspect found".
        held = held or any(_DENYING.search(one.value) for one in self._held.constants if isinstance(one.value, str))
        if marks and not held:
            present = any(isinstance(node, IsNull) for node in walk(self._held.query))
            for one in marks:
                low = one.words.lower()
                if present and (one.about.lower() in _GONE or low in _GONE):
                    continue
                if low in {"zero", "null", "empty"} and any(
                    constant.value in {0, ""} for constant in self._held.constants if not isinstance(constant.value, bool)
                ):
                    continue
                soft = low in _SOFT_NEGATIONS or (low.startswith("un") and low != "until")
                yield Doubt(
                    "negation_soft" if soft else "negation_missing", Code.QUESTION_FACT_MISSING, self._held.last, one.place, "the query denies nothing."
                )
                return
        if not self._facts.marked("negation") and not denied:
            yield from self._denied()

    def _is_less(self, mark: Mark) -> bool:
        """Whether a word denies that something is as much as another, which the query says with less or more."""
        behind = next((token.low for token in self._facts.tokens if token.place.start >= mark.place.end), "")
        return behind == "as" and any(one.sign in {"<", ">"} and one.value is None for one in self._held.filters)

    def _is_name(self, mark: Mark) -> bool:
        return any(
            one.place.start <= mark.place.start and mark.place.end <= one.place.end
            for one in self._facts.mentions
            if one.kind in {"property", "value", "label"} and one.whole
        )

    def _denied(self) -> Iterator[Doubt]:
        lows = {token.low for token in self._facts.tokens}
        excused = lows & {"other", "others", "another", "different", "only", "exclusively", "still", "solely", "just", "new", "outside", "rather", "non", "common", "single", "active",
                          "alone", "lowest", "missing", "orphan", "orphans", "leaf", "isolated", "root", "independent", "solo", "standalone", "current", "currently", "available", "zero", "0", "first", "last", "unique", "distinct", "exactly", "open", "left", "remaining", "yet"}  # fmt: skip
        if excused or any(low.startswith("un") and low.endswith("ed") and len(low) > UNDONE for low in lows):
            return
        bounded = any(one.sign in {"<=", ">=", "<", ">"} for one in self._facts.comparisons)
        for node in walk(self._held.query):
            if isinstance(node, Unary) and isinstance(node.of, Binary) and node.of.sign in {"<", "<=", ">", ">="} and bounded:
                continue
            if isinstance(node, IsNull) and not node.negated and isinstance(node.of, Property) and not self._held.optional:
                said = {root(word) for token in self._facts.tokens for word in parts(token.text)}
                named = {root(word) for word in parts(node.of.key)} & said
                yield Doubt(
                    "null_extra" if named else "null_unnamed",
                    Code.QUESTION_FACT_EXTRA,
                    node.place,
                    None,
                    f"The question denies nothing, and the query has {written(node)}.",
                )
                return
            if (
                isinstance(node, Unary)
                and node.sign == "NOT"
                and not isinstance(node.of, IsNull)
                and not (isinstance(node.of, Function) and node.of.name.lower() in {"isempty", "isnan"})
            ):
                if (
                    isinstance(node.of, Function)
                    and node.of.name.lower() == "exists"
                    and isinstance(node.of.arguments[0] if node.of.arguments else None, Property)
                ):
                    continue
                yield Doubt("negation_extra", Code.QUESTION_FACT_EXTRA, node.place, None, f"The question denies nothing, and the query has {written(node)}.")
                return
            if isinstance(node, Binary) and node.sign == "<>" and isinstance(node.right, Literal_) and node.right.value not in {"", 0, None}:
                yield Doubt("unequal_extra", Code.QUESTION_FACT_EXTRA, node.place, None, f"The question denies nothing, and the query has {written(node)}.")
                return

    def _truths(self) -> Iterator[Doubt]:
        """Tell of a property that must be true where the question denies it, or false where it does not."""
        denied = bool(self._facts.marked("negation"))
        truths = [
            (getattr(one.subject, "key", ""), one.value.value) for one in self._held.filters if one.value is not None and isinstance(one.value.value, bool)
        ]
        if len({key for key, _ in truths}) < len(set(truths)):
            # Both are asked for: public and private ones.
            return
        for one in self._held.filters:
            if one.value is None or not isinstance(one.value.value, bool) or one.sign not in {"=", "<>"}:
                continue
            positive = one.value.value == (one.sign == "=")
            if not positive and not denied:
                said = {root(word) for token in self._facts.tokens for word in parts(token.text)}
                named = {root(word) for word in parts(getattr(one.subject, "key", ""))} - {"is", "has"} & said
                yield Doubt(
                    "truth_denied" if named else "truth_unnamed",
                    Code.QUESTION_MISMATCH,
                    one.place,
                    None,
                    f"The question denies nothing, and the query has {one.written}.",
                )
            elif positive and denied and not self._held.negations and self._denied_near(one):
                mark = self._facts.marked("negation")[0]
                yield Doubt("truth_held", Code.QUESTION_MISMATCH, one.place, mark.place, f"the query has {one.written}.")

    def _denied_near(self, one: Filter) -> bool:
        key = getattr(one.subject, "key", "")
        said = {root(word) for word in parts(key)}
        for mark in self._facts.marked("negation"):
            behind = [token for token in self._facts.tokens if token.place.start >= mark.place.start][:4]
            if said & {root(token.low.removeprefix("un")) for token in behind}:
                return True
        return False

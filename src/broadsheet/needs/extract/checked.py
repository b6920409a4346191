"""What a language model says of posts, held against their words: rows of what stands there, and of what does not with the reason."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from math import isclose
from typing import Any, NamedTuple

from broadsheet.core.catalogue import text_hash
from broadsheet.core.schema import Columns
from broadsheet.needs.claims import Claim, Quote
from broadsheet.needs.edges import pieces
from broadsheet.needs.evidence import FEWEST_PIECES, Gate, Reason, Verdict
from broadsheet.needs.extract import rules
from broadsheet.needs.extract.asking import Answer
from broadsheet.needs.normal import normalise, without_halves
from broadsheet.needs.privacy import scrub
from broadsheet.needs.records import Span
from broadsheet.needs.taxonomy import Taxonomy

# Reasons for which a quotation is made up: it does not stand in what the model was shown.
MADE_UP = frozenset({Reason.NOT_VERBATIM, Reason.EXAMPLE_LEAK, Reason.OTHER_POST})
Row = dict[str, Any]


class Kind(StrEnum):
    """What is said of a post."""

    MENTION = "mention"
    AGE = "age"
    INCOME = "income"
    STRESS = "stress"
    RISK = "risk"
    ORDER = "order"


class Unfit(StrEnum):
    """Why something is not kept whose words stand in the post."""

    VALUE_NOT_QUOTED = "value_not_quoted"
    SAME_LEVEL = "same_level"
    UNSURE = "unsure"
    OTHER_PART = "other_part"
    TOO_SHORT = "too_short"


class Part(NamedTuple):
    """A stretch of a post that was asked about by itself; all of it, mostly."""

    post: str
    author: str
    number: int
    span: Span

    @property
    def name(self) -> str:
        """The part's own id among all parts."""
        return f"{self.post}\n{self.number}"


class Said(NamedTuple):
    """One thing that a model says of a part, with its quotations."""

    id: str
    part: Part
    kind: Kind
    quotes: tuple[str, ...]
    held: Any

    def claim(self) -> Claim:
        """Return it as the gate takes it."""
        need = self.held.need if self.kind is Kind.MENTION else None
        return Claim(self.id, self.part.name, need, None, tuple(map(Quote, self.quotes)))


class Rows(NamedTuple):
    """Rows of each frame that a model's answers fill."""

    mentions: list[Row]
    rejected: list[Row]
    facts: list[Row]
    ratings: list[Row]
    claims: list[Row]


class Checker(NamedTuple):
    """Checks answers about parts of posts; `examples` are what the model was told, which evidences nothing, and `by` stands in every row."""

    taxonomy: Taxonomy
    examples: Sequence[str]
    floor: float
    by: Mapping[str, str]

    def __call__(self, answers: Iterable[tuple[Part, Answer]]) -> Rows:
        """Return rows of what stands in its part, and of what does not."""
        said = [one for part, answer in answers for one in _said(part, answer)]
        gate = Gate({one.part.name: one.part.span.text for one in said}, self.taxonomy, self.examples)
        rows = Rows([], [], [], [], [])
        rated: dict[tuple[str, Kind], list[tuple[Said, Span]]] = {}
        for one, verdict in zip(said, gate.judge(one.claim() for one in said), strict=True):
            if reason := self._fault(one, verdict):
                rows.rejected.append(self._rejected(one, reason))
            elif one.kind in (Kind.STRESS, Kind.RISK):
                rated.setdefault((one.part.post, one.kind), []).append((one, _moved(verdict.spans, one.part)[0]))
            else:
                self._keep(rows, one, _moved(verdict.spans, one.part))
        for found in rated.values():
            # A post has one figure, which is the highest of its parts.
            (one, span), *others = sorted(found, key=lambda pair: (-pair[0].held.value, pair[0].part.number))
            rows.ratings.append({**self._fact(one, span), Columns.VALUE: float(one.held.value)})
            rows.rejected.extend(self._rejected(other, Unfit.OTHER_PART) for other, _ in others)
        return rows

    def _fault(self, one: Said, verdict: Verdict) -> str:
        if not verdict.accepted:
            return str(verdict.reason)
        quoted = normalise(" ".join(one.quotes)).text
        if one.kind is Kind.MENTION:
            return Unfit.UNSURE if one.held.confidence < self.floor else ""
        if one.kind is Kind.ORDER:
            return Unfit.SAME_LEVEL if one.held.before == one.held.after else Unfit.TOO_SHORT if pieces(quoted) <= FEWEST_PIECES else ""
        if one.kind in (Kind.AGE, Kind.INCOME) and pieces(quoted) == 1:
            return Unfit.TOO_SHORT  # a bare number may be of anything
        return "" if _holds(one.kind, float(one.held.value), quoted) else Unfit.VALUE_NOT_QUOTED

    def _keep(self, rows: Rows, one: Said, spans: tuple[Span, ...]) -> None:
        if one.kind is Kind.MENTION:
            level, _ = self.taxonomy.resolve(one.held.need, None)
            facts = {
                Columns.NEED: one.held.need,
                Columns.LEVEL: level.id,
                Columns.POLARITY: str(one.held.polarity),
                Columns.HORIZON: str(one.held.horizon),
            }
            evidence = {Columns.EVIDENCE: [span.model_dump() for span in spans], Columns.CONFIDENCE: float(one.held.confidence)}
            rows.mentions.append({Columns.MENTION: one.id, Columns.POST: one.part.post, **facts, **_place(spans[0]), **evidence, **self.by})
        elif one.kind is Kind.ORDER:
            order = {Columns.BEFORE: one.held.before, Columns.AFTER: one.held.after}
            rows.claims.append({Columns.POST: one.part.post, **order, **_place(spans[0]), **self.by})
        else:
            currency, period = rules.paid(normalise(spans[0].text).text) if one.kind is Kind.INCOME else ("", "")
            unit = {Columns.VALUE: float(one.held.value), Columns.CURRENCY: currency, Columns.PERIOD: period}
            rows.facts.append({**self._fact(one, spans[0]), **unit})

    def _fact(self, one: Said, span: Span) -> Row:
        return {Columns.POST: one.part.post, Columns.AUTHOR: one.part.author, Columns.KIND: str(one.kind), **_place(span), **self.by}

    def _rejected(self, one: Said, reason: str) -> Row:
        # What a model made up may look like somebody's number.
        said = scrub("\n".join(one.quotes)).text
        return {Columns.MENTION: one.id, Columns.POST: one.part.post, Columns.KIND: str(one.kind), Columns.REASON: str(reason), Columns.TEXT: said, **self.by}


def _said(part: Part, answer: Answer) -> Iterator[Said]:
    """Yield all that an answer says, each under an id that follows from its content."""
    found: list[tuple[Kind, list[str], Any, str]] = [(Kind.MENTION, one.quotes, one, one.need) for one in answer.mentions]
    figures = [(kind, getattr(answer, kind)) for kind in (Kind.AGE, Kind.INCOME, Kind.STRESS, Kind.RISK)]
    found += [(kind, [one.quote], one, str(one.value)) for kind, one in figures if one is not None]
    found += [(Kind.ORDER, [one.quote], one, f"{one.before} {one.after}") for one in answer.orders]
    for kind, quotes, one, value in found:
        whole = tuple(map(without_halves, quotes))
        yield Said(text_hash("\n".join((part.name, kind, value, *whole)))[:16], part, kind, whole, one)


def _holds(kind: Kind, value: float, quoted: str) -> bool:
    """Whether the figure that is claimed stands in the words that are quoted for it; a rating needs none, but must not be another than a figure out of ten."""
    if kind is Kind.AGE:
        return value in rules.years(quoted)
    if kind is Kind.INCOME:
        return any(isclose(value, amount, abs_tol=0.005) for amount in rules.amounts(quoted))
    stated = rules.tenths(quoted)
    return not stated or value in stated


def _moved(spans: Sequence[Span], part: Part) -> tuple[Span, ...]:
    """Return places of a part as places of its post."""
    by = part.span.start
    return tuple(Span(start=span.start + by, end=span.end + by, text=span.text) for span in spans)


def _place(span: Span) -> Row:
    return {Columns.START: span.start, Columns.END: span.end, Columns.TEXT: span.text}

"""Reads the facts out of a question: no model, no graph, only its words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from broadsheet.ask.cypher.nodes import Place
from broadsheet.ask.question import phrases as p
from broadsheet.ask.question.facts import Aggregate, Comparison, Containment, Facts, Limit, Mark, Mention, Order, Superlative, Value
from broadsheet.ask.question.values import values_of
from broadsheet.ask.question.vocabulary import Vocabulary
from broadsheet.ask.question.words import Token, parts, stem, tokens

# How many words may stand between a phrase and the value that it is about.
FAR = 4


def read_question(question: str, vocabulary: Vocabulary | None = None) -> Facts:
    """Return the facts of a question; with the words of a schema, what it mentions of that too.

    >>> facts = read_question("Which three films by 'Ana' have at least 5 votes and were not shown before 1990, newest first?")
    >>> [(one.sign, one.value.value) for one in facts.comparisons], facts.limits[0].count, facts.orders[0].way
    ([('>=', 5), ('>=', 1990)], 3, 'down')
    """
    pieces = tokens(question)
    mentions = vocabulary.mentions(pieces) if vocabulary is not None else ()
    known = frozenset(at for one in mentions if one.kind != "value" and one.whole for at in _covered(pieces, one))
    return _Reader(question, pieces, values_of(pieces, known), mentions).read()


def _covered(pieces: Sequence[Token], one: Mention) -> Iterator[int]:
    for at, token in enumerate(pieces):
        if one.place.start <= token.place.start and token.place.end <= one.place.end:
            yield at


class _Reader:
    """Goes over a question once for each kind of fact; words that are taken are not read twice."""

    def __init__(self, question: str, pieces: tuple[Token, ...], values: tuple[Value, ...], mentions: tuple[Mention, ...]) -> None:
        self._question, self._pieces, self._values, self._mentions = question, pieces, values, mentions
        self._lows = [one.low if one.shape in {"word", "mark"} else f"<{one.shape}>" for one in pieces]
        self._begins = {one.first: one for one in values}
        self._inside = {at for one in values for at in range(one.first, one.last) if one.kind in {"quoted", "name", "code", "date"} and not one.soft}
        self._taken: set[int] = set()
        self._valued: set[int] = set()

    def read(self) -> Facts:
        """Return all facts."""
        orders = tuple(self._orders())
        comparisons = (*self._ranges(), *self._before(), *self._after())
        containments = tuple(self._containments())
        limits = tuple(self._limits())
        superlatives = tuple(self._superlatives())
        aggregates = tuple(self._aggregates())
        return Facts(
            self._question, self._pieces, self._values, tuple(sorted(comparisons, key=lambda one: one.place)), containments, limits, superlatives, orders, aggregates,
            tuple(sorted((*self._marks(), *self._negations(), *self._distincts()), key=lambda one: one.place)), self._mentions,
        )  # fmt: skip

    # Places.

    def _place(self, first: int, last: int) -> Place:
        return Place(self._pieces[first].place.start, self._pieces[last - 1].place.end)

    def _said(self, first: int, last: int) -> str:
        return self._question[slice(*self._place(first, last))]

    def _free(self, at: int) -> bool:
        return at not in self._taken and at not in self._inside

    def _about(self, at: int) -> str:
        """Return the first word from a place on that says something."""
        for token in self._pieces[at : at + 3]:
            if token.shape in {"word", "code"} and token.low not in {"of", "the", "a", "an", "their", "its", "all"}:
                return token.text
        return ""

    def _value_behind(self, at: int, through: frozenset[str] = p.THROUGH, *, free: bool = True) -> Value | None:
        """Return the value that a phrase which ends at a place is about."""
        stepped = 0
        for here in range(at, min(at + FAR + 1, len(self._pieces))):
            value = self._begins.get(here)
            if value is not None and (here == at or not value.soft or value.is_number):
                return value
            low = self._lows[here]
            if low in through:
                continue
            if not free or stepped == 2 or low in p.NO_BRIDGE or self._pieces[here].shape not in {"word", "code"}:
                return None
            stepped += 1
        return None

    # Comparisons.

    def _ranges(self) -> Iterator[Comparison]:
        for at, low in enumerate(self._lows):
            if low not in {"between", "from", "range", "ranging", "within"}:
                continue
            start = at + 1
            while start < len(self._lows) and self._lows[start] in {"from", "of", "the", "between", "range", "year", "years", "a", "in", "-"}:
                start += 1
            one = self._begins.get(start)
            if one is None or at in self._taken:
                continue
            link = one.last
            # The unit may stand before the link: from 5 stars to 9 stars.
            for _ in range(2):
                if (
                    link < len(self._lows)
                    and self._lows[link] not in {"and", "to", "-", "–", "through", "until", "till"}
                    and self._pieces[link].shape == "word"
                ):
                    link += 1
            if link >= len(self._lows) or self._lows[link] not in (
                {"and", "to", "-", "–", "through"} if low != "from" else {"to", "-", "–", "through", "until", "till"}
            ):
                continue
            other = self._value_behind(link + 1, free=False)
            if other is None or not _bounds(one) or not _bounds(other):
                continue
            self._taken.update(range(at, other.last))
            self._valued.update((one.first, other.first))
            place, words = self._place(at, other.last), self._said(at, other.last)
            outside = self._denied(at) is not None or (at and self._lows[at - 1] == "outside")
            yield Comparison(place, "<" if outside else ">=", one, words, of_range=True)
            yield Comparison(place, ">" if outside else "<=", other, words, of_range=True)

    def _denied(self, at: int) -> int | None:
        """Return where a word stands that turns the comparison at a place: `not more than`, `doesn't have more than`, `not shown before`."""
        for back in range(1, 4):
            if at - back < 0 or self._lows[at - back] in {",", ".", "and", "or", "but", "who", "that", "which", "with"} or at - back in self._taken:
                return None
            low = self._lows[at - back]
            if low in {"not", "never"} or low.endswith("n't") or low == "cannot" or (low == "no" and back == 1):
                return at - back
        return None

    def _phrase(self, at: int) -> tuple[str, int, bool] | None:
        """Return the sign of the comparing words at a place, where they end, and whether they are of age."""
        low = self._lows[at]
        if low in p.SYMBOLS and self._pieces[at].shape == "mark":
            end = at + 1
            if end < len(self._lows) and low + self._lows[end] in p.SYMBOLS:
                low, end = low + self._lows[end], end + 1
            return p.SYMBOLS[low], end, False
        found = p.phrase_at(p.BEFORE, self._lows, at)
        if low == "or" and any(back in self._begins for back in range(max(0, at - 3), at)):
            # Under 20 or more than 120: another bound begins.
            return None
        if found is not None and found[1] - at > 1:
            return *found, low in {"no", "not"} and self._lows[at + 1] in p.AGED
        if low in p.UP or low in p.DOWN or low in p.AGED:
            for end in range(at + 1, min(at + 5, len(self._lows))):
                if self._lows[end] == "than":
                    more = p.phrase_at({"than": [(("than", "or", "equal", "to"), "=")]}, self._lows, end)
                    sign = p.AGED.get(low) or (">" if low in p.UP else "<")
                    return (sign + "=" if more else sign), more[1] if more else end + 1, low in p.AGED
                if self._pieces[end].shape != "word" or self._lows[end] in p.NO_BRIDGE:
                    break
        return None if found is None else (*found, False)

    def _before(self) -> Iterator[Comparison]:
        for at in range(len(self._lows)):
            if not self._free(at) or (found := self._phrase(at)) is None:
                continue
            sign, end, aged = found
            value = self._value_behind(end) if sign not in {"=", "<>"} else self._value_behind(end, p.THROUGH | {"called", "named"}, free=False)
            if self._unclear(at, end, value):
                continue
            if value is not None and value.first in self._valued:
                value = None
            denied = self._denied(at) if sign != "<>" else None
            if value is None and (sign == "<>" or not any(word == "than" for word in self._lows[at:end])):
                continue
            start = at if denied is None else denied
            last = end if value is None else value.last
            self._taken.update(range(start, end))
            if value is not None:
                self._valued.add(value.first)
            turned = sign if denied is None else p.OPPOSITE[sign]
            yield Comparison(self._place(start, last), turned, value, self._said(start, last), aged, denied=denied is not None)  # pyrefly: ignore

    def _unclear(self, at: int, end: int, value: Value | None) -> bool:
        """Whether words that often compare do something else here: `over the films`, `after Ana left`, `under jurisdictions`."""
        low = self._lows[at]
        if low == "up" and value is not None and self._lows[value.last : value.last + 1] in (["results"], ["rows"], ["entries"], ["records"]):
            return True
        if end - at > 1 or value is None or not low.isalpha():
            return False
        if low in {"over", "above", "under", "below", "beyond", "beneath"}:
            return not value.is_number
        if low in {"after", "before", "since", "until", "till", "following", "preceding"}:
            return value.kind == "name" or (value.is_number and value.kind == "number" and not self._near_year(value))
        return low in {"exact", "outside", "besides", "except", "excluding"} and value.is_number

    def _near_year(self, value: Value) -> bool:
        return value.soft is False and (value.first == 0 or self._lows[value.first - 1] != "the")

    def _after(self) -> Iterator[Comparison]:
        for value in self._values:
            if not _bounds(value) or value.first in self._valued:
                continue
            for end in range(value.last, min(value.last + 3, len(self._lows))):
                if self._lows[end] == "+" and end == value.last:
                    found: tuple[str, int] | None = (">=", end + 1)
                elif (found := p.phrase_at(p.AFTER, self._lows, end)) is None and self._pieces[end].shape == "word" and self._lows[end] not in p.NO_BRIDGE:
                    continue
                if (
                    found is not None
                    and all(self._free(at) for at in range(end, found[1]))
                    and not (self._lows[end] in {"minimum", "maximum"} and end > value.last)
                ):
                    self._taken.update(range(end, found[1]))
                    self._valued.add(value.first)
                    yield Comparison(self._place(value.first, found[1]), found[0], value, self._said(value.first, found[1]))  # pyrefly: ignore
                break

    def _containments(self) -> Iterator[Containment]:
        for at in range(len(self._lows)):
            if self._free(at) and (found := p.phrase_at(p.CONTAINS, self._lows, at)) is not None:
                sign, end = found
                value = self._value_behind(end, p.CONTAINED, free=False) or self._letter(end)
                if value is not None and (value.kind in {"quoted", "code", "name"} or (sign != "CONTAINS" and value.is_number)):
                    self._taken.update(range(at, end))
                    self._valued.add(value.first)
                    yield Containment(self._place(at, value.last), sign, value, self._said(at, value.last))  # pyrefly: ignore

        yield from self._contained_in()

    def _contained_in(self) -> Iterator[Containment]:
        """Yield what stands in a name: `with Tweed in their name`."""
        for value in self._values:
            behind = self._lows[value.last : value.last + 3]
            inside = behind[:1] == ["in"] and behind[1:2] in (["the"], ["their"], ["its"]) and behind[2:] in (["name"], ["names"], ["title"], ["titles"])
            had = self._lows[value.first - 1] if value.first else ""
            if inside and had in {"with", "have", "has", "having"} and value.kind in {"quoted", "code", "name"} and value.first not in self._valued:
                self._valued.add(value.first)
                end = value.last + len(behind)
                self._taken.update(range(value.first, end))
                yield Containment(self._place(value.first, end), "CONTAINS", value, self._said(value.first, end))  # pyrefly: ignore

    def _is_article(self, at: int) -> bool:
        """Whether a letter stands before a thing, and not for itself: `a reed`, but `a in the name`."""
        behind = self._lows[at + 1 : at + 2]
        return self._lows[at] == "a" and bool(behind) and self._pieces[at + 1].shape == "word" and behind[0] not in p.LETTERED

    def _letter(self, at: int) -> Value | None:
        """Return a letter that stands for itself, or a word after `the word`."""
        while at < len(self._lows) and (self._lows[at] in p.CONTAINED - {"a"} or self._is_article(at)):
            at += 1
        if (
            at < len(self._lows)
            and self._pieces[at].shape == "word"
            and (len(self._lows[at]) == 1 or self._lows[at - 1] in {"word", "phrase", "letter", "substring", "prefix"})
        ):
            return Value(self._pieces[at].place, "name", self._pieces[at].text, self._pieces[at].text, at, at + 1)
        return None

    # How much, and in which order.

    def _limits(self) -> Iterator[Limit]:
        for value in self._values:
            if (
                value.kind != "number"
                or not isinstance(value.value, int)
                or value.first in self._valued
                or (value.soft and value.text[:1].isdigit())
                or value.value < 1
            ):
                continue
            if (found := self._limit(value)) is not None:
                start, end, which = found
                self._valued.add(value.first)
                yield Limit(self._place(start, end), value.value, which, self._said(start, end))  # pyrefly: ignore

    def _limit(self, value: Value) -> tuple[int, int, str] | None:
        at, end = value.first, value.last
        if end < len(self._pieces) and self._lows[end] == "-" and self._pieces[end].place.start == value.place.end:
            # A number that is a part of a word: 5-star reviews.
            return None
        if end < len(self._pieces) and self._is_unit(self._pieces[end]):
            return None
        before = self._lows[at - 1] if at else ""
        after = self._lows[end] if end < len(self._lows) else ""
        if before in {"top", "bottom", "first", "last", "latest", "best", "worst", "initial"}:
            which = {"bottom": "top", "best": "top", "worst": "top", "latest": "last", "initial": "first"}.get(before, before)
            return at - 1, end, which
        if before in p.SUPERLATIVES and before not in {"minimum", "maximum", "min", "max"}:
            return at - 1, end, "top"
        if (after in p.SUPERLATIVES and after not in {"minimum", "maximum", "min", "max"}) or after == "top":
            return at, end + 1, "top"
        if after in {"results", "rows", "examples", "entries", "records", "result", "instances", "answers"} and not self._hanging(at):
            return at, end, "any"
        return self._asked_for(at, end)

    def _is_unit(self, piece: Token) -> bool:
        """Whether a word is the unit in which a property is told, and no thing that is counted: the g of `weight_g`."""
        return any(one.kind == "property" and not one.whole and one.place == piece.place and parts(one.name)[-1] == piece.low for one in self._mentions)

    def _hanging(self, at: int) -> bool:
        """Whether something before a number makes it a condition: `with 3 results`."""
        return bool(at) and self._lows[at - 1] in {"with", "has", "have", "having", "of", "in"}

    def _asked_for(self, at: int, end: int) -> tuple[int, int, str] | None:
        """Tell of `limit the results to 5`, `show me 5 ...`, `what are the names of 5 ...`."""
        back = at - 1
        while back >= 0 and self._lows[back] in {"the", "to", "first", "top", "only", "just", "by", "at", "me", "us", "any", "up", "most", "of", "results", "result", "them",
                                                 "list", "out", "it", "some", "maximum", "a", "output", "exactly", "number", "names", "name", "titles", "all", "-", ":", "their",
                                                 "rows", "returned", "answer", "entries", "records", "for", "ids", "random", "different", "distinct", "unique", "total"}:  # fmt: skip
            if self._lows[back] in {"list", "name"} and (back == 0 or self._pieces[back - 1].shape == "mark"):
                return back + 1, end, "any"
            back -= 1
        low = self._lows[back] if back >= 0 else ""
        if low in {"limit", "limited", "limiting", "restrict", "restricted", "cap", "capped"}:
            return back, end, "any"
        commands = {"show", "find", "give", "display", "identify", "return", "get", "which", "what", "retrieve", "provide", "select", "pick", "fetch", "present", "list", "name",
                    "report", "output", "recommend", "suggest", "tell", "are", "who"}  # fmt: skip
        plain = end < len(self._pieces) and self._pieces[end].shape in {"word", "quoted", "code"} and self._lows[end] not in {"or", "and", "of", "to"}
        if low in commands and (plain or end >= len(self._pieces) or self._pieces[end].shape == "mark"):
            asking = low not in {"are", "who"} or (back and self._lows[back - 1] in {"what", "who", "which"})
            return (back + 1, end, "any") if asking and self._is_command(back) else None
        return None

    def _is_command(self, at: int) -> bool:
        return at <= 3 or self._pieces[at - 1].shape == "mark" or self._lows[at - 1] in {"and", "please", "then", "what", "who"}

    def _superlatives(self) -> Iterator[Superlative]:
        for at, low in enumerate(self._lows):
            if not self._free(at):
                continue
            after = self._lows[at + 1] if at + 1 < len(self._lows) else ""
            if low in p.SUPERLATIVES:
                if (low in {"most", "least", "best"} and after == "of") or (at and self._lows[at - 1] == "at"):
                    continue
                way, end = p.SUPERLATIVES[low], at + 1
                if low in {"most", "least"} and after in p.TIMED:
                    way, end = p.TIMED[after][low == "least"], at + 2
                elif after == "negative":
                    way = "low" if way == "high" else "high"
                soft = low in {"maximum", "minimum", "max", "min", "best", "worst"}
                self._taken.update(() if soft else range(at, end))
                yield Superlative(self._place(at, end), way, self._said(at, end), self._about(end), soft)  # pyrefly: ignore
            elif low.endswith("est") and len(low) > 5 and low not in p.NO_SUPERLATIVES and self._pieces[at].text.islower():
                yield Superlative(self._place(at, at + 1), "unknown", low, self._about(at + 1))
            elif low in p.TOPS:
                yield Superlative(self._place(at, at + 1), p.TOPS[low], self._pieces[at].text, self._about(at + 1), soft=True)  # pyrefly: ignore
            elif low in {"first", "last"} and at + 1 not in self._begins and after not in {"name", "names", "-", "initial"}:
                yield Superlative(self._place(at, at + 1), "old" if low == "first" else "new", self._pieces[at].text, self._about(at + 1), soft=True)

    def _orders(self) -> Iterator[Order]:
        for at, low in enumerate(self._lows):
            if not self._free(at):
                continue
            if (found := p.phrase_at(p.ORDERS, self._lows, at)) is not None:
                way, end = found
                self._taken.update(range(at, end))
                yield Order(self._place(at, end), way, self._said(at, end))  # pyrefly: ignore
            elif p.SUPERLATIVES.get(low) in _FIRST and self._lows[at + 2 : at + 3] == ["first"] and self._pieces[at + 1].shape == "word":
                self._taken.update(range(at, at + 3))
                yield Order(self._place(at, at + 3), _FIRST[p.SUPERLATIVES[low]], self._said(at, at + 3), self._pieces[at + 1].text)
            elif p.SUPERLATIVES.get(low) in _FIRST and self._lows[at + 1 : at + 2] == ["first"]:
                self._taken.update(range(at, at + 2))
                yield Order(self._place(at, at + 2), _FIRST[p.SUPERLATIVES[low]], self._said(at, at + 2))
            elif low in p.SORTED and any(word == "by" for word in self._lows[at + 1 : at + 5]):
                by = self._lows.index("by", at)
                yield Order(self._place(at, by + 1), "", self._said(at, by + 1), self._about(by + 1))

    # Groups, and what is put together.

    def _aggregates(self) -> Iterator[Aggregate]:
        at = 0
        while at < len(self._lows):
            found = p.phrase_at(p.AGGREGATES, self._lows, at) if self._free(at) else None
            if found is None:
                at += 1
                continue
            which, end = found
            before = self._lows[at - 1] if at else ""
            soft = which in {"min", "max"} or (
                end - at == 1
                and which in {"sum", "count"}
                and self._lows[at] != "altogether"
                and before not in {"the", "a", "what's", "is", "their", "in", ""} | p.SUPERLATIVES.keys()
            )
            yield Aggregate(self._place(at, end), which, self._said(at, end), self._about(end), soft)  # pyrefly: ignore
            at = end

    def _marks(self) -> Iterator[Mark]:
        at = 0
        while at < len(self._lows):
            found = p.phrase_at(p.OPTIONAL, self._lows, at) if self._free(at) else None
            if (
                found is not None
                and not (found[0] == "only" and at and self._lows[at - 1] == "not")
                and not (self._lows[at] in {"each", "every"} and self._lows[at + 1 : at + 2] == ["other"])
            ):
                yield Mark(self._place(at, found[1]), found[0], self._said(at, found[1]), self._about(found[1]))  # pyrefly: ignore
                self._taken.update(range(at, found[1]) if found[0] == "optional" else ())
                at = found[1]
            else:
                at += 1

    def _negations(self) -> Iterator[Mark]:
        for at, low in enumerate(self._lows):
            if not self._free(at):
                continue
            after = self._lows[at + 1 : at + 3]
            if low == "other" and after[:1] == ["than"]:
                yield Mark(self._place(at, at + 2), "negation", self._said(at, at + 2), self._about(at + 2))
            elif low == "no" and (after[:1] in (["."], ["matter"], ["longer"]) or (at + 1 in self._begins and after[:1] == ["<number>"])):
                if after[:1] == ["longer"]:
                    yield Mark(self._place(at, at + 2), "negation", self._said(at, at + 2), self._about(at + 2))
            elif (low in p.NEGATIONS or low.endswith("n't") or (low.startswith("un") and stem(low) in UNDONE)) and after[:1] != ["only"]:
                yield Mark(self._place(at, at + 1), "negation", self._pieces[at].text, self._about(at + 1))

    def _distincts(self) -> Iterator[Mark]:
        for at, low in enumerate(self._lows):
            if self._free(at) and low in p.DISTINCTS and self._lows[at + 1 : at + 2] not in (["from"], ["than"], ["to"]):
                if at and self._lows[at - 1] in {"most", "least", "fewest"}:
                    continue
                yield Mark(self._place(at, at + 1), "distinct", self._pieces[at].text, self._about(at + 1))


_FIRST: Mapping[str, Literal["up", "down"]] = {"high": "down", "new": "down", "low": "up", "old": "up"}
UNDONE = frozenset(
    stem(one)
    for one in "unanswered unread unsolved unresolved unassigned unpaid unrated unreviewed unused unlisted unmarried unknown unregistered unverified unpublished unavailable "
    "unlabeled unlabelled untagged unfinished unsuccessful unconnected unrelated unemployed unnamed uncategorized unsold unshipped undelivered unspecified".split()
)


def _bounds(value: Value) -> bool:
    return value.kind in {"number", "year", "date", "decade"} or (value.kind == "quoted" and any(letter.isdigit() for letter in value.text))

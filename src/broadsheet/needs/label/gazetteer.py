"""Spans without a model: values that were seen in labelled texts, the longest first, and amounts of money by a rule. What any tagger must be better than."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from broadsheet.needs.label.tokens import Tagged, Token, tokens_of
from broadsheet.needs.records import Span

_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_AMOUNT = re.compile(
    rf"[$€£]\s?{_NUMBER}(?:\s?(?:k|thousand|million)\b)?|{_NUMBER}(?:\s?(?:k|thousand|million)\b)?\s?(?:[$€£]|(?:dollars?|euros?|pounds?|quid|usd|eur|gbp)\b)",
    re.IGNORECASE,
)
Words = tuple[str, ...]


def words_of(tokens: Sequence[Token]) -> Words:
    """Return tokens as they are looked up: in small letters, a number as so many digits."""
    return tuple("0" * len(token.text) if token.text.isdecimal() else token.text.lower() for token in tokens)


class Gazetteer:
    """Values by kind, as often as they were seen. A value seen as several kinds is the one that it was most often."""

    name = "values seen in training, the longest first"

    def __init__(self, values: Mapping[Words, Mapping[str, int]]) -> None:
        self.values = {words: Counter(kinds) for words, kinds in values.items()}
        self.longest = max(map(len, self.values), default=0)

    @classmethod
    def fit(cls, spans: Sequence[Sequence[Tagged]]) -> "Gazetteer":
        """Learn from the spans of labelled texts.

        >>> made = Gazetteer.fit([[Tagged("company", Span(start=0, end=6, text="Amazon"))]])
        >>> [(kind, span.text) for kind, span in made("a refund by amazon please")]
        [('company', 'amazon')]
        """
        values: dict[Words, Counter[str]] = {}
        for one in spans:
            for kind, span in one:
                values.setdefault(words_of(tokens_of(span.text)), Counter())[kind] += 1
        return cls(values)

    def marks(self, tokens: Sequence[Token], own: Sequence[Tagged] = ()) -> list[str]:
        """Return for each token the kind of the value that it is in, or an empty string; `own` are spans of the text that do not count as seen."""
        hidden: dict[Words, Counter[str]] = {}
        for kind, span in own:
            hidden.setdefault(words_of(tokens_of(span.text)), Counter())[kind] += 1
        marks = [""] * len(tokens)
        for first, end, kind in self._found(words_of(tokens), hidden):
            marks[first:end] = [kind] * (end - first)
        return marks

    def __call__(self, text: str) -> tuple[Tagged, ...]:
        """Return the spans of a text."""
        tokens = tokens_of(text)
        return tuple(_tagged(text, kind, tokens[first].start, tokens[end - 1].end) for first, end, kind in self._found(words_of(tokens), {}))

    def _found(self, words: Words, hidden: Mapping[Words, Counter[str]]) -> list[tuple[int, int, str]]:
        found, first = [], 0
        while first < len(words):
            for end in range(min(len(words), first + self.longest), first, -1):
                part = words[first:end]
                seen = self.values.get(part, Counter()) - hidden.get(part, Counter())
                if seen:
                    found.append((first, end, min(seen, key=lambda kind: (-seen[kind], kind))))
                    first = end
                    break
            else:
                first += 1
        return found


def amounts(text: str, kind: str) -> tuple[Tagged, ...]:
    """Return the amounts of money in a text, a number with a currency, as spans of that kind.

    >>> [span.text for _, span in amounts("from £20 to 1,500.50 pounds in 3 days", "amount")]
    ['£20', '1,500.50 pounds']
    """
    return tuple(_tagged(text, kind, match.start(), match.end()) for match in _AMOUNT.finditer(text))


def _tagged(text: str, kind: str, start: int, end: int) -> Tagged:
    return Tagged(kind, Span(start=start, end=end, text=text[start:end]))

"""A reader's rules: a phrase or a pattern, in one field or any."""

import re
from functools import cached_property
from typing import Literal, Self

from pydantic import model_validator

from broadsheet.core.config import Config
from broadsheet.core.errors import PatternError
from broadsheet.core.schema import Item

Field = Literal["any", "title", "text", "creators", "categories", "comment"]


class Rule(Config):
    """One rule: either `phrase` or `regex`, case ignored.

    A phrase stands for whole words; with `inside_words` also for a part of one, so that
    `llm` finds LLMs.
    """

    phrase: str = ""
    regex: str = ""
    field: Field = "any"
    inside_words: bool = False

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.phrase) == bool(self.regex):
            raise ValueError("a rule has either a phrase or a regex")
        return self

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled rule; raises `PatternError` for a regex that does not compile."""
        if self.phrase:
            words = re.escape(self.phrase.strip()).replace(r"\ ", r"\s+")
            return re.compile(words if self.inside_words else rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
        try:
            return re.compile(self.regex, re.IGNORECASE)
        except re.error as fault:
            raise PatternError(
                f"The regex {self.regex!r} does not compile: {fault.msg} at position {fault.pos}.",
                "Mend it, or write it as a phrase; in TOML a backslash in double quotes is doubled.",
            ) from None

    def matches(self, item: Item) -> bool:
        """Tell whether the rule finds the item."""
        return any(self.pattern.search(text) for text in self._texts(item))

    def describe(self) -> str:
        """Say the rule in a few words.

        >>> Rule(phrase="slate", field="title").describe()
        'the words “slate” in the title'
        """
        what = f"the words “{self.phrase}”" if self.phrase else f"the pattern /{self.regex}/"
        return what if self.field == "any" else f"{what} in the {self.field}"

    def _texts(self, item: Item) -> list[str]:
        fields = {
            "title": [item.title],
            "text": [item.text],
            "creators": list(item.creators),
            "categories": list(item.categories),
            "comment": [str(item.attributes.get("comment") or "")],
        }
        if self.field == "any":
            return [text for texts in fields.values() for text in texts]
        return fields[self.field]

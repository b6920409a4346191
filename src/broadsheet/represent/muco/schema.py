"""Examples of multi-turn contrastive training: what is shown, and what is asked of it in turn."""

import hashlib
import re
import unicodedata
from typing import Annotated

from pydantic import Field, model_validator

from broadsheet.core.schema import Record

KINDS = ("class", "global", "local", "creative", "retrieval")


class Turn(Record):
    """One question about an example, and what answers it: a text, a picture, or both.

    `kind` is one of `KINDS` or a word of one's own. `negatives` are texts that do not answer it.
    `query_sentence` and `target_sentence` say in words what stands on either side (a caption, where it is a picture): stage 2
    hides and infers them. Where they are empty the query and the target stand for themselves.
    """

    query: str
    target: str = ""
    kind: str = "retrieval"
    target_image: str | None = None
    negatives: tuple[str, ...] = ()
    query_sentence: str = ""
    target_sentence: str = ""

    @model_validator(mode="after")
    def _answered(self) -> "Turn":
        if not self.target.strip() and not self.target_image:
            raise ValueError("a turn needs a target: a text, a picture, or both")
        return self


class Example(Record):
    """A picture, a text, or both, with k >= 1 turns about it; k differs from example to example.

    Pictures are paths, relative to a folder that whoever reads the example names.
    """

    id: Annotated[str, Field(min_length=1)]
    text: str = ""
    image: str | None = None
    turns: Annotated[tuple[Turn, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _shown(self) -> "Example":
        if not self.text.strip() and not self.image and not all(turn.query.strip() for turn in self.turns):
            raise ValueError("an example needs something shown, a text or a picture, or a query in each turn")
        return self


def normalised(text: str) -> str:
    """Return a text as it is compared: letters in one case and form, white space folded.

    Two targets that are equal so are one text, and never each other's negatives.

    >>> normalised("  A  Ring ") == normalised("a ring")
    True
    """
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def number(name: str) -> int:
    """Return a number for a name, by its hash: the same in every batch and every run."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=7).digest(), "big")


def text_number(text: str) -> int:
    """Return a number for a text as it is compared.

    >>> text_number("A  Ring") == text_number("a ring")
    True
    """
    return number(normalised(text))

"""What is known of one thing that is shown: its picture, and what is said of it."""

from typing import Annotated

from pydantic import Field

from broadsheet.core.schema import Record
from broadsheet.represent.muco.schema import Turn, normalised


class Entry(Record):
    """A picture with what is said of it, or a text alone.

    `categories` go from the general to the particular, `titles` holds the title in other languages by code, `turns` are those that
    the source itself holds: they are taken as they are.
    """

    id: Annotated[str, Field(min_length=1)]
    image: str | None = None
    title: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    attributes: dict[str, str] = Field(default_factory=dict)
    titles: dict[str, str] = Field(default_factory=dict)
    turns: tuple[Turn, ...] = ()

    @property
    def shown(self) -> str:
        """The text that is shown: none beside a picture, and none where the turns are the source's own.

        >>> Entry(id="a", title="Soup", description="Leek and potato.").shown
        'Leek and potato.'
        """
        return "" if self.image or self.turns else self.description or self.title

    @property
    def caption(self) -> str:
        """All that is said in one line, for the sentence that stands for a picture in words.

        >>> Entry(id="a", title="Moon", description="The full moon.", keywords=("moon", "space")).caption
        'Moon. The full moon. (space)'
        """
        said = " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in dict.fromkeys((self.title, self.description)) if part)
        further = [word for word in self.keywords if normalised(word) not in normalised(said)]
        return f"{said} ({', '.join(further)})".strip() if further else said

"""What a page calls its items, and what its reader had of them, by the kind of the catalogue."""

from typing import Final, NamedTuple


class Words(NamedTuple):
    """One item and several, what readers did with them before, and all that a reader had of them.

    `whole` is what a page tells of, `text` and `by` are the headings of its texts and creators, `more` and `also` those of what was not picked, on the page and in a mail.
    """

    one: str
    many: str
    had: str = "had"
    before: str = "the library"
    whole: str = "day"
    text: str = "abstract"
    by: str = "author"
    more: str = "More that is new"
    also: str = "Also new"


def _had(one: str, many: str, had: str) -> Words:
    return Words(one, many, had, f"what was {had}", "page", "Text", "By", "More, by score", "More, by score")


# A catalogue's own words: one, several, had.
SAID: Final = 3
PAPERS: Final = Words("paper", "papers")
ITEMS: Final = Words("item", "items")
WORDS: Final = {
    "papers": PAPERS,
    "shop": _had("article", "articles", "bought"),
    "menu": _had("dish", "dishes", "ordered"),
    "movies": _had("movie", "movies", "watched"),
}


def words_of(kind: str, said: object = "") -> Words:
    """Return the words of a kind of catalogue; of one that says its own, these: one item, several, and what readers did with them.

    >>> words_of("shop").had, words_of("shop", "game, games, borrowed").before
    ('bought', 'what was borrowed')
    """
    own = [one.strip() for one in str(said or "").split(",")]
    return _had(*own) if len(own) == SAID else WORDS.get(kind, ITEMS)


def counted(count: int, one: str, many: str = "") -> str:
    """Write how many there are.

    >>> counted(1, "dish", "dishes"), counted(1200, "event")
    ('1 dish', '1,200 events')
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"

"""Whether authors have withdrawn a paper, by what its comment or abstract says."""

import re

from broadsheet.core.schema import Item

_SAYS_SO = re.compile(
    r"^\W*withdrawn\b|\b(?:this|the) (?:paper|article|submission|manuscript|preprint|work|version)\b[^.]{0,60}?\b(?:has been|have been|is|was|being) withdrawn\b",
    re.IGNORECASE,
)
# A notice of withdrawal opens the text; further in, a paper may speak of other papers.
_OPENING = 200


def is_withdrawn(item: Item) -> bool:
    """Tell whether the comment, or the opening of the abstract, says so.

    >>> is_withdrawn(Item(id="a", title="T", attributes={"comment": "This paper has been withdrawn by the authors"}))
    True
    >>> is_withdrawn(Item(id="a", title="Why papers are withdrawn", text="We study retractions."))
    False
    """
    comment = str(item.attributes.get("comment") or "")
    return bool(_SAYS_SO.search(comment) or _SAYS_SO.search(item.text[:_OPENING]))

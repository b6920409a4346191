"""Whether authors have withdrawn a paper, by what its comment or abstract says."""

import re

from broadsheet.core.schema import Item

_PAPER = r"(?:paper|article|submission|manuscript|preprint|work|version|draft|note|report)"
_SAYS_SO = re.compile(
    rf"""
    ^\W*(?:(?:this|the)\s+)?(?:{_PAPER}\s+)?withdrawn(?=\W*$|\s*[.,;:)\]]|\s+(?:by|due|because|since|as|for|until|pending|to|on)\b)
    | \b{_PAPER}\s+withdrawn\s+(?:by\s+(?:arxiv|the\s+author)|due\s+to|because)\b
    | \b(?:this|the)\s+(?:\w+\s+)?{_PAPER}(?:\s*\([^)]{{0,60}}\)|,[^,.]{{0,60}},)?
      \s+(?:(?:has|have)(?:\s+(?!not\b|never\b)\w+)?\s+been|is|was)(?:\s+(?!not\b|never\b)\w+)?\s+withdrawn\b(?!\s+from\s+(?!(?:the\s+)?arxiv))
    | \b(?:authors?|we|i)(?:\s+(?:has|have|had|am|are|would\s+like\s+to|wish\s+to))?\s+withdr(?:aw|ew|awn|awing)\s+(?:this|the|our|my)\s+{_PAPER}\b
    """,
    re.IGNORECASE | re.VERBOSE,
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

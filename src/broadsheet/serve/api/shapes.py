"""What the requests and answers of all routes are made of: strict records, bounded words and numbers, pages of a list."""

import base64
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from broadsheet.core.schema import Item
from broadsheet.serve.api.problems import Problem

# Whoever pages further than this wants another question.
DEEPEST = 1000
# Of what else is known of an item: so many attributes, and so long a name and a text of one.
ATTRIBUTES, LONGEST_NAME, LONGEST_TEXT = 20, 80, 400
PLAIN = r"^[^\x00-\x1f\x7f]+$"


class Shape(BaseModel):
    """A record of a request or an answer: no field that is not named, no number where a truth value stands, none that is not finite."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def _whole(value: Any) -> Any:
    """Return a number such as 5.0 as 5: JSON knows one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


# Both stand behind the bounds of a field, or the documented form would have none.
WHOLE = BeforeValidator(_whole)
LISTED = BeforeValidator(_listed)
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PLAIN), Field(examples=["ana"])]
ItemId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PLAIN), Field(examples=["w00250"])]
Said = Annotated[str, StringConstraints(max_length=4000)]
Ids = Annotated[tuple[ItemId, ...], Field(max_length=1000, examples=[["w00250", "w01340"]]), LISTED]
Few = Annotated[int, Field(ge=1, le=100, examples=[10]), WHOLE]
Cursor = Annotated[str, StringConstraints(max_length=400, pattern=r"^[A-Za-z0-9_-]*$"), Field(description="`next` of the page before; empty for the first.")]


Attributes = Annotated[
    dict[Annotated[str, StringConstraints(max_length=LONGEST_NAME)], Annotated[str, StringConstraints(max_length=LONGEST_TEXT)] | int | float],
    Field(
        max_length=ATTRIBUTES,
        description="What else the source says of it, texts and numbers as they stand there; longer ones, and more of them, are left out.",
        examples=[{"price": "24.90"}],
    ),
]


class Shown(Shape):
    """An item as it is shown."""

    id: str
    title: str
    text: str = ""
    url: str = ""
    creators: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    attributes: Attributes = Field(default_factory=dict)


def shown(item: Item) -> Shown:
    """Return an item as it is shown; an address that is none of the web is left out, for a page would make a link of it.

    >>> shown(Item(id="a", title="Soup", url="javascript:alert(1)")).url
    ''
    """
    url = item.url if item.url.startswith(("https://", "http://")) else ""
    return Shown(
        id=item.id, title=item.title, text=item.text, url=url, creators=item.creators, categories=item.categories, attributes=attributes(item.attributes)
    )


def attributes(known: Mapping[str, Any]) -> dict[str, str | int | float]:
    """Return the texts and numbers of attributes, within their bounds, in their order.

    >>> attributes({"price": "24.90", "stock": 3, "sizes": ["S"], "sold": True, "note": ""})
    {'price': '24.90', 'stock': 3}
    """
    held = {name: value for name, value in known.items() if len(name) <= LONGEST_NAME and _is_told(value)}
    return dict(list(held.items())[:ATTRIBUTES])


def _is_told(value: Any) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= LONGEST_TEXT
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


class Place(NamedTuple):
    """Where a page begins: behind `after`, of the list that `of` names."""

    after: int = 0
    of: str = ""


def cursor_of(after: int, *asked: Any) -> str:
    """Return the cursor of the page behind place `after` of what was `asked`.

    >>> place_of(cursor_of(20, "soup"), "soup").after
    20
    """
    return base64.urlsafe_b64encode(json.dumps([after, _named(asked)]).encode()).rstrip(b"=").decode()


def place_of(cursor: str, *asked: Any) -> Place:
    """Return where a page begins. Raises Problem for a cursor that was not made here, or for something else."""
    if not cursor:
        return Place(0, _named(asked))
    try:
        after, of = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        after, of = -1, ""
    if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after < 2**53 or of != _named(asked):
        raise Problem(400, "cursor", "The cursor does not belong to this request.", "Leave it out to begin at the first page.")
    return Place(after, of)


def _named(asked: tuple[Any, ...]) -> str:
    return hashlib.sha256(json.dumps(asked, default=str).encode("utf-8", "backslashreplace")).hexdigest()[:16]

"""How a query is written where a question leaves it open."""

from typing import NamedTuple


class Habits(NamedTuple):
    """Conventions of a graph or a collection of questions; `name` stands in what is printed.

    `distinct`: each answer once. `undirected`: no relation has a direction. `plain_order`: text is sorted as text, what is null among it; otherwise dates and
    numbers that are kept as text are sorted by their value, and what is null is left out.
    """

    name: str = "own"
    distinct: bool = True
    undirected: bool = False
    plain_order: bool = False


OWN = Habits()

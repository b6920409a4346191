"""The POLE graph as benches ask it: its questions, its engine, and what writes queries over it, each made when it is first wanted."""

from functools import cached_property
from typing import Self

from broadsheet.ask.bench.execution import Answers
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.pole_pairs import Asked, read_pairs
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.opened import load_graph
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.schema_files import read_schema
from broadsheet.ask.slots.habits import Habits
from broadsheet.ask.slots.writer import Slots

GRAPH, SCHEMA, PAIRS = ("pole", "pole-data-importer.zip"), ("pole", "graph_schema.json"), ("pole", "zograscope_train_v1.csv")
# How the collection's queries are written: no DISTINCT, no direction, dates and numbers that are text are sorted as text.
POLE = Habits("the collection's", distinct=False, undirected=True, plain_order=True)


class PoleGraph:
    """POLE in the folder of a plan. Use it as a context manager: the engine ends with it."""

    def __init__(self, plan: AskPlan) -> None:
        self._plan = plan
        self._engine: Ladybug | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._engine.close()

    @cached_property
    def graph(self) -> Graph:
        """The graph's tables. Raises SourceNotFoundError or RecordError."""
        return load_graph(self._plan.file(*GRAPH))

    @cached_property
    def pairs(self) -> list[Asked]:
        """All questions with their queries. Raises SourceNotFoundError or RecordError."""
        return read_pairs(self._plan.file(*PAIRS))

    @cached_property
    def answers(self) -> Answers:
        """What runs queries and keeps their rows."""
        self._engine = Ladybug(self.graph)
        return Answers(self._engine)

    @cached_property
    def slots(self) -> Slots:
        """The untrained slot baseline, in the collection's habits."""
        return Slots.of(self.graph, read_schema(self._plan.file(*SCHEMA)).words, habits=POLE)

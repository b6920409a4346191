"""What a loop keeps: states in a tree, what happened, what a model replied. Frozen, written as JSON, the same bytes for the same loop."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from broadsheet.core.llm.port import Text
from broadsheet.core.schema import Record

VERSION = 1


class Act(StrEnum):
    """What a person does, and `settle`: what is done for them, where it makes no difference which meaning is meant."""

    ASK = "ask"
    CHOOSE = "choose"
    SETTLE = "settle"
    AMEND = "amend"
    KEEP = "keep"
    FIX = "fix"
    EDIT = "edit"
    WRITE = "query"
    UNDO = "undo"
    BRANCH = "branch"
    WHY = "why"
    WHY_NOT = "why not"
    ACCEPT = "accept"
    QUIT = "quit"


class Event(Record):
    """What a person did: words, a number, or neither."""

    act: Act
    text: Text = ""
    number: int = 0


class Drafted(Record):
    """The text of a draft, or None where there is none; who wrote it, and what there is to tell of it."""

    text: str | None
    by: str
    notes: tuple[str, ...] = ()


class Found(Record):
    """A finding of the checker, or of the question held against the query (`asked`): its place in code points of the state's text."""

    code: str
    severity: Literal["error", "warning", "info"]
    span: tuple[int, int]
    message: str
    asked: bool = False
    fix: tuple[tuple[int, int, str], ...] = ()


class Option(Record):
    """One meaning of words that have several, as it is asked back.

    Of a question's words it says how many nodes have the value, where the words stand, and which value of which property it is; of an amendment which query it makes.
    """

    words: str
    meaning: str
    count: int = 0
    place: tuple[int, int] = (0, 0)
    link: tuple[str, str, str] = ("", "", "")
    query: str = ""


class Step(Record):
    """A part of the query, how many rows there are after it (None where that could not be told), and both in words."""

    words: str
    rows: int | None


class Preview(Record):
    """What a query gives: a sentence of what is in its rows, the first of them, how many there are (`cut` where there are more than the cap), a hash of all, counts by step, and why it is empty.

    `cited` has for each row that is shown the nodes and relations that it comes from. `fault` is why there is no answer, and `code` that error's exit code.
    """

    sentence: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    total: int = 0
    cut: bool = False
    hash: str = ""
    steps: tuple[Step, ...] = ()
    empty: tuple[str, ...] = ()
    cited: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()
    code: int = 0


class Compared(Record):
    """The rows of a state beside those of the state before it."""

    added: tuple[tuple[Any, ...], ...] = ()
    removed: tuple[tuple[Any, ...], ...] = ()
    changed: tuple[tuple[tuple[Any, ...], tuple[Any, ...]], ...] = ()
    changed_count: int = 0
    added_count: int = 0
    removed_count: int = 0
    same_count: int = 0
    words: str = ""


class State(Record):
    """One state: what was drafted, how it was mended, what is wrong with it, what it says and gives, and how it differs from the state before.

    `text` is what findings have their places in: the canonical query where the draft can be read. `unasked` are changes that nobody asked for, which were taken back;
    `whole` is the query with them. `prose` is the writer's own explanation, `appended` what it leaves out,
    `made_up` what it says and the query does not, `unsaid` why there is none where there should be.
    """

    number: int
    parent: int | None
    drafts: tuple[Drafted, ...] = ()
    text: str = ""
    query: str | None = None
    refused: str = ""
    findings: tuple[Found, ...] = ()
    explanation: str = ""
    prose: str = ""
    unsaid: str = ""
    appended: tuple[str, ...] = ()
    made_up: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    whole: str = ""
    compared: Compared | None = None
    preview: Preview | None = None
    options: tuple[Option, ...] = ()
    chosen: tuple[Option, ...] = ()


class Happened(Record):
    """An event, the state after it, what was told, and what went wrong with it, in two lines."""

    event: Event
    state: int | None
    told: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()


class Spoken(Record):
    """What a model replied to one request: its role, the request's key, the reply; or with `reason` why there is none."""

    role: str
    key: str
    text: str
    reason: str = ""
    mend: str = ""


class GraphNamed(Record):
    """A graph by the name that it was asked by, by hashes of what it holds and of its schema; `naming` are the properties by which nodes of a label are called."""

    name: str
    hash: str
    schema_hash: str
    naming: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Settings(Record):
    """What the loop was told: who writes, how many rows are shown and fetched, how many seconds a query may take, how often a model may mend.

    `doubtful` is whether a query with warnings is run; one with errors never is.
    """

    writer: Literal["slots", "model", "decoder"] = "slots"
    shown: Annotated[int, Field(ge=1)] = 10
    rows: Annotated[int, Field(ge=1)] = 1000
    seconds: Annotated[float, Field(gt=0)] = 10.0
    tries: Annotated[int, Field(ge=0)] = 2
    doubtful: bool = True


class Transcript(Record):
    """A whole loop."""

    version: Literal[1] = VERSION
    question: Text
    graph: GraphNamed
    by: str
    settings: Settings
    states: tuple[State, ...] = ()
    happened: tuple[Happened, ...] = ()
    spoken: tuple[Spoken, ...] = ()
    at: int | None = None
    accepted: int | None = None
    ended: str = ""

    @property
    def state(self) -> State | None:
        """The state that the loop is at."""
        return None if self.at is None else self.states[self.at - 1]

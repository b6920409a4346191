"""Every column name, artefact kind and record of the house, once."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Columns:
    """Column names of the bulk frames; a literal of one of them elsewhere is a lint error."""

    ITEM = "item"
    USER = "user"
    KIND = "kind"
    AT = "at"
    SLOT = "slot"
    PROPENSITY = "propensity"
    SCORE = "score"
    RANK = "rank"
    TITLE = "title"
    TEXT = "text"
    URL = "url"
    CREATORS = "creators"
    CATEGORIES = "categories"
    ATTRIBUTES = "attributes"
    IMAGES = "images"
    PUBLISHED = "published"
    ANNOUNCED = "announced"
    VERSION = "version"
    TEXT_HASH = "text_hash"
    TERM = "term"
    IDF = "idf"
    HEAD = "head"
    TYPE = "type"
    TAIL = "tail"
    POST = "post"
    AUTHOR = "author"
    CHANNEL = "channel"
    LEVEL = "level"
    START = "start"
    END = "end"
    TRUTH = "truth"
    CANDIDATES = "candidates"
    ANSWER = "answer"
    POSITION = "position"
    FINAL = "final"
    IMAGE = "image"
    FAULT = "fault"
    VECTOR = "vector"
    STAGE = "stage"
    STEP = "step"
    LOSS = "loss"
    QUERY = "query"
    TARGET = "target"
    TURN = "turn"
    FAMILY = "family"
    SPLIT = "split"
    MONTH = "month"
    MENTION = "mention"
    NEED = "need"
    POLARITY = "polarity"
    HORIZON = "horizon"
    CONFIDENCE = "confidence"
    EXTRACTOR = "extractor"
    VALUE = "value"
    CURRENCY = "currency"
    PERIOD = "period"
    BEFORE = "before"
    AFTER = "after"
    REASON = "reason"
    REPLACED = "replaced"
    ANNOTATOR = "annotator"
    EVIDENCE = "evidence"
    PROMPT_HASH = "prompt_hash"
    CALL = "call"
    LIKED = "liked"
    CHANCE = "chance"
    # The row of a node, of a relation, and the rows of its ends: not to be met among the properties of a graph.
    GRAPH_ROW = "_row"
    GRAPH_START = "_start"
    GRAPH_END = "_end"


class ArtifactKind(StrEnum):
    """What an artefact folder holds; stages ask for artefacts by kind."""

    EMBEDDINGS = "embeddings"
    EMBEDDER = "embedder"
    BENCH_ROW = "bench-row"
    RANKER = "ranker"
    WORLD = "world"
    INDEX = "index"
    CHECKPOINT = "checkpoint"
    BACKBONE = "backbone"
    TURNS = "turns"
    RETRIEVER = "retriever"
    SEQUENCE_RANKER = "sequence-ranker"
    NEEDS = "needs"
    NEEDS_VIEW = "needs-view"
    NEEDS_LABELLER = "needs-labeller"
    NEEDS_THEMES = "needs-themes"
    TAGGER = "tagger"
    GRAPH = "graph"
    PLAN_TABLE = "plan-table"
    PLAN = "plan"
    LIKINGS = "likings"
    CATALOGUE = "catalogue"
    VECTORS = "vectors"
    CANDIDATES = "candidates"
    SCORES = "scores"
    SLATE = "slate"
    PAGE = "page"


class Announce(StrEnum):
    """How a paper came to a day's list, in arXiv's own words, and `withdrawn`."""

    NEW = "new"
    CROSS = "cross"
    REPLACE = "replace"
    REPLACE_CROSS = "replace-cross"
    WITHDRAWN = "withdrawn"


class Record(BaseModel):
    """A frozen record: no field that is not named here, none that changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(Record):
    """One entry of a catalogue: a paper, a dish, an article of a shop.

    `title` and `text` are stored as the source gave them, white space at the ends removed:
    offsets of key sentences count Unicode characters of `text`. `creators` have TeX accents
    resolved; `attributes["creators_verbatim"]` keeps a feed's own string where it differs.
    `announced` is the label of the day's list, `published` the day of submission.
    """

    id: Annotated[str, Field(min_length=1)]
    title: str
    text: str = ""
    url: str = ""
    creators: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    attributes: dict[str, Any] = Field(default_factory=dict)
    images: tuple[str, ...] = ()
    published: date | None = None
    announced: date | None = None
    version: Annotated[int, Field(ge=1)] = 1


class Announcement(Record):
    """One item on one day's list: the item, how it was announced, and on which lists.

    `earlier` is the newest earlier version that the source or the store knows, if any.
    """

    item: Item
    kind: Announce = Announce.NEW
    lists: tuple[str, ...] = ()
    earlier: Item | None = None


class ListDay(Record):
    """What is known of one list on one label: its state, how many papers the source stated for it, how many are kept, and from where."""

    label: date
    name: str
    state: str
    stated: int | None = None
    kept: int = 0
    source: str = ""
    at: datetime | None = None
    note: str = ""


class Event(Record):
    """One act of a reader: shown, opened, saved, skipped, more, less."""

    user: str
    item: str
    kind: str
    at: datetime
    slot: int | None = None
    propensity: Annotated[float, Field(gt=0, le=1)] | None = None


class Query(Record):
    """What somebody asks for: text, an image, or both."""

    id: str
    text: str = ""
    image: str | None = None


class Post(Record):
    """What somebody wrote."""

    id: str
    author: str
    at: datetime
    text: str
    channel: str = ""


class Relation(Record):
    """A typed edge between two items or entities."""

    head: str
    type: str
    tail: str

"""The one model object that every form of the report is written from."""

from datetime import date
from typing import Literal

from pydantic import Field

from broadsheet.core.schema import Announce, Item, Record
from broadsheet.stack.record import Cause, RunRecord
from broadsheet.stack.words import ITEMS, PAPERS, Words

SectionName = Literal["new", "cross", "updated", "withdrawn"]
SECTION_OF: dict[Announce, SectionName] = {
    Announce.NEW: "new",
    Announce.CROSS: "cross",
    Announce.REPLACE: "updated",
    Announce.REPLACE_CROSS: "updated",
    Announce.WITHDRAWN: "withdrawn",
}


class KeySentence(Record):
    """A verbatim span: `item.text[start:end] == text`."""

    start: int
    end: int
    text: str


class Summary(Record):
    """What a language model says of an abstract in its own words, the spans of the abstract that it rests on, and which model said it."""

    text: str
    spans: tuple[KeySentence, ...]
    model: str


Evidence = Literal["term", "library", "interest", "rule", "author", "feedback"]


class Reason(Record):
    """One piece of evidence and the share of the score that is lost without it, 0 to 1.

    `kind` says what the evidence is: a term of the paper, a library paper, a stated interest,
    a rule, an author followed, or what the reader did with earlier papers, of which `text` speaks
    for it most. `reference` is that paper's id, or the library paper's.
    """

    kind: Evidence
    text: str
    share: float
    reference: str = ""


class Edit(Record):
    """A run of words that stayed, went, or came between two versions."""

    op: Literal["same", "out", "in"]
    text: str


class Change(Record):
    """How one field changed since an earlier version."""

    field: Literal["title", "abstract"]
    since_version: int
    edits: tuple[Edit, ...]


class Links(Record):
    """Where to read on; empty where there is nothing."""

    abstract: str = ""
    pdf: str = ""
    html: str = ""
    code: tuple[str, ...] = ()


class Entry(Record):
    """One paper of the day, with all that the page says about it.

    `score` is the odds against an average paper (0 without a library or a rule), `strength` its place
    among the day's scores on a logarithmic scale, 0 to 1. `chance` is the calibrated probability that the
    paper is for this reader (None without a library, and for what cannot be picked). `slot` is its place in
    the slate from 1, None outside; `propensity` the chance it had of one, `explored` whether chance gave it.
    `left_out` says which rule keeps it out, `copy_of` which pick it stands too near to.
    `because` is one sentence of why it is picked, where no reasons with shares are measured.
    `held_back` says that a plan of categories took from its odds. `summary` is a TL;DR by a language model, None where there is none
    or it did not hold against the abstract. `x`, `y` are its place on the map, 0 to 1.
    `lineage` is its way through the stages of a run, where the page is one's, `picture` a small picture of it as a data address.
    `news_before` is the label under which it was announced first, where its source calls it new again; `told_before` that of the newest page before on which the reader was shown it.
    """

    item: Item
    kind: Announce
    section: SectionName
    lists: tuple[str, ...] = ()
    score: float = 0.0
    strength: float = 0.0
    chance: float | None = None
    slot: int | None = None
    propensity: float = 0.0
    explored: bool = False
    interest: int | None = None
    reasons: tuple[Reason, ...] = ()
    because: str = ""
    key_sentences: tuple[KeySentence, ...] = ()
    changes: tuple[Change, ...] = ()
    earlier_known: bool = False
    left_out: str = ""
    copy_of: str = ""
    links: Links = Links()
    bibtex: str = ""
    held_back: bool = False
    summary: Summary | None = None
    news_before: date | None = None
    told_before: date | None = None
    lineage: tuple[Cause, ...] = ()
    picture: str = ""
    x: float = 0.5
    y: float = 0.5

    @property
    def told(self) -> str:
        """Say on which page before the reader was shown it; empty where on none."""
        return f"It was on your page of {self.told_before}." if self.told_before is not None else ""


class InterestSummary(Record):
    """An interest of the reader: its name, its library papers, how many picks it has today."""

    name: str
    stated: bool
    library: tuple[str, ...]
    candidates: int
    picks: int


class PlanSummary(Record):
    """The plan that chose categories: by which planner or bundle, who made it (a rule, a language model, a fall-back), on how many earlier pages it goes.

    `categories` of today's candidates are in it, `rested` are not; `candidates` counts papers that can be picked, `held_back` those outside the plan, which lose `outside` log-odds.
    """

    planner: str
    source: str
    days: int
    categories: tuple[str, ...]
    rested: tuple[str, ...]
    candidates: int
    held_back: int
    outside: float


class Comparison(Record):
    """Two rankings, `a` and `b`, that are compared under a name; their settings are laid over those of the run.

    On an interleaved page `teams` says whose each slot is: `a`, `b`, `both` or `nobody`. In a split test all of the page is `arm`'s, which has `share` of the readers.
    """

    name: str
    form: Literal["interleave", "split"]
    a: dict[str, object] = Field(default_factory=dict)
    b: dict[str, object] = Field(default_factory=dict)
    teams: tuple[str, ...] = ()
    arm: str = ""
    share: float = 0.0


class Report(Record):
    """A day for one reader. Entries are in the order of the page; nothing of the day is missing. `run` is what made it, where a run did."""

    schema_version: int = 1
    label: date
    reader: str
    source: str
    subject: Literal["papers", "items"] = "papers"
    fictional: bool = False
    ranked_by: str
    models: dict[str, str] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    counts: dict[str, int]
    interests: tuple[InterestSummary, ...] = ()
    plan: PlanSummary | None = None
    compare: Comparison | None = None
    entries: tuple[Entry, ...]
    run: RunRecord | None = None
    config: dict[str, object] = Field(default_factory=dict)

    @property
    def proposed(self) -> bool:
        """Whether its items were proposed out of a whole catalogue, and are not a day's news."""
        return self.run is not None and self.run.kind != "papers"

    @property
    def words(self) -> Words:
        """What the page calls its items."""
        if self.run is not None and self.proposed:
            return self.run.words
        return PAPERS if self.subject == "papers" else ITEMS

    @property
    def title(self) -> str:
        """What the page calls itself: papers are arXiv's, items are the user's own, and those that were proposed are no news of a day."""
        if self.proposed:
            return f"Picked {self.words.many}"
        return "arXiv Daily Report" if self.subject == "papers" else "Daily Report"

    @property
    def totals(self) -> dict[str, int]:
        """How many there are: by section, and of what was proposed in all and picked."""
        return {self.words.many: len(self.entries), "picked": len(self.picks())} if self.proposed else self.counts

    def picks(self) -> list[Entry]:
        """Return the slate in its order."""
        return sorted((e for e in self.entries if e.slot is not None), key=lambda e: e.slot or 0)

    def section(self, name: SectionName) -> list[Entry]:
        """Return a section's entries: picks first, then by score, in the order of the page."""
        return [e for e in self.entries if e.section == name]

"""A draft on its way to a query: checked, mended by fixes of which there is only one, given back to the writer where it still has faults; every step is kept."""

from collections.abc import Sequence
from typing import NamedTuple

from broadsheet.ask.check.checker import Checked, check
from broadsheet.ask.check.findings import Code, Finding, Severity
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.loop.records import Drafted, Found
from broadsheet.ask.loop.tools import Tools
from broadsheet.ask.question.against import check_against
from broadsheet.ask.safety import refused
from broadsheet.ask.write.writer import Asking, Draft
from broadsheet.core.errors import LLMError

CHECKER = "the checker"
# So often fixes are made one upon the other.
ROUNDS = 3
# Findings that hold a query against its question.
ASKED = frozenset({Code.QUESTION_FACT_MISSING, Code.QUESTION_FACT_EXTRA, Code.QUESTION_MISMATCH})


class Settled(NamedTuple):
    """What became of a draft: every text on the way, the last one with its findings, its tree, and what keeps it from being run, if anything does."""

    drafts: tuple[Draft, ...]
    text: str
    query: Query | None
    findings: tuple[Found, ...]
    refused: str

    def can_run(self, *, doubtful: bool) -> bool:
        """Whether it may reach the engine: it is read, it only reads, no error was found, and no warning unless what is `doubtful` may run."""
        grave = {Severity.ERROR} if doubtful else {Severity.ERROR, Severity.WARNING}
        return self.query is not None and not self.refused and not any(one.severity in grave for one in self.findings)

    @property
    def drafted(self) -> tuple[Drafted, ...]:
        """The drafts as they are kept."""
        return tuple(Drafted(text=one.text, by=one.by, notes=one.notes) for one in self.drafts)


def settle(draft: Draft, asking: Asking, tools: Tools, *, answers: bool = False) -> Settled:
    """Return what becomes of a draft. A model that is asked to mend it and gives no reply leaves it as it is.

    A draft that `answers` the question is held against it too: the model is told once what is doubtful, and heard if what it makes of it is less so.
    """
    against = asking.question if answers else ""
    drafts = [draft]
    tried = 0
    while drafts[-1].text is not None:
        faults = _faults(_fixed(drafts, tools, against))
        mended = _mended(asking, str(drafts[-1].text), faults, tools) if faults and tried < tools.settings.tries else None
        if mended is None:
            break
        tried += 1
        drafts.append(_told_of(mended, faults))
        if mended.text in {one.text for one in drafts[:-1]}:
            break
    if answers and tried < tools.settings.tries and (text := drafts[-1].text) is not None:
        drafts += _less_doubtful(text, asking, tools)
    text = next((one.text for one in reversed(drafts) if one.text is not None), "")
    made = settled(text, tools, against) if text else Settled((), "", None, (), "")
    # What the writer itself doubts of the query is told as what the question says otherwise.
    own = next((one.doubts for one in reversed(drafts) if one.text is not None and one.by != CHECKER), ())
    doubted = tuple(_doubted(one, made.text) for one in own) if answers else ()
    return made._replace(drafts=tuple(drafts), findings=(*made.findings, *doubted))


def settled(text: str, tools: Tools, against: str = "") -> Settled:
    """Return a text as it is, checked in its canonical form where it has one, and held against a question if there is one."""
    found = _checked(text, tools, against)
    if found.query is not None:
        text = canonical(found.query)
        found = _checked(text, tools, against)
    why = refused(found.query) if found.query is not None else None
    return Settled((), text, found.query, tuple(map(told, found.findings)), why.what if why is not None else "")


def _doubted(message: str, text: str) -> Found:
    return Found(code=Code.QUESTION_FACT_MISSING.value, severity=Severity.WARNING.value, span=(0, len(text)), message=message, asked=True)


def told(one: Finding) -> Found:
    """Return a finding as it is kept."""
    fix = tuple((splice.place.start, splice.place.end, splice.text) for splice in one.fix)
    asked = one.code in ASKED
    return Found(code=one.code.value, severity=one.severity.value, span=(one.place.start, one.place.end), message=one.message, asked=asked, fix=fix)


def _checked(text: str, tools: Tools, against: str) -> Checked:
    return check_against(against, text, tools.schema) if against else check(text, tools.schema)


def _fixed(drafts: list[Draft], tools: Tools, against: str) -> Checked:
    """Check the last draft and make the fixes of its alarms; each round is a draft of its own."""
    for _ in range(ROUNDS):
        text = str(drafts[-1].text)
        found = _checked(text, tools, against)
        if found.fixed is None or found.fixed == text:
            return found
        drafts.append(Draft(found.fixed, CHECKER, tuple(f"mended {one.code}: {one.message}" for one in found.alarms if one.fix)))
    return _checked(str(drafts[-1].text), tools, against)


def _faults(found: Checked) -> list[str]:
    """Return what keeps a query from being run, in words."""
    faults = [f"{one.code}: {one.message}" for one in found.findings if one.severity is Severity.ERROR]
    why = refused(found.query) if found.query is not None else None
    return faults if why is None else [*faults, f"{why.what} is not run: a query only reads."]


def _doubts(found: Checked) -> list[str]:
    """Return what a query that may run answers otherwise than it was asked, as far as that is sure."""
    if found.query is None or _faults(found):
        return []
    return [f"{one.code}: {one.message}" for one in found.alarms if one.code in ASKED]


def _mended(asking: Asking, text: str, faults: Sequence[str], tools: Tools) -> Draft | None:
    try:
        return tools.writer.mend(asking, text, faults)
    except LLMError as fault:
        return Draft(None, tools.writer.by, (f"gave no reply: {fault.what}",))


def _told_of(draft: Draft, faults: Sequence[str]) -> Draft:
    return draft._replace(notes=(*draft.notes, *(f"asked to mend: {fault}" for fault in faults)))


def _less_doubtful(text: str, asking: Asking, tools: Tools) -> list[Draft]:
    """Return what a model makes of a draft's doubts, if it has fewer of them."""
    doubts = _doubts(_checked(text, tools, asking.question))
    mended = _mended(asking, text, doubts, tools) if doubts else None
    if mended is None:
        return []
    made = [_told_of(mended, doubts)]
    if mended.text is None:
        return made
    found = _fixed(made, tools, asking.question)
    if not _faults(found) and len(_doubts(found)) < len(doubts):
        return made
    return [made[0]._replace(text=None, notes=(*made[0].notes, "what it made of them was no better, and is left"))]

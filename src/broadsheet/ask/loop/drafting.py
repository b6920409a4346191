"""A draft on its way to a query: checked, mended by fixes of which there is only one, given back to the writer where it still has faults; every step is kept."""

from collections.abc import Sequence
from typing import NamedTuple

from broadsheet.ask.check.checker import Checked, check
from broadsheet.ask.check.findings import Finding, Severity
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.loop.records import Drafted, Found
from broadsheet.ask.loop.tools import Tools
from broadsheet.ask.question.against import asked_findings
from broadsheet.ask.safety import refused
from broadsheet.ask.write.writer import Asking, Draft
from broadsheet.core.errors import LLMError

CHECKER = "the checker"
# So often fixes are made one upon the other.
ROUNDS = 3


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
    drafts = [draft]
    tried = 0
    while (text := drafts[-1].text) is not None:
        found = _fixed(drafts, tools)
        text = drafts[-1].text
        faults = _faults(found)
        mended = _mended(asking, str(text), faults, tools) if faults and tried < tools.settings.tries else None
        if mended is None:
            break
        tried += 1
        drafts.append(mended._replace(notes=(*mended.notes, *(f"asked to mend: {fault}" for fault in faults))))
        if mended.text in {one.text for one in drafts[:-1]}:
            break
    if answers and tried < tools.settings.tries and (text := drafts[-1].text) is not None and (doubts := _doubts(text, asking, tools)):
        drafts += _less_doubtful(text, doubts, asking, tools)
    return _settled(drafts, tools)


def _doubts(text: str, asking: Asking, tools: Tools) -> list[str]:
    """Return what a query without errors answers otherwise than it was asked, as far as that is sure."""
    found = check(text, tools.schema)
    if found.query is None or _faults(found):
        return []
    return [f"{one.code}: {one.message}" for one in asked_findings(asking.question, text, found.query, tools.schema) if one.severity is not Severity.INFO]


def _less_doubtful(text: str, doubts: Sequence[str], asking: Asking, tools: Tools) -> list[Draft]:
    mended = _mended(asking, text, doubts, tools)
    if mended is None:
        return []
    made = [mended._replace(notes=(*mended.notes, *(f"asked to mend: {doubt}" for doubt in doubts)))]
    if mended.text is None:
        return made
    if not _faults(_fixed(made, tools)) and len(_doubts(str(made[-1].text), asking, tools)) < len(doubts):
        return made
    return [made[0]._replace(text=None, notes=(*made[0].notes, "what it made of them was no better, and is left"))]


def _mended(asking: Asking, text: str, faults: Sequence[str], tools: Tools) -> Draft | None:
    try:
        return tools.writer.mend(asking, text, faults)
    except LLMError as fault:
        return Draft(None, tools.writer.by, (f"gave no reply: {fault.what}",))


def _fixed(drafts: list[Draft], tools: Tools) -> Checked:
    """Check the last draft and make the fixes of its alarms; each round is a draft of its own."""
    for _ in range(ROUNDS):
        text = str(drafts[-1].text)
        found = check(text, tools.schema)
        if found.fixed is None or found.fixed == text:
            return found
        drafts.append(Draft(found.fixed, CHECKER, tuple(f"mended {one.code}: {one.message}" for one in found.alarms if one.fix)))
    return check(str(drafts[-1].text), tools.schema)


def _faults(found: Checked) -> list[str]:
    faults = [f"{one.code}: {one.message}" for one in found.findings if one.severity is Severity.ERROR]
    why = refused(found.query) if found.query is not None else None
    return faults if why is None else [*faults, f"{why.what} is not run: a query only reads."]


def _settled(drafts: Sequence[Draft], tools: Tools) -> Settled:
    text = next((one.text for one in reversed(drafts) if one.text is not None), "")
    if not text:
        return Settled(tuple(drafts), "", None, (), "")
    return settled(text, tools)._replace(drafts=tuple(drafts))


def settled(text: str, tools: Tools) -> Settled:
    """Return a text as it is, checked in its canonical form where it has one."""
    found = check(text, tools.schema)
    if found.query is not None:
        text = canonical(found.query)
        found = check(text, tools.schema)
    why = refused(found.query) if found.query is not None else None
    return Settled((), text, found.query, tuple(map(told, found.findings)), why.what if why is not None else "")


def told(one: Finding) -> Found:
    """Return a finding as it is kept."""
    fix = tuple((splice.place.start, splice.place.end, splice.text) for splice in one.fix)
    return Found(code=one.code.value, severity=one.severity.value, span=(one.place.start, one.place.end), message=one.message, fix=fix)


def held_against(made: Settled, question: str, tools: Tools) -> Settled:
    """Return what became of a draft with what the question asks for otherwise, as findings behind those of the checker."""
    if made.query is None:
        return made
    doubts = asked_findings(question, made.text, made.query, tools.schema)
    return made._replace(findings=(*made.findings, *(told(one).model_copy(update={"asked": True}) for one in doubts)))

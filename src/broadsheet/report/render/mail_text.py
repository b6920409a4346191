"""The report as the text of a mail: written to be read in a column, from the same model object as the page."""

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from broadsheet.report.model import Entry, Reason, Report
from broadsheet.report.render.page import authors, chance, long_date, percent
from broadsheet.report.render.readable import readable
from broadsheet.sample import NOTICE

WIDTH = 72
UPDATES, WITHDRAWN, FURTHER = 8, 20, 12
IN_MAIL = NOTICE.replace("on this page", "in this mail")


class Offered(Protocol):
    """One thing that a reader can do: its words and its address."""

    @property
    def words(self) -> str:
        """What it is called."""
        ...

    @property
    def url(self) -> str:
        """Where it is done."""
        ...


class ReaderLinks(Protocol):
    """What a reader can do from a mail, signed for that reader."""

    def of(self, report: Report, entry: Entry) -> Sequence[Offered]:
        """Return what can be done with a paper; nothing where nothing can."""
        ...

    def unsubscribe(self, reader: str) -> str:
        """Return the address that one POST unsubscribes by, or nothing."""
        ...


class NoActs(NamedTuple):
    """No acts on papers; to unsubscribe, the address that the profile states."""

    address: str = ""

    def of(self, report: Report, entry: Entry) -> Sequence[Offered]:
        """Return nothing."""
        del report, entry
        return ()

    def unsubscribe(self, reader: str) -> str:
        """Return the address stated."""
        del reader
        return self.address


class MailView(NamedTuple):
    """What a mail shows of a report: where its page is, what can be done from it, and how many picks in full, picks by title and further titles."""

    report: Report
    page: str = ""
    links: ReaderLinks = NoActs()
    full: int = 10**6
    brief: int = 10**6
    further: int = FURTHER

    @property
    def picks(self) -> list[Entry]:
        """The picks that are shown, best first."""
        return self.report.picks()[: self.full + self.brief]

    @property
    def more(self) -> list[Entry]:
        """The best of what is new and was not picked."""
        rest = [entry for entry in self.report.entries if entry.slot is None and entry.section in ("new", "cross") and not entry.left_out and not entry.copy_of]
        return sorted(rest, key=lambda entry: -entry.score)[: self.further]

    @property
    def unsubscribe(self) -> str:
        """Where one unsubscribes, empty where one cannot."""
        return self.links.unsubscribe(self.report.reader)

    def acts(self, entry: Entry) -> Sequence[Offered]:
        """Return what can be done with a paper; with one of the fictional sample, nothing."""
        return () if self.report.fictional else self.links.of(self.report, entry)

    @property
    def unshown(self) -> int:
        """How many papers of the day the mail does not name."""
        named = len(self.picks) + len(self.more) + len(updates(self.report)) + len(withdrawn(self.report))
        return len(self.report.entries) - named


def mail_text(view: MailView) -> str:
    """Write the text part: lines of at most 72 characters but for addresses, which stand whole and alone."""
    report = view.report
    blocks = [_head(report), *_notes(report), *([_title("PICKED FOR YOU")] if view.picks else [])]
    for number, entry in enumerate(view.picks):
        blocks.append(_pick(entry, report, view) if number < view.full else _brief(entry, f"{entry.slot}. "))
    for title, entries, written in (
        ("UPDATED", updates(report), _updated),
        ("WITHDRAWN", withdrawn(report), _withdrawn),
        (report.words.also.upper(), view.more, _listed),
    ):
        if entries:
            blocks += [_title(title), *(written(entry) for entry in entries)]
    blocks.append(_foot(view))
    return "\n\n".join(blocks) + "\n"


def updates(report: Report) -> list[Entry]:
    """Return the new versions that a mail names: the best for this reader first, and of those whose title changed all before others."""
    entries = [entry for entry in report.section("updated") if not entry.left_out]
    return sorted(entries, key=lambda entry: (not any(change.field == "title" for change in entry.changes), -entry.score))[:UPDATES]


def withdrawn(report: Report) -> list[Entry]:
    """Return the withdrawn papers that a mail names, first those that the reader was shown before."""
    return sorted(report.section("withdrawn"), key=lambda entry: entry.told_before is None)[:WITHDRAWN]


def tally(report: Report) -> str:
    """Say how much there is, and how much of it was picked.

    >>> tally(Report(label="2026-02-09", reader="Ana", source="x", ranked_by="words", counts={"new": 0}, entries=()))
    'No papers today.'
    """
    picks, every = len(report.picks()), len(report.entries)
    if report.proposed:
        return f"{picks} of {every} {report.words.many} picked for you."
    names = {"new": "new", "cross": "cross-listed", "updated": "updated", "withdrawn": "withdrawn"}
    parts = [f"{report.counts[name]} {said}" for name, said in names.items() if report.counts.get(name)]
    return f"{picks} of {every} {report.words.many} picked for you. Today has {', '.join(parts)}." if every else f"No {report.words.many} today."


def why(reasons: Iterable[Reason]) -> list[str]:
    r"""Say each piece of evidence in words, the library's and the rules' first; a share is what the score loses without it.

    >>> why([Reason(kind="term", text="slate", share=0.2), Reason(kind="author", text="Ana Ruiz", share=0.5)])
    ['by Ana Ruiz, whom you follow (50\xa0%)', 'its words “slate” (20\xa0%)']
    """
    said = {"library": "near “{}” in your library", "interest": "near your interest “{}”", "author": "by {}, whom you follow", "rule": "matches {}"}
    # A no-break space keeps a figure and its unit on one line.
    listed = [(reason, percent(reason.share).replace(" ", "\u00a0")) for reason in reasons]
    others = [f"{said[reason.kind].format(readable(reason.text))} ({share})" for reason, share in listed if reason.kind != "term"]
    terms = [f"“{reason.text}” ({share})" for reason, share in listed if reason.kind == "term"]
    return [*others, *([f"its words {', '.join(terms)}"] if terms else [])]


def facts(entry: Entry, report: Report) -> list[str]:
    """Return a pick's facts: id, categories, interest, chance, and how it came by its place."""
    item = entry.item
    found = [f"{item.id}v{item.version}" if item.version > 1 else item.id]
    found += [", ".join(item.categories)] if item.categories else []
    found += ["cross-listed"] if entry.section == "cross" else []
    found += [f"chance {chance(entry.chance)}"] if entry.chance is not None else []
    found += [report.interests[entry.interest].name] if entry.interest is not None and report.interests else []
    return [*found, *([f"a place by chance ({percent(entry.propensity)})"] if entry.explored else [])]


def has_chances(report: Report) -> bool:
    """Tell whether a pick says its chance."""
    return any(entry.chance is not None for entry in report.picks())


def chances_said(report: Report) -> str:
    """Say what a chance is."""
    if report.proposed:
        return f"Chance: that you take the {report.words.one}, calibrated on what others had last, which was held out."
    return "Chance: that a paper is for you on a day that has one, calibrated on authors taken as readers."


def changed(entry: Entry) -> str:
    """Say what a new version changed."""
    before = [readable("".join(edit.text for edit in change.edits if edit.op != "in")) for change in entry.changes if change.field == "title"]
    if before:
        return f"Its title was “{before[0].strip()}”."
    if entry.changes:
        return f"Its abstract changed since version {entry.changes[0].since_version}."
    return "Title and abstract are as in the version before." if entry.earlier_known else "What changed is not known here."


def _head(report: Report) -> str:
    lines = [f"{report.title} for {report.reader}", long_date(report.label), "", tally(report)]
    return "\n".join(_filled(line) for line in ([IN_MAIL, "", *lines] if report.fictional else lines))


def _notes(report: Report) -> list[str]:
    return ["\n".join(_filled(f"Note: {note}", hang="  ") for note in report.notes)] if report.notes else []


def _title(text: str) -> str:
    return f"{text}\n{'-' * len(text)}"


def _pick(entry: Entry, report: Report, view: MailView) -> str:
    lines = _body(entry, f"{entry.slot}. ")
    lines.append(_filled(" | ".join(facts(entry, report)), indent="   "))
    if entry.key_sentences:
        lines += ["", *(_filled(f"“{readable(sentence.text)}”", indent="   ") for sentence in entry.key_sentences)]
    if reasons := why(entry.reasons):
        lines += ["", *(_filled(reason, indent=" " * 8 if at else "   Why: ", hang=" " * 8) for at, reason in enumerate(reasons))]
    lines += ["", *_links(entry, view)]
    return "\n".join(lines).rstrip()


def _links(entry: Entry, view: MailView) -> list[str]:
    lines = [f"   {entry.links.abstract}"] if entry.links.abstract else []
    lines += [f"   Code: {address}" for address in entry.links.code]
    return lines + [f"   {act.words}: {act.url}" for act in view.acts(entry)]


def _body(entry: Entry, lead: str) -> list[str]:
    pad = " " * max(3, len(lead))
    names = authors(entry.item, 4)
    return [_filled(readable(entry.item.title), indent=lead.ljust(3), hang=pad), *([_filled(names, indent="   ")] if names else [])]


def _brief(entry: Entry, lead: str) -> str:
    return "\n".join([*_body(entry, lead), *([f"   {entry.links.abstract}"] if entry.links.abstract else [])])


def _updated(entry: Entry) -> str:
    return "\n".join([*_body(entry, " * "), _filled(changed(entry), indent="   "), *([f"   {entry.links.abstract}"] if entry.links.abstract else [])])


def _withdrawn(entry: Entry) -> str:
    comment = readable(str(entry.item.attributes.get("comment") or ""))
    said = [entry.told, f"Authors’ comment: {comment}" if comment else ""]
    lines = [*_body(entry, " * "), *(_filled(words, indent="   ") for words in said if words)]
    return "\n".join([*lines, *([f"   {entry.links.abstract}"] if entry.links.abstract else [])])


def _listed(entry: Entry) -> str:
    return _brief(entry, " * ")


def _foot(view: MailView) -> str:
    report = view.report
    lines = [f"{view.unshown} more {report.words.many} of the {report.words.whole} are not in this mail."] if view.unshown else []
    lines += ["The whole page:" if report.proposed else "The whole day, with abstracts:", view.page] if view.page else []
    lines += [chances_said(report)] if has_chances(report) else []
    lines += [f"Ranked by {report.ranked_by}. A share is the part of the score that is lost without that evidence. Sentences in quotation marks are verbatim."]
    if report.subject == "papers" and not report.fictional:
        lines += ["Thank you to arXiv for use of its open access interoperability. This mail is not made or endorsed by arXiv."]
    if address := view.unsubscribe:
        lines += ["", "No more mails like this:", address]
    # Two hyphens and a space begin what mail readers fold away as a signature.
    return "\n".join(["-- ", *(_filled(line) for line in lines)])


def _filled(text: str, indent: str = "", hang: str | None = None) -> str:
    # Unlike `str.split`, this leaves no-break spaces.
    folded = re.sub(r"[ \t\r\n]+", " ", text).strip(" ")
    return textwrap.fill(
        folded, WIDTH, initial_indent=indent, subsequent_indent=indent if hang is None else hang, break_long_words=False, break_on_hyphens=False
    )

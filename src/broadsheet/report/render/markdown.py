"""The report as Markdown: a heading with the day, and a table of title, link, abstract, authors."""

import re
from collections.abc import Callable, Iterable
from datetime import date

from broadsheet.core.schema import Item
from broadsheet.report.model import Entry, Report
from broadsheet.stack.words import PAPERS

_HEAD = "| Title | Link | {0.text} | {0.by} |\n| --- | --- | --- | --- |\n"
# The form is English whatever the reader's locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WOULD_BE_READ = re.compile(
    r"\\(?=[!-/:-@\[-`{-~])"  # a backslash before punctuation would escape it
    r"|[`*~]"
    r"|(?<![^\W_])_|_(?![^\W_])"
    r"|<(?=[A-Za-z/!?])"
    r"|&(?=#?\w+;)"
    r"|\](?=\()"
    r"|\|"
)


def seed_form(label: date, items: Iterable[Item]) -> str:
    """Write the reference form byte for byte: only `|` is escaped, and a newline becomes a space.

    Fields stand as the source gave them, TeX accents of authors included.
    """
    return heading(label) + _table(items, _folded, _HEAD.format(PAPERS))


def report_markdown(report: Report) -> str:
    """Write the page as Markdown: the picks in the reference form, then the rest of the day by section.

    Whatever a Markdown reader would take for markup is escaped, so the rendered text of each
    cell is the field itself, newlines folded.
    """
    parts = [heading(report.label, report.title)]
    if report.fictional:
        parts.append("*Fictional sample: no paper, author or figure here is real.*\n\n")
    picks = report.picks()
    head = _HEAD.format(report.words)
    parts.append(_table((entry.item for entry in picks), _literal, head))
    parts.append(_summaries(picks))
    rest = [entry for entry in report.entries if entry.slot is None]
    for name, title in (("new", report.words.more), ("cross", "More that is cross-listed"), ("updated", "Updated"), ("withdrawn", "Withdrawn")):
        parts.append(_section(title, [entry for entry in rest if entry.section == name], head))
    return "".join(parts)


def heading(label: date, title: str = "arXiv Daily Report") -> str:
    r"""Return the first two lines.

    >>> heading(date(2026, 2, 9))
    '# arXiv Daily Report - 09-Feb-2026\n\n'
    """
    return f"# {title} - {label.day:02d}-{_MONTHS[label.month - 1]}-{label.year}\n\n"


def _summaries(picks: list[Entry]) -> str:
    """Write each TL;DR behind its paper's title, and below it the sentences that it rests on."""
    lines = [
        "".join(
            (
                f"- **{_literal(e.item.title)}** {_literal(e.summary.text)} ({_literal(e.summary.model)})\n",
                *(f"  > {_literal(s.text)}\n" for s in e.summary.spans),
            )
        )
        for e in picks
        if e.summary
    ]
    return "\n## TL;DR, by a language model, and what it rests on\n\n" + "".join(lines) if lines else ""


def _section(title: str, entries: list[Entry], head: str) -> str:
    if not entries:
        return ""
    told = "".join(f"- {_literal(e.item.id)} was on your page of {e.told_before}.\n" for e in entries if e.told_before is not None)
    return f"\n## {title}\n\n{_table((e.item for e in entries), _literal, head)}" + (f"\n{told}" if told else "")


def _table(items: Iterable[Item], cell: Callable[[str], str], head: str) -> str:
    rows: list[str] = []
    for item in items:
        authors = str(item.attributes.get("creators_verbatim") or ", ".join(item.creators)) if cell is _folded else ", ".join(item.creators)
        link = f"[{cell(item.url)}]({item.url.replace('|', '%7C')})" if item.url else ""
        rows.append(f"| {cell(item.title)} | {link} | {cell(item.text)} | {cell(authors)} |\n")
    return head + "".join(rows)


def _folded(text: str) -> str:
    return re.sub(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", " ", text).replace("|", "\\|")


def _literal(text: str) -> str:
    return _WOULD_BE_READ.sub(lambda match: "\\" + match.group(), re.sub(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", " ", text))

"""The report as Markdown: a heading with the day, and a table of title, link, abstract, authors; of what is no paper also of keys and prices."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

from broadsheet.core.schema import Item
from broadsheet.report.model import Entry, Report
from broadsheet.stack.words import PAPERS, Words


class _Column(NamedTuple):
    """The heading of a column, and what stands in its cell of an item."""

    head: str
    cell: Callable[[Item], str]


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
    return heading(label) + _table(items, _form(PAPERS, _folded, _as_given))


def report_markdown(report: Report) -> str:
    """Write the page as Markdown: the picks in the reference form, then the rest of the day by section.

    A catalogue by events has keys and prices too, and no column that is empty for all.
    Whatever a Markdown reader would take for markup is escaped, so the rendered text of each
    cell is the field itself, newlines folded.
    """
    parts = [heading(report.label, report.title)]
    if report.fictional:
        parts.append("*Fictional sample: no paper, author or figure here is real.*\n\n")
    picks = report.picks()
    columns = _columns(report)
    parts.append(_table((entry.item for entry in picks), columns))
    parts.append(_summaries(picks))
    rest = [entry for entry in report.entries if entry.slot is None]
    for name, title in (("new", report.words.more), ("cross", "More that is cross-listed"), ("updated", "Updated"), ("withdrawn", "Withdrawn")):
        parts.append(_section(title, [entry for entry in rest if entry.section == name], columns))
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


def _section(title: str, entries: list[Entry], columns: Sequence[_Column]) -> str:
    if not entries:
        return ""
    told = "".join(f"- {_literal(e.item.id)} was on your page of {e.told_before}.\n" for e in entries if e.told_before is not None)
    return f"\n## {title}\n\n{_table((e.item for e in entries), columns)}" + (f"\n{told}" if told else "")


def _columns(report: Report) -> list[_Column]:
    """Return the columns of a page: those of the reference form for papers; else those that any item has something for."""
    title, link, text, by = _form(report.words, _literal, _joined)
    if not report.proposed:
        return [title, link, text, by]
    items = [entry.item for entry in report.entries]
    named = dict.fromkeys(name for item in items for name in item.attributes if "price" in re.split(r"[\W_\d]+", name.casefold()))
    prices = [_Column(_literal(name.replace("_", " ").capitalize()), partial(_said, name)) for name in named]
    held = [one for one in (link, text, *prices, by) if any(map(one.cell, items))]
    return [title, _Column("Key", lambda item: _literal(item.id)), *held]


def _form(words: Words, cell: Callable[[str], str], authors: Callable[[Item], str]) -> tuple[_Column, _Column, _Column, _Column]:
    return (
        _Column("Title", lambda item: cell(item.title)),
        _Column("Link", lambda item: f"[{cell(item.url)}]({item.url.replace('|', '%7C')})" if item.url else ""),
        _Column(words.text, lambda item: cell(item.text)),
        _Column(words.by, lambda item: cell(authors(item))),
    )


def _said(name: str, item: Item) -> str:
    value = item.attributes.get(name)
    return "" if value is None else _literal(str(value))


def _joined(item: Item) -> str:
    return ", ".join(item.creators)


def _as_given(item: Item) -> str:
    return str(item.attributes.get("creators_verbatim") or _joined(item))


def _table(items: Iterable[Item], columns: Sequence[_Column]) -> str:
    lines = [[one.head for one in columns], ["---"] * len(columns), *([one.cell(item) for one in columns] for item in items)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _folded(text: str) -> str:
    return re.sub(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", " ", text).replace("|", "\\|")


def _literal(text: str) -> str:
    return _WOULD_BE_READ.sub(lambda match: "\\" + match.group(), re.sub(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", " ", text))

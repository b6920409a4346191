"""Markdown: the reference form to the byte, and cells that parse back to the fields."""

from collections.abc import Callable
from datetime import date

import cmarkgfm
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from broadsheet.core.schema import Announce, Item
from broadsheet.report.model import Entry, Report
from broadsheet.report.render.markdown import report_markdown, seed_form
from broadsheet.sources import read_source

LABEL = date(2026, 2, 9)
GFM = MarkdownIt("gfm-like", {"linkify": False, "html": True})


def cells(text: str, of: Callable[[Token], str]) -> list[list[str]]:
    """Cells as a GFM parser cuts them, its escapes of the pipe taken back."""
    rows: list[list[str]] = []
    tokens = GFM.parse(text)
    for place, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        if token.type in {"td_open", "th_open"}:
            rows[-1].append(of(tokens[place + 1]))
    return [row for row in rows if row[0] != "Title"]


def raw_cells(text: str) -> list[list[str]]:
    """Cells with inline markup not read."""
    return cells(text, lambda token: token.content)


def read_cells(text: str) -> list[list[str]]:
    """Cells as a reader sees them: the text of the rendered inline content."""

    def seen(token: Token) -> str:
        children = token.children or []
        assert {c.type for c in children} <= {"text", "text_special", "link_open", "link_close"}, token.content
        return "".join(c.content for c in children)

    return cells(text, seen)


def folded(text: str) -> str:
    return " ".join(text.splitlines())


def report_of(items: list[Item]) -> Report:
    entries = tuple(Entry(item=item, kind=Announce.NEW, section="new", slot=n + 1 if n % 2 else None) for n, item in enumerate(items))
    return Report(label=LABEL, reader="R", source="s", ranked_by="order", counts={"new": len(items)}, entries=entries)


def test_the_reference_day_byte_for_byte(data):
    reference = data / "arxiv" / "reference"
    words = ("multimodal", "multi-modal", "generative", "llm")
    items = [a.item for a in read_source(str(reference / "rss-cs.IR-2026-02-09.xml")).announcements]
    chosen = [item for item in items if any(word in item.title.lower() for word in words)]
    assert seed_form(LABEL, chosen).encode() == (reference / "report-2026-02-09.md").read_bytes()


def test_the_reference_form_escapes_pipes_folds_newlines_and_changes_nothing_else():
    item = Item(id="x", title="P(a | b) *stars*", text="One\nline with `ticks` and \\% and <b>.", creators=("A", "B"), url="https://papers.example.org/x")
    assert seed_form(LABEL, [item]) == (
        "# arXiv Daily Report - 09-Feb-2026\n\n| Title | Link | abstract | author |\n| --- | --- | --- | --- |\n"
        "| P(a \\| b) *stars* | [https://papers.example.org/x](https://papers.example.org/x) | One line with `ticks` and \\% and <b>. | A, B |\n"
    )


def test_authors_of_the_reference_form_stand_as_the_feed_gave_them():
    item = Item(id="x", title="T", creators=("Paulo André",), attributes={"creators_verbatim": r"Paulo Andr\'e"})
    assert r"| Paulo Andr\'e |" in seed_form(LABEL, [item])


def test_every_paper_of_every_shared_day_comes_back_from_both_forms(data):
    seen = 0
    for path in sorted((data / "arxiv" / "daily").glob("*.jsonl.gz")):
        items = [a.item for a in read_source(str(path)).announcements]
        expected = [[folded(i.title), i.url, folded(i.text), ", ".join(i.creators)] for i in items]
        raw = raw_cells(seed_form(LABEL, items))
        assert [[r[0], r[1].partition("](")[0][1:], *r[2:]] for r in raw] == expected
        page = read_cells(report_markdown(report_of(items)))
        assert sorted(page) == sorted(expected)
        seen += len(items)
    assert seen == 6104


HOSTILE = [
    r"\| already escaped",
    r"a \\| b",
    "`code with | pipe`",
    "*a* _b_ __c__ ~~d~~ x_i y_j",
    "[text](https://evil.example.org) ![image](x)",
    "<think>vanishes</think> <!-- comment --> a < b",
    "&amp; &#124; &copy; AT&T",
    r"$\{x\}$ \[ \] \% trailing \\",
    "# not a heading",
    "a\\\nb",
    "https://a.example.org/x_y_z www.example.org",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_cells_are_read_back(text):
    item = Item(id="x", title=text, text=text, creators=(text,), url="https://papers.example.org/x")
    assert read_cells(report_markdown(report_of([item]))) == [[folded(text), item.url, folded(text), folded(text)]]


@given(st.text(alphabet="ab1 \\|`*_~<>&;#[]()!$\n", min_size=1, max_size=40))
@example("\\|")
@example("a_b_")
def test_any_cell_is_read_back_by_two_parsers(text):
    text = text.strip() or "x"
    document = report_markdown(report_of([Item(id="x", title="T", text=text, url="https://papers.example.org/x")]))
    assert read_cells(document)[0][2] == folded(text).strip()
    html = cmarkgfm.github_flavored_markdown_to_html(document)
    assert html.count("<tr>") == 3  # two heads (picks and the rest), one row
    assert all(tag not in html for tag in ("<em>", "<strong>", "<del>", "<code>", "<img"))

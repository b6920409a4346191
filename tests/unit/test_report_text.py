"""Sentences, changes, links and BibTeX: what is read out of a paper's own text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.schema import Item
from broadsheet.report.changes import edits, find_changes
from broadsheet.report.references import bibtex, find_links
from broadsheet.report.sentences import key_sentences, split_sentences
from broadsheet.sources import read_source


def parts(text: str) -> list[str]:
    return [text[a:b] for a, b in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Gains of 1.5 points. Costs 0.2 s.", ["Gains of 1.5 points.", "Costs 0.2 s."]),
        ("As in Smith et al. We differ.", ["As in Smith et al. We differ."]),
        ("We try it (e.g. BM25). Then stop.", ["We try it (e.g. BM25).", "Then stop."]),
        ("It has $O(n. X)$ steps. Fine.", ["It has $O(n. X)$ steps.", "Fine."]),
        ('He said "no." She left.', ['He said "no."', "She left."]),
        ("  Padded.  \n Next line.  ", ["Padded.", "Next line."]),
        ("no full stop", ["no full stop"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text, expected):
    assert parts(text) == expected


@given(st.text(alphabet="aB. $!?\n\"')(0", max_size=120))
def test_spans_are_in_order_apart_and_lose_no_character_but_space(text):
    spans = split_sentences(text)
    assert all(a < b for a, b in spans)
    assert all(left.end <= right.start for left, right in pairwise(spans))
    assert "".join(text[a:b] for a, b in spans).replace(" ", "").replace("\n", "") == "".join(text.split())


def test_key_sentences_are_verbatim_spans_of_every_shared_abstract(data):
    for announcement in read_source(str(data / "arxiv" / "daily" / "2026-02-09.jsonl.gz")).announcements:
        text = announcement.item.text
        for start, end in key_sentences(text, {"retrieval": 1.0}):
            assert 0 <= start < end <= len(text)
            assert text[start:end] == text[start:end].strip() != ""


def test_key_sentences_follow_the_reader():
    text = "Trams run late. Soup is served hot. Nothing else happens here."
    assert [text[a:b] for a, b in key_sentences(text, {"soup": 1.0}, most=1)] == ["Soup is served hot."]
    assert [text[a:b] for a, b in key_sentences(text, {"trams": 1.0}, most=1)] == ["Trams run late."]


@given(st.text(alphabet="ab \n", max_size=60), st.text(alphabet="ab \n", max_size=60))
def test_edits_rebuild_both_texts(before, after):
    found = edits(before, after)
    assert "".join(e.text for e in found if e.op != "in") == before
    assert "".join(e.text for e in found if e.op != "out") == after


def test_a_changed_title_and_an_unchanged_abstract():
    old = Item(id="a", title="Paradigm X", text="Same.", version=1)
    new = Item(id="a", title="An item is worth one token", text="Same.", version=3)
    changes = find_changes(new, old)
    assert [c.field for c in changes] == ["title"]
    assert changes[0].since_version == 1
    assert find_changes(new, None) == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Code is available at https://github.com/some/thing.", ("https://github.com/some/thing",)),
        ("Our code: https://example.org/x, and data.", ("https://example.org/x",)),
        ("See the project page https://example.org/project for a demo.", ()),
        ("(https://gitlab.com/a/b)", ("https://gitlab.com/a/b",)),
        ("Code at https://code.example.org/a and https://code.example.org/a again.", ("https://code.example.org/a",)),
        ("No address.", ()),
    ],
)
def test_code_is_linked_where_the_text_names_it(text, code):
    assert find_links(Item(id="x", title="T", text=text)).code == code


def test_links_of_an_arxiv_paper_follow_from_its_id_and_version():
    links = find_links(Item(id="2602.06393", title="T", version=2))
    assert (links.abstract, links.pdf) == ("https://arxiv.org/abs/2602.06393", "https://arxiv.org/pdf/2602.06393v2")
    assert links.html == "https://arxiv.org/html/2602.06393v2"


def test_no_other_scheme_becomes_a_link():
    assert find_links(Item(id="x", title="T", url="javascript:alert(1)")).abstract == ""
    assert find_links(Item(id="x", title="T", url='https://a.example.org/"><script>')).abstract == ""


def test_bibtex_parses_back(tmp_path):
    import bibtexparser

    item = Item(
        id="2602.06393",
        title="A {B}rave $x^{2}$ title, 50% new",
        creators=("Zoë Kéita", "Sam Hill, Jr."),
        categories=("cs.IR",),
        url="https://arxiv.org/abs/2602.06393",
    )
    library = bibtexparser.parse_string(bibtex(item))
    assert not library.failed_blocks
    fields = library.entries[0].fields_dict
    assert fields["eprint"].value == "2602.06393"
    assert fields["title"].value.strip("{}") == item.title
    assert "Zoë Kéita and Sam Hill, Jr." in fields["author"].value


def test_bibtex_of_an_unbalanced_title_still_parses():
    import bibtexparser

    library = bibtexparser.parse_string(bibtex(Item(id="x", title="An odd } title {", creators=())))
    assert not library.failed_blocks

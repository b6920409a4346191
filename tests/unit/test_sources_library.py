"""A reader's library: BibTeX and CSL-JSON as people export them."""

import json

import pytest

from broadsheet.core.errors import BroadsheetError, EmptySourceError, RecordError, SourceNotFoundError
from broadsheet.sources import read_library
from broadsheet.sources.names import given_first, split_names, without_tex

BIB = r"""
@comment{ignored}
@string{venue = "Harbour Workshop"}
@inproceedings{ruiz2024, title = {{S}oup for {Many}: 50\% More}, author = {Ruiz, Ana and K{\'e}ita, Zo{\"e} and others},
  year = 2024, month = mar, booktitle = venue, abstract = {We cook. It costs 5\% less.}, keywords = {soup, leeks}}
@misc{pre, title={A preprint}, author={Sam Hill}, eprint={2602.06393v2}, archivePrefix={arXiv}}
@misc{doi, title={Another}, doi={10.48550/arXiv.2602.06654}}
@misc{bare, title={No abstract}, author={{The Soup Collaboration}}}
"""


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_bibtex(tmp_path):
    soup, preprint, doi, bare = read_library(write(tmp_path / "l.bib", BIB))
    assert soup.id == "ruiz2024"
    assert soup.title == "Soup for Many: 50% More"
    assert soup.creators == ("Ana Ruiz", "Zoë Kéita")
    assert soup.text == "We cook. It costs 5% less."
    assert (soup.published.year, soup.published.month) == (2024, 3)
    assert soup.attributes["keywords"] == "soup, leeks"
    assert (preprint.id, preprint.url) == ("2602.06393", "https://arxiv.org/abs/2602.06393")
    assert doi.id == "2602.06654"
    assert bare.creators == ("The Soup Collaboration",)


def test_an_entry_twice_is_one(tmp_path):
    twice = "@misc{a, title={One}}\n@misc{a, title={One}}\n@misc{b, title={Two}}\n"
    assert [i.title for i in read_library(write(tmp_path / "l.bib", twice))] == ["One", "Two"]


def test_two_entries_that_share_a_key_by_accident_both_stay(tmp_path):
    both = read_library(write(tmp_path / "l.bib", "@misc{a, title={One}}\n@misc{a, title={Other}}\n"))
    assert [(i.id, i.title) for i in both] == [("a", "One"), ("a #2", "Other")]


def test_csl_json(tmp_path):
    entries = [
        {
            "id": "a",
            "title": "Soup",
            "author": [{"family": "Ruiz", "given": "Ana"}, {"literal": "Soup Lab"}],
            "issued": {"date-parts": [[2024, 5, 1]]},
            "abstract": "We cook.",
        },
        {"id": "b", "title": "No date", "URL": "https://arxiv.org/abs/2602.06393v1", "issued": {"raw": "soon"}},
    ]
    soup, other = read_library(write(tmp_path / "l.json", json.dumps(entries)))
    assert (soup.creators, soup.published.month, soup.text) == (("Ana Ruiz", "Soup Lab"), 5, "We cook.")
    assert other.id == "2602.06393"
    assert read_library(write(tmp_path / "z.json", json.dumps({"items": entries})))[0] == soup


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("l.bib", "", EmptySourceError),
        ("l.bib", "@misc{a, title={open\n", RecordError),
        ("l.bib", "@misc{a, author={Nobody}}", RecordError),
        ("l.json", "{", RecordError),
        ("l.json", '{"a": 1}', RecordError),
        ("l.json", "[]", EmptySourceError),
        ("l.json", '[{"id": "a"}]', RecordError),
    ],
)
def test_faults_are_two_lines(tmp_path, name, text, error):
    with pytest.raises(error) as caught:
        read_library(write(tmp_path / name, text))
    assert len(str(caught.value).splitlines()) == 2


def test_a_library_in_another_encoding_is_two_lines(tmp_path):
    (tmp_path / "l.bib").write_bytes("@misc{a, title={Café}}".encode("latin-1"))
    with pytest.raises(BroadsheetError, match="UTF-8"):
        read_library(tmp_path / "l.bib")


def test_no_such_library(tmp_path):
    with pytest.raises(SourceNotFoundError):
        read_library(tmp_path / "l.bib")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ana Ruiz, Sam Hill", ["Ana Ruiz", "Sam Hill"]),
        ("Sam Hill, Jr., Ana Ruiz", ["Sam Hill, Jr.", "Ana Ruiz"]),
        ("Ana Ruiz (Harbour, Inc.), Sam Hill", ["Ana Ruiz (Harbour, Inc.)", "Sam Hill"]),
        (r"Jos\'e \v{S}im\'anek, \O{}yvind \AA{}s, Fran\c{c}ois", ["José Šimánek", "Øyvind Ås", "François"]),
        (r"M\"uller", ["Müller"]),
        ("", []),
    ],
)
def test_names_in_one_string(text, names):
    assert split_names(text) == names


def test_a_percent_sign_hides_nothing():
    assert without_tex(r"50\% of 100% caf\'e") == "50% of 100% café"
    assert given_first("Ruiz, Ana") == "Ana Ruiz"

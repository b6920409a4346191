"""A reader's library: BibTeX and CSL-JSON as people export them."""

import json
from datetime import date

import pytest

from broadsheet.core.errors import BroadsheetError, EmptySourceError, RecordError, SourceNotFoundError
from broadsheet.sources import read_library

BIB = r"""
% exported by hand, ask me@papers.example.org
@comment{ignored, @misc{x, title={Not this one}}}
@preamble{"\newcommand{\x}{y}"}
@string{venue = "Harbour Workshop"}
@inproceedings{ruiz2024, title = {{S}oup for {Many}: 50\% More}, author = {Ruiz, Ana and K{\'e}ita, Zo{\"e} and others},
  year = 2024, month = mar, booktitle = venue, abstract = {We cook. It costs 5\% less.}, keywords = {soup, leeks}}
@MISC {pre, title="A {"}preprint{"}", author={Sam Hill}, eprint={2602.06393v2}, archivePrefix={arXiv}}
@misc{doi, title={Another}, doi={10.48550/arXiv.2602.06654},}
@misc{bare, title={No abstract}, author={{The Soup Collaboration}}}
"""


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def bib(tmp_path):
    """Read BibTeX from a file."""
    return lambda text: read_library(write(tmp_path / "l.bib", text))


@pytest.fixture
def csl(tmp_path):
    """Read one CSL-JSON entry, which has an id and a title, from a file."""
    return lambda **fields: read_library(write(tmp_path / "l.json", json.dumps([{"id": "a", "title": "Soup"} | fields])))[0]


def refused(error, read, *args):
    """Return what the error says, after checking that it says it in two lines."""
    with pytest.raises(error) as caught:
        read(*args)
    assert len(str(caught.value).splitlines()) == 2
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


def test_bibtex(bib):
    soup, preprint, doi, bare = bib(BIB)
    assert soup.id == "ruiz2024"
    assert soup.title == "Soup for Many: 50% More"
    assert soup.creators == ("Ana Ruiz", "Zoë Kéita")
    assert soup.text == "We cook. It costs 5% less."
    assert soup.published == date(2024, 3, 1)
    assert soup.attributes == {"venue": "Harbour Workshop", "keywords": "soup, leeks"}
    assert (preprint.id, preprint.url, preprint.title) == ("2602.06393", "https://arxiv.org/abs/2602.06393", 'A "preprint"')
    assert doi.id == "2602.06654"
    assert (bare.creators, bare.text, bare.published, bare.url) == (("The Soup Collaboration",), "", None, "")


def test_bibtex_with_a_mark_and_line_ends_of_another_system(bib):
    assert bib("\ufeff" + BIB.replace("\n", "\r\n")) == bib(BIB)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("{{S}oup for {Many}}", "Soup for Many"),
        ("{{{Soup}}}", "Soup"),
        ('"Soup"', "Soup"),
        ('"{"}Soup{"}, hot"', '"Soup", hot'),
        (r"{Caf{\'e} {\AA}ngstr{\"o}m \& more}", "Café Ångström & more"),
        ("{Soup & {Bread} for $5, 100% {leek}}", "Soup & Bread for $5, 100% leek"),
        (r"{$\alpha$-soup in $x_{i}$}", "α-soup in x_i"),
        ("{Soup\n   over\n\n lines}", "Soup over lines"),
        ('s # { of the } # "day"', "Soup of the day"),
        ("{A} # {B}", "AB"),
        ("S", "Soup"),
        ("2024", "2024"),
        ("{1984 # 2024}", "1984 # 2024"),
    ],
)
def test_titles_however_they_are_written(bib, written, title):
    assert bib(f"@string{{s = {{Soup}}}}\n@misc{{a, title = {written}, year = 2024}}")[0].title == title


@pytest.mark.parametrize(
    ("written", "creators"),
    [
        ("Ruiz, Ana and Sam Hill", ("Ana Ruiz", "Sam Hill")),
        ("Ruiz, Ana\n  and\n  Hill, Jr., Sam", ("Ana Ruiz", "Sam Hill, Jr.")),
        ("van der Berg, Jan and others", ("Jan van der Berg",)),
        ("{Soup and Bread Lab} and Ruiz, Ana", ("Soup and Bread Lab", "Ana Ruiz")),
        ("{Soup Lab, Inc.}", ("Soup Lab, Inc.",)),
        ("{Caf{\\'e} Soup, Inc.} and Sandy Anders", ("Café Soup, Inc.", "Sandy Anders")),
        (r"{\'E}mile D{\"u}r and {\L}uk, Ola", ("Émile Dür", "Ola Łuk")),
        ("Plato", ("Plato",)),
        ("", ()),
    ],
)
def test_authors(bib, written, creators):
    assert bib(f"@misc{{a, title={{T}}, author={{{written}}}}}")[0].creators == creators


@pytest.mark.parametrize(
    "field",
    [
        "eprint={2602.06393}",
        "eprint={arXiv:2602.06393v3}",
        "doi={10.48550/arXiv.2602.06393}",
        "doi={https://doi.org/10.48550/arXiv.2602.06393}",
        "url={https://arxiv.org/abs/2602.06393v1}",
        "url={http://arxiv.org/pdf/2602.06393.pdf}",
        "arxivId={2602.06393}",
        "journal={arXiv preprint arXiv:2602.06393}",
        "number={{arXiv}:2602.06393}",
        "doi={10.1145/1}, eprint={2602.06393}",
    ],
)
def test_an_arxiv_number_wherever_it_stands(bib, field):
    (item,) = bib(f"@article{{a, title={{T}}, {field}}}")
    assert item.id == "2602.06393"
    assert item.url.startswith("http")


@pytest.mark.parametrize(
    "field", ["doi={10.1145/1234.5678}", "number={7}", "journal={Journal of Soup}", "url={https://soup.example.org}", "note={Extends arXiv:2602.06393}"]
)
def test_what_names_no_arxiv_number_leaves_the_key(bib, field):
    assert bib(f"@article{{a, title={{T}}, {field}}}")[0].id == "a"


def test_an_old_arxiv_number(bib):
    assert bib("@misc{a, title={T}, eprint={math.GT/0309136}}")[0].id == "math/0309136"


@pytest.mark.parametrize(
    ("fields", "day"),
    [
        ("year={2024}, month=dec", date(2024, 12, 1)),
        ("year=2024, month={December}", date(2024, 12, 1)),
        ("year=2024, month={5}", date(2024, 5, 1)),
        ("year=2024, month=may # {~5}", date(2024, 5, 1)),
        ("year=2024, month={13}", date(2024, 1, 1)),
        ("year=2024", date(2024, 1, 1)),
        ("date={2024-05-17}", date(2024, 5, 1)),
        ("date={2024}", date(2024, 1, 1)),
        ("year={0000}", None),
        ("year={in press}", None),
        ("year={٢٠٢٤}", None),
        ("month=may", None),
    ],
)
def test_dates(bib, fields, day):
    assert bib(f"@misc{{a, title={{T}}, {fields}}}")[0].published == day


def test_an_entry_twice_is_one(bib):
    twice = "@misc{a, title={One}}\n@misc{a, title={One}}\n@misc{b, title={Two}}\n"
    assert [i.title for i in bib(twice)] == ["One", "Two"]


def test_two_entries_that_share_a_key_by_accident_both_stay(bib):
    both = bib("@misc{a, title={One}}\n@misc{a, title={Other}}\n@misc{a, title={Third}}\n@misc{a, title={Other}}\n")
    assert [(i.id, i.title) for i in both] == [("a", "One"), ("a #2", "Other"), ("a #3", "Third")]


def test_two_versions_of_an_arxiv_paper_are_one_paper_whatever_their_titles(bib):
    both = bib("@misc{a, title={One}, eprint={2602.06393}}\n@misc{b, title={Other}, eprint={2602.06393v2}}\n")
    assert [(i.id, i.title) for i in both] == [("2602.06393", "One")]


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("", EmptySourceError, "no entry"),
        ("% nothing\n@comment{nothing}\n", EmptySourceError, "no entry"),
        ("@misc{a, title={open\n", RecordError, "line 1"),
        ("@misc{a, title={One}}\n\n@misc{b, title={open\n@misc{c, title={Three}}\n", RecordError, "line 3"),
        ("@misc{a, title={One}}\n@misc{title={no key}}\n", RecordError, "line 2"),
        ("@misc{a, title={One},\n oops\n}\n", RecordError, "line 1"),
        ("@misc{a, title={One}}\n\n@misc b, title={Two}}\n@misc{c, title={Three}}\n", RecordError, "line 3"),
        ("@misc{a, title={One}}\n% what follows is cut\n@artic", RecordError, "line 3"),
        ("@misc{a,\n title={no comma}\n year={2024}}\n", RecordError, "line 2: the field 'title' does not end"),
        ("@misc{a,\n title={One},\n year=2024 month=may}\n", RecordError, "line 3: the field 'year' does not end"),
        ("@misc{a, title={One},\n title={Two}}\n", RecordError, "line 1: a field that stands twice"),
        ("@misc{a, author={Nobody}}", RecordError, "'a' has no title"),
        ("@misc{a, title={}}", RecordError, "'a' has no title"),
        ("@misc{a, title=}", RecordError, "'a' has no title"),
        ("@misc{a}", RecordError, "'a' has no title"),
    ],
)
def test_a_broken_entry_is_told_with_its_place_in_two_lines(bib, text, error, says):
    assert says in refused(error, bib, text)


def test_a_library_cut_anywhere_is_an_error_or_ends_with_a_whole_entry(bib):
    entries = ["@misc{a, title={{O}ne}, year=2024}\n", "@article{b, title = {Two}, author = {Ruiz, Ana}}\n", '@misc{c, title="Three"}']
    whole = "".join(entries)
    ends = {len("".join(entries[:n]).rstrip()) for n in (1, 2, 3)} | {len("".join(entries[:n])) for n in (1, 2, 3)}
    for cut in range(1, len(whole) + 1):
        if cut in ends:
            assert [item.title for item in bib(whole[:cut])] == ["One", "Two", "Three"][: whole[:cut].count("@")]
        else:
            refused(RecordError, bib, whole[:cut])


def test_a_large_library_is_read_once_through(bib):
    items = bib("".join(f"@misc{{k{n}, title={{T{n}}}}}\n" for n in range(2000)))
    assert len(items) == 2000


def test_csl_json_as_zotero_writes_it(tmp_path):
    entries = [
        {
            "id": "http://zotero.example.org/users/1/items/ABC",
            "type": "paper-conference",
            "title": "Soup",
            "author": [
                {"family": "Ruiz", "given": "Ana"},
                {"literal": "Soup Lab"},
                {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"},
                {"family": "Hill", "given": "Sam", "suffix": "Jr."},
            ],
            "issued": {"date-parts": [["2024", 5, 1]]},
            "abstract": "We\n cook.",
            "container-title": "Harbour Workshop",
        },
        {"id": 7, "title": "No date", "URL": "https://arxiv.org/abs/2602.06393v1", "issued": {"raw": "soon"}},
    ]
    soup, other = read_library(write(tmp_path / "l.json", json.dumps(entries)))
    assert (soup.published, soup.text, soup.attributes) == (date(2024, 5, 1), "We cook.", {"venue": "Harbour Workshop"})
    assert soup.creators == ("Ana Ruiz", "Soup Lab", "Jan van der Berg", "Sam Hill, Jr.")
    assert (other.id, other.published) == ("2602.06393", None)
    assert read_library(write(tmp_path / "z.json", json.dumps({"items": entries}))) == [soup, other]


@pytest.mark.parametrize("fields", [{"number": "arXiv:2602.06393"}, {"DOI": "10.48550/arXiv.2602.06393"}, {"URL": "http://arxiv.org/abs/2602.06393"}])
def test_an_arxiv_number_of_csl(csl, fields):
    assert csl(**fields).id == "2602.06393"


def test_csl_says_null_for_what_is_missing(csl):
    nothing = dict.fromkeys(["author", "issued", "abstract", "URL", "DOI", "number", "container-title", "keyword"])
    item = csl(**nothing)
    assert (item.creators, item.published, item.text, item.url, item.attributes) == ((), None, "", "", {})


@pytest.mark.parametrize(
    ("issued", "day"),
    [
        ({"date-parts": [[2024, 5, 17]]}, date(2024, 5, 1)),
        ({"date-parts": [["2024"]]}, date(2024, 1, 1)),
        ({"date-parts": [[2024, 5], [2024, 6]]}, date(2024, 5, 1)),
        ({"date-parts": [[]]}, None),
        ({"date-parts": []}, None),
        ({"date-parts": [[None]]}, None),
        ({"date-parts": [[0]]}, None),
        ({"date-parts": [2024]}, date(2024, 1, 1)),
        ({"raw": "2024-05-17"}, date(2024, 5, 1)),
        ({"literal": "spring"}, None),
        ("2024-05", date(2024, 5, 1)),
        (2024, date(2024, 1, 1)),
    ],
)
def test_dates_of_csl(csl, issued, day):
    assert csl(issued=issued).published == day


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("", RecordError, "not JSON"),
        ("{", RecordError, "not JSON"),
        ('[{"id": "a",\n "title": oops}]', RecordError, "line 2"),
        ("7", RecordError, "no CSL-JSON"),
        ('{"a": 1}', RecordError, "no CSL-JSON"),
        ('{"items": null}', RecordError, "no CSL-JSON"),
        ('["a"]', RecordError, "no CSL-JSON"),
        ("[]", EmptySourceError, "no entry"),
        ('{"items": []}', EmptySourceError, "no entry"),
        ('[{"id": "a"}]', RecordError, "'a' has no title"),
        ('[{"id": "a", "title": null}]', RecordError, "'a' has no title"),
        ('[{"id": "a", "title": "T", "author": ["Ana Ruiz"]}]', RecordError, "'a' has authors"),
        ('[{"id": "a", "title": "T", "author": "Ana Ruiz"}]', RecordError, "'a' has authors"),
        ('[{"id": "a", "title": "T\\ud800"}]', RecordError, "half a character"),
        ("[" * 100000, RecordError, "too deep"),
    ],
)
def test_what_is_no_csl_json(tmp_path, text, error, says):
    assert says in refused(error, read_library, write(tmp_path / "l.json", text))


@pytest.mark.parametrize(("name", "text"), [("l.bib", "@misc{a, title={Café}}"), ("l.json", '[{"id": "a", "title": "Café"}]'), ("l.csv", "id,title\na,Café\n")])
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_a_library_in_another_encoding_is_told_how_to_convert(tmp_path, name, text, encoding):
    (tmp_path / name).write_bytes(text.encode(encoding))
    said = refused(BroadsheetError, read_library, tmp_path / name)
    assert "not UTF-8 (byte" in said
    assert "iconv" in said


def test_a_table_is_a_library_too(tmp_path):
    (item,) = read_library(write(tmp_path / "l.csv", "id,title,authors\n2602.06393v1,Soup,Ana Ruiz\n"))
    assert (item.id, item.title, item.creators) == ("2602.06393", "Soup", ("Ana Ruiz",))


def test_no_such_library(tmp_path):
    assert "l.bib" in refused(SourceNotFoundError, read_library, tmp_path / "l.bib")
    assert str(tmp_path) in refused(SourceNotFoundError, read_library, tmp_path)

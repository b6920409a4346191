"""arXiv identifiers: every scheme they have had, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.errors import IdentifierError
from broadsheet.sources.arxiv.ids import ArxivId, as_arxiv_id, parse_arxiv_id

PREFIXES = ["", "arXiv:", "oai:arXiv.org:", "http://arxiv.org/abs/", "https://www.arxiv.org/pdf/", "doi:10.48550/arXiv.", "https://doi.org/10.48550/arXiv."]


@pytest.mark.parametrize(
    ("text", "key", "version"),
    [
        ("2602.06393", "2602.06393", None),
        ("2602.06393v12", "2602.06393", 12),
        ("arXiv:2602.06393v2", "2602.06393", 2),
        ("arxiv: 2602.06393", "2602.06393", None),
        ("arXiv:2602.06393v1 [cs.IR]", "2602.06393", 1),
        ("oai:arXiv.org:2602.06393v1", "2602.06393", 1),
        ("http://arxiv.org/abs/0704.0001v1", "0704.0001", 1),
        ("arxiv.org/abs/2602.06393", "2602.06393", None),
        ("https://arxiv.org/abs/2602.06393/", "2602.06393", None),
        ("https://arxiv.org/abs/2602.06393v2?context=cs.IR#top", "2602.06393", 2),
        ("https://arxiv.org/pdf/1412.9999v1.pdf", "1412.9999", 1),
        ("https://arxiv.org/html/2602.06393v1", "2602.06393", 1),
        ("https://export.arxiv.org/abs/1501.00001", "1501.00001", None),
        ("10.48550/arXiv.2602.06393", "2602.06393", None),
        ("https://doi.org/10.48550/ARXIV.2602.06393", "2602.06393", None),
        ("math.GT/0309136", "math/0309136", None),
        ("cond-mat.mtrl-sci/9912001v1", "cond-mat/9912001", 1),
        ("hep-th/9901001v3", "hep-th/9901001", 3),
        ("hep-th/9108001", "hep-th/9108001", None),
        ("math/0703999", "math/0703999", None),
        ("oai:arXiv.org:cond-mat/0102001", "cond-mat/0102001", None),
        ("https://arxiv.org/abs/quant-ph/0201082v1", "quant-ph/0201082", 1),
        (" 2602.06393 \n", "2602.06393", None),
    ],
)
def test_every_scheme(text, key, version):
    assert parse_arxiv_id(text) == ArxivId(key, version)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "arXiv:",
        "https://arxiv.org/list/cs.IR/new",
        "2613.00001",  # no month 13
        "2600.00001",
        "1501.0001",  # five digits since January 2015
        "1412.00001",
        "0703.0001",  # the dotted form since April 2007
        "math/0704001",  # and the old one until then
        "math/0313001",
        "math/030913",
        "26020.6393",
        "2602.06393v",
        "2602.06393v0",
        "2602.06393x",
        "2602.06393 2602.06394",
        "٢٦٠٢.٠٦٣٩٣",
        "2602.06393v" + "9" * 5000,
        "10.1145/2602.06393",
        "2602.06393\n.pdf",
    ],
)
def test_what_is_no_identifier(text):
    assert as_arxiv_id(text) is None
    with pytest.raises(IdentifierError) as error:
        parse_arxiv_id(text)
    assert len(str(error.value).splitlines()) == 2


versions = st.none() | st.integers(1, 99)
dotted = st.one_of(
    st.builds("{:02d}{:02d}.{:05d}".format, st.integers(15, 99), st.integers(1, 12), st.integers(0, 99999)),
    st.builds("{:02d}{:02d}.{:04d}".format, st.integers(8, 14), st.integers(1, 12), st.integers(0, 9999)),
)
old = st.builds("{}/{:02d}{:02d}{:03d}".format, st.sampled_from(["math", "hep-th", "q-bio"]), st.integers(92, 99), st.integers(1, 12), st.integers(0, 999))


@given(dotted | old, versions, st.sampled_from(PREFIXES))
def test_writing_and_reading_go_round(key, version, prefix):
    text = prefix + key + (f"v{version}" if version else "")
    assert parse_arxiv_id(text) == ArxivId(key, version)
    assert parse_arxiv_id(parse_arxiv_id(text).key).key == key


@given(st.text())
def test_any_text_is_an_identifier_or_none(text):
    found = as_arxiv_id(text)
    assert found is None or as_arxiv_id(found.key) == ArxivId(found.key, None)

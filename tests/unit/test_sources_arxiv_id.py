"""arXiv identifiers: every scheme they have had, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.errors import IdentifierError
from broadsheet.sources.arxiv_id import ArxivId, as_arxiv_id, parse_arxiv_id


@pytest.mark.parametrize(
    ("text", "key", "version"),
    [
        ("2602.06393", "2602.06393", None),
        ("2602.06393v12", "2602.06393", 12),
        ("arXiv:2602.06393v2", "2602.06393", 2),
        ("oai:arXiv.org:2602.06393v1", "2602.06393", 1),
        ("http://arxiv.org/abs/0704.0001v1", "0704.0001", 1),
        ("https://arxiv.org/pdf/1412.9999v1.pdf", "1412.9999", 1),
        ("https://export.arxiv.org/abs/1501.00001", "1501.00001", None),
        ("10.48550/arXiv.2602.06393", "2602.06393", None),
        ("math.GT/0309136", "math/0309136", None),
        ("hep-th/9901001v3", "hep-th/9901001", 3),
        ("oai:arXiv.org:cond-mat/0102001", "cond-mat/0102001", None),
        (" 2602.06393 ", "2602.06393", None),
    ],
)
def test_every_scheme(text, key, version):
    assert parse_arxiv_id(text) == ArxivId(key, version)


@pytest.mark.parametrize(
    "text", ["2613.00001", "2600.00001", "1501.0001", "1412.00001", "0703.0001", "abc", "", "26020.6393", "math/0313001", "2602.06393v", "2602.06393x"]
)
def test_what_is_no_identifier(text):
    assert as_arxiv_id(text) is None
    with pytest.raises(IdentifierError) as error:
        parse_arxiv_id(text)
    assert len(str(error.value).splitlines()) == 2


@given(st.integers(15, 99), st.integers(1, 12), st.integers(0, 99999), st.none() | st.integers(1, 99))
def test_writing_and_reading_go_round(year, month, number, version):
    key = f"{year:02d}{month:02d}.{number:05d}"
    assert parse_arxiv_id(f"arXiv:{key}" + (f"v{version}" if version else "")) == ArxivId(key, version)

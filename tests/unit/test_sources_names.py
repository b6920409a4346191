"""Names of people as feeds and libraries write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.sources.names import given_first, split_names, without_tex


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ana Ruiz, Sam Hill", ["Ana Ruiz", "Sam Hill"]),
        ("Sam Hill, Jr., Ana Ruiz", ["Sam Hill, Jr.", "Ana Ruiz"]),
        ("Sam Hill, III", ["Sam Hill, III"]),
        ("Ana Ruiz (Harbour, Inc.), Sam Hill", ["Ana Ruiz (Harbour, Inc.)", "Sam Hill"]),
        (r"Jos\'e \v{S}im\'anek, \O{}yvind \AA{}s, Fran\c{c}ois", ["José Šimánek", "Øyvind Ås", "François"]),
        (r"M\"uller", ["Müller"]),
        (r"M.\,Weber, A. Berg", ["M. Weber", "A. Berg"]),
        ("\n Ana\n  Ruiz,, ", ["Ana Ruiz"]),
        ("", []),
    ],
)
def test_names_in_one_string(text, names):
    assert split_names(text) == names


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"Paulo Andr\'e", "Paulo André"),
        (r"Andr{\'e} {\L}uk", "André Łuk"),
        (r"{\'{\i}}ris", "íris"),
        (r"50\% of 100% caf\'e", "50% of 100% café"),
        (r"Soup & {Bread} \& more", "Soup & Bread & more"),
        (r"Cost of $5 and {Bread}", "Cost of $5 and Bread"),
        (r"{S}oup {unclosed", "Soup unclosed"),
        ("e\u0301", "é"),
        ("No TeX at 100% & $5", "No TeX at 100% & $5"),
    ],
)
def test_accents_are_resolved_and_nothing_is_swallowed(tex, plain):
    assert without_tex(tex) == plain


@pytest.mark.parametrize(
    ("last_first", "first_last"),
    [
        ("Ruiz, Ana", "Ana Ruiz"),
        ("Hill, Jr., Sam", "Sam Hill, Jr."),
        ("Sam Hill, Jr.", "Sam Hill, Jr."),
        ("van der Berg, Jan", "Jan van der Berg"),
        ("Plato", "Plato"),
    ],
)
def test_the_given_name_goes_first(last_first, first_last):
    assert given_first(last_first) == first_last


@given(st.lists(st.from_regex(r"[A-ZÉ][a-zß-ü]{1,8} [A-ZŠ][a-z]{3,9}", fullmatch=True), min_size=1))
def test_joining_and_splitting_go_round(names):
    assert split_names(", ".join(names)) == names


@given(st.text(alphabet="ab ,.\\'\"{}$%&()^~é"))
def test_no_text_is_too_odd(text):
    assert all(name == name.strip() and name for name in split_names(text))


def test_three_thousand_authors():
    names = [f"Ana Ruiz{number}" for number in range(3000)]
    assert split_names(", ".join(names)) == names

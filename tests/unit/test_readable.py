"""Formulas as a line of text: what Unicode can say, else the source, and nothing lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.report.render.readable import formula_text, readable


@pytest.mark.parametrize(
    ("tex", "said"),
    [
        ("$n^{2}$", "n²"),
        ("$n^{-1/2}$", "n^(−1/2)"),
        ("$a_{ij}$", "a_ij"),
        (r"$\alpha \in (0, 1)$", "α ∈ (0, 1)"),
        (r"$\mathcal{L}_{\text{rank}}$", "ℒ_rank"),
        (r"$\frac{a+b}{c}$", "(a + b)/c"),
        (r"$\sum_{i=1}^{N} x_i$", "∑ᵢ₌₁^N xᵢ"),
        (r"$\hat{y}$", "ŷ"),
        (r"$+3.2\%$", "+3.2%"),
        (r"$3\times$", "3×"),
        (r"$\max_\theta \mathbb{E}[r]$", "max_θ E[r]"),
        (r"$f: X \to Y$", "f:X → Y"),
        (r"$\|x\|_2$", "‖x‖₂"),
        (r"$\sqrt[3]{n}$", "³√n"),
    ],
)
def test_a_formula_in_a_line(tex, said):
    assert formula_text(tex) == said


@pytest.mark.parametrize("tex", [r"$\unheardof{x}$", r"$\begin{pmatrix} a & b \\ c & d \end{pmatrix}$", r"$\overline{ab}$", "$x^$", "$$"])
def test_what_a_line_cannot_say_stays_as_its_source(tex):
    assert formula_text(tex) == tex


@given(st.lists(st.sampled_from([*"ab1 $^_{}\\+=()", r"\alpha", r"\frac", r"\sqrt"]), max_size=30))
@settings(max_examples=50)
def test_no_text_raises_an_error(words):
    assert isinstance(readable("".join(words)), str)


@given(st.lists(st.sampled_from("abcxyz"), min_size=1, max_size=6))
def test_no_letter_of_a_formula_is_lost(letters):
    assert formula_text(f"${'+'.join(letters)}$").replace(" ", "") == "+".join(letters)

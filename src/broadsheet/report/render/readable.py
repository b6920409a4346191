"""Titles and abstracts as text for readers without MathML: formulas in Unicode where it can say them, else as their TeX."""

import re
import unicodedata
from xml.etree.ElementTree import Element, fromstring

from broadsheet.report.render.mathml import mathml
from broadsheet.report.render.maths import plain_tex

_RAISED: dict[str, str] = {
    **dict(zip("0123456789+-−=()nijkhrstvwxyabcdefglmopuz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱʲᵏʰʳˢᵗᵛʷˣʸᵃᵇᶜᵈᵉᶠᵍˡᵐᵒᵖᵘᶻ", strict=True)),
    "*": "*",
    "′": "′",
    "″": "″",
    "∗": "*",
}
_LOWERED: dict[str, str] = dict(zip("0123456789+-−=()aeioruvxhklmnpst", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑᵢₒᵣᵤᵥₓₕₖₗₘₙₚₛₜ", strict=True))
_SPACED = frozenset("=≠<>≤≥≈≃≅∼∝∈∉⊂⊆→←↦⇒⇔≪≫≡+±×")
_SIGNS = frozenset("+±×<>≤≥≈~∼=")
_LARGE = frozenset("∑∏∫⋃⋂⋁⋀∐")
_SCRIPTS = frozenset("msup msub msubsup munder mover munderover".split())
_ACCENTS = {
    "^": "\u0302",
    "~": "\u0303",
    "¯": "\u0304",
    "―": "\u0304",
    "˙": "\u0307",
    "¨": "\u0308",
    "→": "\u20d7",
    "ˇ": "\u030c",
    "_": "\u0332",
    "‾": "\u0304",
    "ˆ": "\u0302",
    "˜": "\u0303",
}
_PLAIN = frozenset("mi mn mtext ms".split())
_ROWS = frozenset("math mrow mstyle mpadded semantics".split())


class _UnsayableError(Exception):
    """A formula whose form a line of text cannot carry, such as a matrix."""


def readable(text: str) -> str:
    r"""Return a title or an abstract as one reads it: no markup, formulas in Unicode or, where that would lose something, as their TeX.

    >>> readable(r"An $O(n^2 \log n)$ bound on $\|x\|_2 \leq \frac{a+b}{2}$ over $\mathbb{R}^{d_k}$")
    'An O(n² log n) bound on ‖x‖₂ ≤ (a + b)/2 over ℝ^(dₖ)'
    >>> readable(r"The $\method$ and $\begin{pmatrix} a & b \\ c & d \end{pmatrix}$")
    'The $\\method$ and $\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}$'
    """
    return plain_tex(text, formula_text)


def formula_text(source: str) -> str:
    r"""Return a formula with its delimiters in Unicode, or the source as it stands.

    >>> formula_text("$x_{i+1}$"), formula_text(r"$\sqrt{2}$"), formula_text("$10^{-3}$")
    ('xᵢ₊₁', '√2', '10⁻³')
    """
    width = 2 if source.startswith(("$$", "\\")) else 1
    converted = mathml(source[width:-width])
    if converted is None:
        return source
    try:
        said = _said(fromstring(converted.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")))  # noqa: S314  made by our own converter
    except _UnsayableError:
        return source
    return " ".join(said.split()) or source


def _said(node: Element) -> str:
    tag, parts = node.tag, list(node)
    if tag in _PLAIN:
        return _letters(node)
    if tag == "mo":
        return _operator(_letters(node))
    if tag in _ROWS:
        return _row([part for part in parts if part.tag != "annotation"])
    if tag == "mspace":
        return " "
    if tag == "mphantom":
        return ""
    spoken = {
        "msup": _raised,
        "msub": _lowered,
        "msubsup": _both,
        "munderover": _both,
        "mover": _over,
        "munder": _under,
        "mfrac": _fraction,
        "msqrt": _root,
        "mroot": _root,
    }
    if tag not in spoken or not parts:
        raise _UnsayableError
    return spoken[tag](parts)


def _row(parts: list[Element]) -> str:
    said = ""
    for at, part in enumerate(parts):
        word = _said(part)
        # A sign with nothing before it belongs to what follows: +3, and not 1 + 3.
        if word.strip() in _SIGNS and (not said or said.endswith((" ", "("))):
            word = word.strip()
        if word.strip() in _SIGNS and at == len(parts) - 1:
            word = word.strip()
        # A function's name, or a sum over something, stands apart from what it is applied to.
        apart = at > 0 and word[:1].isalnum() and (_is_named(parts[at - 1]) or (_is_named(part) and said[-1:].isalnum()))
        said += " " + word if apart and not said.endswith(" ") else word
    return said


def _is_named(part: Element) -> bool:
    inner = part[0] if part.tag in _SCRIPTS and len(part) else part
    word = "".join(inner.itertext())
    return (inner.tag in _PLAIN | {"mo"} and len(word) > 1 and word.isalpha() and word.isascii()) or (inner is not part and word in _LARGE)


def _letters(node: Element) -> str:
    return (
        "".join(unicodedata.normalize("NFKC", letter) if 0x1D400 <= ord(letter) <= 0x1D7FF else letter for letter in "".join(node.itertext()))
        .replace("\u2061", "")
        .replace("\xa0", " ")
    )


def _operator(letters: str) -> str:
    sign = letters.replace("∥", "‖").strip()
    if sign in _SPACED:
        return f" {sign} "
    return f"{sign} " if sign in {",", ";", ":"} else sign


def _group(node: Element) -> str:
    said = _said(node).strip()
    return said if len(said) == 1 or said.isalnum() or re.fullmatch(r"[\w.]+[⁰-₟ᵃ-ᶻ]*", said) else f"({said})"


def _script(node: Element, letters: dict[str, str], sign: str) -> str:
    said = _said(node).strip()
    tight = said.replace(" ", "")
    is_word = tight.isalpha() and tight.isascii()
    if all(letter in letters for letter in tight) and (len(tight) < 3 or not is_word):
        return "".join(letters[letter] for letter in tight)
    return f"{sign}{tight}" if len(tight) == 1 or is_word else f"{sign}({said})"


def _raised(parts: list[Element]) -> str:
    return _said(parts[0]) + _script(parts[1], _RAISED, "^")


def _lowered(parts: list[Element]) -> str:
    return _said(parts[0]) + _script(parts[1], _LOWERED, "_")


def _both(parts: list[Element]) -> str:
    return _said(parts[0]) + _script(parts[1], _LOWERED, "_") + _script(parts[2], _RAISED, "^")


def _over(parts: list[Element]) -> str:
    base, accent = _said(parts[0]), "".join(parts[1].itertext()).strip()
    if accent in _ACCENTS and len(base) == 1:
        return unicodedata.normalize("NFC", base + _ACCENTS[accent])
    if accent in _ACCENTS:
        raise _UnsayableError
    return base + _script(parts[1], _RAISED, "^")


def _under(parts: list[Element]) -> str:
    return _said(parts[0]) + _script(parts[1], _LOWERED, "_")


def _fraction(parts: list[Element]) -> str:
    return f"{_group(parts[0])}/{_group(parts[1])}"


def _root(parts: list[Element]) -> str:
    if len(parts) == 1 and parts[0].tag != "mrow":
        return f"√{_group(parts[0])}"
    if len(parts) == 2:
        degree = _script(parts[1], _RAISED, "^")
        return f"{degree}√{_group(parts[0])}"
    return f"√{_group(parts[0])}" if len(parts) == 1 else f"√({_row(parts)})"

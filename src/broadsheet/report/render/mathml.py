"""Converts one formula of TeX into MathML that a page may hold, or says that it cannot."""

import re
from functools import lru_cache
from xml.etree.ElementTree import Element, SubElement, tostring

from latex2mathml.converter import Converter

from broadsheet.report.render.tex_macros import character

# Longer or deeper than any formula of an abstract: such a source is shown, not converted.
LONGEST = 2_000
DEEPEST = 24
DEEPEST_TREE = 64

_ELEMENT = re.compile(
    "math|mrow|mi|mo|mn|mtext|mspace|msup|msub|msubsup|mfrac|msqrt|mroot|mover|munder|munderover|"
    "mmultiscripts|mprescripts|mtable|mtr|mtd|mlabeledtr|mstyle|mpadded|mphantom|menclose"
)
_ATTRIBUTE = re.compile(
    "xmlns|display|stretchy|fence|form|accent|accentunder|minsize|maxsize|linethickness|width|"
    "height|depth|lspace|rspace|voffset|movablelimits|displaystyle|scriptlevel|columnalign|"
    "rowlines|columnlines|columnspacing|rowspacing|largeop|mathvariant|notation|separator|"
    "symmetric|side|mathsize"
)
_COLOURS = ("mathcolor", "mathbackground")
_LARGE = re.compile(r"(?<![\d.])\d{3}")

# Definitions can grow without bound; a comment would hide the rest of the formula.
_REFUSED = re.compile(r"\\(?:def|newcommand|newenvironment|DeclareMathOperator|class|style|href)\b")
_COMMENT = re.compile(r"(\\.)|%", re.DOTALL)
_UNICODE = re.compile(r"\\unicode\s*\{\s*(\w{1,8})\s*\}")
_ALIASES = {"textsc": "text", "mathds": "mathbb", "mathbbm": "mathbb", "nicefrac": "frac"}
_ALIAS = re.compile(rf"\\({'|'.join(_ALIASES)})(?![A-Za-z])")

_ENTITY = re.compile(r"&#x([0-9A-Fa-f]{1,6});")
_ESCAPED = re.compile(r"\\([%_&#${} ])")
_MACRO = re.compile(r"\\[A-Za-z]")


def _letters(capital: int, small: int, digit: int | None) -> dict[int, int]:
    table = {ord("A") + i: capital + i for i in range(26)}
    table |= {ord("a") + i: small + i for i in range(26)}
    return table | ({ord("0") + i: digit + i for i in range(10)} if digit else {})


# Browsers follow MathML Core, which knows no variant but `normal`: the letters themselves differ.
_VARIANTS: dict[str, dict[int, int]] = {
    "bold": _letters(0x1D400, 0x1D41A, 0x1D7CE),
    "bold-italic": _letters(0x1D468, 0x1D482, 0x1D7CE),
    "sans-serif": _letters(0x1D5A0, 0x1D5BA, 0x1D7E2),
    "monospace": _letters(0x1D670, 0x1D68A, 0x1D7F6),
}


def mathml(tex: str, display: str = "inline") -> str | None:
    r"""Return the formula as one `<math>` that keeps its TeX, or None if it cannot be shown whole.

    `display` is `inline` or `block`. The result is well-formed, made of MathML's own elements
    only, and refers to nothing outside itself.

    >>> "<semantics><mrow><mi>x</mi></mrow><annotation" in mathml("x")
    True
    >>> mathml(r"\method") is None
    True
    """
    return _converted(tex, display) if len(tex) <= LONGEST else None


@lru_cache(maxsize=8192)
def _converted(tex: str, display: str) -> str | None:
    if _depth(tex) > DEEPEST or _REFUSED.search(tex):
        return None
    try:
        root = Converter(display=display).convert_to_element(_prepared(tex))
        return _annotated(root, tex) if _make_safe(root) else None
    except Exception:  # noqa: BLE001  the converter fails in as many ways as TeX can be wrong
        return None


def _depth(tex: str) -> int:
    deepest = depth = 0
    for char in tex:
        depth += (char == "{") - (char == "}")
        deepest = max(deepest, depth)
    return deepest


def _prepared(tex: str) -> str:
    """Rewrite what the converter would misread, without a change of meaning."""
    tex = _UNICODE.sub(lambda match: character(match[1]) or match[0], tex)
    tex = _ALIAS.sub(lambda match: "\\" + _ALIASES[match[1]], tex)
    return _COMMENT.sub(lambda match: match[1] or r"\%", tex)


def _make_safe(root: Element) -> bool:
    """Resolve the texts and attributes in place; False if something here is not known MathML."""
    waiting = [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        if not _ELEMENT.fullmatch(element.tag) or depth > DEEPEST_TREE or element.tail:
            return False
        for name in _COLOURS:
            element.attrib.pop(name, None)
        for name, value in element.attrib.items():
            if not _ATTRIBUTE.fullmatch(name) or (name != "xmlns" and _LARGE.search(value)):
                return False
        text = _text(element)
        if text is None:
            return False
        element.text = text
        waiting.extend((child, depth + 1) for child in element)
    return True


def _text(element: Element) -> str | None:
    """Return an element's text as Unicode, or None where a macro is left in it."""
    text = element.text or ""
    text = _ENTITY.sub(lambda match: character("x" + match[1]) or match[0], text)
    text = _ESCAPED.sub(r"\1", text)
    table = _VARIANTS.get(element.get("mathvariant", ""))
    if table and element.tag in ("mi", "mn") and text.isascii():
        text = text.translate(table)
        del element.attrib["mathvariant"]
    return None if _MACRO.search(text) else text


def _annotated(root: Element, tex: str) -> str:
    content = list(root)
    root[:] = []
    root.set("alttext", tex)
    semantics = SubElement(root, "semantics")
    semantics.extend(content)
    annotation = SubElement(semantics, "annotation", encoding="application/x-tex")
    annotation.text = tex
    return tostring(root, encoding="unicode", short_empty_elements=False)

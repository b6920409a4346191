"""Names of people: TeX accents, lists in one string, and a form to compare them by."""

import functools
import re
import unicodedata

from pylatexenc.latex2text import LatexNodes2Text

_BARE = re.compile(r"(?<!\\)[%&]")
_DOLLAR = re.compile(r"(?<!\\)\$")
_SUFFIX = re.compile(r"^(?:jr|sr|ii|iii|iv|phd|md)\.?$", re.IGNORECASE)


@functools.lru_cache(maxsize=65536)
def without_tex(text: str) -> str:
    r"""Resolve TeX accents and letters and drop grouping braces; anything else stays.

    >>> without_tex(r"Paulo Andr\'e {\L}uk")
    'Paulo André Łuk'
    """
    if "\\" in text or "{" in text:
        # A percent sign would begin a comment and swallow the rest of the line; an ampersand and a dollar without a second would vanish.
        text = _BARE.sub(r"\\\g<0>", text)
        if len(_DOLLAR.findall(text)) % 2:
            text = _DOLLAR.sub(r"\\$", text)
        text = LatexNodes2Text(strict_latex_spaces=True).latex_to_text(text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def split_names(text: str) -> list[str]:
    r"""Split one comma-joined string of names; a suffix such as Jr. stays with its name.

    >>> split_names(r"Ana Ruiz, Sam Hill, Jr., Paulo Andr\'e")
    ['Ana Ruiz', 'Sam Hill, Jr.', 'Paulo André']
    """
    names: list[str] = []
    for part in (without_tex(p) for p in re.split(r"(?<!\\),(?![^(]*\))", text)):
        if part and names and _SUFFIX.match(part):
            names[-1] += f", {part}"
        elif part:
            names.append(part)
    return names


def given_first(name: str) -> str:
    """Turn `Last, First` to `First Last`; a suffix goes last.

    >>> given_first("Hill, Jr., Sam"), given_first("Ana Ruiz")
    ('Sam Hill, Jr.', 'Ana Ruiz')
    """
    parts = [part.strip() for part in name.split(",") if part.strip()]
    if len(parts) == 3:
        return f"{parts[2]} {parts[0]}, {parts[1]}"
    return " ".join(reversed(parts)) if len(parts) == 2 and not _SUFFIX.match(parts[1]) else name.strip()

"""Names as arXiv's feeds carry them: accents in TeX, all in one string."""

import unicodedata
from collections.abc import Iterable

_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
    "\u0328": "k",
}
_LETTERS = {"ø": r"{\o}", "Ø": r"{\O}", "ł": r"{\l}", "Ł": r"{\L}", "ß": r"{\ss}", "æ": r"{\ae}", "Æ": r"{\AE}", "œ": r"{\oe}", "Œ": r"{\OE}"}


def with_tex(name: str) -> str:
    r"""Write the accents of Latin letters in TeX; every other letter stays.

    >>> with_tex("Paulo André Łuk"), with_tex("Ondřej 王")
    ("Paulo Andr\\'e {\\L}uk", 'Ond\\v{r}ej 王')
    """
    return "".join(_letter(letter) for letter in unicodedata.normalize("NFC", name))


def joined(names: Iterable[str]) -> str:
    """Return the one comma-joined string in which the feeds carry all authors."""
    return ", ".join(with_tex(name) for name in names)


def keyname(name: str) -> tuple[str, str, str]:
    """Part a name into keyname, forenames and suffix, as the harvest form has them.

    >>> keyname("Ana de Ruiz"), keyname("Sam Hill, Jr."), keyname("Plato")
    (('Ruiz', 'Ana de', ''), ('Hill', 'Sam', 'Jr.'), ('Plato', '', ''))
    """
    whole, _, suffix = name.partition(", ")
    forenames, _, last = whole.rpartition(" ")
    return last, forenames, suffix


def _letter(letter: str) -> str:
    if letter in _LETTERS:
        return _LETTERS[letter]
    parts = unicodedata.normalize("NFD", letter)
    if len(parts) != 2 or not parts[0].isascii() or not parts[0].isalpha() or parts[1] not in _ACCENTS:
        return letter
    accent = _ACCENTS[parts[1]]
    base = rf"{{\{parts[0]}}}" if parts[0] in "ij" and not accent.isalpha() else parts[0]
    return f"\\{accent}{{{base}}}" if accent.isalpha() else f"\\{accent}{base}"

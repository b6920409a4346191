"""Web addresses as they stand in LaTeX-ish text, and which of them a page may link to."""

import re

LONGEST = 2_000

# To be searched for in running text; a match may still carry the sentence's punctuation.
PATTERN = rf"(?<![A-Za-z0-9])[hH][tT][tT][pP][sS]?://(?:[^\s<>\"`{{}}|\\^$]|\\[_%&#~]){{1,{LONGEST}}}"

_ADDRESS = re.compile(r"[hH][tT][tT][pP][sS]?://[^\s<>\"`{}|\\^\x00-\x1f]+")
_ESCAPE = re.compile(r"\\([_%&#~{}$])")
_PAIRS = {")": "(", "]": "["}


def unescaped(source: str) -> str:
    r"""Drop the backslashes that LaTeX wants within an address.

    >>> unescaped(r" https://x.org/a\_b ")
    'https://x.org/a_b'
    """
    return _ESCAPE.sub(r"\1", source.strip())


def linkable(address: str) -> bool:
    """Tell whether an address is whole and its scheme is http or https.

    >>> linkable("https://arxiv.org/abs/2602.06393"), linkable("javascript:alert(1)")
    (True, False)
    >>> linkable("this https URL")
    False
    """
    return len(address) <= LONGEST and _ADDRESS.fullmatch(address) is not None


def without_punctuation(token: str) -> str:
    """Leave the punctuation of the sentence, and a bracket opened before it, out of an address.

    >>> without_punctuation("https://x.org/a_(b)."), without_punctuation("https://x.org/a).")
    ('https://x.org/a_(b)', 'https://x.org/a')
    """
    while token and token[-1] in ".,;:!?'*)]":
        opening = _PAIRS.get(token[-1])
        if opening and token.count(opening) >= token.count(token[-1]):
            break
        token = token[:-1]
    return token

"""Words and word runs of a text: in small letters, without accents, without the commonest words of English."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

# A word is two letters or more; an apostrophe or a hyphen may stand inside.
WORD: Final = r"(?u)\b\w[\w'-]*\w\b"
# The list of the Glasgow Information Retrieval Group, as scikit-learn has it (BSD-3-Clause), which takes seconds to import.
STOP_WORDS: Final = frozenset(
    (
        "a about above across after afterwards again against all almost alone along already also although always am among amongst amoungst amount an and "
        "another any anyhow anyone anything anyway anywhere are around as at back be became because become becomes becoming been before beforehand behind being "
        "below beside besides between beyond bill both bottom but by call can cannot cant co con could couldnt cry de describe detail do done down due during "
        "each eg eight either eleven else elsewhere empty enough etc even ever every everyone everything everywhere except few fifteen fifty fill find fire "
        "first five for former formerly forty found four from front full further get give go had has hasnt have he hence her here hereafter hereby herein "
        "hereupon hers herself him himself his how however hundred i ie if in inc indeed interest into is it its itself keep last latter latterly least less "
        "ltd made many may me meanwhile might mill mine more moreover most mostly move much must my myself name namely neither never nevertheless next nine no "
        "nobody none noone nor not nothing now nowhere of off often on once one only onto or other others otherwise our ours ourselves out over own part per "
        "perhaps please put rather re same see seem seemed seeming seems serious several she should show side since sincere six sixty so some somehow someone "
        "something sometime sometimes somewhere still such system take ten than that the their them themselves then thence there thereafter thereby therefore "
        "therein thereupon these they thick thin third this those though three through throughout thru thus to together too top toward towards twelve twenty "
        "two un under until up upon us very via was we well were what whatever when whence whenever where whereafter whereas whereby wherein whereupon wherever "
        "whether which while whither who whoever whole whom whose why will with within without would yet you your yours yourself yourselves "
    ).split()
)


def analyser(longest: int = 1) -> Callable[[str], list[str]]:
    """Return the function from a text to its terms: runs of up to `longest` words, those of one word first. It is what scikit-learn's `CountVectorizer` makes.

    >>> analyser(2)("The Café of the old town")
    ['cafe', 'old', 'town', 'cafe old', 'old town']
    """
    word = re.compile(WORD)

    def terms(text: str) -> list[str]:
        words = [one for one in word.findall(without_accents(text.lower())) if one not in STOP_WORDS]
        return words + [" ".join(words[at : at + length]) for length in range(2, longest + 1) for at in range(len(words) - length + 1)]

    return terms


def without_accents(text: str) -> str:
    """Return a text without what is written above or below its letters.

    >>> without_accents("Pêche Noire")
    'Peche Noire'
    """
    return text if text.isascii() else "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))

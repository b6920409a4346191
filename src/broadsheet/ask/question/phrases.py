"""The words of English that compare, bound, order, count and deny, as tables."""

from collections.abc import Mapping


def _table(rows: Mapping[str, str]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Return phrases by their first word, the longest first; phrases are parted by `|`."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for meaning, phrases in rows.items():
        for phrase in phrases.split("|"):
            words = tuple(phrase.split())
            found.setdefault(words[0], []).append((words, meaning))
    return {word: sorted(listed, key=lambda one: -len(one[0])) for word, listed in found.items()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Comparatives before "than".
UP = _words(
    "more greater larger higher bigger longer heavier taller stronger wider deeper better richer hotter later newer broader costlier thicker louder warmer "
    "busier wealthier pricier dearer"
)
DOWN = _words("less fewer lower smaller shorter lighter weaker narrower shallower worse poorer colder earlier cheaper thinner quieter cooler lesser")
AGED = {"older": ">", "younger": "<", "elder": ">"}
# Phrases that stand before a value. Those that begin with a comparative and end in "than" are made of the words above.
BEFORE = _table(
    {
        ">": "over|above|exceeding|exceeds|exceed|exceeded|surpassing|surpasses|surpass|surpassed|beyond|in excess of|after|following the year|greater|upward of|topping|"
        "outnumber|subsequent to|later than|past the year|strictly after|strictly above|strictly more than|more recent than|more recently than|upwards from",
        ">=": "at least|at the least|no less than|not less than|no fewer than|not fewer than|no lower than|not lower than|no smaller than|no earlier than|"
        "not earlier than|no sooner than|minimum of|a minimum of|minimally|since|starting from|starting in|from at least|not below|not before|not under|upwards of|"
        "equal to or greater than|equal to or more than|equal to or above|greater than or equal to|more than or equal to|greater or equal to|higher than or equal to|"
        "larger than or equal to|above or equal to|on or after|in or after|at or above|at or after|from or after|beginning in|beginning from|or more than|"
        "no younger than|from the year|as of|as early as|as many as at least|greater than or equals|more than or equals",
        "<": "under|below|before|prior to|preceding|short of|earlier than|beneath|until before|up until before|strictly before|strictly below|strictly less than",
        "<=": "at most|at the most|no more than|not more than|no greater than|not greater than|no higher than|not higher than|no larger than|no bigger than|no longer than|"
        "not longer than|no later than|not later than|up to|up until|maximum of|a maximum of|not exceeding|not over|not above|not after|not beyond|until|till|"
        "does not exceed|do not exceed|don't exceed|doesn't exceed|did not exceed|equal to or less than|equal to or below|less than or equal to|fewer than or equal to|"
        "lower than or equal to|smaller than or equal to|below or equal to|on or before|in or before|at or below|at or before|through the year|capped at|as late as|"
        "no older than|up through|less than or equals",
        "=": "exactly|equal to|equals|equalling|equaling|precisely|identical to|exact",
        "<>": "other than|not equal to|unequal to|different from|different to|except for|except|excepting|excluding|besides|apart from|aside from|but not|not in|not from|not at|"
        "not of|not named|not called|isn't|aren't|wasn't|is not|are not|was not|were not|outside of|outside|rather than|instead of",
    }
)
# Phrases that stand after a value, or after it and its unit.
AFTER = _table(
    {
        ">=": "or more|or greater|or higher|or above|or later|or over|or older|or newer|or up|or longer|or larger|or better|or bigger|or after|or beyond|or taller|or heavier|"
        "and above|and over|and up|and higher|and later|and onwards|and onward|and more|and older|and newer|and beyond|and greater|and after|onwards|onward|at least|"
        "at minimum|minimum|plus|upwards|and upwards|or upwards|at the least",
        "<=": "or less|or fewer|or lower|or below|or under|or earlier|or younger|or smaller|or shorter|or before|or lighter|or cheaper|and below|and under|and lower|and earlier|"
        "and less|and fewer|and younger|and smaller|and before|at most|at maximum|maximum|at the most|tops|and older than that",
    }
)
SYMBOLS: Mapping[str, str] = {">": ">", "<": "<", "=": "=", "≥": ">=", "≤": "<=", ">=": ">=", "<=": "<=", "<>": "<>", "!=": "<>", "≠": "<>", "==": "="}
OPPOSITE: Mapping[str, str] = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "=": "<>", "<>": "="}
# What a value may stand behind: "before the year 2000", "greater than a weight of 5".
THROUGH = _words(
    "a an the year years of date value values weight score rating amount number total age price level his her their its any some about approximately around roughly "
    "nearly almost just day days month months on in equal to position rank sum count length size height ratings id"
)
NO_BRIDGE = _words("and or who whom that which whose where with but while when if by from having for per not those")

CONTAINS = _table(
    {
        "CONTAINS": "containing|contains|contain|contained|includes|include|including|included|mentions|mention|mentioning|mentioned|with the word|has the word|have the word|"
        "with the phrase|with the text|with the substring|with the term|has the phrase|having the word|referencing|references|that says|featuring the word|with the string",
        "STARTS WITH": "starting with|starts with|start with|started with|beginning with|begins with|begin with|starting in|prefixed with|with the prefix|prefixed by|starting by",
        "ENDS WITH": "ending with|ends with|end with|ended with|ending in|ends in|end in|suffixed with|with the suffix|finishing with|finishes with|finish with",
    }
)
CONTAINED = _words(
    "the a an word words phrase text substring term string letter letters character characters keyword keywords prefix suffix of following in it name title"
)
# Words behind a letter that stands for itself: `a in the name`.
LETTERED = _words("and or in at as somewhere anywhere twice but then")

SUPERLATIVES: Mapping[str, str] = {
    **dict.fromkeys(
        "most highest largest biggest greatest maximum max longest best heaviest tallest richest strongest widest deepest hottest broadest busiest wealthiest priciest "
        "loudest warmest farthest furthest maximal topmost utmost costliest dearest thickest".split(),
        "high",
    ),
    **dict.fromkeys(
        "least fewest lowest smallest minimum min shortest worst lightest cheapest weakest poorest coldest narrowest shallowest closest nearest minimal thinnest "
        "coolest quietest briefest".split(),
        "low",
    ),
    **dict.fromkeys("latest newest youngest".split(), "new"),
    **dict.fromkeys("oldest earliest eldest".split(), "old"),
    **dict.fromkeys("brightest dimmest fastest slowest rarest commonest toughest hardest easiest safest".split(), "unknown"),
}
# Words that end like superlatives and are none.
NO_SUPERLATIVES = _words(
    "interest request forest guest suggest honest west midwest test rest protest invest harvest contest digest manifest modest arrest conquest quest bequest northwest southwest "
    "ingest infest nest chest pest vest zest crest breast feast least yeast northeast southeast"
)
# Most and least before a word that turns them into a time.
TIMED = {"recent": ("new", "old"), "recently": ("new", "old"), "ancient": ("old", "new")}
TOPS: Mapping[str, str] = {"top": "high", "bottom": "low"}

ORDERS = _table(
    {
        "down": "descending|in descending order|decreasing|desc|highest first|largest first|biggest first|newest first|latest first|most recent first|most first|"
        "from highest to lowest|from high to low|from largest to smallest|from most to least|from newest to oldest|from latest to earliest|"
        "from the highest to the lowest|from best to worst|highest to lowest|largest to smallest|newest to oldest|most to least|reverse alphabetical|"
        "reverse alphabetically|reverse chronological|reverse order|in reverse|from z to a|from longest to shortest|longest first|from biggest to smallest|"
        "from most recent to oldest|from youngest to oldest|decreasingly|best first|from most recent to least recent|youngest first",
        "up": "ascending|in ascending order|increasing|asc|lowest first|smallest first|oldest first|earliest first|least first|from lowest to highest|from low to high|"
        "from smallest to largest|from least to most|from oldest to newest|from earliest to latest|from the lowest to the highest|from worst to best|lowest to highest|"
        "smallest to largest|oldest to newest|least to most|alphabetical|alphabetically|alphabetic|chronological|chronologically|in order of time|from a to z|"
        "from shortest to longest|shortest first|from smallest to biggest|from oldest to youngest|fewest first|from fewest to most|from oldest to most recent|increasingly",
    }
)
SORTED = _words("sorted sort sorting ordered order ordering ranked rank ranking arranged arrange arranging")

AGGREGATES = _table(
    {
        "count": "how many|number of|numbers of|count of|counts of|count the|count all|count how|the count|quantity of|total number of|total count of|total number|total count|"
        "amount of|how often|how frequently|frequency of|tally of|how numerous|overall number of|combined number of",
        "avg": "average|averages|averaged|mean|avg|on average",
        "sum": "total|sum|sum of|summed|sum up|combined|altogether|cumulative|add up|in total|aggregate|overall sum|totals|summation",
        "min": "minimum|min|minimal",
        "max": "maximum|max|maximal",
        "percentileCont": "median|percentile|percentiles|quartile",
        "stDev": "standard deviation|stdev|variability of|variance",
        "collect": "list of all",
    }
)
DISTINCTS = _words("distinct unique different differing various deduplicated")
NEGATIONS = _words(
    "not no never without neither nor none nobody nothing nowhere cannot lack lacks lacking lacked missing absent absence except excluding exclude excludes excluded "
    "excepting unless non fail fails failed empty null zero un outside besides aside free untouched devoid unable refused false"
)
NOT_OPTIONAL = "if any|if available|if present|if it exists|if they exist|if exists|if exist|if there is one|if there is any|if there are any|where available|"
OPTIONAL = _table(
    {
        "optional": NOT_OPTIONAL
        + "when available|optionally|if known|if applicable|even if|even those without|including those without|whether or not|or none|if they have any|"
        "if they have one|if it has any|if it has one|if he has any|if given|if one exists|regardless of whether|where known|if possible|where present|where applicable",
        "existence": "is there|are there|was there|were there|does there exist|exist|exists|at least one|at least a|one or more|any",
        "both": "both|as well as|and also|simultaneously|at the same time",
        "or": "or|either",
        "only": "only|exclusively|solely|just|alone",
        "group": "per|for each|for every|each|grouped by|group by|broken down by|in each|by each|of each|across each|from each|to each|for all the different|respective|"
        "respectively|every|for any given",
        "several": "multiple|several|more than one|many|numerous|various|two or more|at least two|more than once",
    }
)
CALENDAR = _words(
    "monday tuesday wednesday thursday friday saturday sunday weekend weekends weekday weekdays january february march april may june july august september october november "
    "december christmas easter valentine's halloween spring summer autumn winter quarter month morning evening night noon midnight"
)
TITLES = _words("dr mr mrs ms prof st sir lady lord capt col gen sgt rev")
ORDINALS: Mapping[str, int] = {
    one: number for number, one in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 1)
}
# How a request begins; a number soon after it bounds the list.
ASKS = _words(
    "list show name find give display identify return get which what retrieve provide select pick tell fetch enumerate present report output who whose where when how is are "
    "can could please do does did in for of and i we the a an describe count calculate determine compute search look locate state specify extract among from on at by with "
    "were was has have had would if that these those to it's what's who's let let's explain compare detect discover highlight order sort rank group summarize summarise"
)
NUMBERS: Mapping[str, int] = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13,
    "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "dozen": 12, "once": 1, "twice": 2, "thrice": 3,
}  # fmt: skip
SCALES: Mapping[str, int] = {
    "hundred": 100, "hundreds": 100, "thousand": 1000, "thousands": 1000, "k": 1000, "million": 10**6, "millions": 10**6, "m": 10**6, "mn": 10**6, "billion": 10**9,
    "billions": 10**9, "bn": 10**9, "b": 10**9, "trillion": 10**12,
}  # fmt: skip
DECADES: Mapping[str, int] = {
    "twenties": 1920,
    "thirties": 1930,
    "forties": 1940,
    "fifties": 1950,
    "sixties": 1960,
    "seventies": 1970,
    "eighties": 1980,
    "nineties": 1990,
}
MONTHS = tuple("jan feb mar apr may jun jul aug sep oct nov dec".split())
# Words with a capital that name nothing of a graph.
PLAIN_CAPITALS = _words(
    "i id ids url urls ceo cto cfo uk us usa ip usd eur gbp ok pid api cpu ram uri html json sql nhs monday tuesday wednesday thursday friday saturday sunday january february "
    "march april may june july august september october november december english british american french german dutch swiss greek chinese japanese italian spanish russian indian canadian australian european asian african"
)
LINKS = _words("of the and de van von der la le di da du & - . ' ’ for in on at to a y")


def phrase_at(table: Mapping[str, list[tuple[tuple[str, ...], str]]], lows: list[str], at: int) -> tuple[str, int] | None:
    """Return what the longest phrase at a place means, and where it ends.

    >>> phrase_at(BEFORE, ["no", "later", "than", "2010"], 0)
    ('<=', 3)
    """
    for words, meaning in table.get(lows[at], ()):
        if tuple(lows[at : at + len(words)]) == words:
            return meaning, at + len(words)
    return None

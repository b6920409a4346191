"""The words that writer and reader of explanations share."""

# What stands between two expressions. Those with more words come first, so that they are tried first.
COMPARED: tuple[tuple[str, str], ...] = (
    ("<=", "is at most"), (">=", "is at least"), ("<", "is less than"), (">", "is greater than"), ("<>", "is not"), ("=", "is"),
)  # fmt: skip
TESTED: tuple[tuple[str, str], ...] = (
    ("IN", "is one of"), ("STARTS WITH", "starts with"), ("ENDS WITH", "ends with"), ("CONTAINS", "contains"), ("=~", "matches the pattern"),
)  # fmt: skip
MISSING, PRESENT = "is missing", "is there"
# The value null, and null as a side of a comparison: no test of whether something is missing.
NOTHING, NULL = "nothing", "the null that nothing equals"
ADDED: tuple[tuple[str, str], ...] = (("+", "plus"), ("-", "minus"), ("||", "joined with"))
MULTIPLIED: tuple[tuple[str, str], ...] = (("*", "times"), ("/", "divided by"), ("%", "modulo"))
POWER = "to the power of"
NEGATIVE, POSITIVE = "negative", "positive"
JOINED: tuple[tuple[str, str], ...] = (("OR", "or"), ("XOR", "or else"), ("AND", "and"))
NOT = "not"
# Functions that have words of their own.
FUNCTIONS: dict[str, str] = {
    "count": "the number of", "sum": "the sum of", "avg": "the average of", "min": "the least", "max": "the greatest", "collect": "the list of all",
    "size": "the size of", "length": "the length of", "toLower": "the small letters of", "toUpper": "the capital letters of",
}  # fmt: skip
ROWS, DIFFERENT = "the number of rows", "different"
# The function of which the median is one case, and where that is.
MEDIAN, MEDIAN_OF, MIDDLE = "the median of", "percentileCont", 0.5
QUANTIFIED: dict[str, str] = {"ALL": "for every", "ANY": "for some", "NONE": "for no", "SINGLE": "for exactly one"}
FOUND: dict[str, str] = {"EXISTS": "something is found by", "COUNT": "how many rows are found by", "COLLECT": "the list that is found by"}
PATHS: dict[str, str] = {"shortestPath": "the shortest path along", "allShortestPaths": "all shortest paths along"}
TOWARDS: dict[str, str] = {"right": "to", "left": "from", "either": "to or from"}
# Every word that means something to the reader: a name that is one of them stands in backticks.
WORDS = frozenset(
    word.upper()
    for phrase in (
        *(words for table in (COMPARED, TESTED, ADDED, MULTIPLIED, JOINED) for _, words in table),
        *FUNCTIONS.values(), MEDIAN, *QUANTIFIED.values(), *FOUND.values(), *PATHS.values(), *TOWARDS.values(), MISSING, PRESENT, NULL, POWER, NEGATIVE, POSITIVE, NOT, ROWS, DIFFERENT,
        (
            "a an node called whose such that with relation relations any exactly at least most in row where everything as sorted by from high low then without first rows "
            "path cypher expression it depending on if otherwise end true false nothing element find keep only go give back each once take add what following steps all for do "
            "knowing also and of these item one there is properties"
        ),
    )
    for word in phrase.split()
)  # fmt: skip

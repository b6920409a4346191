"""How the simulated user words a wish: the set of phrases on which the reader of amendments may be adjusted."""

# For each kind of wish what may be said. In braces stands what the wish is about.
WISHES: dict[str, tuple[str, ...]] = {
    "label": (
        "actually, I meant the {new}",
        "not {olds} but {news}",
        "it should be {news}, not {olds}",
        "I was asking about {news}",
        "use {new} instead of {old}",
        "{news} please",
    ),
    "label added": ("these should be {news}", "I only mean {news} there", "it has to be a {new}"),
    "direction": (
        "the other direction",
        "the {type} relation is the wrong way round",
        "{starts} have {ends} here, not the other way",
        "turn the arrow between {start} and {end}",
        "{type} goes from {start} to {end}",
        "reverse {type}",
    ),
    "either way": ("the direction of {type} does not matter", "{type} in either direction"),
    "relation": ("use {new} instead of {old}", "I meant {new}, not {old}", "the relation should be {new}", "it is about {new} rather than {old}"),
    "hops": ("up to {most} steps", "follow {type} up to {most} hops"),
    "direct": ("only directly", "one step of {type} only, directly"),
    "optional": ("include those without any {lost}", "also keep {kepts} that have no {lost}", "{losts} only if there are any", "the {lost} is optional"),
    "required": ("only those that have a {lost}", "the {lost} must be there", "leave out those without a {lost}"),
    "pattern added": ("only those with a {end}", "they must have a {end} too", "it should also be joined to a {end} by {type}"),
    "pattern added value": ("only those with the {end} {value}", "also with {end} {value}", "the {end} must be {value}"),
    "pattern removed": ("drop the {end} part", "forget about the {end}", "leave the {end} out of it"),
    "absent": ("only those without any {end}", "those that have no {end}"),
    "filter added": (
        "only those whose {prop} is {compared}",
        "the {prop} must be {compared}",
        "just the ones with {prop} {compared}",
        "{prop} {compared} only",
    ),
    "filter added time": ("only those {compared}", "just {compared} please", "{prop} {compared}"),
    "filter removed": ("drop the {prop} filter", "forget about the {prop}", "I don't care about the {prop}", "remove the condition on {prop}"),
    "value": ("{new} instead of {old}", "I meant {new}, not {old}", "{prop} should be {new}", "make it {new}", "{new}, not {old}"),
    "sign": ("{compared}, not {was}", "it should be {compared}", "I meant {compared}", "{prop} {compared} instead"),
    "negated": ("not {value}", "everything except {value}", "the {prop} must not be {value}"),
    "affirmed": ("I do want {value}", "those that are {value}, remove the not", "the {prop} is {value} after all, without the not"),
    "case": ("ignore case", "upper or lower case should not matter"),
    "missing": ("only those whose {prop} is missing", "{prop} unknown"),
    "present": ("only those whose {prop} is known", "the {prop} must be there"),
    "limit": ("only {new}", "show {new} results", "limit {new}", "just the first {new}", "{new} rows, not {old}"),
    "limit added": ("only {new}", "just the first {new}", "limit it to {new}", "top {new}"),
    "limit removed": ("no limit", "show all of them", "remove the limit"),
    "skip": ("skip the first {new}",),
    "order": ("sort by {prop}, {way}", "order by {prop} {way}", "ranked by {prop}, {way}"),
    "order turned": ("the other way round in the order", "sort {way}", "{way} please", "reverse the order"),
    "order removed": ("don't sort", "remove the order"),
    "distinct": ("distinct", "without duplicates", "each only once please"),
    "distinct removed": ("keep duplicates", "duplicates are fine", "not distinct"),
    "distinct count": ("count different {things} only", "count each {thing} only once", "count distinct {things}"),
    "distinct count removed": ("count duplicates too, keep duplicates", "keep duplicates when counting"),
    "show": ("show the {prop} too", "also give the {prop}", "I want to see the {prop} as well"),
    "show thing": ("show the {thing} too", "also give me the {thing}"),
    "hide": ("don't show the {prop}", "leave out the {prop}", "no need to show the {prop}"),
    "hide thing": ("don't show the {thing}", "hide the {thing}"),
    "show instead": ("show the {new} instead of the {old}", "I want the {new}, not the {old}", "give me the {new} instead"),
    "aggregate": ("the {new} instead of the {old}", "I meant the {new}, not the {old}", "{new} please"),
    "count": ("count them", "how many are there", "I only want to know how many", "just the number of {things}"),
    "count per": ("how many {things} per {key}", "count the {things} for each {key}"),
    "having": ("only those with {compared} {things}", "only {keys} with {compared} {things}"),
    "vague": ("that is not what I asked", "hm, the answer looks wrong"),
}
COMPARED: dict[str, tuple[str, ...]] = {
    ">": ("more than {value}", "greater than {value}", "over {value}"), "<": ("less than {value}", "below {value}", "under {value}"),
    ">=": ("at least {value}", "{value} or more"), "<=": ("at most {value}", "no more than {value}"), "=": ("exactly {value}", "equal to {value}"),
    "<>": ("not {value}",), "CONTAINS": ("containing {value}", "with the substring {value}"), "STARTS WITH": ("starting with {value}",), "ENDS WITH": ("ending with {value}",),
}  # fmt: skip
TIMES: dict[str, tuple[str, ...]] = {
    ">": ("after {value}", "later than {value}"),
    "<": ("before {value}",),
    ">=": ("since {value}", "from {value} on"),
    "<=": ("until {value}",),
}
IS: tuple[str, ...] = ("{value}",)
WAYS: dict[str, tuple[str, ...]] = {"down": ("descending", "from high to low", "highest first"), "up": ("ascending", "from low to high", "lowest first")}
TIME_WAYS: dict[str, tuple[str, ...]] = {"down": ("newest first", "latest first"), "up": ("oldest first", "earliest first")}
CALLS: dict[str, str] = {"avg": "average", "sum": "sum", "max": "maximum", "min": "minimum", "count": "number", "collect": "list"}
FILLERS: tuple[str, ...] = ("please", "actually", "sorry,", "hmm,", "no,", "I think")
"""Words that say nothing, put before or behind."""

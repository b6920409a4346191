"""How the simulated user words a wish: the set of phrases that is held out. The reader of amendments is never adjusted on it."""

# For each kind of wish what may be said. In braces stands what the wish is about.
WISHES: dict[str, tuple[str, ...]] = {
    "label": (
        "you looked at {olds}, I was after {news}",
        "wrong kind of thing: I need {news}",
        "can we look at {news} rather than {olds}?",
        "what I had in mind were {news}",
        "swap {old} for {new}",
        "oh no, {news}, of course",
    ),
    "label added": ("that thing there is supposed to be a {new}", "restrict it to {news}"),
    "direction": (
        "you have {type} backwards",
        "it is the {start} that points to the {end}, flip it",
        "the arrow on {type} is reversed",
        "from {start} to {end}, not vice versa",
        "invert the {type} link",
        "opposite direction for {type}, please",
    ),
    "either way": ("{type} can point any way, both directions", "ignore which way {type} points: either way will do"),
    "relation": ("the link to follow is {new}", "replace {old} by {new}", "wrong relationship, take {new}", "that should go through {new} instead"),
    "hops": ("let {type} go as deep as {most} levels", "anything within {most} links"),
    "direct": ("just the immediate ones", "no chains, only direct {type}"),
    "optional": (
        "even if they have no {lost}",
        "don't throw away {kepts} lacking a {lost}, show those without too",
        "list every {kept}, with the {lost} where available",
        "{kepts} with or without {losts}",
    ),
    "required": ("a {lost} is mandatory", "skip those without a {lost}", "insist on a {lost}"),
    "pattern added": ("there has to be a {end} attached through {type}", "narrow it to the ones having a {end}"),
    "pattern added value": ("narrow it down to {end} {value}", "and the {end} has to be called {value}", "provided the {end} is {value}"),
    "pattern removed": ("the {end} is superfluous, take it out", "we can do away with the {end}", "ditch the {end}"),
    "absent": ("the ones lacking any {end}", "with zero {ends}"),
    "filter added": (
        "keep the ones where the {prop} is {compared}",
        "require a {prop} of {compared}",
        "narrow down by {prop}: {compared}",
        "provided that their {prop} is {compared}",
    ),
    "filter added time": ("nothing else than {compared}", "I need {compared} only", "restrict this to {compared}"),
    "filter removed": (
        "the {prop} is irrelevant, delete that filter",
        "whatever {prop}, lift that restriction",
        "scrap the {prop} condition",
        "any {prop} will do, no restriction there",
    ),
    "value": ("{old} is wrong, take {new}", "change {old} to {new}", "the right {prop} is {new}", "replace {old} with {new}", "oops, {new} is what I meant"),
    "sign": ("for {prop} I want {compared}", "change that to {compared}", "should read {compared} rather than {was}", "that ought to be {compared}"),
    "negated": ("anything but {value}", "excluding {value}", "leave {value} aside: other than {value}"),
    "affirmed": ("undo the negation, {value} is wanted", "the negation is wrong: {prop} {value}"),
    "case": ("match whatever the capitalization", "make that case-insensitive"),
    "missing": ("the ones lacking a {prop}", "where the {prop} is empty"),
    "present": ("as long as the {prop} is given", "where {prop} is not empty"),
    "limit": ("cut off after {new} rows", "{new} hits are enough", "change {old} to {new} rows", "I want {new} entries"),
    "limit added": ("{new} hits are enough", "cap the list at {new} rows", "give me the best {new}", "no more results than {new}"),
    "limit removed": ("I'd like the full list, unlimited", "every row, not just a few", "lift the limit"),
    "skip": ("leave out the first {new}", "start after {new}"),
    "order": ("arrange them by {prop}: {way}", "can you rank them on {prop}, {way}", "the list goes by {prop}, {way}"),
    "order turned": ("sorted {way} rather", "the sorting is upside down: {way}", "flip the sort order"),
    "order removed": ("no sorting needed", "drop the ordering"),
    "distinct": ("remove duplicates", "I see repeats, unique ones only", "nothing should be listed twice"),
    "distinct removed": ("allow duplicates", "every occurrence should be listed"),
    "distinct count": ("tally unique {things}", "do not count the same {thing} twice"),
    "distinct count removed": ("every occurrence counts, even if repeated", "count repeats as well"),
    "show": ("could you add the {prop}", "display {prop} in addition", "plus the {prop}"),
    "show thing": ("put the {thing} in as well", "add the {thing} itself to the output"),
    "hide": ("the {prop} can go", "suppress the {prop}", "omit {prop} from the output"),
    "hide thing": ("the {thing} need not be shown, drop it", "omit the {thing} from the output"),
    "show instead": ("swap the {old} for the {new} in the output", "rather than the {old}, print the {new}", "output {new} in place of {old}"),
    "aggregate": ("compute the {new} rather than the {old}", "{old} is wrong, it is the {new} I need", "replace the {old} by the {new}"),
    "count": ("the total number of {things} is enough", "I need a count, no list", "tally the {things}"),
    "count per": ("break it down: number of {things} by each {key}", "tally {things} grouped by {key}"),
    "having": ("{keys} need {compared} {things}", "drop {keys} unless they have {compared} {things}"),
    "vague": ("this cannot be right", "try again, something is off"),
}
COMPARED: dict[str, tuple[str, ...]] = {
    ">": ("higher than {value}", "above {value}", "in excess of {value}"), "<": ("lower than {value}", "smaller than {value}", "short of {value}"),
    ">=": ("no less than {value}", "{value} and up", "a minimum of {value}"), "<=": ("up to {value}", "{value} or less", "a maximum of {value}"), "=": ("precisely {value}", "just {value}"),
    "<>": ("other than {value}",), "CONTAINS": ("mentioning {value}", "that has {value} somewhere in it"), "STARTS WITH": ("beginning with {value}",), "ENDS WITH": ("with {value} at the end",),
}  # fmt: skip
TIMES: dict[str, tuple[str, ...]] = {
    ">": ("past {value}", "newer than {value}"),
    "<": ("prior to {value}", "earlier than {value}"),
    ">=": ("{value} or later", "not before {value}"),
    "<=": ("not after {value}", "up to {value}"),
}
IS: tuple[str, ...] = ("{value}",)
WAYS: dict[str, tuple[str, ...]] = {
    "down": ("largest to smallest", "biggest on top", "decreasing"),
    "up": ("smallest to largest", "increasing", "lowest on top"),
}
TIME_WAYS: dict[str, tuple[str, ...]] = {"down": ("most recent on top", "newest to oldest"), "up": ("from the oldest", "chronologically")}
CALLS: dict[str, str] = {"avg": "mean", "sum": "total", "max": "largest value", "min": "smallest value", "count": "count", "collect": "collected list"}
FILLERS: tuple[str, ...] = ("thanks", "well,", "could you", "wait,", "sorry but", "ah,")
"""Words that say nothing, put before or behind."""

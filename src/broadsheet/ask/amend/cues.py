"""What people say when they amend: phrases that tell what is to happen, each with the class of its meaning."""

# A phrase is of small letters; `|` separates phrases. The longest that fits is heard.
_PHRASES: dict[str, str] = {
    "meant": "i meant|i mean|meant|mean|i wanted|i was thinking of|should be|should have been|ought to be|has to be|must be|supposed to be|make it|make that|make them"
    "|change|changed|replace|swap|switch|correct|fix|it is|its|are really|is really|use|take|rather",
    "instead": "instead of|rather than|in place of|as opposed to|instead|in lieu of|in exchange for",
    "not": "without|!=|<>|not|isn't|aren't|don't|doesn't|wasn't|weren't|didn't|never|except|excluding|exclude|other than|apart from|all but|but not|anyone but|anything but|non"
    "|hasn't|haven't|leaving out|without those|barring",
    "remove": "drop|remove|delete|get rid of|take out|take away|take off|leave out|leave off|skip|discard|lose|scrap|strip|ditch|omit|cut|without the|without a|no longer|no more"
    "|not needed|unnecessary|superfluous|don't need|no need for|undo|clear|lift|do away with",
    "heedless": "forget|forget about|regardless of|irrespective of|no matter|whatever|doesn't matter|does not matter|don't care about|do not care about|don't filter"
    "|do not filter|ignore|of any|all of|disregard|never mind|irrelevant",
    "add": "only those|only the ones|only ones|only if|only|just|restrict|restrict to|limit it to|limited to|narrow|narrow it down to|where|which|whose|with|having|keep|filter"
    "|require|must have|as long as|provided|that have|who have|add|also|and also|too|as well|in addition|plus|additionally|furthermore|on top of that|besides",
    "turn": "other direction|opposite direction|wrong direction|direction|other way round|other way around|other way|wrong way round|wrong way around|wrong way|opposite way"
    "|the reverse|reversed|reverse|backwards|back to front|flip|flipped|invert|inverted|turn around|turned around|turn round|opposite|arrow|vice versa|swap the ends|inverse",
    "either way": "either direction|both directions|in any direction|either way|whichever direction|undirected",
    ">": ">|more than|greater than|larger than|bigger than|higher than|over|above|after|later than|newer than|exceeding|exceeds|exceed|beyond|older than|longer than|past|younger"
    "|strictly more|strictly greater|strictly after|greater|larger|bigger|later",
    "<": "<|less than|fewer than|smaller than|lower than|under|below|before|earlier than|prior to|up to but not|shorter than|cheaper than|strictly less|strictly before|less"
    "|smaller|fewer|earlier|lower",
    ">=": ">=|at least|no less than|not less than|no fewer than|not fewer than|or more|or later|or above|or higher|or greater|minimum of|a minimum of|from|since|starting|onwards|and up"
    "|and later|and above|and over|not before|not under|not below|not earlier than",
    "<=": "<=|at most|no more than|not more than|or less|or fewer|or earlier|or below|or lower|maximum of|a maximum of|up to|until|till|no later than|not after|not over|not above"
    "|not exceeding|not later than|and below|and earlier|through",
    "=": "=|==|exactly|equal to|equals|precisely|is exactly|equal|same as|identical to|called|named|titled|entitled|by the name of|with the name",
    "between": "between|ranging from|in the range",
    "contains": "contains|contain|containing|includes the word|include the word|the substring|substring|with the word|the word|has the word|mentions|mentioning|somewhere in|the text"
    "|part of the|includes the text|anywhere in|the string|the letters|within the|as part of",
    "starts": "starts with|start with|starting with|beginning with|begins with|begin with|prefix|prefixed",
    "ends": "ends with|end with|ending with|ending in|ends in|suffix",
    "null": "is missing|are missing|missing|is unknown|are unknown|unknown|is empty|is null|are null|null|not known|is absent|not set|is not there|lacks|lack|lacking",
    "want": "i want|i need|i'd like|i would like|i wish|i only want|i just want",
    "known": "must be there|has to be there|have to be there|should be there|need to be there|be there|is known|are known|is there|is given|is present|exists|not null|is set|not missing|is available|known",
    "case": "ignore case|ignoring case|case insensitive|case-insensitive|regardless of case|upper or lower case|capitals or not|capitalization|capitalisation|letter case|case"
    "|uppercase|lowercase|capital letters|small letters|caps",
    "order": "sort|sorted|order|ordered|rank|ranked|arrange|arranged|list them by|in order of|order by|sort by|sorted by|ordered by|ordering|sorting|by order of|ranking",
    "down": "descending|newest first|latest first|highest first|largest first|biggest first|most first|greatest first|best first|most recent first|from high to low|high to low"
    "|from the highest|from the largest|from the newest|from large to small|decreasing|z to a|from z to a|top first|youngest first|recent first|last first|down|desc|longest first"
    "|starting with the highest|starting with the newest|starting with the largest|starting with the most|highest to lowest|largest to smallest|newest to oldest|biggest to smallest"
    "|newest|latest|highest|largest|biggest|greatest|most recent|most",
    "up": "ascending|oldest first|earliest first|lowest first|smallest first|least first|fewest first|cheapest first|from low to high|low to high|from the lowest|from the oldest"
    "|from the smallest|from small to large|increasing|alphabetically|alphabetical|a to z|from a to z|asc|shortest first|starting with the lowest|starting with the oldest"
    "|starting with the smallest|lowest to highest|smallest to largest|oldest to newest|smallest to biggest|oldest|earliest|lowest|smallest|least|fewest",
    "limit": "limit|limited|top|first|best|results|rows|hits|entries|answers|items|lines|records|maximum number|no more results|cap|cut off|capped|result|row|at a time|of them",
    "all rows": "show all|all of them|all results|all rows|everything|no limit|without limit|without a limit|unlimited|every one|every result|all the results|the full list|every row|complete list"
    "|not just the first|not only the first|whole list",
    "offset": "skip the first|leave out the first|leave off the first|without the first|omit the first|after the first|offset|drop the first|start after",
    "distinct": "distinct|unique|without duplicates|no duplicates|remove duplicates|drop duplicates|duplicates|duplicate|each only once|only once|each once|just once|no repeats|repeats"
    "|repeated|de-duplicate|deduplicate|different|no doubles|doubles|once each|not twice|twice|double|the same one again|repeatedly|repetitions",
    "keep twice": "keep duplicates|with duplicates|allow duplicates|including duplicates|duplicates are fine|duplicates are ok|duplicates are okay|include duplicates|not distinct|not unique"
    "|non-distinct|show duplicates|every occurrence|each occurrence|keep repeats|keep the duplicates|even if repeated|count repeats",
    "count": "count|number|count them|how many|the number of|number of|counted|tally|total number|amount of|quantity|numbers of|counts|a count",
    "avg": "average|mean|on average|the average|the mean",
    "sum": "sum|total|the sum|in total|altogether|add up|summed|the total|sum up",
    "max": "maximum|max|the highest|the largest|the greatest|the most|the biggest|the latest|the top",
    "min": "minimum|min|the lowest|the smallest|the least|the earliest|the fewest",
    "collect": "list of|the list of|as a list|collect|collected|in one list|gathered|list of all",
    "per": "per|for each|for every|grouped by|group by|broken down by|by each|each|group them by|split by",
    "optional": "even if|even those|even when|including those without|include those without|include also those without|also those without|also show those without|with or without|if any"
    "|if present|if there is any|if there are any|if available|if there is one|optional|optionally|whether or not|even without|including ones without|include ones without"
    "|include the ones without|including the ones without|as well as those without|also the ones without|also ones without|where present|where available|not only those with"
    "|do not leave out those without|keep those without|keep the ones without|where there is one|if they have any|if it has any|not required|need not have|don't have to have"
    "|and those without|also without|including those with no|include those with no|also those with no|even if they have no|even if it has no|even if there is no",
    "required": "must have|have to have|has to have|required|compulsory|mandatory|only those with|only those that have|only ones with|only if they have|only the ones with|not optional"
    "|only those who have|leave out those without|without those that have no|drop those without|exclude those without|not those without|need to have|needs to have|insist on"
    "|skip those without",
    "none": "without any|without|with no|that have no|who have no|have no|has no|no|having no|not having any|don't have any|do not have any|lacking any|that lack|zero|none|that don't have"
    "|which have no|do not have|does not have|that have not|free of",
    "show": "show|return|display|give|give me|list|print|include|output|see|tell me|report|get|bring back|provide|present|put in",
    "hide": "don't show|do not show|hide|don't return|do not return|don't list|don't display|no need to show|leave out|don't include|do not include|stop showing|not show|suppress",
    "both": "both",
    "or": "or|either",
    "hops": "steps|hops|step|hop|links away|levels|degrees|in a row|jumps|away|levels deep|links",
    "direct": "directly|direct|one step|immediate|only directly|straight",
    "far": "indirectly|any number of steps|any distance|however far|transitively|any number of hops|at any distance|recursively",
    "again": "do want|do need|are wanted|the ones that are|those that are|not the ones that are not|remove the not|without the not|drop the not|the negation|negation|negated|positive",
}  # fmt: skip
# Words that say nothing here.
STOP = frozenset(
    "a an the i you we me my mine it its this that these those them they he she there here is are was were be been being am do does did done have has had can could would will "
    "shall may might must should please thanks thank hi hello ok okay oh sorry hmm well actually really just so then now but and of in on at to for by as from with into out "
    "up about want wanted like need needs let lets see also too more very quite only one ones thing things what which who whom whose where when how why if else any some all "
    "both each every other another part bit query result results question answer wrong right mistake made rather instead think thought guess maybe perhaps said say asked ask "
    "condition filter filters criterion constraint restriction clause requirement value values property column field columns relation relationship relations link edge node nodes label "
    "entity entities kind type sort list listed look looking find finding found get got give given not no yes than or whether actual real correct proper quick no, wait dear again "
    "i'm i'd i'll it's that's they're there's you're we're let's isn't aren't don't doesn't actually, btw please, kindly ah er um anyway simply still asking talking speaking asked ask concerned concerns talk speak".split()
)
# Words that mean the same in most graphs.
SYNONYMS: tuple[frozenset[str], ...] = tuple(
    frozenset(one.split())
    for one in (
        "film movie picture motion|person people human individual somebody someone|publication paper article|author writer creator"
        "|company organization organisation firm business corporation|city town|country nation state|price cost|job occupation profession role"
        "|song track|band group|shop store|customer client buyer|product item good|employee worker staff|date day when|name called title"
        "|picture image photo|genre category|review rating|score rating|team club squad|year released release|email mail|phone telephone"
        "|address place location|size magnitude|age old|weight heavy|height tall high|length long duration|salary wage pay income"
        "|boss manager supervisor|user member account|post message|tag keyword|car vehicle automobile|crime offence offense|officer policeman"
    ).split("|")
)
NUMBERS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "dozen": 12, "thousand": 1000, "million": 1000000}


def phrases() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return for each phrase, word by word, the classes that it may be of."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for kind, said in _PHRASES.items():
        for phrase in said.split("|"):
            words = tuple(phrase.split())
            found[words] = (*found.get(words, ()), kind)
    return found

"""Names told by a given name that is known: typed without capitals, like words of banks, or on a line of their own."""

import re
from collections.abc import Iterator

from broadsheet.needs.pii.given import AMBIGUOUS, GIVEN
from broadsheet.needs.pii.people import RELATIONS, TRADES, is_no_part, is_person
from broadsheet.needs.pii.shapes import LOWER, UPPER

_WORD = re.compile(rf"(?<![\w'@./#$+-])[{UPPER}{LOWER}][{LOWER}]{{1,24}}(?:-[{UPPER}{LOWER}]{{2,24}})?(?!\w|[@.]\w|-\w)")
_LETTERS = re.compile(r"[^\W\d_]+")
# What a name goes on with: an initial, then a word.
_MORE = re.compile(
    rf" (?:(?P<initial>[{UPPER}{LOWER}])\.? )?(?P<word>(?:(?:van|von|de|der|den|la|st\.|di|da|del) ){{0,2}}(?:[{UPPER}{LOWER}]')?[{UPPER}{LOWER}][{LOWER}]{{1,24}}(?:[{UPPER}][{LOWER}]+)?(?:[-'][{UPPER}{LOWER}]{{2,24}}){{0,2}})(?!\w|[@.]\w|/)"
)
# What follows a name in a sentence, and is no part of it.
_REST = frozenset(
    """
    about after again ago ain't ain already also always anyway around asked asks back became because before began believes between both bought brought brings called calls came can't cannot
    charged charges claims comes cosigned could couldn't cut did didn't died does doesn't doing done don't down drives during each earned earns either even ever every explained feels felt filed
    find finds first found gave gets getting given gives goes going gone got had handles has hasn't hates helped helps her hers herself himself his i'm instead into isn't its just keeps kept knew
    knows last later leaves left lent let likes live lived lives loaned looked looks lost loves made makes manages many maybe me met might mine more moved moves much must my myself needs never
    new next off once only opened or other our out over owed owes own owns paid passed pays picked plans please prefers promised pulled put quit ran really refused refuses refinanced retired retires
    right runs said saved saves saw says seems sells sent set shall should showed signed since sold some soon spends spent spoke started starts stays still stole such suggested swears swore
    takes talked taught tells text thinks thought though through till tried tries told took turned turns twice under until unless up upon us used uses via wanted wants wasn't was well went
    were while whose will without won't wonders wondering works worked would wouldn't writes wrote yesterday today tomorrow tonight yet you your monday tuesday wednesday thursday friday
    age aged born dob here there near who whom that which and or the from with for
    """.split()
)
_ENDS = re.compile(r"\w{3,}(?:ed|ing|ly)")
_LABEL = re.compile(
    r"(?:\b(?:(?:full |legal |real |my )?name|account ?holder|card ?holder|kontoinhaber(?:in)?|titulaire|beneficiary|payee|tenant|name on (?:the )?(?:card|account))(?: (?:is|was))?\"? ?(?:[:=|]|->|-) ?[\"'*(]{0,2}|\b(?:my (?:\w+ )?name is|in the name of|made out to|payable to|ask(?:ed)? for|account of|signed by) [\"']?)\Z",
    re.IGNORECASE,
)
_CUE = re.compile(
    rf"\b(?:(?:my|our|his|her|their|the|an?|ex|late|old) (?:[\w'-]+ ){{0,2}}(?:[\w]+-)?(?:{RELATIONS}|{TRADES})(?:,? (?:is|was|named|called|of mine|mr\.?|mrs\.?|ms\.?|dr\.?)){{0,2}}|called|named|i'm|i am|this is|it's|spoke (?:to|with)|talked (?:to|with)|speak (?:to|with)|dealt with|contact|attn|dear|hi|hello)[ ,:(\"'-]{{1,3}}\Z",
    re.IGNORECASE,
)
_LINE = re.compile(r"(?:\n|\A)[-~*>• ]{0,3}\Z")
_RELATED = re.compile(rf"\b(?:my|our|his|her|their) (?:[\w'-]+ ){{0,2}}(?:{RELATIONS}) ?,? \Z", re.IGNORECASE)
_PAIRED = re.compile(rf"\b(?:my|our|his|her|their) (?:[\w'-]+ ){{0,2}}(?:{RELATIONS}),? (?:[^\W\d_]{{2,20}}(?:,| and| &|, and) ){{1,3}}\Z", re.IGNORECASE)
_HERE = re.compile(r" here(?=[,.!]| (?:from|in|again|with))")
_CLOSING = re.compile(
    r"\b(?:regards|sincerely|cheers|best|wishes|thanks|thank you|thx|in advance|yours|truly|grüße|gruß|saludos|cordialement|love|ta)[,.!]* ?\n*[ ~*-]*\Z",
    re.IGNORECASE,
)
# Two words that are none of sentences, banks or places, where a form or a sentence says that they are a name.
_TWO = (
    rf"(?P<it>(?:[{LOWER}]['{LOWER}-]{{1,24}}|[{LOWER}]\.)(?: (?:[{LOWER}]\\.? )?(?:(?:van|von|de|der|la|di|da) ){{0,2}}[{LOWER}]['{LOWER}-]{{1,24}}){{1,2}})"
)
_FORM = re.compile(
    rf"(?:(?:(?<=\n)|^|(?<=[|;,.] )|(?<=[-*] ))(?i:(?:full |legal |real |my )?name)|\b(?i:full name|account ?holder|card ?holder|beneficiary|payee|kontoinhaber(?:in)?|titulaire|name on (?:the )?(?:card|account)))(?: is| was)? ?(?:[:=|]|->|-) ?[\"'*(]{{0,2}}{_TWO}(?=[\"')*]{{0,2}}(?:[,.;|]| \||\n|\Z| (?:[{UPPER}]|-|tel|phone|email|e-mail|dob|born|address|ssn|acct|account|iban)))"
    rf"|\b(?i:in the name of|made out to|payable to|my (?:full |legal )?name is) (?={_TWO.replace('it', 'two')}(?=[\"')]?(?:[,.;!?]|\n|\Z| (?:and|but|for|instead|not|on|with|[{UPPER}]))))(?P<made>(?P=two))"
    rf"|(?:(?<=\n)|^|(?<=[.!,] )){_TWO.replace('it', 'here')}(?= here[,.!] ?(?:long|first|new|just|again|from))"
)
_SIGNED = re.compile(
    rf"(?i:\b(?:regards|sincerely|faithfully|best wishes|cheers|yours truly|grüße|grüßen|cordialement|saludos))[,.!]*\n+[ ~*-]*(?P<it>(?:[{LOWER}]['{LOWER}-]{{2,24}}|[{LOWER}]\.(?= ))(?: [{LOWER}]['{LOWER}-]{{1,24}}){{0,2}})(?=[ .!x]*(?:\n|\Z))"
)
_TITLED = re.compile(
    rf"(?<![\w'-])(?i:(?:dr|mr|mrs|ms|prof|herr|frau|mme|mlle|monsieur|madame|señora?|sra?)\b(?:\. ?| )(?:dr\. )?)(?P<it>[{LOWER}][{LOWER}'-]{{2,24}})(?=(?P<rest>[^\n]{{0,12}}))"
)
_AFTER_TITLE = re.compile(r"[?,;:!)\"]| (?:at|from|in the|in my|who|said|says|told|is|was|he|she|has|wants|wrote|called|and (?:his|her)|for)\b|\.|\n|\Z|$")
_NO_SURNAME = frozenset(
    """
    market office visit visits appointment appointments bill bills degree student students word excel outlook access windows office teams edge paint money robot president speaker chairman
    right wonderful fix speaker mustache phil and told said prescribed recommended orders notes note who has was sold mom dad paper papers pepper monopoly bank roboto
    """.split()
)


def typed_names(text: str, *, tells: bool) -> Iterator[tuple[int, int]]:
    """Yield the places of names that a given name begins, in a text whose line breaks are kept; `tells`: whether it holds other data of a person."""
    for letters in _LETTERS.finditer(text):
        match = _WORD.match(text, letters.start()) if letters[0].lower() in GIVEN else None
        word = match[0].lower().partition("-")[0] if match else ""
        if match and word in GIVEN:
            yield from _named(text, match, is_sure=word not in AMBIGUOUS, tells=tells)
    for written in (_FORM, _SIGNED):
        for match in written.finditer(text):
            name = next(name for name in ("made", "here", "it") if match.groupdict().get(name))
            if all(len(word) < 3 or _is_part(word) for word in match[name].split()) and (match[name][1] == "." or is_person(match[name])):
                yield match.span(name)
    for match in _TITLED.finditer(text):
        word = match["it"]
        is_open = (
            match[0].lower().startswith(("frau", "herr", "mme", "mlle", "monsieur"))
            or "." in text[match.start() : match.start("it")]
            or _AFTER_TITLE.match(match["rest"])
        )
        if is_open and word not in _NO_SURNAME and _is_part(word):
            yield match.span("it")


def _named(text: str, match: re.Match[str], *, is_sure: bool, tells: bool) -> Iterator[tuple[int, int]]:
    begin, end = match.span()
    before = text[max(0, begin - 60) : begin]
    is_low = match[0].islower()
    whole = end
    for _ in range(2):
        more = _MORE.match(text, whole)
        if more is None or not _is_part(more["word"]) or more["word"].split()[-1].islower() != is_low:
            break
        whole = more.end()
    is_line = _LINE.search(before) is not None and (whole == len(text) or text[whole] == "\n" or text[whole : whole + 2] in {",\n", ".\n"})
    is_closing = _CLOSING.search(before) and re.match(r"[ .!]*(?:\n|\Z)", text[whole:])
    is_full = whole > end
    is_told = _LABEL.search(before) or is_closing or (is_line and is_full and (is_sure or tells))
    # A word of the language is a name behind a relation: with a capital, or with its surname between commas.
    is_last = is_sure and whole == len(text) and re.search(r"(?:\n|\A) ?[-~*]{1,2} ?\Z", before)
    is_told = is_told or is_last or (is_sure and _PAIRED.search(before))
    is_told = is_told or (_RELATED.search(before) and (not is_low or (is_full and before.endswith(", ") and text[whole : whole + 1] == ",")))
    if is_told or (is_sure and (_CUE.search(before) or (is_full and _HERE.match(text, whole)))):
        yield begin, whole


def _is_part(word: str) -> bool:
    low = word.lower()
    return low in GIVEN - AMBIGUOUS or not (low in _REST or is_no_part(low) or _ENDS.fullmatch(low))

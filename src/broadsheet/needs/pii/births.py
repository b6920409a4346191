"""Dates of birth, behind or before the word that says so."""

from broadsheet.needs.pii.kinds import Kind, Pattern, beside, numbered
from broadsheet.needs.pii.shapes import DATE, MONTH

_WORDS = (
    r"born|d\.? ?o\.? ?b\.?|dobs?|dates? of birth|date ?of ?birth|birth ?dates?|birth ?days?|b-?days?|b-day|birth_?date|birth|geboren|geb\.|geburtsdatum|geburtstag|née?|naissance|nacid[oa]|nac\.|nat[oa]|nascid[oa]|nascita|nascimento"
    r"|fecha de nacimiento|date de naissance|nacimiento|cumpleaños|anniversaire|compleanno|geboortedatum|urodz\w+|data urodzenia|född|født"
)

BIRTHS: tuple[Pattern, ...] = (
    numbered(
        Kind.BORN,
        r"\b(?:born|dob|d\.o\.b\.?|date of birth|birth ?date|birthday|geboren|geburtsdatum|née?|nacid[oa]|nat[oa]|fecha de nacimiento|date de naissance)"
        rf"(?: ?(?:on|is|was|am|le|el|il|:|=|-)){{0,2}} ?(?P<it>{DATE})",
    ),
    numbered(
        Kind.BORN,
        r"(?:生日|出生日期|生年月日)(?:是|は|:|：)? ?(?P<it>\d{4}[年/.-]\d{1,2}[月/.-]\d{1,2}日?)|(?P<born>\d{4}年\d{1,2}月\d{1,2}日)(?=出生|生まれ|生)",
    ),
    numbered(
        Kind.BORN,
        rf"(?<![\w$€£.,/-])(?P<it>{DATE})(?![\d/-])",
        near=beside(
            before=rf"\b(?:{_WORDS})(?![a-z])(?:(?!\b(?:since|until|till|after|before|expires?|due|closed|opened|paid)\b)[^.!?;\d]|\.(?! (?-i:[A-Z][a-z]))){{0,25}}\Z",
            after=rf"[\"')]?(?: ?(?:is|was|as|=|\(|,|for|being|-|->|my|the|our|his|her|their|a|actual|real|on file)){{0,4}} ?(?:{_WORDS})(?![a-z])",
            reach=50,
        ),
    ),
    numbered(Kind.BORN, rf"(?<![\w.])b\. ?(?P<it>{DATE})"),
    numbered(Kind.BORN, rf"\b(?:{_WORDS})(?: on| is| was|:)? (?P<it>(?:the )?[a-z]+[- ]?[a-z]*(?:st|nd|rd|th)(?: of)? {MONTH},? (?:of )?(?:19|20)\d{{2}}\b)"),
    numbered(Kind.BORN, rf"\b(?:age|aged) \d{{1,3}},? \((?P<it>{DATE})\)"),
    numbered(Kind.BORN, rf"\bturn(?:s|ed|ing)? \d{{1,3}} (?:on|this) (?P<it>{DATE})"),
    # Digits alone, a month and year, or a day without its year, right behind the word.
    numbered(
        Kind.BORN,
        rf"\b(?:d\.? ?o\.? ?b\.?|date of birth|birth ?date|birth ?day|b-?day)(?: ?(?:is|was|on|:|=|-|->|\"|'|\()){{1,4}} ?(?P<it>\d{{8}}|\d{{6}}|(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}(?! \d)|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?|{MONTH} (?:19|20)\d{{2}}|\d{{1,2}}[/.-](?:19|20)?\d{{2}}|(?:19|20)\d{{2}})\b(?![/.-]\d)",
    ),
    numbered(
        Kind.BORN,
        rf"\bborn(?: in| on)? (?P<it>\d{{1,2}}/\d{{2,4}}(?![\d/])|(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}\b|{MONTH},? (?:of )?(?:19|20)\d{{2}})\b",
    ),
)

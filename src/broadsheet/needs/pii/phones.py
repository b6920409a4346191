"""Telephone numbers: as countries write them, or as anybody does behind the word for one."""

import re

from broadsheet.needs.pii.checks import has_digits, is_code
from broadsheet.needs.pii.kinds import Kind, Pattern, beside, numbered, pattern
from broadsheet.needs.pii.shapes import NO_MONEY, NO_UNIT

is_phone = has_digits(7, 15)
_DIGIT = r"(?:zero|oh|o|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_CUES = (
    r"call(?:s|ed|ing|er|back)?|text(?:s|ed|ing)?|txt|phones?|ph|tel|tél|telephone|telefon\w*|téléphone|teléfono|telefono|tlf|tfn|mobiles?|mob|cells?|cellphone|handy\w*|móvil|celular|cellulare|portable|komórka|whatsapp|wa|signal|viber|imo|fax|sms|imessage|zelle"
    r"|ring(?:s)?|rang|reach|contact(?:s|ed)?|numbers?|num|nr|no|numéro|número|numero|nummer|dial(?:ed)?|landline|hotline|helpline|office|desk|work|home|line|direct|ext|extension|voicemail|pager|toll[ -]?free|appelez|llama|ruf\w*|chiama|from|o|c|m|t|p|h|w|f|电话|手机|電話"
)
_CUED = beside(
    before=rf"\b(?:{_CUES})(?![\w])(?:[^.!?;$€£]|\.(?! (?-i:[A-Z][a-z]))){{0,25}}\Z",
    after=r"[\"')]?,? ?(?:is|was|as|=|\(|for)? ?(?:my|the|our|his|her|an?)? ?(?:contact |phone |work |home |cell |mobile |new |old )?(?:number|phone|cell|mobile|tel|line|whatsapp|work|home)\b",
    reach=50,
)


def _is_grouped(text: str) -> bool:
    return not text.isdecimal()


def _is_called(text: str) -> bool:
    return is_phone(text) and is_code(7)(text) and not re.fullmatch(r"\d+\.\d\d?|\d+(?:\.\d+){3}", text)


def _is_spelled(text: str) -> bool:
    words = re.findall(r"[a-z]+|\d", text.lower())
    return 7 <= len(words) <= 16 and len({word for word in words if word.isalpha()}) > 1


PHONES: tuple[Pattern, ...] = (
    numbered(
        Kind.PHONE,
        r"\b(?:call|text|phone|tel|telephone|telefon|téléphone|teléfono|mobile|cell|handy|móvil|portable|whatsapp|fax|sms|ring|reach me|contact me|number|numéro|número|nummer|dial|电话|手机|電話)"
        r"(?: (?:me|us|him|her|number|no\.?|at|on|is|was|back|the|my|under|es|ist|est|al|au|:)){0,4}[.:]? ?(?P<it>\+?\(?\d[\d ().-]{5,17}\d)\b" + NO_UNIT,
        is_phone,
    ),
    numbered(Kind.PHONE, r"(?<![a-z\d_.+-])(?:\+|00)[1-9]\d{0,2}[ .-]?(?:\(0?\d{0,4}\)[ .-]?)?\d(?:[ ./-]?\d){5,12}(?![\d%])", is_phone),
    numbered(
        Kind.PHONE,
        NO_MONEY
        + r"(?<![a-z\d_-])(?:1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])\d{3}[ .-]\d{4}(?: ?(?:ext|extension|x)\.? ?\d{1,5})?(?![a-z\d_-])"
        + NO_UNIT,
    ),
    numbered(Kind.PHONE, NO_MONEY + r"(?<![a-z\d_-])1?[2-9]\d{2}[2-9]\d{6}(?![a-z\d_])" + NO_UNIT),
    # France and the like; the United Kingdom, Australia; Germany, Italy; Japan; India; China; Brazil; Spain.
    numbered(Kind.PHONE, NO_MONEY + r"(?<![a-z\d_/-])0[1-9](?:[ .-]?\d{2}){4}(?![a-z\d_/-])" + NO_UNIT),
    numbered(Kind.PHONE, NO_MONEY + r"(?<![a-z\d_/-])\(?0\d{2,4}\)?[ -]?\d{3,4}[ -]?\d{3,4}(?![a-z\d_/-])" + NO_UNIT),
    numbered(Kind.PHONE, NO_MONEY + r"(?<![a-z\d_/-])\(?0\d{1,5}\)?[ /-]\d{2,4}(?:[ -]?\d{2,5}){1,3}(?![a-z\d_/-])" + NO_UNIT, has_digits(8)),
    numbered(Kind.PHONE, NO_MONEY + r"(?<![a-z\d_-])[6-9]\d{4} \d{5}(?![a-z\d_-])" + NO_UNIT),
    numbered(Kind.PHONE, r"(?<![\d$€£¥₹.,-])1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4})(?![\d.,-])" + NO_UNIT),
    numbered(Kind.PHONE, NO_MONEY + r"(?<![a-z\d_-])\(\d{2}\) ?9?\d{4}-\d{4}(?![a-z\d_])"),
    numbered(Kind.PHONE, NO_MONEY + r"(?<![a-z\d_-])[67]\d{2} (?:\d{3} \d{3}|\d{2} \d{2} \d{2})(?![a-z\d_-])" + NO_UNIT),
    numbered(
        Kind.PHONE,
        r"(?<![a-z\d_.+-])(?:\+|00 ?)[1-9]\d{0,2}(?: ?[(/.-] ?|\) ?| )*(?:\(0\d{0,4}\) ?[/-]? ?|\d{1,5}\) ?)?\d(?:(?: [-/] |[ ./-]{0,2})\d){5,12}(?![\d%])",
        is_phone,
    ),
    numbered(
        Kind.PHONE,
        NO_MONEY
        + r"(?<![a-z\d_/-])(?:\+?1(?: - |[ ./-]{1,2}))?\(?[2-9]\d{2}\)?(?: - |[ ./-]{0,2})\d{3}(?: - |[ ./-]{0,2})\d{4}(?:,? ?(?:ext|extn|extension|x)\.? ?\d{1,6})?(?![a-z\d_-])"
        + NO_UNIT,
        _is_grouped,
    ),
    # In odd groups behind a cue.
    numbered(
        Kind.PHONE,
        r"(?<![\w$€£¥₹.,/-])(?P<it>\(?\+?\d{1,15}\)?(?:(?: [-/] |[ ()./-]{1,3})\d{1,10}){0,8}(?:,? ?(?:ext|extn|extension|x)\.? ?\d{1,6})?)(?![\w/-])"
        + NO_UNIT,
        _is_called,
        _CUED,
    ),
    # Digits in words, with others or alone.
    pattern(
        Kind.PHONE,
        rf"(?<![\w-])(?:\+?\d{{1,4}}[ .,-]{{1,3}}){{0,2}}(?:{_DIGIT}\b[ .,-]{{1,3}}){{2,12}}(?:(?:{_DIGIT}\b|\d{{1,4}}\b)(?:[ .,-]{{1,3}}(?=\d|{_DIGIT}\b))?){{1,12}}",
        _is_spelled,
    ),
)

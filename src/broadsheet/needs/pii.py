"""How personal data are written: one pattern for each kind and language, and a checksum where the kind has one."""

import ipaddress
import re
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a placeholder stands for."""

    EMAIL = "EMAIL"
    URL = "URL"
    SECRET = "SECRET"  # noqa: S105 - the name of a kind
    CARD = "CARD"
    IBAN = "IBAN"
    SSN = "SSN"
    ID = "ID"
    IP = "IP"
    PHONE = "PHONE"
    ACCOUNT = "ACCOUNT"
    BORN = "BORN"
    ADDRESS = "ADDRESS"
    PLACE = "PLACE"
    NAME = "NAME"


class Pattern(NamedTuple):
    """A kind, how it is written (the group `it`, or the whole), and what else must be true of it."""

    kind: Kind
    written: re.Pattern[str]
    holds: Callable[[str], bool]


def luhn(text: str) -> bool:
    """Whether digits pass the check of payment cards (ISO/IEC 7812-1).

    >>> [luhn("4111 1111 1111 1111"), luhn("4111 1111 1111 1112")]
    [True, False]
    """
    digits = [int(char) for char in reversed(text) if char.isdecimal()]
    return sum(digits[0::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10 and len(set(digits)) > 1


def is_iban(text: str) -> bool:
    """Whether an IBAN passes its check (ISO 13616: modulo 97).

    >>> [is_iban("GB82 WEST 1234 5698 7654 32"), is_iban("GB83 WEST 1234 5698 7654 32")]
    [True, False]
    """
    packed = re.sub(r"\W", "", text).upper()
    return packed.isascii() and int("".join(str(int(char, 36)) for char in packed[4:] + packed[:4])) % 97 == 1


def is_ip(text: str) -> bool:
    """Whether an address of the Internet Protocol is one."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_spanish_id(text: str) -> bool:
    """Whether a Spanish DNI ends in the letter that belongs to its number."""
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(text[:8]) % 23] == text[-1].upper()


def is_chinese_id(text: str) -> bool:
    """Whether a Chinese resident number passes its check (ISO 7064: modulo 11, 2)."""
    return sum(int(digit, 36) * 2 ** (17 - place) for place, digit in enumerate(text.replace("X", "A").replace("x", "A"))) % 11 == 1


def _always(_: str) -> bool:
    return True


def _has_digits(fewest: int) -> Callable[[str], bool]:
    return lambda text: sum(char.isdecimal() for char in text) >= fewest


def _is_phone(text: str) -> bool:
    return 7 <= sum(char.isdecimal() for char in text) <= 15


def _is_secret(text: str) -> bool:
    # A word behind "password" that is no word of the language: it mixes letters with digits or signs, or is all digits.
    return any(not char.isalpha() for char in text.rstrip(".,;:!?'\")"))


def _p(kind: Kind, written: str, holds: Callable[[str], bool] = _always) -> Pattern:
    return Pattern(kind, re.compile(written, re.IGNORECASE), holds)


# Money and shares are no numbers of accounts or telephones.
_NO_MONEY = r"(?<![$€£¥₹\d.,])(?<![$€£¥₹] )"
_NO_UNIT = (
    r"(?![.,]?\d)(?! ?(?:%|[$€£¥₹]|usd|eur|gbp|chf|cad|aud|inr|jpy|kr|dollars?|euros?|pounds?|bucks|pesos|yen|yuan|rupees|won|francs|percent)\b)(?! ?[%$€£¥₹])"
)
_IS = r"(?: (?:number|no\.?|num|nr\.?|#|id))?(?: ?(?:is|was|are|:|#|=|es|ist|est|è|é|-)){0,2} ?[#\"']?"
_NUMBERED = r"(?: (?:number|no\.?|num|nr\.?|#|id)(?: ?(?:is|was|:|#|=)){0,2}| ?#| ?[:=](?= ?(?:[A-Z]|\d{7}))) ?#?"
_ENDING = r"(?:ending|ends|that ends|finishing)(?: (?:in|with))?:? "
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|februar|märz|mai|juni|juli|okt|dez|enero|febrero|marzo|abril|mayo|junio|julio"
    r"|agosto|septiembre|octubre|noviembre|diciembre|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre)[a-zé]*\.?"
)
_DATE = rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})|\d{{1,2}}(?:st|nd|rd|th|\.)?(?: of| de)? {_MONTH},?(?: de)? \d{{4}}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
_STREETS = "street|avenue|road|lane|boulevard|drive|court|terrace|crescent|parkway|highway|square|way|place|close|circle"
_SHORT_STREETS = "St|Ave|Rd|Ln|Blvd|Dr|Ct|Ter|Cres|Pkwy|Hwy|Sq|Pl|Cir"
# Words that make "two blocks down the road" no address.
_NO_STREET = (
    r"(?!(?:the|a|an|of|on|in|at|to|down|up|per|my|our|his|her|this|that|and|or|for|from|years?|months?|weeks?|days?|hours?|minutes?|min|miles?|km|blocks?"
    r"|times?|people|percent|more|other|different|small|long|dollars?|k|am|pm|by|is|was|were|had|went|it|i|we)\b)"
)
_DOOR = r"(?:,? (?:apt|apartment|unit|suite|ste|flat|#)\.? ?#?\w+)?"
_TOWN = r"(?:,? (?-i:[A-Z][a-z]+(?: [A-Z][a-z]+){0,2}),? (?-i:[A-Z]{2})(?: \d{5}(?:-\d{4})?)?\b)?"
# A part of a name as names are written, and as they are typed in haste.
_PROPER = r"(?-i:(?!(?:Sir|Madam|All|Team|Customer|Support|Everyone|Everybody|Reddit|Friend|Friends|Bank|Manager|Mr|Mrs|Ms|Dr|I|It|The|My|This|In|We|And|But|Please)\b)[A-ZÀ-ÖØ-Þ][\w'-]*[a-zà-öø-ÿ][\w'-]*)"
_NAME = rf"{_PROPER}(?: (?:(?-i:[A-Z])\.? |(?:van|von|de|der|den|la|al|bin|del|da) ){{0,2}}{_PROPER}){{0,2}}"
_TYPED = (
    r"(?!(?:not|on|in|the|a|an|already|still|being|now|and|wrong|listed|under|spelled|spelt|misspelled|different|incorrect|correct|missing|too|used|associated|linked)\b)[^\W\d_][\w'-]+"
    r"(?: (?!(?:and|i|from|but|my|is|the|or|in|on|at|with|who|was|am|so|not|de)\b)[^\W\d_][\w'-]+)?"
)
_HAN = r"[\u4e00-\u9fff]"

# Earlier patterns win where two overlap: what is checked, or named by its own words, before what is only shaped alike.
PATTERNS: tuple[Pattern, ...] = (
    _p(Kind.SECRET, r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
    _p(Kind.URL, r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:]{1,100}:[^\s/@]{1,100}@[^\s<>\"]+"),
    _p(
        Kind.URL,
        r"\bhttps?://[^\s<>\"]*[?&#;](?:\w*(?:token|key(?!word)|session|sid|sig|signature|auth|password|pwd|secret|user|email|account|acct|uid)\w*)=[^\s<>\"]+",
    ),
    _p(Kind.URL, r"\b(?:https?://)?[\w.-]{1,100}\.[a-z]{2,24}/(?:u|user|users|profile|profiles|people|in|members?|account)/[^\s<>\"]+"),
    _p(
        Kind.URL,
        r"\b(?:https?://)?(?:www\.)?(?:x|twitter|instagram|facebook|tiktok|github|gitlab|t|paypal|venmo|cash|medium|threads|linkedin)\.(?:com|me|app|net)/[@$]?[\w.-]{2,}[^\s<>\"]*",
    ),
    _p(Kind.EMAIL, r"[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
    _p(
        Kind.EMAIL,
        r"[\w.+-]{1,64}(?: ?[\[({] ?dot ?[\])}] ?[\w-]{1,63}){0,4} ?[\[({] ?at ?[\])}] ?[\w-]+(?: ?(?:[\[({] ?dot ?[\])}]|\.) ?\w{2,})+|[\w.+-]{1,64}(?: dot [\w-]{1,63}){0,4} at [\w-]{1,63} dot (?:com|org|net|edu|co|io|de|uk)\b(?: dot \w{2})?",
    ),
    _p(
        Kind.SECRET,
        r"\b(?-i:sk-[\w-]{16,}|[sprk]{2}_(?:live|test)_\w{10,}|gh[opsur]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|A[KS]IA[0-9A-Z]{16}|AIza[\w-]{30,}"
        r"|hf_\w{20,}|npm_\w{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|ey[\w-]{8,}\.ey[\w-]{8,}\.[\w-]{8,})",
    ),
    _p(Kind.SECRET, r"\bbearer (?P<it>[\w.~+/-]{16,}=*)"),
    _p(
        Kind.SECRET,
        r"\b(?:password|passwort|contraseña|mot de passe|passwd|pwd|pw|passphrase|api[ _-]?key|secret(?:[ _-]?key)?|access[ _-]?token|auth[ _-]?token|token)"
        r"(?: ?(?:(?:is|was|ist|es|est)\b|:|=|->)){1,2} ?[\"']?(?P<it>[^\s\"']{4,})",
        _is_secret,
    ),
    _p(Kind.SECRET, r"\b(?:password|passwort|passwd|pwd|pw|passphrase|pass)(?: ?[:=]){1,2} ?[\"']?(?P<it>[^\s\"',]{4,})"),
    _p(Kind.SECRET, r"\b(?:password|passwd|pwd|pw) [\"']?(?P<it>(?=\S*\d)(?=\S*[a-z])[^\s\"']{6,})", _is_secret),
    _p(
        Kind.SECRET,
        r"\b(?:pin|pin code|pin number|passcode|cvv2?|cvc|security code|otp|one[- ]time (?:code|password|passcode)|verification code|access code|2fa code|login code|code)"
        r"(?: (?:number|on the back))?(?: ?(?:is|was|:|=|#)){1,2} ?[\"']?(?P<it>\d{3,8})\b" + _NO_UNIT,
    ),
    _p(
        Kind.SECRET,
        r"\b(?:pin|cvv2?|cvc|otp|passcode|(?:security|verification|access|login|confirmation|sms|authentication|activation|unlock) code|pin (?:number|code)|code \w+ \w+:?) (?P<it>\d{3,8})\b"
        + _NO_UNIT,
    ),
    _p(
        Kind.IBAN,
        r"(?<![a-z\d])[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?:[ -](?-i:[A-Z0-9]{4})){2,7}(?:[ -](?-i:[A-Z0-9]{1,3}))?|(?: [a-z]{4})?(?: \d{4}){2,7}(?: \d{1,3})?)(?![a-z\d])",
        is_iban,
    ),
    _p(Kind.IBAN, r"\biban(?: (?:number|is|code)){0,3}:? ?(?P<it>[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8})\b", _has_digits(8)),
    _p(Kind.ACCOUNT, r"\b(?-i:bc1[a-z0-9]{25,60}|0x[0-9a-fA-F]{40}|[13][1-9A-HJ-NP-Za-km-z]{25,34})\b", _has_digits(2)),
    _p(Kind.ID, r"(?<![\d.])[1-9]\d{5}(?:19|20)\d{2}(?:0\d|1[0-2])[0-3]\d\d{3}[\dX](?!\d)", is_chinese_id),
    _p(Kind.CARD, r"(?<![\d.,$€£-])(?:\d[ .-]?){12,18}\d(?![\d.,]*\d)", luhn),
    _p(Kind.CARD, r"\b(?:card|visa|mastercard|amex)" + _IS + r"(?P<it>\d{4}(?:[ -]?\d{3,6}){2,4})\b", _has_digits(13)),
    _p(Kind.SSN, r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"),
    _p(
        Kind.SSN,
        r"\b(?:ssn|social security(?: (?:number|no\.?|#))?|social|itin|(?-i:SIN)|social insurance(?: number)?)(?: ?(?:is|:|#|=|was)){0,2} ?\(?(?P<it>(?:\d{3}[ .-]?){1,2}\d{2,3}[ .-]?\d{2,4}|[xX*]{3}-[xX*]{2}-\d{4})\b",
        _has_digits(4),
    ),
    _p(
        Kind.SSN,
        r"\blast (?:4|four)(?: digits)?(?: of (?:my |the |his |her )?(?:ssn|social(?: security)?(?: number)?))(?: ?(?:is|are|:|=)){0,2} ?(?P<it>\d{4})\b",
    ),
    _p(Kind.ID, r"\b(?-i:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]) ?\d{2} ?\d{2} ?\d{2} ?(?-i:[A-D])\b"),
    _p(Kind.ID, r"\b\d{8}-?[A-Z]\b", lambda text: is_spanish_id(text.replace("-", ""))),
    _p(Kind.ID, r"\b(?-i:[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]|[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z])\b"),
    _p(
        Kind.ID,
        r"\b(?:passport|reisepass|pasaporte|passeport|driver'?s?'? licen[cs]e|driving licen[cs]e|licen[cs]e|national id|identity card|personalausweis|dni|aadhaar|aadhar|nhs|medicare"
        r"|tax id|taxpayer id|steuernummer|steuer-id|curp|licen[cs]e plate|number plate|kennzeichen|national insurance|(?-i:NI|NIE|PAN|TIN|EIN|VAT|VIN|DL|UTR))"
        + _IS
        + r"(?P<it>(?=[\w -]{0,40}\d)[A-Z0-9]{1,6}(?:[ -]?[A-Z0-9]{2,}){1,4}(?: [A-D])?|[A-Z]?\d{6,12}[A-Z]?)\b",
        _has_digits(5),
    ),
    _p(Kind.IP, r"(?<![a-z\d_.])(?<!version )(?<!section )(?<!clause )(?<!article )(?<!v )(?<!§ )(?:\d{1,3}\.){3}\d{1,3}(?![a-z\d_]|\.\d)", is_ip),
    _p(Kind.IP, r"(?<![\w:.])(?=[\da-f:]*:[\da-f:]*:)[\da-f:]{6,39}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])", is_ip),
    _p(Kind.ID, r"\b(?:[\da-f]{2}[:-]){5}[\da-f]{2}\b"),
    _p(
        Kind.BORN,
        r"\b(?:born|dob|d\.o\.b\.?|date of birth|birth ?date|birthday|geboren|geburtsdatum|née?|nacid[oa]|nat[oa]|fecha de nacimiento|date de naissance)"
        rf"(?: ?(?:on|is|was|am|le|el|il|:|=|-)){{0,2}} ?(?P<it>{_DATE})",
    ),
    _p(
        Kind.BORN,
        r"(?:生日|出生日期|生年月日)(?:是|は|:|：)? ?(?P<it>\d{4}[年/.-]\d{1,2}[月/.-]\d{1,2}日?)|(?P<born>\d{4}年\d{1,2}月\d{1,2}日)(?=出生|生まれ|生)",
    ),
    _p(
        Kind.ACCOUNT,
        r"\b(?:(?:account|acct|a/c|acc|konto|compte|cuenta|conto|checking|savings)(?: (?:number|no\.?|num|nr\.?|id)| ?#)|kontonummer|routing|aba|sort[ -]?code|bsb|swift|bic|transit)"
        + _IS
        + r"(?P<it>(?=[\w -]{0,40}\d)(?:[A-Z]{0,6}\d[A-Z0-9]*)(?:[ -][0-9]+)*)\b"
        + _NO_UNIT,
        _has_digits(6),
    ),
    # A number behind the bare word may be what the account holds, unless it is long.
    _p(
        Kind.ACCOUNT,
        r"\b(?:account|acct|a/c|acc|konto|compte|cuenta|conto|checking|savings)"
        + _IS
        + r"(?P<it>(?=[\w -]{0,40}\d)(?:[A-Z]{0,6}\d[A-Z0-9]*)(?:[ -][0-9]+)*)\b"
        + _NO_UNIT,
        _has_digits(7),
    ),
    _p(
        Kind.ACCOUNT,
        r"\b(?:policy|member(?:ship)?|customer|client|loan|mortgage|reference|ref|confirmation|tracking|ticket|application|claim|complaint|booking|contract|dispute|file|invoice|transaction|wallet|employee|patient|user|case)"
        + _NUMBERED
        + r"(?P<it>[A-Z]{0,6}[ -]?\d[A-Z0-9-]{3,})\b"
        + _NO_UNIT,
        _has_digits(4),
    ),
    _p(
        Kind.ACCOUNT,
        r"\b(?:account|acct|card|number|visa|mastercard|amex|debit|credit|checking|phone|policy|one) (?:\w+ )?" + _ENDING + r"[x*.]*(?P<it>\d{3,6})\b",
    ),
    _p(Kind.ACCOUNT, r"\blast (?:4|four)(?: (?:digits|numbers))?(?: of [\w' ]{1,30})?(?: ?(?:is|are|was|were|:|=)){0,2} ?(?P<it>\d{4})\b"),
    _p(Kind.ACCOUNT, r"(?<!\w)(?:[x*]{2,4}[ -]?){1,4}\d{4}\b"),
    _p(
        Kind.PHONE,
        r"\b(?:call|text|phone|tel|telephone|telefon|téléphone|teléfono|mobile|cell|handy|móvil|portable|whatsapp|fax|sms|ring|reach me|contact me|number|numéro|número|nummer|dial|电话|手机|電話)"
        r"(?: (?:me|us|him|her|number|no\.?|at|on|is|was|back|the|my|under|es|ist|est|al|au|:)){0,4}[.:]? ?(?P<it>\+?\(?\d[\d ().-]{5,17}\d)\b" + _NO_UNIT,
        _is_phone,
    ),
    _p(Kind.PHONE, r"(?<![a-z\d_.+-])(?:\+|00)[1-9]\d{0,2}[ .-]?(?:\(0?\d{0,4}\)[ .-]?)?\d(?:[ ./-]?\d){5,12}(?![\d%])", _is_phone),
    _p(
        Kind.PHONE,
        _NO_MONEY
        + r"(?<![a-z\d_-])(?:1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])\d{3}[ .-]\d{4}(?: ?(?:ext|extension|x)\.? ?\d{1,5})?(?![a-z\d_-])"
        + _NO_UNIT,
    ),
    _p(Kind.PHONE, _NO_MONEY + r"(?<![a-z\d_-])1?[2-9]\d{2}[2-9]\d{6}(?![a-z\d_])" + _NO_UNIT),
    # France and the like; the United Kingdom, Australia; Germany, Italy; Japan; India; China; Brazil; Spain.
    _p(Kind.PHONE, _NO_MONEY + r"(?<![a-z\d_/-])0[1-9](?:[ .-]?\d{2}){4}(?![a-z\d_/-])" + _NO_UNIT),
    _p(Kind.PHONE, _NO_MONEY + r"(?<![a-z\d_/-])\(?0\d{2,4}\)?[ -]?\d{3,4}[ -]?\d{3,4}(?![a-z\d_/-])" + _NO_UNIT),
    _p(Kind.PHONE, _NO_MONEY + r"(?<![a-z\d_/-])\(?0\d{1,5}\)?[ /-]\d{2,4}(?:[ -]?\d{2,5}){1,3}(?![a-z\d_/-])" + _NO_UNIT, _has_digits(8)),
    _p(Kind.PHONE, _NO_MONEY + r"(?<![a-z\d_-])[6-9]\d{4} \d{5}(?![a-z\d_-])" + _NO_UNIT),
    _p(Kind.PHONE, r"(?<![\d$€£¥₹.,-])1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4})(?![\d.,-])" + _NO_UNIT),
    _p(Kind.PHONE, _NO_MONEY + r"(?<![a-z\d_-])\(\d{2}\) ?9?\d{4}-\d{4}(?![a-z\d_])"),
    _p(Kind.PHONE, _NO_MONEY + r"(?<![a-z\d_-])[67]\d{2} (?:\d{3} \d{3}|\d{2} \d{2} \d{2})(?![a-z\d_-])" + _NO_UNIT),
    _p(Kind.PLACE, r"(?<![\d.])-?\d{1,2}\.\d{4,}°?[NS]?, ?-?\d{1,3}\.\d{4,}(?!\d)"),
    _p(Kind.ADDRESS, rf"\b\d{{1,5}}[a-z]?,? (?:[nsew]\.? )?(?:{_NO_STREET}(?:[^\W\d_][\w'.-]*|\d+(?:st|nd|rd|th)) ){{1,3}}(?:{_STREETS})\b{_DOOR}{_TOWN}"),
    _p(Kind.ADDRESS, rf"\b\d{{1,5}}[a-z]?,? (?:[nsew]\.? )?(?:(?-i:[A-Z0-9])[\w'.-]* ){{1,3}}(?-i:{_SHORT_STREETS})\b\.?{_DOOR}{_TOWN}"),
    _p(Kind.ADDRESS, r"\bP\.? ?O\.? ?Box \d+" + _TOWN),
    _p(
        Kind.ADDRESS,
        r"\b(?-i:(?:Am|Im|An der|Zum|Zur) )?(?-i:[A-ZÄÖÜ])[\w-]*?(?:straße|strasse|str\.|gasse|allee|platz|weg|damm|ufer)(?: \d{1,4} ?[a-z]?\b)(?:,? \d{5} (?-i:[A-ZÄÖÜ])[\w-]+)?",
    ),
    _p(
        Kind.ADDRESS,
        r"\b\d{1,4}(?: ?bis| ?ter)?,? (?:rue|avenue|boulevard|place|chemin|allée|impasse|quai|cours) (?:de la |de l'|du |des |de |d'|l')?[\w'-]+(?: (?-i:[A-ZÀ-Þ])[\w'-]+)*(?:,? \d{5} (?-i:[A-ZÀ-Þ])[\w-]+)?",
    ),
    _p(
        Kind.ADDRESS,
        r"\b(?-i:Calle|calle|Avenida|Avda\.?|Plaza|Paseo|Via|Viale|Piazza|Corso|Rua|Travessa|ul\.) (?:de la |del |de los |de |la |da |do |della |dei )?(?-i:[A-ZÀ-Þ])[\w'-]+(?: (?:de |del |la )?(?-i:[A-ZÀ-Þ])[\w'-]+)*,? (?:n[º°.]? ?)?\d{1,4}[a-z]?\b",
    ),
    _p(Kind.ADDRESS, rf"{_HAN}{{0,12}}?{_HAN}{{1,6}}(?:路|街|巷|弄|大道|胡同)\d+号(?:楼?\d+室?)?|{_HAN}{{0,8}}[区市町村]{_HAN}{{1,8}}\d+(?:-\d+){{1,2}}(?!\d)"),
    _p(Kind.ADDRESS, r"\b(?-i:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})\b|\b(?-i:[A-Z]\d[A-Z] \d[A-Z]\d)\b"),
    _p(
        Kind.ADDRESS,
        r"(?:\b(?-i:[A-Z][a-z]+(?: [A-Z][a-z]+){0,2}), ?)?\b(?-i:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]),? \d{5}(?:-\d{4})?\b|\b(?:zip|zip ?code|post ?code|postleitzahl|plz)(?: ?(?:is|:)){0,2} ?(?P<it>\d{5}(?:-\d{4})?)\b",
    ),
    _p(Kind.NAME, r"(?<![\w/.@])@(?=\w[\w.-])[^\W\d]\w*(?:[.-]\w+)*|\b(?:cash ?app|cashtag):? ?\$\w+|(?<![\w/])/?u/(?=[\w.-]{3})[\w-]+(?:\.\w+)*"),
    _p(
        Kind.NAME,
        rf"\b(?:my (?:full |legal |last |first |maiden )?name(?: is|:|'s)|name's|i(?: am|'m) called|me llamo|mi nombre es|je m'appelle|mein name ist|ich heiße|mi chiamo|meu nome é|mijn naam is) (?P<it>{_NAME}|{_TYPED})",
    ),
    _p(
        Kind.NAME,
        rf"\b(?:name|full name|account holder|cardholder|cardholder name|signed|contact|attn|beneficiary|payee|tenant|landlord|username|user name):? ?[:=] ?(?P<it>{_NAME})",
    ),
    _p(
        Kind.NAME,
        rf"\b(?:dear|hi|hello|hey|hallo|hola|bonjour|liebe|lieber|cher|chère|estimado|estimada) (?:(?:mr|mrs|ms|miss|dr|herr|frau)\.? )?(?P<it>{_NAME})",
    ),
    _p(Kind.NAME, rf"\b(?:mr|mrs|ms|mx|miss|dr|prof|herr|frau|señor|señora|sr|sra|mme|monsieur|madame)\.? (?P<it>{_NAME})"),
    _p(
        Kind.NAME,
        rf"\b(?:regards|sincerely|yours truly|yours|thanks|thank you|cheers|best|best wishes|signed|grüße|saludos|cordialement),? ?-?,? ?(?P<it>{_NAME})(?=[ .!,]*(?:\Z|(?-i:[^a-z .!,])))",
    ),
    _p(
        Kind.NAME,
        rf"\bmy (?:\w+ )?(?:husband|wife|partner|fiancée?|boyfriend|girlfriend|son|daughter|brother|sister|mother|father|mum|mom|dad|uncle|aunt|cousin|friend|boss|manager|landlord|landlady|roommate|flatmate|neighbou?r|colleague|coworker|supervisor|tenant|client|teacher|doctor|nurse|therapist|accountant|attorney|realtor|lawyer|advisor|adviser|ex|nephew|niece|grandson|granddaughter),? (?P<it>{_NAME})",
    ),
    _p(
        Kind.NAME,
        rf"\b(?:spoke (?:to|with)|talked (?:to|with)|agent|representative|rep|contact|i'm|i am|named|called|this is|speaking with|ask for) (?:an? \w+ named )?(?P<it>{_PROPER} {_PROPER})\b|\b(?:named|by the name of) (?P<one>{_PROPER})"
        rf"|(?<= [-~] )(?P<last>{_PROPER} {_PROPER})\Z|\b(?:hi|hello|hey)(?: (?:everyone|everybody|all|there|folks|guys))?[,!.]? (?:i'm|i am|this is|it's) (?P<greeting>{_PROPER})",
    ),
    _p(
        Kind.NAME,
        rf"(?:我叫|我的名字是|我姓名是|本人)(?P<it>{_HAN}{{2,3}})|(?:私の名前は|名前は)(?P<ja>[\u3041-\u30ff\u4e00-\u9fff]{{2,6}}?)(?:です|と|。)|(?P<san>{_HAN}{{1,3}})(?:さん|様)|(?:제 이름은|저는) ?(?P<ko>[\uac00-\ud7a3]{{2,4}}?)(?:입니다|이고|이에요|예요)",
    ),
)

"""Numbers of cards, accounts, papers and of persons: by their make and check, or by the word near them."""

import re

from broadsheet.needs.pii.checks import count_digits, has_digits, is_amount, is_chinese_id, is_code, is_iban, is_mixed, is_plate_or_licence, is_spanish_id, luhn
from broadsheet.needs.pii.kinds import Kind, Pattern, beside, numbered
from broadsheet.needs.pii.shapes import CODE, IS, NO_UNIT, NUMBERED, SIGNS

_ENDING = r"(?:ending|ends|ended|finishing)(?: (?:in|with|on))?:? "
# What numbers are called, in the languages that posts are written in.
_SOCIAL = r"ssns?|ss ?#|ss (?:number|no)|soc(?:ial)? ?sec\w*|social(?! media| work| life| club)|itin|tin|tax ?payer|medicare|w-?9"
_PAPERS = (
    r"passports?|reisepass|pasaporte|passeport|passaporto|passaporte|paspoort|paszport|licen[cs]es?|lic|permit|permis|führerschein|carnet|carné|cdl|dl|dln"
    r"|id ?cards?|identity|identification|personalausweis|ausweis|visa (?:number|no)|green card|alien|uscis|i-94|a-number|voter|epic|global entry|ktn|ead|military id|dod id|badge"
)
_PERSONS = (
    r"s\.?i\.?n\.?|nin|nino|ni|national insurance|nat(?:ional)? ins|nhs|medicaid|mrn|medical record|chi number|pan|aadh?aar|adhar|uid(?:ai)?|uan|tfn|abn|ird|nric|fin|mykad|nik|ktp|bvn|iqama|kimlik|tc"
    r"|tax (?:id|no|number|file|code|ref\w*)|fiscal|n[úu]m[eé]ro|nif|nie|dni|cpf|cnpj|rg|curp|rfc|cui[lt]|rut|c[ée]dula|bsn|burgerservicenummer|pesel|nip|personn?ummer|personnumer|cpr|henkilötunnus|hetu|ahv|avs|codice|c\.?f\.?"
    r"|s[ée]curit[ée] sociale|seguridad social|nir|insee|spi|steuer\w*|idnr|sozialversicherung\w*|svnr|rvnr|pps[n]?|utr|ein|vat|oib|jmbg|egn|cnp|rodn[ée]\w*|afm|amka|national id|citizen\w*|resident|registration number|emirates|eid|egyptian|id (?:no|number|num)|social insurance|health card|ohip"
)
_PLATES = r"plates?|reg|registration|vrm|v5c?|tags?|number ?plate|kennzeichen|immatriculation|matr[íi]cula|targa|kenteken|rego|numberplate|registered|vehicle|car|van|truck|bike|licen[cs]e"
_ACCOUNTS = (
    r"accounts?|accts?|acc|a/?c|ac|iban|konto\w*|compte|cuenta|conto|conta|rekening|checking|savings|current|routing|aba|rtn|sort(?:[ -]?code)?|bsb|ifsc|transit|institution|swift|clabe|cbu|cvu|giro|bankgiro|plusgiro|wire|deposit|debited|bank"
    r"|policy|policies|members?|membership|customers?|clients?|cust|loans?|mortgage|ref|reference|references|confirmation|conf|tracking|track|tickets?|applications?|app|claims?|complaints?|cases?|booking|pnr|contracts?|disputes?|files?|invoices?|inv|transactions?|txn|trx|transfers?"
    r"|employee|student|staff|patient|user|serial|docket|mtcn|payment|trace|utr|arn|upi|imps|neft|rrn|vpa|crn|urn|group|subscriber|subscription|order|receipt|incident|report|agreement|certificate|portfolio|folio|demat|brokerage|ira|isa|nmls|npi|imei|vin|meter|mid|tid|emp|kundennummer|kundennr|kunden-?nr|vertragsnummer|mitgliedsnummer|versicherungsnummer|rechnungsnummer|aktenzeichen|num[ée]ro de (?:client|compte|contrat)|n[úu]mero de (?:cliente|cuenta|contrato)|mpan|mprn|imsi|iccid|sim|device|pan|enrol?lment|registration|money ?order|cheque|check|(?<!model )(?<!part )(?<!error )number|numbers|num|no|id|nr|nummer|numer|número|numéro|#"
)


def _called(words: str, gap: int = 25) -> str:
    """Return how a cue reads before a number: one of the words, then anything that ends no sentence."""
    return rf"\b(?:{words})(?![\w])(?:[^.!?;\d]|\d{{1,4}}(?!\d)|\.(?! (?-i:[A-Z][a-z]))|[.!?;]{{1,3}} ?(?=(?:it'?s|it is|mine|number|here)\b)){{0,{gap}}}\Z"


def _card_like(text: str) -> bool:
    return 12 <= count_digits(text) <= 19


def _is_paper(text: str) -> bool:
    return count_digits(text) > 4 and not re.search(r"[a-z]{3} ", text)


def _is_reference(text: str) -> bool:
    return sum(char.isalnum() for char in text) >= 5 and not is_amount(text)


NUMBERS: tuple[Pattern, ...] = (
    numbered(
        Kind.IBAN,
        r"(?<![a-z\d])[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?:[ -](?-i:[A-Z0-9]{4})){2,7}(?:[ -](?-i:[A-Z0-9]{1,3}))?|(?: [a-z]{4})?(?: \d{4}){2,7}(?: \d{1,3})?)(?![a-z\d])",
        is_iban,
    ),
    numbered(Kind.IBAN, r"\biban(?: (?:number|is|code)){0,3}:? ?(?P<it>[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8})\b", has_digits(8)),
    numbered(Kind.ACCOUNT, r"\b(?-i:bc1[a-z0-9]{25,60}|0x[0-9a-fA-F]{40}|[13][1-9A-HJ-NP-Za-km-z]{25,34})\b", has_digits(2)),
    numbered(Kind.ID, r"(?<![\d.])[1-9]\d{5}(?:19|20)\d{2}(?:0\d|1[0-2])[0-3]\d\d{3}[\dX](?!\d)", is_chinese_id),
    numbered(Kind.CARD, r"(?<![\d.,$€£-])(?!9)(?:\d[ .-]?){12,18}\d(?![\d.,]*\d)", luhn),
    numbered(Kind.CARD, r"\b(?:card|visa|mastercard|amex)" + IS + r"(?P<it>\d{4}(?:[ -]?\d{3,6}){2,4})\b", has_digits(13)),
    # As it is printed on cards, though a digit be wrong, or some be hidden.
    numbered(
        Kind.CARD,
        r"(?<![\w$€£.,-])[2-6]\d{3}(?: - |[ ./_-]{1,3})(?:\d{4}(?: - |[ ./_-]{1,3})){2}\d{1,4}(?![\d.,]*\d)|(?<![\w$€£.,-])3\d{3}[ ./-]{1,3}\d{6}[ ./-]{1,3}\d{5}(?!\d)",
        is_code(12),
    ),
    numbered(Kind.CARD, r"(?<![\w.,$€£+-])(?=[\d -]{0,14}[x*#•])\d{4}[ -]?(?:[\dx*#•.]{4}[ -]?){2}\d{4}(?!\w)|(?<![\w.,$€£+-])\d{4,6}[x*•#]{4,9}\d{4}(?!\w)"),
    numbered(
        Kind.CARD,
        r"(?<![\w.,$€£+-])(?P<it>\d{12,19}|\d{2,6}(?:(?: - |[ ./-]{1,3})\d{2,6}){2,8})(?![\d.,]{0,9}\d)",
        _card_like,
        beside(
            before=_called(
                r"cards?|visa|mastercard|master|mc|maestro|amex|american express|discover|diners|jcb|rupay|debit|credit|karte|carte|tarjeta|carta|pan|plastic|number|no",
                40,
            ),
            after=r"[^.!?]{0,20}\b(?:cards?|visa|mastercard|amex|debit)\b",
            reach=60,
        ),
    ),
    numbered(Kind.SSN, r"(?<![\d-])\d{3} ?- ?\d{2} ?- ?\d{4}(?!\d|-\d)(?:-[A-Z]\d?\b)?"),
    numbered(
        Kind.SSN,
        r"(?<![\w.,$€£+-])(?!000|666)(?P<it>\d{3}(?: - |[ ./-]{1,2})\d{2}(?: - |[ ./-]{1,2})\d{4})(?![\w]|[.,-]\d)" + NO_UNIT,
        near=beside(before=rf"\b(?:{_SOCIAL}|number|id)\b", after=rf".{{0,25}}?\b(?:{_SOCIAL})\b", reach=160),
    ),
    numbered(
        Kind.SSN,
        r"(?<![\w.,$€£+-])(?P<it>\d{9})(?![\w]|[.,-]\d)" + NO_UNIT,
        near=beside(before=_called(_SOCIAL, 40), after=rf"[^.!?]{{0,12}}\b(?:{_SOCIAL})\b", reach=60),
    ),
    numbered(
        Kind.SSN,
        r"\b(?:ssn|social security(?: (?:number|no\.?|#))?|social|itin|(?-i:SIN)|social insurance(?: number)?)(?: ?(?:is|:|#|=|was)){0,2} ?\(?(?P<it>(?:\d{3}[ .-]?){1,2}\d{2,3}[ .-]?\d{2,4}|[xX*]{3}-[xX*]{2}-\d{4})\b",
        has_digits(4),
    ),
    numbered(
        Kind.SSN,
        r"\blast (?:4|four)(?: digits)?(?: of (?:my |the |his |her )?(?:ssn|social(?: security)?(?: number)?))(?: ?(?:is|are|:|=)){0,2} ?(?P<it>\d{4})\b",
    ),
    numbered(Kind.ID, r"\b(?-i:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]) ?\d{2} ?\d{2} ?\d{2} ?(?-i:[A-D])\b"),
    # British: the number of national insurance as it is printed, and plates.
    numbered(Kind.ID, r"\b(?-i:[A-Z]{2} \d{2} \d{2} \d{2} [A-D]|[A-HJ-PR-Y][A-Z]\d{2} ?[A-HJ-PR-Z]{3})\b"),
    numbered(Kind.ID, r"\b\d{8}-?[A-Z]\b", lambda text: is_spanish_id(text.replace("-", ""))),
    numbered(Kind.ID, r"\b(?-i:[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]|[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z])\b"),
    # Right behind the word, letters and digits of any length.
    numbered(
        Kind.ID,
        rf"\b(?:driv(?:er'?s?'?|ing) licen[cs]e|licen[cs]e|dl|dln|cdl|permit|permis(?: de conduire)?|führerschein|passports?|reisepass|passeport|pasaporte|(?:licen[cs]e |number ?)?plates?|rego?|registration|kennzeichen|ausweis|personalausweis|visa|id ?card|green card|voter id|epic|vin|ni number|nino|pan|utr)"
        rf"(?: card)?(?:,? (?:number|no\.?|num|nr\.?|n[°º]|id))?(?: ?(?:is|was|used to be|has been|changed|from|to|:|=|->|#|n[°º]))*(?:{SIGNS}){{1,4}}(?P<it>(?:(?-i:[A-Z]{{1,4}})(?=[ ./-](?-i:[A-Z]{{0,4}})[ -]?\d)|(?=[a-z]{{0,12}}\d)[a-z\d]{{1,20}})(?:[ ./-](?=[a-z]{{0,4}}\d|(?-i:[A-Z]{{1,4}}\b))[a-z\d]{{1,12}}){{0,5}})(?![\w@])"
        + NO_UNIT,
        is_plate_or_licence,
    ),
    numbered(Kind.ID, CODE, is_code(6, sums=True), beside(before=_called(_PAPERS, 30), after=rf"[^.!?]{{0,15}}\b(?:{_PAPERS})\b", reach=60)),
    numbered(
        Kind.ID,
        r"\b(?:passport|reisepass|pasaporte|passeport|driver'?s?'? licen[cs]e|driving licen[cs]e|licen[cs]e|national id|identity card|personalausweis|dni|aadhaar|aadhar|nhs|medicare"
        r"|tax id|taxpayer id|steuernummer|steuer-id|curp|licen[cs]e plate|number plate|kennzeichen|national insurance|(?-i:NI|NIE|PAN|TIN|EIN|VAT|VIN|DL|UTR))(?!\w)"
        + IS
        + r"(?P<it>(?=[\w -]{0,40}\d)[A-Z0-9]{1,6}(?:[ -]?[A-Z0-9]{2,}){1,4}(?: [A-D])?|[A-Z]?\d{6,12}[A-Z]?)\b",
        _is_paper,
    ),
    numbered(
        Kind.ID,
        CODE,
        is_code(6, sums=True),
        beside(before=_called(_PERSONS), after=rf"[\"')]?,? ?(?:is|was|as|=|\() ?(?:my|the|our|his|her)? ?(?:{_PERSONS})\b", reach=60),
    ),
    numbered(
        Kind.ID,
        CODE,
        is_mixed,
        beside(before=_called(_PLATES + "|" + _PAPERS, 15), after=r"[^.!?]{0,8}\b(?:plates?|number ?plate|kennzeichen|rego)\b", reach=40),
    ),
)
ACCOUNTS: tuple[Pattern, ...] = (
    numbered(
        Kind.ACCOUNT,
        r"\b(?:swift|bic)(?:[ /-]?(?:bic|code|no\.?|number))?(?: (?:is|was))?[ :=(#-]{1,3}(?P<it>(?-i:[A-Z]{4})[A-Z]{2}[A-Z\d]{2}(?:[A-Z\d]{3})?)\b|\b(?P<ifsc>(?-i:[A-Z]{4}0[A-Z\d]{6}))\b",
    ),
    numbered(
        Kind.ACCOUNT,
        r"(?<![\w$€£.,/+-])(?P<it>\d{2}(?: ?[.-] ?| )\d{2}(?: ?[.-] ?| )\d{2})(?![\w/]|[.,-]\d)",
        near=beside(
            before=r"\b(?:sort(?:[ -]?code)?|s/?c|bsb)(?![\w])[^.!?\d]{0,20}\Z", after=r"\W{0,4}(?:(?:and|account|acct?|a/c|no|number|\W) ?){1,4}\d{8}\b"
        ),
    ),
    numbered(
        Kind.ACCOUNT,
        rf"\b{_ENDING}[x*.# ]{{0,6}}(?P<it>\d{{3,6}})\b(?! ?(?:st|nd|rd|th|dollars|euros|%))",
        near=beside(
            before=r"\b(?:accounts?|acct|acc|a/c|cards?|visa|mastercard|amex|debit|credit|number|iban|checking|savings|loan|policy|phone|one|ssn|it|mine)\b",
            reach=60,
        ),
    ),
    numbered(
        Kind.ACCOUNT,
        r"\blast (?:4|four|5|five|3|three|6|six)\b(?: (?:digits?|numbers?|of|are|is|the|my|acct|account|card|were|was|on|it))* ?[:=#(\"-]{0,2} ?(?P<it>\d{3,6})\b"
        + NO_UNIT,
    ),
    numbered(
        Kind.ACCOUNT,
        r"\b(?:accounts?|acct|acc|a/c|cards?|visa|mastercard|amex|debit|checking|savings|loan)\b[^.!?\d]{0,15}(?<!\w)(?P<it>\(\d{4}\)|(?:[x*•]{1,12}|\.{2,4}|- ?\.{2,3})[ -]?\d{3,6}(?:-\d{1,4})?)(?!\w)",
    ),
    numbered(
        Kind.ACCOUNT,
        r"\b(?:confirmation|booking|reservation|reference|ref|pnr|tracking|claim|case|policy|order|ticket|gift ?card|voucher|redemption|member|customer|application|docket|invoice|file|loan|account|acct)"
        r"(?: (?:code|number|no\.?|id|#|card))?\.?(?: (?:is|was))?[ :=#\"'(-]{1,4}(?P<it>(?-i:(?=[A-Z/-]{0,20}\d)(?=[\d/-]{0,20}[A-Z])(?!\d{4}[A-Z]?\b)[A-Z\d]{2,12}(?:[-/][A-Z\d]{1,12}){0,4}))\b(?![.,]\d)",
        _is_reference,
    ),
    numbered(
        Kind.ACCOUNT,
        r"\b(?!(?:model|part|product|item|sku|error|version|build|form|flight|batch|page|line|large|small|total|average|any|some|great)\b)[a-z]{2,14} (?:number|num|no\.|nr\.|id|id:|no:|ref\.?|reference)(?: (?:is|was))?[ :=#(\"'-]{1,3}(?P<it>(?:[A-Z]{1,5}[ -]?)?\d{1,10}(?:[-/. ]\d{1,10}){0,4}(?:[-/][A-Z]{1,3})?)\b"
        + NO_UNIT,
        is_code(5),
    ),
    numbered(Kind.ACCOUNT, r"(?<![\w&/])#(?P<it>\d{6,20}|(?=[A-Z-]{1,8}\d)[A-Z\d-]{6,20})\b"),
    numbered(
        Kind.ACCOUNT,
        r"\b(?:(?:account|acct|a/c|acc|konto|compte|cuenta|conto|checking|savings)(?: (?:number|no\.?|num|nr\.?|id)| ?#)|kontonummer|blz|rib|rtg|rtn|routing|aba|sort[ -]?code|bsb|swift|bic|transit)"
        + IS
        + r"(?P<it>(?=[\w -]{0,40}\d)(?:[A-Z]{0,6}\d[A-Z0-9]*)(?:[ -][0-9]+)*)\b"
        + NO_UNIT,
        has_digits(6),
    ),
    # A number behind the bare word may be what the account holds, unless it is long.
    numbered(
        Kind.ACCOUNT,
        r"\b(?:account|acct|a/c|acc|konto|compte|cuenta|conto|checking|savings)"
        + IS
        + r"(?P<it>(?=[\w -]{0,40}\d)(?:[A-Z]{0,6}\d[A-Z0-9]*)(?:[ -][0-9]+)*)\b"
        + NO_UNIT,
        has_digits(7),
    ),
    numbered(
        Kind.ACCOUNT,
        r"\b(?:policy|member(?:ship)?|customer|client|loan|mortgage|reference|ref|confirmation|tracking|ticket|application|claim|complaint|booking|contract|dispute|file|invoice|transaction|wallet|employee|patient|user|case)"
        + NUMBERED
        + r"(?P<it>[A-Z]{0,6}[ -]?\d[A-Z0-9-]{3,})\b"
        + NO_UNIT,
        has_digits(4),
    ),
    numbered(
        Kind.ACCOUNT,
        r"\b(?:account|acct|card|number|visa|mastercard|amex|debit|credit|checking|phone|policy|one) (?:\w+ )?" + _ENDING + r"[x*.]*(?P<it>\d{3,6})\b",
    ),
    numbered(Kind.ACCOUNT, r"\blast (?:4|four)(?: (?:digits|numbers))?(?: of [\w' ]{1,30})?(?: ?(?:is|are|was|were|:|=)){0,2} ?(?P<it>\d{4})\b"),
    numbered(Kind.ACCOUNT, r"(?<!\w)(?:[x*•·]{1,8}[ -]?){1,4}(?<=[x*•· -])\d{4}\b(?! ?(?:%|x\b))"),
)
# Behind a cue with words between: after what is shaped like a telephone number or a date.
LOOSE: tuple[Pattern, ...] = (
    # "In full" and "account number" announce a number, though its groups be those of a sum.
    numbered(
        Kind.ACCOUNT,
        rf"\b(?:mine|ours|his|hers|theirs|it|the (?:whole|full|real|right|correct|wrong|old|new) (?:one|number|thing)|(?:in|the) full)(?: in full)?(?: number)?(?: (?:is|was|reads|should be|would be|used to be)| ?[:=])(?:{SIGNS}){{1,3}}(?P<it>\d{{7,18}}|\d{{2,6}}(?:[ .-]\d{{2,6}}){{1,6}})(?![\w/-]|[.,]\d)"
        + NO_UNIT,
        is_code(7),
    ),
    numbered(
        Kind.ACCOUNT,
        rf"\b(?:(?:account|acct|a/?c|acc|konto|policy|customer|member|client|loan|reference|routing)(?: (?:number|no\.?|num|nr\.?|#|id)| ?#)|kontonummer|kontonr\.?|\w+nummer|blz|bankleitzahl|routing|sort ?code|bsb|aba)(?: ?(?:is|was|used to be|from|to|lautet|:|=|->))*,?(?:{SIGNS}){{1,4}}(?P<it>\d{{1,8}}(?:[ ./-]\d{{1,8}}){{1,6}}|\d{{6,18}})(?![\w/-]|[.,]\d)"
        + NO_UNIT,
        is_code(6, sums=True),
    ),
    numbered(
        Kind.ACCOUNT,
        rf"\b(?:mine|ours|his|hers|theirs|number) in full(?: (?:is|was|reads)| ?[:=])(?:{SIGNS}){{1,3}}(?P<it>\d{{5,18}}|\d{{2,6}}(?:[ .-]\d{{2,6}}){{1,6}})(?![\w/-]|[.,]\d)"
        + NO_UNIT,
        is_code(5, sums=True),
    ),
    numbered(
        Kind.ACCOUNT,
        r"(?<![\w-])[x*•]{2,12}(?:[ -]?[\dx*•]{1,12}){0,4}[ -]?\d{1,6}(?:-\d{1,4})?\b",
        has_digits(3),
        beside(before=_called(_ACCOUNTS + "|cards?")),
    ),
    numbered(
        Kind.ACCOUNT,
        CODE,
        is_code(7),
        beside(before=_called(_ACCOUNTS, 30), after=rf"[\"')]?,? ?(?:is|was|as|=|\(|being)? ?(?:my|the|our|his|her)? ?(?:{_ACCOUNTS})(?![\w])", reach=60),
    ),
    numbered(
        Kind.ACCOUNT,
        CODE,
        is_code(6),
        beside(
            before=r"\b(?:sort(?:[ -]?code)?|routing|bsb|(?:account|acct?|policy|customer|member|reference|ref|case|claim|ticket|order|loan|student|employee|booking|serial|invoice|file|docket|confirmation|tracking|complaint|dispute|transaction|transfer|contract|application)(?: (?:number|num|no|nr|id|code|ref))?)(?: (?:is|was))?[ .:=#\"'(\[|>-]{1,5}\Z",
            reach=40,
        ),
    ),
    # So long a number is hardly anything but somebody's.
    numbered(Kind.ACCOUNT, r"(?<![\w$€£¥₹.,/#=+-])(?<![$€£¥₹] )\d{9,24}(?![\w/-]|[.,]\d)" + NO_UNIT, is_code(9)),
    numbered(Kind.ACCOUNT, r"(?<![\w$€£¥₹.,/#=+-])(?<![$€£¥₹] )(?=(?:\d{2,6} ){0,5}0\d)\d{2,6}(?:[ -]\d{2,6}){2,6}(?![\w/-]|[.,]\d)" + NO_UNIT, is_code(11)),
    numbered(Kind.ACCOUNT, r"\b(?-i:(?=[A-Za-z]{0,40}\d)(?=[a-z\d]{0,40}[A-Z])(?=[A-Z\d]{0,40}[a-z])[1-9A-HJ-NP-Za-km-z]{32,110})\b", has_digits(3)),
    numbered(Kind.ACCOUNT, r"(?<![\w:/-])\d{1,2}:\d{2}-[a-z]{2}-\d{3,6}(?![\w-])"),
    numbered(
        Kind.ACCOUNT,
        r"\b(?:tickets?|case|docket|reference|ref\.?|confirmation|booking|invoice|serial|receipt|tracking|complaint|dispute|policy|member|customer|employee|badge|student|check|cheque|wire|trace|acct|routing|account|a/c)(?: (?:is|was|no\.?|number|#|id))* ?[:#=(]? ?(?P<it>\d{5,12}(?:-\d{1,8}){0,3})(?![\w/]|[.,-]\d)"
        + NO_UNIT,
        is_code(5, sums=True),
    ),
    numbered(
        Kind.ACCOUNT,
        r"\b(?:badge|employee|member|student|agent|operator|rep|check|cheque|unit|room|locker|box|desk)(?:'s)? (?:id|no\.?|number|#|num)(?: (?:is|was))?[ :#=(]{0,2}(?P<it>\d{3,6})\b"
        + NO_UNIT,
    ),
    # Letters and digits in one long word are no word of any language.
    numbered(Kind.ACCOUNT, r"(?<![\w&/.@-])(?<!isin )(?<!cusip )(?<!model )(?<!model number )(?-i:(?=\d{0,30}[A-Z])[A-Z\d]{10,34})(?![\w-])", has_digits(5)),
    numbered(Kind.ACCOUNT, r"(?<![\w$€£.,/+-])\d{1,12}(?:-\d{1,12}){2,5}(?![\w/-]|[.,]\d)", is_code(9)),
    # Groups of digits with signs, and letters before them, are no sums.
    numbered(Kind.ACCOUNT, r"(?<![\w$€£.,/+-])(?-i:[A-Z]{2,5}-?\d{2,6}-\d{4,12}|[A-Z]{2,4}\d{8,14})(?![\w-])|(?<![\w$€£.,/+-])\d{2,6}-\d{6,10}/\d{4}(?!\w)"),
)

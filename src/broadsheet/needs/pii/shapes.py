"""Parts of which ways of writing are made: money that is no number of anybody, dates, capitals."""

import unicodedata

# Money and shares are no numbers of accounts or telephones.
NO_MONEY = r"(?<![$€£¥₹\d.,])(?<![$€£¥₹] )"
NO_UNIT = (
    r"(?![.,]?\d)(?! ?(?:%|[$€£¥₹]|usd|eur|gbp|chf|cad|aud|inr|jpy|kr|dollars?|euros?|pounds?|bucks|pesos|yen|yuan|rupees|won|francs|percent)\b)(?! ?[%$€£¥₹])"
)
# What stands between a cue and what it announces.
SIGNS = r"[ :=#\"'(\[{<>|,*_-]"
IS = r"(?: (?:number|no\.?|num|nr\.?|#|id))?(?: ?(?:is|was|are|:|#|=|es|ist|est|è|é|-)){0,2} ?[#\"']?"
NUMBERED = r"(?: (?:number|no\.?|num|nr\.?|#|id)(?: ?(?:is|was|:|#|=)){0,2}| ?#| ?[:=](?= ?(?:[A-Z]|\d{7}))) ?#?"
# Digits and capitals in groups, as numbers of papers and accounts are printed.
CODE = (
    r"(?<![\w@$€£¥₹])(?<!\d[.,])(?<![$€£¥₹] )"
    r"(?P<it>(?:(?-i:[A-Z]{1,4})[ -]){0,2}[a-z]{0,8}\d[a-z\d]{0,30}(?:(?: - |[ ./-])(?:[a-z]{0,2}\d[a-z\d]{0,20}|(?-i:[A-Z]{1,4})(?!\w|\.\w)|(?-i:(?<=-)[A-Z]\b))){0,8})"
    r"(?!\d)" + NO_UNIT
)
_MONTHS = (
    "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|februar|märz|mai|juni|juli|okt|dez|enero|febrero|marzo|abril|mayo|junio|julio"
    "|agosto|septiembre|octubre|noviembre|diciembre|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre"
    "|gennaio|febbraio|maggio|giugno|luglio|settembre|ottobre|dicembre|fevereiro|março|maio|junho|julho|setembro|outubro|dezembro"
)
MONTH = rf"(?:{_MONTHS})[a-zé]{{0,9}}\.?"
YEAR = r"(?:(?:19|20)\d{2}|'?\d{2})(?!\d)"
_DAY = r"\d{1,2}(?: ?(?:st|nd|rd|th|\.|º))?"
DATE = (
    rf"(?:\d{{4}} ?[-/.] ?\d{{1,2}} ?[-/.] ?\d{{1,2}}|\d{{1,2}} ?[-/.] ?\d{{1,2}} ?[-/.] ?{YEAR}|\d{{1,2}} \d{{1,2}} (?:19|20)\d{{2}}"
    rf"|(?:the )?{_DAY}(?: of| de)?[ -]?{MONTH}[ ,/-]{{0,2}}(?:(?:de|of|in) )?{YEAR}|{MONTH}[ -]?(?:the )?{_DAY}(?!\d)[ ,/-]{{0,2}}{YEAR}"
    rf"|\d{{4}}[ ,-]{{1,2}}{MONTH}[ -]\d{{1,2}}|\d{{1,2}}[./-][ivx]{{1,4}}[./-]\d{{2,4}})"
)
# Letters of every alphabet that has capitals, those that the normal form knows.
_LETTERS = [chr(code) for code in range(0xC0, 0x2000) if unicodedata.category(chr(code)) in {"Lu", "Ll"}]
UPPER = "A-Z" + "".join(char for char in _LETTERS if char.isupper())
LOWER = "a-z" + "".join(char for char in _LETTERS if char.islower())
HAN = r"[\u4e00-\u9fff]"

"""Passwords, keys and codes: by their make, or by the word before them."""

import re

from broadsheet.needs.pii.checks import is_amount, is_dated, is_no_word, is_no_word_alone, is_odd, is_pin
from broadsheet.needs.pii.kinds import Kind, Pattern, beside, numbered, odd, pattern
from broadsheet.needs.pii.shapes import NO_UNIT, SIGNS

_WORDS = r"pass ?words?|passwort|kennwort|contraseña|mot de passe|senha|wachtwoord|hasło|passwd|pwd|pw|pass ?phrase|pass ?code|pass|login|log-?in|credentials"
_CODES = r"pin|pins|pin-?code|passcode|cvv2?|cvc2?|csc|cid|security code|otp|tan|mtan|pincode|geheimzahl|unlock code|(?:one|1)[- ]time[- ](?:code|password|passcode|pin)|(?:verification|access|login|sms|authentication|activation|confirmation|2fa|auth|recovery|backup|door|gate|alarm|safe|lock ?box) (?:code|pin|number)|code"

_PLAIN = r"pass ?words?|passwort|kennwort|passwd|pwd|pw|pass ?phrase|contraseña|mot de passe|senha"
_PINS = r"(?:m|t|upi |atm |card |telephone banking )?pins?(?: ?(?:code|number|no\.?))?|pin-?code|passcode|mpin|tpin|geheimzahl"
# What is said of passwords, and none itself.
_TALK = (
    r"(?!(?:a|an|the|my|his|her|their|our|your|its|it|this|that|these|those|one|all|any|each|every|some|same|no|not|more|most|very|too|so|just|only|also|still|never|always|already|really|probably|what|which|who|how|why|when|where|if|and|but|or|as|at|by|for|from|in|of|off|on|to|with|was|were|is|are|be|been|being|has|had|have|i|we|you|he|she|they"
    r"|wrong|incorrect|right|correct|secure|strong|weak|stronger|weaker|invalid|unsafe|safe|stored|something|anything|everything|nothing|different|similar|simple|complex|random|unique|public|private|known|because|anywhere|enough|locked|required|blocked|changed|stolen|hacked|leaked|reset|resets|expired|long|short|longer|shorter|easy|hard|good|bad|better|older|newer|old|new|temporary|default|default|manager|managers|field|fields|page|prompt|change|changes|policy|policies|rule|rules|hint|hints|recovery|screen|email|e-?mail|mail|box|protection|protected|link|links|request|requests|requirements?|generator|vault|attempts?|sharing|issue|issues|problem|problems|security|verification|update|again|over|online|offline|login|logins?|account|accounts|app|apps|phone|website|site|bank|branch|work|home|office|memory|scratch|time|times|day|days|week|weeks|month|months|year|years|yesterday|today|last|first|second|next|before|after|until|instead|characters?|letters?|numbers?|digits?|symbols?|words?|pin|passcode|password|passwords|authentication|access|theft|fatigue|hash|hashes|list|file|entry|combination|combo|works|worked|does|doesn't|didn't|did|won't|will|would|can|can't|cannot|could|should|may|might|must|needs|need|got|gets|keeps|kept|came|comes|went|goes|says|said|isn't|wasn't|that's|it's|there|here|none|both|either|neither|another|other|others|chrome|firefox|safari|browser|keychain|google|apple|facebook|lastpass|bitwarden|keepass|support|customer|someone|somebody|anyone|nobody|everyone|people|me|him|them|us|spouse|husband|wife|kids|children|family|english|german|french|case|sensitive|case-sensitive|compromised|breached|exposed|accepted|rejected|refused|available|ready|empty|blank|forgotten|missing|lost|gone|text|plain|encrypted|written)\b)(?![a-z]+(?:ed|ing|ly)\b)"
)

_NO_PASSWORD = re.compile(
    r"\d+[/-]\d+\w*|(?:\d+-)?[a-z]+(?:-[a-z]+)?-\d{1,2}|\w+\.(?:com|org|net)\S*|\[?[A-Z]{2,10}\]?|\d+(?:st|nd|rd|th|am|pm)|\d+-[a-z]+(?:-[a-z]+)*|[A-Z]\w+[A-Z]\w*(?:'s)?|[a-z]+(?:/[a-z]+)+|(?![a-z]{4,}(?:-[a-z]{4,}){2})[a-z]+(?:-[a-z]+)+|[\w.+-]+@[\w-]+\.\w+\S*|[A-Z]{2,5}-?\d{1,4}|[X/]+\d*",
    re.ASCII,
)

KEYS: tuple[Pattern, ...] = (pattern(Kind.SECRET, r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),)


def _is_strong(text: str) -> bool:
    bare = text.rstrip(".,;:!?)\"'*")
    return len(bare) > 4 and bool(is_odd(bare)) and not bare.isdecimal() and not is_dated(bare) and not is_amount(bare) and not _NO_PASSWORD.fullmatch(bare)


PASSWORDS: tuple[Pattern, ...] = (
    pattern(
        Kind.SECRET,
        r"\b(?-i:sk-[\w-]{16,}|[sprk]{2}_(?:live|test)_\w{10,}|gh[opsur]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|A[KS]IA[0-9A-Z]{16}|AIza[\w-]{30,}"
        r"|hf_\w{20,}|npm_\w{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|ey[\w-]{8,}\.ey[\w-]{8,}\.[\w-]{8,})",
    ),
    pattern(Kind.SECRET, r"\bbearer (?P<it>[\w.~+/-]{16,}=*)"),
    pattern(
        Kind.SECRET,
        r"\b(?:password|passwort|contraseña|mot de passe|passwd|pwd|pw|passphrase|api[ _-]?key|secret(?:[ _-]?key)?|access[ _-]?token|auth[ _-]?token|token)"
        r"(?: ?(?:(?:is|was|ist|es|est)\b|:|=|->)){1,2} ?[\"']?(?P<it>[^\s\"']{4,})",
        is_no_word,
    ),
    pattern(Kind.SECRET, r"\b(?:password|passwort|passwd|pwd|pw|passphrase|pass)(?: ?[:=]){1,2} ?[\"']?(?P<it>[^\s\"',]{4,})"),
    pattern(Kind.SECRET, r"\b(?:password|passwd|pwd|pw) [\"']?(?P<it>(?=\S*\d)(?=\S*[a-z])[^\s\"']{6,})", is_no_word),
    numbered(
        Kind.SECRET,
        r"\b(?:pin|pin code|pin number|passcode|cvv2?|cvc|security code|otp|one[- ]time (?:code|password|passcode)|verification code|access code|2fa code|login code|code)"
        r"(?: (?:number|on the back))?(?: ?(?:is|was|:|=|#)){1,2} ?[\"']?(?P<it>\d{3}[ -]\d{3}|\d{3,8})\b" + NO_UNIT,
    ),
    numbered(
        Kind.SECRET,
        r"\b(?:pin|cvv2?|cvc|otp|passcode|(?:security|verification|access|login|confirmation|sms|authentication|activation|unlock) code|pin (?:number|code)|code \w+ \w+:?) (?P<it>\d{3}[ -]\d{3}|\d{3,8})\b"
        + NO_UNIT,
    ),
    # With more words between: only what is no word of the language, or stands in quotation marks.
    pattern(
        Kind.SECRET,
        rf"\b(?:{_WORDS})\b(?: (?:for|to|on|of|at|was|is|it's|set|still|just|like|literally|called|the|my|his|her|our|to the|[\w.']{{1,15}}(?: [\w.']{{1,15}})?(?= ?(?:is|was|:|=)))){{0,4}} ?(?:is|was|:|=|->|\()? ?[\"'(]?"
        r"(?P<it>(?!\d{1,4}[a-z]{1,3}\b)(?!\d+(?:st|nd|rd|th|am|pm|k|h|min|x)\b)(?!https?:)(?=[^\s\"']{0,60}\d)(?=[^\s\"']{0,60}[a-z])[^\s\"'(]{6,60})",
        lambda text: not (is_dated(text) or is_amount(text)),
    ),
    pattern(Kind.SECRET, rf"\b(?:{_WORDS})\b[^.!?\"]{{0,20}}(?:is|was|:|=|->|,)? ?\"(?P<it>[^\"]{{4,40}})\"", is_no_word_alone),
    pattern(Kind.SECRET, rf"\b(?:{_WORDS})\b ?(?:is|was|set to|:|=|->) ?\"(?P<it>[^\" ]{{4,40}})\""),
    pattern(Kind.SECRET, r"\b(?:secret|security|recovery) (?:answer|word|phrase)(?!s)(?: ?(?:is|was|:|=)){0,2} ?[\"']?(?P<it>[^\s\"',.;]{3,40})"),
    numbered(
        Kind.SECRET,
        r"(?<![\w@$€£¥₹/.,-])(?<![$€£] )(?P<it>(?:[A-Z]-)?\d{3}[ -]\d{3}|(?:[A-Z]-)?\d{3,8})(?![\w/-])" + NO_UNIT,
        is_pin,
        beside(
            before=rf"\b(?:{_CODES})\b(?: (?:for|to|of|on|is|was|it's|its|still|the|my|his|her|both|all|cards?|bank|account|app|phone|visa|debit|credit|atm|number|no|code|set|to|as|back|then|just|always|literally|entered|typed|me|him|them|gave|i|which|and|they|sent|text(?:ed)?|read)){{0,6}}[ :=#\"'(,>-]{{1,4}}\Z",
            after=r"[\"')]? (?:is|was|as|=|being) (?:my|the|our|his|her|mum's|mom's|dad's) (?:\w+ )?(?:pin|code|passcode|otp|cvv|cvc|password)\b|[\"']? \((?:pin|cvv|cvc|otp|code)\)",
            reach=60,
        ),
    ),
    numbered(
        Kind.SECRET,
        r"\b(?:pins?|pin ?code|cvv2?|cvc2?|otp|passcode|mtan|geheimzahl)\b(?:(?!\b(?:transactions?|purchases?|withdr\w+|paid|charged|took|lost|limit|since|after|times|fees?|than|pad)\b)(?:[^.!?\d$€£]|[.!?]{1,2} ?(?=it'?s))){0,30}(?<![\w$€£.,/-])(?P<it>\d{3,6}|\d(?:[ -]\d){3,5}|\d\d[ -]\d\d)(?![\w/-]|[.,]\d)"
        + NO_UNIT,
        is_pin,
    ),
    pattern(
        Kind.SECRET,
        r"\b(?:pass ?word|passwd|pwd|pw|passphrase|passwort|contraseña)(?: ?(?:is|was|=|:|->)){1,2} (?!(?:wrong|incorrect|right|correct|secure|strong|invalid|unsafe|stored|always|never|still|probably|another|something|everything|different|similar|simple|complex|random|unique|public|known|because|already|really|anywhere|enough|locked|the|same|being|required|just|only|also|blocked|changed|stolen|hacked|leaked|reset|expired|not|no|too|very|my|his|her|their|our|in|on|at|a|an|so|written|hidden|broken|forgotten|given|taken|chosen)\b)"
        r"(?P<it>(?![a-z]{0,30}(?:ed|ing|ly|ent|ible|able)\b)[a-z]{6,30})(?=[.,;!?)]|\Z| (?:and|for|with|but|or|on)\b)",
    ),
    pattern(
        Kind.SECRET,
        r"\b(?:log-?ins?|credentials|creds|user(?:name)? ?/ ?pass(?:word)?)(?: (?:is|are|was))?[ :=-]{1,3}(?P<it>[^\s/|,]{3,40} ?[/|] ?(?=[^\s]{0,40}\d)[^\s]{4,40})",
    ),
    pattern(Kind.SECRET, r"\b(?:password|passphrase|pwd|pw)\b ?\((?:it'?s|it was|was|is|now|then)? ?(?P<it>[^\s()]{4,40})(?=\))", is_no_word),
    # One that is no word of the language, near the word; before it as well.
    odd(
        Kind.SECRET,
        rf"\b(?:{_PLAIN}|log-?in|logged in with|log in with|credentials)\b(?:[^.!?\n\"]|\.(?=\w)){{0,24}}?(?:{SIGNS}){{1,4}}(?P<it>(?!https?:|www\.)(?=[^\s]{{0,40}}[\d@#$%^&*?_~-])[^\s\"'(\[<>|,]{{5,60}})",
        _is_strong,
    ),
    odd(
        Kind.SECRET,
        rf"(?<![^\s\"'(\[*:])(?P<it>[^\s\"'(\[]{{5,60}}?)[\"')\]*]{{0,2}},? (?:is|was|as|=|used to be|being|for|a good|a safe)(?: (?:my|our|the|his|her|their|a|an|not|really|such))*(?: \w+)? (?:{_PLAIN})\b(?! (?:manager|reset|field|page))",
        _is_strong,
    ),
    # Lists that leak have the address, then the password.
    pattern(Kind.SECRET, r"[\w.+-]{1,40}@[\w-]{1,40}\.[a-z.]{2,10}[:;|](?P<it>[^\s:;|]{5,40})", is_odd),
    pattern(
        Kind.SECRET, rf"\b(?:is|was|would|how about|what about) \"{_TALK}(?P<it>[^\"\s]{{4,40}})\" (?:a|an|too|really|even|not)(?: \w+){{0,2}} (?:{_PLAIN})\b"
    ),
    # Words of the language, where the sentence says that they are it.
    pattern(
        Kind.SECRET, rf"\"(?P<it>[^\"\s]{{4,40}})\",? (?:is|was|as|used to be|=)(?: (?:my|our|the|his|her|their|a|an|not|really|such))*(?: \w+)? (?:{_PLAIN})\b"
    ),
    pattern(
        Kind.SECRET,
        rf"(?<!\w)'(?P<it>[^'\s]{{4,40}})',? (?:is|was|as|used to be|=)(?: (?:my|our|the|his|her|their|a|an|not|really|such))*(?: \w+)? (?:{_PLAIN})\b",
    ),
    pattern(
        Kind.SECRET,
        rf"\b(?:{_PLAIN})(?: (?:is|was|ist|war|lautet|lautete|used to be|was once|was always|was just|is just|is still|is now|was set to|set to|of|to|is literally|was literally|called)| ?(?:=|->|:)){{1,2}}(?:{SIGNS}){{1,3}}{_TALK}(?P<it>[a-z][a-z'-]{{3,40}})(?=[\"')\]*]|[.,;!?](?:\s|\Z)|\Z| (?:in|for|until|till|before|and|but|or|on|when|which|because|like|to|back)\b| (?-i:[A-Z]))",
    ),
    pattern(
        Kind.SECRET,
        rf"\b(?:the|my|our|his|her|their|same|with|old|new|banking|pwd|pw)(?: (?:same|old|new))? (?:{_PLAIN}),? [\"'(\[]?{_TALK}(?P<it>[a-z]{{5,30}})[\"')\]]?(?=,? (?:was in|is in|was leaked|got leaked|was found|showed up|appears|for everything|on the app|everywhere|for all)\b)",
    ),
    pattern(
        Kind.SECRET,
        rf"\b(?:the|my|our|his|her|their|same|with|old|new|temporary|initial|pwd|pw) (?:{_PLAIN})(?: (?:is|was|of|to))? ?[:=,]? ?\"{_TALK}(?P<it>[^\"\s]{{4,40}})\"",
    ),
    pattern(Kind.SECRET, rf"\b(?:{_PLAIN})(?: (?:is|was|of|to))? ?[:=,]? ?(?<!\w)'{_TALK}(?P<it>[^'\s]{{4,40}})'(?!\w)"),
    pattern(Kind.SECRET, rf"\b(?:{_PLAIN}) ?[(\[*]{{1,2}}{_TALK}(?P<it>[a-z]{{5,30}})[)\]*]"),
    # Of several words: in quotation marks, or as many as open a wallet.
    pattern(
        Kind.SECRET,
        r"\b(?:pass ?phrase|(?:seed|recovery|mnemonic|backup|secret) (?:phrase|words))(?: (?:is|was|used to be))? ?[:=,]? ?\"(?P<it>\w+(?:[ -]\w+){2,24})\"",
    ),
    pattern(
        Kind.SECRET,
        r"\b(?:pass ?phrase|(?:seed|recovery|mnemonic|backup|secret) (?:phrase|words))(?: (?:is|was|are|used to be)|:|=){1,2} ?(?P<it>(?:[a-z]{3,8},? ){11,23}[a-z]{3,8})\b",
    ),
    # "From A to B", "instead of A", "was A until".
    pattern(
        Kind.SECRET,
        rf"\b(?:{_PLAIN})\b(?: (?:for|at|on) \w+)? from (?:{SIGNS}){{0,3}}{_TALK}(?P<it>[^\s\"'(\[\]]{{4,60}}?)[\"')\]*,]{{0,3}} (?:to|into|auf|zu) [\"'(\[*]{{0,2}}{_TALK}[^\s\"']{{4,}}",
    ),
    pattern(
        Kind.SECRET,
        rf"\b(?:{_PLAIN})\b(?: (?:for|at|on) \w+)? from [\"'(\[*]{{0,3}}{_TALK}[^\s]{{4,64}} (?:to|into|auf|zu) [\"'(\[*]{{0,2}}{_TALK}(?P<it>[^\s\"'()\[\]]{{4,60}})",
    ),
    pattern(
        Kind.SECRET,
        rf"\b(?:{_PLAIN})\b (?:was|is|used to be) (?:{SIGNS}){{0,3}}{_TALK}(?P<it>[^\s\"'(\[\]]{{4,60}}?)[\"')\]*,]{{0,3}} (?:until|till|before i|and then)\b",
    ),
    pattern(
        Kind.SECRET,
        r"\b(?:log(?:ged|ging)?[ -]?in|sign(?:ed|ing)?[ -]?in|log-?ins?|credentials|creds)(?: (?:with|using|is|are|was|were|as))?[ :=]{1,2}[\"'(\[*]?(?P<it>[^\s/|,\"']{3,40} (?:/|\||and) [^\s\"'/]{4,40})",
        lambda text: is_odd(re.split(r" (?:/|\||and) ", text)[-1]),
    ),
    # A code right behind its word may look like a year.
    numbered(
        Kind.SECRET,
        rf"\b(?:{_PINS}|cvv2?|cvc2?|security code|otp|(?:verification|access|login|door|gate|alarm|safe|unlock) code|code(?= (?:to|for|of) (?:the|my|our|his|her) [^.!?\d]{{2,20}}(?:is|was|:)))\b(?: (?:for|to|of|on) (?:my|the|our|his|her) (?:\w+ ){{0,2}}\w+)?(?: ?(?:is still|is now|is|was|were|are|used to be|has been|set to|changed|from|as|of|to|lautet|war|ist|:|=|->|#|either|always|just)(?![a-z])|,){{0,3}}(?:{SIGNS}){{1,4}}(?P<it>\d{{3}}[ -]\d{{3}}|\d{{4}} \d{{4}}|\d{{3,8}})(?![\w/-]|[.,]\d)"
        + NO_UNIT,
        lambda text: len(text) > 3 or text[0] == "0" or is_pin(text),
    ),
    numbered(
        Kind.SECRET,
        rf"\b(?:{_PINS})\b[^.!?\n]{{0,20}} from [\"'(\[*]{{0,2}}\d{{3,8}}[\"')\]*]{{0,2}} (?:to|into|auf) [\"'(\[*]{{0,2}}(?P<it>\d{{3,8}})(?![\w/-]|[.,]\d)"
        + NO_UNIT,
    ),
    numbered(
        Kind.SECRET,
        rf"(?<![\w$€£.,/-])(?P<it>\d{{4,8}})[\"')\]*]{{0,2}},?(?: or \d{{4,8}})?(?: (?:is|was|as|for|used to be|=|being))?(?: (?:my|our|the|his|her|their|a|an|not|old|new))+(?: \w+)? (?:{_PINS})\b",
    ),
    numbered(
        Kind.SECRET,
        rf"\b(?:instead of|rather than|not|either|or) [\"'(\[*]{{0,2}}(?P<it>\d{{4,8}})[\"')\]*]{{0,2}} (?:as|for) (?:my|the|our|his|her|a) (?:\w+ ){{0,2}}(?:{_PINS})\b",
    ),
)

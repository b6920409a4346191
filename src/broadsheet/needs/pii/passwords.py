"""Passwords, keys and codes: by their make, or by the word before them."""

from broadsheet.needs.pii.checks import is_amount, is_dated, is_no_word, is_no_word_alone, is_pin
from broadsheet.needs.pii.kinds import Kind, Pattern, beside, numbered, pattern
from broadsheet.needs.pii.shapes import NO_UNIT

_WORDS = r"pass ?words?|passwort|kennwort|contraseña|mot de passe|senha|wachtwoord|hasło|passwd|pwd|pw|pass ?phrase|pass ?code|pass|login|log-?in|credentials"
_CODES = r"pin|pins|pin-?code|passcode|cvv2?|cvc2?|csc|cid|security code|otp|tan|mtan|pincode|geheimzahl|unlock code|(?:one|1)[- ]time[- ](?:code|password|passcode|pin)|(?:verification|access|login|sms|authentication|activation|confirmation|2fa|auth|recovery|backup|door|gate|alarm|safe|lock ?box) (?:code|pin|number)|code"

KEYS: tuple[Pattern, ...] = (pattern(Kind.SECRET, r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),)
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
        r"\b(?:pass ?word|passwd|pwd|pw|passphrase|passwort|contraseña)(?: ?(?:is|was|=|:|->)){1,2} (?!(?:wrong|incorrect|right|correct|secure|strong|invalid|unsafe|stored|always|never|still|probably|another|something|everything|different|similar|simple|complex|random|unique|public|known|because|already|really|anywhere|enough|locked|the|same|being|required|just|only|also|blocked|changed|stolen|hacked|leaked|reset|expired|not|no|too|very|my|his|her|their|our|in|on|at|a|an|so)\b)"
        r"(?P<it>(?![a-z]{0,30}(?:ed|ing|ly|ent|ible|able)\b)[a-z]{6,30})(?=[.,;!?)]|\Z| (?:and|for|with|but|or|on)\b)",
    ),
    pattern(
        Kind.SECRET,
        r"\b(?:log-?ins?|credentials|creds|user(?:name)? ?/ ?pass(?:word)?)(?: (?:is|are|was))?[ :=-]{1,3}(?P<it>[^\s/|,]{3,40} ?[/|] ?(?=[^\s]{0,40}\d)[^\s]{4,40})",
    ),
    pattern(Kind.SECRET, r"\b(?:password|passphrase|pwd|pw)\b ?\((?:it'?s|it was|was|is|now|then)? ?(?P<it>[^\s()]{4,40})(?=\))", is_no_word),
)

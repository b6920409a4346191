"""Names of persons, and the names that they go by."""

import re

from broadsheet.needs.pii.kinds import Kind, Pattern, beside, pattern
from broadsheet.needs.pii.people import FOLLOWS, LEADS, RELATIONS, TRADES, is_person
from broadsheet.needs.pii.shapes import HAN, LOWER, UPPER

# A part of a name as names are written, and as they are typed in haste.
_PROPER = rf"(?-i:(?:[{UPPER}]')?(?:(?:al|el|ben|bin|ould|ait)-)?[{UPPER}][{LOWER}]{{1,24}}(?:[{UPPER}][{LOWER}]{{1,20}})?(?:[-'](?!s\b)[{UPPER}]?[{LOWER}]{{1,24}}){{0,3}}(?!\w))"
_CAPS = rf"(?-i:(?:[{UPPER}]')?[{UPPER}]{{2,24}}(?:-[{UPPER}]{{2,24}}){{0,2}}(?!\w))"
_BETWEEN = rf"(?:(?-i:[{UPPER}])\.? ?|(?:van|von|vom|zu|de|der|den|la|las|los|le|al|el|bin|binti|binte|ibn|del|della|da|di|do|dos|das|du|ter|ten|af|av|y|e|st\.?|abu) |(?-i:[{UPPER}]\.){{1,3}} |[\"'(][\w-]{{2,15}}[\"')] )"
_NAME = rf"{_PROPER}(?: {_BETWEEN}{{0,3}}{_PROPER}){{0,3}}"
_FULL = rf"(?:(?:(?-i:[{UPPER}])\. ?){{1,3}}{_PROPER}(?: {_PROPER}){{0,2}}|{_PROPER}(?: {_BETWEEN}{{0,3}}{_PROPER}){{1,3}}|{_PROPER} (?-i:[{UPPER}])\b\.?|{_CAPS}(?: (?:(?-i:[{UPPER}])\b\.? )?{_CAPS}){{1,3}})"
_TYPED = (
    r"(?!(?:not|on|in|the|a|an|already|still|being|now|and|wrong|listed|under|spelled|spelt|misspelled|different|incorrect|correct|missing|too|used|associated|linked)\b)[^\W\d_][\w'-]+"
    r"(?: (?!(?:and|i|from|but|my|is|the|or|in|on|at|with|who|was|am|so|not|de)\b)[^\W\d_][\w'-]+)?"
)
_LOGIN = r"(?!(?:name|names|id|ids|and|or|is|was|the|my|to|for|not|on|in|with|password|pass|pw|account|details|info|who|has|had|does|did|can|will|it|but|says?|as|of|at|from|by|that|this|i|me|page|joint|savings|checking|current|business|screen|button|group|server|channel|number|code|app|scam|support|payment|request|works?|fees?)\b)(?:live:)?@?[a-z\d][\w.-]{1,38}\w"
# A login is no word of the language: it has a digit or a sign within.
_ODD_LOGIN = r"(?:live:)?@?(?=[a-z]{0,38}(?:[.-]\w|[\d_]))[a-z\d][\w.-]{1,38}\w(?:#\d{4})?"
_SITES = r"kik|telegram|tg|skype|discord|disc|venmo|cash ?app|cashapp|snap(?:chat)?|sc|insta(?:gram)?|ig|twitter|x|tiktok|threads|signal|wechat|weixin|line|viber|paypal|zelle|steam|psn|xbox|gamertag|reddit|facebook|fb|messenger|linkedin|twitch|youtube|yt|github|mastodon|bluesky|icq|aim|zoom|teams|revtag|revolut|monzo|whatsapp|vk|ebay|etsy|poshmark|depop|vinted"
_LOGINS = r"user(?:[ _-]?(?:name|id))?s?|usernm|log-?in(?: (?:id|name))?|logon|sign-?in(?: (?:id|name))?|handle|screen ?name|nick(?:name)?|account ?name|profile(?: name)?|benutzer(?:name|kennung)?|usuario|utilisateur|identifiant|gamertag|member ?name|customer id|online id|access id|web id|u/n|uname|usr|alias|acct name"


_ANNOUNCED = beside(before=LEADS, after=FOLLOWS, reach=70)


def _is_announced(text: str, begin: int, end: int) -> bool:
    """Whether a word announces the name; in a text of capitals, capitals tell nothing."""
    around = text[max(0, begin - 40) : begin] + text[end : end + 40]
    is_shouted = text[begin:end].isupper() and sum(map(str.isupper, around)) > sum(map(str.islower, around))
    return not is_shouted and _ANNOUNCED(text, begin, end)


def _is_login(text: str) -> bool:
    return not re.fullmatch(r"[\d.,:/-]+|\d+(?:st|nd|rd|th|k|am|pm|x)|[a-z]+-[a-z]+|https?|\w+\.(?:com|org|net|co|io)", text, re.IGNORECASE)


def _is_typed(text: str) -> bool:
    return text[0].islower() or is_person(text)


NAMES: tuple[Pattern, ...] = (
    pattern(
        Kind.NAME,
        r"(?<![\w/.@])@(?=\w[\w.-])[^\W\d]\w*(?:[.-]\w+)*|\b(?:cash ?app|cashtag):? ?\$\w+|(?<![\w/])/?u/(?=[\w.-]{3})[\w-]+(?:\.\w+)*|(?<![\w/.@])@\w[\w.-]{1,40}@[\w-]+(?:\.[\w-]+)+",
    ),
    pattern(Kind.NAME, r"(?<![\w#])[\w.]{2,32}#\d{4}(?!\w)", lambda text: any(char.isalpha() for char in text)),
    pattern(
        Kind.NAME,
        r"(?<![\w$])\$(?-i:(?=[A-Za-z\d_-]*[a-z]))[a-z][\w-]{3,20}(?![\w.])",
        near=beside(before=r"\b(?:cash|app|tag|cashtag|send|pay|tip|donate|venmo|mine|me)\b", after=r"\b(?:cash ?app|cashtag)\b"),
    ),
    pattern(
        Kind.NAME,
        rf"\b(?:i'm|i am|find me|look for me|look me up|add me|follow me|message me|dm me|known|post(?:ing)? as|go by|goes by)(?: as| under)? (?P<it>{_ODD_LOGIN}) (?:on|at|over on) ",
        _is_login,
    ),
    pattern(Kind.NAME, rf"\b(?:{_LOGINS}|{_SITES})\"? ?(?:[:=]|->|is:|- )+ ?[\"']?(?P<it>{_LOGIN})"),
    pattern(
        Kind.NAME,
        rf"\b(?:{_LOGINS}|{_SITES})(?: (?:user(?:name)?|id|name|handle|tag|account|acct|me|at|on|is|was|as|to|under|called|named|add|msg|dm)){{0,3}}[ ,(\"'\[]{{1,3}}(?P<it>{_ODD_LOGIN})(?![\w/])",
        _is_login,
    ),
    pattern(
        Kind.NAME,
        rf"\b(?:user ?name|user ?id|userid|screen ?name|handle|gamertag|kik|venmo|cash ?app|skype|log-?in (?:id|name)|(?:my|his|her) (?:discord|telegram|insta|instagram|snap|snapchat|twitter|ig|reddit)(?: is)?)(?: (?:is|was|as))? [\"']?(?P<it>(?=[a-z\d._-]{{8,}}){_LOGIN})(?= (?:on|at|in|if|and|or|for|,)\b|[\"'.,;)]|\Z)",
        _is_login,
    ),
    pattern(
        Kind.NAME,
        r"\b(?:named|called|user|username|by the name|goes by|went by|handle|alias|nickname|discord|telegram|profile|scammer|seller|buyer)(?: of| is| was)? [\"'](?P<it>(?=[^\"' ]*[a-z])[^\"' ]{3,30})[\"']",
    ),
    pattern(
        Kind.NAME,
        rf"\b(?:my (?:full |legal |last |first |maiden )?name(?: is|:|'s)|name's|i(?: am|'m) called|me llamo|mi nombre es|je m'appelle|mein name ist|ich heiße|mi chiamo|meu nome é|mijn naam is) (?P<it>{_CAPS}(?: {_CAPS}){{1,3}}|{_NAME}|{_TYPED})",
        _is_typed,
    ),
    pattern(
        Kind.NAME,
        rf"\b(?:name|full name|account holder|cardholder|cardholder name|name on (?:the )?(?:card|account|acct)|signed|contact|attn|beneficiary|payee|tenant|landlord|username|user name|first name|last name|surname|nom|nombre|vorname|nachname|naam)\"? ?:?(?: ?[:=|]|->| -){{1,2}} ?[\"']?(?!(?:price|cost|fee|status|type|amount|rate|size)s?\b)(?P<it>{_CAPS}(?: (?:(?-i:[A-Z])\b\.? )?{_CAPS}){{1,3}}|{_PROPER}, {_PROPER}(?: (?-i:[A-Z])\.?)?(?=\W*(?:\n|\Z))|{_NAME})",
        is_person,
    ),
    pattern(
        Kind.NAME,
        rf"\b(?:dear|hi|hello|hey|hallo|hola|bonjour|liebe|lieber|cher|chère|estimado|estimada) (?:(?:mr|mrs|ms|miss|dr|herr|frau)\.? )?(?P<it>{_NAME})",
        is_person,
    ),
    pattern(
        Kind.NAME,
        rf"\b(?:mr|mrs|ms|mx|miss|dr|prof|herr|frau|señor|señora|sr|sra|mme|monsieur|madame|mlle|dott|avv|shri|smt|herrn|maître|señorita)\b\.?(?: (?:dr|prof|ing)\.?)? (?P<it>(?:(?-i:[A-Z])(?:\. ?| )){{0,2}}{_NAME}|{_CAPS}(?: {_CAPS})?)",
        is_person,
    ),
    pattern(
        Kind.NAME,
        rf"\b(?:regards|sincerely|yours truly|yours|thanks|thank you|cheers|best|best wishes|signed|grüße|saludos|cordialement),? ?-?,? ?(?P<it>(?:(?-i:[{UPPER}])\. ?){{0,2}}{_NAME})(?=[ .!,]*(?:x{{1,4}}\b)?[ .!,]*(?:\Z|(?-i:[^a-z .!,])))",
        is_person,
    ),
    pattern(
        Kind.NAME,
        rf"\b(?:my|our|his|her|their) (?:\w+ ){{0,2}}(?:{RELATIONS}|{TRADES})(?:'s name)?(?: (?:is|was|named|called))?[ ,:(\"'-]{{1,3}}(?:(?:mr|mrs|ms|dr)\.? )?(?P<it>{_NAME})",
        is_person,
    ),
    pattern(
        Kind.NAME,
        rf"\b(?:spoke (?:to|with)|talked (?:to|with)|agent|representative|rep|contact|i'm|i am|named|called|this is|speaking with|ask for) (?:an? \w+ named )?(?P<it>{_PROPER}(?: {_BETWEEN}{{0,2}}{_PROPER}){{1,3}})|\b(?:named|by the name of) (?P<one>{_PROPER})|\b(?:guy|man|woman|lady|dude|girl|boy|agent|rep|person|someone|somebody) (?:named|called|by the name of) (?P<low>(?-i:[a-z]{{3,15}}(?: (?!(?:and|who|from|at|on|in|that|which|said|told|called|is|was|to|for|with|has|had|just|then|saying|or|but|he|she)\b)[a-z]{{3,15}})?))"
        rf"|(?<= [-~] )(?P<last>{_PROPER} {_PROPER})\Z|\b(?:hi|hello|hey)(?: (?:everyone|everybody|all|there|folks|guys))?[,!.]? (?:i'm|i am|this is|it's) (?P<greeting>{_NAME})",
        is_person,
    ),
    pattern(
        Kind.NAME,
        rf"(?:我叫|我的名字是|我姓名是|本人)(?P<it>{HAN}{{2,3}})|(?:私の名前は|名前は)(?P<ja>[\u3041-\u30ff\u4e00-\u9fff]{{2,6}}?)(?:です|と|。)|(?P<san>{HAN}{{1,3}})(?:さん|様)|(?:제 이름은|저는) ?(?P<ko>[\uac00-\ud7a3]{{2,4}}?)(?:입니다|이고|이에요|예요)",
    ),
    # One word is a name behind a title, or where a sentence says that it is.
    pattern(
        Kind.NAME,
        rf"(?<![\w'-])(?:Officer|Agent|Atty\.?|Attorney|Adv\.?|Judge|Justice|Detective|Sergeant|Sgt\.?|Captain|Capt\.?|Lieutenant|Lt\.?|Deputy|Trooper|Inspector|Nurse|Pastor|Reverend|Rev\.?|Rabbi|Imam|Father|Sister|Brother|Aunt|Auntie|Aunty|Uncle|Grandma|Grandpa|Granny|Nana|Cousin|Coach|Principal|Professor|Senator|Trustee|Notary|Señor|Señora|Signor|Signora|Pan|Pani|Mister|Lady|Lord|Dame|Sir|Miss|Mx\.?) (?P<it>{_NAME})",
        is_person,
        cased=True,
    ),
    pattern(
        Kind.NAME,
        rf"\b(?:(?:his|her|their|whose|the|its|legal|real|full|first|last|given|birth|married|maiden|\w+'s) names? ?(?:is|was|:|=|are|on it is|reads)|(?:the|an?|this|some|one|another|same|bank|branch|loan|chat|phone|support|service|claims?|very|named) (?:\w+ ){{0,2}}(?:{TRADES})(?: (?:was|is|named|called|who was|went by)|,| ?[(:=\"]| -){{1,2}}) ?[\"'(]?(?P<it>{_NAME})",
        is_person,
    ),
    pattern(
        Kind.NAME,
        rf"(?<![\w'-])(?P<it>{_NAME}),? (?:from|in|at|with|over at) (?:the |their |our |my )?(?:bank|branch|fraud|support|billing|customer|loss|collections?|escrow|hr|payroll|claims|underwriting|chat|loan|tax|credit union|accounting|accounts|legal|dispute|disputes|front desk|back office|call cent(?:er|re))\b",
        is_person,
        cased=True,
    ),
    # Two capitalised words and more: behind a word that announces a person, or before one.
    pattern(Kind.NAME, rf"(?<![\w'-])(?P<it>{_FULL})", is_person, _is_announced, cased=True),
    # With an initial within they are hardly anything else.
    pattern(Kind.NAME, rf"(?<![\w'-]){_PROPER} (?:(?-i:[{UPPER}])\. ?){{1,2}}{_PROPER}(?!\w)", is_person, cased=True),
    pattern(
        Kind.NAME,
        rf"(?<![\w'-])(?:(?-i:[{UPPER}])\. ?){{2,3}}{_PROPER}(?!\w)|(?<![\w'-]){_PROPER} (?:van|von|bin|binti|ibn|della|van der|van den|de la|el|al) {_PROPER}",
        is_person,
        cased=True,
    ),
)
# Told by where lines end.
SIGNED: tuple[Pattern, ...] = (
    pattern(
        Kind.NAME,
        rf"(?i:\b(?:regards|sincerely|truly|faithfully|thanks|thank you|thx|cheers|best|wishes|respectfully|cordially|love|signed|grüße|gruß|grüßen|saludos|atentamente|cordialement|saluti|groeten|pozdrawiam|hugs|peace|ta|xx?|yours)[,.!:]*)\n[-~* ]*(?P<it>(?:[{UPPER}]\. ?){{0,2}}{_NAME}|{_CAPS}(?: {_CAPS}){{0,2}})(?=[.,!]?(?: \(|,|\n|\Z))",
        is_person,
        cased=True,
        lines=True,
    ),
    pattern(Kind.NAME, rf"\n[-~* ]*(?P<it>{_FULL})\W*\Z|\n[-~*]{{1,2}} ?(?P<one>{_NAME})\W*\Z", is_person, cased=True, lines=True),
)
# A name that stands before or behind what else was found of a person, on its line or one of its own above.
_LINK = r"(?:(?:tel|phone|ph|mob|mobile|cell|e-?mail|mail|at|on|ssn|dob|born|acct|account|address|of|lives? at|c|o|m|t|w|h|his|her|their|number|is|contact|direct|line|living|whatsapp|id|sin|iban|and|president|director|manager|owner|ceo|agent|cpa|ea)\b[.:]? ?){0,4}"
BEFORE_FOUND = re.compile(rf"(?<![\w'-])(?P<it>{_FULL})[\"')]?(?:, [^,;.\n]{{3,30}})?[ ,;:(/|=-]{{1,4}}(?i:{_LINK})[(\"':]?\Z")
ABOVE_FOUND = re.compile(rf"(?:^|\n) *(?P<it>{_FULL}) *,?(?:\n[^\n]{{0,45}}){{0,2}}\n[^\n]{{0,12}}\Z")
AFTER_FOUND = re.compile(
    rf"[\"')]?[ ,;:(/|=-]{{1,4}}(?i:(?:for|to|is|of|and|or|&|with|belongs to|ask for|and ask for|attn|c/o|name|held by|in the name of)?:? ?)(?P<it>{_FULL})(?!\w)"
)
# Two capitalised words within a sentence: nothing by themselves, a name where the text tells of a person anyway.
IN_SENTENCE = re.compile(rf"(?:(?<=[a-z,:] )|(?<=[(\"])|(?<=- ))(?P<it>{_PROPER}(?: {_BETWEEN}{{0,3}}{_PROPER}){{1,3}})")

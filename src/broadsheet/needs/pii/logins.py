"""What persons go by on sites, behind or before the words that say so."""

import re

from broadsheet.needs.pii.kinds import Kind, Pattern, odd, pattern

# A login is no word of the language: a digit or a sign within, or words run together with their capitals.
_ODD = r"(?:live:)?@?(?:(?=[a-z.-]{0,38}\d|[a-z\d]{1,38}_[a-z\d])[a-z\d][\w.-]{1,38}\w(?:#\d{4})?|(?-i:[A-Z][a-z]{2,14}(?:The|Of|And|A)?(?:[A-Z][a-z]{2,14}){1,3}\d{0,5})(?![\w'-])|(?-i:[A-Z]{2,8}\d{2,8}))(?![\w@/])"
_LOGIN = r"(?!(?:a|an|the|my|me|him|her|them|us|you|it|guest|admin|someone|somebody|user|usual|normal|different|another|soon|well|if|he|she|they|and|but|or|to|in|on|at|for|from|with|not|broken|down|locked|blocked|gone|taken|required|needed|invalid|wrong|incorrect|unknown|disabled|suspended|confusing|terrible|pending|still|already|always|now|there|here|part|member|expected|administrator|root|owner|joint|primary|anonymous|self)\b)@?[a-z][\w.-]{2,38}\w"
_SITES = r"reddit|discord|telegram|twitter|x|instagram|insta|ig|tiktok|kik|skype|snapchat|snap|venmo|steam|psn|xbox|twitch|youtube|facebook|fb|threads|mastodon|bluesky|github|signal|whatsapp|bogleheads|linkedin|medium|patreon|quora|stocktwits|mumsnet"
_FIRMS = frozenset(
    """
    paypal youtube turbotax tiktok linkedin cashapp whatsapp mastercard blackrock gofundme quickbooks nerdwallet creditkarma natwest facebook wellsfargo bankofamerica capitalone onlyfans
    doordash instacart grubhub airbnb fedex github stackoverflow wordpress powerpoint javascript typescript chatgpt openai moneylion earnin lendingclub lendingtree sofi jpmorgan
    truelayer moneysupermarket freetaxusa taxact taxslayer hrblock moneygram worldremit transferwise wealthsimple questrade bitcoin coinbase postnl chexsystems transunion creditwise
    smartasset savebetter americanexpress firsttech mygov myfico healthcare studentaid navyfederal carmax carvana draftkings metlife statefarm nordvpn onedrive icloud dropbox macbook
    mcdonald mcdonalds homedepot bestbuy simplisafe truecoverage synchrony santander fintech hsbcnet tradestation tradingview thinkorswim interactivebrokers
    """.split()
)


def _is_login(text: str) -> bool:
    bare = text.lstrip("@")
    low = bare.lower().rstrip("0123456789")
    is_count = re.fullmatch(
        r"[\d.,:/-]+|\d+(?:st|nd|rd|th|k|am|pm|x|%)|\d+-\w+(?:-\w+)*|\w+-\d{1,2}|(?:w|form|covid|type|tier|step|day|week|part|phase|tl)-?\d+[a-z]?|https?|(?:\w+\.)+[a-z]{2,4}|\d+\w{1,3}",
        bare,
        re.IGNORECASE,
    )
    return low not in _FIRMS and not is_count and not re.fullmatch(r"(?:[a-z]{1,2}\.){1,3}[a-z]?", bare)


_MARK = r"[ :=(\"'\[*-]{1,3}"

LOGINS: tuple[Pattern, ...] = (
    odd(
        Kind.NAME,
        rf"\b(?:pm|dm|msg|message|messaged|ping|pinged|add|follow|tag|tagged|thanks to|credit to|h/t|shout ?out to|kudos to|ask)(?:ed|ing|'d)?(?: (?:me|us|him|her|them|user|our|mod|at|on|over|as|is|under|it|to|friend|fellow|{_SITES})){{0,4}}{_MARK}(?P<it>{_ODD})",
        _is_login,
    ),
    odd(
        Kind.NAME,
        rf"\b(?:i'm|i am|im|find me|look me up|known|post(?:ing|ed)?|go(?:es)? by|went by|going by|lurk(?:ing)?|trad(?:e|ing)|blog(?:ging)?|sell(?:ing)?|play(?:ing)?)(?: (?:here|there|online|mostly|usually|also|just|as|under|by))*{_MARK}(?P<it>{_ODD})[\"')\]*]{{0,2}}(?= (?:on|over|at|in the other|around|here|there|elsewhere|across)\b)",
        _is_login,
    ),
    pattern(
        Kind.NAME,
        rf"\b(?:log(?:ged|ging|s)?[ -]?(?:in|on|into \w+)|sign(?:ed|ing|s)?[ -]?(?:in|on|up)|regist(?:er|ered|ering)|enrolled|posted|posting|post|known|listed)(?: (?:online|there|here|today|yesterday|with \w+|at \w+|to \w+)){{0,2}} (?:as|under|with(?: the)? user ?name) ?(?:the |user |username |account )?(?:{_MARK})?(?P<it>{_ODD}|(?<=[\"'(\[*]){_LOGIN}(?=[\"')\]*]))",
        _is_login,
    ),
    odd(
        Kind.NAME,
        rf"\b(?:user ?names?|user ?ids?|handles?|nick(?:name|s)?|screen ?names?|gamer ?tags?|log-?ins?|account names?|(?:online|banking|customer|member|access|client|web)(?: banking)? ids?|aliases|alias|profiles?|(?:{_SITES}) (?:user)?(?:name|id|handle|tag|account|login))"
        rf"(?: (?:on|for|at|in|with|over|under|of|here|there|this|that|the|my|our|her|his|their|forum|site|board|sub|app|bank|and|[A-Z]\w+|{_SITES})){{0,5}},?(?: ?(?:(?:is|was|as|used to be|has been|became|to|from|called|changed|until|still|now|just|simply|it's|being)\b|[:=]|->)){{0,3}}{_MARK}(?P<it>{_ODD})",
        _is_login,
    ),
    pattern(
        Kind.NAME,
        rf"\b(?:user ?name|user ?id|handle|screen ?name|gamer ?tag|(?:online|forum|{_SITES}) (?:user)?(?:name|id|handle|tag))(?: (?:on|for|at) (?:here|there|this (?:site|forum|board|sub)|the (?:site|forum|board|app)|(?:{_SITES})))?(?: (?:is|was)|(?: used to be)|,| ?[:=]) (?:{_MARK})?(?P<it>{_LOGIN})(?=[\"')\]*.,;!?]{{0,2}}(?:\Z|[,.;] (?:but|and|if|so|add|ping|lost|message|pm|dm|hit|say|feel|come)\b| (?:on|if|in case|and (?:i|my|the|it|he|she)|but|until|till|since|before|back|then|at)\b| (?-i:[A-Z])))",
        lambda text: _is_login(text) and not re.fullmatch(r"[a-z]+(?:ed|ing|ly)", text),
    ),
    odd(Kind.NAME, rf"\b(?:know(?:s|n)?(?: of)? me|me) (?:as|under|by(?: the name)?){_MARK}(?P<it>{_ODD})", _is_login),
    pattern(
        Kind.NAME,
        rf"\b(?:user ?name|user ?id|handle|screen ?name|gamer ?tag|log-?in(?: id| name)?|nick(?:name)?)(?: (?:is|was)| ?[:=])? ?(?:\[|\(|\*{{1,2}}|\"|'|<|_)(?P<it>{_LOGIN})(?:\]|\)|\*{{1,2}}|\"|'|>|_)(?!\w)",
        _is_login,
    ),
    # Beside its password, in the mouth of whoever goes by it, behind what somebody is.
    pattern(
        Kind.NAME,
        rf"\b(?:log-?in(?: id| name)?|user(?: ?name| ?id)?)(?: (?:is|was)| ?[:=])? [\"'(]?(?P<it>{_LOGIN})(?=[\"')]?,? (?:and|with|/|plus|password|pass|pw|pin)\b[^.!?]{{0,8}}(?:pass|pw|pin)?)",
        _is_login,
    ),
    odd(Kind.NAME, rf"(?<![\w@./#$'&=+-])(?P<it>{_ODD})(?= here(?:[,.!]| again))", _is_login),
    odd(Kind.NAME, rf"\b(?:scammer|seller|buyer|poster|moderator|mod|member|user|redditor|op|fraudster|troll),? [\"'(]?(?P<it>{_ODD})", _is_login),
    pattern(
        Kind.NAME,
        r"\b(?:venmo|cash ?app|paypal|skype|zelle|telegram|discord|insta|snap) (?:me|us|him|her) (?:at|on|under) [\"'(]?(?P<it>(?=\S{0,30}[-_.\d])[a-z][\w.-]{2,38}\w)(?![\w@])",
        _is_login,
    ),
    # Before the words that say so.
    odd(
        Kind.NAME,
        rf"(?<![\w@./#$'&=+-])(?P<it>{_ODD})[\"')\]*]{{0,2}} (?:(?:has |had |also |just |already |once )?(?:said|wrote|posted|replied|commented|suggested|mentioned|pointed out|explained|answered|asked)\b(?=[^.!?]{{0,12}}(?:in|on|above|below|earlier|here|there|that|to|,|it|\d))|(?:here )?(?:on|over on|from) (?:{_SITES})\b|(?:is|was|as) my (?:\w+ ){{0,2}}(?:user ?name|handle|login|gamer ?tag|nick(?:name)?|user ?id|screen ?name|alias|{_SITES})\b)",
        _is_login,
    ),
    odd(
        Kind.NAME,
        rf"\b(?:as|per|like|@|quoting|quote from|thread by|post by|thanks,?|agree with|reply to|replying to) (?:{_MARK})?(?P<it>{_ODD})(?= (?:said|wrote|posted|says|put|noted|in|above|below|pointed|mentioned|did|explained))",
        _is_login,
    ),
)

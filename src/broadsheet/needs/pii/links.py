"""Links that lead to a person or let one in, addresses of mail in clear or disguised, addresses of machines."""

import re

from broadsheet.needs.pii.checks import is_ip
from broadsheet.needs.pii.kinds import Kind, Pattern, beside, numbered, pattern

# The signs of an address of mail as people spell them out, so that no machine reads it.
_WRAPPED_AT, _WRAPPED_DOT = r" ?[\[({<*_] ?(?:at|a|@|ät|arroba) ?[\])}>*_] ?", r" ?[\[({<*_] ?(?:dot|d|\.|punkt|punto|point) ?[\])}>*_] ?"
_SAID_AT, _SAID_DOT = r" (?:at|ät|arroba|arobase|zavinac|zavináč|chiocciola|malpa|małpa) ", r" (?:dot|d0t|punkt|punto|ponto|tecka|tečka|kropka) "
_LOCAL = rf"(?<![\w.+-])[\w+-](?:[\w.+-]{{0,62}}[\w+-])?(?:(?:{_WRAPPED_DOT}|{_SAID_DOT})[\w+-]{{1,63}}){{0,4}}"
_ANY_DOT = rf"(?:{_WRAPPED_DOT}|{_SAID_DOT}| ?\. ?)"
_TOP = r"[a-z]{2,12}"
# A link to what somebody is called by, lets others in by, or is paid by, on any host.
_OWN = "u|user|users|usr|profile|profiles|profil|people|person|in|members?|account|accounts|author|authors|r|ref|refer|referral|referrals|invite|invites|i|join|me|paypalme|pay|add|channel|c|p|id|share|s|team|agents?|staff|contact"
_SOCIAL = "x|twitter|instagram|facebook|fb|tiktok|github|gitlab|reddit|t|telegram|wa|whatsapp|paypal|venmo|cash|medium|threads|linkedin|linktr|linktree|youtube|twitch|snapchat|discord|patreon|gofundme|ko-fi|mastodon|bsky|pinterest|tumblr|substack|calendly|stocktwits|bogleheads|quora|vimeo|soundcloud|flickr|strava|xing|zelle|wise|onlyfans"
_KEYS = "token|key(?!word)|session|sid|sig|signature|auth|password|pwd|secret|user|email|e-?mail|account|acct|uid|code|ref|refer|invite|share|otp|pin|customer|client|member|login|name|phone|ssn|hash|sso|jwt|nonce|reset|verify|applicant|case|claim|guid|uuid"


def _no_verb(text: str, begin: int, end: int) -> bool:
    return not re.match(
        r"(?:account|accounts|mail|email|inbox|look|work|works|is|are|me|it|login|is|over|up|address|folder|and|or) ", text[begin:end], re.IGNORECASE
    )


LINKS: tuple[Pattern, ...] = (
    pattern(Kind.URL, r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:]{1,100}:[^\s/@]{1,100}@[^\s<>\"]+"),
    pattern(
        Kind.URL,
        r"\bhttps?://[^\s<>\"]{0,400}?[?&#;](?:[\w-]{0,30}(?:" + _KEYS + r")[\w-]{0,30}|id|u|r|t|k|s|m)=[^\s<>\"]+",
    ),
    pattern(Kind.URL, rf"(?<![\w.@/-])(?:https?://)?[\w.-]{{1,100}}\.[a-z]{{2,24}}(?::\d+)?/(?:[\w.~-]{{1,40}}/){{0,3}}(?:{_OWN})/[^\s<>\"]+"),
    pattern(Kind.URL, r"\bhttps?://[^\s<>\"/]{1,100}/(?:[^\s<>\"/]{0,80}/){0,5}[@~][^\s<>\"]+"),
    # Numbers that stand for a person or a matter, and what somebody calls their own.
    pattern(
        Kind.URL,
        r"\bhttps?://[^\s<>\"?#]{1,200}[?#][^\s<>\"]{0,200}?\d{5}[^\s<>\"]*|\bhttps?://[^\s<>\"/]{1,100}/(?:[^\s<>\"/]{1,80}/){0,5}\d{7,20}(?!\w)[^\s<>\"]*",
    ),
    pattern(
        Kind.URL,
        r"(?<![\w.@/-])(?:https?://|www\.)[^\s<>\"]{4,200}|(?<![\w.@/-])[a-z\d-]{2,40}(?:\.[a-z\d-]{2,40}){0,3}\.(?:com|net|org|io|me|co|dev|blog|site|page|app|example|xyz|info|link)(?:/[^\s<>\"]*)?(?![\w@])",
        near=beside(
            before=r"\b(?:my|his|her|their|our|own|personal|me)\b[^.!?]{0,15}\b(?:blog|site|website|web ?page|page|profile|channel|shop|store|link|url|portfolio|spreadsheet|sheet|listing|campaign|fundraiser|wishlist|registry|linkedin|resume|cv|here|gofundme|etsy|patreon)\b[^.!?]{0,12}"
            r"\Z",
            reach=50,
        ),
    ),
    # Letters of both sizes and digits in one, a value of letters and digits, a street with its number, a site of somebody's own.
    pattern(
        Kind.URL,
        r"\bhttps?://[^\s<>\"/]{1,100}/(?:[^\s<>\"/]{1,80}/){0,5}(?-i:(?=[\w-]{0,60}[a-z])(?=[\w-]{0,60}[A-Z])(?=[\w-]{0,60}\d)[\w-]{9,100})[^\s<>\"]*"
        r"|\bhttps?://[^\s<>\"?]{1,200}\?[^\s<>\"]{0,200}?=(?=[a-z_-]{0,40}\d)(?=[\d_-]{0,40}[a-z])[\w-]{6,}[^\s<>\"]*"
        r"|\bhttps?://[^\s<>\"]{1,150}?/\d{1,5}-[a-z-]{2,30}-(?:st|street|ave|avenue|rd|road|dr|drive|ln|lane|blvd|ct|court|way|pl|ter|cir)\b[^\s<>\"]*"
        r"|(?<![\w.@/-])(?:https?://)?(?!www\.|blog\.|help\.|support\.|en\.|about\.)[\w-]{3,40}\.(?:wordpress|blogspot|tumblr|substack|weebly|wixsite|squarespace|github|carrd|bandcamp|livejournal|medium|itch|neocities|bsky|myshopify|netlify|vercel|000webhostapp)\.(?:com|io|co|app|social|org)\b[^\s<>\"]*",
    ),
    # Without the scheme as well: a query that names its user, somebody's own part of a site behind "my ... at".
    pattern(
        Kind.URL,
        rf"(?<![\w.@/-])(?:https?://)?(?:[\w-]{{1,60}}\.){{1,4}}[a-z]{{2,12}}/[^\s<>\"?]{{0,200}}\?(?:[^\s<>\"]{{0,200}}?[?&#;])?(?:[\w-]{{0,30}}(?:{_KEYS})[\w-]{{0,30}}|id|u|r|t|k|s|m)=[^\s<>\"'\])]+",
    ),
    pattern(
        Kind.URL,
        r"(?<![\w.@/-])(?:https?://)?(?:[\w-]{1,60}\.){1,4}[a-z]{2,12}/(?:[\w-]{1,40}/){0,3}(?:[a-z]{2,20}(?:[._][a-z]{2,20}){1,3}[._]?\d{2,6}|[a-z]{2,20}_\d{2,6}|x[a-z]{3,20}\d{0,4}x)/?(?![\w/.-]\w)",
    ),
    pattern(
        Kind.URL,
        r"(?<![\w.@/-])(?:https?://)?(?:[\w-]{1,60}\.){1,4}[a-z]{2,12}/[^\s<>\"')\]]{2,200}",
        near=beside(
            before=r"\b(?:(?:my|his|her|their|our)(?! (?:\w+ )?(?:bank|broker|brokerage|insurer|employer|provider|plan|fund|credit union|lender|company|school|college|county|state|city)\b)\b[^.!?]{0,40}\b(?:at|on|is|was|here|there|over there|under|:)|(?:who|what) i am\b[^.!?]{0,12}|social media:?|scammer\b[^.!?]{0,30}|i (?:post|blog|track|write|share|keep|log|publish)\b[^.!?]{0,40}\b(?:at|on|here|under)|(?:follow|find|add|visit|check|check out|look me up|see) me\b[^.!?]{0,25})[ :(\"'\[<*]{1,3}\Z",
            after=r"[\"')\]>*]{0,2},? (?:is|was|=) (?:me|mine|my|him|her|his|hers|us|ours|our)\b",
            reach=80,
        ),
    ),
    # Short links, and files that one account shares.
    pattern(
        Kind.URL,
        r"(?<![\w.@/-])(?:https?://)?(?:www\.)?(?:bit\.ly|tinyurl\.com|goo\.gl|is\.gd|t\.co|cutt\.ly|rb\.gy|ow\.ly|shorturl\.at|forms\.gle|1drv\.ms|we\.tl|(?:docs|drive|photos|forms)\.google\.com|dropbox\.com|onedrive\.live\.com|wetransfer\.com|pastebin\.com|imgur\.com|ibb\.co)/[^\s<>\"]+",
    ),
    pattern(Kind.URL, r"\bhttps?://[^\s<>\"/]{1,100}/(?:[^\s<>\"/]{0,80}/){0,5}(?=[\w.%=-]{0,40}(?:[a-z]\d{1,5}[a-z]|\d[a-z]{1,5}\d))[\w.%=-]{8,200}"),
    # The last part of the path is a token or a login: letters and digits in one.
    pattern(Kind.URL, r"\bhttps?://[^\s<>\"/]{1,100}/(?:[^\s<>\"/]{0,80}/){0,5}(?=[a-z_.]{0,40}\d)(?=\d{0,40}[a-z])\w{8,100}/?(?=[\s<>\"')\].,;!?]|\Z)"),
    pattern(
        Kind.URL,
        rf"(?<![\w.@/-])(?:https?://)?(?:[\w-]{{1,30}}\.){{0,3}}(?:{_SOCIAL})\.(?:[a-z]{{2,8}}\.)?(?:com|me|app|net|org|ee|tv|gg|io|co|example|be|us|social|page|link)/[@$+~]?[\w.-]{{2,}}[^\s<>\"]*",
    ),
    pattern(Kind.EMAIL, r"[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
    # Names for payments have no dot behind the sign.
    pattern(Kind.EMAIL, r"(?<![\w.@/])(?=[\d.-]{0,20}[a-z]|\d{10}@)[\w.-]{3,40}@[a-z]{2,20}(?![\w.@-])"),
    pattern(
        Kind.EMAIL,
        rf"{_LOCAL}(?:{_WRAPPED_AT}| ?@ ?)(?!the |a )[\w-]{{1,63}}(?:{_ANY_DOT}[\w-]{{2,63}}){{0,3}}{_ANY_DOT}(?!the\b){_TOP}\b"
        rf"|{_LOCAL}{_SAID_AT}(?!(?:the|a|an|all|this|that|my|our) )[\w-]{{1,63}}(?:(?:{_WRAPPED_DOT}|{_SAID_DOT}|\.)[\w-]{{2,63}}){{0,3}}(?:{_WRAPPED_DOT}|{_SAID_DOT}){_TOP}\b",
    ),
    # Hosts that everybody knows are left without their end.
    pattern(
        Kind.EMAIL,
        rf"{_LOCAL}(?:{_WRAPPED_AT}| ?@ ?|{_SAID_AT})(?:gmail|g-?mail|yahoo|hotmail|outlook|icloud|proton(?:mail)?|aol|gmx|msn|yandex|ymail|fastmail|posteo|tutanota)\b",
        near=_no_verb,
    ),
    pattern(
        Kind.EMAIL,
        r"\b(?:e-?mail|gmail|yahoo|hotmail|outlook|icloud|proton ?mail)(?: (?:address|name|is|id))?(?: is)? ?[:= ] ?(?P<it>(?=[a-z\d_+-]{0,30}[._+\d])[a-z][\w.+-]{3,40}\w)(?=[ ,;)]|\.? |\.?\Z)",
    ),
    # "name at host.org" is an address of mail where it is a login, or stands where one would.
    pattern(
        Kind.EMAIL,
        rf"(?<![\w.+-])(?:[a-z]{{1,30}}\d{{1,8}}|[a-z\d]{{1,30}}(?:[._+][a-z\d]{{1,30}}){{1,4}}){_SAID_AT}[\w-]{{1,63}}(?:\.[\w-]{{2,63}}){{0,3}}\.{_TOP}\b",
    ),
    pattern(
        Kind.EMAIL,
        rf"(?<![\w.+-])(?!(?:look|shop|shopping|work|working|bank|banking|is|are|was|up|me|it|them|account|accounts|card|one|and|or|here|back|save|buy|bought|live|login|savings|checking)\b)"
        rf"[a-z][\w+-]{{1,30}}{_SAID_AT}[\w-]{{1,63}}(?:\.[\w-]{{2,63}}){{0,3}}\.{_TOP}\b(?!/)",
        near=beside(
            before=r"(?:e-?mail|mail|write|contact|reach|address|gmail|[,(:\"])(?: ?(?:me|us|him|her|is|to|at|on|:|=|-)){0,3} ?\Z",
            after=r",? ?(?:\(?\+?\d{3}|or call|or text)",
            reach=30,
        ),
    ),
)
MACHINES: tuple[Pattern, ...] = (
    numbered(Kind.IP, r"(?<![a-z\d_.])(?<!version )(?<!section )(?<!clause )(?<!article )(?<!v )(?<!§ )(?:\d{1,3}\.){3}\d{1,3}(?![a-z\d_]|\.\d)", is_ip),
    numbered(Kind.IP, r"(?<![\w:.])(?=[\da-f:]*:[\da-f:]*:)[\da-f:]{6,39}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])", is_ip),
    numbered(Kind.ID, r"\b(?:[\da-f]{2}[:-]){5}[\da-f]{2}\b"),
)

"""Personal data planted in posts, made up in many writings, and the share that the scrubber replaces."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from broadsheet.needs.privacy import scrub

Draw = Callable[[np.random.Generator], str]


class Planted(NamedTuple):
    """A post with personal data of one kind at `start` to `end`."""

    kind: str
    text: str
    start: int
    end: int


class Recall(NamedTuple):
    """Of one kind: how many were planted, how many were replaced to the last letter and digit, and posts where they were not."""

    kind: str
    planted: int
    found: int
    missed: tuple[str, ...]


def plant_personal(rng: np.random.Generator, each: int) -> list[Planted]:
    """Return `each` posts for every kind; carriers and writings are drawn at random."""
    made = []
    for kind, (carriers, draw) in KINDS.items():
        for _ in range(each):
            before, after = carriers[rng.integers(len(carriers))].split("%")
            value = draw(rng)
            opening, closing = _OPENINGS[rng.integers(len(_OPENINGS))], _CLOSINGS[rng.integers(len(_CLOSINGS))]
            start = len(opening) + len(before)
            made.append(Planted(kind, opening + before + value + after + closing, start, start + len(value)))
    return made


def measure_personal(planted: Iterable[Planted]) -> list[Recall]:
    """Scrub every post; planted data count as found when no letter or digit of them is left."""
    count: Counter[str] = Counter()
    missed: dict[str, list[str]] = {}
    for one in planted:
        count[one.kind] += 1
        gone = {place for replaced in scrub(one.text).replaced for place in range(replaced.start, replaced.end)}
        if any(one.text[place].isalnum() and place not in gone for place in range(one.start, one.end)):
            missed.setdefault(one.kind, []).append(one.text)
    return [Recall(kind, number, number - len(missed.get(kind, ())), tuple(missed.get(kind, ()))) for kind, number in count.items()]


_OPENINGS = (
    "",
    "Please help. ",
    "So I’m 34 and make $52,000 a year. ",
    "Rent went up 8% in 2023. ",
    "私は困っています。",
    "Long story: ",
    "I never got an answer!\n",
)
_CLOSINGS = ("", " What now?", " They want 1,200.50 by 5 May.", " Thanks", "\n\nAny idea?", " 😭😭")
_FIRST = ("Marta", "Jörg", "Aoife", "Tunde", "Priya", "Søren", "Luca", "Zoë", "Kwame", "Ines", "Bogdan", "Mei")
_LAST = ("Okafor", "Lindqvist", "O'Rourke", "Baranova", "Ferreira", "Whitcombe", "Haddad", "Szabó", "Tran", "Delacroix", "Mbeki", "van Houten")
_HOSTS = ("example.org", "mail.example.com", "uni.example.ac.uk", "example.de")


def _one(*writings: Draw) -> Draw:
    return lambda rng: writings[rng.integers(len(writings))](rng)


def _shape(shape: str) -> Draw:
    """Fill a shape: `#` any digit, `?` a capital, `~` a small letter, `=` a hexadecimal digit, `*` a letter or digit; the rest stands as it is."""
    signs = {"#": "0123456789", "?": "ABCDEFGHJKLMNPRSTUWXYZ", "~": "abcdefghijkmnopqrstuvwxyz", "=": "0123456789abcdef"}
    signs["*"] = signs["?"] + signs["~"] + signs["#"]
    return lambda rng: "".join(signs[char][rng.integers(len(signs[char]))] if char in signs else char for char in shape)


def _just(*texts: str) -> Draw:
    return lambda rng: texts[rng.integers(len(texts))]


def _joined(*parts: Draw | str) -> Draw:
    return lambda rng: "".join(part if isinstance(part, str) else part(rng) for part in parts)


_first, _last = _just(*_FIRST), _just(*_LAST)
_name = _one(_joined(_first, " ", _last), _joined(_first, " ", _shape("?"), ". ", _last), _first)
_login = _joined(_just("m.okafor", "zoe_t", "jlind", "tunde.b", "ines-f"), _shape("##"))


def _grouped(digits: str, sizes: Iterable[int], mark: str) -> str:
    groups, place = [], 0
    for size in sizes:
        groups.append(digits[place : place + size])
        place += size
    return mark.join(group for group in groups if group)


def _card(rng: np.random.Generator) -> str:
    head, size, sizes = ((("4",), 16, (4, 4, 4, 4)), (("51", "55", "2221"), 16, (4, 4, 4, 4)), (("34", "37"), 15, (4, 6, 5)))[rng.integers(3)]
    body = str(rng.choice(head))
    body += "".join(str(digit) for digit in rng.integers(0, 10, size - 1 - len(body)))
    total = sum(int(digit) if place % 2 else sum(divmod(2 * int(digit), 10)) for place, digit in enumerate(reversed(body)))
    return _grouped(f"{body}{-total % 10}", sizes, ("", " ", "-", "\u00a0")[rng.integers(4)])


def _iban(rng: np.random.Generator) -> str:
    country, shape = (
        ("DE", "##################"),
        ("GB", "????##############"),
        ("FR", "#######################"),
        ("NL", "????##########"),
        ("ES", "####################"),
    )[rng.integers(5)]
    body = _shape(shape)(rng)
    check = 98 - int("".join(str(int(char, 36)) for char in body + country + "00")) % 97
    packed = f"{country}{check:02d}{body}"
    written = (packed, " ".join(packed[place : place + 4] for place in range(0, len(packed), 4)), packed.lower())
    return written[rng.integers(3)]


def _wide(draw: Draw) -> Draw:
    return lambda rng: "".join(chr(ord(char) + 0xFEE0) if char.isdecimal() else char for char in draw(rng))


_MONTHS = _just("January", "Feb", "March", "Aug", "September", "Dec.")
_day = _joined(_just("1", "2", ""), _just(*"123456789"))
_year = _joined("19", _just("5", "6", "7", "8", "9"), _shape("#"))
_date = _one(
    _joined(_day, " ", _MONTHS, " ", _year),
    _joined(_MONTHS, " ", _day, ", ", _year),
    _joined(_just("03", "11", "7"), "/", _day, "/", _year),
    _joined(_year, "-0", _just(*"123456789"), "-1", _shape("#")),
    _joined("1", _shape("#"), ".0", _just(*"123456789"), ".", _year),
)

KINDS: dict[str, tuple[tuple[str, ...], Draw]] = {
    "e-mail": (
        ("write me at %.", "my address (%) stopped working,", "they mailed % twice", "E-Mail: %"),
        _one(
            _joined(_login, "@", _just(*_HOSTS)),
            _joined(_login, " [at] ", _just("example", "mail"), " [dot] org"),
            _joined(_login, "(at)example.com"),
            _joined(_login, " at example dot com"),
        ),
    ),
    "telephone, North America": (
        ("call me on %", "they ring from % daily", "my cell is %.", "(% is my work line)"),
        _one(
            _shape("(212) 555-####"), _shape("415-555-####"), _shape("+1 646 555 ####"), _shape("1-800-555-####"), _shape("303.555.####"), _shape("917555####")
        ),
    ),
    "telephone, United Kingdom": (
        ("text %", "the man on % hung up", "my mobile: %,", "reach me at %"),
        _one(
            _shape("07700 900###"),
            _shape("+44 7700 900###"),
            _shape("020 7946 0###"),
            _shape("(0161) 496 0###"),
            _shape("+44 (0)20 7946 0###"),
            _shape("07700900###"),
        ),
    ),
    "telephone, elsewhere": (
        ("call %", "number is %,", "they use % on WhatsApp", "Tel. %"),
        _one(
            *map(
                _shape,
                (
                    "+49 30 90182####",
                    "0151 234567##",
                    "030/90182##",
                    "06 12 34 56 ##",
                    "+33 6 12 34 56 ##",
                    "+34 612 345 6##",
                    "+91 98765 432##",
                    "+86 138 0013 8###",
                ),
            ),
            *map(_shape, ("090-1234-56##", "03-1234-56##", "+81 90 1234 56##", "(11) 91234-56##", "0412 345 6##", "+61 412 345 6##", "+234 803 123 45##")),
        ),
    ),
    "payment card": (("my card % was charged", "Visa %,", "they typed in %.", "number on it: %"), _one(_card, _card, _wide(_card))),
    "card, last digits": (("the card ending in % is lost", "account ending %", "my Visa ending with % declined"), _shape("####")),
    "IBAN": (("send it to %", "IBAN: %", "my account is %,"), _iban),
    "social security": (
        ("my SSN is %", "they had my social (%)", "SSN: %", "social security number % leaked"),
        _one(_shape("5##-4#-3###"), _shape("5## 4# 3###"), _shape("5##4#3###")),
    ),
    "account": (
        ("my account number is %", "acct # %", "account % was closed", "Account no. %,", "routing number: %"),
        _one(_shape("8#######"), _shape("7###########"), _shape("6###-####-##"), _shape("??5######")),
    ),
    "sort code": (("sort code %", "Sort Code: %"), _one(_shape("2#-##-##"), _shape("3#####"), _shape("4# ## ##"))),
    "policy or customer number": (
        ("policy number % lapsed", "customer no. %", "member ID: %", "loan # %", "case number % is open"),
        _one(_shape("??#######"), _shape("2######"), _shape("?-######"), _shape("7##-###-##")),
    ),
    "passport, licence, tax number": (
        ("passport number %", "my driver's license is %", "passport: %", "tax ID %", "my driving licence number is %", "National Insurance number %"),
        _one(_shape("?########"), _shape("5########"), _shape("??#######"), _shape("?###-####-####")),
    ),
    "IP, version 4": (
        ("logged in from %", "IP: %", "the address % is mine,"),
        _joined(_just("10", "172", "203"), _shape(".1#"), _shape(".2#"), _shape(".1##")),
    ),
    "IP, version 6": (
        ("logged in from %", "IP %", "it says % ,"),
        _one(_shape("2001:db8:1===:b===::1"), _shape("2001:0db8:85a3:0000:0000:8a2e:0370:7==="), _shape("fe80::1===:2=ff:fe3=:4===")),
    ),
    "link with a person or token": (
        ("reset link % expired", "see %", "it is all at % ,"),
        _one(
            _joined("https://bank.example.com/reset?token=", _shape("****************")),
            _joined("https://", _login, ":", _shape("****7*"), "@files.example.org/statements"),
            _joined("https://forum.example.org/users/", _login),
            _joined("https://www.facebook.com/", _login),
            _joined("https://shop.example.com/pay?email=", _login, "%40example.org&x=1"),
            _joined("instagram.com/", _login),
        ),
    ),
    "handle": (("ask % about it", "thanks % !", "as % wrote,"), _one(_joined("@", _login), _joined("u/", _login), _joined("/u/", _login))),
    "name after a cue": (
        (
            "my name is %.",
            "My name's % and I owe tax",
            "Dear %, I lost my job",
            "Hi % , I need a loan",
            "I spoke with Mr. %",
            "my husband % lost his job",
            "Me llamo %, debo mucho",
            "Ich heiße %. Was nun?",
        ),
        _name,
    ),
    "signature": (("I want my money. Regards, %", "Please reply. Sincerely, %", "It is urgent. Thanks, %."), _joined(_first, " ", _last)),
    "address, English": (
        ("I live at %", "they sent it to %,", "my address is %", "moving to % soon"),
        _joined(
            _shape("4#"),
            _just("", "0", "1"),
            " ",
            _just("Maple", "Old Mill", "N Harbor", "St. Anne's", "Elm", "W. 14th"),
            " ",
            _just("Street", "Ave", "Rd.", "Lane", "Blvd", "Close", "Drive"),
            _just("", " Apt 4B", ", Unit 12", ", Flat 3"),
        ),
    ),
    "address, elsewhere": (
        ("I live at %", "meine Adresse: %", "mon adresse: %", "vivo en %,"),
        _one(
            _joined(_just("Lindenstraße", "Bergmannstr.", "Ahornweg"), " ", _shape("1#"), _just("", "a")),
            _joined(_shape("1#"), " rue ", _just("des Lilas", "de la Gare", "Pasteur")),
            _joined("Calle ", _just("Mayor", "del Olmo", "San Pedro"), ", ", _shape("3#")),
            _joined("Via ", _just("Garibaldi", "dei Fiori"), " ", _shape("3#")),
            _joined(_just("中山路", "解放街"), _shape("1##"), "号"),
        ),
    ),
    "postcode": (
        ("zip code %", "we are in %,", "near %"),
        _one(_joined(_just("Springfield, IL ", "Austin, TX "), _shape("6####")), _joined(_just("SW1A ", "M1 ", "EH12 "), _shape("#??")), _shape("K#A 0B#")),
    ),
    "password": (
        ("password: %", "my password is %", "Password = % ,", "the pwd is %"),
        _one(_shape("~~~~~~##"), _shape("?~~~~!###"), _shape("*****-***7"), _joined("hunter", _shape("#"))),
    ),
    "code": (
        ("my PIN is %", "PIN: %", "the verification code is %", "CVV %", "one-time code: %", "OTP %"),
        _one(_shape("####"), _shape("######"), _shape("###")),
    ),
    "key": (
        ("the key % leaked", "API key: %", "I pushed % by mistake", "Authorization: Bearer %"),
        _one(
            _joined("sk-", _shape("*" * 32)),
            _joined("sk_live_", _shape("*" * 24)),
            _joined("ghp_", _shape("*" * 36)),
            _joined("AKIA", _shape("?#?#?#?#?#?#?#?#")),
            _joined("xoxb-", _shape("1#########"), "-", _shape("*" * 20)),
            _joined("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx", _shape("******"), "9.", _shape("*" * 30)),
        ),
    ),
    "date of birth": (("born on %", "DOB: %", "date of birth %", "my birthday is %", "I was born %"), _date),
    "wallet": (("send to %", "my wallet %"), _one(_joined("0x", _shape("=" * 40)), _joined("bc1q", _shape("=" * 38)))),
}

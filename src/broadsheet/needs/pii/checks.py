"""What a number must be like to be what it looks like: checksums where a kind has one, counts of digits where not."""

import ipaddress
import re
from collections.abc import Callable

_DATED = re.compile(r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|(?:19|20)\d{2}(?:[-/. ]{1,3}(?:19|20)?\d{2}){1,3})(?: \d+)?")
_ODD = re.compile(
    r"\d{4}|\d.*[A-Za-z]|[A-Za-z].*\d|\w[@#$%^&*?!+=~]+\w|[A-Za-z\d]_[A-Za-z\d]|[a-z]{2}[A-Z][a-z]|[A-Za-z]{4,}(?:[.-][A-Za-z]{4,}){2}|\d\d[ ./-]\d"
)
_ROUND = re.compile(r"\d{1,3}(?:[ .']000)+|\d+000")
_SUM = re.compile(rf"{_ROUND.pattern}|\d{{1,3}}(?:[ .']\d{{3}})+")


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


def count_digits(text: str) -> int:
    """Count the digits of a text."""
    return sum(char.isdecimal() for char in text)


def has_digits(fewest: int, most: int = 1_000) -> Callable[[str], bool]:
    """Return whether a text has so many digits."""
    return lambda text: fewest <= count_digits(text) <= most


def is_no_word(text: str) -> bool:
    """Whether a text behind "password" is no word of the language: it mixes letters with digits or signs, or is all digits."""
    return any(not char.isalpha() for char in text.rstrip(".,;:!?'\")"))


def is_no_word_alone(text: str) -> bool:
    """Whether a text in quotation marks may be a password: one word, and no word of the language."""
    return " " not in text and is_no_word(text)


def is_dated(text: str) -> bool:
    """Whether a text is a date or a span of years."""
    return bool(_DATED.fullmatch(text.rstrip(".,;:!?)")))


def is_amount(text: str) -> bool:
    """Whether a text may be a sum or a form: digits, with a mark or unit of money, or a letter or two behind a hyphen."""
    return bool(re.fullmatch(r"[$€£¥]?[\d.,'/%+-]+[$€£¥%]?|\d+[a-z]?(?:-[a-z]{1,4})+|\d[\d.,]*[a-z]{1,4}", text, re.IGNORECASE))


def is_odd(text: str) -> bool:
    """Whether a value is no word of the language: it holds a digit or a sign within, capitals behind small letters, or three words in one.

    >>> [is_odd(text) for text in ("hunter22", "MellowBaker", "ann_b", "otter-lamp-window", "again", "well-known", "e.g", "(5)")]
    [True, True, True, True, False, False, False, False]
    """
    return bool(_ODD.search(text)) and sum(char.isalnum() for char in text) > 2


def is_plate_or_licence(text: str) -> bool:
    """Whether letters and digits right behind the word for a paper may be its number: five or more, two digits among them, letters in capitals or one case.

    >>> [is_plate_or_licence(text) for text in ("WDLEF13ZNE35", "W6697-341574-00", "2019", "Class B", "401k")]
    [True, True, False, False, False]
    """
    letters = [char for char in text if char.isalpha()]
    is_cased = all(map(str.isupper, letters)) or (all(map(str.islower, letters)) and count_digits(text) > len(letters) > 0)
    return is_cased and count_digits(text) > 1 and sum(char.isalnum() for char in text) > 4 and not is_dated(text) and not is_amount(text)


def is_pin(text: str) -> bool:
    """Whether digits may be a code: no year, no round sum, and not of one digit.

    >>> [is_pin(text) for text in ("4821", "331", "2019", "5000")]
    [True, True, False, False]
    """
    digits = "".join(char for char in text if char.isdecimal())
    return len(digits) > 2 and not (len(digits) == 4 and digits[:2] in {"19", "20"}) and not digits.endswith("00")


def is_code(fewest: int, *, sums: bool = False) -> Callable[[str], bool]:
    """Return whether a text is no date, span of years or round sum, and has so many digits, or one less beside capitals; groups of three may be a sum, unless `sums`.

    >>> [is_code(7)(text) for text in ("7714-2093-88", "QX-004417", "2015-2016", "12/04/2021", "1500000", "250 000", "40119")]
    [True, True, False, False, False, False, False]
    """

    def holds(text: str) -> bool:
        if all(group.endswith("00") and group.isdecimal() for group in text.split()):
            return False
        has_capitals = sum(char.isupper() for char in text) > 1
        return count_digits(text) >= fewest - has_capitals and not (_DATED.fullmatch(text) or (_SUM if not sums else _ROUND).fullmatch(text))

    return holds


def is_mixed(text: str) -> bool:
    """Whether letters and digits, five or more together, make a plate: not a year and a make, or a count and a unit.

    >>> [is_mixed(text) for text in ("LM54 RTY", "B-KX 901", "2019 BMW", "FORM 8938 A", "401k")]
    [True, True, False, False, False]
    """
    letters = sum(char.isalpha() for char in text)
    is_named = re.match(r"(?:19|20)\d{2} |[A-Z]{4,} ", text)
    return 0 < letters < 7 and count_digits(text) > 0 and 5 <= letters + count_digits(text) <= 9 and not is_named and text.upper() == text

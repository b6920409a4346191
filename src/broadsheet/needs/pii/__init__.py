"""How personal data are written: one pattern for each kind and language, in the order in which they are looked for."""

from broadsheet.needs.pii.births import BIRTHS
from broadsheet.needs.pii.checks import is_chinese_id, is_spanish_id
from broadsheet.needs.pii.kinds import Kind, Pattern
from broadsheet.needs.pii.links import LINKS, MACHINES
from broadsheet.needs.pii.logins import LOGINS
from broadsheet.needs.pii.names import NAMES, SIGNED
from broadsheet.needs.pii.numbers import ACCOUNTS, LOOSE, NUMBERS
from broadsheet.needs.pii.passwords import KEYS, PASSWORDS
from broadsheet.needs.pii.phones import PHONES
from broadsheet.needs.pii.places import CHAINS, PLACES

__all__ = ["PATTERNS", "Kind", "Pattern", "is_chinese_id", "is_spanish_id"]

# Earlier patterns win where two overlap: what is checked, or named by its own words, before what is only shaped alike.
PATTERNS: tuple[Pattern, ...] = (
    *KEYS,
    *LINKS,
    *MACHINES,
    *PASSWORDS,
    *NUMBERS,
    *BIRTHS,
    *ACCOUNTS,
    *PHONES,
    *LOOSE,
    *CHAINS,
    *PLACES,
    *LOGINS,
    *SIGNED,
    *NAMES,
)

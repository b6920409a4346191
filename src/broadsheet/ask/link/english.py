"""A small table of general English: words that mean alike, words for persons, words that name nothing."""

from collections.abc import Mapping
from functools import lru_cache

from broadsheet.ask.question.words import root, stem

# Each line is words of which one may stand for another in a question; a word may be in several.
_ALIKE = """
person people individual man woman human somebody someone anyone anybody everyone everybody resident occupant suspect victim participant
film movie picture
author writer
write author publish create produce
work create make contribute develop
company firm business organisation organization corporation employer enterprise
employee worker staff member
work employ job
customer client buyer shopper consumer purchaser
buy purchase order shop
sell supply offer
product item good article goods merchandise
price cost charge fee
price cost fee amount cheap expensive costly dear
vehicle car automobile
crime offence offense incident felony case
happen occur
investigate probe examine handle look inquire deal
arrest detain apprehend
involve include participate part connect associate link relate tie
address residence home house
live reside dwell inhabit home stay residence resident occupant house
location place site spot scene
area region zone district territory
city town
country nation state
postcode postal zip code
phone telephone mobile contact number
call phone dial ring
email mail e-mail
friend buddy pal friendship social
know acquaint acquaintance familiar aware
family relative relation kin relate familial
marry spouse husband wife wed
parent father mother
child son daughter
name call title
surname last
date day
time hour moment
duration length long last second
duration long short length minutes runtime
year
age old young
number no count id identifier
national
type kind category sort class classification
status outcome state result
rank grade position
brand make manufacturer
model version
theme topic subject keyword concept
category subject class field
cite reference quote mention
paper publication article preprint
publish release issue
review rating critique
rate rating score star
rating score mark
act star play appear perform cast role
direct director
teach instruct lecture
study attend enroll enrol learn
student pupil learner
teacher instructor lecturer professor
school university college institution
doctor physician clinician
patient case
treat treatment therapy cure
drug medicine medication
disease illness condition disorder
hospital clinic
own have possess belong hold owner has
belong contain include member in
follow subscribe follower
like favour favor favorite favourite love
send sender transmit
receive recipient get
song track tune
singer musician artist
album record
team club side
player athlete
win victory winner
goal score
play game match
company studio
dataset data
software package program tool library
depend use require need
part component piece
cause lead
gender sex
born bear birth
die death
size big large small
population inhabitant
salary wage pay income
capital
border neighbour neighbor adjacent
river stream
flight trip journey
airport airfield
fly travel
start begin origin depart departure source
end finish destination arrive arrival target
boss manager supervisor head lead
manage lead head run supervise
department division unit section
project
skill ability
language tongue
book novel
read reader
question ask
answer reply respond response
user account member
post message tweet
tag label
comment remark
link url
domain website site
server machine host computer
event meeting
attend join participate
invest fund finance investor
fund money grant
found establish founder
bank lender
transfer payment transaction
amount sum total value
supplier vendor seller provider
ship deliver send shipment delivery
ingredient
recipe dish meal
cook chef
restaurant eatery
animal creature
plant species
organism species
gene protein
light bright
height tall
weight heavy weigh light
speed fast quick
distance far
"""
PERSON = frozenset("who whom whose someone somebody anyone anybody everyone everybody person".split())
# A label with one of these words in its name is one of persons.
PERSONS = frozenset(
    "person people human man woman author writer user customer client employee worker actor director member student teacher doctor patient player officer "
    "researcher scientist friend owner artist musician singer character contact individual critic reviewer hero creator cook chef guest host parent child speaker founder manager seller buyer victim suspect candidate politician athlete".split()
)
PLACES = frozenset("location place city country address area region site venue town state street building room".split())
# Words that say how much there is of something, and do not ask for it.
ADJECTIVES = frozenset("cheap expensive costly".split())
# Adjectives of age, and those that are more or less of anything.
AGES = frozenset("new old late lat early recent".split())
DEGREES = frozenset("high low large larg big small great few best".split())
TIMES = frozenset("date time day year month when at timestamp created published released born birth died death founded".split())
# Properties by which a thing is usually called, best first.
NAMES = ("name", "title", "label", "full_name", "fullname", "username", "display_name", "surname", "id", "code")
EMPTY = frozenset(
    "a an the of in on at to for from by with and or is are was were be been being do does did have has had that which who whom whose what where when how why "
    "it its this these those there their them they he she his her as any all each every some no not than then also can could would will may please me my i you "
    "your give list show tell find get name identify provide return many much number count total into about over under between per if so both same other "
    "another got gets shown shows listed lists given gives provided named called tells told one only just most least more less top first last out up well".split()
)
# Verbs whose two sides are alike: who does it to whom makes no difference.
MUTUAL = frozenset(
    "know friend family relative sibling spouse marry meet live share partner colleague connect link border neighbour neighbor similar twin married related "
    "interact collaborate cooperate co coauthor acquaint contact".split()
)
SHORT: Mapping[str, str] = {
    "no": "number", "num": "number", "nr": "number", "addr": "address", "tel": "phone", "dob": "birth", "qty": "quantity", "desc": "description", "org": "organisation",
    "dept": "department", "lang": "language", "lw": "live", "sn": "social", "rel": "relation", "cat": "category", "loc": "location", "avg": "average",
    "m": "metre", "cm": "centimetre", "mm": "millimetre", "km": "kilometre", "g": "gram", "kg": "kilogram", "ml": "millilitre",
    "meter": "metre", "meters": "metre", "grams": "gram", "kilometers": "kilometre", "kilos": "kilogram", "kilo": "kilogram",
}  # fmt: skip


@lru_cache(maxsize=1)
def _groups() -> dict[str, frozenset[int]]:
    held: dict[str, set[int]] = {}
    for number, line in enumerate(_ALIKE.strip().splitlines()):
        for word in line.split():
            held.setdefault(stem(word), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in held.items()}


@lru_cache(maxsize=256)
def kin(word: str) -> tuple[str, ...]:
    """Return the words of the table that may stand for a word, itself among them where it is there.

    >>> kin("weight")
    ('weight', 'heavy', 'weigh', 'light')
    """
    lines = [line.split() for line in _ALIKE.strip().splitlines()]
    return tuple(dict.fromkeys(one for line in lines if stem(word) in map(stem, line) for one in line))


@lru_cache(maxsize=1 << 16)
def alike(one: str, other: str) -> float:
    """Return how nearly two words mean the same: 1 for the same word, less for one of its family or of one line of the table, 0 for neither.

    >>> alike("films", "film"), alike("directors", "directed"), alike("film", "movies"), alike("film", "car")
    (1.0, 0.9, 0.8, 0.0)
    """
    one, other = (stem(SHORT.get(word, word)) for word in (one, other))
    if one == other:
        return 1.0
    if len(one) > 2 and len(other) > 2 and root(one) == root(other):
        return 0.9
    groups = _groups()
    return 0.8 if groups.get(one, frozenset()) & groups.get(other, frozenset()) else 0.0


def is_empty(word: str) -> bool:
    """Whether a word names nothing: `them` does not, `themes` do.

    >>> is_empty("Them"), is_empty("themes")
    (True, False)
    """
    return word.lower() in EMPTY


def adjective(words: str) -> str:
    """Return the adjective of a superlative.

    >>> adjective("longest"), adjective("oldest"), adjective("biggest"), adjective("most recent")
    ('long', 'old', 'big', 'recent')
    """
    last = words.lower().split()[-1]
    if last.endswith("est") and len(last) > 5:
        last = last[:-3]
        last = last[:-1] if len(last) > 2 and last[-1] == last[-2] and last[-1] not in "ls" else last
    return last[:-1] + "y" if last.endswith("i") else last


def first_of(words: str) -> str:
    """Return the adjective of what comes first, "" where it is of no measure of its own.

    >>> first_of("heaviest first"), first_of("most expensive first"), first_of("highest first"), first_of("from newest to oldest")
    ('heavy', 'expensive', '', 'new')
    """
    said = words.lower().split()
    if len(said) > 2 and said[-2] == "to" and said[-1].endswith("est"):
        said = [said[-3], "first"]
    if said[-1] != "first" or len(said) < 2:
        return ""
    base = said[1] if said[0] in {"most", "least"} and len(said) > 2 else adjective(said[0]) if said[0].endswith("est") else ""
    return "" if base in DEGREES else base

"""Examples of many turns from pictures with texts, and unseen families to test on."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.seeds import generator
from broadsheet.represent.curate import entry_of, examples_by_rule
from broadsheet.represent.curate.rules import RULES, Asking
from broadsheet.represent.muco.examples import readable
from broadsheet.represent.muco.schema import Example
from broadsheet.represent.pictures.families import split_families
from broadsheet.represent.pictures.labelled import Labelled

# What is asked of an unseen picture, as rules word it: its title. The others are for the cosine between turns.
TESTED, *OTHERS = ("What is this called?", "Of which kind is it?", "Give it key words.")
# As many keywords as there are may be asked for: pictures with seven answers are few otherwise.
MOST = 12
PLENTY = tuple(replace(rule, most=8) if isinstance(rule, Asking) else rule for rule in RULES)


class Data(NamedTuple):
    """Examples to train on, pictures to test on with their texts, and how many pictures were left out."""

    train: list[Example]
    test: list[tuple[str, str]]
    left_out: int


def make_data(rows: Sequence[Labelled], root: Path, *, turns: int, seed: int, most: int, tested: int) -> Data:
    """Split by family; train on at most `most` pictures with `turns` answers or more, test on one picture of unseen families.

    Titles of the test are what is found. Raises RecordError where too few pictures have so many answers.
    """
    made = [example for example in examples_by_rule(map(entry_of, rows), seed, MOST, PLENTY) if len(example.turns) >= turns]
    rich = readable(made, root)
    examples = {example.id: example for example in rich.examples}
    known = list({row.image: row for row in rows if row.image in examples}.values())
    split = split_families(known, seed, tested=tested, validated=0)
    order = generator(seed, "efficiency").permutation(len(split.train))[:most]
    test = [(known[place].image, known[place].title) for place in split.test]
    return Data([examples[known[split.train[int(place)]].image] for place in order], test, len(rich.faults))

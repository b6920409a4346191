"""A card of turns: how many an item has, whose answers are another's too, and how much is given away without the picture."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from broadsheet.core.component import Embedder
from broadsheet.represent.curate.blind import Blind, blind
from broadsheet.represent.curate.lines import Line
from broadsheet.represent.muco.schema import Example, normalised

# So many faults are printed; card.json has them all.
SHOWN = 20


@dataclass(frozen=True)
class Card:
    """What turns are like.

    `turns_per_item` counts items by their number of turns, those without included; `kinds` and `made_by` count turns. `shared` is
    the share of turns whose target, as compared, is a target of another item too: the loss must not take it for a negative.
    `blind` says by kind how far turns are answered without the picture. `doubles` counts turns left out because their answer
    stood before, `rejected` what was not taken of a model's replies, `repairs` how often it was asked again, `unreadable`
    maps an item to two lines about its picture, `bad_lines` are two lines for each line of the source that could not be read.
    """

    items: int
    turns: int
    turns_per_item: Mapping[int, int]
    kinds: Mapping[str, int]
    made_by: Mapping[str, int]
    shared: float
    blind: Mapping[str, Blind]
    doubles: int
    rejected: int
    repairs: int
    unreadable: Mapping[str, str]
    bad_lines: tuple[str, ...]
    meaning_by: str = ""

    def metrics(self) -> dict[str, float]:
        """Return the figures for a manifest."""
        every = self.blind["all"]
        counts = {"items": self.items, "turns": self.turns, "unreadable": len(self.unreadable), "bad_lines": len(self.bad_lines)}
        made = {f"turns_by_{by}": count for by, count in self.made_by.items()}
        shares = {"shared": self.shared, "from_words": every.from_words, "by_commonest": every.by_commonest, "by_chance": every.by_chance}
        meaning = {} if every.from_meaning is None else {"from_meaning": every.from_meaning}
        left_out = {"doubles": self.doubles, "rejected": self.rejected, "repairs": self.repairs}
        return {name: float(value) for name, value in {**counts, **made, **left_out, **shares, **meaning}.items()}

    def json(self) -> str:
        """Return the card as one JSON object."""
        data = {**asdict(self), "blind": {kind: of._asdict() for kind, of in self.blind.items()}}
        return json.dumps(data, indent=1, ensure_ascii=False) + "\n"

    def markdown(self) -> str:
        """Return the card as Markdown."""
        spread = ", ".join(f"{count:,} with {turns}" for turns, count in sorted(self.turns_per_item.items()))
        left_out = (
            f"{len(self.unreadable)} pictures that cannot be read, {len(self.bad_lines)} lines of the source, {self.doubles:,} answers that stood before, "
            f"{self.rejected:,} rejected of replies ({self.repairs:,} asked for again)"
        )
        lines = [
            "# Turns",
            "",
            f"- {self.turns:,} turns of {self.items:,} items ({spread or 'none'}), made by {_counts(self.made_by) or 'nobody'}.",
            f"- Of kind {_counts(self.kinds) or 'none'}.",
            f"- {self.shared:.1%} of targets are another item's too; they are no negatives of each other.",
            f"- Left out: {left_out}.",
            "",
            "## Answered without the picture",
            "",
            f"How often the target is named first among up to 100 of its kind, ties by the mean. Meaning by: {self.meaning_by or 'not measured'}.",
            "",
            "| kind | turns | from words | from meaning | commonest | chance |",
            "|---|---|---|---|---|---|",
            *(_row(kind, of) for kind, of in self.blind.items()),
        ]
        return "\n".join(lines + _listed("Pictures that cannot be read", [f"{name}: {_one(of)}" for name, of in self.unreadable.items()]) + self._bad()) + "\n"

    def _bad(self) -> list[str]:
        return _listed("Lines that cannot be read", [_one(of) for of in self.bad_lines])


def make_card(lines: Sequence[Line], bad_lines: Sequence[str] = (), embedder: Embedder | None = None, seed: int = 0) -> Card:
    """Make the card of lines; `embedder` embeds texts for `from_meaning`."""
    examples = [example for line in lines if (example := line.example())]
    return Card(
        items=len(lines),
        turns=sum(len(line.turns) for line in lines),
        turns_per_item=dict(sorted(Counter(len(line.turns) for line in lines).items())),
        kinds=dict(sorted(Counter(turn.kind for line in lines for turn in line.turns).items())),
        made_by=dict(sorted(Counter(by for line in lines for by in line.made_by).items())),
        shared=shared_targets(examples),
        blind=blind(examples, embedder, seed),
        doubles=sum(line.doubles for line in lines),
        rejected=sum(len(line.rejected) for line in lines),
        repairs=sum(line.repairs for line in lines),
        unreadable={line.item: line.fault for line in lines if line.fault},
        bad_lines=tuple(bad_lines),
        meaning_by=embedder.model if embedder else "",
    )


def shared_targets(examples: Sequence[Example]) -> float:
    """Return the share of turns whose target, as compared, is also a target of another example.

    >>> from broadsheet.represent.muco.schema import Turn
    >>> ring, lamp = (Turn(query="What?", target=name) for name in ("Ring", "lamp"))
    >>> shared_targets([Example(id="a", turns=(ring, lamp)), Example(id="b", turns=(ring.model_copy(update={"target": "ring"}),))]).__round__(3)
    0.667
    """
    holders: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        for turn in example.turns:
            holders[normalised(turn.target) or f"picture {turn.target_image}"].add(example.id)
    shared = [len(holders[normalised(turn.target) or f"picture {turn.target_image}"]) > 1 for example in examples for turn in example.turns]
    return float(np.mean(shared)) if shared else 0.0


def _counts(of: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in of.items())


def _row(kind: str, of: Blind) -> str:
    return f"| {kind} | {of.turns:,} | {_share(of.from_words)} | {_share(of.from_meaning)} | {_share(of.by_commonest)} | {_share(of.by_chance)} |"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _one(fault: str) -> str:
    return fault.splitlines()[0]


def _listed(heading: str, lines: Sequence[str]) -> list[str]:
    more = [f"- and {len(lines) - SHOWN:,} more, in card.json"] if len(lines) > SHOWN else []
    return ["", f"## {heading}", "", *(f"- {line}" for line in lines[:SHOWN]), *more] if lines else []

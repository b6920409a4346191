"""A card of turns: how many a picture, how many answers are another picture's too, and how much the text alone gives away."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from broadsheet.core.seeds import generator
from broadsheet.represent.muco.schema import Example, Turn, normalised

POOL = 100
WORD = r"\w+"


class Card(NamedTuple):
    """What turns are like.

    `turns_per_image` counts pictures by number of turns; `kinds` turns by kind. `duplicates` is the share of turns whose target is, as
    compared, another picture's too. `from_text` is how often the query's words alone rank the target first among up to 100
    targets of its kind (TF-IDF, ties by the mean), `by_commonest` how often the commonest target of the kind is right, `chance` what a
    random order would give.
    """

    images: int
    turns: int
    turns_per_image: Mapping[int, int]
    kinds: Mapping[str, int]
    duplicates: float
    from_text: float
    by_commonest: float
    chance: float
    unreadable: Mapping[str, str]
    doubles: int
    rejected: int
    made_by: Mapping[str, int]

    def markdown(self) -> str:
        """Return the card as Markdown."""
        spread = ", ".join(f"{count} with {turns}" for turns, count in sorted(self.turns_per_image.items()))
        lines = [
            "# Turns",
            "",
            f"- {self.turns:,} turns of {self.images:,} pictures ({spread}).",
            f"- Kinds: {', '.join(f'{kind} {count:,}' for kind, count in sorted(self.kinds.items()))}.",
            f"- Made by: {', '.join(f'{who} {count:,}' for who, count in sorted(self.made_by.items()))}.",
            f"- {self.duplicates:.1%} of targets are another picture's too; the loss takes none of those for a negative.",
            f"- From the text alone {self.from_text:.1%} of targets are found (chance {self.chance:.1%}, the commonest target {self.by_commonest:.1%}).",
            f"- Left out: {len(self.unreadable)} pictures that cannot be read, {self.doubles} answers that stood twice, {self.rejected} rejected.",
        ]
        lines += [f"  - {name}: {fault.splitlines()[0]}" for name, fault in self.unreadable.items()]
        return "\n".join(lines) + "\n"


def make_card(
    examples: Sequence[Example],
    *,
    unreadable: Mapping[str, str] | None = None,
    doubles: int = 0,
    rejected: int = 0,
    made_by: Mapping[str, int] | None = None,
    seed: int = 0,
) -> Card:
    """Make the card of examples."""
    turns = [(example.id, turn) for example in examples for turn in example.turns]
    holders: dict[str, set[str]] = defaultdict(set)
    for name, turn in turns:
        holders[normalised(turn.target)].add(name)
    shared = [len(holders[normalised(turn.target)]) > 1 for _, turn in turns]
    found, commonest, chance = _from_text([turn for _, turn in turns if turn.target.strip()], seed)
    return Card(
        images=len(examples),
        turns=len(turns),
        turns_per_image=dict(Counter(len(example.turns) for example in examples)),
        kinds=dict(Counter(turn.kind for _, turn in turns)),
        duplicates=float(np.mean(shared)) if turns else 0.0,
        from_text=found,
        by_commonest=commonest,
        chance=chance,
        unreadable=dict(unreadable or {}),
        doubles=doubles,
        rejected=rejected,
        made_by=dict(made_by or {}),
    )


def _from_text(turns: Sequence[Turn], seed: int) -> tuple[float, float, float]:
    """Return how often words alone find the target, how often the commonest target is right, and chance."""
    by_kind: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        by_kind[turn.kind].append(turn)
    hits, common, chances = [], [], []
    for kind, of in sorted(by_kind.items()):
        targets = [normalised(turn.target) for turn in of]
        most = Counter(targets).most_common(1)[0][0]
        unique = sorted(set(targets))
        if len(unique) < 2:
            continue
        words = TfidfVectorizer(token_pattern=WORD).fit([*unique, *(turn.query for turn in of)])
        places: Any = words.transform(unique)
        asked: Any = words.transform([turn.query for turn in of])
        rng = generator(seed, "card", kind)
        for row, target in enumerate(targets):
            own = unique.index(target) if len(unique) <= POOL else int(np.searchsorted(unique, target))
            pool = np.arange(len(unique)) if len(unique) <= POOL else np.unique([own, *rng.choice(len(unique), POOL - 1, replace=False).tolist()])
            scores = np.asarray((asked[[row]] @ places[pool].T).todense()).ravel()
            mine = scores[int(np.searchsorted(pool, own))]
            # Ties are broken at random: a hit counts for the share of orders in which the target comes first.
            hits.append(0.0 if (scores > mine).any() else 1 / int((scores == mine).sum()))
            common.append(target == most)
            chances.append(1 / len(pool))
    return tuple(float(np.mean(values)) if values else 0.0 for values in (hits, common, chances))  # pyrefly: ignore
